import { useEffect, useRef, useState } from 'preact/hooks'
import { api } from '../api.js'
import { timeOfDay } from '../format.js'
import { useTurns } from '../poll.js'
import { useWords } from '../words.js'

const TURN_MS = 1000
const KEPT = 1000  /* lines on the page */
const COUNT = 500  /* of one request */
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error']
const CLASSES = { WARN: 'fair', ERROR: 'error' }

/* { lines, lost, error }: the newest lines that fit `query`, the newest first, and what has come since. */
function useLog(query, isPaused) {
  const [state, setState] = useState({ lines: [] })
  const now = useRef({}) /* of which query the cursor is, and of which process */
  if (now.current.query !== query)
    now.current = { query, cursor: '' }

  useTurns(async () => {
    const at = now.current
    if (isPaused)
      return
    try {
      const { service, data } = await api(`logs?${query}&count=${COUNT}&cursor=${at.cursor}`)
      if (at !== now.current)
        return
      if (at.service && at.service !== service) { /* another process, whose lines have other numbers */
        now.current = { query, cursor: '' }
        return 0
      }
      const isFirst = at.cursor === ''
      Object.assign(at, { service, cursor: data.cursor })
      setState(old => ({
        lines: [...data.lines.toReversed(), ...(isFirst ? [] : old.lines)].slice(0, KEPT),
        lost: (isFirst ? 0 : old.lost) + data.lost,
      }))
      return data.lines.length === COUNT && !isFirst ? 0 : TURN_MS
    } catch (error) {
      if (at === now.current)
        setState(old => ({ ...old, error }))
    }
  }, TURN_MS, [query, isPaused])
  return state
}

export function Logs({ parameters }) {
  const t = useWords()
  const [level, setLevel] = useState('info'), [search, setSearch] = useState(''), [isPaused, setPaused] = useState(false)
  const [trace, setTrace] = useState('')
  useEffect(() => setTrace(parameters.get('trace') ?? ''), [parameters])
  const { lines, lost, error } = useLog(String(new URLSearchParams({ level, trace: trace.trim(), search })), isPaused)

  return (
    <section class="card">
      <div class="bar">
        <h2>{t('log')}</h2>
        <select aria-label={t('level')} value={level} onChange={event => setLevel(event.target.value)}>
          {LEVELS.map(name => <option key={name} value={name}>{t(`level_${name}`)}</option>)}
        </select>
        <input type="search" name="trace" value={trace} aria-label={t('trace')} placeholder={t('trace')} onInput={event => setTrace(event.target.value)} />
        <input type="search" name="search" value={search} aria-label={t('filter')} placeholder={t('logSearch')} onInput={event => setSearch(event.target.value)} />
        <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>{t(isPaused ? 'goOn' : 'pause')}</button>
        {lost > 0 && <span class="error">{t('linesLost', { n: lost })}</span>}
      </div>
      {error && <p class="error">{t(error.kind === 'code' ? 'configRefused' : 'noAnswer', { detail: error.message })}</p>}
      {!lines.length ? !error && <p class="faint">{t('noLines')}</p> : (
        <ul class="events log">
          {lines.map(line => (
            <li key={line.number}>
              <span class="faint">{timeOfDay(line.time)}</span> <b class={CLASSES[line.level]}>{line.level}</b>{' '}
              {line.trace && <a href={`#/logs?trace=${encodeURIComponent(line.trace)}`} onClick={() => setTrace(line.trace)}>{line.trace}</a>}{' '}
              <span>{line.text}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
