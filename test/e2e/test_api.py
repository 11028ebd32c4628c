"""The HTTP API: its shapes against the reference, its numbers against those of the players, and bad requests.

The tables at the top are transcribed from chapter 1 of the reference of the interfaces, in its order.
"""
import base64
import contextlib
import http.client
import os
import re
import socket
import struct
import subprocess
import threading
import time

import pytest

import amf0
import flv
from api import FLOAT, Api, Either, Obj, check, parse
from chunk import COMMAND, Message
from flv import AAC_CONFIG, AUDIO, AVC_CONFIG, VIDEO, Numbered, Tag, aac, number_of, video
from rtmp import Closed, Feeder, Refused
from wait import patience, until

CONF = "vhost __defaultVhost__ { http_remux { enabled on; } }"
RAW = "raw_api { enabled on; allow_reload on; }"

# -- the reference --------------------------------------------------------------------------------------------------

IDENTITY = (("code", 0), ("server", str), ("service", str), ("pid", str))
KBPS = Obj(("recv_30s", int), ("send_30s", int))


def data(*fields):
    return Obj(*IDENTITY, ("data", Obj(*fields)))


def ints(names):
    return tuple((name, int) for name in names.split())


SAMPLED = (("ok", bool), ("sample_time", int))

VERSIONS = data(("major", 7), ("minor", int), ("revision", int), ("version", str))

SUMMARIES = data(
    ("ok", bool), ("now_ms", int),
    ("self", Obj(("version", str), ("pid", int), ("ppid", int), ("argv", str), ("cwd", str), ("mem_kbyte", int),
                 ("mem_percent", FLOAT), ("cpu_percent", FLOAT), ("srs_uptime", int))),
    ("system", Obj(
        ("cpu_percent", FLOAT), ("disk_read_KBps", int), ("disk_write_KBps", int), ("disk_busy_percent", FLOAT),
        ("mem_ram_kbyte", int), ("mem_ram_percent", FLOAT), ("mem_swap_kbyte", int), ("mem_swap_percent", FLOAT),
        ("cpus", int), ("cpus_online", int), ("uptime", FLOAT), ("ilde_time", FLOAT), ("load_1m", FLOAT),
        ("load_5m", FLOAT), ("load_15m", FLOAT), ("net_sample_time", int), ("net_recv_bytes", int),
        ("net_send_bytes", int), ("net_recvi_bytes", int), ("net_sendi_bytes", int), ("srs_sample_time", int),
        ("srs_recv_bytes", int), ("srs_send_bytes", int), ("conn_sys", int), ("conn_sys_et", int), ("conn_sys_tw", int),
        ("conn_sys_udp", int), ("conn_srs", int))),
    ("circuit_breaker", Obj(("level", str), ("loop_percent", int), ("refused", int))))

RUSAGES = data(*SAMPLED, *ints(
    "ru_utime ru_stime ru_maxrss ru_ixrss ru_idrss ru_isrss ru_minflt ru_majflt ru_nswap ru_inblock ru_oublock ru_msgsnd"
    " ru_msgrcv ru_nsignals ru_nvcsw ru_nivcsw"))

SELF_PROC_STATS = data(
    *SAMPLED, ("percent", FLOAT), ("pid", int), ("comm", str), ("state", str), *ints(
        "ppid pgrp session tty_nr tpgid flags minflt cminflt majflt cmajflt utime stime cutime cstime priority nice"
        " num_threads itrealvalue starttime vsize rss rsslim startcode endcode startstack kstkesp kstkeip signal blocked"
        " sigignore sigcatch wchan nswap cnswap exit_signal processor rt_priority policy delayacct_blkio_ticks guest_time"
        " cguest_time"))

SYSTEM_PROC_STATS = data(*SAMPLED, ("percent", FLOAT), *ints("user nice sys idle iowait irq softirq steal guest"))

MEMINFOS = data(*SAMPLED, ("percent_ram", FLOAT), ("percent_swap", FLOAT), *ints(
    "MemActive RealInUse NotInUse MemTotal MemFree Buffers Cached SwapTotal SwapFree"))

GIVEN = Obj(("times", int), ("bytes", int))
MEMORY = data(("limit", int), ("held", int), ("has_room", bool),
              ("kinds", Obj(*ints("frames delayed segments messages tls callbacks histories config other"))),
              ("stacks", int), ("resident", int), ("segments", Obj(("bytes", int), ("held", int))),
              ("gop_share", int), ("over_share", int),
              ("given_up", Obj(("unwatched_gop", GIVEN), ("backlog", GIVEN), ("gop", GIVEN), ("unfinished", GIVEN))))   # not SRS's

AUTHORS = data(("license", "MIT"), ("contributors", str))

FEATURES = data(
    ("options", str), ("options2", str), ("build", str), ("build2", str),
    ("features", Obj(*((name, bool) for name in (
        "ssl hls hds callback api httpd dvr transcode ingest stat caster complex_send tcp_nodelay so_sendbuf mr").split()))))

VHOST = Obj(("id", str), ("name", str), ("enabled", bool), ("clients", int), ("streams", int), ("send_bytes", int),
            ("recv_bytes", int), ("kbps", KBPS),
            ("hls", Either(Obj(("enabled", True), ("fragment", FLOAT)), Obj(("enabled", False)))),
            ("dash", Obj(("enabled", bool))),                             # this and the next are not SRS's
            ("rtc", Obj(("enabled", bool))))

PUBLISH = Either(Obj(("active", bool), ("cid", str)), Obj(("active", False)))
FPS, GOP = ("fps", FLOAT), ("gop", FLOAT)  # additions to SRS: frames received in the last seconds, and the GOP
VIDEO_INFO = Obj(("codec", str), ("profile", str), ("level", str), ("width", int), ("height", int), FPS, GOP)
AUDIO_INFO = Obj(("codec", str), ("sample_rate", int), ("channel", int), ("profile", str))

CALLBACKS = data(("waiting", int), ("waiting_bytes", int), ("lost", int), ("failing", []), ("journals", []))  # not SRS's

STREAM = Obj(("id", str), ("name", str), ("vhost", str), ("app", str), ("tcUrl", str), ("url", str), ("live_ms", int),
             ("clients", int), ("frames", int), ("send_bytes", int), ("recv_bytes", int), ("kbps", KBPS),
             ("publish", PUBLISH), ("video", Either(None, VIDEO_INFO)), ("audio", Either(None, AUDIO_INFO)))

CLIENT = Obj(("id", str), ("vhost", str), ("stream", str), ("ip", str), ("pageUrl", str), ("swfUrl", str), ("tcUrl", str),
             ("url", str), ("name", str), ("type", str), ("publish", bool), ("alive", FLOAT), ("send_bytes", int),
             ("recv_bytes", int), ("kbps", KBPS))

