"""What ffmpeg prints as framemd5, and whether two such lists are the same stream.

Unlike test/e2e/media.py's, these keep every track apart (several of a kind make a multitrack stream), and a
difference is a sentence to be put into a table, not an exception.
"""
from collections import namedtuple

Packet = namedtuple("Packet", "dts pts size hash")
Track = namedtuple("Track", "kind packets")

NO_PTS = -1 << 63
NEAR_MS = 2.01                                # FLV rounds to milliseconds, each time it is written


def parse(text):
    """The tracks of framemd5 output in the order of their numbers; times in milliseconds.

    An ffmpeg that does not know enhanced audio makes tracks without a codec of it, and headers packets of them:
    these are no tracks.
    """
    kinds, bases, packets, unknown = {}, {}, {}, set()
    for line in text.splitlines():
        if line.startswith("#media_type"):
            n, kind = line.split(" ", 1)[1].split(": ")
            kinds[int(n)] = kind.strip()
        elif line.startswith("#codec_id") and line.endswith(": none"):
            unknown.add(int(line.split(" ")[1].rstrip(":")))
        elif line.startswith("#tb"):
            n, base = line.split(" ", 1)[1].split(": ")
            num, den = base.split("/")
            bases[int(n)] = 1000 * int(num) / int(den)
        elif line and not line.startswith("#"):
            n, dts, pts, _, size, digest = [c.strip() for c in line.split(",")[:6]]
            ms = bases[int(n)]
            if int(pts) == NO_PTS:
                pts = dts
            packets.setdefault(int(n), []).append(Packet(int(dts) * ms, int(pts) * ms, int(size), digest))
    return [Track(kinds[n], packets[n]) for n in sorted(packets) if n not in unknown]


def words(tracks):
    """ "100 video, 173 audio" """
    return ", ".join("%d %s" % (len(t.packets), t.kind) for t in tracks) or "nothing"


def difference(want, got, *, keys=None, late=False, near_ms=NEAR_MS, may_lack=0):
    """None when `got` is `want`: the same tracks, bytes, order, and times relative to each other; else what is not.

    late        the player came in the middle: what it has must then be without a gap to the end, and each video
                track must start at one of `keys`, the hashes of the key frames
    near_ms     how far a packet's time may be off
    may_lack    how many packets may be missing at the end, all tracks together
    """
    if sorted(t.kind for t in got) != sorted(t.kind for t in want):
        return "%s came of %s" % (words(got), words(want))
    pairs, left = [], list(want)
    for track in sorted(got, key=lambda t: t.kind != "video"):           # video first: it sets the offset
        first = (track.packets[0].size, track.packets[0].hash)
        for w in left:
            at = next((i for i, p in enumerate(w.packets) if (p.size, p.hash) == first), None)
            if w.kind == track.kind and at is not None:
                left.remove(w)
                pairs.append((w, at, track))
                break
        else:
            return "the first %s packet was never sent" % track.kind
    offset = None
    for w, at, track in pairs:
        kind, sent, played = w.kind, w.packets[at:], track.packets
        if at and not late:
            return "%d %s packets are missing at the start" % (at, kind)
        if late and not at and kind == "video":
            return "the late player was not late"
        if late and kind == "video" and keys is not None and played[0].hash not in keys:
            return "the first video packet is not a key frame"
        for i, (a, b) in enumerate(zip(sent, played)):
            if (a.size, a.hash) != (b.size, b.hash):
                return "%s packet %d of %d differs" % (kind, at + i, len(w.packets))
        may_lack -= len(sent) - len(played)
        if len(played) > len(sent) or may_lack < 0:
            return "%d of %d %s packets" % (len(played), len(sent), kind)
        if offset is None:
            offset = played[0].dts - sent[0].dts
        for i, (a, b) in enumerate(zip(sent, played)):
            if max(abs(b.dts - a.dts - offset), abs(b.pts - a.pts - offset)) > near_ms:
                return "%s packet %d came with dts %.0f pts %.0f for %.0f and %.0f" % (
                    kind, at + i, b.dts - offset, b.pts - offset, a.dts, a.pts)
    return None
