"""Recording: files of published streams, looked at by ffprobe and played by ffmpeg to their ends."""
import os
import re

import amf0
import flv
import media
import recordings
from hook_backend import hooks

CONF = "vhost __defaultVhost__ { dvr { enabled on; dvr_path %s; %s } %s }"


def serve(make_server, path="./rec/[app]/[stream].[timestamp].flv", more="", block="", **how):
    server = make_server(CONF % (path, more, block), **how)
    server.recordings = os.path.join(server.folder, "rec")
    return server


def publish(server, clip, stream="s", rate=20.0):
    with media.ffmpeg_publish(media.clip(clip), server.url("live/" + stream), rate) as p:
        p.ends()


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
