"""Streams that are recorded, beside the players of another stream; and the bare write of the same bytes."""

import json
import os
import time

import lab
from servers import KeptConnection, Srs, need

# Each stream is written this often: by the server, and by the bare write.
WRITES_A_SECOND = 2


class Recordings:
    """What the API says of the recordings of `n` streams."""

    def __init__(self, port, n):
        self.api, self.n = KeptConnection(port), n

    def bytes(self):
        return [row["bytes"] for row in json.loads(self.api.get(f"/api/v1/dvrs/?count={self.n}"))["dvrs"]]

    def wait(self, seconds=30):
        """Wait until something of each stream is written. Skips the row if this server has no such list."""
        deadline = time.monotonic() + seconds
        try:
            while sum(n > 0 for n in self.bytes()) < self.n:
                if time.monotonic() > deadline:
                    raise lab.Failed(f"not all of {self.n} streams are recorded after {seconds} s")
                time.sleep(0.1)
        except (lab.Failed, ValueError) as e:
            raise lab.Skipped(f"the recordings of this server are not listed: {e}") from None


def bare_write_s(folder, n_files, n_bytes, seconds):
    """The CPU of writing so many bytes to so many files that are open, in pieces of the size that the server writes."""
    rounds = max(1, round(seconds * WRITES_A_SECOND))
    piece = b"\0" * max(1, n_bytes // (n_files * rounds))
    files = [os.open(os.path.join(folder, f"bare-{i}"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC) for i in range(n_files)]
    write = os.write
    before = time.process_time()
    for _ in range(rounds):
        for fd in files:
            write(fd, piece)
    cpu_s = time.process_time() - before
    for fd in files:
        os.close(fd)
    return cpu_s


def run(is_recorded, streams=100, bystanders=100, seconds=4):
    """One server with `streams` publishers, and players of another stream that is not recorded."""
    need("api")
    apply = " ".join(f"live/s{i}" for i in range(streams + 1))
    dvr = f"dvr {{ enabled on; dvr_apply {apply}; dvr_path ./rec/[stream].[timestamp].flv; }}" if is_recorded else ""
    with Srs(dvr, "api") as server, lab.publishers(server, streams, stream="s%d", rate=500):
        with lab.Bystanders(server, bystanders) as others:
            recordings = Recordings(server.ports["api"], streams)
            if is_recorded:
                recordings.wait()
            written, cpu_s = sum(recordings.bytes()) if is_recorded else 0, lab.cpu_s(server.pid)
            with others.phase("all"):
                time.sleep(seconds)
            cpu_s = lab.cpu_s(server.pid) - cpu_s
            written = sum(recordings.bytes()) - written if is_recorded else 0
            p99, lost = others.result()
        bare_s = bare_write_s(server.folder, streams, written, seconds) if is_recorded else 0
    return {"core": cpu_s / seconds, "bare_core": bare_s / seconds, "mbit_s": written * 8 / 1e6 / seconds, "p99": p99["all"][0], **lost}
