"""Lists of the API: filters, orders, cursors that keep their place; and kicks of all that a filter means."""
import contextlib
import random
import socket

import pytest

from api import Api, parse
from wait import patience, until

CONF = "vhost __defaultVhost__ { http_remux { enabled on; } } vhost other.example { http_remux { enabled on; } }"


@pytest.fixture
def served(make_server):
    return make_server(CONF, api="", http="")


@pytest.fixture
def api(served):
    return Api(served)


class Viewer:
    """A player of HTTP-FLV that comes from the address that it says: loopback is a trusted proxy."""

    def __init__(self, server, stream="s", ip="192.0.2.1", host="x"):
        self.socket = socket.create_connection(("127.0.0.1", server.http_port), timeout=patience())
        self.socket.sendall(("GET /live/%s.flv HTTP/1.1\r\nHost: %s\r\nX-Forwarded-For: %s\r\n\r\n" % (stream, host, ip)).encode())

    def is_closed(self):
        self.socket.setblocking(False)
        try:
            while self.socket.recv(1 << 16):
                pass
            return True
        except BlockingIOError:
            return False
        except ConnectionError:
            return True

    def close(self):
        self.socket.close()


@contextlib.contextmanager
def viewers(server, api, *rows):
    """Rows of (stream, ip, …); they are in the list when the block begins."""
    before = len(api.clients())
    them = []
    for n, row in enumerate(rows):
        them.append(Viewer(server, *row))
        until(lambda: len(api.clients()) == before + n + 1, "viewer %d" % n)   # one after the other: their order is known
    try:
        yield them
    finally:
        for v in them:
            v.close()


def pages(api, path, **query):
    """All pages by their cursors, each as a list; and the total that the last one told."""
    cursor, out = "", []
    while True:
        words = "&".join("%s=%s" % pair for pair in dict(query, cursor=cursor).items())
        answer = api.get("%s?%s" % (path, words))
        key = [k for k in answer if isinstance(answer[k], list)][0]
        out.append(answer[key])
        cursor = answer["cursor"]
        if not cursor:
            return out, answer["total"]


# -- filters ----------------------------------------------------------------------------------------------------------

def test_filters_pick_clients(served, api):
    rows = [("a", "192.0.2.1"), ("a", "192.0.2.77"), ("b", "198.51.100.1"), ("b", "2001:db8::1"), ("c", "192.0.2.1", "other.example")]
    with served.publisher("a"), viewers(served, api, *rows):
        def ips(query):
            return [c["ip"] for c in api.get("/api/v1/clients/?count=100&" + query)["clients"]]
        a = api.stream("a")
        for query, wanted in [
                ("ip=192.0.2.1", ["192.0.2.1", "192.0.2.1"]), ("ip=192.0.2.0/24", ["192.0.2.1", "192.0.2.77", "192.0.2.1"]),
                ("ip=2001:db8::/32", ["2001:db8::1"]), ("ip=::ffff:198.51.100.1", ["198.51.100.1"]), ("ip=10.0.0.0/8", []),
                ("stream=" + a["id"] + "&type=play", ["192.0.2.1", "192.0.2.77"]), ("stream=/live/b", ["198.51.100.1", "2001:db8::1"]),
                ("type=publish", ["127.0.0.1"]), ("type=fmle-publish", ["127.0.0.1"]), ("type=rtmp-play", []),
                ("vhost=other.example", ["192.0.2.1"]), ("vhost=" + a["vhost"] + "&type=flv-play&ip=192.0.2.1", ["192.0.2.1"]),
                ("search=OTHER", ["192.0.2.1"]), ("search=51.100", ["198.51.100.1"]), ("search=nobody", []),
                ("search=&ip=&type=flv-play&start=3", ["2001:db8::1", "192.0.2.1"])]:
            assert ips(query) == wanted, query
        assert api.ask("GET", "/api/v1/clients/?ip=nonsense").status == 400
        assert api.ask("GET", "/api/v1/clients/?ip=10.0.0.0/99").status == 400
        # A page of another site must not try out addresses.
        assert api.ask("GET", "/api/v1/clients/?ip=192.0.2.1", headers={"Origin": "http://evil.example"}).status == 400
        assert api.get("/api/v1/clients/?search=192.0.2", headers={"Origin": "http://evil.example"})["clients"] == []
    until(lambda: not api.clients(), "all to leave")


