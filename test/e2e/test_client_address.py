"""The client's address: trusted proxies are believed in the log and in every check, other peers are not.

All peers of these tests are on loopback, which is trusted by default; `trusted_proxies none` makes them untrusted.
"""
import contextlib
import json
import re
import socket
import ssl
import struct
import urllib.request

import pytest

import flv
import rtmp
from srs import free_port
from wait import patience, until

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
V1 = b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 1935\r\n"
V1_IPV6 = b"PROXY TCP6 2001:db8::7 2001:db8::1 56324 1935\r\n"
V1_UNKNOWN = b"PROXY UNKNOWN\r\n"


def v2(family, addresses, command=1, tlv=b""):
    body = addresses + tlv
    return SIGNATURE + struct.pack(">BBH", 0x20 | command, family, len(body)) + body


V2 = v2(0x11, socket.inet_aton("192.0.2.7") + socket.inet_aton("198.51.100.1") + struct.pack(">HH", 56324, 1935),
        tlv=b"\x04\x00\x02ab")
V2_IPV6 = v2(0x21, socket.inet_pton(socket.AF_INET6, "2001:db8::7") + socket.inet_pton(socket.AF_INET6, "2001:db8::1")
             + struct.pack(">HH", 56324, 1935))
V2_LOCAL = v2(0, b"", command=0)
SRS_PREFIX = b"\xf3" + struct.pack(">H", 4) + socket.inet_aton("192.0.2.7")

ONLY_192 = "vhost __defaultVhost__ { security { enabled on; allow play 192.0.2.7; allow publish 192.0.2.7; } }"


def publishes(server, prefix):
    """True when a publisher whose bytes begin with that prefix is admitted."""
    with rtmp.Client("127.0.0.1", server.port, prefix=prefix) as c:
        c.connect(server.tc_url())
        try:
            c.publish("s")
        except rtmp.Refused:
            return False
        return True


@pytest.mark.parametrize("prefix, ip", [
    (V1, "192.0.2.7"), (V1_IPV6, "2001:db8::7"), (V2, "192.0.2.7"), (V2_IPV6, "2001:db8::7"),
    (V1_UNKNOWN, "127.0.0.1"), (V2_LOCAL, "127.0.0.1"), (b"", "127.0.0.1"), (SRS_PREFIX, "192.0.2.7"),
    (V1 + SRS_PREFIX, "192.0.2.7"),
], ids=["v1", "v1-ipv6", "v2", "v2-ipv6", "v1-unknown", "v2-local", "none", "srs", "v1-then-srs"])
def test_a_trusted_peer_says_for_whom_it_speaks(make_server, prefix, ip):
    server = make_server(root={"proxy_protocol": "on"})
    assert publishes(server, prefix)
    server.wait_log(r"source url=/live/s, ip=%s," % ip.replace(".", r"\."))


def test_the_proxied_address_is_the_one_that_rules_see(make_server):
    server = make_server(ONLY_192, root={"proxy_protocol": "on"})
    assert publishes(server, V1)
    assert publishes(server, V2)
    assert publishes(server, SRS_PREFIX)
    assert not publishes(server, b"")
    assert not publishes(server, V1_IPV6)
    server.wait_log(r"none lets 2001:db8::7 publish")


def test_ipv6_proxies_are_believed_too(make_server):
    server = make_server(ONLY_192, listen=["[::1]:%d" % free_port("::1")], root={"proxy_protocol": "on"})
    with rtmp.Client("::1", server.port, prefix=V2) as c:
        c.connect(server.tc_url(host="::1"))
        c.publish("s")


@pytest.mark.parametrize("prefix", [V1, V2, V2_LOCAL], ids=["v1", "v2", "v2-local"])
@pytest.mark.parametrize("root", [{"proxy_protocol": "on", "trusted_proxies": "none"},
                                  {"proxy_protocol": "on", "trusted_proxies": "10.0.0.0/8 127.0.0.2"},
                                  {"proxy_protocol": "off"}], ids=["nobody", "others", "off"])
def test_a_proxy_header_from_a_stranger_is_no_rtmp(make_server, witness, root, prefix):
    server = make_server(root=root)
    witness(server)
    with rtmp.Client("127.0.0.1", server.port, shake=False) as c:
        c.raw(prefix + bytes(2000))
        c.wait_closed()
    server.wait_log(r"RtmpPlainRequired.*C0 says version %d" % prefix[0])


