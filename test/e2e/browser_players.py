"""hls.js, dash.js and shaka-player in headless Chromium.

    install(server)                                         put the players beside the server's files
    seen = play(browser, server, "hls.js", url, seconds)    until this much is played; seen.stalls, .fatal, .latency ...
    assert_smooth(seen)                                     no fatal error, no stall, nothing played twice
    with playing(browser, server, "hls.js", url) as p:      the same for a test that does something meanwhile; p.seen()

hls.js and dash.js are those of the web pages; shaka-player is installed by trunk-scripts/test-node.sh.
"""
import base64
import contextlib
import os
import shutil
from collections import namedtuple
from types import SimpleNamespace

import pytest

import npm_parsers
import players
from media import ROOT
from wait import until

PLAYERS = ("hls.js", "dash.js", "shaka")
_SCRIPTS = {
    "hls.js": os.path.join(ROOT, "third_party", "hls.js", "hls.min.js"),
    "dash.js": os.path.join(ROOT, "third_party", "dash.js", "dash.mediaplayer.min.js"),
    "shaka": os.path.join(npm_parsers.MODULES, "shaka-player", "dist", "shaka-player.compiled.js"),
}
_PAGE = """<!DOCTYPE html><meta charset="utf-8"><title>test player</title><link rel="icon" href="data:,">
<video muted playsinline width="320"></video><script src="library.js"></script><script src="page.js"></script>
"""
_FOLDER = "test-players"


def need(player):
    if player == "shaka":
        npm_parsers.need()


def install(server):
    """Put a page for each player below the server's files; a server that runs has them at once."""
    for player, script in _SCRIPTS.items():
        if not os.path.exists(script):
            continue
        folder = os.path.join(server.html, _FOLDER, player)
        os.makedirs(folder, exist_ok=True)
        shutil.copyfile(script, os.path.join(folder, "library.js"))
        shutil.copyfile(os.path.join(ROOT, "test", "e2e", "browser_player.js"), os.path.join(folder, "page.js"))
        with open(os.path.join(folder, "index.html"), "w", encoding="utf-8") as f:
            f.write(_PAGE)


class Given(namedtuple("Given", "type offsets data")):
    """What was appended to a SourceBuffer: its type, the timestampOffset of each piece in seconds, and all bytes."""

    def packets(self, folder, form, video):
        """The packets, placed as the buffer places them. MP3 comes without a container: each piece is placed by its offset."""
        is_bare = self.type.startswith("audio/mpeg")
        path = os.path.join(folder, "given." + ("mp3" if is_bare else "mp4"))
        with open(path, "wb") as f:
            f.write(self.data)
        offset_ms = round(1000 * self.offsets[0 if is_bare else -1])
        found = players.file_packets(path, form, video if self.type.startswith("video") else None, more=["-copyts"])
        return [p._replace(dts=p.dts + offset_ms, pts=p.pts + offset_ms) for p in found]


class Playing:
    """One player that plays. `seen()` is what happened until now."""

    def __init__(self, browser, server, player, url, low_latency=False, more=None, tls=False, keeps=False):
        need(player)
        install(server)
        self.browser, self.player, self.url = browser, player, url
        browser.open(server.http_url("/%s/%s/index.html" % (_FOLDER, player), tls))
        if keeps:
            browser.run("keep()")
        browser.run("begin(...arguments)", player, url, low_latency, more or {})

    def seen(self):
        facts = self.browser.run("return facts()")
        late = facts.pop("latencies")
        facts["latencies"] = late
        facts["latency"] = sorted(late)[len(late) // 2] if late else None
        facts["latency_now"] = late[-1] if late else None
        return SimpleNamespace(**facts)

    def shown(self):
        """The pictures shown since the last call, of a stream like media.NUMBERED: (number, wall clock in ms)."""
        return [tuple(p) for p in self.browser.run("return shown()")]

    def given(self):
        """What the player gave to the decoders (`keeps`): a Given for each of its buffers."""
        return [Given(g["type"], g["offsets"], base64.b64decode(g["data"])) for g in self.browser.run("return given()") if g["offsets"]]

    def wait_played(self, seconds, timeout=None, pictures=True):
        """Wait until this much is played, with pictures if there are any. A fatal error ends the wait."""
        def enough():
            s = self.seen()
            assert not s.fatal, "%s: fatal: %s, then %s" % (self.player, s.fatal, s.errors)
            return s if s.played >= seconds and (s.frames or not pictures) else None
        return until(enough, lambda: "%s to play %g s of %s: %s %s" % (
            self.player, seconds, self.url, self.seen(), self.browser.console()[-5:]), timeout or 30 + 2 * seconds, 0.1)

    def finish(self):
        self.browser.run("finish()")


@contextlib.contextmanager
def playing(browser, server, player, url, **how):
    p = Playing(browser, server, player, url, **how)
    try:
        yield p
    finally:
        p.finish()


def play(browser, server, player, url, seconds=5, **how):
    with playing(browser, server, player, url, **how) as p:
        return p.wait_played(seconds)


def assert_smooth(seen, stalls=0, dropped=0.3):
    """A busy machine drops pictures that it has decoded too late."""
    assert not seen.fatal, seen
    assert seen.stalls <= stalls and seen.back == 0, seen
    assert seen.dropped <= dropped * max(seen.frames, 25), seen


def skip_without_browser():
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed")
