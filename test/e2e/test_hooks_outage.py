"""A backend that is away while publishers come and go: it hears of all afterwards, in order, also over kills of the server."""
import random
import threading
import time
from collections import Counter

import pytest

import rtmp
from flv import Numbered
from hook_backend import Backend, hooks
from srs import free_port
from test_hooks_journal import callbacks, wait_waiting, written
from wait import patience, until

FPS = 5
VHOST = "vhost=told"
PATIENT = "publish { firstpkt_timeout 60000; normal_timeout 60000; }"  # 200 publishers of one Python process may be slow
BEGIN, END = "on_publish", "on_unpublish"
EVENTS = ("on_connect", BEGIN, END, "on_close")
# 8 MiB of a journal, and the notices of one file: its records may have 3 MiB (one that is full, and what was gathered), and a record of
# 300 bytes, the least that there is here, is a notice of 510.
IN_MEMORY_MAX = (8 << 20) + (3 << 20) * 510 // 300


class Coming(threading.Thread):
    """A publisher of one stream that comes and goes until the crowd's end. `told` is what a backend must hear of the stream."""

    def __init__(self, crowd, number):
        super().__init__(daemon=True)
        self.crowd, self.stream, self.random = crowd, "s%d" % number, random.Random(number)
        self.told, self.n_rounds, self.n_killed, self.n_busy = [], 0, 0, 0
        self.is_live, self.was_cut, self.error = False, False, None
        self.start()

    def run(self):
        try:
            while not self.crowd.is_over.is_set():
                assert self.crowd.is_up.wait(patience(60))
                self.one_round()
                self.n_rounds += 1
        except Exception as e:               # the test gets it from check()
            self.error = e

    def one_round(self):
        param = "?n=%d" % self.n_rounds
        publisher = self.come(param)
        if not publisher:
            return
        with publisher:
            param += "&" + VHOST
            self.told.append((BEGIN, param))
            self.is_live = True
            try:
                self.publish(publisher)
            except rtmp.Closed:
                assert not self.crowd.is_up.is_set(), "the server closed %s" % self.stream
                self.n_killed += 1
                return
            finally:
                self.is_live = False
            self.leave(publisher)
        self.told.append((END, param))

    def come(self, param):
        """Begin to publish. None: on a busy machine the server may hear of it before it hears of the end of the last one."""
        try:
            return self.crowd.server.publisher(self.stream + param, app="live?" + VHOST)
        except rtmp.Refused as e:
            assert e.info["code"] == "NetStream.Publish.BadName" and self.was_cut, e.info
            self.n_busy += 1
            return None

    def publish(self, publisher):
        """Send frames for a while, and on as long as nobody may leave."""
        frames = Numbered(fps=FPS, audio_fps=0).tags()
        least = self.random.randrange(self.crowd.frames_max)
        while least > 0 or not self.crowd.let_go(self):
            publisher.send_tag(next(frames))
            publisher.drain()
            least = 0 if self.crowd.is_over.wait(1 / FPS) else least - 1

    def leave(self, publisher):
        """By FCUnpublish, by the end of the connection, or by a reset of it."""
        publisher.barrier()
        way = self.random.randrange(3)
        self.was_cut = way != 0
        if way == 0:
            publisher.unpublish(self.stream)
        elif way == 1:
            publisher.reset()


class Crowd:
    """Many publishers that come and go."""

    def __init__(self, server, n, frames_max):
        self.server, self.frames_max = server, frames_max
        self.is_over, self.is_up, self.lock, self.may_leave = threading.Event(), threading.Event(), threading.Lock(), True
        self.is_up.set()
        self.members = [Coming(self, i) for i in range(n)]

    def let_go(self, member):
        with self.lock:
            member.is_live = not self.may_leave
            return self.may_leave

    def hold(self, is_held):
        """While this is on, nobody leaves."""
        with self.lock:
            self.may_leave = not is_held

    def check(self):
        for m in self.members:
            if m.error:
                raise AssertionError("the publisher of %s failed: %r" % (m.stream, m.error)) from m.error

    def n_told(self):
        """The events so far: those of the streams, and one of a connection beside each, and both of one whose stream was busy."""
        return 2 * sum(len(m.told) + m.n_busy for m in self.members)

    def finish(self):
        self.is_over.set()
        for m in self.members:
            m.join(patience(30))
        self.check()


