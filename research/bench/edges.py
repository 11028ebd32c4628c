"""Edges: the latency of a tier, pulls of many streams, joins of many streams at once, and an origin that is killed."""

import contextlib
import json
import time

import hls
import lab
from runs import ingest
from servers import KeptConnection, Srs, need
from table import middle, ratio, rounds

HLS_S = 12              # how long players of HLS play after an origin was killed: what they had before is over
SETTLE_S = 2            # until each stream has been read for a second, by which its way of reading is chosen
LINGER_S = 3600         # a pull goes on without players while it is measured


def edge_of(*origins, more="", wires=(), vhost=""):
    """An edge of these servers."""
    where = " ".join(f"127.0.0.1:{o.ports['rtmp']}" for o in origins)
    return Srs(f"cluster {{ mode remote; origin {where}; {more} }} {vhost}", *wires)


def tier_latency(players=50, turns=5, seconds=3):
    """What a tier adds: players at the origin and at the edge of one stream, measured at the same time, turn by turn."""
    with contextlib.ExitStack() as stack:
        origin = stack.enter_context(Srs())
        edge = stack.enter_context(edge_of(origin))
        stack.enter_context(lab.publishers(origin))
        loads = [stack.enter_context(lab.players(server, players, duration=3600)) for server in (origin, edge)]
        for load in loads:
            if load.ready()["failed"]:
                raise lab.Failed("some players do not play")
        time.sleep(SETTLE_S)
        marks = []
        for _ in range(turns):
            for load in loads:
                load.mark()
            time.sleep(seconds)
            marks.append([load.mark() for load in loads])
        lost = [load.stop() for load in loads]
    added = {p: lab.median([there[p] - here[p] for here, there in marks]) for p in ("p50", "p99")}
    return {**added, "origin_p50": lab.median([here["p50"] for here, _ in marks]), "edge_p50": lab.median([there["p50"] for _, there in marks]),
            "edge_p99": lab.median([there["p99"] for _, there in marks]), "dropped": sum(r["dropped"] + r["gaps"] for r in lost)}


class Streams:
    """What the API of a server says of its streams, and of its players."""

    def __init__(self, server, n):
        self.api, self.n = KeptConnection(server.ports["api"]), n

    def rows(self):
        return json.loads(self.api.get(f"/api/v1/streams/?count={self.n}"))["streams"]

    def sample(self, pid):
        """The bytes that the server has received, and its CPU, when it counts them next: it does that every three seconds."""
        first = system = json.loads(self.api.get("/api/v1/summaries"))["data"]["system"]
        while system["srs_sample_time"] == first["srs_sample_time"]:
            time.sleep(0.05)
            system = json.loads(self.api.get("/api/v1/summaries"))["data"]["system"]
        return system["srs_recv_bytes"], lab.cpu_s(pid), time.monotonic()

    def active(self):
        return sum(row["publish"]["active"] for row in self.rows())

    def players(self):
        return sum(row["clients"] - row["publish"]["active"] for row in self.rows())


def pulling(n, seconds=4):
    """`n` streams that an edge pulls, without players, as if they were published there. A Gbit is one that was pulled."""
    need("api")
    with Srs() as origin, lab.publishers(origin, n, stream="s%d", rate=500), \
         edge_of(origin, more=f"linger {LINGER_S};", wires=["api"]) as edge:
        with lab.players(edge, n, stream="s%d", streams=n, rate=500, duration=3600) as load:
            if load.ready()["failed"]:
                raise lab.Failed("some players do not play")
        streams = Streams(edge, n)
        time.sleep(SETTLE_S)
        before = streams.sample(edge.pid)
        time.sleep(seconds)
        received, cpu_s, took_s = (after - b for after, b in zip(streams.sample(edge.pid), before))
        gbit = received * 8 / 1e9
        active, players = streams.active(), streams.players()
    if active < n or players:
        raise lab.Failed(f"{active} of {n} streams are pulled, and there are {players} players")
    return {"cpu": cpu_s / gbit, "core": cpu_s / took_s, "gbit_s": gbit / took_s}


def joins(n=1000, rate=1000):
    """`rate` players a second join an edge, each another one of `n` streams, which nobody has watched there. Streams run at a tenth of real time."""
    need("api")
    with Srs("", "api") as origin, lab.publishers(origin, n, stream="s%d", rate=500, speed=0.1):
        time.sleep(SETTLE_S)
        with edge_of(origin) as edge, lab.players(edge, n, stream="s%d", streams=n, rate=rate, warmup=1, duration=3600) as load:
            load.ready()
            pulls = Streams(origin, n).players()
            result = load.stop()
    return {"p50": result["join_ms"]["p50"], "join_p99": result["join_ms"]["p99"], "max": result["join_ms"]["max"],
            "failed": result["failed"], "dropped": result["dropped"], "pulls_each": pulls / n}


@contextlib.contextmanager
def edge_of_two(more="", wires=(), vhost=""):
    """An edge, and its two origins, which have one encoder's stream."""
    with contextlib.ExitStack() as stack:
        origins = [stack.enter_context(Srs()) for _ in range(2)]
        to = " ".join(f"127.0.0.1:{o.ports['rtmp']}" for o in origins)
        encoder = stack.enter_context(Srs(f"forward {{ enabled on; destination {to}; }}"))
        stack.enter_context(lab.publishers(encoder))
        yield stack.enter_context(edge_of(*origins, more=more, wires=wires, vhost=vhost)), origins


