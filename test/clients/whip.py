"""ffmpeg that publishes by WHIP, as its version 8 and later can: what players get is judged by test/e2e/lips.py.

The clip flashes and beeps, and is sent as it is. An RTMP player must get each picture and the sound in its place, and a WebRTC player sees the pictures
move and hears the sound.
"""
import os
from types import SimpleNamespace

import lips
import media
import rtc_clients
import srs
from systems import FFMPEG
from wait import patience

CLIP, SECONDS = "lips_opus.mp4", 14
CONF = "rtc_server { enabled on; listen %d; candidate 127.0.0.1; } vhost __defaultVhost__ { rtc { enabled on; rtc_to_rtmp on; } }"


def usable(system):
    return system.has("ffmpeg") and "Muxer whip" in system.says(["ffmpeg", "-hide_banner", "-h", "muxer=whip"])


def problem_of_players(server, stream):
    """None, or what is wrong with what players got."""
    with lips.reading(server.url(stream), CLIP) as player, rtc_clients.whep(server, stream) as viewer:
        try:
            viewer.wait(lambda s: s.moved >= 10 and s.loud >= 3, "pictures that move, and sound by WHEP")
            seen = vars(player.wait(lambda s: s.beeps >= 5, "beeps by RTMP"))
        except (AssertionError, TimeoutError) as e:
            return str(e)
    return "; ".join(lips.faults(seen, lips.of_clip(CLIP))) or None


def publication(lab, system, server):
    publisher = SimpleNamespace(name="ffmpeg, WHIP, of Debian %s" % system.name)
    players = SimpleNamespace(name="RTMP and WHEP players")
    if not lab.wanted(publisher.name, CLIP, players.name):
        return
    print("%s sends %s" % (publisher.name, CLIP), flush=True)
    stream = "live/whip"
    argv = FFMPEG + ["-re", "-i", system.give(media.clip(CLIP)), "-c", "copy", "-t", str(SECONDS), "-f", "whip",
                     server.api_url("/rtc/v1/whip/?app=live&stream=whip")]
    with system.run(argv) as sender:
        server.wait_log(r"rtc-publish connected", timeout=30)
        problem = problem_of_players(server, stream)
        status = sender.wait(patience(SECONDS + 10))
    lab.record(publisher, CLIP, None, "ok" if status == 0 else "FAIL", "%s: %s" % (sender.how(status), sender.err[-500:]))
    lab.record(publisher, CLIP, players, "FAIL" if problem else "ok", problem or "")


def run(lab):
    """A row for each system whose ffmpeg knows WHIP."""
    for number, system in enumerate(s for s in lab.systems if usable(s)):
        server = srs.Server(os.path.join(lab.logs, "whip-server-%d" % number), CONF % srs.free_port(), api="")
        try:
            publication(lab, system, server)
            server.stop()
        finally:
            server.kill()
