"""The OpenAPI document: it is valid, names every endpoint, and the answers fit it. And each route, method and type of value is tried.

That the answers of all other tests fit is checked where they come in: api.py.
"""
import itertools
import json
import os
import subprocess

import pytest

import npm_parsers
import openapi
from api import Api
from media import ROOT
from wait import patience, until

# The publisher of these tests sends nothing, and stays as long as they need.
CONF = "vhost __defaultVhost__ { publish { firstpkt_timeout 3600000; } http_remux { enabled on; } hls { enabled on; hls_path ./hls; } }"
RAW = "raw_api { enabled on; allow_reload on; allow_query on; }"
NEEDS_SCHEMA = pytest.mark.skipif(openapi.jsonschema is None, reason="python3-jsonschema is not installed")


@pytest.fixture
def served(make_server):
    return make_server(CONF, api=RAW, http="")


def test_the_document_is_valid(served):
    """By the schema of the OpenAPI Initiative, in a validator that we did not write."""
    npm_parsers.need()
    run = subprocess.run(["node", os.path.join(ROOT, "test/e2e/node/openapi.js"), npm_parsers.FOLDER],
                         input=json.dumps(openapi.fetch(served)), stdout=subprocess.PIPE, text=True, timeout=patience() * 3)
    verdict = json.loads(run.stdout)
    assert verdict["valid"] and verdict["version"] == "3.1", verdict


@NEEDS_SCHEMA
def test_its_schemas_are_schemas(served):
    document = openapi.fetch(served)
    resolver = openapi.jsonschema.RefResolver("", document)
    n = 0

    def visit(value):
        nonlocal n
        if isinstance(value, dict):
            if "$ref" in value:
                resolver.resolve(value["$ref"])
                n += 1
            if "schema" in value and isinstance(value["schema"], dict):
                openapi.jsonschema.Draft202012Validator.check_schema(value["schema"])
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            visit(inner)
    visit(document)
    assert n > 50


def test_every_endpoint_is_described(served):
    document = openapi.fetch(served)
    index = Api(served).get("/api/v1/")
    for name in list(index["urls"]) + ["tests/" + n for n in index["tests"] if n != "[vhost]"]:
        item = document["paths"].get("/api/v1/" + name) or document["paths"]["/api/v1/%s/" % name]
        for operation in item.values():
            assert operation["summary"] != "/api/v1/" + name, "%s has no line in descriptions.c" % name
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["summary"] != path, "%s has no line in descriptions.c" % path
            assert ("{id}" in path) == any(p["in"] == "path" for p in operation["parameters"])


def test_clients_of_whip_find_what_it_takes_and_answers(served):
    """Each response by status and type of content; the refusals are problems."""
    paths = openapi.fetch(served)["paths"]
    for path in ("/rtc/v1/whip/", "/rtc/v1/whip-play/", "/rtc/v1/whep/"):
        assert set(paths[path]) == {"post", "patch", "delete"}
        told = paths[path]["post"]
        assert list(told["requestBody"]["content"]) == list(told["responses"]["201"]["content"]) == ["application/sdp"]
        assert list(told["responses"]["default"]["content"]) == ["application/problem+json"]
        assert "content" not in paths[path]["delete"]["responses"]["200"] and "content" not in paths[path]["patch"]["responses"]["204"]
    for path in ("/rtc/v1/publish/", "/rtc/v1/play/"):
        assert list(paths[path]["post"]["requestBody"]["content"]) == ["application/json"]


@NEEDS_SCHEMA
@pytest.mark.parametrize("method, path, status, value", [
    ("GET", "/api/v1/versions", 200, {"code": 0}), ("GET", "/api/v1/clients/x", 200, {"code": 2049}),
    ("GET", "/api/v1/nothing", 404, {"code": 404}), ("DELETE", "/api/v1/clients", 200, {
        "code": 0, "server": "s", "service": "s", "pid": "1", "kicked": 3})])
def test_the_check_lets_right_answers_pass(served, method, path, status, value):
    openapi.check_against(openapi.fetch(served), method, path, status, value)


