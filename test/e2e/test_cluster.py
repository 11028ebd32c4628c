"""The origin cluster: players are sent to the origin that has their stream."""
import pytest

import rtmp
from cluster import HTTP, cluster
from hls_watch import get
from srs import publish
from test_play import seen


def sent_on(server, stream="s", **how):
    """Where an RTMP player is sent: the `ex` of its refusal."""
    with pytest.raises(rtmp.Refused) as refused:
        server.player(stream, **how).close()
    info = refused.value.info
    assert (info["level"], info["code"]) == ("error", "NetConnection.Connect.Rejected")
    assert info["description"] == "RTMP 302 Redirect" and info["ex"]["code"] == 302
    return info["ex"]


def test_an_rtmp_player_is_sent_to_the_origin_that_has_the_stream(make_server):
    a, b = cluster(make_server, 2)
    with publish(b):
        for _ in range(2):  # asked, and remembered
            ex = sent_on(a, "s?tk=a/b")
            assert ex["redirect"] == "rtmp://127.0.0.1:%d/live" % b.port
            assert ex["redirect2"] == "rtmp://127.0.0.1:%d/live/s?tk=a/b&cluster_hop=1" % b.port
        with b.player() as player:
            seen(player, 1)
        with publish(a, "own"), a.player("own") as player:
            seen(player, 1)


# -- HTTP --------------------------------------------------------------------------------------------------------------

HLS = HTTP + "hls { enabled on; hls_fragment 1; hls_window 10; } "


@pytest.mark.parametrize("path", ["/live/s.flv", "/live/s.mp4", "/live/s.m3u8"])
def test_an_http_player_is_sent_to_the_origin_that_has_the_stream(make_server, path):
    a, b = cluster(make_server, 2, rest=HLS)
    with publish(b):
        r = get(a, path + "?tk=a/b")
        assert (r.status, r.headers["location"]) == (
            302, "http://127.0.0.1:%d%s?tk=a/b&cluster_hop=1" % (b.http_port, path))
    assert get(a, "/live/t.m3u8").status == 404  # nobody has it
