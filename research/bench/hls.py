"""Runs of HLS: players that poll, players with low latency, the cost of segmenting, memory, HTTP/2."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from urllib.parse import urljoin

import lab
from clips import clip
from servers import Nginx, Srs, get, need

FRAGMENT_S, WARMUP_S, SECONDS = 2, 4, 10
PLAYLIST = "/live/livestream.m3u8"

MEMORY = f"hls {{ enabled on; hls_fragment {FRAGMENT_S}; hls_window 30; hls_storage memory; %s }}"
LOW_LATENCY = MEMORY % "hls_ll on; hls_part 0.2; hls_use_fmp4 on;"
FILES = f"hls {{ enabled on; hls_fragment {FRAGMENT_S}; hls_window 30; hls_path %s; %s }}"


# ---- the playlist -----------------------------------------------------------------------------------------------

def lines(text):
    return [line for line in text.decode().splitlines() if line and not line.startswith("#")]


def media_playlist(server):
    """Path and URIs (as paths) of the media playlist, behind a master playlist if there is one; None: it is not there."""
    path = PLAYLIST
    status, text = get(server.ports["http"], path)
    if status == 200 and b"#EXT-X-STREAM-INF" in text:
        path = urljoin(path, lines(text)[0])
        status, text = get(server.ports["http"], path)
    return (path, [urljoin(path, line) for line in lines(text)]) if status == 200 else None


def wait_segments(server, n, seconds=60):
    """Wait until the playlist lists so many segments."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = media_playlist(server)
        if found and len(found[1]) >= n:
            return found
        time.sleep(0.1)
    raise lab.Failed(f"no playlist with {n} segments after {seconds} s")


# ---- players ----------------------------------------------------------------------------------------------------

def hls_players(server, n, **options):
    """Players of the stream until the time is over."""
    url = f"http://127.0.0.1:{server.ports['http']}{PLAYLIST}"
    with lab.Load("hls_players", *lab.flags(players=n, pid=server.pid, **options), url) as load:
        return load.result()


def summary(result):
    if result["connected"] < result["players"] or result["dropped"]:
        lab.say(f"    {result['players'] - result['connected']} did not play, {result['dropped']} were dropped: {result['why']}")
    seconds = result["seconds"]
    out = {"cpu": result["server"]["cpu_s_per_gbit"], "core": result["server"]["core"],
           "rss_mib": result["server"]["rss"] / 2**20, "gbit_per_s": result["bytes"] * 8 / 1e9 / seconds,
           "answers_per_s": (result["media"] + result["playlists"]) / seconds, "fetch_p99": result["fetch_ms"]["p99"],
           "stalls": result["stalls"], "dropped": result["dropped"] + result["failed"], "players": result["players"]}
    if "last_answer_ms" in result:
        out |= {"parts": result["last_answer_ms"]["samples"], "last_p50": result["last_answer_ms"]["p50"],
                "last_p99": result["last_answer_ms"]["p99"], "apart_p99": result["answers_apart_ms"]["p99"],
                "unanswered": result["unanswered"]}
    return out


def polling(n, seconds=SECONDS):
    """`n` players of this server, each with an id of its own."""
    need("hls")
    with Srs(MEMORY % "", "hls") as server, lab.publishers(server):
        wait_segments(server, 4)
        return summary(hls_players(server, n, duration=seconds, warmup=WARMUP_S, spread=FRAGMENT_S * 1000))


def polling_nginx(n, seconds=SECONDS):
    """`n` players of nginx, which serves the files of this server from memory."""
    need("hls")
    with fast_folder() as folder, Srs(FILES % (folder, "hls_ctx off;"), "hls") as origin, Nginx(files=True, root=folder) as server:
        with lab.publishers(origin):
            wait_segments(server, 4)
            return summary(hls_players(server, n, duration=seconds, warmup=WARMUP_S, spread=FRAGMENT_S * 1000))


def low_latency(n, seconds=20):
    """`n` players that wait for each part."""
    need("hls")
    with Srs(LOW_LATENCY, "hls") as server, lab.publishers(server):
        wait_segments(server, 3)
        return summary(hls_players(server, n, ll=True, duration=seconds, warmup=WARMUP_S))


