"""Each JSON answer of the API, against the OpenAPI document that the server itself gives: Api of api.py calls check().

The document is fetched once; a server that does not give it to this caller, because it asks for a password, is passed over until
another one does. Without python3-jsonschema, as in `make check`, nothing is checked.
"""
import http.client
import json
import urllib.parse

try:
    import jsonschema
except ImportError:
    jsonschema = None

# Of a long list so many entries are looked at: a schema is checked in Python, entry by entry.
ENTRIES_MAX = 30

KINDS = ("application/json", "application/problem+json")

_document = None
checked = {"answers": 0}


def fetch(server, headers=None):
    """The document, or None."""
    c = http.client.HTTPConnection("127.0.0.1", server.api_port, timeout=30)
    try:
        c.request("GET", "/api/v1/openapi.json", headers=headers or {})
        r = c.getresponse()
        return json.loads(r.read()) if r.status == 200 else None
    finally:
        c.close()


def _find(document, path):
    """The path item of a path: /api/v1/streams/x is /api/v1/streams/{id}, and the last slash may be missing or too many."""
    paths = document["paths"]
    for known in (path, path.rstrip("/"), path + "/"):
        if known in paths:
            return paths[known]
    return paths.get(path.rsplit("/", 1)[0] + "/{id}")


def _shorten(value):
    if isinstance(value, dict):
        return {k: _shorten(v) for k, v in value.items()}
    return [_shorten(v) for v in value[:ENTRIES_MAX]] if isinstance(value, list) else value


def schema_of(document, method, path, status, kind="application/json"):
    """The schema of an answer. A path that is not known may only answer with an error."""
    item = _find(document, path) or {}
    operation = item.get(method.lower(), item.get("get", {}))            # most paths take any method
    responses = operation.get("responses", {})
    answer = responses.get(str(status), responses.get("default", {}))
    content = answer.get("content", {}).get(kind)
    return content["schema"] if content else {"$ref": "#/components/schemas/Error"}


def check_against(document, method, path, status, value, kind="application/json"):
    resolver = jsonschema.RefResolver("", document)
    schema = schema_of(document, method, path, status, kind)
    errors = list(jsonschema.Draft202012Validator(schema, resolver=resolver).iter_errors(_shorten(value)))
    assert not errors, "%s %s (%d) does not fit openapi.json: %s" % (method, path, status, "\n".join(
        "%s: %s" % (list(e.absolute_path), e.message) for top in errors for e in ([top] + list(top.context or []))))


def check(server, method, target, reply, headers=None):
    global _document
    path = urllib.parse.urlsplit(target).path
    kind = reply.headers["Content-Type"]
    if not jsonschema or not path.startswith(("/api/", "/rtc/")) or kind not in KINDS or not reply.body:
        return
    if path == "/api/v1/openapi.json":
        return
    _document = _document or fetch(server, headers)
    if not _document:
        return
    checked["answers"] += 1
    check_against(_document, method, path, reply.status, json.loads(reply.body), kind)
