"""Bad input and broken peers. Each is closed with a reason in the log, and harms no other client.

Every test runs beside a live stream with a player (the witness): its frames must go on coming with none lost, and
afterwards the server holds no more descriptors than before, and no memory worth speaking of.
"""
import os
import random
import re
import resource
import socket
import struct
import time

import pytest

import amf0
import flv
import handshake
import rtmp
from chunk import basic_header
from flv import AUDIO, VIDEO, Numbered, Tag
from rtmp import COMMAND, Message
from srs import SANITIZED
from test_play import seen, vhost
from wait import patience, until

MIB = 1024                                                          # in KiB
CONNECT = {"app": "live", "flashVer": "test", "objectEncoding": 0.0}


class Scene:
    """A server with a witness, and the descriptors and memory that it held before the trouble began."""

    def __init__(self, server, witness):
        self.server, self.port = server, server.port
        self.witness = witness(server)
        with server.publisher("warm", app="up"), server.player("warm", app="up"):
            pass                                                    # things that are allocated once are allocated now
        self.server.wait_log(r"stream=warm")
        self.fds = self._steady_fds()
        self.rss = server.rss_kib()
        self.mark = server.mark()

    def _steady_fds(self):
        """The number of descriptors with no client but the witness; the two connections above may still be closing."""
        clients = established(self.port)
        until(lambda: established(self.port) <= 4, lambda: "idle (%d sockets)" % clients)
        n = [self.server.n_fds()]

        def steady():
            n.append(self.server.n_fds())
            return len(n) > 5 and len(set(n[-5:])) == 1
        until(steady, "descriptors to settle", every=0.02)
        return n[-1]

    def raw(self):
        """A socket without a handshake."""
        return socket.create_connection(("127.0.0.1", self.port), patience())

    def shaken(self):
        """A client after the handshake, before any command."""
        return rtmp.Client("127.0.0.1", self.port)

    def client(self, **how):
        return self.server.client(**how)

    def logged(self, pattern):
        return self.server.wait_log(pattern, since=self.mark)

    def grown_less_than(self, kib, sanitized=3):
        """Assert the bound of the memory that the trouble cost; with a sanitizer the bound is a multiple of it."""
        grown = self.server.rss_kib() - self.rss
        assert grown < kib * (sanitized if SANITIZED else 1), "%d KiB more than before" % grown

    def calm(self, kib=4 * MIB):
        """Assert that everything is as before."""
        assert self.server.alive(), self.server.tail()
        self.witness.undisturbed()
        self.server.wait_fds(self.fds)
        allowed = kib * (6 if SANITIZED else 1)
        until(lambda: self.server.rss_kib() - self.rss <= allowed,
              lambda: "memory to come back: %d KiB more than before, %d allowed" % (
                  self.server.rss_kib() - self.rss, allowed), 5)


def established(port):
    """Established loopback connections to a port, counted at both ends."""
    n = 0
    with open("/proc/net/tcp") as f:
        for line in f.readlines()[1:]:
            w = line.split()
            if w[3] == "01" and ("%04X" % port) in (w[1][-4:], w[2][-4:]):
                n += 1
    return n


@pytest.fixture
def scene(make_server, witness):
    def start(conf="vhost __defaultVhost__ { }", **how):
        return Scene(make_server(conf, **how), witness)
    return start


def closed_by_server(sock):
    """Wait until the other side closes a plain socket."""
    sock.settimeout(patience())
    try:
        while sock.recv(65536):
            pass
    except ConnectionError:
        pass
    return True


def send_all_or_be_cut(sock, data):
    """Send; a server that closes in the middle is fine."""
    try:
        sock.sendall(data)
    except ConnectionError:
        pass


# -- before and in the handshake -----------------------------------------------------------------------------------------

def test_random_bytes_are_refused(scene):
    s = scene()
    rng = random.Random(1)
    for size in (1, 2, 3, 100, 1537, 5000, 100000):
        with s.raw() as sock:
            data = bytes([rng.choice([0, 1, 2, 4, 6, 22, 71, 255])]) + rng.randbytes(size - 1)
            send_all_or_be_cut(sock, data)
            assert closed_by_server(sock)
    s.logged("RtmpPlainRequired")
    s.calm()


