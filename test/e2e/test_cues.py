"""Timed metadata: data messages of publishers as ID3 in transport streams, as emsg in fragmented MP4, as date ranges in playlists."""
import base64
import itertools
import json
import signal

import pytest

import cues
import dash_mpd
import flv
import fmp4
import hls_changes
import hls_playlist
import hls_rules
import media
import rtmp
from api import Api
from hls_watch import Http, Watch
from wait import until

CLIP = "h264_aac.mp4"
HLS = "vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_ctx off; hls_window 60; %s } }"


class Segments:
    """What HLS shows of a stream that was published."""

    def __init__(self, url):
        self.http, self.url = Http(), url

    def playlist(self):
        reply = self.http.get(self.url)
        return hls_playlist.read(reply.body.decode()) if reply.status == 200 else None

    def whole(self, seconds):
        """The playlist once it has this much."""
        return until(lambda: (lambda p: p if p and p.duration >= seconds else None)(self.playlist()),
                     lambda: "%g s in %s: %s" % (seconds, self.url, self.playlist() and self.playlist().text))

    def get(self, uri):
        base = self.url.rsplit("/", 1)[0]
        reply = self.http.get(base + "/" + uri)
        assert reply.status == 200, (uri, reply.status)
        return reply.body

    def bodies(self, seconds):
        return [self.get(s.uri) for s in self.whole(seconds).segments]


def tags_of(clip=CLIP):
    tags = media.tags(clip)
    return tags, max(t.ts for t in tags) / 1000


def publish(server, tags, stream="s"):
    with server.publisher(stream) as publisher:
        publisher.send_tags(tags)
        publisher.barrier()


def seconds_of(data, pid):
    return cues.pes_packets(data, pid)[0][0] / 90000


TEXTS = [(700, "one"), (1480, "two \u00e4 \"quoted\""), (1480, "three"), (1800, "four")]


@pytest.fixture
def told():
    return [cues.text(ts, words) for ts, words in TEXTS]


def check_texts(tags):
    """[(seconds, frames)] are those of TEXTS, in the stream's time."""
    assert [json.loads(frames["TXXX"]["onTextData"]) for _, frames in tags] == [
        {"text": words, "language": "en"} for _, words in TEXTS]
    assert [s for s, _ in tags] == pytest.approx([ts / 1000 for ts, _ in TEXTS], abs=0.0005)


# -- transport streams -----------------------------------------------------------------------------------------------------

def test_texts_are_timed_id3_in_transport_streams(make_server, told, tmp_path):
    server = make_server(HLS % "", http="")
    tags, length = tags_of()
    publish(server, cues.mixed(tags, told))
    bodies = Segments(server.http_url("/live/s.m3u8")).bodies(length - 0.2)
    check_texts([(c.pts / 90000, cues.id3(c.tag)) for body in bodies for c in cues.ts_cues(body)])
    for body in bodies:                                              # a cue is in the segment of its time
        begins = seconds_of(body, 0x100)
        assert all(begins - 0.001 <= c.pts / 90000 < begins + 1.5 for c in cues.ts_cues(body))
    last = cues.programs(bodies[-1])[-1]
    (kind, descriptors), = [s for s in last.streams.values() if s[0] == 0x15]
    assert descriptors[0x26][2:6] == b"ID3 " and last.descriptors[0x25][2:6] == b"ID3 "

    path = tmp_path / "all.ts"
    path.write_bytes(b"".join(bodies))
    probe = json.loads(media.run(["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_packets", "-show_data",
                                  str(path)]).stdout)
    id3, = [s for s in probe["streams"] if s["codec_name"] == "timed_id3"]
    assert [float(p["pts_time"]) for p in probe["packets"] if p["stream_index"] == id3["index"]] == pytest.approx(
        [ts / 1000 for ts, _ in TEXTS], abs=0.0005)


