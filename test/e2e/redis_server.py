"""Debian's redis-server for a test, on a port of its own and without files.

    with Redis(password="p") as redis:
        redis.ask("GET", "key")

The package redis-server adds only a link and a service to redis-tools, whose redis-check-rdb is the same program under another name.
"""
import shutil
import socket
import subprocess

import pytest

import srs
from wait import until

PROGRAM = shutil.which("redis-server") or shutil.which("redis-check-rdb")

needs_redis = pytest.mark.skipif(not PROGRAM, reason="redis-server is not installed: trunk-scripts/deps.sh test")


class Redis:
    def __init__(self, password="", port=None):
        self.port, self.password = port or srs.free_port(), password
        self.start()

    def start(self):
        argv = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        if self.password:
            argv += ["--requirepass", self.password]
        self.process = subprocess.Popen(argv, executable=PROGRAM, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self.answers, "an answer of Redis")
        return self

    def answers(self):
        try:
            return self.ask("PING") == "PONG"
        except OSError:
            return False

    def url(self, database=0):
        return "redis://%s127.0.0.1:%d/%d" % (":%s@" % self.password if self.password else "", self.port, database)

    def ask(self, *words, database=0):
        """The answer to a command; None for nothing."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as s:
            with s.makefile("rwb") as f:
                for w in ([("AUTH", self.password)] if self.password else []) + [("SELECT", str(database)), words]:
                    f.write(b"*%d\r\n" % len(w) + b"".join(b"$%d\r\n%s\r\n" % (len(b), b) for b in (str(x).encode() for x in w)))
                    f.flush()
                    answer = self.read(f)
                return answer

    def read(self, f):
        line = f.readline().decode().rstrip("\r\n")
        if not line:
            raise ConnectionError("closed")
        if line[0] == "-":
            raise ValueError(line)
        if line[0] == "$":
            return None if line == "$-1" else f.read(int(line[1:]) + 2)[:-2].decode()
        if line[0] == "*":
            return [self.read(f) for _ in range(int(line[1:]))]
        return int(line[1:]) if line[0] == ":" else line[1:]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.kill()
