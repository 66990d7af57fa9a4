/** One log, and the supervisors that open it one after another: the same life with different interruptions. */

import { createSupervisor, type SupervisorOptions } from '../../src/runtime/assemble.ts'
import type { Logger } from '../../src/runtime/logger.ts'
import { openLevelStore, openMemoryStore } from '../../src/runtime/record/log.ts'
import type { AnyEvent, TransitionRecord } from '../../src/runtime/record/record.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { newMemory } from '../../store/index.ts'
import { presentOf } from '../equal-logs.ts'

export type Options = Omit<SupervisorOptions, 'store' | 'clock' | 'logger'>

/** `crash` leaves what a `kill -9` leaves: the log as it is, and no listener to the supervisor before. */
export type Interruption = 'none' | 'stop' | 'crash'

/** Passivates every actor after each commit in which it took part. */
export const ALWAYS_PASSIVE = { residentMax: 0, idleMs: 0 }

export class Incarnations {
  readonly clock = new EventClock(1_000)
  readonly errors: string[] = []
  supervisor!: Supervisor
  #options: Options
  readonly #folder: string | undefined
  readonly #memory = newMemory()

  /** Without `folder`, the log is in memory. */
  constructor(options: Options, folder?: string) {
    this.#options = options
    this.#folder = folder
  }

  async open(): Promise<this> {
    const note = (_details: object, message: string) => void this.errors.push(message)
    const logger: Logger = { debug() {}, info() {}, warn: note, error: note }
    const store =
      this.#folder === undefined ? await openMemoryStore(this.#memory) : await openLevelStore(this.#folder)
    const { clock } = this
    this.supervisor = await createSupervisor({ ...this.#options, store, clock, logger })
    await this.supervisor.idle()
    return this
  }

  /** Ends this supervisor and starts the next one, with other machines if given. A crash needs a log in memory. */
  async interrupt(how: Interruption, options = this.#options): Promise<void> {
    if (how === 'none') return
    this.#options = options
    if (how === 'stop') await this.supervisor.stop()
    else await this.supervisor.idle()
    await this.open()
  }

  /**
   * Resolves when all that follows is durable and all actors that are to leave memory have left it.
   * @throws as `supervisor.send`
   */
  async send(to: string, event: AnyEvent): Promise<void> {
    try {
      await this.supervisor.send(to, event)
    } finally {
      await this.supervisor.idle()
    }
  }

  async wait(ms: number): Promise<void> {
    this.clock.advanceTo(this.clock.now() + ms)
    await this.supervisor.idle()
  }

  async records(): Promise<TransitionRecord[]> {
    await this.supervisor.idle()
    const records: TransitionRecord[] = []
    for await (const record of this.supervisor.read()) records.push(record)
    return records
  }

  /** Returns the present view of every actor, without its places in the log. */
  async presents(): Promise<Map<string, unknown>> {
    const presents = new Map<string, unknown>()
    for await (const view of this.supervisor.actors()) presents.set(view.address, presentOf(view))
    return presents
  }
}
