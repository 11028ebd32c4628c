"""`common_segments on`: servers that have one stream make the same segments of it, under the same names."""
import contextlib
import hashlib
from urllib.parse import urljoin, urlsplit

import pytest

import dash_mpd
import hls_playlist
import media
import rtmp
from hls_watch import fetch
from test_edge import begins, cluster
from test_play import vhost
from wait import until

OUTPUTS = ("hls { enabled on; hls_fragment 1; hls_window 30; hls_ctx off; hls_path ./html; %s } "
           "dash { enabled on; dash_fragment 2; dash_timeshift 60; dash_window_size 20; dash_path ./html; } ")
FAST = 4
ORIGIN = "play { atc on; } cluster { common_segments on; } "


def edge_of(*origins, hls=""):
    return vhost(more=cluster(*origins, more="common_segments on;") + OUTPUTS % hls)


class Both:
    """One encoder that publishes to several servers at once."""

    def __init__(self, *clients):
        self.clients = clients

    def send_tag(self, tag):
        for c in self.clients:
            with contextlib.suppress(OSError):                              # of a server that was killed
                c.send_tag(tag)

    def drain(self):
        for c in self.clients:
            with contextlib.suppress(OSError):
                c.drain()


def hls_rows(server):
    """The segments that the playlist of a server has: by number, all that is said of each and its parts, with their bytes."""
    url = server.http_url("/live/s.m3u8")
    reply = fetch(url)
    if reply.status != 200:
        return {}
    playlist = hls_playlist.read(reply.body.decode())
    found = {}
    for s in playlist.segments:
        if s.gap:                                                           # of a time in which the server was away
            assert s.uri.endswith((".ts", ".m4s"))                          # FFmpeg takes no playlist with another name
            continue
        whole = fetch(urljoin(url, s.uri))
        parts = [(urlsplit(p.uri).path, p.duration, p.independent) for p in s.parts]
        assert whole.status == 200
        found[s.number] = (urlsplit(s.uri).path, s.duration, s.pdt, s.discontinuity, len(whole.body),
                           hashlib.sha1(whole.body).hexdigest(), parts)
    return found


def dash_rows(server):
    url = server.http_url("/live/s.mpd")
    reply = fetch(url)
    if reply.status != 200:
        return {}
    found = {}
    for r in (r for period in dash_mpd.read(reply.body.decode()).periods for r in period.representations):
        for s in r.segments:
            at = urljoin(url, r.url("media", s))
            whole = fetch(at)
            if whole.status == 200:
                found[at.partition("/live/")[2]] = (s.t, s.d, len(whole.body), hashlib.sha1(whole.body).hexdigest())
    return found


def periods(server):
    """The Periods of a server, without their segments, and what each segment is named."""
    mpd = dash_mpd.read(fetch(server.http_url("/live/s.mpd")).body.decode())
    return [(p.id, p.start) for p in mpd.periods]


def common(rows, a, b, n):
    """Wait until both servers have n segments of the same names; they are the same."""
    def both():
        of_a, of_b = rows(a), rows(b)
        names = sorted(of_a.keys() & of_b.keys())
        return len(names) >= n and (names, of_a, of_b)
    names, of_a, of_b = until(both, "%d common segments" % n, 40)
    for name in names:
        parts_a, parts_b = of_a[name][-1], of_b[name][-1]
        if isinstance(parts_a, list) and not (parts_a and parts_b):         # Only the newest segments still list parts.
            assert of_a[name][:-1] == of_b[name][:-1]
        else:
            assert of_a[name] == of_b[name]
    return names


@pytest.mark.parametrize("hls", [
    "",
    pytest.param("hls_use_fmp4 on;", marks=pytest.mark.long),
    pytest.param("hls_ll on; hls_part 0.2;", marks=pytest.mark.long)])
