"""Real players, encoders with difficult timestamps: sound and picture stay together, and time runs at normal speed."""
import itertools
import os

import pytest

import flv
import media
import rtmp
from browser import Browser
from flv import AUDIO, VIDEO, is_config, is_end, is_key
from media import Program
from test_clients import public_folder                      # noqa: F401 (a fixture)
from wait import until

CLIP = "h264_aac_plain.flv"
OFFSET_MS = 300


def offset(tags, _round):
    """The picture's times are a constant ahead of the sound's."""
    return [t._replace(ts=t.ts + OFFSET_MS) if t.type == VIDEO else t for t in tags]


def low_rate(tags, _round):
    """One picture a second: only the key frames are kept."""
    return [t for t in tags if t.type != VIDEO or is_config(t) or is_key(t)]


def restart(tags, n):
    """The encoder's clock begins anew with each round, at another value."""
    return [t._replace(ts=t.ts + (3600000, 0, 500, 7200000)[n % 4]) for t in tags]


HABITS = {"offset": offset, "low rate": low_rate, "restart": restart}


def is_frame(t):
    return t.type in (AUDIO, VIDEO) and not is_config(t) and not is_end(t)


def stream(habit):
    """Pairs (tag, its time without the fault), round after round of the clip."""
    once = [t for t in media.tags(CLIP) if is_frame(t) or is_config(t)]
    length = max(t.ts for t in once) + 40
    for n in itertools.count():
        moved = HABITS[habit](once, n)
        kept = [t for t in once if habit != "low rate" or t.type != VIDEO or is_config(t) or is_key(t)]
        step = 0 if habit == "restart" else n * length
        for made, right in zip(moved, kept):
            if n == 0 or is_frame(made):
                yield made._replace(ts=made.ts + step), right._replace(ts=right.ts + n * length)


def feed(server, habit, rounds=None):
    """Publish at the pace of the content, independent of the timestamps."""
    pairs = list(itertools.islice(stream(habit), 100000 if rounds is None else rounds * 400))
    if rounds is not None:
        length = max(t.ts for t in media.tags(CLIP)) + 40
        pairs = [p for p in pairs if p[1].ts < rounds * length]
    return rtmp.Feeder(Disguised(server.publisher("s"), pairs), [right for _, right in pairs]), pairs


class Disguised:
    """A publisher that sends frames at the given moments, with the encoder's timestamps."""

    def __init__(self, client, pairs):
        self.client, self.made = client, (made for made, _ in pairs)

    def send_tag(self, _right):
        self.client.send_tag(next(self.made))

    def __getattr__(self, name):
        return getattr(self.client, name)


def assert_in_sync(habit, pairs, played):
    """Assert that each played frame, identified by the sizes of its neighbours, has the time of its content."""
    late = {}
    for kind, tag_type, head in (("video", VIDEO, 5), ("audio", AUDIO, 2)):
        want = [(len(m.payload) - head, r.ts) for m, r in pairs if is_frame(m) and m.type == tag_type]
        got = [p for p in played if p.kind == kind]
        assert len(want) * 0.7 <= len(got) <= len(want), "%s: %d of %d" % (kind, len(got), len(want))
        at = min(range(len(want) - len(got) + 1),
                 key=lambda i: sum(abs(n - p.size) for (n, _), p in zip(want[i:], got)))
        assert all(b.dts >= a.dts for a, b in zip(got, got[1:])), "%s goes back" % kind
        late[kind] = [p.pts - ts for p, (_, ts) in zip(got, want[at:])]
    meant = OFFSET_MS if habit == "offset" else 0
    sums = [v - meant for v in late["video"]] + late["audio"]
    assert max(sums) - min(sums) <= 60, (habit, min(sums), max(sums))   # a step over a restart may be a frame longer


@pytest.mark.long
@pytest.mark.parametrize("habit", HABITS)
def test_ffmpeg_hears_and_sees_in_sync(server, habit):
    with media.ffmpeg_play(server.url()) as player:
        server.wait_log(r"type=rtmp-play")
        feeder, pairs = feed(server, habit, rounds=2)
        feeder.join()
        feeder.finish()
        assert_in_sync(habit, pairs, media.parse_framemd5(player.ends()))


@pytest.mark.long
@pytest.mark.parametrize("habit", HABITS)
def test_vlc_hears_and_sees_in_sync(server, public_folder, habit):   # noqa: F811
    out = os.path.join(public_folder, "out.flv")
    argv = ["cvlc", "-q", "--no-interact", "--no-media-library", "--play-and-exit", "--network-caching=300", server.url(),
            "--sout", "#std{access=file,mux=ffmpeg{mux=flv},dst=%s}" % out, "vlc://quit"]
    with Program(argv, **media.nobody()) as player:
        server.wait_log(r"type=rtmp-play")
        feeder, pairs = feed(server, habit, rounds=2)
        feeder.join()
        feeder.finish()
        player.ends()
    assert_in_sync(habit, pairs, media.framemd5(out))


@pytest.mark.long
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("habit", HABITS)
def test_mpegts_js_plays_in_sync(site, habit):
    server = site()
    feeder, _ = feed(server, habit)
    page = Browser()
    try:
        page.open(server.http_url("/players/srs_player.html") + "?stream=s&app=live")
        first = page.wait_playing(0.5, 3)
        began = page.run("return performance.now()")
        page.wait_playing(9, 3)                                      # two rounds, a restart in between
        facts = page.facts()
        elapsed = (page.run("return performance.now()") - began) / 1000
        assert facts["time"] - first["time"] >= 9 and facts["time"] - first["time"] <= elapsed + 2.5
        ranges = page.run("const b = document.querySelector('video').buffered; return b.length")
        assert ranges == 1                                           # no hole between the buffers before and after the restart
        complaints = [line for line in page.console() if "ropp" in line or "silent" in line]
        assert complaints == []
    finally:
        page.close()
        feeder.finish()


