"""exec: programs that run while a stream is published, and that cannot harm the server or its clients."""
import os
import re
import signal

import flv
import media
import rtmp
from api import Api
from flv import Numbered
from srs import free_port
from test_play import vhost
from wait import until

# A program that writes its process id, waits, and says how it ended.
WORKER = """#!/bin/sh
trap 'echo "end $$ $*"; exit 0' TERM
echo "$$ $*"
while :; do sleep 0.05; done
"""
STUBBORN = """#!/bin/sh
trap '' TERM
echo "$$ $*"
while :; do sleep 0.05; done
"""
WORDS = """#!/bin/sh
for word in "$@"; do printf '<%s>' "$word"; done
echo
while :; do sleep 0.05; done
"""


def script(folder, name, text):
    path = os.path.join(str(folder), name)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, 0o755)
    return path


def writer(folder, text=WORKER, name="out"):
    """A program that appends what it says to the file of that name."""
    return script(folder, name + ".sh", text.replace("\n", "\nexec >> %s/%s\n" % (folder, name), 1))


def lines(path):
    try:
        with open(path) as f:
            return f.read().splitlines()
    except FileNotFoundError:
        return []


def starts(path):
    return [line for line in lines(path) if not line.startswith("end ")]


def ends(path):
    return [line for line in lines(path) if line.startswith("end ")]


def pids(path):
    return [int(line.split()[0]) for line in starts(path)]


def is_running(pid):
    """True when the process exists. A zombie counts, because it was not waited for."""
    return os.path.exists("/proc/%d" % pid)


def children(server):
    with open("/proc/%d/task/%d/children" % (server.pid, server.pid)) as f:
        mine = f.read().split()
    for thread in os.listdir("/proc/%d/task" % server.pid):
        try:
            with open("/proc/%d/task/%s/children" % (server.pid, thread)) as f:
                mine += f.read().split()
        except OSError:
            pass
    return set(mine)


def with_exec(*commands, more=""):
    return vhost(more="exec { enabled on; %s } %s" % (" ".join("publish %s;" % c for c in commands), more))


def test_a_program_runs_while_the_stream_is_published(make_server, tmp_path):
    worker, out = script(tmp_path, "worker", WORKER), str(tmp_path / "out")
    server = make_server(with_exec("%s [vhost] [app] [stream] > %s" % (worker, out)))
    with server.player():                            # a player alone starts nothing
        with server.publisher() as publisher:
            publisher.send_tags(Numbered().tags(count=5))
            until(lambda: starts(out), "the program to start")
            assert re.fullmatch(r"\d+ __defaultVhost__ live s", starts(out)[0])
            publisher.unpublish()
            until(lambda: ends(out), "the program to end")
        until(lambda: not is_running(pids(out)[0]), "the program to be waited for")
        with server.publisher() as publisher:        # a second publish starts it again
            until(lambda: len(starts(out)) == 2, "the program to start again")
        until(lambda: len(ends(out)) == 2, "the program to end again")
    until(lambda: children(server) == set(), "no child to be left")
    server.wait_log(r"exec of /live/s starts %s __defaultVhost__ live s" % re.escape(worker))


def test_each_line_is_a_program_with_redirections_of_its_own(make_server, tmp_path):
    talker = script(tmp_path, "talker", "#!/bin/sh\necho out $1\necho err $1 >&2\nsleep 60\n")
    forms = [">%s", "> %s", "1>%s", "1> %s", ">>%s", ">> %s"]
    commands = ["%s %d %s" % (talker, i, form % (tmp_path / ("out%d" % i))) for i, form in enumerate(forms)]
    commands += ["%s e 2>%s" % (talker, tmp_path / "err"), "%s both > %s 2>&1" % (talker, tmp_path / "both")]
    server = make_server(with_exec(*commands))
    with server.publisher():
        for i in range(len(forms)):
            until(lambda: lines(tmp_path / ("out%d" % i)) == ["out %d" % i], "the output of form %d" % i)
        until(lambda: lines(tmp_path / "err") == ["err e"], "the errors")
        until(lambda: lines(tmp_path / "both") == ["out both", "err both"], "both in one file")


