"""A watcher: it follows a live HLS stream beside a test, as a player would, and judges all that it sees.

    with Watch(server.http_url("/live/s.m3u8")) as watch:        master or media playlist; it may not be on air yet
        watch.wait_segments(3)
        ...
    (leaving the block asserts the rules of every load, every pair of loads, and the replies for every segment)

Watch(url, blocking=True) reloads as bis 6.2.5.2 says, Watch(url, delta=True) compares delta updates with full playlists.
watch.media[0].segments has what was fetched; watch.media[0].loads has the texts.
"""
import contextlib
import hashlib
import http.client
import ssl
import threading
import time
from collections import namedtuple
from urllib.parse import urljoin, urlsplit

import hls_changes
import hls_master
import hls_playlist
import hls_rules
import npm_parsers
from hls_playlist import Problem
from wait import patience, until

PLAYLIST_TYPES = ("application/vnd.apple.mpegurl", "audio/mpegurl", "application/x-mpegurl")
LOADS_KEPT = 400
LOADS_COMPARED = 10                          # with parsers from npm, if those are installed

Reply = namedtuple("Reply", "status headers body")
# data: its bytes if the watcher keeps them; at: seconds since the watcher began
Fetched = namedtuple("Fetched", "number uri duration size digest at data")


class Http:
    """GET with a connection that is kept, for one thread. Certificates are not verified."""

    def __init__(self):
        self.connections = {}

    def get(self, url, timeout=20):
        u = urlsplit(url)
        key = (u.scheme, u.netloc)
        for is_last in (False, True):
            c = self.connections.get(key) or self._connect(u, timeout)
            self.connections[key] = c
            try:
                c.request("GET", u.path + ("?" + u.query if u.query else ""), headers={"User-Agent": "hls-watch"})
                r = c.getresponse()
                return Reply(r.status, {k.lower(): v for k, v in r.getheaders()}, r.read())
            except (http.client.HTTPException, OSError):
                c.close()
                del self.connections[key]
                if is_last:
                    raise
        return None

    def _connect(self, u, timeout):
        if u.scheme == "https":
            return http.client.HTTPSConnection(u.hostname, u.port, timeout=patience(timeout),
                                               context=ssl._create_unverified_context())
        return http.client.HTTPConnection(u.hostname, u.port, timeout=patience(timeout))

    def close(self):
        for c in self.connections.values():
            c.close()


def fetch(url):
    """GET with a connection of its own."""
    with contextlib.closing(Http()) as http:
        return http.get(url)


def get(server, path):
    """GET from the HTTP port of a server, with a connection of its own."""
    return fetch(server.http_url(path))


