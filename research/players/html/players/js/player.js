/*
 * One player: an address, a picture, and what can be said of it.
 *
 * FLV (by HTTP or WebSocket) and MPEG-TS are fed to the browser by mpegts.js; MP4, audio and, where the browser
 * knows it, HLS are played by the browser itself.
 */
/* global mpegts */

const FACTS_MS = 500

const byMpegts = {
  flv: url => ({ type: 'flv', isLive: true, url }),
  ts: url => ({ type: 'mpegts', isLive: true, url }),
}

/* Stay near the live end: a viewer who fell behind is played a little faster until he has caught up. */
const mpegtsConfig = {
  enableWorker: false,
  enableStashBuffer: false,
  liveSync: true,
  liveSyncMaxLatency: 2.5,
  liveSyncTargetLatency: 1,
  autoCleanupSourceBuffer: true,
}

export class Player {
  constructor(parent) {
    this.form = element('form', { autocomplete: 'off' })
    this.address = element('input', { type: 'url', name: 'url', required: true, placeholder: 'http://host:8080/live/livestream.flv' })
    this.address.setAttribute('aria-label', 'Address of the stream')
    this.video = element('video', { controls: true, muted: true, playsInline: true })
    this.facts = element('p', { className: 'facts' })
    this.error = element('p', { className: 'error' })
    this.error.setAttribute('role', 'alert')
    const go = element('button', { type: 'submit', className: 'go', textContent: 'Play' })
    const stop = element('button', { type: 'button', textContent: 'Stop' })
    this.form.append(this.address, go, stop)
    parent.append(this.form, this.video, this.facts, this.error)

    this.form.addEventListener('submit', event => {
      event.preventDefault()
      this.play(this.address.value)
    })
    stop.addEventListener('click', () => this.stop())
    this.video.addEventListener('error', () => this.fail(this.video.error?.message || 'the browser cannot play this'))
    this.video.addEventListener('ended', () => this.fail('The stream has ended.'))
  }

  play(url) {
    this.stop()
    this.address.value = url
    const format = formatOf(url)
    if (!format) {
      this.fail(`Nothing is known that plays ${url}`)
      return
    }
    try {
      if (byMpegts[format])
        this.playByMpegts(byMpegts[format](url))
      else
        this.video.src = url
    } catch (error) {
      this.fail(error.message)
      return
    }
    this.video.play().catch(error => error.name !== 'AbortError' && this.fail(error.message))
    this.timer = setInterval(() => this.showFacts(), FACTS_MS)
  }

  playByMpegts(source) {
    if (!mpegts.isSupported())
      throw new Error('This browser has no Media Source Extensions.')
    this.engine = mpegts.createPlayer(source, mpegtsConfig)
    this.engine.on(mpegts.Events.ERROR, (kind, detail, info) => this.fail(`${kind}: ${info?.msg || detail}`))
    this.engine.on(mpegts.Events.LOADING_COMPLETE, () => this.fail('The stream has ended.'))
    this.engine.attachMediaElement(this.video)
    this.engine.load()
  }

  stop() {
    clearInterval(this.timer)
    this.engine?.destroy()
    this.engine = null
    this.video.removeAttribute('src')
    this.video.load()
    this.facts.replaceChildren()
    this.error.textContent = ''
  }

  fail(message) {
    this.error.textContent = message
  }

  showFacts() {
    const video = this.video
    const shown = []
    if (video.videoWidth)
      shown.push(`${video.videoWidth} × ${video.videoHeight}`)
    if (video.buffered.length)
      shown.push(`buffered ${(video.buffered.end(video.buffered.length - 1) - video.currentTime).toFixed(1)} s`)
    const quality = video.getVideoPlaybackQuality?.()
    if (quality?.totalVideoFrames)
      shown.push(`${quality.totalVideoFrames} frames, ${quality.droppedVideoFrames} dropped`)
    const speed = this.engine?.statisticsInfo?.speed
    if (speed)
      shown.push(`${Math.round(speed * 8)} kbit/s`)
    this.facts.replaceChildren(...shown.map(text => element('span', { textContent: text })))
  }
}

export function formatOf(url) {
  let path
  try {
    path = new URL(url, location.href).pathname
  } catch {
    return null
  }
  return /\.(flv|ts|mp4|m3u8|aac|mp3)$/.exec(path)?.[1] ?? null
}

export function element(name, properties) {
  return Object.assign(document.createElement(name), properties)
}
