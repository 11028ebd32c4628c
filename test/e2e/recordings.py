"""Recorded files, as tests look at them."""
import json
import os

import media
from wait import until

FFPROBE = ["ffprobe", "-v", "error", "-print_format", "json"]


def files(folder, ending=""):
    """All files below a folder, by path."""
    found = [os.path.join(top, name) for top, _, names in os.walk(folder) for name in names]
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
