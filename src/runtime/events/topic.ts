/** The topics of records and events. `patterns.ts` has the patterns that subscribers may use. */
import { idOf, kindOf } from '../record/address.ts'
import type { TransitionRecord } from '../record/record.ts'
import type { EventEnvelope } from './envelope.ts'
import type { Topic } from './patterns.ts'

/** Stands in a topic for the venue or symbol of an event that names none. */
export const NONE = '-'

export function transitionTopic(record: TransitionRecord): Topic {
  return ['transitions', kindOf(record.actor), token(idOf(record.actor))]
}

export function eventTopic({ type, venue, symbol }: EventEnvelope): Topic {
  return ['events', typeToken(type), token(venue ?? NONE), token(symbol ?? NONE)]
}

export function typeToken(type: string): string {
  return token(type.toLowerCase())
}

/** Returns a text as a token. A dot separates tokens, so it becomes an underscore within one. */
export function token(text: string): string {
  return text.replaceAll('.', '_')
}
