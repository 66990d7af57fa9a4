/** Places in the past of a log, as people write them, and where they lie in the life of an actor. */
import type { z } from 'zod'
import { time } from '../../src/api/contract/fields.ts'
import { type PlaceAsked, place } from '../../src/api/contract/place.ts'
import type { ActorView } from '../../src/api/contract/record.ts'
import type { Moment } from '../../src/api/state/state-document.ts'
import { OutcryError } from '../../store/index.ts'
import { countText, timeText } from './format.ts'
import type { Head, Reader } from './reader.ts'

/** A place as it is written. */
export type WrittenPlace =
  | PlaceAsked
  /** ms of the day, UTC, of the log's last record. */
  | { readonly ofDay: number }
  /** ms before the log's last record. */
  | { readonly before: number }
  | 'now'

/** A moment of the whole log, as it is written. */
export type WrittenMoment = Exclude<WrittenPlace, { readonly rev: number }>

/** A place in the log. */
export type LogPlace = { readonly rev: number } | { readonly seq: number } | 'now'

const OF_LOG = 'seq:1234, a time (2026-11-27T09:00:00Z or 09:00:00), -10m or now.'
const HINT = `Write a rev (5 or rev:5), ${OF_LOG}`
/** For the whole log, which has no revs. */
const HINT_OF_LOG = `Write ${OF_LOG}`

const DAY = 86_400_000
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: DAY }

/**
 * Returns the place that a text means. `name` is that of the option or argument.
 * @throws PLACE_INVALID
 */
export function placeOf(text: string, name: string, hint = HINT): WrittenPlace {
  if (text === 'now') return 'now'
  const ofLog = dayTimeOf(text)
  if (ofLog !== undefined) return ofLog
  const { data, error } = place.safeParse(text)
  if (data !== undefined) return data
  throw wrong(name, text, error, 'is no place in a log', hint)
}

/**
 * Returns the moment of the whole log that a text means: a place that is no rev.
 * @throws PLACE_INVALID
 */
export function momentIn(text: string, name: string): WrittenMoment {
  const place = placeOf(text, name, HINT_OF_LOG)
  if (place === 'now' || !('rev' in place)) return place
  const why = 'is a rev, which only an actor has'
  const hint = `Write a seq (seq:${place.rev}), a time (2026-11-27T09:00:00Z or 09:00:00), -10m or now.`
  throw new OutcryError('PLACE_INVALID', `${name}: "${text}" ${why}`, hint)
}

/** Returns a time of the day, or one before the end of the log; undefined for any other text. */
function dayTimeOf(text: string): Extract<WrittenPlace, { ofDay: number } | { before: number }> | undefined {
  const [, amount, of = ''] = /^-(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text) ?? []
  if (amount !== undefined) return { before: Number(amount) * (UNITS[of] as number) }
  const [, h, min, s = '0'] = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d(?:\.\d{1,3})?))?$/.exec(text) ?? []
  if (h !== undefined)
    return { ofDay: Number(h) * 3_600_000 + Number(min) * 60_000 + Math.round(Number(s) * 1_000) }
  return undefined
}

/**
 * Returns where the place lies in the log. A time becomes the last seq before the log's time first passes it, and one
 * where something begins, `--from`, the seq that follows the last one before it.
 * @throws PLACE_INVALID when it is before the log, or behind its end
 */
export async function located(reader: Reader, place: WrittenPlace, name: string): Promise<LogPlace> {
  if (place === 'now' || 'rev' in place) return place
  const head = await reader.head()
  if ('seq' in place) return within(place, head, name, HINT)
  const at = timeOf(place, head)
  if (name === '--from') return { seq: 1 + (await reader.seqAt(at - 1)) }
  const seq = await reader.seqAt(at)
  if (seq > 0) return { seq }
  throw new OutcryError('PLACE_INVALID', `${name}: the log begins after ${timeText(at)}`, HINT)
}

