#!/usr/bin/env python3
"""Several processes of the server with one configuration, which share its ports.

    edges.py start N            start N processes with conf/edge.processes.conf; those that run already stay
    edges.py status             a line for each, and their sum; with --json also the sum of each stream
    edges.py reload             let all read the configuration again
    edges.py stop [--grace]     end all, with --grace each after its last client

The configuration needs `reuse_port on`. Process number I has the files I.pid, I.id and I.log in a folder of its own, the API at port
API_PORT + I, and the exporter at API_PORT + 50 + I, if they are on. Its memory_limit is the N-th part of 50 %. The exit status
is 0 only if all processes did, or do, what they should.
"""
import argparse
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROCESSES_MAX = 50              # ports between those of APIs and those of exporters
START_S, STOP_S, RELOAD_S, ANSWER_S = 20, 30, 20, 5
PAGE = 1000                     # streams that one request lists


class Process:
    """One of the processes; it may run or not."""

    def __init__(self, folder, number, api_port):
        self.number, self.api_port = number, api_port
        self.pid_file, self.log_file = (os.path.join(folder, "%d.%s" % (number, end)) for end in ("pid", "log"))

    def pid(self):
        """0: it does not run. The server holds a lock on its file, and a process that was killed leaves the file behind."""
        try:
            with open(self.pid_file, "rb") as f:
                try:
                    fcntl.lockf(f, fcntl.LOCK_SH | fcntl.LOCK_NB)
                    return 0
                except OSError:
                    return int(f.read() or 0)
        except FileNotFoundError:
            return 0

    def environment(self, n):
        """What differs from the other processes; a variable wins over the file."""
        return {**os.environ, "SRS_DAEMON": "on", "SRS_DISABLE_DAEMON_FOR_DOCKER": "off", "SRS_PID": self.pid_file,
                "SRS_SRS_LOG_TANK": "file", "SRS_SRS_LOG_FILE": self.log_file, "SRS_MEMORY_LIMIT": "%d%%" % max(1, 50 // n),
                "SRS_HTTP_API_LISTEN": "127.0.0.1:%d" % self.api_port,
                "SRS_EXPORTER_LISTEN": "127.0.0.1:%d" % (self.api_port + PROCESSES_MAX)}

    def start(self, program, conf, n):
        """Returns when it listens; what it says if it does not."""
        ran = subprocess.run([program, "-c", conf], env=self.environment(n), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             timeout=START_S)
        return None if ran.returncode == 0 else "status %d, %s" % (ran.returncode, (ran.stdout + ran.stderr)[-1000:] or self.log_file)

    def ask(self, path):
        with urllib.request.urlopen("http://127.0.0.1:%d%s" % (self.api_port, path), timeout=ANSWER_S) as answer:
            return json.load(answer)

    def streams(self):
        out, page = [], None
        while page is None or len(page) == PAGE:
            page = self.ask("/api/v1/streams/?start=%d&count=%d" % (len(out), PAGE))["streams"]
            out += page
        return out

    def signal(self, number):
        """False: it does not run."""
        pid = self.pid()
        if pid:
            os.kill(pid, number)
        return pid != 0

    def reload(self):
        """True if it has taken the configuration."""
        begin = os.path.getsize(self.log_file) if os.path.exists(self.log_file) else 0
        if not self.signal(signal.SIGHUP):
            return False
        deadline = time.monotonic() + RELOAD_S
        while time.monotonic() < deadline:
            with open(self.log_file, errors="replace") as f:
                f.seek(begin)
                said = re.search("reload config success|reload failed", f.read())
            if said:
                return said.group() != "reload failed"
            time.sleep(0.05)
        return False


class Group:
    """All processes of a folder. `plan` is what they were started with."""

    def __init__(self, folder):
        self.folder, self.plan = folder, {}
        if os.path.exists(self.path()):
            with open(self.path()) as f:
                self.plan = json.load(f)

    def path(self):
        return os.path.join(self.folder, "edges.json")

    def begin(self, n, conf, program, api_port):
        if self.running() and (n < self.plan["n"] or self.plan["api_port"] != api_port):
            sys.exit("edges: %d run already; stop them first" % len(self.running()))
        os.makedirs(self.folder, exist_ok=True)
        self.plan = {"n": n, "api_port": api_port, "conf": os.path.abspath(conf), "program": os.path.abspath(program)}
        with open(self.path(), "w") as f:
            json.dump(self.plan, f)

    def processes(self):
        return [Process(self.folder, i, self.plan["api_port"] + i) for i in range(1, self.plan.get("n", 0) + 1)]

    def running(self):
        return [p for p in self.processes() if p.pid()]


# ---- the sum --------------------------------------------------------------------------------------------------------

def row_of(process):
    """What one process says of itself, and its streams."""
    row = {"process": process.number, "pid": process.pid(), "api": "127.0.0.1:%d" % process.api_port, "log": process.log_file}
    if not row["pid"]:
        return {**row, "error": "does not run"}, []
    try:
        data, streams = process.ask("/api/v1/summaries")["data"], process.streams()
    except (OSError, ValueError, KeyError) as e:
        return {**row, "error": "its API: %s" % e}, []
    own = data["self"]
    row.update(uptime_s=own["srs_uptime"], cpu=own["cpu_percent"], mem_kbyte=own["mem_kbyte"], connections=data["system"]["conn_srs"],
               streams=len(streams), players=sum(map(players_of, streams)), recv_bytes=data["system"]["srs_recv_bytes"],
               send_bytes=data["system"]["srs_send_bytes"], recv_kbps=sum(s["kbps"]["recv_30s"] for s in streams),
               send_kbps=sum(s["kbps"]["send_30s"] for s in streams))
    return row, streams


def players_of(stream):
    return stream["clients"] - (1 if stream["publish"]["active"] else 0)


def add_streams(total, streams):
    for s in streams:
        one = total.setdefault(s["url"], {"url": s["url"], "processes": 0, "players": 0, "recv_kbps": 0, "send_kbps": 0})
        one["processes"] += 1
        one["players"] += players_of(s)
        one["recv_kbps"] += s["kbps"]["recv_30s"]
        one["send_kbps"] += s["kbps"]["send_30s"]


def summary(group):
    """{"ok":…, "processes":[…], "sum":{…}, "streams":[…]}"""
    rows, streams = [], {}
    for process in group.processes():
        row, own = row_of(process)
        rows.append(row)
        add_streams(streams, own)
    good = [r for r in rows if "error" not in r]
    total = {key: sum(r[key] for r in good) for key in ("cpu", "mem_kbyte", "connections", "players", "recv_bytes", "send_bytes", "recv_kbps",
                                                        "send_kbps")}
    total.update(processes=len(good), streams=len(streams))
    return {"ok": bool(rows) and len(good) == len(rows), "processes": rows, "sum": total, "streams": list(streams.values())}


def table(said):
    print("%-8s %8s %6s %9s %8s %8s %8s %10s %10s" % ("process", "pid", "cpu", "mem MiB", "conns", "streams", "players", "in kbps", "out kbps"))
    for row in [*said["processes"], {"process": "sum", "pid": "", **said["sum"]}]:
        if "error" in row:
            print("%-8s %8s %s" % (row["process"], row["pid"] or "-", row["error"]))
        else:
            print("%-8s %8s %5.0f%% %9.1f %8d %8d %8d %10d %10d" % (
                row["process"], row["pid"], row["cpu"] * 100, row["mem_kbyte"] / 1024, row["connections"], row["streams"], row["players"],
                row["recv_kbps"], row["send_kbps"]))


# ---- what is done ---------------------------------------------------------------------------------------------------------

def start(group, args):
    if not 1 <= args.n <= PROCESSES_MAX:
        sys.exit("edges: between 1 and %d processes" % PROCESSES_MAX)
    group.begin(args.n, args.conf, args.program, args.api_port)
    failed = 0
    for process in group.processes():
        if not process.pid():
            why = process.start(group.plan["program"], group.plan["conf"], args.n)
            failed += why is not None
            print("edges: process %d: %s" % (process.number, why or "started"))
    return failed == 0


def stop(group, args):
    for process in group.processes():
        process.signal(signal.SIGQUIT if args.grace else signal.SIGTERM)
    deadline = time.monotonic() + STOP_S
    while group.running() and (args.grace or time.monotonic() < deadline):
        time.sleep(0.05)
    for process in group.running():
        print("edges: process %d, pid %d, does not end" % (process.number, process.pid()))
    return not group.running()


def reload(group, _):
    good = {p.number: p.reload() for p in group.processes()}
    for number, is_good in good.items():
        print("edges: process %d: %s" % (number, "reloaded" if is_good else "not reloaded"))
    return bool(good) and all(good.values())


def status(group, args):
    said = summary(group)
    if args.json:
        json.dump(said, sys.stdout, indent=1)
        print()
    else:
        table(said)
    return said["ok"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default="objs/edges", help="the folder of pid files and logs (objs/edges)")
    verbs = parser.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("start")
    one.add_argument("n", type=int, help="how many processes")
    one.add_argument("--conf", default=os.path.join(ROOT, "conf", "edge.processes.conf"))
    one.add_argument("--program", default=os.path.join(ROOT, "objs", "srs"))
    one.add_argument("--api-port", type=int, default=19900, help="the API of process I is at this port + I (19900)")
    verbs.add_parser("stop").add_argument("--grace", action="store_true", help="end each process after its last client")
    verbs.add_parser("reload")
    verbs.add_parser("status").add_argument("--json", action="store_true")
    args = parser.parse_args()
    group = Group(os.path.abspath(args.run))
    sys.exit(0 if {"start": start, "stop": stop, "reload": reload, "status": status}[args.verb](group, args) else 1)


if __name__ == "__main__":
    main()
