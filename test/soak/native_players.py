#!/usr/bin/python3
"""Players that are programs: ffmpeg, GStreamer, VLC and mpv play HLS of one publisher in real time, as MPEG-TS and as fragmented MP4,
side by side.

    test/soak/native_players.py                      20 minutes; a line of each player every five minutes
    test/soak/native_players.py --minutes 2 --every 1
    test/soak/native_players.py --player vlc         one of them
    test/soak/native_players.py --low-latency        playlists with parts

VLC, mpv and GStreamer decode, and drop the pictures at their times. ffmpeg writes down when each packet came. The exit status is 0 if
each player went on at all times, kept up with the stream, lost at most one picture of a thousand, and had sound and pictures together.
The first ten seconds of a player do not count.

    ffmpeg      no packet came after its time, counted from the first one; each loop of the clip is as far from the first in sound as
                in pictures, within 20 ms
    GStreamer   it counts the pictures that it showed and dropped
    VLC         the same
    mpv         it counts dropped pictures, never waited for data, and sound and pictures were never 100 ms apart
"""
import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

import media                                                         # noqa: E402 (the path comes first)
import rtmp                                                          # noqa: E402
from hls_watch import get                                            # noqa: E402
from srs import BINARY, Server, free_port                            # noqa: E402
from wait import until                                               # noqa: E402

CONTAINERS = ("ts", "fmp4")
HLS = "vhost __defaultVhost__ { hls { enabled on; hls_ctx off; hls_use_fmp4 %s; hls_ll %s; hls_fragment 2; hls_window 30; hls_storage memory; } }"
START_S = 40                                 # a player shows its first picture by then
SETTLE_S = 10                                # not counted: the player finds its place
STALL_S = 2.5                                # a picture that stands for longer
OF_TIME = 0.02                               # what was shown may differ so much from the time that passed
OF_LOST = 0.001                              # of all pictures
APART_S = 0.1                                # of mpv's sound and pictures, at most
DRIFT_S = 0.02                               # of ffmpeg's tracks, from loop to loop of the clip


