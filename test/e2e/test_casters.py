"""Casters: streams that come in by HTTP POST and PUT, and as MPEG-TS over UDP."""
import http.client
import json
import os
import random
import re
import socket
import struct
import time

import pytest

import flv
import media
import tokens
from api import Api
from hook_backend import answer, hooks
from http_live import HttpPlayer
from media import FFMPEG, Program
from srs import free_port, publish
from test_hooks import PARAM, PUBLISH, body_of
from test_play import seen, vhost
from wait import patience, until

# A file of three pictures and their sound.
SHORT = flv.header() + b"".join(map(flv.pack, flv.Numbered().tags(count=3)))


def caster(kind, port, output="rtmp://127.0.0.1/[app]/[stream]", more=""):
    return "stream_caster { enabled on; caster %s; output %s; listen %s; %s }\n" % (kind, output, port, more)


class Post:
    """A POST whose body is sent in pieces."""

    def __init__(self, port, path="/live/s.flv", method="POST", length=None, fields=()):
        self.s = socket.create_connection(("127.0.0.1", port), timeout=patience())
        self.chunked = length is None
        body = "Transfer-Encoding: chunked" if self.chunked else "Content-Length: %d" % length
        lines = ["%s %s HTTP/1.1" % (method, path), "Host: 127.0.0.1", body, *fields]
        self.s.sendall("\r\n".join(lines + ["", ""]).encode())

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.s.close()

    def send(self, data):
        self.s.sendall(b"%x\r\n%s\r\n" % (len(data), data) if self.chunked else data)

    def end(self):
        if self.chunked:
            self.s.sendall(b"0\r\n\r\n")

    def reply(self):
        """The status and the text of the reply."""
        reply = http.client.HTTPResponse(self.s)
        reply.begin()
        return reply.status, reply.read().decode()


def remux(clip, path, *options):
    media.run(FFMPEG + ["-y", "-i", clip, "-c", "copy", *options, str(path)])
    return str(path)


def with_caster(make_server, kind="flv", more="", form="flv", **how):
    port = free_port()
    return make_server(vhost(more="http_remux { enabled on; mount [vhost]/[app]/[stream].%s; wait 10; } " % form + more) + caster(kind, port), **how), port


def transport(tmp_path, clip="h264_aac.flv"):
    return remux(media.clip(clip), tmp_path / "clip.ts")


# -- HTTP ------------------------------------------------------------------------------------------------------------

def curl(path, url, *more):
    return Program(["curl", "-sS", "-o", "-", "-w", "%{http_code}", *more, "--data-binary", "@" + path, "-H", "Expect:", url])


def play_what_is_sent(server, sender):
    """Play a stream while a program sends it; returns the packets that came."""
    with media.ffmpeg_play(server.url()) as player:
        server.wait_log(r"type=rtmp-play")
        with sender() as program:
            answer = program.ends()
        return answer, media.parse_framemd5(player.ends())


@pytest.mark.parametrize("clip", ["h264_aac.flv", "h264_mp3.flv"])
def test_a_posted_flv_file_is_played_as_it_was_sent(make_server, clip):
    server, port = with_caster(make_server)
    path = media.clip(clip)
    answer, played = play_what_is_sent(server, lambda: curl(path, "http://127.0.0.1:%d/live/s.flv" % port))
    assert answer.endswith("200")
    media.compare_packets(media.framemd5(path), played)


def packets(path, kind, *codec):
    text = media.run(FFMPEG + ["-i", path, "-map", "0:" + kind, *codec, "-f", "framemd5", "-"]).stdout.decode()
    return media.parse_framemd5(text)


def assert_same(source, played):
    """All pictures, decoded, and all sound, as it was encoded, with their times from the first picture on."""
    for kind, codec in (("v", ("-fps_mode", "passthrough")), ("a", ("-c", "copy"))):
        want, got = packets(source, kind, *codec), packets(played, kind, *codec)
        assert [p.hash for p in got] == [p.hash for p in want], kind
        moved = {round(g.pts - w.pts, -1) for g, w in zip(got, want)}
        assert max(moved) - min(moved) <= 10, (kind, moved)


