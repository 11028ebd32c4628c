"""Metrics as text, read strictly: the format of Prometheus and OpenMetrics.

    families = read(text)                        name -> Family(type, help, samples)
    value(families, "srs_clients")               the value of the only sample with these labels
    value(families, "srs_stream_players", stream="s")

read() refuses what a scraper may choke on: a family twice or without HELP and TYPE, samples outside their family, a series twice,
labels with bad names or escapes, histograms that do not count upwards.
"""
import re
from collections import namedtuple

Family = namedtuple("Family", "type help samples")
Sample = namedtuple("Sample", "name labels value")

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"')
SAMPLE = re.compile(r"(%s)(?:\{(.*)\})? (-?[0-9.e+-]+|NaN|[+-]Inf)" % NAME)
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count")}


def unescape(text):
    return re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m.group(1), m.group(1)), text)


def read_labels(text):
    labels, at = {}, 0
    while at < len(text):
        m = LABEL.match(text, at)
        assert m, "labels: %r" % text[at:]
        assert m.group(1) not in labels, "a label twice: %r" % text
        labels[m.group(1)] = unescape(m.group(2))
        at = m.end()
        if at < len(text):
            assert text[at] == "," and at + 1 < len(text), "labels: %r" % text[at:]
            at += 1
    return labels


def sample_names(name, kind, is_open):
    if is_open and kind == "counter":
        return (name + "_total",)
    return tuple(name + s for s in SUFFIXES.get(kind, ("",)))


def check_histogram(name, samples):
    series = {}
    for s in samples:
        key = tuple(sorted((k, v) for k, v in s.labels.items() if k != "le"))
        series.setdefault(key, []).append(s)
    for key, of_one in series.items():
        buckets = [(float(s.labels["le"]), s.value) for s in of_one if s.name.endswith("_bucket")]
        assert buckets == sorted(buckets) and buckets[-1][0] == float("inf"), (name, key)
        assert [v for _, v in buckets] == sorted(v for _, v in buckets), (name, key)
        assert [s.value for s in of_one if s.name.endswith("_count")] == [buckets[-1][1]], (name, key)
        assert len([s for s in of_one if s.name.endswith("_sum")]) == 1, (name, key)


def read(text, is_open=False):
    assert text.endswith("\n")
    lines = text[:-1].split("\n")
    assert (lines[-1] == "# EOF") == is_open
    families, seen, helped, current = {}, set(), None, None
    for line in lines[:-1] if is_open else lines:
        m = re.fullmatch(r"# (HELP|TYPE) (%s) (.+)" % NAME, line)
        if m and m.group(1) == "HELP":
            helped, current = m.groups()[1:], None
        elif m:
            name, kind = m.groups()[1:]
            assert helped and helped[0] == name and name not in families, line
            assert kind in ("counter", "gauge", "histogram", "unknown", "untyped"), line
            assert is_open or kind != "counter" or name.endswith("_total"), line
            current = Family(kind, helped[1], [])
            families[name] = current
            names = sample_names(name, kind, is_open)
        else:
            m = SAMPLE.fullmatch(line)
            assert m and current is not None and m.group(1) in names, line
            sample = Sample(m.group(1), read_labels(m.group(2) or ""), float(m.group(3)))
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in seen, "a series twice: %s" % line
            seen.add(key)
            current.samples.append(sample)
    for name, family in families.items():
        if family.type == "histogram":
            check_histogram(name, family.samples)
    return families


def samples(families, name, **labels):
    """The samples of that name with at least these labels."""
    return [s for f in families.values() for s in f.samples
            if s.name == name and all(s.labels.get(k) == v for k, v in labels.items())]


def value(families, name, **labels):
    found = samples(families, name, **labels)
    assert len(found) == 1, "%s%s: %s" % (name, labels, found)
    return found[0].value
