"""systemd: the server's messages to a service manager, and the unit file that `make install` installs."""
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from wait import patience, until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Manager:
    """The socket of a service manager, and the messages that came to it, each as a dictionary."""

    def __init__(self, folder):
        self.path = os.path.join(str(folder), "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)

    def close(self):
        self.socket.close()

    def next(self):
        self.socket.settimeout(patience(20))
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().split("\n"))

    def has_next(self):
        self.socket.settimeout(0)
        try:
            self.socket.recv(1, socket.MSG_PEEK)
            return True
        except BlockingIOError:
            return False


@pytest.fixture
def manager(tmp_path):
    m = Manager(tmp_path)
    yield m
    m.close()


def managed(make_server, manager, **how):
    return make_server(env={"NOTIFY_SOCKET": manager.path}, **how)


# -- messages to the manager -----------------------------------------------------------------------------------------


def test_ready_comes_when_every_port_is_open(make_server, manager):
    s = managed(make_server, manager, api="", http="", tls=True, start=False)
    s.spawn()
    assert manager.next() == {"READY": "1", "STATUS": "serving"}
    for port in s.ports():
        socket.create_connection(("127.0.0.1", port), timeout=patience(5)).close()


def test_a_start_that_fails_is_never_ready(make_server, manager):
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        s = managed(make_server, manager, listen=[taken.getsockname()[1]], start=False)
        s.spawn()
        assert s.wait_exit() != 0
    while manager.has_next():
        assert "READY" not in manager.next()


def test_a_reload_begins_and_ends(make_server, manager):
    s = managed(make_server, manager)
    manager.next()
    s.write_conf("vhost __defaultVhost__ { play { queue_length 5; } }")
    s.send_signal(signal.SIGHUP)
    began = manager.next()
    assert began["RELOADING"] == "1"
    assert 0 < int(began["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert manager.next() == {"READY": "1", "STATUS": "serving, configuration reloaded"}


def test_a_reload_that_fails_ends_too_and_says_why(make_server, manager):
    s = managed(make_server, manager)
    manager.next()
    s.write_conf("vhost __defaultVhost__ { nonsense on; }")
    s.send_signal(signal.SIGHUP)
    assert manager.next()["RELOADING"] == "1"
    ended = manager.next()
    assert ended["READY"] == "1"
    assert re.match("serving, configuration unchanged: the reload failed: .*nonsense", ended["STATUS"])


def test_a_stop_is_told_before_the_end(make_server, manager):
    s = managed(make_server, manager)
    manager.next()
    s.stop()
    assert manager.next() == {"STOPPING": "1", "STATUS": "stopping"}
    assert not manager.has_next()


def test_a_graceful_stop_is_told_when_the_clients_have_left(make_server, manager):
    """A manager kills a service that takes longer to stop than its timeout; a graceful stop may take hours."""
    s = managed(make_server, manager, root={"grace_start_wait": 100, "grace_final_wait": 100})
    manager.next()
    publisher = s.publisher("stream")
    s.send_signal(signal.SIGQUIT)
    assert manager.next() == {"STATUS": "stopping when the clients have left"}
    s.wait_log("wait for 1 conns to quit")
    assert not manager.has_next()
    publisher.close()
    assert manager.next()["STOPPING"] == "1"
    assert s.wait_exit() == 0


# -- the unit file ---------------------------------------------------------------------------------------------------


def install(folder, prefix, units=""):
    subprocess.run([os.path.join(ROOT, "trunk-scripts", "install.sh"), str(folder), prefix, units], check=True,
                   stdout=subprocess.DEVNULL, timeout=patience(60))


def unit(path):
    """The directives of a unit file: name -> values."""
    found = {}
    with open(path) as f:
        for name, value in re.findall(r"(?m)^(\w+)=(.*)$", f.read()):
            found.setdefault(name, []).append(value)
    return found


def test_the_unit_is_where_systemd_looks_and_starts_the_binary(tmp_path):
    install(tmp_path, "/usr/local/srs")
    found = unit(tmp_path / "usr/local/lib/systemd/system/srs.service")
    assert found == unit(tmp_path / "usr/local/srs/usr/lib/systemd/system/srs.service")
    assert found["Type"] == ["notify"]
    assert found["ExecStart"] == ["/usr/local/srs/objs/srs -c conf/srs.conf"]
    assert found["ExecReload"] == ["/usr/local/srs/objs/srs -t -c conf/srs.conf", "/bin/kill -HUP $MAINPID"]
    assert found["WorkingDirectory"] == ["/usr/local/srs"]
    assert found["ReadWritePaths"] == ["/usr/local/srs/objs"]
    assert found["Environment"] == ["SRS_DAEMON=off"]
    assert found["KillMode"] == ["mixed"]
    assert int(found["LimitNOFILE"][0]) >= 65536
    assert (found["ProtectSystem"], found["NoNewPrivileges"], found["PrivateTmp"]) == (["strict"], ["yes"], ["yes"])
    assert found["CapabilityBoundingSet"] == ["CAP_NET_BIND_SERVICE"]


@pytest.mark.long
def test_a_private_installation_leaves_systemd_alone(tmp_path):
    install(tmp_path, "/home/somebody/srs")
    assert not (tmp_path / "usr/local/lib").exists()
    assert unit(tmp_path / "home/somebody/srs/usr/lib/systemd/system/srs.service")


@pytest.mark.long
def test_a_package_says_where_its_unit_goes(tmp_path):
    install(tmp_path, "/srv/srs", "/usr/lib/systemd/system")
    assert unit(tmp_path / "usr/lib/systemd/system/srs.service")["WorkingDirectory"] == ["/srv/srs"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    prefix = str(tmp_path / "srs")
    install("", prefix)
    path = os.path.join(prefix, "usr/lib/systemd/system/srs.service")
    done = subprocess.run(["systemd-analyze", "verify", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=patience(60))
    about_it = [line for line in done.stdout.splitlines() if "srs" in line]
    assert (done.returncode, about_it) == (0, []), done.stdout


def test_the_configuration_of_the_unit_serves_and_reloads(make_server, manager):
    """The unit's environment keeps the server in the foreground, even if the file says daemon."""
    s = make_server(root={"daemon": "on"}, env={"NOTIFY_SOCKET": manager.path, "SRS_DAEMON": "off"})
    assert manager.next()["READY"] == "1"
    assert s.alive()
    until(lambda: os.path.exists(s.pid_path), "the pid file")
    with open(s.pid_path) as f:
        assert int(f.read()) == s.pid
