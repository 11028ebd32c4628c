"""relay: streams that are pulled from other servers, always or while they are watched."""
import contextlib
import json
import os
import re
import signal
import struct
import time
import urllib.request

import pytest

import flv
import media
import srs
from api import Api
from bad_http import Dripping, Http, reply
from chunk import USER_CONTROL, VIDEO, Message
from fake_rtmp import CUT, FakeServer
from flv import Numbered
from hook_backend import hooks
from http_live import HttpPlayer, status_of
from media import FFMPEG
from rtmp_tool import MODULE, Nginx
from test_play import seen, vhost
from test_vanished import namespace  # pylint: disable=unused-import
from wait import until

REMUX = "http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } "
REMUX_TS = "http_remux { enabled on; mount [vhost]/[app]/[stream].ts; } "


def relay(*urls, name="live/s", more=""):
    return "relay %s { pull %s; %s }" % (name, " ".join(urls), more)


def pulling(*urls, more="", rest="", **how):
    return vhost(more=relay(*urls, more=more) + rest, **how)


def begins(server, url="", since=0):
    server.wait_log(r"relay of /live/s from %s\S* begins" % re.escape(url), since=since)


def fails(server, url="", since=0):
    return server.wait_log(r"relay of /live/s from %s\S* has failed, next try in (\d+)ms.*" % re.escape(url), since=since)


def sees(player, number):
    """Wait until a player has the picture of this number."""
    until(lambda: player.pump(1) is not None and any(flv.number_of(m) == (flv.VIDEO, number) for m in player.media()),
          lambda: "picture %d: %s" % (number, player.story()))


def listed(api):
    return {r["stream"]: r for r in api.get("/api/v1/relays/?count=100")["relays"]}


def one(api, name="s"):
    return listed(api)[name]


# -- forms -----------------------------------------------------------------------------------------------------------

def test_a_stream_comes_from_our_own_rtmp_server_whole_and_ends_with_it(make_server):
    origin = make_server()
    tags = list(Numbered().tags(count=50))
    with origin.publisher() as publisher:
        publisher.send_tags(tags[:3])
        server = make_server(pulling(origin.url(), play="time_jitter off;"))
        begins(server)
        with server.player() as player:
            seen(player, 1)
            publisher.send_tags(tags[3:])
            seen(player, len(tags) - 1)
            assert flv.gaps(player.media()) == []
            assert [m.ts for m in player.media()] == [t.ts for t in tags if t.type in (flv.AUDIO, flv.VIDEO)]
            publisher.unpublish()
            fails(server)
            server.wait_log(r"published /live/s by a relay, frames=%d" % len(tags))


def test_a_stream_comes_from_nginx(make_server, tmp_path):
    if not os.path.exists(MODULE):
        pytest.skip("nginx with its RTMP module is not there (trunk-scripts/deps.sh test)")
    nginx = Nginx(tmp_path / "nginx")
    try:
        source = make_server(vhost(more="forward { enabled on; destination 127.0.0.1:%d; }" % nginx.port))
        with source.publisher() as publisher:
            publisher.send_tags(Numbered().configs())
            publisher.send_tags(Numbered().frames(0, 1))
            source.wait_log(r"forward of /live/s to \S+ begins")
            server = make_server(pulling(nginx.url()))
            nginx.wait_log("play: name='s'")               # it keeps no key frame for those that come
            with server.player() as player:
                publisher.send_tags(Numbered(gop=1).frames(1, 50))
                begins(server)
                sees(player, 50)
                assert flv.gaps(player.media()) == []
            publisher.unpublish()
            fails(server)
    finally:
        nginx.stop()


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_a_stream_comes_by_http_flv(make_server, tls):
    origin = make_server(vhost(more=REMUX), http="", **({"tls": True} if tls else {}))
    url = origin.http_url("/live/s.flv", tls=tls)
    tags = list(Numbered().tags(count=50))
    with origin.publisher() as publisher:
        publisher.send_tags(tags[:10])
        server = make_server(pulling(url, more="tls_ca %s;" % origin.certificate[1] if tls else ""))
        begins(server, url)
        with server.player() as player:
            publisher.send_tags(tags[10:])
            seen(player, len(tags) - 1)
            assert flv.gaps(player.media()) == []
            publisher.unpublish()
            fails(server, url)


