/** The strategy for an actor whose machine threw. The failed turn is undone in every case (law 8). */
export type Supervision =
  /** The actor goes on as if the message had not come. */
  | { readonly strategy: 'resume' }
  /** The actor starts over from its input, after a wait that doubles with each failure in a row. */
  | { readonly strategy: 'restart'; readonly backoff?: Backoff }
  | { readonly strategy: 'stop' }
  /** The actor takes no messages until it is released. */
  | { readonly strategy: 'quarantine' }
  /** The actor ends with status `error`, and its parent gets `xstate.error.actor.<id>`, as in XState. */
  | { readonly strategy: 'escalate' }

export const STRATEGIES: readonly Supervision['strategy'][] = [
  'resume',
  'restart',
  'stop',
  'quarantine',
  'escalate',
]

export interface Backoff {
  /** The wait before the first restart. */
  readonly minMs: number
  readonly maxMs: number
  /** Maximum restarts in a row. After them the actor is quarantined. */
  readonly restartsMax: number
  /** The time without a failure after which the count starts again. */
  readonly resetMs: number
}

export const DEFAULT_BACKOFF: Backoff = { minMs: 100, maxMs: 30_000, restartsMax: 10, resetMs: 60_000 }
/**
 * Maximum wait before a restart, whatever `maxMs` says: a year. The wait doubles, and would soon be too large for a
 * time.
 */
const BACKOFF_MAX_MS = 366 * 24 * 3_600_000

/** Returns the fault of the waits as a sentence, or undefined when there is none. */
export function backoffFault({ minMs, maxMs, restartsMax, resetMs }: Partial<Backoff>): string | undefined {
  for (const [name, value] of Object.entries({ minMs, maxMs, restartsMax, resetMs })) {
    if (value === undefined || (typeof value === 'number' && value >= 0)) continue
    return `the backoff's ${name} is ${value}, which is no number of at least 0`
  }
  return minMs === Number.POSITIVE_INFINITY
    ? "the backoff's minMs is Infinity: it would never restart"
    : undefined
}

export const DEFAULT_SUPERVISION: Supervision = { strategy: 'resume' }
export const DEFAULT_CHILD_SUPERVISION: Supervision = { strategy: 'escalate' }

/** The failures in a row. They are part of the actor's durable state. */
export interface Failures {
  readonly count: number
  readonly lastAt: number
}

export const NO_FAILURES: Failures = Object.freeze({ count: 0, lastAt: 0 })

export type Directive =
  | { readonly action: 'resume' | 'stop' | 'quarantine' | 'escalate' }
  | { readonly action: 'restart'; readonly delayMs: number }

/** Returns the directive for a failure. It is pure: a replay decides the same failure at the same time alike. */
export function decide(
  supervision: Supervision,
  was: Failures,
  at: number,
): { directive: Directive; failures: Failures } {
  const backoff = {
    ...DEFAULT_BACKOFF,
    ...(supervision.strategy === 'restart' ? supervision.backoff : undefined),
  }
  const count = (at - was.lastAt > backoff.resetMs ? 0 : was.count) + 1
  const failures = Object.freeze({ count, lastAt: at })
  if (supervision.strategy !== 'restart') return { directive: { action: supervision.strategy }, failures }
  if (count > backoff.restartsMax) return { directive: { action: 'quarantine' }, failures }
  const delayMs = Math.min(backoff.maxMs, BACKOFF_MAX_MS, backoff.minMs * 2 ** (count - 1))
  return { directive: { action: 'restart', delayMs }, failures }
}
