"""An RTMP client for tests: strict about what it receives, and able to misbehave in what it sends.

    Session   bytes in, messages out, answers what a client must answer; no socket (see chunk.py, handshake.py)
    Client    a Session on a blocking socket: connect, publish, play, and everything one step at a time
    Feeder    a thread that publishes FLV tags in real time or faster
    Swarm     a thread that drives any number of players with one selector

Every message received is kept in `messages`, in order, so a test can look at the whole conversation.
"""
import array
import fcntl
import selectors
import socket
import struct
import termios
import threading
import time

import amf0
import handshake
from chunk import (ABORT, ACK, AGGREGATE, AMF3_COMMAND, AMF3_DATA, AUDIO, COMMAND, DATA, PEER_BANDWIDTH,  # noqa: F401
                   SET_CHUNK_SIZE, USER_CONTROL, VIDEO, WINDOW_ACK, Message, Reader, Writer)
from wait import patience, until

STREAM_BEGIN, STREAM_EOF, STREAM_DRY, SET_BUFFER_LENGTH, STREAM_IS_RECORDED, PING, PONG = 0, 1, 2, 3, 4, 6, 7
MEDIA = (AUDIO, VIDEO)


class Closed(ConnectionError):
    """The server closed the connection. `status` is its last status, or None."""

    def __init__(self, status):
        super().__init__("closed by the server; last status: %r" % (status,))
        self.status = status


class Refused(Exception):
    """The server answered with an error status (or _error). `code` and `description` are its words."""

    def __init__(self, info):
        super().__init__("refused: %r" % (info,))
        self.info = info
        self.code = info.get("code") if isinstance(info, dict) else None
        self.description = info.get("description") if isinstance(info, dict) else None


def command(m):
    """The values of a command message: name, transaction, command object, arguments."""
    return amf0.decode(m.payload[1:] if m.type == AMF3_COMMAND else m.payload)


def is_command(m, name):
    return m.type == COMMAND and m.payload.startswith(amf0.encode(name))


def status_of(m):
    """The information object of an onStatus command, else None."""
    if not is_command(m, "onStatus"):
        return None
    values = command(m)
    return values[3] if len(values) > 3 and isinstance(values[3], dict) else {}


def event_of(m):
    """(event type, first value) of a user control message, else None."""
    return struct.unpack_from(">HI", m.payload) if m.type == USER_CONTROL and len(m.payload) >= 6 else None


class Session:
    """The client without its socket: handshake, chunks, acknowledgements, pongs."""

    def __init__(self, kind=handshake.PLAIN, headers="compact", type3_ext=True):
        self.handshake = handshake.Handshake(kind)
        self.reader = Reader()
        self.writer = Writer(headers, type3_ext)
        self.out = bytearray(self.handshake.c0c1())
        self.shaken = False
        self.messages = []
        self.peer_window = 0
        self.acks = True
        self._raw = bytearray()
        self._acked = 0

    def feed(self, data):
        """Take received bytes; returns the new messages (also appended to .messages)."""
        if not self.shaken:
            self._raw += data
            if len(self._raw) < 1 + 2 * handshake.SIZE:
                return []
            self.out += self.handshake.answer(self._raw[:1 + 2 * handshake.SIZE])
            self.shaken = True
            data = bytes(self._raw[1 + 2 * handshake.SIZE:])
            self._raw.clear()
        new = self.reader.feed(data)
        for m in new:
            if m.type == WINDOW_ACK:
                self.peer_window, = struct.unpack(">I", m.payload)
            elif m.type == USER_CONTROL and m.payload[:2] == struct.pack(">H", PING):
                self.send(Message(USER_CONTROL, 0, struct.pack(">H", PONG) + m.payload[2:], 0))
        if self.acks and self.peer_window and self.reader.total - self._acked >= self.peer_window:
            self._acked = self.reader.total
            self.send(Message(ACK, 0, struct.pack(">I", self._acked & 0xFFFFFFFF), 0))
        self.messages += new
        return new

    def send(self, m, fmt=None):
        self.out += self.writer.write(m, fmt)

    def send_command(self, name, tid, *args, msid=0, csid=3):
        self.send(Message(COMMAND, 0, amf0.encode(name, tid, *args), msid, csid))


