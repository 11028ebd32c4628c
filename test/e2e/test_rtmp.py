"""The RTMP conversation: handshake, chunks, commands and the server's answers, as clients rely on them."""
import re
import struct

import pytest

import amf0
import flv
import handshake
import rtmp
from chunk import basic_header
from flv import AUDIO, VIDEO, Numbered, Tag
from rtmp import COMMAND, Message
from test_play import body, difference, seen, vhost


def commands_of(messages):
    return [rtmp.command(m) for m in messages if m.type == COMMAND]


# -- handshake -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", handshake.ALL)
def test_each_handshake_is_answered_in_kind(server, kind):
    # the client checks S2 (plain) and both digests (complex) itself
    with server.player(kind=kind) as player, server.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=3))
        seen(player, 8)
    server.wait_log("simple handshake success" if kind == handshake.PLAIN else "complex handshake success")


def test_a_handshake_that_comes_in_single_bytes_works(server):
    with rtmp.Client("127.0.0.1", server.port, shake=False) as c:
        hello, c.session.out = bytes(c.session.out), bytearray()
        for at in range(0, 200):
            c.raw(hello[at:at + 1])
        c.raw(hello[200:])
        while not c.session.shaken:
            c.pump()
        c.connect(server.tc_url())


def test_a_handshake_with_the_commands_right_behind_it_works(server):
    with rtmp.Client("127.0.0.1", server.port, shake=False) as c:
        c2 = b"x" * handshake.SIZE
        s = c.session
        s.send_command("connect", 1, {"app": "live", "tcUrl": server.tc_url()})
        hello, commands = s.out[:1 + handshake.SIZE], s.out[1 + handshake.SIZE:]
        s.out = bytearray()
        c.raw(hello + c2 + commands)
        s.handshake.answer = lambda data: b""
        c.wait_result(1)


def test_an_encrypted_handshake_is_refused(server):
    with rtmp.Client("127.0.0.1", server.port, shake=False) as c:
        c.raw(b"\x06" + bytes(handshake.SIZE))
        c.wait_closed()
    server.wait_log("RtmpPlainRequired")


def test_a_proxy_header_beyond_its_limit_is_refused(server):
    with rtmp.Client("127.0.0.1", server.port, shake=False) as c:
        c.raw(b"\xf3" + struct.pack(">H", 1025) + bytes(1025))
        c.wait_closed()
    server.wait_log("RtmpProxy")


# -- connect ---------------------------------------------------------------------------------------------------------

def test_connect_is_answered_in_the_order_and_with_the_fields_that_clients_know(server):
    with rtmp.Client("127.0.0.1", server.port) as c:
        properties, info = c.connect(server.tc_url())
        c.wait(lambda m: rtmp.is_command(m, "onBWDone"), what="onBWDone")
        assert [m.type for m in c.messages[:3]] == [rtmp.WINDOW_ACK, rtmp.PEER_BANDWIDTH, rtmp.SET_CHUNK_SIZE]
        assert c.messages[0].payload == struct.pack(">I", 2500000)
        assert c.messages[1].payload == struct.pack(">IB", 2500000, 2)
        assert c.messages[2].payload == struct.pack(">I", 60000)
        assert [v[0] for v in commands_of(c.messages)] == ["_result", "onBWDone"]
        assert commands_of(c.messages)[1][1:3] == [0.0, None]
        assert properties == {"fmsVer": "FMS/3,5,3,888", "capabilities": 127.0, "mode": 1.0}
        assert (info["level"], info["code"], info["description"]) == (
            "status", "NetConnection.Connect.Success", "Connection succeeded")
        assert info["objectEncoding"] == 0.0
        data = info["data"]
        assert isinstance(data, amf0.EcmaArray)
        assert data["version"] == "3,5,3,888" and data["srs_sig"] == "SRS" and data["srs_license"] == "MIT"
        assert data["srs_server"].startswith("SRS/") and data["srs_version"]
        assert data["srs_server_ip"] == "127.0.0.1"
        assert data["srs_pid"] == server.pid
        assert isinstance(data["srs_id"], str) and data["srs_id"]
        server.wait_log(re.escape("[%d][%s]" % (server.pid, data["srs_id"])))


def test_object_encoding_is_echoed(server):
    with rtmp.Client("127.0.0.1", server.port) as c:
        assert c.connect(server.tc_url(), objectEncoding=3.0)[1]["objectEncoding"] == 3.0


