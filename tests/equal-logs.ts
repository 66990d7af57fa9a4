/**
 * What "equal logs" means, in one place. Two logs are equal when each actor has the same records in the same order, after what each start
 * adds of its own is taken out: `runner/*`, `component/*`, `reconciliation/*`, and promises that a crash cut off. `seq`, turn and commit
 * numbers do not count, because each start shifts them. A cause and a correlation count as the actor and the number that they name.
 */
import { isDeepStrictEqual } from 'node:util'
import type { ActorView } from '../src/runtime/actors/actor-view.ts'
import type { TransitionRecord } from '../src/runtime/record/record.ts'

/** Actors that are taken out whole. */
export const OF_EACH_START = /^(runner|component|reconciliation)\//

/** The last part of a correlation that the runtime makes itself: the seq of the first record of its turn. */
const OWN_CORRELATION = /^c-(\d+)$/

/** An actor and the number of its record; no number where each start shifts it, and for what lies outside of the log. */
type Place = readonly [actor: string, number: number | undefined]

interface Entry {
  readonly seq: number
  readonly actor: string
  readonly number: number
  readonly fields: Readonly<Record<string, unknown>>
}

/** Returns the first difference of two logs as a text for people, in the order of the first log; undefined when the logs are equal. */
export function differenceOfLogs(
  left: readonly TransitionRecord[],
  right: readonly TransitionRecord[],
): string | undefined {
  const cutOff = new Set([...cutOffPromises(left), ...cutOffPromises(right)])
  const one = entriesOf(left, cutOff)
  const other = entriesOf(right, cutOff)
  const found: { seq: number; text: string }[] = []
  for (const actor of new Set([...one.keys(), ...other.keys()])) {
    const mine = one.get(actor) ?? []
    const theirs = other.get(actor) ?? []
    const i = Array.from({ length: Math.max(mine.length, theirs.length) }).findIndex(
      (_, n) => !isDeepStrictEqual(mine[n]?.fields, theirs[n]?.fields),
    )
    if (i < 0) continue
    const seq = mine[i]?.seq ?? theirs[i]?.seq ?? 0
    found.push({ seq, text: describe(actor, i + 1, mine[i], theirs[i]) })
  }
  return found.sort((a, b) => a.seq - b.seq)[0]?.text
}

/** An actor's present without places in the log: what two runs that are equal end with. */
export function presentOf(view: ActorView): unknown {
  const { address, machine, status, condition, value, context, output, children, timers } = view
  return plain({
    address,
    machine,
    status,
    condition,
    value,
    context,
    output,
    children,
    timers: timers.map(({ id, dueAt, target, event }) => ({ id, dueAt, target, event })),
  })
}

/** As `differenceOfLogs`, for the presents of all actors by address. */
export function differenceOfPresents(
  left: ReadonlyMap<string, unknown>,
  right: ReadonlyMap<string, unknown>,
): string | undefined {
  for (const address of new Set([...left.keys(), ...right.keys()])) {
    if (OF_EACH_START.test(address)) continue
    const [mine, theirs] = [left.get(address), right.get(address)]
    if (isDeepStrictEqual(mine, theirs)) continue
    return `${address} ends otherwise:\n  one   ${JSON.stringify(mine)}\n  other ${JSON.stringify(theirs)}`
  }
  return undefined
}

/** Promises that failed only because a start found them unfinished (law 10). */
function cutOffPromises(records: readonly TransitionRecord[]): string[] {
  return records.flatMap(({ actor, event }) =>
    event.type === 'xstate.promise.reject' && event.data?.code === 'PROMISE_INTERRUPTED' ? [actor] : [],
  )
}

function entriesOf(
  records: readonly TransitionRecord[],
  cutOff: ReadonlySet<string>,
): ReadonlyMap<string, Entry[]> {
  const taken = new Set<number>()
  for (const { seq, actor, event, cause } of records) {
    // The parent is told of the end of the promise in a record of its own, which counts with the promise.
    const isNewsOfCutOff = cause !== null && taken.has(cause) && event.type.startsWith('xstate.error.actor.')
    if (cutOff.has(actor) || isNewsOfCutOff) taken.add(seq)
  }
  const places = new Map<number, Place>()
  const lengths = new Map<string, number>()
  const kept: TransitionRecord[] = []
  for (const record of records) {
    const { seq, actor } = record
    if (OF_EACH_START.test(actor) || taken.has(seq)) {
      places.set(seq, [actor, undefined])
      continue
    }
    const number = (lengths.get(actor) ?? 0) + 1
    lengths.set(actor, number)
    places.set(seq, [actor, number])
    kept.push(record)
  }
  const numberOf = ({ seq }: TransitionRecord) => places.get(seq)?.[1] as number
  const entries = new Map<string, Entry[]>()
  for (const record of kept) {
    const { seq, actor } = record
    const entry: Entry = { seq, actor, number: numberOf(record), fields: fieldsOf(record, places) }
    const list = entries.get(actor)
    if (list === undefined) entries.set(actor, [entry])
    else list.push(entry)
  }
  return entries
}

/** All of a record that counts. A field that is added to records later counts as well. */
function fieldsOf(
  record: TransitionRecord,
  places: ReadonlyMap<number, Place>,
): Readonly<Record<string, unknown>> {
  const { seq: _seq, rev: _rev, turn: _turn, cause, correlation, scheduled, intents, ...rest } = record
  const placeOf = (seq: number): Place => places.get(seq) ?? ['outside of the log', undefined]
  const correlationOf = (text: string): unknown => {
    const [, seq] = OWN_CORRELATION.exec(text) ?? []
    return seq === undefined ? text : placeOf(Number(seq))
  }
  return plain({
    ...rest,
    cause: cause === null ? null : placeOf(cause),
    correlation: correlationOf(correlation),
    scheduled: scheduled?.map((timer) => ({
      ...timer,
      seq: placeOf(timer.seq),
      correlation: correlationOf(timer.correlation),
    })),
    intents: intents?.map((intent) => ({
      ...intent,
      seq: placeOf(intent.seq),
      correlation: correlationOf(intent.correlation),
    })),
  }) as Record<string, unknown>
}

/** As it is written: a record that has just been made and one that was read compare alike. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

function describe(actor: string, number: number, one: Entry | undefined, other: Entry | undefined): string {
  const where = `record ${number} of ${actor}`
  if (one === undefined || other === undefined) {
    const [which, entry] = one === undefined ? ['second', other as Entry] : ['first', one]
    return `${where} is in the ${which} log only: ${JSON.stringify(entry.fields)}`
  }
  const keys = new Set([...Object.keys(one.fields), ...Object.keys(other.fields)])
  const lines = [...keys]
    .filter((key) => !isDeepStrictEqual(one.fields[key], other.fields[key]))
    .map((key) => {
      const [mine, theirs] = [one.fields[key], other.fields[key]].map((value) => JSON.stringify(value))
      return `  ${key}: ${mine} in the first log (seq ${one.seq}), ${theirs} in the second (seq ${other.seq})`
    })
  return [`${where} differs:`, ...lines].join('\n')
}
