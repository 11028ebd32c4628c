"""The program as an operator sees it: command line, exit statuses, files, signals, daemon, environment, limits."""
import os
import re
import resource
import signal
import socket
import subprocess
import sys

import pytest

import certificates
import flv
import media
import rtmp
import srs
from flv import Numbered
from srs import free_port, listening
from test_play import seen
from wait import patience, until

VERSION = r"7\.\d+\.\d+"


def srs_run(folder, *args, env=None, ok=(0,)):
    """Run the binary to its end; returns (exit status, its output)."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SRS_")}
    done = subprocess.run([srs.BINARY, *args], cwd=folder, env=dict(clean, **(env or {})), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=patience(20))
    text = done.stdout.decode(errors="replace")
    assert not srs.REPORT.search(text), text
    return done.returncode, text


def gone(pid):
    """True when a process that is not our child has ended; a zombie has."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "objs").mkdir()
    return tmp_path


# -- command line ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("option", ["-v", "-V", "--version"])
def test_version_is_printed(folder, option):
    status, text = srs_run(folder, option)
    assert status == 0 and re.fullmatch(VERSION + r"\n", text)


@pytest.mark.parametrize("option", ["-g", "-G"])
def test_signature_is_printed(folder, option):
    status, text = srs_run(folder, option)
    assert status == 0 and re.fullmatch(r"SRS/%s\(\w+\)\n" % VERSION, text)


@pytest.mark.parametrize("args", [["-h"], ["-?"], ["--help"], [], ["stray"]], ids=lambda a: " ".join(a) or "nothing")
def test_help_is_printed(folder, args):
    status, text = srs_run(folder, *args)
    assert status == 0
    assert "Usage:" in text and "-c filename" in text and "-t " in text


def conf_file(folder, text, name="test.conf"):
    (folder / name).write_text(text)
    return name


GOOD = "listen 19999;\nvhost __defaultVhost__ {\n}\n"


@pytest.mark.parametrize("args", [["-t", "-c"], ["-tc"], ["-c", "FILE", "-t"]], ids=" ".join)
def test_a_good_file_passes_the_check(folder, args):
    name = conf_file(folder, GOOD)
    args = [name if a == "FILE" else a for a in args] + ([] if "FILE" in args else [name])
    status, text = srs_run(folder, *args)
    assert status == 0
    assert "the config file %s syntax is ok" % name in text
    assert "config file %s test is successful" % name in text


BAD = [
    ("foo bar;\n" + GOOD, "illegal directive foo", 1),
    ("\nlisten 19999;\nvhost v {\n  bar on;\n}\n", "illegal vhost.bar", 4),
    ("listen 19999;\nvhost v {\n play {\n  bar on;\n }\n}\n", "illegal vhost.play.bar of v", 4),
    ("listen 19999;\nvhost v {\n", r'unexpected end of file, expecting "}"', None),
    ("listen 19999;\n}\n", r'line 2: unexpected "}"', 2),
    ("listen 19999;;\n", r"unexpected ';'", 1),
    ("", "conf is empty", None),
    ("listen 99999;\n", "listen.port=99999 is invalid", 1),
    ("listen some.host:1935;\n", "listen.ip=some.host is invalid", 1),
    ("vhost v { }\n", "listen requires params", None),
    ("max_connections 0;\n" + GOOD, "max_connections=0 is invalid", 1),
    ("disable_daemon_for_docker off; daemon on; asprocess on;\n" + GOOD, "daemon conflicts with asprocess", None),
    ("listen 19999;\nvhost v { forward { enabled on; destination a; } publish { kickoff_for_idle 5; } }\n",
     "vhost.forward conflicts with vhost.publish.kickoff_for_idle", None),
    ("is_full on;\n" + GOOD, "never use full.conf", None),
]


@pytest.mark.parametrize("text,reason,line", BAD, ids=[b[1] for b in BAD])
def test_a_bad_file_fails_the_check_and_says_why_and_where(folder, text, reason, line):
    name = conf_file(folder, text)
    status, said = srs_run(folder, "-t", "-c", name)
    assert status == 255, said
    assert reason in said
    assert "config file %s test is failed" % name in said
    if line:
        assert re.search(r"%s:%d\b|line[ =]%d\b" % (re.escape(name), line, line), said), said


