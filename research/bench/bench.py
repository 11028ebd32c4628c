#!/usr/bin/python3
"""This server against the bare loop and nginx-rtmp, in one run: the table and picture of doc/performance.md.

    make bench                             all of it, in under ten minutes
    research/bench/bench.py batch join     some rows; --list names them
    research/bench/bench.py --full         with ten thousand players for a minute

Contenders of a row take turns, round after round; a figure is the median over the rounds, a ratio the median of the
ratios within each round, so that what else the machine does falls on all of them. CPU time is the server's, user
and system, over the measured seconds, by /proc/PID/stat; bytes are those that players have received. Writes
objs/bench/bench.json with every run, and objs/bench/players.svg.
"""

import argparse
import os
import sys
import time

sys.dont_write_bytecode = True  # all that a run writes is in objs

import chart
import lab

BATCH = "play { mw_latency 350; }"
PROMPT = "min_latency on; play { mw_latency 0; }"

SIZES = (1, 10, 100, 300, 1000, 3000)
NGINX_SIZE_MAX = 1000  # beyond, one core is not enough for it


def floor(interval_ms):
    return lambda: lab.Floor(interval_ms)


# ---- one run: a server, its load, what came out --------------------------------------------------------------

def fan_out(make, n, seconds=5, **options):
    """`n` players of one stream."""
    with make() as server:
        publisher = lab.publishers(server) if server.scheme != "raw" else None
        try:
            with lab.players(server, n, duration=seconds, **options) as load:
                result = load.result()
        finally:
            if publisher:
                publisher.stop()
    return summary(result)


def summary(result):
    if result["connected"] + result["slow"] < result["players"]:
        lab.say(f"    {result['players'] - result['connected']} did not join: {result['why']}")
    latency = result["latency_ms"]
    return {"cpu": result["server"]["cpu_s_per_gbit"], "core": result["server"]["core"],
            "rss_mib": result["server"]["rss"] / 2**20, "p50": latency["p50"], "p99": latency["p99"],
            "max": latency["max"], "join_p99": result["join_ms"]["p99"], "interval": result["interval_ms"],
            "spread": result["spread_ms"], "pause": result["pause_ms"], "gaps": result["gaps"],
            "dropped": result["dropped"] + result["failed"], "players": result["players"]}


def ingest(make, n, seconds=5):
    """`n` publishers, nobody watches."""
    with make() as server:
        with lab.Load("rtmp_publishers", "--publishers", n, "--duration", seconds, "--pid", server.pid, lab.CLIP,
                      server.url("s%d")) as load:
            result = load.result()
    return {"cpu": result["server"]["cpu_s_per_gbit"], "core": result["server"]["core"],
            "rss_mib": result["server"]["rss"] / 2**20, "late_p99": result["late_ms"]["p99"],
            "blocked": result["blocked"], "dropped": result["failed"] + result["dropped"]}


def many_streams(make, n, seconds=5):
    """`n` streams with a player each."""
    with make() as server:
        with lab.publishers(server, n, stream="s%d", rate=500):
            with lab.players(server, n, stream="s%d", streams=n, duration=seconds) as load:
                result = load.result()
    return summary(result)


def joining(make, n, newcomers):
    """How soon newcomers get media while `n` others play."""
    with make() as server:
        with lab.publishers(server):
            with lab.players(server, n, duration=60) as others:
                others.ready()
                time.sleep(1)
                with lab.players(server, newcomers, rate=50, warmup=0, duration=0) as load:
                    result = load.result()
                others.stop()
    return {"p50": result["join_ms"]["p50"], "join_p99": result["join_ms"]["p99"], "max": result["join_ms"]["max"],
            "dropped": result["failed"] + result["dropped"]}


# ---- rows: contenders by turns, rounds, ratios -----------------------------------------------------------------

def rounds(contenders, n):
    """Run each contender once a round: {name: [run, …]}."""
    runs = {name: [] for name in contenders}
    for _ in range(n):
        for name, run in contenders.items():
            try:
                runs[name].append(run())
            except lab.Failed as e:
                lab.say(f"    {name}: {e}")
    return runs


