/* The addresses at which a stream is published and played, in every protocol. */
import { rtmpUrl, streamUrl } from '../../players/html/players/js/address.js'
import { apiOrigin } from './api.js'
import { query } from './settings.js'

/* The port of streams is this page's, unless this page came from the port of the API: then it is the usual one, or that of ?http=. */
export function httpPlace() {
  const isHttps = location.protocol === 'https:'
  const port = query.get('http') ?? (apiOrigin() === location.origin ? (isHttps ? '8088' : '8080') : location.port)
  const host = location.hostname
  return { origin: `${location.protocol}//${host}${port ? `:${port}` : ''}`, port: port || (isHttps ? '443' : '80') }
}

export const rtmpPort = () => query.get('rtmp') ?? '1935'

const onVhost = vhost => vhost && vhost.name !== '__defaultVhost__' ? `?vhost=${encodeURIComponent(vhost.name)}` : ''

/* Where an encoder publishes: { server, key }, as OBS asks for it. */
export function publishPlace(stream, vhost) {
  return { server: rtmpUrl(location, query, stream.app), key: `${stream.name}${onVhost(vhost)}` }
}

const FORMATS = [['HTTP-FLV', 'flv'], ['WebSocket-FLV', 'ws-flv'], ['MP4', 'mp4'], ['MPEG-TS', 'ts'], ['HLS', 'm3u8', 'hls'], ['DASH', 'mpd', 'dash']]

/* [{ name, url, plays, isSure }]: plays: the player of this page plays it; isSure: the server is known to serve it. */
export function playLinks(stream, vhost) {
  const links = [{ name: 'RTMP', url: rtmpUrl(location, query, `${stream.app}/${stream.name}${onVhost(vhost)}`), isSure: true }]
  for (const [name, format, feature] of FORMATS) {
    if (feature && vhost?.id && !vhost[feature]?.enabled)
      continue
    links.push({ name, url: streamUrl(httpPlace(), stream, vhost?.name, format), plays: true, isSure: Boolean(feature && vhost?.id) })
  }
  return links
}
