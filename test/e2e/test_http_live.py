"""Live streams over HTTP: a stream that comes by RTMP goes out whole as FLV, TS, MP4, AAC and MP3 to all who may play it."""
import json
import os
import urllib.request

import pytest

import certificates
import flv
import media
import rtmp
from api import Api
from flv import AUDIO, VIDEO, Numbered
from http_live import HttpPlayer, HttpSwarm
from media import Program
from test_clients import public_folder  # noqa: F401 (a fixture)
from srs import SANITIZED
from test_tls import shown as shown_certificate
from wait import until

MOUNT = "http_remux { enabled on; mount [vhost]/[app]/[stream].%s; %s }"


def vhost(name="__defaultVhost__", ext="flv", remux="", more=""):
    return "vhost %s { %s %s }\n" % (name, MOUNT % (ext, remux), more)


ALL = vhost() + "".join(vhost(ext + ".test", ext) for ext in ("ts", "mp4", "aac", "mp3"))


@pytest.fixture
def live(make_server):
    """One server with a vhost for each format: the default vhost has FLV, the others are called ts.test …"""
    return make_server(ALL, http="")


def path_of(ext, stream="s"):
    return "/live/%s.%s%s" % (stream, ext, "" if ext == "flv" else "?vhost=%s.test" % ext)


def rtmp_url(server, ext, stream="live/s"):
    return server.url(stream) + ("" if ext == "flv" else "?vhost=%s.test" % ext)


def publisher(server, ext="flv", stream="s"):
    name = stream if ext == "flv" else "%s?vhost=%s.test" % (stream, ext)
    return server.publisher(name)


def player(server, ext="flv", stream="s", **how):
    return HttpPlayer(server.http_port, path_of(ext, stream), **how)


def bodies(tags):
    return [(t.type, t.payload) for t in tags if t.type in (AUDIO, VIDEO)]


def probe(body, tmp_path, name):
    """The codecs in a file, by ffprobe."""
    path = str(tmp_path / name)
    with open(path, "wb") as f:
        f.write(body)
    argv = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "json", path]
    streams = json.loads(media.run(argv).stdout)["streams"]
    return {s["codec_name"] for s in streams}


# -- real programs -----------------------------------------------------------------------------------------------------

def played_while_published(server, ext, program, clip="h264_aac.flv", n_players=1):
    """Start a program that waits for its publisher and ends with the stream; returns its result."""
    with program as p:
        server.wait_log(r"start play .*\.%s over HTTP, ip=127\.0\.0\.1," % ext)
        with media.ffmpeg_publish(media.clip(clip), rtmp_url(server, ext), 2) as publisher:
            publisher.ends()
        return p.ends()


def decoded(path):
    """The hashes of the decoded pictures and sounds."""
    argv = media.FFMPEG + ["-i", path, "-fps_mode", "passthrough", "-f", "framemd5", "-"]
    return media.parse_framemd5(media.run(argv).stdout.decode())


@pytest.mark.sample(3)
@pytest.mark.parametrize("clip", ["h264_aac.flv", "h264_mp3.flv", "aac.flv", "h264.flv"])
@pytest.mark.parametrize("ext", ["flv", "mp4"])
def test_ffmpeg_plays_the_very_packets_that_were_published(live, ext, clip):
    program = media.ffmpeg_play(live.http_url(path_of(ext)))
    played = media.parse_framemd5(played_while_published(live, ext, program, clip))
    media.compare_packets(media.framemd5(media.clip(clip)), played)


@pytest.mark.sample(2)
@pytest.mark.parametrize("clip", ["h264_aac.flv", "h264_mp3.flv", "aac.flv", "h264.flv"])
def test_ffmpeg_decodes_from_ts_what_it_decodes_from_the_source(live, clip):
    argv = media.FFMPEG + ["-i", live.http_url(path_of("ts")), "-fps_mode", "passthrough", "-f", "framemd5", "-"]
    played = media.parse_framemd5(played_while_published(live, "ts", Program(argv), clip))
    wanted = decoded(media.clip(clip))
    for kind in {p.kind for p in wanted}:
        assert [p.hash for p in played if p.kind == kind] == [p.hash for p in wanted if p.kind == kind]


