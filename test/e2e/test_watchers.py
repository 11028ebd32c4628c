"""The watchers judged: an origin in Python serves good and bad streams, and they must tell them apart."""
import http.server
import threading

import pytest

import dash_mpd
from dash_watch import DashWatch
from hls_watch import Watch
from test_dash_rules import ENDED, changed, fragment, init
from wait import until

TS = "video/MP2T"
M3U8 = "application/vnd.apple.mpegurl"


class Origin:
    """An HTTP server; `files` is {path: (type, bytes)}, which the test may change while it runs."""

    def __init__(self):
        self.files, origin = {}, self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                kind, body = origin.files.get(self.path.split("?")[0], (None, b""))
                self.send_response(200 if kind else 404)
                self.send_header("Content-Length", str(len(body)))
                if kind:
                    self.send_header("Content-Type", kind)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def url(self, path):
        return "http://127.0.0.1:%d%s" % (self.server.server_address[1], path)

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def show(self, first, last, ended=False, duration=lambda n: 1.0):
        """The media playlist of segments first..last, and segments that are not there yet."""
        lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", "#EXT-X-MEDIA-SEQUENCE:%d" % first]
        for n in range(first, last + 1):
            lines += ["#EXTINF:%.3f," % duration(n), "%d.ts" % n]
            self.files.setdefault("/%d.ts" % n, (TS, b"%d" % n * 1000))
        text = "\n".join(lines + ["#EXT-X-ENDLIST"] * ended) + "\n"
        self.files["/live.m3u8"] = (M3U8, text.encode())


@pytest.fixture
def origin():
    o = Origin()
    yield o
    o.close()


def seen(watch, last):
    """Wait until the watcher has fetched what the playlist has whose last segment is `last`."""
    until(lambda: watch.media and watch.media[0].fetched == last, "segment %d" % last)


def watched(origin, steps, **how):
    """Show each step to a watcher that sees it, and let it judge."""
    with Watch(origin.url("/live.m3u8"), every=0.01, **how) as watch:
        for step in steps:
            step()
            seen(watch, watch_last(origin))
    return watch


def watch_last(origin):
    names = [line for line in origin.files["/live.m3u8"][1].decode().split("\n") if line.endswith(".ts")]
    return int(names[-1][:-3])


def test_a_good_stream_is_good(origin):
    watch = watched(origin, [lambda: origin.show(0, 4), lambda: origin.show(1, 5), lambda: origin.show(2, 6),
                             lambda: origin.show(2, 7, ended=True)])
    assert sorted(watch.media[0].segments) == list(range(8)) and watch.media[0].missing() == []
    assert [f.size for f in watch.media[0].segments.values()] == [1000] * 8


@pytest.mark.parametrize("steps,rule", [
    ([lambda o: o.show(0, 4), lambda o: o.show(0, 5, duration=lambda n: 1.2)], "segment-duration-changes"),
    ([lambda o: o.show(5, 9), lambda o: o.show(0, 10)], "sequence-goes-back"),
    ([lambda o: o.show(0, 4), lambda o: o.show(4, 5)], "removes-too-early"),
    ([lambda o: o.show(0, 4, duration=lambda n: 2.0)], "target-exceeded"),
    ([lambda o: o.files.update({"/3.ts": (TS, b"")}) or o.show(0, 4)], "segment-status"),
    ([lambda o: o.show(0, 4), lambda o: o.show(1, 5) or o.files.pop("/0.ts")], "segment-gone-at-once"),
    ([lambda o: o.show(0, 4), lambda o: o.files.update({"/0.ts": (TS, b"other")}) or o.show(1, 5)], "segment-bytes-change"),
], ids=lambda x: x if isinstance(x, str) else "")
def test_a_broken_stream_is_found(origin, steps, rule):
    with pytest.raises(AssertionError, match=rule):
        watched(origin, [lambda step=step: step(origin) for step in steps])


def test_a_playlist_that_vanishes_is_found_unless_it_may(origin):
    def vanish(watch):
        seen(watch, 4)
        origin.files.pop("/live.m3u8")
        until(lambda: watch.media[0].statuses[-1] == 404, "the 404")

    origin.show(0, 4)
    with pytest.raises(AssertionError, match="playlist-status"):
        with Watch(origin.url("/live.m3u8"), every=0.01) as watch:
            vanish(watch)
    origin.show(0, 4)
    with Watch(origin.url("/live.m3u8"), every=0.01, may_vanish=True) as watch:
        vanish(watch)


def test_a_playlist_that_never_comes_is_found(origin):
    with pytest.raises(AssertionError, match="no playlist"):
        with Watch(origin.url("/live.m3u8"), every=0.01):
            pass


@pytest.mark.parametrize("bandwidth,good", [(8000, True), (7000, True), (4000, False), (100000, False)])
def test_the_bandwidth_of_a_master_is_measured(origin, bandwidth, good):
    """Segments of 1000 bytes last one second, which is 8000 bits per second."""
    text = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=%d,CODECS="mp4a.40.2"\nlive.m3u8\n' % bandwidth
    origin.files["/master.m3u8"] = (M3U8, text.encode())
    origin.show(0, 4, ended=True)

    def watch():
        with Watch(origin.url("/master.m3u8"), every=0.01) as w:
            w.wait_ended()

    if good:
        watch()
    else:
        with pytest.raises(AssertionError, match="bandwidth-too"):
            watch()


# -- DASH ----------------------------------------------------------------------------------------------------------------------

def show_mpd(origin, break_video=None):
    """The representation of pictures of a finished stream, and its segments of 50 samples; the last has 38, which is 1.52 s."""
    text = ENDED[:ENDED.index('    <AdaptationSet id="1"')] + "  </Period>\n</MPD>\n"
    text = changed(text, '<S d="135000"/>', '<S d="136800"/>')
    origin.files["/s.mpd"] = ("application/dash+xml", text.encode())
    origin.files["/s-v-init.mp4"] = ("video/mp4", init())
    for n, s in enumerate(dash_mpd.read(text).representations[0].segments):
        origin.files["/s-v-%d.m4s" % s.number] = ("video/mp4", fragment(s.t, s.d // 3600, n + 1))
    origin.files.update(break_video or {})


def test_a_good_dash_stream_is_good(origin):
    show_mpd(origin)
    with DashWatch(origin.url("/s.mpd"), every=0.01) as watch:
        watch.wait_ended()
        watch.wait_segments(5)


@pytest.mark.parametrize("path,body,rule", [
    ("/s-v-6.m4s", fragment(1080001 + 90, 50), "segment-start"),
    ("/s-v-6.m4s", fragment(1080000, 49), "segment-length"),
    ("/s-v-6.m4s", b"", "segment-status"),
    ("/s-v-9.m4s", fragment(1620000, 38, first_flags=0x10000), "segment-without-key"),
])
def test_a_broken_dash_stream_is_found(origin, path, body, rule):
    show_mpd(origin, {path: ("video/mp4", body)})
    with pytest.raises(AssertionError, match=rule):
        with DashWatch(origin.url("/s.mpd"), every=0.01) as watch:
            until(lambda: watch.segments and len(watch.segments[("0", "v")]) == 5, "all segments")


def test_an_mpd_that_never_comes_is_found(origin):
    with pytest.raises(AssertionError, match="no MPD"):
        with DashWatch(origin.url("/s.mpd"), every=0.01) as watch:
            until(lambda: watch.statuses, "a reply")
