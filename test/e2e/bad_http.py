"""HTTP servers that answer as they should not: bytes that a test gives them, all at once or one by one."""
import socket
import threading

from wait import patience


class Http:
    """A server that answers every request with these bytes, and keeps the connection open if they do not end."""

    def __init__(self, data, ends=True, host="127.0.0.1"):
        self.data, self.ends, self.asked, self.socks, self.host = data, ends, [], [], host
        self.door = socket.create_server((host, 0))
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def url(self, path="/live/s.flv"):
        return "http://%s:%d%s" % (self.host, self.port, path)

    def accept(self):
        while True:
            try:
                sock, _ = self.door.accept()
            except OSError:
                return
            self.socks.append(sock)
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        try:
            sock.settimeout(patience(60))
            asked = sock.recv(1 << 16)
            if asked:
                self.asked.append(asked)
            sock.sendall(self.data)
            if self.ends:
                sock.close()
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.door.close()
        for sock in self.socks:
            sock.close()


class Dripping(Http):
    """One that goes on with a byte at a time."""

    def serve(self, sock):
        super().serve(sock)
        try:
            while not self.stopped.wait(0.05):
                sock.sendall(b"G")
        except OSError:
            pass

    def __init__(self, data):
        self.stopped = threading.Event()
        super().__init__(data, ends=False)

    def __exit__(self, *exc):
        self.stopped.set()
        super().__exit__(*exc)


def reply(body, status="200 OK", fields=()):
    return ("\r\n".join(["HTTP/1.1 " + status, *fields, "", ""])).encode() + body
