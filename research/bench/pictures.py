"""Pictures of a stream by the API, beside the players of another stream."""

import itertools
import os
import subprocess
import time

import lab
from servers import KeptConnection, Srs, get

HD = ("testsrc2=size=1920x1080:rate=25", "-t", "10", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-b:v", "4M", "-g", "50")


def hd_clip():
    """The path of ten seconds of 1080p with a key frame every two seconds, made by ffmpeg when it is missing."""
    path = os.path.join(lab.TOOLS, "clip-1080p.flv")
    if os.path.exists(path):
        return path
    try:
        subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi", "-i", *HD, "-f", "flv", path + ".new"], check=True)
    except FileNotFoundError:
        raise lab.Skipped("ffmpeg is not there (trunk-scripts/deps.sh bench)") from None
    os.rename(path + ".new", path)
    return path


class Asker(KeptConnection):
    """Asks for a picture of another size each time it is called, so that each has to be made."""

    def __init__(self, port, widths):
        super().__init__(port)
        self.widths, self.took_s = widths, []

    def __call__(self):
        began = time.monotonic()
        self.get(f"/api/v1/snapshots/__defaultVhost__/live/hd.jpg?width={next(self.widths)}")
        self.took_s.append(time.monotonic() - began)


def first_picture(port, seconds=10):
    """Wait for a key frame, and have the libraries opened. Skips the row if this server makes no pictures."""
    deadline = time.monotonic() + seconds
    while (answer := get(port, "/api/v1/snapshots/__defaultVhost__/live/hd.jpg"))[0] != 200:
        if answer[0] in (404, 501) and time.monotonic() > deadline:
            raise lab.Skipped("this server makes no pictures")
        if time.monotonic() > deadline:
            raise lab.Failed(f"no picture: status {answer[0]}, {answer[1]!r}")
        time.sleep(0.1)


def asked(bystanders=500, turns=5, seconds=4, rate=10):
    """The p99 of players while pictures of a stream of 1080p are made, and while none are, in turns; and that of the pictures."""
    clip, widths = hd_clip(), itertools.cycle(range(320, 1920))
    with Srs("", "api") as server, lab.publishers(server, stream="hd", clip=clip):
        first_picture(server.ports["api"])
        with lab.Bystanders(server, bystanders) as others:
            ask, cpu_s = Asker(server.ports["api"], widths), {"alone": 0, "asked": 0}
            for _ in range(turns):
                for phase in cpu_s:
                    before = lab.cpu_s(server.pid)
                    with lab.Sampling(1 / rate, ask) if phase == "asked" else lab.Sampling(3600, int) as sampling:
                        with others.phase(phase):
                            time.sleep(seconds)
                    cpu_s[phase] += lab.cpu_s(server.pid) - before
                    if sampling.failure:
                        raise lab.Failed(f"a picture: {sampling.failure}")
            p99, lost = others.result()
    took = sorted(ask.took_s)
    return {"ratio": lab.times(p99, "asked", "alone"), "alone_p99": lab.median(p99["alone"]), "asked_p99": lab.median(p99["asked"]),
            "pictures": len(took), "picture_p50": lab.median(took) * 1e3, "picture_p99": took[len(took) * 99 // 100] * 1e3,
            "cpu_ms": (cpu_s["asked"] - cpu_s["alone"]) * 1e3 / len(took), **lost}
