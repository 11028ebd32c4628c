"""Names of HLS files and URLs: what doc/hls.md says under "Names", on the disk and over HTTP, also for names that lead elsewhere."""
import contextlib
import os
import re
from itertools import takewhile
from urllib.parse import urljoin

import pytest

import hls_playlist
import media
from hls_watch import Http
from wait import until

SECONDS = 9                                                           # with hls_fragment 2: four segments are complete


@contextlib.contextmanager
def on_air(make_server, directives="", stream="s", app="live"):
    """A server with the beginning of a stream, while it is published."""
    server = make_server(http="", start=False)
    server.write_conf("vhost __defaultVhost__ { hls { enabled on; hls_fragment 2; hls_ctx off; hls_path %s; %s } }" % (
        server.html, directives))
    server.start()
    with server.publisher(stream, app) as publisher:
        publisher.send_tags(takewhile(lambda t: t.ts < SECONDS * 1000, media.loop("h264_aac.flv")))
        publisher.barrier()
        yield server


def playlist(server, path="/live/s.m3u8", n=4):
    """The media playlist at a path, once it has so many segments."""
    url = server.http_url(path)
    until(lambda: Http().get(url).body.count(b"#EXTINF") >= n, lambda: Http().get(url).body)
    read = hls_playlist.read(Http().get(url).body.decode())
    assert not read.problems
    return read


def files(server):
    """Paths below hls_path, once nothing is being written."""
    found = []

    def settled():
        found[:] = sorted(os.path.relpath(os.path.join(folder, name), server.html)
                          for folder, _, names in os.walk(server.html) for name in names)
        return found and not any(f.endswith((".tmp", ".temp")) for f in found)
    until(settled, lambda: found)
    return found


def are_served(server, path, uris):
    """Each URI leads from the playlist to bytes of MPEG-TS."""
    for uri in uris:
        reply = Http().get(urljoin(server.http_url(path), uri))
        assert reply.status == 200 and reply.body[:1] == b"G" and len(reply.body) % 188 == 0, (uri, reply.status)


def uris_of(read):
    return [s.uri for s in read.segments]


def test_the_default_names_are_those_of_srs(make_server):
    with on_air(make_server) as server:
        uris = uris_of(playlist(server))
        assert uris[:3] == ["s-0.ts", "s-1.ts", "s-2.ts"]
        are_served(server, "/live/s.m3u8", uris)
        until(lambda: {"live/s.m3u8", "live/s-0.ts", "live/s-1.ts"} <= set(files(server)), lambda: files(server))


@pytest.mark.parametrize("m3u8,ts,path,first", [
    ("list/[app]/[stream].m3u8", "ts/[app]/[stream]-[seq].ts", "/list/live/s.m3u8", "../../ts/live/s-0.ts"),
    ("[stream].m3u8", "[app]/[stream]/[seq].ts", "/s.m3u8", "live/s/0.ts"),
    ("[vhost]/[app]/[stream]/index.m3u8", "[vhost]/[app]/[stream]-[seq].ts", "/__defaultVhost__/live/s/index.m3u8", "../s-0.ts"),
    ("./[app]//[stream].m3u8", "/[app]/./[stream]-[seq].ts", "/live/s.m3u8", "s-0.ts"),
    ("[app]/[stream].m3u8", "[app]/[stream] #[seq]?%.ts", "/live/s.m3u8", "s%20%230%3F%25.ts"),
])
def test_playlist_and_segments_may_lie_anywhere(make_server, m3u8, ts, path, first):
    with on_air(make_server, 'hls_m3u8_file "%s"; hls_ts_file "%s";' % (m3u8, ts)) as server:
        uris = uris_of(playlist(server, path))
        assert uris[0] == first
        are_served(server, path, uris)


@pytest.mark.parametrize("prefix,first", [("http://cdn.example", "http://cdn.example/live/s-0.ts"),
                                          ("http://cdn.example/hls/", "http://cdn.example/hls/s-0.ts")])
def test_a_prefix_stands_before_segments(make_server, prefix, first):
    with on_air(make_server, "hls_entry_prefix %s;" % prefix) as server:
        assert uris_of(playlist(server))[0] == first


def test_names_have_duration_and_time(make_server):
    names = "hls_ts_file [app]/[2006]/[stream]-[01][02]-[15][04][05].[999]-[timestamp]-[seq]-[duration].ts;"
    with on_air(make_server, names) as server:
        read = playlist(server)
        uris = uris_of(read)
        found = [re.fullmatch(r"(\d{4})/s-(\d{4})-(\d{6})\.(\d{3})-(\d{13})-(\d)-(\d+)\.ts", uri) for uri in uris]
        assert all(found), uris
        assert [m.group(6) for m in found] == [str(n) for n in range(len(uris))]
        assert [int(m.group(7)) for m in found] == pytest.approx([s.duration * 1000 for s in read.segments], abs=1)
        assert found[0].group(5)[-3:] == found[0].group(4)
        are_served(server, "/live/s.m3u8", uris)


def test_an_app_with_slashes_is_folders(make_server):
    with on_air(make_server, app="live/123", stream="cam") as server:
        uris = uris_of(playlist(server, "/live/123/cam.m3u8"))
        are_served(server, "/live/123/cam.m3u8", uris)
        until(lambda: "live/123/cam-0.ts" in files(server), lambda: files(server))


@pytest.mark.parametrize("stream,path", [("caf%C3%A9", "/live/caf%C3%A9.m3u8"),
                                         ("a:b", "/live/a:b.m3u8"), ("a..b", "/live/a..b.m3u8"),
                                         ("-rf", "/live/-rf.m3u8"), ("$(id)'\"", "/live/$(id)'%22.m3u8"), ("n" * 200, "/live/%s.m3u8" % ("n" * 200))])
def test_odd_names_are_served(make_server, stream, path):
    with on_air(make_server, stream=stream) as server:
        are_served(server, path, uris_of(playlist(server, path)))


def test_all_spellings_of_a_name_are_one_playlist(make_server):
    with on_air(make_server, stream="MY%20CAM") as server:
        n = len(uris_of(playlist(server, "/live/MY%20CAM.m3u8")))
    with server.publisher("MYCAM") as publisher:
        publisher.send_tags(takewhile(lambda t: t.ts < SECONDS * 1000, media.loop("h264_aac.flv")))
        publisher.barrier()
        read = playlist(server, "/live/MYCAM.m3u8", n + 4)
        assert [s.number for s in read.segments] == list(range(len(read.segments)))
        are_served(server, "/live/MYCAM.m3u8", uris_of(read))


@pytest.mark.parametrize("app,stream", [("live", ".htaccess"), ("live", "n" * 250), (".git", "s"), ("live/.ssh", "s")])
def test_a_name_that_cannot_be_a_file_gets_no_hls_and_is_told(make_server, app, stream):
    with on_air(make_server, app=app, stream=stream) as server:
        server.wait_log(r"WARN.*HLS of %s/%s" % (re.escape(app), re.escape(stream[:20])))
        assert Http().get(server.http_url("/%s/%s.m3u8" % (app, stream))).status == 404
        assert not os.path.exists(server.html) or all(not names for _, _, names in os.walk(server.html))
        with server.player(stream, app) as player, server.publisher("other") as other:    # the server goes on
            other.barrier()
            assert player
