import { OutcryError } from '../../../errors/outcry-error.ts'

/**
 * Which messages go first: what steers the system, then what venues report, then what people and strategies ask
 * for, then market data, of which there is always more.
 */
export const LANES = ['control', 'execution', 'command', 'market'] as const
export type Lane = (typeof LANES)[number]
/** Due timers come after what steers the system. Their lane has no limit: they are in memory whether due or not. */
const ORDER = ['control', 'timer', 'execution', 'command', 'market'] as const

/** Messages waiting in one lane; a source of market data waits for room, others are refused. */
const LANE_LENGTH_MAX = 100_000

/** Messages in order of lane, and in order of arrival within a lane. */
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

  /** `always`: there is room for it also where the lane is full. @throws MAILBOX_FULL */
  push(lane: Lane, message: M, always = false): void {
    const queue = this.#lanes[lane]
    if (queue.length >= LANE_LENGTH_MAX && !always) {
      throw new OutcryError(
        'MAILBOX_FULL',
        `${LANE_LENGTH_MAX} messages wait in the ${lane} lane`,
        'Send slower: await send(), or await supervisor.room() before the next tell().',
      )
    }
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

/** First in, first out; an array whose used-up front is cut off now and then. */
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
