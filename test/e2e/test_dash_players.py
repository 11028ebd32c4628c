"""DASH at a player that is a program: VLC."""
import players
from test_hls_players import LIVE, nobody, on_air, public_folder  # pylint: disable=unused-import


def test_vlc_records_dash(on_air, public_folder):  # noqa: F811
    out = "%s/out.ts" % public_folder
    with players.vlc(on_air(LIVE % "off", lead_s=8).http_url("/live/s.mpd"), 4, out, **nobody()) as vlc:
        vlc.ends()
    kinds = {p.kind for p in players.file_packets(out)}
    assert kinds == {"video", "audio"}, kinds
