"""Viewers over HLS: sessions that live while their playlists are asked for; how they are counted, kicked, refused, and expire."""
import re
from urllib.parse import urljoin

import pytest

import media
import rtmp
from api import Api
from hls_watch import Http
from wait import until

ID = re.compile(r"hls_ctx=([a-z2-7]{32})\b")
HLS = "hls { enabled on; hls_fragment 1; hls_window 5; hls_path %s; %s }"


def conf(server_or_path, hls="", more=""):
    return "vhost __defaultVhost__ { " + HLS % (server_or_path, hls) + more + " }"


class Live:
    """A publisher of a clip in a loop, and the server's HLS of it."""

    def __init__(self, make_server, tmp_path, hls="", more="", root=None):
        self.server = make_server(conf(tmp_path / "hls", hls, more), api="", http="", root=root)
        self.api = Api(self.server)
        self.feeder = rtmp.Feeder(self.server.publisher("s"), media.loop("h264_aac.flv"))
        self.http = Http()

    def url(self, path):
        return self.server.http_url(path)

    def get(self, url):
        return self.http.get(urljoin(self.server.http_url(), url))

    def viewers(self):
        return [c for c in self.api.clients() if c["type"] == "hls-play"]

    def join(self, query=""):
        """The reply with the master playlist, the id in it, and the URL of the media playlist."""
        r = until(lambda: (lambda r: r.status == 200 and r)(self.get("/live/s.m3u8" + query)), "a master playlist", 20)
        text = r.body.decode()
        uri = next(line for line in text.splitlines() if line and not line.startswith("#"))
        return text, ID.search(uri).group(1), uri


@pytest.fixture
def live(make_server, tmp_path):
    made = []

    def start(**how):
        made.append(Live(make_server, tmp_path, **how))
        return made[-1]

    yield start
    for one in made:
        one.feeder.finish()


def uris(text):
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_a_first_request_gets_a_master_playlist_with_an_id_and_the_query(live):
    one = live()
    text, ctx, uri = one.join("?token=xyz&b=1")
    assert uri == "/live/s.m3u8?hls_ctx=%s&token=xyz&b=1" % ctx
    assert "#EXT-X-STREAM-INF:" in text and "BANDWIDTH=" in text
    media_playlist = one.get(uri)
    assert media_playlist.status == 200
    for segment in uris(media_playlist.body.decode()):
        assert segment.endswith(".ts?hls_ctx=" + ctx), segment
        assert one.get(urljoin(uri, segment)).status == 200