def test_a_program_of_several_lines_has_a_series_for_each(make_server, tmp_path):
    worker = script(tmp_path, "worker", WORKER)
    server = make_server(with_exec(*[worker + " " + word for word in "abc"]) + " exporter { enabled on; listen %d; }" % free_port(), api="")

    def series():
        text = Api(server).ask("GET", "/metrics").body.decode()
        return re.findall(r'^srs_program_running\{kind="exec",subject="/live/s",name="[^"]*worker"(.*)\} 1$', text, re.M)

    with server.publisher():
        until(lambda: series() == ["", ',copy="2"', ',copy="3"'], "three series")


def test_what_the_client_says_is_one_word_each(make_server, tmp_path):
    words, out = script(tmp_path, "words", WORDS), str(tmp_path / "out")
    server = make_server(with_exec("%s [app] [stream] [tcUrl] [swfUrl] [pageUrl] [port] [url] [engine] x[stream]y > %s" % (words, out)))
    page = "http://h/?a=1;$(touch /tmp/x) `id` 'q' \"d\" | f"
    client = server.client("live", properties={"pageUrl": page, "swfUrl": "http://h/s.swf"})
    with client:
        client.set_chunk_size(4096)
        client.publish("a;b$(id)?token=1&n=-x", "fmle")
        until(lambda: lines(out), "the words")
    tc_url = server.tc_url()
    got = re.findall(r"<([^>]*)>", lines(out)[0])
    assert got == ["live", "a;b$(id)", tc_url, "http://h/s.swf", page, str(server.port),
                   "rtmp://127.0.0.1:%d/live/a;b$(id)?token=1&n=-x" % server.port, "[engine]", "xa;b$(id)y"]


def test_a_stream_whose_name_would_be_an_option_starts_no_program(make_server, tmp_path):
    words, out = script(tmp_path, "words", WORDS), str(tmp_path / "out")
    server = make_server(with_exec("%s [stream] > %s" % (words, out), "%s name=[stream] > %s.2" % (words, out)))
    with server.publisher("-version") as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        server.wait_log(r"would become the option -version")
        until(lambda: lines(out + ".2") == ["<name=-version>"], "the program that is not harmed")
    assert lines(out) == []


def test_a_stream_name_leads_no_file_elsewhere(make_server, tmp_path):
    words = script(tmp_path, "words", WORDS)
    os.makedirs(str(tmp_path / "d"))
    server = make_server(with_exec("%s x > %s/d/[app].[stream].log" % (words, tmp_path)))
    with server.publisher("a/b", app="one/two"):
        until(lambda: os.listdir(str(tmp_path / "d")), "the file")
    assert os.listdir(str(tmp_path / "d"))[0].count("/") == 0
    assert len(os.listdir(str(tmp_path / "d"))) == 1


def test_a_program_that_ends_is_started_again_later_and_later(make_server, tmp_path):
    out = str(tmp_path / "out")
    quick = script(tmp_path, "quick", "#!/bin/sh\necho $$\nexit 3\n")
    server = make_server(with_exec("%s > %s" % (quick, out)))
    with server.publisher() as publisher:
        feeder = rtmp.Feeder(publisher, Numbered().tags())
        until(lambda: len(lines(out)) == 2, "the second start")
        server.wait_log(r"exec of .*: %s has exited with 3 after \d+ms, it starts again in 3000ms" % re.escape(quick))
        server.wait_log(r"it starts again in 6000ms")
        feeder.stop()
        feeder.check()
    until(lambda: children(server) == set(), "no child to be left")


def test_a_program_that_is_not_there_harms_nobody(make_server, witness, tmp_path):
    server = make_server(with_exec("/no/such/program", "/dev/null", "/bin/true > /proc/nowhere/file"))
    w = witness(server)
    server.wait_log(r"/no/such/program is not started, next try in 3000ms")
    server.wait_log(r"/proc/nowhere")
    server.wait_log(r"execute /dev/null")
    w.undisturbed()


def test_a_line_that_names_no_program_harms_nobody(make_server, witness):
    server = make_server(with_exec("", "''", "> /tmp/file", "2>&1"))
    w = witness(server)
    server.wait_log(r"exec of /witness/witness: a line without words is not started.*no program is named")
    w.undisturbed()


def test_a_program_that_does_not_listen_is_killed_with_what_it_started(make_server, tmp_path):
    out = str(tmp_path / "out")
    stubborn = script(tmp_path, "stubborn", STUBBORN)
    parent = script(tmp_path, "parent", "#!/bin/sh\n%s child > %s.child &\nexec %s\n" % (stubborn, out, stubborn))
    server = make_server(with_exec("%s > %s" % (parent, out)))
    with server.publisher():
        until(lambda: pids(out) and pids(out + ".child"), "both to run")
    all_pids = pids(out) + pids(out + ".child")
    until(lambda: not any(map(is_running, all_pids)), "both to be gone")


