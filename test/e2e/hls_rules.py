"""The rules of HLS for media playlists, written from RFC 8216 and draft-pantos-hls-rfc8216bis ("bis").

    check_media(text)            what is wrong with one playlist, a list of Problems
    assert_good(problems)        fails the test if a MUST is broken; should=True counts every SHOULD as well

hls_changes.py compares several loads of a playlist, hls_master.py checks master playlists, hls_watch.py does it all beside a test.
Playlists are texts, or what hls_playlist.read() made of them. Numbers are compared as they are written: a server that
rounds must round so that its own text keeps the rules.
"""
import re
from urllib.parse import urlsplit

import hls_playlist
from hls_playlist import Problem

PDT_TOLERANCE_S = 0.02                       # dates and durations are rounded to milliseconds, or a little worse
SUM_TOLERANCE_S = 0.001                      # for each part of a segment
FMP4 = (".mp4", ".m4s", ".m4v", ".m4a", ".m4f", ".cmfv", ".cmfa")


def read(playlist):
    return hls_playlist.read(playlist) if isinstance(playlist, str) else playlist


def assert_good(problems, text="", should=False):
    wrong = [p for p in problems if should or not p.rule.startswith("should-")]
    assert not wrong, "\n".join("%s (line %s): %s" % p for p in wrong) + ("\n" + text if text else "")


def rounded(seconds):
    """To the nearest integer, halves up, which is how 4.3.3.1 compares a duration with the target duration."""
    return int(seconds + 0.5)


# -- one playlist ----------------------------------------------------------------------------------------------------------

def check_media(playlist, pdt_tolerance=PDT_TOLERANCE_S):
    p = read(playlist)
    if p.is_master:
        return p.problems + [Problem("not-a-media-playlist", 1, "it has tags of a master playlist")]
    found = list(p.problems)
    for rule in (_header, _order, _versions, _durations, _dates, _keys, _maps, _ranges, _control, _parts, _hints, _skip,
                 _date_ranges):
        found += rule(p, pdt_tolerance) if rule is _dates else rule(p)
    return found


def _header(p):
    if not p.has("EXT-X-TARGETDURATION"):
        yield Problem("target-missing", 1, "EXT-X-TARGETDURATION is required")           # 4.3.3.1
    elif p.target == 0:
        yield Problem("target-zero", 1, "the target duration is 0")


def _order(p):
    """Media sequence and discontinuity sequence come before what they count (4.3.3.2, 4.3.3.3)."""
    first = min([s.line for s in p.segments] + [t.line for t in p.tags if t.name in ("EXTINF", "EXT-X-PART")], default=1e9)
    for t in p.tags:
        if t.name in ("EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-SKIP") and t.line > first:
            yield Problem("tag-too-late", t.line, "%s after the first segment" % t.name)
    breaks = [t.line for t in p.tags if t.name == "EXT-X-DISCONTINUITY"]
    for t in p.tags:
        if t.name == "EXT-X-DISCONTINUITY-SEQUENCE" and breaks and t.line > breaks[0]:
            yield Problem("tag-too-late", t.line, "%s after a discontinuity" % t.name)
    if p.type == "VOD" and not p.ended:
        yield Problem("vod-without-end", 1, "a VOD playlist never changes, so it ends")


def _versions(p):
    """The least version that each feature asks for (RFC 8216, 7; bis, 8)."""
    wants = [(2, t.line, "IV") for t in p.tags if t.name == "EXT-X-KEY" and "IV" in t.value]
    wants += [(3, t.line, "a duration with a fraction") for t in p.tags if t.name == "EXTINF" and "." in t.value.split(",")[0]]
    wants += [(4, t.line, t.name) for t in p.tags if t.name in ("EXT-X-BYTERANGE", "EXT-X-I-FRAMES-ONLY")]
    wants += [(5, t.line, "KEYFORMAT") for t in p.tags if t.name == "EXT-X-KEY"
              and {"KEYFORMAT", "KEYFORMATVERSIONS"} & set(t.value)]
    at_least = 5 if p.has("EXT-X-I-FRAMES-ONLY") else 6
    wants += [(at_least, t.line, t.name) for t in p.tags if t.name == "EXT-X-MAP"]
    wants += [(11 if "QUERYPARAM" in t.value else 8, t.line, t.name) for t in p.tags if t.name == "EXT-X-DEFINE"]
    wants += [(10 if "RECENTLY-REMOVED-DATERANGES" in t.value else 9, t.line, t.name) for t in p.tags if t.name == "EXT-X-SKIP"]
    for version, line, what in wants:
        if p.version < version:
            yield Problem("version", line, "%s needs version %d, the playlist says %d" % (what, version, p.version))


