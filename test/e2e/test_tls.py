"""TLS: RTMPS with real clients, certificates that come, go and are bad, and peers that speak anything else."""
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time

import pytest

import certificates
import flv
import media
import rtmp
from flv import Numbered
from srs import free_port, listening
from test_play import seen
from wait import patience, until


def client_tls(session=None, host=None, version=None):
    """TLS for rtmp.Client that accepts every certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version:
        context.minimum_version = context.maximum_version = version
    context.resumable = {}

    def wrap(sock):
        return context.wrap_socket(sock, server_hostname=host, session=session)
    wrap.context = context
    return wrap


def shown(server, host=None, port=None):
    """The certificate that a new connection is shown, as DER."""
    with socket.create_connection(("127.0.0.1", port or server.rtmps_port), timeout=patience()) as sock:
        with client_tls(host=host)(sock) as s:
            return s.getpeercert(binary_form=True)


def der(cert):
    with open(cert) as f:
        return ssl.PEM_cert_to_DER_cert(f.read())


def replace(server, key, cert):
    """Replace the files of the server's pair one after the other, as a renewal does."""
    for new, old in ((key, server.certificate[0]), (cert, server.certificate[1])):
        shutil.copy(new, old + ".new")
        os.rename(old + ".new", old)


@pytest.fixture
def tls_server(make_server, tmp_path):
    """A server with a pair of its own."""
    def make(conf="vhost __defaultVhost__ { }", pair=None, **how):
        server = make_server(conf, tls=True, start=False, **how)
        server.certificate = pair or certificates.make(tmp_path, "own")
        server.write_conf(conf)
        return server.start()
    return make


def tls_player(server, stream="s", **how):
    return server.player(stream, port=server.rtmps_port, tls=client_tls(**how))


def tls_publisher(server, stream="s"):
    return server.publisher(stream, port=server.rtmps_port, tls=client_tls())


# -- real clients ------------------------------------------------------------------------------------------------------

def test_ffmpeg_publishes_and_plays_over_rtmps_every_packet(tls_server):
    server = tls_server()
    source = media.framemd5(media.clip("h264_aac.flv"))
    with media.ffmpeg_play(server.rtmps_url()) as over_tls, media.ffmpeg_play(server.url()) as plain:
        until(lambda: len(re.findall(r"type=rtmp-play", server.log)) == 2, "both players")
        with media.ffmpeg_publish(media.clip("h264_aac.flv"), server.rtmps_url(), 2) as publisher:
            publisher.ends()
        for player in (over_tls, plain):
            media.compare_packets(source, media.parse_framemd5(player.ends()))
    until(lambda: len(re.findall(r"TLS handshake success, TLSv1\.[23], ", server.log)) == 2, "both handshakes in the log")
    server.wait_log("schema=rtmps")


def test_a_slow_tls_player_jumps_and_the_stream_it_gets_is_whole(tls_server):
    server = tls_server("vhost __defaultVhost__ { play { queue_length 1; } }")
    source = Numbered(size=20000, gop=25)
    feeder = rtmp.Feeder(tls_publisher(server), source.tags(), speed=4)
    with server.player("s", port=server.rtmps_port, tls=client_tls(), rcvbuf=20000) as slow, server.player() as quick:
        seen(quick, 300)                                            # meanwhile the slow one reads nothing
        n = len(slow.media())
        until(lambda: slow.pump() and len(slow.media()) > n + 200, "the slow player to go on")
    feeder.stop()
    feeder.check()
    feeder.client.close()
    server.wait_log(r"the player fell behind \d+ times")


# -- changes of the certificate ----------------------------------------------------------------------------------------

def watch(server, swarm_size=5):
    """A live stream by RTMPS with players by RTMPS."""
    feeder = rtmp.Feeder(tls_publisher(server), Numbered(size=300, gop=25).tags())
    return feeder, [tls_player(server) for _ in range(swarm_size)]


def assert_nobody_noticed(feeder, players):
    for p in players:
        n = len(p.media())
        until(lambda: p.pump() and len(p.media()) > n + 5, "the stream to go on")
        assert flv.gaps(p.messages) == []
        p.close()
    feeder.stop()
    feeder.check()
    feeder.client.close()


