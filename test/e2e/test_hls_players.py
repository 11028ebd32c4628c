"""Every container and codec of HLS and DASH at real players: they get the packets that were published.

One cell takes three to four seconds.
"""
import pytest

import hls_rules
import media
import players
import rtmp
from hls_watch import Http
from wait import until

# clip, video, audio; and the containers that carry both
CELLS = [("h264_aac.mp4", "h264", "aac", "ts fmp4"), ("hevc_aac.mp4", "hevc", "aac", "ts fmp4"),
         ("h264_mp3.flv", "h264", "mp3", "ts fmp4"), ("h264_ac3.mp4", "h264", "ac3", "ts fmp4"),
         ("h264_eac3.mp4", "h264", "eac3", "ts fmp4"), ("h264_opus.mp4", "h264", "opus", "ts fmp4"),
         ("av1_opus.mp4", "av1", "opus", "fmp4"), ("vp9_opus.mp4", "vp9", "opus", "fmp4"),
         ("h264_flac.mp4", "h264", "flac", "fmp4")]
BY_CONTAINER = [(container, *cell[:3]) for cell in CELLS for container in cell[3].split()]


def config(container, more=""):
    return "vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_use_fmp4 %s; %s } }" % (
        "on" if container == "fmp4" else "off", more)


def publish_at_once(server, clip, stream="s"):
    """Publish a clip as fast as the server takes it, to its end."""
    feeder = rtmp.Feeder(server.publisher(stream), media.tags(clip), speed=None)
    feeder.join()
    feeder.finish()


def playlist(url):
    """The text of a media playlist once it is there."""
    http = Http()
    try:
        reply = until(lambda: (lambda r: r.status == 200 and r)(http.get(url)), url)
        return reply.body.decode()
    finally:
        http.close()


@pytest.mark.parametrize("container,clip,video,audio", BY_CONTAINER, ids=["%s-%s-%s" % (c, v, a) for c, _, v, a in BY_CONTAINER])
def test_ffmpeg_gets_the_very_packets_that_were_published(make_server, container, clip, video, audio):
    server = make_server(config(container, "hls_ctx off;"), http="")
    publish_at_once(server, clip)
    url = server.http_url("/live/s.m3u8")
    text = playlist(url)
    hls_rules.assert_good(hls_rules.check_media(text), text)
    played = players.hls_packets(url, container, video, audio)
    media.compare_packets(players.source_packets(clip, container, video, audio), played)