/** Returns the place, which is a seq of the log. @throws PLACE_INVALID when it is behind the end */
function within<Place extends { readonly seq: number }>(
  place: Place,
  head: Head,
  name: string,
  hint: string,
): Place {
  if (place.seq <= head.seq) return place
  const end = `the end of the log, seq ${countText(head.seq)}`
  throw new OutcryError('PLACE_INVALID', `${name}: seq ${countText(place.seq)} is behind ${end}`, hint)
}

/**
 * Resolves with the moment of the log: a seq, or a time in epoch ms, which may be before its first record. Neither for
 * the end of the log.
 * @throws PLACE_INVALID when it is behind the end
 */
export async function momentAt(reader: Reader, moment: WrittenMoment, name: string): Promise<Moment> {
  if (moment === 'now') return {}
  const head = await reader.head()
  return 'seq' in moment ? within(moment, head, name, HINT_OF_LOG) : { at: timeOf(moment, head) }
}

/**
 * Resolves with the time that a text means, in epoch ms, where nothing but a time may stand. So a number is one, too, as
 * over HTTP. Undefined for no text.
 * @throws PLACE_INVALID
 */
export async function timeAt(reader: Pick<Reader, 'head'>, text: string, name: string): Promise<number>
export async function timeAt(
  reader: Pick<Reader, 'head'>,
  text: string | undefined,
  name: string,
): Promise<number | undefined>
export async function timeAt(
  reader: Pick<Reader, 'head'>,
  text: string | undefined,
  name: string,
): Promise<number | undefined> {
  if (text === undefined) return undefined
  const ofLog = text === 'now' ? { before: 0 } : dayTimeOf(text)
  if (ofLog !== undefined) return timeOf(ofLog, await reader.head())
  const { data, error } = time.safeParse(text)
  if (data !== undefined) return data
  throw wrong(name, text, error, 'is no time', 'Write 2026-11-27T09:00:00Z, 09:00, -10m or now.')
}

/** Returns the error for a text that is no place. A time without its zone is told the one that it lacks. */
function wrong(
  name: string,
  text: string,
  { issues: [issue] }: z.ZodError,
  rule: string,
  hint: string,
): OutcryError {
  const why = issue?.message.startsWith('needs') ? issue.message : rule
  return new OutcryError('PLACE_INVALID', `${name}: "${text}" ${why}`, hint)
}

type Time = Exclude<WrittenMoment, 'now' | { readonly seq: number }>

function timeOf(place: Time, { at = 0 }: Head): number {
  if ('at' in place) return place.at
  if ('before' in place) return at - place.before
  return Math.floor(at / DAY) * DAY + place.ofDay
}

/** Returns the actor's last rev at the place; 0 when it did not exist yet. @throws REV_UNKNOWN */
export async function revAt(reader: Reader, address: string, place: LogPlace): Promise<number> {
  const range =
    place === 'now'
      ? { reverse: true }
      : 'rev' in place
        ? { fromRev: place.rev, toRev: place.rev }
        : { toSeq: place.seq, reverse: true }
  for await (const { rev } of reader.life(address, { ...range, limit: 1 })) return rev
  if (place !== 'now' && 'rev' in place)
    throw new OutcryError('REV_UNKNOWN', `${address} has no rev ${place.rev}`, historyHint(address))
  return 0
}

/** Resolves with the actor as it was at the place; undefined when it did not exist. @throws PLACE_INVALID, REV_UNKNOWN */
export async function stateAt(
  reader: Reader,
  address: string,
  place: WrittenPlace,
  name: string,
): Promise<ActorView | undefined> {
  const found = await located(reader, place, name)
  return reader.actorAt(address, found === 'now' ? {} : found)
}

/** Returns the error for an actor that began after the place. */
export function notYet(address: string, name: string): OutcryError {
  return new OutcryError('PLACE_INVALID', `${name}: ${address} did not exist yet`, historyHint(address))
}

export function actorUnknown(address: string, { source }: Reader): OutcryError {
  return new OutcryError(
    'ACTOR_UNKNOWN',
    `${address} has no history in ${source}`,
    'Run `outcry actors` to list all actors.',
  )
}

function historyHint(address: string): string {
  return `Look at its history: outcry replay ${address}.`
}
