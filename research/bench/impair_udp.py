#!/usr/bin/env python3
"""A relay of datagrams that makes a bad network of a good one: lossy, late, slow, in another order, behind a NAT that changes its mind.

    research/bench/impair_udp.py 8001 127.0.0.1:8000 --delay 40 --jitter 10 --loss 2 --burst 3 --reorder 1 --rate 3000

Datagrams to port 8001 reach port 8000, each client by a port of its own, and the answers come back. All numbers are of each direction.
Lines on the standard input change them while it runs:

    loss PERCENT | burst N          how many are lost, and how many in a row on average
    delay MS | jitter MS            all are late by delay to delay + jitter, in their order
    reorder PERCENT | behind MS     so many are late by `behind` (20) more, so others pass them
    double PERCENT                  so many come twice
    rate KBIT | queue MS            0: any; what would wait for longer than `queue` (200) is lost
    part | join                     nothing passes until `join`, and what came meanwhile is lost
    rebind                          clients go on from other source ports, as behind a NAT that has forgotten them

A program has the same by `Relay`, whose functions may be called from any thread; impair.py is for TCP.
"""
import argparse
import heapq
import itertools
import random
import selectors
import socket
import threading
import time

from impair import address_of, serve

DATAGRAM_MAX, CLIENTS_MAX, HELD_MAX = 65536, 4096, 100000
TURN_MAX = 64                               # datagrams of one socket, before those that are held are looked at again
LOOP_S = 0.05                               # the longest time without a look whether the relay is to stop


class Link:
    """One direction: when a datagram that comes now leaves. It has no clock and no sockets."""

    def __init__(self, seed=None):
        self.random = random.Random(seed)
        self.loss = self.reorder = self.double = 0.0                         # shares
        self.burst, self.rate = 1.0, 0.0                                      # datagrams in a row; bits a second
        self.delay_s = self.jitter_s = 0.0
        self.behind_s, self.queue_s = 0.02, 0.2
        self.is_losing, self.free_at, self.newest_at = False, 0.0, 0.0
        self.n_came = self.n_lost = self.n_full = 0

    def loses(self):
        """Gilbert's model: losses come in runs of `burst` on average, and are `loss` of all."""
        if self.loss <= 0:
            self.is_losing = False
        elif self.is_losing:
            self.is_losing = self.loss >= 1 or self.random.random() >= 1 / max(self.burst, 1)
        else:
            self.is_losing = self.loss >= 1 or self.random.random() < self.loss / (max(self.burst, 1) * (1 - self.loss))
        return self.is_losing

    def plan(self, now, n_bytes, is_parted=False):
        """The times at which copies of it leave: none if it is lost, two if it is doubled."""
        self.n_came += 1
        if self.loses() or is_parted:
            self.n_lost += 1
            return []
        begins = max(now, self.free_at)
        if self.rate:
            if begins - now > self.queue_s:
                self.n_full += 1
                return []
            begins = self.free_at = begins + n_bytes * 8 / self.rate
        at = max(begins + self.delay_s + self.random.uniform(0, self.jitter_s), self.newest_at)
        if self.random.random() < self.reorder:
            at += self.behind_s                                               # those that come later do not wait for it
        else:
            self.newest_at = at
        return [at, at] if self.random.random() < self.double else [at]


class Client:
    """Who sends to the relay, and the socket by which the target hears it."""

    def __init__(self, address):
        self.address, self.socket = address, None


