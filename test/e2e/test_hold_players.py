"""Real players over a publisher that drops, with another encoder in its place: the picture moves again, time never goes back, and
no player connects anew. doc/hold.md."""
import itertools
import re
import time

import pytest

import media
import rtmp
from browser import Browser
from test_hold import FORMATS
from wait import until

MAIN, OTHER = "h264_aac_plain.flv", "h264_aac_wide.flv"
OTHERS = {"flv": OTHER, "ts": OTHER, "mp4": "h264_aac_large.flv"}          # fMP4 cannot go on with another sound
MAIN_WIDTH, OTHER_WIDTH = 160, 320
HOW = ["slate", "backup", "takeover", "hold"]
GOP_MS = {MAIN: 1000, **dict.fromkeys(OTHERS.values(), 4000)}

# For each picture that is shown: its time in the stream, its width, and what the player has.
_WATCH = """
window.shown = []
const video = document.querySelector('video')
const note = (now, { mediaTime }) => {
  shown.push([mediaTime, video.videoWidth, Array.from({ length: video.buffered.length }, (_, i) => [video.buffered.start(i), video.buffered.end(i)])])
  video.requestVideoFrameCallback(note)
}
video.requestVideoFrameCallback(note)
"""


class Publisher:
    def __init__(self, server, stream, clip):
        self.client = server.publisher(stream)
        self.gop_ms = GOP_MS[clip]
        self.feeder = rtmp.Feeder(self.client, media.loop(clip))

    def wait_inside_gop(self):
        """mpegts.js has the last two pictures in hand when configurations change: a key frame there is given to the wrong decoder."""
        until(lambda: self.feeder.sent and 200 < self.feeder.sent[-1].ts % self.gop_ms < self.gop_ms - 200, "a place inside a GOP")

    def drop(self):
        """Without a goodbye, as a process that is killed."""
        self.wait_inside_gop()
        self.finish()

    def finish(self):
        self.feeder.stop()
        self.client.close()


def conf_of(how, ext):
    stands_in = {"slate": "slate %s;" % media.clip(OTHERS[ext]), "backup": "backup [stream]_b;", "takeover": "republish takeover;", "hold": ""}
    return "vhost __defaultVhost__ { publish { hold 30s; %s } %s }" % (stands_in[how], FORMATS % ext)


class Replacement:
    """The stream `s` of one encoder, and another encoder that takes its place: a slate, a backup, or a publisher."""

    def __init__(self, server, how, ext):
        self.server, self.how, self.clip = server, how, OTHERS[ext]
        self.first = Publisher(server, "s", MAIN)
        self.other = Publisher(server, "s_b", self.clip) if how == "backup" else None

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.finish()

    def finish(self):
        for p in (self.first, self.other):
            if p:
                p.finish()

    def begin(self):
        if self.how == "takeover":
            self.first.wait_inside_gop()
            self.other = Publisher(self.server, "s", self.clip)
            return
        self.first.drop()
        self.server.wait_log("hold /live/s" if self.how == "hold" else "%s stands in for the publisher of /live/s" % self.how)
        self.began = time.monotonic()
        if self.how == "hold":
            self.other = Publisher(self.server, "s", self.clip)

    def end(self):
        """The first encoder is back."""
        if self.other:
            self.other.wait_inside_gop()
        else:
            until(lambda: 1 < (time.monotonic() - self.began) % 4 < 3, "a place inside a GOP of the slate")
        self.first = Publisher(self.server, "s", MAIN)


def wait_width(page, width):
    until(lambda: page.facts()["width"] == width, lambda: "a width of %d: %s %s" % (width, page.facts(), page.console()), 30)


def steps_of(shown):
    """The steps of the stream's time from picture to picture."""
    return [b[0] - a[0] for a, b in zip(shown, shown[1:])]


def watch_replacement(page, replacement, how):
    """The page plays while the stream is replaced and, if it comes back by itself, while it does."""
    page.run(_WATCH)
    replacement.begin()
    wait_width(page, OTHER_WIDTH)
    page.wait_playing(2, 40)
    if how in ("slate", "backup"):
        replacement.end()
        wait_width(page, MAIN_WIDTH)
        page.wait_playing(1, 20)


@pytest.mark.long
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("how,ext,scheme", [(how, ext, "http") for how in HOW for ext in ("flv", "ts")] + [("slate", "flv", "ws")])
def test_mpegts_js_shows_another_encoder_without_a_stop(site, how, ext, scheme):
    server = site(conf_of(how, ext))
    url = server.http_url("/live/s." + ext).replace("http", scheme, 1)
    page = Browser()
    try:
        with Replacement(server, how, ext) as replacement:
            page.open(server.http_url("/players/srs_player.html") + "?autostart=true&url=" + url)
            page.wait_playing(1, 20)
            watch_replacement(page, replacement, how)
            shown, facts = page.run("return shown"), page.facts()
    finally:
        page.close()
    assert min(steps_of(shown)) >= 0 and max(steps_of(shown)) < 1, shown
    assert max(len(ranges) for _, _, ranges in shown) == 1 and not facts["error"]     # no hole in front of the new pictures
    assert len(re.findall(r"start play /live/s", server.log)) == 1


# The picture that is shown, from a file that goes on for ever.
_FILE = """
document.body.innerHTML = '<video autoplay muted src="%s"></video>'
"""


@pytest.mark.long
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("how", HOW)
def test_chromium_shows_another_encoder_in_a_file(site, how):
    server = site(conf_of(how, "mp4"))
    page = Browser()
    try:
        with Replacement(server, how, "mp4") as replacement:
            page.open(server.http_url("/players/srs_player.html"))
            page.run(_FILE % "/live/s.mp4")
            page.wait_playing(1, 20)
            watch_replacement(page, replacement, how)
            shown, error = page.run("return shown"), page.run("return document.querySelector('video').error")
    finally:
        page.close()
    assert min(steps_of(shown)) >= 0 and max(steps_of(shown)) < 1 and not error, shown
    assert len(re.findall(r"start play /live/s", server.log)) == 1


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["rtmp", "http"])
@pytest.mark.parametrize("how", HOW)
def test_ffmpeg_plays_on_with_another_encoder(make_server, how, scheme):
    server = make_server(conf_of(how, "flv"), http="")
    pictures = {clip: {p.hash for p in media.framemd5(media.clip(clip)) if p.kind == "video"} for clip in (MAIN, OTHER)}
    with Replacement(server, how, "flv") as replacement:
        with media.ffmpeg_play(server.url() if scheme == "rtmp" else server.http_url("/live/s.flv")) as player:
            server.wait_log("type=rtmp-play" if scheme == "rtmp" else "start play /live/s")
            sent = len(replacement.first.feeder.sent)
            until(lambda: len(replacement.first.feeder.sent) > sent + 60, "some pictures")
            replacement.begin()
            began = time.monotonic()
            until(lambda: time.monotonic() > began + 2, "some pictures of the other encoder")
            replacement.finish()
            server.reload("vhost __defaultVhost__ { %s }" % (FORMATS % "flv"))
            packets = media.parse_framemd5(player.ends())
    for kind in ("video", "audio"):
        times = [p.dts for p in packets if p.kind == kind]
        assert times == sorted(times) and max(b - a for a, b in zip(times, times[1:])) <= 1000
    shown = [next((clip for clip in pictures if p.hash in pictures[clip]), None) for p in packets if p.kind == "video"]
    assert [clip for clip, _ in itertools.groupby(shown)] == [MAIN, OTHER]
