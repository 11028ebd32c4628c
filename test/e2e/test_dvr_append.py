"""Plan append: one file for all publishes of a stream."""
import os
import time

import pytest

import amf0
import flv
import media
import recordings
import rtmp
from api import Api
from hook_backend import hooks
from test_dvr import publish, serve
from test_dvr_list import complete, listed
from wait import until

PLAN = "dvr_plan append;"
CLIP = "h264_aac.flv"


def parts(path):
    said = media.run(media.FFMPEG + ["-i", path, "-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-f", "null", "-"]).stderr
    assert not said, said
    tags = flv.read(path)
    times = [t.ts for t in tags if t.type == flv.VIDEO and not flv.is_config(t)]
    assert times == sorted(times)
    return recordings.packets(path), amf0.decode(tags[0].payload)[1]


def killed_after_an_absence(server, api, ms, **how):
    """A server that is killed while a second publish goes on in the recording. How that is listed before the publish, and after the kill."""
    publish(server, CLIP, **how)
    one, = complete(api, 1)
    until(lambda: time.time() * 1000 - one["end_ms"] > ms, "an absence")
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_long.flv"))
    until(lambda: listed(api)[0]["duration_ms"] > one["duration_ms"] + 1500, "more of it")
    server.kill()
    feeder.stop()
    server.start()
    killed, = complete(api, 1)
    return one, killed


def test_publishes_go_into_one_file(make_server, backend):
    server = serve(make_server, "./rec/[app]/[stream].flv", PLAN, api="", block=hooks(backend, "on_dvr"))
    api = Api(server)
    once = recordings.packets(media.clip(CLIP))
    for n in range(1, 4):
        publish(server, CLIP)
        until(lambda: len(backend.of("on_dvr")) == n, "on_dvr")   # pylint: disable=cell-var-from-loop
        path, = recordings.wait_files(server.recordings, 1)
        got, info = parts(path)
        assert {kind: [p for p in got[kind]] for kind in got} == {kind: once[kind] * n for kind in once}
        assert abs(info["duration"] - n * recordings.duration(media.clip(CLIP)) - 0.2 * (n - 1)) < 0.1 * n and info["filesize"] == os.path.getsize(path)
        one, = complete(api, 1)
        assert abs(one["duration_ms"] / 1000 - info["duration"]) < 0.01 and one["bytes"] == info["filesize"]
    assert os.listdir(os.path.dirname(path)) in ([".s.flv.dvr", "s.flv"], ["s.flv", ".s.flv.dvr"])
    server.kill()
    server.start()
    assert complete(api, 1) == [one]
    publish(server, CLIP)
    until(lambda: complete(api, 1)[0]["bytes"] > one["bytes"], "the next part")
    assert parts(path)[0]["video"] == once["video"] * 4


def test_a_kill_and_an_absence_are_gaps_in_the_middle(make_server):
    server = serve(make_server, "./rec/[stream].flv", PLAN, api="")
    api = Api(server)
    one, killed = killed_after_an_absence(server, api, 1500, rate=1.0)
    assert killed["id"] == one["id"] and killed["begin_ms"] == one["begin_ms"]
    publish(server, CLIP)
    until(lambda: complete(api, 1)[0]["bytes"] > killed["bytes"], "the next part")
    done, = complete(api, 1)
    absence, kill, after = done["gaps"]
    assert absence["reason"] == "publisher" and absence["at_ms"] == one["duration_ms"] + 200 and absence["ms"] >= 1500
    assert kill["reason"] == "kill" and kill["ms"] is None and kill["at_ms"] == killed["duration_ms"]
    assert after["reason"] == "kill" and after["at_ms"] == killed["duration_ms"] + 200
    assert len(parts(os.path.join(server.folder, done["file"]))[0]["video"]) > 200


def test_a_takeover_goes_on_in_the_file(make_server):
    server = serve(make_server, "./rec/[stream].flv", PLAN, api="", block="publish { republish takeover; }")
    first = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_long.flv"))
    until(lambda: listed(Api(server)) and listed(Api(server))[0]["duration_ms"] > 1000, "some of it")
    publish(server, CLIP, rate=1.0)
    first.stop()
    complete(Api(server), 1)
    path, = recordings.wait_files(server.recordings, 1)
    assert len(parts(path)[0]["video"]) > 125


def test_a_file_whose_name_was_taken_goes_on_under_its_number(make_server):
    server = serve(make_server, "./rec/[app]/[stream].flv", PLAN, api="")
    taken = os.path.join(server.recordings, "live", "s.flv")
    os.makedirs(os.path.dirname(taken))
    with open(taken, "wb") as f:
        f.write(b"of another program")
    once = recordings.packets(media.clip(CLIP))
    for n in range(1, 4):
        publish(server, CLIP)
        until(lambda: complete(Api(server), 1)[0]["bytes"] > n * 0.9 * os.path.getsize(media.clip(CLIP)), "part %d" % n)  # pylint: disable=cell-var-from-loop
        path = os.path.join(server.folder, complete(Api(server), 1)[0]["file"])
        assert os.path.basename(path) == "s-1.flv" and parts(path)[0]["video"] == once["video"] * n
    with open(taken, "rb") as f:
        assert f.read() == b"of another program"
    assert [os.path.basename(p) for p in recordings.files(server.recordings, ".flv")] == ["s-1.flv", "s.flv"]


