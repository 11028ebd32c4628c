#!/usr/bin/env python3
"""Three tiers of servers with 20 streams, under kills, partitions and bad links: every player that stays must play.

    test/soak/cluster.py [--minutes 10] [--seed N]          make soak-cluster MINUTES=10

    encoder ──▶ 2 origins ──▶ 2 edges ──▶ 2 edges ──▶ 80 players, RTMP and HTTP-FLV

The encoder's server pushes each stream to both origins. Between the tiers is research/bench/impair.py. In each round faults come and go for
20 s: servers are killed and started again, links are parted, stalled, slow, late or reset. Then all is mended, and within 40 s each player must
get new pictures. Players of a server that was killed are replaced; no other player may be disconnected. No picture may come twice, and no time
may go back. At the end no stream is pulled, and descriptors and memory are what they were after the first round.

The exit status is 0 only if all of that holds. The seed, which is printed, chooses the same faults again.
"""
import argparse
import os
import random
import selectors
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "e2e"), os.path.join(HERE, "..", "..", "research", "bench")]

import flv                                                           # noqa: E402 (the path comes first)
import rtmp                                                          # noqa: E402
from api import Api                                                  # noqa: E402
from http_live import HttpPlayer                                     # noqa: E402
from impair import Relay                                             # noqa: E402
from srs import BINARY, Server                                       # noqa: E402

STREAMS = 20
FAULTS_S, MEND_S, CALM_S = 20, 40, 20
MORE_PICTURES = 5                                                    # that each player gets of those sent after the mending
HELD_MORE = 512 << 10                                                # bytes that a server may hold more than any did after the first round
REMUX = "http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }"


# ---- players ------------------------------------------------------------------------------------------------------

def clock():
    return time.strftime("%H:%M:%S")


class Record:
    """What a player has seen of a Numbered stream."""

    def __init__(self):
        self.number, self.pictures, self.repeats, self.missed, self.backward, self.times, self.where = -1, 0, 0, 0, 0, {}, []

    def note(self, m):
        number = flv.number_of(m)
        if not number:
            return
        self.backward += m.ts < self.times.get(m.type, 0)
        self.times[m.type] = m.ts
        if m.type != flv.VIDEO:
            return
        if number[1] <= self.number:
            self.repeats += 1
            self.where.append("%s picture %d after %d at %d ms" % (clock(), number[1], self.number, m.ts))
        self.missed += max(0, number[1] - self.number - 1) if self.pictures else 0
        self.number = number[1]
        self.pictures += 1


class RtmpViewer(rtmp.SwarmPlayer):
    def __init__(self, server, stream):
        super().__init__("127.0.0.1", server.port, server.tc_url(), stream)
        self.server, self.name, self.record, self.leaves = server, "rtmp " + stream, Record(), False

    def take(self, data):
        new = self.session.feed(data)
        self.advance(new)
        for m in new:
            self.record.note(m)
        self.session.messages.clear()


class FlvViewer(HttpPlayer):
    def __init__(self, server, stream):
        super().__init__(server.http_port, "/live/%s.flv" % stream)
        self.sock.setblocking(False)
        self.server, self.name, self.record, self.error, self.leaves = server, "flv " + stream, Record(), None, False
        self.session = rtmp.Session()
        self.session.out.clear()                                     # nothing more is sent

    def take(self, data):
        self.feed(data)
        if self.head is None:
            return
        if self.status != 200:
            raise ConnectionError("status %d" % self.status)
        for tag in self.flv():
            self.record.note(tag)
        if self.tags_read:                                           # forget what has been read
            self.tags.clear()
            del self.parser.body[13:self.tags_read]
            self.tags_read = 13
        if self.ended:
            raise ConnectionError("the end of the reply")


class Audience(rtmp.Swarm):
    """Viewers of both kinds in one thread."""

    def join_in(self, viewers):
        with self._lock:
            self._new += viewers
            self.players += viewers

    def drop(self, viewers):
        """Close them. They are no longer looked at."""
        for v in viewers:
            v.leaves = True
        deadline = time.monotonic() + 10
        while not all(v.closed for v in viewers) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.players = [p for p in self.players if p not in viewers]

    def run(self):
        while not self._stop_it:
            with self._lock:
                new, self._new = self._new, []
            for p in new:
                self._selector.register(p.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, p)
            for p in [p for p in self.players if p.leaves and not p.closed]:
                self.close(p, None)
            if not self._selector.get_map():
                time.sleep(0.05)
            for key, mask in self._selector.select(0.05):
                self.serve(key.data, mask)

    def close(self, p, error):
        p.error, p.closed = error, True
        self._selector.unregister(p.sock)
        p.sock.close()

    def serve(self, p, mask):
        try:
            if mask & selectors.EVENT_READ:
                data = p.sock.recv(1 << 17)
                if not data:
                    raise ConnectionError("closed")
                p.take(data)
            if p.session.out:
                del p.session.out[:p.sock.send(p.session.out)]
        except (BlockingIOError, InterruptedError):
            return
        except Exception as e:                                       # whoever looks at the viewer finds it
            self.close(p, e)
            return
        self._selector.modify(p.sock, selectors.EVENT_READ | (selectors.EVENT_WRITE if p.session.out else 0), p)


