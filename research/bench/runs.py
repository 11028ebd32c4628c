"""Functions that make one run each: a server, its load, and the result."""

import contextlib
import json
import os
import subprocess
import sys
import time

import lab
from servers import API_PATHS, KeptConnection, Nginx, Srs, need

SECONDS = 4  # measured time of a run

PULLS_SETTLE_S = 2  # until each stream has been read for a second, by which its way of reading is chosen

FILE_MIB, FILE_CONNECTIONS = 1, 50


def fan_out(make, n, seconds=SECONDS, **options):
    """`n` players of one stream."""
    with make() as server:
        publisher = lab.publishers(server) if server.wire != "raw" else None
        try:
            with lab.players(server, n, duration=seconds, **options) as load:
                result = load.result()
        finally:
            if publisher:
                publisher.stop()
    return summary(result)


def own(vhost, n, wire="rtmp", **options):
    """`n` players of one stream of this server, in a format that it may not have."""
    if wire != "rtmp":
        need(wire)
    return fan_out(lambda: Srs(vhost, wire), n, wire=wire, **options)


def summary(result):
    if result["connected"] + result["slow"] < result["players"]:
        lab.say(f"    {result['players'] - result['connected']} did not join: {result['why']}")
    latency = result["latency_ms"]
    return {"cpu": result["server"]["cpu_s_per_gbit"], "core": result["server"]["core"],
            "rss_mib": result["server"]["rss"] / 2**20, "p50": latency["p50"], "p99": latency["p99"],
            "max": latency["max"], "join_p99": result["join_ms"]["p99"], "interval": result["interval_ms"],
            "spread": result["spread_ms"], "pause": result["pause_ms"], "gaps": result["gaps"],
            "dropped": result["dropped"] + result["failed"], "players": result["players"]}


def ingest(make, n, seconds=SECONDS):
    """`n` publishers without players."""
    with make() as server:
        with lab.Load("publishers", "--publishers", n, "--duration", seconds, "--pid", server.pid, lab.CLIP,
                      server.url("s%d", "rtmp")) as load:
            result = load.result()
    return {"cpu": result["server"]["cpu_s_per_gbit"], "core": result["server"]["core"],
            "rss_mib": result["server"]["rss"] / 2**20, "late_p99": result["late_ms"]["p99"],
            "blocked": result["blocked"], "dropped": result["failed"] + result["dropped"]}


def many_streams(make, n, seconds=SECONDS):
    """`n` streams with a player each."""
    with make() as server:
        with lab.publishers(server, n, stream="s%d", rate=500):
            with lab.players(server, n, stream="s%d", streams=n, duration=seconds) as load:
                result = load.result()
    return summary(result)


def forwarding(n, seconds=SECONDS):
    """`n` streams that are pushed to another server, whose CPU does not count. A Gbit is one that was pushed."""
    need("api")
    with Srs() as target, Srs(f"forward {{ enabled on; destination 127.0.0.1:{target.ports['rtmp']}; }}", "api") as server:
        with lab.publishers(server, n, stream="s%d", rate=500):
            pushes = Relayed(server.ports["api"], "forwards", "pushing", n)
            pushes.wait()
            before, cpu_s = pushes.bytes(), lab.cpu_s(server.pid)
            time.sleep(seconds)
            cpu_s = lab.cpu_s(server.pid) - cpu_s
            gbit = (pushes.bytes() - before) * 8 / 1e9
            rows = pushes.rows()
    return {"cpu": cpu_s / gbit, "core": cpu_s / seconds, "jumps": sum(row["jumps"] for row in rows),
            "failures": sum(row["failures"] for row in rows)}


