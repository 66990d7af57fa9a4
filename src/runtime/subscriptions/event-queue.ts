/** The events that wait for one handler: few, so that a handler that is slow or hangs takes little memory. */
import type { EventEnvelope } from '../events/envelope.ts'

/** Most events that wait, unless one record emits more. */
export const EVENTS_MAX = 1_000
/** Most characters of events that wait, unless one record has more. A number counts as 8. */
export const SIZE_MAX = 2 ** 19

interface Waiting {
  readonly envelope: EventEnvelope
  readonly size: number
}

export class EventQueue {
  #items: (Waiting | undefined)[] = []
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

  push(envelope: EventEnvelope): void {
    const size = sizeUpTo(envelope.event, SIZE_MAX)
    this.#items.push({ envelope, size })
    this.#size += size
  }

  shift(): void {
    this.#size -= this.#items[this.#front]?.size ?? 0
    this.#items[this.#front++] = undefined
    if (this.#front < this.#items.length) return
    this.#items = []
    this.#front = 0
  }

  clear(): void {
    this.#items = []
    this.#front = 0
    this.#size = 0
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