# -- pictures that are shown before their decoding time --------------------------------------------------------------------

EARLY_MS = 80                                                        # the delay of pictures by x264 with two B pictures


def shown_early(tags):
    """The stream of an encoder that begins both times of a picture at 0: composition times from -80 ms on."""
    for t in tags:
        if t.type == VIDEO and is_frame(t):
            cts = int.from_bytes(t.payload[2:5], "big", signed=True) - EARLY_MS
            t = t._replace(payload=t.payload[:2] + (cts & 0xFFFFFF).to_bytes(3, "big") + t.payload[5:])
        yield t


def shown_ms(t):
    return t.ts + (int.from_bytes(t.payload[2:5], "big", signed=True) if t.type == VIDEO else 0)


@pytest.mark.sample(2)
@pytest.mark.parametrize("ext", ["mp4", "ts"])
@pytest.mark.parametrize("joins", [False, True], ids=["from the beginning", "joins"])
def test_ffmpeg_is_in_sync_where_pictures_are_shown_before_they_are_decoded(make_server, ext, joins):
    server = make_server("vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].%s; } }" % ext, http="")
    url = server.http_url("/live/s." + ext)
    tags = list(shown_early(t for t in media.tags("h264_aac.flv") if is_frame(t) or is_config(t)))
    frames = [t for t in tags if is_frame(t)]
    publisher = server.publisher("s")
    if joins:
        feeder = rtmp.Feeder(publisher, tags)
        until(lambda: feeder.sent and feeder.sent[-1].ts > 1500, "some of the stream", 20)
    with media.ffmpeg_play(url) as player:
        server.wait_log(r"start play /live/s.%s" % ext)
        if not joins:
            feeder = rtmp.Feeder(publisher, tags)
        feeder.join()
        feeder.finish()
        played = media.parse_framemd5(player.ends())
    late = []
    for kind, tag_type in (("video", VIDEO), ("audio", AUDIO)):
        want, got = [shown_ms(t) for t in frames if t.type == tag_type], [p for p in played if p.kind == kind]
        assert len(got) > 30 and all(p.pts >= p.dts for p in got)
        assert all(b.dts >= a.dts for a, b in zip(got, got[1:]))
        unseen = 0 if joins else 10                                  # the first pictures come before the early ones are known
        late += [p.pts - ms for p, ms in zip(got[unseen:][::-1], want[::-1])]
    assert max(late) - min(late) <= 2


# -- a kind that comes late ------------------------------------------------------------------------------------------------

@pytest.mark.long
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("second", ["sound", "picture"])
@pytest.mark.parametrize("told", [False, True], ids=["untold", "told"])
def test_the_page_plays_a_kind_that_comes_late(site, second, told):
    server = site()
    kind = AUDIO if second == "sound" else VIDEO
    late = [t for t in media.tags(CLIP) if is_config(t) and t.type == kind]

    def tags():
        if told:
            yield flv.metadata(videocodecid=7.0, audiocodecid=10.0, width=160.0, height=120.0)
        began = False
        for t in media.loop(CLIP):
            if t.type not in (AUDIO, VIDEO) or is_end(t) or (t.type == kind and (t.ts < 6000 or is_config(t))):
                continue
            if t.type == kind and not began:
                if kind == VIDEO and not is_key(t):
                    continue
                began = True
                yield from (c._replace(ts=t.ts) for c in late)
            yield t
    page = Browser()
    feeder = rtmp.Feeder(server.publisher("s"), tags())
    try:
        page.open(server.http_url("/players/srs_player.html") + "?stream=s&app=live")
        decoded = "const v = document.querySelector('video'); return [v.webkitAudioDecodedByteCount, v.webkitVideoDecodedByteCount]"
        if not told:
            first = 1 if second == "sound" else 0
            until(lambda: page.run(decoded)[first] > 0, "the first kind to play", 20)
            assert feeder.sent[-1].ts < 6000
        else:
            page.wait_text("has not come yet")
        ends = []
        until(lambda: ends.append("has ended" in page.text()) or feeder.sent[-1].ts > 6000 and all(
            n > 0 for n in page.run(decoded)), "both kinds to play", 30)
        stood = page.facts()["time"]
        until(lambda: page.facts()["time"] > stood + 2, lambda: "time to go on: %s" % page.facts(), 20)
        assert page.facts()["error"] == "" and page.facts()["frames"] > 20
        assert not any(ends) and "ended" not in page.text()
    finally:
        page.close()
        feeder.finish()


@pytest.mark.xdist_group("browser")
def test_a_video_element_plays_pictures_that_are_shown_before_they_are_decoded(site):
    server = site(api=None)
    feeder = rtmp.Feeder(server.publisher("s"), shown_early(media.loop("h264_aac.flv")))
    until(lambda: feeder.sent and feeder.sent[-1].ts > 1500, "some of the stream", 20)
    page = Browser()
    try:
        page.open(server.http_url("/players/srs_player.html") + "?url=" + server.http_url("/live/s.mp4"))
        page.wait_playing(2, 40)
        assert page.facts()["error"] == ""
        assert page.run("const v = document.querySelector('video'); return v.webkitAudioDecodedByteCount") > 0
        assert page.run("return document.querySelector('video').getVideoPlaybackQuality().droppedVideoFrames") < 10
    finally:
        page.close()
        feeder.finish()
