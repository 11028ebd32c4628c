"""Snapshots: pictures of streams by the API. Each is compared with what ffmpeg decodes of the same key frame."""
import base64
import datetime
import os
import random
import re
import subprocess
import threading

import pytest

import flv
import media
import prom_text
import tokens
from api import Api
from srs import free_port, makes_pictures
from rtmp import Feeder
from test_play import vhost
from wait import until

pytestmark = pytest.mark.skipif(not makes_pictures(), reason="the server is built without FFmpeg's libraries")

PATH = "/api/v1/snapshots/__defaultVhost__/live/s"
CLIPS = {"h264": "h264.flv", "hevc": "hevc_aac.mp4", "av1": "av1_opus.mp4", "vp9": "vp9_opus.mp4"}
PATIENT = "publish { normal_timeout 120000; }"                          # a publisher may pause
GRAY = ["-pix_fmt", "gray", "-f", "rawvideo", "-"]


def first_gop(clip):
    """The tags of a clip until shortly before its second key frame, and no sound."""
    tags, n_keys = [], 0
    for t in media.tags(clip):
        n_keys += flv.is_key(t)
        if n_keys == 2:
            return tags
        if t.type != flv.AUDIO and not flv.is_end(t):
            tags.append(t)
    return tags


def luma(source, width, height, full_range=True):
    """The first picture of a file, or of bytes, as gray values of that size."""
    is_bytes = isinstance(source, bytes)
    scale = "scale=%d:%d:flags=area" % (width, height) + ("" if full_range else ":out_range=pc")
    done = subprocess.run(media.FFMPEG + ["-i", "-" if is_bytes else source, "-frames:v", "1", "-vf", scale] + GRAY,
                          input=source if is_bytes else None, stdout=subprocess.PIPE, check=True, timeout=60)
    assert len(done.stdout) == width * height
    return done.stdout


def difference(a, b):
    return sum(abs(x - y) for x, y in zip(a, b)) / len(a)


def size_of(picture):
    """Width and height, by ffprobe."""
    done = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0", "-"], input=picture,
                          stdout=subprocess.PIPE, check=True, timeout=60)
    return tuple(int(n) for n in done.stdout.decode().strip().strip(",").split(",")[:2])


def picture(api, path=PATH + ".jpg", type="image/jpeg", headers=None):
    reply = api.ask("GET", path, headers=headers)
    assert reply.status == 200 and reply.headers["Content-Type"] == type, reply
    return reply.body


def counts(api):
    """What the API tells of all pictures; the metrics tell the same."""
    told = api.get("/api/v1/snapshots/")["data"]
    families = prom_text.read(api.ask("GET", "/metrics").body.decode())
    for sample in families["srs_snapshots_total"].samples:
        assert sample.value == told[sample.labels["result"]]
    assert prom_text.value(families, "srs_snapshot_bytes") == told["bytes"]
    return told


@pytest.fixture
def server(make_server):
    return make_server("exporter { enabled on; listen %d; } " % free_port() + vhost(more=PATIENT), api="")


@pytest.fixture
def api(server):
    return Api(server)


@pytest.fixture
def publishing(server):
    """A publisher of the first GOP of a clip, which stays."""
    opened = []

    def start(clip="h264.flv", stream="s"):
        opened.append(server.publisher(stream))
        opened[-1].send_tags(first_gop(clip))
        opened[-1].barrier()
        return opened[-1]
    yield start
    for publisher in opened:
        publisher.close()


@pytest.mark.sample(5)
@pytest.mark.parametrize("codec", CLIPS)
@pytest.mark.parametrize("format, type", [("jpg", "image/jpeg"), ("jpeg", "image/jpeg"), ("webp", "image/webp")])
def test_it_is_the_key_frame_of_the_stream(api, publishing, codec, format, type):
    publishing(CLIPS[codec])
    got = picture(api, "%s.%s" % (PATH, format), type)
    assert size_of(got) == (media.WIDTH, media.HEIGHT)
    want = luma(media.clip(CLIPS[codec]), media.WIDTH, media.HEIGHT, full_range=False)
    assert difference(luma(got, media.WIDTH, media.HEIGHT, full_range=type == "image/jpeg"), want) < 4


