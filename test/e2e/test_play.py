"""Publish and play: published frames reach the players, with the right order, moment and timestamps."""
import re
import signal
import struct
import time

import pytest

import amf0
import flv
import media
import mp4
import rtmp
from flv import AUDIO, VIDEO, Numbered, Tag
from srs import SANITIZED, free_port
from wait import patience, until


def vhost(play="", publish="", more="", name="__defaultVhost__"):
    blocks = (("play { %s }" % play) if play else "") + (" publish { %s }" % publish if publish else "")
    return "vhost %s { %s %s }" % (name, blocks, more)


def body(messages):
    """Audio and video as (type, payload)."""
    return [(m.type, m.payload) for m in messages if m.type in (AUDIO, VIDEO)]


def difference(got, want):
    """The first difference of two lists of frames, in words; None when they are the same."""
    got, want = body(got), body(want)
    for i, (g, w) in enumerate(zip(got, want)):
        if g != w:
            return "frame %d of %d: got %d %s, expected %d %s" % (
                i, len(want), g[0], g[1][:40].hex(), w[0], w[1][:40].hex())
    return None if len(got) == len(want) else "%d frames, expected %d" % (len(got), len(want))


def metadata_of(messages):
    """The onMetaData objects among messages."""
    return [values[1] for values in (amf0.decode(m.payload) for m in messages if m.type == rtmp.DATA)
            if values[0] == "onMetaData"]


def seen(player, n):
    """Wait until a player has n audio and video messages; returns them."""
    while len(player.media()) < n:
        assert player.pump(10), "%d of %d media messages: %s" % (len(player.media()), n, player.story())
    return player.media()


# -- the packets of real programs ------------------------------------------------------------------------------------

@pytest.mark.sample(3)
@pytest.mark.parametrize("name", ["h264_aac.flv", "h264_mp3.flv", "aac.flv", "h264.flv", "sample"])
def test_ffmpeg_plays_the_very_packets_that_ffmpeg_published(server, name):
    path = media.sample() if name == "sample" else media.clip(name)
    rate = 6 if name == "sample" else 2
    with media.ffmpeg_play(server.url()) as player:
        server.wait_log(r"type=rtmp-play")
        with media.ffmpeg_publish(path, server.url(), rate) as publisher:
            publisher.ends()
        played = media.parse_framemd5(player.ends())
    media.compare_packets(media.framemd5(path), played)


def test_ffmpeg_that_joins_late_starts_with_the_last_key_frame_and_misses_nothing_after_it(server):
    path = media.clip("h264_aac.flv")
    with media.ffmpeg_publish(path, server.url(), 1) as publisher:
        with server.player() as probe:
            seen(probe, 80)
        with media.ffmpeg_play(server.url()) as player:
            publisher.ends()
            played = media.parse_framemd5(player.ends())
    source = media.framemd5(path)
    media.compare_packets(source, played, whole=False)
    keys = [p.hash for i, p in enumerate(p for p in source if p.kind == "video") if i % 25 == 0]
    first = next(p for p in played if p.kind == "video")
    assert first.hash in keys[1:], "the first video packet is no key frame of the clip's later part"


# -- codecs ----------------------------------------------------------------------------------------------------------

