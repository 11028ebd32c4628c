#!/usr/bin/env python3
"""A million short lives: connect, publish, play, kick, half-open and reset over every protocol, beside a witness stream.

    test/soak/soak.py [CYCLES]          default 1000000; make soak CYCLES=...

One thread drives many connections at once: each is a script of what to send and how much to read before it ends, by a
close, a reset or a half-close. Sources are 127.0.0.2 and up, for one address has too few ports. At the end nothing may be
left: descriptors as before, resident memory within 2 % of what it was after the first tenth. The witness, a stream with a
player in a process of its own, says how long its longest gap between frames was.

The exit status is 0 only if all of that holds. It takes 5 to 15 minutes, and is not part of make test.
"""
import multiprocessing
import os
import select
import socket
import ssl
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

import amf0                                                          # noqa: E402 (the path comes first)
import flv                                                           # noqa: E402
import rtmp                                                          # noqa: E402
from chunk import COMMAND, Message                                   # noqa: E402
from srs import BINARY, Server                                       # noqa: E402

AT_ONCE = 200                                                        # connections under way
SOURCES = 200                                                        # addresses they come from
PATIENCE_S = 60                                                      # of one connection
KICK_EVERY = 50                                                      # cycles
RSS_TOLERANCE = 0.02
LOST = 1e6                                                           # a gap that means lost frames

CONF = """vhost __defaultVhost__ {
    http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }
}
vhost ts.local {
    http_remux { enabled on; mount [vhost]/[app]/[stream].ts; }
}
"""


# ---- what is sent -------------------------------------------------------------------------------------------------

def rtmp_bytes(*commands, tags=()):
    """Handshake, connect and commands at once: the server reads them one after the other."""
    s = rtmp.Session()
    s.out += bytes(1536)                                             # C2: nobody looks at it
    s.send(Message(COMMAND, 0, amf0.encode("connect", 1, {"app": "live", "tcUrl": "rtmp://127.0.0.1/live"}), 0, 3))
    for tid, (name, *args) in enumerate(commands, 2):
        s.send(Message(COMMAND, 0, amf0.encode(name, tid, None, *args), 0 if name == "createStream" else 1, 3))
    for t in tags:
        s.send(Message(t.type, t.ts, t.payload, 1))
    return bytes(s.out)


def http_bytes(path, *fields, host="localhost"):
    return "\r\n".join(["GET %s HTTP/1.1" % path, "Host: " + host, *fields, "", ""]).encode()


WS = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
SHAKEN = 3073                                                        # bytes of S0, S1 and S2
TAGS = list(flv.Numbered(gop=5, size=300).tags(count=10))[1:]

# name, port, TLS, bytes sent, bytes read before it ends, how it ends
KINDS = [
    ("rtmp connect", "port", False, rtmp_bytes(), SHAKEN + 100, "close"),
    ("rtmp publish", "port", False, rtmp_bytes(("createStream",), ("publish", "%NAME%", "live"), tags=TAGS), SHAKEN + 300, "close"),
    ("rtmp publish, reset", "port", False, rtmp_bytes(("createStream",), ("publish", "%NAME%", "live"), tags=TAGS), SHAKEN + 300, "reset"),
    ("rtmp play", "port", False, rtmp_bytes(("createStream",), ("play", "on_air")), SHAKEN + 2000, "close"),
    ("rtmp play, reset", "port", False, rtmp_bytes(("createStream",), ("play", "on_air")), SHAKEN + 2000, "reset"),
    ("rtmp play of nothing", "port", False, rtmp_bytes(("createStream",), ("play", "%NAME%")), SHAKEN + 300, "close"),
    ("rtmp half handshake, half-open", "port", False, rtmp_bytes()[:700], 0, "half"),
    ("rtmp connect, half-open", "port", False, rtmp_bytes(), SHAKEN + 100, "half"),
    ("rtmp reset at once", "port", False, b"", 0, "reset"),
    ("rtmp nonsense", "port", False, b"GET / HTTP/1.1\r\n\r\n", 0, "half"),
    ("rtmps play", "rtmps_port", True, rtmp_bytes(("createStream",), ("play", "on_air")), SHAKEN + 2000, "close"),
    ("rtmps reset in the handshake", "rtmps_port", False, b"\x16\3\1\0\x20", 0, "reset"),
    ("http-flv", "http_port", False, http_bytes("/live/on_air.flv"), 2000, "close"),
    ("http-flv, reset", "http_port", False, http_bytes("/live/on_air.flv"), 2000, "reset"),
    ("http-flv of nothing, half-open", "http_port", False, http_bytes("/live/nobody.flv"), 100, "half"),
    ("http-ts", "http_port", False, http_bytes("/live/on_air.ts", host="ts.local"), 2000, "close"),
    ("http-mp4", "http_port", False, http_bytes("/live/on_air.mp4"), 2000, "reset"),
    ("websocket", "http_port", False, http_bytes("/live/on_air.flv", *WS), 2000, "close"),
    ("websocket, reset", "http_port", False, http_bytes("/live/on_air.flv", *WS), 2000, "reset"),
    ("https-flv", "https_port", True, http_bytes("/live/on_air.flv"), 2000, "close"),
    ("file", "http_port", False, http_bytes("/index.html"), 50, "close"),
    ("api", "api_port", False, http_bytes("/api/v1/streams/"), 200, "close"),
    ("api, reset", "api_port", False, http_bytes("/api/v1/summaries"), 100, "reset"),
    ("api, half request, half-open", "api_port", False, b"GET /api/v1/ver", 0, "half"),
]
# TLS handshakes cost a hundred times as much as the rest: they come less often.
WEIGHTS = [1 if k[2] else 6 for k in KINDS]
ORDER = [k for i in range(6) for k, w in zip(KINDS, WEIGHTS) if i < w]


