"""Unbuilt features: vhosts that ask for them serve, with a warning."""
import os
import time

import pytest

from api import Api
from flv import Numbered
from test_play import seen
from test_process import GOOD, conf_file, folder, srs_run  # noqa: F401 (folder is a fixture)
from wait import until

SERVING = [
    "cluster { mode local; }",
    "dash { enabled on; }",
]


def vhost(more, name="__defaultVhost__"):
    return "vhost %s { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } %s }\n" % (name, more)


def serves(server):
    with server.player() as player, server.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=3))
        seen(player, 8)


@pytest.mark.parametrize("more", SERVING)
def test_what_is_merely_missing_is_served(make_server, more):
    serves(make_server(vhost(more)))


def test_t_names_file_and_line(folder):  # noqa: F811
    text = GOOD + "srt_server { enabled on; }\n"
    path = conf_file(folder, text)
    status, said = srs_run(folder, "-t", "-c", path)
    assert status == 0
    found = [s for s in said.splitlines() if "srt_server is accepted but not built yet: " in s]
    assert len(found) == 1 and found[0].endswith(", at %s:%d" % (path, text[:text.index("srt_server")].count("\n") + 1)), said


OTHERS = [("/gb/v1/publish/", "GB28181")]


def says_what_it_waits_for(server, port, path, word):
    for method in ["GET", "POST"]:
        reply = Api(server, port).ask(method, path)
        assert reply.status == 501 and word in reply.body.decode() and "not built yet" in reply.body.decode()
        assert reply.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("path,word", OTHERS)
def test_a_path_says_what_it_is_waiting_for(make_server, path, word):
    server = make_server(vhost(""), http="")
    says_what_it_waits_for(server, server.http_port, path, word)
    server.wait_log(r"HTTP client ip=127\.0\.0\.1 asks for %s.*is not built yet" % path.split("?")[0])


@pytest.mark.parametrize("path,word", OTHERS)
def test_so_it_does_on_the_port_of_the_api(make_server, path, word):
    server = make_server(vhost(""), api="")
    says_what_it_waits_for(server, server.api_port, path, word)


def test_so_it_does_on_a_port_of_both(make_server):
    server = make_server(vhost(""), http="", api="", start=False)
    server.write_conf("", text=server.write_conf(vhost("")).replace(str(server.api_port), str(server.http_port)))
    server.api_port = None
    server.start()
    for path, word in OTHERS:
        says_what_it_waits_for(server, server.http_port, path, word)


def test_files_of_others_on_such_paths_are_served(make_server):
    server = make_server(vhost(""), http="")
    os.makedirs(os.path.join(server.html, "live"), exist_ok=True)
    with open(os.path.join(server.html, "live/a.f4m"), "w") as f:
        f.write("there")
    reply = Api(server, server.http_port).ask("GET", "/live/a.f4m")
    assert reply.status == 200 and reply.body == b"there"
    assert Api(server, server.http_port).ask("GET", "/live/none.flv2").status == 404


def test_a_flood_of_such_requests_is_no_flood_of_lines(make_server):
    server = make_server(vhost(""), http="")
    api = Api(server, server.http_port)
    began = time.monotonic()
    for _ in range(200):
        api.ask("GET", "/gb/v1/publish/")
    server.wait_log("asks for /gb/v1/publish/")
    assert server.log.count("asks for /gb/v1/publish/") <= time.monotonic() - began + 1  # one a second
    until(lambda: api.ask("GET", "/gb/v1/publish/") and 'more like "HTTP client' in server.log, "a count of the others")