def test_an_unknown_name_is_met_with_a_suggestion(folder):
    status, said = srs_run(folder, "-t", "-c", conf_file(folder, "lisen 19999;\n" + GOOD))
    assert status == 255
    assert re.search(r"did you mean.*listen", said)


@pytest.mark.parametrize("args", [["-t", "-c", "missing.conf"], ["-c", "missing.conf"], ["-t", "-c", ""]], ids=" ".join)
def test_a_missing_file_is_an_error(folder, args):
    status, said = srs_run(folder, *args)
    assert status == 255
    assert "no config file at" in said


def test_a_bad_file_keeps_the_server_from_starting(folder):
    status, said = srs_run(folder, "-c", conf_file(folder, "daemon off;\nfoo bar;\n" + GOOD))
    assert status == 255
    assert "illegal directive foo" in said


@pytest.mark.parametrize("option,letter", [("-x", "x"), ("-p", "p"), ("-tz", "z")])
def test_an_unknown_option_is_an_error(folder, option, letter):
    status, said = srs_run(folder, option)
    assert status == 255
    assert 'invalid option: "%s"' % letter in said and "read help" in said


def test_a_config_option_without_a_value_is_an_error(folder):
    status, said = srs_run(folder, "-c")
    assert status == 255 and "-c requires params" in said


@pytest.mark.parametrize("args", [["-t"], ["-t", "test.conf"]], ids=" ".join)
def test_the_check_without_a_file_is_an_error(folder, args):
    conf_file(folder, GOOD)
    status, said = srs_run(folder, *args)
    assert status == 255 and "-t needs a configuration file" in said


def test_the_check_takes_the_file_of_the_environment(folder):
    env = {"SRS_CONFIG_FILE": conf_file(folder, GOOD)}
    assert srs_run(folder, "-t", env=env)[0] == 0
    assert srs_run(folder, "-t", env={"SRS_ENV_ONLY": "on", "SRS_LISTEN": "19999"})[0] == 0


ALIKE = [
    ("listen 19999; http_server { enabled on; listen 19999; } vhost v { }", "listen 19999 and http_server.listen 19999 are one port"),
    ("listen 19999; reuse_port on; http_api { enabled on; listen 127.0.0.1:19999; } vhost v { }", "are one port"),
    ("listen 19999; http_api { enabled on; listen 8080; } http_server { enabled on; listen 0.0.0.0:8080; } vhost v { }",
     "http_api.listen 8080 and http_server.listen 0.0.0.0:8080 are one port"),
    ("listen 19999 127.0.0.1:19999; vhost v { }", "are one port"),
    ("listen 19999; reuse_port on; http_server { enabled on; listen [::ffff:127.0.0.1]:19999; } vhost v { }", "are one port"),
    ("listen 19999; http_server { enabled on; listen tcp://8080; } vhost v { }", "http_server.listen=tcp://8080 is invalid"),
    ("listen 19999; http_api { enabled on; listen localhost:1985; } vhost v { }", "http_api.listen=localhost:1985 is invalid"),
    ("listen 19999; rtmps { enabled on; listen 0; } vhost v { }", "rtmps.listen=0 is invalid"),
    ("listen 19999; http_api { enabled on; auth { enabled on; username u; } } vhost v { }", "without a password"),
    ("listen 19999; vhost v { security { enabled yes; } }", "vhost.security.enabled=yes is neither on nor off"),
]


@pytest.mark.parametrize("text,reason", ALIKE, ids=[a[0] for a in ALIKE])
def test_check_and_start_refuse_alike(folder, text, reason):
    name = conf_file(folder, "daemon off; srs_log_tank console;\n" + text)
    for args in (["-t"], []):
        status, said = srs_run(folder, *args, "-c", name)
        assert status == 255 and reason in said and re.search(r"at %s:2" % re.escape(name), said), said


