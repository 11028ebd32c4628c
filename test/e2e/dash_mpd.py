"""MPDs, read as ISO/IEC 23009-1 writes them.

    mpd = read(text)           an Mpd; mpd.problems lists what is wrong with single attributes

Live profile only: SegmentTemplate with SegmentTimeline or @duration, which may stand at the Period, the AdaptationSet or the
Representation. What the parts of an MPD say together is the matter of dash_rules.py.
"""
import datetime
import re
import xml.etree.ElementTree as ElementTree
from collections import namedtuple
from fractions import Fraction
from urllib.parse import urljoin

Problem = namedtuple("Problem", "rule where text")                   # as in hls_playlist.py, with an element for a line

NAMESPACE = "urn:mpeg:dash:schema:mpd:2011"
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_IDENTIFIER = re.compile(r"\$(RepresentationID|Bandwidth|Number|Time|SubNumber)?(%0\d+d)?\$")

# number: of $Number$; t and d in the timescale; start: seconds on the timeline of the period
Segment = namedtuple("Segment", "number t d start duration")


class Representation:
    """A representation with what it inherits. `segments` are those of the timeline, empty for one with @duration."""

    def __init__(self, period, adaptation_set, element, base):
        self.period, self.set, self.element = period, adaptation_set, element
        self.id, self.base = element.get("id"), base
        self.template = {}
        self.timeline = None
        for owner in (period.element, adaptation_set, element):
            own = owner.find("SegmentTemplate")
            if own is not None:
                self.template.update(own.attrib)
                self.timeline = own.find("SegmentTimeline") if own.find("SegmentTimeline") is not None else self.timeline
        self.timescale = number(self.template.get("timescale")) or 1
        self.offset = number(self.template.get("presentationTimeOffset")) or 0
        self.start_number = number(self.template.get("startNumber", "1"))
        self.has_numbers = "startNumber" in self.template or "$Number" in self.template.get("media", "")
        self.availability_offset = float(self.template.get("availabilityTimeOffset", "0").replace("INF", "inf"))
        self.segments = []

    def get(self, name, default=None):
        """An attribute of the representation, or the one that it inherits from its set (5.3.7)."""
        return self.element.get(name, self.set.get(name, default))

    @property
    def kind(self):
        mime = self.get("contentType") or self.get("mimeType", "/").split("/")[0]
        return mime.split("/")[0]

    def url(self, name, segment=None):
        """The address of @initialization or @media, with its identifiers filled in (5.3.9.4.4)."""
        values = {"RepresentationID": self.id, "Bandwidth": self.get("bandwidth"), None: "$"}
        if segment:
            values.update(Number=segment.number, Time=segment.t)

        def fill(match):
            value = values.get(match[1], match[0])
            return match[2] % int(value) if match[2] and match[1] in values else str(value)
        return urljoin(self.base, _IDENTIFIER.sub(fill, self.template[name]))


class Period:
    def __init__(self, element):
        self.element, self.id = element, element.get("id")
        self.start = duration_of(element.get("start")) if element.get("start") else None
        self.duration = duration_of(element.get("duration")) if element.get("duration") else None
        self.representations = []


