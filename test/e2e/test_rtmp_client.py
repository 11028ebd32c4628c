"""The RTMP client of relays: against nginx-rtmp, against this server, and against servers that behave badly."""
import os
import socket
import threading

import pytest

import amf0
import certificates
import flv
import rtmp
import srs
from chunk import AUDIO, VIDEO
from fake_rtmp import CUT, FakeServer
from rtmp_tool import MODULE, Nginx, Tool

JITTER_OFF = "vhost __defaultVhost__ { play { time_jitter off; } }"


@pytest.fixture
def nginx(tmp_path):
    if not os.path.exists(MODULE):
        pytest.skip("nginx with its RTMP module is not there (trunk-scripts/deps.sh test)")
    n = Nginx(tmp_path / "nginx")
    yield n
    n.stop()


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A clip of eight seconds with numbered frames, large and small."""
    path = str(tmp_path_factory.mktemp("clip") / "clip.flv")
    source = flv.Numbered(gop=25, size=3000)
    flv.write(path, source.tags(200))
    return path


def media_of(path):
    return [t for t in flv.read(path) if t.type in (AUDIO, VIDEO)]


def through(target, wait_for_player, clip, tmp_path, *options):
    """Publish the clip to a URL while it is played from there; returns the played clip."""
    got = str(tmp_path / "got.flv")
    player = Tool("play", target, got)
    wait_for_player()
    publisher = Tool("--speed", 8, *options, "publish", clip, target).succeed()
    player.succeed()
    assert publisher.text.startswith("%d messages" % len(flv.read(clip)))
    return media_of(got)


# -- publish and play -----------------------------------------------------------------------------------------------

STYLES = pytest.mark.parametrize("options", [(), ("--plain", "--no-fc"), ("--chunk-size", "128")],
                                 ids=["fmle", "flash", "small chunks"])


@STYLES
def test_a_stream_goes_through_nginx_and_comes_back_whole(nginx, clip, tmp_path, options):
    """It is whole, except for the order of the two configurations, which nginx does not keep."""
    got, sent = through(nginx.url(), lambda: nginx.wait_log("play: name='s'"), clip, tmp_path, *options), media_of(clip)
    assert [t for t in got if not flv.is_config(t)] == [t for t in sent if not flv.is_config(t)]
    assert {t for t in got if flv.is_config(t)} == {t for t in sent if flv.is_config(t)}


@STYLES
def test_a_stream_goes_through_this_server_and_comes_back_whole(make_server, clip, tmp_path, options):
    server = make_server(JITTER_OFF)
    got = through(server.url(), lambda: server.wait_log("start play"), clip, tmp_path, *options)
    assert got == media_of(clip)
    server.wait_log("type=%s," % ("flash-publish" if options and options[0] == "--plain" else "fmle-publish"))


def test_a_stream_goes_through_by_tls(make_server, clip, tmp_path):
    server = make_server(JITTER_OFF, tls=True)
    trust = ("--trust", server.certificate[1])
    got = str(tmp_path / "got.flv")
    url = "rtmps://127.0.0.1:%d/live/s" % server.rtmps_port
    player = Tool(*trust, "play", url, got)
    server.wait_log("start play")
    Tool(*trust, "--speed", 8, "publish", clip, url).succeed()
    player.succeed()
    assert media_of(got) == media_of(clip)


def test_a_player_stays_for_the_next_publisher(make_server, clip, tmp_path):
    server, got = make_server(JITTER_OFF), str(tmp_path / "got.flv")
    player = Tool("--stay", "--messages", 2 * len(flv.read(clip)), "play", server.url(), got)
    server.wait_log("start play")
    for _ in range(2):
        Tool("--speed", 8, "publish", clip, server.url()).succeed()
    player.succeed()
    assert media_of(got) == 2 * media_of(clip)


def test_a_duration_is_asked_for(make_server, clip, tmp_path):
    server, got = make_server(JITTER_OFF), str(tmp_path / "got.flv")
    player = Tool("--duration", 1000, "play", server.url(), got)
    server.wait_log("start play")
    Tool("--speed", 4, "publish", clip, server.url()).succeed()
    player.fail(1902, 1007)
    assert 900 <= media_of(got)[-1].ts <= 1100


@pytest.mark.parametrize("listen, host", [("127.0.0.1", "localhost"), ("[::1]", "[::1]")])
def test_a_server_is_found_by_name_and_by_address(make_server, clip, listen, host):
    server = make_server(listen=["%s:%d" % (listen, srs.free_port(listen.strip("[]")))])
    Tool("publish", clip, "rtmp://%s:%d/live/s" % (host, server.port)).succeed()


def test_parameters_and_vhost_reach_the_server(make_server, clip):
    server = make_server("vhost v.example { }")
    Tool("publish", clip, server.url("live/s?vhost=v.example&k=1")).succeed()
    server.wait_log(r"client identified, .*vhost=v\.example, app=live, stream=s, param=\?vhost=v\.example&k=1,")
    Tool("--tc-url", "rtmp://v.example/live", "publish", clip, server.url("live/t?k=2")).succeed()
    server.wait_log(r"client identified, .*vhost=v\.example, app=live, stream=t, param=\?k=2,")


# -- refused --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("what", ["publish", "play"])
def test_an_unknown_vhost_refuses(make_server, clip, tmp_path, what):
    server = make_server("vhost v.example { }")
    url = server.url("live/s?vhost=other.example")
    args = (clip, url) if what == "publish" else (url, tmp_path / "got.flv")
    code = 1906 if what == "publish" else 2048
    assert "no vhost" in Tool(what, *args).fail(code).text


@pytest.mark.parametrize("what", ["publish", "play"])
def test_a_rule_refuses(make_server, clip, tmp_path, what):
    server = make_server("vhost __defaultVhost__ { security { enabled on; deny %s all; allow %s 10.0.0.1; } }" % (what, what))
    args = (clip, server.url()) if what == "publish" else (server.url(), tmp_path / "got.flv")
    assert "NetStream." in Tool(what, *args).fail(1906).text


def test_a_busy_stream_refuses(server, clip):
    with server.publisher("s"):
        server.wait_log("start publish")
        assert "NetStream.Publish.BadName" in Tool("publish", clip, server.url()).fail(1028).text


def test_nginx_refuses(nginx, clip, tmp_path):
    """nginx closes the connection without an answer."""
    Tool("--speed", 1, "publish", clip, nginx.url("closed/s")).fail(1902, 1007, 1009)
    Tool("play", nginx.url("closed/s"), tmp_path / "got.flv").fail(1902, 1007)
    Tool("play", nginx.url("nowhere/s"), tmp_path / "got.flv").fail(1902, 1007)


@pytest.mark.long
def test_a_busy_stream_of_nginx_refuses(nginx, clip):
    first = Tool("--speed", 1, "publish", clip, nginx.url())
    nginx.wait_log("publish: name='s'")
    assert "NetStream.Publish.BadName" in Tool("publish", clip, nginx.url()).fail(1028).text
    first.succeed()


def test_nobody_listens(clip):
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    Tool("publish", clip, "rtmp://127.0.0.1:%d/live/s" % port).fail(1012)
    Tool("publish", clip, "rtmp://name.invalid/live/s").fail(1066)


def test_a_certificate_of_somebody_else_is_refused(make_server, clip, tmp_path):
    server = make_server(tls=True)
    _, other = certificates.make(tmp_path, "other")
    Tool("--trust", other, "publish", clip, "rtmps://127.0.0.1:%d/live/s" % server.rtmps_port).fail(4042)


def test_a_password_is_asked_for(clip):
    words = "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : "
    with FakeServer(connect=lambda c: c.error(1, description=words)) as fake:
        assert "authmod=adobe" in Tool("publish", clip, fake.url()).fail(1907).text


# -- redirected -----------------------------------------------------------------------------------------------------

def test_a_redirect_at_connect_is_followed(server, clip):
    to = server.url("live")
    with FakeServer(connect=lambda c: c.error(1, ex={"code": 302, "redirect": to})) as fake:
        tool = Tool("publish", clip, fake.url("else/cam?k=v")).succeed()
    assert "redirected to %s/cam?k=v" % to in tool.text
    server.wait_log(r"client identified, .*app=live, stream=cam, param=\?k=v")


def test_a_redirect_after_play_is_followed(make_server, clip, tmp_path):
    server, got = make_server(JITTER_OFF), str(tmp_path / "got.flv")

    def redirect(conn):
        conn.status("NetStream.Play.Start")
        conn.status("NetConnection.Connect.Rejected", level="error",
                    ex={"code": 302, "redirect": server.url("live"), "redirect2": server.url("live/moved?tk=9")})

    with FakeServer(play=redirect) as fake:
        player = Tool("play", fake.url(), got)
        server.wait_log("start play")
        Tool("--speed", 8, "publish", clip, server.url("live/moved")).succeed()
        player.succeed()
    assert media_of(got) == media_of(clip)


def test_redirects_in_a_circle_end(clip):
    with FakeServer() as fake:
        fake.answers["connect"] = lambda c: c.error(1, ex={"code": 302, "redirect": fake.url("live")})
        Tool("--redirects", 2, "publish", clip, fake.url()).fail(2997)
        assert len(fake.conns) == 3


# -- cut, silent, malformed -----------------------------------------------------------------------------------------

def a_message_and_a_half(conn):
    conn.status("NetStream.Play.Start")
    conn.media(VIDEO, 0, b"\x17\x01whole")
    half = conn.writer.write(rtmp.Message(VIDEO, 40, bytes(100), 1, 6))
    conn.sock.sendall(half[:50])
    return CUT


def test_a_server_that_cuts_a_stream_is_told_apart_from_its_end(clip, tmp_path):
    got = str(tmp_path / "got.flv")
    with FakeServer(play=a_message_and_a_half) as fake:
        assert "1 messages" in Tool("play", fake.url(), got).fail(1902, 1007).text
    assert [t.payload for t in media_of(got)] == [b"\x17\x01whole"]
    with FakeServer(media=CUT) as fake:
        Tool("--speed", 1, "publish", clip, fake.url()).fail(1902, 1007, 1009)


def test_a_server_that_dies_ends_its_clients(make_server, clip, tmp_path):
    server = make_server()
    player = Tool("play", server.url(), tmp_path / "got.flv")
    server.wait_log("start play")
    publisher = Tool("--speed", 0.1, "publish", clip, server.url())
    server.wait_log("start publish")
    server.kill()
    server.stopped = True
    player.fail(1902, 1007)
    publisher.fail(1902, 1007, 1009)


STEPS = ["handshake", "connect", "createStream", "play"]


@pytest.mark.parametrize("step", STEPS)
def test_a_silent_server_is_given_up(tmp_path, step):
    with FakeServer(**{step: None}) as fake:
        Tool("play", fake.url(), tmp_path / "got.flv", timeout=0.5).fail(1011)


@pytest.mark.parametrize("step", STEPS + ["publish"])
def test_a_server_that_cuts_at_any_step_is_an_error(tmp_path, clip, step):
    args = ("publish", clip) if step == "publish" else ("play",)
    with FakeServer(**{step: CUT}) as fake:
        Tool(*args, fake.url(), *([] if step == "publish" else [tmp_path / "got.flv"])).fail(1902, 1007)


def test_malformed_answers_are_errors(tmp_path):
    def say(payload):
        return lambda c: c.send(rtmp.Message(rtmp.COMMAND, 0, payload, 0, 3))

    got = tmp_path / "got.flv"
    with FakeServer(connect=say(b"\xff\xff")) as fake:
        Tool("play", fake.url(), got).fail(2003)
    with FakeServer(connect=say(b"\x02\x00\x07_result" + bytes(70000))) as fake:
        Tool("play", fake.url(), got).fail(1901)
    with FakeServer(createStream=lambda c: c.result(2, None, None)) as fake:
        Tool("play", fake.url(), got).fail(2007)
    with FakeServer(createStream=lambda c: c.result(2, None, -1)) as fake:
        Tool("play", fake.url(), got).fail(2007)


@pytest.mark.parametrize("step", ["connect", "createStream", "play"])
def test_a_server_that_floods_and_never_answers_is_given_up(tmp_path, step):
    """It floods with messages that a client skips before the answer, and during play with commands instead of media."""
    def flood(conn):
        if step == "play":
            conn.status("NetStream.Play.Start")
        word = conn.writer.write(rtmp.Message(rtmp.DATA, 0, amf0.encode("|RtmpSampleAccess", True, True), 1, 5), fmt=0)
        while True:
            conn.sock.sendall(word * 1000)

    with FakeServer(**{step: flood}) as fake:
        Tool("play", fake.url(), tmp_path / "got.flv", timeout=0.5).fail(1011)


def test_a_server_that_reads_nothing_is_given_up(clip):
    """The server accepts the publish and never reads again, so its socket is soon full."""
    go_on = threading.Event()

    def accept_and_sleep(conn):
        conn.status("NetStream.Publish.Start")
        go_on.wait(60)
        return CUT

    large = media_of(clip) * 200
    path = clip + ".large.flv"
    flv.write(path, large)
    with FakeServer(publish=accept_and_sleep) as fake:
        Tool("publish", path, fake.url(), timeout=1).fail(1011)
        go_on.set()
    os.unlink(path)