CODECS = {
    "HEVC as codec id 12, AAC": lambda: media.tags("hevc_aac.mp4", enhanced=False),
    "enhanced HEVC (hvc1), AAC": lambda: media.tags("hevc_aac.mp4"),
    "enhanced HEVC with CodedFramesX": lambda: media.tags("hevc_aac.mp4", coded_frames_x=True),
    "enhanced H.264 (avc1), AAC": lambda: media.tags("h264_aac.mp4"),
    "enhanced AAC (mp4a)": lambda: media.tags("h264_aac.mp4", enhanced="audio"),
    "AV1, Opus": lambda: media.tags("av1_opus.mp4"),
    "VP9, Opus": lambda: media.tags("vp9_opus.mp4"),
    "H.264, FLAC": lambda: media.tags("h264_flac.mp4"),
    "G.711 A-law": lambda: media.tags("alaw.flv"),
    "G.711 mu-law": lambda: media.tags("mulaw.flv"),
    "Speex": lambda: media.tags("speex.flv"),
    "MP3": lambda: media.tags("h264_mp3.flv"),
    "H.264, AAC": lambda: media.tags("h264_aac.flv"),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", CODECS)
def test_a_codec_passes_through_unchanged(server, name):
    tags = CODECS[name]()
    sent = [t for t in tags if t.type in (AUDIO, VIDEO)]
    with server.player() as player, server.publisher() as publisher:
        player.barrier()
        publisher.send_tags(tags)
        got = seen(player, len(sent))
        assert difference(got, sent) is None
        assert [m.ts - got[0].ts for m in got] == [t.ts - sent[0].ts for t in sent]


@pytest.mark.parametrize("name", ["HEVC as codec id 12, AAC", "enhanced HEVC (hvc1), AAC", "enhanced AAC (mp4a)",
                                  "AV1, Opus", "VP9, Opus", "H.264, FLAC", "H.264, AAC"])
def test_a_late_player_gets_the_configurations_and_starts_at_a_key_frame_in_every_codec(server, name):
    tags = CODECS[name]()
    sent = [t for t in tags if t.type in (AUDIO, VIDEO)]
    with server.publisher() as publisher:
        publisher.send_tags(tags)
        publisher.barrier()
        with server.player() as player:
            configs = [(t.type, t.payload) for t in sent if flv.is_config(t)]
            last_key = max(i for i, t in enumerate(sent) if flv.is_key(t))
            want = [(t.type, t.payload) for t in sent[last_key:] if not flv.is_config(t)]
            got = body(seen(player, len(configs) + len(want)))
            assert sorted(got[:len(configs)]) == sorted(configs)
            assert got[len(configs):] == want


def multitrack_stream():
    h264 = {t.kind: t for t in mp4.read(media.clip("h264_aac.mp4"))}
    video, audio = h264["video"], h264["audio"]
    tags = [Tag(VIDEO, 0, flv.ex_video_tracks(flv.MANY_TRACKS, flv.SEQUENCE_START,
                                              [(b"avc1", 0, video.config), (b"avc1", 1, video.config)], key=True)),
            Tag(AUDIO, 0, flv.ex_audio_tracks(flv.ONE_TRACK, flv.SEQUENCE_START, [(b"mp4a", 1, audio.config)]))]
    for i, s in enumerate(video.samples):
        cts = (s.cts_ms & 0xFFFFFF).to_bytes(3, "big")
        kind = (flv.MANY_TRACKS, flv.MANY_TRACKS_MANY_CODECS, flv.ONE_TRACK)[i % 3]
        tracks = [(b"avc1", 0, cts + s.data), (b"avc1", 1, cts + s.data[::-1])][:1 if kind == flv.ONE_TRACK else 2]
        tags.append(Tag(VIDEO, s.dts_ms, flv.ex_video_tracks(kind, flv.CODED_FRAMES, tracks, s.key)))
        tags.append(Tag(AUDIO, s.dts_ms, flv.ex_audio_tracks(flv.ONE_TRACK, flv.CODED_FRAMES,
                                                             [(b"mp4a", 1, audio.samples[i].data)])))
    return tags


def test_multitrack_is_accepted_and_passed_through(server):
    tags = multitrack_stream()
    with server.player() as player, server.publisher() as publisher:
        player.barrier()
        publisher.send_tags(tags)
        assert difference(seen(player, len(tags)), tags) is None


# -- joining ---------------------------------------------------------------------------------------------------------

def test_a_late_player_gets_metadata_then_audio_config_then_video_config_then_a_key_frame(server):
    source = Numbered()
    with server.publisher() as publisher:
        publisher.send_tags(source.tags(count=60))
        publisher.barrier()
        with server.player() as player:
            got = seen(player, 2 + 10)
            first = next(i for i, m in enumerate(player.messages) if m.type in (rtmp.DATA, AUDIO, VIDEO))
            names = [amf0.decode(m.payload)[0] if m.type == rtmp.DATA else m for m in player.messages[first:first + 5]]
            assert names[:2] == ["|RtmpSampleAccess", "onMetaData"]
            assert [m.payload for m in names[2:4]] == [flv.AAC_CONFIG, flv.AVC_CONFIG]
            assert flv.number_of(names[4]) == (VIDEO, 50)
            assert flv.gaps(got) == []


def test_metadata_keeps_what_the_encoder_said_and_names_the_server(server):
    with server.player() as player, server.publisher() as publisher:
        player.barrier()
        publisher.send_tag(flv.metadata(width=320.0, title="hello", duration=12.0, server="somebody else"))
        publisher.send_tags(Numbered().frames(0, 3))
        seen(player, 3)
        meta, = metadata_of(player.messages)
        assert (meta["width"], meta["title"]) == (320.0, "hello")
        assert "duration" not in meta
        assert meta["server"].startswith("SRS/")
        assert meta["server_version"]


@pytest.mark.parametrize("form", [dict, amf0.EcmaArray])
@pytest.mark.parametrize("wrapped", [True, False], ids=["in @setDataFrame", "bare"])
def test_metadata_in_every_form_reaches_the_players_whole(server, form, wrapped):
    values = {"width": 320.0, "stereo": True, "encoder": "test", "nothing": None, "list": [1.0, "two"],
              "keyframes": {"times": [0.0, 1.0], "inner": {"deep": "value"}}}
    with server.player() as player, server.publisher() as publisher:
        player.barrier()
        data = amf0.encode(*(["@setDataFrame"] if wrapped else []), "onMetaData", form(values))
        publisher.send(rtmp.Message(rtmp.DATA, 0, data, 1))
        publisher.send_tags(Numbered().frames(0, 3))
        seen(player, 3)
        meta, = metadata_of(player.messages)
        assert {k: v for k, v in meta.items() if k in values} == values


def test_metadata_that_is_dropped_is_named_in_the_log(server):
    with server.player() as player, server.publisher(chunk_size=65536) as publisher:
        player.barrier()
        publisher.send_tag(flv.metadata(text="x" * 1000000))
        publisher.send_tags(Numbered().frames(0, 3))
        seen(player, 3)
        assert metadata_of(player.messages) or server.wait_log(r"WARN.*(?i:metadata)")


def test_with_gop_cache_off_a_late_player_has_sound_at_once_and_pictures_from_the_next_key_frame(make_server):
    server = make_server(vhost("gop_cache off; mw_latency 0;"))
    source = Numbered(audio_fps=25)
    with server.publisher() as publisher:
        publisher.send_tags(source.configs())
        publisher.send_tags(source.frames(0, 30))
        publisher.barrier()
        with server.player() as player:
            player.barrier()
            publisher.send_tags(source.frames(30, 25))
            got = seen(player, 2 + 25 + 5)
            assert [m.payload for m in got[:2]] == [flv.AAC_CONFIG, flv.AVC_CONFIG]
            numbers = [flv.number_of(m) for m in got[2:]]
            assert [n for kind, n in numbers if kind == AUDIO] == list(range(30, 55))
            assert [n for kind, n in numbers if kind == VIDEO] == list(range(50, 55))
            assert metadata_of(player.messages)[0]["title"] == "n"


def test_a_gop_longer_than_the_limit_never_makes_a_player_start_without_a_key_frame(make_server):
    # defect 27: the cache went on without a key frame once it had been cleared
    server = make_server(vhost("gop_cache on; gop_cache_max_frames 20; mw_latency 0;"))
    source = Numbered(gop=100, audio_fps=25)
    with server.publisher() as publisher:
        publisher.send_tags(source.configs())
        publisher.send_tags(source.frames(0, 50))
        publisher.barrier()
        with server.player() as player:
            player.barrier()
            publisher.send_tags(source.frames(50, 60))
            until(lambda: (VIDEO, 109) in map(flv.number_of, player.media()) or not player.pump(10), "the last frame")
            frames = list(filter(None, map(flv.number_of, player.media())))
            assert [n for kind, n in frames if kind == VIDEO] == list(range(100, 110))
            assert frames[0] == (AUDIO, 50), "sound waits for nothing"
            assert flv.gaps(player.media()) == []


def test_a_player_may_come_before_the_publisher(server):
    source = Numbered()
    with server.player() as player:
        player.barrier()
        with server.publisher() as publisher:
            publisher.send_tags(source.tags(count=10))
            got = seen(player, 22)
            assert [flv.number_of(m) for m in got[:3]] == [None, None, (VIDEO, 0)]
            assert metadata_of(player.messages)[0]["title"] == "n"


@pytest.mark.parametrize("min_latency", ["on", "off"])
def test_two_players_of_one_stream_get_the_same(make_server, min_latency):
    server = make_server(vhost(more="min_latency %s;" % min_latency))
    tags = list(Numbered().tags(count=50))
    with server.player() as one, server.player() as two, server.publisher() as publisher:
        one.barrier()
        two.barrier()
        publisher.send_tags(tags)
        for player in (one, two):
            assert difference(seen(player, len(tags) - 1), tags) is None


SETTINGS = ["mw_latency 0;", "mw_latency 1000; mw_msgs 128;", "mw_msgs 1;", "send_min_interval 0.5;", "queue_length 1;",
            "gop_cache off;", "time_jitter zero;", "atc on;", "mix_correct off; atc_auto on;"]
PUBLISHING = ["mr on; mr_latency 100;", "mr off;", "parse_sps off;", "try_annexb_first off;"]


@pytest.mark.sample(3)
@pytest.mark.parametrize("play,publish", [(s, "") for s in SETTINGS] + [("", s) for s in PUBLISHING])
def test_no_setting_costs_a_frame(make_server, play, publish):
    server = make_server(vhost(play, publish))
    tags = list(Numbered(gop=10).tags(count=20))
    with server.player() as player, server.publisher() as publisher:
        player.barrier()
        publisher.send_tags(tags)
        assert difference(seen(player, len(tags) - 1), tags) is None


def test_annex_b_in_place_of_lengths_is_understood(server):
    source = Numbered(audio_fps=0)
    config = [Tag(VIDEO, 0, flv.AVC_CONFIG)]
    right = config + [source.video(i) for i in range(5)]
    wrong = config + [Tag(VIDEO, t.ts, t.payload[:5] + b"\0\0\0\1" + t.payload[9:]) for t in right[1:]]
    with server.publisher() as publisher:
        publisher.send_tags(wrong)
        publisher.barrier()
        with server.player() as player:                             # passed on unchanged, or converted to the form of FLV
            got = seen(player, 6)
            assert difference(got, right) is None or difference(got, wrong) is None


def _lookalikes(head, header):
    """Pictures whose first NAL unit has 256 to 511 bytes, so that its length reads as a start code, with padding after."""
    return [Tag(VIDEO, 40 * i, head + struct.pack(">I", n) + header
                + (bytes(range(1, 251)) * 3)[:n - len(header)] + pad)
            for i, (n, pad) in enumerate((n, pad) for n in (256, 293, 300, 325, 357, 511)
                                         for pad in (b"", b"\0", b"\0\0\0", b"\0\0\0\0", b"\xff\xff"))]


@pytest.mark.parametrize("publish", ["", "try_annexb_first off;"], ids=["on", "off"])
@pytest.mark.parametrize("config, head, header", [
    pytest.param(flv.AVC_CONFIG, flv.video(7, 1, b"", key=True), b"\x65\x88", id="avc-key"),
    pytest.param(flv.AVC_CONFIG, flv.video(7, 1, b""), b"\x41\x9a", id="avc-inter"),
    pytest.param(None, flv.video(7, 1, b""), b"\x41\x9a", id="avc-without-configuration"),
    pytest.param(flv.ex_video(b"avc1", 0, flv.AVC_CONFIG[5:]), flv.ex_video(b"avc1", 1, b"", cts=0), b"\x41\x9a",
                 id="avc-enhanced"),
    pytest.param(None, flv.video(12, 1, b"", key=True), b"\x26\x01\xaf", id="hevc-id-12"),
    pytest.param(None, flv.ex_video(b"hvc1", 3, b""), b"\x02\x01\xd0", id="hevc-coded-frames-x"),
])
def test_a_length_that_looks_like_a_start_code_stays_a_length(make_server, publish, config, head, header):
    server = make_server(vhost("", publish))
    key = bytes([head[0] & 0x8F | 1 << 4]) + head[1:] + struct.pack(">I", 60) + header + b"k" * (60 - len(header))
    tags = ([Tag(VIDEO, 0, config)] if config else []) + [Tag(VIDEO, 0, key)] + _lookalikes(head, header)
    with server.player() as player, server.publisher() as publisher:
        player.barrier()
        publisher.send_tags(tags)
        assert difference(seen(player, len(tags)), tags) is None


def test_audio_alone_is_played_live(make_server):
    server = make_server(vhost("mw_latency 0;"))
    source = Numbered()
    with server.publisher() as publisher:
        publisher.send_tag(Tag(AUDIO, 0, flv.AAC_CONFIG))
        publisher.send_tags(source.audio(n) for n in range(20))
        publisher.barrier()
        with server.player() as player:
            player.barrier()
            publisher.send_tags(source.audio(n) for n in range(20, 40))
            got = seen(player, 21)
            assert got[0].payload == flv.AAC_CONFIG
            assert [flv.number_of(m)[1] for m in got[1:21]] == list(range(20, 40))


def test_a_changed_configuration_reaches_running_players(server):
    source = Numbered()
    other = flv.video(7, 0, bytes.fromhex("0142c00bffe100186742c00bda0a11f97011000003000100000300320f142aa0"
                                          "01000468ce0fc9"), key=True)
    with server.player() as player, server.publisher() as publisher:
        player.barrier()
        tags = [Tag(VIDEO, 0, flv.AVC_CONFIG), source.video(0), Tag(VIDEO, 40, other), source.video(1)]
        publisher.send_tags(tags)
        assert difference(seen(player, 4), tags) is None


def test_reduce_sequence_header_drops_the_same_and_keeps_the_changed(make_server):
    # defect 12, second half: a changed metadata must get through
    server = make_server(vhost("reduce_sequence_header on;"))
    source = Numbered()
    with server.player() as player, server.publisher() as publisher:
        player.barrier()
        for title in ("one", "two"):
            publisher.send_tag(flv.metadata(title=title))
            publisher.send_tag(Tag(VIDEO, 0, flv.AVC_CONFIG))
        publisher.send_tag(source.video(0))
        got = seen(player, 2)
        assert body(got) == [(VIDEO, flv.AVC_CONFIG), (VIDEO, source.video(0).payload)]
        assert [m["title"] for m in metadata_of(player.messages)] == ["one", "two"]


def test_mix_correct_sorts_audio_and_video_by_time(make_server):
    server = make_server(vhost("mix_correct on; mw_latency 0;"))
    source = Numbered(audio_fps=25)
    with server.player() as player, server.publisher() as publisher:
        player.barrier()
        publisher.send_tags(source.configs())
        for n in range(0, 48, 4):                               # four pictures, then the sound of their time
            publisher.send_tags(source.video(i) for i in range(n, n + 4))
            publisher.send_tags(source.audio(i) for i in range(n, n + 4))
        got = [m for m in seen(player, 60) if flv.number_of(m)]
        assert [m.ts for m in got] == sorted(m.ts for m in got)
        assert flv.gaps(got) == []


# -- timestamps ------------------------------------------------------------------------------------------------------

def play_times(server, times, before=(), **how):
    """Publish video frames at these timestamps to a waiting player; returns (headers, frames) it got."""
    source = Numbered(audio_fps=0)
    with server.player() as player, server.publisher(**how) as publisher:
        player.barrier()
        publisher.send_tags(before)
        publisher.send_tag(Tag(VIDEO, times[0], flv.AVC_CONFIG))
        publisher.send_tags(source.video(i)._replace(ts=ts) for i, ts in enumerate(times))
        got = seen(player, 1 + len(times))
        return got[0], got[1:]


JUMPS = [10000 + 40 * i for i in range(9)] + [15360, 15400, 15440] + [8440, 8480, 8520]


@pytest.mark.parametrize("mode", ["full", "zero"])              # defect 12, first half: zero had no effect
def test_times_start_at_zero_and_go_on_evenly_over_each_jump(make_server, mode):
    header, frames = play_times(make_server(vhost("time_jitter %s;" % mode)), JUMPS)
    assert header.ts == 0
    assert [m.ts for m in frames] == [40 * i for i in range(len(JUMPS))]


def test_time_jitter_off_leaves_every_timestamp_alone(make_server):
    header, frames = play_times(make_server(vhost("time_jitter off;")), JUMPS)
    assert [m.ts for m in frames] == JUMPS


def test_atc_gives_absolute_times_and_the_cached_headers_the_time_of_the_first_frame(make_server):
    server = make_server(vhost("atc on;"))
    source = Numbered(start_ms=500000)
    with server.publisher() as publisher:
        publisher.send_tags(source.tags(count=30))
        publisher.barrier()
        with server.player() as player:
            got = seen(player, 8)
            key = source.video(25)
            assert [m.ts for m in got[:3]] == [key.ts] * 3
            assert flv.number_of(got[2]) == (VIDEO, 25)
            assert next(m.ts for m in player.messages if m.type == rtmp.DATA
                        and amf0.decode(m.payload)[0] == "onMetaData") == key.ts


def test_with_atc_a_player_that_waited_gets_metadata_at_the_encoder_s_time(make_server):
    server = make_server(vhost("atc on;"))
    source = Numbered(start_ms=500000)
    tags = [flv.Tag(flv.SCRIPT, 500000, t.payload) if t.type == flv.SCRIPT else t for t in source.tags(count=5)]
    with server.player() as player:
        player.barrier()
        with server.publisher() as publisher:
            publisher.send_tags(tags)
            publisher.barrier()
            player.wait_media(7)
            assert [m.ts for m in player.messages if m.type == rtmp.DATA
                    and amf0.decode(m.payload)[0] == "onMetaData"] == [500000]
            assert min(m.ts for m in player.media()) == 500000


def test_atc_auto_is_switched_on_by_the_encoder(make_server):
    server = make_server(vhost("atc_auto on;"))
    source = Numbered(start_ms=500000)
    with server.publisher() as publisher:
        publisher.send_tag(flv.metadata(bravo_atc="true"))
        publisher.send_tags(source.frames(0, 10))
        publisher.barrier()
        with server.player() as player:
            assert seen(player, 1)[0].ts == 500000


WRAPS = {"2^32": 2 ** 32 - 200, "2^24 (extended timestamps)": 2 ** 24 - 200, "2^31": 2 ** 31 - 200}


@pytest.mark.parametrize("type3_ext", [True, False], ids=["repeated", "not repeated"])
@pytest.mark.parametrize("headers", ["full", "compact"])
@pytest.mark.parametrize("wrap", WRAPS)
def test_timestamps_survive_a_wrap(make_server, wrap, headers, type3_ext):
    server = make_server(vhost("time_jitter off;"))
    times = [WRAPS[wrap] + 40 * i for i in range(10)]
    header, frames = play_times(server, times, headers=headers, type3_ext=type3_ext, chunk_size=128)
    source = Numbered(audio_fps=0)
    assert difference(frames, [source.video(i) for i in range(10)]) is None
    assert [m.ts & 0xFFFFFFFF for m in frames] == [t & 0xFFFFFFFF for t in times]


@pytest.mark.parametrize("wrap", WRAPS)
def test_timestamps_go_on_evenly_over_a_wrap_with_jitter_correction(server, wrap):
    times = [WRAPS[wrap] + 40 * i for i in range(10)]
    header, frames = play_times(server, times)
    assert [m.ts - frames[0].ts for m in frames] == [40 * i for i in range(10)]


def test_an_aggregate_is_split_and_its_times_are_moved_to_the_message(server):
    source = Numbered()
    tags = [t for t in source.tags(count=10) if t.type != rtmp.DATA]
    with server.player() as player, server.publisher() as publisher:
        player.barrier()
        publisher.send_tags(tags[:2])
        inner = [t._replace(ts=t.ts + 7000000) for t in tags[2:]]
        publisher.send(rtmp.Message(rtmp.AGGREGATE, 0, flv.aggregate(inner), 1))
        got = seen(player, len(tags))
        assert difference(got, tags) is None
        assert [m.ts - got[2].ts for m in got[2:]] == [t.ts for t in tags[2:]]


# -- names -----------------------------------------------------------------------------------------------------------

TWO_VHOSTS = "vhost __defaultVhost__ { } vhost one.test { } vhost two.test { }"


def test_two_vhosts_on_one_port_keep_their_streams_apart(make_server):
    server = make_server(TWO_VHOSTS)
    url = "rtmp://%s:" + "%d/live" % server.port
    with server.client(tc_url=url % "one.test") as one, server.client(tc_url=url % "two.test") as two, \
            server.client(tc_url=url % "one.test") as p1, server.client(tc_url=url % "two.test") as p2:
        p1.publish("s").send_tags(Numbered(name="first").tags(count=10))
        p2.publish("s").send_tags(Numbered(name="second").tags(count=10))
        one.play("s")
        two.play("s")
        seen(one, 10)
        seen(two, 10)
        assert metadata_of(one.messages)[0]["title"] == "first"
        assert metadata_of(two.messages)[0]["title"] == "second"


SPELLINGS = [
    ("rtmp://127.0.0.1:{port}/live?vhost=one.test", "s"),
    ("rtmp://127.0.0.1:{port}/live?domain=one.test", "s"),
    ("rtmp://127.0.0.1:{port}/live...vhost...one.test", "s"),
    ("rtmp://127.0.0.1:{port}/live", "s?vhost=one.test"),
    ("rtmp://127.0.0.1:{port}/live", "s?token=5&vhost=one.test"),
    ("rtmp://127.0.0.1:{port}/live", "s?domain=one.test"),
    ("rtmp://one.test:{port}/live", "s"),
    ("rtmp://one.test/live", "s"),
    ("rtmp://one.test/live/_definst_", "s"),
    ("rtmp://one.test/live/", "s"),
    ("rtmp://127.0.0.1:{port}/live?vhost=one.test/s", ""),
]


@pytest.mark.sample(3)
@pytest.mark.parametrize("tc_url,stream", SPELLINGS, ids=["%s + %s" % (u.replace(":{port}", ""), s) for u, s in SPELLINGS])
def test_every_spelling_of_a_vhost_reaches_the_same_stream(make_server, tc_url, stream):
    server = make_server(TWO_VHOSTS)
    with server.client(tc_url="rtmp://one.test:%d/live" % server.port) as publisher:
        publisher.publish("s").send_tags(Numbered().tags(count=5))
        publisher.barrier()
        with server.client(tc_url=tc_url.format(port=server.port)) as player:
            player.play(stream)
            assert flv.number_of(seen(player, 5)[2]) == (VIDEO, 0)


NAMES = [
    ("rtmp://127.0.0.1:{port}/live/show", "s", "live/show", "s"),
    ("rtmp://127.0.0.1:{port}", "s", "__defaultApp__", "s"),
    ("rtmp://127.0.0.1:{port}/live/s", "", "live", "s"),
    ("rtmp://127.0.0.1:{port}/live", "mp4:s", "live", "mp4:s"),
    ("rtmp://127.0.0.1:{port}/live?token=a", "s", "live", "s"),
    ("rtmp://127.0.0.1:{port}/live", " s\t", "live", "s"),
    ("rtmp://127.0.0.1:{port}/live", "видео-日本", "live", "видео-日本"),
]


@pytest.mark.parametrize("tc_url,stream,app,name", NAMES,
                         ids=["%s + %s" % (n[0].replace(":{port}", ""), n[1]) for n in NAMES])
def test_app_and_stream_come_from_the_url(server, tc_url, stream, app, name):
    with server.client(tc_url=tc_url.format(port=server.port)) as player:
        player.play(stream)
        server.wait_log(r"client identified, type=rtmp-play, vhost=\S*, app=%s, stream=%s," % (app, name))


def test_an_unknown_host_falls_back_to_the_default_vhost(make_server):
    server = make_server(TWO_VHOSTS)
    with server.client(tc_url="rtmp://somewhere.test/live") as publisher, server.publisher() as direct:
        direct.send_tags(Numbered().tags(count=5))
        with pytest.raises((rtmp.Refused, rtmp.Closed)):
            publisher.publish("s")                                  # it is the same stream, so it is busy


def test_without_a_default_vhost_an_unknown_host_is_refused_with_a_reason(make_server):
    server = make_server("vhost one.test { }")
    with server.client(tc_url="rtmp://two.test/live") as publisher:
        with pytest.raises(rtmp.Refused):
            publisher.publish("s")
        server.wait_log(r"two\.test")
        server.wait_log(r"NoVhost")


def test_a_disabled_vhost_is_refused_and_does_not_fall_back(make_server):
    server = make_server("vhost __defaultVhost__ { } vhost one.test { enabled off; }")
    with server.client(tc_url="rtmp://one.test/live") as player:
        with pytest.raises(rtmp.Refused):
            player.play("s")
        server.wait_log(r"one\.test disabled")


def test_names_that_differ_after_the_last_dot_are_different_streams(server):
    # defect 10
    with server.publisher("room.1") as one, server.publisher("room.2") as two:
        one.send_tags(Numbered(name="first").tags(count=5))
        two.send_tags(Numbered(name="second").tags(count=5))
        with server.player("room.1") as a, server.player("room.2") as b:
            seen(a, 5)
            seen(b, 5)
            assert metadata_of(a.messages)[0]["title"] == "first"
            assert metadata_of(b.messages)[0]["title"] == "second"


def test_parameters_belong_to_one_publish_and_not_to_the_next(server):
    # defect 9: the old parameters and vhost were kept, and doubled
    with server.client() as c:
        c.set_chunk_size(4096)
        c.publish("first?seat=a&k=1")
        server.wait_log(r"type=fmle-publish,.* stream=first, param=\?seat=a&k=1,")
        c.unpublish()
        c.publish("second")
        server.wait_log(r"type=fmle-publish,.* stream=second, param=,")


def test_parameters_with_a_slash_stay_in_one_piece(server):
    with server.client(tc_url=server.tc_url("live?back=http://a/b")) as c:
        c.publish("s?seat=x/y")
        server.wait_log(r"type=fmle-publish, vhost=\S*, app=live, stream=s, param=\S*seat=x/y")


# -- endpoints -------------------------------------------------------------------------------------------------------

def test_it_serves_on_every_endpoint_of_listen_also_ipv6(make_server):
    a, b, c = free_port(), free_port(), free_port("::1")
    server = make_server(listen=[a, "127.0.0.1:%d" % b, "[::1]:%d" % c])
    with server.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        publisher.barrier()
        for host, port in (("127.0.0.1", a), ("127.0.0.1", b), ("::1", c)):
            with server.player(host=host, port=port) as player:
                assert len(seen(player, 12)) >= 12


@pytest.mark.parametrize("endpoint,host", [("%d", "127.0.0.1"), ("127.0.0.1:%d", "127.0.0.1"), ("0.0.0.0:%d", "127.0.0.1"),
                                           ("[::1]:%d", "::1"), ("[::]:%d", "::1"), (":::%d", "::1")])
def test_every_spelling_of_an_endpoint_is_listened_on(make_server, endpoint, host):
    server = make_server(listen=[endpoint % free_port(host)])
    with server.publisher(host=host) as publisher, server.player(host=host) as player:
        publisher.send_tags(Numbered().tags(count=3))
        seen(player, 8)


def test_ffmpeg_publishes_and_plays_over_ipv6(make_server):
    server = make_server(listen=["[::1]:%d" % free_port("::1")])
    path = media.clip("h264.flv")
    with media.ffmpeg_play(server.url(host="::1")) as player:
        server.wait_log(r"type=rtmp-play")
        with media.ffmpeg_publish(path, server.url(host="::1"), 4) as publisher:
            publisher.ends()
        media.compare_packets(media.framemd5(path), media.parse_framemd5(player.ends()))


# -- a publisher comes and goes ----------------------------------------------------------------------------------------

def test_fmle_publishes_again_on_the_same_connection(server):
    with server.player("one") as one, server.player("two") as two, server.publisher("one") as c:
        c.send_tags(Numbered(name="one").tags(count=5))
        seen(one, 12)
        c.unpublish()
        c.publish("two")
        c.send_tags(Numbered(name="two").tags(count=5))
        seen(two, 12)
        assert metadata_of(two.messages)[0]["title"] == "two"
        with server.publisher("one"):                               # and the first name is free
            pass


def test_fmle_names_its_stream_in_releasestream(server):
    with server.client() as c, server.player("a") as player:
        c.set_chunk_size(4096)
        c.wait_result(c.call("releaseStream", None, "a"))
        c.wait_result(c.call("FCPublish", None, "b"))
        c.create_stream()
        c.call("publish", None, "c", "live", msid=1)
        c.wait_status("NetStream.Publish.Start")
        c.send_tags(Numbered().tags(count=3))
        assert flv.gaps(seen(player, 8)) == []


ENDS = {
    "FCUnpublish": lambda c, tid: c.call("FCUnpublish", None, c.stream, tid=tid),
    "deleteStream": lambda c, tid: c.call("deleteStream", None, float(c.msid), tid=tid),
    "deleteStream of another id": lambda c, tid: c.call("deleteStream", None, 7.0, tid=tid),
    "deleteStream without an id": lambda c, tid: c.call("deleteStream", None, tid=tid),
    "closeStream": lambda c, tid: c.call("closeStream", None, msid=c.msid, tid=tid),
    "closeStream on stream 0": lambda c, tid: c.call("closeStream", None, msid=0, tid=tid),
    "publish(false)": lambda c, tid: c.call("publish", None, False, msid=c.msid, tid=tid),
    "publish(null)": lambda c, tid: c.call("publish", None, None, msid=c.msid, tid=tid),
    "publish(false) on stream 0": lambda c, tid: c.call("publish", None, False, msid=0, tid=tid),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("style", ["fmle", "flash", "haivision"])
@pytest.mark.parametrize("end", ENDS)
def test_every_end_of_a_publish_frees_the_name_at_once(server, style, end):
    with server.player() as player, server.publisher(style=style) as c:
        c.send_tags(Numbered().tags(count=3))
        seen(player, 8)
        ENDS[end](c, 0)
        c.barrier()
        player.wait_status("NetStream.Play.UnpublishNotify")
        with server.publisher():                                    # the name is free for another connection
            pass
        ENDS[end](c, None)                                          # a second end does no harm
        ENDS["closeStream"](c, 0)
        ENDS["FCUnpublish"](c, None)
        ENDS["deleteStream"](c, None)
        c.barrier()
        c.publish("other", style)                                   # this connection may publish again
        c.send_tags(Numbered().tags(count=3))
        with server.player("other") as other:
            seen(other, 8)


def test_what_a_flash_client_calls_otherwise_does_not_end_its_publish(server):
    with server.player() as player, server.publisher(style="flash") as c:
        c.send_tags(Numbered().tags(count=3))
        c.wait_result(c.call("_checkbw", None))
        c.call("_result", None, None)
        c.send_tags(Numbered().frames(3, 3))
        assert flv.gaps(seen(player, 14)) == []


def test_a_flash_client_goes_on_to_another_stream_without_an_end(server):
    with server.player("two") as two, server.publisher("one", style="flash") as c:
        c.send_tags(Numbered().tags(count=3))
        c.call("publish", None, "two", "live", msid=c.msid)
        c.wait_status("NetStream.Publish.Start")
        c.send_tags(Numbered().tags(count=3))
        seen(two, 8)
        with server.publisher("one"):
            pass
        c.wait_result(c.call("createStream", None))


def test_play_false_ends_playing(server):
    with server.publisher("a") as a, server.publisher("b") as b:
        for c in a, b:
            c.send_tags(Numbered(name=c.stream).tags(count=3))
        with server.player("a") as player:
            seen(player, 8)
            player.call("play", None, False, msid=player.msid)
            player.play("b")
            seen(player, 16)
            assert metadata_of(player.messages)[-1]["title"] == "b"


def test_flash_publishes_again_on_the_same_connection(server):
    with server.player("two") as two, server.publisher("one", style="flash") as c:
        c.send_tags(Numbered().tags(count=5))
        c.call("closeStream", None, msid=c.msid, tid=0)
        c.publish("two", "flash")
        c.send_tags(Numbered(name="two").tags(count=5))
        seen(two, 12)
        assert metadata_of(two.messages)[0]["title"] == "two"


def test_the_same_name_can_be_published_again_at_once_on_one_connection(server):
    with server.player() as player, server.publisher() as c:
        for i in range(5):
            c.send_tags(Numbered(name="round %d" % i).tags(count=3))
            c.unpublish()
            c.publish("s")
        until(lambda: len(metadata_of(player.messages)) == 5 or not player.pump(10), "five rounds")
        assert [m["title"] for m in metadata_of(player.messages)] == ["round %d" % i for i in range(5)]


def test_a_second_publisher_is_refused_with_a_status_and_the_first_is_not_disturbed(server, witness):
    w = witness(server)
    with server.client("witness") as second:
        with pytest.raises(rtmp.Refused) as refusal:
            second.publish("witness")
        assert refusal.value.code.startswith("NetStream.Publish.")
        assert refusal.value.info["level"] == "error"
        server.wait_log(r"StreamBusy.*witness/witness")
    w.undisturbed()


@pytest.mark.parametrize("style", ["fmle", "flash", "haivision"])
def test_a_refusal_reaches_every_kind_of_encoder(server, style):
    with server.publisher(), server.client() as second:
        with pytest.raises(rtmp.Refused):
            second.publish("s", style)


def test_with_takeover_the_second_publisher_wins_and_players_stay(make_server):
    server = make_server(vhost(publish="republish takeover;"))
    with server.player() as player, server.publisher() as first:
        first.send_tags(Numbered(name="first").tags(count=5))
        seen(player, 12)
        with server.publisher() as second:
            second.send_tags(Numbered(name="second").tags(count=5))
            seen(player, 24)
            assert metadata_of(player.messages)[-1]["title"] == "second"
            first.wait_closed()
            server.wait_log(r"(?i)take.?over")


def test_a_player_stays_when_the_stream_ends_and_is_told(server):
    # defect 28
    with server.player() as player:
        for turn in ("one", "two"):
            with server.publisher() as publisher:
                publisher.send_tags(Numbered(name=turn).tags(count=5))
                publisher.unpublish()
            player.wait_status("NetStream.Play.UnpublishNotify")
            assert metadata_of(player.messages)[-1]["title"] == turn
            assert any(rtmp.event_of(m) == (rtmp.STREAM_EOF, 1) for m in player.messages)
        got = player.media()
        assert [flv.number_of(m) for m in got].count((VIDEO, 0)) == 2
        assert got[12].payload == flv.AAC_CONFIG


def test_a_publisher_that_vanishes_ends_the_stream_for_its_players_and_frees_the_name(server):
    with server.player() as player:
        publisher = server.publisher()
        publisher.send_tags(Numbered().tags(count=5))
        seen(player, 12)
        publisher.reset()
        player.wait_status("NetStream.Play.UnpublishNotify")
        with server.publisher() as again:
            again.send_tags(Numbered(name="again").tags(count=5))
            seen(player, 24)


# -- commands of a player ----------------------------------------------------------------------------------------------

def test_a_player_plays_another_stream_after_closestream(server):
    with server.publisher("a") as a, server.publisher("b") as b:
        a.send_tags(Numbered(name="a").tags(count=5))
        b.send_tags(Numbered(name="b").tags(count=5))
        with server.player("a") as player:
            seen(player, 12)
            player.call("closeStream", None, msid=player.msid)
            player.barrier()
            player.play("b")
            seen(player, 24)
            assert metadata_of(player.messages)[-1]["title"] == "b"


def test_pause_stops_the_frames_and_unpause_brings_them(make_server):
    server = make_server(vhost("mw_latency 0;"))
    source = Numbered(audio_fps=0)
    with server.player() as player, server.publisher() as publisher:
        player.barrier()
        publisher.send_tags(source.configs())
        publisher.send_tags(source.frames(0, 5))
        seen(player, 7)
        player.call("pause", None, True, 0.0, msid=player.msid)
        player.wait_status("NetStream.Pause.Notify")
        player.wait_event(rtmp.STREAM_EOF)
        publisher.send_tags(source.frames(5, 5))
        publisher.barrier()
        player.barrier()
        assert len(player.media()) == 7
        player.call("pause", None, False, 0.0, msid=player.msid)
        player.wait_status("NetStream.Unpause.Notify")
        player.wait_event(rtmp.STREAM_BEGIN)
        publisher.send_tags(source.frames(10, 5))
        until(lambda: (VIDEO, 14) in map(flv.number_of, player.media()) or not player.pump(10), "the frames after")
        assert flv.gaps(player.media()) == []


def test_seek_and_receiveaudio_and_receivevideo_do_no_harm(server):
    with server.player() as player, server.publisher() as publisher:
        player.barrier()
        player.call("seek", None, 0.0, msid=player.msid)
        player.call("receiveAudio", None, True, msid=player.msid)
        player.call("receiveVideo", None, True, msid=player.msid)
        player.barrier()
        publisher.send_tags(Numbered().tags(count=5))
        seen(player, 12)


def test_a_play_with_a_duration_ends_when_it_is_reached(make_server):
    server = make_server(vhost(more="min_latency on;"))
    source = Numbered(audio_fps=0)
    with server.client() as player, server.publisher() as publisher:
        player.play("s", -2000.0, 1000.0)
        player.barrier()
        publisher.send_tags(source.configs())
        with pytest.raises(rtmp.Closed):
            for n in range(100):                                    # one at a time, so that none is on its way at the end
                publisher.send_tag(source.video(n))
                seen(player, 2 + n + 1)
        assert player.media()[-1].ts in (960, 1000, 1040)
        server.wait_log(r"DurationExceed")


def test_deletestream_of_a_player_ends_playing(server):
    with server.player() as player, server.publisher() as publisher:
        player.barrier()
        publisher.send_tags(Numbered().tags(count=5))
        seen(player, 12)
        player.call("deleteStream", None, float(player.msid))
        try:
            player.barrier()
        except rtmp.Closed:
            return
        n = len(player.media())
        publisher.send_tags(Numbered().frames(5, 20))
        publisher.barrier()
        try:
            player.barrier()
        except rtmp.Closed:
            pass
        assert len(player.media()) == n


# -- timeouts ----------------------------------------------------------------------------------------------------------

def closing_order(server, clients):
    """Wait until all of {name: client} are closed by the server; the names in the order it happened."""
    order, deadline = [], time.monotonic() + patience()
    while len(order) < len(clients):
        assert time.monotonic() < deadline, "only %s closed of %s" % (order, list(clients))
        for name, c in clients.items():
            if name in order:
                continue
            try:
                c.pump(0.02)
            except rtmp.Closed:
                order.append(name)
        assert server.alive()
    return order


@pytest.mark.sample(2)
@pytest.mark.parametrize("first,normal,order", [(5000, 400, ["stalled", "silent"]), (400, 5000, ["silent", "stalled"])])
def test_a_publisher_that_says_nothing_is_closed_by_the_timeout_that_applies(make_server, first, normal, order):
    # defect 13: the second timeout was only looked at twenty seconds after the start
    server = make_server(vhost(publish="firstpkt_timeout %d; normal_timeout %d;" % (first, normal)))
    with server.publisher("silent") as silent, server.publisher("stalled") as stalled, server.player("a") as player:
        stalled.send_tags(Numbered().tags(count=3))
        assert closing_order(server, {"silent": silent, "stalled": stalled}) == order
        player.barrier()                                        # a player may be idle without limit
    assert len(server.wait_log(r"SocketTimeout|timed? ?out").group())


def test_a_publisher_that_keeps_sending_outlives_the_timeout(make_server, witness):
    server = make_server(vhost(publish="firstpkt_timeout 1500; normal_timeout 1500;"))
    w = witness(server)
    with server.publisher("silent") as silent:
        silent.wait_closed()
    w.undisturbed()


@pytest.mark.parametrize("publish", ["", "mr on; mr_latency 100;"], ids=["as-it-comes", "mr"])
def test_a_server_that_stood_still_reads_what_came_before_it_judges(make_server, publish):
    server = make_server(vhost(publish="firstpkt_timeout 1500; normal_timeout 1500; " + publish))
    feeders = [rtmp.Feeder(server.publisher(name), Numbered(name=name).tags()) for name in ("watched", "alone")]
    player = server.player("watched")
    player.wait_media(5)
    until(lambda: all(len(f.sent) > 5 for f in feeders), "both to publish")
    with server.publisher("first") as first, server.client() as half:
        server.send_signal(signal.SIGSTOP)
        time.sleep(3)                                           # longer than both timeouts, which is the test
        first.send_tags(Numbered().tags(count=3))
        n = [len(f.sent) for f in feeders]
        server.send_signal(signal.SIGCONT)
        until(lambda: all(len(f.sent) > m + 20 or f.error for f, m in zip(feeders, n)), "both to go on")
        for f in feeders:
            f.check()
        half.barrier()
        first.barrier()
        player.barrier()
    for f in feeders:
        f.stop()
    assert "SocketTimeout" not in server.log


def test_a_publisher_whom_nobody_watches_is_ended_and_a_watched_one_is_not(make_server, witness):
    server = make_server(vhost(publish="kickoff_for_idle 1;"))
    w = witness(server)
    feeder = rtmp.Feeder(server.publisher("alone"), Numbered().tags())
    until(lambda: feeder.error, "the idle publisher to be closed")
    feeder.stop()
    server.wait_log(r"KickoffForIdle")
    w.undisturbed()


# -- access ------------------------------------------------------------------------------------------------------------

SECURITY = [
    ("deny publish all;", "publish", "SecurityDeny"),
    ("deny publish 127.0.0.1;", "publish", "SecurityDeny"),
    ("deny publish 127.0.0.0/8;", "publish", "SecurityDeny"),
    ("deny play all;", "play", "SecurityDeny"),
    ("allow play all;", "publish", "SecurityAllow"),
    ("allow publish 10.0.0.0/8; allow play all;", "publish", "SecurityAllow"),
    ("allow publish all;", "play", "SecurityAllow"),
    ("", "publish", "Security(Allow|Check)"),
]


@pytest.mark.parametrize("rules,role,reason", SECURITY, ids=["%s %s" % (r[1], r[0] or "no rules") for r in SECURITY])
def test_security_refuses_with_a_status_and_logs_the_rule(make_server, rules, role, reason):
    server = make_server(vhost(more="security { enabled on; %s }" % rules))
    with server.client() as c:
        with pytest.raises(rtmp.Refused) as refusal:
            getattr(c, role)("s")
        assert refusal.value.info["level"] == "error"
        assert refusal.value.code.startswith("NetStream.P" if role == "play" else "NetStream.Publish")
        c.wait_closed()
    server.wait_log(reason)
    server.wait_log(r"127\.0\.0\.1")


@pytest.mark.parametrize("rules", ["allow publish 127.0.0.1; allow play 127.0.0.0/8;", "deny play 10.1.2.3;",
                                   "deny publish 10.0.0.0/8; allow publish all; allow play all;"])
def test_security_lets_the_right_ones_in(make_server, rules):
    server = make_server(vhost(more="security { enabled on; %s }" % rules))
    with server.player() as player, server.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=3))
        seen(player, 8)