def _durations(p):
    for s in p.segments:
        if rounded(s.duration) > p.target:
            yield Problem("target-exceeded", s.line, "segment %d lasts %g, the target is %d" % (s.number, s.duration, p.target))
        if s.duration <= 0:
            yield Problem("duration-zero", s.line, "segment %d lasts %g" % (s.number, s.duration))


def _dates(p, tolerance):
    """A date is that of the segment's first sample, so dates go on with the durations until a discontinuity (4.3.2.6)."""
    for t in p.tags:
        if t.name == "EXT-X-PROGRAM-DATE-TIME" and not re.search(r"(Z|[+-]\d\d:?\d\d)$", t.value):
            yield Problem("date-without-zone", t.line, t.value)
        if t.name == "EXT-X-PROGRAM-DATE-TIME" and not re.search(r"\.\d{3}", t.value):
            yield Problem("should-date-milliseconds", t.line, t.value)
    expected = latest = None
    for s in p.segments:
        if s.breaks:
            expected = None
        if s.pdt is not None:
            if latest is not None and s.pdt < latest - tolerance:
                yield Problem("date-goes-back", s.line, "segment %d: %.3f after %.3f" % (s.number, s.pdt, latest))
            elif expected is not None and abs(s.pdt - expected) > tolerance:
                yield Problem("date-does-not-continue", s.line, "segment %d begins at %.3f, the one before ends at %.3f"
                              % (s.number, s.pdt, expected))
            latest = expected = s.pdt
        if expected is not None:
            expected += s.duration


def _keys(p):
    key = {}
    for t in p.tags:
        if t.name == "EXT-X-KEY":
            v, key = t.value, hls_playlist.with_key(key, t.value)
            if v.get("METHOD") == "NONE" and len(v) > 1:
                yield Problem("key-none-attributes", t.line, "METHOD=NONE stands alone")             # 4.3.2.4
            if v.get("METHOD") != "NONE" and "URI" not in v:
                yield Problem("key-without-uri", t.line, str(v))
            if "IV" in v and len(v["IV"]) != 34:
                yield Problem("key-iv-length", t.line, "%s is not 128 bits" % v["IV"])
            if not re.fullmatch(r"[1-9]\d*(/[1-9]\d*)*", v.get("KEYFORMATVERSIONS", "1")):
                yield Problem("key-format-versions", t.line, v["KEYFORMATVERSIONS"])
        elif t.name == "EXT-X-MAP":
            for values in map(dict, key.values()):
                if values.get("METHOD") == "AES-128" and "IV" not in values:
                    yield Problem("key-iv-for-map", t.line, "an encrypted EXT-X-MAP needs the IV in its key")   # 4.3.2.5


def _maps(p):
    for s in p.segments:
        if urlsplit(s.uri).path.endswith(FMP4) and not s.map:
            yield Problem("map-missing", s.line, "%s has no EXT-X-MAP" % s.uri)                      # 3.3
    for part in p.open_parts:
        if part.uri and urlsplit(part.uri).path.endswith(FMP4) and not p.open_map:
            yield Problem("map-missing", part.line, "%s has no EXT-X-MAP" % part.uri)


def _ranges(p):
    """A byte range without an offset goes on where the one before ended, in the same resource (4.3.2.2)."""
    before = None
    for s in p.segments:
        if s.byterange and s.byterange[1] is None and (not before or not before.byterange or before.uri != s.uri):
            yield Problem("byterange-offset", s.line, "segment %d has no offset and none before it" % s.number)
        before = s
    before = None
    for part in all_parts(p):
        if part.byterange and part.byterange[1] is None and (not before or not before.byterange or before.uri != part.uri):
            yield Problem("byterange-offset", part.line, "a part has no offset and none before it")
        before = part


