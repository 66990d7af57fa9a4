import {
  type Asked,
  askedOf,
  type EventClass,
  type EventEnvelope,
  envelopesOf,
} from '../../runtime/events/envelope.ts'
import type { Topic } from '../../runtime/events/patterns.ts'
import { eventTopic, transitionTopic } from '../../runtime/events/topic.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import type { Filterable } from './filter.ts'
import { type Frame, PIECE_BYTES } from './outlet.ts'

/** A domain event in its envelope, or a record when the topic is one of `transitions`. */
type Content =
  | EventEnvelope
  | (Pick<TransitionRecord, 'seq' | 'at' | 'actor'> & Asked & { readonly record: TransitionRecord })
type OnTopic = { readonly topic: string; readonly class?: EventClass } & Content

/** Returns the class of an event by the kind of its actor and its type; undefined for the standard class. */
export type ClassOf = (kind: string, type: string) => EventClass | undefined

/**
 * One thing that a client gets of a record: a domain event, or the record itself. Its text is made once for all clients.
 * The runtime's publication is another one: it is what the publisher lets out of a whole record.
 */
export class Publication {
  readonly topic: Topic
  /** The topic as text. */
  readonly name: string
  /** Undefined for the standard class. */
  readonly class: EventClass | undefined
  /** True when it was derived as it was published, so that the log does not have it. */
  readonly isDerived: boolean
  readonly #content: OnTopic
  #text: string | undefined
  #facts: Filterable | undefined
  #bytes: Buffer | undefined
  /** The frame that was made last. Most clients give their subscriptions the same id. */
  #framed: { readonly id: string; readonly bytes: Buffer } | undefined

  constructor(topic: Topic, content: Content, of?: EventClass, isDerived = false) {
    this.topic = topic
    this.name = topic.join('.')
    this.class = of
    this.isDerived = isDerived
    this.#content = { topic: this.name, ...(of && { class: of }), ...content }
  }

  get isRecord(): boolean {
    return 'record' in this.#content
  }

  get seq(): number {
    return this.#content.seq
  }

  /** The fields by which a filter chooses it. */
  get facts(): Filterable {
    this.#facts ??= factsOf(this.#content)
    return this.#facts
  }

  get text(): string {
    this.#text ??= JSON.stringify(this.#content)
    return this.#text
  }

  /** Returns the publication as a frame of the subscription `id`. */
  frame(id: string): Frame {
    const head = `{"op":"event","id":${JSON.stringify(id)},`
    if (this.text.length > PIECE_BYTES) return [head, this.shared.subarray(1), '']
    if (this.#framed?.id !== id) this.#framed = { id, bytes: Buffer.from(`${head}${this.text.slice(1)}`) }
    return this.#framed.bytes
  }

  /** The text as bytes, for frames that are too large for each client to have its own. */
  get shared(): Buffer {
    this.#bytes ??= Buffer.from(this.text)
    return this.#bytes
  }
}

function factsOf(content: Content): Filterable {
  if (!('record' in content)) return content
  const { actor, at, record } = content
  const { event, correlation } = record
  const none = { venue: null, symbol: null, instrument: null, strategy: null }
  return { actor, at, type: event.type, correlation, ...none }
}

/** Returns the publications of a record in order: each event that it emitted, then the record. */
export function publicationsOf(record: TransitionRecord, classOf: ClassOf = standard): Publication[] {
  const { seq, at, actor, event } = record
  const topic = transitionTopic(record)
  const kind = topic[1] as string
  const publications = envelopesOf(record).map((envelope) => {
    const of = envelope.severity === 'critical' ? 'critical' : classOf(kind, envelope.type)
    return new Publication(eventTopic(envelope), envelope, of)
  })
  // A record tells of what an actor took, whatever that led to, so that none is critical.
  const of = classOf(kind, event.type) === 'high-frequency' ? 'high-frequency' : undefined
  publications.push(new Publication(topic, { seq, at, actor, ...askedOf(record), record }, of))
  return publications
}

function standard(): undefined {
  return undefined
}