@pytest.mark.parametrize("ext, clip", [("aac", "h264_aac.flv"), ("mp3", "h264_mp3.flv")])
def test_ffmpeg_hears_bare_audio(live, tmp_path, ext, clip):
    out = str(tmp_path / ("out." + ext))
    argv = media.FFMPEG + ["-i", live.http_url(path_of(ext)), "-c", "copy", out]
    played_while_published(live, ext, Program(argv), clip)
    look = decoded if ext == "aac" else media.framemd5             # the first decoded sounds of MP3 depend on the container
    wanted = [p.hash for p in look(media.clip(clip)) if p.kind == "audio"]
    assert [p.hash for p in look(out)][:len(wanted)] == wanted


@pytest.mark.sample(2)
@pytest.mark.parametrize("ext", ["flv", "ts", "mp4"])
def test_curl_records_a_file_that_plays(live, tmp_path, ext):
    out = str(tmp_path / ("out." + ext))
    played_while_published(live, ext, Program(["curl", "-sSf", "-o", out, live.http_url(path_of(ext))]))
    recorded, published = decoded(out), decoded(media.clip("h264_aac.flv"))
    for kind in ("video", "audio"):                                 # ffmpeg decides which of the two comes first
        got, want = ([p.hash for p in packets if p.kind == kind] for packets in (recorded, published))
        assert want and (got == want if ext != "ts" else set(got) == set(want)), kind


@pytest.mark.sample(2)
@pytest.mark.parametrize("ext", ["flv", "ts", "mp4"])
def test_vlc_plays_and_ends_with_the_stream(live, public_folder, ext):  # noqa: F811
    out = os.path.join(public_folder, "out.ts")
    argv = ["cvlc", "-q", "--no-interact", "--no-media-library", "--play-and-exit", "--network-caching=300",
            live.http_url(path_of(ext)), "--sout", "#std{access=file,mux=ts,dst=%s}" % out, "vlc://quit"]
    played_while_published(live, ext, Program(argv, **media.nobody()))
    played = media.framemd5(out)
    assert len([p for p in played if p.kind == "video"]) >= 50
    assert len([p for p in played if p.kind == "audio"]) >= 80


@pytest.mark.sample(3)
@pytest.mark.parametrize("ext", ["flv", "ts", "mp4"])
def test_mpv_decodes_frames_and_ends(live, ext):
    argv = ["mpv", "--no-config", "--no-terminal", "--vo=null", "--ao=null", "--untimed", "--cache=no",
            live.http_url(path_of(ext))]
    played_while_published(live, ext, Program(argv))


@pytest.mark.parametrize("ext, demux", [("flv", "flvdemux"), ("ts", "tsdemux"), ("mp4", "qtdemux")])
def test_gstreamer_souphttpsrc_takes_it_apart(live, ext, demux):
    argv = ["gst-launch-1.0", "-q", "souphttpsrc", "location=" + live.http_url(path_of(ext)), "!", demux, "name=d",
            "d.", "!", "queue", "!", "h264parse", "!", "fakesink", "d.", "!", "queue", "!", "aacparse", "!", "fakesink"]
    played_while_published(live, ext, Program(argv))


# -- codecs ------------------------------------------------------------------------------------------------------------

CLIPS = {
    "HEVC, AAC": (lambda: media.tags("hevc_aac.mp4"), {"hevc", "aac"}),
    "HEVC as codec id 12, AAC": (lambda: media.tags("hevc_aac.mp4", enhanced=False), {"hevc", "aac"}),
    "AV1, Opus": (lambda: media.tags("av1_opus.mp4"), {"av1", "opus"}),
    "VP9, Opus": (lambda: media.tags("vp9_opus.mp4"), {"vp9", "opus"}),
    "H.264, AAC": (lambda: media.tags("h264_aac.flv"), {"h264", "aac"}),
    "enhanced H.264, AAC": (lambda: media.tags("h264_aac.mp4", enhanced="audio"), {"h264", "aac"}),
    "H.264, MP3": (lambda: media.tags("h264_mp3.flv"), {"h264", "mp3"}),
    "H.264, FLAC": (lambda: media.tags("h264_flac.mp4"), {"h264", "flac"}),
    "H.264, A-law": (lambda: media.tags("alaw.flv"), {"h264", "pcm_alaw"}),
    "Speex": (lambda: media.tags("speex.flv"), {"h264", "speex"}),
}
CARRIED = {
    "ts": {"h264", "hevc", "aac", "mp3", "opus"},
    "mp4": {"h264", "hevc", "av1", "vp9", "aac", "mp3", "opus", "flac"},
    "aac": {"aac"},
    "mp3": {"mp3"},
}


