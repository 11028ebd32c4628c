"""`delay`: everything that comes out of a stream is late by the same time."""
import os
import select
import time

import pytest

import flv
import media
import recordings
import rtmp
from api import Api
from flv import Numbered
from http_live import HttpPlayer, status_of
from rtmp import Feeder
from test_play import seen, vhost
from wait import until

HOLD = "delay 1h;"                           # until a reload lets frames out
LET_GO = "delay 0;"


def delayed(delay, more="", play=""):
    return vhost(play=play, more="%s http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } %s" % (
        delay, more))


def stream_of(server):
    """What the API says about the only stream."""
    return Api(server).streams()[0]


def held(server, n):
    """Wait until the delay holds so many frames."""
    until(lambda: stream_of(server)["delay"]["frames"] == n, lambda: "%d frames to be held: %s" % (n, stream_of(server)))


def never_back(messages):
    """True if the times of each kind of media only go on."""
    times = [[m.ts for m in messages if m.type == kind] for kind in rtmp.MEDIA]
    return all(t == sorted(t) for t in times)


def test_players_get_each_frame_when_the_delay_is_over(make_server):
    server = make_server(delayed("delay 1500ms;", play="time_jitter off;"), api="")
    came = []
    with server.client("live") as player:
        player.play("s")
        feeder = Feeder(server.publisher("s"), Numbered().tags())
        until(lambda: feeder.sent, "the first frame to be sent")
        began = time.monotonic()
        while len(player.media()) < 100:
            player.pump(10)
            came.append((time.monotonic() - began, len(player.media())))
        feeder.finish()
    assert next(at for at, n in came if n > 0) > 1.4
    assert flv.gaps(player.media()) == []
    assert [m.ts for m in player.media()[:20]] == [t.ts for t in feeder.sent if t.type in rtmp.MEDIA][:20]


def test_a_player_that_comes_early_waits_without_an_error(make_server):
    server = make_server(delayed(HOLD), api="", http="")
    with server.publisher("s") as publisher, server.client("live") as player, \
            HttpPlayer(server.http_port, "/live/s.flv") as http:
        player.play("s")
        publisher.send_tags(Numbered().tags(count=25))
        http.wait_head()
        assert http.status == 200
        held(server, 53)                     # with metadata and configurations
        player.barrier()
        assert player.media() == []
        server.reload(delayed(LET_GO))
        seen(player, 52)
        http.wait_media(52)
        assert flv.gaps(player.media()) == flv.gaps(http.media()) == []


def test_what_is_held_is_played_out_before_the_stream_ends(make_server):
    server = make_server(delayed("delay 1s;"), api="")
    with server.client("live") as player:
        player.play("s")
        with server.publisher("s") as publisher:
            publisher.send_tags(Numbered().tags(count=50))
            publisher.unpublish()
        server.wait_log(r"the publisher of \S+ has left, what its delay holds is played out: frames=103")
        assert stream_of(server)["publish"]["active"]
        player.wait_status("NetStream.Play.UnpublishNotify")
        assert flv.gaps(player.media()) == []
        assert len(player.media()) == 102
    until(lambda: not Api(server).streams(), "the stream to end")


def test_a_publisher_that_comes_back_goes_on_behind_what_is_held(make_server):
    server = make_server(delayed(HOLD), api="")
    numbered = Numbered()
    tags = list(numbered.tags(count=50))
    with server.client("live") as player:
        player.play("s")
        with server.publisher("s") as publisher:
            publisher.send_tags(tags[:53])
            publisher.unpublish()
        server.wait_log("has left, what its delay holds is played out")
        with server.publisher("s") as publisher:
            publisher.send_tags(tags[:3] + tags[53:])
            held(server, 106)
            server.reload(delayed(LET_GO))
            seen(player, 104)
            assert flv.gaps(player.media()) == []
            assert "NetStream.Play.UnpublishNotify" not in [s["code"] for s in player.statuses()]
            assert never_back(player.media())


def test_a_publisher_that_takes_over_goes_on_behind_what_is_held(make_server):
    server = make_server(delayed(HOLD, more="publish { republish takeover; }"), api="")
    tags = list(Numbered().tags(count=50))
    with server.client("live") as player, server.publisher("s") as first:
        player.play("s")
        first.send_tags(tags[:53])
        held(server, 53)
        with server.publisher("s") as second:
            first.wait_closed()
            second.send_tags(tags[:3] + tags[53:])
            held(server, 106)
            server.reload(delayed(LET_GO, more="publish { republish takeover; }"))
            seen(player, 104)
            assert flv.gaps(player.media()) == []


