"""Clips made by ffmpeg for the tests, once, and ffmpeg itself as publisher, player and judge.

Clips lie in objs/test/e2e-media under the name of their recipe's hash, so a changed recipe makes a new clip and
parallel test runs share one. They are small and short: 160x120, a key frame each second.
"""
import fcntl
import hashlib
import itertools
import os
import pwd
import subprocess
from collections import namedtuple

import flv
import mp4
from wait import patience

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CACHE = os.path.join(ROOT, "objs", "test", "e2e-media")
FFMPEG = ["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error"]

WIDTH, HEIGHT, FPS = 160, 120, 25
PICTURE_BYTES = WIDTH * HEIGHT * 3 // 2      # decoded, I420
_PICTURE = ["-f", "lavfi", "-i", "testsrc=size=%dx%d:rate=%d" % (WIDTH, HEIGHT, FPS)]
# noise, so that no two audio frames are alike and a frame can be recognised by its hash
_SOUND = ["-f", "lavfi", "-i", "anoisesrc=seed=7:amplitude=0.1:sample_rate=44100"]
_SOUND_48K = ["-f", "lavfi", "-i", "anoisesrc=seed=7:amplitude=0.1:sample_rate=48000"]
_OTHER_SOUND, _OTHER_SOUND_48K = ([w.replace("seed=7", "seed=8") for w in sound] for sound in (_SOUND, _SOUND_48K))
_SOUND_8K = ["-f", "lavfi", "-i", "anoisesrc=seed=7:amplitude=0.1:sample_rate=8000"]
_H264 = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "25", "-sc_threshold", "0"]
_HEVC = ["-pix_fmt", "yuv420p", "-c:v", "libx265", "-preset", "ultrafast",
         "-x265-params", "log-level=none:keyint=25:bframes=2", "-tag:v", "hvc1"]
_AAC = ["-c:a", "aac", "-ac", "2", "-b:a", "48k"]
_LENGTH = ["-t", "4"]
_SHORT = ["-t", "2"]

# Pictures that carry their number: 16 fields of black or white above them, most significant bit first, are the number in
# eleven bits and its remainder by 31 in five. In a loop neither pictures nor sound have a gap: 64 s are 1600 pictures and 3000
# frames of 1024 samples.
NUMBERED, NUMBERED_PICTURES, NUMBERED_MS = "numbered.flv", 1600, 64000
_NUMBERS = ("color=black:size=16x2:rate=25,format=gray,geq=lum='255*mod(floor((N*32+mod(N,31))/pow(2,15-X)),2)',"
            "scale=640:40:flags=neighbor")
_NUMBERED = ["-f", "lavfi", "-i", _NUMBERS, "-f", "lavfi", "-i", "testsrc2=size=640x320:rate=25",
             "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-filter_complex", "[0]format=yuv420p[a];[a][1]vstack"]

# Each second the picture is bright and a tone is heard, both for a fifth of it; what moves below tells the pictures apart. In a loop of
# 16 s neither has a gap: 400 pictures, 750 frames of AAC, 800 of Opus.
_LIPS = ["-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25,drawbox=x=0:y=0:w=160:h=60:color=black:t=fill,"
         "drawbox=x=0:y=0:w=160:h=60:color=white:t=fill:enable='between(mod(t,1),0.39,0.59)'", "-f", "lavfi", "-i",
         "aevalsrc='0.5*sin(2*PI*1000*t)*between(mod(t,1),0.4,0.6)':s=48000:c=stereo", "-t", "16", "-pix_fmt", "yuv420p", "-c:v", "libx264",
         "-preset", "veryfast", "-profile:v", "baseline", "-bf", "0", "-g", "25", "-sc_threshold", "0"]

