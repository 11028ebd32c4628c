"""HTTP callbacks: who is asked and told of what, in which order, with which fields; and what clients see of a refusal."""
import contextlib
import hashlib
import hmac
import http.client
import os
import re
import resource
import socket
import struct
import threading
import time

import pytest

import certificates
import media
import rtmp
from api import Api
from flv import Numbered
from hook_backend import Backend, answer, hooks, raw, reply, silence, vhost
from http_live import HttpPlayer
from srs import SANITIZED, free_port
from test_http2 import CANCEL, RST_STREAM, Frames
from test_play import seen
from wait import patience, until

CLIENT_KEYS = ["server_id", "service_id", "action", "client_id", "ip", "vhost", "app"]
PARAM = "?secret=abc&token=1"
HLS = "hls { enabled on; hls_fragment 1; hls_window 5; hls_path %s; %s }"


def publish(server, stream="s" + PARAM):
    publisher = server.publisher(stream)
    publisher.send_tags(Numbered().tags(count=3))
    return publisher


def body_of(call, action, client_id, tc_url, *rest):
    """The whole body that a call about the stream `s` must have, in its order. `rest` follows the app."""
    d = call.json
    assert re.fullmatch(r"[0-9a-z]{8}", d["service_id"]) and d["server_id"]
    wanted = [("server_id", d["server_id"]), ("service_id", d["service_id"]), ("action", action),
              ("client_id", client_id), ("ip", "127.0.0.1"), ("vhost", "__defaultVhost__"), ("app", "live")]
    values = {"tcUrl": tc_url, "stream": "s", "param": PARAM, "pageUrl": "", "stream_url": "/live/s",
              "stream_id": d.get("stream_id")}
    wanted += [key if isinstance(key, tuple) else (key, values[key]) for key in rest]
    assert list(d.items()) == wanted
    return d


STREAM_IDS = ("stream_url", "stream_id")
PUBLISH = ("tcUrl", "stream", "param") + STREAM_IDS
PLAY = ("stream", "tcUrl", "param", "pageUrl") + STREAM_IDS


# ---- conversations

def test_a_publisher_is_told_of_as_srs_does(make_server, backend):
    server = make_server(vhost(hooks(backend)), api="")
    with publish(server) as publisher:
        backend.wait("on_connect", "on_publish")
        stream = Api(server).stream("s")
        publisher.unpublish("s" + PARAM)
        backend.wait("on_connect", "on_publish", "on_unpublish")
    backend.wait("on_connect", "on_publish", "on_unpublish", "on_close")
    connect, publish_call, unpublish, close = backend.calls
    tc_url, client_id = server.tc_url(), connect.json["client_id"]
    body_of(connect, "on_connect", client_id, tc_url, "stream", "param", "tcUrl", "pageUrl")
    assert body_of(publish_call, "on_publish", client_id, tc_url, *PUBLISH)["stream_id"] == stream["id"]
    assert body_of(unpublish, "on_unpublish", client_id, tc_url, *PUBLISH)["stream_id"] == stream["id"]
    assert close.keys == CLIENT_KEYS + ["send_bytes", "recv_bytes"]
    assert close.json["client_id"] == client_id and stream["publish"]["cid"] == client_id
    assert close.json["send_bytes"] > 3000 and close.json["recv_bytes"] > 3000


def test_the_head_of_a_request_is_that_of_srs(make_server, backend):
    server = make_server("vhost __defaultVhost__ { http_hooks { enabled on; on_publish %s; } }" %
                         backend.url("on_publish", "?a=b&c"))
    with publish(server):
        call = backend.wait_for("on_publish")
    assert (call.method, call.path) == ("POST", "/on_publish?a=b&c")
    version = server.wait_log(r"SRS/[\d.]+\([^)]*\)").group()
    assert call.lines == ["Connection: Keep-Alive", "Content-Length: %d" % len(call.body),
                          "Content-Type: application/json", "Host: 127.0.0.1:%d" % backend.port,
                          "User-Agent: " + version]
    server.wait_log(r"http: on_publish ok, client_id=\w{8}, url=http://127\.0\.0\.1:\d+/on_publish\?a=b&c, "
                    r'request=\{"server_id".*\}, response=0$')


def test_a_player_over_rtmp_is_told_of_as_srs_does(make_server, backend):
    server = make_server(vhost(hooks(backend)))
    with publish(server):
        backend.wait("on_connect", "on_publish")
        with server.player("s" + PARAM) as player:
            seen(player, 8)
        backend.wait_for("on_close")
    backend.wait("on_connect", "on_publish", "on_connect", "on_play", "on_stop", "on_close", "on_unpublish", "on_close")
    connect, play, stop, close = backend.calls[2:6]
    client_id = connect.json["client_id"]
    body_of(play, "on_play", client_id, server.tc_url(), *PLAY)
    body_of(stop, "on_stop", client_id, server.tc_url(), *PUBLISH)
    assert close.json["client_id"] == client_id and close.json["send_bytes"] > 3000


