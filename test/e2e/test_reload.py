"""SIGHUP: everything that can change under live players changes, nothing else does, and a bad file changes nothing."""
import os
import re
import signal
import socket
import time

import pytest

import flv
import rtmp
from flv import Numbered
from srs import SANITIZED, free_port, listening
from test_play import closing_order, seen, vhost
import wait
from wait import until

PLAY_SETTINGS = [
    "gop_cache off;", "gop_cache on; gop_cache_max_frames 100;", "queue_length 10;", "queue_length 60;",
    "mw_latency 0;", "mw_latency 100; mw_msgs 2;", "mw_latency 350; mw_msgs 8;", "mw_msgs 0;",
    "time_jitter zero;", "time_jitter off;", "atc on;", "atc off; atc_auto on;", "mix_correct on;", "mix_correct off;",
    "reduce_sequence_header on;", "send_min_interval 1;", "send_min_interval 0; gop_cache on;", "time_jitter full;", "",
    "mw_latency 50;",
]
ROOT_SETTINGS = [
    {"chunk_size": 4096}, {"max_connections": 500}, {"pithy_print_ms": 1000}, {"srs_log_level_v2": "debug"},
    {"srs_log_level_v2": "info"}, {"grace_start_wait": 100}, {"max_connections": 1000}, {"chunk_size": 60000},
]
OTHER_SETTINGS = ["min_latency on;", "min_latency off;", "tcp_nodelay on;", "tcp_nodelay off;", "chunk_size 1000;",
                  "in_ack_size 100000;", "out_ack_size 0;"]
PUBLISH_SETTINGS = ["mr on; mr_latency 50;", "mr off;", "normal_timeout 9000;", "parse_sps off;", "firstpkt_timeout 30000;",
                    "try_annexb_first off;"]


def test_twenty_reloads_under_a_live_stream_lose_no_player_and_no_frame(make_server, swarm):
    server = make_server()
    spare = [free_port() for _ in range(4)]
    source = Numbered(size=60, gop=25)
    feeder = rtmp.Feeder(server.publisher(), source.tags())
    players = swarm.add("127.0.0.1", server.port, server.tc_url(), "s", 50)
    swarm.wait_playing()
    keep = server.endpoints[:]
    for i in range(20):
        n = len(feeder.sent) + 5
        server.reload(vhost(PLAY_SETTINGS[i % len(PLAY_SETTINGS)], PUBLISH_SETTINGS[i % len(PUBLISH_SETTINGS)],
                            OTHER_SETTINGS[i % len(OTHER_SETTINGS)])
                      + ("vhost other%d { }" % i if i % 3 == 0 else ""),
                      root=ROOT_SETTINGS[i % len(ROOT_SETTINGS)],
                      listen=keep + spare[:i % 4])
        until(lambda: len(feeder.sent) >= n or feeder.error, "the stream to go on")
    feeder.stop()
    feeder.check()
    last = {flv.number_of(t) for t in feeder.sent[-2:]}

    def arrived(p):
        return last <= {flv.number_of(m) for m in p.messages[-200:]}
    until(lambda: all(p.closed or arrived(p) for p in players),
          lambda: "the last frame at every player (%d have it)" % sum(map(arrived, players)))
    assert [p.error for p in players if p.closed] == []
    for p in players:
        assert flv.gaps(p.messages) == []
    feeder.client.close()


# -- endpoints ---------------------------------------------------------------------------------------------------------

def test_an_endpoint_is_added_and_removed_and_nobody_is_dropped(make_server, witness):
    # defect 3: a changed listen aborted the process
    server = make_server()
    w = witness(server)
    extra, six = free_port(), free_port("::1")
    first = server.endpoints[0]
    server.reload(listen=[first, extra, "[::1]:%d" % six])
    with server.player("witness", app="witness", port=extra) as player, \
            server.player("witness", app="witness", host="::1", port=six):
        seen(player, 5)
        server.reload(listen=[first])
        until(lambda: listening(server.pid) == {server.port}, "the endpoints to be closed")
        n = len(player.media())
        seen(player, n + 5)                                         # its clients stay
    w.undisturbed()


