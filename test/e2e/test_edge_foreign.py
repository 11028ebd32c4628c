"""Edges beside servers of others: nginx-rtmp and node-media-server as origins, nginx-rtmp before an edge, an origin as SRS answers."""
import os
import re

import pytest

import flv
import rtmp
from chunk import PEER_BANDWIDTH, SET_CHUNK_SIZE, USER_CONTROL, WINDOW_ACK, Message
from fake_rtmp import CUT, FakeServer
from flv import Numbered
from rtmp_tool import MODULE, Nginx, NodeMediaServer
from srs import free_port
from test_edge import begins, edge_of, fails
from test_edge_publish import refused
from test_play import seen
from test_relay import sees
from wait import until

needs_nginx = pytest.mark.skipif(not os.path.exists(MODULE), reason="nginx with its RTMP module is not there (trunk-scripts/deps.sh test)")
needs_node = pytest.mark.skipif(not NodeMediaServer.is_installed(), reason="node-media-server is not there (trunk-scripts/bench-peers.sh says why)")


@pytest.fixture(params=[pytest.param(Nginx, marks=needs_nginx), pytest.param(NodeMediaServer, marks=[needs_node, pytest.mark.long])],
                ids=["nginx", "node"])
def foreign(request, tmp_path):
    """An origin that is not ours."""
    peer = request.param(tmp_path / "peer")
    yield peer
    peer.stop()


@pytest.fixture
def nginx(tmp_path):
    """nginx(directives of its application `live`)"""
    started = []

    def start(live=""):
        started.append(Nginx(tmp_path / "nginx", live))
        return started[-1]

    yield start
    for n in started:
        n.stop()


def on_air(server, numbered):
    """A publisher that goes on until it is stopped."""
    return rtmp.Feeder(server.publisher(), numbered.tags())


def in_order(player):
    assert flv.gaps(player.media()) == []
    times = [m.ts for m in player.media()]
    assert times == sorted(times)


# -- origins ---------------------------------------------------------------------------------------------------------------------

def test_what_is_published_at_one_edge_is_played_at_another(foreign, make_server):
    first, second = make_server(edge_of(foreign)), make_server(edge_of(foreign))
    feeder = on_air(first, Numbered(gop=5))
    first.wait_log(r"edge: publish of /live/s to rtmp://127\.0\.0\.1:%d begins" % foreign.port)
    with second.player() as player, first.player() as here:
        begins(second, foreign)
        for p in (player, here):
            seen(p, 100)
            in_order(p)
    feeder.finish()


@pytest.mark.long
def test_an_edge_goes_on_when_its_publisher_comes_back(foreign, make_server):
    there = make_server(edge_of(foreign))
    edge = make_server(edge_of(foreign, more="timeout 2;"))
    feeder = on_air(there, Numbered(gop=5))
    with edge.player() as player:
        begins(edge, foreign)
        seen(player, 50)
        feeder.finish()
        feeder = on_air(there, Numbered(gop=5, name="again"))      # node-media-server goes on, nginx ends the play first
        seen(player, len(player.media()) + 50)
        assert player.media()[-1].payload.find(b"again ") > 0
        times = [m.ts for m in player.media() if m.type == flv.VIDEO]
        assert times == sorted(times)
    feeder.finish()


@needs_nginx
def test_a_publisher_that_nginx_does_not_want_is_ended_after_hold(nginx, make_server):
    """nginx tells of the start first, and closes then: that is no word of refusal."""
    edge = make_server(edge_of(nginx(), more="hold 1;"))
    with edge.client("closed") as c:
        c.publish("s")
        c.wait_closed()
    edge.wait_log(r"the publisher of /closed/s is ended, its origin \S+ is lost")
    with edge.client("closed") as player:
        player.play("s")
        edge.wait_log(r"edge of /closed/s from \S+ has failed")


# -- nginx before an edge ----------------------------------------------------------------------------------------------------------

@needs_nginx
def test_nginx_pulls_from_an_edge(nginx, make_server):
    origin = make_server()
    edge = make_server(edge_of(origin))
    peer = nginx("pull rtmp://127.0.0.1:%d/live;" % edge.port)
    feeder = on_air(origin, Numbered(gop=5))
    with rtmp.Client("127.0.0.1", peer.port) as player:
        player.connect("rtmp://127.0.0.1:%d/live" % peer.port)
        player.play("s")
        begins(edge, origin)
        seen(player, 100)
        in_order(player)
    feeder.finish()


