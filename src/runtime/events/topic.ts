/** The topics of records and events. `patterns.ts` has the patterns that subscribers may use. */
import { idOf, kindOf } from '../record/address.ts'
import type { TransitionRecord } from '../record/record.ts'
import type { EventEnvelope } from './envelope.ts'
import type { Topic } from './patterns.ts'

const NONE = '-'

export function transitionTopic(record: TransitionRecord): Topic {
  return ['transitions', kindOf(record.actor), token(idOf(record.actor))]
}

export function eventTopic({ type, venue, symbol }: EventEnvelope): Topic {
  return ['events', token(type.toLowerCase()), token(venue ?? NONE), token(symbol ?? NONE)]
}

/** Returns a text as a token. A dot separates tokens, so it becomes an underscore within one. */
function token(text: string): string {
  return text.replaceAll('.', '_')
}
