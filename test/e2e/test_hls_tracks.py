"""HLS of several tracks of sound (enhanced RTMP): each is a rendition with a playlist of its own."""
import itertools
import os
import re
from urllib.parse import urljoin, urlsplit

import pytest

import browser_players
import hls_changes
import hls_master
import hls_playlist
import hls_rules
import media
import players
import rtmp
import tracks
from browser import Browser
from flv import AUDIO
from hls_watch import Watch, fetch
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


def text_of(url):
    reply = fetch(url)
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

@pytest.mark.sample(2)
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


@pytest.mark.long
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
    assert fetch(url_of(server, "video")).status == fetch(url_of(server, "audio")).status == 404


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


@pytest.mark.sample(2)
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


# -- beside other features ---------------------------------------------------------------------------------------------------------

@pytest.mark.sample(2)
@pytest.mark.parametrize("container", CONTAINERS)
def test_low_latency_of_all_tracks(hls, feed, container):
    server = hls(CONTAINERS[container] + "hls_ctx off; hls_ll on; hls_part 0.2;", window=12)
    feed(server, tracks.with_sounds(*LONG))
    with Watch(server.http_url("/live/s.m3u8"), blocking=True, delta=True) as watch:
        watch.wait_segments(5)
        playlists = {name: hls_playlist.read(text_of(url_of(server, name))) for name in ("video", "audio", "audio-2")}
    assert len(watch.media) == 3
    for name, p in playlists.items():
        assert [r["URI"] for r in p.reports] == ["../.%s/s.m3u8" % other for other in playlists if other != name]
        assert all("LAST-PART" in r and abs(r["LAST-MSN"] - p.next_number) <= 1 for r in p.reports), p.text


@pytest.mark.parametrize("encryption", ["aes-128", "cbcs"])
def test_each_track_has_keys_of_its_own(hls, feed, encryption):
    server = hls("hls_ctx off; hls_use_fmp4 %s; hls_keys on; hls_fragments_per_key 2; hls_encryption %s;" % (
        "on" if encryption == "cbcs" else "off", encryption), window=30)
    feeder = rtmp.Feeder(server.publisher(), tracks.with_sounds("h264_aac.mp4", {1: "aac_other.flv"}), speed=None)
    feeder.join()
    feeder.finish()
    wait_sounds(server, "audio", "audio-2")
    container = "fmp4" if encryption == "cbcs" else "ts"
    keys = {urljoin(url_of(server, name), uri) for name in ("video", "audio", "audio-2")
            for uri in re.findall(r'EXT-X-KEY:.*URI="([^"]*)"', text_of(url_of(server, name)))}
    assert len(keys) >= 3 and len({fetch(key).body for key in keys}) == len(keys)
    if encryption == "aes-128":                                      # ffmpeg decrypts no cbcs in HLS
        source = players.source_packets("aac_other.flv", container, None, "aac")
        media.compare_packets(source, players.hls_packets(url_of(server, "audio-2"), container, None, "aac"))


@pytest.mark.long
@pytest.mark.parametrize("storage", ["both", "disk", "memory"])
def test_files_of_tracks_lie_in_folders_of_their_own_and_go(hls, feed, tmp_path, storage):
    server = hls("hls_ctx off; hls_storage %s; hls_dispose 2; hls_fragment 1;" % storage, window=3)
    feeder = rtmp.Feeder(server.publisher(), cut(tracks.with_sounds(*LONG), 8))

    def on_disk():
        return {os.path.relpath(os.path.join(folder, name), tmp_path / "hls") for folder, _, names in os.walk(tmp_path / "hls")
                for name in names if not name.endswith((".tmp", ".temp"))}
    with Watch(server.http_url("/live/s.m3u8"), may_vanish=True, bandwidth=None) as watch:
        watch.wait_segments(6)
        if storage == "memory":
            assert not on_disk()
        else:
            until(lambda: {"live/.%s/s.m3u8" % t for t in ("video", "audio", "audio-2")} <= on_disk(), on_disk)
            until(lambda: "live/.audio-2/s-0.ts" not in on_disk(), on_disk)
        feeder.finish()
        until(lambda: not on_disk(), on_disk, 30)


def test_a_stream_with_the_name_of_a_track_is_another_one(hls, feed):
    server = hls("hls_ctx off;")
    feed(server, tracks.with_sounds(*LONG))
    for name in (".audio-2/s", "audio-2/s", "s-audio-2"):
        feed(server, media.loop("h264.flv"), name)
    until(lambda: text_of(server.http_url("/live/audio-2/s.m3u8")) and text_of(url_of(server, "audio-2")), "both")
    with Watch(url_of(server, "audio-2")) as watch:
        watch.wait_segments(4)
    server.wait_log("cannot be a part of a path")


def next_of_file(path):
    if not os.path.exists(path):
        return -1
    with open(path, encoding="utf-8") as f:
        return hls_playlist.read(f.read()).next_number


