"""Shared parts of the measurements: load tools, figures from /proc, results in objs/bench."""

import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOLS = os.path.join(ROOT, "objs", "bench")
CLIP = os.path.join(ROOT, "doc", "sample.flv")


class Failed(Exception):
    pass


class Skipped(Failed):
    """A row that cannot be measured here; the text is the reason."""


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

    def mark(self):
        """The latency of the sampled players since the last mark."""
        self.process.send_signal(signal.SIGUSR1)
        return json.loads(self.process.stdout.readline())

    def result(self):
        """Wait for the end; returns the result."""
        lines = [json.loads(line) for line in self.process.stdout]
        self.process.wait()
        if not lines:
            raise Failed(f"{self.tool} said nothing")
        return lines[-1]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.result()

    def kill(self):
        """Kill it: the kernel closes its sockets, with bytes still on their way."""
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.stdout.close()
        self.process.wait()


def publishers(server, n=1, stream="livestream", clip=CLIP, **options):
    load = Load("publishers", *flags(publishers=n, **options), clip, server.url(stream, "rtmp"))
    ready = load.ready()
    if ready["failed"]:
        load.stop()
        raise Failed(f"{ready['failed']} of {n} publishers failed")
    return load


def players(server, n, stream="livestream", wire=None, **options):
    return Load("players", *flags(players=n, pid=server.pid, **options), server.url(stream, wire))


def flags(**options):
    out = []
    for name, value in options.items():
        if value is True:
            out.append("--" + name.replace("_", "-"))
        elif value is not None and value is not False:
            out += ["--" + name.replace("_", "-"), value]
    return out


class Bystanders:
    """Players of a stream of their own whose latency is measured while phases of other work take turns."""

    def __init__(self, server, n=100, stream="calm"):
        self.publisher = publishers(server, stream=stream)
        self.load = players(server, n, stream=stream, duration=3600)
        self.p99 = {}
        ready = self.load.ready()
        if ready["failed"]:
            raise Failed(f"{ready['failed']} bystanders do not play")
        time.sleep(2)

    @contextlib.contextmanager
    def phase(self, name):
        """Keep the latency of the time in which the block runs under the name."""
        self.load.mark()
        yield
        self.p99.setdefault(name, []).append(self.load.mark()["p99"])

    def result(self):
        """The p99 of each turn by phase, in ms; and the number of lost pictures."""
        out = self.load.stop()
        self.publisher.stop()
        return self.p99, {"gaps": out["gaps"], "dropped": out["dropped"]}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.load.__exit__()
        self.publisher.__exit__()


class Sampling:
    """A thread that calls a function again and again until the block ends; `failure` is the error of an earlier end."""

    def __init__(self, every_s, function):
        self.every_s, self.function, self.failure = every_s, function, None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        due = time.monotonic()
        try:
            while not self.over.wait(max(0, due - time.monotonic())):
                self.function()
                due += self.every_s
        except Exception as e:  # the caller looks at it
            self.failure = e

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def memory_kib(pid):
    """The resident memory of a process, in KiB."""
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def memory(pid):
    """Resident memory of a process in KiB: in total, heap, other anonymous memory (stacks), and files."""
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


def cpu_s(pid):
    """User and system time of a process: the sum of its threads, exact to the nanosecond, if the kernel keeps it; or in
    ticks, if that is more because threads have ended."""
    ns = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/schedstat") as f:
            ns += int(f.read().split()[0])
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return max(ns / 1e9, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))


def median(values):
    return statistics.median(values)


def times(p99, one, other):
    """How many times the p99 of one phase is that of the other: the median over the turns."""
    return median([a / b for a, b in zip(p99[one], p99[other])])


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
    """Run a program's main function: check that the tools exist, and report a failure in one sentence."""
    try:
        for tool in ("players", "hls_players", "publishers", "floor", "tokens"):
            if not os.path.exists(os.path.join(TOOLS, tool)):
                raise Failed(f"{tool} is not built: run make")
        main()
    except Failed as e:
        print(f"bench: {e}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
