"""The rules of live DASH, written from ISO/IEC 23009-1 and the DASH-IF guidelines for live and low-latency services.

    check_mpd(text, now)            what is wrong with one MPD; `now`: the server's time when it answered, seconds since 1970
    check_next(older, newer)        what is wrong with two successive loads
    check_media(r, segment, init, data)        a segment's bytes against the timeline

MPDs are texts, or what dash_mpd.read() made of them. Numbers of sections are those of ISO/IEC 23009-1.
"""
import re

import dash_mpd
import fmp4
from dash_mpd import Problem, read
from hls_master import AUDIO, VIDEO, codec_of

AHEAD_S = 0.5                                # the server's clock and its rounding
LIVE_PROFILES = ("urn:mpeg:dash:profile:isoff-live:2011", "urn:mpeg:dash:profile:isoff-on-demand:2011",
                 "urn:mpeg:dash:profile:full:2011", "urn:mpeg:dash:profile:cmaf:2019")
UTC_SCHEMES = ("http-head", "http-xsdate", "http-iso", "http-ntp", "ntp", "sntp", "direct")


def check_mpd(mpd, now=None, low_latency=False):
    m = read(mpd)
    found = list(m.problems)
    for rule in (_root, _dynamic, _utc, _periods, _sets):
        found += rule(m)
    for r in m.representations:
        for rule in (_representation, _template, _timeline):
            found += rule(m, r)
        if now is not None and m.is_dynamic and m.available_from is not None:
            found += _availability(m, r, now)
    if low_latency:
        found += _low_latency(m)
    return found


def _root(m):
    for name in ("profiles", "minBufferTime"):
        if m.root.get(name) is None:
            yield Problem("attribute-missing", "MPD@" + name, "it is required")                      # 5.3.1.2
    if m.root.get("type", "static") not in ("static", "dynamic"):
        yield Problem("type", "MPD@type", m.root.get("type"))
    if not any(p.strip() in LIVE_PROFILES for p in m.root.get("profiles", "").split(",")):
        yield Problem("profile", "MPD@profiles", m.root.get("profiles", ""))
    if not m.periods:
        yield Problem("no-period", "MPD", "there is no Period")


def _dynamic(m):
    """A live MPD has a beginning, says when it was made, and when to ask again; a static one ends."""
    if not m.is_dynamic:
        for name in ("minimumUpdatePeriod", "timeShiftBufferDepth"):
            if m.root.get(name) is not None:
                yield Problem("static-with-update", "MPD@" + name, "only a dynamic MPD has it")
        if m.duration is None and (not m.periods or m.periods[-1].duration is None):
            yield Problem("static-without-duration", "MPD", "a static MPD has @mediaPresentationDuration")
        return
    for name, value in (("availabilityStartTime", m.available_from), ("publishTime", m.published)):
        if value is None:
            yield Problem("attribute-missing", "MPD@" + name, "a dynamic MPD has it")
    if m.update_period is None and m.duration is None:
        yield Problem("update-period-missing", "MPD", "clients could never learn of new segments")
    if m.update_period == 0 and not m.root.findall(".//InbandEventStream"):
        yield Problem("update-period-zero", "MPD@minimumUpdatePeriod", "without events in segments, clients ask at each segment")
    if m.published is not None and m.available_from is not None and m.published < m.available_from - AHEAD_S:
        yield Problem("published-too-early", "MPD@publishTime", "before @availabilityStartTime")
    if m.depth is None:
        yield Problem("should-depth", "MPD", "a live service has @timeShiftBufferDepth")


def _utc(m):
    """Clients take the server's clock (5.8.4.11)."""
    timings = m.root.findall("UTCTiming")
    if m.is_dynamic and not timings:
        yield Problem("utc-timing-missing", "MPD", "a dynamic MPD tells where the time is")
    for t in timings:
        scheme, value = t.get("schemeIdUri", ""), t.get("value", "")
        match = re.fullmatch(r"urn:mpeg:dash:utc:([a-z-]+):20(12|14)", scheme)
        if not match or match[1] not in UTC_SCHEMES:
            yield Problem("utc-timing-scheme", "UTCTiming", scheme)
        elif not value or (match[1] == "direct" and dash_mpd.seconds_of(value) is None):
            yield Problem("utc-timing-value", "UTCTiming", value)


