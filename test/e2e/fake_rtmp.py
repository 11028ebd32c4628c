"""An RTMP server that a test directs, for the trouble that clients must bear: refusals, redirects, silence, cuts.

    with FakeServer(connect=lambda conn: conn.error(1, {...})) as fake:     the answer to a command
        fake.url()

A command without an answer of its own gets the usual one. An answer of None is silence; CUT closes the connection.
"""
import socket
import struct
import threading

import amf0
from chunk import AUDIO, COMMAND, SET_CHUNK_SIZE, VIDEO, Message, Reader, Writer
from handshake import SIZE
from wait import patience

CUT = object()


class Conn:
    """The connection of one client; a thread reads it."""

    def __init__(self, fake, sock):
        self.fake, self.sock = fake, sock
        self.reader, self.writer = Reader(), Writer("full")
        self.calls = []

    def read_exactly(self, n):
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            if not more:
                raise ConnectionError("closed")
            data += more
        return data

    def send(self, m):
        self.sock.sendall(self.writer.write(m))

    def command(self, name, tid, *args, msid=0):
        self.send(Message(COMMAND, 0, amf0.encode(name, tid, *args), msid, 3))

    def result(self, tid, *args):
        self.command("_result", tid, *args)

    def error(self, tid, **info):
        self.command("_error", tid, None, {"level": "error", "code": "NetConnection.Connect.Rejected", **info})

    def status(self, code, level="status", **info):
        self.command("onStatus", 0, None, {"level": level, "code": code, "description": "", **info}, msid=1)

    def media(self, kind, ts, payload):
        self.send(Message(kind, ts, payload, 1, 4 if kind == AUDIO else 6))

    def usual(self, name, tid):
        if name == "connect":
            self.result(tid, {"fmsVer": "FMS/3,5,3,888"}, {"level": "status", "code": "NetConnection.Connect.Success"})
        elif name == "createStream":
            self.result(tid, None, 1)
        elif name in ("play", "publish"):
            self.status("NetStream.%s.Start" % name.capitalize())

    def answer(self, name, tid):
        if name not in self.fake.answers:
            return self.usual(name, tid)
        how = self.fake.answers[name]
        return how(self) if callable(how) else how

    def handshake(self):
        if "handshake" in self.fake.answers:
            while self.fake.answers["handshake"] is not CUT and self.sock.recv(1 << 16):
                pass
            return CUT
        c1 = self.read_exactly(1 + SIZE)[1:]
        self.sock.sendall(b"\x03" + bytes(SIZE) + c1)
        self.read_exactly(SIZE)
        return True

    def serve(self):
        going_on = self.handshake()
        while going_on is not CUT:
            data = self.sock.recv(1 << 16)
            if not data:
                return
            for m in self.reader.feed(data):
                self.fake.heard.append(m)
                if m.type == COMMAND:
                    name, tid = amf0.decode(m.payload)[:2]
                    self.calls.append(name)
                    going_on = self.answer(name, tid)
                elif m.type in (AUDIO, VIDEO):
                    going_on = self.answer("media", 0)
                if going_on is CUT:
                    break

    def run(self):
        try:
            self.serve()
        except OSError:
            pass
        finally:
            self.sock.close()


class FakeServer:
    def __init__(self, host="127.0.0.1", **answers):
        self.host, self.answers, self.heard, self.conns = host, answers, [], []
        self.door = socket.create_server((host, 0))
        self.port = self.door.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)

    def accept(self):
        while True:
            try:
                sock, _ = self.door.accept()
            except OSError:
                return
            sock.settimeout(patience(60))
            conn = Conn(self, sock)
            self.conns.append(conn)
            threading.Thread(target=conn.run, daemon=True).start()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()
        for conn in self.conns:
            conn.sock.close()

    def url(self, stream="live/s"):
        return "rtmp://%s:%d/%s" % (self.host, self.port, stream)
