"""A player of WebRTC that a test drives packet by packet: checks of ICE over UDP and TCP, and RTP as it comes, without DTLS.

    player = Player(server, "live/s")            the session is open, by the JSON API with dtls=false
    way = player.connect("tcp")                  a Way: the first candidate of that transport
    way.check()                                  a check that nominates it, and the server's answer
    way.packets(50)                              RTP that came by it: at least so many packets, STUN answered meanwhile
"""
import binascii
import hashlib
import hmac
import json
import os
import re
import select
import socket
import struct
import time

from wait import patience, until

COOKIE = 0x2112A442
REQUEST, SUCCESS = 0x0001, 0x0101
USERNAME, INTEGRITY, PRIORITY, USE_CANDIDATE, FINGERPRINT, CONTROLLING, MAPPED = 0x6, 0x8, 0x24, 0x25, 0x8028, 0x802A, 0x20
UFRAG, PWD = "abcd", "0123456789abcdef0123456789"

OFFER = "\r\n".join("""v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=ice-ufrag:%(ufrag)s
a=ice-pwd:%(pwd)s
a=fingerprint:sha-256 %(print)s
a=setup:active
a=mid:0
a=recvonly
a=rtcp-mux
a=rtpmap:111 opus/48000/2
m=video 9 UDP/TLS/RTP/SAVPF 102
c=IN IP4 0.0.0.0
a=ice-ufrag:%(ufrag)s
a=ice-pwd:%(pwd)s
a=fingerprint:sha-256 %(print)s
a=setup:active
a=mid:1
a=recvonly
a=rtcp-mux
a=rtpmap:102 H264/90000
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtcp-fb:102 nack
a=rtcp-fb:102 nack pli
""".split("\n")) % {"ufrag": UFRAG, "pwd": PWD, "print": ":".join(["AB"] * 32)}


def attribute(kind, value):
    return struct.pack(">HH", kind, len(value)) + value + bytes(-len(value) % 4)


def stun(kind, transaction, attributes, key):
    """A message with its integrity and fingerprint."""
    def head(more):
        return struct.pack(">HHI", kind, len(attributes) + more, COOKIE) + transaction
    body = attributes
    body += attribute(INTEGRITY, hmac.new(key.encode(), head(24) + attributes, hashlib.sha1).digest())
    crc = binascii.crc32(struct.pack(">HHI", kind, len(body) + 8, COOKIE) + transaction + body) ^ 0x5354554E
    body += attribute(FINGERPRINT, struct.pack(">I", crc))
    return struct.pack(">HHI", kind, len(body), COOKIE) + transaction + body


def is_stun(packet):
    return len(packet) >= 20 and packet[0] < 2 and packet[4:8] == struct.pack(">I", COOKIE)


class Way:
    """One socket of a player. What arrives is read by its functions alone, so a way that nobody asks is one whose client reads nothing."""

    def __init__(self, player, transport, address, source=0):
        self.player, self.is_tcp = player, transport == "tcp"
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM if self.is_tcp else socket.SOCK_DGRAM)
        if self.is_tcp:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 10)
        self.sock.bind(("127.0.0.1", source))
        self.sock.connect(address)
        self.rest, self.n_rtp, self.ended = b"", 0, False

    def send(self, packet):
        self.sock.sendall(struct.pack(">H", len(packet)) + packet if self.is_tcp else packet)

    def receive(self, wait_s=0.2):
        """The packets that are there, or come within that time."""
        if not select.select([self.sock], [], [], wait_s)[0]:
            return []
        try:
            data = self.sock.recv(65536)
        except (ConnectionResetError, ConnectionRefusedError):
            data = b""
        if not self.is_tcp:
            return [data] if data else []
        self.ended |= not data
        self.rest += data
        found = []
        while len(self.rest) >= 2 and len(self.rest) >= 2 + (n := struct.unpack(">H", self.rest[:2])[0]):
            found.append(self.rest[2:2 + n])
            self.rest = self.rest[2 + n:]
        return found

    def read(self, wait_s=0.2):
        """Take what is there: checks are answered, RTP is counted. Returns the ids of checks that were answered by the server."""
        answered = []
        for packet in self.receive(wait_s):
            if is_stun(packet):
                kind, transaction = struct.unpack(">H", packet[:2])[0], packet[8:20]
                if kind == SUCCESS:
                    answered.append(transaction)
                elif kind == REQUEST:
                    self.send(stun(SUCCESS, transaction, self.mapped(), PWD))
            elif packet and 128 <= packet[0] < 192 and not 192 <= packet[1] <= 223:
                self.n_rtp += 1
        return answered

    def mapped(self):
        host, port = self.sock.getpeername()
        host = struct.unpack(">I", socket.inet_aton(host))[0] ^ COOKIE
        return attribute(MAPPED, struct.pack(">BBHI", 0, 1, port ^ (COOKIE >> 16), host))

    def request(self, pwd=None):
        """A check that nominates this way; returns its id."""
        transaction = os.urandom(12)
        attributes = (attribute(USERNAME, ("%s:%s" % (self.player.ufrag, UFRAG)).encode())
                      + attribute(PRIORITY, struct.pack(">I", 0x7effffff)) + attribute(CONTROLLING, os.urandom(8))
                      + attribute(USE_CANDIDATE, b""))
        self.send(stun(REQUEST, transaction, attributes, pwd or self.player.pwd))
        return transaction

    def check(self):
        """Send a check, and wait for its answer."""
        wanted = self.request()
        until(lambda: wanted in self.read(), "the answer to a check", 10)

    def packets(self, n):
        """Wait until so many packets of RTP have come by this way, from now on; checks go on as those of a client do."""
        first, checked = self.n_rtp, 0.0
        deadline = time.monotonic() + patience(30)
        while self.n_rtp < first + n:
            assert time.monotonic() < deadline, "%d of %d packets" % (self.n_rtp - first, n)
            assert not self.ended, "the server has closed the connection"
            if time.monotonic() - checked > 1.5:                    # more than a contest of nominations
                self.request()
                checked = time.monotonic()
            self.read()

    def wait_closed(self):
        until(lambda: self.read() is not None and self.ended, "the server to close the connection", 20)

    def close(self):
        self.sock.close()


class Player:
    def __init__(self, server, stream="live/s"):
        from api import Api
        body = {"sdp": OFFER, "streamurl": "webrtc://127.0.0.1/" + stream}
        reply = Api(server).ask("POST", "/rtc/v1/play/?dtls=false", body=json.dumps(body).encode())
        answer = json.loads(reply.body)
        assert answer["code"] == 0, answer
        self.sdp = answer["sdp"]
        self.ufrag, self.pwd = (re.search("a=ice-%s:(.*)\r\n" % word, self.sdp).group(1) for word in ("ufrag", "pwd"))
        self.ways = []

    def candidates(self, transport):
        """The addresses of that transport."""
        return [(host, int(port)) for host, port in
                re.findall(r"a=candidate:\d+ 1 %s \d+ (\S+) (\d+) typ host" % transport, self.sdp)]

    def connect(self, transport, address=None, source=0):
        way = Way(self, transport, address or self.candidates(transport)[0], source)
        self.ways.append(way)
        return way

    def close(self):
        for way in self.ways:
            way.close()
