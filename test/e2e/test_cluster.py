"""The origin cluster: players are sent to the origin that has their stream."""
import json
import re
import urllib.request
from types import SimpleNamespace

import pytest

import rtmp
from api import Api
from cluster import HTTP, cluster, vhost
from flv import Numbered, gaps
from hls_watch import get
from hook_backend import answer
from http_live import HttpPlayer
from srs import free_port, publish
from test_play import seen
from test_whip import PLAY
from wait import until


def post(url, body):
    with urllib.request.urlopen(urllib.request.Request(url, body.encode(), method="POST"), timeout=20) as r:
        return SimpleNamespace(status=r.status, body=r.read())


def sent_on(server, stream="s", **how):
    """Where an RTMP player is sent: the `ex` of its refusal."""
    with pytest.raises(rtmp.Refused) as refused:
        server.player(stream, **how).close()
    info = refused.value.info
    assert (info["level"], info["code"]) == ("error", "NetConnection.Connect.Rejected")
    assert info["description"] == "RTMP 302 Redirect" and info["ex"]["code"] == 302
    return info["ex"]


def test_an_rtmp_player_is_sent_to_the_origin_that_has_the_stream(make_server):
    a, b = cluster(make_server, 2)
    with publish(b):
        for _ in range(2):  # asked, and remembered
            ex = sent_on(a, "s?tk=a/b")
            assert ex["redirect"] == "rtmp://127.0.0.1:%d/live" % b.port
            assert ex["redirect2"] == "rtmp://127.0.0.1:%d/live/s?tk=a/b&cluster_hop=1" % b.port
        a.wait_log(r"rtmp-play is sent elsewhere, the stream is at 127\.0\.0\.1:%d" % b.port)
        assert "[ERROR]" not in a.log
        with b.player() as player:
            seen(player, 1)
        with publish(a, "own"), a.player("own") as player:
            seen(player, 1)


def test_a_vhost_goes_along(make_server):
    a, b = (make_server(start=False, api="", http="") for _ in range(2))
    for s, other in ((a, b), (b, a)):
        s.write_conf("vhost __defaultVhost__ { } " + vhost(other, name="a.example"))
        s.start()
    edge = make_server("vhost a.example { cluster { mode remote; origin 127.0.0.1:%d; } }" % a.port)
    with publish(b, "s?vhost=a.example"):
        assert sent_on(a, "s?vhost=a.example&k=v")["redirect2"] == (
            "rtmp://127.0.0.1:%d/live/s?k=v&vhost=a.example&cluster_hop=1" % b.port)
        r = get(a, "/live/s.flv?vhost=a.example")
        assert r.headers["location"] == "http://127.0.0.1:%d/live/s.flv?vhost=a.example&cluster_hop=1" % b.http_port
        with edge.player("s?vhost=a.example") as player:
            seen(player, 1)
    with a.player() as player, publish(a):  # the default vhost is in no cluster
        seen(player, 1)


def test_a_coworker_may_be_asked_over_https(make_server):
    a, b = (make_server(start=False, api="", http="", tls=True) for _ in range(2))
    b.write_conf("vhost __defaultVhost__ { }")
    b.start()
    for ca, is_trusted in ((b.certificate[1], True), ("", False)):
        a.write_conf(vhost("https://localhost:%d" % b.apis_port, more=ca and "tls_ca %s;" % ca))
        a.start()
        with publish(b):
            if is_trusted:
                assert sent_on(a)["redirect2"].startswith("rtmp://localhost:%d/live/s?" % b.port)
            else:
                with pytest.raises(rtmp.Refused):
                    a.player().close()
                a.wait_log(r"co-worker https://localhost:%d does not answer.*certificate" % b.apis_port)
        a.stop()


# -- HTTP --------------------------------------------------------------------------------------------------------------

HLS = HTTP + "hls { enabled on; hls_fragment 1; hls_window 10; } "


@pytest.mark.parametrize("path", ["/live/s.flv", "/live/s.mp4", "/live/s.m3u8"])
def test_an_http_player_is_sent_to_the_origin_that_has_the_stream(make_server, path):
    a, b = cluster(make_server, 2, rest=HLS)
    with publish(b):
        r = get(a, path + "?tk=a/b")
        assert (r.status, r.headers["location"]) == (
            302, "http://127.0.0.1:%d%s?tk=a/b&cluster_hop=1" % (b.http_port, path))
    assert get(a, "/live/t.m3u8").status == 404  # nobody has it


def test_a_master_playlist_is_that_of_the_origin_that_has_a_variant(make_server):
    variants = HTTP + "hls { enabled on; hls_fragment 1; hls_window 10; hls_variants _hi _low; } dash { enabled on; } "
    a, b = cluster(make_server, 2, rest=variants)
    with publish(b, "s_low"):
        for path in ("/live/s.m3u8", "/live/s.mpd"):
            r = get(a, path + "?k=v")
            assert (r.status, r.headers["location"]) == (302, "http://127.0.0.1:%d%s?k=v&cluster_hop=1" % (b.http_port, path))
        assert get(a, "/live/s_hi.m3u8").status == 404  # it is no group, and nobody has it
        with publish(a, "s_hi"):
            assert get(a, "/live/s.m3u8").status != 302  # a variant is here


