"""Edges: a vhost with `cluster { mode remote; }` takes its streams from origins, while somebody watches."""
import contextlib
import os
import re
import socket

import pytest

import flv
import media
import rtmp
import srs
from api import Api
from fake_rtmp import FakeServer
from flv import Numbered
from hls_watch import Watch
from http_live import HttpPlayer
from test_play import seen, vhost
from test_relay import sees
from wait import until

REMUX = "http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } "


def origins_of(*origins):
    return " ".join(o if isinstance(o, str) else "127.0.0.1:%d" % o.port for o in origins)


def cluster(*origins, more=""):
    return "cluster { mode remote; origin %s; %s } " % (origins_of(*origins), more)


def edge_of(*origins, more="", rest=REMUX, **how):
    return vhost(more=cluster(*origins, more=more) + rest, **how)


def begins(edge, origin="", since=0):
    """Wait until the edge has the stream of an origin."""
    where = origins_of(origin) if origin else ""
    edge.wait_log(r"edge of /live/s from \w+://%s\S* begins" % re.escape(where), since=since, timeout=20)


def fails(edge, since=0):
    return edge.wait_log(r"edge of /live/s from (\S+) has failed, next try in (\d+)ms.*", since=since, timeout=20)


def shows(player, number):
    """Wait until a player over HTTP has the picture of this number."""
    player.until(lambda: any(flv.number_of(t) == (flv.VIDEO, number) for t in player.media()), "picture %d" % number)


def players_of(server, stream="s"):
    return [c for c in Api(server).get("/api/v1/clients/?count=1000")["clients"] if not c["publish"]]


# -- the first player, and the last ------------------------------------------------------------------------------------

def test_the_first_player_makes_the_edge_pull_and_all_share_it(make_server):
    origin = make_server(api="")
    edge = make_server(edge_of(origin, more="linger 1;"), http="", api="")
    tags = list(Numbered().tags(count=50))
    with origin.publisher() as publisher:
        publisher.send_tags(tags[:3])
        assert players_of(origin) == []
        with edge.player() as first:
            seen(first, 1)
            begins(edge)
            with edge.player() as second, HttpPlayer(edge.http_port, "/live/s.flv") as third:
                seen(second, 1)
                third.wait_media(1)
                publisher.send_tags(tags[3:])
                for player in (first, second):
                    seen(player, len(tags) - 1)
                    assert flv.gaps(player.media()) == []
                third.wait_media(len(tags) - 1)
                assert len(players_of(origin)) == 1
                assert Api(edge).get("/api/v1/streams/")["streams"][0]["publish"]["is_edge"] is True
                assert "is_edge" not in Api(origin).get("/api/v1/streams/")["streams"][0]["publish"]
            edge.wait_log(r"source url=/live/s, ip=127\.0\.0\.1, cache=1/2500, is_edge=1, source_id=")
            assert len(players_of(origin)) == 1
            listed = Api(edge).get("/api/v1/relays/")
            row, = listed["relays"]
            assert listed["total"] == 1 and (row["kind"], row["stream"], row["state"], row["frames"] > 0) == ("edge", "s", "pulling", True)
            assert row["url"] in row["urls"] and Api(edge).get("/api/v1/relays/?start=1")["relays"] == []
        until(lambda: players_of(origin) == [], "the end of the pull", 20)
        edge.wait_log(r"published /live/s by an edge, frames=\d+")
        mark = edge.mark()
        with edge.player() as again:
            seen(again, 1)
            begins(edge, since=mark)


def test_fifty_players_are_one_pull(make_server):
    origin = make_server(api="")
    edge = make_server(edge_of(origin))
    with origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        players = [edge.player() for _ in range(50)]
        try:
            for player in players:
                seen(player, 5)
            assert len(players_of(origin)) == 1
        finally:
            for player in players:
                player.close()


