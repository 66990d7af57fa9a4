/** The entry of an event in a stream. */
import type { SinkEvent } from '../event.ts'

/** The fields that an entry has beside the whole event, where the event has them. A consumer filters by them. */
const FLAT = ['type', 'at', 'actor', 'venue', 'symbol', 'strategy', 'severity', 'correlation'] as const

/** Returns the id of an event's entry. Ids of a stream grow, so Redis refuses an event that it has. */
export function entryId({ envelope: { seq, index } }: SinkEvent): string {
  return `${seq}-${index}`
}

/** Returns the names and values of an event's entry: the flat fields, and the event with its envelope as `json`. */
export function entryFields(event: SinkEvent): string[] {
  const { envelope, text } = event
  const flat = FLAT.flatMap((name) => {
    const value = envelope[name]
    return value === null || value === undefined ? [] : [name, String(value)]
  })
  return [...flat, 'json', text]
}