# ---- one connection -----------------------------------------------------------------------------------------------

class Cycle:
    def __init__(self, kind, port, number, tls):
        self.name, _, self.tls, out, self.wanted, self.end = kind
        self.out = out.replace(b"%NAME%", b"n%05d" % (number % 100000)) if b"%NAME%" in out else out
        self.got, self.began = 0, time.monotonic()
        self.halved = self.shaken = False
        s = socket.socket()
        s.setblocking(False)
        s.setsockopt(socket.IPPROTO_IP, 24, 1)                       # IP_BIND_ADDRESS_NO_PORT
        s.bind(("127.0.0.%d" % (2 + number % SOURCES), 0))
        s.connect_ex(("127.0.0.1", port))
        self.sock = tls.wrap_socket(s, do_handshake_on_connect=False) if self.tls else s

    def wants(self):
        return select.EPOLLIN | (select.EPOLLOUT if self.out or self.tls and not self.shaken
                                   or not self.wanted and not self.halved else 0)

    def advance(self):
        """True when it has ended."""
        try:
            if self.tls and not self.shaken:
                self.sock.do_handshake()
                self.shaken = True
            if self.out:
                self.out = self.out[self.sock.send(self.out):]
            while not self.halved and self.got < self.wanted and not self.out:
                data = self.sock.recv(65536)
                self.got += len(data)
                if not data:
                    return self.close("closed by the server after %d bytes" % self.got)
            if self.out or self.got < self.wanted:
                return False
            if self.end != "half":
                return self.close()
            if not self.halved:
                self.halved = True
                self.sock.shutdown(socket.SHUT_WR)
            while self.sock.recv(65536):
                pass
            return self.close()
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except OSError as e:
            if self.halved:                                          # reset is an end, too
                return self.close()
            return self.close(repr(e))

    failed = None

    def close(self, why=None):
        self.failed = why
        if self.end == "reset" or self.end == "close" and not self.tls:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 b"\1\0\0\0\0\0\0\0" if self.end == "reset" or not why else b"\0" * 8)
        self.sock.close()
        return True


# ---- the witness --------------------------------------------------------------------------------------------------

def witness(port, longest, over):
    """Publishes 25 frames a second, plays them, and keeps the longest gap between two that came."""
    tc_url = "rtmp://127.0.0.1:%d/live" % port
    publisher, player = rtmp.Client("127.0.0.1", port), rtmp.Client("127.0.0.1", port)
    for c in (publisher, player):
        c.connect(tc_url)
    publisher.set_chunk_size(4096)
    publisher.publish("on_air")
    feeder = rtmp.Feeder(publisher, flv.Numbered(gop=25, size=2000).tags())
    for_ts = rtmp.Client("127.0.0.1", port)                          # a vhost has one mount
    for_ts.connect("rtmp://ts.local/live")
    for_ts.publish("on_air")
    ts_feeder = rtmp.Feeder(for_ts, flv.Numbered(gop=25, size=2000).tags())
    player.play("on_air")
    player.wait_media(3)
    last, number = time.monotonic(), None
    while not over.is_set():
        m, = player.wait_media(1)
        n = flv.number_of(m)
        now = time.monotonic()
        longest.value = max(longest.value, now - last)
        last = now
        if n and n[0] == flv.VIDEO:
            if number is not None and n[1] != number + 1:
                print("the witness lost frames: %d after %d" % (n[1], number), flush=True)
                longest.value = LOST
            number = n[1]
        del player.messages[:player.cursor]
        player.cursor = 0
    feeder.stop()
    ts_feeder.stop()


# ---- kicks --------------------------------------------------------------------------------------------------------

