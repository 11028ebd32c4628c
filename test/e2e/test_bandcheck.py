"""`bandcheck`: the bandwidth test over RTMP, by the client in research/bandcheck and by testers that do not keep to it."""
import json
import os
import subprocess
import sys

import pytest

import rtmp
from flv import Numbered
from media import ROOT
from rtmp import Closed, Refused
from test_play import seen, vhost
from wait import patience, until

CLIENT = os.path.join(ROOT, "research", "bandcheck", "bandcheck.py")
KEY = "35c9b402c12a7246868752e2878f7e0e"
TEXT = "SRS band check data from server's playing......"


def checked(name="bw.example", key="key %s;" % KEY, interval=0, limit=8000):
    return "vhost __defaultVhost__ { } vhost %s { bandcheck { enabled on; %s interval %d; limit_kbps %d; } }" % (
        name, key, interval, limit)


def url(server, key=KEY, name="bw.example"):
    return "rtmp://127.0.0.1:%d/app?vhost=%s&key=%s" % (server.port, name, key)


def measure(target, *options):
    """Run the client; its process."""
    return subprocess.run([sys.executable, CLIENT, target, *options], capture_output=True, text=True, timeout=patience(60))


def whole(process):
    assert process.returncode == 0, process
    return json.loads(process.stdout)


class Measured(rtmp.Client):
    """A tester, step by step."""

    def begin(self, server, key=KEY, name="bw.example", **properties):
        return self.connect(url(server, key, name), **properties)

    def await_command(self, name):
        m = self.wait(lambda m: rtmp.is_command(m, name), what=name)
        return rtmp.command(m)

    def say(self, name, data=None):
        self.call(name, None, {} if data is None else data, tid=0)

    def pass_play(self):
        """Go on to the step in which the client publishes."""
        self.await_command("onSrsBandCheckStartPlayBytes")
        self.say("onSrsBandCheckStartingPlayBytes")
        self.await_command("onSrsBandCheckStopPlayBytes")
        self.say("onSrsBandCheckStoppedPlayBytes")
        self.await_command("onSrsBandCheckStartPublishBytes")
        self.say("onSrsBandCheckStartingPublishBytes")


def measured(server):
    return Measured("127.0.0.1", server.port)


def test_the_client_measures_both_directions_up_to_the_limit(make_server):
    server = make_server(checked(limit=8000))
    result = whole(measure(url(server)))
    for way in ("play", "publish"):
        assert 2900 <= result[way + "_time"], result
        assert result[way + "_bytes"] > 100000, result
        assert result[way + "_kbps"] <= 8000 * 1.05, result
        assert result[way + "_kbps"] == result[way + "_bytes"] * 8 // result[way + "_time"], result
    server.wait_log(r"bandwidth test, play_kbps=%d, publish_kbps=%d, play_bytes=%d" % (
        result["play_kbps"], result["publish_kbps"], result["play_bytes"]))
    server.wait_log(r"client finished\.")


def test_the_client_measures_over_tls(make_server):
    server = make_server(checked(), tls=True)
    target = url(server).replace("rtmp://127.0.0.1:%d" % server.port, "rtmps://127.0.0.1:%d" % server.rtmps_port)
    assert whole(measure(target, "--no-verify"))["play_bytes"] > 100000
    assert measure(target).returncode == 1   # its certificate is not trusted


