"""Trees of servers: samples of `conf/` that test_edge.py has not, and the registration at a proxy as SRS 7 has one."""
import contextlib
import json
import os
import re
import signal
import subprocess

import pytest

import flv
import media
import rtmp
import srs
from flv import Numbered
from hook_backend import answer
from http_live import HttpPlayer
from peer import Peer
from test_play import seen
from wait import patience, until

PORT = re.compile(r"(?<=[ :])(1935\d?|808\d|1985\d|199\d0|909\d|12025)\b(?=[ ;/])")


class Samples:
    """Files of conf/ whose ports are replaced by free ones, the same in all of them."""

    def __init__(self, make_server):
        self.make_server, self.ports = make_server, {}

    def port(self, shipped):
        return self.ports.setdefault(str(shipped), srs.free_port())

    def text(self, name, *changes):
        with open(os.path.join(media.ROOT, "conf", name)) as f:
            text = PORT.sub(lambda m: str(self.port(m.group())), f.read())
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        return text

    def start(self, name, *changes, **how):
        text = re.sub(r"(?m)^(pid .*|#.*)$", "", self.text(name, *changes)) + "pid ./objs/srs.pid;\n"
        s = self.make_server(text=text, listen=re.findall(r"(?m)^listen +(\d+);", text), start=False, **how)
        os.symlink(os.path.join(media.ROOT, "doc"), os.path.join(s.folder, "doc"))
        return s.start()


@pytest.fixture
def samples(make_server):
    return Samples(make_server)


def test_a_vhost_is_the_edge_of_another_one_of_the_same_server(samples):
    server = samples.start("transform.edge.conf")
    with media.ffmpeg_play(server.url("live/livestream?vhost=edge.example"), ["-t", "1"]) as player:
        assert {p.kind for p in media.parse_framemd5(player.ends())} == {"audio", "video"}
    server.wait_log(r"edge of edge\.example/live/livestream from rtmp://127\.0\.0\.1:%d/live/livestream begins" % server.port)


# -- HTTP-FLV by nginx --------------------------------------------------------------------------------------------------------

class Balancer(Peer):
    """nginx with conf/http.flv.live.nginx.conf."""

    def __init__(self, folder, samples):
        super().__init__(folder)
        samples.ports["8083"] = self.port
        text = samples.text("http.flv.live.nginx.conf", ("worker_processes    auto;", "worker_processes    1;"),
                            ("/tmp/srs-flv-nginx", self.path("nginx")))
        with open(self.path("nginx.conf"), "w") as f:
            f.write("daemon off;\n" + ("user root;\n" if os.getuid() == 0 else "") + text)
        self.start_nginx(self.path("nginx.conf"))


@pytest.fixture
def tree(samples, tmp_path):
    """An origin, two edges, and nginx before them."""
    origin, *edges = [samples.start("http.flv.live%s.conf" % end, ("127.0.0.1;", "127.0.0.1:%d;" % samples.port(1935)))
                      if end else samples.start("http.flv.live.conf") for end in ("", ".edge1", ".edge2")]
    nginx = Balancer(tmp_path / "nginx", samples)
    yield origin, edges, nginx
    nginx.stop()


def plays(server):
    return server.output().count("type=rtmp-play")


def test_players_of_a_stream_are_sent_to_one_of_two_edges_by_nginx(tree, live):
    origin, edges, nginx = tree
    streams = ["s%d" % i for i in range(24)]
    with contextlib.ExitStack() as stack:
        for stream in streams:
            live(origin, stream)
        players = [stack.enter_context(HttpPlayer(nginx.port, "/live/%s.flv" % stream, websocket=ws))
                   for stream in streams for ws in (False, True)]
        for player in players:
            player.wait_media(15)
        until(lambda: plays(origin) == len(streams) == sum(map(pulled, edges)), lambda: "a pull of each: %d" % plays(origin))
        assert all(map(pulled, edges))


def pulled(edge):
    return edge.output().count("begins")


def test_streams_of_an_edge_that_dies_move_to_the_other_one(tree, live):
    origin, edges, nginx = tree
    live(origin, "s")
    with HttpPlayer(nginx.port, "/live/s.flv") as player:
        player.wait_media(15)
    edge, other = until(lambda: sorted(edges, key=lambda e: -pulled(e)) if sum(map(pulled, edges)) else None, "a pull in a log")
    edge.kill()
    with HttpPlayer(nginx.port, "/live/s.flv") as player:
        player.wait_media(15)
    until(lambda: pulled(other), "the pull of the other edge in its log")
    assert pulled(other) == 1


# -- processes on one port -------------------------------------------------------------------------------------------------

class Edges:
    """Processes of conf/edge.processes.conf, by research/edges/edges.py."""

    def __init__(self, folder, samples):
        self.folder, self.api_port = str(folder), srs.free_port()
        os.makedirs(self.folder)
        self.origin = samples.start("origin.conf")
        self.conf, self.text = os.path.join(self.folder, "edges.conf"), samples.text("edge.processes.conf")
        self.port, self.http_port = samples.port(1935), samples.port(8080)
        self.write(self.text)

    def write(self, text):
        with open(self.conf, "w") as f:
            f.write(text)

    def run(self, *args, status=0):
        ran = subprocess.run([os.path.join(media.ROOT, "research", "edges", "edges.py"), "--run", self.folder, *args], cwd=self.folder,
                             capture_output=True, text=True, timeout=patience(60))
        assert ran.returncode == status, ran.stdout + ran.stderr
        return ran.stdout

    def start(self):
        return self.run("start", "2", "--conf", self.conf, "--program", srs.BINARY, "--api-port", str(self.api_port))

    def status(self, status=0):
        return json.loads(self.run("status", "--json", status=status))


