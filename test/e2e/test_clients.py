"""Programs in common use, from Debian's packages, against the real server. Each must end by itself."""
import os
import tempfile

import pytest

import flv
import media
import rtmp
from flv import AUDIO, VIDEO
from media import Program
from test_play import seen

GST = ["gst-launch-1.0", "-q"]


def bodies(tags):
    """Frames and configurations, without the tags that depend on the muxer: metadata, empty end-of-sequence tags."""
    tags = list(tags)
    return {kind: [t.payload for t in tags if t.type == kind and not flv.is_end(t)] for kind in (AUDIO, VIDEO)}


def publish_when_played(server, player_program, path=None, rate=2):
    """Start a player program, publish a clip with ffmpeg once the server knows it, and wait for both to end."""
    path = path or media.clip("h264_aac.flv")
    with player_program as player:
        server.wait_log(r"type=rtmp-play")
        with media.ffmpeg_publish(path, server.url(), rate) as publisher:
            publisher.ends()
        return player.ends()


def receive(server, publisher_program):
    """Play a program's stream with the Python client; returns its messages when the stream has ended."""
    with server.player() as player:
        player.barrier()
        with publisher_program as publisher:
            publisher.ends()
        player.wait_status("NetStream.Play.UnpublishNotify")
        return player.messages


# -- players -------------------------------------------------------------------------------------------------------------

def test_rtmpdump_records_what_was_published(server, tmp_path):
    out = str(tmp_path / "out.flv")
    with Program(["rtmpdump", "-q", "-r", server.url(), "--live", "-o", out]) as player:
        server.wait_log(r"type=rtmp-play")
        with media.ffmpeg_publish(media.clip("h264_aac.flv"), server.url(), 2) as publisher:
            publisher.ends()
        player.ends(ok=(0, 1, 2))                                   # 2: the stream ended before a known duration did
    media.compare_packets(media.framemd5(media.clip("h264_aac.flv")), media.framemd5(out))


@pytest.mark.parametrize("player", ["ffmpeg", "mpv"])
def test_players_have_no_unexpected_reply_to_warn_of(server, player):
    commands = {
        "ffmpeg": ["ffmpeg", "-nostdin", "-loglevel", "warning", "-i", server.url(), "-c", "copy", "-f", "null", "-"],
        "mpv": ["mpv", "--no-config", "--msg-level=all=warn", "--vo=null", "--ao=null", "--untimed", "--cache=no",
                server.url()],
    }
    with Program(commands[player]) as p:
        server.wait_log(r"type=rtmp-play")
        with media.ffmpeg_publish(media.clip("h264_aac.flv"), server.url(), 2) as publisher:
            publisher.ends()
        p.ends()
    assert "nexpected" not in p.out + p.err


def compare_gstreamer(out):
    """Compare, except the last message: rtmp2src ends at once at the end of the stream, and may drop that message."""
    source, played = media.framemd5(media.clip("h264_aac.flv")), media.framemd5(out)
    media.compare_packets(source, played, whole=False)
    assert len(source) - 2 <= len(played) and played[0] == source[0]


def test_gstreamer_rtmp2src_records_what_was_published(server, tmp_path):
    out = str(tmp_path / "out.flv")
    publish_when_played(server, Program(GST + ["rtmp2src", "location=" + server.url(), "!", "filesink", "location=" + out]))
    compare_gstreamer(out)


@pytest.fixture
def public_folder():
    """A folder in which every user may write."""
    with tempfile.TemporaryDirectory(prefix="srs-e2e-") as folder:
        os.chmod(folder, 0o777)
        yield folder


def test_vlc_plays_and_ends_with_the_stream(server, public_folder):
    out = os.path.join(public_folder, "out.ts")
    argv = ["cvlc", "-q", "--no-interact", "--no-media-library", "--play-and-exit", "--network-caching=300", server.url(),
            "--sout", "#std{access=file,mux=ts,dst=%s}" % out, "vlc://quit"]
    publish_when_played(server, Program(argv, **media.nobody()))
    played = media.framemd5(out)
    assert len([p for p in played if p.kind == "video"]) >= 50
    assert len([p for p in played if p.kind == "audio"]) >= 80


def test_mpv_decodes_frames_and_ends(server):
    argv = ["mpv", "--no-config", "--no-terminal", "--vo=null", "--ao=null", "--untimed", "--cache=no", server.url()]
    publish_when_played(server, Program(argv))


def test_ffmpeg_decodes_without_a_complaint(server):
    argv = media.FFMPEG + ["-xerror", "-err_detect", "explode", "-i", server.url(), "-f", "null", "-"]
    player = Program(argv)
    publish_when_played(server, player)
    assert player.err == ""


