"""Where client programs come from: this machine, and the trees of other Debian releases beside it.

A program of a tree runs by chroot; loopback is the same. Each system has a folder `out` that its programs see
under one path and we under another, so nothing has to be mounted.
"""
import glob
import itertools
import os
import re
import shutil
import signal
import subprocess
import tempfile

FFMPEG = ["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error"]
GST = ["gst-launch-1.0", "-q"]

_running = set()
_number = itertools.count()


def kill_all():
    """End what was started here and still runs."""
    for p in list(_running):
        p.kill()


class Run:
    """A program running beside us, its output in files. It is waited for, and never left behind."""

    def __init__(self, argv, log, env):
        self.argv, self.log = argv, log
        with open(log + ".out", "wb") as out, open(log + ".err", "wb") as err:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env,
                                            start_new_session=True)
        _running.add(self)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.kill()

    def kill(self):
        _running.discard(self)
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)      # the session that we made for it
            except ProcessLookupError:
                pass
            self.process.wait()

    def wait(self, timeout):
        """The exit status, None when it did not end by itself."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            self.kill()

    def ends(self, timeout):
        status = self.wait(timeout)
        if status != 0:
            raise RuntimeError("%s: %s\n%s" % (" ".join(self.argv), self.how(status), self.err[-2000:]))

    @staticmethod
    def how(status):
        return "did not end" if status is None else "ended with status %d" % status

    @property
    def out(self):
        return _read(self.log + ".out")

    @property
    def err(self):
        return _read(self.log + ".err")


class System:
    """A Debian to run programs of. `root` is its tree, None for this machine's own."""

    def __init__(self, root, logs):
        self.root, self.logs = root, logs
        if root:
            self.folder = os.path.join(root, "tmp", "clients")
            os.makedirs(self.folder, exist_ok=True)
        else:
            self.folder = tempfile.mkdtemp(prefix="srs-clients-")
        os.chmod(self.folder, 0o777)         # some programs refuse to run as root
        for path in glob.glob(os.path.join(self.folder, "*")):
            os.unlink(path)
        self.name = self._name()

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def _name(self):
        text = _read(os.path.join(self.root or "/", "etc/os-release"))
        release = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.M))
        return release.get("VERSION_ID") or release.get("VERSION_CODENAME") or release.get("ID", "?")

    def out(self, name):
        """A file of the out folder as this system's programs see it."""
        return os.path.join("/tmp/clients" if self.root else self.folder, name)

    def outside(self, name):
        """... and as we see it."""
        return os.path.join(self.folder, name)

    def give(self, path):
        """Put a file into the out folder; returns its path for this system's programs."""
        name = os.path.basename(path)
        try:
            shutil.copyfile(path, self.outside(name))
        except shutil.SameFileError:
            pass
        return self.out(name)

    def has(self, program):
        return any(os.access((self.root or "") + os.path.join(folder, program), os.X_OK)
                   for folder in ("/usr/bin", "/bin", "/usr/local/bin" if not self.root else "/bin"))

    def run(self, argv, *, nobody=False, env=None):
        if self.root:
            prefix = ["chroot"] + ["--userspec=nobody:nogroup"] * nobody + [self.root]
        elif nobody and os.geteuid() == 0:
            prefix = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        else:
            prefix = []
        where = self.folder if not self.root else "/tmp"
        env = dict(env or {}, LC_ALL="C.UTF-8", HOME=where, XDG_RUNTIME_DIR=where, PATH="/usr/sbin:/usr/bin:/sbin:/bin")
        if argv[0].startswith("gst"):        # warnings, and when the stream came to its end, in case it hangs
            env.update(GST_REGISTRY=self.out("registry"), GST_DEBUG="2,rtmp2src:4,rtmpsrc:4", GST_DEBUG_NO_COLOR="1")
        log = os.path.join(self.logs, "%04d-%s-%s" % (next(_number), self.name, argv[0]))
        with open(log + ".cmd", "w") as f:
            f.write(" ".join(prefix + argv) + "\n")
        return Run(prefix + argv, log, env)

    def says(self, argv):
        """What a program prints, "" when it fails."""
        with self.run(argv) as p:
            return p.out if p.wait(60) == 0 else ""

    def versions(self):
        """The clients in one line."""
        found = [("ffmpeg", ["ffmpeg", "-version"], r"ffmpeg version ([^ ]+)"),
                 ("GStreamer", ["gst-launch-1.0", "--version"], r"GStreamer ([^ \n]+)"),
                 ("mpv", ["mpv", "--version"], r"mpv v?([^ \n]+)")]
        out = []
        for name, argv, pattern in found:
            m = re.search(pattern, self.says(argv)) if self.has(argv[0]) else None
            if m:
                out.append("%s %s" % (name, m.group(1)))
        for name, program, package in (("VLC", "vlc", "vlc-bin"), ("rtmpdump", "rtmpdump", "rtmpdump")):
            if self.has(program):
                version = self.says(["dpkg-query", "-W", "-f", "${Version}", package])
                out.append("%s %s" % (name, version.split("-")[0]))
        return ", ".join(out)


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except FileNotFoundError:
        return ""
