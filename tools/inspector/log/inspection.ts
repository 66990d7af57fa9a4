/**
 * The WebSocket `/inspect` of the server. The page watches no actor by name, so it hears at most every 100 ms what has
 * become of those that moved, however fast they do.
 */
import type { ActorSummary, Failure } from '../../../src/client/index.ts'
import { lost } from './connection.ts'
import { comesFrom } from './log-id.ts'

const WAIT_MS_MIN = 250
const WAIT_MS_MAX = 2_000

/** News about an actor: what its listing says, but for what never changes. */
export type Activity = Pick<
  ActorSummary,
  'address' | 'value' | 'tags' | 'status' | 'condition' | 'error' | 'rev' | 'seq' | 'at'
>

export interface Listener {
  /** `isReturn`: a connection was lost before. */
  onOpen(isReturn: boolean): void
  onActivity(actors: readonly Activity[]): void
  onFailures(failures: readonly Failure[]): void
}

/** Connects, and connects again whenever the connection is lost. */
export function inspect(listener: Listener): void {
  let waitMs = WAIT_MS_MIN
  const open = () => {
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/inspect`)
    socket.onopen = () => {
      waitMs = WAIT_MS_MIN
      const isReturn = lost.peek() !== undefined
      lost.value = undefined
      socket.send(JSON.stringify({ op: 'watch', actors: [] }))
      listener.onOpen(isReturn)
    }
    socket.onmessage = ({ data }) => take(listener, String(data))
    socket.onclose = ({ reason }) => {
      // Each failed attempt ends here, too, and the connection is lost since the first.
      lost.value = { at: lost.value?.at ?? Date.now(), why: reason }
      setTimeout(open, waitMs)
      waitMs = Math.min(WAIT_MS_MAX, waitMs * 2)
    }
  }
  open()
}

type Frame =
  | { readonly type: 'outcry.activity'; readonly log: string; readonly actors: readonly Activity[] }
  | { readonly type: 'outcry.failures'; readonly failures: readonly Failure[] }

function take(listener: Listener, text: string): void {
  const frame = JSON.parse(text) as Frame
  if (frame.type === 'outcry.activity') {
    comesFrom(frame.log)
    listener.onActivity(frame.actors)
  }
  if (frame.type === 'outcry.failures') listener.onFailures(frame.failures)
}
