"""The HTTP API as a client sees it: JSON with the order of its keys and the form of its numbers, and shapes to compare.

    api = Api(server)
    api.get("/api/v1/versions")                  a dictionary; the reply must be JSON with status 200
    api.ask("DELETE", "/api/v1/clients/x")       Reply(status, headers, body)
    check(shape, value)                          names, order and types, to the letter

Each JSON answer is checked against the server's OpenAPI document (openapi.py).

A shape is a type (int, str, bool, FLOAT), a literal, None, [shape] for an array of those, an Obj of (key, shape) pairs in
their order, or Either(shape, shape).
"""
import http.client
import json
import re
from collections import namedtuple

import openapi
from wait import patience

Reply = namedtuple("Reply", "status headers body")
Either = namedtuple("Either", "a b")


class Real(float):
    """A number with a point, which remembers how it was written."""

    def __new__(cls, text):
        self = super().__new__(cls, text)
        self.text = text
        return self


class FLOAT:
    """A number with two decimals."""


class Obj(tuple):
    """The shape of an object."""

    def __new__(cls, *pairs):
        return super().__new__(cls, pairs)


def parse(text):
    """Parse JSON; dictionaries keep the order, and a key that comes twice is an error."""
    def pairs(items):
        keys = [k for k, _ in items]
        assert len(keys) == len(set(keys)), "a key twice: %s" % keys
        return dict(items)
    return json.loads(text, object_pairs_hook=pairs, parse_float=Real)


def check(shape, value, where="reply"):
    if isinstance(shape, Either):
        try:
            return check(shape.a, value, where)
        except AssertionError:
            return check(shape.b, value, where)
    if isinstance(shape, Obj):
        assert isinstance(value, dict), "%s is no object: %r" % (where, value)
        assert list(value) == [k for k, _ in shape], "keys of %s" % where
        for key, inner in shape:
            check(inner, value[key], "%s.%s" % (where, key))
    elif isinstance(shape, list):
        assert isinstance(value, list), "%s is no array: %r" % (where, value)
        for i, v in enumerate(value):
            check(shape[0], v, "%s[%d]" % (where, i))
    elif shape is FLOAT:
        assert isinstance(value, Real) and re.fullmatch(r"-?\d+\.\d\d", value.text), "%s: %r" % (where, value)
    elif isinstance(shape, type):
        assert type(value) is shape, "%s is no %s: %r" % (where, shape.__name__, value)
    else:
        assert type(value) is type(shape) and value == shape, "%s: %r is not %r" % (where, value, shape)


class Api:
    def __init__(self, server, port=None, headers=None):
        self.server, self.port, self.headers = server, port or server.api_port, headers or {}
        self.connection = None

    def ask(self, method, path, body=None, headers=None):
        """One exchange on a connection of its own."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience())
        try:
            return self._exchange(c, method, path, body, headers)
        finally:
            c.close()

    def _exchange(self, c, method, path, body=None, headers=None):
        c.request(method, path, body, {**self.headers, **(headers or {})})
        r = c.getresponse()
        reply = Reply(r.status, r.headers, r.read())
        if self.port == self.server.api_port:
            openapi.check(self.server, method, path, reply, {**self.headers, **(headers or {})})
        return reply

    def get(self, path, status=200, headers=None):
        r = self.ask("GET", path, headers=headers)
        assert r.status == status, "%s: %d %r" % (path, r.status, r.body)
        assert r.headers["Content-Type"] == "application/json"
        return parse(r.body.decode())

    def poll(self, path):
        """Like get(), on one connection that stays open."""
        if not self.connection:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience())
        r = self._exchange(self.connection, "GET", path)
        assert r.status == 200, "%s: %d %r" % (path, r.status, r.body)
        return parse(r.body.decode())

    def close(self):
        if self.connection:
            self.connection.close()

    # -- lookups -----------------------------------------------------------------------------------------------

    def streams(self):
        return self.get("/api/v1/streams/?count=10000")["streams"]

    def clients(self):
        return self.get("/api/v1/clients/?count=10000")["clients"]

    def stream(self, name, app="live"):
        """The one stream of that name; None when there is none."""
        found = [s for s in self.streams() if s["name"] == name and s["app"] == app]
        assert len(found) < 2, found
        return found[0] if found else None

    def client(self, kind, name=None):
        found = [c for c in self.clients() if c["type"] == kind and name in (None, c["name"])]
        assert len(found) == 1, found
        return found[0]

    def kick(self, client_id):
        r = self.ask("DELETE", "/api/v1/clients/" + client_id)
        assert r.status == 200, r
        return parse(r.body.decode())
