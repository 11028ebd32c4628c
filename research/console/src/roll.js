/*
 * A long list of the API (streams, clients), read in pages and sparingly: all of it now and then, less often the longer it is,
 * and in between only the part that is on the screen.
 */
import { useRef, useState } from 'preact/hooks'
import { api } from './api.js'
import { useTurns } from './poll.js'

const PAGE = 500
const MEMBERS_MAX = 20000 /* that the console keeps */
const TURN_MS = 3000
const WHOLE_MS_PER_MEMBER = 15 /* 1,000 members: all of them every 15 s */
const SLOWEST_MS = 30000

const page = (kind, start, count) => api(`${kind}/?start=${start}&count=${count}`).then(body => body[kind])

async function readWhole(kind) {
  const all = new Map() /* by id: a member may move to the next page while the pages are read */
  for (let start = 0; start < MEMBERS_MAX; start += PAGE) {
    const members = await page(kind, start, PAGE)
    for (const member of members)
      all.set(member.id, member)
    if (members.length < PAGE)
      break
  }
  return [...all.values()]
}

/* The members with those of `part` replaced, which stand at `start`; null if they are not the same members any more. */
function patched(members, start, part) {
  const isSame = part.every((member, i) => members[start + i]?.id === member.id)
  return isSame && start + part.length <= members.length ? members.toSpliced(start, part.length, ...part) : null
}

/*
 * { members, error, look, again }. look(from, to) says which members are on the screen, by their places in the whole list; null: no
 * such range.
 */
export function useRoll(kind) {
  const [state, setState] = useState({ members: null })
  const [turn, setTurn] = useState(0)
  const now = useRef({ members: null, readAt: -Infinity, range: null, failures: 0 })

  async function refresh() {
    const { members, readAt, range } = now.current
    const isDue = !members || performance.now() - readAt >= Math.max(TURN_MS, members.length * WHOLE_MS_PER_MEMBER) - TURN_MS / 2
    let found = null
    if (!isDue && !range)
      return
    if (!isDue)
      found = patched(members, range[0], await page(kind, range[0], range[1] - range[0]))
    if (!found) {
      found = await readWhole(kind)
      now.current.readAt = performance.now()
    }
    now.current.members = found
    setState({ members: found })
  }

  useTurns(async () => {
    try {
      await refresh()
      now.current.failures = 0
    } catch (error) {
      now.current.failures++
      setState({ members: now.current.members, error })
    }
    return Math.min(SLOWEST_MS, TURN_MS << Math.min(now.current.failures, 8))
  }, TURN_MS, [kind, turn])

  return {
    ...state,
    look: (from, to) => { now.current.range = from === null || to <= from ? null : [from, to] },
    again: () => {
      now.current.readAt = -Infinity
      setTurn(n => n + 1)
    },
  }
}
