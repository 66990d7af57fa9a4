import { OutcryError } from '../../../errors/outcry-error.ts'

/**
 * The lanes in order of priority: control of the system, reports of venues, commands of people and strategies, and then
 * market data, which never ends.
 */
export const LANES = ['control', 'execution', 'command', 'market'] as const
export type Lane = (typeof LANES)[number]
/** Due timers come after control messages. Their lane has no limit, because timers are in memory whether due or not. */
const ORDER = ['control', 'timer', 'execution', 'command', 'market'] as const

/** Maximum number of messages in one lane. A source of market data waits for room. Other messages are refused. */
export const LANE_LENGTH_MAX = 100_000

/** Messages in the order of lanes, and within a lane in the order of arrival. */
export class Mailbox<M> {
  readonly #lanes: Record<(typeof ORDER)[number], Queue<M>> = {
    control: new Queue(),
    timer: new Queue(),
    execution: new Queue(),
    command: new Queue(),
    market: new Queue(),
  }
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Adds a message. `always`: even to a full lane. @throws MAILBOX_FULL */
  push(lane: Lane, message: M, always = false): void {
    const queue = this.#lanes[lane]
    if (queue.length >= LANE_LENGTH_MAX && !always) throw mailboxFull(lane)
    queue.push(message)
    this.#length++
  }

  pushTimer(message: M): void {
    this.#lanes.timer.push(message)
    this.#length++
  }

  shift(): M | undefined {
    for (const lane of ORDER) {
      const queue = this.#lanes[lane]
      if (queue.length === 0) continue
      this.#length--
      return queue.shift()
    }
    return undefined
  }
}

export function mailboxFull(lane: Lane): OutcryError {
  return new OutcryError(
    'MAILBOX_FULL',
    `${LANE_LENGTH_MAX} messages wait in the ${lane} lane`,
    'Send slower: await send(), or await supervisor.room() before the next tell().',
  )
}

/** A first-in, first-out queue: an array whose used front is cut off from time to time. */
class Queue<M> {
  #items: (M | undefined)[] = []
  #front = 0

  get length(): number {
    return this.#items.length - this.#front
  }

  push(item: M): void {
    this.#items.push(item)
  }

  shift(): M | undefined {
    const item = this.#items[this.#front]
    this.#items[this.#front++] = undefined
    if (this.#front > 1_024 && this.#front * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#front)
      this.#front = 0
    }
    return item
  }
}
