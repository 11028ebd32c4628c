"""One bound for the memory of all streams and connections: the share of a peer before it publishes, the memory that
streams give up and its order, and the reports about it."""
import json
import re
import socket
import ssl

import pytest

import flv
import rtmp
from api import Api
from flv import Numbered
from srs import SANITIZED
from wait import patience, until

MIB = 1 << 20


def numbers(messages):
    return [n[1] for n in map(flv.number_of, messages) if n]


def wait_number(player, number):
    """Wait until that frame has come."""
    if number not in numbers(player.messages):
        player.wait(lambda m: flv.number_of(m) and flv.number_of(m)[1] == number, what="frame %d" % number)


def memory(server):
    return Api(server).get("/api/v1/memory")["data"]


def unfinished_before_connect(port, size):
    """The beginning of a message that never ends, before connect."""
    s = socket.create_connection(("127.0.0.1", port), timeout=patience())
    s.sendall(b"\x03" + bytes(1536))
    got = b""
    while len(got) < 3073:
        got += s.recv(65536)
    s.sendall(got[1:1537])
    s.sendall(b"\x02\0\0\0\0\0\4\1\0\0\0\0" + b"\0\xff\xff\xff"                # chunks of 16 MB
              + b"\x06\0\0\0" + size.to_bytes(3, "big") + b"\x14\1\0\0\0")
    try:
        s.sendall(bytes(size - 1))
    except OSError:
        pass
    return s


@pytest.mark.parametrize("size", [65537, 15 * MIB])
def test_a_long_message_before_connect_is_refused_at_once_and_costs_nothing(server, size):
    before = server.rss_kib()
    peers = [unfinished_before_connect(server.port, size) for _ in range(20)]
    server.wait_log(r"a message of type 20 and %d bytes, where at most 65536" % size)
    until(lambda: len(re.findall("where at most 65536", server.log)) == 20, "all are refused")
    assert server.rss_kib() - before < 20 * 1024 * (3 if SANITIZED else 1)
    for p in peers:
        p.close()


def test_unfinished_commands_before_publish_hold_no_more_than_two_of_them(server):
    with server.client() as c:
        c.set_chunk_size(128)
        for csid in range(3, 60):
            c.raw(bytes([csid]) + b"\0\0\0" + (65536).to_bytes(3, "big") + b"\x14\1\0\0\0" + bytes(128))
        server.wait_log(r"more than 131072 bytes of unfinished messages")


def test_a_published_frame_may_be_as_long_as_a_message(server):
    source = Numbered(gop=5, size=3 * MIB, audio_fps=0)
    with server.publisher("s", chunk_size=1 << 20) as p, server.player("s") as player:
        p.send_tags(source.configs())
        p.send_tags(source.frames(0, 5))
        wait_number(player, 4)
        assert numbers(player.messages) == [0, 1, 2, 3, 4]


def fat(server, name, mib, gop=1000):
    """Start a publisher of one unfinished GOP of this many MiB."""
    source = Numbered(gop=gop, size=MIB, audio_fps=0)
    p = server.publisher(name, chunk_size=1 << 20)
    p.send_tags(source.configs())
    p.send_tags(source.frames(0, mib))
    p.barrier()
    return p, source


