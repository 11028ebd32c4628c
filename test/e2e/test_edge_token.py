"""`token_traverse`: an origin decides about each player of an edge, by every protocol, and its refusal is the player's."""
import pytest

import amf0
import media
import rtmp
import srs
from chunk import COMMAND
from fake_rtmp import CUT, FakeServer
from flv import Numbered
from hls_watch import get
from http_live import HttpPlayer, status_of
from test_edge import cluster
from test_play import seen, vhost
from tokens import SECRET, sign
from wait import until

OUTPUTS = ("http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } "
           "hls { enabled on; hls_fragment 1; hls_window 5; hls_ctx off; hls_path ./html; } "
           "dash { enabled on; dash_fragment 1; dash_path ./html; } ")
SIGNED = "auth { enabled on; publish sign; play sign; secret %s; } " % SECRET
MAY, MAY_NOT = sign("live/s"), sign("live/other")


def edge_of(*origins, more=""):
    return vhost(more=cluster(*origins, more="token_traverse on; " + more) + OUTPUTS)


def refused(edge, stream="s", **how):
    with edge.client(**how) as c:
        with pytest.raises(rtmp.Refused) as refusal:
            c.play(stream)
        c.wait_closed()
    return refusal.value.code, refusal.value.description


@pytest.fixture
def origin(make_server):
    return make_server(vhost(more=SIGNED), api="")


@pytest.fixture
def feeder(origin):
    f = rtmp.Feeder(origin.publisher("s?" + sign("live/s", "publish")), media.loop("h264_aac.flv"))
    yield f
    f.stop()


# -- who may -----------------------------------------------------------------------------------------------------------

def test_the_origin_refuses_a_player_of_a_stream_that_others_watch(make_server, origin, feeder):
    edge = make_server(edge_of(origin), http="")
    with edge.player("s?" + MAY) as player, HttpPlayer(edge.http_port, "/live/s.flv?" + MAY) as over_http:
        player.wait_media(5)
        over_http.wait_media(5)
        code, said = refused(edge, "s?" + MAY_NOT)
        assert code == "NetStream.Play.Failed" and "no origin" not in said
        assert refused(edge)[0] == "NetStream.Play.Failed"
        for path in ("/live/s.flv", "/live/s.mp4"):
            assert status_of(edge, path + "?" + MAY_NOT) == 403
            assert status_of(edge, path) == 403
    edge.wait_log(r"edge: origin rtmp://\S+ does not take the player of /live/s")
    edge.wait_log(r"edge: origin rtmp://\S+ lets the player of /live/s in")


def test_an_edge_that_pulls_flv_asks_at_the_other_port(make_server, origin, feeder):
    http = make_server(vhost(more=OUTPUTS), http="")
    edge = make_server(edge_of("127.0.0.1:%d" % http.http_port, more="protocol flv; other_port %d;" % origin.port))
    with http.publisher("s") as publisher, edge.player("s?" + MAY) as player:
        publisher.send_tags(Numbered().tags(count=5))
        player.wait_media(5)
        assert refused(edge, "s?" + MAY_NOT)[0] == "NetStream.Play.Failed"


def test_viewers_of_hls_and_dash_are_asked_about(make_server, origin, feeder):
    edge = make_server(edge_of(origin), http="")
    assert "hls_ctx and hls_ts_ctx are on, because cluster.token_traverse" in edge.log
    assert get(edge, "/live/s.m3u8?" + MAY_NOT).status == 403       # nothing is fetched for it
    assert "edge of /live/s" not in edge.log
    until(lambda: get(edge, "/live/s.m3u8?" + MAY).status == 200, "a playlist", 30)
    until(lambda: get(edge, "/live/s.mpd?" + MAY).status == 200, "a manifest", 30)
    for name in ("s.m3u8", "s.mpd"):
        assert get(edge, "/live/%s?%s" % (name, MAY_NOT)).status == 403
        assert get(edge, "/live/" + name).status == 403


