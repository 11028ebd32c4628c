"""The table of doc/names.md: published names, and every spelling by which each output finds them.

A row is tested over RTMP, HTTP-FLV, MP4, TS and WebSocket; the API shows the name as it was published.
"""
import re
import time

import pytest

import rtmp
from api import Api
from flv import Numbered
from http_live import HttpPlayer
from test_play import seen

# published app and stream; app and stream as RTMP players send them; paths, without the extension
TABLE = {
    "plain": (("live", "cam1"), [("live", "cam1"), ("live/", "/cam1/"), ("live", "cam1?token=a/b&x=1"), ("live?x=1", "cam1"),
                                 ("live/_definst_", "cam1"), ("live", "%63am1")],
              ["/live/cam1", "/live/%63am1", "/live//cam1", "/live/x/../cam1"]),
    "slashes in the app": (("live/123", "uuid"), [("live/123", "uuid"), ("live", "123/uuid"), ("live/", "/123//uuid")],
                           ["/live/123/uuid", "/live//123/uuid"]),
    "slashes in the stream": (("live", "123/4/uuid"), [("live", "123/4/uuid"), ("live/123/4", "uuid")], ["/live/123/4/uuid"]),
    "dots": (("live.d", "room.1"), [("live.d", "room.1"), ("live%2Ed", "room%2E1")], ["/live.d/room.1", "/live.d/room%2E1"]),
    "percent": (("live", "TEST%20STREAM"), [("live", "TEST%20STREAM"), ("live", "TEST STREAM"), ("live", "TESTSTREAM")],
                ["/live/TEST%20STREAM", "/live/TEST%2520STREAM", "/live/TESTSTREAM"]),
    "percent in the app": (("my%20app", "s"), [("my%20app", "s"), ("myapp", "s")], ["/my%20app/s", "/myapp/s"]),
    "a percent sign": (("live", "100%"), [("live", "100%"), ("live", "100%25")], ["/live/100%25"]),
    "blanks": (("live", "my cam"), [("live", "my cam"), ("live", "mycam"), ("live", "my%20cam")],
               ["/live/my%20cam", "/live/mycam"]),
    "plus": (("live", "a+b"), [("live", "a+b"), ("live", "a%2Bb")], ["/live/a+b", "/live/a%2Bb"]),
    "an escaped plus": (("live", "a%2Bb"), [("live", "a%2Bb"), ("live", "a+b")], ["/live/a%2Bb", "/live/a+b"]),
    "Unicode": (("live", "caf\u00e9\u4e2d"), [("live", "caf\u00e9\u4e2d"), ("live", "caf%C3%A9%E4%B8%AD")],
                ["/live/caf%C3%A9%E4%B8%AD", "/live/caf%c3%a9%e4%b8%ad"]),
    "escaped Unicode": (("live", "caf%C3%A9"), [("live", "caf%c3%a9"), ("live", "caf\u00e9")], ["/live/caf%C3%A9"]),
    "a query": (("live", "cam1?token=x/y"), [("live", "cam1"), ("live", "cam1?other=1")], ["/live/cam1", "/live/cam1{ext}?a=b/c"]),
    "an escaped question mark": (("live", "a%3Fb"), [("live", "a%3Fb")], ["/live/a%3Fb"]),
    "marks": (("live", "a=b,c;d@e!f~g"), [("live", "a=b,c;d@e!f~g")], ["/live/a=b,c;d@e!f~g"]),
}

NOT_FOUND = {                                                       # published name, and a name that means another stream
    "case": (("live", "Cam"), ["/live/cam", "/Live/Cam"]),
    "an extension in the name": (("live", "s.flv"), ["/live/s"]),
    "behind the last dot": (("live", "room.1"), ["/live/room.2", "/live/room"]),
    "plus is no blank": (("live", "a+b"), ["/live/a%20b", "/live/ab"]),
    "the app": (("live/123", "uuid"), ["/live/uuid", "/123/uuid", "/uuid"]),
}

MOUNT = "http_remux { enabled on; mount [vhost]/[app]/[stream]%s; wait 0; }"
CONF = "vhost __defaultVhost__ { %s } vhost ts.test { %s }" % (MOUNT % ".flv", MOUNT % ".ts")


def with_ext(path, ext):
    return path.replace("{ext}", ext) if "{ext}" in path else path + ext


def client(server, app):
    c = rtmp.Client("127.0.0.1", server.port)
    c.connect("rtmp://127.0.0.1:%d/%s" % (server.port, app))
    return c


def publish(server, app, stream):
    c = client(server, app)
    c.publish(stream)
    c.set_chunk_size(65536)
    c.send_tags(Numbered().tags(count=3))
    c.barrier()
    return c


def status(server, path, **how):
    with HttpPlayer(server.http_port, path, **how) as p:
        return p.wait_head().status


