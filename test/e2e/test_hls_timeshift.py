"""Timeshift: playlists of the past, the files behind them, and how long they stay."""
import os
from itertools import takewhile
from urllib.parse import urljoin

import pytest

import hls_playlist
import hls_rules
import media
import rtmp
from hls_watch import Http, Watch
from wait import until


class Shift:
    """A server that keeps the past of live/s."""

    def __init__(self, make_server, directives="", window=4, timeshift="1h", ctx="off"):
        self.server = make_server(http="", start=False)
        self.directives, self.window, self.timeshift, self.ctx = directives, window, timeshift, ctx
        self.server.write_conf(self.conf())
        self.server.start()
        self.http = Http()

    def conf(self):
        return ("vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_window %s; hls_timeshift %s; hls_ctx %s;"
                " hls_path %s; %s } }" % (self.window, self.timeshift, self.ctx, self.server.html, self.directives))

    def url(self, query="", path="/live/s.m3u8"):
        return self.server.http_url(path) + query

    def get(self, query="", path="/live/s.m3u8"):
        return self.http.get(self.url(query, path))

    def playlist(self, query):
        reply = self.get(query)
        assert reply.status == 200, (query, reply)
        text = reply.body.decode()
        hls_rules.assert_good(hls_rules.check_media(text), text)
        return hls_playlist.read(text)

    def send(self, publisher, seconds, tags=None):
        publisher.send_tags(takewhile(lambda t: t.ts < seconds * 1000, tags or media.loop("h264_aac.flv")))
        publisher.barrier()

    def indexed(self):
        """Lines of segments in the index."""
        lines = []
        for folder, _, names in os.walk(os.path.join(self.server.html, ".hls", "timeshift")):
            for name in names:
                with open(os.path.join(folder, name)) as f:
                    lines += [line for line in f if " s1\t" in line]
        return lines

    def wait_indexed(self, count):
        return until(lambda: len(self.indexed()) >= count and self.indexed(), lambda: self.indexed())

    def all(self):
        """A playlist of all that is kept; its dates run ahead of the clock when a test has sent faster than time goes by."""
        return self.playlist("?start=1&end=99999999999")


@pytest.fixture
def shift(make_server):
    return lambda **how: Shift(make_server, **how)


def test_a_delayed_playlist_is_live_and_late(shift):
    s = shift()
    feeder = rtmp.Feeder(s.server.publisher("s"), media.loop("h264_aac.flv"))
    with Watch(s.url("?delay=3"), lingers=False) as watch:
        watch.wait_segments(6)
        live, late = s.playlist(""), s.playlist("?delay=3")
        assert not late.ended and late.type is None
        assert 2 <= live.segments[-1].pdt - late.segments[-1].pdt <= 6
    feeder.stop()
    assert not watch.media[0].missing()
