"""Bans: made, listed and lifted by the API, kept over reload and restart; who is banned is ended, and refused by every protocol."""
import base64
import errno
import json
import os
import re
import select
import socket
import time

import pytest

import dash_mpd
import media
import rtmp
from api import Api, parse
from flv import Numbered
from hls_watch import get
from http_live import HttpPlayer, status_of
from srs import publish
from wait import until

BASE = "vhost __defaultVhost__ { http_remux { enabled on; } hls { enabled on; hls_fragment 1; hls_storage memory; } }"
OTHER = "127.0.0.7"                                                  # another address of this machine


@pytest.fixture
def server(make_server):
    return make_server(BASE, api="", http="")


def ban(server, status=200, **what):
    r = Api(server).ask("POST", "/api/v1/bans/", json.dumps(what))
    assert r.status == status, r
    return parse(r.body.decode()).get("ban")


def bans(server):
    return Api(server).get("/api/v1/bans/?count=10000")["bans"]


def lift(server, ban_id, status=200):
    assert Api(server).ask("DELETE", "/api/v1/bans/" + ban_id).status == status


def is_refused_at_the_socket(server, source, port=None):
    """The connection is closed without a byte."""
    with socket.socket() as s:
        s.bind((source, 0))
        s.settimeout(10)
        try:
            s.connect(("127.0.0.1", port or server.port))
            return s.recv(1) == b""
        except ConnectionResetError:
            return True


# ---- making and lifting

def test_a_ban_is_made_listed_and_lifted(server):
    made = ban(server, address="10.1.2.3/8", seconds=3600, reason="a flood")
    assert re.fullmatch("[0-9a-z]{8}", made["id"])
    assert list(made) == ["id", "kind", "subject", "reason", "automatic", "since", "seconds_left"]
    assert (made["kind"], made["subject"], made["reason"], made["automatic"]) == ("address", "10.0.0.0/8", "a flood",
                                                                                   False)
    assert 3590 <= made["seconds_left"] <= 3600 and abs(made["since"] - time.time()) < 60
    assert [b["id"] for b in bans(server)] == [made["id"]]
    assert Api(server).get("/api/v1/bans/" + made["id"])["ban"]["subject"] == "10.0.0.0/8"
    lift(server, made["id"])
    assert bans(server) == []
    lift(server, made["id"], status=404)
    assert Api(server).get("/api/v1/bans/" + made["id"], status=404)["code"] == 404


@pytest.mark.parametrize("what, kind, subject", [
    ({"address": "::ffff:192.0.2.7"}, "address", "192.0.2.7"),
    ({"address": "2001:DB8::5/32"}, "address", "2001:db8::/32"),
    ({"user": "a name"}, "user", "a name"),
    ({"stream": "live/cam"}, "stream", "/live/cam"),
    ({"stream": "/live//cam%41"}, "stream", "/live/camA"),
    ({"stream": "example.com/live/cam"}, "stream", "example.com/live/cam"),
], ids=["mapped", "ipv6", "user", "stream", "normal", "vhost"])
def test_a_subject_has_one_spelling(server, what, kind, subject):
    first = ban(server, **what)
    assert (first["kind"], first["subject"], first["seconds_left"]) == (kind, subject, None)
    again = ban(server, **what, seconds=5)
    assert again["id"] == first["id"] and again["seconds_left"] <= 5
    assert len(bans(server)) == 1


@pytest.mark.parametrize("body", [
    "", "[]", "nonsense", "{}", '{"address":"10.0.0.0/33"}', '{"address":"host"}', '{"address":7}', '{"stream":"cam"}',
    '{"stream":"/live/.."}', '{"user":""}', '{"user":"a\\u0000"}', '{"user":"a\\nb"}', '{"user":"%s"}' % ("x" * 256),
    '{"user":"a","address":"10.0.0.1"}', '{"user":"a","seconds":0}', '{"user":"a","seconds":-1}',
    '{"user":"a","seconds":1.5}', '{"user":"a","seconds":9999999999999999999}', '{"user":"a","reason":%s}' % ("[" * 40),
    '{"user":"a","reason":"%s"}' % ("x" * 256)], ids=range(20))
def test_a_body_that_names_nothing_makes_no_ban(server, body):
    r = Api(server).ask("POST", "/api/v1/bans/", body)
    assert r.status == 400 and parse(r.body.decode())["code"] == 400
    assert bans(server) == []


