"""The programs that send a stream. Each can also write it to a file: what it cannot write it need not send."""
from systems import FFMPEG, GST


class Publisher:
    def __init__(self, system):
        self.system = system
        self.name = "%s of Debian %s" % (self.title, system.name)

    def usable(self):
        return self.system.has(self.program)

    def suits(self, name):
        return True

    def file(self, path, timeout):
        """The FLV file that this program makes of the clip, None when it cannot."""
        out = "flv-%s.flv" % type(self).__name__
        with self.system.run(self.argv(self.system.give(path), self.system.out(out), rate=0)) as p:
            if p.wait(timeout) != 0:
                self.why = p.err.strip().splitlines()[-3:]
                return None
        return self.system.outside(out)

    def start(self, path, url):
        return self.system.run(self.argv(self.system.give(path), url, rate=1))


class Ffmpeg(Publisher):
    """ffmpeg that sends the file as it is, in real time."""
    program, title = "ffmpeg", "ffmpeg"
    exact = True

    def argv(self, path, where, rate):
        return FFMPEG + (["-y"] if not rate else ["-readrate", "%g" % rate]) + [
            "-i", path, "-map", "0", "-c", "copy", "-f", "flv", where]


VIDEO_PARSERS = {"H.264": ["h264parse", "!", "video/x-h264,stream-format=avc,alignment=au"],
                 "HEVC": ["h265parse", "!", "video/x-h265,stream-format=hvc1,alignment=au"],
                 "AV1": ["av1parse"], "VP9": ["vp9parse"]}
AUDIO_PARSERS = {"AAC": ["aacparse"], "MP3": ["mpegaudioparse"], "Opus": ["opusparse"], "FLAC": ["flacparse"],
                 "AC-3": ["ac3parse"], "E-AC-3": ["ac3parse"]}


class Gst(Publisher):
    """GStreamer's flvmux and rtmp2sink, the bytes as they are and in real time; its times are the muxer's own."""
    program, title, exact = "gst-launch-1.0", "GStreamer, flvmux,", False
    muxer, sink = ["flvmux"], "rtmp2sink"

    def suits(self, name):
        return all(w in VIDEO_PARSERS or w in AUDIO_PARSERS for w in name.split(" "))

    def argv(self, path, where, rate):
        argv, name = GST + ["filesrc", "location=" + path, "!", "qtdemux", "name=d"], self.clip
        for word in name.split(" "):
            kind = "video" if word in VIDEO_PARSERS else "audio"
            argv += ["d.%s_0" % kind, "!", "queue", "max-size-time=3000000000", "!"]
            argv += VIDEO_PARSERS.get(word) or AUDIO_PARSERS.get(word)
            argv += ["!", "identity", "sync=%s" % ("true" if rate else "false"), "!"]
            argv += ["m." + kind]
        argv += self.muxer + ["name=m", "streamable=true", "!"]
        return argv + ([self.sink, "location=" + where] if rate else ["filesink", "location=" + where])


class GstLibrtmp(Gst):
    """The same over librtmp."""
    title, sink = "GStreamer, rtmpsink,", "rtmpsink"


class GstEnhanced(Gst):
    """... with the muxer for enhanced RTMP, of GStreamer 1.28 and later."""
    title, muxer = "GStreamer, eflvmux,", ["eflvmux", "video::flv-track-mode=non-multitrack"]

    def usable(self):
        return super().usable() and self.system.says(["gst-inspect-1.0", "eflvmux"]) != ""


KINDS = [Ffmpeg, Gst, GstLibrtmp, GstEnhanced]
