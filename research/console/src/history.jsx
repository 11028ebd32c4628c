/* Charts of what the server remembers of a stream, or of all of them. */
import { useMemo, useState } from 'preact/hooks'
import { Chart } from './chart.jsx'
import { kbps } from './format.js'
import { usePoll } from './poll.js'
import { useWords } from './words.js'

/* Each range: how far back it goes, in s; the length of a step, in s; the time between two requests, in ms. */
const RANGES = { '15min': [900, 5, 5000], '1h': [3600, 60, 30000], '24h': [86400, 600, 60000] }

const count = n => String(Math.round(n))
const CHARTS = {
  rates: ['bitRate', ['recv_kbps', 'send_kbps'], ['received', 'sent'], kbps],
  players: ['viewers', ['players'], ['viewers'], count],
  /* The `players` of the whole server are all clients, publishers too. */
  clients: ['connections', ['players'], ['connections'], count],
  fps: ['frameRate', ['fps'], ['frameRate'], n => n.toFixed(1)],
}

/* Rows as uPlot's columns, with an empty one where the server has no row. */
function columnsOf({ rows, step }, names) {
  const columns = [[], ...names.map(() => [])]
  let before = null
  for (const row of rows) {
    const at = row.at / 1000
    if (before !== null && at - before > 1.5 * step)
      [before + step, ...names.map(() => null)].forEach((value, i) => columns[i].push(value))
    ;[at, ...names.map(name => row[name])].forEach((value, i) => columns[i].push(value))
    before = at
  }
  return columns
}

function One({ history, kind }) {
  const t = useWords()
  const [title, names, labels, show] = CHARTS[kind]
  const data = useMemo(() => columnsOf(history, names), [history])
  return (
    <div>
      <h3>{t(title)}</h3>
      <Chart data={data} series={labels.map(label => t(label))} show={show} label={t('chart', { name: t(title) })} />
    </div>
  )
}

/* stream: an id, or none for the whole server. kinds: which charts. */
export function History({ stream, kinds }) {
  const t = useWords()
  const [range, setRange] = useState('15min')
  const [back, step, ms] = RANGES[range]
  const query = new URLSearchParams({ ...(stream && { stream }), from: -back, step })
  const { body, error } = usePoll(`history?${query}`, ms)
  return (
    <section class="card">
      <div class="bar">
        <h2>{t('history')}</h2>
        <select aria-label={t('range')} value={range} onChange={event => setRange(event.target.value)}>
          {Object.keys(RANGES).map(name => <option key={name} value={name}>{t(`range${name}`)}</option>)}
        </select>
      </div>
      {error && error.kind !== 'code' && <p class="error">{t('noAnswer', { detail: error.message })}</p>}
      {body && <div class="charts">{kinds.map(kind => <One key={kind} history={body.history} kind={kind} />)}</div>}
    </section>
  )
}