def _periods(m):
    ids = [p.id for p in m.periods]
    if len(set(ids)) < len(ids):
        yield Problem("period-id-twice", "Period@id", str(ids))
    end = None
    for n, p in enumerate(m.periods):
        if m.is_dynamic and p.id is None:
            yield Problem("period-id-missing", "Period", "clients follow a period by its id")
        if m.is_dynamic and p.start is None and (n == 0 or m.periods[n - 1].duration is None):
            yield Problem("period-start-missing", "Period %s" % p.id, "nothing says when it begins")  # 5.3.2.1
        if end is not None and p.start is not None and p.start < end - 1e-3:
            yield Problem("periods-overlap", "Period %s" % p.id, "%g, the one before ends at %g" % (p.start, end))
        end = (p.start or 0) + (p.duration or 0)
        reps = [r.id for r in p.representations]
        if len(set(reps)) < len(reps):
            yield Problem("representation-id-twice", "Period %s" % p.id, str(reps))
        if not reps:
            yield Problem("no-representation", "Period %s" % p.id, "it is empty")


def _sets(m):
    """Representations of a set are switched between: one kind, aligned segments (5.3.3)."""
    for p in m.periods:
        for s in p.element.findall("AdaptationSet"):
            mine = [r for r in p.representations if r.set is s]
            kinds = {r.get("mimeType", "/").split("/")[0] for r in mine} | {r.kind for r in mine}
            if len(kinds) > 1:
                yield Problem("set-of-two-kinds", "AdaptationSet", str(kinds))
            if len({r.timescale for r in mine}) > 1:
                yield Problem("set-of-two-timescales", "AdaptationSet", str([r.timescale for r in mine]))
            if len(mine) > 1 and s.get("segmentAlignment") not in ("true", "1"):
                yield Problem("segments-not-aligned", "AdaptationSet", "several representations, no @segmentAlignment")
            if any([(t.start, t.duration) for t in r.segments] != [(t.start, t.duration) for t in mine[0].segments] for r in mine):
                yield Problem("timelines-differ", "AdaptationSet", "representations of one set have different segments")


def _representation(m, r):
    where = "Representation %s" % r.id
    if not r.id or re.search(r"\s", r.id):
        yield Problem("representation-id", where, repr(r.id))
    if not re.fullmatch(r"[1-9]\d*", r.element.get("bandwidth", "")):
        yield Problem("bandwidth", where, repr(r.element.get("bandwidth")))                          # 5.3.5.2
    if not re.fullmatch(r"(video|audio|text|application)/\w+", r.get("mimeType", "")):
        yield Problem("mime-type", where, repr(r.get("mimeType")))
    codecs = [codec_of(c.strip()) for c in r.get("codecs", "").split(",") if c]
    kinds = {"video": VIDEO, "audio": AUDIO}.get(r.kind)
    if not codecs or None in codecs or (kinds and not set(codecs) & kinds):
        yield Problem("codecs", where, repr(r.get("codecs")))
    wanted = {"video": ("width", "height", "frameRate"), "audio": ("audioSamplingRate",)}.get(r.kind, ())
    for name in wanted:
        if r.get(name) is None:
            yield Problem("should-" + name.lower(), where, "it has none")
        elif not re.fullmatch(r"[1-9]\d*(/[1-9]\d*)?" if name == "frameRate" else r"[1-9]\d*", r.get(name)):
            yield Problem("picture-or-sound", where, "%s=%s" % (name, r.get(name)))
    if r.kind == "audio" and r.element.find("AudioChannelConfiguration") is None \
            and r.set.find("AudioChannelConfiguration") is None:
        yield Problem("should-channels", where, "no AudioChannelConfiguration")
    if r.kind == "video" and r.get("startWithSAP") not in ("1", "2"):
        yield Problem("should-start-with-sap", where, repr(r.get("startWithSAP")))


def _template(m, r):
    where, t = "Representation %s" % r.id, r.template
    if "media" not in t or "initialization" not in t:
        yield Problem("template-missing", where, "SegmentTemplate with @media and @initialization")
        return
    names = dash_mpd.identifiers(t["media"])
    if names is None or len({"Number", "Time"} & names) != 1:
        yield Problem("template-media", where, t["media"])                                           # 5.3.9.4.4
    names = dash_mpd.identifiers(t["initialization"])
    if names is None or names - {"RepresentationID", "Bandwidth"}:
        yield Problem("template-initialization", where, t["initialization"])
    if ("duration" in t) == (r.timeline is not None):
        yield Problem("template-timing", where, "either @duration or a SegmentTimeline")             # 5.3.9.2.1
    siblings = [o for o in r.period.representations if o is not r and "initialization" in o.template]
    if any(o.url("initialization") == r.url("initialization") for o in siblings):
        yield Problem("template-not-unique", where, t["initialization"])


