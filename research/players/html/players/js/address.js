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

/* The webrtc: address of the stream in a page's parameters: ?url=, or ?vhost= &app= &stream= of old links, and what else they name. */
export function rtcAddress(query, page) {
  if (query.get('url')?.startsWith('webrtc:'))
    return query.get('url')
  const url = new URL(`http://${bracketed(query.get('server') ?? page.hostname)}`)
  url.pathname = [query.get('app') ?? 'live', query.get('stream') ?? 'livestream'].map(escapePath).join('/')
  for (const [name, value] of query)
    if (!['server', 'port', 'schema', 'app', 'stream', 'autostart', 'api', 'rtmp', 'url'].includes(name))
      url.searchParams.append(name, value)
  return url.href.replace(/^http:/, 'webrtc:')
}

/* Where a session for such an address may be asked for: `action` is whip or whep. */
export function rtcEndpoints(page, query, address, action) {
  const stream = new URL(address.replace(/^webrtc:/, 'http:'))
  const path = stream.pathname.split('/').filter(Boolean).map(decodeURIComponent)
  const host = stream.hostname.replace(/^\[|\]$/g, '')
  const named = query.has('port') ? { port: query.get('port'), scheme: query.get('schema') } : stream.port ? { port: stream.port } : null
  const scheme = named?.scheme === 'https' || (!named?.scheme && page.protocol === 'https:') ? 'https' : 'http'
  const origins = named && !query.has('api') ? [`${scheme}://${bracketed(host)}:${named.port}`]
    : apiOrigins({ protocol: page.protocol, hostname: host, origin: host === page.hostname ? page.origin : null }, query)
  return origins.filter(Boolean).map(origin => {
    const url = new URL(`/rtc/v1/${action}/`, origin)
    url.searchParams.set('app', path.slice(0, -1).join('/') || 'live')
    url.searchParams.set('stream', path.at(-1) ?? 'livestream')
    for (const [name, value] of stream.searchParams)
      url.searchParams.append(name, value)
    return url.href.replaceAll('+', '%20') /* The server takes a '+' as it stands. */
  })
}

/* The HTTP-FLV address of webrtc://HOST/APP/STREAM?…, on the port of this page if it is on this host. */
export function streamUrlOfWebrtc(address, page) {
  const url = new URL(address.replace(/^webrtc:/, 'http:'))
  const secure = page.protocol === 'https:'
  const port = url.hostname === page.hostname ? page.port : secure ? '8088' : '8080'
  return `${page.protocol}//${url.hostname}${port ? `:${port}` : ''}${url.pathname}.flv${url.search}`
}

const SCHEMES = { 'ws-flv': ['.flv', /^http/, 'ws'], webrtc: ['', /^https?/, 'webrtc'] }

/* The address of a stream in the API's list, in one of the formats. `page` has the origin: for webrtc that of the API, which opens sessions. */
export function streamUrl(page, stream, vhostName, format) {
  const [extension, http, scheme] = SCHEMES[format] ?? [`.${format}`]
  const url = new URL(page.origin)
  url.pathname = `${escapePath(stream.app)}/${escapePath(stream.name)}${extension}`
  if (vhostName && vhostName !== '__defaultVhost__')
    url.searchParams.set('vhost', vhostName)
  return http ? url.href.replace(http, scheme) : url.href
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
