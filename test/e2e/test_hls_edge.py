"""nginx as a cache in front of HLS, with the files that we ship: conf/hls.edge.conf before conf/hls.origin.conf."""
import os
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile

import pytest

import media
from hls_watch import Http
from peer import Peer
from wait import patience, until

PLAYERS = 20


def shipped(name):
    with open(os.path.join(media.ROOT, "conf", name)) as f:
        return f.read()


def replaced(text, *changes):
    """Each of these must be there, or the test does not test the file that we ship."""
    for was, now in changes:
        assert was in text, was
        text = text.replace(was, now)
    return text


class Cache(Peer):
    """nginx with conf/hls.edge.conf, on other ports and with its files in a folder."""

    def __init__(self, folder, origin_port):
        super().__init__(folder)
        conf = self.path("hls.edge.conf")
        with open(conf, "w") as f:
            f.write("daemon off;\nuser root;\n" if os.getuid() == 0 else "daemon off;\n")
            f.write(replaced(shipped("hls.edge.conf"), ("127.0.0.1:8080", "127.0.0.1:%d" % origin_port),
                             ("8081;", "127.0.0.1:%d;" % self.port), ("/tmp/srs-hls-edge", self.path("edge")),
                             ("worker_processes    auto;", "worker_processes    1;")))
        self.start_nginx(conf)

    def url(self, path):
        return "http://127.0.0.1:%d%s" % (self.port, path)


@pytest.fixture
def origin(make_server):
    server = make_server(http="", start=False)
    server.write_conf("", text=replaced(shipped("hls.origin.conf"), ("listen              1935;", "listen %d;" % server.port),
                                        ("listen          8080;", "listen %d;" % server.http_port)))
    return server.start() or server


@pytest.fixture
def cache(origin, tmp_path):
    c = Cache(tmp_path / "nginx", origin.http_port)
    yield c
    c.stop()


def publish(publisher, seconds):
    """The tags of so many seconds at once: segments are cut by timestamps."""
    publisher.send_tags(takewhile(lambda t: t.ts < seconds * 1000, media.loop("h264_aac.flv")))
    publisher.barrier()


def get_all(url, n):
    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(lambda _: Http().get(url), range(n)))


def fields_of(cache, method, path, **fields):
    """The lines of the head of a reply, in small letters."""
    with socket.create_connection(("127.0.0.1", cache.port), timeout=patience()) as s:
        lines = ["%s %s HTTP/1.0" % (method, path), "Host: cache"] + ["%s: %s" % field for field in fields.items()]
        s.sendall("\r\n".join(lines + ["", ""]).encode())
        return s.makefile("rb").read().partition(b"\r\n\r\n")[0].decode().lower().split("\r\n")


def statuses(replies):
    assert {r.status for r in replies} == {200}
    return [r.headers["x-cache-status"] for r in replies]


def test_players_of_a_segment_cost_the_origin_one_request(origin, cache):
    with origin.publisher("livestream") as publisher:
        publish(publisher, 35)
        until(lambda: Http().get(origin.http_url("/live/livestream.m3u8")).body.count(b"#EXTINF") >= 3, "three segments")
        playlist = Http().get(cache.url("/live/livestream.m3u8")).body.decode()
        uri = re.findall(r"(?m)^[^#].*$", playlist)[0]
        replies = get_all(cache.url("/live/" + uri), PLAYERS)
        assert sorted(statuses(replies)) == ["HIT"] * (PLAYERS - 1) + ["MISS"]
        assert {r.body for r in replies} == {Http().get(origin.http_url("/live/" + uri)).body}
        assert {r.headers["content-type"].lower() for r in replies} == {"video/mp2t"}


def test_a_playlist_is_kept_for_a_second_and_then_is_new(origin, cache):
    url = cache.url("/live/livestream.m3u8")
    with origin.publisher("livestream") as publisher:
        publish(publisher, 25)
        until(lambda: Http().get(origin.http_url("/live/livestream.m3u8")).body.count(b"#EXTINF") >= 2, "two segments")
        assert statuses(get_all(url, 1)) == ["MISS"]
        until(lambda: "HIT" in statuses(get_all(url, PLAYERS)), "a playlist from the cache")
    # The stream has ended, so the playlist of the origin has one segment more.
    until(lambda: Http().get(url).body == Http().get(origin.http_url("/live/livestream.m3u8")).body, "the new playlist")


def test_a_page_of_another_site_gets_what_an_app_has_brought_into_the_cache(origin, cache):
    with origin.publisher("livestream") as publisher:
        publish(publisher, 25)
        until(lambda: Http().get(cache.url("/live/livestream.m3u8")).status == 200, "the playlist")
        for _ in range(2):
            said = fields_of(cache, "GET", "/live/livestream.m3u8", Origin="http://page.example")
            assert said.count("access-control-allow-origin: *") == 1, said
    said = fields_of(cache, "OPTIONS", "/live/livestream.m3u8", Origin="http://page.example",
                     **{"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"})
    assert said[0].split()[1] == "200" and "access-control-allow-headers: *" in said


def test_what_is_not_there_is_soon_asked_for_again(origin, cache):
    assert Http().get(cache.url("/live/livestream.m3u8")).status == 404
    with origin.publisher("livestream") as publisher:
        publish(publisher, 25)
        until(lambda: Http().get(cache.url("/live/livestream.m3u8")).status == 200, "the playlist")
