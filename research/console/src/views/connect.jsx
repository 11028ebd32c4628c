import { useState } from 'preact/hooks'
import { Links } from '../links.jsx'
import { usePoll } from '../poll.js'
import { useWords } from '../words.js'

const TURN_MS = 30000

/* The addresses of a stream that need not be there yet. */
export function Connect() {
  const t = useWords()
  const { body } = usePoll('vhosts/?count=1000', TURN_MS)
  const [place, setPlace] = useState({ vhost: '__defaultVhost__', app: 'live', name: 'livestream' })
  const vhost = body?.vhosts.find(one => one.name === place.vhost) ?? { name: place.vhost }
  const field = (key, label, more) => (
    <label>{label} <input name={key} value={place[key]} onInput={event => setPlace({ ...place, [key]: event.target.value })} {...more} /></label>
  )
  return (
    <>
      <section class="card fields">
        {field('vhost', t('vhost'), { list: 'vhosts' })}
        {field('app', t('app'))}
        {field('name', t('stream'))}
        <datalist id="vhosts">{body?.vhosts.map(one => <option key={one.id} value={one.name} />)}</datalist>
      </section>
      <Links stream={place} vhost={vhost} />
    </>
  )
}
