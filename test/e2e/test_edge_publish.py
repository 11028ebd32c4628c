"""Publishers of an edge: an origin decides about them, and gets their frames; players at the edge get them too."""
import re

import pytest

import amf0
import flv
import media
import rtmp
import srs
from api import Api
from chunk import COMMAND
from fake_rtmp import CUT, FakeServer
from flv import Numbered
from test_play import seen, vhost
from test_whip import PUBLISH


def edge_of(*origins, more="", rest="", **how):
    words = " ".join(o if isinstance(o, str) else "127.0.0.1:%d" % o.port for o in origins)
    return vhost(more="cluster { mode remote; origin %s; %s } %s" % (words, more, rest), **how)


def begins(edge, origin, since=0):
    edge.wait_log(r"edge: publish of \S+ to rtmps?://\S*:%d begins" % origin.port, since=since, timeout=20)


def refused(edge, stream="s", **how):
    with edge.client(**how) as c:
        with pytest.raises(rtmp.Refused) as refusal:
            c.publish(stream, "fmle")
        c.wait_closed()
    return refusal.value.code, refusal.value.description


# -- the way of the frames ---------------------------------------------------------------------------------------------

def test_ffmpeg_publishes_at_the_edge_and_plays_the_same_at_origin_and_edge(make_server):
    origin = make_server()
    edge = make_server(edge_of(origin))
    with media.ffmpeg_play(origin.url()) as there, media.ffmpeg_play(edge.url()) as here:
        for s in (origin, edge):
            s.wait_log(r"type=rtmp-play")
        with media.ffmpeg_publish(media.clip("h264_aac.flv"), edge.url(), 2) as publisher:
            publisher.ends()
        at_origin, at_edge = [media.parse_framemd5(p.ends()) for p in (there, here)]
    media.compare_packets(media.framemd5(media.clip("h264_aac.flv")), at_origin)
    media.compare_packets(at_origin, at_edge)


def test_every_frame_arrives_with_its_time_and_the_end_is_told(make_server):
    origin = make_server(vhost(play="time_jitter off;"))
    edge = make_server(edge_of(origin))
    tags = list(Numbered().tags(count=100))
    with origin.player() as there, edge.player() as here:
        with edge.publisher() as publisher:
            publisher.send_tags(tags)
            seen(there, len(tags) - 1)
            seen(here, len(tags) - 1)
            publisher.unpublish()
        edge.wait_log(r"edge: publish of \S+ has ended, %d messages" % len(tags))
        origin.wait_log(r"cleanup when unpublish")
    assert flv.gaps(there.media()) == [] and flv.gaps(here.media()) == []
    assert [m.ts for m in there.media()] == [t.ts for t in tags if t.type in (flv.AUDIO, flv.VIDEO)]


def test_with_takeover_at_edge_and_origin_the_second_encoder_has_the_stream(make_server):
    takes = "republish takeover;"
    origin = make_server(vhost(publish=takes))
    edge = make_server(edge_of(origin, publish=takes))
    tags = list(Numbered().tags(count=20))
    with edge.publisher() as first:
        first.send_tags(tags)
        begins(edge, origin)
        with edge.publisher() as second:
            first.wait_closed()
            second.send_tags(tags)
            edge.wait_log(r"edge: publish of \S+ to \S+ begins[\s\S]*has ended[\s\S]*edge: publish of \S+ to \S+ begins")
            with origin.player() as there:
                there.wait_media(20)


def test_an_encoder_comes_back_at_once_and_again(make_server):
    origin = make_server()
    edge = make_server(edge_of(origin))
    for _ in range(5):
        mark = origin.mark()
        with edge.publisher() as publisher:
            publisher.send_tags(Numbered().tags(count=3))
            origin.wait_log(r"start publish", since=mark)


# -- what the origin is told -------------------------------------------------------------------------------------------

TOLD = [
    # cluster { vhost }, vhost of the edge, what is published, tcUrl, parameters at the origin
    ("", "__defaultVhost__", "s?tok=1&k=2", "rtmp://127.0.0.1:PORT/live", "?tok=1&k=2"),
    ("", "a.example", "s?vhost=a.example&tok=1", "rtmp://a.example:PORT/live", "?tok=1"),
    ("vhost b.example;", "__defaultVhost__", "s", "rtmp://b.example:PORT/live", ""),
    ("vhost x.[vhost];", "a.example", "s?k=a/b&domain=a.example", "rtmp://x.a.example:PORT/live", "?k=a/b"),
]


