"""A player that seeks. A live stream has only one position, but clients wait for the answer: ffmpeg, and the programs
that use it, such as mpv and VLC, drop everything until NetStream.Seek.Notify has come.
"""
import flv
from flv import Numbered
from wait import until


def test_a_player_that_seeks_is_answered_and_goes_on(server):
    source = Numbered(audio_fps=0)
    with server.player() as player, server.publisher() as publisher:
        player.barrier()
        publisher.send_tags(source.configs())
        publisher.send_tags(source.frames(0, 5))
        for tid in (0, 7):                   # ffmpeg seeks without a transaction, librtmp with one
            call = player.call("seek", None, 0.0, msid=player.msid, tid=tid)
            if call:
                player.wait_result(call)
            assert player.wait_status("NetStream.Seek.Notify")["level"] == "status"
        publisher.send_tags(source.frames(5, 5))
        until(lambda: (flv.VIDEO, 9) in map(flv.number_of, player.media()) or not player.pump(10), "the frames after")
        assert flv.gaps(player.media()) == []


def test_a_player_that_seeks_after_the_end_is_told_of_it_again(server):
    """mpv reads a short stream to its end, seeks back to its beginning, and waits for data."""
    with server.player() as player:
        with server.publisher() as publisher:
            player.barrier()
            publisher.send_tags(Numbered().tags(count=5))
        player.wait_status("NetStream.Play.UnpublishNotify")
        player.call("seek", None, 0.0, msid=player.msid, tid=0)
        player.wait_status("NetStream.Seek.Notify")
        player.wait_status("NetStream.Play.UnpublishNotify")