def test_another_protocol_on_the_port_is_refused(scene):
    s = scene()
    for hello in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
                  b"OPTIONS rtsp://x RTSP/1.0\r\n\r\n"):
        with s.raw() as sock:
            send_all_or_be_cut(sock, hello)
            assert closed_by_server(sock)
    s.logged("RtmpPlainRequired")
    s.calm()


def test_random_bytes_after_the_handshake_harm_only_who_sent_them(scene):
    s = scene()
    rng = random.Random(2)
    for _ in range(40):
        with s.shaken() as c:
            send_all_or_be_cut(c.sock, rng.randbytes(rng.choice([1, 10, 1000, 60000])))
    for _ in range(20):                                             # also after a good connect
        with s.client() as c:
            send_all_or_be_cut(c.sock, rng.randbytes(rng.choice([10, 1000, 60000])))
    s.logged(r"WARN|ERROR")
    s.calm()


def test_random_bytes_inside_a_publish_harm_only_who_sent_them(scene):
    s = scene()
    rng = random.Random(3)
    for i in range(20):
        with s.server.publisher("noise%d" % i) as p:
            for _ in range(20):
                try:
                    p.send(Message(rng.choice([AUDIO, VIDEO, rtmp.DATA, rtmp.AGGREGATE, rtmp.AMF3_DATA, COMMAND,
                                               rtmp.AMF3_COMMAND, rng.randrange(256)]),
                                   rng.randrange(2 ** 32), rng.randbytes(rng.randrange(200)), 1), fmt=0)
                except rtmp.Closed:
                    break
    s.calm()


@pytest.mark.parametrize("cut", [0, 1, 2, 1000, 1536, 1537, 1538, 3072])
def test_a_handshake_that_breaks_off_is_forgotten(scene, cut):
    s = scene()
    whole = handshake.Handshake().c0c1() + bytes(handshake.SIZE)
    for half in (False, True):
        with s.raw() as sock:
            sock.sendall(whole[:cut])
            if half:                                                # it announces the end of its data and goes on listening
                sock.shutdown(socket.SHUT_WR)
                assert closed_by_server(sock)
    s.calm()


def test_a_broken_digest_falls_back_to_the_plain_handshake(scene):
    s = scene()
    with rtmp.Client("127.0.0.1", s.port, shake=False) as c:
        h = c.session.handshake
        struct.pack_into(">I", h.c1, 4, 0x80000702)                 # it looks like a digest, but is not one
        c.session.out = bytearray(h.c0c1())
        while not c.session.shaken:
            c.pump()
        c.connect(s.server.tc_url())
    s.calm()


# -- chunks --------------------------------------------------------------------------------------------------------------

def full_header(csid, length, kind, msid=0, ts=0):
    return (basic_header(0, csid) + ts.to_bytes(3, "big") + length.to_bytes(3, "big") + bytes([kind])
            + struct.pack("<I", msid))


