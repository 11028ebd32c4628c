"""forward: streams that are pushed to other servers, which may be slow, dead or mad without harm to anybody else."""
import itertools
import json
import os
import re
import threading

import pytest

import flv
import media
import rtmp
import srs
from api import Api
from fake_rtmp import CUT, FakeServer
from flv import Numbered
from hook_backend import answer, raw, silence
from rtmp_tool import MODULE, Nginx, NodeMediaServer, Tool
from test_play import seen, vhost
from wait import patience, until


def forwarding(*destinations, more="", **how):
    """A vhost that pushes its streams there; `more` stands in the same block."""
    return vhost(more="forward { enabled on; destination %s; %s }" % (" ".join(destinations), more), **how)


def at(server):
    return "127.0.0.1:%d" % server.port


def begins(server, destination, since=0):
    server.wait_log(r"forward of \S+ to %s begins" % re.escape(str(destination)), since=since)


def test_a_stream_reaches_another_server_whole_and_ends_with_its_publisher(make_server):
    target = make_server("vhost v.example { play { time_jitter off; } }")
    server = make_server(forwarding(at(target), name="v.example"))
    tags = list(Numbered().tags(count=100))
    with target.client("live", tc_url="rtmp://v.example/live") as player:
        player.play("s")
        with server.client("live", tc_url="rtmp://v.example/live") as publisher:
            publisher.publish("s?k=1", "fmle")
            publisher.send_tags(tags[:3])
            begins(server, at(target))
            publisher.send_tags(tags[3:])
            seen(player, len(tags) - 1)
            publisher.unpublish()
            target.wait_log(r"client identified, type=flash-publish, vhost=v\.example, app=live, stream=s, param=\?k=1,")
            server.wait_log(r"forward of v\.example/live/s to \S+ has ended, %d messages" % len(tags))
    assert flv.gaps(player.media()) == []
    assert [m.ts for m in player.media()] == [t.ts for t in tags if t.type in (flv.AUDIO, flv.VIDEO)]


def test_a_stream_reaches_nginx(make_server, tmp_path):
    if not os.path.exists(MODULE):
        pytest.skip("nginx with its RTMP module is not there (trunk-scripts/deps.sh test)")
    nginx, got = Nginx(tmp_path / "nginx"), str(tmp_path / "got.flv")
    try:
        server = make_server(forwarding("127.0.0.1:%d" % nginx.port))
        sent = list(Numbered().frames(count=100))
        player = Tool("play", nginx.url(), got)
        nginx.wait_log("play: name='s'")
        with server.publisher() as publisher:
            publisher.send_tags(Numbered().configs())
            begins(server, "127.0.0.1:%d" % nginx.port)
            publisher.send_tags(sent)
            publisher.unpublish()
            player.succeed()
        played = [t for t in flv.read(got) if t.type in (flv.AUDIO, flv.VIDEO) and not flv.is_config(t)]
        assert played == sent, [(a.type, a.ts, b.type, b.ts, len(played)) for a, b in zip(played, sent) if a != b][:5]
    finally:
        nginx.stop()


@pytest.mark.long
def test_a_stream_reaches_node_media_server(make_server, tmp_path):
    if not NodeMediaServer.is_installed():
        pytest.skip("node-media-server is not there (trunk-scripts/bench-peers.sh says why)")
    target = NodeMediaServer(tmp_path / "node")
    try:
        server = make_server(forwarding(at(target)))
        numbered = Numbered()
        with server.client(port=target.port) as player, server.publisher() as publisher:
            player.play("s")
            publisher.send_tags(numbered.configs())
            begins(server, at(target))
            publisher.send_tags(numbered.frames(count=100))
            seen(player, 202)
            publisher.unpublish()
            server.wait_log(r"forward of /live/s to \S+ has ended")
        assert flv.gaps(player.media()) == []
        until(lambda: re.search(r"RTMP session \S+ close", target.log()), target.log)
    finally:
        target.stop()


def test_a_url_names_the_stream_for_its_server(make_server):
    target = make_server("vhost w.example { }")
    server = make_server(forwarding("rtmp://%s/[app]2/x-[stream]?vhost=w.example" % at(target)))
    with server.client("live") as publisher:
        publisher.publish("s?k=1", "fmle")
        publisher.send_tags(Numbered().tags(count=3))
        target.wait_log(r"vhost=w\.example, app=live2, stream=x-s, param=\?vhost=w\.example,")


