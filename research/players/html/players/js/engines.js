/*
 * What feeds a stream to a video element: mpegts.js for FLV and MPEG-TS, hls.js, dash.js, or the browser itself, also over WebRTC.
 *
 * An engine is { destroy(), facts() }. It reports by callbacks: failed(message, status), ended(), and late(), which says that
 * sound or pictures came that the running player cannot add. facts() has what is known of
 * { latency, byClock, kbps, bytes, parts, rtt, jitter, lost }: seconds, and milliseconds of the last but one three.
 * An engine with `starts` begins to play by itself.
 */
/* global mpegts, Hls, dashjs */
import { rtcEndpoints } from './address.js'
import { keepNear, liveEdgeConfig } from './live_edge.js'
import { WhipClient } from './whip_client.js'

/* Stay near the live end: a player that fell behind plays a little faster until it has caught up. */
const mpegtsConfig = {
  enableWorker: false,
  enableStashBuffer: false,
  liveSync: true,
  liveSyncMaxLatency: 2.5,
  liveSyncTargetLatency: 1,
  autoCleanupSourceBuffer: true,
}

const RECOVER_MS = 3000 /* the least time between two attempts of hls.js to start its decoders again */

const loading = new Map()

/* Load a script of this site once; the pages stay small for those who do not need it. */
function script(name) {
  if (!loading.has(name))
    loading.set(name, new Promise((resolve, reject) => {
      const tag = document.createElement('script')
      tag.src = new URL(name, import.meta.url)
      tag.onload = resolve
      tag.onerror = () => {
        loading.delete(name)
        tag.remove()
        reject(new Error(`${name} cannot be loaded`))
      }
      document.head.append(tag)
    }))
  return loading.get(name)
}

function needsMediaSource(supported) {
  if (!supported)
    throw new Error('This browser has no Media Source Extensions.')
}

function byMpegts(type) {
  return async (video, url, on) => {
    await script('mpegts.js')
    needsMediaSource(mpegts.isSupported())
    const player = mpegts.createPlayer({ type, isLive: true, url }, mpegtsConfig)
    player.on(mpegts.Events.ERROR, (kind, detail, info) => {
      if (detail !== mpegts.ErrorDetails.MEDIA_MSE_ERROR || !on.late())
        on.failed(`${kind}: ${info?.msg || detail}`)
    })
    player.on(mpegts.Events.LOADING_COMPLETE, () => on.ended())
    player.attachMediaElement(video)
    player.load()
    return {
      player,
      destroy: () => player.destroy(),
      facts: () => ({ kbps: player.statisticsInfo?.speed * 8, bytes: player.statisticsInfo?.speed > 0 }),
    }
  }
}

/* HLS, and low-latency HLS where the playlist has parts. */
async function byHls(video, url, on) {
  await script('hls.min.js')
  needsMediaSource(Hls.isSupported())
  const hls = new Hls(liveEdgeConfig)
  keepNear(hls)
  let recovered = -RECOVER_MS, bytes = false, parts = false
  hls.on(Hls.Events.ERROR, (event, data) => {
    if (!data.fatal)
      return
    const now = performance.now()
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && now > recovered + RECOVER_MS) {
      recovered = now
      hls.recoverMediaError()
    } else
      on.failed(`${data.type}: ${data.error?.message || data.details}`, data.response?.code)
  })
  hls.on(Hls.Events.LEVEL_UPDATED, (event, data) => { parts = Boolean(data.details.partList?.length) })
  hls.on(Hls.Events.FRAG_LOADED, () => { bytes = true })
  hls.attachMedia(video)
  hls.loadSource(url)
  return {
    player: hls,
    destroy: () => hls.destroy(),
    facts: () => ({
      latency: hls.latency, byClock: hls.playingDate && (Date.now() - hls.playingDate) / 1000, parts, bytes,
      kbps: hls.bandwidthEstimate && hls.levels[hls.currentLevel]?.bitrate / 1000,
    }),
  }
}

async function byDash(video, url, on) {
  await script('dash.mediaplayer.min.js')
  needsMediaSource('MediaSource' in window || 'ManagedMediaSource' in window)
  const player = dashjs.MediaPlayer().create()
  let bytes = false
  player.updateSettings({
    debug: { logLevel: 1 }, /* errors that end the playing */
    streaming: {
      liveCatchup: { enabled: true },
      /* A stream that does not tell the time: ask its server, and not one elsewhere. */
      utcSynchronization: { defaultTimingSource: { scheme: 'urn:mpeg:dash:utc:http-head:2014', value: url } },
    },
  })
  player.on(dashjs.MediaPlayer.events.ERROR, ({ error }) =>
    on.failed(error?.message || String(error), error?.data?.response?.status))
  player.on(dashjs.MediaPlayer.events.FRAGMENT_LOADING_COMPLETED, () => { bytes = true })
  player.initialize(video, url, true)
  return {
    player,
    starts: true, /* it asks for the next MPD only if it sees the beginning */
    destroy: () => player.destroy(),
    facts: () => ({ latency: player.isReady() && player.isDynamic() ? player.getCurrentLiveLatency() : NaN, bytes }),
  }
}

async function byWebrtc(video, url, on) {
  const client = new WhipClient(rtcEndpoints(location, new URLSearchParams(location.search), url, 'whep'), on)
  const media = new MediaStream()
  client.peer.addTransceiver('video', { direction: 'recvonly' })
  client.peer.addTransceiver('audio', { direction: 'recvonly' })
  client.peer.addEventListener('track', ({ track }) => media.addTrack(track))
  video.srcObject = media
  try {
    await client.start()
  } catch (error) {
    client.close()
    video.srcObject = null
    throw error
  }
  return {
    destroy() {
      client.close()
      video.srcObject = null
    },
    facts() {
      const { latency, ...rest } = client.facts()
      return { ...rest, latency: latency / 1000, bytes: rest.kbps > 0 }
    },
  }
}

async function byBrowser(video, url) {
  video.src = url
  return {
    destroy() {
      video.removeAttribute('src')
      video.load()
    },
    facts: () => ({}),
  }
}

const byFormat = { flv: byMpegts('flv'), ts: byMpegts('mpegts'), m3u8: byHls, mpd: byDash, mp4: byBrowser, aac: byBrowser, mp3: byBrowser, webrtc: byWebrtc }

/* Some browsers have no Media Source Extensions and play HLS themselves. */
export function startEngine(format, video, url, on) {
  const own = format === 'm3u8' && !('MediaSource' in window) && !('ManagedMediaSource' in window)
  return (own ? byBrowser : byFormat[format])(video, url, on)
}

export function formatOf(url) {
  if (/^webrtc:/.test(url))
    return 'webrtc'
  let path
  try {
    path = new URL(url, location.href).pathname
  } catch {
    return null
  }
  return /\.(flv|ts|mp4|m3u8|mpd|aac|mp3)$/.exec(path)?.[1] ?? null
}

/* Ask the server about an address: whether it is there, and whether it is finished: a file, or a playlist that has ended. */
export async function probe(url) {
  const isPlaylist = ['m3u8', 'mpd'].includes(formatOf(url))
  try {
    const reply = await fetch(url.replace(/^ws/, 'http'), { method: isPlaylist ? 'GET' : 'HEAD', cache: 'no-store', credentials: 'omit' })
    const text = isPlaylist ? await reply.text() : ''
    const isFinished = isPlaylist ? /^#EXT-X-ENDLIST|<MPD[^>]*type="static"/m.test(text) : reply.headers.has('Content-Length')
    return { status: reply.status, isFinished: reply.ok && isFinished }
  } catch {
    return {}
  }
}