def test_all_endpoints_can_be_replaced_at_once(make_server, witness):
    server = make_server()
    w = witness(server)
    new = free_port()
    server.reload(listen=[new])
    until(lambda: listening(server.pid) == {new}, "only the new endpoint")
    with server.player("witness", app="witness", port=new) as player:
        seen(player, 5)
    w.undisturbed()


def test_an_endpoint_that_is_taken_is_named_and_the_old_ones_stay(make_server, witness):
    server = make_server()
    w = witness(server)
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        good = free_port()
        mark = server.mark()
        server.write_conf("vhost __defaultVhost__ { }", listen=[server.endpoints[0], good, "127.0.0.1:%d" % taken])
        os.kill(server.pid, signal.SIGHUP)
        server.wait_log(r"(WARN|ERROR).*", since=mark)
        server.wait_log(r"%d" % taken, since=mark)
        server.wait_log(r"reload config success|reload failed", since=mark)
    assert server.port in listening(server.pid)
    with server.client():
        pass
    w.undisturbed()


# -- bad files ---------------------------------------------------------------------------------------------------------

BAD = [
    ("an unknown name", "vhost __defaultVhost__ {\n    nonsense on;\n}\n", "illegal vhost.nonsense", "nonsense"),
    ("a missing brace", "vhost __defaultVhost__ {\n    play {\n", "unexpected end of file", None),
    ("a stray semicolon", "vhost __defaultVhost__ { }\n;;\n", "unexpected ';'", ";;"),
    ("an impossible value", "max_connections 0;\nvhost __defaultVhost__ { }\n", "max_connections=0 is invalid",
     "max_connections 0"),
    ("an unknown root name", "nonsense on;\n", "illegal directive nonsense", "nonsense"),
]


