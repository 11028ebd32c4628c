#!/usr/bin/env python3
"""Measure what the way to an RTMP server carries, by the bandwidth test of its `bandcheck` vhost. Needs Python 3 alone.

    bandcheck.py rtmp://HOST[:PORT]/app?vhost=bandcheck.srs.com&key=KEY

prints the result as one line of JSON: kbps, bytes and milliseconds down (play) and up (publish). The exit status is 0 after a whole
test, 1 if the server refuses it or ends it, and 2 for bad arguments.
"""
import argparse
import json
import os
import random
import socket
import ssl
import struct
import sys
import time
from urllib.parse import urlsplit

STEP_S = 10                                  # the server's own limit is 6 s a step
CHUNK_SIZE = 60000
SET_CHUNK_SIZE, ABORT, ACK, WINDOW_ACK, COMMAND = 1, 2, 3, 5, 20
MESSAGE_MAX = 1 << 24                        # RTMP 1.0, 5.3.1: the length has 24 bits
TEXTS_MAX = 200
PREFIX = "onSrsBandCheck"


class Failed(Exception):
    """The server does not make the test."""


# -- AMF0, as far as commands need it ----------------------------------------------------------------------------

def encode(value):
    if value is None:
        return b"\x05"
    if isinstance(value, bool):
        return b"\x01" + bytes([value])
    if isinstance(value, (int, float)):
        return b"\x00" + struct.pack(">d", value)
    if isinstance(value, str):
        return b"\x02" + encode_key(value)
    return b"\x03" + b"".join(encode_key(k) + encode(v) for k, v in value.items()) + b"\x00\x00\x09"


def encode_key(text):
    data = text.encode()
    return struct.pack(">H", len(data)) + data


def decode_key(data, at):
    n, = struct.unpack_from(">H", data, at)
    return data[at + 2:at + 2 + n].decode("utf-8", "replace"), at + 2 + n


def decode(data, at):
    """The value at `at`, and where it ends."""
    kind, at = data[at], at + 1
    if kind == 0:
        return struct.unpack_from(">d", data, at)[0], at + 8
    if kind == 1:
        return bool(data[at]), at + 1
    if kind == 2:
        return decode_key(data, at)
    if kind in (5, 6):
        return None, at
    if kind in (3, 8):
        values, at = {}, at + (4 if kind == 8 else 0)
        while data[at:at + 3] != b"\x00\x00\x09":
            key, at = decode_key(data, at)
            values[key], at = decode(data, at)
        return values, at + 3
    raise Failed("the server sends a value of type %d" % kind)


def decode_all(data):
    values, at = [], 0
    while at < len(data):
        value, at = decode(data, at)
        values.append(value)
    return values


# -- RTMP --------------------------------------------------------------------------------------------------------

