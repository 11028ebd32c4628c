"""AMF3 as far as the tests need it (Adobe, "Action Message Format -- AMF 3"). References are not written."""
import struct


def u29(n):
    if n < 0x80:
        return bytes([n])
    if n < 0x4000:
        return bytes([n >> 7 | 0x80, n & 0x7F])
    if n < 0x200000:
        return bytes([n >> 14 | 0x80, n >> 7 & 0x7F | 0x80, n & 0x7F])
    return bytes([n >> 22 & 0x7F | 0x80, n >> 15 & 0x7F | 0x80, n >> 8 & 0x7F | 0x80, n & 0xFF])


def text(s):
    b = s.encode()
    return u29(len(b) << 1 | 1) + b


def encode(*values):
    return b"".join(map(_encode, values))


def _encode(v):
    if v is None:
        return b"\x01"
    if isinstance(v, bool):
        return b"\x03" if v else b"\x02"
    if isinstance(v, int):
        return b"\x04" + u29(v & 0x1FFFFFFF)
    if isinstance(v, float):
        return b"\x05" + struct.pack(">d", v)
    if isinstance(v, str):
        return b"\x06" + text(v)
    if isinstance(v, dict):                                         # a dynamic object without a class
        return b"\x0a\x0b\x01" + b"".join(text(k) + _encode(x) for k, x in v.items()) + b"\x01"
    if isinstance(v, (list, tuple)):
        return b"\x09" + u29(len(v) << 1 | 1) + b"\x01" + encode(*v)
    raise TypeError(type(v))