def test_a_websocket_gets_the_stream_of_another_origin(make_server):
    a, b = cluster(make_server, 2)
    b.reload("trusted_proxies 127.0.0.1; " + vhost(a))
    tags = list(Numbered().tags(count=20))
    with b.publisher() as source:
        source.send_tags(tags[:3])
        with HttpPlayer(a.http_port, "/live/s.flv?k=v", websocket=True, fields=["Referer: http://site.example/page"]) as player:
            player.wait_head()
            assert player.status == 101
            source.send_tags(tags[3:])
            assert gaps(player.wait_media(len(tags) - 1)) == []
            player.say(9, b"there?")
            player.until(lambda: (10, b"there?") in player.parser.controls, "a pong")
            assert [c["url"] for c in Api(b).clients() if c["type"] == "flv-play"] == ["/live/s"]
            a.wait_log(r"WebSocket /live/s.flv is fetched from http://127\.0\.0\.1:%d/live/s.flv\?k=v&cluster_hop=1" % b.http_port)
            player.say(8, b"\x03\xe8")
            player.wait_closed()
        until(lambda: not [c for c in Api(b).clients() if c["type"] == "flv-play"], "the end of the fetch")
        with HttpPlayer(a.http_port, "/live/s.flv", websocket=True) as player:
            player.wait_head()
            source.unpublish()
            player.until(lambda: player.parser.ended, "a close")


def test_a_websocket_that_the_other_origin_refuses_is_refused(make_server):
    a, b = cluster(make_server, 2)
    b.reload(vhost(a, rest=HTTP + "security { enabled on; deny play all; allow publish all; } "))
    with publish(b), HttpPlayer(a.http_port, "/live/s.flv", websocket=True) as player:
        player.wait_head()
        assert player.status == 403


# -- WebRTC --------------------------------------------------------------------------------------------------------------

RTC = "rtc { enabled on; } publish { normal_timeout 60000; } "


def rtc_cluster(make_server):
    servers = [make_server(start=False, api="", http="") for _ in range(2)]
    for s, other in (servers, servers[::-1]):
        s.write_conf("rtc_server { enabled on; listen %d; candidate 127.0.0.1; } " % free_port() + vhost(other, rest=HTTP + RTC))
        s.start()
    return servers


def test_a_player_of_whep_is_sent_to_the_origin_that_has_the_stream(make_server):
    a, b = rtc_cluster(make_server)
    path = "/rtc/v1/whep/?app=live&stream=s&k=v"
    with publish(b):
        r = Api(a).ask("POST", path, PLAY)
        place = "http://127.0.0.1:%d%s&cluster_hop=1" % (b.http_port, path)
        assert (r.status, r.headers["Location"]) == (307, place)
        assert post(place, PLAY).status == 201
        assert Api(a).ask("POST", path + "&cluster_hop=3", PLAY).status == 503
        b.stop()
    a.reload()  # forgets what was answered
    r = Api(a).ask("POST", path, PLAY)
    assert (r.status, json.loads(r.body)["code"]) == (503, "no-answer")


def test_a_player_of_the_json_api_is_sent_to_the_origin_that_has_the_stream(make_server):
    a, b = rtc_cluster(make_server)
    offer = json.dumps({"sdp": PLAY, "streamurl": "webrtc://198.51.100.7/live/s"})
    with publish(b):
        r = Api(a).ask("POST", "/rtc/v1/play/", offer)
        place = "http://127.0.0.1:%d/rtc/v1/play/?cluster_hop=1" % b.http_port
        assert (r.status, r.headers["Location"]) == (307, place)
        answer_there = json.loads(post(place, offer).body)
        assert answer_there["code"] == 0
        assert "198.51.100.7" not in answer_there["sdp"]  # that is the other server


# -- edges -------------------------------------------------------------------------------------------------------------

def edge_of(make_server, *origins, more=""):
    where = " ".join(o if isinstance(o, str) else "127.0.0.1:%d" % o for o in origins)
    return make_server("vhost __defaultVhost__ { cluster { mode remote; origin %s; %s } %s }" % (where, more, HTTP), http="", api="")


@pytest.mark.parametrize("protocol", ["rtmp", "flv"])
def test_an_edge_follows_to_the_origin_that_has_the_stream(make_server, protocol):
    a, b = cluster(make_server, 2)
    edge = edge_of(make_server, a.port if protocol == "rtmp" else a.http_port, more="protocol %s;" % protocol)
    with b.publisher() as publisher:
        tags = list(Numbered().tags(count=20))
        publisher.send_tags(tags[:3])
        with edge.player() as player:
            seen(player, 1)
            publisher.send_tags(tags[3:])
            seen(player, len(tags) - 1)
    assert not re.search("cannot be reached", edge.log)


