"""Clients of WebRTC, each in a process of its own: aiortc here, GStreamer in rtc_gst.py, werift in node/rtc_client.js.

    with whep(server, "live/s") as viewer:          plays by WHEP
        viewer.wait(lambda s: s.video > 20)         s: what has been decoded so far
    with whip_server() as far:                      takes what is published to http://127.0.0.1:PORT/ by WHIP
    with whip(server, "live/s") as publisher:       publishes pictures that move and a tone by WHIP
        publisher.wait(lambda s: s.state == "connected")
    with whip(server, "live/s", program=GST):       the same by another client

A client prints a line of JSON a few times a second, all with the same names; `status` is the HTTP status of a refusal. It hangs up when its
standard input ends.
"""
import contextlib
import json
import os
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from media import ROOT
from wait import until

PYTHON = "/usr/bin/python3"
HERE = os.path.dirname(os.path.abspath(__file__))
NODE_MODULES = os.path.join(ROOT, "objs", "test", "node", "node_modules")
AIORTC = [PYTHON, os.path.abspath(__file__)]
GST = [PYTHON, os.path.join(HERE, "rtc_gst.py")]
WERIFT = ["node", os.path.join(HERE, "node", "rtc_client.js")]


def said(status):
    """A line of a client that tells what it has seen so far."""
    sys.stdout.write(json.dumps(status) + "\n")
    sys.stdout.flush()


_GI = "import gi; gi.require_version('GstWebRTC', '1.0'); from gi.repository import GstWebRTC"


def _can(statement):
    return subprocess.run([PYTHON, "-c", statement], capture_output=True).returncode == 0


def skip_without_aiortc():
    return pytest.mark.skipif(not _can("import aiortc"), reason="python3-aiortc is not installed")


def skip_without_gstreamer():
    return pytest.mark.skipif(not _can(_GI), reason="gir1.2-gst-plugins-bad-1.0 is not installed")


class Client:
    """A program that prints lines of JSON until its standard input ends."""

    def __init__(self, argv, env=None):
        self.last = None
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env=dict(os.environ, **(env or {})))
        self.errors = []
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=lambda: self.errors.extend(self.process.stderr), daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.last = SimpleNamespace(**json.loads(line))

    def wait(self, seen, what="the client of WebRTC to get on", timeout=30):
        """Wait until seen(status) is true; returns that status."""
        def look():
            last = self.last
            if last and seen(last):
                return last
            assert self.process.poll() is None, "the client has ended: %s %s" % (last, "".join(self.errors[-20:]))
            return None
        return until(look, lambda: "%s: %s %s" % (what, self.last, "".join(self.errors[-10:])), timeout)

    def close(self):
        """Hang up by DELETE, and wait for the end."""
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _client(kind, server, stream, more, program, arguments):
    app, name = stream.split("/")
    url = server.api_url("/rtc/v1/%s/?app=%s&stream=%s%s" % (kind, app, name, more))
    return Client([*(program or AIORTC), kind, url, *arguments], {"NODE_PATH": NODE_MODULES})


def whep(server, stream="live/s", more="", program=None, arguments=()):
    return _client("whep", server, stream, more, program, arguments)


def whip(server, stream="live/s", more="", program=None, arguments=()):
    return _client("whip", server, stream, more, program, arguments)


@contextlib.contextmanager
def whip_server():
    """A server of WHIP by aiortc, for one session; `port` is where it listens, `deleted` becomes true with DELETE."""
    with Client([*AIORTC, "serve", ""]) as c:
        c.port = c.wait(lambda s: s.port, "the port of aiortc's server").port
        yield c


# ---- the process of a client ----