@pytest.mark.parametrize("said,url", [
    ({"tcUrl": "rtmp://{h}", "app": "live"}, "/live/cam1"),
    ({"tcUrl": "rtmp://{h}/", "app": "/live/"}, "/live/cam1"),
    ({"tcUrl": "rtmp://[::1]:1935", "app": "live/7"}, "/live/7/cam1"),
    ({"tcUrl": "rtmp://{h}?vhost=v", "app": "live"}, "v/live/cam1"),
    ({"tcUrl": "rtmp://{h}", "app": "live?vhost=v"}, "v/live/cam1"),
    ({"tcUrl": None, "app": "live"}, "/live/cam1"),
    ({"tcUrl": "", "app": "live?vhost=v"}, "v/live/cam1"),
    ({"tcUrl": 7.0, "app": "live"}, "/live/cam1"),
    ({"tcUrl": "rtmp://{h}/live", "app": "other"}, "/live/cam1"),
], ids=str)
def test_the_app_may_stand_in_app_alone(make_server, said, url):
    server = make_server("vhost __defaultVhost__ { } vhost v { }")
    said = {k: v.format(h="127.0.0.1:%d" % server.port) if isinstance(v, str) else v for k, v in said.items()}
    with rtmp.Client("127.0.0.1", server.port) as c:
        c.wait_result(c.call("connect", {k: v for k, v in said.items() if v is not None}))
        c.publish("cam1")
        server.wait_log(r"source url=%s," % re.escape(url))


@pytest.mark.parametrize("said,reason", [
    ({}, "RtmpConnect"),
    ({"tcUrl": "", "app": ""}, "RtmpConnect"),
    ({"tcUrl": "no url at all", "app": "live"}, "RtmpTcUrl"),
    ({"tcUrl": "rtmp://h:99999/live", "app": "live"}, "RtmpTcUrl"),
    ({"tcUrl": "rtmp://[::1/live", "app": "live"}, "RtmpTcUrl"),
    ({"tcUrl": "rtmp://h", "app": "../live"}, "RtmpTcUrl"),
], ids=str)
def test_a_connect_that_fails_is_answered_with_the_reason(server, said, reason):
    with rtmp.Client("127.0.0.1", server.port) as c:
        with pytest.raises(rtmp.Refused) as refusal:
            c.wait_result(c.call("connect", said))
        assert refusal.value.code == "NetConnection.Connect.Rejected" and refusal.value.info["level"] == "error"
        assert refusal.value.description
        c.wait_closed()
    server.wait_log(reason)


def test_questions_of_players_are_answered(server):
    with server.client() as c:
        assert c.wait_result(c.call("getStreamLength", None, "s")) == [None, 0.0]
        assert c.wait_result(c.call("_checkbw", None)) == [None, None]
        assert c.wait_result(c.call("checkBandwidth", None)) == [None, None]
        assert c.wait_result(c.call("FCSubscribe", None, "s")) == [None, None]
        answer = c.wait(lambda m: rtmp.is_command(m, "onFCSubscribe"), what="onFCSubscribe")
        assert rtmp.command(answer)[3]["code"] == "NetStream.Play.Start"
        c.play("s")
        assert c.wait_result(c.call("getStreamLength", None, "s")) == [None, 0.0]


def test_an_empty_stream_name_is_refused_with_a_reason(server):
    with server.client() as c:
        with pytest.raises((rtmp.Refused, rtmp.Closed)):
            c.publish("")
    server.wait_log("StreamNameEmpty")


@pytest.mark.parametrize("size", [128, 4096, 65536])
def test_the_configured_chunk_size_is_used(make_server, size):
    server = make_server("vhost __defaultVhost__ { chunk_size %d; }" % size)
    with server.player() as player, server.publisher() as publisher:
        assert player.session.reader.chunk_size == size
        tags = list(Numbered(size=70000).tags(count=3))
        publisher.send_tags(tags)
        assert difference(seen(player, 8), tags) is None


def test_the_chunk_size_of_the_root_is_the_default_of_the_vhosts(make_server):
    server = make_server("vhost __defaultVhost__ { } vhost one.test { chunk_size 300; }", root={"chunk_size": 200})
    with server.client() as a, server.client(tc_url="rtmp://one.test/live") as b:
        assert (a.session.reader.chunk_size, b.session.reader.chunk_size) == (200, 300)


