"""ingest: programs that bring streams in, started with the server, started again when they end, ended with it."""
import os
import re
import signal
import urllib.error
import urllib.request

import pytest

import media
import rtsp_camera
from api import Api
from flv import Numbered
from srs import free_port
from test_exec import children, is_running, lines, script, starts, ends, pids, writer, STUBBORN
from test_play import vhost
from wait import until

OUTPUT = "rtmp://127.0.0.1:[port]/live?vhost=[vhost]/livestream"


def ingest(url, *, name="in", ffmpeg="ffmpeg", engine="enabled off; output %s;" % OUTPUT, kind="file", enabled="on"):
    return "ingest %s { enabled %s; input { type %s; url %s; } ffmpeg %s; engine { %s } }" % (
        name, enabled, kind, url, ffmpeg, engine)


def on_demand(url, more="linger 1;", **how):
    return ingest(url, **how).replace("enabled on;", "enabled on; on_demand on; %s" % more, 1)


def with_ingest(*blocks, name="__defaultVhost__"):
    return vhost(more=" ".join(blocks), name=name)


def test_a_file_becomes_a_stream_that_plays(make_server):
    clip = media.clip("h264_aac.flv")
    server = make_server(with_ingest(ingest(clip)), api="")
    player = media.ffmpeg_play(server.url("live/livestream"), ["-t", "1"])
    played = media.parse_framemd5(player.ends())
    media.compare_packets(media.framemd5(clip), played, whole=False)
    server.wait_log(r"ingest of __defaultVhost__ starts ffmpeg -nostdin -loglevel level\+info -re -i %s -vcodec copy"
                    r" -acodec copy -f flv -y rtmp://127.0.0.1:%d/live/livestream" % (re.escape(clip), server.port))
    for query, n in (("", 1), ("?stream=/live/livestream", 1), ("?stream=/live/other", 0), ("?search=DEFAULT", 1), ("?search=x", 0)):
        programs = Api(server).get("/api/v1/programs" + query)["programs"]
        assert [(p["subject"], p["target"]) for p in programs] == [("__defaultVhost__", "/live/livestream")] * n
    log = os.path.join(server.folder, "objs", "ffmpeg-ingest-__defaultVhost__-live-livestream.log")
    until(lambda: any("Input #0" in line for line in lines(log)), "the log of ffmpeg")


def test_a_file_starts_over_at_its_end(make_server):
    server = make_server(with_ingest(ingest(media.clip("h264_aac.flv"))))
    server.wait_log(r"ingest of __defaultVhost__: in has exited with 0 after \d+ms, it starts again in 3000ms", timeout=40)
    at = server.mark()
    server.wait_log(r"ingest of __defaultVhost__ starts ffmpeg", since=at)


def test_an_ingest_that_is_killed_comes_back(make_server, tmp_path):
    out = tmp_path / "out"
    server = make_server(with_ingest(ingest("/x", ffmpeg=writer(tmp_path))))
    until(lambda: starts(out), "the first start")
    os.kill(pids(out)[0], signal.SIGKILL)
    server.wait_log(r"ingest of __defaultVhost__: in was killed by signal 9 after \d+ms, it starts again in 3000ms")
    until(lambda: len(starts(out)) == 2, "the second start")


def test_a_reload_adds_changes_and_removes_ingests_and_leaves_the_others_alone(make_server, tmp_path):
    def worker(name):
        return writer(tmp_path, name=name)
    a, b, c = (tmp_path / name for name in "abc")
    in_a = ingest("/a", name="a", ffmpeg=worker("a"))
    server = make_server(with_ingest(in_a, ingest("/b", name="b", ffmpeg=worker("b"))))
    until(lambda: starts(a) and starts(b), "both to start")
    server.reload(with_ingest(in_a, ingest("/other", name="b", ffmpeg=worker("b")), ingest("/c", name="c", ffmpeg=worker("c"))))
    until(lambda: len(starts(b)) == 2 and starts(c), "the changed one and the new one to start")
    assert len(ends(b)) == 1 and "/b" in ends(b)[0] and "/other" in starts(b)[1]
    server.reload(with_ingest(in_a))
    until(lambda: len(ends(b)) == 2 and ends(c), "the removed ones to end")
    server.reload("ff_log_level error; " + with_ingest(in_a))  # counts from the next start
    server.reload(with_ingest(in_a, ingest("/d", name="d", ffmpeg=worker("c"))))
    until(lambda: len(starts(c)) == 2, "the last one to start")
    assert len(starts(a)) == 1 and not ends(a)
    server.reload(with_ingest())
    until(lambda: ends(a) and children(server) == set(), "all to end")