def test_a_stream_without_cues_has_the_same_bytes_as_ever(make_server):
    """So have the segments before the first cue of another one."""
    server = make_server(HLS % "", http="")
    tags, length = tags_of()
    publish(server, tags, "plain")
    publish(server, cues.mixed(tags, [cues.text(1100, "late"), cues.text(1500, "later")]), "told")
    plain = Segments(server.http_url("/live/plain.m3u8")).bodies(length - 0.2)
    told = Segments(server.http_url("/live/told.m3u8")).bodies(length - 0.2)
    assert len(plain) == len(told) == 2 and plain[0] == told[0] and plain[1] != told[1]
    assert all(kind != 0x15 for body in plain for p in cues.programs(body) for kind, _ in p.streams.values())
    for body, other in zip(plain, told):                             # nothing else differs
        pids = cues.programs(body)[0].streams
        assert [cues.pes_packets(body, pid) for pid in pids] == [cues.pes_packets(other, pid) for pid in pids]


# -- fragmented MP4 --------------------------------------------------------------------------------------------------------

ORIGIN_S = 10                                                        # the time of MP4 segments begins here


def emsg_texts(bodies):
    return [(e.time / e.timescale - ORIGIN_S, cues.id3(e.data)) for body in bodies for e in cues.emsgs(body)]


@pytest.mark.parametrize("more", ["", "hls_keys on; hls_encryption cbcs;"], ids=["clear", "cbcs"])
def test_texts_are_emsg_in_fragmented_mp4(make_server, told, more, tmp_path):
    keys = "hls_key_file_path %s;" % tmp_path if more else ""
    server = make_server(HLS % ("hls_use_fmp4 on; " + more + keys), http="")
    tags, length = tags_of()
    publish(server, cues.mixed(tags, told))
    segments = Segments(server.http_url("/live/s.m3u8"))
    bodies = segments.bodies(length - 0.2)
    check_texts(emsg_texts(bodies))
    init = segments.get(segments.playlist().segments[0].map.uri)
    for body in bodies:
        assert not fmp4.check_segment(init, body)
        moofs = fmp4.fragments(init, body)
        video = next(n for n, t in fmp4.tracks(init).items() if t.kind == "video")
        for e in cues.emsgs(body):
            assert (e.scheme, e.value, e.timescale) == (cues.SCHEME_ID3, "", fmp4.tracks(init)[video].timescale)
            part = [f for f in moofs if f.track == video][e.place]
            assert part.start <= e.time + 0.1 * e.timescale and e.time < part.start + part.duration
    ids = [e.id for body in bodies for e in cues.emsgs(body)]
    assert len(set(ids)) == len(ids)


def test_a_part_of_low_latency_has_the_cues_of_its_time(make_server, told):
    server = make_server(HLS % "hls_ll on; hls_part 0.2; hls_use_fmp4 on;", http="")
    tags, length = tags_of()
    publish(server, cues.mixed(tags, told))
    segments = Segments(server.http_url("/live/s.m3u8"))
    playlist = segments.whole(length - 0.2)
    parts = [(s, [segments.get(p.uri) for p in s.parts]) for s in playlist.segments if s.parts]
    assert parts
    for s, bodies in parts:
        assert b"".join(bodies) == segments.get(s.uri)
        for body in bodies:
            for e in cues.emsgs(body):
                assert e.place == 0                                  # before the moof of the only fragment
    check_texts(emsg_texts([segments.get(s.uri) for s in playlist.segments]))


def test_an_encrypted_segment_has_its_cues_inside(make_server, told, tmp_path):
    server = make_server(HLS % ("hls_keys on; hls_key_file_path %s;" % tmp_path), http="")
    tags, length = tags_of()
    publish(server, cues.mixed(tags, told))
    segments = Segments(server.http_url("/live/s.m3u8"))
    plain = []
    for s in segments.whole(length - 0.2).segments:
        key = dict(dict(s.keys)["identity"])
        (tmp_path / "segment").write_bytes(segments.get(s.uri))
        plain.append(media.run(["openssl", "enc", "-d", "-aes-128-cbc", "-K", segments.get(key["URI"]).hex(),
                                "-iv", key["IV"][2:], "-in", str(tmp_path / "segment")]).stdout)
    check_texts([(c.pts / 90000, cues.id3(c.tag)) for body in plain for c in cues.ts_cues(body)])