@pytest.mark.parametrize("clip", ["h264_aac.mp4", "hevc_aac.mp4", "h264_ac3.mp4", "h264_eac3.mp4", "h264_opus.mp4", "h264_mp3.flv"])
def test_a_put_transport_stream_is_played_as_it_was_sent(make_server, tmp_path, clip):
    server, port = with_caster(make_server, http="", form="ts")
    path = remux(media.clip(clip), tmp_path / "clip.ts")
    with HttpPlayer(server.http_port, "/live/s.ts") as player:
        server.wait_log(r"start play /live/s.ts")
        done = media.run(["curl", "-sS", "-o", "-", "-w", "%{http_code}", "-T", path, "http://127.0.0.1:%d/live/s.ts" % port])
        assert done.stdout.decode().endswith("200")
        player.wait_end()
    (tmp_path / "out.ts").write_bytes(player.body)
    assert_same(path, str(tmp_path / "out.ts"))


def put_and_play(server, port, path, out):
    """PUT a transport stream, and keep what an HTTP-FLV player gets."""
    with HttpPlayer(server.http_port, "/live/s.flv") as player:
        server.wait_log(r"start play /live/s.flv")
        media.run(["curl", "-sSf", "-o", os.devnull, "-T", path, "http://127.0.0.1:%d/live/s.ts" % port])
        player.wait_end()
    out.write_bytes(player.body)
    return str(out)


def test_aac_in_latm_is_played_as_it_was_sent(make_server, tmp_path):
    server, port = with_caster(make_server, http="")
    path = remux(media.clip("h264_aac.flv"), tmp_path / "clip.ts", "-mpegts_flags", "latm")
    assert_same(media.clip("h264_aac.flv"), put_and_play(server, port, path, tmp_path / "out.flv"))


def test_a_transport_stream_of_gstreamer_is_played_as_it_was_sent(make_server, tmp_path):
    server, port = with_caster(make_server, http="")
    path = str(tmp_path / "clip.ts")
    media.run(["gst-launch-1.0", "-q", "filesrc", "location=" + media.clip("h264_aac.flv"), "!", "flvdemux", "name=d", "mpegtsmux",
               "name=m", "!", "filesink", "location=" + path, "d.video", "!", "queue", "!", "h264parse", "!", "m.", "d.audio", "!",
               "queue", "!", "aacparse", "!", "m."])
    out = put_and_play(server, port, path, tmp_path / "out.flv")
    n = len(packets(path, "a", "-c", "copy"))                         # its muxer drops the first frame of sound
    for kind, codec in (("v", ("-fps_mode", "passthrough")), ("a", ("-c", "copy"))):
        want, got = packets(media.clip("h264_aac.flv"), kind, *codec), packets(out, kind, *codec)
        assert [p.hash for p in got] == [p.hash for p in (want if kind == "v" else want[-n:])], kind


def test_ffmpeg_posts_flv_and_a_transport_stream(make_server, tmp_path):
    server, port = with_caster(make_server)
    path = media.clip("h264_aac.flv")
    source = media.framemd5(path)
    for form, name in (("flv", "s.flv"), ("mpegts", "s.ts")):
        mark = server.mark()
        with media.ffmpeg_play(server.url()) as player:
            server.wait_log(r"type=rtmp-play", since=mark)
            with Program(FFMPEG + ["-readrate", "4", "-i", path, "-c", "copy", "-f", form, "-method", "POST",
                                   "http://127.0.0.1:%d/live/%s" % (port, name)]) as sender:
                sender.ends()
            played = media.parse_framemd5(player.ends())
        for kind in ("video", "audio"):
            assert len([p for p in played if p.kind == kind]) == len([p for p in source if p.kind == kind])


def test_the_api_shows_a_publisher_and_a_kick_ends_it_with_an_answer(make_server):
    server, port = with_caster(make_server, api="")
    api = Api(server)
    with Post(port, "/live/s.flv?token=a") as post:
        post.send(SHORT)
        stream = until(lambda: api.get("/api/v1/streams/")["streams"], "the stream")[0]
        assert stream["publish"]["active"] and (stream["app"], stream["name"]) == ("live", "s")
        client = api.get("/api/v1/clients/" + stream["publish"]["cid"])["client"]
        assert client["type"] == "flash-publish" and client["ip"] == "127.0.0.1"
        assert client["tcUrl"] == "rtmp://127.0.0.1/live"
        assert api.ask("DELETE", "/api/v1/clients/" + client["id"]).status == 200
        assert post.reply()[0] == 403
        until(lambda: not api.get("/api/v1/clients/")["clients"], "no client")


