"""The doctor: faults that are seeded by real clients are named, and nothing is said of a healthy stream.

Each row of FAULTS seeds one fault and says which finding must name it, for which subject, and what a person reads there.
"""
import contextlib
import glob
import os
import re
import subprocess

import pytest

import media
from api import Api, Obj, check
from flv import Numbered, is_key
from hook_backend import Backend, answer, hooks
from media import FFMPEG, Program
from rtmp import Closed, Feeder, Refused
from wait import patience, until

OPEN = "http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }"
CONF = "vhost __defaultVhost__ { %s }" % OPEN

FINDING = Obj(("id", str), ("severity", str), ("kind", str), ("subject", str), ("seen", str), ("cure", str), ("line", str))
ANSWER = Obj(("code", 0), ("server", str), ("service", str), ("pid", str), ("data", Obj(
    ("findings", [FINDING]), ("healthy", bool), ("streams", int), ("errors", int), ("warnings", int), ("infos", int),
    ("left_out", 0))))

PICTURE = ["-re", "-f", "lavfi", "-i", "testsrc=s=160x120:r=25"]
SOUND = ["-f", "lavfi", "-i", "sine=r=44100"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "50"]
AAC = ["-c:a", "aac", "-b:a", "32k"]


def visit(server, query=""):
    answer_ = Api(server).get("/api/v1/doctor" + query)
    check(ANSWER, answer_)
    return answer_["data"]


def named(server, wanted, subject="live/s", query="", timeout=30):
    """Wait until the doctor names it; returns the finding."""
    seen = []

    def look():
        seen[:] = visit(server, query)["findings"]
        return [f for f in seen if f["id"] == wanted and subject in f["subject"]]
    found, *_ = until(look, lambda: "%s of %s, there is %s" % (wanted, subject, seen), timeout, every=0.2)
    assert found["seen"] and found["cure"], found
    return found


class Seeding:
    """What a fault is seeded with; everything ends with the test."""

    def __init__(self, make_server, stack):
        self.make_server, self.stack = make_server, stack
        self.server = None

    def start(self, conf=CONF, **how):
        how.setdefault("api", "")
        how.setdefault("http", "")
        self.server = self.make_server(conf, **how)
        return self.server

    def ffmpeg(self, *args, url=None):
        """Publish by ffmpeg, for as long as the test lasts."""
        return self.stack.enter_context(Program(FFMPEG + [*args, "-f", "flv", url or self.server.url("live/s")]))

    def feed(self, tags, speed=1.0, stream="s", app="live", **how):
        client = self.server.publisher(stream, app, **how)
        self.stack.callback(client.close)
        feeder = Feeder(client, tags, speed)
        self.stack.callback(feeder.stop)
        return feeder

    def refused(self, publish, stream="s", **how):
        with pytest.raises((Refused, Closed)):
            client = self.server.publisher(stream, **how) if publish else self.server.player(stream, **how)
            client.close()

    def curl(self, path, *args):
        """The status that curl gets."""
        return subprocess.run(["curl", "-s", "-o", "/dev/null", "-m", "10", "-w", "%{http_code}", *args, self.server.http_url(path)],
                              stdout=subprocess.PIPE, timeout=patience(20)).stdout.decode()


# -- the faults -------------------------------------------------------------------------------------------------------

def gop_of_10_s(s):
    s.start()
    s.ffmpeg(*PICTURE, *SOUND, *H264, "-g", "250", "-keyint_min", "250", "-sc_threshold", "0", *AAC)
    return named(s.server, "gop-long")


def segments_longer_than_wanted(s):
    s.start("vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; } }")
    s.ffmpeg(*PICTURE, *SOUND, *H264, "-g", "75", "-keyint_min", "75", "-sc_threshold", "0", *AAC)
    return named(s.server, "hls-gop")


def no_key_frame(s):
    s.start()
    s.feed(t for t in Numbered().tags() if not is_key(t))
    return named(s.server, "no-key-frame")


def no_audio(s):
    s.start()
    s.ffmpeg(*PICTURE, *H264)
    return named(s.server, "no-audio")


