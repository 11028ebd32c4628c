"""Recorded files that are watched from a time on: over HTTP, and over RTMP."""
import os
import shutil

import pytest

import amf0
import flv
import media
import recordings
from test_http import ask, get, put
from wait import until

START_MS = 12400                             # between the key frames of the 12th and the 13th second


FILES = ["plain.flv", "indexed.flv", "end.mp4", "fast.mp4", "negative.mp4", "fragments.mp4"]


@pytest.fixture(scope="module")
def forms(tmp_path_factory):
    """A folder with one recording of a minute, in many forms."""
    folder = str(tmp_path_factory.mktemp("forms"))
    clip = media.clip("minute.flv")

    def make(name, *args):
        media.run(media.FFMPEG + ["-i", clip, "-c", "copy", *args, os.path.join(folder, name)])
    shutil.copy(clip, os.path.join(folder, "plain.flv"))                 # ffmpeg writes no index unless it is asked
    make("indexed.flv", "-flvflags", "add_keyframe_index")
    make("end.mp4")
    make("fast.mp4", "-movflags", "+faststart")
    make("negative.mp4", "-movflags", "+negative_cts_offsets")
    make("fragments.mp4", "-movflags", "+frag_keyframe+empty_moov+default_base_moof")
    return folder


@pytest.fixture
def library(make_server, forms):
    """A server that has all these forms."""
    server = make_server(http="")
    shutil.copytree(forms, server.html, dirs_exist_ok=True)
    server.clip = media.clip("minute.flv")
    return server


def key_at(packets, ms):
    """The number of the last picture at a time or before it that starts a second: the clip has a key frame each second."""
    pictures = [i for i, p in enumerate(packets) if p.kind == "video"]
    return next(i for n, i in reversed(list(enumerate(pictures))) if n % 25 == 0 and packets[i].pts - packets[pictures[0]].pts <= ms)


def from_key(packets, ms):
    """The pictures from the key frame on, and the sound."""
    first = key_at(packets, ms)
    pictures = [p for p in packets[first:] if p.kind == "video"]
    sounds = [p for p in packets if p.kind == "audio"]
    return pictures, sounds


def same(a, b):
    return [(p.size, p.hash) for p in a] == [(p.size, p.hash) for p in b]


def is_tail(part, whole):
    return same(part, whole[len(whole) - len(part):])


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", FILES)
def test_a_file_is_sent_from_the_key_frame_on(library, name):
    url = "http://127.0.0.1:%d/%s?start=%s" % (library.http_port, name, START_MS / 1000)
    whole = media.framemd5(os.path.join(library.html, name))
    part = media.framemd5(url)
    pictures, sounds = from_key(whole, START_MS)
    played = [p for p in part if p.kind == "video"]
    assert len(pictures) == 48 * 25
    assert same(played, pictures)
    heard = [p for p in part if p.kind == "audio"]
    assert is_tail(heard, sounds)
    late = (heard[0].pts - played[0].pts) - (sounds[-len(heard)].pts - pictures[0].pts)
    assert abs(late) <= 1, "sound is moved by %d ms" % late
    assert -100 <= heard[0].pts - played[0].pts <= 60     # FLV is cut by the times of decoding


