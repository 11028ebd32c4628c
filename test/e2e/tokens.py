"""Tokens for publishing and playing, as a site that sells tickets would make them."""
import base64
import hashlib
import hmac
import json
import os
import subprocess
import time

SECRET = "k3y-of-the-vhost"
EDGE_SECRET = "00ff10"


def expiry(in_s):
    """A time in whole seconds that is at least this far away."""
    return int(time.time() + in_s) + 1


def sign(stream, action="play", expires=None, secret=SECRET):
    """The query of a signed URL."""
    expires = expires if expires is not None else expiry(600)
    text = "%s:%s:%s" % (action, stream, expires)
    return "expires=%s&sign=%s" % (expires, hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest())


def _base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _openssl(args, data=b""):
    return subprocess.run(["openssl", *args], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=True).stdout


class KeyPair:
    """A pair of keys in files, made by the openssl program: "RS256" or "ES256"."""

    def __init__(self, folder, alg):
        self.alg = alg
        self.private = os.path.join(str(folder), alg + ".key")
        self.public = os.path.join(str(folder), alg + ".pem")
        how = (["RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if alg == "RS256"
               else ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
        _openssl(["genpkey", "-algorithm", *how, "-out", self.private])
        _openssl(["pkey", "-in", self.private, "-pubout", "-out", self.public])

    def jwk(self, kid):
        """The public key as JSON Web Key."""
        der = _openssl(["pkey", "-in", self.private, "-pubout", "-outform", "DER"])
        if self.alg == "ES256":
            return {"kty": "EC", "crv": "P-256", "kid": kid, "x": _base64url(der[-64:-32]), "y": _base64url(der[-32:])}
        modulus = _openssl(["rsa", "-in", self.private, "-noout", "-modulus"]).decode().strip().split("=")[1]
        return {"kty": "RSA", "use": "sig", "kid": kid, "n": _base64url(bytes.fromhex(modulus)), "e": "AQAB"}

    def sign(self, data):
        der = _openssl(["dgst", "-sha256", "-sign", self.private], data)
        if self.alg == "RS256":
            return der
        numbers, at = [], 2                                          # SEQUENCE of two INTEGER
        for _ in range(2):
            size = der[at + 1]
            numbers.append(int.from_bytes(der[at + 2:at + 2 + size], "big").to_bytes(32, "big"))
            at += 2 + size
        return b"".join(numbers)


def jwt(claims=None, header=None, key=SECRET, **more):
    """A JSON Web Token, signed by a secret or a KeyPair; `key` None leaves the signature empty."""
    claims = {"exp": expiry(600), "actions": ["play"], "streams": ["live/s"], **(claims or {}), **more}
    alg = key.alg if isinstance(key, KeyPair) else "HS256"
    parts = [{"alg": alg, "typ": "JWT", **(header or {})}, claims]
    text = ".".join(_base64url(json.dumps(p).encode()) for p in parts)
    if key is None:
        return text + "."
    signed = (key.sign(text.encode()) if isinstance(key, KeyPair)
              else hmac.new(key.encode(), text.encode(), hashlib.sha256).digest())
    return text + "." + _base64url(signed)


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def links(path, expires, secret=SECRET):
    """Queries in the forms of others, by scheme, for a path such as /live/s.flv."""
    stream = path.rsplit("/", 1)[1].split(".")[0]
    edge = "exp=%d~acl=/live/*" % expires
    huawei = "%s%x" % (stream, expires)
    timed = md5("%s%s%x" % (secret, path, expires))
    return {
        "sign_t": "sign=%s&t=%x" % (timed, expires),
        "ws_secret": "wsSecret=%s&wsTime=%x" % (timed, expires),
        "hw_secret": "hwSecret=%s&hwTime=%x" % (hmac.new(secret.encode(), huawei.encode(), hashlib.sha256).hexdigest(), expires),
        "secure_link": "expires=%d&md5=%s" % (expires, _base64url(hashlib.md5(
            ("%d%s %s" % (expires, path, secret)).encode()).digest())),
        "auth_key": "auth_key=%d-0-0-%s" % (expires, md5("%s-%d-0-0-%s" % (path, expires, secret))),
        "tx_secret": "txTime=%X&txSecret=%s" % (expires, md5("%s%s%X" % (secret, stream, expires))),
        "edge_auth": "hdnts=%s~hmac=%s" % (edge, hmac.new(bytes.fromhex(EDGE_SECRET), edge.encode(),
                                                          hashlib.sha256).hexdigest()),
    }


def path_tokens(path, expires, secret=SECRET):
    """What stands before such a path, in the forms that have the token there: Alibaba's types B and C, Tencent's type C."""
    minute, later = time.strftime("%Y%m%d%H%M", time.gmtime(expires + 8 * 3600)), "%X" % expires      # in China
    return {"B": "/%s/%s" % (minute, md5(secret + minute + path)), "C": "/%s/%s" % (md5(secret + path + later), later),
            "Tencent C": "/%s/%s" % (md5(secret + later + path), later)}
