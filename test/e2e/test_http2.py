"""HTTP/2 on the HTTPS ports: curl, nghttp, h2load and Chromium as clients, and frames made by hand."""
import json
import os
import re
import select
import signal
import socket
import ssl
import struct

import pytest

import media
import programs
from api import Api
from http_live import HttpPlayer
from srs import SANITIZED
from wait import patience, until

LIVE = "vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } }"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
CANCEL, ENHANCE_YOUR_CALM = 8, 11


@pytest.fixture
def secure(make_server):
    def make(conf=LIVE, **how):
        how = dict(dict(api="", http="", tls=True), **how)
        server = make_server(conf, **how)
        os.makedirs(server.html, exist_ok=True)
        return server
    return make


def put(server, name, data):
    with open(os.path.join(server.html, name), "wb") as f:
        f.write(data)


def curl(url, *more, ok=(0,)):
    programs.check("curl")
    return media.run(["curl", "-sk", "--http2", "--max-time", "%d" % patience(30), *more, url], ok=ok).stdout


def head_of(url, *more):
    """The version, the status and the fields of a reply, by curl."""
    lines = curl(url, "-D", "-", "-o", os.devnull, *more).decode().split("\r\n")
    version, status = lines[0].split()[:2]
    fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    return version, int(status), {name.lower(): value for name, value in fields.items()}


# -- files and the API -------------------------------------------------------------------------------------------------

def test_curl_gets_files_of_every_size(secure):
    server = secure()
    for n in 0, 1, 16384, 65536, 131072 + 1, 5000000:
        data = os.urandom(n)
        put(server, "f.bin", data)
        assert curl(server.http_url("/f.bin", tls=True)) == data
    assert head_of(server.http_url("/f.bin", tls=True))[:2] == ("HTTP/2", 200)


def test_a_client_chooses_its_version(secure):
    server = secure()
    put(server, "f.txt", b"text")
    url = server.http_url("/f.txt", tls=True)
    assert head_of(url, "--http1.1")[0] == "HTTP/1.1"
    assert head_of(url, "--no-alpn")[0] == "HTTP/1.1"
    assert head_of(url)[0] == "HTTP/2"
    assert head_of(server.http_url("/f.txt"))[0] == "HTTP/1.1"


@pytest.mark.sample(2)
@pytest.mark.parametrize("more", [
    [], ["-I"], ["-r", "2-5"], ["-r", "0-1,4-5"], ["-r", "100-"], ["-H", "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"],
    ["-H", "If-None-Match: *"], ["-H", "Origin: https://a.test"], ["-X", "OPTIONS", "-H", "Origin: https://a.test"],
    ["-X", "DELETE"], ["-H", "Accept-Encoding: gzip"], ["-H", "Host: other.test"], ["-d", "body"],
], ids=lambda more: " ".join(more) or "GET")
def test_replies_are_those_of_http_1_1(secure, more):
    server = secure()
    put(server, "f.txt", b"0123456789" * 100)
    for path in "/f.txt", "/nothing", "/..%2fx", "/?a=b":
        url = server.http_url(path, tls=True)
        first, second = head_of(url, "--http1.1", *more), head_of(url, *more)
        assert (first[0], second[0]) == ("HTTP/1.1", "HTTP/2")
        assert first[1] == second[1]
        for fields in first[2], second[2]:
            for name in "connection", "date", "transfer-encoding":
                fields.pop(name, None)
        assert first[2] == second[2]
        if "-I" not in more:
            assert curl(url, "--http1.1", *more) == curl(url, *more)


def test_the_api_reads_and_kicks(secure):
    server = secure(api="raw_api { enabled on; } auth { enabled on; username u; password p; }")
    publisher = server.publisher("s")
    url = server.api_url("/api/v1/clients/", tls=True)
    assert head_of(url)[1] == 401
    clients = json.loads(curl(url, "-u", "u:p"))["clients"]
    assert len(clients) == 1
    assert json.loads(curl(url + clients[0]["id"], "-u", "u:p", "-X", "DELETE"))["code"] == 0
    publisher.wait_closed()