RAW_API = Obj(("code", 0), ("http_api", Obj(
    ("enabled", True), ("listen", str), ("crossdomain", bool),
    ("raw_api", Obj(("enabled", bool), ("allow_reload", bool), ("allow_query", bool), ("allow_update", bool))))))

RELOAD_FETCH = Obj(("code", 0), ("data", Obj(("err", int), ("msg", str), ("state", int), ("rid", str))))

INDEX_V1 = ("versions summaries rusages self_proc_stats system_proc_stats meminfos memory authors features requests"
            " vhosts streams clients origins trace doctor bans forwards relays snapshots dvrs programs events logs history openapi.json raw"
            " clusters config").split()
TESTS = ["requests", "errors", "redirects", "[vhost]"]

STATIC = {
    "/": Obj(*IDENTITY, ("urls", Obj(("api", str)))),
    "/api/": Obj(*IDENTITY, ("urls", Obj(("v1", str)))),
    "/api/v1/": Obj(*IDENTITY, ("urls", Obj(*((name, str) for name in INDEX_V1))),
                    ("tests", Obj(*((name, str) for name in TESTS)))),
    "/api/v1/versions": VERSIONS,
    "/api/v1/summaries": SUMMARIES,
    "/api/v1/rusages": RUSAGES,
    "/api/v1/self_proc_stats": SELF_PROC_STATS,
    "/api/v1/system_proc_stats": SYSTEM_PROC_STATS,
    "/api/v1/meminfos": MEMINFOS,
    "/api/v1/memory": MEMORY,
    "/api/v1/callbacks": CALLBACKS,
    "/api/v1/authors": AUTHORS,
    "/api/v1/features": FEATURES,
    "/api/v1/vhosts/": Obj(*IDENTITY, ("vhosts", [VHOST])),
    "/api/v1/streams/": Obj(*IDENTITY, ("streams", [STREAM])),
    "/api/v1/clients/": Obj(*IDENTITY, ("clients", [CLIENT])),
    "/api/v1/raw?rpc=raw": RAW_API,
    "/api/v1/tests/errors": Obj(("code", 100)),
}


@pytest.fixture
def served(make_server):
    return make_server(CONF, api="", http="")


@pytest.fixture
def api(served):
    return Api(served)


class Live:
    """A Numbered stream that is published in real time."""

    def __init__(self, server, name="s", **how):
        self.source = Numbered(size=2000)
        self.client = server.publisher(name, **how)
        self.feeder = Feeder(self.client, self.source.tags())

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.feeder.stop()
        self.client.close()


# -- shapes ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("path", STATIC)
def test_an_endpoint_has_the_fields_of_the_reference(api, path):
    check(STATIC[path], api.get(path), path)


def test_entries_have_the_fields_of_the_reference(served, api):
    with Live(served), served.player() as player:
        player.wait_media(3)
        for kind, shape in (("vhost", VHOST), ("stream", STREAM), ("client", CLIENT)):
            entries = api.get("/api/v1/%ss/" % kind)["%ss" % kind]
            assert len(entries) == (2 if kind == "client" else 1)
            check([shape], entries, kind)
            one = api.get("/api/v1/%ss/%s" % (kind, entries[0]["id"]))
            check(Obj(*IDENTITY, (kind, shape)), one)
            assert one[kind]["id"] == entries[0]["id"]
    until(lambda: not api.clients(), "the clients to leave")


def test_the_identity_is_that_of_server_run_and_process(served, api):
    a, b = api.get("/api/v1/versions"), api.get("/api/v1/features")
    assert a["pid"] == str(served.pid) and re.fullmatch(r"[0-9a-z]{8}", a["service"])
    assert [a[k] for k in ("server", "service", "pid")] == [b[k] for k in ("server", "service", "pid")]
    with open(os.path.join(served.folder, "srs.id")) as f:
        assert f.read().strip() == a["server"]


def test_everything_is_sampled_soon_after_the_start(served, api):
    d = until(lambda: [s for s in [api.get("/api/v1/summaries")["data"]] if s["ok"]], "ok")[0]
    assert d["self"]["pid"] == served.pid and d["self"]["cwd"] == served.folder
    assert d["self"]["argv"].endswith("-c " + served.conf_path)
    assert abs(d["now_ms"] - time.time() * 1000) < patience() * 1000
    assert 1000 < d["self"]["mem_kbyte"] < d["system"]["mem_ram_kbyte"]
    assert d["system"]["cpus"] == os.cpu_count() and d["system"]["uptime"] > 0 and d["system"]["conn_sys_et"] >= 0
    stat = api.get("/api/v1/self_proc_stats")["data"]
    assert stat["ok"] and stat["pid"] == served.pid and stat["comm"].startswith("(") and stat["state"] in "RSD"
    for path in ("rusages", "system_proc_stats", "meminfos"):
        d = api.get("/api/v1/" + path)["data"]
        assert d["ok"] and abs(d["sample_time"] - time.time() * 1000) < 60000
    m = api.get("/api/v1/meminfos")["data"]
    assert m["MemActive"] == m["MemTotal"] - m["MemFree"]
    assert m["RealInUse"] == m["MemActive"] - m["Buffers"] - m["Cached"] == m["MemTotal"] - m["NotInUse"]


def test_with_stats_off_the_processor_alone_is_sampled(make_server):
    api = Api(make_server("stats { enabled off; } " + CONF, api=""))
    until(lambda: api.get("/api/v1/system_proc_stats")["data"]["ok"], "the processor")
    assert not api.get("/api/v1/summaries")["data"]["ok"]
    assert not api.get("/api/v1/meminfos")["data"]["ok"]


def test_the_stream_port_tells_the_version(served):
    check(VERSIONS, Api(served, served.http_port).get("/api/v1/versions"))
    assert Api(served, served.http_port).ask("GET", "/api/v1/summaries").status == 404


def test_the_request_comes_back_as_it_was_read(served, api):
    for path in ("/api/v1/tests/requests", "/api/v1/requests"):
        r = api.get(path + "?a=1&b=%41", headers={"X-Test": "y\"<z>", "Authorization": "Basic c2VjcmV0", "Cookie": "k=v"})
        d = r["data"]
        assert list(d) == ["uri", "path", "METHOD", "headers", "server"]
        assert d["uri"] == "http://127.0.0.1:%d%s?a=1&b=%%41" % (served.api_port, path)
        assert d["path"] == path and d["METHOD"] == "GET"
        assert d["headers"]["X-Test"] == "y\"<z>" and d["headers"]["Host"] == "127.0.0.1:%d" % served.api_port
        assert d["headers"]["Authorization"] == d["headers"]["Cookie"] == "***"
        check(Obj(("sigature", "SRS"), ("version", str), ("link", str), ("time", int)), d["server"])
    assert parse(api.ask("PUT", "/api/v1/tests/requests").body.decode())["data"]["METHOD"] == "PUT"


