"""The measured servers: ours, the bare loop, and those of others."""

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

from lab import CLIP, ROOT, TOOLS, Failed, Skipped, memory_kib, publishers

SRS = os.environ.get("SRS_BIN") or os.path.join(ROOT, "objs", "srs")
PEERS = os.path.join(ROOT, "objs", "peers", "node_modules")

# A player's URL for each wire: the scheme, and the text after the stream's name.
WIRES = {"rtmp": ("rtmp", ""), "flv": ("http", ".flv"), "ts": ("http", ".ts"), "https": ("https", ".flv"),
         "hls": ("http", ".m3u8"), "raw": ("raw", "")}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(port, process, seconds):
    """Wait until the port is open; false when the process ends or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(0.05)
    return False


class Server:
    """A measured process: started in a folder of its own, ended by stop()."""

    name = ""

    def __init__(self, *wires):
        """Choose a port for each scheme of the wires."""
        self.ports = {WIRES[wire][0]: free_port() for wire in wires}
        self.folder = tempfile.mkdtemp(prefix="run.", dir=TOOLS)
        self.process = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)
        return self.path(name)

    def start(self, command, seconds=10):
        self.output = open(self.path("output"), "w+")
        self.process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=self.output,
                                        stderr=subprocess.STDOUT)
        for scheme, port in self.ports.items():
            if not listens(port, self.process, seconds):
                self.fail(f"does not listen for {scheme}" if self.process.poll() is None else
                          f"ended at once, status {self.process.returncode}")
        return self

    def fail(self, what):
        self.output.seek(0)
        said = self.output.read()[-2000:]
        self.stop()
        raise Failed(f"{self.name} {what}: {said}")

    @property
    def pid(self):
        return self.process.pid

    def url(self, stream="livestream", wire=None):
        scheme, suffix = WIRES[wire or self.wire]
        return f"{scheme}://127.0.0.1:{self.ports[scheme]}/live/{stream}{suffix}"

    wire = "rtmp"

    def rss_kib(self):
        return memory_kib(self.pid)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process:
            self.output.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Srs(Server):
    """
    This server. `vhost` is the text inside the default vhost; `wires` are the ways of players: "flv" or "ts" over HTTP,
    "https" for FLV, "hls" (the `hls` block is in `vhost`), "api", "exporter"; its files are in the folder `html`. `more` is
    the text of further vhosts.
    """

    name = "srs"

    def __init__(self, vhost="", *wires, connections=15000, more=""):
        super().__init__("rtmp", *(w for w in wires if w not in ("api", "exporter")))
        os.mkdir(self.path("html"))
        text = (f"listen 127.0.0.1:{self.ports['rtmp']};\nmax_connections {connections};\ndaemon off;\n"
                f"pid {self.folder}/srs.pid;\nsrs_log_tank file;\nsrs_log_file {self.folder}/srs.log;\n")
        if "https" in wires:
            self.ports.setdefault("http", free_port())
        if "http" in self.ports:
            text += (f"http_server {{ enabled on; listen 127.0.0.1:{self.ports['http']}; dir {self.folder}/html;\n"
                     f"{self.https() if 'https' in wires else ''} }}\n")
        if "http" in self.ports and "hls" not in wires:
            suffix = ".ts" if "ts" in wires else ".flv"
            vhost += f" http_remux {{ enabled on; mount [vhost]/[app]/[stream]{suffix}; }}"
        if "api" in wires:
            self.ports["api"] = free_port()
            text += f"http_api {{ enabled on; listen 127.0.0.1:{self.ports['api']}; }}\n"
        if "exporter" in wires:
            self.ports["exporter"] = free_port()
            text += f"exporter {{ enabled on; listen 127.0.0.1:{self.ports['exporter']}; }}\n"
        self.start([SRS, "-c", self.write("srs.conf", text + f"vhost __defaultVhost__ {{ {vhost} }}\n{more}")], 5)

    def https(self):
        """The HTTPS part of the config, with a certificate made for it: ECDSA, as is usual today."""
        key, cert = self.path("server.key"), self.path("server.crt")
        made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                               "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", cert],
                              capture_output=True, text=True)
        if made.returncode:
            raise Failed("openssl makes no certificate: " + made.stderr[-500:])
        return f"https {{ enabled on; listen 127.0.0.1:{self.ports['https']}; key {key}; cert {cert}; }}"

    def log(self):
        with open(self.path("srs.log"), errors="replace") as f:
            return f.read()


class Nginx(Server):
    """nginx, one process: nginx-rtmp, which sends each frame as it comes, or (`files`) a server of files, in `root` or `html`."""

    name = "nginx"
    module = "/usr/lib/nginx/modules/ngx_rtmp_module.so"

    def __init__(self, files=False, root=None):
        super().__init__("flv" if files else "rtmp")
        if not shutil.which("nginx") or not os.path.exists(self.module):
            shutil.rmtree(self.folder, ignore_errors=True)
            raise Skipped("nginx with its RTMP module is not there (trunk-scripts/deps.sh bench)")
        self.root = root or self.path("html")
        os.makedirs(self.root, exist_ok=True)
        text = (f"load_module {self.module};\nuser root;\ndaemon off;\nmaster_process off;\n"
                f"pid {self.folder}/nginx.pid;\nerror_log {self.folder}/error.log;\nworker_rlimit_nofile 19000;\n"
                "events { worker_connections 16000; }\n")
        self.start([shutil.which("nginx"), "-p", self.folder, "-c",
                    self.write("nginx.conf", text + (self.files() if files else self.rtmp()))])

    def rtmp(self):
        return (f"rtmp {{ server {{ listen 127.0.0.1:{self.ports['rtmp']}; chunk_size 60000;\n"
                "  access_log off; application live { live on; wait_key on; } } }\n")

    def files(self):
        """The settings of Debian's own configuration, without the access log."""
        return (f"http {{ sendfile on; tcp_nopush on; access_log off; keepalive_requests 1000000;\n"
                f"  server {{ listen 127.0.0.1:{self.ports['http']}; root {self.root}; }} }}\n")