def test_a_body_that_is_too_long_is_refused(server):
    r = Api(server).ask("POST", "/api/v1/bans/", json.dumps({"user": "a", "more": "x" * 10000}))
    assert r.status == 413
    assert bans(server) == []


def test_a_page_of_another_site_bans_and_lifts_nobody(server):
    made = ban(server, address="10.0.0.1", reason="secret")
    foreign = {"Origin": "http://evil.example", "Referer": "http://evil.example/"}
    for method, path, body in [("POST", "/api/v1/bans/", '{"address":"10.0.0.2"}'),
                               ("DELETE", "/api/v1/bans/" + made["id"], None)]:
        assert Api(server).ask(method, path, body, headers=foreign).status == 403
    shown, = Api(server).get("/api/v1/bans/", headers=foreign)["bans"]
    assert (shown["id"], shown["subject"], shown["reason"]) == (made["id"], "", "")
    assert [b["subject"] for b in bans(server)] == ["10.0.0.1"]


def test_other_methods_are_refused(server):
    r = Api(server).ask("PUT", "/api/v1/bans/", "{}")
    assert r.status == 405 and "POST" in r.headers["Allow"]
    assert Api(server).ask("POST", "/api/v1/bans/abc", "{}").status == 405


# ---- effect

def test_a_banned_address_is_refused_by_every_protocol(server):
    with publish(server), server.player("s") as stays:
        ban(server, address=OTHER)
        assert is_refused_at_the_socket(server, OTHER)
        assert is_refused_at_the_socket(server, OTHER, server.http_port)
        stays.wait_media()
        assert status_of(server, "/live/s.flv") == 200
    server.wait_log(r"refused %s:\d+: code=1911\(Banned\)" % OTHER)


def test_a_ban_ends_who_is_there(server):
    with publish(server) as publisher, server.player("s") as other, \
            server.player("s", source=OTHER) as rtmp_player, \
            HttpPlayer(server.http_port, "/live/s.flv", source=OTHER) as http_player:
        rtmp_player.wait_media()
        http_player.wait_media(1)
        ban(server, address="127.0.0.4/30")
        rtmp_player.wait_closed()
        http_player.wait_closed()
        seen = len(other.media())
        publisher.send_tags(Numbered().tags(count=3))
        until(lambda: other.drain() or len(other.media()) > seen, "frames for the player that stays")
        until(lambda: len(Api(server).clients()) == 2, "two clients")
    server.wait_log(r"is ended by ban \w{8} of address 127\.0\.0\.4/30")


def test_a_banned_stream_is_neither_published_nor_played(server):
    with publish(server, "bad") as publisher, server.player("bad") as player:
        player.wait_media()
        made = ban(server, stream="live/bad")
        publisher.wait_closed()
        player.wait_closed()
    with pytest.raises(rtmp.Refused):
        server.publisher("bad")
    with pytest.raises(rtmp.Refused) as refused:
        server.player("bad").wait_media()
    assert "banned" in str(refused.value)
    assert status_of(server, "/live/bad.flv") == 403
    assert status_of(server, "/live/bad.m3u8") in (403, 404)
    with publish(server, "good"):
        lift(server, made["id"])
        with publish(server, "bad"):
            pass


SEGMENTS = ("vhost __defaultVhost__ { http_remux { enabled on; } dash { enabled on; dash_fragment 1; dash_path ./html; } hds { enabled on; "
            "hds_fragment 1; hds_path ./html; } hls { enabled on; hls_fragment 1; hls_path ./html; %s } }")


def served(server, path):
    return get(server, path).status == 200


def names_of(server, stream):
    """What viewers of the stream ask for, in each form of segments."""
    playlist = until(lambda: (r := get(server, "/live/%s.m3u8" % stream)).status == 200 and r.body.decode(), "a playlist", 30)
    uris = [line for line in playlist.splitlines() if not line.startswith("#")]
    found = ["/live/%s.%s" % (stream, e) for e in ("m3u8", "mpd", "f4m", "abst")] + ["/live/" + uris[0].split("/")[-1]]
    mpd = until(lambda: (r := get(server, "/live/%s.mpd" % stream)).status == 200 and r.body.decode(), "an MPD", 30)
    found.append(dash_mpd.read(mpd, "/live/%s.mpd" % stream).representations[0].url("initialization"))
    until(lambda: served(server, "/live/%s.f4m" % stream), "a manifest of HDS", 30)
    return found + [next("/live/%sSeg1-Frag%d" % (stream, n) for n in range(1, 100)
                         if served(server, "/live/%sSeg1-Frag%d" % (stream, n)))]