# ---- the tree -------------------------------------------------------------------------------------------------------

class Tree:
    def __init__(self, folder):
        self.folder, self.links = folder, []
        self.origins = [self.server("origin%d" % i, "vhost __defaultVhost__ { }") for i in (1, 2)]
        # Threads of this program may wait for a busy machine for longer than a publisher may be silent.
        self.encoder = self.server("encoder", "vhost __defaultVhost__ { publish { normal_timeout 60000; } forward { enabled on; destination %s; } }" % " ".join(
            "127.0.0.1:%d" % o.port for o in self.origins))
        self.middle = [self.edge("middle%d" % i, self.origins) for i in (1, 2)]
        self.leaves = [self.edge("leaf%d" % i, self.middle) for i in (1, 2)]
        self.edges = self.middle + self.leaves
        self.feeders = []

    def server(self, name, conf):
        s = Server(os.path.join(self.folder, name), conf, api="", http="", root={"srs_log_level": "info"})
        s.name = name
        return s

    def edge(self, name, above):
        links = [Relay(s.port) for s in above]
        for link, s in zip(links, above):
            link.name = "%s to %s" % (name, s.name)
        self.links += links
        return self.server(name, "vhost __defaultVhost__ { %s cluster { mode remote; origin %s; timeout 2; linger 1; } }" % (
            REMUX, " ".join("127.0.0.1:%d" % link.port for link in links)))

    def publish(self):
        for i in range(STREAMS):
            source = flv.Numbered(fps=10, audio_fps=10, gop=20, size=1000, name="s%02d" % i)
            self.feeders.append(rtmp.Feeder(self.encoder.publisher("s%d" % i), source.tags()))

    def forget_sent(self):
        for f in self.feeders:
            f.check()
            del f.sent[:-10]

    def number(self, name):
        """The newest picture of the stream of a viewer."""
        feeder = self.feeders[int(name.rpartition("s")[2])]
        return max((n[1] for n in map(flv.number_of, feeder.sent[-10:]) if n and n[0] == flv.VIDEO), default=0)

    def stop(self):
        for f in self.feeders:
            f.stop()
        for s in [self.encoder, *self.edges, *self.origins]:
            s.stop() if s.alive() else s.kill()
        for link in self.links:
            link.stop()


def viewers_of(leaf):
    return [kind(leaf, "s%d" % i) for i in range(STREAMS) for kind in (RtmpViewer, FlvViewer)]


# ---- faults -----------------------------------------------------------------------------------------------------------

def kill(server):
    server.kill()
    return server.start


def part(link):
    link.part()
    return link.join


def stall(link):
    link.stall(random.uniform(1, 5))
    return lambda: None


def slow(link):
    link.change(rate_kbit=random.choice((200, 1000)))
    return lambda: link.change(rate_kbit=0)


def late(link):
    link.change(delay_ms=random.choice((50, 400)), jitter_ms=50)
    return lambda: link.change(delay_ms=0, jitter_ms=0)


def cut(link):
    link.reset()
    return lambda: None


class Faults:
    """Faults under way: what each is at, when it ends, and how."""

    def __init__(self, tree):
        self.tree, self.under_way, self.counts = tree, {}, {}

    def begin_one(self):
        if random.random() < 0.3:
            what, at = kill, random.choice(self.tree.origins + self.tree.middle + self.tree.leaves[1:])
        else:
            what, at = random.choice((part, stall, slow, late, cut)), random.choice(self.tree.links)
        if at in self.under_way:
            return
        self.counts[what.__name__] = self.counts.get(what.__name__, 0) + 1
        print("  %s %-6s %s" % (clock(), what.__name__, at.name), flush=True)
        self.under_way[at] = (time.monotonic() + random.uniform(0.5, 8), what(at))

    def mend(self, all_of_them=False):
        now = time.monotonic()
        for at, (until, how) in list(self.under_way.items()):
            if all_of_them or now >= until:
                how()
                del self.under_way[at]


# ---- the run ------------------------------------------------------------------------------------------------------------

