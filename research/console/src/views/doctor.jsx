import { Findings } from '../findings.jsx'
import { useWords } from '../words.js'

export function Doctor() {
  const t = useWords()
  return (
    <section class="card">
      <h2>{t('doctor')}</h2>
      <Findings query="" />
    </section>
  )
}
