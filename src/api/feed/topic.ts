/**
 * Topics of the feed: `events.{type}.{venue}.{symbol}` for domain events, `transitions.{kind}.{id}` for records.
 * In a pattern `*` stands for one token and `>`, at the end, for all that follow.
 */
import { idOf, kindOf } from '../../runtime/record/address.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import type { EventEnvelope } from './envelope.ts'

export type Topic = readonly string[]

const NONE = '-'
const TRANSITION_TOKENS = 3
const EVENT_TOKENS = 4
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

/** Returns whether any topic can match: whoever asks for another one would wait for nothing. */
export function canMatch(pattern: Topic): boolean {
  const isOf = (root: string, length: number) =>
    ['*', '>', root].includes(pattern[0] as string) &&
    (pattern.at(-1) === '>' ? pattern.length <= length : pattern.length === length)
  const [, type = '*'] = pattern
  return (
    isOf('transitions', TRANSITION_TOKENS) || (isOf('events', EVENT_TOKENS) && type === type.toLowerCase())
  )
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