def counters(path):
    """The places at which a continuity counter does not go on, and those where a packet says that its track breaks."""
    jumps, told, cc = [], [], {}
    with open(path, "rb") as f:
        data = f.read()
    assert len(data) % 188 == 0
    for at in range(0, len(data), 188):
        p = data[at:at + 188]
        pid = (p[1] & 0x1f) << 8 | p[2]
        assert p[0] == 0x47
        if p[3] & 0x10 and cc.setdefault(pid, p[3] & 15) != p[3] & 15:
            jumps.append((at, pid))
        if p[3] & 0x10:
            cc[pid] = (p[3] + 1) & 15
        if p[3] & 0x20 and p[4] and p[5] & 0x80:
            told.append((at, pid))
    return jumps, told


@pytest.mark.long
def test_a_transport_stream_goes_on(make_server):
    server = serve(make_server, "./rec/[stream].ts", PLAN, api="")
    api = Api(server)
    once = recordings.packets(media.clip(CLIP))
    joints = []
    for n in range(1, 4):
        publish(server, CLIP)
        until(lambda: [d for d in complete(api, 1) if not joints or d["bytes"] > joints[-1]], "part %d" % n)  # pylint: disable=cell-var-from-loop
        one, = complete(api, 1)
        path, = recordings.wait_files(server.recordings, 1, ".ts")
        assert os.path.getsize(path) == one["bytes"] and abs(one["duration_ms"] - 1000 * recordings.duration(path)) < 150
        jumps, told = counters(path)
        assert jumps == [] and {pid for _, pid in told} == ({0x100, 0x101} if n > 1 else set())
        assert all(any(joint <= at < joint + 100000 for joint in joints) for at, _ in told) and len(told) == 2 * (n - 1)
        joints.append(one["bytes"])
        if n == 2:
            server.kill()                                        # what goes on is in the note
            server.start()
    assert [p.dts for p in media.framemd5(path) if p.kind == "video"] == sorted(p.dts for p in media.framemd5(path) if p.kind == "video")
    got = recordings.packets(path)
    assert len(got["video"]) == 3 * len(once["video"]) and len(got["audio"]) == 3 * len(once["audio"])
    said = media.run(media.FFMPEG + ["-i", path, "-f", "null", "-"]).stderr
    assert not said, said


@pytest.mark.long
def test_a_transport_stream_goes_on_after_a_kill(make_server):
    server = serve(make_server, "./rec/[stream].ts", PLAN, api="")
    api = Api(server)
    _, killed = killed_after_an_absence(server, api, 4000)
    path, = recordings.wait_files(server.recordings, 1, ".ts")
    assert abs(killed["duration_ms"] - 1000 * recordings.duration(path)) < 1000      # the absence is not in it
    publish(server, CLIP)
    until(lambda: complete(api, 1)[0]["bytes"] > killed["bytes"], "the next part")
    assert counters(path)[0] == [] and not media.run(media.FFMPEG + ["-i", path, "-f", "null", "-"]).stderr


def test_a_file_that_has_changed_and_a_format_that_cannot_get_another_one(make_server):
    server = serve(make_server, "./rec/[stream].flv", PLAN, api="")
    publish(server, CLIP)
    path, = recordings.wait_files(server.recordings, 1)
    complete(Api(server), 1)
    with open(path, "ab") as f:
        f.write(b"edited")
    size = os.path.getsize(path)
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_long.flv"))
    server.wait_log(r"is not as it was recorded")
    until(lambda: any(d["bytes"] > 50000 for d in listed(Api(server), "&state=recording")), "a file of its own", 20)
    feeder.finish()
    complete(Api(server), 1)
    assert os.path.getsize(path) == size and os.path.exists(path.replace("s.flv", "s-1.flv"))
    server.reload("vhost __defaultVhost__ { dvr { enabled on; dvr_plan append; dvr_path ./rec/[stream].mp4; } }")
    for _ in range(2):
        publish(server, CLIP, "m")
    recordings.wait_files(server.recordings, 2, ".mp4")


def recorded(api):
    return sum(d["bytes"] for d in listed(api))


def test_a_file_that_is_cut_by_reloads_goes_on(make_server):
    conf = "vhost __defaultVhost__ { dvr { enabled on; dvr_plan append; dvr_path ./rec/[stream].flv; time_jitter %s; } }"
    server = make_server(conf % "full", api="")
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_long.flv"), 8)
    api = Api(server)
    for n in range(8):                               # less than the clip has: at its joint times meet
        before = recorded(api)
        until(lambda: recorded(api) > before + 12000, "more of it")                # pylint: disable=cell-var-from-loop
        server.reload(conf % ("full", "zero")[n % 2])
    feeder.finish()
    until(lambda: all(d["state"] == "complete" for d in listed(api)), "the end")
    done = listed(api)                               # one, unless the disk was slower than a GOP
    assert len(done) < 8 and sum(len(parts(os.path.join(server.folder, d["file"]))[0]["video"]) for d in done) > 100