@pytest.mark.parametrize("path,websocket", [("/live/s.flv", False), ("/live/s.mp4", False), ("/live/s.flv", True)])
def test_a_player_over_http_is_told_of_as_srs_does(make_server, backend, path, websocket):
    server = make_server(vhost(hooks(backend, "on_play", "on_stop", "on_connect", "on_close")), http="")
    with server.publisher("s") as publisher:
        publisher.send_tags(Numbered().tags(count=3))
        backend.wait("on_connect")
        with HttpPlayer(server.http_port, path + PARAM, websocket=websocket) as player:
            player.wait_body(20)
            play = backend.wait_for("on_play")
        stop = backend.wait_for("on_stop")
    client_id = play.json["client_id"]
    body_of(play, "on_play", client_id, "rtmp://__defaultVhost__/live", *PLAY)
    body_of(stop, "on_stop", client_id, "rtmp://__defaultVhost__/live", *PUBLISH)
    backend.wait("on_connect", "on_play", "on_stop", "on_close")


class HlsLive:
    """A stream with HLS, for viewers that ask."""

    def __init__(self, make_server, tmp_path, block, hls=""):
        self.server = make_server(vhost(HLS % (tmp_path / "hls", hls), block), api="", http="")
        self.publisher = self.server.publisher("s" + PARAM)
        self.feeder = rtmp.Feeder(self.publisher, media.loop("h264_aac.flv"))

    def get(self, path, fields=None):
        c = http.client.HTTPConnection("127.0.0.1", self.server.http_port, timeout=patience())
        try:
            c.request("GET", path, headers=fields or {})
            r = c.getresponse()
            return r.status, r.read().decode("latin-1")
        finally:
            c.close()

    def join(self, query=PARAM):
        def ask():
            status, text = self.get("/live/s.m3u8" + query)
            return status == 200 and text
        text = until(ask, "a master playlist", 20)
        return re.search(r"hls_ctx=([a-z2-7]{32})\b", text).group(1)


def test_a_viewer_of_hls_is_told_of_as_srs_does(make_server, backend, tmp_path):
    live = HlsLive(make_server, tmp_path, hooks(backend, "on_play", "on_stop"))
    viewer = live.join()
    play = backend.wait_for("on_play")
    api = Api(live.server)
    wanted = [("stream", "s.m3u8"), "tcUrl", "param", "pageUrl"]
    body_of(play, "on_play", viewer, "http://127.0.0.1/live", *wanted, *STREAM_IDS)
    assert live.get("/live/s.m3u8?hls_ctx=" + viewer)[0] == 200
    assert len(backend.of("on_play")) == 1
    live.server.wait_log(r"http: on_play ok, client_id=%s, .*, request=-, response=0" % viewer[:8])
    assert viewer not in live.server.log  # whoever knows it can play
    api.kick(viewer)
    stop = backend.wait_for("on_stop")
    body_of(stop, "on_stop", viewer, "http://127.0.0.1/live", "tcUrl", ("stream", "s.m3u8"), "param", *STREAM_IDS)
    live.feeder.stop()


def test_requests_of_a_viewer_that_comes_back_at_once_ask_once(make_server, backend, tmp_path):
    live = HlsLive(make_server, tmp_path, hooks(backend, "on_play", "on_stop"), "hls_ctx on;")
    viewer = live.join()
    backend.wait("on_play")
    live.server.stop()  # the id is the server's own, also after a restart
    live.feeder.stop()
    live.server.start()
    live.publisher = live.server.publisher("s" + PARAM)
    live.feeder = rtmp.Feeder(live.publisher, media.loop("h264_aac.flv"))
    live.join()  # there is a playlist now
    backend.wait("on_play", "on_stop", "on_play")
    release = threading.Event()
    backend.answers["on_play"] = silence(release)
    results = []
    threads = [threading.Thread(target=lambda: results.append(live.get("/live/s.m3u8?hls_ctx=" + viewer)[0]))
               for _ in range(3)]
    for t in threads:
        t.start()
    backend.wait("on_play", "on_stop", "on_play", "on_play")
    release.set()
    for t in threads:
        t.join()
    assert results == [200] * 3
    assert backend.events() == ["on_play", "on_stop", "on_play", "on_play"]
    live.feeder.stop()


