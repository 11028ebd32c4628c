/* The addresses at which a stream is published and played, in every protocol. */
import { rtmpUrl, streamUrl } from '../../players/html/players/js/address.js'
import { apiOrigin } from './api.js'
import { query } from './settings.js'

const isHttps = location.protocol === 'https:'

/* The port of the first endpoint of `listen` in some directives; undefined: none. */
function listenOf(directives) {
  const words = directives?.find(one => one.name === 'listen')?.words
  return /\d+$/.exec(words?.[0] ?? '')?.[0]
}

const inside = (directives, name) => directives?.find(one => one.name === name)?.directives

/*
 * The ports of streams: those of ?rtmp= and ?http=; else those of the configuration, if it may be seen; else that of this page, unless
 * it came from the port of the API, and the usual ones. directives: those of /api/v1/config, or undefined.
 */
export function portsOf(directives) {
  const server = inside(directives, 'http_server')
  const usual = apiOrigin() === location.origin ? (isHttps ? '8088' : '8080') : location.port
  return {
    rtmp: query.get('rtmp') ?? listenOf(directives) ?? '1935',
    http: query.get('http') ?? listenOf(isHttps ? inside(server, 'https') : server) ?? usual,
  }
}

const httpOrigin = ({ http }) => `${location.protocol}//${location.hostname}${http ? `:${http}` : ''}`

const onVhost = vhost => vhost && vhost.name !== '__defaultVhost__' ? `?vhost=${encodeURIComponent(vhost.name)}` : ''

/* Where an encoder publishes: { server, key }, as OBS asks for it. */
export function publishPlace(stream, vhost, ports) {
  return { server: rtmpUrl(location, new URLSearchParams(ports), stream.app), key: `${stream.name}${onVhost(vhost)}` }
}

/* Where a browser, or an encoder by WHIP, publishes: { url, isSure }; null: the vhost is known to have no WebRTC. */
export function whipPlace(stream, vhost) {
  if (vhost?.id && !vhost.rtc?.enabled)
    return null
  const url = new URL('/rtc/v1/whip/', apiOrigin())
  url.searchParams.set('app', stream.app)
  url.searchParams.set('stream', stream.name)
  if (onVhost(vhost))
    url.searchParams.set('vhost', vhost.name)
  return { url: url.href.replaceAll('+', '%20'), isSure: Boolean(vhost?.id) }
}

const FORMATS = [['HTTP-FLV', 'flv'], ['WebSocket-FLV', 'ws-flv'], ['MP4', 'mp4'], ['MPEG-TS', 'ts'], ['HLS', 'm3u8', 'hls'], ['DASH', 'mpd', 'dash'],
                 ['WebRTC', 'webrtc', 'rtc']]

/* [{ name, url, plays, isSure }]: plays: the player of this page plays it; isSure: the server is known to serve it. */
export function playLinks(stream, vhost, ports) {
  const links = [{ name: 'RTMP', url: rtmpUrl(location, new URLSearchParams(ports), `${stream.app}/${stream.name}${onVhost(vhost)}`), isSure: true }]
  for (const [name, format, feature] of FORMATS) {
    if (feature && vhost?.id && !vhost[feature]?.enabled)
      continue
    links.push({ name, url: streamUrl({ origin: format === 'webrtc' ? apiOrigin() : httpOrigin(ports) }, stream, vhost?.name, format), plays: true,
                 isSure: Boolean(feature && vhost?.id) })
  }
  return links
}
