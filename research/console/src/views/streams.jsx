import { audioText, duration, kbps, videoText } from '../format.js'
import { Health, healthOf } from '../health.jsx'
import { useRoll } from '../roll.js'
import { Roster } from '../roster.jsx'
import { useWords } from '../words.js'

const viewersOf = stream => Math.max(0, stream.clients - (stream.publish.active ? 1 : 0))
const ageOf = stream => stream.publish.active ? (Date.now() - stream.live_ms) / 1000 : 0

export function Streams({ parameters }) {
  const t = useWords(), roll = useRoll('streams')
  const columns = [
    { name: 'name', text: t('stream'), value: stream => stream.url,
      cell: stream => <a href={`#/streams/${encodeURIComponent(stream.id)}`}>{stream.url}</a> },
    { name: 'health', text: t('health'), value: stream => healthOf(stream)[0], cell: stream => <Health stream={stream} /> },
    { name: 'video', text: t('video'), cell: stream => videoText(stream.video) },
    { name: 'audio', text: t('audio'), cell: stream => audioText(stream.audio) },
    { name: 'rate', text: t('bitRate'), value: stream => stream.kbps.recv_30s, cell: stream => kbps(stream.kbps.recv_30s) },
    { name: 'viewers', text: t('viewers'), value: viewersOf, cell: viewersOf },
    { name: 'since', text: t('since'), value: ageOf, cell: stream => stream.publish.active ? duration(ageOf(stream)) : '–' },
  ]
  return <Roster roll={roll} title={t('streams')} first={parameters.get('filter')} columns={columns} className="streams"
    textOf={stream => stream.url.toLowerCase()} empty={t('noStreams')} />
}