RECIPES = {
    "lips.flv": _LIPS + ["-c:a", "aac", "-b:a", "64k"],
    "lips_opus.mp4": _LIPS + ["-c:a", "libopus", "-b:a", "64k"],
    "h264_aac.flv": _PICTURE + _SOUND + _LENGTH + _H264 + _AAC,
    "h264_aac_plain.flv": _PICTURE + _SOUND + _LENGTH + ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast",
                                                        "-bf", "0", "-g", "25"] + _AAC,
    # longer than a test of segments lasts: the sound of a loop has a gap where it begins again
    "h264_aac_long.flv": _PICTURE + _SOUND + ["-t", "90"] + _H264 + _AAC,
    "h264_mp3.flv": _PICTURE + _SOUND + _LENGTH + _H264 + ["-c:a", "libmp3lame", "-ac", "2", "-b:a", "64k"],
    # another encoder than that of h264_aac_plain.flv: size, profile, delay of pictures, rate and channels of sound
    "h264_aac_wide.flv": ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=%d" % FPS] + _SOUND_48K + _LENGTH + _H264
    + ["-g", "100", "-c:a", "aac", "-ac", "1", "-b:a", "48k"],
    # the same, with the sound of h264_aac_plain.flv
    "h264_aac_large.flv": ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=%d" % FPS] + _SOUND + _LENGTH + _H264 + ["-g", "100"] + _AAC,
    "h264.flv": _PICTURE + _LENGTH + _H264,
    "aac.flv": _SOUND + _LENGTH + _AAC,
    # further tracks of sound, with other frames than those of the clips above
    "aac_other.flv": _OTHER_SOUND + _SHORT + _AAC,
    "aac_other_long.flv": _OTHER_SOUND + ["-t", "90"] + _AAC,
    "mp3_other.flv": _OTHER_SOUND + _SHORT + ["-c:a", "libmp3lame", "-ac", "1", "-b:a", "64k"],
    "opus_other.mp4": _OTHER_SOUND_48K + _SHORT + ["-c:a", "libopus", "-b:a", "48k"],
    "ac3_other.mp4": _OTHER_SOUND_48K + _SHORT + ["-c:a", "ac3", "-ac", "2", "-b:a", "96k"],
    # a stream whose tracks are told apart by ear
    "tone_low.flv": _PICTURE + ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100", "-t", "60"] + _H264 + _AAC,
    "tone_high.flv": ["-f", "lavfi", "-i", "sine=frequency=880:sample_rate=44100", "-t", "60"] + _AAC,
    "alaw.flv": _PICTURE + _SOUND_8K + _SHORT + _H264 + ["-c:a", "pcm_alaw", "-ac", "1"],
    "mulaw.flv": _PICTURE + _SOUND_8K + _SHORT + _H264 + ["-c:a", "pcm_mulaw", "-ac", "1"],
    "speex.flv": _PICTURE + _SOUND_8K + _SHORT + _H264 + ["-c:a", "libspeex", "-ac", "1", "-ar", "16000"],
    "h264_aac.mp4": _PICTURE + _SOUND + _SHORT + _H264 + _AAC,
    "hevc_aac.mp4": _PICTURE + _SOUND + _SHORT + _HEVC + _AAC,
    "hevc_aac_large.mp4": ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=%d" % FPS] + _SOUND + _SHORT + _HEVC + _AAC,
    "av1_opus.mp4": _PICTURE + _SOUND_48K + _SHORT + ["-pix_fmt", "yuv420p", "-c:v", "libsvtav1", "-preset", "12",
                                                      "-g", "25", "-c:a", "libopus", "-b:a", "48k"],
    "vp9_opus.mp4": _PICTURE + _SOUND_48K + _SHORT + ["-pix_fmt", "yuv420p", "-c:v", "libvpx-vp9", "-deadline", "realtime",
                                                      "-cpu-used", "8", "-g", "25", "-c:a", "libopus", "-b:a", "48k"],
    "h264_ac3.mp4": _PICTURE + _SOUND_48K + _SHORT + _H264 + ["-c:a", "ac3", "-ac", "2", "-b:a", "96k"],
    "h264_eac3.mp4": _PICTURE + _SOUND_48K + _SHORT + _H264 + ["-c:a", "eac3", "-ac", "2", "-b:a", "96k"],
    "h264_opus.mp4": _PICTURE + _SOUND_48K + _SHORT + _H264 + ["-c:a", "libopus", "-b:a", "48k"],
    "minute.flv": _PICTURE + _SOUND + ["-t", "60"] + _H264 + _AAC,
    "minutes.flv": _PICTURE + _SOUND + ["-t", "120", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-g",
                                                             "25"] + _AAC,
    NUMBERED: _NUMBERED + ["-t", "64", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-g",
                           "50", "-sc_threshold", "0", "-b:v", "800k"] + _AAC,
    # segments of some megabytes
    "h264_large.flv": ["-f", "lavfi", "-i", "nullsrc=size=640x480:rate=25,geq=random(1)*255:128:128"] + _SHORT
    + ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-qp", "20", "-bf", "0", "-g", "25"],
    # more pixels than pictures are made of
    "h264_huge.flv": ["-f", "lavfi", "-i", "color=gray:size=8192x2304:rate=25", "-t", "0.08", "-pix_fmt", "yuv420p", "-c:v", "libx264",
                      "-preset", "ultrafast"],
    "h264_flac.mp4": _PICTURE + _SOUND_48K + _SHORT + _H264 + ["-c:a", "flac", "-ac", "2", "-sample_fmt", "s16",
                                                               "-strict", "-2"],
}

