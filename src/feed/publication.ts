import type { TransitionRecord } from '../runtime/record.ts'
import { eventTopic, type Topic, transitionTopic } from './topic.ts'

/** Something that a record has to tell: a domain event, or the record itself. As text it is made once for all clients. */
export class Publication {
  readonly topic: Topic
  readonly #content: object
  #body: string | undefined

  constructor(topic: Topic, { seq, at, actor }: TransitionRecord, content: object) {
    this.topic = topic
    this.#content = { seq, topic: topic.join('.'), at, actor, ...content }
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
  const { actor, correlation, cause, emitted } = record
  const publications: Publication[] = []
  if (emitted !== undefined) {
    for (const [index, event] of emitted.entries()) {
      publications.push(
        new Publication(eventTopic(event, actor), record, { index, event, correlation, cause }),
      )
    }
  }
  publications.push(new Publication(transitionTopic(record), record, { record }))
  return publications
}
