"""The rows of `make bench` about the control side and forwards, with a few clients: they must go on working. Their figures say nothing here."""
import json
import os
import subprocess

import pytest

import programs
from media import ROOT
from srs import BINARY, SANITIZED, makes_pictures
from wait import patience

pytestmark = pytest.mark.skipif(SANITIZED, reason="another build is not measured")


def quick(row, tmp_path):
    """Run one row; returns its lines of the table."""
    to = str(tmp_path / "bench.json")
    ran = subprocess.run([os.path.join(ROOT, "research", "bench", "bench.py"), "--quick", "--to", to, row],
                         env=dict(os.environ, SRS_BIN=BINARY), capture_output=True, text=True, timeout=patience(120))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    with open(to) as f:
        lines = json.load(f)["table"]
    assert lines and all(line["value"] is not None for line in lines), ran.stdout
    return lines


@pytest.mark.sample(4)
@pytest.mark.parametrize("row", ["api", "metrics", "hooks", "hooks-mute", "tokens", "forward", "pull", "record", "edge-latency", "edge-pull", "edge-join", "edge-kill",
                                 pytest.param("rtc", marks=pytest.mark.long), "rtc-latency", pytest.param("rtc-tcp", marks=pytest.mark.long)])
def test_a_row_measures_something(row, tmp_path):
    quick(row, tmp_path)


@pytest.mark.long
@pytest.mark.skipif(not makes_pictures(), reason="the server is built without FFmpeg's libraries")
def test_pictures_are_measured(tmp_path):
    programs.check("ffmpeg")
    assert any("p99 of the players" in line["what"] for line in quick("snapshot", tmp_path))


@pytest.mark.long
@pytest.mark.xdist_group("console")
def test_the_console_is_measured_in_chromium(tmp_path):
    programs.check("chromium")
    assert any("frames a second" in line["what"] for line in quick("console", tmp_path))