# Longer streams of each video and audio codec that segments carry, for players that join while they are published.
_VIDEO = {
    "h264": _H264,
    "hevc": _HEVC,
    "av1": ["-pix_fmt", "yuv420p", "-c:v", "libsvtav1", "-preset", "12", "-g", "25"],
    "vp9": ["-pix_fmt", "yuv420p", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "25"],
}
_AUDIO = {
    "aac": _AAC,
    "mp3": ["-c:a", "libmp3lame", "-ac", "2", "-b:a", "64k"],
    "opus": ["-c:a", "libopus", "-b:a", "48k"],
    "flac": ["-c:a", "flac", "-ac", "2", "-sample_fmt", "s16", "-strict", "-2"],
    "ac3": ["-c:a", "ac3", "-ac", "2", "-b:a", "96k"],
    "eac3": ["-c:a", "eac3", "-ac", "2", "-b:a", "96k"],
}


def live_clip(video, audio):
    """The name of a clip of half a minute with these codecs; one of them may be "none"."""
    name = "live_%s_%s.%s" % (video, audio, "flv" if audio == "mp3" else "mp4")
    sound = _SOUND if audio == "mp3" else _SOUND_48K                 # FLV has no MP3 of 48 kHz
    inputs = (_PICTURE if video in _VIDEO else []) + (sound if audio in _AUDIO else [])
    RECIPES[name] = inputs + ["-t", "30"] + _VIDEO.get(video, []) + _AUDIO.get(audio, [])
    return name


def clip(name):
    """Path of a clip, made if need be."""
    recipe = RECIPES[name]
    key = hashlib.sha256(repr(recipe).encode()).hexdigest()[:8]
    path = os.path.join(CACHE, "%s-%s" % (key, name))
    if os.path.exists(path):
        return path
    os.makedirs(CACHE, exist_ok=True)
    with open(path + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path):
            part = os.path.join(CACHE, "part-%s-%s" % (key, name))
            run(FFMPEG + ["-y"] + recipe + ["-map_metadata", "-1", part], 60, env={"SVT_LOG": "1"})
            os.rename(part, path)
    return path


def sample():
    """The clip that the project ships, or ours if that is missing."""
    path = os.path.join(ROOT, "doc", "sample.flv")
    return path if os.path.exists(path) else clip("h264_aac.flv")


def loop(name, length=None):
    """A clip's tags in an endless loop with growing timestamps. The clip is made before the first tag is taken.

    length: milliseconds of a round, for a clip in which neither pictures nor sound then have a gap. What is later is left out.
    """
    once = tags(name)
    if length:
        once = [t for t in once if t.ts < length and not flv.is_end(t)]
    length = length or max(t.ts for t in once) + 40
    return (t._replace(ts=t.ts + n * length) for n in itertools.count() for t in once)


def tags(name, **how):
    """A clip as FLV tags. MP4 clips become enhanced FLV, or classic by an argument of flv.from_tracks."""
    path = clip(name)
    return flv.read(path) if name.endswith(".flv") else flv.from_tracks(mp4.read(path), **how)


# -- programs ------------------------------------------------------------------------------------------------------