def test_half_a_file_is_answered_and_ends_the_stream(make_server):
    server, port = with_caster(make_server)
    data = open(media.clip("h264_aac.flv"), "rb").read()
    half = data[:len(data) // 2]
    with Post(port, length=len(half)) as post:                        # the body is whole, the file is not
        post.send(half)
        status, text = post.reply()
        assert status == 400 and "within a tag" in text
    with Post(port, length=len(data)) as post:                        # the body is cut, too, and the client still listens
        post.send(half)
        server.wait_log(r"start publish /live/s")
        post.s.shutdown(socket.SHUT_WR)
        assert post.reply()[0] == 400
    with Post(port, length=len(data)) as post:                        # the client is gone
        post.send(half)
    until(lambda: server.log.count("published /live/s by a caster") == 3, "three ends")
    with Post(port) as post:                                          # and the stream is free
        post.send(data)
        post.end()
        assert post.reply()[0] == 200


def test_what_is_no_stream_is_refused_in_words_of_http(make_server):
    server, port = with_caster(make_server, more="security { enabled on; deny publish 127.0.0.2; allow publish all; }")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience())
    for method, path, body, status in (("POST", "/live/s.flv", b"PNG" * 100, 415), ("POST", "/live/s.flv", b"", 400),
                                       ("PUT", "/live/s.ts", b"GIF89a" * 100, 400),
                                       ("POST", "/live/s.flv", flv.header() + b"\x07" * 99, 415),
                                       ("POST", "/s.flv", b"FLV", 404), ("POST", "/live/../s.flv", b"FLV", 404),
                                       ("GET", "/live/s.flv", None, 405), ("DELETE", "/live/s.flv", None, 405)):
        connection.close()
        connection.request(method, path, body)
        reply = connection.getresponse()
        assert reply.status == status, (method, path, reply.status)
        assert reply.read()


def test_a_stream_that_is_published_already_is_a_conflict(make_server):
    server, port = with_caster(make_server)
    with publish(server), Post(port) as post:
        post.send(flv.header())
        assert post.reply()[0] == 409


def test_a_silent_client_is_answered_after_the_time_of_the_vhost(make_server):
    server, port = with_caster(make_server, more="publish { firstpkt_timeout 300; normal_timeout 300; }")
    with Post(port) as post:
        assert post.reply()[0] == 408
    with Post(port) as post:
        post.send(SHORT)
        assert post.reply()[0] == 408


def test_a_denied_address_is_forbidden(make_server):
    server, port = with_caster(make_server, more="security { enabled on; deny publish 127.0.0.1; allow play all; }")
    with Post(port) as post:
        post.send(flv.header())
        assert post.reply()[0] == 403


def test_hooks_hear_what_they_hear_of_an_rtmp_publisher(make_server, backend):
    _, port = with_caster(make_server, more=hooks(backend, "on_connect", "on_publish", "on_unpublish", "on_close"))
    with Post(port, "/live/s.flv" + PARAM) as post:
        post.send(SHORT)
        post.end()
        assert post.reply()[0] == 200
    backend.wait("on_connect", "on_publish", "on_unpublish", "on_close")
    client_id, tc_url = backend.calls[0].json["client_id"], "rtmp://127.0.0.1/live"
    body_of(backend.calls[0], "on_connect", client_id, tc_url, "stream", "param", "tcUrl", "pageUrl")
    for call in backend.calls[1:3]:
        body_of(call, call.event, client_id, tc_url, *PUBLISH)
    closed = backend.calls[3].json
    assert list(closed)[7:] == ["send_bytes", "recv_bytes"] and closed["client_id"] == client_id and closed["recv_bytes"] > len(SHORT)


@pytest.mark.parametrize("event", ["on_connect", "on_publish"])
def test_hooks_may_refuse_the_publisher(make_server, backend, event):
    told = {"on_connect": ["on_connect"], "on_publish": ["on_connect", "on_publish", "on_close"]}[event]
    _, port = with_caster(make_server, more=hooks(backend, "on_connect", "on_publish", "on_unpublish", "on_close"))
    backend.answers[event] = answer(403)
    with Post(port) as post:
        post.send(flv.header())
        assert post.reply()[0] == 403
    backend.wait(*told)


def post_status(port, path="/live/s.flv"):
    """The status with which a stream of three pictures and its sound is answered."""
    with Post(port, path) as post:
        post.send(SHORT)
        post.end()
        return post.reply()[0]


