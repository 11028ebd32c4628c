"""Answers of callbacks that act: another place, another name, a limited time; time limits of single events; hostile answers."""
import json
import re
import threading

import pytest

import rtmp
from api import Api
from flv import Numbered
from hls_watch import get
from hook_backend import answer, hooks, silence, vhost
from http_live import HttpPlayer
from srs import publish
from test_hooks import HlsLive, refused_by
from test_play import seen
from wait import patience, until


def wish(**members):
    return answer(body=json.dumps(dict(code=0, **members)).encode())


def conf(backend, more="answers_act on;", block=""):
    return vhost(hooks(backend, "on_publish", "on_unpublish", "on_play", "on_stop", more=more), block)


# ---- another name

def test_a_publisher_gets_the_name_that_the_backend_gives(make_server, backend):
    backend.answers["on_publish"] = wish(stream="room 7")
    server = make_server(conf(backend), api="")
    with publish(server, "secret-key"):
        until(lambda: [s["name"] for s in Api(server).streams()] == ["room7"], "the stream by its new name")
        with server.player("room7") as player:
            seen(player, 8)
        backend.wait_for("on_stop")
    end = backend.wait_for("on_unpublish").json
    begin = backend.of("on_publish")[0].json
    assert begin["stream"] == "secret-key" and end["stream"] == "room7" and end["stream_url"] == "/live/room7"
    assert begin["client_id"] == end["client_id"]


def test_a_name_that_is_taken_is_busy(make_server, backend):
    backend.answers["on_publish"] = wish(stream="one")
    server = make_server(conf(backend), api="")
    with publish(server, "a"):
        until(lambda: Api(server).streams(), "the first stream")
        assert refused_by(server, "publish", "b") == "NetStream.Publish.BadName"
        backend.wait("on_publish", "on_publish", "on_unpublish")
    backend.wait_for("on_unpublish", 2)
    with publish(server, "c"):  # the name is free again
        until(lambda: [s["publish"]["active"] for s in Api(server).streams()] == [True], "the third one")


def test_a_player_gets_the_stream_that_the_backend_names(make_server, backend):
    server = make_server(conf(backend), http="")
    with publish(server, "real"):
        backend.answers["on_play"] = wish(stream="real")
        with server.player("alias") as player:
            seen(player, 8)
        with HttpPlayer(server.http_port, "/live/alias.flv") as player:
            player.wait_body(20)
        assert [c.json["stream"] for c in backend.of("on_play")] == ["alias", "alias"]
        assert backend.wait_for("on_stop").json["stream"] == "real"


# ---- another place

def test_clients_are_sent_to_another_place(make_server, backend):
    server = make_server(conf(backend), http="")
    with publish(server, "s"):
        backend.wait("on_publish")
        backend.answers["on_play"] = wish(redirect="rtmp://other.example:1936/live/x?k=v")
        with pytest.raises(rtmp.Refused) as refused:
            server.player("s")
        info = refused.value.info
        assert info["code"] == "NetConnection.Connect.Rejected" and info["ex"]["code"] == 302
        assert info["ex"]["redirect"] == "rtmp://other.example:1936/live"
        assert info["ex"]["redirect2"] == "rtmp://other.example:1936/live/x?k=v"
        backend.answers["on_play"] = wish(redirect="https://other.example/live/x.flv")
        r = get(server, "/live/s.flv")
        assert (r.status, r.headers["location"]) == (302, "https://other.example/live/x.flv")
        assert refused_by(server, "play") == "NetStream.Play.Failed"  # rtmp cannot be sent to https
    until(lambda: len(backend.of("on_stop")) == len(backend.of("on_play")), "an end for each beginning")


def test_a_viewer_of_hls_is_sent_to_another_place(make_server, backend, tmp_path):
    place = "https://other.example/live/x.m3u8?k=v"
    backend.answers["on_play"] = wish(redirect=place, stream="other")
    live = HlsLive(make_server, tmp_path, hooks(backend, "on_play", "on_stop", more="answers_act on;"))
    r = until(lambda: (lambda r: r.status == 302 and r)(get(live.server, "/live/s.m3u8")), "the redirect", 20)
    assert r.headers["location"] == place
    backend.answers["on_play"] = answer()
    live.join()  # the one that is let in
    backend.wait_for("on_play", 2)
    live.feeder.stop()


