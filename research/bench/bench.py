#!/usr/bin/python3
"""This server against the bare loop, nginx and node-media-server, in one run: the tables of doc/performance.md.

    make bench                             all of it, in about 25 minutes
    research/bench/bench.py batch join     some rows; --list names them
    research/bench/bench.py --full         with ten thousand players for a minute
    research/bench/bench.py --quick        some rows with a few clients: only shows that they work

Contenders of a row take turns, round after round. A figure is the median over the rounds, a ratio the median of the
ratios within each round, so that other work of the machine affects all contenders alike. CPU time is the server's,
user and system, over the measured seconds, by /proc; bytes are those that players have received. A contender that is
not installed, and a row that this server cannot serve, is left out with a reason. Writes objs/bench/bench.json with
every run, and objs/bench/players.svg.
"""

import argparse
import os
import sys
import time

sys.dont_write_bytecode = True  # a run writes only to objs

import callbacks
import chart
import console
import edges
import hls
import hls_memory
import lab
import pictures
import recording
import rtc
from runs import (aes_s_per_gbit, beside_work, fan_out, forwarding, ingest, joining, many_streams, nginx_files, own, own_files,
                  polled, pulling, scraped, stream_kib, tokens)
from servers import Floor, Nginx, NodeMediaServer, Srs
from table import Table, middle, ratio, rounds

BATCH = "play { mw_latency 350; }"
PROMPT = "min_latency on; play { mw_latency 0; }"

SIZES = (1, 10, 100, 300, 1000, 3000)
NGINX_SIZE_MAX = 1000  # one core is not enough for more
NODE_PLAYERS = 300     # more fill its core
HLS_PLAYERS, LATENCY_MINUTES = 2000, 1

# The rows that --quick runs, and with how much.
QUICK = {
    "api": {"streams": 3, "clients": 20, "bystanders": 5, "turns": 1, "seconds": 1},
    "metrics": {"streams": 3, "clients": 20, "bystanders": 5, "turns": 1, "seconds": 1},
    "hooks": {"bystanders": 5, "rate": 20, "turns": 1, "seconds": 1},
    "hooks-mute": {"bystanders": 5, "clients": 10, "turns": 1, "seconds": 1, "joining_s": 2},
    "console": {"streams": 10, "turns": 1, "alone_s": 1, "seconds": 1},
    "tokens": {"rounds": 1, "checks": 10},
    "snapshot": {"bystanders": 5, "turns": 1, "seconds": 1},
    "forward": {"streams": 5, "turns": 1, "seconds": 1},
    "pull": {"streams": 5, "turns": 1, "seconds": 1},
    "record": {"streams": 5, "bystanders": 5, "turns": 1, "seconds": 1},
    **edges.QUICK,
    **rtc.QUICK,
}


def floor(interval_ms):
    return lambda: Floor(interval_ms)


def row_batch(table):
    """1,000 players, a batch each 350 ms"""
    runs = table.keep("batch", rounds({"this server": lambda: own(BATCH, 1000),
                                       "this server, HTTP-FLV": lambda: own(BATCH, 1000, "flv"),
                                       "this server, HTTP-TS": lambda: own(BATCH, 1000, "ts"),
                                       "this server, HTTPS-FLV": lambda: own(BATCH, 1000, "https"),
                                       "floor": lambda: fan_out(floor(350), 1000)}, 3))
    table.target("1,000 players, mw_latency 350: CPU ÷ floor at 350 ms", ratio(runs, "this server", "floor"), 1.30)
    table.target("1,000 HTTP-FLV players, mw_latency 350: CPU ÷ floor at 350 ms",
                 ratio(runs, "this server, HTTP-FLV", "floor"), 1.30)
    table.target("1,000 HTTP-TS players, mw_latency 350: CPU ÷ floor at 350 ms",
                 ratio(runs, "this server, HTTP-TS", "floor"), 1.60)
    table.target("1,000 HTTPS-FLV players, mw_latency 350: CPU ÷ HTTP-FLV",
                 ratio(runs, "this server, HTTPS-FLV", "this server, HTTP-FLV"), 2.0)


