import { useMemo, useState } from 'preact/hooks'
import { Change } from '../change.jsx'
import { pathOf, textOf, wordsOf } from '../directive_text.js'
import { usePoll } from '../poll.js'
import { useWords } from '../words.js'

const TURN_MS = 30000
const SECRET = '***' /* what the API shows of one */

/* Keep the directives that a search finds, with the blocks they stand in. */
function matching(directives, wanted) {
  return directives.flatMap(one => {
    if (`${one.name} ${one.words.join(' ')}`.toLowerCase().includes(wanted))
      return [one]
    const inner = one.directives ? matching(one.directives, wanted) : []
    return inner.length ? [{ ...one, directives: inner }] : []
  })
}

/* A field for the words of a directive. onWish(op, words). */
function Editor({ one, path, onWish, onCancel }) {
  const t = useWords()
  const [text, setText] = useState(one.words.includes(SECRET) ? '' : textOf(one.words))
  return (
    <form class="bar" onSubmit={event => { event.preventDefault(); onWish('set', wordsOf(text)) }}
      onKeyDown={event => event.key === 'Escape' && onCancel()}>
      <input name="value" value={text} aria-label={path} autofocus onInput={event => setText(event.target.value)} />
      <button type="submit" class="go">{t('check')}</button>
      <button type="button" onClick={() => onWish('remove')}>{t('remove')}</button>
      <button type="button" onClick={onCancel}>{t('no')}</button>
    </form>
  )
}

function Directive({ one, above, depth, edit }) {
  const t = useWords()
  const [isOpen, setOpen] = useState(false)
  const text = [one.name, textOf(one.words)].filter(Boolean).join(' '), path = pathOf(above, one)
  const indent = { paddingLeft: `${depth * 1.5}rem` }
  function wish(op, words) {
    setOpen(false)
    edit([{ op, path, value: words }])
  }
  return (
    <>
      <div class="directive" style={indent}>
        <code>{text}{one.directives ? ' {' : ';'}</code> <span class="faint">{one.env ?? `${one.file}:${one.line}`}</span>
        {edit && !one.directives && !one.env && !isOpen &&
          <button type="button" class="small" aria-label={`${t('edit')} ${path}`} onClick={() => setOpen(true)}>{t('edit')}</button>}
        {isOpen && <Editor one={one} path={path} onWish={wish} onCancel={() => setOpen(false)} />}
      </div>
      {one.directives?.map((inner, i) => <Directive key={`${i} ${inner.name}`} one={inner} above={path} depth={depth + 1} edit={edit} />)}
      {one.directives && <div class="directive" style={indent}><code>{'}'}</code></div>}
    </>
  )
}

/* Any directive, by its path. */
function Add({ edit }) {
  const t = useWords()
  const [path, setPath] = useState(''), [text, setText] = useState('')
  function submit(event) {
    event.preventDefault()
    edit([{ op: 'set', path: path.trim(), value: wordsOf(text) }])
  }
  return (
    <form class="fields" onSubmit={submit}>
      <label>{t('directive')} <input name="path" required placeholder="vhost[__defaultVhost__].play.gop_cache" value={path} onInput={event => setPath(event.target.value)} /></label>
      <label>{t('value')} <input name="words" value={text} onInput={event => setText(event.target.value)} /></label>
      <button type="submit" class="go">{t('check')}</button>
    </form>
  )
}

export function Config() {
  const t = useWords()
  const { body, error, again } = usePoll('config', TURN_MS)
  const { body: raw } = usePoll('raw?rpc=raw', TURN_MS)
  const [filter, setFilter] = useState(''), [wish, setWish] = useState(null), [said, setSaid] = useState(null)
  const wanted = filter.trim().toLowerCase()
  const shown = useMemo(() => body ? matching(body.data.directives, wanted) : [], [body, wanted])
  const mayChange = body && raw?.http_api.raw_api.allow_update

  const ask = (url, change) => {
    setSaid(null)
    setWish({ url, body: { version: body.data.version, ...change } })
  }
  const edit = mayChange && (changes => ask('config', { changes }))
  function done(text, isGood) {
    setWish(null)
    setSaid([text, isGood])
    again()
  }
  return (
    <>
      <section class="card">
        <div class="bar">
          <h2>{t('config')}</h2>
          <input type="search" value={filter} aria-label={t('filter')} onInput={event => setFilter(event.target.value)} />
          {body && <span class="faint">{body.data.files.join(', ')}</span>}
        </div>
        {error && <p class="error">{t(error.kind === 'code' ? 'configRefused' : 'failed', { detail: error.message })}</p>}
        {body && raw && !mayChange && <p class="faint">{t('configReadOnly')}</p>}
        {edit && <Add edit={edit} />}
        <p role="status" class={said && !said[1] ? 'error' : 'faint'}>{said?.[0]}</p>
        {wish && <Change wish={wish} onDone={done} />}
      </section>
      {edit && body.data.kept.length > 0 && (
        <section class="card">
          <h2>{t('keptTexts')}</h2>
          <ul>
            {body.data.kept.toReversed().map(({ id, time, by, file }) => (
              <li key={id}>
                {t('keptBefore', { id, time: new Date(time).toLocaleString(), by, file })}{' '}
                <button type="button" class="small" aria-label={`${t('rollBack')} ${id}`} onClick={() => ask('config/rollback', { id })}>{t('rollBack')}</button>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section class="card">
        {!body ? !error && <p class="faint">{t('loading')}</p>
          : !shown.length ? <p class="faint">{t('noMatch')}</p>
            : shown.map((one, i) => <Directive key={`${i} ${one.name}`} one={one} above="" depth={0} edit={edit} />)}
      </section>
    </>
  )
}
