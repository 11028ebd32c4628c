"""Rules about clients of WebRTC: tokens and their end, bans, limits and records of callbacks hold for them as for all others."""
import base64
import json

import pytest

from api import Api
from hook_backend import answer, hooks
from srs import free_port
from test_whip import PLAY, PUBLISH
from tokens import SECRET, expiry, sign
from wait import until

CONF = "rtc_server { enabled on; listen %d; candidate 127.0.0.1; } vhost __defaultVhost__ { rtc { enabled on; } %s }"
SIGNED = "auth { enabled on; publish sign; play sign; secret %s; }" % SECRET
ROLES = {"publish": ("/rtc/v1/whip/", PUBLISH), "play": ("/rtc/v1/whep/", PLAY)}


@pytest.fixture
def serve(make_server):
    return lambda block="": make_server(CONF % (free_port(), block), api="")


def whip(server, role, query="", stream="s"):
    """The status of a session by WHIP or WHEP."""
    path, offer = ROLES[role]
    return Api(server).ask("POST", "%s?app=live&stream=%s&%s" % (path, stream, query), offer).status


def json_api(server, role, query="", stream="s"):
    """The code of a session by the JSON API."""
    reply = Api(server).ask("POST", "/rtc/v1/%s/" % role, json.dumps({
        "sdp": ROLES[role][1], "streamurl": "webrtc://127.0.0.1/live/%s?%s" % (stream, query)}))
    return json.loads(reply.body)["code"]


WAYS = pytest.mark.parametrize("ask, yes, no", [(whip, 201, 403), (json_api, 0, 400)], ids=["whip", "json"])
EACH_ROLE = pytest.mark.parametrize("role", ROLES)


def sessions(server):
    return [c for c in Api(server).clients() if c["type"].startswith("rtc-")]


def gone(server):
    until(lambda: not sessions(server), lambda: "their end, there are %s" % sessions(server))


@pytest.mark.sample(4)
@WAYS
@EACH_ROLE
def test_a_token_lets_in_until_it_expires(serve, ask, yes, no, role):
    server = serve(SIGNED)
    other = {"play": "publish", "publish": "play"}[role]
    assert ask(server, role) in (no, 401)
    assert ask(server, role, sign("live/s", other)) in (no, 401)
    assert ask(server, role, sign("live/t", role)) in (no, 401)
    mark = server.mark()
    assert ask(server, role, sign("live/s", role, expiry(2))) == yes
    assert len(sessions(server)) == 1
    server.wait_log(r"1910|AuthExpired", since=mark, timeout=60)
    gone(server)


@WAYS
@EACH_ROLE
def test_a_ban_of_a_stream_ends_and_refuses(serve, ask, yes, no, role):
    server = serve()
    assert ask(server, role) == yes
    assert Api(server).ask("POST", "/api/v1/bans/", json.dumps({"stream": "live/s"})).status == 200
    gone(server)
    assert ask(server, role) == no


@WAYS
@EACH_ROLE
def test_limits_count_them(serve, ask, yes, no, role):
    server = serve("limits { enabled on; players 1; publishers 1; }")
    assert ask(server, role, stream="a") == yes
    assert ask(server, role, stream="b") == no
    assert Api(server).ask("DELETE", "/api/v1/clients/?ip=127.0.0.1").status == 200
    gone(server)
    assert ask(server, role, stream="b") == yes


def test_records_of_use_have_a_last_one(serve, backend):
    server = serve(hooks(backend, "on_publish", "on_unpublish", "on_update", more="update_interval 3600;"))
    assert whip(server, "publish") == 201
    backend.wait_for("on_publish")
    assert Api(server).ask("DELETE", "/api/v1/clients/" + sessions(server)[0]["id"]).status == 200
    record = backend.wait_for("on_update").json
    assert record["client_id"] == backend.of("on_publish")[0].json["client_id"] and record["final"] is True
    backend.wait_for("on_unpublish")


@pytest.mark.parametrize("ask, tc_url, param", [(whip, "", "app=live&stream=s&k=1"), (json_api, "webrtc://127.0.0.1/live", "?k=1")],
                         ids=["whip", "json"])
def test_a_backend_of_forwards_is_asked(serve, backend, ask, tc_url, param):
    server = serve("forward { enabled on; backend %s; }" % backend.url("on_forward"))
    backend.answers["on_forward"] = answer(body=b'{"code":0,"data":{"urls":[]}}')
    assert ask(server, "publish", "k=1") in (0, 201)
    call = backend.wait_for("on_forward")
    assert call.keys == ["action", "server_id", "service_id", "client_id", "ip", "vhost", "app", "tcUrl", "stream", "param"]
    assert (call.json["tcUrl"], call.json["stream"], call.json["param"]) == (tc_url, "s", param)
    assert call.json["client_id"] == sessions(server)[0]["id"]
    backend.answers["on_forward"] = answer(403)
    assert Api(server).ask("DELETE", "/api/v1/clients/?ip=127.0.0.1").status == 200
    gone(server)
    assert ask(server, "publish", "k=1") in (400, 403)


@EACH_ROLE
def test_a_backend_sends_them_to_another_place(serve, backend, role):
    place = "https://other.example/rtc/v1/whip/?app=live&stream=x"
    server = serve(hooks(backend, more="answers_act on;"))
    backend.answers["on_" + role] = answer(body=json.dumps({"code": 0, "redirect": place}).encode())
    path, offer = ROLES[role]
    reply = Api(server).ask("POST", path + "?stream=s", offer)
    assert (reply.status, reply.headers["Location"]) == (307, place)
    assert json_api(server, role) == 400                              # its answers have no place for a URL
    assert Api(server).get("/api/v1/doctor")["data"]["errors"] == 1   # candidate-unreachable: this is no refusal
    gone(server)
    backend.answers["on_" + role] = answer(body=json.dumps({"code": 0, "redirect": "rtmp://other.example/live/x"}).encode())
    assert Api(server).ask("POST", path + "?stream=s", offer).status == 403


@EACH_ROLE
def test_user_and_password_let_in(serve, role):
    server = serve("auth { enabled on; publish password; play password; user ann secret12; }")
    path, offer = ROLES[role]
    for login, status in (("", 401), ("ann:wrong", 401), ("bob:secret12", 401), ("ann:secret12", 201)):
        fields = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()} if login else {}
        reply = Api(server).ask("POST", path + "?stream=s", offer, fields)
        assert reply.status == status and (status == 201 or reply.headers["WWW-Authenticate"].startswith("Basic"))
