"""make test-clients: the clients of several Debian releases against the real server; see trunk-scripts/test-clients.sh.

    run.py [--only WORD] [--logs FOLDER] TREE...

Each publisher sends each clip once, and all players watch at the same time; some come late. A program that cannot
do a thing is told from a server that does not let it by trying the same on an FLV file: what fails there too is
shown as "-" and not counted.
"""
import argparse
import os
import re
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "e2e")]

import clips  # noqa: E402
import packets  # noqa: E402
import players  # noqa: E402
import publishers  # noqa: E402
import srs  # noqa: E402
import whip  # noqa: E402
from systems import FFMPEG, System, kill_all  # noqa: E402

OK, FAILED, CANNOT = "ok", "FAIL", "-"
LATE_S = 1.6                                  # behind the second key frame, well before the third


class Lab:
    def __init__(self, options):
        self.options = options
        self.logs = os.path.abspath(options.logs)
        os.makedirs(self.logs, exist_ok=True)
        self.systems = [System(root, self.logs) for root in [None] + [os.path.abspath(t) for t in options.tree]]
        self.judge = self.systems[-1]         # the newest ffmpeg
        self.players = [p for kind in players.KINDS for p in (kind(s, self.judge) for s in self.systems) if p.usable()]
        self.publishers = [p for kind in publishers.KINDS for p in (kind(s) for s in self.systems) if p.usable()]
        self.server = None
        self.results = {}                     # (publisher, clip, player or None) -> OK, FAILED, CANNOT
        self.failures = []
        self.number = 0

    def wanted(self, *words):
        text = " ".join(words).lower()
        return all(w.lower() in text for w in self.options.only)

    def framemd5(self, path):
        with self.judge.run(FFMPEG + ["-i", self.judge.give(path), "-map", "0:v?", "-map", "0:a?", "-c", "copy",
                                      "-f", "framemd5", "-"]) as p:
            return packets.parse(p.out) if p.wait(60) == 0 else []

    def key_hashes(self, path, tracks):
        """The hashes of the key frames: ffprobe says which are, framemd5 how they look."""
        keys = set()
        for i, t in enumerate(t for t in tracks if t.kind == "video"):
            text = self.judge.says(["ffprobe", "-v", "error", "-select_streams", "v:%d" % i, "-show_entries",
                                    "packet=flags", "-of", "csv=p=0", self.judge.give(path)])
            flags = text.split()
            assert len(flags) == len(t.packets), "ffprobe and ffmpeg disagree about %s" % path
            keys |= {p.hash for p, f in zip(t.packets, flags) if f.startswith("K")}
        return keys

    def record(self, publisher, clip, player, result, note=""):
        self.results[publisher.name, clip, player.name if player else None] = result
        who = player.name if player else "sending"
        if result == FAILED:
            self.failures.append("%s, %s, %s: %s" % (publisher.name, clip, who, note))
        if result == FAILED or note and self.options.verbose:
            print("      %-4s %s: %s" % (result, who, note))

    # -- one publication ---------------------------------------------------------------------------------------

    def publication(self, publisher, clip):
        """One publisher sends one clip, everybody watches."""
        publisher.clip = clip
        path = clips.make(clip, self.judge, self.clips_folder())
        if not publisher.suits(clip):
            self.record(publisher, clip, None, CANNOT)
            return
        flv = publisher.file(path, 30)
        if not flv:
            self.record(publisher, clip, None, CANNOT, " ".join(publisher.why))
            return
        source = self.framemd5(path)
        want = self.framemd5(flv)
        if publisher.exact and packets.difference(source, want) is None:
            want = source
        elif publisher.exact or [t.kind for t in want] != [t.kind for t in source]:
            # the publisher changes the stream when it writes it; then that is what is sent
            self.record(publisher, clip, None, CANNOT if not want else OK,
                        "as it writes it: %s" % (packets.difference(source, want) or ""))
            if not want:
                return
        near_ms = packets.NEAR_MS if publisher.exact else 40      # GStreamer's muxer guesses at times of its own
        job = players.Job(clip, want, self.key_hashes(flv, want), flv, near_ms)
        self.number += 1
        stream = "s%d" % self.number
        print("%s sends %s" % (publisher.name, clip), flush=True)
        wanted = [p for p in self.players if p.suits(job) and self.wanted(publisher.name, clip, p.name)]
        runs = {p: p.start(self.server.url("live/" + stream), job, self.number) for p in wanted if not p.late}
        try:
            self.watched(stream, len(runs))
            with publisher.start(path, self.server.url("live/" + stream)) as sender:
                self.server.wait_log(r"type=(fmle|flash|haivision)-publish, .*stream=%s," % stream)
                time.sleep(LATE_S)
                for p in wanted:
                    if p.late:
                        runs[p] = p.start(self.server.url("live/" + stream), job, self.number)
                status = sender.wait(players.PATIENCE_S)
                if status == 0:
                    self.record(publisher, clip, None, OK)
                else:
                    self.record(publisher, clip, None, FAILED, "%s: %s" % (sender.how(status), sender.err[-500:]))
            deadline = time.monotonic() + players.PATIENCE_S
            problems = {p: p.finish(run, job, max(0, deadline - time.monotonic())) for p, run in runs.items()}
        finally:
            for run in runs.values():
                run.kill()
        for p in wanted:
            self.judge_player(publisher, clip, job, p, problems[p])
        if not self.server.alive():
            raise SystemExit("the server died\n" + self.server.tail())

    def watched(self, stream, n):
        """Wait until n players are there; one that is not after some seconds is not waited for."""
        deadline = time.monotonic() + 15
        while len(re.findall(r"type=rtmp-play, .*stream=%s," % stream, self.server.log)) < n:
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)

    def judge_player(self, publisher, clip, job, player, problem):
        if problem is None:
            self.record(publisher, clip, player, OK)
            return
        got = getattr(player, "got", None)
        late, player.late = player.late, False
        with player.start(player.system.give(job.flv), job, 10000 + self.number) as run:
            problem_of_file = player.finish(run, job, players.PATIENCE_S)
        player.late = late
        if problem_of_file is None:
            self.record(publisher, clip, player, FAILED, problem)
        elif isinstance(player, players.Ffmpeg) and not late and got and packets.difference(player.got, got):
            self.record(publisher, clip, player, FAILED, "%s; from a file: %s" % (problem, problem_of_file))
        elif got and not late:
            self.record(publisher, clip, player, "part", "as from a file: %s" % packets.words(got))
        else:
            self.record(publisher, clip, player, CANNOT, "neither from a file: %s" % problem_of_file)

    def clips_folder(self):
        folder = os.path.join(self.options.logs, "..", "clips")
        os.makedirs(folder, exist_ok=True)
        return folder

    # -- all of them -------------------------------------------------------------------------------------------

    def run(self):
        for s in self.systems:
            print("Debian %s: %s" % (s.name, s.versions()))
        print(flush=True)
        self.server = srs.Server(os.path.join(self.logs, "server"))
        try:
            for publisher in self.publishers:
                for clip in clips.RECIPES:
                    if any(self.wanted(publisher.name, clip, p.name) for p in self.players):
                        self.publication(publisher, clip)
            self.server.stop()
            whip.run(self)
        finally:
            self.server.kill()
            kill_all()
            for s in self.systems:
                s.close()

    def tables(self):
        """For each publisher, who got what; a row is a clip."""
        for publisher in self.publishers:
            rows = [c for c in clips.RECIPES if (publisher.name, c, None) in self.results]
            if not rows:
                continue
            print("\n%s" % publisher.name)
            sent = [c for c in rows if self.results[publisher.name, c, None] != CANNOT]
            columns = [p for p in self.players if any((publisher.name, c, p.name) in self.results for c in sent)]
            titles = {}
            for p in columns:
                titles.setdefault(p.title.rstrip(","), []).append(p)
            if sent:
                print("  %-20s %-5s" % ("", "sends") + "".join(
                    " | %-*s" % (max(len(t), 5 * len(ps)), t) for t, ps in titles.items()))
                print("  %-20s %-5s" % ("", "") + "".join(
                    " | %-*s" % (max(len(t), 5 * len(ps)), "".join("%-5s" % p.system.name[:4] for p in ps))
                    for t, ps in titles.items()))
            for c in sent:
                print("  %-20s %-5s" % (c, self.results[publisher.name, c, None]) + "".join(
                    " | %-*s" % (max(len(t), 5 * len(ps)), "".join(
                        "%-5s" % self.results.get((publisher.name, c, p.name), "") for p in ps))
                    for t, ps in titles.items()))
            cannot = [c for c in rows if c not in sent]
            if cannot:
                print("  does not send: " + ", ".join(cannot))
        for (name, clip, player), result in self.results.items():
            if clip == whip.CLIP:
                print("\n%s\n  %-20s %s" % (name, player or "sends", result) if not player else "  %-20s %s" % (player, result))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", default=[],
                        help="only where publisher, clip and player have this word")
    parser.add_argument("--logs", default="objs/test/clients/logs")
    parser.add_argument("--verbose", action="store_true", help="also say why a client cannot do a thing")
    parser.add_argument("tree", nargs="*")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    lab = Lab(options)
    try:
        lab.run()
    finally:
        lab.tables()
    passed = sum(r in (OK, "part") for r in lab.results.values())
    cannot = sum(r == CANNOT for r in lab.results.values())
    print("\nok: as it was sent   part: as much as from a file   -: the client cannot, neither from a file (%d)" %
          cannot)
    for f in lab.failures:
        print("FAIL %s" % f)
    print("%d passed, %d failed" % (passed, len(lab.failures)))
    return 1 if lab.failures or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
