#!/usr/bin/env python3
"""A relay of TCP connections that makes a bad link of a good one: slow, late, stalled, cut, parted.

    research/bench/impair.py 1936 127.0.0.1:1935 --delay 80 --jitter 20 --rate 2000

Connections to port 1936 reach port 1935, late by 80 to 100 ms in each direction, and at 2 Mbit/s for all of them together. Lines on the
standard input change that while it runs:

    delay MS | jitter MS | rate KBIT (0: any)
    stall S         nothing passes for S seconds, and everything afterwards
    part | join     nothing passes until `join`; new connections are accepted, and hear nothing
    reset           all connections are reset

A program has the same by `Relay`, whose functions may be called from any thread. TCP loses no bytes, so a lossy link is one that stalls.
"""
import argparse
import asyncio
import random
import socket
import struct
import sys
import threading
import time

READ_BYTES, QUEUE_CHUNKS, SOCKET_BYTES = 16 << 10, 64, 64 << 10     # what one direction of a connection holds back: 1 MiB at most
PIECE_BYTES = 1400                          # of a link with a rate, which its connections share by turns


class Link:
    """One direction of the link, which all connections share."""

    def __init__(self):
        self.delay_s = self.jitter_s = self.rate = 0
        self.free_at = 0

    def lateness(self):
        return self.delay_s + random.uniform(0, self.jitter_s)

    async def carry(self, n):
        """Wait until so many bytes have left."""
        if self.rate:
            self.free_at = max(time.monotonic(), self.free_at) + n * 8 / self.rate
            await asyncio.sleep(self.free_at - time.monotonic())


class Flow:
    """One direction of a connection."""

    def __init__(self, relay, link, reader, writer):
        self.relay, self.link, self.reader, self.writer = relay, link, reader, writer
        self.queue = asyncio.Queue(QUEUE_CHUNKS)

    async def take(self):
        data = b"-"
        while data:
            data = await self.reader.read(READ_BYTES)
            await self.queue.put((time.monotonic(), data))

    async def give(self):
        data = b"-"
        while data:
            came, data = await self.queue.get()
            await asyncio.sleep(came + self.link.lateness() - time.monotonic())
            size = PIECE_BYTES if self.link.rate else READ_BYTES
            for at in range(0, len(data), size):
                await self.link.carry(min(size, len(data) - at))
                await self.relay.is_open.wait()
                self.writer.write(data[at:at + size])
                await self.writer.drain()
        await self.relay.is_open.wait()
        self.writer.write_eof()


def reset(writer):
    """Close so that the peer hears a reset."""
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Relay:
    """Listens on `port` (0: a free one) of 127.0.0.1 until stop(), in a thread of its own. `n_connections` counts all that came."""

    def __init__(self, target, port=0, **how):
        self.target = target if isinstance(target, tuple) else ("127.0.0.1", target)
        self.links, self.writers, self.n_connections = (Link(), Link()), set(), 0
        self.loop, self.stall_until, self.is_parted = asyncio.new_event_loop(), 0, False
        self.change(**how)
        began = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(port, began), daemon=True)
        self.failure = None
        self.thread.start()
        began.wait()
        if self.failure:
            raise self.failure

    # -- the thread ------------------------------------------------------------------------------------------------

    def run(self, port, began):
        asyncio.set_event_loop(self.loop)
        try:
            self.is_open = asyncio.Event()
            self.is_open.set()
            self.server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", port))
            self.port = self.server.sockets[0].getsockname()[1]
        except OSError as e:
            self.failure = e
        began.set()
        if not self.failure:
            self.loop.run_forever()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.close()

    async def serve(self, reader, writer):
        self.n_connections += 1
        await self.is_open.wait()
        ends = [writer]
        self.writers.add(writer)
        try:
            their_reader, their_writer = await asyncio.open_connection(*self.target)
            ends.append(their_writer)
            self.writers.add(their_writer)
            for end in ends:
                end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BYTES)
            async with asyncio.TaskGroup() as group:
                for flow in (Flow(self, self.links[0], reader, their_writer), Flow(self, self.links[1], their_reader, writer)):
                    group.create_task(flow.take())
                    group.create_task(flow.give())
            for end in ends:
                end.close()
        except* OSError:                     # one side is reset, so the other one is
            for end in ends:
                reset(end)
        finally:
            self.writers.difference_update(ends)

    def call(self, function, *args):
        """Do it in the thread, and wait until it is done."""
        done = threading.Event()
        self.loop.call_soon_threadsafe(lambda: (function(*args), done.set()))
        done.wait()

    # -- what may be changed at any time --------------------------------------------------------------------------------

    def change(self, delay_ms=None, jitter_ms=None, rate_kbit=None):
        for link in self.links:
            link.delay_s = link.delay_s if delay_ms is None else delay_ms / 1e3
            link.jitter_s = link.jitter_s if jitter_ms is None else jitter_ms / 1e3
            link.rate = link.rate if rate_kbit is None else rate_kbit * 1e3
            link.free_at = 0

    def part(self):
        self.is_parted = True
        self.call(self.is_open.clear)

    def join(self):
        self.is_parted = False
        self.call(self.open)

    def stall(self, seconds):
        def begin():
            self.is_open.clear()
            self.stall_until = time.monotonic() + seconds
            self.loop.call_later(seconds, self.open)
        self.call(begin)

    def open(self):
        if not self.is_parted and time.monotonic() >= self.stall_until - 0.001:
            self.is_open.set()

    def reset(self):
        def all_of_them():
            for writer in list(self.writers):
                reset(writer)
        self.call(all_of_them)

    def stop(self):
        self.reset()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def obey(relay, line):
    """One line of the standard input."""
    word, *args = line.split()
    if word in ("delay", "jitter", "rate"):
        relay.change(**{word + ("_kbit" if word == "rate" else "_ms"): float(args[0])})
    elif word == "stall":
        relay.stall(float(args[0]))
    elif word in ("part", "join", "reset") and not args:
        getattr(relay, word)()
    else:
        raise ValueError(word)


def serve(relay, target, obey):
    """What both programs do: tell where the relay is, then obey the lines of the standard input."""
    print("impair: 127.0.0.1:%d to %s" % (relay.port, target), flush=True)
    for line in sys.stdin:
        try:
            obey(relay, line)
        except (ValueError, IndexError):
            print("impair: not understood: %s" % line.strip(), file=sys.stderr)


def address_of(target):
    """The (host, port) of HOST:PORT or :PORT."""
    host, _, port = target.rpartition(":")
    return host or "127.0.0.1", int(port)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("target", help="HOST:PORT")
    parser.add_argument("--delay", type=float, default=0, help="ms in each direction")
    parser.add_argument("--jitter", type=float, default=0, help="up to so many ms more")
    parser.add_argument("--rate", type=float, default=0, help="kbit/s in each direction, of all connections; 0: any")
    args = parser.parse_args()
    with Relay(address_of(args.target), args.port, delay_ms=args.delay, jitter_ms=args.jitter, rate_kbit=args.rate) as relay:
        serve(relay, args.target, obey)


if __name__ == "__main__":
    main()
