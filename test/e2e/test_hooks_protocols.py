"""What a backend hears of players over each protocol, field by field and in order, when they leave, are refused or kicked, and what of none."""
import contextlib
import json
import struct

import pytest

import media
import rtmp
from api import Api
from hls_watch import get
from hook_backend import answer, hooks
from http_live import HttpPlayer
from test_hooks import HLS, PARAM, PLAY, PUBLISH, body_of
from test_http2 import CANCEL, DATA, RST_STREAM, Frames, head_of
from srs import free_port
from test_tls import client_tls
from test_whip import PLAY as OFFER_TO_PLAY
from test_whip import PUBLISH as OFFER_TO_PUBLISH
from wait import until

EVENTS = ("on_connect", "on_close", "on_play", "on_stop")


class Protocol:
    """How one kind of player comes, and what callbacks say about it."""

    ext, clip, stream, refusal, param = "flv", "h264_aac.flv", "s", 403, PARAM
    told = ["on_play", "on_stop"]

    def conf(self, tmp_path, block):
        return "vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].%s; } %s }\n" % (self.ext, block)

    def tc_url(self, server):
        return "rtmp://__defaultVhost__/live"

    def play(self, server):
        """A context in which it plays."""
        raise NotImplementedError

    def ask(self, server):
        """Ask to play; returns what it is told."""
        raise NotImplementedError


class Rtmp(Protocol):
    refusal, told = "NetStream.Play.Failed", ["on_connect", "on_play", "on_stop", "on_close"]

    def __init__(self, tls=False):
        self.tls = tls

    def tc_url(self, server):
        return server.tc_url()

    def client(self, server):
        return server.client(tc_url=server.tc_url(), **dict(port=server.rtmps_port, tls=client_tls()) if self.tls else {})

    @contextlib.contextmanager
    def play(self, server):
        with self.client(server) as c:
            c.play("s" + PARAM).wait_media(3)
            yield

    def ask(self, server):
        with self.client(server) as c, pytest.raises(rtmp.Refused) as refused:
            c.play("s" + PARAM)
        return refused.value.info["code"]


class Http(Protocol):
    def __init__(self, ext="flv", clip="h264_aac.flv", **how):
        self.ext, self.clip, self.how = ext, clip, how

    def player(self, server):
        port = server.https_port if self.how.get("tls") else server.http_port
        return HttpPlayer(port, "/live/s.%s%s" % (self.ext, PARAM), **self.how)

    @contextlib.contextmanager
    def play(self, server):
        with self.player(server) as player:
            player.wait_body(20)
            yield

    def ask(self, server):
        with self.player(server) as player:
            player.wait_head()
            return player.status


class Http2(Protocol):
    """One stream of a connection that goes on."""

    @contextlib.contextmanager
    def play(self, server):
        peer = self.peer = Frames(server.https_port)
        peer.ask(1, "/live/s.flv" + PARAM)
        peer.until(DATA)
        yield
        peer.sock.sendall(peer.frame(RST_STREAM, 0, 1, struct.pack(">I", CANCEL)))

    def ask(self, server):
        return head_of(server.http_url("/live/s.flv" + PARAM, tls=True))[1]


class Hls(Protocol):
    stream = "s.m3u8"

    def conf(self, tmp_path, block):
        return "vhost __defaultVhost__ { %s %s }\n" % (HLS % (tmp_path / "hls", ""), block)

    def tc_url(self, server):
        return "http://127.0.0.1/live"

    @contextlib.contextmanager
    def play(self, server):
        assert self.ask(server) == 200
        viewer = Api(server).client("hls-play")["id"]
        yield
        if not server.stopped and any(c["id"] == viewer for c in Api(server).clients()):
            Api(server).kick(viewer)           # by itself it leaves after half a minute of silence

    def ask(self, server):
        return get(server, "/live/s.m3u8" + PARAM).status


class Rtc(Protocol):
    """A session of which nothing comes but its signalling."""

    rtc_port = None

    def conf(self, tmp_path, block):
        self.rtc_port = self.rtc_port if block else free_port()
        return ("rtc_server { enabled on; listen %d; candidate 127.0.0.1; } vhost __defaultVhost__ { rtc { enabled on; } %s }\n"
                % (self.rtc_port, block))

    @contextlib.contextmanager
    def play(self, server):
        self.begin(server, "play")
        yield
        if not server.stopped:
            self.end(server)

    def ask(self, server):
        return self.begin(server, "play")