@pytest.mark.parametrize("over", ["rtmp", "http"])
def test_a_player_may_come_before_the_publisher(make_server, over):
    origin = make_server()
    edge = make_server(edge_of(origin, more="timeout 1;"), http="")
    with edge.player() if over == "rtmp" else HttpPlayer(edge.http_port, "/live/s.flv") as player:
        fails(edge)
        with origin.publisher() as publisher:
            publisher.send_tags(Numbered().tags(count=10))
            if over == "rtmp":
                seen(player, 15)
            else:
                player.wait_media(15)


@pytest.mark.parametrize("protocol", ["flv", "flvs", "rtmps"])
def test_other_protocols(make_server, protocol):
    origin = make_server(vhost(more=REMUX), http="", tls=True)
    port = {"flv": origin.http_port, "flvs": origin.https_port, "rtmps": origin.rtmps_port}[protocol]
    edge = make_server(edge_of("localhost:%d" % port, more="protocol %s; tls_ca %s;" % (protocol, origin.certificate[1])))
    with origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=10))
        with edge.player() as player:
            seen(player, 15)
            publisher.send_tags(Numbered().frames(10, 10))
            sees(player, 19)
            assert flv.gaps(player.media()) == []


@pytest.mark.parametrize("protocol", ["rtmp", pytest.param("flv", marks=pytest.mark.long)])
def test_an_edge_that_follows_pulls_by_the_protocol_of_the_first_player(make_server, protocol):
    origin = make_server(vhost(more=REMUX), http="")
    ports = {"rtmp": origin.port, "http": origin.http_port}
    own, other = ("rtmp", "http") if protocol == "rtmp" else ("http", "rtmp")
    edge = make_server(edge_of("127.0.0.1:%d" % ports[own], more="protocol %s; follow_client on; other_port %d; linger 0;"
                               % (protocol, ports[other])), http="", api="")

    def pulls_by(over):
        pulls = {"%s://127.0.0.1:%d" % (o, ports[o]): int(o == over) for o in ports}
        until(lambda: pulls == {o["url"]: o["pulls"] for o in Api(edge).get("/api/v1/origins")["origins"]}, str(pulls))

    with origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=10))
        with HttpPlayer(edge.http_port, "/live/s.flv") as over_http:
            over_http.wait_media(15)
            pulls_by("http")
            with edge.player() as player:                                   # it shares the pull
                seen(player, 15)
                pulls_by("http")
        pulls_by(None)
        with edge.player() as player:
            seen(player, 15)
            pulls_by("rtmp")


# -- what the origin is asked ---------------------------------------------------------------------------------------------

ASKED = [
    # cluster { vhost }, vhost of the edge, name that the player asks for, tcUrl, name in play
    ("", "__defaultVhost__", "s?tok=1&k=2", "rtmp://127.0.0.1:PORT/live", "s?tok=1&k=2"),
    ("", "a.example", "s?vhost=a.example&tok=1", "rtmp://a.example:PORT/live", "s?tok=1"),
    ("vhost b.example;", "__defaultVhost__", "s", "rtmp://b.example:PORT/live", "s"),
    ("vhost x.[vhost];", "a.example", "s?k=a/b&domain=a.example", "rtmp://x.a.example:PORT/live", "s?k=a/b"),
]


@pytest.mark.parametrize("more,name,asks,tc_url,play", ASKED)
def test_the_origin_is_asked_for_vhost_and_parameters(make_server, more, name, asks, tc_url, play):
    origin = make_server(vhost() + vhost(name="a.example") + vhost(name="b.example") + vhost(name="x.a.example"))
    edge = make_server(edge_of(origin, more=more, name=name))
    with edge.player(asks):
        tc_url = re.escape(tc_url.replace("PORT", str(origin.port)))
        assert origin.wait_log(r"connected stream, tcUrl=%s, .* stream=s, param=(\S*)," % tc_url).group(1) == play[1:]


