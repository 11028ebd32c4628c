"""Waiting for conditions, with bounds scaled to the speed of the build under test.

Nothing in the suite sleeps for a fixed time and hopes: it asks again until the answer is yes, and gives up
after a generous bound that only a broken server reaches. A sanitizer build is two to three times slower, so
every bound is multiplied by SCALE.
"""
import os
import time

SCALE = 1.0                                  # set by conftest.py: E2E_SCALE, or 3 for a sanitizer build
PATIENCE_S = 10.0


def patience(seconds=PATIENCE_S):
    """The longest wait for something that normally takes much less than `seconds`."""
    return seconds * SCALE


def until(condition, what, timeout=PATIENCE_S, every=0.01):
    """Ask until `condition()` is true and return its answer. `what` finishes the sentence 'waited for …'."""
    deadline = time.monotonic() + patience(timeout)
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError("waited %.1f s for %s" % (patience(timeout), what() if callable(what) else what))
        time.sleep(every)


def scale_for(binary):
    """The factor by which this binary is slower than a plain build: 3 with a sanitizer, 1 without."""
    if os.environ.get("E2E_SCALE"):
        return float(os.environ["E2E_SCALE"])
    return 3.0 if is_sanitized(binary) else 1.0


def is_sanitized(binary):
    """True for a slower and larger program: AddressSanitizer is linked into the binary (its runtime leaves its name
    in it), or the binary is the script that starts the server in valgrind."""
    try:
        with open(binary, "rb") as f:
            data = f.read()
    except OSError:
        return False
    return b"__asan_init" in data or b"libasan.so" in data or b"libclang_rt.asan" in data \
        or (data.startswith(b"#!") and b"valgrind" in data)
