"""Decrypted packets of WebRTC that are copied to an address."""
import contextlib
import socket

import pytest

import rtc_clients
import srs
from test_rtc import clients, conf
from wait import until

pytestmark = rtc_clients.skip_without_aiortc()

H264_KINDS = {1, 5, 6, 7, 8, 9, 24, 28}     # NAL units, STAP-A, FU-A: RFC 6184 5.2


@pytest.fixture
def hole():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.setblocking(False)
        yield s


def datagrams(s):
    """Those that have come."""
    with contextlib.suppress(BlockingIOError):
        while True:
            yield s.recv(2048)


def payload_of(packet):
    """Type and payload of a packet of RTP; RFC 3550 5.1."""
    at = 12 + 4 * (packet[0] & 15)
    if packet[0] & 16:
        at += 4 + 4 * int.from_bytes(packet[at + 2:at + 4], "big")
    return packet[1] & 127, packet[at:]


def is_rtcp(packet):
    return 192 <= packet[1] <= 223     # RFC 5761 4


def test_packets_are_copied_without_encryption(make_server, hole):
    whole = conf(srs.free_port(), server="%s")
    address = "127.0.0.1:%d" % hole.getsockname()[1]
    server = make_server(whole % ("black_hole { enabled on; addr %s; }" % address), api="")
    with rtc_clients.whip(server) as publisher:
        publisher.wait(lambda s: s.state == "connected")
        server.wait_log("decrypted packets of all sessions are copied to " + address)
        seen, kinds = [], {}

        def look():
            seen.extend(datagrams(hole))
            return sum(not is_rtcp(p) for p in seen) > 100
        until(look, "packets", 30)
        assert all(p[0] >> 6 == 2 for p in seen)
        for packet in seen:
            if is_rtcp(packet):
                kinds.setdefault(packet[1], []).append(packet)
        assert 200 in kinds and 201 in kinds, list(kinds)     # its sender reports, our receiver reports
        tracks = {}
        for packet in seen:
            if not is_rtcp(packet):
                pt, payload = payload_of(packet)
                tracks.setdefault(pt, []).append(payload)
        pictures = max(tracks.values(), key=lambda payloads: max(map(len, payloads)))
        assert {p[0] & 31 for p in pictures if p} <= H264_KINDS
        server.write_conf(whole % "")
        server.reload()
        list(datagrams(hole))
        before = clients(server, "rtc-publish")[0]["rtc"]["recv_packets"]
        until(lambda: clients(server, "rtc-publish")[0]["rtc"]["recv_packets"] > before + 50, "packets", 20)
        assert not list(datagrams(hole))