def middle(runs, what):
    return lab.median([run[what] for run in runs]) if runs else None


def ratio(runs, one, other, what="cpu"):
    pairs = [(a[what], b[what]) for a, b in zip(runs[one], runs[other]) if b[what]]
    return lab.median([a / b for a, b in pairs]) if pairs else None


class Table:
    def __init__(self):
        self.rows, self.runs, self.sizes = [], {}, {}

    def target(self, what, value, limit, unit=""):
        """One line: a value that should not exceed its limit (None: stated only)."""
        if value is None:
            verdict = "not measured"
        else:
            verdict = "" if limit is None else "met" if value <= limit else "missed"
        self.rows.append({"what": what, "value": value, "unit": unit, "target": limit, "verdict": verdict})
        shown = "-" if value is None else f"{value:.2f}{unit}"
        wanted = "" if limit is None else f"target {limit:g}{unit}"
        lab.say(f"  {what:<66} {shown:>12}  {wanted:<16} {verdict}")

    def keep(self, row, runs):
        self.runs[row] = runs
        for name, list_of_runs in runs.items():
            if list_of_runs:
                cells = ", ".join(f"{key} {middle(list_of_runs, key):.4g}" for key in list_of_runs[0] if key != "players")
                lab.say(f"    {name}: {cells}")
        return runs


def row_batch(table):
    """1,000 players, a batch each 350 ms"""
    runs = table.keep("batch", rounds({"this server": lambda: fan_out(lambda: lab.Srs(BATCH), 1000),
                                       "floor": lambda: fan_out(floor(350), 1000)}, 3))
    table.target("1,000 players, mw_latency 350: CPU ÷ floor at 350 ms", ratio(runs, "this server", "floor"), 1.30)


def row_prompt(table):
    """1,000 players, each frame as it comes"""
    runs = table.keep("prompt", rounds({"this server": lambda: fan_out(lambda: lab.Srs(PROMPT), 1000),
                                        "nginx-rtmp": lambda: fan_out(lab.Nginx, 1000),
                                        "floor": lambda: fan_out(floor(0), 1000)}, 3))
    table.target("1,000 players, min_latency: CPU ÷ nginx-rtmp", ratio(runs, "this server", "nginx-rtmp"), 0.90)
    table.target("1,000 players, min_latency: CPU ÷ floor, each frame", ratio(runs, "this server", "floor"), None)


def row_sizes(table):
    """default config, 1 to 5,000 players, and the picture"""
    for n in SIZES:
        lab.say(f"    {n} players")
        contenders = {"this server": lambda n=n: fan_out(lab.Srs, n, 4), "floor, 350 ms": lambda n=n: fan_out(floor(350), n, 4)}
        if n <= NGINX_SIZE_MAX:
            contenders["nginx-rtmp"] = lambda n=n: fan_out(lab.Nginx, n, 4)
        runs = table.keep(f"size {n}", rounds(contenders, 1))
        table.sizes[n] = {name: {key: middle(r, key) for key in r[0]} for name, r in runs.items() if r}
    small = [table.sizes[n]["this server"] for n in SIZES if n <= 300]
    table.target("default config, 1 to 300 players: added latency p50, the worst", max(s["p50"] for s in small), 2, " ms")
    table.target("default config, 1 to 300 players: added latency p99, the worst", max(s["p99"] for s in small), 20, " ms")

    own = fan_out(lab.Srs, 5000, drain=True)
    interval = max(1, round(own["interval"]))
    bare = fan_out(floor(interval), 5000, drain=True)
    table.keep("5,000 players", {"this server": [own], f"floor, {interval} ms": [bare]})
    table.target(f"default config, 5,000 players: CPU ÷ floor at its interval, {interval} ms", own["cpu"] / bare["cpu"], 1.5)
    table.target("default config, 5,000 players: added latency p99", own["p99"], 500, " ms")
    table.target("default config, 5,000 players: dropped", own["dropped"], 0)


def row_ingest(table):
    """300 publishers"""
    runs = table.keep("ingest", rounds({"this server": lambda: ingest(lab.Srs, 300),
                                        "nginx-rtmp": lambda: ingest(lab.Nginx, 300)}, 3))
    table.target("300 publishers: CPU ÷ nginx-rtmp", ratio(runs, "this server", "nginx-rtmp"), 0.80)


