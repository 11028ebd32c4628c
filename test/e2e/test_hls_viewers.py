"""Viewers over HLS: sessions that live while their playlists are asked for; how they are counted, kicked, refused, and expire."""
import http.client
import json
import os
import re
import socket
import threading
from urllib.parse import urljoin, urlsplit

import pytest

import media
import programs
import rtmp
from api import Api
from hls_watch import Http, Watch
from srs import SANITIZED
from wait import patience, until

ID = re.compile(r"hls_ctx=([a-z2-7]{32})\b")
REFER = "refer { enabled on; play page.test; }"
PAGE = {"Referer": "http://page.test/x"}


class Live:
    """A server with HLS, a publisher of a clip in a loop, and a way to ask."""

    source = None                                                    # the address from which it asks; None: any

    def __init__(self, make_server, path, hls="", more="", root=None, http="", clip="h264_aac.flv", **how):
        self.path, self.clip = path, clip
        self.server = make_server(self.conf(hls, more), api="", http=http, root=root, **how)
        self.api = Api(self.server)
        self.publish()

    def conf(self, hls="", more=""):
        return ("vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_window 5; hls_path %s; %s } %s }"
                % (self.path, hls, more))

    def publish(self):
        self.feeder = rtmp.Feeder(self.server.publisher("s"), media.loop(self.clip))

    def get(self, url, headers=None, method="GET"):
        """One exchange on a connection of its own."""
        u = urlsplit(urljoin(self.server.http_url("/live/"), url))
        c = http.client.HTTPConnection(u.hostname, u.port, timeout=patience(), source_address=self.source)
        try:
            c.request(method, u.path + ("?" + u.query if u.query else ""), headers=headers or {})
            r = c.getresponse()
            return r.status, r.headers, r.read().decode("latin-1")
        finally:
            c.close()

    def status(self, url, headers=None):
        return self.get(url, headers)[0]

    def viewers(self):
        return [c for c in self.api.clients() if c["type"] == "hls-play"]

    def join(self, query="", headers=None, path="s.m3u8"):
        """Become a viewer: the id, and the URL of the media playlist."""
        def ask():
            status, _, text = self.get(path + query, headers)
            return status == 200 and text
        uri, = uris(until(ask, "a master playlist", 20))
        return ID.search(uri).group(1), uri

    def segments(self, uri, headers=None):
        """The URIs of the media playlist's segments, from the root of the server."""
        status, _, text = self.get(uri, headers)
        assert status == 200, text
        return [urljoin(urljoin("/live/", uri), line) for line in uris(text)]


@pytest.fixture
def live(make_server, tmp_path):
    made = []

    def start(**how):
        path = how.pop("path", None) or str(tmp_path / "hls")
        made.append(Live(make_server, path, **how))
        return made[-1]

    yield start
    for one in made:
        one.feeder.finish()


def uris(text):
    return [line for line in text.splitlines() if line and not line.startswith("#")]


# -- playlists ---------------------------------------------------------------------------------------------------------

def test_a_first_request_gets_a_master_playlist_with_an_id_and_the_query(live):
    one = live()
    ctx, uri = one.join("?token=xyz&b=1")
    assert uri == "/live/s.m3u8?hls_ctx=%s&token=xyz&b=1" % ctx
    status, headers, text = one.get(uri)
    assert status == 200
    assert headers["Cache-Control"] == "no-store"
    assert uris(text)
    for line in uris(text):
        assert re.fullmatch(r"s-\d+\.ts\?hls_ctx=" + ctx, line), line
        assert one.status(line) == 200
    viewer, = one.viewers()
    assert (viewer["id"], viewer["name"], viewer["tcUrl"], viewer["url"]) == (
        ctx, "s.m3u8", "http://127.0.0.1/live", "/live/s")
    assert viewer["publish"] is False
    assert one.api.stream("s")["clients"] == 2