@pytest.mark.parametrize("name", CLIPS)
def test_flv_has_every_codec_as_it_came(live, name):
    tags = CLIPS[name][0]()
    with player(live) as p:
        p.wait_head()
        with publisher(live) as source:
            source.send_tags(tags)
            source.unpublish()
        p.wait_end()
        assert bodies(p.flv()) == bodies(tags)
        assert p.flags == 5


@pytest.mark.sample(3)
@pytest.mark.parametrize("ext", CARRIED)
@pytest.mark.parametrize("name", CLIPS)
def test_a_container_has_what_it_can_carry(live, tmp_path, ext, name):
    tags, codecs = CLIPS[name]
    tags, carried = tags(), codecs & CARRIED[ext]
    with publisher(live, ext) as source:
        source.send_tags(tags)
        source.barrier()
        with player(live, ext) as p:
            p.wait_head()
            if not carried:
                assert p.status == 406
                p.until(lambda: len(p.body) == int(p.fields["content-length"]), "the text")
                assert b"cannot carry" in p.body
                return
            assert p.status == 200
            live.wait_log("start play")
            source.send_tags(tags)
            source.unpublish()
            body = p.wait_end()
        found = probe(body, tmp_path, "out." + ext)
        assert found == carried


def test_a_stream_of_one_kind_only_is_told_so(live):
    for name, flags in (("aac.flv", 4), ("h264.flv", 1), ("h264_aac.flv", 5)):
        mark = live.mark()
        with publisher(live) as source:
            source.send_tags(media.tags(name))
            source.barrier()
            with player(live) as p:
                p.wait_head()
                live.wait_log("start play", since=mark)
                source.send_tags(media.tags(name))
                p.wait_media(3)
                assert p.flags == flags, name


# -- requests and replies ----------------------------------------------------------------------------------------------

def test_a_tag_is_a_chunk_and_the_last_one_ends_the_reply(live):
    tags = media.tags("h264_aac.flv")[:60]
    with player(live) as p:
        p.wait_head()
        assert p.status == 200
        assert p.fields["content-type"] == "video/x-flv" and p.fields["transfer-encoding"] == "chunked"
        with publisher(live) as source:
            source.send_tags(tags)
            source.unpublish()
        p.wait_end()
        assert p.parser.sizes == [13] + [11 + len(t.payload) + 4 for t in p.flv()]
        assert bodies(p.flv()) == bodies(tags)
        # the connection is kept for the next request
        p.ask("/live/nothing.ts").wait_head()
        assert p.status == 404


def test_http_1_0_gets_bare_bytes_and_a_close(live):
    with player(live, version="1.0") as p:
        p.wait_head()
        assert "transfer-encoding" not in p.fields
        with publisher(live) as source:
            source.send_tags(media.tags("h264_aac.flv")[:50])
            source.unpublish()
        p.wait_end()
        assert p.closed and bodies(p.flv()) == bodies(media.tags("h264_aac.flv")[:50])


@pytest.mark.parametrize("ext", ["flv", "ts", "mp4"])
def test_head_is_answered_without_a_body(live, ext):
    with player(live, ext, method="HEAD") as p:
        p.wait_head()
        assert p.status == 200 and p.fields["content-type"].startswith("video/")
        p.ask("/nothing", method="GET").wait_head()             # no byte came in between
        assert p.status == 404


def test_an_absent_stream_is_answered_at_once_and_waited_for(live):
    with player(live) as p:
        p.wait_head()
        assert p.status == 200 and not p.body
        n_fds = live.n_fds()
        with player(live, stream="other") as other:
            other.wait_head()
        live.wait_fds(n_fds)                                     # a player that leaves while it waits is noticed
        with publisher(live) as source:
            source.send_tags(media.tags("h264_aac.flv")[:20])
            assert p.wait_media(18)


def test_wait_0_is_a_404_and_a_short_wait_ends_in_good_order(make_server):
    server = make_server(vhost(remux="wait 0;") + vhost("short.test", remux="wait 1;"), http="")
    with player(server) as p:
        p.wait_head()
        assert p.status == 404
        p.ask("/live/s.flv?vhost=short.test").wait_head()
        assert p.status == 200 and p.wait_end() == b""
    with server.publisher() as source:                           # no player waits for a published stream
        source.send_tags(media.tags("h264_aac.flv")[:20])
        with player(server) as p:
            p.wait_head()
            source.send_tags(media.tags("aac.flv")[20:30])           # sound alone is not cached, so earlier sounds may be gone
            assert p.wait_media(3)


