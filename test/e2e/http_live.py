"""Players of live streams over HTTP and WebSocket that look at every byte: status, chunks, tags, the end.

    with HttpPlayer(server.http_port, "/live/s.flv") as player:
        player.wait_media(10)          FLV tags of audio and video so far
        player.wait_end()              the last chunk, or the close that ends a reply of HTTP/1.0
"""
import base64
import os
import selectors
import socket
import ssl
import struct
import threading

from flv import AUDIO, VIDEO, Tag
from wait import patience, until


class Chunks:
    """A chunked body, decoded as it comes."""

    def __init__(self):
        self.rest, self.body, self.sizes, self.ended = bytearray(), bytearray(), [], False

    def feed(self, data):
        self.rest += data
        while not self.ended:
            line = self.rest.find(b"\r\n")
            if line < 0:
                return
            size = int(bytes(self.rest[:line]), 16)
            if len(self.rest) < line + 2 + size + 2:
                return
            assert self.rest[line + 2 + size:line + 4 + size] == b"\r\n", "a chunk without its end"
            self.body += self.rest[line + 2:line + 2 + size]
            del self.rest[:line + 4 + size]
            self.ended = size == 0
            if size:
                self.sizes.append(size)


class Messages:
    """Unmasked WebSocket frames of a server."""

    def __init__(self):
        self.rest, self.body, self.sizes, self.ended, self.controls = bytearray(), bytearray(), [], False, []

    def feed(self, data):
        self.rest += data
        while len(self.rest) >= 2:
            length, at = self.rest[1], 2
            assert not length & 0x80, "a server does not mask"
            if length >= 126:
                at = 4 if length == 126 else 10
                if len(self.rest) < at:
                    return
                length = int.from_bytes(self.rest[2:at], "big")
            if len(self.rest) < at + length:
                return
            payload, opcode = bytes(self.rest[at:at + length]), self.rest[0]
            del self.rest[:at + length]
            if opcode == 0x82:
                self.body += payload
                self.sizes.append(length)
            else:
                self.controls.append((opcode & 15, payload))
                self.ended |= opcode & 15 == 8


class Bare:
    """A body that ends with the connection."""

    def __init__(self):
        self.body, self.sizes, self.ended, self.rest = bytearray(), [], False, b""

    def feed(self, data):
        self.body += data