class Whip(Rtc):
    """SRS tells the whole query, and no tcUrl."""

    param = "app=live&stream=s&secret=abc&token=1"

    def tc_url(self, server):
        return ""

    def begin(self, server, role):
        path = {"play": "whep", "publish": "whip"}[role]
        reply = Api(server).ask("POST", "/rtc/v1/%s/?%s" % (path, self.param), {"play": OFFER_TO_PLAY, "publish": OFFER_TO_PUBLISH}[role])
        self.location = reply.headers["Location"]
        return reply.status

    def end(self, server):
        assert Api(server).ask("DELETE", self.location).status == 200


class RtcApi(Rtc):
    refusal = 400

    def tc_url(self, server):
        return "webrtc://127.0.0.1:1985/live"

    def begin(self, server, role):
        reply = Api(server).ask("POST", "/rtc/v1/%s/" % role, json.dumps({
            "sdp": {"play": OFFER_TO_PLAY, "publish": OFFER_TO_PUBLISH}[role], "streamurl": "webrtc://127.0.0.1:1985/live/s" + PARAM}))
        assert reply.status == 200
        return json.loads(reply.body)["code"]

    def end(self, server):
        for client in Api(server).clients():
            if client["type"].startswith("rtc-"):
                Api(server).kick(client["id"])


PROTOCOLS = {
    "rtmp": Rtmp(), "rtmps": Rtmp(tls=True), "flv": Http(), "ts": Http("ts"), "aac": Http("aac"), "mp4": Http("mp4"),
    "mp3": Http("mp3", "h264_mp3.flv"), "https": Http(tls=True), "websocket": Http(websocket=True), "http2": Http2(),
    "hls": Hls(), "whep": Whip(), "rtc": RtcApi()}


class Scene:
    """A server with a publisher, of whom nobody is told, and a backend that hears of players."""

    def __init__(self, protocol, make_server, backend, tmp_path):
        self.protocol, self.backend, self.conf = protocol, backend, lambda block: protocol.conf(tmp_path, block)
        self.server = make_server(self.conf(""), api="", http="", tls=True)
        self.feeder = rtmp.Feeder(self.server.publisher("s"), media.loop(protocol.clip))
        api = Api(self.server)
        until(lambda: api.stream("s")["video"] and api.stream("s")["audio"], "pictures and sound")
        if isinstance(protocol, Hls):
            until(lambda: protocol.ask(self.server) == 200, "a playlist", 20)
            api.kick(api.client("hls-play")["id"])
        self.server.reload(self.conf(hooks(backend, *EVENTS)))

    def check(self, call, client_id, *keys):
        keys = [(k, getattr(self.protocol, k)) if k in ("stream", "param") else k for k in keys]
        body_of(call, call.event, client_id, self.protocol.tc_url(self.server), *keys)

    def check_told(self):
        """One player was told of: each call, in order, with one id, and of this form."""
        told = self.protocol.told
        until(lambda: len(self.backend.calls) >= len(told), lambda: "%s, there are %s" % (told, self.backend.events()))
        assert self.backend.events() == told
        client_id = self.backend.calls[0].json["client_id"]
        for call in self.backend.calls:
            self.check_call(call, client_id)

    def check_call(self, call, client_id):
        if call.event == "on_close":
            d = call.json
            assert list(d)[7:] == ["send_bytes", "recv_bytes"] and d["client_id"] == client_id
            assert d["send_bytes"] > 3000 and d["recv_bytes"] > 3000
        else:
            self.check(call, client_id, *{"on_connect": ("stream", "param", "tcUrl", "pageUrl"), "on_play": PLAY,
                                          "on_stop": PUBLISH}[call.event])


@pytest.fixture(params=PROTOCOLS.values(), ids=PROTOCOLS)
def scene(request, make_server, backend, tmp_path):
    s = Scene(request.param, make_server, backend, tmp_path)
    yield s
    s.feeder.stop()


def test_a_player_that_comes_and_goes(scene):
    with scene.protocol.play(scene.server):
        pass
    scene.check_told()


def test_a_player_that_is_kicked(scene):
    with scene.protocol.play(scene.server):
        Api(scene.server).kick(scene.backend.wait_for("on_play").json["client_id"])
        scene.check_told()


