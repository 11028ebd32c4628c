import { useState } from 'preact/hooks'
import { api } from '../api.js'
import { duration } from '../format.js'
import { usePoll } from '../poll.js'
import { useWords } from '../words.js'

const TURN_MS = 5000
const KINDS = ['address', 'user', 'stream']
const TIMES = [['600', '10:00'], ['3600', '1:00:00'], ['86400', '1d'], ['', '∞']]

/* The form that makes a ban; `first` has its first values. */
export function BanForm({ first, onDone }) {
  const t = useWords()
  const [ban, setBan] = useState({ kind: 'address', subject: '', seconds: '3600', reason: '', ...first })
  const set = key => event => setBan({ ...ban, [key]: event.target.value })
  async function submit(event) {
    event.preventDefault()
    const body = { [ban.kind]: ban.subject.trim() }
    if (ban.seconds)
      body.seconds = Number(ban.seconds)
    if (ban.reason)
      body.reason = ban.reason
    try {
      const reply = await api('bans/', 'POST', body)
      onDone(t('banned', { subject: reply.ban.subject }), true)
    } catch (error) {
      onDone(t('failed', { detail: error.message }), false)
    }
  }
  return (
    <form class="fields" onSubmit={submit}>
      <label>{t('banKind')}
        <select name="kind" value={ban.kind} onChange={set('kind')}>{KINDS.map(kind => <option key={kind} value={kind}>{t(`ban_${kind}`)}</option>)}</select>
      </label>
      <label>{t('banSubject')} <input name="subject" required value={ban.subject} onInput={set('subject')} /></label>
      <label>{t('banTime')}
        <select name="seconds" value={ban.seconds} onChange={set('seconds')}>
          {TIMES.map(([value, text]) => <option key={value} value={value}>{value ? text : t('banForGood')}</option>)}
        </select>
      </label>
      <label>{t('reason')} <input name="reason" maxLength={80} value={ban.reason} onInput={set('reason')} /></label>
      <button type="submit" class="danger">{t('ban')}</button>
    </form>
  )
}

export function Bans({ parameters }) {
  const t = useWords()
  const { body, error, again } = usePoll('bans/?count=10000', TURN_MS)
  const [said, setSaid] = useState(null)
  const given = parameters.get('address')
  function done(text, isGood) {
    setSaid([text, isGood])
    again()
  }
  async function lift({ id, subject }) {
    try {
      await api(`bans/${encodeURIComponent(id)}`, 'DELETE')
      done(t('lifted', { subject }), true)
    } catch (reason) {
      done(t('failed', { detail: reason.message }), false)
    }
  }
  return (
    <>
      <section class="card">
        <h2>{t('banNew')}</h2>
        <BanForm key={given} first={given ? { subject: given } : {}} onDone={done} />
        <p role="status" class={said && !said[1] ? 'error' : 'faint'}>{said?.[0]}</p>
      </section>
      <section class="card">
        <h2>{t('bans')}</h2>
        {error && <p class="error">{t('failed', { detail: error.message })}</p>}
        {!body ? !error && <p class="faint">{t('loading')}</p> : !body.bans.length ? <p class="faint">{t('noBans')}</p> : (
          <div class="scroll">
            <table>
              <thead><tr>{['banKind', 'banSubject', 'banTime', 'reason', 'actions'].map(key => <th key={key}>{t(key)}</th>)}</tr></thead>
              <tbody>
                {body.bans.map(ban => (
                  <tr key={ban.id}>
                    <td>{t(`ban_${ban.kind}`)}</td>
                    <th scope="row">{ban.subject}</th>
                    <td>{ban.seconds_left === null ? t('banForGood') : duration(ban.seconds_left)}</td>
                    <td>{ban.reason}{ban.automatic && ` (${t('automatic')})`}</td>
                    <td><button type="button" aria-label={`${t('lift')} ${ban.subject}`} onClick={() => lift(ban)}>{t('lift')}</button></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
    </>
  )
}
