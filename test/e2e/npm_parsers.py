"""Playlists and MPDs read by parsers from npm that we did not write, and compared with our reading of them.

    assert_agreed(texts)             HLS playlists: m3u8-parser and hls-parser
    assert_agreed_mpds([(text, url)])        MPDs: mpd-parser

trunk-scripts/test-node.sh installs the packages. Without them, is_installed() is False.
"""
import json
import os
import shutil
import subprocess

import pytest

import dash_mpd
import hls_playlist
import programs
from media import ROOT
from wait import patience

FOLDER = os.path.join(ROOT, "objs", "test", "node")
MODULES = os.path.join(FOLDER, "node_modules")
SCRIPT = os.path.join(ROOT, "test", "e2e", "node", "parse.js")

# hls-parser does not know that an independent part may be short (bis, 4.4.4.9). That old parts go is a SHOULD, which we measure ourselves.
UNFOUNDED = ("85% of PART-TARGET", "greater than three target durations")


def is_installed():
    return not programs.is_python_only() and shutil.which("node") is not None and os.path.exists(os.path.join(FOLDER, "made-from"))


def need():
    if not is_installed():
        pytest.skip("the packages of test/e2e/node are not installed: trunk-scripts/test-node.sh")


def parse(items):
    """What the parsers say of [{kind, text, url}]: a list of {parser: facts}."""
    if not items:
        return []
    done = subprocess.run(["node", SCRIPT], input=json.dumps(items).encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, NODE_PATH=MODULES), timeout=patience(60), check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    return json.loads(done.stdout)


def assert_agreed(texts, complaints=True):
    """Every parser reads every playlist as we do, and none has a complaint."""
    for text, found in zip(texts, parse([{"kind": "hls", "text": text} for text in texts])):
        ours = _ours(text)
        for name, facts in found.items():
            assert "error" not in facts, "%s: %s\n%s" % (name, facts.get("error"), text)
            said = [c for c in facts.pop("complaints") if not any(u in c for u in UNFOUNDED)]
            assert not complaints or not said, "%s complains: %s\n%s" % (name, said, text)
            assert facts == ours, "%s reads\n%s\nwe read\n%s\n%s" % (name, facts, ours, text)


def _ours(text):
    p = hls_playlist.read(text)
    if p.is_master:
        return {"variants": [{"uri": uri, "bandwidth": v["BANDWIDTH"], "codecs": v.get("CODECS")} for v, uri in p.variants]}
    return {"target": p.target, "sequence": p.sequence, "discontinuity": p.discontinuity_sequence, "ended": p.ended,
            "open": [part.uri for part in p.open_parts],
            "segments": [{"uri": s.uri, "duration": s.duration, "discontinuity": s.discontinuity, "map": s.map.uri if s.map else None,
                          "key": dict(s.keys["identity"]).get("URI") if "identity" in s.keys else None,
                          "parts": [part.uri for part in s.parts]} for s in p.segments]}


def assert_agreed_mpds(pairs):
    """mpd-parser finds the representations that we find, with the same segments at the same times. """
    for (text, url), found in zip(pairs, parse([{"kind": "mpd", "text": text, "url": url} for text, url in pairs])):
        facts = found["mpd-parser"]
        assert "error" not in facts, "%s\n%s" % (facts.get("error"), text)
        mpd = dash_mpd.read(text, url)
        assert facts["isLive"] == mpd.is_dynamic
        ours = {}                                                     # mpd-parser joins the Periods of a representation
        for r in mpd.representations:
            ours.setdefault(r.id, []).append(r)
        assert set(facts["representations"]) == set(ours)
        for name, theirs in facts["representations"].items():
            periods = ours[name]
            assert theirs["codecs"] in {r.get("codecs") for r in periods}
            assert theirs["bandwidth"] in {int(r.get("bandwidth")) for r in periods}
            listed = [(r, s) for r in periods for s in r.segments]
            if not listed:
                continue
            assert [s["uri"] for s in theirs["segments"]] == [r.url("media", s) for r, s in listed]
            assert {s["map"] for s in theirs["segments"]} == {r.url("initialization") for r, _ in listed}
            for (r, s), t in zip(listed, theirs["segments"]):
                assert abs(t["duration"] - s.duration) < 1e-6 and abs(t["start"] - (r.period.start or 0) - s.start) < 1e-3, (s, t)
