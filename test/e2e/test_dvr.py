"""Recording: files of published streams, looked at by ffprobe and played by ffmpeg to their ends."""
import os
import re

import pytest

import amf0
import flv
import media
import recordings
import rtmp
from hook_backend import hooks
from wait import until

CONF = "vhost __defaultVhost__ { dvr { enabled on; dvr_path %s; %s } %s }"


def serve(make_server, path="./rec/[app]/[stream].[timestamp].flv", more="", block="", **how):
    server = make_server(CONF % (path, more, block), **how)
    server.recordings = os.path.join(server.folder, "rec")
    return server


def publish(server, clip, stream="s", rate=20.0):
    with media.ffmpeg_publish(media.clip(clip), server.url("live/" + stream), rate) as p:
        p.ends()


def feed(server, clip, speed):
    """
    Publish the tags of a clip, enhanced where they must be, to their end. The first of both kinds come at once: a recording that
    begins before a sound without a configuration (MP3) has come is another one.
    """
    tags, publisher = media.tags(clip), server.publisher("s")
    publisher.send_tags(tags[:12])
    feeder = rtmp.Feeder(publisher, tags[12:], speed)
    feeder.join()
    feeder.finish()


def compare(clip, path):
    media.compare_packets(media.framemd5(media.clip(clip)), media.framemd5(path), apart_ms=2)


def test_a_publish_is_one_file_with_all_that_was_published(make_server, backend):
    server = serve(make_server, block=hooks(backend, "on_publish", "on_dvr", "on_unpublish"))
    publish(server, "h264_aac.flv", "s?token=1")
    path, = recordings.wait_files(server.recordings, 1)
    compare("h264_aac.flv", path)
    backend.wait("on_publish", "on_dvr", "on_unpublish")
    published, told = backend.of("on_publish")[0].json, backend.of("on_dvr")[0]
    assert told.keys == ["server_id", "service_id", "action", "client_id", "ip", "vhost", "app", "tcUrl", "stream", "param",
                           "cwd", "file", "stream_url", "stream_id"]
    told = told.json
    for key in ("server_id", "service_id", "client_id", "ip", "vhost", "app", "tcUrl", "stream", "param", "stream_url", "stream_id"):
        assert told[key] == published[key], key
    assert os.path.samefile(os.path.join(told["cwd"], told["file"]), path)
    assert re.fullmatch(r"\./rec/live/s\.\d{13}\.flv", told["file"])


def test_the_metadata_tell_duration_size_and_key_frames(make_server):
    server = serve(make_server)
    publish(server, "h264_aac.flv")
    path, = recordings.wait_files(server.recordings, 1)
    info = amf0.decode(flv.read(path)[0].payload)[1]
    source = media.framemd5(media.clip("h264_aac.flv"))
    tracks = [[p.dts for p in source if p.kind == kind] for kind in ("video", "audio")]
    begin, end = min(t[0] for t in tracks), max(2 * t[-1] - t[-2] for t in tracks)
    assert abs(info["duration"] * 1000 - (end - begin)) <= 40, (info["duration"], begin, end)
    assert abs(recordings.duration(path) - info["duration"]) < 0.001
    assert info["filesize"] == os.path.getsize(path) and info["width"] == 160
    index = info["keyframes"]
    assert not media.run(media.FFMPEG + ["-i", path, "-f", "null", "-"]).stderr
    at, keys = len(flv.header()), {}
    for tag in flv.read(path):
        if flv.is_key(tag):
            keys[at] = tag.ts
        at += len(flv.pack(tag))
    assert dict(zip(index["filepositions"], [round(s * 1000) for s in index["times"]])) == keys and len(keys) > 2


def decoded(path, kind="v"):
    """The pictures or sounds of a file, decoded."""
    return [line.split(",")[-1].strip() for line in media.run(media.FFMPEG + [
        "-i", path, "-map", "0:" + kind, "-f", "framemd5", "-"]).stdout.decode().splitlines() if not line.startswith("#")]


