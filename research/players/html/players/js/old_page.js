/* A page of SRS that cannot do here what it did: it says why, and leads to the player with the stream of its parameters. */
import { streamUrlFromQuery, streamUrlOfWebrtc } from './address.js'

const query = new URLSearchParams(location.search)

function playerQuery() {
  const address = query.get('url')
  if (address?.startsWith('webrtc:'))
    return new URLSearchParams({ url: streamUrlOfWebrtc(address, location) })
  if (address && /^(https?|wss?):/.test(address))
    return new URLSearchParams({ url: address })
  /* The port and the schema of a WebRTC page are those of the API. */
  for (const name of ['url', 'port', 'schema', 'api', 'eip', 'candidate'])
    query.delete(name)
  if (query.get('server') === location.hostname)
    query.delete('server')
  const url = streamUrlFromQuery(query, location)
  return new URLSearchParams(url ? { url } : {})
}

document.querySelector('a[href="srs_player.html"]').href = `srs_player.html?${playerQuery()}`
