"""What lets a client in is in no line of the log, no answer of the API and no metric, whichever way it came and whatever became of it."""
import re
import time

import pytest

import media
import rtmp
import tokens
from api import Api
from hook_backend import hooks
from hls_watch import get
from http_live import status_of
from srs import free_port
from tokens import expiry, sign
from wait import until

WORD = "5ecret"
PARAMS = ("token", "sign", "auth_key", "secret", "pwd", "password", "jwt", "key", "txSecret", "wsSecret", "access_token", "ticket-of-ours")
QUERY = "&".join("%s=%s%d" % (name, WORD, i) for i, name in enumerate(PARAMS))
MASKED = "&".join(name + "=***" for name in PARAMS)
EVENTS = ("on_connect", "on_close", "on_publish", "on_unpublish", "on_play", "on_stop", "on_update")

CONF = ("exporter { enabled on; listen %d; } vhost __defaultVhost__ { %s http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } "
        "hls { enabled on; hls_fragment 1; hls_path ./html; } dash { enabled on; dash_fragment 1; dash_path ./html; } hds { enabled on; "
        "hds_fragment 1; hds_path ./html; } }")
NAMES = "auth { jwt_param ticket-of-ours; }"
PATHS = ("flv", "m3u8", "mpd", "f4m")


@pytest.fixture
def server(make_server, backend):
    port = free_port()
    made = make_server(CONF % (port, NAMES + hooks(backend, *EVENTS, more="update_interval 0.3;")), http="", api="")
    made.exporter_port = port
    return made


def answers(server):
    """Every answer of the API to a client that may see what there is."""
    api = Api(server)
    index = [name for name in api.get("/api/v1/")["urls"] if name != "events"]
    found = {path: api.ask("GET", "/api/v1/" + path).body.decode() for path in
             index + ["vhosts/", "streams/", "clients/", "raw?rpc=raw", "doctor?stream=s", "history", "callbacks", "bans/",
                      "tests/requests?" + QUERY]}
    found["metrics"] = Api(server, server.exporter_port).ask("GET", "/metrics").body.decode()
    assert "srs_clients" in found["metrics"]
    for kind in ("clients", "streams"):
        for row in api.get("/api/v1/%s/" % kind)[kind]:
            found[kind + row["id"]] = api.ask("GET", "/api/v1/%s/%s" % (kind, row["id"])).body.decode()
    return found


def hidden(server, *words):
    """None of these words was shown anywhere."""
    for where, text in {**answers(server), "log": server.log, "output": server.output()}.items():
        for word in words:
            at = text.find(word)
            assert at < 0, (where, text[max(0, at - 200):at + 200])


def feeding(server, stream, **how):
    return rtmp.Feeder(server.publisher(stream, **how), media.loop("h264_aac.flv"))


def statuses(server, query):
    return {ext: get(server, "/live/s.%s?%s" % (ext, query)).status for ext in PATHS[1:]}


# -- parameters --------------------------------------------------------------------------------------------------------

def test_parameters_of_rtmp_are_masked(server, backend):
    tc_url = "rtmp://ann:%s@127.0.0.1/live?%s" % (WORD, QUERY)
    page = "http://page.example/?next=http%%3A%%2F%%2Fa%%3Ftoken%%3D%s" % WORD
    feeder = feeding(server, "s?" + QUERY, tc_url=tc_url, app="live", properties={"pageUrl": page, "swfUrl": page})
    with server.player("s?" + QUERY, tc_url=tc_url, app="live") as player:
        player.wait_media(3)
        server.wait_log(re.escape("tcUrl=rtmp://***@127.0.0.1/live?%s, pageUrl=" % MASKED))
        server.wait_log(re.escape("type=rtmp-play, vhost=127.0.0.1, app=live, stream=s, param=?%s, duration" % MASKED))
        server.wait_log(re.escape("next=http%3A%2F%2Fa%3Ftoken%3D***, swfUrl="))
        backend.wait_for("on_update")
        assert {c["tcUrl"] for c in Api(server).clients()} == {"rtmp://***@127.0.0.1/live?" + MASKED}
        hidden(server, WORD)
    feeder.stop()
    feeder.client.close()
    backend.wait_for("on_unpublish")
    assert backend.of("on_publish")[0].json["param"] == "?" + QUERY      # a backend needs them
    hidden(server, WORD)


