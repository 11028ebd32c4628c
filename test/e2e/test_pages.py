"""The web pages in headless Chromium: what is on air, and playing it."""
import os
import shutil
import subprocess

import pytest

import media
import rtmp
from browser import Browser
from media import ROOT
from wait import until

LIVE = "vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } }"

# One browser at a time: two cores decode no more.
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def page():
    b = Browser()
    yield b
    b.close()


@pytest.fixture
def site(make_server):
    """A server with the pages, the API and HTTPS."""
    def make(conf=LIVE, **how):
        server = make_server(conf, api="", http="", start=False, **how)
        subprocess.run([os.path.join(ROOT, "trunk-scripts", "pages.sh"), server.html], check=True, timeout=120)
        server.start()
        return server

    yield make


@pytest.fixture
def live():
    """live(server, stream, clip) publishes a clip in a loop until the test ends."""
    feeders = []

    def start(server, stream="livestream", clip="h264_aac.flv"):
        publisher = server.publisher(stream)
        feeders.append(rtmp.Feeder(publisher, media.loop(clip)))

    yield start
    for f in feeders:
        f.finish()


def at(server, path="/", tls=False, **query):
    api = server.apis_port if tls else server.api_port
    query = dict(query, api="127.0.0.1:%d" % api)
    return server.http_url(path, tls) + "?" + "&".join("%s=%s" % pair for pair in query.items())


def press(page, label):
    until(lambda: page.run("""
        const button = [...document.querySelectorAll('td button')].find(b => b.textContent === arguments[0])
        if (button) button.click()
        return !!button""", label), lambda: "a button %s: %s" % (label, page.text()), 20)


@pytest.mark.parametrize("label", ["FLV", "WebSocket", "MP4"])
def test_the_first_page_lists_a_stream_and_plays_it(page, site, live, label):
    server = site()
    live(server)
    page.open(at(server))
    page.wait_text("/live/livestream")
    page.wait_text("H264 160×120")
    press(page, label)
    facts = page.wait_playing()
    assert (facts["width"], facts["height"]) == (160, 120)
    assert facts["error"] == ""


def test_the_pages_play_over_https(page, site, live):
    server = site(tls=True)
    live(server)
    page.open(at(server, tls=True))
    page.wait_text("/live/livestream")
    press(page, "FLV")
    page.wait_playing()


def test_without_a_stream_the_first_page_says_so(page, site):
    page.open(at(site(), rtmp="19350"))
    page.wait_text("Nothing is on air")
    page.wait_text("server rtmp://127.0.0.1:19350/live, stream key livestream")


def test_without_the_api_the_first_page_still_plays_an_address(page, site, live):
    server = site()
    live(server)
    page.open(server.http_url("/") + "?api=127.0.0.1:1&stream=livestream")
    page.wait_text("No list of streams")
    page.wait_playing()


def test_links_of_old_start_the_player(page, site, live):
    server = site()
    live(server)
    page.open(server.http_url("/players/srs_player.html") + "?app=live&stream=livestream.flv&server=127.0.0.1&port=%d"
              "&vhost=127.0.0.1&schema=http&autostart=true" % server.http_port)
    page.wait_playing()


def test_a_stream_that_ends_is_told(page, site):
    server = site()
    publisher = server.publisher("livestream")
    feeder = rtmp.Feeder(publisher, media.loop("h264_aac.flv"))
    page.open(server.http_url("/players/srs_player.html") + "?stream=livestream")
    page.wait_playing(0.5, 5)
    feeder.finish()
    page.wait_text("The stream has ended")


def test_a_player_page_of_another_origin_may_play(page, site, make_server, live):
    server = site()
    live(server)
    other = make_server(http="", start=False)
    shutil.copytree(server.html, other.html)
    other.start()
    page.open(other.http_url("/players/srs_player.html") + "?url=" + server.http_url("/live/livestream.flv"))
    page.wait_playing()


def test_a_stream_name_is_text_on_the_page(page, site, live):
    server = site()
    name = "<img/src=x/onerror=document.title='broken'>"
    live(server, name)
    page.open(at(server))
    page.wait_text(name)
    assert page.run("return document.title") == "Live streams"
