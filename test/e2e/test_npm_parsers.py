"""Parsers from npm read the examples of the judges' own tests as we do."""
import pytest

import npm_parsers
from test_dash_rules import ENDED as ENDED_MPD
from test_dash_rules import LIVE as LIVE_MPD
from test_dash_rules import LOW as LOW_MPD
from test_hls_rules import FMP4, KEYED, LIVE, LOW, MASTER, changed


@pytest.fixture(autouse=True)
def _installed():
    npm_parsers.need()


def test_parsers_read_hls_as_we_do():
    npm_parsers.assert_agreed([LIVE, KEYED, FMP4, LOW, MASTER])


def test_parsers_read_mpds_as_we_do():
    npm_parsers.assert_agreed_mpds([(text, "http://host/live/s.mpd") for text in (LIVE_MPD, LOW_MPD, ENDED_MPD)])


@pytest.mark.parametrize("old,new", [("#EXTINF:1.500,", "#EXTINF:x,"), ("#EXT-X-TARGETDURATION:2\n", "")])
def test_a_broken_playlist_is_not_agreed_on(old, new):
    with pytest.raises(AssertionError):
        npm_parsers.assert_agreed([changed(LIVE, old, new)])
