/* Callbacks: backends that fail, and what waits for them. */
import { bytes, duration } from './format.js'
import { usePoll } from './poll.js'
import { Table } from './table.jsx'
import { useWords } from './words.js'

const TURN_MS = 5000

export function Callbacks() {
  const t = useWords()
  const { body, error } = usePoll('callbacks', TURN_MS)
  if (!body)
    return <section class="card"><p class={error ? 'error' : 'faint'}>{error ? t('failed', { detail: error.message }) : t('loading')}</p></section>
  const { waiting, waiting_bytes: held, lost, failing, journals } = body.data
  return (
    <>
      <section class="card">
        <h2>{t('callbacks')} {failing.length ? <span class="badge bad">{t('backendsFail')}</span> : <span class="badge good">{t('healthGood')}</span>}</h2>
        <dl>
          <dt>{t('waiting')}</dt><dd>{waiting} ({bytes(held)})</dd>
          <dt>{t('lost')}</dt><dd class={lost ? 'error' : ''}>{lost}</dd>
        </dl>
      </section>
      {failing.length > 0 && (
        <section class="card">
          <h2>{t('backendsFail')}</h2>
          <Table heads={['backend', 'failsFor', 'tries']} rows={failing.map(one => [one.backend, duration(one.seconds), one.tries])} />
        </section>
      )}
      {journals.length > 0 && (
        <section class="card">
          <h2>{t('journals')}</h2>
          <Table heads={['journal', 'state', 'waiting', 'transferred', 'givenUp']}
            rows={journals.map(one => [one.path, one.state, one.waiting, `${bytes(one.bytes)} / ${bytes(one.bytes_max)}`, one.given_up])} />
        </section>
      )}
    </>
  )
}
