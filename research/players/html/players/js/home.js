/* The first page: the list of live streams, and a player. */
import { apiOrigins, rtmpUrl, streamUrl, streamUrlFromQuery } from './address.js'
import { Player, element } from './player.js'

const REFRESH_MS = 3000
const STREAMS_SHOWN = 500
/* The extension, the label, and what the vhost must have switched on for it, if anything tells. */
const FORMATS = [['flv', 'FLV'], ['ws-flv', 'WebSocket'], ['mp4', 'MP4'], ['m3u8', 'HLS', 'hls'], ['mpd', 'DASH', 'dash'],
                 ['webrtc', 'WebRTC', 'rtc']]

const query = new URLSearchParams(location.search)
const origins = apiOrigins(location, query)
const note = document.getElementById('streams-note')
const table = document.getElementById('streams')
const player = new Player(document.getElementById('player'))

let api = null /* the origin that has answered */
const rows = new Map() /* by vhost and URL; rows are reused, so that focus and clicks are not lost */

async function getJson(origin, path) {
  const reply = await fetch(`${origin}/api/v1/${path}`, { cache: 'no-store', credentials: 'omit' })
  if (reply.status === 401)
    throw new Error('the API asks for a password')
  if (!reply.ok)
    throw new Error(`HTTP ${reply.status}`)
  const body = await reply.json()
  if (body.code !== 0)
    throw new Error(`code ${body.code}`)
  return body
}

async function findApi() {
  let failure
  for (const origin of origins)
    try {
      await getJson(origin, 'streams/?count=1')
      return origin
    } catch (error) {
      failure = error
    }
  throw new Error(`No list of streams: ${origins.at(-1)} says ${failure.message}. Type an address below.`)
}

async function refresh() {
  try {
    if (!api) {
      api = await findApi()
      const versions = await getJson(api, 'versions')
      document.getElementById('server').textContent = `SRS ${versions.data.version}, server ${versions.server}`
    }
    const [streams, vhosts] = await Promise.all([getJson(api, `streams/?count=${STREAMS_SHOWN}`),
                                                 getJson(api, `vhosts/?count=${STREAMS_SHOWN}`)])
    show(streams.streams.filter(stream => stream.publish.active),
         new Map(vhosts.vhosts.map(vhost => [vhost.id, vhost])))
  } catch (error) {
    api = null
    setText(note, error.message)
  }
  setTimeout(refresh, REFRESH_MS)
}

function show(streams, vhosts) {
  const body = table.tBodies[0]
  const wanted = new Map(streams.map(stream => [`${stream.vhost} ${stream.url}`, stream]))
  for (const [key, row] of rows)
    if (!wanted.has(key)) {
      row.line.remove()
      rows.delete(key)
    }
  let place = body.firstChild
  for (const [key, stream] of wanted) {
    const row = rows.get(key) ?? makeRow(stream, vhosts.get(stream.vhost))
    rows.set(key, row)
    fill(row, stream)
    if (row.line === place)
      place = place.nextSibling
    else
      body.insertBefore(row.line, place)
  }
  setText(note, streams.length ? '' : 'Nothing is on air. Publish something, as shown below.')
  table.hidden = !streams.length
}

function makeRow(stream, vhost) {
  const line = element('tr')
  const cells = ['', '', '', 'number', 'number'].map(className => element('td', { className }))
  const play = element('td')
  for (const [format, label, feature] of FORMATS) {
    if (feature && !vhost?.[feature]?.enabled)
      continue
    const button = element('button', { type: 'button', textContent: label })
    button.setAttribute('aria-label', `Play ${stream.name} as ${label}`)
    button.addEventListener('click', () => {
      player.play(streamUrl(format === 'webrtc' ? { origin: api } : location, stream, vhost?.name, format))
      document.getElementById('watch').scrollIntoView({ behavior: 'smooth' })
    })
    play.append(button)
  }
  line.append(...cells, play)
  return { line, cells }
}

function fill(row, stream) {
  const { video, audio } = stream
  const texts = [stream.url, video ? `${video.codec} ${video.width ? `${video.width}×${video.height}` : ''}` : '–',
                 audio ? `${audio.codec} ${audio.sample_rate} Hz` : '–', stream.kbps.recv_30s,
                 Math.max(0, stream.clients - 1)]
  texts.forEach((text, i) => setText(row.cells[i], String(text)))
}

function setText(place, text) {
  if (place.textContent !== text)
    place.textContent = text
}

for (const [name, text] of [['app', rtmpUrl(location, query, 'live')], ['stream', rtmpUrl(location, query, 'live/livestream')]])
  for (const place of document.querySelectorAll(`[data-rtmp="${name}"]`))
    place.textContent = text
for (const place of document.querySelectorAll('[data-http="stream"]'))
  place.textContent = new URL('/live/livestream.flv', location.href).href

const wanted = streamUrlFromQuery(query, location)
player.address.value = wanted ?? new URL('/live/livestream.flv', location.href).href
if (wanted)
  player.play(wanted)
refresh()
