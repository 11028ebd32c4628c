"""Streams of a wanted bit rate and GOP, as FLV files: the codec's configuration of the sample, and made-up pictures.

Servers look only at the headers of pictures, so the pictures are headers and filling.
"""

import os
import struct

import lab

FPS = 25
AUDIO, VIDEO, KEY, INTER, AVC = 8, 9, 0x10, 0x20, 7
AAC_CONFIG, AAC_FRAME = b"\xaf\x00\x12\x10", b"\xaf\x01" + b"a" * 10
KEY_WEIGHT = 5  # size of a key frame, divided by that of another picture


def avc_config(path):
    """The AVC sequence header of an FLV file."""
    with open(path, "rb") as f:
        data = f.read()
    at = 13
    while at + 11 <= len(data):
        kind, size = data[at] & 0x1F, int.from_bytes(data[at + 1:at + 4], "big")
        body = data[at + 11:at + 11 + size]
        if kind == VIDEO and body[0] & 0x0F == AVC and body[1] == 0:
            return body
        at += 11 + size + 4
    raise lab.Failed(f"{path} has no AVC configuration")


def tag(ms, body, kind=VIDEO):
    return (struct.pack(">BBHBHB", kind, len(body) >> 16, len(body) & 0xFFFF, ms >> 16 & 0xFF, ms & 0xFFFF, ms >> 24)
            + b"\0\0\0" + body + struct.pack(">I", 11 + len(body)))


def picture(key, size):
    """One slice: its NAL unit header, then bytes that need no emulation prevention."""
    nalu = (b"\x65" if key else b"\x41") + b"\xAA" * (size - 10)
    return bytes([(KEY if key else INTER) | AVC, 1, 0, 0, 0]) + struct.pack(">I", len(nalu)) + nalu


def clip(mbit_per_s, gop_s):
    """The path of a file with one GOP of this kind, made when it is missing."""
    path = os.path.join(lab.TOOLS, f"clip-{mbit_per_s}M-{gop_s}s.flv")
    if os.path.exists(path):
        return path
    pictures = gop_s * FPS
    size = mbit_per_s * 1_000_000 // 8 * gop_s // (pictures - 1 + KEY_WEIGHT)
    with open(path + ".new", "wb") as f:
        f.write(b"FLV\x01\x01\0\0\0\x09\0\0\0\0" + tag(0, avc_config(lab.CLIP)))
        for i in range(pictures):
            f.write(tag(i * 1000 // FPS, picture(i == 0, size * KEY_WEIGHT if i == 0 else size)))
    os.rename(path + ".new", path)
    return path


def tiny_clip(frames=20000):
    """The path of a file with a key frame and many audio frames of a few bytes, made when it is missing."""
    path = os.path.join(lab.TOOLS, f"clip-tiny-{frames}.flv")
    if os.path.exists(path):
        return path
    with open(path + ".new", "wb") as f:
        f.write(b"FLV\x01\x05\0\0\0\x09\0\0\0\0" + tag(0, avc_config(lab.CLIP)) + tag(0, AAC_CONFIG, AUDIO))
        f.write(tag(0, picture(True, 2000)))
        for i in range(frames):
            f.write(tag(1 + i // 4, AAC_FRAME, AUDIO))
    os.rename(path + ".new", path)
    return path
