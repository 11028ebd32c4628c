/* What the doctor of the server has found, the worst first. */
import { usePoll } from './poll.js'
import { useWords } from './words.js'

const TURN_MS = 10000
const ORDER = ['error', 'warning', 'info']
const LEVELS = { error: 'bad', warning: 'fair', info: 'idle' }

/* query: '' for the whole server, or the parameters that name a stream. */
export function Findings({ query }) {
  const t = useWords()
  const { body, error } = usePoll(`doctor${query}`, TURN_MS)
  if (!body)
    return <p class={error ? 'error' : 'faint'}>{error ? t('failed', { detail: error.message }) : t('loading')}</p>
  const findings = body.data.findings.toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity))
  if (!findings.length)
    return <p class="faint">{t('healthy')}</p>
  return (
    <ul class="findings">
      {findings.map(found => (
        <li key={`${found.id} ${found.subject}`}>
          <p><span class={`badge ${LEVELS[found.severity]}`}>{t(found.severity)}</span> <b>{found.subject}</b> <span class="faint">{found.id}</span></p>
          <p>{found.seen}</p>
          <p>{found.cure}</p>
          {found.line && <pre>{found.line}</pre>}
        </li>
      ))}
    </ul>
  )
}
