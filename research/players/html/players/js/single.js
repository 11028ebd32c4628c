/* The page of one player: the stream is in the page's address, or typed in. */
import { streamUrlFromQuery } from './address.js'
import { Player } from './player.js'

const query = new URLSearchParams(location.search)
const player = new Player(document.getElementById('player'))
const url = streamUrlFromQuery(query, location)

player.address.value = url ?? new URL('/live/livestream.flv', location.href).href
if (url && query.get('autostart') !== 'false')
  player.play(url)
