"""What the server leaves open when a file says nothing, what it says about that, and what a page of another site can change."""
import functools
import http.server
import os
import re
import subprocess
import threading

import pytest

import srs
from api import Api, parse
from browser import Browser
from wait import patience, until

RAW = "raw_api { enabled on; allow_reload on; }"
RULE = "vhost __defaultVhost__ { security { enabled on; allow publish 127.0.0.1; allow play all; } }"
FAR = {"X-Forwarded-For": "203.0.113.5"}             # loopback is a trusted proxy, so this is who asks
LOUD = r"\[WARN\].*the API answers other hosts without a password"
ANYBODY = r"\[WARN\].*anybody may publish to vhost %s"


# -- who is answered, and what the log says ---------------------------------------------------------------------------

# 1985 is a fixed port: the server runs in a network of its own, which has an address that is not loopback.
ALONE = """
set -e
ip link set lo up
ip link add far type dummy && ip address add 192.0.2.1/24 dev far && ip link set far up
"$0" -c srs.conf & server=$!
n=0
until curl -sf http://127.0.0.1:1985/api/v1/versions >near; do n=$((n + 1)); [ $n -lt 300 ]; sleep 0.1; done
if curl -s http://192.0.2.1:1985/api/v1/versions >far; then echo answered >>far; fi
kill $server
wait $server
"""


def test_without_a_listen_the_api_answers_this_host_alone(tmp_path):
    (tmp_path / "srs.conf").write_text("listen 1935; daemon off; pid ./srs.pid; srs_log_tank console;\n"
                                       "http_api { enabled on; } vhost __defaultVhost__ { }\n")
    run = subprocess.run(["unshare", "--net", "sh", "-c", ALONE, srs.BINARY], cwd=tmp_path, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, timeout=patience() * 10)
    assert run.returncode == 0, run.stdout
    assert parse((tmp_path / "near").read_text())["code"] == 0
    assert (tmp_path / "far").read_text() == ""
    assert "the API answers this host alone; http_api { listen 1985; auth" in run.stdout
    assert not re.search(LOUD, run.stdout)


def test_a_file_that_opens_the_api_gets_it_and_a_warning_until_there_is_a_password(make_server):
    server = make_server(RULE, api="")                    # `listen PORT`, as the sample files have it
    server.wait_log(LOUD)
    assert Api(server).ask("GET", "/api/v1/versions", headers=FAR).status == 200
    at = server.mark()
    server.reload(RULE, api="crossdomain off;")
    assert not re.search(LOUD, server.log[at:])            # it has been said
    server.reload(RULE, api="auth { enabled on; username u; password correct-horse; }")
    at = server.mark()
    server.reload(RULE, api="")
    server.wait_log(LOUD, since=at)
    closed = make_server(RULE, api="auth { enabled on; username u; password correct-horse; }")
    assert not re.search(LOUD, closed.log)


def test_publishing_without_a_rule_is_allowed_and_told_once(make_server):
    server = make_server("vhost __defaultVhost__ { } vhost b.example { }")
    with server.publisher("s"), server.publisher("t"):
        pass
    server.wait_log(ANYBODY % "__defaultVhost__ and others")
    assert len(re.findall("anybody may publish", server.log)) == 1
    ruled = make_server(RULE)
    with ruled.publisher("s"):
        pass
    assert "anybody may publish" not in ruled.log
    ruled.reload("vhost __defaultVhost__ { }")
    ruled.wait_log(ANYBODY % "__defaultVhost__")


# -- --harden -------------------------------------------------------------------------------------------------------------