class Mpd:
    def __init__(self, text, base):
        self.text, self.problems, self.periods = text, [], []
        try:
            self.root = _without_namespace(ElementTree.fromstring(text), self.problems)
        except ElementTree.ParseError as e:
            self.root = ElementTree.Element("MPD")
            self.problems.append(Problem("xml", "MPD", str(e)))
        self.is_dynamic = self.root.get("type", "static") == "dynamic"
        self.available_from = self._date("availabilityStartTime")
        self.published = self._date("publishTime")
        self.update_period = self._duration("minimumUpdatePeriod")
        self.depth = self._duration("timeShiftBufferDepth")
        self.longest = self._duration("maxSegmentDuration")
        self.buffer_time = self._duration("minBufferTime")
        self.delay = self._duration("suggestedPresentationDelay")
        self.duration = self._duration("mediaPresentationDuration")
        base = _base(self.root, base)
        for element in self.root.findall("Period"):
            self._period(Period(element), _base(element, base))

    def complain(self, rule, where, text):
        self.problems.append(Problem(rule, where, text))

    def _duration(self, name):
        return self._read(name, duration_of, "duration-syntax")

    def _date(self, name):
        return self._read(name, seconds_of, "date-syntax")

    def _read(self, name, reader, rule):
        text = self.root.get(name)
        if text is None:
            return None
        value = reader(text)
        if value is None:
            self.complain(rule, "MPD@" + name, text)
        return value

    def _period(self, period, base):
        self.periods.append(period)
        for s in period.element.findall("AdaptationSet"):
            for element in s.findall("Representation"):
                r = Representation(period, s, element, _base(element, _base(s, base)))
                period.representations.append(r)
                if r.timeline is not None:
                    self._timeline(r)

    def _timeline(self, r):
        """Spread the S elements (5.3.9.6). Overlaps and gaps are kept as they are."""
        t, n = 0, r.start_number
        lines = r.timeline.findall("S")
        for at, s in enumerate(lines):
            bad = [a for a in ("t", "d", "r", "n") if s.get(a) is not None and number(s.get(a), signed=a == "r") is None]
            if bad or number(s.get("d")) in (None, 0):
                self.complain("timeline-value", "S", str(s.attrib))
                continue
            t = number(s.get("t", str(t)))
            d, repeat = number(s.get("d")), number(s.get("r", "0"), signed=True)
            if repeat < 0:
                following = lines[at + 1].get("t") if at + 1 < len(lines) else None
                if following is None:
                    self.complain("timeline-open", "S", "@r=%d without an end: a live timeline lists what is there" % repeat)
                    repeat = 0
                else:
                    repeat = max(0, (number(following) - t) // d - 1)
            for _ in range(repeat + 1):
                r.segments.append(Segment(n, t, d, Fraction(t - r.offset, r.timescale), Fraction(d, r.timescale)))
                t, n = t + d, n + 1

    @property
    def representations(self):
        return [r for p in self.periods for r in p.representations]


def read(text, base=""):
    return text if isinstance(text, Mpd) else Mpd(text, base)


def number(text, signed=False):
    return int(text) if text is not None and re.fullmatch(r"-?\d+" if signed else r"\d+", text) else None


def duration_of(text):
    """Seconds of an xs:duration without years and months."""
    match = _DURATION.fullmatch(text)
    if not match or text[-1] in "PT":
        return None
    days, hours, minutes, seconds = (float(m or 0) for m in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def seconds_of(text):
    """Seconds since 1970 of an xs:dateTime. Without a zone it is UTC (5.3.1.2)."""
    match = _DATE.fullmatch(text)
    if not match:
        return None
    zone = match[8] or "Z"
    offset = 0 if zone == "Z" else int(zone[0] + "1") * (int(zone[1:3]) * 3600 + int(zone[4:]) * 60)
    whole = datetime.datetime(*(int(match[n]) for n in range(1, 7)), tzinfo=datetime.timezone.utc).timestamp()
    return whole + float(match[7] or 0) - offset


def identifiers(template):
    """The identifiers of a template, or None if a dollar stands alone or a name is unknown."""
    if "$" in _IDENTIFIER.sub("", template):
        return None
    return {m[1] for m in _IDENTIFIER.finditer(template) if m[1]}


def _base(element, base):
    own = element.find("BaseURL")
    return urljoin(base, own.text.strip()) if own is not None and own.text else base


def _without_namespace(root, problems):
    if not root.tag.startswith("{%s}" % NAMESPACE):
        problems.append(Problem("namespace", root.tag, "it is not %s" % NAMESPACE))
    for element in root.iter():
        element.tag = element.tag.replace("{%s}" % NAMESPACE, "")
    return root