def test_the_conversation_is_that_of_srs(make_server):
    server = make_server(checked())
    with measured(server) as t:
        t.begin(server)
        start = t.await_command("onSrsBandCheckStartPlayBytes")
        assert start == ["onSrsBandCheckStartPlayBytes", 0.0, None, {"limit_kbps": 8000.0, "duration_ms": 3000.0, "interval_ms": 0.0}]
        t.say("onSrsBandCheckStartingPlayBytes")
        stop = t.await_command("onSrsBandCheckStopPlayBytes")[3]
        assert set(stop) == {"duration_ms", "interval_ms", "duration_delta", "bytes_delta"}
        playing = [rtmp.command(m)[3] for m in t.messages if rtmp.is_command(m, "onSrsBandCheckPlaying")]
        assert [len(p) for p in playing[:4]] == [3, 5, 7, 9]
        assert playing[0] == {"0": TEXT, "1": TEXT, "2": TEXT}
        assert all(m.msid == 0 for m in t.messages if m.type == rtmp.COMMAND)
        t.say("onSrsBandCheckStoppedPlayBytes")
        assert t.await_command("onSrsBandCheckStartPublishBytes")[3] == start[3]
        t.say("onSrsBandCheckStartingPublishBytes")
        t.say("onSrsBandCheckPublishing", {"0": TEXT})
        t.say("onSrsBandCheckStopPublishBytes")
        assert set(t.await_command("onSrsBandCheckStopPublishBytes")[3]) == set(stop)
        t.say("onSrsBandCheckStoppedPublishBytes")
        result = t.await_command("onSrsBandCheckFinished")[3]
        assert set(result) == {"start_time", "end_time", "play_kbps", "publish_kbps", "play_bytes", "publish_bytes", "play_time",
                               "publish_time"}
        assert result["end_time"] - result["start_time"] >= 3000
        assert result["play_bytes"] == stop["bytes_delta"] and result["publish_bytes"] > len(TEXT)
        t.say("finalClientPacket")
        t.wait_closed()


def test_a_flash_tester_is_not_waited_for_at_the_end(make_server):
    server = make_server(checked())
    with measured(server) as t:
        t.begin(server, swfUrl="http://h/bandcheck.swf")
        t.pass_play()
        t.say("onSrsBandCheckStopPublishBytes")
        t.await_command("onSrsBandCheckFinished")
        t.wait_closed()
    server.wait_log(r"client finished\.")


@pytest.mark.parametrize("key", ["", "wrong", KEY + "x", KEY[:-1]])
def test_a_tester_without_the_key_is_closed(make_server, key):
    server = make_server(checked())
    with measured(server) as t:
        with pytest.raises(Closed):
            t.begin(server, key=key)
        assert not t.messages
    server.wait_log(r"serve error code=1032\(BandwidthKey\)")
    assert KEY not in server.log


def test_without_a_key_anybody_may_test(make_server):
    server = make_server(checked(key=""))
    with measured(server) as t:
        t.begin(server, key="")
        t.await_command("onSrsBandCheckStartPlayBytes")


def test_a_second_test_within_the_interval_is_refused(make_server):
    server = make_server(checked(interval=3600) + " vhost other.example { bandcheck { enabled on; } }")
    with measured(server) as t:
        t.begin(server)
        t.await_command("onSrsBandCheckStartPlayBytes")
    with measured(server) as t:
        with pytest.raises(Refused) as refused:
            t.begin(server)
        assert refused.value.info == {"level": "error", "code": "NetConnection.Connect.Rejected", "description": "bandcheck rejected"}
        t.wait_closed()
    server.wait_log(r"serve error code=1033\(BandwidthDenied\)")
    with measured(server) as t:                # the interval is that of a vhost
        t.begin(server, name="other.example")
        t.await_command("onSrsBandCheckStartPlayBytes")
    failed = measure(url(server))
    assert (failed.returncode, failed.stderr) == (1, "bandcheck: the server refuses: bandcheck rejected\n")


def test_a_vhost_has_one_tester_at_a_time(make_server):
    server = make_server(checked(interval=0))
    with measured(server) as first:
        first.begin(server)
        first.await_command("onSrsBandCheckStartPlayBytes")
        with measured(server) as second:
            with pytest.raises(Refused):
                second.begin(server)

    def may_begin():
        with measured(server) as third:
            try:
                third.begin(server)
                return True
            except Refused:
                return False
    until(may_begin, "the place of the first tester, which has gone")


