"""Peers that never stop sending: each gets its turn, and so do all others."""
import select
import threading
import time

import pytest

import amf0
from chunk import AUDIO, COMMAND, DATA, VIDEO, Message
from http_live import HttpPlayer
from wait import patience

AT_ONCE = 2000                                                       # messages in one send()


class Flood(threading.Thread):
    """A peer that sends the same bytes again and again, as fast as the socket takes them, and reads nothing."""

    def __init__(self, sock, data):
        super().__init__(daemon=True)
        self.sock = sock
        self.bytes = data
        self.began = threading.Event()
        self.over = False
        self.sock.settimeout(patience(60))
        self.start()

    def run(self):
        try:
            while not self.over:
                self.sock.sendall(self.bytes)
                self.began.set()
        except OSError:
            self.over = True

    def stop(self):
        self.over = True
        self.sock.close()
        self.join()


class Audience(threading.Thread):
    """Players that receive everything and look at none of it."""

    def __init__(self, clients):
        super().__init__(daemon=True)
        self.clients = clients
        self.over = False
        self.start()

    def run(self):
        sockets = [c.sock for c in self.clients]
        while not self.over:
            for sock in select.select(sockets, [], [], 0.05)[0]:
                sock.recv(1 << 20)

    def stop(self):
        self.over = True
        self.join()
        for c in self.clients:
            c.close()


AUDIO_FRAME = Message(AUDIO, 0, b"\xaf\x01" + b"a" * 20, 1)
COMMAND_WITHOUT_ANSWER = Message(COMMAND, 0, amf0.encode("foo", 0, None), 1)

FLOODS = [("play", "", AUDIO_FRAME), ("play", "", COMMAND_WITHOUT_ANSWER),
          ("publish", "", AUDIO_FRAME), ("publish", "publish { mr on; mr_latency 100; }", AUDIO_FRAME),
          ("publish", "publish { mr on; mr_latency 100; }", COMMAND_WITHOUT_ANSWER)]
NAMES = ["player-audio", "player-commands", "publisher", "publisher-mr", "publisher-mr-commands"]


@pytest.fixture
def flood(make_server):
    """Start a server, and a peer of that role that floods it."""
    started = []

    def start(role, conf, message):
        server = make_server("vhost __defaultVhost__ { %s }" % conf)
        client = server.player("flood") if role == "play" else server.publisher("flood", style="fmle")
        data = b"".join(bytes(client.session.writer.write(message)) for _ in range(AT_ONCE))
        started.append(Flood(client.sock, data))
        assert started[0].began.wait(patience())
        return server, started[0]

    yield start
    for f in started:
        f.stop()


@pytest.mark.parametrize("role, conf, message", FLOODS, ids=NAMES)
def test_a_peer_that_floods_delays_nobody(flood, witness, role, conf, message):
    server, f = flood(role, conf, message)
    w = witness(server)
    for _ in range(20):
        with server.client() as other:
            other.barrier()
    w.undisturbed()
    assert not f.over, "the flood was cut off, and so it was no test\n" + server.tail()


@pytest.mark.parametrize("role, conf, message", FLOODS, ids=NAMES)
def test_a_server_that_is_flooded_stops_at_once(flood, role, conf, message):
    server, f = flood(role, conf, message)
    server.stop()


META = Message(DATA, 0, amf0.encode("onMetaData", {"width": 640.0}), 1)
KEY = Message(VIDEO, 0, b"\x17\1\0\0\0\0\0\0\1\x65", 1)


@pytest.mark.parametrize("message", [AUDIO_FRAME, META, KEY], ids=["audio", "metadata", "keys"])
def test_a_publisher_of_tiny_frames_with_an_audience_delays_nobody(make_server, witness, message):
    server = make_server()
    publisher = server.publisher("flood", style="fmle")
    audience = Audience([server.player("flood") for _ in range(100)])
    w = witness(server)
    f = Flood(publisher.sock, b"".join(bytes(publisher.session.writer.write(message)) for _ in range(10 * AT_ONCE)))
    try:
        assert f.began.wait(patience())
        before = time.monotonic()
        for _ in range(20):
            with server.client() as other:
                other.barrier()
        assert time.monotonic() - before < patience(10), "20 short conversations"
        w.undisturbed()
        assert not f.over, "the flood was cut off, and so it was no test\n" + server.tail()
    finally:
        f.stop()
        audience.stop()


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_a_player_over_http_that_floods_delays_nobody(make_server, witness, tls):
    server = make_server("vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } }",
                         http="", tls=tls)
    w = witness(server)
    port = server.https_port if tls else server.http_port
    floods = [Flood(HttpPlayer(port, "/live/s.flv", tls=tls).sock, bytes(1 << 20)) for _ in range(3)]
    try:
        for f in floods:
            assert f.began.wait(patience())
        for _ in range(20):
            with server.client() as other:
                other.barrier()
        w.undisturbed()
        assert not any(f.over for f in floods), "the flood was cut off, and so it was no test\n" + server.tail()
    finally:
        for f in floods:
            f.stop()