@pytest.mark.parametrize("viewers", ["on", "off"])
def test_nothing_that_serves_a_banned_stream_is_left(make_server, viewers):
    server = make_server(SEGMENTS % ("hls_ctx %s; hls_ts_ctx %s;" % (viewers, viewers)), api="", http="")
    feeders = [rtmp.Feeder(server.publisher(name), media.loop("h264_aac_long.flv")) for name in ("bad", "bad2")]
    bad, other = names_of(server, "bad"), names_of(server, "bad2")
    files = [os.path.join("live", name) for name in sorted(os.listdir(os.path.join(server.folder, "html", "live")))
             if re.match(r"bad[-.S]", name) and not name.endswith(".tmp")]
    assert {name.split(".")[-1] for name in files} >= {"m3u8", "ts", "mpd", "f4m", "abst"}
    made = ban(server, stream="live/bad")
    feeders[0].client.wait_closed()
    for path in bad + ["/" + name for name in files] + ["/live//bad.mpd", "/live/b%61d.f4m"]:
        assert get(server, path).status in (403, 404), path
    refused = [path for path in bad if get(server, path).status == 403]
    assert set(refused) >= {p for p in bad if "m3u8" in p or "mpd" in p or "f4m" in p}
    server.wait_log(r"1911\(Banned\).*stream /live/bad is banned")
    for path in other[:4]:
        assert served(server, path), path
    assert served(server, [line for line in get(server, "/live/bad2.m3u8").body.decode().splitlines() if line[0] != "#"][0]
                  if viewers == "on" else other[4])
    lift(server, made["id"])
    feeders[0].stop()
    feeders[0] = rtmp.Feeder(server.publisher("bad"), media.loop("h264_aac_long.flv"))
    until(lambda: served(server, "/live/bad.mpd"), "the stream after the ban", 30)
    for feeder in feeders:
        feeder.stop()


def test_files_of_a_banned_stream_are_refused_after_it_has_gone(make_server):
    server = make_server(SEGMENTS % "hls_ctx off; hls_ts_ctx off; hls_dispose 1; hls_cleanup off;", api="", http="")
    folder = os.path.join(server.folder, "html", "live")
    os.makedirs(folder + "/bad")
    old = ["bad-7.ts", "bad.m3u8", "bad.mpd", "bad/video-3.m4s", "bad.f4m", "badSeg1-Frag4", "good-7.ts", "bad.html"]
    for name in old:
        with open(os.path.join(folder, name), "w") as f:
            f.write("x")
    assert all(served(server, "/live/" + name) for name in old)
    ban(server, stream="live/bad")
    assert {name for name in old if served(server, "/live/" + name)} == {"good-7.ts", "bad.html"}


def test_a_banned_user_has_no_segments(make_server):
    server = make_server("vhost __defaultVhost__ { auth { enabled on; publish all; play password; user ann secret1; user bob secret2; } dash { "
                         "enabled on; dash_fragment 1; dash_path ./html; } }", api="", http="")
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac.flv"))
    ann, bob = (["Authorization: Basic " + base64.b64encode(words).decode()] for words in (b"ann:secret1", b"bob:secret2"))
    until(lambda: status_of(server, "/live/s.mpd", ann) == 200, "an MPD", 30)
    ban(server, user="ann")
    assert [status_of(server, "/live/s.mpd", who) for who in (ann, bob)] == [403, 200]
    feeder.stop()


def test_a_client_behind_a_proxy_is_banned_by_its_own_address(server):
    ban(server, address="192.0.2.9")
    with publish(server):
        for ip, status in [("192.0.2.9", 403), ("192.0.2.10", 200)]:
            assert status_of(server, "/live/s.flv", fields=["X-Forwarded-For: " + ip], source="127.0.0.3") == status
            assert status_of(server, "/nothing", fields=["X-Forwarded-For: " + ip],
                             source="127.0.0.3") == (403 if status == 403 else 404)


