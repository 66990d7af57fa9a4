import type { TransitionRecord } from '../runtime/record.ts'
import { envelopesOf } from './envelope.ts'
import type { Content, OnTopic } from './frames.ts'
import { eventTopic, type Topic, transitionTopic } from './topic.ts'

/** Something that a record has to tell: a domain event, or the record itself. As text it is made once for all clients. */
export class Publication {
  readonly topic: Topic
  readonly #content: OnTopic
  #body: string | undefined

  constructor(topic: Topic, content: Content) {
    this.topic = topic
    this.#content = { topic: topic.join('.'), ...content }
  }

  /** As a frame of the subscription. */
  frame(id: string): string {
    return `{"op":"event","id":${JSON.stringify(id)},${this.#text.slice(1)}`
  }

  static batch(id: string, publications: readonly Publication[]): string {
    return `{"op":"batch","id":${JSON.stringify(id)},"events":[${publications.map((p) => p.#text).join()}]}`
  }

  get #text(): string {
    this.#body ??= JSON.stringify(this.#content)
    return this.#body
  }
}

/** In order: each event that the record emitted, then the record. */
export function publicationsOf(record: TransitionRecord): Publication[] {
  const { seq, at, actor } = record
  const publications = envelopesOf(record).map((envelope) => new Publication(eventTopic(envelope), envelope))
  publications.push(new Publication(transitionTopic(record), { seq, at, actor, record }))
  return publications
}
