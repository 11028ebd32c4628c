"""The rules of HLS for successive loads of one media playlist, written from RFC 8216 (6.2) and its second edition ("bis").

    check_next(older, newer)     what is wrong with two successive loads
    merge(older, delta)          the playlist that a client has after a delta update
    check_delta(full, delta)     a delta update against the full playlist of the same moment
    check_reload(playlist, url)  an answer to a blocking reload: has it what was asked for
    check_aligned(playlists)     the variants of one master playlist

Playlists are texts, or what hls_playlist.read() made of them.
"""
from urllib.parse import urlsplit

import hls_playlist
from hls_playlist import Problem
from hls_rules import PDT_TOLERANCE_S, check_media, date_of, read

# -- two loads of one playlist (6.2.1, 6.2.2) ------------------------------------------------------------------------------

def check_next(older, newer, pdt_tolerance=PDT_TOLERANCE_S):
    """Both are full playlists: merge() a delta update before."""
    a, b = read(older), read(newer)
    found = []

    def complain(rule, text, line=0):
        found.append(Problem(rule, line, text))

    for name, was, now in (("target-changes", a.target, b.target), ("part-target-changes", a.part_target, b.part_target)):
        if was != now and None not in (was, now):                    # the files, which are served until a publisher is back, have no parts
            complain(name, "%s became %s" % (was, now))
    for name, was, now in (("sequence-goes-back", a.sequence, b.sequence),
                           ("discontinuity-sequence-goes-back", a.discontinuity_sequence, b.discontinuity_sequence),
                           ("segments-lost-at-the-end", a.next_number, b.next_number)):
        if now < was:
            complain(name, "%d became %d" % (was, now))
    if a.ended and (not b.ended or b.next_number != a.next_number or b.sequence != a.sequence):
        complain("changes-after-end", "segments %d..%d, ended; then %d..%d" % (
            a.sequence, a.next_number - 1, b.sequence, b.next_number - 1))
    if a.type in ("EVENT", "VOD") and b.sequence != a.sequence:
        complain("removes-from-" + a.type.lower(), "segment %d is gone" % a.sequence)
    if b.sequence > a.sequence and not b.ended and b.duration < 3 * b.target:
        complain("removes-too-early", "%g s are left, three target durations are %d" % (b.duration, 3 * b.target))
    _compare_segments(a, b, complain, pdt_tolerance)
    _compare_parts(a, b, complain)
    _compare_date_ranges(a, b, complain)
    return found


_NAMES = (("uri", "segment-uri"), ("duration", "segment-duration"), ("title", "segment-title"), ("keys", "segment-key"),
          ("map", "segment-map"), ("byterange", "segment-byterange"), ("discontinuity", "segment-discontinuity"))


def _compare_segments(a, b, complain, tolerance):
    old = {s.number: s for s in a.segments}
    latest = max((s.pdt for s in a.segments if s.pdt is not None), default=None)
    for s in b.segments:
        was = old.get(s.number)
        if was:
            for field, rule in _NAMES:
                if getattr(was, field) != getattr(s, field):
                    complain(rule + "-changes", "segment %d: %s became %s" % (
                        s.number, getattr(was, field), getattr(s, field)), s.line)
            if was.pdt is not None and s.pdt is not None and was.pdt != s.pdt:
                complain("segment-date-changes", "segment %d: %.3f became %.3f" % (s.number, was.pdt, s.pdt), s.line)
            if was.gap and not s.gap:
                complain("segment-gap-changes", "segment %d was a gap" % s.number, s.line)
        elif s.pdt is not None and latest is not None and s.pdt < latest - tolerance:
            complain("date-goes-back", "segment %d: %.3f after %.3f" % (s.number, s.pdt, latest), s.line)
    last = a.segments[-1] if a.segments else None
    new = next((s for s in b.segments if last and s.number == last.number + 1), None)
    if new and not new.breaks and last.pdt is not None and new.pdt is not None \
            and abs(new.pdt - last.pdt - last.duration) > tolerance:
        complain("date-does-not-continue", "segment %d begins at %.3f, the one before ends at %.3f" % (
            new.number, new.pdt, last.pdt + last.duration), new.line)


