"""Players of HLS and DASH: ffmpeg, which says what it got packet by packet, GStreamer, VLC and mpv.

    hls_packets(url)             what ffmpeg gets from a live playlist, from its first segment until nothing new comes
    dash_packets(url, seconds)   what ffmpeg gets from a live MPD, of so many seconds of the stream
    source_packets(clip, ...)    the same of the clip that was published
    gstreamer, vlc, mpv          start a program that plays `seconds` and ends; its exit status is the verdict

Players in a browser are in browser_players.py.
"""

import media
from media import FFMPEG, Program, trusting

# Parameter sets and access unit delimiters, which a muxer of MPEG-TS adds: H.264, table 7-1; HEVC, table 7-1.
_ANNEXB = {"h264": ("h264_mp4toannexb", "filter_units=remove_types=7-9"),
           "hevc": ("hevc_mp4toannexb", "filter_units=remove_types=32-35")}
_HOLD = 2                                    # reloads without a new segment after which ffmpeg takes a stream as ended


def _filters(container, video, audio, is_source):
    """Bitstream filters that bring the packets of a clip and those of MPEG-TS to one form."""
    arguments = []
    if container == "ts" and video in _ANNEXB:
        arguments += ["-bsf:v", ",".join(_ANNEXB[video] if is_source else _ANNEXB[video][1:])]
    if container == "ts" and audio == "aac" and not is_source:
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


def file_packets(path):
    return _framemd5(["-i", path], [])


# -- players that decode -----------------------------------------------------------------------------------------------------

def mpv(url, seconds, quiet=None):
    """Plays `seconds` in real time, without a window or sound; `quiet`: a part of it that says nothing."""
    level = "all=warn" + (",%s=no" % quiet if quiet else "")
    return Program(["mpv", "--no-config", "--msg-level=" + level, "--vo=null", "--ao=null", "--length=%g" % seconds, url])


def gstreamer(url, frames):
    """playbin3 finds hlsdemux2 by itself; it ends when this many pictures have been shown at their times."""
    return Program(["gst-launch-1.0", "-q", "playbin3", "uri=" + url, "flags=1",
                    "video-sink=fakesink num-buffers=%d sync=true" % frames])


def vlc(url, seconds, out, **how):
    """Records to a transport stream; how: the user that it runs as, which must not be root."""
    return Program(["cvlc", "-q", "--no-interact", "--no-media-library", "--play-and-exit", "--network-caching=300",
                    "--run-time=%g" % seconds, url, "--sout", "#std{access=file,mux=ts,dst=%s}" % out, "vlc://quit"], **how)