class HttpPlayer:
    """A connection with one request under way."""

    def __init__(self, port, path, fields=(), *, method="GET", version="1.1", host=None, tls=False, rcvbuf=None,
                 websocket=False, address="127.0.0.1", source=None):
        self.sock = socket.socket()
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.sock.settimeout(patience())
        if source:                           # the address that it comes from
            self.sock.bind((source, 0))
        self.sock.connect((address, port))
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.sock = context.wrap_socket(self.sock)
        self.port, self.host, self.websocket = port, host or "127.0.0.1:%d" % port, websocket
        self.closed = False
        self.ask(path, fields, method=method, version=version)

    def ask(self, path, fields=(), *, method="GET", version="1.1"):
        """Send another request, and forget the last reply."""
        lines = ["%s %s HTTP/%s" % (method, path, version), "Host: " + self.host, *fields]
        if self.websocket:
            lines += ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                      "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode()]
        self.head, self.data, self.parser = None, bytearray(), None
        self.tags_read, self.tags = 0, []
        self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return self

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.sock.close()

    def feed(self, data):
        if self.head is not None:
            self.parser.feed(data)
            return
        self.data += data
        end = self.data.find(b"\r\n\r\n")
        if end < 0:
            return
        self.head = bytes(self.data[:end]).decode()
        rest = bytes(self.data[end + 4:])
        chunked = self.fields.get("transfer-encoding") == "chunked"
        self.parser = Messages() if self.status == 101 else Chunks() if chunked else Bare()
        self.parser.feed(rest)

    @property
    def status(self):
        return int(self.head.split()[1])

    @property
    def fields(self):
        return {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in self.head.split("\r\n")[1:])}

    @property
    def body(self):
        return self.parser.body if self.parser else b""

    @property
    def ended(self):
        """True when the reply has ended in good order."""
        return bool(self.parser) and self.parser.ended

    def pump(self, timeout=None):
        """Read once. False when nothing more will come."""
        if self.closed:
            return False
        self.sock.settimeout(patience() if timeout is None else timeout)
        try:
            data = self.sock.recv(1 << 17)
        except ConnectionResetError:
            data = b""
        if not data:
            self.closed = True
            if isinstance(self.parser, Bare):
                self.parser.ended = True
            return False
        self.feed(data)
        return True

    def until(self, condition, what):
        while not condition():
            assert self.pump(), "the connection was closed before %s: %s" % (what, self.head)
        return self

    def wait_head(self):
        return self.until(lambda: self.head is not None, "the head of the reply")

    def wait_body(self, n):
        return self.until(lambda: len(self.body) >= n, "%d bytes" % n)

    def wait_end(self):
        """Wait for the end of the reply, which must be in good order; returns the body."""
        while not self.ended and self.pump():
            pass
        assert self.ended, "the reply was broken off behind %d bytes" % len(self.body)
        return bytes(self.body)

    def wait_closed(self):
        while self.pump():
            pass
        return self

    # -- FLV -------------------------------------------------------------------------------------------------------

    def flv(self):
        """All tags so far."""
        body = self.body
        if not self.tags_read:
            if len(body) < 13:
                return []
            assert body[:4] == b"FLV\x01" and body[5:13] == struct.pack(">II", 9, 0)
            self.tags_read = 13
        while self.tags_read + 11 <= len(body):
            at = self.tags_read
            size = int.from_bytes(body[at + 1:at + 4], "big")
            if at + 11 + size + 4 > len(body):
                break
            assert int.from_bytes(body[at + 11 + size:at + 15 + size], "big") == 11 + size
            ts = int.from_bytes(body[at + 4:at + 7], "big") | body[at + 7] << 24
            self.tags.append(Tag(body[at], ts, bytes(body[at + 11:at + 11 + size])))
            self.tags_read = at + 15 + size
        return self.tags

    @property
    def flags(self):
        return self.body[4]

    def media(self):
        return [t for t in self.flv() if t.type in (AUDIO, VIDEO)]

    def wait_media(self, n):
        self.until(lambda: len(self.media()) >= n, "%d tags" % n)
        return self.media()

    # -- WebSocket ---------------------------------------------------------------------------------------------------

    def say(self, opcode, payload=b""):
        mask = os.urandom(4)
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        self.sock.sendall(bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + masked)


def status_of(server, path, fields=(), **how):
    """The status of a reply that may have no end."""
    with HttpPlayer(server.http_port, path, fields, **how) as p:
        p.wait_head()
        return p.status


class HttpSwarm(threading.Thread):
    """Many players in one thread, some of them over TLS; they only collect the bytes."""

    def __init__(self, port, path, n, tls_port=None, n_tls=0):
        super().__init__(daemon=True)
        self.selector, self.stopped, self.players = selectors.DefaultSelector(), False, []
        for i in range(n):
            player = HttpPlayer(tls_port, path, tls=True) if i < n_tls else HttpPlayer(port, path)
            player.sock.setblocking(False)
            self.selector.register(player.sock, selectors.EVENT_READ, player)
            self.players.append(player)
        self.start()

    def run(self):
        while not self.stopped:
            for key, _ in self.selector.select(0.05):
                self.read(key.data)

    def read(self, player):
        while True:  # TLS may hold bytes for which no event comes
            try:
                data = player.sock.recv(1 << 16)
            except (BlockingIOError, ssl.SSLWantReadError):
                return
            except OSError:
                data = b""
            if not data:
                player.closed = True
                self.selector.unregister(player.sock)
                return
            player.feed(data)

    def wait(self, condition, what):
        until(lambda: all(map(condition, self.players)),
              lambda: "%s: %d of %d" % (what, sum(map(bool, map(condition, self.players))), len(self.players)), 30,
              every=0.1)

    def stop(self):
        self.stopped = True
        self.join()
        for player in self.players:
            player.sock.close()