def test_segments_of_hls_are_told_of_before_the_end_of_their_publish(make_server, backend, tmp_path):
    more = "on_hls_notify http://127.0.0.1:%d/on_hls_notify/[server_id]/[app]/[stream]/[ts_url][param][x];" % backend.port
    live = HlsLive(make_server, tmp_path, hooks(backend, "on_publish", "on_unpublish", "on_hls", more=more))
    backend.wait_for("on_hls", 2, timeout=30)
    live.feeder.finish()
    backend.wait_for("on_unpublish")
    events = backend.events()
    n = events.count("on_hls")
    assert events == ["on_publish"] + ["on_hls", "on_hls_notify"] * n + ["on_unpublish"]
    for number, (call, notify) in enumerate(zip(backend.of("on_hls"), backend.of("on_hls_notify"))):
        name, d = "s-%d.ts" % number, call.json
        folder = str(tmp_path / "hls")
        body_of(call, "on_hls", backend.calls[0].json["client_id"], live.server.tc_url(), "tcUrl", "stream", "param",
                ("duration", d["duration"]), ("cwd", live.server.folder), ("file", "%s/live/%s" % (folder, name)),
                ("url", "live/" + name), ("m3u8", folder + "/live/s.m3u8"), ("m3u8_url", "live/s.m3u8"),
                ("seq_no", number), *STREAM_IDS)
        assert re.search(rb'"duration":\d+\.\d\d,', call.body) and os.path.exists(d["file"])
        assert notify.method == "GET" and notify.body == b""
        assert notify.path == "/on_hls_notify/%s/live/s/%s%s[x]" % (d["server_id"], name, PARAM)
        assert "Content-Length: 0" in notify.lines
    assert backend.of("on_hls")[-1].at < backend.of("on_unpublish")[0].at


def test_a_reload_begins_to_tell_of_the_segments_of_a_running_publish(make_server, backend, tmp_path):
    live = HlsLive(make_server, tmp_path, "")
    live.join()
    live.server.reload(vhost(HLS % (tmp_path / "hls", ""), hooks(backend, "on_hls", "on_publish", "on_unpublish")))
    call = backend.wait_for("on_hls", timeout=30)
    assert call.json["client_id"] == Api(live.server).stream("s")["publish"]["cid"]
    live.feeder.finish()
    live.server.wait_log("cleanup when unpublish")
    assert "on_unpublish" not in backend.events()


def test_a_segment_with_an_absolute_url_is_fetched_from_there(make_server, backend, tmp_path):
    prefix = "http://127.0.0.1:%d/cdn/" % backend.port
    live = HlsLive(make_server, tmp_path, hooks(backend, "on_hls", "on_hls_notify"), "hls_entry_prefix %s;" % prefix)
    fetched = backend.wait_for("cdn", timeout=30)
    assert (fetched.method, fetched.path) == ("GET", "/cdn/s-0.ts")
    assert backend.wait_for("on_hls").json["url"] == prefix + "live/s-0.ts" and not backend.of("on_hls_notify")
    live.feeder.stop()


def test_without_files_segments_are_told_of_too(make_server, backend, tmp_path):
    live = HlsLive(make_server, tmp_path, hooks(backend, "on_unpublish", "on_hls"), "hls_storage memory;")
    backend.wait_for("on_hls", 1, timeout=30)
    live.feeder.finish()
    backend.wait_for("on_unpublish")
    assert backend.events() == ["on_hls"] * len(backend.of("on_hls")) + ["on_unpublish"]
    numbers = [c.json["seq_no"] for c in backend.of("on_hls")]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_notice_of_hls_reads_no_more_of_an_answer_than_it_is_told(make_server, backend, tmp_path):
    backend.answers["on_hls_notify"] = answer(404, b"x" * 1000000)
    live = HlsLive(make_server, tmp_path, hooks(backend, "on_hls_notify"), "hls_nb_notify 64;")
    backend.wait_for("on_hls_notify", 2, timeout=30)
    live.server.wait_log(r"http: on_hls_notify ok, client_id=\w{8}, url=http://.*, status=404")
    live.feeder.stop()


# ---- pairs

def test_a_client_that_only_connects_is_told_of_to_nobody(make_server, backend):
    server = make_server(vhost(hooks(backend)))
    with server.client():
        pass
    with publish(server):
        backend.wait("on_connect", "on_publish")


def test_streams_on_one_connection_connect_once(make_server, backend):
    server = make_server(vhost(hooks(backend)))
    with server.client() as c:
        for stream in ("a", "b"):
            c.publish(stream)
            c.send_tags(Numbered().tags(count=2))
            c.unpublish(stream)
    backend.wait("on_connect", "on_publish", "on_unpublish", "on_publish", "on_unpublish", "on_close")
    assert [c.json["stream"] for c in backend.of("on_publish") + backend.of("on_unpublish")] == ["a", "b"] * 2
    assert len({c.json["client_id"] for c in backend.calls}) == 1


