"""relay: streams that are pulled by HLS, and servers of HLS that are broken or hostile."""
import gzip
import http.server
import os
import re
import threading
import time

import pytest

import flv
import media
from api import Api
from bad_http import reply
from media import FFMPEG, Program
from test_play import seen, vhost
from test_relay import begins, fails, one, pulling
from wait import until


class Folder:
    """The files of a folder over HTTP. `gone` are names that get 404, `busy` those that get 503, `raw` functions that answer for a
    name by writing bytes, `asked` the paths that were asked for."""

    def __init__(self, folder):
        folder, self.gone, self.busy, self.raw, self.asked = str(folder), set(), set(), {}, []
        files = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __init__(self, *args):
                super().__init__(*args, directory=folder)

            def do_GET(self):
                files.asked.append(self.path)
                name = self.path.rsplit("/", 1)[-1]
                if name in files.gone | files.busy:
                    return self.send_error(404 if name in files.gone else 503)
                if name in files.raw:
                    self.close_connection = True
                    return files.raw[name](self.wfile)
                return super().do_GET()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, name="live.m3u8"):
        return "http://127.0.0.1:%d/%s" % (self.server.server_port, name)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.server.shutdown()
        self.server.server_close()


def hls_of(clip, folder, *options, seconds=1, name="live.m3u8"):
    """ffmpeg makes HLS of a clip."""
    os.makedirs(folder, exist_ok=True)
    media.run(FFMPEG + ["-i", clip, "-c", "copy", "-f", "hls", "-hls_time", str(seconds), "-hls_list_size", "0", *options, str(folder / name)])
    return folder


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_a_complete_hls_playlist_of_ffmpeg_is_played_from_its_beginning_to_its_end(make_server, tmp_path, kind):
    clip = media.clip("h264_aac.flv")
    with Folder(hls_of(clip, tmp_path / "hls", "-hls_segment_type", kind)) as folder:
        server = make_server(vhost())
        with media.ffmpeg_play(server.url()) as player:
            server.wait_log(r"type=rtmp-play")
            server.reload(pulling(folder.url()))
            begins(server)
            fails(server)
            played = media.parse_framemd5(player.ends())
    for kind in ("video", "audio"):
        sent, got = ([p for p in packets if p.kind == kind] for packets in (media.framemd5(clip), played))
        assert len(got) == len(sent)
        assert all(abs((g.dts - got[0].dts) - (s.dts - sent[0].dts)) <= 2 for g, s in zip(got, sent))


@pytest.mark.long
def test_a_live_hls_stream_of_ffmpeg_is_pulled_evenly(make_server, tmp_path):
    os.makedirs(tmp_path / "hls")
    maker = Program(FFMPEG + ["-re", "-stream_loop", "-1", "-i", media.clip("h264_aac_long.flv"), "-c", "copy", "-f", "hls", "-hls_time", "1", "-hls_list_size", "6",
                             "-hls_flags", "delete_segments", str(tmp_path / "hls" / "live.m3u8")])
    with maker, Folder(tmp_path / "hls") as folder:
        until(lambda: os.path.exists(tmp_path / "hls" / "live.m3u8"), "the playlist")
        server = make_server(pulling(folder.url(), more="timeout 5;"))
        begins(server)
        with server.player() as player:
            seen(player, 400)
            times = [m.ts for m in player.media() if m.type == flv.VIDEO]
            assert times == sorted(times) and max(b - a for a, b in zip(times, times[1:])) < 1000
        assert "has failed" not in server.log
        mark = server.mark()
        maker.process.kill()
        fails(server, since=mark)


@pytest.mark.sample(2)
@pytest.mark.parametrize("more", ["", "hls_use_fmp4 on;", "hls_ll on; hls_use_fmp4 on;", "hls_keys on; hls_fragments_per_key 2;"],
                         ids=["ts", "fmp4", "low latency", "encrypted"])
