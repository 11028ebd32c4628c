"""The heartbeat: the body of chapter 2.12 of the reference of the interfaces, its interval, and receivers that fail."""
import contextlib
import os
import re
from collections import namedtuple

import pytest

import api
import certificates
from api import Api, Obj, check
from hook_backend import Backend, answer, raw
from media import ROOT
from srs import free_port
from test_api import SUMMARIES
from wait import until

DATA = dict(SUMMARIES)["data"]


def conf(backend, more="", path="/beat", scheme="http"):
    return "heartbeat { enabled on; interval 1; url %s://127.0.0.1:%d%s; %s }\nvhost __defaultVhost__ { }" % (
        scheme, backend.port, path, more)


Gone = namedtuple("Gone", "port")


def beats(backend, n=1):
    until(lambda: len(backend.calls) >= n, lambda: "%d beats, now %s" % (n, backend.calls))
    return backend.calls


def body(call):
    return api.parse(call.body.decode())


def test_a_report_names_the_server_and_comes_again(make_server, backend):
    server = make_server(conf(backend), api="", env={"SRS_DEVICE_IP": "192.0.2.9"})
    versions = Api(server).get("/api/v1/versions")
    first, again = beats(backend, 2)[:2]
    assert (first.method, first.path) == ("POST", "/beat")
    assert first.fields["Content-Type"] == "application/json" and first.fields["User-Agent"].startswith("SRS/7.")
    assert body(first) == {"ip": "192.0.2.9", **{k: versions[k] for k in ("server", "service", "pid")}}
    assert list(body(first)) == ["ip", "server", "service", "pid"]
    assert body(again) == body(first)


def test_everything_has_its_place_in_the_order_of_the_reference(make_server, backend):
    rtc = free_port()
    server = make_server(conf(backend, 'device_id "my device"; summaries on; ports on;') + "rtc_server { enabled on; listen %d; tcp { enabled on; listen %d; } }" % (rtc, rtc),
                         api="", http="")
    r = body(beats(backend)[0])
    assert list(r) == ["device_id", "ip", "server", "service", "pid", "summaries", "rtmp", "http", "api", "rtc"]
    assert r["rtc"] == ["udp://0.0.0.0:%d" % rtc, "tcp://0.0.0.0:%d" % rtc]
    assert r["device_id"] == "my device"
    check(Obj(("data", DATA)), r["summaries"])
    assert (r["rtmp"], r["http"], r["api"]) == ([str(server.port)], [str(server.http_port)], [str(server.api_port)])


def test_ports_of_what_is_off_are_left_out(make_server, backend):
    make_server(conf(backend, "ports on;"), listen=["127.0.0.1:%d" % free_port(), free_port()])
    r = body(beats(backend)[0])
    assert len(r["rtmp"]) == 2 and r["rtmp"][0].startswith("127.0.0.1:")
    assert not {"http", "api", "srt", "rtc"} & set(r)


def test_the_address_is_one_of_this_machine(make_server, backend):
    make_server(conf(backend))
    assert re.fullmatch(r"[0-9a-f:.]+", body(beats(backend)[0])["ip"])


def test_the_query_of_the_url_is_sent(make_server, backend):
    make_server(conf(backend, path="/beat?token=a%20b&c=d"))
    assert beats(backend)[0].path == "/beat?token=a%20b&c=d"


@pytest.mark.sample(3)
@pytest.mark.parametrize("act", [answer(500, b"no"), answer(200, b"x" * 100), raw(b"garbage\r\n\r\n"), raw(b"HTTP/1.1 200 OK\r\n"),
                                 answer(302, b"", "Location: http://127.0.0.1:1/\r\n")],
                         ids=["500", "text", "garbage", "half", "redirect"])
def test_whatever_is_answered_it_goes_on(make_server, backend, act):
    backend.answers["beat"] = act
    make_server(conf(backend))
    beats(backend, 3)


def test_a_receiver_that_is_gone_costs_one_line_until_it_is_back(make_server):
    port = free_port()
    server = make_server(conf(Gone(port)))
    server.wait_log(r"WARN.*the heartbeat fails.*heartbeat to http://127.0.0.1:%d/beat" % port)
    with contextlib.closing(Backend(port=port)) as back:
        beats(back, 2)
        server.wait_log(r"the heartbeat to http://127.0.0.1:%d/beat comes through again" % port)
    assert server.log.count("the heartbeat fails") == 1


def test_a_reload_switches_it_on_and_off_and_to_another_url(make_server, backend):
    server = make_server("vhost __defaultVhost__ { }")
    server.reload(conf(backend))
    beats(backend)
    server.reload(conf(backend, "device_id a;", path="/other"))
    until(lambda: backend.calls[-1].path == "/other", "a beat to the other URL")
    assert body(backend.calls[-1])["device_id"] == "a"
    server.reload("vhost __defaultVhost__ { }")
    n = len(backend.calls)
    server.reload(conf(backend, path="/again"))
    until(lambda: backend.calls[-1].path == "/again", "a beat after it was switched on again")
    assert len([c for c in backend.calls[n:] if c.path == "/other"]) <= 1     # one may have been on its way


def test_a_certificate_that_nobody_trusts_is_refused(make_server):
    with contextlib.closing(Backend(tls=certificates.pair())) as backend:
        server = make_server(conf(backend, scheme="https"))
        server.wait_log(r"WARN.*the heartbeat fails.*https://")
        assert not backend.calls


def test_the_example_of_srs_starts(make_server, backend):
    with open(os.path.join(ROOT, "conf", "http.heartbeat.conf")) as f:
        text = f.read()
    server = make_server(start=False)
    text = re.sub(r"(listen +)1935;", r"\g<1>%d;" % server.port, text).replace("127.0.0.1:8085", "127.0.0.1:%d" % backend.port)
    server.write_conf("", text=text)
    server.start()
    call = beats(backend)[0]
    assert call.path == "/api/v1/servers" and body(call)["device_id"] == "my-srs-device"
