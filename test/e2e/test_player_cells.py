"""Each player, container and codec: a live stream that a player joins, and the packets or pictures that it got.

doc/hls.md and doc/dash.md have the table. ffmpeg, which plays from the first segment to the last, is in test_hls_players.py.
"""
import contextlib

import pytest

import browser_players
import media
import players
from test_clients import public_folder  # pylint: disable=unused-import
from test_hls_players import FOR_PROGRAMS, LIVE, LOW, browser, on_air  # pylint: disable=unused-import

SECONDS, AT_LEAST_S = 5, 3                    # programs play so long, and get at least that much
# video, audio, and the containers that carry both
CELLS = [("h264", "aac", "ts fmp4 low-ts low-fmp4"), ("hevc", "aac", "ts fmp4"), ("h264", "mp3", "ts fmp4"), ("h264", "ac3", "ts fmp4"),
         ("h264", "eac3", "ts fmp4"), ("h264", "opus", "ts fmp4"), ("av1", "opus", "fmp4"), ("vp9", "opus", "fmp4"),
         ("h264", "flac", "fmp4"), ("h264", "none", "ts fmp4"), ("none", "aac", "ts fmp4")]
HLS = [(container, video, audio) for video, audio, those in CELLS for container in those.split()]
CONF = {"ts": LIVE % "off", "fmp4": LIVE % "on", "low-ts": LOW % "off", "low-fmp4": LOW % "on"}


def all_problems(programs, *compared):
    """What each program says is wrong, for one message about all of them."""
    problems = []
    for p in programs:
        try:
            p.ends(40)
            p.compare(*compared)
        except (AssertionError, TimeoutError) as e:
            problems.append("%s: %s" % (p.name, str(e)[:1000]))
    return "\n".join(problems)


@pytest.mark.long
@pytest.mark.parametrize("container,video,audio", HLS, ids=["-".join(c) for c in HLS])
def test_programs_play_hls(on_air, public_folder, tmp_path, container, video, audio):  # noqa: F811
    """mpv and VLC get the packets that were published, GStreamer decodes the pictures."""
    clip = media.live_clip(video, audio)
    url = on_air(CONF[container], clip, lead_s=8 if video == "none" or "low" in container else 3.5, loops=False).http_url("/live/s.m3u8")
    with contextlib.ExitStack() as stack:
        programs = [stack.enter_context(p) for p in (
            players.record_by_mpv(url, SECONDS, str(tmp_path)), players.record_by_vlc(url, SECONDS, public_folder, **media.nobody()),
            players.GStreamer(url, AT_LEAST_S, str(tmp_path), video, audio))]
        wrong = all_problems(programs, clip, container, video, audio, AT_LEAST_S)
    assert not wrong, wrong


DASH = [cell[:2] for cell in CELLS]
VLC_DASH_S = 14                                                      # VLC counts from where the timeline of the MPD has its zero


@pytest.mark.long
@pytest.mark.parametrize("video,audio", DASH, ids=["-".join(c) for c in DASH])
def test_programs_play_dash(on_air, public_folder, tmp_path, video, audio):  # noqa: F811
    """ffmpeg 5.1, which mpv reads DASH with, wants segments of at least two seconds."""
    clip = media.live_clip(video, audio)
    url = on_air(FOR_PROGRAMS % "", clip, lead_s=8, loops=False).http_url("/live/s.mpd")
    with contextlib.ExitStack() as stack:
        programs = [stack.enter_context(p) for p in (
            players.record_by_mpv(url, SECONDS, str(tmp_path)), players.record_by_vlc(url, VLC_DASH_S, public_folder, **media.nobody()))]
        wrong = all_problems(programs, clip, "fmp4", video, audio, AT_LEAST_S)
    assert not wrong, wrong


# -- players in a browser --------------------------------------------------------------------------------------------------------

# What Debian's Chromium says of each codec (MediaSource.isTypeSupported). The sound of MPEG-TS is taken out of it.
TYPES = {"h264": 'video/mp4; codecs="avc1.64000b"', "hevc": 'video/mp4; codecs="hvc1.1.6.L30.90"', "av1": 'video/mp4; codecs="av01.0.00M.08"',
         "vp9": 'video/mp4; codecs="vp09.00.10.08"', "aac": 'audio/mp4; codecs="mp4a.40.2"', "mp3": 'audio/mp4; codecs="mp4a.6B"',
         "bare mp3": "audio/mpeg", "opus": 'audio/mp4; codecs="opus"', "flac": 'audio/mp4; codecs="flac"',
         "ac3": 'audio/mp4; codecs="ac-3"', "eac3": 'audio/mp4; codecs="ec-3"'}
NOT_DECODED = {"hevc", "mp3", "ac3", "eac3"}
NO_SOUND = {("hls.js", "ts", "opus")}                                # hls.js does not read Opus in MPEG-TS, and shows the pictures
NOT_READ = {("shaka", "low-ts")}                                     # shaka-player wants a PAT in each part
# Both begin MP3 of MPEG-TS where the segment begins: up to a picture and a frame of sound before its time.
APART_MS = {("hls.js", "mp3"): 40 + 27, ("shaka", "mp3"): 40 + 27}


def is_decoded(container, video, audio):
    return not {video, "bare mp3" if audio == "mp3" and container.endswith("ts") else audio} & NOT_DECODED


ON_SCREEN = [(container, video, audio, player) for container, video, audio in HLS + [("dash", *cell) for cell in DASH]
             for player in (("dash.js" if container == "dash" else "hls.js"), "shaka")
             if is_decoded(container, video, audio) and (player, container) not in NOT_READ]


@pytest.mark.xdist_group("browser")
def test_what_the_browser_decodes(browser):  # noqa: F811
    browser.open("data:text/html,")
    assert {name for name, of in TYPES.items() if not browser.run("return MediaSource.isTypeSupported(arguments[0])", of)} == NOT_DECODED


@pytest.mark.long
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("container,video,audio,player", ON_SCREEN, ids=["-".join(c) for c in ON_SCREEN])
def test_a_browser_decodes_what_was_published(browser, on_air, tmp_path, container, video, audio, player):  # noqa: F811
    """What a player gives to the decoders, and when, are the packets that were published."""
    clip = media.live_clip(video, audio)
    conf = CONF.get(container, LIVE % "off")
    server = on_air(conf, clip, lead_s=8 if video == "none" or "low" in container else 3.5, loops=False)
    url = server.http_url("/live/s." + ("mpd" if container == "dash" else "m3u8"))
    with browser_players.playing(browser, server, player, url, low_latency=True, keeps=True) as p:
        seen = p.wait_played(AT_LEAST_S, pictures=video != "none")
        form = "ts" if container.endswith("ts") else "fmp4"
        played = [packet for given in p.given() for packet in given.packets(str(tmp_path), form, video)]
    is_silent = audio == "none" or (player, container, audio) in NO_SOUND
    source = [packet for packet in players.source_packets(clip, form, video, audio) if packet.kind == "video" or not is_silent]
    media.compare_packets(source, played, whole=False, apart_ms=APART_MS.get((player, audio), 0))
    assert ((seen.frames > 0, seen.sound > 0) == (video != "none", not is_silent)) and seen.back == 0, seen
