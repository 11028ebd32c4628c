"""HLS over restarts of the server (hls_recover): numbers never go back, whatever lies on the disk, and watchers see rules kept."""
import os
import re
import signal
import time
from itertools import takewhile

import pytest

import hls_changes
import hls_playlist
import media
from hls_watch import Http, Watch
from wait import until

FMP4 = "hls_use_fmp4 on;"
KEYS = "hls_keys on; hls_fragments_per_key 2; hls_key_file_path %s;"


class Origin:
    """A server that can be ended and started again on the same ports and files."""

    def __init__(self, make_server, directives="", window=6, ctx="off"):
        self.server, self.window, self.ctx = make_server(http="", start=False), window, ctx
        self.path = self.server.html
        self.configure(directives)

    def configure(self, directives):
        self.server.write_conf("vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_window %d; hls_ctx %s; "
                               "hls_path %s; %s } }" % (self.window, self.ctx, self.path, directives))

    def start(self):
        self.server.start()
        return self

    def crash(self):
        self.server.process.send_signal(signal.SIGKILL)
        self.server.process.wait()

    def restart(self, how):
        """Returns the number of the last segment on the disk."""
        if how == "crash":
            self.crash()
        else:
            self.server.stop(signal.SIGTERM if how == "quick" else signal.SIGQUIT)
        last = self.on_disk()[-1]
        self.start()
        return last

    def publish(self, seconds, name="h264_aac.flv"):
        """A publish of this length, whose segments are all in the playlist and in the files when it ends."""
        before = self.numbers()
        with self.server.publisher() as publisher:
            publisher.send_tags(takewhile(lambda t: t.ts < seconds * 1000, media.loop(name)))
            publisher.barrier()
            until(lambda: self.numbers()[-1:] > before[-1:] and self.on_disk()[-1:] == self.numbers()[-1:],
                  lambda: (before, self.numbers(), self.on_disk()))
        numbers = self.numbers()                                      # the end of the publish may have made another one
        until(lambda: self.on_disk()[-1:] >= numbers[-1:], self.on_disk)
        return numbers

    def url(self, name="s.m3u8"):
        return self.server.http_url("/live/" + name)

    def get(self, name):
        return Http().get(self.url(name))

    def playlist(self):
        reply = self.get("s.m3u8")
        return hls_playlist.read(reply.body.decode()) if reply.status == 200 else None

    def numbers(self):
        p = self.playlist()
        return [s.number for s in p.segments] if p else []

    def file(self, name="s.m3u8"):
        return os.path.join(self.path, "live", name)

    def on_disk(self):
        if not os.path.exists(self.file()):
            return []
        with open(self.file()) as f:
            return [s.number for s in hls_playlist.read(f.read()).segments]

    def lie(self, text):
        """Put a playlist on the disk, as another program has left it."""
        os.makedirs(os.path.dirname(self.file()), exist_ok=True)
        with open(self.file(), "w") as f:
            f.write(text)


@pytest.mark.sample(3)
@pytest.mark.parametrize("how", ["crash", "quick", "graceful"])
@pytest.mark.parametrize("directives", ["", FMP4, "hls_entry_prefix /live/;", "hls_ts_file ts/[stream]-[seq].ts;",
                                        "hls_dispose 0; hls_cleanup off;"],
                         ids=["ts", "fmp4", "prefix", "folder", "kept"])
def test_a_restart_under_a_watcher_goes_on(make_server, how, directives):
    o = Origin(make_server, directives).start()
    with Watch(o.url(), may_vanish=True, lingers=False) as watch:
        o.publish(8)
        watch.wait_segments(1)
        last = o.restart(how)
        o.publish(4)
        until(lambda: watch.media[0].known.next_number > last + 2, lambda: watch.media[0].known.next_number)
    segments = watch.media[0].known.segments
    o.server.wait_log(r"goes on with segment %d\b" % (last + 1))
    assert segments[0].number > 0 and [s.number for s in segments if s.breaks] == [last + 1]


