"""Every container and codec of HLS and DASH at ffmpeg, from the first packet to the last; and players that play for some time.

test_player_cells.py has the other players, container by container and codec by codec.
"""
import time

import pytest

import browser_players
import dash_mpd
import hls_rules
import media
import players
import rtmp
from browser import Browser
from hls_watch import Http
from wait import until

# clip, video, audio; and the containers that carry both
CELLS = [("h264_aac.mp4", "h264", "aac", "ts fmp4"), ("hevc_aac.mp4", "hevc", "aac", "ts fmp4"),
         ("h264_mp3.flv", "h264", "mp3", "ts fmp4"), ("h264_ac3.mp4", "h264", "ac3", "ts fmp4"),
         ("h264_eac3.mp4", "h264", "eac3", "ts fmp4"), ("h264_opus.mp4", "h264", "opus", "ts fmp4"),
         ("av1_opus.mp4", "av1", "opus", "fmp4"), ("vp9_opus.mp4", "vp9", "opus", "fmp4"),
         ("h264_flac.mp4", "h264", "flac", "fmp4")]
BY_CONTAINER = [(container, *cell[:3]) for cell in CELLS for container in cell[3].split()]


def config(container, more=""):
    return "vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_use_fmp4 %s; %s } }" % (
        "on" if container == "fmp4" else "off", more)


def publish_at_once(server, clip, stream="s"):
    """Publish a clip as fast as the server takes it, to its end."""
    feeder = rtmp.Feeder(server.publisher(stream), media.tags(clip), speed=None)
    feeder.join()
    feeder.finish()


def playlist(url):
    """The text of a media playlist once it is there."""
    http = Http()
    try:
        reply = until(lambda: (lambda r: r.status == 200 and r)(http.get(url)), url)
        return reply.body.decode()
    finally:
        http.close()


@pytest.mark.sample(2)
@pytest.mark.parametrize("container,clip,video,audio", BY_CONTAINER, ids=["%s-%s-%s" % (c, v, a) for c, _, v, a in BY_CONTAINER])
def test_ffmpeg_gets_the_very_packets_that_were_published(make_server, container, clip, video, audio):
    server = make_server(config(container, "hls_ctx off;"), http="")
    publish_at_once(server, clip)
    url = server.http_url("/live/s.m3u8")
    text = playlist(url)
    hls_rules.assert_good(hls_rules.check_media(text), text)
    played = players.hls_packets(url, container, video, audio)
    media.compare_packets(players.source_packets(clip, container, video, audio), played)


def fetch_dash(url, folder):
    """Each representation of an MPD as a file, its init segment and all its segments: {kind: (path, begin in ms)}."""
    http, files = Http(), {}
    try:
        mpd = dash_mpd.read(http.get(url).body.decode(), url)
        for r in mpd.representations:
            files[r.kind] = (str(folder / (r.id + ".mp4")), 1000 * float(r.segments[0].start))
            with open(files[r.kind][0], "wb") as f:
                for part in [r.url("initialization")] + [r.url("media", s) for s in r.segments]:
                    f.write(http.get(part).body)
    finally:
        http.close()
    return files


@pytest.mark.sample(2)
@pytest.mark.parametrize("clip,video,audio", [cell[:3] for cell in CELLS], ids=["%s-%s" % cell[1:3] for cell in CELLS])
def test_the_segments_of_dash_have_the_very_packets_that_were_published(make_server, tmp_path, clip, video, audio):
    server = make_server("vhost __defaultVhost__ { dash { enabled on; dash_fragment 1; dash_timeshift 60; } }", http="")
    publish_at_once(server, clip)
    url = server.http_url("/live/s.mpd")
    source = players.source_packets(clip, "fmp4", video, audio)
    length_ms = max(p.dts for p in source)

    def whole():
        reply = http.get(url)
        mpd = reply.status == 200 and dash_mpd.read(reply.body.decode(), url)
        return mpd and all(sum(s.duration for s in r.segments) * 1000 >= length_ms - 100 for r in mpd.representations)

    http = Http()
    until(whole, "all segments")
    http.close()
    files = fetch_dash(url, tmp_path)
    assert set(files) == {"video", "audio"}
    first = {}
    for kind, (path, _) in files.items():                            # ffmpeg lets each file begin at its own zero
        of_kind = [p for p in source if p.kind == kind]
        media.compare_packets(of_kind, players.file_packets(path))
        first[kind] = of_kind[0].dts
    apart = files["audio"][1] - files["video"][1]
    assert abs(apart - (first["audio"] - first["video"])) < 2, (files, first)


# ffmpeg counts whole seconds of a timeline, and loses its place among segments that are shorter than one.
FOR_PROGRAMS = "vhost __defaultVhost__ { dash { enabled on; dash_fragment 2; dash_window_size 5; dash_update_period 1; %s } }"


@pytest.mark.long
@pytest.mark.parametrize("seconds", [16, 70])
@pytest.mark.parametrize("more", ["", "dash_ll on;"], ids=["dash", "dash-ll"])
def test_ffmpeg_plays_live_dash_packet_by_packet(on_air, more, seconds):
    """Each once, for longer than the window; the timeline is played on while it moves."""
    server = on_air(FOR_PROGRAMS % more, "minutes.flv", lead_s=4.5)
    played = players.dash_packets(server.http_url("/live/s.mpd"), seconds)
    assert max(p.dts for p in played) - min(p.dts for p in played) > 1000 * (seconds - 1)
    media.compare_packets(players.source_packets("minutes.flv", "fmp4", "h264", "aac"), played, whole=False)