def row_join(table):
    """joining while 1,000 play"""
    runs = table.keep("join", rounds({"this server": lambda: joining(lab.Srs, 1000, 100)}, 3))
    table.target("join with 1,000 others playing: first media p99", middle(runs["this server"], "join_p99"), 20, " ms")


def row_slow(table):
    """10 of 1,000 players stop reading"""
    runs = table.keep("slow", rounds({"all read": lambda: fan_out(lab.Srs, 1000),
                                      "10 do not": lambda: fan_out(lab.Srs, 1010, slow=10)}, 3))
    table.target("10 of 1,000 players stop reading: the others' p99 ÷ before", ratio(runs, "10 do not", "all read", "p99"), 1.2)


def row_streams(table):
    """1,000 streams with a player each"""
    runs = table.keep("streams", rounds({"1,000 x 1": lambda: many_streams(lab.Srs, 1000),
                                         "1 x 1,000": lambda: fan_out(lab.Srs, 1000)}, 2))
    table.target("1,000 streams x 1 player: CPU ÷ 1 stream x 1,000", ratio(runs, "1,000 x 1", "1 x 1,000"), None)


def row_full(table):
    """10,000 players for a minute"""
    own = fan_out(lambda: lab.Srs(BATCH), 10000, 60, drain=True)
    bare = fan_out(floor(350), 10000, 60, drain=True)
    table.keep("10,000 players", {"this server": [own], "floor": [bare]})
    table.target("10,000 players, mw_latency 350, 60 s: CPU ÷ floor", own["cpu"] / bare["cpu"], 1.3)
    table.target("10,000 players: memory", own["rss_mib"], 150, " MiB")
    table.target("10,000 players: dropped", own["dropped"], 0)
    table.target("10,000 players: apart", own["spread"], 350, " ms")


ROWS = {"batch": row_batch, "prompt": row_prompt, "sizes": row_sizes, "ingest": row_ingest, "join": row_join,
        "slow": row_slow, "streams": row_streams}


def draw(table, machine):
    names = list(next(iter(table.sizes.values())))
    cpu = {name: [(n, s[name]["core"] * 100) for n, s in table.sizes.items() if name in s] for name in names}
    latency = {f"{name} {p}": [(n, s[name][p]) for n, s in table.sizes.items() if name in s]
               for name in names if not name.startswith("floor") for p in ("p50", "p99")}
    path = os.path.join(lab.TOOLS, "players.svg")
    chart.draw(path, [("CPU of the server", "players of one stream", "percent of a core", cpu),
                      ("Added latency", "players of one stream", "milliseconds", latency)],
               f"{machine['cpu']}, {machine['cores']} cores, {machine['date']}")
    lab.say("written: " + path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("rows", nargs="*", help="some of: " + " ".join(ROWS))
    parser.add_argument("--full", action="store_true", help="with 10,000 players for a minute")
    parser.add_argument("--list", action="store_true", help="what rows there are")
    args = parser.parse_args()
    if args.list or set(args.rows) - set(ROWS):
        for name, row in ROWS.items():
            lab.say(f"{name:<8} {row.__doc__}")
        sys.exit(0 if args.list else 2)

    table, machine, begun = Table(), lab.machine(), time.monotonic()
    lab.say(f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, load average "
            f"{machine['load_before']:.2f}: what else runs here shows in the latencies")
    lab.say("CPU is seconds per Gbit that arrived; core: of one core; times in ms")
    for name in args.rows or ROWS:
        lab.say(f"{name}: {ROWS[name].__doc__}")
        ROWS[name](table)
    if args.full:
        lab.say(f"full: {row_full.__doc__}")
        row_full(table)
    machine["load_after"] = os.getloadavg()[0]
    if table.sizes:
        draw(table, machine)
    lab.say("written: " + lab.save("bench.json", {"machine": machine, "table": table.rows, "runs": table.runs}))
    lab.say(f"{time.monotonic() - begun:.0f} seconds")


if __name__ == "__main__":
    lab.run(main)
