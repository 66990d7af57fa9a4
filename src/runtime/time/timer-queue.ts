import type { Address } from '../record/address.ts'

/** A due time of an actor. What is due then, and whether it still is, the actor's own state tells. */
export interface DueTimer {
  /** It is no message yet: that is made when its turn comes. */
  readonly message?: undefined
  /** When it fires, less all shifts of the clock so far: what a clock that nobody sets would say. */
  readonly when: number
  readonly address: Address
  /** Undefined: the actor is passive, and is to be brought back to see. */
  readonly id: string | undefined
  /** seq of the record that scheduled it, and its place there: decides between equal due times. */
  readonly seq: number
  readonly index: number
  /** When it was found due: the time of its message. */
  firedAt?: number
}

/** A binary heap, earliest first. Cancelled timers stay in it until they come up, or until it is cleared of them. */
export class TimerQueue {
  #heap: DueTimer[] = []

  get length(): number {
    return this.#heap.length
  }

  /** Keeps those of which `isPending` is true. */
  clear(isPending: (timer: DueTimer) => boolean): void {
    // What is sorted is a heap.
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
