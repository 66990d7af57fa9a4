/** The interface of a run for the command line and for tests. */
import type { MarketSource } from '../adapters/market-source.ts'
import type { Supervisor } from '../runtime/supervisor.ts'
import { announce, withdraw } from './folder/announcement.ts'
import type { Lifecycle } from './lifecycle.ts'
import { type Stats, statsOf } from './reports/stats.ts'
import type { Run } from './run.ts'

export interface RunningRunner {
  readonly supervisor: Supervisor
  readonly market: MarketSource
  /** The URL of the page and the API. Undefined when the server is switched off. */
  readonly url: string | undefined
  readonly messages: number
  stats(): Stats
  /** Resolves when the market has ended, and rejects when the run cannot go on. */
  readonly ended: Promise<void>
  /** Records the reason, finishes all work and closes all parts. */
  stop(reason: string, initiator: string): Promise<void>
}

export class Runner implements RunningRunner {
  readonly #run: Run
  readonly #lifecycle: Lifecycle
  #ended: Promise<void> = Promise.resolve()
  #stopping: Promise<void> | undefined

  constructor(run: Run, lifecycle: Lifecycle) {
    this.#run = run
    this.#lifecycle = lifecycle
  }

  get supervisor(): Supervisor {
    return this.#run.get('supervisor')
  }

  get market(): MarketSource {
    return this.#run.plan.market
  }

  get url(): string | undefined {
    return this.#run.api?.url
  }

  get messages(): number {
    return this.#run.get('driver').messages
  }

  get ended(): Promise<void> {
    return this.#ended
  }

  async start(): Promise<void> {
    const { config, options, logger } = this.#run.plan
    try {
      await this.#lifecycle.start()
      // With a server it is announced as soon as that listens.
      if (this.url === undefined) announce(config.data, {})
    } catch (error) {
      await this.#lifecycle.stop().catch(() => {})
      if (this.url !== undefined) withdraw(config.data, this.url)
      throw error
    }
    this.#lifecycle.run()
    const { faulted } = options
    this.#ended = Promise.race([this.#lifecycle.ended, ...(faulted ? [faulted] : [])])
    // Whoever waits for the end hears of it; nobody waiting is no reason to crash.
    this.#ended.catch((error: Error) => logger.report('critical', error.message))
  }

  stats(): Stats {
    return statsOf(this.supervisor, this.#run.plan, this.#run.counts)
  }

  stop(reason: string, initiator: string): Promise<void> {
    this.#stopping ??= this.#stop(reason, initiator)
    return this.#stopping
  }

  async #stop(reason: string, initiator: string): Promise<void> {
    this.#run.ending = { reason, initiator }
    try {
      await this.#lifecycle.stop()
    } finally {
      // Last, so that until then the command line is told that the runner stops; and whatever failed before.
      withdraw(this.#run.plan.config.data, this.url)
    }
  }
}
