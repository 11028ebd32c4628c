"""DASH of encoders that send odd streams: few or many key frames, odd frame rates, a cover picture, times that jump, wrap or stand still."""
import itertools

import pytest

import flv
import rtmp
from dash_watch import DashWatch
from test_hls_shapes import HOUR_MS, moved, paced, sound
from wait import until

FRAGMENT = 1
# A key frame may come a twentieth early; a long GOP is cut by its sound after 2.1 segments, and at three in any case.
AT_KEY, AT_SOUND, AT_MOST = 0.95 * FRAGMENT, 2.1 * FRAGMENT, 3 * FRAGMENT
CONF = "vhost __defaultVhost__ { dash { enabled on; dash_fragment %s; dash_window_size 60; dash_path ./html; %s } }"


def container(directives, name, *marks):
    return pytest.param(directives, id=name, marks=marks)


# An open segment is listed with the length of the one before it, and right behind it. Pictures far apart are not foretold so.
FORETOLD = {"segment-start", "segment-length", "segment-status", "segments-lost-at-the-end", "segment-in-future",
            "timeline-gap"}


@pytest.fixture(params=[container("", "whole"), container("dash_ll on;", "chunks", pytest.mark.long)])
def serving(request, make_server):
    """A server; server.irregular: the rules that a stream breaks which changes the lengths of its segments."""
    def start():
        server = make_server(CONF % (FRAGMENT, request.param), http="")
        server.irregular = FORETOLD if request.param else ()
        return server
    return start


def follow(server, tags, segments, periods=1, **how):
    """Publish at the pace of the timestamps, and follow the MPD. Returns the segments of each Period and kind as the MPD lists them."""
    feeder = rtmp.Feeder(server.publisher("s"), tags, how.pop("speed", 1.0))
    with DashWatch(server.http_url("/live/s.mpd"), **how) as watch:
        until(lambda: (watch.known and len(watch.known.periods) >= periods
                       and min(len(r.segments) for r in watch.known.periods[-1].representations) >= segments)
              or feeder.error or watch.problems, lambda: "%d segments\n%s" % (segments, server.tail(20)), 60)
        feeder.check()
        listed = {(r.period.id, r.kind): r.segments for r in watch.known.representations}
        assert len(watch.known.periods) == periods
    feeder.stop()
    return listed


def assert_lengths(listed, least, most, slack=0.06, kinds=("video", "audio")):
    """Of all segments but the first and the last of a Period, which what comes late, or the break, makes shorter."""
    for (_, kind), segments in listed.items():
        for s in segments[1:-1] if kind in kinds else []:
            assert least - slack <= s.duration <= most + slack, (kind, [float(s.duration) for s in segments])


def numbered(**how):
    return flv.Numbered(**{"audio_fps": 43, "gop": 25, **how})


SHAPES = {
    "each picture a key frame": (numbered(gop=1), AT_KEY, FRAGMENT),
    "a key frame each 30 s": (numbered(gop=750), AT_SOUND, AT_SOUND),
    "a key frame each 30 s and no sound": (numbered(gop=750, audio_fps=0), AT_MOST, AT_MOST),
    "1 picture a second": (numbered(gop=1, fps=1), AT_KEY, FRAGMENT),
    "240 pictures a second": (numbered(gop=240, fps=240), AT_KEY, FRAGMENT),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("shape", SHAPES)
def test_segments_are_as_long_as_the_directives_say(serving, witness, shape):
    stream, least, most = SHAPES[shape]
    server = serving()
    witness(server)
    ignore = {"segment-without-key"} if stream.gop == 750 else server.irregular if stream.fps == 1 else ()
    assert_lengths(follow(server, stream.tags(), 4, ignore=ignore), least, most)


@pytest.mark.long
def test_sound_with_one_picture_as_its_cover(serving, witness):
    server = serving()
    witness(server)
    stream = numbered()
    tags = itertools.chain(stream.configs(), [stream.video(0)], sound(stream))
    feeder = rtmp.Feeder(server.publisher("s"), tags)
    with DashWatch(server.http_url("/live/s.mpd"), ignore=server.irregular) as watch:
        until(lambda: watch.known and any(len(r.segments) >= 4 for r in watch.known.representations if r.kind == "audio"),
              lambda: "four segments of sound\n" + server.tail(20), 60)
    feeder.stop()


@pytest.mark.sample(2)
@pytest.mark.parametrize("by_ms", [3 * HOUR_MS, -3 * HOUR_MS], ids=["3 h on", "3 h back"])
def test_times_that_jump(serving, witness, by_ms):
    server = serving()
    witness(server)
    stream = numbered(start_ms=4 * HOUR_MS)
    tags = itertools.chain(stream.tags(75), moved(stream.frames(75), by_ms))
    listed = follow(server, paced(tags, fps=34, speed=1), 6, speed=None)
    assert_lengths(listed, 0.1, AT_SOUND)


@pytest.mark.sample(2)
@pytest.mark.parametrize("start_ms", [(1 << 32) - 3000, (1 << 33) // 90 - 3000], ids=["32 bits", "33 bits at 90 kHz"])
def test_times_that_wrap(serving, witness, start_ms):
    server = serving()
    witness(server)
    listed = follow(server, paced(moved(numbered(start_ms=start_ms).tags(), 0), fps=34, speed=1), 6, speed=None)
    assert_lengths(listed, AT_KEY, FRAGMENT)


@pytest.mark.long
def test_times_that_stand_still_for_a_while(serving, witness):
    server = serving()
    witness(server)
    stream = numbered()
    still = (t._replace(ts=2960) for t in stream.frames(75, 100))
    tags = itertools.chain(stream.tags(75), still, moved(stream.frames(175), -4000))
    assert_lengths(follow(server, paced(tags, fps=34, speed=1), 6, speed=None, ignore=server.irregular), 0.1, AT_MOST)
