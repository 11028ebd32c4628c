"""Encryption of HLS (hls_keys): the tag in every playlist, rotation, who gets keys, where they lie, and what players decrypt."""
import os
import signal
from itertools import takewhile
from urllib.parse import urljoin

import pytest

import hls_playlist
import media
from hls_watch import Http, Watch
from wait import until


class Live:
    """A server with keys, and a way to publish and to ask."""

    def __init__(self, make_server, tmp_path, directives="", window=6, ctx="off", more="", start=True):
        self.server = make_server(http="", start=False)
        self.keys = str(tmp_path / "keys")
        self.server.write_conf(
            "vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_window %d; hls_ctx %s; hls_path %s; hls_keys on; "
            "%s hls_key_file_path %s; %s } } %s" % (window, ctx, self.server.html, "" if "per_key" in directives else
                                                    "hls_fragments_per_key 3;", self.keys, directives, more))
        if start:
            self.server.start()

    def send(self, publisher, seconds, name="h264_aac.flv"):
        publisher.send_tags(takewhile(lambda t: t.ts < seconds * 1000, media.loop(name)))
        publisher.barrier()

    def publish(self, seconds, name="h264_aac.flv"):
        before = self.numbers()
        with self.server.publisher() as publisher:
            self.send(publisher, seconds, name)
            until(lambda: self.numbers()[-1:] > before[-1:] and self.on_disk()[-1:] == self.numbers()[-1:],
                  lambda: (before, self.numbers(), self.on_disk()))

    def url(self, name="s.m3u8"):
        return self.server.http_url("/live/" + name)

    def get(self, name="s.m3u8"):
        return Http().get(urljoin(self.url(), name))

    def playlist(self, name="s.m3u8"):
        return hls_playlist.read(self.get(name).body.decode())

    def numbers(self):
        reply = self.get()
        return [s.number for s in hls_playlist.read(reply.body.decode()).segments] if reply.status == 200 else []

    def on_disk(self):
        path = os.path.join(self.server.html, "live", "s.m3u8")
        if not os.path.exists(path):
            return []
        with open(path) as f:
            return [s.number for s in hls_playlist.read(f.read()).segments]


def key_of(segment):
    """The attributes of the only key in force."""
    values, = dict(segment.keys).values() if isinstance(segment.keys, dict) else segment.keys
    return dict(values)


def uri_of(segment):
    return key_of(segment)["URI"]


def test_each_listed_segment_has_its_key_however_old_the_key_is(make_server, tmp_path):
    """Defect 14: the tag stays when the segment that the key was made for has left the window."""
    live = Live(make_server, tmp_path, "hls_fragments_per_key 1000;", window=3)
    with Watch(live.url(), lingers=False) as watch:
        with live.server.publisher() as publisher:
            live.send(publisher, 12)
            watch.wait_segments(3)
            until(lambda: live.numbers()[:1] > [4], live.numbers)
            p = live.playlist()
    assert {key_of(s)["METHOD"] for s in p.segments} == {"AES-128"}
    assert len({key_of(s)["IV"] for s in p.segments}) == len(p.segments)       # no two begin alike
    for s in p.segments:
        assert len(live.get(uri_of(s)).body) == 16


def test_keys_change_as_often_as_configured(make_server, tmp_path):
    live = Live(make_server, tmp_path, window=60)
    live.publish(13)
    segments = live.playlist().segments
    assert [uri_of(s) for s in segments[:9]] == ["s-0.key"] * 3 + ["s-3.key"] * 3 + ["s-6.key"] * 3
    keys = {uri: live.get(uri).body for uri in {uri_of(s) for s in segments}}
    assert len(set(keys.values())) == len(keys) >= 4
    until(lambda: set(keys) <= set(os.listdir(os.path.join(live.keys, "live"))), "the files of the keys")
    for uri, key in keys.items():                                              # they are the same, and nowhere else
        with open(os.path.join(live.keys, "live", uri), "rb") as f:
            assert f.read() == key
    assert not [n for n in os.listdir(os.path.join(live.server.html, "live")) if n.endswith(".key")]


def test_files_of_keys_go_with_their_segments(make_server, tmp_path):
    live = Live(make_server, tmp_path, "hls_dispose 1;", window=3)
    folder = os.path.join(live.keys, "live")
    with live.server.publisher() as publisher:
        live.send(publisher, 25)
        until(lambda: live.numbers()[:1] > [16], live.numbers)
        until(lambda: "s-6.key" not in os.listdir(folder), lambda: os.listdir(folder))
        until(lambda: {uri_of(s) for s in live.playlist().segments} <= set(os.listdir(folder)), lambda: os.listdir(folder))
    until(lambda: os.listdir(folder) == [], lambda: os.listdir(folder))


