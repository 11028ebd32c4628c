"""Edges with many players and streams whose origins fail and come back."""
import os
import re
import sys
import threading
import time

import pytest

import flv
from api import Api
from flv import Numbered
from hls_watch import Watch
from http_live import HttpPlayer
from media import ROOT
from test_edge import REMUX, begins, edge_of, has_each_once, players_of, shows
from test_play import seen
from test_relay import sees
from wait import until

sys.path.insert(0, os.path.join(ROOT, "research", "bench"))

from impair import Relay  # noqa: E402 (the path comes first)

FMP4 = "hls { enabled on; hls_use_fmp4 on; hls_fragment 1; hls_window 60; } "


class Encoder(threading.Thread):
    """Sends one Numbered stream to several publishers, in real time, until it is stopped. One that fails is left out."""

    def __init__(self, *publishers, behind=5):
        super().__init__(daemon=True)
        self.publishers, self.number = [(p, i * behind) for i, p in enumerate(publishers)], -1
        self.numbered, self.stopping = Numbered(), threading.Event()
        for p in publishers:
            p.send_tags(self.numbered.configs())
        self.start()

    def add(self, publisher):
        publisher.send_tags(self.numbered.configs())
        self.publishers.append((publisher, 0))

    def send(self, publisher, behind):
        try:
            if self.number >= behind:
                publisher.send_tags(self.numbered.frames(self.number - behind, 1))
                publisher.drain()
        except (OSError, EOFError, ConnectionError):
            self.publishers.remove((publisher, behind))

    def run(self):
        began = time.monotonic()
        while not self.stopping.is_set():
            self.number += 1
            for publisher, behind in list(self.publishers):     # The second one is a little behind.
                self.send(publisher, behind)
            self.stopping.wait(max(0, began + self.number / 25 - time.monotonic()))

    def stop(self):
        self.stopping.set()
        self.join()


def end(players):
    for p in players:
        p.__exit__(None, None, None)


def pictures_of(watch):
    """The numbers of the pictures in the segments that a viewer of fragmented MP4 has got."""
    follower, = watch.media
    data = b"".join(follower.segments[n].data for n in sorted(follower.segments))
    return [int(n) for n in re.findall(rb"n video (\d{8});", data)]


@pytest.mark.long
@pytest.mark.parametrize("more", ["", "backup_pull on;"])
def test_two_hundred_players_stay_when_their_origin_is_killed_and_miss_no_frame(make_server, more):
    first, second = make_server(), make_server(api="")
    edge = make_server(edge_of(first, second, more=more, rest=REMUX + FMP4), http="", api="")
    encoder = Encoder(first.publisher(), second.publisher())
    players = [edge.player() for _ in range(90)]
    over_http = [HttpPlayer(edge.http_port, "/live/s.flv") for _ in range(100)]
    watches = [Watch(edge.http_url("/live/s.m3u8"), every=0.5, keep=True, lingers=False) for _ in range(10)]
    try:
        for player in players:
            seen(player, 20)
        for player in over_http:
            player.wait_media(20)
        for watch in watches:
            watch.wait_segments(2)
        if more:
            until(lambda: len(players_of(second)) == 1, "the second origin stands by", 20)
        first.kill()
        begins(edge, second)
        number = encoder.number + 75
        until(lambda: encoder.number > number + 10, "three seconds more", 60)
        for player in players:
            sees(player, number)
        for player in over_http:
            shows(player, number)
        for watch in watches:
            watch.wait_segments(6)
        encoder.stop()
        edge.wait_log(r"/live/s goes on after \d+ms, players=190")
        for player in players + over_http:
            has_each_once([m for m in player.media() if (flv.number_of(m) or (0, 0))[1] <= number], number)
        for watch in watches:
            watch.stop()
            watch.check()
            pictures = pictures_of(watch)
            assert pictures == list(range(pictures[0], pictures[-1] + 1))
            assert not any("#EXT-X-DISCONTINUITY\n" in text for text in watch.media[0].loads)
    finally:
        encoder.stop()
        end(players + over_http)
        for watch in watches:
            watch.stop()


@pytest.mark.long
def test_an_origin_that_falls_silent_is_left_for_the_one_that_stands_by_and_no_frame_is_missing(make_server):
    first, second = make_server(), make_server(api="")
    numbered = Numbered()
    with Relay(first.port) as link, first.publisher() as publisher, second.publisher() as other:
        edge = make_server(edge_of("127.0.0.1:%d" % link.port, second, more="backup_pull on; timeout 600; ", rest=REMUX), http="")
        for p in (publisher, other):
            p.send_tags(numbered.tags(count=30))
        with edge.player() as player:
            sees(player, 29)
            until(lambda: len(players_of(second)) == 1, "the second origin stands by", 20)
            for p in (publisher, other):
                p.send_tags(numbered.frames(30, 5))
            sees(player, 34)
            link.part()
            for number in range(35, 120):                                    # more than three GOPs
                other.send_tags(numbered.frames(number, 1))
                time.sleep(0.04)
            edge.wait_log(r"no frame came for \d+ms, and rtmp://127\.0\.0\.1:%d/\S+ has newer ones" % second.port)
            edge.wait_log(r"/live/s goes on after \d+ms")
            sees(player, 119)
            has_each_once(player.media(), 119)


