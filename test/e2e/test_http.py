"""The HTTP server: its replies, its refusals, and that neither bad nor slow clients harm others."""
import base64
import calendar
import gzip
import os
import re
import resource
import select
import signal
import socket
import subprocess
import time

import pytest

from srs import SANITIZED, free_port, listening
from wait import until

CORS = {"access-control-allow-origin": "*", "access-control-allow-headers": "*", "access-control-allow-methods": "*",
        "access-control-expose-headers": "*", "access-control-allow-credentials": "false",
        "access-control-request-private-network": "true"}


# ---- a client that sends exactly the given bytes ----------------------------------------------------------------

class Reply:
    def __init__(self, head, body):
        line, *fields = head.decode("latin-1").split("\r\n")
        self.version, status, self.reason = (line.split(" ", 2) + [""])[:3]
        self.status = int(status)
        self.names = [f.split(":")[0] for f in fields]
        self.fields = {}
        for f in fields:
            name, value = f.split(": ", 1) if ": " in f else (f.rstrip(":"), "")
            self.fields[name.lower()] = value
        self.body = body

    def __repr__(self):
        return "%d %r %r" % (self.status, self.fields, self.body[:200])


class Raw:
    """A connection. read() gives the next reply, None at the end."""

    def __init__(self, port, host="127.0.0.1", timeout=20):
        self.s = socket.create_connection((host, port), timeout=timeout)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buf = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.s.close()

    def send(self, data):
        self.s.sendall(data.encode("latin-1") if isinstance(data, str) else data)
        return self

    def _more(self):
        try:
            data = self.s.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        self.buf += data
        return bool(data)

    def _until(self, mark):
        while mark not in self.buf:
            if not self._more():
                return None
        head, self.buf = self.buf.split(mark, 1)
        return head

    def _exactly(self, n):
        while len(self.buf) < n:
            if not self._more():
                raise EOFError("%d bytes of %d" % (len(self.buf), n))
        data, self.buf = self.buf[:n], self.buf[n:]
        return data

    def read(self, method="GET"):
        head = self._until(b"\r\n\r\n")
        if head is None:
            assert self.buf == b"", self.buf
            return None
        reply = Reply(head, b"")
        if method == "HEAD" or reply.status in (204, 304) or reply.status < 200:
            return reply
        if reply.fields.get("transfer-encoding") == "chunked":
            while True:
                size = int(self._until(b"\r\n"), 16)
                reply.body += self._exactly(size)
                assert self._exactly(2) == b"\r\n"
                if size == 0:
                    return reply
        if "content-length" in reply.fields:
            reply.body = self._exactly(int(reply.fields["content-length"]))
        else:
            while self._more():
                pass
            reply.body, self.buf = self.buf, b""
        return reply

    def ended(self):
        """True when the server sends nothing more and closes."""
        while self._more():
            pass
        return self.buf == b""


def request(method, path, fields=(), host="h", body=b"", version="1.1"):
    lines = ["%s %s HTTP/%s" % (method, path, version), "Host: " + host] + list(fields)
    if body:
        lines.append("Content-Length: %d" % len(body))
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def ask(port, method, path, *fields, **how):
    with Raw(port) as c:
        return c.send(request(method, path, fields, **how)).read(method)


def get(port, path, *fields, **how):
    return ask(port, "GET", path, *fields, **how)


