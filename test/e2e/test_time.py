"""Time at the player: encoders with every fault of timestamps that has been seen, RTMP and HTTP-FLV players.

Each row publishes minutes of a stream of numbered frames, most of them at once: a player's times are a function of the
timestamps alone. They must never go back within a track, run at normal speed, and keep the offset between sound and
picture. TIME_TABLE=FILE writes the measured rows for doc/time.md.
"""
import os
import struct
import time

import pytest

import flv
from flv import AUDIO, VIDEO, Tag
from http_live import HttpPlayer
from wait import until

HOUR = 3600000


class Encoder:
    """An encoder's frames in the order of sending, each with the time of its content and the encoder's timestamp."""

    def __init__(self, fps=25.0, audio_hz=44100, seconds=120, start=100000, offset=0, jump=0, lag=0, restarts=False,
                 b_frames=0, drift=0, config_at_0=False, paced=False):
        self.periods = {VIDEO: 1000 / fps if fps else 0, AUDIO: 1024000 / audio_hz if audio_hz else 0}
        self.seconds, self.start, self.offset, self.jump, self.lag = seconds, start, offset, jump, lag
        self.restarts, self.b_frames, self.drift, self.config_at_0, self.paced = restarts, b_frames, drift, config_at_0, paced

    def content_ms(self, kind, n):
        """The time at which a frame should be seen or heard."""
        if kind == VIDEO and self.b_frames and n:
            group = self.b_frames + 1
            base, at = (n - 1) // group * group, (n - 1) % group
            n = base + (at or group)                                # the P picture is decoded before its B pictures
        return n * self.periods[kind] * (1 + self.drift / 1e6)

    def is_behind(self, kind, n):
        """True when the frame has the times after the jump."""
        at = n * self.periods[kind] >= self.seconds * 500
        first = int(self.seconds * 500 / self.periods[kind]) + 1
        return (self.jump or self.restarts) and at and (kind == VIDEO or n - first >= self.lag)

    def timestamp(self, kind, n):
        ms = self.content_ms(kind, n) + (self.offset if kind == VIDEO else 0)
        if self.is_behind(kind, n) and self.restarts:
            return round(ms - self.seconds * 500) & 0xFFFFFFFF
        return (round(ms + (self.jump if self.is_behind(kind, n) else 0)) + self.start) & 0xFFFFFFFF

    def frame(self, kind, n):
        if kind == AUDIO:
            return Tag(AUDIO, self.timestamp(kind, n), flv.aac(1, b"%08d" % n))
        key = n % 250 == 0
        nalu = (b"\x65" if key else b"\x41") + b"%08d" % n
        return Tag(VIDEO, self.timestamp(kind, n), flv.video(7, 1, struct.pack(">I", len(nalu)) + nalu, key))

    def frames(self):
        n = {k: 0 for k, period in self.periods.items() if period}
        while True:
            kind = min(n, key=lambda k: n[k] * self.periods[k])
            at = n[kind] * self.periods[kind]
            if at > self.seconds * 1000:
                return
            if self.config_at_0 and kind == VIDEO and n[kind] % 250 == 0:
                yield at, Tag(VIDEO, 0, flv.AVC_CONFIG)
            yield at, self.frame(kind, n[kind])
            n[kind] += 1

    def configs(self):
        return [Tag(k, self.start & 0xFFFFFFFF, c) for k, c in ((AUDIO, flv.AAC_CONFIG), (VIDEO, flv.AVC_CONFIG))
                if self.periods[k]]


def seen_by(messages):
    """(kind, number, decoding time, display time) of each frame, unwrapped."""
    seen = []
    for m in messages:
        if m.type not in (AUDIO, VIDEO) or flv.is_config(m):
            continue
        cts = int.from_bytes(m.payload[2:5], "big", signed=True) if m.type == VIDEO else 0
        seen.append((m.type, int(m.payload[-8:]), m.ts, m.ts + cts))
    return seen


def measure(encoder, seen):
    """The (A/V error in ms, speed) of the frames of a player; asserts the invariants of its times."""
    for kind in (AUDIO, VIDEO):
        times = [dts for k, _, dts, _ in seen if k == kind]
        assert all(b >= a for a, b in zip(times, times[1:])), "time goes back"
        numbers = [n for k, n, _, _ in seen if k == kind]
        assert numbers == list(range(len(numbers))), "a frame is missing"
    error = 0.0
    for behind in (False, True):
        shifts = {}
        for kind, n, _, pts in seen:
            if bool(encoder.is_behind(kind, n)) == behind:
                shift = pts - encoder.content_ms(kind, n) - (encoder.offset if kind == VIDEO else 0)
                shifts.setdefault(kind, []).append(shift)
        if len(shifts) == 2:
            error = max(error, max(shifts[VIDEO]) - min(shifts[AUDIO]), max(shifts[AUDIO]) - min(shifts[VIDEO]))
    kind = VIDEO if encoder.periods[VIDEO] else AUDIO
    track = [(encoder.content_ms(k, n), pts) for k, n, _, pts in seen if k == kind]
    speed = (track[-1][1] - track[0][1]) / (track[-1][0] - track[0][0])
    return error, speed