class NodeMediaServer(Server):
    """node-media-server, which can only send each frame as it comes."""

    name = "node-media-server"

    def __init__(self):
        super().__init__("rtmp", "flv")
        program = os.path.join(PEERS, "node-media-server", "bin", "app.js")
        if not shutil.which("node") or not os.path.exists(program):
            shutil.rmtree(self.folder, ignore_errors=True)
            raise Skipped("node-media-server is not there (trunk-scripts/bench-peers.sh says why)")
        config = {"bind": "127.0.0.1", "rtmp": {"port": self.ports["rtmp"]}, "http": {"port": self.ports["http"]},
                  "store": {"path": self.path("data")}}
        self.start([shutil.which("node"), program, "--no-admin", "-c", self.write("config.json", json.dumps(config))])


class Floor(Server):
    """The bare loop, which brings its own stream."""

    wire = "raw"

    def __init__(self, interval_ms):
        super().__init__("raw")
        self.name = f"floor {interval_ms} ms" if interval_ms else "floor, each frame"
        self.start([os.path.join(TOOLS, "floor"), "--port", str(self.ports["raw"]), "--interval", str(interval_ms), CLIP])


# ---- features of this server ------------------------------------------------------------------------------------

def first_bytes(server, wire, n):
    """The first bytes of a stream by GET; b"" when the answer is not 200."""
    port = server.ports[WIRES[wire][0]]
    if wire == "https":
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/live/livestream" + WIRES[wire][1])
        answer = connection.getresponse()
        return answer.read(n) if answer.status == 200 else b""
    finally:
        connection.close()


def get(port, path):
    """Status and body of a GET."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class KeptConnection:
    """GETs over one connection. `n` counts them, `bytes` those of their bodies."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.n, self.bytes = 0, 0

    def get(self, path, headers=None):
        """The body of an answer, which must be 200."""
        self.connection.request("GET", path, headers=headers or {})
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise Failed(f"{path}: status {answer.status}")
        self.n += 1
        self.bytes += len(body)
        return body


def serves_stream(wire, magic):
    with Srs("", wire) as server, publishers(server) as load:
        works = first_bytes(server, wire, len(magic)) == magic
        load.stop()
        return works


def serves_hls():
    with Srs("hls { enabled on; }", "hls") as server:
        with publishers(server, speed=20) as load:
            deadline = time.monotonic() + 10
            while not (works := get(server.ports["http"], "/live/livestream.m3u8")[0] == 200) and time.monotonic() < deadline:
                time.sleep(0.1)
            load.stop()
        return works


def serves_files():
    with Srs("", "flv") as server:
        server.write("html/probe.txt", "here")
        return get(server.ports["http"], "/probe.txt") == (200, b"here")


def serves_api():
    with Srs("", "api") as server:
        return all(get(server.ports["api"], path)[0] == 200 for path in API_PATHS)


def serves_metrics():
    with Srs("", "exporter") as server:
        return get(server.ports["exporter"], "/metrics")[0] == 200


# The requests of an operator's console.
API_PATHS = ("/api/v1/summaries", "/api/v1/vhosts/", "/api/v1/streams/?count=100", "/api/v1/clients/?count=100")

FEATURES = {
    "flv": ("live HTTP-FLV", lambda: serves_stream("flv", b"FLV")),
    "ts": ("live HTTP-TS", lambda: serves_stream("ts", b"\x47")),
    "https": ("live HTTPS-FLV", lambda: serves_stream("https", b"FLV")),
    "files": ("files", serves_files),
    "hls": ("HLS", serves_hls),
    "api": ("the API", serves_api),
    "exporter": ("the exporter of metrics", serves_metrics),
}
_found = {}


def need(feature):
    """Skip the row, with a reason, unless this server has the feature."""
    name, probe = FEATURES[feature]
    if feature not in _found:
        try:
            _found[feature] = probe()
        except (Failed, OSError, http.client.HTTPException):
            _found[feature] = False
    if not _found[feature]:
        raise Skipped(f"this server does not serve {name}")
