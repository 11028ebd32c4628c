"""Variants (hls_variants): several streams, published by one transcoder, are one master playlist with aligned segments."""
import os
import time
import urllib.error
import urllib.request
from urllib.parse import urljoin, urlsplit

import pytest

import hls_changes
import hls_master
import hls_playlist
import hls_rules
import media
from hls_watch import Watch
from media import Program
from wait import until

CONF = """vhost __defaultVhost__ {
    hls { enabled on; hls_path %s; hls_fragment 1; hls_window 8; %s %s }
}
"""
VARIANTS = "hls_variants _hi _mid _low;"
SIZES = {"cam_hi": ("320x180", "400k"), "cam_mid": ("192x108", "200k"), "cam_low": ("128x72", "80k")}


@pytest.fixture
def hls(make_server, tmp_path):
    def start(more="", variants=VARIANTS):
        return make_server(CONF % (tmp_path / "hls", variants, more), http="")
    return start


def transcoder(server, names=tuple(SIZES), start_s=10):
    """One ffmpeg that publishes the renditions with equal times and key frames; its clock begins at `start_s`. From 0 on ffmpeg would
    move all times by the length of an audio frame, so that none is negative."""
    argv = media.FFMPEG + ["-copyts", "-re"]
    for source in ("testsrc2=size=320x180:rate=25", "sine=sample_rate=48000"):
        argv += ["-f", "lavfi", "-i", "%s,%s=PTS+%d/TB" % (source, "setpts" if "test" in source else "asetpts", start_s)]
    for name in names:
        size, rate = SIZES.get(name, ("256x144", "300k"))
        argv += ["-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-s", size,
                 "-b:v", rate, "-maxrate", rate, "-bufsize", rate, "-force_key_frames", "expr:eq(mod(n,25),0)",
                 "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k", "-f", "flv", server.url("live/" + name)]
    return Program(argv)


def get(url):
    """Status and text of a reply."""
    try:
        with urllib.request.urlopen(url, timeout=10) as r:
            return r.status, r.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode()


def master_of(server, path="/live/cam.m3u8"):
    """The master playlist, judged; None while there is none."""
    status, text = get(server.http_url(path))
    if status != 200:
        return None
    master = hls_playlist.read(text)
    hls_rules.assert_good(hls_master.check_master(master), text)
    return master


def names_of(master):
    return [urlsplit(uri).path.rsplit("/", 1)[1][:-len(".m3u8")] for _, uri in master.variants] if master else []


def wait_names(server, names, timeout=30):
    return until(lambda: names_of(master_of(server)) == list(names) and master_of(server), "the variants %s" % (names,), timeout)


def test_streams_with_the_suffixes_are_one_master_playlist(hls):
    server = hls()
    with transcoder(server):
        master = wait_names(server, SIZES)
        lines = [line for line in master.text.splitlines() if line.startswith("#EXT-X-STREAM-INF")]
        assert ["RESOLUTION=" + size in line for line, (size, _) in zip(lines, SIZES.values())] == [True] * 3, master.text
        assert all("FRAME-RATE=25.000" in line and 'mp4a.40.2"' in line for line in lines), master.text
        rates = [attributes["BANDWIDTH"] for attributes, _ in master.variants]
        assert rates == sorted(rates, reverse=True) and len(set(rates)) == 3, master.text
        ids = {urlsplit(uri).query for _, uri in master.variants}
        assert len(ids) == 1 and "hls_ctx=" in ids.pop(), master.text
        for _, uri in master.variants:
            status, text = get(urljoin(server.http_url("/live/cam.m3u8"), uri))
            assert status == 200 and "#EXTINF" in text


def test_a_variant_that_is_missing_is_left_out_and_comes_back(hls):
    server = hls("hls_ctx off;")
    names = list(SIZES)
    with transcoder(server, names[:1]):
        with transcoder(server, names[1:2]):
            wait_names(server, names[:2])
        wait_names(server, names[:1])
        with transcoder(server, names[1:2]):
            wait_names(server, names[:2])


def test_the_stream_without_a_suffix_is_a_variant_as_well(hls):
    server = hls("hls_ctx off;")
    with transcoder(server, ("cam", "cam_low")):
        master = wait_names(server, ("cam", "cam_low"))
        assert master.variants[0][1].endswith("/live/cam.m3u8?hls_media=1"), master.text
        with Watch(server.http_url("/live/cam.m3u8"), bandwidth=None) as watch:
            watch.wait_segments(3)
            assert len(watch.media) == 2


def test_a_reload_makes_and_ends_groups(hls, tmp_path):
    server = hls("hls_ctx off;", variants="")
    with transcoder(server, ("cam", "cam_low")):
        until(lambda: get(server.http_url("/live/cam.m3u8"))[0] == 200, "the playlist of cam alone", 30)
        assert "EXT-X-STREAM-INF" not in get(server.http_url("/live/cam.m3u8"))[1]
        server.reload(CONF % (tmp_path / "hls", VARIANTS, "hls_ctx off;"), http="")
        wait_names(server, ("cam", "cam_low"))
        server.reload(CONF % (tmp_path / "hls", "", "hls_ctx off;"), http="")
        until(lambda: "#EXTINF" in get(server.http_url("/live/cam.m3u8"))[1], "the playlist of cam alone", 30)