@pytest.mark.parametrize("path", ["/live/s.ts", "/live/s.aac", "/live/s.mp4", "/live/s", "/live/a/s.flv", "/s.flv", "/live/.flv",
                                  "/__defaultVhost__/live/s.flv", "/off/s.flv?vhost=off.test", "/live/s.flv?vhost=off.test"])
def test_other_paths_are_404(make_server, path):
    server = make_server(vhost() + "vhost off.test { http_remux { enabled off; } }", http="")
    with HttpPlayer(server.http_port, path) as p:
        p.wait_head()
        assert p.status == 404


def test_mp4_is_there_beside_another_mount_while_it_is_published(live, tmp_path):
    with publisher(live) as source:
        source.send_tags(media.tags("h264_aac.flv"))
        source.barrier()
        with HttpPlayer(live.http_port, "/live/s.mp4") as p:
            p.wait_body(1000)
            assert p.fields["content-type"] == "video/mp4"
            source.unpublish()
            assert probe(p.wait_end(), tmp_path, "out.mp4") == {"h264", "aac"}


def test_a_disabled_vhost_serves_nothing(make_server):
    server = make_server(vhost() + "vhost off.test { enabled off; %s }" % (MOUNT % ("flv", "")), http="")
    for how in ({"host": "off.test"}, {}):
        with HttpPlayer(server.http_port, "/live/s.flv" + ("" if how else "?vhost=off.test"), **how) as p:
            p.wait_head()
            assert p.status == 404


def test_vhosts_are_asked_for_by_host_or_by_query(make_server):
    server = make_server(vhost() + vhost("one.test") + vhost("two.test"), http="")
    sources = {}
    for name in ("one.test", "two.test"):
        sources[name] = server.publisher("s?vhost=" + name)
        sources[name].send_tags(Numbered(name=name).tags(5))
    for name, source in sources.items():
        for how in ({"host": name}, {"host": name.upper() + ":80"}, {"query": "?vhost=" + name}, {"query": "?a=b&domain=" + name}):
            with HttpPlayer(server.http_port, "/live/s.flv" + how.get("query", ""), host=how.get("host")) as p:
                p.wait_media(4)
                assert all(name.encode() in t.payload for t in p.media() if flv.number_of(t))
    for source in sources.values():
        source.close()


def test_names_are_percent_decoded_and_keep_their_dots(live):
    with live.publisher("r\u00f6om 1.a=b,c") as source:
        source.send_tags(media.tags("h264_aac.flv")[:20])
        with HttpPlayer(live.http_port, "/live/r%C3%B6om%201.a=b,c.flv?token=a%20b") as p:
            assert p.wait_media(10)


def test_pages_of_other_sites_may_play(live):
    with publisher(live) as source:
        source.send_tags(media.tags("h264_aac.flv")[:20])
        with player(live, fields=["Origin: http://elsewhere.test"]) as p:
            p.wait_media(5)
            assert p.fields["access-control-allow-origin"] == "*"
    with player(live, method="OPTIONS", fields=["Origin: http://elsewhere.test"]) as p:
        p.wait_head()
        assert p.status == 200 and p.fields["access-control-allow-origin"] == "*"


# -- access ------------------------------------------------------------------------------------------------------------

def test_security_refuses_with_a_403_and_a_line(make_server):
    server = make_server(vhost(more="security { enabled on; deny play 127.0.0.1; allow publish all; }"), http="")
    with player(server) as p:
        p.wait_head()
        assert p.status == 403
    server.wait_log(r"ip=127\.0\.0\.1 refused, /live/s\.flv.*SecurityDeny|SecurityDeny.*refused")


@pytest.mark.parametrize("page, status", [("http://good.test/x", 200), ("http://sub.good.test", 200), (None, 403),
                                          ("http://evilgood.test/", 403)])
def test_refer_looks_at_the_referer(make_server, page, status):
    server = make_server(vhost(more="refer { enabled on; play good.test; }"), http="")
    with player(server, fields=["Referer: " + page] if page else []) as p:
        p.wait_head()
        assert p.status == status


