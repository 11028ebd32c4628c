"""Runs with the console open: what it costs the server, and how its list moves in Chromium."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.parse

import lab
from servers import KeptConnection, Srs, need

ROWS_SHOWN, PAGE = 40, 500
TURN_S = 3  # research/console/src/roll.js, figures.js: the part on the screen, and the figures
WHOLE_MS_PER_STREAM = 15


class StandIn(KeptConnection):
    """Asks what the console asks for its list of streams, without drawing it: call it once each turn."""

    def __init__(self, port, streams):
        super().__init__(port)
        self.streams, self.whole_at = streams, -1e9

    def ask(self, path):
        return json.loads(self.get("/api/v1/" + path))

    def whole(self):
        n = 0
        while True:
            found = len(self.ask(f"streams/?start={n}&count={PAGE}")["streams"])
            n += found
            if found < PAGE:
                return n

    def __call__(self):
        self.ask("summaries")
        if time.monotonic() - self.whole_at < max(TURN_S, self.streams * WHOLE_MS_PER_STREAM / 1e3) - TURN_S / 2:
            self.ask(f"streams/?start=0&count={ROWS_SHOWN}")
            return
        self.whole_at = time.monotonic()
        n = self.whole()
        if n < self.streams:
            raise lab.Failed(f"the list has {n} streams of {self.streams}")


def _core(server, seconds):
    """The share of a core that the server uses over these seconds."""
    before, begun = lab.cpu_s(server.pid), time.monotonic()
    time.sleep(seconds)
    return (lab.cpu_s(server.pid) - before) / (time.monotonic() - begun)


# Scrolls the list to and fro, and counts the pictures in which it has moved.
SCROLL = """
const box = document.querySelector('.box')
window.scrolled = { at: [], top: 0 }
function move(now) {
  scrolled.at.push(now)
  const end = box.scrollHeight - box.clientHeight, path = scrolled.at.length * 40 % (2 * end)
  box.scrollTop = path < end ? path : 2 * end - path
  scrolled.handle = requestAnimationFrame(move)
}
requestAnimationFrame(move)
"""
SCROLLED = """cancelAnimationFrame(scrolled.handle)
const gaps = scrolled.at.slice(1).map((at, i) => at - scrolled.at[i]).sort((a, b) => a - b)
return { n: gaps.length, ms: gaps.reduce((sum, gap) => sum + gap, 0), p99: gaps[Math.floor(gaps.length * 0.99)] }"""


def _browser():
    """Chromium, as the end-to-end tests drive it."""
    sys.path.append(os.path.join(lab.ROOT, "test", "e2e"))
    try:
        from browser import Browser
        return Browser()
    except Exception as e:  # Selenium, chromedriver or Chromium is missing, or does not start
        lab.say(f"    Chromium is left out: {str(e).splitlines()[0] if str(e) else type(e).__name__}")
        return None


def _in_chromium(server, streams, seconds):
    """The console in Chromium: the server's share of a core, and the frames of its list while it scrolls."""
    if not (browser := _browser()):
        return None
    api = f"127.0.0.1:{server.ports['api']}"
    with contextlib.closing(browser):
        browser.open(f"http://{api}/console/?{urllib.parse.urlencode({'lang': 'en', 'api': api})}#/streams")
        browser.wait_text(f"{streams} of {streams}")
        browser.run(SCROLL)
        core = _core(server, seconds)
        seen = browser.run(SCROLLED)
    return {"core": core, "fps": seen["n"] / seen["ms"] * 1e3, "frame_p99_ms": seen["p99"]}


def shown(streams=1000, turns=2, alone_s=7, seconds=15):
    """
    The server's share of a core for one console that shows the list of streams, by requests of a stand-in: it takes turns with
    nobody. Then Chromium. The streams run at a hundredth of real time, so that the difference is not lost in their own work.
    """
    need("api")
    with Srs("", "flv", "api") as server, lab.publishers(server, streams, stream="s%d", rate=500, speed=0.01):
        subprocess.run([os.path.join(lab.ROOT, "trunk-scripts", "pages.sh"), server.path("html")], check=True)
        time.sleep(2)
        cores = {"alone": [], "open": []}
        ask = StandIn(server.ports["api"], streams)
        for _ in range(turns):
            cores["alone"].append(_core(server, alone_s))
            with lab.Sampling(TURN_S, ask) as sampling:
                cores["open"].append(_core(server, seconds))
            if sampling.failure:
                raise lab.Failed(f"the stand-in: {sampling.failure}")
        seen = _in_chromium(server, streams, seconds)
    alone = lab.median(cores["alone"])
    out = {"core": lab.median([b - a for a, b in zip(cores["alone"], cores["open"])]), "alone_core": alone,
           "requests": ask.n, "mbytes": ask.bytes / 1e6}
    if seen:
        out.update({"chromium_core": seen["core"] - alone, "fps": seen["fps"], "frame_p99_ms": seen["frame_p99_ms"]})
    return out
