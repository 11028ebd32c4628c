import { Chart } from '../chart.jsx'
import { bytes, duration, kbps, percent } from '../format.js'
import { usePoll } from '../poll.js'
import { useWords } from '../words.js'

const VHOSTS_MS = 6000

function Tile({ name, value, note, children }) {
  return (
    <section class="card tile" aria-label={name}>
      <h2>{name}</h2>
      <p class="value">{value}</p>
      <p class="faint">{note}</p>
      {children}
    </section>
  )
}

export function Overview({ figures }) {
  const t = useWords()
  const { body } = usePoll('vhosts/?count=1000', VHOSTS_MS)
  const { now, series } = figures
  if (!now)
    return null
  const { self, system } = now
  const received = series.received.at(-1), sent = series.sent.at(-1)
  const onAir = body?.vhosts.reduce((sum, vhost) => sum + vhost.streams, 0)
  const chart = (name, names, labels, show) => (
    <Chart data={[series.time, ...names.map(n => series[n])]} series={labels} show={show} label={t('chart', { name })} />
  )
  return (
    <div class="tiles">
      <Tile name={t('cpu')} value={percent(self.cpu_percent)} note={t('cpuNote', { system: percent(system.cpu_percent) })}>
        {chart(t('cpu'), ['cpu', 'machine'], [t('process'), t('machine')], percent)}
      </Tile>
      <Tile name={t('bandwidth')} value={sent === null ? '–' : kbps(sent)} note={`${t('received')} ${received === null ? '–' : kbps(received)}`}>
        {chart(t('bandwidth'), ['received', 'sent'], [t('received'), t('sent')], kbps)}
      </Tile>
      <Tile name={t('connections')} value={system.conn_srs} note={`${t('onAir')}: ${onAir ?? '–'}`}>
        {chart(t('connections'), ['clients'], [t('connections')], n => String(Math.round(n)))}
      </Tile>
      <Tile name={t('memory')} value={bytes(self.mem_kbyte * 1024)} note={t('memoryNote', { total: bytes(system.mem_ram_kbyte * 1024) })}>
        {chart(t('memory'), ['memory'], [t('memory')], bytes)}
      </Tile>
      <section class="card">
        <dl>
          <dt>{t('uptime')}</dt><dd>{duration(self.srs_uptime)}</dd>
          <dt>{t('load')}</dt><dd>{[system.load_1m, system.load_5m, system.load_15m].map(n => n.toFixed(2)).join(' ')}</dd>
          <dt>PID</dt><dd>{self.pid}</dd>
        </dl>
      </section>
    </div>
  )
}
