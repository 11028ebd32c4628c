"""What the measurements share: servers to be measured, load tools, what /proc says, results in objs/bench."""

import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOLS = os.path.join(ROOT, "objs", "bench")
CLIP = os.path.join(ROOT, "doc", "sample.flv")
SRS = os.environ.get("SRS_BIN") or os.path.join(ROOT, "objs", "srs")


class Failed(Exception):
    pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port, process, name, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Failed(f"{name} ended at once, status {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise Failed(f"{name} does not listen")


class Server:
    """A process that is measured: started in a folder of its own, ended by stop()."""

    scheme = "rtmp"
    name = ""

    def __init__(self):
        self.port = free_port()
        self.folder = tempfile.mkdtemp(prefix="run.", dir=TOOLS)
        self.process = None

    def start(self, command, **more):
        self.output = open(os.path.join(self.folder, "output"), "w+")
        self.process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=self.output,
                                        stderr=subprocess.STDOUT, **more)
        try:
            wait_for_port(self.port, self.process, self.name)
        except Failed as e:
            self.output.seek(0)
            said = self.output.read()[-2000:]
            self.stop()
            raise Failed(f"{e}: {said}") from None
        return self

    @property
    def pid(self):
        return self.process.pid

    def url(self, stream="livestream"):
        return f"{self.scheme}://127.0.0.1:{self.port}/live/{stream}"

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
    """This server. `vhost` is the text inside the default vhost."""

    name = "srs"

    def __init__(self, vhost="", connections=15000):
        super().__init__()
        config = os.path.join(self.folder, "srs.conf")
        with open(config, "w") as f:
            f.write(f"listen 127.0.0.1:{self.port};\nmax_connections {connections};\ndaemon off;\n"
                    f"pid {self.folder}/srs.pid;\nsrs_log_tank file;\nsrs_log_file {self.folder}/srs.log;\n"
                    f"vhost __defaultVhost__ {{ {vhost} }}\n")
        self.start([SRS, "-c", config])


class Nginx(Server):
    """nginx-rtmp, one process, sending each frame as it comes: the only way it has."""

    name = "nginx-rtmp"

    def __init__(self):
        super().__init__()
        module = "/usr/lib/nginx/modules/ngx_rtmp_module.so"
        if not shutil.which("nginx") or not os.path.exists(module):
            shutil.rmtree(self.folder, ignore_errors=True)
            raise Failed("nginx-rtmp is not there (trunk-scripts/deps.sh bench)")
        config = os.path.join(self.folder, "nginx.conf")
        with open(config, "w") as f:
            f.write(f"load_module {module};\nuser root;\ndaemon off;\nmaster_process off;\npid {self.folder}/nginx.pid;\n"
                    f"error_log {self.folder}/error.log;\nworker_rlimit_nofile 19000;\n"
                    "events { worker_connections 16000; }\n"
                    f"rtmp {{ server {{ listen 127.0.0.1:{self.port}; chunk_size 60000;\n"
                    "  access_log off; application live { live on; wait_key on; } } }\n")
        self.start([shutil.which("nginx"), "-c", config, "-p", self.folder])


class Floor(Server):
    """The bare loop, which brings its own stream."""

    scheme = "raw"

    def __init__(self, interval_ms):
        super().__init__()
        self.name = f"floor {interval_ms} ms" if interval_ms else "floor, each frame"
        self.start([os.path.join(TOOLS, "floor"), "--port", str(self.port), "--interval", str(interval_ms), CLIP])


class Load:
    """A load tool that runs until its time is over or stop()."""

    def __init__(self, tool, *args):
        self.process = subprocess.Popen([os.path.join(TOOLS, tool), "--quiet", *map(str, args)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.tool = tool

    def ready(self):
        """Wait until all are connected (or have failed)."""
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"{self.tool} ended before it was ready")
        return json.loads(line)

    def result(self):
        """Wait for the end."""
        lines = [json.loads(line) for line in self.process.stdout]
        self.process.wait()
        if not lines:
            raise Failed(f"{self.tool} said nothing")
        return lines[-1]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.result()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.stdout.close()
        self.process.wait()


def publishers(server, n=1, stream="livestream", **options):
    load = Load("rtmp_publishers", *flags(publishers=n, **options), CLIP, server.url(stream))
    ready = load.ready()
    if ready["failed"]:
        load.stop()
        raise Failed(f"{ready['failed']} of {n} publishers failed")
    return load


def players(server, n, stream="livestream", **options):
    return Load("rtmp_players", *flags(players=n, pid=server.pid, **options), server.url(stream))


def flags(**options):
    out = []
    for name, value in options.items():
        if value is True:
            out.append("--" + name.replace("_", "-"))
        elif value is not None and value is not False:
            out += ["--" + name.replace("_", "-"), value]
    return out


def memory(pid):
    """KiB of a process: resident in all, and of that heap, other anonymous memory (stacks) and files."""
    out = {"rss": 0, "heap": 0, "anon": 0, "file": 0}
    kind = "file"
    with open(f"/proc/{pid}/smaps") as f:
        for line in f:
            words = line.split()
            if "-" in words[0] and not words[0].endswith(":"):
                kind = "heap" if words[-1] == "[heap]" else "anon" if len(words) < 6 or words[5].startswith("[") else "file"
            elif words[0] == "Rss:":
                out["rss"] += int(words[1])
                out[kind] += int(words[1])
    return out


def median(values):
    return statistics.median(values)


def machine():
    model = ""
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {"cpu": model, "cores": os.cpu_count(), "kernel": os.uname().release, "load_before": os.getloadavg()[0],
            "date": time.strftime("%Y-%m-%d")}


def save(name, data):
    path = os.path.join(TOOLS, name)
    with open(path, "w") as f:
        json.dump(data, f, indent=1)
        f.write("\n")
    return path


def say(text):
    print(text, flush=True)


def run(main):
    """The frame of a program: tools there, a failure in one sentence."""
    try:
        for tool in ("rtmp_players", "rtmp_publishers", "floor"):
            if not os.path.exists(os.path.join(TOOLS, tool)):
                raise Failed(f"{tool} is not built: run make")
        main()
    except Failed as e:
        print(f"bench: {e}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
