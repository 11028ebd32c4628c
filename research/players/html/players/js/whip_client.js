/*
 * One WebRTC session with the server: an offer by POST, the answer, and DELETE at its end (WHIP, RFC 9725, and WHEP). The server is
 * reachable by itself, so the offer goes out at once, without addresses of the browser.
 *
 * `endpoints` are tried in turn until one of them knows WebRTC: the port of this page may be another one than that of the API.
 */
const STATISTICS_MS = 1000

/* Attempts to find another way to the server, before a session that has broken off is given up. */
const RESTARTS_MAX = 3

export class WhipClient {
  /* on: { failed(message, status), connected() }, of which failed() also tells that a running session has broken off. */
  constructor(endpoints, on) {
    this.endpoints = endpoints
    this.on = on
    this.peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
    this.peer.addEventListener('connectionstatechange', () => this.stateChanged())
    this.seen = {}
    this.iceServers = []
    this.restarts = 0
  }

  /* Send the offer. What it has must have been added to `peer` before. */
  async start() {
    const offer = await this.peer.createOffer()
    const reply = await this.post(offer.sdp)
    if (this.isClosed) {
      this.forget()
      return
    }
    /* Addresses are looked for from here on, so that the servers that the reply names are asked. */
    if (this.iceServers.length)
      this.peer.setConfiguration({ ...this.peer.getConfiguration(), iceServers: this.iceServers })
    await this.peer.setLocalDescription(offer)
    await this.peer.setRemoteDescription({ type: 'answer', sdp: reply })
    this.answer = reply
    this.timer = setInterval(() => this.look(), STATISTICS_MS)
  }

  async post(sdp) {
    let failure
    for (const endpoint of this.endpoints) {
      let reply
      try {
        reply = await fetch(endpoint, { method: 'POST', body: sdp, headers: { 'Content-Type': 'application/sdp' }, credentials: 'omit' })
      } catch (error) {
        failure ??= Object.assign(new Error(`${new URL(endpoint).origin} cannot be reached`), { cause: error })
        continue
      }
      if (reply.status === 201) {
        const place = reply.headers.get('Location')
        this.resource = place && new URL(place, endpoint).href
        this.iceServers = iceServersOf(reply.headers.get('Link') ?? '')
        return reply.text()
      }
      failure = Object.assign(new Error(await reasonOf(reply)), { status: reply.status })
      if (![404, 405, 501].includes(reply.status))
        break
    }
    throw failure
  }

  async stateChanged() {
    const state = this.peer.connectionState
    if (state === 'connected') {
      this.restarts = 0
      this.on.connected?.()
    } else if (state === 'disconnected' || state === 'failed') {
      const goesOn = this.restarts++ < RESTARTS_MAX && await this.restart().catch(() => false)
      if (!goesOn && this.peer.connectionState === 'failed' && !this.isClosed)
        this.on.failed('The connection has broken off.')
    }
  }

  /* Look for a way to the server anew (RFC 9725 4.3.3): another network, or TCP where UDP has been cut. The session, its keys and its media stay. */
  async restart() {
    if (!this.answer || !this.resource || this.isClosed)
      return false
    const offer = await this.peer.createOffer({ iceRestart: true })
    const reply = await fetch(this.resource, {
      method: 'PATCH', body: fragmentOf(offer.sdp), credentials: 'omit',
      headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*' }
    })
    if (!reply.ok || this.isClosed)
      return false
    this.answer = withCredentials(this.answer, await reply.text())
    await this.peer.setLocalDescription(offer)
    await this.peer.setRemoteDescription({ type: 'answer', sdp: this.answer })
    return true
  }

  /* The newest figures: { kbps, rtt, jitter, lost, fps, width, height, codec, latency }, each of them if it is known; rtt, jitter, latency in ms. */
  facts() {
    return this.seen
  }