def put(server, name, content, folder=None):
    path = os.path.join(folder or server.html, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(content)
    return path


TEXT = b"".join(b"line %d of a text that is worth compressing\n" % i for i in range(2000))


@pytest.fixture
def files(make_server):
    """A server with some files; its port."""
    server = make_server(http="", api="")
    put(server, "index.html", b"<html>root</html>")
    put(server, "sub/index.html", b"<html>sub</html>")
    put(server, "a b.txt", b"spaces")
    put(server, "text.js", TEXT)
    put(server, "clip.mp4", bytes(range(256)) * 4)
    put(server, "large.bin", os.urandom(3 << 20))
    return server


# ---- the protocol -----------------------------------------------------------------------------------------------

def test_keep_alive_is_told_as_it_is(files):
    with Raw(files.http_port) as c:
        for _ in range(3):
            reply = c.send(request("GET", "/sub/")).read()
            assert reply.status == 200 and reply.fields["connection"] == "keep-alive"
            assert reply.fields["server"].startswith("SRS/")
        reply = c.send(request("GET", "/sub/", ["Connection: close"])).read()
        assert reply.fields["connection"] == "close"
        assert c.ended()


def test_pipelined_requests_are_answered_in_their_order(files):
    with Raw(files.http_port) as c:
        c.send(request("GET", "/sub/") + request("GET", "/none") + request("HEAD", "/text.js")
               + request("POST", "/sub/", body=b"x" * 1000) + request("GET", "/clip.mp4"))
        assert [c.read(m).status for m in ("GET", "GET", "HEAD", "POST", "GET")] == [200, 404, 200, 405, 200]


def test_http_1_0_is_answered_and_closed(files):
    with Raw(files.http_port) as c:
        reply = c.send("GET /sub/ HTTP/1.0\r\n\r\n").read()
        assert reply.body == b"<html>sub</html>" and reply.fields["connection"] == "close"
        assert "transfer-encoding" not in reply.fields
        assert c.ended()


def test_head_has_the_head_of_get_and_no_body(files):
    with Raw(files.http_port) as c:
        for path in ("/sub/", "/text.js", "/large.bin", "/none", "/sub"):
            head = c.send(request("HEAD", path)).read("HEAD")
            whole = c.send(request("GET", path)).read()
            head.fields.pop("date"), whole.fields.pop("date")
            assert head.status == whole.status and head.fields == whole.fields


def test_a_missing_slash_redirects_get_but_not_post(files):
    reply = get(files.api_port, "/api/v1/vhosts?count=5")
    assert reply.status == 302 and reply.fields["location"] == "/api/v1/vhosts/?count=5"
    assert reply.body == b"Redirect to /api/v1/vhosts/?count=5"
    assert ask(files.api_port, "POST", "/api/v1/vhosts", body=b"{}").status != 302


def test_fields_stand_in_the_order_of_srs(files):
    names = get(files.api_port, "/api/v1/versions", "Origin: http://a.com").names
    assert names[:7] == ["Connection"] + [n for n in names if n.startswith("Access-Control")]
    assert names.index("Content-Type") < names.index("Content-Length") < names.index("Server")


@pytest.mark.parametrize("on, port", [("http_port", "http"), ("api_port", "api")])
def test_cors_is_each_servers_own(make_server, on, port):
    other = "api" if port == "http" else "http"
    server = make_server(**{port: "crossdomain off;", other: ""})
    put(server, "x.txt", b"x")
    paths = {"http_port": "/x.txt", "api_port": "/api/v1/versions"}
    for name in ("http_port", "api_port"):
        number, path = getattr(server, name), paths[name]
        reply = get(number, path, "Origin: http://a.com")
        options = ask(number, "OPTIONS", path, "Origin: http://a.com")
        if name == on:
            assert not set(CORS) & set(reply.fields)
            assert options.status == 405
        else:
            # pages of other sites may read the API, but change nothing
            wanted = dict(CORS, **({"access-control-allow-methods": "GET, HEAD, OPTIONS"} if name == "api_port" else {}))
            assert wanted.items() <= reply.fields.items()
            assert wanted.items() <= options.fields.items()
            assert options.status == 200 and options.fields["content-length"] == "0"
            # a cache keeps the reply to a client without a page, and gives it to pages
            assert set(CORS) & set(get(number, path).fields) == ({"access-control-allow-origin"} if name == "http_port" else set())


def test_crossdomain_is_reloaded(make_server):
    server = make_server(http="")
    put(server, "x.txt", b"x")
    server.reload(http="crossdomain off;")
    assert not set(CORS) & set(get(server.http_port, "/x.txt", "Origin: http://a.com").fields)


def basic(user, password):
    return "Authorization: Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode()


def test_api_paths_ask_for_the_password_on_every_port(make_server):
    server = make_server(http="", api="auth { enabled on; username admin; password a:b; }")
    put(server, "x/api/secret.txt", b"secret")
    put(server, "x/open.txt", b"open")
    for port, path in ((server.api_port, "/api/v1/versions"), (server.http_port, "/api/v1/versions"),
                       (server.http_port, "/x/api/secret.txt"), (server.http_port, "/x/../x/%61pi/secret.txt"),
                       (server.api_port, "/api")):
        reply = get(port, path)
        assert reply.status == 401, path
        assert reply.fields["www-authenticate"] == 'Basic realm="srs"'
        assert get(port, path, basic("admin", "a")).status == 401
        assert get(port, path, basic("admin", "a:b")).status in (200, 302), path
        assert ask(port, "OPTIONS", path).status == 200
    assert get(server.http_port, "/x/open.txt").status == 200
    server.reload(api="auth { enabled on; username admin; password new; }")
    assert get(server.api_port, "/api/v1/versions", basic("admin", "a:b")).status == 401
    assert get(server.api_port, "/api/v1/versions", basic("admin", "new")).status == 200


def test_the_versions_are_on_the_port_of_streams_too(files):
    assert b'"major":7' in get(files.http_port, "/api/v1/versions").body
    assert get(files.http_port, "/api/v1/clients/").status == 404


def test_one_port_serves_both(make_server):
    port = free_port()
    server = make_server("http_api { enabled on; listen %d; }\nhttp_server { enabled on; listen %d; dir ./html; }\n"
                         "vhost __defaultVhost__ { }" % (port, port))
    until(lambda: port in listening(server.pid), "the shared port")
    put(server, "index.html", b"page")
    put(server, "x.txt", b"x")
    assert get(port, "/").body == b"page"
    assert get(port, "/x.txt").body == b"x"
    assert b'"major":7' in get(port, "/api/v1/versions").body
    assert b"vhosts" in get(port, "/api/v1/vhosts/").body
    assert get(port, "/none").status == 404


def test_several_endpoints_and_ipv6(make_server):
    ports = [free_port(), free_port("::1")]
    server = make_server("http_server { enabled on; listen 127.0.0.1:%d [::1]:%d; dir ./html; }\n"
                         "vhost __defaultVhost__ { }" % tuple(ports))
    until(lambda: set(ports) <= listening(server.pid), "both endpoints")
    put(server, "x.txt", b"x")
    for host, port in zip(("127.0.0.1", "::1"), ports):
        with Raw(port, host) as c:
            assert c.send(request("GET", "/x.txt", host="[::1]:%d" % port)).read().body == b"x"


def test_servers_come_and_go_with_a_reload(make_server):
    server = make_server(http="", api="")
    ports = server.http_port, server.api_port
    put(server, "x.txt", b"x")
    with Raw(ports[0]) as c:
        assert c.send(request("GET", "/x.txt")).read().status == 200
        server.http_port = None
        server.reload("vhost __defaultVhost__ { }")
        until(lambda: ports[0] not in listening(server.pid), "the port to be closed")
        assert c.send(request("GET", "/x.txt")).read() is not None       # connected clients stay
    server.http_port = free_port()
    server.reload("vhost __defaultVhost__ { }")
    assert get(server.http_port, "/x.txt").body == b"x"
    assert get(ports[1], "/api/v1/versions").status == 200


def test_connections_count_for_max_connections(make_server):
    server = make_server(http="", root={"max_connections": "5"})
    held = [Raw(server.http_port).send(request("GET", "/")) for _ in range(5)]
    assert all(c.read().status == 404 for c in held)
    with Raw(server.http_port) as c:
        assert c.ended()
    server.wait_log("ConnectionsExceed")
    for c in held:
        c.s.close()
    until(lambda: get(server.http_port, "/") is not None, "room again")


def test_https_serves_the_same(make_server):
    server = make_server(http="", api="", tls=True)
    large = os.urandom(2 << 20)
    put(server, "large.bin", large)
    got = subprocess.run(["curl", "-sk", server.http_url("/large.bin", tls=True)], capture_output=True, check=True)
    assert got.stdout == large
    got = subprocess.run(["curl", "-sk", server.api_url("/api/v1/versions", tls=True)], capture_output=True, check=True)
    assert b'"major":7' in got.stdout
    with Raw(server.https_port) as c:
        assert c.send(request("GET", "/")).ended()       # plain HTTP on a TLS port
    server.wait_log("HttpsHandshake")


def test_a_trusted_proxy_says_whose_request_it_is(make_server):
    server = make_server(http="", root={"trusted_proxies": "127.0.0.1", "srs_log_level_v2": "debug"})
    get(server.http_port, "/none", "X-Forwarded-For: 203.0.113.7")
    server.wait_log(r"GET /none, ip=203\.0\.113\.7, status=404")


# ---- files ------------------------------------------------------------------------------------------------------

def test_files_and_index_pages(files):
    port = files.http_port
    assert get(port, "/").body == b"<html>root</html>"
    reply = get(port, "/sub")
    assert reply.status == 301 and reply.fields["location"] == "/sub/"
    assert get(port, "/sub?a=b").fields["location"] == "/sub/?a=b"
    assert get(port, "/sub/").fields["content-type"] == "text/html"
    assert get(port, "/a%20b.txt").body == b"spaces"
    assert get(port, "/none").status == 404 and get(port, "/none").body == b"Not Found"
    assert get(port, "/none/").status == 404
    assert get(port, "/text.js/").status == 404
    assert get(port, "/large.bin").body == open(os.path.join(files.html, "large.bin"), "rb").read()
    assert get(files.api_port, "/text.js").status == 404       # the API's port serves no files except the console's


@pytest.mark.parametrize("name, mime", [
    ("x.m3u8", "application/vnd.apple.mpegurl"), ("x.ts", "video/MP2T"), ("x.FLV", "video/x-flv"), ("x.Mp4", "video/mp4"),
    ("x.mpd", "application/dash+xml"), ("x.m4s", "video/iso.segment"), ("x.html", "text/html"), ("x", "application/octet-stream"),
    ("x.json", "application/json"), ("x.aac", "audio/x-aac")])
def test_media_types_whatever_the_case(make_server, name, mime):
    server = make_server(http="")
    put(server, name, b"x")
    assert get(server.http_port, "/" + name).fields["content-type"] == mime


@pytest.mark.parametrize("value, status, wanted, content_range", [
    ("bytes=0-9", 206, slice(0, 10), "bytes 0-9/1024"),
    ("bytes=1000-", 206, slice(1000, 1024), "bytes 1000-1023/1024"),
    ("bytes=-100", 206, slice(924, 1024), "bytes 924-1023/1024"),
    ("bytes=-99999", 206, slice(0, 1024), "bytes 0-1023/1024"),
    ("bytes=1000-99999999999999999999999", 206, slice(1000, 1024), "bytes 1000-1023/1024"),
    ("bytes=1024-", 416, None, "bytes */1024"),
    ("bytes=99999999999999999999999-", 416, None, "bytes */1024"),
    ("bytes=-0", 416, None, "bytes */1024"),
    ("bytes=9-5", 200, slice(0, 1024), None),
    ("bytes=0-1,5-6", 200, slice(0, 1024), None),
    ("bytes=x", 200, slice(0, 1024), None),
    ("seconds=1-2", 200, slice(0, 1024), None)])
def test_ranges(files, value, status, wanted, content_range):
    data = bytes(range(256)) * 4
    reply = get(files.http_port, "/clip.mp4", "Range: " + value)
    assert reply.status == status and reply.fields.get("content-range") == content_range
    assert wanted is None or reply.body == data[wanted]
    if value.startswith("bytes=") and "," not in value and "x" not in value:
        for key in ("range", "bytes"):
            reply = get(files.http_port, "/clip.mp4?%s=%s" % (key, value[6:]))
            assert reply.status == status and reply.fields.get("content-range") == content_range


def test_a_range_of_a_large_file(files):
    data = open(os.path.join(files.html, "large.bin"), "rb").read()
    with Raw(files.http_port) as c:
        for first, last in ((0, 0), (1048575, 1048576), (5, 2900000), (len(data) - 1, len(data) - 1)):
            reply = c.send(request("GET", "/large.bin", ["Range: bytes=%d-%d" % (first, last)])).read()
            assert reply.status == 206 and reply.body == data[first:last + 1]


def test_a_range_is_of_the_version_that_it_names(files):
    etag = get(files.http_port, "/clip.mp4").fields["etag"]
    assert get(files.http_port, "/clip.mp4", "Range: bytes=0-1", "If-Range: " + etag).status == 206
    assert get(files.http_port, "/clip.mp4", "Range: bytes=0-1", 'If-Range: "other"').status == 200


def test_a_version_that_is_gone_is_a_412(files):
    tag = get(files.http_port, "/clip.mp4").fields["etag"]
    assert get(files.http_port, "/clip.mp4", "If-Match: " + tag, "Range: bytes=0-1").status == 206
    for field in ('If-Match: "other"', "If-Unmodified-Since: Mon, 01 Jan 2001 00:00:00 GMT"):
        reply = get(files.http_port, "/clip.mp4", field, "Range: bytes=0-1")
        assert reply.status == 412 and reply.fields["etag"] == tag


def test_what_the_client_has_is_not_sent_again(files):
    first = get(files.http_port, "/clip.mp4")
    for field in ("If-None-Match: " + first.fields["etag"], "If-Modified-Since: " + first.fields["last-modified"]):
        reply = get(files.http_port, "/clip.mp4", field)
        assert reply.status == 304 and reply.body == b"" and reply.fields["etag"] == first.fields["etag"]
    put(files, "clip.mp4", b"another")
    reply = get(files.http_port, "/clip.mp4", "If-None-Match: " + first.fields["etag"])
    assert reply.status == 200 and reply.body == b"another" and reply.fields["etag"] != first.fields["etag"]


def test_text_is_compressed_for_who_asks(files):
    plain = get(files.http_port, "/text.js")
    assert plain.body == TEXT and plain.fields["vary"] == "Accept-Encoding"
    for _ in range(2):
        zipped = get(files.http_port, "/text.js", "Accept-Encoding: gzip, br")
        assert zipped.fields["content-encoding"] == "gzip" and gzip.decompress(zipped.body) == TEXT
        assert len(zipped.body) < len(TEXT) / 3 and zipped.fields["etag"] != plain.fields["etag"]
    assert get(files.http_port, "/text.js", "Accept-Encoding: gzip",
               "If-None-Match: " + zipped.fields["etag"]).status == 304
    assert get(files.http_port, "/text.js", "Accept-Encoding: gzip;q=0").body == TEXT
    assert get(files.http_port, "/text.js", "Accept-Encoding: gzip", "Range: bytes=0-9").body == TEXT[:10]
    assert get(files.http_port, "/large.bin", "Accept-Encoding: gzip").fields.get("content-encoding") is None
    put(files, "text.js", TEXT + b"more")
    assert gzip.decompress(get(files.http_port, "/text.js", "Accept-Encoding: gzip").body) == TEXT + b"more"


@pytest.mark.parametrize("seconds", [9223372037, 253402300800, 1 << 40, 2 ** 62, -1, -2208988800])
def test_a_file_of_any_time_is_served(files, seconds):
    """After 2262 a time has more nanoseconds than 64 bits hold; after 9999 its year has more digits than HTTP allows."""
    path = put(files, "text.js", TEXT)
    try:
        os.utime(path, (0, seconds))
    except (OverflowError, OSError):
        pytest.skip("Python cannot set such a time here")
    modified = min(int(os.stat(path).st_mtime), 253402300799)       # some file systems keep the nearest possible time
    plain = get(files.http_port, "/text.js")
    assert plain.status == 200 and plain.body == TEXT
    assert calendar.timegm(time.strptime(plain.fields["last-modified"], "%a, %d %b %Y %H:%M:%S GMT")) == modified
    for _ in range(2):
        assert gzip.decompress(get(files.http_port, "/text.js", "Accept-Encoding: gzip").body) == TEXT
    assert get(files.http_port, "/text.js", "If-None-Match: " + plain.fields["etag"]).status == 304


def test_a_crowd_that_wants_a_text_compressed_takes_no_crowds_memory(files):
    text = base64.b64encode(os.urandom(3 << 20))[:4 << 20]          # the largest file that is compressed, and hard to compress
    put(files, "big.js", text)
    before, peak, waiting = files.rss_kib(), 0, []
    for _ in range(60):
        waiting.append(Raw(files.http_port).send(request("GET", "/big.js", ["Accept-Encoding: gzip"])))
    for c in waiting:                                               # the replies to the others wait in the server
        reply = c.read()
        peak = max(peak, files.rss_kib())
        got = gzip.decompress(reply.body) if "content-encoding" in reply.fields else reply.body
        assert got == text
        c.s.close()
    assert SANITIZED or peak - before < 60 << 10
    assert "content-encoding" in get(files.http_port, "/big.js", "Accept-Encoding: gzip").fields


def test_playlists_and_pages_are_asked_for_anew(files):
    assert get(files.http_port, "/sub/").fields["cache-control"] == "no-cache"
    assert "cache-control" not in get(files.http_port, "/text.js").fields


def test_an_old_player_seeks_in_a_flv_file(files):
    clip = os.path.join(os.path.dirname(__file__), "..", "..", "doc", "source.flv")
    if not os.path.exists(clip):
        clip = next(os.path.join(os.path.dirname(clip), f) for f in os.listdir(os.path.dirname(clip)) if f.endswith(".flv"))
    data = open(clip, "rb").read()
    put(files, "clip.flv", data)
    start = len(data) // 2
    reply = get(files.http_port, "/clip.flv?start=%d" % start)
    assert reply.status == 200 and reply.fields["content-type"] == "video/x-flv"
    assert reply.body.startswith(b"FLV\x01") and reply.body.endswith(data[start:])
    head = reply.body[:-len(data[start:])]
    kinds = []
    at = 13
    while at < len(head):
        size = int.from_bytes(head[at + 1:at + 4], "big")
        kinds.append((head[at], head[at + 12]))
        at += 11 + size + 4
    assert at == len(head) and sorted(kinds) == [(8, 0), (9, 0)]       # both configurations, nothing else
    assert get(files.http_port, "/clip.flv?start=0").body == data
    assert get(files.http_port, "/clip.flv?start=-5").body == data
    assert get(files.http_port, "/clip.flv?start=x").body == data
    assert get(files.http_port, "/clip.flv?start=%d" % len(data)).status == 416
    put(files, "none.flv", b"no FLV at all, but so many bytes")
    assert get(files.http_port, "/none.flv?start=5").body == b"no FLV at all, but so many bytes"


def test_vhosts_mount_their_files(make_server, tmp_path):
    for name in ("a", "b", "c"):
        put(None, "x.txt", name.encode(), str(tmp_path / name))
    server = make_server("""
        vhost __defaultVhost__ { http_static { enabled on; mount [vhost]/deep/er; dir %(d)s/c; } }
        vhost a.com { http_static { enabled on; mount [vhost]/; dir %(d)s/a; } }
        vhost b.com { http_static { enabled on; mount [vhost]/m; dir %(d)s/b; } }
        vhost off.com { enabled off; http_remux { enabled on; } http_static { enabled on; mount [vhost]/; dir %(d)s/b; } }
    """ % {"d": tmp_path}, http="")
    put(server, "x.txt", b"root")
    port = server.http_port

    def body(path, host):
        reply = get(port, path, host=host)
        return reply.body if reply.status == 200 else reply.status

    assert body("/x.txt", "a.com") == b"a"
    assert body("/x.txt", "A.com:%d" % port) == b"a"
    assert body("/x.txt?vhost=a.com", "other") == b"a"
    assert body("/x.txt", "b.com") == b"root"
    assert body("/m/x.txt", "b.com") == b"b"
    assert body("/m", "b.com") == 301
    assert body("/m/../x.txt", "b.com") == b"root"
    assert body("/mx.txt", "b.com") == 404
    assert body("/m/x.txt", "other") == 404
    assert body("/deep/er/x.txt", "any") == b"c"
    assert body("/deep/er/x.txt", "a.com") == b"c"
    assert body("/x.txt", "off.com") == 404             # a vhost that is off does not exist under any spelling
    assert body("/x.txt?vhost=off.com", "a.com") == 404
    assert body("/live/s.flv", "off.com") == 404
    assert body("/x.txt?domain=off.com", "a.com") == 404


def test_a_folder_named_like_a_host_redirects_to_no_other_host(files):
    os.makedirs(os.path.join(files.html, "evil.com"))
    for path in ("//evil.com", "//evil.com/../evil.com", "/.//evil.com"):
        reply = get(files.http_port, path)
        assert reply.status == 404 or not reply.fields["location"].startswith("//")


# ---- bad input --------------------------------------------------------------------------------------------------

SMUGGLING = [
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 2\r\n\r\nxy",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\nx",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n Y: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nX: a\rY: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nX: a\nY: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nX: \0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET / HTTP/1.1 x\r\nHost: h\r\n\r\n",
    "GET http://a@b/ HTTP/1.1\r\nHost: h\r\n\r\n",
]


@pytest.mark.parametrize("text", SMUGGLING)
def test_what_could_hide_a_request_is_a_400_and_the_end(files, text):
    with Raw(files.http_port) as c:
        reply = c.send(text + "\r\n\r\nGET /sub/ HTTP/1.1\r\nHost: h\r\n\r\n").read()
        assert reply.status == 400 and reply.fields["connection"] == "close"
        assert c.ended()
    files.wait_log("HttpParseHeader")


@pytest.mark.parametrize("chunks", ["x\r\n", "5\nhello\r\n0\r\n\r\n", "-1\r\n", "5 \r\nhello\r\n0\r\n\r\n",
                                    "FFFFFFFFFFFFFFFFFFFF\r\nx", "1\r\nxx\r\n0\r\n\r\n"])
def test_bad_chunks_end_the_connection(files, chunks):
    with Raw(files.http_port) as c:
        c.send("POST /none HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
               + "GET /sub/ HTTP/1.1\r\nHost: h\r\n\r\n")
        assert c.read().status in (400, 404, 405)
        assert c.ended()


TRAVERSAL = ["/../secret", "/sub/../../secret", "/%2e%2e/secret", "/%2E%2E%2Fsecret", "/..%2fsecret", "/..%5csecret",
             "/..\\secret", "/%252e%252e/secret", "/sub/..;/../secret", "/.%2e/secret", "/%c0%ae%c0%ae/secret",
             "/sub/%2e%2e/%2e%2e/secret", "//../secret", "/secret%00.txt", "/sub%00/../../secret", "/...//secret",
             "/%u002e%u002e/secret", "/link", "/linkdir/secret", "/linkup/secret", "/abs/secret", "/html/../../secret"]


@pytest.mark.parametrize("path", TRAVERSAL)
def test_nothing_leads_out_of_the_root(make_server, path):
    server = make_server(http="")
    put(server, "sub/x.txt", b"x")
    put(server, "secret", b"SECRET", server.folder)
    os.symlink(os.path.join(server.folder, "secret"), os.path.join(server.html, "link"))
    os.symlink(server.folder, os.path.join(server.html, "linkdir"))
    os.symlink("..", os.path.join(server.html, "linkup"))
    os.symlink("/", os.path.join(server.html, "abs"))
    reply = get(server.http_port, path)
    assert reply.status in (400, 404) and b"SECRET" not in reply.body


def test_a_link_within_the_root_is_followed(files):
    os.symlink("sub/index.html", os.path.join(files.html, "inner"))
    assert get(files.http_port, "/inner").body == b"<html>sub</html>"


def test_dots_in_a_query_harm_nothing(files):
    assert get(files.http_port, "/sub/?a=../../b&c==,;d").status == 200


def test_what_is_no_file_is_not_there(files):
    os.mkfifo(os.path.join(files.html, "pipe"))
    assert get(files.http_port, "/pipe").status == 404
    os.makedirs(os.path.join(files.html, "folder/index.html"))
    assert get(files.http_port, "/folder/").status in (301, 404)


def test_a_head_of_a_mebibyte_is_refused_early(files):
    for text, status in (("GET /" + "a" * (1 << 20), 414), ("GET / HTTP/1.1\r\nX: " + "a" * (1 << 20), 431),
                         ("GET / HTTP/1.1\r\n" + "X: y\r\n" * 200000, 431)):
        with Raw(files.http_port) as c:
            try:
                c.send(text)
            except (BrokenPipeError, ConnectionResetError):
                pass
            reply = c.read()
            assert reply is None or reply.status == status     # a reset may overtake the last words
    files.wait_log("refused with 431")
    files.wait_log("refused with 414")


def test_garbage_gets_a_400(files):
    for text in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", os.urandom(200) + b"\r\n\r\n",
                 b"\x03" + bytes(100) + b"\r\n\r\n"):
        with Raw(files.http_port) as c:
            assert c.send(text).read().status in (400, 501)
            assert c.ended()


