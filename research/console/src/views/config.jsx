import { useMemo, useState } from 'preact/hooks'
import { usePoll } from '../poll.js'
import { useWords } from '../words.js'

const TURN_MS = 30000

/* Keep the directives that a search finds, with the blocks they stand in. */
function matching(directives, wanted) {
  return directives.flatMap(one => {
    if (`${one.name} ${one.words.join(' ')}`.toLowerCase().includes(wanted))
      return [one]
    const inner = one.directives ? matching(one.directives, wanted) : []
    return inner.length ? [{ ...one, directives: inner }] : []
  })
}

function Directive({ one, depth }) {
  const place = one.env ?? `${one.file}:${one.line}`
  const text = [one.name, ...one.words].join(' ')
  return (
    <>
      <div class="directive" style={{ paddingLeft: `${depth * 1.5}rem` }}>
        <code>{text}{one.directives ? ' {' : ';'}</code> <span class="faint">{place}</span>
      </div>
      {one.directives?.map((inner, i) => <Directive key={i} one={inner} depth={depth + 1} />)}
      {one.directives && <div class="directive" style={{ paddingLeft: `${depth * 1.5}rem` }}><code>{'}'}</code></div>}
    </>
  )
}

export function Config() {
  const t = useWords()
  const { body, error } = usePoll('config', TURN_MS)
  const [filter, setFilter] = useState('')
  const wanted = filter.trim().toLowerCase()
  const shown = useMemo(() => body ? matching(body.data.directives, wanted) : [], [body, wanted])
  return (
    <section class="card">
      <div class="bar">
        <h2>{t('config')}</h2>
        <input type="search" value={filter} aria-label={t('filter')} onInput={event => setFilter(event.target.value)} />
        {body && <span class="faint">{body.data.files.join(', ')}</span>}
      </div>
      {error && <p class="error">{t(error.kind === 'code' ? 'configRefused' : 'failed', { detail: error.message })}</p>}
      {!body ? !error && <p class="faint">{t('loading')}</p>
        : !shown.length ? <p class="faint">{t('noMatch')}</p>
          : shown.map((one, i) => <Directive key={i} one={one} depth={0} />)}
    </section>
  )
}
