/*
 * Keeps hls.js near the end of a low-latency stream. By itself it stays where its start or a stall has left it: it plays faster only
 * with more than a second in its buffer and while it is late by less than a target duration, and each stall moves its place back for
 * ever. Here it plays a little faster until it is where the playlist wants it, jumps when it is far behind, and forgets a stall.
 */
const CALM_MS = 60000 /* without a stall, and the place that the playlist names is tried again */
const LOOK_MS = 200
const FASTER = 1.08
const LATE = 0.06, NEAR = 0.02 /* seconds behind its place: where it begins to play faster, and where it ends */
const LEAST_PARTS = 2 /* in the buffer while it plays faster */

export const liveEdgeConfig = { lowLatencyMode: true, backBufferLength: 30 }

export function keepNear(hls) {
  let stalled = -Infinity, details = null, rate = 1

  hls.on(Hls.Events.ERROR, (event, data) => {
    if (data.details === Hls.ErrorDetails.BUFFER_STALLED_ERROR)
      stalled = performance.now()
  })
  hls.on(Hls.Events.LEVEL_UPDATED, (event, data) => {
    details = data.details.live && data.details.partHoldBack ? data.details : null
    if (details && hls.targetLatency > details.partHoldBack && performance.now() > stalled + CALM_MS)
      hls.targetLatency = details.partHoldBack
    hls.config.liveMaxLatencyDuration = details ? hls.targetLatency + details.targetduration : undefined
  })

  const timer = setInterval(() => {
    const video = hls.media
    if (!video)
      return
    const late = details ? hls.latency - hls.targetLatency : 0
    const isSafe = details && hls.mainForwardBufferInfo?.len > LEAST_PARTS * details.partTarget
    const wanted = isSafe && late > (rate === 1 ? LATE : NEAR) ? FASTER : 1
    if (wanted !== rate)
      video.playbackRate = rate = wanted
  }, LOOK_MS)
  hls.on(Hls.Events.DESTROYING, () => clearInterval(timer))
}
