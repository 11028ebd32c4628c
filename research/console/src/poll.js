/*
 * Asks the API again and again while a view is shown. A hidden page asks nothing. After a failure the next request waits
 * longer, up to a bound.
 */
import { useEffect, useRef, useState } from 'preact/hooks'
import { api } from './api.js'

const SLOWEST_MS = 30000

/* Call `turn` every `ms` while the component lives; it may return the time to its next call. */
export function useTurns(turn, ms, dependencies = []) {
  const latest = useRef(turn)
  latest.current = turn
  useEffect(() => {
    let timer, over = false, busy = false
    async function run() {
      clearTimeout(timer)
      if (over || busy || document.hidden)
        return
      busy = true
      const next = await latest.current()
      busy = false
      if (!over)
        timer = setTimeout(run, next ?? ms)
    }
    run()
    document.addEventListener('visibilitychange', run)
    return () => {
      over = true
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', run)
    }
  }, [ms, ...dependencies])
}

/* { body, error, again }: the last good reply to GET `path`, the error of the last request, and a function that asks at once. */
export function usePoll(path, ms) {
  const [state, setState] = useState({})
  const [turn, setTurn] = useState(0)
  const wait = useRef(ms)
  useTurns(async () => {
    try {
      const body = await api(path)
      wait.current = ms
      setState({ path, body })
    } catch (error) {
      wait.current = Math.max(ms, Math.min(SLOWEST_MS, wait.current * 2))
      setState(old => ({ ...old, error }))
    }
    return wait.current
  }, ms, [path, turn])
  return { body: state.path === path ? state.body : undefined, error: state.error, again: () => setTurn(n => n + 1) }
}