def test_a_kicked_client_ends_in_pairs(make_server, backend):
    server = make_server(vhost(hooks(backend)), api="")
    with publish(server) as publisher:
        api = Api(server)
        api.kick(backend.wait_for("on_publish").json["client_id"])
        publisher.wait_closed()
    backend.wait("on_connect", "on_publish", "on_unpublish", "on_close")


def test_a_publisher_that_is_taken_over_ends_under_its_own_name(make_server, backend):
    server = make_server(vhost(hooks(backend), "publish { republish takeover; }"))
    with publish(server) as old:
        backend.wait("on_connect", "on_publish")
        with publish(server):
            old.wait_closed()
            backend.wait_for("on_close")
            first, second = [c.json["client_id"] for c in backend.of("on_publish")]
            assert first != second
            assert [c.json["client_id"] for c in backend.of("on_unpublish")] == [first]
    backend.wait_for("on_close", 2)
    assert [c.json["client_id"] for c in backend.of("on_unpublish")] == [first, second]


def test_a_busy_stream_is_not_asked_about(make_server, backend):
    server = make_server(vhost(hooks(backend)))
    with publish(server), server.client() as c:
        with pytest.raises(rtmp.Refused) as refusal:
            c.publish("s")
        assert refusal.value.info["code"] == "NetStream.Publish.BadName"
        c.wait_closed()
        backend.wait("on_connect", "on_publish", "on_connect", "on_close")


def test_two_publishers_at_once_are_asked_about_one_after_the_other(make_server, backend):
    release = threading.Event()
    backend.answers["on_publish"] = silence(release)
    server = make_server(vhost(hooks(backend, "on_publish", "on_unpublish")))
    results = []

    def attempt():
        try:
            with publish(server, "s"):
                results.append("in")
                until(lambda: len(results) == 2, "the other one")
        except rtmp.Refused as e:
            results.append(e.info["code"])

    threads = [threading.Thread(target=attempt) for _ in range(2)]
    for t in threads:
        t.start()
    backend.wait_for("on_publish")
    server.wait_log(r"(?s)(client identified, type=fmle-publish.*){2}")
    assert backend.events() == ["on_publish"]
    release.set()
    for t in threads:
        t.join()
    assert sorted(results) == ["NetStream.Publish.BadName", "in"]
    backend.wait("on_publish", "on_unpublish")


def test_the_next_publish_is_asked_about_when_the_end_of_the_last_was_told(make_server, backend):
    release = threading.Event()
    backend.answers["on_unpublish"] = silence(release)
    server = make_server(vhost(hooks(backend, "on_publish", "on_unpublish")))
    publish(server, "s").close()
    backend.wait("on_publish", "on_unpublish")
    done = []
    t = threading.Thread(target=lambda: done.append(publish(server, "s")))
    t.start()
    server.wait_log(r"(?s)(client identified, type=fmle-publish.*){2}")
    assert backend.events() == ["on_publish", "on_unpublish"]
    release.set()
    t.join()
    backend.wait("on_publish", "on_unpublish", "on_publish")
    done[0].close()


def test_a_stop_of_the_server_ends_all_pairs(make_server, backend, tmp_path):
    live = HlsLive(make_server, tmp_path, hooks(backend))
    live.join()
    with HttpPlayer(live.server.http_port, "/live/s.flv") as player:
        player.wait_body(20)
        backend.wait_for("on_play", 2)
        live.server.stop()
    events = backend.events()
    assert {e: events.count(e) for e in events} == {
        "on_connect": 1, "on_close": 1, "on_publish": 1, "on_unpublish": 1, "on_play": 2, "on_stop": 2}
    live.feeder.stop()


def test_a_stop_of_the_server_does_not_wait_for_ever(make_server, backend):
    backend.answers["on_unpublish"] = silence(threading.Event())
    server = make_server(vhost(hooks(backend, "on_publish", "on_unpublish")))
    with publish(server):
        backend.wait("on_publish")
        server.stop(timeout=15)
    assert re.search(r"the server ends: 1 callbacks are not delivered", server.log)


# ---- reloads

def test_hooks_that_are_switched_off_end_what_they_began_and_begin_nothing(make_server, backend):
    server = make_server(vhost(hooks(backend)))
    with publish(server):
        backend.wait("on_connect", "on_publish")
        server.reload(vhost(""))
        with publish(server, "other"):
            pass
    backend.wait("on_connect", "on_publish", "on_unpublish", "on_close")


def test_hooks_that_are_switched_on_end_nothing_that_they_did_not_begin(make_server, backend):
    server = make_server(vhost(""))
    with publish(server):
        server.reload(vhost(hooks(backend)))
    with publish(server, "other"):
        backend.wait("on_connect", "on_publish")
        assert [c.json["stream"] for c in backend.calls] == ["other"] * 2


