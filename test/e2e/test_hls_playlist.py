"""Playlists of HLS: their text, how it follows the stream, and the fields that caches and players go by."""
import gzip
import re
import urllib.error
import urllib.request

import pytest

import hls_master
import hls_playlist
import hls_rules
import media
import rtmp
from hls_watch import Watch
from media import Program
from wait import until

CONF = """vhost __defaultVhost__ {
    hls { enabled on; hls_path %s; %s %s }
}
"""


@pytest.fixture
def hls(make_server, tmp_path):
    """Start a server with HLS: hls("hls_ctx off;")."""
    def start(more="", sizes="hls_fragment 1; hls_window 4;"):
        return make_server(CONF % (tmp_path / "hls", sizes, more), http="")
    return start


def publishing(server, clip="h264_aac.flv", stream="live/s", speed=1):
    """ffmpeg publishes the clip in a loop, by default in real time."""
    return Program(media.FFMPEG + ["-readrate", str(speed), "-stream_loop", "-1", "-i", media.clip(clip), "-c", "copy", "-f", "flv",
                                   server.url(stream)])


def get(url, **fields):
    """Status, fields and body of a reply."""
    request = urllib.request.Request(url, headers={k.replace("_", "-"): v for k, v in fields.items()})
    try:
        with urllib.request.urlopen(request, timeout=10) as r:
            return r.status, dict(r.headers), r.read()
    except urllib.error.HTTPError as e:
        return e.code, dict(e.headers), e.read()


def wait_playlist(server, path="/live/s.m3u8", segments=1):
    """The media playlist, as text, once it lists so many segments."""
    url = server.http_url(path)

    def listed():
        status, _, body = get(url)
        return body.decode() if status == 200 and body.count(b"#EXTINF") >= segments else None
    return until(listed, "%d segments in %s" % (segments, url), 30)


def test_a_playlist_keeps_all_rules_while_the_stream_goes_on(hls):
    server = hls("hls_ctx off;")
    with publishing(server), Watch(server.http_url("/live/s.m3u8"), should=True) as watch:
        watch.wait_segments(8)
    assert watch.media[0].missing() == []


def test_the_text_is_that_of_srs_with_a_date_for_each_segment(hls):
    server = hls("hls_ctx off;")
    with publishing(server, speed=3):
        text = wait_playlist(server, segments=2)
    assert re.fullmatch(r"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:\d+\n#EXT-X-TARGETDURATION:1\n"
                        r"#EXT-X-INDEPENDENT-SEGMENTS\n"
                        r"(#EXT-X-PROGRAM-DATE-TIME:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\n"
                        r"#EXTINF:\d+\.\d{3}, no desc\ns-\d+\.ts\n)+", text), text


def test_the_master_playlist_tells_what_a_viewer_will_get(hls):
    server = hls()
    with publishing(server):
        with Watch(server.http_url("/live/s.m3u8?token=xyz"), should=True) as watch:
            watch.wait_segments(6)
        p = hls_playlist.read(watch.master)
        status, fields, _ = get(server.http_url("/live/s.m3u8"))
    (attributes, uri), = p.variants
    assert re.fullmatch(r"/live/s\.m3u8\?hls_ctx=[\w-]+&token=xyz", uri)
    assert hls_master.codecs_of(attributes) == ["h264", "aac"]
    assert attributes["RESOLUTION"] == (160, 120)
    assert attributes["FRAME-RATE"] == pytest.approx(25, abs=0.5)
    assert (status, fields["Cache-Control"]) == (200, "no-store")


CODECS = [("ts", "h264_mp3.flv", "h264", "mp3"), ("ts", "hevc_aac.mp4", "hevc", "aac"), ("ts", "h264_ac3.mp4", "h264", "ac3"),
          ("ts", "h264_opus.mp4", "h264", "opus"), ("fmp4", "av1_opus.mp4", "av1", "opus"),
          ("fmp4", "vp9_opus.mp4", "vp9", "opus"), ("fmp4", "h264_flac.mp4", "h264", "flac"), ("ts", "h264.flv", "h264", None),
          ("fmp4", "aac.flv", None, "aac"), ("ts", "h264_flac.mp4", "h264", None)]


@pytest.mark.parametrize("container,clip,video,audio", CODECS, ids=["%s-%s" % cell[:2] for cell in CODECS])
def test_the_master_names_the_codecs_that_the_segments_carry(hls, container, clip, video, audio):
    server = hls("hls_use_fmp4 %s;" % ("on" if container == "fmp4" else "off"))
    feeder = rtmp.Feeder(server.publisher("s"), media.tags(clip), speed=None)
    feeder.join()
    feeder.finish()
    _, _, body = until(lambda: (lambda r: r[0] == 200 and r)(get(server.http_url("/live/s.m3u8"))), "a master playlist")
    hls_rules.assert_good(hls_master.check_master(body.decode()), body.decode(), should=True)
    (attributes, _), = hls_playlist.read(body.decode()).variants
    assert hls_master.codecs_of(attributes) == [c for c in (video, audio) if c]
    assert ("RESOLUTION" in attributes) == ("FRAME-RATE" in attributes) == bool(video)