def test_hls_comes_from_our_own_server_by_a_master_playlist_and_by_tls(make_server, live, more):
    origin = make_server(vhost(more="hls { enabled on; hls_fragment 1; hls_window 8; hls_ctx on; %s }" % more), http="", tls=True)
    live(origin, "s", "h264_aac_long.flv")
    url = origin.http_url("/live/s.m3u8", tls=True)
    server = make_server(pulling(url, more="tls_ca %s;" % origin.certificate[1]))
    begins(server, url)
    with server.player() as player:
        seen(player, 200)


def test_a_segment_that_is_gone_is_left_out(make_server, tmp_path):
    with Folder(hls_of(media.clip("h264_aac.flv"), tmp_path / "hls")) as folder:
        folder.gone.add("live1.ts")
        server = make_server(pulling(folder.url()))
        server.wait_log(r"relay of /live/s leaves a segment out")
        server.wait_log(r"published /live/s by a relay, frames=\d{2}")


@pytest.mark.long
def test_a_segment_that_fails_for_a_moment_is_taken(make_server, tmp_path):
    clip = media.clip("h264_aac.flv")
    playlist = hls_of(clip, tmp_path / "hls") / "live.m3u8"
    playlist.write_text(re.sub("TARGETDURATION:.*", "TARGETDURATION:4", playlist.read_text()))
    with Folder(tmp_path / "hls") as folder:
        server = make_server(vhost())
        with media.ffmpeg_play(server.url()) as player:
            server.wait_log(r"type=rtmp-play")
            folder.busy.add("live1.ts")
            server.reload(pulling(folder.url()))
            server.wait_log(r"relay of /live/s asks for its segment again.*503", timeout=20)
            folder.busy.clear()
            fails(server)
            played = media.parse_framemd5(player.ends())
        assert "leaves a segment out" not in server.log
    assert len(played) == len(media.framemd5(clip))


@pytest.mark.long
def test_a_playlist_that_fails_is_asked_for_again_for_a_target_duration(make_server, tmp_path):
    playlist = hls_of(media.clip("h264_aac.flv"), tmp_path / "hls") / "live.m3u8"
    playlist.write_text(re.sub("TARGETDURATION:.*", "TARGETDURATION:4", playlist.read_text()).replace("#EXT-X-ENDLIST", ""))
    with Folder(tmp_path / "hls") as folder:
        server = make_server(pulling(folder.url(), more="timeout 60;"))
        begins(server)
        for lasts in (False, True):
            mark = server.mark()
            folder.busy.add("live.m3u8")
            server.wait_log(r"relay of /live/s asks for its playlist again.*503", since=mark, timeout=20)
            if lasts:
                fails(server, since=mark)
            else:
                folder.busy.clear()
                n = len(folder.asked)
                until(lambda: len(folder.asked) > n + 2, "the playlist")
                assert "has failed" not in server.log


def test_ranges_of_one_file_are_segments(make_server, tmp_path):
    origin = make_server(vhost(more="http_static { enabled on; mount [vhost]/; dir %s; }" % hls_of(media.clip("h264_aac.flv"), tmp_path / "hls", "-hls_flags", "single_file")), http="")
    server = make_server(pulling(origin.http_url("/live.m3u8")))
    begins(server)
    with server.player() as player:
        seen(player, 100)


