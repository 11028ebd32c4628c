import { audioText, bytes, duration, kbps, videoText } from '../format.js'
import { Findings } from '../findings.jsx'
import { Health } from '../health.jsx'
import { History } from '../history.jsx'
import { Programs, Pushes, Recordings } from '../jobs.jsx'
import { Links } from '../links.jsx'
import { usePoll } from '../poll.js'
import { Thumbnail } from '../thumbnail.jsx'
import { useWords } from '../words.js'

const TURN_MS = 3000
const VHOSTS_MS = 30000

export function Stream({ id }) {
  const t = useWords()
  const { body, error } = usePoll(`streams/${encodeURIComponent(id)}`, TURN_MS)
  const { body: vhosts } = usePoll('vhosts/?count=1000', VHOSTS_MS)
  const stream = body?.stream
  const vhost = vhosts?.vhosts.find(one => one.id === stream?.vhost)
  const back = <p><a href="#/streams">← {t('back')}</a></p>
  if (!stream)
    return <section class="card">{back}<p class={error ? 'error' : 'faint'}>{error ? error.kind === 'code' ? t('gone') : t('noAnswer', { detail: error.message }) : t('loading')}</p></section>
  return (
    <>
      <section class="card">
        {back}
        <h2>{stream.url} <Health stream={stream} /></h2>
        {error && <p class="error">{error.kind === 'code' ? t('gone') : t('noAnswer', { detail: error.message })}</p>}
        {vhost && stream.publish.active && stream.video && <Thumbnail stream={stream} vhost={vhost.name} />}
        <dl class="facts">
          <dt>{t('video')}</dt><dd>{videoText(stream.video)} {stream.video && [stream.video.profile, stream.video.level].filter(Boolean).join(' ')}</dd>
          {stream.video?.gop > 0 && [<dt>GOP</dt>, <dd>{stream.video.gop.toFixed(1)} s</dd>]}
          <dt>{t('audio')}</dt><dd>{audioText(stream.audio)} {stream.audio?.profile}</dd>
          <dt>{t('bitRate')}</dt><dd>{t('received')} {kbps(stream.kbps.recv_30s)}, {t('sent')} {kbps(stream.kbps.send_30s)}</dd>
          <dt>{t('transferred')}</dt><dd>{t('received')} {bytes(stream.recv_bytes)}, {t('sent')} {bytes(stream.send_bytes)}</dd>
          <dt>{t('frames')}</dt><dd>{stream.frames}</dd>
          <dt>{t('since')}</dt><dd>{stream.publish.active ? duration((Date.now() - stream.live_ms) / 1000) : '–'}</dd>
          <dt>{t('clients')}</dt><dd><a href={`#/clients?filter=${encodeURIComponent(stream.url)}`}>{stream.clients}</a></dd>
          <dt>{t('publisher')}</dt><dd>{stream.publish.active ? <a href={`#/clients?filter=${stream.publish.cid}`}>{stream.publish.cid}</a> : '–'}</dd>
          <dt>{t('tcUrl')}</dt><dd>{stream.tcUrl}</dd>
          {stream.segments?.map(row => [<dt>{t('segments')} {row.container}</dt>, <dd>{row.segments}, #{row.newest}</dd>])}
        </dl>
      </section>
      <History stream={id} kinds={['rates', 'players', 'fps']} />
      {vhost && <Pushes stream={stream} vhost={vhost.name} />}
      <Programs stream={stream} />
      {vhost && <Recordings stream={stream} vhost={vhost.name} />}
      <section class="card">
        <h2>{t('doctor')}</h2>
        {vhost && <Findings query={`?${new URLSearchParams({ stream: stream.name, app: stream.app, vhost: vhost.name })}`} />}
      </section>
      {vhost && <Links stream={stream} vhost={vhost} />}
    </>
  )
}
