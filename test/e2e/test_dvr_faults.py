"""Recording while the disk is full, read-only or frozen: players get everything, and recording goes on when the disk is back."""
import os

import flv
import media
import recordings
import rtmp
from api import Api
from test_hls_disk import ext4_disk, run, small_disk  # noqa: F401
from wait import until

CONF = "vhost __defaultVhost__ {{ dvr {{ enabled on; dvr_path {path}/[stream].[timestamp]{ending}; dvr_apply live/s; }} }}"


def begin(make_server, witness, folder, ending=".flv", size=4000, **how):
    server = make_server(CONF.format(path=folder, ending=ending), heeds_modes=True, **how)
    witness(server)
    server.feeder = rtmp.Feeder(server.publisher("s"), flv.Numbered(size=size).tags(), 5)
    until(lambda: any(os.path.getsize(p) > 10 * size for p in recordings.files(folder)), "frames in a file", 30)
    return server


def numbers(path):
    """The numbers of the frames in a file."""
    return [flv.number_of(t)[1] for t in flv.read(path) if t.type == flv.VIDEO and not flv.is_config(t) and not flv.is_end(t)]


def fill(folder):
    with open(os.path.join(folder, "filler"), "wb", buffering=0) as f:
        try:
            while f.write(b"x" * 4096):
                pass
        except OSError:
            pass


def test_a_full_disk_costs_frames_and_the_gap_is_told(make_server, witness, small_disk):  # noqa: F811
    server = begin(make_server, witness, small_disk)
    fill(small_disk)
    server.wait_log(r"WARN.*DVR.*No space left", timeout=30)
    sent = len(server.feeder.sent)
    until(lambda: len(server.feeder.sent) > sent + 100, "more frames", 30)
    os.unlink(os.path.join(small_disk, "filler"))
    server.wait_log(r"DVR of live/s: a gap of \d+ms at \d+ms of .*: the disk is full", timeout=30)
    server.feeder.finish()
    path, = recordings.wait_files(small_disk, 1)
    got = numbers(path)
    assert got == sorted(got) and got[-1] - got[0] > len(got)              # a gap, and nothing twice
    assert len(flv.read(path)) > 10 and recordings.probe(path)["streams"]


def test_a_recording_begins_when_the_disk_can_be_written_again(make_server, witness, small_disk):  # noqa: F811
    run("mount", "-o", "remount,ro", small_disk)
    server = make_server(CONF.format(path=small_disk, ending=".mp4"), heeds_modes=True)
    witness(server)
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_long.flv"), 2)
    server.wait_log(r"WARN.*DVR.*(Read-only file system)")
    run("mount", "-o", "remount,rw", small_disk)
    server.wait_log(r"DVR of live/s: a gap of \d+ms at 0ms of .*: the disk did not take it", timeout=40)
    until(lambda: any(os.path.getsize(p) > 30000 for p in recordings.files(small_disk)), "some of it", 30)
    feeder.finish()
    path, = recordings.wait_files(small_disk, 1, ".mp4")
    assert not media.run(media.FFMPEG + ["-i", path, "-f", "null", "-"]).stderr


def test_a_frozen_disk_holds_nobody_up_and_takes_no_memory(make_server, witness, ext4_disk):  # noqa: F811
    server = begin(make_server, witness, ext4_disk, size=40000)
    run("fsfreeze", "-f", ext4_disk)
    try:
        before, sent = server.rss_kib(), len(server.feeder.sent)
        until(lambda: len(server.feeder.sent) > sent + 1000, "frames of 40 MB", 60)
        assert server.rss_kib() - before < 40 << 10
        server.wait_log(r"WARN.*DVR.*the queue is full", timeout=30)
    finally:
        run("fsfreeze", "-u", ext4_disk)
    server.wait_log(r"DVR of live/s: a gap of \d+ms at \d+ms of .*: the disk did not take it in time", timeout=30)
    server.feeder.finish()
    path, = recordings.wait_files(ext4_disk, 1, timeout=30)
    got = numbers(path)
    assert got == sorted(set(got)) and got[-1] - got[0] > len(got)


def test_the_next_publish_is_recorded_from_its_first_frame_while_the_last_file_waits(make_server, witness, ext4_disk):  # noqa: F811
    server = begin(make_server, witness, ext4_disk, api="")
    run("fsfreeze", "-f", ext4_disk)
    try:
        server.feeder.finish()
        until(lambda: not any(one["publish"]["active"] for one in Api(server).get("/api/v1/streams/")["streams"] if one["name"] == "s"), "the end")
        feeder = rtmp.Feeder(server.publisher("s"), flv.Numbered(gop=10, size=4000).tags(), 5)
        until(lambda: len(feeder.sent) > 150, "three seconds of it", 30)
        assert "the disk is not waited for" not in server.log
    finally:
        run("fsfreeze", "-u", ext4_disk)
    until(lambda: len(recordings.files(ext4_disk)) == 2, "the next file", 30)
    feeder.finish()
    _, path = recordings.wait_files(ext4_disk, 2, timeout=30)
    got, sent = numbers(path), [flv.number_of(t)[1] for t in feeder.sent if t.type == flv.VIDEO and not flv.is_config(t)]
    assert got == sent