@pytest.mark.parametrize("websocket", [False, True])
@pytest.mark.parametrize("fields, allowed", [
    (["Origin: http://good.test"], True), (["Origin: https://sub.good.test:8443"], True), (["Origin: null"], False),
    (["Origin: http://evilgood.test"], False), ([], False), (["Origin: http://good.test", "Referer: http://evil.test/"], False),
    (["Origin: http://evil.test", "Referer: http://good.test/"], True), (["Origin: http://good.test", "Referer: "], True)])
def test_refer_looks_at_the_origin_where_there_is_no_referer(make_server, websocket, fields, allowed):
    server = make_server(vhost(more="refer { enabled on; play good.test; }"), http="", api="")
    with player(server, fields=fields, websocket=websocket) as p:
        p.wait_head()
        assert p.status == (403 if not allowed else 101 if websocket else 200)
        if allowed:
            page = Api(server).client("flv-play")["pageUrl"]
            assert page and page in fields[-1] + fields[0]


# -- the life of a player ----------------------------------------------------------------------------------------------

def test_a_late_player_begins_at_the_key_frame_near_zero(live):
    tags = media.tags("h264_aac.flv")
    keys = [t for t in tags if flv.is_key(t)]
    with publisher(live) as source:
        source.send_tags(tags)
        source.barrier()
        for _ in range(3):
            with player(live) as p:
                got = p.wait_media(20)
                first = next(t for t in got if t.type == VIDEO and not flv.is_config(t))
                assert first.payload == keys[-1].payload and first.ts < 300
                assert sum(map(flv.is_config, got[:2])) == 2


def test_the_next_publish_is_a_new_reply(live):
    with player(live) as p:
        for _ in range(3):
            p.wait_head()
            with publisher(live) as source:
                source.send_tags(media.tags("h264_aac.flv")[:30])
                source.unpublish()
            p.wait_end()
            assert bodies(p.flv()) == bodies(media.tags("h264_aac.flv")[:30])
            p.ask(path_of("flv"))


def test_a_takeover_is_played_on(make_server):
    server = make_server(vhost(more="publish { republish takeover; }"), http="")
    with player(server) as p:
        p.wait_head()
        with publisher(server) as first:
            first.send_tags(Numbered(name="first").tags(20))
            p.until(lambda: any(b"first video 00000019" in t.payload for t in p.flv()), "the first one's last frame")
            with publisher(server) as second:
                second.send_tags(Numbered(name="second").tags(20))
                p.until(lambda: any(b"second video 00000019" in t.payload for t in p.flv()), "the second one's last frame")
                second.unpublish()
            p.wait_end()


def test_a_kick_ends_it_at_once(make_server):
    server = make_server(vhost(), http="", api="")
    with publisher(server) as source:
        source.send_tags(media.tags("h264_aac.flv")[:30])
        with player(server) as p:
            p.wait_media(10)
            clients = json.load(urllib.request.urlopen(server.api_url("/api/v1/clients/")))["clients"]
            mine, = [c for c in clients if c["type"] == "flv-play"]
            assert mine["tcUrl"] == "http://127.0.0.1:%d/live" % server.http_port and not mine["publish"]
            assert mine["name"] == "s.flv" and mine["url"] == "/live/s"
            request = urllib.request.Request(server.api_url("/api/v1/clients/" + mine["id"]), method="DELETE")
            assert json.load(urllib.request.urlopen(request))["code"] == 0
            p.wait_closed()
            assert not p.ended


def test_what_a_player_says_is_dropped_and_ends_the_connection_behind_the_reply(live):
    with player(live) as p:
        p.wait_head()
        p.sock.sendall(b"GET /other HTTP/1.1\r\n\r\n" + b"x" * 100000)
        with publisher(live) as source:
            source.send_tags(media.tags("h264_aac.flv")[:30])
            p.wait_media(20)
            source.unpublish()
        p.wait_end()
        p.wait_closed()


@pytest.mark.parametrize("ext", ["flv", "ts", "mp4"])
def test_a_slow_reader_gets_every_byte(live, tmp_path, ext):
    tags = media.tags("h264_aac.flv")
    with player(live, ext, rcvbuf=4096) as slow, player(live, ext) as quick:
        slow.wait_head()
        quick.wait_head()
        with publisher(live, ext) as source:
            source.send_tags(tags)
            source.unpublish()
        assert slow.wait_end() == quick.wait_end()