def row_prompt(table):
    """1,000 players, each frame as it comes"""
    runs = table.keep("prompt", rounds({"this server": lambda: own(PROMPT, 1000),
                                        "nginx-rtmp": lambda: fan_out(Nginx, 1000),
                                        "this server, HTTP-FLV": lambda: own(PROMPT, 1000, "flv"),
                                        "floor": lambda: fan_out(floor(0), 1000)}, 3))
    table.target("1,000 players, min_latency: CPU ÷ nginx-rtmp", ratio(runs, "this server", "nginx-rtmp"), 0.90)
    table.target("1,000 players, min_latency: CPU ÷ floor, each frame", ratio(runs, "this server", "floor"), None)
    table.target("1,000 HTTP-FLV players, min_latency: CPU ÷ floor, each frame",
                 ratio(runs, "this server, HTTP-FLV", "floor"), None)


def row_node(table):
    """300 players, each frame as it comes, beside node-media-server"""
    runs = table.keep("node", rounds({
        "node-media-server": lambda: fan_out(NodeMediaServer, NODE_PLAYERS),
        "node-media-server, HTTP-FLV": lambda: fan_out(NodeMediaServer, NODE_PLAYERS, wire="flv"),
        "this server": lambda: own(PROMPT, NODE_PLAYERS),
        "this server, HTTP-FLV": lambda: own(PROMPT, NODE_PLAYERS, "flv")}, 1))
    table.target("300 players, min_latency: CPU ÷ node-media-server", ratio(runs, "this server", "node-media-server"),
                 None)
    table.target("300 HTTP-FLV players, min_latency: CPU ÷ node-media-server",
                 ratio(runs, "this server, HTTP-FLV", "node-media-server, HTTP-FLV"), None)


def row_sizes(table):
    """default config, 1 to 5,000 players, and the picture"""
    for n in SIZES:
        lab.say(f"    {n} players")
        contenders = {"this server": lambda n=n: own("", n, seconds=3),
                      "floor, 350 ms": lambda n=n: fan_out(floor(350), n, 3)}
        if n <= NGINX_SIZE_MAX:
            contenders["nginx-rtmp"] = lambda n=n: fan_out(Nginx, n, 3)
        runs = table.keep(f"size {n}", rounds(contenders, 1))
        table.sizes[n] = {name: {key: middle(r, key) for key in r[0]} for name, r in runs.items() if r}
    small = [table.sizes[n]["this server"] for n in SIZES if n <= 300]
    table.target("default config, 1 to 300 players: added latency p50, the worst", max(s["p50"] for s in small), 2, " ms")
    table.target("default config, 1 to 300 players: added latency p99, the worst", max(s["p99"] for s in small), 20, " ms")

    mine = own("", 5000, drain=True)
    interval = max(1, round(mine["interval"]))
    bare = fan_out(floor(interval), 5000, drain=True)
    table.keep("5,000 players", {"this server": [mine], f"floor, {interval} ms": [bare]})
    table.target(f"default config, 5,000 players: CPU ÷ floor at its interval, {interval} ms", mine["cpu"] / bare["cpu"], 1.5)
    table.target("default config, 5,000 players: added latency p99", mine["p99"], 500, " ms")
    table.target("default config, 5,000 players: dropped", mine["dropped"], 0)


def row_ingest(table):
    """300 publishers"""
    runs = table.keep("ingest", rounds({"this server": lambda: ingest(Srs, 300),
                                        "nginx-rtmp": lambda: ingest(Nginx, 300)}, 3))
    table.target("300 publishers: CPU ÷ nginx-rtmp", ratio(runs, "this server", "nginx-rtmp"), 0.80)


