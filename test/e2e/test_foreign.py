"""Servers of others beside an origin: nginx-rtmp and node-media-server pull from it, and it pulls from them."""
import os

import pytest

import flv
import rtmp
from flv import Numbered
from rtmp_tool import MODULE, Nginx, NodeMediaServer
from test_play import seen, vhost
from test_relay import begins, fails, pulling

needs_nginx = pytest.mark.skipif(not os.path.exists(MODULE), reason="nginx with its RTMP module is not there (trunk-scripts/deps.sh test)")
needs_node = pytest.mark.skipif(not NodeMediaServer.is_installed(), reason="node-media-server is not there (trunk-scripts/bench-peers.sh says why)")


def nginx_that_pulls(folder, origin):
    return Nginx(folder, "pull rtmp://127.0.0.1:%d/live;" % origin.port)


def node_that_pulls(folder, origin):
    peer = NodeMediaServer(folder)
    peer.pull(origin.url(), "/live/s")
    return peer


# node-media-server sends the whole URL as tcUrl, so the app that it asks for is live/s.
@pytest.mark.parametrize("start, app", [pytest.param(nginx_that_pulls, "live", marks=needs_nginx, id="nginx"),
                                        pytest.param(node_that_pulls, "live/s", marks=[needs_node, pytest.mark.long], id="node")])
def test_a_server_of_others_pulls_a_stream(make_server, tmp_path, start, app):
    origin = make_server()
    feeder = rtmp.Feeder(origin.publisher(app=app), Numbered(gop=5).tags())
    peer = start(tmp_path / "peer", origin)
    try:
        with rtmp.Client("127.0.0.1", peer.port) as player:
            player.connect("rtmp://127.0.0.1:%d/live" % peer.port)
            player.play("s")
            seen(player, 100)
            assert flv.gaps(player.media()) == []
        origin.wait_log(r"type=rtmp-play")
        feeder.finish()
    finally:
        peer.stop()


@needs_node
@pytest.mark.long
@pytest.mark.parametrize("form", ["rtmp", "flv"])
def test_a_relay_pulls_from_node_media_server(make_server, tmp_path, form):
    peer = NodeMediaServer(tmp_path / "node")
    try:
        source = make_server(vhost(more="forward { enabled on; destination 127.0.0.1:%d; }" % peer.port))
        feeder = rtmp.Feeder(source.publisher(), Numbered(gop=5).tags())
        url = peer.url() if form == "rtmp" else peer.http_url("/live/s.flv")
        server = make_server(pulling(url, more="timeout 3;"))
        begins(server, url)
        with server.player() as player:
            seen(player, 100)
            assert flv.gaps(player.media()) == []
        feeder.finish()
        fails(server, url)
    finally:
        peer.stop()