# ---- HTTP, to the letter -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["indexed.flv", "fast.mp4"])
def test_a_part_is_a_file_of_its_own(library, name):
    port, path = library.http_port, "/%s?start=12.4" % name
    whole = get(port, path)
    size = len(whole.body)
    assert whole.status == 200 and whole.fields["content-length"] == str(size) and whole.fields["accept-ranges"] == "bytes"
    assert size < os.path.getsize(os.path.join(library.html, name))
    head = ask(port, "HEAD", path)
    assert head.status == 200 and head.fields["content-length"] == str(size)
    for first, last in ((0, 99), (0, size - 1), (300, 5000), (size // 2, size - 1), (size - 1, size - 1)):
        reply = get(port, path, "Range: bytes=%d-%d" % (first, last))
        assert reply.status == 206 and reply.body == whole.body[first:last + 1]
        assert reply.fields["content-range"] == "bytes %d-%d/%d" % (first, last, size)
    assert get(port, path, "Range: bytes=-100").body == whole.body[-100:]
    late = get(port, path, "Range: bytes=%d-" % size)
    assert late.status == 416 and late.fields["content-range"] == "bytes */%d" % size

    etag = whole.fields["etag"]
    others = {get(port, "/" + name + query).fields["etag"] for query in ("", "?start=12.6", "?start=40.5", "?start=12.4&end=30")}
    assert len(others) == 4 and etag not in others
    assert get(port, path, "If-None-Match: " + etag).status == 304
    assert get(port, path, "Range: bytes=5-9", "If-Range: " + etag).status == 206
    assert get(port, path, "Range: bytes=5-9", 'If-Range: "other"').status == 200


def test_a_part_over_tls_and_http2_has_the_same_bytes(make_server):
    server = make_server(http="", tls=True)
    clip = media.clip("minute.flv")
    put(server, "a.flv", open(clip, "rb").read())
    plain = get(server.http_port, "/a.flv?start=30.5").body
    for version in ("--http1.1", "--http2"):
        secure = media.run(["curl", "-sk", version, "https://127.0.0.1:%d/a.flv?start=30.5" % server.https_port]).stdout
        assert secure == plain


def test_a_whole_number_is_a_byte_of_flv_and_a_time_of_mp4(library):
    port = library.http_port
    data = open(library.clip, "rb").read()
    assert get(port, "/plain.flv?start=12").body.endswith(data[12:])
    timed = get(port, "/plain.flv?start=12s").body
    assert timed == get(port, "/plain.flv?start=12.0").body and len(timed) < len(data) - 12
    mp4 = [get(port, "/fast.mp4?start=" + text).body for text in ("12", "12.0", "12s", "12.000")]
    assert len(set(mp4)) == 1
    for text in ("x", "-5", "", "1e3", "0", "99999999999"):
        assert get(port, "/fast.mp4?start=" + text).body == open(os.path.join(library.html, "fast.mp4"), "rb").read(), text


def test_a_time_behind_the_end_gives_the_last_key_frame(library):
    for name in ("plain.flv", "indexed.flv", "end.mp4", "fragments.mp4"):
        part = media.framemd5("http://127.0.0.1:%d/%s?start=1000.0" % (library.http_port, name))
        assert len([p for p in part if p.kind == "video"]) == 25, name


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", ["plain.flv", "indexed.flv", "fast.mp4", "fragments.mp4"])
def test_a_part_may_have_an_end(library, name):
    whole = media.framemd5(os.path.join(library.html, name))
    for query, first, last in (("start=12.4&end=20", 12, 20), ("end=5s", 0, 5)):
        part = media.framemd5("http://127.0.0.1:%d/%s?%s" % (library.http_port, name, query))
        pictures = [p for p in part if p.kind == "video"]
        assert same(pictures, [p for p in whole if p.kind == "video"][first * 25:first * 25 + len(pictures)])
        assert abs(len(pictures) - (last - first) * 25) <= 3


def test_the_metadata_of_a_part_name_no_places(library):
    tags = flv.read(put(library, "part.flv", get(library.http_port, "/indexed.flv?start=12.4").body))
    info = amf0.decode(tags[0].payload)[1]
    assert tags[0].ts == tags[3].ts and info["duration"] == pytest.approx(60, abs=0.2)
    assert "keyframes" not in info and "filesize" not in info


def test_files_that_are_not_what_they_say_are_sent_whole(library):
    fast = open(os.path.join(library.html, "fast.mp4"), "rb").read()
    clip = open(library.clip, "rb").read()
    moov, stsz = fast.index(b"moov"), fast.index(b"stsz")
    bad = {
        "noise.mp4": os.urandom(5000), "noise.flv": os.urandom(5000), "empty.mp4": b"", "empty.flv": b"",
        "cut.mp4": fast[:moov + 2000], "header.flv": clip[:13], "text.flv": b"FLV? no.",
        # a table that names a hundred million samples, and places behind the end of the file
        "many.mp4": fast[:stsz + 12] + b"\x06" + fast[stsz + 13:], "short.mp4": fast[:len(fast) // 2],
        "loop.mp4": fast[:moov - 4] + b"\0\0\0\0moov" + fast[moov + 4:],
    }
    for name, data in bad.items():
        put(library, name, data)
        reply = get(library.http_port, "/%s?start=12.4" % name)
        assert (reply.status, reply.body) == (200, data), name


def test_an_index_that_points_anywhere_is_not_believed(library):
    indexed = open(os.path.join(library.html, "indexed.flv"), "rb").read()
    start = indexed.index(b"filepositions") + 13 + 5
    lies = bytearray(indexed)
    for i in range(60):
        lies[start + 9 * i + 1:start + 9 * i + 9] = b"\x40\x90\x00\x00\x00\x00\x00\x00"      # 1024.0
    put(library, "lies.flv", bytes(lies))
    part = media.framemd5("http://127.0.0.1:%d/lies.flv?start=12.4" % library.http_port)
    assert len([p for p in part if p.kind == "video"]) == 48 * 25


def test_a_file_that_is_replaced_has_new_parts(library):
    def pictures():
        part = media.framemd5("http://127.0.0.1:%d/a.flv?start=1.5" % library.http_port)
        return len([p for p in part if p.kind == "video"])
    put(library, "a.flv", open(library.clip, "rb").read())
    assert pictures() == 59 * 25
    put(library, "b.flv", open(media.clip("h264_aac.flv"), "rb").read())
    os.replace(os.path.join(library.html, "b.flv"), os.path.join(library.html, "a.flv"))
    assert pictures() == 3 * 25


def test_a_recording_in_mp4_is_sent_from_a_time_on(make_server):
    server = make_server("vhost __defaultVhost__ { dvr { enabled on; dvr_path ./html/[stream].mp4; } }", http="")
    clip = media.clip("h264_aac.flv")
    with media.ffmpeg_publish(clip, server.url("live/s"), 20) as publisher:
        publisher.ends()
    recordings.wait_files(server.html, 1, ".mp4")
    whole = [p for p in media.framemd5(clip) if p.kind == "video"]
    for start, first in (("1.5", 25), ("0.5", 0), ("3.9", 75)):
        part = media.framemd5("http://127.0.0.1:%d/s.mp4?start=%s" % (server.http_port, start))
        assert same([p for p in part if p.kind == "video"], whole[first:])


@pytest.mark.parametrize("clip", ["aac.flv", "h264.flv"])
def test_a_file_of_one_kind_is_cut_too(library, clip):
    data = open(media.clip(clip), "rb").read()
    put(library, clip, data)
    whole = media.framemd5(media.clip(clip))
    part = media.framemd5("http://127.0.0.1:%d/%s?start=2.0" % (library.http_port, clip))
    assert is_tail(part, whole) and len(whole) // 2 <= len(part) <= len(whole) // 2 + 26


# ---- players that seek -------------------------------------------------------------------------------------------

MPEGTS = os.path.join(media.ROOT, "third_party", "mpegts.js", "mpegts.js")
PAGE = """<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,"><video muted playsinline></video>
<script src="mpegts.js"></script><script>
const video = document.querySelector('video'), url = new URLSearchParams(location.search).get('url')
if (url.includes('.flv')) {
    const player = mpegts.createPlayer({ type: 'flv', url: url, isLive: false })
    player.attachMediaElement(video)
    player.load()
} else {
    video.src = url
}
video.play()
</script>"""


@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("name", ["indexed.flv", "end.mp4"])
def test_chromium_plays_from_the_time_on_and_seeks_there(library, page, name):
    shutil.copy(MPEGTS, library.html)
    put(library, "page.html", PAGE.encode())
    page.open("http://127.0.0.1:%d/page.html?url=/%s?start=30.5" % (library.http_port, name))
    first = page.wait_playing()
    assert first["time"] < 20                                           # mpegts.js begins at 0 too, whatever the tags say
    if name.endswith(".mp4"):
        assert page.run("return document.querySelector('video').duration") == pytest.approx(30, abs=0.2)
        page.run("document.querySelector('video').currentTime = 20")
        until(lambda: page.facts()["time"] > 20.5, lambda: page.facts())