def test_a_stranger_with_the_prefix_of_srs_is_served_under_its_own_address(make_server):
    server = make_server(ONLY_192, root={"trusted_proxies": "none"})
    assert not publishes(server, SRS_PREFIX)
    server.wait_log(r"127\.0\.0\.1 is no trusted proxy: that it speaks for 192\.0\.2\.7 is not believed")
    server.wait_log(r"none lets 127\.0\.0\.1 publish")


@pytest.mark.parametrize("header", [
    b"PROXY TCP4 192.0.2.7\r\n", b"PROXY TCP4 " + b"1" * 200, SIGNATURE + b"\x31\x11\0\x0c" + bytes(12),
    SIGNATURE + b"\x21\x11\xff\xff" + bytes(5000), SIGNATURE + b"\x21\x11\0\x02" + bytes(2),
], ids=["v1-short", "v1-long", "v2-version-3", "v2-long", "v2-short"])
def test_a_broken_proxy_header_ends_the_connection(make_server, witness, header):
    server = make_server(root={"proxy_protocol": "on"})
    witness(server)
    with rtmp.Client("127.0.0.1", server.port, shake=False) as c:
        c.raw(header)
        c.wait_closed()
    server.wait_log(r"ProxyHeader.*a PROXY header that is none")


def test_a_header_may_come_byte_by_byte(make_server):
    server = make_server(root={"proxy_protocol": "on"})
    with rtmp.Client("127.0.0.1", server.port, shake=False) as c:
        for byte in V2:
            c.raw(bytes([byte]))
    with rtmp.Client("127.0.0.1", server.port, shake=False) as c:
        c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in V1:
            c.raw(bytes([byte]))
        server.wait_log(r"PROXY header: client ip=192\.0\.2\.7:56324, proxy ip=127\.0\.0\.1")


def test_a_reload_changes_who_is_believed(make_server):
    server = make_server(ONLY_192, root={"proxy_protocol": "on", "trusted_proxies": "none"})
    assert not publishes(server, SRS_PREFIX)
    server.reload(ONLY_192, root={"trusted_proxies": "127.0.0.1"})
    assert publishes(server, V1)
    server.reload(ONLY_192, root={"trusted_proxies": "127.0.0.1 nonsense"}, good=False)
    assert publishes(server, V1)


# -- HTTP ------------------------------------------------------------------------------------------------------------

def clients(server, headers=()):
    """Type and ip of each client, as the API reports them."""
    request = urllib.request.Request(server.api_url("/api/v1/clients/"), headers=dict(headers))
    with urllib.request.urlopen(request, timeout=patience()) as reply:
        return {c["type"]: c["ip"] for c in json.load(reply)["clients"]}


@contextlib.contextmanager
def asked(port, head, prefix=b"", context=None):
    """A connection on which a request has been made, and the status line and fields of its reply."""
    with socket.create_connection(("127.0.0.1", port), patience()) as raw:
        raw.sendall(prefix)
        with context.wrap_socket(raw) if context else contextlib.nullcontext(raw) as s:
            s.sendall(head)
            reply = b""
            while b"\r\n\r\n" not in reply:
                data = s.recv(4096)
                assert data, "closed after %r" % reply
                reply += data
            yield reply.split(b"\r\n\r\n")[0].decode()


def request_for(path, *fields):
    return ("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n" % (path, "".join(f + "\r\n" for f in fields))).encode()


def unverified():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


REMUX = "http_remux { enabled on; }"


