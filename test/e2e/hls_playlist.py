"""HLS playlists, read as RFC 8216 and its second edition (draft-pantos-hls-rfc8216bis, "bis") write them.

    playlist = read(text)        a Media or a Master; playlist.problems lists what is wrong with single lines

This reader is strict where clients are lenient, because it judges a server. What several lines say together, and what
successive loads of one playlist say, is the matter of hls_rules.py and hls_master.py.
"""
import datetime
import re
from collections import namedtuple

# `rule` is a short name that tests compare; those of a SHOULD begin with "should-".
Problem = namedtuple("Problem", "rule line text")

# -- values (4.2) ------------------------------------------------------------------------------------------------------

INT, HEX, FLOAT, SIGNED, QUOTED, ENUM, SIZE, EXTRA = "int", "hex", "float", "signed", "quoted", "enum", "size", "extra"

_FORMS = {
    INT: re.compile(r"\d{1,20}"), HEX: re.compile(r"0[xX][0-9A-F]+"), FLOAT: re.compile(r"\d+(\.\d+)?"),
    SIGNED: re.compile(r"-?\d+(\.\d+)?"), QUOTED: re.compile(r'"[^"\r\n]*"'), ENUM: re.compile(r'[^",\s]+'),
    SIZE: re.compile(r"\d+x\d+"), EXTRA: re.compile(r'"[^"\r\n]*"|0[xX][0-9A-F]+|-?\d+(\.\d+)?'),
}
_READ = {INT: int, FLOAT: float, SIGNED: float, QUOTED: lambda s: s[1:-1], ENUM: str, HEX: str, EXTRA: str,
         SIZE: lambda s: tuple(int(n) for n in s.split("x"))}
_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)')
_BYTERANGE = re.compile(r"(\d+)(?:@(\d+))?")
_EXTINF = re.compile(r"(\d+(?:\.\d+)?),(.*)")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?")

YES, NO_OR_YES = ("YES",), ("YES", "NO")
_KEY = {"METHOD!": ("NONE", "AES-128", "SAMPLE-AES", "SAMPLE-AES-CTR"), "URI": QUOTED, "IV": HEX, "KEYFORMAT": QUOTED,
        "KEYFORMATVERSIONS": QUOTED}
_STREAM = {"BANDWIDTH!": INT, "AVERAGE-BANDWIDTH": INT, "SCORE": FLOAT, "CODECS": QUOTED, "SUPPLEMENTAL-CODECS": QUOTED,
           "RESOLUTION": SIZE, "HDCP-LEVEL": ("TYPE-0", "TYPE-1", "NONE"), "ALLOWED-CPC": QUOTED,
           "VIDEO-RANGE": ("SDR", "HLG", "PQ"), "REQ-VIDEO-LAYOUT": QUOTED, "STABLE-VARIANT-ID": QUOTED,
           "PATHWAY-ID": QUOTED, "VIDEO": QUOTED, "NAME": QUOTED, "PROGRAM-ID": INT}