def test_a_target_that_comes_later_or_again_gets_the_stream_from_its_last_key_frame(make_server):
    port = srs.free_port()
    server = make_server(forwarding("127.0.0.1:%d" % port))
    numbered = Numbered(gop=10)
    with server.publisher() as publisher:
        publisher.send_tags(numbered.tags(count=25))
        server.wait_log(r"forward of /live/s to 127.0.0.1:%d has failed, next try in \d+ms.*" % port)
        target = make_server(listen=[port])
        mark = server.mark()
        begins(server, "127.0.0.1:%d" % port)
        with target.player() as player:
            publisher.send_tags(numbered.frames(25, 5))
            assert flv.number_of(next(m for m in seen(player, 7) if flv.number_of(m))) == (flv.VIDEO, 20)
        target.stop()
        server.wait_log(r"forward of /live/s to 127.0.0.1:%d has failed" % port, since=mark)
        mark = server.mark()
        target.start()
        begins(server, "127.0.0.1:%d" % port, since=mark)


def test_a_target_that_never_reads_stops_nobody(make_server):
    target = make_server("vhost __defaultVhost__ { play { queue_length 30; } }")
    done = threading.Event()
    with FakeServer(media=lambda conn: done.wait(patience(60))) as fake:
        silent = "127.0.0.1:%d" % fake.port
        server = make_server(forwarding(silent, at(target)))
        with server.publisher() as publisher, target.player() as player:
            publisher.send_tags(Numbered().configs())
            begins(server, silent)
            begins(server, at(target))
            numbered = Numbered(size=60000)
            for i in range(0, 400, 20):              # 24 MB, more than sockets hold
                publisher.send_tags(numbered.frames(i, 20))
                seen(player, (i + 20) * 2)
            assert flv.gaps(player.media()) == []
            publisher.unpublish()
            server.wait_log(r"forward of /live/s to %s has ended" % re.escape(silent))
        done.set()


def test_a_reload_adds_and_removes_targets_and_leaves_the_others_alone(make_server):
    first, second = make_server(), make_server()
    server = make_server(forwarding(at(first)))
    numbered = Numbered()
    with server.publisher() as publisher, first.player() as player, second.player() as other:
        publisher.send_tags(numbered.tags(count=10))
        begins(server, at(first))
        seen(player, 22)
        server.reload(forwarding(at(first), at(second)))
        begins(server, at(second))
        seen(other, 4)
        mark = server.mark()
        server.reload(forwarding(at(first)))
        server.wait_log(r"forward of /live/s to %s has ended" % re.escape(at(second)), since=mark)
        publisher.send_tags(numbered.frames(10, 10))
        seen(player, 42)
        assert flv.gaps(player.media()) == []
        server.reload(vhost())
        server.wait_log(r"forward of /live/s to %s has ended" % re.escape(at(first)), since=mark)
        server.reload(forwarding(at(second)))
        begins(server, at(second), since=mark)
    assert server.log.count("forward of /live/s to %s begins" % at(first)) == 1


PASSWORDS = "vhost __defaultVhost__ { auth { enabled on; user ann s@cret1; publish password; play all; } }"


def test_user_and_password_of_the_url_open_the_server_and_are_seen_nowhere(make_server):
    target = make_server(PASSWORDS)
    server = make_server(forwarding("rtmp://ann:s%%40cret1@%s" % at(target)))
    with server.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        server.wait_log(r"forward of /live/s to \S+ begins")
        target.wait_log(r"got metadata")
    for log in (server.log, target.log):
        assert "s@cret1" not in log and "s%40cret1" not in log


def test_a_wrong_password_is_told(make_server):
    target = make_server(PASSWORDS)
    server = make_server(forwarding("rtmp://ann:wrong@%s" % at(target)))
    with server.publisher():
        server.wait_log(r"forward of /live/s to \S+ has failed.*(\n.*)*reason=authfailed")


def test_rtmps_checks_the_certificate(make_server):
    target = make_server(tls=True)
    url = "rtmps://127.0.0.1:%d" % target.rtmps_port
    trusting = make_server(forwarding(url, more="tls_ca %s;" % target.certificate[1]))
    doubting = make_server(forwarding(url))
    with target.player() as player, trusting.publisher() as publisher, doubting.publisher("t"):
        publisher.send_tags(Numbered().tags(count=5))
        seen(player, 12)
        doubting.wait_log(r"forward of /live/t to \S+ has failed.*(\n.*)*certificate")


