/* What is done with streams beside playing them: pushes to other servers, programs and recordings, of one stream or of all; and where streams are pulled from. */
import { bytes, dateTime, duration, percent } from './format.js'
import { usePoll } from './poll.js'
import { Table } from './table.jsx'
import { useWords } from './words.js'

const TURN_MS = 3000
const COUNT = 1000 /* asked for */
const SHOWN = 200

const LEVELS = {
  pushing: 'good', pulling: 'good', running: 'good', connecting: 'fair', starting: 'fair', waiting: 'bad', leaving: 'idle', ended: 'idle', idle: 'idle',
  recording: 'good', completing: 'fair', complete: 'idle', lost: 'bad',
}

function State({ name }) {
  const t = useWords()
  return <span class={`badge ${LEVELS[name]}`}>{t(`job_${name}`)}</span>
}

/* Those in trouble first. */
const byTrouble = (a, b) => (LEVELS[b.state] === 'bad') - (LEVELS[a.state] === 'bad')

const identityOf = push => `${push.vhost === '__defaultVhost__' ? '' : push.vhost}/${push.app}/${push.stream}`

/* columns: { head, cell(item) }. `stream` is set if all are of one stream: those of others have a column for it. */
function Jobs({ title, path, member, columns, stream }) {
  const t = useWords()
  const { body, error } = usePoll(path, TURN_MS)
  const all = body?.[member] ?? [], shown = all.toSorted(byTrouble).slice(0, SHOWN)
  if (stream && !all.length)
    return null
  return (
    <section class="card jobs">
      <h2>{title} {all.length > 0 && <span class="faint">{shown.length < all.length ? t('count', { shown: shown.length, total: body.total ?? all.length }) : all.length}</span>}</h2>
      {error && <p class="error">{t('failed', { detail: error.message })}</p>}
      {!all.length ? <p class="faint">{t(body ? 'noJobs' : 'loading')}</p>
        : <Table heads={columns.map(one => one.head)} rows={shown.map(item => columns.map(one => one.cell(item)))} />}
    </section>
  )
}

/* stream: of the API, or undefined for all; vhost: its name. */
export function Pushes({ stream, vhost }) {
  const t = useWords()
  const which = stream ? new URLSearchParams({ vhost, app: stream.app, stream: stream.name, count: COUNT }) : `count=${COUNT}`
  const columns = [
    ...stream ? [] : [{ head: 'stream', cell: identityOf }],
    { head: 'destination', cell: push => push.url },
    { head: 'state', cell: push => <State name={push.state} /> },
    { head: 'transferred', cell: push => bytes(push.bytes) },
    { head: 'lag', cell: push => `${push.lag_ms} ms` },
    { head: 'failures', cell: push => push.failures },
    { head: 'lastError', cell: push => push.error && (push.error.text || push.error.name) },
  ]
  return <Jobs title={t('pushes')} path={`forwards/?${which}`} member="forwards" columns={columns} stream={stream} />
}

/* The relays of the configuration and of the API. */
export function Pulls() {
  const t = useWords()
  const columns = [
    { head: 'stream', cell: identityOf },
    { head: 'origin', cell: pull => pull.url },
    { head: 'state', cell: pull => <State name={pull.state} /> },
    { head: 'transferred', cell: pull => bytes(pull.bytes) },
    { head: 'failures', cell: pull => pull.failures },
    { head: 'lastError', cell: pull => pull.error && (pull.error.text || pull.error.name) },
  ]
  return <Jobs title={t('pulls')} path={`relays/?count=${COUNT}`} member="relays" columns={columns} />
}

export function Programs({ stream }) {
  const t = useWords()
  const which = new URLSearchParams({ ...stream && { stream: stream.url }, count: COUNT })
  const columns = [
    { head: 'job_of', cell: program => program.target ? `${program.subject} → ${program.target}` : program.subject },
    { head: 'program', cell: program => `${program.kind} ${program.name}` },
    { head: 'state', cell: program => <State name={program.state} /> },
    { head: 'cpu', cell: program => program.pid ? percent(program.cpu_percent / 100) : '–' },
    { head: 'speed', cell: program => program.speed === null ? '–' : `${program.speed.toFixed(2)}×` },
    { head: 'starts', cell: program => program.starts },
    { head: 'lastError', cell: program => program.error || program.ended },
  ]
  return <Jobs title={t('programs')} path={`programs?${which}`} member="programs" columns={columns} stream={stream} />
}

const NEWEST = 50

function Gaps({ recording: { gaps, gaps_left_out: more } }) {
  const last = gaps.at(-1)
  return last ? `${gaps.length + more}: ${last.reason}` : null
}

/* The newest ones. */
export function Recordings({ stream, vhost }) {
  const t = useWords()
  const which = new URLSearchParams({ ...stream && { vhost, app: stream.app, stream: stream.name }, sort: '-begin_ms', count: NEWEST })
  const columns = [
    ...stream ? [] : [{ head: 'stream', cell: identityOf }],
    { head: 'begin', cell: recording => dateTime(recording.begin_ms) },
    { head: 'state', cell: recording => <State name={recording.state} /> },
    { head: 'length', cell: recording => duration(recording.duration_ms / 1000) },
    { head: 'size', cell: recording => bytes(recording.bytes) },
    { head: 'gaps', cell: recording => <Gaps recording={recording} /> },
    { head: 'file', cell: recording => recording.file },
  ]
  return <Jobs title={t('recordings')} path={`dvrs/?${which}`} member="dvrs" columns={columns} stream={stream} />
}