def test_the_check_warns_of_directories_that_a_start_would_miss(folder):
    name = conf_file(folder, "pid /nonexistent/srs.pid; srs_log_file /nowhere/srs.log; srs_log_tank file;\n" + GOOD)
    status, said = srs_run(folder, "-t", "-c", name)
    assert status == 0
    assert re.search(r"WARN.*the start would fail here: pid /nonexistent/srs\.pid: No such file", said)
    assert re.search(r"WARN.*the start would fail here: srs_log_file /nowhere/srs\.log: No such file", said)


def test_a_work_dir_that_is_a_file_fails_the_check_as_it_fails_the_start(folder):
    name = conf_file(folder, "daemon off; srs_log_tank console; work_dir %s/test.conf;\n" % folder + GOOD)
    for args in (["-t"], []):
        status, said = srs_run(folder, *args, "-c", name)
        assert status == 255 and "work_dir %s/test.conf: Not a directory" % folder in said, said


def test_the_check_opens_no_port_and_leaves_no_file(folder):
    srs_run(folder, "-t", "-c", conf_file(folder, GOOD))
    assert os.listdir(folder / "objs") == [] and sorted(os.listdir(folder)) == ["objs", "test.conf"]


# -- files -------------------------------------------------------------------------------------------------------------

def test_the_pid_file_holds_the_pid_and_goes_with_the_process(server):
    with open(server.pid_path) as f:
        assert f.read() == str(server.pid)
    server.stop()
    assert not os.path.exists(server.pid_path)                      # defect 22: it stayed


def test_a_second_instance_on_one_pid_file_gives_up_and_harms_nobody(make_server, tmp_path, witness):
    first = make_server()
    w = witness(first)
    second = make_server(root={"pid": first.pid_path}, start=False)
    second.spawn()
    assert second.wait_exit() == 11
    assert "PidFileProcessExists" in second.log + second.output()
    assert str(first.pid) == open(first.pid_path).read()
    w.undisturbed()


def test_a_stale_pid_file_is_no_obstacle(make_server):
    server = make_server(start=False)
    with open(server.pid_path, "w") as f:
        f.write("1")
    server.start()
    assert open(server.pid_path).read() == str(server.pid)


def test_the_server_id_is_kept(make_server):
    server = make_server()
    path = server.pid_path[:-4] + ".id"
    first = open(path).read()
    assert re.fullmatch(r"vid-\w{7}\s*", first)
    server.stop()
    server.start()
    assert open(path).read() == first


def test_the_server_s_secret_is_kept_and_is_nobody_else_s(make_server):
    server = make_server()
    path = server.pid_path[:-4] + ".secret"
    first = open(path).read()
    assert re.fullmatch(r"[0-9a-f]{64}", first)
    assert os.stat(path).st_mode & 0o777 == 0o600
    server.stop()
    server.start()
    assert open(path).read() == first
    assert first not in server.log


def test_a_configured_server_id_is_written_down(make_server):
    server = make_server(root={"server_id": "vid-mine123"})
    assert open(server.pid_path[:-4] + ".id").read().strip() == "vid-mine123"


def test_work_dir_is_where_relative_paths_begin(make_server, tmp_path):
    (tmp_path / "elsewhere" / "objs").mkdir(parents=True)
    server = make_server(root={"work_dir": str(tmp_path / "elsewhere"), "pid": "./objs/my.pid",
                               "srs_log_file": "./objs/my.log"})
    assert (tmp_path / "elsewhere" / "objs" / "my.pid").read_text() == str(server.pid)
    until(lambda: (tmp_path / "elsewhere" / "objs" / "my.log").read_text(), "a log")
    server.log_path = str(tmp_path / "elsewhere" / "objs" / "my.log")


# -- log ---------------------------------------------------------------------------------------------------------------

LINE = re.compile(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\]\[(TRACE|DEBUG|INFO|WARN|ERROR)\]\[(\d+)\]\[(\w+)\](.*)")


def test_log_lines_have_the_known_form_and_one_id_for_each_connection(server):
    with server.publisher(), server.player():
        publisher = server.wait_log(r"\[\d+\]\[(\w+)\].*type=fmle-publish").group(1)
        player = server.wait_log(r"\[\d+\]\[(\w+)\].*type=rtmp-play").group(1)
    for line in server.log.splitlines():
        if not line.startswith("thread ["):                         # the frames of an error chain
            m = LINE.match(line)
            assert m and m.group(2) == str(server.pid), line
    found = {m.group(3) for m in map(LINE.match, server.log.splitlines()) if m and "client identified" in m.group(4)}
    assert found == {publisher, player} and len(found) == 2


