"""Players of HLS and DASH: ffmpeg, which says what it got packet by packet, GStreamer, VLC and mpv.

    hls_packets(url)             what ffmpeg gets from a live playlist, from its first segment until nothing new comes
    dash_packets(url, seconds)   what ffmpeg gets from a live MPD, of so many seconds of the stream
    source_packets(clip, ...)    the same of the clip that was published
    file_packets(path, ...)      the same of a file that a player has written
    gstreamer, mpv               start a program that plays `seconds` and ends; its exit status is the verdict
    record_by_mpv, record_by_vlc, GStreamer     the same, and compare(clip, ...) what it got: packets, or decoded pictures

Packets are compared in a form of their own ("ts", "fmp4", "vlc"), because muxers add and move parameter sets.

Players in a browser are in browser_players.py.
"""
import os
import signal

import media
from media import FFMPEG, Program, trusting
from wait import until

# Parameter sets and access unit delimiters, which a muxer of MPEG-TS adds: H.264, table 7-1; HEVC, table 7-1. VLC also leaves out
# the SEI messages of the configuration.
_ANNEXB = {"h264": ("h264_mp4toannexb", "filter_units=remove_types=7-9"),
           "hevc": ("hevc_mp4toannexb", "filter_units=remove_types=32-35")}
_VLC = {"h264": _ANNEXB["h264"], "hevc": ("hevc_mp4toannexb", "filter_units=remove_types=32-35|39")}
_HOLD = 2                                    # reloads without a new segment after which ffmpeg takes a stream as ended


def _filters(form, video, audio, is_source):
    """Bitstream filters that bring the packets of a clip and those of a player to one form."""
    arguments = []
    if form != "fmp4" and video in _ANNEXB:
        filters = (_VLC if form == "vlc" else _ANNEXB)[video]
        arguments += ["-bsf:v", ",".join(filters if is_source else filters[1:])]
    if form == "ts" and audio == "aac" and not is_source:
        arguments += ["-bsf:a", "aac_adtstoasc"]
    return arguments


def _framemd5(inputs, more, timeout=40):
    return media.parse_framemd5(media.run(FFMPEG + inputs + ["-c", "copy", *more, "-f", "framemd5", "-"], timeout).stdout.decode())


def source_packets(clip, container, video, audio):
    """Edit lists are ignored: RTMP does not carry them."""
    ignore = ["-ignore_editlist", "1"] if clip.endswith(".mp4") else []
    return _framemd5([*ignore, "-i", media.clip(clip)], _filters(container, video, audio, True))


def hls_packets(url, container, video, audio, timeout=40):
    """ffmpeg plays from the first segment of the playlist until it has seen no new one for some reloads, or the end."""
    how = ["-live_start_index", "0", "-m3u8_hold_counters", str(_HOLD), "-max_reload", "20", "-analyzeduration", "2000000"]
    return _framemd5([*trusting(url), *how, "-i", url], _filters(container, video, audio, False), timeout)


def dash_packets(url, seconds):
    return _framemd5([*trusting(url), "-i", url], ["-t", "%g" % seconds], seconds + 40)


def file_packets(path, form="fmp4", video=None, audio=None, more=()):
    return _framemd5([*more, "-i", path], _filters(form, video, audio, False))


def source_pictures(clip):
    """The decoded pictures of a clip, as I420."""
    return _pictures(media.run(FFMPEG + ["-i", media.clip(clip), "-map", "0:v", "-fps_mode", "passthrough", "-f", "rawvideo",
                                         "-pix_fmt", "yuv420p", "-"], 60).stdout)


def _pictures(raw):
    return [raw[at:at + media.PICTURE_BYTES] for at in range(0, len(raw), media.PICTURE_BYTES)]


# -- players that decode -----------------------------------------------------------------------------------------------------

def mpv(url, seconds, quiet=None):
    """Plays `seconds` in real time, without a window or sound; `quiet`: a part of it that says nothing."""
    level = "all=warn" + (",%s=no" % quiet if quiet else "")
    return Program(["mpv", "--no-config", "--msg-level=" + level, "--vo=null", "--ao=null", "--length=%g" % seconds, url])