# The tags: in which playlist each may stand, how often, and its value: a form, a tuple of words, or a dictionary of
# attributes. "!" marks what is required.
ONCE, MANY = "once", "many"
MEDIA, MASTER, BOTH = "media", "master", "both"
TAGS = {
    "EXTM3U": (BOTH, ONCE, None),
    "EXT-X-VERSION": (BOTH, ONCE, INT),
    "EXT-X-INDEPENDENT-SEGMENTS": (BOTH, ONCE, None),
    "EXT-X-START": (BOTH, ONCE, {"TIME-OFFSET!": SIGNED, "PRECISE": NO_OR_YES}),
    "EXT-X-DEFINE": (BOTH, MANY, {"NAME": QUOTED, "VALUE": QUOTED, "IMPORT": QUOTED, "QUERYPARAM": QUOTED}),
    "EXT-X-TARGETDURATION": (MEDIA, ONCE, INT),
    "EXT-X-MEDIA-SEQUENCE": (MEDIA, ONCE, INT),
    "EXT-X-DISCONTINUITY-SEQUENCE": (MEDIA, ONCE, INT),
    "EXT-X-ENDLIST": (MEDIA, ONCE, None),
    "EXT-X-PLAYLIST-TYPE": (MEDIA, ONCE, ("EVENT", "VOD")),
    "EXT-X-I-FRAMES-ONLY": (MEDIA, ONCE, None),
    "EXT-X-PART-INF": (MEDIA, ONCE, {"PART-TARGET!": FLOAT}),
    "EXT-X-SERVER-CONTROL": (MEDIA, ONCE, {"CAN-SKIP-UNTIL": FLOAT, "CAN-SKIP-DATERANGES": YES, "HOLD-BACK": FLOAT,
                                           "PART-HOLD-BACK": FLOAT, "CAN-BLOCK-RELOAD": YES}),
    "EXTINF": (MEDIA, MANY, _EXTINF),
    "EXT-X-BYTERANGE": (MEDIA, MANY, _BYTERANGE),
    "EXT-X-DISCONTINUITY": (MEDIA, MANY, None),
    "EXT-X-KEY": (MEDIA, MANY, _KEY),
    "EXT-X-MAP": (MEDIA, MANY, {"URI!": QUOTED, "BYTERANGE": QUOTED}),
    "EXT-X-PROGRAM-DATE-TIME": (MEDIA, MANY, _DATE),
    "EXT-X-GAP": (MEDIA, MANY, None),
    "EXT-X-BITRATE": (MEDIA, MANY, INT),
    "EXT-X-PART": (MEDIA, MANY, {"URI!": QUOTED, "DURATION!": FLOAT, "INDEPENDENT": YES, "BYTERANGE": QUOTED, "GAP": YES}),
    "EXT-X-DATERANGE": (MEDIA, MANY, {
        "ID!": QUOTED, "CLASS": QUOTED, "START-DATE": QUOTED, "CUE": QUOTED, "END-DATE": QUOTED, "DURATION": FLOAT,
        "PLANNED-DURATION": FLOAT, "SCTE35-CMD": HEX, "SCTE35-OUT": HEX, "SCTE35-IN": HEX, "END-ON-NEXT": YES}),
    "EXT-X-SKIP": (MEDIA, ONCE, {"SKIPPED-SEGMENTS!": INT, "RECENTLY-REMOVED-DATERANGES": QUOTED}),
    "EXT-X-PRELOAD-HINT": (MEDIA, MANY, {"TYPE!": ("PART", "MAP"), "URI!": QUOTED, "BYTERANGE-START": INT,
                                         "BYTERANGE-LENGTH": INT}),
    "EXT-X-RENDITION-REPORT": (MEDIA, MANY, {"URI!": QUOTED, "LAST-MSN!": INT, "LAST-PART": INT}),
    "EXT-X-MEDIA": (MASTER, MANY, {
        "TYPE!": ("AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"), "URI": QUOTED, "GROUP-ID!": QUOTED,
        "LANGUAGE": QUOTED, "ASSOC-LANGUAGE": QUOTED, "NAME!": QUOTED, "STABLE-RENDITION-ID": QUOTED,
        "DEFAULT": NO_OR_YES, "AUTOSELECT": NO_OR_YES, "FORCED": NO_OR_YES, "INSTREAM-ID": QUOTED, "BIT-DEPTH": INT,
        "SAMPLE-RATE": INT, "CHARACTERISTICS": QUOTED, "CHANNELS": QUOTED}),
    "EXT-X-STREAM-INF": (MASTER, MANY, dict(_STREAM, **{
        "FRAME-RATE": FLOAT, "AUDIO": QUOTED, "SUBTITLES": QUOTED, "CLOSED-CAPTIONS": EXTRA + ENUM})),
    "EXT-X-I-FRAME-STREAM-INF": (MASTER, MANY, dict(_STREAM, **{"URI!": QUOTED})),
    "EXT-X-SESSION-DATA": (MASTER, MANY, {"DATA-ID!": QUOTED, "VALUE": QUOTED, "URI": QUOTED, "LANGUAGE": QUOTED,
                                          "FORMAT": ("JSON", "RAW")}),
    "EXT-X-SESSION-KEY": (MASTER, MANY, _KEY),
    "EXT-X-CONTENT-STEERING": (MASTER, ONCE, {"SERVER-URI!": QUOTED, "PATHWAY-ID": QUOTED}),
}
_FORMS[EXTRA + ENUM] = re.compile(r'"[^"\r\n]*"|NONE')                # a group, or the word NONE
_READ[EXTRA + ENUM] = str