def test_the_log_begins_with_the_version_and_names_what_it_listens_on(server):
    server.wait_log(r"RTMP listen at tcp://0\.0\.0\.0:%d" % server.port)
    server.wait_log(r"write pid=%d to \S+ success" % server.pid)
    assert re.search(r"XCORE-SRS/%s" % VERSION, server.log.splitlines()[0])


def test_the_log_goes_to_the_console_when_told(make_server):
    server = make_server(root={"srs_log_tank": "console"})
    until(lambda: "RTMP listen at" in server.output(), "the log on the console")
    assert not os.path.exists(server.log_path)


def test_with_a_log_file_the_console_says_where_it_is(server):
    until(lambda: server.log_path in server.output(), "its path on the console")


@pytest.mark.parametrize("directive,value,levels", [
    ("srs_log_level_v2", "warn", {"WARN", "ERROR"}), ("srs_log_level_v2", "error", {"ERROR"}),
    ("srs_log_level", "warn", {"WARN", "ERROR"}), ("srs_log_level", "trace", {"INFO", "WARN", "ERROR"})])
def test_the_log_level_holds_back_what_is_less(make_server, directive, value, levels):
    server = make_server(root={directive: value})
    with server.publisher(), server.client() as second:
        with pytest.raises(rtmp.Refused):
            second.publish("s")
        second.wait_closed()
    server.stop()
    got = {m.group(1) for m in map(LINE.match, server.log.splitlines()) if m}
    assert got <= levels
    assert "INFO" in got or "INFO" not in levels


@pytest.mark.parametrize("directive", ["srs_log_level", "srs_log_level_v2"])
def test_a_wrong_log_level_is_the_default_and_the_log_says_so(make_server, directive):
    server = make_server(root={directive: "loud"})
    server.wait_log(r"WARN.*%s loud: none of .*; taken as (trace|info)" % directive)
    with server.publisher():
        server.wait_log(r"INFO.*client identified, type=fmle-publish")


def test_the_reason_of_an_error_is_logged_as_a_chain(make_server):
    server = make_server("vhost __defaultVhost__ { security { enabled on; deny publish all; } }")
    with server.client() as c:
        with pytest.raises(rtmp.Refused):
            c.publish("s")
    server.wait_log(r"code=1053\(SecurityDeny\).* : .+ : ")


def test_each_client_is_summed_up_in_the_log_at_the_chosen_interval(make_server):
    server = make_server(root={"pithy_print_ms": 200})
    feeder = rtmp.Feeder(server.publisher(), Numbered().tags())
    with server.player():
        numbers = r"okbps=\d+,\d+,\d+, ikbps=\d+,\d+,\d+"
        times = [int(server.wait_log(r"<- CPB time=(\d+).*, %s" % numbers).group(1)),
                 int(server.wait_log(r"-> PLA time=(\d+).*, %s" % numbers).group(1))]
        assert all(t < 100000 for t in times), "milliseconds were meant"        # defect 21
    feeder.finish()


# -- signals -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT], ids=lambda s: s.name)
def test_it_stops_cleanly_when_idle(make_server, number):
    make_server(root={"grace_start_wait": 100, "grace_final_wait": 100}).stop(number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name)
def test_a_quick_stop_cuts_everybody(server, number):
    with server.player() as player, server.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        seen(player, 12)
        server.send_signal(number)
        assert server.wait_exit() == 0
        player.wait_closed()
        publisher.wait_closed()


def test_a_graceful_stop_lets_players_finish(make_server):
    server = make_server(root={"grace_start_wait": 100, "grace_final_wait": 100})
    source = Numbered(audio_fps=0)
    with server.player() as player, server.publisher() as publisher:
        publisher.send_tags(source.configs())
        publisher.send_tags(source.frames(0, 5))
        seen(player, 7)
        server.send_signal(signal.SIGQUIT)
        until(lambda: server.port not in listening(server.pid), "the port to be closed")
        with pytest.raises(OSError):
            rtmp.Client("127.0.0.1", server.port, shake=False)
        publisher.send_tags(source.frames(5, 100))                   # connected clients go on
        seen(player, 107)
        assert flv.gaps(player.media()) == []
        server.wait_log(r"wait for \d+ conns? to quit")
        assert server.alive()
        publisher.unpublish()
    assert server.wait_exit() == 0


