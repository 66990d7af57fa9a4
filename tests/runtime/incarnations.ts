/** One log and the supervisors that live on it one after another: the same life, interrupted in the ways that a life is. */

import { createSupervisor, type SupervisorOptions } from '../../src/runtime/assemble.ts'
import type { Logger } from '../../src/runtime/logger.ts'
import { openLevelStore, openMemoryStore } from '../../src/runtime/record/log.ts'
import type { AnyEvent, TransitionRecord } from '../../src/runtime/record/record.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { newMemory } from '../../store/index.ts'
import { presentOf } from '../equal-logs.ts'

export type Options = Omit<SupervisorOptions, 'store' | 'clock' | 'logger'>

/** `crash` leaves what a `kill -9` leaves: the log as it is, and nobody who still listens to the supervisor before. */
export type Interruption = 'none' | 'stop' | 'crash'

/** Passes every actor out of memory after each commit that it was in. */
export const ALWAYS_PASSIVE = { residentMax: 0, idleMs: 0 }

export class Incarnations {
  readonly clock = new EventClock(1_000)
  readonly errors: string[] = []
  supervisor!: Supervisor
  #options: Options
  readonly #folder: string | undefined
  readonly #memory = newMemory()

  /** In memory, or on disk in a folder of its own. */
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

  /** Ends this supervisor and starts the next one, perhaps with other machines. A crash needs a log in memory. */
  async interrupt(how: Interruption, options = this.#options): Promise<void> {
    if (how === 'none') return
    this.#options = options
    if (how === 'stop') await this.supervisor.stop()
    else await this.supervisor.idle()
    await this.open()
  }

  /** Resolves when all that follows is durable, and whoever is to leave memory has left it. @throws as `supervisor.send` */
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

  /** Every actor as it is, without places in the log. */
  async presents(): Promise<Map<string, unknown>> {
    const presents = new Map<string, unknown>()
    for await (const view of this.supervisor.actors()) presents.set(view.address, presentOf(view))
    return presents
  }
}
