/*
 * The server's addresses, derived from the address of this page.
 */

/* The address of the stream in the page's parameters: ?url=, or ?server= &port= &schema= &vhost= &app= &stream= of old links. */
export function streamUrlFromQuery(query, page) {
  if (query.has('url'))
    return query.get('url')
  if (!query.has('stream'))
    return null
  const secure = (query.get('schema') ?? page.protocol.replace(':', '')) === 'https'
  const host = query.get('server') ?? page.hostname
  const port = query.get('port') ?? (query.has('server') ? (secure ? '8088' : '8080') : page.port)
  const app = query.get('app') ?? 'live'
  const stream = query.get('stream')
  const file = /\.(flv|ts|mp4|m3u8|mpd|aac|mp3)$/.test(stream) ? stream : `${stream}.flv`
  const url = new URL(`${secure ? 'https' : 'http'}://${bracketed(host)}${port ? `:${port}` : ''}`)
  url.pathname = [app, file].map(escapePath).join('/')
  for (const [name, value] of query)
    if (!['server', 'port', 'schema', 'app', 'stream', 'autostart', 'api', 'rtmp', 'url'].includes(name))
      url.searchParams.append(name, value)
  return url.href
}

/* The HTTP-FLV address of webrtc://HOST/APP/STREAM?…, on the port of this page if it is on this host. */
export function streamUrlOfWebrtc(address, page) {
  const url = new URL(address.replace(/^webrtc:/, 'http:'))
  const secure = page.protocol === 'https:'
  const port = url.hostname === page.hostname ? page.port : secure ? '8088' : '8080'
  return `${page.protocol}//${url.hostname}${port ? `:${port}` : ''}${url.pathname}.flv${url.search}`
}

/* The address of a stream in the API's list, in one of the formats. */
export function streamUrl(page, stream, vhostName, format) {
  const webSocket = format === 'ws-flv'
  const url = new URL(page.origin)
  url.pathname = `${escapePath(stream.app)}/${escapePath(stream.name)}.${webSocket ? 'flv' : format}`
  if (vhostName && vhostName !== '__defaultVhost__')
    url.searchParams.set('vhost', vhostName)
  return webSocket ? url.href.replace(/^http/, 'ws') : url.href
}

/* Possible origins of the API: the one of ?api=, or this page's and the usual port of the same host. */
export function apiOrigins(page, query) {
  if (query.has('api')) {
    const api = query.get('api')
    return [/^https?:/.test(api) ? new URL(api).origin : `${page.protocol}//${api}`]
  }
  const usual = page.protocol === 'https:' ? '1990' : '1985'
  return [page.origin, `${page.protocol}//${bracketed(page.hostname)}:${usual}`]
}

/* The RTMP address of a stream. The server does not tell its RTMP port: it is the usual one, unless ?rtmp= names another. */
export function rtmpUrl(page, query, path) {
  const port = query.get('rtmp')
  return `rtmp://${bracketed(page.hostname)}${port ? `:${port}` : ''}/${path}`
}

function bracketed(host) {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

function escapePath(text) {
  return text.split('/').map(encodeURIComponent).join('/')
}