def test_files_of_keys_stay_without_cleanup(make_server, tmp_path):
    live = Live(make_server, tmp_path, "hls_cleanup off; hls_dispose 0;", window=3)
    live.publish(20)
    live.server.stop()
    assert {"s-0.key", "s-3.key", "s-6.key"} <= set(os.listdir(os.path.join(live.keys, "live")))


def test_a_key_that_could_not_be_written_is_written_later(make_server, tmp_path):
    live = Live(make_server, tmp_path, window=60)
    with open(live.keys, "w") as f:
        f.write("this is no directory")
    with live.server.publisher() as publisher:
        tags = media.loop("h264_aac.flv")
        publisher.send_tags(takewhile(lambda t: t.ts < 3000, tags))
        publisher.barrier()
        live.server.wait_log("WARN.*HLS")
        os.remove(live.keys)
        publisher.send_tags(takewhile(lambda t: t.ts < 12000, tags))
        publisher.barrier()
        folder = os.path.join(live.keys, "live")
        until(lambda: os.path.isdir(folder) and {"s-0.key", "s-3.key", "s-6.key"} <= set(os.listdir(folder)),
              lambda: os.path.isdir(folder) and os.listdir(folder))


def test_keys_are_for_viewers_alone(make_server, tmp_path):
    live = Live(make_server, tmp_path, ctx="on")
    with live.server.publisher() as publisher:
        live.send(publisher, 6)
        until(lambda: live.get().status == 200, "a playlist")
        until(lambda: os.listdir(os.path.join(live.keys, "live")), "a key")
        master = live.get().body.decode()
        media_uri = [line for line in master.splitlines() if line and line[0] != "#"][0]
        p = live.playlist(media_uri)
        uri = uri_of(p.segments[0])
        assert "hls_ctx=" in uri and len(live.get(uri).body) == 16
        bare = uri.split("?")[0]
        for asked in (bare, bare + "?hls_ctx=" + "a" * 32, bare + "?hls_ctx="):
            assert live.get(asked).status == 403, asked


def test_another_server_may_give_the_keys(make_server, tmp_path):
    live = Live(make_server, tmp_path, "hls_key_url https://keys.example/a/;")
    live.publish(4)
    assert uri_of(live.playlist().segments[0]) == "https://keys.example/a/live/s-0.key"
    assert os.path.getsize(os.path.join(live.keys, "live", "s-0.key")) == 16


def test_vhosts_have_their_own_folders_and_urls_of_keys(make_server, tmp_path):
    """Defect 14: the second vhost's are not the first's."""
    other = str(tmp_path / "other_keys")
    live = Live(make_server, tmp_path, "hls_key_url https://one.example/;",
                more="vhost two.example { hls { enabled on; hls_fragment 1; hls_window 6; hls_ctx off; hls_path %s; hls_keys on; "
                     "hls_key_file_path %s; hls_key_url https://two.example/k; } }" % (tmp_path / "two", other))
    with live.server.publisher(tc_url="rtmp://two.example:%d/live" % live.server.port) as publisher:
        live.send(publisher, 4)

        def playlist():
            reply = Http().get(live.url("s.m3u8?vhost=two.example"))
            return reply.status == 200 and hls_playlist.read(reply.body.decode())

        p = until(playlist, "a playlist of the second vhost")
        assert uri_of(p.segments[0]) == "https://two.example/k/live/s-0.key"
        until(lambda: os.path.exists(os.path.join(other, "live", "s-0.key")), "the key in its own folder")
    assert not os.path.exists(live.keys)


PLAIN = "vhost plain.example { hls { enabled on; hls_fragment 1; hls_window 60; hls_ctx off; hls_path %s; %s } }"


def both(make_server, tmp_path, directives, encryption=""):
    """The same publish with keys, and in another vhost without them; both have ended."""
    live = Live(make_server, tmp_path, directives + encryption, window=60, more=PLAIN % (tmp_path / "plain", directives))
    live.publish(6)
    with live.server.publisher(tc_url="rtmp://plain.example:%d/live" % live.server.port) as publisher:
        live.send(publisher, 6)
    until(lambda: live.get("s.m3u8?vhost=plain.example").status == 200
          and len(live.playlist("s.m3u8?vhost=plain.example").segments) == len(live.numbers()) >= 6, live.numbers)
    return live


