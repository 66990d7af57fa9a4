/** The events that wait for one handler: few, so that a handler that is slow or hangs takes little memory. */
import { type EventEnvelope, envelopesOf } from '../events/envelope.ts'
import type { Topic } from '../events/patterns.ts'
import { eventTopic } from '../events/topic.ts'
import type { TransitionRecord } from '../record/record.ts'

/** Most events that wait, unless one record emits more: about two full commits. */
export const EVENTS_MAX = 4_000
/** Most characters of events that wait, unless one record has more. A number counts as 8. */
export const SIZE_MAX = 2 ** 20

/** An event on its way to handlers. It is made once for all of them. */
export interface Passing {
  readonly envelope: EventEnvelope
  readonly topic: Topic
  readonly size: number
}

/** Returns the events of a record, in the order in which it emitted them. */
export function passingOf(record: TransitionRecord): Passing[] {
  return envelopesOf(record).map((envelope) => ({
    envelope,
    topic: eventTopic(envelope),
    size: sizeUpTo(envelope.event, SIZE_MAX),
  }))
}

export class EventQueue {
  #items: (Passing | undefined)[] = []
  #front = 0
  #size = 0

  get first(): EventEnvelope | undefined {
    return this.#items[this.#front]?.envelope
  }

  get length(): number {
    return this.#items.length - this.#front
  }

  get isFull(): boolean {
    return this.length >= EVENTS_MAX || this.#size >= SIZE_MAX
  }

  push(event: Passing): void {
    this.#items.push(event)
    this.#size += event.size
  }

  shift(): void {
    this.#size -= this.#items[this.#front]?.size ?? 0
    this.#items[this.#front++] = undefined
    if (this.#front < this.#items.length && this.#front < EVENTS_MAX) return
    this.#items = this.#items.slice(this.#front)
    this.#front = 0
  }
}

/** Returns the size of a value, or a size above `max` when it is larger: the rest of it is not looked at. */
function sizeUpTo(value: unknown, max: number): number {
  if (typeof value === 'string') return value.length + 8
  if (typeof value !== 'object' || value === null) return 8
  let size = 8
  for (const key in value) {
    size += key.length + sizeUpTo((value as Record<string, unknown>)[key], max - size)
    if (size > max) break
  }
  return size
}