def no_video(s):
    s.start()
    s.ffmpeg("-re", *SOUND, *AAC)
    return named(s.server, "no-video")


def nobody_publishes(s):
    s.start("vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; wait 0; } }")
    assert s.curl("/live/s.flv") == "404"
    return named(s.server, "not-published")


def a_player_waits_in_vain(s):
    s.start()
    player = s.server.player("s")
    waiting = named(s.server, "not-published")
    player.close()
    until(lambda: "refused" in named(s.server, "not-published")["seen"], "the refusal")
    return waiting


def a_slip_in_the_name(s):
    s.start()
    s.feed(Numbered().tags(), stream="livestream")
    s.stack.callback(s.server.player("livestraem").close)
    found = named(s.server, "not-published", "livestraem", "?stream=live/livestraem")
    assert "live/livestream" in found["seen"]
    return found


def no_such_vhost(s):
    s.start("vhost example.com { }")
    s.refused(True, tc_url="rtmp://exmaple.com/live")
    found = named(s.server, "vhost-not-found")
    assert "Near is example.com" in found["seen"]
    return found


def published_in_another_vhost(s):
    s.start("vhost __defaultVhost__ { } vhost a.example { }")
    s.feed(Numbered().tags(), tc_url="rtmp://a.example/live")
    s.stack.callback(s.server.player("s").close)
    found = named(s.server, "vhost-mismatch")
    assert "a.example/live/s" in found["seen"]
    return found


def security_refuses(s):
    s.start("vhost __defaultVhost__ { security { enabled on; deny publish 127.0.0.1; } }")
    s.refused(True)
    return named(s.server, "refused-security")


def refer_refuses(s):
    s.start("vhost __defaultVhost__ { %s refer { enabled on; play example.com; } }" % OPEN)
    assert s.curl("/live/s.flv", "-H", "Referer: http://other.example/page") == "403"
    return named(s.server, "refused-refer")


def hook_refuses(s):
    backend = Backend()
    s.stack.callback(backend.close)
    backend.answers["on_publish"] = answer(403)
    s.start("vhost __defaultVhost__ { %s }" % hooks(backend, "on_publish"))
    s.refused(True, tc_url="rtmp://127.0.0.1/live?token=hidden")
    found = named(s.server, "refused-hook")
    assert "status 403" in found["seen"] and "hidden" not in str(found)
    return found


def hook_does_not_answer(s):
    backend = Backend()
    backend.close()
    s.start("vhost __defaultVhost__ { %s }" % hooks(backend, "on_play"))
    s.refused(False)
    return named(s.server, "hook-unreachable")


def name_is_taken(s):
    s.start()
    s.feed(Numbered().tags())
    s.refused(True)
    return named(s.server, "stream-busy")


FAULTS = [gop_of_10_s, segments_longer_than_wanted, no_key_frame, no_audio, no_video, nobody_publishes, a_player_waits_in_vain,
          a_slip_in_the_name,
          no_such_vhost, published_in_another_vhost, security_refuses, refer_refuses, hook_refuses, hook_does_not_answer,
          name_is_taken]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.__name__)
def test_a_fault_is_named(make_server, fault):
    with contextlib.ExitStack() as stack:
        fault(Seeding(make_server, stack))


# -- no false alarms --------------------------------------------------------------------------------------------------

def test_a_healthy_stream_has_no_finding(make_server):
    """Published by ffmpeg with B-frames, played over RTMP, HTTP-FLV and HLS, for as long as the doctor needs to judge all of it."""
    with contextlib.ExitStack() as stack:
        s = Seeding(make_server, stack)
        s.start("vhost __defaultVhost__ { %s hls { enabled on; hls_fragment 2; hls_path ./objs/nginx/html; } }" % OPEN)
        s.ffmpeg(*PICTURE, *SOUND, *H264[:3], "ultrafast", "-pix_fmt", "yuv420p", "-g", "50", "-bf", "2", *AAC)
        until(lambda: Api(s.server).stream("s"), "the stream")
        for url in (s.server.url("live/s"), s.server.http_url("/live/s.flv")):
            stack.enter_context(Program(FFMPEG + ["-i", url, "-c", "copy", "-f", "null", "-"]))
        frames = Api(s.server).stream("s")["frames"]
        until(lambda: Api(s.server).stream("s")["frames"] > frames + 25 * 16, "16 s of media", timeout=60, every=0.5)
        data = visit(s.server)
        assert data["findings"] == [] and data["healthy"] is True and data["streams"] == 1
        assert visit(s.server, "?stream=live/s")["findings"] == []
        assert visit(s.server, "?vhost=__defaultVhost__&app=live&stream=s")["streams"] == 1


