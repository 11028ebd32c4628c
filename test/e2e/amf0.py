"""AMF0, the notation of RTMP commands and metadata (Adobe, "Action Message Format -- AMF 0").

Python's None, bool, float/int, str, dict and list stand for null, boolean, number, string, object and strict
array; EcmaArray, Date and UNDEFINED for the rest.
"""
import struct

NUMBER, BOOLEAN, STRING, OBJECT, NULL, UNDEF, REFERENCE, ECMA_ARRAY, OBJECT_END, STRICT_ARRAY, DATE, LONG_STRING = (
    0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12)


class EcmaArray(dict):
    """An associative array: an object with a count in front."""


class Date(float):
    """Milliseconds since 1970."""


class Undefined:
    def __repr__(self):
        return "undefined"


UNDEFINED = Undefined()


class AmfError(ValueError):
    pass


def encode(*values):
    return b"".join(map(_encode, values))


def _text(s):
    b = s.encode()
    return struct.pack(">H", len(b)) + b


def _properties(d):
    return b"".join(_text(k) + _encode(v) for k, v in d.items()) + b"\0\0\x09"


def _encode(v):
    if v is None:
        return b"\x05"
    if v is UNDEFINED:
        return b"\x06"
    if isinstance(v, bool):
        return b"\x01" + bytes([v])
    if isinstance(v, Date):
        return b"\x0b" + struct.pack(">dh", v, 0)
    if isinstance(v, (int, float)):
        return b"\x00" + struct.pack(">d", v)
    if isinstance(v, str):
        b = v.encode()
        return b"\x02" + struct.pack(">H", len(b)) + b if len(b) < 65536 else b"\x0c" + struct.pack(">I", len(b)) + b
    if isinstance(v, EcmaArray):
        return b"\x08" + struct.pack(">I", len(v)) + _properties(v)
    if isinstance(v, dict):
        return b"\x03" + _properties(v)
    if isinstance(v, (list, tuple)):
        return b"\x0a" + struct.pack(">I", len(v)) + encode(*v)
    raise TypeError(type(v))


def decode(data):
    """All values in `data`."""
    values, at = [], 0
    while at < len(data):
        v, at = _decode(data, at)
        values.append(v)
    return values


def _decode_text(data, at):
    n, = struct.unpack_from(">H", data, at)
    if at + 2 + n > len(data):
        raise AmfError("string runs off the end")
    return bytes(data[at + 2:at + 2 + n]).decode("utf-8", "replace"), at + 2 + n


def _decode_properties(data, at, into):
    while True:
        key, at = _decode_text(data, at)
        if not key and data[at] == OBJECT_END:
            return into, at + 1
        into[key], at = _decode(data, at)


def _decode(data, at):
    try:
        marker = data[at]
        at += 1
        if marker == NUMBER:
            return struct.unpack_from(">d", data, at)[0], at + 8
        if marker == BOOLEAN:
            return data[at] != 0, at + 1
        if marker == STRING:
            return _decode_text(data, at)
        if marker == OBJECT:
            return _decode_properties(data, at, {})
        if marker == ECMA_ARRAY:
            return _decode_properties(data, at + 4, EcmaArray())
        if marker == NULL:
            return None, at
        if marker == UNDEF:
            return UNDEFINED, at
        if marker == STRICT_ARRAY:
            n, = struct.unpack_from(">I", data, at)
            at += 4
            values = []
            for _ in range(n):
                v, at = _decode(data, at)
                values.append(v)
            return values, at
        if marker == DATE:
            return Date(struct.unpack_from(">d", data, at)[0]), at + 10
        if marker == LONG_STRING:
            n, = struct.unpack_from(">I", data, at)
            return bytes(data[at + 4:at + 4 + n]).decode("utf-8", "replace"), at + 4 + n
    except (IndexError, struct.error) as e:
        raise AmfError("value runs off the end") from e
    raise AmfError("marker %d" % marker)
