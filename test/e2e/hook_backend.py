"""A backend of HTTP callbacks: it records every request, and answers as a test tells it.

    backend = Backend()
    backend.answers["on_play"] = answer(403)              # a function that gets the connection and the call
    server = make_server(vhost(hooks(backend)))
    backend.wait("on_publish", "on_unpublish")            # the calls so far have these actions, in this order
"""
import json
import socket
import socketserver
import ssl
import threading
import time

from wait import patience, until

YES = b"0"
EVENTS = ("on_connect", "on_close", "on_publish", "on_unpublish", "on_play", "on_stop")


class Call:
    """One request: method, path with query, header lines, body, and when it came (perf_counter)."""

    def __init__(self, method, path, lines, body, connection):
        self.method, self.path, self.lines, self.body, self.connection = method, path, lines, body, connection
        self.at = time.perf_counter()
        self.event = path.split("?")[0].split("/")[1]

    @property
    def json(self):
        """The pairs of the body, in their order."""
        return dict(json.loads(self.body, object_pairs_hook=list))

    @property
    def fields(self):
        return dict(line.split(": ", 1) for line in self.lines)

    @property
    def keys(self):
        return [k for k, _ in json.loads(self.body, object_pairs_hook=list)]

    def __repr__(self):
        return "%s %s %s" % (self.method, self.path, self.body.decode("latin-1"))


def reply(status=200, body=YES, more=""):
    """The bytes of a whole answer."""
    return ("HTTP/1.1 %d X\r\nContent-Length: %d\r\n%s\r\n" % (status, len(body), more)).encode() + body


def answer(status=200, body=YES, more=""):
    return lambda connection, call: connection.sendall(reply(status, body, more))


def raw(data, close=True):
    """Answer these bytes, and close."""
    def act(connection, call):
        connection.sendall(data)
        if close:
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()
    return act


def silence(release):
    """Answer nothing until the event is set, then yes."""
    def act(connection, call):
        release.wait(patience(60))
        connection.sendall(reply())
    return act


class Backend:
    def __init__(self, tls=None, port=0):
        self.calls, self.answers, self.n_connections = [], {}, 0
        self.lock = threading.Lock()
        backend = self
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls[1], tls[0])

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                backend.serve(self.request)

        class Listener(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 1024

            def get_request(self):
                connection, peer = super().get_request()
                if tls:
                    connection = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                return connection, peer

            def handle_error(self, request, client_address):
                pass

        self.listener = Listener(("127.0.0.1", port), Handler)
        self.port = self.listener.server_address[1]
        self.scheme = "https" if tls else "http"
        threading.Thread(target=self.listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self):
        self.listener.shutdown()
        self.listener.server_close()

    def url(self, event, query=""):
        return "%s://127.0.0.1:%d/%s%s" % (self.scheme, self.port, event, query)

    def serve(self, connection):
        with self.lock:
            self.n_connections += 1
            number = self.n_connections
        stream = connection.makefile("rb")
        try:
            while self.serve_one(connection, stream, number):
                pass
        except (OSError, ValueError):
            pass

    def serve_one(self, connection, stream, number):
        first = stream.readline().decode().split()
        if not first:
            return False
        lines = []
        while True:
            line = stream.readline().decode().rstrip("\r\n")
            if not line:
                break
            lines.append(line)
        length = next((int(line[16:]) for line in lines if line.startswith("Content-Length: ")), 0)
        call = Call(first[0], first[1], lines, stream.read(length), number)
        with self.lock:
            self.calls.append(call)
        self.answers.get(call.event, answer())(connection, call)
        return connection.fileno() >= 0

    def events(self):
        with self.lock:
            return [c.event for c in self.calls]

    def of(self, event):
        with self.lock:
            return [c for c in self.calls if c.event == event]

    def wait(self, *events, timeout=10):
        """Wait until exactly these have come."""
        def came():
            got = self.events()
            assert got == list(events[:len(got)]), "%s came, not %s" % (got, list(events))
            return len(got) == len(events)
        until(came, lambda: "%s, there are %s" % (list(events), self.events()), timeout)

    def wait_for(self, event, n=1, timeout=10):
        """Wait for the n-th call of an event; returns it."""
        return until(lambda: len(self.of(event)) >= n and self.of(event)[n - 1],
                     lambda: "%s number %d, there are %s" % (event, n, self.events()), timeout)


def hooks(backend, *events, more=""):
    """The block that has a URL of the backend for each event; for all of them if none is named."""
    lines = " ".join("%s %s;" % (e, backend.url(e)) for e in events or EVENTS)
    return "http_hooks { enabled on; %s %s }" % (lines, more)


def vhost(block, more="", name="__defaultVhost__"):
    return "vhost %s { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } %s %s }\n" % (name, block, more)