# -- origins that fail -----------------------------------------------------------------------------------------------------

def test_players_stay_when_their_origin_is_killed_and_time_never_goes_back(make_server):
    first, second = make_server(), make_server()
    edge = make_server(edge_of(first, second), http="")
    numbered = Numbered()
    with first.publisher() as publisher, second.publisher() as other:
        for p in (publisher, other):
            p.send_tags(numbered.tags(count=50))
        with edge.player() as player, HttpPlayer(edge.http_port, "/live/s.flv") as over_http:
            seen(player, 50)
            over_http.wait_media(50)
            begins(edge, first)
            first.kill()
            begins(edge, second)
            other.send_tags(numbered.frames(50, 50))
            sees(player, 99)
            shows(over_http, 99)
            for media in (player.media(), over_http.media()):
                times = [m.ts for m in media]
                assert times == sorted(times)


def test_a_dead_origin_is_set_aside(make_server):
    second = make_server()
    edge = make_server(edge_of("127.0.0.1:%d" % srs.free_port(), second, more="linger 0;"))
    with second.publisher() as publisher, second.publisher("t") as other:
        publisher.send_tags(Numbered().tags(count=5))
        other.send_tags(Numbered().tags(count=5))
        with edge.player() as player:
            seen(player, 5)
            edge.wait_log(r"edge: origin rtmp://\S+ cannot be reached, it is set aside for 1000ms")
        with edge.player("t") as player:
            seen(player, 5)
        assert edge.log.count("has failed") == 1


def test_all_origins_are_dead_and_one_comes_back_and_players_have_stayed(make_server):
    first, second = make_server(), make_server()
    edge = make_server(edge_of(first, second), http="")
    with first.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=10))
        with edge.player() as player, HttpPlayer(edge.http_port, "/live/s.flv") as over_http:
            seen(player, 10)
            over_http.wait_media(10)
            first.kill()
            second.kill()
            until(lambda: edge.log.count("cannot be reached") >= 2, "both are set aside", 20)
            back = make_server(listen=[second.port])
            mark = edge.mark()
            with back.publisher() as other:
                other.send_tags(Numbered().tags(count=200))
                begins(edge, back, since=mark)
                sees(player, 199)
                shows(over_http, 199)
    edge.wait_log(r"edge: origin rtmp://127.0.0.1:%d answers again" % second.port)


def test_players_are_told_when_the_origin_tells_of_the_end(make_server):
    origin = make_server()
    edge = make_server(edge_of(origin), http="", api="")
    with origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=10))
        with edge.player() as player, HttpPlayer(edge.http_port, "/live/s.flv") as over_http:
            seen(player, 10)
            over_http.wait_media(10)
            publisher.unpublish()
            over_http.wait_end()
            assert Api(edge).get("/api/v1/streams/")["streams"][0]["publish"]["active"] is False
            with origin.publisher() as again:
                again.send_tags(Numbered().tags(count=80))
                sees(player, 79)


def test_players_are_told_after_hold_when_no_origin_is_left(make_server):
    origin = make_server()
    edge = make_server(edge_of(origin, more="hold 2;"), http="", api="")
    with origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=10))
        with HttpPlayer(edge.http_port, "/live/s.flv") as player:
            player.wait_media(10)
            origin.kill()
            edge.wait_log(r"hold /live/s until its publisher is back, players=1")
            player.wait_end()


def test_the_end_of_an_edge_with_players_is_quick_and_clean(make_server):
    origin = make_server()
    edge = make_server(edge_of(origin))
    with origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=10))
        with edge.player() as player, edge.player("none"):
            seen(player, 10)
            edge.wait_log(r"edge of /live/none|type=rtmp-play, .* stream=none")
            edge.stop()
            assert "have not ended" not in edge.log


def test_an_edge_of_itself_is_refused(make_server):
    port = srs.free_port()
    edge = make_server(edge_of("127.0.0.1:%d" % port), listen=[port])
    with edge.player():
        assert "ForwardLoop" in fails(edge).string
    edge.wait_log(r"client has gone, play /live/s")


