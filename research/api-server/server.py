#!/usr/bin/env python3
"""A server for the HTTP callbacks: it accepts each of them, prints it, and keeps it. Python's own modules are enough.

    python3 research/api-server/server.py 8085
    python3 research/api-server/server.py 8085 --store events.jsonl --deny on_publish

It has the paths that SRS's example files name: /api/v1/clients, /streams, /sessions, /dvrs, /hls, /servers, /forward. Each POST with a JSON
object, or an array of them, is answered {"code":0}, or refused with {"code":1} if --deny names its action. GET /api/v1/events lists
what has come; ?action= and ?after= (a number) choose. It only writes down what it gets.
"""
import argparse
import collections
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

BODY_MAX = 1 << 20
SILENCE_S = 60


class Events:
    """What has come: the newest in memory, all of it in a file if there is one."""

    def __init__(self, keep, store):
        self.lock = threading.Lock()
        self.newest = collections.deque(maxlen=keep)
        self.count = 0
        self.store = open(store, "a", encoding="utf-8") if store else None

    def add(self, method, path, peer, body):
        with self.lock:
            self.count += 1
            event = {"number": self.count, "time": time.strftime("%Y-%m-%d %H:%M:%S"), "method": method, "path": path,
                     "from": peer, "body": body}
            line = json.dumps(event, ensure_ascii=False)
            self.newest.append(event)
            if self.store:
                self.store.write(line + "\n")
                self.store.flush()
            # escaped, so that no client's text can command a terminal
            print(json.dumps(event), flush=True)

    def list(self, action, after):
        with self.lock:
            return [e for e in self.newest if e["number"] > after and
                    (not action or (isinstance(e["body"], dict) and e["body"].get("action") == action))]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "api-server"
    timeout = SILENCE_S
    events = None
    denied = ()

    def log_message(self, *args):
        pass

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        """The JSON of the request; raises ValueError for what is none."""
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= BODY_MAX:
            self.close_connection = True
            raise ValueError("the body is too long")
        return json.loads(self.rfile.read(length) or b"null")

    def do_POST(self):
        try:
            body = self.body()
        except (ValueError, RecursionError) as e:
            self.answer(400, {"code": 400, "error": str(e)})
            return
        is_batch = isinstance(body, list) and body and all(isinstance(e, dict) for e in body)  # on_batch
        for event in body if is_batch else [body]:
            self.events.add("POST", self.path, self.client_address[0], event)
        action = body.get("action") if isinstance(body, dict) else None
        if action in self.denied:
            self.answer(200, {"code": 1})
        elif action == "on_forward":
            self.answer(200, {"code": 0, "data": {"urls": []}})
        else:
            self.answer(200, {"code": 0})

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path.rstrip("/") == "/api/v1/events":
            query = parse_qs(url.query)
            after = query.get("after", ["0"])[0]
            self.answer(200, {"code": 0, "events": self.events.list(query.get("action", [""])[0],
                                                                    int(after) if after.isdecimal() else 0)})
        elif url.path.startswith("/api/v1/"):
            self.events.add("GET", self.path, self.client_address[0], None)  # on_hls_notify
            self.answer(200, {"code": 0})
        else:
            self.answer(200, {"code": 0, "urls": {"events": "/api/v1/events"}})


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


def main():
    p = argparse.ArgumentParser(description="Receive the HTTP callbacks of the server, print them and keep them.")
    p.add_argument("port", type=int, nargs="?", default=8085)
    p.add_argument("--listen", default="127.0.0.1", help="address; 0.0.0.0 is every address of the machine")
    p.add_argument("--store", help="append each event to this file, a line of JSON each")
    p.add_argument("--keep", type=int, default=1000, help="events in memory")
    p.add_argument("--deny", action="append", default=[], metavar="ACTION", help="refuse this action, such as on_publish")
    args = p.parse_args()
    Handler.events, Handler.denied = Events(args.keep, args.store), frozenset(args.deny)
    server = Server((args.listen, args.port), Handler)
    print("api-server listens at %s:%d" % server.server_address[:2], file=sys.stderr, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
