"""Streams that go into WebRTC and come out of it: each picture as it was published, and the sound where it belongs.

The same for any length of time is test/soak/rtc.py.
"""
import srs
from rtc_bridges import CONF, Bridges
from rtc_clients import skip_without_aiortc, skip_without_gstreamer

pytestmark = [skip_without_aiortc(), skip_without_gstreamer()]       # aiortc brings FFmpeg's libraries for Python

SECONDS = 10


def test_pictures_stay_equal_and_the_sound_stays_in_its_place(make_server, tmp_path):
    server = make_server(CONF.format(port=srs.free_port(), folder=tmp_path), api="", http="")
    with Bridges(server, tmp_path) as bridges:
        found = bridges.run(SECONDS)
        assert len(found) == 5 and not bridges.faults(found, SECONDS), (bridges.faults(found, SECONDS), found, bridges.usual)