def asking(backend):
    return forwarding("127.0.0.1:9", more="backend %s;" % backend.url("on_forward"))


def urls(*urls):
    return answer(body=json.dumps({"code": 0, "data": {"urls": urls}}).encode())


def test_a_backend_says_where_each_stream_goes(make_server, backend):
    target = make_server()
    backend.answers["on_forward"] = urls(target.url("other/x-s?k=2"))
    server = make_server(asking(backend), root={"server_id": "me"})
    with target.player("x-s", "other") as player, server.client("live") as publisher:
        publisher.publish("s?k=1", "fmle")
        publisher.send_tags(Numbered().tags(count=5))
        seen(player, 12)
        target.wait_log(r"type=flash-publish.*app=other, stream=x-s, param=\?k=2,")
    call = backend.calls[0]
    assert call.keys == ["action", "server_id", "service_id", "client_id", "ip", "vhost", "app", "tcUrl", "stream", "param"]
    said = {**call.json, "service_id": 0, "client_id": 0}
    assert said == {"action": "on_forward", "server_id": "me", "service_id": 0, "client_id": 0, "ip": "127.0.0.1",
                    "vhost": "__defaultVhost__", "app": "live", "tcUrl": server.tc_url(), "stream": "s", "param": "?k=1"}
    backend.answers["on_forward"] = urls()
    with server.publisher("t") as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        until(lambda: len(backend.calls) == 2, "the second question")
    assert "127.0.0.1:9" not in server.log


@pytest.mark.parametrize("bad, code", [
    (answer(), 1030), (answer(body=b'{"code":0}'), 1030), (answer(body=b'{"code":0,"data":{}}'), 1030),
    (answer(body=b'{"code":0,"data":{"urls":[1]}}'), 1030), (answer(body=b'{"code":0,"data":{"urls":"rtmp://h/a/b"}}'), 1030),
    (answer(body=b'{"code":5,"data":{"urls":[]}}'), 3064), (answer(403, b"no"), None), (raw(b""), None),
], ids=["0", "no data", "no urls", "no text", "no list", "code", "status", "nothing"])
def test_a_publisher_is_refused_without_a_good_answer_and_its_stream_stays_free(make_server, backend, bad, code):
    backend.answers["on_forward"] = bad
    server = make_server(asking(backend))
    with pytest.raises((rtmp.Refused, ConnectionError)):
        with server.publisher():
            pass
    server.wait_log(r"%s.*on_forward failed" % (code or r""))
    backend.answers["on_forward"] = urls()
    with server.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))


def test_a_publisher_that_hangs_up_while_its_backend_is_asked_is_not_refused(make_server, backend):
    release = threading.Event()
    backend.answers["on_forward"] = silence(release)
    server = make_server(asking(backend), api="")
    with server.client() as c:
        c.call("publish", None, "s", "live", msid=c.create_stream())
        backend.wait_for("on_forward")
    server.wait_log(r"the client has hung up while others were asked about it")
    assert not re.search("refused|ERROR", server.log)
    assert "Publishing failed" not in str(Api(server).get("/api/v1/doctor"))
    backend.answers["on_forward"] = urls()
    with server.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
    release.set()


def test_a_backend_that_a_reload_brings_is_asked_about_streams_that_are_live(make_server, backend):
    first, second = make_server(), make_server()
    server = make_server(vhost())
    numbered = Numbered(gop=10)
    with server.publisher("s?k=1") as publisher, first.player() as player, second.player() as other:
        publisher.send_tags(numbered.tags(count=10))
        backend.answers["on_forward"] = urls(at(first))
        server.reload(asking(backend))
        seen(player, 4)
        call, = backend.of("on_forward")
        assert (call.json["stream"], call.json["param"]) == ("s", "?k=1") and call.json["client_id"] in server.log
        server.reload(asking(backend) + " vhost w.example { }")
        begun = len(player.media())
        mark = server.mark()
        backend.answers["other"] = answer(403, b"no")
        server.reload(forwarding(more="backend %s;" % backend.url("other")).replace("destination ;", ""))
        server.wait_log(r"forward of /live/s: its backend is asked again in \d+ms.*(\n.*)*on_forward failed", since=mark)
        publisher.send_tags(numbered.frames(10, 10))
        seen(player, begun + 20)                     # what the first backend has said counts until the second one answers
        backend.answers["other"] = urls(at(second))
        seen(other, 4)
        server.wait_log(r"forward of /live/s to %s has ended" % re.escape(at(first)), since=mark)
    assert flv.gaps(player.media()) == []
    assert len(backend.of("on_forward")) == 1