# -- low latency (bis) -----------------------------------------------------------------------------------------------------

def all_parts(p):
    return [part for s in p.segments for part in s.parts] + p.open_parts


def _control(p):
    """EXT-X-SERVER-CONTROL (bis, 4.4.3.8)."""
    c, line = p.control, next((t.line for t in p.tags if t.name == "EXT-X-SERVER-CONTROL"), 1)
    if c.get("HOLD-BACK", 1e9) < 3 * p.target:
        yield Problem("hold-back", line, "HOLD-BACK=%g, three target durations are %d" % (c["HOLD-BACK"], 3 * p.target))
    if c.get("CAN-SKIP-UNTIL", 1e9) < 6 * p.target:
        yield Problem("can-skip-until", line, "%g, six target durations are %d" % (c["CAN-SKIP-UNTIL"], 6 * p.target))
    if "CAN-SKIP-DATERANGES" in c and "CAN-SKIP-UNTIL" not in c:
        yield Problem("can-skip-dateranges", line, "it needs CAN-SKIP-UNTIL")
    if p.part_target is None:
        return
    if "PART-HOLD-BACK" not in c:
        yield Problem("part-hold-back-missing", line, "it is required beside EXT-X-PART-INF")
    elif c["PART-HOLD-BACK"] < 2 * p.part_target - 1e-9:
        yield Problem("part-hold-back", line, "%g is less than twice %g" % (c["PART-HOLD-BACK"], p.part_target))
    elif c["PART-HOLD-BACK"] < 3 * p.part_target - 1e-9:
        yield Problem("should-part-hold-back", line, "%g is less than thrice %g" % (c["PART-HOLD-BACK"], p.part_target))
    if not p.ended and "CAN-BLOCK-RELOAD" not in c:
        yield Problem("should-block-reload", line, "the low-latency profile asks for it (bis, appendix B)")


def _parts(p):
    """EXT-X-PART (bis, 4.4.4.9)."""
    parts = all_parts(p)
    if parts and p.part_target is None:
        yield Problem("part-inf-missing", parts[0].line, "EXT-X-PART needs EXT-X-PART-INF")
        return
    for part in parts:
        if part.duration > p.part_target + 1e-9:
            yield Problem("part-too-long", part.line, "%g, the target is %g" % (part.duration, p.part_target))
    for group in [s.parts for s in p.segments] + [p.open_parts]:
        for part in group[:-1]:                                      # the last of a segment may be short
            if part.duration < 0.85 * p.part_target - 1e-9 and not part.independent and not part.gap:
                yield Problem("part-too-short", part.line, "%g is under 85 %% of %g" % (part.duration, p.part_target))
    yield from _parts_of_segments(p)


def _parts_of_segments(p):
    first = True
    after = p.duration
    for s in p.segments:
        after -= s.duration
        if not s.parts:
            continue
        total, slack = sum(part.duration for part in s.parts), SUM_TOLERANCE_S * (len(s.parts) + 1)
        if total > s.duration + slack or (not first and total < s.duration - slack):
            yield Problem("parts-sum", s.line, "segment %d lasts %g, its parts %g" % (s.number, s.duration, total))
        if p.has("EXT-X-INDEPENDENT-SEGMENTS") and not first and not s.parts[0].independent:
            yield Problem("part-not-independent", s.line, "the first part of segment %d begins it" % s.number)
        if after > 3 * p.target + 1e-9 and not p.ended:
            yield Problem("should-remove-parts", s.line, "segment %d ends %g before the end" % (s.number, after))
        first = False


