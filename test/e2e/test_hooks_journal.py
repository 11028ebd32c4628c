"""The journal of callbacks: a backend that is away, a server that is killed, a disk that is full; nothing is lost, and all comes in order."""
import contextlib
import os
import re

import pytest

from api import Api
from flv import Numbered
from hook_backend import Backend, answer, hooks, vhost
from srs import free_port
from test_hls_disk import small_disk  # noqa: F401, a fixture
from wait import until

ENDS = ("on_unpublish", "on_stop", "on_close")
N_STREAMS, N_ROUNDS = 5, 4


class Away:
    """A backend that is not there yet: its port, and URLs for its events."""

    def __init__(self):
        self.port = free_port()
        self.backend = None

    def url(self, event):
        return "http://127.0.0.1:%d/%s" % (self.port, event)

    def come(self, **answers):
        self.backend = Backend(port=self.port)
        self.backend.answers.update(answers)
        return self.backend


@pytest.fixture
def away():
    a = Away()
    yield a
    if a.backend:
        a.backend.close()


def conf(away, folder, *events, more=""):
    return vhost(hooks(away, *(events or ENDS), more="journal %s; %s" % (folder, more)))


def publish(server, stream):
    publisher = server.publisher(stream)
    publisher.send_tags(Numbered().tags(count=2))
    return publisher


def come_and_go(server, rounds=N_ROUNDS):
    """Publishers of several streams, which are told apart by `param`. Returns what must be told of each stream."""
    for n in range(rounds):
        publishers = [publish(server, "s%d?n=%d" % (i, n)) for i in range(N_STREAMS)]
        for p in publishers:
            p.close()


def callbacks(server):
    return Api(server).get("/api/v1/callbacks")["data"]


def journal(server):
    return callbacks(server)["journals"][0]


def wait_waiting(server, n):
    until(lambda: journal(server)["waiting"] == n, lambda: "%d callbacks to wait, there are %s" % (n, callbacks(server)))


def unpublished(calls):
    """The parameters of the ends of each stream, in the order in which they came, a repetition of one event left out."""
    seen, told = set(), {}
    for c in calls:
        if c.event == "on_unpublish" and c.fields["X-Callback-Id"] not in seen:
            seen.add(c.fields["X-Callback-Id"])
            told.setdefault(c.json["stream"], []).append(c.json["param"])
    return told


def all_rounds(rounds=N_ROUNDS):
    return {"s%d" % i: ["?n=%d" % n for n in range(rounds)] for i in range(N_STREAMS)}


def sequences(backend):
    return [int(c.fields["X-Callback-Sequence"]) for c in backend.calls]


def test_events_wait_for_a_backend_that_is_away_and_come_in_order(make_server, away, tmp_path):
    server = make_server(conf(away, tmp_path / "journal"), api="")
    come_and_go(server)
    n = 2 * N_STREAMS * N_ROUNDS
    wait_waiting(server, n)
    shown = callbacks(server)
    assert shown["failing"][0]["backend"] == "http://127.0.0.1:%d" % away.port and shown["lost"] == 0
    server.wait_log(r"WARN.*callbacks: http://127.0.0.1:%d does not answer" % away.port)
    backend = away.come()
    wait_waiting(server, 0)
    server.wait_log(r"callbacks: http://127.0.0.1:%d answers again" % away.port)
    assert len(backend.calls) == n and unpublished(backend.calls) == all_rounds()
    assert sorted(sequences(backend)) == list(range(1, n + 1))
    by_stream = {}
    for c in backend.of("on_unpublish"):
        by_stream.setdefault(c.json["stream"], []).append(int(c.fields["X-Callback-Sequence"]))
    assert all(numbers == sorted(numbers) for numbers in by_stream.values())
    assert callbacks(server)["failing"] == []


def test_events_come_after_a_kill_of_the_server(make_server, away, tmp_path):
    server = make_server(conf(away, tmp_path / "journal"), api="")
    come_and_go(server, 2)
    n = 2 * N_STREAMS * 2
    wait_waiting(server, n)
    until(lambda: written(tmp_path / "journal") == n, "all events on the disk")
    server.kill()
    server.start()
    server.wait_log(r"%d callbacks of a former run are to be delivered" % n)
    come_and_go(server, 1)
    backend = away.come()
    wait_waiting(server, 0)
    assert unpublished(backend.calls) == {"s%d" % i: ["?n=0", "?n=1", "?n=0"] for i in range(N_STREAMS)}
    assert sorted(sequences(backend)) == list(range(1, n + 2 * N_STREAMS + 1))