def test_an_idle_server_has_no_finding(make_server):
    assert visit(make_server(CONF, api="", http=""))["findings"] == []


def test_what_is_healed_is_not_told_any_more(make_server):
    with contextlib.ExitStack() as stack:
        s = Seeding(make_server, stack)
        nobody_publishes(s)
        s.feed(Numbered().tags())
        until(lambda: not visit(s.server)["findings"], "no finding once the stream is there")


# -- questions and bounds ---------------------------------------------------------------------------------------------

def test_a_stream_that_nobody_knows_is_not_published(make_server):
    server = make_server(CONF, api="", http="")
    found = named(server, "not-published", "nothing", "?stream=nothing")
    assert found["severity"] == "error"
    assert Api(server).ask("GET", "/api/v1/doctor?stream=live/").status == 400
    assert Api(server).ask("DELETE", "/api/v1/doctor").status == 405


def test_a_question_leaves_other_streams_out(make_server):
    with contextlib.ExitStack() as stack:
        s = Seeding(make_server, stack)
        s.start()
        s.feed(Numbered().tags(), stream="good")
        s.feed((t for t in Numbered().tags() if not is_key(t)), stream="bad")
        named(s.server, "no-key-frame", "live/bad")
        assert visit(s.server, "?stream=good")["findings"] == []


def test_a_flood_of_refusals_is_bounded(make_server):
    server = make_server("vhost __defaultVhost__ { security { enabled on; deny publish all; } }", api="", http="")
    for n in range(80):
        with pytest.raises((Refused, Closed)):
            server.publisher("s%d" % n)
    found = [f["subject"] for f in visit(server)["findings"]]
    assert len(found) == 64 and any(f.endswith("/s79") for f in found) and not any(f.endswith("/s0") for f in found)


def test_names_of_peers_stay_texts(make_server):
    server = make_server("vhost __defaultVhost__ { security { enabled on; deny publish all; } }", api="", http="")
    with pytest.raises((Refused, Closed)):
        server.publisher('"><script>x</script>')
    body = Api(server).ask("GET", "/api/v1/doctor").body
    assert b"<script>" not in body
    assert [f["id"] for f in visit(server)["findings"]] == ["refused-security"]


def test_pages_of_other_sites_get_nothing(make_server):
    server = make_server(CONF, api="", http="")
    assert Api(server).ask("GET", "/api/v1/doctor", headers={"Origin": "http://evil.example"}).status == 403
    assert Api(server).ask("GET", "/api/v1/doctor?callback=x", headers={"Referer": "http://evil.example/"}).status == 403


def test_the_documentation_has_all_findings():
    """Every id in the source is a row of doc/doctor.md, and every row is in the source."""
    source = ""
    for path in sorted(glob.glob(os.path.join(media.ROOT, "src", "app", "doctor", "*.c"))):
        with open(path, encoding="utf-8") as f:
            source += f.read()
    with open(os.path.join(media.ROOT, "doc", "doctor.md"), encoding="utf-8") as f:
        told = {id_ for line in re.findall(r"^\| (`.*?) \|", f.read(), re.M) for id_ in re.findall(r"`([a-z]+(?:-[a-z]+)*)`", line)}
    told -= {"id", "severity", "kind", "subject", "seen", "cure", "line", "healthy"}
    ids = set(re.findall(r'"([a-z]+(?:-[a-z]+)*)"', source))
    assert told <= ids
    assert set(re.findall(r'findings_add\(&?\w+(?:->findings)?,\s*"([a-z-]+)"', source)) <= told