HLS_FAULTS = {
    "garbage": b"\x00" * 1000,
    "no playlist": b"<html></html>",
    "an empty playlist": b"#EXTM3U\n",
    "an endless playlist": b"#EXTM3U\n" + b"#EXTINF:1,\na.ts\n" * 80000,
    "a segment that is none": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nnone.ts\n",
    "segments without end": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n" + b"#EXTINF:0,\nbad.ts\n" * 1000,
    "segments of no duration": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n" + b"#EXTINF:0,\nbad.ts\n" * 3000 + b"#EXT-X-ENDLIST\n",
    "a local file": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n",
    "huge numbers": b"#EXTM3U\n#EXT-X-TARGETDURATION:9007199254740992\n#EXT-X-MEDIA-SEQUENCE:9007199254740992\n#EXTINF:86400,\nbad.ts\n#EXT-X-ENDLIST\n",
    "a master in a master": b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlive.m3u8\n",
    "another encryption": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\"\n#EXTINF:1,\nbad.ts\n",
    "a key that is none": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-KEY:METHOD=AES-128,URI=\"bad.ts\"\n#EXTINF:1,\nbad.ts\n",
    "another key": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-KEY:METHOD=AES-128,URI=\"key\"\n#EXTINF:1,\nbad.ts\n",
    "a key without end": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-KEY:METHOD=AES-128,URI=\"huge\"\n#EXTINF:1,\nbad.ts\n",
    "a million lines": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n" + b"#\n" * 500000 + b"#EXTINF:1,\nbad.ts\n",
    "a line without end": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1," + b"x" * 900000 + b"\nbad.ts\n",
    "a compressed one": gzip.compress(b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nbad.ts\n" + b"#\n" * 5000000),
    "a map that is none": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI=\"bad.ts\"\n#EXTINF:1,\nbad.ts\n",
}


@pytest.mark.sample(4)
@pytest.mark.parametrize("fault", HLS_FAULTS)
def test_a_bad_playlist_is_given_up_and_harms_nobody(make_server, tmp_path, fault):
    (tmp_path / "live.m3u8").write_bytes(HLS_FAULTS[fault])
    (tmp_path / "bad.ts").write_bytes(b"G" * 200000)
    (tmp_path / "key").write_bytes(b"k" * 16)
    (tmp_path / "huge").write_bytes(b"k" * (1 << 20))
    with Folder(tmp_path) as folder:
        began = time.monotonic()
        server = make_server(pulling(folder.url(), more="timeout 1;"), api="")
        fails(server)
        until(lambda: one(Api(server))["failures"] >= 2, "the second failure", 30)
        assert len(folder.asked) <= 20 + 20 * (time.monotonic() - began)    # ten playlists in a second, and ten segments


def writes(head, piece, pause=0.0, times=1 << 30):
    def run(out):
        try:
            out.write(reply(head))
            for _ in range(times):
                out.write(piece)
                out.flush()
                time.sleep(pause)
        except OSError:
            pass
    return run


def moves(out):
    out.write(reply(b"", "302 Found", ["Location: " + "./live.m3u8", "Content-Length: 0"]))


HLS_ANSWERS = {
    "a playlist byte by byte": ("live.m3u8", writes(b"#EXTM3U\n", b"#", 0.05)),
    "a playlist that never ends": ("live.m3u8", writes(b"#EXTM3U\n", b"#EXTINF:1,\na.ts\n" * 1000)),
    "a playlist that redirects to itself": ("live.m3u8", moves),
    "a playlist that is cut": ("live.m3u8", lambda out: out.write(reply(b"#EXTM3U\n", fields=["Content-Length: 100"]))),
    "a segment byte by byte": ("0.ts", writes(b"", b"G", 0.05)),
    "a segment that never ends": ("0.ts", writes(b"", b"G" * (1 << 20))),
    "a segment that redirects to the playlist": ("0.ts", moves),
    "segments that are cut": ("0.ts", lambda out: out.write(reply(b"G", fields=["Content-Length: 100"]))),
}


@pytest.mark.long
@pytest.mark.parametrize("fault", HLS_ANSWERS)
def test_a_bad_server_of_hls_is_given_up_and_harms_nobody(make_server, tmp_path, witness, fault):
    (tmp_path / "live.m3u8").write_bytes(b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n" + b"#EXTINF:1,\n0.ts\n" * 5)
    with Folder(tmp_path) as folder:
        name, how = HLS_ANSWERS[fault]
        folder.raw[name] = how
        server = make_server(pulling(folder.url(), more="timeout 1;"), api="")
        w = witness(server)
        until(lambda: one(Api(server))["failures"] >= 2, "the second failure", 60)
        w.undisturbed()
