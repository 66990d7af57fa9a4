/**
 * Topics of the feed: `events.{type}.{venue}.{symbol}` for domain events, `transitions.{kind}.{id}` for records. In a
 * pattern, `*` stands for one token, and `>` at the end stands for all that follow.
 *
 * @example
 * 'events.order_filled.*.BTCUSDT', 'transitions.order.*', 'events.>'
 */
export type Topic = readonly string[]

/** Tokens of a topic, by its first one. */
export const TOKENS = { events: 4, transitions: 3 } as const
/** Most characters of a pattern. */
const PATTERN_LENGTH_MAX = 256
const PATTERN = /^(?:[^\s.*>]+|\*)(?:\.(?:[^\s.*>]+|\*))*(?:\.>)?$|^>$/

/** Returns the tokens of a pattern; undefined when the text is not a pattern. */
export function parsePattern(text: string): Topic | undefined {
  return PATTERN.test(text) ? text.split('.') : undefined
}

/** Returns whether the text is a pattern. The server also checks that a topic can match it. */
export function isPattern(text: string): boolean {
  return text.length <= PATTERN_LENGTH_MAX && PATTERN.test(text)
}

/** Returns whether the pattern matches the topic of every record. */
export function matchesAllRecords(pattern: Topic): boolean {
  const [root = '', ...rest] = pattern
  return (
    ['*', '>', 'transitions'].includes(root) &&
    isSized(pattern, TOKENS.transitions) &&
    rest.every((token) => token === '*' || token === '>')
  )
}

export function matches(pattern: Topic, topic: Topic): boolean {
  for (const [i, wanted] of pattern.entries()) {
    if (wanted === '>') return topic.length > i
    if (i >= topic.length || (wanted !== '*' && wanted !== topic[i])) return false
  }
  return pattern.length === topic.length
}

/** Returns whether a topic of so many tokens can match the pattern. */
export function isSized(pattern: Topic, tokens: number): boolean {
  return pattern.at(-1) === '>' ? pattern.length <= tokens : pattern.length === tokens
}