def test_ack_sizes_follow_the_config(make_server):
    server = make_server("vhost __defaultVhost__ { out_ack_size 0; in_ack_size 2000; }")
    with server.publisher() as publisher:
        assert not [m for m in publisher.messages if m.type == rtmp.WINDOW_ACK]
        publisher.send_tags(Numbered(size=1000).tags(count=10))
        ack = publisher.wait(lambda m: m.type == rtmp.ACK, what="an acknowledgement")
        assert struct.unpack(">I", ack.payload)[0] >= 1000


def test_what_the_peer_wants_acknowledged_is_acknowledged(server):
    with server.publisher() as publisher:
        publisher.send(Message(rtmp.WINDOW_ACK, 0, struct.pack(">I", 10000), 0))
        source, acks = Numbered(size=1000), []
        for n in range(0, 50, 10):
            publisher.send_tags(source.frames(n, 10))
            ack = publisher.wait(lambda m: m.type == rtmp.ACK, what="an acknowledgement")
            acks.append(struct.unpack(">I", ack.payload)[0])
        assert acks == sorted(set(acks))


def test_a_ping_is_answered_with_its_own_value(server):
    with server.client() as c:
        c.send(Message(rtmp.USER_CONTROL, 0, struct.pack(">HI", rtmp.PING, 0xCAFE), 0))
        assert c.wait_event(rtmp.PONG) == (rtmp.PONG, 0xCAFE)


# -- commands --------------------------------------------------------------------------------------------------------

def test_createstream_answers_stream_one(server):
    with server.client() as c:
        assert [c.wait_result(c.call("createStream", None)) for _ in range(2)] == [[None, 1.0]] * 2


def test_createstream_without_end_is_cut_off(server):
    with server.client() as c:
        for _ in range(4):
            c.call("createStream", None)
        c.wait_closed()
        assert len([v for v in commands_of(c.messages) if v[0] == "_result"]) == 1 + 3
    server.wait_log("RtmpIdentify")


def test_an_unknown_command_is_answered_when_it_asks_to_be(server):
    with server.client() as c:
        n = len(c.messages)
        assert c.wait_result(c.call("set_playlist", None, "s")) == [None, None]
        c.call("whatever", None, tid=0)
        c.barrier()
        assert len(commands_of(c.messages[n:])) <= 2                # the answer, and perhaps onBWDone


def test_fmle_is_answered_as_it_expects(server):
    with server.client() as c:
        assert c.wait_result(c.call("releaseStream", None, "s")) == [None, amf0.UNDEFINED]
        assert c.wait_result(c.call("FCPublish", None, "s")) == [None, amf0.UNDEFINED]
        assert c.wait_result(c.call("createStream", None)) == [None, 1.0]
        c.call("publish", None, "s", "live", msid=1)
        onfc = c.wait(lambda m: rtmp.is_command(m, "onFCPublish"), what="onFCPublish")
        assert rtmp.command(onfc)[1:] == [0.0, None, {"code": "NetStream.Publish.Start",
                                                      "description": "Started publishing stream."}]
        info = c.wait_status()
        assert info == {"level": "status", "code": "NetStream.Publish.Start",
                        "description": "Started publishing stream.", "clientid": "ASAICiss"}
        n = len(c.messages)
        c.wait_result(c.call("FCUnpublish", None, "s"))
        c.wait_status("NetStream.Unpublish.Success")
        values = commands_of(c.messages[n:])
        assert [v[0] for v in values] == ["onFCUnpublish", "_result", "onStatus"]
        assert values[0][3] == {"code": "NetStream.Unpublish.Success", "description": "Stop publishing stream."}
        assert values[2][3] == {"level": "status", "code": "NetStream.Unpublish.Success",
                                "description": "Stream is now unpublished", "clientid": "ASAICiss"}
        server.wait_log(r"client identified, type=fmle-publish, vhost=\S*, app=live, stream=s, param=,")


def test_flash_is_answered_as_it_expects(server):
    with server.client() as c:
        c.create_stream()
        n = len(c.messages)
        c.call("publish", None, "s", "live", msid=1)
        c.wait_status("NetStream.Publish.Start")
        assert [v[0] for v in commands_of(c.messages[n:]) if v[0] != "onBWDone"] == ["onStatus"]
        server.wait_log(r"type=flash-publish")


def test_haivision_is_answered_as_it_expects(server):
    with server.client() as c:
        c.publish("s", "haivision")
        assert [v[0] for v in commands_of(c.messages)][-2:] == ["onFCPublish", "onStatus"]
        server.wait_log(r"type=haivision-publish")


