"""The exporter: the metrics of SRS by name, type and label, its ports, who may read it.

The table is transcribed from chapter 1.19 of the reference of the interfaces.
"""
import contextlib
import gzip
import os
import re
import socket
import ssl

import pytest

import prom_text
from api import Api
from flv import Numbered
from http_live import HttpPlayer
from media import ROOT
from rtmp import Feeder
from srs import free_port, listening
from wait import until

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"
TEXT = "text/plain; charset=utf-8"

# name, type, labels
REFERENCE = [
    ("srs_node_uname_info", "gauge", ["sysname", "nodename", "release", "version", "machine"]),
    ("srs_build_info", "gauge", ["server", "service", "pid", "build_date", "major", "version", "code"]),
    ("srs_cpu_percent", "gauge", []),
    ("srs_memory", "gauge", []),
    ("srs_send_bytes_total", "counter", []),
    ("srs_receive_bytes_total", "counter", []),
    ("srs_streams", "gauge", []),
    ("srs_clients", "gauge", []),
    ("srs_clients_total", "counter", []),
    ("srs_clients_errs_total", "counter", []),
]


def exporter(port, more=""):
    return "exporter { enabled on; listen %d; %s }\n" % (port, more)


class Metrics:
    """A server with an exporter, and its numbers."""

    def __init__(self, make_server, conf="vhost __defaultVhost__ { http_remux { enabled on; } }", more="", **how):
        self.port = free_port()
        self.conf, self.more = conf, more
        self.server = make_server(exporter(self.port, more) + conf, **{"api": "", "http": "", **how})
        until(lambda: self.port in listening(self.server.pid), "the exporter to listen")
        self.api = Api(self.server, self.port)

    def text(self, accept=None):
        reply = self.api.ask("GET", "/metrics", headers={"Accept": accept} if accept else {})
        assert reply.status == 200
        return reply.body.decode()

    def read(self):
        return prom_text.read(self.text())

    def value(self, name, **labels):
        return prom_text.value(self.read(), name, **labels)

    def wait(self, name, wanted, **labels):
        """Until the value is `wanted`, or passes `wanted(value)`."""
        accepts = wanted if callable(wanted) else lambda v: v == wanted
        return until(lambda: accepts(self.value(name, **labels)), lambda: "%s%s, now %s" % (name, labels, self.value(name, **labels)))


@pytest.fixture
def metrics(make_server):
    return Metrics(make_server)


def publish(server, name="s", **how):
    publisher = server.publisher(name, **how)
    return publisher, Feeder(publisher, Numbered(size=1500).tags())


# -- the metrics of SRS ------------------------------------------------------------------------------------------------

def test_the_metrics_of_srs_have_their_names_types_and_labels(metrics):
    reply = metrics.api.ask("GET", "/metrics")
    assert reply.status == 200 and reply.headers["Content-Type"] == TEXT
    families = prom_text.read(reply.body.decode())
    assert list(families)[:len(REFERENCE)] == [name for name, _, _ in REFERENCE]
    for name, kind, labels in REFERENCE:
        assert families[name].type == kind and len(families[name].samples) == 1, name
        assert list(families[name].samples[0].labels) == labels, name