def test_redirects_lead_to_errors(api):
    r = api.ask("GET", "/api/v1/tests/redirects?x=1")
    assert r.status == 301 and r.headers["Location"] == "/api/v1/tests/errors?x=1"


# -- errors ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("path, code", [
    ("/api/v1/vhosts/vid-nobody0", 2014), ("/api/v1/streams/vid-nobody0", 2048), ("/api/v1/clients/nobody00", 2049),
    ("/api/v1/raw?rpc=reload", 1061), ("/api/v1/raw", 1061)])
def test_what_is_not_there_is_a_code(api, path, code):
    check(Obj(("code", code)), api.get(path))


@pytest.mark.parametrize("path", ["/nothing", "/api/nothing", "/api/v1/nothing", "/api/v1/versions/x", "/api/v1/versions//",
                                  "/api/v2/versions", "/api/v1/%00", "/api/v1/perf", "/api/v1/tcmalloc", "/api/v1/valgrind",
                                  "/api/v1/signal", "/api/v1/gb28181"])
def test_an_unknown_path_is_404_in_status_and_body(api, path):
    r = api.ask("GET", path)
    if path.endswith("%00"):
        assert r.status == 400                                        # never a path
    else:
        assert r.status == 404
        check(Obj(("code", 404)), parse(r.body.decode()))


def test_a_host_called_error_srs_com_poisons_nothing(api):
    host = {"Host": "error.srs.com"}
    check(VERSIONS, api.get("/api/v1/versions", headers=host))
    check(Obj(("code", 100)), api.get("/api/v1/tests/errors", headers=host))


@pytest.mark.parametrize("method, path, allow", [
    ("POST", "/api/v1/vhosts/", "GET"), ("PUT", "/api/v1/streams/", "GET"), ("PUT", "/api/v1/clients/", "DELETE")])
def test_a_method_that_an_endpoint_has_not_is_405(api, method, path, allow):
    r = api.ask(method, path)
    assert r.status == 405 and allow in r.headers["Allow"]


@pytest.mark.parametrize("method, path, allow", [
    ("PUT", "/api/v1/streams/ID", "GET"), ("POST", "/api/v1/vhosts/ID", "GET"), ("PUT", "/api/v1/clients/ID", "DELETE"),
    ("PATCH", "/api/v1/clients/", "DELETE")])
def test_a_refused_method_is_told_in_json(served, api, method, path, allow):
    with served.publisher("s"):
        ids = {"streams": api.stream("s")["id"], "clients": api.clients()[0]["id"],
               "vhosts": api.get("/api/v1/vhosts/")["vhosts"][0]["id"]}
        r = api.ask(method, path.replace("ID", ids[path.split("/")[3]]))
        assert r.status == 405 and r.headers["Content-Type"] == "application/json" and allow in r.headers["Allow"]
        check(Obj(("code", 405)), parse(r.body.decode()))
        assert api.client("fmle-publish")


@pytest.mark.parametrize("path", [p for p in STATIC if not p.endswith("/")])
def test_a_slash_at_the_end_changes_nothing(served, api, path):
    slashed = path.replace("?", "/?") if "?" in path else path + "/"
    check(STATIC[path], api.get(slashed), slashed)
    assert api.ask("HEAD", slashed).status == api.ask("POST", slashed).status == 200
    assert api.ask("GET", "/api/v1/tests/redirects/").status == 301
    check(VERSIONS, Api(served, served.http_port).get("/api/v1/versions/"))


def test_a_missing_slash_is_redirected_for_get_alone(served, api):
    for path in ("/api", "/api/v1", "/api/v1/vhosts", "/api/v1/streams", "/api/v1/clients"):
        r = api.ask("GET", path + "?a=b")
        assert (r.status, r.headers["Location"]) == (302, path + "/?a=b")
    check(STATIC["/api/v1/"], parse(api.ask("POST", "/api/v1").body.decode()))
    check(STATIC["/api/"], parse(api.ask("POST", "/api").body.decode()))


def test_head_has_the_fields_and_no_body(served):
    c = http.client.HTTPConnection("127.0.0.1", served.api_port, timeout=patience())
    for path in ("/api/v1/versions", "/api/v1/clients/"):
        c.request("HEAD", path)
        r = c.getresponse()
        assert r.status == 200 and int(r.headers["Content-Length"]) > 50 and r.read() == b""
    c.close()


# -- JSONP and pages of other sites ---------------------------------------------------------------------------------

def test_jsonp_wraps_the_answer(api):
    for name in ("f", "jQuery123_456", "angular.callbacks._0", "$", "_x"):
        r = api.ask("GET", "/api/v1/versions?callback=" + name)
        assert r.status == 200 and r.headers["Content-Type"] == "text/javascript"
        body = r.body.decode()
        assert body.startswith(name + "(") and body.endswith(")")
        check(VERSIONS, parse(body[len(name) + 1:-1]))
        assert r.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["alert(1);f", "1f", ".f", "f-g", "a%20b", "a%22", "%3Cscript%3E", "%C3%A9", "f" * 65])
def test_a_callback_that_is_no_name_is_refused(api, name):
    r = api.ask("GET", "/api/v1/versions?callback=" + name)
    assert r.status == 400 and r.headers["Content-Type"] == "application/json"
    check(Obj(("code", 4058)), parse(r.body.decode()))


def test_an_empty_callback_is_none(api):
    check(VERSIONS, api.get("/api/v1/versions?callback="))


def test_jsonp_cannot_kick_unless_it_is_configured(served, api):
    with served.publisher("s"):
        path = "/api/v1/clients/%s?callback=f&method=" % api.client("fmle-publish")["id"]
        for method in ("DELETE", "POST", "PUT", "delete", "BREW"):
            r = api.ask("GET", path + method)
            assert r.status == 405 and r.body == b'f({"code":405})'
        assert api.ask("GET", path + "GET").status == 200
        assert api.client("fmle-publish")
        served.reload(CONF, api="jsonp_delete on;")
        assert api.ask("GET", path.replace("callback=f&", "") + "DELETE").status == 200     # without JSONP the parameter `method` does not count
        assert api.client("fmle-publish")
        assert api.ask("GET", path + "DELETE").body.startswith(b'f({"code":0,')
        until(lambda: not api.clients(), "the kick")


