"""WebRTC: streams of RTMP played by WHEP, streams of WHIP played by RTMP, sessions that fail, and what is left of them."""
import contextlib
import json
import os
import socket
import struct
import subprocess

import pytest

import media
import programs
import rtc_clients
import srs
from api import Api
from hook_backend import Backend, answer, hooks
from wait import patience, until

pytestmark = rtc_clients.skip_without_aiortc()

BOTH_WAYS = "http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } rtc { enabled on; rtmp_to_rtc on; rtc_to_rtmp on; %s }"


def conf(port, more="", rtc="", server=""):
    return ("rtc_server { enabled on; listen %d; candidate 127.0.0.1; %s }\nvhost __defaultVhost__ { %s %s }\n"
            "exporter { enabled on; listen %d; }\n" % (port, server, BOTH_WAYS % rtc, more, srs.free_port()))


@pytest.fixture
def rtc_server(make_server):
    def make(more="", **how):
        port = srs.free_port()
        server = make_server(conf(port, more, **how), api="", http="")
        server.rtc_port = port
        return server
    return make


@contextlib.contextmanager
def encoder(server, stream="live/s"):
    """ffmpeg publishes a picture that moves, and a tone."""
    programs.check("ffmpeg")
    p = subprocess.Popen(
        ["ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25", "-f", "lavfi", "-i",
         "sine=440:sample_rate=44100", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-profile:v", "baseline",
         "-g", "25", "-c:a", "aac", "-f", "flv", server.url(stream)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        server.wait_log("audio codec=AAC", timeout=30)
        yield p
    finally:
        p.kill()
        p.wait()


def clients(server, kind):
    return [c for c in Api(server).get("/api/v1/clients/")["clients"] if c["type"] == kind]


def a_client(server, kind, seen=lambda c: True):
    return until(lambda: next((c for c in clients(server, kind) if seen(c)), None), "a client of type %s" % kind, 20)


def streams_of(server, stream="live/w"):
    """The codecs, as ffprobe sees them over RTMP."""
    programs.check("ffprobe")
    r = subprocess.run(["ffprobe", "-v", "error", "-show_streams", "-of", "json", server.url(stream)], capture_output=True, text=True,
                       timeout=patience(60))
    return {s["codec_name"]: s for s in json.loads(r.stdout or "{}").get("streams", [])}


# ---- both ways ----

def test_a_stream_of_rtmp_is_played_by_whep(rtc_server):
    server = rtc_server()
    with encoder(server), rtc_clients.whep(server) as viewer:
        seen = viewer.wait(lambda s: s.moved >= 5 and s.loud >= 5, "pictures that move, and sound")
        assert seen.status == 201 and seen.width == 320
        told = a_client(server, "rtc-play", lambda c: c["send_bytes"] > 0)
        assert told["rtc"]["step"] == "connected" and told["rtc"]["send_packets"] > 0 and told["rtc"]["encryption"].startswith("DTLS")


def test_a_stream_of_whip_is_played_by_rtmp(rtc_server):
    server = rtc_server()
    with rtc_clients.whip(server, "live/w") as publisher:
        publisher.wait(lambda s: s.state == "connected")
        found = streams_of(server)
        assert set(found) == {"h264", "aac"} and found["h264"]["width"] == 320
        assert a_client(server, "rtc-publish", lambda c: c["recv_bytes"] > 0)["rtc"]["recv_packets"] > 0
    server.wait_log("rtc-publish of /live/w ends")
    until(lambda: not clients(server, "rtc-publish"), "the publisher to be gone")


@pytest.mark.long
def test_a_stream_of_whip_is_played_by_whep(rtc_server):
    server = rtc_server()
    with rtc_clients.whip(server, "live/w") as publisher:
        publisher.wait(lambda s: s.state == "connected")
        with rtc_clients.whep(server, "live/w") as viewer:
            viewer.wait(lambda s: s.moved >= 10 and s.loud >= 10, "pictures that move, and sound")


def test_sound_of_whip_is_heard_by_whep_where_none_becomes_opus(make_server):
    """With rtc_to_rtmp alone the log has AAC, and WebRTC players get what was published."""
    server = make_server(conf(srs.free_port()).replace("rtmp_to_rtc on", "rtmp_to_rtc off"), api="", http="")
    with rtc_clients.whip(server, "live/w") as publisher:
        publisher.wait(lambda s: s.state == "connected")
        server.wait_log("audio codec=AAC")
        with rtc_clients.whep(server, "live/w") as viewer:
            viewer.wait(lambda s: s.moved >= 3 and s.loud >= 3, "pictures that move, and sound")


@pytest.mark.long
def test_a_viewer_that_comes_first_waits_for_the_stream(rtc_server):
    server = rtc_server()
    with rtc_clients.whep(server) as viewer:
        viewer.wait(lambda s: s.state == "connected")
        with encoder(server):
            viewer.wait(lambda s: s.moved >= 10 and s.loud >= 10, "pictures that move, and sound")


# ---- the end of a session ----

@pytest.mark.long
def test_a_kick_ends_a_viewer_and_a_publisher(rtc_server):
    server = rtc_server()
    with rtc_clients.whip(server, "live/w") as publisher, rtc_clients.whep(server, "live/w") as viewer:
        viewer.wait(lambda s: s.video > 0)
        for kind, client in (("rtc-play", viewer), ("rtc-publish", publisher)):
            told = a_client(server, kind)
            assert Api(server).ask("DELETE", "/api/v1/clients/" + told["id"]).status == 200
            client.wait(lambda s: s.gone, "the goodbye of the server")
            until(lambda: not clients(server, kind), "%s to be gone" % kind)


@pytest.mark.long
def test_a_client_that_vanishes_is_given_up(rtc_server):
    server = rtc_server(rtc="stun_timeout 3;")
    with rtc_clients.whip(server, "live/w") as publisher:
        publisher.wait(lambda s: s.state == "connected")
        a_client(server, "rtc-publish")
        publisher.process.kill()
        server.wait_log(r"rtc-publish of /live/w ends", timeout=30)
        until(lambda: not clients(server, "rtc-publish"), "the publisher to be gone")


@pytest.mark.long
def test_a_stop_of_the_server_ends_sessions_in_order(rtc_server):
    server = rtc_server()
    with rtc_clients.whip(server, "live/w") as publisher:
        publisher.wait(lambda s: s.state == "connected")
        server.stop()
        publisher.wait(lambda s: s.gone, "the goodbye of the server")
        publisher.process.kill()


@pytest.mark.long
def test_sessions_stay_over_reloads_until_their_port_is_gone(rtc_server):
    server = rtc_server()
    with encoder(server), rtc_clients.whep(server) as viewer:
        viewer.wait(lambda s: s.moved >= 5)
        for ecdsa in ("off", "on", "off"):
            server.reload(conf(server.rtc_port, server="ecdsa %s;" % ecdsa))
            now = viewer.last.moved
            viewer.wait(lambda s: s.moved >= now + 10, "pictures after a reload")
            with rtc_clients.whep(server) as another:
                another.wait(lambda s: s.moved >= 5, "a viewer under another certificate")
        server.reload(conf(srs.free_port()))
        until(lambda: not clients(server, "rtc-play"), "the session at the old port to end", 20)


# ---- refusals leave nothing ----

@pytest.mark.long
def test_a_second_publisher_is_refused_and_the_first_goes_on(rtc_server):
    server = rtc_server()
    with rtc_clients.whip(server, "live/w") as first:
        first.wait(lambda s: s.state == "connected")
        with rtc_clients.whip(server, "live/w") as second:
            assert second.wait(lambda s: s.status).status == 409
        assert len(clients(server, "rtc-publish")) == 1
        assert set(streams_of(server)) == {"h264", "aac"}
    until(lambda: not clients(server, "rtc-publish"), "the first one to leave")
    with rtc_clients.whip(server, "live/w") as third:
        third.wait(lambda s: s.state == "connected")


@pytest.mark.long
def test_a_publisher_that_a_callback_refuses_leaves_the_stream_free(rtc_server):
    backend = Backend()
    backend.answers["on_publish"] = answer(403)
    server = rtc_server(hooks(backend))
    with rtc_clients.whip(server, "live/w") as refused:
        assert refused.wait(lambda s: s.status).status in (401, 403)
    backend.answers["on_publish"] = answer()
    with rtc_clients.whip(server, "live/w") as publisher:
        publisher.wait(lambda s: s.state == "connected")
    backend.wait("on_publish", "on_publish", "on_unpublish")


# ---- sessions that never connect ----

OFFER = "\r\n".join("""v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=ice-ufrag:abcd
a=ice-pwd:0123456789abcdef0123456789
a=fingerprint:sha-256 %s
a=setup:actpass
a=mid:0
a=recvonly
a=rtcp-mux
a=rtpmap:111 opus/48000/2
""".split("\n")) % ":".join(["AB"] * 32)


def offer(api, path="/rtc/v1/whep/?app=live&stream=s"):
    return api.ask("POST", path, body=OFFER.encode())


@pytest.mark.long
def test_files_of_a_publisher_of_whip_are_told(rtc_server, tmp_path):
    """on_hls and on_dvr come under its own id, with what it asked for."""
    backend = Backend()
    with contextlib.closing(backend):
        server = rtc_server("hls { enabled on; hls_path %s; } dvr { enabled on; dvr_path %s/[stream].[timestamp].flv; } %s" % (
            tmp_path, tmp_path, hooks(backend, "on_publish", "on_hls", "on_dvr", "on_unpublish")))
        with rtc_clients.whip(server, "live/w") as publisher:
            publisher.wait(lambda s: s.state == "connected")
            until(lambda: Api(server).stream("w") and Api(server).stream("w")["frames"] > 60, "frames", 30)
        backend.wait_for("on_unpublish", timeout=40)
        published = backend.of("on_publish")[0].json
        assert len(backend.of("on_dvr")) == 1 and backend.of("on_hls")
        for call in backend.of("on_hls") + backend.of("on_dvr"):
            assert [call.json[k] for k in ("client_id", "stream", "tcUrl", "param", "stream_url")] == [
                published[k] for k in ("client_id", "stream", "tcUrl", "param", "stream_url")]
            assert os.path.exists(call.json["file"])
        assert published["param"].startswith("app=live&stream=w")


@pytest.mark.long
def test_the_log_says_why_a_session_did_not_connect(rtc_server):
    server = rtc_server(rtc="stun_timeout 1;")
    assert offer(Api(server)).status == 201
    server.wait_log("not connected, last step new: none of its checks came here")
    until(lambda: not clients(server, "rtc-play"), "the session to be gone")


def metric(server, name):
    text = Api(server).ask("GET", "/metrics").body.decode()
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name + " "))