@pytest.fixture
def edges(samples, tmp_path):
    e = Edges(tmp_path / "edges", samples)
    e.start()
    yield e
    e.run("stop")


def test_two_processes_on_one_port_share_players_and_pull_once_each(edges, live):
    live(edges.origin, "s")
    with contextlib.ExitStack() as stack:
        players = [stack.enter_context(HttpPlayer(edges.http_port, "/live/s.flv")) for _ in range(20)]
        players += [stack.enter_context(edges.origin.player(port=edges.port)) for _ in range(20)]
        for player in players:
            player.wait_media(15)
        said = until(lambda: (lambda s: s["sum"]["players"] == 40 and s)(edges.status()), "40 players in the sum")
        assert said["ok"] and all(0 < p["players"] < 40 for p in said["processes"]), said
        assert [(s["url"], s["processes"], s["players"]) for s in said["streams"]] == [("/live/s", 2, 40)]
        assert len({p["pid"] for p in said["processes"]}) == said["sum"]["processes"] == 2
        assert plays(edges.origin) == 2
        assert "sum" in edges.run("status")


@pytest.mark.long
def test_a_process_that_dies_leaves_the_other_one_and_is_started_again(edges, live):
    live(edges.origin, "s")
    first, second = edges.status()["processes"]
    os.kill(first["pid"], signal.SIGKILL)
    until(lambda: "error" in edges.status(status=1)["processes"][0], "the dead process in the list")
    with HttpPlayer(edges.http_port, "/live/s.flv") as player:
        player.wait_media(15)
        edges.start()
        again = edges.status()["processes"]
        assert again[1]["pid"] == second["pid"] and again[0]["pid"] != first["pid"]
        player.wait_media(len(player.media()) + 30)


@pytest.mark.long
def test_all_processes_are_reloaded_or_it_is_told_which_are_not(edges):
    edges.write(edges.text.replace("max_connections     1000", "max_connections     900"))
    assert edges.run("reload").count(": reloaded") == 2
    edges.write(edges.text.replace("mode        remote", "mode        elsewhere {"))
    assert edges.run("reload", status=1).count(": not reloaded") == 2
    edges.run("stop")
    assert edges.run("status", status=1).count("does not run") == 2
    edges.write(edges.text)


# -- behind a proxy --------------------------------------------------------------------------------------------------------

class Proxy:
    """The system API of the proxy of SRS 7: who has registered, by device."""

    def __init__(self, backend):
        self.backend, self.servers, self.refused = backend, {}, []
        backend.answers["api"] = self.register

    def register(self, connection, call):
        said = json.loads(call.body)
        is_good = (call.method, call.path) == ("POST", "/api/v1/srs/register") and said.get("rtmp") and all(
            said.get(key) for key in ("ip", "server", "service", "pid"))
        if is_good:
            self.servers[said["device_id"]] = said
        else:
            self.refused.append(call)
        answer(200, json.dumps({"code": 0, "pid": "1"} if is_good else {"code": 100}).encode())(connection, call)

    def wait(self, *devices):
        until(lambda: set(devices) <= set(self.servers) or self.refused, lambda: "%s at the proxy, now %s" % (devices, self.servers))
        assert not self.refused, self.refused

    def address(self, device, service="rtmp"):
        said = self.servers[device]
        return said["ip"], int(said[service][0])


def passes(to, proxy, device):
    """A stream that is published at a port, by players at the addresses that the proxy has of a server."""
    (host, rtmp_port), (_, http_port) = proxy.address(device), proxy.address(device, "http")
    assert host == "127.0.0.1"
    with rtmp.Client(host, to) as publisher, rtmp.Client(host, rtmp_port) as player:
        for client in (publisher, player):
            client.connect("rtmp://proxy.example/live")
        publisher.set_chunk_size(4096)
        publisher.publish("s")
        publisher.send_tags(Numbered().tags(count=10))
        seen(player.play("s"), 15)
        with HttpPlayer(http_port, "/live/s.flv") as over_http:
            over_http.wait_media(15)
            assert flv.gaps(player.media()) == flv.gaps(over_http.media()) == []


def test_three_origins_register_at_a_proxy_and_are_found_where_they_say(samples, backend):
    proxy, devices = Proxy(backend), ["origin1", "origin2", "origin3"]
    samples.ports["12025"] = backend.port
    servers = [samples.start(device + "-for-proxy.conf", env={"SRS_DEVICE_IP": "127.0.0.1"}) for device in devices]
    proxy.wait(*devices)
    assert [proxy.address(d)[1] for d in devices] == [s.port for s in servers]
    assert len({proxy.servers[d]["server"] for d in devices}) == 3
    for device in devices:
        passes(proxy.address(device)[1], proxy, device)


def test_an_edge_registers_at_a_proxy_and_takes_streams_from_an_origin_behind_it(samples, backend):
    proxy = Proxy(backend)
    samples.ports["12025"] = backend.port
    origin = samples.start("origin-for-edge.conf")
    edge = samples.start("edge-for-proxy.conf", env={"SRS_DEVICE_IP": "127.0.0.1"})
    proxy.wait("edge1")
    assert proxy.address("edge1")[1] == edge.port
    passes(origin.port, proxy, "edge1")
    edge.wait_log(r"edge of /live/s from rtmp://127\.0\.0\.1:%d/live/s begins" % origin.port)
    passes(edge.port, proxy, "edge1")
    edge.wait_log(r"edge: publish of /live/s to rtmp://127\.0\.0\.1:%d begins" % origin.port)
