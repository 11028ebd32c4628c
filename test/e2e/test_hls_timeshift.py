"""Timeshift: playlists of the past, the files behind them, and how long they stay."""
import datetime
import os
import time
from itertools import takewhile
from urllib.parse import urljoin

import pytest

import hls_playlist
import hls_rules
import media
import rtmp
from hls_watch import Http, Watch
from wait import until


class Shift:
    """A server that keeps the past of live/s."""

    def __init__(self, make_server, directives="", window=4, timeshift="1h", ctx="off"):
        self.server = make_server(http="", start=False)
        self.directives, self.window, self.timeshift, self.ctx = directives, window, timeshift, ctx
        self.server.write_conf(self.conf())
        self.server.start()
        self.http = Http()

    def conf(self):
        return ("vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_window %s; hls_timeshift %s; hls_ctx %s;"
                " hls_path %s; %s } }" % (self.window, self.timeshift, self.ctx, self.server.html, self.directives))

    def url(self, query="", path="/live/s.m3u8"):
        return self.server.http_url(path) + query

    def get(self, query="", path="/live/s.m3u8"):
        return self.http.get(self.url(query, path))

    def playlist(self, query):
        reply = self.get(query)
        assert reply.status == 200, (query, reply)
        text = reply.body.decode()
        hls_rules.assert_good(hls_rules.check_media(text), text)
        return hls_playlist.read(text)

    def send(self, publisher, seconds, tags=None):
        publisher.send_tags(takewhile(lambda t: t.ts < seconds * 1000, tags or media.loop("h264_aac.flv")))
        publisher.barrier()

    def indexed(self):
        """Lines of segments in the index."""
        lines = []
        for folder, _, names in os.walk(os.path.join(self.server.html, ".hls", "timeshift")):
            for name in names:
                with open(os.path.join(folder, name)) as f:
                    lines += [line for line in f if " s1\t" in line]
        return lines

    def wait_indexed(self, count):
        return until(lambda: len(self.indexed()) >= count and self.indexed(), lambda: self.indexed())

    def all(self):
        """A playlist of all that is kept; its dates run ahead of the clock when a test has sent faster than time goes by."""
        self.asked = getattr(self, "asked", 0) + 1                    # an answer is kept for a second
        return self.playlist("?start=1&end=%d" % (99999999999 - self.asked))


@pytest.fixture
def shift(make_server):
    return lambda **how: Shift(make_server, **how)


@pytest.mark.long
def test_a_delayed_playlist_is_live_and_late(shift):
    s = shift()
    feeder = rtmp.Feeder(s.server.publisher("s"), media.loop("h264_aac.flv"))
    with Watch(s.url("?delay=3"), lingers=False) as watch:
        watch.wait_segments(6)
        live, late = s.playlist(""), s.playlist("?delay=3")
        assert not late.ended and late.type is None
        assert 2 <= live.segments[-1].pdt - late.segments[-1].pdt <= 6
    feeder.stop()
    assert not watch.media[0].missing()


