"""Tokens for publishing and playing, as a site that sells tickets would make them."""
import hashlib
import hmac
import time

SECRET = "k3y-of-the-vhost"


def expiry(in_s):
    """A time in whole seconds that is at least this far away."""
    return int(time.time() + in_s) + 1


def sign(stream, action="play", expires=None, secret=SECRET):
    """The query of a signed URL."""
    expires = expires if expires is not None else expiry(600)
    text = "%s:%s:%s" % (action, stream, expires)
    return "expires=%s&sign=%s" % (expires, hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest())
