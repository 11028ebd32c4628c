"""Real players of encoders whose timestamps are difficult: sound and picture stay together, and time runs at its speed."""
import itertools
import os
import subprocess

import pytest

import media
import rtmp
from browser import Browser
from flv import AUDIO, VIDEO, is_config, is_end, is_key
from media import ROOT, Program
from test_clients import nobody, public_folder                      # noqa: F401 (a fixture)
from wait import until

CLIP = "h264_aac_plain.flv"
OFFSET_MS = 300


def offset(tags, _round):
    """The picture's times are a constant ahead of the sound's."""
    return [t._replace(ts=t.ts + OFFSET_MS) if t.type == VIDEO else t for t in tags]


def low_rate(tags, _round):
    """A picture a second: only the key frames are left."""
    return [t for t in tags if t.type != VIDEO or is_config(t) or is_key(t)]


def restart(tags, n):
    """The encoder's clock begins anew with each round, from somewhere else."""
    return [t._replace(ts=t.ts + (3600000, 0, 500, 7200000)[n % 4]) for t in tags]


HABITS = {"offset": offset, "low rate": low_rate, "restart": restart}


def is_frame(t):
    return t.type in (AUDIO, VIDEO) and not is_config(t) and not is_end(t)


def stream(habit):
    """(tag, what its time would be without the habit), round after round of the clip."""
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
    """Publishes at the pace of the content, whatever the timestamps say."""
    pairs = list(itertools.islice(stream(habit), 100000 if rounds is None else rounds * 400))
    if rounds is not None:
        length = max(t.ts for t in media.tags(CLIP)) + 40
        pairs = [p for p in pairs if p[1].ts < rounds * length]
    return rtmp.Feeder(Disguised(server.publisher("s"), pairs), [right for _, right in pairs]), pairs


class Disguised:
    """A publisher that is told when to send what, and sends it with the encoder's timestamps."""

    def __init__(self, client, pairs):
        self.client, self.made = client, (made for made, _ in pairs)

    def send_tag(self, _right):
        self.client.send_tag(next(self.made))

    def __getattr__(self, name):
        return getattr(self.client, name)


def assert_in_sync(habit, pairs, played):
    """Each frame that was played, found where its neighbours' sizes fit best, is where the content says."""
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


@pytest.mark.parametrize("habit", HABITS)
def test_ffmpeg_hears_and_sees_in_sync(server, habit):
    with media.ffmpeg_play(server.url()) as player:
        server.wait_log(r"type=rtmp-play")
        feeder, pairs = feed(server, habit, rounds=2)
        feeder.join()
        feeder.finish()
        assert_in_sync(habit, pairs, media.parse_framemd5(player.ends()))


@pytest.mark.parametrize("habit", HABITS)
def test_vlc_hears_and_sees_in_sync(server, public_folder, habit):   # noqa: F811
    out = os.path.join(public_folder, "out.flv")
    argv = ["cvlc", "-q", "--no-interact", "--no-media-library", "--play-and-exit", "--network-caching=300", server.url(),
            "--sout", "#std{access=file,mux=ffmpeg{mux=flv},dst=%s}" % out, "vlc://quit"]
    with Program(argv, **nobody()) as player:
        server.wait_log(r"type=rtmp-play")
        feeder, pairs = feed(server, habit, rounds=2)
        feeder.join()
        feeder.finish()
        player.ends()
    assert_in_sync(habit, pairs, media.framemd5(out))


@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("habit", HABITS)
def test_mpegts_js_plays_in_sync(make_server, habit):
    server = make_server("vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } }", api="",
                         http="", start=False)
    subprocess.run([os.path.join(ROOT, "trunk-scripts", "pages.sh"), server.html], check=True, timeout=120)
    server.start()
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
        assert ranges == 1                                           # no hole between what came before and behind
        complaints = [line for line in page.console() if "ropp" in line or "silent" in line]
        assert complaints == []
    finally:
        page.close()
        feeder.finish()