def test_parameters_of_http_are_masked(server, backend):
    feeder = feeding(server, "s")
    for websocket in (False, True):
        assert status_of(server, "/live/s.flv?" + QUERY, websocket=websocket) in (101, 200)
        assert status_of(server, "/none/s.xyz?" + QUERY, ["Referer: http://p.example/?" + QUERY], websocket=websocket) == 404
    until(lambda: set(statuses(server, QUERY).values()) == {200}, "playlists and manifests", 30)
    backend.wait_for("on_play")
    server.wait_log("start play .* over HLS")
    hidden(server, WORD)
    feeder.stop()
    backend.wait_for("on_stop")
    hidden(server, WORD)


def test_parameters_of_those_who_are_refused_are_masked(server):
    server.reload(CONF % (server.exporter_port, "auth { enabled on; publish sign; play sign; secret %s; jwt_param ticket-of-ours; }" % WORD))
    for act in (server.publisher, server.player):
        with pytest.raises(rtmp.Refused):
            act("s?" + QUERY, tc_url="rtmp://127.0.0.1/live?" + QUERY, app="live")
    assert status_of(server, "/live/s.flv?" + QUERY) == 403
    statuses(server, QUERY)
    server.wait_log("AuthDenied")
    hidden(server, WORD)


def test_what_a_reload_names_is_masked_as_well(server):
    server.reload(CONF % (server.exporter_port, "auth { jwt_param entry; }"))
    with server.publisher("s?entry=" + WORD):
        server.wait_log(re.escape("param=?entry=***"))
        hidden(server, WORD)


# -- tokens of each scheme ---------------------------------------------------------------------------------------------

def test_tokens_of_each_scheme_are_masked(server):
    edge = tokens.links("/live/s", expiry(600))["edge_auth"]
    jwt = tokens.jwt()
    minute = time.strftime("%Y%m%d%H%M", time.gmtime(expiry(3600) + 8 * 3600))
    by_minute = tokens.md5("x")
    signature = sign("live/s", "publish").split("sign=")[1]
    schemes = " ".join(tokens.links("/live/s", 0))
    server.reload(CONF % (server.exporter_port, "auth { enabled on; publish sign; play sign jwt %s; secret %s %s; secure_link_md5 \"$secure_link_expires$uri %s\"; }"
                          % (schemes, tokens.SECRET, tokens.EDGE_SECRET, tokens.SECRET)))
    feeder = feeding(server, "s?" + sign("live/s", "publish"))
    with server.player("s?token=" + jwt) as player:
        player.wait_media(1)
    with server.player("s?" + edge) as player:
        player.wait_media(1)
    links = tokens.links("/live/s", expiry(600))
    for query in links.values():
        server.player("s?" + query).close()
    for app in ("%s/%s/live" % (minute, by_minute), "%s/%X/live" % (by_minute, expiry(3600))):
        with pytest.raises(rtmp.Refused):
            server.player("s", app=app)
    secrets = [jwt.split(".")[2], signature, by_minute, edge.split("hmac=")[1], tokens.SECRET]
    secrets += [max(re.findall(r"[\w-]{20,}", q), key=len) for q in links.values()]
    hidden(server, *secrets)
    feeder.stop()


def test_what_authmod_says_is_masked(server):
    server.reload(CONF % (server.exporter_port, "auth { enabled on; publish password; play all; user ann secret1; }"))
    with pytest.raises(rtmp.Refused):
        server.client(tc_url="rtmp://127.0.0.1/live?authmod=adobe&user=ann&challenge=%s&response=%s&opaque=%s" % (WORD, WORD, WORD),
                      properties={"flashVer": "FMLE/3.0"})
    server.wait_log("AuthDenied|AuthRequired")
    hidden(server, WORD, "secret1")
