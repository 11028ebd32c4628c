"""WebRTC over TCP: what clients are told, streams both ways, a change between UDP and TCP, and connections that only do harm."""
import contextlib
import socket
import ssl
import struct
import urllib.request

import pytest

import flv
import rtc_wire
import rtmp
import srs
from test_rtc import a_client, metric
from wait import patience, until

_ANY_CERTIFICATE = ssl._create_unverified_context()

BOTH_WAYS = "http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } rtc { enabled on; rtmp_to_rtc on; rtc_to_rtmp on; %s }"


def conf(udp, tcp, protocol, rtc=""):
    return ("rtc_server { enabled on; listen %d; candidate 127.0.0.1; protocol %s; tcp { enabled on; listen %d; } }\n"
            "vhost __defaultVhost__ { %s }\nexporter { enabled on; listen %d; }\n" % (
                udp, protocol, tcp, BOTH_WAYS % rtc, srs.free_port()))


@pytest.fixture
def serve(make_server):
    """A server with ICE over TCP: its ports are udp_port and tcp_port."""
    def make(protocol="all", rtc="", **root):
        udp, tcp = srs.free_port(), srs.free_port()
        server = make_server(conf(udp, tcp, protocol, rtc), api="", http="", root=root)
        server.udp_port, server.tcp_port = udp, tcp
        return server
    return make


@pytest.fixture
def player():
    with contextlib.ExitStack() as all_of_them:
        def make(server, stream="live/s"):
            return all_of_them.enter_context(contextlib.closing(rtc_wire.Player(server, stream)))
        yield make


# ---- what clients are told ----

@pytest.mark.parametrize("protocol", ["udp", "tcp", "all"])
def test_the_answer_has_candidates_of_the_protocol(serve, player, protocol):
    server = serve(protocol)
    p = player(server)
    assert p.candidates("udp") == ([("127.0.0.1", server.udp_port)] if protocol != "tcp" else [])
    assert p.candidates("tcp") == ([("127.0.0.1", server.tcp_port)] if protocol != "udp" else [])
    assert p.sdp.count("typ host tcptype passive") == (protocol != "udp")


def test_a_reload_opens_and_closes_the_port(serve, player):
    server = serve("all")
    with_tcp = conf(server.udp_port, server.tcp_port, "all")
    server.reload(with_tcp.replace("tcp { enabled on", "tcp { enabled off"))
    until(lambda: server.tcp_port not in srs.listening(server.process.pid), "the port to be closed", 20)
    assert player(server).candidates("tcp") == []
    server.reload(with_tcp)
    until(lambda: server.tcp_port in srs.listening(server.process.pid), "the port to be open", 20)
    assert player(server).candidates("tcp")


# ---- media ----

def test_a_player_moves_between_udp_and_tcp(serve, player, live):
    server = serve("all")
    live(server, "s")
    p = player(server)
    for transport in ("tcp", "udp", "tcp"):
        way = p.connect(transport)
        way.check()
        way.packets(40)
        told = a_client(server, "rtc-play", lambda c, t=transport: c["rtc"]["transport"] == t)
        assert told["rtc"]["remote"].endswith(":%d" % way.sock.getsockname()[1])
    assert metric(server, "srs_rtc_tcp_connections") == 2
    way.close()                                                   # the other connection, and UDP, are still there
    p.ways[1].packets(40)


def test_a_client_that_connects_again_goes_on(serve, player, live):
    server = serve("tcp")
    live(server, "s")
    p = player(server)
    first = p.connect("tcp")
    first.packets(20)
    source = first.sock.getsockname()[1]
    first.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))   # no TIME_WAIT: the same port again
    first.close()
    until(lambda: metric(server, "srs_rtc_tcp_connections") == 0, "the connection to be gone", 20)
    p.connect("tcp", source=source).packets(20)
    p.connect("tcp").packets(20)


def test_a_client_that_does_not_read_holds_up_nobody(serve, player, live, witness):
    server = serve("all", rtc="stun_timeout 60;")
    live(server, "s")
    feeder = rtmp.Feeder(server.publisher("big"), flv.Numbered(size=12000).tags())
    beside = witness(server)
    good = player(server).connect("tcp")
    good.packets(10)
    stuck = player(server, "live/big").connect("tcp")
    stuck.packets(10)
    dropped = metric(server, "srs_rtc_dropped_total")
    until(lambda: good.packets(10) or metric(server, "srs_rtc_dropped_total") > dropped, "the queue of the other one to be full", 60)
    good.packets(40)
    beside.undisturbed()
    stuck.packets(800)                                            # it reads again: what waited, then what is new
    feeder.finish()


# ---- the port of HTTP ----