def gstreamer(url, frames):
    """playbin3 finds hlsdemux2 by itself; it ends when this many pictures have been shown at their times."""
    return Program(["gst-launch-1.0", "-q", "playbin3", "uri=" + url, "flags=1",
                    "video-sink=fakesink num-buffers=%d sync=true" % frames])


# -- players that say what they got ------------------------------------------------------------------------------------------

# How far a player, or the file that it writes, moves sound against pictures, in ms. mpv: Matroska has Opus earlier by its delay (RFC 7845,
# 5.1). VLC takes FLAC for a frame later than it is.
_APART_MS = {("mpv", "opus"): 8, ("vlc", "flac"): 97}


class Recorder(Program):
    """A program that writes the packets that it gets into a file; the file's form is that of _filters()."""

    def __init__(self, name, argv, out, **how):
        self.name, self.path = name, out
        super().__init__(argv, **how)

    def compare(self, clip, container, video, audio, seconds):
        """Assert that it got the clip's packets, without a gap, for at least so long."""
        form = "vlc" if self.name == "vlc" else "ts" if container.endswith("ts") else "fmp4"
        played = file_packets(self.path, form, video, audio)
        media.compare_packets(source_packets(clip, form, video, audio), played, whole=False,
                              apart_ms=_APART_MS.get((self.name, audio), 0))
        length = max(p.dts for p in played) - min(p.dts for p in played)
        assert length >= 1000 * seconds, "only %d ms" % length


def record_by_mpv(url, seconds, folder):
    out = os.path.join(folder, "mpv.mkv")
    return Recorder("mpv", ["mpv", "--no-config", "--msg-level=all=warn", "--vo=null", "--ao=null", "--length=%g" % seconds,
                            "--stream-record=" + out, url], out)


def record_by_vlc(url, seconds, folder, **how):
    out = os.path.join(folder, "vlc.mkv")
    return Recorder("vlc", ["cvlc", "-q", "--no-interact", "--no-media-library", "--play-and-exit", "--network-caching=300",
                            "--run-time=%g" % seconds, url, "--sout", "#std{access=file,mux=avformat{mux=matroska},dst=%s}" % out,
                            "vlc://quit"], out, **how)


class GStreamer(Program):
    """GStreamer that decodes, and writes pictures and samples until it is ended: some of its decoders call an early end an error."""

    name = "gstreamer"

    def __init__(self, url, seconds, folder, video, audio):
        self.n_pictures = seconds * media.FPS if video != "none" else 0
        self.n_bytes = seconds * 4 * 48000 if audio != "none" else 0
        self.pictures, self.samples = os.path.join(folder, "pictures"), os.path.join(folder, "samples")
        argv = ["gst-launch-1.0", "-q", "uridecodebin3", "uri=" + url, "name=d"]
        if self.n_pictures:
            argv += self._branch("videoconvert ! video/x-raw,format=I420", self.pictures)
        if self.n_bytes:
            argv += self._branch("audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate=48000,channels=2", self.samples)
        super().__init__(argv)

    @staticmethod
    def _branch(convert, out):
        return ("d. ! queue ! %s ! filesink buffer-mode=unbuffered async=false location=%s" % (convert, out)).split()

    def _has_enough(self):
        size = {p: os.path.getsize(p) if os.path.exists(p) else 0 for p in (self.pictures, self.samples)}
        return size[self.pictures] >= self.n_pictures * media.PICTURE_BYTES and size[self.samples] >= self.n_bytes

    def ends(self, timeout=30, ok=(0,)):
        """Wait until it has decoded enough."""
        until(lambda: self._has_enough() or self.process.poll() is not None, "what GStreamer decodes", timeout)
        self.process.terminate()
        return super().ends(timeout, (*ok, -signal.SIGTERM))

    def compare(self, clip, _container, _video, _audio, _seconds):
        assert self._has_enough(), self.out + self.err
        if self.n_pictures:
            with open(self.pictures, "rb") as f:
                got = _pictures(f.read(self.n_pictures * media.PICTURE_BYTES))
            want = source_pictures(clip)
            assert got[0] in want, "the first picture was never sent"
            at = want.index(got[0])
            assert got == want[at:at + len(got)], "pictures differ"
