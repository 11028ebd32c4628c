#!/usr/bin/python3
"""The cost of one stream's trouble for the others: the latency of bystanders with and without it, and memory.

    make bench-faults                      all of them, three minutes
    research/bench/faults.py join killed   some; --list names them

Bystanders are 100 players of a stream of their own on the same server. The fault comes and goes in turns while they
play; the ratio is the median, over the turns, of their p99 with it to their p99 just before. They share the machine
with the load, not only the server. So with --control the same load also goes, in the same turns, to another process
of the server, which shows the machine's part: a row that is not above it meets the target too.

Memory is the maximum of samples every 50 ms, minus the memory before the fault's stream came. It should stay within
queue_length × bit rate of that stream, plus an allowance. Writes objs/bench/faults.json.
"""

import argparse
import contextlib
import os
import sys
import time

sys.dont_write_bytecode = True  # a run writes only to objs

import lab
from clips import clip, tiny_clip
from servers import Srs
from table import Table

TURNS, SECONDS, SETTLE_S = 3, 4, 1
P99_RATIO = 1.2

# The allowance beyond queue_length × bit rate: bytes of a round, frames being received, and the cost of each player.
ALLOWANCE_KIB, PLAYER_KIB = 16 << 10, 12
CAP_KIB = 256 << 10  # SOURCE_BYTES_MAX


@contextlib.contextmanager
def together(*loads):
    """Load tools that run as long as the block does."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(load) for load in loads]


def crowd(server, n, **options):
    return lab.players(server, n, stream="trouble", duration=3600, **options)


class Fault:
    """A fault. `bitrate` and `queue_s` bound the memory; `players` is the largest number of players."""

    bitrate_mbit, queue_s, players = 0.69, 30, 0
    vhost = ""
    capped = False
    against_elsewhere = None  # bound of the bystanders' p99, relative to their p99 while the same load goes elsewhere

    def stream(self, server):
        """The part of the load that stays all the time."""
        return contextlib.nullcontext()

    def trouble(self, server):
        raise NotImplementedError

    def conf(self):
        return f"play {{ queue_length {self.queue_s}; }} {self.vhost}"

    def limit_kib(self):
        log_kib = self.queue_s * self.bitrate_mbit * 1e6 / 8 / 1024
        return round(min(log_kib, CAP_KIB) + ALLOWANCE_KIB + PLAYER_KIB * self.players)


class Fast(Fault):
    """a publisher faster than real time, as fast as it goes; 10 players read, 10 do not"""

    players = 20

    def trouble(self, server):
        return together(lab.publishers(server, stream="trouble", speed=0), crowd(server, 20, slow=10))


class Fat(Fault):
    """a stream of 50 Mbit/s; 10 players read, 10 do not"""

    bitrate_mbit, queue_s, players = 50, 4, 20

    def trouble(self, server):
        return together(lab.publishers(server, stream="trouble", clip=clip(50, 2)), crowd(server, 20, slow=10, drain=True))


class Join(Fault):
    """500 players join at once, 4 s GOPs at 20 Mbit/s"""

    bitrate_mbit, queue_s, players = 20, 10, 500
    against_elsewhere = 1.5

    def stream(self, server):
        return lab.publishers(server, stream="trouble", clip=clip(20, 4))

    def trouble(self, server):
        return together(crowd(server, self.players, rate=0, drain=True))


class Sip(Join):
    """500 players read one byte a second, of 20 Mbit/s"""

    against_elsewhere = None

    def trouble(self, server):
        return together(crowd(server, self.players, slow=self.players, sip=1))


class Killed(Join):
    """players of 20 Mbit/s are killed by the hundred while they are sent to"""

    players = 100
    against_elsewhere = 1.2

    @contextlib.contextmanager
    def trouble(self, server):
        def come_and_go():
            with crowd(server, self.players, rate=0, drain=True) as load:
                load.ready()
                time.sleep(0.1)
                load.kill()
        with lab.Sampling(0, come_and_go) as sampling:
            yield
        if sampling.failure:
            raise lab.Failed(f"the players: {sampling.failure}")


class Flood(Fault):
    """a publisher of frames of a few bytes, as fast as it goes; 100 players read"""

    bitrate_mbit, players = 60, 100
    against_elsewhere = 1.5

    def trouble(self, server):
        return together(lab.publishers(server, stream="trouble", clip=tiny_clip(), speed=0),
                        crowd(server, self.players, drain=True))


class Cap(Fault):
    """the hard cap: 400 Mbit/s, queue_length an hour, a player does not read"""

    bitrate_mbit, queue_s, players = 400, 3600, 2
    capped = True

    def stream(self, server):
        return together(lab.publishers(server, stream="trouble", clip=clip(50, 2), speed=8), crowd(server, 1, slow=1))

    def trouble(self, server):
        return together(crowd(server, 1, drain=True))


FAULTS = {"fast": Fast, "fat": Fat, "join": Join, "sip": Sip, "killed": Killed, "flood": Flood, "cap": Cap}


def run(fault, control):
    """Run one server with bystanders, and the fault that comes and goes: returns p99 by phase, and memory."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Srs(fault.conf()))
        other = stack.enter_context(Srs(fault.conf())) if control else None
        others = stack.enter_context(lab.Bystanders(server))
        before = server.rss_kib()
        peak = [before]
        stack.enter_context(lab.Sampling(0.05, lambda: peak.append(max(peak.pop(), server.rss_kib()))))
        stack.enter_context(fault.stream(server))
        if control:
            stack.enter_context(fault.stream(other))
        for _ in range(TURNS):
            with others.phase("without"):
                time.sleep(SECONDS)
            for phase, target in (("with", server), ("elsewhere", other)):
                if target:
                    with others.phase(phase), fault.trouble(target):
                        time.sleep(SECONDS)
                    time.sleep(SETTLE_S)
        p99, lost = others.result()
        return {"p99_ms": p99, **lost, "before_kib": before, "peak_kib": peak[0], "limit_kib": fault.limit_kib(),
                "log": [line for line in server.log().splitlines() if "trouble" in line and "bytes, more than" in line]}


