/** When a thread counts as standing still: pure. */
import type { Work } from './at-work.ts'

export interface StallLimits {
  /** Milliseconds without progress after which the thread counts as hung. */
  readonly limitMs: number
  /** The same once somebody has asked the process to end. */
  readonly signalledMs: number
}

export interface Stall {
  readonly progress: string
  readonly stalledMs: number
  /** Beats of the thread when a signal came that it may not have heard yet. */
  readonly signalledAt?: number | undefined
}

export const NO_STALL: Stall = { progress: '', stalledMs: 0 }

/** Beats after which the thread has heard a signal: the second one comes after its event loop has looked for signals. */
const HEARD_BEATS = 2

/**
 * The stall after another look. A process that was suspended as a whole does not count as hung: the time between two
 * looks counts for twice the time at most that was meant to be between them.
 */
export function nextStall(was: Stall, work: Work, passedMs: number, everyMs: number): Stall {
  const { progress, isDebugged, beats } = work
  const isHeard = was.signalledAt === undefined || beats >= was.signalledAt + HEARD_BEATS
  const signalledAt = isHeard ? undefined : was.signalledAt
  const isStalled = !isDebugged && progress === was.progress
  const stalledMs = isStalled ? was.stalledMs + Math.min(passedMs, 2 * everyMs) : 0
  return { progress, stalledMs, signalledAt }
}

/** The stall after a signal has come. */
export function signalled(was: Stall, { beats }: Work): Stall {
  return { ...was, signalledAt: beats }
}

export function isHung({ stalledMs, signalledAt }: Stall, { limitMs, signalledMs }: StallLimits): boolean {
  return stalledMs >= (signalledAt === undefined ? limitMs : Math.min(signalledMs, limitMs))
}
