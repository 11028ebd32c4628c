"""The samples of an origin cluster, with ffmpeg as encoder and player."""
import pytest

import media
from test_cluster import sent_on
from test_trees import Samples

ORIGINS = ["origin.cluster.server%s.conf" % letter for letter in "ABC"]


@pytest.fixture
def servers(make_server):
    """The three origins, and the ports of HTTP that each of them has."""
    samples = Samples(make_server)
    return [samples.start(name) for name in ORIGINS], [samples.port(8081 + i) for i in range(3)], samples


def encoder(url):
    return media.Program(media.FFMPEG + ["-stream_loop", "-1", "-re", "-i", media.clip("h264_aac.flv"), "-c", "copy", "-f", "flv", url])


def kinds(url):
    """The kinds of frames that ffmpeg gets in a second."""
    with media.ffmpeg_play(url, ["-t", "1"]) as player:
        return {p.kind for p in media.parse_framemd5(player.ends())}


def test_each_origin_sends_players_to_the_one_that_has_the_stream(servers):
    (a, b, c), http, samples = servers
    edge = samples.start("origin.cluster.edge.conf")
    with encoder(c.url("live/livestream")):
        c.wait_log("start publish")
        for origin in (a, b):
            assert sent_on(origin, "livestream")["redirect"] == "rtmp://127.0.0.1:%d/live" % c.port
        assert kinds("http://127.0.0.1:%d/live/livestream.flv" % http[0]) == {"audio", "video"}
        assert kinds(edge.url("live/livestream")) == {"audio", "video"}
        edge.wait_log(r"edge of /live/livestream is redirected to rtmp://127\.0\.0\.1:%d/live/livestream" % c.port)


def test_a_publisher_at_the_edge_is_found_from_each_origin(servers):
    origins, http, samples = servers
    edge = samples.start("origin.cluster.edge.conf")
    with encoder(edge.url("live/livestream")):
        edge.wait_log("publish of /live/livestream to .* begins")
        for port in http:
            assert kinds("http://127.0.0.1:%d/live/livestream.flv" % port) == {"audio", "video"}