def row(name, control):
    fault = FAULTS[name]()

    def measure(table):
        out = run(fault, control or fault.against_elsewhere)
        table.runs[name] = out
        p99 = out["p99_ms"]
        for phase, values in p99.items():
            lab.say(f"    bystanders' p99 {phase}: {', '.join(f'{v:.1f}' for v in values)} ms")
        if fault.against_elsewhere:
            table.target(f"{name}: the bystanders' p99 with it ÷ the same load elsewhere", lab.times(p99, "with", "elsewhere"),
                         fault.against_elsewhere)
            table.target(f"{name}: the bystanders' p99 with it ÷ without", lab.times(p99, "with", "without"), None)
            return finish(table, out)
        machine_s_part = control and lab.times(p99, "with", "elsewhere") <= P99_RATIO
        table.target(f"{name}: the bystanders' p99 with it ÷ without", lab.times(p99, "with", "without"), P99_RATIO,
                     or_else=machine_s_part)
        if control:
            table.target(f"{name}: the same while the load goes to another process", lab.times(p99, "elsewhere", "without"), None)
        finish(table, out)

    def finish(table, out):
        table.target(f"{name}: pictures lost by bystanders", out["gaps"] + out["dropped"], 0)
        table.target(f"{name}: memory over before", (out["peak_kib"] - out["before_kib"]) / 1024, out["limit_kib"] // 1024, " MiB")
        if fault.capped:
            table.target(f"{name}: not told in the log", int(not out["log"]), 0)

    measure.__doc__ = fault.__doc__
    return measure


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("faults", nargs="*", help="some of: " + " ".join(FAULTS))
    parser.add_argument("--control", action="store_true", help="the same load to another process too")
    parser.add_argument("--list", action="store_true", help="what faults there are")
    args = parser.parse_args()
    if args.list or set(args.faults) - set(FAULTS):
        for name, fault in FAULTS.items():
            lab.say(f"{name:<8} {fault.__doc__}")
        sys.exit(0 if args.list else 2)

    table, machine, begun = Table(), lab.machine(), time.monotonic()
    for name in args.faults or FAULTS:
        table.measure(name, row(name, args.control))
    machine["load_after"] = os.getloadavg()[0]
    lab.say("written: " + lab.save("faults.json", {"machine": machine, "table": table.rows, "runs": table.runs}))
    lab.say(f"{time.monotonic() - begun:.0f} seconds")


if __name__ == "__main__":
    lab.run(main)
