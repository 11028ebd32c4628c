"""Requests and names that only an attacker sends to HLS, each beside a stream that must not notice."""
import contextlib
import os
import socket
import time
from itertools import takewhile

import pytest

import flv
import rtmp
from hls_watch import Http, Watch
from srs import SANITIZED
from wait import patience, until

CONF = """vhost __defaultVhost__ {{ hls {{ enabled on; hls_fragment 1; hls_window 10; hls_path {path}; {more} }} }}"""
LIVE_S = "/live/s.m3u8"


@pytest.fixture
def serving(make_server, tmp_path):
    def start(more="hls_ctx off;", **how):
        how.setdefault("root", {"max_connections": "2000"})
        return make_server(CONF.format(path=tmp_path / "files", more=more), http="", **how)
    return start


def send(server, stream="s", app="live", seconds=4, size=100):
    """A short publish as fast as it goes; it ends at once."""
    with server.publisher(stream, app=app) as publisher:
        publisher.send_tags(takewhile(lambda t: t.ts < seconds * 1000, flv.Numbered(name=stream[:8], size=size).tags()))
        publisher.barrier()


def status(server, path):
    """Of a path that is sent as it is."""
    with socket.create_connection(("127.0.0.1", server.http_port), patience()) as s:
        s.sendall(b"GET " + path.encode("latin-1") + b" HTTP/1.0\r\n\r\n")
        head = b""
        while b"\r\n" not in head:
            more = s.recv(65536)
            if not more:
                return 0
            head += more
    return int(head.split()[1])


def wait_playlist(server, path=LIVE_S):
    return until(lambda: (lambda r: r.status == 200 and r.body)(Http().get(server.http_url(path))), path, 20).decode()


# -- names -------------------------------------------------------------------------------------------------------------------

def all_files(folder):
    return {os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names}


NAMES = ["..", "../up", "a/../../up", "%2e%2e%2fup", "..%2fup", ".hidden", "a\nb", "a\x01b", "x" * 300, "a//b", "/a", "a/", "a\\..\\b",
         "a?b", "a#b", "a%00b", "init.mp4", "s.m3u8", "s-0", "s-0.ts", "s-0-part-0", "live/s"]


def test_names_of_streams_lead_nowhere_else(serving, witness, tmp_path):
    server = serving()
    witness(server)
    for name in NAMES:
        with contextlib.suppress(rtmp.Refused, rtmp.Closed):
            send(server, name)
        with contextlib.suppress(rtmp.Refused, rtmp.Closed):
            send(server, "s", app=name)
    send(server)
    wait_playlist(server)
    assert set(os.listdir(tmp_path)) == {"files", "srs0"}
    hls_files = {f for f in all_files(tmp_path) if f.endswith((".ts", ".m3u8"))}
    assert hls_files and all(f.startswith("files" + os.sep) for f in hls_files)


PATHS = ["/live/../s.m3u8", "/live/..%2fs.m3u8", "/..%2f..%2fetc/passwd", "/live/%2e%2e/%2e%2e/etc/passwd", "/live/s.m3u8%00", "/live/s%00.m3u8",
         "/live/" + "x" * 3000 + ".m3u8", "/live//s.m3u8/", "/live/s-99999999999999999999.ts", "/live/s--1.ts", "/live/s-0.ts/x",
         "/live/s-part.ts", "/live/s-0-part-99999.ts", "/live/\xff\xfe.m3u8", "/.m3u8", "//.ts"]


def test_paths_that_lead_elsewhere_are_answered_with_an_error(serving, witness):
    server = serving()
    witness(server)
    send(server)
    wait_playlist(server)
    for path in PATHS:
        assert status(server, path) in (200, 301, 302, 400, 403, 404, 414), path
        if "etc" in path or "99999" in path or "--1" in path:
            assert status(server, path) >= 400, path
    assert status(server, LIVE_S) == 200


@pytest.mark.parametrize("first,second", [(("live", "a"), ("live", "a-0")), (("live", "a"), ("live", "a.m3u8")),
                                          (("live", "x"), ("live", "x-1.2"))],
                         ids=["a and a-0", "a and a.m3u8", "x and x-1.2"])