def pulling(n, seconds=SECONDS):
    """`n` streams that are pulled from another server, whose CPU does not count. A Gbit is one that was pulled."""
    need("api")
    with Srs() as origin:
        relays = " ".join("relay { pull %s; }" % origin.url("s%d" % i) for i in range(n))
        with lab.publishers(origin, n, stream="s%d"), Srs(relays, "api") as server:
            pulls = Relayed(server.ports["api"], "relays", "pulling", n)
            pulls.wait()
            time.sleep(PULLS_SETTLE_S)
            before, cpu_s = pulls.bytes(), lab.cpu_s(server.pid)
            time.sleep(seconds)
            cpu_s = lab.cpu_s(server.pid) - cpu_s
            gbit = (pulls.bytes() - before) * 8 / 1e9
            rows = pulls.rows()
    return {"cpu": cpu_s / gbit, "core": cpu_s / seconds, "failures": sum(row["failures"] for row in rows)}


class Relayed:
    """What the API says of the pushes or pulls of `n` streams."""

    def __init__(self, port, name, state, n):
        self.api, self.name, self.state, self.n = KeptConnection(port), name, state, n

    def rows(self):
        return json.loads(self.api.get(f"/api/v1/{self.name}/?count={self.n}"))[self.name]

    def bytes(self):
        return sum(row["bytes"] for row in self.rows())

    def wait(self, seconds=30):
        """Wait until all streams are on their way."""
        deadline = time.monotonic() + seconds
        while sum(row["state"] == self.state for row in self.rows()) < self.n:
            if time.monotonic() > deadline:
                raise lab.Failed(f"not all of {self.n} {self.name} are {self.state} after {seconds} s")
            time.sleep(0.1)


def stream_kib(n, seconds=SECONDS):
    """The cost of a stream with a player in resident memory, in KiB, without a GOP cache."""
    with Srs("play { gop_cache off; }") as server:
        before = server.rss_kib()
        with lab.publishers(server, n, stream="s%d", rate=500):
            with lab.players(server, n, stream="s%d", streams=n, duration=seconds) as load:
                load.ready()
                time.sleep(seconds / 2)
                during = server.rss_kib()
                load.result()
    return (during - before) / n


def aes_s_per_gbit():
    """Processor time of AES-GCM with 128 bits, which our TLS prefers, for records of the size of TLS."""
    command = ["openssl", "speed", "-mr", "-seconds", "2", "-bytes", "16384", "-evp", "aes-128-gcm"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError) as e:
        raise lab.Skipped(f"openssl speed: {e}") from None
    rates = [line.split(":") for line in said.splitlines() if line.startswith("+F:")]
    if not rates:
        raise lab.Failed("openssl speed says nothing")
    return 1e9 / 8 / float(rates[-1][-1])


def joining(make, n, newcomers, **options):
    """The time until newcomers get media while `n` others play."""
    with make() as server:
        with lab.publishers(server):
            with lab.players(server, n, duration=60, **options) as others:
                others.ready()
                time.sleep(1)
                with lab.players(server, newcomers, rate=50, warmup=0, duration=0, **options) as load:
                    result = load.result()
                others.stop()
    return {"p50": result["join_ms"]["p50"], "join_p99": result["join_ms"]["p99"], "max": result["join_ms"]["max"],
            "dropped": result["failed"] + result["dropped"]}


@contextlib.contextmanager
def busy_cores():
    """Niced work on every core that this process may use."""
    spin = [sys.executable, "-c", "import os\nos.nice(19)\nwhile True: pass"]
    workers = [subprocess.Popen(spin) for _ in os.sched_getaffinity(0)]
    try:
        yield
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def beside_work(vhost, n, **options):
    """Like own(), on a host whose cores have other work."""
    with busy_cores():
        return own(vhost, n, **options)


# ---- files: wrk from Debian -----------------------------------------------------------------------------------

