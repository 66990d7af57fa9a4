/** The events that a reader of the command line wants. */
import type { Filter } from '../../src/api/contract/filter.ts'
import { predicateOf } from '../../src/api/feed/filter.ts'
import type { EventEnvelope } from '../../src/runtime/events/envelope.ts'
import { matches, parsePattern } from '../../src/runtime/events/patterns.ts'
import { eventTopic } from '../../src/runtime/events/topic.ts'

export interface WantedEvents {
  /** Topics of events, with * and >. */
  readonly topics: readonly string[]
  readonly filter: Filter & { readonly from?: number | undefined; readonly to?: number | undefined }
  /** Only the last ones, so many. */
  readonly tail?: number
  /** Only those of records after this seq. */
  readonly since?: number | undefined
  /** Only those of records up to this seq. */
  readonly toSeq?: number | undefined
}

/** Returns whether an event is on one of the topics and passes the filter. */
export function eventTest({
  topics,
  filter,
}: Pick<WantedEvents, 'topics' | 'filter'>): (envelope: EventEnvelope) => boolean {
  const patterns = topics.map((topic) => parsePattern(topic) ?? [])
  const admits = predicateOf(filter)
  return (envelope) => {
    const topic = eventTopic(envelope)
    return patterns.some((pattern) => matches(pattern, topic)) && admits(envelope)
  }
}