def parts_by_number(p):
    parts = {s.number: s.parts for s in p.segments if s.parts}
    if p.open_parts:
        parts[p.next_number] = p.open_parts
    return parts


def _facts(parts):
    return [part._replace(line=0) for part in parts]


def _compare_parts(a, b, complain):
    """Parts are appended as segments are, and the hinted part is the one that comes (bis, 6.2.2)."""
    old, new = parts_by_number(a), parts_by_number(b)
    for number in sorted(set(old) & set(new)):
        was, now = _facts(old[number]), _facts(new[number])
        if now[:len(was)] != was and was[-len(now):] != now:
            complain("parts-change", "segment %d: %s became %s" % (number, was, now))
    numbers = {s.number for s in b.segments if not s.gap}            # a crash has made a gap of what was open
    if a.open_parts and a.next_number in numbers and a.next_number not in new and b.duration and _is_near_end(a.next_number, b):
        complain("parts-lost", "segment %d has no parts any more" % a.next_number)
    hint = next((h for h in a.hints if h.get("TYPE") == "PART"), None)
    following = new.get(a.next_number, [])[len(a.open_parts):][:1]
    if not following and a.next_number in numbers:
        following = new.get(a.next_number + 1, [])[:1]
    if hint and following and following[0].uri != hint.get("URI"):
        complain("hint-not-kept", "%s was hinted at, %s came" % (hint.get("URI"), following[0].uri), following[0].line)


def _is_near_end(number, p):
    """True within three target durations of the end, where a segment keeps its parts."""
    after = sum(s.duration for s in p.segments if s.number > number) + sum(part.duration for part in p.open_parts)
    return after < 3 * p.target


def end_of(attributes):
    """When a date range is over as far as it tells; the planned end counts."""
    start = date_of(attributes, "START-DATE")
    length = attributes.get("DURATION", attributes.get("PLANNED-DURATION", 0))
    return date_of(attributes, "END-DATE") or (start + length if start is not None else None)


def _compare_date_ranges(a, b, complain):
    """Attributes may be added and do not change (4.3.2.7); a range stays while the playlist has something of its time."""
    old, new = a.ranges(), b.ranges()
    oldest = next((s.pdt for s in b.segments if s.pdt is not None), None)
    for name, was in old.items():
        for attribute, value in was.items():
            if name in new and new[name].get(attribute, value) != value:
                complain("date-range-changes", "%s of %s: %s became %s" % (attribute, name, value, new[name][attribute]))
        end = end_of(was)
        if name not in new and end is not None and oldest is not None and end > oldest + PDT_TOLERANCE_S:
            complain("should-keep-date-range", "%s ends at %.3f, the playlist begins at %.3f" % (name, end, oldest))


# -- delta updates (bis, 6.2.5.1) --------------------------------------------------------------------------------------------

def merge(older, delta):
    """What a client knows after a delta update: the skipped segments are those that it had."""
    a, d = read(older), hls_playlist.read(read(delta).text)          # a copy, which is changed below
    if not d.skipped:
        return d
    first, count = d.sequence, d.skipped
    kept = [s for s in a.segments if first <= s.number < first + count]
    assert [s.number for s in kept] == list(range(first, first + count)), \
        "the update skips segments %d..%d, the client knows %s" % (first, first + count - 1, [s.number for s in a.segments])
    keys, init, number = kept[-1].keys, kept[-1].map, kept[-1].discontinuity
    moved = number - d.discontinuity_sequence
    keyed = [t.line for t in d.tags if t.name == "EXT-X-KEY"]
    mapped = [t.line for t in d.tags if t.name == "EXT-X-MAP"]
    rest = [s._replace(discontinuity=s.discontinuity + moved, keys=s.keys if keyed and keyed[0] < s.line else keys,
                       map=s.map if mapped and mapped[0] < s.line else init) for s in d.segments]
    if d.removed_date_ranges is not None:
        mentioned = set(d.removed_date_ranges)
        d.date_ranges = [v for v in a.date_ranges if v.get("ID") not in mentioned and v not in d.date_ranges] + d.date_ranges
    d.segments, d.skipped = kept + rest, 0
    d.open_map = d.open_map or init
    return d


