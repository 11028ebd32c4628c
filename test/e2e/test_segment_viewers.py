"""Viewers of segments, who have no connection, make a relay, an edge or an ingest fetch their stream, and keep it up."""
import socket

import pytest

import media
from api import Api
from dash_watch import DashWatch
from fake_rtmp import FakeServer
from flv import Numbered
from hls_watch import Watch
from test_edge import edge_of
from test_ingest import on_demand
from test_play import vhost
from test_relay import one, relay
from wait import until

FORMS = {
    "hls": ("m3u8", "hls { enabled on; hls_fragment 1; hls_window 10; hls_dispose 30; } "),
    "dash": ("mpd", "dash { enabled on; dash_fragment 1; dash_path ./html; } "),
    "hds": ("f4m", "hds { enabled on; hds_fragment 1; hds_path ./html; } "),
}


def relaying(origin, rest):
    return vhost(more=relay(origin.url(), more="on_demand on; linger 1;") + rest)


def ingesting(_, rest):
    engine = "enabled off; output rtmp://127.0.0.1:[port]/live?vhost=[vhost]/s;"
    return vhost(more=on_demand(media.clip("h264_aac_long.flv"), engine=engine) + rest)


def at_an_edge(origin, rest):
    return edge_of(origin, more="linger 1;", rest=rest)


FETCHED = [("relay", relaying, "dash"), pytest.param("edge", at_an_edge, "dash", marks=pytest.mark.long),
           pytest.param("relay", relaying, "hls", marks=pytest.mark.long), pytest.param("relay", relaying, "hds", marks=pytest.mark.long),
           pytest.param("ingest", ingesting, "hls", marks=pytest.mark.long)]


@pytest.mark.parametrize("name,conf,form", FETCHED)
def test_a_request_for_a_playlist_fetches_the_stream(make_server, live, name, conf, form):
    end, rest = FORMS[form]
    origin = make_server()
    live(origin, "s")
    server = make_server(conf(origin, rest), http="", api="")
    assert Api(server, server.http_port).ask("GET", "/live/s." + end).status == 200
    assert Api(server, server.http_port).ask("GET", "/live/other." + end).status == 404


@pytest.mark.long
def test_a_stream_that_has_come_without_a_segment_is_to_be_asked_for_again(make_server):
    origin = make_server(vhost(more="publish { normal_timeout 60000; } "))
    server = make_server(relaying(origin, FORMS["hls"][1]), http="", api="")
    with origin.publisher("s") as publisher:
        publisher.send_tags(Numbered().tags(count=5))        # and no more, so that no segment ends
        reply = Api(server, server.http_port).ask("GET", "/live/s.m3u8")
    assert reply.status == 503 and reply.headers["Retry-After"] and "no segment yet" in server.log


@pytest.mark.long
def test_who_hangs_up_while_it_waits_leaves_no_pull(make_server):
    _, rest = FORMS["hls"]
    with FakeServer(connect=None) as silent:
        server = make_server(relaying(silent, rest.replace("hls_fragment 1", "hls_fragment 60")), http="", api="")
        with socket.create_connection(("127.0.0.1", server.http_port)) as sock:
            sock.sendall(b"GET /live/s.m3u8 HTTP/1.1\r\nHost: x\r\n\r\n")
            until(lambda: one(Api(server))["state"] == "connecting", "the pull")
        until(lambda: one(Api(server))["state"] == "idle", "the end of the pull")    # a viewer would be there for 120 s


@pytest.mark.long
@pytest.mark.parametrize("form", ["hls", "dash"])
def test_viewers_keep_a_relay_up_and_it_ends_behind_them(make_server, live, form):
    end, rest = FORMS[form]
    origin = make_server()
    live(origin, "s", "h264_aac_long.flv")
    server = make_server(relaying(origin, rest), http="", api="")
    with (Watch if form == "hls" else DashWatch)(server.http_url("/live/s." + end)) as watch:
        watch.wait_segments(15)                              # longer than a viewer may be silent
        assert one(Api(server))["state"] == "pulling" and one(Api(server))["failures"] == 0
    until(lambda: one(Api(server))["state"] == "idle", "the end of the pull", 40)
    assert server.log.count("relay of /live/s from %s begins" % origin.url()) == 1
