"""HTTP callbacks: who is asked and told of what, in which order, with which fields; and what clients see of a refusal."""
import pytest

import rtmp
from flv import Numbered
from hook_backend import Backend, answer, hooks, vhost
from test_play import seen


@pytest.fixture
def backend():
    b = Backend()
    yield b
    b.close()


def publish_and_play(server, stream="livestream?secret=abc&token=1"):
    with server.publisher(stream) as publisher:
        with server.player(stream) as player:
            publisher.send_tags(Numbered().tags(count=3))
            seen(player, 8)
        publisher.unpublish(stream)


def test_a_publisher_is_told_of_in_srs_order_and_words(make_server, backend):
    server = make_server(vhost(hooks(backend)))
    with server.publisher("livestream?secret=abc&token=1") as publisher:
        publisher.send_tags(Numbered().tags(count=3))
        backend.wait("on_connect", "on_publish")
        publisher.unpublish("livestream?secret=abc&token=1")
        backend.wait("on_connect", "on_publish", "on_unpublish")
    backend.wait("on_connect", "on_publish", "on_unpublish", "on_close")
    connect, publish, unpublish, close = backend.calls
    tc_url = "rtmp://127.0.0.1:%d/live" % server.port
    client_id = connect.json["client_id"]
    same = [("server_id", connect.json["server_id"]), ("service_id", connect.json["service_id"])]
    assert list(connect.json.items()) == same + [
        ("action", "on_connect"), ("client_id", client_id), ("ip", "127.0.0.1"), ("vhost", "__defaultVhost__"),
        ("app", "live"), ("stream", "livestream"), ("param", "?secret=abc&token=1"), ("tcUrl", tc_url), ("pageUrl", "")]
    stream_id = publish.json["stream_id"]
    for call, action in ((publish, "on_publish"), (unpublish, "on_unpublish")):
        assert list(call.json.items()) == same + [
            ("action", action), ("client_id", client_id), ("ip", "127.0.0.1"), ("vhost", "__defaultVhost__"),
            ("app", "live"), ("tcUrl", tc_url), ("stream", "livestream"), ("param", "?secret=abc&token=1"),
            ("stream_url", "/live/livestream"), ("stream_id", stream_id)]
    assert close.keys == ["server_id", "service_id", "action", "client_id", "ip", "vhost", "app", "send_bytes",
                          "recv_bytes"]
    assert close.json["client_id"] == client_id
    assert close.json["send_bytes"] > 3000 and close.json["recv_bytes"] > 3000


def test_a_refused_publisher_hears_of_it(make_server, backend):
    backend.answers["on_publish"] = answer(403, b"")
    server = make_server(vhost(hooks(backend)))
    with server.client() as c:
        with pytest.raises(rtmp.Refused) as refusal:
            c.publish("s")
        c.wait_closed()
    assert refusal.value.info["code"] == "NetStream.Publish.Denied"
    backend.wait("on_connect", "on_publish", "on_close")
    server.wait_log(r"code=4005\(HttpStatus\).*http: on_publish failed, client_id=\w{8}, url=http.*, code=403 : http: status 403")