REFER = [
    ("all github.com;", "publish", "http://evil.com/page", False),
    ("all github.com;", "play", "http://evil.com/page", False),
    ("all github.com;", "play", None, False),
    ("all github.com;", "play", "http://evilgithub.com/page", False),       # defect 19
    ("all github.com;", "play", "http://github.com/page", True),
    ("all github.com;", "play", "https://www.github.com:443/page", True),
    ("publish github.com;", "publish", "http://evil.com/page", False),
    ("publish github.com;", "play", "http://evil.com/page", True),
    ("play github.com;", "play", "http://evil.com/page", False),
    ("play github.com;", "publish", "http://evil.com/page", True),
]


@pytest.mark.parametrize("rule,role,page,allowed", REFER, ids=["%s %s from %s" % (r[1], r[0], r[2]) for r in REFER])
def test_refer_checks_the_page_of_the_player(make_server, rule, role, page, allowed):
    server = make_server(vhost(more="refer { enabled on; %s }" % rule))

    def go():
        with server.client(properties={"pageUrl": page}) as c:
            getattr(c, role)("s")

    if allowed:
        go()
    else:
        with pytest.raises(rtmp.Refused):
            go()
        server.wait_log(r"SecurityDenied")
        if page:
            server.wait_log(page.split("/")[2])


