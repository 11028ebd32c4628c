/*
 * Reads playlists and MPDs with parsers from npm. In: a JSON array of { kind: 'hls' | 'mpd', text, url } on standard input. Out: for
 * each the facts that every parser found, under its name. NODE_PATH leads to the packages.
 */
'use strict'
const { Parser } = require('m3u8-parser')
const hlsParser = require('hls-parser')
const mpdParser = require('mpd-parser')

function byM3u8Parser(text) {
  const parser = new Parser(), complaints = []
  for (const event of ['warn', 'error'])
    parser.on(event, what => complaints.push(what.message))
  parser.push(text)
  parser.end()
  const m = parser.manifest
  if (m.playlists)
    return { complaints, variants: m.playlists.map(p => ({ uri: p.uri, bandwidth: p.attributes.BANDWIDTH, codecs: p.attributes.CODECS ?? null })) }
  const isOpen = s => !s.uri
  return {
    complaints, target: m.targetDuration, sequence: m.mediaSequence, discontinuity: m.discontinuitySequence, ended: Boolean(m.endList),
    segments: m.segments.filter(s => !isOpen(s)).map(s => ({
      uri: s.uri, duration: s.duration, discontinuity: s.timeline, map: s.map?.uri ?? null, key: s.key?.uri ?? null,
      parts: (s.parts ?? []).map(p => p.uri) })),
    open: [...m.segments.filter(isOpen), ...(m.preloadSegment ? [m.preloadSegment] : [])].flatMap(s => (s.parts ?? []).map(p => p.uri)),
  }
}

function byHlsParser(text) {
  const complaints = []
  const error = console.error
  console.error = (...words) => complaints.push(words.join(' '))
  try {
    const p = hlsParser.parse(text)
    if (p.isMasterPlaylist)
      return { complaints, variants: p.variants.filter(v => !v.isIFrameOnly).map(v => ({ uri: v.uri, bandwidth: v.bandwidth, codecs: v.codecs ?? null })) }
    const whole = p.segments.filter(s => s.uri)
    return {
      complaints, target: p.targetDuration, sequence: p.mediaSequenceBase ?? 0, discontinuity: p.discontinuitySequenceBase ?? 0, ended: p.endlist,
      segments: whole.map(s => ({
        uri: s.uri, duration: s.duration, discontinuity: s.discontinuitySequence, map: s.map?.uri ?? null, key: s.key?.uri ?? null,
        parts: s.parts.map(part => part.uri) })),
      open: p.segments.filter(s => !s.uri).flatMap(s => s.parts.filter(part => !part.hint).map(part => part.uri)),
    }
  } finally {
    console.error = error
  }
}

function byMpdParser(text, url) {
  const complaints = []
  const m = mpdParser.parse(text, { manifestUri: url, eventHandler: ({ message }) => complaints.push(message) })
  const groups = Object.values(m.mediaGroups.AUDIO).flatMap(group => Object.values(group)).flatMap(entry => entry.playlists)
  const lists = [...m.playlists, ...groups]
  return {
    complaints, isLive: !lists.some(p => p.endList),
    representations: Object.fromEntries(lists.map(p => [p.attributes.NAME, {
      bandwidth: p.attributes.BANDWIDTH, codecs: p.attributes.CODECS, sequence: p.mediaSequence,
      segments: p.segments.map(s => ({ uri: s.resolvedUri, duration: s.duration, start: s.presentationTime, map: s.map?.resolvedUri })),
    }])),
  }
}

function facts({ kind, text, url }) {
  const parsers = kind === 'mpd' ? { 'mpd-parser': byMpdParser } : { 'm3u8-parser': byM3u8Parser, 'hls-parser': byHlsParser }
  return Object.fromEntries(Object.entries(parsers).map(([name, parse]) => {
    try {
      return [name, parse(text, url)]
    } catch (error) {
      return [name, { error: String(error.message) }]
    }
  }))
}

const chunks = []
process.stdin.on('data', chunk => chunks.push(chunk))
process.stdin.on('end', () => {
  const asked = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  process.stdout.write(JSON.stringify(asked.map(facts)))
})