@pytest.mark.parametrize("fields, ip", [
    (["X-Forwarded-For: 192.0.2.7"], "192.0.2.7"),
    (["X-Forwarded-For: 6.6.6.6, 192.0.2.7, 127.0.0.1"], "192.0.2.7"),
    (["X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: [2001:db8::7]:4711"], "2001:db8::7"),
    (["X-Real-IP: 192.0.2.7"], "192.0.2.7"),
    (["X-Forwarded-For: <script>"], "127.0.0.1"),
    ([], "127.0.0.1"),
], ids=["one", "list", "two-fields", "real-ip", "nonsense", "none"])
def test_the_api_and_the_log_name_the_client_behind_an_http_proxy(make_server, fields, ip):
    server = make_server("vhost __defaultVhost__ { %s }" % REMUX, api="", http="")
    feeder = rtmp.Feeder(server.publisher(), flv.Numbered(name="proxied").tags())
    with asked(server.http_port, request_for("/live/s.flv", *fields)) as head:
        assert head.startswith("HTTP/1.1 200 ")
        until(lambda: clients(server).get("flv-play") == ip, lambda: "%s among %s" % (ip, clients(server)))
    server.wait_log(r"ip=%s\b" % re.escape(ip))
    feeder.finish()


@pytest.mark.parametrize("root, prefix, fields, allowed", [
    ({}, b"", ["X-Forwarded-For: 192.0.2.7"], True),
    ({}, b"", ["X-Forwarded-For: 192.0.2.7, 192.0.2.8"], False),
    ({}, b"", [], False),
    ({"trusted_proxies": "none"}, b"", ["X-Forwarded-For: 192.0.2.7"], False),
    ({"trusted_proxies": "none"}, b"", ["X-Real-IP: 192.0.2.7"], False),
    ({"proxy_protocol": "on"}, V1, [], True),
    ({"proxy_protocol": "on"}, V2, [], True),
    ({"proxy_protocol": "on"}, V2_LOCAL, ["X-Forwarded-For: 192.0.2.7"], True),
    ({"proxy_protocol": "on"}, V2_IPV6, ["X-Forwarded-For: 192.0.2.7"], False),  # 192.0.2.7 is not a trusted proxy
], ids=["forwarded", "forwarded-by-a-stranger", "nothing", "stranger", "stranger-real-ip", "v1", "v2", "v2-local",
        "v2-from-a-stranger"])
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_security_sees_the_client_behind_an_http_proxy(make_server, root, prefix, fields, allowed, tls):
    server = make_server("vhost __defaultVhost__ { %s security { enabled on; allow publish all; allow play 192.0.2.7; } }"
                         % REMUX, api="", http="", root=root, tls=tls)
    feeder = rtmp.Feeder(server.publisher(), flv.Numbered(name="proxied").tags())
    port = server.https_port if tls else server.http_port
    with asked(port, request_for("/live/s.flv", *fields), prefix, unverified() if tls else None) as head:
        assert head.startswith("HTTP/1.1 %s " % ("200" if allowed else "403"))
    feeder.finish()


@pytest.mark.parametrize("root", [{"proxy_protocol": "on", "trusted_proxies": "none"}, {}], ids=["stranger", "off"])
def test_a_proxy_header_from_a_stranger_is_no_http(make_server, root):
    server = make_server(api="", http="", root=root)
    with asked(server.http_port, request_for("/"), V1) as head:
        assert head.startswith("HTTP/1.1 400 ")
    with asked(server.api_port, request_for("/api/v1/versions"), V2) as head:
        assert head.startswith("HTTP/1.1 400 ")


def test_rtmps_may_begin_with_a_proxy_header(make_server):
    server = make_server(ONLY_192, root={"proxy_protocol": "on"}, tls=True)
    with socket.create_connection(("127.0.0.1", server.rtmps_port), patience()) as raw:
        raw.sendall(V2)
        with unverified().wrap_socket(raw) as s:
            s.sendall(b"\x03" + bytes(1536))
            assert s.recv(1) == b"\x03"
    server.wait_log(r"PROXY header: client ip=192\.0\.2\.7:56324, proxy ip=127\.0\.0\.1")


def test_each_request_of_a_connection_has_its_own_client(make_server):
    server = make_server(api="", http="", root={"srs_log_level_v2": "debug"})
    with socket.create_connection(("127.0.0.1", server.api_port), patience()) as s:
        for ip in ("192.0.2.7", "192.0.2.8"):
            s.sendall(request_for("/api/v1/versions", "X-Forwarded-For: " + ip))
            server.wait_log(r"/api/v1/versions, ip=%s, status=200" % re.escape(ip))
        s.sendall(request_for("/api/v1/versions"))
        server.wait_log(r"/api/v1/versions, ip=127\.0\.0\.1, status=200")
