"""transcode: other forms of a stream, made by programs that start and end with it, and never of their own product."""
import json
import os
import re
import subprocess

import pytest

import hls_playlist
import media
from api import Api
from flv import Numbered
from test_exec import children, ends, is_running, lines, pids, script, starts, STUBBORN, writer
from test_hls_variants import assert_aligned, first_pts, get, master_of, names_of, wait_segments
from test_ingest import example
from srs import free_port
from test_play import vhost
from wait import patience, until

OUTPUT = "rtmp://127.0.0.1:[port]/[app]?vhost=[vhost]/[stream]_[engine]"
COPY = "enabled on; vcodec copy; acodec copy;"


def engine(name="ff", more=COPY, output=OUTPUT):
    return "engine %s { %s output %s; }" % (name, more, output)


def transcode(*engines, scope="", ffmpeg="ffmpeg"):
    return "transcode %s { enabled on; ffmpeg %s; %s }" % (scope, ffmpeg, " ".join(engines))


def with_transcode(*blocks, more=""):
    return vhost(more=" ".join(blocks) + more)


def test_a_stream_is_published_in_another_form(make_server):
    server = make_server(with_transcode(transcode(engine(
        more="enabled on; vcodec libx264; vwidth 128; vheight 72; vbitrate 100; vprofile baseline; vpreset ultrafast;"
             " vparams { g 25; } acodec aac; abitrate 32; asample_rate 44100; achannels 1;"))))
    with media.ffmpeg_publish(media.clip("h264_aac_long.flv"), server.url("live/s")):
        player = media.ffmpeg_play(server.url("live/s_ff"), ["-t", "1"])
        assert {p.kind for p in media.parse_framemd5(player.ends())} == {"audio", "video"}
        server.wait_log(r"transcode of /live/s starts ffmpeg -nostdin -loglevel level\+info -f flv -i"
                        r" rtmp://127.0.0.1:%d/live/s -vcodec libx264 -b:v 100k -s 128x72" % server.port)
        server.wait_log(r"transcode of /live/s_ff: a transcoder publishes it, so it is not transcoded again")
    until(lambda: children(server) == set(), "the program to end with its stream")
    log = os.path.join(server.folder, "objs", "ffmpeg-encoder-__defaultVhost__-live-s-ff.log")
    assert any("Output #0" in line for line in lines(log))


def test_scopes_choose_streams(make_server, tmp_path):
    words = script(tmp_path, "words", '#!/bin/sh\nfor w; do :; done\necho "$w" >> %s/out\nwhile :; do sleep 0.05; done\n' % tmp_path)
    out = tmp_path / "out"
    server = make_server(with_transcode(
        transcode(engine("all"), scope="", ffmpeg=words), transcode(engine("app"), scope="live", ffmpeg=words),
        transcode(engine("one"), scope="live/s", ffmpeg=words), transcode(engine("other"), scope="live/x", ffmpeg=words),
        transcode(engine("off", COPY.replace("on", "off", 1)), scope="live", ffmpeg=words)))
    with server.publisher("s"):
        until(lambda: len(lines(out)) == 3, "three programs")
        assert sorted(re.sub(".*/", "", line) for line in lines(out)) == ["s_all", "s_app", "s_one"]
        with server.publisher("s", app="other"):
            until(lambda: len(lines(out)) == 4, "one program of the other app")
    assert lines(out)[3] == "rtmp://127.0.0.1:%d/other?vhost=__defaultVhost__/s_all" % server.port


def test_an_output_has_all_variables(make_server, tmp_path):
    words = script(tmp_path, "words", '#!/bin/sh\nfor w; do :; done\necho "$w" > %s/out\nsleep 60\n' % tmp_path)
    server = make_server(with_transcode(transcode(engine(
        output="x/[vhost]/[app]/[stream]/[port]/[engine]/[2006]/[url]/[param]"), ffmpeg=words)))
    with server.publisher("s?token=1"):
        until(lambda: lines(tmp_path / "out"), "the output")
    assert re.fullmatch(r"x/__defaultVhost__/live/s/%d/ff/20\d\d/\[url\]/\?token=1" % server.port, lines(tmp_path / "out")[0])