def test_a_reload_changes_the_delay_of_a_running_stream_without_a_jump(make_server):
    server = make_server(delayed("delay 0;"), api="")
    feeder = Feeder(server.publisher("s"), Numbered().tags())
    with server.client("live") as player:
        player.play("s")
        seen(player, 20)
        for delay in ("delay 1s;", "delay 2s;", "delay 200ms;", "delay 0;"):
            server.reload(delayed(delay))
            until(lambda: player.drain() or stream_of(server).get("delay", {"ms": 0})["ms"] == float(
                {"1s": 1000, "2s": 2000, "200ms": 200, "0": 0}[delay[6:-1]]), "the delay")
            seen(player, len(player.media()) + 50)
        until(lambda: player.drain() or "delay" not in stream_of(server), "the delay to be gone")
        seen(player, len(player.media()) + 50)
    feeder.finish()
    assert flv.gaps(player.media()) == []
    assert never_back(player.media())
    for kind in rtmp.MEDIA:
        times = [m.ts for m in player.media() if m.type == kind]
        assert max(b - a for a, b in zip(times, times[1:])) <= 40


def test_only_the_streams_that_are_named_are_delayed(make_server):
    server = make_server(delayed(HOLD + " delay_apply live/late;"), api="")
    for stream, waits in (("late", True), ("s", False)):
        with server.publisher(stream) as publisher, server.client("live") as player:
            player.play(stream)
            publisher.send_tags(Numbered().tags(count=5))
            publisher.barrier()
            if waits:
                until(lambda: [s["delay"]["frames"] for s in Api(server).streams()] == [13],
                      "the frames to be held")
                assert player.media() == []
            else:
                seen(player, 12)


def test_what_is_held_is_counted(make_server):
    server = make_server(delayed(HOLD), api="")
    with server.publisher("s") as publisher:
        publisher.send_tags(Numbered(size=10000).tags(count=50))
        held(server, 103)
        delay = stream_of(server)["delay"]
        assert delay["ms"] == 3600000 and delay["early"] == 0 and delay["held_ms"] > 0
        assert delay["bytes"] > 50 * 10000
        kinds = Api(server).get("/api/v1/memory")["data"]["kinds"]
        assert kinds["delayed"] == delay["bytes"]
        server.reload(delayed(LET_GO))
        until(lambda: "delay" not in stream_of(server), "the frames to go out")
        assert Api(server).get("/api/v1/memory")["data"]["kinds"]["delayed"] == 0


def media_of(tags):
    return [t for t in tags if t.type in rtmp.MEDIA]


def pictures_and_sound(tags):
    """Without configurations, which a recording has once."""
    return [t.payload for t in media_of(tags) if not flv.is_config(t) and not flv.is_end(t)]


OUTPUTS = """
http_remux { enabled on; mount [vhost]/[app]/[stream].%s; }
hls { enabled %s; hls_path ./html; hls_fragment 1; hls_window 60; hls_storage memory; }
dash { enabled on; dash_path ./html; dash_fragment 1; }
hds { enabled on; hds_path ./html; hds_fragment 1; }
dvr { enabled on; dvr_path ./rec/[app]/[stream].[timestamp].flv; dvr_plan session; }
forward { enabled on; destination 127.0.0.1:%d; }
"""


