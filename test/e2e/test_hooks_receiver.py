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

    def stored(self):
        """What is in its file."""
        with open(self.store, encoding="utf-8") as f:
            return [json.loads(line) for line in f]

    def actions(self):
        return [e["body"]["action"] for e in self.ask("GET", "/api/v1/events")[1]["events"] if e["body"]]


PATHS = {"on_connect": "clients", "on_close": "clients", "on_publish": "streams", "on_unpublish": "streams",
         "on_play": "sessions", "on_stop": "sessions"}

# What SRS's own sample files say of callbacks (http.hooks.callback.conf) and of the heartbeat (http.heartbeat.conf, whose first
# line lacks its semicolon).
HOOKS_OF_SRS = "listen 1935; max_connections 1000; vhost __defaultVhost__ { http_hooks { enabled on; %s } }" % " ".join(
    "%s http://127.0.0.1:8085/api/v1/%s http://localhost:8085/api/v1/%s;" % (event, p, p) for event, p in PATHS.items())
HEARTBEAT_OF_SRS = """listen 1935
max_connections 1000;
heartbeat { enabled on; interval 9.3; url http://127.0.0.1:8085/api/v1/servers;
    device_id "my-srs-device"; summaries on; }
stats { network 0; disk sda sdb xvda xvdb; } vhost __defaultVhost__ { }"""


def example(name, receiver, server):
    """An example file with its ports replaced by free ones."""
    with open(os.path.join(ROOT, "conf", name)) as f:
        return with_ports(f.read(), receiver, server)


def with_ports(text, receiver, server):
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


def start_sample(make_server, receiver, sample):
    server = make_server(start=False)
    server.write_conf("", text=with_ports("daemon off;\n" + sample, receiver, server))
    return server.start()


def test_the_sample_of_callbacks_of_srs_works_with_the_receiver(make_server, receiver):
    r = receiver()
    server = start_sample(make_server, r, HOOKS_OF_SRS)
    with server.publisher("livestream?k=v") as publisher:
        publisher.send_tags(Numbered().tags(count=3))
        with server.player("livestream") as player:
            player.wait_media(3)
        until(lambda: r.actions().count("on_close") == 2, "the player's end at both URLs")
    until(lambda: r.actions().count("on_close") == 4, "the publisher's end at both URLs")
    wanted = ["on_connect", "on_publish", "on_connect", "on_play", "on_stop", "on_close", "on_unpublish", "on_close"]
    assert r.actions() == [a for a in wanted for _ in range(2)]
    stored = r.stored()
    assert [e["body"]["action"] for e in stored] == r.actions()
    for e in stored:
        assert e["path"] == "/api/v1/" + PATHS[e["body"]["action"]] and e["method"] == "POST"
        assert e["body"].get("stream", "livestream") == "livestream" and e["body"]["vhost"] == "__defaultVhost__"


def test_the_sample_of_the_heartbeat_of_srs_works_with_the_receiver(make_server, receiver):
    r = receiver()
    server = start_sample(make_server, r, HEARTBEAT_OF_SRS)
    beat = until(r.stored, "a report")[0]
    assert beat["path"] == "/api/v1/servers" and beat["body"]["device_id"] == "my-srs-device"
    summaries = beat["body"]["summaries"]["data"]
    assert summaries["ok"] is True and summaries["self"]["pid"] == server.process.pid


def test_the_sample_of_a_backend_of_forwards_works_with_the_receiver(make_server, receiver):
    r = receiver()
    server = start_sample(make_server, r, "listen 1935; max_connections 1000; "
                          "vhost __defaultVhost__ { forward { enabled on; backend http://127.0.0.1:8085/api/v1/forward; } }")
    with server.publisher("livestream?k=v") as publisher:
        publisher.send_tags(Numbered().tags(count=3))
        until(lambda: r.actions() == ["on_forward"], "the question")
    assert r.stored()[0]["body"]["param"] == "?k=v"


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
