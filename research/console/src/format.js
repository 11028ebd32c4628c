/* Numbers and times as people read them. The same in both languages. */

export function kbps(n) {
  return n >= 1e6 ? `${(n / 1e6).toFixed(2)} Gbit/s` : n >= 1000 ? `${(n / 1000).toFixed(1)} Mbit/s` : `${Math.round(n)} kbit/s`
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

export function bytes(n) {
  let unit = 0
  while (n >= 1024 && unit < UNITS.length - 1) {
    n /= 1024
    unit++
  }
  return `${unit ? n.toFixed(n < 10 ? 2 : 1) : n} ${UNITS[unit]}`
}

export function percent(share) {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
}

/* 75 is 1:15, 90061 is 1d 01:01:01. */
export function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds))
  const two = n => String(n).padStart(2, '0')
  const days = Math.floor(s / 86400), hours = Math.floor(s / 3600) % 24, minutes = Math.floor(s / 60) % 60
  const clock = days || hours ? `${days ? two(hours) : hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`
  return days ? `${days}d ${clock}` : clock
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/* The time of day of a time in ms since 1970. */
export const timeOfDay = ms => CLOCK.format(ms)

/* 2026-11-30 20:05:42 */
export const dateTime = ms => new Date(ms).toLocaleString('sv-SE')

export function videoText(video) {
  if (!video)
    return '–'
  const size = video.width ? `${video.width}×${video.height}` : ''
  return [video.codec, size, video.fps ? `${+video.fps.toFixed(1)} fps` : ''].filter(Boolean).join(' ')
}

export function audioText(audio) {
  return audio ? `${audio.codec} ${audio.sample_rate / 1000} kHz ${audio.channel} ch` : '–'
}
