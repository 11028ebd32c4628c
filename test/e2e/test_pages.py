"""The web pages in headless Chromium: the list of live streams, and the player."""
import itertools
import os
import shutil
import time

import pytest

import flv
import media
import rtmp
from srs import makes_pictures
from wait import until

LIVE = "vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } }"

# One browser at a time: two cores decode no more.
pytestmark = pytest.mark.xdist_group("browser")


def at(server, path="/", tls=False, **query):
    api = server.apis_port if tls else server.api_port
    query = dict(query, api="127.0.0.1:%d" % api)
    return server.http_url(path, tls) + "?" + "&".join("%s=%s" % pair for pair in query.items())


def press(page, label):
    until(lambda: page.run("""
        const button = [...document.querySelectorAll('td button')].find(b => b.textContent === arguments[0])
        if (button) button.click()
        return !!button""", label), lambda: "a button %s: %s" % (label, page.text()), 20)


@pytest.mark.sample(3)
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
    versions = page.run("return performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))"
                        ".map(entry => entry.nextHopProtocol)")
    assert "h2" in versions and not {"http/1.1", "http/1.0"} & set(versions), versions


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


def updates(page):
    """The number of updates of the table since the page was opened."""
    return page.run("return performance.getEntriesByType('resource').filter(e => e.name.includes('/streams/')).length")


@pytest.mark.long
def test_focus_and_clicks_outlast_an_update_of_the_table(page, site, live):
    server = site()
    live(server, "a")
    live(server, "b")
    page.open(at(server))
    page.wait_text("/live/b")
    page.run("""const rows = [...document.querySelectorAll('#streams tbody tr')]
        const button = rows.find(r => r.textContent.includes('/live/b')).querySelector('button')
        button.focus(); window.held = button; window.clicks = 0
        button.dispatchEvent(new MouseEvent('mousedown', { bubbles: true }))
        button.addEventListener('click', () => window.clicks++)""")
    seen, viewers = updates(page), server.player("b", app="live")
    row = "return [...document.querySelectorAll('#streams tbody tr')].find(r => r.textContent.includes('/live/b'))"
    until(lambda: page.run(row + ".cells[4].textContent") == "1" and updates(page) > seen + 1, "the viewer in the table", 20)
    live(server, "c")
    page.wait_text("/live/c")
    assert page.run("return document.activeElement === window.held && window.held.isConnected")
    page.driver.switch_to.active_element.send_keys(" ")
    assert page.run("return window.clicks") == 1
    page.wait_playing(0.5, 5)
    viewers.close()


def test_a_stream_that_leaves_takes_its_row_alone(page, site, live):
    server = site()
    live(server, "a")
    with server.publisher("b") as b:
        live(server, "c")
        page.open(at(server))
        page.wait_text("/live/b")
        page.wait_text("/live/c")
        page.run("window.kept = [...document.querySelectorAll('#streams tbody tr')].filter(r => !r.textContent.includes('/live/b'))")
        b.close()
        until(lambda: "/live/b" not in page.text(), "the row to go", 20)
        assert page.run("return window.kept.length === 2 && window.kept.every(r => r.isConnected)")


@pytest.mark.sample(3)
@pytest.mark.parametrize("wait", [None, 0])
@pytest.mark.parametrize("kind", ["flv", "mp4", "ws"])
def test_a_stream_that_is_not_on_air_says_so_and_starts_when_it_is(page, site, live, kind, wait):
    server = site(LIVE if wait is None else LIVE.replace("enabled on;", "enabled on; wait %d;" % wait))
    url = server.http_url("/live/livestream." + ("flv" if kind == "ws" else kind))
    url = url.replace("http:", "ws:") if kind == "ws" else url
    page.open(server.http_url("/players/srs_player.html") + "?url=" + url)
    page.wait_text("not on air")
    assert page.run("return document.querySelector('.error').textContent") == ""
    live(server)
    page.wait_playing(0.5, 5)
    until(lambda: "not on air" not in page.text(), "the text to go", 20)