@pytest.mark.sample(3)
@pytest.mark.parametrize("row", TABLE)
def test_every_spelling_finds_the_stream(make_server, row):
    (app, stream), plays, paths = TABLE[row]
    server = make_server(CONF, http="", api="")
    with publish(server, app, stream):
        for play in plays:
            with client(server, play[0]) as player:
                player.play(play[1])
                seen(player, 8)
        for path in paths:
            with HttpPlayer(server.http_port, with_ext(path, ".flv")) as p:
                assert p.wait_head().status == 200, path
                p.wait_media(8)
            with HttpPlayer(server.http_port, with_ext(path, ".flv"), websocket=True) as p:
                assert p.wait_head().status == 101, path
                p.wait_media(8)
            assert status(server, with_ext(path, ".mp4")) == 200, path
        shown, = [s for s in Api(server).streams() if s["publish"]["active"]]
        name = re.sub(r"\?.*", "", stream).replace(" ", "")         # the published name without blanks
        assert shown["url"] == "/%s/%s" % (app, name)
        assert shown["name"] == name.rpartition("/")[2]


@pytest.mark.sample(3)
@pytest.mark.parametrize("row", TABLE)
def test_ts_finds_the_same(make_server, row):
    (app, stream), _, paths = TABLE[row]
    server = make_server(CONF, http="")
    with publish(server, app + "?vhost=ts.test", stream):
        for path in paths:
            path = with_ext(path, ".ts")
            assert status(server, path + ("&" if "?" in path else "?") + "vhost=ts.test") == 200, path


@pytest.mark.sample(2)
@pytest.mark.parametrize("row", NOT_FOUND)
def test_what_differs_otherwise_is_another_stream(make_server, row):
    (app, stream), paths = NOT_FOUND[row]
    server = make_server(CONF, http="")
    with publish(server, app, stream):
        for path in paths:
            assert status(server, path + ".flv") == 404, path


@pytest.mark.sample(2)
@pytest.mark.parametrize("app,stream", [("live", ".."), ("live", "%2e%2e"), ("live/%252E%252e", "s"), ("live", "a/../s"),
                                        ("live", "s%00"), ("live", "s%0d%0ax"), ("live", "s\x01")])
def test_no_name_leads_elsewhere(server, app, stream):
    with pytest.raises((rtmp.Refused, rtmp.Closed)):
        publish(server, app, stream)
    server.wait_log("RtmpTcUrl")


@pytest.mark.parametrize("path", ["/live/%2e%2e/%2e%2e/etc.flv", "/live/s%2f..%2fx.flv", "/live/s%00.flv", "/live/s%5cx.flv"])
def test_no_path_leads_elsewhere(make_server, path):
    assert status(make_server(CONF, http=""), path) in (400, 404)


def test_the_two_spellings_are_one_stream_to_publishers_too(make_server):
    server = make_server(CONF, http="")
    with publish(server, "live", "a%20b"):
        with pytest.raises(rtmp.Refused):
            publish(server, "live", "a b")


def test_who_waits_under_another_spelling_gets_the_stream_and_the_publisher_names_it(make_server):
    server = make_server("vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } }",
                         http="", api="")
    with HttpPlayer(server.http_port, "/live/a%20b.flv") as p:
        p.wait_head()
        with publish(server, "live", "a%20b"):
            p.wait_media(8)
            assert [s["url"] for s in Api(server).streams()] == ["/live/a%20b"]


def test_a_file_in_a_deep_folder_is_served_where_no_stream_is_published(make_server):
    server = make_server(CONF.replace("wait 0;", ""), http="", start=False)
    import os
    os.makedirs(server.html + "/records/2026/11")
    with open(server.html + "/records/2026/11/a.flv", "wb") as f:
        f.write(b"FLV, a recording")
    server.start()
    with HttpPlayer(server.http_port, "/records/2026/11/a.flv") as p:
        assert p.wait_head().status == 200
        assert p.wait_body(16) and p.body == b"FLV, a recording"
        with publish(server, "records/2026/11", "a"):
            with HttpPlayer(server.http_port, "/records/2026/11/a.flv") as live:
                live.wait_media(8)


def test_a_mount_without_an_app_serves_the_stream_of_that_name_in_any(make_server):
    server = make_server("vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[stream].flv; } }", http="", api="")

    def played():
        with HttpPlayer(server.http_port, "/cam1.flv") as p:
            p.wait_media(8)
            return {c["url"]: c for c in Api(server).clients() if c["type"] == "flv-play"}.popitem()[0]
    assert status(server, "/cam1.flv") == 404                       # it is not published, so the app in which to wait is unknown
    with publish(server, "live/7", "cam1"):
        assert played() == "/live/7/cam1"
        time.sleep(0.01)                                            # the other stream begins later
        with publish(server, "other", "cam1"):
            assert played() == "/live/7/cam1"                       # the stream that was published first
            with publish(server, "", "cam1"):
                assert played() == "/__defaultApp__/cam1"           # a stream without an app precedes all others
    assert status(server, "/cam2.flv") == 404
