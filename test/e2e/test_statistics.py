"""The counters of the periodic lines, compared with those of the clients."""
import re

import amf0
from flv import VIDEO, Numbered, number_of
from rtmp import AUDIO, DATA
from wait import until

N_FRAMES = 100


def counted(server, tag):
    """The value msgs= in the last line of each client."""
    return sorted(int(n) for n in dict(re.findall(r"\[(\w+)\] -> %s .*msgs=(\d+)" % tag, server.log)).values())


def messages_of(player):
    """Audio, video and metadata messages, without those of the server itself."""
    return len([m for m in player.messages if m.type in (AUDIO, VIDEO)
                or m.type == DATA and not m.payload.startswith(amf0.encode("|RtmpSampleAccess"))])


def test_each_message_that_a_player_got_counts_once(make_server):
    server = make_server(root={"pithy_print_ms": 50})
    source = Numbered(size=60000)
    players = [server.player() for _ in range(4)] + [server.client(rcvbuf=1 << 16)]
    deaf = players[-1]                                                # it reads nothing: a full socket cuts messages anywhere
    deaf.play("s")
    players[0].call("receiveAudio", None, False, msid=players[0].msid)
    for p in players:
        p.barrier()
    with server.publisher("s", chunk_size=65536) as publisher:
        for t in source.tags(N_FRAMES):
            publisher.send_tag(t)
            for p in players[:-1]:
                p.drain()
        publisher.barrier()
        for p in players:
            until(lambda: (VIDEO, N_FRAMES - 1) in map(number_of, p.messages[-10:]) or not p.pump(10), "the last frame")
        for p in players[1:]:                                         # the audio frame after it
            until(lambda: (AUDIO, N_FRAMES - 1) in map(number_of, p.messages[-10:]) or not p.pump(10), "the last frame")
        wanted = sorted(messages_of(p) for p in players)
        assert wanted[0] < wanted[1] == wanted[-1]
        until(lambda: counted(server, "PLA") == wanted, lambda: "%s, is %s" % (wanted, counted(server, "PLA")))
        server.wait_log(r"<- CPB ")
    for p in players:
        p.close()