def test_tokens_and_bans_decide_as_for_every_publisher(make_server):
    server, port = with_caster(make_server, api="", more="auth { enabled on; publish sign; secret %s; }" % tokens.SECRET)
    assert post_status(port) == 403
    assert post_status(port, "/live/s.flv?" + tokens.sign("live/t", "publish")) == 403
    assert post_status(port, "/live/s.flv?" + tokens.sign("live/s", "publish")) == 200
    ban = {"stream": "/live/s"}
    assert Api(server).ask("POST", "/api/v1/bans/", json.dumps(ban)).status == 200
    assert post_status(port, "/live/s.flv?" + tokens.sign("live/s", "publish")) == 403
    assert post_status(port, "/live/t.flv?" + tokens.sign("live/t", "publish")) == 200


def test_the_limits_of_the_vhost_count_casters(make_server):
    server, port = with_caster(make_server, more="limits { enabled on; publishers 1; }")
    with publish(server, "other"):
        server.wait_log(r"start publish")
        with Post(port) as post:
            post.send(flv.header())
            assert post.reply()[0] == 403
    until(lambda: post_status(port) == 200, "a free place")


# -- UDP -------------------------------------------------------------------------------------------------------------

CHUNK = 7 * 188


def udp_server(make_server, output="rtmp://127.0.0.1/live/s", more="", conf="", host="127.0.0.1", **how):
    port = free_port()
    server = make_server(vhost(more="http_remux { enabled on; mount [vhost]/[app]/[stream].flv; wait 10; } " + more)
                         + caster("mpegts_over_udp", "%s:%d" % (host, port), output, conf), **how)
    server.wait_log(r"UDP-Caster listen at udp://%s:%d" % (host, port))
    return server, port


class Sender:
    """A sender of datagrams, of 1316 bytes as encoders send them, at the pace that a socket takes."""

    def __init__(self, port, host="127.0.0.1", to="127.0.0.1"):
        self.s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.s.bind((host, 0))
        self.to = (to, port)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.s.close()

    def send(self, datagrams, pause=0.002):
        for datagram in datagrams:
            self.s.sendto(datagram, self.to)
            time.sleep(pause)


def datagrams(path):
    with open(path, "rb") as f:
        data = f.read()
    return [data[i:i + CHUNK] for i in range(0, len(data), CHUNK)]


def udp_ffmpeg(path, port, *more, rate=1):
    return Program(FFMPEG + ["-readrate", "%g" % rate, "-i", path, "-c", "copy", *more, "udp://127.0.0.1:%d?pkt_size=1316" % port])


QUICK = "publish { normal_timeout 500; firstpkt_timeout 2000; } "


def test_an_ffmpeg_by_udp_plays_over_rtmp_flv_and_hls(make_server, tmp_path):
    server, port = udp_server(make_server, http="", more=QUICK + "hls { enabled on; hls_fragment 1; hls_window 60; hls_ctx off; hls_path %s; }" % tmp_path)
    path = media.clip("h264_aac.flv")
    with HttpPlayer(server.http_port, "/live/s.flv") as http_player, media.ffmpeg_play(server.url()) as player:
        server.wait_log(r"type=rtmp-play")
        server.wait_log(r"start play /live/s.flv")
        with udp_ffmpeg(path, port, "-f", "mpegts", rate=2) as sender:
            sender.ends()
        media.compare_packets([p for p in media.framemd5(path) if p.kind == "audio"],
                              [p for p in media.parse_framemd5(player.ends()) if p.kind == "audio"])
        http_player.wait_end()
    (tmp_path / "out.flv").write_bytes(http_player.body)
    assert_same(path, str(tmp_path / "out.flv"))
    get = Api(server, server.http_port).ask
    segments = [line for line in get("GET", "/live/s.m3u8").body.decode().splitlines() if not line.startswith("#")]
    (tmp_path / "out.ts").write_bytes(b"".join(get("GET", "/live/" + name).body for name in segments))
    assert_same(remux(path, tmp_path / "clip.ts"), str(tmp_path / "out.ts"))
    server.wait_log(r"caster: udp sender ip=127.0.0.1, in=\d+, garbage=0, foreign=0.*normal_timeout")


def in_rtp(sent):
    """The datagrams with headers of RTP, of which some name a contributing source or have an extension."""
    for i, datagram in enumerate(sent):
        flags, more = ((0x80, b""), (0x81, b"csrc"), (0x90, b"\0\0\0\1more"))[i % 3]
        yield struct.pack(">BBHII", flags, 33, i, 0, 7) + more + datagram