def kill_under(load, edge, origins, settle_s, seconds):
    """Kill the origin that the edge pulls from, when all players have played for a while. What they have to say some seconds later."""
    if load.ready()["failed"]:
        raise lab.Failed("some players do not play")
    time.sleep(settle_s)
    used = next((o for o in origins if f":{o.ports['rtmp']}/" in edge.log()), None)
    if not used:
        raise lab.Failed("the edge pulls from no origin")
    used.process.kill()
    time.sleep(seconds)
    return load.stop()


def killed_origin_hls(players=200, more="", seconds=6):
    """The same for players of HLS: how many stalled, and were disconnected. They are three segments behind, so a short gap stalls none."""
    with edge_of_two(more=more, wires=["hls"], vhost=hls.MEMORY % "") as (edge, origins):
        hls.wait_segments(edge, 3)
        url = f"http://127.0.0.1:{edge.ports['http']}{hls.PLAYLIST}"
        with lab.Load("hls_players", *lab.flags(players=players, pid=edge.pid, duration=3600), url) as load:
            result = kill_under(load, edge, origins, SETTLE_S, max(seconds, HLS_S))
    return {"stalls": result["stalls"], "stalled_ms": result["stalled_ms"], "disconnected": result["dropped"] + result["failed"],
            "media": result["media"] / players}


def killed_origin(players=200, wire="rtmp", more="", seconds=6):
    """
    Two origins have one encoder's stream. Players are at an edge when the origin that it pulls from is killed: how long no byte came, how
    many pictures were missed or came twice, whose time went back, and who was disconnected.
    """
    with edge_of_two(more=more, wires=[wire] if wire != "rtmp" else []) as (edge, origins):
        with lab.players(edge, players, wire=wire, duration=3600) as load:
            result = kill_under(load, edge, origins, SETTLE_S, seconds)
    return {"pause": result["pause_ms"], "disconnected": result["dropped"], "lost": result["lost"] / players,
            "repeats": result["repeats"] / players, "backward": result["backward"] / players}


# ---- the rows of bench.py ----------------------------------------------------------------------------------------

def row_edge_latency(table):
    """what an edge adds to the latency of 50 players"""
    how = {"players": 50, **table.how("edge-latency")}
    run = tier_latency(**how)
    table.keep("edge-latency", {"this server": [run]})
    table.target(f"{how['players']} players, default config: latency that an edge adds, p50", run["p50"], 2, " ms")
    table.target("the same: p99", run["p99"], 15, " ms")


def row_edge_pull(table):
    """500 streams pulled by one edge"""
    how = {"streams": 500, "turns": 3, "seconds": 4, **table.how("edge-pull")}
    n, seconds = how["streams"], how["seconds"]
    runs = table.keep("edge-pull", rounds({"edge": lambda: pulling(n, seconds), "publishers": lambda: ingest(Srs, n, seconds)}, how["turns"]))
    table.target(f"{n} streams pulled by an edge: CPU per Gbit ÷ {n} publishers", ratio(runs, "edge", "publishers"), 1.1)


def row_edge_join(table):
    """1,000 joins a second of 1,000 streams at an edge"""
    how = {"n": 1000, "rate": 1000, **table.how("edge-join")}
    runs = table.keep("edge-join", {"this server": [joins(**how)]})["this server"]
    table.target(f"{how['rate']:,} joins a second, {how['n']:,} streams of an edge: p99", middle(runs, "join_p99"), 500, " ms")
    table.target("the same: players that did not start", middle(runs, "failed"), 0)
    table.target("the same: pulls of a stream that the origin sees", middle(runs, "pulls_each"), 1)


def row_edge_kill(table):
    """an origin killed under 200 players of an edge"""
    how = {"players": 200, "turns": 3, **table.how("edge-kill")}
    turns = how.pop("turns")
    runs = table.keep("edge-kill", rounds({"RTMP": lambda: killed_origin(**how),
                                           "HTTP-FLV": lambda: killed_origin(wire="flv", **how),
                                           "RTMP, the other one stands by": lambda: killed_origin(more="backup_pull on;", **how)}, turns))
    for name, its in runs.items():
        limit = 100 if "stands by" in name else 1000
        table.target(f"an origin killed, {how['players']} players of an edge, {name}: longest time without a byte", middle(its, "pause"), limit, " ms")
        table.target("the same: disconnected", middle(its, "disconnected"), 0)
        table.target("the same: pictures twice, of a player", middle(its, "repeats"), 0)
        table.target("the same: timestamps that go back, of a player", middle(its, "backward"), 0)
    its = table.keep("edge-kill-hls", {"HLS": [killed_origin_hls(**how)]})["HLS"]
    table.target(f"an origin killed, {how['players']} players of an edge, HLS: stalls", middle(its, "stalls"), 0)
    table.target("the same: disconnected", middle(its, "disconnected"), 0)


ROWS = {"edge-latency": row_edge_latency, "edge-pull": row_edge_pull, "edge-join": row_edge_join, "edge-kill": row_edge_kill}

# With how much --quick runs them.
QUICK = {
    "edge-latency": {"players": 5, "turns": 1, "seconds": 1},
    "edge-pull": {"streams": 5, "turns": 1, "seconds": 1},
    "edge-join": {"n": 20, "rate": 100},
    "edge-kill": {"players": 5, "turns": 1, "seconds": 2},
}