WRK_REPORT = """done = function(summary)
    local e = summary.errors
    io.write(string.format('{"bytes":%d,"requests":%d,"us":%d,"errors":%d}\\n', summary.bytes, summary.requests,
        summary.duration, e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def files(server, seconds=2):
    """One file of FILE_MIB again and again, on FILE_CONNECTIONS kept connections."""
    with open(server.path("html/file.bin"), "wb") as f:
        f.write(os.urandom(FILE_MIB << 20))
    url = f"http://127.0.0.1:{server.ports['http']}/file.bin"
    command = ["wrk", "-t", "1", "-c", str(FILE_CONNECTIONS), "-s", server.write("report.lua", WRK_REPORT)]
    try:
        subprocess.run([*command, "-d", "1s", url], capture_output=True, check=True)
        before = lab.cpu_s(server.pid)
        said = subprocess.run([*command, "-d", f"{seconds}s", url], capture_output=True, text=True, check=True).stdout
        cpu_s = lab.cpu_s(server.pid) - before
    except FileNotFoundError:
        raise lab.Skipped("wrk is not there (trunk-scripts/deps.sh bench)") from None
    except subprocess.CalledProcessError as e:
        raise lab.Failed(f"wrk failed: {e.stdout}{e.stderr}") from None
    result = json.loads(said.splitlines()[-1])
    gbit = result["bytes"] * 8 / 1e9
    if not gbit:
        raise lab.Failed("wrk got nothing")
    return {"cpu": cpu_s / gbit, "gbit_per_s": gbit / (result["us"] / 1e6), "errors": result["errors"]}


def own_files():
    need("files")
    with Srs("", "flv") as server:
        return files(server)


def nginx_files():
    with Nginx(files=True) as server:
        return files(server)


# ---- the API beside live streams -------------------------------------------------------------------------------

class Poller(KeptConnection):
    """Requests one path after the other: call it for each."""

    def __init__(self, port, paths, headers):
        super().__init__(port)
        self.paths, self.headers, self.slowest_s = paths, headers, 0

    def __call__(self):
        began = time.monotonic()
        self.get(self.paths[self.n % len(self.paths)], self.headers)
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)


def scraped(**how):
    """As polled(), for a Prometheus that asks for its own format ten times a second, in place of once."""
    accept = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5", "Accept-Encoding": "gzip"}
    return polled(**{"port": "exporter", "paths": ("/metrics",), "headers": accept, "clients": 10000, "rate": 10, **how})


def polled(streams=1000, clients=5000, bystanders=100, turns=5, seconds=3, rate=100, port="api", paths=API_PATHS, headers=None):
    """
    The p99 of a stream's players while the API is polled and while it is not, in turns. The other streams run at a
    tenth of real time: they are needed for the lists, and must not fill the machine.
    """
    need(port)
    rest = clients - streams - bystanders - 2
    with Srs("", port) as server:
        with lab.publishers(server, streams, stream="s%d", rate=500, speed=0.1), \
             lab.players(server, rest, stream="s%d", streams=streams, silent=True, duration=3600) as crowd:
            crowd.ready()
            with lab.Bystanders(server, bystanders) as others:
                poll = Poller(server.ports[port], paths, headers)
                cpu = {"alone": 0, "polled": 0}
                for _ in range(turns):
                    for phase in cpu:
                        before = lab.cpu_s(server.pid)
                        with lab.Sampling(1 / rate, poll) if phase == "polled" else lab.Sampling(3600, int) as sampling:
                            with others.phase(phase):
                                time.sleep(seconds)
                        cpu[phase] += lab.cpu_s(server.pid) - before
                        if sampling.failure:
                            raise lab.Failed(f"{port}: {sampling.failure}")
                p99, lost = others.result()
    asked = turns * seconds
    return {"ratio": lab.times(p99, "polled", "alone"),
            "alone_p99": lab.median(p99["alone"]), "polled_p99": lab.median(p99["polled"]),
            "requests_per_s": poll.n / asked, "mbit_per_s": poll.bytes * 8 / 1e6 / asked,
            "slowest_ms": poll.slowest_s * 1e3, "cpu_ms": (cpu["polled"] - cpu["alone"]) * 1e3 / poll.n,
            "alone_core": cpu["alone"] / asked, "polled_core": cpu["polled"] / asked, **lost}


# ---- tokens -------------------------------------------------------------------------------------------------------

def tokens(rounds=5, checks=5000):
    """The microseconds of one check of each form of token, in turns, in a process of its own: {form: [us, …]}."""
    command = [os.path.join(lab.TOOLS, "tokens"), "--rounds", str(rounds), "--checks", str(checks)]
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode:
        raise lab.Failed(f"tokens: {ran.stderr.strip()}")
    return json.loads(ran.stdout)
