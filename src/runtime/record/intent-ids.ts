/**
 * Ids of intents. An id counts the requests of its type that its own actor has made, so that it depends on nothing that others
 * do: a question to the actor changes the ids of its later questions, and of no other request.
 */
import type { Intent } from './record.ts'

/** How many requests an actor has made, by the type of their event. */
export type RequestCounts = Readonly<Record<string, number>>

export const NO_REQUESTS: RequestCounts = Object.freeze({})

/** Types of one actor that are counted apart, so that one that makes types of its data does not grow with them. */
const TYPES_MAX = 100
/** Length of a type that is counted apart: an id is a name that its answer has to give back. */
const TYPE_LENGTH_MAX = 64
/** Where all other types are counted together. */
const OTHERS = ''
/** Any other character is written as its code, so that two types never share an id. */
const NOT_PLAIN = /[^\w.-]/g
/** Older logs have `actor/rev/index`: no number after a colon. */
const COUNTED = /:(\d+)$/

export interface Counted {
  readonly id: string
  readonly counts: RequestCounts
}

/**
 * Counts the actor's next request of the type.
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

/** Returns the counts after a record that has these intents. Those of older logs have ids that count nothing. */
export function withIntents(was: RequestCounts, intents: readonly Intent[]): RequestCounts {
  let counts = was
  for (const { id, event } of intents) {
    const number = COUNTED.exec(id)?.[1]
    if (number !== undefined) counts = withNumber(counts, placeOf(counts, event.type), Number(number))
  }
  return counts
}

/** A computed key is always a member of its own, also of the name `__proto__`. */
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
