"""`debug_srs_upnode`, and /api/v1/trace: a client is followed from server to server, in the log and by the API."""
import re

import pytest

import amf0
import rtmp
import srs
from api import Api
from chunk import COMMAND
from fake_rtmp import FakeServer
from flv import Numbered
from http_live import HttpPlayer
from test_edge import cluster, edge_of, players_of
from test_play import seen, vhost
from wait import until

FAR = {"fmsVer": "FMS/3,5,3,888"}, {"level": "status", "code": "NetConnection.Connect.Success", "data": {
    "srs_server": "SRS/4\n.0", "srs_server_ip": "10.9.8.7", "srs_pid": 77, "srs_id": 4711}}


def trace(server, client):
    return Api(server).get("/api/v1/trace/" + client)["trace"]


def test_a_player_is_followed_from_the_edge_to_the_origin_and_back(make_server):
    origin = make_server(api="")
    edge = make_server(edge_of(origin), http="", api="")
    with origin.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        with edge.player() as first, HttpPlayer(edge.http_port, "/live/s.flv") as second:
            seen(first, 5)
            second.wait_media(5)
            pull = players_of(origin)[0]["id"]
            line = r"\[(\w+)\] upnode of /live/s is SRS/\S+ ip=127\.0\.0\.1 pid=%d id=%s" % (origin.pid, pull)
            until(lambda: len(re.findall(line, edge.log)) == 2, "the line of each player", 10)
            players = players_of(edge)
            assert sorted(re.findall(line, edge.log)) == sorted(p["id"] for p in players)
            for p in players:
                t = trace(edge, p["id"])
                assert (t["id"], t["type"], t["url"], t["publish"]) == (p["id"], p["type"], "/live/s", False)
                assert t["from"]["id"] == pull and t["from"]["pid"] == origin.pid and t["from"]["ip"] == "127.0.0.1"
                assert t["client"] is None and t["to"] is None
            there = trace(origin, pull)
            assert there["client"] == {"server": t["from"]["server"], "ip": "127.0.0.1", "pid": edge.pid, "id": t["publisher"]}
            assert there["from"] is None and there["to"] is None
            origin.wait_log(r"\[%s\] the client is SRS/\S+ ip=127\.0\.0\.1 pid=%d id=%s" % (pull, edge.pid, t["publisher"]))
    assert Api(edge).get("/api/v1/trace/none")["code"] == 2049


def test_a_publisher_is_followed_through_the_edge_and_the_origin_knows_its_address(make_server):
    origin = make_server(api="")
    edge = make_server(edge_of(origin), api="")
    with edge.publisher() as publisher:
        publisher.send_tags(Numbered().tags(count=5))
        here, there = (Api(s).get("/api/v1/clients/")["clients"][0]["id"] for s in (edge, origin))
        assert trace(edge, here)["to"]["id"] == there
        assert trace(origin, there)["client"]["id"] == here
        origin.wait_log(r"\[%s\] an edge asks for the client ip=127\.0\.0\.1" % there)


def asked(fake):
    return [a for a in (amf0.decode(m.payload) for m in fake.heard if m.type == COMMAND) if a[0] == "connect"]


@pytest.mark.parametrize("switch", ["on", "off"])
def test_the_second_object_of_connect(make_server, switch):
    forged = {"token": "t1", "srs_client_ip": "1.2.3.4", "srs_id": "forged", "srs_hops": 3.0}
    with FakeServer() as fake:
        edge = make_server(edge_of(fake, more="debug_srs_upnode %s;" % switch), root={"trusted_proxies": "10.0.0.1"})
        with edge.player("other"):
            until(lambda: asked(fake), "a pull", 10)
        with rtmp.Client("127.0.0.1", edge.port) as c:
            c.wait_result(c.call("connect", {"app": "live", "tcUrl": edge.tc_url(), "objectEncoding": 0.0}, forged))
            c.publish("s", "fmle")
            pushed = until(lambda: [a[3] for a in asked(fake) if len(a) > 3 and "token" in a[3]], "a push", 10)[0]
        pulled = asked(fake)[0]
        assert pushed["srs_client_ip"] == "127.0.0.1" and pushed["srs_hops"] == 4
        assert (len(pulled) > 3) == (switch == "on")
        names = {"srs_sig", "srs_server", "srs_license", "srs_url", "srs_version", "srs_pid", "srs_id", "srs_server_ip"}
        if switch == "on":
            assert names <= set(pushed) and names | {"srs_path"} == set(pulled[3]) and pushed["srs_id"] != "forged"
            assert pushed["srs_pid"] == edge.pid and pushed["srs_server_ip"] == "127.0.0.1"
        else:
            assert not names & set(pushed)


