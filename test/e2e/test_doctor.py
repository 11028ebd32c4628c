"""The doctor: faults that are seeded by real clients are named, and nothing is said of a healthy stream.

Each row of FAULTS seeds one fault and says which finding must name it, for which subject, and what a person reads there.
"""
import contextlib
import glob
import itertools
import os
import re
import socket
import subprocess
import time

import pytest

import certificates
import media
import srs
import test_whip
from api import Api, Obj, check
from flv import AUDIO, Numbered, is_key
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

    def __init__(self, make_server, stack, folder=None):
        self.make_server, self.stack, self.folder = make_server, stack, folder
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
    until(lambda: "failed" in named(s.server, "not-published")["seen"], "the refusal")
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


def silent_publisher(s):
    s.start()
    s.feed(itertools.islice(Numbered().tags(), 20))
    return named(s.server, "publisher-silent")


def publisher_that_was_cut(s):
    s.start("vhost __defaultVhost__ { publish { normal_timeout 500; } }")
    s.feed(itertools.islice(Numbered().tags(), 20))
    found = named(s.server, "publisher-cut")
    assert "normal_timeout" in found["seen"]
    return found


def slow_encoder(s):
    s.start()
    s.feed(Numbered().tags(), speed=0.8)
    return named(s.server, "encoder-slow", timeout=60)


def file_faster_than_real_time(s):
    s.start()
    s.feed(Numbered().tags(), speed=1.5)
    return named(s.server, "encoder-fast", timeout=60)


def starving_uplink(s):
    """A sender that stands still for a while, and then sends what it had to keep."""
    s.start()
    stream = Numbered()
    feeder = s.feed(stream.tags())
    until(lambda: len(feeder.sent) > 50, "a second of media")
    s.stack.callback(lambda: setattr(feeder.client, "drain", drain))
    drain, feeder.client.drain = feeder.client.drain, lambda: time.sleep(2.5)
    return named(s.server, "uplink-starving", timeout=60)


def jumping(tags):
    """At the pace of their times, but after 2 s these jump by an hour. For a feeder without a pace of its own."""
    began = time.monotonic()
    for t in tags:
        time.sleep(max(0, began + t.ts / 1000 - time.monotonic()))
        yield t._replace(ts=t.ts + 3600000) if t.ts > 2000 else t


def jumping_timestamps(s):
    s.start()
    s.feed(jumping(Numbered().tags()), speed=None)
    return named(s.server, "timestamps-jump")


