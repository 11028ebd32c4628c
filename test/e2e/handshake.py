"""The RTMP handshake as a client sees it: plain, and with a digest in either layout ("complex").

C0 is the version, C1 1536 bytes, C2 again; S0, S1, S2 likewise. In the digest handshake 32 of the 1536 bytes
are an HMAC-SHA256 over the other 1504; four more bytes give its place.
"""
import hashlib
import hmac
import os
import struct
import time

SIZE = 1536
_TAIL = bytes.fromhex("f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae")
_PLAYER = b"Genuine Adobe Flash Player 001"
_SERVER = b"Genuine Adobe Flash Media Server 001"

PLAIN, DIGEST_0, DIGEST_1 = "plain", "digest layout 0", "digest layout 1"
ALL = (PLAIN, DIGEST_0, DIGEST_1)


def _digest_at(block, layout):
    """The place of the digest: layout 0 has its block at 772, layout 1 at 8."""
    start = 772 if layout == DIGEST_0 else 8
    return start + 4 + sum(block[start:start + 4]) % 728


def _digest(block, at, key):
    return hmac.new(key, block[:at] + block[at + 32:], hashlib.sha256).digest()


class Handshake:
    def __init__(self, kind=PLAIN):
        self.kind = kind
        self.c1 = bytearray(os.urandom(SIZE))
        struct.pack_into(">I", self.c1, 0, int(time.monotonic()) & 0xFFFFFFFF)
        struct.pack_into(">I", self.c1, 4, 0 if kind == PLAIN else 0x80000702)
        if kind != PLAIN:
            at = _digest_at(self.c1, kind)
            self.digest = _digest(bytes(self.c1), at, _PLAYER)
            self.c1[at:at + 32] = self.digest

    def c0c1(self):
        return b"\x03" + bytes(self.c1)

    def answer(self, s0s1s2):
        """Check the server's 3073 bytes; returns C2."""
        if s0s1s2[0] != 3:
            raise ValueError("S0 is %d" % s0s1s2[0])
        s1, s2 = bytes(s0s1s2[1:1 + SIZE]), bytes(s0s1s2[1 + SIZE:1 + 2 * SIZE])
        if self.kind == PLAIN:
            if s2 != bytes(self.c1):
                raise ValueError("S2 is not a copy of C1")
            return s1
        at = _digest_at(s1, self.kind)
        s1_digest = s1[at:at + 32]
        if s1_digest != _digest(s1, at, _SERVER):
            raise ValueError("S1 holds no digest in the layout of C1")
        key = hmac.new(_SERVER + _TAIL, self.digest, hashlib.sha256).digest()
        if s2[-32:] != hmac.new(key, s2[:-32], hashlib.sha256).digest():
            raise ValueError("S2 is not signed with the digest of C1")
        body = os.urandom(SIZE - 32)
        key = hmac.new(_PLAYER + _TAIL, s1_digest, hashlib.sha256).digest()
        return body + hmac.new(key, body, hashlib.sha256).digest()