def test_a_transport_stream_in_rtp_is_taken(make_server, tmp_path):
    server, port = udp_server(make_server, http="", more=QUICK)
    with HttpPlayer(server.http_port, "/live/s.flv") as player, Sender(port) as sender:
        server.wait_log(r"start play /live/s.flv")
        sender.send(in_rtp(datagrams(transport(tmp_path))))
        player.wait_end()
    (tmp_path / "out.flv").write_bytes(player.body)
    assert_same(media.clip("h264_aac.flv"), str(tmp_path / "out.flv"))


def lossy(sent):
    """Five of a hundred are lost, as many come late, and some are garbage, cut, or twice."""
    chance, out, late = random.Random(7), [], []
    for datagram in sent:
        draw = chance.random()
        if draw < 0.05:
            continue
        if draw < 0.1:
            late.append(datagram)
            continue
        if draw < 0.15:
            out.append(chance.randbytes(chance.randrange(1, 1400)))
        if draw < 0.2:
            out.append(datagram[:chance.randrange(1, CHUNK)])
        if draw < 0.22:
            out.append(datagram)
        out.append(datagram)
        out += late
        late = []
    return out


def test_a_lossy_way_costs_frames_and_nothing_else(make_server, tmp_path):
    server, port = udp_server(make_server, http="", more=QUICK)
    path = remux(media.clip("h264_aac_long.flv"), tmp_path / "clip.ts", "-t", "20")
    source = {(p.size, p.hash) for p in packets(media.clip("h264_aac_long.flv"), "a", "-c", "copy")}
    with HttpPlayer(server.http_port, "/live/s.flv") as player, server.publisher("witness") as witness, \
            server.player("witness") as watcher, Sender(port) as sender:
        server.wait_log(r"start play /live/s.flv")
        sender.send(lossy(datagrams(path)))
        witness.send_tags(flv.Numbered().tags(count=3))
        seen(watcher, 8)
        player.wait_end()
    (tmp_path / "out.flv").write_bytes(player.body)
    sounds = packets(str(tmp_path / "out.flv"), "a", "-c", "copy")
    assert len(sounds) > 300 and {(p.size, p.hash) for p in sounds} <= source      # lost, but never made up
    for kind in (flv.AUDIO, flv.VIDEO):
        times = [t.ts for t in flv.read(str(tmp_path / "out.flv")) if t.type == kind and not flv.is_config(t)]
        assert times == sorted(times), [(x, y) for x, y in zip(times, times[1:]) if x > y]
    configs = [t.payload for t in flv.read(str(tmp_path / "out.flv")) if t.type == flv.VIDEO and flv.is_config(t)]
    assert len(set(configs)) == 1
    pictures = packets(str(tmp_path / "out.flv"), "v", "-fps_mode", "passthrough")
    assert len(pictures) > 100


def test_of_two_senders_the_first_is_heard(make_server, tmp_path):
    server, port = udp_server(make_server, http="", more=QUICK)
    first, second = datagrams(transport(tmp_path)), datagrams(remux(media.clip("aac.flv"), tmp_path / "other.ts"))
    with HttpPlayer(server.http_port, "/live/s.flv") as player, Sender(port) as a, Sender(port, host="127.0.0.2") as b:
        server.wait_log(r"start play /live/s.flv")
        a.send(first[:3])
        server.wait_log(r"start publish /live/s")
        for i in range(3, len(first)):
            a.send([first[i]])
            b.send([second[i % len(second)]])
        player.wait_end()
        server.wait_log(r"caster: datagrams of 127.0.0.2 are ignored while 127.0.0.1 publishes /live/s")
        b.send(second)                                                 # the port is free now
        server.wait_log(r"start publish /live/s by a caster, ip=127.0.0.2")
    (tmp_path / "out.flv").write_bytes(player.body)
    assert_same(media.clip("h264_aac.flv"), str(tmp_path / "out.flv"))


def test_an_encoder_that_comes_back_goes_on_with_the_stream(make_server, tmp_path):
    server, port = udp_server(make_server, http="")
    sent = datagrams(transport(tmp_path))
    with HttpPlayer(server.http_port, "/live/s.flv") as player:
        with Sender(port) as a:
            a.send(sent)
        n = len(player.media())
        with Sender(port) as b:
            until(lambda: b.send(sent[:10]) or "goes on with /live/s from another port" in server.log, "the other port")
            b.send(sent[10:])
        player.wait_media(n + 50)
        assert not player.ended


