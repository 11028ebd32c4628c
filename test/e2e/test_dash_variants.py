"""Variants (hls_variants) in DASH: the streams of one transcoder are one MPD, with the pictures of all in one adaptation set."""
import time

import dash_rules
from dash_watch import DashWatch, assert_good
from test_dash import mpd_of, wait_mpd
from test_hls_variants import transcoder

CONF = """vhost __defaultVhost__ {
    hls { enabled %s; hls_fragment 1; hls_path ./hls; hls_variants _hi _low; }
    dash { enabled on; dash_fragment 1; dash_path ./html; dash_update_period 1; dash_timeshift 60; dash_window_size 60; %s }
}
"""
NAMES = ("cam_hi", "cam_low")


def pictures(period):
    return sorted(r.id for r in period.representations if r.kind == "video")


def newest(mpd):
    return pictures(mpd.periods[-1])


def test_variants_are_one_mpd(make_server):
    server = make_server(CONF % ("off", ""), http="")
    with transcoder(server, NAMES), DashWatch(server.http_url("/live/cam.mpd"), should=True) as watch:
        watch.wait_segments(1)
        mpd = wait_mpd(server, lambda m: len(newest(m)) == 2 and len(m.periods[-1].representations[0].segments) > 4, "/live/cam.mpd")
        alone = mpd_of(server, "/live/cam_hi.mpd")
    period = mpd.periods[-1]
    assert newest(mpd) == ["video-v1", "video-v2"] and len(period.representations) == 3
    assert {r.get("width") for r in period.representations if r.kind == "video"} == {"320", "128"}
    assert_good(dash_rules.check_mpd(mpd), mpd.text, should=True)           # among others: timelines and alignment
    assert {r.kind for r in alone.representations} == {"video", "audio"}, "a variant has an MPD of its own"


def test_a_variant_that_is_missing_is_left_out(make_server):
    """Two programs stand for one transcoder: the second begins at the time at which the first one is, in whole GOPs."""
    server = make_server(CONF % ("off", ""), http="")
    began, start_s = time.monotonic(), 10
    with transcoder(server, NAMES[:1], start_s), DashWatch(server.http_url("/live/cam.mpd"), should=True) as watch:
        watch.wait_segments(1)
        with transcoder(server, NAMES[1:], start_s + round(time.monotonic() - began)):
            wait_mpd(server, lambda m: len(newest(m)) == 2, "/live/cam.mpd", "both variants")
        wait_mpd(server, lambda m: newest(m) == ["video-v1"], "/live/cam.mpd", "one variant")


def test_the_stream_without_a_suffix_is_a_variant_as_well(make_server):
    server = make_server(CONF % ("off", ""), http="")
    with transcoder(server, ("cam", "cam_low")), DashWatch(server.http_url("/live/cam.mpd"), should=True) as watch:
        watch.wait_segments(1)
        mpd = wait_mpd(server, lambda m: len(newest(m)) == 2, "/live/cam.mpd", "both variants")
    assert newest(mpd) == ["video-v0", "video-v2"]


def test_a_reload_makes_and_ends_the_group(make_server):
    server = make_server((CONF % ("off", "")).replace("hls_variants _hi _low;", ""), http="")
    with transcoder(server, ("cam", "cam_low")):
        wait_mpd(server, lambda m: newest(m) == ["video"], "/live/cam.mpd")
        server.reload(CONF % ("off", ""), http="")
        wait_mpd(server, lambda m: len(newest(m)) == 2, "/live/cam.mpd", "both variants")
        server.reload((CONF % ("off", "")).replace("hls_variants _hi _low;", ""), http="")
        wait_mpd(server, lambda m: newest(m) == ["video"], "/live/cam.mpd", "cam alone")


def test_with_low_latency_the_open_segments_are_listed(make_server):
    server = make_server(CONF % ("off", "dash_ll on;"), http="")
    with transcoder(server, NAMES), DashWatch(server.http_url("/live/cam.mpd"), low_latency=True) as watch:
        watch.wait_segments(1)
        wait_mpd(server, lambda m: len(newest(m)) == 2 and len(m.periods[-1].representations[0].segments) > 3, "/live/cam.mpd")
