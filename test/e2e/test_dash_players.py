"""DASH at players that are programs: mpv and VLC."""
import players
from test_hls_players import LIVE, nobody, on_air, public_folder  # pylint: disable=unused-import


def test_mpv_plays_dash(on_air):  # noqa: F811
    with players.mpv(on_air(LIVE % "off", lead_s=4).http_url("/live/s.mpd"), 4) as mpv:
        assert "rror" not in mpv.ends(30) + mpv.err


def test_vlc_records_dash(on_air, public_folder):  # noqa: F811
    out = "%s/out.ts" % public_folder
    with players.vlc(on_air(LIVE % "off", lead_s=8).http_url("/live/s.mpd"), 4, out, **nobody()) as vlc:
        vlc.ends()
    kinds = {p.kind for p in players.file_packets(out)}
    assert kinds == {"video", "audio"}, kinds
