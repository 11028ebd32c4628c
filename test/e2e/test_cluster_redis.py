"""An origin cluster whose directory is in Redis: `cluster { origin_cluster on; directory redis://…; }`."""
import json
import signal

import pytest

import rtmp
from cluster import HTTP
from hls_watch import get
from redis_server import Redis, needs_redis
from srs import free_port, publish
from test_cluster import sent_on
from test_cluster_faults import refused_by
from test_play import seen
from test_trees import Samples
from wait import until

pytestmark = needs_redis
KEY = "srs:origin:/live/s"


@pytest.fixture
def redis():
    with Redis(password="p@ss") as r:
        yield r


def conf(directory, more="", rest=HTTP + "publish { normal_timeout 60000; } "):
    return "vhost __defaultVhost__ { cluster { origin_cluster on; directory %s; directory_host 127.0.0.1; %s } %s }" % (directory, more, rest)


def two(make_server, directory, more=""):
    return [make_server(conf(directory, more), api="", http="") for _ in range(2)]


def entry(redis, database=0):
    text = redis.ask("GET", KEY, database=database)
    return text and json.loads(text)


def test_players_are_sent_to_the_origin_that_the_directory_names(make_server, redis):
    a, b = two(make_server, redis.url(3).replace("p@ss", "p%40ss"))
    with publish(b):
        until(lambda: entry(redis, 3), "the entry")
        assert entry(redis, 3)["data"]["origin"] == {"ip": "127.0.0.1", "port": b.port, "http": b.http_port}
        assert 0 < redis.ask("PTTL", KEY, database=3) <= 15000
        assert sent_on(a)["redirect2"] == "rtmp://127.0.0.1:%d/live/s?cluster_hop=1" % b.port
        assert get(a, "/live/s.flv").headers["location"] == "http://127.0.0.1:%d/live/s.flv?cluster_hop=1" % b.http_port
        with b.player() as player:
            seen(player, 1)
    until(lambda: entry(redis, 3) is None, "the end of the entry")
    with a.player("nobody") as player, publish(a, "nobody"):  # nobody has it: the player has waited here
        seen(player, 1)
    assert "p@ss" not in a.log + b.log and "p%40ss" not in a.log + b.log


def test_an_entry_of_another_server_is_not_taken_away(make_server, redis):
    a, b = two(make_server, redis.url())
    with publish(a):
        until(lambda: entry(redis), "the entry")
        with publish(b):
            until(lambda: entry(redis)["data"]["origin"]["port"] == b.port, "the entry of the other one")
            redis.ask("SET", KEY, redis.ask("GET", KEY))  # for good
        until(lambda: entry(redis) is None or entry(redis)["data"]["origin"]["port"] == a.port, "that of the one that is left", 20)


def test_a_stream_is_taken_over_by_the_directory(make_server, redis):
    a, b = two(make_server, redis.url(), "publish_elsewhere takeover;")
    with publish(a) as first:
        until(lambda: entry(redis), "the entry")
        with publish(b):
            first.wait_closed()
            b.wait_log(r"cluster: s is taken over from co-worker 127\.0\.0\.1:%d\n" % a.api_port)
            until(lambda: (entry(redis) or {"data": {"origin": {}}})["data"]["origin"].get("port") == b.port, "the entry of the new one")


def test_a_directory_that_is_gone_refuses_or_co_workers_are_asked_until_it_is_back(make_server, redis):
    a, b = two(make_server, redis.url())
    with publish(b):
        until(lambda: entry(redis), "the entry")
        redis.kill()
        assert "no co-worker answers" in refused_by(a).description
        a.wait_log(r"co-worker redis://127\.0\.0\.1:%d/0 does not answer, it is set aside" % redis.port)
        a.reload(conf(redis.url(), "coworkers 127.0.0.1:%d;" % b.api_port))
        assert sent_on(a)["redirect"] == "rtmp://127.0.0.1:%d/live" % b.port
        a.reload(conf(redis.url()))
        redis.start()
        until(lambda: entry(redis), "the entry, written again", 20)

        def is_found():
            a.reload(conf(redis.url()))  # forgets what was answered
            try:
                a.player().close()
            except rtmp.Refused as e:
                return e.info["description"] == "RTMP 302 Redirect"
            return False
        until(is_found, "an answer of the directory", 20)


def test_the_sample_finds_streams_of_other_origins(make_server):
    with Redis() as redis:
        directory = ("directory       redis://127.0.0.1:6379/0;", "directory %s;" % redis.url())
        a, b = (Samples(make_server) for _ in range(2))               # each with ports of its own
        first, second = (s.start("origin.cluster.redis.conf", directory, ("listen          1985;", "listen %d;" % free_port()))
                         for s in (a, b))
        with publish(second, "livestream"):
            until(lambda: redis.ask("GET", "srs:origin:/live/livestream"), "the entry")
            with pytest.raises(rtmp.Refused) as refused:
                first.player("livestream").close()
            assert refused.value.info["ex"]["redirect"].endswith(":%d/live" % second.port)


WRONG = {
    "garbage": ("SET", KEY, "{"),
    "no origin": ("SET", KEY, '{"data":{}}'),
    "a host that is none": ("SET", KEY, '{"data":{"origin":{"ip":"a/b?c","port":1935}},"api":"x","id":"y"}'),
    "an api that is none": ("SET", KEY, '{"data":{"origin":{"ip":"10.0.0.3","port":1935}},"api":"x@y/z?","id":"y"}'),
    "no api": ("SET", KEY, '{"data":{"origin":{"ip":"10.0.0.3","port":1935}},"id":"y"}'),
    "long": ("SET", KEY, "x" * 100000),
    "a list": ("RPUSH", KEY, "x"),
}


@pytest.mark.parametrize("wrong", list(WRONG.values()), ids=list(WRONG))
def test_a_wrong_entry_is_no_answer(make_server, redis, wrong):
    server = make_server(conf(redis.url()), api="", http="")
    redis.ask(*wrong)
    assert "no co-worker answers" in refused_by(server).description


def test_a_wrong_password_and_a_server_that_is_no_redis_are_no_answer(make_server, redis, backend):
    for url in (redis.url().replace("p@ss", "other"), "redis://127.0.0.1:%d" % backend.port, "redis://127.0.0.1:%d" % free_port()):
        server = make_server(conf(url), api="", http="")
        assert "no co-worker answers" in refused_by(server).description
        with publish(server), server.player() as player:  # its own streams are served all the same
            seen(player, 1)


def test_a_directory_that_is_no_url_is_refused(make_server):
    server = make_server()
    server.write_conf(conf("http://u:secret@10.0.0.5:6379"))
    server.send_signal(signal.SIGHUP)
    server.wait_log(r"reload failed.*cluster\.directory of __defaultVhost__ is not of the form redis://")
    assert "secret" not in server.log


@pytest.mark.long
def test_the_entry_of_a_server_that_died_is_forgotten(make_server, redis):
    a, b = two(make_server, redis.url())
    with publish(b):
        until(lambda: entry(redis), "the entry")
        b.kill()
    sent_on(a)
    until(lambda: entry(redis) is None, "the end of the entry", 30)
    with publish(a), a.player() as player:
        seen(player, 1)
