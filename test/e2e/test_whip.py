"""Signalling of WebRTC without media: WHIP, WHEP and the JSON API, what they answer and whom they refuse."""
import http.client
import json
import os
import re

import pytest

import openapi
import srs
import tokens
from api import Reply
from media import ROOT
from wait import until

OFFERS = os.path.join(ROOT, "test", "fuzz", "corpus", "sdp")
FRAGMENT = "application/trickle-ice-sdpfrag"
WHIP, WHEP = "/rtc/v1/whip/", "/rtc/v1/whep/"
CONF = ("rtc_server { enabled on; listen %d; candidate 192.0.2.7; "
        "ice_server stun:192.0.2.8:3478; ice_server turn:192.0.2.9?transport=tcp ann 'pa\"ss'; } "
        "vhost __defaultVhost__ { rtc { enabled on; rtmp_to_rtc on; rtc_to_rtmp on; } } "
        "vhost closed { rtc { enabled on; } security { enabled on; deny publish all; } } "
        "vhost off { rtc { enabled off; } } "
        "vhost paid { rtc { enabled on; } auth { enabled on; publish jwt; play jwt; secret %s; } }")


def offer(name):
    with open(os.path.join(OFFERS, name), newline="") as f:
        return f.read()


PUBLISH, PLAY = offer("chromium_publish"), offer("chromium_play")


@pytest.fixture
def ask(make_server):
    server = make_server(CONF % (srs.free_port(), tokens.SECRET), api="")

    def request(method, path, body=None, **fields):
        connection = http.client.HTTPConnection("127.0.0.1", int(server.api_url().split(":")[2].split("/")[0]), timeout=20)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in fields.items()})
        reply = connection.getresponse()
        text = reply.read().decode()
        connection.close()
        openapi.check(server, method, path, Reply(reply.status, reply.headers, text))
        return reply.status, reply, text
    request.server = server
    return request


def refused(answer):
    """The status and the code of a refusal, whose body is a whole problem."""
    status, reply, text = answer
    assert reply.getheader("Content-Type") == "application/problem+json", (status, text)
    problem = json.loads(text)
    assert problem["status"] == status and problem["title"] and problem["detail"]
    return status, problem["code"]


def opened(answer):
    status, reply, text = answer
    assert status == 201, text
    assert reply.getheader("Content-Type") == "application/sdp" and reply.getheader("Accept-Patch") == FRAGMENT
    return reply.getheader("Location"), reply.getheader("ETag"), text


def test_a_session_is_opened_and_ended(ask):
    path = WHIP + "?app=live&stream=cam&secret=x"
    location, etag, answer = opened(ask("POST", path, PUBLISH))
    ufrag = re.search("a=ice-ufrag:(.*)\r\n", answer).group(1)
    assert re.fullmatch(re.escape(WHIP) + r"\?action=delete&token=\w+&app=live&stream=cam&session=%s:\S+" % ufrag, location)
    assert etag == '"%s"' % ufrag and len(ufrag) == 8
    assert re.search(r"a=candidate:0 1 udp \d+ 192\.0\.2\.7 \d+ typ host", answer) and "a=recvonly" in answer
    assert refused(ask("DELETE", location.replace("token=", "token=0"))) == (403, "bad-token")
    assert ask("DELETE", location)[0] == 200
    assert ask("DELETE", location)[0] == 200   # it has ended already
    again, _, other = opened(ask("POST", path, PUBLISH))    # nothing of the first one keeps the stream busy
    numbers = {re.search(r"o=\S+ (\d+) ", text).group(1) for text in (answer, other)}
    assert len(numbers) == 2
    last, _, _ = opened(ask("POST", path, PUBLISH))   # nor does one that is not followed up
    until(lambda: ask("DELETE", again.replace("token=", "token=0"))[0] == 200, "the end of the session that gave way")
    assert ask("DELETE", last)[0] == 200


def test_servers_of_stun_and_turn_are_told_to_whom_is_let_in(ask):
    for path, body in ((WHIP, PUBLISH), (WHEP, PLAY)):
        reply = ask("POST", path + "?stream=links", body)[1]
        assert reply.status == 201 and reply.headers.get_all("Link") == [
            '<stun:192.0.2.8:3478>; rel="ice-server"',
            '<turn:192.0.2.9?transport=tcp>; rel="ice-server"; username="ann"; credential="pa\\"ss"; credential-type="password"']
    status, reply, _ = ask("POST", WHIP + "?vhost=closed", PUBLISH)
    assert status == 403 and reply.getheader("Link") is None


