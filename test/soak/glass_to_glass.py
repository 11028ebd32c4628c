#!/usr/bin/python3
"""Glass to glass in a browser: a publisher sends numbered pictures in real time, hls.js with low latency shows them in headless
Chromium, and the page reads the numbers off the screen.

    test/soak/glass_to_glass.py                      five minutes
    test/soak/glass_to_glass.py --minutes 60         an hour; a line each five minutes
    test/soak/glass_to_glass.py --container ts       MPEG-TS in place of fragmented MP4
    test/soak/glass_to_glass.py --player dash.js     DASH with low latency; or shaka (of HLS)

The time of a picture runs from its last byte's send() until it is on the screen, with one clock. Each line has its median, its 99th
percentile and its maximum, what the player itself takes for its latency, its buffer, stalls, errors, dropped pictures, and the load
average: a busy machine is late by itself. The exit status is 0 if no error was fatal, nothing stalled once the player had found its place,
the 99th percentile is at most 1.2 s, and the median of the last period is at most 50 ms above that of the first.
"""
import argparse
import os
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

import browser_players                                               # noqa: E402 (the path comes first)
import flv                                                           # noqa: E402
import media                                                         # noqa: E402
import rtmp                                                          # noqa: E402
from browser import Browser                                          # noqa: E402
from srs import BINARY, Server                                       # noqa: E402
from wait import until                                               # noqa: E402

LIMIT_S, GROWTH_S = 1.2, 0.05
JOIN_S = 10                                                          # before the first period: the player finds its place
LOOK_S = 1                                                           # between two looks at the page

HLS = "hls { enabled on; hls_ll on; hls_part 0.2; hls_use_fmp4 %s; hls_fragment 2; hls_window 30; hls_storage memory; }"
DASH = "dash { enabled on; dash_ll on; dash_fragment 2; dash_timeshift 30; dash_update_period 1; }"
# The page of the players keeps hls.js near the live end by this.
LIVE_EDGE = os.path.join(media.ROOT, "research", "players", "html", "players", "js", "live_edge.js")


class Numbered(rtmp.Feeder):
    """Publishes the clip in a loop. `sent` has the wall clock of each picture's sending, by its number in the clip."""

    def __init__(self, client):
        self.sent_at = {}
        self.number = -1
        super().__init__(client, self.marked(media.loop(media.NUMBERED, media.NUMBERED_MS)))

    def marked(self, tags):
        """Hand the tags on; a tag is sent when the next one is asked for."""
        for tag in tags:
            yield tag
            self.sent.clear()
            if tag.type == flv.VIDEO and not flv.is_config(tag):
                self.number = (self.number + 1) % media.NUMBERED_PICTURES
                self.sent_at[self.number] = time.time()


def keep_near(page, server):
    shutil.copy(LIVE_EDGE, server.html)
    page.browser.run("import('/live_edge.js').then(edge => { Object.assign(engine.config, edge.liveEdgeConfig); edge.keepNear(engine) })")


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


class Period:
    """What happened since it began."""

    def __init__(self, seen):
        self.late, self.own, self.buffered, self.before, self.last = [], [], [], seen, seen

    def take(self, seen, sent_at, shown):
        self.late += [at / 1000 - sent_at[n] for n, at in shown if n in sent_at]
        if seen.latency_now:
            self.own.append(seen.latency_now)
        self.buffered.append(seen.buffered)
        self.last = seen

    def count(self, what):
        now, before = getattr(self.last, what), getattr(self.before, what)
        return len(now) - len(before) if isinstance(now, list) else now - before

    def line(self, minutes):
        return "%6.1f  %6d  %6.0f %6.0f %6.0f  %8.0f %8.0f  %6d %6d %6d %7d  %5.2f" % (
            minutes, len(self.late), *(1000 * percentile(self.late, p) for p in (0.5, 0.99, 1)),
            1000 * percentile(self.own, 0.5), 1000 * percentile(self.buffered, 0.5),
            self.count("stalls"), self.count("seeks"), self.count("errors"), self.count("dropped"), os.getloadavg()[0])


HEAD = "minute   shown     p50    p99    max  player's buffered  stalls  seeks errors dropped   load     (times in ms)"


def watch(page, feeder, minutes, period_minutes):
    """Print a line each period; returns the periods and the last facts."""
    time.sleep(JOIN_S)
    page.shown()
    began, periods, current = time.monotonic(), [], Period(page.seen())
    print(HEAD, flush=True)
    while True:
        time.sleep(LOOK_S)
        feeder.check()
        current.take(page.seen(), feeder.sent_at, page.shown())
        passed = (time.monotonic() - began) / 60
        is_over = passed >= minutes or current.last.fatal
        if passed >= (len(periods) + 1) * period_minutes or is_over:
            print(current.line(passed), flush=True)
            periods.append(current)
            current = Period(current.last)
        if is_over:
            return periods


def verdict(periods):
    """What is wrong with the run."""
    late, last = [s for p in periods for s in p.late], periods[-1].last
    stalls = sum(p.count("stalls") for p in periods)
    grown = percentile(periods[-1].late, 0.5) - percentile(periods[0].late, 0.5)
    print("%d pictures: p50 %.0f ms, p99 %.0f ms; grown by %.0f ms; %d stalls, %d errors, %d dropped of %d" % (
        len(late), 1000 * percentile(late, 0.5), 1000 * percentile(late, 0.99), 1000 * grown, stalls, len(last.errors),
        last.dropped, last.frames))
    for text in sorted(set(last.errors)):
        print("    %4d x %s" % (last.errors.count(text), text))
    wrong = ["fatal: " + text for text in last.fatal]
    if not late:
        return wrong + ["nothing was shown"]
    if percentile(late, 0.99) > LIMIT_S:
        wrong.append("p99 above %g s" % LIMIT_S)
    if grown > GROWTH_S:
        wrong.append("the latency grows")
    if stalls:
        wrong.append("it stalled")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--every", type=float, default=5, help="minutes of a line (5)")
    parser.add_argument("--player", choices=browser_players.PLAYERS, default="hls.js")
    parser.add_argument("--container", choices=("fmp4", "ts"), default="fmp4", help="of HLS")
    parser.add_argument("--tls", action="store_true", help="over HTTPS, with HTTP/2")
    args = parser.parse_args()

    is_dash = args.player == "dash.js"
    conf = DASH if is_dash else HLS % ("on" if args.container == "fmp4" else "off")
    media.clip(media.NUMBERED)
    print("%s, %s, %s%s" % (BINARY, args.player, "DASH" if is_dash else "HLS, " + args.container, ", HTTP/2" if args.tls else ""))
    with tempfile.TemporaryDirectory(prefix="glass-") as folder:
        server = Server(folder, "vhost __defaultVhost__ { %s }" % conf, http="", tls=args.tls)
        browser = Browser()
        try:
            feeder = Numbered(server.publisher())
            until(lambda: feeder.number > 100, "some of the stream", 20)
            url = server.http_url("/live/s." + ("mpd" if is_dash else "m3u8"), args.tls)
            with browser_players.playing(browser, server, args.player, url, low_latency=True, tls=args.tls) as page:
                if args.player == "hls.js":
                    keep_near(page, server)
                page.wait_played(1)
                wrong = verdict(watch(page, feeder, args.minutes, args.every))
            feeder.finish()
            server.stop()
        finally:
            browser.close()
            server.kill()
    print("\n".join(wrong + ["FAIL"]) if wrong else "PASS")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
