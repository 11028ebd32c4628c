/*
 * The HTTP API of the server: where it is, who asks, and one request.
 *
 * The browser's own password dialog never comes: requests carry no credentials of the browser, and the field Authorization is
 * written here. User and password live as long as the tab.
 */
import { apiOrigins } from '../../players/html/players/js/address.js'
import { query } from './settings.js'

const PATIENCE_MS = 15000 /* for one reply */
const KEY = 'srs-console-login'

export class ApiError extends Error {
  constructor(kind, detail) {
    super(detail)
    this.kind = kind /* 'login', 'network', 'status', 'code' */
  }
}

let origin = null
let login = sessionStorage.getItem(KEY)

export function logIn(user, password) {
  const bytes = new TextEncoder().encode(`${user}:${password}`)
  login = btoa(String.fromCharCode(...bytes))
  sessionStorage.setItem(KEY, login)
}

export function logOut() {
  login = null
  sessionStorage.removeItem(KEY)
}

export const isLoggedIn = () => login !== null

/* The origin of the API that has answered; null before. */
export const apiOrigin = () => origin

/* A link must not send the password to another host. */
const isOwnHost = base => URL.canParse(base) && new URL(base).hostname === location.hostname

function candidates() {
  /* Links to SRS's console name the port of the API behind the #. */
  const port = new URLSearchParams(location.hash.split('?')[1]).get('port')
  const old = port && /^\d+$/.test(port) ? [`${location.protocol}//${location.hostname}:${port}`] : []
  const named = apiOrigins(location, query).filter(isOwnHost)
  return [...new Set([...old, ...(named.length ? named : apiOrigins(location, new URLSearchParams()))])]
}

async function request(base, path, options) {
  let reply
  try {
    reply = await fetch(`${base}/api/v1/${path}`, {
      ...options, cache: 'no-store', credentials: 'omit', headers: login ? { Authorization: `Basic ${login}` } : {},
    })
  } catch {
    throw new ApiError('network', base)
  }
  if (reply.status === 401)
    throw new ApiError('login', '401')
  return reply
}

/* Ask one origin. Returns the object of the reply. */
async function ask(base, path, method = 'GET', sent) {
  const reply = await request(base, path, { method, body: sent && JSON.stringify(sent), signal: AbortSignal.timeout(PATIENCE_MS) })
  const body = await reply.json().catch(() => null)
  if (body === null || (!reply.ok && typeof body.code !== 'number'))
    throw new ApiError('status', `HTTP ${reply.status}`)
  if (body.code !== 0)
    throw new ApiError('code', [!reply.ok && `HTTP ${reply.status}`, `code ${body.code}`, body.msg ?? body.message].filter(Boolean).join(', '))
  return body
}

async function find() {
  let failure
  for (const base of candidates())
    try {
      await ask(base, 'streams/?count=1')
      return base
    } catch (error) {
      if (error.kind === 'login')
        return base
      failure = error
    }
  throw failure
}

/* GET, or another method with an object as its body. */
export async function api(path, method, sent) {
  origin ??= await find()
  return ask(origin, path, method, sent)
}

/* The picture at a path as a Blob; null if there is none. */
export async function apiPicture(path) {
  origin ??= await find()
  const reply = await request(origin, path, { signal: AbortSignal.timeout(PATIENCE_MS) })
  return reply.ok ? reply.blob() : null
}

/* Opens a reply that does not end by itself; returns its bytes as a ReadableStream. */
export async function apiStream(path, signal) {
  origin ??= await find()
  const reply = await request(origin, path, { signal })
  if (!reply.ok)
    throw new ApiError('status', `HTTP ${reply.status}`)
  return reply.body
}
