"""Recorded files that are played over RTMP: `play { vod; }`."""
import json
import os
import random
import shutil
import urllib.request

import pytest

import amf0
import flv
import media
import recordings
import rtmp
import srs
from hook_backend import hooks
from wait import until

CONF = "vhost __defaultVhost__ { play { vod ./rec; wait 1; } %s }"
SECONDS = 12


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Twelve seconds of a clip, with a key frame each second."""
    folder = tmp_path_factory.mktemp("films")
    for name, args in (("film.flv", []), ("film.mp4", []), ("fast.mp4", ["-movflags", "+faststart"])):
        media.run(media.FFMPEG + ["-i", media.clip("minute.flv"), "-t", str(SECONDS), "-c", "copy", *args, str(folder / name)])
    return folder


def serve(make_server, films, more="", **how):
    server = make_server(CONF % more, **how)
    server.folder_of_films = os.path.join(server.folder, "rec", "live")
    shutil.copytree(films, server.folder_of_films)
    return server


def http_json(url):
    with urllib.request.urlopen(url) as reply:
        return json.load(reply)


def pictures(packets):
    return [(p.size, p.hash) for p in packets if p.kind == "video"]


@pytest.mark.parametrize("stream, name", [("film.flv", "film.flv"), ("mp4:film.mp4", "film.mp4"), ("fast.mp4", "fast.mp4")])
def test_ffmpeg_plays_a_file_to_its_end(make_server, films, stream, name):
    server = serve(make_server, films)
    argv = media.FFMPEG + ["-rtmp_buffer", "30000", "-i", server.url("live/" + stream), "-c", "copy", "-f", "framemd5", "-"]
    with media.Program(argv) as player:
        played = media.parse_framemd5(player.ends(60))
    whole = media.framemd5(str(films / name))
    media.compare_packets(whole, played, apart_ms=40)
    server.wait_log(r"the file has been sent")


@pytest.mark.sample(2)
@pytest.mark.parametrize("stream", ["film.flv", "film.mp4"])
def test_ffmpeg_knows_the_duration_and_seeks(make_server, films, stream):
    server = serve(make_server, films)
    url = server.url("live/" + stream)
    assert recordings.duration(url) == pytest.approx(SECONDS, abs=0.2)
    argv = media.FFMPEG + ["-rtmp_buffer", "2000", "-ss", "5.4", "-i", url, "-c", "copy", "-f", "framemd5", "-"]
    seen = media.parse_framemd5(media.run(argv, 60).stdout.decode())
    whole = pictures(media.framemd5(str(films / stream)))
    server.wait_log(r"player seeks to 5\d\d\d ms")
    assert pictures(seen)[-5:] == whole[-5:] and len(pictures(seen)) <= 25 * 7 + 2


@pytest.mark.sample(2)
@pytest.mark.parametrize("ending", ["flv", "mp4"])
def test_rtmpdump_begins_at_a_time(make_server, films, tmp_path, ending):
    server = serve(make_server, films)
    whole = pictures(media.framemd5(str(films / ("film." + ending))))
    for args, first in (([], 0), (["--start", "5.4"], 5), (["-A", "7"], 6 if ending == "mp4" else 7)):
        out = str(tmp_path / "out.flv")
        name = "mp4:film.mp4" if ending == "mp4" else "film"
        with media.Program(["rtmpdump", "-q", "-r", server.url("live"), "-y", name, *args, "-o", out]) as player:
            player.ends(60, ok=(0, 2))
        assert pictures(media.framemd5(out)) == whole[first * 25:], args


# ---- a conversation ----------------------------------------------------------------------------------------------

def last_ts(player):
    return max([t.ts for t in player.media() if t.type == flv.VIDEO] or [-1])


def info_of(player):
    data = player.wait(lambda m: m.type == flv.SCRIPT and amf0.decode(m.payload)[0] == "onMetaData", what="onMetaData")
    return amf0.decode(data.payload)[1]


def test_a_player_hears_of_the_end_and_may_seek_back(make_server, films):
    server = serve(make_server, films)
    with server.client() as player:
        player.call("setBufferLength", None)
        player.play("film.flv", 8000.0)
        assert info_of(player)["duration"] == pytest.approx(SECONDS, abs=0.2)
        complete = player.wait(lambda m: m.type == flv.SCRIPT and amf0.decode(m.payload)[0] == "onPlayStatus", 20, "onPlayStatus")
        assert amf0.decode(complete.payload)[1]["code"] == "NetStream.Play.Complete"
        player.wait_status("NetStream.Play.Stop")
        first = next(t for t in player.media() if flv.is_key(t))
        assert first.ts == 8000 or first.ts == 7920                     # the key frame at 8 s, by the time of decoding
        n = len(player.media())
        player.call("seek", None, 10400.0, msid=player.msid, tid=0)
        player.wait_status("NetStream.Seek.Notify")
        until(lambda: len(player.media()) > n + 20 or not player.pump(10), "the frames after")
        assert next(t for t in player.media()[n:] if flv.is_key(t)).ts in (10000, 9920)


def test_a_paused_player_gets_nothing_and_the_rest_afterwards(make_server, films):
    server = serve(make_server, films)
    with server.player("film.flv") as player:
        player.wait_media(10)
        player.call("pause", None, True, 0.0, msid=player.msid, tid=0)
        player.wait_status("NetStream.Pause.Notify")
        n, ts = len(player.media()), last_ts(player)
        assert ts < 8000                                                # by the time, and some seconds ahead
        player.barrier()
        assert len(player.media()) == n
        player.call("pause", None, False, float(ts), msid=player.msid, tid=0)
        player.wait_status("NetStream.Unpause.Notify")
        until(lambda: last_ts(player) >= ts + 2000 or not player.pump(10), "the frames after")
        sent = [t.ts for t in player.media() if t.type == flv.VIDEO and not flv.is_config(t)]
        assert sent == sorted(sent) and len(set(sent)) == len(sent)


def test_names_that_lead_elsewhere_are_refused(make_server, films):
    server = serve(make_server, films)
    secret = os.path.join(server.folder, "secret.flv")
    shutil.copy(films / "film.flv", secret)
    os.symlink(secret, os.path.join(server.folder_of_films, "link.flv"))
    os.mkfifo(os.path.join(server.folder_of_films, "pipe.flv"))
    os.mkdir(os.path.join(server.folder_of_films, "folder.flv"))
    for name in ("link.flv", "pipe.flv", "folder.flv", "none.flv", "mp4:none", "mp4:film.flv/x", secret, "%2e%2e/secret.flv",
                 "../../secret.flv", "mp4:../../secret.flv"):
        with server.client() as player:
            with pytest.raises((rtmp.Refused, rtmp.Closed)):
                player.play(name)
                player.wait_media(1)
            assert player.media() == []
    with server.player("film.flv") as player:
        player.wait_media(5)


def test_files_that_are_not_what_they_say_end_the_play(make_server, films):
    server = serve(make_server, films)
    film = open(films / "film.flv", "rb").read()
    fast = open(films / "fast.mp4", "rb").read()
    bad = {"noise.flv": os.urandom(50000), "noise.mp4": os.urandom(50000), "empty.flv": b"", "empty.mp4": b"",
           "cut.flv": film[:len(film) // 2 + 3], "cut.mp4": fast[:len(fast) // 2], "hole.flv": film[:9000] + b"\xff" * 5000 + film[14000:]}
    for name, data in bad.items():
        with open(os.path.join(server.folder_of_films, name), "wb") as f:
            f.write(data)
        with server.client() as player:
            try:
                player.play(name)
                player.wait_status("NetStream.Play.Stop") if name != "cut.flv" else player.wait_media(5)
            except (rtmp.Refused, rtmp.Closed):
                pass
    assert server.alive()
    with server.player("film.mp4") as player:
        player.wait_media(5)


def test_a_live_stream_of_the_name_comes_first(make_server, films):
    server = serve(make_server, films)
    with server.publisher("film") as publisher:
        publisher.send_tags(flv.Numbered().tags(count=5))
        with server.player("film") as player:
            player.wait_media(3)
            assert flv.number_of([t for t in player.media() if t.type == flv.VIDEO][-1]) is not None
    with server.client() as player:                                     # live only: no file
        player.play("film", -1000.0)
        player.wait_status("NetStream.Play.StreamNotFound")


def test_files_are_for_those_who_may_play(make_server, films, backend):
    server = serve(make_server, films, hooks(backend, "on_play", "on_stop"))
    with server.player("film.flv") as player:
        player.wait_media(5)
    backend.wait("on_play", "on_stop")
    assert backend.of("on_play")[0].json["stream"] == "film.flv"
    server.reload("vhost __defaultVhost__ { play { vod ./rec; } security { enabled on; deny play all; } }")
    with server.client() as player:
        with pytest.raises((rtmp.Refused, rtmp.Closed)):
            player.play("film.flv")
            player.wait_media(1)
    server.reload("vhost __defaultVhost__ { play { wait 0; } }")        # without the directive there are no files
    with server.client() as player:
        player.play("film.flv")
        player.wait_status("NetStream.Play.StreamNotFound")


def test_the_example_records_and_plays_what_it_has_recorded(make_server):
    with open(os.path.join(media.ROOT, "conf", "vod.conf")) as f:
        text = f.read()
    server = make_server(start=False)
    server.http_port = srs.free_port()
    text = text.replace("1935;", "%d;" % server.port).replace("8080;", "%d;" % server.http_port)
    text = text.replace("srs_log_tank        console;", "srs_log_tank file; srs_log_file %s; pid %s;" % (server.log_path, server.pid_path))
    server.write_conf("", text=text)
    server.start()
    clip = media.clip("h264_aac.flv")
    with media.ffmpeg_publish(clip, server.url("live/cam"), 20) as publisher:
        publisher.ends()
    path, = recordings.wait_files(os.path.join(server.folder, "objs"), 1)
    name = os.path.basename(path)
    argv = media.FFMPEG + ["-rtmp_buffer", "30000", "-i", server.url("live/" + name), "-c", "copy", "-f", "framemd5", "-"]
    with media.Program(argv) as player:
        media.compare_packets(media.framemd5(clip), media.parse_framemd5(player.ends(60)), apart_ms=2)
    part = media.framemd5("http://127.0.0.1:%d/rec/live/%s?start=2.5" % (server.http_port, name))
    assert len(pictures(part)) == 50


@pytest.mark.parametrize("clip, kinds", [("hevc_aac.mp4", (flv.VIDEO, flv.AUDIO)), ("av1_opus.mp4", (flv.VIDEO,)),
                                         ("h264_mp3.flv", (flv.VIDEO, flv.AUDIO)), ("aac.flv", (flv.AUDIO,))])
def test_codecs_are_those_of_the_file(make_server, films, clip, kinds):
    """Opus of MP4 has no place here: the pictures are played alone."""
    server = serve(make_server, films)
    shutil.copy(media.clip(clip), os.path.join(server.folder_of_films, clip))
    with server.player(clip) as player:
        player.wait_status("NetStream.Play.Stop")
        played = [t for t in player.media() if not flv.is_end(t)]
    sent = [t for t in media.tags(clip) if not flv.is_end(t)]
    assert {t.type for t in played} == set(kinds)
    for kind in kinds:
        ours, theirs = ([t for t in tags if t.type == kind and not flv.is_config(t)] for tags in (played, sent))
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs):
            assert a.payload.endswith(b.payload[8:]) and flv.is_key(a) == flv.is_key(b)
        configs = [t.payload for t in played if t.type == kind and flv.is_config(t)]
        assert len(configs) == (0 if clip == "h264_mp3.flv" and kind == flv.AUDIO else 1)


def test_a_player_of_a_file_is_a_client_like_others(make_server, films):
    server = serve(make_server, films, api="")
    url = "http://127.0.0.1:%d/api/v1/" % server.api_port
    with server.player("film.flv") as player:
        player.wait_media(5)
        client, = http_json(url + "clients/")["clients"]
        assert client["type"] == "rtmp-play" and client["name"] == "film.flv" and not client["publish"]
        urllib.request.urlopen(urllib.request.Request(url + "clients/" + client["id"], method="DELETE"))
        player.wait_closed()
    until(lambda: http_json(url + "streams/")["streams"] == [], "the stream to be gone")


def test_players_that_seek_wildly_and_leave_leave_nothing_behind(make_server, films):
    server = serve(make_server, films)

    def fds():
        return len(os.listdir("/proc/%d/fd" % server.pid))

    with server.player("film.flv") as player:                           # threads have started
        player.wait_media(5)
    before = fds()
    choose = random.Random(7)
    for i in range(60):
        player = server.client()
        player.play(choose.choice(["film.flv", "film.mp4", "fast.mp4"]), choose.choice([0.0, 5000.0, 11000.0]))
        for _ in range(choose.randrange(6)):
            player.call("seek", None, float(choose.randrange(-1000, 20000)), msid=player.msid, tid=0)
            player.call("pause", None, choose.random() < 0.5, 0.0, msid=player.msid, tid=0)
        if i % 3 == 0:
            player.flush()
        player.reset() if i % 2 else player.close()
    until(lambda: fds() <= before, lambda: "%d descriptors, there were %d" % (fds(), before))
    with server.player("film.mp4") as player:
        player.wait_media(5)
