"""A real Prometheus, which scrapes servers of a test and answers queries.

    with Prometheus(folder, [port]) as p:
        p.wait("up == 1")                     until the query returns something
        p.query("srs_clients")                [({label: value}, number)]

    lint(text)                                what promtool says about a text of metrics, line by line

trunk-scripts/deps.sh test puts the programs into objs/deps.
"""
import contextlib
import http.client
import json
import os
import shutil
import subprocess
import urllib.parse

import programs
from media import ROOT
from srs import free_port
from wait import patience, until


def program(name):
    programs.check(name)
    path = shutil.which(name) or os.path.join(ROOT, "objs", "deps", "prometheus", "usr", "bin", name)
    assert os.access(path, os.X_OK), "%s is missing: trunk-scripts/deps.sh test fetches it" % name
    return path


def lint(text):
    done = subprocess.run([program("promtool"), "check", "metrics"], input=text, capture_output=True, text=True)
    assert done.returncode in (0, 3), done.stderr                # 3: there are remarks
    return done.stderr.splitlines() + done.stdout.splitlines()


def check(kind, path):
    """promtool check rules, promtool check config."""
    done = subprocess.run([program("promtool"), "check", kind, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


class Prometheus:
    def __init__(self, folder, ports, rules=()):
        self.folder, self.port = str(folder), free_port()
        os.makedirs(self.folder, exist_ok=True)
        self.log_path = os.path.join(self.folder, "log.txt")
        config = {"global": {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"},
                  "rule_files": list(rules),
                  "scrape_configs": [{"job_name": "srs", "static_configs": [{"targets": ["127.0.0.1:%d" % p for p in ports]}]}]}
        self.config_path = os.path.join(self.folder, "prometheus.yml")
        with open(self.config_path, "w") as f:
            json.dump(config, f)                                 # JSON is YAML
        check("config", self.config_path)
        with open(self.log_path, "wb") as out:
            self.process = subprocess.Popen(
                [program("prometheus"), "--config.file=" + self.config_path, "--web.listen-address=127.0.0.1:%d" % self.port,
                 "--storage.tsdb.path=" + os.path.join(self.folder, "data")], stdout=out, stderr=out, cwd=self.folder)
        try:
            until(self.is_ready, lambda: "Prometheus\n" + self.log(), timeout=60)
        except BaseException:
            self.stop()
            raise

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()[-4000:]

    def is_ready(self):
        assert self.process.poll() is None, self.log()
        with contextlib.suppress(OSError):
            return self.ask("/-/ready")[0] == 200

    def ask(self, path):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience(30))
        try:
            c.request("GET", path)
            r = c.getresponse()
            return r.status, r.read()
        finally:
            c.close()

    def query(self, text):
        status, body = self.ask("/api/v1/query?query=" + urllib.parse.quote(text))
        answer = json.loads(body)
        assert status == 200, "%s: %s" % (text, answer.get("error"))
        return [(r["metric"], float(r["value"][1])) for r in answer["data"]["result"]]

    def wait(self, text, timeout=30):
        return until(lambda: self.query(text), lambda: "%s\n%s" % (text, self.log()), timeout, every=0.1)

    def alerts(self):
        """The names of alerts whose condition holds, pending or firing."""
        return {a["labels"]["alertname"] for a in json.loads(self.ask("/api/v1/alerts")[1])["data"]["alerts"]}

    def rules(self):
        groups = json.loads(self.ask("/api/v1/rules")[1])["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()