def test_other_sites_may_read_where_crossdomain_is_on(served, api):
    origin = {"Origin": "http://elsewhere.example"}
    assert api.ask("GET", "/api/v1/versions", headers=origin).headers["Access-Control-Allow-Origin"] == "*"
    r = api.ask("OPTIONS", "/api/v1/clients/x", headers={**origin, "Access-Control-Request-Method": "DELETE"})
    assert r.status == 200 and r.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS" and r.body == b""
    assert r.headers["Access-Control-Allow-Headers"] == "*"
    r = api.ask("OPTIONS", "/api/v1/clients/x", headers={**origin, "Access-Control-Request-Headers": "authorization,x-a"})
    assert r.headers["Access-Control-Allow-Headers"] == "*, Authorization"
    r = api.ask("OPTIONS", "/api/v1/clients/x", headers={"Origin": "http://127.0.0.1:8080"})
    assert r.status == 200 and r.headers["Access-Control-Allow-Methods"] == "*"
    served.reload(CONF, api="crossdomain off;")                       # the API's own directive, not http_server's
    assert "Access-Control-Allow-Origin" not in api.ask("GET", "/api/v1/versions", headers=origin).headers
    assert api.ask("OPTIONS", "/api/v1/clients/x", headers=origin).status == 405
    there = Api(served, served.http_port).ask("GET", "/nothing", headers=origin).headers
    assert there["Access-Control-Allow-Origin"] == there["Access-Control-Allow-Methods"] == "*"


CHROMIUM = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"}
ELSEWHERE = [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://evil.example:1985", **CHROMIUM},
             {"Referer": "http://evil.example/127.0.0.1", **CHROMIUM}, {"Sec-Fetch-Site": "cross-site", **CHROMIUM},
             {"Sec-Fetch-Site": "same-site", **CHROMIUM}, {"Origin": "http://127.0.0.1.evil.example"}]