@pytest.mark.long
@pytest.mark.parametrize("container", CONTAINERS)
def test_a_crash_under_viewers_of_a_track_goes_on(hls, tmp_path, container):
    server = hls(CONTAINERS[container] + "hls_ctx off;", window=20)
    feeder = rtmp.Feeder(server.publisher(), tracks.with_sounds(*LONG))
    with Watch(server.http_url("/live/s.m3u8"), may_vanish=True, lingers=False, bandwidth=None) as watch:
        watch.wait_segments(4)
        feeder.stop()
        files = [os.path.join(tmp_path, "hls", "live", folder, "s.m3u8") for folder in ("", ".video", ".audio", ".audio-2")]
        until(lambda: min(map(next_of_file, files)) >= max(f.known.next_number for f in watch.media), "what was seen to be on the disk")
        server.process.kill()
        server.process.wait()
        server.start()
        last = max(f.known.next_number for f in watch.media)
        feeder = rtmp.Feeder(server.publisher(), tracks.with_sounds(*LONG))
        until(lambda: all(f.known.next_number > last + 3 for f in watch.media), lambda: [f.known.next_number for f in watch.media], 30)
        wait_sounds(server, "audio", "audio-2")
        feeder.finish()
    for f in watch.media:
        p = f.known
        assert sum(s.breaks for s in p.segments) == 1 and p.segments[0].number < last, p.text
        assert not any(s.gap for s in p.segments[:3]), p.text


def test_a_viewer_of_several_playlists_is_one_viewer(hls, feed):
    server = hls(api="")
    feed(server, tracks.with_sounds(*LONG))
    wait_sounds(server, "audio", "audio-2")
    with Watch(server.http_url("/live/s.m3u8")) as watch:
        watch.wait_segments(3)
        ids = {re.search("hls_ctx=([a-z0-9]+)", f.url)[1] for f in watch.media}
        assert len(ids) == 1 and len(watch.media) == 3
    assert fetch(re.sub("hls_ctx=[^&]*", "hls_ctx=x", watch.media[2].url)).body.count(b"EXT-X-STREAM-INF") == 1
    segment = urljoin(watch.media[2].url, next(iter(watch.media[2].known.segments)).uri)
    assert fetch(segment).status == 200 and fetch(segment.split("?")[0]).status == 403


# How loud the two tones are in decibels, once the page has been listened to for a while.
TONES = """
const done = arguments[arguments.length - 1], video = document.querySelector('video')
if (!window.analyser) {
  window.audio = new AudioContext()
  window.analyser = audio.createAnalyser()
  Object.assign(analyser, { fftSize: 8192, smoothingTimeConstant: 0 })
  audio.createMediaElementSource(video).connect(analyser).connect(audio.destination)
  video.muted = false
}
audio.resume().then(() => setTimeout(() => {
  const loud = new Float32Array(analyser.frequencyBinCount)
  analyser.getFloatFrequencyData(loud)
  done([440, 880].map(hz => loud[Math.round(hz * analyser.fftSize / audio.sampleRate)]))
}, 300))
"""


@pytest.mark.long
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("player", ["hls.js", "shaka"])
def test_a_browser_plays_the_track_that_is_chosen(hls, feed, container, player):
    """The first track is a low tone, the second one a high tone."""
    browser_players.skip_without_browser()
    server = hls(CONTAINERS[container], window=20)
    feed(server, tracks.with_sounds("tone_low.flv", {1: "tone_high.flv"}))
    wait_sounds(server, "audio", "audio-2")
    browser = Browser()
    choose = {"hls.js": "engine.audioTrack = arguments[0]",
              "shaka": "engine.selectAudioTrack(engine.getAudioTracks().sort((a, b) => a.label < b.label ? -1 : 1)[arguments[0]])"}

    def is_heard(index):
        low, high = browser.driver.execute_async_script(TONES)
        return (high or -999) - (low or -999) > 20 if index else (low or -999) - (high or -999) > 20
    try:
        with browser_players.playing(browser, server, player, server.http_url("/live/s.m3u8")) as p:
            p.wait_played(2)
            until(lambda: is_heard(0), "the low tone", 20)
            for index in (1, 0, 1):
                browser.run(choose[player], index)
                until(lambda: is_heard(index), lambda: "track %d: %s" % (index, p.seen()), 30)
                p.wait_played(p.seen().played + 1)
            assert not p.seen().fatal, p.seen()
    finally:
        browser.close()


def test_variants_have_a_group_of_sounds_each(hls, feed):
    server = hls("hls_ctx off; hls_variants _hi _low;")
    for name in ("s_hi", "s_low"):
        feed(server, tracks.with_sounds(*LONG), name)
    master = until(lambda: (lambda m: m and len(m.variants) == 2 and len(m.renditions) == 4 and m)(master_of(server)),
                   lambda: text_of(server.http_url("/live/s.m3u8")), 30)
    assert [a["AUDIO"] for a, _ in master.variants] == ["audio", "audio-2"], master.text
    assert [urlsplit(uri).path for _, uri in master.variants] == ["/live/.video/s_hi.m3u8", "/live/.video/s_low.m3u8"]
    with Watch(server.http_url("/live/s.m3u8")) as watch:
        watch.wait_segments(3)
        assert len(watch.media) == 6
