"""The limit of log lines that one peer can cause: one line of a kind each second, and a count of the others."""
import base64
import os
import re
import socket

import pytest

import amf0
from chunk import COMMAND, Message
from wait import patience, until

TIMES = 3000


def lines(server, pattern):
    return [line for line in server.log.splitlines() if re.search(pattern, line) and "more like" not in line]


def held(server, kind):
    """The number of lines of a kind that the log says it left out."""
    return sum(int(n) for n in re.findall(r"\((\d+) more like \"%s" % re.escape(kind), server.log))


def commands(client, name, arguments):
    for i in range(TIMES):
        client.send(Message(COMMAND, 0, amf0.encode(name, 0, None, *arguments(i)), 1))
    client.flush()
    client.barrier()


def test_pauses_are_told_once_a_second(server):
    with server.player("nobody") as c:
        commands(c, "pause", lambda i: [i % 2 == 0, 0.0])
    server.wait_log(r"more like .player pauses")
    told = lines(server, r"player (pauses|goes on)")
    assert 2 <= len(told) < TIMES / 100
    until(lambda: len(told) + held(server, "player pauses") + held(server, "player goes on") == TIMES, "all are counted")


def pipelined(port, request, times=TIMES):
    """Send this many requests at once; all are answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience()) as s:
        one, n, seen = request.encode() * 50, 0, b""
        for _ in range(times // 50):
            s.sendall(one)
            while n < 50:
                data = s.recv(1 << 16)
                assert data, "closed early"
                seen += data
                n += seen.count(b"HTTP/1.1 ")
                seen = seen[-8:]
            n -= 50


def assert_bounded(server, text, kind):
    until(lambda: len(lines(server, text)) + held(server, kind) == TIMES,
          lambda: "%d lines told or counted, are %d and %d\n%s" % (
              TIMES, len(lines(server, text)), held(server, kind), server.tail(10)))
    assert 1 <= len(lines(server, text)) < TIMES / 100


def test_wrong_passwords_are_told_once_a_second(make_server):
    server = make_server(api="auth { enabled on; username admin; password right; }")
    wrong = base64.b64encode(b"admin:wrong").decode()
    pipelined(server.api_port, "GET /api/v1/versions HTTP/1.1\r\nHost: h\r\nAuthorization: Basic %s\r\n\r\n" % wrong)
    assert_bounded(server, r"without the right user", "HTTP client ip=%s: %s without the right user")


@pytest.mark.parametrize("request_, text, kind", [
    ("DELETE /api/v1/clients/x HTTP/1.1\r\nHost: h\r\nOrigin: http://evil.example\r\n\r\n", "a page of another site, Origin=",
     "HTTP client ip=%s: %s %s is refused to a page"),
    ("GET /api/v1/clients/x?callback=f&method=DELETE HTTP/1.1\r\nHost: h\r\n\r\n", "method=DELETE is refused",
     "HTTP client ip=%s: %s with method=%s"),
    ("GET /api/v1/clients/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", "Host evil.example is no name",
     "HTTP client ip=%s: %s is refused, for Host")])
def test_refusals_of_the_api_are_told_once_a_second(make_server, request_, text, kind):
    server = make_server(api="")
    pipelined(server.api_port, request_)
    assert_bounded(server, text, kind)


def test_forbidden_links_are_told_once_a_second(make_server):
    server = make_server(http="")
    os.makedirs(server.html, exist_ok=True)
    os.symlink("/etc/hostname", os.path.join(server.html, "out.txt"))
    pipelined(server.http_port, "GET /out.txt HTTP/1.1\r\nHost: h\r\n\r\n")
    assert_bounded(server, r"leads out", "HTTP %s: what is there")


def test_refused_streams_are_told_once_a_second(make_server):
    server = make_server("vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } "
                         "security { enabled on; deny play all; } }", http="")
    pipelined(server.http_port, "GET /live/s.flv HTTP/1.1\r\nHost: h\r\n\r\n")
    assert_bounded(server, r"\d refused, /live/s\.flv", "HTTP client ip=%s refused")


def test_each_connection_has_a_line_of_its_own(make_server):
    server = make_server(api="auth { enabled on; username admin; password right; }")
    for _ in range(20):
        pipelined(server.api_port, "GET /api/v1/versions HTTP/1.1\r\nHost: h\r\n\r\n", 50)
    until(lambda: len(lines(server, r"without the right user and password")) >= 20, "a line for each")


def test_streams_one_after_the_other_are_told_at_first_and_then_counted(server):
    n = 200
    with server.client() as c:
        for i in range(n):
            c.publish("s%d" % i)
            c.unpublish()
    server.wait_log("client finished|client disconnect")
    told = lines(server, "client identified")
    assert re.search("stream=s0,.*stream=s7,", "".join(told))
    assert len(told) < n / 2 and len(told) + held(server, "client identified") == n


def test_a_kick_is_never_left_out(make_server):
    server = make_server(api="")
    players = [server.player("p%d" % i) for i in range(10)]
    ids = until(lambda: (lambda found: len(found) == 10 and found)(
        re.findall(r"\[([0-9a-z]{8})\] client identified, type=rtmp-play", server.log)), "ten clients")
    with socket.create_connection(("127.0.0.1", server.api_port), timeout=patience()) as s:
        for i in ids:
            s.sendall(b"DELETE /api/v1/clients/%s HTTP/1.1\r\nHost: h\r\n\r\n" % i.encode())
        until(lambda: len(lines(server, "is kicked by")) == 10,
              lambda: "ten lines\n" + server.tail())
    for p in players:
        p.close()
