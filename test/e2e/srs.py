"""The server under test: the real binary with a config of its own in a folder of its own.

    server = Server(folder, "vhost __defaultVhost__ { ... }")    listen, pid, log and the like are added in front
    server.wait_log(r"StreamBusy")                               wait until the log says it
    server.reload(...)                                           a new file, SIGHUP, and the end of the reload
    server.stop()                                                quick stop; exit status 0; no sanitizer report
"""
import os
import random
import re
import signal
import socket
import subprocess

import certificates
import flv
import rtmp
from media import ROOT
from wait import is_sanitized, patience, until

BINARY = os.path.abspath(os.environ.get("SRS_BIN") or os.path.join(ROOT, "objs", "srs"))
SANITIZED = is_sanitized(BINARY)
REPORT = re.compile(r"ERROR: AddressSanitizer|runtime error:|ERROR: LeakSanitizer|LeakSanitizer: detected"
                    r"|AddressSanitizer:DEADLYSIGNAL")


def makes_pictures():
    """False for a build without FFmpeg's headers: it does not know the library that scales pictures."""
    with open(BINARY, "rb") as f:
        return b"libswscale.so." in f.read()


_used_ports = set()

# Each of pytest's workers has ports of its own, so that none takes a port that another has just found free.
_WORKER = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)
_WORKERS = max(int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1)), _WORKER + 1)


def free_port(host="127.0.0.1"):
    """A loopback port without a listener, outside the range that the kernel gives to outgoing connections."""
    for _ in range(1000):
        port = random.SystemRandom().randrange(12000 + _WORKER, 32000, _WORKERS)
        if port in _used_ports:
            continue
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as s:
            try:
                s.bind((host, port))
            except OSError:
                continue
        _used_ports.add(port)
        return port
    raise RuntimeError("no free port")


def listening(pid):
    """The TCP ports that a process listens on."""
    inodes = set()
    folder = "/proc/%d/fd" % pid
    try:
        for fd in os.listdir(folder):
            try:
                target = os.readlink(os.path.join(folder, fd))
            except OSError:
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
        ports = set()
        for table in ("tcp", "tcp6"):
            with open("/proc/%d/net/%s" % (pid, table)) as f:
                for line in f.readlines()[1:]:
                    w = line.split()
                    if w[3] == "0A" and w[9] in inodes:
                        ports.add(int(w[1].rsplit(":", 1)[1], 16))
        return ports
    except OSError:
        return set()


