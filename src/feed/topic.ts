/**
 * Topics of the feed: `events.{type}.{venue}.{symbol}` for domain events, `transitions.{kind}.{id}` for records.
 * In a pattern `*` stands for one token and `>`, at the end, for all that follow.
 */
import { idOf, kindOf } from '../runtime/address.ts'
import type { TransitionRecord } from '../runtime/record.ts'
import type { EventEnvelope } from './envelope.ts'

export type Topic = readonly string[]

const NONE = '-'
const PATTERN = /^(?:[^\s.*>]+|\*)(?:\.(?:[^\s.*>]+|\*))*(?:\.>)?$|^>$/

export function transitionTopic(record: TransitionRecord): Topic {
  return ['transitions', kindOf(record.actor), token(idOf(record.actor))]
}

export function eventTopic({ type, venue, symbol }: EventEnvelope): Topic {
  return ['events', token(type.toLowerCase()), token(venue ?? NONE), token(symbol ?? NONE)]
}

/** undefined when it is no pattern. */
export function parsePattern(text: string): Topic | undefined {
  return PATTERN.test(text) ? text.split('.') : undefined
}

export function matches(pattern: Topic, topic: Topic): boolean {
  for (const [i, wanted] of pattern.entries()) {
    if (wanted === '>') return topic.length > i
    if (i >= topic.length || (wanted !== '*' && wanted !== topic[i])) return false
  }
  return pattern.length === topic.length
}

/** A dot separates tokens, so within one it is written as an underscore. */
function token(text: string): string {
  return text.replaceAll('.', '_')
}
