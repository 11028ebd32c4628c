/* The player of the web pages. It is loaded when something is played. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { useWords } from './words.js'

const wordsOf = t => ({
  address: t('playerAddress'),
  play: t('play'),
  stop: t('stop'),
  unknown: url => t('playerUnknown', { url }),
  partMissing: t('playerPartMissing'),
  startsHere: t('playerStartsHere'),
  ended: t('playerEnded'),
  notOnAir: t('playerNotOnAir'),
  goesOn: t('playerGoesOn'),
  buffered: s => t('playerBuffered', { s }),
  frames: (all, dropped) => t('playerFrames', { all, dropped }),
  latency: s => t('playerLatency', { s }),
  byClock: s => t('playerByClock', { s }),
  inParts: t('playerInParts'),
  roundTrip: ms => t('playerRoundTrip', { ms }),
  jitter: ms => t('playerJitter', { ms }),
  lost: n => t('playerLost', { n }),
})

/* Plays `url` from the beginning whenever `turn` changes. */
export function StreamPlayer({ url, turn }) {
  const t = useWords(), place = useRef()
  const [error, setError] = useState(null)
  useEffect(() => {
    let player, isOver = false
    import(/* @vite-ignore */ new URL('player/player.js', document.baseURI).href).then(({ Player }) => {
      if (isOver)
        return
      player = new Player(place.current, wordsOf(t))
      player.play(url)
    }).catch(reason => setError(reason.message))
    return () => {
      isOver = true
      player?.stop()
      place.current?.replaceChildren()
    }
  }, [url, turn])
  return <div class="player">{error && <p class="error">{t('playerAbsent', { detail: error })}</p>}<div ref={place} /></div>
}