def test_no_ingest_outlives_the_server(make_server, tmp_path):
    worker, stubborn = writer(tmp_path, name="a"), writer(tmp_path, STUBBORN, "b")
    for turn, number in enumerate((signal.SIGTERM, signal.SIGQUIT), 1):
        server = make_server(with_ingest(ingest("/a", name="a", ffmpeg=worker), ingest("/b", name="b", ffmpeg=stubborn)),
                             root={"grace_start_wait": 10, "grace_final_wait": 10})
        until(lambda: len(starts(tmp_path / "a")) == turn and len(starts(tmp_path / "b")) == turn, "both to start")
        server.stop(number)
        assert len(ends(tmp_path / "a")) == turn
        until(lambda: not any(map(is_running, pids(tmp_path / "a") + pids(tmp_path / "b"))), "no program to be left")


def test_ingests_that_cannot_work_harm_nobody(make_server, witness, tmp_path):
    crash = script(tmp_path, "crash", "#!/bin/sh\nkill -SEGV $$\n")
    server = make_server(with_ingest(
        ingest("/x", name="missing", ffmpeg="/no/such/ffmpeg"), ingest("/x", name="crash", ffmpeg=crash),
        ingest("/x", name="nothing", ffmpeg="''"), ingest("''", name="blind"), ingest("/x", name="odd", kind="fiel"),
        ingest("/x", name="mute", engine="enabled off;")))
    w = witness(server)
    server.wait_log(r"ingest of __defaultVhost__: missing is not started, next try in 3000ms.*/no/such/ffmpeg")
    server.wait_log(r"crash was killed by signal 11 after \d+ms, it starts again in 6000ms")
    server.wait_log(r"nothing is not started, next try in .*no ffmpeg is named")
    server.wait_log(r"blind is not started, next try in .*no input is named")
    server.wait_log(r"odd is not started, next try in .*neither file nor stream")
    server.wait_log(r"mute is not started, next try in .*no output is named")
    w.undisturbed()
    until(lambda: children(server) == set(), "no child to be left")


def test_an_ingest_on_demand_plays_to_its_first_player_and_ends_behind_the_last_one(make_server):
    clip = media.clip("h264_aac.flv")
    server = make_server(with_ingest(on_demand(clip)))
    with server.publisher("other"), server.player("other"):     # another stream calls for nothing
        assert server.log.count("starts ffmpeg") == 0
    for turn in (1, 2):
        player = media.ffmpeg_play(server.url("live/livestream"), ["-t", "1"])
        assert {p.kind for p in media.parse_framemd5(player.ends())} == {"audio", "video"}
        until(lambda: children(server) == set(), "the end of ffmpeg")
        server.wait_log(r"published /live/livestream")
        assert server.log.count("starts ffmpeg") == turn


def test_an_ingest_on_demand_plays_over_http_where_others_do_not_wait(make_server):
    server = make_server(with_ingest(on_demand(media.clip("h264_aac.flv")),
                                     "http_remux { enabled on; wait 0; mount [vhost]/[app]/[stream].flv; }"), http="")
    player = media.ffmpeg_play(server.http_url("/live/livestream.flv"), ["-t", "1"])
    assert {p.kind for p in media.parse_framemd5(player.ends())} == {"audio", "video"}
    until(lambda: children(server) == set(), "the end of ffmpeg")
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(server.http_url("/live/other.flv"), timeout=10)


def test_an_ingest_on_demand_lingers_for_players_that_come_back(make_server):
    clip = media.clip("h264_aac_long.flv")
    server = make_server(with_ingest(on_demand(clip, "linger 1000;", engine="output rtmp://127.0.0.1:[port]/live/s?vhost=[vhost];"), name="v.example"))
    for _ in range(2):
        with server.client(tc_url="rtmp://v.example/live") as player:
            player.play("s")
            player.wait_media(20)
    assert server.log.count("starts ffmpeg") == 1
    server.reload(with_ingest(name="v.example"))
    until(lambda: children(server) == set(), "the end of ffmpeg")


def test_a_reload_starts_and_ends_ingests_on_demand_under_their_players(make_server, tmp_path):
    out = tmp_path / "out"
    server = make_server(with_ingest())
    with server.player("livestream"):
        server.reload(with_ingest(on_demand("/a", ffmpeg=writer(tmp_path))))
        until(lambda: starts(out), "the start")
        server.reload(with_ingest(on_demand("/b", ffmpeg=writer(tmp_path))))
        until(lambda: len(starts(out)) == 2, "the changed one")
        assert len(ends(out)) == 1 and "/a" in ends(out)[0] and "/b" in starts(out)[1]
        server.reload(with_ingest())
        until(lambda: len(ends(out)) == 2 and children(server) == set(), "its end")


def test_a_publisher_keeps_an_ingest_on_demand_away(make_server, tmp_path):
    out = tmp_path / "out"
    server = make_server(with_ingest(on_demand("/x", ffmpeg=writer(tmp_path))))
    with server.publisher("livestream") as publisher, server.player("livestream") as player:
        publisher.send_tags(Numbered().tags(count=5))
        player.wait_media(10)
        assert not starts(out)
        publisher.close()
        until(lambda: starts(out), "the ingest in its place")