# -- live streams ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("ext", ["flv", "ts", "mp4"])
def test_a_live_stream_has_the_same_bytes(secure, ext):
    server = secure(LIVE.replace(".flv", "." + ext))
    path = "/live/s." + ext
    with media.Program(["curl", "-skN", "--http2", server.http_url(path, tls=True)]) as secret, \
            HttpPlayer(server.http_port, path) as plain:
        plain.wait_head()
        until(lambda: len(Api(server).clients()) == 2, "two players")
        with server.publisher("s") as source:
            source.send_tags(media.tags("h264_aac.flv"))
            source.unpublish()
        wanted = plain.wait_end()
        played, _ = secret.process.communicate(timeout=patience(30))
        assert secret.process.returncode == 0
    assert played == bytes(wanted)


def test_two_players_of_one_connection_are_two_clients(secure):
    server = secure()
    api = Api(server)

    def players():
        return {c["name"]: c for c in api.clients() if not c["publish"]}
    with server.publisher("a") as first, server.publisher("b") as second, Frames(server.https_port) as peer:
        for p in first, second:
            p.send_tags(media.tags("h264_aac.flv"))
        peer.ask(1, "/live/a.flv")
        peer.ask(3, "/live/b.flv")
        seen = set()
        while seen != {1, 3}:
            kind, _, stream, _ = peer.next()
            seen |= {stream} if kind == DATA else set()
        found = players()
        assert set(found) == {"a.flv", "b.flv"}
        assert found["a.flv"]["id"] != found["b.flv"]["id"]
        api.kick(found["a.flv"]["id"])
        _, _, stream, payload = peer.until(RST_STREAM)
        assert (stream, payload) == (1, struct.pack(">I", CANCEL))
        until(lambda: set(players()) == {"b.flv"}, lambda: "one player: %r" % api.clients())
        second.unpublish()
        peer.until_end_of(3)
        until(lambda: not players(), "no player")
    server.wait_log("HTTP client finished.*, 2 requests, .*status=200")


# -- many --------------------------------------------------------------------------------------------------------------

def test_a_crowd_of_players_gets_the_same_bytes(secure):
    """Releases are written to all of them by one system call, also to several streams of one connection."""
    server = secure()
    api = Api(server)
    peers = [Frames(server.https_port) for _ in range(6)]
    streams = range(1, 7, 2)
    try:
        for peer in peers:
            for stream in streams:
                peer.ask(stream, "/live/s.flv")
        with HttpPlayer(server.http_port, "/live/s.flv") as plain:
            plain.wait_head()
            until(lambda: len(api.clients()) == len(peers) * len(streams) + 1, "all players")
            with server.publisher("s") as source:
                source.send_tags(media.tags("h264_aac.flv"))
                source.unpublish()
            wanted = bytes(plain.wait_end())
        for peer in peers:
            bodies, ended = {stream: bytearray() for stream in streams}, set()
            while len(ended) < len(streams):
                kind, flags, stream, payload = peer.next()
                if kind == DATA:
                    bodies[stream] += payload
                    ended |= {stream} if flags & 1 else set()
            assert all(bytes(body) == wanted for body in bodies.values())
    finally:
        for peer in peers:
            peer.sock.close()


