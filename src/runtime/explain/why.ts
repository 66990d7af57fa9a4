/** Answers why a record happened: what began it, what its machine was asked, and what it led to. */
import { compact } from '../../../errors/compact.ts'
import { OutcryError } from '../../../errors/outcry-error.ts'
import { Pace } from '../../../store/leveldb/pace.ts'
import type { Store } from '../../../store/store.ts'
import type { Registry } from '../actors/registry.ts'
import type { TransitionRecord } from '../record/record.ts'
import { PartSize } from './bounds.ts'
import { type Cause, causesOf, type FiredTimer, firedTimer, recordAt } from './causes.ts'
import { countedLog } from './counted-log.ts'
import { type Effects, type EffectsOptions, effectsOf } from './effects.ts'
import { type GuardsAsked, guardsAsked } from './guards-asked.ts'
import { Past } from './past.ts'

/** Maximum number of effects whose guards are found, because each one is replayed. */
export const EXPLAINED_MAX = 40

/**
 * Maximum number of accesses of guards that are noted for one answer, besides those in the record that it explains. Of
 * the guards that are asked afterwards, the answer has the results alone.
 */
export const ANSWER_NOTES_MAX = 40_000

/** A record with the reason for what its actor did. */
export interface Explained {
  readonly record: TransitionRecord
  /** The timer by which it came. */
  readonly timer?: FiredTimer
  /** Absent for effects beyond EXPLAINED_MAX, and for records beyond PART_SIZE_MAX. The record itself has them. */
  readonly guards?: GuardsAsked
}

export interface Why extends Explained {
  /** The records before, the one from outside first. */
  readonly causes: readonly (Explained & Pick<Cause, 'repeats'>)[]
  /** False when the first of the causes is not from outside, because the chain is too long, or because its cause was deleted. */
  readonly isWhole: boolean
  /** First seq of the log, when the cause of the first record was deleted. */
  readonly cutAt?: number
  /** A tree in its order: each record is followed by what it caused, one deeper. */
  readonly effects: readonly (Explained & { readonly depth: number })[]
  readonly leftOut: Effects['leftOut']
  readonly partly: Effects['partly']
  /** The number of records that were read for the answer. */
  readonly read: number
}

/** Returns the causes, the guards and the effects of a record. @throws RECORD_UNKNOWN, READ_ABORTED, STORE_CORRUPT */
export async function why(
  of: Store<TransitionRecord>,
  registry: Registry,
  seq: number,
  options: EffectsOptions = {},
): Promise<Why> {
  const counted = countedLog(of, registry)
  const { log } = counted
  const record = await recordAt(log, seq, options)
  if (record === undefined) throw recordUnknown(seq, of.head.seq)
  const { chain, isWhole, cutAt, timers } = await causesOf(log, record, options)
  const { effects, leftOut, partly } = await effectsOf(log, registry, record, options)
  const causes = chain.map((cause) => cause.record)
  const past = new Past(log, registry, options)
  const guards = new Map<number, GuardsAsked>()
  const bySeq = effects.slice(0, EXPLAINED_MAX).map((effect) => effect.record)
  const size = new PartSize()
  const left = { notes: ANSWER_NOTES_MAX }
  const pace = new Pace(options)
  for (const one of [...causes, record, ...bySeq.sort((a, b) => a.seq - b.seq)]) {
    if (size.isFull && one !== record) continue
    const rest = pace.step()
    if (rest !== undefined) await rest
    const found = await guardsAsked(past, registry, one, one === record ? undefined : left)
    guards.set(one.seq, found)
    size.add(found)
  }
  const records = new Map([record, ...effects.map((effect) => effect.record)].map((one) => [one.seq, one]))
  const explained = (one: TransitionRecord): Explained => {
    const cause = one.cause === null ? undefined : records.get(one.cause)
    const timer = timers.get(one.seq) ?? (cause && firedTimer(one, cause))
    return compact({ record: one, timer, guards: guards.get(one.seq) })
  }
  return {
    ...explained(record),
    causes: chain.map(({ record, repeats }) => ({ ...explained(record), repeats })),
    isWhole,
    ...compact({ cutAt }),
    effects: effects.map(({ record, depth }) => ({ ...explained(record), depth })),
    leftOut,
    partly,
    read: counted.count,
  }
}

/**
 * Returns the actor's last record that changed its state or said something: one that moved it to another state, emitted
 * an event, sent a message to outside, failed or ended. An actor that did none of this has its last record. `reversed`
 * is its history, the newest record first.
 * @throws ACTOR_UNKNOWN, READ_ABORTED
 */
export async function lastDecision<R extends Decision>(
  address: string,
  reversed: AsyncIterable<R>,
): Promise<R> {
  let last: R | undefined
  let left = SEARCHED_MAX
  for await (const record of reversed) {
    last ??= record
    if (decides(record)) return record
    if (--left === 0) break
  }
  if (last !== undefined) return last
  throw new OutcryError(
    'ACTOR_UNKNOWN',
    `${address} has no history`,
    'Run `outcry actors` to list all actors.',
  )
}

type Decision = Pick<TransitionRecord, 'from' | 'to' | 'emitted' | 'intents' | 'status' | 'event'>

/** Maximum number of an actor's last records among which its last decision is searched. */
const SEARCHED_MAX = 1_000

function decides({ from, to, emitted, intents, status, event }: Decision): boolean {
  const isMoved = JSON.stringify(from) !== JSON.stringify(to)
  return (
    isMoved ||
    emitted !== undefined ||
    intents !== undefined ||
    status !== undefined ||
    event.type === 'outcry.failed'
  )
}

/** Returns the error for a record that is not in the log. `seq` may be too large for a number. */
export function recordUnknown(seq: number | string, head: number): OutcryError {
  return new OutcryError(
    'RECORD_UNKNOWN',
    `there is no record ${seq}: the log ends at ${head}`,
    head === 0 ? 'Nothing is in the log yet.' : `Ask for one from 1 to ${head}.`,
  )
}
