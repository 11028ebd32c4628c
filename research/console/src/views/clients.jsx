import { useEffect, useRef, useState } from 'preact/hooks'
import { api } from '../api.js'
import { bytes, duration, kbps } from '../format.js'
import { useRoll } from '../roll.js'
import { Roster } from '../roster.jsx'
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

const rateOf = client => client.publish ? client.kbps.recv_30s : client.kbps.send_30s
const bytesOf = client => client.publish ? client.recv_bytes : client.send_bytes

export function Clients({ parameters }) {
  const t = useWords(), roll = useRoll('clients')
  const [said, setSaid] = useState(null)
  function done(text, isGood) {
    setSaid([text, isGood])
    roll.again()
  }
  const columns = [
    { name: 'id', text: t('id'), cell: client => client.id },
    { name: 'type', text: t('type'), value: client => client.type, cell: client => client.type },
    { name: 'ip', text: t('address'), value: client => client.ip, cell: client => client.ip || '–' },
    { name: 'name', text: t('stream'), value: client => client.url,
      cell: client => <a href={`#/streams/${encodeURIComponent(client.stream)}`}>{client.url}</a> },
    { name: 'since', text: t('alive'), value: client => client.alive, cell: client => duration(client.alive) },
    { name: 'rate', text: t('bitRate'), value: rateOf, cell: client => kbps(rateOf(client)) },
    { name: 'bytes', text: t('transferred'), value: bytesOf, cell: client => bytes(bytesOf(client)) },
    { name: 'actions', text: t('actions'), cell: client => (
      <>
        <Kick id={client.id} onDone={done} />
        {client.ip && <> <a href={`#/bans?address=${encodeURIComponent(client.ip)}`}>{t('ban')}</a></>}
        {' '}<a href={`#/logs?trace=${encodeURIComponent(client.id)}`} aria-label={t('logOf', { id: client.id })}>{t('log')}</a>
      </>
    ) },
  ]
  return (
    <Roster roll={roll} title={t('clients')} first={parameters.get('filter')} columns={columns} className="clients" textOf={textOf}
      empty={t('noClients')}>
      <span role="status" class={said && !said[1] ? 'error' : 'faint'}>{said?.[0]}</span>
    </Roster>
  )
}
