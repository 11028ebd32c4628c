"""RTMP chunk streams, both directions, as pure functions on bytes (RTMP 1.0, section 5.3)."""
import struct
from collections import namedtuple

SET_CHUNK_SIZE, ABORT, ACK, USER_CONTROL, WINDOW_ACK, PEER_BANDWIDTH = 1, 2, 3, 4, 5, 6
AUDIO, VIDEO, AMF3_DATA, AMF3_COMMAND, DATA, COMMAND, AGGREGATE = 8, 9, 15, 17, 18, 20, 22

Message = namedtuple("Message", "type ts payload msid csid", defaults=(1, None))

_CSID = {SET_CHUNK_SIZE: 2, ABORT: 2, ACK: 2, USER_CONTROL: 2, WINDOW_ACK: 2, PEER_BANDWIDTH: 2,
         COMMAND: 3, AMF3_COMMAND: 3, AUDIO: 4, DATA: 5, AMF3_DATA: 5, VIDEO: 6, AGGREGATE: 6}
_EXT = 0xFFFFFF


class ChunkError(ValueError):
    pass


class Reader:
    """Bytes in, messages out. It is strict: anything that a server must not send is an error."""

    def __init__(self):
        self.buf = bytearray()
        self.chunk_size = 128
        self.total = 0
        self.first_formats = {}              # (csid, type) -> set of the header forms that messages began with
        self._streams = {}                   # csid -> [ts, delta, length, type, msid, extended, body or None]

    def feed(self, data):
        self.total += len(data)
        buf = self.buf
        buf += data
        out, at, end = [], 0, len(buf)
        while True:
            p = at
            if end - p < 1:
                break
            fmt, csid = buf[p] >> 6, buf[p] & 0x3F
            p += 1
            if csid < 2:
                more = csid + 1
                if end - p < more:
                    break
                csid = 64 + int.from_bytes(buf[p:p + more], "little")
                p += more
            size = (11, 7, 3, 0)[fmt]
            if end - p < size:
                break
            s = self._streams.get(csid)
            if s is None:
                if fmt != 0:
                    raise ChunkError("chunk stream %d begins with header form %d" % (csid, fmt))
                s = [0, 0, 0, 0, 0, False, None]
            ts, delta, length, kind, msid, ext, body = s
            if body is not None and fmt != 3:
                raise ChunkError("header form %d inside a message on chunk stream %d" % (fmt, csid))
            field = 0
            if fmt < 3:
                field = buf[p] << 16 | buf[p + 1] << 8 | buf[p + 2]
                ext = field == _EXT
                if fmt < 2:
                    length = buf[p + 3] << 16 | buf[p + 4] << 8 | buf[p + 5]
                    kind = buf[p + 6]
                if fmt == 0:
                    msid = struct.unpack_from("<I", buf, p + 7)[0]
                p += size
            if ext:
                if end - p < 4:
                    break
                value = struct.unpack_from(">I", buf, p)[0]
                p += 4
                if fmt < 3:
                    field = value
            if body is None:
                if fmt == 0:
                    ts, delta = field, field
                else:
                    if fmt < 3:
                        delta = field
                    ts = (ts + delta) & 0xFFFFFFFF
                got = 0
            else:
                got = len(body)
            take = min(self.chunk_size, length - got)
            if end - p < take:
                break
            if body is None:
                body = bytearray()
                self.first_formats.setdefault((csid, kind), set()).add(fmt)
            body += buf[p:p + take]
            at = p + take
            if len(body) == length:
                m = Message(kind, ts, bytes(body), msid, csid)
                body = None
                if kind == SET_CHUNK_SIZE:
                    self.chunk_size = struct.unpack(">I", m.payload)[0] & 0x7FFFFFFF
                elif kind == ABORT:
                    other = self._streams.get(struct.unpack(">I", m.payload)[0])
                    if other:
                        other[6] = None
                out.append(m)
            self._streams[csid] = [ts, delta, length, kind, msid, ext, body]
        del buf[:at]
        return out


class Writer:
    """Messages in, bytes out.

    headers   "full": form 0 for every message, as servers do; "compact": the shortest form that fits, as encoders do
    type3_ext whether continuation chunks repeat an extended timestamp (the specification) or not (some encoders)
    """

    def __init__(self, headers="compact", type3_ext=True):
        self.chunk_size = 128
        self.headers = headers
        self.type3_ext = type3_ext
        self._last = {}                      # csid -> (ts, delta or None, length, type, msid)

    def write(self, m, fmt=None):
        """The chunks of one message. `fmt` forces a header form."""
        csid = m.csid or _CSID.get(m.type, 7)
        last = self._last.get(csid)
        if fmt is None:
            fmt = self._choose(m, last)
        ts = m.ts & 0xFFFFFFFF
        delta = ts - last[0] if last else None
        field = ts if fmt == 0 else delta
        head = b""
        short = min(field, _EXT) if field is not None else 0
        if fmt < 3:
            head += short.to_bytes(3, "big")
        if fmt < 2:
            head += len(m.payload).to_bytes(3, "big") + bytes([m.type])
        if fmt == 0:
            head += struct.pack("<I", m.msid)
        ext = struct.pack(">I", field) if field is not None and field >= _EXT else b""
        out = [basic_header(fmt, csid), head, ext, m.payload[:self.chunk_size]]
        again = basic_header(3, csid) + (ext if self.type3_ext else b"")
        for at in range(self.chunk_size, len(m.payload), self.chunk_size):
            out += [again, m.payload[at:at + self.chunk_size]]
        self._last[csid] = (ts, None if fmt == 0 else delta, len(m.payload), m.type, m.msid)
        if m.type == SET_CHUNK_SIZE and len(m.payload) == 4:
            self.chunk_size = struct.unpack(">I", m.payload)[0] or self.chunk_size
        return b"".join(out)

    def _choose(self, m, last):
        if self.headers == "full" or not last or last[4] != m.msid or (m.ts & 0xFFFFFFFF) < last[0]:
            return 0
        delta = (m.ts & 0xFFFFFFFF) - last[0]
        if (last[2], last[3]) != (len(m.payload), m.type):
            return 1
        return 3 if delta == last[1] and delta < _EXT else 2


def basic_header(fmt, csid):
    if csid < 64:
        return bytes([fmt << 6 | csid])
    if csid < 320:
        return bytes([fmt << 6, csid - 64])
    return bytes([fmt << 6 | 1, (csid - 64) & 0xFF, (csid - 64) >> 8])