def _timeline(m, r):
    """5.3.9.6: segments follow each other; the buffer holds what @timeShiftBufferDepth says, and the longest fits."""
    where, before = "Representation %s" % r.id, None
    for s in r.segments:
        if before and s.t < before.t + before.d:
            yield Problem("timeline-overlap", where, "%d, the one before ends at %d" % (s.t, before.t + before.d))
        elif before and s.t > before.t + before.d:
            yield Problem("timeline-gap", where, "%d, the one before ends at %d" % (s.t, before.t + before.d))
        if s.start < 0:
            yield Problem("timeline-before-period", where, "segment %d begins %g s before its period" % (s.number, -s.start))
        if m.longest is not None and s.duration > m.longest + 1e-3:
            yield Problem("segment-too-long", where, "%g, @maxSegmentDuration is %g" % (s.duration, m.longest))
        before = s
    if r.timeline is not None and not r.segments:
        yield Problem("timeline-empty", where, "no segment is listed")
    if m.depth is not None and m.is_dynamic and r.segments:
        total = sum(s.duration for s in r.segments[1:])
        longest = max(s.duration for s in r.segments)
        if total > m.depth + 2 * longest:
            yield Problem("timeline-deeper-than-buffer", where, "%g s are listed, the depth is %g" % (total, m.depth))


def ends_at(m, r, segment):
    """When the segment is complete, seconds since 1970 (A.3.2)."""
    return m.available_from + (r.period.start or 0) + float(segment.start + segment.duration)


def _availability(m, r, now):
    where = "Representation %s" % r.id
    if m.available_from > now + AHEAD_S:
        yield Problem("available-in-future", "MPD@availabilityStartTime", "%g s from now" % (m.available_from - now))
    if m.published is not None and m.published > now + AHEAD_S:
        yield Problem("published-in-future", "MPD@publishTime", "%g s from now" % (m.published - now))
    if r.segments and ends_at(m, r, r.segments[-1]) > now + min(r.availability_offset, 1e6) + AHEAD_S:
        yield Problem("segment-in-future", where, "segment %d is complete in %.3f s" % (
            r.segments[-1].number, ends_at(m, r, r.segments[-1]) - now))
    if m.depth is not None and r.segments and r.period is m.periods[-1]:
        first = r.segments[0]
        if ends_at(m, r, first) < now - m.depth - 3 * float(max(s.duration for s in r.segments)) - AHEAD_S:
            yield Problem("segment-too-old", where, "segment %d left the buffer %.3f s ago" % (
                first.number, now - m.depth - ends_at(m, r, first)))


def _low_latency(m):
    """DASH-IF live services, low latency: chunks are there before the segment is, and clients know how late to play."""
    if m.root.find("ServiceDescription/Latency") is None:
        yield Problem("latency-target-missing", "ServiceDescription", "no Latency")
    elif dash_mpd.number(m.root.find("ServiceDescription/Latency").get("target")) is None:
        yield Problem("latency-target", "ServiceDescription", str(m.root.find("ServiceDescription/Latency").attrib))
    for r in m.representations:
        where, longest = "Representation %s" % r.id, max((float(s.duration) for s in r.segments), default=1e9)
        if not 0 < r.availability_offset:
            yield Problem("availability-offset-missing", where, "@availabilityTimeOffset")
        elif r.availability_offset >= longest:
            yield Problem("availability-offset", where, "%g, a segment lasts %g" % (r.availability_offset, longest))
        if r.template.get("availabilityTimeComplete") != "false":
            yield Problem("availability-complete", where, "@availabilityTimeComplete is not false")


# -- two loads ---------------------------------------------------------------------------------------------------------------