def test_a_graceful_stop_can_be_cut_short(make_server):
    server = make_server(root={"grace_start_wait": 100, "grace_final_wait": 100})
    with server.player() as player:
        server.send_signal(signal.SIGQUIT)
        until(lambda: server.port not in listening(server.pid), "the port to be closed")
        server.send_signal(signal.SIGTERM)
        assert server.wait_exit() == 0
        player.wait_closed()


def test_force_grace_quit_makes_a_quick_stop_graceful(make_server):
    server = make_server(root={"grace_start_wait": 100, "grace_final_wait": 100, "force_grace_quit": "on"})
    with server.player() as player:
        server.send_signal(signal.SIGTERM)
        until(lambda: server.port not in listening(server.pid), "the port to be closed")
        player.barrier()
        assert server.alive()
    assert server.wait_exit() == 0


def test_usr1_moves_the_log(server):
    os.rename(server.log_path, server.log_path + ".1")
    server.send_signal(signal.SIGUSR1)
    until(lambda: os.path.exists(server.log_path), "a new log file")
    with server.publisher("moved"):
        server.wait_log(r"stream=moved,")
    with open(server.log_path + ".1") as f:
        assert "stream=moved" not in f.read()


@pytest.mark.parametrize("number", [signal.SIGUSR2, signal.SIGPIPE], ids=lambda s: s.name)
def test_other_signals_do_no_harm(server, witness, number):
    # defect 22: SIGUSR2 killed
    w = witness(server)
    server.send_signal(number)
    w.undisturbed()


def test_a_storm_of_signals_does_no_harm(server, witness):
    w = witness(server)
    for _ in range(100):
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            server.send_signal(number)
    w.undisturbed()
    server.reload()