# -- what a playlist holds -----------------------------------------------------------------------------------------------

Tag = namedtuple("Tag", "name value line")                           # value: None, str, number or dictionary
Part = namedtuple("Part", "uri duration independent gap byterange line")
Map = namedtuple("Map", "uri byterange")
# number: media sequence number; discontinuity: its discontinuity sequence number; pdt: seconds since 1970, or None
Segment = namedtuple("Segment", "number uri duration title discontinuity breaks keys map pdt byterange gap parts line")


class Media:
    """A media playlist. `open_parts` are the parts after the last segment, of the segment number `next_number`."""
    is_master = False

    def __init__(self, text, tags, problems):
        self.text, self.tags, self.problems = text, tags, problems
        self.version = self.one("EXT-X-VERSION", 1)
        self.target = self.one("EXT-X-TARGETDURATION", 0)
        self.sequence = self.one("EXT-X-MEDIA-SEQUENCE", 0)
        self.discontinuity_sequence = self.one("EXT-X-DISCONTINUITY-SEQUENCE", 0)
        self.type = self.one("EXT-X-PLAYLIST-TYPE")
        self.ended = self.has("EXT-X-ENDLIST")
        self.control = self.one("EXT-X-SERVER-CONTROL", {})
        self.part_target = (self.one("EXT-X-PART-INF") or {}).get("PART-TARGET")
        self.skipped = (self.one("EXT-X-SKIP") or {}).get("SKIPPED-SEGMENTS", 0)
        self.hints = self.all("EXT-X-PRELOAD-HINT")
        self.reports = self.all("EXT-X-RENDITION-REPORT")
        self.date_ranges = self.all("EXT-X-DATERANGE")
        self.segments, self.open_parts, self.open_keys, self.open_map = [], [], {}, None

    def one(self, name, default=None):
        return next((t.value for t in self.tags if t.name == name), default)

    def all(self, name):
        return [t.value for t in self.tags if t.name == name]

    def has(self, name):
        return any(t.name == name for t in self.tags)

    @property
    def next_number(self):
        return self.sequence + self.skipped + len(self.segments)

    @property
    def removed_date_ranges(self):
        """Identifiers that a delta update says were removed; None if it skips no date ranges."""
        text = (self.one("EXT-X-SKIP") or {}).get("RECENTLY-REMOVED-DATERANGES")
        return None if text is None else [name for name in text.split("\t") if name]

    def ranges(self):
        """The date ranges by their ID, each with what all its tags say of it (4.3.2.7)."""
        found = {}
        for v in self.date_ranges:
            found.setdefault(v.get("ID"), {}).update(v)
        return found

    @property
    def duration(self):
        return sum(s.duration for s in self.segments) + sum(p.duration for p in self.open_parts)


class Master:
    """A master (multivariant) playlist. `variants` are pairs of attributes and URI, `renditions` attributes of EXT-X-MEDIA."""
    is_master = True

    def __init__(self, text, tags, problems):
        self.text, self.tags, self.problems = text, tags, problems
        self.version = next((t.value for t in tags if t.name == "EXT-X-VERSION"), 1)
        self.variants = []
        self.renditions = [t.value for t in tags if t.name == "EXT-X-MEDIA"]


