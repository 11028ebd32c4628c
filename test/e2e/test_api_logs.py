"""The newest lines of the log by the API: /api/v1/logs."""
import re
import socket

import pytest

from api import Api, Obj, check
from wait import until

RAW = "raw_api { enabled on; allow_query on; }"
URL = "/api/v1/logs"
LINE = Obj(("number", int), ("time", int), ("level", str), ("trace", str), ("text", str))
LOGS = Obj(("code", 0), ("server", str), ("service", str), ("pid", str),
           ("data", Obj(("lines", [LINE]), ("cursor", int), ("lost", int))))


@pytest.fixture
def server(make_server):
    return make_server(api=RAW)


@pytest.fixture
def api(server):
    return Api(server)


def logs(api, query=""):
    answer = api.get(URL + query)
    check(LOGS, answer)
    return answer["data"]


def texts(api, query=""):
    return [line["text"] for line in logs(api, query)["lines"]]


def in_file(server):
    """(level, trace, text) of each line of the log file."""
    with open(server.log_path) as f:
        return re.findall(r"^\[[^\]]*\]\[(\w+)\]\[\d+\]\[(\w*)\](?:\[\d+\])? (.*)$", f.read(), re.M)


def test_the_lines_are_those_of_the_file(server, api):
    server.player("s").close()
    until(lambda: any("rtmp-play" in text for text in texts(api)), "the player's line")
    lines = logs(api, "?count=1000")["lines"]
    first = max(i for i, line in enumerate(lines) if "XCORE-SRS" in line["text"])   # before it, lines went to the terminal
    mine = [(line["level"], line["trace"], line["text"].split("\n")[0]) for line in lines[first:]]
    until(lambda: in_file(server)[:len(mine)] == mine, lambda: "%s\n%s" % (in_file(server), mine))
    assert [line["number"] for line in lines] == list(range(len(lines)))
    assert all(abs(line["time"] - lines[0]["time"]) < 600000 for line in lines)


def test_a_trace_id_picks_the_lines_of_one_client(server, api):
    with server.player("one"), server.player("two"):
        until(lambda: len(api.get("/api/v1/clients/")["clients"]) == 2, "both players")
        mine, = [c["id"] for c in api.get("/api/v1/clients/")["clients"] if c["name"] == "one"]
        lines = until(lambda: logs(api, "?trace=" + mine)["lines"], "its lines")
        assert {line["trace"] for line in lines} == {mine}
        assert any("stream=one" in line["text"] for line in lines) and not any("stream=two" in line["text"] for line in lines)
    assert texts(api, "?trace=" + mine[:-1]) == []


def test_a_level_picks_it_and_what_is_worse(server, api):
    assert api.ask("GET", URL, headers={"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}).status == 403
    warned = until(lambda: logs(api, "?level=warn")["lines"], "the warning about that page")
    assert {line["level"] for line in warned} <= {"WARN", "ERROR"} and any(URL in line["text"] for line in warned)
    assert not any(URL in text for text in texts(api, "?level=error"))
    assert {"INFO", "WARN"} <= {line["level"] for line in logs(api, "?level=info")["lines"]}


def test_a_search_finds_texts_whatever_the_case(api):
    assert api.ask("GET", URL, headers={"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}).status == 403
    assert any("no page of" in text for text in texts(api, "?search=NO%20PAGE%20of"))
    assert texts(api, "?search=nothing-has-this-text") == []


def test_a_cursor_brings_each_line_once(server, api):
    seen = logs(api, "?count=2")
    assert len(seen["lines"]) == 2 and logs(api, "?cursor=%d" % seen["cursor"])["lines"] == []
    numbers = []
    cursor = seen["cursor"]
    for n in range(5):
        server.player("s%d" % n).close()
        until(lambda: any("stream=s%d" % n in text for text in texts(api)), "its line")
        page = logs(api, "?count=3&cursor=%d" % cursor)
        assert len(page["lines"]) <= 3 and page["lost"] == 0
        numbers += [line["number"] for line in page["lines"]]
        cursor = page["cursor"]
    while cursor < logs(api, "?count=0")["cursor"]:
        page = logs(api, "?cursor=%d" % cursor)
        numbers += [line["number"] for line in page["lines"]]
        cursor = page["cursor"]
    assert numbers == list(range(seen["cursor"], cursor))


def test_lines_that_are_gone_are_counted(server, api):
    """Each refused page is a line; the memory holds some 2,000."""
    for _ in range(2200):
        with socket.create_connection(("127.0.0.1", server.api_port)) as s:
            s.sendall(b"GET /api/v1/config HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n")
            assert s.recv(100).startswith(b"HTTP/1.1 403")
    page = logs(api, "?count=1000&cursor=0")
    assert len(page["lines"]) == 1000 and page["lost"] > 100 and page["lines"][0]["number"] == page["lost"]


def test_a_cursor_of_another_process_brings_the_newest_lines(api):
    newest = logs(api, "?count=1")
    assert logs(api, "?count=1&cursor=%d" % (newest["cursor"] + 1000000)) == newest


@pytest.mark.parametrize("query", ["?level=x", "?level=off", "?cursor=x", "?cursor=-1"])
def test_what_is_no_level_or_cursor_is_refused(api, query):
    assert api.get(URL + query, status=400) == {"code": 400}


def test_it_is_for_those_who_may_see_the_configuration(make_server):
    for conf in ("", "raw_api { enabled on; }", "raw_api { allow_query on; }"):
        assert Api(make_server(api=conf)).get(URL) == {"code": 1061}
    api = Api(make_server(api=RAW))
    for headers in ({"X-Forwarded-For": "203.0.113.5"}, {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}):
        assert api.ask("GET", URL, headers=headers).status == 403
    assert api.ask("GET", URL + "?callback=f").status == 403
    assert api.ask("POST", URL).status == 405
    locked = Api(make_server(api=RAW + " auth { enabled on; username u; password correct-horse; }"))
    assert locked.ask("GET", URL).status == 401
    login = {"Authorization": "Basic dTpjb3JyZWN0LWhvcnNl", "X-Forwarded-For": "203.0.113.5"}
    reply = locked.ask("GET", URL, headers=login)
    assert reply.status == 200 and b"correct-horse" not in reply.body


def test_what_a_peer_has_sent_comes_as_text(server, api):
    server.player("a\"<b>é").close()
    line, = until(lambda: [text for text in texts(api) if "client identified" in text], "its line")
    assert 'stream=a"<b>é,' in line


def test_a_token_is_hidden_as_in_the_file(server, api):
    server.player("s?token=5ecret").close()
    line, = until(lambda: [text for text in texts(api) if "client identified" in text], "its line")
    assert "token=***" in line and "5ecret" not in str(texts(api, "?count=1000"))
