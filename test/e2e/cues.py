"""Cues: data messages that publishers send at a moment of a stream, and how segments carry them.

    text(ts, …), point(ts, …), ad(ts, …)    FLV tags of data messages
    mixed(tags, cues)                       a stream with these cues at their times
    id3(tag)                                the frames of an ID3 tag: {"TXXX": {description: text}, "PRIV": {owner: bytes}}
    programs(data), ts_cues(data)           the PMTs of a transport stream; its timed ID3
    emsgs(data)                             the emsg boxes of an MP4 segment

Sources: ID3 2.4.0; ISO/IEC 13818-1; Apple, Timed Metadata for HTTP Live Streaming; ISO/IEC 23009-1 5.10.3.3; ANSI/SCTE 35.
"""
import heapq
import struct
from collections import namedtuple

import amf0
import mp4
from flv import SCRIPT, Tag

SCHEME_ID3, SCHEME_SCTE35 = "https://aomedia.org/emsg/ID3", "urn:scte:scte35:2013:bin"
# splice_insert() of event 0x1234: out for 30 s, and in
OUT = bytes.fromhex("fc302500000000000000fff01405000012347feffe000003e8fe002932e0000100000000778c43ff")
IN = bytes.fromhex("fc302000000000000000fff00f05000012347f4ffe000003e80001000000001d9afbd4")

Emsg = namedtuple("Emsg", "scheme value timescale time duration id data place")      # place: index of the next moof
Program = namedtuple("Program", "version streams descriptors")                       # streams: {pid: (type, descriptors)}
TsCue = namedtuple("TsCue", "pts tag")


# -- messages --------------------------------------------------------------------------------------------------------------

def message(ts, name, *values):
    return Tag(SCRIPT, ts, amf0.encode(name, *values))


def text(ts, words, language="en"):
    return message(ts, "onTextData", {"text": words, "language": language})


def point(ts, name, parameters=None, **more):
    value = {"name": name, "type": "event", **more}
    if parameters is not None:
        value["parameters"] = amf0.EcmaArray(parameters)
    return message(ts, "onCuePoint", value)


def ad(ts, **values):
    return message(ts, "onAdCue", values)


def mixed(tags, cues):
    """Both in the order of their times; of equal times the cue comes first."""
    return heapq.merge(cues, tags, key=lambda t: t.ts)


# -- ID3 -------------------------------------------------------------------------------------------------------------------

def _synchsafe(b):
    assert all(x < 128 for x in b), b
    return b[0] << 21 | b[1] << 14 | b[2] << 7 | b[3]


def id3(tag):
    assert tag[:3] == b"ID3" and tag[3:6] == b"\4\0\0", tag[:10]
    assert _synchsafe(tag[6:10]) == len(tag) - 10, (len(tag), tag[:10])
    at, found = 10, {"TXXX": {}, "PRIV": {}}
    while at < len(tag):
        name, size = tag[at:at + 4].decode(), _synchsafe(tag[at + 4:at + 8])
        assert tag[at + 8:at + 10] == b"\0\0"
        body = tag[at + 10:at + 10 + size]
        assert len(body) == size
        if name == "TXXX":
            assert body[0] == 3                                      # UTF-8
            description, _, words = body[1:].partition(b"\0")
            found[name][description.decode()] = words.decode()
        else:
            owner, _, data = body.partition(b"\0")
            found[name][owner.decode()] = data
        at += 10 + size
    return found


# -- transport streams -----------------------------------------------------------------------------------------------------

def _payloads(data):
    """(pid, unit start, payload) of each packet."""
    assert len(data) % 188 == 0
    for at in range(0, len(data), 188):
        p = data[at:at + 188]
        assert p[0] == 0x47
        begin = 4 + (1 + p[4] if p[3] & 0x20 else 0)
        if p[3] & 0x10:
            yield (p[1] & 0x1F) << 8 | p[2], bool(p[1] & 0x40), p[begin:]


def _descriptors(data):
    found, at = {}, 0
    while at < len(data):
        found[data[at]] = data[at + 2:at + 2 + data[at + 1]]
        at += 2 + data[at + 1]
    return found


def programs(data):
    """The PMTs in their order."""
    pmt_pid, found = None, []
    for pid, starts, payload in _payloads(data):
        if not starts or pid not in (0, pmt_pid):
            continue
        section = payload[1 + payload[0]:]
        section = section[:3 + ((section[1] & 0xF) << 8 | section[2]) - 4]           # without the checksum
        if pid == 0:
            pmt_pid = (section[10] & 0x1F) << 8 | section[11]
            continue
        length = (section[10] & 0xF) << 8 | section[11]
        at, streams = 12 + length, {}
        while at < len(section):
            n = (section[at + 3] & 0xF) << 8 | section[at + 4]
            streams[(section[at + 1] & 0x1F) << 8 | section[at + 2]] = (section[at], _descriptors(section[at + 5:at + 5 + n]))
            at += 5 + n
        found.append(Program(section[5] >> 1 & 0x1F, streams, _descriptors(section[12:12 + length])))
    return found


def _pts(pes):
    assert pes[:3] == b"\0\0\1" and pes[7] & 0x80
    b = pes[9:14]
    return (b[0] >> 1 & 7) << 30 | b[1] << 22 | (b[2] >> 1) << 15 | b[3] << 7 | b[4] >> 1


def pes_packets(data, pid):
    """(PTS, bytes) of each PES packet of a stream."""
    packets = []
    for p, starts, payload in _payloads(data):
        if p == pid and starts:
            packets.append(payload)
        elif p == pid:
            packets[-1] += payload
    return [(_pts(pes), pes[9 + pes[8]:]) for pes in packets]


def ts_cues(data):
    """Timed ID3 of a segment; [] if its tables name no such stream."""
    tables = programs(data)
    pids = {pid for t in tables for pid, (kind, _) in t.streams.items() if kind == 0x15}
    return [TsCue(*packet) for pid in pids for packet in pes_packets(data, pid)]


# -- MP4 -------------------------------------------------------------------------------------------------------------------

def emsgs(data):
    found, moofs = [], 0
    for kind, b, e in mp4.boxes(data):
        moofs += kind == "moof"
        if kind != "emsg":
            continue
        version, scale, time, duration, number = struct.unpack_from(">IIQII", data, b)
        assert version == 1 << 24
        scheme, value, rest = data[b + 24:e].split(b"\0", 2)
        found.append(Emsg(scheme.decode(), value.decode(), scale, time, duration, number, rest, moofs))
    return found