@pytest.mark.long
def test_sessions_that_are_abandoned_are_bounded_and_leave_nothing(rtc_server):
    server = rtc_server(rtc="stun_timeout 60;")
    api = Api(server)
    held = []
    for _ in range(3):
        for _ in range(700):
            assert offer(api).status == 201
        until(lambda: metric(server, "srs_rtc_sessions") <= 64, "the oldest sessions to be gone", 30)
        held.append(server.rss_kib())
    assert metric(server, "srs_rtc_sessions_waiting") == 1000 // 4 // 4  # of max_connections, for one address
    assert held[2] < held[0] * 1.1, held


def test_strangers_get_no_answer(rtc_server):
    server = rtc_server()
    stun = struct.pack(">HHI12s", 1, 8, 0x2112A442, b"transaction1") + struct.pack(">HH4s", 6, 4, b"x:yz")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", server.rtc_port))
        for datagram in (b"", b"\0", b"GET / HTTP/1.1\r\n", stun, b"\x16\xfe\xff" + bytes(60), b"\x80\x60" + bytes(30), bytes(1500)):
            s.send(datagram)
        until(lambda: metric(server, "srs_rtc_strangers_total") == 7, "the strangers to be counted")
        s.setblocking(False)
        with pytest.raises(BlockingIOError):
            s.recv(1)