class Outage:
    """A server whose backend is away, a crowd, and a witness of which no backend is told."""

    def __init__(self, make_server, witness, folder, n, frames_max):
        self.port, self.folder, self.new_witness = free_port(), folder, witness
        more = "journal %s; fail_open on_connect on_publish; timeout 5; secret s3cret;" % folder
        self.server = make_server("vhost __defaultVhost__ { %s } vhost told { %s %s }\n" % (
            PATIENT, PATIENT, hooks(self, *EVENTS, more=more)), api="")
        self.witness = witness(self.server)
        self.crowd = Crowd(self.server, n, frames_max)

    def url(self, event):
        return "http://127.0.0.1:%d/%s" % (self.port, event)

    def until(self, condition, what, timeout=60):
        """Wait while witness and crowd are watched."""
        def look():
            self.crowd.check()
            self.witness.undisturbed()
            in_memory = callbacks(self.server)["waiting_bytes"]
            assert in_memory <= IN_MEMORY_MAX, in_memory
            return condition()
        until(look, what, timeout, every=0.2)

    def goes_on(self, seconds, rounds=2):
        """So long, and until each stream has come so often."""
        end, wanted = time.monotonic() + seconds, [m.n_rounds + rounds for m in self.crowd.members]
        self.until(lambda: time.monotonic() >= end and all(m.n_rounds >= n for m, n in zip(self.crowd.members, wanted)),
                   "each stream to come and go", seconds + 60)

    def all_is_on_the_disk(self):
        return all(m.is_live for m in self.crowd.members) and written(self.folder) == self.crowd.n_told()

    def kill(self):
        """Kill the server under all publishers, when the disk has what ended before. They come again."""
        self.crowd.hold(True)
        self.until(self.all_is_on_the_disk, lambda: "%d events on the disk, there are %d" % (
            self.crowd.n_told(), written(self.folder)))
        self.crowd.is_up.clear()
        self.witness.dismiss()
        self.server.kill()
        until(lambda: self.crowd.check() or all(m.n_killed == 1 for m in self.crowd.members), "all to notice")
        self.start()
        self.witness = self.new_witness(self.server)
        self.crowd.hold(False)
        self.crowd.is_up.set()

    def start(self):
        mark = self.server.mark()
        self.server.start()
        self.server.wait_log(r"\d+ callbacks of a former run are to be delivered", since=mark)


def one_of_each(calls):
    """The calls without those that came again."""
    return list({c.fields["X-Callback-Id"]: c for c in calls[::-1]}.values())[::-1]


def check_told(crowd, calls):
    """The calls tell all of the crowd, in order for each stream and each client, and nothing else."""
    streams, clients = {}, {}
    for c in one_of_each(calls):
        d = c.json
        clients.setdefault(d["client_id"], []).append(c.event)
        if c.event in (BEGIN, END):
            streams.setdefault(d["stream"], []).append((c.event, d["param"]))
    assert streams == {m.stream: m.told for m in crowd.members}
    killed, busy = (sum(getattr(m, name) for m in crowd.members) for name in ("n_killed", "n_busy"))
    n_of = Counter(map(tuple, clients.values()))
    assert set(n_of) <= {EVENTS, EVENTS[:2], ("on_connect", "on_close")}, n_of
    assert (n_of[EVENTS[:2]], n_of[("on_connect", "on_close")]) == (killed, busy)


def by_journal(calls):
    return [int(c.fields["X-Callback-Sequence"]) for c in calls if "X-Callback-Sequence" in c.fields]


SIZES = [pytest.param(12, 6, 8, id="short"), pytest.param(200, 600, 80, id="ten_minutes", marks=pytest.mark.long)]


@pytest.mark.parametrize("n,seconds,frames_max", SIZES)
def test_a_backend_that_was_away_hears_of_all(make_server, witness, tmp_path, n, seconds, frames_max):
    outage = Outage(make_server, witness, tmp_path / "journal", n, frames_max)
    outage.goes_on(seconds)
    backend = Backend(port=outage.port)
    outage.goes_on(0)                        # they come and go beside the delivery
    outage.crowd.finish()
    wait_waiting(outage.server, 0)
    check_told(outage.crowd, backend.calls)
    sequences = by_journal(backend.calls)
    assert sorted(sequences) == list(range(1, len(sequences) + 1))
    backend.close()


@pytest.mark.parametrize("n,seconds,frames_max", SIZES)
def test_kills_of_the_server_lose_nothing_that_has_happened(make_server, witness, tmp_path, n, seconds, frames_max):
    outage = Outage(make_server, witness, tmp_path / "journal", n, frames_max)
    outage.goes_on(seconds / 2)
    outage.kill()
    outage.goes_on(seconds / 2)
    outage.crowd.finish()
    wanted = outage.crowd.n_told()
    until(lambda: written(outage.folder) == wanted, "all events on the disk")
    outage.witness.dismiss()
    backend = Backend(port=outage.port)
    until(lambda: len(backend.calls) >= wanted // 3, "a third of the events", 60)
    outage.server.kill()
    outage.start()
    until(lambda: len(one_of_each(backend.calls)) == wanted, lambda: "%d events, there are %d" % (
        wanted, len(backend.calls)), 120, every=0.2)
    wait_waiting(outage.server, 0)
    check_told(outage.crowd, backend.calls)
    assert set(by_journal(backend.calls)) == set(range(1, wanted + 1))
    backend.close()
