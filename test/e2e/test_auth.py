"""`auth` of a vhost: tokens of publishers and players, by every protocol; forged, expired and foreign ones; sessions that expire."""
import html
import http.server
import json
import os
import re
import threading
import time
from urllib.parse import urljoin

import pytest

import dash_mpd
import media
import rtmp
import srs
import tokens
from api import Api
from hls_watch import get
from http_live import HttpPlayer, status_of
from tokens import SECRET, expiry, sign
from wait import until

CONF = ("vhost __defaultVhost__ { auth { enabled on; %s } http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } "
        "hls { enabled on; hls_fragment 1; hls_window 5; hls_path ./html; %s } dash { enabled on; dash_fragment 1; "
        "dash_path ./html; } hds { enabled on; hds_fragment 1; hds_path ./html; } }")
SIGNED = "publish sign; play sign; secret %s;" % SECRET

LIVE = "/live/s."
REFUSED = {"NUL": 400}     # by HTTP itself
FORMATS = ("flv", "ts", "mp4", "aac", "mp3")


def conf(auth=SIGNED, hls=""):
    return CONF % (auth, hls)


@pytest.fixture
def server(make_server):
    return make_server(conf(), http="", api="")


@pytest.fixture
def publish(server):
    feeders = []

    def start(clip="h264_aac.flv"):
        feeders.append(rtmp.Feeder(server.publisher("s?" + sign("live/s", "publish")), media.loop(clip)))
        return feeders[-1]
    yield start
    for feeder in feeders:
        feeder.stop()


def status(server, path):
    return get(server, path).status


def forged(query):
    """The query with one character of its signature changed; the last one of base64 has bits that count for nothing."""
    return query[:-2] + ("0" if query[-2] != "0" else "1") + query[-1]


def bad_queries(stream="live/s", action="play"):
    """Queries that let nobody in, by what is wrong with them."""
    other = "publish" if action == "play" else "play"
    good = sign(stream, action)
    return {
        "none": "",
        "forged": forged(good),
        "another key": sign(stream, action, secret="another"),
        "no key": sign(stream, action, secret=""),
        "expired": sign(stream, action, int(time.time()) - 1),
        "another stream": sign("live/other", action),
        "another action": sign(stream, other),
        "another time": re.sub(r"expires=\d+", "expires=%d" % (expiry(6000)), good),
        "no time": re.sub(r"expires=\d+&", "", good),
        "twice": good + "&" + good,
        "half": good[:-2],
        "longer": good + "00",
        "a number too large": sign(stream, action, "9" * 30),
        "a negative number": sign(stream, action, "-1"),
        "NUL": good + "%00",
    }


# -- RTMP --------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("style", ["fmle", "flash", "haivision"])
def test_a_publisher_needs_a_signature(server, style):
    for what, query in bad_queries(action="publish").items():
        with pytest.raises(rtmp.Refused) as refusal:
            server.publisher("s?" + query, style=style)
        assert "auth publish" in str(refusal.value), what
    c = server.publisher("s?" + sign("live/s", "publish"), style=style)
    c.barrier()
    c.close()


def test_a_player_needs_a_signature(server, publish):
    publish()
    for what, query in bad_queries().items():
        with pytest.raises(rtmp.Refused) as refusal:
            server.player("s?" + query)
        assert "auth play" in str(refusal.value), what
    with server.player("s?" + sign("live/s")) as player:
        player.wait_media(3)


def test_the_signature_may_stand_in_the_url_of_the_app(server, publish):
    publish()
    query = sign("live/s")
    with server.client(tc_url=server.tc_url("live?" + query)) as c:
        c.play("s").wait_media(3)


# -- HTTP --------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("ext", FORMATS)
def test_players_over_http_need_a_signature(server, publish, ext):
    server.reload("vhost __defaultVhost__ { auth { enabled on; %s } http_remux { enabled on; mount [vhost]/[app]/[stream].%s; } }"
                  % (SIGNED, ext))
    publish("h264_mp3.flv" if ext == "mp3" else "h264_aac.flv")
    for socket in (False, True):
        for what, query in bad_queries().items():
            assert status_of(server, LIVE + ext + "?" + query, websocket=socket) == REFUSED.get(what, 403), (what, socket)
        def plays():
            with HttpPlayer(server.http_port, LIVE + ext + "?" + sign("live/s"), websocket=socket) as p:
                p.wait_head()
                return p.status == (101 if socket else 200) and p.wait_body(10)
        until(lambda: plays() is not False, "a player that is let in", 30)     # its codec has to be known