def row_join(table):
    """joining while 1,000 play"""
    runs = table.keep("join", rounds({"this server": lambda: joining(Srs, 1000, 100)}, 3))
    table.target("join with 1,000 others playing: first media p99", middle(runs["this server"], "join_p99"), 20, " ms")


def row_join_batch(table):
    """joining while 500 play, a batch each 350 ms"""
    runs = table.keep("join batch", rounds({
        "this server": lambda: joining(lambda: Srs(BATCH), 500, 100),
        "this server, HTTP-FLV": lambda: joining(lambda: Srs(BATCH, "flv"), 500, 100, wire="flv"),
        "this server, HTTP-TS": lambda: joining(lambda: Srs(BATCH, "ts"), 500, 100, wire="ts")}, 3))
    for name, kind in (("this server", ""), ("this server, HTTP-FLV", " by HTTP-FLV"), ("this server, HTTP-TS", " by HTTP-TS")):
        table.target(f"join with 500 others playing, mw_latency 350{kind}: first media p99",
                     middle(runs[name], "join_p99"), 20, " ms")


def row_shared(table):
    """500 players on a host whose cores niced work wants"""
    runs = table.keep("shared", rounds({"this server": lambda: beside_work("", 500),
                                        "this server, alone": lambda: own("", 500)}, 3))
    table.target("500 players, niced work on every core: added latency p99", middle(runs["this server"], "p99"), 60, " ms")


def row_slow(table):
    """10 of 1,000 players stop reading"""
    runs = table.keep("slow", rounds({"all read": lambda: own("", 1000),
                                      "10 do not": lambda: own("", 1010, slow=10)}, 3))
    table.target("10 of 1,000 players stop reading: the others' p99 ÷ before", ratio(runs, "10 do not", "all read", "p99"), 1.2)


def row_streams(table):
    """1,000 streams with a player each"""
    runs = table.keep("streams", rounds({"1,000 x 1": lambda: many_streams(Srs, 1000),
                                         "1 x 1,000": lambda: own("", 1000)}, 3))
    table.target("1,000 streams x 1 player: CPU ÷ 1 stream x 1,000", ratio(runs, "1,000 x 1", "1 x 1,000"), 1.8)
    busy = middle(runs["1,000 x 1"], "core")
    table.target(f"1,000 streams x 1 player: added latency p99, {busy:.0%} of a core busy (to be judged up to 70 %)",
                 middle(runs["1,000 x 1"], "p99"), 40 if busy <= 0.7 else None, " ms")
    table.target("1,000 streams x 1 player: memory a stream beside its GOP", stream_kib(1000), 60, " KiB")


def row_forward(table):
    """100 streams pushed to another server"""
    how = {"streams": 100, "turns": 3, "seconds": 4, **table.how("forward")}
    n, seconds = how["streams"], how["seconds"]
    runs = table.keep("forward", rounds({"forward": lambda: forwarding(n, seconds),
                                         "players": lambda: many_streams(Srs, n, seconds),
                                         "ingest alone": lambda: ingest(Srs, n, seconds)}, how["turns"]))
    cores = list(zip(*([run["core"] for run in runs[name]] for name in ("forward", "players", "ingest alone"))))
    table.target(f"{n} streams pushed to a server: CPU per Gbit ÷ {n} players", ratio(runs, "forward", "players"), 1.2)
    ratios = [(push - bare) / (play - bare) for push, play, bare in cores if play > bare]
    table.target(f"{n} streams pushed to a server, CPU over ingest alone ÷ {n} players", lab.median(ratios) if ratios else None, None)


def row_record(table):
    """100 streams that are recorded"""
    how = {"streams": 100, "bystanders": 100, "turns": 3, "seconds": 4, **table.how("record")}
    turns = how.pop("turns")
    runs = table.keep("record", rounds({"recorded": lambda: recording.run(True, **how),
                                        "ingest alone": lambda: recording.run(False, **how)}, turns))
    pairs = list(zip(runs["recorded"], runs["ingest alone"]))
    ratios = [(one["core"] - other["core"]) / one["bare_core"] for one, other in pairs if one["bare_core"]]
    n = how["streams"]
    table.target(f"{n} streams recorded: CPU over ingest alone ÷ bare write of the same bytes", lab.median(ratios) if ratios else None, 1.5)
    table.target("the same: p99 of the players of another stream ÷ nothing recorded", ratio(runs, "recorded", "ingest alone", "p99"), 1.2)


