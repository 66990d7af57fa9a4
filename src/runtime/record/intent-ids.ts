/**
 * Makes the ids of intents. An id counts the requests of its type that its own actor has made, so it does not depend on
 * other actors. A question to the actor changes the ids of its later questions, and of no other request.
 */
import type { Intent } from './record.ts'

/** The number of requests that an actor has made, by event type. */
export type RequestCounts = Readonly<Record<string, number>>

export const NO_REQUESTS: RequestCounts = Object.freeze({})

/**
 * Maximum number of types that are counted apart for one actor. An actor that makes types from its data stays bounded.
 */
const TYPES_MAX = 100
/** Maximum length of a type that is counted apart. The answer to an intent has to repeat its id. */
const TYPE_LENGTH_MAX = 64
/** The key under which all other types are counted together. */
const OTHERS = ''
/** Other characters are written as their code, so that two types never share an id. */
const NOT_PLAIN = /[^\w.-]/g
/** Ids in older logs are `actor/rev/index`: they have no number after a colon. */
const COUNTED = /:(\d+)$/

export interface Counted {
  readonly id: string
  readonly counts: RequestCounts
}

/**
 * Counts the actor's next request of the type, and returns its id.
 * @example counted('order/o-1', NO_REQUESTS, 'PLACE_ORDER') // id: 'order/o-1/PLACE_ORDER:1'
 */
export function counted(actor: string, counts: RequestCounts, type: string): Counted {
  const place = placeOf(counts, type)
  const number = (Object.hasOwn(counts, place) ? (counts[place] as number) : 0) + 1
  return {
    id: `${actor}/${place.replace(NOT_PLAIN, codeOf)}:${number}`,
    counts: withNumber(counts, place, number),
  }
}

/** Returns the counts after a record with these intents. Ids of older logs count nothing. */
export function withIntents(was: RequestCounts, intents: readonly Intent[]): RequestCounts {
  let counts = was
  for (const { id, event } of intents) {
    const number = COUNTED.exec(id)?.[1]
    if (number !== undefined) counts = withNumber(counts, placeOf(counts, event.type), Number(number))
  }
  return counts
}

/** A computed key is always an own member, even the name `__proto__`. */
function withNumber(counts: RequestCounts, place: string, number: number): RequestCounts {
  return { ...counts, [place]: number }
}

function placeOf(counts: RequestCounts, type: string): string {
  if (type.length > TYPE_LENGTH_MAX) return OTHERS
  if (Object.hasOwn(counts, type)) return type
  return Object.keys(counts).length < TYPES_MAX ? type : OTHERS
}

function codeOf(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
