/**
 * Computes how much memory the process has taken since the last progress of the main thread. It is pure. A step that
 * fills the memory ends the process without a message, by V8 or by the system, so it must be noted before.
 */

export interface Growth {
  /** Changes whenever the main thread makes progress. */
  readonly progress: string
  /** Bytes in memory at the look before that progress, or fewer. Memory taken since may belong to this step. */
  readonly from: number
  /** Bytes in memory at the last look. */
  readonly inMemory: number
  /** Maximum of the bytes taken since. */
  readonly grown: number
}

/** Returns the start value. `inMemory`: bytes in memory before any user's code ran. */
export function noGrowth(inMemory: number): Growth {
  return { progress: '', from: inMemory, inMemory, grown: 0 }
}

/** Bytes that no strategy needs in one step, and only a part of a process's memory. */
const FILLS_FROM = 128 * 2 ** 20

/**
 * Returns the growth after another look. A step counts from its second look on, because the first may follow shorter
 * steps.
 */
export function nextGrowth(was: Growth, progress: string, inMemory: number): Growth {
  if (progress !== was.progress)
    return { progress, from: Math.min(was.inMemory, inMemory), inMemory, grown: 0 }
  return { ...was, inMemory, grown: Math.max(was.grown, inMemory - was.from) }
}

export function fillsMemory({ grown }: Growth): boolean {
  return grown >= FILLS_FROM
}

/** Returns the text for the next start, if the process ended there. */
export function fillsText({ grown }: Growth, actor: string, event: string): string {
  const megabytes = Math.round(grown / 2 ** 20)
  return `the process ended while ${actor} was at work on ${event} and had taken ${megabytes} MiB of memory for it`
}
