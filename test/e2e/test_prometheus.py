"""A real Prometheus and its promtool at the exporter."""
import json
import os
import re

import pytest

from flv import Numbered
from media import ROOT
from prometheus import Prometheus, check, lint
from test_metrics import OPEN_METRICS, Metrics, publish
from wait import until

# Names of SRS, which dashboards rely on, do not follow the advice for new ones.
REMARKS = {'srs_cpu_percent use base unit "ratio" instead of "percent"'}


@pytest.fixture
def metrics(make_server):
    return Metrics(make_server)


RECORDED = "vhost __defaultVhost__ { dvr { enabled on; dvr_path ./rec/[stream].[timestamp].flv; } }"


def test_promtool_has_no_remark_about_our_own_metrics(make_server):
    metrics = Metrics(make_server, RECORDED)
    publish(metrics.server)
    with metrics.server.player() as player:
        player.wait_media(3)
        metrics.wait("srs_dvr_bytes_total", lambda n: n > 0)
        assert set(lint(metrics.text())) <= REMARKS


def test_prometheus_scrapes_both_forms(metrics, tmp_path):
    publish(metrics.server, 'a "quoted" \\ name')
    with metrics.server.player('a "quoted" \\ name') as player, Prometheus(tmp_path / "p", [metrics.port, metrics.server.api_port]) as p:
        player.wait_media(3)
        p.wait("count(up == 1) == 2")                            # it asks for OpenMetrics, and would call a text that it cannot read down
        assert metrics.text(OPEN_METRICS).endswith("# EOF\n")
        p.wait("count(srs_clients == 2) == 2")
        p.wait("rate(srs_receive_bytes_total[10s]) > 0")
        build, = {labels["service"] for labels, _ in p.query("srs_build_info")}
        assert build


# -- dashboards and alerts ---------------------------------------------------------------------------------------------

ETC = os.path.join(ROOT, "etc")
DASHBOARDS = sorted(os.listdir(os.path.join(ETC, "grafana")))


def queries(name):
    """The queries of a dashboard, with the values that its variables have for everything."""
    with open(os.path.join(ETC, "grafana", name)) as f:
        board = json.load(f)
    variables = {v["name"] for v in board["templating"]["list"]}
    for panel in board["panels"]:
        assert panel["targets"] and panel["datasource"]["uid"] == "${datasource}", panel["title"]
        for target in panel["targets"]:
            used = set(re.findall(r"\$\{?(\w+)", target["expr"])) - {"__rate_interval"}
            assert used <= variables, target["expr"]
            yield panel["title"], re.sub(r"\$(?!__)\w+", ".*", target["expr"].replace("$__rate_interval", "10s"))
    for variable in board["templating"]["list"]:
        asked = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"])
        assert asked or variable["type"] == "datasource", variable
        if asked:
            yield variable["name"], "count by (%s) (%s)" % (asked.group(2), asked.group(1))


def exposed(metrics):
    return {s.name for f in metrics.read().values() for s in f.samples}


def unknown_names(text, known):
    return set(re.findall(r"\bsrs_\w+", text)) - known


def test_the_dashboards_ask_for_metrics_that_exist_and_get_data(metrics, tmp_path):
    publish(metrics.server)
    with metrics.server.player() as player, Prometheus(tmp_path / "p", [metrics.port]) as p:
        player.wait_media(3)
        p.wait("rate(srs_stream_latency_seconds_count[10s]) > 0 and srs_stream_gop_seconds > 0")
        known = exposed(metrics)
        asked = set()
        for name in DASHBOARDS:
            for title, query in queries(name):
                assert not unknown_names(query, known), "%s: %s" % (title, query)
                p.wait(query)                                    # a rate needs two scrapes
                asked |= set(re.findall(r"\bsrs_\w+", query))
        unseen = {re.sub(r"_(bucket|sum|count)$", "", n) for n in known} - {re.sub(r"_(bucket|count)$", "", n) for n in asked}
        assert unseen <= UNSEEN, unseen


# What no panel shows: names for other queries, and parts of what a panel shows.
UNSEEN = {"srs_node_uname_info", "srs_streams", "srs_clients", "srs_clients_total", "srs_receive_bytes_total", "srs_coroutines",
          "srs_io_uring_enabled", "srs_offload_threads", "srs_offload_jobs_total", "srs_offload_refused_jobs_total", "srs_hls_viewers_known",
          "srs_hook_waiting_bytes", "srs_hook_lost_total", "srs_memory_log_bytes", "srs_memory_segments_bytes", "srs_memory_stacks_bytes",
          "srs_snapshot_bytes", "srs_dvr_known_files", "srs_dvr_files_total", "srs_dvr_gaps_seconds_total", "srs_dvr_removed_files_total",
          "srs_cluster_questions_total", "srs_sound_converters", "srs_sound_frames_total",
          "srs_rtc_sessions", "srs_rtc_sessions_waiting", "srs_rtc_datagrams_total", "srs_rtc_packets_total",
          "srs_rtc_nacks_total", "srs_rtc_plis_total", "srs_rtc_packets_lost_total", "srs_rtc_strangers_total",
          "srs_rtc_dropped_total", "srs_rtc_send_calls_total", "srs_rtc_tcp_connections", "srs_rtc_tcp_connections_waiting",
          "srs_rtc_tcp_strangers_total", "srs_rtc_breaker_level", "srs_rtc_breaker_refused_total"}


def test_the_alerts_are_sound_and_quiet_on_a_healthy_server(metrics, tmp_path):
    check("rules", os.path.join(ETC, "prometheus", "alerts.yml"))
    check("config", os.path.join(ETC, "prometheus", "prometheus.yml"))
    publish(metrics.server)
    with metrics.server.player() as player, Prometheus(
            tmp_path / "p", [metrics.port], [os.path.join(ETC, "prometheus", "alerts.yml")]) as p:
        player.wait_media(3)
        p.wait("rate(srs_stream_frames_total[10s]) > 0")
        until(lambda: all(r["health"] == "ok" and r["lastEvaluation"] > "1" for r in p.rules()), "the rules to be evaluated")
        rules = p.rules()
        assert len(rules) > 15
        known = exposed(metrics)
        for rule in rules:
            assert rule["health"] == "ok" and rule["annotations"]["summary"] and rule["labels"]["severity"], rule
            assert not unknown_names(rule["query"], known), rule["query"]
        assert p.alerts() <= {"ServerRestarted", "CoreIsBusy", "LoopIsHeldUp"}       # the latter on a busy machine


def test_an_alert_comes_when_a_publisher_falls_silent(make_server, tmp_path):
    metrics = Metrics(make_server, "vhost __defaultVhost__ { publish { normal_timeout 600000; } }")
    with metrics.server.publisher("s") as publisher:
        publisher.send_tags(Numbered().tags(count=3))
        with Prometheus(tmp_path / "p", [metrics.port], [os.path.join(ETC, "prometheus", "alerts.yml")]) as p:
            until(lambda: "PublisherIsSilent" in p.alerts(), lambda: "the alert, there are %s" % p.alerts(), timeout=30)
