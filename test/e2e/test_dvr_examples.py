"""The examples of recording in conf/: each does what it says."""
import os
import re

import pytest

import media
import recordings
import rtmp
from api import Api
from srs import free_port
from test_dvr import publish
from test_dvr_orders import order
from wait import until


def example(make_server, name):
    """The example file with free ports in the place of its own."""
    with open(os.path.join(media.ROOT, "conf", name), encoding="utf-8") as f:
        text = f.read()
    ports = {"1935": free_port(), "1985": free_port()}
    for old, new in ports.items():
        text = re.sub(r"(listen +)%s;" % old, r"\g<1>%d;" % new, text)
    text = text.replace("srs_log_tank        console;", "srs_log_file ./srs.log; pid ./srs.pid;")
    server = make_server(text=text, listen=[ports["1935"]])
    server.api_port = ports["1985"]
    server.recordings = os.path.join(server.folder, "objs")
    return server


@pytest.mark.parametrize("name,where", [
    ("dvr.session.conf", r"/objs/nginx/html/live/s\.\d{13}\.flv$"),
    ("dvr.path.conf", r"/objs/nginx/html/live/s/\d{4}/\d\d/\d\d/\d\d\.\d\d\.\d\d\.\d{3}\.flv$"),
    ("dvr.mp4.conf", r"/objs/nginx/html/live/s\.\d{13}\.mp4$"),
])
def test_a_publish_is_a_file(make_server, name, where):
    server = example(make_server, name)
    publish(server, "h264_aac.flv")
    path, = recordings.wait_files(server.recordings, 1, name == "dvr.mp4.conf" and ".mp4" or ".flv")
    assert re.search(where, path), path
    assert recordings.packets(path)["video"] == recordings.packets(media.clip("h264_aac.flv"))["video"]


def test_a_segment_has_half_a_minute(make_server):
    server = example(make_server, "dvr.segment.conf")
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_long.flv"), 20)
    until(lambda: len(recordings.files(server.recordings, ".flv")) == 1, "the first file", 30)
    feeder.finish()
    first, _ = recordings.wait_files(server.recordings, 2)
    assert 29 < recordings.duration(first) < 33


def test_all_publishes_are_one_file(make_server):
    server = example(make_server, "dvr.append.conf")
    publish(server, "h264_aac.flv")
    path, = recordings.wait_files(server.recordings, 1)
    size = os.path.getsize(path)
    publish(server, "h264_aac.flv")
    until(lambda: os.path.exists(path) and os.path.getsize(path) > size, "the second part")
    assert len(recordings.packets(path)["video"]) == 2 * len(recordings.packets(media.clip("h264_aac.flv"))["video"])


def test_the_api_records_from_ten_seconds_before(make_server):
    server = example(make_server, "dvr.api.conf")
    api = Api(server)
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_long.flv"), 4)
    until(lambda: feeder.sent and feeder.sent[-1].ts > 15000, "a quarter of a minute", 30)
    assert not recordings.files(server.recordings)
    order(api, "start")
    until(lambda: recordings.files(server.recordings, ".tmp"), "a recording")
    order(api, "stop")
    path, = recordings.wait_files(server.recordings, 1, ".mp4")
    feeder.finish()
    assert recordings.duration(path) > 9.5 and re.search(r"/html/dvr/live/\d{4}-\d\d-\d\d/s\.\d{13}\.mp4$", path)