# -- lines -----------------------------------------------------------------------------------------------------------------

def seconds_of(match):
    """Seconds since 1970 of a date that _DATE has matched; without a zone it counts as UTC."""
    zone = match[8] or "Z"
    offset = 0 if zone == "Z" else int(zone[0] + "1") * (int(zone[1:3]) * 3600 + int(zone[-2:]) * 60)
    parts = [int(match[n]) for n in range(1, 7)]
    whole = datetime.datetime(*parts, tzinfo=datetime.timezone.utc).timestamp()
    return whole + float(match[7] or 0) - offset


def date_of(text):
    match = _DATE.fullmatch(text)
    return seconds_of(match) if match else None


def read_attributes(text, wanted, complain):
    """The attributes of a tag (4.2), their values read by the form that `wanted` names."""
    found, at = {}, 0
    while at < len(text):
        match = _ATTRIBUTE.match(text, at)
        if not match or (match.end() < len(text) and text[match.end()] != ","):
            complain("attribute-syntax", "no attribute at %r" % text[at:at + 40])
            return found
        name, value = match.groups()
        at = match.end() + 1
        if at == len(text):
            complain("attribute-syntax", "a comma without an attribute after it")
        if name in found:
            complain("attribute-twice", name)
        form = wanted.get(name, wanted.get(name + "!"))
        if form is None and name.startswith("X-"):
            form = EXTRA                                             # DATERANGE: attributes of the client's
        if form is None:
            complain("attribute-unknown", name)
            continue
        if isinstance(form, tuple):
            if value not in form:
                complain("attribute-value", "%s=%s is none of %s" % (name, value, form))
            found[name] = value
        elif not _FORMS[form].fullmatch(value):
            complain("attribute-value", "%s=%s is no %s" % (name, value, form))
        else:
            found[name] = _READ[form](value)
    for name in wanted:
        if name.endswith("!") and name[:-1] not in found:
            complain("attribute-missing", name[:-1])
    return found


def read_tag(name, text, line, complain):
    form = TAGS[name][2]
    if form is None:
        if text is not None:
            complain("tag-value", "%s takes no value" % name)
        return Tag(name, None, line)
    if text is None:
        complain("tag-value", "%s needs a value" % name)
        return None
    if isinstance(form, dict):
        return Tag(name, read_attributes(text, form, complain), line)
    if isinstance(form, tuple):
        good = text in form
    else:
        good = (_FORMS[form] if form == INT else form).fullmatch(text)
    if not good:
        complain("tag-value", "%s:%s" % (name, text))
        return None
    return Tag(name, int(text) if form == INT else text, line)


def read(text):
    """A playlist from its text. It is a master playlist if it has a tag of one, otherwise a media playlist."""
    problems, lines = [], []                                         # lines: Tag or (uri, line)
    if text.startswith("\ufeff"):
        problems.append(Problem("byte-order-mark", 1, "the text begins with a BOM"))
        text = text[1:]
    for at, raw in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        def complain(rule, what, at=at):
            problems.append(Problem(rule, at, what))
        tame = raw.replace("\t", "") if raw.startswith("#EXT-X-SKIP:") else raw    # there tabs separate identifiers (bis, 4.4.5.2)
        if re.search(r"[\x00-\x1f\x7f-\x9f]", tame):
            complain("control-character", repr(raw))
        if at == 1 and raw != "#EXTM3U":
            complain("first-line", repr(raw))
        if raw.startswith("#EXT"):
            name, colon, value = raw[1:].partition(":")
            if name not in TAGS:
                complain("tag-unknown", name)
                continue
            tag = read_tag(name, value if colon else None, at, complain)
            if tag:
                lines.append(tag)
        elif raw and not raw.startswith("#"):
            if raw != raw.strip() or " " in raw:
                complain("uri-syntax", repr(raw))
            lines.append((raw, at))
    tags = [t for t in lines if isinstance(t, Tag)]
    return _assemble(text, lines, tags, problems)