@pytest.mark.parametrize("query, size", [
    ("", (160, 120)), ("?width=80", (80, 60)), ("?height=30", (40, 30)), ("?width=100&height=30", (40, 30)), ("?width=1", (1, 1)),
    ("?width=640&height=9000", (640, 480)), ("?width=99999", (4096, 3072)), ("?width=x&height=-5", (160, 120)), ("?width=33", (33, 25))])
def test_sizes_keep_the_shape_and_have_a_bound(api, publishing, query, size):
    publishing()
    assert size_of(picture(api, PATH + ".jpg" + query)) == size


def test_the_next_key_frame_gives_another_picture_and_the_same_one_is_not_sent_twice(api, publishing):
    publisher = publishing()
    first = api.ask("GET", PATH + ".jpg")
    assert api.ask("GET", PATH + ".jpg").headers["ETag"] == first.headers["ETag"]
    same = api.ask("GET", PATH + ".jpg", headers={"If-None-Match": first.headers["ETag"]})
    assert same.status == 304 and same.body == b""
    key = next(t for t in list(media.tags("h264.flv"))[60:] if flv.is_key(t))
    publisher.send_tag(key)
    until(lambda: api.ask("GET", PATH + ".jpg").headers["ETag"] != first.headers["ETag"], "another picture")
    assert difference(luma(picture(api), 160, 120), luma(first.body, 160, 120)) > 1
    n = counts(api)
    assert n["made"] == 2 and n["failed"] == 0 and n["found"] >= 2


def test_a_hundred_askers_at_once_share_one_picture(api, server, publishing):
    publishing()
    got, barrier = [], threading.Barrier(100)

    def ask():
        barrier.wait()
        got.append(Api(server).ask("GET", PATH + ".jpg?width=120"))
    askers = [threading.Thread(target=ask) for _ in range(100)]
    for t in askers:
        t.start()
    for t in askers:
        t.join()
    assert len(got) == 100 and {r.status for r in got} == {200} and len({r.body for r in got}) == 1
    assert counts(api)["made"] == 1


def test_more_wishes_than_the_bound_are_refused_and_the_others_are_served(api, server, publishing):
    publishing("h264_large.flv")
    got, barrier = [], threading.Barrier(100)

    def ask(width):
        barrier.wait()
        got.append(Api(server).ask("GET", PATH + ".jpg?width=%d" % width))
    askers = [threading.Thread(target=ask, args=(1500 + n,)) for n in range(100)]
    for t in askers:
        t.start()
    for t in askers:
        t.join()
    statuses = [r.status for r in got]
    assert set(statuses) == {200, 503}, statuses
    assert all(r.headers["Retry-After"] for r in got if r.status == 503)
    until(lambda: api.ask("GET", PATH + ".jpg").status == 200, "a picture after all that")   # a busy machine is late with it


def test_a_stream_that_keeps_no_frames_is_waited_for(make_server):
    server = make_server(vhost(more="play { gop_cache off; }"), api="")
    api, got = Api(server), []
    with server.publisher() as publisher:
        tags = first_gop("h264.flv")
        publisher.send_tags(tags)
        publisher.barrier()
        asker = threading.Thread(target=lambda: got.append(api.ask("GET", PATH + ".jpg")))
        asker.start()
        key = next(t for t in tags if flv.is_key(t))
        for n in range(1, 100):                                      # the asker may come after the first of them
            publisher.send_tag(key._replace(ts=tags[-1].ts + 40 * n))
            asker.join(0.1)
            if not asker.is_alive():
                break
        asker.join()
    assert got[0].status == 200 and size_of(got[0].body) == (media.WIDTH, media.HEIGHT)


@pytest.mark.parametrize("path", [
    "x", "__defaultVhost__", "__defaultVhost__/live", "__defaultVhost__/live/s", "__defaultVhost__/live/s.gif", "//s.jpg",
    "__defaultVhost__/live/../s.jpg", "__defaultVhost__/live/.jpg", "__defaultVhost__/live/other.jpg", "%01/a/s.jpg",
    "__defaultVhost__/" + "a" * 600 + "/s.jpg", "v" * 300 + "/live/s.jpg"])
