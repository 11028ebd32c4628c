"""The log lines that users' scripts match, to their end; anything that SRS does not log has lines of its own."""
import re
import socket

import pytest

import flv
import handshake
from api import Api
from flv import Numbered
from rtmp import Feeder
from wait import patience, until

CONF = "vhost __defaultVhost__ { http_remux { enabled on; } } vhost own.example { }"
KBPS = r"okbps=\d+,\d+,\d+, ikbps=\d+,\d+,\d+"


@pytest.fixture
def served(make_server):
    return make_server(CONF, http="", api="", root={"pithy_print_ms": 100})


def wait_line(server, pattern):
    """Wait for a line whose text after the head matches as a whole."""
    return server.wait_log(r"(?m)^\[[^]]*\]\[\w+\]\[\d+\]\[\w+\](?:\[\d+\])? %s$" % pattern)


def test_a_publish_is_told_as_readers_expect(served):
    feeder = Feeder(served.publisher("s", tc_url="rtmp://127.0.0.1:1935/live?token=t"), Numbered().tags())
    tc_url = r"tcUrl=rtmp://127\.0\.0\.1:1935/live\?token=\*\*\*, pageUrl=, swfUrl=, schema=rtmp"
    for line in (r"RTMP client ip=127\.0\.0\.1:\d+, fd=\d+",
                 r"simple handshake success\.",
                 r"connect app, %s, vhost=127\.0\.0\.1, port=1935, app=live, args=null" % tc_url,
                 r"protocol in\.buffer=0, in\.ack=0, out\.ack=0, in\.chunk=128, out\.chunk=128",
                 r"client identified, type=fmle-publish, vhost=127\.0\.0\.1, app=live, stream=s, param=\?token=\*\*\*, duration=0ms",
                 r"connected stream, %s, vhost=__defaultVhost__, port=1935, app=live, stream=s, param=\?token=\*\*\*, args=null" % tc_url,
                 r"source url=/live/s, ip=127\.0\.0\.1, cache=1/2500, is_edge=0, source_id=/",
                 r"start publish mr=0/350, p1stpt=20000, pnt=5000, tcp_nodelay=\d",
                 r"<- CPB time=\d+, %s, mr=0/350, p1stpt=20000, pnt=5000" % KBPS,
                 r"client type=fmle-publish, url=/live/s, ip=127\.0\.0\.1, kbps=\d+, fps=[\d.]+, players=0"):
        wait_line(served, line)
    feeder.stop()
    feeder.client.close()
    wait_line(served, "cleanup when unpublish")
    wait_line(served, r"client disconnect peer\. ret=1007")
    wait_line(served, r"client has gone, .*")


def test_metadata_is_told_as_readers_expect(served):
    with served.publisher("s") as p:
        p.send_tag(flv.metadata(width=320.0, height=240.0, videocodecid=7.0, audiocodecid=10.0))
        wait_line(served, "got metadata, width=320, height=240, vcodec=7, acodec=10")


def test_a_play_is_told_as_readers_expect(served):
    feeder = Feeder(served.publisher("s"), Numbered().tags())
    with served.player("s") as player:
        player.wait_media(10)
        for line in (r"client identified, type=rtmp-play, vhost=127\.0\.0\.1, app=live, stream=s, param=, duration=-1ms",
                     r"source url=/live/s, ip=127\.0\.0\.1, cache=1/2500, is_edge=0, source_id=(\w{8})/\1",
                     r"start play smi=0ms, mw_sleep=\d+, mw_msgs=\d+, realtime=0, tcp_nodelay=1",
                     r"-> PLA time=\d+, msgs=\d+, %s, mw=\d+/\d+" % KBPS,
                     r"client type=rtmp-play, url=/live/s, ip=127\.0\.0\.1, kbps=\d+, jumps=0"):
            wait_line(served, line)
    feeder.finish()


def test_a_vhost_is_told_as_it_was_found(served):
    with served.publisher("s", tc_url="rtmp://own.example/live"):
        wait_line(served, r"connected stream, .*, vhost=own\.example, port=1935, app=live, stream=s, param=, args=null")
        wait_line(served, r"source url=own\.example/live/s, .*")


def test_a_complex_handshake_is_told_without_a_dot(served):
    with served.client(kind=handshake.DIGEST_0):
        wait_line(served, "complex handshake success")


def test_a_player_over_http_has_the_line_of_http(served):
    feeder = Feeder(served.publisher("s"), Numbered().tags())
    with socket.create_connection(("127.0.0.1", served.http_port), timeout=patience()) as player:
        player.sendall(b"GET /live/s.flv HTTP/1.1\r\nHost: x\r\n\r\n")
        assert player.recv(1 << 16)
        wait_line(served, r"-> HTS http: got \d+ msgs, age=\d+, min=\d+, mw=\d+")
        wait_line(served, r"client type=flv-play, url=/live/s, ip=127\.0\.0\.1, kbps=\d+, jumps=0")
    feeder.finish()


def test_what_the_server_ends_is_told_with_its_code_at_the_end(served):
    with served.publisher("s") as p:
        api = Api(served)
        api.kick(api.client("fmle-publish")["id"])
        p.wait_closed()
    wait_line(served, r"server disconnect\. ret=1070")
    wait_line(served, r"closing, code=1070\(\w+\), .*")


def test_a_short_connection_is_told_whole(served):
    n = 5
    for i in range(n):
        with served.publisher("short%d" % i) as p:
            p.send_tags([flv.metadata(width=1.0), *Numbered().tags(5)])
            p.barrier()
    until(lambda: len(re.findall(r"client disconnect peer\. ret=1007\n", served.log)) == n, served.tail)
    assert "more like" not in served.log
