/* The page of browser_players.py: one video element, played by hls.js, dash.js or shaka-player, and what happened to it. */
/* global Hls, dashjs, shaka */
'use strict'

const video = document.querySelector('video')
const seen = { player: '', stalls: 0, seeks: 0, back: 0, fatal: [], errors: [], begun: false, ended: false, latencies: [], last: 0, played: 0,
  newest: -1, newestBack: 0, segments: [], segmentsBack: 0 }
let latency = () => NaN, finish = () => {}

video.addEventListener('playing', () => { seen.begun = true })
video.addEventListener('waiting', () => { seen.stalls += seen.begun })
video.addEventListener('seeking', () => { seen.seeks += seen.begun })
video.addEventListener('ended', () => { seen.ended = true })
video.addEventListener('error', () => seen.fatal.push(`media element: ${video.error?.message}`))
video.addEventListener('timeupdate', () => {
  const step = video.currentTime - seen.last
  seen.back += step < -0.1
  seen.played += step > 0 && step < 2 ? step : 0 /* a larger step is a seek */
  seen.last = video.currentTime
})

/* Timed metadata: what it was, its time on the media's time line, when the player told of it there, and its date in seconds. */
const news = []
let dateOf = () => NaN

video.textTracks.addEventListener('addtrack', ({ track }) => track.addEventListener('cuechange', () => {
  for (const cue of track.activeCues ?? []) {
    const { key, info, data } = cue.value ?? {}
    if (key && !news.some(t => t.cue === cue))
      news.push({ cue, key, name: info, data: String(data), start: cue.startTime, at: video.currentTime, date: dateOf(cue.startTime) })
  }
}))

window.told = () => news.map(({ cue, ...facts }) => facts)

const start = {
  'hls.js'(url, lowLatency, more) {
    const hls = new Hls({ lowLatencyMode: lowLatency, ...more })
    hls.on(Hls.Events.ERROR, (event, data) => (data.fatal ? seen.fatal : seen.errors).push(`${data.type} ${data.details} ${data.error?.message ?? ''}`))
    hls.on(Hls.Events.LEVEL_LOADED, (event, { details }) => {
      seen.newestBack += details.endSN < seen.newest
      seen.newest = details.endSN
    })
    hls.on(Hls.Events.FRAG_CHANGED, (event, { frag }) => {
      seen.segmentsBack += frag.sn <= (seen.segments.at(-1) ?? -1)
      seen.segments.push(frag.sn)
    })
    hls.attachMedia(video)
    hls.loadSource(url)
    latency = () => hls.latency
    dateOf = time => {
      const fragment = hls.latestLevelDetails?.fragments.findLast(f => f.programDateTime && f.start <= time + 0.001)
      return fragment ? fragment.programDateTime / 1000 + time - fragment.start : NaN
    }
    finish = () => hls.destroy()
    window.engine = hls
  },
  'dash.js'(url, lowLatency, more) {
    const player = dashjs.MediaPlayer().create()
    /* Its own source of the time is a server elsewhere. */
    const defaultTimingSource = { scheme: 'urn:mpeg:dash:utc:http-head:2014', value: url }
    player.updateSettings({ debug: { logLevel: 2 }, streaming: {
      liveCatchup: { enabled: lowLatency }, utcSynchronization: { defaultTimingSource }, ...more } })
    player.on(dashjs.MediaPlayer.events.ERROR, ({ error }) => seen.fatal.push(`${error?.code} ${error?.message ?? error}`))
    const schemes = ['https://aomedia.org/emsg/ID3', 'urn:scte:scte35:2013:bin']
    for (const scheme of schemes)
      player.on(scheme, ({ event }) => {
        const [frame] = event.parsedMessageData ?? []
        const time = event.calculatedPresentationTime
        news.push({ key: frame?.key ?? scheme, name: frame?.info, data: String(frame?.data), start: time, at: video.currentTime, date: time })
      }, null, { mode: 'eventModeOnStart' })
    player.initialize(video, url, true)
    latency = () => player.isReady() ? player.getCurrentLiveLatency() : NaN
    finish = () => player.destroy()
    window.engine = player
  },
  'shaka'(url, lowLatency, more) {
    shaka.polyfill.installAll()
    const player = new shaka.Player()
    player.configure({ streaming: { lowLatencyMode: lowLatency, ...more } })
    const note = error => (error.severity === shaka.util.Error.Severity.CRITICAL ? seen.fatal : seen.errors).push(
      `${error.code} ${JSON.stringify(error.data)}`)
    player.addEventListener('error', event => note(event.detail))
    latency = () => player.getStats().liveLatency
    finish = () => player.destroy()
    window.engine = player
    player.attach(video).then(() => player.load(url)).then(() => video.play()).catch(note)
  },
}

