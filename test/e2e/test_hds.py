"""HDS: the manifest, the bootstrap and the fragments, read as Adobe's specifications write them, and played by ffmpeg."""
import os
import struct
import xml.etree.ElementTree as ElementTree
from collections import namedtuple
from urllib.parse import urljoin

import pytest

import flv
import media
import rtmp
from api import Api
from hls_watch import get
from wait import until

CONF = "vhost __defaultVhost__ { hds { enabled on; hds_fragment 1; hds_window 4; hds_path ./html; } }"
F4M = "{http://ns.adobe.com/f4m/1.0}"

Bootstrap = namedtuple("Bootstrap", "live now per_segment runs")     # runs: (first, time, duration)


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        values = struct.unpack_from(">" + form, self.data, self.at)
        self.at += struct.calcsize(">" + form)
        return values[0] if len(values) == 1 else values

    def text(self):
        end = self.data.index(b"\0", self.at)
        value, self.at = self.data[self.at:end], end + 1
        return value.decode()

    def box(self, kind):
        size, found = self.take("I4s")
        assert found == kind and self.at - 8 + size <= len(self.data), (found, size)
        assert self.take("I") == 0                                   # version and flags
        return self.at - 12 + size


def read_bootstrap(data):
    r = Reader(data)
    assert r.box(b"abst") == len(data)
    _, flags, scale, now, smpte = r.take("IBIQQ")
    assert (scale, smpte, flags & ~0x20) == (1000, 0, 0)
    r.text()
    assert r.take("BB") == (0, 0) and r.text() == r.text() == ""
    assert r.take("B") == 1
    r.box(b"asrt")
    assert r.take("BI") == (0, 1)
    first_segment, per_segment = r.take("II")
    assert first_segment == 1
    assert r.take("B") == 1
    end = r.box(b"afrt")
    assert r.take("IB") == (1000, 0)
    runs = [r.take("IQI") for _ in range(r.take("I"))]
    assert r.at == end == len(data)
    return Bootstrap(bool(flags & 0x20), now, per_segment, runs)


@pytest.fixture
def on_air(make_server):
    server = make_server(CONF, http="")
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_long.flv"), speed=3)
    yield server, feeder
    feeder.stop()


def wait_for(server, path):
    found = []

    def there():
        found[:] = [get(server, path)]
        return found[0].status == 200
    until(there, path, 30)
    return found[0]


def fragments_of(boot):
    """The numbers that the runs name, their times and lengths; the last run ends at the current time."""
    first, time, duration = boot.runs[-1]
    ends = [run[0] for run in boot.runs[1:]] + [first + (boot.now - time) // duration]
    for (first, time, duration), end in zip(boot.runs, ends):
        for n in range(first, end):
            yield n, time + (n - first) * duration, duration


def joined(path, server, numbers):
    """An FLV file of the tags of fragments."""
    with open(path, "wb") as f:
        f.write(flv.header())
        for n in numbers:
            data = get(server, "/live/sSeg1-Frag%d" % n).body
            assert struct.unpack(">I4s", data[:8]) == (len(data), b"mdat"), n
            f.write(data[8:])
    return str(path)


def test_a_stream_is_found_from_its_manifest(on_air, tmp_path):
    server, _ = on_air
    reply = wait_for(server, "/live/s.f4m")
    assert reply.headers["content-type"] == "application/f4m+xml"
    manifest = ElementTree.fromstring(reply.body)
    assert manifest.find(F4M + "streamType").text == "live"
    info, found = manifest.find(F4M + "bootstrapInfo"), manifest.find(F4M + "media")
    assert found.get("bootstrapInfoId") == info.get("id") and int(found.get("bitrate")) > 0
    assert (found.get("width"), found.get("height")) == ("160", "120")
    url = server.http_url("/live/s.f4m")
    boot = read_bootstrap(wait_for(server, urljoin(url, info.get("url"))[len(server.http_url()) - 1:]).body)
    assert boot.live and boot.per_segment == 0xFFFFFFFF
    number, time, _ = next(fragments_of(boot))
    assert found.get("url") == "s"
    tags = flv.read(joined(tmp_path / "one.flv", server, [number]))
    assert all(map(flv.is_config, tags[:2])) and {t.type for t in tags[:2]} == {flv.AUDIO, flv.VIDEO}
    assert tags[2].ts == time and flv.is_key(tags[2])


def test_fragments_join_to_the_stream_that_was_published(on_air, tmp_path):
    server, _ = on_air
    until(lambda: get(server, "/live/sSeg1-Frag6").status == 200, "six fragments", 30)
    boot = read_bootstrap(get(server, "/live/s.abst").body)
    listed = list(fragments_of(boot))
    assert len(listed) >= 4 and [n for n, _, _ in listed] == list(range(listed[0][0], listed[-1][0] + 1))
    path = joined(tmp_path / "joined.flv", server, [n for n, _, _ in listed])
    source, played = media.framemd5(media.clip("h264_aac_long.flv")), media.framemd5(path)
    for kind in ("video", "audio"):
        wanted = [p.hash for p in source if p.kind == kind]
        got = [p.hash for p in played if p.kind == kind]
        at = wanted.index(got[0])
        assert len(got) > 50 and got == wanted[at:at + len(got)], kind


def test_files_have_the_names_that_users_know(on_air):
    server, feeder = on_air
    folder = os.path.join(server.folder, "html", "live")
    until(lambda: os.path.exists(os.path.join(folder, "sSeg1-Frag9")), "fragments as files", 30)
    names = set(os.listdir(folder))
    assert {"s.f4m", "s.abst"} <= names and "sSeg1-Frag1" not in names          # it has left the window
    with open(os.path.join(folder, "s.abst"), "rb") as f:
        boot = read_bootstrap(f.read())
    assert {"sSeg1-Frag%d" % n for n, _, _ in fragments_of(boot)} <= set(os.listdir(folder))
    with open(os.path.join(folder, "sSeg1-Frag9"), "rb") as f:
        assert f.read() == get(server, "/live/sSeg1-Frag9").body


def test_the_example_serves(make_server):
    with open(os.path.join(media.ROOT, "conf", "hds.conf"), encoding="utf-8") as f:
        vhost = f.read()
    server = make_server(vhost[vhost.index("vhost "):].replace("hds_fragment    10", "hds_fragment 1"), http="")
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_long.flv"))
    wait_for(server, "/live/s.f4m")
    feeder.stop()


def test_a_stream_that_is_not_on_air_is_not_found(make_server):
    server = make_server(CONF, http="")
    assert [get(server, "/live/s" + ending).status for ending in (".f4m", ".abst", "Seg1-Frag1")] == [404] * 3


def test_the_rules_of_the_vhost_count_for_its_files(make_server):
    rule = "security { enabled on; deny play 198.51.100.0/24; }"
    conf = CONF.replace("hds {", rule + " hds {").replace("./html;", "./html/hds;")
    server = make_server(conf, http="", root={"trusted_proxies": "127.0.0.1"})
    feeder = rtmp.Feeder(server.publisher("s"), media.loop("h264_aac_long.flv"))
    until(lambda: os.path.exists(os.path.join(server.html, "hds/live/sSeg1-Frag3")), "fragments as files", 30)
    feeder.stop()
    api = Api(server, server.http_port)
    for path in ("s.f4m", "s.abst", "sSeg1-Frag3", "/sSeg1-Frag3"):
        replies = [api.ask("GET", "/hds/live/" + path, headers={"X-Forwarded-For": ip}).status
                   for ip in ("198.51.100.9", "203.0.113.1")]
        assert replies == [403, 200], path