def written(folder):
    """The events in the files."""
    if not folder.exists():
        return 0
    return sum(re.findall(r"^\S+ (\w+)\t", read(folder / name), re.M).count("event") for name in os.listdir(folder))


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def test_a_kill_in_the_middle_of_the_delivery_loses_nothing(make_server, away, tmp_path):
    server = make_server(conf(away, tmp_path / "journal"), api="")
    come_and_go(server)
    n = 2 * N_STREAMS * N_ROUNDS
    until(lambda: written(tmp_path / "journal") == n, "all events on the disk")
    backend = away.come()
    until(lambda: len(backend.calls) >= n // 3, "a third of the events")
    server.kill()
    server.start()
    until(lambda: set(sequences(backend)) == set(range(1, n + 1)), "all events")
    wait_waiting(server, 0)
    assert unpublished(backend.calls) == all_rounds()


def test_a_stop_keeps_what_is_not_delivered(make_server, away, tmp_path):
    server = make_server(conf(away, tmp_path / "journal"))
    with publish(server, "s"):
        server.stop()
    assert re.search(r"2 callbacks wait for the next start", server.log)
    backend = away.come()
    server.start()
    backend.wait("on_unpublish", "on_close")


def test_a_backend_that_is_busy_is_asked_again_and_one_that_refuses_is_not(make_server, away, tmp_path):
    backend = away.come(on_unpublish=answer(503), on_close=answer(403))
    server = make_server(conf(away, tmp_path / "journal"), api="")
    publish(server, "s").close()
    backend.wait_for("on_unpublish", 3)
    backend.answers["on_unpublish"] = answer()
    wait_waiting(server, 0)
    assert len(backend.of("on_close")) == 1
    assert len({c.fields["X-Callback-Id"] for c in backend.of("on_unpublish")}) == 1


def test_events_that_are_too_old_are_given_up(make_server, away, tmp_path):
    server = make_server(conf(away, tmp_path / "journal", more="journal_age 1s;"), api="")
    publish(server, "s").close()
    until(lambda: journal(server)["given_up"] == 2 and journal(server)["waiting"] == 0, "both events to be given up")
    server.wait_log(r"WARN.*on_unpublish of \S+ is given up: it is older than journal_age")


def test_a_reload_moves_events_that_wait_to_another_backend(make_server, away, tmp_path):
    server = make_server(conf(away, tmp_path / "journal"), api="")
    publish(server, "s").close()
    wait_waiting(server, 2)
    other = Backend()
    server.reload(conf(other, tmp_path / "journal"))
    other.wait("on_unpublish", "on_close")
    other.close()


def test_events_survive_a_full_disk_in_memory(make_server, away, small_disk):  # noqa: F811
    with open(small_disk + "/ballast", "wb", buffering=0) as f, contextlib.suppress(OSError):
        while f.write(b"x" * 4096):
            pass
    server = make_server(conf(away, small_disk + "/journal"), api="")
    come_and_go(server, 1)
    n = 2 * N_STREAMS
    until(lambda: journal(server)["memory_only"] == n, lambda: "all to be in memory, there are %s" % callbacks(server))
    assert len(re.findall("callbacks are in memory only", server.log)) == 1
    backend = away.come()
    wait_waiting(server, 0)
    assert unpublished(backend.calls) == all_rounds(1)
    os.remove(small_disk + "/ballast")
    publish(server, "later").close()
    server.wait_log(r"it takes all again; %d callbacks were in memory only" % n)


def test_a_file_that_was_cut_is_read_up_to_the_cut(make_server, away, tmp_path):
    server = make_server(conf(away, tmp_path / "journal"), api="")
    come_and_go(server, 1)
    n = 2 * N_STREAMS
    until(lambda: written(tmp_path / "journal") == n, "all events on the disk")
    server.kill()
    path = tmp_path / "journal" / "hooks-1.journal"
    os.truncate(path, os.path.getsize(path) - 1)
    server.start()
    backend = away.come()
    wait_waiting(server, 0)
    assert sorted(sequences(backend)) == list(range(1, n))
    server.wait_log(r"WARN.*1 records cannot be read")


def test_a_beginning_that_was_let_in_without_an_answer_is_told_later_in_its_place(make_server, away, tmp_path):
    server = make_server(conf(away, tmp_path / "journal", "on_publish", "on_unpublish", more="fail_open on_publish;"), api="")
    for n in range(3):
        publish(server, "s?n=%d" % n).close()
        wait_waiting(server, 2 * (n + 1))
    backend = away.come()
    wait_waiting(server, 0)
    assert [(c.event, c.json["param"]) for c in backend.calls] == [
        (event, "?n=%d" % n) for n in range(3) for event in ("on_publish", "on_unpublish")]


def test_a_second_server_takes_the_folder_when_the_first_has_gone(make_server, away, tmp_path):
    first = make_server(conf(away, tmp_path / "journal"), api="")
    publish(first, "s?n=1").close()
    wait_waiting(first, 2)
    second = make_server(conf(away, tmp_path / "journal"), api="")
    second.wait_log(r"journal of callbacks \S+ cannot be used.*another server has")
    publish(second, "s?n=2").close()
    until(lambda: journal(second)["memory_only"] == 2, "events in memory")
    first.stop()
    second.wait_log(r"2 callbacks of a former run are to be delivered")
    backend = away.come()
    until(lambda: len(backend.calls) == 4, "all events")
    assert sorted(c.json["param"] for c in backend.of("on_unpublish")) == ["?n=1", "?n=2"]
    wait_waiting(second, 0)