ROWS = {
    "a sound stream": Encoder(),
    "a sound stream, as it comes, 6 s": Encoder(seconds=6, paced=True),
    "1 fps": Encoder(fps=1.0),
    "2 fps without sound": Encoder(fps=2.0, audio_hz=0),
    "1 picture in 4 s": Encoder(fps=0.25, seconds=240),
    "29.97 fps, 48 kHz": Encoder(fps=30000 / 1001, audio_hz=48000),
    "60 fps": Encoder(fps=60.0),
    "240 fps, 96 kHz": Encoder(fps=240.0, audio_hz=96000, seconds=60),
    "sound alone": Encoder(fps=0),
    "32-bit wrap in the middle": Encoder(start=2 ** 32 - 60000),
    "restart from 0 in the same publish": Encoder(start=5 * HOUR, restarts=True),
    "restart from 0, picture 400 ms ahead": Encoder(start=5 * HOUR, restarts=True, offset=400),
    "configurations with timestamp 0": Encoder(config_at_0=True),
    "display times in decoding order, 10 fps, 2 B-frames": Encoder(fps=10.0, b_frames=2),
    "display times in decoding order, 25 fps, 3 B-frames": Encoder(b_frames=3),
    "clock 200 ppm fast": Encoder(drift=200),
    "clock 200 ppm slow": Encoder(drift=-200),
    "sound jumps a second after the picture, 5 s": Encoder(jump=5000, lag=43),
    "2 fps without sound, jump of -1 h": Encoder(fps=2.0, audio_hz=0, start=2 * HOUR, jump=-HOUR),
}
for ms in (200, 500, 1000, 5000, 60000, HOUR, 30 * HOUR):
    for sign in (1, -1):
        ROWS["jump of %+g s" % (sign * ms / 1000)] = Encoder(start=31 * HOUR, jump=sign * ms)
for ms in (40, 230, 260, 400, 1000, 5000):
    for sign in (1, -1):
        ROWS["picture %+d ms from the sound" % (sign * ms)] = Encoder(offset=sign * ms)


def publish(publisher, encoder):
    publisher.send_tags(encoder.configs())
    began = time.monotonic()
    for at, tag in encoder.frames():
        if encoder.paced:
            publisher.flush()
            time.sleep(max(0, began + at / 1000 - time.monotonic()))
        publisher.send_tag(tag)
    publisher.flush()


def has_media(client, n):
    try:
        client.pump(0.05)
    except TimeoutError:
        pass
    return len(client.media()) >= n


def tell(row, error, speed):
    path = os.environ.get("TIME_TABLE")
    if path:
        with open(path, "a") as table:
            table.write("| %s | %.0f ms | %.5f |\n" % (row, error, speed))


@pytest.mark.sample(4)
@pytest.mark.parametrize("mode", ["full", "zero"])
@pytest.mark.parametrize("row", ROWS)
def test_time_runs_and_sound_and_picture_stay_together(make_server, row, mode):
    encoder = ROWS[row]
    server = make_server("vhost __defaultVhost__ { play { time_jitter %s; queue_length 600; }"
                         " http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } }" % mode, http="")
    n = sum(1 for _ in encoder.frames()) + len(encoder.configs())
    with server.player() as player, HttpPlayer(server.http_port, "/live/s.flv") as viewer:
        player.barrier()
        viewer.wait_head()
        with server.publisher(chunk_size=65536) as publisher:
            publish(publisher, encoder)
            for client in (player, viewer):
                until(lambda: has_media(client, n), "all frames", 60)
    worst = 0.0
    for messages in (player.media(), viewer.media()):
        seen = seen_by(messages)
        assert min(dts for _, _, dts, _ in seen) <= 100              # the earlier of the two begins at 0
        error, speed = measure(encoder, seen)
        assert error <= 20 and abs(speed - 1) <= 0.001, (error, speed)
        worst = max(worst, error)
    if mode == "full":
        tell(row, worst, speed)


def test_off_gives_the_encoders_own_timestamps_breaks_included(make_server):
    encoder = Encoder(seconds=10, start=HOUR, jump=-5000)
    server = make_server("vhost __defaultVhost__ { play { time_jitter off; } }")
    tags = [tag for _, tag in encoder.frames()]
    with server.player() as player, server.publisher() as publisher:
        player.barrier()
        publish(publisher, encoder)
        player.wait_media(len(tags) + 2)
        assert [(m.type, m.ts) for m in player.media()[2:]] == [(t.type, t.ts) for t in tags]


@pytest.mark.parametrize("mode", ["full", "zero"])
def test_a_player_goes_on_in_sync_when_its_encoder_comes_back_from_0(make_server, mode):
    server = make_server("vhost __defaultVhost__ { play { time_jitter %s; } }" % mode)
    encoder = Encoder(seconds=4, start=9 * HOUR, offset=300)
    again = Encoder(seconds=4, start=0, offset=300)
    n = len(list(encoder.frames()))
    with server.player() as player:
        player.barrier()
        for e in (encoder, again):
            with server.publisher() as publisher:
                publish(publisher, e)
                publisher.barrier()
                publisher.unpublish()
        player.wait_media(2 * (n + 2))
        seen = seen_by(player.media())
        first, second = seen[:n], seen[n:]
        for part in (first, second):
            error, speed = measure(encoder, part)
            assert error <= 20 and abs(speed - 1) <= 0.001, (error, speed)
        for kind in (AUDIO, VIDEO):
            last = [dts for k, _, dts, _ in first if k == kind][-1]
            next_one = [dts for k, _, dts, _ in second if k == kind][0]
            assert last < next_one <= last + 1100