def test_a_refused_publish_leaves_the_name_free(make_server):
    # defect 5
    server = make_server(vhost(more="refer { enabled on; publish github.com; }"))
    with server.client() as c:
        with pytest.raises(rtmp.Refused):
            c.publish("s")
    with server.client(properties={"pageUrl": "http://github.com/"}) as c:
        c.publish("s")


def test_a_stream_with_nobody_left_is_freed(server):
    base = None
    for turn in range(3):
        for i in range(60):
            with server.publisher("stream%d-%d" % (turn, i)) as p:
                p.send_tags(Numbered(size=4000).tags(count=20))
                p.barrier()
        if turn == 0:
            base = server.rss_kib()
    with server.publisher("last"):
        pass
    server.wait_fds(server.n_fds())
    grown = server.rss_kib() - base
    assert grown < 4096 * (4 if SANITIZED else 1), "%d KiB more after 120 streams" % grown


def test_publishing_and_playing_again_and_again_on_one_connection_costs_nothing(server):
    # defect 7: statistics of each round were never freed
    tags = list(Numbered().tags(count=3))

    def rounds(n):
        with server.publisher("0") as publisher, server.client() as player:
            for i in range(n):
                player.play("%d" % i)
                publisher.send_tags(tags)
                seen(player, 8 * (i + 1))
                player.call("closeStream", None, msid=player.msid)
                publisher.unpublish()
                publisher.publish("%d" % (i + 1))
    rounds(50)
    fds, rss = server.n_fds(), server.rss_kib()
    rounds(300)
    server.wait_fds(fds)
    grown = server.rss_kib() - rss
    assert grown < 1024 * (8 if SANITIZED else 1), "%d KiB more after 300 rounds" % grown