def test_what_is_no_stream_is_not_found(api, publishing, path):
    publishing()
    assert api.ask("GET", "/api/v1/snapshots/" + path).status == 404
    assert api.ask("POST", PATH + ".jpg", b"x").status == 405


# -- hostile bits ---------------------------------------------------------------------------------------------------------

def spoil(tag, seed, form):
    """The key frame with bits of its picture replaced: all after the head, every tenth byte, or the second half cut off."""
    r, head = random.Random(seed), 16
    p = bytearray(tag.payload)
    if form == "noise":
        p[head:] = r.randbytes(len(p) - head)
    elif form == "holes":
        for i in range(head, len(p), 10):
            p[i] = r.randrange(256)
    else:
        del p[len(p) // 2:]
    return tag._replace(payload=bytes(p))


@pytest.mark.parametrize("codec", CLIPS)
@pytest.mark.parametrize("form", ["noise", "holes", "cut"])
def test_a_damaged_key_frame_harms_nobody(server, api, publishing, codec, form):
    """It gives an error or a picture, the server lives, and the next key frame gives the right picture."""
    publisher = publishing(CLIPS[codec])
    good = picture(api)
    key = next(t for t in first_gop(CLIPS[codec]) if flv.is_key(t))
    ts = first_gop(CLIPS[codec])[-1].ts
    for n in range(5):
        etag = api.ask("GET", PATH + ".jpg?width=16").headers["ETag"]
        publisher.send_tag(spoil(key, n, form)._replace(ts=ts + 40 * n + 40))
        publisher.barrier()
        reply = api.ask("GET", PATH + ".jpg?width=16", headers={"If-None-Match": etag} if etag else {})
        assert reply.status in (200, 304, 422), reply
    publisher.send_tag(key._replace(ts=ts + 1000))
    publisher.barrier()
    until(lambda: api.ask("GET", PATH + ".jpg").body == good, "the picture of the good key frame")


def test_noise_is_no_picture(api, publishing):
    publisher = publishing()
    key = next(t for t in first_gop("h264.flv") if flv.is_key(t))
    publisher.send_tag(spoil(key, 1, "noise")._replace(ts=2000))
    publisher.barrier()
    refused = api.get(PATH + ".jpg", status=422)
    assert refused["code"] == 422 and "key frame" in refused["msg"]
    api.get(PATH + ".jpg", status=422)
    assert counts(api)["failed"] == 1                                 # it is tried once


def test_a_picture_of_too_many_pixels_is_not_decoded(api, publishing):
    publishing("h264_huge.flv")
    assert "too many pixels" in api.get(PATH + ".jpg?width=16", status=422)["msg"]


def test_without_a_library_the_answer_says_so(make_server, tmp_path):
    folder = tmp_path / "libraries"
    folder.mkdir()
    real = subprocess.run(["ldconfig", "-p"], stdout=subprocess.PIPE, text=True, check=True).stdout
    for name in set(re.findall(r"\b(libswscale\.so\.\d+)\b", real)):
        (folder / name).write_bytes(b"")
    server = make_server(vhost(), api="", env={"LD_LIBRARY_PATH": str(folder)})
    with server.publisher() as publisher:
        publisher.send_tags(first_gop("h264.flv"))
        publisher.barrier()
        refused = Api(server).get(PATH + ".jpg", status=501)
        assert "libswscale" in refused["msg"]


# -- who may --------------------------------------------------------------------------------------------------------------

def ask_published(make_server, conf, path=PATH + ".jpg", api="", headers=None):
    server = make_server(conf, api=api)
    with server.publisher("s?" + tokens.sign("live/s", "publish")) as publisher:
        publisher.send_tags(first_gop("h264.flv"))
        publisher.barrier()
        return Api(server).ask("GET", path, headers=headers).status


RULES = {"security": "security { enabled on; deny play all; }", "refer": "refer { enabled on; play example.com; }",
         "on_play": "http_hooks { enabled on; on_play http://127.0.0.1:1/; }",
         "auth": "auth { enabled on; publish sign; play sign; secret %s; }" % tokens.SECRET}
PASSWORD = "auth { enabled on; username admin; password secret-of-tests; }"
BASIC = {"Authorization": "Basic " + base64.b64encode(b"admin:secret-of-tests").decode()}


@pytest.mark.parametrize("rule", RULES)
def test_who_may_not_play_gets_no_picture(make_server, rule):
    assert ask_published(make_server, vhost(more=RULES[rule])) == 403


@pytest.mark.parametrize("rule", RULES)
def test_the_password_of_the_api_opens_all_streams(make_server, rule):
    assert ask_published(make_server, vhost(more=RULES[rule]), api=PASSWORD, headers=BASIC) == 200


def test_the_password_of_the_api_is_needed_where_there_is_one(make_server):
    assert ask_published(make_server, vhost(), api=PASSWORD) == 401


def test_a_token_for_playing_is_good_for_a_picture(make_server):
    path = PATH + ".jpg?" + tokens.sign("live/s", "play")
    assert ask_published(make_server, vhost(more=RULES["auth"]), path) == 200


def test_a_page_that_may_play_gets_a_picture(make_server):
    assert ask_published(make_server, vhost(more=RULES["refer"]), headers={"Referer": "http://example.com/x"}) == 200


# -- files ----------------------------------------------------------------------------------------------------------------

def writing(path="./pictures/[app]/[stream].jpg", more="interval 1s;", **how):
    return vhost(more="snapshot { enabled on; path %s; %s } %s" % (path, more, PATIENT), **how)


def bytes_of(path):
    """The bytes of a file; none if it is not there."""
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return b""


def start_feeding(server, clip="h264.flv"):
    return Feeder(server.publisher(), media.loop(clip))


def end_feeding(feeder):
    feeder.stop()
    feeder.client.close()


@pytest.mark.sample(2)
@pytest.mark.parametrize("extension", ["jpg", "jpeg", "webp"])
def test_pictures_are_written_to_a_file_and_replaced(make_server, extension):
    server = make_server(writing("./pictures/[vhost]/[app]/[stream]." + extension, "interval 1s; width 80;"))
    path = os.path.join(server.folder, "pictures", "__defaultVhost__", "live", "s." + extension)
    feeder = start_feeding(server)
    first = until(lambda: bytes_of(path), "a picture")
    until(lambda: bytes_of(path) != first, "another one")
    assert size_of(bytes_of(path)) == (80, 60)
    end_feeding(feeder)
    assert os.listdir(os.path.dirname(path)) == ["s." + extension]


def test_a_path_with_a_time_keeps_all_pictures(make_server):
    server = make_server(writing("./pictures/[stream]-[timestamp].jpg"))
    feeder, folder = start_feeding(server), os.path.join(server.folder, "pictures")
    until(lambda: os.path.isdir(folder) and len([n for n in os.listdir(folder) if n.endswith(".jpg")]) >= 3, "three pictures")
    end_feeding(feeder)
    names = sorted(os.listdir(folder))
    assert all(re.fullmatch(r"s-\d{13}\.jpg(\.tmp)?", n) for n in names), names
    assert size_of(bytes_of(os.path.join(folder, names[0]))) == (media.WIDTH, media.HEIGHT)


@pytest.mark.parametrize("utc, zone", [("on", "+0000"), ("off", "+0930")])
def test_the_time_in_a_path_is_that_of_the_server(make_server, utc, zone):
    server = make_server("utc_time %s; " % utc + writing("./pictures/[2006]-[01]-[02]-[15]-[04]-[05].jpg"), env={"TZ": "ODD-09:30"})
    feeder, folder = start_feeding(server), os.path.join(server.folder, "pictures")
    name = until(lambda: [n for n in os.listdir(folder) if n.endswith(".jpg")] if os.path.isdir(folder) else [], "a picture")[0]
    end_feeding(feeder)
    told = datetime.datetime.strptime(name + zone, "%Y-%m-%d-%H-%M-%S.jpg%z").timestamp()
    assert abs(told - os.path.getmtime(os.path.join(folder, name))) < 1800, name


def test_the_file_is_the_picture_of_the_api(make_server):
    server = make_server(writing(), api="")
    with server.publisher() as publisher:
        publisher.send_tags(first_gop("h264.flv"))
        path = os.path.join(server.folder, "pictures", "live", "s.jpg")
        got = until(lambda: bytes_of(path), "a picture")
        assert picture(Api(server)) == got
        assert Api(server).get("/api/v1/snapshots/")["data"]["made"] == 1


def test_a_reload_switches_pictures_on_and_off_under_a_stream(make_server):
    server = make_server(vhost(more=PATIENT))
    feeder = start_feeding(server)
    with server.player() as player:
        until(lambda: player.pump(0.1) or len(player.media()) > 20, "pictures of the player")
        server.reload(writing())
        path = os.path.join(server.folder, "pictures", "live", "s.jpg")
        until(lambda: bytes_of(path), "a picture")
        server.reload(writing("./other/[stream].webp"))
        other = os.path.join(server.folder, "other", "s.webp")
        until(lambda: bytes_of(other), "a picture at another place")
        os.unlink(path)
        server.reload(vhost(more=PATIENT))
        os.unlink(other)
        n = len(player.media())
        until(lambda: player.pump(0.1) or len(player.media()) > n + 75, "three more seconds")
        assert not os.path.exists(path) and not os.path.exists(other)
    end_feeding(feeder)


def test_a_place_that_takes_no_files_costs_pictures_alone(make_server):
    server = make_server(writing())
    with open(os.path.join(server.folder, "pictures"), "w", encoding="utf-8"):
        pass
    feeder = start_feeding(server)
    with server.player() as player:
        server.wait_log(r"snapshots")
        n = len(player.media())
        until(lambda: player.pump(0.1) or len(player.media()) > n + 50, "the stream goes on")
        os.unlink(os.path.join(server.folder, "pictures"))
        until(lambda: bytes_of(os.path.join(server.folder, "pictures", "live", "s.jpg")), "a picture, when there is a place")
    end_feeding(feeder)


def test_a_stream_without_a_good_key_frame_is_told_once(make_server):
    server = make_server(writing())
    tags = first_gop("h264.flv")
    key = next(t for t in tags if flv.is_key(t))
    with server.publisher() as publisher:
        publisher.send_tags(flv_tag for flv_tag in tags if flv.is_config(flv_tag))
        for n in range(30):                                          # three pictures are tried
            publisher.send_tag(spoil(key, n, "noise")._replace(ts=100 * n))
            publisher.barrier()
            if len(re.findall("no picture of", server.log)) and n > 25:
                break
        server.wait_log(r"no picture of /live/s.*key frame")
        publisher.send_tag(key._replace(ts=5000))
        server.wait_log(r"pictures of /live/s are made again")
    assert len(re.findall("no picture of", server.log)) == 1


def cues(index):
    """The cues of an index: {begin in s: (file, x, y, width, height)}."""
    assert index.startswith("WEBVTT\n\nNOTE 00:00:00.000 is ")
    found = re.findall(r"(?m)^(\d\d):(\d\d):(\d\d)\.000 --> \d\d:\d\d:\d\d\.000\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$", index)
    return {int(h) * 3600 + int(m) * 60 + int(s): (file, *map(int, box)) for h, m, s, file, *box in found}


def cut(path, x, y, width, height):
    """A part of a picture as gray values."""
    return media.run(media.FFMPEG + ["-i", path, "-vf", "crop=%d:%d:%d:%d:exact=1" % (width, height, x, y)] + GRAY).stdout


@pytest.mark.sample(2)
@pytest.mark.parametrize("extension", ["jpg", "webp"])
def test_a_sheet_has_a_tile_for_each_interval_and_an_index(make_server, extension):
    server = make_server(writing(more="interval 1s; sheet './pictures/[app]/sheet of [stream]-[timestamp].%s';" % extension))
    folder = os.path.join(server.folder, "pictures", "live")
    feeder = start_feeding(server)

    def tiles():
        """Names of the newest sheet and its cues, if it has two of them."""
        names = sorted(n for n in os.listdir(folder) if n.endswith(".vtt")) if os.path.isdir(folder) else []
        index = cues(bytes_of(os.path.join(folder, names[-1])).decode()) if names else {}
        return (names[-1], index) if len(index) >= 2 else None
    name, index = until(tiles, "two tiles", 30)
    end_feeding(feeder)
    begin = int(re.fullmatch(r"sheet of s-(\d+)\.vtt", name).group(1))
    assert begin % 100_000 == 0
    path = os.path.join(folder, name[:-4] + "." + extension)
    assert size_of(bytes_of(path)) == (1600, 900)
    for second, (file, x, y, width, height) in index.items():
        assert file == "sheet%20of%20" + os.path.basename(path)[9:] and (width, height) == (160, 90)
        assert (x, y) == (second % 10 * 160, second // 10 * 90)
    second, (_, x, y, width, height) = sorted(index.items())[0]
    tile = cut(path, x + 20, y, 120, height)                          # the clip is 4:3, so there is black beside it
    of_clip = min(difference(tile, luma_at(n, 120, 90)) for n in range(4))
    assert of_clip < 6, "the tile is none of the clip's key frames: %g" % of_clip
    assert max(cut(path, x, y, 16, height)) < 40


def test_a_sheet_that_cannot_be_written_is_told_once_and_costs_no_pictures(make_server):
    server = make_server(writing("./pictures/[stream]-[timestamp].jpg", "interval 1s; sheet ./pictures/%s-[stream].jpg;" % ("x" * 230)))
    feeder, folder = start_feeding(server), os.path.join(server.folder, "pictures")
    until(lambda: os.path.isdir(folder) and len([n for n in os.listdir(folder) if n.endswith(".jpg")]) >= 4, "four pictures")
    end_feeding(feeder)
    assert len(re.findall("no sheet of", server.log)) == 1 and "made again" not in server.log


def luma_at(second, width, height):
    """The key frame of that second of the clip, as gray values in full range."""
    return media.run(media.FFMPEG + ["-ss", str(second), "-i", media.clip("h264.flv"), "-frames:v", "1", "-vf",
                                     "scale=%d:%d:flags=area:out_range=pc" % (width, height)] + GRAY).stdout


def test_a_path_without_the_ending_of_a_picture_is_an_error(make_server):
    server = make_server(vhost(more="snapshot { enabled off; path ./x.png; }"))
    server.reload(vhost(more="snapshot { enabled on; path ./x.png; }"), good=False)
    server.wait_log(r"snapshot\.path=\./x\.png .* none of \.jpg, \.jpeg and \.webp")
    server.reload(vhost(more="snapshot { enabled on; sheet ./sheet; }"), good=False)
    server.wait_log(r"snapshot\.sheet=\./sheet .* none of \.jpg, \.jpeg and \.webp")


def test_the_example_writes_pictures(make_server):
    with open(os.path.join(media.ROOT, "conf", "snapshot.conf"), encoding="utf-8") as f:
        conf = f.read()
    server = make_server(conf[conf.index("vhost "):])
    with media.ffmpeg_publish(media.clip("h264_aac.flv"), server.url("live/livestream"), 1) as publisher:
        path = os.path.join(server.folder, "objs", "nginx", "html", "live", "livestream.jpg")
        assert size_of(until(lambda: bytes_of(path), "a picture")) == (640, 480)
        publisher.ends()


def test_the_example_of_srs_writes_pictures_by_ffmpeg(make_server):
    with open(os.path.join(media.ROOT, "conf", "snapshot.ffmpeg.conf"), encoding="utf-8") as f:
        conf = f.read()
    server = make_server(conf[conf.index("vhost "):])
    with media.ffmpeg_publish(media.clip("h264_aac_long.flv"), server.url("live/livestream")):
        path = os.path.join(server.folder, "objs", "live-livestream-%03d.png")
        until(lambda: bytes_of(path % 3), "the third picture", 60)
        assert size_of(bytes_of(path % 1)) == (media.WIDTH, media.HEIGHT)
