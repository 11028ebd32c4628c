/* What is kept of a stream (`hls_timeshift`), as its playlists of the past tell. Moments are milliseconds since 1970. */

/* The address of the playlist that begins at a moment. */
export function pastUrl(url, ms) {
  const past = new URL(url, location.href)
  past.searchParams.set('start', (ms / 1000).toFixed(3))
  return past.href
}

async function textOf(url) {
  const reply = await fetch(url, { cache: 'no-store', credentials: 'omit' })
  return { status: reply.status, text: reply.ok ? await reply.text() : '' }
}

/* The beginning and the end of what is kept from a moment on: { status, first, last }. */
export async function findSpan(url, fromMs) {
  const past = pastUrl(url, fromMs)
  let found = await textOf(past)
  const variant = /^#EXT-X-STREAM-INF:.*\n(.+)/m.exec(found.text)
  if (variant)
    found = await textOf(new URL(variant[1], past))
  return { status: found.status, ...spanOf(found.text) }
}

function spanOf(playlist) {
  let first, last
  for (const [, date, length] of playlist.matchAll(/^#EXT-X-PROGRAM-DATE-TIME:(.+)|^#EXTINF:([\d.]+)/gm))
    if (date)
      first = Math.min(first ?? Infinity, last = Date.parse(date))
    else
      last += length * 1000
  return { first, last }
}

/* Where a moment is in what hls.js has loaded, in seconds; null: it is not there. */
export function placeOf(ms, hls) {
  const level = hls?.levels?.[Math.max(hls.currentLevel, 0)]
  for (const f of level?.details?.fragments ?? [])
    if (f.programDateTime <= ms && ms < f.programDateTime + f.duration * 1000)
      return f.start + (ms - f.programDateTime) / 1000
  return null
}