def test_the_largest_time_gives_a_duration(make_server):
    server = serve(make_server, more="time_jitter off;")
    tags = media.tags("h264_aac.flv")[:60]
    with server.publisher("s") as publisher:
        publisher.send_tags(tags)
        publisher.send_tag(next(t for t in reversed(tags) if t.type == flv.VIDEO)._replace(ts=2**31 - 1))
        publisher.barrier()
    path, = recordings.wait_files(server.recordings, 1)
    assert amf0.decode(flv.read(path)[0].payload)[1]["duration"] > 2_000_000


@pytest.mark.parametrize("clip", ["h264_aac.flv", "hevc_aac.mp4", "av1_opus.mp4", "vp9_opus.mp4", "h264_ac3.mp4", "h264_flac.mp4",
                                  "h264_mp3.flv"])
def test_an_mp4_is_fast_start_and_has_every_packet(make_server, clip):
    server = serve(make_server, "./rec/[app]/[stream].mp4")
    feed(server, clip, 10)
    path, = recordings.wait_files(server.recordings, 1, ".mp4")
    wanted = recordings.packets(media.clip(clip))
    assert recordings.packets(path) == wanted and all(wanted.values())
    with open(path, "rb") as f:
        data = f.read()
    assert [box for box, _, _ in recordings.boxes(data)] == ["ftyp", "moov", "mdat"]
    assert abs(recordings.duration(path) - recordings.duration(media.clip(clip))) < 0.1
    assert not media.run(media.FFMPEG + ["-i", path, "-f", "null", "-"]).stderr


def test_a_transport_stream_has_every_picture(make_server):
    server = serve(make_server, "./rec/[app]/[stream]-[duration].ts")
    publish(server, "h264_aac.flv")
    path, = recordings.wait_files(server.recordings, 1, ".ts")
    assert decoded(path) == decoded(media.clip("h264_aac.flv"))
    assert abs(int(re.search(r"s-(\d+)\.ts$", path).group(1)) - 4000) < 150


@pytest.mark.parametrize("ending,clip", [(".flv", "h264_aac.flv"), (".mp4", "h264_aac.flv"), (".ts", "h264_aac.flv"),
                                         (".mp4", "hevc_aac.mp4")])
def test_segments_begin_at_key_frames_and_leave_nothing_out(make_server, ending, clip):
    server = serve(make_server, "./rec/[stream].[timestamp]" + ending, "dvr_plan segment; dvr_duration 1;")
    feed(server, clip, 2)
    paths = recordings.wait_files(server.recordings, 2, ending)
    whole = decoded(media.clip(clip))
    parts = [decoded(path) for path in paths]
    assert sum(parts, []) == whole and len(parts) >= (4 if clip == "h264_aac.flv" else 2)
    for path in paths:
        assert float(recordings.probe(path)["format"].get("start_time", 0)) < (1.2 if ending == ".ts" else 0.2)


