"""Fragmented MP4 as CMAF has it (ISO/IEC 14496-12, 23000-19): what init segments and media segments say about time.

    tracks(init)                     {track_ID: Track}
    fragments(init, segment)         its movie fragments, one for each track in each moof
    check_segment(init, segment)     what is wrong with the boxes, a list of sentences
"""
import struct
from collections import namedtuple

from mp4 import boxes, find

Track = namedtuple("Track", "id kind timescale codec duration size flags")           # the last three: defaults of trex
# start, duration: in the track's timescale; keys: of each sample, whether it is a sync sample
Fragment = namedtuple("Fragment", "track sequence start duration sizes keys")

_NOT_SYNC = 0x10000                                                  # sample_is_non_sync_sample, 8.8.3.1


def tracks(init):
    moov = find(init, "moov")
    defaults = {}
    for kind, b, e in boxes(init, *find(init, "moov/mvex")):
        if kind == "trex":
            track, _, duration, size, flags = struct.unpack_from(">5I", init, b + 4)
            defaults[track] = (duration, size, flags)
    found = {}
    for kind, b, e in boxes(init, *moov):
        if kind == "trak":
            tkhd = find(init, "tkhd", b, e)[0]
            number, = struct.unpack_from(">I", init, tkhd + (20 if init[tkhd] else 12))
            mdhd = find(init, "mdia/mdhd", b, e)[0]
            scale, = struct.unpack_from(">I", init, mdhd + (20 if init[mdhd] else 12))
            hdlr = init[find(init, "mdia/hdlr", b, e)[0] + 8:][:4]
            stsd = find(init, "mdia/minf/stbl/stsd", b, e)
            codec = next(boxes(init, stsd[0] + 8, stsd[1]))[0]
            found[number] = Track(number, {b"vide": "video", b"soun": "audio"}.get(hdlr), scale, codec, *defaults[number])
    return found


def _traf(data, at, end, known, sequence):
    tfhd = find(data, "tfhd", at, end)[0]
    flags = int.from_bytes(data[tfhd + 1:tfhd + 4], "big")
    number, = struct.unpack_from(">I", data, tfhd + 4)
    track = known[number]
    default = {"duration": track.duration, "size": track.size, "flags": track.flags}
    place = tfhd + 8 + (8 if flags & 1 else 0) + (4 if flags & 2 else 0)
    for bit, name in ((8, "duration"), (16, "size"), (32, "flags")):
        if flags & bit:
            default[name], = struct.unpack_from(">I", data, place)
            place += 4
    tfdt = find(data, "tfdt", at, end)[0]
    start, = struct.unpack_from(">Q" if data[tfdt] else ">I", data, tfdt + 4)
    duration, sizes, keys = 0, [], []
    for kind, b, _ in boxes(data, at, end):
        if kind == "trun":
            for d, s, f in _trun(data, b, default):
                duration += d
                sizes.append(s)
                keys.append(not f & _NOT_SYNC)
    return Fragment(number, sequence, start, duration, sizes, keys)


def _trun(data, at, default):
    flags, count = int.from_bytes(data[at + 1:at + 4], "big"), struct.unpack_from(">I", data, at + 4)[0]
    at += 8 + (4 if flags & 1 else 0)
    first = None
    if flags & 4:
        first, = struct.unpack_from(">I", data, at)
        at += 4
    for n in range(count):
        sample = dict(default)
        if n == 0 and first is not None:
            sample["flags"] = first
        for bit, name in ((0x100, "duration"), (0x200, "size"), (0x400, "flags"), (0x800, "cts")):
            if flags & bit:
                sample[name], = struct.unpack_from(">I", data, at)
                at += 4
        yield sample["duration"], sample["size"], sample["flags"]


def fragments(init, segment):
    known, found = tracks(init), []
    for kind, b, e in boxes(segment):
        if kind == "moof":
            sequence, = struct.unpack_from(">I", segment, find(segment, "mfhd", b, e)[0] + 4)
            found += [_traf(segment, tb, te, known, sequence) for k, tb, te in boxes(segment, b, e) if k == "traf"]
    return found


def times(init, segment):
    """{track: (start, end)} in the track's timescale, over all fragments of a segment."""
    found = {}
    for f in fragments(init, segment):
        begin = found.get(f.track, (f.start, 0))[0]
        found[f.track] = (begin, f.start + f.duration)
    return found


def check_segment(init, segment):
    """Boxes in order, each moof with its mdat, sizes that add up, and times without a gap inside the segment."""
    wrong, names = [], []
    payload = {}
    for kind, b, e in boxes(segment):
        names.append(kind)
        if e > len(segment):
            wrong.append("%s ends %d bytes after the segment" % (kind, e - len(segment)))
        if kind == "mdat":
            payload[names.count("mdat")] = e - b
    core = [n for n in names if n in ("moof", "mdat")]
    if not core or core != ["moof", "mdat"] * (len(core) // 2):
        wrong.append("not moof and mdat in turns: %s" % names)
        return wrong
    ends, sequences, at = {}, [], 0
    for kind, b, e in boxes(segment):
        if kind != "moof":
            continue
        at += 1
        mine = fragments(init, segment[b - 8:e])
        if sum(sum(f.sizes) for f in mine) != payload[at]:
            wrong.append("moof %d: samples of %d bytes, mdat of %d" % (at, sum(sum(f.sizes) for f in mine), payload[at]))
        for f in mine:
            if f.track in ends and f.start != ends[f.track]:
                wrong.append("track %d: a fragment begins at %d, the one before ends at %d" % (f.track, f.start, ends[f.track]))
            ends[f.track] = f.start + f.duration
            sequences.append(f.sequence)
    if sequences != sorted(sequences):
        wrong.append("sequence numbers of fragments go back: %s" % sequences)
    return wrong
