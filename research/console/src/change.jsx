/* A change of the configuration: what it would do, and then, if the user wants, the change. */
import { useEffect, useState } from 'preact/hooks'
import { api } from './api.js'
import { useWords } from './words.js'

/* wish: { url, body }: a request that changes. onDone(text, isGood) at the end. */
export function Change({ wish, onDone }) {
  const t = useWords()
  const [told, setTold] = useState(null), [isBusy, setBusy] = useState(false)

  useEffect(() => {
    let isOver = false
    api(`${wish.url}?dry_run=1`, 'POST', wish.body).then(reply => isOver || setTold(reply.data),
      error => isOver || onDone(t('failed', { detail: error.message }), false))
    return () => { isOver = true }
  }, [wish])

  async function apply() {
    setBusy(true)
    try {
      await api(wish.url, 'POST', wish.body)
      onDone(t('changed'), true)
    } catch (error) {
      onDone(t('failed', { detail: error.message }), false)
    }
  }

  if (!told)
    return <p class="faint">{t('checking')}</p>
  return (
    <section class="card change" aria-label={t('change')}>
      {told.diff.length > 0 && (
        <pre class="diff" aria-label={told.file}>
          {told.diff.map(({ sign, line, text }, i) => <span key={i} class={sign === '+' ? 'comes' : 'goes'}>{`${sign} ${line}  ${text}\n`}</span>)}
        </pre>
      )}
      {told.diff_left_out > 0 && <p class="faint">{t('linesLeftOut', { n: told.diff_left_out })}</p>}
      <ul>
        {told.changes.map((one, i) => (
          <li key={i}>{one.kind} <b>{one.path}</b> {one.item} {one.text} {one.needs_restart && <span class="badge fair">{t('needsRestart')}</span>}</li>
        ))}
        {told.warnings.map((text, i) => <li key={`w${i}`} class="error">{text}</li>)}
      </ul>
      {!told.changes.length && <p class="faint">{t('noEffect')}</p>}
      <div class="buttons">
        <button type="button" class="go" disabled={isBusy} onClick={apply}>{t('apply')}</button>
        <button type="button" onClick={() => onDone('', true)}>{t('no')}</button>
      </div>
    </section>
  )
}
