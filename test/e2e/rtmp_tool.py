"""The library's RTMP client as a program (test/tools/rtmp_client.c), and servers of others: nginx-rtmp and node-media-server."""
import fcntl
import functools
import json
import os
import shutil
import subprocess
import urllib.request

import srs
import tokens
from peer import Peer
from wait import patience, until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so"
NODE_MEDIA_SERVER = os.path.join(ROOT, "objs", "peers", "node_modules", "node-media-server", "bin", "app.js")


@functools.cache
def made(goal):
    """A file that make brings up to date; its path."""
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    with open(os.path.join(ROOT, "objs", "tools.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(["make", "-s", goal], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    return os.path.join(ROOT, goal)


def program(name="rtmp_client", folder="tools"):
    """A program of test/tools or research/librtmp, of the same build as the server."""
    return made("objs/%s%s/%s" % (folder, "-asan" if "asan" in os.path.basename(srs.BINARY) else "", name))


class Tool:
    """One run of the program. `text` is its output: the number of messages on stdout, an error on stderr."""

    def __init__(self, *args, timeout=10):
        env = dict(os.environ)
        env["ASAN_OPTIONS"] = "exitcode=99:" + env.get("ASAN_OPTIONS", "")
        self.process = subprocess.Popen([program(), "--timeout", str(patience(timeout)), *map(str, args)], env=env,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
        self.text = ""

    def wait(self, seconds=60):
        try:
            self.text, _ = self.process.communicate(timeout=patience(seconds))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.text, _ = self.process.communicate()
            raise AssertionError("the client hangs: " + self.text) from None
        assert self.process.returncode in (0, 1), "status %d: %s" % (self.process.returncode, self.text)
        return self

    def succeed(self):
        self.wait()
        assert self.process.returncode == 0, self.text
        return self

    def fail(self, *codes):
        """Assert that it ends with one of these errors, given by their numbers in the log."""
        self.wait()
        assert self.process.returncode == 1, self.text
        last = self.text.strip().splitlines()[-1]
        assert last.split("(")[0] in map(str, codes), self.text
        return self


class Nginx(Peer):
    """nginx-rtmp with an application `live`, which may have more directives, and an application `closed`, which refuses all."""

    def __init__(self, folder, live=""):
        super().__init__(folder)
        conf = self.path("nginx.conf")
        with open(conf, "w") as f:
            f.write("load_module %s;\nuser root;\ndaemon off;\nmaster_process off;\npid %s/pid;\nerror_log %s/error.log info;\n"
                    "events { }\nrtmp { access_log off; server { listen 127.0.0.1:%d; chunk_size 4096;\n"
                    "application live { live on; publish_notify on; %s }\n"
                    "application closed { live on; deny publish all; deny play all; } } }\n" % (
                        MODULE, self.folder, self.folder, self.port, live))
        self.start_nginx(conf)

    def url(self, stream="live/s"):
        return "rtmp://127.0.0.1:%d/%s" % (self.port, stream)

    def log(self, name="error.log"):
        return super().log(name)

    def wait_log(self, words):
        until(lambda: words in self.log(), lambda: "%r in the log of nginx: %s" % (words, self.log()))


class NodeMediaServer(Peer):
    """node-media-server on a port for RTMP, and another for HTTP-FLV and its API."""

    SECRET = "secret"

    def __init__(self, folder):
        super().__init__(folder)
        conf, self.http_port = self.path("config.json"), srs.free_port()
        auth = {"play": False, "publish": False, "jwt": {"secret": self.SECRET, "algorithm": "HS256", "users": []}}
        with open(conf, "w") as f:
            json.dump({"bind": "127.0.0.1", "rtmp": {"port": self.port}, "http": {"port": self.http_port}, "auth": auth,
                       "store": {"path": self.path("data")}}, f)
        self.start(["node", NODE_MEDIA_SERVER, "--no-admin", "-c", conf])

    def url(self, stream="live/s"):
        return "rtmp://127.0.0.1:%d/%s" % (self.port, stream)

    def http_url(self, path):
        return "http://127.0.0.1:%d%s" % (self.http_port, path)

    def pull(self, url, path):
        """Let it pull a stream, and serve it by this path."""
        body = json.dumps({"url": url, "streamPath": path}).encode()
        fields = {"Authorization": "Bearer " + tokens.jwt(key=self.SECRET), "Content-Type": "application/json"}
        until(lambda: self.http_port in srs.listening(self.process.pid), "the API of node-media-server")
        with urllib.request.urlopen(urllib.request.Request(self.http_url("/api/v1/relay"), body, fields), timeout=patience()) as reply:
            assert json.load(reply)["success"]

    @staticmethod
    def is_installed():
        return shutil.which("node") is not None and os.path.exists(NODE_MEDIA_SERVER)
