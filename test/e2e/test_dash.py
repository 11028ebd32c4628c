"""DASH: what a vhost with `dash { enabled on; }` serves, from memory and as files."""
import email.utils
import os
import re
import time
import urllib.request

import pytest

import dash_mpd
import media
import rtmp
from api import Api
from dash_watch import DashWatch
from hls_watch import get
from wait import until

LONG = "h264_aac_long.flv"
FAST = 3                                                              # of tests that look at the stream's own time alone


@pytest.fixture
def on_air():
    """Publish an endless clip as a stream: on_air(server, clip). All ends with the test."""
    feeders = []

    def publish(server, clip=LONG, stream="s", speed=1.0, app="live"):
        feeders.append(rtmp.Feeder(server.publisher(stream, app), media.loop(clip), speed))
        return feeders[-1]
    yield publish
    for feeder in feeders:
        feeder.stop()


def dash_server(make_server, more="", fragment="1", **how):
    conf = "vhost __defaultVhost__ { dash { enabled on; dash_fragment %s; dash_path ./html; %s } }" % (fragment, more)
    return make_server(conf, http="dir ./html;", **how)


def mpd_of(server, path="/live/s.mpd"):
    reply = get(server, path)
    return dash_mpd.read(reply.body.decode(), server.http_url(path)) if reply.status == 200 else None


def wait_mpd(server, wanted=lambda m: True, path="/live/s.mpd", what="an MPD"):
    found = []

    def look():
        found[:] = [mpd_of(server, path)]
        return found[0] and wanted(found[0])
    until(look, what, 60)
    return found[0]


def files(server, below="html"):
    root = os.path.join(server.folder, below)
    return sorted(os.path.relpath(os.path.join(at, name), root) for at, _, names in os.walk(root) for name in names)


def mpd_on_disk(server):
    with open(os.path.join(server.folder, "html", "live", "s.mpd"), encoding="utf-8") as f:
        return dash_mpd.read(f.read(), "html/live/s.mpd")


# -- what is served ------------------------------------------------------------------------------------------------

def test_a_stream_is_served_by_the_rules(make_server, on_air):
    server = dash_server(make_server)
    on_air(server)
    with DashWatch(server.http_url("/live/s.mpd"), should=True) as watch:
        watch.wait_segments(9)


@pytest.mark.sample(2)
@pytest.mark.parametrize("clip", ["h264.flv", "aac.flv"])
def test_pictures_or_sound_alone_are_a_stream(make_server, on_air, clip):
    server = dash_server(make_server)
    on_air(server, clip)
    with DashWatch(server.http_url("/live/s.mpd"), ignore={"timeline-gap"}) as watch:
        watch.wait_segments(5)
        assert {r.kind for r in watch.known.representations} == {"audio" if clip == "aac.flv" else "video"}


@pytest.mark.sample(2)
@pytest.mark.parametrize("clip", ["hevc_aac.mp4", "av1_opus.mp4", "vp9_opus.mp4", "h264_flac.mp4", "h264_mp3.flv"])
def test_codecs_are_named_and_carried(make_server, on_air, clip):
    server = dash_server(make_server)
    on_air(server, clip)
    # The sound of a short clip is not as long as its pictures: where the clip begins again, there is a step.
    with DashWatch(server.http_url("/live/s.mpd"), ignore={"timeline-gap", "timeline-overlap"}) as watch:
        watch.wait_segments(3)
        codecs = {r.get("codecs").split(".")[0] for r in watch.known.representations}
    assert codecs == {"hevc_aac.mp4": {"hvc1", "mp4a"}, "av1_opus.mp4": {"av01", "opus"}, "vp9_opus.mp4": {"vp09", "opus"},
                      "h264_flac.mp4": {"avc1", "flac"}, "h264_mp3.flv": {"avc1", "mp4a"}}[clip]


