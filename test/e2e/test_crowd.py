"""Many players of one stream that behave differently: each gets the same frames, with its own correct times.

The players of a release share its bytes while they keep up, so every way out of that and back is tested here: late
joins, pauses, sockets that are full in the middle of a frame.
"""
import random
import threading

import pytest

import flv
import rtmp
from flv import AUDIO, VIDEO, Numbered, Tag
from rtmp import MEDIA
from wait import patience, until

N_VIDEO = 300
START_MS = 0xFFFFFF - 5000                                           # the end of the stream needs extended timestamps
JUMP_AT, JUMP_MS = 220, 3000


def moved(tag):
    """The stream with faults of encoders in its times: audio that lags behind, and a jump."""
    number = flv.number_of(tag)
    if not number:
        return Tag(tag.type, START_MS, tag.payload)
    kind, n = number
    ts = tag.ts + (JUMP_MS if n >= JUMP_AT else 0) - (30 if kind == AUDIO and n % 10 == 3 else 0)
    return Tag(tag.type, ts, tag.payload)


class Viewer(threading.Thread):
    """A player in a thread of its own, until it has the last frame."""

    def __init__(self, name, server, late=None, pause=None, deaf=None, bits=None):
        super().__init__(daemon=True, name=name)
        self.server, self.late, self.pause, self.deaf, self.bits = server, late, pause, deaf, bits
        self.feeder = self.client = self.error = None
        self.playing = threading.Event()

    def wait_published(self, n):
        """Wait until video frame n has been sent; each comes with one frame of audio."""
        until(lambda: self.feeder and len(self.feeder.sent) > 2 * n + 3, "frame %d to be published" % n, 30)

    def read(self):
        self.client.flush()
        self.client.sock.settimeout(patience())
        data = self.client.sock.recv(self.bits() if self.bits else 1 << 18)
        if not data:
            raise rtmp.Closed(self.client.last_status())
        self.client.session.feed(data)

    def numbers(self):
        return [flv.number_of(m) for m in self.client.messages[-40:]]

    def run(self):
        try:
            self.watch()
        except Exception as e:               # the test looks at it
            self.error = e

    def watch(self):
        if self.late is not None:
            self.wait_published(self.late)
        with self.server.client(rcvbuf=4096 if self.bits else None) as self.client:
            self.client.play("s")
            self.client.barrier()
            self.playing.set()
            if self.deaf is not None:
                self.wait_published(self.deaf)
            paused = False
            while (VIDEO, N_VIDEO - 1) not in self.numbers():
                self.read()
                if self.pause and not paused and (VIDEO, self.pause[0]) in self.numbers():
                    paused = True
                    self.client.call("pause", None, True, 0.0, msid=1)
                    self.client.wait_event(rtmp.STREAM_EOF)
                    self.wait_published(self.pause[1])
                    self.client.call("pause", None, False, 0.0, msid=1)


def expected_times(mode, numbers, source_ms, first_ms):
    """The encoder's own times; or times without the jump that begin with `first_ms` at the first frame."""
    if mode == "off":
        return source_ms
    smooth = [t - (JUMP_MS if n >= JUMP_AT else 0) for (_, n), t in zip(numbers, source_ms)]
    return [first_ms + t - smooth[0] for t in smooth]


@pytest.mark.sample(2)
@pytest.mark.parametrize("mode", ["full", "zero", "off"])
def test_whatever_the_players_do_each_gets_every_frame_with_his_own_times(make_server, mode):
    server = make_server("vhost __defaultVhost__ { play { time_jitter %s; mw_latency 60; } }" % mode)
    source = Numbered(size=20000, start_ms=START_MS)
    tags = [moved(t) for t in source.tags(N_VIDEO)]
    dice = random.Random(11)
    early = [Viewer("plain-%d" % i, server) for i in range(3)]
    early += [Viewer("pauses", server, pause=(60, 160)),
              Viewer("reads bits", server, bits=lambda: dice.choice((1, 7, 100, 5000, 60000))),
              Viewer("deaf at first", server, deaf=200, bits=lambda: dice.randrange(1, 100000))]
    late = [Viewer("late", server, late=90), Viewer("late and pauses", server, late=140, pause=(150, 250))]
    for v in early:
        v.start()
    for v in early:
        assert v.playing.wait(patience()) and not v.error, v.error
    feeder = rtmp.Feeder(server.publisher("s", chunk_size=65536), tags, speed=4)
    for v in early + late:
        v.feeder = feeder
    for v in late:
        v.start()
    for v in early + late:
        v.join(patience(60))
        assert not v.is_alive() and not v.error, "%s: %r\n%s" % (v.name, v.error, server.tail())
    feeder.finish()

    time_of = {t.payload: t.ts for t in tags}
    for v in early + late:
        media = [m for m in v.client.messages if m.type in MEDIA]
        assert all(m.payload in time_of for m in media), "%s got what was not published" % v.name
        assert flv.gaps(media) == [], v.name
        assert flv.is_config(media[0]) and flv.is_config(media[1]), v.name
        numbers = [flv.number_of(m) for m in media[2:]]
        assert len(set(numbers)) == len(numbers) and None not in numbers, v.name
        assert flv.is_key(media[2]), v.name
        if v in early:
            assert numbers[0] == (VIDEO, 0), v.name
        frames = media[2:]
        assert mode == "off" or frames[0].ts <= 100, v.name          # the sound before it may begin at 0
        expected = expected_times(mode, numbers, [time_of[m.payload] for m in frames], frames[0].ts)
        wrong = [(n, m.ts, t) for n, m, t in zip(numbers, frames, expected) if m.ts != t]
        assert wrong == [], "%s: %d wrong times, first (frame, got, expected): %s" % (v.name, len(wrong), wrong[:5])


def test_a_stream_that_ends_and_begins_again_while_a_player_pauses_reaches_him_whole(make_server):
    server = make_server("vhost __defaultVhost__ { play { mw_latency 0; queue_length 60; } }")
    first = Numbered(gop=1000, size=60000, audio_fps=0, name="first")
    second = Numbered(gop=1000, size=100, audio_fps=0, name="second")
    with server.client(rcvbuf=4096) as player:
        player.play("s")
        player.barrier()
        with server.publisher("s", chunk_size=65536) as publisher:
            publisher.send_tags(first.configs())
            publisher.barrier()
            player.wait_media(1)
            player.call("pause", None, True, 0.0, msid=player.msid)
            player.wait_status("NetStream.Pause.Notify")
            publisher.send_tags(first.frames(0, 200))
            publisher.barrier()
            publisher.unpublish()
        player.session.send_command("pause", 9, None, False, 0.0, msid=player.msid)
        player.flush()
        until(lambda: player.unread() >= 1000, "the first frames")  # it reads none of them, so one frame is half sent
        with server.publisher("s", chunk_size=65536) as publisher:
            publisher.send_tags(second.configs())
            publisher.send_tags(second.frames(0, 50))
            publisher.barrier()
            player.wait(lambda m: b"second video 00000049" in m.payload, 30)
            for name, n in ((b"first", 200), (b"second", 50)):
                assert len([m for m in player.media() if name + b" video" in m.payload]) == n
