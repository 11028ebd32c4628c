"""Redundant sound (RFC 2198) between Chromium and the server, whose way loses packets."""
import os
import sys
from collections import Counter

import pytest

import rtc_clients
import srs
from media import ROOT
from test_rtc import BOTH_WAYS, a_client
from test_rtc_black_hole import datagrams, hole, is_rtcp, payload_of  # noqa: F401 (hole is a fixture)
from test_rtc_chromium import ask, page, place, place_page  # noqa: F401 (page is a fixture)
from wait import until

sys.path.insert(0, os.path.join(ROOT, "research", "bench"))

from impair_udp import Relay  # noqa: E402 (the path comes first)

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("browser"), rtc_clients.skip_without_aiortc()]

# Packets of sound that came in, and those that were lost and found in others.
HEARD = """return player.getStats().then(all => {
  for (const s of all.values())
    if (s.type === 'inbound-rtp' && s.kind === 'audio')
      return { repeated: s.fecPacketsReceived ?? 0, came: s.packetsReceived }
  return { repeated: 0, came: 0 }
})"""


@pytest.fixture
def behind(make_server, hole, page):  # noqa: F811
    port = srs.free_port()
    relay = Relay(port, seed=3)
    server = make_server("rtc_server { enabled on; listen %d; candidate 127.0.0.1:%d; api_as_candidates off; "
                         "black_hole { enabled on; addr 127.0.0.1:%d; } } "
                         "vhost __defaultVhost__ { %s }" % (port, relay.port, hole.getsockname()[1], BOTH_WAYS % ""), api="", http="", start=False)
    place_page(server, page)
    yield server, relay
    relay.stop()


def test_chromium_repeats_its_sound_and_hears_repeated_sound(behind, hole, page):  # noqa: F811
    server, relay = behind
    sources = {}     # of sound: packets with RED, and without

    def look():
        """The number of sources that repeat their sound: Chromium, the server."""
        for p in datagrams(hole):
            if not is_rtcp(p) and payload_of(p)[0] in (63, 111):
                sources.setdefault(p[8:12], Counter())[payload_of(p)[0]] += 1
        return sum(n[63] > 0 for n in sources.values())
    ask(page, "return publish(...arguments)", "VP8", *place(server, "publish", "c", "whip"))
    a_client(server, "rtc-publish", lambda c: c["rtc"]["recv_packets"] > 50)
    ask(page, "return play(...arguments)", *place(server, "play", "c", "whep"))
    page.wait_alive()
    until(lambda: look() == 1, "sound that Chromium repeats", 20)     # The server repeats nothing, for nothing is lost.
    relay.change(loss=0.1)
    until(lambda: look() == 2, "sound that the server repeats", 60)
    before = ask(page, HEARD)
    sources.clear()

    def is_heard():
        look()
        now = ask(page, HEARD)
        return now["came"] - before["came"] > 200 and now["repeated"] - before["repeated"] > 10
    until(is_heard, lambda: "repeated sound: %s, then %s, %s" % (before, ask(page, HEARD), sources), 30)
    assert all(n[63] > n[111] for n in sources.values()), sources