def test_times_are_those_of_the_configuration(make_server, on_air):
    """Defect 15 of SRS 7.0.18: minimumUpdatePeriod 0, timeshift and update period ignored, segments of twice the length."""
    server = dash_server(make_server, "dash_update_period 1.5; dash_window_size 4;", fragment="2")
    on_air(server, speed=FAST)
    mpd = wait_mpd(server, lambda m: len(m.representations[0].segments) == 4, what="a full window")
    assert (mpd.update_period, mpd.depth) == (1.5, 8)
    for r in mpd.representations:
        assert all(abs(float(s.duration) - 2) < 0.06 for s in r.segments), [float(s.duration) for s in r.segments]


def test_a_short_timeshift_limits_the_window(make_server, on_air):
    server = dash_server(make_server, "dash_timeshift 3; dash_window_size 50;")
    on_air(server, speed=FAST)
    mpd = wait_mpd(server, lambda m: m.representations[0].segments[0].start > 1.5, what="segments that left")
    assert mpd.depth == 3
    assert len(mpd.representations[0].segments) == 3


def test_sound_alone_is_cut_as_configured(make_server, on_air):
    server = dash_server(make_server)
    on_air(server, "aac.flv", speed=FAST)
    mpd = wait_mpd(server, lambda m: len(m.representations[0].segments) >= 3, what="three segments")
    assert all(abs(float(s.duration) - 1) < 0.2 for s in mpd.representations[0].segments)


