"""WHIP and WHEP as a client: streams that are pushed to, and pulled from, servers of WebRTC."""
import http.server
import json
import os
import re
import threading
import urllib.request

import pytest

import rtc_clients
import srs
from api import Api
from media import ROOT
from test_rtc import encoder, streams_of
from wait import patience, until

SERVER = "rtc_server { enabled on; listen %d; candidate 127.0.0.1; %s } vhost __defaultVhost__ { rtc { enabled on; rtmp_to_rtc on; rtc_to_rtmp on; %s } }"
CLIENT = "vhost __defaultVhost__ { rtc { enabled on; rtmp_to_rtc on; rtc_to_rtmp on; %s } %s }"


@pytest.fixture
def other(make_server):
    """The server that is called."""
    def make(server="", rtc=""):
        return make_server(SERVER % (srs.free_port(), server, rtc), api="")
    return make


def pushing(*destinations, rtc="", more=""):
    return CLIENT % (rtc, "forward { enabled on; destination %s; %s }" % (" ".join(destinations), more))


def forwards(server):
    return Api(server).get("/api/v1/forwards/")["forwards"]


def short(server):
    return "whip://127.0.0.1:%d" % server.api_port


def client_of(server, kind="rtc-publish"):
    return next((c for c in Api(server).get("/api/v1/clients/")["clients"] if c["type"] == kind), None)


def test_a_stream_is_pushed_by_whip_and_ends_with_its_publisher(other, make_server):
    target = other()
    server = make_server(pushing(short(target)), api="")
    with encoder(server):
        server.wait_log(r"forward of \S+ to whip://\S+ begins")
        target.wait_log("audio codec=AAC")
        told = until(lambda: next((f for f in forwards(server) if f["bytes"] > 20000), None), "bytes of the push")
        assert told["state"] == "pushing" and told["failures"] == 0 and told["messages"] > 0, told
        until(lambda: (client_of(target) or {}).get("recv_bytes", 0) > 20000, "bytes that come")
    server.wait_log(r"forward of /live/s to \S+ has ended")
    until(lambda: not client_of(target), "the session's end")


# ---- servers that are no servers of WHIP ----

class Signalling:
    """An HTTP server whose POST gives what `answers` says: answers(path, headers, offer) gives status, fields, body. It notes all requests."""

    def __init__(self, answers):
        self.seen = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                outer.seen.append((self.command, self.path, dict(self.headers)))
                status, fields, text = answers(self.path, self.headers, body) if self.command == "POST" else (200, {}, "")
                self.send_response(status)
                for field in {"Content-Length": str(len(text)), **fields}.items():
                    self.send_header(*field)
                self.end_headers()
                self.wfile.write(text.encode())

            do_POST = do_DELETE = answer

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, method):
        return [r for r in self.seen if r[0] == method]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def signalling():
    made = []

    def make(answers):
        made.append(Signalling(answers))
        return made[-1]
    yield make
    for s in made:
        s.close()


def asked(server, offer, stream="s"):
    """The answer of a server of ours to this offer."""
    request = urllib.request.Request(server.api_url("/rtc/v1/whip/?app=live&stream=%s" % stream), offer.encode(),
                                     {"Content-Type": "application/sdp"})
    return urllib.request.urlopen(request, timeout=patience(20)).read().decode()


def silent_answer(_path, _headers, offer):
    """One that agrees to all, at a port where nobody is."""
    pts = re.findall(r"m=(\w+) 9 \S+ (\d+)", offer)
    text = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE %s\r\n" % " ".join(str(i) for i in range(len(pts)))
    for i, (kind, pt) in enumerate(pts):
        rtpmap = re.search(r"a=rtpmap:%s \S+\r\n" % pt, offer).group(0)
        text += ("m=%s 9 UDP/TLS/RTP/SAVPF %s\r\nc=IN IP4 0.0.0.0\r\na=mid:%d\r\na=ice-ufrag:abcd\r\na=ice-pwd:%s\r\n"
                 "a=fingerprint:sha-256 %s\r\na=setup:passive\r\na=recvonly\r\na=rtcp-mux\r\n%s"
                 "a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n" % (kind, pt, i, "p" * 24, ":".join(["AB"] * 32), rtpmap))
    return 201, {"Location": "/session"}, text


def http_url(s, path="/whip", user=""):
    return "http://%s127.0.0.1:%d%s" % (user, s.port, path)


REFUSALS = [
    ("refused", lambda *_: (403, {}, "no"), r"status 403"),
    ("garbage", lambda *_: (201, {"Location": "/session"}, "\x01 this is no SDP"), r"RtcSdpDecode|the answer of"),
    ("empty", lambda *_: (201, {"Location": "/session"}, ""), r"the answer of"),
    ("nowhere", lambda *a: (201, {}, silent_answer(*a)[2].replace("udp 1 127.0.0.1", "udp 1 nowhere.invalid")), r"names no address"),
    ("another codec", lambda *a: (201, {}, re.sub(r"(rtpmap:\d+) \w+", r"\1 X", silent_answer(*a)[2])), r"the answer of"),
    ("redirects for ever", lambda path, *_: (307, {"Location": path + "x"}, ""), r"too many redirects"),
]