def _hints(p):
    """EXT-X-PRELOAD-HINT and EXT-X-RENDITION-REPORT (bis, 4.4.5.3, 4.4.5.4)."""
    hints = [t for t in p.tags if t.name == "EXT-X-PRELOAD-HINT"]
    for n, t in enumerate(hints):
        if p.ended:
            yield Problem("hint-after-end", t.line, "nothing follows EXT-X-ENDLIST")
        if any(t.value.get("TYPE") == other.value.get("TYPE") for other in hints[:n]):
            yield Problem("hint-twice", t.line, "two hints of TYPE=%s" % t.value.get("TYPE"))
        for part in all_parts(p):
            begin = part.byterange[1] or 0 if part.byterange else 0
            if t.value.get("TYPE") == "PART" and (part.uri, begin) == (t.value.get("URI"), t.value.get("BYTERANGE-START", 0)):
                yield Problem("hint-of-known-part", t.line, "%s is in the playlist" % part.uri)
    if all_parts(p) and not p.ended and not any(t.value.get("TYPE") == "PART" for t in hints):
        yield Problem("should-hint", 1, "a live playlist with parts hints at the next one")
    for t in p.tags:
        if t.name == "EXT-X-RENDITION-REPORT" and re.match(r"[a-z]+:", t.value.get("URI", "")):
            yield Problem("report-uri", t.line, "%s is not relative" % t.value["URI"])


def _skip(p):
    """EXT-X-SKIP and the skip boundary (bis, 4.4.5.2, 6.2.5.1)."""
    line = next((t.line for t in p.tags if t.name == "EXT-X-SKIP"), 0)
    if not line:
        return
    until = p.control.get("CAN-SKIP-UNTIL")
    if until is None:
        yield Problem("skip-not-announced", line, "EXT-X-SKIP without CAN-SKIP-UNTIL")
    elif p.duration < until - 1e-9:
        yield Problem("skip-too-much", line, "only %g s are left, CAN-SKIP-UNTIL is %g" % (p.duration, until))
    if p.skipped < 1:
        yield Problem("skip-nothing", line, "SKIPPED-SEGMENTS=%d" % p.skipped)
    if p.removed_date_ranges is not None and "CAN-SKIP-DATERANGES" not in p.control:
        yield Problem("skip-date-ranges-not-announced", line, "RECENTLY-REMOVED-DATERANGES without CAN-SKIP-DATERANGES")
    for name in set(p.removed_date_ranges or ()) & set(p.ranges()):
        yield Problem("removed-date-range-listed", line, "%s is removed and listed" % name)


def _date_ranges(p):
    """EXT-X-DATERANGE (4.3.2.7)."""
    seen = {}
    for t in p.tags:
        if t.name != "EXT-X-DATERANGE":
            continue
        v, before = t.value, seen.get(t.value.get("ID"), {})
        both = dict(before, **v)
        if any(v[name] != before[name] for name in v if name in before):
            yield Problem("date-range-changes", t.line, "two values of one attribute of %s" % v.get("ID"))
        start, end = date_of(both, "START-DATE"), date_of(both, "END-DATE")
        if start is None or (end is None and "END-DATE" in both):
            yield Problem("date-range-date", t.line, str(v))
        if start and end and end < start:
            yield Problem("date-range-ends-first", t.line, str(v))
        if start and end and "DURATION" in both and abs(end - start - both["DURATION"]) > PDT_TOLERANCE_S:
            yield Problem("date-range-duration", t.line, str(v))
        for name in v:
            if name.startswith("SCTE35-") and not v[name].upper().startswith("0XFC"):
                yield Problem("date-range-splice", t.line, "%s is no splice_info_section" % name)
        if "SCTE35-IN" in v and "SCTE35-OUT" in both and "DURATION" not in both and "END-DATE" not in both:
            yield Problem("date-range-splice-in", t.line, "the way back tells how long it was (4.3.2.7.1)")
        if "SCTE35-OUT" in both and "SCTE35-IN" not in both and ("DURATION" in both or "END-DATE" in both):
            yield Problem("date-range-splice-out", t.line, "its duration is planned only (4.3.2.7.1)")
        if "END-ON-NEXT" in v and ("CLASS" not in both or "DURATION" in both or "END-DATE" in both):
            yield Problem("date-range-end-on-next", t.line, str(v))
        seen[v.get("ID")] = both
    if seen and not p.has("EXT-X-PROGRAM-DATE-TIME"):
        yield Problem("date-range-without-date", 1, "EXT-X-DATERANGE needs an EXT-X-PROGRAM-DATE-TIME")


def date_of(attributes, name):
    return hls_playlist.date_of(attributes[name]) if name in attributes else None