@NEEDS_SCHEMA
@pytest.mark.parametrize("method, path, status, value", [
    ("GET", "/api/v1/versions", 200, {"code": 0, "server": "s", "service": "s", "pid": 1, "data": {}}),
    ("GET", "/api/v1/versions", 200, {"code": "0"}), ("GET", "/api/v1/versions", 500, {"data": 1}),
    ("GET", "/api/v1/clients/", 200, {"code": 0, "server": "s", "service": "s", "pid": "1", "clients": [{"id": "x"}]}),
    ("GET", "/api/v1/nothing", 200, {"code": 0, "server": "s", "service": "s", "pid": "1"}),
    ("GET", "/api/v1/vhosts/", 200, {"code": 0, "server": "s", "service": "s", "pid": "1", "vhosts": [], "more": 1})])
def test_the_check_finds_wrong_answers(served, method, path, status, value):
    with pytest.raises(AssertionError, match="does not fit"):
        openapi.check_against(openapi.fetch(served), method, path, status, value)


# -- every route, method and type of value --------------------------------------------------------------------------------

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "delete"]
VALUES = ["", "0", "-1", "1.5", "1e9", "99999999999999999999999", "true", "null", "%00", "%ff%fe", "%F0%9F%92%A9", "a" * 2000, "../../etc/passwd",
          "%22%3E%3Cscript%3E", "%25s%25n", "0:0", "1:1", "[]", "{}", "'", "x;y=1,2&&z", "127.0.0.1", "::1/128", "-alive", "name"]
BODIES = [(None, None), (b"", "application/json"), (b"{}", "application/json"), (b"[]", "application/json"), (b"null", "text/plain"),
          (b'{"address":1,"stream":[],"seconds":-1e99}', "application/json"), (b'{"address":"10.0.0.0/33"}', "application/json"),
          (b"\xff\x00{", "application/octet-stream"), (b"[" * 5000, "application/json"), (b"a=1&b=2", "application/x-www-form-urlencoded"),
          (b'{"user":"' + b"u" * 4000 + b'"}', "application/json"), (b"x" * 70000, "text/plain")]


def targets(document):
    """Each path with each of its parameters, for each value."""
    for path, item in document["paths"].items():
        if path == "/api/v1/events":
            continue                       # does not end; below
        names = sorted({p["name"] for operation in item.values() for p in operation["parameters"] if p["in"] == "query"}
                       | {"callback", "method", "nonsense"})
        for value in VALUES:
            yield path.replace("{id}", value.replace("/", "%2f")) + "".join("%s%s=%s" % ("&" if i else "?", n, value)
                                                                                for i, n in enumerate(names))
        for name, value in itertools.product(names, VALUES):
            yield "%s?%s=%s" % (path.replace("{id}", "nobody"), name, value)


@pytest.mark.sample(2)
@pytest.mark.parametrize("each", [5, 1], ids=["each fifth", "all"])
def test_no_route_method_or_value_breaks_the_api(served, each):
    """Answers fit the document (api.py), none is of the server's own failure, and the stream beside it goes on."""
    api = Api(served)
    document = openapi.fetch(served)
    n_checked = openapi.checked["answers"]
    with served.publisher("s"):
        before = api.stream("s")["id"]
        for n, target in enumerate(itertools.islice(targets(document), None, None, each)):
            method = METHODS[n % len(METHODS)]
            if method.upper() == "DELETE" and "type=" in target:
                continue                   # would end the publisher, rightly
            body, kind = BODIES[n % len(BODIES)]
            reply = api.ask(method, target, None if method in ("GET", "HEAD", "TRACE") else body, {"Content-Type": kind} if kind else {})
            assert reply.status < 500 or reply.status == 501, (method, target, reply)
        for path, method, (body, kind) in itertools.islice(itertools.product(document["paths"], METHODS, BODIES), None, None, each):
            if path == "/api/v1/events" and method in ("GET", "HEAD"):
                continue
            reply = api.ask(method, path.replace("{id}", "nobody"), body, {"Content-Type": kind} if kind else {})
            assert reply.status < 500 or reply.status == 501, (method, path, body, reply)
        assert api.stream("s")["id"] == before and api.stream("s")["publish"]["active"]
    until(lambda: not api.clients(), "the end")
    assert openapi.jsonschema is None or openapi.checked["answers"] - n_checked > 1000 / each