def test_a_kicked_sender_is_not_heard_before_it_has_been_silent(make_server, tmp_path):
    server, port = udp_server(make_server, api="", more=QUICK)
    api, sent = Api(server), datagrams(transport(tmp_path))
    with Sender(port) as sender:
        sender.send(sent[:40])
        client = until(lambda: api.get("/api/v1/clients/")["clients"], "the publisher")[0]
        assert (client["type"], client["ip"]) == ("flash-publish", "127.0.0.1")
        mark = server.mark()
        assert api.ask("DELETE", "/api/v1/clients/" + client["id"]).status == 200
        server.wait_log(r"caster: udp sender ip=127.0.0.1", since=mark)
        sender.send(sent, pause=0.005)
        assert "start publish" not in server.log[mark:]
        until(lambda: sender.send(sent[:1]) or time.sleep(3.1) or "start publish" in server.log[mark:], "the sender again", 30)


@pytest.mark.long
def test_a_refused_sender_is_told_in_the_log_and_tried_again(make_server, tmp_path):
    server, port = udp_server(make_server, more=QUICK)
    sent = datagrams(transport(tmp_path))
    with publish(server) as publisher, Sender(port) as sender:
        sender.send(sent[:5])
        server.wait_log(r"caster: udp sender ip=127.0.0.1.*StreamBusy")
        publisher.close()
        until(lambda: sender.send(sent[:5]) or "start publish /live/s by a caster" in server.log, "the next try", 20)


@pytest.mark.parametrize("conf", ["", "multicast_source 127.0.0.1; "])
def test_a_multicast_group_is_heard(make_server, tmp_path, conf):
    server, port = udp_server(make_server, host="239.255.42.42", conf=conf + "multicast_interface lo;", http="", more=QUICK)
    sent = datagrams(transport(tmp_path))
    with HttpPlayer(server.http_port, "/live/s.flv") as player, Sender(port, to="239.255.42.42") as sender:
        sender.s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        server.wait_log(r"start play /live/s.flv")
        with Sender(port, host="127.0.0.3", to="239.255.42.42") as stranger:
            stranger.s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
            if conf:                                                   # only its source is heard
                stranger.send(sent[:20])
        sender.send(sent)
        player.wait_end()
    assert "ip=127.0.0.3" not in server.log
    (tmp_path / "out.flv").write_bytes(player.body)
    assert_same(media.clip("h264_aac.flv"), str(tmp_path / "out.flv"))


def test_a_reload_opens_and_closes_a_port(make_server, tmp_path):
    server, port = udp_server(make_server, more=QUICK)
    other = free_port()
    server.reload(vhost(more=QUICK) + caster("mpegts_over_udp", "127.0.0.1:%d" % other, "rtmp://127.0.0.1/live/t"))
    server.wait_log(r"UDP-Caster stops listening at udp://127.0.0.1:%d" % port)
    with Sender(other) as sender:
        sender.send(datagrams(transport(tmp_path))[:20])
        server.wait_log(r"start publish /live/t by a caster")
    server.reload(vhost(more=QUICK))
    server.wait_log(r"published /live/t by a caster")


# -- the examples ----------------------------------------------------------------------------------------------------

def example(make_server, name, port, caster_port):
    """The example file with free ports in the place of its own."""
    with open(os.path.join(media.ROOT, "conf", name), encoding="utf-8") as f:
        text = f.read()
    rtmp_port = free_port()
    for old, new in ((1935, rtmp_port), (caster_port, port)):
        text, n = re.subn(r"(listen +)%d;" % old, r"\g<1>%d;" % new, text)
        assert n == 1
    return make_server(text=text, listen=[rtmp_port])


def test_the_examples_do_what_they_say(make_server, tmp_path):
    port = free_port()
    server = example(make_server, "push.flv.conf", port, 8936)
    with media.ffmpeg_play(server.url("live/livestream")) as player:
        server.wait_log(r"type=rtmp-play")
        with Program(FFMPEG + ["-readrate", "4", "-i", media.clip("h264_aac.flv"), "-c", "copy", "-f", "flv", "-method", "POST",
                               "http://127.0.0.1:%d/live/livestream.flv" % port]) as sender:
            sender.ends()
        assert len(media.parse_framemd5(player.ends())) > 200
    port = free_port()
    server = example(make_server, "push.mpegts.over.udp.conf", port, 8935)
    server.wait_log(r"UDP-Caster listen")
    with server.player("livestream") as player, Sender(port) as sender:
        sender.send(datagrams(transport(tmp_path)))
        seen(player, 150)
