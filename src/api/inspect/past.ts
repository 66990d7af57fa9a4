/** The past life of actors, as frames of one of Stately's tools. */
import { setImmediate, setTimeout } from 'node:timers/promises'
import { compact } from '../../../errors/compact.ts'
import { OutcryError } from '../../../errors/outcry-error.ts'
import type { HistoryOptions, ReadOptions } from '../../../store/store.ts'
import type { Registry } from '../../runtime/actors/registry.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import type { LifeRange, LifeStep } from '../../runtime/state/life.ts'
import type { InspectQuery } from '../contract/inspect-query.ts'
import type { PlaceAsked } from '../contract/place.ts'
import { begins, type Protocol, pastStep, type Seen, type Step, seenIn } from './steps.ts'
import { introductionTexts, stepTexts } from './texts.ts'

/** The log that the life is read from: a closed one, or that of a runner. */
export interface PastLog {
  readonly registry: Registry
  life(address: string, range: LifeRange): AsyncIterable<LifeStep>
  history(address: string, options: HistoryOptions): AsyncIterable<TransitionRecord>
  read(options: ReadOptions): AsyncIterable<TransitionRecord>
  /** Returns the last seq before the log's time first passes `at`. */
  seqAt(at: number): Promise<number>
}

export interface PastAsked extends Pick<InspectQuery, 'at' | 'from' | 'to' | 'speed'> {
  readonly actor: readonly string[]
}

/** Longest pause of a life that is sent at a speed, in ms. Longer ones are shortened to it. */
const PAUSE_MAX_MS = 5_000

/** One record of a past life. The texts of the first one introduce its actor. */
interface PastFrames {
  readonly at: number
  readonly texts: readonly string[]
  /** The reason why the states from here on are what the records say of them, and no more. */
  readonly unread?: { readonly code?: string; readonly message: string }
}

/** The texts of one record. */
interface PastPiece {
  /** Time of the record in epoch ms. */
  readonly at: number
  readonly texts: readonly string[]
}

/**
 * Yields the frames of actors in the order of the log, as texts, at the speed that is asked for. The last one says that
 * the life has ended.
 * @throws RECORD_UNKNOWN when no actor has a record there; READ_ABORTED
 */
export function pastTexts(
  log: PastLog,
  protocol: Protocol,
  asked: PastAsked,
  signal: AbortSignal,
): AsyncGenerator<string> {
  return paced(pastPieces(log, protocol, asked, signal), asked.speed, signal)
}

/** Yields the texts of pieces at a speed; undefined is at once. The last text says that the life has ended. */
async function* paced(
  pieces: AsyncIterable<PastPiece>,
  speed: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let records = 0
  let last: number | undefined
  for await (const { at, texts } of pieces) {
    const pauseMs = speed === undefined ? 0 : (at - (last ?? at)) / speed
    if (pauseMs > 0) await setTimeout(Math.min(pauseMs, PAUSE_MAX_MS), undefined, { signal })
    last = at
    yield* texts
    records++
    // Lets trading go on between one record and the next.
    await setImmediate()
  }
  yield JSON.stringify({ type: 'outcry.end', records })
}

/**
 * Yields the texts of each record of actors, in the order of the log.
 * @throws RECORD_UNKNOWN when no actor has a record there; READ_ABORTED
 */
async function* pastPieces(
  log: PastLog,
  protocol: Protocol,
  asked: PastAsked,
  signal: AbortSignal,
): AsyncGenerator<PastPiece> {
  const lives = asked.actor.map((address) => lifeFrames(log, protocol, address, asked, signal))
  let isNone = true
  for await (const { at, texts, unread } of inOrder(lives)) {
    isNone = false
    const why = unread && { op: 'error', code: unread.code ?? 'INTERNAL', message: unread.message }
    yield { at, texts: why === undefined ? texts : [JSON.stringify(why), ...texts] }
  }
  if (!isNone) return
  const names = asked.actor.join(', ')
  throw new OutcryError(
    'RECORD_UNKNOWN',
    `${names} ${asked.actor.length === 1 ? 'has' : 'have'} no record there`,
    `Look at the history: outcry replay ${asked.actor[0]}.`,
  )
}

