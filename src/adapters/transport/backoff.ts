const MIN_MS = 250
const MAX_MS = 30_000

/** Returns how long to wait before a try, twice as long after each one, and with jitter so that many clients do not come back at once. */
export function backoffMs(attempt: number): number {
  return (0.5 + Math.random() / 2) * Math.min(MAX_MS, MIN_MS * 2 ** attempt)
}
