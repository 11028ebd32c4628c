"""/api/v1/events: what happens in the server, as Server-Sent Events."""
import json
import socket
import threading
import time
from collections import namedtuple

import pytest

from api import Api
from browser import Browser
from wait import patience, until

CONF = "vhost __defaultVhost__ { http_remux { enabled on; } }"
Event = namedtuple("Event", "name data")


class Listener:
    """A reader of the events, in a thread of its own."""

    def __init__(self, server, headers="", rcvbuf=None):
        self.events, self.head = [], b""
        self.socket = socket.socket()
        if rcvbuf:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.socket.settimeout(patience() * 2)
        self.socket.connect(("127.0.0.1", server.api_port))
        self.socket.sendall(("GET /api/v1/events HTTP/1.0\r\nHost: 127.0.0.1\r\n%s\r\n" % headers).encode())
        self.ended = False

    def start(self):
        threading.Thread(target=self._run, daemon=True).start()
        until(lambda: b"\r\n\r\n" in self.head, "the head")
        return self

    def _run(self):
        data = b""
        try:
            while True:
                got = self.socket.recv(1 << 16)
                if not got:
                    break
                if b"\r\n\r\n" not in self.head:
                    self.head, _, got = (self.head + got).partition(b"\r\n\r\n")
                    self.head += b"\r\n\r\n"
                data += got
                *whole, data = data.split(b"\n\n")
                for text in whole:
                    fields = dict(line.split(b": ", 1) for line in text.split(b"\n") if b": " in line)
                    if b"data" in fields:
                        self.events.append(Event(fields[b"event"].decode(), json.loads(fields[b"data"])))
        except OSError:
            pass
        self.ended = True

    def wait(self, name, **like):
        def found():
            return [e for e in list(self.events) if e.name == name and all(e.data.get(k) == v for k, v in like.items())]
        return until(found, lambda: "%s %s: %s" % (name, like, self.events))[0].data

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


@pytest.fixture
def served(make_server):
    return make_server(CONF, api="", http="")


def test_what_happens_is_told_as_it_happens(served):
    listener = Listener(served).start()
    assert b"text/event-stream" in listener.head and b"no-store" in listener.head
    with served.publisher("s"):
        came = listener.wait("client", what="came", publish=True, type="fmle-publish", url="/live/s", ip="127.0.0.1")
        told = listener.wait("stream", what="published", url="/live/s", client=came["id"])
        assert Api(served).stream("s")["id"] == told["id"] == came["stream"]
        with served.player("s"):
            player = listener.wait("client", what="came", type="rtmp-play", publish=False)
        listener.wait("client", what="left", id=player["id"])
    listener.wait("client", what="left", id=came["id"])
    listener.wait("stream", what="unpublished", id=told["id"])
    numbers = listener.wait("server")
    assert numbers["mem_held"] > 0 and abs(numbers["now_ms"] - time.time() * 1000) < patience() * 1000
    served.reload(CONF + " vhost other { }")
    listener.wait("reload", err=0, state=90, msg="Success")
    served.write_conf("nonsense {")
    served.send_signal(1)
    assert listener.wait("reload", err=1023)["state"] == 20
    listener.close()
    served.stop()


def test_a_callback_that_fails_is_told_without_its_url(make_server):
    server = make_server("vhost __defaultVhost__ { http_hooks { enabled on; on_publish http://127.0.0.1:1/x?token=5ecret; "
                         "fail_open on_publish; } }", api="")
    listener = Listener(server).start()
    with server.publisher("s"):
        assert listener.wait("callback", event="on_publish", vhost="__defaultVhost__")["err"] > 0
    assert "5ecret" not in repr(listener.events)
    listener.close()


def test_an_end_of_the_server_ends_the_events(served):
    listener = Listener(served).start()
    served.send_signal(3)                                      # gracefully: a console must not hold it up
    served.wait_exit()
    until(lambda: listener.ended, "the end")


@pytest.mark.parametrize("fields, status", [("Origin: http://evil.example\r\n", 403), ("Origin: http://127.0.0.1:8080\r\n", 200),
                                            ("Sec-Fetch-Site: cross-site\r\n", 403)])
def test_pages_of_other_sites_hear_nothing(served, fields, status):
    listener = Listener(served, fields).start()
    assert listener.head.split()[1] == b"%d" % status
    listener.close()
    api = Api(served)
    assert api.ask("GET", "/api/v1/events?callback=f").status == 403
    assert api.ask("GET", "/api/v1/events", headers={"Host": "evil.example"}).status == 403
    assert api.ask("POST", "/api/v1/events").status == 405
    assert api.ask("HEAD", "/api/v1/events").status == 200


def test_listeners_are_bounded_and_give_their_places_back(served):
    them = [Listener(served).start() for _ in range(32)]
    assert Api(served).ask("GET", "/api/v1/events").status == 503
    for l in them:
        l.close()

    def is_free():
        l = Listener(served).start()
        l.close()
        return b" 200 " in l.head
    with served.publisher("s"):                                # a write finds out that the others have gone
        until(is_free, "a place", 40)


@pytest.mark.long
def test_a_reader_that_takes_nothing_is_cut_and_harms_nobody(make_server, swarm):
    """Each publish and end is two events of some 200 bytes: the socket of the slow one fills, the other gets them all."""
    server = make_server(CONF, api="", http="", root={"max_connections": "1000"})
    slow, quick = Listener(server, rcvbuf=4096), Listener(server).start()
    api = Api(server)
    before = server.rss_kib()
    stop = []

    def churn():
        n = 0
        while not stop:
            s = socket.create_connection(("127.0.0.1", server.http_port), timeout=patience())
            s.sendall(("GET /live/%s%d.flv HTTP/1.0\r\n\r\n" % ("n" * 180, n)).encode())
            time.sleep(0.002)
            s.close()
            n += 1
    threads = [threading.Thread(target=churn, daemon=True) for _ in range(4)]
    for t in threads:
        t.start()

    def is_cut():
        slow.socket.setblocking(False)
        try:
            return slow.socket.send(b"x") == 0
        except BlockingIOError:
            return False
        except OSError:
            return True
    try:
        until(is_cut, "the slow reader to be cut", 100)
    finally:
        stop.append(True)
        for t in threads:
            t.join()
    assert len([e for e in quick.events if e.name == "client"]) > 1000
    assert server.rss_kib() - before < 40 << 10
    until(lambda: not api.clients(), "the churn to end")
    quick.close()


@pytest.mark.xdist_group("console")
def test_eventsource_of_chromium_reads_it(make_server):
    server = make_server(CONF, api="", http="")
    page = Browser()
    try:
        page.open(server.api_url("/api/v1/versions"))
        page.run("""window.heard = []
            const source = new EventSource('/api/v1/events')
            source.onopen = () => heard.push('open')
            for (const name of ['client', 'stream'])
                source.addEventListener(name, e => heard.push(name + ' ' + JSON.parse(e.data).what))""")
        until(lambda: page.run("return heard") == ["open"], "the connection", 20)
        with server.publisher("s"):
            until(lambda: page.run("return heard") == ["open", "client came", "stream published"], lambda: page.run("return heard"), 20)
    finally:
        page.close()