def test_a_stream_that_comes_back_is_played_on(page, site, live):
    server = site()
    feeder = rtmp.Feeder(server.publisher("livestream"), media.loop("h264_aac.flv"))
    page.open(server.http_url("/players/srs_player.html") + "?stream=livestream")
    page.wait_playing(0.5, 5)
    feeder.finish()
    page.wait_text("The stream has ended")
    live(server)
    until(lambda: "has ended" not in page.text(), "the text to go", 30)
    page.wait_playing(0.5, 5)


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


WATCH = """
document.body.innerHTML = '<video autoplay muted src="%s"></video>'
const v = document.querySelector('video')
window.seen = { waited: 0, back: 0, last: 0 }
v.addEventListener('waiting', () => window.seen.waited++)
v.addEventListener('timeupdate', () => {
    window.seen.back += v.currentTime < window.seen.last - 0.1
    window.seen.last = v.currentTime
})
"""


def plain_video():
    """A stream whose sound and pictures end at the same time, at any length."""
    frames = flv.read(media.clip("h264_aac_plain.flv"))
    length = max(t.ts for t in frames) + 40
    for n in itertools.count():
        yield from (t._replace(ts=t.ts + n * length) for t in frames)


@pytest.mark.long
@pytest.mark.parametrize("silent_s", [1.5, 2.5])
def test_a_plain_video_element_plays_on_after_its_source_was_silent(page, site, silent_s):
    """The source is silent until the buffer is empty and for some time after. Then it plays on from there, not from 0."""
    server = site(LIVE.replace("{ http", "{ publish { normal_timeout 60000; } http"))
    page.open(at(server, "/favicon.ico"))
    publisher = server.publisher("livestream")
    frames = plain_video()
    first = rtmp.Feeder(publisher, frames)
    until(lambda: first.sent and first.sent[-1].ts > 2500, "some of the stream", 20)
    page.run(WATCH % server.http_url("/live/livestream.mp4"))
    page.wait_playing()
    first.stop()
    until(lambda: page.run("return window.seen.waited"), lambda: "the element to run dry: %s" % page.facts(), 40)
    time.sleep(silent_s)
    stood = page.facts()["time"]
    second = rtmp.Feeder(publisher, frames)
    until(lambda: page.facts()["time"] > stood + 2, lambda: "it to play on from %s: %s %s" % (
        stood, page.facts(), page.run("return window.seen")), 30)
    assert page.run("return window.seen")["back"] == 0
    second.finish()


# -- HLS and DASH -----------------------------------------------------------------------------------------------------------

HLS = """vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_window 20; }
    dash { enabled on; dash_fragment 1; dash_timeshift 20; dash_update_period 1; } }"""
LOW = "vhost __defaultVhost__ { hls { enabled on; hls_ll on; hls_use_fmp4 on; hls_fragment 2; hls_part 0.2; hls_window 30; } }"


def requests(page):
    """The addresses that the page has asked for."""
    return page.run("return performance.getEntriesByType('resource').map(e => e.name)")


def wait_facts(page, text):
    until(lambda: text in page.run("return document.querySelector('.facts').textContent"),
          lambda: "%r: %s" % (text, page.text()), 20)


@pytest.mark.sample(2)
@pytest.mark.parametrize("label,script,other", [("HLS", "/hls.min.js", "dash."), ("DASH", "/dash.mediaplayer.min.js", "/hls.")])
def test_the_first_page_plays_segments_and_shows_the_latency(page, site, live, label, script, other):
    server = site(HLS)
    live(server, clip="minute.flv")
    page.open(at(server))
    press(page, label)
    facts = page.wait_playing()
    assert (facts["width"], facts["height"], facts["error"]) == (160, 120, "")
    wait_facts(page, "latency")
    page.wait_playing(4, 80)                                         # longer than the first playlist knew
    asked = requests(page)
    assert any(name.endswith(script) for name in asked) and not any(other in name for name in asked)
    assert all(name.startswith("http://127.0.0.1:") for name in asked)


