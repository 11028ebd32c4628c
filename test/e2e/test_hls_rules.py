"""The judge of HLS playlists judged: for each rule a playlist that keeps it and one that breaks it."""
import re

import pytest

from hls_changes import check_aligned, check_delta, check_next, check_reload, merge
from hls_master import average_bps, check_bandwidth, check_master, peak_bps
from hls_playlist import TAGS, read
from hls_rules import assert_good, check_media

LIVE = """#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXT-X-PROGRAM-DATE-TIME:2026-11-30T05:00:00.000Z
#EXTINF:2.000,
s-7.ts
#EXT-X-PROGRAM-DATE-TIME:2026-11-30T05:00:02.000Z
#EXTINF:2.400,
s-8.ts
#EXTINF:1.500,
s-9.ts
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-11-30T05:00:10.000Z
#EXTINF:2.000,
s-10.ts
"""

KEYED = """#EXTM3U
#EXT-X-VERSION:5
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:4
#EXT-X-KEY:METHOD=AES-128,URI="k-4.key",IV=0x0123456789ABCDEF0123456789ABCDEF,KEYFORMATVERSIONS="1/2"
#EXTINF:2.0,
s-4.ts
#EXTINF:2.0,
s-5.ts
#EXT-X-KEY:METHOD=NONE
#EXTINF:2.0,
s-6.ts
"""