# -- DASH ------------------------------------------------------------------------------------------------------------------

DASH = "vhost __defaultVhost__ { dash { enabled on; dash_fragment 1; dash_timeshift 60; } }"


def dash_segments(server, seconds):
    http, url = Http(), server.http_url("/live/s.mpd")

    def whole():
        reply = http.get(url)
        mpd = reply.status == 200 and dash_mpd.read(reply.body.decode(), url)
        return mpd if mpd and all(sum(s.duration for s in r.segments) >= seconds for r in mpd.representations) else None
    mpd = until(whole, lambda: "%g s in the MPD: %s" % (seconds, http.get(url)), 30)
    found = {r.kind: [http.get(r.url("media", s)).body for s in r.segments] for r in mpd.representations}
    http.close()
    return mpd, found


def event_schemes(mpd):
    """{kind: schemes of its InbandEventStream elements}"""
    return {r.kind: [e.get("schemeIdUri") for e in r.set.iter("InbandEventStream")] for r in mpd.representations}


def test_dash_has_the_events_in_the_pictures_and_announces_them(make_server, told):
    server = make_server(DASH, http="")
    tags, length = tags_of()
    publish(server, cues.mixed(tags, told))
    mpd, bodies = dash_segments(server, length - 0.2)
    assert event_schemes(mpd) == {"video": [cues.SCHEME_ID3], "audio": []}
    check_texts(emsg_texts(bodies["video"]))
    assert not emsg_texts(bodies["audio"])


def test_dash_without_cues_announces_nothing(make_server):
    server = make_server(DASH, http="")
    tags, length = tags_of()
    publish(server, tags)
    mpd, bodies = dash_segments(server, length - 0.2)
    assert event_schemes(mpd) == {"video": [], "audio": []}
    assert not emsg_texts(bodies["video"] + bodies["audio"])


def test_a_stream_of_sound_has_its_cues_there(make_server, told):
    server = make_server("vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_aof_ratio 1.2; hls_ctx off; } "
                         "dash { enabled on; dash_fragment 1; dash_timeshift 60; } }", http="")
    tags, length = tags_of()
    publish(server, cues.mixed([t for t in tags if t.type == flv.AUDIO], told))
    mpd, bodies = dash_segments(server, length - 0.2)
    assert event_schemes(mpd) == {"audio": [cues.SCHEME_ID3]}
    check_texts(emsg_texts(bodies["audio"]))
    ts = Segments(server.http_url("/live/s.m3u8")).bodies(length - 0.2)
    check_texts([(c.pts / 90000, cues.id3(c.tag)) for body in ts for c in cues.ts_cues(body)])


def test_a_splice_section_is_an_event_of_its_own(make_server):
    server = make_server(DASH, http="")
    tags, length = tags_of()
    publish(server, cues.mixed(tags, [cues.point(1000, "scte35", {"data": "0x" + cues.OUT.hex()})]))
    mpd, bodies = dash_segments(server, length - 0.2)
    assert event_schemes(mpd)["video"] == [cues.SCHEME_ID3, cues.SCHEME_SCTE35]
    id3, splice = [e for body in bodies["video"] for e in cues.emsgs(body)]
    assert cues.id3(id3.data)["PRIV"] == {cues.SCHEME_SCTE35: cues.OUT}
    assert (splice.scheme, splice.data, splice.time, splice.duration) == (
        cues.SCHEME_SCTE35, cues.OUT, id3.time, 30 * splice.timescale)


# -- date ranges ------------------------------------------------------------------------------------------------------------------