def test_memory_is_told_by_kind(make_server):
    """Each kind grows with its cause and comes back; together they are what is held."""
    server = make_server("vhost __defaultVhost__ { play { queue_length 3600; } } vhost h { hls { enabled on; hls_fragment 1; } }",
                         api="raw_api { enabled on; allow_query on; allow_update on; }", http="", tls=True)

    def kinds():
        m = memory(server)
        assert abs(sum(m["kinds"].values()) - m["held"]) < MIB and m["resident"] >= 0 and m["stacks"] > 0
        return m["kinds"]
    before = kinds()
    assert before["frames"] == before["messages"] == before["callbacks"] == before["config"] == 0
    p, _ = fat(server, "s", 4)
    assert 4 * MIB <= kinds()["frames"] < 5 * MIB
    p.raw(b"\x07\0\0\0" + (2 * MIB).to_bytes(3, "big") + b"\x09\1\0\0\0" + bytes(MIB))   # the chunk size is 1 MiB
    until(lambda: kinds()["messages"] >= MIB // 2, lambda: "the unfinished message: %s" % kinds())
    with server.publisher("h?vhost=h") as other:
        other.send_tags(Numbered(gop=30, size=20000).configs())
        other.send_tags(Numbered(gop=30, size=20000).frames(0, 90))
        until(lambda: kinds()["segments"] >= 1000000, lambda: "the segments: %s" % kinds())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", server.apis_port)) as s, context.wrap_socket(s):
        assert kinds()["tls"] > before["tls"] + 4096
    Api(server).ask("POST", "/api/v1/config", json.dumps({
        "version": Api(server).get("/api/v1/config")["data"]["version"],
        "changes": [{"op": "set", "path": "max_connections", "value": 500}]}))
    assert kinds()["config"] > 100
    until(lambda: kinds()["histories"] > before["histories"], "the history of the stream")
    p.close()
    until(lambda: kinds()["frames"] < MIB and kinds()["messages"] == 0, lambda: "the memory to come back: %s" % kinds())


def test_gops_of_streams_that_nobody_watches_give_way_first_and_log_and_api_tell(make_server):
    server = make_server("vhost __defaultVhost__ { play { queue_length 3600; } }", api="",
                         root={"memory_limit": "64m"})
    before = server.rss_kib()
    watched, source = fat(server, "watched", 4)
    player = server.player("watched")
    wait_number(player, 3)
    fats = [fat(server, "fat%d" % i, 12) for i in range(8)]                  # 96 MiB in all
    m = memory(server)
    assert m["limit"] == 64 * MIB and m["held"] <= 64 * MIB and m["has_room"]
    assert m["given_up"]["unwatched_gop"]["times"] >= 3
    assert m["given_up"]["backlog"]["times"] == m["given_up"]["gop"]["times"] == 0
    server.wait_log(r"memory_limit: \d+ MiB are held, more than 64: \S*fat\d gives up \d+ bytes: the GOP cache of a "
                    r"stream that nobody watches")
    assert server.rss_kib() - before < 100 * 1024 * (3 if SANITIZED else 1)
    watched.send_tags(source.frames(4, 3))                                   # a player that keeps up lost nothing
    wait_number(player, 6)
    assert numbers(player.messages) == list(range(7))
    with server.player("watched") as late:
        wait_number(late, 6)
        assert numbers(late.messages) == list(range(7))                      # a newcomer begins with the key frame
    for p, _ in fats:
        p.close()
    until(lambda: memory(server)["held"] < 20 * MIB, "the memory is given back")


def test_slow_players_jump_before_the_gops_of_watched_streams_give_way(make_server):
    server = make_server("vhost __defaultVhost__ { play { queue_length 3600; } }", api="",
                         root={"memory_limit": "70m"})
    deaf, publishers = [], []
    for i in range(6):
        source = Numbered(gop=4, size=MIB, audio_fps=0)
        p = server.publisher("s%d" % i, chunk_size=1 << 20)
        p.send_tags(source.configs())
        deaf.append(server.client(rcvbuf=4096))
        deaf[-1].play("s%d" % i)
        deaf[-1].barrier()
        p.send_tags(source.frames(0, 14))                                   # 84 MiB in all
        p.barrier()
    m = memory(server)
    assert m["held"] <= 70 * MIB and m["given_up"]["backlog"]["times"] > 0
    assert m["given_up"]["unwatched_gop"]["times"] == m["given_up"]["gop"]["times"] == 0
    with server.player("s5") as late:                                        # it begins at the newest key frame
        wait_number(late, 13)
        assert numbers(late.messages) == [12, 13]


def is_let_in(server):
    try:
        with server.publisher("again") as p:
            p.barrier()
    except (rtmp.Closed, rtmp.Refused, OSError):
        return False
    return True


def stuck(server, name, mib):
    """Start a publisher that begins a frame of 15 MiB, sends a part of it, and stops."""
    c = server.publisher(name, chunk_size=1 << 20)
    c.raw(b"\x06\0\0\0" + (15 * MIB).to_bytes(3, "big") + b"\x09\1\0\0\0" + bytes(MIB))
    for _ in range(mib - 1):
        c.raw(b"\xc6" + bytes(MIB))
    return c


def test_frames_that_never_end_give_way_and_a_sound_stream_loses_nothing(make_server):
    server = make_server("vhost __defaultVhost__ { play { queue_length 3600; } }", api="", http="",
                         root={"memory_limit": "64m"})
    source = Numbered(gop=2, size=MIB, audio_fps=0)                          # frames that need room themselves
    with server.publisher("sound", chunk_size=1 << 20) as p, server.player("sound") as player:
        p.send_tags(source.configs())
        p.send_tags(source.frames(0, 2))
        wait_number(player, 1)
        holders = []
        for i in range(10):                                                  # 90 MiB in all
            try:
                holders.append(stuck(server, "stuck%d" % i, 9))
            except (rtmp.Closed, rtmp.Refused, OSError):
                pass
            p.send_tags(source.frames(2 + 2 * i, 2))
            wait_number(player, 3 + 2 * i)
        assert numbers(player.messages) == list(range(22))
        m = memory(server)
        assert m["held"] <= 64 * MIB and m["given_up"]["unfinished"]["times"] >= 1
        server.wait_log(r"memory_limit, and what was under way of a message was dropped")
        with server.player("sound") as late:                                 # newcomers are admitted
            p.send_tags(source.frames(22, 2))
            wait_number(late, 23)
    for c in holders:
        c.close()


def test_heads_of_requests_that_never_end_give_way(make_server):
    server = make_server(api="", http="", root={"memory_limit": "32m"})
    peers = []
    for _ in range(900):
        try:
            s = socket.create_connection(("127.0.0.1", server.http_port), timeout=patience())
            s.sendall(b"GET / HTTP/1.1\r\nX: " + b"y" * 60000)
            peers.append(s)
        except OSError:
            break
    until(lambda: memory(server)["has_room"], "there is room")
    with server.publisher("s") as p:
        p.barrier()
    for s in peers:
        s.close()


def test_when_nothing_gives_way_newcomers_are_refused_and_come_in_again_later(make_server):
    server = make_server(api="", http="", root={"memory_limit": "32m"})
    holders = []
    for i in range(6):                                                       # frames that never end
        try:
            c = server.publisher("s%d" % i, chunk_size=1 << 20)
        except (rtmp.Closed, rtmp.Refused, OSError):
            break
        c.raw(b"\x06\0\0\0" + (9 * MIB).to_bytes(3, "big") + b"\x09\1\0\0\0" + bytes(MIB))
        for _ in range(7):
            try:
                c.raw(b"\xc6" + bytes(MIB))
            except OSError:
                break
        holders.append(c)
    server.wait_log(r"holds more than memory_limit|more than memory_limit=32 MiB")
    assert server.rss_kib() < (60 + 60 * SANITIZED) * 1024
    for c in holders:
        c.close()
    until(lambda: is_let_in(server), "a newcomer to be let in")


def test_the_limit_follows_a_reload_and_off_means_none(make_server):
    server = make_server(api="", root={"memory_limit": "1g"})
    server.wait_log(r"memory_limit 1g: 1024 MiB for all streams and connections, the process may have \d+ MiB")
    assert memory(server)["limit"] == 1 << 30
    server.reload(root={"memory_limit": "64m"})
    assert memory(server)["limit"] == 64 * MIB
    server.reload(root={"memory_limit": "off"})
    assert memory(server)["limit"] == 0
    server.wait_log("there is no memory limit")
    for bad in ("12x", "1m", "200%"):
        text = server.reload(root={"memory_limit": bad}, good=False)
        assert re.search(r"memory_limit=%s .*srs\.conf:%d" % (bad, server.line_of("memory_limit")), text)


def test_the_default_is_half_of_what_the_process_may_have(make_server):
    server = make_server(api="")
    m = server.wait_log(r"memory_limit 50%: (\d+) MiB for all .* may have (\d+) MiB")
    assert abs(int(m.group(1)) * 2 - int(m.group(2))) <= 2


def test_segments_of_streams_that_have_ended_give_way_to_those_that_are_live(make_server):
    server = make_server("vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_window 600; hls_ctx off; hls_use_fmp4 on; "
                         "hls_storage memory; hls_dispose 3600; } }", api="", http="", root={"memory_limit": "64m"})
    for i in range(12):
        p, _ = fat(server, "ended%d" % i, 8, gop=2)
        p.close()
    server.wait_log(r"memory is short: the segments of \S*ended0 leave it")
    live, _ = fat(server, "live", 8, gop=2)
    until(lambda: memory(server)["held"] < 64 * MIB, "memory is below its limit")
    assert server.alive()
    live.close()
