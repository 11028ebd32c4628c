"""Other clients of WebRTC than browsers and aiortc, each with its own ICE, DTLS and SRTP: GStreamer's webrtcbin, and werift in JavaScript."""
import pytest

import npm_parsers
import rtc_clients
from rtc_clients import GST, WERIFT
from test_rtc import a_client, clients, encoder, rtc_server, streams_of  # noqa: F401 (a fixture)
from wait import until

CLIENTS = pytest.mark.parametrize("program", [pytest.param(GST, marks=rtc_clients.skip_without_gstreamer(), id="gstreamer"),
                                              pytest.param(WERIFT, id="werift")])


@pytest.fixture(autouse=True)
def _installed(program):
    if program is WERIFT:
        npm_parsers.need()


@pytest.mark.sample(2)
@CLIENTS
def test_it_plays_a_stream_of_rtmp(rtc_server, program):  # noqa: F811
    server = rtc_server()
    with encoder(server), rtc_clients.whep(server, program=program) as viewer:
        seen = viewer.wait(lambda s: s.moved >= 5 and s.loud >= 5, "pictures that move, and sound")
        assert seen.status == 201
        told = a_client(server, "rtc-play", lambda c: c["send_bytes"] > 0)
        assert told["rtc"]["step"] == "connected" and told["rtc"]["encryption"].startswith("DTLS")
    until(lambda: not clients(server, "rtc-play"), "the viewer to be gone")


@pytest.mark.sample(2)
@CLIENTS
def test_it_publishes_and_plays_what_it_publishes(rtc_server, program):  # noqa: F811
    server = rtc_server()
    with rtc_clients.whip(server, "live/w", program=program) as publisher:
        publisher.wait(lambda s: s.state == "connected")
        found = streams_of(server)
        assert set(found) == {"h264", "aac"}, found
        with rtc_clients.whep(server, "live/w", program=program) as viewer:
            viewer.wait(lambda s: s.moved >= 5 and s.loud >= 5, "pictures that move, and sound")
    until(lambda: not clients(server, "rtc-publish"), "the publisher to be gone")
