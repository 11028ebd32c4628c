"""FLV tags: files, classic and enhanced headers, and streams made for tests.

Sources: Adobe FLV 10.1 Annex E; Veovera Enhanced RTMP v2. The project's own reading of them is in C; this one
is written apart from it, so that the two check each other.
"""
import struct
from collections import namedtuple

import amf0

AUDIO, VIDEO, SCRIPT = 8, 9, 18

Tag = namedtuple("Tag", "type ts payload")


def read(path):
    """All tags of an FLV file."""
    with open(path, "rb") as f:
        data = f.read()
    assert data[:3] == b"FLV", "%s is not FLV" % path
    at, tags = struct.unpack(">I", data[5:9])[0] + 4, []
    while at + 11 <= len(data):
        size = int.from_bytes(data[at + 1:at + 4], "big")
        ts = int.from_bytes(data[at + 4:at + 7], "big") | data[at + 7] << 24
        tags.append(Tag(data[at] & 0x1F, ts, data[at + 11:at + 11 + size]))
        at += 11 + size + 4
    return tags


def header(audio=True, video=True):
    return b"FLV\x01" + bytes([audio * 4 | video]) + struct.pack(">II", 9, 0)


def pack(tag):
    ts = tag.ts & 0xFFFFFFFF
    return (bytes([tag.type]) + len(tag.payload).to_bytes(3, "big") + (ts & 0xFFFFFF).to_bytes(3, "big")
            + bytes([ts >> 24]) + b"\0\0\0" + tag.payload + struct.pack(">I", 11 + len(tag.payload)))


def write(path, tags):
    tags = list(tags)
    kinds = {t.type for t in tags}
    with open(path, "wb") as f:
        f.write(header(AUDIO in kinds, VIDEO in kinds))
        f.writelines(map(pack, tags))


def metadata(**values):
    return Tag(SCRIPT, 0, amf0.encode("onMetaData", amf0.EcmaArray(values)))


# -- kinds of payloads ---------------------------------------------------------------------------------------------

def is_config(t):
    """A sequence header, classic or enhanced."""
    p = t.payload
    if t.type == VIDEO and len(p) > 1:
        return p[0] & 0x0F == 0 if p[0] & 0x80 else p[0] & 0x0F in (7, 12) and p[1] == 0
    if t.type == AUDIO and len(p) > 1:
        return p[0] & 0x0F == 0 if p[0] >> 4 == 9 else p[0] >> 4 == 10 and p[1] == 0
    return False


def is_key(t):
    """A video frame that decoding may start with."""
    return t.type == VIDEO and bool(t.payload) and (t.payload[0] >> 4 & 7) == 1 and not is_config(t) and not is_end(t)


def is_end(t):
    """An end-of-sequence tag, classic or enhanced; it holds no frame."""
    p = t.payload
    return t.type == VIDEO and len(p) > 1 and (
        p[0] & 0x0F == 2 if p[0] & 0x80 else p[0] & 0x0F in (7, 12) and p[1] == 2)


# -- payloads ------------------------------------------------------------------------------------------------------

SEQUENCE_START, CODED_FRAMES, SEQUENCE_END, CODED_FRAMES_X, MULTITRACK = 0, 1, 2, 3, 6
AUDIO_MULTITRACK = 5
ONE_TRACK, MANY_TRACKS, MANY_TRACKS_MANY_CODECS = 0, 1, 2


def video(codec, packet, body, key=False, cts=0):
    """Classic video with a packet type (codec 7 is AVC, 12 the unofficial number of HEVC)."""
    return bytes([(1 if key else 2) << 4 | codec, packet]) + (cts & 0xFFFFFF).to_bytes(3, "big") + body


def aac(packet, body):
    return b"\xaf" + bytes([packet]) + body


def ex_video(fourcc, packet, body, key=False, cts=None):
    """Enhanced video. Only AVC and HEVC coded frames carry a composition time."""
    ct = (cts or 0) & 0xFFFFFF
    offset = ct.to_bytes(3, "big") if packet == CODED_FRAMES and fourcc in (b"avc1", b"hvc1") else b""
    return bytes([0x80 | (1 if key else 2) << 4 | packet]) + fourcc + offset + body


def ex_audio(fourcc, packet, body):
    return bytes([0x90 | packet]) + fourcc + body


def ex_video_tracks(kind, packet, tracks, key=False):
    """Enhanced multitrack video; tracks is a list of (fourcc, track id, body)."""
    return bytes([0x80 | (1 if key else 2) << 4 | MULTITRACK]) + _tracks(kind, packet, tracks)


def ex_audio_tracks(kind, packet, tracks):
    return bytes([0x90 | AUDIO_MULTITRACK]) + _tracks(kind, packet, tracks)


def _tracks(kind, packet, tracks):
    out = bytes([kind << 4 | packet])
    if kind != MANY_TRACKS_MANY_CODECS:
        out += tracks[0][0]
    for fourcc, track, body in tracks:
        if kind == MANY_TRACKS_MANY_CODECS:
            out += fourcc
        out += bytes([track])
        if kind != ONE_TRACK:
            out += len(body).to_bytes(3, "big")
        out += body
    return out


def aggregate(tags):
    """The payload of an aggregate message: the tags as they stand in a file."""
    return b"".join(pack(t) for t in tags)


# -- tags of other containers --------------------------------------------------------------------------------------

