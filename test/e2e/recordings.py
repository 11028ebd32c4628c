"""Recorded files, as tests look at them."""
import json
import os

import media
from wait import until

FFPROBE = ["ffprobe", "-v", "error", "-print_format", "json"]


def files(folder, ending=""):
    """All files below a folder, by path, without the notes beside them."""
    found = [os.path.join(top, name) for top, _, names in os.walk(folder) for name in names if not name.startswith(".")]
    return sorted(path for path in found if path.endswith(ending))


def wait_files(folder, n, ending=".flv", timeout=15):
    """Wait until there are n complete files, and none that is not."""
    def there():
        return len(files(folder, ending)) >= n and not files(folder, ".tmp")
    until(there, lambda: "%d files, there are %s" % (n, files(folder)), timeout)
    return files(folder, ending)


def probe(path):
    """What ffprobe says of a file: format, streams."""
    return json.loads(media.run(FFPROBE + ["-show_format", "-show_streams", path]).stdout)


def duration(path):
    return float(probe(path)["format"]["duration"])


def packets(path):
    """The packets of each kind: length and hash, in their order."""
    found = {}
    for p in media.framemd5(path):
        found.setdefault(p.kind, []).append((p.size, p.hash))
    return found


def boxes(data):
    """The boxes of an MP4: type, offset, length."""
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at:at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8:at + 16], "big")
        assert size >= 8 and at + size <= len(data), at
        yield data[at + 4:at + 8].decode(), at, size
        at += size
