/** The topics that records and events are published on; `contract/topics.ts` has what clients may ask for. */
import { idOf, kindOf } from '../../runtime/record/address.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import type { EventEnvelope } from '../contract/envelope.ts'
import type { Topic } from '../contract/topics.ts'

const NONE = '-'

export function transitionTopic(record: TransitionRecord): Topic {
  return ['transitions', kindOf(record.actor), token(idOf(record.actor))]
}

export function eventTopic({ type, venue, symbol }: EventEnvelope): Topic {
  return ['events', token(type.toLowerCase()), token(venue ?? NONE), token(symbol ?? NONE)]
}

/** A dot separates tokens, so within one it is written as an underscore. */
function token(text: string): string {
  return text.replaceAll('.', '_')
}