def test_sessions_that_are_heard_do_not_give_way(make_server, live):
    """A quarter of max_connections may wait for their first check, and fewer of one address; those that have come are not among them."""
    n = 70                                                           # 1,000 connections: 62 of one address may wait
    server = make_server(conf(srs.free_port()), api="", http="")
    live(server, "s")
    url = "http://127.0.0.1:%d/rtc/v1/whep/?app=live&stream=s" % server.api_port
    with subprocess.Popen([os.path.join(media.ROOT, "objs", "bench", "rtc_players"), "--players", str(n), "--duration", "600", url],
                          stdout=subprocess.PIPE) as viewers:
        try:
            assert json.loads(viewers.stdout.readline())["connected"] == n
            clients = Api(server).get("/api/v1/clients/?count=100")["clients"]
        finally:
            viewers.kill()
    assert sum(c["type"] == "rtc-play" for c in clients) == n


@pytest.mark.long
def test_reloads_and_other_certificates_end_none_of_200_viewers(make_server, live):
    n, port = 200, srs.free_port()
    server = make_server(conf(port), api="", http="")
    live(server, "s")
    url = "http://127.0.0.1:%d/rtc/v1/whep/?app=live&stream=s" % server.api_port

    def sent():
        told = Api(server).get("/api/v1/clients/?count=1000")["clients"]
        return {c["id"]: c["rtc"]["send_packets"] for c in told if c["type"] == "rtc-play"}

    with subprocess.Popen([os.path.join(media.ROOT, "objs", "bench", "rtc_players"), "--players", str(n), "--duration", "600", url],
                          stdout=subprocess.PIPE) as viewers:
        try:
            assert json.loads(viewers.stdout.readline())["connected"] == n
            before = sent()
            assert len(before) == n
            for i in range(20):
                server.reload(conf(port, server="ecdsa %s;" % ("off", "on")[i % 2]))
                at_reload = sent()
                until(lambda: all(count > at_reload[who] for who, count in sent().items()), "packets to each viewer", 20)
            assert set(sent()) == set(before)
            viewers.terminate()
            result = json.loads(viewers.stdout.readline())
        finally:
            viewers.kill()
    assert (result["connected"], result["failed"], result["lost"]) == (n, 0, 0), result
