"""Reads a QR code (ISO/IEC 18004) of version 1 to 3 with one block of codewords, in byte mode, without errors.

    text(dark, size, border)     dark: the set of (x, y) of dark modules; size: modules on a side, with the border
"""

_MASKS = [lambda x, y: (x + y) % 2, lambda x, y: y % 2, lambda x, y: x % 3, lambda x, y: (x + y) % 3,
          lambda x, y: (x // 3 + y // 2) % 2, lambda x, y: x * y % 2 + x * y % 3, lambda x, y: (x * y % 2 + x * y % 3) % 2,
          lambda x, y: ((x + y) % 2 + x * y % 3) % 2]


def _mask_of(dark):
    """The mask in the format information (8.9): fifteen bits around the finder at the top left."""
    places = [(8, y) for y in range(6)] + [(8, 7), (8, 8), (7, 8)] + [(x, 8) for x in range(5, -1, -1)]
    bits = sum(1 << i for i, place in enumerate(places) if place in dark) ^ 0x5412
    return _MASKS[bits >> 10 & 7]


def _is_function(x, y, n):
    """Finders with their separators and format information, timing, and the one alignment pattern (versions 2 and 3)."""
    in_corner = x < 9 and y < 9 or x >= n - 8 and y < 9 or x < 9 and y >= n - 8
    return in_corner or 6 in (x, y) or n > 21 and abs(x - (n - 7)) <= 2 and abs(y - (n - 7)) <= 2


def _bits(dark, n):
    mask, upward = _mask_of(dark), True
    for right in [x for x in range(n - 1, 6, -2)] + [5, 3, 1]:
        for y in range(n - 1, -1, -1) if upward else range(n):
            for x in (right, right - 1):
                if not _is_function(x, y, n):
                    yield int((x, y) in dark) ^ (mask(x, y) == 0)
        upward = not upward


def text(dark, size, border=2):
    n = size - 2 * border
    assert n in (21, 25, 29), "a version that this reader does not know: %d modules" % n
    bits = "".join(map(str, _bits({(x - border, y - border) for x, y in dark}, n)))
    assert bits[:4] == "0100", "not in byte mode: %s" % bits[:4]
    length = int(bits[4:12], 2)
    return bytes(int(bits[12 + 8 * i:20 + 8 * i], 2) for i in range(length)).decode()
