/* An address with a button that copies it and one that shows its QR code. */
import { useMemo, useState } from 'preact/hooks'
import { encode } from 'uqr'
import { useWords } from './words.js'

const QR_BORDER = 2
const COPIED_MS = 2000

function Qr({ text }) {
  const t = useWords()
  const { size, path } = useMemo(() => {
    const { size, data } = encode(text, { border: QR_BORDER })
    return { size, path: data.map((row, y) => row.map((isDark, x) => isDark ? `M${x} ${y}h1v1h-1z` : '').join('')).join('') }
  }, [text])
  return <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t('qrOf', { url: text })}><path d={path} /></svg>
}

export function Address({ url, children }) {
  const t = useWords()
  const [isQr, setQr] = useState(false), [isCopied, setCopied] = useState(false)
  async function copy() {
    await navigator.clipboard.writeText(url)
    setCopied(true)
    setTimeout(() => setCopied(false), COPIED_MS)
  }
  return (
    <div class="address">
      <code tabIndex={0}>{url}</code>
      <span class="buttons">
        {children}
        {/* Browsers give the clipboard to pages over HTTPS and of this machine only. */}
        {navigator.clipboard && <button type="button" onClick={copy}>{t(isCopied ? 'copied' : 'copy')}</button>}
        <button type="button" aria-expanded={isQr} onClick={() => setQr(!isQr)}>{t('qr')}</button>
      </span>
      {isQr && <Qr text={url} />}
    </div>
  )
}