def test_an_edge_does_not_blame_the_origin_for_the_place_it_was_sent_to(make_server, backend):
    backend.answers["api"] = answer(body=json.dumps(
        {"code": 0, "data": {"origin": {"ip": "127.0.0.1", "port": free_port()}}}).encode())
    origin = make_server(vhost(backend), api="", http="")
    edge = edge_of(make_server, origin.port)
    with edge.player() as player:
        edge.wait_log(r"edge of /live/s is redirected to rtmp://127\.0\.0\.1")
        edge.wait_log(r"edge of /live/s from \S+ has failed")
        with publish(origin):
            seen(player, 1)
    assert "cannot be reached" not in edge.log


# -- players that come before the publisher ------------------------------------------------------------------------------

def test_players_that_wait_are_sent_on_when_another_origin_has_the_stream(make_server):
    a, b = cluster(make_server, 2)
    with a.player() as player, HttpPlayer(a.http_port, "/live/s.flv") as other:
        a.wait_log("start play smi")
        a.wait_log("start play /live/s.flv over HTTP")
        with publish(b):
            player.wait_closed(20)
            other.wait_closed()
            a.wait_log(r"cluster: 2 players that waited for /live/s are ended: it is at 127\.0\.0\.1:%d" % b.port)
            assert sent_on(a)["redirect"] == "rtmp://127.0.0.1:%d/live" % b.port


# -- publishers ----------------------------------------------------------------------------------------------------------

def test_a_publisher_of_a_stream_that_is_elsewhere_is_refused_if_so_configured(make_server):
    a, b = cluster(make_server, 2, more="publish_elsewhere refuse;")
    with publish(b):
        with pytest.raises(rtmp.Refused) as refused:
            publish(a).close()
        assert refused.value.code == "NetStream.Publish.BadName"
        assert "published at 127.0.0.1:%d" % b.port in refused.value.description
        a.reload(vhost(b))
        with publish(a), a.player() as player:
            seen(player, 1)
    a.reload(vhost(b, more="publish_elsewhere refuse;"))
    b.wait_log("cleanup when unpublish")
    publish(a).close()  # nobody has it any more: what was remembered does not count
    b.stop()
    publish(a).close()  # nobody answers


TAKES = "publish_elsewhere takeover;"


def test_a_publisher_takes_the_stream_over_from_another_origin(make_server):
    a, b = cluster(make_server, 2, more=TAKES)
    edge = edge_of(make_server, a.port)
    with edge.publisher() as first:  # an edge must not take the stream back
        first.send_tags(Numbered().tags(count=3))
        with a.player() as player, publish(b):
            first.wait_closed()
            a.wait_log(r"cluster: live/s is given to the server at 127\.0\.0\.1, its publisher is ended")
            edge.wait_log(r"the publisher of /live/s is ended, its origin \S+ is lost.*another publisher took /live/s over")
            b.wait_log(r"cluster: s is taken over from co-worker 127\.0\.0\.1:%d\n" % a.api_port)
            player.wait_closed(20)  # it is to come back, and to be sent on
            assert sent_on(a)["redirect"] == "rtmp://127.0.0.1:%d/live" % b.port
            with b.player() as player:
                seen(player, 1)


def test_a_co_worker_that_is_not_for_takeovers_keeps_its_publisher(make_server):
    a, b = cluster(make_server, 2, more=TAKES)
    b.reload(vhost(a, more="publish_elsewhere refuse;"))
    with publish(b) as first:
        with pytest.raises(rtmp.Refused) as refused:
            publish(a).close()
        assert refused.value.code == "NetStream.Publish.BadName" and "keeps its publisher" in refused.value.description
        first.send_tags(Numbered().tags(count=3))
        with b.player() as player:
            seen(player, 1)


@pytest.mark.long
def test_a_push_does_not_take_over_what_it_pushes(make_server):
    a, b = cluster(make_server, 2, more=TAKES)
    a.reload(vhost(b, more=TAKES, rest=HTTP + "forward { enabled on; destination 127.0.0.1:%d; } " % b.port))
    with publish(a) as first, a.player() as player:
        b.wait_log("status 403")
        first.send_tags(Numbered().tags(count=3))
        seen(player, 1)
    assert "is given to" not in a.log


@pytest.mark.long
def test_a_co_worker_that_says_nothing_to_a_takeover_keeps_its_publisher(make_server, backend):
    """It has told that it has the stream, as SRS does: it does not know the request to give it up."""
    backend.answers["api"] = answer(body=json.dumps(
        {"code": 0, "data": {"origin": {"ip": "127.0.0.1", "port": free_port()}}}).encode())
    a = make_server(vhost(backend, more=TAKES), api="", http="")
    with pytest.raises(rtmp.Refused) as refused:
        publish(a).close()
    assert refused.value.code == "NetStream.Publish.BadName"
    backend.answers["api"] = answer(body=b"{}")
    publish(a).close()  # an answer that is none keeps nobody away