def test_the_values_are_those_of_machine_and_server(metrics):
    families = metrics.read()
    uname, = families["srs_node_uname_info"].samples
    assert uname.value == 1
    assert [uname.labels[k] for k in ("sysname", "nodename", "release", "version", "machine")] == list(os.uname())
    build, = families["srs_build_info"].samples
    versions = Api(metrics.server).get("/api/v1/versions")
    assert build.value == 1
    assert [build.labels[k] for k in ("server", "service", "pid")] == [versions[k] for k in ("server", "service", "pid")]
    assert build.labels["major"] == "7" and build.labels["version"] == versions["data"]["version"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", build.labels["build_date"]) and build.labels["code"] == "Hang"
    until(lambda: abs(metrics.value("srs_memory") - metrics.server.rss_kib()) < 0.2 * metrics.server.rss_kib(), "the memory")


def test_label_and_tag_are_labels_only_when_they_are_configured(make_server):
    m = Metrics(make_server, more='label "bei\\\\jing"; tag edge;')
    build, = m.read()["srs_build_info"].samples
    assert list(build.labels)[-2:] == ["label", "tag"] and build.labels["tag"] == "edge"
    m.server.reload(exporter(m.port, "tag other;") + m.conf)
    build, = m.read()["srs_build_info"].samples
    assert "label" not in build.labels and build.labels["tag"] == "other"


def test_clients_streams_and_bytes_are_counted(metrics):
    publisher, feeder = publish(metrics.server)
    with metrics.server.player() as player:
        player.wait_media(20)
        metrics.wait("srs_clients", 2)
        assert metrics.value("srs_streams") == 1 and metrics.value("srs_clients_total") == 2
        metrics.wait("srs_send_bytes_total", lambda v: v > 20 * 1500)
        metrics.wait("srs_receive_bytes_total", lambda v: v > 20 * 1500)
    metrics.wait("srs_clients", 1)
    assert metrics.value("srs_clients_errs_total") == 1          # it closed its connection, which counts in SRS as well
    feeder.stop()
    publisher.close()
    metrics.wait("srs_streams", 0)
    assert metrics.value("srs_clients_total") == 2


def test_a_publish_again_on_one_connection_counts_again(metrics):
    publisher, feeder = publish(metrics.server)
    feeder.stop()
    publisher.unpublish("s")
    metrics.wait("srs_clients", 0)
    assert metrics.value("srs_clients_errs_total") == 0          # it said goodbye
    publisher.publish("t")
    metrics.wait("srs_clients_total", 2)
    publisher.close()


# -- forms -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("accept,is_open", [
    (None, False), ("*/*", False), ("text/plain", False), ("text/html,*/*;q=0.1", False),
    ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
     "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", True),
    ("application/openmetrics-text;q=0.2,text/plain;q=0.9", False), ("application/openmetrics-text;q=0", False)])
def test_accept_chooses_the_format(metrics, accept, is_open):
    reply = metrics.api.ask("GET", "/metrics", headers={"Accept": accept} if accept else {})
    assert reply.headers["Content-Type"].startswith(OPEN_METRICS) == is_open
    prom_text.read(reply.body.decode(), is_open)


@pytest.mark.parametrize("streams", [1, 40])
def test_a_scraper_that_accepts_gzip_gets_the_same_compressed(metrics, streams):
    publishers = [metrics.server.publisher("%s%d" % ("long" * 50, i)) for i in range(streams)]
    for publisher in publishers:
        publisher.send_tags(Numbered().tags(count=3))
        publisher.barrier()
    plain, packed = (metrics.api.ask("GET", "/metrics", headers=h) for h in ({}, {"Accept-Encoding": "gzip"}))
    assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.body) < len(plain.body) / 3
    a, b = (prom_text.read(t.decode()) for t in (plain.body, gzip.decompress(packed.body)))
    assert a.keys() == b.keys() and [len(f.samples) for f in a.values()] == [len(f.samples) for f in b.values()]
    head = metrics.api.ask("HEAD", "/metrics", headers={"Accept-Encoding": "gzip"})
    assert head.status == 200 and not head.body


def test_scrapers_that_take_nothing_do_not_keep_others_from_it(metrics):
    publishers = [metrics.server.publisher("%s%d" % ("long" * 100, i)) for i in range(12)]
    for publisher in publishers:
        publisher.send_tags(Numbered().tags(count=2))
    metrics.wait("srs_live_streams", 12)
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            s = stack.enter_context(socket.socket())
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.connect(("127.0.0.1", metrics.port))
            s.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
        assert metrics.value("srs_live_streams") == 12
        assert metrics.value("srs_connections") >= 20


# -- ports -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("path", ["/", "/api/v1/versions", "/api/v1/clients/", "/api/v1/raw?rpc=reload", "/console/", "/live/s.flv",
                                  "/metrics/x", "/index.html"])
def test_the_port_of_the_exporter_serves_metrics_alone(metrics, path):
    assert metrics.api.ask("GET", path).status == 404
    assert metrics.api.ask("DELETE", path).status == 404


def test_other_methods_are_refused(metrics):
    assert metrics.api.ask("POST", "/metrics").status == 405
    assert metrics.api.ask("HEAD", "/metrics").status == 200


def test_the_port_of_the_api_serves_them_too_and_that_of_streams_does_not(metrics):
    assert Api(metrics.server).ask("GET", "/metrics").body.startswith(b"# HELP srs_node_uname_info")
    assert Api(metrics.server, metrics.server.http_port).ask("GET", "/metrics").status == 404