def test_a_range_is_a_playlist_that_ends(shift):
    s = shift()
    with s.server.publisher("s") as publisher:
        s.send(publisher, 30)
        s.wait_indexed(28)
    kept = s.all()
    assert kept.ended and kept.type == "VOD" and len(kept.segments) >= 28
    assert [g.number for g in kept.segments] == list(range(len(kept.segments)))
    first, last = kept.segments[10], kept.segments[15]
    def iso(t, zone):
        return datetime.datetime.fromtimestamp(round(t, 3), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + zone

    t, u = first.pdt + .3, last.pdt - .3
    for start, end in (("%.3f" % t, "%.3f" % u), (iso(t, "Z"), iso(u, "%2B00:00")), (iso(t, ""), iso(u, "+0000"))):
        p = s.playlist("?start=%s&end=%s" % (start, end))
        assert [g.number for g in p.segments] == list(range(10, 15)) and p.ended
    for g in kept.segments:                                           # also those that have left the live playlist
        reply = s.http.get(urljoin(s.url(), g.uri))
        assert reply.status == 200 and len(reply.body) % 188 == 0


@pytest.mark.parametrize("query, status", [
    ("?delay=0", 400), ("?delay=-5", 400), ("?delay=soon", 400), ("?delay=", 400), ("?delay=5&start=1", 400),
    ("?end=5", 400), ("?start=x", 400), ("?start=9&end=8", 400), ("?start=2026-02-30T00:00:00Z", 400),
    ("?delay=3601", 404), ("?start=99999999999", 404), ("?start=1&end=2", 404)])
def test_what_cannot_be_answered_is_refused_clearly(shift, query, status):
    s = shift()
    with s.server.publisher("s") as publisher:
        s.send(publisher, 5)
        s.wait_indexed(3)
        reply = s.get(query)
        assert reply.status == status and len(reply.body) > 10


def test_without_timeshift_the_parameters_mean_nothing(shift):
    s = shift(timeshift="0")
    with s.server.publisher("s") as publisher:
        s.send(publisher, 9)
        until(lambda: s.get("?delay=90").status == 200, "the live playlist")
    assert not s.indexed()


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_the_past_survives_a_restart(shift, end):
    s = shift()
    with s.server.publisher("s") as publisher:
        s.send(publisher, 20)
        s.wait_indexed(18)
    getattr(s.server, end)()
    before = len(s.wait_indexed(18))
    s.server.start()
    assert len(s.all().segments) == before                            # nothing is live
    with s.server.publisher("s") as publisher:
        s.send(publisher, 10)
        s.wait_indexed(before + 8)
    p = s.all()
    assert [g.number for g in p.segments] == list(range(len(p.segments)))
    [broken] = [g.number for g in p.segments if g.breaks]
    # A segment that the kill kept out of the index, but not off the disk, is taken in by the next start.
    assert broken == before or end == "kill" and broken == before + 1
    assert len({g.uri for g in p.segments}) == len(p.segments)        # no file was written over


def test_the_past_outlives_the_live_playlist(shift):
    s = shift(directives="hls_dispose 1;")
    with s.server.publisher("s") as publisher:
        s.send(publisher, 12)
        before = len(s.wait_indexed(10))
    until(lambda: s.get().status == 404, "the end of the live playlist")
    assert len(s.all().segments) >= before
    with s.server.publisher("s") as publisher:
        s.send(publisher, 6)
        s.wait_indexed(before + 4)
    p = s.all()
    assert [g.number for g in p.segments] == list(range(len(p.segments)))
    assert len({g.uri for g in p.segments}) == len(p.segments)
    assert all(s.http.get(urljoin(s.url(), g.uri)).status == 200 for g in p.segments)


def test_a_viewer_keeps_its_delay_and_only_viewers_get_files(shift):
    s = shift(ctx="on", directives="hls_keys on; hls_fragments_per_key 2;")
    with s.server.publisher("s") as publisher:
        s.send(publisher, 20)
        s.wait_indexed(18)
        query = "?start=1&end=99999999999&token=x"
        master = s.get(query).body.decode()
        uri = hls_playlist.read(master).variants[0][1]
        assert uri.endswith("&start=1&end=99999999999&token=x") and "CODECS" in master and "RESOLUTION=160x120" in master
        base = urljoin(s.url(), uri)
        text = s.http.get(base).body.decode()
        hls_rules.assert_good(hls_rules.check_media(text), text)
        p = hls_playlist.read(text)
        assert len(p.segments) >= 18 and "token" not in text.replace(uri, "")
        keys = {dict(g.keys["identity"])["URI"] for g in p.segments}
        assert len(keys) >= 9
        for path in {g.uri for g in p.segments} | keys:
            assert "hls_ctx=" in path
            assert s.http.get(urljoin(base, path)).status == 200
            for bad in (path.split("?")[0], path[:-1] + ("a" if path[-1] != "a" else "b")):
                assert s.http.get(urljoin(base, bad)).status == 403, bad
    s.server.kill()
    s.server.start()
    for path in sorted(keys)[:2] + [p.segments[0].uri]:               # its id is known again
        assert s.http.get(urljoin(base, path)).status == 200
    assert s.http.get(s.server.http_url("/.hls/")).status == 403


def test_fragmented_mp4_keeps_its_init_segments(shift):
    s = shift(directives="hls_use_fmp4 on;")
    with s.server.publisher("s") as publisher:
        s.send(publisher, 15)
        s.wait_indexed(13)
    s.server.stop()
    s.server.start()
    p = s.all()
    assert p.segments[0].map and s.http.get(urljoin(s.url(), p.segments[0].map.uri)).body[4:8] == b"ftyp"


def test_files_are_served_wherever_they_lie(shift, tmp_path):
    s = shift(directives="hls_storage disk;")
    s.server.stop()
    s.server.write_conf(s.conf().replace("hls_path %s" % s.server.html, "hls_path %s" % (tmp_path / "other")))
    s.server.start()
    with s.server.publisher("s") as publisher:
        s.send(publisher, 12)
        until(lambda: os.path.exists(str(tmp_path / "other" / "live" / "s-9.ts")), "a file")
        until(lambda: s.get("?start=1&end=9999999999").status == 200, "the index")
        live, past = s.playlist(""), s.all()
        for g in live.segments + past.segments:
            reply = s.http.get(urljoin(s.url(), g.uri))
            assert reply.status == 200 and reply.body[:1] == b"G"


def on_disk(s, *endings):
    return {name for _, _, names in os.walk(s.server.html) for name in names if name.endswith(endings)}


def playlist_file(s):
    path = next((os.path.join(folder, "s.m3u8") for folder, _, names in os.walk(s.server.html) if "s.m3u8" in names), os.devnull)
    with open(path, encoding="utf-8") as f:
        return f.read()


@pytest.mark.long
def test_what_is_older_than_the_window_goes(shift):
    s = shift(window=1, timeshift="16s", directives="hls_keys on; hls_fragments_per_key 1; hls_dispose 1; hls_use_fmp4 on;")
    feeder = rtmp.Feeder(s.server.publisher("s"), media.loop("h264_aac.flv"))
    until(lambda: "s-2.m4s" in on_disk(s, ".m4s"), "the first segments", 30)
    until(lambda: "s-2.m4s" not in on_disk(s, ".m4s"), lambda: on_disk(s, ".m4s"), 60)
    there = on_disk(s, ".m4s")
    assert len(there) >= 12 and "init.mp4" in on_disk(s, ".mp4")
    until(lambda: not {"s-0.key", "s-1.key"} & on_disk(s, ".key"), lambda: on_disk(s, ".key"))
    kept = s.all()
    assert kept.segments[0].number > 0 and len(kept.segments) <= 20
    until(lambda: {os.path.basename(g.uri) for g in s.all().segments} <= on_disk(s, ".m4s"), lambda: on_disk(s, ".m4s"))
    feeder.stop()
    s.server.kill()                                                   # nobody comes back
    s.server.start()
    until(lambda: not on_disk(s, ".m4s", ".mp4", ".index"), lambda: on_disk(s, ""), 60)
    until(lambda: len(on_disk(s, ".key")) <= 1, lambda: on_disk(s, ".key"))     # that of the segment that was open


def test_a_range_has_a_bound(shift):
    s = shift()
    folder = os.path.join(s.server.html, ".hls", "timeshift", "__defaultVhost__", "live", "s.m3u8")
    now = int(time.time() * 1000000)
    os.makedirs(folder)
    step = 100000
    for begin in range(0, 12000, 2000):
        first = now - (12000 - begin) * step
        with open(os.path.join(folder, "%d.index" % (first // 1000)), "w") as f:
            line(f, "h1\t160\t120\t25000\tavc1.42c01e\tlive\ts\tlive/s.m3u8")
            for n in range(begin, begin + 2000):
                line(f, "s1\t%d\t%d\t0\t%d\t%d\t1\t1000\t2\t0\t0\t%s\t\t\tlive/s-%d.ts" % (
                    n, n, now - (12000 - n) * step, step, "0" * 32, n))
    reply = s.get("?start=1")
    assert reply.status == 400 and b"too many" in reply.body
    p = s.playlist("?start=%.3f" % (now / 1e6 - 999.95))
    assert len(p.segments) == 10000 and p.ended
    with open(os.path.join(folder, "%d.index" % (first // 1000)), "ab") as f:
        f.write(b"1234 torn line \x00\x00\nabc")                         # as after a crash
    assert s.playlist("?start=%.3f" % (now / 1e6 - 99.95)).segments[-1].number == 11999


def line(f, text):
    """A record of core/line_log."""
    h = 0x811c9dc5
    for c in text.encode():
        h = (h ^ c) * 0x01000193 & 0xffffffff
    f.write("%08x %s\n" % (h, text))


def test_the_example_keeps_the_past(make_server):
    server = make_server(http="", start=False)
    with open(os.path.join(media.ROOT, "conf", "hls.timeshift.conf"), encoding="utf-8") as f:
        text = f.read()
    vhost = text[text.index("vhost"):]
    server.write_conf(vhost.replace("enabled         on;", "enabled on; hls_path %s;" % server.html, 1))
    server.start()
    with server.publisher("s") as publisher:
        publisher.send_tags(takewhile(lambda t: t.ts < 21000, media.loop("h264_aac.flv")))
        publisher.barrier()
        master = until(lambda: Http().get(server.http_url("/live/s.m3u8?start=1")).body.decode(), "a playlist")
        until(lambda: "start=1" in Http().get(server.http_url("/live/s.m3u8?start=1")).body.decode(), lambda: master)


@pytest.mark.sample(3)
@pytest.mark.parametrize("timeshift", ["0", "1h"])
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_what_nobody_comes_back_for_is_removed(shift, end, timeshift):
    s = shift(timeshift=timeshift, directives="hls_dispose 2; hls_keys on; hls_fragments_per_key 1;")
    publisher = s.server.publisher("s")
    s.send(publisher, 12)
    until(lambda: "s-9.ts" in playlist_file(s), lambda: on_disk(s, ""))     # Segments that come in a burst may be ahead of it.
    if timeshift != "0":
        s.wait_indexed(9)
    getattr(s.server, end)()
    publisher.close()
    assert "s.m3u8" in on_disk(s, ".m3u8")
    s.server.start()
    if timeshift == "0":
        until(lambda: not on_disk(s, ".m3u8", ".ts", ".key", ".stream", ".tmp"), lambda: on_disk(s, ""), 30)
    else:
        until(lambda: not on_disk(s, ".m3u8", ".stream"), lambda: on_disk(s, ""), 30)
        assert len(s.all().segments) >= 9
        assert {os.path.basename(g.uri) for g in s.all().segments} <= on_disk(s, ".ts")


def test_what_somebody_comes_back_for_stays(shift):
    s = shift(timeshift="0", directives="hls_dispose 3;")
    with s.server.publisher("s") as publisher:
        s.send(publisher, 8)
        until(lambda: "s-6.ts" in on_disk(s, ".ts"), lambda: on_disk(s, ""))
    s.server.stop()
    s.server.start()
    feeder = rtmp.Feeder(s.server.publisher("s"), media.loop("h264_aac.flv"))
    until(lambda: "s-14.ts" in on_disk(s, ".ts"), lambda: on_disk(s, ""), 40)
    assert "s.m3u8" in on_disk(s, ".m3u8") and "s.m3u8.stream" in on_disk(s, ".stream")
    feeder.stop()