def test_pages_are_judged_by_the_origin(make_server):
    origin = make_server(vhost(more="refer { enabled on; play good.example; } "))
    edge = make_server(edge_of(origin), http="")
    good, bad = "http://good.example/p", "http://bad.example/p"
    with origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        with edge.player(properties={"pageUrl": good, "swfUrl": ""}):
            pass
        assert refused(edge, properties={"pageUrl": bad, "swfUrl": ""})[0] == "NetStream.Play.Failed"
        assert status_of(edge, "/live/s.flv", ["Referer: " + bad]) == 403
        assert status_of(edge, "/live/s.flv", ["Referer: " + good]) == 200


def test_no_answer_is_kept_and_a_reload_switches_it(make_server):
    origin = make_server(vhost(more="security { enabled on; allow play all; } "))
    edge = make_server(edge_of(origin), http="")
    with edge.player():
        pass
    origin.reload(vhost(more="security { enabled on; deny play all; } "))
    assert refused(edge)[0] == "NetStream.Play.Failed"
    edge.reload(vhost(more=cluster(origin) + OUTPUTS))
    with edge.player():
        pass


# -- what the origin is asked, and how it answers ----------------------------------------------------------------------

def calls_of(fake, name):
    return [a for a in (amf0.decode(m.payload) for m in fake.heard if m.type == COMMAND) if a[0] == name]


def test_the_question_has_the_players_own_words(make_server):
    denies = lambda conn: conn.status("NetStream.Play.Failed", "error", description="not you")    # noqa: E731
    with FakeServer(play=denies) as fake:
        edge = make_server(edge_of(fake))
        with rtmp.Client("127.0.0.1", edge.port) as c:
            wants = {"app": "live?tok=1", "tcUrl": edge.tc_url() + "?tok=1", "objectEncoding": 0.0,
                     "pageUrl": "http://page.example/p", "swfUrl": "http://page.example/s.swf"}
            c.wait_result(c.call("connect", wants, {"token": "t1"}))
            with pytest.raises(rtmp.Refused) as refusal:
                c.play("s")
        assert (refusal.value.code, refusal.value.description) == ("NetStream.Play.Failed", "not you")
        connect, play = calls_of(fake, "connect")[0], calls_of(fake, "play")[0]
        assert connect[2]["pageUrl"] == "http://page.example/p" and connect[2]["swfUrl"] == "http://page.example/s.swf"
        assert connect[3]["token"] == "t1" and play[3] == "s?tok=1"
        assert calls_of(fake, "publish") == [] and len(fake.conns) == 1


STARTS = lambda conn: conn.status("NetStream.Play.Start")    # noqa: E731


def starts_and_closes(conn):
    STARTS(conn)
    return CUT


@pytest.mark.parametrize("play,code", [
    (CUT, "NetStream.Play.Failed"),
    (starts_and_closes, "NetStream.Play.Failed"),
    (lambda conn: conn.status("NetStream.Play.StreamNotFound", "error"), "NetStream.Play.StreamNotFound"),
], ids=["closes", "starts and closes", "has no such stream"])
def test_an_origin_refuses_with_or_without_words(make_server, play, code):
    with FakeServer(play=play) as fake:
        other = make_server()
        edge = make_server(edge_of(fake, other))
        assert refused(edge)[0] == code
        assert "client identified" not in other.log


def test_an_origin_that_says_nothing_is_followed_by_the_next_one(make_server):
    with FakeServer(play=None) as fake:
        other = make_server(vhost(more=SIGNED))
        edge = make_server(edge_of(fake, other, more="timeout 1;"))
        assert refused(edge, "s?" + MAY_NOT)[0] == "NetStream.Play.Failed"
        other.wait_log(r"client identified, type=rtmp-play")


def test_without_an_origin_nobody_is_served(make_server):
    port = srs.free_port()
    edge = make_server(edge_of("127.0.0.1:%d" % port), http="")
    code, said = refused(edge)
    assert code == "NetStream.Play.Failed" and "no origin takes" in said
    assert status_of(edge, "/live/s.flv") == 503
    edge.wait_log(r"edge: origin rtmp://127.0.0.1:%d does not take the player of /live/s" % port)
    with make_server(listen=[port]).publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        with edge.player() as player:
            seen(player, 5)


def test_an_edge_of_itself_refuses(make_server):
    port = srs.free_port()
    edge = make_server(edge_of("127.0.0.1:%d" % port), listen=[port])
    assert refused(edge)[0] == "NetStream.Play.Failed"
    edge.wait_log(r"ForwardLoop")