def test_caches_are_told_the_truth(make_server, on_air):
    server = dash_server(make_server, "dash_update_period 30;")
    on_air(server, speed=FAST)
    wait_mpd(server)
    api = Api(server, server.http_port)
    first = api.ask("GET", "/live/s.mpd")
    assert first.headers["Content-Type"] == "application/dash+xml" and first.headers["Cache-Control"] == "no-cache"
    again = api.ask("GET", "/live/s.mpd", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 304 or again.headers["ETag"] != first.headers["ETag"]
    dated = api.ask("GET", "/live/s.mpd", headers={"If-Modified-Since": email.utils.formatdate(usegmt=True)})
    assert dated.status == 200, "a date does not tell that a client has the MPD"
    segment = api.ask("GET", "/live/s/video-0.m4s")
    assert segment.status == 200 and re.fullmatch(r"max-age=\d+", segment.headers["Cache-Control"])
    assert segment.headers["Content-Type"] == "video/mp4"
    part = api.ask("GET", "/live/s/video-0.m4s", headers={"Range": "bytes=4-7"})
    assert part.status == 206 and part.body == b"styp"


def test_a_segment_has_the_name_of_its_file_too(make_server, on_air):
    """The MPD that is served names it by its time, the one on the disk by its number, as SRS does."""
    server = dash_server(make_server)
    on_air(server, speed=FAST)
    video = wait_mpd(server).representations[0]
    assert "$Time$" in video.template["media"] and "startNumber" not in video.template
    until(lambda: "live/s.mpd" in files(server), "the MPD as a file")
    assert {r.template["media"] for r in mpd_on_disk(server).representations} == {"video-$Number$.m4s", "audio-$Number$.m4s"}
    by_time = get(server, video.url("media", video.segments[0])[len(server.http_url("")):])
    assert by_time.status == 200 and by_time.body == get(server, "/live/s/video-0.m4s").body


def test_a_segment_is_not_found_before_the_mpd_names_it(make_server, on_air):
    """ffmpeg asks for what follows its timeline. If it got that, it would play it again once it is in the timeline."""
    server = dash_server(make_server, fragment="4")
    on_air(server, speed=2)
    video = wait_mpd(server).representations[0]
    last = video.segments[-1]
    following = video.url("media", last._replace(t=last.t + last.d))[len(server.http_url("")):]
    assert get(server, following).status == 404
    wait_mpd(server, lambda m: len(m.representations[0].segments) > len(video.segments), what="the next segment")
    assert get(server, following).status == 200


def test_a_stream_that_is_not_there_is_not_found(make_server):
    server = dash_server(make_server)
    assert get(server, "/live/s.mpd").status == 404


@pytest.mark.sample(2)
@pytest.mark.parametrize("layout", ["[stream].mpd", "dash/[vhost]/[app]/[stream]/live.mpd", "all.mpd"])
def test_any_layout_of_mpd_files_plays(make_server, on_air, layout):
    """In SRS, init segments lie elsewhere than the MPD says unless the layout is the default one."""
    server = dash_server(make_server, "dash_mpd_file %s;" % layout)
    on_air(server)
    path = "/" + layout.replace("[vhost]", "__defaultVhost__").replace("[app]", "live").replace("[stream]", "s")
    with DashWatch(server.http_url(path)) as watch:
        watch.wait_segments(2)
    until(lambda: path[1:] in files(server), "the MPD as a file")


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", ["a%26b%3Cc%3E", "100%25", "caf%C3%A9", "$Number$", "it's"])
def test_names_with_any_characters_play(make_server, on_air, name):
    server = dash_server(make_server)
    on_air(server, stream=name)
    with DashWatch(server.http_url("/live/%s.mpd" % name.replace("'", "%27"))) as watch:
        watch.wait_segments(2)


@pytest.mark.sample(2)
@pytest.mark.parametrize("name,low_latency", [("dash.conf", False), ("dash.ll.conf", True)])
def test_the_examples_serve(make_server, on_air, name, low_latency):
    with open(os.path.join(media.ROOT, "conf", name), encoding="utf-8") as f:
        vhost = f.read()
    server = make_server(vhost[vhost.index("vhost "):], http="")
    on_air(server)
    with DashWatch(server.http_url("/live/s.mpd"), low_latency=low_latency) as watch:
        watch.wait_segments(2)
    until(lambda: "live/s.mpd" in files(server, "objs/nginx/html"), "the MPD as a file")


@pytest.mark.parametrize("rule", ["security { enabled on; allow publish all; deny play 127.0.0.1; }",
                                  "refer { enabled on; play example.com; }"])
def test_the_rules_of_the_vhost_count(make_server, on_air, rule):
    """SRS serves DASH as files, to everybody."""
    conf = "vhost __defaultVhost__ { %s dash { enabled on; dash_fragment 1; dash_path ./html; } hds { enabled on; hds_fragment 1; } }"
    server = make_server(conf % rule, http="")
    on_air(server, speed=FAST)
    paths = ["/live/s.mpd", "/live/s/video-init.mp4", "/live/s/video-0.m4s", "/live/s.f4m", "/live/sSeg1-Frag1"]
    until(lambda: get(server, paths[-1]).status == 403, "a refused fragment")
    assert [get(server, path).status for path in paths] == [403] * 5
    server.wait_log(r"WARN.*HTTP client ip=127\.0\.0\.1, GET /live/s\.mpd")


@pytest.mark.sample(3)
@pytest.mark.parametrize("way", ["folder", "mount", "left"])
def test_the_rules_of_the_vhost_count_for_its_files(make_server, on_air, tmp_path, way):
    """Under whatever path the HTTP server has for them: a folder of their own, a mount of another vhost, or no shelf any more."""
    folder = str(tmp_path / "srs0" / "html" / ("" if way == "left" else "dash"))
    conf = ("vhost __defaultVhost__ { security { enabled on; deny play 198.51.100.0/24; }"
            " dash { enabled on; dash_fragment 1; dash_window_size 1; dash_cleanup off; dash_path %s; } }" % folder)
    before = {"folder": "/dash", "mount": "/any", "left": ""}[way]
    if way == "mount":
        conf += "vhost other.test { http_static { enabled on; mount [vhost]/any/; dir %s; } }" % folder
    server = make_server(conf, http="", root={"trusted_proxies": "127.0.0.1"})
    assert server.html == str(tmp_path / "srs0" / "html")
    on_air(server, speed=FAST)
    names = ["live/s.mpd", "live/s/video-init.mp4", "live/s/audio-init.mp4", "live/s/video-0.m4s", "live/s/audio-0.m4s"]
    until(lambda: os.path.exists(os.path.join(folder, "live/s/video-5.m4s")), "files of segments that have left", 30)
    with open(os.path.join(folder, "live", "page.html"), "w", encoding="utf-8") as f:
        f.write("a page")
    query = "?vhost=other.test" if way == "mount" else ""
    api = Api(server, server.http_port)

    def status(path, ip):
        return api.ask("GET", before + "/" + path + query, headers={"X-Forwarded-For": ip}).status
    for name in names + [name.replace("live/", "live//") for name in names] + [names[3].replace("live", "%6cive")]:
        assert (status(name, "198.51.100.9"), status(name, "203.0.113.1")) == (403, 200), name
    assert status("live/page.html", "198.51.100.9") == 200
    server.wait_log(r"WARN.*HTTP client ip=198\.51\.100\.9 .*%s/live/s/video-0\.m4s.*security" % before)


# -- publishers that come and go --------------------------------------------------------------------------------------

def test_a_publisher_that_comes_back_begins_a_period(make_server, on_air):
    server = dash_server(make_server, "dash_window_size 30;")
    feeder = on_air(server)
    with DashWatch(server.http_url("/live/s.mpd")) as watch:
        for n in range(1, 4):
            watch.wait_segments(2, representations=2 * n)
            assert len(watch.known.periods) == n
            if n < 3:
                feeder.finish()
                feeder = on_air(server)
        names = [r.url("media", s) for r in watch.known.representations for s in r.segments]
        assert len(set(names)) == len(names)
    until(lambda: len(mpd_on_disk(server).periods) == 3, "three periods on the disk")
    numbers = [s.number for r in mpd_on_disk(server).representations if r.kind == "video" for s in r.segments]
    assert numbers == sorted(set(numbers))


def test_another_codec_begins_a_period_with_its_own_init_segment(make_server, on_air):
    server = dash_server(make_server, "dash_window_size 30;")
    feeder = on_air(server, "h264_aac.flv")
    wait_mpd(server)
    feeder.finish()
    with DashWatch(server.http_url("/live/s.mpd"), ignore={"timeline-gap"}) as watch:
        on_air(server, "hevc_aac.mp4")
        until(lambda: watch.known and len(watch.known.periods) == 2, "a second period")
        video = [r for r in watch.known.representations if r.kind == "video"]
        assert [r.get("codecs")[:4] for r in video] == ["avc1", "hvc1"]
        assert len({r.template["initialization"] for r in video}) == 2


def test_viewers_stay_over_a_crash_of_the_server(make_server, on_air):
    """Until the publisher is back they get what is on the disk, where the same segments have numbers."""
    server = dash_server(make_server)
    feeder = on_air(server)
    ignore = {"period-vanishes", "segment-status", "template-changes", "segment-changes", "segment-number-moves", "published-twice"}
    with DashWatch(server.http_url("/live/s.mpd"), may_vanish=True, ignore=ignore) as watch:
        watch.wait_segments(3)
        before = watch.known
        server.kill()
        feeder.stop()
        server.start()
        on_air(server)
        until(lambda: watch.known.periods[-1].id != before.periods[-1].id, "the new MPD", 30)
        assert watch.known.available_from == before.available_from
        assert watch.known.periods[0].start > before.periods[-1].start


# -- files -----------------------------------------------------------------------------------------------------------

def test_files_have_the_names_that_users_know(make_server, on_air):
    server = dash_server(make_server)
    on_air(server)
    wanted = {"live/s.mpd", "live/s/video-init.mp4", "live/s/audio-init.mp4", "live/s/video-0.m4s", "live/s/audio-1.m4s"}
    until(lambda: wanted <= set(files(server)), lambda: files(server))
    for name in ("live/s/video-init.mp4", "live/s/video-0.m4s", "live/s/audio-1.m4s"):
        with open(os.path.join(server.folder, "html", name), "rb") as f:
            assert f.read() == get(server, "/" + name).body, name


@pytest.mark.long
def test_the_mpd_on_the_disk_names_what_is_on_the_disk(make_server, on_air):
    server = dash_server(make_server, "dash_window_size 2;")
    on_air(server)
    until(lambda: "live/s.mpd" in files(server), "the MPD")
    seen = 0
    for _ in range(40):
        mpd = mpd_on_disk(server)
        for r in mpd.representations:
            wanted = [r.url("media", s)[len("html/"):] for s in r.segments] + [r.url("initialization")[len("html/"):]]
            assert set(wanted) <= set(files(server)), wanted
            seen = max(seen, r.segments[-1].number)
        time.sleep(0.1)
    assert seen >= 3
    until(lambda: "live/s/video-0.m4s" not in files(server), "dash_cleanup is on")


@pytest.mark.long
def test_without_cleanup_old_segments_stay(make_server, on_air):
    server = dash_server(make_server, "dash_window_size 1; dash_cleanup off;")
    on_air(server)
    until(lambda: "live/s/video-5.m4s" in files(server), "segments")
    assert "live/s/video-0.m4s" in files(server)


def test_files_go_when_the_stream_is_disposed_of(make_server, on_air):
    server = dash_server(make_server, "dash_dispose 1;")
    feeder = on_air(server)
    until(lambda: "live/s.mpd" in files(server), "the MPD")
    feeder.finish()
    until(lambda: not files(server), "no files")
    until(lambda: not os.path.exists(os.path.join(server.folder, "html", "live", "s")), "no folder")
    until(lambda: get(server, "/live/s.mpd").status == 404, "no MPD")


def test_a_reload_switches_dash_on_and_off_under_a_live_stream(make_server, on_air):
    off = "vhost __defaultVhost__ { dash { enabled off; } }"
    on = "vhost __defaultVhost__ { dash { enabled on; dash_fragment 1; dash_path ./html; %s } }"
    server = make_server(off, http="dir ./html;")
    on_air(server)
    server.reload(on % "")
    wait_mpd(server)
    server.reload(on % "dash_mpd_file other/[stream].mpd;")
    wait_mpd(server, path="/other/s.mpd")
    server.reload(off)
    until(lambda: get(server, "/other/s.mpd").status == 404, "no MPD")


@pytest.mark.long
def test_a_disk_that_refuses_does_not_hurt_viewers(make_server, on_air):
    server = dash_server(make_server)
    os.makedirs(os.path.join(server.folder, "html"), exist_ok=True)
    with open(os.path.join(server.folder, "html", "live"), "w", encoding="utf-8"):
        pass                                                        # a file where the folder should be
    on_air(server)
    with DashWatch(server.http_url("/live/s.mpd")) as watch:
        watch.wait_segments(4)
        os.unlink(os.path.join(server.folder, "html", "live"))
        until(lambda: "live/s.mpd" in files(server), "the MPD, once the disk takes files")
        watch.wait_segments(8)


# -- low latency -------------------------------------------------------------------------------------------------------

def test_low_latency_is_served_by_the_rules(make_server, on_air):
    server = dash_server(make_server, "dash_ll on;", fragment="2")
    on_air(server)
    with DashWatch(server.http_url("/live/s.mpd"), low_latency=True) as watch:
        watch.wait_segments(4)


def test_an_open_segment_is_sent_as_it_grows(make_server, on_air):
    server = dash_server(make_server, "dash_ll on;", fragment="4")
    on_air(server)
    mpd = wait_mpd(server, lambda m: len(m.representations[0].segments) >= 2, what="the second segment")
    video = mpd.representations[0]
    newest = video.segments[-1]
    began, sizes = time.monotonic(), []
    with urllib.request.urlopen(video.url("media", newest), timeout=30) as reply:
        assert reply.headers.get("Transfer-Encoding") == "chunked"
        while data := reply.read1(1 << 20):
            sizes.append((time.monotonic() - began, len(data)))
    assert len(sizes) >= 5, sizes                                   # parts of 0.2 s, as they are made
    assert sizes[-1][0] - sizes[0][0] > 1, sizes
    whole = get(server, "/live/s/video-1.m4s").body                # the name of its file
    assert sum(size for _, size in sizes) == len(whole)