@pytest.mark.sample(2)
def test_a_player_that_a_stop_ends(scene):
    with scene.protocol.play(scene.server):
        scene.server.stop()
        scene.check_told()


@pytest.mark.sample(2)
def test_a_player_under_a_takeover_and_a_reload_that_takes_callbacks_away(scene):
    with scene.protocol.play(scene.server):
        scene.server.reload(scene.conf("publish { republish takeover; } " + hooks(scene.backend, *EVENTS)))
        with scene.server.publisher("s"):      # without frames: those of another codec would end some players
            assert "on_stop" not in scene.backend.events()
        scene.server.reload(scene.conf(""))
    client_id = scene.backend.of("on_play")[0].json["client_id"]
    calls = until(lambda: (lambda own: len(own) == len(scene.protocol.told) and own)(
        [c for c in scene.backend.calls if c.json["client_id"] == client_id]), lambda: scene.backend.calls)
    assert [c.event for c in calls] == scene.protocol.told


def test_a_player_that_on_play_refuses(scene):
    scene.backend.answers["on_play"] = answer(403, b"")
    assert scene.protocol.ask(scene.server) == scene.protocol.refusal
    told = [e for e in scene.protocol.told if e != "on_stop"]
    until(lambda: len(scene.backend.calls) >= len(told), lambda: "%s, there are %s" % (told, scene.backend.events()))
    assert scene.backend.events() == told
    client_id = scene.backend.calls[0].json["client_id"]
    for call in scene.backend.calls[:-1]:
        scene.check_call(call, client_id)


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("role", ["publish", "play"])
def test_a_client_that_on_connect_refuses_is_told_of_once(make_server, backend, role, tls):
    backend.answers["on_connect"] = answer(200, b'{"code":1}')
    server = make_server("vhost __defaultVhost__ { %s }" % hooks(backend), tls=True)
    with Rtmp(tls).client(server) as c, pytest.raises(rtmp.Refused):
        getattr(c, role)("s" + PARAM)
    call, = backend.calls
    body_of(call, "on_connect", call.json["client_id"], server.tc_url(), "stream", "param", "tcUrl", "pageUrl")


@pytest.mark.parametrize("tls", [False, True])
def test_a_publisher_that_on_publish_refuses(make_server, backend, tls):
    backend.answers["on_publish"] = answer(200, b'{"code":1}')
    server = make_server("vhost __defaultVhost__ { %s }" % hooks(backend), tls=True)
    with Rtmp(tls).client(server) as c, pytest.raises(rtmp.Refused):
        c.publish("s" + PARAM)
    backend.wait("on_connect", "on_publish", "on_close")
    body_of(backend.calls[1], "on_publish", backend.calls[0].json["client_id"], server.tc_url(), *PUBLISH)


@pytest.mark.parametrize("protocol", [Whip(), RtcApi()], ids=["whip", "rtc"])
def test_a_publisher_of_webrtc(make_server, backend, tmp_path, protocol):
    protocol.conf(tmp_path, "")
    server = make_server(protocol.conf(tmp_path, hooks(backend)), api="")
    keys = [("param", protocol.param) if k == "param" else k for k in PUBLISH]
    assert protocol.begin(server, "publish") in (0, 201)
    protocol.end(server)
    backend.wait("on_publish", "on_unpublish")
    client_id = backend.calls[0].json["client_id"]
    for call in backend.calls:
        body_of(call, call.event, client_id, protocol.tc_url(server), *keys)
    backend.answers["on_publish"] = answer(403, b"")
    assert protocol.begin(server, "publish") == protocol.refusal
    backend.wait("on_publish", "on_unpublish", "on_publish")


def test_nobody_is_told_of_who_plays_by_files_alone(make_server, backend, tmp_path):
    """DASH and HLS without hls_ctx, as in SRS."""
    files = "hls { enabled on; hls_fragment 1; hls_ctx off; hls_path %s; } dash { enabled on; dash_fragment 1; dash_path %s; }"
    server = make_server("vhost __defaultVhost__ { %s %s }" % (files % (tmp_path, tmp_path), hooks(backend, *EVENTS)), http="")
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac.flv"))
    for path in ("/live/s.m3u8", "/live/s.mpd"):
        until(lambda p=path: get(server, p).status == 200, path, 20)
    feeder.stop()
    backend.wait("on_connect")
