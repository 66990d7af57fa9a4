/**
 * How much memory the process has taken since the main thread got on last: pure. A step that fills the memory ends the process
 * without a word, by V8 or by the system, so it has to be noted before.
 */

export interface Growth {
  /** Changes whenever the main thread gets on. */
  readonly progress: string
  /** Bytes that the process had in memory at the last look before that, or less: what it took since may be of this step. */
  readonly from: number
  /** Bytes at the last look. */
  readonly inMemory: number
  /** Bytes since then, at most. */
  readonly grown: number
}

/** `inMemory`: bytes that the process had before anything of a user's ran. */
export function noGrowth(inMemory: number): Growth {
  return { progress: '', from: inMemory, inMemory, grown: 0 }
}

/** Bytes in one step that no strategy needs, and a fraction of what a process may have. */
const FILLS_FROM = 128 * 2 ** 20

/** The growth after another look. A step counts from its second look on: a short one may come at the end of others. */
export function nextGrowth(was: Growth, progress: string, inMemory: number): Growth {
  if (progress !== was.progress)
    return { progress, from: Math.min(was.inMemory, inMemory), inMemory, grown: 0 }
  return { ...was, inMemory, grown: Math.max(was.grown, inMemory - was.from) }
}

export function fillsMemory({ grown }: Growth): boolean {
  return grown >= FILLS_FROM
}

/** What the next start is told when the process ended there. */
export function fillsText({ grown }: Growth, actor: string, event: string): string {
  const megabytes = Math.round(grown / 2 ** 20)
  return `the process ended while ${actor} was at work on ${event} and had taken ${megabytes} MiB of memory for it`
}