def test_filters_pick_streams_and_vhosts(served, api):
    with served.publisher("a"), served.publisher("b", app="other"), viewers(served, api, ("c", "192.0.2.1"),
                                                                            ("d", "192.0.2.1", "other.example")):
        def names(query):
            return [s["name"] for s in api.get("/api/v1/streams/?" + query)["streams"]]
        for query, wanted in [("active=true", ["a", "b"]), ("active=false", ["c", "d"]), ("app=other", ["b"]), ("search=LIVE/C", ["c"]),
                              ("vhost=other.example", ["d"]), ("vhost=nobody", []), ("start=1&app=live", ["c", "d"])]:
            assert names(query) == wanted, query
        assert [v["name"] for v in api.get("/api/v1/vhosts/?search=other")["vhosts"]] == ["other.example"]


# -- orders -----------------------------------------------------------------------------------------------------------

def test_lists_are_sorted_by_any_of_their_columns(served, api):
    rows = [("a", "192.0.2.1"), ("a", "192.0.2.2"), ("a", "192.0.2.3"), ("b", "192.0.2.4"), ("c", "192.0.2.5"), ("c", "192.0.2.6")]
    with viewers(served, api, *rows):
        def names(sort, **more):
            found, total = pages(api, "/api/v1/streams/", sort=sort, **more)
            assert total == 3
            return [s["name"] for page in found for s in page]
        assert names("name") == names("url") == names("live_ms") == ["a", "b", "c"]
        assert names("-name", count=1) == ["c", "b", "a"]
        assert names("-clients") == names("-clients", count=1) == ["a", "c", "b"]
        assert names("clients") == ["b", "c", "a"]
        for column in "frames fps send_bytes recv_bytes send_30s recv_30s".split():
            assert sorted(names(column)) == sorted(names("-" + column)) == ["a", "b", "c"]

        def ips(**how):
            return [c["ip"][-1] for page in pages(api, "/api/v1/clients/", **how)[0] for c in page]
        for count in (1, 2, 5, 6, 100):
            assert ips(sort="-alive", count=count) == ips(count=count) == list("123456")
            assert ips(sort="alive", count=count) == list("654321")
            assert ips(sort="-url", count=count) == list("564123")               # equal ones by arrival
            assert ips(sort="-url", count=count, ip="192.0.2.0/30") == list("123")
        for column in "type send_bytes recv_bytes send_30s recv_30s".split():
            assert sorted(ips(sort=column, count=2)) == list("123456")
        for column in "name clients streams send_bytes recv_bytes send_30s recv_30s".split():
            assert len(pages(api, "/api/v1/vhosts/", sort=column)[0][0]) == 1


@pytest.mark.parametrize("query", ["sort=nonsense", "sort=-", "sort=--name", "sort=name&cursor=x", "sort=name&cursor=1", "cursor=x",
                                   "cursor=-1", "cursor=1:2", "sort=clients&cursor=1:x", "sort=clients&cursor=0:1", "sort=ip"])
def test_an_unknown_order_or_cursor_is_400(api, query):
    for path in ("streams", "clients"):
        r = api.ask("GET", "/api/v1/%s/?%s" % (path, query))
        assert r.status == 400 and r.body == b'{"code":400}', path
    assert api.ask("GET", "/api/v1/vhosts/?sort=nonsense").status == 400


def test_old_paging_has_its_old_shape(served, api):
    with viewers(served, api, ("a", "192.0.2.1"), ("a", "192.0.2.2")):
        assert list(api.get("/api/v1/clients/?start=1&count=1")) == ["code", "server", "service", "pid", "clients"]
        assert list(api.get("/api/v1/clients/?cursor=&count=1")) == ["code", "server", "service", "pid", "clients", "cursor", "total"]


@pytest.mark.parametrize("sort", [None, "alive", "-alive", "-url"])
def test_a_cursor_keeps_its_place_while_clients_come_and_go(served, api, sort):
    """Who is there all the time is listed exactly once, whoever comes and goes between the pages."""
    dice = random.Random(7)
    query = {"sort": sort} if sort else {}
    with viewers(served, api, *[("s%d" % (n % 5), "192.0.2.%d" % n) for n in range(40)]) as them:
        stay = {"192.0.2.%d" % n for n in range(0, 40, 2)}
        leavers = [them[n] for n in range(1, 40, 2)]
        comers, seen, cursor = [], [], ""
        try:
            while True:
                answer = api.get("/api/v1/clients/?count=3&cursor=%s%s" % (cursor, "".join("&%s=%s" % p for p in query.items())))
                seen += [c["ip"] for c in answer["clients"]]
                cursor = answer["cursor"]
                if not cursor or len(seen) > 200:
                    break
                total = answer["total"]
                if leavers:                                            # some may stand right where the page ended
                    for _ in range(min(2, len(leavers))):
                        leavers.pop(dice.randrange(len(leavers))).close()
                        total -= 1
                comers.append(Viewer(served, "new", "198.51.100.%d" % len(comers)))
                until(lambda: api.get("/api/v1/clients/?cursor=&count=1")["total"] == total + 1, "the change")
        finally:
            for v in comers:
                v.close()
        assert len(seen) == len(set(seen)) and stay <= set(seen), sorted(seen)


