import { OutcryError } from '../../../errors/outcry-error.ts'
import { Distribution } from '../../../store/distribution.ts'

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

/** The upper bounds of the classes of waits, in seconds. */
const WAITS = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10]

/** A lane as those see it who watch the process. Messages that are sent together count as one. */
export interface LaneFigures {
  readonly lane: (typeof ORDER)[number]
  /** Number of messages that wait. */
  readonly length: number
  /** Seconds that each message has waited until its turn. */
  readonly waits: Distribution
}

/** Messages in the order of lanes, and within a lane in the order of arrival. */
export class Mailbox<M> {
  readonly #lanes: Record<(typeof ORDER)[number], Queue<M>> = {
    control: new Queue('control'),
    timer: new Queue('timer'),
    execution: new Queue('execution'),
    command: new Queue('command'),
    market: new Queue('market'),
  }
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Returns the lanes in order of priority. */
  get lanes(): readonly LaneFigures[] {
    return ORDER.map((lane) => this.#lanes[lane])
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

/** A first-in, first-out queue: arrays whose used front is cut off from time to time. */
class Queue<M> implements LaneFigures {
  readonly lane: (typeof ORDER)[number]
  readonly waits = new Distribution(WAITS)
  #items: (M | undefined)[] = []
  /** The times at which the items came, in ms of the process. */
  #since: number[] = []
  #front = 0

  constructor(lane: (typeof ORDER)[number]) {
    this.lane = lane
  }

  get length(): number {
    return this.#items.length - this.#front
  }

  push(item: M): void {
    this.#items.push(item)
    this.#since.push(performance.now())
  }

  shift(): M | undefined {
    const item = this.#items[this.#front]
    this.waits.note((performance.now() - (this.#since[this.#front] as number)) / 1_000)
    this.#items[this.#front++] = undefined
    if (this.#front > 1_024 && this.#front * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#front)
      this.#since = this.#since.slice(this.#front)
      this.#front = 0
    }
    return item
  }
}
