"""The documentation: its links have targets, the files that it names exist, and its commands for newcomers work."""
import os
import re
import subprocess

import pytest

import srs
from api import Api
from flv import Numbered
from media import ROOT
from test_process import srs_run

PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"] + sorted(
    os.path.join("doc", name) for name in os.listdir(os.path.join(ROOT, "doc")) if name.endswith(".md"))


def read(page):
    with open(os.path.join(ROOT, page), encoding="utf-8") as f:
        return f.read()


def anchors(page):
    """The anchors of the headings, as code forges make them."""
    headings = re.findall(r"(?m)^#+ +(.*)$", re.sub(r"(?ms)^```.*?^```", "", read(page)))
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", read(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        assert os.path.exists(os.path.join(ROOT, there)), "%s links to %s" % (page, target)
        assert not anchor or anchor in anchors(there), "%s links to %s" % (page, target)


@pytest.mark.parametrize("page", PAGES)
def test_examples_that_are_named_are_there(page):
    for name in re.findall(r"(?<![\w/.])conf/([\w.]+\.conf)", read(page)):
        assert os.path.exists(os.path.join(ROOT, "conf", name)), "%s names conf/%s" % (page, name)


def test_the_examples_of_srs_that_are_said_to_be_the_same_are_there():
    text = read("doc/from-srs.md").split("## The examples in `conf/`")[1]
    same = [row for row in text.splitlines() if re.search(r"\| the same", row)]
    names = [n for row in same for n in re.findall(r"`([\w.]+\.conf)`", row.split("|")[1])]
    assert len(names) > 20
    for name in names:
        assert os.path.exists(os.path.join(ROOT, "conf", name)), name


@pytest.mark.parametrize("name", ["source.flv", "source.200kbps.768x320.flv", "sample.flv"])
def test_the_sample_has_the_names_of_the_tutorials(name):
    said = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", "./doc/" + name],
                          cwd=ROOT, capture_output=True, text=True).stdout.split()
    assert set(said) == {"h264", "aac"}


def test_the_console_example_is_all_that_a_first_try_needs(make_server):
    text = read("conf/console.conf")
    server = make_server(http="", api="", start=False)
    for usual, port in (("1935", server.port), ("8080", server.http_port), ("1985", server.api_port)):
        text = text.replace("listen          %s;" % usual, "listen %d;" % port).replace("listen              %s;" % usual, "listen %d;" % port)
    server.write_conf("", text=text)
    server.start()
    with server.publisher("livestream") as publisher:
        publisher.send_tags(Numbered().tags(count=3))
        publisher.barrier()
        assert [s["name"] for s in Api(server).get("/api/v1/streams/")["streams"]] == ["livestream"]


@pytest.mark.parametrize("page,word", [("doc/configuration.md", "without any option the server prints its help")])
def test_a_file_of_the_environment_alone_starts_nothing(page, word, tmp_path):
    assert word in read(page)
    (tmp_path / "a.conf").write_text("listen 19999;\n")
    status, said = srs_run(tmp_path, env={"SRS_CONFIG_FILE": "a.conf"})
    assert status == 0 and "Usage:" in said
    assert os.access(srs.BINARY, os.X_OK)


def make_targets():
    return set(re.findall(r"(?m)^([a-z][a-z0-9-]*):(?!=)", read("Makefile")))


def test_make_help_names_targets_that_are_there():
    said = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    named = set(re.findall(r"(?m)^make ([a-z][a-z0-9-]*) ", said))
    assert len(named) > 15 and named <= make_targets()


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_that_are_named_are_there(page):
    named = set(re.findall(r"(?m)(?:^    |`)make ([a-z][a-z0-9-]*)", read(page)))
    assert named <= make_targets()


def test_the_lines_where_features_will_go_are_where_the_architecture_says():
    """Each place is given as FILE:LINE and the code in that line; a drift of some lines does not mislead a reader."""
    places = set(re.findall(r"`(src/[\w/.]+):(\d+)`, before `([^`]+)`", read("doc/architecture.md")))
    assert len(places) >= 2
    for path, line, code in places:
        near = read(path).split("\n")[max(0, int(line) - 21):int(line) + 20]
        assert code in (text.strip() for text in near), "%s:%s has no %s near it" % (path, line, code)