CHUNKS = {
    "a chunk stream that begins in the middle": (basic_header(3, 20) + bytes(128), "RtmpChunkStart"),
    "a full header inside a message": (full_header(20, 1000, COMMAND) + bytes(128) + full_header(20, 1000, COMMAND),
                                       "RtmpChunkStart|RtmpPacketSize"),
    "a length that changes inside a message": (full_header(20, 1000, COMMAND) + bytes(128) + basic_header(1, 20)
                                               + bytes(3) + (5).to_bytes(3, "big") + bytes([COMMAND]) + bytes(5),
                                               "RtmpPacketSize|RtmpChunkStart"),
    "a chunk size of zero": (full_header(2, 4, rtmp.SET_CHUNK_SIZE) + bytes(4), "RtmpChunkSize"),
    "a chunk size in two bytes": (full_header(2, 2, rtmp.SET_CHUNK_SIZE) + b"\x10\x00", r"code=\d+"),
    "a chunk size in sixteen megabytes": (full_header(2, 0xFFFFFF, rtmp.SET_CHUNK_SIZE) + bytes(128)
                                          + (basic_header(3, 2) + bytes(128)) * (0xFFFFFF // 128), r"code=\d+"),
    "a user control message of one byte": (full_header(2, 1, rtmp.USER_CONTROL) + b"\0", r"code=\d+"),
    "an empty command": (full_header(3, 0, COMMAND), r"code=\d+"),
    "a command that is cut": (full_header(3, 8, COMMAND) + b"\x02\x00\x07conne", r"code=\d+"),
    "a command whose name is a number": (full_header(3, 9, COMMAND) + b"\0" + bytes(8), r"code=\d+"),
    "a string longer than the message": (full_header(3, 10, COMMAND) + b"\x0c\xff\xff\xff\xff12345", r"code=\d+"),
    "an array of four billion": (full_header(3, len(amf0.encode("connect", 1)) + 5, COMMAND) + amf0.encode("connect", 1)
                                 + b"\x0a\xff\xff\xff\xff", r"code=\d+"),
}


@pytest.mark.parametrize("name", CHUNKS)
def test_impossible_chunks_close_the_connection_with_a_reason(scene, name):
    s = scene()
    data, reason = CHUNKS[name]
    with s.shaken() as c:
        send_all_or_be_cut(c.sock, data)
        c.wait_closed()
    s.logged(reason)
    s.calm()


@pytest.mark.parametrize("size", [0x1000000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_chunk_size_beyond_any_message_is_read_as_the_largest_or_refused(scene, size):
    s = scene()
    with s.client() as c:
        c.send(Message(rtmp.SET_CHUNK_SIZE, 0, struct.pack(">I", size), 0))
        try:
            c.barrier()
        except (rtmp.Closed, ConnectionError):
            pass
    s.logged(r"(?i)chunk.?size")
    s.calm()


def test_messages_begun_on_thousands_of_chunk_streams_hold_no_memory(scene):
    s = scene()
    with s.shaken() as c:
        for first in range(64, 65000, 1000):
            send_all_or_be_cut(c.sock, b"".join(full_header(csid, 0xFFFFFF, VIDEO, 1) + bytes(128)
                                                for csid in range(first, first + 1000)))
        try:
            c.barrier()
        except (rtmp.Closed, ConnectionError):
            s.logged(r"code=\d+")
        s.grown_less_than(64 * MIB, sanitized=4)
        s.witness.undisturbed()
    s.calm(16 * MIB)


@pytest.mark.sample(2)
@pytest.mark.parametrize("kind", [COMMAND, rtmp.DATA, AUDIO, VIDEO, rtmp.AGGREGATE, 99])
def test_a_message_of_sixteen_megabytes_before_publishing_harms_nobody(scene, kind):
    s = scene()
    with s.client() as c:
        c.set_chunk_size(65536)
        try:
            c.send(Message(kind, 0, b"\x05" * 0xFFFFFF, 1), fmt=0)
            c.barrier()
        except (rtmp.Closed, ConnectionError):
            s.logged(r"code=\d+")
    s.calm(20 * MIB)


def test_a_video_frame_of_sixteen_megabytes_is_relayed_or_refused_and_harms_nobody(scene):
    s = scene()
    with s.server.player("big") as player, s.server.publisher("big", chunk_size=65536) as p:
        player.barrier()
        p.send_tag(Tag(VIDEO, 0, flv.AVC_CONFIG))
        nalu = b"\x65" + b"v" * (0xFFFFFF - 20)
        big = Tag(VIDEO, 40, flv.video(7, 1, struct.pack(">I", len(nalu)) + nalu, True))
        try:
            p.send_tag(big)
            p.barrier()
            assert seen(player, 2)[1].payload == big.payload
        except (rtmp.Closed, ConnectionError):
            s.logged(r"code=\d+")
    s.calm(40 * MIB)


# -- commands ------------------------------------------------------------------------------------------------------------

def nested(marker, depth, inner=b"\x05"):
    """AMF0 values inside each other."""
    if marker == "object":
        return b"\x03\x00\x01a" * depth + inner + b"\0\0\x09" * depth
    if marker == "ecma array":
        return b"\x08\x00\x00\x00\x01\x00\x01a" * depth + inner + b"\0\0\x09" * depth
    return b"\x0a\x00\x00\x00\x01" * depth + inner


@pytest.mark.parametrize("depth", [10000, 1000000])
@pytest.mark.parametrize("marker", ["object", "ecma array", "strict array"])
def test_values_nested_without_end_are_refused(scene, marker, depth):
    s = scene()
    with s.shaken() as c:
        c.set_chunk_size(65536)
        send_all_or_be_cut(c.sock, c.session.writer.write(
            Message(COMMAND, 0, amf0.encode("connect", 1) + nested(marker, depth), 0), fmt=0))
        c.wait_closed()
    s.logged(r"code=\d+")
    s.calm(16 * MIB)


def test_metadata_nested_without_end_harms_only_its_stream(scene):
    s = scene()
    with s.server.publisher("deep", chunk_size=65536) as p:
        try:
            p.send(Message(rtmp.DATA, 0, amf0.encode("@setDataFrame", "onMetaData") + nested("object", 10000), 1))
            p.barrier()
        except (rtmp.Closed, ConnectionError):
            pass
    s.logged(r"(WARN|ERROR)")
    s.calm()


def url(s):
    return dict(CONNECT, tcUrl=s.server.tc_url())


ORDERS = {
    "play before connect": lambda s, c: c.call("play", None, "s", msid=1),
    "publish before connect": lambda s, c: c.call("publish", None, "s", "live", msid=1),
    "createStream before connect": lambda s, c: c.call("createStream", None),
    "media before connect": lambda s, c: c.send(Message(VIDEO, 0, flv.AVC_CONFIG, 1)),
    "connect twice": lambda s, c: [c.call("connect", url(s)), c.call("connect", url(s))],
    "media before publish": lambda s, c: [c.call("connect", url(s)), c.send_tags(Numbered().tags(count=5))],
    "publish without createStream": lambda s, c: [c.call("connect", url(s)),
                                                  c.call("publish", None, "x", "live", msid=1)],
    "publish twice": lambda s, c: [c.connect(s.server.tc_url()), c.publish("x", "fmle"),
                                   c.call("publish", None, "y", "live", msid=1)],
    "play while publishing": lambda s, c: [c.connect(s.server.tc_url()), c.publish("x", "fmle"),
                                           c.call("play", None, "y", msid=1)],
    "publish while playing": lambda s, c: [c.connect(s.server.tc_url()), c.play("x"),
                                           c.call("publish", None, "y", "live", msid=1)],
    "play twice": lambda s, c: [c.connect(s.server.tc_url()), c.play("x"), c.call("play", None, "y", msid=1)],
    "media while playing": lambda s, c: [c.connect(s.server.tc_url()), c.play("x"),
                                         c.send_tags(Numbered().tags(count=5))],
    "FCUnpublish first": lambda s, c: [c.connect(s.server.tc_url()), c.call("FCUnpublish", None, "x")],
    "deleteStream first": lambda s, c: [c.connect(s.server.tc_url()), c.call("deleteStream", None, 1.0)],
    "results nobody asked for": lambda s, c: [c.connect(s.server.tc_url()), c.call("_result", None, tid=7),
                                              c.call("_error", None, tid=8), c.call("onStatus", None, {}, tid=0)],
    "a name that is no string": lambda s, c: [c.connect(s.server.tc_url()), c.create_stream(),
                                              c.call("publish", None, 5.0, "live", msid=1)],
    "publish without a name": lambda s, c: [c.connect(s.server.tc_url()), c.create_stream(),
                                            c.call("publish", None, msid=1)],
    "play without a name": lambda s, c: [c.connect(s.server.tc_url()), c.create_stream(), c.call("play", None, msid=1)],
    "connect without an object": lambda s, c: c.call("connect", None),
    "a stream name of 60 kB": lambda s, c: [c.connect(s.server.tc_url()), c.create_stream(),
                                            c.call("publish", None, "x" * 60000, "live", msid=1)],
    "a tcUrl of 60 kB": lambda s, c: c.call("connect", dict(CONNECT, tcUrl=s.server.tc_url() + "x" * 60000)),
    "strange bytes in names": lambda s, c: [c.connect(s.server.tc_url()), c.create_stream(),
                                            c.call("play", None, "a\r\nb\0c\x1b[31m../../%s%n", msid=1)],
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", ORDERS)
def test_commands_in_the_wrong_order_harm_only_who_sent_them(scene, name):
    s = scene()
    with s.shaken() as c:
        try:
            ORDERS[name](s, c)
            c.barrier()
            c.barrier()
        except (rtmp.Closed, rtmp.Refused, ConnectionError):
            s.logged(r"code=\d+|ret=\d+")
        except TimeoutError:                                        # it is ignored, which is acceptable
            pass
    s.calm()


def test_what_a_client_calls_itself_cannot_forge_log_lines(scene):
    s = scene()
    forged = "a\n[2030-01-01 00:00:00.000][ERROR][1][forged] gotcha"
    with s.shaken() as c:
        try:
            c.connect(s.server.tc_url(), pageUrl="http://x/" + forged, swfUrl=forged)
            c.play(forged)
        except (rtmp.Closed, rtmp.Refused):
            pass
    s.calm()
    assert not re.search(r"^\[2030-01-01", s.server.log, re.M)


# -- media ---------------------------------------------------------------------------------------------------------------

def test_audio_before_any_header_is_no_obstacle(scene):
    s = scene()
    source = Numbered()
    with s.server.player("odd") as player, s.server.publisher("odd") as p:
        player.barrier()
        p.send_tags(source.audio(n) for n in range(5))
        p.send_tags(source.configs())
        p.send_tags(source.frames(0, 20))
        until(lambda: (VIDEO, 19) in map(flv.number_of, player.media()) or not player.pump(10), "the stream to play")
        with s.server.player("odd") as late:
            got = seen(late, 10)
            assert [m.payload for m in got[:2]] == [flv.AAC_CONFIG, flv.AVC_CONFIG]
            assert flv.number_of(got[2]) == (VIDEO, 0)
    s.calm()


def test_timestamps_that_jump_and_wrap_reach_the_player_in_order_and_without_loss(scene):
    s = scene(vhost("time_jitter full;"))
    source = Numbered(audio_fps=0)
    rng = random.Random(4)
    times = [rng.choice([0, 1, 2 ** 24 - 1, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, rng.randrange(2 ** 32)])
             for _ in range(200)]
    with s.server.player("odd") as player, s.server.publisher("odd", headers="full") as p:
        player.barrier()
        p.send_tag(Tag(VIDEO, 0, flv.AVC_CONFIG))
        for i, t in enumerate(times):                               # in one piece, so that they wait for the player
            p.session.send(Message(VIDEO, t, source.video(i).payload, 1))
        p.flush()
        got = seen(player, 201)[1:]
        assert flv.gaps(got) == []
        steps = [b.ts - a.ts for a, b in zip(got, got[1:])]
        assert all(-250 <= step <= 250 for step in steps), steps
        assert all(m.ts < 2 ** 31 for m in got)
    s.calm()


def test_a_jump_beyond_the_queue_length_costs_no_frame_that_still_waits_for_a_player(scene):
    s = scene(vhost("queue_length 5;"))
    source = Numbered(audio_fps=0)
    with s.server.player("odd") as player, s.server.publisher("odd", headers="full", chunk_size=65536) as p:
        player.barrier()
        p.send_tag(Tag(VIDEO, 0, flv.AVC_CONFIG))
        for i in range(100):                                        # in one piece; 100 s ahead at each key frame
            p.session.send(Message(VIDEO, i * 40 + i // 25 * 100000, source.video(i).payload, 1))
        p.flush()
        assert flv.gaps(seen(player, 101)) == []
    s.calm()


@pytest.mark.parametrize("payload", [b"", b"\x17", b"\x17\x00", b"\x17\x00\x00\x00\x00", b"\x17\x00\x00\x00\x00\x01\x42",
                                     b"\x1c\x00\x00\x00\x00\x01", b"\x90", b"\x90hvc1", b"\x96hvc1",
                                     b"\x96\x10hvc1\x00\xff\xff\xff",
                                     b"\x97\xff", b"\xd7" + b"\xff" * 20, b"\x17\x01\x00\x00\x00\xff\xff\xff\xff",
                                     flv.AVC_CONFIG[:-5], b"\x17\x00\x00\x00\x00\x01\x42\xc0\x0b\xff\xff\xff\xff"],
                         ids=lambda p: p[:12].hex() or "empty")
def test_broken_video_is_dropped_or_refused_and_the_log_says_so(scene, payload):
    s = scene()
    with s.server.publisher("odd") as p:
        try:
            p.send_tag(Tag(VIDEO, 0, payload))
            p.send_tag(Tag(VIDEO, 0, payload))
            p.send_tags(Numbered().tags(count=5))
            p.barrier()
        except (rtmp.Closed, ConnectionError):
            s.logged(r"code=\d+")
    s.calm()


@pytest.mark.parametrize("payload", [b"", b"\xaf", b"\xaf\x00", b"\xaf\x00\x12", b"\xaf\x01", b"\x90", b"\x90Opus",
                                     b"\x90OpusOpusHead",
                                     b"\x90fLaC", b"\x95", b"\x95\x10Opus\x00\xff\xff\xff", b"\x97\xff", b"\x2f",
                                     b"\xff\xff"],
                         ids=lambda p: p[:12].hex() or "empty")
def test_broken_audio_is_dropped_or_refused_and_the_log_says_so(scene, payload):
    s = scene()
    with s.server.publisher("odd") as p:
        try:
            p.send_tag(Tag(AUDIO, 0, payload))
            p.send_tags(Numbered().tags(count=5))
            p.send_tag(Tag(AUDIO, 0, payload))
            p.barrier()
        except (rtmp.Closed, ConnectionError):
            s.logged(r"code=\d+")
    s.calm()


@pytest.mark.parametrize("name,data", [
    ("cut", flv.pack(Tag(VIDEO, 0, flv.AVC_CONFIG))[:-20]), ("a length beyond the end", b"\x09\xff\xff\xff" + bytes(30)),
    ("an aggregate in an aggregate", flv.pack(Tag(rtmp.AGGREGATE, 0, flv.pack(Tag(VIDEO, 0, flv.AVC_CONFIG))))),
    ("empty", b""), ("one byte", b"\x09")], ids=lambda v: v if isinstance(v, str) else "")
def test_a_broken_aggregate_harms_only_its_stream(scene, name, data):
    s = scene()
    with s.server.publisher("odd") as p:
        try:
            p.send(Message(rtmp.AGGREGATE, 0, data, 1))
            p.barrier()
        except (rtmp.Closed, ConnectionError):
            s.logged("RtmpAggregate")
    s.calm()


# -- peers ---------------------------------------------------------------------------------------------------------------

def follow(player, n):
    """Read until video frame n has come."""
    at = 0
    while (VIDEO, n) not in map(flv.number_of, player.messages[at:]):
        at = len(player.messages)
        assert player.pump(10), "frame %d; got %s" % (n, player.story(5))


def test_a_player_that_never_reads_harms_only_itself(scene):
    s = scene(vhost("queue_length 2;"))
    with s.server.publisher("fat", chunk_size=65536) as p:
        with s.server.client(rcvbuf=4096) as deaf:
            deaf.play("fat")
            with s.server.player("fat") as good:
                source = Numbered(gop=25, size=30000, audio_fps=0)
                p.send_tags(source.configs())
                for n in range(0, 1000, 25):                        # 40 s of stream, 30 MB, one GOP at a time
                    p.send_tags(source.frames(n, 25))
                    follow(good, n)
                    if n % 100 == 0:
                        s.witness.undisturbed()
                s.grown_less_than(24 * MIB)
                s.logged(r"(?i)(behind|slow|shrink|drop|skip|jump|late)")
    s.calm(16 * MIB)


def test_a_slow_player_continues_at_a_key_frame(scene):
    s = scene(vhost("queue_length 2;"))
    source = Numbered(gop=25, size=30000, audio_fps=0)
    with s.server.publisher("fat", chunk_size=65536) as p, s.server.client(rcvbuf=4096) as slow:
        slow.play("fat")
        slow.barrier()
        p.send_tags(source.configs())
        p.send_tags(source.frames(0, 500))
        p.barrier()
        follow(slow, 499)
        numbers = [flv.number_of(m)[1] for m in slow.media() if flv.number_of(m)]
        jumps = [b for a, b in zip(numbers, numbers[1:]) if b != a + 1]
        assert jumps, "20 s of stream through a queue of 2 s, and nothing was dropped"
        assert [n for n in jumps if n % 25 != 0] == [], "continues with %s" % jumps
    s.calm(16 * MIB)


def test_a_publisher_far_faster_than_real_time_fills_no_more_than_the_queue_length(scene):
    s = scene(vhost("queue_length 2;"))
    source = Numbered(gop=25, size=30000, audio_fps=0)
    with s.server.publisher("fat", chunk_size=65536) as p, s.server.client(rcvbuf=4096) as deaf:
        deaf.play("fat")
        deaf.barrier()
        p.send_tags(source.configs())
        for n in range(0, 4000, 500):                               # 160 seconds of stream, as fast as it goes
            p.send_tags(source.frames(n, 500))
            s.grown_less_than(24 * MIB)
        p.barrier()
        s.witness.undisturbed()
    s.calm(16 * MIB)


def test_a_source_beyond_the_hard_cap_loses_its_oldest_frames_and_the_log_says_so(scene):
    s = scene(vhost("queue_length 3600;"))
    source = Numbered(gop=25, size=1 << 20, audio_fps=0)
    with s.server.publisher("fat", chunk_size=1 << 20) as p, s.server.client(rcvbuf=4096) as deaf:
        deaf.play("fat")
        deaf.barrier()
        p.send_tags(source.configs())
        for n in range(0, 300, 25):                                 # 300 MB in twelve seconds of stream
            p.send_tags(source.frames(n, 25))
        p.barrier()
        s.logged(r"stream \S*fat holds \d+ bytes, more than %d" % (256 << 20))
        s.grown_less_than((256 + 40) * MIB, sanitized=2)
        with s.server.player("fat") as late:                        # the stream goes on
            p.send_tags(source.frames(300, 30))
            assert flv.gaps(seen(late, 8)) == []
    s.calm(40 * MIB)


def test_players_that_read_a_byte_at_a_time_delay_nobody_and_cost_only_the_log_they_share(scene):
    s = scene(vhost("queue_length 2;"))
    source = Numbered(gop=25, size=30000, audio_fps=0)
    slow = [s.client(rcvbuf=4096) for _ in range(20)]
    with s.server.publisher("fat", chunk_size=65536) as p, s.server.player("fat") as good:
        for c in slow:
            c.play("fat")
            c.barrier()
        p.send_tags(source.configs())
        for n in range(0, 500, 25):
            p.send_tags(source.frames(n, 25))
            follow(good, n)
            for c in slow:
                c.sock.recv(1)
        s.witness.undisturbed()
        s.grown_less_than(24 * MIB)
        for c in slow:
            c.close()
    s.calm(16 * MIB)


def test_what_waits_for_a_player_who_does_not_read_waits_in_the_server_and_not_in_the_kernel(scene):
    s = scene(vhost("queue_length 30;"))
    source = Numbered(gop=25, size=30000, audio_fps=0)
    with s.server.publisher("fat", chunk_size=65536) as p, s.server.client(rcvbuf=4096) as deaf:
        deaf.play("fat")
        deaf.barrier()
        p.send_tags(source.configs())
        p.send_tags(source.frames(0, 500))                          # 15 MB
        p.barrier()
        s.witness.undisturbed()
        until(lambda: unsent(deaf) > 0, "the socket of who does not read to be full")
        assert unsent(deaf) < 1 << 20
    s.calm(16 * MIB)


def unsent(c):
    """The bytes that the server's end of a connection holds (tx_queue)."""
    local = ":%04X" % c.sock.getsockname()[1]
    with open("/proc/net/tcp") as f:
        return next(int(w[4].split(":")[0], 16) for w in map(str.split, f.readlines()[1:]) if w[2].endswith(local))


def test_players_killed_by_the_hundred_while_they_are_sent_to_leave_nothing(scene):
    s = scene(vhost("queue_length 10;"))
    source = Numbered(gop=100, size=30000, audio_fps=0)
    with s.server.publisher("fat", chunk_size=65536) as p:
        p.send_tags(source.configs())
        p.send_tags(source.frames(0, 100))                          # a GOP of 3 MB for each of them
        p.barrier()
        for i in range(3):
            players = [s.client(rcvbuf=4096) for _ in range(100)]
            for c in players:
                c.play("fat")
            p.send_tags(source.frames(100 + 10 * i, 10))
            for c in players:
                c.pump()                                            # something has come, and more is on its way
            for c in players:
                c.reset()
            s.witness.undisturbed()
        s.server.wait_fds(s.fds + 1)
    s.calm(16 * MIB)


def test_a_crowd_that_joins_at_once_gets_a_large_gop_whole(scene):
    s = scene(vhost("queue_length 10;"))
    source = Numbered(gop=100, size=100000, audio_fps=0)
    with s.server.publisher("fat", chunk_size=65536) as p:
        p.send_tags(source.configs())
        p.send_tags(source.frames(0, 90))                           # 9 MB
        p.barrier()
        players = [s.client() for _ in range(20)]
        for c in players:
            c.play("fat")
        for c in players:
            follow(c, 89)
            assert flv.gaps(c.media()) == []
            assert flv.number_of([m for m in c.media() if flv.number_of(m)][0]) == (VIDEO, 0)
            c.close()
        s.witness.undisturbed()
    s.calm(40 * MIB)


def vanish(c):
    """Make a socket disappear without a packet to the peer, as a pulled cable does (TCP_REPAIR, needs root)."""
    c.sock.setsockopt(socket.IPPROTO_TCP, 19, 1)
    c.close()


def test_a_publisher_whose_cable_is_pulled_is_found_out_by_the_timeout(scene):
    s = scene(vhost(publish="normal_timeout 1000;"))
    with s.server.player("odd") as player:
        p = s.server.publisher("odd")
        p.send_tags(Numbered().tags(count=5))
        seen(player, 12)
        vanish(p)
        player.wait_status("NetStream.Play.UnpublishNotify")
    s.logged(r"SocketTimeout|ret=100[79]")                          # or a packet of the kernel's was answered with a reset
    s.calm()


def test_a_player_whose_cable_is_pulled_is_found_out_when_it_is_written_to(scene):
    s = scene()
    with s.server.publisher("odd") as p:
        gone = s.server.player("odd")
        gone.barrier()
        vanish(gone)
        p.send_tags(Numbered().tags(count=30))
        s.server.wait_fds(s.fds + 1)
    s.calm()


def test_half_closed_peers_are_let_go(scene):
    s = scene()
    for make in (s.shaken, s.client, lambda: s.server.player("odd"), lambda: s.server.publisher("odd")):
        with make() as c:
            c.sock.shutdown(socket.SHUT_WR)
            c.wait_closed()
    s.calm()


def test_peers_that_reset_are_let_go(scene):
    s = scene()
    for make in (s.shaken, s.client, lambda: s.server.player("odd"), lambda: s.server.publisher("odd")):
        for _ in range(10):
            make().reset()
    s.calm()


def test_a_thousand_connections_that_say_nothing_are_no_burden(scene):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 1500:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    s = scene(root={"max_connections": 2000})
    after = []
    for _ in range(2):
        silent = []
        try:
            for _ in range(1000):
                silent.append(s.raw())
            until(lambda: s.server.n_fds() >= s.fds + 1000, "a thousand connections")
            s.grown_less_than(1000 * 16, sanitized=32)
            s.witness.undisturbed()
            with s.server.player("witness", app="witness") as player:
                seen(player, 10)
        finally:
            for sock in silent:
                sock.close()
        s.server.wait_fds(s.fds)
        after.append(s.server.rss_kib())
    more = after[1] - after[0]
    assert more < 4 * MIB * (4 if SANITIZED else 1), "the second thousand took %d KiB more" % more
    s.calm(64 * MIB if SANITIZED else 16 * MIB)                     # a sanitizer keeps the coroutines' stacks


def test_beyond_max_connections_clients_are_closed_and_later_ones_are_served_again(scene):
    # defect 1: the listener never accepted again
    s = scene(root={"max_connections": 12})
    for _ in range(3):
        with_us = [s.client() for _ in range(10)]
        for _ in range(20):
            with s.raw() as sock:
                assert closed_by_server(sock)
        s.witness.undisturbed()
        for c in with_us:
            c.close()
        s.server.wait_fds(s.fds)
        with s.client() as c:
            c.barrier()
    s.logged("ConnectionsExceed")
    s.calm()


def test_when_descriptors_run_out_the_rest_goes_on_and_later_clients_are_served_again(scene):
    s = scene()
    old = resource.prlimit(s.server.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(s.server.pid, resource.RLIMIT_NOFILE, (s.fds + 5, old[1]))
    waiting = [s.raw() for _ in range(30)]                          # the kernel completes all of them, but only five can be accepted
    s.logged(r"(?i)(too many open files|descriptors?|EMFILE)")
    cpu = cpu_seconds(s.server.pid)
    began = time.monotonic()
    for _ in range(3):
        s.witness.undisturbed()
    used = cpu_seconds(s.server.pid) - cpu
    assert used < 0.5 * (time.monotonic() - began) + 0.2, "it spins while no descriptor is free"
    lines = len(re.findall(r"(?i)too many open files", s.server.log[s.mark:]))
    assert lines < 100, "%d log lines about it" % lines
    for sock in waiting[:15]:
        sock.close()
    resource.prlimit(s.server.pid, resource.RLIMIT_NOFILE, old)
    with s.client() as c:
        c.barrier()
    for sock in waiting:
        sock.close()
    s.calm()


def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_many_come_and_go_at_once_and_nothing_remains(scene):
    s = scene()
    for round_ in range(5):
        clients = [s.client() for _ in range(40)]
        for i, c in enumerate(clients):
            (c.publish if i % 2 else c.play)("s%d" % i)
        for i, c in enumerate(clients):
            c.reset() if i % 3 else c.close()
    s.calm()