def absolute(live, line):
    if line.startswith(("#EXT-X-KEY", "#EXT-X-MAP")):
        before, rest = line.split('URI="')
        uri, after = rest.split('"', 1)
        return before + 'URI="' + urljoin(live.url(), uri) + '"' + after
    return line if not line or line[0] == "#" else urljoin(live.url(), line)


def packets(live, path, query=""):
    """What ffmpeg gets from the whole playlist."""
    lines = live.get("s.m3u8" + query).body.decode().splitlines()
    with open(path, "w") as f:                                                 # ended, so that ffmpeg begins at its beginning
        f.write("".join(absolute(live, line) + "\n" for line in lines) + "#EXT-X-ENDLIST\n")
    return media.parse_framemd5(media.run(media.FFMPEG + [
        "-protocol_whitelist", "file,http,tcp,crypto", "-allowed_extensions", "ALL", "-i", str(path), "-map", "0", "-c",
        "copy", "-f", "framemd5", "-"]).stdout.decode())


@pytest.mark.parametrize("directives", ["", "hls_use_fmp4 on;"], ids=["ts", "fmp4"])
def test_ffmpeg_decrypts_the_packets_that_were_encrypted(make_server, tmp_path, directives):
    live = both(make_server, tmp_path, directives)
    decrypted = packets(live, tmp_path / "keys.m3u8")
    plain = packets(live, tmp_path / "plain.m3u8", "?vhost=plain.example")
    assert len(plain) > 200 and {p.kind for p in plain} == {"video", "audio"}
    assert decrypted == plain


def test_samples_of_cbcs_are_decrypted(make_server, tmp_path):
    """A segment at a time: ffmpeg 5.1 knows SAMPLE-AES of fragmented MP4 in files alone."""
    live = both(make_server, tmp_path, "hls_use_fmp4 on;", "hls_encryption cbcs;")
    plain = live.playlist("s.m3u8?vhost=plain.example").segments
    segments = live.playlist().segments
    assert {key_of(s)["METHOD"] for s in segments} == {"SAMPLE-AES"}
    for mine, other in zip(segments, plain):
        key = live.get(uri_of(mine)).body.hex()
        got = of_segment(live, tmp_path, mine, "-decryption_key", key)
        want = of_segment(live, tmp_path, other)
        assert want and [(p.kind, p.hash) for p in got] == [(p.kind, p.hash) for p in want], mine.number
        assert [p.hash for p in of_segment(live, tmp_path, mine)] != [p.hash for p in want]


def of_segment(live, tmp_path, segment, *options):
    path = tmp_path / "one.mp4"
    path.write_bytes(live.get(segment.map.uri).body + live.get(segment.uri).body)
    return media.parse_framemd5(media.run([*media.FFMPEG, *options, "-i", str(path), "-map", "0", "-c", "copy", "-f", "framemd5",
                                           "-"]).stdout.decode())


@pytest.mark.parametrize("how", ["crash", "quick"])
def test_a_restart_goes_on_with_keys(make_server, tmp_path, how):
    live = Live(make_server, tmp_path, "hls_entry_prefix /live/;", window=60)
    with Watch(live.url(), may_vanish=True, lingers=False) as watch:
        live.publish(5)
        watch.wait_segments(1)
        before = {uri: live.get("/live/" + uri).body for uri in {uri_of(s) for s in live.playlist().segments}}
        if how == "crash":
            live.server.process.send_signal(signal.SIGKILL)
            live.server.process.wait()
        else:
            live.server.stop()
        live.server.start()
        live.publish(5)
    segments = live.playlist().segments
    assert segments[0].number == 0 and not [s for s in segments if s.gap] and all(s.keys for s in segments)
    for uri, key in before.items():
        assert live.get("/live/" + uri).body == key


def test_a_segment_whose_key_is_lost_is_a_gap(make_server, tmp_path):
    live = Live(make_server, tmp_path, window=60)
    live.publish(6)
    live.server.stop()
    os.remove(os.path.join(live.keys, "live", "s-0.key"))
    live.server.start()
    live.publish(3)
    segments = live.playlist().segments
    assert [s.gap for s in segments[:4]] == [True, True, True, False]
    assert live.server.wait_log("WARN.*a key of .* is lost")
