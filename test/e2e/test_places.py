"""Connections when the server is full: the places of the API, and the time that players may wait for a stream."""
import http.client
import socket
import ssl
import time

import pytest

from api import Api
from rtmp import Closed, Refused
from wait import patience, until

OF_ONE_ADDRESS = 8                                                    # of 16


class TlsApi(Api):
    """The API on the port of HTTPS."""

    def ask(self, method, path, body=None, headers=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        c = http.client.HTTPSConnection("127.0.0.1", self.server.apis_port, timeout=patience(), context=context)
        try:
            return self._exchange(c, method, path, body, headers)
        finally:
            c.close()


def fill(server, n):
    players = [server.player("nobody") for _ in range(n)]
    with pytest.raises((Closed, OSError)):
        server.player("nobody")
    return players


def ask(port, path, source=None):
    """The reply's first line, or b"" when the connection was closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience(), source_address=source) as s:
        try:
            s.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path.encode())
            data = b""
            while True:
                more = s.recv(65536)
                if not more:
                    return data
                data += more
        except ConnectionError:
            return b""


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_the_api_answers_and_kicks_when_players_have_taken_all_places(make_server, tls):
    server = make_server(root={"max_connections": 5}, api="", tls=tls)
    players = fill(server, 5)
    api = TlsApi(server) if tls else Api(server)
    assert len(api.get("/api/v1/clients/")["clients"]) == 5
    victim = api.get("/api/v1/clients/")["clients"][0]["id"]
    assert api.ask("DELETE", "/api/v1/clients/" + victim).status == 200
    server.wait_log(r"server disconnect. ret=1070")
    with server.player("nobody"):                                    # a place is free again
        pass
    for p in players:
        p.close()


def test_on_a_shared_port_only_the_api_has_places_of_its_own(make_server):
    server = make_server("vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } }",
                         root={"max_connections": 3}, http="", start=False)
    text = open(server.conf_path).read()
    server.write_conf("", text=text + "http_api { enabled on; listen %d; }\n" % server.http_port)
    server.start()
    players = fill(server, 3)
    assert ask(server.http_port, "/api/v1/versions").startswith(b"HTTP/1.1 200")
    assert ask(server.http_port, "/live/s.flv").startswith(b"HTTP/1.1 503")
    assert ask(server.http_port, "/index.html").startswith(b"HTTP/1.1 503")
    for p in players:
        p.close()
    until(lambda: ask(server.http_port, "/index.html").startswith(b"HTTP/1.1 404"), "places for everybody")


def test_one_address_cannot_take_all_places_of_the_api_nor_keep_them(make_server):
    server = make_server(root={"max_connections": 3}, api="")
    players = fill(server, 3)
    idle = [socket.create_connection(("127.0.0.1", server.api_port), timeout=patience(),
                                     source_address=("127.0.0.2", 0)) for _ in range(30)]
    until(lambda: "max_connections=3" in server.log, "refusals")
    assert ask(server.api_port, "/api/v1/versions").startswith(b"HTTP/1.1 200")
    kept = [s for s in idle if open_still(s)]
    assert len(kept) <= OF_ONE_ADDRESS
    until(lambda: not any(open_still(s) for s in idle), "idle ones lose their places", 15)
    for s in idle:
        s.close()
    for p in players:
        p.close()


def test_connections_that_say_nothing_keep_nobody_of_their_address_from_the_api(make_server):
    server = make_server(root={"max_connections": 3}, api="")
    idle = [socket.create_connection(("127.0.0.1", server.api_port), timeout=patience()) for _ in range(30)]
    until(lambda: "max_connections=3" in server.log, "refusals")
    until(lambda: ask(server.api_port, "/api/v1/versions").startswith(b"HTTP/1.1 200"), "an answer")
    assert sum(map(open_still, idle)) > 3                            # their time is not over yet
    for s in idle:
        s.close()


def open_still(s):
    s.setblocking(False)
    try:
        return s.recv(100) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def test_the_api_answers_when_the_memory_is_spent(make_server):
    server = make_server(api="", root={"memory_limit": "32m"})
    holders = []
    for i in range(5):
        try:
            c = server.publisher("s%d" % i, chunk_size=1 << 20)
        except (Closed, Refused, OSError):
            break
        try:
            c.raw(b"\x06\0\0\0" + (12 << 20).to_bytes(3, "big") + b"\x09\1\0\0\0" + bytes(1 << 20))
            for _ in range(10):
                c.raw(b"\xc6" + bytes(1 << 20))
        except OSError:
            pass
        holders.append(c)
    server.wait_log(r"memory_limit")
    assert Api(server).get("/api/v1/memory")["data"]["limit"] == 32 << 20
    for c in holders:
        c.close()


def test_a_player_that_nobody_publishes_for_is_told_after_its_wait(make_server):
    server = make_server("vhost __defaultVhost__ { play { wait 1; } }")
    with server.player("nobody") as p:
        status = p.wait_closed()
        assert status["code"] == "NetStream.Play.StreamNotFound" and "play.wait is 1s" in status["description"]
    server.wait_log(r"\[WARN\].*nobody publishes \S*nobody, and play.wait is 1s")


def test_the_wait_begins_again_when_a_publisher_leaves_and_ends_when_one_comes(make_server):
    server = make_server("vhost __defaultVhost__ { play { wait 2; } }")
    with server.player("s") as p:
        time.sleep(1)
        with server.publisher("s") as publisher:
            publisher.barrier()
            time.sleep(2.5)
            p.barrier()                                              # it is still connected long after the wait for streams
        began = time.monotonic()
        assert p.wait_closed()["code"] == "NetStream.Play.StreamNotFound"
        assert time.monotonic() - began > 1.5


def test_a_wait_of_zero_lets_nobody_wait(make_server):
    server = make_server("vhost __defaultVhost__ { play { wait 0; } }")
    with server.publisher("s") as publisher, server.player("s") as p:
        publisher.barrier()
        p.barrier()
    with server.player("t") as p:
        assert p.wait_closed()["code"] == "NetStream.Play.StreamNotFound"


def test_by_default_a_player_waits_for_an_hour(make_server):
    with make_server().player("nobody") as p:
        time.sleep(2)
        p.barrier()
