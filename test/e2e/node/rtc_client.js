// A client of WebRTC by werift, as rtc_clients.py runs it: its own ICE, DTLS and SRTP in JavaScript. ffmpeg encodes and decodes beside it, and
// packets go to and from it as plain RTP.
//
//     rtc_client.js whip|whep URL
const dgram = require('dgram')
const { spawn } = require('child_process')
const { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters } = require('werift')

const [kind, url] = process.argv.slice(2)
const status = { state: 'new', status: 0, video: 0, audio: 0, moved: 0, loud: 0, width: 0, body: '', gone: false }
const WIDTH = 64, HEIGHT = 48, PIECE = 960 * 2 // of the pictures and the sound that are looked at, in bytes
const ROWS = { video: 'm=video PORT RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=1\n',
  audio: 'm=audio PORT RTP/AVP 97\na=rtpmap:97 opus/48000/2\n' }
const TYPES = { video: 96, audio: 97 }
const children = []

const codecs = {
  audio: [new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48000, channels: 2 })],
  video: [new RTCRtpCodecParameters({ mimeType: 'video/H264', clockRate: 90000,
    rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
    parameters: 'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1' })]
}

function ffmpeg(words, input) {
  const child = spawn('ffmpeg', ['-v', 'error', ...words], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(input)
  children.push(child)
  return child
}

function bound() {
  return new Promise(resolve => {
    const socket = dgram.createSocket('udp4')
    socket.bind(0, '127.0.0.1', () => resolve(socket))
  })
}

// RTP wants an even port, and the next one for its reports.
async function evenPort() {
  for (;;) {
    const socket = await bound()
    const port = socket.address().port
    await new Promise(resolve => socket.close(resolve))
    if (port % 2 === 0)
      return port
  }
}

async function addTrack(pc, media) {
  const track = new MediaStreamTrack({ kind: media })
  pc.addTransceiver(track, { direction: 'sendonly' })
  const socket = await bound()
  socket.on('message', packet => {
    if (status.state === 'connected') {
      track.writeRtp(packet)
      status[media]++
    }
  })
  return socket.address().port
}

async function publish(pc) {
  const audio = await addTrack(pc, 'audio'), video = await addTrack(pc, 'video')
  ffmpeg(['-re', '-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25', '-f', 'lavfi', '-i', 'sine=440:sample_rate=48000',
    '-map', '0', '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'baseline', '-g', '25',
    '-f', 'rtp', `rtp://127.0.0.1:${video}?pkt_size=1200`, '-map', '1', '-c:a', 'libopus', '-ac', '2', '-f', 'rtp', `rtp://127.0.0.1:${audio}`])
}

// Decoded bytes come in pieces of any size; look() gets them whole.
function inPieces(stream, size, look) {
  let held = Buffer.alloc(0)
  stream.on('data', data => {
    held = Buffer.concat([held, data])
    for (; held.length >= size; held = held.subarray(size))
      look(held.subarray(0, size))
  })
}

let last = null
const looks = {
  video(picture) {
    let sum = 0
    for (let i = 0; last && i < picture.length; i++)
      sum += Math.abs(picture[i] - last[i])
    status.video++
    status.moved += sum / picture.length > 0.2
    last = Buffer.from(picture)
  },
  audio(piece) {
    let sum = 0
    for (let i = 0; i < piece.length; i += 2)
      sum += Math.abs(piece.readInt16LE(i))
    status.audio++
    status.loud += sum / (piece.length / 2) > 200
  }
}

async function play(pc) {
  const sender = dgram.createSocket('udp4')
  for (const media of ['audio', 'video']) {
    const port = await evenPort()
    const sdp = `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\n${ROWS[media].replace('PORT', port)}`
    const out = media === 'video' ? ['-s', `${WIDTH}x${HEIGHT}`, '-pix_fmt', 'gray', '-f', 'rawvideo'] : ['-ac', '1', '-ar', '48000', '-f', 's16le']
    const decoder = ffmpeg(['-protocol_whitelist', 'pipe,udp,rtp', '-f', 'sdp', '-analyzeduration', '1000000', '-i', 'pipe:0', ...out, '-'], sdp)
    inPieces(decoder.stdout, media === 'video' ? WIDTH * HEIGHT : PIECE, looks[media])
    pc.addTransceiver(media, { direction: 'recvonly' }).onTrack.subscribe(track => track.onReceiveRtp.subscribe(packet => {
      const copy = packet.clone()
      copy.header.payloadType = TYPES[media]
      sender.send(copy.serialize(), port, '127.0.0.1')
    }))
  }
}

async function main() {
  const pc = new RTCPeerConnection({ codecs, bundlePolicy: 'max-bundle' })
  pc.connectionStateChange.subscribe(state => { status.state = state })
  await (kind === 'whip' ? publish(pc) : play(pc))
  await pc.setLocalDescription(await pc.createOffer())
  if (pc.iceGatheringState !== 'complete')
    await pc.iceGatheringStateChange.watch(state => state === 'complete')
  const reply = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: pc.localDescription.sdp })
  status.status = reply.status
  const text = await reply.text()
  if (reply.status === 201)
    await pc.setRemoteDescription({ type: 'answer', sdp: text })
  else
    status.body = text
  setInterval(() => {
    status.gone = ['closed', 'failed', 'disconnected'].includes(status.state)
    console.log(JSON.stringify(status))
  }, 200)
  process.stdin.resume()
  process.stdin.on('end', async () => {
    children.forEach(child => child.kill())
    if (reply.status === 201)
      await fetch(new URL(reply.headers.get('Location'), url), { method: 'DELETE' })
    process.exit(0)
  })
}

main().catch(e => {
  children.forEach(child => child.kill())
  console.error(e)
  process.exit(1)
})
