"""The memory of HLS: what a stream holds beside the bytes of its segments, and what a viewer holds."""

import contextlib
import http.client
import json
import os
import socket
import time
from urllib.parse import urljoin

import lab
from clips import clip
from hls import FRAGMENT_S, MEMORY, PLAYLIST, lines, wait_segments
from servers import Srs, get, need


# ---- a stream ---------------------------------------------------------------------------------------------------

def own_bytes(pid):
    """The process's own pages. Its code is not counted, and neither is what it has mapped of files."""
    with open(f"/proc/{pid}/status") as f:
        return sum(int(line.split()[1]) * 1024 for line in f if line.startswith("RssAnon:"))


def file_bytes(pid):
    """All pages of its files in memory, mapped or not."""
    sizes = {}
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            link = f"/proc/{pid}/fd/{fd}"
            if os.readlink(link).startswith("/memfd:"):
                stat = os.stat(link)
                sizes[stat.st_ino] = stat.st_blocks * 512
    return sum(sizes.values())


def segment_bytes(server):
    """The bytes of all segments in memory, also of those that are being made, as the server counts them."""
    return json.loads(get(server.ports["api"], "/api/v1/memory")[1])["data"]["segments"]["bytes"]


class Segments:
    """The segments that a server gives, with their sizes: a check of its own count."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.ports["http"], timeout=5)

    def fetch(self, method, path):
        self.connection.request(method, path)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise lab.Failed(f"{path}: {answer.status}")
        return answer, text

    def listed(self, playlist):
        return [urljoin(playlist, line) for line in lines(self.fetch("GET", playlist)[1])]

    def total(self, playlists):
        """The size of all that the playlists list."""
        return sum(int(self.fetch("HEAD", uri)[0].getheader("Content-Length"))
                   for playlist in playlists for uri in self.listed(playlist)[1:])


def beside(server, seconds):
    """What the process holds beside the bytes of segments over some time: [(all, own pages, in files), …]."""
    seen, deadline = [], time.monotonic() + seconds
    while time.monotonic() < deadline:
        own, files, listed = own_bytes(server.pid), file_bytes(server.pid), segment_bytes(server)
        if files == file_bytes(server.pid):
            seen.append((own + files - listed, own, files - listed))
    if not seen:
        raise lab.Failed("the segments never stand still")
    return seen


def own_after_warm_up(server, path):
    """The process's own memory after a stream, and what is made for the first one, has come and gone."""
    with lab.publishers(server, stream="warm-up", clip=path, speed=4):
        time.sleep(3)
        get(server.ports["http"], PLAYLIST.replace("livestream", "warm-up"))
        segment_bytes(server)
    time.sleep(4)
    return own_bytes(server.pid)


def window_memory(streams=20, window_s=60, mbit_per_s=2):
    """
    What one of some streams with a window holds beside the bytes of its segments, and beside what it holds without HLS. The streams
    begin a second apart: one half of them ends its segments when those of the other half are half done.
    """
    need("hls")
    path, each = clip(mbit_per_s, FRAGMENT_S), 1024 * streams
    hls = (f"hls {{ enabled on; hls_fragment {FRAGMENT_S}; hls_window {window_s}; hls_storage memory; hls_ctx off; "
           "hls_dispose 1; }")
    playlists = [PLAYLIST.replace("livestream", f"s{i}") for i in range(streams)]
    load = {"n": streams, "stream": "s%d", "clip": path, "rate": 1}
    with Srs("play { gop_cache off; } " + hls, "hls", "api") as server:
        before = own_after_warm_up(server, path)
        with lab.publishers(server, **load):
            time.sleep(window_s + 5 * FRAGMENT_S)
            seen = beside(server, 10)
            counted, listed = segment_bytes(server), Segments(server).total(playlists)
    if counted < listed:
        raise lab.Failed(f"the server counts {counted} bytes of segments, and lists {listed}")
    with Srs("play { gop_cache off; }", "hls", "api") as server:
        alone = -own_after_warm_up(server, path)
        with lab.publishers(server, **load):
            time.sleep(window_s + 5 * FRAGMENT_S)  # as old as the others: a stream's history grows
            alone += lab.median([own_bytes(server.pid) for _ in range(50) if not time.sleep(0.1)])
    kib = [((everything - before - alone) / each, (own - before) / each, files / each) for everything, own, files in seen]
    return {"beside_kib": lab.median([row[0] for row in kib]), "least_kib": min(kib)[0], "most_kib": max(kib)[0],
            "own_kib": lab.median([row[1] for row in kib]), "files_kib": lab.median([row[2] for row in kib]),
            "without_hls_kib": alone / each, "segments_mib": listed / each / 1024, "streams": streams}


# ---- a viewer ---------------------------------------------------------------------------------------------------

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