_CLASSIC = {"avc1": 7, "hvc1": 12, "hev1": 12}
_ENHANCED = {"avc1": b"avc1", "hvc1": b"hvc1", "hev1": b"hvc1", "av01": b"av01", "vp09": b"vp09",
             "Opus": b"Opus", "fLaC": b"fLaC", "mp4a": b"mp4a", ".mp3": b".mp3", "ac-3": b"ac-3", "ec-3": b"ec-3"}
_BARE = {"ac-3", "ec-3", ".mp3"}                                     # without a sequence header


def from_tracks(tracks, enhanced=True, coded_frames_x=False):
    """FLV tags of the tracks of an MP4 file (mp4.read), interleaved by time, after their configurations."""
    configs, frames = [], []
    for t in tracks:
        fourcc = _ENHANCED[t.codec]
        if t.kind == "video":
            classic = _CLASSIC.get(t.codec) if not enhanced else None
            if classic:
                configs.append(Tag(VIDEO, 0, video(classic, 0, t.config, key=True)))
            else:
                configs.append(Tag(VIDEO, 0, ex_video(fourcc, SEQUENCE_START, t.config, key=True)))
            for s in t.samples:
                if classic:
                    body = video(classic, 1, s.data, s.key, s.cts_ms)
                elif coded_frames_x and s.cts_ms == 0:
                    body = ex_video(fourcc, CODED_FRAMES_X, s.data, s.key)
                else:
                    body = ex_video(fourcc, CODED_FRAMES, s.data, s.key, s.cts_ms)
                frames.append(Tag(VIDEO, s.dts_ms, body))
        elif t.codec == "mp4a" and not enhanced or t.codec == "mp4a" and enhanced != "audio":
            configs.append(Tag(AUDIO, 0, aac(0, t.config)))
            frames += [Tag(AUDIO, s.dts_ms, aac(1, s.data)) for s in t.samples]
        else:
            if t.codec not in _BARE:
                configs.append(Tag(AUDIO, 0, ex_audio(fourcc, SEQUENCE_START, t.config)))
            frames += [Tag(AUDIO, s.dts_ms, ex_audio(fourcc, CODED_FRAMES, s.data)) for s in t.samples]
    return configs + sorted(frames, key=lambda t: t.ts)


# -- a stream whose frames are numbered ----------------------------------------------------------------------------

AVC_CONFIG = video(7, 0, bytes.fromhex(
    "0142c00bffe100186742c00bda0a11f97011000003000100000300320f142aa001000468ce0fc8"), key=True)
AAC_CONFIG = aac(0, bytes.fromhex("1210"))


class Numbered:
    """An endless H.264 + AAC stream of tiny frames that carry their own numbers, so that a loss shows.

    video() and audio() give the frame of a number; tags() the whole stream in order, 25 video frames and
    `audio_fps` audio frames a second. The bytes are a function of the number alone.
    """

    def __init__(self, gop=25, size=100, fps=25, audio_fps=25, start_ms=0, name="n"):
        self.gop, self.size, self.fps, self.audio_fps, self.start_ms = gop, size, fps, audio_fps, start_ms
        self.name = name

    def configs(self):
        return [metadata(width=160.0, height=120.0, videocodecid=7.0, audiocodecid=10.0, title=self.name),
                Tag(AUDIO, self.start_ms, AAC_CONFIG), Tag(VIDEO, self.start_ms, AVC_CONFIG)]

    def video(self, n):
        key = n % self.gop == 0
        text = ("%s video %08d;" % (self.name, n)).encode()
        nalu = (b"\x65" if key else b"\x41") + text + b"v" * max(0, self.size - len(text))
        return Tag(VIDEO, self.start_ms + n * 1000 // self.fps,
                   video(7, 1, struct.pack(">I", len(nalu)) + nalu, key))

    def audio(self, n):
        text = ("%s audio %08d;" % (self.name, n)).encode()
        return Tag(AUDIO, self.start_ms + n * 1000 // self.audio_fps, aac(1, text + b"a" * (self.size // 4)))

    def frames(self, first=0, count=None):
        """Video and audio frames that begin with video frame `first`; `count` video frames, or without end."""
        a = first * self.audio_fps // self.fps
        n = first
        while count is None or n < first + count:
            v = self.video(n)
            yield v
            n += 1
            while self.audio_fps and self.audio(a).ts < self.start_ms + n * 1000 // self.fps:
                yield self.audio(a)
                a += 1

    def tags(self, count=None):
        yield from self.configs()
        yield from self.frames(0, count)


def number_of(m):
    """(type, number) of a frame of a Numbered stream; None for anything else (configurations, metadata)."""
    if m.type not in (AUDIO, VIDEO) or is_config(m):
        return None
    mark = m.payload.find(b" video " if m.type == VIDEO else b" audio ")
    return (m.type, int(m.payload[mark + 7:mark + 15])) if mark >= 0 else None


def gaps(messages):
    """The frames missing between the first and the last frame of a Numbered stream; [] when none is."""
    missing = []
    for kind, word in ((VIDEO, "video"), (AUDIO, "audio")):
        numbers = [n[1] for n in map(number_of, messages) if n and n[0] == kind]
        if numbers:
            missing += ["%s %d after %d" % (word, b, a) for a, b in zip(numbers, numbers[1:]) if b != a + 1]
    return missing