# -- kicks ------------------------------------------------------------------------------------------------------------

def kick(api, path, status=200):
    r = api.ask("DELETE", path)
    assert r.status == status, r
    return parse(r.body.decode())


def test_a_kick_by_address_ends_all_of_it_and_nobody_else(served, api):
    rows = [("a", "192.0.2.1"), ("b", "192.0.2.1"), ("a", "192.0.2.2"), ("a", "198.51.100.1")]
    with served.publisher("a"), viewers(served, api, *rows) as them:
        answer = kick(api, "/api/v1/clients?ip=192.0.2.1")
        assert answer["kicked"] == 2 and list(answer) == ["code", "server", "service", "pid", "kicked"]
        until(lambda: them[0].is_closed() and them[1].is_closed(), "the kick")
        assert not them[2].is_closed() and not them[3].is_closed()
        assert kick(api, "/api/v1/clients/?ip=192.0.2.0/24&type=play")["kicked"] == 1
        until(them[2].is_closed, "the kick of the range")
        assert kick(api, "/api/v1/clients?ip=192.0.2.0/24")["kicked"] == 0
        served.wait_log(r"\[WARN\].*flv-play of /live/a, ip=192.0.2.2, is kicked by 127.0.0.1")
        assert len(api.clients()) == 2                                  # the publisher, and one viewer


def test_a_kick_of_a_stream_ends_its_publisher_and_its_players(served, api):
    with served.publisher("a"), served.publisher("b"), viewers(served, api, ("a", "192.0.2.1"), ("b", "192.0.2.2")) as them:
        a = api.stream("a")["id"]
        assert kick(api, "/api/v1/streams/%s?type=play" % a)["kicked"] == 1
        until(them[0].is_closed, "the player to be ended")
        assert api.stream("a")["publish"]["active"]
        assert kick(api, "/api/v1/streams/" + a)["kicked"] == 1
        until(lambda: not api.stream("a"), "the stream to be gone")
        assert kick(api, "/api/v1/streams/" + a) == {"code": 2048}
        assert kick(api, "/api/v1/streams/") == {"code": 2048}
        assert not them[1].is_closed() and api.stream("b")["publish"]["active"]
        assert kick(api, "/api/v1/clients?vhost=__defaultVhost__&type=publish")["kicked"] == 1
        until(lambda: not api.stream("b")["publish"]["active"], "the publisher to be ended")


@pytest.mark.parametrize("query, status, code", [("", 200, 2049), ("?", 200, 2049), ("?ip=", 400, 400), ("?ip=x", 400, 400),
                                                 ("?ipp=192.0.2.1", 400, 400), ("?stream=/live/a&ipp=192.0.2.1", 400, 400),
                                                 ("?app=live", 400, 400), ("?start=0&count=10", 400, 400)])
def test_a_kick_that_may_be_misspelt_ends_nobody(served, api, query, status, code):
    with served.publisher("a"):
        assert kick(api, "/api/v1/clients" + query, status) == {"code": code}
        if status == 400:
            assert kick(api, "/api/v1/streams/%s%s" % (api.stream("a")["id"], query.replace("?stream", "?x")), 400) == {"code": 400}
        assert len(api.clients()) == 1


def test_a_page_of_another_site_kicks_no_stream_and_no_address(served, api):
    with served.publisher("a"):
        for path in ("streams/" + api.stream("a")["id"], "clients?ip=127.0.0.1", "clients?type=publish"):
            assert api.ask("DELETE", "/api/v1/" + path, headers={"Origin": "http://evil.example"}).status == 403
            assert api.ask("DELETE", "/api/v1/" + path, headers={"Host": "evil.example"}).status == 403
        assert len(api.clients()) == 1