def test_a_reload_that_removes_the_vhost_takes_no_end_away(make_server, backend):
    server = make_server(vhost("") + vhost(hooks(backend), name="other"))
    app = "live?vhost=other"
    with server.publisher("s", app=app) as publisher, server.player("s", app=app) as player:
        publisher.send_tags(Numbered().tags(count=3))
        player.wait_media(3)
        backend.wait("on_connect", "on_publish", "on_connect", "on_play")
        server.reload(vhost(""))
        player.close()
        backend.wait_for("on_close")
    backend.wait("on_connect", "on_publish", "on_connect", "on_play", "on_stop", "on_close", "on_unpublish", "on_close")


def test_a_reload_moves_the_next_event_to_another_backend(make_server, backend):
    other = Backend()
    server = make_server(vhost(hooks(backend)))
    with publish(server):
        backend.wait("on_connect", "on_publish")
        server.reload(vhost(hooks(other)))
    other.wait("on_unpublish", "on_close")
    assert len(backend.calls) == 2
    other.close()


# ---- refusals

def refused_by(server, role, stream="s"):
    with server.client() as c:
        with pytest.raises(rtmp.Refused) as refusal:
            getattr(c, role)(stream)
        c.wait_closed()
    return refusal.value.info["code"]


@pytest.mark.parametrize("event,role,code,told", [
    ("on_connect", "publish", "NetStream.Publish.Denied", ["on_connect"]),
    ("on_connect", "play", "NetStream.Play.Failed", ["on_connect"]),
    ("on_publish", "publish", "NetStream.Publish.Denied", ["on_connect", "on_publish", "on_close"]),
    ("on_play", "play", "NetStream.Play.Failed", ["on_connect", "on_play", "on_close"])])
def test_a_refusal_reaches_a_client_over_rtmp(make_server, backend, event, role, code, told):
    backend.answers[event] = answer(403, b"")
    server = make_server(vhost(hooks(backend)))
    assert refused_by(server, role) == code
    backend.wait(*told)
    server.wait_log(r"code=4005\(HttpStatus\).*http: %s failed, client_id=\w{8}, url=http://.*, "
                    r"request=\{.*, response=, code=403 : http: status 403" % event)


@pytest.mark.parametrize("path,websocket", [("/live/s.flv", False), ("/live/s.mp4", False), ("/live/s.m3u8", False),
                                            ("/live/s.flv", True)])
def test_a_refusal_reaches_a_client_over_http(make_server, backend, tmp_path, path, websocket):
    live = HlsLive(make_server, tmp_path, hooks(backend, "on_play", "on_stop"))
    live.join()
    backend.answers["on_play"] = answer(200, b'{"code":7}')
    with HttpPlayer(live.server.http_port, path, websocket=websocket) as player:
        player.wait_head()
        assert player.status == 403
    live.server.wait_log(r"HTTP client ip=127.0.0.1 refused, .*3064\(HttpResponseCode\).*http: on_play failed")
    live.feeder.stop()


def test_a_refused_viewer_of_hls_gets_no_playlist_and_no_segment_by_any_way(make_server, backend, tmp_path):
    """In SRS the second request with an id that the client chose is let in, and segments are for everybody."""
    live = HlsLive(make_server, tmp_path, hooks(backend, "on_play", "on_stop"))
    viewer = live.join()
    segment = until(lambda: re.search(r"^s-\d+\.ts\?.*$", live.get("/live/s.m3u8?hls_ctx=" + viewer)[1], re.M),
                    "a segment", 20).group()
    assert live.get("/live/" + segment)[0] == 200
    bare = segment.split("?")[0]
    backend.answers["on_play"] = answer(401, b"")
    for _ in range(3):
        assert live.get("/live/s.m3u8?hls_ctx=chosen1")[0] == 403
        assert live.get("/live/s.m3u8")[0] == 403
    for query in ("", "?hls_ctx=chosen1", "?hls_ctx=" + "a" * 32):
        assert live.get("/live/" + bare + query)[0] == 403
    live.feeder.stop()


@pytest.mark.parametrize("act", [
    answer(500), answer(302, b"0", "Location: /on_play\r\n"), answer(200, b""), answer(200, b"0\n"), answer(200, b"ok"),
    answer(200, b"{}"), answer(200, b'{"code":"0"}'), answer(200, b'{"code":1}'), answer(200, b'{"code":0'),
    answer(200, b'[' * 1000000), answer(200, b'{"code":0,"x":"' + b"x" * (10 << 20) + b'"}'),
    raw(b""), raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n0"), raw(b"SSH-2.0-x\r\n\r\n"), raw(b"\x16\x03\x01" * 9000),
    raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n0\r\nzz\r\n"),
    raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50000)])