def test_an_address_counts_only_from_a_trusted_edge(make_server):
    origin = make_server(vhost(more="security { enabled on; deny play 1.2.3.4; }"), root={"trusted_proxies": "10.0.0.1"})
    claims = {"srs_client_ip": "1.2.3.4"}

    def play():
        with rtmp.Client("127.0.0.1", origin.port) as c:
            c.wait_result(c.call("connect", {"app": "live", "tcUrl": origin.tc_url(), "objectEncoding": 0.0}, claims))
            c.play("s")
    play()
    origin.reload(vhost(more="security { enabled on; deny play 1.2.3.4; }"), root={"trusted_proxies": "127.0.0.1"})
    with pytest.raises(rtmp.Refused):
        play()


def test_an_origin_of_srs_names_itself_by_numbers_and_odd_texts(make_server):
    def plays(conn):
        conn.status("NetStream.Play.Start")
        for tag in Numbered().tags(count=5):
            conn.media(tag.type, tag.ts, tag.payload)

    with FakeServer(connect=lambda conn: conn.result(1, *FAR), play=plays) as fake:
        edge = make_server(edge_of(fake), api="")
        with edge.player() as player:
            player.wait_media(3)
            edge.wait_log(r"upnode of /live/s is SRS/4.\.0 ip=10\.9\.8\.7 pid=77 id=4711")
            found = trace(edge, players_of(edge)[0]["id"])["from"]
            assert (found["ip"], found["pid"], found["id"]) == ("10.9.8.7", 77, "4711") and "\n" not in found["server"]


def test_edges_that_ask_each_other_in_a_ring_refuse(make_server):
    first, second = make_server(), make_server()
    first.reload(vhost(more=cluster(second, more="token_traverse on;")))
    second.reload(vhost(more=cluster(first, more="token_traverse on;")))
    with first.client() as c:
        with pytest.raises(rtmp.Refused):
            c.play("s")
    until(lambda: "in a ring" in first.log + second.log, "a ring", 10)


# -- the state of origins ----------------------------------------------------------------------------------------------

def origins(edge):
    return {o["url"]: o for o in Api(edge).get("/api/v1/origins")["origins"]}


def test_each_origin_has_its_state_in_the_api_and_in_metrics(make_server):
    dead, live, spare = "127.0.0.1:%d" % srs.free_port(), make_server(), make_server()
    port = srs.free_port()
    edge = make_server("exporter { enabled on; listen %d; }\n" % port + edge_of(dead, live, spare), api="")
    name = ["rtmp://" + o if isinstance(o, str) else "rtmp://127.0.0.1:%d" % o.port for o in (dead, live, spare)]
    assert [o["state"] for o in origins(edge).values()] == ["unknown"] * 3 and list(origins(edge)) == name
    with live.publisher() as publisher, edge.player() as player:
        publisher.send_tags(Numbered().tags(count=5))
        seen(player, 5)
        now = origins(edge)
        assert [now[n]["state"] for n in name] == ["down", "up", "unknown"]
        assert [now[n]["pulls"] for n in name] == [0, 1, 0]
        assert now[name[0]]["failures"] == 1 and now[name[1]]["failures"] == 0
        text = Api(edge, port).ask("GET", "/metrics").body.decode()
        for n, up, pulls in zip(name, "011", "010"):
            for row in (("srs_edge_origin_up", up), ("srs_edge_pulls", pulls)):
                assert '%s{vhost="__defaultVhost__",origin="%s"} %s\n' % (row[0], n, row[1]) in text
        with edge.publisher("t"):
            until(lambda: sum(o["pushes"] for o in origins(edge).values()) == 1, "a push", 10)
    until(lambda: all(o["pushes"] == 0 for o in origins(edge).values()), "the end of the push", 10)


def test_edges_agree_on_the_origin_of_each_stream(make_server):
    first, second = make_server(), make_server()
    for stream in "abcd":
        asked_at = []
        for order in ((first, second), (second, first)):
            edge, since = make_server(edge_of(*order, more="origin_choice hashed; linger 0; timeout 60;")), [o.mark() for o in (first, second)]
            with edge.player(stream):
                asked_at.append(until(lambda: [o.port for o, m in zip((first, second), since)
                                               if "type=rtmp-play" in o.log[m:]], "a pull", 10))
        assert asked_at[0] == asked_at[1] and len(asked_at[0]) == 1
