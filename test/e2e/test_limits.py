"""`limits` of a vhost: each bound is kept, its refusal is said as the protocol can say it, and a place that is left is free again."""
import contextlib
import socket
import threading
import time

import pytest

import rtmp
from api import Api
from flv import Numbered
from http_live import HttpPlayer, status_of
from srs import publish
from wait import patience, until

OTHER = "127.0.0.7"                                                  # another address of this machine


def conf(limits):
    return ("vhost __defaultVhost__ { http_remux { enabled on; } hls { enabled on; hls_fragment 1; hls_storage memory; } "
            "limits { enabled on; %s } }" % limits)


@pytest.fixture
def limited(make_server):
    return lambda limits: make_server(conf(limits), api="", http="")


def refused(call):
    """What an RTMP client is told; `call` is refused."""
    with pytest.raises(rtmp.Refused) as e:
        with call() as client:
            client.wait_media()
    return e.value.code, e.value.description


def http_status(server, stream="s", **how):
    return status_of(server, "/live/%s.flv" % stream, **how)


@pytest.mark.parametrize("limit, elsewhere", [
    ("players 2", False), ("players_per_stream 2", False), ("players_per_ip 2", True), ("connections_per_ip 2", True)],
    ids=lambda v: str(v))
def test_players_have_a_bound(limited, limit, elsewhere):
    server = limited(limit + ";")
    with publish(server, source=OTHER), server.player("s") as first, HttpPlayer(server.http_port, "/live/s.flv") as second:
        first.wait_media()
        second.wait_media(1)
        code, why = refused(lambda: server.player("s"))
        assert code == "NetStream.Play.Failed" and "limits { %s; }" % limit in why
        assert http_status(server) == 403
        if elsewhere:
            with server.player("s", source="127.0.0.8") as third:
                third.wait_media()
        first.close()
        until(lambda: http_status(server) == 200, "the place of the first one")
    server.wait_log(r"code=1901\(LimitExceeded\).*limits \{ %s; \}" % limit)


def test_a_bound_of_one_stream_is_not_that_of_another(limited):
    server = limited("players_per_stream 1;")
    with publish(server, "a"), publish(server, "b"), server.player("a") as a, server.player("b") as b:
        a.wait_media()
        b.wait_media()
        refused(lambda: server.player("a"))


def test_viewers_of_hls_count_as_players(limited):
    server = limited("players 1;")
    with server.publisher("s") as publisher, rtmp_feed(publisher):
        until(lambda: status_of(server, "/live/s.m3u8") == 200, "a viewer of HLS")
        assert http_status(server) == 403
        until(lambda: status_of(server, "/live/s.m3u8") == 403, "a second viewer that is refused")
        refused(lambda: server.player("s"))
        viewer, = [c["id"] for c in Api(server).clients() if c["type"] == "hls-play"]
        Api(server).kick(viewer)
        until(lambda: http_status(server) == 200, "the place of the viewer")


class rtmp_feed:
    """Frames in real time, as long as the block runs."""

    def __init__(self, publisher):
        self.feeder = rtmp.Feeder(publisher, Numbered().tags())

    def __enter__(self):
        return self.feeder

    def __exit__(self, *exc):
        self.feeder.stop()


@pytest.mark.parametrize("limit", ["publishers 1", "publishers_per_ip 1"])
def test_publishers_have_a_bound(limited, limit):
    server = limited(limit + ";")
    first = publish(server, "a")
    code, why = refused(lambda: server.publisher("b"))
    assert code == "NetStream.Publish.Denied" and "limits { %s; }" % limit in why
    if limit == "publishers_per_ip 1":
        publish(server, "c", source=OTHER).close()
    first.unpublish("a")                                             # on the same connection, the place is free
    first.publish("b")
    first.close()


def test_an_address_that_comes_too_often_is_refused(limited):
    server = limited("new_connections_per_ip 3;")
    with publish(server, source=OTHER):
        until(lambda: http_status(server) == 403, "a burst that is refused")
        until(lambda: http_status(server) == 200, "another second")
    server.wait_log(r"comes too often, limits \{ new_connections_per_ip 3; \}")


def test_a_publisher_that_sends_too_much_is_ended_and_told(limited):
    server = limited("publisher_kbps 500; publisher_kbps_over 2;")
    modest, greedy = publish(server, "modest"), publish(server, "greedy")
    over = threading.Event()

    def send():
        try:
            while not over.is_set():
                greedy.send_tags(Numbered().tags(count=50))
                time.sleep(0.02)
        except OSError:
            pass
    t = threading.Thread(target=send, daemon=True)
    with rtmp_feed(modest):
        t.start()
        server.wait_log(r"publisher ip=127\.0\.0\.1 sends (\d+) kbps, more than limits \{ publisher_kbps; \} allows",
                        timeout=30)
        over.set()
        t.join(patience())
        with contextlib.suppress(OSError):                           # the server does not read what is on its way
            greedy.wait_closed()
        status = greedy.last_status()
        assert status["code"] == "NetStream.Publish.Denied" and "publisher_kbps" in status["description"]
        until(lambda: [c["name"] for c in Api(server).clients()] == ["modest"], "the end of the greedy one")
    modest.close()
    greedy.close()


