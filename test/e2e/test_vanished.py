"""Peers whose link goes down without FIN or RST. Each connection is freed within a minute, in every state.

The peers live in a network namespace of their own, which needs root.
"""
import ctypes
import os
import subprocess
import threading
import time

import pytest

from flv import Numbered
from http_live import HttpPlayer
from rtmp import Feeder
from srs import free_port
from wait import until

WITHIN_S = 60
libc = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """A network namespace with one link to the host's. Functions that run by inside() open their sockets there."""

    def __init__(self):
        tag = "v%d" % (os.getpid() % 100000)
        self.name, self.outer, self.inner = "srs" + tag, tag + "o", tag + "i"
        net = "198.18.%d." % (os.getpid() % 250)                          # reserved for benchmarks, RFC 2544
        self.host, self.peer = net + "1", net + "2"
        self.ip("netns add " + self.name)
        try:
            self.ip("link add %s type veth peer name %s netns %s" % (self.outer, self.inner, self.name))
            self.ip("addr add %s/30 dev %s" % (self.host, self.outer))
            self.ip("link set %s up" % self.outer)
            self.ip_inside("addr add %s/30 dev %s" % (self.peer, self.inner))
            self.ip_inside("link set %s up" % self.inner)
        except BaseException:
            self.close()
            raise

    @staticmethod
    def ip(words):
        subprocess.run(["ip"] + words.split(), check=True)

    def ip_inside(self, words):
        """Like `ip -n`, but without its mount of a /sys for the namespace, which may fail in a chroot."""
        subprocess.run(["nsenter", "--net=/var/run/netns/" + self.name, "ip"] + words.split(), check=True)

    def inside(self, make):
        """Run make() in a thread inside the namespace; its sockets stay there."""
        result = []

        def run():
            fd = os.open("/var/run/netns/" + self.name, os.O_RDONLY)
            try:
                assert libc.setns(fd, 0x40000000) == 0, os.strerror(ctypes.get_errno())
            finally:
                os.close(fd)
            result.append(make())

        t = threading.Thread(target=run)
        t.start()
        t.join()
        assert result, "nothing was made in the namespace"
        return result[0]

    def vanish(self):
        self.ip_inside("link set %s down" % self.inner)

    def close(self):
        subprocess.run(["ip", "netns", "del", self.name], check=False)


@pytest.fixture
def namespace():
    if os.geteuid() != 0:
        pytest.skip("needs root: a network namespace")
    n = Namespace()
    yield n
    n.close()


@pytest.mark.long
def test_peers_that_vanish_are_freed_within_a_minute_whatever_they_did(make_server, namespace, witness):
    server = make_server("vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } "
                         "publish { normal_timeout 600000; } }", http="", api="", listen=["0.0.0.0:%d" % free_port()])
    w = witness(server)
    on_air = Feeder(server.publisher("on_air"), Numbered(gop=25, size=2000).tags())
    before = server.n_fds()
    host = namespace.host

    def make():
        peers = [server.client(host=host), server.player("nobody", host=host), server.player("on_air", host=host),
                 server.publisher("gone", host=host)]
        peers[3].send_tags(Numbered().tags(count=5))
        peers[3].barrier()
        peers.append(HttpPlayer(server.http_port, "/live/on_air.flv", address=host))
        peers.append(HttpPlayer(server.http_port, "/live/nobody.flv", address=host))
        return peers

    peers = namespace.inside(make)
    until(lambda: server.n_fds() == before + len(peers), "all are there")
    time.sleep(2)                                                          # the server writes to some of them meanwhile
    namespace.vanish()
    began = time.monotonic()
    until(lambda: server.n_fds() <= before,
          lambda: "all to be freed, %d are left\n%s" % (server.n_fds() - before, server.tail()), WITHIN_S + 5)
    print("freed after %.0f s" % (time.monotonic() - began))
    on_air.stop()
    w.undisturbed()

