"""DASH of several tracks of sound (enhanced RTMP): each is an adaptation set of its own."""
import pytest

import media
import rtmp
from dash_watch import DashWatch
from flv import AUDIO
from test_dash import dash_server, wait_mpd
from tracks import second_sound


def with_second_sound(tags, between=(0, float("inf")), instead=False):
    """Tags whose sound is there twice, in this time; or under the other number alone."""
    config = None
    for tag in tags:
        if tag.type != AUDIO:
            yield tag
            continue
        if not instead:
            yield tag
        if tag.payload[1] == 0:
            config = config or tag
        if between[0] <= tag.ts < between[1]:
            if config:
                yield second_sound(config._replace(ts=tag.ts))
                config = None
            if tag.payload[1]:
                yield second_sound(tag)


@pytest.fixture
def feed():
    """feed(server, tags): a publisher of these tags, in real time."""
    feeders = []

    def begin(server, tags):
        feeders.append(rtmp.Feeder(server.publisher(), tags))
        return feeders[-1]
    yield begin
    for f in feeders:
        f.stop()


def sounds(mpd):
    return {r.id for r in mpd.representations if r.kind == "audio"}


def test_each_track_of_sound_is_an_adaptation_set(make_server, feed):
    server = dash_server(make_server)
    feed(server, with_second_sound(media.loop("h264_aac_long.flv")))
    with DashWatch(server.http_url("/live/s.mpd"), should=True) as watch:
        watch.wait_segments(5)
        mpd = wait_mpd(server)
    assert sounds(mpd) == {"audio", "audio-2"}
    assert len(mpd.periods) == 1
    assert mpd.text.count('value="main"') == 2 and mpd.text.count('value="alternate"') == 1
    first, second = (next(r for r in mpd.representations if r.id == name) for name in ("audio", "audio-2"))
    assert [s[:3] for s in first.segments] == [s[:3] for s in second.segments]


def test_sound_that_has_another_number_is_played(make_server, feed):
    server = dash_server(make_server)
    feed(server, with_second_sound(media.loop("h264_aac_long.flv"), instead=True))
    with DashWatch(server.http_url("/live/s.mpd"), should=True) as watch:
        watch.wait_segments(4)
        assert sounds(wait_mpd(server)) == {"audio-2"}


def test_a_track_that_comes_and_goes_begins_a_period(make_server, feed):
    server = dash_server(make_server)
    feed(server, with_second_sound(media.loop("h264_aac_long.flv"), between=(2500, 5500)))
    with DashWatch(server.http_url("/live/s.mpd"), should=True):
        mpd = wait_mpd(server, lambda m: len(m.periods) == 3, what="three Periods")
    assert ["audio-2" in {r.id for r in p.representations} for p in mpd.periods] == [False, True, False]
