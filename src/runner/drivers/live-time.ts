/**
 * A run on a live market: time is the system's. A simulated venue is fed as the runner is. Reports come back when their time
 * has come; a venue elsewhere says when it has some.
 */

import type { Subscription } from 'rxjs'
import { symbolAddress } from '../../../machines/index.ts'
import type { MarketMessage, MarketSource } from '../../adapters/market-source.ts'
import type { LinkFaults } from '../../adapters/transport/link-faults.ts'
import type { Venue } from '../../adapters/venue.ts'
import type { Address } from '../../runtime/record/address.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { type Clock, TIMEOUT_MAX_MS } from '../../runtime/time/clock.ts'
import type { Driver } from './driver.ts'
import { ReportQueue } from './report-queue.ts'

export interface LiveTimeOptions {
  /** The log's, which goes on when the system's clock is set back. */
  readonly clock: Pick<Clock, 'now'>
  readonly supervisor: Supervisor
  readonly market: MarketSource
  readonly venue: Venue
  /** What goes wrong on the way from the venue. */
  readonly faults?: LinkFaults | undefined
}

export class LiveTimeDriver implements Driver {
  readonly #options: LiveTimeOptions
  #subscription: Subscription | undefined
  readonly #reports: ReportQueue
  #messages = 0
  #stopped = false
  #flushing: Promise<void> | undefined
  #wake: NodeJS.Timeout | undefined
  /** Who waits until nothing is under way. */
  #asking: (() => void)[] = []
  #looking = false
  #end: () => void = () => {}
  #fail: (error: unknown) => void = () => {}

  constructor(options: LiveTimeOptions) {
    this.#options = options
    this.#reports = new ReportQueue(options.supervisor, options.venue, options.faults)
  }

  get messages(): number {
    return this.#messages
  }

  async run(): Promise<void> {
    const { market, supervisor, venue } = this.#options
    const after = Math.max(venue.simulation?.marketPosition ?? 0, supervisor.cursor(market.name))
    await new Promise<void>((resolve, reject) => {
      this.#end = resolve
      this.#fail = reject
      this.#subscription = market.open({ after }).subscribe({
        next: (message) => this.#take(message),
        complete: resolve,
        error: reject,
      })
      this.onRequest()
    })
  }

  whenQuiet(answer: () => void): void {
    this.#asking.push(answer)
    this.#lookForQuiet()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#wake)
    this.#subscription?.unsubscribe()
    this.#end()
    await this.#flushing
  }

  /** The port has handed the venue something. */
  onRequest(): void {
    this.#flush()
    this.#arm()
    this.#lookForQuiet()
  }

  /** Looked for whenever something has come to its end; what was told by then has to be taken first. */
  #lookForQuiet(): void {
    if (this.#asking.length === 0 || this.#looking || !this.#isQuiet) return
    this.#looking = true
    const { supervisor } = this.#options
    const look = () => {
      this.#looking = false
      if (this.#isQuiet) for (const answer of this.#asking.splice(0)) answer()
    }
    // A store that takes nothing more has nobody left who asks.
    supervisor.idle().then(look, () => {})
  }

  get #isQuiet(): boolean {
    const { venue, supervisor } = this.#options
    const isUnderWay =
      venue.dirty || this.#flushing !== undefined || venue.simulation?.arrivesAt !== undefined
    return !isUnderWay && !this.#stopped && !supervisor.hasIntentsAhead && this.#reports.isEmpty
  }

  #take(message: MarketMessage): void {
    const { supervisor, market, venue } = this.#options
    const { at, position, event } = message
    this.#messages++
    venue.simulation?.onMarket(message)
    const to = symbolAddress(message.venue, message.symbol) as Address
    supervisor.tell(to, event, { at, lane: 'market', origin: { source: market.name, position } })
    this.#flush()
  }

  #flush(): void {
    const { venue } = this.#options
    if (!venue.dirty || this.#flushing !== undefined || this.#stopped) return
    this.#flushing = venue
      .flush()
      .then(() => this.#reports.fill())
      .catch((error) => this.#fail(error))
      .finally(() => {
        this.#flushing = undefined
        this.onRequest()
      })
  }

  /** One timer for all that happens by itself, market or no market: so reports keep their order. */
  #arm(): void {
    clearTimeout(this.#wake)
    const next = Math.min(
      this.#options.venue.simulation?.nextAt ?? Infinity,
      this.#reports.nextAt ?? Infinity,
    )
    if (next === Infinity || this.#stopped) return
    const waitMs = Math.max(0, next - this.#options.clock.now())
    this.#wake = setTimeout(() => this.#onDue(), Math.min(waitMs, TIMEOUT_MAX_MS))
  }

  /** Requests reach the venue when their latency is over, orders expire, reports come. */
  #onDue(): void {
    const now = this.#options.clock.now()
    this.#options.venue.simulation?.advance(now)
    while ((this.#reports.nextAt ?? Infinity) <= now) this.#reports.deliverNext()
    this.onRequest()
  }
}
