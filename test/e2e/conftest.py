"""Fixtures: servers that are stopped and examined after each test, publishers, players, and a witness.

Environment: SRS_BIN (the binary; default ./objs/srs), E2E_SCALE (how much longer to wait than on a plain build;
detected for a sanitizer build).
"""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import flv  # noqa: E402
import programs  # noqa: E402
import media  # noqa: E402
import rtmp  # noqa: E402
import srs  # noqa: E402
import wait  # noqa: E402
from browser import Browser  # noqa: E402
from hook_backend import Backend  # noqa: E402

wait.SCALE = wait.scale_for(srs.BINARY)


def pytest_addoption(parser):
    parser.addoption("--python-only", action="store_true", help="skip what needs clients that are not Python")
    parser.addoption("--long", action="store_true", help="run only the tests that take minutes")


def _leave_out_cells(items):
    """Of a test marked `sample(n)` each n-th of its cells is for make test; all others are marked `long`."""
    seen = {}
    for item in items:
        marker = item.get_closest_marker("sample")
        if not marker:
            continue
        n = seen[item.function] = seen.get(item.function, -1) + 1
        if n % marker.args[0]:
            item.add_marker("long")


def pytest_collection_modifyitems(config, items):
    """Tests marked `long` are those of make test-long, and no others."""
    wanted = config.getoption("--long")
    _leave_out_cells(items)
    config.hook.pytest_deselected(items=[i for i in items if bool(i.get_closest_marker("long")) != wanted])
    items[:] = [i for i in items if bool(i.get_closest_marker("long")) == wanted]


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes minutes; make test-long runs it")
    config.addinivalue_line("markers", "sample(n): make test runs each n-th cell, make test-long the others")
    if config.getoption("--python-only"):
        programs.python_only()


def pytest_report_header():
    return "server: %s%s, waits x %g" % (srs.BINARY, " (sanitized)" if srs.SANITIZED else "", wait.SCALE)


def pytest_sessionstart():
    if not os.access(srs.BINARY, os.X_OK):
        pytest.exit("there is no server at %s (build it, or set SRS_BIN)" % srs.BINARY, 2)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows the end of each server's log."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for s in getattr(item, "servers", []):
            report.sections.append(("server in %s" % s.folder, s.tail()))


@pytest.fixture
def make_server(request, tmp_path):
    """Start servers: make_server(conf, listen=…, root=…). After the test each must stop without an error."""
    servers = request.node.servers = []

    def make(conf="vhost __defaultVhost__ { }", **how):
        s = srs.Server(tmp_path / ("srs%d" % len(servers)), conf, start=False, **{
            k: v for k, v in how.items() if k != "start"})
        servers.append(s)
        if how.get("start", True):
            s.start()
        return s

    yield make
    problems = []
    for s in servers:
        try:
            s.stop()
        except AssertionError as e:
            problems.append(str(e))
        finally:
            s.kill()
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


@pytest.fixture
def server(make_server):
    """A server with an empty default vhost."""
    return make_server()


@pytest.fixture
def swarm():
    s = rtmp.Swarm()
    yield s
    s.stop()


@pytest.fixture
def backend():
    """A backend of HTTP callbacks."""
    b = Backend()
    yield b
    b.close()


@pytest.fixture(scope="module")
def page():
    """A browser."""
    b = Browser()
    yield b
    b.close()


@pytest.fixture
def site(make_server):
    """site(conf) starts a server with the web pages, the console and the API."""
    def make(conf="vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } }", api="", **how):
        server = make_server(conf, api=api, http="", start=False, **how)
        server.make_pages()
        return server.start()

    return make


@pytest.fixture
def live():
    """live(server, stream, clip) publishes a clip in a loop until the test ends."""
    feeders = []

    def start(server, stream="livestream", clip="h264_aac.flv"):
        feeders.append(rtmp.Feeder(server.publisher(stream), media.loop(clip)))

    yield start
    for f in feeders:
        f.finish()


class Witness:
    """A live stream with a player that must stay undisturbed while a test does something else to the server.

    It publishes a Numbered stream in real time and plays it. undisturbed() asserts that frames go on coming and
    that none has been lost since the beginning.
    """

    def __init__(self, server, swarm, stream="witness"):
        self.source = flv.Numbered(name="witness")
        self.publisher = server.publisher(stream, app="witness")
        self.feeder = rtmp.Feeder(self.publisher, self.source.tags())
        self.player, = swarm.add("127.0.0.1", server.port, server.tc_url("witness"), stream)
        self.is_dismissed = False
        swarm.wait_playing([self.player])
        self.undisturbed()

    def undisturbed(self):
        """Wait until frames sent from now on have arrived; assert that nothing is missing before them."""
        n = len(self.feeder.sent) + 3
        wait.until(lambda: len(self.feeder.sent) >= n or self.feeder.error, "the witness to publish")
        self.feeder.check()
        wanted = [flv.number_of(t) for t in self.feeder.sent[:n]][-1]
        wait.until(lambda: self.player.closed or any(flv.number_of(m) == wanted for m in self.player.messages[-400:]),
                   lambda: "frame %s at the witness, which has %d messages" % (wanted, len(self.player.messages)))
        assert not self.player.closed, "the witness was closed: %r" % self.player.error
        assert flv.gaps(self.player.messages) == []

    def dismiss(self):
        """Look for the last time, because the server is about to die."""
        self.undisturbed()
        self.feeder.stop()
        self.is_dismissed = True

    def finish(self):
        if self.is_dismissed:
            return
        self.undisturbed()
        self.feeder.finish()


@pytest.fixture
def witness(make_server, swarm):
    """witness(server) starts a Witness; at the end of the test it must still be undisturbed."""
    started = []

    def start(server, **how):
        started.append(Witness(server, swarm, **how))
        return started[-1]

    yield start
    for w in started:
        w.finish()