def test_players_of_every_format_on_one_stream_share_and_get_their_own(make_server, tmp_path):
    """More than four of each kind come at different times: their bytes decode to the same frames."""
    server = make_server(vhost(ext="ts", more="play { mw_latency 100; }"), http="")
    source = Numbered(size=400)
    with server.publisher() as p:
        feeder = rtmp.Feeder(p, source.tags())
        players = []
        for i in range(6):
            until(lambda: len(feeder.sent) > 30 * (i + 1), "frames", 20)
            players += [(ext, HttpPlayer(server.http_port, "/live/s." + ext, version=version))
                        for ext in ("ts", "mp4") for version in ("1.1", "1.0")]
        until(lambda: len(feeder.sent) > 300, "frames", 20)
        feeder.stop()
        feeder.check()
        p.unpublish()
    last = source.video(max(n[1] for n in map(flv.number_of, feeder.sent) if n and n[0] == VIDEO)).payload[9:]
    for ext, player_ in players:
        body = player_.wait_end()
        player_.sock.close()
        name = "%d.%s" % (id(player_), ext)
        with open(str(tmp_path / name), "wb") as f:
            f.write(body)
        text = media.run(["ffmpeg", "-v", "warning", "-i", str(tmp_path / name), "-map", "0:v", "-c", "copy", "-f", "data", "-"])
        numbers = [int(w.split(b";")[0]) for w in text.stdout.split(b"n video ")[1:]]
        assert numbers == list(range(numbers[0], numbers[-1] + 1)), "%s has gaps" % ext
        assert last[4:40] in text.stdout
        assert b"ontinuity" not in text.stderr and b"orrupt" not in text.stderr, text.stderr


def shown_earlier(tags, ms):
    """The stream as of an encoder that counts both times of a picture from the beginning, or with larger errors."""
    for t in tags:
        if t.type == VIDEO and not flv.is_config(t) and not flv.is_end(t):
            cts = int.from_bytes(t.payload[2:5], "big", signed=True) - ms
            t = t._replace(payload=t.payload[:2] + (cts & 0xFFFFFF).to_bytes(3, "big") + t.payload[5:])
        yield t


def packets(body, path):
    """(kind, pts, dts) in seconds of each packet, by ffprobe."""
    with open(path, "wb") as f:
        f.write(body)
    argv = ["ffprobe", "-v", "error", "-show_entries", "packet=codec_type,pts_time,dts_time", "-of", "json", path]
    found = json.loads(media.run(argv).stdout)["packets"]
    return [(p["codec_type"], float(p["pts_time"]), float(p["dts_time"])) for p in found]


@pytest.mark.parametrize("early_ms", [34, 80, 200])
@pytest.mark.parametrize("ext", ["ts"])
def test_pictures_that_are_shown_before_their_time_keep_to_the_sound(live, tmp_path, ext, early_ms):
    """No picture is shown before it is decoded, for players that waited and for players that came later."""
    once = list(shown_earlier(media.tags("h264_aac.flv"), early_ms))
    more = [t._replace(ts=t.ts + 4040) for t in once if t.type != flv.SCRIPT]
    with player(live, ext) as first:
        with publisher(live, ext) as source:
            source.send_tags(once)
            source.barrier()
            late = player(live, ext)
            late.wait_body(1000)
            source.send_tags(more)
            source.barrier()
            source.unpublish()
        got = [packets(p.wait_end(), str(tmp_path / ("%d.%s" % (i, ext)))) for i, p in enumerate((first, late))]
        late.sock.close()
    sent = [t for t in once + more if t.type in (AUDIO, VIDEO) and not flv.is_config(t) and not flv.is_end(t)]
    for n, found in enumerate(got):
        pictures = [p for p in found if p[0] == "video"]
        assert all(b[2] > a[2] for a, b in zip(pictures, pictures[1:]))
        offsets = []
        for kind, number in (("video", VIDEO), ("audio", AUDIO)):
            out = [p for p in found if p[0] == kind]
            cts = [int.from_bytes(t.payload[2:5], "big", signed=True) if number == VIDEO else 0 for t in sent]
            times = [(t.ts + c) / 1000 for t, c in zip(sent, cts) if t.type == number][-len(out):]
            offsets.append([p[1] - t for p, t in zip(out, times)])
        if ext == "ts":
            assert all(0 < dts <= pts for _, pts, dts in found)
        if ext == "ts" and n == 0:                                    # the muxer learns from the first pictures how early they are
            offsets[0] = offsets[0][30:]
        for of_kind in offsets:
            assert max(of_kind) - min(of_kind) < 0.002
        assert abs(offsets[0][0] - offsets[1][0]) < 0.002, "picture and sound are apart"


