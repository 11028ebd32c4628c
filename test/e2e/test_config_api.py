"""The configuration by the API: what is in force and where it stands, its changes, and the way back."""
import concurrent.futures
import json
import os
import socket
import subprocess

import pytest

from api import Api, parse
from srs import free_port

RAW = "raw_api { enabled on; allow_query on; allow_update on; }"
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


# -- changing ------------------------------------------------------------------------------------------------------------

def change(api, *changes, version=None, path=URL, status=200, headers=None, **members):
    """Send changes, each (op, path) or (op, path, value)."""
    body = {"version": version or view(api)["version"], **members}
    if changes:
        body["changes"] = [dict(zip(("op", "path", "value"), c)) for c in changes]
    reply = api.ask("POST", path, json.dumps(body), headers)
    assert reply.status == status, reply.body
    return parse(reply.body.decode())


def text_of(server):
    with open(server.conf_path, newline="") as f:
        return f.read()


GOP = "vhost[a.example].play.gop_cache"


def gop_of(api):
    return find(view(api)["directives"], ("vhost", "a.example"), "play", "gop_cache")["words"]


def test_a_change_is_in_the_file_in_force_and_there_after_a_restart(server, api):
    before = text_of(server)
    os.chmod(server.conf_path, 0o640)
    server.reload()
    data = change(api, ("set", GOP, True), ("add", "vhost[new.example]"),
                  ("set", "vhost[new.example].play.gop_cache", "off"), ("remove", "vhost[a.example].http_hooks.secret"))["data"]
    assert text_of(server) == before.replace("gop_cache off;", "gop_cache on;").replace(" secret 5ecret;", "").rstrip("\n") + (
        "\nvhost new.example {\n    play { gop_cache off; }\n}\n")
    assert os.stat(server.conf_path).st_mode & 0o777 == 0o640
    assert {(c["kind"], c["path"], c.get("item")) for c in data["changes"]} >= {
        ("changed", "vhost.play.gop_cache", "a.example"), ("added", "vhost", "new.example")}
    assert gop_of(api) == ["on"] and data["version"] == view(api)["version"]
    server.stop()
    server.start()
    assert gop_of(api) == ["on"]


def test_a_dry_run_tells_what_a_reload_would_do_and_changes_nothing(server, api):
    before, version = text_of(server), view(api)["version"]
    data = change(api, ("set", GOP, True), ("set", "http_api.auth.password", "n3wsecret"), ("set", "daemon", True),
                  path=URL + "?dry_run=1")["data"]
    told = {c["path"]: c for c in data["changes"]}
    assert "off -> on" in told["vhost.play.gop_cache"]["text"] and not told["vhost.play.gop_cache"]["needs_restart"]
    assert told["daemon"]["needs_restart"]
    assert "not shown" in told["http_api.auth.password"]["text"] and "n3wsecret" not in str(data)
    assert data["dry_run"] is True and "kept" not in data
    assert (text_of(server), view(api)["version"], gop_of(api)) == (before, version, ["off"])


@pytest.mark.parametrize("what, says", [
    (("set", "vhost[a.example].play.nonsense", 1), "no such directive"),
    (("set", "vhost[b.example].play.gop_cache", True), "no such block"),
    (("set", "listen", "99999999"), "listen.port"),
    (("set", "max_connections", 0), "max_connections"),
    (("set", GOP, "a\nb"), "cannot hold"),
    (("set", GOP, {}), "value is"),
    (("set", GOP, "x" * 5000), "too long"),
    (("set", "vhost[a.example].gop_cache", True), "old spelling"),
    (("include", "x"), "op is"),
    (("add", "vhost[a.example]"), "already"),
    (("remove", "vhost[b.example]"), "not there"),
    (("set", "include", "/etc/passwd"), "not changed here"),
])
def test_a_change_that_does_not_fit_is_refused_with_the_reason(server, api, what, says):
    before = text_of(server)
    reply = change(api, ("set", GOP, True), what, status=400)
    assert reply["code"] == 1023 and says in reply["message"]
    assert text_of(server) == before and gop_of(api) == ["off"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"{}", b'{"version":7}', b'{"version":"x"}',
                                  b'{"version":"x","changes":{}}', b'{"version":"x","changes":[]}',
                                  b'{"version":"x","changes":[7]}', b"[" * 100000,
                                  b'{"version":"x","changes":[' + b",".join([b"{}"] * 100) + b"]}", b"\xff\xfe",
                                  b'{"version":"x","changes":[{"op":"set","path":"listen","value":"\\u0000"}]}'])
def test_hostile_json_changes_nothing(server, api, body):
    before = text_of(server)
    assert api.ask("POST", URL, body).status == 400
    assert api.ask("POST", URL, b" " * (300 << 10)).status == 413
    assert text_of(server) == before and view(api)["kept"] == []


