"""`publish { hold; }`: players stay while a publisher is away, and go on when it is back."""
import contextlib
import itertools
import os
import re

import pytest

import flv
import media
import rtmp
from api import Api
from browser import Browser
from dash_watch import DashWatch
from flv import AUDIO, VIDEO, Numbered, is_config, is_key
from hls_watch import Watch
from http_live import HttpPlayer, HttpSwarm
from srs import free_port
from wait import until

FORMATS = "http_remux { enabled on; mount [vhost]/[app]/[stream].%s; }"
HLS = "hls { enabled on; hls_storage memory; hls_fragment 1; hls_window 20; }"
ENDS = ("unpublish", "close", "reset")
GOP = 5


def holding(hold="30s", more=""):
    return "vhost __defaultVhost__ { publish { hold %s; %s } %s }" % (hold, more if "republish" in more else "",
                                                                       more if "republish" not in more else "")


def numbered(turn, count):
    """The stream of a publisher, which has a clock and a name of its own."""
    start_ms = turn * 7919000 % 3600000
    return [t._replace(ts=max(t.ts, start_ms)) for t in Numbered(gop=GOP, name="p%03d" % turn, start_ms=start_ms).tags(count)]


def connected(server):
    """A publisher; the server may not have seen the end of the one before."""
    while True:
        try:
            return server.publisher()
        except rtmp.Refused as e:
            assert "busy" in str(e).lower(), e


def drop(client, how):
    if how == "reset":
        client.reset()
        return
    if how == "unpublish":
        client.unpublish()
    client.close()


def publish_and_drop(server, turn, count=2 * GOP, speed=2.0):
    client = connected(server)
    feeder = rtmp.Feeder(client, numbered(turn, count), speed)
    feeder.join()
    feeder.check()
    client.barrier()
    drop(client, ENDS[turn % len(ENDS)])


def turn_of(m):
    """Which publisher sent a frame; None for what is no frame."""
    at = m.payload.find(b" video " if m.type == VIDEO else b" audio ")
    return None if is_config(m) or at < 0 else int(m.payload[at - 3:at])


def assert_whole(messages, turns):
    """Each publisher is there in its turn, begins with its configurations and a key frame, and time never goes back."""
    for kind in (VIDEO, AUDIO):
        own = [m for m in messages if m.type == kind]
        times = [m.ts for m in own]
        assert times == sorted(times), [(a, b) for a, b in zip(times, times[1:]) if b < a]
        seen = [turn for turn, _ in itertools.groupby(t for t in map(turn_of, own) if t is not None)]
        assert seen == list(turns), seen
        for before, m in zip(own, own[1:]):
            if turn_of(m) is not None and (is_config(before) or turn_of(before) != turn_of(m)):
                assert is_config(before) and (kind == AUDIO or is_key(m)), (before, m)


def has_last(messages, turn):
    """The newest frame is of this publisher."""
    return next((t for t in map(turn_of, reversed(messages)) if t is not None), None) == turn


