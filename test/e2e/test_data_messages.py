"""Data messages: metadata and others, in AMF0 and AMF3, from encoders and to players."""
import pytest

import amf0
import amf3
import rtmp
from flv import Numbered
from http_live import HttpPlayer
from rtmp import AMF3_COMMAND, AMF3_DATA, COMMAND, DATA, Message
from test_play import seen

VALUES = {"width": 640.0, "title": "hello", "stereo": True, "nothing": None, "list": [1.0, "two"], "deep": {"er": {"est": "x"}}}
HTTP = "vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } }"

# The forms in which encoders write a name and an object: message type, and their bytes.
FORMS = {
    "AMF0": (DATA, lambda *v: amf0.encode(*v)),
    "type 15, a byte, AMF0": (AMF3_DATA, lambda *v: b"\0" + amf0.encode(*v)),
    "type 15, AMF0": (AMF3_DATA, lambda *v: amf0.encode(*v)),
    "avmplus": (DATA, lambda *v: amf0.encode(*v[:-1]) + b"\x11" + amf3.encode(v[-1])),
    "type 15, a byte, avmplus": (AMF3_DATA, lambda *v: b"\0" + amf0.encode(*v[:-1]) + b"\x11" + amf3.encode(v[-1])),
    "type 15, avmplus": (AMF3_DATA, lambda *v: amf0.encode(*v[:-1]) + b"\x11" + amf3.encode(v[-1])),
    "type 15, all avmplus": (AMF3_DATA, lambda *v: b"".join(b"\x11" + amf3.encode(x) for x in v)),
    "type 15, AMF3": (AMF3_DATA, lambda *v: amf3.encode(*v)),
    "type 15, a byte, AMF3": (AMF3_DATA, lambda *v: b"\0" + amf3.encode(*v)),
}


def data_of(messages, name):
    """The values after the name in data messages of that name."""
    return [v[1:] for v in (amf0.decode(m.payload) for m in messages if m.type == DATA) if v[0] == name]


def send(publisher, form, *values):
    kind, encode = FORMS[form]
    publisher.send(Message(kind, 0, encode(*values), publisher.msid))


@pytest.mark.parametrize("prefix", [True, False], ids=["in @setDataFrame", "bare"])
@pytest.mark.parametrize("form", FORMS)
def test_metadata_of_every_form_reaches_players_as_an_ecma_array(server, form, prefix):
    with server.player() as early, server.publisher() as publisher:
        send(publisher, form, *(["@setDataFrame"] if prefix else []), "onMetaData", VALUES)
        publisher.send_tags(Numbered().frames(0, 3))
        seen(early, 3)
        with server.player() as late:
            seen(late, 3)
            for player in early, late:
                [meta], = data_of(player.messages, "onMetaData")
                assert isinstance(meta, amf0.EcmaArray)             # FLV 10.1, E.5
                assert {k: v for k, v in meta.items() if k in VALUES} == VALUES
                assert meta["server_version"]


@pytest.mark.sample(4)
@pytest.mark.parametrize("prefix", [True, False], ids=["in @setDataFrame", "bare"])
@pytest.mark.parametrize("name", ["onTextData", "onCuePoint", "onCaption", "onAnything"])
@pytest.mark.parametrize("form", ["AMF0", "type 15, AMF0", "avmplus", "type 15, AMF3"])
def test_other_data_messages_reach_those_who_play(make_server, form, name, prefix):
    server = make_server(HTTP, http="")
    tags = list(Numbered(audio_fps=0).tags(count=4))         # metadata, configurations, pictures
    at = len(tags) - 2
    with server.publisher() as publisher:
        publisher.send_tags(tags[:at])
        with server.player() as player, HttpPlayer(server.http_port, "/live/s.flv") as flv, \
                HttpPlayer(server.http_port, "/live/s.flv", websocket=True) as ws:
            seen(player, at - 1)
            for p in flv, ws:
                p.wait_media(at - 1)
            send(publisher, form, *(["@setDataFrame"] if prefix else []), name, VALUES)
            publisher.send_tags(tags[at:])
            n = sum(t.type != DATA for t in tags)
            seen(player, n)
            assert data_of(player.messages, name) == [[VALUES]]
            for p in flv, ws:
                p.wait_media(n)
                assert data_of(p.flv(), name) == [[VALUES]]


def test_other_data_messages_are_not_taken_for_metadata(server):
    with server.publisher() as publisher:
        publisher.send_tags(Numbered(name="the title").tags(count=3))
        send(publisher, "AMF0", "@setDataFrame", "onTextData", {"title": "another"})
        publisher.send_tags(Numbered().frames(25, 2))               # a key frame: the message is before the newest GOP
        with server.player() as late:
            seen(late, 3)
            [meta], = data_of(late.messages, "onMetaData")
            assert meta["title"] == "the title" and not data_of(late.messages, "onTextData")


@pytest.mark.parametrize("body", [
    amf0.encode("@clearDataFrame", "onMetaData"),
    amf0.encode("|RtmpSampleAccess", False, False),
    amf0.encode("@setDataFrame", "onTextData") + b"\x03\0\x01a",
    amf0.encode("onTextData", "x" * 70000),
    amf0.encode("onTextData") + b"\x11\x0a\x07\x01\x01",
    b"\x11", b"\x06", b"\0", b"",
], ids=lambda b: repr(b[:20]))
def test_what_is_malformed_too_long_or_for_the_server_does_not_pass(server, body):
    with server.player() as player, server.publisher(chunk_size=65536) as publisher:
        player.barrier()
        publisher.send(Message(DATA, 0, body, publisher.msid))
        publisher.send(Message(AMF3_DATA, 0, body, publisher.msid))
        publisher.send_tags(Numbered().tags(count=3))
        seen(player, 8)
        data = [amf0.decode(m.payload)[0] for m in player.messages if m.type == DATA]
        assert data == ["|RtmpSampleAccess", "onMetaData"]          # the server's own message, and that of the tags


@pytest.mark.parametrize("kind,lead", [(AMF3_COMMAND, b"\0"), (AMF3_COMMAND, b""), (COMMAND, b"")], ids=str)
@pytest.mark.parametrize("whole", [True, False], ids=["AMF3", "avmplus"])
def test_commands_in_amf3_are_understood(server, kind, lead, whole):
    def call(c, name, tid, *values, msid=0):
        if whole:
            body = amf3.encode(name, tid, *values)
        else:
            body = amf0.encode(name, tid) + b"".join(b"\x11" + amf3.encode(v) for v in values)
        c.send(Message(kind, 0, lead + body, msid, 3))
    with rtmp.Client("127.0.0.1", server.port) as c, server.player() as player:
        call(c, "connect", 1, {"app": "live", "tcUrl": server.tc_url(), "objectEncoding": 3})
        assert c.wait_result(1)[1]["objectEncoding"] == 3.0
        call(c, "createStream", 2, None)
        c.wait_result(2)
        call(c, "publish", 3, None, "s", "live", msid=1)
        c.wait_status("NetStream.Publish.Start")
        c.set_chunk_size(65536)
        c.send_tags(Numbered().tags(count=3))
        seen(player, 8)
        call(c, "deleteStream", 4, None, 1, msid=1)
        player.wait_status("NetStream.Play.UnpublishNotify")
