"""Recordings that the API starts, stops, hands out and removes."""
import json
import os

import pytest

import flv
import media
import recordings
import rtmp
from api import Api
from test_dvr import publish, serve
from test_dvr_list import complete, listed
from wait import until

PATH = "/api/v1/dvrs/"


def order(api, action, stream="s", status=200, **more):
    body = json.dumps({"app": "live", "stream": stream, "action": action, **more}).encode()
    r = api.ask("POST", PATH, body)
    assert r.status == status, r.body


def loop(server, stream="s"):
    return rtmp.Feeder(server.publisher(stream), media.loop("h264_aac_long.flv"), 2)


def recording(api, n):
    until(lambda: len(listed(api, "&state=recording")) == n, lambda: "%d open: %s" % (n, listed(api)))


def test_a_running_stream_is_started_and_stopped(make_server):
    server = serve(make_server, more="dvr_apply none;", api="")
    api = Api(server)
    feeder, other = loop(server), loop(server, "other")
    with server.player() as player:
        player.wait_media(20)
        for n in range(2):
            order(api, "start")
            order(api, "start")                                  # a second one is no error
            until(lambda: any(d["duration_ms"] > 1000 for d in listed(api, "&state=recording")), "a second of it")
            order(api, "stop")
            complete(api, n + 1)
        player.wait_media(len(player.media()) + 20)
    order(api, "start")
    recording(api, 1)
    feeder.finish()                                              # the end of the stream ends the order
    done = complete(api, 3)
    assert [d["stream"] for d in done] == ["s"] * 3
    assert [g["reason"] for g in done[1]["gaps"]] in ([], ["off"])
    for d in done:
        path = os.path.join(server.folder, d["file"])
        assert recordings.packets(path)["video"] and not media.run(media.FFMPEG + ["-i", path, "-f", "null", "-"]).stderr
    publish(server, "h264_aac.flv")
    other.finish()
    assert len(listed(api)) == 3


def test_what_dvr_apply_records_is_stopped_until_the_stream_ends(make_server):
    server = serve(make_server, api="")
    api = Api(server)
    feeder = loop(server)
    recording(api, 1)
    order(api, "stop")
    complete(api, 1)
    feeder.finish()
    publish(server, "h264_aac.flv")
    complete(api, 2)


def test_orders_that_cannot_be_are_refused(make_server):
    server = serve(make_server, api="")
    api = Api(server)
    order(api, "start", status=404)
    order(api, "start", vhost="other.example", status=404)
    for bad in (b"x", b"[]", b"{}", b'{"app":"live","stream":"s"}', b'{"app":"live","stream":"s","action":"other"}',
                b'{"app":"live","stream":"s","action":"a long word"}', b'{"app":1,"stream":"s","action":"start"}'):
        assert api.ask("POST", PATH, bad).status == 400
    assert api.ask("PUT", PATH, b"{}").status == 405
    origin = {"Origin": "http://evil.example"}
    assert api.ask("POST", PATH, b'{"app":"live","stream":"s","action":"start"}', origin).status == 403
    off = make_server("vhost __defaultVhost__ { }", api="")
    with off.publisher() as publisher:
        publisher.send_tags(media.tags("h264_aac.flv")[:20])
        order(Api(off), "start", status=409)


def test_a_recording_is_fetched_in_ranges_and_removed(make_server):
    server = serve(make_server, "./rec/[app]/[2006]/[stream].[timestamp].flv", api="")
    api = Api(server)
    feeder = loop(server)
    recording(api, 1)
    one, = listed(api)
    where = PATH + "files/" + one["id"]
    assert api.ask("GET", where).status == 409 and api.ask("DELETE", PATH + one["id"]).status == 409
    feeder.finish()
    done, = complete(api, 1)
    with open(os.path.join(server.folder, done["file"]), "rb") as f:
        data = f.read()
    whole, part = api.ask("GET", where + ".flv"), api.ask("GET", where, headers={"Range": "bytes=10-19"})
    assert whole.status == 200 and whole.body == data and whole.headers["Content-Type"] == "video/x-flv"
    assert part.status == 206 and part.body == data[10:20]
    assert api.ask("GET", where, headers={"Origin": "http://evil.example"}).status == 403
    assert api.ask("DELETE", PATH + done["id"], headers={"Origin": "http://evil.example"}).status == 403
    assert api.ask("DELETE", PATH + done["id"]).status == 200
    assert listed(api) == [] and os.listdir(server.recordings) == []     # neither file, nor note, nor empty folders
    assert api.ask("DELETE", PATH + done["id"]).status == 404 and api.ask("GET", where).status == 404
    publish(server, "h264_aac.flv")
    complete(api, 1)


def test_a_file_that_is_not_the_one_that_was_recorded_stays(make_server):
    server = serve(make_server, api="")
    api = Api(server)
    publish(server, "h264_aac.flv")
    done, = complete(api, 1)
    path = os.path.join(server.folder, done["file"])
    with open(path, "ab") as f:
        f.write(b"more")
    assert api.ask("DELETE", PATH + done["id"]).status == 409
    assert os.path.exists(path) and listed(api) == []