def test_the_second_of_two_writers_gets_a_conflict(server, api):
    version = view(api)["version"]
    change(api, ("set", GOP, True), version=version)
    before = text_of(server)
    reply = change(api, ("set", "max_connections", 500), version=version, status=409)
    assert "somebody has changed them" in reply["message"] and text_of(server) == before
    with open(server.conf_path, "a") as f:
        f.write("# by hand\n")
    change(api, ("set", "max_connections", 500), status=409)             # what is in force is not what is on the disk
    assert text_of(server) == before + "# by hand\n"


def test_if_match_is_the_version_too(server, api):
    tag = api.ask("GET", URL).headers["ETag"]

    def send(tag, value, status, **more):
        body = json.dumps({"changes": [{"op": "set", "path": GOP, "value": value}], **more})
        reply = api.ask("POST", URL, body, {"If-Match": tag})
        assert reply.status == status, reply.body
        return reply.body.decode()
    for bad in (tag[1:-1], "*", '""', "W/" + tag, '"%s"' % ("x" * 100), tag + ", " + tag):
        assert "If-Match is" in send(bad, True, 400)
    assert "two configurations" in send(tag, True, 400, version="0123456789abcdef")
    send(tag, True, 200)
    assert gop_of(api) == ["on"]
    assert "somebody has changed them" in send(tag, False, 412)          # the second operator
    assert gop_of(api) == ["on"]
    tag = api.ask("GET", URL).headers["ETag"]
    send(tag, False, 200, version=tag[1:-1])
    reply = api.ask("POST", URL + "/rollback", b"{}", {"If-Match": api.ask("GET", URL).headers["ETag"]})
    assert reply.status == 200 and gop_of(api) == ["on"]
    assert api.ask("POST", URL + "/rollback", b"{}").status == 400


def test_writers_at_once_never_lose_a_change(server, api):
    version = view(api)["version"]

    def write(n):
        return api.ask("POST", URL, json.dumps({"version": version, "changes": [
            {"op": "set", "path": "max_connections", "value": 500 + n}]})).status
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(write, range(8)))
    assert sorted(statuses) == [200] + [409] * 7
    assert "max_connections %d;" % (500 + statuses.index(200)) in text_of(server)


def test_a_rollback_gives_the_file_its_old_text(server, api):
    texts = [text_of(server)]
    for value in (True, False, True):
        change(api, ("set", GOP, value))
        texts.append(text_of(server))
    kept = view(api)["kept"]
    assert [k["id"] for k in kept] == [1, 2, 3] and {k["file"] for k in kept} == {server.conf_path}
    tried = change(api, path=URL + "/rollback?dry_run=1")["data"]
    assert "on -> off" in tried["changes"][0]["text"] and text_of(server) == texts[3]
    change(api, path=URL + "/rollback")
    assert text_of(server) == texts[2] and gop_of(api) == ["off"]
    change(api, path=URL + "/rollback", id=1)
    assert text_of(server) == texts[0] and gop_of(api) == ["off"]
    assert "no such text" in change(api, path=URL + "/rollback", id=99, status=400)["message"]
    for _ in range(10):
        change(api, ("set", GOP, True))
        change(api, ("set", GOP, False))
    assert len(view(api)["kept"]) == 16
    assert api.ask("GET", URL + "/rollback").status == 405


def test_earlier_texts_survive_a_restart_and_are_for_the_server_alone(server, api):
    texts = [text_of(server)]
    for value in (True, False):
        change(api, ("set", GOP, value))
        texts.append(text_of(server))
    kept = view(api)["kept"]
    server.stop()
    server.start()
    assert view(api)["kept"] == kept
    folder = server.pid_path[:-len(".pid")] + ".kept"
    for name in os.listdir(folder):
        assert os.stat(os.path.join(folder, name)).st_mode & 0o077 == 0
    change(api, path=URL + "/rollback", id=1)
    assert text_of(server) == texts[0]
    assert [k["id"] for k in view(api)["kept"]] == [1, 2, 3]
    server.kill()
    with open(os.path.join(folder, "3"), "r+") as f:                     # a power failure in the middle
        f.truncate(50)
    server.start()
    assert [k["id"] for k in view(api)["kept"]] == [1, 2]
    server.wait_log("a part of one")


def signed(data):
    return ["%s%d %s" % (line["sign"], line["line"], line["text"]) for line in data["diff"]]


