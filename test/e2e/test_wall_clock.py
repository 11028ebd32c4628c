"""The wall clock of the machine is set while streams go on: by an hour, back and forward, as NTP does it on a machine that was wrong."""
import os
import subprocess
import time

import pytest

import flv
import recordings
import rtmp
from dash_mpd import seconds_of
from dash_watch import DashWatch
from hls_watch import Watch, get
from wait import until

HOUR = 3600
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "wall_clock.c")
CONF = """vhost __defaultVhost__ {{
    hls {{ enabled on; hls_ctx off; hls_fragment 1; hls_window 30; {hls} }}
    dash {{ enabled on; dash_fragment 1; dash_window_size 30; dash_path ./html; {dash} }} }}"""


@pytest.fixture
def clock(make_server, tmp_path):
    """start(...): a server whose wall clock is set by server.set_clock(seconds from the real one)."""
    library, file = str(tmp_path / "wall_clock.so"), tmp_path / "shift"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, SOURCE], check=True)

    def set_clock(seconds):
        (tmp_path / "new").write_text("%d\n" % seconds)
        os.replace(tmp_path / "new", file)

    def start(hls="", dash="", conf=None, **how):
        env = {"LD_PRELOAD": library, "WALL_CLOCK_FILE": str(file), "ASAN_OPTIONS": "verify_asan_link_order=0:exitcode=99"}
        server = make_server(conf or CONF.format(hls=hls, dash=dash), http="", env=env, **how)
        server.set_clock = set_clock
        return server
    return start


@pytest.fixture
def publish():
    feeders = []

    def start(server):
        feeders.append(rtmp.Feeder(server.publisher("s"), flv.Numbered(audio_fps=43).tags()))
    yield start
    for feeder in feeders:
        feeder.check()
        feeder.stop()


def more(watch, segments):
    count = lambda: len(watch.media[0].segments) if watch.media else 0                  # noqa: E731
    before = count()
    until(lambda: count() >= before + segments or watch._wrong(), "%d segments more" % segments, 30)


@pytest.mark.long
@pytest.mark.parametrize("seconds", [-HOUR, HOUR], ids=["back", "forward"])
@pytest.mark.parametrize("directives", ["", "hls_ll on; hls_part 0.2; hls_use_fmp4 on;"], ids=["ts", "parts"])
def test_hls_goes_on_over_a_step_of_the_clock(clock, publish, directives, seconds):
    server = clock(directives)
    publish(server)
    with Watch(server.http_url("/live/s.m3u8"), lingers=False) as watch:
        watch.wait_segments(2)
        server.set_clock(seconds)
        more(watch, 3)
        server.set_clock(0)
        more(watch, 3)
    assert watch.media[0].missing() == []
    assert not [s for s in watch.media[0].known.segments if s.breaks]


@pytest.mark.sample(4)
@pytest.mark.parametrize("seconds", [-HOUR, HOUR], ids=["back", "forward"])
@pytest.mark.parametrize("directives", ["", "dash_ll on;"], ids=["whole", "chunks"])
def test_dash_tells_the_time_of_its_mpd(clock, publish, directives, seconds):
    """A player that has read the clock of the MPD (UTCTiming) plays where the newest segments are."""
    server = clock(dash=directives)
    publish(server)
    with DashWatch(server.http_url("/live/s.mpd")) as watch:
        watch.wait_segments(2)
        server.set_clock(seconds)
        watch.wait_segments(3)
        says = seconds_of(get(server, "/live/s/time").body.decode())
        assert abs(says - time.time()) < 2
        periods = watch.known.periods
    assert len(periods) == 1


@pytest.mark.sample(2)
@pytest.mark.parametrize("seconds", [-HOUR, HOUR], ids=["back", "forward"])
def test_live_and_late_is_late_by_what_was_asked_for(clock, publish, seconds):
    server = clock("hls_timeshift 4h; hls_path ./html;")
    publish(server)
    with Watch(server.http_url("/live/s.m3u8"), lingers=False) as watch:
        watch.wait_segments(3)
        server.set_clock(seconds)
        with Watch(server.http_url("/live/s.m3u8?delay=3"), lingers=False) as late:
            late.wait_segments(3)
            newest = [w.media[0].known.segments[-1] for w in (watch, late)]
        assert 1 <= newest[0].pdt - newest[1].pdt <= 5


@pytest.mark.long
def test_no_recording_is_too_old_because_the_clock_was_set(clock):
    keep = "dvr { enabled on; dvr_path ./rec/[stream].[timestamp].flv; dvr_keep_age %s; }"
    server = clock(conf="vhost __defaultVhost__ { %s } vhost soon.example { %s }" % (keep % "1h", keep % "2"), api="")
    folder = os.path.join(server.folder, "rec")

    def record(stream):
        with server.publisher(stream) as publisher:
            publisher.send_tags(flv.Numbered().tags(count=50))
        server.wait_log(r"DVR of live/%s: .* is complete" % stream[0])

    def goes(stream):
        server.wait_log(r"DVR of live/%s: .* is removed: it is older than dvr_keep_age" % stream, timeout=20)
    record("a")
    record("b?vhost=soon.example")
    server.set_clock(24 * HOUR)
    goes("b")
    assert [os.path.basename(f)[0] for f in recordings.files(folder)] == ["a"]
    server.stop()
    server.set_clock(50 * HOUR)                                  # the clock is wrong when the server starts
    server.start()
    record("c?vhost=soon.example")
    goes("c")
    assert [os.path.basename(f)[0] for f in recordings.files(folder)] == ["a"]
