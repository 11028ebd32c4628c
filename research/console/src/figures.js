/* The figures of the process over the last hour, as far as this page has seen them. A change of the view keeps them. */
import { useRef } from 'preact/hooks'
import { usePoll } from './poll.js'

const TURN_MS = 3000
const KEPT = 1200

const NAMES = ['cpu', 'machine', 'memory', 'received', 'sent']
const nothing = () => Object.fromEntries(['time', ...NAMES].map(name => [name, []]))

function record(series, now, before) {
  if (before && now.now_ms <= before.now_ms) /* the server's clock went back */
    series = nothing()
  const { self, system } = now
  const seconds = before ? (system.srs_sample_time - before.system.srs_sample_time) / 1000 : 0
  const isSame = before && before.self.pid === self.pid
  const rate = name => isSame && seconds > 0 ? Math.max(0, (system[name] - before.system[name]) * 8 / 1000 / seconds) : null
  const last = name => series[name].at(-1) ?? null
  const isSampled = !isSame || seconds > 0
  const values = {
    cpu: self.cpu_percent, machine: system.cpu_percent, memory: self.mem_kbyte * 1024,
    received: isSampled ? rate('srs_recv_bytes') : last('received'),
    sent: isSampled ? rate('srs_send_bytes') : last('sent'),
  }
  const next = { time: [...series.time, now.now_ms / 1000].slice(-KEPT) }
  for (const name of NAMES)
    next[name] = [...series[name], values[name]].slice(-KEPT)
  return next
}

/* { now, series, error, again }: the last summaries, and series.time with one array for each figure. */
export function useFigures() {
  const { body, error, again } = usePoll('summaries', TURN_MS)
  const seen = useRef({ now: null, series: nothing() })
  if (body && body.data !== seen.current.now)
    seen.current = { now: body.data, series: record(seen.current.series, body.data, seen.current.now) }
  return { ...seen.current, error, again }
}
