/* The newest picture of a stream. Nothing is shown where the server makes none, or shows it only to those with its password. */
import { useEffect, useState } from 'preact/hooks'
import { apiPicture } from './api.js'
import { useTurns } from './poll.js'
import { useWords } from './words.js'

const TURN_MS = 5000, RARELY_MS = 60000
const WIDTH = 480

const pathOf = (stream, vhost) => `snapshots/${[vhost, ...stream.app.split('/'), `${stream.name}.jpg`].map(encodeURIComponent).join('/')}?width=${WIDTH}`

export function Thumbnail({ stream, vhost }) {
  const t = useWords(), path = pathOf(stream, vhost)
  const [url, setUrl] = useState(null)
  useTurns(async () => {
    const picture = await apiPicture(path).catch(() => null)
    setUrl(picture && URL.createObjectURL(picture))
    return picture ? TURN_MS : RARELY_MS
  }, TURN_MS, [path])
  useEffect(() => () => url && URL.revokeObjectURL(url), [url])
  return url && <img class="thumbnail" src={url} alt={t('picture')} />
}
