"""Directives of HLS that change what is in segments and where they are cut: hls_ts_floor, hls_dts_directly, hls_acodec, hls_vcodec,
and the greatest length of a segment, which SRS compares with a number of another unit."""
import contextlib
import itertools
import re
import time
from urllib.parse import urljoin

import pytest

import flv
import fmp4
import hls_master
import hls_playlist
import rtmp
from hls_watch import Watch, fetch
from wait import until

CONF = "vhost __defaultVhost__ { hls { enabled on; hls_ctx off; hls_storage memory; hls_window 60; %s } }"


@contextlib.contextmanager
def on_air(server, tags, speed=1.0):
    feeder = rtmp.Feeder(server.publisher("s"), tags, speed)
    yield
    feeder.check()
    feeder.stop()


def get(server, path):
    return fetch(urljoin(server.http_url("/live/s.m3u8"), path))


def listed(server):
    reply = get(server, "s.m3u8")
    return hls_playlist.read(reply.body.decode()).segments if reply.status == 200 else []


# -- where segments are cut ------------------------------------------------------------------------------------------------

def test_no_segment_is_longer_than_three_fragments(make_server):
    """Defect 14 of SRS 7.0.18. Without a key frame and without sound nothing else ends a segment."""
    server = make_server(CONF % "hls_fragment 2;", http="")
    with on_air(server, flv.Numbered(gop=1 << 30, audio_fps=0).tags(), speed=10):
        with Watch(server.http_url("/live/s.m3u8"), lingers=False) as watch:
            watch.wait_segments(6)
    seen = watch.media[0]
    assert seen.missing() == [] and seen.known.target == 6
    assert {round(s.duration, 2) for s in seen.known.segments} == {6.0}


@pytest.mark.long
def test_with_floor_segments_are_counted_since_1970(make_server):
    """Two servers that get the same stream at the same time give its segments the same names, and cut with the clock."""
    conf = CONF % "hls_fragment 1; hls_ts_floor on; hls_ts_file [app]/[stream]-[timestamp].ts;"
    servers = [make_server(conf, http="") for _ in range(2)]
    stream = flv.Numbered(gop=1)                                                        # 30 % of the deviation are less than a GOP
    publishers = [server.publisher("s") for server in servers]
    feeders = [rtmp.Feeder(publisher, stream.tags()) for publisher in publishers]      # at the same time
    try:
        until(lambda: all(len(listed(server)) >= 10 for server in servers), "ten segments of both", 60)
        found = [listed(server) for server in servers]
        now = time.time()
    finally:
        for feeder in feeders:
            feeder.stop()
    counts = [[int(re.fullmatch(r"s-(\d+)\.ts", s.uri).group(1)) for s in segments] for segments in found]
    for segments, numbers in zip(found, counts):
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))            # rising by one
        assert abs(numbers[-1] - now) < 5
        late = [abs((s.pdt + 0.5) % 1 - 0.5) for s in segments[-4:]]
        assert max(late) < 0.25, late
    media_of = [{n: get(server, s.uri).body for n, s in zip(numbers, segments)}
                for server, numbers, segments in zip(servers, counts, found)]
    both = sorted(set(media_of[0]) & set(media_of[1]))[-4:]
    for n in both:
        first, second = (set(re.findall(rb"n video (\d{8});", m[n])) for m in media_of)
        assert len(first & second) >= 8, (n, sorted(first), sorted(second))             # of 25, by the time of arrival
    assert len(both) >= 3


# -- times of sound alone --------------------------------------------------------------------------------------------------

def times_of(ts):
    """The times of all PES packets of a transport stream that has one track, in 90 kHz."""
    found = []
    for at in range(0, len(ts), 188):
        packet = ts[at:at + 188]
        begin = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
        payload = packet[begin:]
        if packet[1] & 0x40 and payload[:3] == b"\0\0\1" and payload[7] & 0x80:
            p = payload[9:14]
            found.append((p[0] >> 1 & 7) << 30 | p[1] << 22 | p[2] >> 1 << 15 | p[3] << 7 | p[4] >> 1)
    return found


def rounded_sound(stream):
    """AAC of 44.1 kHz, with times that are rounded to 40 ms, as by an encoder that counts pictures."""
    for n in itertools.count():
        yield stream.audio(n)._replace(ts=n * 1024 * 1000 // 44100 // 40 * 40)


@pytest.mark.parametrize("directly", ["on", "off"])
def test_times_of_sound_alone_are_told_or_counted(make_server, directly):
    """off: a frame lasts as long as its samples. `on` and `off` mean what SRS does, not what its full.conf says."""
    server = make_server(CONF % ("hls_fragment 1; hls_aof_ratio 1; hls_dts_directly %s;" % directly), http="")
    stream = flv.Numbered(audio_fps=43)
    with on_air(server, itertools.chain([stream.configs()[1]], rounded_sound(stream)), speed=6):
        with Watch(server.http_url("/live/s.m3u8"), lingers=False, keep=True) as watch:
            watch.wait_segments(5)
    seen = watch.media[0]
    times = [t for n in sorted(seen.segments)[:5] for t in times_of(seen.segments[n].data)]
    steps = [b - a for a, b in zip(times, times[1:])]
    assert len(steps) > 50
    if directly == "on":
        assert set(steps) <= {0, 3600, 7200}, set(steps)
    else:                                                             # PES packets have whole frames of 1024 samples
        frames = [s / (1024 * 90000 / 44100) for s in steps]
        assert all(n > 0.5 and abs(n - round(n)) < 0.002 for n in frames), sorted(set(steps))


# -- tracks that are left out ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("directive,left", [("hls_acodec an;", "video"), ("hls_vcodec vn;", "audio")])
@pytest.mark.parametrize("container", ["ts", "fmp4"])
def test_a_kind_may_be_left_out_on_purpose(make_server, container, directive, left):
    more = "hls_use_fmp4 on;" if container == "fmp4" else ""
    conf = (CONF % ("hls_fragment 1; hls_aof_ratio 1; %s %s" % (directive, more))).replace("hls_ctx off;", "")
    server = make_server(conf, http="")
    with on_air(server, flv.Numbered(audio_fps=43).tags(), speed=6):
        with Watch(server.http_url("/live/s.m3u8"), lingers=False, keep=True) as watch:
            watch.wait_segments(3)
        (attributes, _), = hls_playlist.read(watch.master).variants
        assert hls_master.codecs_of(attributes) == [{"video": "h264", "audio": "aac"}[left]]
        seen = watch.media[0]
        if container == "fmp4":
            init = get(server, seen.known.segments[0].map.uri).body
            assert [t.kind for t in fmp4.tracks(init).values()] == [left]
    data = b"".join(s.data for s in seen.segments.values())
    assert (b"n video " in data, b"n audio " in data) == (left == "video", left == "audio")