class Relay:
    """Listens on `port` (0: a free one) of 127.0.0.1 until stop(), in a thread of its own. links[0] leads to the target, links[1] back."""

    def __init__(self, target, port=0, seed=None, **how):
        self.target = target if isinstance(target, tuple) else ("127.0.0.1", target)
        self.links = (Link(seed), Link(None if seed is None else seed + 1))
        self.clients, self.held, self.serial = {}, [], itertools.count()
        self.is_parted, self.is_over, self.n_rebinds = False, False, 0
        self.lock = threading.Lock()
        self.change(**how)
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.1", port))
        self.front.setblocking(False)
        self.port = self.front.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.front, selectors.EVENT_READ, None)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    # -- the thread ------------------------------------------------------------------------------------------------

    def run(self):
        while not self.is_over:
            wait_s = min(LOOP_S, max(0, self.held[0][0] - time.monotonic())) if self.held else LOOP_S
            ready = self.selector.select(wait_s)
            with self.lock:
                for key, _ in ready:
                    self.take(key.fileobj, key.data)
                self.give()

    def take(self, sock, client):
        """Take what a socket has: of the clients, or of the target for one of them."""
        for _ in range(TURN_MAX):                                             # the rest in the next turn
            if sock.fileno() < 0:
                return
            try:
                data, address = sock.recvfrom(DATAGRAM_MAX)
            except BlockingIOError:
                return
            except OSError:                                                   # the other end has closed its port
                continue
            who = client or self.client_of(address)
            if who:
                self.hold(self.links[1 if client else 0], who, bool(client), data)

    def client_of(self, address):
        client = self.clients.get(address)
        if not client and len(self.clients) < CLIENTS_MAX:
            client = self.clients[address] = Client(address)
            self.bind(client)
        return client

    def bind(self, client):
        client.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.socket.setblocking(False)
        client.socket.bind(("127.0.0.1", 0))
        self.selector.register(client.socket, selectors.EVENT_READ, client)

    def hold(self, link, client, is_answer, data):
        for at in link.plan(time.monotonic(), len(data), self.is_parted):
            if len(self.held) < HELD_MAX:
                heapq.heappush(self.held, (at, next(self.serial), client, is_answer, data))

    def give(self):
        now = time.monotonic()
        while self.held and self.held[0][0] <= now:
            _, _, client, is_answer, data = heapq.heappop(self.held)
            try:
                if is_answer:
                    self.front.sendto(data, client.address)
                else:
                    client.socket.sendto(data, self.target)
            except OSError:                                                   # a full buffer, or nobody: it is lost
                pass

    # -- what may be changed at any time --------------------------------------------------------------------------------

    def change(self, loss=None, burst=None, reorder=None, double=None, delay_ms=None, jitter_ms=None, behind_ms=None, rate_kbit=None,
               queue_ms=None):
        """Shares are of 1."""
        news = {"loss": loss, "burst": burst, "reorder": reorder, "double": double,
                "delay_s": delay_ms and delay_ms / 1e3, "jitter_s": jitter_ms and jitter_ms / 1e3,
                "behind_s": behind_ms and behind_ms / 1e3, "queue_s": queue_ms and queue_ms / 1e3,
                "rate": rate_kbit and rate_kbit * 1e3}
        with self.lock:
            for link in self.links:
                for name, value in news.items():
                    if value is not None:
                        setattr(link, name, value)
                link.newest_at = 0.0                                          # a shorter delay counts at once
                link.free_at = link.free_at if link.rate else 0.0

    def part(self):
        with self.lock:
            self.is_parted = True
            self.held.clear()

    def join(self):
        with self.lock:
            self.is_parted = False

    def rebind(self):
        """Answers to the ports that clients had are lost."""
        with self.lock:
            self.n_rebinds += 1
            for client in self.clients.values():
                old = client.socket
                self.bind(client)                                             # before the old port is free
                self.selector.unregister(old)
                old.close()

    def counts(self):
        """What became of the datagrams of each direction: {"came", "lost", "full"}."""
        with self.lock:
            return [{"came": k.n_came, "lost": k.n_lost, "full": k.n_full} for k in self.links]

    def stop(self):
        self.is_over = True
        self.thread.join()
        for sock in [self.front, *(c.socket for c in self.clients.values())]:
            sock.close()
        self.selector.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


# Words of the program: the argument of change(), what one of its units is, and the help.
WORDS = {
    "loss": ("loss", 0.01, "per cent that are lost"),
    "burst": ("burst", 1, "how many are lost in a row, on average"),
    "delay": ("delay_ms", 1, "ms"),
    "jitter": ("jitter_ms", 1, "up to so many ms more"),
    "reorder": ("reorder", 0.01, "per cent that others pass"),
    "behind": ("behind_ms", 1, "ms by which these are later"),
    "double": ("double", 0.01, "per cent that come twice"),
    "rate": ("rate_kbit", 1, "kbit/s of all together; 0: any"),
    "queue": ("queue_ms", 1, "ms that a datagram waits for the rate at most"),
}


def obey(relay, line):
    """One line of the standard input."""
    word, *args = line.split()
    if word in WORDS:
        name, unit, _ = WORDS[word]
        relay.change(**{name: float(args[0]) * unit})
    elif word in ("part", "join", "rebind") and not args:
        getattr(relay, word)()
    else:
        raise ValueError(word)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("target", help="HOST:PORT")
    parser.add_argument("--seed", type=int, help="of what is random")
    for word, (_, _, text) in WORDS.items():
        parser.add_argument("--" + word, type=float, help=text.replace("%", "%%"))
    args = parser.parse_args()
    how = {name: getattr(args, word) * unit for word, (name, unit, _) in WORDS.items() if getattr(args, word) is not None}
    with Relay(address_of(args.target), args.port, args.seed, **how) as relay:
        serve(relay, args.target, obey)


if __name__ == "__main__":
    main()