def test_h2load_sees_no_error(secure):
    programs.check("h2load")
    server = secure()
    put(server, "small", b"x" * 1000)
    put(server, "large", b"y" * 300000)
    n = 1000 if SANITIZED else 10000
    urls = [server.http_url(path, tls=True) for path in ("/small", "/large", "/nothing")]
    out = media.run(["h2load", "-n%d" % n, "-c20", "-m50", *urls], timeout=60).stdout.decode()
    assert " %d done," % n in out and " 0 errored, 0 timeout" in out
    assert abs(int(re.search(r"status codes: (\d+) 2xx", out).group(1)) - n * 2 // 3) <= 20


# -- ends --------------------------------------------------------------------------------------------------------------

class Frames:
    """A client that makes and reads frames by hand."""

    def __init__(self, port, first=True):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        self.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=patience()))
        assert self.sock.selected_alpn_protocol() == "h2"
        self.rest = b""
        if first:
            windows = self.frame(SETTINGS, payload=struct.pack(">HI", 4, 1 << 30)) + \
                self.frame(WINDOW_UPDATE, payload=struct.pack(">I", 1 << 30))
            self.sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + windows)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.sock.close()

    @staticmethod
    def frame(kind, flags=0, stream=0, payload=b""):
        return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload

    def ask(self, stream, path):
        """A GET whose head is not compressed."""
        head = b"\x82\x87\x04" + bytes([len(path)]) + path.encode() + b"\x01\x01h"
        self.sock.sendall(self.frame(HEADERS, 0x5, stream, head))

    def read(self, n):
        while len(self.rest) < n:
            data = self.sock.recv(65536)
            if not data:
                return None
            self.rest += data
        data, self.rest = self.rest[:n], self.rest[n:]
        return data

    def next(self):
        """The next frame, (kind, flags, stream, payload); None at the end."""
        head = self.read(9)
        if not head:
            return None
        size, (kind, flags, stream) = int.from_bytes(head[:3], "big"), struct.unpack(">BBI", head[3:])
        return kind, flags, stream, self.read(size)

    def until(self, kind):
        frame = self.next()
        while frame and frame[0] != kind:
            frame = self.next()
        assert frame, "no frame of kind %d before the end" % kind
        return frame


    def until_end_of(self, stream):
        """Read to the end of a reply; an end by RST_STREAM is none."""
        frame = self.next()
        while frame and not (frame[2] == stream and frame[0] in (DATA, HEADERS) and frame[1] & 1):
            frame = self.next()
        assert frame, "the reply has no end"


@pytest.mark.parametrize("kind", [PING, RST_STREAM])
def test_a_flood_ends_the_connection_and_is_told_once(secure, kind):
    server = secure()
    put(server, "f", b"x")
    end = None
    with Frames(server.https_port) as peer:
        try:
            for stream in range(1, 200001, 2):
                if kind == PING:
                    peer.sock.sendall(peer.frame(PING, payload=b"12345678") * 20)
                else:
                    peer.ask(stream, "/f")
                    peer.sock.sendall(peer.frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL)))
                while peer.rest or peer.sock.pending() or select.select([peer.sock], [], [], 0)[0]:
                    end = peer.next()
                    if not end or end[0] == GOAWAY:
                        break
                if end and end[0] == GOAWAY:
                    break
            while end and end[0] != GOAWAY:
                end = peer.next()
        except OSError:
            end = None  # The server has closed the connection.
    if end:                                  # A reset may overtake it. The library has a bound of its own, and no reason then.
        assert struct.unpack(">II", end[3][:8])[1] in (0, ENHANCE_YOUR_CALM)
    server.wait_log("a flood of HTTP/2 ")
    assert curl(server.http_url("/f", tls=True)) == b"x"
    assert len(re.findall("a flood of HTTP/2", server.log)) == 1


def test_a_server_that_stops_says_goodbye(secure):
    server = secure()
    with Frames(server.https_port) as peer:
        peer.ask(1, "/live/s.flv")
        peer.until(HEADERS)
        server.send_signal(signal.SIGTERM)
        frame = peer.until(GOAWAY)
        assert struct.unpack(">II", frame[3][:8]) == (1, 0)
    assert server.wait_exit() == 0


def test_a_server_that_stops_gracefully_lets_players_end(secure):
    server = secure(root={"grace_start_wait": 0, "grace_final_wait": 0})
    source = server.publisher("s")
    source.send_tags(media.tags("h264_aac.flv"))
    with Frames(server.https_port) as peer:
        peer.ask(1, "/live/s.flv")
        peer.until(DATA)
        server.send_signal(signal.SIGQUIT)
        server.wait_log("wait for [0-9]+ conns to quit")
        peer.ask(3, "/nothing")
        peer.until(GOAWAY)
        source.unpublish()
        source.close()
        peer.until_end_of(1)
    assert server.wait_exit() == 0


def test_prior_knowledge_on_a_plain_port_is_refused(secure):
    server = secure()
    put(server, "f", b"x")
    curl(server.http_url("/f"), "--http2-prior-knowledge", ok=range(1, 100))
    assert curl(server.http_url("/f")) == b"x"


def test_a_reload_keeps_the_connection(secure):
    server = secure()
    put(server, "f", b"x")
    with Frames(server.https_port) as peer:
        peer.ask(1, "/f")
        peer.until(HEADERS)
        server.reload(LIVE.replace("enabled on", "enabled off"))
        peer.ask(3, "/live/s.flv")
        assert peer.until(HEADERS)[2] == 3