@pytest.mark.parametrize("n", [2, 3])
def test_a_ring_of_edges_is_refused_and_ends_with_its_players(make_server, n):
    ports = [srs.free_port() for _ in range(n)]
    edges = [make_server(edge_of("127.0.0.1:%d" % ports[(i + 1) % n], more="timeout 1; linger 1;"), listen=[ports[i]], api="")
             for i in range(n)]
    with contextlib.ExitStack() as stack:
        for edge in edges:
            stack.enter_context(edge.player())
        until(lambda: any("edges pull /live/s from each other in a ring" in e.log for e in edges), "the ring in a log", 20)
    until(lambda: all(Api(e).get("/api/v1/clients/")["clients"] == [] for e in edges), "no player and no pull at any edge", 30)


def test_edges_that_have_each_other_in_reserve_are_no_ring(make_server):
    origin, ports = make_server(), [srs.free_port() for _ in range(2)]
    first, second = [make_server(edge_of(origin, "127.0.0.1:%d" % ports[1 - i]), listen=[ports[i]]) for i in range(2)]
    with origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        with first.player() as one, second.player() as other:
            seen(one, 5)
            seen(other, 5)
    assert "ring" not in first.log + second.log


@pytest.mark.parametrize("name", ["__defaultVhost__", "a.example"])
def test_so_it_is_over_http(make_server, name):
    port = srs.free_port()
    edge = make_server(edge_of("127.0.0.1:%d" % port, more="protocol flv;", name=name, rest=REMUX), http="", start=False)
    edge.http_port = port
    edge.write_conf(edge_of("127.0.0.1:%d" % port, more="protocol flv;", name=name, rest=REMUX))
    edge.start()
    with edge.player("s?vhost=%s" % name):
        assert "ForwardLoop" in edge.wait_log(r"edge of \S*/live/s from http://\S+ has failed.*").string


def test_an_origin_that_says_nothing_is_given_up(make_server):
    second = make_server()
    with FakeServer(connect=lambda *_: None) as silent, second.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        edge = make_server(edge_of("127.0.0.1:%d" % silent.port, second, more="timeout 1;"))
        with edge.player() as player:
            seen(player, 5)
        edge.wait_log(r"edge: origin rtmp://\S+ cannot be reached")


# -- reload ------------------------------------------------------------------------------------------------------------------

def test_a_reload_of_mode_and_origins_drops_nobody(make_server):
    first, second = make_server(), make_server()
    edge = make_server(vhost(more=REMUX), http="")
    with first.publisher() as publisher, second.publisher() as other:
        publisher.send_tags(Numbered().tags(count=5))
        other.send_tags(Numbered().tags(count=5))
        with edge.player() as player:
            edge.wait_log(r"type=rtmp-play")
            edge.reload(edge_of(first))
            begins(edge, first)
            seen(player, 5)
            mark = edge.mark()
            edge.reload(edge_of(second))
            begins(edge, second, since=mark)
            other.send_tags(Numbered().frames(5, 5))
            sees(player, 9)
            edge.reload(vhost(more=REMUX))
            edge.wait_log(r"published /live/s by an edge[^$]*published /live/s by an edge")
            with edge.publisher() as here:
                here.send_tags(Numbered().tags(count=30))
                sees(player, 29)


# -- the tutorial ----------------------------------------------------------------------------------------------------------------

def example(name, ports):
    """The text of a file of conf/, with these ports in place of its own."""
    with open(os.path.join(media.ROOT, "conf", name)) as f:
        text = f.read()
    return re.sub(r"\b(?:%s)(?=;)" % "|".join(ports), lambda m: str(ports[m.group()]), re.sub(r"^(pid .*|#.*)$", "", text, flags=re.M)) + "pid ./srs.pid;\n"


