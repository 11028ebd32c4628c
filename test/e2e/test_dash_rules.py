"""The judge of MPDs judged: for each rule an MPD that keeps it and one that breaks it."""
import re
import struct

import pytest

import dash_mpd
import fmp4
from dash_rules import check_media, check_mpd, check_next
from dash_watch import assert_good, by_number

NOW = dash_mpd.seconds_of("2026-11-30T05:00:20Z")

LIVE = """<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="dynamic"
  availabilityStartTime="2026-11-30T05:00:00Z" publishTime="2026-11-30T05:00:19.500Z" minimumUpdatePeriod="PT2S"
  timeShiftBufferDepth="PT10S" maxSegmentDuration="PT2S" minBufferTime="PT2S" suggestedPresentationDelay="PT6S">
  <Period id="0" start="PT0S">
    <AdaptationSet id="0" contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1">
      <SegmentTemplate timescale="90000" initialization="s-$RepresentationID$-init.mp4" media="s-$RepresentationID$-$Number$.m4s"
        startNumber="5">
        <SegmentTimeline><S t="900000" d="180000" r="3"/><S d="135000"/></SegmentTimeline>
      </SegmentTemplate>
      <Representation id="v" codecs="avc1.64001f" bandwidth="1000000" width="1280" height="720" frameRate="25"/>
    </AdaptationSet>
    <AdaptationSet id="1" contentType="audio" mimeType="audio/mp4" segmentAlignment="true">
      <AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>
      <SegmentTemplate timescale="48000" initialization="s-$RepresentationID$-init.mp4" media="s-$RepresentationID$-$Time$.m4s"
        startNumber="5">
        <SegmentTimeline><S t="480000" d="96000" r="3"/><S t="864000" d="72000"/></SegmentTimeline>
      </SegmentTemplate>
      <Representation id="a" codecs="mp4a.40.2" bandwidth="128000" audioSamplingRate="48000"/>
    </AdaptationSet>
  </Period>
  <UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-xsdate:2014" value="http://127.0.0.1/time"/>
</MPD>
"""

LOW = LIVE.replace('startNumber="5"', 'startNumber="5" availabilityTimeOffset="1.5" availabilityTimeComplete="false"').replace(
    "  <Period", '  <ServiceDescription id="0"><Latency target="1500" max="4000"/></ServiceDescription>\n  <Period')

PLAIN = re.sub(r"\s*<SegmentTimeline>.*?</SegmentTimeline>", "", LIVE).replace(
    'timescale="90000"', 'timescale="90000" duration="180000"').replace('timescale="48000"', 'timescale="48000" duration="96000"')

ENDED = LIVE.replace("dynamic", "static").replace('minimumUpdatePeriod="PT2S"\n  timeShiftBufferDepth="PT10S"',
                                                  'mediaPresentationDuration="PT9.5S"')


