/* The page of one player over WebRTC: the stream is in the page's address, or typed in. */
import { rtcAddress } from './address.js'
import { Player } from './player.js'

const query = new URLSearchParams(location.search)
const player = new Player(document.getElementById('player'))

player.address.value = rtcAddress(query, location)
if ((query.has('url') || query.has('stream')) && query.get('autostart') !== 'false')
  player.play(player.address.value)
