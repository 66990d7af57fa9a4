// @ts-check
/** The runner's HTTP API and its inspection socket, as the page uses them. */

/** @param {string} path @returns {Promise<any>} */
export async function get(path) {
  return answerOf(path, await fetch(path))
}

/** @param {string} path @param {object} body @returns {Promise<any>} */
export async function post(path, body) {
  const headers = { 'content-type': 'application/json' }
  return answerOf(path, await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }))
}

/** @param {string} path @param {Response} response */
async function answerOf(path, response) {
  const body = await response.json()
  if (!response.ok) throw new Error(body.detail ?? `${response.status} ${path}`)
  return body
}

/** @param {string} address */
export const actorPath = (address) => `/actors/${address.split('/').map(encodeURIComponent).join('/')}`

/** Every actor, page by page. */
export async function* allActors() {
  let after
  do {
    const page = await get(`/actors?limit=1000${after ? `&after=${encodeURIComponent(after)}` : ''}`)
    yield page.actors
    after = page.next
  } while (after)
}

const BACKOFF_MIN_MS = 250
const BACKOFF_MAX_MS = 5_000

/**
 * Opens a socket that reconnects. `onState` gets the state and the reason of a close, if there is one; `onFrame` gets every frame.
 * @param {{ onState: (state: 'connected' | 'disconnected', reason: string) => void, onFrame: (frame: any) => void, watching: () => string[] }} handlers
 */
export function connect({ onState, onFrame, watching }) {
  let backoffMs = BACKOFF_MIN_MS
  /** @type {WebSocket} */
  let socket
  const watch = () => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ op: 'watch', actors: watching() }))
  }
  const open = () => {
    socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/inspect`)
    socket.onopen = () => {
      backoffMs = BACKOFF_MIN_MS
      watch()
      onState('connected', '')
    }
    socket.onmessage = ({ data }) => onFrame(JSON.parse(data))
    socket.onclose = ({ reason }) => {
      onState('disconnected', reason)
      setTimeout(open, backoffMs)
      backoffMs = Math.min(BACKOFF_MAX_MS, backoffMs * 2)
    }
  }
  open()
  return { watch }
}
