"""--python-only: a test is skipped when it starts a client that is not Python, or a program that is not installed.

`make check` uses it. No test is marked by hand: the hook sees each program as it is started, and the first one that is
not allowed ends the test as skipped, with the program's name.
"""
import os
import shutil
import sys

import pytest

# Clients and judges that come in packages of their own; a machine that has them runs them in make test.
CLIENTS = {"ffmpeg", "ffprobe", "rtmpdump", "gst-launch-1.0", "vlc", "cvlc", "mpv", "wrk", "curl", "nginx", "chromium",
           "chromedriver", "node", "prometheus", "promtool"}


_only_python = False


def is_python_only():
    return _only_python


def check(program):
    """Skip the test if it is about to start a program that --python-only leaves out."""
    if not _only_python:
        return
    if os.path.basename(program) in CLIENTS:
        pytest.skip("--python-only: %s is another client" % os.path.basename(program))
    if os.sep not in program and shutil.which(program) is None:
        pytest.skip("--python-only: %s is not installed" % program)


def _on_event(event, args):
    if event == "subprocess.Popen":
        check(os.fspath(args[0]))


def python_only():
    """Check each program from now on. There is no way back: Python keeps an audit hook until it ends."""
    global _only_python
    _only_python = True
    sys.addaudithook(_on_event)
