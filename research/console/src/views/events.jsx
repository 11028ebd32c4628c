import { useEffect, useState } from 'preact/hooks'
import { Callbacks } from '../callbacks.jsx'
import { listen } from '../events.js'
import { bytes, timeOfDay } from '../format.js'
import { useWords } from '../words.js'

const KEPT = 500

/* What is shown of an event; the figures of the process are elsewhere. */
const TEXTS = {
  client: (data, t) => [t(`event_${data.what}`), data.type, data.ip, data.url, data.id,
    data.what === 'left' && `${t('received')} ${bytes(data.recv_bytes)}, ${t('sent')} ${bytes(data.send_bytes)}`],
  stream: (data, t) => [t(`event_${data.what}`), data.url, data.client],
  reload: data => [data.msg, data.rid],
  callback: data => [data.event, data.vhost, data.err, data.msg],
  lost: (data, t) => [t('eventsLost', { n: data.events })],
}

function useEvents() {
  const [events, setEvents] = useState([]), [error, setError] = useState() /* null: connected */
  useEffect(() => {
    const end = new AbortController()
    let number = 0
    listen(event => {
      if (event.name in TEXTS)
        setEvents(old => [{ ...event, number: number++, at: Date.now() }, ...old].slice(0, KEPT))
    }, setError, end.signal)
    return () => end.abort()
  }, [])
  return { events, error }
}

export function Events() {
  const t = useWords()
  const { events, error } = useEvents()
  const [kind, setKind] = useState(''), [filter, setFilter] = useState('')
  const wanted = filter.trim().toLowerCase()
  const shown = events.filter(event => (!kind || event.name === kind) && JSON.stringify(event.data).toLowerCase().includes(wanted))
  return (
    <>
      <Callbacks />
      <section class="card">
        <div class="bar">
          <h2>{t('events')}</h2>
          <select aria-label={t('type')} value={kind} onChange={event => setKind(event.target.value)}>
            <option value="">{t('all')}</option>
            {Object.keys(TEXTS).map(name => <option key={name} value={name}>{t(`event_${name}`)}</option>)}
          </select>
          <input type="search" value={filter} aria-label={t('filter')} placeholder={t('filterHint')} onInput={event => setFilter(event.target.value)} />
          {error === null && <span class="faint">{t('eventsNote')}</span>}
        </div>
        {error && <p class="error">{t('noAnswer', { detail: error.message })}</p>}
        {!shown.length ? <p class="faint">{t('noEvents')}</p> : (
          <ul class="events">
            {shown.map(event => (
              <li key={event.number}>
                <span class="faint">{timeOfDay(event.at)}</span> <b class={event.name === 'callback' || event.name === 'lost' ? 'error' : ''}>{t(`event_${event.name}`)}</b>{' '}
                {TEXTS[event.name](event.data, t).filter(part => part || part === 0).join(' · ')}
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  )
}