def play_over_drops(make_server, swarm, drops):
    server = make_server(holding(more=FORMATS % "flv" + HLS), http="", api="")
    api = Api(server)
    client = connected(server)
    feeder = rtmp.Feeder(client, numbered(0, 3 * GOP), 2.0)
    players = swarm.add("127.0.0.1", server.port, server.tc_url(), "s", 24)
    over_http = HttpSwarm(server.http_port, "/live/s.flv", 24)
    swarm.wait_playing(players)
    feeder.join()
    until(lambda: all(has_last(p.media(), 0) for p in players), "the first frames")
    over_http.wait(lambda p: has_last(p.media(), 0), "the first frames")
    with Watch(server.http_url("/live/s.m3u8"), lingers=False, bandwidth=None) as one, \
            Watch(server.http_url("/live/s.m3u8"), lingers=False, bandwidth=None, fetch=False) as two:
        drop(client, "close")
        for turn in range(1, drops + 1):
            until(lambda: api.stream("s")["publish"].get("held"), "the hold")
            publish_and_drop(server, turn)
        until(lambda: all(has_last(p.media(), drops) for p in players), "the last publisher", 30)
        over_http.wait(lambda p: has_last(p.media(), drops), "the last publisher")
        one.wait_segments(drops // 2)
        two.wait_segments(drops // 2)
    assert not any(p.closed for p in players + over_http.players) and not any(p.ended for p in over_http.players)
    assert {s["code"] for p in players for s in p.statuses} <= {
        "NetStream.Play.Reset", "NetStream.Play.Start", "NetStream.Data.Start"}
    for p in players + over_http.players:
        assert_whole(p.media(), range(drops + 1))
    server.reload(holding("1s", FORMATS % "flv" + HLS))
    over_http.wait(lambda p: p.ended, "the end")
    until(lambda: all(p.statuses[-1]["code"] == "NetStream.Play.UnpublishNotify" for p in players), "the end")
    over_http.stop()


def test_players_stay_over_5_drops(make_server, swarm):
    play_over_drops(make_server, swarm, 5)


@pytest.mark.long
def test_players_stay_over_100_drops(make_server, swarm):
    play_over_drops(make_server, swarm, 100)


@pytest.mark.parametrize("ext", ["flv", "ts", "mp4", "aac"])
@pytest.mark.parametrize("takeover", [False, True], ids=["hold", "takeover"])
def test_every_format_goes_on_with_the_same_encoder(make_server, ext, takeover):
    server = make_server("vhost __defaultVhost__ { publish { hold 30s; republish takeover; } %s }" % (FORMATS % ext), http="")
    first = server.publisher()
    tags = media.tags("h264_aac_plain.flv")
    first.send_tags(tags[:40])
    first.barrier()
    with HttpPlayer(server.http_port, "/live/s." + ext) as player:
        server.wait_log("start play /live/s." + ext)                 # bare sound begins at the live end
        first.send_tags(tags[40:])
        player.wait_body(5000)
        if not takeover:
            first.close()
            server.wait_log("hold /live/s")
        second = server.publisher()
        before = len(player.body)
        second.send_tags(tags)
        player.until(lambda: len(player.body) >= before + 10000, "what the second publisher sends")
        assert not player.ended
        second.close()


def sizes(path):
    """The sizes of all pictures that ffmpeg decodes, in turn; it must have nothing to complain about."""
    shown = media.run(["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "frame=width,height", "-of", "csv=p=0", path])
    assert not shown.stderr, shown.stderr.decode()
    return [size for size, _ in itertools.groupby(tuple(line.split(",")[:2]) for line in shown.stdout.decode().split())]


@pytest.mark.parametrize("first,second", [("h264_aac_plain.flv", "h264_aac_large.flv"),
                                          pytest.param("hevc_aac.mp4", "hevc_aac_large.mp4", marks=pytest.mark.long)])
def test_mp4_goes_on_with_pictures_of_another_size(make_server, tmp_path, first, second):
    server = make_server("vhost __defaultVhost__ { publish { hold 30s; republish takeover; } %s }" % (FORMATS % "mp4"), http="")
    one = server.publisher()
    one.send_tags(media.tags(first))
    one.barrier()
    with HttpPlayer(server.http_port, "/live/s.mp4") as player:
        server.wait_log("start play /live/s.mp4")
        for clip in (second, first):                                         # and back to what the header describes
            one = server.publisher()
            one.send_tags(media.tags(clip))
            one.barrier()
        assert not player.ended
        server.reload("vhost __defaultVhost__ { publish { republish takeover; } %s }" % (FORMATS % "mp4"))
        one.close()
        (tmp_path / "played.mp4").write_bytes(player.wait_end())
    assert sizes(str(tmp_path / "played.mp4")) == [("160", "120"), ("320", "180"), ("160", "120")]


def test_a_newcomer_gets_the_last_pictures_and_goes_on(make_server):
    server = make_server(holding(more=FORMATS % "flv"), http="")
    publish_and_drop(server, 0)
    server.wait_log("hold /live/s")
    with HttpPlayer(server.http_port, "/live/s.flv") as player, server.player() as over_rtmp:
        player.until(lambda: has_last(player.media(), 0), "the last pictures")
        over_rtmp.wait_media(GOP)
        publish_and_drop(server, 1)
        player.until(lambda: has_last(player.media(), 1), "the publisher that is back")
        over_rtmp.wait(lambda m: m.type == VIDEO and turn_of(m) == 1, what="the publisher that is back")
        assert_whole(player.media(), range(2))


def test_a_hold_ends_in_time_and_says_so(make_server, backend):
    hooks = "http_hooks { enabled on; on_publish %s; on_unpublish %s; on_play %s; on_stop %s; }" % tuple(
        backend.url(event) for event in ("on_publish", "on_unpublish", "on_play", "on_stop"))
    server = make_server(holding("2s", FORMATS % "flv" + hooks), http="", api="")
    api = Api(server)
    client = connected(server)
    client.send_tags(numbered(0, GOP))
    with HttpPlayer(server.http_port, "/live/s.flv") as player:
        player.wait_media(GOP)
        assert api.stream("s")["publish"]["active"] and "held" not in api.stream("s")["publish"]
        client.close()
        until(lambda: api.stream("s")["publish"].get("held"), "the hold")
        assert not api.stream("s")["publish"]["active"]
        backend.wait("on_publish", "on_play", "on_unpublish")
        player.wait_end()
    server.wait_log("has not come back within 2000ms")
    backend.wait("on_publish", "on_play", "on_unpublish", "on_stop")


def test_a_reload_that_takes_hold_away_ends_it(make_server):
    server = make_server(holding(more=FORMATS % "flv"), http="")
    publish_and_drop(server, 0)
    server.wait_log("hold /live/s")
    with HttpPlayer(server.http_port, "/live/s.flv") as player:
        player.wait_media(GOP)
        server.reload("vhost __defaultVhost__ { %s }" % (FORMATS % "flv"))
        player.wait_end()


@pytest.mark.parametrize("is_held", [False, True], ids=["live", "held"])
def test_a_server_that_stops_waits_for_no_publisher(make_server, is_held):
    server = make_server(holding("1h", FORMATS % "flv"), http="")
    client = connected(server)
    client.send_tags(numbered(0, GOP))
    with HttpPlayer(server.http_port, "/live/s.flv") as player:
        player.wait_media(GOP)
        if is_held:
            client.close()
            server.wait_log("hold /live/s")
        server.stop()
    assert "have not ended" not in server.log


@pytest.mark.xdist_group("browser")
def test_mpegts_js_plays_over_a_publisher_that_is_killed(site):
    server = site(holding(more=FORMATS % "flv"))
    clip = media.clip("h264_aac_plain.flv")
    page = Browser()
    try:
        with media.ffmpeg_publish(clip, server.url()) as publisher:
            page.open(server.http_url("/players/srs_player.html") + "?stream=s&app=live")
            page.wait_playing(1, 10)
            publisher.process.kill()
        server.wait_log("hold /live/s")
        stopped = until(lambda: standing(page), "the picture to stop", 20)
        with media.ffmpeg_publish(clip, server.url()) as again:
            until(lambda: page.facts()["frames"] >= stopped["frames"] + 25, "the picture to move again", 20)
            facts = page.facts()
            again.process.kill()
    finally:
        page.close()
    assert facts["time"] > stopped["time"] and not facts["error"], (stopped, facts)
    assert len(re.findall(r"start play /live/s", server.log)) == 1


def standing(page):
    """What a page that does not play any more has shown."""
    before = page.facts()
    return before if page.run("const v = document.querySelector('video'); return v.readyState < 3") else None


def test_ffmpeg_plays_over_a_publisher_that_is_killed(make_server):
    server = make_server(holding(more=FORMATS % "flv"), http="")
    clip = media.clip("h264_aac_plain.flv")
    with media.ffmpeg_publish(clip, server.url()) as publisher:
        server.wait_log("start publish")
        with media.ffmpeg_play(server.http_url("/live/s.flv")) as player:
            server.wait_log("start play /live/s")
            publisher.process.kill()
            server.wait_log("hold /live/s")
            with media.ffmpeg_publish(clip, server.url()) as again:
                again.ends()
            server.reload("vhost __defaultVhost__ { %s }" % (FORMATS % "flv"))
            packets = media.parse_framemd5(player.ends())
    whole = media.framemd5(clip)
    for kind in ("video", "audio"):
        times = [p.dts for p in packets if p.kind == kind]
        assert times == sorted(times)
        assert max(b - a for a, b in zip(times, times[1:])) <= 1100
        assert [p.hash for p in packets if p.kind == kind][-20:] == [p.hash for p in whole if p.kind == kind][-20:]


# -- a backup -----------------------------------------------------------------------------------------------------------

class Endless:
    """A publisher that goes on until it is dropped; pictures and sound name its turn."""

    def __init__(self, server, stream, turn):
        start_ms = turn * 7919000 % 3600000
        tags = Numbered(gop=GOP, name="p%03d" % turn, start_ms=start_ms).tags()
        self.client = server.publisher(stream)
        self.feeder = rtmp.Feeder(self.client, (t._replace(ts=max(t.ts, start_ms)) for t in tags))

    def drop(self, how="close"):
        self.feeder.stop()
        self.feeder.check()
        drop(self.client, how)


def with_backup(more="", hold="30s"):
    return "vhost __defaultVhost__ { publish { hold %s; backup [stream]_b; } %s }" % (hold, FORMATS % "flv" + more)


MAIN, BACKUP = 1, 2


@contextlib.contextmanager
def without_publisher(server, stands_in=None, **how):
    """A player whose publisher has dropped; it has had frames of what stands in, if something does."""
    first = Endless(server, "s", MAIN)
    with HttpPlayer(server.http_port, "/live/s.flv", **how) as player:
        player.until(lambda: has_last(player.media(), MAIN), "the publisher")
        first.drop()
        if stands_in is not None:
            player.until(lambda: has_last(player.media(), stands_in), "frames of p%03d" % stands_in)
        yield player


def test_a_backup_plays_while_the_publisher_is_away(make_server):
    server = make_server(with_backup(HLS), http="", api="")
    api = Api(server)
    backup, first = Endless(server, "s_b", BACKUP), Endless(server, "s", MAIN)
    with HttpPlayer(server.http_port, "/live/s.flv") as player, server.player() as over_rtmp, \
            Watch(server.http_url("/live/s.m3u8"), lingers=False, bandwidth=None) as watch:
        player.until(lambda: has_last(player.media(), MAIN), "the publisher")
        watch.wait_segments(1)
        first.drop("reset")
        player.until(lambda: has_last(player.media(), BACKUP), "the backup")
        assert api.stream("s")["publish"] == {"active": False, "held": True, "stand_in": "backup",
                                              "cid": api.stream("s")["publish"]["cid"]}
        watch.wait_segments(len(watch.media[0].segments) + 2)
        again = Endless(server, "s", 3)
        player.until(lambda: has_last(player.media(), 3), "the publisher that is back")
        over_rtmp.wait(lambda m: m.type == VIDEO and turn_of(m) == 3, what="the publisher that is back")
        assert api.stream("s")["publish"]["active"] and "stand_in" not in api.stream("s")["publish"]
        for own in player.media(), over_rtmp.media():
            assert_whole(own, (MAIN, BACKUP, 3))
        watch.wait_segments(len(watch.media[0].segments) + 2)
        again.drop()
    backup.drop()


def test_a_backup_that_drops_is_waited_for_like_the_publisher(make_server):
    server = make_server(with_backup(), http="")
    backup = Endless(server, "s_b", BACKUP)
    with without_publisher(server, BACKUP) as player:
        backup.drop()
        server.wait_log("hold /live/s until(.|\n)*hold /live/s until")
        backup = Endless(server, "s_b", 4)
        player.until(lambda: has_last(player.media(), 4), "the backup that is back")
        again = Endless(server, "s", 5)
        player.until(lambda: has_last(player.media(), 5), "the publisher that is back")
        assert_whole(player.media(), (MAIN, BACKUP, 4, 5))
        again.drop()
        backup.drop()


def wait_more(watch):
    """Wait for two more segments of DASH, in whatever period."""
    before = sum(map(len, watch.segments.values()))
    until(lambda: sum(map(len, watch.segments.values())) >= before + 4, "more segments", 30)


def test_dash_goes_on_over_a_drop_and_a_backup(make_server):
    server = make_server(with_backup("dash { enabled on; dash_fragment 1; dash_path ./html; }"), http="")
    first = Endless(server, "s", MAIN)
    # Sound and pictures of a publisher that drops do not end at one time: where the next one begins, there is a step in one of them.
    with DashWatch(server.http_url("/live/s.mpd"), ignore={"timeline-gap"}) as watch:
        wait_more(watch)
        first.drop()
        server.wait_log("hold /live/s")
        again = Endless(server, "s", 3)
        wait_more(watch)
        backup = Endless(server, "s_b", BACKUP)
        again.drop("reset")
        server.wait_log("backup stands in for the publisher of /live/s")
        wait_more(watch)
        last = Endless(server, "s", 5)
        server.wait_log("in place of its backup")
        wait_more(watch)
        last.drop()
        backup.drop()


def test_players_over_websocket_stay(make_server):
    server = make_server(with_backup(), http="")
    backup = Endless(server, "s_b", BACKUP)
    with without_publisher(server, BACKUP, websocket=True) as player:
        again = Endless(server, "s", 3)
        player.until(lambda: has_last(player.media(), 3), "the publisher that is back")
        assert_whole(player.media(), (MAIN, BACKUP, 3))
        again.drop()
    backup.drop()


def test_a_backup_of_another_codec_brings_its_headers(make_server):
    server = make_server(with_backup(), http="")
    backup = rtmp.Feeder(server.publisher("s_b"), media.loop("hevc_aac.mp4"))
    first = Endless(server, "s", MAIN)
    with HttpPlayer(server.http_port, "/live/s.flv") as player:
        player.until(lambda: has_last(player.media(), MAIN), "the publisher")
        before = len(player.media())
        first.drop()
        player.wait_media(before + 60)
        again = Endless(server, "s", 3)
        player.until(lambda: has_last(player.media(), 3), "the publisher that is back")
        own = player.media()
        video = [m for m in own if m.type == VIDEO]
        configs = [m for m in video if is_config(m)]
        assert [bool(m.payload[0] & 0x80) for m in configs] == [False, True, False]      # enhanced RTMP has HEVC
        assert all(is_key(video[video.index(c) + 1]) for c in configs)
        times = [m.ts for m in video]
        assert times == sorted(times)
        again.drop()
    backup.finish()


def test_a_publisher_that_sends_nothing_leaves_the_backup_on(make_server):
    server = make_server(with_backup(), http="")
    backup = Endless(server, "s_b", BACKUP)
    with without_publisher(server, BACKUP) as player:
        silent = server.publisher("s")
        silent.barrier()
        seen = len(player.media())
        player.wait_media(seen + 20)
        assert turn_of(player.media()[-1]) == BACKUP
        silent.close()
        player.wait_media(seen + 40)
        again = Endless(server, "s", 3)
        player.until(lambda: has_last(player.media(), 3), "the publisher that is back")
        again.drop()
    backup.drop()


def test_a_server_stops_while_a_backup_plays(make_server):
    server = make_server(with_backup(), http="")
    backup = Endless(server, "s_b", BACKUP)
    with without_publisher(server, BACKUP) as player:
        backup.feeder.stop()
        server.stop()
        backup.client.close()
    assert "have not ended" not in server.log


# -- a slate ------------------------------------------------------------------------------------------------------------

SLATE = 900


@pytest.fixture
def slate(tmp_path):
    """A clip of a second, whose frames name their turn."""
    path = str(tmp_path / "slate.flv")
    flv.write(path, Numbered(gop=GOP, name="p%03d" % SLATE).tags(25))
    return path


def with_slate(path, publish="", more="", hold="30s"):
    return "vhost __defaultVhost__ { publish { hold %s; slate %s; %s } %s }" % (hold, path, publish, FORMATS % "flv" + more)


def test_a_slate_is_shown_again_and_again_until_the_publisher_is_back(make_server, slate):
    server = make_server(with_slate(slate, more=HLS), http="", api="")
    first = Endless(server, "s", MAIN)
    with HttpPlayer(server.http_port, "/live/s.flv") as player, server.player() as over_rtmp, \
            Watch(server.http_url("/live/s.m3u8"), lingers=False, bandwidth=None) as watch:
        player.until(lambda: has_last(player.media(), MAIN), "the publisher")
        watch.wait_segments(1)
        first.drop("reset")
        player.until(lambda: sum(turn_of(m) == SLATE and m.type == VIDEO for m in player.media()) > 60, "three rounds of the slate")
        assert Api(server).stream("s")["publish"]["stand_in"] == "slate"
        again = Endless(server, "s", 3)
        player.until(lambda: has_last(player.media(), 3), "the publisher that is back")
        over_rtmp.wait(lambda m: m.type == VIDEO and turn_of(m) == 3, what="the publisher that is back")
        watch.wait_segments(len(watch.media[0].segments) + 2)
        for own in player.media(), over_rtmp.media():
            assert_whole(own, (MAIN, SLATE, 3))
            times = [m.ts for m in own if m.type == VIDEO and turn_of(m) == SLATE]
            assert max(b - a for a, b in zip(times, times[1:])) <= 120, times
        again.drop()


def test_a_publisher_that_comes_back_inside_a_gop_is_shown_from_its_key_frame_on(make_server, slate):
    server = make_server(with_slate(slate), http="")
    with without_publisher(server, SLATE) as player:
        stream = Numbered(gop=20, name="p003")
        again = rtmp.Feeder(server.publisher("s"), itertools.chain(stream.configs(), stream.frames(1)))
        player.until(lambda: has_last(player.media(), 3), "the publisher that is back")
        player.wait_media(len(player.media()) + 10)
        assert_whole(player.media(), (MAIN, SLATE, 3))
        shown = [m for m in player.media() if turn_of(m) in (SLATE, 3)]
        assert flv.number_of(next(m for m in shown if turn_of(m) == 3)) == (VIDEO, 20)
        times = [m.ts for m in shown if m.type == VIDEO]
        assert max(b - a for a, b in zip(times, times[1:])) <= 200, times                # the slate went on until then
        again.finish()


@pytest.mark.parametrize("ext", ["flv", "mp4", "fragmented.mp4"])
def test_a_slate_of_other_codecs_brings_its_headers(make_server, tmp_path, ext):
    path = media.clip("hevc_aac.mp4")
    if ext == "fragmented.mp4":
        path = str(tmp_path / ext)
        media.run(media.FFMPEG + ["-i", media.clip("hevc_aac.mp4"), "-c", "copy", "-movflags", "empty_moov+frag_keyframe", path])
    if ext == "flv":
        path = str(tmp_path / "slate.flv")
        flv.write(path, media.tags("hevc_aac.mp4"))
    server = make_server(with_slate(path), http="")
    first = Endless(server, "s", MAIN)
    with HttpPlayer(server.http_port, "/live/s.flv") as player:
        player.until(lambda: has_last(player.media(), MAIN), "the publisher")
        before = len(player.media())
        first.drop()
        player.wait_media(before + 60)
        again = Endless(server, "s", 3)
        player.until(lambda: has_last(player.media(), 3), "the publisher that is back")
        video = [m for m in player.media() if m.type == VIDEO]
        configs = [m for m in video if is_config(m)]
        assert [bool(m.payload[0] & 0x80) for m in configs] == [False, True, False]      # enhanced RTMP has HEVC
        assert all(is_key(video[video.index(c) + 1]) for c in configs)
        assert [m.ts for m in video] == sorted(m.ts for m in video)
        sound = [m for m in player.media() if m.type == AUDIO and turn_of(m) is None]
        assert len(sound) > 20 and sum(map(is_config, sound)) == 3
        again.drop()


def test_a_backup_comes_before_the_slate(make_server, slate):
    server = make_server(with_slate(slate, "backup [stream]_b;"), http="")
    with without_publisher(server, SLATE) as player:
        backup = Endless(server, "s_b", BACKUP)
        player.until(lambda: has_last(player.media(), BACKUP), "the backup")
        backup.drop()
        player.until(lambda: has_last(player.media(), SLATE), "the slate again")
        again = Endless(server, "s", 3)
        player.until(lambda: has_last(player.media(), 3), "the publisher that is back")
        assert_whole(player.media(), (MAIN, SLATE, BACKUP, SLATE, 3))
        again.drop()


def test_a_slate_is_shown_until_the_first_frame_of_a_delayed_publisher_comes_out(make_server, slate):
    server = make_server(with_slate(slate, more="delay 1;"), http="")
    with without_publisher(server, SLATE) as player:
        again = Endless(server, "s", 3)
        player.until(lambda: has_last(player.media(), 3), "the publisher that is back")
        assert_whole(player.media(), (MAIN, SLATE, 3))
        times = [m.ts for m in player.media() if m.type == VIDEO and turn_of(m) in (SLATE, 3)]
        assert max(b - a for a, b in zip(times, times[1:])) <= 200, times
        again.drop()


def test_a_backup_that_sends_no_key_frame_leaves_the_slate_on(make_server, slate):
    server = make_server(with_slate(slate, "backup [stream]_b;"), http="")
    silent = server.publisher("s_b")
    silent.send_tags(Numbered(name="p002").configs())
    silent.barrier()
    with without_publisher(server, SLATE) as player:
        backup = rtmp.Feeder(silent, Numbered(gop=GOP, name="p002").frames())
        player.until(lambda: has_last(player.media(), BACKUP), "the backup")
        assert_whole(player.media(), (MAIN, SLATE, BACKUP))
        backup.finish()


def test_stand_ins_change_behind_a_publisher_that_sends_nothing(make_server, slate):
    server = make_server(with_slate(slate, "backup [stream]_b;"), http="")
    with without_publisher(server, SLATE) as player:
        silent = server.publisher("s")
        silent.barrier()
        backup = Endless(server, "s_b", BACKUP)
        player.until(lambda: has_last(player.media(), BACKUP), "the backup")
        backup.drop()
        player.until(lambda: has_last(player.media(), SLATE), "the slate again")
        again = rtmp.Feeder(silent, Numbered(gop=GOP, name="p003").tags())
        player.until(lambda: has_last(player.media(), 3), "the publisher that is back")
        assert_whole(player.media(), (MAIN, SLATE, BACKUP, SLATE, 3))
        again.finish()


@pytest.mark.long
@pytest.mark.xdist_group("browser")
def test_mpegts_js_plays_on_over_a_slate_of_the_same_encoder(site):
    clip = media.clip("h264_aac_plain.flv")
    server = site(with_slate(clip))
    page = Browser()
    try:
        first = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_plain.flv"))
        page.open(server.http_url("/players/srs_player.html") + "?stream=s&app=live")
        page.wait_playing(1, 10)
        first.finish(unpublish=False)
        server.wait_log("slate stands in for the publisher of /live/s")
        shown = page.wait_playing(3, 50)
        again = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_plain.flv"))
        server.wait_log("in place of its slate")
        facts = page.wait_playing(3, 50)
        ranges = page.run("return document.querySelector('video').buffered.length")
        again.finish()
    finally:
        page.close()
    assert facts["time"] > shown["time"] and not facts["error"] and ranges == 1
    assert len(re.findall(r"start play /live/s", server.log)) == 1


def test_ffmpeg_plays_over_a_slate(make_server):
    server = make_server(with_slate(media.clip("hevc_aac.mp4")), http="")
    clip = media.clip("h264_aac_plain.flv")
    with media.ffmpeg_publish(clip, server.url()) as publisher:
        server.wait_log("start publish")
        with media.ffmpeg_play(server.http_url("/live/s.flv")) as player:
            server.wait_log("start play /live/s")
            publisher.process.kill()
            server.wait_log("slate stands in for the publisher of /live/s")
            with media.ffmpeg_publish(clip, server.url()) as again:
                server.wait_log("in place of its slate")
                again.ends()
            server.reload("vhost __defaultVhost__ { %s }" % (FORMATS % "flv"))
            packets = media.parse_framemd5(player.ends())
    for kind in ("video", "audio"):
        times = [p.dts for p in packets if p.kind == kind]
        assert times == sorted(times)
    pictures = [p.hash for p in media.framemd5(clip) if p.kind == "video"]
    played = [p.hash for p in packets if p.kind == "video" and p.hash in pictures]       # the others are of the slate
    assert played[-len(pictures):] == pictures


def test_a_slate_ends_with_the_hold(make_server, slate):
    server = make_server(with_slate(slate, hold="2s"), http="")
    with without_publisher(server) as player:
        player.wait_end()
        assert any(turn_of(m) == SLATE for m in player.media())


def test_a_reload_changes_the_slate_while_it_is_shown(make_server, slate, tmp_path):
    other = str(tmp_path / "other.flv")
    flv.write(other, Numbered(gop=GOP, name="p901").tags(25))
    server = make_server(with_slate(slate), http="")
    with without_publisher(server, SLATE) as player:
        server.reload(with_slate(other))
        player.until(lambda: has_last(player.media(), 901), "the other slate")
        server.reload(holding("30s", FORMATS % "flv"))
        again = Endless(server, "s", 3)
        player.until(lambda: has_last(player.media(), 3), "the publisher that is back")
        assert_whole(player.media(), (MAIN, SLATE, 901, 3))
        again.drop()


@pytest.mark.parametrize("what", ["missing", "no media", "a header alone", "configurations alone", "torn"])
def test_a_file_that_cannot_be_shown_leaves_the_stream_held(make_server, tmp_path, what):
    path = str(tmp_path / "slate.flv")
    whole = flv.header() + b"".join(flv.pack(t) for t in Numbered().tags(1))
    content = {"missing": None, "no media": b"text" * 1000, "a header alone": flv.header(),
               "configurations alone": flv.header() + b"".join(flv.pack(t) for t in Numbered().configs()), "torn": whole[:40]}[what]
    if content is not None:
        with open(path, "wb") as f:
            f.write(content)
    server = make_server(with_slate(path), http="")
    with without_publisher(server) as player:
        server.wait_log("the slate of /live/s is not shown")
        again = Endless(server, "s", 3)
        player.until(lambda: has_last(player.media(), 3), "the publisher that is back")
        assert server.log.count("is not shown") == 1            # The next absence is another try.
        again.drop()


# -- the example files --------------------------------------------------------------------------------------------------

def example(make_server, tmp_path, name):
    """A server with a file of conf/, on ports of its own."""
    with open(os.path.join(media.ROOT, "conf", name)) as f:
        text = f.read()
    http_port, port = free_port(), free_port()
    for old, new in (("listen              1935", "listen %d" % port), ("listen          8080", "listen %d" % http_port),
                     ("./doc/", os.path.join(media.ROOT, "doc", ""))):
        text = text.replace(old, new)
    return make_server(text=text + "pid %s;\n" % (tmp_path / "pid"), listen=[port]), http_port


def test_the_example_holds_a_stream(make_server, tmp_path):
    server, port = example(make_server, tmp_path, "publish.hold.conf")
    publish_and_drop(server, 0)
    server.wait_log("hold /live/s")
    with HttpPlayer(port, "/live/s.flv") as player:
        publish_and_drop(server, 1)
        player.until(lambda: has_last(player.media(), 1), "the publisher that is back")


def test_the_example_shows_a_slate_and_a_backup(make_server, tmp_path):
    server, port = example(make_server, tmp_path, "publish.slate.conf")
    publish_and_drop(server, 0)
    server.wait_log("slate stands in for the publisher of /live/s")
    with HttpPlayer(port, "/live/s.flv") as player:
        player.wait_media(20)
        backup = Endless(server, "s_backup", BACKUP)
        player.until(lambda: has_last(player.media(), BACKUP), "the backup")
        publish_and_drop(server, 3)
        player.until(lambda: any(turn_of(m) == 3 for m in player.media()), "the publisher that is back")
        backup.drop()
