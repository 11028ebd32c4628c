"""Players that join at different times: pictures from key frames on, late kinds, codec changes, all kinds of headers."""
import struct

import pytest

import amf0
import flv
from api import Api
from flv import AUDIO, VIDEO, Numbered, Tag
from http_live import HttpPlayer
from wait import until

CONF = """vhost __defaultVhost__ { %s http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } }
vhost ts.test { %s http_remux { enabled on; mount [vhost]/[app]/[stream].ts; } }
"""


def serve(make_server, play=""):
    return make_server(CONF % (play, play), http="")


def frame_types(messages):
    """The frame types (1: key) of the pictures among tags or messages."""
    return [m.payload[0] >> 4 & 7 for m in messages
            if m.type == VIDEO and not flv.is_config(m) and not flv.is_end(m)]


# -- never a picture before its key frame ------------------------------------------------------------------------------

def slides(source, every_ms, count):
    """A picture every `every_ms`, of which the first is a key frame, and 43 frames of sound a second."""
    for i in range(count):
        yield source.video(i)._replace(ts=i * every_ms)
        for k in range(every_ms * 43 // 1000):
            yield source.audio(i * 1000 + k)._replace(ts=i * every_ms + k * 1000 // 43)


@pytest.mark.parametrize("play", ["", "play { gop_cache off; }", "play { gop_cache_max_frames 50; }"],
                         ids=["default", "no-cache", "long-gop"])
@pytest.mark.parametrize("every_ms", [4000, 10000])
def test_slides_begin_with_a_key_frame_for_whoever_joins(make_server, play, every_ms):
    server = serve(make_server, play)
    source = Numbered(gop=1000)
    with server.publisher() as publisher:
        publisher.send_tags(source.configs())
        publisher.send_tags(slides(source, every_ms, 4))
        publisher.barrier()
        with server.player() as player, HttpPlayer(server.http_port, "/live/s.flv") as http:
            player.barrier()
            http.wait_media(2)
            publisher.send_tags([source.video(i)._replace(ts=4 * every_ms + 40 * i) for i in range(5, 8)])
            publisher.send_tags([source.video(1000)._replace(ts=4 * every_ms + 400)])
            publisher.send_tags([source.audio(9999)._replace(ts=4 * every_ms + 410)])
            last = (AUDIO, 9999)
            until(lambda: last in map(flv.number_of, player.media()) or not player.pump(10), "the last frame")
            http.until(lambda: last in map(flv.number_of, http.media()), "the last frame over HTTP")
            assert frame_types(player.media())[0] == 1
            assert frame_types(http.media())[0] == 1


def test_pictures_that_a_player_does_not_want_come_back_with_a_key_frame(server):
    source = Numbered(gop=25, audio_fps=0)
    with server.publisher() as publisher, server.player() as player:
        publisher.send_tags(source.tags(count=10))
        until(lambda: (VIDEO, 9) in map(flv.number_of, player.media()) or not player.pump(10), "the first pictures")
        player.call("receiveVideo", None, False, msid=player.msid)
        player.barrier()
        publisher.send_tags(source.frames(10, 5))
        publisher.barrier()
        player.call("receiveVideo", None, True, msid=player.msid)
        player.barrier()
        publisher.send_tags(source.frames(15, 12))
        until(lambda: (VIDEO, 26) in map(flv.number_of, player.media()) or not player.pump(10), "the last picture")
        numbers = [n[1] for n in map(flv.number_of, player.media()) if n]
        assert numbers[:10] == list(range(10)) and numbers[-2:] == [25, 26]
        assert not [n for n in numbers if 15 <= n < 25]


# -- a kind that comes late ----------------------------------------------------------------------------------------------

KINDS = {AUDIO: "audio", VIDEO: "video"}


def part(source, kind, first, count):
    make = source.audio if kind == AUDIO else source.video
    return [make(n) for n in range(first, first + count)]


def config_of(kind):
    return Tag(kind, 0, flv.AAC_CONFIG if kind == AUDIO else flv.AVC_CONFIG)


def begin_with_one_kind(publisher, source, first, told):
    """Publish metadata that announces both kinds or nothing, or no metadata; then a second of one kind."""
    if told == "both":
        publisher.send_tags([flv.metadata(videocodecid=7.0, audiocodecid=10.0)])
    elif told == "nothing":
        publisher.send_tags([flv.metadata(title="x")])
    publisher.send_tags([config_of(first)] + part(source, first, 0, 25))
    publisher.barrier()


@pytest.mark.parametrize("told", ["both", "nothing", "no metadata"])
@pytest.mark.parametrize("websocket", [False, True], ids=["http", "websocket"])
@pytest.mark.parametrize("second", [AUDIO, VIDEO], ids=["audio", "video"])
def test_a_kind_that_comes_late_reaches_the_flv_players_that_were_there(make_server, second, websocket, told):
    server, source = serve(make_server), Numbered()
    first = VIDEO if second == AUDIO else AUDIO
    with HttpPlayer(server.http_port, "/live/s.flv", websocket=websocket) as player, server.publisher() as publisher:
        player.wait_head()
        begin_with_one_kind(publisher, source, first, told)
        player.wait_media(26)                                       # it has begun, before the second kind is there
        assert player.flags == (5 if told == "both" else 1 if first == VIDEO else 4)
        publisher.send_tags([config_of(second)] + part(source, second, 25, 38))
        player.until(lambda: (second, 62) in map(flv.number_of, player.media()), "the second kind")
        assert len([t for t in player.media() if t.type == second]) == 1 + 38


@pytest.mark.parametrize("second", [AUDIO, VIDEO], ids=["audio", "video"])
def test_a_kind_that_comes_late_is_a_new_version_of_the_tables_of_ts(make_server, tmp_path, second):
    server, source = serve(make_server), Numbered()
    first = VIDEO if second == AUDIO else AUDIO
    with HttpPlayer(server.http_port, "/live/s.ts?vhost=ts.test") as player, \
            server.publisher("s?vhost=ts.test") as publisher:
        player.wait_head()
        begin_with_one_kind(publisher, source, first, "no metadata")
        player.wait_body(188 * 10)
        publisher.send_tags([config_of(second)] + part(source, second, 25, 38))
        publisher.unpublish()
        body = player.wait_end()
    packets = [body[at:at + 188] for at in range(0, len(body), 188)]
    pmts = [p for p in packets if p[1] & 0x40 and p[4] == 0 and p[5] == 2]
    versions = [p[5 + 5] >> 1 & 31 for p in pmts]
    streams = [(p[5 + 1] & 15) << 8 | p[5 + 2] for p in pmts]       # the length of the section: longer with two streams
    assert versions[0] == 0 and versions[-1] == 1
    assert streams[-1] == streams[0] + 5


@pytest.mark.parametrize("second", [AUDIO, VIDEO], ids=["audio", "video"])
def test_a_kind_that_comes_late_ends_the_reply_of_mp4_and_is_there_when_the_player_asks_again(make_server, second):
    server, source = serve(make_server), Numbered()
    first = VIDEO if second == AUDIO else AUDIO
    with HttpPlayer(server.http_port, "/live/s.flv") as waits, server.publisher() as publisher:
        waits.wait_head()
        begin_with_one_kind(publisher, source, first, "no metadata")
        with HttpPlayer(server.http_port, "/live/s.mp4") as player:
            player.wait_body(100)
            publisher.send_tags(part(source, first, 25, 25))
            player.until(lambda: bytes(player.body).count(b"moof") > 1, "fragments")
            assert bytes(player.body).count(b"trak") == 1
            publisher.send_tags([config_of(second)] + part(source, second, 50, 25))
            player.wait_end()
        with HttpPlayer(server.http_port, "/live/s.mp4") as player:
            player.until(lambda: b"moof" in player.body, "a fragment")
            assert bytes(player.body).count(b"trak") == 2


def test_what_the_configuration_keeps_out_stays_out_however_late_it_comes(make_server):
    server = make_server("vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; has_audio off; } }",
                         http="")
    source = Numbered()
    with HttpPlayer(server.http_port, "/live/s.flv") as player, server.publisher() as publisher:
        player.wait_head()
        begin_with_one_kind(publisher, source, VIDEO, "both")
        player.wait_media(26)
        publisher.send_tags([config_of(AUDIO)] + part(source, AUDIO, 25, 10) + part(source, VIDEO, 25, 10))
        player.until(lambda: (VIDEO, 34) in map(flv.number_of, player.media()), "the last picture")
        assert player.flags == 1 and not [t for t in player.media() if t.type == AUDIO]


# -- another codec -------------------------------------------------------------------------------------------------------

ALAW = b"\x72" + b"g" * 160


@pytest.mark.parametrize("body, name", [(ALAW, "PCMA"), (b"\x2e\xff\xfb\x90\xc4" + b"m" * 100, "MP3")], ids=["alaw", "mp3"])
def test_sound_that_changes_its_codec_leaves_no_old_configuration(make_server, body, name):
    server, source = make_server(CONF % ("", ""), api="", http=""), Numbered()
    with server.publisher() as publisher, server.player() as there:
        publisher.send_tags([config_of(AUDIO)] + part(source, AUDIO, 0, 10))
        publisher.send_tags([Tag(AUDIO, 400 + 20 * i, body) for i in range(10)])
        publisher.barrier()
        until(lambda: len(there.media()) >= 21 or not there.pump(10), "all that was published")
        with server.player() as player:
            player.barrier()
            publisher.send_tags([Tag(AUDIO, 600, body)])
            assert player.wait_media(1)[0].payload == body
        assert [s["audio"]["codec"] for s in Api(server).get("/api/v1/streams/")["streams"]] == [name]


# -- every kind of header ------------------------------------------------------------------------------------------------

COLOR = amf0.encode("colorInfo", {"colorConfig": {"transferCharacteristics": 16.0, "colorPrimaries": 9.0}})
CHANNELS = b"\x01\x02\x00\x00\x00\x03"


def test_newcomers_get_every_kind_of_header_of_every_track(server):
    key = struct.pack(">I", 50) + b"\x26\x01\xaf" + b"k" * 47
    headers = [
        Tag(AUDIO, 0, flv.ex_audio(b"ec-3", 0, b"")),
        Tag(AUDIO, 0, flv.ex_audio(b"ec-3", 4, CHANNELS)),
        Tag(VIDEO, 0, flv.ex_video(b"hvc1", 0, b"\1" + b"\0" * 20 + b"\xff\0", key=True)),
        Tag(VIDEO, 0, flv.ex_video(b"hvc1", 4, COLOR, key=True)),
        Tag(VIDEO, 0, flv.ex_video_tracks(flv.ONE_TRACK, 0, [(b"hvc1", 1, b"\1" + b"\0" * 20 + b"\xff\0")], key=True)),
        Tag(VIDEO, 0, flv.ex_video_tracks(flv.ONE_TRACK, 4, [(b"hvc1", 1, COLOR)], key=True)),
    ]
    frames = [Tag(VIDEO, 40, flv.ex_video_tracks(flv.ONE_TRACK, 3, [(b"hvc1", 1, key)], key=True)),
              Tag(VIDEO, 40, flv.ex_video(b"hvc1", 3, key, key=True))]
    with server.publisher() as publisher:
        publisher.send_tags(headers + frames)
        publisher.barrier()
        with server.player() as player:
            got = player.wait_media(len(headers + frames)) and player.media()
            assert [m.payload for m in got] == [t.payload for t in headers + frames]