class Follower:
    """One media playlist, loaded again and again in a thread of its own."""

    def __init__(self, url, attributes, options, began):
        self.url, self.attributes, self.options, self.began = url, attributes, options, began
        self.problems, self.loads, self.segments, self.maps, self.statuses = [], [], {}, {}, []
        self.known = None                                            # the last full playlist, read
        self.fetched = None                                          # the number of its last segment, when all is fetched
        self.at_change, self.slowest_change_s, self.stopping = None, 0.0, False
        self.http = Http()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    # -- the loop ----------------------------------------------------------------------------------------------------

    def _run(self):
        try:
            while not self.stopping and not (self.known and self.known.ended):
                self._load(self._next_url())
                if not self.options["blocking"] or not self.known:
                    time.sleep(self.options["every"])
        except Exception as e:                                       # pylint: disable=broad-except
            if not self.stopping:
                self._complain(Problem("watcher", 0, "%s: %r" % (self.url, e)))
        finally:
            self.http.close()

    def _next_url(self):
        p = self.known
        if not p or not self.options["blocking"] or "CAN-BLOCK-RELOAD" not in p.control:
            return self.url
        part = "&_HLS_part=%d" % len(p.open_parts) if p.part_target else ""
        return with_query(self.url, "_HLS_msn=%d%s" % (p.next_number, part))

    def _load(self, url):
        try:
            reply = self.http.get(url)
        except (http.client.HTTPException, OSError) as e:
            if not self.stopping and not self.options["may_vanish"]:
                self._complain(Problem("unreachable", 0, repr(e)))
            return
        self.statuses.append(reply.status)
        if reply.status != 200:
            if self.known and not self.options["may_vanish"]:
                self._complain(Problem("playlist-status", 0, "%s: %d" % (url, reply.status)))
            return
        kind = reply.headers.get("content-type", "").split(";")[0].lower()
        if kind not in PLAYLIST_TYPES and not urlsplit(url).path.endswith(".m3u8"):
            self._complain(Problem("playlist-type", 0, "%s: %s" % (url, kind)))      # 4
        text = reply.body.decode("utf-8")
        if not self.loads or self.loads[-1] != text:
            try:
                self._judge(text, url)
            except (http.client.HTTPException, OSError):
                if not self.options["may_vanish"]:
                    raise
        if self.options["delta"] and self.known and "CAN-SKIP-UNTIL" in self.known.control:
            self._compare_delta()

    def _judge(self, text, url):
        p = hls_playlist.read(text)
        tolerance = self.options["pdt_tolerance"]
        found = hls_rules.check_media(p, tolerance)
        if self.known:
            found += hls_changes.check_next(self.known, p, tolerance)
            found += hls_changes.check_reload(p, url)
        for problem in found:
            self._complain(problem, text)
        now = time.monotonic() - self.began
        if self.at_change is not None:
            self.slowest_change_s = max(self.slowest_change_s, now - self.at_change)
        self.at_change = now
        self.loads = (self.loads + [text])[-LOADS_KEPT:]
        before, self.known = self.known, p
        if self.options["fetch"]:
            self._fetch(before, p)
            self.fetched = p.next_number - 1

    def _compare_delta(self):
        """Compares only if the playlist did not change meanwhile."""
        first = self.http.get(self.url).body
        self.skip = "YES" if getattr(self, "skip", "v2") == "v2" else "v2"           # in turns
        delta = self.http.get(with_query(self.url, "_HLS_skip=" + self.skip)).body.decode()
        if self.http.get(self.url).body != first or "#EXT-X-SKIP" not in delta:
            return
        self.deltas = getattr(self, "deltas", 0) + 1
        for problem in hls_changes.check_delta(first.decode(), delta):
            self._complain(problem, delta)

    # -- segments ----------------------------------------------------------------------------------------------------

    def _fetch(self, before, p):
        for s in p.segments:
            if s.map and s.map not in self.maps:
                self.maps[s.map] = self._get(s.map.uri, s.map.byterange)
            if s.number not in self.segments and not s.gap:
                body = self._get(s.uri, s.byterange)
                self.segments[s.number] = Fetched(s.number, urljoin(self.url, s.uri), s.duration, len(body),
                                                  hashlib.sha256(body).hexdigest(), time.monotonic() - self.began,
                                                  body if self.options["keep"] else None)
        if before and self.options["lingers"]:
            for s in before.segments:
                if s.number < p.sequence and s.number in self.segments:
                    self._linger(s)

    def _get(self, uri, byterange):
        reply = self.http.get(urljoin(self.url, uri))
        if reply.status != 200 or not reply.body:
            self._complain(Problem("segment-status", 0, "%s: %d, %d bytes" % (uri, reply.status, len(reply.body))))
        body = reply.body
        return body[byterange[1] or 0:][:byterange[0]] if byterange else body

    def _linger(self, s):
        """A segment that has left the playlist is still there, unchanged, for those who have just loaded it (6.2.2)."""
        reply = self.http.get(urljoin(self.url, s.uri))
        if reply.status != 200:
            self._complain(Problem("segment-gone-at-once", 0, "%s: %d" % (s.uri, reply.status)))
        elif not s.byterange and hashlib.sha256(reply.body).hexdigest() != self.segments[s.number].digest:
            self._complain(Problem("segment-bytes-change", 0, s.uri))

    def _complain(self, problem, text=""):
        if problem.rule not in self.options["ignore"] and len(self.problems) < 50:
            self.problems.append((problem, text))

    # -- what tests ask --------------------------------------------------------------------------------------------------

    def sizes(self):
        return [(f.size, f.duration) for _, f in sorted(self.segments.items())]

    def missing(self):
        """Numbers between the first and the last segment that were never seen."""
        return sorted(set(range(min(self.segments), max(self.segments) + 1)) - set(self.segments)) if self.segments else []

    def stop(self):
        self.stopping = True
        self.thread.join(patience(30))
        assert not self.thread.is_alive(), "the watcher of %s hangs" % self.url


def with_query(url, query):
    return url + ("&" if "?" in url else "?") + query