@pytest.mark.parametrize("rule,status", [("", 200), ("security { enabled on; deny play 198.51.100.0/24; }", 403)], ids=["open", "rule"])
def test_what_a_file_listed_is_there_when_the_stream_comes_back(make_server, rule, status):
    """Between a crash and the next publish, players get the file of the playlist, whose segments have no ids."""
    o = Origin(make_server, FMP4, ctx="on")
    o.server.write_conf("vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_window 6; hls_path %s; %s } %s }" %
                        (o.path, FMP4, rule))
    o.start()
    with o.server.publisher() as publisher:
        publisher.send_tags(takewhile(lambda t: t.ts < 4000, media.loop("h264_aac.flv")))
        publisher.barrier()
        until(lambda: len(o.on_disk()) >= 3, o.on_disk)
        o.crash()
    o.start()
    with open(o.file()) as f:
        old = hls_playlist.read(f.read()).segments
    with o.server.publisher() as publisher:
        publisher.send_tags(takewhile(lambda t: t.ts < 3000, media.loop("h264_aac.flv")))
        publisher.barrier()
        until(lambda: o.on_disk()[-1] > old[-1].number, o.on_disk)
        assert {o.get(uri).status for s in old for uri in (s.uri, s.map.uri)} == {status}
        with open(o.file()) as f:
            new = [s for s in hls_playlist.read(f.read()).segments if s.number > old[-1].number]
        assert {o.get(s.uri).status for s in new} == {403}


def test_numbers_of_which_players_saw_parts_become_gaps(make_server):
    """Low latency: what was open at a crash, and what was complete but not written yet."""
    o = Origin(make_server, FMP4 + "hls_ll on; hls_part 0.2;", window=60).start()
    last = o.publish(3)[-1]
    with o.server.publisher() as publisher:
        publisher.send_tags(takewhile(lambda t: t.ts < 900, media.tags("h264_aac.flv")))
        until(lambda: o.playlist().open_parts and o.on_disk()[-1] == last, o.numbers)
        seen = hls_changes.parts_by_number(o.playlist())
        o.crash()
    assert max(seen) == last + 1
    o.start()
    assert o.publish(3)[-1] > last + 3
    segments = {s.number: s for s in o.playlist().segments}
    assert [n for n, s in segments.items() if s.gap] == [last + 1, last + 2]
    assert [n for n, s in segments.items() if s.breaks and n > last] == [last + 3]
    assert segments[last + 1].uri == "s-%d.m4s" % (last + 1)          # hls.js compares what it was named


def test_an_init_segment_that_players_saw_is_not_named_again(make_server):
    """Low latency: that of the segment that was open at a crash."""
    o = Origin(make_server, FMP4 + "hls_ll on; hls_part 0.2;", window=60).start()
    o.publish(3)
    with o.server.publisher() as publisher:
        publisher.send_tags(takewhile(lambda t: t.ts < 900, media.tags("h264_aac_plain.flv")))
        until(lambda: o.playlist().open_parts and os.path.exists(o.file("s/init-2.mp4")), o.numbers)
        seen = {uri: o.get(uri).body for uri in re.findall(r'EXT-X-MAP:URI="(.*?)"', o.get("s.m3u8").body.decode())}
        o.crash()
    assert len(seen) == 2
    o.start()
    o.publish(3)
    now = {uri: o.get(uri).body for uri in re.findall(r'EXT-X-MAP:URI="(.*?)"', o.get("s.m3u8").body.decode())}
    assert len(now) == 2 and all(seen.get(uri, body) == body for uri, body in now.items()), (list(seen), list(now))
    for uri, body in seen.items():                                   # hls.js asks for it again when it looks at the gap
        reply = o.get(uri)
        assert reply.status == 200 and reply.body == body, uri


def test_what_a_former_run_has_left_is_served_from_a_folder_of_its_own(make_server, tmp_path):
    """hls_path need not be below http_server.dir."""
    o = Origin(make_server, FMP4)
    o.path = str(tmp_path / "elsewhere")
    o.configure(FMP4)
    o.start()
    numbers = o.publish(6)
    before = {n: o.get("s-%d.m4s" % n).body for n in numbers}
    init = o.get("s/init.mp4").body
    o.restart("crash")
    o.publish(2)
    for n in numbers[-3:]:
        reply = o.get("s-%d.m4s" % n)
        assert reply.status == 200 and reply.body == before[n], n
    assert o.get("s/init.mp4").body == init


def test_init_segments_are_not_named_again(make_server):
    """The number of an init segment goes on, and a stream whose name ends like one confuses nobody."""
    o = Origin(make_server, FMP4 + "hls_init_file [app]/[stream]-2/init.mp4;").start()
    o.publish(4)
    o.restart("crash")
    o.publish(4)
    maps = [s.map.uri for s in o.playlist().segments]
    assert maps[0] == "s-2/init.mp4" and maps[-1] == "s-2/init-2.mp4"
    o.restart("crash")
    o.publish(3)
    maps = [s.map.uri for s in o.playlist().segments]
    assert maps[-1] == "s-2/init-3.mp4" and all(o.get(uri).status == 200 for uri in maps)