def test_files_are_cut_by_the_wall_clock(make_server):
    server = serve(make_server, "./rec/[stream].[timestamp].flv", "dvr_plan segment; dvr_duration 2; dvr_align on;")
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_long.flv"))
    until(lambda: len(recordings.files(server.recordings, ".flv")) >= 3, "files", 30)
    feeder.finish()
    until(lambda: not recordings.files(server.recordings, ".tmp"), "the last one")
    begins = [int(path.split(".")[-2]) for path in recordings.files(server.recordings, ".flv")]
    assert all(begin % 2000 < 1500 for begin in begins[1:]), begins               # a key frame comes each second
    assert [b // 2000 for b in begins] == list(range(begins[0] // 2000, begins[0] // 2000 + len(begins)))


def test_a_killed_server_leaves_an_mp4_that_plays(make_server):
    server = serve(make_server, "./rec/[stream].mp4")
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_long.flv"))
    until(lambda: any(os.path.getsize(p) > 60000 for p in recordings.files(server.recordings)), "a recording")
    sent = feeder.sent[-1].ts
    server.kill()
    feeder.stop()
    path, = recordings.files(server.recordings, ".tmp")
    pictures = recordings.packets(path)["video"]
    assert sent / 1000 - len(pictures) / 25 < 1.5
    server.start()
    path, = recordings.wait_files(server.recordings, 1, ".mp4")
    server.wait_log(r"DVR: .*s.mp4 was left by a run of the server that was killed, and is complete now")
    assert recordings.packets(path)["video"] == pictures
    with open(path, "rb") as f:
        assert [box for box, _, _ in recordings.boxes(f.read())] == ["ftyp", "moov", "mdat"]


def test_a_killed_server_leaves_flv_that_is_completed_at_the_next_start(make_server):
    server = serve(make_server, "./rec/[app]/[stream].[timestamp].flv")
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_long.flv"))
    until(lambda: any(os.path.getsize(p) > 120000 for p in recordings.files(server.recordings)), "a recording")
    server.kill()
    feeder.stop()
    cut, = recordings.files(server.recordings, ".tmp")
    with open(cut, "r+b") as f:
        f.truncate(os.path.getsize(cut) - 5)
    server.start()
    path, = recordings.wait_files(server.recordings, 1)
    assert not media.run(media.FFMPEG + ["-i", path, "-f", "null", "-"]).stderr
    assert abs(recordings.duration(path) - len(recordings.packets(path)["video"]) / 25) < 0.2


def test_a_stream_cannot_leave_its_folder_and_names_that_are_taken_get_numbers(make_server):
    server = serve(make_server, "./rec/[stream].flv")
    for _ in range(3):
        publish(server, "h264_aac.flv", "s")
    paths = recordings.wait_files(server.recordings, 3)
    assert [os.path.basename(p) for p in paths] == ["s-1.flv", "s-2.flv", "s.flv"]
    for path in paths:
        compare("h264_aac.flv", path)
    publish(server, "h264_aac.flv", ".hidden")
    server.wait_log(r"DVR of /live/.hidden: no file")
    assert len(recordings.files(server.folder, ".flv")) == 3


def test_a_reload_begins_and_ends_recording_under_the_stream(make_server):
    server = make_server("vhost __defaultVhost__ { dvr { enabled off; } }")
    rec = os.path.join(server.folder, "rec")
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_long.flv"), 2)
    with server.player() as player:
        player.wait_media(20)
        server.reload(CONF % ("./rec/a-[stream].[timestamp].flv", "", ""))
        until(lambda: recordings.files(rec, ".tmp"), "a recording")
        server.reload(CONF % ("./rec/b-[stream].[timestamp].flv", "", ""))
        until(lambda: recordings.files(rec, ".flv") and recordings.files(rec, ".tmp"), "the next one")
        server.reload(CONF % ("./rec/b-[stream].[timestamp].flv", "dvr_apply live/other;", ""))
        first, second = recordings.wait_files(rec, 2)
        player.wait_media(len(player.media()) + 50)
    feeder.finish()
    assert os.path.basename(first)[0] == "a" and os.path.basename(second)[0] == "b"
    assert len(recordings.files(rec)) == 2
    for path in (first, second):
        assert not media.run(media.FFMPEG + ["-i", path, "-f", "null", "-"]).stderr and recordings.packets(path)["video"]


def test_an_unknown_plan_is_an_error_while_recording_is_on(make_server):
    server = make_server("vhost __defaultVhost__ { dvr { enabled off; dvr_plan other; } }")
    server.reload("vhost __defaultVhost__ { dvr { enabled on; dvr_plan other; } }", good=False)
    server.wait_log("dvr_plan=other .* none of session, segment and append")


@pytest.mark.parametrize("name", ["session", "segment", "path", "mp4"])
def test_the_examples_record(make_server, name):
    with open(os.path.join(media.ROOT, "conf", "dvr.%s.conf" % name), encoding="utf-8") as f:
        conf = f.read()
    server = make_server(conf[conf.index("vhost "):])
    publish(server, "h264_aac.flv")
    path, = recordings.wait_files(os.path.join(server.folder, "objs", "nginx"), 1, ".mp4" if name == "mp4" else ".flv")
    compare("h264_aac.flv", path)