interface Placed extends PastFrames {
  readonly seq: number
}

async function* lifeFrames(
  log: PastLog,
  protocol: Protocol,
  address: string,
  { at, from = at, to = at }: PastAsked,
  signal: AbortSignal,
): AsyncGenerator<Placed> {
  const fromRev = from === undefined || at !== undefined ? undefined : await firstRev(log, address, from)
  const toRev = to === undefined ? undefined : await lastRev(log, address, to)
  // The record at a place is the last one there.
  const begin = at === undefined ? fromRev : toRev
  const range = { ...compact({ fromRev: begin && Math.max(1, begin), toRev }), signal }
  if (toRev === 0 || (toRev ?? Number.MAX_SAFE_INTEGER) < (begin ?? 1)) return
  let shown: Seen | undefined
  let isRead = true
  for await (const step of log.life(address, range)) {
    const { record, before, unread } = step
    const { seq, event } = record
    const past: Step = pastStep(step, log.registry, await senderOf(log, record))
    const { after } = past
    const first = before === undefined || begins(event) ? after : seenIn(before, log.registry)
    const introduced: Seen[] = shown === undefined || begins(event) ? [first] : []
    // Another version of its machine has other states.
    if (after.machine !== undefined && after.machine !== (introduced[0] ?? shown)?.machine)
      introduced.push(after)
    const texts = [
      ...introduced.flatMap((seen) => introductionTexts(protocol, seen)),
      ...stepTexts(protocol, past),
    ]
    yield { seq, at: record.at, texts, ...(unread !== undefined && isRead && { unread }) }
    isRead = unread === undefined
    shown = after
  }
}

/** Returns the rev of the actor's first record at the place or behind it. Undefined when that is the first that there is. */
async function firstRev(log: PastLog, address: string, place: PlaceAsked): Promise<number | undefined> {
  if ('rev' in place) return place.rev
  const last = await revAt(log, address, 'seq' in place ? place.seq - 1 : await log.seqAt(before(place.at)))
  return last === 0 ? undefined : last + 1
}

/** Returns the rev of the actor's last record at the place or before it; 0 when there is none. */
async function lastRev(log: PastLog, address: string, place: PlaceAsked): Promise<number> {
  if ('rev' in place) return place.rev
  return revAt(log, address, 'seq' in place ? place.seq : await log.seqAt(place.at))
}

async function revAt(log: PastLog, address: string, toSeq: number): Promise<number> {
  for await (const { rev } of log.history(address, { toSeq, reverse: true, limit: 1 })) return rev
  return 0
}

/** Returns a time just before another one. Records may have fractions of a millisecond. */
function before(at: number): number {
  return at - Math.max(Math.abs(at) * Number.EPSILON, Number.EPSILON)
}

async function senderOf(log: PastLog, { cause }: TransitionRecord): Promise<string | undefined> {
  if (cause === null) return undefined
  for await (const { actor } of log.read({ fromSeq: cause, toSeq: cause })) return actor
  return undefined
}

/** Yields the records of several actors by seq. */
async function* inOrder(lives: readonly AsyncGenerator<Placed>[]): AsyncGenerator<Placed> {
  const waiting: { readonly life: AsyncGenerator<Placed>; next: Placed }[] = []
  try {
    for (const life of lives) {
      const { value, done } = await life.next()
      if (!done) waiting.push({ life, next: value })
    }
    while (waiting.length > 0) {
      const first = waiting.reduce((a, b) => (b.next.seq < a.next.seq ? b : a))
      yield first.next
      const { value, done } = await first.life.next()
      if (done) waiting.splice(waiting.indexOf(first), 1)
      else first.next = value
    }
  } finally {
    for (const life of lives) await life.return(undefined)
  }
}