def listed(api):
    return {f["url"]: f for f in api.get("/api/v1/forwards/?count=100")["forwards"]}


def test_the_api_shows_adds_and_removes_targets(make_server):
    target = make_server()
    dead, added = "127.0.0.1:%d" % srs.free_port(), target.url("live/added")
    server = make_server(forwarding(at(target), dead) + " vhost w.example { }", api="")
    api = Api(server)
    with target.player("added") as player, target.player() as first, server.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=10))
        seen(first, 22)
        until(lambda: listed(api)[dead]["state"] == "waiting", "the failure")
        rows = listed(api)
        assert rows[dead]["failures"] >= 1 and rows[dead]["error"]["code"] == 1012 and rows[dead]["bytes"] == 0
        live = rows[at(target)]
        assert (live["vhost"], live["app"], live["stream"], live["added"]) == ("__defaultVhost__", "live", "s", False)
        assert live["state"] == "pushing" and live["bytes"] > 1000 and live["messages"] >= 23 and live["error"] is None
        wish = {"app": "live", "stream": "s", "url": added}
        for _ in range(2):                           # a second one is no error, and is the same
            assert api.ask("POST", "/api/v1/forwards/", json.dumps(wish).encode()).status == 200
        seen(player, 22)
        assert listed(api)[added]["added"] and len(listed(api)) == 3
        pages = [api.get("/api/v1/forwards/?start=%d&count=1" % i) for i in range(4)]
        assert [p["total"] for p in pages] == [3] * 4 and [len(p["forwards"]) for p in pages] == [1, 1, 1, 0]
        assert {f["url"] for p in pages for f in p["forwards"]} == set(listed(api))
        for which, total in (("vhost=__defaultVhost__&app=live&stream=s", 3), ("stream=x", 0), ("app=x", 0), ("vhost=w.example", 0)):
            page = api.get("/api/v1/forwards/?" + which)
            assert page["total"] == len(page["forwards"]) == total
        where = "/api/v1/forwards/?app=live&stream=s&url=" + added
        assert api.ask("DELETE", where).status == 200
        until(lambda: added not in listed(api), "the end of the added target")
        assert api.ask("DELETE", where).status == 404
        publisher.send_tags(Numbered().frames(10, 10))
        seen(first, 42)
        assert flv.gaps(first.media()) == []
    until(lambda: listed(api) == {}, "the end of all targets")
    for bad in (b"{}", b"[]", b"x", b'{"app":"live","stream":"s","url":"a b"}', b'{"app":1,"stream":"s","url":"h"}'):
        assert api.ask("POST", "/api/v1/forwards/", bad).status == 400


def test_an_added_target_needs_no_forward_in_the_configuration_and_lasts(make_server):
    target = make_server()
    server = make_server(vhost(), api="")
    api = Api(server)
    wish = {"app": "live", "stream": "s", "url": at(target)}
    assert api.ask("POST", "/api/v1/forwards/", json.dumps(wish).encode()).status == 200
    for n in range(2):
        with target.player() as player, server.publisher() as publisher, server.publisher("t") as other:
            other.send_tags(Numbered().tags(count=3))
            publisher.send_tags(Numbered().tags(count=5))
            seen(player, 12)
        target.wait_log(r"published /live/s")
        until(lambda: not listed(api), "the end of the push")
    assert "/live/t" not in target.log


def test_a_stream_is_not_pushed_to_itself(make_server):
    port = srs.free_port()
    words = ["127.0.0.1:%d" % port, "rtmp://localhost:%d/[app]/[stream]?k=v" % port, "rtmp://127.0.0.1:%d/live/copy-[stream]" % port]
    server = make_server(forwarding(*words, publish="republish takeover;"), listen=[port])
    numbered = Numbered()
    with server.publisher() as publisher, server.player("copy-s") as player:
        publisher.send_tags(numbered.tags(count=10))
        for word in words[:2]:
            server.wait_log(r"forward of /live/s to %s has failed.*1030\(RtmpForwardLoop\)" % re.escape(word))
        publisher.send_tags(numbered.frames(10, 10))
        seen(player, 42)                             # another name of this server is no loop
        assert flv.gaps(player.media()) == []


