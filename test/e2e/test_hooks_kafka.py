"""How the server connects to brokers of Kafka: TLS and login, seen by the first words of a broker."""
import re

import pytest

import certificates
from kafka_broker import METADATA, SASL_AUTHENTICATE, Broker
from srs import free_port
from wait import until


@pytest.fixture
def connect(make_server, tmp_path):
    """connect(tls, directives) starts a broker and a server that has an event for it."""
    brokers = []

    def start(tls, directives):
        broker = Broker(tls)
        brokers.append(broker)
        server = make_server(conf(broker.port, tmp_path, directives))
        if "built without it" in server.log:
            pytest.skip("the server is built without Kafka")
        server.publisher("s").close()
        return broker, server

    yield start
    for broker in brokers:
        broker.close()


def conf(port, folder, directives):
    return "vhost __defaultVhost__ { http_hooks { timeout 1; } }\nkafka { enabled on; brokers 127.0.0.1:%d; topic t; journal %s; %s }" % (
        port, folder / "journal", directives)


def test_without_directives_it_speaks_plain_and_logs_in_nowhere(connect):
    broker, _ = connect(None, "")
    until(lambda: METADATA in broker.requests, lambda: "a request: %s" % broker.requests, 20)
    assert broker.logins == []


@pytest.mark.parametrize("verify", ["tls_ca %(ca)s;", "tls_verify off;"])
def test_a_password_goes_through_tls(connect, verify):
    pair = certificates.pair()
    broker, server = connect(pair, "tls on; %s sasl PLAIN; user us; password secret-word;" % (verify % {"ca": pair[1]}))
    until(lambda: broker.logins, lambda: "a login: %s %s" % (broker.requests, broker.refusals), 20)
    assert broker.logins[0] == ("PLAIN", b"\0us\0secret-word")
    assert METADATA not in broker.requests[:broker.requests.index(SASL_AUTHENTICATE)]
    server.wait_log("kafka: ")                                       # a failure, in words of the library
    assert "secret-word" not in server.log


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_scram_shows_no_password(connect, mechanism):
    broker, _ = connect(None, "sasl %s; user us; password secret-word;" % mechanism)
    until(lambda: broker.logins, lambda: "a login: %s" % broker.requests, 20)
    assert broker.logins[0][0] == mechanism
    assert re.match(rb"n,,n=us,r=", broker.logins[0][1]), broker.logins[0]
    assert not any(b"secret-word" in login for _, login in broker.logins)


def test_a_broker_without_a_trusted_certificate_learns_nothing(connect, tmp_path):
    (tmp_path / "other").mkdir()
    _, other = certificates.make(tmp_path / "other")
    broker, _ = connect(certificates.pair(), "tls on; tls_ca %s; sasl PLAIN; user us; password secret-word;" % other)
    until(lambda: broker.refusals, "a refused handshake", 20)
    assert broker.requests == []


def test_a_reload_changes_the_way_to_the_brokers(connect, tmp_path):
    broker, server = connect(None, "")
    until(lambda: METADATA in broker.requests, lambda: "a request: %s" % broker.requests, 20)
    server.reload(conf(broker.port, tmp_path, "sasl SCRAM-SHA-256; user us; password p;"))
    until(lambda: broker.logins, lambda: "a login: %s" % broker.requests, 60)
    server.reload(conf(free_port(), tmp_path, "sasl SCRAM-SHA-256; user us;"), good=False)
    server.wait_log("kafka.sasl needs kafka.user and kafka.password")
