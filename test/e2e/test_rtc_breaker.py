"""The circuit breaker of WebRTC: a threshold below 0 is exceeded by a server that has nothing to do."""
import json

import pytest

import rtc_clients
import srs
from api import Api
from test_rtc import clients, conf, encoder, metric, offer
from wait import until


def breaker(directives):
    return "circuit_breaker { enabled on; %s }\n" % directives


@pytest.fixture
def server(make_server):
    whole = conf(srs.free_port(), rtc="stun_timeout 60;")

    def text(directives):
        return whole + breaker(directives)
    server = make_server(text(""), api="", http="")
    server.configure = lambda directives: (server.write_conf(text(directives)), server.reload())
    return server


def wait_level(server, level):
    until(lambda: metric(server, "srs_rtc_breaker_level") == level, "the level %d" % level, 20)


def test_new_sessions_are_refused_while_the_loop_has_no_time(server):
    api = Api(server)
    assert offer(api).status == 201
    server.configure("critical_threshold -1; critical_pulse 0;")
    wait_level(server, 2)
    reply = offer(api)
    assert reply.status == 503 and reply.headers["Retry-After"]
    assert json.loads(reply.body)["code"] == "overloaded"
    told = api.get("/api/v1/summaries")["data"]["circuit_breaker"]
    assert told["level"] == "critical" and told["refused"] == 1 == metric(server, "srs_rtc_breaker_refused_total")
    assert len(clients(server, "rtc-play")) == 1
    server.configure("")
    wait_level(server, 0)
    assert offer(api).status == 201
    log = server.log
    assert log.count("rtc: circuit_breaker is at the level") == 1 and log.count("rtc: circuit_breaker is calm") == 1


@rtc_clients.skip_without_aiortc()
def test_a_dying_server_sends_nothing_to_viewers_and_goes_on_later(server):
    def sent():
        return clients(server, "rtc-play")[0]["rtc"]["send_packets"]

    def stream_frames():
        return Api(server).get("/api/v1/streams/")["streams"][0]["recv_bytes"]

    with encoder(server), rtc_clients.whep(server) as viewer:
        viewer.wait(lambda s: s.moved > 5, "pictures")
        server.configure("dying_threshold -1; dying_pulse 1;")
        wait_level(server, 3)
        before, came = sent(), stream_frames()
        until(lambda: stream_frames() > came, "the stream to go on", 20)
        assert sent() == before
        server.configure("")
        wait_level(server, 0)
        moved = viewer.last.moved
        viewer.wait(lambda s: s.moved > moved + 5, "pictures again")
