import { useMemo, useState } from 'preact/hooks'
import { audioText, duration, kbps, videoText } from '../format.js'
import { Health } from '../health.jsx'
import { List, useRowHeight } from '../list.jsx'
import { useRoll } from '../roll.js'
import { useWords } from '../words.js'

const viewersOf = stream => Math.max(0, stream.clients - (stream.publish.active ? 1 : 0))

export function Streams({ parameters }) {
  const t = useWords(), roll = useRoll('streams'), rowHeight = useRowHeight()
  const [filter, setFilter] = useState(parameters.get('filter') ?? '')
  const wanted = filter.trim().toLowerCase()
  const { members, error } = roll
  const shown = useMemo(() => members?.filter(stream => stream.url.toLowerCase().includes(wanted)) ?? [], [members, wanted])

  function row(stream) {
    return [
      <a href={`#/streams/${encodeURIComponent(stream.id)}`}>{stream.url}</a>,
      <Health stream={stream} />,
      videoText(stream.video),
      audioText(stream.audio),
      kbps(stream.kbps.recv_30s),
      viewersOf(stream),
      stream.publish.active ? duration((Date.now() - stream.live_ms) / 1000) : '–',
    ]
  }
  const columns = [['name', t('stream')], ['health', t('health')], ['video', t('video')], ['audio', t('audio')],
    ['rate', t('bitRate')], ['viewers', t('viewers')], ['since', t('since')]]
  return (
    <section class="card fill">
      <div class="bar">
        <h2>{t('streams')}</h2>
        <input type="search" value={filter} placeholder={t('filterHint')} aria-label={t('filter')} onInput={event => setFilter(event.target.value)} />
        {members && <span class="faint">{t('count', { shown: shown.length, total: members.length })}</span>}
      </div>
      {error && <p class="error">{t('noAnswer', { detail: error.message })}</p>}
      {!members ? <p class="faint">{t('loading')}</p>
        : !shown.length ? <p class="faint">{t(wanted ? 'noMatch' : 'noStreams')}</p>
          : <List items={shown} rowHeight={rowHeight} row={row} columns={columns} className="streams" label={t('streams')}
            look={wanted ? () => roll.look(null) : roll.look} />}
    </section>
  )
}