def test_a_program_that_leaves_its_group_ends_all_the_same(make_server, tmp_path):
    out = str(tmp_path / "out")
    leaver = script(tmp_path, "leaver", """#!/usr/bin/python3
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.setpgid(0, os.getpgid(os.getppid()))
print(os.getpid(), flush=True)
time.sleep(600)
""")
    server = make_server(with_exec("%s > %s" % (leaver, out)))
    with server.publisher():
        until(lambda: starts(out), "the program to start")
    until(lambda: not any(map(is_running, pids(out))), "the program to be gone")


def test_switched_on_and_off_by_reload_under_a_live_stream_and_fifty_players(make_server, swarm, tmp_path):
    worker, out = script(tmp_path, "worker", WORKER), str(tmp_path / "out")
    off, on = vhost(), with_exec("%s [stream] > %s" % (worker, out))
    server = make_server(off)
    feeder = rtmp.Feeder(server.publisher(), Numbered(size=60, gop=25).tags())
    players = swarm.add("127.0.0.1", server.port, server.tc_url(), "s", 50)
    swarm.wait_playing()
    for turn in range(1, 6):
        server.reload(on)
        until(lambda: len(starts(out)) == turn, "the program to start")
        n = len(feeder.sent) + 5
        until(lambda: len(feeder.sent) >= n or feeder.error, "the stream to go on")
        server.reload(off)
        until(lambda: len(ends(out)) == turn, "the program to end")
        until(lambda: not any(map(is_running, pids(out))), "the program to be waited for")
    feeder.stop()
    feeder.check()
    last = {flv.number_of(t) for t in feeder.sent[-2:]}

    def arrived(p):
        return last <= {flv.number_of(m) for m in p.messages[-200:]}
    until(lambda: all(p.closed or arrived(p) for p in players), "the last frame at every player")
    assert [p.error for p in players if p.closed] == []
    for p in players:
        assert flv.gaps(p.messages) == []
    feeder.client.close()


def test_a_reload_changes_the_lines_that_differ_and_leaves_the_others_alone(make_server, witness, tmp_path):
    worker = script(tmp_path, "worker", WORKER)
    a, b, c = (str(tmp_path / name) for name in "abc")
    server = make_server(with_exec("%s a > %s" % (worker, a), "%s b > %s" % (worker, b)))
    w = witness(server)
    until(lambda: starts(a) and starts(b), "both to start")
    server.reload(with_exec("%s c > %s" % (worker, c), "%s a > %s" % (worker, a)))
    until(lambda: starts(c) and ends(b), "the one to start and the other to end")
    server.reload(with_exec("%s c > %s" % (worker, c), "%s a > %s" % (worker, a), more="min_latency on;"))
    w.undisturbed()
    assert len(starts(a)) == len(starts(c)) == 1 and not ends(a) and not ends(c)


def test_a_changed_line_waits_for_the_program_of_the_old_one(make_server, tmp_path):
    out, verdict = str(tmp_path / "out"), str(tmp_path / "verdict")
    stubborn = script(tmp_path, "stubborn", STUBBORN)
    heir = script(tmp_path, "heir", "#!/bin/sh\nif [ -e /proc/$1 ]; then echo runs; else echo gone; fi\nsleep 60\n")
    server = make_server(with_exec("%s > %s" % (stubborn, out)))
    with server.publisher():
        until(lambda: pids(out), "the old program to start")
        server.reload(with_exec("%s %d > %s" % (heir, pids(out)[0], verdict)))
        until(lambda: lines(verdict), "the new program to start")
    assert lines(verdict) == ["gone"]


def test_a_takeover_has_programs_of_its_own(make_server, tmp_path):
    worker, out = script(tmp_path, "worker", WORKER), str(tmp_path / "out")
    server = make_server(with_exec("%s [pageUrl] > %s" % (worker, out), more="publish { republish takeover; }"))
    with server.publisher(properties={"pageUrl": "http://one/"}):
        until(lambda: len(starts(out)) == 1, "the first program")
        with server.publisher(properties={"pageUrl": "http://two/"}):
            until(lambda: len(starts(out)) == 2, "the second program")
            until(lambda: len(ends(out)) == 1, "the end of the first")
            assert "http://one/" in ends(out)[0] and "http://two/" in starts(out)[1]
    until(lambda: len(ends(out)) == 2, "the end of the second")