class Soak:
    def __init__(self, tree):
        self.tree, self.faults, self.audience, self.problems = tree, Faults(tree), Audience(), []
        self.pids = {leaf: leaf.pid for leaf in tree.leaves}
        self.records, self.slowest_s = [], 0

    def fill(self):
        """Players at both leaves; those of a leaf that was killed are replaced."""
        for leaf in self.tree.leaves:
            mine = [p for p in self.audience.players if p.server is leaf]
            if mine and self.pids[leaf] == leaf.pid:
                continue
            self.records += [p.record for p in mine]
            self.audience.drop(mine)
            if leaf.alive():
                self.pids[leaf] = leaf.pid
                self.audience.join_in(viewers_of(leaf))

    def round(self):
        until = time.monotonic() + FAULTS_S
        while time.monotonic() < until:
            self.faults.mend()
            self.faults.begin_one()
            self.tree.forget_sent()
            time.sleep(random.uniform(0.5, 3))
        self.faults.mend(True)
        self.fill()
        self.wait_playing()

    def wait_playing(self):
        began = time.monotonic()
        wanted = {p: self.tree.number(p.name) + MORE_PICTURES for p in self.audience.players}
        while (late_ones := [p for p, n in wanted.items() if p.record.number < n]) and time.monotonic() < began + MEND_S:
            time.sleep(0.1)
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        for p in late_ones[:10]:
            self.problems.append("%s at %s %s" % (p.name, p.server.name, "is disconnected: %r" % p.error if p.closed else "does not play"))
        print("    all of %d players play again after %.1f s" % (len(wanted), time.monotonic() - began) if not late_ones else
              "    %d of %d players do not play" % (len(late_ones), len(wanted)), flush=True)

    def rest(self):
        """Let all players leave; what each edge holds then: {edge: (pid, descriptors, bytes)}."""
        self.records += [p.record for p in self.audience.players]
        self.audience.drop(list(self.audience.players))
        deadline = time.monotonic() + CALM_S
        while (busy := [s.name for s in self.tree.edges if active(s)]) and time.monotonic() < deadline:
            time.sleep(0.2)
        if busy:
            self.problems.append("streams are pulled without players at " + " ".join(busy))
        time.sleep(2)
        return {s: (s.pid, s.n_fds(), held_by(s)) for s in self.tree.edges}

    def judge(self, before, after):
        may_hold = max(held for _, _, held in before.values()) + HELD_MORE     # one that was just started had no need of buffers yet
        for s, (pid, fds, held) in after.items():
            print("    %-8s descriptors %d, %d after the first round; held %d bytes, %d%s" % (
                s.name, fds, before[s][1], held, before[s][2], "" if pid == before[s][0] else "; it was started again"))
            if fds > before[s][1] or held > may_hold:
                self.problems.append("%s keeps something" % s.name)
        for where in sorted({w for r in self.records for w in r.where})[:20]:
            print("    " + where)
        for what in ("repeats", "backward"):
            n = sum(getattr(r, what) for r in self.records)
            if n:
                self.problems.append("%d %s of %d players" % (n, what, sum(getattr(r, what) > 0 for r in self.records)))


def held_by(server):
    """Bytes that the server holds, without the histories of its numbers, which grow for hours."""
    data = Api(server).get("/api/v1/memory")["data"]
    return data["held"] - data["kinds"]["histories"]


def active(server):
    return any(s["publish"]["active"] for s in Api(server).get("/api/v1/streams/?count=1000")["streams"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--keep", action="store_true", help="keep the folder of the servers, with their logs")
    args = parser.parse_args()
    random.seed(args.seed)
    folder = tempfile.mkdtemp(prefix="soak-cluster-")
    print("%s, seed %d, servers in %s" % (BINARY, args.seed, folder), flush=True)
    tree = Tree(folder)
    try:
        tree.publish()
        soak = Soak(tree)
        soak.fill()
        soak.wait_playing()
        soak.round()
        before, until, n = soak.rest(), time.monotonic() + args.minutes * 60, 1
        while time.monotonic() < until and not soak.problems:
            soak.fill()
            n += 1
            print("round %d" % n, flush=True)
            soak.round()
        soak.judge(before, soak.rest())
    finally:
        tree.stop()
    print("%d rounds, faults: %s" % (n, ", ".join("%d %s" % (count, what) for what, count in sorted(soak.faults.counts.items()))))
    print("%d players, %d pictures, %d missed; the slowest played again after %.1f s" % (
        len(soak.records), sum(r.pictures for r in soak.records), sum(r.missed for r in soak.records), soak.slowest_s))
    for problem in soak.problems:
        print("PROBLEM " + problem)
    print("FAIL" if soak.problems else "PASS")
    if not args.keep and not soak.problems:
        shutil.rmtree(folder)
    return 1 if soak.problems else 0


if __name__ == "__main__":
    sys.exit(main())