def test_a_dry_run_shows_the_lines_that_go_and_come_without_secrets(server, api):
    lines = text_of(server).split("\n")
    at = [i for i, line in enumerate(lines) if "gop_cache" in line][0]
    data = change(api, ("set", GOP, True), path=URL + "?dry_run=1")["data"]
    assert signed(data) == ["-%d %s" % (at + 1, lines[at]), "+%d %s" % (at + 1, lines[at].replace("off", "on"))]
    assert data["diff_left_out"] == 0
    hooks = lines[at + 1].replace("user:5ecret@", "***@").replace("5ecret;", "***;")
    data = change(api, ("set", "vhost[a.example].http_hooks.secret", "n5ecret"))["data"]
    assert signed(data) == ["-%d %s" % (at + 2, hooks), "+%d %s" % (at + 2, hooks)]
    back = change(api, path=URL + "/rollback?dry_run=1")["data"]
    assert signed(back) == signed(data) and "5ecret" not in str(back)
    assert signed(change(api, ("set", GOP, False), path=URL + "?dry_run=1")["data"]) == []


def test_a_reload_that_fails_puts_the_file_back(server, api):
    before = text_of(server)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        reply = change(api, ("set", "listen", [str(server.port), "127.0.0.1:%d" % port]), status=500)
    assert "the file is as it was before" in reply["message"]
    assert text_of(server) == before
    server.reload()


def test_an_included_file_is_changed_where_the_directive_stands(make_server):
    server = make_server(CONF, api=RAW, start=False)
    more = server.folder + "/more.conf"
    with open(more, "w", newline="") as f:
        f.write("# theirs\r\nvhost b.example {\r\n\tplay { gop_cache on; }\r\n}")
    with open(server.folder + "/play.conf", "w") as f:
        f.write("play { gop_cache on; }\n")
    server.write_conf(CONF + "\ninclude more.conf;\nvhost c.example { include play.conf; }\nvhost d.example { include play.conf; }")
    server.start()
    api, before = Api(server), text_of(server)
    assert change(api, ("set", "vhost[b.example].play.gop_cache", False))["data"]["file"] == "more.conf"
    with open(more, newline="") as f:
        assert f.read() == "# theirs\r\nvhost b.example {\r\n\tplay { gop_cache off; }\r\n}"
    assert text_of(server) == before
    reply = change(api, ("set", "vhost[c.example].play.gop_cache", False), status=400)
    assert "included more than once" in reply["message"]
    reply = change(api, ("set", "vhost[b.example].play.gop_cache", True), ("set", GOP, True), status=400)
    assert "two files" in reply["message"]


def test_a_change_that_the_environment_overrules_is_refused(make_server):
    server = make_server(CONF, api=RAW, env={"SRS_MAX_CONNECTIONS": "700"})
    before = text_of(server)
    assert "would not count" in change(Api(server), ("set", "max_connections", 500), status=400)["message"]
    assert text_of(server) == before


def test_a_full_disk_leaves_the_old_file_whole(make_server, tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], check=True)
    try:
        server = make_server(CONF, api=RAW, start=False)
        own = folder / "srs.conf"
        own.write_text(text_of(server) + "# " + "x" * 20000 + "\n")
        os.remove(server.conf_path)
        os.symlink(own, server.conf_path)
        server.start()
        api, before = Api(server), own.read_text()
        with open(folder / "fill", "wb", buffering=0) as f:
            with pytest.raises(OSError):
                while True:
                    f.write(b"x" * 4096)
        reply = change(api, ("set", GOP, True), status=500)
        assert "write" in reply["message"] and "srs.conf" in reply["message"]
        assert own.read_text() == before and gop_of(api) == ["off"] and sorted(os.listdir(folder)) == ["fill", "srs.conf"]
        os.remove(folder / "fill")
        change(api, ("set", GOP, True))
        assert os.path.islink(server.conf_path) and "gop_cache on;" in own.read_text()
        server.stop()
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_file_that_cannot_be_written_is_refused_with_the_reason(make_server, tmp_path):
    """A read-only disk, and a single file that is mounted into a container: it cannot be replaced."""
    server = make_server(CONF, api=RAW, start=False)
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(disk)], check=True)
    mounted = [disk]
    try:
        (disk / "srs.conf").write_text(text_of(server))
        os.remove(server.conf_path)
        os.symlink(disk / "srs.conf", server.conf_path)
        server.start()
        api, before = Api(server), text_of(server)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        reply = change(api, ("set", GOP, True), status=500)
        assert "Read-only file system" in reply["message"] and "srs.conf" in reply["message"]
        assert change(api, ("set", GOP, True), path=URL + "?dry_run=1")["data"]["dry_run"]
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        subprocess.run(["mount", "--bind", str(disk / "srs.conf"), str(disk / "srs.conf")], check=True)
        mounted.append(disk / "srs.conf")
        reply = change(api, ("set", GOP, True), status=500)
        assert "Device or resource busy" in reply["message"]
        assert text_of(server) == before and gop_of(api) == ["off"] and os.listdir(disk) == ["srs.conf"]
        assert view(api)["kept"] == []
        server.stop()
    finally:
        for place in reversed(mounted):
            subprocess.run(["umount", "-l", str(place)], check=True)


