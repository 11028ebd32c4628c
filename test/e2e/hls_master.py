"""The rules of HLS for master playlists, written from RFC 8216 (4.3.4) and its second edition ("bis").

    check_master(text)                                       what is wrong with a master playlist
    check_bandwidth(attributes, segments, target)            its BANDWIDTH against the sizes of segments
    peak_bps(segments, target), average_bps(segments)        what 4.1 and 4.3.4.2 measure

`segments` are pairs (bytes, seconds).
"""
import re

import hls_playlist
from hls_playlist import Problem

# RFC 6381 and the registrations of the formats: one codec of a CODECS attribute.
CODECS = {
    "h264": re.compile(r"avc[134]\.[0-9A-Fa-f]{6}"),
    "hevc": re.compile(r"h(vc|ev)1\.[A-C]?\d{1,2}\.[0-9A-F]{1,8}\.[LH]\d{1,3}(\.[0-9A-F]{1,2}){0,6}"),
    "av1": re.compile(r"av01\.[0-2]\.\d\d[MH]\.(08|10|12)(\.[01]\.\d{3}\.\d\d\.\d\d\.\d\d\.[01])?"),
    "vp9": re.compile(r"vp09\.0[0-3]\.\d\d\.(08|10|12)(\.\d\d){0,5}"),
    "aac": re.compile(r"mp4a\.40\.(2|5|29|42|02|05)"),
    "mp3": re.compile(r"mp4a\.(40\.34|69|6B|6b)|mp3"),
    "ac3": re.compile(r"ac-3"),
    "eac3": re.compile(r"ec-3"),
    "opus": re.compile(r"[Oo]pus"),
    "flac": re.compile(r"fLaC|flac"),
    "text": re.compile(r"wvtt|stpp(\..+)?"),
}
# RFC 5646, 2.1
LANGUAGE = re.compile(r"[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8})*")

# What tells the members of a group with AUTOSELECT=YES apart (4.3.4.1.1).
AUTOSELECTS = ("LANGUAGE", "ASSOC-LANGUAGE", "FORCED", "CHARACTERISTICS")

VIDEO = {"h264", "hevc", "av1", "vp9"}
AUDIO = {"aac", "mp3", "ac3", "eac3", "opus", "flac"}


def codec_of(text):
    """The format that one element of CODECS names, or None."""
    return next((name for name, form in CODECS.items() if form.fullmatch(text)), None)


def codecs_of(attributes):
    return [codec_of(c.strip()) for c in attributes.get("CODECS", "").split(",") if c]


def check_master(playlist):
    p = hls_playlist.read(playlist) if isinstance(playlist, str) else playlist
    if not p.is_master:
        return [Problem("not-a-master-playlist", 1, "it has no tag of one")]
    found = list(p.problems)
    if not p.variants:
        found.append(Problem("no-variant", 1, "there is no EXT-X-STREAM-INF"))
    for attributes, uri in p.variants:
        found += _variant(p, attributes, uri)
    found += _groups(p)
    for v in p.renditions:
        found += _rendition(p, v)
    for t in p.tags:
        if t.name == "EXT-X-SESSION-KEY" and t.value.get("METHOD") == "NONE":
            found.append(Problem("session-key-none", t.line, "METHOD must not be NONE"))
        if t.name == "EXT-X-SESSION-DATA" and ("VALUE" in t.value) == ("URI" in t.value):
            found.append(Problem("session-data-value", t.line, "either VALUE or URI"))
        if t.name == "EXT-X-DEFINE" and p.version < 8:
            found.append(Problem("version", t.line, "EXT-X-DEFINE needs version 8"))
    return found


def _variant(p, v, uri):
    if "CODECS" not in v:
        yield Problem("should-codecs", 0, "%s has no CODECS" % uri)
    codecs = codecs_of(v)
    if None in codecs:
        yield Problem("codecs-syntax", 0, v["CODECS"])
    if len(set(codecs)) < len(codecs):
        yield Problem("codecs-twice", 0, v["CODECS"])
    if v.get("AVERAGE-BANDWIDTH", 0) > v.get("BANDWIDTH", 0):
        yield Problem("average-above-peak", 0, str(v))
    if v.get("BANDWIDTH") == 0:
        yield Problem("bandwidth-zero", 0, str(v))
    has_video = bool(VIDEO & set(codecs))
    for name in ("RESOLUTION", "FRAME-RATE"):
        if has_video and name not in v:
            yield Problem("should-" + name.lower(), 0, "%s has pictures and no %s" % (uri, name))
        if codecs and not has_video and name in v:
            yield Problem("picture-of-sound", 0, "%s has %s and no pictures" % (uri, name))
    if min(v.get("RESOLUTION", (1, 1))) == 0 or v.get("FRAME-RATE", 1) == 0:
        yield Problem("picture-zero", 0, str(v))
    if "AUDIO" in v and codecs and not AUDIO & set(codecs):
        yield Problem("codecs-without-rendition", 0, "%s: CODECS names every format of the renditions as well" % v["CODECS"])
    for kind in ("AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"):
        group = v.get(kind)
        if group is None or group == "NONE":
            continue
        group = group.strip('"')
        if not any(r.get("TYPE") == kind and r.get("GROUP-ID") == group for r in p.renditions):
            yield Problem("group-missing", 0, "%s=%s has no EXT-X-MEDIA" % (kind, group))
    captions = [other.get("CLOSED-CAPTIONS") for other, _ in p.variants]
    if v.get("CLOSED-CAPTIONS") == "NONE" and set(captions) != {"NONE"}:
        yield Problem("captions-none-for-some", 0, "CLOSED-CAPTIONS=NONE stands at all variants or at none")


