"""A publisher that drops again and again, and a server that is killed meanwhile, under a watching hls.js: numbers only rise, no error
ends the playing, and pictures go on."""
import random
from itertools import takewhile

import pytest

import browser_players
import media
import rtmp
from browser import Browser
from hls_watch import Watch
from test_hls_recover import FMP4, Origin

LOW_LATENCY = FMP4 + "hls_ll on; hls_part 0.2;"
# The second one has another configuration, with B-frames.
CLIPS = ["h264_aac_plain.flv", "h264_aac.flv"]


class Dropper:
    """Publishes in real time, a second or so at a time, and ends in several ways, with the same choices in each run."""

    def __init__(self, origin):
        self.origin, self.choice = origin, random.Random(7)
        self.clips = {clip: media.tags(clip) for clip in CLIPS}

    def publish(self):
        """A publisher at work, and its connection."""
        clip = CLIPS[self.choice.random() < 0.1]
        length_ms = self.choice.randrange(700, 1300)
        client = self.connected()
        return client, rtmp.Feeder(client, takewhile(lambda t: t.ts < length_ms, self.clips[clip]))

    def connected(self):
        """The server may not have seen the end of the publisher before."""
        while True:
            try:
                return self.origin.server.publisher()
            except rtmp.Refused as e:
                assert "busy" in str(e).lower(), e

    def drop(self):
        client, feeder = self.publish()
        feeder.join()
        feeder.check()
        end = self.choice.choice(["unpublish", "close", "reset"])
        if end == "reset":
            client.reset()
            return
        if end == "unpublish":
            client.unpublish()
        client.close()

    def crash(self):
        """The server is killed under the publisher, or just behind its end."""
        client, feeder = self.publish()
        feeder.join(self.choice.random())
        self.origin.crash()
        feeder.stop()
        client.close()
        self.origin.start()


@pytest.fixture
def browser():
    browser_players.skip_without_browser()
    b = Browser()
    yield b
    b.close()


def watch_drops(make_server, browser, directives, ctx, drops, kills):
    """hls.js, and a watcher that judges each playlist, over so many drops; `kills` are the turns in which the server is killed."""
    o = Origin(make_server, directives, window=12, ctx=ctx).start()
    dropper = Dropper(o)
    ignore = ("segment-uri-changes", "segment-map-changes") if ctx == "on" else ()   # until a publisher is back, files have no ids
    with Watch(o.url(), may_vanish=True, lingers=False, bandwidth=None, ignore=ignore) as watch:
        while not watch.media or not watch.media[0].known or len(watch.media[0].known.segments) < 3:
            dropper.drop()
        with browser_players.playing(browser, o.server, "hls.js", o.url(), low_latency=True) as p:
            for turn in range(drops):
                dropper.crash() if turn in kills else dropper.drop()
                if turn % 5 and turn not in kills:
                    continue
                seen = p.seen()
                assert not seen.fatal, (turn, [f[-1500:] for f in seen.fatal], seen.errors[-3:])
            feeder = rtmp.Feeder(dropper.connected(), media.tags("h264_aac_long.flv"))
            p.wait_played(seen.played + 4)
            seen = p.seen()
            feeder.finish()
    assert seen.newestBack == 0 and seen.segmentsBack == 0, seen
    assert len(seen.segments) > drops / 2, seen.segments


# hls_ctx is as it is by default in one of them.
SHAPES = {"low-latency": (LOW_LATENCY, "off"), "fmp4-viewer": (FMP4, "on"), "ts": ("", "off")}


@pytest.mark.long
@pytest.mark.parametrize("shape", SHAPES)
def test_hls_js_goes_on_over_20_drops_and_a_kill(make_server, browser, shape):
    watch_drops(make_server, browser, *SHAPES[shape], 20, {10})


@pytest.mark.long
@pytest.mark.parametrize("shape", SHAPES)
def test_hls_js_goes_on_over_1000_drops_and_kills(make_server, browser, shape):
    watch_drops(make_server, browser, *SHAPES[shape], 1000, {200, 500, 800})
