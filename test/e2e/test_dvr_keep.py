"""How long recordings are kept: by age, size and room on the disk; what is open, foreign or changed stays."""
import contextlib
import os
import re
import time

import pytest

import flv
import recordings
import rtmp
from api import Api
from test_dvr import CONF, publish, serve
from test_dvr_list import complete, listed
from test_hls_disk import ext4_disk, mounted, run  # noqa: F401
from wait import until

SEGMENTS = "dvr_plan segment; dvr_duration 1; "


def record(server, seconds, size=40000, stream="s"):
    """Segments of about a megabyte each."""
    feeder = rtmp.Feeder(server.publisher(stream), flv.Numbered(size=size).tags(count=25 * seconds), 4)
    feeder.join()
    feeder.finish()


def size(folder):
    total = 0
    for path in recordings.files(folder):
        with contextlib.suppress(FileNotFoundError):                 # removed meanwhile, or complete under its name
            total += os.path.getsize(path)
    return total


def test_old_recordings_go_and_their_folders(make_server):
    server = serve(make_server, "./rec/[app]/[stream]/[timestamp].flv", "dvr_keep_age 3;", api="")
    api = Api(server)
    publish(server, "h264_aac.flv", "a")
    done, = complete(api, 1)
    feeder = rtmp.Feeder(server.publisher("b"), flv.Numbered().tags())
    server.wait_log(r"DVR of live/a: .*\.flv is removed: it is older than dvr_keep_age", timeout=20)
    assert time.time() * 1000 - done["end_ms"] >= 3000
    until(lambda: [d["stream"] for d in listed(api)] == ["b"], "the list")
    assert os.listdir(os.path.join(server.recordings, "live")) == ["b"]
    until(lambda: listed(api)[0]["duration_ms"] > 5000, "an open file that is older", 20)
    feeder.finish()
    complete(api, 1)


def test_the_oldest_go_while_all_are_too_large(make_server):
    server = serve(make_server, "./rec/[stream].[timestamp].flv", SEGMENTS + "dvr_keep_size 3;", api="")
    os.makedirs(server.recordings)
    foreign = os.path.join(server.recordings, "s.1500000000000.flv")
    with open(foreign, "wb") as f:
        f.write(b"x" * 5_000_000)
    record(server, 10)
    until(lambda: size(server.recordings) - 5_000_000 <= 3 << 20, lambda: recordings.files(server.recordings), 20)
    kept = [os.path.basename(d["file"]) for d in listed(Api(server))]
    assert 2 <= len(kept) <= 3 and os.path.getsize(foreign) == 5_000_000
    assert [os.path.basename(p) for p in recordings.files(server.recordings)] == ["s.1500000000000.flv"] + sorted(kept)
    server.stop()
    server.write_conf(CONF % ("./rec/[stream].[timestamp].flv", SEGMENTS + "dvr_keep_size 1;", ""))
    server.start()
    server.wait_log(r"%s is removed: all together are larger" % re.escape(min(kept)), timeout=20)
    until(lambda: len(listed(Api(server))) <= 1, lambda: listed(Api(server)), 20)


def test_a_reload_sets_another_bound_and_what_has_changed_stays(make_server):
    server = serve(make_server, "./rec/[stream].[timestamp].flv", SEGMENTS, api="")
    record(server, 6)
    api = Api(server)
    paths = [os.path.join(server.folder, d["file"]) for d in complete(api, 6)]
    with open(paths[0], "ab") as f:
        f.write(b"edited")
    server.reload("vhost __defaultVhost__ { dvr { enabled on; dvr_path ./rec/[stream].[timestamp].flv; dvr_keep_size 1; } }")
    server.wait_log(r"s\.\d+\.flv has changed since it was recorded, and stays", timeout=20)
    until(lambda: len(listed(api)) <= 1, lambda: listed(api), 20)
    assert os.path.exists(paths[0]) and not any(os.path.exists(p) for p in paths[1:-1])


def has_room(folder, mib):
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize >= mib << 20


def test_the_disk_keeps_room(make_server, tmp_path):
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=16m", "tmpfs") as disk:
        server = make_server(CONF % ("%s/[stream].[timestamp].flv" % disk, SEGMENTS + "dvr_keep_free 12;", ""), api="")
        record(server, 12)
        server.wait_log(r"is removed: the disk has less room than dvr_keep_free", timeout=20)
        until(lambda: has_room(disk, 12), lambda: recordings.files(disk), 20)
        assert len(recordings.files(disk)) >= 2
        server.stop()


@pytest.mark.long
def test_a_frozen_disk_is_waited_for(make_server, ext4_disk):  # noqa: F811
    server = make_server(CONF % ("%s/[stream].[timestamp].flv" % ext4_disk, "dvr_keep_age 4; dvr_keep_free 1;", ""), api="")
    api = Api(server)
    for stream in ("a", "b", "c"):
        publish(server, "h264_aac.flv", stream)
    complete(api, 3)
    run("fsfreeze", "-f", ext4_disk)
    try:
        began = time.monotonic()
        with server.player() as player, server.publisher() as publisher:
            feeder = rtmp.Feeder(publisher, flv.Numbered().tags())
            until(lambda: time.monotonic() - began > 8, "some looks", 20)
            player.wait_media(150)
            assert len(listed(api, "&state=complete")) == 3
            feeder.stop()
    finally:
        run("fsfreeze", "-u", ext4_disk)
    until(lambda: not listed(api, "&search=a") and not listed(api, "&search=b"), lambda: listed(api), 30)
