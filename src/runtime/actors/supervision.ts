/** What happens to an actor whose machine threw. The failed turn is undone in every case (law 8). */
export type Supervision =
  /** It goes on as if the message had not come. */
  | { readonly strategy: 'resume' }
  /** It begins anew from its input, after a wait that doubles with each failure in a row. */
  | { readonly strategy: 'restart'; readonly backoff?: Backoff }
  | { readonly strategy: 'stop' }
  /** It takes nothing more until somebody publications it. */
  | { readonly strategy: 'quarantine' }
  /** As in XState: it ends with status `error` and its parent gets `xstate.error.actor.<id>`. */
  | { readonly strategy: 'escalate' }

export const STRATEGIES: readonly Supervision['strategy'][] = [
  'resume',
  'restart',
  'stop',
  'quarantine',
  'escalate',
]

export interface Backoff {
  /** Wait before the first restart. */
  readonly minMs: number
  readonly maxMs: number
  /** Restarts in a row before the actor is quarantined. */
  readonly restartsMax: number
  /** A time without failure after which the count begins anew. */
  readonly resetMs: number
}

export const DEFAULT_BACKOFF: Backoff = { minMs: 100, maxMs: 30_000, restartsMax: 10, resetMs: 60_000 }
/** Longest wait before a restart, whatever `maxMs` says: a year. It doubles, and would soon be no time any more. */
const BACKOFF_MAX_MS = 366 * 24 * 3_600_000

/** What is wrong with the waits, as a sentence; undefined when nothing is. */
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

/** Failures in a row, part of the actor's durable state. */
export interface Failures {
  readonly count: number
  readonly lastAt: number
}

export const NO_FAILURES: Failures = Object.freeze({ count: 0, lastAt: 0 })

export type Directive =
  | { readonly action: 'resume' | 'stop' | 'quarantine' | 'escalate' }
  | { readonly action: 'restart'; readonly delayMs: number }

/** Pure: the same failure at the same time is decided alike in a replay. */
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