def test_play_is_answered_as_players_expect(server):
    with server.client() as c:
        c.wait_result(c.call("createStream", None))
        n = len(c.messages)
        c.call("play", None, "s", msid=1)
        c.wait(lambda m: m.type == rtmp.DATA, what="RtmpSampleAccess")
        said = [m for m in c.messages[n:] if not rtmp.is_command(m, "onBWDone")]
        assert rtmp.event_of(said[0]) == (rtmp.STREAM_BEGIN, 1)
        assert rtmp.status_of(said[1]) == {
            "level": "status", "code": "NetStream.Play.Reset", "description": "Playing and resetting stream.",
            "details": "stream", "clientid": "ASAICiss"}
        start = rtmp.status_of(said[2])
        assert (start["level"], start["code"], start["description"]) == (
            "status", "NetStream.Play.Start", "Started playing stream.")
        assert amf0.decode(said[3].payload) == ["|RtmpSampleAccess", True, True]
        assert {m.msid for m in said[1:]} == {1}


def test_play_without_createstream_works(server):
    with server.client() as c:
        c.call("play", None, "s", msid=1)
        c.wait_status("NetStream.Play.Start")


def test_what_comes_in_one_segment_with_play_is_served_at_once(server):
    with server.client() as c:
        c.create_stream()
        c.session.send_command("play", 9, None, "s", msid=1)
        c.session.send(Message(rtmp.USER_CONTROL, 0, struct.pack(">HI", rtmp.PING, 99), 0))
        c.flush()
        c.wait_event(rtmp.PONG)


def test_a_whole_play_in_one_segment_is_served(server):
    with rtmp.Client("127.0.0.1", server.port) as c, server.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        publisher.barrier()
        c.session.send_command("connect", 1, {"app": "live", "tcUrl": server.tc_url()})
        c.session.send_command("createStream", 2, None)
        c.session.send_command("play", 3, None, "s", msid=1)
        c.session.send_command("pause", 4, None, True, 0, msid=1)
        c.flush()
        c.wait_status("NetStream.Pause.Notify")


def test_a_whole_publish_in_one_segment_is_served(server):
    with server.player() as player, rtmp.Client("127.0.0.1", server.port) as c:
        s = c.session
        s.send_command("connect", 1, {"app": "live", "tcUrl": server.tc_url()})
        s.send_command("releaseStream", 2, None, "s")
        s.send_command("FCPublish", 3, None, "s")
        s.send_command("createStream", 4, None)
        s.send_command("publish", 5, None, "s", "live", msid=1)
        for t in Numbered().tags(count=3):
            s.send(Message(t.type, t.ts, t.payload, 1))
        c.flush()
        seen(player, 8)


@pytest.mark.parametrize("style", ["fmle", "flash"])
def test_commands_wrapped_in_amf3_are_understood(server, style):
    with rtmp.Client("127.0.0.1", server.port) as c, server.player() as player:
        c.connect(server.tc_url(), amf3=True, objectEncoding=3.0)
        c.set_chunk_size(4096)
        c.publish("s", style, amf3=True)
        for t in Numbered().tags(count=3):
            if t.type == rtmp.DATA:
                c.send(Message(rtmp.AMF3_DATA, 0, b"\0" + amf0.encode("@setDataFrame") + t.payload, 1))
            else:
                c.send_tag(t)
        seen(player, 8)
        assert any(m.type == rtmp.DATA and b"onMetaData" in m.payload for m in player.messages)


# -- chunks ----------------------------------------------------------------------------------------------------------

def pass_through(server, send, tags):
    """Send tags by send(publisher) and assert that a waiting player gets their bodies."""
    with server.player() as player, server.publisher(chunk_size=128) as publisher:
        player.barrier()
        send(publisher)
        got = seen(player, len(tags))
        assert difference(got, tags) is None
        return got, player


def media_tags(**how):
    return [t for t in Numbered(**how).tags(count=10) if t.type in (AUDIO, VIDEO)]


@pytest.mark.parametrize("size", [128, 129, 1000, 65536, 65537, 5000000])
def test_every_chunk_size_of_an_encoder_is_read(server, size):
    tags = media_tags(size=3000)

    def send(publisher):
        publisher.set_chunk_size(size)
        publisher.send_tags(tags)
    pass_through(server, send, tags)
    if size > 65536:
        server.wait_log(r"WARN.*chunk.*%d" % size)


def test_a_chunk_size_below_the_minimum_is_refused(server):
    with server.client() as c:
        c.send(Message(rtmp.SET_CHUNK_SIZE, 0, struct.pack(">I", 127), 0))
        c.wait_closed()
    server.wait_log("RtmpChunkSize")


