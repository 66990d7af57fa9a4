import type { TransitionRecord } from '../runtime/record.ts'
import type { EventFrame, SubscribeFrame } from './frames.ts'
import { eventTopic, matches, parsePattern, type Topic, transitionTopic } from './topic.ts'

/** What one `subscribe` asked for: pure selection of frames from records. */
export class Subscription {
  readonly id: string
  /** seq of the last record that was looked at. */
  position = 0
  readonly #patterns: readonly Topic[]

  constructor({ id, topics }: SubscribeFrame) {
    this.id = id
    this.#patterns = topics.map((text) => parsePattern(text) as Topic)
  }

  framesOf(record: TransitionRecord): EventFrame[] {
    const { seq, at, actor, correlation, cause } = record
    const frames: EventFrame[] = []
    for (const [index, event] of (record.emitted ?? []).entries()) {
      const topic = eventTopic(event, actor)
      if (!this.#wants(topic)) continue
      frames.push({
        op: 'event',
        id: this.id,
        seq,
        topic: topic.join('.'),
        at,
        actor,
        index,
        event,
        correlation,
        cause,
      })
    }
    const topic = transitionTopic(record)
    if (this.#wants(topic))
      frames.push({ op: 'event', id: this.id, seq, topic: topic.join('.'), at, actor, record })
    return frames
  }

  #wants(topic: Topic): boolean {
    return this.#patterns.some((pattern) => matches(pattern, topic))
  }
}
