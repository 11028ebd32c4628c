"""etc/init.d/srs, installed into a folder of its own."""
import os
import re
import signal
import socket
import subprocess
import sys

import pytest

import srs
from media import ROOT
from srs import free_port, listening
from wait import patience, until

COLUMN = re.compile(r"\x1b\[60G\[\x1b\[0;3[12]m *(OK|FAILED) *\x1b\[0;39m\]")


class Installed:
    """A prefix with the server, a config and the script."""

    def __init__(self, folder, conf=""):
        self.folder, self.port = str(folder), free_port()
        for d in ("objs", "conf", "etc/init.d"):
            os.makedirs(os.path.join(self.folder, d))
        os.symlink(srs.BINARY, self.path("objs/srs"))
        with open(os.path.join(ROOT, "etc/init.d/srs")) as f:
            text = re.sub(r"(?m)^ROOT=.*", 'ROOT="%s"' % self.folder, f.read())
        with open(self.path("etc/init.d/srs"), "w") as f:
            f.write(text)
        with open(self.path("conf/srs.conf"), "w") as f:
            f.write("listen %d;\nmax_connections 100;\ndaemon on;\npid ./objs/srs.pid;\nsrs_log_tank file;\n"
                    "srs_log_file ./objs/srs.log;\ndisable_daemon_for_docker off;\n%s\n"
                    "vhost __defaultVhost__ { }\n" % (self.port, conf))

    def path(self, name):
        return os.path.join(self.folder, name)

    def edit(self, old, new):
        with open(self.path("conf/srs.conf")) as f:
            text = f.read()
        assert old in text
        with open(self.path("conf/srs.conf"), "w") as f:
            f.write(text.replace(old, new, 1))

    def run(self, verb):
        """The exit status, and the lines as (text, OK or FAILED)."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("SRS_")}
        done = subprocess.run(["sh", self.path("etc/init.d/srs"), verb], cwd="/", env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=patience(60), text=True)
        lines = [(COLUMN.sub("", line), (COLUMN.search(line) or [None, ""])[1]) for line in done.stdout.splitlines()]
        return done.returncode, lines

    @property
    def pid(self):
        try:
            with open(self.path("objs/srs.pid")) as f:
                return int(f.read())
        except FileNotFoundError:
            return 0

    def log(self):
        with open(self.path("objs/srs.log"), errors="replace") as f:
            return f.read()


@pytest.fixture
def install(tmp_path):
    made = []
    with open(srs.BINARY, "rb") as f:
        if f.read(2) == b"#!":
            pytest.skip("a process that is started by a wrapper has another name than the script looks for")

    def make(conf=""):
        made.append(Installed(tmp_path / "prefix", conf))
        return made[0]

    yield make
    for i in made:
        if i.pid:
            os.kill(i.pid, signal.SIGKILL)


def test_the_verbs_of_the_init_script_say_and_do_what_they_always_did(install):
    i = install()
    assert i.run("status") == (1, [("Error: No pid file %s" % i.path("objs/srs.pid"), "FAILED")])
    assert i.run("stop") == (0, [("SRS not start.", "FAILED")])
    status, lines = i.run("start")
    pid = i.pid
    assert (status, lines) == (0, [("Starting SRS...", "OK"), ("SRS started(pid %d)" % pid, "OK")])
    until(lambda: i.port in listening(pid), "it to listen")
    assert i.run("start") == (1, [("SRS started(pid %d), should not start it again." % pid, "FAILED")])
    assert i.run("status") == (0, [("SRS(pid %d) is running." % pid, "OK")])
    assert i.run("reload") == (0, [("Reload SRS(pid %d)..." % pid, "OK"), ("SRS reloaded", "OK")])
    until(lambda: "reload config success" in i.log(), "the reload")
    os.rename(i.path("objs/srs.log"), i.path("objs/srs.log.1"))
    assert i.run("rotate") == (0, [("Reopen log file of SRS(pid %d)..." % pid, "OK"), ("Log rotated", "OK")])
    until(lambda: os.path.exists(i.path("objs/srs.log")), "a new log")
    assert i.run("stop") == (0, [("Stopping SRS(pid %d)..." % pid, "OK"), ("SRS stopped by SIGTERM", "OK")])
    assert i.pid == 0
    status, lines = i.run("nonsense")
    assert status == 1 and lines[0][0].endswith("{start|stop|status|restart|reload|rotate|grace}") and len(lines) == 4


def test_stop_is_as_graceful_as_the_config_says(install):
    """The script repeats its TERM three times a second."""
    i = install("force_grace_quit on; grace_start_wait 700; grace_final_wait 700;")
    i.run("start")
    until(lambda: i.pid and i.port in listening(i.pid), "it to listen")
    assert i.run("stop")[1][-1] == ("SRS stopped by SIGTERM", "OK")
    assert "fast quit" not in i.log()


def test_grace_lets_the_server_finish(install):
    i = install("grace_start_wait 100; grace_final_wait 100;")
    i.run("start")
    pid = i.pid
    until(lambda: i.port in listening(pid), "it to listen")
    assert i.run("grace") == (0, [("Gracefully quit for SRS(pid %d)..." % pid, "OK"), ("Gracefully quit", "OK")])
    until(lambda: not i.pid, "it to end")


BAD_STARTS = [("no_such_directive on;", "illegal directive no_such_directive"), ("pid /nonexistent/srs.pid;", "/nonexistent/srs.pid"),
              ("http_api { enabled on; listen %(taken)d; }", "Address already in use")]


@pytest.mark.parametrize("conf,reason", BAD_STARTS, ids=[b[1] for b in BAD_STARTS])
def test_a_start_that_fails_is_told_with_its_reason(install, conf, reason):
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        i = install(conf % {"taken": taken.getsockname()[1]})
        if "pid" in conf:                                           # the first of two directives counts
            i.edit("pid ./objs/srs.pid;", "")
        status, lines = i.run("start")
    assert status in (1, 2) and lines[1] == ("SRS start failed", "FAILED") and lines[-1] == ("see ./objs/srs.log", "FAILED")
    assert any(reason in text and text.startswith(("code=", "Failed")) for text, _ in lines[2:-1]), lines


def test_only_the_reason_of_this_start_is_shown(install):
    i = install("no_such_directive on;")
    i.run("start")
    i.edit("no_such_directive on;", "another_one on;")
    shown = "".join(text for text, _ in i.run("start")[1])
    assert "another_one" in shown and "no_such_directive" not in shown


@pytest.mark.parametrize("of,to,reason", [
    ("max_connections 100;", "max_conections 100;", "illegal directive max_conections"),
    ("vhost __default", "http_api { enabled on; listen %(taken)d; } vhost __default", "Address already in use"),
], ids=["bad file", "taken port"])
def test_a_reload_that_fails_is_told_with_its_reason(install, of, to, reason):
    i = install()
    i.run("start")
    pid = i.pid
    until(lambda: i.port in listening(pid), "it to listen")
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        i.edit(of, to % {"taken": taken.getsockname()[1]})
        status, lines = i.run("reload")
    assert status == 1 and lines[0] == ("Reload SRS(pid %d)..." % pid, "OK")
    assert lines[1] == ("SRS reload failed, the configuration stays as it was", "FAILED")
    assert reason in lines[2][0]
    assert i.port in listening(pid)


def test_stop_ends_at_once_where_nobody_collects_the_dead(install):
    """Under process 1 of a container the server stays a zombie, which answers signal 0."""
    i = install()
    first = ("import subprocess, sys, time\n"
             "for verb in 'start', 'stop', 'status':\n"
             "    since = time.monotonic()\n"
             "    sys.stdout.write(subprocess.run(['sh', sys.argv[1], verb], stdout=subprocess.PIPE, text=True).stdout)\n"
             "    print(verb, 'took', time.monotonic() - since)\n"
             "print('zombies', sum(' Z ' in open('/proc/%s/stat' % p).read() for p in __import__('os').listdir('/proc') if p.isdigit()))\n")
    inside = ["unshare", "--pid", "--fork", "--mount-proc"]
    if subprocess.run(inside + ["true"], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("no namespace of processes can be made here")
    done = subprocess.run(inside + [sys.executable, "-c", first, i.path("etc/init.d/srs")], cwd="/", stdout=subprocess.PIPE,
                          timeout=patience(60), text=True)
    assert "SRS stopped by SIGTERM" in done.stdout and "SIGKILL" not in done.stdout, done.stdout
    assert int(re.search(r"zombies (\d+)", done.stdout).group(1)) >= 1, "somebody has collected it\n" + done.stdout
    assert float(re.search(r"stop took ([\d.]+)", done.stdout).group(1)) < patience(10)
