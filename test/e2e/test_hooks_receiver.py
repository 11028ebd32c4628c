"""The receiver of callbacks in research/api-server, with the example files as they are."""
import http.client
import json
import os
import re
import subprocess
import sys

import pytest

import rtmp
from flv import Numbered
from media import ROOT
from srs import free_port
from wait import patience, until

SERVER = os.path.join(ROOT, "research", "api-server", "server.py")


@pytest.fixture
def receiver(tmp_path):
    running = []

    def start(*args):
        port = free_port()
        r = Receiver(port, tmp_path / "events.jsonl", args)
        running.append(r.process)
        return r
    yield start
    for process in running:
        process.terminate()
        process.wait(patience())


class Receiver:
    def __init__(self, port, store, args):
        self.port, self.store = port, store
        self.process = subprocess.Popen([sys.executable, SERVER, str(port), "--store", str(store), *args],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert "listens at 127.0.0.1:%d" % port in self.process.stderr.readline()

    def ask(self, method, path, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience())
        c.request(method, path, body)
        r = c.getresponse()
        return r.status, json.loads(r.read())

    def actions(self):
        return [e["body"]["action"] for e in self.ask("GET", "/api/v1/events")[1]["events"] if e["body"]]


def example(name, receiver, server):
    """An example file with its ports replaced by free ones."""
    with open(os.path.join(ROOT, "conf", name)) as f:
        text = f.read()
    for old, new in (("1935", server.port), ("1985", free_port()), ("8080", free_port()), ("8085", receiver.port)):
        text = re.sub(r"\b%s\b" % old, str(new), text)
    return "pid %s;\nsrs_log_tank file;\nsrs_log_file %s;\n" % (server.pid_path, server.log_path) + \
        text.replace("srs_log_tank        console;", "")


def test_the_example_file_works_with_the_receiver(make_server, receiver):
    r = receiver()
    server = make_server()
    server.stop()
    server.write_conf("", text=example("http.hooks.callback.conf", r, server))
    server.start()
    with server.publisher("livestream") as publisher:
        publisher.send_tags(Numbered().tags(count=3))
    until(lambda: r.actions().count("on_close") == 2, "the end at both URLs")
    wanted = ["on_connect", "on_publish", "on_unpublish", "on_close"]
    assert [a for a in r.actions() if a != "on_hls"] == [a for a in wanted for _ in range(2)]  # each has two URLs


def test_the_receiver_refuses_what_it_is_told_to(make_server, receiver):
    r = receiver("--deny", "on_publish")
    server = make_server("vhost __defaultVhost__ { http_hooks { enabled on; on_publish http://127.0.0.1:%d/api/v1/streams; } }"
                         % r.port)
    with server.client() as c, pytest.raises(rtmp.Refused):
        c.publish("s")
    assert r.actions() == ["on_publish"]


def test_the_receiver_survives_bad_requests(receiver):
    r = receiver()
    assert r.ask("POST", "/api/v1/clients", b"{")[0] == 400
    assert r.ask("POST", "/api/v1/clients", b"[" * 100000)[0] == 400
    assert r.ask("POST", "/api/v1/clients", b'"\xff"')[0] == 400
    assert r.ask("POST", "/x", b"[1]") == (200, {"code": 0})
    assert r.ask("GET", "/api/v1/events?after=1")[1]["events"] == []
    assert r.ask("GET", "/api/v1/events?after=x")[1]["events"][0]["body"] == [1]
    assert r.ask("POST", "/api/v1/forward", b'{"action":"on_forward"}')[1] == {"code": 0, "data": {"urls": []}}


def test_a_batch_is_kept_event_by_event(receiver):
    r = receiver()
    assert r.ask("POST", "/api/v1/events", b'[{"action":"on_publish"},{"action":"on_unpublish"}]') == (200, {"code": 0})
    assert r.actions() == ["on_publish", "on_unpublish"]