def test_streams_whose_names_are_near_do_not_mix(serving, first, second):
    """Each playlist has only segments of its own stream; of two with the same files one is served."""
    server = serving()
    publishers = []
    for app, stream in (first, second):
        publishers.append(server.publisher(stream, app=app))
        publishers[-1].send_tags(takewhile(lambda t: t.ts < 6000, flv.Numbered(name="%s %s" % (app, stream)).tags()))
        publishers[-1].barrier()
    served = 0
    http = Http()
    for app, stream in (first, second):
        url = server.http_url("/%s/%s.m3u8" % (app, stream))
        text = until(lambda url=url: (lambda r: r.status == 200 and r.body.decode())(http.get(url)), url)
        names = [line for line in text.splitlines() if line and not line.startswith("#")]
        assert names
        for name in names:
            body = http.get(url.rsplit("/", 1)[0] + "/" + name).body
            marks = {("%s %s video " % pair).encode() for pair in (first, second)}
            found = {m for m in marks if m in body}
            assert len(found) == 1, (url, name, found)
            served += found == {("%s %s video " % (app, stream)).encode()}
    assert served
    http.close()
    for p in publishers:
        p.close()


def test_two_spellings_of_one_path_are_one_stream(serving):
    """app live/a with stream b, and app live with stream a/b, would have the same files."""
    server = serving()
    with server.publisher("b", app="live/a"):
        with pytest.raises(rtmp.Refused):
            server.publisher("a/b", app="live")


# -- clients -----------------------------------------------------------------------------------------------------------------

def test_clients_that_read_slowly_or_not_at_all(serving, witness):
    server = serving()
    witness(server)
    feeder = rtmp.Feeder(server.publisher("s"), flv.Numbered(size=20000).tags(), 4)
    wait_playlist(server)
    before, slow = server.rss_kib(), []
    with Watch(server.http_url(LIVE_S), lingers=False) as watch:
        watch.wait_segments(2)
        for n in range(200):
            path = "/live/s-%d.ts" % max(watch.media[0].segments)
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            s.settimeout(patience())
            s.connect(("127.0.0.1", server.http_port))
            if n % 4:                                                 # one of four sends nothing
                s.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode())
            slow.append(s)
        for _ in range(20):
            for s in slow[1::4]:
                s.recv(1)
            time.sleep(0.05)
        watch.wait_segments(20)
        # What they have not read are segments that are in memory anyway, or were a moment ago.
        assert server.rss_kib() - before < (192 if SANITIZED else 48) << 10
    assert watch.media[0].missing() == []
    for s in slow:
        s.close()
    feeder.finish()


@pytest.mark.long
def test_a_client_that_takes_a_little_now_and_then_is_given_up(serving, witness):
    """It would hold a segment in memory for days. A minute and ten times the length of a segment are enough."""
    server = serving()
    witness(server)
    feeder = rtmp.Feeder(server.publisher("s"), flv.Numbered(size=200000).tags(75), 4)
    wait_playlist(server)
    feeder.finish()
    path = "/live/" + [line for line in wait_playlist(server).splitlines() if not line.startswith("#")][0]
    s, took = socket.socket(), 0
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    s.settimeout(patience())
    s.connect(("127.0.0.1", server.http_port))
    s.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode())
    began = time.monotonic()
    while "last GET %s, status=200" % path not in server.log and time.monotonic() - began < patience(150):
        took += len(s.recv(512))
        time.sleep(0.25)
    assert time.monotonic() - began > 60 and 50000 < took < 1000000, took
    server.wait_log("last GET %s, status=200, .* ret=1011" % path)
    s.close()


@pytest.mark.parametrize("sessions", [500, pytest.param(10000, marks=pytest.mark.long)])
def test_sessions_that_are_opened_and_dropped(serving, witness, sessions):
    server = serving("hls_ctx on;")
    witness(server)
    feeder = rtmp.Feeder(server.publisher("s"), flv.Numbered().tags(), 2)
    wait_playlist(server)
    with Watch(server.http_url(LIVE_S), lingers=False, bandwidth=None) as audience:
        audience.wait_segments(2)
        http, ids = Http(), set()
        for _ in range(sessions):
            ids.add(http.get(server.http_url(LIVE_S)).body.split(b"hls_ctx=")[1].split()[0])
        assert len(ids) == sessions
        audience.wait_segments(max(audience.media[0].segments) - min(audience.media[0].segments) + 4)
    assert audience.media[0].missing() == []
    feeder.finish()
