"""Timed metadata at real players: they tell of it at its time, and a program that changes under them does not disturb them."""
import itertools
import json

import pytest

import browser_players
import cues
import dash_mpd
import hls_playlist
import media
import players
import rtmp
from browser import Browser
from hls_watch import Http
from test_clients import public_folder  # noqa: F401
from wait import until

HLS = "vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_window 60; hls_ctx off; %s } }"
DASH = "vhost __defaultVhost__ { dash { enabled on; dash_fragment 1; dash_timeshift 60; dash_update_period 1; %s } }"
FIRST_MS, EACH_MS = 3370, 700                                        # so the first segments have none


def numbered_cues():
    """Texts with their own times in them, and a cue point of a second with each."""
    for ts in itertools.count(FIRST_MS, EACH_MS):
        yield cues.text(ts, "%d" % ts)
        yield cues.point(ts, "point", {"id": "p%d" % ts, "duration": 0.5, "ts": float(ts)})


@pytest.fixture
def on_air(make_server):
    """on_air(conf) starts a server with a stream that has cues; returns it when the stream has run for a while."""
    feeders = []

    def start(conf, lead_s=2.5):
        server = make_server(conf, http="")
        feeders.append(rtmp.Feeder(server.publisher(), cues.mixed(media.loop("minutes.flv"), numbered_cues())))
        until(lambda: feeders[-1].sent and feeders[-1].sent[-1].ts > 1000 * lead_s, "some of the stream", 20)
        return server

    yield start
    for f in feeders:
        f.finish()


@pytest.fixture(scope="module")
def browser():
    browser_players.skip_without_browser()
    b = Browser()
    yield b
    b.close()


def first(url, read):
    """A playlist or an MPD as soon as it is there."""
    http = Http()
    try:
        return until(lambda: (lambda r: r.status == 200 and read(r.body.decode()))(http.get(url)), url)
    finally:
        http.close()


def wait_told(p, key, name, count):
    """What the player has told of this kind, once it is that much."""
    def enough():
        seen = p.seen()
        assert not seen.fatal, seen
        found = [t for t in p.browser.run("return told()") if (t["key"], t["name"]) == (key, name)]
        return found if len(found) >= count else None
    return until(enough, lambda: "%d of %s %s: %s %s" % (count, key, name, p.browser.run("return told()"), p.seen()), 60, 0.2)


def check_told(found, began):
    """Each is told when the picture of its time is on the screen, and none is missing or told twice."""
    times = [json.loads(t["data"])["text"] for t in found]
    assert [int(ts) for ts in times] == list(range(int(times[0]), int(times[-1]) + 1, EACH_MS))
    for ts, t in zip(times, found):
        assert t["date"] - began == pytest.approx(int(ts) / 1000, abs=0.06), (began, t)
        assert -0.05 < t["at"] - t["start"] < 0.6, t                 # cuechange and timers come some frames late


CELLS = {"ts": "", "fmp4": "hls_use_fmp4 on;", "low-latency-fmp4": "hls_ll on; hls_part 0.2; hls_use_fmp4 on;",
         "low-latency-ts": "hls_ll on; hls_part 0.2;"}


@pytest.mark.long
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("cell", CELLS)
def test_hls_js_tells_of_cues_at_their_time(browser, on_air, cell):
    server = on_air(HLS % CELLS[cell])
    url = server.http_url("/live/s.m3u8")
    began = first(url, hls_playlist.read).segments[0]
    assert began.number == 0
    with browser_players.playing(browser, server, "hls.js", url, low_latency="low" in cell) as p:
        check_told(wait_told(p, "TXXX", "onTextData", 8), began.pdt)
        ranges = wait_told(p, "X-TS", None, 4)
    for t in ranges:
        assert t["date"] - began.pdt == pytest.approx(float(t["data"]) / 1000, abs=0.06)


@pytest.mark.long
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("more", ["", "dash_ll on;"], ids=["dash", "dash-ll"])
def test_dash_js_tells_of_cues_at_their_time(browser, on_air, more):
    server = on_air(DASH % more)
    url = server.http_url("/live/s.mpd")
    began = first(url, dash_mpd.read).periods[0].start
    with browser_players.playing(browser, server, "dash.js", url, low_latency=bool(more)) as p:
        check_told(wait_told(p, "TXXX", "onTextData", 8), began)


# -- programs ------------------------------------------------------------------------------------------------------------------

def probe(url, start, seconds):
    """What ffprobe sees of a live playlist from this segment on."""
    return json.loads(media.run(["ffprobe", "-v", "error", "-of", "json", "-live_start_index", str(start), "-read_intervals",
                                 "%%+%d" % seconds, "-show_streams", "-show_packets", *media.trusting(url), "-i", url], 60).stdout)


def check_steps(packets):
    video = [float(p["dts_time"]) for p in packets if p["codec_type"] == "video"]
    assert {round(b - a, 3) for a, b in zip(video, video[1:])} == {0.04}


@pytest.mark.long
def test_ffmpeg_gets_cues_and_follows_a_program_that_gets_them(on_air):
    """Who came before the first one gets the pictures without a gap; who comes later gets the cues at their times as well."""
    server = on_air(HLS % "", lead_s=2)
    url = server.http_url("/live/s.m3u8")
    check_steps(probe(url, 0, 7)["packets"])
    late = probe(url, -2, 5)
    id3, = [s["index"] for s in late["streams"] if s["codec_name"] == "timed_id3"]
    check_steps(late["packets"])
    times = [round(1000 * float(p["pts_time"])) for p in late["packets"] if p["stream_index"] == id3]
    assert times[::2] == times[1::2] == list(range(times[0], times[-1] + 1, EACH_MS)) and len(times) > 6
    assert (times[0] - FIRST_MS) % EACH_MS == 0


@pytest.mark.long
@pytest.mark.parametrize("cell", ["ts", "fmp4"])
def test_mpv_and_gstreamer_play_over_the_first_cue(on_air, cell):
    server = on_air(HLS % CELLS[cell])
    url = server.http_url("/live/s.m3u8")
    with players.mpv(url, 5) as mpv, players.gstreamer(url, 150) as gst:
        assert "rror" not in mpv.ends(40) + mpv.err
        assert "ERROR" not in gst.ends(40) + gst.err


@pytest.mark.long
def test_vlc_plays_over_the_first_cue(on_air, public_folder):
    server = on_air(HLS % "", lead_s=2)
    with players.record_by_vlc(server.http_url("/live/s.m3u8"), 5, public_folder, **media.nobody()) as vlc:
        vlc.ends()
    pictures = [p.dts for p in media.framemd5(vlc.path) if p.kind == "video"]
    assert len(pictures) > 100 and {b - a for a, b in zip(pictures, pictures[1:])} == {40}
