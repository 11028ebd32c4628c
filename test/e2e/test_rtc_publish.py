"""Publishers over WebRTC whose way is bad, or who stop: what players of other protocols see of that."""
import os
import subprocess
import sys
import time

import pytest

import srs
from api import Api
from media import ROOT
from rtc_clients import skip_without_aiortc, whep, whip
from wait import patience, until

sys.path.insert(0, os.path.join(ROOT, "research", "bench"))

from impair_udp import Relay  # noqa: E402 (the path comes first)

pytestmark = skip_without_aiortc()

CONF = ("rtc_server { enabled on; listen %d; candidate 127.0.0.1:%d; } "
        "vhost __defaultVhost__ { rtc { enabled on; rtc_to_rtmp on; %s } }")


@pytest.fixture
def behind(make_server):
    """A server whose clients reach it through a relay: behind(more, **how) gives both."""
    relays = []

    def make(more="", **how):
        port = srs.free_port()
        relays.append(Relay(port, **how))
        return make_server(CONF % (port, relays[-1].port, more), api=""), relays[-1]
    yield make
    for relay in relays:
        relay.stop()


def shown(server):
    """What the API shows of the WebRTC session; {} when there is none."""
    clients = Api(server).get("/api/v1/clients/")["clients"]
    return next((c["rtc"] for c in clients if "rtc" in c), {})


@pytest.mark.long
def test_losses_are_repaired_before_players_see_them(behind):
    server, relay = behind(seed=5, loss=0.08, delay_ms=20, jitter_ms=5, reorder=0.02, double=0.02)
    with whip(server) as publisher:
        publisher.wait(lambda s: s.state == "connected" and s.video > 10)
        until(lambda: shown(server).get("rtt_ms", 0) > 0, lambda: "a packet that was asked for: %s" % shown(server), 60)
        # What is decoded tells of everything that is missing, broken, or out of its time.
        seen = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-read_intervals", "%+6", "-show_entries",
                               "stream=codec_name,nb_read_frames", "-of", "csv=p=0", server.url()],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=patience(90))
        assert seen.stderr == "", seen.stderr
        frames = dict(line.split(",") for line in seen.stdout.split())
        assert int(frames["h264"]) > 60 and int(frames["aac"]) > 200, frames
        told = shown(server)
        assert told["send_nacks"] > 0 and told["rtt_ms"] >= 30, told
        assert relay.counts()[0]["lost"] > 10


@pytest.mark.long
def test_a_publisher_that_is_silent_is_ended(behind):
    server, relay = behind("stun_timeout 2;")
    with whip(server) as publisher:
        publisher.wait(lambda s: s.state == "connected" and s.video > 10)
        until(lambda: Api(server).get("/api/v1/streams/")["streams"][0]["publish"]["active"], "the stream")
        relay.part()
        until(lambda: not shown(server), "the end of the session", 30)
        assert not any(s["publish"]["active"] for s in Api(server).get("/api/v1/streams/")["streams"])


@pytest.mark.long
def test_another_address_of_the_publisher_goes_on(behind):
    server, relay = behind("pli_for_rtmp 0.5;")
    with whip(server) as publisher:
        publisher.wait(lambda s: s.state == "connected" and s.video > 10)
        before = until(lambda: shown(server).get("recv_packets"), "packets")
        relay.rebind()
        until(lambda: shown(server).get("recv_packets", 0) > before + 100, lambda: "packets: %s" % shown(server), 30)
        # aiortc has no answer to a request for a key frame, but it is asked.
        until(lambda: shown(server).get("send_plis", 0) >= 4, lambda: "requests: %s" % shown(server), 30)


def test_a_publisher_whose_nat_forgets_it_goes_on_at_once(behind):
    """Its own checks come each five seconds; until then its media tell where it is."""
    server, relay = behind()
    with whip(server) as publisher:
        publisher.wait(lambda s: s.state == "connected" and s.video > 10)
        for _ in range(2):
            # An address that has just been nominated is kept for a second.
            time.sleep(1.2)
            before = until(lambda: shown(server).get("recv_packets"), "packets")
            relay.rebind()
            until(lambda: shown(server).get("recv_packets", 0) > before + 50, lambda: "packets: %s" % shown(server), 2)


def test_a_viewer_whose_nat_forgets_it_goes_on(make_server, live):
    port = srs.free_port()
    with Relay(port) as relay:
        server = make_server(CONF % (port, relay.port, "rtmp_to_rtc on;"), api="")
        live(server, "s")
        with whep(server) as viewer:
            viewer.wait(lambda s: s.moved >= 5)
            time.sleep(1.2)
            for _ in range(2):
                time.sleep(1.2)
                before = viewer.last.moved
                relay.rebind()
                viewer.wait(lambda s: s.moved > before + 25, "pictures that move on")
