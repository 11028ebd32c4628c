"""Chromium publishes and plays over WebRTC in each of its codecs, by WHIP, WHEP and the JSON API; what it shows is looked at and listened to."""
import os

import pytest

import srs
from browser import FAKE_DEVICES, Browser
from test_rtc import a_client, conf, streams_of
from wait import until

# One browser at a time: two cores decode no more.
pytestmark = pytest.mark.xdist_group("browser")

PAGE = """<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,"><video autoplay playsinline></video><script>
async function ask(url, type, body) {
  const reply = await fetch(url, { method: 'POST', body, headers: { 'Content-Type': type } })
  const text = await reply.text()
  if (!reply.ok) throw new Error(reply.status + ' ' + text)
  return text
}
async function exchange(url, stream, pc) {
  await pc.setLocalDescription(await pc.createOffer())
  let sdp = pc.localDescription.sdp
  if (stream) {
    const reply = JSON.parse(await ask(url, 'application/json', JSON.stringify({ sdp, streamurl: stream })))
    if (reply.code !== 0) throw new Error(JSON.stringify(reply))
    sdp = reply.sdp
  } else
    sdp = await ask(url, 'application/sdp', sdp)
  await pc.setRemoteDescription({ type: 'answer', sdp })
}
async function play(url, stream) {
  if (window.player) window.player.close()
  const pc = window.player = new RTCPeerConnection(), all = new MediaStream(), old = document.querySelector('video')
  const video = old.cloneNode()               // whose pictures are counted from the start
  old.replaceWith(video)
  pc.addTransceiver('audio', { direction: 'recvonly' })
  pc.addTransceiver('video', { direction: 'recvonly' })
  pc.ontrack = e => { all.addTrack(e.track); video.srcObject = all }
  await exchange(url, stream, pc)
}
async function publish(codec, url, stream) {
  if (window.publisher) window.publisher.close()
  const pc = window.publisher = new RTCPeerConnection()
  const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 240 } })
  media.getTracks().sort((a, b) => a.kind < b.kind ? -1 : 1).forEach(t => pc.addTransceiver(t, { direction: 'sendonly' }))
  const codecs = RTCRtpSender.getCapabilities('video').codecs.filter(c => c.mimeType === 'video/' + codec)
  if (!codecs.length) throw new Error('this browser does not encode ' + codec)
  pc.getTransceivers()[1].setCodecPreferences(codecs)
  await exchange(url, stream, pc)
}
async function codec(pc, way) {
  const all = await pc.getStats()
  for (const s of all.values())
    if (s.type === way + '-rtp' && s.kind === 'video' && s.codecId) return all.get(s.codecId).mimeType
}
</script>
"""


@pytest.fixture(scope="module")
def page():
    browser = Browser(*FAKE_DEVICES)
    yield browser
    browser.close()


@pytest.fixture
def server(make_server, page):
    """A server whose page is open."""
    made = make_server(conf(srs.free_port()), api="", http="", start=False)
    place_page(made, page)
    return made


def place_page(server, page):
    """Start a server that has the page, and open it."""
    os.makedirs(server.html, exist_ok=True)
    with open(os.path.join(server.html, "rtc.html"), "w", encoding="utf-8") as f:
        f.write(PAGE)
    server.start()
    page.open(server.http_url("/rtc.html"))
    page.driver.set_script_timeout(30)


def ask(page, script, *arguments):
    """Run a script that gives a promise; returns its value, or fails with its error."""
    told = page.driver.execute_async_script(
        "const done = arguments[arguments.length - 1]; Promise.resolve((() => { %s })()).then("
        "v => done({ value: v }), e => done({ error: String(e) }))" % script, *arguments)
    assert "error" not in told, told["error"]
    return told["value"]


def place(server, role, stream, way):
    """(URL, streamurl) of a request: the streamurl is for the JSON API alone."""
    if way == "json":
        return server.http_url("/rtc/v1/%s/" % role), "webrtc://127.0.0.1/live/" + stream
    return server.http_url("/rtc/v1/%s/?app=live&stream=%s" % ({"publish": "whip", "play": "whep"}[role], stream)), None


def plays(page, server, stream, way, codec):
    ask(page, "return play(arguments[0], arguments[1])", *place(server, "play", stream, way))
    page.wait_alive()
    assert page.facts()["width"] > 0
    assert ask(page, "return codec(player, 'inbound')") == "video/" + codec


@pytest.mark.sample(4)
@pytest.mark.parametrize("codec", ["H264", "VP8", "VP9", "AV1"])
def test_each_codec_is_published_and_played(page, server, codec):
    """By WHIP and WHEP, then both by the JSON API."""
    for way in ("whip", "json"):
        stream = "%s-%s" % (codec.lower(), way)
        ask(page, "return publish(...arguments)", codec, *place(server, "publish", stream, way))
        until(lambda: ask(page, "return codec(publisher, 'outbound')") == "video/" + codec, "its encoder", 20)
        a_client(server, "rtc-publish", lambda c: c["stream"] and c["rtc"]["recv_packets"] > 50)
        plays(page, server, stream, "json" if way == "whip" else "whip", codec)
        if way == "json" or codec == "H264":
            plays(page, server, stream, way, codec)


def test_a_stream_of_rtmp_is_played(page, server, live):
    live(server, "s", "h264_aac_plain.flv")
    for way in ("whip", "json"):
        plays(page, server, "s", way, "H264")


@pytest.mark.long
def test_what_it_publishes_is_played_by_rtmp(page, server):
    ask(page, "return publish(...arguments)", "H264", *place(server, "publish", "c", "whip"))
    a_client(server, "rtc-publish", lambda c: c["rtc"]["recv_packets"] > 50)
    found = streams_of(server, "live/c")
    assert set(found) == {"h264", "aac"}, found