def date_at(playlist, seconds):
    """The wall clock of the playlist at this time of a stream that began with its first segment."""
    return playlist.segments[0].pdt + seconds


def check(playlist):
    hls_rules.assert_good(hls_rules.check_media(playlist), playlist.text, should=True)
    return playlist


def published(make_server, told, more=""):
    """The playlist of a clip with these cues."""
    server = make_server(HLS % more, http="")
    tags, length = tags_of()
    publish(server, cues.mixed(tags, told))
    return check(Segments(server.http_url("/live/s.m3u8")).whole(length - 0.2))


def test_a_cue_point_with_a_duration_is_a_date_range(make_server, tmp_path):
    playlist = published(make_server, [
        cues.point(520, "ad", {"id": "break-7", "duration": "30.5", "avail_num": 3.0, "first": True, "no good": "x"}),
        cues.point(1000, "chapter", {"duration": 12.25}), cues.point(1200, "no duration"), cues.text(1300, "no range")],
                         "hls_path %s;" % tmp_path)
    first, second = playlist.date_ranges
    assert hls_rules.date_of(first, "START-DATE") == pytest.approx(date_at(playlist, 0.52), abs=0.002)
    del first["START-DATE"]
    assert first == {"ID": "break-7", "CLASS": "ad", "DURATION": 30.5, "X-TYPE": '"event"', "X-AVAIL-NUM": '"3"',
                     "X-FIRST": '"true"'}
    start = hls_rules.date_of(second, "START-DATE")
    assert start == pytest.approx(date_at(playlist, 1), abs=0.002)
    assert second["ID"] == "chapter-%d" % round(start * 1000) and second["DURATION"] == 12.25
    path = tmp_path / "live" / "s.m3u8"                              # the same stands beside the files
    until(lambda: path.exists() and "chapter" in path.read_text(), "the playlist on the disk")
    assert hls_playlist.read(path.read_text()).date_ranges == hls_playlist.read(playlist.text).date_ranges


def test_text_of_a_publisher_cannot_break_a_playlist(make_server):
    evil = 'x",START-DATE="2020-01-01T00:00:00Z"\n#EXT-X-ENDLIST\r\n\x00\x7f\ud800'.encode("utf-8", "surrogatepass")
    body = b"\x02\0\x0aonCuePoint\x03"
    for key in b"name", b"X-EVIL", b"id":
        body += len(key).to_bytes(2, "big") + key + b"\x02" + len(evil).to_bytes(2, "big") + evil
    body += b"\0\x08duration\0\x40\x10" + bytes(6) + b"\0\x07a,b=\"c\n\x02\0\1x" + b"\0\0\x09"
    playlist = published(make_server, [flv.Tag(flv.SCRIPT, 700, body)])
    found, = playlist.date_ranges
    assert set(found) == {"ID", "CLASS", "START-DATE", "DURATION", "X-EVIL"} and found["DURATION"] == 4
    assert "'" in found["ID"] and not playlist.ended


def test_a_splice_goes_out_and_comes_back(make_server):
    """RFC 8216 4.3.2.7.1"""
    playlist = published(make_server, [
        cues.ad(400, cue=base64.b64encode(cues.OUT).decode(), type="scte35", id="17", duration=0.0, time=0.8),
        cues.ad(600, cue=base64.b64encode(cues.OUT).decode(), type="scte35", id="18", duration=0.0, time=0.8),     # a repetition
        cues.point(1320, "scte35", {"data": cues.IN.hex()}),
        cues.point(1400, "scte35", {"data": cues.IN.hex()}),
        cues.point(1500, "scte35", {"cue": "0xfc301100000000000000fff0000000007a4fbfff"})])        # splice_null()
    out, back, other = playlist.date_ranges
    assert out == {"ID": "17", "CLASS": "scte35", "START-DATE": out["START-DATE"], "PLANNED-DURATION": 30.0,
                   "SCTE35-OUT": "0x" + cues.OUT.hex().upper()}
    assert hls_rules.date_of(out, "START-DATE") == pytest.approx(date_at(playlist, 0.8), abs=0.002)
    assert back == {"ID": "17", "START-DATE": out["START-DATE"], "DURATION": pytest.approx(0.52, abs=0.003),
                    "SCTE35-IN": "0x" + cues.IN.hex().upper()}
    assert other["ID"].startswith("splice-00000000-") and other["SCTE35-CMD"].startswith("0xFC3011")