def check_next(older, newer):
    """An update keeps what clients already rely on (5.4)."""
    a, b = read(older), read(newer)
    found = []

    def complain(rule, where, text):
        found.append(Problem(rule, where, text))

    if a.published is not None and b.published is not None:
        if b.published < a.published:
            complain("published-goes-back", "MPD@publishTime", "%.3f became %.3f" % (a.published, b.published))
        elif b.published == a.published and _without_direct_time(a.text) != _without_direct_time(b.text):
            complain("published-twice", "MPD@publishTime", "another MPD has the same time")
    if a.available_from != b.available_from:
        complain("available-from-changes", "MPD@availabilityStartTime", "%s became %s" % (a.available_from, b.available_from))
    if not a.is_dynamic and b.is_dynamic:
        complain("static-becomes-dynamic", "MPD@type", "it had ended")
    old = {p.id: p for p in a.periods}
    for p in b.periods:
        if p.id in old:
            _compare_periods(old[p.id], p, complain)
    if a.periods and a.periods[-1].id not in {p.id for p in b.periods} and b.is_dynamic:
        complain("period-vanishes", "Period %s" % a.periods[-1].id, "it was the last one")
    return found


def _without_direct_time(text):
    return re.sub(r"<UTCTiming[^>]*direct[^>]*>", "", text)


def _compare_periods(a, b, complain):
    where = "Period %s" % a.id
    if a.start is not None and a.start != b.start:
        complain("period-start-changes", where, "%s became %s" % (a.start, b.start))
    old = {r.id: r for r in a.representations}
    for r in b.representations:
        if r.id in old:
            _compare_representations(old[r.id], r, complain)


def _compare_representations(a, b, complain):
    where = "Representation %s" % a.id
    for name in ("media", "initialization", "timescale", "presentationTimeOffset"):
        if a.template.get(name) != b.template.get(name):
            complain("template-changes", where, "@%s: %s became %s" % (name, a.template.get(name), b.template.get(name)))
    if a.get("codecs") != b.get("codecs"):
        complain("codecs-change", where, "%s became %s" % (a.get("codecs"), b.get("codecs")))
    if not a.segments or not b.segments:
        return
    if b.segments[0].t < a.segments[0].t:
        complain("segments-come-back", where, "the first was %d, is %d" % (a.segments[0].t, b.segments[0].t))
    if b.segments[-1].t < a.segments[-1].t:
        complain("segments-lost-at-the-end", where, "the last was %d, is %d" % (a.segments[-1].t, b.segments[-1].t))
    settled = a.segments[:-1] if a.availability_offset else a.segments          # the last may still be growing
    old = {s.t: s for s in settled}
    is_numbered = a.has_numbers or b.has_numbers
    for s in b.segments:
        if s.t in old and (s.d != old[s.t].d or (is_numbered and s.number != old[s.t].number)):
            complain("segment-changes", where, "%s became %s" % (tuple(old[s.t])[:3], tuple(s)[:3]))
    numbers = {s.number: s.t for s in a.segments} if is_numbered else {}
    moved = [s for s in b.segments if s.number in numbers and numbers[s.number] != s.t]
    if moved:
        complain("segment-number-moves", where, "segment %d began at %d, begins at %d" % (
            moved[0].number, numbers[moved[0].number], moved[0].t))


# -- the bytes of a segment ----------------------------------------------------------------------------------------------------

def check_media(r, segment, init, data, tolerance_s=0.001, complete=True):
    """A segment begins and ends where the timeline says, in its own timescale."""
    where = "Representation %s segment %d" % (r.id, segment.number)
    for text in fmp4.check_segment(init, data):
        yield Problem("boxes", where, text)
    tracks, times = fmp4.tracks(init), fmp4.times(init, data)
    if len(tracks) != 1:
        yield Problem("tracks", where, "%d tracks in one representation" % len(tracks))
    for number, (start, end) in times.items():
        scale = tracks[number].timescale
        begins, lasts = segment.t / r.timescale, segment.d / r.timescale
        if abs(start / scale - begins) > tolerance_s:
            yield Problem("segment-start", where, "tfdt says %.4f, the timeline %.4f" % (start / scale, begins))
        if complete and abs((end - start) / scale - lasts) > tolerance_s:
            yield Problem("segment-length", where, "samples last %.4f, the timeline says %.4f" % ((end - start) / scale, lasts))
    first = fmp4.fragments(init, data)[:1]
    if r.kind == "video" and first and not first[0].keys[0]:
        yield Problem("segment-without-key", where, "its first picture is no sync sample")
