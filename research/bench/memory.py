#!/usr/bin/python3
"""The cost of a player and of a publisher in the server's resident memory.

    research/bench/memory.py [--players 1000] [--publishers 300]

Each figure is from a server of its own: the memory with all clients, minus the memory after a first client has come
and gone, so that things that are loaded once do not count. Writes objs/bench/memory.json.
"""

import argparse
import sys
import time

sys.dont_write_bytecode = True  # a run writes only to objs

import lab
from servers import Srs, need

SETTLE_S = 2

# The measured kinds of clients, as the result names them, and their targets in KiB each.
TARGETS = {"silent_player": 12, "player": 12, "http_flv_player": 12, "https_flv_player": 25, "publisher": 64}


def warmed_up(server):
    """Start a server; one client of each kind comes and goes."""
    with lab.publishers(server, stream="warm-up") as publisher:
        with lab.players(server, 1, stream="warm-up", duration=1, warmup=0) as one:
            one.ready()
            one.stop()
        publisher.stop()
    time.sleep(0.5)
    return lab.memory(server.pid)


def difference(after, before, n):
    return {kind: round((after[kind] - before[kind]) / n, 2) for kind in after}


def silent_players(n):
    with Srs() as server:
        before = warmed_up(server)
        with lab.players(server, n, stream="nobody", silent=True, duration=60) as load:
            load.ready()
            time.sleep(SETTLE_S)
            during = lab.memory(server.pid)
            result = load.stop()
        time.sleep(SETTLE_S)
        return report("silent player", n, before, during, result["connected"], after=lab.memory(server.pid))


def live_players(n, wire="rtmp"):
    if wire != "rtmp":
        need(wire)
    with Srs("", wire) as server:
        warmed_up(server)
        with lab.publishers(server):
            time.sleep(5)  # a whole GOP
            before = lab.memory(server.pid)
            with lab.players(server, n, wire=wire, duration=60) as load:
                load.ready()
                time.sleep(2 * SETTLE_S)
                during = lab.memory(server.pid)
                result = load.stop()
            time.sleep(SETTLE_S)
            return report({"rtmp": "player", "flv": "HTTP-FLV player", "https": "HTTPS-FLV player"}[wire], n, before, during, result["connected"], after=lab.memory(server.pid))


def publishers(n, gop_cache):
    with Srs(f"play {{ gop_cache {'on' if gop_cache else 'off'}; }}") as server:
        before = warmed_up(server)
        with lab.publishers(server, n, stream="s%d") as load:
            time.sleep(3)
            during = lab.memory(server.pid)
            result = load.stop()
        time.sleep(SETTLE_S)
        name = "publisher" + (" with its GOP" if gop_cache else "")
        return report(name, n, before, during, result["publishing"], after=lab.memory(server.pid))


def report(name, n, before, during, connected, after):
    each = difference(during, before, n)
    if connected != n:
        lab.say(f"  only {connected} of {n} connected")
    lab.say(f"{n} x {name}: {each['rss']:.1f} KiB each (heap {each['heap']:.1f}, stacks and mappings {each['anon']:.1f}); "
            f"{(after['rss'] - before['rss']) / n:.1f} KiB each stay when they have gone")
    return {"n": n, "connected": connected, "kib_each": each, "before_kib": before, "during_kib": during,
            "after_kib": after}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--players", type=int, default=1000)
    parser.add_argument("--publishers", type=int, default=300)
    args = parser.parse_args()

    measurements = {
        "silent_player": lambda: silent_players(args.players),
        "player": lambda: live_players(args.players),
        "http_flv_player": lambda: live_players(args.players, "flv"),
        "https_flv_player": lambda: live_players(args.players, "https"),
        "publisher": lambda: publishers(args.publishers, gop_cache=False),
        "publisher_with_gop": lambda: publishers(args.publishers, gop_cache=True),
    }
    results = {"machine": lab.machine()}
    for what, measure in measurements.items():
        try:
            results[what] = measure()
        except lab.Skipped as e:
            lab.say(f"{what.replace('_', ' ')}: left out: {e}")
    for what, target in TARGETS.items():
        if what in results:
            kib = results[what]["kib_each"]["rss"]
            results[what]["target_kib"] = target
            lab.say(f"{what.replace('_', ' ')}: {kib:.1f} KiB, target {target}: {'met' if kib <= target else 'missed'}")
    lab.say("written: " + lab.save("memory.json", results))


if __name__ == "__main__":
    lab.run(main)