def test_a_log_that_cannot_be_opened_again_does_no_harm(make_server, witness, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    server = make_server(root={"srs_log_file": str(folder / "srs.log")})
    w = witness(server)
    (folder / "srs.log").unlink()
    folder.rmdir()
    server.send_signal(signal.SIGUSR1)
    w.undisturbed()
    folder.mkdir()
    server.log_path = str(folder / "srs.log")
    until(lambda: (server.send_signal(signal.SIGUSR1), os.path.exists(server.log_path))[1], "the log to be back", every=0.1)
    with server.publisher("back"):
        server.wait_log("stream=back,")


# -- ports -------------------------------------------------------------------------------------------------------------

def test_a_taken_port_is_a_clear_error(make_server, witness):
    # defect 23: the second instance shared the port in silence
    first = make_server()
    w = witness(first)
    second = make_server(listen=[first.port], start=False)
    second.spawn()
    assert second.wait_exit() == 234
    said = second.log + second.output()
    assert "SocketBind" in said and str(first.port) in said and re.search(r"(?i)address already in use", said)
    w.undisturbed()


def test_a_port_taken_by_another_program_is_a_clear_error(make_server):
    with socket.create_server(("127.0.0.1", 0)) as other:
        server = make_server(listen=["127.0.0.1:%d" % other.getsockname()[1]], start=False)
        server.spawn()
        assert server.wait_exit() == 234
        assert "SocketBind" in server.log + server.output()


def test_reuse_port_on_lets_two_instances_share(make_server):
    first = make_server(root={"reuse_port": "on"})
    second = make_server(listen=[first.port], root={"reuse_port": "on"})
    seen_pids = set()

    def ask():
        with rtmp.Client("127.0.0.1", first.port) as c:
            seen_pids.add(int(c.connect(first.tc_url())[1]["data"]["srs_pid"]))
        return len(seen_pids) == 2
    until(ask, "both to answer", every=0)
    assert seen_pids == {first.pid, second.pid}


def test_a_port_is_free_again_at_once_after_a_stop(server):
    with server.player():
        server.stop()
    server.start()


@pytest.mark.parametrize("root,status,reason", [
    ({"pid": "/nonexistent/srs.pid"}, 10, r"PidFileAcquire.*/nonexistent/srs\.pid"),
    ({"srs_log_file": "/nonexistent/srs.log"}, 18, r"FileOpen.*/nonexistent/srs\.log"),
    ({"work_dir": "/nonexistent"}, 255, r"/nonexistent"),
    ({"listen": "192.0.2.1:19999"}, 234, r"SocketBind.*192\.0\.2\.1:19999")], ids=["pid", "log", "work_dir", "address"])
def test_what_cannot_be_had_at_start_is_a_clear_error(make_server, root, status, reason):
    server = make_server(root=root, start=False)
    server.spawn()
    assert server.wait_exit() == status
    assert re.search(reason, server.log + server.output())


# -- daemon, parents ---------------------------------------------------------------------------------------------------

@pytest.fixture
def daemon(make_server):
    """Start a server as daemon; returns (server, exit status of the command, output of the command)."""
    running = []

    def start(**root):
        # the tests may themselves run in a container, where daemon counts as off
        server = make_server(root=dict({"daemon": "on", "disable_daemon_for_docker": "off"}, **root), start=False)
        done = subprocess.run(server.argv(), cwd=server.folder, env=server.environment(), stdin=subprocess.DEVNULL,
                              stdout=open(server.out_path, "ab"), stderr=subprocess.STDOUT, timeout=patience(20))
        running.append(server)
        return server, done.returncode

    yield start
    for server in running:
        pid = pid_in(server.pid_path)
        if pid and not gone(pid):
            os.kill(pid, signal.SIGKILL)


def pid_in(path):
    try:
        with open(path) as f:
            return int(f.read() or 0)
    except FileNotFoundError:
        return 0


def test_a_daemon_serves_after_the_command_has_returned(daemon):
    server, status = daemon()
    assert status == 0
    pid = until(lambda: pid_in(server.pid_path), "the pid file")
    until(lambda: server.port in listening(pid), "the daemon to listen")
    with server.player() as player, server.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=3))
        seen(player, 8)
    os.kill(pid, signal.SIGTERM)
    until(lambda: gone(pid), "the daemon to end")
    assert not os.path.exists(server.pid_path)
    server.check_reports()


def test_daemon_is_the_default(daemon):
    server, status = daemon(daemon=None)
    assert status == 0
    pid = until(lambda: pid_in(server.pid_path), "the pid file")
    assert not gone(pid)
    os.kill(pid, signal.SIGTERM)
    until(lambda: gone(pid), "the daemon to end")


def test_a_daemon_that_cannot_start_says_so_by_its_exit_status(daemon, server):
    # defect 22: the command returned 0
    failing, status = daemon(listen=str(server.port))
    assert status == 234
    assert "SocketBind" in failing.log + failing.output()
    second, status = daemon(pid=server.pid_path)
    assert status == 11


def test_asprocess_ends_with_its_parent(make_server):
    server = make_server(root={"asprocess": "on"}, start=False)
    parent = subprocess.Popen([sys.executable, "-c",
                               "import subprocess, sys; subprocess.Popen(sys.argv[1:]); sys.stdin.read()"]
                              + server.argv(), cwd=server.folder, env=server.environment(), stdin=subprocess.PIPE,
                              stdout=open(server.out_path, "ab"), stderr=subprocess.STDOUT)
    try:
        pid = until(lambda: pid_in(server.pid_path), lambda: "the pid file\n" + server.tail())
        until(lambda: server.port in listening(pid), "the port")
    finally:
        parent.stdin.close()
        parent.wait(patience())
    until(lambda: gone(pid), lambda: "the server to end with its parent\n" + server.tail(), 20)
    assert re.search("SystemAsProcess|(?i:parent)", server.log)


# -- environment -------------------------------------------------------------------------------------------------------