def test_files_of_init_segments_go_with_their_segments(make_server):
    o = Origin(make_server, FMP4, window=2).start()
    for clip in ("h264_aac.flv", "h264_aac_plain.flv", "h264_aac.flv"):
        o.publish(6, clip)
    until(lambda: os.listdir(os.path.dirname(o.file("s/x"))) == ["init-3.mp4"], lambda: os.listdir(os.path.dirname(o.file("s/x"))))
    assert o.get("s/init-3.mp4").status == 200


def test_a_playlist_of_srs_goes_on(make_server):
    o = Origin(make_server, window=60)
    o.lie("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:41\n#EXT-X-TARGETDURATION:4\n#EXT-X-DISCONTINUITY\n"
          "#EXTINF:2.500, no desc\ns-41.ts\n#EXTINF:3.500, no desc\ns-42.ts\n")
    for n in (41, 42):
        with open(o.file("s-%d.ts" % n), "wb") as f:
            f.write(b"G" * 188)
    o.start()
    assert o.publish(3)[:3] == [41, 42, 43]
    p = o.playlist()
    assert p.target == 4 and [s.duration for s in p.segments[:2]] == [2.5, 3.5]
    assert [s.breaks for s in p.segments[:3]] == [True, False, True]
    assert o.get("s-41.ts").body == b"G" * 188


def test_a_segment_that_is_no_file_of_the_stream_keeps_its_place_as_a_gap(make_server):
    o = Origin(make_server, window=60)
    o.lie("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-TARGETDURATION:2\n"
          "#EXTINF:1.500, no desc\nhttps://cdn.example/live/s-7.ts\n"
          "#EXTINF:1.250, no desc\n../../../../etc/passwd\n"
          "#EXT-X-GAP\n#EXTINF:1.125, no desc\ns-9.ts\n"
          "#EXTINF:1.000, no desc\n" + "x" * 5000 + ".ts\n"
          "#EXTINF:1.000, no desc\ns-11.ts\n")
    o.start()
    assert o.publish(3)[:6] == [7, 8, 9, 10, 11, 12]
    segments = o.playlist().segments
    assert [s.gap for s in segments[:6]] == [True, True, True, True, False, False]
    assert [s.duration for s in segments[:3]] == [1.5, 1.25, 1.125]


@pytest.mark.parametrize("text", ["", "#EXTM3U\n#EXT-X-VERS", "this is no playlist\n", "#EXTM3U\n#EXTINF:99999999999,\na.ts\n"],
                         ids=["empty", "torn", "foreign", "absurd"])
def test_numbers_rise_above_a_playlist_that_cannot_be_read(make_server, text):
    o = Origin(make_server)
    o.lie(text)
    o.start()
    began = int(time.time())
    assert began - 60 <= o.publish(3)[0] <= began + 600
    o.server.wait_log("WARN.*begins with segment")


def test_a_playlist_torn_in_a_line_gives_the_segments_before_it(make_server):
    o = Origin(make_server).start()
    last = o.publish(5)[-1]
    o.server.stop()
    with open(o.file(), "rb+") as f:
        f.truncate(os.path.getsize(o.file()) - 2)
    o.start()
    assert last in o.publish(4)


def test_without_recover_numbers_begin_at_0(make_server):
    o = Origin(make_server, "hls_recover off;").start()
    assert o.publish(4)[0] == 0
    o.crash()
    o.start()
    with o.server.publisher() as publisher:
        publisher.send_tags(takewhile(lambda t: t.ts < 4000, media.loop("h264_aac.flv")))
        publisher.barrier()
        until(lambda: o.numbers()[:1] == [0], o.numbers)


def test_memory_counts_from_the_clock(make_server):
    o = Origin(make_server, "hls_storage memory;").start()

    def publish(above):
        with o.server.publisher() as publisher:
            publisher.send_tags(takewhile(lambda t: t.ts < 4000, media.loop("h264_aac.flv")))
            publisher.barrier()
        until(lambda: len(o.numbers()) == 4 and o.numbers()[-1] > above, o.numbers)     # the end of the publish closes the last
        return o.numbers()

    began = int(time.time())
    with Watch(o.url(), may_vanish=True, lingers=False) as watch:
        first = publish(began - 60)
        watch.wait_segments(1)
        assert first[0] <= began + 600
        until(lambda: int(time.time()) > first[-1] + 2, "the clock to pass what four seconds at once have made")
        o.crash()
        o.start()
        publish(first[-1])