@pytest.mark.long
@pytest.mark.parametrize("more", ["", "backup_pull on;"])
def test_origins_that_are_killed_in_turns_cost_no_frame(make_server, more):
    origins = [make_server(), make_server()]
    edge = make_server(edge_of(*origins, more=more, rest=REMUX), http="")
    encoder = Encoder(*[o.publisher() for o in origins], behind=0)
    with edge.player() as player, HttpPlayer(edge.http_port, "/live/s.flv") as over_http:
        seen(player, 20)
        over_http.wait_media(20)
        for at in (0, 1, 0, 1, 0):
            mark = edge.mark()
            origins[at].kill()
            begins(edge, origins[1 - at], since=mark)
            edge.wait_log(r"/live/s goes on after \d+ms", since=mark)
            origins[at] = make_server(listen=[origins[at].port])
            encoder.add(origins[at].publisher())
            number = encoder.number + 60        # Both have a whole GOP then.
            until(lambda n=number: encoder.number > n + 5, "two seconds more", 60)
            sees(player, number)
            shows(over_http, number)
            if more:
                until(lambda at=at: "type=rtmp-play" in origins[at].log, "it stands by", 60)
        encoder.stop()
        for got in (player.media(), over_http.media()):
            has_each_once([m for m in got if (flv.number_of(m) or (0, 0))[1] <= number], number)


@pytest.mark.long
def test_after_half_a_minute_without_an_origin_players_have_stayed_and_the_pull_is_tried_each_second(make_server):
    first, second = make_server(), make_server()
    edge = make_server(edge_of(first, second), http="")
    encoder = Encoder(first.publisher())
    with edge.player() as player, HttpPlayer(edge.http_port, "/live/s.flv") as over_http:
        seen(player, 20)
        over_http.wait_media(20)
        first.kill()
        second.kill()
        encoder.stop()
        dead = time.monotonic()
        until(lambda: time.monotonic() - dead > 30, "half a minute", 90)
        pauses = [int(ms) for ms in re.findall(r"has failed, next try in (\d+)ms", edge.log)]
        assert len(pauses) >= 30 and max(pauses) <= 1500
        back = make_server(listen=[second.port])
        mark, counts = edge.mark(), [len(p.media()) for p in (player, over_http)]
        encoder = Encoder(back.publisher())
        begins(edge, back, since=mark)
        assert edge.log[mark:].count("has failed") <= 2
        seen(player, counts[0] + 20)
        over_http.wait_media(counts[1] + 20)
        encoder.stop()
        for got in (player.media(), over_http.media()):
            times = [m.ts for m in got]
            assert times == sorted(times)


def held_bytes(server):
    return Api(server).get("/api/v1/memory")["data"]["held"]


def join_all(edge, origin, streams):
    """Two players of each stream come at once, get it, and leave. Returns what the edge holds meanwhile, and afterwards."""
    players = [edge.player(name) for name in streams]
    over_http = [HttpPlayer(edge.http_port, "/live/%s.flv" % name) for name in streams]
    try:
        for p in players:
            seen(p, 10)
        for p in over_http:
            p.wait_media(10)
        assert len(players_of(origin)) == len(streams)
        during = held_bytes(edge)
    finally:
        end(players + over_http)
    until(lambda: players_of(origin) == [], "the end of all pulls", 60)
    until(lambda: Api(edge).get("/api/v1/streams/?count=1000")["streams"] == [], "no stream is left", 60)
    return during, held_bytes(edge)


@pytest.mark.long
def test_many_streams_that_are_joined_at_once_are_one_pull_each_and_end_with_their_last_player(make_server):
    streams = ["s%d" % i for i in range(200)]
    origin = make_server(api="")
    edge = make_server(edge_of(origin, more="linger 1; timeout 60;", rest=REMUX), http="", api="")
    publishers = [origin.publisher(name) for name in streams]
    tags = list(Numbered(size=1000).tags(count=30))
    for p in publishers:
        p.send_tags(tags)
    _, once = join_all(edge, origin, streams)
    during, twice = join_all(edge, origin, streams)
    assert twice - once < (during - once) / 10
    end(publishers)
