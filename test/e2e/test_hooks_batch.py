"""on_batch: all events of a vhost as JSON arrays, bounded in number and time, through the journal."""
import json

import pytest

from api import Api
from hook_backend import answer, hooks, vhost
from srs import free_port, publish
from test_hooks import HlsLive
from test_hooks_journal import Away, callbacks, wait_waiting, written
from test_play import seen
from wait import until


def conf(backend, *events, more=""):
    return vhost(hooks(backend, "on_batch", *events, more=more))


def batches(backend):
    return [json.loads(c.body) for c in backend.of("on_batch")]


def events(backend):
    return [e for b in batches(backend) for e in b]


def actions(backend):
    return [e["action"] for e in events(backend)]


def wait_actions(backend, *wanted):
    until(lambda: len(actions(backend)) >= len(wanted), lambda: "%s, there are %s" % (wanted, actions(backend)))
    assert actions(backend) == list(wanted)


def test_all_events_come_in_batches(make_server, backend):
    server = make_server(conf(backend, more="batch_time 0.2; update_interval 300;"))
    with publish(server, "s?k=v"):
        with server.player("s") as player:
            seen(player, 8)
        until(lambda: "on_close" in actions(backend), "the end of the player")
    wait_actions(backend, "on_connect", "on_publish", "on_connect", "on_play", "on_update", "on_stop", "on_close",
                 "on_update", "on_unpublish", "on_close")
    got = events(backend)
    assert len({e["event_id"] for e in got}) == len(got) > len(batches(backend))
    assert list(got[1])[:6] == ["event_id", "sequence", "time_ms", "server_id", "service_id", "action"]
    assert got[1]["stream"] == "s" and got[1]["param"] == "?k=v" and got[4]["final"] is True
    assert set(backend.events()) == {"on_batch"}


def test_a_batch_has_no_more_events_than_it_may(make_server, backend):
    server = make_server(conf(backend, more="batch_time 60; batch_events 3; update_interval 300;"))
    for _ in range(3):
        publish(server).close()  # connect, publish, update, unpublish, close
    until(lambda: len(batches(backend)) == 5, "five batches")
    assert [len(b) for b in batches(backend)] == [3] * 5
    publish(server).close()
    until(lambda: len(batches(backend)) == 6, "the sixth")
    server.stop()  # it does not wait for more
    assert [len(b) for b in batches(backend)] == [3] * 6 + [2]


def test_events_with_urls_of_their_own_come_both_ways(make_server, backend):
    server = make_server(conf(backend, "on_publish", "on_unpublish", more="batch_time 0.1; update_interval 300;"))
    publish(server).close()
    wait_actions(backend, "on_connect", "on_publish", "on_update", "on_unpublish", "on_close")
    assert backend.events().count("on_publish") == backend.events().count("on_unpublish") == 1


def test_a_refused_client_is_not_on_the_bus(make_server, backend):
    backend.answers["on_publish"] = answer(403)
    server = make_server(conf(backend, "on_publish", "on_unpublish", more="batch_time 0.1;"))
    with pytest.raises(Exception):
        publish(server)
    wait_actions(backend, "on_connect", "on_close")


def test_segments_are_on_the_bus(make_server, backend, tmp_path):
    live = HlsLive(make_server, tmp_path, hooks(backend, "on_batch", more="batch_time 0.1;"))
    until(lambda: "on_hls" in actions(backend), "a segment", 20)
    hls = next(e for e in events(backend) if e["action"] == "on_hls")
    assert hls["stream"] == "s" and hls["file"].endswith(".ts")
    live.feeder.stop()


def test_batches_wait_for_a_backend_that_is_away(make_server, tmp_path):
    away = Away()
    server = make_server(conf(away, more="journal %s; batch_time 0.05; update_interval 300;" % (tmp_path / "j")), api="")
    for n in range(3):
        publish(server, "s?n=%d" % n).close()
        wait_waiting(server, 5 * (n + 1))
    until(lambda: written(tmp_path / "j") == 15, "all events on the disk")
    server.kill()
    server.start()
    publish(server, "s?n=3").close()
    wait_waiting(server, 20)
    backend = away.come(on_batch=answer(503))
    backend.wait_for("on_batch", 2)
    assert callbacks(server)["journals"][0]["waiting"] == 20
    backend.calls.clear()
    backend.answers.clear()
    wait_waiting(server, 0)
    told = {e["sequence"]: e for e in events(backend)}
    assert sorted(told) == list(range(1, 21))
    assert [e["param"] for _, e in sorted(told.items()) if e["action"] == "on_unpublish"] == ["?n=%d" % n for n in range(4)]
    last = backend.of("on_batch")[-1]
    assert int(last.fields["X-Callback-Sequence"]) == json.loads(last.body)[-1]["sequence"]
    backend.close()


def test_events_for_kafka_wait_in_the_journal(make_server, tmp_path):
    port = free_port()
    kafka = "kafka { enabled on; brokers 127.0.0.1:%d; topic t; journal %s; }" % (port, tmp_path / "j")
    server = make_server("vhost __defaultVhost__ { }\n" + kafka, api="")
    publish(server).close()
    if "built without it" in server.log:
        until(lambda: not Api(server).streams(), "the end of the stream")
        assert callbacks(server)["waiting"] == 0
        return
    wait_waiting(server, 5)
    server.stop()  # at once, though no broker is there
    assert "5 callbacks wait for the next start" in server.log