class Player:
    """A program that plays a URL. `seconds()` is how far it is in the stream, None before the first picture."""

    def __init__(self, container, argv, **how):
        self.container = container
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, **how)
        self.wrong = []
        self.began = self.moved = None       # (wall clock, seconds): when counting began, and when it last went on
        self.longest = 0.0                   # that it stood still, in seconds
        self.dropped = self.dropped_before = 0   # pictures; before counting began

    def look(self):
        """Called some times a second."""
        now, at = time.monotonic(), self.seconds()
        if self.process.poll() is not None:
            self.wrong = self.wrong or ["it ended with %d" % self.process.returncode]
        elif at is None:
            pass
        elif self.moved is None or at > self.moved[1]:
            if self.moved is None:
                self.settled = now + SETTLE_S
            elif self.began:
                self.longest = max(self.longest, now - self.moved[0])
            elif now > self.settled:
                self.began, self.dropped_before = (now, at), self.dropped
            self.moved = (now, at)
        elif self.began:
            self.longest = max(self.longest, now - self.moved[0])

    def share(self):
        """Seconds played for each second that passed."""
        if not self.began or self.moved[0] == self.began[0]:
            return float("nan")
        return (self.moved[1] - self.began[1]) / (self.moved[0] - self.began[0])

    def lost(self):
        return self.dropped - self.dropped_before

    def faults(self):
        """What else is wrong, of this player alone."""
        return []

    def note(self):
        """For the report."""
        return "%d pictures dropped" % self.lost()

    def verdict(self):
        wrong = self.wrong + self.faults()
        if not self.began:
            return wrong + ["it showed nothing"]
        if self.longest > STALL_S:
            wrong.append("it stood still for %.1f s" % self.longest)
        if not abs(self.share() - 1) < OF_TIME:
            wrong.append("%.3f s played a second" % self.share())
        if self.lost() > max(1, OF_LOST * media.FPS * (self.moved[1] - self.began[1])):
            wrong.append("%d pictures were dropped" % self.lost())
        return wrong

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Ffmpeg(Player):
    """Each line of its output is a packet: track, dts, pts, duration, size, checksum."""

    name = "ffmpeg"

    def __init__(self, container, url, _folder):
        super().__init__(container, media.FFMPEG + ["-i", url, "-c", "copy", "-f", "framecrc", "-flush_packets", "1", "-"],
                         stdout=subprocess.PIPE, text=True, bufsize=1)
        self.ahead = float("inf")            # the least time by which a packet came before it was due
        self.apart = 0.0                     # the most by which the tracks drifted
        self.at = None
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        base, first, met, shift = {}, None, {}, {}
        for line in self.process.stdout:
            now = time.monotonic()
            if line.startswith("#tb"):
                track, num, den = re.match(r"#tb (\d+): (\d+)/(\d+)", line).groups()
                base[int(track)] = int(num) / int(den)
            if line.startswith("#"):
                continue
            track, dts, _, _, _, checksum = (field.strip() for field in line.split(",")[:6])
            track, dts = int(track), int(dts) * base[int(track)]
            if first is None:
                first = (now, dts)
            self.at = dts - first[1]
            self.ahead = min(self.ahead, self.at - (now - first[0]))
            earlier = met.setdefault((track, checksum), dts)
            if earlier == dts:
                continue
            shift.setdefault(track, {})[round((dts - earlier) / (media.NUMBERED_MS / 1000))] = dts - earlier
            if len(shift) == 2:
                for rounds in shift[0].keys() & shift[1].keys():
                    self.apart = max(self.apart, abs(shift[0][rounds] - shift[1][rounds]))

    def seconds(self):
        return self.at

    def faults(self):
        wrong = []
        if self.ahead < -STALL_S:
            wrong.append("a packet came %.1f s after its time" % -self.ahead)
        if self.apart > DRIFT_S:
            wrong.append("sound and pictures drifted by %.0f ms" % (1000 * self.apart))
        return wrong

    def note(self):
        return "packets at least %+.1f s before their time, tracks %.0f ms apart" % (self.ahead, 1000 * self.apart)


class GStreamer(Player):
    name = "gstreamer"

    def __init__(self, container, url, _folder):
        sinks = ["video-sink=fpsdisplaysink text-overlay=false fps-update-interval=500 video-sink=fakesink sync=true",
                 "audio-sink=fakesink sync=true"]
        super().__init__(container, ["stdbuf", "-oL", "gst-launch-1.0", "-v", "playbin3", "uri=" + url, "flags=3", *sinks],
                         stdout=subprocess.PIPE, text=True, bufsize=1)
        self.rendered = 0
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            seen = re.search(r"rendered: (\d+), dropped: (\d+)", line)
            if seen:
                self.rendered, self.dropped = map(int, seen.groups())

    def seconds(self):
        return self.rendered / media.FPS if self.rendered else None