class Watch:
    """All media playlists that an address leads to.

    every          seconds between two loads            blocking    ask for the next segment or part and wait for it
    delta          compare delta updates                should      a broken SHOULD fails as well
    fetch          fetch each segment once              keep        keep the bytes of segments
    lingers        fetch a segment again when it has left the playlist
    may_vanish     the playlist may be away for some time (restarts)
    bandwidth      the share by which BANDWIDTH may be too small, None: do not compare
    ignore         names of rules that this test breaks on purpose
    """

    def __init__(self, url, *, every=0.1, blocking=False, delta=False, should=False, fetch=True, keep=False, lingers=True,
                 may_vanish=False, bandwidth=0.25, ignore=(), pdt_tolerance=hls_rules.PDT_TOLERANCE_S):
        self.url, self.should, self.bandwidth = url, should, bandwidth
        self.options = {"every": every, "blocking": blocking, "delta": delta, "fetch": fetch, "keep": keep,
                        "lingers": lingers, "may_vanish": may_vanish, "ignore": set(ignore), "pdt_tolerance": pdt_tolerance}
        self.began, self.media, self.master, self.sounds, self.error = time.monotonic(), [], None, [], None
        self.stopping = False
        self.thread = threading.Thread(target=self._find, daemon=True)
        self.thread.start()

    def _find(self):
        """Wait for the playlist to be there, then follow it, or those that it names."""
        http_ = Http()
        while not self.stopping:
            try:
                reply = http_.get(self.url)
            except (http.client.HTTPException, OSError):
                reply = None
            if reply and reply.status == 200:
                self._follow(reply.body.decode("utf-8"))
                break
            time.sleep(self.options["every"])
        http_.close()

    def _follow(self, text):
        p = hls_playlist.read(text)
        if not p.is_master:
            self.media = [Follower(self.url, None, self.options, self.began)]
            return
        self.master = text
        self.sounds = [r for r in p.renditions if r["TYPE"] == "AUDIO" and "URI" in r]
        uris = [(uri, attributes) for attributes, uri in p.variants]
        uris += [(r["URI"], None) for r in p.renditions if "URI" in r and r["URI"] not in dict(uris)]
        self.media = [Follower(urljoin(self.url, uri), a, self.options, self.began) for uri, a in uris]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.stop()
        if kind is None:
            self.check()

    def wait_segments(self, count, timeout=60):
        """Wait until each playlist has shown this many different segments."""
        def enough():
            assert not self._wrong(), self._report()
            seen = [len(f.segments) if self.options["fetch"] else f.known.next_number - f.known.sequence if f.known else 0
                    for f in self.media]
            return seen and min(seen) >= count
        until(enough, lambda: "%d segments of %s: %s" % (count, self.url, [
            (f.url, f.statuses[-1:], sorted(f.segments)) for f in self.media]), timeout)
        return self

    def wait_ended(self, timeout=60):
        until(lambda: self.media and all(f.known and f.known.ended for f in self.media), "EXT-X-ENDLIST", timeout)
        return self

    def stop(self):
        self.stopping = True
        self.thread.join(patience(30))
        for f in self.media:
            f.stop()

    def check(self):
        """Assert everything. The watcher must have seen a playlist."""
        assert self.media and all(f.loads for f in self.media), "no playlist at %s" % self.url
        assert not self._wrong(), self._report()
        if self.master:
            hls_rules.assert_good([p for p in hls_master.check_master(self.master) if p.rule not in self.options["ignore"]],
                                  self.master, self.should)
            if self.bandwidth is not None:
                self._check_bandwidth()
        if self.sounds:                                              # bis, 6.2.4
            texts = [f.loads[-1] for f in self.media]
            hls_rules.assert_good([p for p in hls_changes.check_aligned(texts) if p.rule not in self.options["ignore"]],
                                  "\n".join(texts))
        if npm_parsers.is_installed() and not self.options["ignore"]:
            texts = [text for f in self.media for text in f.loads[-LOADS_COMPARED:]]
            npm_parsers.assert_agreed(texts + ([self.master] if self.master else []))

    def follower(self, uri):
        """That of a URI in the master playlist."""
        return next(f for f in self.media if f.url == urljoin(self.url, uri))

    def _sizes(self, f):
        """Of a variant with renditions: with the largest of its sounds, segment by segment (bis, 4.4.6.2)."""
        group = [self.follower(r["URI"]) for r in self.sounds if r["GROUP-ID"] == f.attributes.get("AUDIO")]
        sounds = [s.segments for s in group if s is not f and s.segments]
        if not sounds:
            return f.sizes()
        largest = max(sounds, key=lambda segments: sum(s.size for s in segments.values()) / len(segments))
        return [(s.size + (largest[n].size if n in largest else 0), s.duration) for n, s in sorted(f.segments.items())]

    def _check_bandwidth(self):
        for f in self.media:
            if f.attributes and f.segments and "bandwidth" not in self.options["ignore"]:
                hls_rules.assert_good(list(hls_master.check_bandwidth(f.attributes, self._sizes(f), f.known.target, self.bandwidth)),
                                      self.master)

    def _wrong(self):
        return [x for f in self.media for x in f.problems if self.should or not x[0].rule.startswith("should-")]

    def _report(self):
        wrong = self._wrong()
        lines = ["%s (line %s): %s" % p for p, _ in wrong[:10]]
        return "\n".join(["%d problems of %s" % (len(wrong), self.url)] + lines + [wrong[0][1]]) if wrong else ""