EXAMPLES = {
    # the ports of the origin, of the edge, and the endings of its URLs over HTTP
    "edge.conf": ("19350", "1935", "8080", ["flv", "m3u8"]),
    "edge2.conf": ("19350", "1935", None, []),
    "edge.token.traverse.conf": ("19350", "1935", "8080", ["flv"]),
    "http.flv.live.edge1.conf": ("1935", "19351", "8081", ["flv"]),
    "http.flv.live.edge2.conf": ("1935", "19352", "8082", ["flv"]),
    "go-oryx-edge.conf": ("19350", "19351", None, []),
    "go-oryx-edge2.conf": ("19350", "19352", None, []),
}


@pytest.mark.sample(8)
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_tutorial_plays_from_either_by_ffmpeg(make_server, name):
    of_origin, of_edge, of_http, endings = EXAMPLES[name]
    ports = {port: srs.free_port() for port in ("19350", "1935", "19351", "19352", "8080", "8081", "8082")}
    origin = make_server(text=example("origin.conf" if of_origin == "19350" else "http.flv.live.conf", ports), listen=[ports[of_origin]])
    text = example(name, ports).replace("origin      127.0.0.1;", "origin      127.0.0.1:%d;" % ports[of_origin])
    edge = make_server(text=text, listen=[ports[of_edge]])
    urls = [origin.url("live/livestream"), edge.url("live/livestream")]
    urls += ["http://127.0.0.1:%d/live/livestream.%s" % (ports[of_http], end) for end in endings]
    with media.ffmpeg_publish(media.clip("h264_aac_long.flv"), origin.url("live/livestream")):
        origin.wait_log(r"start publish")
        for url in urls:
            with media.ffmpeg_play(url, ["-t", "2"]) as player:
                assert len(media.parse_framemd5(player.ends())) > 50, url


# -- HLS -------------------------------------------------------------------------------------------------------------------------

HLS = "hls { enabled on; hls_fragment 1; hls_window 10; hls_dispose 30; } "


@pytest.mark.long
def test_hls_alone_makes_the_edge_pull_and_keeps_it_up(make_server, live):
    origin = make_server(api="")
    edge = make_server(edge_of(origin, more="linger 1;", rest=HLS), http="", api="")
    live(origin, "s")
    assert players_of(origin) == []
    with Watch(edge.http_url("/live/s.m3u8?k=v")) as watch:
        begins(edge)
        watch.wait_segments(8)
        assert len(players_of(origin)) == 1
        assert edge.log.count("has failed") == 0
    origin.wait_log(r"connected stream, .* stream=s, param=\?k=v,")
    until(lambda: players_of(origin) == [], "the end of the pull", 40)


