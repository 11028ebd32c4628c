"""A reload that moves an endpoint to other addresses of its port: both cannot be open at the same time."""
import socket

import pytest

from srs import free_port
from wait import until


def can_connect(host, port):
    try:
        socket.create_connection((host, port), timeout=5).close()
        return True
    except ConnectionRefusedError:
        return False


def open_at(server, *hosts):
    """The addresses among these on which the port is open."""
    return [h for h in hosts if can_connect(h, server.port)]


HOSTS = ("127.0.0.1", "127.0.0.2", "::1")


@pytest.mark.parametrize("before, after, served", [
    ("%d", "127.0.0.1:%d", ["127.0.0.1"]),
    ("127.0.0.1:%d", "%d", ["127.0.0.1", "127.0.0.2"]),
    ("%d", "127.0.0.2:%d [::1]:%d", ["127.0.0.2", "::1"]),
    ("127.0.0.2:%d [::1]:%d", "[::]:%d %d", ["127.0.0.1", "127.0.0.2", "::1"]),
    ("127.0.0.1:%d 127.0.0.2:%d", "%d", ["127.0.0.1", "127.0.0.2"])])
def test_a_port_moves_to_other_addresses_and_nobody_is_dropped(make_server, before, after, served):
    port = free_port()
    server = make_server(listen=before.replace("%d", str(port)).split())
    first = open_at(server, *HOSTS)[0]
    with server.publisher(host=first) as publisher:
        server.reload(listen=after.replace("%d", str(port)).split())
        until(lambda: open_at(server, *HOSTS) == served, lambda: "%s, is %s" % (served, open_at(server, *HOSTS)))
        publisher.barrier()
        with server.client(host=served[-1]):
            pass


def test_if_another_endpoint_fails_the_port_is_where_it_was(make_server):
    server = make_server()
    for _ in range(3):
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = other.getsockname()[1]
            server.reload(good=False, listen=["127.0.0.2:%d" % server.port, str(taken)])
        assert open_at(server, *HOSTS) == ["127.0.0.1", "127.0.0.2"]
        with server.client() as c:
            c.barrier()
    server.reload(listen=[server.port])
    with server.client() as c:
        c.barrier()