@pytest.mark.sample(2)
@pytest.mark.parametrize("ext", ["flv", "ts"])
def test_every_output_is_late_and_whole(make_server, ext):
    target = make_server(vhost(play="time_jitter off;"))
    server = make_server(vhost(more="delay 2500ms;" + OUTPUTS % (ext, "off" if ext == "ts" else "on", target.port)), api="", http="")
    folder, came = os.path.join(server.folder, "rec"), {}
    with server.client("live") as player, target.client("live") as beyond:
        player.play("s")
        beyond.play("s")
        feeder = Feeder(server.publisher("s"), media.loop("h264_aac.flv"))
        until(lambda: feeder.sent, "the first frame to be sent")
        began = time.monotonic()
        with HttpPlayer(server.http_port, "/live/s." + ext) as http:
            outputs = {
                "rtmp": lambda: player.drain() or player.media(),
                "http": lambda: select.select([http.sock], [], [], 0)[0] and http.pump() and http.body,
                "forward": lambda: beyond.drain() or beyond.media(),
                "hls": lambda: status_of(server, "/live/s.m3u8") == 200,
                "dash": lambda: status_of(server, "/live/s.mpd") == 200,
                "hds": lambda: status_of(server, "/live/s.f4m") == 200,
                "dvr": lambda: [p for p in recordings.files(folder) if os.path.getsize(p) > 1000],
            }

            if ext == "ts":                  # HLS and HTTP-TS exclude each other
                del outputs["hls"]

            def all_came():
                for name, has_come in outputs.items():
                    if name not in came and has_come():
                        came[name] = time.monotonic() - began
                return len(came) == len(outputs)
            until(all_came, lambda: "all outputs: %s" % came, timeout=30)
        feeder.finish()
        player.wait_status("NetStream.Play.UnpublishNotify")
        sent = media_of(feeder.sent)
        seen(player, len(sent))
        seen(beyond, len(sent))
    assert {name: at for name, at in came.items() if at < 2.4} == {}
    assert [m.payload for m in player.media()] == [m.payload for m in beyond.media()] == [t.payload for t in sent]
    recorded = recordings.wait_files(folder, 1)
    until(lambda: pictures_and_sound(flv.read(recorded[0])) == pictures_and_sound(sent), "the whole recording")


def test_what_is_held_when_the_server_stops_is_recorded(make_server):
    server = make_server(delayed(HOLD, more="dvr { enabled on; dvr_path ./rec/[stream].flv; dvr_plan session; }"), api="")
    tags = list(Numbered().tags(count=100))
    with server.publisher("s") as publisher:
        publisher.send_tags(tags)
        held(server, len(tags))
        server.stop()
    recorded = flv.read(recordings.files(os.path.join(server.folder, "rec"), ".flv")[0])
    assert [t.payload for t in media_of(recorded)] == [t.payload for t in media_of(tags)]


@pytest.mark.parametrize("away", ["while its frames go out", "while the stream is held"])
def test_a_held_stream_may_be_delayed(make_server, away):
    """`publish { hold; }`: the hold begins when the last frame has come out."""
    server = make_server(delayed("delay 500ms;", more="publish { hold 1h; }"), api="")
    tags = list(Numbered().tags(count=50))
    with server.client("live") as player:
        player.play("s")
        with server.publisher("s") as publisher:
            publisher.send_tags(tags[:53])
            publisher.unpublish()
        if away == "while the stream is held":
            server.wait_log(r"hold /live/s until its publisher is back")
            assert len(player.media()) == 52 or seen(player, 52)
        with server.publisher("s") as publisher:
            publisher.send_tags(tags[:3] + tags[53:])
            seen(player, 104)
            assert flv.gaps(player.media()) == []
            assert never_back(player.media())
            assert "NetStream.Play.UnpublishNotify" not in [s["code"] for s in player.statuses()]


def test_the_doctor_does_not_take_a_delay_for_silence(make_server):
    server = make_server(delayed(HOLD), api="")
    feeder = Feeder(server.publisher("s"), Numbered().tags())
    until(lambda: feeder.sent and feeder.sent[-1].ts > 4000, "some seconds of frames")
    findings = Api(server).get("/api/v1/doctor")["data"]["findings"]
    assert [f for f in findings if f["id"] == "publisher-silent"] == [], findings
    feeder.finish()
    findings = Api(server).get("/api/v1/doctor")["data"]["findings"]
    assert [f for f in findings if f["id"] == "publisher-silent"] == [], findings


def test_the_example_file_delays_its_streams(make_server):
    with open(os.path.join(media.ROOT, "conf", "delay.conf"), encoding="utf-8") as f:
        text = f.read()
    server = make_server(api="", http="", start=False)
    for old, new in (("1935;", "%d;" % server.port), ("1985;", "%d;" % server.api_port), ("8080;", "%d;" % server.http_port),
                     ("srs_log_tank        console;", "srs_log_tank file; srs_log_file %s; pid %s;" % (
                         server.log_path, server.pid_path))):
        assert old in text
        text = text.replace(old, new)
    server.write_conf("", text=text)
    server.start()
    with server.publisher("livestream") as publisher, HttpPlayer(server.http_port, "/live/livestream.flv") as http:
        publisher.send_tags(Numbered().tags(count=25))
        http.wait_head()
        held(server, 53)
        assert http.status == 200 and stream_of(server)["delay"]["ms"] == 30000