@pytest.mark.parametrize("more,name,stream,tc_url,param", TOLD)
def test_the_origin_is_told_vhost_parameters_and_pages(make_server, more, name, stream, tc_url, param):
    origin = make_server(vhost() + vhost(name="a.example") + vhost(name="b.example") + vhost(name="x.a.example"))
    edge = make_server(edge_of(origin, more=more, name=name))
    pages = {"pageUrl": "http://page.example/p", "swfUrl": "http://page.example/s.swf"}
    tc_url = re.escape(tc_url.replace("PORT", str(origin.port)))
    with edge.client(properties=pages) as c:
        c.publish(stream, "fmle")
        origin.wait_log(r"connected stream, tcUrl=%s, pageUrl=http://page\.example/p, swfUrl=http://page\.example/s\.swf,"
                        r".* app=live, stream=s, param=%s," % (tc_url, re.escape(param)))


def test_the_origin_gets_the_second_object_of_connect(make_server):
    with FakeServer() as fake:
        edge = make_server(edge_of(fake))
        with rtmp.Client("127.0.0.1", edge.port) as c:
            wants = {"app": "live", "tcUrl": edge.tc_url(), "objectEncoding": 0.0}
            c.wait_result(c.call("connect", wants, {"token": "t1"}))
            c.publish("s", "fmle")
            begins(edge, fake)
        said = [amf0.decode(m.payload) for m in fake.heard if m.type == COMMAND]
        assert [a[3] for a in said if a[0] == "connect"][0]["token"] == "t1"
        assert [a[3:] for a in said if a[0] == "publish"] == [["s", "live"]]


@pytest.mark.parametrize("how", [CUT, lambda conn: conn.status("NetStream.Publish.Denied", "error", description="no, Sir")])
def test_an_origin_refuses_with_or_without_words(make_server, how):
    with FakeServer(publish=how) as fake:
        other = make_server()
        edge = make_server(edge_of(fake, other))
        code, said = refused(edge)
        assert code == "NetStream.Publish.Denied"
        assert said == "no, Sir" if how is not CUT else "the origin refuses the stream" in said
        assert "client identified" not in other.log
        edge.wait_log(r"WARN.*serve error code=1906\(Refused\)")


def test_an_origin_that_says_nothing_is_followed_by_the_next_one(make_server):
    with FakeServer(publish=None) as fake:
        origin = make_server()
        edge = make_server(edge_of(fake, origin, more="timeout 1;"))
        with srs.publish(edge):
            begins(edge, origin)


# -- the verdict of the origin ---------------------------------------------------------------------------------------------

def test_a_refusal_of_the_origin_reaches_the_encoder_in_its_words(make_server):
    origin = make_server(vhost(more="security { enabled on; deny publish all; } "))
    other = make_server()
    edge = make_server(edge_of(origin, other))
    heard = refused(origin)
    assert refused(edge) == heard and heard[0] == "NetStream.Publish.Denied" and heard[1]
    edge.wait_log(r"edge: origin rtmp://127\.0\.0\.1:%d does not take the publisher of /live/s" % origin.port)
    assert "start publish" not in other.log and "start publish" not in edge.log


def test_the_origin_checks_the_token_that_the_encoder_has(make_server):
    origin = make_server(vhost(more="security { enabled on; allow publish all; } refer { enabled on; publish good.example; } "))
    edge = make_server(edge_of(origin))
    good, bad = [{"pageUrl": "http://%s.example/" % w} for w in ("good", "bad")]
    assert refused(edge, properties=bad)[0] == "NetStream.Publish.Denied"
    with edge.client(properties=good) as c:
        c.publish("s", "fmle")
        begins(edge, origin)


def test_a_publisher_of_webrtc_that_was_never_heard_gives_way(make_server):
    """It has posted an offer, and nothing comes from it, as on an origin (test_rtc_publish.py)."""
    origin = make_server()
    edge = make_server("rtc_server { enabled on; listen %d; candidate 127.0.0.1; } " % srs.free_port() +
                       edge_of(origin, rest="rtc { enabled on; }"), api="")
    assert Api(edge).ask("POST", "/rtc/v1/whip/?app=live&stream=s", PUBLISH).status == 201
    begins(edge, origin)
    tags = list(Numbered().tags(count=10))
    with edge.publisher() as publisher, origin.player() as there:
        publisher.send_tags(tags)
        seen(there, len(tags) - 1)
        edge.wait_log(r"client \S+ has not been heard yet, and gives /live/s up to another publisher")
        assert Api(edge).ask("POST", "/rtc/v1/whip/?app=live&stream=s", PUBLISH).status == 409


