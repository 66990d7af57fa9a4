/** Decides when a thread counts as hung. It is pure. */
import type { Work } from './at-work.ts'

export interface StallLimits {
  /** Milliseconds without progress after which the thread counts as hung. */
  readonly limitMs: number
  /** The limit that holds after a signal to end the process, in ms. */
  readonly signalledMs: number
}

export interface Stall {
  readonly progress: string
  readonly stalledMs: number
  /** Beats of the thread at a signal that it may not have received yet. */
  readonly signalledAt?: number | undefined
}

export const NO_STALL: Stall = { progress: '', stalledMs: 0 }

/**
 * Number of beats after which the thread has received a signal. Its event loop checks for signals before the second
 * beat.
 */
const HEARD_BEATS = 2

/**
 * Returns the stall after another look. A process that was suspended as a whole does not count as hung: the time
 * between two looks counts at most as twice the planned time.
 */
export function nextStall(was: Stall, work: Work, passedMs: number, everyMs: number): Stall {
  const { progress, isDebugged, beats } = work
  const isHeard = was.signalledAt === undefined || beats >= was.signalledAt + HEARD_BEATS
  const signalledAt = isHeard ? undefined : was.signalledAt
  const isStalled = !isDebugged && progress === was.progress
  const stalledMs = isStalled ? was.stalledMs + Math.min(passedMs, 2 * everyMs) : 0
  return { progress, stalledMs, signalledAt }
}

/** Returns the stall after a signal. */
export function signalled(was: Stall, { beats }: Work): Stall {
  return { ...was, signalledAt: beats }
}

export function isHung({ stalledMs, signalledAt }: Stall, { limitMs, signalledMs }: StallLimits): boolean {
  return stalledMs >= (signalledAt === undefined ? limitMs : Math.min(signalledMs, limitMs))
}