def test_edges_that_come_at_different_times_make_the_same_segments(make_server, hls):
    origin = make_server(vhost(more=ORIGIN + OUTPUTS % hls), http="")
    edges = [make_server(edge_of(origin, hls=hls), http="") for _ in range(2)]
    feeder = rtmp.Feeder(origin.publisher("s"), media.loop("h264_aac.flv"), FAST)
    with contextlib.closing(edges[0].player()):
        begins(edges[0], origin)
        until(lambda: len(feeder.sent) > 60, "a little of the stream")
        with contextlib.closing(edges[1].player()):
            common(hls_rows, edges[0], edges[1], 3)
            common(hls_rows, origin, edges[1], 3)
            common(dash_rows, edges[0], edges[1], 4)
            assert periods(edges[0])[0] == periods(edges[1])[0] == periods(origin)[0]
    feeder.stop().check()


@pytest.mark.long
def test_segments_are_the_same_when_the_times_of_the_encoder_step_back(make_server):
    """The encoder begins at 0 again in the same publish. One edge has seen that, and one comes later."""
    origin = make_server(vhost(more=ORIGIN + OUTPUTS % ""), http="")
    edges = [make_server(edge_of(origin), http="") for _ in range(2)]
    publisher = origin.publisher("s")
    with contextlib.closing(edges[0].player()), contextlib.ExitStack() as players:
        feeder = rtmp.Feeder(publisher, media.loop("h264_aac.flv"), FAST)
        begins(edges[0], origin)
        common(hls_rows, origin, edges[0], 3)
        feeder.stop().check()
        feeder = rtmp.Feeder(publisher, media.loop("h264_aac.flv"), FAST)
        until(lambda: len(feeder.sent) > 100, "some of the stream with its new times")
        players.enter_context(contextlib.closing(edges[1].player()))
        begins(edges[1], origin)
        common(hls_rows, edges[0], edges[1], 3)
        common(hls_rows, origin, edges[1], 3)
    feeder.stop().check()


@pytest.mark.long
def test_segments_are_the_same_after_a_restart_and_at_the_next_origin(make_server):
    origins = [make_server(vhost(more=ORIGIN + OUTPUTS % ""), http="") for _ in range(2)]
    edges = [make_server(edge_of(*origins), http="") for _ in range(2)]
    feeder = rtmp.Feeder(Both(*(o.publisher("s") for o in origins)), media.loop("h264_aac_long.flv"))
    with contextlib.closing(edges[0].player()), contextlib.ExitStack() as players:
        begins(edges[0], origins[0])
        players.enter_context(contextlib.closing(edges[1].player()))
        before = common(hls_rows, edges[0], edges[1], 3)
        origins[0].kill()
        begins(edges[0], origins[1])
        begins(edges[1], origins[1])
        assert common(hls_rows, edges[0], edges[1], len(before) + 3)[:len(before)] == before
        players.close()
        edges[1].stop()
        edges[1].start()
        players.enter_context(contextlib.closing(edges[1].player()))
        common(hls_rows, edges[0], edges[1], len(before) + 3)                # They are there again from its files, and go on.
    feeder.stop().check()


@pytest.mark.long
def test_a_tier_between_tells_the_edges_below_and_an_own_clock_counts_where_nobody_tells(make_server):
    origin = make_server(vhost(more=ORIGIN + OUTPUTS % ""), http="")
    middle = make_server(vhost(more="play { atc on; } " + cluster(origin, more="common_segments on;")))
    edge = make_server(edge_of(middle), http="")
    silent = make_server()
    alone = make_server(edge_of(silent), http="")
    feeder = rtmp.Feeder(Both(origin.publisher("s"), silent.publisher("s")), media.loop("h264_aac.flv"), FAST)
    with contextlib.closing(edge.player()), contextlib.closing(alone.player()):
        common(hls_rows, origin, edge, 3)
        until(lambda: len(hls_rows(alone)) >= 2, "segments by the clock of the edge")
    feeder.stop().check()
