"""One stream into WebRTC and one out of it, for any length of time; each picture and the place of the sound are judged at every player.

    with Bridges(server, folder) as bridges:        server: with CONF
        told = bridges.run(seconds)                 {way: facts of its judge}
    bridges.faults(told)                            what is wrong, as sentences

RTMP → WHEP, and WHIP → RTMP, HTTP-FLV, HLS and a recording. Pictures are transcoded nowhere, so all must be those that were published.
"""
import glob
import os
import time
import urllib.error
import urllib.request

import lips
import media
import rtc_clients
import rtmp
from rtc_clients import GST
from wait import until

CONF = """rtc_server {{ enabled on; listen {port}; candidate 127.0.0.1; }}
vhost __defaultVhost__ {{
    http_remux {{ enabled on; mount [vhost]/[app]/[stream].flv; }}
    rtc {{ enabled on; rtmp_to_rtc on; rtc_to_rtmp on; }}
    hls {{ enabled on; hls_storage memory; hls_fragment 2; hls_window 20; }}
    dvr {{ enabled on; dvr_path {folder}/[stream].[timestamp].flv; dvr_plan session; dvr_apply live/out; }}
}}
"""
IN_CLIP, OUT_CLIP = "lips.flv", "lips_opus.mp4"
JOIN_S = 60


class Feeder(rtmp.Feeder):
    """Keeps nothing of what it has sent."""

    def __init__(self, client):
        super().__init__(client, self.forgotten(media.loop(IN_CLIP, lips.LENGTH_MS)))

    def forgotten(self, tags):
        for tag in tags:
            yield tag
            self.sent.clear()


class Bridges:
    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.usual = {IN_CLIP: lips.of_clip(IN_CLIP), OUT_CLIP: lips.of_clip(OUT_CLIP)}
        self.players, self.publisher, self.feeder = {}, None, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for player in self.players.values():
            player.close()
        if self.publisher:
            self.publisher.close()
        if self.feeder:
            self.feeder.stop()

    def open(self):
        server = self.server
        self.feeder = Feeder(server.publisher("in"))
        self.publisher = rtc_clients.whip(server, "live/out", program=GST, arguments=[OUT_CLIP])
        self.publisher.wait(lambda s: s.state == "connected")
        until(lambda: "#EXTM3U" in self.playlist(), "segments", JOIN_S)
        self.players = {"RTMP to WHEP": rtc_clients.whep(server, "live/in", program=GST, arguments=[IN_CLIP]),
                        "WHIP to RTMP": lips.reading(server.url("live/out"), OUT_CLIP),
                        "WHIP to HTTP-FLV": lips.reading(server.http_url("/live/out.flv"), OUT_CLIP),
                        "WHIP to HLS": lips.reading(server.http_url("/live/out.m3u8"), OUT_CLIP)}
        for way, player in self.players.items():
            player.wait(lambda s: s.beeps >= 1, "a beep, %s" % way, JOIN_S)

    def playlist(self):
        try:
            return urllib.request.urlopen(self.server.http_url("/live/out.m3u8"), timeout=20).read().decode()
        except urllib.error.HTTPError:
            return ""

    def facts(self):
        return {way: vars(player.last) for way, player in self.players.items()}

    def run(self, seconds, tell=lambda facts: None):
        """Play for this long, then end the publish and look at the recording too. tell(facts) is called each minute."""
        self.open()
        ends, told = time.monotonic() + seconds, time.monotonic()
        while time.monotonic() < ends:
            time.sleep(0.2)
            self.feeder.check()
            for way, player in self.players.items():
                assert player.process.poll() is None, "%s has ended: %s" % (way, "".join(player.errors[-10:]))
            if time.monotonic() > told + 60:
                told = time.monotonic()
                tell(self.facts())
        found = self.facts()
        self.__exit__()
        self.players, self.publisher, self.feeder = {}, None, None
        found["WHIP to a recording"] = self.recording()
        return found

    def recording(self):
        files = until(lambda: glob.glob(os.path.join(self.folder, "out.*.flv")), "the recording", 20)
        with lips.reading(files[0], OUT_CLIP) as reader:
            return vars(reader.wait(lambda s: s.over, "the end of the recording", 300))

    def faults(self, found, seconds):
        wrong = []
        for way, facts in found.items():
            usual = self.usual[IN_CLIP if way.startswith("RTMP") else OUT_CLIP]
            wrong += ["%s: %s" % (way, text) for text in lips.faults(facts, usual)]
            if facts["beeps"] < 0.8 * seconds - lips.SETTLE_S:
                wrong.append("%s: %d beeps in %d s" % (way, facts["beeps"], seconds))
        return wrong