def test_whatever_is_no_yes_refuses_and_the_server_goes_on(make_server, backend, act):
    backend.answers["on_play"] = act
    server = make_server(vhost(hooks(backend, "on_play")))
    assert refused_by(server, "play") == "NetStream.Play.Failed"
    server.wait_log(r"http: on_play failed, client_id=\w{8}, url=http://127")
    backend.answers["on_play"] = answer(201, b' {"msg":"","code":0}\n')
    with server.player(), publish(server, "s"):
        pass


@pytest.mark.parametrize("act", [
    raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n0\r\n0\r\n\r\n", close=False),
    raw(b"HTTP/1.0 200 OK\r\n\r\n0"), raw(b"HTTP/1.1 100 Continue\r\n\r\n" + reply(), close=False),
    answer(201, b'{"code":0,"data":{"a":[1,2]}}')])
def test_a_yes_may_come_in_any_form_of_http(make_server, backend, act):
    backend.answers["on_publish"] = act
    server = make_server(vhost(hooks(backend, "on_publish")))
    with publish(server), publish(server, "t"):
        assert len(backend.calls) == 2


def test_a_dead_backend_refuses_at_once(make_server):
    port = free_port()
    server = make_server("vhost __defaultVhost__ { http_hooks { enabled on; on_play http://127.0.0.1:%d/x "
                         "http://no.such.host.invalid/; } }" % port)
    assert refused_by(server, "play") == "NetStream.Play.Failed"
    server.wait_log(r"code=1018\(StConnect\).*http: on_play failed")


def test_a_name_that_does_not_resolve_refuses(make_server):
    server = make_server("vhost __defaultVhost__ { http_hooks { enabled on; on_play http://no.such.host.invalid/; } }")
    assert refused_by(server, "play") == "NetStream.Play.Failed"
    server.wait_log(r"http: on_play failed, .*no\.such\.host\.invalid")


def test_a_silent_backend_refuses_after_the_timeout_and_is_told_the_end(make_server, backend):
    release = threading.Event()
    backend.answers["on_publish"] = silence(release)
    server = make_server(vhost(hooks(backend, "on_publish", "on_unpublish", more="timeout 0.3;")))
    assert refused_by(server, "publish") == "NetStream.Publish.Denied"
    server.wait_log(r"code=1011\(SocketTimeout\).*http: on_publish failed")
    backend.wait("on_publish", "on_unpublish")  # the backend may have let it in
    release.set()


def test_a_silent_backend_holds_up_only_its_own_client(make_server, backend):
    release = threading.Event()
    backend.answers["on_play"] = silence(release)
    server = make_server(vhost(hooks(backend, "on_play", "on_publish")))
    waiting = [server.client() for _ in range(20)]
    for c in waiting:
        c.call("play", None, "s", msid=c.create_stream())
        c.flush()
    backend.wait_for("on_play", 20)
    with publish(server, "t"):
        backend.wait_for("on_publish")
    release.set()
    for c in waiting:
        c.wait_status("NetStream.Play.Start")
        c.close()


def hang_up_over_rtmp(role, way):
    def hang_up(server, backend):
        with server.client() as c:
            c.call(role, None, "s", "live", msid=c.create_stream())
            backend.wait_for("on_" + role)
            if way == "half":
                c.sock.shutdown(socket.SHUT_WR)
                c.wait_closed()
            elif way == "reset":
                c.reset()
    return hang_up


def hang_up_over_http(path, **how):
    def hang_up(server, backend):
        with HttpPlayer(server.http_port, path, **how):
            backend.wait_for("on_play")
    return hang_up


def reset_a_stream_of_http2(server, backend):
    with Frames(server.https_port) as peer:
        peer.ask(1, "/live/s.flv")
        backend.wait_for("on_play")
        peer.sock.sendall(peer.frame(RST_STREAM, 0, 1, struct.pack(">I", CANCEL)))
        backend.wait_for("on_stop")           # the connection goes on


ASKED = ("on_publish", "on_unpublish", "on_play", "on_stop")
WAYS_TO_HANG_UP = {
    "publisher": hang_up_over_rtmp("publish", "close"), "publisher, half": hang_up_over_rtmp("publish", "half"),
    "publisher, reset": hang_up_over_rtmp("publish", "reset"), "player": hang_up_over_rtmp("play", "close"),
    "flv": hang_up_over_http("/live/s.flv"), "websocket": hang_up_over_http("/live/s.flv", websocket=True),
    "http2": reset_a_stream_of_http2}


