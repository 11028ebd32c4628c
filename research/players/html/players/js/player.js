/* One player: an address, a picture, and facts about the stream. */
import { formatOf, probe, startEngine } from './engines.js'

const FACTS_MS = 500
const NOTICE_MS = 1500 /* time without a picture before the viewer gets a notice */
const AGAIN_MS = 2000 /* time from an end to the next attempt; the buffer is played meanwhile */

/* What the player says. A page in another language gives words of its own. */
const english = {
  address: 'Address of the stream',
  play: 'Play',
  stop: 'Stop',
  unknown: url => `Nothing is known that plays ${url}`,
  partMissing: 'The sound or the picture of this stream has not come yet.',
  startsHere: 'This stream is not on air. It starts here as soon as it is.',
  ended: 'The stream has ended.',
  notOnAir: 'This stream is not on air.',
  goesOn: 'It goes on here when it is on air.',
  buffered: s => `buffered ${s} s`,
  frames: (all, dropped) => `${all} frames, ${dropped} dropped`,
  latency: s => `latency ${s} s`,
  byClock: s => `${s} s by the clock`,
  inParts: 'in parts',
  roundTrip: ms => `round trip ${ms} ms`,
  jitter: ms => `jitter ${ms} ms`,
  lost: n => `${n} packets lost`,
}

export class Player {
  constructor(parent, words = english) {
    this.words = words
    this.form = element('form', { autocomplete: 'off' })
    this.address = element('input', { type: 'url', name: 'url', required: true, placeholder: 'http://host:8080/live/livestream.flv' })
    this.address.setAttribute('aria-label', words.address)
    this.video = element('video', { controls: true, muted: true, playsInline: true })
    this.facts = element('p', { className: 'facts' })
    this.status = element('p', { className: 'status' })
    this.status.setAttribute('role', 'status')
    this.error = element('p', { className: 'error' })
    this.error.setAttribute('role', 'alert')
    const go = element('button', { type: 'submit', className: 'go', textContent: words.play })
    const stop = element('button', { type: 'button', textContent: words.stop })
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
      this.fail(this.words.unknown(url))
  }

  /* Request the stream once. */
  async attempt() {
    const url = this.url, turn = this.detach()
    this.hasBegun = false
    this.notice = setTimeout(() => this.tell(this.hasBytes() ? this.words.partMissing : this.words.startsHere), NOTICE_MS)
    const unless = action => (...values) => turn === this.turn && action(...values)
    try {
      const engine = await startEngine(formatOf(url), this.video, url, {
        failed: unless((message, status) => this.broken(message, status)),
        ended: unless(() => this.over()),
        late: unless(() => this.renews()),
      })
      if (turn !== this.turn) {
        engine.destroy()
        return
      }
      this.engine = engine
    } catch (error) {
      if (turn === this.turn)
        this.fail(error.message)
      return
    }
    if (!this.engine.starts)
      this.video.play().catch(error => error.name === 'NotAllowedError' && this.fail(error.message))
    this.timer = setInterval(() => this.showFacts(), FACTS_MS)
  }

  /* True when bytes come. A stream that announces sound and pictures is shown only when both have come. */
  hasBytes() {
    return Boolean(this.engine?.facts().bytes)
  }

  /* Request the stream again at once when sound or pictures come late: the browser cannot add a track to a running player. */
  renews() {
    const now = performance.now()
    if (!this.hasBegun || this.again || now < this.renewed + AGAIN_MS)
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

  /* The reply has ended. A live stream may come back; a file has been played, and so has a playlist that has ended. */
  async over() {
    if (!this.url || this.again)
      return
    const told = this.hasBegun ? this.words.ended : this.words.notOnAir
    this.again = setTimeout(() => this.attempt(), AGAIN_MS)
    this.tell(`${told} ${this.words.goesOn}`)
    const url = this.url, found = await probe(url)
    if (this.url !== url || !found.isFinished)
      return
    this.wait()
    if (['m3u8', 'mpd'].includes(formatOf(url)))
      this.again = setTimeout(() => this.returns(), AGAIN_MS)
    else
      this.tell(told)
  }

  /* Play on when the playlist that had ended is live again, or another one. */
  async returns() {
    const url = this.url, found = await probe(url)
    if (this.url !== url)
      return
    if (found.status === 200 && !found.isFinished)
      this.attempt()
    else
      this.again = setTimeout(() => this.returns(), AGAIN_MS)
  }

  /* The request has failed: either the stream is not published, or it is an error. */
  async broken(message, status) {
    if (!this.url || this.again)
      return
    const url = this.url, begun = this.hasBegun, waited = this.status.textContent !== ''
    const found = status === 404 ? { status } : await probe(url)
    if (this.url !== url || this.again)
      return
    if (found.status === 404 || (found.status === 200 && !found.isFinished && (begun || waited)))
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

  /* End the engine. Returns the number of the turn that begins: what an earlier engine reports does not count any more. */
  detach() {
    this.wait()
    clearInterval(this.timer)
    this.engine?.destroy()
    this.engine = null
    this.turn = (this.turn ?? 0) + 1
    return this.turn
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
    const { video, words } = this
    const shown = []
    if (video.videoWidth)
      shown.push(`${video.videoWidth} × ${video.videoHeight}`)
    if (video.buffered.length && !video.srcObject)
      shown.push(words.buffered((video.buffered.end(video.buffered.length - 1) - video.currentTime).toFixed(1)))
    const quality = video.getVideoPlaybackQuality?.()
    if (quality?.totalVideoFrames)
      shown.push(words.frames(quality.totalVideoFrames, quality.droppedVideoFrames))
    const { latency, byClock, kbps, parts, rtt, jitter, lost } = this.engine?.facts() ?? {}
    if (latency > 0)
      shown.push(words.latency(latency.toFixed(1)))
    if (byClock > 0)
      shown.push(words.byClock(byClock.toFixed(1)))
    if (parts)
      shown.push(words.inParts)
    if (kbps > 0)
      shown.push(`${Math.round(kbps)} kbit/s`)
    if (rtt >= 0)
      shown.push(words.roundTrip(Math.round(rtt)))
    if (jitter >= 0)
      shown.push(words.jitter(Math.round(jitter)))
    if (lost > 0)
      shown.push(words.lost(lost))
    this.facts.replaceChildren(...shown.map(text => element('span', { textContent: text })))
  }
}

export function element(name, properties) {
  return Object.assign(document.createElement(name), properties)
}
