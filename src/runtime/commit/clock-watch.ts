/** Follows the system's clock for the log: sets the time at a start, and moves the timers when the clock is set. */
import type { Store } from '../../../store/store.ts'
import type { Logger } from '../logger.ts'
import { CLOCK } from '../record/address.ts'
import type { ClockJump } from '../record/clock-record.ts'
import type { TransitionRecord } from '../record/record.ts'
import { Offsets, type OffsetsState } from '../state/offsets.ts'
import { SystemClock } from '../time/clock.ts'
import type { TimerService } from '../time/timer-service.ts'
import { messageOf } from './intake.ts'
import type { Loop } from './loop.ts'

/** Maximum number of jumps kept. The latest ones stay. */
const JUMPS_MAX = 100

interface Parts {
  readonly clock: SystemClock
  readonly store: Store<TransitionRecord>
  readonly offsets: Offsets
  readonly loop: Loop
  readonly timers: TimerService
  readonly logger: Logger
}

export class ClockWatch {
  /** The changes of the system's clock since the start, in order. */
  readonly jumps: ClockJump[] = []
  /** The number of all jumps since the start. */
  count = 0
  readonly #parts: Parts
  #isWatching = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Continues the log's time where it ended, and applies the known shifts to the timers. */
  async start(replayed: number): Promise<void> {
    const { clock, offsets, store, timers } = this.#parts
    const known = offsets.clock
    this.#isWatching = true
    clock.watch(() => this.#onSet())
    // An event may have a time that no clock showed. After an orderly stop the log has the time that the clock did
    // show.
    clock.resume(known, replayed === 0 ? (known?.at ?? offsets.at) : offsets.at)
    const shifts = clock.isOfThisBoot(known) ? known.shifts : []
    for (const shift of shifts) timers.shift(shift)
    offsets.setClock({ ...clock.state, shifts })
    if (clock.isOfThisBoot(known) || !clock.isOfThisBoot(clock.state)) return
    // The first start in a boot writes its clock at once, because a crash may come before the first checkpoint.
    const { seq, state } = store.checkpoint() ?? { seq: 0, state: new Offsets().state() }
    const before = { ...(state as OffsetsState), clock: { ...clock.state, shifts } }
    await store.putSnapshots([], { seq, state: before })
  }

  stop(): void {
    this.#isWatching = false
    this.#parts.clock.watch(undefined)
  }

  /**
   * Records a jump. Messages that wait were sent before it and are taken first, so that record and timers agree on its
   * place.
   */
  #onSet(): void {
    const { clock, loop, timers, logger } = this.#parts
    if (!this.#isWatching || loop.fence) return
    if (loop.waiting > 0) {
      setImmediate(() => this.#onSet())
      return
    }
    const at = clock.now()
    const jump = clock.follow()
    if (jump === undefined) return
    if (jump.forwardMs > 0) timers.shift({ seq: loop.nextSeq, ms: jump.forwardMs })
    this.count++
    this.jumps.push(Object.freeze(jump))
    if (this.jumps.length > JUMPS_MAX) this.jumps.shift()
    logger.warn(jump, `the system clock was set ${spelled(jump.byMs)}; no timer becomes late or early`)
    const event = { type: 'outcry.clockSet', at, ...jump, ...clock.state }
    loop.enqueue({ message: messageOf(CLOCK, Object.freeze(event), at, 0) }, 'control')
    loop.pump()
  }
}

/** Returns a watch when the clock is the system's, and undefined otherwise. */
export function watchOf(parts: Omit<Parts, 'clock'> & { readonly clock: unknown }): ClockWatch | undefined {
  return parts.clock instanceof SystemClock ? new ClockWatch({ ...parts, clock: parts.clock }) : undefined
}

function spelled(ms: number): string {
  const text = `${Math.abs(ms) / 1_000} s`
  return ms < 0 ? `back by ${text}` : `forward by ${text}`
}