class Server:
    """One running server. `conf` is the part of the config that the test is about.

    listen      endpoints for the listen directive; default one free port. `port` is that of the first
    root        more root directives in place of the defaults (name -> arguments, None leaves one out)
    text        the whole config, when the test wants to write every word
    heeds_modes True: file modes count for the server even if the tests run as root
    api, http   directives of http_api and http_server ("" for none but listen and enabled); None: no such server.
                With tls=True both have HTTPS too, and RTMPS is there, by the pair of certificates.py.
                api_port, http_port, apis_port, https_port, rtmps_port are the ports
    """

    def __init__(self, folder, conf="vhost __defaultVhost__ { }", *, listen=None, root=None, text=None, env=None,
                 args=None, nofile=None, heeds_modes=False, api=None, http=None, tls=False, start=True):
        self.folder = str(folder)
        os.makedirs(os.path.join(self.folder, "objs"), exist_ok=True)
        self.endpoints = [str(e) for e in (listen or [free_port()])]
        self.port = port_of(self.endpoints[0])
        self.root = dict(root or {})
        self.api, self.http = api, http
        self.api_port = free_port() if api is not None else None
        self.http_port = free_port() if http is not None else None
        self.certificate = certificates.pair() if tls else None
        self.apis_port = free_port() if tls and api is not None else None
        self.https_port = free_port() if tls and http is not None else None
        self.rtmps_port = free_port() if tls else None
        self.html = os.path.join(self.folder, "html")
        self.conf_path = os.path.join(self.folder, "srs.conf")
        self.log_path = os.path.join(self.folder, "srs.log")
        self.out_path = os.path.join(self.folder, "output.txt")
        self.pid_path = os.path.join(self.folder, "srs.pid")
        self.env, self.args, self.nofile, self.heeds_modes = env or {}, args, nofile, heeds_modes
        self.process = None
        self.stopped = False
        self.write_conf(conf, text=text)
        if start:
            self.start()

    # -- config ------------------------------------------------------------------------------------------------

    def http_conf(self):
        """The blocks of API, HTTP server and RTMPS."""
        def block(name, port, more, tls_port):
            tls = self.tls_conf("https", tls_port) if tls_port else ""
            return "%s { enabled on; listen %d; %s %s }\n" % (name, port, tls, more) if port else ""
        return (block("http_api", self.api_port, self.api, self.apis_port)
                + block("http_server", self.http_port, "dir %s; %s" % (self.html, self.http), self.https_port)
                + (self.tls_conf("rtmps", self.rtmps_port) if self.rtmps_port else ""))

    def tls_conf(self, name, port):
        return "%s { enabled on; listen %d; key %s; cert %s; }\n" % (name, port, *self.certificate)

    def ports(self):
        """All ports that it should listen on."""
        more = (self.api_port, self.http_port, self.apis_port, self.https_port, self.rtmps_port)
        return {port_of(e) for e in self.endpoints} | {port for port in more if port}

    def write_conf(self, conf, *, listen=None, root=None, text=None, api=None, http=None):
        """Write the config file; parts that are not given stay unchanged."""
        if listen:
            self.endpoints = [str(e) for e in listen]
        if root:
            self.root.update(root)
        self.api = self.api if api is None else api
        self.http = self.http if http is None else http
        if text is None:
            directives = {"listen": " ".join(self.endpoints), "daemon": "off", "max_connections": "1000",
                          "pid": self.pid_path, "srs_log_tank": "file", "srs_log_file": self.log_path}
            directives.update(self.root)
            text = "".join("%s %s;\n" % (k, v) for k, v in directives.items() if v is not None)
            text += self.http_conf() + conf + "\n"
        with open(self.conf_path + ".new", "w") as f:
            f.write(text)
        os.replace(self.conf_path + ".new", self.conf_path)  # atomic: a reader always sees a whole file
        return text

    def line_of(self, word):
        """The number of the config line that holds a word."""
        with open(self.conf_path) as f:
            return next(i for i, line in enumerate(f, 1) if word in line)

    def make_pages(self):
        """Copy the web pages and the console to where http_server looks for files."""
        subprocess.run([os.path.join(ROOT, "trunk-scripts", "pages.sh"), self.html], check=True, timeout=120)

    # -- process -----------------------------------------------------------------------------------------------

    def environment(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith("SRS_")}
        env["ASAN_OPTIONS"] = "exitcode=99:quarantine_size_mb=8:" + os.environ.get("ASAN_OPTIONS", "")
        env["UBSAN_OPTIONS"] = "print_stacktrace=1:" + os.environ.get("UBSAN_OPTIONS", "")
        env.update(self.env)
        return env

    def argv(self):
        argv = [BINARY] + (self.args if self.args is not None else ["-c", self.conf_path])
        if self.nofile:
            argv = ["prlimit", "--nofile=%d:%d" % (self.nofile, self.nofile)] + argv
        if self.heeds_modes and os.geteuid() == 0:
            without = "-dac_override,-dac_read_search"
            argv = ["setpriv", "--inh-caps=" + without, "--bounding-set=" + without] + argv
        return argv

    def spawn(self):
        """Start the process and do not wait for anything."""
        with open(self.out_path, "ab") as out:
            self.process = subprocess.Popen(self.argv(), cwd=self.folder, env=self.environment(), stdout=out,
                                            stderr=out, stdin=subprocess.DEVNULL)
        self.stopped = False

    def start(self):
        self.spawn()
        wanted = self.ports()
        until(lambda: wanted <= listening(self.pid) or self.process.poll() is not None,
              lambda: "the server to listen on %s\n%s" % (sorted(wanted), self.tail()))
        if self.process.poll() is not None:
            raise AssertionError("the server ended at start with status %d\n%s" % (
                self.process.returncode, self.tail()))
        return self

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def send_signal(self, number):
        os.kill(self.pid, number)

    def wait_exit(self, timeout=15):
        """Wait until it has ended by itself; returns the exit status."""
        try:
            status = self.process.wait(patience(timeout))
        except subprocess.TimeoutExpired:
            raise AssertionError("the server did not end\n" + self.tail()) from None
        self.stopped = True
        self.check_reports()
        return status

    def stop(self, number=signal.SIGTERM, timeout=15):
        """Stop the server, and assert that it ended without an error."""
        if self.stopped or self.process is None:
            return
        if not self.alive():
            self.stopped = True
            raise AssertionError("the server had died, status %d\n%s" % (self.process.returncode, self.tail()))
        self.send_signal(number)
        status = self.wait_exit(timeout)
        assert status == 0, "exit status %d after %s\n%s" % (status, signal.Signals(number).name, self.tail())

    def kill(self):
        """Last resort of the fixtures."""
        if self.alive():
            self.process.kill()
            self.process.wait()
        self.stopped = True

    def check_reports(self):
        found = REPORT.search(self.output() + self.log)
        assert not found, "sanitizer report:\n" + (self.output() + self.log)[max(0, found.start() - 500):][:6000]

    def rss_kib(self):
        with open("/proc/%d/statm" % self.pid) as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024

    def n_fds(self):
        return len(os.listdir("/proc/%d/fd" % self.pid))

    def wait_fds(self, n):
        """Until no more than n descriptors are open."""
        until(lambda: self.n_fds() <= n, lambda: "%d descriptors, now %d" % (n, self.n_fds()))

    # -- log ---------------------------------------------------------------------------------------------------

    @property
    def log(self):
        return _read(self.log_path)

    def output(self):
        """The output of the server on stdout and stderr."""
        return _read(self.out_path)

    def tail(self, lines=40):
        return "--- log\n%s\n--- output\n%s" % ("\n".join(self.log.splitlines()[-lines:]),
                                                "\n".join(self.output().splitlines()[-lines:]))

    def mark(self):
        """The log's length now; wait_log(…, since=mark) looks only after it."""
        return len(self.log)

    def wait_log(self, pattern, since=0, timeout=10):
        """Wait for a pattern in the log (or the console); returns the match."""
        regex = re.compile(pattern, re.M)
        return until(lambda: regex.search(self.log, since) or regex.search(self.output()) or self._dead(pattern),
                     "%r in the log" % pattern, timeout)

    def _dead(self, pattern):
        if not self.alive() and not self.stopped:
            raise AssertionError("the server died (status %d) before it logged %r\n%s" % (
                self.process.returncode, pattern, self.tail()))
        return False

    # -- reload ------------------------------------------------------------------------------------------------

    def reload(self, conf=None, *, good=True, **how):
        """Write a new config (if given), reload it, and assert the outcome; returns the log text of the reload."""
        if conf is not None or how:
            self.write_conf(conf if conf is not None else "vhost __defaultVhost__ { }", **how)
        mark = self.mark()
        self.send_signal(signal.SIGHUP)
        m = self.wait_log(r"reload config success|reload failed", since=mark)
        text = self.log[mark:]
        assert m.group().startswith("reload config" if good else "reload failed"), "%s\n%s" % (m.group(), text)
        if good:
            wanted = self.ports()
            until(lambda: wanted <= listening(self.pid), lambda: "listening on %s\n%s" % (wanted, self.tail()))
        return text

    # -- addresses ---------------------------------------------------------------------------------------------

    def http_url(self, path="/", tls=False):
        return "%s://127.0.0.1:%d%s" % (("https", self.https_port, path) if tls else ("http", self.http_port, path))

    def api_url(self, path="/", tls=False):
        return "%s://127.0.0.1:%d%s" % (("https", self.apis_port, path) if tls else ("http", self.api_port, path))

    def rtmps_url(self, stream="live/s"):
        return "rtmps://127.0.0.1:%d/%s" % (self.rtmps_port, stream)

    # -- clients -----------------------------------------------------------------------------------------------

    def url(self, stream="live/s", host="127.0.0.1", port=None):
        return "rtmp://%s:%d/%s" % ("[%s]" % host if ":" in host else host, port or self.port, stream)

    def tc_url(self, app="live", host="127.0.0.1", port=None):
        return self.url(app, host, port)

    def client(self, app="live", *, tc_url=None, host="127.0.0.1", port=None, properties=None, **how):
        """A connected RTMP client (handshake and connect done)."""
        c = rtmp.Client(host, port or self.port, **how)
        try:
            c.connect(tc_url or self.tc_url(app, host, port), **(properties or {}))
        except BaseException:
            c.close()
            raise
        return c

    def publisher(self, stream="s", app="live", style="fmle", chunk_size=4096, **how):
        c = self.client(app, **how)
        c.set_chunk_size(chunk_size)
        return c.publish(stream, style)

    def player(self, stream="s", app="live", **how):
        return self.client(app, **how).play(stream)


def publish(server, stream="s", **how):
    """A publisher that has sent the first frames of a Numbered stream."""
    publisher = server.publisher(stream, **how)
    publisher.send_tags(flv.Numbered().tags(count=3))
    return publisher


def port_of(endpoint):
    return int(str(endpoint).rsplit(":", 1)[1] if ":" in str(endpoint) else endpoint)


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except FileNotFoundError:
        return ""
