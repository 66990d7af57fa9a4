/**
 * The one definition of equal logs. Two logs are equal when each actor has the same records in the same order, without
 * those that each start adds: `runner/*`, `component/*`, `reconciliation/*`, and promises that a crash cut off. `seq`,
 * turn and commit numbers do not count, because each start shifts them. A cause and a correlation count as the actor
 * and the number that they name.
 */
import { isDeepStrictEqual } from 'node:util'
import type { ActorView } from '../src/runtime/actors/actor-view.ts'
import type { TransitionRecord } from '../src/runtime/record/record.ts'

/** Actors whose records are all left out. */
export const OF_EACH_START = /^(runner|component|reconciliation)\//

/** The last part of a correlation that the runtime makes itself: the seq of the first record of its turn. */
const OWN_CORRELATION = /^c-(\d+)$/

/**
 * An actor and the number of its record. There is no number where each start shifts it, or for a place outside the log.
 */
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

/** Returns an actor's present view without places in the log. It is the same at the end of two equal runs. */
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

/** Does as `differenceOfLogs`, for the present views of all actors by address. */
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

/** Returns the promises that failed only because a start found them unfinished (law 10). */
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
    // The parent's record of the promise's end counts with the promise.
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

/** Returns the fields of a record that count. A field that is added to records later also counts. */
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

/** Returns a value as it is written, so that a new record and one that was read compare equal. */
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