def _run(kind, url):  # noqa: C901 (a script of its own)
    import asyncio
    import fractions
    import re
    import urllib.error
    import urllib.parse
    import urllib.request

    import numpy
    from aiortc import RTCPeerConnection, RTCSessionDescription, MediaStreamTrack
    from av import AudioFrame, VideoFrame

    status = {"state": "new", "status": 0, "video": 0, "audio": 0, "moved": 0, "loud": 0, "width": 0, "body": "", "gone": False,
              "port": 0, "deleted": False}
    transports = []

    def say():
        # aiortc calls a connection that the other end has closed connected.
        status["gone"] = any(t.state in ("closed", "failed") for t in transports)
        said(status)

    class Pictures(MediaStreamTrack):
        kind = "video"
        n = 0

        async def recv(self):
            await asyncio.sleep(1 / 25)
            picture = numpy.zeros((240, 320, 3), numpy.uint8)
            picture[:, (self.n * 8) % 320:][:, :40] = 255
            frame = VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = self.n * 3600, fractions.Fraction(1, 90000)
            self.n += 1
            status["video"] = self.n
            return frame

    class Tone(MediaStreamTrack):
        kind = "audio"
        n = 0

        async def recv(self):
            await asyncio.sleep(0.02)
            at = numpy.arange(self.n * 960, self.n * 960 + 960)
            wave = (8000 * numpy.sin(at * 2 * numpy.pi * 440 / 48000)).astype(numpy.int16)
            frame = AudioFrame.from_ndarray(numpy.repeat(wave, 2).reshape(1, -1), format="s16", layout="stereo")
            frame.sample_rate = 48000
            frame.pts, frame.time_base = self.n * 960, fractions.Fraction(1, 48000)
            self.n += 1
            status["audio"] = self.n
            return frame

    async def consume(track):
        last = None
        while True:
            frame = await track.recv()
            status[track.kind] += 1
            if track.kind == "video":
                picture = frame.to_ndarray(format="gray")
                status["width"] = frame.width
                if last is not None and last.shape == picture.shape:
                    status["moved"] += int(numpy.abs(picture.astype(int) - last).mean() > 0.2)
                last = picture
            else:
                status["loud"] += int(numpy.abs(frame.to_ndarray().astype(int)).mean() > 200)

    async def main():
        peer = RTCPeerConnection()
        tasks = []
        if kind == "whep":
            for media in ("audio", "video"):
                peer.addTransceiver(media, direction="recvonly")
        elif kind == "whip":
            peer.addTrack(Tone())
            peer.addTrack(Pictures())

        @peer.on("track")
        def on_track(track):
            tasks.append(asyncio.ensure_future(consume(track)))

        @peer.on("connectionstatechange")
        def on_state():
            status["state"] = peer.connectionState
            say()

        if kind == "serve":
            await serve(peer)
        else:
            await call(peer)
        await peer.close()

    async def serve(peer):
        loop = asyncio.get_running_loop()

        async def take(reader, writer):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            size = re.search(r"(?i)content-length: *(\d+)", head)
            body = (await reader.readexactly(int(size.group(1)) if size else 0)).decode()
            reply, sdp = "200 OK", ""
            if head.startswith("POST"):
                await peer.setRemoteDescription(RTCSessionDescription(body, "offer"))
                await peer.setLocalDescription(await peer.createAnswer())
                transports.extend(t.receiver.transport for t in peer.getTransceivers())
                reply, sdp = "201 Created\r\nContent-Type: application/sdp\r\nLocation: /session", peer.localDescription.sdp
            status["deleted"] |= head.startswith("DELETE")
            writer.write(("HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (reply, len(sdp), sdp)).encode())
            await writer.drain()
            writer.close()

        listening = await asyncio.start_server(take, "127.0.0.1", 0)
        status["port"] = listening.sockets[0].getsockname()[1]
        ended = loop.run_in_executor(None, sys.stdin.read)
        while not ended.done():
            say()
            await asyncio.sleep(0.2)

    async def call(peer):
        await peer.setLocalDescription(await peer.createOffer())
        request = urllib.request.Request(url, peer.localDescription.sdp.encode(), {"Content-Type": "application/sdp"})
        loop = asyncio.get_running_loop()
        location = None
        try:
            reply = await loop.run_in_executor(None, lambda: urllib.request.urlopen(request, timeout=60))
            status["status"] = reply.status
            location = urllib.parse.urljoin(url, reply.headers["Location"])
            answer = reply.read().decode()
            await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
            transports.extend(t.receiver.transport for t in peer.getTransceivers())
        except urllib.error.HTTPError as e:
            status["status"], status["body"] = e.code, e.read().decode(errors="replace")
        ended = loop.run_in_executor(None, sys.stdin.read)
        while not ended.done():
            say()
            await asyncio.sleep(0.2)
        if location:
            gone = urllib.request.Request(location, method="DELETE")
            await loop.run_in_executor(None, lambda: urllib.request.urlopen(gone, timeout=60).status)

    asyncio.run(main())


if __name__ == "__main__":
    _run(sys.argv[1], sys.argv[2])
