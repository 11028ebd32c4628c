import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { api } from '../api.js'
import { bytes, duration, kbps } from '../format.js'
import { List, useRowHeight } from '../list.jsx'
import { useRoll } from '../roll.js'
import { useWords } from '../words.js'

const textOf = client => `${client.id} ${client.ip} ${client.url} ${client.type}`.toLowerCase()

/* A button that asks once more before it ends a client. */
export function Kick({ id, onDone }) {
  const t = useWords()
  const [isAsking, setAsking] = useState(false), wasAsking = useRef(false)
  const ask = useRef(), sure = useRef()
  useEffect(() => {
    if (isAsking !== wasAsking.current)
      (isAsking ? sure : ask).current.focus()
    wasAsking.current = isAsking
  }, [isAsking])
  async function kick() {
    setAsking(false)
    try {
      await api(`clients/${encodeURIComponent(id)}`, 'DELETE')
      onDone(t('kicked', { id }), true)
    } catch (error) {
      onDone(t('failed', { detail: error.message }), false)
    }
  }
  if (!isAsking)
    return <button type="button" ref={ask} aria-label={`${t('kick')} ${id}`} onClick={() => setAsking(true)}>{t('kick')}</button>
  return (
    <span class="sure" role="group" aria-label={t('kickSure', { id })} onKeyDown={event => event.key === 'Escape' && setAsking(false)}>
      <button type="button" ref={sure} class="danger" aria-label={`${t('kickSure', { id })} ${t('yes')}`} onClick={kick}>{t('kick')}!</button>
      <button type="button" onClick={() => setAsking(false)}>{t('no')}</button>
    </span>
  )
}

export function Clients({ parameters }) {
  const t = useWords(), roll = useRoll('clients'), rowHeight = useRowHeight()
  const [filter, setFilter] = useState(parameters.get('filter') ?? '')
  const [said, setSaid] = useState(null)
  const wanted = filter.trim().toLowerCase()
  const { members, error } = roll
  const shown = useMemo(() => members?.filter(client => textOf(client).includes(wanted)) ?? [], [members, wanted])

  function done(text, isGood) {
    setSaid([text, isGood])
    roll.again()
  }
  function row(client) {
    return [
      client.id,
      client.type,
      client.ip || '–',
      <a href={`#/streams/${encodeURIComponent(client.stream)}`}>{client.url}</a>,
      duration(client.alive),
      kbps(client.publish ? client.kbps.recv_30s : client.kbps.send_30s),
      bytes(client.publish ? client.recv_bytes : client.send_bytes),
      <Kick id={client.id} onDone={done} />,
    ]
  }
  const columns = [['id', t('id')], ['type', t('type')], ['ip', t('address')], ['name', t('stream')], ['since', t('alive')],
    ['rate', t('bitRate')], ['bytes', t('transferred')], ['actions', t('actions')]]
  return (
    <section class="card fill">
      <div class="bar">
        <h2>{t('clients')}</h2>
        <input type="search" value={filter} placeholder={t('filterHint')} aria-label={t('filter')} onInput={event => setFilter(event.target.value)} />
        {members && <span class="faint">{t('count', { shown: shown.length, total: members.length })}</span>}
        <span role="status" class={said && !said[1] ? 'error' : 'faint'}>{said?.[0]}</span>
      </div>
      {error && <p class="error">{t('noAnswer', { detail: error.message })}</p>}
      {!members ? <p class="faint">{t('loading')}</p>
        : !shown.length ? <p class="faint">{t(wanted ? 'noMatch' : 'noClients')}</p>
          : <List items={shown} rowHeight={rowHeight} row={row} columns={columns} className="clients" label={t('clients')}
            look={wanted ? () => roll.look(null) : roll.look} />}
    </section>
  )
}