FAULTS = {
    "no name": (None, "name.invalid", 1066),
    "nobody listens": (None, "127.0.0.1:1", 1012),
    "no URL": (None, "rtmp://", None),
    "refuses connect": ({"connect": lambda conn: conn.error(1, description="no")}, "127.0.0.1:%d", 1906),
    "refuses publish": ({"publish": lambda conn: conn.status("NetStream.Publish.BadName", "error")}, "127.0.0.1:%d", 1028),
    "flaps": ({"media": CUT}, "127.0.0.1:%d", None),
    "cuts the handshake": ({"handshake": CUT}, "127.0.0.1:%d", None),
    "redirects to itself": ({"connect": lambda conn: conn.error(1, ex={"code": 302, "redirect2": conn.fake.url()})}, "127.0.0.1:%d", None),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_target_is_tried_again_and_harms_nobody(make_server, fault):
    answers, word, code = FAULTS[fault]
    target = make_server()
    with FakeServer(**(answers or {})) as fake:
        word = word % fake.port if "%d" in word else word
        server = make_server(forwarding(word, at(target)))
        numbered = Numbered()
        with server.publisher() as publisher, target.player() as player:
            publisher.send_tags(numbered.tags(count=5))
            seen(player, 12)
            failed = r"forward of /live/s to %s has failed.*%s" % (re.escape(word), r"code=%d\(" % code if code else "")
            frames = numbered.frames(5)

            def fails_twice():
                publisher.send_tags(itertools.islice(frames, 2))
                return len(re.findall(failed, server.log)) >= 2

            until(fails_twice, "two failures", every=0.1)
            publisher.send_tags(itertools.islice(frames, 2))
            seen(player, 14)
        assert flv.gaps(player.media()) == []


def test_a_redirect_is_followed(make_server):
    target = make_server()
    moved = {"code": 302, "redirect2": "rtmp://%s/live/moved" % at(target)}
    with FakeServer(connect=lambda conn: conn.error(1, ex=moved)) as fake:
        server = make_server(forwarding("127.0.0.1:%d" % fake.port))
        with server.publisher():
            target.wait_log(r"type=flash-publish.*stream=moved")


def test_another_publisher_takes_the_stream_and_its_targets_over(make_server):
    target = make_server()
    server = make_server(forwarding(at(target), publish="republish takeover;"))
    numbered = Numbered()
    with target.player() as player, server.publisher() as first:
        first.send_tags(numbered.tags(count=10))
        begins(server, at(target))
        with server.publisher() as second:
            second.send_tags(numbered.configs() + list(numbered.frames(25, 10)))
            until(lambda: (player.pump(0.1), (flv.VIDEO, 34) in map(flv.number_of, player.media()))[1], "the second publisher")
        assert server.log.count("forward of /live/s to %s begins" % at(target)) == 1


def test_the_examples_push_from_one_to_the_other(make_server):
    ports = {"1935": srs.free_port(), "19350": srs.free_port()}

    def example(name):
        with open(os.path.join(media.ROOT, "conf", name)) as f:
            text = re.sub(r"(listen +|127.0.0.1:)(\d+)", lambda m: m[1] + str(ports[m[2]]), f.read())
        listens = int(re.search(r"listen +(\d+)", text)[1])
        return make_server(text=re.sub(r"pid .*", "", text) + "pid ./objs/%s.pid;\n" % name, listen=[listens])

    slave, master = example("forward.slave.conf"), example("forward.master.conf")
    with slave.player() as player, master.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=20))
        seen(player, 42)
    assert flv.gaps(player.media()) == []


def test_a_stream_has_a_bounded_number_of_destinations(make_server):
    server = make_server(forwarding(*("127.0.0.1:9/x%d" % i for i in range(40))), api="")
    with server.publisher(), server.player():
        server.wait_log(r"forward of /live/s has 40 destinations, only the first 32 are used")
        assert len(listed(Api(server))) == 32
    assert server.log.count("has 40 destinations") == 1