def test_the_master_playlist_may_be_relative_and_segments_may_be_bare(live):
    one = live(hls="hls_master_m3u8_path_relative on; hls_ts_ctx off;")
    ctx, uri = one.join("?a=b")
    assert uri == "s.m3u8?hls_ctx=%s&a=b" % ctx
    for segment in one.segments(uri):
        assert re.fullmatch(r"/live/s-\d+\.ts", segment)
        assert one.status(segment) == 200


def test_without_hls_ctx_there_are_plain_files_and_no_clients(live):
    one = live(hls="hls_ctx off;")
    text = until(lambda: one.get("s.m3u8")[2] if one.status("s.m3u8") == 200 else None, "a playlist", 20)
    assert "#EXTINF" in text and "hls_ctx" not in text
    assert one.status(uris(text)[0]) == 200
    assert one.viewers() == []


def test_a_stream_without_a_segment_makes_no_viewer(live):
    one = live()
    assert one.status("nobody.m3u8") == 404
    assert [c for c in one.api.clients() if c["type"] == "hls-play" and c["name"] == "nobody.m3u8"] == []
    assert one.api.stream("nobody") is None


# -- identifiers -------------------------------------------------------------------------------------------------------

def test_an_id_is_never_adopted(live):
    one = live()
    one.join()
    for mine in ("mine", "767f54e9", "a" * 32, "../../x", "%00", ""):
        status, _, text = one.get("s.m3u8?hls_ctx=" + mine)
        assert status in (200, 400), (mine, status)
        if status == 200:
            ctx = ID.search(text).group(1)
            assert ctx != mine and len(uris(text)) == 1 and "#EXT-X-STREAM-INF" in text
        assert one.status("s-0.ts?hls_ctx=" + mine) in (400, 403), mine
    assert not [v for v in one.viewers() if v["id"] in ("mine", "767f54e9", "a" * 32)]


def test_an_id_of_another_stream_opens_nothing(live):
    one = live()
    other = rtmp.Feeder(one.server.publisher("t"), media.loop("h264_aac.flv"))
    ctx, _ = one.join()
    _, uri = one.join(path="t.m3u8")
    segment = one.segments(uri)[0]
    assert one.status(segment) == 200
    assert one.status(segment.split("?")[0] + "?hls_ctx=" + ctx) == 403
    other.finish()


def test_an_id_survives_a_crash_of_the_server_and_another_secret_ends_it(live):
    one = live()
    ctx, uri = one.join()
    for secret_is_kept in (True, False):
        one.server.kill()
        one.feeder.stop()
        if not secret_is_kept:
            os.remove(one.server.pid_path[:-4] + ".secret")
        one.server.start()
        one.publish()
        text = until(lambda: one.get(uri)[2] if one.status(uri) == 200 else None, "a playlist", 20)
        assert ("#EXTINF" in text) == secret_is_kept
        assert (ctx in text) == secret_is_kept
        assert (ctx in [v["id"] for v in one.viewers()]) == secret_is_kept


# -- refusals ----------------------------------------------------------------------------------------------------------

def test_who_is_refused_stays_refused_segments_included(live):
    one = live(more=REFER)
    ctx, uri = one.join(headers=PAGE)
    segment = one.segments(uri, PAGE)[0]
    assert one.status(segment) == 200
    bare = segment.split("?")[0]
    for _ in range(3):
        for own in ("", "?hls_ctx=chosen01", "?hls_ctx=" + "b" * 32):
            assert one.status("s.m3u8" + own) == 403
            assert one.status(bare + own) == 403
    assert [v["id"] for v in one.viewers()] == [ctx]