def test_a_playlist_of_a_stream_that_nobody_has_is_404_and_who_may_not_play_pulls_nothing(make_server):
    origin = make_server()
    rest = HLS + "security { enabled on; deny play 127.0.0.2; allow play all; }"
    edge = make_server(edge_of(origin, more="timeout 1;", rest=rest), http="")
    assert Api(edge, edge.http_port).ask("GET", "/live/none-1.ts").status == 404
    with socket.create_connection(("127.0.0.1", edge.http_port), source_address=("127.0.0.2", 0)) as sock:
        sock.sendall(b"GET /live/s.m3u8 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b" 404 " in sock.makefile("rb").readline()
    assert "edge of" not in edge.log
    assert Api(edge, edge.http_port).ask("GET", "/live/s.m3u8").status == 404
    assert "edge of /live/s from" in edge.log


def test_players_of_all_protocols_go_on_when_the_origin_is_killed(make_server, live):
    first, second = make_server(), make_server()
    edge = make_server(edge_of(first, second, rest=HLS + REMUX), http="")
    live(second, "s")
    feeder = rtmp.Feeder(first.publisher("s"), media.loop("h264_aac.flv"))
    with edge.player() as player, HttpPlayer(edge.http_port, "/live/s.flv") as over_http, Watch(edge.http_url("/live/s.m3u8")) as watch:
        begins(edge, first)
        watch.wait_segments(3)
        seen(player, 20)
        first.kill()
        begins(edge, second)
        watch.wait_segments(8)
        at = len(over_http.media())
        over_http.wait_media(at + 50)
        seen(player, len(player.media()) + 50)
        for got in (player.media(), over_http.media()):
            for kind in (flv.AUDIO, flv.VIDEO):
                times = [m.ts for m in got if m.type == kind]
                assert times == sorted(times)
    feeder.stop()


# -- two origins of one encoder ----------------------------------------------------------------------------------------------------

def numbers_of(media):
    """The numbers of the pictures, and those of the sounds, of a Numbered stream."""
    found = [flv.number_of(m) for m in media]
    return [[n[1] for n in found if n and n[0] == kind] for kind in (flv.VIDEO, flv.AUDIO)]


def has_each_once(media, last):
    """No frame is missing, none comes twice, and no time goes back."""
    for numbers in numbers_of(media):
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        assert numbers[-1] >= last - 1  # Of the last two frames the sound may still be on its way.
    times = [m.ts for m in media]
    assert times == sorted(times)


@pytest.mark.parametrize("protocol", ["rtmp", pytest.param("flv", marks=pytest.mark.long)])
def test_the_stream_goes_on_at_the_next_origin_without_a_frame_missing_or_twice(make_server, protocol):
    first, second = [make_server(vhost(more=REMUX), http="") for _ in range(2)]
    origins = ["127.0.0.1:%d" % (o.port if protocol == "rtmp" else o.http_port) for o in (first, second)]
    edge = make_server(edge_of(*origins, more="protocol %s;" % protocol), http="")
    numbered = Numbered()
    with first.publisher() as publisher, second.publisher() as other:
        for p, count in ((publisher, 60), (other, 55)):  # The second one is a little behind.
            p.send_tags(numbered.tags(count=count))
        with edge.player() as player, HttpPlayer(edge.http_port, "/live/s.flv") as over_http:
            sees(player, 59)
            shows(over_http, 59)
            first.kill()
            begins(edge, origins[1])
            other.send_tags(numbered.frames(55, 60))
            sees(player, 114)
            shows(over_http, 114)
            edge.wait_log(r"/live/s goes on after \d+ms, players=2")
            for media_of in (player.media(), over_http.media()):
                has_each_once(media_of, 114)


def test_another_stream_of_the_next_origin_begins_at_its_key_frame(make_server):
    first, second = make_server(), make_server()
    edge = make_server(edge_of(first, second))
    with first.publisher() as publisher, second.publisher() as other:
        publisher.send_tags(Numbered().tags(count=30))
        other.send_tags(Numbered(name="other").tags(count=30))
        with edge.player() as player:
            sees(player, 29)
            first.kill()
            begins(edge, second)
            other.send_tags(Numbered(name="other").frames(30, 30))
            sees(player, 59)
            assert " goes on after " not in edge.log
            times = [m.ts for m in player.media()]
            assert times == sorted(times)


ATC = "play { atc on; } "


@pytest.mark.parametrize("protocol", ["rtmp", "flv"])
def test_with_atc_the_times_of_the_encoder_come_through_and_go_on_at_the_next_origin(make_server, protocol):
    first, second = [make_server(vhost(more=ATC + REMUX), http="") for _ in range(2)]
    origins = ["127.0.0.1:%d" % (o.port if protocol == "rtmp" else o.http_port) for o in (first, second)]
    edge = make_server(edge_of(*origins, more="protocol %s;" % protocol, rest=ATC + REMUX), http="")
    numbered = Numbered(start_ms=1700000000)
    with first.publisher() as publisher, second.publisher() as other:
        publisher.send_tags(numbered.tags(count=40))
        with edge.player() as player, HttpPlayer(edge.http_port, "/live/s.flv") as over_http:
            sees(player, 39)
            shows(over_http, 39)
            first.kill()
            other.send_tags(list(numbered.configs()) + list(numbered.frames(50, 20)))  # Frames 40 to 49 are lost.
            begins(edge, origins[1])
            other.send_tags(numbered.frames(70, 10))
            sees(player, 79)
            shows(over_http, 79)
            edge.wait_log(r"/live/s goes on after \d+ms, players=2")
            for got in (player.media(), over_http.media()):
                pictures = numbers_of(got)[0]
                assert pictures == list(range(pictures[0], 40)) + list(range(50, 80))
                for m in got:
                    kind_and_number = flv.number_of(m)
                    if kind_and_number:
                        assert m.ts == 1700000000 + kind_and_number[1] * 40


@pytest.mark.long
@pytest.mark.parametrize("atc", [ATC, ""], ids=["atc", "own times"])
@pytest.mark.parametrize("kill_after", [45, 70])
def test_with_atc_the_stream_goes_on_at_the_next_origin_though_the_times_of_the_encoder_stepped_back(make_server, atc, kill_after):
    """They do at frame 40: shortly before the origin is lost, or longer than a GOP before."""
    first, second = [make_server(vhost(more=ATC)) for _ in range(2)]
    edge = make_server(edge_of(first, second, rest=atc))
    before, after = Numbered(start_ms=1700000000), Numbered(start_ms=1000)
    with first.publisher() as publisher, second.publisher() as other:
        for p in (publisher, other):
            p.send_tags(before.tags(count=40))
        with edge.player() as player:
            sees(player, 39)
            for p in (publisher, other):
                p.send_tags(after.frames(40, kill_after - 40))
            sees(player, kill_after - 1)
            first.kill()
            begins(edge, second)
            other.send_tags(after.frames(kill_after, 30))
            sees(player, kill_after + 29)
            edge.wait_log(r"/live/s goes on after \d+ms, players=1")
            pictures = numbers_of(player.media())[0]
            assert pictures == list(range(pictures[0], kill_after + 30))
            times = [m.ts for m in player.media() if flv.number_of(m)]
            if atc:
                assert all(m.ts == (1700000000 if flv.number_of(m)[1] < 40 else 1000) + flv.number_of(m)[1] * 40
                           for m in player.media() if flv.number_of(m))
            else:
                assert times == sorted(times)


def test_an_origin_that_stands_by_takes_over_without_a_frame_missing_or_twice(make_server):
    first, second = make_server(api=""), make_server(api="")
    edge = make_server(edge_of(first, second, more="backup_pull on;"), http="", api="")
    numbered = Numbered()
    with first.publisher() as publisher, second.publisher() as other:
        for p in (publisher, other):
            p.send_tags(numbered.tags(count=40))
        with edge.player() as player, HttpPlayer(edge.http_port, "/live/s.flv") as over_http:
            sees(player, 39)
            shows(over_http, 39)
            until(lambda: len(players_of(second)) == 1, "the second origin stands by", 20)
            for p in (publisher, other):
                p.send_tags(numbered.frames(40, 45))
            sees(player, 84)
            first.kill()
            edge.wait_log(r"edge of /live/s: rtmp://\S+:%d/\S+ has stood by, and takes over" % second.port)
            other.send_tags(numbered.frames(85, 5))
            begins(edge, second)
            other.send_tags(numbered.frames(90, 10))
            sees(player, 99)
            shows(over_http, 99)
            for got in (player.media(), over_http.media()):
                has_each_once(got, 99)
            edge.wait_log(r"edge of /live/s: rtmp://\S+:%d/\S+ does not stand by|cannot be reached, it is set aside" % first.port)
            assert len(players_of(second)) == 1
        until(lambda: players_of(second) == [], "the end of the pull", 20)
