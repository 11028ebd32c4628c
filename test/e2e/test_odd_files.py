"""Pipes and devices in the place of files: the server does not wait for them, and its message names the file."""
import os
import re
import signal
import subprocess

import pytest

from srs import BINARY
from wait import patience



def in_place(path, what):
    if os.path.lexists(path):
        os.remove(path)
    if what == "pipe":
        os.mkfifo(path)
    else:
        os.symlink("/dev/zero", path)


@pytest.mark.parametrize("what", ["pipe", "device"])
def test_reloads_of_what_is_no_file_fail_at_once_and_the_next_good_one_works(make_server, what):
    server = make_server(http="")
    good = open(server.conf_path).read()
    for _ in range(6):                                               # more than there are threads
        in_place(server.conf_path, what)
        mark = server.mark()
        server.send_signal(signal.SIGHUP)
        server.wait_log(r"reload failed.*it is a %s, not a file" % what, since=mark)
    os.remove(server.conf_path)
    with open(server.conf_path, "w") as f:
        f.write(good)
    server.reload()


@pytest.mark.parametrize("what", ["pipe", "device"])
def test_an_include_of_what_is_no_file_fails_and_names_the_line(make_server, what):
    server = make_server()
    odd = os.path.join(server.folder, "odd.conf")
    in_place(odd, what)
    for _ in range(6):
        text = server.reload("include %s; vhost __defaultVhost__ { }" % odd, good=False)
        assert "include at" in text and "it is a %s, not a file" % what in text
    server.reload("vhost __defaultVhost__ { }")


@pytest.mark.parametrize("directive", ["pid", "srs_log_file"])
def test_a_start_does_not_wait_for_a_pipe(make_server, tmp_path, directive):
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    server = make_server(root={directive: pipe}, start=False)
    server.spawn()
    assert server.wait_exit() != 0


@pytest.mark.parametrize("directive", ["pid", "srs_log_file"])
@pytest.mark.parametrize("what", ["pipe", "directory", "link to itself"])
def test_the_check_of_a_file_says_of_pid_and_log_what_the_start_says(make_server, tmp_path, directive, what):
    odd = str(tmp_path / "odd")
    make = {"pipe": os.mkfifo, "directory": os.mkdir, "link to itself": lambda path: os.symlink(path, path)}
    make[what](odd)
    server = make_server(root={directive: odd}, start=False)
    check = subprocess.run([BINARY, "-t", "-c", server.conf_path], cwd=server.folder, capture_output=True, text=True,
                           timeout=patience())
    server.spawn()
    assert check.returncode == server.wait_exit() != 0
    assert re.search(r"open (pid|log) file %s: " % re.escape(odd), check.stdout + check.stderr)


def test_an_identity_that_is_a_pipe_is_not_waited_for(make_server):
    server = make_server(start=False)
    os.mkfifo(server.pid_path.replace(".pid", ".id"))
    server.start()


def test_a_log_that_becomes_a_pipe_leaves_the_log_where_it_was(make_server, tmp_path):
    server = make_server()
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    server.write_conf("vhost __defaultVhost__ { }", root={"srs_log_file": pipe})
    server.send_signal(signal.SIGHUP)
    server.wait_log("the log stays where it is")
    server.wait_log("reload config success")