def test_a_stream_comes_by_http_ts(make_server):
    origin = make_server(vhost(more=REMUX_TS), http="")
    url = origin.http_url("/live/s.ts")
    clip = media.clip("h264_aac.flv")
    server = make_server(pulling(url))
    with media.ffmpeg_publish(clip, origin.url()) as program:
        begins(server, url)
        with server.player() as player:
            seen(player, 60)
        program.ends()
    fails(server, url)


def test_rtmps_checks_the_certificate(make_server):
    origin = make_server(tls=True)
    url = origin.rtmps_url()
    with origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        trusting, doubting = make_server(pulling(url, more="tls_ca %s;" % origin.certificate[1])), make_server(pulling(url))
        careless = make_server(pulling(url, more="tls_verify off;"))
        begins(trusting)
        begins(careless)
        assert "certificate" in fails(doubting).string


# -- when sources fail -----------------------------------------------------------------------------------------------

def test_the_second_url_takes_over_and_players_go_on(make_server):
    first, second = make_server(), make_server()
    numbered = Numbered()
    with first.publisher() as publisher, second.publisher() as other:
        other.send_tags(numbered.tags(count=5))
        publisher.send_tags(numbered.tags(count=5))
        server = make_server(pulling(first.url(), second.url()))
        begins(server, first.url())
        with server.player() as player:
            seen(player, 12)
            publisher.unpublish()
            assert fails(server, first.url()).group(1) == "0"
            begins(server, second.url())
            other.send_tags(numbered.frames(5, 5))
            sees(player, 9)


def test_a_source_that_comes_back_is_pulled_again(make_server):
    port = srs.free_port()
    server = make_server(pulling("rtmp://127.0.0.1:%d/live/s" % port))
    fails(server)
    origin = make_server(listen=[port])
    for n in range(2):
        mark = server.mark()
        with origin.publisher() as publisher:
            publisher.send_tags(Numbered().tags(count=5))
            begins(server, since=mark)
        fails(server, since=mark)


GOOD = flv.header() + b"".join(map(flv.pack, Numbered().tags(count=3)))
HTTP_FAULTS = {
    "nothing": (b"", True),
    "never answers": (b"", False),
    "a head without end": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100000, False),
    "404": (reply(b"no", "404 Not Found", ["Content-Length: 2"]), True),
    "garbage": (reply(os.urandom(5000)), True),
    "a header and silence": (reply(flv.header()), False),
    "a stream and silence": (reply(GOOD), False),
    "a transport stream and silence": (reply(b"TS"), False),
    "a huge tag": (reply(GOOD + b"\x09\xff\xff\xff" + bytes(7) + bytes(50000)), False),
    "a broken tag": (reply(GOOD + b"\x55" * 2000), True),
    "half a tag": (reply(GOOD[:-20]), True),
    "sync bytes": (reply(b"G" * 188000), False),
    "a redirect to itself": (None, True),
    "a redirect to a file": (reply(b"", "302 Found", ["Location: file:///etc/passwd", "Content-Length: 0"]), True),
}


@pytest.mark.sample(2)
@pytest.mark.parametrize("fault", HTTP_FAULTS)
def test_a_bad_http_source_is_tried_again_and_harms_nobody(make_server, tmp_path, fault):
    data, ends = HTTP_FAULTS[fault]
    with Http(data, ends) as bad:
        if fault == "a transport stream and silence":
            media.run(FFMPEG + ["-i", media.clip("h264_aac.flv"), "-c", "copy", "-f", "mpegts", str(tmp_path / "clip.ts")])
            bad.data = reply((tmp_path / "clip.ts").read_bytes())
        if data is None:
            bad.data = reply(b"", "302 Found", ["Location: " + bad.url(), "Content-Length: 0"])
        server = make_server(pulling(bad.url(), more="timeout 1;"), api="")
        with server.publisher("t") as publisher, server.player("t") as witness:
            publisher.send_tags(Numbered().tags(count=5))
            seen(witness, 12)
            fails(server)
            until(lambda: one(Api(server))["failures"] >= 2, "the second failure")
            row = one(Api(server))
            assert row["error"]["code"] and row["url"] == bad.url()
            publisher.send_tags(Numbered().frames(5, 5))
            seen(witness, 22)
            assert flv.gaps(witness.media()) == []


