/** The time that a request takes to the venue, and a report takes back. */
import { Random } from '../../transport/random.ts'

export interface Latency {
  /** In ms of event time. */
  readonly latencyMs: number
  /** The longest time. Without it, and below `latencyMs`, each way takes `latencyMs`. */
  readonly latencyMaxMs?: number | undefined
}

/**
 * Returns the time that something takes. It is drawn from what stands for it in the log, so it is the same after a kill, and however often
 * it is sent.
 */
export function latencyOf({ latencyMs, latencyMaxMs = latencyMs }: Latency, what: string): number {
  if (latencyMaxMs <= latencyMs) return latencyMs
  let hash = 0
  for (const letter of what) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0
  return latencyMs + Math.floor(new Random(hash).next() * (latencyMaxMs - latencyMs + 1))
}