def test_this_machine_is_not_shut_out_of_the_api(server):
    made = ban(server, address="0.0.0.0/0")
    assert is_refused_at_the_socket(server, "127.0.0.1")
    lift(server, made["id"])
    with publish(server):
        pass


def test_a_ban_is_over_when_its_time_is(server):
    ban(server, address=OTHER, seconds=1)
    assert is_refused_at_the_socket(server, OTHER)
    until(lambda: not bans(server), "the end of the ban")
    with publish(server, source=OTHER):
        pass


# ---- the file

def wait_for_file(server, pattern):
    path = re.sub(r"\.pid$", ".bans", server.pid_path)
    until(lambda: os.path.exists(path) and re.search(pattern, open(path).read(), re.M), "the file of bans")
    return path


def test_bans_are_kept_over_reload_restart_and_crash(server):
    first = ban(server, address=OTHER, reason="it floods")
    second = ban(server, user="a b%c", seconds=1000)
    third = ban(server, stream="live/bad", seconds=1)
    server.reload(BASE.replace("hls_fragment 1", "hls_fragment 2"))
    assert [b["id"] for b in bans(server)][:2] == [first["id"], second["id"]]
    until(lambda: len(bans(server)) == 2, "the end of the third one")
    wait_for_file(server, r"^user a%20b%25c ")
    server.kill()
    server.start()
    until(lambda: len(bans(server)) == 2, "the end of the third one, whose time the file has in whole seconds")
    kept = bans(server)
    assert [(b["id"], b["subject"], b["reason"]) for b in kept] == [(first["id"], OTHER, "it floods"),
                                                                    (second["id"], "a b%c", "")]
    assert kept[0]["seconds_left"] is None and 900 < kept[1]["seconds_left"] <= 1001
    assert third["id"] not in [b["id"] for b in kept]
    assert is_refused_at_the_socket(server, OTHER)
    lift(server, first["id"])
    server.stop()
    server.start()
    assert [b["id"] for b in bans(server)] == [second["id"]]


def test_lines_that_are_no_bans_are_told_and_the_others_are_in_force(server):
    ban(server, address=OTHER)
    path = wait_for_file(server, OTHER)
    server.stop()
    with open(path, "ab") as f:
        f.write(b"nonsense\naddress 10.0.0.1 aaaaaaaa 1 0 - %zz\n\0\0\0\nuser u aaaaaaaa 1 0 - -")
    mark = server.mark()
    server.start()
    server.wait_log(r"3 lines are no bans", mark)
    assert [b["subject"] for b in bans(server)] == [OTHER, "u"]


# ---- floods

@pytest.mark.long
def test_the_number_of_bans_has_a_bound(server):
    api = Api(server)
    for i in range(10000):
        r = api._exchange(api_connection(api), "POST", "/api/v1/bans/", '{"address":"10.%d.%d.1"}' % (i >> 8, i & 255))
        assert r.status == 200
    r = api.ask("POST", "/api/v1/bans/", '{"address":"11.0.0.1"}')
    assert r.status == 503 and parse(r.body.decode())["code"] == 1901
    with publish(server):
        lift(server, bans(server)[0]["id"])
        ban(server, address="11.0.0.1")
    api.close()


def api_connection(api):
    if not api.connection:
        api.poll("/api/v1/bans/?count=1")
    return api.connection


@pytest.mark.parametrize("n", [20000, pytest.param(100000, marks=pytest.mark.long)])
def test_a_flood_of_a_banned_address_harms_nobody(server, witness, n):
    ban(server, address=OTHER)
    w = witness(server)
    refused = 0
    poll, open_ones = select.poll(), {}
    while refused < n:
        while len(open_ones) < 200 and refused + len(open_ones) < n:
            s = socket.socket()
            s.setblocking(False)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            s.bind((OTHER, 0))
            assert s.connect_ex(("127.0.0.1", server.port)) in (0, errno.EINPROGRESS)
            open_ones[s.fileno()] = s
            poll.register(s, select.POLLIN | select.POLLHUP)
        for fd, _ in poll.poll(10000):
            poll.unregister(fd)
            open_ones.pop(fd).close()
            refused += 1
    w.undisturbed()
    assert len(re.findall(r"the address is banned", server.log)) < 1000
