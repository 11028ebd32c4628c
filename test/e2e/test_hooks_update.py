"""on_update: records of bytes, frames and quality at intervals, and a last one at the end of each session, whatever ends it."""
import media
import rtmp
from api import Api
from flv import Numbered
from hook_backend import Backend, hooks, vhost
from http_live import HttpPlayer
from srs import publish
from test_hooks_journal import Away, wait_waiting
from test_play import seen
from wait import until

CLIENT_KEYS = ["server_id", "service_id", "action", "client_id", "ip", "vhost", "app", "tcUrl", "stream", "param",
               "stream_url", "stream_id"]
COUNTS = ["type", "role", "number", "final", "seconds", "interval", "recv_bytes", "send_bytes", "recv_kbps", "send_kbps",
          "frames", "fps"]
QUALITY = ["stream_fps", "gop_ms", "gaps", "gaps_ms", "longest_gap_ms", "time_breaks", "player_jumps"]


def conf(backend, *events, interval=0.2, more=""):
    return vhost(hooks(backend, "on_update", *events, more="update_interval %s; %s" % (interval, more)))


def records(backend, role="publish"):
    return [c.json for c in backend.of("on_update") if c.json["role"] == role]


def wait_final(backend, role="publish", n=1):
    until(lambda: sum(r["final"] for r in records(backend, role)) == n,
          lambda: "%d last records of %s, there are %s" % (n, role, backend.events()))
    return [r for r in records(backend, role) if r["final"]]


def test_records_come_at_intervals_and_at_the_end(make_server, backend):
    server = make_server(conf(backend, "on_unpublish"))
    with server.publisher("s?k=v") as publisher:
        feeder = rtmp.Feeder(publisher, media.loop("h264_aac.flv"))
        until(lambda: len(records(backend)) >= 3, "three records")
        feeder.stop()
    final = wait_final(backend)[0]
    backend.wait_for("on_unpublish")
    assert backend.events().index("on_unpublish") == len(backend.events()) - 1
    got = records(backend)
    assert backend.of("on_update")[0].keys == CLIENT_KEYS + COUNTS + QUALITY
    assert [r["number"] for r in got] == list(range(1, len(got) + 1))
    assert [r["final"] for r in got] == [False] * (len(got) - 1) + [True]
    for before, after in zip(got, got[1:]):
        assert before["recv_bytes"] <= after["recv_bytes"] and before["frames"] <= after["frames"]
        assert before["seconds"] <= after["seconds"] and before["number"] < after["number"]
    assert got[0]["stream"] == "s" and got[0]["param"] == "?k=v" and got[0]["type"] == "fmle-publish"
    assert final["frames"] > 20 and final["recv_bytes"] > 5000 and max(r["recv_kbps"] for r in got) > 0
    assert max(r["fps"] for r in got) > 10


def test_players_have_records(make_server, backend):
    server = make_server(conf(backend, "on_stop", interval=300), http="")
    with publish(server):
        with server.player("s") as player:
            seen(player, 8)
        rtmp_final = wait_final(backend, "play")[0]
        with HttpPlayer(server.http_port, "/live/s.flv") as player:
            player.wait_body(20)
        http_final = wait_final(backend, "play", 2)[1]
        for call in backend.of("on_update"):
            assert call.keys == CLIENT_KEYS + COUNTS
    assert rtmp_final["send_bytes"] > 0 and rtmp_final["frames"] > 0 and http_final["send_bytes"] > 20
    assert [r["number"] for r in records(backend, "play")] == [1, 1]


def test_a_kick_a_takeover_and_a_stop_have_a_last_record(make_server, backend):
    server = make_server(conf(backend, interval=300, more="").replace(
        "http_hooks", "publish { republish takeover; } http_hooks", 1), api="")
    with publish(server, "a"):
        Api(server).ask("DELETE", "/api/v1/clients/" + Api(server).stream("a")["publish"]["cid"])
        wait_final(backend, n=1)
    with publish(server, "b"), publish(server, "b"):
        wait_final(backend, n=2)
    wait_final(backend, n=3)
    with publish(server, "c"):
        until(lambda: Api(server).stream("c"), "the stream")
        server.stop()
    finals = wait_final(backend, n=4)
    assert [r["stream"] for r in finals] == ["a", "b", "b", "c"] and all(r["recv_bytes"] > 0 for r in finals)
    assert len({r["client_id"] for r in finals}) == 4


def test_a_reload_that_removes_the_vhost_has_a_last_record(make_server, backend):
    block = hooks(backend, "on_update", more="update_interval 300;")
    server = make_server(vhost("") + vhost(block, name="other"))
    with server.client(tc_url=server.tc_url() + "?vhost=other") as client:
        client.publish("s")
        client.send_tags(Numbered().tags(count=3))
        server.wait_log("start publish")
        server.reload(vhost(""))
        client.close()
    assert wait_final(backend)[0]["vhost"] == "other"


def test_records_go_through_the_journal(make_server, tmp_path):
    away = Away()
    server = make_server(conf(away, interval=300, more="journal %s;" % (tmp_path / "journal")), api="")
    publish(server).close()
    wait_waiting(server, 1)
    server.stop()
    backend = away.come()
    server.start()
    assert wait_final(backend)[0]["frames"] > 0
    backend.close()


def test_a_reload_changes_interval_and_place(make_server, backend):
    other = Backend()
    server = make_server(conf(backend, interval=0.2))
    with publish(server):
        until(lambda: records(backend), "a record")
        server.reload(conf(other, interval=0.1))
        until(lambda: len(records(other)) >= 2, "records at the other place")
    assert wait_final(other)
    other.close()