def test_viewers_of_hls_need_a_signature(server, publish):
    publish()
    good = sign("live/s")
    master = until(lambda: (r := get(server, LIVE + "m3u8?" + good)).status == 200 and r, "a playlist", 30)
    for what, query in bad_queries().items():
        assert status(server, LIVE + "m3u8?" + query) == REFUSED.get(what, 403), what
    uri, = [line for line in master.body.decode().splitlines() if not line.startswith("#")]
    media_list = until(lambda: (r := get(server, uri)).status == 200 and b".ts" in r.body and r, "segments", 30)
    segment = [line for line in media_list.body.decode().splitlines() if not line.startswith("#")][0]
    assert status(server, "/live/" + segment) == 200
    assert status(server, "/live/" + segment.split("?")[0]) == 403


def test_hls_without_viewers_lets_nobody_in_by_the_back_door(server, publish):
    server.reload(conf(hls="hls_ctx off; hls_ts_ctx off;"))
    server.wait_log("hls_ctx and hls_ts_ctx are on, because auth.play asks for tokens")
    publish()
    until(lambda: status(server, LIVE + "m3u8?" + sign("live/s")) == 200, "a playlist", 30)
    assert status(server, LIVE + "m3u8") == 403
    assert status(server, LIVE[:-1] + "-0.ts") == 403


@pytest.mark.parametrize("path", ["/live/s.mpd", "/live/s.f4m"])
def test_manifests_need_a_signature_in_each_request(server, publish, path):
    publish()
    until(lambda: status(server, path + "?" + sign("live/s")) == 200, "a manifest", 30)
    for what, query in bad_queries().items():
        assert status(server, path + "?" + query) == REFUSED.get(what, 403), what


def init_of(mpd):
    """The path of an initialization segment."""
    return dash_mpd.read(mpd, LIVE + "mpd").representations[0].url("initialization")


def test_an_mpd_hands_its_token_on_to_the_segments(server, publish):
    publish()
    url = "/live/s.mpd?" + sign("live/s")
    mpd = until(lambda: (r := get(server, url)).status == 200 and r, "an MPD", 30).body.decode()
    path = init_of(mpd)
    assert path.endswith("?" + url.split("?")[1])
    assert status(server, path) == 200
    assert status(server, path.split("?")[0]) == 403
    clock = html.unescape(re.search(r' value="(/.*?)"', mpd).group(1))
    assert status(server, clock) == 200


def test_a_manifest_of_hds_hands_its_token_on(server, publish):
    publish()
    query = sign("live/s")
    f4m = until(lambda: (r := get(server, "/live/s.f4m?" + query)).status == 200 and r, "a manifest", 30).body.decode()
    bootstrap, fragments = (html.unescape(u) for u in re.findall(r' url="(.*?)"', f4m))
    assert (bootstrap, fragments) == ("s.abst?" + query, "s?" + query)
    assert status(server, "/live/" + bootstrap) == 200
    assert status(server, "/live/s.abst") == 403
    first = next(n for n in range(1, 100) if status(server, "/live/sSeg1-Frag%d?%s" % (n, query)) == 200)
    assert status(server, "/live/sSeg1-Frag%d" % first) == 403
    server.reload(conf("publish all; play all;"))
    assert "?" not in get(server, "/live/s.f4m?" + query).body.decode().split("<manifest")[1]


# -- JSON Web Tokens ---------------------------------------------------------------------------------------------------

JWT = "publish jwt; play jwt; secret %s; jwt_issuer id; jwt_audience live;" % SECRET


def jwt(**how):
    return tokens.jwt({"iss": "id", "aud": ["live"], **how.pop("claims", {})}, **how)