class Client:
    """One connection, driven step by step. Every wait is bounded; a failed wait tells what came instead."""

    def __init__(self, host, port, *, kind=handshake.PLAIN, headers="compact", type3_ext=True, rcvbuf=None,
                 prefix=b"", shake=True, tls=None, source=None):
        self.session = Session(kind, headers, type3_ext)
        self.host, self.port = host, port
        self.sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.sock.settimeout(patience())
        if source:                           # the address that it comes from
            self.sock.bind((source, 0))
        self.sock.connect((host, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:                              # a function that makes a TLS socket of it
            self.sock = tls(self.sock)
        self.cursor = 0
        self.tid = 0
        self.msid = 1
        self.stream = None
        self.closed = False
        if shake:
            self.raw(prefix)
            self.flush()
            while not self.session.shaken:
                self.pump()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    # -- bytes -------------------------------------------------------------------------------------------------

    @property
    def messages(self):
        return self.session.messages

    def flush(self):
        out, self.session.out = self.session.out, bytearray()
        if out:
            self.raw(out)

    def raw(self, data):
        """Send bytes as they are."""
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as e:
            try:
                while self.pump():
                    pass
            except OSError:
                pass
            raise Closed(self.last_status()) from e

    def pump(self, timeout=None):
        """Read once; False when nothing came within `timeout`. Raises Closed at the end of the connection."""
        self.flush()
        self.sock.settimeout(patience() if timeout is None else max(timeout, 0.001))
        try:
            data = self.sock.recv(1 << 18)
        except (TimeoutError, socket.timeout):
            if timeout is None:
                raise TimeoutError("nothing received; so far: %s" % self.story()) from None
            return False
        except ConnectionResetError:
            data = b""
        finally:
            self.sock.settimeout(patience())
        if not data:
            self.closed = True
            raise Closed(self.last_status())
        self.session.feed(data)
        self.flush()
        return True

    def drain(self):
        """Read whatever has already arrived."""
        while self.pump(0):
            pass

    def unread(self):
        """The number of bytes that the kernel holds for this client; none of them is read."""
        n = array.array("i", [0])
        fcntl.ioctl(self.sock, termios.FIONREAD, n)
        return n[0]

    def close(self):
        self.sock.close()
        self.closed = True

    def reset(self):
        """Close with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    # -- messages ----------------------------------------------------------------------------------------------

    def send(self, m, fmt=None):
        self.session.send(m, fmt)
        self.flush()

    def call(self, name, *args, msid=0, tid=None, amf3=False):
        """Send a command; returns its transaction id."""
        if tid is None:
            self.tid += 1
            tid = self.tid
        body = amf0.encode(name, tid, *args)
        kind, body = (AMF3_COMMAND, b"\0" + body) if amf3 else (COMMAND, body)
        self.send(Message(kind, 0, body, msid, 3))
        return tid

    def set_chunk_size(self, n):
        self.send(Message(SET_CHUNK_SIZE, 0, struct.pack(">I", n), 0))

    def wait(self, wanted, timeout=10.0, what="a message"):
        """The next message (after the last one waited for) that `wanted(m)` accepts."""
        deadline = time.monotonic() + patience(timeout)
        while True:
            while self.cursor < len(self.messages):
                m = self.messages[self.cursor]
                self.cursor += 1
                if wanted(m):
                    return m
            left = deadline - time.monotonic()
            if left <= 0 or not self.pump(left):
                raise TimeoutError("waited for %s; got: %s" % (what, self.story()))

    def wait_result(self, tid):
        """Arguments of _result for a call; raises Refused for _error."""
        m = self.wait(lambda m: m.type == COMMAND and command(m)[:1] in (["_result"], ["_error"])
                      and command(m)[1] == tid, what="_result %s" % tid)
        values = command(m)
        if values[0] == "_error":
            raise Refused(values[-1])
        return values[2:]

    def wait_status(self, code=None):
        """The next onStatus; with a code, that one. Raises Refused for one of level error that is not wanted."""
        def wanted(m):
            info = status_of(m)
            if info is None:
                return False
            if info.get("level") == "error" and info.get("code") != code:
                raise Refused(info)
            return code is None or info.get("code") == code
        return status_of(self.wait(wanted, what="onStatus %s" % (code or "")))

    def wait_event(self, event):
        return event_of(self.wait(lambda m: (event_of(m) or (None,))[0] == event, what="user control %d" % event))

    def wait_media(self, n=1):
        """The next n audio or video messages."""
        return [self.wait(lambda m: m.type in MEDIA, what="media %d of %d" % (i + 1, n)) for i in range(n)]

    def wait_closed(self, timeout=10.0):
        """Wait until the server closes; returns the last status, or None."""
        deadline = time.monotonic() + patience(timeout)
        try:
            while self.pump(deadline - time.monotonic()):
                pass
        except Closed as e:
            return e.status
        raise TimeoutError("the server did not close the connection; got: %s" % self.story())

    def barrier(self):
        """Send a ping and wait for the pong: the server has then read everything before it, because it answers in order."""
        self.tid += 1
        value = 0x5000000 + self.tid
        self.send(Message(USER_CONTROL, 0, struct.pack(">HI", PING, value), 0))
        self.wait(lambda m: event_of(m) == (PONG, value), what="pong")

    def statuses(self):
        return [s for s in map(status_of, self.messages) if s is not None]

    def last_status(self):
        """The last error reply or status object received, or None."""
        for m in reversed(self.messages):
            if status_of(m) is not None:
                return status_of(m)
            if is_command(m, "_error"):
                return command(m)[-1]
        return None

    def media(self):
        return [m for m in self.messages if m.type in MEDIA]

    def story(self, last=30):
        """The received messages, in words."""
        return ", ".join(describe(m) for m in self.messages[-last:]) or "nothing"

    # -- the usual conversations -------------------------------------------------------------------------------

    def connect(self, tc_url, amf3=False, **properties):
        """Send connect; returns (properties, information) of the _result."""
        args = {"app": "".join(tc_url.split("/", 3)[3:]), "flashVer": "FMLE/3.0 (compatible; test)", "tcUrl": tc_url,
                "fpad": False, "capabilities": 239.0, "audioCodecs": 3575.0, "videoCodecs": 252.0,
                "videoFunction": 1.0, "objectEncoding": 0.0}
        args.update(properties)
        return self.wait_result(self.call("connect", {k: v for k, v in args.items() if v is not None}, amf3=amf3))

    def create_stream(self):
        self.msid = int(self.wait_result(self.call("createStream", None))[1])
        return self.msid

    def publish(self, stream, how="fmle", amf3=False):
        """Become publisher of `stream` the way an encoder of that family does. Raises Refused or Closed."""
        self.stream = stream
        if how == "fmle":
            release = self.call("releaseStream", None, stream, amf3=amf3)
            fcpublish = self.call("FCPublish", None, stream, amf3=amf3)
            create = self.call("createStream", None, amf3=amf3)
            self.wait_result(release)
            self.wait_result(fcpublish)
            self.msid = int(self.wait_result(create)[1])
        elif how == "flash":
            self.create_stream()
        elif how == "haivision":
            self.call("_checkbw", None)
            self.create_stream()
            self.wait_result(self.call("FCPublish", None, stream))
        self.call("publish", None, stream, "live", msid=self.msid, amf3=amf3)
        self.wait_status("NetStream.Publish.Start")
        return self

    def unpublish(self, stream=None):
        """End the stream and keep the connection, as FMLE does."""
        self.wait_result(self.call("FCUnpublish", None, stream or self.stream))

    def play(self, stream, *args):
        """Become player of `stream`; returns when the server said that playing starts."""
        self.stream = stream
        self.create_stream()
        self.call("play", None, stream, *(args or (-2000.0,)), msid=self.msid)
        self.wait_status("NetStream.Play.Start")
        return self

    def send_tag(self, tag, fmt=None):
        """Send an FLV tag. Metadata goes as encoders send it, with @setDataFrame in front."""
        payload = tag.payload
        if tag.type == DATA and not payload.startswith(amf0.encode("@setDataFrame")):
            payload = amf0.encode("@setDataFrame") + payload
        self.send(Message(tag.type, tag.ts, payload, self.msid), fmt)

    def send_tags(self, tags):
        for t in tags:
            self.send_tag(t)


def describe(m):
    if m.type in (COMMAND, AMF3_COMMAND):
        values = command(m)
        info = values[-1]
        return "%s%s" % (values[0], "(%s)" % info.get("code") if isinstance(info, dict) and "code" in info else "")
    if m.type == USER_CONTROL:
        return "event%s" % (event_of(m),)
    names = {AUDIO: "audio", VIDEO: "video", DATA: "data", SET_CHUNK_SIZE: "chunk size", WINDOW_ACK: "window",
             PEER_BANDWIDTH: "bandwidth", ACK: "ack"}
    return "%s@%d[%d]" % (names.get(m.type, "type %d" % m.type), m.ts, len(m.payload))


class Feeder(threading.Thread):
    """Publishes tags over a Client that is already publishing, at the pace of their timestamps.

    `speed` 2 is twice real time; None sends as fast as the server takes them. `sent` holds the tags that were sent.
    """

    def __init__(self, client, tags, speed=1.0):
        super().__init__(daemon=True)
        self.client, self.tags, self.speed = client, iter(tags), speed
        self.sent = []
        self.error = None
        self._stop_it = threading.Event()
        self.start()

    def run(self):
        began = first = None
        try:
            for tag in self.tags:
                if self._stop_it.is_set():
                    return
                if self.speed is not None:
                    if first is None:
                        began, first = time.monotonic(), tag.ts
                    due = began + (tag.ts - first) / 1000 / self.speed
                    if self._stop_it.wait(max(0, due - time.monotonic())):
                        return
                self.client.send_tag(tag)
                self.sent.append(tag)
                self.client.drain()
        except Exception as e:               # the test gets it from check()
            self.error = e

    def check(self):
        if self.error:
            raise AssertionError("the publisher failed: %r" % self.error) from self.error

    def stop(self):
        self._stop_it.set()
        self.join()
        return self

    def finish(self, unpublish=True):
        """Stop, end the publish, close."""
        self.stop()
        self.check()
        if unpublish:
            self.client.unpublish()
        self.client.close()


class SwarmPlayer:
    """One of many players; a small state machine on a non-blocking socket."""

    def __init__(self, host, port, tc_url, stream, kind=handshake.PLAIN):
        self.session = Session(kind)
        self.tc_url, self.stream = tc_url, stream
        self.sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.sock.setblocking(False)
        self.sock.connect_ex((host, port))
        self.playing = False
        self.closed = False
        self.error = None
        self.statuses = []
        self._step = 0

    @property
    def messages(self):
        return self.session.messages

    def media(self):
        return [m for m in list(self.messages) if m.type in MEDIA]

    def advance(self, new):
        """Send the next command once the server has answered the last one."""
        s = self.session
        if self._step == 0 and s.shaken:
            s.send_command("connect", 1, {"app": "".join(self.tc_url.split("/", 3)[3:]), "tcUrl": self.tc_url,
                                          "flashVer": "test", "objectEncoding": 0.0})
            self._step = 1
        for m in new:
            if m.type != COMMAND:
                continue
            values = command(m)
            if values[0] == "_result" and self._step == 1:
                s.send_command("createStream", 2, None)
                self._step = 2
            elif values[0] == "_result" and self._step == 2:
                s.send_command("play", 3, None, self.stream, -2000.0, msid=1)
                self._step = 3
            elif values[0] == "onStatus":
                self.statuses.append(values[3])
                if values[3].get("code") == "NetStream.Play.Start":
                    self.playing = True


class Swarm(threading.Thread):
    """Many players in one thread."""

    def __init__(self):
        super().__init__(daemon=True)
        self.players = []
        self._selector = selectors.DefaultSelector()
        self._new = []
        self._lock = threading.Lock()
        self._stop_it = False
        self.start()

    def add(self, host, port, tc_url, stream, n=1):
        """Start n players of a stream; returns them at once (see wait_playing)."""
        new = [SwarmPlayer(host, port, tc_url, stream) for _ in range(n)]
        with self._lock:
            self._new += new
            self.players += new
        return new

    def wait_playing(self, players=None):
        players = self.players if players is None else players
        until(lambda: all(p.playing or p.closed for p in players),
              lambda: "all of %d players to play (%d do)" % (len(players), sum(p.playing for p in players)), 20)
        lost = [p for p in players if p.closed]
        assert not lost, "%d of %d players were closed: %r %r" % (
            len(lost), len(players), lost[0].error, lost[0].statuses)

    def run(self):
        while not self._stop_it:
            with self._lock:
                new, self._new = self._new, []
            for p in new:
                self._selector.register(p.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, p)
            if not self._selector.get_map():
                time.sleep(0.01)
                continue
            for key, mask in self._selector.select(0.02):
                self._serve(key.data, mask)
        for p in self.players:
            p.sock.close()
        self._selector.close()

    def _serve(self, p, mask):
        try:
            if mask & selectors.EVENT_READ:
                data = p.sock.recv(1 << 17)
                if not data:
                    raise Closed(p.statuses[-1] if p.statuses else None)
                p.advance(p.session.feed(data))
            if p.session.out:
                n = p.sock.send(p.session.out)
                del p.session.out[:n]
        except (BlockingIOError, InterruptedError):
            return
        except Exception as e:
            p.error, p.closed = e, True
            self._selector.unregister(p.sock)
            p.sock.close()
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if p.session.out else 0)
        if self._selector.get_key(p.sock).events != events:
            self._selector.modify(p.sock, events, p)

    def stop(self):
        self._stop_it = True
        self.join()
