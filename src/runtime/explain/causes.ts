/** Follows a record back to the message from outside that began it. */
import type { Interruptible, Store } from '../../../store/store.ts'
import type { TransitionRecord } from '../record/record.ts'

/** Maximum number of records in a chain of causes. */
export const CAUSES_MAX = 100

/** The timer that a record consumed. The record's cause is the record that set it. */
export interface FiredTimer {
  readonly id: string
  /** Epoch ms. Absent when the record that set the timer does not have it, as after a migration. */
  readonly dueAt?: number
}

export interface Causes {
  /** The records before, the first one first. The last one is the cause of the record itself. */
  readonly chain: readonly TransitionRecord[]
  /**
   * Why the chain does not reach a message from outside: it has CAUSES_MAX records, or its first record is of a timer
   * that sets itself again and again.
   */
  readonly endsBy?: 'length' | 'timer'
}

/** Returns the chain of causes. `log` has today's names. @throws READ_ABORTED, STORE_CORRUPT */
export async function causesOf(
  log: Store<TransitionRecord>,
  record: TransitionRecord,
  options: Interruptible = {},
): Promise<Causes> {
  const chain: TransitionRecord[] = []
  for (let last = record; last.cause !== null; ) {
    if (chain.length === CAUSES_MAX) return { chain, endsBy: 'length' }
    const cause = await recordAt(log, last.cause, options)
    if (cause === undefined) break
    chain.unshift(cause)
    if (repeats(last, cause)) return { chain, endsBy: 'timer' }
    last = cause
  }
  return { chain }
}

/** Returns whether both records are of a timer that the actor sets again each time. */
export function repeats(record: TransitionRecord, cause: TransitionRecord): boolean {
  return record.timer !== undefined && record.timer === cause.timer && record.actor === cause.actor
}

/** Returns the timer that the record consumed. `cause` is the record's cause. */
export function firedTimer(
  { timer: id }: TransitionRecord,
  cause: TransitionRecord | undefined,
): FiredTimer | undefined {
  if (id === undefined) return undefined
  const dueAt = cause?.scheduled?.find((timer) => timer.id === id)?.dueAt
  return dueAt === undefined ? { id } : { id, dueAt }
}

/** Returns the record of a seq, or undefined when there is none. */
export async function recordAt(
  log: Store<TransitionRecord>,
  seq: number,
  options: Interruptible = {},
): Promise<TransitionRecord | undefined> {
  for await (const record of log.read({ ...options, fromSeq: seq, toSeq: seq })) return record
  return undefined
}