def _rendition(p, v):
    kind = v.get("TYPE")
    if kind == "CLOSED-CAPTIONS":
        if "URI" in v:
            yield Problem("captions-with-uri", 0, str(v))
        if not re.fullmatch(r"CC[1-4]|SERVICE([1-9]|[1-5]\d|6[0-3])", v.get("INSTREAM-ID", "")):
            yield Problem("instream-id", 0, "%s" % v.get("INSTREAM-ID"))
        elif v["INSTREAM-ID"].startswith("SERVICE") and p.version < 7:
            yield Problem("version", 0, "INSTREAM-ID=SERVICE needs version 7")
    elif "INSTREAM-ID" in v and p.version < 13:
        yield Problem("version", 0, "INSTREAM-ID of %s needs version 13" % kind)
    if kind == "SUBTITLES" and "URI" not in v:
        yield Problem("subtitles-without-uri", 0, str(v))
    if "FORCED" in v and kind != "SUBTITLES":
        yield Problem("forced", 0, "FORCED is for subtitles")
    if v.get("DEFAULT") == "YES" and v.get("AUTOSELECT") == "NO":
        yield Problem("default-not-autoselect", 0, str(v))
    if kind == "AUDIO" and "CHANNELS" not in v:
        yield Problem("should-channels", 0, str(v))
    if kind == "AUDIO" and not re.fullmatch(r"[1-9]\d*(/.*)?", v.get("CHANNELS", "1")):
        yield Problem("channels-syntax", 0, v["CHANNELS"])
    for name in ("LANGUAGE", "ASSOC-LANGUAGE"):
        if name in v and not LANGUAGE.fullmatch(v[name]):
            yield Problem("language-syntax", 0, v[name])


def _groups(p):
    """The members of a group (4.3.4.1.1), and groups of one type that variants choose among."""
    groups = {}
    for v in p.renditions:
        groups.setdefault((v.get("TYPE"), v.get("GROUP-ID")), []).append(v)
    for (kind, name), members in groups.items():
        names = [v.get("NAME") for v in members]
        if len(set(names)) < len(names):
            yield Problem("rendition-name-twice", 0, "%s %s: %s" % (kind, name, names))
        if sum(v.get("DEFAULT") == "YES" for v in members) > 1:
            yield Problem("default-twice", 0, "%s %s" % (kind, name))
        chosen = [tuple(v.get(a) for a in AUTOSELECTS) for v in members if v.get("AUTOSELECT") == "YES"]
        if len(set(chosen)) < len(chosen):
            yield Problem("should-autoselect-one", 0, "%s %s: players cannot choose among %s" % (kind, name, chosen))
        used = kind == "CLOSED-CAPTIONS" or any(v.get(kind) == name for v, _ in p.variants)
        if not used:
            yield Problem("group-unused", 0, "%s %s" % (kind, name))
        others = [sorted(str(v.get("NAME")) for v in m) for (k, n), m in groups.items() if k == kind and n != name]
        if any(sorted(map(str, names)) != o for o in others):
            yield Problem("groups-differ", 0, "%s %s has not the renditions of the other groups" % (kind, name))


# -- bit rates -------------------------------------------------------------------------------------------------------------

def peak_bps(segments, target):
    """The largest bit rate of contiguous segments that last 0.5 to 1.5 target durations together (4.1)."""
    peak = 0.0
    for first in range(len(segments)):
        size = seconds = 0
        for more, lasts in segments[first:]:
            size, seconds = size + more, seconds + lasts
            if seconds > 1.5 * target:
                break
            if seconds >= 0.5 * target:
                peak = max(peak, 8 * size / seconds)
    return peak


def average_bps(segments):
    return 8 * sum(size for size, _ in segments) / sum(seconds for _, seconds in segments)


def check_bandwidth(attributes, segments, target, tolerance=0.0):
    """BANDWIDTH and AVERAGE-BANDWIDTH are upper bounds of what is measured (4.3.4.2). `tolerance` is a share of it: what a
    live playlist says is about segments that are not made yet. Ten times too much is wrong as well."""
    peak, average = peak_bps(segments, target), average_bps(segments)
    for name, measured in (("BANDWIDTH", peak), ("AVERAGE-BANDWIDTH", average)):
        says = attributes.get(name)
        if says is not None and says < measured * (1 - tolerance):
            yield Problem(name.lower() + "-too-small", 0, "%d, measured %d" % (says, measured))
        if says is not None and measured and says > 10 * measured:
            yield Problem(name.lower() + "-too-large", 0, "%d, measured %d" % (says, measured))