@pytest.mark.parametrize("message", [
    ("onSrsBandCheckStoppedPublishBytes", {}),               # not its turn
    ("onSrsBandCheckPublishing", "no object"),
])
def test_a_tester_that_does_not_keep_to_the_conversation_is_closed(make_server, message):
    server = make_server(checked())
    with measured(server) as t:
        t.begin(server)
        t.pass_play()
        t.say(*message)
        t.wait_closed()
    server.wait_log(r"serve error code=2025\(BandwidthData\)")


@pytest.mark.long
def test_a_silent_tester_is_closed_and_the_next_one_served(make_server):
    server = make_server(checked())
    with measured(server) as t:
        t.begin(server)
        t.await_command("onSrsBandCheckStartPlayBytes")
        t.wait_closed(timeout=20)
    server.wait_log(r"bandwidth test : wait for StartingPlayBytes")
    whole(measure(url(server)))


def test_a_tester_that_sends_too_much_is_read_no_faster_than_the_limit(make_server):
    server = make_server(checked(limit=400))
    with measured(server) as t, server.publisher("s") as publisher, server.client("live") as player:
        player.play("s")
        t.begin(server)
        t.pass_play()
        t.session.send_command("onSrsBandCheckPublishing", 0, None, {str(i): TEXT for i in range(100)})
        flood, t.session.out = bytes(t.session.out), bytearray()
        sent = 0
        while not any(rtmp.is_command(m, "onSrsBandCheckStopPublishBytes") for m in t.messages):
            t.sock.setblocking(False)        # pump() makes it wait again
            try:
                sent += t.sock.send(flood[sent % len(flood):])
            except BlockingIOError:
                pass
            t.pump(0.01)
        publisher.send_tags(Numbered().tags(count=25))
        seen(player, 52)                     # nobody else waits
        stopped = t.await_command("onSrsBandCheckStopPublishBytes")[3]
        assert sent > stopped["bytes_delta"]
        assert stopped["bytes_delta"] * 8 / stopped["duration_delta"] <= 400 * 2   # what one read takes comes on top


@pytest.mark.long
def test_a_tester_that_sends_too_much_does_not_make_the_test_longer(make_server):
    server = make_server(checked(limit=4))      # by the limit one message takes 40 s
    with measured(server) as t:
        t.begin(server)
        t.pass_play()

        def stopped():
            t.say("onSrsBandCheckPublishing", {str(i): TEXT for i in range(400)})
            t.pump(0.2)
            return [m for m in t.messages if rtmp.is_command(m, "onSrsBandCheckStopPublishBytes")]
        until(stopped, "the end of the test")
        assert rtmp.command(stopped()[0])[3]["bytes_delta"] > 20000


def test_a_reload_switches_the_test_on_and_off(make_server):
    server = make_server(vhost())
    for conf, is_tested in ((checked(name="__defaultVhost__").split("} ", 1)[1], True), (vhost(), False)):
        server.reload(conf)
        with measured(server) as t:
            t.begin(server, name="__defaultVhost__")
            if is_tested:
                t.await_command("onSrsBandCheckStartPlayBytes")
            else:
                t.play("s")                  # a vhost as any other


def test_the_example_file_serves_a_test(make_server):
    with open(os.path.join(ROOT, "conf", "bandwidth.conf"), encoding="utf-8") as f:
        text = f.read()
    server = make_server(start=False)
    server.write_conf("", text=text.replace("1935;", "%d;" % server.port).replace(
        "srs_log_tank        console;", "srs_log_tank file; srs_log_file %s; pid %s;" % (server.log_path, server.pid_path)))
    server.start()
    result = whole(measure(url(server, name="bandcheck.srs.com")))
    assert 100 < result["play_kbps"] <= 4000 * 1.05 and 100 < result["publish_kbps"] <= 4000 * 1.05
