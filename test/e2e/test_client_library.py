"""The client library and its examples (research/librtmp): what they publish and play, and what they say when it does not work."""
import functools
import os
import re
import shutil

import pytest

import certificates
import flv
import media
from chunk import DATA
from media import Program
from rtmp_tool import MODULE, ROOT, Nginx, made, program

JITTER_OFF = "vhost __defaultVhost__ { play { time_jitter off; } }"

example = functools.partial(program, folder="librtmp")


def run(name, *args, ok=(0,), env=None, timeout=30):
    """Run an example to its end; returns what it printed, errors last."""
    done = media.run([example(name), *map(str, args)], timeout=timeout, ok=ok, env=env)
    return (done.stdout + done.stderr).decode()


def is_playing(server):
    server.wait_log("start play")


def trust():
    """An environment in which the certificate of the servers is trusted."""
    return dict(os.environ, SSL_CERT_FILE=certificates.pair()[1])


def through(url, is_playing, clip, got, env=None):
    """Publish a clip by one example while the other plays it to a file."""
    with Program([example("play"), url, got], env=env) as player:
        is_playing()
        run("publish", clip, url, env=env)
        player.ends()


def test_a_published_file_is_played_to_an_equal_file(make_server, tmp_path):
    server, clip, got = make_server(JITTER_OFF), media.clip("h264_aac.flv"), str(tmp_path / "got.flv")
    through(server.url("live/s?k=v"), lambda: is_playing(server), clip, got)
    media.compare_packets(media.framemd5(clip), media.framemd5(got))
    server.wait_log(r"client identified, type=fmle-publish, .* app=live, stream=s, param=\?k=v,")


def test_a_stream_goes_through_nginx(tmp_path):
    if not os.path.exists(MODULE):
        pytest.skip("nginx with its RTMP module is not there (trunk-scripts/deps.sh test)")
    nginx, clip, got = Nginx(tmp_path / "nginx"), media.clip("h264_aac.flv"), str(tmp_path / "got.flv")
    try:
        through(nginx.url(), lambda: nginx.wait_log("play: name='s'"), clip, got)
    finally:
        nginx.stop()
    media.compare_packets(media.framemd5(clip), media.framemd5(got))


def test_a_stream_goes_over_tls(make_server, tmp_path):
    server, clip, got = make_server(JITTER_OFF, tls=True), media.clip("h264_aac.flv"), str(tmp_path / "got.flv")
    through(server.rtmps_url(), lambda: is_playing(server), clip, got, env=trust())
    media.compare_packets(media.framemd5(clip), media.framemd5(got))