@pytest.mark.parametrize("how", ["reload", "file"])
def test_a_new_certificate_is_shown_to_newcomers_and_nobody_is_dropped(tls_server, tmp_path, how):
    server = tls_server()
    old = der(server.certificate[1])
    feeder, players = watch(server)
    assert shown(server) == old
    key, cert = certificates.make(tmp_path, "next")
    replace(server, key, cert)
    if how == "reload":
        server.reload()
        assert shown(server) == der(cert)
    else:
        until(lambda: shown(server) == der(cert), "the new certificate")
        assert "reload config" not in server.log
    assert_nobody_noticed(feeder, players)
    assert "ERROR" not in server.log


@pytest.mark.sample(4)
@pytest.mark.parametrize("what", ["garbage", "other key", "missing", "empty"])
def test_a_bad_pair_is_refused_and_the_old_one_stays(tls_server, tmp_path, what):
    server = tls_server()
    key, cert = server.certificate
    old = der(cert)
    feeder, players = watch(server, 2)
    if what == "missing":
        os.rename(key, key + ".away")
    else:
        other = certificates.make(tmp_path, "other")[0]
        with open(key + ".new", "w") as f:
            f.write({"garbage": "no key at all\n", "other key": open(other).read(), "empty": ""}[what])
        os.rename(key + ".new", key)                                # atomic, because the server may look at any time
    mark = server.mark()
    said = server.wait_log(r"ERROR.*TLS certificate (\S+) with key (\S+) : (.*)").groups()
    assert said[:2] == (cert, key)
    assert {"garbage": "the key: ", "other key": "does not belong", "missing": "No such file", "empty": "the key: "}[what] in said[2]
    assert shown(server) == old
    server.reload()                                                 # it logs the error again and goes on with the old pair
    server.wait_log(r"ERROR.*TLS certificate .* with key ", since=mark)
    assert shown(server) == old
    replace(server, *certificates.make(tmp_path, "good"))
    until(lambda: shown(server) != old, "the good pair")
    assert_nobody_noticed(feeder, players)


def test_a_reload_that_names_a_bad_pair_changes_nothing(tls_server, tmp_path):
    server = tls_server()
    good = server.certificate
    server.certificate = (good[0], str(tmp_path / "nowhere.crt"))
    spare = free_port()
    text = server.reload(good=False, listen=server.endpoints + [spare])
    assert "nowhere.crt" in text and "No such file" in text
    assert spare not in listening(server.pid)
    assert shown(server) == der(good[1])
    server.endpoints.pop()
    server.certificate = good
    server.reload("vhost __defaultVhost__ { }")
    assert shown(server) == der(good[1])


def test_another_pair_of_files_by_reload(tls_server, tmp_path):
    server = tls_server()
    feeder, players = watch(server, 2)
    server.certificate = certificates.make(tmp_path, "another")
    server.reload("vhost __defaultVhost__ { }")
    assert shown(server) == der(server.certificate[1])
    assert_nobody_noticed(feeder, players)


def test_rtmps_comes_and_goes_by_reload(make_server):
    server = make_server(tls=True, start=False)
    port, server.rtmps_port = server.rtmps_port, None
    server.write_conf("vhost __defaultVhost__ { }")
    server.start()
    assert port not in listening(server.pid)
    server.rtmps_port = port
    server.reload("vhost __defaultVhost__ { }")
    feeder, players = watch(server, 1)
    server.rtmps_port = None
    server.reload("vhost __defaultVhost__ { }")
    until(lambda: port not in listening(server.pid), "the port to be closed")
    assert_nobody_noticed(feeder, players)


def bad_pair(folder, what):
    key, cert = certificates.make(folder, "own")
    return (certificates.make(folder, "other")[0], cert) if what == "other key" else (key, cert + ".no")


@pytest.mark.parametrize("what", ["other key", "missing"])
def test_a_bad_pair_at_start_closes_its_ports_until_it_is_good(make_server, tmp_path, what):
    server = make_server(tls=True, http="", api="", start=False)
    server.certificate = key, cert = bad_pair(tmp_path, what)
    server.write_conf("vhost __defaultVhost__ { }")
    tls_ports = server.rtmps_port, server.https_port, server.apis_port
    server.rtmps_port = server.https_port = server.apis_port = None  # their start is not waited for
    server.start()
    server.wait_log(r"ERROR.*stays closed.*HttpsSslFile.*TLS certificate %s with key %s" % (cert, key))
    assert not set(tls_ports) & listening(server.pid)
    with server.publisher() as p:                                   # everything else works
        p.send_tags(Numbered().tags(count=3))
    mark = server.mark()
    server.send_signal(signal.SIGHUP)                               # a reload for another change: the pair is still bad
    server.wait_log("reload config success", since=mark)
    good_key, good_cert = certificates.make(tmp_path, "good")
    os.replace(good_cert, cert)
    os.replace(good_key, key)
    until(lambda: set(tls_ports) <= listening(server.pid), lambda: "the ports to open\n" + server.tail())
    server.rtmps_port, server.https_port, server.apis_port = tls_ports
    assert shown(server) == der(cert)