def bad_jwts(key):
    """Tokens that let nobody play live/s, by what is wrong with them. `key`: of RS256 or ES256."""
    with open(key.public) as f:
        pem = f.read()
    return {
        "forged": forged(jwt()[:-4] + "AAAA"),
        "another key": jwt(key="another"),
        "no algorithm": jwt(header={"alg": "none"}, key=None),
        "no algorithm, signed": jwt(header={"alg": "none"}),
        "key confusion": jwt(key=pem),
        "key confusion, HS256 by the name of the public key's algorithm": jwt(header={"alg": key.alg}),
        "another algorithm": jwt(header={"alg": "HS256"}, key=key),
        "expired": jwt(claims={"exp": int(time.time()) - 1}),
        "without expiry": jwt(claims={"exp": None}),
        "not valid yet": jwt(claims={"nbf": expiry(600)}),
        "another stream": jwt(claims={"streams": ["live/t", "live/s2", "*"]}),
        "another action": jwt(claims={"actions": ["publish"]}),
        "another issuer": jwt(claims={"iss": "di"}),
        "another audience": jwt(claims={"aud": "vod"}),
        "crit": jwt(header={"crit": ["exp"]}),
        "oversized": jwt(claims={"x": "x" * 4096}),
        "no token": "a.b.c",
    }


@pytest.fixture
def keys(tmp_path):
    return [tokens.KeyPair(tmp_path, alg) for alg in ("RS256", "ES256")]


@pytest.fixture
def jwt_server(server, keys):
    server.reload(conf(JWT + "jwt_key %s;" % " ".join(k.public for k in keys)))
    for key in keys:
        server.wait_log("%s: read" % re.escape(key.public))
    feeder = rtmp.Feeder(server.publisher("s?token=" + jwt(claims={"actions": "publish"})), media.loop("h264_aac.flv"))
    yield server
    feeder.stop()


def test_a_web_token_lets_in_by_every_protocol(jwt_server, keys):
    for key in (SECRET, *keys):
        token = jwt(key=key, claims={"streams": ["live/*"]})
        with jwt_server.player("s?token=" + token) as player:
            player.wait_media(1)
        for query, fields in (("?token=" + token, []), ("", ["Authorization: Bearer " + token])):
            assert status_of(jwt_server, LIVE + "flv" + query, fields) == 200
        for ext in ("m3u8", "mpd", "f4m"):
            until(lambda e=ext, t=token: status(jwt_server, LIVE + e + "?token=" + t) == 200, ext, 30)


def test_bad_web_tokens_let_nobody_in(jwt_server, keys):
    for ext in ("m3u8", "mpd", "f4m"):
        until(lambda e=ext: status(jwt_server, LIVE + e + "?token=" + jwt()) == 200, ext, 30)
    for key in keys:
        for what, token in bad_jwts(key).items():
            with pytest.raises((rtmp.Refused, rtmp.Closed)):
                jwt_server.player("s?token=" + token)
            assert status_of(jwt_server, LIVE + "flv?token=" + token) == 403, what
            for ext in ("m3u8", "mpd", "f4m"):
                assert status(jwt_server, LIVE + ext + "?token=" + token) in (403, 414), (what, ext)


def test_a_client_without_a_web_token_is_asked_for_one(jwt_server):
    for ext in ("flv", "m3u8", "mpd", "f4m"):
        reply = until(lambda e=ext: (r := get(jwt_server, LIVE + e)).status != 404 and r, ext, 30)
        assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer"), ext


def test_a_web_token_that_expires_ends_the_session(jwt_server):
    expires, mark = expiry(2), jwt_server.mark()
    with jwt_server.player("s?token=" + jwt(claims={"exp": expires})) as player:
        player.wait_closed(60)
    cut_after(jwt_server, expires, mark)


def test_keys_that_cannot_be_read_are_told_and_refuse(server, keys, tmp_path):
    missing = str(tmp_path / "missing.pem")
    server.reload(conf("publish all; play jwt; jwt_key %s;" % missing))
    server.wait_log("jwt_key %s" % re.escape(missing))
    with pytest.raises(rtmp.Refused):
        server.player("s?token=" + jwt(key=keys[0]))


