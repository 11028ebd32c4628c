"""WebRTC: viewers by WHEP, beside a floor that encrypts the same packets and sends them."""

import time

import lab
from clips import clip
from servers import Srs, free_port, need
from table import middle, ratio, rounds

JOINS_A_SECOND = 50     # each is a handshake of DTLS on the server and in the load tool, which share two cores
MBIT_PER_S, GOP_S = 1, 4


class RtcSrs(Srs):
    """This server with WebRTC, for streams of encoders."""

    def __init__(self):
        super().__init__("rtc { enabled on; }", "api",
                         more=f"rtc_server {{ enabled on; listen {free_port()}; candidate 127.0.0.1; protocol all; "
                              f"tcp {{ enabled on; listen {free_port()}; }} }} circuit_breaker {{ enabled off; }}")

    def viewers(self, n, seconds, rate=JOINS_A_SECOND, **options):
        url = f"http://127.0.0.1:{self.ports['api']}/rtc/v1/whep/?app=live&stream=livestream"
        return lab.Load("rtc_players", *lab.flags(players=n, duration=seconds, pid=self.pid, rate=rate, **options), url)


def viewing(n, seconds, **options):
    """`n` viewers of one stream."""
    need("api")
    with RtcSrs() as server, lab.publishers(server, clip=clip(MBIT_PER_S, GOP_S)):
        time.sleep(1)
        before = server.rss_kib()
        with server.viewers(n, seconds, **options) as load:
            if load.ready()["failed"]:
                raise lab.Failed(f"some viewers do not play: {load.result()['why']}")
            memory = (server.rss_kib() - before) / n
            result = load.result()
    latency, join = result["latency_ms"], result["join_ms"]
    return {"cpu": result["server"]["cpu_s_per_gbit"], "core": result["server"]["core"], "p50": latency["p50"], "p99": latency["p99"],
            "join_p50": join["p50"], "join_p95": join["p95"], "kib": memory, "lost": result["lost"],
            "kbps": result["bytes"] * 8 / 1e3 / result["seconds"] / n}


def floor(n, seconds, kbps, **options):
    """The same packets, encrypted and sent by a loop that does nothing else."""
    with lab.Load("rtc_floor", *lab.flags(viewers=n, kbps=round(kbps), duration=seconds, **options)) as load:
        result = load.result()
    return {"cpu": result["cpu_s_per_gbit"], "core": result["core"]}


def joining(bystanders, rate, turns, seconds):
    """
    The p99 of a stream's players over RTMP alone; while viewers over WebRTC join, and leave as soon as they are connected; and while as
    many join at a second process of the server: the load tools' own part.
    """
    need("api")
    with RtcSrs() as server, RtcSrs() as elsewhere, lab.Bystanders(server, bystanders) as others:
        joins = []
        for _ in range(turns):
            with others.phase("alone"):
                time.sleep(seconds)
            for name, of in (("joins", server), ("elsewhere", elsewhere)):
                with others.phase(name), of.viewers(rate * seconds, 0, rate=rate, warmup=0, leave=True) as load:
                    joins.append(load.result())
        p99, lost = others.result()
    for result in joins:
        if result["connected"] < rate * seconds:
            raise lab.Failed(f"{result['connected']} of {rate * seconds} have joined: {result['why']}")
    return {"ratio": lab.times(p99, "joins", "alone"), "ratio_elsewhere": lab.times(p99, "joins", "elsewhere"),
            "alone_p99": lab.median(p99["alone"]), "joins_p99": lab.median(p99["joins"]), "elsewhere_p99": lab.median(p99["elsewhere"]),
            "join_p99": lab.median([r["join_ms"]["p99"] for r in joins[::2]]), **lost}


def row_rtc_joins(table):
    """100 joins a second over WebRTC, beside players over RTMP"""
    how = {"bystanders": 300, "rate": 100, "turns": 7, "seconds": 3, **table.how("rtc-joins")}
    mine = table.keep("rtc-joins", {"this server": [joining(**how)]})["this server"]
    table.target(f"{how['rate']} joins a second over WebRTC: p99 of {how['bystanders']} others ÷ no joins", middle(mine, "ratio"), 1.2)
    table.target("the same ÷ the same joins at another process", middle(mine, "ratio_elsewhere"), 1.2)
    table.target("the same: p99 of the joins", middle(mine, "join_p99"), None, " ms")


def row_rtc(table):
    """500 viewers over WebRTC"""
    how = {"viewers": 500, "turns": 3, "seconds": 8, **table.how("rtc")}
    n, seconds = how["viewers"], how["seconds"]
    kbps = viewing(min(n, 10), 2)["kbps"]
    runs = table.keep("rtc", rounds({"this server": lambda: viewing(n, seconds), "floor": lambda: floor(n, seconds, kbps),
                                     "floor without UDP_SEGMENT": lambda: floor(n, seconds, kbps, plain=True)}, how["turns"]))
    mine = runs["this server"]
    table.target(f"{n} viewers over WebRTC: CPU per Gbit ÷ floor", ratio(runs, "this server", "floor"), 1.4)
    table.target("the same: packets lost", middle(mine, "lost"), 0)
    table.target("the same: memory of a viewer", middle(mine, "kib"), 40, " KiB")
    table.target("the same: viewers that 90 % of a core would serve", 0.9 * n / middle(mine, "core") if mine else None, None)


def row_rtc_latency(table):
    """latency of 200 viewers over WebRTC, and of their joins"""
    how = {"viewers": 200, "turns": 3, "seconds": 8, **table.how("rtc-latency")}
    n = how["viewers"]
    mine = table.keep("rtc-latency", rounds({"this server": lambda: viewing(n, how["seconds"])}, how["turns"]))["this server"]
    table.target(f"{n} viewers over WebRTC: added latency, p50", middle(mine, "p50"), 3, " ms")
    table.target("the same: p99", middle(mine, "p99"), 20, " ms")
    table.target("the same: from the request to the first packet of the picture, p95", middle(mine, "join_p95"), 300, " ms")


def row_rtc_tcp(table):
    """viewers over WebRTC whose media go over TCP, beside as many over UDP"""
    how = {"viewers": 300, "turns": 3, "seconds": 8, **table.how("rtc-tcp")}
    n, seconds = how["viewers"], how["seconds"]
    runs = table.keep("rtc-tcp", rounds({"over TCP": lambda: viewing(n, seconds, tcp=True), "over UDP": lambda: viewing(n, seconds)}, how["turns"]))
    mine, others = runs["over TCP"], runs["over UDP"]
    table.target(f"{n} viewers over WebRTC by TCP: CPU per Gbit ÷ UDP", ratio(runs, "over TCP", "over UDP"), None)
    table.target("the same: packets lost", middle(mine, "lost"), 0)
    table.target("the same: memory of a viewer, beyond that over UDP", middle(mine, "kib") - middle(others, "kib"), 16, " KiB")
    table.target("the same: added latency, p99", middle(mine, "p99"), 20, " ms")


ROWS = {"rtc": row_rtc, "rtc-latency": row_rtc_latency, "rtc-tcp": row_rtc_tcp, "rtc-joins": row_rtc_joins}

# With how much --quick runs them.
QUICK = {"rtc": {"viewers": 5, "turns": 1, "seconds": 1}, "rtc-latency": {"viewers": 5, "turns": 1, "seconds": 1},
         "rtc-tcp": {"viewers": 5, "turns": 1, "seconds": 1},
         "rtc-joins": {"bystanders": 5, "rate": 10, "turns": 1, "seconds": 1}}
