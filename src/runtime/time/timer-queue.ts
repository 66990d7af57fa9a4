import type { Address } from '../record/address.ts'

/** A due time of an actor. The actor's own state says which timer is due, and whether it still is. */
export interface DueTimer {
  /** Undefined, because the timer becomes a message only when its turn comes. */
  readonly message?: undefined
  /** The due time minus all shifts of the clock so far: the time on a monotonic clock. */
  readonly when: number
  readonly address: Address
  /** Undefined when the actor is passive. Then it is restored at that time. */
  readonly id: string | undefined
  /** seq of the record that set the timer, and the timer's index there. They decide between equal due times. */
  readonly seq: number
  readonly index: number
  /** The time when the timer was found due. Its message has this time. */
  firedAt?: number
}

/** A binary heap, earliest first. A canceled timer stays in it until it comes to the top or is cleared. */
export class TimerQueue {
  #heap: DueTimer[] = []

  get length(): number {
    return this.#heap.length
  }

  /** Keeps the timers for which `isPending` returns true. */
  clear(isPending: (timer: DueTimer) => boolean): void {
    // A sorted array is a heap.
    this.#heap = this.#heap.filter(isPending).sort((a, b) => (before(a, b) ? -1 : 1))
  }

  peek(): DueTimer | undefined {
    return this.#heap[0]
  }

  push(timer: DueTimer): void {
    const heap = this.#heap
    let i = heap.push(timer) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!before(timer, heap[parent]!)) break
      heap[i] = heap[parent]!
      i = parent
    }
    heap[i] = timer
  }

  pop(): DueTimer | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[i] = heap[child]!
      i = child
    }
    heap[i] = last
    return top
  }
}

function before(a: DueTimer, b: DueTimer): boolean {
  return a.when < b.when || (a.when === b.when && (a.seq - b.seq || a.index - b.index) < 0)
}
