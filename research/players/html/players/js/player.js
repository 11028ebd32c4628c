/*
 * One player: an address, a picture, and facts about the stream.
 *
 * mpegts.js feeds FLV (by HTTP or WebSocket) and MPEG-TS to the browser. The browser itself plays MP4, audio and, if it can,
 * HLS.
 */
/* global mpegts */

const FACTS_MS = 500
const NOTICE_MS = 1500 /* time without a picture before the viewer gets a notice */
const AGAIN_MS = 2000 /* time from an end to the next attempt; the buffer is played meanwhile */

const byMpegts = {
  flv: url => ({ type: 'flv', isLive: true, url }),
  ts: url => ({ type: 'mpegts', isLive: true, url }),
}

/* Stay near the live end: a player that fell behind plays a little faster until it has caught up. */
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
    this.status = element('p', { className: 'status' })
    this.status.setAttribute('role', 'status')
    this.error = element('p', { className: 'error' })
    this.error.setAttribute('role', 'alert')
    const go = element('button', { type: 'submit', className: 'go', textContent: 'Play' })
    const stop = element('button', { type: 'button', textContent: 'Stop' })
    const stage = element('div', { className: 'stage' })
    stage.append(this.video, this.status)
    this.form.append(this.address, go, stop)
    parent.append(this.form, stage, this.facts, this.error)

    this.form.addEventListener('submit', event => {
      event.preventDefault()
      this.play(this.address.value)
    })
    stop.addEventListener('click', () => this.stop())
    this.video.addEventListener('loadeddata', () => this.begun())
    this.video.addEventListener('error', () => this.broken(this.video.error?.message || 'the browser cannot play this'))
    this.video.addEventListener('ended', () => this.over())
  }

  play(url) {
    this.stop()
    this.renewed = -AGAIN_MS
    this.address.value = this.url = url
    if (formatOf(url))
      this.attempt()
    else
      this.fail(`Nothing is known that plays ${url}`)
  }

  /* Request the stream once. */
  attempt() {
    const format = formatOf(this.url)
    this.detach()
    this.hasBegun = false
    this.notice = setTimeout(() => this.tell(this.hasBytes()
      ? 'The sound or the picture of this stream has not come yet.'
      : 'This stream is not on air. It starts here as soon as it is.'), NOTICE_MS)
    try {
      if (byMpegts[format])
        this.playByMpegts(byMpegts[format](this.url))
      else
        this.video.src = this.url
    } catch (error) {
      this.fail(error.message)
      return
    }
    this.video.play().catch(error => error.name === 'NotAllowedError' && this.fail(error.message))
    this.timer = setInterval(() => this.showFacts(), FACTS_MS)
  }

  playByMpegts(source) {
    if (!mpegts.isSupported())
      throw new Error('This browser has no Media Source Extensions.')
    this.engine = mpegts.createPlayer(source, mpegtsConfig)
    this.engine.on(mpegts.Events.ERROR, (kind, detail, info) => {
      if (!this.renews(detail))
        this.broken(`${kind}: ${info?.msg || detail}`)
    })
    this.engine.on(mpegts.Events.LOADING_COMPLETE, () => this.over())
    this.engine.attachMediaElement(this.video)
    this.engine.load()
  }

  /* True when bytes come. A stream that announces sound and pictures is shown only when both have come. */
  hasBytes() {
    return this.engine?.statisticsInfo?.speed > 0
  }

  /* Request the stream again at once when sound or pictures come late: the browser cannot add a track to a running player. */
  renews(detail) {
    const now = performance.now()
    if (detail !== mpegts.ErrorDetails.MEDIA_MSE_ERROR || !this.hasBegun || this.again || now < this.renewed + AGAIN_MS)
      return false
    this.renewed = now
    this.again = setTimeout(() => this.attempt())
    return true
  }

  begun() {
    clearTimeout(this.notice)
    this.hasBegun = true
    this.tell('')
  }

  /* The reply has ended. A live stream may come back; a file has been played. */
  async over() {
    if (!this.url || this.again)
      return
    const told = this.hasBegun ? 'The stream has ended.' : 'This stream is not on air.'
    this.again = setTimeout(() => this.attempt(), AGAIN_MS)
    this.tell(`${told} It goes on here when it is on air.`)
    const url = this.url, found = await probe(url)
    if (this.url === url && found.isFile) {
      this.wait()
      this.tell(told)
    }
  }

  /* The request has failed: either the stream is not published, or it is an error. */
  async broken(message) {
    if (!this.url || this.again)
      return
    const url = this.url, begun = this.hasBegun, waited = this.status.textContent !== '', found = await probe(url)
    if (this.url !== url || this.again)
      return
    if (found.status === 404 || (found.status === 200 && !found.isFile && (begun || waited)))
      this.over()
    else
      this.fail(message)
  }

  stop() {
    this.url = null
    this.detach()
    this.tell('')
    this.facts.replaceChildren()
    this.error.textContent = ''
  }

  /* Cancel the next attempt. */
  wait() {
    clearTimeout(this.again)
    clearTimeout(this.notice)
    this.again = null
  }

  detach() {
    this.wait()
    clearInterval(this.timer)
    this.engine?.destroy()
    this.engine = null
    if (this.video.hasAttribute('src')) {
      this.video.removeAttribute('src')
      this.video.load()
    }
  }

  tell(text) {
    if (this.status.textContent !== text)
      this.status.textContent = text
  }

  fail(message) {
    this.wait()
    this.tell('')
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

/* Ask the server about an address: a live stream has no length, a file has one. */
async function probe(url) {
  try {
    const reply = await fetch(url.replace(/^ws/, 'http'), { method: 'HEAD', cache: 'no-store', credentials: 'omit' })
    return { status: reply.status, isFile: reply.ok && reply.headers.has('Content-Length') }
  } catch {
    return {}
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