def row_pull(table):
    """300 streams pulled from another server"""
    how = {"streams": 300, "turns": 3, "seconds": 4, **table.how("pull")}
    n, seconds = how["streams"], how["seconds"]
    runs = table.keep("pull", rounds({"pull": lambda: pulling(n, seconds), "publishers": lambda: ingest(Srs, n, seconds)}, how["turns"]))
    table.target(f"{n} streams pulled from a server: CPU per Gbit ÷ {n} publishers", ratio(runs, "pull", "publishers"), 1.1)


def row_tls(table):
    """1,000 HTTPS-FLV players beside HTTP-FLV and bare AES of the same bytes"""
    runs = table.keep("tls", rounds({"HTTPS-FLV": lambda: own(BATCH, 1000, "https"),
                                     "HTTP-FLV": lambda: own(BATCH, 1000, "flv")}, 3))
    aes = aes_s_per_gbit()
    pairs = [(tls["cpu"], plain["cpu"] + aes) for tls, plain in zip(runs["HTTPS-FLV"], runs["HTTP-FLV"])]
    table.target(f"1,000 HTTPS-FLV players, mw_latency 350: CPU ÷ (HTTP-FLV + AES, {aes:.3f} s/Gbit)",
                 lab.median([one / both for one, both in pairs]) if pairs else None, 1.1)


def row_files(table):
    """files of 1 MiB, 50 connections"""
    runs = table.keep("files", rounds({"this server": own_files, "nginx": nginx_files}, 3))
    table.target("files of 1 MiB: CPU per Gbit ÷ nginx", ratio(runs, "this server", "nginx"), 1.3)


def row_api(table):
    """the API polled 100 times a second, 1,000 streams, 5,000 clients"""
    runs = table.keep("api", {"this server": [polled(**table.how("api"))]})
    table.target("API polled, 1,000 streams, 5,000 clients: live p99 ÷ not polled", middle(runs["this server"], "ratio"), 1.2)


def row_metrics(table):
    """metrics scraped, 1,000 streams, 10,000 clients"""
    runs = table.keep("metrics", {"this server": [scraped(**table.how("metrics"))]})
    table.target("metrics scraped each second, 1,000 streams, 10,000 clients: ms of CPU", middle(runs["this server"], "cpu_ms"), 20)
    table.target("the same ten times a second: live p99 ÷ not scraped", middle(runs["this server"], "ratio"), 1.2)


def row_hooks(table):
    """1,000 joins a second, a backend that answers each after 50 ms"""
    runs = table.keep("hooks", {"this server": [callbacks.asking_joins(**table.how("hooks"))]})["this server"]
    table.target("1,000 joins a second that ask a backend (50 ms): p99 of 500 others ÷ no joins", middle(runs, "ratio"), 1.2)
    table.target("the same ÷ the same joins without asking", middle(runs, "ratio_free"), None)
    table.target("the same: p99 of the joins", middle(runs, "join_p99"), None, " ms")


def row_hooks_mute(table):
    """500 clients wait for a backend that never answers"""
    runs = table.keep("hooks-mute", {"this server": [callbacks.waiting_clients(**table.how("hooks-mute"))]})["this server"]
    table.target("500 clients wait for a mute backend: p99 of 500 others ÷ none wait", middle(runs, "ratio"), 1.2)
    table.target("a client that waits for a backend: memory", middle(runs, "kib"), 16, " KiB")


