"""Certificates for servers under test, made by the openssl program: for 127.0.0.1, ::1 and localhost, signed by themselves.

    key, cert = pair()                          one for all tests of this run of pytest
    key, cert = make(folder, days=-1)           a pair of its own: expired, for another name, …
"""
import os
import subprocess
import tempfile
import time

_shared = []


def make(folder, name="server", host="localhost", days=30, subject=None):
    """Make a key and a certificate as PEM files NAME.key and NAME.crt. With days below zero it has expired."""
    key, cert = (os.path.join(str(folder), name + end) for end in (".key", ".crt"))
    run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key])
    request = ["openssl", "req", "-new", "-key", key, "-subj", "/CN=" + (subject or host)]
    if days >= 0:
        run(request + ["-x509", "-out", cert, "-addext", "subjectAltName=DNS:%s,IP:127.0.0.1,IP:::1" % host,
                       "-days", str(max(days, 1))])
    else:
        run(request + ["-out", cert + ".csr"])
        sign_expired(key, cert, days)
    return key, cert


def sign_expired(key, cert, days):
    """Sign by `openssl ca`, the only command that takes both dates in every version. It keeps a list of certificates."""
    begin, end = (time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + d * 86400)) for d in (days - 30, days))
    with tempfile.TemporaryDirectory(prefix="ca-") as folder:
        config = os.path.join(folder, "conf")
        with open(config, "w") as f:
            f.write("[ca]\ndefault_ca = here\n[here]\ndatabase = %s/index\nnew_certs_dir = %s\nrand_serial = yes\n"
                    "default_md = sha256\npolicy = any\n[any]\ncommonName = supplied\n" % (folder, folder))
        open(os.path.join(folder, "index"), "w").close()
        run(["openssl", "ca", "-batch", "-notext", "-selfsign", "-config", config, "-keyfile", key, "-in", cert + ".csr",
             "-out", cert, "-startdate", begin, "-enddate", end])


def pair():
    if not _shared:
        folder = tempfile.TemporaryDirectory(prefix="certificate-")
        _shared.append((make(folder.name), folder))
    return _shared[0][0]


def run(argv):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
