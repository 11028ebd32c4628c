"""Certificates for servers under test, made by the openssl program: for 127.0.0.1, ::1 and localhost, signed by themselves.

    key, cert = pair()                          one for all tests of this run of pytest
    key, cert = make(folder, days=-1)           another one: expired, for another name, …
"""
import os
import subprocess
import tempfile

_shared = []


def make(folder, name="server", host="localhost", days=30, subject=None):
    """A key and a certificate as PEM files NAME.key and NAME.crt; a number of days below zero: it has expired."""
    key, cert = (os.path.join(str(folder), name + end) for end in (".key", ".crt"))
    run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key])
    request = ["openssl", "req", "-new", "-x509", "-key", key, "-out", cert, "-subj", "/CN=" + (subject or host),
               "-addext", "subjectAltName=DNS:%s,IP:127.0.0.1,IP:::1" % host, "-days", str(max(days, 1))]
    if days >= 0:
        run(request)
    else:  # openssl req makes none that has ended already; openssl x509 with a negative number of days does
        request_path = cert + ".csr"
        run(["openssl", "req", "-new", "-key", key, "-out", request_path, "-subj", "/CN=" + (subject or host)])
        run(["openssl", "x509", "-req", "-in", request_path, "-key", key, "-out", cert, "-days", str(days)])
    return key, cert


def pair():
    if not _shared:
        folder = tempfile.TemporaryDirectory(prefix="certificate-")
        _shared.append((make(folder.name), folder))
    return _shared[0][0]


def run(argv):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
