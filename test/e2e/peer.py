"""Servers of others, beside which ours is tested."""
import os
import shutil
import subprocess

import srs
from wait import patience, until


class Peer:
    """A program in a folder of its own that listens on `port`, until stop()."""

    def __init__(self, folder):
        self.folder, self.port = str(folder), srs.free_port()
        os.makedirs(self.folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, command, timeout=30):
        self.output = open(self.path("output"), "w")
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=self.output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        until(lambda: {self.port} <= srs.listening(self.process.pid) or self.process.poll() is not None,
              lambda: "%s to listen" % command[0], timeout)
        assert self.process.poll() is None, self.log()

    def start_nginx(self, conf):
        self.start([shutil.which("nginx") or "/usr/sbin/nginx", "-p", self.folder, "-c", conf])

    def log(self, name="output"):
        with open(self.path(name), errors="replace") as f:
            return f.read()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(patience())
        finally:
            self.process.kill()
            self.output.close()