def test_a_reload_changes_the_limits(limited):
    server = limited("players 1;")
    with publish(server), server.player("s") as first:
        first.wait_media()
        refused(lambda: server.player("s"))
        server.reload(conf("players 2;"))
        with server.player("s") as second:
            second.wait_media()
            refused(lambda: server.player("s"))
            server.reload(conf("players 2;").replace("enabled on; players", "enabled off; players"))
            with server.player("s") as third:
                third.wait_media()


def test_a_flood_that_is_refused_harms_nobody(limited, witness):
    server = limited("new_connections_per_ip 5;")
    w = witness(server)
    answers = [http_status(server, "nobody", source=OTHER) for _ in range(500)]
    w.undisturbed()
    assert 403 in answers


# -- connections that say nothing --------------------------------------------------------------------------------------

@contextlib.contextmanager
def silent(ports, source=OTHER, say=b"", n=1):
    """Connections that say no more than this; which of them the server has closed is told by closed()."""
    opened = []
    for port in ports:
        for _ in range(n):
            s = socket.socket()
            s.bind((source, 0))
            s.connect(("127.0.0.1", port))
            s.sendall(say)
            opened.append(s)
    yield opened
    for s in opened:
        s.close()


def is_closed(s):
    s.settimeout(patience(10))
    try:
        return s.recv(1) == b""
    except ConnectionResetError:
        return True


def is_open(s):
    s.settimeout(0.2)
    try:
        s.recv(1)
    except (socket.timeout, TimeoutError):
        return True
    except ConnectionResetError:
        return False
    return False


@pytest.fixture
def quiet(make_server):
    return make_server(conf(""), root={"newcomers_per_ip": 6, "trusted_proxies": "none"}, api="", http="")


def test_connections_that_say_nothing_have_a_bound_over_all_ports(quiet):
    ports = [quiet.port, quiet.http_port, quiet.api_port]
    with silent(ports, n=2) as first, silent(ports) as more, silent(ports, source="127.0.0.8") as others:
        until(lambda: sum(map(is_open, first + more)) == 6, "six that are open")      # the ports accept side by side
        assert all(map(is_open, others))
        quiet.wait_log(r"refused 127\.0\.0\.7:\d+: code=1901\(LimitExceeded\), newcomers_per_ip=6")
        with publish(quiet), quiet.player("s") as player:              # this address is another one
            player.wait_media()
        for s in first + more:
            s.close()
        until(lambda: status_of(quiet, "/live/s.m3u8", source=OTHER) in (404, 200), "a place of those that have gone")


@pytest.mark.parametrize("say", [b"\x03" + bytes(100), b"GET / HTTP/1.1\r\nHost: x\r\n"], ids=["handshake", "head"])
def test_a_beginning_without_an_end_is_nothing(quiet, say):
    port = quiet.port if say[0] == 3 else quiet.http_port
    with silent([port], say=say, n=6) as first, silent([port]) as more:
        assert is_closed(more[0]) and all(map(is_open, first))


def test_clients_that_have_said_what_they_want_do_not_count(quiet):
    with contextlib.ExitStack() as stack:
        stack.enter_context(publish(quiet, source=OTHER))
        for _ in range(5):
            stack.enter_context(quiet.player("s", source=OTHER)).wait_media()
            stack.enter_context(HttpPlayer(quiet.http_port, "/live/s.flv", source=OTHER)).wait_media(1)
            waiting = stack.enter_context(HttpPlayer(quiet.api_port, "/api/v1/versions", source=OTHER))
            waiting.wait_body(10)                                    # its connection stays
        assert http_status(quiet, source=OTHER) == 200


def test_a_reload_sets_the_bound_of_newcomers(quiet):
    quiet.reload(conf(""), root={"newcomers_per_ip": 0})
    with silent([quiet.port], n=20) as many:
        assert all(map(is_open, many[-3:]))
        quiet.reload(conf(""), root={"newcomers_per_ip": 3})
        with silent([quiet.port], n=4) as counted:                   # those that came without a bound are not counted
            assert is_closed(counted[3]) and all(map(is_open, counted[:3]))


def test_a_trusted_proxy_brings_any_number_of_newcomers(make_server):
    server = make_server(conf(""), root={"newcomers_per_ip": 3, "trusted_proxies": OTHER}, api="", http="")
    with silent([server.http_port], n=10) as many:
        assert all(map(is_open, many[-3:]))