def test_a_header_tells_an_end_far_away_to_whoever_asks_for_a_range(live):
    """A client that asks for a range seeks in files, and must not take the bytes so far for the whole file. A recorder
    gets no such length."""
    def lengths(*fields):
        with player(live, "mp4", fields=fields) as p:
            p.until(lambda: b"moof" in p.body, "the first fragment")
            head = p.body[:p.body.index(b"moof")]
        boxes = [head[i + 4:] for i in range(len(head)) if head[i:i + 4] == b"mdhd"]
        return [int.from_bytes(b[24:32] if b[0] else b[16:20], "big") // int.from_bytes(b[20:24] if b[0] else b[12:16], "big")
                for b in boxes]
    with publisher(live, "mp4") as source:
        source.send_tags(media.tags("h264_aac.flv"))
        source.barrier()
        assert lengths() == [0, 0]
        assert lengths("Range: bytes=0-") == [10 * 365 * 24 * 3600] * 2


# -- settings ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("remux, name, flags, kinds", [
    ("", "h264_aac.flv", 5, {AUDIO, VIDEO}),
    ("has_audio off;", "h264_aac.flv", 1, {VIDEO}),
    ("has_video off;", "h264_aac.flv", 4, {AUDIO}),
    ("has_audio off; drop_if_not_match off;", "h264_aac.flv", 1, {AUDIO, VIDEO}),
    ("guess_has_av off;", "aac.flv", 5, {AUDIO}),
    ("guess_has_av off; has_video off;", "aac.flv", 4, {AUDIO}),
    ("", "h264.flv", 1, {VIDEO}),
])
def test_the_flags_of_the_header_and_what_they_leave_out(make_server, remux, name, flags, kinds):
    server = make_server(vhost(remux=remux), http="")
    with player(server) as p:
        p.wait_head()
        with publisher(server) as source:
            source.send_tags(media.tags(name))
            source.unpublish()
        p.wait_end()
        assert p.flags == flags
        assert {t.type for t in p.media()} == kinds


def test_drop_if_not_match_is_reloaded(make_server):
    server = make_server(vhost(remux="has_audio off;"), http="")
    with publisher(server) as source, player(server) as p:
        source.send_tags(Numbered().tags(20))
        p.wait_media(10)
        assert {t.type for t in p.media()} == {VIDEO}
        server.reload(vhost(remux="has_audio off; drop_if_not_match off;"))
        source.send_tags(Numbered().frames(20, 5))
        p.until(lambda: any(t.type == AUDIO for t in p.media()), "audio")


def test_fast_cache_starts_a_player_of_bare_audio_with_what_has_been(make_server):
    server = make_server(vhost(ext="aac", remux="fast_cache 30;") + vhost("none.test", ext="aac"), http="")
    tags = media.tags("aac.flv")
    sizes = {}
    for name in ("__defaultVhost__", "none.test"):
        with server.publisher("s?vhost=" + name) as source:
            source.send_tags(tags)
            source.barrier()
            mark = server.mark()
            with HttpPlayer(server.http_port, "/live/s.aac?vhost=" + name) as p:
                p.wait_head()
                server.wait_log(r"start play .*aac over HTTP", since=mark)
                source.send_tags(tags[-1:])
                p.wait_body(1)
                source.unpublish()
                sizes[name] = len(p.wait_end())
    whole = sum(len(t.payload) - 2 + 7 for t in tags if t.type == AUDIO and not flv.is_config(t))
    assert sizes["__defaultVhost__"] >= whole > 20 * sizes["none.test"]


def test_switched_off_by_a_reload_the_players_stay_and_nobody_comes(make_server):
    server = make_server(vhost(), http="")
    with publisher(server) as source, player(server) as p:
        source.send_tags(Numbered().tags(10))
        p.wait_media(10)
        server.reload("vhost __defaultVhost__ { http_remux { enabled off; } }")
        with player(server) as late:
            late.wait_head()
            assert late.status == 404
        source.send_tags(Numbered().frames(10, 10))
        p.wait_media(35)


