"""The first words of a broker of Kafka: enough of its protocol to see how a client connects and logs in. It takes no messages.

    broker = Broker(tls=pair)
    broker.logins                  what SaslAuthenticate brought, with the mechanism before it: [(mechanism, bytes)]
    broker.requests                the numbers of all requests: 18 ApiVersions, 17 SaslHandshake, 36 SaslAuthenticate, 3 Metadata
    broker.refusals                handshakes of TLS that failed

Protocol: Apache Kafka, "Protocol Guide": a request is a length, key and version, a number for the reply, and the client's id.
"""
import socket
import ssl
import struct
import threading

API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE, METADATA, PRODUCE = 18, 17, 36, 3, 0
_KNOWN = [(PRODUCE, 0, 7), (METADATA, 0, 4), (SASL_HANDSHAKE, 0, 1), (API_VERSIONS, 0, 0), (SASL_AUTHENTICATE, 0, 0), (22, 0, 1)]
_UNSUPPORTED_VERSION = 35


def _text(text):
    return struct.pack(">h", len(text)) + text


class Broker:
    def __init__(self, tls=None):
        self.logins, self.requests, self.refusals = [], [], []
        self.tls = None
        if tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(tls[1], tls[0])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def _accept(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(s,), daemon=True).start()

    def _talk(self, s):
        try:
            if self.tls:
                s = self.tls.wrap_socket(s, server_side=True)
        except (ssl.SSLError, OSError) as e:
            self.refusals.append(str(e))
            return
        with s:
            try:
                self._answer_all(s)
            except OSError:
                pass

    def _answer_all(self, s):
        stream, mechanism = s.makefile("rb"), None
        while len(head := stream.read(4)) == 4:
            body = stream.read(struct.unpack(">i", head)[0])
            key, version, number, id_len = struct.unpack(">hhih", body[:10])
            rest = body[10 + max(id_len, 0):]
            self.requests.append(key)
            reply = b""
            if key == API_VERSIONS:
                reply = struct.pack(">hi", _UNSUPPORTED_VERSION if version else 0, len(_KNOWN)) + b"".join(
                    struct.pack(">hhh", *known) for known in _KNOWN)
            elif key == SASL_HANDSHAKE:
                mechanism = rest[2:].decode()
                reply = struct.pack(">hi", 0, 1) + _text(rest[2:])
            elif key == SASL_AUTHENTICATE:
                self.logins.append((mechanism, rest[4:]))
                reply = struct.pack(">hhi", 58, -1, 0)                   # it fails: what comes later is not played here
            elif key == METADATA:
                reply = struct.pack(">iii", 0, 0, 0)
            s.sendall(struct.pack(">ii", len(reply) + 4, number) + reply)