def test_a_refused_publisher_leaves_nothing_busy(ask):
    path = WHIP + "?stream=cam"
    other = ask.server.publisher("cam")
    assert refused(ask("POST", path, PUBLISH)) == (409, "busy")
    other.close()
    answers = []

    def is_let_in():
        answers.append(ask("POST", path, PUBLISH))
        return answers[-1][0] == 201
    until(is_let_in, "the stream to be free", 10)
    location, _, _ = opened(answers[-1])
    assert ask("DELETE", location)[0] == 200
    ask.server.publisher("cam").close()


def test_a_player_has_its_own_endpoint(ask):
    for path in (WHEP, "/rtc/v1/whip-play/"):
        location, _, answer = opened(ask("POST", path + "?stream=cam", PLAY))
        assert location.startswith(path) and "a=sendonly" in answer and "a=ssrc:" in answer
        assert ask("DELETE", location.replace(path, WHIP))[0] == 200   # as SRS names it
    location, _, answer = opened(ask("POST", WHEP + "?stream=cam&codec=vp8", PLAY))
    assert "VP8/90000" in answer and "H264/90000" not in answer
    assert ask("DELETE", location)[0] == 200
    location, _, answer = opened(ask("POST", WHIP + "?stream=cam&action=play&ice-ufrag=abcd1234&ice-pwd=%s" % ("p" * 32), PLAY))
    assert "a=ice-ufrag:abcd1234\r\n" in answer
    assert ask("DELETE", location)[0] == 200