# ---- a limited time

def test_a_session_ends_when_its_time_is_over(make_server, backend):
    backend.answers["on_play"] = wish(limit_seconds=1)
    server = make_server(conf(backend), http="")
    with publish(server, "s"):
        with server.player("s") as player:
            player.wait_closed()
        backend.wait_for("on_stop")
        with HttpPlayer(server.http_port, "/live/s.flv"):
            backend.wait_for("on_stop", 2)
    backend.answers["on_publish"] = wish(limit_seconds=1)
    with publish(server, "t") as publisher:
        publisher.wait_closed()
    backend.wait_for("on_unpublish", 2)


# ---- a limited bit rate

BIG = Numbered(size=5000)                    # more than a megabit a second
SPAN = "limits { publisher_kbps_over 1; }"


@pytest.fixture
def feed():
    feeders = []

    def start(client, tags):
        feeders.append(rtmp.Feeder(client, tags))
        return feeders[-1]
    yield start
    for f in feeders:
        f.stop()


def test_a_publisher_that_sends_more_than_the_answer_allows_is_ended_and_told(make_server, backend, feed):
    backend.answers["on_publish"] = lambda connection, call: wish(
        limit_kbps=100 if call.json["stream"] == "greedy" else 100000)(connection, call)
    server = make_server(conf(backend, block=SPAN), api="")
    with server.publisher("modest") as modest, server.publisher("greedy") as greedy:
        feed(modest, BIG.tags())
        feed(greedy, BIG.tags()).join(patience(30))
        status = greedy.last_status() if greedy.closed else greedy.wait_closed()
        assert status["code"] == "NetStream.Publish.Denied" and "limit_kbps 100 " in status["description"]
        assert backend.wait_for("on_unpublish").json["stream"] == "greedy"
        server.wait_log(r"publisher ip=127.0.0.1 sends \d+ kbps, more than limit_kbps 100 of the answer to a callback")
        assert [c["name"] for c in Api(server).clients()] == ["modest"]


def test_players_that_are_sent_more_than_the_answer_allows_are_ended(make_server, backend, feed, tmp_path):
    backend.answers["on_play"] = lambda connection, call: wish(
        limit_kbps=1 if "few" in call.json["param"] else 10000000)(connection, call)
    server = make_server(conf(backend), http="", api="")
    with server.publisher("s") as publisher, server.player("s") as enough:
        feed(publisher, BIG.tags())
        with server.player("s?few") as player:
            player.wait_closed(30)
        with HttpPlayer(server.http_port, "/live/s.flv?few"):
            backend.wait_for("on_stop", 2, timeout=30)
        until(lambda: len(re.findall("player ip=127.0.0.1 is sent \\d+ kbps, more than limit_kbps 1 of", server.log)) == 2,
              "a line of the log for each")
        enough.wait_media(50)


def test_a_viewer_of_hls_that_fetches_more_than_the_answer_allows_is_ended(make_server, backend, tmp_path):
    backend.answers["on_play"] = wish(limit_kbps=1)
    live = HlsLive(make_server, tmp_path, hooks(backend, "on_play", "on_stop", more="answers_act on;"))
    playlist = "/live/s.m3u8?hls_ctx=" + live.join()

    def fetch():
        status, text = live.get(playlist)
        segment = re.search(r"^s-\d+\.ts\?.*$", text, re.M)
        if segment:
            live.get("/live/" + segment.group())
        return status != 200
    until(fetch, "the end", 30)
    backend.wait("on_play", "on_stop")
    live.server.wait_log(r"player ip=127.0.0.1 is sent \d+ kbps, more than limit_kbps 1 of")
    live.feeder.stop()


# ---- answers to on_connect

def conf_of_connect(backend, block=""):
    return vhost(hooks(backend, more="answers_act on;"), block)