def run(argv, timeout=30, ok=(0,), env=None, **how):
    """Run a program to its end, which must come by itself; returns the CompletedProcess."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=patience(timeout), env=dict(os.environ, **(env or {})), **how)
    except subprocess.TimeoutExpired as e:
        raise AssertionError("%s did not end within %.0f s\n%s" % (
            " ".join(argv), patience(timeout), (e.stderr or b"").decode(errors="replace")[-3000:])) from None
    assert done.returncode in ok, "%s: exit %d\n%s" % (
        " ".join(argv), done.returncode, done.stderr.decode(errors="replace")[-3000:])
    return done


class Program:
    """A client program running beside the test; it is waited for, and never left behind."""

    def __init__(self, argv, **how):
        self.argv = argv
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, **how)
        self.out = self.err = ""

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    def ends(self, timeout=30, ok=(0,)):
        """Wait for its end; returns its standard output."""
        try:
            out, err = self.process.communicate(timeout=patience(timeout))
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, err = self.process.communicate()
            raise AssertionError("%s did not end by itself\n%s" % (
                " ".join(self.argv), err.decode(errors="replace")[-3000:])) from None
        self.out, self.err = out.decode(errors="replace"), err.decode(errors="replace")
        assert self.process.returncode in ok, "%s: exit %d\n%s" % (
            " ".join(self.argv), self.process.returncode, self.err[-3000:])
        return self.out


def trusting(url):
    """Arguments that make ffmpeg trust our certificate: version 8 and later check the signature."""
    return ["-tls_verify", "0"] if url.startswith(("rtmps:", "https:")) else []


def nobody():
    """The user `nobody`, for programs that refuse to run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [],
            "env": dict(os.environ, HOME="/nonexistent", XDG_RUNTIME_DIR="/nonexistent")}


def ffmpeg_publish(path, url, rate=1.0, extra=()):
    """Start an ffmpeg that sends a file unchanged, at `rate` times real time."""
    return Program(FFMPEG + ["-readrate", "%g" % rate, "-i", path, *extra, "-c", "copy", *trusting(url), "-f", "flv", url])


def ffmpeg_play(url, extra=()):
    """Start an ffmpeg that plays until the stream ends and prints the packets' framemd5."""
    return Program(FFMPEG + ["-analyzeduration", "1000000", *trusting(url), "-i", url, *extra, "-c", "copy", "-f", "framemd5", "-"])


Packet = namedtuple("Packet", "kind dts pts size hash")


def framemd5(path):
    """The packets of a file, by framemd5."""
    return parse_framemd5(run(FFMPEG + ["-i", path, "-c", "copy", "-f", "framemd5", "-"]).stdout.decode())


def parse_framemd5(text):
    """The packets in ffmpeg's framemd5 output, with timestamps in milliseconds."""
    kinds, bases, packets = {}, {}, []
    for line in text.splitlines():
        if line.startswith("#media_type"):
            index, kind = line.split(" ", 1)[1].split(": ")
            kinds[int(index)] = kind.strip()
        elif line.startswith("#tb"):
            index, base = line.split(" ", 1)[1].split(": ")
            num, den = base.split("/")
            bases[int(index)] = 1000 * int(num) / int(den)
        elif line and not line.startswith("#"):
            stream, dts, pts, _, size, digest = [c.strip() for c in line.split(",")[:6]]
            ms = bases[int(stream)]
            packets.append(Packet(kinds[int(stream)], round(int(dts) * ms), round(int(pts) * ms), int(size), digest))
    return packets


def compare_packets(source, played, whole=True, apart_ms=0):
    """Assert that the played packets are the sent ones: bytes, order, and times relative to the first common frame.

    With whole=False the player may have come later or left earlier; its packets must then be without a gap.
    apart_ms: how far sound may be moved as a whole against the pictures, by a player or its container.
    """
    assert played, "nothing was played"
    assert {p.kind for p in played} == {p.kind for p in source}
    offset = None
    for kind in sorted({p.kind for p in source}, reverse=True):          # video first: it sets the offset
        want = [p for p in source if p.kind == kind]
        got = [p for p in played if p.kind == kind]
        at = next((i for i, p in enumerate(want) if (p.size, p.hash) == (got[0].size, got[0].hash)), None)
        assert at is not None, "the first %s packet played was never sent" % kind
        if whole:
            assert at == 0, "%d %s packets are missing at the start" % (at, kind)
            assert len(got) == len(want), "%d of %d %s packets played" % (len(got), len(want), kind)
        want = want[at:at + len(got)]
        assert [(p.size, p.hash) for p in got] == [(p.size, p.hash) for p in want], "%s packets differ" % kind
        own = got[0].dts - want[0].dts
        if offset is None:
            offset = own
        if apart_ms:
            assert abs(own - offset) <= apart_ms, "%s is moved by %d ms" % (kind, own - offset)
            offset = own
        moved = [(g.dts, w.dts + offset) for g, w in zip(got, want)
                 if abs(g.dts - w.dts - offset) > 1 or abs(g.pts - w.pts - offset) > 1]
        assert not moved, "%s times differ (got, expected): %s" % (kind, moved[:5])