@pytest.mark.parametrize("way", ["dir", "mount"])
def test_a_refused_viewer_does_not_get_the_files_either(live, tmp_path, way):
    html = tmp_path / "srs0" / "html"
    mount = "http_static { enabled on; mount [vhost]/files/; dir %s; }" % html
    one = live(more=REFER + (mount if way == "mount" else ""), path=str(html))
    _, uri = one.join(headers=PAGE)
    segment = one.segments(uri, PAGE)[0].split("?")[0]
    until(lambda: os.path.exists(str(html) + segment), "the file of %s" % segment, 20)
    (html / "live" / "page.html").write_text("a page")
    assert one.status("/live/page.html") == 200
    before = "/files" if way == "mount" else ""
    spellings = [before + segment, before + segment.replace("/live/", "/live//"), before + "/live/s.m3u8",
                 before + "/live//s.m3u8", before + segment.replace("live", "%6cive")]
    spellings += [path + "?vhost=other.test" for path in spellings]
    for path in spellings:
        assert one.status(path) == 403, path
    assert one.viewers() and len(one.viewers()) == 1


def test_a_denied_address_gets_nothing_with_the_id_of_another(live, tmp_path):
    html = tmp_path / "srs0" / "html"
    one = live(path=str(html), more="security { enabled on; deny play 198.51.100.0/24; }", root={"trusted_proxies": "127.0.0.1"})
    allowed, moved, denied = ({"X-Forwarded-For": ip} for ip in ("203.0.113.1", "203.0.113.2", "198.51.100.9"))
    ctx, uri = one.join(headers=allowed)
    segment = one.segments(uri, moved)[0]
    assert one.status(segment, moved) == 200
    assert one.status(uri, denied) == one.status(segment, denied) == one.status("s.m3u8", denied) == 403
    viewer, = one.viewers()
    assert (viewer["id"], viewer["ip"]) == (ctx, "203.0.113.1")
    one.server.wait_log("also comes from 203.0.113.2")
    until(lambda: os.path.exists(str(html) + segment.split("?")[0]), "the file of %s" % segment, 20)
    file = segment.replace("/live/", "/live//")
    assert (one.status(file, allowed), one.status(file, denied)) == (200, 403)


# -- kicks -------------------------------------------------------------------------------------------------------------

def test_a_kicked_viewer_gets_nothing_more_and_nobody_else_notices(live, witness):
    one = live()
    seen = witness(one.server)
    (ctx, uri), (other, other_uri) = one.join(), one.join()
    segment, other_segment = one.segments(uri)[-1], one.segments(other_uri)[-1]
    assert one.api.kick(ctx)["code"] == 0
    assert [v["id"] for v in one.viewers()] == [other]
    for _ in range(3):
        status, headers, text = one.get(uri)
        assert (status, text) == (404, "HLS stream %s is EOF" % ctx)
        assert one.status(segment) == 404
    assert one.api.kick(ctx) == {"code": 2049}
    one.server.wait_log(r"WARN.*code=1070")
    assert one.status(other_uri) == one.status(other_segment) == 200
    seen.undisturbed()


def test_the_log_names_a_viewer_but_not_its_id(live):
    one = live(root={"pithy_print_ms": 100})
    ctx, _ = one.join()
    one.source = ("127.0.0.2", 0)
    banned, _ = one.join()
    for context in (ctx, banned):
        one.server.wait_log(r"\[%s\] client type=hls-play" % context[:8])
    assert one.api.kick(ctx)["code"] == 0
    one.server.wait_log("client %s, hls-play of /live/s, ip=127.0.0.1, is kicked" % ctx[:8])
    assert one.api.ask("POST", "/api/v1/bans/", json.dumps({"address": "127.0.0.2"})).status == 200
    one.server.wait_log("client %s, hls-play of /live/s, ip=127.0.0.2, is ended by ban" % banned[:8])
    log = one.server.log
    assert ctx not in log and banned not in log