def test_servers_that_refuse_or_answer_garbage_are_told_of_and_tried_again(make_server, signalling):
    others = [signalling(answers) for _, answers, _ in REFUSALS] + [signalling(lambda *_: (201, {}, ""))]
    others[-1].close()  # nobody listens there
    server = make_server(pushing(*(http_url(s) for s in others)), api="")
    with encoder(server):
        for s, (_, _, told) in zip(others, REFUSALS):
            server.wait_log(r"forward of \S+ to \S+:%d/whip has failed.*(%s)" % (s.port, told))
        until(lambda: all(f["failures"] >= 2 for f in forwards(server)), "another try of each", 30)
        until(lambda: any(s.of("DELETE") for s in others), "the end of a session whose answer was garbage")
        assert all(s.of("POST")[0][2]["Content-Type"] == "application/sdp" for s in others[:-1])


@pytest.mark.long
def test_a_silent_server_and_one_of_another_certificate_are_given_up(other, make_server, signalling):
    target = other()
    silent = signalling(silent_answer)
    false = signalling(lambda path, headers, offer: (
        201, {}, re.sub(r"(a=fingerprint:sha-256 )..", r"\g<1>" + "00", asked(target, offer))))
    server = make_server(pushing(http_url(silent), http_url(false)), api="")
    with encoder(server):
        server.wait_log(r"forward of \S+ to \S+:%d/whip has failed.*certificate is not the one" % false.port)
        server.wait_log(r"forward of \S+ to \S+:%d/whip has failed.*not connected, last step new" % silent.port, timeout=40)
        until(lambda: silent.of("DELETE"), "the end of the silent server's session")


def test_a_token_goes_to_its_server_alone_and_redirects_are_followed(other, make_server, signalling):
    target = other()
    first = signalling(lambda *_: (307, {"Location": target.api_url("/rtc/v1/whip/?app=live&stream=moved")}, ""))
    server = make_server(pushing(http_url(first, user="bearer:se-cret@")), api="")
    with encoder(server):
        target.wait_log(r"start publish /live/moved by WebRTC")
        until(lambda: [f for f in forwards(server) if f["state"] == "pushing"], "the push")
        assert first.of("POST")[0][2]["Authorization"] == "Bearer se-cret"
    until(lambda: not client_of(target), "the session's end")
    assert "se-cret" not in server.log


def test_a_push_to_itself_is_a_loop_and_a_push_to_another_name_is_none(make_server):
    server = make_server(SERVER % (srs.free_port(), "", ""), api="")
    url = "whip://127.0.0.1:%d" % server.api_port
    for to in (url, url + "/live/other"):
        Api(server).ask("POST", "/api/v1/forwards/", json.dumps({"app": "live", "stream": "s", "url": to}))
    with encoder(server):
        server.wait_log(r"forward of \S+ to \S+:%d has failed.*itself" % server.api_port)
        server.wait_log(r"start publish /live/other by WebRTC")


@rtc_clients.skip_without_aiortc()
def test_a_stream_is_pushed_to_aiortc(make_server):
    with rtc_clients.whip_server() as far:
        server = make_server(pushing(http_url(far, "/live/whip")), api="")
        with encoder(server):
            far.wait(lambda s: s.moved >= 5 and s.loud >= 5, "pictures that move, and sound")
        far.wait(lambda s: s.gone or s.deleted, "the end")


def test_the_example_pushes_to_the_example_of_a_server(make_server):
    ports = {p: srs.free_port() for p in ("1935", "19350", "1985", "8080", "8000")}

    def example(name):
        with open(os.path.join(ROOT, "conf", name)) as f:
            text = re.sub(r"(listen +|127.0.0.1:)(\d+)", lambda m: m[1] + str(ports[m[2]]), f.read())
        listens = int(re.search(r"^listen +(\d+)", text, re.M)[1])
        return make_server(text=text.replace("candidate       *", "candidate 127.0.0.1") + "pid ./objs/%s.pid;\n" % name, listen=[listens])

    far, near = example("rtc.conf"), example("forward.whip.conf")
    with encoder(near, "live/livestream"):
        near.wait_log(r"forward of \S+ to whip://\S+ begins")
        far.wait_log(r"start publish /live/livestream by WebRTC")
        far.wait_log(r"video codec=H264")


# ---- WHEP ----

def pulling(url, more="", rtc=""):
    return CLIENT % (rtc, "relay live/p { pull %s; timeout 3; %s }" % (url, more))


def test_a_stream_is_pulled_by_whep_as_long_as_it_is_there(other, make_server):
    origin = other()
    server = make_server(pulling("whep://127.0.0.1:%d/live/s" % origin.api_port), api="")
    with encoder(origin):
        server.wait_log(r"relay of \S+ from whep://\S+ begins", timeout=30)
        server.wait_log(r"video codec=H264, profile=\S+, level=\S+, 320x240")
        server.wait_log("audio codec=AAC")
        told = until(lambda: client_of(server, "rtc-pull"), "the client that pulls")
        assert told["ip"] == "127.0.0.1", told
        seen = streams_of(server, "live/p")
        assert set(seen) == {"h264", "aac"}, seen
    server.wait_log(r"no frame came|said goodbye", timeout=30)
    until(lambda: not client_of(server, "rtc-pull") and not client_of(origin, "rtc-play"), "the end of both sessions", 20)


def test_a_stream_that_would_be_pulled_from_itself_is_refused(make_server):
    port = srs.free_port()
    server = make_server("http_api { enabled on; listen %d; } " % port +
                         pulling("http://127.0.0.1:%d/rtc/v1/whep/?app=live&stream=p" % port))
    server.wait_log(r"live/p would come from, or go to, itself")