# -- publishers ----------------------------------------------------------------------------------------------------------

def gst_publish(sink, path):
    return Program(GST + ["filesrc", "location=" + path, "!", "flvdemux", "name=d",
                          "d.video", "!", "queue", "!", "h264parse", "!",
                          "video/x-h264,stream-format=avc,alignment=au", "!", "m.",
                          "d.audio", "!", "queue", "!", "aacparse", "!", "m.",
                          "flvmux", "name=m", "streamable=true", "!"] + sink)


SINKS = {
    "rtmpsink (librtmp)": lambda url: ["rtmpsink", "location=%s live=1" % url],
    "rtmp2sink": lambda url: ["rtmp2sink", "location=" + url],
    "rtmp2sink with small chunks": lambda url: ["rtmp2sink", "chunk-size=128", "location=" + url],
}


def pictures(tags):
    """Length-prefixed NAL units of H.264 pictures, without composition times and without the parameter sets that newer
    GStreamer puts before key frames."""
    for payload in (p[5:] for p in tags if p[1] == 1):
        nalus, at = [], 0
        while at < len(payload):
            end = at + 4 + int.from_bytes(payload[at:at + 4], "big")
            if payload[at + 4] & 0x1f not in (7, 8):                # H.264, 7.4.1: sequence and picture parameter set
                nalus.append(payload[at:end])
            at = end
        yield b"".join(nalus)


@pytest.mark.sample(3)
@pytest.mark.parametrize("sink", SINKS)
def test_gstreamer_publishes_what_is_played(server, sink):
    path = media.clip("h264_aac.flv")
    messages = receive(server, gst_publish(SINKS[sink](server.url()), path))
    got, source = bodies(m for m in messages if m.type in rtmp.MEDIA), bodies(flv.read(path))
    assert list(pictures(got[VIDEO])) == list(pictures(source[VIDEO]))
    got_audio = [p[2:] for p in got[AUDIO] if p[1] == 1]
    assert got_audio == [p[2:] for p in source[AUDIO] if p[1] == 1]


def test_ffmpeg_publishes_live_encoded_video(server):
    argv = media.FFMPEG + ["-f", "lavfi", "-i", "testsrc=size=160x120:rate=25", "-f", "lavfi", "-i", "sine", "-t", "3",
                           "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency",
                           "-g", "25", "-c:a", "aac", "-f", "flv", server.url()]
    messages = receive(server, Program(argv))
    assert len([m for m in messages if m.type == VIDEO and not flv.is_config(m) and not flv.is_end(m)]) == 75


def test_ffmpeg_is_told_when_the_stream_is_taken(server):
    with server.publisher():
        with media.ffmpeg_publish(media.clip("h264.flv"), server.url()) as second:
            second.ends(ok=range(1, 256))
    server.wait_log("StreamBusy")


def test_ffmpeg_publishes_and_plays_with_parameters_and_vhost_in_the_url(make_server):
    server = make_server("vhost __defaultVhost__ { } vhost one.test { }")
    url = server.url("live?vhost=one.test/s?token=1")
    path = media.clip("h264.flv")
    with media.ffmpeg_play(server.url("live/s?vhost=one.test")) as player:
        server.wait_log(r"type=rtmp-play, vhost=one\.test")
        with media.ffmpeg_publish(path, server.url("live/s?token=1&vhost=one.test"), 4) as publisher:
            publisher.ends()
        media.compare_packets(media.framemd5(path), media.parse_framemd5(player.ends()))
    assert url


# -- one publisher, all players at once -----------------------------------------------------------------------------------

def test_different_players_watch_one_stream_together(server, tmp_path):
    path = media.clip("h264_aac.flv")
    dump, gst = str(tmp_path / "dump.flv"), str(tmp_path / "gst.flv")
    with Program(["rtmpdump", "-q", "-r", server.url(), "--live", "-o", dump]) as a, \
            Program(GST + ["rtmp2src", "location=" + server.url(), "!", "filesink", "location=" + gst]) as b, \
            media.ffmpeg_play(server.url()) as c, server.player() as d:
        server.wait_log(r"(?s)(type=rtmp-play.*){4}")
        with media.ffmpeg_publish(path, server.url(), 2) as publisher:
            publisher.ends()
        a.ends(ok=(0, 1, 2))
        b.ends()
        played = media.parse_framemd5(c.ends())
        d.wait_status("NetStream.Play.UnpublishNotify")
    source = media.framemd5(path)
    media.compare_packets(source, played)
    media.compare_packets(source, media.framemd5(dump))
    compare_gstreamer(gst)
    assert len(seen(d, 1)) >= len(source)