def test_ingests_on_demand_that_cannot_work_harm_nobody(make_server, witness, tmp_path):
    end, stubborn = tmp_path / "end", tmp_path / "stubborn"
    programs = {"missing": "/no/such/ffmpeg", "crash": script(tmp_path, "crash", "#!/bin/sh\nkill -SEGV $$\n"),
                "hangs": writer(tmp_path, STUBBORN, "stubborn"),
                "talks": script(tmp_path, "talker", "#!/bin/sh\nyes | head -c 100000000 >&2\n: > %s\nexec sleep 60\n" % end)}
    server = make_server(with_ingest(*(on_demand("/x", "linger 0;", name=name, ffmpeg=program) for name, program in programs.items())))
    w = witness(server)
    with server.player("livestream"):
        server.wait_log(r"ingest of __defaultVhost__: missing is not started, next try in 3000ms.*/no/such/ffmpeg")
        server.wait_log(r"crash was killed by signal 11 after \d+ms, it starts again in 3000ms")
        until(lambda: starts(stubborn) and os.path.exists(str(end)), "all of the output", 60)
    until(lambda: children(server) == set(), "no child to be left")
    w.undisturbed()
    folder = os.path.join(server.folder, "objs")
    assert sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder) if name.startswith("ffmpeg-ingest-")) <= 2 * (64 << 20)


def test_an_ingest_on_demand_of_no_stream_here_is_told(make_server):
    server = make_server(with_ingest(on_demand("/x", name="far", engine="output rtmp://192.0.2.1/live/x;"),
                                     on_demand("/x", name="file", engine="output /tmp/x.flv;")))
    for name in ("far", "file"):
        server.wait_log(r"ingest %s of __defaultVhost__ never starts: it is on demand, and its output is no stream of its vhost" % name)


OF_THE_C_LIBRARY = 3 << 31              # signals 32 and 33, which no program can set by it


def test_an_ingest_inherits_nothing_of_the_server(make_server, tmp_path):
    out = tmp_path / "out"
    nosy = script(tmp_path, "nosy", """#!/bin/sh
exec > %s
env
ls -l /proc/$$/fd
grep Sig /proc/self/status
echo done
sleep 60
""" % out)
    server = make_server(with_ingest(ingest("/x", ffmpeg=nosy)), env={"SRS_SECRET": "secret", "NOTIFY_SOCKET": "@x"})
    until(lambda: lines(out)[-1:] == ["done"], "the program to tell")
    told = "\n".join(lines(out))
    assert "secret" not in told and "NOTIFY_SOCKET" not in told
    fds = set(re.findall(r" (\d+) -> /", told)) | set(re.findall(r" (\d+) -> \w+:\[", told))
    assert {"0", "1", "2"} <= fds <= {"0", "1", "2", "10", "255"} and "socket" not in told, fds
    signals = {name: int(mask, 16) for name, mask in re.findall(r"(Sig\w+):\s+(\w+)", told)}
    assert signals["SigIgn"] & ~OF_THE_C_LIBRARY == signals["SigBlk"] == 0


def example(make_server, tmp_path, name, changes=(), **how):
    """Start an example of conf/ on a port of its own, with other changes of its text, and with doc/ where the example expects it."""
    with open(os.path.join(media.ROOT, "conf", name)) as f:
        text = f.read()
    port = free_port()
    for old, new in [("listen              1935", "listen %d" % port), *changes]:
        assert old in text, old
        text = text.replace(old, new)
    server = make_server(text=text + "pid %s;\n" % (tmp_path / "pid"), listen=[port], args=None, start=False, **how)
    os.symlink(os.path.join(media.ROOT, "doc"), os.path.join(server.folder, "doc"))
    return server.start()


def test_the_example_plays(make_server, tmp_path):
    server = example(make_server, tmp_path, "ingest.conf")
    player = media.ffmpeg_play(server.url("live/livestream"), ["-t", "1"])
    assert {p.kind for p in media.parse_framemd5(player.ends())} == {"audio", "video"}


def test_a_camera_with_rtsp_plays(make_server, tmp_path):
    if not rtsp_camera.is_installed():
        pytest.skip("GStreamer's RTSP server is not there (trunk-scripts/deps.sh clients)")
    clip = media.clip("h264_aac_plain.flv")                     # Debian 12's ffmpeg copies no B-frames of RTSP into FLV
    camera = rtsp_camera.Camera(clip)
    try:
        server = example(make_server, tmp_path, "ingest.rtsp.conf", [("rtsp://192.168.1.64:554/cam", camera.url)])
        player = media.ffmpeg_play(server.url("live/livestream"), ["-t", "1"])
        played = media.parse_framemd5(player.ends())
        assert {p.kind for p in played} == {"audio", "video"}
        server.wait_log(r"ingest of __defaultVhost__ starts ffmpeg .* -re -rtsp_transport tcp -i %s -vcodec copy" % re.escape(camera.url))
    finally:
        camera.stop()
