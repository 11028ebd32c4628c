"""Where a stream is published: /api/v1/clusters, as the origins of a cluster of SRS ask it."""
import pytest

from api import Api, Obj, check, parse
from srs import free_port, publish

URL = "/api/v1/clusters?vhost=%s&ip=1.2.3.4&app=live&stream=%s"
QUERY = Obj(("ip", str), ("vhost", str), ("app", str), ("stream", str))
ORIGIN = Obj(("ip", str), ("port", int), ("vhost", str), ("api", str), ("routers", [str]))


def ask(api, stream="s", vhost="__defaultVhost__", coworker=None, method="POST"):
    """The origin in the answer, whose shape and query are checked."""
    path = URL % (vhost, stream) + ("&coworker=" + coworker if coworker else "")
    reply = api.ask(method, path)
    assert reply.status == 200 and reply.headers["Content-Type"] == "application/json"
    answer = parse(reply.body.decode())
    origin = answer["data"]["origin"]
    check(Obj(("code", 0), ("data", Obj(("query", QUERY), ("origin", ORIGIN if origin else None)))), answer)
    assert answer["data"]["query"] == {"ip": "1.2.3.4", "vhost": vhost, "app": "live", "stream": stream}
    return origin


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_stream_that_is_published_here_has_an_origin(make_server, method):
    server = make_server("vhost __defaultVhost__ { } vhost a.example { }", api="")
    api = Api(server)
    assert ask(api, method=method) is None
    with publish(server), server.player("watched"):
        wanted = {"port": server.port, "vhost": "__defaultVhost__", "api": "10.0.0.9:1985", "routers": ["10.0.0.9:1985"]}
        assert ask(api, coworker="10.0.0.9:1985", method=method) == {"ip": "10.0.0.9", **wanted}
        assert ask(api, coworker="[2001:db8::1]:1985", method=method)["ip"] == "2001:db8::1"
        assert ask(api, "watched", method=method) is None              # a player alone is no origin
        assert ask(api, vhost="a.example", method=method) is None
        assert ask(api, vhost="other.example", method=method)          # the default vhost serves it
        own = ask(api, method=method)                                  # nobody has told by which address it is asked
        assert own["ip"] and own["api"].endswith(":%d" % server.api_port) and own["routers"] == [own["api"]]
    with publish(server, "s?vhost=a.example"):
        assert ask(api, vhost="a.example", method=method)["vhost"] == "a.example"


def test_an_address_of_listen_is_the_one_that_is_told(make_server):
    port = free_port()
    server = make_server(api="", listen=["127.0.0.1:%d" % port])
    with publish(server):
        assert ask(Api(server), coworker="10.0.0.9:1985")["ip"] == "127.0.0.1"
        assert ask(Api(server), coworker="10.0.0.9:1985")["port"] == port


def test_what_is_asked_comes_back_as_text(make_server):
    api = Api(make_server(api=""))
    assert api.get("/api/v1/clusters")["data"] == {"query": {"ip": "", "vhost": "", "app": "", "stream": ""}, "origin": None}
    assert api.get("/api/v1/clusters?stream=%22%3Cb%3E")["data"]["query"]["stream"] == '"<b>'
    page = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert api.ask("POST", "/api/v1/clusters", headers=page).status == 403
    assert api.ask("GET", "/api/v1/clusters", headers={"Host": "evil.example"}).status == 403


def test_who_asks_for_ports_is_told_those_of_services_that_are_on(make_server):
    server = make_server(api="", http="")
    with publish(server):
        reply = Api(server).get(URL % ("__defaultVhost__", "s") + "&coworker=10.0.0.9:1985&ports=on")
        origin = reply["data"]["origin"]
        assert {k: origin.get(k) for k in ("port", "rtmps", "http", "https")} == {
            "port": server.port, "rtmps": None, "http": server.http_port, "https": None}