def test_without_the_exporter_the_api_answers_its_code(make_server):
    server = make_server(api="")
    assert Api(server).get("/metrics") == {"code": 1090}


def test_a_reload_opens_moves_and_closes_the_port(metrics):
    other = free_port()
    metrics.server.reload(exporter(other) + metrics.conf)
    until(lambda: other in listening(metrics.server.pid) and metrics.port not in listening(metrics.server.pid), "the move")
    metrics.server.reload(metrics.conf)
    until(lambda: other not in listening(metrics.server.pid), "the port to be closed")
    assert Api(metrics.server).get("/metrics") == {"code": 1090}


def test_a_full_server_still_tells_its_metrics(make_server):
    m = Metrics(make_server, root={"max_connections": 2})
    with m.server.client(), m.server.client():
        assert m.value("srs_connections_max") == 2
        assert m.value("srs_connections") >= 2


# -- who may read ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("headers,status", [
    ({}, 200), ({"Host": "srs-1.example.com:9972"}, 200),
    ({"Origin": "http://evil.example"}, 403), ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Host": "evil.example", "Referer": "http://evil.example/", "User-Agent": "Mozilla/5.0"}, 403),
    ({"Origin": "http://127.0.0.1:3000"}, 200)])
def test_a_page_of_another_site_does_not_read_them(metrics, headers, status):
    assert metrics.api.ask("GET", "/metrics", headers=headers).status == status


# -- the page and the example -------------------------------------------------------------------------------------------------------

def test_the_page_names_every_metric_and_no_other(metrics):
    with open(os.path.join(ROOT, "doc", "metrics.md")) as f:
        named = set(re.findall(r"`(srs_\w+)`", f.read()))
    assert named == set(metrics.read()), named ^ set(metrics.read())


def test_the_example_of_srs_starts(make_server):
    with open(os.path.join(ROOT, "conf", "prometheus.conf")) as f:
        text = f.read()
    server = make_server(http="", api="", start=False)
    port = free_port()
    for usual, own in (("1935", server.port), ("8080", server.http_port), ("1985", server.api_port), ("9972", port)):
        text = re.sub(r"(listen +)%s;" % usual, r"\g<1>%d;" % own, text)
    server.write_conf("", text=text)
    server.start()
    build, = prom_text.read(Api(server, port).ask("GET", "/metrics").body.decode())["srs_build_info"].samples
    assert build.labels["label"] == "cn-beijing" and build.labels["tag"] == "cn-edge"


# -- streams -----------------------------------------------------------------------------------------------------------

def test_a_stream_tells_its_codecs_frames_gops_and_players(metrics):
    publisher, feeder = publish(metrics.server)
    s = {"vhost": "__defaultVhost__", "app": "live", "stream": "s"}
    with metrics.server.player() as player:
        player.wait_media(60)                                    # Numbered has a key frame every 25 pictures
        metrics.wait("srs_stream_players", 1, protocol="rtmp", **s)
        families = metrics.read()
        assert prom_text.value(families, "srs_stream_live", **s) == 1
        info, = prom_text.samples(families, "srs_stream_info", **s)
        assert (info.value, info.labels["video"], info.labels["audio"]) == (1, "H264", "AAC")
        assert prom_text.value(families, "srs_stream_frames_total", kind="video", **s) > 25
        assert prom_text.value(families, "srs_stream_frames_total", kind="audio", **s) > 25
        metrics.wait("srs_stream_gop_seconds", 1, **s)
        metrics.wait("srs_stream_send_bytes_total", lambda v: v > 60 * 1500, protocol="rtmp", **s)
        metrics.wait("srs_stream_receive_bytes_per_second", lambda v: v > 0, **s)
        metrics.wait("srs_stream_frame_rate", lambda v: v > 1, **s)
        assert metrics.value("srs_live_streams") == 1 and metrics.value("srs_publishers", protocol="rtmp") == 1
    feeder.stop()
    old = metrics.value("srs_stream_key_frame_age_seconds", **s)
    metrics.wait("srs_stream_key_frame_age_seconds", lambda v: v > old, **s)
    metrics.wait("srs_stream_frame_age_seconds", lambda v: v > 0.1, **s)
    publisher.close()
    until(lambda: not prom_text.samples(metrics.read(), "srs_stream_live"), "the stream to go")