@pytest.mark.parametrize("begin", ["", "head", "stream"])
def test_bytes_without_frames_are_no_sign_of_life(make_server, begin):
    with Dripping({"": b"", "head": reply(flv.header()), "stream": reply(GOOD + b"\x09\x00\xff\xff" + bytes(7))}[begin]) as bad:
        server = make_server(pulling(bad.url(), more="timeout 1;"), api="")
        until(lambda: one(Api(server))["failures"] >= 2, "the second failure")


def test_a_graceful_stop_ends_pulls(make_server):
    origin = make_server()
    with origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        server = make_server(vhost(more=relay(origin.url()) + relay(origin.url(), name="live/d", more="on_demand on;")),
                             root={"grace_start_wait": "10", "grace_final_wait": "10"})
        begins(server)
        with server.player("d") as player:
            seen(player, 12)
            server.send_signal(signal.SIGQUIT)
            server.wait_log(r"published /live/s by a relay")
            server.wait_log(r"published /live/d by a relay")
        assert server.wait_exit() == 0


def test_the_pulls_of_a_vhost_that_is_gone_publish_nothing(make_server):
    origin = make_server()
    server = make_server("vhost v.example { }", api="")
    api = Api(server)
    wish = {"vhost": "v.example", "app": "live", "stream": "s", "urls": [origin.url()]}
    with origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        server.reload("vhost __defaultVhost__ { } vhost v.example { }")
        assert api.ask("POST", "/api/v1/relays/", json.dumps(wish).encode()).status == 200
        server.wait_log(r"relay of v\.example/live/s from \S+ begins")
        server.reload("vhost __defaultVhost__ { }")
        publisher.unpublish()
        server.wait_log(r"relay of v\.example/live/s from \S+ has failed.*vhost v\.example is gone")
    assert "publish /live/s" not in server.log


RTMP_FAULTS = {
    "refuses connect": {"connect": lambda conn: conn.error(1, description="no")},
    "refuses play": {"play": lambda conn: conn.status("NetStream.Play.StreamNotFound", "error")},
    "says nothing": {"connect": None},
    "sends no media": {},
    "cuts the handshake": {"handshake": CUT},
    "redirects to itself": {"connect": lambda conn: conn.error(1, ex={"code": 302, "redirect2": conn.fake.url()})},
    "ends the stream": {"play": lambda conn: conn.status("NetStream.Play.Start") or conn.status("NetStream.Play.UnpublishNotify")},
}


def floods(conn):
    conn.status("NetStream.Play.Start")
    while True:
        conn.sock.sendall(conn.writer.write(Message(USER_CONTROL, 0, struct.pack(">HI", 0, 1), 0, 2)) * 500)


def stops(conn):
    conn.status("NetStream.Play.Start")
    for tag in Numbered().tags(count=3):
        conn.media(tag.type, tag.ts, tag.payload)


def half_a_picture(conn):
    conn.status("NetStream.Play.Start")
    whole = conn.writer.write(Message(VIDEO, 0, b"\x17\x01\0\0\0" + bytes(8 << 20), 1, 6))
    for at in range(0, len(whole), 100):
        conn.sock.sendall(whole[at:at + 100])
        time.sleep(0.05)


