/**
 * A run on a live market: time is the system's. The paper venue is fed as the runner is, and its reports come back
 * when their time has come.
 */
import type { Subscription } from 'rxjs'
import { deliveriesOf, type LinkFaults } from '../ports/link-faults.ts'
import type { MarketMessage, MarketSource } from '../ports/market.ts'
import type { PaperVenue } from '../ports/venue.ts'
import type { Address } from '../runtime/address.ts'
import { TIMEOUT_MAX_MS } from '../runtime/clock.ts'
import type { Supervisor } from '../runtime/supervisor.ts'
import { type Driver, tellReport } from './driver.ts'

export interface LiveTimeOptions {
  readonly supervisor: Supervisor
  readonly market: MarketSource
  readonly venue: PaperVenue
  /** What goes wrong on the way from the venue. */
  readonly faults?: LinkFaults | undefined
}

export class LiveTimeDriver implements Driver {
  readonly #options: LiveTimeOptions
  #subscription: Subscription | undefined
  #reportsRead: number
  #messages = 0
  #flushing: Promise<void> | undefined
  #wake: NodeJS.Timeout | undefined
  #end: () => void = () => {}
  #fail: (error: unknown) => void = () => {}

  constructor(options: LiveTimeOptions) {
    this.#options = options
    this.#reportsRead = options.supervisor.cursor(options.venue.name)
  }

  get messages(): number {
    return this.#messages
  }

  async run(): Promise<void> {
    const { market, supervisor, venue } = this.#options
    this.#readReports()
    const after = Math.max(venue.marketPosition, supervisor.cursor(market.name))
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

  async stop(): Promise<void> {
    clearTimeout(this.#wake)
    this.#subscription?.unsubscribe()
    this.#end()
    await this.#flushing
  }

  /** The port has handed the venue something. */
  onRequest(): void {
    this.#flush()
    this.#arm()
  }

  #take(message: MarketMessage): void {
    const { supervisor, market, venue } = this.#options
    const { at, position, event } = message
    this.#messages++
    venue.onMarket(message)
    const to = `symbol/${message.venue}:${message.symbol}` as Address
    supervisor.tell(to, event, { at, lane: 'market', origin: { source: market.name, position } })
    this.#flush()
  }

  #flush(): void {
    const { venue } = this.#options
    if (!venue.dirty || this.#flushing !== undefined) return
    this.#flushing = venue
      .flush()
      .then(() => this.#readReports())
      .catch((error) => this.#fail(error))
      .finally(() => {
        this.#flushing = undefined
        this.#flush()
      })
  }

  #readReports(): void {
    const reports = this.#options.venue.reportsAfter(this.#reportsRead)
    this.#reportsRead += reports.length
    // Timers of one delay fire in the order in which they were set, so reports stay in theirs.
    for (const report of reports) {
      for (const delivery of deliveriesOf(report, this.#options.faults)) {
        const { supervisor, venue } = this.#options
        setTimeout(() => tellReport(supervisor, venue.name, delivery), Math.max(0, delivery.at - Date.now()))
      }
    }
  }

  /** Requests reach the venue when their latency is over, and orders expire, market or no market. */
  #arm(): void {
    const { nextAt } = this.#options.venue
    clearTimeout(this.#wake)
    if (nextAt === undefined) return
    this.#wake = setTimeout(
      () => {
        this.#options.venue.advance(Date.now())
        this.onRequest()
      },
      Math.min(Math.max(0, nextAt - Date.now()), TIMEOUT_MAX_MS),
    )
  }
}
