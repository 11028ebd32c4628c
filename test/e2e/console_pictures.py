#!/usr/bin/python3
"""Makes the pictures of doc/console.md: test/e2e/console_pictures.py FOLDER. It needs a font with Chinese characters."""
import os
import sys
import tempfile

import media
import rtmp
import srs
from browser import Browser
from wait import until

CONF = """vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }
    hls { enabled on; } dash { enabled on; } }"""
DESK, PHONE = (1100, 700), (390, 700)
#          file               view         language  colours  size   a text that shows that it is there
PICTURES = [("overview", "summaries", "en", "light", DESK, "15 minutes"),
            ("streams", "streams", "zh", "dark", DESK, "/live/studio"),
            ("phone", "clients", "en", "light", PHONE, "rtmp-play")]


def shoot(page, server, picture, folder):
    name, view, lang, theme, (width, height), text = picture
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
    page.open("http://127.0.0.1:%d/console/?lang=%s#/%s" % (server.api_port, lang, view))
    page.run("localStorage.setItem('srs-console-theme', arguments[0])", theme)
    page.driver.refresh()
    page.wait_text(text)
    asked = "return performance.getEntriesByType('resource').filter(e => e.name.includes('/summaries')).length"
    until(lambda: page.run(asked) > (12 if view == "summaries" else 2), "some figures", 120)
    page.driver.save_screenshot(os.path.join(folder, "console-%s.png" % name))


def main(folder):
    with tempfile.TemporaryDirectory() as place:
        server = srs.Server(place, CONF, api="", http="", start=False)
        server.make_pages()
        server.start()
        feeders = [rtmp.Feeder(server.publisher(name), media.loop("h264_aac.flv")) for name in ("livestream", "camera-1", "studio/main")]
        players = [server.player("livestream") for _ in range(4)]
        page = Browser()
        for picture in PICTURES:
            shoot(page, server, picture, folder)
        page.close()
        for player in players:
            player.close()
        for feeder in feeders:
            feeder.finish()
        server.stop()


main(*sys.argv[1:])
