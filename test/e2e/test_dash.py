"""DASH: what a vhost with `dash { enabled on; }` serves, from memory and as files."""
import pytest

import media
import rtmp
from dash_watch import DashWatch

DASH = "vhost __defaultVhost__ { dash { enabled on; dash_fragment %s; dash_path ./html; %s } }"


@pytest.fixture
def on_air():
    """Publish an endless clip as a stream: on_air(server, "h264_aac_long.flv"). All ends with the test."""
    feeders = []

    def publish(server, clip="h264_aac_long.flv", stream="s", speed=1.0):
        feeders.append(rtmp.Feeder(server.publisher(stream), media.loop(clip), speed))
        return feeders[-1]
    yield publish
    for feeder in feeders:
        feeder.stop()


def dash_server(make_server, fragment="2", more="", **how):
    return make_server(DASH % (fragment, more), http="", **how)


def test_a_stream_is_served_by_the_rules(make_server, on_air):
    server = dash_server(make_server)
    on_air(server)
    with DashWatch(server.http_url("/live/s.mpd"), should=True) as watch:
        watch.wait_segments(7)