def row_console(table):
    """the console open on 1,000 streams"""
    runs = table.keep("console", {"this server": [console.shown(**table.how("console"))]})["this server"]
    table.target("console on 1,000 streams, the requests alone: of one core", middle(runs, "core"), 0.01)
    if "fps" not in runs[0]:
        table.skip("console on 1,000 streams in Chromium", "Chromium does not run here")
        return
    table.target("console on 1,000 streams in Chromium: of one core", middle(runs, "chromium_core"), 0.01)
    table.target("its list while it scrolls: frames a second", middle(runs, "fps"), None)
    table.target("its list while it scrolls: ms a frame", 1e3 / middle(runs, "fps"), 17, " ms")


def row_tokens(table):
    """the check of a token"""
    runs = tokens(**table.how("tokens"))
    table.runs["tokens"] = runs
    for form, us in runs.items():
        table.target(f"check of a token, {form}", lab.median(us), 200 if form.startswith("jwt") else 50, " µs")


def row_snapshot(table):
    """pictures of a stream of 1080p, beside 500 players"""
    runs = table.keep("snapshot", {"this server": [pictures.asked(**table.how("snapshot"))]})["this server"]
    table.target("a picture of 1080p that has to be made, beside 500 players: p99", middle(runs, "picture_p99"), 150, " ms")
    table.target("the same, ten a second: p99 of the players ÷ none are asked for", middle(runs, "ratio"), 1.2)
    table.target("a picture of 1080p: CPU", middle(runs, "cpu_ms"), None, " ms")


def row_hls(table):
    """2,000 HLS players, segments of 2 s"""
    n = table.hls_players
    runs = table.keep("hls", rounds({"this server": lambda: hls.polling(n),
                                     "nginx": lambda: hls.polling_nginx(n)}, 3))
    table.target(f"{n:,} HLS players: CPU per Gbit ÷ nginx", ratio(runs, "this server", "nginx"), 0.8)
    table.target(f"{n:,} HLS players: stalls", middle(runs["this server"], "stalls"), 0)


def row_ll(table):
    """2,000 HLS players with low latency, parts of 0.2 s"""
    n = table.hls_players
    runs = table.keep("ll", rounds({"this server": lambda: hls.low_latency(n)}, 3))
    mine = runs["this server"]
    table.target(f"{n:,} blocking reloads and parts: last answer behind the part, p99", middle(mine, "last_p99"), 30, " ms")
    table.target(f"{n:,} blocking reloads and parts: of one core", middle(mine, "core"), 0.4)


def row_segments(table):
    """300 publishers, cut into TS segments and files"""
    runs = table.keep("segments", rounds({"ingest alone": lambda: hls.segmenting(300),
                                          "files in memory": lambda: hls.segmenting(300, hls.fast_folder),
                                          "files on the disk": lambda: hls.segmenting(300, hls.disk_folder)}, 3))
    for name in ("files in memory", "files on the disk"):
        table.target(f"300 publishers, {name}: CPU ÷ ingest alone", ratio(runs, name, "ingest alone", "core"), 1.35)
        table.target(f"300 publishers, {name}: live p99 ÷ ingest alone", ratio(runs, name, "ingest alone", "p99"), 1.2)


def row_hls_memory(table):
    """memory of an HLS stream and of its viewers"""
    window = table.keep("hls memory", {"window": [hls_memory.window_memory()], "viewers": [hls_memory.viewer_memory(10000)]})
    table.target("a window of 60 s at 2 Mbit/s: KiB beside the bytes of its segments", middle(window["window"], "beside_kib"), 64, " KiB")
    table.target("a viewer of HLS, of 10,000: memory", middle(window["viewers"], "kib"), 2, " KiB")


def row_http2(table):
    """500 HLS players over TLS, by HTTP/2 and HTTP/1.1"""
    runs = table.keep("http2", rounds({"HTTP/2": lambda: hls.over_tls(500, "h2"),
                                       "HTTP/1.1": lambda: hls.over_tls(500, "http/1.1")}, 3))
    table.target("500 HLS players over TLS: CPU per Gbit, HTTP/2 ÷ HTTP/1.1", ratio(runs, "HTTP/2", "HTTP/1.1"), 1.2)