@pytest.mark.parametrize("fmt", [0, 1, 2, 3])
def test_every_header_form_is_read(server, fmt):
    source = Numbered(audio_fps=0)
    tags = [Tag(VIDEO, 0, flv.AVC_CONFIG)] + [source.video(i) for i in range(10)]

    def send(publisher):
        publisher.send_tag(tags[0])
        publisher.send_tag(tags[1], fmt=0)
        publisher.send_tag(tags[2], fmt=1)
        for t in tags[3:]:
            publisher.send_tag(t, fmt=fmt)
    got, _ = pass_through(server, send, tags)
    assert [m.ts - got[1].ts for m in got[1:]] == [40 * i for i in range(10)]


@pytest.mark.parametrize("csid", [2, 3, 63, 64, 319, 320, 65599])
def test_every_form_of_chunk_stream_id_is_read(server, csid):
    tags = media_tags()

    def send(publisher):
        for t in tags:
            publisher.send(Message(t.type, t.ts, t.payload, 1, csid))
    pass_through(server, send, tags)


def test_chunks_of_two_messages_may_be_interleaved(server):
    source = Numbered(size=600)
    config = [Tag(VIDEO, 0, flv.AVC_CONFIG), Tag(AUDIO, 0, flv.AAC_CONFIG)]
    v, a = source.video(0), source.audio(0)

    def send(publisher):
        publisher.send_tags(config)
        w = publisher.session.writer
        video = split(w.write(Message(VIDEO, 0, v.payload, 1), fmt=0), 11, 128)
        audio = split(w.write(Message(AUDIO, 0, a.payload, 1), fmt=0), 11, 128)
        for i in range(max(len(video), len(audio))):
            publisher.raw(b"".join(video[i:i + 1] + audio[i:i + 1]))
    assert len(a.payload) > 128
    with server.player() as player, server.publisher(chunk_size=128) as publisher:
        player.barrier()
        send(publisher)
        assert sorted(body(seen(player, 4))) == sorted(body(config + [v, a]))


def split(data, head, size):
    """Chunks of one message: the first with a header of 1 + head bytes, the others with one byte."""
    first = 1 + head + size
    return [data[:first]] + [data[at:at + 1 + size] for at in range(first, len(data), 1 + size)]


def test_an_abort_drops_the_message_that_is_under_way(server):
    tags = media_tags(size=600)

    def send(publisher):
        publisher.send_tags(tags[:2])
        w = publisher.session.writer
        chunks = split(w.write(Message(VIDEO, 0, b"\x17\x01" + b"z" * 700, 1, 9), fmt=0), 11, 128)
        publisher.raw(b"".join(chunks[:3]))
        publisher.send(Message(rtmp.ABORT, 0, struct.pack(">I", 9), 0))
        publisher.send_tags(tags[2:])
    pass_through(server, send, tags)


def test_what_the_server_sends_begins_with_full_headers_on_the_known_chunk_streams(server):
    tags = media_tags(size=3000)
    _, player = pass_through(server, lambda publisher: publisher.send_tags(tags), tags)
    forms = player.session.reader.first_formats
    assert set().union(*forms.values()) == {0}
    streams = {kind: {csid for csid, k in forms if k == kind} for kind in (rtmp.VIDEO, rtmp.AUDIO, COMMAND)}
    assert streams == {rtmp.VIDEO: {6}, rtmp.AUDIO: {4}, COMMAND: {3, 5}}


def test_extended_timestamps_are_sent_as_the_specification_says(make_server):
    # the client's reader wants them repeated in continuation chunks
    server = make_server(vhost("time_jitter off;", more="chunk_size 128;"))
    with server.player() as player, server.publisher() as publisher:
        player.barrier()
        source = Numbered(size=1000, start_ms=0x1000000)
        tags = [t for t in source.tags(count=5) if t.type != rtmp.DATA]
        publisher.send_tags(tags)
        got = seen(player, len(tags))
        assert difference(got, tags) is None
        assert [m.ts for m in got] == [t.ts for t in tags]


def test_the_first_message_of_a_chunk_stream_may_come_with_header_form_one_on_the_control_stream(server):
    # librtmp sends pings in this form
    with server.client() as c:
        c.raw(basic_header(1, 2) + bytes([0, 0, 0, 0, 0, 6, rtmp.USER_CONTROL]) + struct.pack(">HI", rtmp.PING, 7))
        assert c.wait_event(rtmp.PONG) == (rtmp.PONG, 7)
