"""Edges with clients that are no RTMP encoders and players of ours: WebRTC both ways, VLC."""
import os
import shutil

import pytest

import media
from rtc_clients import skip_without_aiortc, whep, whip
from srs import free_port
from test_clients import public_folder  # noqa: F401 (a fixture)
from test_edge import begins, edge_of
from wait import until

RTC = "rtc { enabled on; rtmp_to_rtc on; rtc_to_rtmp on; } "


def rtc_edge(make_server, origin):
    return make_server("rtc_server { enabled on; listen %d; candidate 127.0.0.1; } " % free_port() + edge_of(origin, rest=RTC), api="")


@pytest.mark.long
@skip_without_aiortc()
def test_a_player_of_whep_makes_the_edge_pull_and_ends_it(make_server):
    origin = make_server()
    edge = rtc_edge(make_server, origin)
    with media.ffmpeg_publish(media.clip("h264_aac_long.flv"), origin.url("live/s")):
        origin.wait_log("start publish")
        with whep(edge) as viewer:
            begins(edge, origin)
            viewer.wait(lambda s: s.video > 10)
        edge.wait_log(r"published /live/s by an edge", timeout=30)


@pytest.mark.long
@skip_without_aiortc()
def test_what_is_published_at_the_edge_by_whip_comes_to_the_origin(make_server):
    origin = make_server()
    edge = rtc_edge(make_server, origin)
    with whip(edge) as publisher:
        publisher.wait(lambda s: s.state == "connected")
        edge.wait_log(r"edge: publish of /live/s to \S+ begins")
        for server in (origin, edge):
            with media.ffmpeg_play(server.url("live/s"), ["-t", "2"]) as player:
                assert {p.kind for p in media.parse_framemd5(player.ends())} == {"audio", "video"}
    origin.wait_log("cleanup when unpublish")


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("cvlc"), reason="vlc is not installed")
def test_vlc_plays_from_the_edge(make_server, public_folder):
    origin = make_server()
    edge = make_server(edge_of(origin))
    out = os.path.join(public_folder, "out.ts")
    argv = ["cvlc", "-q", "--no-interact", "--no-media-library", "--run-time=5", "--network-caching=300", edge.url("live/s"),
            "--sout", "#std{access=file,mux=ts,dst=%s}" % out, "vlc://quit"]
    with media.ffmpeg_publish(media.clip("h264_aac_long.flv"), origin.url("live/s")):
        origin.wait_log("start publish")
        with media.Program(argv, **media.nobody()):
            begins(edge, origin)
            until(lambda: os.path.exists(out) and os.path.getsize(out) > 20000, "a recording by VLC", 30)
    assert {p.kind for p in media.framemd5(out)} == {"audio", "video"}