HERE = [{}, {"Origin": "http://127.0.0.1:8080"}, {"Referer": "http://127.0.0.1:8080/console/", **CHROMIUM},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://console.example"}, {"Sec-Fetch-Site": "none", **CHROMIUM}]


@pytest.mark.parametrize("fields", ELSEWHERE)
def test_a_page_of_another_site_changes_nothing_and_learns_no_token(make_server, fields):
    server = make_server(CONF, api=RAW + "jsonp_delete on;", http="")
    api = Api(server)
    with server.publisher("s", tc_url="rtmp://u:SECRET@127.0.0.1/live?token=SECRET", app="live"):
        name = api.client("fmle-publish")["id"]
        assert api.client("fmle-publish")["tcUrl"] == "rtmp://***@127.0.0.1/live?token=***"
        for method, path in (("DELETE", "/api/v1/clients/" + name), ("GET", "/api/v1/raw?rpc=reload"),
                             ("POST", "/api/v1/raw?rpc=reload"), ("GET", "/api/v1/raw?rpc=reload&callback=f"),
                             ("GET", "/api/v1/clients/%s?callback=f&method=DELETE" % name)):
            r = api.ask(method, path, headers=fields)
            assert r.status == 403 and b'{"code":403}' in r.body, (method, path, r)
        for path in ("clients/", "clients/" + name, "streams/", "streams/" + api.stream("s")["id"], "vhosts/", "raw?rpc=raw",
                     "self_proc_stats", "summaries", "requests"):
            for query in ("", "?callback=f"):
                r = api.ask("GET", "/api/v1/" + path + ("&callback=f" if query and "?" in path else query), headers={
                    **fields, "X-Internal": "SECRET"})
                assert r.status == 200 and b"SECRET" not in r.body, (path, r)
        c, = api.get("/api/v1/clients/", headers=fields)["clients"]
        assert (c["tcUrl"], c["ip"], c["name"], c["id"]) == ("rtmp://127.0.0.1/live", "", "s", name)
        assert not re.search("starting reload", server.log)
        assert api.client("fmle-publish")["id"] == name


@pytest.mark.parametrize("fields", HERE)
def test_a_page_of_this_host_and_no_page_may_do_all(make_server, fields):
    server = make_server(CONF, api=RAW, http="")
    api = Api(server)
    with server.publisher("s", tc_url="rtmp://127.0.0.1/live?token=SECRET", app="live"):
        c, = api.get("/api/v1/clients/", headers=fields)["clients"]
        assert c["tcUrl"].endswith("?token=***") and c["ip"] == "127.0.0.1"
        assert api.get("/api/v1/raw?rpc=reload", headers=fields) == {"code": 0}
        server.wait_log("reload config success")
        r = api.ask("DELETE", "/api/v1/clients/" + c["id"], headers=fields)
        assert r.status == 200
        until(lambda: not api.clients(), "the kick")


def test_a_page_of_this_host_kicks_by_jsonp_and_a_nameless_one_is_told_why_not(served, api):
    with served.publisher("s"):
        path = "/api/v1/clients/%s?callback=f&method=DELETE" % api.client("fmle-publish")["id"]
        for fields in ({}, CHROMIUM, {"Referer": "http://evil.example/", **CHROMIUM}):
            assert api.ask("GET", path, headers=fields).body == b'f({"code":405})'
        served.wait_log(r"\[WARN\].*method=DELETE is refused.*jsonp_delete")
        assert api.client("fmle-publish")
        r = api.ask("GET", path, headers={"Referer": "http://127.0.0.1:8080/console/ng_index.html", **CHROMIUM})
        assert r.body.startswith(b'f({"code":0,')
        until(lambda: not api.clients(), "the kick")


def test_a_browser_that_names_no_page_changes_nothing_by_get(make_server):
    server = make_server(CONF, api=RAW + "jsonp_delete on;")
    api = Api(server)
    with server.publisher("s"):
        path = "/api/v1/clients/" + api.client("fmle-publish")["id"]
        assert api.ask("GET", "/api/v1/raw?rpc=reload", headers=CHROMIUM).status == 403
        assert api.ask("GET", path + "?callback=f&method=DELETE", headers=CHROMIUM).status == 403
        assert api.ask("GET", path, headers=CHROMIUM).status == 200
        assert api.ask("DELETE", path, headers=CHROMIUM).status == 200   # a page of another site would have sent its Origin


@pytest.mark.parametrize("fields", [{}, CHROMIUM, {"Origin": "http://evil.example:1985", **CHROMIUM},
                                    {"Referer": "http://evil.example:1985/", **CHROMIUM}])
def test_a_name_that_is_made_to_lead_here_learns_and_changes_nothing(make_server, fields):
    server = make_server(CONF + " vhost own.example { }", api=RAW, http="")
    api = Api(server)
    with server.publisher("s"):
        client = "/api/v1/clients/" + api.client("fmle-publish")["id"]
        for method, path in (("GET", "/api/v1/clients/"), ("GET", client), ("DELETE", client), ("GET", "/api/v1/streams/"),
                             ("GET", "/api/v1/vhosts/"), ("GET", "/api/v1/raw?rpc=reload"),
                             ("GET", "/api/v1/streams/?callback=f")):
            r = api.ask(method, path, headers={"Host": "evil.example:1985", **fields})
            assert r.status == 403 and b'{"code":403}' in r.body, (method, path, r)
        server.wait_log("Host evil.example:1985 is no name of this server")
        check(VERSIONS, api.get("/api/v1/versions", headers={"Host": "evil.example"}))        # health checks may use any name
        for host in ("own.example", "localhost:1985", "[::1]", "srs", "srs.default.svc.cluster.local"):
            assert api.get("/api/v1/clients/", headers={"Host": host})["clients"]
        page = Api(server, server.http_port)
        assert page.ask("GET", "/none.html", headers={"Host": "evil.example", **fields}).status == 404
    server.reload(api=RAW + "trusted_hosts evil.example;")
    assert api.get("/api/v1/clients/", headers={"Host": "evil.example", **fields})["clients"] == []


def test_a_password_proves_as_much_as_the_name(make_server):
    server = make_server(CONF, api="auth { enabled on; username u; password p; }")
    api = Api(server, headers={"Authorization": "Basic " + base64.b64encode(b"u:p").decode()})
    assert api.get("/api/v1/clients/", headers={"Host": "live.example"})["clients"] == []
    for method, path in (("DELETE", "/api/v1/clients/x"), ("POST", "/api/v1/raw?rpc=reload")):
        assert api.ask(method, path, headers={"Origin": "http://evil.example"}).status == 403


def test_no_load_address_is_told(api):
    d = until(lambda: [s for s in [api.get("/api/v1/self_proc_stats")["data"]] if s["ok"]], "ok")[0]
    for name in ("startcode", "endcode", "startstack", "kstkesp", "kstkeip", "wchan"):
        assert d[name] == 0
    assert 0 < d["rsslim"] < 1 << 53 and d["vsize"] > 0


def test_with_auth_every_api_path_asks_for_the_password(make_server):
    server = make_server(CONF, api="auth { enabled on; username admin; password a:b; }", http="")
    right = {"Authorization": "Basic " + base64.b64encode(b"admin:a:b").decode()}
    wrong = {"Authorization": "Basic " + base64.b64encode(b"admin:a").decode()}
    for path in list(STATIC)[1:]:
        for headers in ({}, wrong, {"Authorization": "Bearer x"}):
            r = Api(server).ask("GET", path, headers=headers)
            assert r.status == 401 and r.headers["WWW-Authenticate"].startswith("Basic"), path
        check(STATIC[path], Api(server).get(path, headers=right))
    assert Api(server, server.http_port).ask("GET", "/api/v1/versions").status == 401
    assert Api(server).ask("DELETE", "/api/v1/clients/x").status == 401
    assert Api(server).ask("GET", "/").status == 200
    assert Api(server).ask("OPTIONS", "/api/v1/versions").status == 200


# -- pages ----------------------------------------------------------------------------------------------------------

def test_a_page_has_as_many_as_were_asked_for(served, api):
    publishers = [served.publisher("s%02d" % i) for i in range(25)]
    for kind in ("streams", "clients"):
        def page(query):
            return [e["name"] for e in api.get("/api/v1/%s/%s" % (kind, query))[kind]]
        everything = ["s%02d" % i for i in range(25)]                  # in the order of arrival
        assert page("") == everything[:10]
        assert page("?count=1") == everything[:1]
        assert page("?start=3&count=4") == everything[3:7]
        assert page("?start=20") == everything[20:]
        assert page("?start=25") == page("?start=99999999999999999999") == page("?count=0") == []
        assert page("?count=1000000000") == everything
        for garbage in ("-1", "x", "1x", "", "%20", "1.5"):
            assert page("?start=%s&count=%s" % (garbage, garbage)) == everything[:10]
    assert len(api.get("/api/v1/vhosts/?count=1")["vhosts"]) == 1
    gone = publishers.pop(3)
    gone.close()
    until(lambda: len(api.clients()) == 24, "s03 to leave")
    assert [s["name"] for s in api.get("/api/v1/streams/?start=2&count=3")["streams"]] == ["s02", "s04", "s05"]
    for p in publishers:
        p.close()


def test_a_long_list_comes_in_pieces_and_whole(served, api, swarm):
    n = 400                                                           # about 150 KB
    with Live(served):
        swarm.wait_playing(swarm.add("127.0.0.1", served.port, served.tc_url(), "s", n))
        r = api.ask("GET", "/api/v1/clients/?count=10000")
        assert r.headers["Transfer-Encoding"] == "chunked"
        clients = parse(r.body.decode())["clients"]
        check([CLIENT], clients)
        assert len(clients) == len({c["id"] for c in clients}) == n + 1
        wrapped = api.ask("GET", "/api/v1/clients/?count=10000&callback=f").body.decode()
        assert len(parse(wrapped[2:-1])["clients"]) == n + 1
        assert api.ask("HEAD", "/api/v1/clients/?count=10000").body == b""


def bodies(raw):
    """The bodies of consecutive chunked replies; None when the last one is not whole."""
    found, at = [], 0
    while at < len(raw):
        head = raw.find(b"\r\n\r\n", at)
        if head < 0:
            return None
        assert b"Transfer-Encoding: chunked" in raw[at:head], raw[at:head]
        body, at = b"", head + 4
        while True:
            end = raw.find(b"\r\n", at)
            size = int(raw[at:end], 16) if end > 0 else 0
            if end < 0 or end + 2 + size + 2 > len(raw):
                return None
            body += raw[end + 2:end + 2 + size]
            at = end + 2 + size + 2
            if size == 0:
                break
        found.append(body)
    return found


def test_a_list_that_nobody_takes_waits_while_its_members_leave(served, api, swarm, witness):
    n, n_lists = 500, 30                                              # about 5 MB, more than the sockets hold
    witness(served)
    with Live(served), socket.socket() as lazy:
        players = swarm.add("127.0.0.1", served.port, served.tc_url(), "s", n)
        swarm.wait_playing(players)
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.settimeout(patience())
        lazy.connect(("127.0.0.1", served.api_port))
        lazy.sendall(b"GET /api/v1/clients/?count=10000 HTTP/1.1\r\nHost: x\r\n\r\n" * n_lists)
        got = bytearray(lazy.recv(1000))
        for c in [c for c in api.clients() if c["type"] == "rtmp-play" and c["name"] == "s"][::2]:
            api.kick(c["id"])
        until(lambda: len(api.clients()) == 3 + n // 2, "half of them to leave")
        whole = None
        while whole is None or len(whole) < n_lists:
            got += lazy.recv(1 << 20)
            whole = bodies(bytes(got)) if got.endswith(b"0\r\n\r\n") else None
        counts = []
        for body in whole:
            clients = parse(body.decode())["clients"]
            check([CLIENT], clients)
            assert len({c["id"] for c in clients}) == len(clients)
            counts.append(len(clients))
        assert counts[0] > counts[-1] == 3 + n // 2
        assert counts == sorted(counts, reverse=True)


# -- one port -------------------------------------------------------------------------------------------------------

def test_one_port_may_serve_api_and_files(make_server):
    server = make_server(CONF, api="", http="")
    server.api_port = server.http_port
    os.makedirs(server.html)
    with open(os.path.join(server.html, "index.html"), "w") as f:
        f.write("the page")
    server.reload(CONF)
    api = Api(server)
    assert api.ask("GET", "/").body == b"the page"
    for path in list(STATIC)[1:]:
        check(STATIC[path], api.get(path), path)
    assert api.get("/api/v1/nothing", status=404) == {"code": 404}
    assert api.ask("GET", "/nothing").status == 404


# -- numbers --------------------------------------------------------------------------------------------------------

HANDSHAKE = 1 + 2 * 1536


def test_the_numbers_are_those_that_the_clients_counted(served, api):
    n = 120
    source = Numbered(size=20000)
    publisher = served.publisher("s")
    players = [served.player() for _ in range(3)]
    feeder = Feeder(publisher, source.tags(n), speed=2.0)
    for player in players:
        until(lambda: (VIDEO, n - 1) in map(number_of, player.messages[-10:]) or not player.pump(1), "the last frame")
    feeder.join()
    feeder.check()
    publisher.barrier()
    for player in players:                                         # the audio frame after it
        until(lambda: (AUDIO, n - 1) in map(number_of, player.messages[-10:]) or not player.pump(1), "the last frame")
    payload = sum(len(t.payload) for t in feeder.sent)

    s = api.stream("s")
    assert s["frames"] == n and s["clients"] == 4
    got = [HANDSHAKE + player.session.reader.total for player in players]

    def settled():
        return sorted(c["send_bytes"] for c in api.clients() if not c["publish"]) == sorted(got)
    until(settled, lambda: "%s, is %s" % (got, [c["send_bytes"] for c in api.clients()]))
    one = api.client("fmle-publish")
    assert payload < one["recv_bytes"] < payload * 1.05 + HANDSHAKE + 2000
    s, v = api.stream("s"), api.get("/api/v1/vhosts/")["vhosts"][0]
    total = api.get("/api/v1/summaries")["data"]["system"]
    assert s["recv_bytes"] == v["recv_bytes"] == total["srs_recv_bytes"] == sum(c["recv_bytes"] for c in api.clients())
    assert s["send_bytes"] == v["send_bytes"] == total["srs_send_bytes"] == sum(c["send_bytes"] for c in api.clients())
    assert v["clients"] == 4 and v["streams"] == 1 and total["conn_srs"] == 4

    alive = one["alive"]                                              # for the first 30 s it is the mean since the client came
    if alive < 29:
        assert 0.3 * payload * 8 / 1000 / alive < one["kbps"]["recv_30s"] < 3 * payload * 8 / 1000 / alive
    for player in players:
        player.close()
    publisher.close()
    until(lambda: not api.clients(), "all to leave")
    v = api.get("/api/v1/vhosts/")["vhosts"][0]                       # traffic of clients that have left still counts, the clients do not
    assert v["clients"] == v["streams"] == 0 and v["send_bytes"] >= sum(got)
    until(lambda: api.streams() == [], "the stream to go")


@pytest.mark.parametrize("players", [0, 3])
def test_the_frame_rate_is_the_one_at_which_frames_come(served, api, players):
    with Live(served), contextlib.ExitStack() as held:
        for _ in range(players):
            held.enter_context(served.player("s"))
        until(lambda: 23 < ((api.stream("s") or {}).get("video") or {}).get("fps", 0) < 27, lambda: str(api.stream("s")))
        assert api.stream("s")["video"]["gop"] == 1.0                  # 25 pictures at 25 a second


def test_handshakes_and_commands_are_counted(served, api):
    with served.publisher("s"), served.player("s"):
        until(lambda: all(min(c["send_bytes"], c["recv_bytes"]) > HANDSHAKE for c in api.clients()), lambda: str(api.clients()))
        for c in api.clients():
            assert HANDSHAKE < c["recv_bytes"] < HANDSHAKE + 2000 and HANDSHAKE < c["send_bytes"] < HANDSHAKE + 4000
    with served.publisher("s0") as p:                                 # each counts once on a connection
        p.unpublish()
        p.publish("s1")
        until(lambda: api.client("fmle-publish")["send_bytes"] > 0, "a sample")
        assert api.client("fmle-publish")["recv_bytes"] < HANDSHAKE


def test_frames_are_told_at_once(served, api):
    with served.publisher("s") as p:
        p.send_tags(Numbered().tags(7))
        p.barrier()
        assert api.stream("s")["frames"] == 7


def test_http_players_are_counted_as_they_count(served, api):
    n = 60
    source = Numbered(size=20000)
    with served.publisher("s") as publisher, socket.create_connection(("127.0.0.1", served.http_port)) as player:
        player.settimeout(patience())
        player.sendall(b"GET /live/s.flv?secret=x HTTP/1.1\r\nHost: cdn.example:80\r\nReferer: http://page.example/\r\n\r\n")
        got = bytearray(player.recv(1 << 16))
        publisher.send_tags(source.tags(n))
        last = b"n audio %08d;" % (n - 1)
        while last not in got:
            got += player.recv(1 << 16)
        player.settimeout(0.1)                                        # and the end of that frame's chunk
        with contextlib.suppress(TimeoutError):
            while True:
                got += player.recv(1 << 16)
        c = until(lambda: [c for c in api.clients() if c["type"] == "flv-play" and c["send_bytes"] >= len(got)],
                  lambda: "%d bytes: %s" % (len(got), api.clients()))[0]
        assert c["send_bytes"] == len(got)                            # all bytes, those of the head too
        assert c["name"].startswith("s") and c["url"] == "/live/s" and c["publish"] is False
        assert c["pageUrl"] == "http://page.example/" and c["ip"] == "127.0.0.1"
        assert api.stream("s")["clients"] == 2


def aac_48000_mono():
    return Tag(AUDIO, 0, aac(0, bytes.fromhex("1188")))               # AAC-LC, index 3: 48 kHz, one channel


def avc_of_level(level):
    """An AVC configuration with this level, both in the record and in its SPS."""
    constrained_baseline = bytes.fromhex("42c0")
    return Tag(VIDEO, 0, AVC_CONFIG.replace(constrained_baseline + b"\x0b", constrained_baseline + bytes([level])))


@pytest.mark.parametrize("level, text", [(11, "1.1"), (30, "3"), (42, "4.2"), (52, "5.2")])
def test_the_codec_details_are_those_of_the_configuration(served, api, level, text):
    source = Numbered()
    with served.publisher("s") as p:
        assert api.stream("s")["video"] is None and api.stream("s")["audio"] is None
        p.send_tags([source.configs()[0], aac_48000_mono(), avc_of_level(level), source.video(0), source.audio(0)])
        p.barrier()
        s = api.stream("s")
        v = s["video"]
        assert (v["codec"], v["profile"], v["level"]) == ("H264", "Baseline(Constrained)", text)
        assert (v["width"], v["height"]) == (160, 120)
        assert s["audio"] == {"codec": "AAC", "sample_rate": 48000, "channel": 1, "profile": "LC"}


def test_newer_codecs_are_named(served, api):
    import media
    for clip, video_codec, audio_codec in (("hevc_aac.mp4", "HEVC", "AAC"), ("av1_opus.mp4", "AV1", "Opus")):
        with served.publisher(clip) as p:
            p.send_tags(media.tags(clip)[:40])
            p.barrier()
            s = api.stream(clip)
            assert s["video"]["codec"] == video_codec and s["audio"]["codec"] == audio_codec
            assert (s["video"]["width"], s["video"]["height"]) == (160, 120)


# -- streams and their publishers -----------------------------------------------------------------------------------

def test_a_stream_tells_who_publishes_since_when(served, api):
    with served.player("s") as player:
        s = api.stream("s")                                           # a player waits for it, but it is not published yet
        check(STREAM, s)
        assert s["publish"] == {"active": False} and s["live_ms"] == 0 and s["clients"] == 1
        began = time.time() * 1000
        with served.publisher("s", chunk_size=128) as p:
            p.send_tags(Numbered().tags(3))
            p.barrier()
            s = api.stream("s")
            assert s["publish"] == {"active": True, "cid": api.client("fmle-publish")["id"]}
            assert began - 1000 < s["live_ms"] <= time.time() * 1000 + 1000
            assert api.stream("s")["live_ms"] == s["live_ms"]         # the time of its beginning, not the present time
            assert api.get("/api/v1/vhosts/")["vhosts"][0]["streams"] == 1
            first = s
        until(lambda: not api.stream("s")["publish"]["active"], "the end")
        s = api.stream("s")
        assert s["publish"]["cid"] == first["publish"]["cid"] and s["id"] == first["id"]
        assert s["video"] is None and s["audio"] is None
        assert api.get("/api/v1/vhosts/")["vhosts"][0]["streams"] == 0
        player.drain()
    until(lambda: api.streams() == [], "the stream to go with its last client")


def test_publishing_again_on_one_connection_leaves_nothing_behind(served, api):
    with served.publisher("s0") as p:
        for i in range(1, 6):
            p.unpublish()
            p.publish("s%d" % i)
        assert [s["name"] for s in api.streams()] == ["s5"] and len(api.clients()) == 1
        vhost = api.get("/api/v1/vhosts/")["vhosts"][0]
        assert vhost["clients"] == vhost["streams"] == 1
    until(lambda: not api.clients(), "it to leave")


def test_names_are_told_as_they_were_published(served, api):
    names = ["room.1", "room.2", "é", "x.flv", "100%", "a+b&c"]
    publishers = [served.publisher(name) for name in names]
    assert [s["name"] for s in api.streams()] == names
    assert [s["url"] for s in api.streams()] == ["/live/" + name for name in names]
    assert [c["name"] for c in api.clients()] == names
    for p in publishers:
        p.close()


def test_names_made_to_do_harm_come_out_as_they_are(served, api):
    names = ["<script>alert(1)", "\"'\\", "a\u2028b", "--><!--", "\U0001f3a5"]
    publishers = []
    for name in names:
        try:
            publishers.append(served.publisher(name))
        except (Refused, Closed):
            pass                                                      # it may be refused, but must not do harm
    assert len(publishers) >= 3
    for path in ("/api/v1/streams/", "/api/v1/clients/", "/api/v1/streams/?callback=f"):
        body = api.ask("GET", path).body
        assert b"<" not in body and b">" not in body and "\u2028".encode() not in body
    told = [s["name"] for s in api.streams()]
    assert set(told) <= set(names) and len(told) == len(publishers)
    for p in publishers:
        p.close()


def test_bytes_that_are_no_utf8_make_no_bad_json(served, api):
    with served.client() as c:
        c.create_stream()
        name = b"x\xff\xc3y"
        body = amf0.encode("publish", 9, None) + b"\x02" + struct.pack(">H", len(name)) + name + amf0.encode("live")
        c.send(Message(COMMAND, 0, body, c.msid, 3))
        c.wait_status("NetStream.Publish.Start")
        assert [s["name"] for s in api.streams()] == ["x\ufffd\ufffdy"]


def test_vhosts_are_listed_once_they_had_a_client(make_server):
    conf = CONF + " vhost two.example { }"
    server = make_server(conf, api="")
    api = Api(server)
    assert api.get("/api/v1/vhosts/")["vhosts"] == []
    with server.publisher("s", tc_url="rtmp://two.example/live"):
        v = api.get("/api/v1/vhosts/")["vhosts"]
        assert [(e["name"], e["enabled"], e["clients"], e["streams"]) for e in v] == [("two.example", True, 1, 1)]
        s, = api.streams()
        assert s["vhost"] == v[0]["id"] and s["url"] == "two.example/live/s" and s["tcUrl"] == "rtmp://two.example/live"
        assert api.clients()[0]["vhost"] == v[0]["id"] and api.clients()[0]["stream"] == s["id"]
    until(lambda: not api.clients(), "it to leave")
    server.reload(CONF + " vhost two.example { enabled off; }")
    assert [e["enabled"] for e in api.get("/api/v1/vhosts/")["vhosts"]] == [False]
    server.reload(CONF)                                               # the vhost is gone, but stays in the list
    assert [(e["name"], e["enabled"]) for e in api.get("/api/v1/vhosts/")["vhosts"]] == [("two.example", False)]


# -- kicks ----------------------------------------------------------------------------------------------------------

KICKED = Obj(*IDENTITY)


def test_a_player_is_kicked_and_nobody_else(served, api, witness):
    witness(served)
    with Live(served), served.player() as kicked, served.player() as other:
        other.wait_media(1)
        first = [c for c in api.clients() if c["type"] == "rtmp-play" and c["name"] == "s"][0]
        mark = served.mark()
        check(KICKED, api.kick(first["id"]))
        kicked.wait_closed()
        served.wait_log(r"\[%s\]\[\d+\] server disconnect\. ret=1070" % first["id"], since=mark)
        other.wait_media(5)
        assert api.get("/api/v1/clients/" + first["id"]) == {"code": 2049}
        assert api.kick(first["id"]) == {"code": 2049}


def test_a_publisher_is_kicked_and_may_come_again(served, api):
    with served.player() as player:
        p = served.publisher("s")
        p.send_tags(Numbered().tags(5))
        check(KICKED, api.kick(api.client("fmle-publish")["id"]))
        p.wait_closed()
        until(lambda: not api.stream("s")["publish"]["active"], "the stream to be free")
        with served.publisher("s") as again:
            again.send_tags(Numbered(name="again").tags(5))
            until(lambda: any(b"again video" in m.payload for m in player.media()) or not player.pump(5), "the new publish")


def test_an_http_player_is_kicked(served, api):
    with Live(served), socket.create_connection(("127.0.0.1", served.http_port)) as player:
        player.settimeout(patience())
        player.sendall(b"GET /live/s.flv HTTP/1.1\r\nHost: x\r\n\r\n")
        assert player.recv(1 << 16)
        check(KICKED, api.kick(api.client("flv-play")["id"]))
        while player.recv(1 << 16):
            pass


@pytest.mark.parametrize("client_id", ["", "nobody00", "x" * 3000, "%2e%2e%2fversions", "%00", "../../x"])
def test_a_kick_of_nobody_harms_nobody(served, api, client_id):
    with Live(served):
        r = api.ask("DELETE", "/api/v1/clients/" + client_id)
        assert r.status in (200, 400, 404) and (r.status != 200 or r.body == b'{"code":2049}')
        assert len(api.clients()) == 1


# -- raw ------------------------------------------------------------------------------------------------------------

def test_raw_is_what_the_configuration_in_force_allows(served, api):
    def flags():
        raw = api.get("/api/v1/raw?rpc=raw")
        check(RAW_API, raw)
        return raw["http_api"]["raw_api"]["enabled"], raw["http_api"]["raw_api"]["allow_reload"]
    assert flags() == (False, False)
    served.reload(CONF, api="raw_api { enabled on; }")
    assert flags() == (True, False)
    assert api.get("/api/v1/raw?rpc=reload") == {"code": 1061}
    assert api.get("/api/v1/raw?rpc=reload-fetch")["code"] == 0
    for rpc in ("", "?rpc=", "?rpc=nonsense"):
        assert api.get("/api/v1/raw" + rpc) == {"code": 1060}
    for rpc in ("?rpc=query&scope=global", "?rpc=update&scope=listen&value=1"):
        assert api.get("/api/v1/raw" + rpc) == {"code": 1061}
    served.reload(CONF, api=RAW)
    assert flags() == (True, True)
    assert api.get("/api/v1/raw?rpc=reload") == {"code": 0}
    served.reload(CONF, api="raw_api { enabled off; }")
    assert api.get("/api/v1/raw?rpc=reload-fetch") == {"code": 1061}


def fetch(api):
    r = api.get("/api/v1/raw?rpc=reload-fetch")
    check(RELOAD_FETCH, r)
    return r["data"]


def reload_by_api(api, state):
    before = fetch(api)["rid"]
    assert api.get("/api/v1/raw?rpc=reload") == {"code": 0}
    return until(lambda: [d for d in [fetch(api)] if d["rid"] != before and d["state"] == state],
                 lambda: "state %d: %s" % (state, fetch(api)))[0]


def test_a_reload_by_the_api_says_how_it_went(make_server):
    server = make_server(CONF, api=RAW)
    api = Api(server)
    assert fetch(api) == {"err": 0, "msg": "Success", "state": 0, "rid": ""}
    server.write_conf(CONF, api=RAW + "jsonp_delete on;")
    done = reload_by_api(api, 90)
    assert done["err"] == 0 and done["msg"] == "Success" and re.fullmatch(r"[0-9a-z]{7}", done["rid"])
    server.wait_log("reload config success")
    server.write_conf("vhost __defaultVhost__ { nonsense on; }")
    bad = reload_by_api(api, 20)
    assert bad["err"] == 1023 and bad["msg"].startswith("code=1023(ConfigInvalid) : ") and "nonsense" in bad["msg"]
    with server.publisher("s"):
        assert api.stream("s")                                        # the configuration stays as it was
    server.write_conf(CONF, api=RAW)
    assert reload_by_api(api, 90)["err"] == 0


# -- load -----------------------------------------------------------------------------------------------------------

def test_a_thousand_polls_while_streams_come_and_go(served, api, witness):
    witness(served)
    stop = threading.Event()
    errors = []

    def churn(name):
        try:
            while not stop.is_set():
                with served.publisher(name) as p, served.player(name):
                    p.send_tags(Numbered().tags(3))
                    p.barrier()
        except Exception as e:
            errors.append(e)
    threads = [threading.Thread(target=churn, args=("c%d" % i,), daemon=True) for i in range(3)]
    for t in threads:
        t.start()
    paths = ["/api/v1/%s" % p for p in ("streams/?count=3", "clients/?start=1", "vhosts/", "summaries", "versions")]

    def poll(n):
        for i in range(n):
            assert api.poll(paths[i % len(paths)])["code"] == 0
    try:
        poll(300)
        fds, rss = served.n_fds(), served.rss_kib()
        poll(700)
        assert served.rss_kib() < rss + 4096
    finally:
        stop.set()
        for t in threads:
            t.join()
        api.close()
    assert not errors, errors
    served.wait_fds(fds + 5)
    until(lambda: {s["app"] for s in api.streams()} == {"witness"}, "the streams to go")
    assert api.get("/api/v1/vhosts/")["vhosts"][0]["clients"] == 2


def test_wrk_finds_no_error(served, witness):
    witness(served)
    with Live(served), served.player():
        for path in ("/api/v1/versions", "/api/v1/clients/"):
            out = subprocess.run(["wrk", "-t1", "-c20", "-d2s", "http://127.0.0.1:%d%s" % (served.api_port, path)],
                                 capture_output=True, text=True, timeout=patience(30)).stdout
            assert "Requests/sec" in out and "Socket errors" not in out and "Non-2xx" not in out, out
