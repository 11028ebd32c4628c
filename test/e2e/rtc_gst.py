"""A client of WebRTC by GStreamer's webrtcbin, as rtc_clients.py runs it.

    rtc_gst.py whip URL [CLIP]        publishes a clip of lips.py as it is, in a loop
    rtc_gst.py whep URL [CLIP]        plays; with a clip it also judges what comes by it

Nothing is encoded here: the access units of the clip go out at the times that they have, so that others can compare what they got.
"""
import itertools
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import gi
import numpy

import lips
import media
import mp4
from rtc_clients import said

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402 (the versions come first)

SENDERS = """webrtcbin name=rtc bundle-policy=max-bundle
    appsrc name=video is-live=true format=time ! rtph264pay config-interval=-1 aggregate-mode=zero-latency mtu=1200 !
        application/x-rtp,media=video,encoding-name=H264,payload=96 ! rtc.
    appsrc name=audio is-live=true format=time ! rtpopuspay mtu=1200 !
        application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! rtc."""
OFFERED = ("application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,encoding-params=(string)2,payload=97",
           "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,packetization-mode=(string)1,payload=96,"
           "profile-level-id=(string)42e01f",
           "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=98")


class Session:
    """What both kinds share: offer, answer, the state of the connection, the end."""

    def __init__(self, url, pipeline):
        self.url, self.location = url, None
        self.status = {"state": "new", "status": 0, "video": 0, "audio": 0, "moved": 0, "loud": 0, "width": 0, "body": "", "gone": False}
        self.pipeline = pipeline
        self.rtc = pipeline.get_by_name("rtc")
        self.agent = self.rtc.get_property("ice-agent")                 # the reference is taken over, so it has to stay
        self.agent.emit("add-local-ip-address", "127.0.0.1")            # by itself it looks for others only
        self.rtc.connect("notify::connection-state", self.on_state)
        self.loop = GLib.MainLoop()

    def on_state(self, *_):
        self.status["state"] = self.rtc.get_property("connection-state").value_nick
        self.status["gone"] = self.status["state"] in ("closed", "failed", "disconnected")

    def promised(self, name, *arguments):
        promise = Gst.Promise.new()
        self.rtc.emit(name, *arguments, promise)
        promise.wait()
        return promise, promise.get_reply()          # values belong to the reply, which lives as long as the caller holds it

    def negotiate(self):
        _promise, reply = self.promised("create-offer", None)
        self.promised("set-local-description", reply.get_value("offer"))
        gathering = GstWebRTC.WebRTCICEGatheringState.COMPLETE
        while self.rtc.get_property("ice-gathering-state") != gathering:
            time.sleep(0.02)
        text = self.rtc.get_property("local-description").sdp.as_text()
        try:
            reply = urllib.request.urlopen(urllib.request.Request(self.url, text.encode(), {"Content-Type": "application/sdp"}), timeout=60)
        except urllib.error.HTTPError as e:
            self.status.update(status=e.code, body=e.read().decode(errors="replace"))
            return
        self.status["status"] = reply.status
        self.location = urllib.parse.urljoin(self.url, reply.headers["Location"])
        _, sdp = GstSdp.SDPMessage.new_from_text(reply.read().decode())
        self.promised("set-remote-description", GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp))

    def work(self):
        """negotiate(), and whatever else may wait, beside the loop of GLib."""
        self.start()
        self.negotiate()

    def run(self):
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", lambda _, message: sys.stderr.write("%s\n" % (message.parse_error(),)))
        self.pipeline.set_state(Gst.State.PLAYING)
        GLib.timeout_add(200, lambda: said({**self.status, **self.more()}) or True)
        threading.Thread(target=self.work, daemon=True).start()
        threading.Thread(target=lambda: (sys.stdin.read(), self.loop.quit()), daemon=True).start()
        self.loop.run()
        if self.location:
            urllib.request.urlopen(urllib.request.Request(self.location, method="DELETE"), timeout=60)
        self.pipeline.set_state(Gst.State.NULL)

    def more(self):
        return {}


