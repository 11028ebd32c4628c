"""Whether pictures and sound arrive as they were published: a clip that flashes and beeps each second, and its judge.

    judge = Judge("lips.flv")
    judge.picture(i420, seconds)                 each decoded picture with its time
    judge.sound(samples, rate, seconds)          each piece of decoded sound, mono, from -1 to 1, with the time of its first sample
    judge.facts()                                pictures, gaps, foreign, and how long after a flash its beep came

    with reading(url, "lips.flv") as reader:     a process that plays a file or an address by FFmpeg's libraries
        reader.wait(lambda s: s.beeps >= 10)

Pictures are compared by the hash of what is decoded: equal hashes of all pictures in their order mean that nobody has encoded them again, and
that none is missing. Clips are published in a loop without a gap (media.loop with LENGTH_MS).
"""
import hashlib
import os
import sys
import threading
from collections import deque

import numpy

import media
from rtc_clients import PYTHON, Client, said

PICTURES, LENGTH_MS = 400, 16000                 # 750 frames of AAC, 800 of Opus
A_SECOND, FLASH = 25, 10                         # the tenth picture of each second is the first one that is bright; the beep begins with it
TICK_S = 1 / A_SECOND
SETTLE_S = 4                                     # a player of WebRTC learns by reports, one a second, how its tracks belong together
LOUD, SILENCE_S = 0.1, 0.3                       # the beep has 0.5, and is 0.2 s long


def hashes(name):
    """Of the decoded pictures of a clip, in their order."""
    listed = media.run(media.FFMPEG + ["-i", media.clip(name), "-map", "0:v", "-fps_mode", "passthrough", "-pix_fmt", "yuv420p",
                                       "-f", "framemd5", "-"], 60).stdout.decode()
    found = [line.split(",")[5].strip() for line in listed.splitlines() if line and not line.startswith("#")]
    assert len(found) == PICTURES, len(found)
    return found


class Judge:
    """Beeps of the first settle_s are not counted."""

    def __init__(self, name, settle_s=0.0):
        self.wanted, self.settle_s = hashes(name), settle_s
        self.places = {digest: i for i, digest in enumerate(self.wanted)}
        self.at = self.first_s = self.loud_s = None
        self.n_pictures = self.n_gaps = self.n_foreign = 0
        self.flashes, self.beeps = deque(maxlen=4), deque(maxlen=4)
        self.offsets = []

    def picture(self, data, at_s):
        digest = hashlib.md5(data).hexdigest()
        self.n_pictures += 1
        following = None if self.at is None else (self.at + 1) % PICTURES
        if following is not None and self.wanted[following] == digest:
            self.at = following
        elif digest in self.places:
            self.n_gaps += self.at is not None
            self.at = self.places[digest]
        else:
            self.n_foreign += 1
            self.at = None
            return
        if self.at % A_SECOND == FLASH:
            self.flashes.append(at_s)
            self.pair()

    def sound(self, samples, rate, at_s):
        loud = numpy.nonzero(numpy.abs(samples) > LOUD)[0]
        if not len(loud):
            return
        first_s = at_s + loud[0] / rate
        if self.loud_s is not None and first_s - self.loud_s > SILENCE_S:
            self.beeps.append(first_s)
            self.pair()
        self.loud_s = at_s + loud[-1] / rate

    def pair(self):
        """Take a flash and a beep that belong together."""
        for flash in self.flashes:
            for beep in self.beeps:
                if abs(flash - beep) < 0.45:
                    self.first_s = min(flash, beep) if self.first_s is None else self.first_s
                    if flash - self.first_s >= self.settle_s:
                        self.offsets.append(1000 * (beep - flash))
                    self.flashes.remove(flash)
                    self.beeps.remove(beep)
                    return

    def facts(self):
        ordered = sorted(self.offsets)
        return {"pictures": self.n_pictures, "gaps": self.n_gaps, "foreign": self.n_foreign, "beeps": len(ordered),
                "least_ms": ordered[0] if ordered else None, "most_ms": ordered[-1] if ordered else None,
                "middle_ms": ordered[len(ordered) // 2] if ordered else None}


def of_clip(name):
    """The middle offset in a clip itself, whose encoder may have moved the sound."""
    judge = Judge(name)
    read(media.clip(name), judge, lambda: None)
    return judge.facts()["middle_ms"]


def faults(facts, usual_ms, within_ms=20):
    """What is wrong with facts of a judge, as sentences."""
    wrong = []
    if facts["foreign"] or facts["gaps"] or not facts["pictures"]:
        wrong.append("%d pictures, %d gaps, %d that were not published" % (facts["pictures"], facts["gaps"], facts["foreign"]))
    if not facts["beeps"]:
        wrong.append("no beep belongs to a flash")
    elif facts["most_ms"] - facts["least_ms"] > within_ms:
        wrong.append("the offset of the sound changes from %.1f to %.1f ms" % (facts["least_ms"], facts["most_ms"]))
    elif max(abs(facts[k] - usual_ms) for k in ("least_ms", "most_ms")) > within_ms:
        wrong.append("the sound is off by %.1f to %.1f ms, and by %.1f ms in the clip" % (facts["least_ms"], facts["most_ms"], usual_ms))
    return wrong


def read(url, judge, tell):
    """Decode all of a file or an address; tell() is called after each picture."""
    import av
    with av.open(url) as container:
        resampler = av.AudioResampler("s16", "mono")
        for packet in container.demux(*container.streams.video[:1], *container.streams.audio[:1]):
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    judge.picture(frame.to_ndarray(format="yuv420p").tobytes(), frame.time)
                    tell()
                else:
                    for piece in resampler.resample(frame):
                        judge.sound(piece.to_ndarray()[0].astype(float) / 32768, frame.sample_rate, frame.time)


def reading(url, name):
    media.clip(name)
    return Client([PYTHON, os.path.abspath(__file__), url, name])


def main(url, name):
    judge = Judge(name)
    hangs_up = threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)))      # the address may have no end
    hangs_up.start()
    read(url, judge, lambda: judge.n_pictures % 10 or said({**judge.facts(), "over": False}))
    said({**judge.facts(), "over": True})
    hangs_up.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
