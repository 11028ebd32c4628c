import { bytes, kbps } from '../format.js'
import { usePoll } from '../poll.js'
import { useWords } from '../words.js'

const TURN_MS = 5000

const outputsOf = vhost => [vhost.hls?.enabled && `HLS ${vhost.hls.fragment} s`, vhost.dash?.enabled && 'DASH'].filter(Boolean).join(', ') || '–'

export function Vhosts() {
  const t = useWords()
  const { body, error } = usePoll('vhosts/?count=1000', TURN_MS)
  return (
    <section class="card">
      <h2>{t('vhosts')}</h2>
      {error && <p class="error">{t('noAnswer', { detail: error.message })}</p>}
      {!body ? <p class="faint">{t('loading')}</p> : !body.vhosts.length ? <p class="faint">{t('noVhosts')}</p> : (
        <div class="scroll">
          <table>
            <thead>
              <tr>{['vhost', 'health', 'onAir', 'clients', 'received', 'sent', 'transferred', 'outputs'].map(key => <th key={key}>{t(key)}</th>)}</tr>
            </thead>
            <tbody>
              {body.vhosts.map(vhost => (
                <tr key={vhost.id}>
                  <th scope="row">{vhost.name}</th>
                  <td>{t(vhost.enabled ? 'enabled' : 'disabled')}</td>
                  <td>{vhost.streams}</td>
                  <td>{vhost.clients}</td>
                  <td>{kbps(vhost.kbps.recv_30s)}</td>
                  <td>{kbps(vhost.kbps.send_30s)}</td>
                  <td>{bytes(vhost.recv_bytes)} / {bytes(vhost.send_bytes)}</td>
                  <td>{outputsOf(vhost)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}