def test_each_refusal_is_answered(ask):
    assert refused(ask("POST", WHIP, "")) == (400, "empty")
    assert refused(ask("POST", WHIP, '{"sdp":1}')) == (400, "not-sdp")
    assert refused(ask("POST", WHIP, PLAY)) == (400, "wrong-direction")
    assert refused(ask("POST", WHIP, PUBLISH.replace("a=group:BUNDLE 0 1\r\n", ""))) == (400, "no-bundle")
    assert refused(ask("POST", WHIP, PUBLISH.replace("a=rtcp-mux\r\n", ""))) == (400, "no-rtcp-mux")
    assert refused(ask("POST", WHIP, PUBLISH.replace("/90000", "/90001"))) == (400, "no-codec")
    assert refused(ask("POST", WHIP + "?ice-ufrag=abc", PUBLISH)) == (400, "bad-ice")
    for wrong in ("application/json", "Application/JSON; charset=utf-8", "multipart/form-data; boundary=x"):
        assert refused(ask("POST", WHIP, PUBLISH, Content_Type=wrong)) == (415, "bad-type")
        assert refused(ask("POST", WHEP, PLAY, Content_Type=wrong)) == (415, "bad-type")
    for taken in ("application/sdp", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded"):
        assert refused(ask("POST", WHIP, "", Content_Type=taken)) == (400, "empty")
    assert refused(ask("POST", WHIP + "?vhost=off", PUBLISH)) == (403, "disabled")
    assert refused(ask("POST", WHIP + "?vhost=closed", PUBLISH)) == (403, "denied")
    assert refused(ask("POST", WHIP, "v=0\r\n" + "a=x\r\n" * (1 << 18))) == (413, "too-long")
    assert refused(ask("DELETE", WHIP)) == (400, "no-token")
    status, reply, _ = ask("GET", WHIP)
    assert status == 405 and "POST" in reply.getheader("Allow")


def test_no_name_leads_elsewhere(ask):
    """Names become paths of files; a long one would have no room in keys."""
    for name in ("app=..", "app=live/..", "stream=..%2f..%2fx", "stream=a%252f..%252fb%2f..", "stream=%0d%0ax", "app=a%0ab", "app=%2f%2f",
                 "stream=%2500", "stream=" + "a" * 513, "app=" + "a" * 3000, "app=%s&stream=%s" % ("a" * 513, "b" * 513)):
        assert refused(ask("POST", "%s?%s" % (WHIP, name), PUBLISH)) == (400, "bad-name"), name
        assert refused(ask("POST", "%s?%s" % (WHEP, name), PLAY)) == (400, "bad-name"), name
    location, _, _ = opened(ask("POST", WHIP + "?app=a/b&stream=" + "a" * 512, PUBLISH))
    assert ask("DELETE", location)[0] == 200
    assert not re.search(r"start publish (?!/a/b/)", ask.server.log)


def test_a_candidate_adds_no_line_to_the_answer(ask):
    _, _, answer = opened(ask("POST", WHEP + "?stream=cam&eip=192.0.2.9%0d%0aa=x", PLAY))
    assert "a=x" not in answer.split("\r\n") and "192.0.2.9" not in answer


def test_a_token_opens_a_session(ask):
    path = WHIP + "?vhost=paid&stream=cam"
    answer = ask("POST", path, PUBLISH)
    assert refused(answer)[0] == 401 and answer[1].getheader("WWW-Authenticate").startswith("Bearer")
    token = tokens.jwt({"exp": tokens.expiry(600), "streams": ["live/cam"], "actions": ["publish"]})
    location, _, _ = opened(ask("POST", path, PUBLISH, Authorization="Bearer " + token))
    assert ask("DELETE", location)[0] == 200


def test_patch_takes_candidates_and_restarts(ask):
    location, etag, _ = opened(ask("POST", WHIP, PUBLISH))
    own = re.search("a=ice-ufrag:(.*)\r\na=ice-pwd:(.*)\r\n", PUBLISH)
    trickle = "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=end-of-candidates\r\n" % own.groups()
    fields = {"Content_Type": FRAGMENT, "If_Match": etag}
    assert refused(ask("PATCH", location, trickle, **{**fields, "Content_Type": "application/sdp"})) == (415, "bad-type")
    assert refused(ask("PATCH", location, trickle, Content_Type=FRAGMENT)) == (428, "no-etag")
    assert refused(ask("PATCH", location, trickle, **{**fields, "If_Match": '"other"'})) == (412, "old-etag")
    assert refused(ask("PATCH", location, "x\r\n", **fields)) == (400, "bad-line")
    assert refused(ask("PATCH", WHIP + "?token=unheard-of", trickle, **fields)) == (404, "no-session")
    assert ask("PATCH", location, trickle, **fields)[0] == 204

    fresh = trickle.replace(own.group(1), "fresh").replace(own.group(2), "0123456789012345678901")
    status, reply, text = ask("PATCH", location, fresh, **{**fields, "If_Match": "*"})
    assert status == 200 and reply.getheader("Content-Type") == FRAGMENT and "a=ice-pwd:" in text
    assert reply.getheader("ETag") != etag and reply.getheader("ETag").strip('"') in text
    assert refused(ask("PATCH", location, fresh, **fields)) == (412, "old-etag")
    fields["If_Match"] = reply.getheader("ETag")
    assert ask("PATCH", location, fresh, **fields)[0] == 204   # candidates of the credentials in force are no restart
    assert refused(ask("PATCH", location, "x\r\n", **fields)) == (400, "bad-line")
    assert ask("DELETE", location)[0] == 200


def test_pages_of_other_sites_may_ask(ask):
    status, reply, _ = ask("OPTIONS", WHIP, Origin="https://elsewhere.example", Access_Control_Request_Method="POST")
    assert status == 200 and reply.getheader("Access-Control-Allow-Methods") == "*"
    assert reply.getheader("Access-Control-Allow-Origin") == "*"
    location, _, _ = opened(ask("POST", WHEP, PLAY, Origin="https://elsewhere.example"))
    assert ask("DELETE", location, Origin="https://elsewhere.example")[0] == 200


def test_the_api_answers_in_json(ask):
    def call(path, **body):
        status, _, text = ask("POST", path, json.dumps(body))
        assert status == 200
        return json.loads(text)
    url = "webrtc://127.0.0.1:1985/live/cam?secret=x"
    answer = call("/rtc/v1/play/", sdp=PLAY, streamurl=url, api="http://x", clientip=None, tid="1")
    assert answer["code"] == 0 and answer["sdp"].startswith("v=0\r\n") and answer["server"] and answer["pid"]
    assert re.fullmatch(r"\w{8}:\S+", answer["sessionid"])
    assert call("/rtc/v1/publish/", sdp=PUBLISH, streamurl=url)["code"] == 0
    other = ask.server.publisher("cam")     # the session before has not shown itself
    assert call("/rtc/v1/publish/", sdp=PUBLISH, streamurl=url) == {"code": 400, "msg": "Another client publishes the stream."}
    other.close()
    for body in ({"sdp": PLAY}, {"streamurl": url}, {"sdp": PLAY, "streamurl": "nonsense"}, {"sdp": "", "streamurl": url}):
        failed = call("/rtc/v1/play/", **body)
        assert failed["code"] == 400 and failed["msg"]
    assert json.loads(ask("GET", "/rtc/v1/play/")[2])["code"] == 400
    assert json.loads(ask("POST", "/rtc/v1/play/", "not json")[2])["code"] == 400
