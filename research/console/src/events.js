/*
 * The server's events as they come: Server-Sent Events (WHATWG HTML, 9.2) over fetch(), since an EventSource cannot send a password.
 */
import { apiStream } from './api.js'

const AGAIN_MS = 3000
const HELD_MAX = 1 << 20 /* characters without the end of an event */

const pause = (ms, signal) => new Promise(resolve => {
  const timer = setTimeout(resolve, ms)
  signal.addEventListener('abort', () => { clearTimeout(timer); resolve() })
})

/* "event: NAME" and "data: JSON" lines of one event; null: a comment, or nothing that is known. */
function parse(block) {
  let name = 'message'
  const data = []
  for (const line of block.split('\n')) {
    const [, field, value] = /^(event|data): ?(.*)$/.exec(line) ?? []
    if (field === 'event')
      name = value
    else if (field === 'data')
      data.push(value)
  }
  try {
    return data.length ? { name, data: JSON.parse(data.join('\n')) } : null
  } catch {
    return null
  }
}

async function readOnce(onEvent, onState, signal) {
  const stream = await apiStream('events', signal)
  onState(null)
  let held = ''
  for (const reader = stream.pipeThrough(new TextDecoderStream()).getReader(); ;) {
    const { done, value } = await reader.read()
    if (done)
      return
    const blocks = (held + value).split('\n\n')
    held = blocks.pop().slice(-HELD_MAX)
    for (const block of blocks) {
      const event = parse(block)
      if (event)
        onEvent(event)
    }
  }
}

/* Listen until `signal` is aborted. onEvent({ name, data }); onState(null) when connected, onState(error) when not. */
export async function listen(onEvent, onState, signal) {
  while (!signal.aborted) {
    try {
      await readOnce(onEvent, onState, signal)
    } catch (error) {
      if (!signal.aborted)
        onState(error)
    }
    await pause(AGAIN_MS, signal)
  }
}