def check_delta(full, delta, older=None):
    """A delta update must mean the same as the full playlist. `older`: what the client had; by default the full one."""
    f, d = read(full), read(delta)
    found = [p for p in check_media(d) if p.rule != "map-missing"]
    if not d.skipped:
        return found + [Problem("skip-missing", 1, "it is not a delta update")]
    m = merge(older or f, d)
    for name in ("version", "target", "sequence", "discontinuity_sequence", "part_target", "control", "ended", "hints", "reports"):
        if getattr(f, name) != getattr(m, name) and not (name == "version" and m.version > f.version):
            found.append(Problem("delta-" + name, 0, "%s in full, %s in the update" % (getattr(f, name), getattr(m, name))))
    if f.ranges() != m.ranges():
        found.append(Problem("delta-date-ranges", 0, "%s in full, %s in the update" % (f.ranges(), m.ranges())))
    strip = [[s._replace(line=0, parts=_facts(s.parts)) for s in p.segments] for p in (f, m)]
    skipped = range(d.sequence, d.sequence + d.skipped)
    strip = [[s._replace(parts=[]) if s.number in skipped else s for s in segments] for segments in strip]
    if strip[0] != strip[1]:
        differ = [pair for pair in zip(*strip) if pair[0] != pair[1]][:1] or [(len(strip[0]), len(strip[1]))]
        found.append(Problem("delta-segments", 0, "%s in full, %s in the update" % differ[0]))
    if _facts(f.open_parts) != _facts(m.open_parts):
        found.append(Problem("delta-parts", 0, "%s in full, %s in the update" % (f.open_parts, m.open_parts)))
    return found


# -- what a request asks for (bis, 6.2.5.2) ------------------------------------------------------------------------------------

def check_reload(playlist, url):
    """A blocking reload is answered when the playlist has the segment or part that the request names, or a later one."""
    p, asked = read(playlist), dict(pair.split("=", 1) for pair in urlsplit(url).query.split("&") if "=" in pair)
    if "_HLS_msn" not in asked or p.ended:
        return []
    number, part = int(asked["_HLS_msn"]), int(asked.get("_HLS_part", -1))
    if p.next_number > number or (part >= 0 and p.next_number == number and len(p.open_parts) > part):
        return []
    return [Problem("answered-too-early", 0, "%s: the playlist ends with segment %d and %d parts" % (
        url, p.next_number - 1, len(p.open_parts)))]


# -- several playlists of one master (6.2.4) -----------------------------------------------------------------------------------

def check_aligned(playlists, tolerance=0.1):
    """Variants of one server: equal target durations, and segments of one number that mean the same time."""
    read_ones = [read(p) for p in playlists]
    first = read_ones[0]
    by_number = {s.number: s for s in first.segments}
    for p in read_ones[1:]:
        if p.target != first.target:
            yield Problem("targets-differ", 0, "%d and %d" % (first.target, p.target))
        common = [s for s in p.segments if s.number in by_number]
        if not common:
            yield Problem("numbers-differ", 0, "%d.. and %d.." % (first.sequence, p.sequence))
        for s in common:
            other = by_number[s.number]
            if s.discontinuity != other.discontinuity:
                yield Problem("discontinuities-differ", s.line, "segment %d: %d and %d" % (
                    s.number, other.discontinuity, s.discontinuity))
            if abs(s.duration - other.duration) > tolerance:
                yield Problem("durations-differ", s.line, "segment %d: %g and %g" % (s.number, other.duration, s.duration))
            if s.pdt is not None and other.pdt is not None and abs(s.pdt - other.pdt) > tolerance:
                yield Problem("dates-differ", s.line, "segment %d: %.3f and %.3f" % (s.number, other.pdt, s.pdt))
