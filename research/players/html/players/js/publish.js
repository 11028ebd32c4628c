/* The page of a publisher over WebRTC: camera, microphone or screen, a preview, figures, and links to play the stream. */
import { rtcAddress, rtcEndpoints } from './address.js'
import { element } from './player.js'
import { WhipClient } from './whip_client.js'

const FACTS_MS = 500
const SCREEN = 'screen'

const query = new URLSearchParams(location.search)
const form = document.querySelector('form')
const address = form.elements.url, camera = form.elements.camera, microphone = form.elements.microphone
const preview = document.querySelector('video')
const facts = document.querySelector('.facts'), error = document.querySelector('.error'), links = document.getElementById('links')

let client = null, media = null, timer = 0, turn = 0

/* Names of devices are told only once the page may use one of them. */
async function listDevices() {
  const devices = await navigator.mediaDevices.enumerateDevices()
  for (const [select, kind, other] of [[camera, 'videoinput', [['', 'no camera'], [SCREEN, 'the screen']]],
                                       [microphone, 'audioinput', [['', 'no microphone']]]]) {
    const chosen = select.options.length ? select.value : 'default', found = devices.filter(device => device.kind === kind && device.deviceId)
    const options = found.map((device, i) => [device.deviceId, device.label || `${kind === 'videoinput' ? 'camera' : 'microphone'} ${i + 1}`])
    select.replaceChildren(...[['default', 'default'], ...options, ...other].map(([value, textContent]) => element('option', { value, textContent })))
    if ([...select.options].some(option => option.value === chosen))
      select.value = chosen
  }
}

function constraint(select) {
  return select.value === '' ? false : select.value === 'default' ? true : { deviceId: { exact: select.value } }
}

async function openMedia() {
  if (camera.value !== SCREEN)
    return navigator.mediaDevices.getUserMedia({ video: constraint(camera), audio: constraint(microphone) })
  const screen = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: true })
  if (microphone.value && !screen.getAudioTracks().length)
    for (const track of (await navigator.mediaDevices.getUserMedia({ audio: constraint(microphone) })).getTracks())
      screen.addTrack(track)
  return screen
}

async function start() {
  stop()
  const mine = ++turn
  try {
    if (!navigator.mediaDevices)
      throw new Error('The browser gives cameras to pages over HTTPS, and to localhost, alone.')
    const opened = await openMedia()
    if (mine !== turn) {
      release(opened)
      return
    }
    media = opened
    await listDevices()
    preview.srcObject = media
    client = new WhipClient(rtcEndpoints(location, query, address.value, 'whip'), { failed: fail, connected: showLinks })
    for (const track of media.getTracks())
      client.peer.addTransceiver(track, { direction: 'sendonly', streams: [media] })
    await client.start()
    timer = setInterval(showFacts, FACTS_MS)
  } catch (reason) {
    if (mine === turn)
      fail(reason.message)
  }
}

function release(stream) {
  for (const track of stream?.getTracks() ?? [])
    track.stop()
}

function stop() {
  turn++
  clearInterval(timer)
  client?.close()
  release(media)
  client = media = preview.srcObject = null
  links.replaceChildren()
  facts.replaceChildren()
  error.textContent = ''
}

function fail(message) {
  stop()
  error.textContent = message
}

function showFacts() {
  const { width, height, fps, codec, kbps, rtt, lost } = client.facts(), shown = []
  if (width)
    shown.push(`${width} × ${height}`)
  if (codec)
    shown.push(codec)
  if (fps > 0)
    shown.push(`${Math.round(fps)} pictures a second`)
  if (kbps > 0)
    shown.push(`${Math.round(kbps)} kbit/s`)
  if (rtt >= 0)
    shown.push(`round trip ${Math.round(rtt)} ms`)
  if (lost > 0)
    shown.push(`${lost} packets lost`)
  facts.replaceChildren(...shown.map(text => element('span', { textContent: text })))
}

function showLinks() {
  const page = name => new URL(`${name}?${new URLSearchParams({ url: address.value, ...keep('api') })}`, location.href).href
  const line = (text, href) => {
    const li = element('li')
    const copy = element('button', { type: 'button', textContent: 'Copy' })
    copy.addEventListener('click', () => navigator.clipboard?.writeText(href))
    li.append(element('a', { href, textContent: text, target: '_blank', rel: 'noopener' }), ' ', copy)
    return li
  }
  links.replaceChildren(line('Play it over WebRTC', page('whep.html')), line('Play it over HTTP', page('srs_player.html')))
}

/* A parameter of this page that the next one needs too. */
function keep(name) {
  return query.has(name) ? { [name]: query.get(name) } : {}
}

form.addEventListener('submit', event => {
  event.preventDefault()
  start()
})
document.getElementById('stop').addEventListener('click', stop)
addEventListener('pagehide', stop)

address.value = rtcAddress(query, location)
navigator.mediaDevices?.addEventListener('devicechange', listDevices)
if (navigator.mediaDevices)
  await listDevices()
if (query.get('autostart') === 'true')
  start()