def changed(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


def rules(problems):
    return {p.rule for p in problems}


def names(rows):
    return ["%s: %s" % (row[-1], row[-2][:30] or "(removed)") for row in rows]


@pytest.mark.parametrize("text", [LIVE, LOW, PLAIN, ENDED], ids=["timeline", "low latency", "duration", "static"])
def test_good_mpds_are_good(text):
    assert check_mpd(text, NOW, low_latency=text is LOW) == []


SETS = 'id="a" codecs="mp4a.40.2" bandwidth="128000" audioSamplingRate="48000"/>'
BROKEN = [
    (LIVE, "</Period>", "", "xml"),
    (LIVE, "mpd:2011", "mpd:2012", "namespace"),
    (LIVE, 'profiles="urn:mpeg:dash:profile:isoff-live:2011" ', "", "attribute-missing"),
    (LIVE, "isoff-live:2011", "isoff-live", "profile"),
    (LIVE, ' minBufferTime="PT2S"', "", "attribute-missing"),
    (LIVE, 'publishTime="2026-11-30T05:00:19.500Z" ', "", "attribute-missing"),
    (LIVE, 'availabilityStartTime="2026-11-30T05:00:00Z" ', "", "attribute-missing"),
    (LIVE, 'type="dynamic"', 'type="live"', "type"),
    (LIVE, 'minBufferTime="PT2S"', 'minBufferTime="2"', "duration-syntax"),
    (LIVE, 'minBufferTime="PT2S"', 'minBufferTime="PT"', "duration-syntax"),
    (LIVE, "2026-11-30T05:00:00Z", "2026-11-30 05:00:00", "date-syntax"),
    (LIVE, 'minimumUpdatePeriod="PT2S"', "", "update-period-missing"),
    (LIVE, 'minimumUpdatePeriod="PT2S"', 'minimumUpdatePeriod="PT0S"', "update-period-zero"),
    (LIVE, "05:00:19.500Z", "04:59:19.500Z", "published-too-early"),
    (LIVE, "05:00:19.500Z", "05:00:29.500Z", "published-in-future"),
    (LIVE, 'timeShiftBufferDepth="PT10S" ', "", "should-depth"),
    (ENDED, "mediaPresentationDuration", 'minimumUpdatePeriod="PT2S" mediaPresentationDuration', "static-with-update"),
    (ENDED, 'mediaPresentationDuration="PT9.5S"', "", "static-without-duration"),
    (LIVE, '<UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-xsdate:2014" value="http://127.0.0.1/time"/>', "", "utc-timing-missing"),
    (LIVE, "utc:http-xsdate:2014", "utc:sundial:2014", "utc-timing-scheme"),
    (LIVE, 'value="http://127.0.0.1/time"', 'value=""', "utc-timing-value"),
    (LIVE, "utc:http-xsdate:2014", "utc:direct:2014", "utc-timing-value"),
    (LIVE, 'id="0" start="PT0S"', 'start="PT0S"', "period-id-missing"),
    (LIVE, ' start="PT0S"', "", "period-start-missing"),
    (LIVE, "  <UTC", '<Period id="0" start="PT20S"/>\n  <UTC', "period-id-twice"),
    (LIVE, "  <UTC", '<Period id="1" start="PT20S"/>\n  <UTC', "no-representation"),
    (LIVE.replace('start="PT0S"', 'start="PT0S" duration="PT30S"'), "  <UTC", '<Period id="1" start="PT20S"/>\n  <UTC',
     "periods-overlap"),
    (LIVE, 'Representation id="a"', 'Representation id="v"', "representation-id-twice"),
    (LIVE, 'Representation id="a"', 'Representation id="a b"', "representation-id"),
    (LIVE, 'bandwidth="128000"', "", "bandwidth"),
    (LIVE, 'mimeType="audio/mp4" ', "", "mime-type"),
    (LIVE, 'codecs="mp4a.40.2" ', "", "codecs"),
    (LIVE, "mp4a.40.2", "avc1.64001f", "codecs"),
    (LIVE, "avc1.64001f", "H264", "codecs"),
    (LIVE, ' width="1280"', "", "should-width"),
    (LIVE, ' frameRate="25"', "", "should-framerate"),
    (LIVE, 'frameRate="25"', 'frameRate="25.0"', "picture-or-sound"),
    (LIVE, 'width="1280"', 'width="0"', "picture-or-sound"),
    (LIVE, 'audioSamplingRate="48000"', "", "should-audiosamplingrate"),
    (LIVE, ' startWithSAP="1"', "", "should-start-with-sap"),
    (LIVE.replace("AudioChannelConfiguration", "Label"), "Label", "Label", "should-channels"),
    (LIVE, ' initialization="s-$RepresentationID$-init.mp4"', "", "template-missing"),
    (LIVE, "$Number$.m4s", "$Number$-$Time$.m4s", "template-media"),
    (LIVE, "$Number$.m4s", "n.m4s", "template-media"),
    (LIVE, "$Number$.m4s", "$Number.m4s", "template-media"),
    (LIVE, "$RepresentationID$-init.mp4", "$Number$-init.mp4", "template-initialization"),
    (LIVE.replace("$RepresentationID$-init", "init"), "init", "init", "template-not-unique"),
    (LIVE, 'timescale="90000"', 'timescale="90000" duration="180000"', "template-timing"),
    (PLAIN, 'duration="180000"', "", "template-timing"),
    (LIVE, '<S t="864000"', '<S t="863999"', "timeline-overlap"),
    (LIVE, '<S t="864000"', '<S t="864001"', "timeline-gap"),
    (LIVE, 'd="135000"', 'd="0"', "timeline-value"),
    (LIVE, 'd="135000"', 'd="-5"', "timeline-value"),
    (LIVE, 'd="135000"', 'd="90000" r="-1"', "timeline-open"),
    (LIVE, '<S t="900000" d="180000" r="3"/><S d="135000"/>', "", "timeline-empty"),
    (LIVE, 'timescale="90000"', 'timescale="90000" presentationTimeOffset="900001"', "timeline-before-period"),
    (LIVE, 'maxSegmentDuration="PT2S"', 'maxSegmentDuration="PT1.9S"', "segment-too-long"),
    (LIVE, 'timeShiftBufferDepth="PT10S"', 'timeShiftBufferDepth="PT3S"', "timeline-deeper-than-buffer"),
    (LIVE, 't="900000"', 't="1080000"', "segment-in-future"),
    (LIVE, 't="900000" d="180000" r="3"/><S d="135000"/>', 't="90000" d="180000"/>', "segment-too-old"),
    (LIVE, "05:00:00Z", "05:00:30Z", "available-in-future"),
    (LOW, 'id="0"><Latency target="1500" max="4000"/>', 'id="0">', "latency-target-missing"),
    (LOW, 'target="1500"', 'target="1.5"', "latency-target"),
    (LOW, ' availabilityTimeOffset="1.5"', "", "availability-offset-missing"),
    (LOW, 'availabilityTimeOffset="1.5"', 'availabilityTimeOffset="2.5"', "availability-offset"),
    (LOW, 'availabilityTimeComplete="false"', 'availabilityTimeComplete="true"', "availability-complete"),
    (LIVE, SETS, SETS + '<Representation mimeType="video/mp4" id="w" codecs="avc1.64001f" bandwidth="1"/>', "set-of-two-kinds"),
    (LIVE.replace('<AdaptationSet id="1" contentType="audio" mimeType="audio/mp4" segmentAlignment="true">',
                  '<AdaptationSet id="1" contentType="audio" mimeType="audio/mp4">'),
     SETS, SETS + '<Representation id="b" codecs="mp4a.40.2" bandwidth="64000" audioSamplingRate="48000"/>', "segments-not-aligned"),
    (LIVE, SETS, SETS[:-2] + '><SegmentTemplate timescale="48000"><SegmentTimeline><S t="480000" d="90000"/></SegmentTimeline>'
     '</SegmentTemplate></Representation><Representation id="b" codecs="mp4a.40.2" bandwidth="64000" '
     'audioSamplingRate="48000"/>', "timelines-differ"),
    (LIVE, SETS, SETS + '<Representation id="b" codecs="mp4a.40.2" bandwidth="64000" audioSamplingRate="48000">'
     '<SegmentTemplate timescale="24000"/></Representation>', "set-of-two-timescales"),
    (LIVE[:LIVE.index("  <Period")] + LIVE[LIVE.index("  <UTC"):], "<UTC", "<UTC", "no-period"),
]


@pytest.mark.parametrize("text,old,new,rule", BROKEN, ids=names(BROKEN))
def test_a_broken_mpd_is_found(text, old, new, rule):
    assert rule in rules(check_mpd(changed(text, old, new), NOW, low_latency=text is LOW))


# -- successive loads ----------------------------------------------------------------------------------------------------------

NEXT = changed(changed(changed(changed(changed(LIVE, "05:00:19.500Z", "05:00:21.000Z"), '<S t="900000" d="180000" r="3"/>',
                                       '<S t="1080000" d="180000" r="2"/>'), '<S d="135000"/>', '<S d="135000"/><S d="180000"/>'),
               'startNumber="5"', 'startNumber="6"'), '<S t="864000" d="72000"/>', '<S t="864000" d="72000"/><S d="96000"/>')


@pytest.mark.parametrize("newer", [LIVE, NEXT, ENDED.replace("19.500Z", "20.000Z")])
def test_good_updates_are_good(newer):
    assert check_next(LIVE, newer) == []


BROKEN_UPDATES = [
    (NEXT, "05:00:21.000Z", "05:00:19.000Z", "published-goes-back"),
    (NEXT, "05:00:21.000Z", "05:00:19.500Z", "published-twice"),
    (NEXT, "05:00:00Z", "05:00:01Z", "available-from-changes"),
    (NEXT, 'start="PT0S"', 'start="PT1S"', "period-start-changes"),
    (NEXT, 'Period id="0"', 'Period id="1"', "period-vanishes"),
    (NEXT, "$Number$.m4s", "$Number%05d$.m4s", "template-changes"),
    (NEXT, 'timescale="48000"', 'timescale="48000" presentationTimeOffset="1"', "template-changes"),
    (NEXT, "avc1.64001f", "avc1.640020", "codecs-change"),
    (NEXT, 't="1080000" d="180000" r="2"', 't="720000" d="180000" r="4"', "segments-come-back"),
    (NEXT, '<S d="135000"/><S d="180000"/>', "", "segments-lost-at-the-end"),
    (NEXT, 'd="135000"', 'd="134000"', "segment-changes"),
    (NEXT, 'startNumber="6"', 'startNumber="5"', "segment-changes"),
    (NEXT, 't="1080000" d="180000" r="2"', 't="1080001" d="180000" r="2"', "segment-number-moves"),
]


@pytest.mark.parametrize("text,old,new,rule", BROKEN_UPDATES, ids=names(BROKEN_UPDATES))
def test_a_broken_update_is_found(text, old, new, rule):
    assert rule in rules(check_next(LIVE, changed(text, old, new)))


def test_what_has_ended_stays_ended():
    assert "static-becomes-dynamic" in rules(check_next(ENDED, NEXT))


# -- addresses and times ----------------------------------------------------------------------------------------------------------

def test_templates_are_filled_in():
    video, audio = dash_mpd.read(LIVE, "http://h/live/s.mpd").representations
    assert video.url("initialization") == "http://h/live/s-v-init.mp4"
    assert [video.url("media", s) for s in video.segments][0::4] == ["http://h/live/s-v-5.m4s", "http://h/live/s-v-9.m4s"]
    assert audio.url("media", audio.segments[4]) == "http://h/live/s-a-864000.m4s"
    assert [(float(s.start), float(s.duration)) for s in audio.segments[3:]] == [(16.0, 2.0), (18.0, 1.5)]
    padded = dash_mpd.read(changed(LIVE, "$Number$", "$Number%05d$$$"), "http://h/").representations[0]
    assert padded.url("media", padded.segments[0]) == "http://h/s-v-00005$.m4s"


def test_segments_with_a_duration_follow_the_clock():
    mpd = dash_mpd.read(PLAIN)
    video = mpd.representations[0]
    assert [(s.number, float(s.start)) for s in by_number(mpd, video, NOW)] == [(12, 14.0), (13, 16.0), (14, 18.0)]
    assert by_number(mpd, video, mpd.available_from + 1) == []


def test_durations_and_dates_are_read():
    assert [dash_mpd.duration_of(t) for t in ("PT1H2M3.5S", "P1DT1S", "PT0S", "PT90M", "1S", "PT", "P")] == [
        3723.5, 86401, 0, 5400, None, None, None]
    assert dash_mpd.seconds_of("2026-11-30T06:00:20+01:00") == NOW == dash_mpd.seconds_of("2026-11-30T05:00:20.000")


# -- segments ------------------------------------------------------------------------------------------------------------------------

def box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def words(*numbers):
    return struct.pack(">%dI" % len(numbers), *numbers)


def init(tracks=1, scale=90000):
    entry = box(b"stsd", words(0, 1), box(b"avc1", bytes(78)))
    media = box(b"mdia", box(b"mdhd", words(0, 0, 0, scale, 0, 0)), box(b"hdlr", words(0, 0), b"vide", bytes(12)),
                box(b"minf", box(b"stbl", entry)))
    traks = [box(b"trak", box(b"tkhd", words(0, 0, 0, n), bytes(68)), media) for n in range(1, tracks + 1)]
    defaults = [box(b"trex", words(0, n, 1, 3600, 10, 0)) for n in range(1, tracks + 1)]
    return box(b"ftyp", b"iso6", words(0)) + box(b"moov", *traks, box(b"mvex", *defaults))


def fragment(start, samples, sequence=1, first_flags=0, payload=None):
    """A moof and an mdat; samples of 3600 ticks and 10 bytes, which are the defaults of trex."""
    run = box(b"trun", words(5, samples, 0, first_flags))            # data offset and first_sample_flags
    traf = box(b"traf", box(b"tfhd", words(0x20000, 1)), box(b"tfdt", words(1 << 24, 0, start)), run)
    return box(b"moof", box(b"mfhd", words(0, sequence)), traf) + box(b"mdat", bytes(10 * samples if payload is None else payload))


def judged(data, complete=True, tracks=1):
    video = dash_mpd.read(LIVE).representations[0]
    return rules(check_media(video, video.segments[0], init(tracks), data, complete=complete))


def test_a_good_segment_is_good():
    whole = fragment(900000, 50)
    chunks = fragment(900000, 20) + fragment(972000, 30, 2, 0x10000)
    assert judged(whole) == judged(box(b"styp", b"msdh", words(0)) + chunks) == set()
    assert fmp4.tracks(init())[1][:5] == (1, "video", 90000, "avc1", 3600)
    assert [(f.start, f.duration, len(f.sizes)) for f in fmp4.fragments(init(), chunks)] == [(900000, 72000, 20), (972000, 108000, 30)]


@pytest.mark.parametrize("data,rule", [
    (fragment(900091, 50), "segment-start"),
    (fragment(900000, 49), "segment-length"),
    (fragment(900000, 50, first_flags=0x10000), "segment-without-key"),
    (fragment(900000, 50, payload=499), "boxes"),
    (fragment(900000, 50)[:-1], "boxes"),
    (fragment(900000, 20) + fragment(972001, 30, 2), "boxes"),
    (fragment(900000, 20, 2) + fragment(972000, 30, 1), "boxes"),
    (fragment(900000, 50) + box(b"mdat", b""), "boxes"),
    (box(b"styp", b"msdh", words(0)), "boxes"),
], ids=["late", "short", "no key", "size", "cut", "gap", "order", "mdat", "empty"])
def test_a_broken_segment_is_found(data, rule):
    assert rule in judged(data)


def test_a_representation_has_one_track():
    assert judged(fragment(900000, 50), tracks=2) == {"tracks"}


def test_a_segment_that_still_grows_may_be_short():
    assert judged(fragment(900000, 10), complete=False) == set()


# -- the judge itself -----------------------------------------------------------------------------------------------------------------

def test_every_rule_has_a_broken_example():
    import dash_rules
    written = set()
    for module in (dash_mpd, dash_rules):
        with open(module.__file__, encoding="utf-8") as f:
            written |= set(re.findall(r"""(?:Problem|complain)\(\s*"([a-z-]+)",""", f.read()))
    with open(__file__, encoding="utf-8") as f:
        broken = set(re.findall(r'"([a-z-]+)"', f.read()))
    assert written - broken == set()


def test_a_must_fails_and_a_should_does_not():
    without_depth = changed(LIVE, 'timeShiftBufferDepth="PT10S" ', "")
    assert_good(check_mpd(without_depth, NOW))
    with pytest.raises(AssertionError, match="should-depth"):
        assert_good(check_mpd(without_depth, NOW), should=True)
    with pytest.raises(AssertionError, match="utc-timing-missing"):
        assert_good(check_mpd(re.sub("<UTC.*/>", "", LIVE), NOW))
