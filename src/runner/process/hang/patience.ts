/**
 * Decides how long to wait for the main thread once it is asked something. It is pure. Waits count in looks and not by
 * the clock, so that a slow or suspended machine does not change how a run ends.
 */

/** The state of the main thread at a look. */
export interface Seen {
  /** True when the thread sleeps in a call of the system, false when it has work, undefined when nobody knows. */
  readonly sleeps: boolean | undefined
  /** True from when the thread has begun to end the process. It sleeps then, too: it waits for other threads. */
  readonly isEnding: boolean
}

export interface Patience {
  readonly looks: number
  /** Number of the last looks at which the thread slept. */
  readonly asleep: number
  readonly isEnding: boolean
}

export const PATIENT: Patience = { looks: 0, asleep: 0, isEnding: false }

/** Interval of the looks. */
export const LOOK_EVERY_MS = 100
/** A thread that sleeps for 3 s is in a call of the system. Nothing interrupts that. */
const ASLEEP_MAX = 3_000 / LOOK_EVERY_MS
/** A thread that has work answers between two steps of its loop, as soon as it gets a processor. */
const LOOKS_MAX = 30_000 / LOOK_EVERY_MS

export function nextPatience(was: Patience, { sleeps, isEnding }: Seen): Patience {
  const asleep = sleeps === true && !isEnding ? was.asleep + 1 : 0
  // A thread that begins to end has made progress.
  const looks = isEnding && !was.isEnding ? 0 : was.looks + 1
  return { looks, asleep, isEnding }
}

/** Returns whether the thread counts as one that nothing can interrupt. */
export function isOver({ looks, asleep }: Patience): boolean {
  return asleep >= ASLEEP_MAX || looks >= LOOKS_MAX
}
