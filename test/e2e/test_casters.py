"""Casters: streams that come in by HTTP POST and PUT, and as MPEG-TS over UDP."""
import http.client
import socket

import pytest

import flv
import media
from api import Api
from hook_backend import answer, hooks
from http_live import HttpPlayer
from media import FFMPEG, Program
from srs import free_port
from test_play import vhost
from wait import patience, until


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
    tags = list(flv.Numbered().tags(count=3))
    with Post(port, "/live/s.flv?token=a") as post:
        post.send(flv.header() + b"".join(map(flv.pack, tags)))
        stream = until(lambda: api.get("/api/v1/streams/")["streams"], "the stream")[0]
        assert stream["publish"]["active"] and (stream["app"], stream["name"]) == ("live", "s")
        client = api.get("/api/v1/clients/" + stream["publish"]["cid"])["client"]
        assert client["type"] == "flash-publish" and client["ip"] == "127.0.0.1"
        assert client["tcUrl"] == "rtmp://127.0.0.1/live/s"
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
    with server.publisher() as publisher:
        publisher.send_tags(flv.Numbered().tags(count=3))
        with Post(port) as post:
            post.send(flv.header())
            assert post.reply()[0] == 409


def test_a_silent_client_is_answered_after_the_time_of_the_vhost(make_server):
    server, port = with_caster(make_server, more="publish { firstpkt_timeout 300; normal_timeout 300; }")
    with Post(port) as post:
        assert post.reply()[0] == 408
    with Post(port) as post:
        post.send(flv.header() + b"".join(map(flv.pack, flv.Numbered().tags(count=3))))
        assert post.reply()[0] == 408


def test_a_denied_address_is_forbidden(make_server):
    server, port = with_caster(make_server, more="security { enabled on; deny publish 127.0.0.1; allow play all; }")
    with Post(port) as post:
        post.send(flv.header())
        assert post.reply()[0] == 403


def test_hooks_see_the_publisher_and_may_refuse_it(make_server, backend):
    server, port = with_caster(make_server, more=hooks(backend, "on_publish", "on_unpublish"))
    with Post(port, "/live/s.flv?token=a") as post:
        post.send(flv.header() + b"".join(map(flv.pack, flv.Numbered().tags(count=3))))
        call = backend.wait_for("on_publish")
        post.end()
        assert post.reply()[0] == 200
    assert (call.json["app"], call.json["stream"], call.json["param"]) == ("live", "s", "?token=a")
    assert call.json["tcUrl"] == "rtmp://127.0.0.1/live/s" and call.json["ip"] == "127.0.0.1"
    backend.wait_for("on_unpublish")
    backend.answers["on_publish"] = answer(403)
    with Post(port) as post:
        post.send(flv.header())
        assert post.reply()[0] == 403
