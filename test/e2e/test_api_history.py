"""The history of a stream and of the server: /api/v1/history."""
import time

import pytest

from api import FLOAT, Api, Obj, check
from flv import Numbered
from rtmp import Feeder
from wait import until

ROW = Obj(("at", int), ("recv_kbps", int), ("send_kbps", int), ("fps", FLOAT), ("players", int), ("gaps", int))
HISTORY = Obj(("code", 0), ("server", str), ("service", str), ("pid", str), ("history", Obj(("step", int), ("rows", [ROW]))))


def rows(api, query=""):
    answer = api.get("/api/v1/history" + query)
    check(HISTORY, answer)
    return answer["history"]["rows"]


def test_a_stream_has_a_history_that_outlives_its_publisher(make_server):
    server = make_server(api="")
    api = Api(server)
    began = time.time() * 1000
    with server.publisher("s") as publisher, server.player("s") as player:
        feeder = Feeder(publisher, Numbered(size=2000).tags())
        player.wait_media(3)
        name = api.stream("s")["id"]
        live = until(lambda: [r for r in rows(api, "?stream=" + name) if r["recv_kbps"] > 0 and r["players"] == 1],
                     lambda: "a row with numbers: %s" % rows(api, "?stream=" + name))[0]
        assert live["send_kbps"] > 0 and live["fps"] > 1 and began - 6000 < live["at"] < time.time() * 1000
        assert any(r["recv_kbps"] > 0 for r in rows(api))                             # the server's own
        feeder.stop()
    until(lambda: not api.stream("s"), "the stream to be gone")
    after = rows(api, "?stream=/live/s")
    assert [r for r in after if r["at"] == live["at"]]
    assert sum(r["recv_kbps"] for r in rows(api, "?stream=/live/s&step=60")) > 0
    assert api.get("/api/v1/history?stream=/live/s&step=90")["history"]["step"] == 120     # whole minutes
    assert api.get("/api/v1/history?stream=/live/s")["history"]["step"] == 5
    assert api.get("/api/v1/history?stream=/live/s&from=-86400")["history"]["step"] == 60
    assert rows(api, "?stream=/live/s&from=-86400&step=86400")
    assert rows(api, "?stream=/live/s&from=1&to=2") == []


NOT_THERE = [
    ("?stream=nobody", 200, 2048), ("?stream=/live/x", 200, 2048), ("?from=x", 400, 400), ("?from=5&to=4", 400, 400), ("?to=-", 400, 400),
    ("?from=9999999999999999999", 400, 400)]


def test_what_has_no_history_is_told(make_server):
    api = Api(make_server(api=""))
    until(lambda: rows(api), "the server's first rows")
    for query, status, code in NOT_THERE:
        assert api.get("/api/v1/history" + query, status=status) == {"code": code}, query
    assert api.ask("POST", "/api/v1/history").status == 405


def test_times_at_the_ends_are_harmless(make_server):
    api = Api(make_server(api=""))
    until(lambda: rows(api), "the server's first rows")
    for query in ("?from=0&to=999999999999999", "?from=-999999999999999", "?step=86400", "?step=1", "?step=0", "?step=99999999999999999999",
                  "?from=0&to=0", "?from=&to=&step=&stream="):
        rows(api, query)
    assert api.ask("GET", "/api/v1/history", headers={"Host": "evil.example"}).status == 403