def test_a_publisher_that_is_kicked_takes_its_programs_along(make_server, tmp_path):
    worker, out = script(tmp_path, "worker", WORKER), str(tmp_path / "out")
    server = make_server(with_exec("%s > %s" % (worker, out)), api="")
    api = Api(server)
    with server.publisher():
        until(lambda: starts(out), "the program to start")
        [client] = api.clients()
        api.kick(client["id"])
        until(lambda: ends(out), "the program to end")


def test_no_program_outlives_the_server(make_server, tmp_path):
    worker, stubborn = script(tmp_path, "worker", WORKER), script(tmp_path, "stubborn", STUBBORN)
    for number in (signal.SIGTERM, signal.SIGQUIT):
        a, b = str(tmp_path / ("a%d" % number)), str(tmp_path / ("b%d" % number))
        server = make_server(with_exec("%s > %s" % (worker, a), "%s > %s" % (stubborn, b)),
                             root={"grace_start_wait": 10, "grace_final_wait": 10})
        publisher = server.publisher()
        until(lambda: starts(a) and starts(b), "both to start")
        if number == signal.SIGQUIT:
            publisher.close()
        server.stop(number)
        assert ends(a)
        until(lambda: not any(map(is_running, pids(a) + pids(b))), "no program to be left")


def test_a_program_ends_when_the_server_is_killed(make_server, tmp_path):
    out = str(tmp_path / "out")  # the program writes it itself, because a killed server passes no output on
    worker = script(tmp_path, "worker", WORKER.replace("\n", "\nexec >> %s\n" % out, 1))
    server = make_server(with_exec(worker))
    with server.publisher():
        until(lambda: starts(out), "the program to start")
        os.kill(server.pid, signal.SIGKILL)
        until(lambda: ends(out), "the program to end")
    server.process.wait()
    server.stopped = True


def test_ffmpeg_records_the_stream(make_server, tmp_path):
    out = str(tmp_path / "s.flv")
    server = make_server(with_exec("ffmpeg -nostdin -i [url] -c copy -f flv -y %s/[stream].flv 2> %s/log" % (tmp_path, tmp_path)))
    with media.ffmpeg_publish(media.clip("h264_aac.flv"), server.url()) as publisher:
        publisher.ends()
        until(lambda: children(server) == set(), "ffmpeg to end")
    packets = media.framemd5(out)
    assert {p.kind for p in packets} == {"audio", "video"} and len(packets) > 100


def test_the_example_starts_and_records(make_server, tmp_path):
    with open(os.path.join(media.ROOT, "conf", "exec.conf")) as f:
        text = f.read()
    port = free_port()
    server = make_server(text=text.replace("listen              1935", "listen %d" % port).replace(":1935/", ":%d/" % port)
                         + "pid %s;\n" % (tmp_path / "pid"), listen=[port], args=None)
    with media.ffmpeg_publish(media.clip("h264_aac.flv"), server.url("live/cam"), 2) as publisher:
        publisher.ends()
    objs = os.path.join(server.folder, "objs")
    until(lambda: any(name.startswith("live.cam.") for name in os.listdir(objs)), "the recording")


def test_output_and_errors_of_a_program_share_a_file_in_a_new_folder(make_server, tmp_path):
    out, n = str(tmp_path / "folder" / "out"), 3000  # fewer bytes than may wait for the disk
    talker = script(tmp_path, "talker", """#!/bin/sh
seq -f 'line %%g of a program that talks much' %d
echo last >&2
sleep 60
""" % n)
    server = make_server(with_exec("%s > %s 2>&1" % (talker, out)))
    with server.publisher():
        until(lambda: "last" in lines(out), "all of the output")
    assert lines(out) == ["line %d of a program that talks much" % i for i in range(1, n + 1)] + ["last"]


def test_a_program_that_floods_its_file_does_not_flood_the_log(make_server, witness, tmp_path):
    out, end = str(tmp_path / "out"), str(tmp_path / "end")
    talker = script(tmp_path, "talker", "#!/bin/sh\nyes | head -c 200000000\n: > %s\nsleep 60\n" % end)
    server = make_server(with_exec("%s > %s" % (talker, out)))
    w = witness(server)
    until(lambda: os.path.exists(end), "all of the output", 60)
    w.undisturbed()
    assert len(re.findall(r"output of a program", server.log)) <= 8