FMP4 = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-30T05:00:00.000+00:00
#EXT-X-DATERANGE:ID="ad",CLASS="c",START-DATE="2026-11-30T05:00:01Z",END-DATE="2026-11-30T05:00:02Z",DURATION=1.0,X-A="b"
#EXTINF:2.0,one
#EXT-X-BYTERANGE:100@0
s.m4s
#EXTINF:2.0,two
#EXT-X-BYTERANGE:50
s.m4s
#EXTINF:2.0,
b.m4s
"""

LOW = """#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,PART-HOLD-BACK=1.5,HOLD-BACK=6.0
#EXT-X-PART-INF:PART-TARGET=0.5
#EXT-X-MEDIA-SEQUENCE:20
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="init.mp4"
#EXTINF:2.0,
20.m4s
#EXTINF:2.0,
21.m4s
#EXTINF:2.0,
22.m4s
#EXTINF:2.0,
23.m4s
#EXTINF:2.2,
24.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-30T05:00:00.000Z
#EXT-X-PART:DURATION=0.5,URI="25.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.48,URI="25.1.m4s"
#EXT-X-PART:DURATION=0.5,URI="25.2.m4s"
#EXT-X-PART:DURATION=0.2,URI="25.3.m4s"
#EXTINF:1.68,
25.m4s
#EXT-X-PART:DURATION=0.5,URI="26.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.5,URI="26.1.m4s"
#EXT-X-PART:DURATION=0.5,URI="26.2.m4s"
#EXTINF:1.5,
26.m4s
#EXT-X-PART:DURATION=0.3,URI="27.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.5,URI="27.1.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="27.2.m4s"
#EXT-X-RENDITION-REPORT:URI="../audio/live.m3u8",LAST-MSN=27,LAST-PART=1
"""

MASTER = """#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="one",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="a1.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="two",CHANNELS="2",URI="a2.m3u8"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="CC1",INSTREAM-ID="CC1"
#EXT-X-STREAM-INF:BANDWIDTH=2000000,AVERAGE-BANDWIDTH=1500000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=25.000,AUDIO="a",CLOSED-CAPTIONS="cc"
v720.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS="hvc1.1.6.L93.B0,mp4a.40.2",RESOLUTION=854x480,FRAME-RATE=29.970,AUDIO="a",CLOSED-CAPTIONS="cc"
v480.m3u8
#EXT-X-SESSION-DATA:DATA-ID="com.example.t",VALUE="x"
"""


def changed(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


def rules(problems):
    return {p.rule for p in problems}


def names(pairs):
    return ["%s: %s" % (p[-1], p[-2][:40] or "(removed)") for p in pairs]


@pytest.mark.parametrize("text", [LIVE, KEYED, FMP4, LOW, LIVE.replace("\n", "\r\n"), LIVE + "#EXT-X-ENDLIST\n",
                                  LIVE.replace(":3\n", ":3\n\n# a comment\n")])
def test_good_media_playlists_are_good(text):
    assert check_media(text) == []
    assert_good(check_media(text), text, should=True)


def test_a_good_master_playlist_is_good():
    assert check_master(MASTER) == []


# -- one media playlist: base, what is replaced, by what, the rule that it breaks ------------------------------------------------

HEAD = "#EXT-X-TARGETDURATION:2\n"
MAP_LINE = '#EXT-X-MAP:URI="init.mp4"\n'
BROKEN = [
    (LIVE, "#EXTM3U", "\ufeff#EXTM3U", "byte-order-mark"),
    (LIVE, "#EXTM3U", "#EXTM3U8", "first-line"),
    (LIVE, "s-7.ts", "s\t7.ts", "control-character"),
    (LIVE, "s-7.ts", "s 7.ts", "uri-syntax"),
    (LIVE, HEAD, HEAD + "#EXT-X-TARGETDURATIONS:2\n", "tag-unknown"),
    (LIVE, "#EXT-X-VERSION:3", "#EXT-X-VERSION:three", "tag-value"),
    (LIVE, "#EXT-X-VERSION:3", "#EXT-X-VERSION", "tag-value"),
    (LIVE, "#EXT-X-DISCONTINUITY\n", "#EXT-X-DISCONTINUITY:1\n", "tag-value"),
    (LIVE, "#EXTINF:2.000,", "#EXTINF:2.000", "tag-value"),
    (LIVE, "#EXTINF:2.000,", "#EXTINF:-1,", "tag-value"),
    (LIVE, "05:00:00.000Z", "05:00Z", "tag-value"),
    (LIVE, HEAD, HEAD + "#EXT-X-PLAYLIST-TYPE:LIVE\n", "tag-value"),
    (LIVE, HEAD, HEAD + HEAD, "tag-twice"),
    (LIVE, HEAD, HEAD + "#EXT-X-STREAM-INF:BANDWIDTH=1\n", "tag-of-other-playlist"),
    (LIVE, HEAD, "", "target-missing"),
    (LIVE, HEAD, "#EXT-X-TARGETDURATION:0\n", "target-zero"),
    (LIVE, "#EXTINF:2.400,", "#EXTINF:2.500,", "target-exceeded"),
    (LIVE, "#EXTINF:1.500,", "#EXTINF:0.000,", "duration-zero"),
    (LIVE, "#EXTINF:1.500,\n", "", "uri-without-extinf"),
    (LIVE, "s-10.ts\n", "", "extinf-without-uri"),
    (LIVE, "#EXTINF:1.500,\n", "#EXTINF:1.500,\n#EXTINF:1.500,\n", "segment-tag-twice"),
    (LIVE, "#EXT-X-VERSION:3", "#EXT-X-VERSION:2", "version"),
    (LIVE, "s-7.ts\n", "s-7.ts\n#EXT-X-MEDIA-SEQUENCE:7\n", "tag-too-late"),
    (LIVE, "#EXT-X-DISCONTINUITY-SEQUENCE:1\n", "#EXT-X-DISCONTINUITY\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n", "tag-too-late"),
    (LIVE, HEAD, HEAD + "#EXT-X-PLAYLIST-TYPE:VOD\n", "vod-without-end"),
    (LIVE, "00:00.000Z", "00:00.000", "date-without-zone"),
    (LIVE, "00:00.000Z", "00:00Z", "should-date-milliseconds"),
    (LIVE, "00:02.000Z", "00:02.100Z", "date-does-not-continue"),
    (LIVE, "00:10.000Z", "00:01.000Z", "date-goes-back"),
    (KEYED, "METHOD=NONE", 'METHOD=NONE,URI="k"', "key-none-attributes"),
    (KEYED, 'URI="k-4.key",', "", "key-without-uri"),
    (KEYED, "0x0123456789ABCDEF0", "0x", "key-iv-length"),
    (KEYED, '"1/2"', '"1/"', "key-format-versions"),
    (KEYED, "METHOD=AES-128", "METHOD=AES-256", "attribute-value"),
    (KEYED, "IV=0x0123456789ABCDEF", "IV=0x0123456789abcdef", "attribute-value"),
    (KEYED, ',IV=0x', ', IV=0x', "attribute-syntax"),
    (KEYED, '"1/2"', '"1/2",', "attribute-syntax"),
    (KEYED, "METHOD=AES-128", "METHOD=AES-128,METHOD=AES-128", "attribute-twice"),
    (KEYED, "METHOD=AES-128", "METHOD=AES-128,METHODS=A", "attribute-unknown"),
    (KEYED, "METHOD=AES-128,", "", "attribute-missing"),
    (KEYED, "#EXT-X-VERSION:5", "#EXT-X-VERSION:4", "version"),
    (FMP4, MAP_LINE, '#EXT-X-KEY:METHOD=AES-128,URI="k"\n' + MAP_LINE, "key-iv-for-map"),
    (FMP4, MAP_LINE, "", "map-missing"),
    (FMP4, "#EXT-X-VERSION:7", "#EXT-X-VERSION:5", "version"),
    (FMP4, "BYTERANGE:50\ns.m4s", "BYTERANGE:50\nt.m4s", "byterange-offset"),
    (FMP4, "#EXT-X-PROGRAM-DATE-TIME:2026-11-30T05:00:00.000+00:00\n", "", "date-range-without-date"),
    (FMP4, 'START-DATE="2026-11-30T05:00:01Z"', 'START-DATE="yesterday"', "date-range-date"),
    (FMP4, "05:00:02Z", "05:00:00Z", "date-range-ends-first"),
    (FMP4, "DURATION=1.0", "DURATION=2.0", "date-range-duration"),
    (FMP4, "DURATION=1.0", "END-ON-NEXT=YES", "date-range-end-on-next"),
    (FMP4, "#EXTINF:2.0,one", '#EXT-X-DATERANGE:ID="ad",CLASS="d"\n#EXTINF:2.0,one', "date-range-changes"),
    (FMP4, 'X-A="b"', "X-A=b", "attribute-value"),
    (FMP4, "X-A", "SCTE35-CMD=0xFB00,X-A", "date-range-splice"),
    (FMP4, "X-A", "SCTE35-OUT=0xFC30,X-A", "date-range-splice-out"),
    (FMP4.replace('END-DATE="2026-11-30T05:00:02Z",DURATION=1.0,', ""), "X-A", "SCTE35-OUT=0xFC30,SCTE35-IN=0xFC30,X-A",
     "date-range-splice-in"),
    (FMP4, "X-A", "SCTE35-OUT=0xFC30,SCTE35-IN=0xFC30,X-A", None),
    (LOW, "HOLD-BACK=6.0", "HOLD-BACK=5.9", "hold-back"),
    (LOW, "CAN-SKIP-UNTIL=12.0", "CAN-SKIP-UNTIL=11.9", "can-skip-until"),
    (LOW, "CAN-SKIP-UNTIL=12.0", "CAN-SKIP-DATERANGES=YES", "can-skip-dateranges"),
    (LOW, "PART-HOLD-BACK=1.5,", "", "part-hold-back-missing"),
    (LOW, "PART-HOLD-BACK=1.5", "PART-HOLD-BACK=0.9", "part-hold-back"),
    (LOW, "PART-HOLD-BACK=1.5", "PART-HOLD-BACK=1.4", "should-part-hold-back"),
    (LOW, "CAN-BLOCK-RELOAD=YES,", "", "should-block-reload"),
    (LOW, "#EXT-X-PART-INF:PART-TARGET=0.5\n", "", "part-inf-missing"),
    (LOW, 'DURATION=0.5,URI="25.2', 'DURATION=0.51,URI="25.2', "part-too-long"),
    (LOW, 'DURATION=0.48,URI="25.1', 'DURATION=0.42,URI="25.1', "part-too-short"),
    (LOW, "#EXTINF:1.5,", "#EXTINF:1.6,", "parts-sum"),
    (LOW, 'URI="26.0.m4s",INDEPENDENT=YES', 'URI="26.0.m4s"', "part-not-independent"),
    (LOW, "#EXTINF:2.0,\n21", '#EXT-X-PART:DURATION=0.5,URI="21.0.m4s"\n#EXTINF:2.0,\n21', "should-remove-parts"),
    (LOW, "INDEPENDENT=YES", "INDEPENDENT=NO", "attribute-value"),
    (LOW, "#EXT-X-RENDITION", "#EXT-X-ENDLIST\n#EXT-X-RENDITION", "hint-after-end"),
    (LOW, "#EXT-X-PRELOAD-HINT", '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="x"\n#EXT-X-PRELOAD-HINT', "hint-twice"),
    (LOW, 'TYPE=PART,URI="27.2', 'TYPE=PART,URI="27.1', "hint-of-known-part"),
    (LOW, '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="27.2.m4s"\n', "", "should-hint"),
    (LOW, '"../audio', '"http://host/audio', "report-uri"),
    (LOW, "#EXT-X-MAP", "#EXT-X-SKIP:SKIPPED-SEGMENTS=0\n#EXT-X-MAP", "skip-nothing"),
    (LOW, "CAN-SKIP-UNTIL=12.0", "CAN-SKIP-UNTIL=14.0", None),
    (LOW.replace("CAN-SKIP-UNTIL=12.0", "CAN-SKIP-UNTIL=20.0"), "#EXT-X-MAP", "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXT-X-MAP",
     "skip-too-much"),
    (LOW.replace("CAN-SKIP-UNTIL=12.0,", ""), "#EXT-X-MAP", "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXT-X-MAP", "skip-not-announced"),
    (LOW, "#EXT-X-MAP", '#EXT-X-SKIP:SKIPPED-SEGMENTS=1,RECENTLY-REMOVED-DATERANGES="a"\n#EXT-X-MAP', "skip-date-ranges-not-announced"),
    (LOW.replace("VERSION:9", "VERSION:8"), "#EXT-X-MAP", "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXT-X-MAP", "version"),
    (MASTER, "#EXTM3U", "#EXTM3U", "not-a-media-playlist"),
]


@pytest.mark.parametrize("text,old,new,rule", BROKEN, ids=names(BROKEN))
def test_a_broken_media_playlist_is_found(text, old, new, rule):
    assert rules(check_media(changed(text, old, new))) >= ({rule} if rule else set())
    if rule:
        assert rule not in rules(check_media(text)) or text == MASTER


# -- master playlists ----------------------------------------------------------------------------------------------------------

LAST = '#EXT-X-SESSION-DATA:DATA-ID="com.example.t",VALUE="x"\n'
BROKEN_MASTERS = [
    (LIVE, "#EXTM3U", "#EXTM3U", "not-a-master-playlist"),
    (MASTER, "BANDWIDTH=2000000,", "", "attribute-missing"),
    (MASTER, "BANDWIDTH=2000000", "BANDWIDTH=0", "bandwidth-zero"),
    (MASTER, "AVERAGE-BANDWIDTH=1500000", "AVERAGE-BANDWIDTH=2500000", "average-above-peak"),
    (MASTER, "v480.m3u8\n", "", "variant-without-uri"),
    (MASTER, "v480.m3u8\n", "v480.m3u8\nmore.m3u8\n", "uri-without-variant"),
    (MASTER, 'CODECS="hvc1.1.6.L93.B0,mp4a.40.2",', "", "should-codecs"),
    (MASTER, "avc1.64001f", "avc1.100.31", "codecs-syntax"),
    (MASTER, "avc1.64001f,", "avc1.64001f,avc1.64001f,", "codecs-twice"),
    (MASTER, "avc1.64001f,mp4a.40.2", "avc1.64001f", "codecs-without-rendition"),
    (MASTER, "RESOLUTION=1280x720,", "", "should-resolution"),
    (MASTER, "FRAME-RATE=25.000,", "", "should-frame-rate"),
    (MASTER, "RESOLUTION=1280x720", "RESOLUTION=1280X720", "attribute-value"),
    (MASTER, "RESOLUTION=1280x720", "RESOLUTION=0x0", "picture-zero"),
    (MASTER, "avc1.64001f,mp4a.40.2", "mp4a.40.2", "picture-of-sound"),
    (MASTER, 'AUDIO="a"', 'AUDIO="b"', "group-missing"),
    (MASTER.replace('AUDIO="a",', ""), "#EXTM3U", "#EXTM3U", "group-unused"),
    (MASTER, 'CLOSED-CAPTIONS="cc"', "CLOSED-CAPTIONS=NONE", "captions-none-for-some"),
    (MASTER, 'INSTREAM-ID="CC1"', 'INSTREAM-ID="CC1",URI="c.m3u8"', "captions-with-uri"),
    (MASTER, 'INSTREAM-ID="CC1"', 'INSTREAM-ID="CC9"', "instream-id"),
    (MASTER, 'INSTREAM-ID="CC1"', 'INSTREAM-ID="SERVICE3"', "version"),
    (MASTER, 'TYPE=AUDIO,GROUP-ID="a",NAME="two"', 'TYPE=SUBTITLES,GROUP-ID="s",NAME="two"', "group-unused"),
    (MASTER, LAST, LAST + '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="en"\n', "subtitles-without-uri"),
    (MASTER, 'NAME="two"', 'NAME="one"', "rendition-name-twice"),
    (MASTER, 'NAME="two"', 'NAME="two",DEFAULT=YES', "default-twice"),
    (MASTER, "AUTOSELECT=YES", "AUTOSELECT=NO", "default-not-autoselect"),
    (MASTER, 'NAME="two"', 'NAME="two",FORCED=YES', "forced"),
    (MASTER, 'NAME="two",CHANNELS="2"', 'NAME="two"', "should-channels"),
    (MASTER, LAST, LAST + '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="b",NAME="one",CHANNELS="2"\n', "groups-differ"),
    (MASTER, 'NAME="two"', 'NAME="two",LANGUAGE="en",AUTOSELECT=YES', "should-autoselect-one"),
    (MASTER, 'LANGUAGE="en"', 'LANGUAGE="en_US"', "language-syntax"),
    (MASTER, 'CHANNELS="2"', 'CHANNELS="stereo"', "channels-syntax"),
    (MASTER, ',VALUE="x"', "", "session-data-value"),
    (MASTER, LAST, LAST + "#EXT-X-SESSION-KEY:METHOD=NONE\n", "session-key-none"),
    (MASTER, LAST, LAST + '#EXT-X-DEFINE:NAME="a",VALUE="b"\n', "version"),
    ("#EXTM3U\n#EXT-X-SESSION-DATA:DATA-ID=\"a\",VALUE=\"b\"\n", "#EXTM3U", "#EXTM3U", "no-variant"),
    (MASTER, LAST, LAST + "#EXT-X-ENDLIST\n", "tag-of-other-playlist"),
]


@pytest.mark.parametrize("text,old,new,rule", BROKEN_MASTERS, ids=names(BROKEN_MASTERS))
def test_a_broken_master_playlist_is_found(text, old, new, rule):
    assert rule in rules(check_master(changed(text, old, new)))


def test_bandwidth_is_the_peak_of_half_to_one_and_a_half_target_durations():
    segments = [(250_000, 2.0), (500_000, 2.0), (250_000, 2.0), (100_000, 0.5)]
    assert peak_bps(segments, 2) == 2_000_000
    assert round(average_bps(segments)) == round(8 * 1_100_000 / 6.5)
    assert list(check_bandwidth({"BANDWIDTH": 2_000_000, "AVERAGE-BANDWIDTH": 1_400_000}, segments, 2)) == []
    assert rules(check_bandwidth({"BANDWIDTH": 1_999_999}, segments, 2)) == {"bandwidth-too-small"}
    assert rules(check_bandwidth({"BANDWIDTH": 1_999_999}, segments, 2, tolerance=0.1)) == set()
    assert rules(check_bandwidth({"BANDWIDTH": 2_000_000, "AVERAGE-BANDWIDTH": 1_000_000}, segments, 2)) == {
        "average-bandwidth-too-small"}
    assert rules(check_bandwidth({"BANDWIDTH": 20_000_001}, segments, 2)) == {"bandwidth-too-large"}


# -- successive loads -------------------------------------------------------------------------------------------------------------

NEXT = "#EXTINF:2.000,\ns-11.ts\n"
GONE = "#EXT-X-PROGRAM-DATE-TIME:2026-11-30T05:00:00.000Z\n#EXTINF:2.000,\ns-7.ts\n"
MOVED = changed(changed(LIVE + NEXT, GONE, ""), "MEDIA-SEQUENCE:7", "MEDIA-SEQUENCE:8")
PAST_BREAK = """#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:10
#EXT-X-DISCONTINUITY-SEQUENCE:2
#EXTINF:2.000,
s-10.ts
#EXTINF:2.000,
s-11.ts
#EXTINF:2.000,
s-12.ts
"""


@pytest.mark.parametrize("newer", [LIVE, LIVE + NEXT, MOVED, PAST_BREAK, LIVE + "#EXT-X-ENDLIST\n"])
def test_good_changes_are_good(newer):
    assert check_next(LIVE, newer) == []


BROKEN_CHANGES = [
    (LIVE, HEAD, "#EXT-X-TARGETDURATION:3\n", "target-changes"),
    (LIVE, "MEDIA-SEQUENCE:7", "MEDIA-SEQUENCE:6", "sequence-goes-back"),
    (LIVE, "DISCONTINUITY-SEQUENCE:1", "DISCONTINUITY-SEQUENCE:0", "discontinuity-sequence-goes-back"),
    (LIVE, "#EXTINF:2.000,\ns-10.ts\n", "", "segments-lost-at-the-end"),
    (LIVE, "s-8.ts", "s-8b.ts", "segment-uri-changes"),
    (LIVE, "#EXTINF:1.500,", "#EXTINF:1.501,", "segment-duration-changes"),
    (LIVE, "#EXTINF:1.500,", "#EXTINF:1.500,title", "segment-title-changes"),
    (LIVE, "00:10.000Z", "00:10.001Z", "segment-date-changes"),
    (LIVE, "#EXT-X-DISCONTINUITY\n", "", "segment-discontinuity-changes"),
    (LIVE, "#EXTINF:2.000,\ns-7.ts\n", '#EXT-X-KEY:METHOD=AES-128,URI="k"\n#EXTINF:2.000,\ns-7.ts\n', "segment-key-changes"),
    (LIVE, "#EXTINF:2.000,\ns-7.ts\n", '#EXT-X-MAP:URI="k"\n#EXTINF:2.000,\ns-7.ts\n', "segment-map-changes"),
    (LIVE, "s-8.ts", "#EXT-X-BYTERANGE:5@0\ns-8.ts", "segment-byterange-changes"),
    (PAST_BREAK, "DISCONTINUITY-SEQUENCE:2", "DISCONTINUITY-SEQUENCE:1", "segment-discontinuity-changes"),
    (PAST_BREAK, "#EXTINF:2.000,\ns-12.ts\n", "", "removes-too-early"),
    (LIVE + NEXT, "#EXTINF:2.000,\ns-11", "#EXT-X-PROGRAM-DATE-TIME:2026-11-30T05:00:13Z\n#EXTINF:2.000,\ns-11",
     "date-does-not-continue"),
    (LIVE + NEXT, "#EXTINF:2.000,\ns-11", "#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-11-30T04:59:13Z\n#EXTINF:2.000,\ns-11",
     "date-goes-back"),
]


@pytest.mark.parametrize("text,old,new,rule", BROKEN_CHANGES, ids=names(BROKEN_CHANGES))
def test_a_broken_change_is_found(text, old, new, rule):
    assert rule in rules(check_next(LIVE, changed(text, old, new)))


def test_an_ended_playlist_does_not_change():
    ended = LIVE + "#EXT-X-ENDLIST\n"
    assert check_next(ended, ended) == []
    assert rules(check_next(ended, LIVE + NEXT)) == {"changes-after-end"}


def test_an_event_playlist_keeps_its_segments():
    event = changed(LIVE, HEAD, HEAD + "#EXT-X-PLAYLIST-TYPE:EVENT\n")
    assert rules(check_next(event, changed(MOVED, HEAD, HEAD + "#EXT-X-PLAYLIST-TYPE:EVENT\n"))) == {"removes-from-event"}


RANGE = '#EXT-X-DATERANGE:ID="ad",START-DATE="2026-11-30T05:00:09.000Z",%s\n'
PLANNED, SPLICED = RANGE % "PLANNED-DURATION=3.000,SCTE35-OUT=0xFC30", RANGE % "DURATION=2.500,SCTE35-IN=0xFC31"


def test_date_ranges_get_attributes_and_keep_those_that_they_have():
    told, both = changed(LIVE, HEAD, HEAD + PLANNED), changed(LIVE, HEAD, HEAD + PLANNED + SPLICED)
    assert check_media(both) == [] and read(both).ranges()["ad"]["DURATION"] == 2.5
    assert check_next(LIVE, told) == check_next(told, both) == []
    assert rules(check_next(told, changed(told, "3.000", "4.000"))) == {"date-range-changes"}


def test_a_date_range_stays_for_as_long_as_its_segments():
    told = changed(LIVE, HEAD, HEAD + PLANNED)
    assert rules(check_next(told, LIVE)) == {"should-keep-date-range"}
    assert check_next(changed(LIVE, HEAD, HEAD + PLANNED.replace("05:00:09", "04:00:09")), LIVE) == []


def test_a_gap_is_not_filled_later():
    assert rules(check_next(changed(LIVE, "s-9.ts", "#EXT-X-GAP\ns-9.ts"), LIVE)) == {"segment-gap-changes"}


PART = '#EXT-X-PART:DURATION=0.5,URI="27.2.m4s"\n'
HINT = '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="27.2.m4s"\n'
LOW_NEXT = changed(LOW, HINT, PART + HINT.replace("27.2", "27.3"))
LOW_SEGMENT = changed(LOW, HINT, '#EXTINF:0.8,\n27.m4s\n#EXT-X-PART:DURATION=0.5,URI="28.0.m4s",INDEPENDENT=YES\n'
                      + HINT.replace("27.2", "28.1"))


def test_parts_are_appended_and_hints_are_kept():
    assert check_media(LOW_NEXT) == []
    assert check_next(LOW, LOW_NEXT) == []
    assert rules(check_next(changed(LOW, "27.2.m4s", "28.0.m4s"), LOW_SEGMENT)) == set()
    assert rules(check_next(LOW, LOW_SEGMENT)) == {"hint-not-kept"}
    assert rules(check_next(LOW, changed(LOW_NEXT, 'URI="27.2.m4s"', 'URI="27.9.m4s"'))) == {"hint-not-kept"}
    assert rules(check_next(LOW, changed(LOW_NEXT, 'DURATION=0.3,URI="27.0', 'DURATION=0.4,URI="27.0'))) == {"parts-change"}
    assert rules(check_next(LOW, changed(LOW, "PART-TARGET=0.5", "PART-TARGET=0.6"))) == {"part-target-changes"}


def test_parts_stay_while_their_segment_is_near_the_end():
    lost = re.sub(r'#EXT-X-PART:DURATION=0\.\d,URI="27.*\n', "", LOW_SEGMENT)
    assert "parts-lost" in rules(check_next(changed(LOW, "27.2.m4s", "28.0.m4s"), lost))


def test_a_blocking_reload_is_answered_when_it_is_there():
    assert check_reload(LOW, "x.m3u8?_HLS_msn=27&_HLS_part=1") == []
    assert check_reload(LOW, "x.m3u8?_HLS_msn=26") == []
    assert check_reload(LOW, "x.m3u8?hls_ctx=1") == []
    assert rules(check_reload(LOW, "x.m3u8?_HLS_msn=27&_HLS_part=2")) == {"answered-too-early"}
    assert rules(check_reload(LOW, "x.m3u8?_HLS_msn=27")) == {"answered-too-early"}
    assert check_reload(LOW + "#EXT-X-ENDLIST\n", "x.m3u8?_HLS_msn=99") == []


# -- delta updates ------------------------------------------------------------------------------------------------------------------

SKIPS = "#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n"
DELTA = changed(LOW, MAP_LINE + "#EXTINF:2.0,\n20.m4s\n", SKIPS)


def test_a_delta_update_means_what_the_full_playlist_means():
    assert check_delta(LOW, DELTA) == []
    assert [s.number for s in merge(LOW, DELTA).segments] == list(range(20, 27))
    assert merge(LOW, DELTA).segments[3].map == read(LOW).segments[3].map


SKIPS_RANGES = SKIPS.replace("=1", '=1,RECENTLY-REMOVED-DATERANGES="%s"')


def ranged(text, *ids):
    """The text with date ranges of these identifiers, which a server that can skip them has."""
    text = text.replace("VERSION:9", "VERSION:10").replace("CAN-SKIP-UNTIL=12.0", "CAN-SKIP-UNTIL=12.0,CAN-SKIP-DATERANGES=YES")
    return text.replace("#EXT-X-MEDIA-SEQUENCE", "".join(
        '#EXT-X-DATERANGE:ID="%s",START-DATE="2026-11-30T05:00:09.000Z"\n' % i for i in ids) + "#EXT-X-MEDIA-SEQUENCE")


def test_a_delta_update_may_skip_date_ranges():
    client, full = ranged(LOW, "gone", "a", "b"), ranged(LOW, "a", "b", "new one")
    removed = SKIPS_RANGES % "gone\tlong ago"
    assert check_delta(full, ranged(DELTA, "new one").replace(SKIPS, removed), client) == []
    assert check_delta(full, ranged(DELTA, "a", "b", "new one"), client) == []       # it skips segments alone
    assert rules(check_delta(full, ranged(DELTA).replace(SKIPS, removed), client)) == {"delta-date-ranges"}
    assert rules(check_delta(full, ranged(DELTA, "new one").replace(SKIPS, SKIPS_RANGES % ""), client)) == {"delta-date-ranges"}
    assert rules(check_delta(full, ranged(DELTA, "new one").replace(SKIPS, SKIPS_RANGES % "gone\ta"), client)) == {"delta-date-ranges"}
    assert "removed-date-range-listed" in rules(check_media(ranged(DELTA, "gone").replace(SKIPS, removed)))


BROKEN_DELTAS = [
    (DELTA, SKIPS, "", "skip-missing"),
    (DELTA, "#EXTINF:2.0,\n21.m4s\n", "", "delta-segments"),
    (DELTA, "#EXTINF:2.0,\n22.m4s", "#EXTINF:1.9,\n22.m4s", "delta-segments"),
    (DELTA, "#EXTINF:2.0,\n22.m4s", '#EXT-X-MAP:URI="b.mp4"\n#EXTINF:1.9,\n22.m4s', "delta-segments"),
    (DELTA, '#EXT-X-PART:DURATION=0.5,URI="27.1.m4s"\n', "", "delta-parts"),
    (DELTA, "27.2.m4s", "27.3.m4s", "delta-hints"),
    (DELTA, "LAST-PART=1", "LAST-PART=0", "delta-reports"),
    (DELTA, "HOLD-BACK=6.0", "HOLD-BACK=7.0", "delta-control"),
    (DELTA, "PART-TARGET=0.5", "PART-TARGET=0.6", "delta-part_target"),
    (DELTA, "#EXT-X-INDEPENDENT-SEGMENTS", "#EXT-X-ENDLIST", "delta-ended"),
]


@pytest.mark.parametrize("text,old,new,rule", BROKEN_DELTAS, ids=names(BROKEN_DELTAS))
def test_a_delta_update_that_differs_is_found(text, old, new, rule):
    assert rule in rules(check_delta(LOW, changed(text, old, new)))


def test_a_delta_update_cannot_skip_what_the_client_never_had():
    with pytest.raises(AssertionError, match="skips segments 20..20"):
        merge(PAST_BREAK, DELTA)


def test_a_delta_update_counts_the_discontinuities_that_it_skips():
    full = changed(LOW, "#EXTINF:2.0,\n20.m4s", "#EXT-X-DISCONTINUITY\n#EXTINF:2.0,\n20.m4s")
    assert check_delta(full, DELTA) == []
    assert [s.discontinuity for s in merge(full, DELTA).segments] == [1] * 7


# -- variants -------------------------------------------------------------------------------------------------------------------------

def test_variants_are_aligned():
    assert list(check_aligned([LIVE, LIVE.replace("s-", "t-"), MOVED])) == []
    assert rules(check_aligned([LIVE, LIVE.replace("1.500", "1.700")])) == {"durations-differ"}
    assert rules(check_aligned([LIVE, LIVE.replace("00:10.000Z", "00:10.500Z")])) == {"dates-differ"}
    assert rules(check_aligned([LIVE, LIVE.replace("#EXT-X-DISCONTINUITY\n", "")])) == {"discontinuities-differ"}
    assert rules(check_aligned([LIVE, LIVE.replace("MEDIA-SEQUENCE:7", "MEDIA-SEQUENCE:70")])) == {"numbers-differ"}
    assert rules(check_aligned([LIVE, LIVE.replace("TARGETDURATION:2", "TARGETDURATION:3")])) == {"targets-differ"}


# -- the judge itself --------------------------------------------------------------------------------------------------------------------

def test_every_rule_has_a_broken_example():
    """The names of rules in the sources are those that this file breaks."""
    import hls_changes
    import hls_master
    import hls_playlist
    import hls_rules
    written = set()
    for module in (hls_playlist, hls_rules, hls_master, hls_changes):
        with open(module.__file__, encoding="utf-8") as f:
            written |= set(re.findall(r"""(?:Problem|complain)\(\s*"([a-z-]+)",""", f.read()))
    with open(__file__, encoding="utf-8") as f:
        broken = set(re.findall(r'"([a-z-]+)"', f.read()))
    assert written - broken == set()


def test_a_must_fails_and_a_should_does_not():
    without_hint = changed(LOW, HINT, "")
    assert_good(check_media(without_hint))
    with pytest.raises(AssertionError, match="should-hint"):
        assert_good(check_media(without_hint), should=True)
    with pytest.raises(AssertionError, match="target-missing"):
        assert_good(check_media(changed(LIVE, HEAD, "")))


def test_every_tag_of_the_table_is_read():
    assert {t.name for text in (LIVE, KEYED, FMP4, LOW, MASTER) for t in read(text).tags} <= set(TAGS)
