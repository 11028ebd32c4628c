#!/usr/bin/python3
"""Into WebRTC and out of it for a long time: each picture must be the one that was published, and the sound must stay where it belongs.

    test/soak/rtc.py [--minutes 20]          make soak-rtc MINUTES=20

A stream that comes by RTMP is played by WHEP, and one that comes by WHIP is played by RTMP, HTTP-FLV and HLS, and recorded. Both flash and beep
each second. Decoded pictures are compared by their hashes, so none may be missing, changed or come twice; and the time from a flash to
its beep must stay within 20 ms of what it is in the clip. A line each minute has what each player has seen so far.

The exit status is 0 only if all of that holds, and the server's memory has grown by at most 2 % from the tenth part of the time to its end.
"""
import argparse
import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

from rtc_bridges import CONF, Bridges                                # noqa: E402 (the path comes first)
from srs import BINARY, Server, free_port                            # noqa: E402

RSS_TOLERANCE = 0.02


def line(way, facts):
    return "    %-20s %7d pictures, %d gaps, %d foreign; %5d beeps, %+.1f ms (%+.1f to %+.1f)" % (
        way, facts["pictures"], facts["gaps"], facts["foreign"], facts["beeps"], *(
            facts[k] if facts[k] is not None else float("nan") for k in ("middle_ms", "least_ms", "most_ms")))


class Memory:
    """Resident memory of the server at each minute."""

    def __init__(self, server):
        self.server, self.kib = server, []

    def tell(self, facts):
        self.kib.append(self.server.rss_kib())
        print("%d min, %d KiB, load %.2f" % (len(self.kib), self.kib[-1], os.getloadavg()[0]))
        print("\n".join(line(way, one) for way, one in facts.items()), flush=True)

    def faults(self):
        if len(self.kib) < 10:
            return []
        first, last = self.kib[len(self.kib) // 10], self.kib[-1]
        return ["memory has grown from %d to %d KiB" % (first, last)] if last > first * (1 + RSS_TOLERANCE) else []


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--minutes", type=float, default=20)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-rtc-") as folder:
        server = Server(folder, CONF.format(port=free_port(), folder=folder), api="", http="")
        memory = Memory(server)
        try:
            with Bridges(server, folder) as bridges:
                print("%s, %g minutes; in the clips the sound is at %s ms" % (
                    BINARY, args.minutes, ", ".join("%+.1f" % ms for ms in bridges.usual.values())), flush=True)
                found = bridges.run(args.minutes * 60, memory.tell)
            wrong = bridges.faults(found, args.minutes * 60) + memory.faults()
            server.stop()
        finally:
            server.kill()
    print("at the end")
    print("\n".join(line(way, one) for way, one in found.items()))
    print("\n".join(wrong + ["FAIL"]) if wrong else "PASS")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