@needs_nginx
def test_nginx_pushes_to_an_edge_and_so_to_its_origin(nginx, make_server):
    origin = make_server()
    edge = make_server(edge_of(origin))
    peer = nginx("push rtmp://127.0.0.1:%d/live;" % edge.port)
    with rtmp.Client("127.0.0.1", peer.port) as publisher, origin.player() as player:
        publisher.connect("rtmp://127.0.0.1:%d/live" % peer.port)
        publisher.set_chunk_size(4096)
        publisher.publish("s", "flash")
        publisher.send_tags(Numbered().configs())
        edge.wait_log(r"edge: publish of /live/s to \S+ begins")
        feeder = rtmp.Feeder(publisher, Numbered(gop=5).frames())
        seen(player, 100)
        in_order(player)
        feeder.stop()


# -- an origin as SRS answers --------------------------------------------------------------------------------------------------------

class OldSrs(FakeServer):
    """
    An origin as the reference describes SRS: its answers to connect and play, silence where nobody publishes or the publisher has left, and
    an end without a word where it refuses.
    """

    def __init__(self, srs_id="b1884122", **answers):
        self.srs_id, self.tags, self.playing = srs_id, None, []
        super().__init__(connect=self.connect, play=self.play, **answers)

    def connect(self, conn):
        conn.send(Message(WINDOW_ACK, 0, (2500000).to_bytes(4, "big"), 0, 2))
        conn.send(Message(PEER_BANDWIDTH, 0, (2500000).to_bytes(4, "big") + b"\2", 0, 2))
        conn.send(Message(SET_CHUNK_SIZE, 0, (60000).to_bytes(4, "big"), 0, 2))
        conn.writer.chunk_size = 60000
        conn.result(1, {"fmsVer": "FMS/3,5,3,888", "capabilities": 127.0, "mode": 1.0}, {
            "level": "status", "code": "NetConnection.Connect.Success", "description": "Connection succeeded", "objectEncoding": 0.0,
            "data": {"version": "3,5,3,888", "srs_sig": "SRS", "srs_server": "SRS/7.0.18(Hang)", "srs_license": "MIT",
                     "srs_version": "7.0.18", "srs_server_ip": "127.0.0.1", "srs_pid": 2165.0, "srs_id": self.srs_id}})
        conn.command("onBWDone", 0, None)

    def play(self, conn):
        conn.send(Message(USER_CONTROL, 0, b"\0\0\0\0\0\1", 0, 2))
        for what, said in (("Reset", "Playing and resetting stream."), ("Start", "Started playing stream.")):
            conn.status("NetStream.Play." + what, description=said, details="stream", clientid="ASAICiss")
        self.playing.append(conn)
        if self.tags:
            self.send(self.tags, conn)

    def send(self, tags, *conns):
        """To all that play, if none is named."""
        for conn in conns or self.playing:
            for t in tags:
                conn.send(Message(t.type, t.ts, t.payload, 1, {flv.AUDIO: 4, flv.VIDEO: 6}.get(t.type, 5)))


@pytest.mark.parametrize("srs_id", ["b1884122", 108.0], ids=["text", "number"])
def test_an_edge_plays_from_an_origin_that_answers_as_srs(make_server, srs_id):
    with OldSrs(srs_id) as origin:
        edge = make_server(edge_of(origin, more="timeout 5;"))
        origin.tags = list(Numbered().tags(count=20))
        with edge.player("s?tok=1") as player:
            begins(edge, origin)
            seen(player, 20)
            until(lambda: origin.playing, "the pull")
            origin.send(Numbered().frames(20, 30))
            sees(player, 49)
            in_order(player)


@pytest.mark.long
def test_an_origin_of_srs_whose_publisher_leaves_falls_silent_and_is_asked_again(make_server):
    with OldSrs() as origin:
        edge = make_server(edge_of(origin, more="timeout 1;"))
        with edge.player() as player:
            fails(edge)                                     # nobody publishes: no frame came
            origin.tags = list(Numbered().tags(count=20))
            begins(edge, origin)
            sees(player, 19)
            mark = edge.mark()
            fails(edge, since=mark)                         # the publisher has left
            origin.tags = list(Numbered(start_ms=60000).configs()) + list(Numbered(start_ms=60000).frames(50, 20))
            sees(player, 69)
            times = [m.ts for m in player.media()]
            assert times == sorted(times)


def test_an_origin_of_srs_that_refuses_or_is_busy_closes_without_a_word(make_server):
    with OldSrs(publish=CUT) as origin:
        edge = make_server(edge_of(origin))
        code, said = refused(edge)
        assert code == "NetStream.Publish.Denied" and "the origin refuses the stream" in said


def test_a_dead_origin_before_one_of_srs_costs_nothing(make_server):
    with OldSrs() as origin:
        origin.tags = list(Numbered().tags(count=20))
        edge = make_server(edge_of("127.0.0.1:%d" % free_port(), origin))
        with edge.player() as player:
            sees(player, 19)
            assert re.search(r"cannot be reached", edge.log)