def check_hang_up(server, backend, hang_up):
    release = threading.Event()
    backend.answers["on_publish"] = backend.answers["on_play"] = silence(release)
    with server.client() as c:
        c.barrier()                           # the start is over
        n_fds = server.n_fds() - 1
    hang_up(server, backend)
    begin, end = until(lambda: len(backend.calls) == 2 and backend.calls, "the end")
    server.wait_fds(n_fds + 1)                # the connection by which the end was told is kept
    assert end.event == {"on_publish": "on_unpublish", "on_play": "on_stop"}[begin.event]
    assert begin.json["client_id"] == end.json["client_id"]
    assert not re.search("refused|ERROR", server.log)
    backend.answers.clear()
    publish(server, "s").close()              # its place at the stream is free, too
    release.set()


@pytest.mark.parametrize("hang_up", WAYS_TO_HANG_UP.values(), ids=WAYS_TO_HANG_UP)
def test_a_client_that_hangs_up_while_it_waits_gives_its_place_back(make_server, backend, hang_up):
    server = make_server(vhost(hooks(backend, *ASKED, more="timeout 300;")), http="", tls=True)
    check_hang_up(server, backend, hang_up)


def test_a_viewer_of_hls_that_hangs_up_while_it_waits_gives_its_place_back(make_server, backend, tmp_path):
    live = HlsLive(make_server, tmp_path, "")
    live.join()
    live.feeder.finish()
    live.server.reload(vhost(HLS % (tmp_path / "hls", ""), hooks(backend, *ASKED, more="timeout 300;")))
    check_hang_up(live.server, backend, hang_up_over_http("/live/s.m3u8"))


def test_a_client_that_waits_for_a_backend_costs_little(make_server):
    """16 KiB, its connection and the one to the backend included."""
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen(1024)  # the kernel accepts, and nobody answers
    n, bound_kib = 300, 400 if SANITIZED else 16      # a sanitizer keeps whole stacks
    server = make_server("vhost __defaultVhost__ { http_hooks { enabled on; on_play http://127.0.0.1:%d/; timeout 300; } }"
                         % silent.getsockname()[1])
    with server.client():
        pass
    before = server.rss_kib()
    clients = [server.client() for _ in range(n)]
    for c in clients:
        c.call("play", None, "s", msid=c.create_stream())
        c.flush()
    until(lambda: server.n_fds() >= 2 * n, "all clients to wait")
    assert server.rss_kib() - before <= n * bound_kib
    with server.publisher("other") as publisher:
        publisher.send_tags(Numbered().tags(count=2))
    for c in clients:
        c.close()
    silent.close()


def test_several_urls_are_called_in_order_until_one_refuses(make_server, backend):
    server = make_server("vhost __defaultVhost__ { http_hooks { enabled on; on_publish %s %s %s; on_unpublish %s; } }" % tuple(
        backend.url(p) for p in ("a", "b", "c", "on_unpublish")))
    publish(server, "s").close()
    backend.wait("a", "b", "c", "on_unpublish")
    backend.answers["b"] = answer(500)
    assert refused_by(server, "publish") == "NetStream.Publish.Denied"
    backend.wait("a", "b", "c", "on_unpublish", "a", "b", "on_unpublish")  # `a` had let it in


def test_ends_are_told_without_beginnings_where_only_they_have_a_url(make_server, backend):
    server = make_server(vhost(hooks(backend, "on_unpublish", "on_close")))
    publish(server, "s").close()
    backend.wait("on_unpublish", "on_close")


@pytest.mark.parametrize("act", [raw(b""), raw(b"SSH-2.0-x\r\n\r\n"), silence(threading.Event())])
def test_a_backend_that_fails_lets_in_where_it_may_fail_open(make_server, backend, act):
    backend.answers["on_play"] = backend.answers["on_publish"] = act
    server = make_server(vhost(hooks(backend, "on_play", "on_stop", "on_publish", more="fail_open on_play; timeout 0.5;")))
    server.player("s").close()
    server.wait_log(r"WARN.*the client is let in without an answer, as fail_open says.*http: on_play failed")
    backend.wait("on_play", "on_stop")  # the request had gone out
    assert refused_by(server, "publish") == "NetStream.Publish.Denied"


def test_a_refusal_refuses_where_a_backend_may_fail_open(make_server, backend):
    backend.answers["on_play"] = answer(500)
    server = make_server(vhost(hooks(backend, "on_play", more="fail_open on_play;")))
    assert refused_by(server, "play") == "NetStream.Play.Failed"


# ---- signatures

def test_calls_are_signed_with_a_secret(make_server, backend):
    server = make_server("vhost __defaultVhost__ { http_hooks { enabled on; secret s3cret-word; on_publish %s %s; on_unpublish %s; } }"
                         % (backend.url("a"), backend.url("b"), backend.url("on_unpublish")))
    publish(server, "s").close()
    backend.wait("a", "b", "on_unpublish")
    ids = []
    for call in backend.calls:
        fields = dict(line.split(": ", 1) for line in call.lines)
        stamp = fields["X-Callback-Timestamp"]
        digest = hmac.new(b"s3cret-word", stamp.encode() + b"." + call.body, hashlib.sha256).hexdigest()
        assert fields["X-Callback-Signature"] == "sha256=" + digest
        assert abs(int(stamp) - time.time()) < patience(60)
        ids.append(fields["X-Callback-Id"])
    assert ids[0] == ids[1] != ids[2] and all(re.fullmatch(r"[0-9a-z]{16}", i) for i in ids)
    assert "s3cret-word" not in server.log


