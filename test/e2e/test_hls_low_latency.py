"""Low-latency HLS: parts, hints, blocking reloads and delta updates, as a player meets them."""
import concurrent.futures
import time
from urllib.parse import urljoin

import pytest

import hls_changes
import hls_playlist
import hls_rules
from hls_watch import Watch, with_query
from test_hls_playlist import get, hls, publishing, wait_playlist  # noqa: F401 (hls is a fixture)
from wait import patience, until

LOW = "hls_ctx off; hls_ll on; hls_part 0.2;"
SIZES = "hls_fragment 1; hls_window 12;"


@pytest.fixture(params=["", "hls_use_fmp4 on;"], ids=["ts", "fmp4"])
def low(hls, request):  # noqa: F811
    return hls(LOW + request.param, SIZES)


def read(url):
    status, _, body = get(url)
    assert status == 200
    return hls_playlist.read(body.decode())


@pytest.mark.sample(2)
def test_blocking_reloads_keep_all_rules(low):
    with publishing(low, "h264.flv"), Watch(low.http_url("/live/s.m3u8"), blocking=True, delta=True, should=True) as watch:
        watch.wait_segments(8)
    assert watch.media[0].missing() == []


@pytest.mark.long
def test_a_late_frame_changes_no_target(low):
    """The sound of this clip is longer than its pictures, so that each turn of the loop ends with a pause."""
    with publishing(low), Watch(low.http_url("/live/s.m3u8"), blocking=True, ignore=["parts-sum"]) as watch:
        watch.wait_segments(10)
    assert watch.media[0].missing() == []


def test_a_reload_is_answered_as_soon_as_the_part_is_there(low):
    url = low.http_url("/live/s.m3u8")
    with publishing(low):
        wait_playlist(low)
        for _ in range(12):
            p = read(url)
            began = time.monotonic()
            asked = "_HLS_msn=%d&_HLS_part=%d" % (p.next_number, len(p.open_parts))
            q = read(with_query(url, asked))
            assert time.monotonic() - began < patience(0.5)
            hls_rules.assert_good(list(hls_changes.check_reload(q, with_query(url, asked))))


def test_the_part_that_is_hinted_comes_when_it_is_complete_and_is_then_listed(low):
    url = low.http_url("/live/s.m3u8")
    with publishing(low), concurrent.futures.ThreadPoolExecutor() as pool:
        wait_playlist(low)
        came = 0
        for _ in range(8):
            p = read(url)
            hint = p.hints[0]["URI"]
            reply = pool.submit(get, urljoin(url, hint))
            q = read(with_query(url, "_HLS_msn=%d&_HLS_part=%d" % (p.next_number, len(p.open_parts))))
            status, fields, body = reply.result()
            listed = [part.uri for s in q.segments for part in s.parts] + [part.uri for part in q.open_parts]
            assert (status == 200) == (hint in listed)
            came += status == 200
            if status == 200:
                assert body == get(urljoin(url, hint))[2]
                assert "max-age" in fields["Cache-Control"]
        assert came >= 6          # A segment may end where the hint expected one more part.


def test_parts_are_the_bytes_of_their_segment(low):
    url = low.http_url("/live/s.m3u8")
    with publishing(low):
        wait_playlist(low, segments=3)
        p = read(url)
        s = p.segments[-1]
        assert len(s.parts) > 1
        assert b"".join(get(urljoin(url, part.uri))[2] for part in s.parts) == get(urljoin(url, s.uri))[2]


def test_absurd_reloads_are_refused_at_once(low):
    url = low.http_url("/live/s.m3u8")
    with publishing(low):
        wait_playlist(low)
        for query in ("_HLS_msn=99999", "_HLS_msn=99999999999999999999999", "_HLS_msn=-1", "_HLS_msn=x", "_HLS_msn=",
                      "_HLS_part=1", "_HLS_msn=1&_HLS_part=-1", "_HLS_msn=%d&_HLS_part=99999" % (read(url).next_number + 1)):
            began = time.monotonic()
            status, fields, _ = get(with_query(url, query))
            assert (status, fields["Cache-Control"]) == (400, "no-store"), query
            assert time.monotonic() - began < patience(0.5), query
        assert get(with_query(url, "_HLS_msn=0&_HLS_part=99999"))[0] == 200


@pytest.mark.sample(2)
def test_a_delta_update_leaves_out_what_a_player_knows(low):
    url = low.http_url("/live/s.m3u8")
    with publishing(low, "h264.flv"):
        wait_playlist(low, segments=9)
        until(lambda: "#EXT-X-SKIP:SKIPPED-SEGMENTS=" in get(with_query(url, "_HLS_skip=YES"))[2].decode(), "a delta update", 20)
        for skip in ("YES", "v2"):
            def same_moment(skip=skip):
                full, delta = get(url)[2], get(with_query(url, "_HLS_skip=" + skip))[2]
                return (full.decode(), delta.decode()) if get(url)[2] == full else None
            full, delta = until(same_moment, "a full playlist and a delta update of one moment", 20)
            hls_rules.assert_good(list(hls_changes.check_delta(full, delta)), delta)


def test_a_reload_that_nothing_answers_ends_in_time(low):
    url = low.http_url("/live/s.m3u8")
    with publishing(low):
        wait_playlist(low)
    number = read(url).next_number
    assert get(with_query(url, "_HLS_msn=%d" % (number + 1)))[0] == 503


def test_without_low_latency_the_parameters_mean_nothing(hls):  # noqa: F811
    server = hls("hls_ctx off;")
    with publishing(server):
        wait_playlist(server)
        for query in ("_HLS_msn=99999", "_HLS_skip=YES"):
            text = get(with_query(server.http_url("/live/s.m3u8"), query))[2].decode()
            assert "PART" not in text and "SKIP" not in text and "CONTROL" not in text