class Victim:
    """A player that stays until the API ends it."""

    def __init__(self, server):
        self.client = server.player("victim")

    def kick(self, api, failures):
        clients = api.get("/api/v1/clients/?count=1000")["clients"]
        ids = [c["id"] for c in clients if c["name"] == "victim"]
        if not ids or api.ask("DELETE", "/api/v1/clients/" + ids[0]).status != 200:
            failures.append("no victim among %d clients" % len(clients))
        try:
            self.client.wait_closed(30)
        except TimeoutError:
            failures.append("a victim stays")
        self.client.close()


# ---- the run ------------------------------------------------------------------------------------------------------

def run(server, first, count, tls, counts, failures):
    epoll, under_way, number, done = select.epoll(), {}, first, 0
    looked = time.monotonic()
    while done < count:
        while len(under_way) < AT_ONCE and number < first + count:
            kind = ORDER[number % len(ORDER)]
            c = Cycle(kind, getattr(server, kind[1]), number, tls)
            number += 1
            under_way[c.sock.fileno()] = c
            epoll.register(c.sock.fileno(), c.wants())
        for fd, _ in epoll.poll(1):
            c = under_way[fd]
            if c.advance():
                del under_way[fd]
                done += 1
                counts[c.name] = counts.get(c.name, 0) + 1
                if c.failed:
                    failures.append("%s: %s" % (c.name, c.failed))
            else:
                epoll.modify(fd, c.wants())
        if time.monotonic() - looked > 5:
            looked = time.monotonic()
            stuck = [fd for fd, c in under_way.items() if looked - c.began > PATIENCE_S]
            for fd in stuck:
                c = under_way.pop(fd)
                failures.append("%s: not over within %d s, %d bytes came" % (c.name, PATIENCE_S, c.got))
                c.sock.close()
                done += 1
    epoll.close()


def settle(server, api, n_fds):
    """Until all that came has gone; returns descriptors, resident memory in KiB and allocated bytes."""
    deadline = time.monotonic() + 90
    while server.n_fds() > n_fds and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(3)
    return server.n_fds(), server.rss_kib(), api.get("/api/v1/memory")["data"]["held"]


def main():
    from api import Api
    cycles = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
    folder = tempfile.TemporaryDirectory(prefix="soak-")
    server = Server(folder.name, CONF, api="", http="", tls=True,
                    root={"max_connections": 1000, "srs_log_level": "warn"})
    os.makedirs(server.html, exist_ok=True)
    with open(os.path.join(server.html, "index.html"), "w") as f:
        f.write("x" * 1000)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    api = Api(server)

    longest, over = multiprocessing.Value("d", 0.0), multiprocessing.Event()
    w = multiprocessing.Process(target=witness, args=(server.port, longest, over), daemon=True)
    w.start()
    time.sleep(2)
    fds = server.n_fds()
    warm = max(cycles // 10, 1)
    counts, failures, began, rss, n_kicks = {}, [], time.monotonic(), None, 0
    done, step = 0, max(min(cycles // 100, 20000), 1)
    print("%s, %d cycles, %d at once, %d kinds" % (BINARY, cycles, AT_ONCE, len(KINDS)), flush=True)
    while done < cycles:
        n = min(step, cycles - done)
        victims = [Victim(server) for _ in range(min(20, n // KICK_EVERY))]
        run(server, done, n - len(victims), tls, counts, failures)
        for v in victims:
            v.kick(api, failures)
        n_kicks += len(victims)
        done += n
        if rss is None and done >= warm:
            _, rss, held = settle(server, api, fds)
        if (done // step) % 10 == 0:
            print("%9d cycles, %6.0f s, rss %d KiB, %d failures, longest gap of the witness %.0f ms" % (
                done, time.monotonic() - began, server.rss_kib(), len(failures), longest.value * 1000), flush=True)
    counts["kick by the API"] = n_kicks
    seconds = time.monotonic() - began
    fds_end, rss_end, held_end = settle(server, api, fds)
    gap = longest.value
    alive = w.is_alive()
    over.set()
    w.join(10)
    server.stop()
    for name in sorted(counts):
        print("%9d  %s" % (counts[name], name))
    for why in sorted(set(failures))[:20]:
        print("%9d  FAILED %s" % (failures.count(why), why))
    change = (rss_end - rss) / rss
    print("%d cycles in %.0f s, %.0f a second" % (cycles, seconds, cycles / seconds))
    print("descriptors %d before, %d after" % (fds, fds_end))
    print("resident memory %d KiB after a tenth, %d at the end: %+.2f %%" % (rss, rss_end, change * 100))
    print("allocated %d bytes after a tenth, %d at the end" % (held, held_end))
    print("longest gap of the witness %.0f ms" % (gap * 1000))
    good = fds == fds_end and change <= RSS_TOLERANCE and alive and gap < LOST and not failures
    print("PASS" if good else "FAIL")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
