"""Chromium over TCP: where only TCP is told, where UDP is blocked from the beginning, and where it breaks off."""
import os
import sys

import pytest

import srs
from browser import FAKE_DEVICES, Browser
from media import ROOT
from test_rtc import a_client, encoder, streams_of
from test_rtc_chromium import PAGE, ask, place, plays
from test_rtc_tcp import conf
from wait import until

sys.path.insert(0, os.path.join(ROOT, "research", "bench"))
from impair_udp import Relay  # noqa: E402 (the path comes first)

# One browser at a time: two cores decode no more.
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def page():
    browser = Browser(*FAKE_DEVICES)
    yield browser
    browser.close()


def serve(make_server, page, udp, protocol):
    """A server whose page is open."""
    server = make_server(conf(udp, srs.free_port(), protocol), api="", http="", start=False)
    os.makedirs(server.html, exist_ok=True)
    with open(os.path.join(server.html, "rtc.html"), "w", encoding="utf-8") as f:
        f.write(PAGE)
    server.start()
    page.open(server.http_url("/rtc.html"))
    page.driver.set_script_timeout(30)
    return server


def plays_by_tcp(page, server, stream):
    plays(page, server, stream, "whip", "H264")
    assert a_client(server, "rtc-play", lambda c: c["rtc"]["transport"])["rtc"]["transport"] == "tcp"


def publishes_by_tcp(page, server, stream):
    ask(page, "return publish(...arguments)", "H264", *place(server, "publish", stream, "whip"))
    told = a_client(server, "rtc-publish", lambda c: c["rtc"]["recv_packets"] > 50)
    assert told["rtc"]["transport"] == "tcp"


def test_a_stream_is_played_over_tcp_alone(make_server, page, live):
    server = serve(make_server, page, srs.free_port(), "tcp")
    live(server, "s", "h264_aac_plain.flv")
    plays_by_tcp(page, server, "s")


@pytest.mark.long
def test_a_camera_is_published_over_tcp_alone(make_server, page):
    server = serve(make_server, page, srs.free_port(), "tcp")
    publishes_by_tcp(page, server, "c")
    assert set(streams_of(server, "live/c")) == {"h264", "aac"}
    plays_by_tcp(page, server, "c")


# Clients are told of another port of UDP, that of a relay.
TO_ANOTHER_PORT = r"""
const port = arguments[0], set = RTCPeerConnection.prototype.setRemoteDescription
RTCPeerConnection.prototype.setRemoteDescription = function (d) {
  return set.call(this, { type: d.type, sdp: d.sdp.replace(/( udp \d+ \S+ )\d+ /g, '$1' + port + ' ') })
}
"""


@pytest.mark.long
def test_where_udp_is_blocked_tcp_takes_over_by_itself(make_server, page, live):
    udp = srs.free_port()
    with Relay(("127.0.0.1", udp), loss=1.0) as relay:
        server = serve(make_server, page, udp, "all")
        live(server, "s", "h264_aac_plain.flv")
        page.run(TO_ANOTHER_PORT, relay.port)
        plays_by_tcp(page, server, "s")
        publishes_by_tcp(page, server, "c")
        assert relay.counts()[0]["lost"] > 0


# A client of the page module plays; its state tells how it goes.
PAGE_MODULE = """const [url, done] = arguments
import('/players/js/whip_client.js').then(async ({ WhipClient }) => {
  const client = window.client = new WhipClient([url], { failed: message => { window.failure = message } })
  const video = document.createElement('video'), all = new MediaStream()
  Object.assign(video, { autoplay: true, muted: true, srcObject: all })
  document.body.replaceChildren(video)
  client.peer.addEventListener('track', e => all.addTrack(e.track))
  for (const kind of ['audio', 'video'])
    client.peer.addTransceiver(kind, { direction: 'recvonly' })
  await client.start()
  done('')
}).catch(error => done(String(error)))"""


@pytest.mark.long
def test_where_udp_breaks_off_the_pages_go_on_over_tcp(site, page):
    """By a restart of ICE: the session stays the same."""
    udp, tcp = srs.free_port(), srs.free_port()
    server = site(conf(udp, tcp, "all"))
    with Relay(("127.0.0.1", udp)) as relay, encoder(server):
        page.open(server.http_url("/players/"))
        page.run(TO_ANOTHER_PORT, relay.port)
        page.driver.set_script_timeout(20)
        assert page.driver.execute_async_script(PAGE_MODULE, server.api_url("/rtc/v1/whep/?app=live&stream=s")) == ""
        page.wait_playing()
        before = a_client(server, "rtc-play", lambda c: c["rtc"]["transport"] == "udp")
        relay.part()
        after = until(lambda: a_client(server, "rtc-play", lambda c: c["rtc"]["transport"] == "tcp"), "the way over TCP", 60)
        assert after["id"] == before["id"]
        shown = page.facts()["frames"]
        until(lambda: page.facts()["frames"] > shown + 50, "pictures after the change", 30)
        assert not page.run("return window.failure")