def test_with_low_latency_each_variant_reports_the_others(hls):
    server = hls("hls_ctx off; hls_ll on; hls_part 0.2;")
    names = ("cam", "cam_low")
    with transcoder(server, names), Watch(server.http_url("/live/cam.m3u8"), blocking=True, bandwidth=None) as watch:
        wait_names(server, names)
        watch.wait_segments(4)
        for path, other in (("/live/cam_low.m3u8", "cam.m3u8?hls_media=1"), ("/live/cam.m3u8?hls_media=1", "cam_low.m3u8")):
            playlist = hls_playlist.read(get(server.http_url(path))[1])
            assert [r["URI"] for r in playlist.reports] == [other], playlist.text
            assert abs(playlist.reports[0]["LAST-MSN"] - playlist.next_number) <= 1, playlist.text
            assert "LAST-PART" in playlist.reports[0], playlist.text


def test_the_example_serves_those_that_are_published(make_server):
    with open(os.path.join(media.ROOT, "conf", "hls.variants.conf"), encoding="utf-8") as f:
        vhost = f.read()
    server = make_server(vhost[vhost.index("vhost "):].replace("hls_fragment    4", "hls_fragment 1"), http="")
    with transcoder(server, ("livestream_720", "livestream_480")):
        until(lambda: names_of(master_of(server, "/live/livestream.m3u8")) == ["livestream_720", "livestream_480"],
              "both variants", 40)


# -- numbers ---------------------------------------------------------------------------------------------------------------

def texts_of(server, names):
    """The media playlists of the variants, loaded again until they have two numbers in common: one may be late."""
    def same():
        texts = [get(server.http_url("/live/%s.m3u8" % name))[1] for name in names]
        if not all("#EXTINF" in text for text in texts):
            return None
        numbers = set.intersection(*[{s.number for s in hls_playlist.read(t).segments if not s.gap} for t in texts])
        return texts if len(numbers) >= 2 else None
    return until(same, "equal numbers in %s" % (names,), 20)


def first_pts(server, name, number):
    """Presentation time of the first picture of a segment."""
    url = server.http_url("/live/%s-%d.ts" % (name, number))
    out = media.run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts", "-of", "csv=p=0", url])
    return int(out.stdout.split()[0].strip(b","))


def assert_aligned(server, names, common=2):
    texts = texts_of(server, names)
    lists = [hls_playlist.read(text) for text in texts]
    hls_rules.assert_good(list(hls_changes.check_aligned(texts)), "\n".join(texts))
    numbers = set.intersection(*[{s.number for s in p.segments if not s.gap} for p in lists])
    assert len(numbers) >= common, "\n".join(texts)
    for number in sorted(numbers)[-2:]:
        assert len({first_pts(server, name, number) for name in names}) == 1, (number, texts)
        dates = [next(s.pdt for s in p.segments if s.number == number) for p in lists]
        assert max(dates) - min(dates) < 0.3, (number, dates)


def wait_segments(server, name, count):
    until(lambda: get(server.http_url("/live/%s.m3u8" % name))[1].count("#EXTINF") >= count, "segments of %s" % name, 30)


def test_renditions_of_one_process_have_equal_numbers(hls):
    server = hls("hls_ctx off;")
    with transcoder(server):
        for name in SIZES:
            wait_segments(server, name, 4)
        assert_aligned(server, SIZES, 3)


def test_a_rendition_that_starts_later_has_the_numbers_of_the_others(hls):
    server = hls("hls_ctx off;")
    names = list(SIZES)
    began = time.monotonic()
    with transcoder(server, names[:1]):
        wait_segments(server, names[0], 3)
        with transcoder(server, names[1:], 10 + round(time.monotonic() - began)):
            for name in names[1:]:
                wait_segments(server, name, 3)
            assert_aligned(server, names, 2)


@pytest.mark.long
def test_a_rendition_with_a_clock_of_its_own_is_aligned_by_its_arrival(hls):
    server = hls("hls_ctx off;")
    names = list(SIZES)[:2]
    with transcoder(server, names[:1]):
        wait_segments(server, names[0], 4)
        with transcoder(server, names[1:]):
            wait_segments(server, names[1], 3)
            texts = texts_of(server, names)
            lists = [hls_playlist.read(text) for text in texts]
            assert all(p.segments[-1].pdt for p in lists)
            last = min(p.next_number for p in lists) - 1
            dates = [s.pdt for p in lists for s in p.segments if s.number == last]
            assert len(dates) == 2 and abs(dates[0] - dates[1]) < 1, texts


@pytest.mark.long
def test_a_rendition_that_comes_back_takes_up_the_numbers_of_the_others(hls):
    server = hls("hls_ctx off;")
    names = list(SIZES)[:2]
    began = time.monotonic()
    with transcoder(server, names[:1]):
        wait_segments(server, names[0], 1)
        with transcoder(server, names[1:], 10 + round(time.monotonic() - began)):
            wait_segments(server, names[1], 2)
        newest = hls_playlist.read(get(server.http_url("/live/cam_hi.m3u8"))[1]).next_number
        until(lambda: hls_playlist.read(get(server.http_url("/live/cam_hi.m3u8"))[1]).next_number > newest + 3,
              "segments that the other one misses", 20)
        with Watch(server.http_url("/live/cam_mid.m3u8"), lingers=True) as watch:
            with transcoder(server, names[1:], 10 + round(time.monotonic() - began)):
                until(lambda: hls_playlist.read(get(server.http_url("/live/cam_mid.m3u8"))[1]).next_number > newest + 6,
                      "segments after the gap", 20)
                texts = texts_of(server, names)
                by_number = [{s.number: s for s in hls_playlist.read(text).segments} for text in texts]
                last = max(set(by_number[0]) & set(by_number[1]))
                assert abs(by_number[0][last].pdt - by_number[1][last].pdt) < 0.3, texts
                assert first_pts(server, names[0], last) == first_pts(server, names[1], last), texts
                assert "#EXT-X-GAP" in texts[1] and texts[1].count("#EXT-X-DISCONTINUITY\n") == 1, texts[1]
            assert watch.media