def test_no_transcoder_feeds_itself(make_server, tmp_path):
    worker = writer(tmp_path)
    server = make_server(with_transcode(
        transcode(engine("self", output="rtmp://localhost:[port]/[app]/[stream]"),
                  engine("ff"), engine("timed", output="rtmp://127.0.0.1:[port]/live/[stream]_[timestamp]"), ffmpeg=worker)))
    with server.publisher("s"):
        server.wait_log(r"transcode of /live/s: self is not started.*the output of engine self is its input")
        until(lambda: len(starts(tmp_path / "out")) == 2, "the other programs")
        targets = [line.split("/")[-1] for line in starts(tmp_path / "out")]
        for target in targets:
            with server.publisher(target) as publisher:
                publisher.send_tags(Numbered().tags(count=2))
                server.wait_log(r"transcode of /live/%s: a transcoder publishes it" % target)
        assert len(starts(tmp_path / "out")) == 2
        with server.publisher("free"):
            until(lambda: len(starts(tmp_path / "out")) == 4, "the programs of another stream")


def test_a_reload_changes_the_engines_that_differ(make_server, witness, tmp_path):
    worker = writer(tmp_path)
    out = tmp_path / "out"
    server = make_server(with_transcode(transcode(engine("a"), engine("b"), scope="witness", ffmpeg=worker)))
    w = witness(server)
    until(lambda: len(starts(out)) == 2, "both to start")
    server.reload(with_transcode(transcode(engine("a"), engine("c"), scope="witness", ffmpeg=worker)))
    until(lambda: len(starts(out)) == 3 and len(ends(out)) == 1, "one to end and one to start")
    assert "_b" in ends(out)[0] and "_c" in starts(out)[2]
    server.reload(with_transcode())
    until(lambda: len(ends(out)) == 3 and children(server) == set(), "all to end")
    w.undisturbed()


def test_a_program_that_hangs_at_exit_is_killed(make_server, tmp_path):
    server = make_server(with_transcode(transcode(engine(), ffmpeg=writer(tmp_path, STUBBORN))))
    with server.publisher():
        until(lambda: starts(tmp_path / "out"), "the program to start")
    until(lambda: not any(map(is_running, pids(tmp_path / "out"))), "the program to be gone")


def test_a_program_that_prints_without_end_harms_nobody(make_server, witness, tmp_path):
    end = tmp_path / "end"
    talker = script(tmp_path, "talker", "#!/bin/sh\nyes | head -c 100000000 >&2\n: > %s\nsleep 60\n" % end)
    server = make_server(with_transcode(transcode(engine(), scope="witness", ffmpeg=talker)))
    w = witness(server)
    until(lambda: os.path.exists(str(end)), "all of the output", 60)
    w.undisturbed()
    folder = os.path.join(server.folder, "objs")
    sizes = [os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder) if name.startswith("ffmpeg-encoder-")]
    assert sizes and sum(sizes) <= 2 * (64 << 20)


def test_engines_that_cannot_work_harm_nobody(make_server, witness, tmp_path):
    crash = script(tmp_path, "crash", "#!/bin/sh\nexit 1\n")
    server = make_server(with_transcode(
        transcode(engine("bare", "enabled on; vcodec libx264; acodec copy;"), engine("mute", output="''"), scope="witness"),
        transcode(engine("gone"), scope="witness", ffmpeg="/no/such/ffmpeg"),
        transcode(engine("crash"), scope="witness/witness", ffmpeg=crash)))
    w = witness(server)
    server.wait_log(r"transcode of /witness/witness: bare is not started, next try in 3000ms.*has no vprofile")
    server.wait_log(r"mute is not started, next try in 3000ms.*no output is named")
    server.wait_log(r"gone is not started, next try in 3000ms.*/no/such/ffmpeg")
    server.wait_log(r"crash has exited with 1 after \d+ms, it starts again in 3000ms")
    w.undisturbed()
    until(lambda: children(server) == set(), "no child to be left")