# -- players in a browser ------------------------------------------------------------------------------------------------------

LIVE = """vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_window 20; hls_use_fmp4 %s; }
    dash { enabled on; dash_fragment 1; dash_timeshift 20; dash_update_period 1; } }"""
LOW = "vhost __defaultVhost__ { hls { enabled on; hls_ll on; hls_use_fmp4 %s; hls_fragment 2; hls_part 0.2; hls_window 30; } }"
ON_SCREEN = {
    "hls-ts": (LIVE % "off", "m3u8", ("hls.js", "shaka")),
    "hls-fmp4": (LIVE % "on", "m3u8", ("hls.js", "shaka")),
    "low-latency-ts": (LOW % "off", "m3u8", ("hls.js",)),
    "low-latency-fmp4": (LOW % "on", "m3u8", ("hls.js", "shaka")),
    "dash": (LIVE % "off", "mpd", ("dash.js", "shaka")),
}
PLAYED = [(cell, player) for cell, (_, _, those) in ON_SCREEN.items() for player in those]
SHORT = {("hls-ts", "hls.js"), ("low-latency-fmp4", "hls.js"), ("dash", "dash.js")}


@pytest.fixture(scope="module")
def browser():
    browser_players.skip_without_browser()
    b = Browser()
    yield b
    b.close()


@pytest.fixture
def on_air(make_server):
    """on_air(conf, clip) starts a server with a stream that is published in a loop; returns it when it has run for some seconds."""
    feeders = []

    def start(conf, clip="minute.flv", lead_s=2.5, loops=True, **how):
        media.clip(clip)                                             # made before the server's log begins
        server = make_server(conf, http="", **how)
        feeders.append(rtmp.Feeder(server.publisher(), media.loop(clip) if loops else media.tags(clip)))
        until(lambda: feeders[-1].sent and feeders[-1].sent[-1].ts > 1000 * lead_s, "some of the stream", 20)
        return server

    yield start
    for f in feeders:
        f.finish()


def watch_on_screen(browser, server, player, ext, seconds):
    url = server.http_url("/live/s." + ext)
    with browser_players.playing(browser, server, player, url, low_latency=True) as p:
        began = time.monotonic()
        p.wait_played(1)
        seen = p.wait_played(seconds)
        assert time.monotonic() - began < seconds * 1.2 + 10, seen
    browser_players.assert_smooth(seen)
    assert (seen.width, seen.height) == (160, 120)
    return seen


@pytest.mark.sample(3)
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("cell,player", [c for c in PLAYED if c in SHORT])
def test_a_browser_plays_without_a_stall(browser, on_air, cell, player):
    conf, ext, _ = ON_SCREEN[cell]
    seen = watch_on_screen(browser, on_air(conf), player, ext, 5)
    if cell.startswith("low-latency"):
        assert seen.latency < 3, seen


@pytest.mark.long
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("cell,player", PLAYED)
def test_a_browser_plays_for_a_minute_without_a_stall(browser, on_air, cell, player):
    """The clip is longer than that: where it begins anew, sound and pictures do not fit."""
    conf, ext, _ = ON_SCREEN[cell]
    seen = watch_on_screen(browser, on_air(conf, "minutes.flv"), player, ext, 60)
    if cell.startswith("low-latency"):
        assert seen.latency < 3, seen
        assert max(seen.latencies[-50:]) < seen.latency + 1, seen       # it does not grow


# -- players that are programs ---------------------------------------------------------------------------------------------------

@pytest.mark.sample(2)
@pytest.mark.parametrize("cell", ["hls-fmp4", "hls-ts"])
def test_mpv_and_gstreamer_play_together(on_air, cell):
    """They decode, and show the pictures at their times."""
    server = on_air(ON_SCREEN[cell][0])
    url = server.http_url("/live/s.m3u8")
    began = time.monotonic()
    with players.mpv(url, 4) as mpv, players.gstreamer(url, 100) as gst:
        assert "rror" not in mpv.ends(30) + mpv.err
        assert "ERROR" not in gst.ends(30) + gst.err
    assert time.monotonic() - began > 3.5


@pytest.mark.long
def test_mpv_plays_a_low_latency_stream(on_air):
    server = on_air(ON_SCREEN["low-latency-fmp4"][0])
    with players.mpv(server.http_url("/live/s.m3u8"), 4) as mpv:
        assert "rror" not in mpv.ends(30) + mpv.err


@pytest.mark.long
def test_mpv_plays_live_dash_for_a_minute(on_air, seconds=60):
    """It decodes, and shows the pictures at their times. What it says of segments that are not there yet is no error."""
    server = on_air(FOR_PROGRAMS % "", "minutes.flv", lead_s=4.5)
    began = time.monotonic()
    with players.mpv(server.http_url("/live/s.mpd"), seconds, quiet="ffmpeg") as mpv:
        assert "rror" not in mpv.ends(seconds + 30) + mpv.err
    assert time.monotonic() - began > seconds - 5
