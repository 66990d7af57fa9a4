/**
 * Topics of the feed: `events.{type}.{venue}.{symbol}` for domain events, `transitions.{kind}.{id}` for records. In a
 * pattern, `*` stands for one token, and `>` at the end stands for all that follow.
 *
 * @example
 * 'events.order_filled.*.BTCUSDT', 'transitions.order.*', 'events.>'
 */
export type Topic = readonly string[]

const TRANSITION_TOKENS = 3
const EVENT_TOKENS = 4
/** Most characters of a pattern. */
const PATTERN_LENGTH_MAX = 256
const PATTERN = /^(?:[^\s.*>]+|\*)(?:\.(?:[^\s.*>]+|\*))*(?:\.>)?$|^>$/

/** Returns the tokens of a pattern; undefined when the text is not a pattern. */
export function parsePattern(text: string): Topic | undefined {
  return PATTERN.test(text) ? text.split('.') : undefined
}

/** Returns whether any topic can match. Otherwise a client would wait for nothing. */
export function canMatch(pattern: Topic): boolean {
  const [, type = '*'] = pattern
  return (
    isOf(pattern, 'transitions', TRANSITION_TOKENS) ||
    (isOf(pattern, 'events', EVENT_TOKENS) && type === type.toLowerCase())
  )
}

/** Returns whether the text is a pattern that a client may subscribe to. */
export function isPattern(text: string): boolean {
  if (text.length > PATTERN_LENGTH_MAX) return false
  const pattern = parsePattern(text)
  return pattern !== undefined && canMatch(pattern)
}

/** Returns whether the pattern matches the topic of every record. */
export function matchesAllRecords(pattern: Topic): boolean {
  const [, ...rest] = pattern
  return (
    isOf(pattern, 'transitions', TRANSITION_TOKENS) && rest.every((token) => token === '*' || token === '>')
  )
}

export function matches(pattern: Topic, topic: Topic): boolean {
  for (const [i, wanted] of pattern.entries()) {
    if (wanted === '>') return topic.length > i
    if (i >= topic.length || (wanted !== '*' && wanted !== topic[i])) return false
  }
  return pattern.length === topic.length
}

function isOf(pattern: Topic, root: string, length: number): boolean {
  return (
    ['*', '>', root].includes(pattern[0] as string) &&
    (pattern.at(-1) === '>' ? pattern.length <= length : pattern.length === length)
  )
}