def test_the_latency_is_counted_for_each_write_to_a_player(metrics):
    _, feeder = publish(metrics.server)
    with metrics.server.player() as player:
        player.wait_media(20)
        before = metrics.value("srs_latency_seconds_count")
        assert before > 0 and metrics.value("srs_stream_latency_seconds_count", stream="s") > 0
        metrics.wait("srs_latency_seconds_count", lambda v: v > before)
        assert metrics.value("srs_latency_seconds_sum") > 0
    feeder.stop()
    families = metrics.read()
    total = prom_text.value(families, "srs_latency_seconds_count")
    assert total == prom_text.value(families, "srs_stream_latency_seconds_count", stream="s")
    feeder.client.close()
    metrics.wait("srs_live_streams", 0)
    assert metrics.value("srs_latency_seconds_count") == total   # what has ended stays counted


def test_gaps_of_the_publisher_and_jumps_of_its_time_are_counted(metrics):
    source = Numbered(size=500)
    with metrics.server.publisher("s") as publisher:
        publisher.send_tags(source.tags(count=20))
        metrics.wait("srs_stream_frames_total", lambda v: v > 0, kind="video", stream="s")
        assert metrics.value("srs_stream_gaps_total", stream="s") == 0
        metrics.wait("srs_stream_frame_age_seconds", lambda v: v > 1.2, stream="s")
        publisher.send_tags(source.frames(20, 5))
        metrics.wait("srs_stream_gaps_total", 1, stream="s")
        assert metrics.value("srs_stream_gaps_seconds_total", stream="s") > 1
        publisher.send_tags(tag._replace(ts=tag.ts + 3600000) for tag in source.frames(25, 20))
        metrics.wait("srs_stream_timestamp_jumps_total", 1, stream="s")


NASTY = ['a"} 1\nsrs_streams 7\n#', "back\\slash\\n", "new\nline", "{}=,", 'a="b",c="d"', "中文"]


def test_names_of_streams_cannot_inject_anything(metrics):
    publishers = [metrics.server.publisher(name) for name in NASTY]
    for publisher in publishers:
        publisher.send_tags(Numbered().tags(count=3))
        publisher.barrier()
    told = {s["name"] for s in Api(metrics.server).streams()}    # white space of a name is dropped when it comes in
    assert len(told) == len(NASTY)
    for accept in (None, OPEN_METRICS):
        families = prom_text.read(metrics.text(accept), is_open=bool(accept))
        assert prom_text.value(families, "srs_streams") == len(NASTY)
        assert {s.labels["stream"] for s in prom_text.samples(families, "srs_stream_live")} == told


def test_the_busiest_streams_have_metrics_and_the_others_are_summed_up(make_server):
    m = Metrics(make_server, more="streams 3;")
    publishers = [m.server.publisher("s%d" % i) for i in range(8)]
    for i, publisher in enumerate(publishers):
        publisher.send_tags(Numbered(size=500 + 2000 * i).tags(count=10))
        publisher.barrier()
    busiest = {"s5", "s6", "s7"}
    until(lambda: {s.labels["stream"] for s in prom_text.samples(m.read(), "srs_stream_live")} == busiest, "the busiest streams")
    families = m.read()
    assert prom_text.value(families, "srs_other_streams") == 5
    assert prom_text.value(families, "srs_live_streams") == 8
    assert len(prom_text.samples(families, "srs_stream_latency_seconds_count")) == 3
    m.server.reload(exporter(m.port, "streams 0;") + m.conf)
    families = m.read()
    assert prom_text.value(families, "srs_other_streams") == 8 and not prom_text.samples(families, "srs_stream_live")


def test_players_are_counted_by_protocol(metrics):
    _, feeder = publish(metrics.server)
    with metrics.server.player() as player, HttpPlayer(metrics.server.http_port, "/live/s.flv") as other:
        player.wait_media(3)
        other.wait_media(3)
        metrics.wait("srs_players", 1, protocol="http")
        assert metrics.value("srs_players", protocol="rtmp") == 1
        metrics.wait("srs_protocol_send_bytes_total", lambda v: v > 0, protocol="http")
        assert metrics.value("srs_stream_players", protocol="http", stream="s") == 1
    metrics.wait("srs_players", 0, protocol="http")


# -- the process -------------------------------------------------------------------------------------------------------

