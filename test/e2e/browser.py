"""Headless Chromium, driven by Selenium: one for a test file, with a profile of its own.

    page = Browser()
    page.open(url)
    page.wait_playing()          pictures are decoded and time goes on
"""
import tempfile

import programs
from wait import until

# Without its background services Chromium connects only to the page's server.
_ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
              "--disable-background-networking", "--disable-component-update", "--disable-sync",
              "--disable-default-apps", "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required",
              "--ignore-certificate-errors", "--window-size=1100,900"]

_FACTS = """
const video = document.querySelector('video')
const quality = video && video.getVideoPlaybackQuality()
return video && { time: video.currentTime, frames: quality.totalVideoFrames, width: video.videoWidth,
                  height: video.videoHeight, error: (document.querySelector('.error') || {}).textContent }
"""

# Whether the picture moves, and how loud the sound is: of what the page plays.
_LOOK = """const done = arguments[0], video = document.querySelector('video')
const canvas = document.createElement('canvas'), context = canvas.getContext('2d', { willReadFrequently: true })
canvas.width = 64; canvas.height = 48
const look = () => { context.drawImage(video, 0, 0, 64, 48); return context.getImageData(0, 0, 64, 48).data }
const before = look()
const sound = new AudioContext(), analyser = sound.createAnalyser(), levels = new Float32Array(analyser.fftSize)
const tracks = video.srcObject.getAudioTracks()
if (tracks.length)
  sound.createMediaStreamSource(new MediaStream(tracks)).connect(analyser)
let loudest = 0
const listen = setInterval(() => { analyser.getFloatTimeDomainData(levels); loudest = Math.max(loudest, ...levels.map(Math.abs)) }, 50)
setTimeout(() => {
  clearInterval(listen)
  const after = look()
  sound.close()
  done({ changed: after.filter((v, i) => Math.abs(v - before[i]) > 16).length, bright: Math.max(...after), loudest })
}, 2500)"""

# A camera that shows a moving figure and beeps, a microphone, a screen; whoever asks gets them.
FAKE_DEVICES = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--auto-select-desktop-capture-source=Entire screen"]


class Browser:
    def __init__(self, *more):
        programs.check("chromium")
        from selenium import webdriver  # imported here, so that other tests can be collected without Selenium
        from selenium.webdriver.chrome.options import Options
        from selenium.webdriver.chrome.service import Service
        self.profile = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for argument in [*_ARGUMENTS, *more, "--user-data-dir=" + self.profile.name]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)

    def close(self):
        self.driver.quit()
        self.profile.cleanup()

    def open(self, url):
        self.driver.get(url)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def text(self):
        return self.run("return document.body.innerText")

    def console(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def facts(self):
        return self.run(_FACTS)

    def wait_text(self, text):
        until(lambda: text in self.text(), lambda: "%r on the page:\n%s" % (text, self.text()), 20)

    def wait_playing(self, seconds=1.5, frames=25):
        """Wait until this much is played and decoded, counted from the first picture; returns the last facts."""
        first = until(lambda: self._with_picture(), lambda: "a picture: %s %s" % (self.facts(), self.console()), 30)
        until(lambda: self.facts()["time"] >= first["time"] + seconds and self.facts()["frames"] >= first["frames"] + frames,
              lambda: "the picture to move: %s, then %s %s" % (first, self.facts(), self.console()), 30)
        return self.facts()

    def wait_alive(self):
        """Wait until the picture moves and the sound is loud, by pixels and samples."""
        self.wait_playing(0.5, 5)
        self.driver.set_script_timeout(20)
        seen = until(lambda: (lambda s: s["changed"] > 0 and s["loudest"] > 0.01 and s)(self.driver.execute_async_script(_LOOK)),
                     lambda: "pictures and sound: %s %s" % (self.driver.execute_async_script(_LOOK), self.facts()), 30)
        assert seen["bright"] > 40, seen

    def _with_picture(self):
        facts = self.facts()
        return facts if facts and facts["frames"] > 0 and facts["width"] else None
