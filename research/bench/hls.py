"""Runs of HLS: players that poll, players with low latency, the cost of segmenting, HTTP/2."""

import atexit
import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from urllib.parse import urljoin

import lab
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
    """
    A folder on the disk that has objs. It is removed when the program ends: ext4 passes over inodes that were removed in the last
    minutes, so a run would pay for the files of the runs before it.
    """
    folder = tempfile.mkdtemp(prefix="segments.", dir=lab.TOOLS)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    yield folder


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
