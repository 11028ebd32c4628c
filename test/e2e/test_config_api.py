"""The configuration by the API: what is in force and where it stands."""
import pytest

from api import Api, parse

RAW = "raw_api { enabled on; allow_query on; }"
FAR = {"X-Forwarded-For": "203.0.113.5"}             # loopback is a trusted proxy, so this is who asks
PAGE = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
CONF = """vhost a.example {
    # what is played
    play { gop_cache off; }   # why
    http_hooks { enabled off; on_publish http://user:5ecret@127.0.0.1:9/x; secret 5ecret; }
}
vhost __defaultVhost__ { }"""
URL = "/api/v1/config"


def find(directives, *path):
    """The directive at a path of names; (name, word) for one of several blocks."""
    for step in path:
        name, word = step if isinstance(step, tuple) else (step, None)
        found = next(d for d in directives if d["name"] == name and (word is None or d["words"][:1] == [word]))
        directives = found.get("directives", [])
    return found


def view(api, **how):
    return api.get(URL, **how)["data"]


@pytest.fixture
def server(make_server):
    return make_server(CONF, api=RAW)


@pytest.fixture
def api(server):
    return Api(server)


# -- reading ------------------------------------------------------------------------------------------------------------

def test_each_directive_has_its_file_and_line_and_no_secret_is_shown(server, api):
    reply = api.ask("GET", URL)
    data = parse(reply.body.decode())["data"]
    assert reply.headers["ETag"] == '"%s"' % data["version"] and data["files"] == [server.conf_path]
    gop = find(data["directives"], ("vhost", "a.example"), "play", "gop_cache")
    assert gop == {"name": "gop_cache", "words": ["off"], "file": server.conf_path, "line": server.line_of("gop_cache")}
    hooks = find(data["directives"], ("vhost", "a.example"), "http_hooks")
    assert find(hooks["directives"], "secret")["words"] == ["***"]
    assert find(hooks["directives"], "on_publish")["words"] == ["http://***@127.0.0.1:9/x"]
    assert b"5ecret" not in reply.body


def test_included_files_and_the_environment_are_named(make_server):
    server = make_server(CONF, api=RAW, start=False, env={"SRS_VHOST_PLAY_MW_LATENCY": "100"})
    with open(server.folder + "/more.conf", "w") as f:
        f.write("\nvhost b.example { }\n")
    server.write_conf(CONF + "\ninclude more.conf;")
    server.start()
    data = view(Api(server))
    assert data["files"] == [server.conf_path, "more.conf"]
    b = find(data["directives"], ("vhost", "b.example"))
    assert (b["file"], b["line"]) == ("more.conf", 2)
    assert find(b["directives"], "play", "mw_latency") == {
        "name": "mw_latency", "words": ["100"], "env": "SRS_VHOST_PLAY_MW_LATENCY"}


def test_the_version_changes_with_a_reload_of_another_file(server, api):
    before = view(api)["version"]
    assert view(api)["version"] == before
    server.reload(CONF + " # more")
    assert view(api)["version"] != before


def test_it_is_for_this_host_or_a_password_and_off_by_default(make_server):
    closed = Api(make_server(CONF, api=""))
    assert closed.get(URL) == {"code": 1061}
    half = Api(make_server(CONF, api="raw_api { enabled on; }"))
    assert half.get(URL) == {"code": 1061}
    api = Api(make_server(CONF, api=RAW))
    for headers in (FAR, PAGE):
        assert api.ask("GET", URL, headers=headers).status == 403
    assert api.ask("GET", URL + "?callback=f").status == 403       # a script element of any page
    assert api.ask("DELETE", URL).status == 405
    locked = Api(make_server(CONF, api=RAW + " auth { enabled on; username u; password correct-horse; }"))
    assert locked.ask("GET", URL, headers=FAR).status == 401
    login = {"Authorization": "Basic dTpjb3JyZWN0LWhvcnNl"}
    assert locked.ask("GET", URL, headers={**FAR, **login}).status == 200
    assert b"correct-horse" not in locked.ask("GET", URL, headers=login).body
