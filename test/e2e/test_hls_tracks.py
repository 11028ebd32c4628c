"""HLS of several tracks of sound (enhanced RTMP): each is a rendition with a playlist of its own."""
import itertools
import os
import re
from urllib.parse import urljoin, urlsplit

import pytest

import hls_changes
import hls_master
import hls_playlist
import hls_rules
import media
import players
import rtmp
import tracks
from flv import AUDIO
from hls_watch import Http, Watch
from wait import until

CONF = "vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_window %d; hls_path %s; %s } }"
CONTAINERS = {"ts": "", "fmp4": "hls_use_fmp4 on;"}
LONG = ("h264_aac_long.flv", {1: "aac_other_long.flv"})


@pytest.fixture
def hls(make_server, tmp_path):
    """hls(directives): a server whose HLS has these directives."""
    def start(more="", window=8, **how):
        return make_server(CONF % (window, tmp_path / "hls", more), http="", **how)
    return start


@pytest.fixture
def feed():
    """feed(server, tags): a publisher of these tags, in real time."""
    feeders = []

    def begin(server, tags, stream="s"):
        feeders.append(rtmp.Feeder(server.publisher(stream), tags))
        return feeders[-1]
    yield begin
    for f in feeders:
        f.finish()


def get(url):
    http = Http()
    try:
        return http.get(url)
    finally:
        http.close()


def text_of(url):
    reply = get(url)
    return reply.body.decode() if reply.status == 200 else ""


def master_of(server, path="/live/s.m3u8"):
    """The master playlist, judged; None while there is none."""
    text = text_of(server.http_url(path))
    if not text:
        return None
    master = hls_playlist.read(text)
    assert master.is_master, text
    hls_rules.assert_good(hls_master.check_master(master), text)
    return master


def sounds(master):
    """The sounds of a master playlist: {path: attributes}."""
    return {urlsplit(r["URI"]).path: r for r in master.renditions if r["TYPE"] == "AUDIO"} if master else {}


def wait_sounds(server, *names, path="/live/s.m3u8"):
    """Wait until the master playlist names these tracks."""
    paths = ["/live/.%s/s.m3u8" % name for name in names]
    return until(lambda: list(sounds(master_of(server, path))) == paths and master_of(server, path),
                 lambda: "%s in %s" % (paths, text_of(server.http_url(path))), 30)


def url_of(server, track, name="s.m3u8"):
    return server.http_url("/live/%s%s" % ("." + track + "/" if track else "", name))


def cut(tags, seconds):
    return itertools.takewhile(lambda t: t.ts < 1000 * seconds, tags)


# -- playlists -----------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("container", CONTAINERS)
def test_each_track_of_sound_is_a_rendition(hls, feed, container):
    server = hls(CONTAINERS[container])
    feed(server, tracks.with_sounds(*LONG))
    with Watch(server.http_url("/live/s.m3u8"), should=True) as watch:
        watch.wait_segments(5)
        master = wait_sounds(server, "audio", "audio-2")
    assert [urlsplit(f.url).path for f in watch.media] == ["/live/.video/s.m3u8", "/live/.audio/s.m3u8", "/live/.audio-2/s.m3u8"]
    first, second = sounds(master).values()
    assert (first["DEFAULT"], second["DEFAULT"]) == ("YES", "NO")
    assert first["CHANNELS"] == second["CHANNELS"] == "2"
    attributes, _ = master.variants[0]
    assert hls_master.codecs_of(attributes) == ["h264", "aac"]
    assert attributes["AUDIO"] == first["GROUP-ID"] == second["GROUP-ID"]
    assert not any(f.missing() for f in watch.media)


CELLS = [("ts", "h264_aac.mp4", "h264", "aac", {1: ("aac_other.flv", "aac"), 2: ("mp3_other.flv", "mp3")}),
         ("fmp4", "h264_aac.mp4", "h264", "aac", {1: ("aac_other.flv", "aac"), 5: ("ac3_other.mp4", "ac3")}),
         ("ts", "h264_opus.mp4", "h264", "opus", {1: ("opus_other.mp4", "opus")}),
         ("fmp4", "av1_opus.mp4", "av1", "opus", {1: ("opus_other.mp4", "opus"), 2: ("aac_other.flv", "aac")})]


@pytest.mark.parametrize("container,clip,video,audio,others", CELLS,
                         ids=["%s-%s-%s" % (c[0], c[3], "-".join(o[1] for o in c[4].values())) for c in CELLS])
