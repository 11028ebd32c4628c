"""research/bench/impair.py: a relay between tiers that is late, slow, stalled, parted and cut."""
import os
import socket
import socketserver
import subprocess
import sys
import threading
import time

import pytest

from media import ROOT
from wait import patience, until

sys.path.insert(0, os.path.join(ROOT, "research", "bench"))

from impair import Relay  # noqa: E402 (the path comes first)


class Echo(socketserver.ThreadingTCPServer):
    daemon_threads = True

    class RequestHandlerClass(socketserver.BaseRequestHandler):
        def handle(self):
            try:
                while data := self.request.recv(65536):
                    self.request.sendall(data)
            except OSError:
                pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.RequestHandlerClass)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


@pytest.fixture
def echo():
    server = Echo()
    yield server
    server.shutdown()
    server.server_close()


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=patience())


def read(sock, n):
    data = b""
    while len(data) < n:
        more = sock.recv(n - len(data))
        assert more, "the end after %d bytes" % len(data)
        data += more
    return data


def echoed(sock, data=b"x" * 100):
    """The seconds until these bytes are back."""
    began = time.monotonic()
    sender = threading.Thread(target=sock.sendall, args=(data,))
    sender.start()
    assert read(sock, len(data)) == data
    sender.join()
    return time.monotonic() - began


def is_silent(sock):
    """True if nothing comes while another link does its work."""
    sock.setblocking(False)
    try:
        sock.recv(1)
        return False
    except BlockingIOError:
        return True
    finally:
        sock.settimeout(patience())


def test_bytes_and_their_end_pass_unchanged(echo):
    with Relay(echo.port, jitter_ms=2) as relay, connect(relay.port) as sock:
        echoed(sock, os.urandom(3 << 20))
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(1) == b""
    assert relay.n_connections == 1


def test_a_delay_counts_in_each_direction_and_may_change(echo):
    with Relay(echo.port, delay_ms=50) as relay, connect(relay.port) as sock:
        assert echoed(sock) >= 0.1
        relay.change(delay_ms=150)
        assert echoed(sock) >= 0.3
        relay.change(delay_ms=0)
        until(lambda: echoed(sock) < 0.1, "no delay any more")


def test_a_rate_is_shared_by_all_connections(echo):
    with Relay(echo.port, rate_kbit=4000) as relay, connect(relay.port) as one, connect(relay.port) as other:
        began = time.monotonic()
        threads = [threading.Thread(target=echoed, args=(sock, bytes(100000))) for sock in (one, other)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert time.monotonic() - began >= 200000 * 8 / 4e6 * 0.9


def test_a_parted_link_passes_nothing_until_it_is_joined(echo):
    with Relay(echo.port) as relay, Relay(echo.port) as good, connect(relay.port) as sock, connect(good.port) as witness:
        echoed(sock)
        relay.part()
        sock.sendall(b"late")
        with connect(relay.port) as newcomer:
            newcomer.sendall(b"new")
            for _ in range(20):
                echoed(witness)
            assert is_silent(sock) and is_silent(newcomer)
            relay.join()
            assert read(sock, 4) == b"late" and read(newcomer, 3) == b"new"
        relay.stall(0.2)
        assert echoed(sock) >= 0.1


def test_a_reset_reaches_both_ends(echo):
    with Relay(echo.port) as relay, connect(relay.port) as sock:
        echoed(sock)
        relay.reset()
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
        with connect(relay.port) as again:
            echoed(again)


def test_a_target_that_is_gone_is_a_reset():
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with Relay(port) as relay, pytest.raises(ConnectionResetError):
        with connect(relay.port) as sock:                            # it may be reset before this call returns
            sock.recv(1)


def test_the_program_obeys_lines(echo):
    argv = [sys.executable, os.path.join(ROOT, "research", "bench", "impair.py"), "0", "127.0.0.1:%d" % echo.port, "--delay", "20"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        port = int(program.stdout.readline().split(":")[2].split()[0])
        with connect(port) as sock:
            assert echoed(sock) >= 0.04
            program.stdin.write("delay 0\nnonsense\nrate\nreset\n")
            program.stdin.flush()
            with pytest.raises(ConnectionResetError):
                sock.recv(1)
        program.stdin.close()
        assert program.wait(patience()) == 0
        assert program.stderr.read().count("not understood") == 2