RTMP_FAULTS.update({"floods": {"play": floods}, "stops in the stream": {"play": stops}, "sends a picture byte by byte": {"play": half_a_picture}})
RTMP_BYTES = {
    "garbage": lambda: Http(os.urandom(5000), ends=False),
    "a handshake byte by byte": lambda: Dripping(b"\x03"),
    "http": lambda: Http(reply(b"no", "404 Not Found", ["Content-Length: 2"])),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("fault", RTMP_BYTES)
def test_a_server_that_speaks_no_rtmp_is_given_up(make_server, fault):
    with RTMP_BYTES[fault]() as bad:
        server = make_server(pulling("rtmp://127.0.0.1:%d/live/s" % bad.port, more="timeout 1;"), api="")
        until(lambda: one(Api(server))["failures"] >= 2, "the second failure")


@pytest.mark.sample(2)
@pytest.mark.parametrize("fault", RTMP_FAULTS)
def test_a_bad_rtmp_source_is_tried_again_and_harms_nobody(make_server, fault):
    with FakeServer(**RTMP_FAULTS[fault]) as bad:
        server = make_server(pulling(bad.url(), more="timeout 1;"), api="")
        fails(server)
        until(lambda: one(Api(server))["failures"] >= 2, "the second failure")
        assert (one(Api(server))["bytes"] > 100000) == (fault == "floods")


def test_redirects_are_followed(make_server):
    origin = make_server(vhost(more=REMUX), http="")
    with origin.publisher() as publisher, FakeServer(connect=lambda conn: conn.error(1, ex={"code": 302, "redirect2": origin.url()})) as moved, \
            Http(reply(b"", "302 Found", ["Location: " + origin.http_url("/live/s.flv"), "Content-Length: 0"])) as http:
        publisher.send_tags(Numbered().tags(count=5))
        server = make_server(vhost(more=relay(moved.url()) + relay(http.url(), name="live/h")))
        begins(server)
        server.wait_log(r"relay of /live/h from \S+ begins")


def test_a_stream_is_not_pulled_from_itself(make_server):
    port, http = srs.free_port(), srs.free_port()
    more = relay("rtmp://127.0.0.1:%d/live/s" % port) + relay("http://127.0.0.1:%d/live/h.flv" % http, name="live/h")
    server = make_server(vhost(more=more + REMUX) + " http_server { enabled on; listen %d; }" % http, listen=[port])
    server.wait_log(r"relay of /live/s from \S+ has failed.*1030\(RtmpForwardLoop\)")
    server.wait_log(r"relay of /live/h from \S+ has failed.*(1030\(RtmpForwardLoop\)|404)")


def test_a_publisher_is_never_taken_over(make_server):
    origin = make_server()
    with origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        server = make_server(pulling(origin.url(), rest="publish { republish takeover; }"), api="")
        begins(server)
        with server.publisher() as own, server.player() as player:     # an encoder takes the stream from the pull …
            own.send_tags(Numbered().tags(count=5))
            seen(player, 12)
            fails(server)
            until(lambda: one(Api(server))["error"]["name"] == "StreamBusy" or None, "the stream that is busy")
            own.send_tags(Numbered().frames(5, 5))                     # … and keeps it
            seen(player, 22)
            mark = server.mark()
        begins(server, since=mark)


@pytest.mark.parametrize("more", ["", "on_demand on;"], ids=["always", "on demand"])
def test_a_pull_goes_on_behind_the_delayed_end_of_the_last_one(make_server, more):
    origin = make_server()
    server = make_server(pulling(origin.url(), more=more, rest="delay 3s;"))
    with server.player() as player:
        for n in range(2):                             # the second one begins while the first one still comes out
            mark = server.mark()
            with origin.publisher() as publisher:
                publisher.send_tags(Numbered().tags(count=5))
                begins(server, since=mark)
            fails(server, since=mark)
        seen(player, 22)


@pytest.mark.long
def test_a_server_elsewhere_does_not_lead_a_pull_to_this_host(make_server, namespace):
    origin = make_server(vhost(more=REMUX), http="", listen=["0.0.0.0:%d" % srs.free_port()])
    api = Http(reply(b"", fields=["Content-Length: 0"]), host="0.0.0.0")
    conf, names = "", []
    with origin.publisher() as publisher, contextlib.ExitStack() as stack, api:
        publisher.send_tags(Numbered().tags(count=5))
        for to in ("127.0.0.1", "127.0.0.2", namespace.host):
            segment = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://%s:%d/api/v1/raw?rpc=reload\n" % (to.encode(), api.port)
            moved = ["Location: http://%s:%d/live/s.flv" % (to, origin.http_port), "Content-Length: 0"]
            leads = lambda conn, to=to: conn.error(1, ex={"code": 302, "redirect2": "rtmp://%s:%d/live/s" % (to, origin.port)})
            playlist = stack.enter_context(namespace.inside(lambda: Http(reply(segment), host=namespace.peer)))
            flv_ = stack.enter_context(namespace.inside(lambda: Http(reply(b"", "302 Found", moved), host=namespace.peer)))
            rtmp_ = stack.enter_context(namespace.inside(lambda: FakeServer(host=namespace.peer, connect=leads)))
            for kind, url in (("hls", playlist.url("/live.m3u8")), ("flv", flv_.url()), ("rtmp", rtmp_.url())):
                names.append("%s%d" % (kind, len(names)))
                conf += relay(url, name="live/" + names[-1], more="timeout 2;")
        server = make_server(vhost(more=conf))
        for name in names:
            server.wait_log(r"relay of /live/%s from \S+ has failed.*which is this host or its link" % name)
    assert api.asked == [] and "begins" not in server.log


# -- on demand -------------------------------------------------------------------------------------------------------

def test_on_demand_begins_with_the_first_player_and_ends_after_the_last(make_server):
    origin = make_server()
    server = make_server(pulling(origin.url(), more="on_demand on; linger 1;"), api="")
    api = Api(server)
    with origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        assert one(api)["state"] == "idle" and one(api)["on_demand"]
        for n in range(2):
            with server.player() as player:
                seen(player, 12)
                assert one(api)["state"] == "pulling"
            until(lambda: one(api)["state"] == "idle", "the end of the pull")
        assert one(api)["failures"] == 0
        assert "has failed" not in server.log


def test_a_player_that_comes_back_within_the_time_finds_the_pull(make_server):
    origin = make_server()
    server = make_server(pulling(origin.url(), more="on_demand on; linger 60;"))
    with origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        for n in range(2):
            with server.player() as player:
                seen(player, 12)
            server.wait_log("cleanup when unpublish|rtmp-play")
    assert server.log.count("from %s begins" % origin.url()) == 1


def test_a_player_over_http_waits_for_its_stream(make_server):
    origin = make_server()
    server = make_server(pulling(origin.url(), more="on_demand on;", rest=REMUX.replace("mount", "wait 0; mount")), http="")
    with HttpPlayer(server.http_port, "/live/s.flv") as player, origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        player.wait_media(12)
    assert status_of(server, "/live/other.flv") == 404


# -- configuration and API -------------------------------------------------------------------------------------------

def test_a_reload_starts_changes_and_ends_relays_and_leaves_the_others_alone(make_server):
    first, second = make_server(), make_server()
    server = make_server(vhost())
    with first.publisher() as publisher, second.publisher() as other:
        publisher.send_tags(Numbered().tags(count=5))
        other.send_tags(Numbered().tags(count=5))
        same = relay(first.url(), name="live/same")
        server.reload(vhost(more=same + relay(first.url())))
        begins(server, first.url())
        with server.player("same") as witness:
            seen(witness, 12)
            mark = server.mark()
            server.reload(vhost(more=same + relay(second.url())))
            begins(server, second.url(), since=mark)
            mark = server.mark()
            server.reload(vhost(more=same))
            server.wait_log(r"published /live/s by a relay", since=mark)
            publisher.send_tags(Numbered().frames(5, 5))
            seen(witness, 22)
            assert flv.gaps(witness.media()) == []
    assert server.log.count("relay of /live/same from %s begins" % first.url()) == 1


def test_the_name_comes_from_the_url(make_server):
    origin = make_server(vhost(more=REMUX), http="")
    with origin.publisher("t") as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        server = make_server("vhost v.example { relay { pull %s; } }" % origin.http_url("/live/t.flv?k=v"))
        server.wait_log(r"relay of v\.example/live/t from \S+ begins")


@pytest.mark.parametrize("bad", ["relay { }", "relay { pull ftp://h/live/s; }", "relay { pull rtmp://h/live/s live/t; }", "relay live/s { pull; }",
                                 "relay s { pull rtmp://h/live/s; }", "relay live/.. { pull rtmp://h/live/s; }", "relay { pull http://h/; }",
                                 "relay { pull rtmp://h/live/s; } relay live/s { pull rtmp://g/live/s; }"])
def test_bad_relays_are_refused(make_server, bad):
    server = make_server()
    assert "relay" in server.reload(vhost(more=bad), good=False)


def test_the_api_adds_lists_and_removes(make_server):
    origin = make_server()
    server = make_server(vhost() + " vhost w.example { }", api="")
    api = Api(server)
    wish = {"app": "live", "stream": "s", "urls": [origin.url()]}
    post = lambda **more: api.ask("POST", "/api/v1/relays/", json.dumps({**wish, **more}).encode()).status
    with origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        assert post() == 200 and post() == 409
        begins(server)
        row = one(api)
        assert (row["vhost"], row["app"], row["added"], row["on_demand"]) == ("__defaultVhost__", "live", True, False)
        until(lambda: one(api)["state"] == "pulling" and one(api)["bytes"] > 100 and one(api)["frames"] >= 10, "frames")
        assert one(api)["urls"] == [origin.url()] and one(api)["error"] is None
        client = next(c for c in api.get("/api/v1/clients/")["clients"] if c["type"] == "rtmp-pull")
        assert client["publish"] and client["ip"] == "127.0.0.1"
        assert api.ask("DELETE", "/api/v1/relays/?app=live&stream=s").status == 200
        until(lambda: listed(api) == {}, "the end of the relay")
        assert api.ask("DELETE", "/api/v1/relays/?app=live&stream=s").status == 404
        with server.player() as player:                    # a player that waits already gets a pull on demand
            server.wait_log(r"type=rtmp-play")
            assert post(on_demand=True, linger=1) == 200
            seen(player, 12)
    for bad in (b"{}", b"[]", b"x", b'{"app":"live","stream":"s","urls":[]}', b'{"app":"live","stream":"s","urls":["a b"]}',
                b'{"app":"live","stream":"s","urls":["ftp://h/a"]}', b'{"app":"live","stream":"s","urls":"rtmp://h/a/b"}',
                b'{"app":"live","stream":"..","urls":["rtmp://h/a/b"]}', b'{"app":"live","stream":"t","urls":["rtmp://h/a/b"],"timeout":0}'):
        assert api.ask("POST", "/api/v1/relays/", bad).status == 400


def test_callbacks_and_bans_hold_for_pulls_and_tokens_do_not(make_server, backend):
    origin = make_server()
    rest = hooks(backend, "on_publish", "on_unpublish") + "auth { enabled on; user ann secret12; publish password; play all; } security { enabled on; deny publish all; }"
    with origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        server = make_server(pulling(origin.url(), rest=rest), api="")
        begins(server)
        call = backend.calls[0]
        assert (call.json["action"], call.json["app"], call.json["stream"], call.json["ip"]) == ("on_publish", "live", "s", "127.0.0.1")
        mark = server.mark()
        assert Api(server).ask("POST", "/api/v1/bans/", json.dumps({"stream": "live/s"}).encode()).status == 200
        fails(server, since=mark)
        until(lambda: any(c.json["action"] == "on_unpublish" for c in backend.calls), "on_unpublish")


def test_the_example_pulls(make_server):
    origin = make_server()
    with open(os.path.join(media.ROOT, "conf", "relay.pull.conf")) as f:
        text = f.read()
    for there, here in ((":19350", ":%d" % origin.port), ("1935;", "%d;" % (port := srs.free_port())), ("8080;", "%d;" % (http := srs.free_port()))):
        text = text.replace(there, here)
    server = make_server(text=text + "pid ./srs.pid;", listen=[port])
    with origin.publisher("livestream") as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        server.wait_log(r"relay of /live/livestream from \S+ begins")
        with HttpPlayer(http, "/live/demand.flv") as player:
            player.wait_media(12)


def test_metrics_count_pulls(make_server):
    origin = make_server()
    with origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        server = make_server(vhost(more=relay(origin.url()) + relay("rtmp://127.0.0.1:1/live/t", name="live/t")) + " exporter { enabled on; listen %d; }" % (port := srs.free_port()))
        begins(server)

        def metrics():
            with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % port) as reply:
                return reply.read().decode()
        until(lambda: 'srs_relay_pulls{state="pulling"} 1' in metrics() and re.search(r"srs_relay_failures_total [1-9]", metrics()), "the metrics")