def test_with_a_password_the_api_needs_it(make_server):
    server = serve(make_server, api="auth { enabled on; username admin; password secret; }")
    api = Api(server)
    publish(server, "h264_aac.flv")
    for method, path in (("GET", PATH), ("POST", PATH), ("DELETE", PATH + "x"), ("GET", PATH + "files/x")):
        assert api.ask(method, path, b"{}" if method == "POST" else None).status == 401


def newest(feeder):
    return max(n[1] for n in map(flv.number_of, feeder.sent) if n and n[0] == flv.VIDEO)


@pytest.mark.sample(3)
@pytest.mark.parametrize("ending,wish,seconds", [(".flv", {}, 4), (".flv", {"preroll": 2}, 2), (".flv", {"preroll": 0}, 0)])
def test_a_start_goes_back_by_what_was_kept(make_server, ending, wish, seconds):
    server = serve(make_server, "./rec/[stream].[timestamp]" + ending, "dvr_apply none; dvr_preroll 4;", api="")
    api = Api(server)
    feeder = rtmp.Feeder(server.publisher("s"), flv.Numbered().tags(), 4)
    for _ in range(2):                                           # it is kept again after a stop
        sent = newest(feeder) + 250 if feeder.sent[3:] else 250
        until(lambda: len(feeder.sent) > 10 and newest(feeder) > sent, "ten seconds of it")
        before = newest(feeder)
        order(api, "start", **wish)
        until(lambda: any(d["duration_ms"] > 2000 * (seconds + 1) for d in listed(api, "&state=recording")), "more of it")
        order(api, "stop")
        until(lambda: not listed(api, "&state=recording") and not listed(api, "&state=completing"), "its end")
        path = max(recordings.files(server.recordings))
        got = [t for t in flv.read(path) if t.type in (flv.AUDIO, flv.VIDEO)]
        assert flv.gaps(got) == []
        media_tags = [t for t in got if flv.number_of(t)]
        first = [flv.number_of(t)[1] for t in media_tags if t.type == flv.VIDEO][0]
        assert first % 25 == 0 and min(t.ts for t in media_tags) == 0
        if seconds:
            assert before - 25 * seconds - 50 <= first <= before - 25 * seconds + 50, (before, first)
        else:
            assert first >= before - 50, (before, first)
    feeder.finish()


def test_what_is_kept_before_a_start_is_bounded(make_server):
    server = serve(make_server, more="dvr_apply none; dvr_preroll 1h;", api="")
    feeder = rtmp.Feeder(server.publisher("s"), flv.Numbered(size=40000).tags(), 20)
    until(lambda: len(feeder.sent) > 100, "some of it")
    rss = server.rss_kib()
    until(lambda: len(feeder.sent) > 2000, "40 MB", 60)
    assert server.rss_kib() - rss < 30 << 10
    order(Api(server), "start")
    until(lambda: any(d["duration_ms"] > 20000 for d in listed(Api(server), "&state=recording")), "a recording", 30)
    feeder.finish()
    done, = complete(Api(server), 1)
    assert done["gaps"] == [] and done["bytes"] > 8 << 20


@pytest.mark.parametrize("n_more", [0, 8])
def test_a_start_may_find_a_single_frame(make_server, n_more):
    """A backend may start the recording from its on_publish, when a frame was kept that the log has forgotten."""
    server = serve(make_server, "./rec/[stream].flv", "dvr_apply none; dvr_preroll 10;", api="", block="play { gop_cache off; }")
    tags = [t for t in media.tags("h264.flv") if t.type == flv.VIDEO]
    n = next(i for i, t in enumerate(tags) if flv.is_key(t) and not flv.is_config(t)) + 1
    with server.publisher("s") as publisher:
        publisher.send_tags(tags[:n])
        publisher.barrier()
        publisher.send_tags(tags[n:n + n_more])                      # less than half a second: the recorder sleeps
        publisher.barrier()
        order(Api(server), "start")
        recording(Api(server), 1)
        publisher.send_tags(tags[n + n_more:n + 60])
        publisher.barrier()
    done, = complete(Api(server), 1)
    got = [t for t in flv.read(os.path.join(server.folder, done["file"])) if t.type == flv.VIDEO and not flv.is_config(t)]
    assert [t.payload for t in got[:60]] == [t.payload for t in tags[n - 1:n + 59]] and got[0].ts == 0


@pytest.mark.parametrize("ending", [".mp4", ".ts"])
def test_every_format_takes_what_was_kept(make_server, ending):
    server = serve(make_server, "./rec/[stream]" + ending, "dvr_apply none; dvr_preroll 3;", api="")
    feeder = loop(server)
    until(lambda: feeder.sent and feeder.sent[-1].ts > 8000, "eight seconds")
    order(Api(server), "start")
    recording(Api(server), 1)
    order(Api(server), "stop")
    done, = complete(Api(server), 1)
    feeder.finish()
    path = os.path.join(server.folder, done["file"])
    assert not media.run(media.FFMPEG + ["-i", path, "-f", "null", "-"]).stderr
    assert recordings.duration(path) >= 3 and len(recordings.packets(path)["video"]) >= 75