@pytest.mark.parametrize("text,reason,word", [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_a_bad_file_changes_nothing_and_the_log_says_why_and_where(make_server, witness, text, reason, word):
    server = make_server("vhost __defaultVhost__ { chunk_size 200; }", root={"max_connections": None})
    w = witness(server)
    said = server.reload("chunk_size 300;\n" + text, good=False)
    assert reason in said
    if word:
        assert re.search(r"srs\.conf:%d\b|line[ =]%d\b" % ((server.line_of(word),) * 2), said), said
    with server.client() as c:
        assert c.session.reader.chunk_size == 200
    w.undisturbed()
    server.reload("vhost __defaultVhost__ { chunk_size 400; }")     # the next good file works
    with server.client() as c:
        assert c.session.reader.chunk_size == 400


def test_a_file_that_has_vanished_changes_nothing(make_server, witness):
    server = make_server()
    w = witness(server)
    os.unlink(server.conf_path)
    os.kill(server.pid, signal.SIGHUP)
    server.wait_log("reload failed")
    w.undisturbed()


def test_an_unchanged_file_reloads_with_success(server, witness):
    w = witness(server)
    server.reload()
    w.undisturbed()


# -- settings ----------------------------------------------------------------------------------------------------------

def test_max_connections_is_live(make_server):
    server = make_server(root={"max_connections": 2})
    with server.client(), server.client():
        with pytest.raises((rtmp.Closed, OSError)):
            server.client()
        server.reload(root={"max_connections": 3})
        with server.client() as third:
            server.reload(root={"max_connections": 1})
            third.barrier()                                         # a connected client stays
            with pytest.raises((rtmp.Closed, OSError)):
                server.client()
    server.wait_log("ConnectionsExceed")


def test_the_log_level_is_live(make_server):
    server = make_server()
    server.write_conf("vhost __defaultVhost__ { }", root={"srs_log_level_v2": "error"})
    os.kill(server.pid, signal.SIGHUP)

    def silent():
        name = "try%d" % server.mark()
        mark = server.mark()
        with server.publisher(name) as p:
            p.barrier()
        said = False
        patience = time.monotonic() + 0.5 * wait.SCALE  # a thread of its own writes the log
        while not said and time.monotonic() < patience:
            said = "stream=%s," % name in server.log[mark:]
            time.sleep(0.01)
        return not said
    until(silent, "the log to fall silent")
    with server.publisher("quiet"):
        pass
    server.write_conf("vhost __defaultVhost__ { }", root={"srs_log_level_v2": "info"})
    os.kill(server.pid, signal.SIGHUP)

    def talks():
        with server.publisher("loud"):
            return "stream=loud," in server.log
    until(talks, "the log to speak again")
    assert "stream=quiet," not in server.log


def test_the_log_file_is_live(make_server):
    server = make_server()
    old, new = server.log_path, server.log_path + ".new"
    server.write_conf("vhost __defaultVhost__ { }", root={"srs_log_file": new})
    os.kill(server.pid, signal.SIGHUP)
    until(lambda: os.path.exists(new), "the new log file")
    server.log_path = new
    with server.publisher("moved"):
        server.wait_log(r"stream=moved,")
    with open(old) as f:
        assert "stream=moved," not in f.read()


def test_the_outgoing_chunk_size_holds_for_the_next_connection(server):
    with server.client() as before:
        server.reload("vhost __defaultVhost__ { chunk_size 300; }")
        with server.client() as after:
            assert (before.session.reader.chunk_size, after.session.reader.chunk_size) == (60000, 300)


def test_security_is_live(server):
    with server.publisher("a"):
        server.reload(vhost(more="security { enabled on; deny publish all; }"))
        with server.client() as c:
            with pytest.raises(rtmp.Refused):
                c.publish("b")
        server.reload(vhost())
        with server.publisher("b"):
            pass


def test_refer_is_live(server):
    server.reload(vhost(more="refer { enabled on; all github.com; }"))
    with pytest.raises(rtmp.Refused):
        with server.client() as c:
            c.play("s")
    server.reload(vhost())
    with server.player():
        pass


def test_a_publish_timeout_holds_for_who_publishes_already(make_server):
    server = make_server(vhost(publish="normal_timeout 100000; firstpkt_timeout 100000;"))
    with server.publisher("a") as a, server.publisher("b") as b:
        a.send_tags(Numbered().tags(count=3))
        a.barrier()
        b.barrier()
        server.reload(vhost(publish="normal_timeout 300; firstpkt_timeout 2000;"))
        assert closing_order(server, {"a": a, "b": b}) == ["a", "b"]


def test_gop_cache_is_live(make_server):
    server = make_server(vhost("gop_cache on; mw_latency 0;"))
    source = Numbered(audio_fps=0)
    with server.publisher() as publisher:
        publisher.send_tags(source.configs())
        publisher.send_tags(source.frames(0, 10))
        publisher.barrier()
        server.reload(vhost("gop_cache off; mw_latency 0;"))
        with server.player() as player:
            player.barrier()
            publisher.send_tags(source.frames(10, 20))
            assert flv.number_of(seen(player, 3)[2])[1] == 25       # the next key frame, and nothing from before it
        server.reload(vhost("gop_cache on; mw_latency 0;"))
        publisher.send_tags(source.frames(30, 25))
        publisher.barrier()
        with server.player() as player:
            assert flv.number_of(seen(player, 3)[2])[1] == 50


def test_time_jitter_is_live(make_server):
    server = make_server(vhost("time_jitter off;"))
    source = Numbered(audio_fps=0, start_ms=100000)
    with server.publisher() as publisher:
        publisher.send_tags(source.tags(count=3))
        publisher.barrier()
        with server.player() as player:
            assert seen(player, 5)[2].ts == 100000
        server.reload(vhost("time_jitter full;"))
        with server.player() as player:
            assert seen(player, 5)[2].ts < 100


def test_kickoff_for_idle_is_live(server):
    feeder = rtmp.Feeder(server.publisher(), Numbered().tags())
    server.reload(vhost(publish="kickoff_for_idle 0.5;"))
    until(lambda: feeder.error, "the idle publisher to be closed")
    feeder.stop()


def test_takeover_is_live(server):
    with server.publisher() as first:
        server.reload(vhost(publish="republish takeover;"))
        with server.publisher():
            first.wait_closed()
        server.reload(vhost())
        with server.publisher(), server.client() as third:
            with pytest.raises(rtmp.Refused):
                third.publish("s")


# -- vhosts ------------------------------------------------------------------------------------------------------------

def one_test(server):
    c = server.client(tc_url="rtmp://one.test/live")
    try:
        return c.publish("s")
    except rtmp.Refused:
        c.close()
        raise


def test_a_vhost_is_added_disabled_and_enabled(make_server):
    server = make_server("vhost two.test { }")
    with pytest.raises(rtmp.Refused):
        one_test(server)
    server.reload("vhost two.test { } vhost one.test { }")
    one_test(server).close()
    server.reload("vhost two.test { } vhost one.test { enabled off; }")
    with pytest.raises(rtmp.Refused):
        one_test(server)
    server.reload("vhost two.test { } vhost one.test { enabled on; }")
    one_test(server).close()


def test_who_is_on_a_vhost_stays_when_it_is_removed_and_nobody_new_comes(make_server):
    server = make_server("vhost two.test { } vhost one.test { }")
    with one_test(server) as publisher, server.client(tc_url="rtmp://one.test/live") as player:
        player.play("s")
        publisher.send_tags(Numbered().tags(count=5))
        seen(player, 12)
        server.reload("vhost two.test { }")
        publisher.send_tags(Numbered().frames(5, 5))
        seen(player, 22)
        assert flv.gaps(player.media()) == []
        with pytest.raises(rtmp.Refused):
            with server.client(tc_url="rtmp://one.test/live") as c:
                c.play("s")


def test_a_reload_of_one_vhost_leaves_the_others_alone(make_server, witness):
    server = make_server("vhost __defaultVhost__ { } vhost one.test { }")
    w = witness(server)
    said = server.reload("vhost __defaultVhost__ { } vhost one.test { play { gop_cache off; } }")
    assert "vhost one.test play.gop_cache" in said and "vhost __defaultVhost__" not in said
    w.undisturbed()


# -- directives that need a restart ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("name,value", [("pid", "other.pid"), ("daemon", "on"), ("work_dir", "/tmp"), ("asprocess", "on"),
                                        ("server_id", "vid-another")])
def test_what_needs_a_restart_is_named_in_the_log(server, witness, name, value):
    w = witness(server)
    said = server.reload(root={name: value})
    assert re.search(r"(?i)WARN.*\b%s\b.*restart|WARN.*restart.*\b%s\b" % (name, name), said), said
    w.undisturbed()
    server.root.pop(name)


def test_a_changed_file_is_reloaded_by_itself_when_asked_for(make_server, witness):
    server = make_server(root={"inotify_auto_reload": "on"})
    w = witness(server)
    mark = server.mark()
    server.write_conf("vhost __defaultVhost__ { chunk_size 300; }")
    server.wait_log("reload config success", since=mark, timeout=20)
    with server.client() as c:
        assert c.session.reader.chunk_size == 300
    w.undisturbed()


def test_reloads_leak_nothing(server):
    for i in range(5):
        server.reload(vhost("queue_length %d;" % (i + 5)))
    fds, rss = server.n_fds(), server.rss_kib()
    for i in range(40):
        server.reload(vhost("queue_length %d;" % (i + 50)))
    server.wait_fds(fds)
    grown = server.rss_kib() - rss
    assert grown < 2048 * (4 if SANITIZED else 1), "%d KiB more after 40 reloads" % grown