class Rtmp:
    """One connection: messages by chunks, with acknowledgements of what comes in."""

    def __init__(self, host, port, tls, verify):
        self.sock = socket.create_connection((host, port), STEP_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl.create_default_context()
            if not verify:
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.sock = context.wrap_socket(self.sock, server_hostname=host)
        self.input, self.n_in, self.acked, self.window = b"", 0, 0, 0
        self.chunk_in, self.streams = 128, {}
        self.shake()

    def close(self):
        self.sock.close()

    def take(self, n):
        parts = [self.input]
        have = len(self.input)
        while have < n:
            data = self.sock.recv(1 << 16)
            if not data:
                raise Failed("the server has closed the connection")
            parts.append(data)
            have += len(data)
            self.n_in += len(data)
        data = b"".join(parts)
        self.input = data[n:]
        return data[:n]

    def shake(self):
        self.sock.sendall(b"\x03" + bytes(8) + os.urandom(1528))
        s = self.take(1 + 2 * 1536)
        if s[0] != 3:
            raise Failed("the server does not speak RTMP")
        self.sock.sendall(s[1:1537])
        self.send(SET_CHUNK_SIZE, struct.pack(">I", CHUNK_SIZE), csid=2, chunk=128)

    def send(self, kind, body, csid=3, chunk=CHUNK_SIZE):
        head = struct.pack(">B3s3sB4s", csid, bytes(3), struct.pack(">I", len(body))[1:], kind, bytes(4))
        pieces = [body[at:at + chunk] for at in range(0, len(body), chunk)] or [b""]
        self.sock.sendall(head + bytes([0xC0 | csid]).join(pieces))

    def call(self, name, tid, *values):
        self.send(COMMAND, b"".join(map(encode, (name, tid, *values))))

    def read_header(self):
        """The stream of the next chunk, with its header taken in."""
        first = self.take(1)[0]
        fmt, csid = first >> 6, first & 63
        if csid < 2:
            csid = 64 + int.from_bytes(self.take(csid + 1), "little")
        stream = self.streams.setdefault(csid, {"time": 0, "len": 0, "kind": 0, "body": bytearray()})
        if fmt < 3:
            head = self.take((11, 7, 3)[fmt])
            stream["time"] = int.from_bytes(head[:3], "big")
            if fmt < 2:
                stream["len"], stream["kind"] = int.from_bytes(head[3:6], "big"), head[6]
        if stream["time"] == 0xFFFFFF:
            self.take(4)
        return stream

    def acknowledge(self):
        if self.window and self.n_in - self.acked >= self.window // 2:
            self.send(ACK, struct.pack(">I", self.n_in & 0xFFFFFFFF), csid=2)
            self.acked = self.n_in

    def read(self):
        """The next message: (type, body)."""
        while True:
            stream = self.read_header()
            body = stream["body"]
            body += self.take(min(self.chunk_in, stream["len"] - len(body)))
            self.acknowledge()
            if len(body) < stream["len"]:
                continue
            stream["body"] = bytearray()
            if stream["kind"] == SET_CHUNK_SIZE:
                self.chunk_in = min(int.from_bytes(body[:4], "big") & 0x7FFFFFFF, MESSAGE_MAX)
            elif stream["kind"] == WINDOW_ACK:
                self.window = int.from_bytes(body[:4], "big")
            return stream["kind"], bytes(body)

    def command(self):
        while True:
            kind, body = self.read()
            if kind == COMMAND:
                return decode_all(body)


# -- the test ----------------------------------------------------------------------------------------------------

def connect(rtmp, url, tc_url):
    rtmp.call("connect", 1, {"app": url.path.lstrip("/"), "flashVer": "bandcheck", "tcUrl": tc_url, "swfUrl": "",
                             "fpad": False, "objectEncoding": 0})
    while True:
        values = rtmp.command()
        if values[0] == "_error":
            raise Failed("the server refuses: %s" % (values[-1] or {}).get("description", "without a reason"))
        if values[0] == "_result":
            return


def wait_for(rtmp, name):
    """The data of the next message of that name."""
    while True:
        values = rtmp.command()
        if values[0] == PREFIX + name:
            return values[3] if len(values) > 3 else {}


def answer(rtmp, name):
    rtmp.call(name, 0, None, {})


def publish(rtmp, data):
    """Send for as long, and as fast, as the server says."""
    limit, until = data["limit_kbps"] * 125, data["duration_ms"] / 1000
    began, sent, n = time.monotonic(), 0, 1
    filler = "".join(random.choice("0123456789abcdef") for _ in range(47))
    while time.monotonic() - began < until:
        n = min(n + 2, TEXTS_MAX)
        body = b"".join(map(encode, (PREFIX + "Publishing", 0, None, {str(i): filler for i in range(n)})))
        rtmp.send(COMMAND, body)
        sent += len(body)
        time.sleep(max(0, min(began + sent / limit, began + until) - time.monotonic()))


def test(rtmp):
    wait_for(rtmp, "StartPlayBytes")
    answer(rtmp, PREFIX + "StartingPlayBytes")
    wait_for(rtmp, "StopPlayBytes")
    answer(rtmp, PREFIX + "StoppedPlayBytes")
    data = wait_for(rtmp, "StartPublishBytes")
    answer(rtmp, PREFIX + "StartingPublishBytes")
    publish(rtmp, data)
    answer(rtmp, PREFIX + "StopPublishBytes")
    wait_for(rtmp, "StopPublishBytes")
    answer(rtmp, PREFIX + "StoppedPublishBytes")
    result = wait_for(rtmp, "Finished")
    answer(rtmp, "finalClientPacket")
    return {name: round(value) for name, value in result.items()}


def main():
    parser = argparse.ArgumentParser(description="Test the bandwidth to an RTMP server.")
    parser.add_argument("url", help="rtmp[s]://HOST[:PORT]/app?vhost=VHOST&key=KEY")
    parser.add_argument("--no-verify", action="store_true", help="accept any certificate (rtmps)")
    args = parser.parse_args()
    url = urlsplit(args.url)
    if url.scheme not in ("rtmp", "rtmps") or not url.hostname:
        parser.error("not an RTMP URL: %s" % args.url)
    tls = url.scheme == "rtmps"
    try:
        rtmp = Rtmp(url.hostname, url.port or (443 if tls else 1935), tls, not args.no_verify)
        connect(rtmp, url, args.url)
        print(json.dumps(test(rtmp)))
        rtmp.close()
    except (Failed, OSError, LookupError, struct.error) as e:
        sys.exit("bandcheck: %s" % e)


if __name__ == "__main__":
    main()