@pytest.mark.parametrize("what", ["other key", "missing"])
def test_the_check_tells_a_bad_pair_as_the_start_does(make_server, tmp_path, what):
    server = make_server(tls=True, start=False)
    server.certificate = key, cert = bad_pair(tmp_path, what)
    server.write_conf("vhost __defaultVhost__ { }")
    server.args = ["-t", "-c", server.conf_path]
    server.spawn()
    assert server.wait_exit() == 0
    assert re.search(r"ERROR.*stays closed.*HttpsSslFile.*TLS certificate %s with key %s" % (cert, key), server.output())


@pytest.mark.parametrize("args", [["-t"], []], ids=["check", "start"])
def test_a_bad_pair_of_the_only_port_is_an_error(make_server, tmp_path, args):
    key, cert = bad_pair(tmp_path, "missing")
    server = make_server(start=False, text="daemon off; srs_log_tank console; pid %s/srs.pid; rtmps { enabled on; listen %d; key %s; "
                         "cert %s; } vhost __defaultVhost__ { }" % (tmp_path, free_port(), key, cert))
    server.args = args + ["-c", server.conf_path]
    server.spawn()
    assert server.wait_exit() == 205
    assert "HttpsSslFile" in server.output() and cert in server.output()


def test_an_expired_certificate_is_shown_with_a_warning(tls_server, tmp_path):
    server = tls_server(pair=certificates.make(tmp_path, "old", days=-1))
    server.wait_log(r"WARN.*TLS certificate \S+old\.crt has expired, on \d{4}-\d\d-\d\d .*UTC")
    assert shown(server) == der(server.certificate[1])


def test_the_vhost_that_a_client_asks_for_has_a_certificate_of_its_own(tls_server, tmp_path):
    key, cert = certificates.make(tmp_path, "mine", host="mine.example")
    server = tls_server("vhost __defaultVhost__ { } vhost mine.example { tls { key %s; cert %s; } } vhost plain.example { }"
                        % (key, cert))
    own = der(server.certificate[1])
    assert shown(server, "mine.example") == der(cert)
    assert shown(server, "MINE.example") == der(cert)
    assert shown(server, "plain.example") == own
    assert shown(server, "unknown.example") == own
    assert shown(server) == own
    shutil.copy(certificates.make(tmp_path, "next", host="mine.example")[0], key)
    shutil.copy(tmp_path / "next.crt", cert)
    server.reload()
    assert shown(server, "mine.example") == der(tmp_path / "next.crt")
    assert shown(server) == own


# -- negotiation -------------------------------------------------------------------------------------------------------

def https_get(server, context, session=None):
    """Send a request on a connection of its own; returns its TLS session, and whether it was resumed."""
    with socket.create_connection(("127.0.0.1", server.https_port), timeout=patience()) as sock:
        with context.wrap_socket(sock, session=session) as s:
            s.sendall(b"GET /api/v1/versions HTTP/1.0\r\nHost: x\r\n\r\n")
            assert s.recv(1 << 16).startswith(b"HTTP/1.1 200")
            return s.session, s.session_reused


VERSIONS = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=str)


@VERSIONS
def test_a_session_of_https_is_resumed(tls_server, version):
    server = tls_server(http="")
    context = client_tls(version=version).context
    session, resumed = https_get(server, context)
    assert not resumed
    assert https_get(server, context, session)[1]
    assert not https_get(server, client_tls(version=version).context)[1]


@VERSIONS
def test_rtmps_offers_no_session_tickets(tls_server, version):
    server = tls_server()
    with server.client(port=server.rtmps_port, tls=client_tls(version=version)) as c:
        c.play("s")
        assert not c.sock.session.has_ticket