def test_the_player_plays_hls_in_parts(page, site, live):
    server = site(LOW)
    live(server, clip="minute.flv")
    page.open(server.http_url("/players/srs_player.html") + "?stream=livestream.m3u8")
    page.wait_playing(3, 60)
    wait_facts(page, "in parts")


def test_the_first_page_has_buttons_for_what_the_vhost_makes(page, site, live):
    server = site()
    live(server)
    page.open(at(server))
    page.wait_text("/live/livestream")
    labels = "return [...document.querySelectorAll('td button')].map(b => b.textContent)"
    until(lambda: page.run(labels) == ["FLV", "WebSocket", "MP4"], lambda: page.run(labels))


def test_an_hls_stream_that_is_not_on_air_starts_when_it_is(page, site, live):
    server = site(HLS)
    page.open(server.http_url("/players/srs_player.html") + "?stream=livestream.m3u8")
    page.wait_text("not on air")
    live(server)
    page.wait_playing(0.5, 5)
    until(lambda: "not on air" not in page.text(), "the text to go", 20)


@pytest.mark.long
def test_a_recorded_playlist_is_played_to_its_end(page, site):
    """HLS and DASH made by ffmpeg, from the files of the server."""
    server = site()
    made(server.html, "vod.m3u8", "-f", "hls", "-hls_time", "1", "-hls_playlist_type", "vod")
    page.open(server.http_url("/players/srs_player.html") + "?url=" + server.http_url("/vod.m3u8"))
    page.wait_playing(1, 20)
    page.wait_text("The stream has ended")


@pytest.mark.long
def test_a_recorded_mpd_is_played_to_its_end(page, site):
    server = site()
    made(server.html, "vod.mpd", "-f", "dash", "-seg_duration", "1")
    page.open(server.http_url("/players/srs_player.html") + "?url=" + server.http_url("/vod.mpd"))
    page.wait_playing(1, 20)
    page.wait_text("The stream has ended")
    assert any(name.endswith("/dash.mediaplayer.min.js") for name in requests(page))


def made(folder, name, *how):
    media.run(media.FFMPEG + ["-i", media.clip("h264_aac.flv"), "-c", "copy", *how, os.path.join(folder, name)])


# -- pages of SRS -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["srs_player_deprecated", "vlc"])
def test_other_names_of_the_player_of_srs_play(page, site, live, name):
    server = site()
    live(server)
    page.open(server.http_url("/players/%s.html" % name) + "?app=live&stream=livestream.flv&server=127.0.0.1&port=%d&vhost=127.0.0.1"
              "&schema=http&autostart=true" % server.http_port)
    page.wait_playing(0.5, 5)
    assert "/srs_player.html?" in page.run("return location.href")


# As SRS's own links to them are: the port is that of the API.
OLD_LINKS = ["?app=live&stream=livestream&server=127.0.0.1&port=1985&schema=http&autostart=true&vhost=127.0.0.1",
             "?url=webrtc://127.0.0.1/live/livestream", "?autostart=true&stream=livestream"]


@pytest.mark.sample(4)
@pytest.mark.parametrize("name,need", [
    ("srs_publisher_flash", "Flash"), ("srs_chat", "Flash"), ("srs_bwt", "Flash"), ("srs_gb28181", "GB28181")])
def test_a_page_of_srs_that_needs_more_says_so_and_leads_to_the_player(page, site, live, name, need):
    server = site()
    for link in OLD_LINKS:
        page.open(server.http_url("/players/%s.html" % name) + link)
        page.wait_text(need)
        until(lambda: "livestream.flv" in page.run("return document.querySelector('a[href*=srs_player]').href"),
              lambda: "the stream in the link: %s" % page.run("return document.body.innerHTML"))
    live(server)
    page.run("document.querySelector('a[href*=srs_player]').click()")
    page.wait_playing(0.5, 5)


