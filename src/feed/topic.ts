/**
 * Topics of the feed: `events.{type}.{venue}.{symbol}` for domain events, `transitions.{kind}.{id}` for records.
 * In a pattern `*` stands for one token and `>`, at the end, for all that follow.
 */
import { idOf, kindOf } from '../runtime/address.ts'
import type { AnyEvent, TransitionRecord } from '../runtime/record.ts'

export type Topic = readonly string[]

const NONE = '-'
const PATTERN = /^(?:[^\s.*>]+|\*)(?:\.(?:[^\s.*>]+|\*))*(?:\.>)?$|^>$/

export function transitionTopic(record: TransitionRecord): Topic {
  return ['transitions', kindOf(record.actor), token(idOf(record.actor))]
}

/** Where an event says nothing of venue and symbol, its actor's address may: `symbol/binance:BTCUSDT`. */
export function eventTopic(event: AnyEvent, actor: string): Topic {
  const [, venue, symbol] = /^([^:/]+):([^:/]+)/.exec(idOf(actor)) ?? []
  return [
    'events',
    token(event.type.toLowerCase()),
    token(stringOr(event.venue, venue)),
    token(stringOr(event.symbol, symbol)),
  ]
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

function stringOr(value: unknown, otherwise: string | undefined): string {
  return typeof value === 'string' && value !== '' ? value : (otherwise ?? NONE)
}