class KeyServer:
    """A server of JSON Web Keys that answers as a test tells it."""

    def __init__(self):
        self.status, self.body = 200, b""

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(handler):
                handler.send_response(self.status)
                handler.send_header("Content-Length", str(len(self.body)))
                handler.end_headers()
                handler.wfile.write(self.body)

            def log_message(handler, *args):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d/jwks.json" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def show(self, **keys):
        self.status, self.body = 200, json.dumps({"keys": [k.jwk(kid) for kid, k in keys.items()]}).encode()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def key_server():
    one = KeyServer()
    yield one
    one.stop()


def test_keys_come_from_a_url_and_change(server, publish, keys, key_server):
    publish()
    rsa, ec = keys

    def plays(key, kid):
        try:
            server.player("s?token=" + tokens.jwt(key=key, header={"kid": kid})).close()
            return True
        except rtmp.Refused:
            return False
    key_server.show(one=rsa)
    server.reload(conf("publish all; play jwt; jwt_key %s;" % key_server.url))
    server.wait_log("jwt_key %s: read" % re.escape(key_server.url))
    assert plays(rsa, "one") and not plays(ec, "two")
    key_server.show(two=ec)
    until(lambda: plays(ec, "two"), "the new key", 30)
    assert not plays(rsa, "one")
    for code, body in ((500, b""), (200, b"{"), (200, b'{"keys":[]}'), (200, b"[" * 100000)):
        key_server.status, key_server.body = code, body
        server.reload()
        assert plays(ec, "two"), "the last keys stay in use"
    server.wait_log("its last keys stay in use")


# -- links of others ---------------------------------------------------------------------------------------------------

def test_links_of_others_go_on_working(server, publish):
    publish()
    for scheme in tokens.links("/live/s", 0):
        secret = tokens.EDGE_SECRET if scheme == "edge_auth" else SECRET
        server.reload(conf('publish all; play %s; secret %s; secure_link_md5 "$secure_link_expires$uri %s";'
                           % (scheme, secret, SECRET)))
        with server.player("s?" + tokens.links("/live/s", expiry(600))[scheme]) as player:
            player.wait_media(1)
        for ext in ("flv", "m3u8"):
            path = LIVE + ext
            good = tokens.links(path, expiry(600))[scheme]
            until(lambda p=path, q=good: status_of(server, p + "?" + q) == 200, (scheme, ext), 30)
            for bad in (tokens.links(path, int(time.time()) - 1)[scheme], forged(good),
                        tokens.links("/vod/s2." + ext, expiry(600), "another")[scheme].replace("acl=/live", "acl=/vod"), ""):
                assert status(server, path + "?" + bad) == 403, (scheme, ext, bad)


def test_a_link_in_the_path_lets_in_over_rtmp_and_is_no_part_of_the_name(server, publish):
    publish()
    server.reload(conf("publish all; play auth_key; secret %s;" % SECRET))
    for token in tokens.path_tokens("/live/s", expiry(3600)).values():
        app = token[1:] + "/live"
        with server.player("s", app=app) as player:
            player.wait_media(1)
        with pytest.raises(rtmp.Refused):
            server.player("t", app=app)


def test_a_link_in_the_path_lets_in_over_http(server, publish):
    publish()
    server.reload(conf("publish all; play auth_key; secret %s;" % SECRET))
    for ext in ("flv", "m3u8", "mpd", "f4m"):
        path = LIVE + ext
        for kind, token in tokens.path_tokens(path, expiry(3600)).items():
            until(lambda u=token + path: status_of(server, u) == 200, (kind, ext), 30)
            assert status_of(server, token + path + "?a=b") == 200
            for bad in (path, token + LIVE[:-2] + "t." + ext, forged(token) + path, token + token + path, token + path + "?path_token=x",
                        tokens.path_tokens(path, int(time.time()) - 120)[kind] + path,
                        tokens.path_tokens(path, expiry(3600), "another")[kind] + path):
                assert status_of(server, bad) in (403, 404), (kind, bad)
    token = tokens.path_tokens(LIVE + "m3u8", expiry(3600))["C"]
    master = get(server, token + LIVE + "m3u8").body.decode()
    uri, = [line for line in master.splitlines() if not line.startswith("#")]
    media_list = get(server, urljoin(token + LIVE + "m3u8", uri))
    segment = [line for line in media_list.body.decode().splitlines() if not line.startswith("#")][0]
    for base in (LIVE, token + LIVE):                              # players resolve names against the URL that they have
        assert status(server, urljoin(urljoin(base, uri), segment)) == 200
        assert status(server, urljoin(base, segment)) == 200
    assert urljoin(LIVE, segment).startswith("/live/")


