"""Runs with a backend of HTTP callbacks, beside players whose latency is measured."""

import asyncio
import contextlib
import threading
import time

import lab
from servers import Srs, free_port

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0"

class _Line(asyncio.Protocol):
    """A connection of the backend's client: one request after the other."""

    def __init__(self, backend):
        self.backend, self.read, self.waiting = backend, b"", 0

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.read += data
        while (request := self.request()) is not None:
            self.read = self.read[request:]
            self.backend.asked += 1
            self.wait(1)
            if self.backend.answers_after_s is not None:
                self.backend.loop.call_later(self.backend.answers_after_s, self.answer)

    def request(self):
        """The length of a request that is complete."""
        head, end, _ = self.read.partition(b"\r\n\r\n")
        if not end:
            return None
        length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        whole = len(head) + len(end) + length
        return whole if len(self.read) >= whole else None

    def wait(self, n):
        self.waiting += n
        self.backend.waiting += n

    def answer(self):
        if self.waiting:
            self.wait(-1)
            self.transport.write(ANSWER)

    def connection_lost(self, _):
        self.wait(-self.waiting)


class Backend:
    """A backend of callbacks, in a thread: says yes after a time, or accepts and never answers (None)."""

    def __init__(self, answers_after_s):
        self.answers_after_s, self.asked, self.waiting = answers_after_s, 0, 0
        self.loop, self.port = asyncio.new_event_loop(), free_port()
        self.server = self.loop.run_until_complete(
            self.loop.create_server(lambda: _Line(self), "127.0.0.1", self.port, backlog=4096))
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def vhost(self, name, timeout_s=30):
        """The text of a vhost whose players are asked for here."""
        return (f"vhost {name} {{ http_hooks {{ enabled on; on_play http://127.0.0.1:{self.port}/play; "
                f"timeout {timeout_s}; }} }}\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


def _until(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise lab.Failed(f"{seconds} s were not enough for {what}")
        time.sleep(0.02)


def asking_joins(bystanders=500, rate=1000, turns=5, seconds=3):
    """
    The p99 of a stream's players while others come, at `rate` a second, and leave as soon as they may play: alone; while
    they come and nobody is asked; while a backend is asked for each and answers after 50 ms.
    """
    with Backend(0.05) as backend, Srs(more=backend.vhost("asks") + "vhost free { }\n") as server, \
         lab.Bystanders(server, bystanders) as others:
        joins = {"free": [], "asks": []}
        for _ in range(turns):
            with others.phase("alone"):
                time.sleep(seconds)
            for vhost, results in joins.items():
                with others.phase(vhost), \
                     lab.players(server, rate * seconds, stream=f"door?vhost={vhost}", rate=rate, silent=True, leave=True,
                                 warmup=0, duration=0) as load:
                    results.append(load.result())
        p99, lost = others.result()
    for result in joins["free"] + joins["asks"]:
        if result["connected"] < rate * seconds:
            raise lab.Failed(f"{result['connected']} of {rate * seconds} have joined: {result['why']}")
    if backend.asked < turns * rate * seconds:
        raise lab.Failed(f"the backend was asked {backend.asked} times, for {turns * rate * seconds} joins")
    return {"ratio": lab.times(p99, "asks", "alone"), "ratio_free": lab.times(p99, "asks", "free"),
            "alone_p99": lab.median(p99["alone"]), "free_p99": lab.median(p99["free"]), "asks_p99": lab.median(p99["asks"]),
            "join_p99": lab.median([r["join_ms"]["p99"] for r in joins["asks"]]),
            "free_join_p99": lab.median([r["join_ms"]["p99"] for r in joins["free"]]), **lost}


def waiting_clients(bystanders=500, clients=500, turns=5, seconds=3, joining_s=4):
    """
    The p99 of a stream's players while `clients` others wait for a backend that never answers; and what one that waits costs.
    A call goes on to its time limit when its client has left.
    """
    with Backend(None) as backend, Srs(more=backend.vhost("mute", seconds + joining_s)) as server, \
         lab.Bystanders(server, bystanders) as others:

        @contextlib.contextmanager
        def waiting(n):
            with lab.players(server, n, stream="door?vhost=mute", silent=True, join_timeout=3600):
                _until(lambda: backend.waiting == n, f"{n} clients to wait for the backend", joining_s)
                yield
                if backend.waiting < n:
                    raise lab.Failed(f"{n - backend.waiting} of {n} calls are over too early")
            _until(lambda: backend.waiting == 0, "the end of all calls")

        with waiting(1):
            pass
        before, during = server.rss_kib(), 0
        for _ in range(turns):
            with others.phase("alone"):
                time.sleep(seconds)
            with waiting(clients):
                with others.phase("waiting"):
                    time.sleep(seconds)
                during = during or server.rss_kib()  # a later turn finds the memory of the first
        p99, lost = others.result()
    return {"ratio": lab.times(p99, "waiting", "alone"), "alone_p99": lab.median(p99["alone"]),
            "waiting_p99": lab.median(p99["waiting"]), "kib": (during - before) / clients, **lost}