def _assemble(text, lines, tags, problems):
    is_master = any(TAGS[t.name][0] == MASTER for t in tags)
    for tag in tags:
        where, often, _ = TAGS[tag.name]
        if where == (MEDIA if is_master else MASTER):
            problems.append(Problem("tag-of-other-playlist", tag.line, tag.name))
        if often == ONCE and any(t.name == tag.name and t.line < tag.line for t in tags):
            problems.append(Problem("tag-twice", tag.line, tag.name))
    if is_master:
        return _master(Master(text, tags, problems), lines)
    return _media(Media(text, tags, problems), lines)


def _master(playlist, lines):
    waiting = None
    for item in lines:
        if isinstance(item, Tag):
            if waiting:
                playlist.problems.append(Problem("variant-without-uri", waiting.line, "the next line is no URI"))
            waiting = item if item.name == "EXT-X-STREAM-INF" else None
        elif waiting:
            playlist.variants.append((waiting.value, item[0]))
            waiting = None
        else:
            playlist.problems.append(Problem("uri-without-variant", item[1], item[0]))
    if waiting:
        playlist.problems.append(Problem("variant-without-uri", waiting.line, "the text ends here"))
    return playlist


def _range(text):
    match = _BYTERANGE.fullmatch(text) if text else None
    return (int(match[1]), int(match[2]) if match[2] else None) if match else None


def with_key(keys, value):
    """The keys in force after an EXT-X-KEY tag: one for each KEYFORMAT, none after METHOD=NONE (4.3.2.4)."""
    if value.get("METHOD") == "NONE":
        return {}
    return dict(keys, **{value.get("KEYFORMAT", "identity"): tuple(sorted(value.items()))})


def _media(playlist, lines):
    pending, keys, init, number = {}, {}, None, playlist.discontinuity_sequence
    for item in lines:
        if not isinstance(item, Tag):
            _segment(playlist, pending, item, keys, init, number)
            pending = {}
        elif item.name == "EXT-X-KEY":
            keys = with_key(keys, item.value)
        elif item.name == "EXT-X-MAP":
            init = Map(item.value.get("URI"), _range(item.value.get("BYTERANGE")))
        elif item.name == "EXT-X-DISCONTINUITY":
            number += 1
            pending[item.name] = item
        elif item.name == "EXT-X-PART":
            v = item.value
            pending.setdefault("parts", []).append(Part(v.get("URI"), v.get("DURATION", 0.0), "INDEPENDENT" in v, "GAP" in v,
                                                        _range(v.get("BYTERANGE")), item.line))
        elif item.name in ("EXTINF", "EXT-X-BYTERANGE", "EXT-X-PROGRAM-DATE-TIME", "EXT-X-GAP"):
            if item.name in pending:
                playlist.problems.append(Problem("segment-tag-twice", item.line, item.name))
            pending[item.name] = item
    if "EXTINF" in pending:
        playlist.problems.append(Problem("extinf-without-uri", pending["EXTINF"].line, "the text ends here"))
    playlist.open_parts, playlist.open_keys, playlist.open_map = pending.get("parts", []), keys, init
    return playlist


def _segment(playlist, pending, uri, keys, init, number):
    if "EXTINF" not in pending:
        playlist.problems.append(Problem("uri-without-extinf", uri[1], uri[0]))
    value = {name: tag.value for name, tag in pending.items() if name != "parts"}
    match = _EXTINF.fullmatch(value.get("EXTINF", "0,"))
    pdt = value.get("EXT-X-PROGRAM-DATE-TIME")
    playlist.segments.append(Segment(
        playlist.next_number, uri[0], float(match[1]), match[2], number, "EXT-X-DISCONTINUITY" in pending, keys, init,
        date_of(pdt) if pdt else None, _range(value.get("EXT-X-BYTERANGE")), "EXT-X-GAP" in pending,
        pending.get("parts", []), uri[1]))