@pytest.mark.long
def test_who_says_nothing_or_takes_nothing_is_closed_after_half_a_minute(server, witness):
    w = witness(server)
    feeder = rtmp.Feeder(server.publisher("fat", chunk_size=65536), Numbered(size=20000, audio_fps=0).tags())
    with rtmp.Client("127.0.0.1", server.port, shake=False) as mute, rtmp.Client("127.0.0.1", server.port) as shaken, \
            server.client() as connected, server.player() as player, server.client(rcvbuf=4096) as deaf:
        deaf.play("fat")
        for c in (mute, shaken, connected):
            c.wait_closed(45)
        player.barrier()                                            # a player may be silent without limit
        server.wait_log(r"play /live/fat : .*(SocketTimeout|timed? ?out)|SocketTimeout.*play /live/fat", timeout=45)
    until(lambda: len(re.findall(r"SocketTimeout|ret=1011|timed? ?out", server.log)) >= 4, "the others' lines in the log")
    w.undisturbed()
    feeder.finish()


def test_ffmpeg_timecode_data_messages_are_ignored(server):
    with server.player() as player, server.publisher() as publisher:
        player.barrier()
        publisher.send(rtmp.Message(rtmp.DATA, 0, struct.pack(">I", 1), 1))
        publisher.send_tags(Numbered().tags(count=3))
        seen(player, 8)