@pytest.mark.long
def test_the_example_of_srs_works(make_server, tmp_path):
    server = example(make_server, tmp_path, "ffmpeg.transcode.conf")
    with media.ffmpeg_publish(media.clip("h264_aac_long.flv"), server.url("live/livestream")):
        player = media.ffmpeg_play(server.url("live/livestream_ff"), ["-t", "1"])
        assert {p.kind for p in media.parse_framemd5(player.ends())} == {"audio", "video"}


def test_the_example_for_sound_alone_makes_aac_of_mp3(make_server, tmp_path):
    http = free_port()
    server = example(make_server, tmp_path, "transcode2hls.audio.only.conf",
                     [("listen          8080", "listen %d" % http), ("hls_fragment    5", "hls_fragment 1")])
    with media.ffmpeg_publish(media.clip("h264_mp3.flv"), server.url("live/livestream")):
        url = "http://127.0.0.1:%d/live/livestream_ff.m3u8" % http
        found = until(lambda: streams_of(url), "the playlist", 30)
    assert [(s["codec_type"], s["codec_name"], s["sample_rate"], s["channels"]) for s in found] == [("audio", "aac", "44100", 2)]


def streams_of(url):
    done = subprocess.run(["ffprobe", "-v", "error", "-show_streams", "-of", "json", url], capture_output=True, timeout=patience(30), check=False)
    return json.loads(done.stdout).get("streams")