def test_a_stream_that_is_busy_at_the_origin_is_busy_at_each_edge(make_server):
    origin = make_server()
    edges = [make_server(edge_of(origin)) for _ in range(2)]
    with srs.publish(edges[0]):
        begins(edges[0], origin)
        heard = refused(edges[1])
        assert heard[0] == "NetStream.Publish.BadName" and heard[1]
        assert refused(edges[0])[0] == "NetStream.Publish.BadName"


def test_without_an_origin_the_encoder_is_refused(make_server):
    edge = make_server(edge_of("127.0.0.1:%d" % srs.free_port()))
    code, said = refused(edge)
    assert code == "NetStream.Publish.Failed" and "no origin takes the stream" in said


def test_an_edge_of_itself_and_edges_in_a_ring_refuse(make_server):
    a_port, b_port = srs.free_port(), srs.free_port()
    a = make_server(edge_of("127.0.0.1:%d" % b_port), listen=[a_port])
    make_server(edge_of("127.0.0.1:%d" % a_port), listen=[b_port])
    assert refused(a)[0] == "NetStream.Publish.BadName"
    port = srs.free_port()
    own = make_server(edge_of("127.0.0.1:%d" % port), listen=[port])
    assert "itself" in refused(own)[1]


# -- origins that fail -------------------------------------------------------------------------------------------------------

def test_an_origin_that_is_dead_is_followed_by_the_next_one(make_server):
    origin = make_server()
    edge = make_server(edge_of("127.0.0.1:%d" % srs.free_port(), origin))
    with srs.publish(edge):
        begins(edge, origin)


def test_the_stream_goes_on_at_the_next_origin_when_one_is_killed(make_server):
    first, second = make_server(), make_server()
    edge = make_server(edge_of(first, second))
    numbered = Numbered()
    with edge.publisher() as publisher, edge.player() as here:
        publisher.send_tags(numbered.tags(count=20))
        begins(edge, first)
        first.kill()
        begins(edge, second)
        with second.player() as there:
            publisher.send_tags(numbered.frames(20, 40))
            seen(here, 59)
            there.wait_media(20)
        assert flv.gaps(here.media()) == []


def test_the_encoder_stays_until_its_only_origin_is_back(make_server):
    origin = make_server()
    edge = make_server(edge_of(origin))
    with edge.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        begins(edge, origin)
        origin.kill()
        edge.wait_log(r"edge: publish of \S+ to \S+ has failed")
        mark = edge.mark()
        again = make_server(listen=[origin.port])
        begins(edge, again, since=mark)
        publisher.barrier()


def test_the_encoder_is_ended_when_the_time_is_over(make_server):
    origin = make_server()
    edge = make_server(edge_of(origin, more="hold 1;"))
    with edge.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        begins(edge, origin)
        origin.kill()
        edge.wait_log(r"edge: the publisher of /live/s is ended", timeout=20)
        publisher.wait_closed()


def test_the_encoder_is_ended_when_its_origin_accepts_and_closes_all_the_time(make_server):
    with FakeServer(publish=lambda conn: (conn.status("NetStream.Publish.Start"), CUT)[1]) as origin:
        edge = make_server(edge_of(origin, more="hold 1;"))
        with edge.publisher() as publisher:
            publisher.wait_closed(30)
        edge.wait_log(r"edge: the publisher of /live/s is ended, its origin \S+ is lost")


# -- reload ------------------------------------------------------------------------------------------------------------------

def test_a_reload_moves_the_stream_to_another_origin_and_to_an_edge(make_server):
    lasting = "firstpkt_timeout 600000; normal_timeout 600000;"
    first, second = make_server(vhost(publish=lasting)), make_server(vhost(publish=lasting))
    edge = make_server(vhost(publish=lasting))
    with edge.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        edge.reload(edge_of(first, publish=lasting))
        begins(edge, first)
        edge.reload(edge_of(second, publish=lasting))
        begins(edge, second)
        first.wait_log("cleanup when unpublish")
        mark = edge.mark()
        edge.reload(vhost(more="cluster { mode remote; }", publish=lasting))
        edge.wait_log("edge: publish of /live/s to .* has failed.*is an edge without an origin", since=mark)
        edge.reload(edge_of(second, publish=lasting))
        begins(edge, second, since=mark)
        mark = second.mark()
        edge.reload(vhost(publish=lasting))
        second.wait_log("cleanup when unpublish", since=mark)
        publisher.barrier()