def test_rtmpdump_records_over_rtmps_what_was_published(tls_server, tmp_path):
    """librtmp with GnuTLS took a session ticket of TLS 1.3 for the end of the connection."""
    server = tls_server()
    out = str(tmp_path / "out.flv")
    url = server.url().replace("rtmp://", "rtmps://").replace(":%d/" % server.port, ":%d/" % server.rtmps_port)
    with media.Program(["rtmpdump", "-q", "-r", url, "--live", "-o", out]) as player:
        server.wait_log(r"type=rtmp-play")
        with media.ffmpeg_publish(media.clip("h264_aac.flv"), server.url(), 2) as publisher:
            publisher.ends()
        player.ends(ok=(0, 1, 2))                                   # 2: the stream ended before a known duration did
    media.compare_packets(media.framemd5(media.clip("h264_aac.flv")), media.framemd5(out))


def s_client(server, *args):
    return subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:%d" % server.rtmps_port, *args],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=patience(30)).stdout.decode(errors="replace")


def test_tls_1_1_is_refused_and_1_2_and_1_3_are_not(tls_server):
    server = tls_server()
    assert re.search(r"alert protocol version", s_client(server, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"))
    server.wait_log(r"client has gone, .*TLS handshake : unsupported protocol")
    server.wait_log(r"WARN.*client disconnect peer\. ret=4042$")
    for version in ("TLSv1.2", "TLSv1.3"):
        assert re.search(r"New, %s, Cipher is " % re.escape(version), s_client(server, "-" + version.lower().replace("v", "").replace(".", "_")))


# -- bad and foreign input ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("bytes_", [b"\x03" + bytes(1536), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", os.urandom(3000),
                                    b"\x16\x03\x01\xff\xff" + bytes(5000), b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"],
                         ids=["rtmp", "http", "random", "long record", "tiny hello"])
def test_what_is_not_tls_is_refused_in_one_line(tls_server, bytes_):
    server = tls_server()
    with socket.create_connection(("127.0.0.1", server.rtmps_port), timeout=patience()) as s:
        s.sendall(bytes_)
        try:
            while s.recv(4096):                                     # an alert, and the end
                pass
        except ConnectionResetError:
            pass
    server.wait_log(r"client has gone, .*TLS handshake : ")
    server.wait_log(r"WARN.*client disconnect peer\. ret=4042$")
    assert len([line for line in re.findall(r".*(?:WARN|ERROR).*", server.log) if "anybody may publish" not in line]) == 1
    with server.client(port=server.rtmps_port, tls=client_tls()):
        pass


def test_garbage_in_the_middle_of_a_stream_ends_that_connection_alone(tls_server):
    server = tls_server()
    feeder, players = watch(server, 2)
    with server.client(port=server.rtmps_port, tls=client_tls()) as bad:
        fd = os.dup(bad.sock.fileno())
        with socket.socket(fileno=fd) as under:
            under.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
        with pytest.raises((rtmp.Closed, ssl.SSLError, OSError)):
            while True:
                bad.pump()
    server.wait_log(r"client has gone, .*read TLS : ")
    server.wait_log(r"WARN.*client disconnect peer\. ret=4043$")
    assert_nobody_noticed(feeder, players)


def test_clients_that_say_nothing_or_little_are_cut_at_the_deadline(tls_server):
    server = tls_server()
    feeder, players = watch(server, 1)
    began = time.monotonic()
    slow = [socket.create_connection(("127.0.0.1", server.rtmps_port), timeout=patience(30)) for _ in range(100)]
    for i, s in enumerate(slow):
        s.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[:i % 12])
    for s in slow:
        try:
            while s.recv(4096):
                pass
        except ConnectionResetError:
            pass
        s.close()
    assert time.monotonic() - began > 9                             # they got their full time
    assert_nobody_noticed(feeder, players)
    until(lambda: len(re.findall(r"TLS handshake : timed out", server.log)) == 100, "all to be told of")


def test_a_quick_stop_does_not_wait_for_handshakes(tls_server):
    server = tls_server()
    slow = [socket.create_connection(("127.0.0.1", server.rtmps_port), timeout=patience()) for _ in range(20)]
    until(lambda: len(re.findall(r"RTMPS client ip", server.log)) == 20, "all to be accepted")
    server.stop(signal.SIGTERM, timeout=5)
    for s in slow:
        s.close()