@pytest.mark.parametrize("name", ["http_port", "https_port", "api_port"])
def test_media_and_http_share_a_port(make_server, player, live, name):
    """A peer that says nothing there is in nobody's way."""
    server = make_server("vhost __defaultVhost__ { }", api="", http="", tls=True)
    port = getattr(server, name)
    server.reload(conf(srs.free_port(), port, "tcp"))
    live(server, "s")
    url = server.api_url("/api/v1/versions") if name == "api_port" else server.http_url("/live/s.flv", tls=name == "https_port")
    with socket.create_connection(("127.0.0.1", port)) as silent:
        p = player(server)
        assert p.candidates("tcp") == [("127.0.0.1", port)]
        way = p.connect("tcp")
        way.packets(40)
        with urllib.request.urlopen(url, context=_ANY_CERTIFICATE if name == "https_port" else None, timeout=patience(20)) as reply:
            assert reply.status == 200
        way.packets(10)
        silent.sendall(b"\0\x04text")
        silent.settimeout(patience(20))
        assert is_closed(silent)
    assert metric(server, "srs_rtc_tcp_connections") == 1
    server.reload(conf(srs.free_port(), srs.free_port(), "tcp"))         # a port of its own: that of HTTP is HTTP's alone
    strangers = metric(server, "srs_rtc_tcp_strangers_total")
    with socket.create_connection(("127.0.0.1", port)) as stranger, contextlib.suppress(ConnectionResetError):
        stranger.settimeout(patience(20))
        stranger.sendall(b"\0\x04text")
        stranger.shutdown(socket.SHUT_WR)
        while stranger.recv(100):
            pass
    assert metric(server, "srs_rtc_tcp_strangers_total") == strangers
    way.packets(10)


# ---- connections that belong to no session ----

def waiting(server):
    return metric(server, "srs_rtc_tcp_connections_waiting")


def dial(server):
    s = socket.create_connection(("127.0.0.1", server.tcp_port))
    s.settimeout(patience(20))
    return s


def is_closed(s):
    try:
        return s.recv(1) == b""
    except ConnectionResetError:
        return True


def test_what_is_no_check_ends_the_connection(serve, player):
    server = serve("all")
    p = player(server)
    stranger = struct.pack(">HHI12s", 1, 8, 0x2112A442, b"transaction1") + struct.pack(">HH4s", 6, 4, b"x:yz")
    bad = [b"GET / HTTP/1.1\r\n\r\n", b"\xff\xff" + bytes(100), b"\0\0", b"\0\1\0", struct.pack(">H", 28) + stranger,
           struct.pack(">H", 60) + b"\x16\xfe\xff" + bytes(57), struct.pack(">H", 30) + b"\x80\x60" + bytes(28), b"\x08\x01"]
    for text in bad:
        with dial(server) as s:
            s.sendall(text)
            assert is_closed(s), text
    wrong = p.connect("tcp")
    wrong.request(pwd="another-password-of-22-or-more")
    wrong.wait_closed()
    until(lambda: metric(server, "srs_rtc_tcp_strangers_total") == len(bad) + 1, "strangers to be counted", 20)
    assert metric(server, "srs_rtc_tcp_connections") == 0


def test_a_connection_that_says_nothing_is_closed(serve):
    server = serve("all")
    with dial(server) as silent, dial(server) as slow:
        slow.sendall(b"\0\x40")
        assert waiting(server) == 2
        assert is_closed(silent) and is_closed(slow)
    assert waiting(server) == 0
    server.wait_log("belongs to no session, no check for a session came")


def test_a_check_may_come_in_bits_and_with_others(serve, player, live):
    server = serve("all")
    live(server, "s")
    way = player(server).connect("tcp")
    whole = []
    way.sock, real = type("Collector", (), {"sendall": lambda self, data: whole.append(data)})(), way.sock
    ids = [way.request() for _ in range(3)]
    way.sock = real
    data = b"".join(whole)
    for i in range(0, 60):
        real.sendall(data[i:i + 1])
    real.sendall(data[60:])
    answered = set()
    until(lambda: answered.update(way.read()) or answered >= set(ids), "the answers", 20)
    way.packets(20)


def test_a_flood_of_connections_leaves_room_for_a_client(serve, player, live, witness):
    server = serve("all", max_connections=400, newcomers_per_ip=0)
    live(server, "s")
    beside = witness(server)
    audience = player(server).connect("tcp")
    audience.packets(10)
    with contextlib.ExitStack() as open_ones:
        for _ in range(6):
            for _ in range(60):
                open_ones.enter_context(dial(server))
            assert waiting(server) <= 400 // 4 // 4                    # of one address
            newcomer = player(server).connect("tcp")
            newcomer.packets(10)
            audience.packets(10)
    until(lambda: waiting(server) == 0, "the flood to be gone", 20)
    beside.undisturbed()


def test_a_full_server_takes_the_connection_of_a_session(serve, player, live):
    """A session has its place already."""
    server = serve("tcp", max_connections=4)
    live(server, "s")                                             # one place
    first = player(server).connect("tcp")
    first.packets(20)
    second = player(server)
    with socket.create_connection(("127.0.0.1", server.port)), socket.create_connection(("127.0.0.1", server.port)) as beyond:
        beyond.settimeout(patience(20))
        assert is_closed(beyond)
        second.connect("tcp").packets(20)
        first.packets(20)
