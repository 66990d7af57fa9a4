import { type EventEnvelope, envelopesOf } from '../runtime/events/envelope.ts'
import type { Topic } from '../runtime/events/patterns.ts'
import { eventTopic } from '../runtime/events/topic.ts'
import type { TransitionRecord } from '../runtime/record/record.ts'

/** A domain event on its way to sinks. Its text is made once for all of them. */
export class SinkEvent {
  readonly envelope: EventEnvelope
  readonly topic: Topic
  #text: string | undefined

  constructor(envelope: EventEnvelope) {
    this.envelope = envelope
    this.topic = eventTopic(envelope)
  }

  /** The envelope with its topic as JSON, as a client of the feed gets it. */
  get text(): string {
    this.#text ??= JSON.stringify({ topic: this.topic.join('.'), ...this.envelope })
    return this.#text
  }
}

/** Returns the events of a record, in the order in which it emitted them. */
export function sinkEventsOf(record: TransitionRecord): SinkEvent[] {
  return envelopesOf(record).map((envelope) => new SinkEvent(envelope))
}