def harden(tmp_path, text, *more):
    path = tmp_path / "srs.conf"
    path.write_text(text)
    return subprocess.run([srs.BINARY, "--harden", *more, "-c", str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=patience())


def test_harden_lists_what_is_open_with_the_line_that_closes_it(tmp_path):
    text = "listen 1935;\nhttp_api { enabled on; listen 1985; }\nvhost a.example {\n}\nvhost b.example { enabled off; }\n"
    run = harden(tmp_path, text)
    assert run.returncode == 2
    assert re.search(r"srs\.conf:2: open: the API answers other hosts.*\n    http_api \{ auth \{ enabled on;", run.stdout)
    assert re.search(r"srs\.conf:3: open: anybody may publish to vhost a\.example.*\n    in the vhost: security \{", run.stdout)
    assert "b.example" not in run.stdout and run.stdout.endswith("2 open, 0 to note\n")
    api, vhost = re.findall(r"^    (?:in the vhost: )?(.*)$", run.stdout, re.M)
    merged = text.replace("http_api { enabled on; listen 1985; }", api.replace(
        "http_api {", "http_api { enabled on; listen 1985;").replace("SECRET", "correct-horse")).replace(
        "vhost a.example {\n}", "vhost a.example { %s }" % vhost.replace("ADDRESS", "10.0.0.0/8"))
    run = harden(tmp_path, merged)
    assert run.returncode == 0 and "0 open" in run.stdout, merged + run.stdout


def test_harden_says_no_secret_and_starts_nothing(tmp_path):
    run = harden(tmp_path, "listen 1935; http_api { enabled on; listen 1985; auth { enabled on; username u; password 5ecret; } }"
                           "vhost v { http_hooks { enabled on; on_publish https://b.example/; secret 5ecret; } }\n")
    assert run.returncode == 2 and "less than 10 characters" in run.stdout and "5ecret" not in run.stdout
    assert "does not check who answers" in run.stdout
    assert sorted(os.listdir(tmp_path)) == ["srs.conf"]


def test_harden_fails_as_a_start_does_on_a_file_that_does_not_load(tmp_path):
    run = harden(tmp_path, "listen 0;\n")
    assert run.returncode == 1023 & 0xff and "listen.port=0 is invalid" in run.stdout
    run = subprocess.run([srs.BINARY, "--harden"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert run.returncode == 1023 & 0xff and "--harden needs a configuration file" in run.stdout


# -- changes ----------------------------------------------------------------------------------------------------------

def test_a_reload_by_get_comes_from_this_host_or_with_a_password(make_server):
    server = make_server(RULE, api=RAW)
    api = Api(server)
    for method in ("GET", "HEAD"):
        assert api.ask(method, "/api/v1/raw?rpc=reload", headers=FAR).status == 403
    server.wait_log(r"\[WARN\].*ip=203.0.113.5: rpc=reload by GET is refused.*send it by POST")
    assert "starting reload" not in server.log
    assert api.get("/api/v1/raw?rpc=reload") == {"code": 0}
    server.wait_log("reload config success")
    at = server.mark()
    assert parse(api.ask("POST", "/api/v1/raw?rpc=reload", headers=FAR).body.decode()) == {"code": 0}
    server.wait_log("reload config success", since=at)

    server = make_server(RULE, api=RAW + "auth { enabled on; username u; password correct-horse; }")
    api = Api(server, headers={"Authorization": "Basic dTpjb3JyZWN0LWhvcnNl", **FAR})
    assert api.get("/api/v1/raw?rpc=reload") == {"code": 0}
    server.wait_log("reload config success")


def test_secrets_of_the_file_are_in_no_answer_and_no_line(make_server):
    conf = ("vhost __defaultVhost__ { http_hooks { enabled on; on_close http://127.0.0.1:1/x; secret 5ecret-hooks; } }")
    server = make_server(conf, api=RAW + "auth { enabled on; username u; password 5ecret-api; }")
    api = Api(server, headers={"Authorization": "Basic dTo1ZWNyZXQtYXBp"})
    with server.publisher("s"):
        until(lambda: api.clients(), "the publisher")
        index = api.get("/api/v1/")["urls"]
        del index["events"]                    # does not end
        for path in list(index) + ["vhosts/", "streams/", "clients/", "raw?rpc=raw", "raw?rpc=reload-fetch", "tests/requests"]:
            assert b"5ecret" not in api.ask("GET", "/api/v1/" + path).body, path
    server.reload(conf.replace("5ecret-hooks", "5ecret-other"))
    server.write_conf(conf, api="auth { enabled on; username u; password 5ecret-third; } nonsense {")
    server.send_signal(1)
    server.wait_log("reload failed")
    assert "5ecret" not in server.log and "dTo1ZWNyZXQtYXBp" not in server.log


# -- a page of another site, in a browser -----------------------------------------------------------------------------------

ATTACK = """<!doctype html><meta charset="utf-8"><title>somewhere else</title><body>
<iframe name="sink"></iframe>
<script>
const api = new URLSearchParams(location.search).get('api'), id = new URLSearchParams(location.search).get('id')
const client = api + '/api/v1/clients/' + id, reload = api + '/api/v1/raw?rpc=reload'
const done = []
function note(what) { done.push(what) }
function form(method, action) {
    const f = document.createElement('form')
    f.method = method; f.action = action; f.target = 'sink'
    document.body.append(f); f.submit()
}
function element(kind, url) {
    return new Promise(resolve => {
        const e = document.createElement(kind)
        e.onload = e.onerror = () => resolve(kind)
        e.src = url
        document.body.append(e)
    })
}
function settled(promise) { return promise.then(r => r.status === undefined ? '' : String(r.status), e => e.name) }
async function attack() {
    for (const mode of ['cors', 'no-cors'])
        for (const credentials of ['omit', 'include'])
            for (const url of [client, client + '?callback=f&method=DELETE', client + '?method=DELETE', reload, reload + '&callback=f'])
                for (const method of ['DELETE', 'POST', 'GET', 'PUT', 'PATCH'])
                    note(await settled(fetch(url, { method, mode, credentials, body: method === 'GET' ? undefined : '{}',
                        referrerPolicy: 'no-referrer', headers: mode === 'cors' && method !== 'GET'
                            ? { 'Content-Type': 'application/json', 'X-Requested-With': 'XMLHttpRequest' } : {} })))
    for (const url of [client + '?callback=alert&method=DELETE', reload, reload + '&callback=alert'])
        for (const kind of ['script', 'img', 'iframe', 'audio'])
            note(await element(kind, url))
    for (const url of [client, client + '?method=DELETE', reload]) {
        navigator.sendBeacon(url, '{}')
        form('POST', url)
        form('GET', url)
        note('form')
    }
    document.title = 'done ' + done.length
}
attack()
</script>"""


class Elsewhere:
    """A web server of another site: a page of `localhost` is none of 127.0.0.1."""

    def __init__(self, folder):
        with open(os.path.join(folder, "index.html"), "w") as f:
            f.write(ATTACK)
        handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
        handler.func.log_message = lambda *a: None
        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()

    def url(self, **query):
        return "http://localhost:%d/?%s" % (self.httpd.server_address[1], "&".join("%s=%s" % pair for pair in query.items()))

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.httpd.shutdown()
        self.httpd.server_close()


@pytest.mark.sample(3)
@pytest.mark.xdist_group("console")
@pytest.mark.parametrize("api_conf", [RAW, RAW + "jsonp_delete on;", RAW + "crossdomain off;"])
def test_a_foreign_page_in_chromium_changes_nothing(make_server, tmp_path, api_conf):
    server = make_server(RULE, api=api_conf)
    api = Api(server)
    page = Browser()
    try:
        with Elsewhere(tmp_path) as elsewhere, server.publisher("s"):
            name = api.client("fmle-publish")["id"]
            page.open(elsewhere.url(api="http://127.0.0.1:%d" % server.api_port, id=name))
            title = until(lambda: page.driver.title.startswith("done") and page.driver.title,
                          lambda: "the attack to end: %s %s" % (page.driver.title, page.console()), 60)
            assert int(title.split()[1]) == 2 * 2 * 5 * 5 + 3 * 4 + 3
            server.wait_log("is refused to a page of another site")      # it did come through to the server
            assert api.client("fmle-publish")["id"] == name
            assert "is kicked" not in server.log and "starting reload" not in server.log
            assert api.kick(name)["code"] == 0                              # and a program may
            until(lambda: not api.clients(), "the kick")
    finally:
        page.close()