def test_nobody_changes_it_from_elsewhere_or_without_being_allowed(make_server):
    closed = Api(make_server(CONF, api="raw_api { enabled on; allow_query on; }"))
    version = view(closed)["version"]
    assert change(closed, ("set", GOP, True), version=version) == {"code": 1061}
    server = make_server(CONF, api=RAW)
    api, before = Api(server), text_of(server)
    for headers in (FAR, PAGE, {"Origin": "null"}, {"Referer": "http://evil.example/"}, {"Host": "evil.example"}):
        for path in (URL, URL + "/rollback"):
            assert api.ask("POST", path, b"{}", headers).status == 403, headers
    assert text_of(server) == before


# -- the RAW API of SRS 3 ---------------------------------------------------------------------------------------------------

def raw(api, **query):
    return api.get("/api/v1/raw?" + "&".join("%s=%s" % pair for pair in query.items()))


def test_raw_query_shows_the_configuration(server, api):
    whole = raw(api, rpc="query", scope="global")["global"]
    assert whole["listen"] == [str(server.port)] and whole["max_connections"] == 1000 and whole["daemon"] is False
    assert whole["http_api"]["raw_api"] == {"enabled": True, "allow_query": True, "allow_update": True}
    assert whole["nb_vhosts"] == 2 and list(whole["vhosts"]) == ["a.example", "__defaultVhost__"]
    assert list(whole["vhosts"]["a.example"]) == (
        "id name enabled dvr http_static http_remux hls hds http_hooks exec bandcheck forward security refer origin mr"
        " min_latency gop_cache tcp_nodelay mix_correct time_jitter atc transcode ingest").split()
    assert [whole["vhosts"][v]["gop_cache"] for v in whole["vhosts"]] == [False, True]
    one = raw(api, rpc="query", scope="vhost", vhost="a.example")["vhost"]
    assert one["play"] == {"gop_cache": False} and one["http_hooks"]["secret"] == "***"
    assert one["http_hooks"]["on_publish"] == ["http://***@127.0.0.1:9/x"]
    assert raw(api, rpc="query", scope="minimal")["minimal"] == {"listen": [str(server.port)]}
    assert raw(api, rpc="query", scope="nonsense") == {"code": 1062}
    assert raw(api, rpc="query", scope="vhost", vhost="x") == {"code": 1063}
    assert api.ask("GET", "/api/v1/raw?rpc=query&scope=global", headers=PAGE).status == 403


def test_raw_update_changes_what_srs_3_changes(server, api):
    for scope, value, line in (("max_connections", 500, "max_connections 500;"), ("utc_time", "true", "utc_time on;"),
                               ("chunk_size", 4096, "chunk_size 4096;"), ("pithy_print_ms", 5000, "pithy_print_ms 5000;"),
                               ("ff_log_dir", "./logs", "ff_log_dir ./logs;"), ("srs_log_level", "info", "srs_log_level info;"),
                               ("listen", "%d,%d" % (server.port, free_port()), "listen %d " % server.port)):
        assert raw(api, rpc="update", scope=scope, value=value)["code"] == 0, scope
        assert line in text_of(server)
    new = dict(rpc="update", scope="vhost", value="n.example")
    for param, code in (("delete", 1063), ("create", 0), ("create", 1063), ("delete", 1063), ("disable", 0), ("enable", 0),
                        ("disable", 0), ("delete", 0), ("update", 1062), ("nonsense", 1062)):
        assert raw(api, **new, param=param)["code"] == code, param
    assert "n.example" not in text_of(server)


@pytest.mark.parametrize("scope, value, code", [
    ("listen", "2", 1063), ("listen", "1935,", 1063), ("listen", "65535", 1063), ("listen", "1935;x", 1063),
    ("pid", "/etc/x.pid", 1063), ("pid", "./x", 1063), ("chunk_size", 127, 1063), ("chunk_size", "", 1063),
    ("srs_log_tank", "files", 1063), ("srs_log_level", "loud", 1063), ("srs_log_file", "/etc/passwd", 1063),
    ("max_connections", 9, 1063), ("max_connections", "99999999999999999999", 1063), ("utc_time", "on", 1063),
    ("pithy_print_ms", 99, 1063), ("ff_log_dir", "a%22%27b", 1063), ("exec", "x", 1062), ("", "", 1062), ("dvr", "v", 1062)])
def test_raw_update_refuses_the_rest(server, api, scope, value, code):
    before = text_of(server)
    assert raw(api, rpc="update", scope=scope, value=value) == {"code": code}
    assert text_of(server) == before
    for headers in (FAR, PAGE):
        assert api.ask("GET", "/api/v1/raw?rpc=update&scope=utc_time&value=true", headers=headers).status == 403
