/* The links of a stream, and its player. */
import { useState } from 'preact/hooks'
import { Address } from './address.jsx'
import { playLinks, portsOf, publishPlace, whipPlace } from './links.js'
import { StreamPlayer } from './player.jsx'
import { usePoll } from './poll.js'
import { useWords } from './words.js'

const TURN_MS = 600000 /* the server's log names each request that it refuses */

/* stream: { app, name }; vhost: its entry in the API's list, or { name } if it is not there. */
export function Links({ stream, vhost }) {
  const t = useWords()
  const [playing, setPlaying] = useState(null)
  const { body, error } = usePoll('config', TURN_MS)
  const ports = portsOf(body?.data.directives)
  const { server, key } = publishPlace(stream, vhost, ports)
  const whip = whipPlace(stream, vhost)
  return (
    <>
      <section class="card">
        <h2>{t('playLinks')}</h2>
        {playing && <StreamPlayer url={playing.url} turn={playing.turn} />}
        <dl class="links">
          {playLinks(stream, vhost, ports).map(({ name, url, plays, isSure }) => [
            <dt key={name}>{name} {!isSure && <small>{t('needsOn')}</small>}</dt>,
            <dd key={url}>
              <Address url={url}>
                {plays && <button type="button" class="go" aria-label={t('playAs', { format: name })}
                  onClick={() => setPlaying({ url, turn: (playing?.turn ?? 0) + 1 })}>{t('play')}</button>}
              </Address>
            </dd>,
          ])}
        </dl>
      </section>
      <section class="card">
        <h2>{t('publishLinks')}</h2>
        <p class="faint">{t('obs')}</p>
        <dl class="links">
          <dt>{t('serverUrl')}</dt><dd><Address url={server} /></dd>
          <dt>{t('streamKey')}</dt><dd><Address url={key} /></dd>
          <dt>ffmpeg</dt><dd><Address url={`ffmpeg -re -i FILE -c copy -f flv '${`${server}/${key}`.replaceAll("'", "'\\''")}'`} /></dd>
          {whip && <dt>WHIP {!whip.isSure && <small>{t('needsOn')}</small>}</dt>}
          {whip && <dd><Address url={whip.url} /></dd>}
        </dl>
        {error && <p class="faint">{t('portsNote', ports)}</p>}
      </section>
    </>
  )
}
