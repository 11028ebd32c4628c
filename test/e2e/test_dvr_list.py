"""The recordings that the server knows: the list of the API, over restarts and kills, and the gaps with their reasons."""
import os
import time

import pytest

import flv
import media
import recordings
import rtmp
from api import Api
from hook_backend import hooks
from test_dvr import CONF, publish, serve
from test_dvr_faults import begin, fill
from test_hls_disk import small_disk  # noqa: F401
from wait import until


def listed(api, more=""):
    return api.get("/api/v1/dvrs/?count=100" + more)["dvrs"]


def complete(api, n):
    until(lambda: len(listed(api, "&state=complete")) == n, lambda: "%d recordings: %s" % (n, listed(api)))
    return listed(api, "&state=complete")


def reasons(recording):
    return [gap["reason"] for gap in recording["gaps"]]


def test_the_list_tells_of_open_and_complete_recordings(make_server):
    server = serve(make_server, api="")
    api = Api(server)
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_long.flv"), 2)
    until(lambda: listed(api) and listed(api)[0]["bytes"] > 50000, "a recording that grows")
    one, = listed(api)
    assert (one["vhost"], one["app"], one["stream"], one["state"]) == ("__defaultVhost__", "live", "s", "recording")
    assert one["duration_ms"] > 0 and one["file"].endswith(".flv.tmp")
    feeder.finish()
    done, = complete(api, 1)
    path, = recordings.wait_files(server.recordings, 1)
    assert done["id"] == one["id"] and done["gaps"] == [] and os.path.samefile(os.path.join(server.folder, done["file"]), path)
    assert done["bytes"] == os.path.getsize(path) and abs(done["duration_ms"] / 1000 - recordings.duration(path)) < 0.01
    assert done["end_ms"] >= done["begin_ms"] > 1_600_000_000_000
    assert api.get("/api/v1/dvrs/" + done["id"])["dvr"] == done
    assert api.ask("GET", "/api/v1/dvrs/other").status == 404
    publish(server, "h264_aac.flv", "t")
    complete(api, 2)
    assert [d["stream"] for d in listed(api, "&sort=-begin_ms")] == ["t", "s"]
    assert [d["stream"] for d in listed(api, "&stream=t")] == ["t"] and listed(api, "&search=zz") == []
    pages = [api.get("/api/v1/dvrs/?start=%d&count=1" % i)["dvrs"] for i in range(3)]
    assert [len(page) for page in pages] == [1, 1, 0]


def test_recordings_are_found_again_after_a_restart_and_a_kill(make_server):
    server = serve(make_server, "./rec/[app]/[stream].[timestamp].mp4", api="")
    publish(server, "h264_aac.flv", "s")
    before, = complete(Api(server), 1)
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_long.flv"), 2)
    until(lambda: any(os.path.getsize(p) > 60000 for p in recordings.files(server.recordings, ".tmp")), "a recording")
    server.kill()
    feeder.stop()
    foreign = os.path.join(server.recordings, "live", "s.1700000000000.mp4")
    with open(foreign, "wb") as f:
        f.write(b"not ours")
    server.start()
    again, killed = complete(Api(server), 2)
    assert again == before and reasons(killed) == ["kill"] and killed["gaps"][0]["ms"] is None
    assert abs(killed["duration_ms"] / 1000 - recordings.duration(os.path.join(server.folder, killed["file"]))) < 0.01
    publish(server, "h264_aac.flv", "s")
    last = complete(Api(server), 3)[-1]
    gap, = last["gaps"]
    assert gap["reason"] == "kill" and gap["at_ms"] == 0 and gap["ms"] > 0
    notes = [name for _, _, names in os.walk(server.recordings) for name in names if name.startswith(".")]
    assert len(notes) == 3, notes                                          # none is left for a temporary name


def test_a_reload_that_records_finds_what_was_recorded_before(make_server):
    server = serve(make_server, api="")
    publish(server, "h264_aac.flv")
    done, = complete(Api(server), 1)
    server.stop()
    server.write_conf("vhost __defaultVhost__ { }")
    server.start()
    assert listed(Api(server)) == []
    server.reload(CONF % ("./rec/[app]/[stream].[timestamp].flv", "", ""))
    assert complete(Api(server), 1) == [done]


