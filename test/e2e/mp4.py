"""A reader for the MP4 files that ffmpeg writes for our clips: tracks, configurations, samples.

Source: ISO/IEC 14496-12 (boxes), 14496-15 (avcC, hvcC), and the codecs' own mappings (av1C, vpcC, dOps, dfLa).
"""
import struct
from collections import namedtuple

Sample = namedtuple("Sample", "dts_ms cts_ms key data")
Track = namedtuple("Track", "kind codec config samples")


def boxes(data, at=0, end=None):
    """Yield (type, start of body, end of body)."""
    end = len(data) if end is None else end
    while at + 8 <= end:
        size, = struct.unpack_from(">I", data, at)
        kind = data[at + 4:at + 8].decode("latin-1")
        body = at + 8
        if size == 1:
            size, = struct.unpack_from(">Q", data, body)
            body += 8
        elif size == 0:
            size = end - at
        yield kind, body, at + size
        at += size


def find(data, path, at=0, end=None):
    """(start, end) of the body of the first box on a path like 'mdia/minf/stbl'."""
    for name in path.split("/"):
        for kind, b, e in boxes(data, at, end):
            if kind == name:
                at, end = b, e
                break
        else:
            return None
    return at, end


def _table(data, stbl, name, fmt):
    where = find(data, name, *stbl)
    if not where:
        return None
    at = where[0] + 4
    n, = struct.unpack_from(">I", data, at)
    return list(struct.iter_unpack(">" + fmt, data[at + 4:at + 4 + n * struct.calcsize(">" + fmt)]))


def read(path):
    with open(path, "rb") as f:
        data = f.read()
    moov = find(data, "moov")
    return [_track(data, b, e) for kind, b, e in boxes(data, *moov) if kind == "trak"]


def _track(data, at, end):
    kind = {b"vide": "video", b"soun": "audio"}[data[find(data, "mdia/hdlr", at, end)[0] + 8:][:4]]
    mdhd = find(data, "mdia/mdhd", at, end)[0]
    scale, = struct.unpack_from(">I", data, mdhd + (20 if data[mdhd] else 12))
    stbl = find(data, "mdia/minf/stbl", at, end)
    stsd = find(data, "stsd", *stbl)
    codec, entry, entry_end = next(boxes(data, stsd[0] + 8, stsd[1]))
    inner = entry + (78 if kind == "video" else 28)

    durations = [d for n, d in _table(data, stbl, "stts", "II") for _ in range(n)]
    offsets = [c for n, c in _table(data, stbl, "ctts", "Ii") or [] for _ in range(n)] or [0] * len(durations)
    stss = _table(data, stbl, "stss", "I")
    keys = {n for n, in stss} if stss is not None else None
    stsz = find(data, "stsz", *stbl)[0]
    fixed, count = struct.unpack_from(">II", data, stsz + 4)
    sizes = [fixed] * count if fixed else [s for s, in struct.iter_unpack(">I", data[stsz + 12:stsz + 12 + 4 * count])]
    chunks = [o for o, in _table(data, stbl, "stco", "I") or _table(data, stbl, "co64", "Q")]
    runs = _table(data, stbl, "stsc", "III")

    samples, n, dts = [], 0, 0
    for i, offset in enumerate(chunks, 1):
        per_chunk = [r[1] for r in runs if r[0] <= i][-1]
        for _ in range(per_chunk):
            ms = dts * 1000 // scale
            samples.append(Sample(ms, (dts + offsets[n]) * 1000 // scale - ms, keys is None or n + 1 in keys,
                                  data[offset:offset + sizes[n]]))
            offset += sizes[n]
            dts += durations[n]
            n += 1
    return Track(kind, codec, _config(data, codec, inner, entry_end), samples)


def _config(data, codec, at, end):
    """The codec's configuration as FLV carries it."""
    box = {"avc1": "avcC", "hvc1": "hvcC", "hev1": "hvcC", "av01": "av1C", "vp09": "vpcC",
           "Opus": "dOps", "fLaC": "dfLa", "mp4a": "esds"}.get(codec)
    where = find(data, box, at, end) if box else None
    if not where:
        return b""
    body = data[where[0]:where[1]]
    if box == "dOps":                        # big-endian without a magic word; OpusHead (RFC 7845) has both otherwise
        version, channels, skip, rate, gain, family = struct.unpack_from(">BBHIhB", body)
        return b"OpusHead" + struct.pack("<BBHIhB", version or 1, channels, skip, rate, gain, family) + body[11:]
    if box == "dfLa":                        # FullBox header, then the metadata blocks
        return b"fLaC" + body[4:]
    if box == "esds":
        return _audio_specific_config(body)
    return body


def _audio_specific_config(esds):
    """DecoderSpecificInfo (tag 5) inside the nested descriptors."""
    at = 4
    while at < len(esds):
        tag, size = esds[at], 0
        at += 1
        while True:
            size = size << 7 | esds[at] & 0x7F
            at += 1
            if not esds[at - 1] & 0x80:
                break
        if tag == 5:
            return esds[at:at + size]
        at += {3: 3, 4: 13}.get(tag, size)
    raise ValueError("no DecoderSpecificInfo")