def test_the_environment_wins_over_the_file(make_server):
    a, b = free_port(), free_port()
    server = make_server(listen=[a, b], env={"SRS_LISTEN": "%d %d" % (a, b), "SRS_VHOST_CHUNK_SIZE": "300"},
                         root={"listen": free_port(), "chunk_size": 500})
    with server.client() as c, server.client(port=b) as d:
        assert c.session.reader.chunk_size == d.session.reader.chunk_size == 300


def test_an_environment_value_holds_for_all_vhosts(make_server):
    server = make_server("vhost __defaultVhost__ { } vhost one.test { play { gop_cache on; } }",
                         env={"SRS_VHOST_PLAY_GOP_CACHE": "off"})
    for host in ("127.0.0.1", "one.test"):
        with server.client(tc_url="rtmp://%s/live" % host) as publisher:
            publisher.publish("s").send_tags(Numbered().tags(count=20))
            publisher.barrier()
            with server.client(tc_url="rtmp://%s/live" % host) as player:
                player.play("s")
                player.barrier()
                publisher.send_tags(Numbered().frames(20, 5))
                assert flv.number_of(seen(player, 3)[2])[1] >= 20


def test_it_runs_from_the_environment_alone(make_server):
    server = make_server(start=False, args=["-e"])
    server.env = {"SRS_LISTEN": str(server.port), "SRS_PID": server.pid_path, "SRS_MAX_CONNECTIONS": "100"}
    server.start()
    with server.player() as player, server.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=3))
        seen(player, 8)
    until(lambda: "RTMP listen at" in server.output(), "the log on the console")
    mark = len(server.output())
    server.send_signal(signal.SIGHUP)
    until(lambda: re.search("reload.*(fail|empty config)|empty config", server.output()[mark:]), "the reload to fail")


def test_srs_env_only_is_the_same_as_the_option(make_server):
    server = make_server(start=False, args=["-c", "not-there.conf"])
    server.env = {"SRS_ENV_ONLY": "on", "SRS_LISTEN": str(server.port), "SRS_PID": server.pid_path}
    server.start()


def test_the_environment_alone_can_be_checked(folder):
    assert srs_run(folder, "-e", "-t", env={"SRS_LISTEN": "19999"})[0] == 0
    assert srs_run(folder, "-e", "-t", env={"SRS_LISTEN": "99999"})[0] == 255


def test_srs_config_file_replaces_the_option(make_server):
    server = make_server(start=False, args=["-c", "not-there.conf"])
    server.env = {"SRS_CONFIG_FILE": server.conf_path}
    server.start()


def test_the_check_honours_the_environment(folder):
    status, said = srs_run(folder, "-t", "-c", conf_file(folder, GOOD), env={"SRS_LISTEN": "99999"})
    assert status == 255 and "listen.port=99999 is invalid" in said


def test_a_log_tank_from_the_environment(make_server):
    server = make_server(env={"SRS_LOG_TANK": "console"})
    until(lambda: "RTMP listen at" in server.output(), "the log on the console")


# -- limits ------------------------------------------------------------------------------------------------------------

def prlimited(server, soft, hard):
    argv = server.argv()
    server.argv = lambda: ["prlimit", "--nofile=%d:%d" % (soft, hard)] + argv
    return server


def test_the_open_file_limit_is_raised_to_what_the_connections_need(make_server):
    server = prlimited(make_server(root={"max_connections": 1000}, start=False), 256, 4096).start()
    soft, _ = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    assert soft > 1128


def test_an_open_file_limit_that_cannot_be_raised_is_a_clear_error(make_server):
    server = prlimited(make_server(root={"max_connections": 1000}, start=False), 256, 512)
    server.spawn()
    assert server.wait_exit() == 255
    assert re.search(r"exceed max open files=(256|512)", server.log + server.output())


# -- other parts of a file -----------------------------------------------------------------------------------------------

def test_a_feature_that_is_not_built_yet_is_accepted_and_named_once(make_server):
    server = make_server("""
        srt_server { enabled on; listen 8000; }
        vhost __defaultVhost__ { rtsp { enabled on; } } vhost other { rtsp { enabled on; } }""")
    server.wait_log("RTMP listen at")                               # the end of the start
    assert len(re.findall(r"WARN.*\bvhost.rtsp is accepted but not built yet", server.log)) == 1


