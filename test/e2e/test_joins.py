"""Who joins when: pictures from their key frames on, kinds that come late, codecs that change, headers of every kind."""
import struct

import pytest

import flv
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
    """A picture each `every_ms`, the first of them a key frame, and 43 frames of sound a second."""
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