def test_a_connection_is_sent_to_another_place(make_server, backend):
    backend.answers["on_connect"] = wish(redirect="rtmp://other.example/live/x")
    server = make_server(conf_of_connect(backend))
    with server.client() as c, pytest.raises(rtmp.Refused) as refused:
        c.publish("s")
    assert refused.value.info["ex"]["redirect2"] == "rtmp://other.example/live/x"
    backend.wait("on_connect", "on_close")


def test_the_first_stream_of_a_connection_gets_the_name_that_the_backend_gives(make_server, backend):
    backend.answers["on_connect"] = wish(stream="room7")
    server = make_server(conf_of_connect(backend), api="")
    with server.client() as c:
        for stream in ("key", "plain"):
            c.publish(stream)
            c.send_tags(Numbered().tags(count=2))
            c.unpublish(stream)
    backend.wait("on_connect", "on_publish", "on_unpublish", "on_publish", "on_unpublish", "on_close")
    assert [c.json["stream"] for c in backend.calls[:5]] == ["key", "room7", "room7", "plain", "plain"]


def test_bounds_of_a_connection_hold_for_each_stream_on_it(make_server, backend, feed):
    backend.answers["on_connect"] = wish(limit_seconds=2)
    server = make_server(conf_of_connect(backend))
    with server.client() as c:
        c.publish("a").unpublish("a")
        c.publish("b")
        c.wait_closed()
    backend.wait_for("on_close")
    backend.answers["on_connect"] = wish(limit_kbps=100)
    server.reload(conf_of_connect(backend, SPAN))
    with server.client() as c:
        c.publish("a").unpublish("a")
        feed(c.publish("b"), BIG.tags()).join(patience(30))
        server.wait_log("more than limit_kbps 100 of the answer to a callback")


# ---- hostile answers

@pytest.mark.parametrize("members", [
    {"stream": 7}, {"stream": ""}, {"stream": "a/../b"}, {"stream": "x" * 513}, {"stream": "a\u0000b"}, {"stream": ["a"]},
    {"redirect": "file:///etc/passwd"}, {"redirect": "http://a/\r\nSet-Cookie: x"}, {"redirect": "http://"},
    {"redirect": "http://" + "x" * 1024}, {"redirect": True}, {"limit_seconds": 0}, {"limit_seconds": -1},
    {"limit_seconds": 1.5}, {"limit_seconds": "9"}, {"limit_seconds": 10 ** 18}, {"limit_kbps": 0},
    {"limit_kbps": "100"}, {"limit_kbps": 10 ** 8}])
def test_an_answer_that_cannot_be_obeyed_refuses(make_server, backend, members):
    backend.answers["on_play"] = wish(**members)
    server = make_server(conf(backend, more="answers_act on; fail_open on_play;"))
    assert refused_by(server, "play") == "NetStream.Play.Failed"
    backend.wait("on_play", "on_stop")
    server.wait_log(r"http: (stream|redirect|limit_seconds|limit_kbps) of the answer is no")


def test_members_of_an_answer_mean_nothing_without_the_directive(make_server, backend):
    backend.answers["on_publish"] = wish(stream="x", redirect="rtmp://other/live/x", limit_seconds=1)
    server = make_server(conf(backend, more=""), api="")
    with publish(server, "s"):
        until(lambda: [s["name"] for s in Api(server).streams()] == ["s"], "the stream by its own name")
    backend.answers["on_publish"] = wish(stream=None, redirect=None, limit_seconds=None)
    server.reload(conf(backend))
    with publish(server, "n"):
        until(lambda: "n" in [s["name"] for s in Api(server).streams()], "the stream by its own name")


# ---- time limits of events

def test_each_event_has_its_own_time(make_server, backend):
    backend.answers["on_play"] = silence(threading.Event())
    server = make_server(conf(backend, more="timeout 300; timeouts on_play=0.3 on_publish=60 on_fire=1;"))
    assert refused_by(server, "play") == "NetStream.Play.Failed"
    assert re.search(r"WARN.*timeouts on_fire=1 is not used", server.log + server.output())
