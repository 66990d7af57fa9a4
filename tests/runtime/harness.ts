import { createSupervisor, type SupervisorOptions } from '../../src/runtime/assemble.ts'
import type { Logger } from '../../src/runtime/logger.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { AnyEvent, TransitionRecord } from '../../src/runtime/record/record.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { newMemory, type Store } from '../../store/index.ts'

type Options = Omit<SupervisorOptions, 'store' | 'clock' | 'logger'>

/** A supervisor on a log in memory. The log outlives it, and the test moves the time. */
export class Harness {
  readonly clock = new EventClock(1_000)
  readonly memory = newMemory()
  readonly errors: string[] = []
  store!: Store<TransitionRecord>
  supervisor!: Supervisor

  /** Opens the same log. After `open` or `crash`, everything must be as before. */
  async open(options: Options): Promise<Supervisor> {
    const errors = this.errors
    const note = (_details: object, message: string) => void errors.push(message)
    const logger: Logger = { debug() {}, info() {}, warn: note, error: note }
    this.store = await openMemoryStore(this.memory)
    this.supervisor = await createSupervisor({ ...options, store: this.store, clock: this.clock, logger })
    return this.supervisor
  }

  /** Leaves what a `kill -9` leaves: the log as it is, and no listener to this supervisor. */
  async crash(): Promise<void> {
    await this.supervisor.idle()
  }

  async records(): Promise<TransitionRecord[]> {
    await this.supervisor.idle()
    const records: TransitionRecord[] = []
    for await (const record of this.supervisor.read()) records.push(record)
    return records
  }

  async eventsOf(actor: string): Promise<string[]> {
    return (await this.records()).filter((r) => r.actor === actor).map((r) => r.event.type)
  }

  async deadLetters(): Promise<AnyEvent[]> {
    return (await this.records()).flatMap(({ event }) => (event.type === 'DEAD_LETTER' ? [event] : []))
  }

  value(address: string): unknown {
    return (this.supervisor.getSnapshot(address) as { value?: unknown } | undefined)?.value
  }

  context(address: string): unknown {
    return this.supervisor.getSnapshot(address)?.context
  }
}

/** The real ones, also in a test with a time of its own. */
const later = globalThis.setTimeout
const now = performance.now.bind(performance)
/** Longest wait, in ms, between two checks, and until the last one. A slow machine never waits in vain. */
const PAUSE_MAX = 50
const WAIT_MAX = 120_000

/**
 * Waits for effects outside of turns: promises, callbacks, ports, other processes, the page. All tests wait by this, for
 * those of vitest give up after a second.
 */
export async function eventually(check: () => unknown): Promise<void> {
  const until = now() + WAIT_MAX
  for (let pause = 2; ; pause = Math.min(2 * pause, PAUSE_MAX)) {
    try {
      await check()
      return
    } catch (error) {
      if (now() > until) throw error
    }
    await new Promise((resolve) => later(resolve, pause))
  }
}