def test_viewers_have_their_ids_in_the_uris_of_one_text(hls):
    server = hls()
    with publishing(server, speed=3):
        wait_master = lambda: get(server.http_url("/live/s.m3u8"))[2].decode()    # noqa: E731
        until(lambda: "#EXT-X-STREAM-INF" in wait_master(), "a master playlist", 30)
        texts = []
        for _ in range(2):
            (_, uri), = hls_playlist.read(wait_master()).variants
            status, fields, body = get(server.http_url(uri))
            assert (status, fields["Cache-Control"]) == (200, "no-store")
            ctx = re.search(r"hls_ctx=[\w-]+", uri).group()
            assert body.count(b".ts?" + ctx.encode() + b"\n") == body.count(b"#EXTINF") > 0
            assert get(server.http_url("/live/" + body.decode().split()[-1]))[0] == 200
            texts.append(ctx)
    assert texts[0] != texts[1]


def test_caches_are_told_how_long_and_which_version(hls):
    server = hls("hls_ctx off;", "hls_fragment 4; hls_window 60;")
    url = server.http_url("/live/s.m3u8")
    with publishing(server, speed=3):
        wait_playlist(server)
        status, fields, body = get(url)
        assert (status, fields["Cache-Control"], fields["Content-Type"]) == (200, "max-age=2", "application/vnd.apple.mpegurl")
        assert get(url, If_None_Match='"other", ' + fields["ETag"])[0] == 304
        assert get(url, If_None_Match='"other"')[2] == body
        later = until(lambda: get(url) if get(url)[1]["ETag"] != fields["ETag"] else None, "a new version", 30)
        assert later[2].count(b"#EXTINF") > body.count(b"#EXTINF")


def test_a_long_playlist_is_compressed_for_those_who_accept_it(hls):
    server = hls("hls_ctx off;", "hls_fragment 1; hls_window 60;")
    with publishing(server, speed=3):
        text = wait_playlist(server, segments=12)
        url = server.http_url("/live/s.m3u8")
        status, fields, body = get(url, Accept_Encoding="gzip")
        assert (status, fields["Content-Encoding"], fields["Vary"]) == (200, "gzip", "Accept-Encoding")
        assert gzip.decompress(body).decode().startswith("\n".join(text.split("\n")[:2]))
        assert len(body) * 2 < len(gzip.decompress(body))
        assert get(url, Accept_Encoding="gzip", If_None_Match=fields["ETag"])[0] in (200, 304)
        assert get(url)[1]["ETag"] != fields["ETag"]


def test_what_is_not_there_is_not_found(hls):
    server = hls()
    assert get(server.http_url("/live/s.m3u8"))[0] == 404
    with publishing(server, speed=3):
        until(lambda: get(server.http_url("/live/s.m3u8"))[0] == 200, "a playlist", 30)
        for path in ("/live/other.m3u8", "/live/s-99999.ts", "/live/S.m3u8", "/s.m3u8"):
            assert get(server.http_url(path))[0] == 404, path


def test_names_of_streams_stay_names(hls):
    server = hls("hls_ctx off;")
    with publishing(server, stream="live/a%20b,c=d;e%23f"):
        found = until(lambda: next((n for n in ("a%20b,c=d;e%23f", "a%2520b,c=d;e%2523f")
                                    if get(server.http_url("/live/%s.m3u8" % n))[0] == 200), None), "the playlist", 30)
        text = get(server.http_url("/live/%s.m3u8" % found))[2].decode()
        assert get(server.http_url("/live/" + text.split()[-1]))[0] == 200, text
        hls_rules.assert_good(hls_rules.check_media(text), text)


# -- closed captions -------------------------------------------------------------------------------------------------------

def with_captions(tags, triple):
    """Pictures with a message of ATSC A/53 in front, which has one triple of caption data."""
    sei = b"\x06\x04\x0e\xb5\x00\x31GA94\x03\x41\xff" + triple + b"\xff\x80"
    for t in tags:
        if t.type == 9 and t.payload[:1] in (b"\x17", b"\x27") and t.payload[1] == 1:
            yield t._replace(payload=t.payload[:5] + len(sei).to_bytes(4, "big") + sei + t.payload[5:])
        else:
            yield t


@pytest.mark.parametrize("triple,said", [
    (b"\xfc\x94\x2c", "CC1"), (b"\xfd\x15\x2c", "CC3"), (b"\xff\x02\x21", "SERVICE1"), (b"\xfc\x80\x80", None), (None, "NONE")])
def test_the_master_playlist_names_closed_captions(hls, triple, said):
    """Only control codes and packets tell of a service; while there is but padding, nothing is said."""
    server = hls()
    loop = media.loop("h264_aac_long.flv")
    feeder = rtmp.Feeder(server.publisher("s"), with_captions(loop, triple) if triple else loop)
    status, _, body = until(lambda: get(server.http_url("/live/s.m3u8"))[0] == 200 and get(server.http_url("/live/s.m3u8")),
                            "the master playlist", 30)
    master = hls_playlist.read(body.decode())
    hls_rules.assert_good(hls_master.check_master(master), master.text)
    ids = [r["INSTREAM-ID"] for r in master.renditions]
    assert status == 200 and ids == ([said] if said not in (None, "NONE") else []), master.text
    assert ("CLOSED-CAPTIONS=NONE" in master.text) == (said == "NONE"), master.text
    assert ('CLOSED-CAPTIONS="cc"' in master.text) == bool(ids), master.text
    feeder.stop()
