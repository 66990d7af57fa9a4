/** Follows a record back to the message from outside that began it. */
import type { Interruptible, Store } from '../../../store/store.ts'
import type { TransitionRecord } from '../record/record.ts'
import { PartSize } from './bounds.ts'

/** Maximum number of records in a chain of causes. */
export const CAUSES_MAX = 100
/** Maximum number of records that are read for a chain. Most of a longer one are of one timer. */
const READ_MAX = 1_000

/** The timer that a record consumed. The record's cause is the record that set it. */
export interface FiredTimer {
  readonly id: string
  /** Epoch ms. Absent when the record that set the timer does not have it, as after a migration. */
  readonly dueAt?: number
}

export interface Cause {
  readonly record: TransitionRecord
  /**
   * The number of records between this one and the next that are left out, because the next one's timer has set itself
   * so often. 0 when this record is the cause of the next.
   */
  readonly repeats: number
}

export interface Causes {
  /** The records before, the first one first. The last one is the cause of the record itself. */
  readonly chain: readonly Cause[]
  /** False when the first record is not from outside, because the chain is too long, or because the cause was deleted. */
  readonly isWhole: boolean
  /** First seq of the log, when the cause of the first record was deleted. */
  readonly cutAt?: number
  /** The timers by which records of the chain came, and the record itself, by seq. */
  readonly timers: ReadonlyMap<number, FiredTimer>
}

/**
 * Returns the chain of causes. `log` has today's names. Of a timer that sets itself again and again, as a heartbeat
 * does, it has the first record and the last.
 * @throws READ_ABORTED, STORE_CORRUPT
 */
export async function causesOf(
  log: Store<TransitionRecord>,
  record: TransitionRecord,
  options: Interruptible = {},
): Promise<Causes> {
  const chain: Cause[] = []
  const timers = new Map<number, FiredTimer>()
  const size = new PartSize()
  let read = 0
  for (let last = record; last.cause !== null; ) {
    if (chain.length === CAUSES_MAX || read === READ_MAX || size.isFull)
      return { chain, isWhole: false, timers }
    const { firstSeq = 1 } = log.cut ?? {}
    if (last.cause < firstSeq) return { chain, isWhole: false, cutAt: firstSeq, timers }
    const cause = await recordAt(log, last.cause, options)
    if (cause === undefined) return { chain, isWhole: false, timers }
    read++
    const timer = firedTimer(last, cause)
    if (timer !== undefined) timers.set(last.seq, timer)
    const [first, next] = chain
    const isBetween =
      first !== undefined && isSameTimer(cause, last) && isSameTimer(last, next?.record ?? record)
    if (isBetween) chain[0] = { record: cause, repeats: first.repeats + 1 }
    else chain.unshift({ record: cause, repeats: 0 })
    size.add(cause)
    last = cause
  }
  return { chain, isWhole: true, timers }
}

/** Returns whether both records are of a timer of one actor with one id. */
export function isSameTimer(a: TransitionRecord, b: TransitionRecord): boolean {
  return a.timer !== undefined && a.timer === b.timer && a.actor === b.actor
}

/** Returns the timer that the record consumed. `cause` is the record's cause. */
export function firedTimer({ timer: id }: TransitionRecord, cause: TransitionRecord): FiredTimer | undefined {
  if (id === undefined) return undefined
  const dueAt = cause.scheduled?.find((timer) => timer.id === id)?.dueAt
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