@pytest.mark.long
def test_the_demo_pushes_its_streams_on_and_puts_a_logo_into_them(make_server, tmp_path, backend):
    slave_port, http = free_port(), free_port()
    with open(os.path.join(media.ROOT, "conf", "demo.19350.conf")) as f:
        text = f.read().replace("19350;", "%d;" % slave_port).replace("./objs/srs.demo.19350.pid", str(tmp_path / "slave"))
    slave = make_server(text=text, listen=[slave_port])
    server = example(make_server, tmp_path, "demo.conf", [
        ("127.0.0.1:19350", "127.0.0.1:%d" % slave_port), ("listen          8080", "listen %d" % http),
        ("127.0.0.1:1985", "127.0.0.1:%d" % free_port()), ("http://127.0.0.1:8085/api/v1/streams", backend.url("streams"))])
    with media.ffmpeg_publish(media.clip("h264_aac_long.flv"), server.url("live/livestream")):
        for url in (slave.url("live/livestream"), server.url("live/livestream_logo")):
            player = media.ffmpeg_play(url, ["-t", "1"])
            assert {p.kind for p in media.parse_framemd5(player.ends())} == {"audio", "video"}
        assert until(lambda: streams_of("http://127.0.0.1:%d/live/livestream.m3u8" % http), "the playlist", 30)
        corner = subprocess.run(["ffmpeg", "-v", "error", "-i", server.url("live/livestream_logo"), "-frames:v", "1", "-vf", "crop=4:4:60:40",
                                 "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True, timeout=patience(30), check=True).stdout
        assert len(backend.calls) >= 2
    red, green, blue = (sum(corner[i::3]) / 16 for i in range(3))
    assert green > red + 20 and green > blue, (red, green, blue)        # that of the logo


def test_the_ffmpeg_of_srs_is_that_of_path_where_it_was_not_built(make_server):
    words = transcode(engine(), scope="live", ffmpeg="./objs/ffmpeg/bin/ffmpeg")
    server = make_server(with_transcode(words, words.replace("live", "other", 1)))
    with server.publisher("s") as publisher:
        publisher.send_tags(Numbered().tags(count=3))
        server.wait_log(r"transcode of /live/s starts ffmpeg -nostdin")
    assert server.log.count("./objs/ffmpeg/bin/ffmpeg is not there: the ffmpeg of PATH is used in its place, at ") == 1


@pytest.mark.long
def test_the_ladder_of_the_example_is_aligned(make_server):
    with open(os.path.join(media.ROOT, "conf", "transcode.abr.conf"), encoding="utf-8") as f:
        text = f.read()
    server = make_server(text[text.index("vhost "):].replace("hls_fragment    4", "hls_fragment 1; hls_ctx off"), http="")
    names = ["livestream_high", "livestream_low"]
    with media.ffmpeg_publish(media.clip("h264_aac_long.flv"), server.url("live/livestream")):
        until(lambda: names_of(master_of(server, "/live/livestream.m3u8")) == ["livestream"] + names, "all variants", 60)
        for name in names:
            wait_segments(server, name, 4)
        assert_aligned(server, names)
        paths = ["livestream.m3u8?hls_media=1"] + [name + ".m3u8" for name in names]    # the publisher's own is a variant, too

        def common():
            segments = [{s.number: s for s in hls_playlist.read(get(server.http_url("/live/" + path))[1]).segments if not s.gap} for path in paths]
            numbers = sorted(set.intersection(*map(set, segments)))
            return len(numbers) >= 4 and [[s[number] for s in segments] for number in numbers[1:]]

        for row in until(common, "segments of all", 20):
            assert max(s.duration for s in row) - min(s.duration for s in row) <= 0.001, row
            assert len({first_pts(server, name, row[0].number) for name in ["livestream"] + names}) == 1, row


def test_the_api_tells_of_each_program(make_server, tmp_path):
    bad = script(tmp_path, "bad", "#!/bin/sh\necho '[error] no such encoder' >&2\necho 'Conversion failed!' >&2\nexit 1\n")
    server = make_server(with_transcode(
        transcode(engine("good"), scope="live/s"), transcode(engine("bad"), scope="live/s", ffmpeg=bad),
        transcode(engine("gone"), scope="live/s", ffmpeg="/no/such/ffmpeg"))
        + " exporter { enabled on; listen %d; }" % free_port(), api="")
    api = Api(server)

    def metric(name, of):
        text = api.ask("GET", "/metrics").body.decode()
        found = re.findall(r'^%s\{kind="transcode",subject="/live/s",name="%s"\} (\S+)$' % (name, of), text, re.M)
        return float(found[0])

    def program(name):
        return next((p for p in api.get("/api/v1/programs")["programs"] if p["name"] == name), None)

    with media.ffmpeg_publish(media.clip("h264_aac_long.flv"), server.url("live/s")):
        good = until(lambda: (program("good") or {}).get("speed") and program("good"), "the speed", 30)
        assert good["kind"] == "transcode" and (good["subject"], good["target"]) == ("/live/s", "/live/s_good") and good["state"] == "running"
        assert str(good["pid"]) in children(server) and good["starts"] == 1 and good["cpu_ms"] > 0
        failed = until(lambda: program("bad")["failures"] and program("bad")["error"] and program("bad"), "the failure")
        assert failed["error"] == "[error] no such encoder" and failed["ended"] == "exited with 1"
        gone = program("gone")
        assert gone["state"] == "waiting" and gone["pid"] == 0 and "/no/such/ffmpeg" in gone["ended"]
        assert 0 < gone["next_start_ms"] <= 60000
        assert metric("srs_program_running", "good") == 1 and metric("srs_program_running", "gone") == 0
        assert metric("srs_program_cpu_seconds_total", "good") > 0 and metric("srs_program_speed", "good") > 0
        assert metric("srs_program_starts_total", "good") == 1 and metric("srs_program_failures_total", "bad") >= 1
    until(lambda: api.get("/api/v1/programs")["programs"] == [], "no program")
