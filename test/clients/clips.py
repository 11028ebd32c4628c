"""The streams to be sent: a few seconds each, a key frame each second, no two packets alike.

They are made as MP4 by the newest ffmpeg at hand, so that each publisher has to make its own FLV of them.
"""
import hashlib
import os

from systems import FFMPEG

SECONDS = 4
FPS = 25

_PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=160x120:rate=%d" % FPS]
_OTHER_PICTURE = ["-f", "lavfi", "-i", "mandelbrot=size=128x96:rate=%d" % FPS]
_SOUND = ["-f", "lavfi", "-i", "anoisesrc=seed=7:amplitude=0.1:sample_rate=48000"]
_OTHER_SOUND = ["-f", "lavfi", "-i", "anoisesrc=seed=8:amplitude=0.1:sample_rate=48000"]

_H264 = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "25", "-sc_threshold", "0"]
_HEVC = ["-pix_fmt", "yuv420p", "-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1",
         "-x265-params", "log-level=none:keyint=25:min-keyint=25:bframes=2:open-gop=0"]
_HDR = ["-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params",
        "log-level=none:keyint=25:min-keyint=25:bframes=2:open-gop=0:hdr10=1:repeat-headers=0:max-cll=1000,400:"
        "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)",
        "-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc"]
_AV1 = ["-pix_fmt", "yuv420p", "-c:v", "libsvtav1", "-preset", "12", "-g", "25"]
_VP9 = ["-pix_fmt", "yuv420p", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "25",
        "-keyint_min", "25"]

_AAC = ["-c:a", "aac", "-ac", "2", "-b:a", "64k"]
_MP3 = ["-c:a", "libmp3lame", "-ac", "2", "-ar", "44100", "-b:a", "64k"]
_OPUS = ["-c:a", "libopus", "-ac", "2", "-b:a", "48k"]
_OPUS51 = ["-c:a", "libopus", "-ac", "6", "-mapping_family", "1", "-b:a", "128k"]
_FLAC = ["-c:a", "flac", "-ac", "2", "-sample_fmt", "s16"]
_AC3 = ["-c:a", "ac3", "-ac", "2", "-b:a", "96k"]
_EAC3 = ["-c:a", "eac3", "-ac", "2", "-b:a", "96k"]
_AAC51 = ["-c:a", "aac", "-ac", "6", "-b:a", "192k"]

RECIPES = {
    "H.264 AAC": _PICTURE + _SOUND + _H264 + _AAC,
    "H.264 MP3": _PICTURE + _SOUND + _H264 + _MP3,
    "H.264": _PICTURE + _H264,
    "AAC": _SOUND + _AAC,
    "HEVC AAC": _PICTURE + _SOUND + _HEVC + _AAC,
    "HEVC HDR AAC": _PICTURE + _SOUND + _HDR + _AAC,
    "AV1 AAC": _PICTURE + _SOUND + _AV1 + _AAC,
    "VP9 AAC": _PICTURE + _SOUND + _VP9 + _AAC,
    "AV1 Opus": _PICTURE + _SOUND + _AV1 + _OPUS,
    "VP9 Opus": _PICTURE + _SOUND + _VP9 + _OPUS,
    "H.264 Opus": _PICTURE + _SOUND + _H264 + _OPUS,
    "H.264 Opus 5.1": _PICTURE + _SOUND + _H264 + _OPUS51,
    "H.264 AAC 5.1": _PICTURE + _SOUND + _H264 + _AAC51,
    "H.264 FLAC": _PICTURE + _SOUND + _H264 + _FLAC,
    "H.264 AC-3": _PICTURE + _SOUND + _H264 + _AC3,
    "H.264 E-AC-3": _PICTURE + _SOUND + _H264 + _EAC3,
    "Opus": _SOUND + _OPUS,
    # several tracks: 2 pictures and 2 sounds; the second ones in other codecs
    "2 H.264 2 AAC": _PICTURE + _OTHER_PICTURE + _SOUND + _OTHER_SOUND
    + ["-map", "0", "-map", "1", "-map", "2", "-map", "3"] + _H264 + _AAC,
    "H.264+HEVC AAC+Opus": _PICTURE + _OTHER_PICTURE + _SOUND + _OTHER_SOUND
    + ["-map", "0", "-map", "1", "-map", "2", "-map", "3"] + _H264
    + ["-c:v:1", "libx265", "-preset:v:1", "ultrafast", "-tag:v:1", "hvc1", "-sc_threshold:v:0", "0",
       "-x265-params:v:1", "log-level=none:keyint=25:min-keyint=25:bframes=2:open-gop=0"]
    + _AAC + ["-c:a:1", "libopus", "-ac:a:1", "2"],
}


def kinds(name):
    """How many video and audio tracks a clip has."""
    recipe = RECIPES[name]
    many = 2 if _OTHER_PICTURE[3] in recipe else 1
    return many * ("-c:v" in recipe), many * ("-c:a" in recipe)


def make(name, maker, folder):
    """The clip as a file in the folder; `maker` is the system whose ffmpeg makes it."""
    recipe = RECIPES[name] + ["-t", str(SECONDS), "-map_metadata", "-1", "-fflags", "+bitexact", "-strict", "-2",
                              "-use_editlist", "0", "-f", "mp4"]
    path = os.path.join(folder, "%s.mp4" % hashlib.sha256(repr(recipe).encode()).hexdigest()[:12])
    if not os.path.exists(path):
        with maker.run(FFMPEG + ["-y"] + recipe + [maker.out("clip.mp4")], env={"SVT_LOG": "1"}) as p:
            p.ends(120)
        os.rename(maker.outside("clip.mp4"), path)
    return path
