"""A watcher: it follows a live MPD beside a test, fetches each segment, and judges all that it sees.

    with DashWatch(server.http_url("/live/s.mpd")) as watch:     it may not be on air yet
        watch.wait_segments(3)
        ...
    (leaving the block asserts the rules of every load, every pair of loads, and every segment)
"""
import http.client
import math
import threading
import time
from collections import namedtuple
from fractions import Fraction
from urllib.parse import urljoin

import dash_mpd
import dash_rules
import npm_parsers
from dash_mpd import Problem
from hls_watch import Http
from wait import patience, until

MPD_TYPES = ("application/dash+xml",)
LOADS_KEPT = 400
LOADS_COMPARED = 10                          # with a parser from npm, if it is installed

Fetched = namedtuple("Fetched", "number t d size at data")


def assert_good(problems, text="", should=False):
    wrong = [p for p in problems if should or not p.rule.startswith("should-")]
    assert not wrong, "\n".join("%s (%s): %s" % p for p in wrong) + ("\n" + text if text else "")


def by_number(mpd, r, now):
    """The complete segments of a representation with @duration instead of a timeline, the newest three (5.3.9.5.3)."""
    lasts = Fraction(int(r.template["duration"]), r.timescale)
    passed = now - mpd.available_from - (r.period.start or 0)
    newest = math.floor(Fraction(passed).limit_denominator(1000) / lasts) - 1
    return [dash_mpd.Segment(r.start_number + n, n * int(r.template["duration"]) + r.offset, int(r.template["duration"]), n * lasts,
                             lasts) for n in range(max(0, newest - 2), newest + 1)]