def test_a_path_that_looks_like_a_link_is_a_path_where_no_links_are_taken(server, publish):
    publish()
    folder = os.path.join(server.folder, "html", "202612010000", "0" * 32)
    os.makedirs(folder)
    with open(os.path.join(folder, "a.txt"), "w") as f:
        f.write("x")
    assert status(server, "/202612010000/%s/a.txt" % ("0" * 32)) == 200
    assert status(server, "/202612010000/%s/live/s.m3u8?%s" % ("0" * 32, sign("live/s"))) in (403, 404)


# -- expiry ------------------------------------------------------------------------------------------------------------

def cut_after(server, expires, mark):
    """The session is cut after the second in which its token expires, and not before it."""
    server.wait_log(r"1910|AuthExpired", since=mark, timeout=60)
    assert time.time() >= expires


def test_a_player_over_rtmp_is_cut_when_its_token_expires(server, publish):
    publish()
    expires, mark = expiry(2), server.mark()
    with server.player("s?" + sign("live/s", expires=expires)) as player:
        player.wait_media(3)
        player.wait_closed(60)
    cut_after(server, expires, mark)


def test_a_publisher_is_cut_when_its_token_expires(server):
    expires, mark = expiry(2), server.mark()
    c = server.publisher("s?" + sign("live/s", "publish", expires))
    c.wait_closed(60)
    cut_after(server, expires, mark)
    again = server.publisher("s?" + sign("live/s", "publish"))
    again.barrier()
    again.close()


def test_a_player_over_http_is_cut_when_its_token_expires(server, publish):
    publish()
    expires, mark = expiry(2), server.mark()
    with HttpPlayer(server.http_port, LIVE + "flv?" + sign("live/s", expires=expires)) as p:
        p.wait_body(1000)
        p.wait_closed()
    cut_after(server, expires, mark)


def test_a_viewer_of_hls_is_cut_when_its_token_expires_and_may_come_back(server, publish):
    publish()
    until(lambda: status(server, LIVE + "m3u8?" + sign("live/s")) == 200, "a playlist", 30)
    expires, mark = expiry(3), server.mark()
    master = get(server, LIVE + "m3u8?" + sign("live/s", expires=expires))
    uri, = [line for line in master.body.decode().splitlines() if not line.startswith("#")]
    assert status(server, uri) == 200
    cut_after(server, expires, mark)
    assert status(server, uri) == 403
    assert status(server, re.sub(r"expires=.*", sign("live/s"), uri)) == 200


@pytest.mark.parametrize("ext", ["mpd", "f4m"])
def test_segments_of_dash_and_hds_are_had_until_the_second_of_expiry(server, publish, ext):
    publish()
    until(lambda: status(server, LIVE + ext + "?" + sign("live/s")) == 200, "a manifest", 30)
    expires = expiry(3)
    query = sign("live/s", expires=expires)
    names = segments_of(server, ext, query)
    while (began := time.time()) < expires + 0.2:
        got = [status(server, name) for name in names]
        if time.time() < expires:
            assert set(got) == {200}, names
        if began >= expires:
            assert set(got) == {403}, names
    assert set(status(server, name.split("?")[0] + "?" + sign("live/s")) for name in names) == {200}


def segments_of(server, ext, query):
    """The manifest, and a name of each kind that it has."""
    manifest = LIVE + ext + "?" + query
    text = get(server, manifest).body.decode()
    if ext == "f4m":
        first = next(n for n in range(1, 200) if status(server, "/live/sSeg1-Frag%d?%s" % (n, query)) == 200)
        return [manifest, "/live/s.abst?" + query, "/live/sSeg1-Frag%d?%s" % (first, query)]
    return [manifest, init_of(text)]