  async look() {
    const found = {}, codecs = new Map(), before = this.counted
    let bytes = 0
    const report = await this.peer.getStats()
    for (const s of report.values())
      if (s.type === 'codec')
        codecs.set(s.id, s.mimeType.replace(/^.*\//, ''))
    for (const s of report.values()) {
      if (s.type === 'inbound-rtp' || s.type === 'outbound-rtp')
        bytes += s.bytesReceived ?? s.bytesSent ?? 0
      if (s.type === 'inbound-rtp')
        found.lost = (found.lost ?? 0) + s.packetsLost
      if (s.type === 'remote-inbound-rtp')
        found.lost = (found.lost ?? 0) + s.packetsLost
      if ((s.type === 'inbound-rtp' || s.type === 'outbound-rtp') && s.kind === 'video')
        Object.assign(found, { fps: s.framesPerSecond, width: s.frameWidth, height: s.frameHeight, codec: codecs.get(s.codecId),
                               jitter: s.jitter * 1000 })
      if (s.type === 'candidate-pair' && s.nominated)
        found.rtt = s.currentRoundTripTime * 1000
    }
    const now = performance.now()
    if (before)
      found.kbps = (bytes - before.bytes) * 8 / (now - before.now)
    found.latency = this.captureLatency()
    this.counted = { bytes, now }
    this.seen = found
  }

  /* The time from the camera to here, if the packets tell when they were made and the browser knows. */
  captureLatency() {
    for (const receiver of this.peer.getReceivers())
      for (const source of receiver.getSynchronizationSources?.() ?? [])
        if (source.captureTimestamp && source.senderCaptureTimeOffset !== undefined)
          return Date.now() + ntpAheadOfUnixMs - source.captureTimestamp - source.senderCaptureTimeOffset
    return NaN
  }

  close() {
    this.isClosed = true
    clearInterval(this.timer)
    this.peer.close()
    this.forget()
  }

  /* The server forgets the session at once; without this it would notice the silence later. */
  forget() {
    if (this.resource)
      fetch(this.resource, { method: 'DELETE', keepalive: true, credentials: 'omit' }).catch(() => {})
    this.resource = null
  }
}

/* The lines of ICE of an offer, for its first m-line (RFC 8840). */
function fragmentOf(sdp) {
  const lines = ['a=ice-ufrag:', 'a=ice-pwd:', 'm=', 'a=mid:'].map(begin => sdp.split('\r\n').find(line => line.startsWith(begin)))
  return [...lines, 'a=end-of-candidates', ''].join('\r\n')
}

/* An answer with the server's credentials of a fragment. Its addresses stay. */
function withCredentials(answer, fragment) {
  return ['a=ice-ufrag:', 'a=ice-pwd:'].reduce((sdp, begin) => {
    const fresh = fragment.split('\r\n').find(line => line.startsWith(begin))
    return sdp.replaceAll(new RegExp('^' + begin + '.*$', 'gm'), () => fresh)
  }, answer)
}

const ntpAheadOfUnixMs = 2208988800000

/* The servers of STUN and TURN that a field Link names (RFC 9725 4.6), as RTCPeerConnection wants them. */
export function iceServersOf(link) {
  const servers = []
  for (const [, url, parameters] of link.matchAll(/<([^>]*)>((?:\s*;\s*[\w-]+\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]*))*)/g)) {
    const found = {}
    for (const [, name, quoted, plain] of parameters.matchAll(/;\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))/g))
      found[name.toLowerCase()] = plain ?? quoted.replace(/\\(.)/g, '$1')
    if (found.rel === 'ice-server')
      servers.push(found.username === undefined ? { urls: url } : { urls: url, username: found.username, credential: found.credential })
  }
  return servers
}

/* What the server says in its reply: problem+json (RFC 9457), or else the status. */
async function reasonOf(reply) {
  const type = reply.headers.get('Content-Type') ?? ''
  const body = type.includes('json') ? await reply.json().catch(() => ({})) : {}
  return body.detail ?? body.title ?? body.message ?? `HTTP ${reply.status}`
}