def test_the_loop_and_its_threads_are_told(metrics):
    families = metrics.read()
    assert prom_text.value(families, "srs_loop_turn_seconds_count") > prom_text.value(families, "srs_loop_round_seconds_count") > 0
    assert prom_text.value(families, "srs_coroutines") > 3
    assert prom_text.value(families, "srs_offload_jobs_total", pool="stat") > 0
    held = prom_text.value(families, "srs_memory_held_bytes")
    assert held < prom_text.value(families, "srs_memory_limit_bytes")
    kinds = {s.labels["kind"]: s.value for s in prom_text.samples(families, "srs_memory_bytes")}
    assert set(kinds) == {"frames", "delayed", "segments", "messages", "tls", "callbacks", "histories", "config", "other"}
    assert abs(sum(kinds.values()) - held) < 1 << 20
    assert prom_text.value(families, "srs_memory_stacks_bytes") > 0
    later = metrics.read()
    for name in ("srs_loop_turn_seconds_count", "srs_uptime_seconds"):
        assert prom_text.value(later, name) > prom_text.value(families, name)


def test_tls_handshakes_are_counted(make_server):
    m = Metrics(make_server, tls=True)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", m.server.apis_port)) as s, context.wrap_socket(s):
        m.wait("srs_tls_handshakes_total", 1)
    with socket.create_connection(("127.0.0.1", m.server.apis_port)) as s:
        s.sendall(b"no TLS at all\r\n\r\n")
        m.wait("srs_tls_failed_handshakes_total", 1)


def test_calls_of_callbacks_are_counted(make_server):
    nobody = free_port()
    m = Metrics(make_server, "vhost __defaultVhost__ { http_hooks { enabled on; on_unpublish http://127.0.0.1:%d/; } }" % nobody)
    with m.server.publisher("s"):
        pass
    m.wait("srs_hook_calls_total", 1, event="on_unpublish", result="failed")
    assert m.value("srs_hook_calls_total", event="on_unpublish", result="accepted") == 0
    m.wait("srs_hook_waiting", 0)


def test_writes_to_a_crowd_are_counted_one_by_one(metrics, swarm):
    _, feeder = publish(metrics.server)
    players = swarm.add("127.0.0.1", metrics.server.port, metrics.server.tc_url("live"), "s", n=12)
    swarm.wait_playing(players)
    metrics.wait("srs_stream_players", 12, protocol="rtmp", stream="s")
    frames = metrics.value("srs_stream_frames_total", kind="video", stream="s")
    before = metrics.value("srs_latency_seconds_count")
    metrics.wait("srs_stream_frames_total", lambda v: v > frames + 50, kind="video", stream="s")
    metrics.wait("srs_latency_seconds_count", lambda v: v > before + 12 * 3)     # at least a write a release, at most 350 ms apart
    feeder.stop()


def test_recordings_are_counted(make_server):
    m = Metrics(make_server, "vhost __defaultVhost__ { publish { normal_timeout 120000; }"
                             " dvr { enabled on; dvr_path ./rec/[stream].[timestamp].flv; } }")
    publisher, feeder = publish(m.server)
    m.wait("srs_dvr_bytes_total", lambda n: n > 10000)
    assert m.value("srs_dvr_open_files") == m.value("srs_dvr_known_files") == m.value("srs_stream_dvr_open_files", stream="s") == 1
    assert m.value("srs_stream_dvr_bytes_total", stream="s") > 10000
    feeder.stop()
    until(lambda: m.value("srs_stream_frame_age_seconds", stream="s") > 2.5, "a pause")
    feeder = Feeder(publisher, Numbered(size=1500).tags())
    m.wait("srs_dvr_gaps_total", 1, reason="publisher")
    assert m.value("srs_stream_dvr_gaps_total", stream="s", reason="publisher") == 1
    feeder.finish()
    m.wait("srs_dvr_files_total", 1)
    families = m.read()
    one, = Api(m.server).get("/api/v1/dvrs/")["dvrs"]
    assert prom_text.value(families, "srs_dvr_bytes_total") == one["bytes"] and one["gaps"][0]["reason"] == "publisher"
    assert prom_text.value(families, "srs_dvr_gaps_seconds_total", reason="publisher") == one["gaps"][0]["ms"] / 1000
    assert prom_text.value(families, "srs_dvr_open_files") == prom_text.value(families, "srs_dvr_failures_total") == 0
    assert Api(m.server).ask("DELETE", "/api/v1/dvrs/" + one["id"]).status == 200
    m.wait("srs_dvr_removed_files_total", 1, reason="api")
    assert m.value("srs_dvr_removed_bytes_total", reason="api") == one["bytes"]