def test_segments_of_hls_are_had_until_the_second_of_expiry(server, publish):
    publish()
    until(lambda: status(server, LIVE + "m3u8?" + sign("live/s")) == 200, "a playlist", 30)
    expires = expiry(4)
    master = get(server, LIVE + "m3u8?" + sign("live/s", expires=expires)).body.decode()
    uri, = [line for line in master.splitlines() if not line.startswith("#")]
    media_list = until(lambda: (r := get(server, uri)).status == 200 and b".ts" in r.body and r, "segments", 30).body.decode()
    segment = urljoin(uri, [line for line in media_list.splitlines() if not line.startswith("#")][-1])
    while time.time() < expires + 1.2:
        began = time.time()
        got = status(server, segment)
        if time.time() < expires:
            assert got == 200
        if began > expires + 1:
            assert got == 403
    assert status(server, uri) == 403


@pytest.mark.long
def test_a_segment_that_grows_is_broken_off_when_its_token_expires(make_server):
    server = make_server("vhost __defaultVhost__ { auth { enabled on; publish all; play sign; secret %s; } dash { enabled on; dash_ll on; "
                         "dash_fragment 15; dash_path ./html; } }" % SECRET, http="")
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac.flv"))
    second = "/live/s/video-2.m4s?"

    def is_there():
        with HttpPlayer(server.http_port, second + sign("live/s"), method="HEAD") as head:
            head.wait_head()
            return head.status == 200
    until(is_there, "the second segment", 60)
    expires = expiry(3)
    with HttpPlayer(server.http_port, second + sign("live/s", expires=expires)) as viewer:
        viewer.wait_body(1000)
        assert viewer.status == 200
        viewer.wait_closed()                                         # before the segment is complete
        assert time.time() >= expires and not viewer.ended
    feeder.stop()


# -- configuration -----------------------------------------------------------------------------------------------------

def test_secrets_are_changed_one_after_the_other(server, publish):
    publish()
    server.reload(conf("publish all; play sign; secret new %s;" % SECRET))
    for secret in ("new", SECRET):
        with server.player("s?" + sign("live/s", secret=secret)) as player:
            player.wait_media(1)
    log = server.reload(conf("publish all; play sign; secret new;"))
    assert "changed (not shown)" in log
    with pytest.raises(rtmp.Refused):
        server.player("s?" + sign("live/s"))


def test_an_action_without_a_scheme_is_for_nobody_and_all_is_for_everybody(server):
    server.reload(conf("publish all;"))
    server.publisher("s").close()
    with pytest.raises(rtmp.Refused) as refusal:
        server.player("s")
    assert "no scheme" in str(refusal.value)


@pytest.mark.parametrize("auth, told", [
    ("play sing; secret x;", "sing is no scheme"),
    ("play sign;", "needs auth.secret"),
    ("play sign; secret '';", "needs auth.secret"),
    ("play all sign; secret x;", "all stands alone"),
    ("enabled yes;", "yes"),
])
def test_a_mistake_in_auth_is_an_error_of_the_file(server, auth, told):
    text = "vhost __defaultVhost__ { auth { enabled on; %s } }" % auth
    if auth.startswith("enabled"):
        text = "vhost __defaultVhost__ { auth { %s } }" % auth
    assert told in server.reload(text, good=False)


def test_secrets_are_neither_in_the_log_nor_in_the_api(server, publish):
    publish()
    api = Api(server)
    assert SECRET not in str(api.get("/api/v1/vhosts/")) + str(api.get("/api/v1/clients/"))
    assert SECRET not in server.log


def test_the_example_file_works_as_it_says(make_server):
    with open(os.path.join(os.path.dirname(__file__), "../../conf/auth.conf")) as f:
        text = f.read()
    ports = {"1935": srs.free_port(), "8080": srs.free_port()}
    for word, port in ports.items():
        text = re.sub(r"(listen\s+)%s;" % word, r"\g<1>%d;" % port, text)
    server = make_server(text=text.replace("srs_log_tank        console;", "srs_log_file ./srs.log; pid ./srs.pid;"),
                         listen=[ports["1935"]])
    stream = "live/livestream"
    with pytest.raises(rtmp.Refused):
        server.publisher("livestream")
    feeder = rtmp.Feeder(server.publisher("livestream?" + sign(stream, "publish", secret="changeme")),
                         media.loop("h264_aac.flv"))
    with server.player("livestream?" + sign(stream, secret="changeme")) as player:
        player.wait_media(1)
    feeder.stop()
