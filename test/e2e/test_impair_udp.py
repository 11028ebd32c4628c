"""research/bench/impair_udp.py: a relay of datagrams that loses, delays, doubles and reorders them, and changes their source."""
import os
import socket
import subprocess
import sys
import threading
import time

import pytest

from media import ROOT
from wait import patience, until

sys.path.insert(0, os.path.join(ROOT, "research", "bench"))

from impair_udp import Link, Relay  # noqa: E402 (the path comes first)


# -- one direction, without clock and sockets ---------------------------------------------------------------------------

def link(seed=7, **how):
    made = Link(seed)
    for name, value in how.items():
        assert hasattr(made, name)
        setattr(made, name, value)
    return made


def plans(made, n, every_s=0.001, n_bytes=1000):
    return [made.plan(i * every_s, n_bytes) for i in range(n)]


def runs(lost):
    """The lengths of the runs of losses."""
    found, now = [], 0
    for is_lost in [*lost, False]:
        if not is_lost and now:
            found.append(now)
        now = now + 1 if is_lost else 0
    return found


@pytest.mark.parametrize("loss, burst", [(0.02, 1), (0.02, 5), (0.2, 1), (0.2, 8), (0.5, 2)])
def test_losses_are_the_share_that_is_asked_for_and_come_in_such_runs(loss, burst):
    made = link(loss=loss, burst=burst)
    lost = [not p for p in plans(made, 50000)]
    lengths = runs(lost)
    assert sum(lost) / len(lost) == pytest.approx(loss, rel=0.15)
    assert sum(lengths) / len(lengths) == pytest.approx(burst, rel=0.15)
    assert made.n_lost == sum(lost) and made.n_came == len(lost)


def test_none_or_all_may_be_lost():
    assert all(plans(link(loss=0), 1000))
    assert not any(plans(link(loss=1), 1000))


def test_the_same_seed_is_the_same_network():
    how = {"loss": 0.1, "burst": 3, "jitter_s": 0.02, "reorder": 0.1, "double": 0.1}
    assert plans(link(**how), 2000) == plans(link(**how), 2000) != plans(link(seed=8, **how), 2000)


def test_jitter_keeps_the_order_and_the_bounds():
    times = [p[0] for p in plans(link(delay_s=0.04, jitter_s=0.02), 5000)]
    late = [t - i * 0.001 for i, t in enumerate(times)]
    assert times == sorted(times)
    assert min(late) >= 0.04 and 0.055 < max(late) <= 0.06 + 1e-9


def test_a_share_is_passed_by_others():
    times = [p[0] for p in plans(link(reorder=0.1, behind_s=0.02), 20000)]
    behind = {i for i, t in enumerate(times) if t > i * 0.001 + 0.01}
    assert len(behind) / len(times) == pytest.approx(0.1, rel=0.15)
    rest = [t for i, t in enumerate(times) if i not in behind]
    assert rest == sorted(rest)


def test_a_share_comes_twice():
    assert sum(len(p) == 2 for p in plans(link(double=0.1), 20000)) / 20000 == pytest.approx(0.1, rel=0.15)


def test_a_rate_delays_and_its_queue_is_bounded():
    made = link(rate=1e6, queue_s=0.1)
    found = plans(made, 1000)                                                 # 8 Mbit/s for a second
    passed = [(i * 0.001, p[0]) for i, p in enumerate(found) if p]
    assert made.n_full == 1000 - len(passed)
    assert len(passed) * 8000 == pytest.approx(1.1e6, rel=0.05)
    assert max(left - came for came, left in passed) <= 0.1 + 0.008 + 1e-9
    assert all(b - a >= 0.008 - 1e-9 for (_, a), (_, b) in zip(passed, passed[1:]))


# -- the relay ----------------------------------------------------------------------------------------------------------

class Echo:
    """Sends each datagram back, and remembers from where it came."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port, self.sources = self.socket.getsockname()[1], []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            data, address = self.socket.recvfrom(65536)
            if data == b"end":
                return
            self.sources.append(address)
            self.socket.sendto(data, address)

    def stop(self):
        with client(self.port) as c:
            c.send(b"end")
        self.thread.join()
        self.socket.close()


@pytest.fixture
def echo():
    e = Echo()
    yield e
    e.stop()


def client(port):
    c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    c.connect(("127.0.0.1", port))
    c.settimeout(patience())
    return c


def echoed(c, data=b"x"):
    began = time.monotonic()
    c.send(data)
    assert c.recv(65536) == data
    return time.monotonic() - began


def test_datagrams_pass_both_ways_and_each_client_has_its_own_source(echo):
    with Relay(echo.port) as relay, client(relay.port) as a, client(relay.port) as b:
        for size in (0, 1, 1200, 60000):
            echoed(a, b"a" * size)
            echoed(b, b"b" * size)
        assert len(set(echo.sources)) == 2
        assert [k["came"] for k in relay.counts()] == [8, 8]


def test_a_delay_counts_in_each_direction_and_may_change(echo):
    with Relay(echo.port, delay_ms=40) as relay, client(relay.port) as c:
        assert echoed(c) >= 0.08
        relay.change(delay_ms=0)
        until(lambda: echoed(c) < 0.08, "no delay any more")


def test_after_a_rebind_the_same_client_comes_from_another_source(echo):
    with Relay(echo.port) as relay, client(relay.port) as c:
        echoed(c)
        for n in (2, 3):
            relay.rebind()
            echoed(c)
            assert len(set(echo.sources)) == n


def test_what_comes_while_it_is_parted_is_lost(echo):
    with Relay(echo.port) as relay, client(relay.port) as c, client(relay.port) as witness:
        echoed(c)
        relay.part()
        c.send(b"lost")
        until(lambda: relay.counts()[0] == {"came": 2, "lost": 1, "full": 0}, "the loss")
        relay.join()
        echoed(witness)
        echoed(c, b"again")


def test_the_program_obeys_lines(echo):
    argv = [sys.executable, os.path.join(ROOT, "research", "bench", "impair_udp.py"), "0", "127.0.0.1:%d" % echo.port, "--delay", "20",
            "--seed", "1"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        port = int(program.stdout.readline().split(":")[2].split()[0])
        with client(port) as c:
            assert echoed(c) >= 0.04
            program.stdin.write("delay 0\nnonsense\nrate\nrebind\n")
            program.stdin.flush()
            until(lambda: (echoed(c), len(set(echo.sources)) == 2)[1], "another source")
        program.stdin.close()
        assert program.wait(patience()) == 0
        assert program.stderr.read().count("not understood") == 2