def test_the_time_without_a_publisher_is_a_gap(make_server, backend):
    server = serve(make_server, api="", block=hooks(backend, "on_publish", "on_dvr"))
    api = Api(server)
    publish(server, "h264_aac.flv", rate=1.0)
    one, = complete(api, 1)
    until(lambda: time.time() * 1000 - one["end_ms"] > 1500, "a gap")
    publish(server, "h264_aac.flv", rate=1.0)
    one, two = complete(api, 2)
    assert one["gaps"] == []
    gap, = two["gaps"]
    assert gap["reason"] == "publisher" and gap["at_ms"] == 0 and abs(gap["ms"] - (two["begin_ms"] - one["end_ms"])) < 50
    backend.wait("on_publish", "on_dvr", "on_publish", "on_dvr")
    first, second = backend.of("on_dvr")
    assert "gaps" not in first.json and [dict(g) for g in second.json["gaps"]] == two["gaps"], second.json


def test_a_pause_of_the_encoder_is_a_gap(make_server):
    server = serve(make_server, api="")
    tags = flv.Numbered()
    feeder = rtmp.Feeder(server.publisher("s"), [*tags.tags(count=50), *tags.frames(125, 50)])
    feeder.join()
    feeder.finish()
    done, = complete(Api(server), 1)
    assert done["gaps"] == [{"at_ms": 2000, "ms": 3000, "reason": "publisher"}]
    server.wait_log(r"DVR of live/s: a gap of 3000ms at 2000ms of .*: nothing was published")
    server.kill()
    server.start()
    assert complete(Api(server), 1) == [done]


def test_a_full_disk_is_the_reason_of_a_gap(make_server, witness, small_disk):  # noqa: F811
    server = begin(make_server, witness, small_disk, api="")
    fill(small_disk)
    server.wait_log(r"WARN.*DVR.*No space left", timeout=30)
    os.unlink(os.path.join(small_disk, "filler"))
    server.wait_log(r"DVR of live/s: a gap of \d+ms", timeout=30)
    server.feeder.finish()
    done, = complete(Api(server), 1)
    gap, = done["gaps"]
    assert gap["reason"] == "disk_full" and gap["at_ms"] > 0 and 0 < gap["ms"] < done["duration_ms"]


def inside(gap, recording):
    """How much of the duration of a recording its gap is."""
    return max(0, min(recording["duration_ms"], gap["at_ms"] + gap["ms"]) - gap["at_ms"]) if gap["at_ms"] else 0


@pytest.mark.long
@pytest.mark.parametrize("ending", [".flv", ".mp4"])
def test_gaps_and_recordings_together_are_the_whole_stream(make_server, small_disk, ending):  # noqa: F811
    server = make_server(CONF % (small_disk + "/[stream].[timestamp]" + ending, "dvr_plan segment; dvr_duration 2;", ""), api="")
    api = Api(server)
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_long.flv"), 2)
    for _ in range(2):
        n = len(listed(api, "&state=complete"))
        until(lambda: len(listed(api, "&state=complete")) >= n + 2, "segments")     # pylint: disable=cell-var-from-loop
        fill(small_disk)
        sent = feeder.sent[-1].ts
        until(lambda: feeder.sent[-1].ts > sent + 7000, "seconds without a disk", 20)  # pylint: disable=cell-var-from-loop
        os.unlink(os.path.join(small_disk, "filler"))
        n = sum(len(d["gaps"]) for d in listed(api))
        until(lambda: sum(len(d["gaps"]) for d in listed(api)) > n, "the gap", 60)     # pylint: disable=cell-var-from-loop
    feeder.finish()
    until(lambda: all(d["state"] == "complete" for d in listed(api)), "the end")
    done = listed(api)
    gaps = [gap for d in done for gap in d["gaps"]]
    assert {gap["reason"] for gap in gaps} == {"disk_full"}, gaps
    sent = [t.ts for t in feeder.sent if t.type == flv.VIDEO and not flv.is_config(t)]
    told = sum(gap["ms"] for gap in gaps)
    kept = sum(d["duration_ms"] - sum(inside(gap, d) for gap in d["gaps"]) for d in done)
    surplus = told + kept - (sent[-1] - sent[0])                 # what is not known to be on the disk counts as lost
    assert -500 < surplus < 1500 * len(gaps), (told, kept, sent[-1] - sent[0], done)