def glass_to_glass(minutes, n=5):
    """Some players with low latency for a long time."""
    need("hls")
    seconds = round(60 * minutes)
    with Srs(LOW_LATENCY, "hls") as server, lab.publishers(server):
        wait_segments(server, 3)
        result = hls_players(server, n, ll=True, sample=n, duration=seconds, period=max(1, seconds // 12))
    series = result["series"]
    if len(series) < 2:
        raise lab.Failed("the players have measured nothing")
    first, last = series[0], series[-1]
    return {"minutes": minutes, "arrival_p50": result["arrival_ms"]["p50"], "arrival_p99": result["arrival_ms"]["p99"],
            "glass_p50": result["glass_ms"]["p50"], "glass_p99": result["glass_ms"]["p99"],
            "glass_grows": last["glass_p50"] - first["glass_p50"],
            "arrival_grows": last["arrival_p50"] - first["arrival_p50"], "pictures": result["arrival_ms"]["samples"],
            "stalls": result["stalls"], "dropped": result["dropped"] + result["failed"]}


# ---- segmenting -------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def fast_folder():
    """A folder in a file system in memory."""
    if not os.access("/dev/shm", os.W_OK):
        raise lab.Skipped("there is no /dev/shm")
    folder = tempfile.mkdtemp(prefix="bench.", dir="/dev/shm")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def disk_folder():
    """A folder on the disk that has objs."""
    folder = tempfile.mkdtemp(prefix="segments.", dir=lab.TOOLS)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def segmenting(n, folder=None, seconds=SECONDS, players=10):
    """`n` publishers beside a stream with some players; with a folder, all streams are cut into files in it."""
    if folder:
        need("hls")
    with contextlib.ExitStack() as stack:
        path = stack.enter_context(folder()) if folder else None
        server = stack.enter_context(Srs(FILES % (path, "") if folder else ""))
        stack.enter_context(lab.publishers(server, stream="calm"))
        crowd = stack.enter_context(lab.publishers(server, n, stream="s%d", duration=3600))
        load = stack.enter_context(lab.players(server, players, stream="calm", duration=seconds, warmup=2 * FRAGMENT_S))
        load.ready()
        result = load.result()
        n_files = sum(name.endswith(".ts") for _, _, names in os.walk(path) for name in names) if folder else 0
        if folder and n_files < n:
            raise lab.Failed(f"{n} streams have only {n_files} segments")
        published = crowd.stop()
    return {"core": result["server"]["core"], "p50": result["latency_ms"]["p50"], "p99": result["latency_ms"]["p99"],
            "rss_mib": result["server"]["rss"] / 2**20, "files": n_files, "gaps": result["gaps"],
            "dropped": result["dropped"] + result["failed"] + published["dropped"] + published["failed"]}


# ---- memory -----------------------------------------------------------------------------------------------------

def held_bytes(pid):
    """Memory of a process: its own pages, and all pages of its files in memory, mapped or not. Its code is not counted."""
    total = 0
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith("RssAnon:"):
                total += int(line.split()[1]) * 1024
    seen = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            link = f"/proc/{pid}/fd/{fd}"
            if os.readlink(link).startswith("/memfd:") and (stat := os.stat(link)).st_ino not in seen:
                seen.add(stat.st_ino)
                total += stat.st_blocks * 512
    return total


class Sizes:
    """The sizes of the segments that a server gives: those of the playlist, and those that have left it but lately."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.ports["http"], timeout=5)
        self.known = {}

    def ask(self, uri):
        self.connection.request("HEAD", uri)
        answer = self.connection.getresponse()
        answer.read()
        return int(answer.getheader("Content-Length")) if answer.status == 200 else None

    def total(self, listed):
        for uri in listed:
            if uri not in self.known:
                self.known[uri] = self.ask(uri)
        for uri in set(self.known).difference(listed):
            if self.ask(uri) is None:
                del self.known[uri]
        return sum(self.known.values())


def least_beside(server, sizes, seconds):
    """
    The least memory beside the segments that the server gives, seen over some time: right behind the end of a segment, when the
    open one has hardly begun.
    """
    least, listed, deadline = None, 0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        before = media_playlist(server)
        held, total = held_bytes(server.pid), sizes.total(before[1])
        if before != media_playlist(server):
            continue
        if least is None or held - total < least:
            least, listed = held - total, total
    if least is None:
        raise lab.Failed("the playlist never stands still")
    return least, listed


def held_after_warm_up(server, path):
    """The memory after a stream, and what is made for the first one, has come and gone."""
    with lab.publishers(server, stream="warm-up", clip=path, speed=4):
        time.sleep(3)
        get(server.ports["http"], PLAYLIST.replace("livestream", "warm-up"))
    time.sleep(4)
    return held_bytes(server.pid)


def window_memory(window_s=60, mbit_per_s=2, speed=2):
    """What a stream with a window holds beside the bytes of its segments, and beside what it holds without HLS."""
    need("hls")
    path, fill_s = clip(mbit_per_s, FRAGMENT_S), (window_s + 5 * FRAGMENT_S) / speed
    hls = (f"hls {{ enabled on; hls_fragment {FRAGMENT_S}; hls_window {window_s}; hls_storage memory; hls_ctx off; "
           "hls_dispose 1; }")
    over, listed = {}, 0
    for name, vhost in (("with", "play { gop_cache off; } " + hls), ("without", "play { gop_cache off; }")):
        with Srs(vhost, "hls") as server:
            before = held_after_warm_up(server, path)
            with lab.publishers(server, clip=path, speed=speed):
                time.sleep(fill_s)
                if name == "with":
                    least, listed = least_beside(server, Sizes(server), 10)
                else:
                    least = min(held_bytes(server.pid) for _ in range(50) if not time.sleep(0.1))
            over[name] = least - before
    return {"beside_kib": (over["with"] - over["without"]) / 1024, "segments_mib": listed / 2**20,
            "with_hls_kib": over["with"] / 1024, "without_hls_kib": over["without"] / 1024}


class Pipeline:
    """Requests on one connection, many at a time, because viewers that are opened slowly have gone when the last one comes."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.ports["http"]), 10)
        self.replies = self.socket.makefile("rb")

    def fetch(self, paths):
        """The bodies of the replies."""
        self.socket.sendall("".join(f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n" for path in paths).encode())
        return [self.read() for _ in paths]

    def read(self):
        status, length = self.replies.readline(), 0
        while line := self.replies.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        body = self.replies.read(length)
        if b" 200 " not in status:
            raise lab.Failed(f"a reply is {status!r}: {body[:100]!r}")
        return body

    def close(self):
        self.replies.close()
        self.socket.close()


def viewer_memory(n, batch=50):
    """What one of `n` viewers costs, of whom each has an id and has asked for its playlist."""
    need("hls")
    with Srs(MEMORY % "", "hls", "api") as server, lab.publishers(server):
        wait_segments(server, 3)
        with contextlib.closing(Pipeline(server)) as line:

            def open_viewers(count):
                for _ in range(count // batch):
                    line.fetch([urljoin(PLAYLIST, lines(text)[0]) for text in line.fetch([PLAYLIST] * batch)])

            open_viewers(2 * batch)
            before = lab.memory(server.pid)["rss"]
            open_viewers(n)
            after = lab.memory(server.pid)["rss"]
        streams = json.loads(get(server.ports["api"], "/api/v1/streams/")[1])["streams"]
        clients = sum(stream["clients"] for stream in streams)
        if clients < n:
            raise lab.Failed(f"only {clients} of {n} viewers are counted: the others have gone meanwhile")
    return {"kib": (after - before) / n, "viewers": clients}


# ---- HTTP/2: h2load from Debian ---------------------------------------------------------------------------------

def h2load(server, uris, n, protocol, seconds):
    """
    `n` clients over TLS, each of which asks for one of the URIs after the other, one a second, as a player of segments of 2 s
    does. CPU is that of the seconds in which all are connected.
    """
    base = f"https://127.0.0.1:{server.ports['https']}"
    path = server.write("uris", "".join(base + uri + "\n" for uri in uris))
    command = ["h2load", "-c", str(n), "-m", "1", "--rps", "1", "--warm-up-time", f"{WARMUP_S}s", "-D", f"{seconds}s",
               "-i", path] + (["--h1"] if protocol == "http/1.1" else [])
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except FileNotFoundError:
        raise lab.Skipped("h2load is not there (trunk-scripts/deps.sh bench)") from None
    try:
        time.sleep(WARMUP_S + 0.5)
        before, began = lab.cpu_s(server.pid), time.monotonic()
        time.sleep(seconds - 1)
        core = (lab.cpu_s(server.pid) - before) / (time.monotonic() - began)
        said = process.communicate(timeout=seconds + 30)[0]
    finally:
        process.kill()
        process.wait()
    return {"core": core, **h2load_report(said, seconds)}


def h2load_report(said, seconds):
    """The figures of h2load's text."""
    found = {}
    for line in said.splitlines():
        words = line.replace(",", "").split()
        if line.startswith("requests:"):
            found["succeeded"] = int(words[words.index("succeeded") - 1])
            found["failed"] = int(words[words.index("failed") - 1]) + int(words[words.index("errored") - 1])
        elif line.startswith("traffic:"):
            found["gbit_per_s"] = int(line.split("(")[1].split(")")[0]) * 8 / 1e9 / seconds
        elif line.startswith("Application protocol:"):
            found["protocol"] = words[-1]
    if not found.get("succeeded") or not found.get("gbit_per_s"):
        raise lab.Failed("h2load got nothing: " + said[-500:])
    return found


def over_tls(n, protocol, seconds=SECONDS):
    """`n` players over HTTPS, by "h2" or "http/1.1"."""
    need("hls")
    with Srs(f"hls {{ enabled on; hls_fragment {FRAGMENT_S}; hls_window 60; hls_storage memory; }}", "hls", "https") as server:
        with lab.publishers(server):
            path, segments = wait_segments(server, 4)
            run = h2load(server, [uri for segment in segments for uri in (path, segment)], n, protocol, seconds)
    if run.pop("protocol", None) != protocol:
        raise lab.Skipped(f"this server does not speak {protocol} over TLS")
    return {"cpu": run["core"] / run["gbit_per_s"], **run}
