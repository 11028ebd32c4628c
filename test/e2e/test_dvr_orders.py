"""Recordings that the API starts, stops, hands out and removes."""
import json
import os

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