class Publisher(Session):
    """The first picture and the first sound tell the offer what they are, and are dropped. The clip begins once it is connected."""

    def __init__(self, url, clip):
        super().__init__(url, Gst.parse_launch(SENDERS))
        self.begun_ns = 0
        self.tracks = {t.kind: t for t in mp4.read(media.clip(clip))}
        self.sources = {kind: self.pipeline.get_by_name(kind) for kind in self.tracks}
        config = self.tracks["video"].config
        self.sources["video"].set_property("caps", Gst.Caps.from_string(
            "video/x-h264,stream-format=avc,alignment=au,width=160,height=120,codec_data=(buffer)" + config.hex()))
        self.sources["audio"].set_property("caps", Gst.Caps.from_string(
            "audio/x-opus,channel-mapping-family=0,channels=2,rate=48000"))

    def start(self):
        pads = list(self.rtc.sinkpads)
        for pad in pads:
            pad.add_probe(Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST,
                          lambda *_: Gst.PadProbeReturn.OK if self.begun_ns else Gst.PadProbeReturn.DROP)
        first = self.units()
        for _ in range(2):
            self.push(*next(first), 0)
        while not all(p.get_current_caps() for p in pads):
            time.sleep(0.02)
        for i in range(2):
            self.rtc.emit("get-transceiver", i).set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)

    def units(self):
        """(kind, milliseconds, bytes) without an end, by time."""
        once = sorted(((s.dts_ms, t.kind, s.data) for t in self.tracks.values() for s in t.samples if s.dts_ms < lips.LENGTH_MS),
                      key=lambda unit: unit[0])
        for n in itertools.count():
            for ms, kind, data in once:
                yield kind, n * lips.LENGTH_MS + ms, data

    def push(self, kind, ms, data, base_ns):
        unit = Gst.Buffer.new_wrapped(data)
        unit.pts = unit.dts = base_ns + ms * Gst.MSECOND
        self.sources[kind].emit("push-buffer", unit)
        self.status[kind] += 1

    def work(self):
        super().work()
        while self.status["state"] != "connected":
            time.sleep(0.02)
        clock, base_ns = self.pipeline.get_clock(), self.pipeline.get_base_time()
        self.begun_ns = clock.get_time() - base_ns
        for kind, ms, data in self.units():
            wait_ns = self.begun_ns + ms * Gst.MSECOND - (clock.get_time() - base_ns)
            if wait_ns > 0:
                time.sleep(wait_ns / 1e9)
            self.push(kind, ms, data, self.begun_ns)


class Player(Session):
    def __init__(self, url, clip=None):
        pipeline = Gst.Pipeline.new()
        pipeline.add(Gst.parse_launch("webrtcbin name=rtc bundle-policy=max-bundle"))
        super().__init__(url, pipeline)
        # Times by those of the packets alone: by default they follow the arrival, which has nothing to do with the stream.
        self.rtc.get_by_name("rtpbin").set_property("buffer-mode", 0)
        self.rtc.connect("pad-added", self.on_pad)
        self.judge = lips.Judge(clip, lips.SETTLE_S) if clip else None
        self.last = None
        self.lock = threading.Lock()

    def start(self):
        by_media = {}
        for text in OFFERED:
            caps = Gst.Caps.from_string(text)
            by_media.setdefault(caps.get_structure(0).get_string("media"), []).append(caps)
        for kinds in by_media.values():
            whole = kinds[0]
            for caps in kinds[1:]:
                whole = Gst.Caps.merge(whole, caps)
            self.rtc.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, whole)

    def on_pad(self, _, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        decoder = Gst.ElementFactory.make("decodebin")
        decoder.connect("pad-added", self.on_decoded)
        self.pipeline.add(decoder)
        decoder.sync_state_with_parent()
        pad.link(decoder.get_static_pad("sink"))

    def on_decoded(self, _, pad):
        is_video = pad.query_caps(None).get_structure(0).get_name().startswith("video")
        sink = Gst.parse_bin_from_description(
            ("videoconvert ! video/x-raw,format=I420" if is_video else "audioconvert ! audio/x-raw,format=S16LE,channels=1")
            + " ! appsink name=out sync=false emit-signals=true", True)
        sink.get_by_name("out").connect("new-sample", self.on_picture if is_video else self.on_sound)
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    @staticmethod
    def sample(sink):
        sample = sink.emit("pull-sample")
        unit = sample.get_buffer()
        return unit.extract_dup(0, unit.get_size()), unit.pts / Gst.SECOND, sample.get_caps().get_structure(0)

    def on_picture(self, sink):
        data, at_s, caps = self.sample(sink)
        width, height = caps.get_value("width"), caps.get_value("height")
        bright = numpy.frombuffer(data, numpy.uint8, width * height).astype(int) if width % 8 == 0 else None
        if self.last is not None and bright is not None and len(bright) == len(self.last):
            self.status["moved"] += int(numpy.abs(bright - self.last).mean() > 0.2)
        self.last = bright
        self.status.update(video=self.status["video"] + 1, width=width)
        with self.lock:
            if self.judge:
                self.judge.picture(data, at_s)
        return Gst.FlowReturn.OK

    def on_sound(self, sink):
        data, at_s, caps = self.sample(sink)
        samples = numpy.frombuffer(data, numpy.int16).astype(float) / 32768
        self.status["audio"] += 1
        self.status["loud"] += int(numpy.abs(samples).mean() > 0.006)
        with self.lock:
            if self.judge:
                self.judge.sound(samples, caps.get_value("rate"), at_s)
        return Gst.FlowReturn.OK

    def more(self):
        with self.lock:
            return self.judge.facts() if self.judge else {}


if __name__ == "__main__":
    Gst.init(None)
    kind, url, *clip = sys.argv[1:]
    (Publisher(url, *clip or ["lips_opus.mp4"]) if kind == "whip" else Player(url, *clip)).run()