class Vlc(Player):
    """By its remote control."""

    name = "vlc"

    def __init__(self, container, url, folder):
        port = free_port()
        super().__init__(container, ["cvlc", "-q", "--no-interact", "--no-media-library", "--vout=vdummy", "--aout=adummy", "--intf=rc",
                                     "--rc-host=127.0.0.1:%d" % port, url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                         cwd=folder, **media.nobody())
        self.control = until(lambda: self._connected(port), "VLC's remote control", 20)

    @staticmethod
    def _connected(port):
        try:
            return socket.create_connection(("127.0.0.1", port), 5)
        except OSError:
            return None

    def seconds(self):
        try:
            self.control.sendall(b"stats\n")
            text = b""
            while b"end of statistical info" not in text:
                piece = self.control.recv(4096)
                if not piece:
                    return None
                text += piece
        except OSError:
            return None
        facts = dict(re.findall(r"\| (frames displayed|frames lost)\s*:\s*(\d+)", text.decode(errors="replace")))
        shown, self.dropped = int(facts.get("frames displayed", 0)), int(facts.get("frames lost", 0))
        return shown / media.FPS if shown else None


class Mpv(Player):
    """By JSON over its socket."""

    name = "mpv"

    def __init__(self, container, url, folder):
        path = os.path.join(folder, "mpv-" + container)
        super().__init__(container, ["mpv", "--no-config", "--really-quiet", "--vo=null", "--ao=null", "--input-ipc-server=" + path, url])
        self.control = until(lambda: self._connected(path), "mpv's socket", 20).makefile("rw")
        self.waits, self.apart = 0, 0.0

    @staticmethod
    def _connected(path):
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.settimeout(5)
            sock.connect(path)
            return sock
        except OSError:
            sock.close()
            return None

    def ask(self, name):
        """A property, None if it has no value now."""
        self.control.write(json.dumps({"command": ["get_property", name], "request_id": 7}) + "\n")
        self.control.flush()
        for line in self.control:
            reply = json.loads(line)
            if reply.get("request_id") == 7 and "event" not in reply:
                return reply.get("data")
        return None

    def seconds(self):
        try:
            if self.began:
                self.waits += bool(self.ask("paused-for-cache"))
                self.apart = max(self.apart, abs(self.ask("avsync") or 0))
            self.dropped = (self.ask("frame-drop-count") or 0) + (self.ask("decoder-frame-drop-count") or 0)
            return self.ask("time-pos")
        except (OSError, ValueError):
            return None

    def faults(self):
        return (["it waited for data"] if self.waits else []) + \
            (["sound and pictures were %.0f ms apart" % (1000 * self.apart)] if self.apart > APART_S else [])

    def note(self):
        return "%s, %d waits, sound and pictures at most %.0f ms apart" % (super().note(), self.waits, 1000 * self.apart)


PLAYERS = {p.name: p for p in (Ffmpeg, GStreamer, Vlc, Mpv)}


def report(players, minutes):
    for p in players:
        print("%6.1f  %-9s %-4s  %7.3f s a second, stood still for %.1f s at most; %s" % (
            minutes, p.name, p.container, p.share(), p.longest, p.note()), flush=True)


def watch(players, feeders, minutes, every):
    until(lambda: [p.look() for p in players] and all(p.moved or p.wrong for p in players), "the first pictures", START_S, 0.2)
    began, lines = time.monotonic(), 0
    while lines * every < minutes:
        time.sleep(0.25)
        for f in feeders:
            f.check()
        for p in players:
            p.look()
        if time.monotonic() - began > 60 * min(every * (lines + 1), minutes):
            lines += 1
            report(players, min(lines * every, minutes))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--every", type=float, default=5, help="minutes of a line (5)")
    parser.add_argument("--player", choices=PLAYERS, action="append", help="all if none is named")
    parser.add_argument("--low-latency", action="store_true")
    args = parser.parse_args()

    media.clip(media.NUMBERED)
    print("%s, HLS%s, load average %.2f" % (BINARY, " with parts" if args.low_latency else "", os.getloadavg()[0]))
    folder = tempfile.mkdtemp(prefix="players-")
    os.chmod(folder, 0o777)                  # VLC is another user
    servers, feeders, players = [], [], []
    try:
        for container in CONTAINERS:
            conf = HLS % ("on" if container == "fmp4" else "off", "on" if args.low_latency else "off")
            servers.append(Server(os.path.join(folder, container), conf, http=""))
            feeders.append(rtmp.Feeder(servers[-1].publisher(), media.loop(media.NUMBERED, media.NUMBERED_MS)))
        for container, server in zip(CONTAINERS, servers):
            until(lambda s=server: get(s, "/live/s.m3u8").body.count(b"#EXTINF") >= 3, "three segments", 30)
            url = server.http_url("/live/s.m3u8")
            players += [PLAYERS[name](container, url, folder) for name in args.player or PLAYERS]
        watch(players, feeders, args.minutes, args.every)
        wrong = ["%s, %s: %s" % (p.name, p.container, text) for p in players for text in p.verdict()]
        for p in players:
            p.end()
        for feeder in feeders:
            feeder.finish()
        for server in servers:
            server.stop()
    finally:
        for p in players:
            p.end()
        for server in servers:
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)
    print("\n".join(wrong + ["FAIL"]) if wrong else "PASS")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
