"""HLS while the disk is full, read-only, frozen or gone: players get everything from memory, and the files come back by themselves."""
import contextlib
import json
import os
import subprocess

import pytest

import flv
import hls_playlist
import rtmp
from hls_watch import Http, Watch
from wait import until

CONF = """vhost __defaultVhost__ {{ hls {{ enabled on; hls_ctx off; hls_fragment 1; hls_window 30; hls_path {path}; {more} }} }}"""
SPEED = 10


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def mounted(folder, *how):
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk that becomes full, read-only or frozen")
    os.makedirs(folder, exist_ok=True)
    run("mount", *how, str(folder))
    try:
        yield folder
    finally:
        run("umount", "-l", str(folder))


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 2 MiB in memory."""
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=2m", "tmpfs") as folder:
        yield str(folder)


@pytest.fixture
def ext4_disk(tmp_path):
    """A disk that can be frozen."""
    image = tmp_path / "image"
    with open(image, "wb") as f:
        f.truncate(64 << 20)
    if subprocess.run(["mkfs.ext4", "-q", str(image)], check=False).returncode:
        pytest.skip("mkfs.ext4 is not installed")
    with mounted(tmp_path / "disk", "-o", "loop", str(image)) as folder:
        yield str(folder)


@contextlib.contextmanager
def streaming(make_server, witness, path, more="", size=2000):
    """A server whose HLS files are in the folder, with a live stream, a player of another one, and a watcher of the playlist."""
    server = make_server(CONF.format(path=path, more=more), http="", api="", heeds_modes=True)
    witness(server)
    feeder = rtmp.Feeder(server.publisher("s"), flv.Numbered(size=size).tags(), SPEED)
    with Watch(server.http_url("/live/s.m3u8"), lingers=False) as watch:
        server.watch, server.feeder = watch, feeder
        watch.wait_segments(3)
        yield server
        feeder.check()
    assert watch.media[0].missing() == []
    if feeder.is_alive():
        feeder.finish()


def newest(server):
    return max(server.watch.media[0].segments)


def wait_more(server, segments=8):
    first = newest(server)
    until(lambda: newest(server) >= first + segments, lambda: "segments from memory\n" + server.tail(), 30)


def lost_files(server):
    streams = json.loads(Http().get(server.api_url("/api/v1/streams/")).body)["streams"]
    (stream,) = [s for s in streams if s["name"] == "s"]
    return sum(lane["lost_files"] for lane in stream["segments"])


def listed(path):
    """The segments in the playlist on the disk: number -> whether it is a gap."""
    try:
        with open(os.path.join(path, "live", "s.m3u8"), encoding="utf-8") as f:
            return {s.number: s.gap for s in hls_playlist.read(f.read()).segments}
    except FileNotFoundError:
        return {}


def wait_files(server, path):
    """Until the playlist on the disk names newer segments than now, and all that it names without a gap are there."""
    now = newest(server)
    until(lambda: max((n for n, gap in listed(path).items() if not gap), default=-1) > now,
          lambda: "the files to come back: %s\n%s" % (listed(path), server.tail()), 30)


def assert_told_once(server, since):
    """The trouble of each row of losses has one line at its begin."""
    begins = [line for line in server.log[since:].splitlines() if "WARN" in line and "HLS" in line]
    assert 1 <= len(begins) <= 6, begins


def test_a_full_disk(make_server, witness, small_disk):
    filler = os.path.join(small_disk, "filler")
    with streaming(make_server, witness, small_disk) as server:
        until(lambda: listed(small_disk), "files")
        mark = server.mark()
        with contextlib.suppress(OSError), open(filler, "wb") as f:
            f.write(bytes(4 << 20))
        until(lambda: lost_files(server) > 0, server.tail)
        wait_more(server)
        assert_told_once(server, mark)
        os.remove(filler)
        wait_files(server, small_disk)
        assert any(listed(small_disk).values())                       # what was lost is told as a gap


def test_a_disk_that_becomes_read_only(make_server, witness, small_disk):
    with streaming(make_server, witness, small_disk) as server:
        until(lambda: listed(small_disk), "files")
        mark = server.mark()
        until(lambda: subprocess.run(["mount", "-o", "remount,ro", small_disk], check=False, stderr=subprocess.DEVNULL
                                     ).returncode == 0, "a moment without open files")
        until(lambda: lost_files(server) > 0, server.tail)
        wait_more(server)
        assert_told_once(server, mark)
        run("mount", "-o", "remount,rw", small_disk)
        wait_files(server, small_disk)


def test_a_frozen_disk(make_server, witness, ext4_disk):
    with streaming(make_server, witness, ext4_disk, size=20000) as server:
        until(lambda: listed(ext4_disk), "files")
        run("fsfreeze", "-f", ext4_disk)
        try:
            wait_more(server, 20)
            before = server.rss_kib()
            wait_more(server, 80)                                     # 500 kB each: more than may wait
            assert server.rss_kib() - before < 64 << 10
            until(lambda: lost_files(server) > 0, server.tail, 30)
            server.feeder.stop()                                      # no further segment comes
        finally:
            run("fsfreeze", "-u", ext4_disk)
        shown = {s.number for s in server.watch.media[0].known.segments}

        def is_true():
            on_disk = listed(ext4_disk)
            return on_disk and max(on_disk) >= max(shown) and all(
                gap != os.path.exists(os.path.join(ext4_disk, "live", "s-%d.ts" % n)) for n, gap in on_disk.items())
        until(is_true, lambda: "the playlist on the disk to be true: %s, shown %s" % (listed(ext4_disk), sorted(shown)), 30)


def test_a_folder_whose_permissions_are_taken(make_server, witness, tmp_path):
    path = str(tmp_path / "hls")
    os.mkdir(path)
    with streaming(make_server, witness, path) as server:
        until(lambda: listed(path), "files")
        os.chmod(os.path.join(path, "live"), 0)
        try:
            until(lambda: lost_files(server) > 0, server.tail)
            wait_more(server)
        finally:
            os.chmod(os.path.join(path, "live"), 0o755)
        wait_files(server, path)