# ---- connections, TLS, addresses

def test_connections_to_a_backend_are_kept(make_server, backend):
    server = make_server(vhost(hooks(backend)))
    for _ in range(5):
        publish(server, "s").close()
    until(lambda: len(backend.calls) == 20, lambda: backend.calls)        # the end of one client may cross the next one's beginning
    assert len({c.connection for c in backend.calls}) <= 3


@pytest.fixture
def tls_backend(tmp_path):
    b = Backend(tls=certificates.make(tmp_path))
    yield b
    b.close()


def test_https_works_and_is_verified_if_asked(make_server, tls_backend, tmp_path):
    cert = tmp_path / "server.crt"
    server = make_server(vhost(hooks(tls_backend, "on_publish")))
    publish(server, "s").close()
    server.reload(vhost(hooks(tls_backend, "on_publish", more="tls_verify on;")))
    assert refused_by(server, "publish") == "NetStream.Publish.Denied"
    server.wait_log(r"1908\(BackendFailed\).*http: on_publish failed.*TLS")
    server.reload(vhost(hooks(tls_backend, "on_publish", more="tls_verify on; tls_ca %s;" % cert)))
    publish(server, "s").close()
    server.reload(vhost(hooks(tls_backend, "on_publish", more="tls_verify on; tls_ca /no/such/file;")))
    assert refused_by(server, "publish") == "NetStream.Publish.Denied"
    assert len(tls_backend.calls) == 2


def test_a_backend_that_speaks_no_tls_refuses(make_server, backend):
    server = make_server("vhost __defaultVhost__ { http_hooks { enabled on; on_publish https://127.0.0.1:%d/; timeout 5; } }"
                         % backend.port)
    assert refused_by(server, "publish") == "NetStream.Publish.Denied"


def test_the_address_is_the_clients_behind_a_proxy(make_server, backend):
    """In SRS the header of a proxy does not count for callbacks."""
    server = make_server(vhost(hooks(backend, "on_play")), http="", root={"trusted_proxies": "127.0.0.1"})
    with publish(server, "s"), HttpPlayer(server.http_port, "/live/s.flv", ["X-Forwarded-For: 192.0.2.9"]) as player:
        player.wait_body(20)
        assert backend.wait_for("on_play").json["ip"] == "192.0.2.9"


def test_text_of_a_client_stays_text(make_server, backend):
    server = make_server(vhost(hooks(backend, "on_publish")))
    odd = 's?a="},{"code":1,"b":"\\<é'
    with publish(server, odd):
        call = backend.wait_for("on_publish")
    assert call.json["action"] == "on_publish" and call.json["param"].startswith('?a="},{"code":1')


# ---- descriptors

def limit_files(server, n):
    """Leave it so many descriptors beside those that it has."""
    hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (server.n_fds() + n, hard))


def test_clients_that_take_all_descriptors_do_not_shut_the_backend_out(make_server, backend):
    server = make_server(vhost(hooks(backend, "on_play")), http="", root={"max_connections": 1000})
    os.makedirs(server.html, exist_ok=True)
    with open(os.path.join(server.html, "big"), "wb") as f:
        f.truncate(100 << 20)
    with server.client() as c, contextlib.ExitStack() as crowd:
        limit_files(server, 150)
        for _ in range(100):                  # each has a connection, and half of them a file
            crowd.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            peer = crowd.enter_context(socket.create_connection(("127.0.0.1", server.http_port)))
            peer.sendall(b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n")
        server.wait_log(r"new connections are turned away")
        c.play("s")
        assert len(backend.of("on_play")) == 1


def test_clients_wait_for_a_descriptor_for_their_call(make_server, backend):
    release = threading.Event()
    backend.answers["on_play"] = silence(release)
    server = make_server(vhost(hooks(backend, "on_play")), root={"max_connections": 1000})
    limit_files(server, 64 + 80)              # of which a client that is asked about takes two
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.client()) for _ in range(75)]
        for c in clients:
            c.call("play", None, "s", msid=c.create_stream())
            c.flush()
        backend.wait_for("on_play", 60)
        server.wait_log("wait for a descriptor")
        release.set()
        for c in clients:
            c.wait_status("NetStream.Play.Start")
    assert len(backend.of("on_play")) == 75