class Download:
    """A reply that is read in bits; the socket takes little beyond them."""

    def __init__(self, one, target):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(patience())
        self.socket.connect(("127.0.0.1", one.server.http_port))
        self.socket.sendall(("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % target).encode())
        self.got = b""
        self.read(1000)
        assert self.got.startswith(b"HTTP/1.1 200"), self.got[:300]
        self.head, _, _ = self.got.partition(b"\r\n\r\n")

    def length(self):
        """Of the body, as the head says it."""
        return int(re.search(rb"Content-Length: (\d+)", self.head).group(1))

    def read(self, n):
        while len(self.got) < n:
            self.got += self.socket.recv(n)

    def read_all(self):
        """To the end of the body, which must come."""
        self.read(len(self.head) + 4 + self.length())

    def read_to_close(self):
        """To the end of the connection; how many bytes came."""
        before = len(self.got)
        try:
            while data := self.socket.recv(65536):
                self.got += data
        except ConnectionResetError:
            pass
        return len(self.got) - before


def test_a_kick_ends_a_download_and_no_other(live):
    one = live(clip="h264_large.flv")
    (ctx, uri), (_, other_uri) = one.join(), one.join()
    downloads = [Download(one, one.segments(u)[-1]) for u in (uri, other_uri)]
    length = downloads[0].length()
    assert length > 2000000
    assert one.api.kick(ctx)["code"] == 0
    until(lambda: len(one.viewers()) == 1, one.viewers)
    assert downloads[0].read_to_close() < length - 100000
    downloads[1].read_all()
    assert one.status(uri) == 404 and one.status(other_uri) == 200


def test_a_kick_ends_a_download_over_http_2(live, tmp_path):
    one = live(clip="h264_large.flv", tls=True)
    ctx, uri = one.join()
    out = tmp_path / "out"
    with media.Program(["curl", "-sk", "--http2", "--limit-rate", "200k", "--max-time", "%d" % patience(60), "-o", str(out),
                        one.server.http_url(one.segments(uri)[-1], tls=True)]) as curl:
        until(lambda: out.exists() and out.stat().st_size > 0, "the first bytes")
        assert one.api.kick(ctx)["code"] == 0
        curl.ends(60, ok=(18, 56, 92))                               # a part; cut off; a stream that was not closed as it should be
    assert one.viewers() == []


@pytest.mark.parametrize("what", ["segment", "playlist"])
def test_a_kick_ends_what_waits_for_media(live, what):
    """The segment that grows, and a playlist that is not there yet."""
    one = live(hls="hls_ll on; hls_part 0.2; hls_fragment 10;", clip="h264_aac_long.flv")
    ctx, uri = one.join(path="s.m3u8")
    last = int(re.search(r"-(\d+)\.ts", one.segments(uri)[-1]).group(1))
    if what == "segment":
        waiting = Download(one, "/live/s-%d.ts?hls_ctx=%s" % (last + 1, ctx))
        assert one.api.kick(ctx)["code"] == 0
        waiting.read_to_close()
        assert not waiting.got.endswith(b"0\r\n\r\n")
    else:
        replies = []
        thread = threading.Thread(target=lambda: replies.append(one.get(uri + "&_HLS_msn=%d" % (last + 1))))
        thread.start()
        assert one.api.kick(ctx)["code"] == 0
        thread.join(patience(5))
        assert replies and replies[0][0] == 404, replies
    assert one.viewers() == []


# -- counting ----------------------------------------------------------------------------------------------------------

class Raw:
    """One connection that counts every byte of both directions."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), patience())
        self.file = self.socket.makefile("rb")
        self.sent = self.received = 0

    def get(self, target):
        request = ("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % target).encode()
        self.socket.sendall(request)
        self.sent += len(request)
        length, line = 0, b""
        status = self.file.readline()
        self.received += len(status)
        while line != b"\r\n":
            line = self.file.readline()
            self.received += len(line)
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        body = self.file.read(length)
        self.received += len(body)
        return int(status.split()[1]), body.decode("latin-1")

    def close(self):
        self.file.close()
        self.socket.close()


def test_the_bytes_of_a_viewer_are_those_of_its_requests(live):
    one = live()
    one.join()
    raw = Raw(one.server.http_port)
    status, text = raw.get("/live/s.m3u8?who=raw")
    uri, = uris(text)
    ctx = ID.search(uri).group(1)
    for _ in range(3):
        status, text = raw.get(uri)
        assert status == 200
        for line in uris(text)[-2:]:
            assert raw.get("/live/" + line)[0] == 200

    def viewer():
        return one.api.get("/api/v1/clients/" + ctx)["client"]
    until(lambda: viewer()["send_bytes"] == raw.received and viewer()["recv_bytes"] == raw.sent,
          lambda: "%d bytes out and %d in: %r" % (raw.received, raw.sent, viewer()), 20)
    raw.get("/nothing.html")
    assert raw.get(uri)[0] == 200
    assert viewer()["send_bytes"] < raw.received
    raw.close()


def test_the_bytes_of_a_viewer_over_http_2_are_those_of_its_streams(live):
    one = live(tls=True)
    one.join()

    def curl(*paths):
        programs.check("curl")
        urls = [one.server.http_url(path, tls=True) for path in paths]
        return media.run(["curl", "-sk", "--http2", "--fail", "--max-time", "%d" % patience(30), "--parallel", *urls],
                         60).stdout

    uri, = uris(curl("/live/s.m3u8").decode())
    ctx = ID.search(uri).group(1)
    segments = [urljoin(uri, line) for line in uris(curl(uri).decode())]
    sizes = [len(one.get(s)[2]) for s in segments]  # over HTTP/1.1, and counted as well
    assert len(curl(*segments)) == sum(sizes)

    def sent():
        return one.api.get("/api/v1/clients/" + ctx)["client"]["send_bytes"]
    least = 2 * sum(sizes)
    until(lambda: least <= sent() <= least * 1.05 + 4096,
          lambda: "%d bytes and little more, not %d" % (least, sent()), 20)


class Crowd:
    """Viewers that poll their playlists, on a few connections, until they are told to stop."""

    def __init__(self, one, n, n_threads=4):
        self.one, self.stopping, self.errors = one, threading.Event(), []
        self.threads = [threading.Thread(target=self.run, args=(n // n_threads,)) for _ in range(n_threads)]
        self.ready = threading.Barrier(n_threads + 1)
        for t in self.threads:
            t.start()
        self.ready.wait(patience(30))

    def run(self, n):
        try:
            http_client = Http()
            base = self.one.server.http_url("/live/")
            mine = [urljoin(base, uris(http_client.get(base + "s.m3u8").body.decode())[0]) for _ in range(n)]
            for uri in mine:
                assert http_client.get(uri).status == 200
            self.ready.wait(patience(30))
            while not self.stopping.wait(0.5):
                for uri in mine:
                    assert http_client.get(uri).status == 200
        except Exception as e:  # pylint: disable=broad-except
            self.errors.append(e)
            self.ready.abort()

    def stop(self):
        self.stopping.set()
        for t in self.threads:
            t.join(patience(30))
        assert not self.errors, self.errors


@pytest.mark.long
def test_viewers_are_counted_within_one_in_a_hundred_and_go_together(live):
    one = live(hls="hls_window 2;")
    one.join()
    stays, leaves = Crowd(one, 200), Crowd(one, 200)
    until(lambda: abs(len(one.viewers()) - 400) <= 4, lambda: "400 viewers, not %d" % len(one.viewers()), 20)
    for _ in range(10):
        assert abs(len(one.viewers()) - 400) <= 4
        one.api.get("/api/v1/summaries")
    leaves.stop()
    until(lambda: abs(len(one.viewers()) - 200) <= 2, lambda: "200 viewers, not %d" % len(one.viewers()), 30)
    assert abs(one.api.stream("s")["clients"] - 201) <= 2
    stays.stop()
    until(lambda: not one.viewers(), "no viewer", 30)
    assert one.api.stream("s")["clients"] == 1


@pytest.mark.long
def test_ten_thousand_viewers_that_open_and_go_harm_nobody(live, witness):
    one = live(hls="hls_window 2;")
    one.join()
    seen = witness(one.server)
    before_kib = one.server.rss_kib()

    def flood():
        http_client = Http()
        for _ in range(2500):
            assert http_client.get(one.server.http_url("/live/s.m3u8?token=abcdefghijklmnopqrstuvwxyz")).status == 200
    threads = [threading.Thread(target=flood) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(patience(60))
    assert one.server.rss_kib() - before_kib < 10000 * (9 if SANITIZED else 3)
    until(lambda: not one.viewers(), lambda: "no viewer, not %d" % len(one.viewers()), 30)
    seen.undisturbed()
    assert one.api.stream("s")["clients"] == 1


# -- streams that end --------------------------------------------------------------------------------------------------

@pytest.mark.long
def test_viewers_of_a_stream_that_ended_go_and_the_stream_with_them(live):
    one = live(hls="hls_window 2; hls_dispose 1;")
    ctx, uri = one.join()
    one.feeder.finish()
    until(lambda: one.status(uri) == 404, "the end of the playlist", 20)
    until(lambda: not one.api.clients(), "no client", 30)
    until(lambda: one.api.stream("s") is None, "no stream", 20)
    one.publish()
    text = until(lambda: one.get(uri)[2] if one.status(uri) == 200 else None, "the stream again", 20)
    assert "#EXTINF" in text and ctx in text
    assert [v["id"] for v in one.viewers()] == [ctx]


# The segment that a takeover meets goes on to the newcomer's second key frame: it may be longer than the target, and so its parts.
LONGER = ("target-changes", "removes-too-early", "part-too-short", "parts-sum")


@pytest.mark.sample(4)
@pytest.mark.parametrize("directives", ["", "hls_ll on; hls_part 0.2; hls_use_fmp4 on;"], ids=["ts", "low-latency"])
@pytest.mark.parametrize("how", ["leaves", "is taken over"])
def test_a_publisher_that_comes_back_at_once_keeps_viewers_and_numbers(live, how, directives):
    one = live(hls=directives, more="publish { republish takeover; }", clip="h264_aac_long.flv")
    ctx, uri = one.join()
    with Watch(urljoin(one.server.http_url("/live/"), uri), bandwidth=None, ignore=LONGER if how == "is taken over" else ()) as watch:
        for turn in range(1, 5):
            watch.wait_segments(2 * turn)
            before = one.feeder
            if how == "leaves":
                before.finish()
            one.publish()
            if how != "leaves":
                until(lambda: before.error, "the end of the first publisher")
                before.client.close()
        watch.wait_segments(len(watch.media[0].segments) + 2)
        assert [v["id"] for v in one.viewers()] == [ctx]
    assert watch.media[0].missing() == []
    assert [s.breaks for s in watch.media[0].known.segments].count(True) <= 4


@pytest.mark.long
def test_a_reload_that_switches_hls_ctx_off_leaves_plain_playlists(live):
    one = live(hls="hls_window 2;")
    ctx, uri = one.join()
    one.server.reload(one.conf(hls="hls_window 2; hls_ctx off;"))
    text = until(lambda: (lambda r: r[2] if r[0] == 200 and "hls_ctx" not in r[2] else None)(one.get("s.m3u8")),
                 "a plain playlist", 20)
    assert "#EXTINF" in text
    assert one.status(uri) == 200
    until(lambda: not one.viewers(), "no viewer", 30)


def test_a_page_of_another_site_learns_no_id(live):
    one = live()
    ctx, _ = one.join()
    shown = one.api.get("/api/v1/clients/?count=100", headers={"Origin": "http://evil.example"})
    assert ctx not in json.dumps(shown)
    assert ctx[:8] in [c["id"] for c in shown["clients"]]
