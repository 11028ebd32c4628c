"""Redundant sound (RFC 2198) between Chromium and the server, whose way loses packets."""
import os
import sys
from collections import Counter

import pytest

import rtc_clients
import srs
from media import ROOT
from test_rtc import BOTH_WAYS, _ask, _page, _whole_url, a_client, chromium  # noqa: F401 (chromium is a fixture)
from test_rtc_black_hole import datagrams, hole, is_rtcp, payload_of  # noqa: F401 (hole is a fixture)
from wait import until

sys.path.insert(0, os.path.join(ROOT, "research", "bench"))

from impair_udp import Relay  # noqa: E402 (the path comes first)

pytestmark = [pytest.mark.long, rtc_clients.skip_without_aiortc()]

# Packets of sound that came in, and those that were lost and found in others.
HEARD = """return window.player.getStats().then(all => {
  for (const s of all.values())
    if (s.type === 'inbound-rtp' && s.kind === 'audio')
      return { repeated: s.fecPacketsReceived ?? 0, came: s.packetsReceived }
  return { repeated: 0, came: 0 }
})"""


@pytest.fixture
def behind(make_server, hole):  # noqa: F811
    port = srs.free_port()
    relay = Relay(port, seed=3)
    server = make_server("rtc_server { enabled on; listen %d; candidate 127.0.0.1:%d; api_as_candidates off; "
                         "black_hole { enabled on; addr 127.0.0.1:%d; } } "
                         "vhost __defaultVhost__ { %s }" % (port, relay.port, hole.getsockname()[1], BOTH_WAYS % ""), api="", http="")
    yield server, relay
    relay.stop()


def test_chromium_repeats_its_sound_and_hears_repeated_sound(behind, hole, chromium):  # noqa: F811
    server, relay = behind
    sources = {}     # of sound: packets with RED, and without

    def look():
        """The number of sources that repeat their sound: Chromium, the server."""
        for p in datagrams(hole):
            if not is_rtcp(p) and payload_of(p)[0] in (63, 111):
                sources.setdefault(p[8:12], Counter())[payload_of(p)[0]] += 1
        return sum(n[63] > 0 for n in sources.values())
    _page(chromium, server)
    assert "error" not in _ask(chromium, "return publish(arguments[0])", _whole_url(server, "whip", "c"))
    a_client(server, "rtc-publish", lambda c: c["rtc"]["recv_packets"] > 50)
    assert "error" not in _ask(chromium, "return play(arguments[0])", _whole_url(server, "whep", "c"))
    chromium.wait_playing()
    until(lambda: look() == 1, "sound that Chromium repeats", 20)     # The server repeats nothing, for nothing is lost.
    relay.change(loss=0.1)
    until(lambda: look() == 2, "sound that the server repeats", 60)
    before = _ask(chromium, HEARD)["value"]
    sources.clear()

    def is_heard():
        look()
        now = _ask(chromium, HEARD)["value"]
        return now["came"] - before["came"] > 200 and now["repeated"] - before["repeated"] > 10
    until(is_heard, lambda: "repeated sound: %s, then %s, %s" % (before, _ask(chromium, HEARD), sources), 30)
    assert all(n[63] > n[111] for n in sources.values()), sources
