"""The pages of WebRTC in headless Chromium, which has a camera and a microphone that are made up."""
import pytest

import flv
from browser import FAKE_DEVICES, Browser
from srs import free_port
from wait import until

# One browser at a time: two cores decode no more.
pytestmark = pytest.mark.xdist_group("browser")

CONF = """rtc_server { enabled on; listen %d; candidate 127.0.0.1; ice_server stun:127.0.0.1:9; ice_server turn:127.0.0.1:9 ann 'p"w'; }
vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } rtc { enabled on; rtmp_to_rtc on; rtc_to_rtmp on; } }"""


@pytest.fixture(scope="module")
def page():
    b = Browser(*FAKE_DEVICES)
    yield b
    b.close()


@pytest.fixture
def server(site):
    return site(CONF % free_port())


def link(server, name, stream, **query):
    query = dict(query, stream=stream, api="127.0.0.1:%d" % server.api_port)
    return server.http_url("/players/%s.html" % name) + "?" + "&".join("%s=%s" % pair for pair in query.items())


def error_of(page):
    return page.run("return document.querySelector('.error').textContent")


@pytest.mark.parametrize("name", ["whep", pytest.param("rtc_player", marks=pytest.mark.long)])
def test_a_stream_of_an_encoder_is_played(page, server, live, name):
    live(server, "s", "h264_aac_long.flv")
    page.open(link(server, name, "s"))
    page.wait_alive()
    page.wait_text("round trip")
    assert error_of(page) == ""


@pytest.mark.parametrize("name", ["whip", pytest.param("rtc_publisher", marks=pytest.mark.long)])
def test_a_camera_is_published_and_played_by_all(page, server, name):
    page.open(link(server, name, "camera", autostart="true"))
    page.wait_text("kbit/s")
    page.wait_text("Play it over WebRTC")
    player = server.player("camera", app="live")
    kinds = {m.type for m in player.wait_media(50)}
    assert kinds == {flv.VIDEO, flv.AUDIO}
    player.close()


def test_a_refusal_is_told_on_the_page(page, site):
    server = site("vhost __defaultVhost__ { http_remux { enabled on; } }")
    page.open(link(server, "whep", "s"))
    until(lambda: error_of(page), "an error on the page", 20)


# What a client of the page module has as configuration once the server has answered.
ICE_SERVERS = """const done = arguments[1]
import('/players/js/whip_client.js').then(async ({ WhipClient }) => {
  const client = new WhipClient([arguments[0]], { failed: done })
  client.peer.addTransceiver('video', { direction: 'recvonly' })
  await client.start()
  const servers = client.peer.getConfiguration().iceServers
  client.close()
  done(servers.map(s => [[s.urls].flat()[0], s.username ?? '', s.credential ?? '']))
}).catch(error => done(String(error)))"""


def test_pages_use_the_servers_of_stun_and_turn_that_are_told(page, server):
    page.open(server.http_url("/players/"))
    page.driver.set_script_timeout(20)
    seen = page.driver.execute_async_script(ICE_SERVERS, server.api_url("/rtc/v1/whep/?stream=s"))
    assert seen == [["stun:127.0.0.1:9", "", ""], ["turn:127.0.0.1:9", "ann", 'p"w']]