def test_a_thousand_players_survive_twenty_reloads_and_a_new_certificate(make_server, tmp_path):
    n, n_tls = (200, 50) if SANITIZED else (1000, 200)
    server = make_server(vhost(), http="", tls=True, root={"max_connections": 2000}, start=False)
    server.certificate = certificates.make(tmp_path, "first")
    server.write_conf(vhost())
    server.start()
    with server.publisher() as source:
        feeder = rtmp.Feeder(source, Numbered(fps=5, audio_fps=5, size=40).tags())
        crowd = HttpSwarm(server.http_port, "/live/s.flv", n, server.https_port, n_tls)
        try:
            crowd.wait(lambda p: len(p.body) > 100, "players")
            for i in range(20):
                if i == 10:
                    first = shown_certificate(server, port=server.https_port)
                    certificates.make(tmp_path, "first")  # it replaces the pair
                server.reload(vhost(remux="fast_cache %d;" % i, more="play { mw_latency %d; }" % (i * 10)))
            assert shown_certificate(server, port=server.https_port) != first
            sent = len(feeder.sent)
            until(lambda: len(feeder.sent) > sent + 20, "more frames", 20)
            feeder.stop()
            feeder.check()
            last = [t.payload for t in feeder.sent if t.type == VIDEO][-1]
            crowd.wait(lambda p: last in p.body, "players with the last frame")
        finally:
            crowd.stop()
        for p in crowd.players:
            assert not p.closed and flv.gaps(p.flv()) == []


# -- WebSocket ---------------------------------------------------------------------------------------------------------

def test_websocket_flv_is_the_same_flv_in_messages(live):
    tags = media.tags("h264_aac.flv")[:60]
    with player(live, websocket=True) as p:
        p.wait_head()
        assert p.status == 101 and p.fields["upgrade"].lower() == "websocket"
        with publisher(live) as source:
            source.send_tags(tags)
            p.until(lambda: len(p.media()) >= 55, "tags")
            p.say(9, b"are you there")
            p.until(lambda: (10, b"are you there") in p.parser.controls, "a pong")
            source.unpublish()
            p.until(lambda: p.parser.ended, "a close")
        p.say(8, b"\x03\xe8")
        p.wait_closed()
        assert p.parser.sizes == [13] + [11 + len(t.payload) + 4 for t in p.flv()]
        assert bodies(p.flv()) == bodies(tags)


def test_a_websocket_that_closes_has_left(live):
    with publisher(live) as source, player(live, websocket=True) as p:
        source.send_tags(media.tags("h264_aac.flv")[:30])
        p.wait_media(10)
        p.say(8, b"\x03\xe9")
        p.wait_closed()
        assert p.parser.controls[-1][0] == 8


# -- TLS ---------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("ext", ["flv", "ts", "mp4"])
def test_https_has_the_same_bytes(make_server, ext):
    server = make_server(ALL, http="", tls=True)
    with player(server, ext) as plain, HttpPlayer(server.https_port, path_of(ext), tls=True) as secret:
        plain.wait_head()
        secret.wait_head()
        with publisher(server, ext) as source:
            source.send_tags(media.tags("h264_aac.flv"))
            source.unpublish()
        assert plain.wait_end() == secret.wait_end()


def test_ffmpeg_plays_over_https(make_server):
    server = make_server(ALL, http="", tls=True)
    program = media.ffmpeg_play(server.http_url(path_of("flv"), tls=True))
    played = media.parse_framemd5(played_while_published(server, "flv", program))
    media.compare_packets(media.framemd5(media.clip("h264_aac.flv")), played)


# -- statistics --------------------------------------------------------------------------------------------------------

def test_the_bytes_of_the_last_seconds_are_counted(make_server):
    """The bytes of a short visit between two samples are in the totals."""
    server = make_server(vhost(), http="", api="")
    with publisher(server) as source:
        source.send_tags(media.tags("h264_aac.flv"))
        source.barrier()
        with player(server) as p:
            p.wait_media(50)
        server.wait_log(r"HTTP client finished.* status=200,")
        streams = json.load(urllib.request.urlopen(server.api_url("/api/v1/streams/")))["streams"]
        assert streams[0]["send_bytes"] >= len(p.body)
