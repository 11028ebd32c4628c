"""HLS of encoders that send odd streams: few or many key frames, odd frame rates, times that jump, wrap or stand still."""
import itertools
import time

import pytest

import flv
import rtmp
from hls_watch import Http, Watch
from srs import SANITIZED
from wait import until

FRAGMENT = 2
# hls_td_ratio 1, hls_aof_ratio 2.1 (the defaults), and the greatest multiple of all
AT_KEY, AT_SOUND, AT_MOST = 1 * FRAGMENT, 2.1 * FRAGMENT, 3 * FRAGMENT
SPEED = 12                                    # times real time

CONF = """vhost __defaultVhost__ {{ hls {{ enabled on; hls_storage memory; hls_ctx off; hls_fragment {fragment}; hls_window {window}; {more} }} }}"""


def container(directives, name, *marks):
    return pytest.param(directives, id=name, marks=marks)


@pytest.fixture(params=[container("hls_ll on; hls_part 0.2; hls_use_fmp4 on;", "fmp4-parts"),
                        container("hls_ll on; hls_part 0.2;", "ts-parts", pytest.mark.long),
                        container("hls_use_fmp4 on;", "fmp4", pytest.mark.long), container("", "ts", pytest.mark.long)])
def serving(request, make_server):
    def start(fragment=FRAGMENT, window=120, more=""):
        return make_server(CONF.format(fragment=fragment, window=window, more=more + request.param), http="")
    return start


def follow(server, tags, segments, speed=SPEED, **how):
    """Publish, and follow the playlist until it has had so many segments. Returns what the watcher saw."""
    publisher = server.publisher("s")
    feeder = rtmp.Feeder(publisher, tags, speed)
    with Watch(server.http_url("/live/s.m3u8"), lingers=False, **how) as watch:
        until(lambda: (watch.media and len(watch.media[0].segments) >= segments) or feeder.error or watch._wrong(),
              lambda: "%d segments; sent %s; log:\n%s" % (segments, feeder.sent[-1:], server.tail(20)), 60)
        feeder.check()
    feeder.finish()
    return watch.media[0]


def durations(seen):
    return [s.duration for _, s in sorted(seen.segments.items())]


def assert_lengths(seen, least, most, slack=0.06):
    """All segments but the first, which may begin with what comes late."""
    assert seen.missing() == []
    for d in durations(seen)[1:]:
        assert least - slack <= d <= most + slack, durations(seen)


def breaks(seen):
    """Numbers of the segments that a discontinuity stands before."""
    return [s.number for s in seen.known.segments if s.breaks]


# -- key frames and frame rates ------------------------------------------------------------------------------------------

