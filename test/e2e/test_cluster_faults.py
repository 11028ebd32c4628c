"""Co-workers of an origin cluster that are dead, silent, wrong or hostile, and crowds that ask for streams that nobody has."""
import json

import pytest

import rtmp
from api import Api
from cluster import cluster, vhost
from hls_watch import get
from hook_backend import answer, raw, reply
from srs import free_port, publish
from test_cluster import sent_on
from test_play import seen
from test_tls import client_tls

NOT_HERE = json.dumps({"code": 0, "data": {"origin": None}}).encode()


def here(port, host="127.0.0.1", **more):
    return json.dumps({"code": 0, "data": {"origin": dict(ip=host, port=port, **more)}}).encode()


def refused_by(server, stream="s"):
    with pytest.raises(rtmp.Refused) as refused:
        server.player(stream).close()
    return refused.value


def huge(connection, call):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n" + b"{" * 65536)


def slow(connection, call):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n{")


WRONG = {
    "garbage": raw(b"\x00\x01\x02\r\n\r\n"),
    "html": answer(body=b"<html></html>"),
    "status 500": answer(500, NOT_HERE),
    "redirects to itself": lambda connection, call: connection.sendall(
        reply(302, b"", "Location: %s\r\n" % call.path)),
    "1 GiB": huge,
    "half an answer": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n{\"code\":"),
    "a host that is none": answer(body=here(1935, "a/b?c")),
    "closes": raw(b""),
}


@pytest.mark.parametrize("wrong", list(WRONG.values()), ids=list(WRONG))
def test_a_wrong_answer_is_none(make_server, backend, wrong):
    backend.answers["api"] = wrong
    server = make_server(vhost(backend), api="", http="")
    refused = refused_by(server)
    assert refused.code == "NetStream.Play.StreamNotFound" and "no co-worker answers" in refused.description
    assert get(server, "/live/t.flv").status == 503
    server.wait_log(r"co-worker 127\.0\.0\.1:%d does not answer, it is set aside for 1000ms" % backend.port)


def test_a_dead_and_a_silent_co_worker_hold_nobody_up(make_server, backend):
    backend.answers["api"] = slow
    server = make_server("", start=False, api="", http="")
    good = make_server(vhost(server), api="", http="")
    server.write_conf("exporter { enabled on; listen %d; } " % free_port() + vhost(backend, good, "127.0.0.1:%d" % free_port()))
    server.start()
    with publish(good):
        assert sent_on(server)["redirect2"].startswith("rtmp://127.0.0.1:%d/" % good.port)
    with server.player("nobody") as player:  # one co-worker has answered: it waits
        with publish(server, "nobody"):
            seen(player, 1)
    server.wait_log("co-worker 127.0.0.1:%d does not answer" % backend.port)
    text = Api(server).ask("GET", "/metrics").body.decode()
    for name, port, value in (("up", good.api_port, "1"), ("up", backend.port, "0"), ("failures_total", good.api_port, "0")):
        assert 'srs_coworker_%s{coworker="127.0.0.1:%d"} %s\n' % (name, port, value) in text
    assert 'srs_cluster_questions_total{result="found"} 1\n' in text


def test_a_circle_of_servers_ends(make_server, backend):
    server = make_server("", start=False, api="", http="")
    backend.answers["api"] = answer(body=here(server.port, http=server.http_port))
    server.write_conf(vhost(backend))
    server.start()
    stream = "s"
    for hop in range(1, 4):
        place = sent_on(server, stream)["redirect2"]
        assert place == "rtmp://127.0.0.1:%d/live/s?cluster_hop=%d" % (server.port, hop)
        stream = place.rpartition("/")[2]
    assert "sent on 3 times" in refused_by(server, stream).description
    assert get(server, "/live/s.flv?cluster_hop=2").status == 302
    assert get(server, "/live/s.flv?cluster_hop=3").status == 503


def test_this_server_among_its_co_workers_does_not_have_what_it_looks_for(make_server):
    a, b = cluster(make_server, 2)
    a.reload(vhost(a, b))
    with publish(b):
        assert sent_on(a)["redirect"] == "rtmp://127.0.0.1:%d/live" % b.port


def test_co_workers_of_one_password_answer_each_other(make_server):
    api = "auth { enabled on; username u; password %s; }"
    a, b = cluster(make_server, 2, api=api % "p")
    with publish(b):
        assert sent_on(a)["redirect"] == "rtmp://127.0.0.1:%d/live" % b.port
        a.reload(api=api % "other", conf=vhost(b))
        assert "no co-worker answers" in refused_by(a).description
        a.wait_log("does not answer, it is set aside for 1000ms: .*status 401")


def test_a_reload_changes_co_workers_at_once(make_server):
    a, b = cluster(make_server, 2)
    with publish(b):
        sent_on(a)
        a.reload("vhost __defaultVhost__ { }")
        with a.player() as player:
            a.reload(vhost(b))
            sent_on(a)
            with publish(a):
                seen(player, 1)  # whoever was here stays


def test_what_came_over_tls_is_not_sent_to_a_port_without(make_server, backend):
    backend.answers["api"] = answer(body=here(1935, http=8080))
    server = make_server(vhost(backend), api="", http="", tls=True)
    with pytest.raises(rtmp.Refused) as refused:
        server.client(tls=client_tls(), port=server.rtmps_port).play("s")
    assert refused.value.code == "NetStream.Play.StreamNotFound"
    backend.answers["api"] = answer(body=here(1935, rtmps=443))
    server.reload()  # forgets what was answered
    with pytest.raises(rtmp.Refused) as refused:
        server.client(tls=client_tls(), port=server.rtmps_port).play("s")
    assert refused.value.info["ex"]["redirect"] == "rtmps://127.0.0.1:443/live"