PAST = """vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_window 6; hls_timeshift 1h; hls_path %(html)s; }
    snapshot { enabled on; interval 1s; path %(html)s/[app]/[stream].jpg; sheet %(html)s/[app]/[stream]-[timestamp].jpg; } }"""


def shown_ms(page):
    """The moment that the page of the past shows, by its bar."""
    return page.run("return Number(document.getElementById('bar').value)")


def to_moment(page, ms):
    """Move the bar, as its keys and the pointer do."""
    page.run("""const bar = document.getElementById('bar')
        bar.value = arguments[0]
        bar.dispatchEvent(new Event('input')); bar.dispatchEvent(new Event('change'))""", ms)


@pytest.mark.long
@pytest.mark.skipif(not makes_pictures(), reason="the server is built without FFmpeg's libraries")
def test_a_viewer_goes_back_in_time_by_small_pictures(page, site, live, tmp_path):
    server = site(PAST % {"html": tmp_path / "srs0" / "html"})
    live(server, "s", "h264_aac_long.flv")
    page.open(server.http_url("/players/timeshift.html") + "?stream=s&interval=1&window=600")
    page.wait_playing(0.5, 5)
    span = "const bar = document.getElementById('bar'); return bar.disabled ? null : [Number(bar.min), Number(bar.max)]"
    first, last = until(lambda: (page.run(span) or [0, 0]) if (page.run(span) or [0, 0])[1] - (page.run(span) or [0, 0])[0] > 20000 else None,
                        lambda: "20 seconds of the past: %s %s" % (page.run(span), page.text()), 90)
    assert abs(last - time.time() * 1000) < 60000
    until(lambda: abs(shown_ms(page) - last) < 15000, lambda: "the live end: %s, %s" % (shown_ms(page), last))

    past = first + 5000
    to_moment(page, past)
    tile = "const tile = document.getElementById('tile'); return { hidden: tile.hidden, at: tile.style.backgroundPosition, url: tile.style.backgroundImage }"
    got = until(lambda: page.run(tile)["url"] and page.run(tile), lambda: page.run(tile), 20)
    begin, n = past // 100000 * 100000, int(past % 100000 // 1000)
    assert "/live/s-%d.jpg" % begin in got["url"] and not got["hidden"]
    assert [int(part.rstrip("px")) for part in got["at"].split()] == [-160 * (n % 10), -90 * (n // 10)]
    size = page.driver.execute_async_script("""const done = arguments[0], image = new Image()
        image.onload = () => done([image.naturalWidth, image.naturalHeight]); image.onerror = () => done(null)
        image.src = /url\\("(.*)"\\)/.exec(document.getElementById('tile').style.backgroundImage)[1]""")
    assert size == [1600, 900]
    until(lambda: past <= shown_ms(page) < past + 8000, lambda: "the moment: %s, wanted %s" % (shown_ms(page), past), 20)
    page.wait_playing(1.5, 25)
    until(lambda: past + 1500 <= shown_ms(page) < last, lambda: "the past to go on: %s, from %s" % (shown_ms(page), past), 20)

    to_moment(page, past)                                        # in what is loaded already
    until(lambda: past <= shown_ms(page) < past + 8000, lambda: "the moment again: %s" % shown_ms(page), 20)
    page.run("document.getElementById('live').click()")
    until(lambda: shown_ms(page) >= last - 1000, lambda: "the live end again: %s, %s" % (shown_ms(page), last), 30)
    page.wait_playing(1.0, 10)
    assert page.facts()["error"] == ""


@pytest.mark.long
def test_the_page_of_the_past_says_that_there_is_none(page, site):
    page.open(site(LIVE).http_url("/players/timeshift.html") + "?stream=nothing")
    page.wait_text("This stream is not on air.")
    page.wait_text("Nothing is kept yet.")
    assert page.run("return document.getElementById('bar').disabled")