def test_a_cue_that_is_repeated_for_newcomers_is_one_range(make_server):
    playlist = published(make_server, [
        cues.ad(300, cue="SpliceOut", id="95766", duration=30.0, elapsed=0.0, time=0.3),
        cues.ad(1100, cue="SpliceOut", id="95766", duration=30.0, elapsed=0.8, time=0.3),
        cues.ad(500, cue="Elsewhere", duration=30.0), cues.ad(1500, cue="Elsewhere", duration=30.0, elapsed=1.0)])
    assert [(v["ID"][:9], v["CLASS"]) for v in playlist.date_ranges] == [("95766", "SpliceOut"), ("Elsewhere", "Elsewhere")]


@pytest.mark.long
def test_a_date_range_leaves_with_the_segments_of_its_time(make_server):
    server = make_server("vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_ctx off; hls_window 4; } }", http="")
    told = [cues.point(1500, "short", {"id": "a", "duration": 0.2}), cues.point(1600, "long", {"id": "b", "duration": 5.0}),
            cues.point(9000, "late", {"id": "c", "duration": 60.0})]
    with Watch(server.http_url("/live/s.m3u8"), should=True) as watch, server.publisher() as publisher:
        feeder = rtmp.Feeder(publisher, cues.mixed(itertools.takewhile(lambda t: t.ts < 14000, media.loop("minutes.flv")), told))
        watch.wait_segments(11)
        feeder.stop().check()
    seen = [(p.sequence, [v["ID"] for v in p.date_ranges]) for p in map(hls_playlist.read, watch.media[0].loads)]
    assert ["a", "b"] in [ids for _, ids in seen] and ["b"] in [ids for _, ids in seen] and seen[-1][1] == ["c"]
    assert all(("a" in ids) == (sequence <= 1) for sequence, ids in seen if sequence)
    assert all(("b" in ids) == (sequence <= 6) for sequence, ids in seen if sequence)


@pytest.mark.long
def test_delta_updates_skip_date_ranges_and_tell_which_are_gone(make_server):
    server = make_server("vhost __defaultVhost__ { hls { enabled on; hls_ll on; hls_part 0.2; hls_fragment 1; hls_ctx off; "
                         "hls_window 12; } }", http="")
    told = [cues.point(500 + 300 * n, "p", {"id": "p%d" % n, "duration": 1.0}) for n in range(55)]
    with server.publisher() as publisher:
        feeder = rtmp.Feeder(publisher, cues.mixed(media.loop("minutes.flv"), told))
        with Watch(server.http_url("/live/s.m3u8"), delta=True, should=True, blocking=True) as watch:
            watch.wait_segments(17)
        http = Http()
        url = server.http_url("/live/s.m3u8?_HLS_skip=v2")

        def skips():
            p = hls_playlist.read(http.get(url).body.decode())
            return p if p.removed_date_ranges else None
        delta = until(skips, "date ranges that were removed")
        assert hls_rules.check_media(delta) == [] and delta.version == 10 and 0 < len(delta.date_ranges) < 40
        http.close()
        feeder.stop().check()
    assert watch.media[0].deltas > 3


