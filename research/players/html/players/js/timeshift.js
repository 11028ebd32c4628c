/* The page of a stream's past: a player with a bar on which the viewer goes back in time, with small pictures of the moments. */
import { streamUrlFromQuery } from './address.js'
import { startEngine } from './engines.js'
import { findSpan, pastUrl, placeOf } from './past.js'
import { Sheets } from './sheets.js'

const LOOK_MS = 10000 /* how often it is asked what is kept */
const SHOW_MS = 250
const AGAIN_MS = 2000 /* from a live stream that is not there to the next attempt */
const NEAR_MS = 15000 /* from the newest moment: what is nearer is played live when a playlist of the past ends */
const WINDOW_S = 4 * 3600, INTERVAL_S = 10 /* unless the page's address says otherwise */

const own = ['sheet', 'interval', 'window']
const query = new URLSearchParams(location.search)
const url = streamOf(query)
const sheets = new Sheets(query.get('sheet') ?? sheetOf(url), 1000 * (query.get('interval') || INTERVAL_S))
const [bar, preview, tile, moment, first, last, pause, sound, live] =
  ['bar', 'preview', 'tile', 'moment', 'first', 'last', 'pause', 'sound', 'live'].map(id => document.getElementById(id))
const video = document.querySelector('video'), status = document.querySelector('.status'), error = document.querySelector('.error')

let windowMs = 1000 * (query.get('window') || WINDOW_S)
let span = null /* what is kept: { first, last } */
let engine = null, turn = 0
let beginMs = null /* the moment at which the playlist begins; null: it is live */
let holds = false /* The viewer holds the bar. */

function streamOf(query) {
  const stream = new URLSearchParams([...query].filter(([name]) => !own.includes(name)))
  if (/^[^.]+$/.test(stream.get('stream') ?? ''))
    stream.set('stream', `${stream.get('stream')}.m3u8`)
  return streamUrlFromQuery(stream, location) ?? new URL('/live/livestream.m3u8', location.href).href
}

/* Beside the playlist, as in conf/hls.timeshift.conf. */
function sheetOf(url) {
  return new URL(url, location.href).pathname.replace(/\.m3u8$/, '-[timestamp].jpg')
}

/* ---- what is kept ---- */

async function look() {
  const found = await findSpan(url, Date.now() - windowMs).catch(() => ({}))
  if (found.status === 400)
    windowMs /= 2 /* more segments than a playlist has */
  if (found.first < found.last) {
    span = found
    bar.min = span.first
    bar.max = span.last
    bar.disabled = false
    first.textContent = timeOf(span.first)
    last.textContent = timeOf(span.last)
  } else if (!span)
    first.textContent = 'Nothing is kept yet.'
}

async function lookAgain() {
  await look()
  setTimeout(lookAgain, LOOK_MS)
}

/* ---- playing ---- */

/* The moment that is shown; undefined: none is. */
function shown() {
  const ms = engine?.player?.playingDate?.getTime()
  return ms ?? (beginMs === null ? undefined : beginMs + video.currentTime * 1000)
}

/* Play from a moment on; null: live. */
async function play(ms) {
  const place = ms === null ? null : placeOf(ms, engine?.player)
  tell('')
  if (place !== null)
    video.currentTime = place
  else
    await begin(ms)
  video.play().catch(failure => failure.name === 'NotAllowedError' && fail(failure.message))
}

async function begin(ms) {
  const mine = ++turn
  const unless = action => (...values) => mine === turn && action(...values)
  engine?.destroy()
  engine = null
  beginMs = ms
  try {
    const started = await startEngine('m3u8', video, ms === null ? url : pastUrl(url, ms), {
      failed: unless((message, code) => code === 404 ? isAbsent(ms) : fail(message)),
      ended: () => {},
      late: () => false,
    })
    if (mine !== turn)
      started.destroy()
    else
      engine = started
  } catch (failure) {
    fail(failure.message)
  }
  if (ms !== null) /* A playlist begins with the segment in which the moment is. */
    video.addEventListener('loadedmetadata', unless(() => { video.currentTime = placeOf(ms, engine?.player) ?? 0 }), { once: true })
}

function isAbsent(ms) {
  tell(ms === null ? 'This stream is not on air. It starts here as soon as it is.' : 'This moment is not kept.')
  if (ms !== null)
    return
  const mine = turn
  setTimeout(() => mine === turn && play(null), AGAIN_MS)
}

/* A playlist of the past ends with what was there when it was asked for. */
async function over() {
  const ms = shown(), mine = turn
  await look()
  if (mine !== turn)
    return
  if (beginMs === null)
    tell('The stream has ended.')
  else
    play(span && ms < span.last - NEAR_MS ? ms : null)
}

function tell(text) {
  status.textContent = text
  error.textContent = ''
}

function fail(message) {
  tell('')
  error.textContent = message
}

/* ---- the bar ---- */

function timeOf(ms) {
  const date = new Date(ms), today = new Date().toDateString() === date.toDateString()
  return today ? date.toLocaleTimeString() : date.toLocaleString()
}

function showPreview(ms) {
  const part = (ms - bar.min) / (bar.max - bar.min)
  preview.style.left = `${100 * Math.min(Math.max(part, 0), 1)}%`
  preview.lastElementChild.textContent = timeOf(ms)
  preview.hidden = false
  sheets.show(tile, sheets.tile(ms, span.last))
}

function showPlace() {
  const ms = shown()
  pause.textContent = video.paused ? 'Play' : 'Pause'
  sound.textContent = video.muted ? 'Sound' : 'Mute'
  if (!ms || holds)
    return
  bar.value = ms
  moment.textContent = timeOf(ms)
  bar.setAttribute('aria-valuetext', moment.textContent)
}

bar.addEventListener('pointermove', event => {
  const box = bar.getBoundingClientRect()
  if (span)
    showPreview(Number(bar.min) + (event.clientX - box.left) / box.width * (bar.max - bar.min))
})
bar.addEventListener('pointerleave', () => { preview.hidden = true })
bar.addEventListener('blur', () => { preview.hidden = true })
bar.addEventListener('input', () => {
  holds = true
  showPreview(Number(bar.value))
})
bar.addEventListener('change', () => {
  holds = false
  play(Number(bar.value))
})
pause.addEventListener('click', () => video.paused ? video.play() : video.pause())
sound.addEventListener('click', () => { video.muted = !video.muted })
live.addEventListener('click', () => play(null))
video.addEventListener('ended', over)
setInterval(showPlace, SHOW_MS)
lookAgain()
play(null)