def test_large_packets_go_over_tls_as_fast_as_the_server_takes_them(make_server, tmp_path):
    server, clip, got = make_server(JITTER_OFF, tls=True), str(tmp_path / "clip.flv"), str(tmp_path / "got.flv")
    tags = [t._replace(ts=t.ts // 100) for t in flv.Numbered(gop=25, size=100000).tags(200)]
    flv.write(clip, tags)
    through(server.rtmps_url(), lambda: is_playing(server), clip, got, env=trust())
    played = [t for t in flv.read(got) if t.type != DATA]
    assert [(t.type, t.ts, t.payload) for t in played] == [(t.type, t.ts, t.payload) for t in tags if t.type != DATA]


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_a_player_ends_when_the_server_is_killed(make_server, tmp_path, tls):
    server = make_server(tls=True)
    url = server.rtmps_url() if tls else server.url("live/s")
    with Program([example("play"), url, str(tmp_path / "got.flv")], env=trust()) as player:
        is_playing(server)
        server.kill()
        player.ends(ok=(1,))
        assert "the server has closed the connection" in player.err, player.err


def test_a_server_with_an_unknown_certificate_is_refused(make_server):
    server = make_server(tls=True)
    said = run("detect", server.rtmps_url(), ok=(1,), env={"SSL_CERT_FILE": "/dev/null"})
    assert "certificate" in said, said


def test_a_file_is_read_packet_by_packet():
    clip = media.clip("h264_aac.flv")
    lines, tags = run("read_flv", clip).splitlines(), flv.read(clip)
    assert len(lines) == len(tags)
    for line, tag in zip(lines, tags):
        kind = {flv.AUDIO: "audio", flv.VIDEO: "video"}.get(tag.type, "script")
        assert line.split()[:3] == [kind, "time=%d" % tag.ts, "bytes=%d" % len(tag.payload)]
        words = line.split()[3:]
        assert ("config" in words) == (kind != "script" and flv.is_config(tag)), line
        assert ("key" in words) == (kind == "video" and flv.is_key(tag)), line
        assert kind == "script" or words[0] == {"audio": "AAC", "video": "H264"}[kind], line
    assert "width=160 height=120 framerate=25" in lines[0]


def test_a_stream_is_detected_with_its_codecs_and_its_server(make_server):
    server = make_server()
    with server.publisher() as publisher:
        publisher.send_tags(media.tags("h264_aac.flv"))
        said = run("detect", server.url())
    assert "video: H264 160x120" in said and "audio: AAC" in said, said
    assert re.match(r"server: \S+ 127\.0\.0\.1 pid %d id \S+\n" % server.pid, said), said


def test_a_stream_that_is_not_there_is_told_after_the_wait(make_server):
    said = run("detect", make_server().url(), 0.2, ok=(1,))
    assert "audio: none" in said, said


def test_frames_of_encoders_are_played_as_they_were_encoded(make_server, tmp_path):
    server, clip, got = make_server(JITTER_OFF), media.clip("h264_aac_plain.flv"), str(tmp_path / "got.flv")
    video, audio = str(tmp_path / "clip.h264"), str(tmp_path / "clip.aac")
    media.run(media.FFMPEG + ["-i", clip, "-map", "0:v", "-c", "copy", "-bsf:v", "h264_mp4toannexb", video,
                              "-map", "0:a", "-c", "copy", "-f", "adts", audio])
    with Program([example("play"), server.url(), got]) as player:
        is_playing(server)
        run("publish_raw", video, audio, media.FPS, server.url())
        player.ends()
    sent, played = media.framemd5(clip), media.framemd5(got)
    for kind in ("video", "audio"):
        assert [(p.size, p.hash) for p in played if p.kind == kind] == [(p.size, p.hash) for p in sent if p.kind == kind]
    times = [p.dts for p in played if p.kind == "video"]
    assert [b - a for a, b in zip(times, times[1:])] == [1000 // media.FPS] * (len(times) - 1)


# -- refusals -------------------------------------------------------------------------------------------------------

def test_a_publisher_of_a_busy_stream_is_told(make_server):
    server = make_server()
    with server.publisher() as publisher:
        publisher.send_tags(flv.Numbered().tags(count=3))
        said = run("publish", media.clip("h264_aac.flv"), server.url(), ok=(1,))
    assert "the server refuses" in said and "NetStream.Publish.BadName" in said, said


def test_user_and_password_of_the_url_admit_a_publisher_and_a_player(make_server):
    server = make_server("vhost __defaultVhost__ { auth { enabled on; user ann secret; publish password; play password; } }")
    url, clip = server.url().replace("://", "://ann:%s@"), media.clip("h264_aac.flv")
    with Program([example("publish"), clip, url % "secret"]) as publisher:
        assert "video: H264" in run("detect", url % "secret")
        publisher.ends()
    for name, args in [("detect", ()), ("publish", (clip,))]:
        assert "the server refuses" in run(name, *args, url % "wrong", ok=(1,))


# -- the archive ----------------------------------------------------------------------------------------------------

HEADER = os.path.join(ROOT, "src", "srs_rtmp", "srs_rtmp.h")

# Variables of the files that are shared with the server. The library changes only the count of bytes, which is atomic; the others
# are for tests and for the server's limits.
VARIABLES = {"countdown", "failed", "held", "limit", "no_memory", "asked"}


@pytest.fixture
def archive():
    """The path of the library. Sanitizers would add symbols of their own."""
    with open(os.path.join(ROOT, "objs", "config.mk")) as f:
        if "MODE = asan" in f.read():
            pytest.skip("a build with sanitizers")
    return made("objs/lib/libsrs_rtmp.a")


def symbols(archive, *options):
    lines = media.run(["nm", "--format=posix", *options, archive]).stdout.decode().splitlines()
    return [line.split()[:2] for line in lines if " " in line]


def test_the_archive_exports_what_its_header_declares_and_nothing_else(archive):
    with open(HEADER) as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    declared = set(re.findall(r"\b(srs_rtmp_\w+)\(", text))
    assert {name for name, _ in symbols(archive, "--defined-only", "--extern-only")} == declared


def test_the_archive_keeps_no_variables_but_those_that_are_known(archive):
    table = media.run(["objdump", "-t", archive]).stdout.decode()
    # constants with addresses in them are in .data.rel.ro
    found = re.findall(r" (?:\.bss|\.tbss|\.data|\.data\.rel|\.data\.rel\.local)\t[0-9a-f]+ ([^.\s]\S*)$", table, re.M)
    assert set(found) == VARIABLES


def test_the_archive_calls_nothing_that_prints_ends_the_program_or_starts_a_thread(archive):
    needed = {name for name, _ in symbols(archive, "--undefined-only")}
    assert "poll" in needed and "SSL_do_handshake" in needed
    unwanted = r"(st|co)_\w+|f?printf|__f?printf_chk|puts|exit|_exit|abort|__assert_fail|signal|sigaction|pthread_create|epoll_\w+"
    assert not {name for name in needed if re.fullmatch(unwanted, name)}


PLAYER = """
#include <srs_rtmp.h>
#include <string.h>
int main(int argc, char **argv)
{
    struct srs_rtmp_packet p;
    struct srs_rtmp *c = srs_rtmp_create(argc > 1 ? argv[1] : "");
    if (argc > 2 && strcmp(argv[2], "any") == 0)
        srs_rtmp_trust_any(c);
    else if (argc > 2)
        srs_rtmp_set_ca_file(c, argv[2]);
    int failed = !c || srs_rtmp_connect(c) || srs_rtmp_play(c) || srs_rtmp_read(c, &p);
    srs_rtmp_destroy(c);
    return failed;
}
"""


def test_an_installed_library_is_found_by_pkg_config(make_server, archive, tmp_path):
    prefix = str(tmp_path / "prefix")
    media.run(["trunk-scripts/install.sh", "", prefix], cwd=ROOT, timeout=120)
    env = {"PKG_CONFIG_PATH": os.path.join(prefix, "lib", "pkgconfig")}
    flags = media.run(["pkg-config", "--cflags", "--libs", "srs_rtmp"], env=env).stdout.decode().split()
    server = make_server()
    with server.publisher() as publisher:
        publisher.send_tags(flv.Numbered().tags(count=30))
        for compiler, name in [("cc", "player.c"), ("c++", "player.cc")]:
            if not shutil.which(compiler):
                continue                                   # a compiler of C is there, because the server was built
            source, made = tmp_path / name, str(tmp_path / name) + ".out"
            source.write_text(PLAYER)
            media.run([compiler, str(source), *flags, "-o", made])
            media.run([made, server.url()])


def test_a_program_chooses_whose_certificates_it_trusts(make_server, archive, tmp_path):
    source, made_here = tmp_path / "player.c", str(tmp_path / "player")
    source.write_text(PLAYER)
    media.run(["cc", "-I" + os.path.dirname(HEADER), str(source), archive, "-lssl", "-lcrypto", "-o", made_here])
    server, other = make_server(tls=True), certificates.make(str(tmp_path))[1]
    with server.publisher() as publisher:
        publisher.send_tags(flv.Numbered().tags(count=30))
        for args, status in [(["any"], 0), ([server.certificate[1]], 0), ([other], 1), (["/nowhere"], 1), ([], 1)]:
            media.run([made_here, server.rtmps_url(), *args], ok=(status,))
