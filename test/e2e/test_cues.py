"""Timed metadata: data messages of publishers as ID3 in transport streams, as emsg in fragmented MP4, as date ranges in playlists."""
import json

import pytest

import cues
import dash_mpd
import flv
import fmp4
import hls_playlist
import media
from api import Api
from hls_watch import Http
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
        plain.append(media.run(["openssl", "enc", "-d", "-aes-128-cbc", "-K", (tmp_path / "live" / key["URI"]).read_bytes().hex(),
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
    mpd = until(whole, "%g s in the MPD" % seconds)
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
    mpd, bodies = dash_segments(server, length - 1.5)
    assert event_schemes(mpd) == {"audio": [cues.SCHEME_ID3]}
    check_texts(emsg_texts(bodies["audio"]))
    ts = Segments(server.http_url("/live/s.m3u8")).bodies(length - 1.5)
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


# -- bounds ----------------------------------------------------------------------------------------------------------------

def test_a_flood_of_cues_is_bounded_counted_and_logged_once(make_server):
    server = make_server(HLS % "hls_use_fmp4 on;", http="", api="")
    tags, length = tags_of()
    flood = [cues.text(1000, "%d" % n) for n in range(2000)]
    segments = Segments(server.http_url("/live/s.m3u8"))
    with server.publisher() as publisher:
        publisher.send_tags(cues.mixed(tags, flood))
        publisher.barrier()
        until(segments.playlist, "the first segment")
        lane, = Api(server).get("/api/v1/streams/")["streams"][0]["segments"]
    carried = sum(len(cues.emsgs(body)) for body in segments.bodies(length - 0.2))
    assert 0 < carried < 200 and lane["cues"] == carried and lane["cues"] + lane["lost_cues"] == 2000
    assert server.log.count("a cue is left out") == 1
