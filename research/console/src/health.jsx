/* What the API's figures say about a stream, as one word. */
import { useWords } from './words.js'

const SLOW_FPS = 8
const LONG_GOP_S = 5 /* as the doctor says */

export function healthOf(stream) {
  if (!stream.publish.active)
    return ['idle', 'healthIdle']
  const age = Date.now() - stream.live_ms
  if (stream.kbps.recv_30s === 0 && age > 5000)
    return ['bad', 'healthSilent']
  if (!stream.video && !stream.audio)
    return ['bad', 'healthNoCodec']
  if (stream.segments?.some(row => row.lost_files || row.lost_parts))
    return ['bad', 'healthDisk']
  if (stream.video?.fps > 0 && stream.video.fps < SLOW_FPS && age > 10000)
    return ['fair', 'healthSlow']
  if (stream.video?.gop > LONG_GOP_S)
    return ['fair', 'healthGop']
  return ['good', 'healthGood']
}

export function Health({ stream }) {
  const t = useWords(), [level, word] = healthOf(stream)
  return <span class={`badge ${level}`}>{t(word)}</span>
}