class DashWatch:
    """every: seconds between loads. low_latency: check what that profile asks for. should: a broken SHOULD fails as well.
    keep: keep the bytes of segments. may_vanish: the MPD may be away for some time. ignore: rules that the test breaks."""

    def __init__(self, url, *, every=0.2, low_latency=False, should=False, keep=False, may_vanish=False, ignore=()):
        self.url, self.every, self.low_latency, self.should, self.keep = url, every, low_latency, should, keep
        self.may_vanish, self.ignore = may_vanish, set(ignore)
        self.problems, self.loads, self.inits, self.segments, self.statuses = [], [], {}, {}, []
        self.known, self.stopping, self.slowest_change_s, self.at_change = None, False, 0.0, None
        self.clocks = set()
        self.http = Http()
        self.began = time.monotonic()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            while not self.stopping and not (self.known and not self.known.is_dynamic):
                self._load()
                time.sleep(self.every)
        except Exception as e:                                       # pylint: disable=broad-except
            if not self.stopping:
                self._complain(Problem("watcher", self.url, repr(e)))
        finally:
            self.http.close()

    def _load(self):
        try:
            reply = self.http.get(self.url)
        except (http.client.HTTPException, OSError) as e:
            if self.known and not self.stopping and not self.may_vanish:
                self._complain(Problem("unreachable", self.url, repr(e)))
            return
        now = time.time()
        self.statuses.append(reply.status)
        if reply.status != 200:
            if self.known and not self.may_vanish:
                self._complain(Problem("mpd-status", self.url, str(reply.status)))
            return
        if reply.headers.get("content-type", "").split(";")[0] not in MPD_TYPES:
            self._complain(Problem("mpd-type", self.url, reply.headers.get("content-type", "")))
        mpd = dash_mpd.read(reply.body.decode("utf-8"), self.url)
        for problem in dash_rules.check_mpd(mpd, now, self.low_latency):
            self._complain(problem, mpd.text)
        if not self.loads or self.loads[-1] != mpd.text:
            self._changed(mpd)
        self._fetch(mpd, now)

    def _changed(self, mpd):
        for problem in dash_rules.check_next(self.known, mpd) if self.known else []:
            self._complain(problem, mpd.text)
        now = time.monotonic() - self.began
        if self.at_change is not None:
            self.slowest_change_s = max(self.slowest_change_s, now - self.at_change)
        self.at_change, self.known = now, mpd
        self.loads = (self.loads + [mpd.text])[-LOADS_KEPT:]
        for t in mpd.root.findall("UTCTiming"):
            if "http-" in t.get("schemeIdUri") and t.get("value") not in self.clocks:
                self.clocks.add(t.get("value"))
                self._compare_clock(t)

    def _compare_clock(self, timing):
        reply = self.http.get(urljoin(self.url, timing.get("value")))
        if reply.status != 200:
            self._complain(Problem("utc-timing-status", timing.get("value"), str(reply.status)))
        elif "xsdate" in timing.get("schemeIdUri") or "iso" in timing.get("schemeIdUri"):
            says = dash_mpd.seconds_of(reply.body.decode().strip())
            if says is None or abs(says - time.time()) > 2:
                self._complain(Problem("utc-timing-time", timing.get("value"), repr(reply.body[:60])))

    def _fetch(self, mpd, now):
        for r in mpd.representations:
            if "initialization" not in r.template or "media" not in r.template:
                continue
            key = (r.period.id, r.id)
            if key not in self.inits:
                self.inits[key] = self._get(r.url("initialization"))
                self.segments[key] = {}
            for s in r.segments or by_number(mpd, r, now):
                is_open = r.segments and dash_rules.ends_at(mpd, r, s) > now
                if s.t not in self.segments[key] and not is_open and self.inits[key]:
                    # With low latency the newest one may be open, and its length is foretold.
                    foretold = self.low_latency and r.segments and s is r.segments[-1]
                    self._take(r, key, s, not foretold)

    def _take(self, r, key, s, complete):
        data = self._get(r.url("media", s))
        self.segments[key][s.t] = Fetched(s.number, s.t, s.d, len(data), time.monotonic() - self.began, data if self.keep else None)
        # Without a timeline, segments may drift by half their length (DASH-IF, 3.2.7.1).
        tolerance = 0.001 if r.segments else float(s.duration) / 2
        for problem in dash_rules.check_media(r, s, self.inits[key], data, tolerance, complete) if data else []:
            self._complain(problem)

    def _get(self, url):
        reply = self.http.get(url)
        if reply.status != 200 or not reply.body:
            self._complain(Problem("segment-status", url, "%d, %d bytes" % (reply.status, len(reply.body))))
            return b""
        return reply.body

    def _complain(self, problem, text=""):
        if problem.rule not in self.ignore and len(self.problems) < 50:
            self.problems.append((problem, text))

    # -- what tests ask ------------------------------------------------------------------------------------------------

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.stop()
        if kind is None:
            self.check()

    def wait_segments(self, count, representations=1, timeout=60):
        """Wait until at least so many representations, those of past periods included, have shown this many segments each."""
        def enough():
            self._assert_good()
            return len(self.segments) >= representations and min(len(s) for s in self.segments.values()) >= count
        until(enough, lambda: "%d segments of %s: %s" % (count, self.url, {k: len(s) for k, s in self.segments.items()}), timeout)
        return self

    def wait_ended(self, timeout=60):
        until(lambda: self.known and not self.known.is_dynamic, "a static MPD", timeout)
        return self

    def stop(self):
        self.stopping = True
        self.thread.join(patience(30))
        assert not self.thread.is_alive(), "the watcher of %s hangs" % self.url

    def check(self):
        assert self.loads, "no MPD at %s: %s" % (self.url, self.statuses[-3:])
        self._assert_good()
        if npm_parsers.is_installed() and not self.ignore:
            npm_parsers.assert_agreed_mpds([(text, self.url) for text in self.loads[-LOADS_COMPARED:]])

    def _assert_good(self):
        wrong = [x for x in self.problems if self.should or not x[0].rule.startswith("should-")]
        assert not wrong, "\n".join(["%d problems of %s" % (len(wrong), self.url)]
                                    + ["%s (%s): %s" % p for p, _ in wrong[:10]] + [wrong[0][1]])
