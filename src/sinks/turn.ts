/**
 * The turns of sinks. What one does at once holds up the thread, and with it commits. Several sinks wait for the same
 * events, so without turns they would do so one right after the other.
 */

const waiting: (() => void)[] = []

/** Resolves in a later round of the event loop, in which no other sink has its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) setImmediate(next)
  })
}

function next(): void {
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(next)
}
