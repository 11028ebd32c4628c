import { Chart } from '../chart.jsx'
import { bytes, duration, kbps, percent } from '../format.js'
import { History } from '../history.jsx'
import { usePoll } from '../poll.js'
import { useWords } from '../words.js'

const VHOSTS_MS = 6000

function Tile({ name, value, note }) {
  return (
    <section class="card tile" aria-label={name}>
      <h2>{name}</h2>
      <p class="value">{value}</p>
      <p class="faint">{note}</p>
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
  const rate = name => series[name].at(-1) ?? null
  const rateText = name => rate(name) === null ? '–' : kbps(rate(name))
  const onAir = body?.vhosts.reduce((sum, vhost) => sum + vhost.streams, 0)
  const load = [system.load_1m, system.load_5m, system.load_15m].map(n => n.toFixed(2)).join(' ')
  const chart = (name, names, labels, show) => (
    <div>
      <h3>{name}</h3>
      <Chart data={[series.time, ...names.map(n => series[n])]} series={labels} show={show} label={t('chart', { name })} />
    </div>
  )
  return (
    <>
      <div class="tiles">
        <Tile name={t('cpu')} value={percent(self.cpu_percent)} note={t('cpuNote', { system: percent(system.cpu_percent) })} />
        <Tile name={t('bandwidth')} value={rateText('sent')} note={t('bandwidthNote', { received: rateText('received') })} />
        <Tile name={t('connections')} value={system.conn_srs} note={`${t('onAir')}: ${onAir ?? '–'}`} />
        <Tile name={t('memory')} value={bytes(self.mem_kbyte * 1024)} note={t('memoryNote', { total: bytes(system.mem_ram_kbyte * 1024) })} />
        <Tile name={t('uptime')} value={duration(self.srs_uptime)} note={`PID ${self.pid}, ${t('load')} ${load}`} />
      </div>
      <History kinds={['rates', 'clients']} />
      <section class="card">
        <h2>{t('sincePage')}</h2>
        <div class="charts">
          {chart(t('cpu'), ['cpu', 'machine'], [t('process'), t('machine')], percent)}
          {chart(t('memory'), ['memory'], [t('memory')], bytes)}
        </div>
      </section>
    </>
  )
}