def row_latency(table):
    """glass to glass with low latency"""
    minutes = table.latency_minutes
    runs = table.keep("latency", {"this server": [hls.glass_to_glass(minutes)]})
    mine = runs["this server"]
    table.target(f"low latency, {minutes:g} min: glass to glass p50", middle(mine, "glass_p50"), 1200, " ms")
    table.target(f"low latency, {minutes:g} min: glass to glass p99", middle(mine, "glass_p99"), 1200, " ms")
    table.target(f"low latency, {minutes:g} min: grows from the first twelfth to the last by", middle(mine, "glass_grows"), 50, " ms")


def row_full(table):
    """10,000 players for a minute"""
    mine = own(BATCH, 10000, seconds=60, drain=True)
    bare = fan_out(floor(350), 10000, 60, drain=True)
    table.keep("10,000 players", {"this server": [mine], "floor": [bare]})
    table.target("10,000 players, mw_latency 350, 60 s: CPU ÷ floor", mine["cpu"] / bare["cpu"], 1.3)
    table.target("10,000 players: memory", mine["rss_mib"], 150, " MiB")
    table.target("10,000 players: dropped", mine["dropped"], 0)
    table.target("10,000 players: apart", mine["spread"], 350, " ms")


ROWS = {"batch": row_batch, "prompt": row_prompt, "node": row_node, "sizes": row_sizes, "ingest": row_ingest,
        "join": row_join, "join-batch": row_join_batch, "shared": row_shared, "slow": row_slow, "streams": row_streams,
        "tls": row_tls, "files": row_files, "api": row_api, "metrics": row_metrics, "hooks": row_hooks, "hooks-mute": row_hooks_mute, "console": row_console,
        "tokens": row_tokens, "snapshot": row_snapshot, "forward": row_forward, "pull": row_pull, "record": row_record, "hls": row_hls, "ll": row_ll, "segments": row_segments,
        "hls-memory": row_hls_memory, "http2": row_http2, "latency": row_latency, **edges.ROWS, **rtc.ROWS}


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
    parser.add_argument("--quick", action="store_true", help="a few clients for a second: for a test of " + " ".join(QUICK))
    parser.add_argument("--to", help="the file of the results (objs/bench/bench.json; quick.json with --quick)")
    parser.add_argument("--hls-players", type=int, default=HLS_PLAYERS, help=f"players of the rows hls and ll ({HLS_PLAYERS})")
    parser.add_argument("--minutes", type=float, default=LATENCY_MINUTES, help=f"of the row latency ({LATENCY_MINUTES})")
    parser.add_argument("--list", action="store_true", help="what rows there are")
    args = parser.parse_args()
    if args.list or set(args.rows) - set(QUICK if args.quick else ROWS):
        for name, row in ROWS.items():
            lab.say(f"{name:<12} {row.__doc__}")
        sys.exit(0 if args.list else 2)

    table, machine, begun = Table(QUICK if args.quick else {}), lab.machine(), time.monotonic()
    table.hls_players, table.latency_minutes = args.hls_players, args.minutes
    lab.say(f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, load average "
            f"{machine['load_before']:.2f}: what else runs here shows in the latencies")
    lab.say("CPU is seconds per Gbit that arrived; core: of one core; times in ms")
    for name in args.rows or (QUICK if args.quick else ROWS):
        table.measure(name, ROWS[name])
    if args.full:
        table.measure("full", row_full)
    machine["load_after"] = os.getloadavg()[0]
    if table.sizes:
        draw(table, machine)
    lab.say("written: " + lab.save(args.to or ("quick.json" if args.quick else "bench.json"), {"machine": machine, "table": table.rows, "runs": table.runs}))
    lab.say(f"{time.monotonic() - begun:.0f} seconds")


if __name__ == "__main__":
    lab.run(main)