@pytest.mark.long
def test_thousands_of_slow_clients_disturb_nobody(make_server, witness):
    """Each sends a head byte by byte; the deadline is for the whole head, so all are closed in the end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    n = min(5000, hard - 500)
    server = make_server(http="", root={"max_connections": str(n + 100)})
    put(server, "x.txt", b"x")
    witness(server)
    slow, poll = {}, select.epoll()
    try:
        for _ in range(n):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", server.http_port))
            slow[s.fileno()] = s
            poll.register(s, select.EPOLLIN)
        rest = b"GET /x.txt HTTP/1.1\r\nHost: h\r\nX-Slow: " + b"a" * 100
        until(lambda: server.n_fds() > n, "all to be connected", timeout=30)
        rss = server.rss_kib()
        at, deadline = 0, time.monotonic() + 60
        while slow and time.monotonic() < deadline:
            for s in list(slow.values()):
                try:
                    s.send(rest[at % len(rest):at % len(rest) + 1])
                except (BlockingIOError, BrokenPipeError, ConnectionResetError):
                    pass
            at += 1
            assert get(server.http_port, "/x.txt").body == b"x"
            for fd, _ in poll.poll(0.5, maxevents=n):
                try:
                    data = slow[fd].recv(4096)
                except ConnectionResetError:
                    data = b""
                if not data:
                    poll.unregister(fd)
                    slow.pop(fd).close()
        assert not slow, "%d slow clients are still there" % len(slow)
        assert SANITIZED or rss < 32 * 1024 + 16 * n
        until(lambda: server.n_fds() < 100, "their descriptors")
    finally:
        for s in slow.values():
            s.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_who_vanishes_in_mid_reply_leaves_nothing_behind(files, witness):
    witness(files)
    fds = files.n_fds()
    for _ in range(30):
        c = Raw(files.http_port)
        c.send(request("GET", "/large.bin") * 3)
        c.s.recv(1000)
        c.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")      # close with a reset
        c.s.close()
    files.wait_fds(fds)


def test_a_file_that_is_cut_off_while_it_is_sent_ends_that_reply_alone(make_server, witness):
    server = make_server(http="")
    size = 64 << 20
    path = put(server, "shrinks.bin", b"x" * size)
    put(server, "x.txt", b"x")
    witness(server)
    with Raw(server.http_port) as c:
        c.send(request("GET", "/shrinks.bin"))
        head = c._until(b"\r\n\r\n")
        assert b"Content-Length: %d" % size in head
        os.truncate(path, 100)
        with pytest.raises(EOFError):
            c._exactly(size)
    server.wait_log(r"FileEof|FileRead")
    assert get(server.http_port, "/x.txt").body == b"x"


def test_an_unreadable_file_is_a_404_and_a_line(make_server):
    server = make_server(http="", heeds_modes=True)
    os.chmod(put(server, "x.txt", b"x"), 0)
    assert get(server.http_port, "/x.txt").status == 404
    server.wait_log("may not be read")


def test_a_graceful_end_closes_after_the_reply(make_server):
    server = make_server(http="", root={"grace_start_wait": "10", "grace_final_wait": "10"})
    put(server, "x.txt", b"x")
    with Raw(server.http_port) as c:
        assert c.send(request("GET", "/x.txt")).read().fields["connection"] == "keep-alive"
        server.send_signal(signal.SIGQUIT)
        server.wait_log("gracefully quit")
        assert c.send(request("GET", "/x.txt")).read().fields["connection"] == "close"
        assert c.ended()
    assert server.wait_exit() == 0


@pytest.mark.sample(3)
@pytest.mark.parametrize("path", ["/text.js", "/large.bin", "/none"])
def test_wrk_runs_without_an_error(files, path):
    done = subprocess.run(["wrk", "-t1", "-c50", "-d3s", files.http_url(path)], capture_output=True, text=True, check=True)
    assert not re.search(r"Socket errors", done.stdout), done.stdout
    assert ("Non-2xx" in done.stdout) == (path == "/none"), done.stdout
    assert int(re.search(r"(\d+) requests in", done.stdout).group(1)) > 50
