"""The programs that watch a stream, and how each shows what it got.

A player's argv() takes an RTMP address or an FLV file, with the same result: what it cannot play from the file it
need not play from the server. problem() is None when it got everything that was sent.
"""
import clips
import packets
from systems import FFMPEG, GST

PATIENCE_S = 30


class Job:
    """One publication: the clip, what its packets are, and the FLV file that the publisher makes of it."""

    def __init__(self, name, want, keys, flv, near_ms):
        self.name, self.want, self.keys, self.flv, self.near_ms = name, want, keys, flv, near_ms
        self.n_video, self.n_audio = clips.kinds(name)


class Player:
    nobody = late = False
    options = ()

    def __init__(self, system, judge):
        self.system, self.judge = system, judge
        self.name = "%s of Debian %s" % (self.title, system.name)

    def usable(self):
        return self.system.has(self.program)

    def suits(self, job):
        """Whether the program has anything to do with such a stream."""
        return True

    def start(self, where, job, number):
        self.file = "out-%s-%d" % (self.program, number)
        return self.system.run(self.argv(where, job, self.system.out(self.file)), nobody=self.nobody)

    def judged(self):
        """What the newest ffmpeg reads of the file that the player wrote."""
        path = self.judge.give(self.system.outside(self.file))
        with self.judge.run(FFMPEG + ["-i", path, "-map", "0:v?", "-map", "0:a?", "-c", "copy",
                                      "-f", "framemd5", "-"]) as p:
            p.wait(PATIENCE_S)
            return packets.parse(p.out)

    def finish(self, run, job, timeout):
        """None, or what is wrong with a run that has been started."""
        status = run.wait(timeout)
        if status not in self.good:
            return "%s: %s" % (run.how(status), run.err.strip()[-300:])
        return self.problem(run, job)

    good = (0,)


class Ffmpeg(Player):
    """ffmpeg that writes down the packets: each must be there, bytes, order and times."""
    program, title = "ffmpeg", "ffmpeg"

    def argv(self, where, job, out):
        return FFMPEG + ["-analyzeduration", "2000000", "-i", where, "-map", "0:v?", "-map", "0:a?", "-c", "copy",
                         "-f", "framemd5", "-"]

    def problem(self, run, job):
        self.got = packets.parse(run.out)
        return packets.difference(job.want, self.got, keys=job.keys, late=self.late, near_ms=job.near_ms)


class LateFfmpeg(Ffmpeg):
    """... and one that comes when the stream is running: it starts at a key frame and misses nothing from there."""
    title, late = "ffmpeg, late,", True


class LateDecoder(Ffmpeg):
    """... and one that decodes, and must have no complaint."""
    title, late = "ffmpeg, late, decoding,", True

    def argv(self, where, job, out):
        return FFMPEG + ["-xerror", "-err_detect", "explode", "-i", where, "-map", "0:v?", "-map", "0:a?",
                         "-f", "framemd5", "-"]

    def problem(self, run, job):
        self.got = packets.parse(run.out)
        if run.err:
            return "it says " + run.err.strip()[-300:]
        if len(self.got) != job.n_video + job.n_audio:
            return "%s came" % packets.words(self.got)
        return None


class Mpv(Player):
    """mpv that decodes and writes down what it shows. Of sound alone it drops what it read to find out what it is:
    it seeks back to the beginning, where a live stream has none.
    """
    program, title = "mpv", "mpv"

    def argv(self, where, job, out):
        return ["mpv", "--no-config", "--no-terminal", "--cache=no",
                "--demuxer-lavf-analyzeduration=1", "--of=framemd5", "--ovc=rawvideo", "--oac=pcm_s16le",
                "--o=" + out, where]

    def problem(self, run, job):
        with open(self.system.outside(self.file)) as f:
            return enough(packets.parse(f.read()), job, 0.9 if job.n_video else 0.5)


class Vlc(Player):
    """VLC that records. It drops what is late, so most of the frames will do."""
    program, title, nobody = "cvlc", "VLC", True

    def argv(self, where, job, out):
        return ["cvlc", "-q", "--no-interact", "--no-media-library", "--play-and-exit", "--network-caching=300", where,
                "--sout", "#std{access=file,mux=ts,dst=%s}" % out, "vlc://quit"]

    def problem(self, run, job):
        return enough(self.judged(), job, 0.5)


class GstPlay(Player):
    """GStreamer that decodes: as many pictures and samples as were sent."""
    program, title = "gst-launch-1.0", "GStreamer"

    def argv(self, where, job, out):
        argv = GST + ["uridecodebin", "uri=" + (where if "://" in where else "file://" + where), "name=d"]
        if job.n_video:
            argv += ["d.", "!", "videoconvert", "!", "queue", "!", "video/x-raw,format=I420", "!",
                     "filesink", "async=false", "location=%s.v" % out]
        if job.n_audio:
            argv += ["d.", "!", "audioconvert", "!", "queue", "!", "audioresample", "!",
                     "audio/x-raw,format=S16LE,rate=48000,channels=2", "!",
                     "filesink", "async=false", "location=%s.a" % out]
        return argv

    def problem(self, run, job):
        a_second = {".v": clips.FPS * 160 * 120 * 3 // 2, ".a": 2 * 2 * 48000}
        for suffix in [".v"] * bool(job.n_video) + [".a"] * bool(job.n_audio):
            seconds = size_of(self.system.outside(self.file + suffix)) / a_second[suffix]
            if not 0.95 <= seconds / clips.SECONDS <= 1.05:
                return "%.2f s of %s came" % (seconds, "video" if suffix == ".v" else "audio")
        return None


class Dump(Player):
    """A program that writes the FLV file: its packets must be those that were sent."""
    may_lack = 0

    def problem(self, run, job):
        return packets.difference(job.want, self.judged(), near_ms=job.near_ms, may_lack=self.may_lack)


class RtmpDump(Dump):
    program, title = "rtmpdump", "rtmpdump"
    good = (0, 1, 2)                          # 2: "the file may be incomplete", as it says of every live stream

    def argv(self, where, job, out):
        return ["rtmpdump", "-q", "-r", where, "--live", "-o", out] if "://" in where else ["cp", where, out]


class GstDump(Dump):
    """rtmp2src stops at the event that ends the stream, and throws away the message that waits before it."""
    program, title = "gst-launch-1.0", "GStreamer's rtmp2src"
    may_lack = 1

    def argv(self, where, job, out):
        source = ["rtmp2src", "location=" + where] if "://" in where else ["filesrc", "location=" + where]
        return GST + source + ["!", "filesink", "location=" + out]


def size_of(path):
    try:
        with open(path, "rb") as f:
            return f.seek(0, 2)
    except FileNotFoundError:
        return 0


def enough(tracks, job, share):
    """None when there is a track of each kind and so much of it that it has been played to the end."""
    for kind, wanted in (("video", job.n_video), ("audio", job.n_audio)):
        have = [t for t in tracks if t.kind == kind]
        if wanted and not have:
            return "%s came" % packets.words(tracks)
        for t in have:
            seconds = (t.packets[-1].dts - t.packets[0].dts) / 1000
            frames = clips.SECONDS * clips.FPS if kind == "video" else 0
            if seconds < share * clips.SECONDS - 0.5 or len(t.packets) < share * frames:
                return "%s in %.1f s came" % (packets.words(tracks), seconds)
    return None


KINDS = [Ffmpeg, LateFfmpeg, LateDecoder, Mpv, GstPlay, GstDump, Vlc, RtmpDump]