def test_date_ranges_survive_a_kill(make_server, tmp_path):
    server = make_server("vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_ctx off; hls_window 60; hls_dispose 0; "
                         "hls_path %s; } }" % tmp_path, http="")
    told = [cues.point(500, "ad", {"id": "a", "duration": 90.0, "n": 1.0}), cues.ad(700, cue="0x" + cues.OUT.hex(), type="scte35")]
    tags, length = tags_of()
    publish(server, cues.mixed(tags, told))
    segments = Segments(server.http_url("/live/s.m3u8"))
    before = check(segments.whole(length - 0.2))
    path = tmp_path / "live" / "s.m3u8"
    until(lambda: path.exists() and path.read_text().count("EXTINF") == len(before.segments), "the playlist on the disk")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.start()
    publish(server, cues.mixed(tags, [cues.point(900, "scte35", {"data": cues.IN.hex()})]))
    after = check(until(lambda: (lambda p: p if p and len(p.segments) > len(before.segments) + 1 else None)(segments.playlist()),
                        "more segments"))
    hls_rules.assert_good(hls_changes.check_next(before, after), after.text, should=True)
    assert after.date_ranges[:2] == before.date_ranges
    assert after.date_ranges[2]["ID"] == before.date_ranges[1]["ID"] and "SCTE35-IN" in after.date_ranges[2]


# -- bounds ----------------------------------------------------------------------------------------------------------------

def lane_of(api):
    """The first container of the only stream, in the API."""
    streams = api.get("/api/v1/streams/")["streams"]
    return streams[0]["segments"][0] if streams and "segments" in streams[0] else None


def test_a_playlist_has_so_many_date_ranges_and_no_more(make_server):
    """Those that come later are left out; the stream goes on."""
    server = make_server("vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_ctx off; hls_window 60; } }", http="", api="")
    told = [cues.point(40 * n, "x" * 60, {"id": "%d" % n, "duration": 900.0, "a": "y" * 250, "b": "y" * 250}) for n in range(190)]
    url, api = server.http_url("/live/s.m3u8"), Api(server)
    with server.publisher() as publisher:
        feeder = rtmp.Feeder(publisher, cues.mixed(itertools.takewhile(lambda t: t.ts < 9000, media.loop("minutes.flv")), told), speed=3)
        lane = until(lambda: (lambda lane: lane and lane["cues"] == 190 and lane)(lane_of(api)), "all cues", 30)
        playlist = check(Segments(url).whole(5))
        feeder.stop().check()
    assert lane["lost_cues"] == 62 and [v["ID"] for v in playlist.date_ranges] == [str(n) for n in range(128)]


def test_cues_that_come_late_and_at_once_are_all_carried(make_server):
    """A publisher that was cut off for two seconds sends what it has gathered."""
    server = make_server(HLS % "hls_use_fmp4 on;", http="", api="")
    told = [cues.text(40 * n, "%d" % n) for n in range(60)]
    with server.publisher() as publisher:
        publisher.send_tags(cues.mixed(itertools.takewhile(lambda t: t.ts < 4000, media.loop("minutes.flv")), told))
        publisher.barrier()
        lane = until(lambda: (lambda lane: lane and lane["cues"] + lane["lost_cues"] == 60 and lane)(lane_of(Api(server))), "all cues")
    assert lane["lost_cues"] == 0


def test_a_flood_of_cues_is_bounded_counted_and_logged_once(make_server):
    server = make_server(HLS % "hls_use_fmp4 on;", http="", api="")
    tags, length = tags_of()
    flood = [cues.text(1000, "%d" % n) for n in range(2000)]
    segments = Segments(server.http_url("/live/s.m3u8"))
    with server.publisher() as publisher:
        publisher.send_tags(cues.mixed(tags, flood))
        publisher.barrier()
        until(segments.playlist, "the first segment")
        lane = lane_of(Api(server))
    carried = sum(len(cues.emsgs(body)) for body in segments.bodies(length - 0.2))
    assert 0 < carried < 200 and lane["cues"] == carried and lane["cues"] + lane["lost_cues"] == 2000
    assert server.log.count("a cue is left out") == 1
