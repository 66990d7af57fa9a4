import { z } from 'zod'
import { isPattern, parsePattern } from './patterns.ts'

/** A pattern of topics, of those that a program or a sink subscribes to. */
export const eventPattern = z
  .string()
  .refine(isEventPattern, 'must be topics of events: events.{type}.{venue}.{symbol}, with * and > for any')

/** Returns whether the text is a pattern that the topic of an event can match. */
function isEventPattern(text: string): boolean {
  if (!isPattern(text) || text.startsWith('transitions')) return false
  // A topic has the type in lower case.
  const [, type = ''] = parsePattern(text) ?? []
  return type === type.toLowerCase()
}