SHAPES = {
    "each picture a key frame": (flv.Numbered(gop=1), AT_KEY, AT_KEY),
    "a key frame each 30 s": (flv.Numbered(gop=750), AT_KEY, AT_SOUND),
    "a key frame each 30 s and no sound": (flv.Numbered(gop=750, audio_fps=0), AT_KEY, AT_MOST),
    "1 picture a second": (flv.Numbered(gop=1, fps=1, audio_fps=43), AT_KEY, AT_KEY + 1),
    "1 picture a second, a key frame each 10 s": (flv.Numbered(gop=10, fps=1, audio_fps=43), AT_KEY, AT_SOUND),
    "1 picture a second and no sound": (flv.Numbered(gop=1, fps=1, audio_fps=0), AT_KEY, AT_KEY),
    "240 pictures a second": (flv.Numbered(gop=480, fps=240), AT_KEY, AT_KEY),
    "no sound": (flv.Numbered(audio_fps=0), AT_KEY, AT_KEY),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("shape", SHAPES)
def test_segments_are_as_long_as_the_directives_say(serving, witness, shape):
    stream, least, most = SHAPES[shape]
    server = serving()
    witness(server)
    seen = follow(server, stream.tags(), 9, speed=SPEED if stream.fps < 100 else 4)
    assert_lengths(seen, least, most)
    assert breaks(seen) == []


@pytest.mark.long
def test_no_key_frame_for_ten_minutes(serving, witness):
    server = serving(fragment=10, window=300)
    witness(server)
    seen = follow(server, flv.Numbered(gop=1 << 30, fps=10, audio_fps=10).tags(6000), 600 // 21, speed=60, pdt_tolerance=0.1)
    assert_lengths(seen, 21, 21, 0.2)
    assert breaks(seen) == []


def sound(stream, first=0):
    return (stream.audio(n) for n in itertools.count(first))


def test_sound_alone(serving, witness):
    server = serving()
    witness(server)
    stream = flv.Numbered(audio_fps=43)
    seen = follow(server, itertools.chain([stream.configs()[1]], sound(stream)), 6)
    assert_lengths(seen, AT_SOUND, AT_SOUND)


def test_sound_with_one_picture_as_its_cover(serving, witness):
    server = serving()
    witness(server)
    stream = flv.Numbered(audio_fps=43)
    seen = follow(server, itertools.chain(stream.configs(), [stream.video(0)], sound(stream)), 6,
                  ignore=["parts-sum"])              # The first part waited for a picture.
    assert_lengths(seen, AT_SOUND, AT_SOUND)
    assert breaks(seen) == []


# -- times -----------------------------------------------------------------------------------------------------------------

def moved(tags, by_ms):
    return (t._replace(ts=(t.ts + by_ms) & 0xFFFFFFFF) for t in tags)


HOUR_MS = 3600 * 1000


@pytest.mark.sample(2)
@pytest.mark.parametrize("by_ms", [3 * HOUR_MS, -3 * HOUR_MS, 20000, -20000], ids=["3 h on", "3 h back", "20 s on", "20 s back"])
def test_times_that_jump(serving, witness, by_ms):
    server = serving()
    witness(server)
    stream = flv.Numbered(start_ms=4 * HOUR_MS)
    tags = itertools.chain(stream.tags(250), moved(stream.frames(250, 1000), by_ms))
    seen = follow(server, paced(tags), 15, speed=None)
    assert_lengths(seen, 0.1, AT_SOUND)
    assert sum(durations(seen)) < 60


def paced(tags, fps=25, speed=SPEED):
    """Tags at the pace of their number, whatever their times are."""
    began = time.monotonic()
    for n, t in enumerate(tags):
        time.sleep(max(0, began + n / 2 / fps / speed - time.monotonic()))
        yield t


def test_times_that_wrap_at_32_bits(serving, witness):
    server = serving()
    witness(server)
    stream = flv.Numbered(start_ms=(1 << 32) - 10000)
    seen = follow(server, paced(moved(stream.tags(), 0)), 12, speed=None)
    assert_lengths(seen, AT_KEY, AT_KEY)
    assert breaks(seen) == []


def test_times_that_wrap_in_a_transport_stream(serving, witness):
    """33 bits at 90 kHz are 26.5 hours."""
    server = serving()
    witness(server)
    stream = flv.Numbered(start_ms=(1 << 33) // 90 - 10000)
    seen = follow(server, paced(stream.tags()), 12, speed=None)
    assert_lengths(seen, AT_KEY, AT_KEY)
    assert breaks(seen) == []


def test_times_that_stand_still_for_a_while(serving, witness):
    server = serving()
    witness(server)
    stream = flv.Numbered()
    still = (t._replace(ts=9960) for t in stream.frames(250, 500))
    tags = itertools.chain(stream.tags(250), still, moved(stream.frames(750), -20000))
    seen = follow(server, paced(tags, speed=40), 12, speed=None)
    assert_lengths(seen, 0.1, AT_MOST)


def test_times_that_never_move(serving, witness):
    """Media without time makes no segment, and memory stays within the bound of one (SEGMENT_BYTES_MAX, 128 MiB)."""
    server = serving()
    witness(server)
    stream, publisher = flv.Numbered(size=400_000), server.publisher("s")
    publisher.send_tags(t._replace(ts=0) for t in stream.tags(800))
    publisher.barrier()
    assert Http().get(server.http_url("/live/s.m3u8")).status == 404
    assert server.rss_kib() < (800 if SANITIZED else 200) << 10
    publisher.send_tags(moved(stream.frames(800, 250), -31960))
    publisher.barrier()
    with Watch(server.http_url("/live/s.m3u8"), lingers=False) as watch:
        watch.wait_segments(3)
    assert_lengths(watch.media[0], AT_KEY, AT_KEY)
    publisher.close()


def test_times_that_go_back_all_the_time(serving, witness):
    server = serving()
    witness(server)
    back = (t._replace(ts=HOUR_MS - t.ts) for t in flv.Numbered().tags())
    seen = follow(server, paced(back), 8, speed=None)
    assert_lengths(seen, AT_KEY, AT_KEY, 0.5)


@pytest.mark.parametrize("apart_ms", [5000, 60000])
def test_sound_and_pictures_with_times_far_apart(serving, witness, apart_ms):
    server = serving()
    witness(server)
    stream = flv.Numbered()
    tags = (t._replace(ts=t.ts + apart_ms) if t.type == flv.AUDIO else t for t in stream.tags())
    seen = follow(server, paced(tags), 9, speed=None)
    assert_lengths(seen, 0.1, AT_MOST)


# -- codecs ----------------------------------------------------------------------------------------------------------------

def test_sound_that_begins_late(serving, witness):
    server = serving()
    witness(server)
    stream = flv.Numbered()
    meta, aac, avc = stream.configs()
    early = (t for t in stream.frames(0, 250) if t.type == flv.VIDEO)
    tags = itertools.chain([meta, avc], early, [aac._replace(ts=10000)], stream.frames(250))
    seen = follow(server, tags, 12)
    assert_lengths(seen, AT_KEY, AT_KEY)
    assert len(breaks(seen)) == 1


def test_pictures_that_begin_late(serving, witness):
    server = serving()
    witness(server)
    stream = flv.Numbered()
    meta, aac, avc = stream.configs()
    early = (t for t in stream.frames(0, 250) if t.type == flv.AUDIO)
    tags = itertools.chain([meta, aac], early, [avc._replace(ts=10000)], stream.frames(250))
    seen = follow(server, tags, 10)
    assert_lengths(seen, 0.1, AT_SOUND)
    assert len(breaks(seen)) == 1


def test_a_configuration_that_changes_with_each_key_frame(serving, witness):
    """Two configurations in turns, a segment each."""
    server = serving()
    witness(server)
    stream = flv.Numbered(gop=50)
    other = flv.AVC_CONFIG[:-1] + bytes([flv.AVC_CONFIG[-1] ^ 8])

    def tags():
        yield from stream.configs()
        for n, t in enumerate(stream.frames()):
            if flv.is_key(t):
                yield flv.Tag(flv.VIDEO, t.ts, other if t.ts // 2000 % 2 else flv.AVC_CONFIG)
            yield t
    seen = follow(server, tags(), 9)
    assert_lengths(seen, AT_KEY, AT_KEY)
    assert len(breaks(seen)) >= 6