def test_ffmpeg_gets_the_very_packets_of_each_track(hls, container, clip, video, audio, others):
    server = hls(CONTAINERS[container] + "hls_ctx off;", window=60)
    feeder = rtmp.Feeder(server.publisher(), tracks.with_sounds(clip, {k: name for k, (name, _) in others.items()}), speed=None)
    feeder.join()
    feeder.finish()
    names = ["audio"] + ["audio-%d" % (k + 1) for k in others]
    master = wait_sounds(server, *names)
    assert set(hls_master.codecs_of(master.variants[0][0])) == {video, audio} | {codec for _, codec in others.values()}

    def compare(track, of, kind, video_=None, audio_=None):
        source = [p for p in players.source_packets(of, container, video_, audio_) if p.kind == kind]
        played = players.hls_packets(url_of(server, track), container, video_, audio_)
        is_told = audio_ not in ("mp3", "ac3")                       # Others are heard with their first frame, after the first cut.
        media.compare_packets(source, played, whole=is_told)
        assert played[-1].hash == source[-1].hash
    compare("video", clip, "video", video_=video)
    compare("audio", clip, "audio", audio_=audio)
    for k, (name, codec) in others.items():
        compare("audio-%d" % (k + 1), name, "audio", audio_=codec)
    whole = players.hls_packets(url_of(server, "") + "?hls_media=1", container, video, audio)
    media.compare_packets(players.source_packets(clip, container, video, audio), whole)


def test_metadata_tell_languages_and_titles(hls, feed):
    server = hls()
    about = {0: {"language": "de"}, 1: {"language": "fr", "title": "Commentaires"}, 2: {"language": "de", "title": 'say "x"'},
             3: {"language": "no language", "title": "line\nend"}}
    others = {k: "aac_other_long.flv" for k in (1, 2, 3)}
    feed(server, tracks.with_sounds("h264_aac_long.flv", others, tracks.track_map(about)))
    master = wait_sounds(server, "audio", "audio-2", "audio-3", "audio-4")
    assert [(r.get("LANGUAGE"), r["NAME"], r["AUTOSELECT"]) for r in sounds(master).values()] == [
        ("de", "Audio 1", "YES"), ("fr", "Commentaires", "YES"), ("de", "say 'x'", "NO"), (None, "Audio 4", "NO")]


def test_a_stream_with_one_track_of_sound_has_no_renditions(hls, feed):
    server = hls("hls_ctx off;")
    feed(server, media.loop("h264_aac_long.flv"))
    text = until(lambda: text_of(server.http_url("/live/s.m3u8")), "the playlist")
    assert not hls_playlist.read(text).is_master
    assert get(url_of(server, "video")).status == get(url_of(server, "audio")).status == 404


def test_tracks_beyond_the_bound_are_left_out(hls, feed):
    server = hls()
    feed(server, tracks.with_sounds("h264_aac_long.flv", {k: "aac_other_long.flv" for k in range(1, 11)}))
    wait_sounds(server, "audio", *["audio-%d" % n for n in range(2, 9)])
    server.wait_log(r"the track audio-9 of \S+ over HLS is not shown.* more than 8 tracks")


# -- tracks that come and go -----------------------------------------------------------------------------------------------------

def with_track_between(first_ms, last_ms, clip=LONG[0], other="aac_other_long.flv"):
    """A second track that begins late, and ends."""
    config = None
    for tag in tracks.with_sounds(clip, {1: other}):
        is_other = tag.type == AUDIO and tag.payload[0] >> 4 == 9
        if is_other and config is None:
            config = tag
        elif is_other and first_ms <= tag.ts < last_ms:
            if config:
                yield config._replace(ts=tag.ts)
                config = False
            yield tag
        elif not is_other:
            yield tag


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_track_that_comes_late_and_goes_disturbs_no_other(hls, feed, container):
    server = hls(CONTAINERS[container] + "hls_ctx off;")
    feeder = feed(server, with_track_between(2500, 6500))
    with Watch(url_of(server, ""), should=True, bandwidth=None) as early:
        early.wait_segments(1)                                       # It has the playlist of the whole stream.
        assert not early.master
        until(lambda: text_of(url_of(server, "audio-2")), "the second track")
        with Watch(url_of(server, "video")) as pictures, Watch(url_of(server, "audio")) as first, \
                Watch(url_of(server, "audio-2"), lingers=False) as second:
            second.wait_segments(2)
            until(lambda: second.media[0].known.segments[-1].gap, "a gap", 20)
            early.wait_segments(9)
            for watch in (pictures, first):
                watch.wait_segments(5)
    assert feeder.sent
    for watch in (early, pictures, first):
        assert not watch.media[0].missing()
        assert "EXT-X-GAP" not in watch.media[0].loads[-1]
    shown = [s for s in second.media[0].known.segments if not s.gap]
    assert shown[0].number >= 3
    hls_rules.assert_good(list(hls_changes.check_aligned([w.media[0].loads[-1] for w in (early, pictures, first, second)])))