def two_clocks(s):
    """The time of the sound runs 8 % faster than that of the picture."""
    s.start()
    s.feed((t._replace(ts=t.ts * 108 // 100) if t.type == AUDIO else t for t in Numbered().tags()))
    return named(s.server, "clock-drift", timeout=60)


def slow_player(s):
    s.start("vhost __defaultVhost__ { play { queue_length 1; } }")
    feeder = s.feed(Numbered(size=50000).tags())
    slow = s.server.player("s", rcvbuf=4096)
    s.stack.callback(slow.close)
    sent = len(feeder.sent)
    until(lambda: len(feeder.sent) > sent + 400, "8 s of media that it does not read", 60)
    deadline = time.monotonic() + patience(30)
    while "fell behind" not in s.server.log and time.monotonic() < deadline:
        slow.pump()
    return named(s.server, "players-slow", timeout=60)


def hevc(s):
    s.start()
    s.feed(media.loop("hevc_aac.mp4"))
    return named(s.server, "codec-video")


def codec_without_a_place_in_segments(s):
    s.start("vhost __defaultVhost__ { hls { enabled on; hls_fragment 2; hls_storage memory; } }")
    s.feed(media.loop("av1_opus.mp4"))
    found = named(s.server, "codec-left-out")
    assert "AV1" in found["seen"]
    return found


def b_frames_for_webrtc(s):
    s.start("rtc_server { enabled on; listen %d; } vhost __defaultVhost__ { }" % srs.free_port())
    s.ffmpeg(*PICTURE, *SOUND, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50", "-bf", "2", *AAC)
    return named(s.server, "b-frames")


def candidate_that_nobody_reaches(s):
    s.start("rtc_server { enabled on; listen %d; candidate 127.0.0.1; } vhost __defaultVhost__ { }" % srs.free_port())
    return named(s.server, "candidate-unreachable", "rtc_server")


def webrtc(s, stun_timeout="", rtc="on", **how):
    s.start("rtc_server { enabled on; listen %d; candidate 192.0.2.7; } vhost __defaultVhost__ { rtc { enabled %s; %s } }" % (
        srs.free_port(), rtc, stun_timeout), **how)


def offer(s, text=test_whip.PLAY):
    return Api(s.server).ask("POST", "/rtc/v1/whep/?stream=s", text)


def webrtc_is_off(s):
    webrtc(s, rtc="off")
    assert offer(s).status == 403
    return named(s.server, "output-off")


def offer_that_does_not_fit(s):
    webrtc(s)
    assert offer(s, test_whip.PLAY.replace("/90000", "/90001")).status == 400
    return named(s.server, "webrtc-offer")


def webrtc_that_never_connects(s):
    webrtc(s, "stun_timeout 1;")
    s.feed(Numbered().tags())
    assert offer(s).status == 201
    found = named(s.server, "webrtc-not-connected")
    assert "none of its checks came" in found["seen"] and "candidate" in found["line"]
    return found


def feature_that_is_not_built(s):
    s.start("srt_server { enabled on; } vhost a.example { }")
    found = named(s.server, "conf-unbuilt", "SRT")
    assert "srs.conf:" in found["seen"]
    return found


def port_in_use(s):
    s.start()
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        s.server.reload(CONF, good=False, listen=[s.server.port, taken.getsockname()[1]])
        found = named(s.server, "port-in-use", "srs.conf")
    assert "in use" in found["seen"]
    return found


def reload_of_a_bad_file(s):
    s.start()
    s.server.reload("vhost __defaultVhost__ { ", good=False)
    return named(s.server, "reload-failed", "srs.conf")


def secure_server(s, key, cert, **how):
    """A server whose RTMPS port has this pair."""
    port = srs.free_port()
    s.start("rtmps { enabled on; listen %d; key %s; cert %s; } vhost __defaultVhost__ { }" % (port, key, cert), **how)
    return port


def expired_certificate(s):
    pair = certificates.make(s.folder, days=-3)
    secure_server(s, *pair)
    return named(s.server, "certificate-expired", ".crt")


def certificate_that_ends_soon(s):
    secure_server(s, *certificates.make(s.folder, days=3))
    return named(s.server, "certificate-expires", ".crt")


def unreadable_certificate(s):
    key, cert = certificates.make(s.folder)
    os.remove(key)
    secure_server(s, key, cert)
    found = named(s.server, "certificate-unusable", ".crt")
    assert "No such file" in found["seen"]
    return found


def certificate_for_another_name(s):
    port = secure_server(s, *certificates.make(s.folder))
    subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:%d" % port, "-servername", "live.example"], stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=patience(20), check=False)
    found = named(s.server, "certificate-name", ".crt")
    assert "live.example" in found["seen"]
    return found


def disk(s, conf="size=2m"):
    """A small disk of its own, mounted for the test."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk")
    folder = os.path.join(s.folder, "disk")
    os.makedirs(folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", conf, "tmpfs", folder], check=True)
    s.stack.callback(subprocess.run, ["umount", "-l", folder], check=True)
    return folder


def hls_on(folder):
    return "vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_path %s; } }" % folder


def full_disk(s):
    folder = disk(s)
    with contextlib.suppress(OSError), open(os.path.join(folder, "ballast"), "wb") as f:
        f.write(b"x" * (4 << 20))
    s.start(hls_on(folder))
    return named(s.server, "disk-full", folder)


def read_only_disk(s):
    folder = disk(s)
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    s.start(hls_on(folder))
    s.feed(Numbered().tags())
    named(s.server, "disk-read-only", folder)
    return named(s.server, "files-lost")


def closed_folder(s):
    folder = os.path.join(s.folder, "closed")
    os.makedirs(folder, mode=0o500)
    s.start(hls_on(folder), heeds_modes=True)
    return named(s.server, "disk-closed", folder)


def few_descriptors(s):
    s.start()
    n = s.server.n_fds()
    subprocess.run(["prlimit", "--pid", str(s.server.pid), "--nofile=%d:" % (n + 2)], check=True)
    s.stack.callback(subprocess.run, ["prlimit", "--pid", str(s.server.pid), "--nofile=1024:"], check=True)
    return named(s.server, "descriptors-low", "open files")


def full_of_connections(s):
    s.start(root={"max_connections": "10"})
    for _ in range(10):
        s.stack.enter_context(contextlib.closing(socket.create_connection(("127.0.0.1", s.server.port))))
    return named(s.server, "connections-full", "max_connections")


def token_is_missing(s):
    s.start("vhost __defaultVhost__ { auth { enabled on; publish sign; play all; secret sesame; } }")
    s.refused(True)
    found = named(s.server, "refused-auth")
    assert "sesame" not in str(visit(s.server))
    return found


def stream_that_is_banned(s):
    s.start()
    assert Api(s.server).ask("POST", "/api/v1/bans/", b'{"stream":"live/s","seconds":60}').status == 200
    s.refused(False)
    return named(s.server, "refused-ban")


def too_many_players_of_an_address(s):
    s.start("vhost __defaultVhost__ { limits { enabled on; players_per_ip 1; } }")
    s.stack.enter_context(s.server.player("s"))
    s.refused(False)
    found = named(s.server, "refused-limit")
    assert "players_per_ip" in found["seen"] and "limits" in found["line"]
    return found


def backend_of_notices_is_down(s):
    s.start("vhost __defaultVhost__ { http_hooks { enabled on; journal %s/journal; on_unpublish http://127.0.0.1:%d/x; } }" % (
        s.folder, srs.free_port()))
    s.server.publisher("s").close()
    return named(s.server, "callbacks-wait", "http_hooks")


def full_disk_of_recordings(s):
    folder = disk(s)
    with contextlib.suppress(OSError), open(os.path.join(folder, "ballast"), "wb") as f:
        f.write(b"x" * (4 << 20))
    s.start("vhost __defaultVhost__ { dvr { enabled on; dvr_path %s/[app]/[stream].[timestamp].flv; } }" % folder)
    found = named(s.server, "disk-full", folder)
    assert "DVR" in found["seen"]
    return found


def page_of_another_site(s):
    s.start(http="crossdomain off;")
    s.feed(Numbered().tags())
    s.curl("/live/s.flv", "-H", "Origin: http://other.example", "-m", "1")
    found = named(s.server, "cross-site")
    assert "other.example" in found["seen"]
    return found


def page_over_https(s):
    s.start(root={"trusted_proxies": "none"})                       # by default this host is one
    s.feed(Numbered().tags())
    s.curl("/live/s.flv", "-H", "Origin: https://127.0.0.1", "-m", "1")
    return named(s.server, "mixed-content")


def hls_is_off(s):
    s.start()
    s.feed(Numbered().tags())
    assert s.curl("/live/s.m3u8") == "404"
    found = named(s.server, "output-off", "live/s.m3u8")
    assert found in visit(s.server, "?stream=live/s")["findings"] and visit(s.server, "?stream=live/x")["findings"] != [found]
    assert found["line"] == "vhost __defaultVhost__ { hls { enabled on; } }"
    return found


def path_of_another_mount(s):
    s.start("vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/tv/[app]/[stream].flv; } }")
    s.feed(Numbered().tags())
    assert s.curl("/live/s.flv") == "404"
    return named(s.server, "path-mismatch", "live/s.flv")


FAULTS = [gop_of_10_s, segments_longer_than_wanted, no_key_frame, no_audio, no_video, nobody_publishes,
          a_player_waits_in_vain, a_slip_in_the_name, no_such_vhost, published_in_another_vhost, security_refuses,
          refer_refuses, hook_refuses, hook_does_not_answer, name_is_taken, silent_publisher, publisher_that_was_cut,
          slow_encoder, file_faster_than_real_time, starving_uplink, jumping_timestamps, two_clocks, slow_player, hevc,
          codec_without_a_place_in_segments, b_frames_for_webrtc, candidate_that_nobody_reaches, webrtc_is_off, offer_that_does_not_fit,
          webrtc_that_never_connects, feature_that_is_not_built,
          port_in_use, reload_of_a_bad_file, expired_certificate, certificate_that_ends_soon, unreadable_certificate,
          certificate_for_another_name, full_disk, read_only_disk, closed_folder, few_descriptors, full_of_connections,
          token_is_missing, too_many_players_of_an_address, backend_of_notices_is_down, full_disk_of_recordings, stream_that_is_banned, page_of_another_site, page_over_https, hls_is_off, path_of_another_mount]


@pytest.mark.sample(5)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.__name__)
def test_a_fault_is_named(make_server, tmp_path, fault):
    with contextlib.ExitStack() as stack:
        fault(Seeding(make_server, stack, str(tmp_path)))


# -- no false alarms --------------------------------------------------------------------------------------------------

@pytest.mark.long
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


def test_a_session_of_webrtc_that_its_client_ends_is_no_fault(make_server):
    with contextlib.ExitStack() as stack:
        s = Seeding(make_server, stack)
        webrtc(s)
        s.feed(Numbered().tags())
        location = offer(s).headers["Location"]
        assert Api(s.server).ask("DELETE", location).status == 200
        until(lambda: all(c["type"] != "rtc-play" for c in Api(s.server).clients()), "its end")
        assert [f for f in visit(s.server)["findings"] if f["kind"] == "stream" and "failed" in f["seen"]] == []


def test_what_is_healed_is_not_told_any_more(make_server):
    with contextlib.ExitStack() as stack:
        s = Seeding(make_server, stack)
        nobody_publishes(s)
        s.feed(Numbered().tags())
        until(lambda: not visit(s.server)["findings"], "no finding once the stream is there")


def test_a_client_that_is_let_in_after_all_is_not_told_any_more(make_server):
    """Refused by the backend, then accepted; and a name that was taken, and is free."""
    backend = Backend()
    backend.answers["on_publish"] = answer(403)
    with contextlib.ExitStack() as stack:
        stack.callback(backend.close)
        s = Seeding(make_server, stack)
        s.start("vhost __defaultVhost__ { %s }" % hooks(backend, "on_publish"))
        s.refused(True)
        named(s.server, "refused-hook")
        backend.answers["on_publish"] = answer()
        client = s.server.publisher("s")
        assert "refused-hook" not in [f["id"] for f in visit(s.server)["findings"]]
        s.refused(True)
        named(s.server, "stream-busy")
        client.close()
        until(lambda: not visit(s.server)["findings"], "no finding once the name is free")


@pytest.mark.long
def test_odd_streams_that_play_well_have_no_finding(make_server):
    """Slides, low frame rates, a picture alone every second, publishers that come again and again, viewers of HLS that leave."""
    with contextlib.ExitStack() as stack:
        s = Seeding(make_server, stack)
        s.start("vhost __defaultVhost__ { %s hls { enabled on; hls_fragment 2; hls_storage memory; } dash { enabled on; } }" % OPEN)
        s.feed(Numbered(fps=1, gop=2, audio_fps=25).tags(), stream="slides")
        s.feed(Numbered(fps=5, gop=10, audio_fps=50).tags(), stream="slow")
        s.feed(Numbered(fps=60, gop=120, audio_fps=43).tags(), stream="fast")
        for _ in range(3):
            again = s.feed(Numbered().tags(), stream="again")
            until(lambda: len(again.sent) > 50, "a second of it")
            again.finish()
        again = s.feed(Numbered().tags(), stream="again")
        until(lambda: s.curl("/live/again.m3u8") == "200" and s.curl("/live/slow.mpd") == "200", "playlists", 30)
        until(lambda: len(again.sent) > 2 * 25 * 14, "14 s of media", 60)
        assert visit(s.server)["findings"] == []


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
