"""A real Prometheus and its promtool at the exporter."""
import pytest

from prometheus import Prometheus, lint
from test_metrics import OPEN_METRICS, Metrics, publish

# Names of SRS, which dashboards rely on, do not follow the advice for new ones.
REMARKS = {'srs_cpu_percent use base unit "ratio" instead of "percent"'}


@pytest.fixture
def metrics(make_server):
    return Metrics(make_server)


def test_promtool_has_no_remark_about_our_own_metrics(metrics):
    publish(metrics.server)
    with metrics.server.player() as player:
        player.wait_media(3)
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