def test_multi_line_directives_of_old_files_are_accepted_with_a_warning(make_server):
    server = make_server("vhost __defaultVhost__\n{\n play\n {\n gop_cache\n off; } }\n")
    server.wait_log("WARN")


def test_old_spellings_still_work(make_server):
    server = make_server("vhost __defaultVhost__ { gop_cache off; refer_publish github.com; }")
    with server.client() as c:
        with pytest.raises(rtmp.Refused):
            c.publish("s")
    server.wait_log("transform: vhost.gop_cache to vhost.play.gop_cache")


def test_included_files_take_the_place_of_the_include(make_server):
    server = make_server("include vhost.conf;", start=False)
    with open(os.path.join(server.folder, "vhost.conf"), "w") as f:
        f.write("vhost __defaultVhost__ { chunk_size 200; }")
    server.start()
    with server.client() as c:
        assert c.session.reader.chunk_size == 200


FOR_NGINX = ("hls.edge.conf", "http.flv.live.nginx.conf")


def shipped():
    """The files for this server, without those for nginx: test_hls_edge.py and test_trees.py start them."""
    folder = os.path.join(media.ROOT, "conf")
    return sorted(n for n in os.listdir(folder) if n.endswith(".conf") and n not in FOR_NGINX) if os.path.isdir(folder) else []


def test_every_file_that_we_ship_passes_the_check():
    assert shipped()
    for name in shipped():
        status, said = srs_run(media.ROOT, "-t", "-c", "conf/" + name)
        if name.endswith(".vhost.conf"):                            # a fragment that another file includes
            continue
        wanted = 255 if name == "full.conf" else 0
        assert status == wanted, "%s: %d\n%s" % (name, status, said)


# The variables of the ports, so that examples can run beside each other and beside other servers.
PORT_VARIABLES = ["SRS_LISTEN", "SRS_RTMPS_LISTEN", "SRS_HTTP_API_LISTEN", "SRS_HTTP_API_HTTPS_LISTEN",
                  "SRS_HTTP_SERVER_LISTEN", "SRS_HTTP_SERVER_HTTPS_LISTEN", "SRS_RTC_SERVER_LISTEN", "SRS_RTC_SERVER_TCP_LISTEN"]


def ports_of_example(text):
    """Variables for the ports of an example; API and server get the same port if the example has one port for both."""
    shared = re.search(r"http_api\s*\{[^}]*listen\s+8080", text) is not None
    env = {name: str(free_port()) for name in PORT_VARIABLES}
    if shared:
        env["SRS_HTTP_API_LISTEN"] = env["SRS_HTTP_SERVER_LISTEN"]
        env["SRS_HTTP_API_HTTPS_LISTEN"] = env["SRS_HTTP_SERVER_HTTPS_LISTEN"]
    return env


@pytest.mark.parametrize("name", [n for n in shipped() if n != "full.conf" and not n.endswith(".vhost.conf")])
def test_every_file_that_we_ship_starts_and_listens(make_server, name):
    with open(os.path.join(media.ROOT, "conf", name)) as f:
        text = f.read()
    key, cert = certificates.pair()
    server = make_server(start=False, args=["-c", "conf/" + name])
    os.symlink(os.path.join(media.ROOT, "conf"), os.path.join(server.folder, "conf"))
    server.env = dict(ports_of_example(text), SRS_DAEMON="off", SRS_PID=server.pid_path, SRS_SRS_LOG_TANK="console")
    for block in ("RTMPS", "HTTP_API_HTTPS", "HTTP_SERVER_HTTPS"):
        server.env.update({"SRS_%s_KEY" % block: key, "SRS_%s_CERT" % block: cert})
    server.endpoints = [server.env["SRS_LISTEN"]]
    server.port = int(server.env["SRS_LISTEN"])
    server.start()
    wanted = {int(server.env[n]) for block, n in (("http_api", "SRS_HTTP_API_LISTEN"),
                                                  ("http_server", "SRS_HTTP_SERVER_LISTEN"),
                                                  ("rtmps", "SRS_RTMPS_LISTEN")) if block in text}
    until(lambda: wanted <= listening(server.pid), lambda: "listening on %s\n%s" % (wanted, server.tail()))