window.begin = (player, url, lowLatency, more) => {
  seen.player = player
  start[player](url, lowLatency, more)
  if (player === 'hls.js') /* the others begin by themselves; dash.js asks for the next MPD only if it saw the beginning */
    video.play().catch(error => error.name === 'NotAllowedError' && seen.fatal.push(error.message))
  setInterval(() => {
    const now = latency()
    if (seen.begun && now > 0)
      seen.latencies.push(now)
  }, 200)
}

window.facts = () => {
  const quality = video.getVideoPlaybackQuality()
  return {
    ...seen, latencies: seen.latencies.slice(-3000), time: video.currentTime, frames: quality.totalVideoFrames,
    dropped: quality.droppedVideoFrames, width: video.videoWidth, height: video.videoHeight, rate: video.playbackRate,
    buffered: video.buffered.length ? video.buffered.end(video.buffered.length - 1) - video.currentTime : 0,
    level: window.engine?.levels?.length, sound: video.webkitAudioDecodedByteCount,
  }
}

/* What a player gives to the decoders: the bytes of each SourceBuffer, and where the first of them are placed. */
const kept = []

window.keep = () => {
  const add = MediaSource.prototype.addSourceBuffer
  MediaSource.prototype.addSourceBuffer = function (type) {
    const buffer = add.call(this, type), append = buffer.appendBuffer, those = { type, pieces: [], offsets: [] }
    kept.push(those)
    buffer.appendBuffer = function (bytes) {
      those.pieces.push(new Blob([bytes])) /* a copy */
      those.offsets.push(buffer.timestampOffset)
      append.call(buffer, bytes)
    }
    return buffer
  }
}

function inBase64(blob) {
  return new Promise(resolve => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result.split(',')[1] ?? '')
    reader.readAsDataURL(blob)
  })
}

window.given = () => Promise.all(kept.map(async ({ type, pieces, offsets }) => ({
  type, offsets, data: await inBase64(new Blob(pieces)) })))

/* Numbers in the pictures, see NUMBERED in media.py: the screen is read, so what is found was shown. */
const FIELDS = 16
const strip = Object.assign(document.createElement('canvas'), { width: 4 * FIELDS, height: 4 }).getContext('2d', { willReadFrequently: true })
let numbers = []

function numberOnScreen() {
  strip.drawImage(video, 0, 0, video.videoWidth, video.videoHeight / 9, 0, 0, 4 * FIELDS, 4)
  const pixels = strip.getImageData(0, 2, 4 * FIELDS, 1).data
  let bits = 0
  for (let i = 0; i < FIELDS; i++)
    bits = bits << 1 | pixels[4 * (4 * i + 2)] > 127
  return (bits >> 5) % 31 === (bits & 31) ? bits >> 5 : -1
}

function onPicture(now, picture) {
  video.requestVideoFrameCallback(onPicture)
  numbers.push([numberOnScreen(), Date.now() + picture.expectedDisplayTime - performance.now()])
}

window.shown = () => {
  const those = numbers
  if (those.length === 0 && !video.isRead) {
    video.isRead = true
    video.requestVideoFrameCallback(onPicture)
  }
  numbers = []
  return those
}

window.finish = () => finish()
