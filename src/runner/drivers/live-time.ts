/**
 * Drives a run on a live market, in the system's time. Simulated venues get the same messages as the runner. Their
 * reports come back at their time, and a remote venue says when it has some.
 */

import type { Subscription } from 'rxjs'
import { symbolAddress } from '../../../machines/index.ts'
import type { MarketMessage, MarketSource } from '../../adapters/market-source.ts'
import type { Address } from '../../runtime/record/address.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { type Clock, TIMEOUT_MAX_MS } from '../../runtime/time/clock.ts'
import type { Driver } from './driver.ts'
import { type DrivenVenue, linkTo, VenueLink } from './venue-link.ts'

export interface LiveTimeOptions {
  /** The log's clock. It goes on when the system's clock is set back. */
  readonly clock: Pick<Clock, 'now'>
  readonly supervisor: Supervisor
  readonly market: MarketSource
  readonly venues: readonly DrivenVenue[]
}

export class LiveTimeDriver implements Driver {
  readonly #options: LiveTimeOptions
  #subscription: Subscription | undefined
  readonly #links: readonly VenueLink[]
  #messages = 0
  #stopped = false
  /** Writes under way, one at a time for each venue. */
  readonly #flushing = new Map<VenueLink, Promise<void>>()
  #wake: NodeJS.Timeout | undefined
  #looking = false
  #end: () => void = () => {}
  #fail: (error: unknown) => void = () => {}

  constructor(options: LiveTimeOptions) {
    this.#options = options
    this.#links = options.venues.map((one) => new VenueLink(options.supervisor, one))
  }

  get messages(): number {
    return this.#messages
  }

  async run(): Promise<void> {
    const { market, supervisor } = this.#options
    const atVenues = this.#links.map(({ venue }) => venue.simulation?.marketPosition ?? 0)
    const after = Math.max(...atVenues, supervisor.cursor(market.name))
    await new Promise<void>((resolve, reject) => {
      this.#end = resolve
      this.#fail = reject
      this.#subscription = market.open({ after }).subscribe({
        next: (message) => this.#take(message),
        complete: resolve,
        error: reject,
      })
      this.lookAtVenues()
    })
  }

  whenQuiet(venue: string, answer: () => void): void {
    linkTo(this.#links, venue).ask(answer)
    this.#lookForQuiet()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#wake)
    this.#subscription?.unsubscribe()
    this.#end()
    await Promise.all(this.#flushing.values())
  }

  /** Makes what the venues have taken durable, and sees to what is due. */
  lookAtVenues(): void {
    this.#flush()
    this.#arm()
    this.#lookForQuiet()
  }

  /** Looks for a quiet venue whenever some work has ended. The messages sent until then are taken first. */
  #lookForQuiet(): void {
    if (this.#looking || !this.#links.some((link) => this.#canAnswer(link))) return
    this.#looking = true
    const look = () => {
      this.#looking = false
      for (const link of this.#links) if (this.#canAnswer(link)) link.answer()
    }
    // A store that takes nothing more has no caller left.
    this.#options.supervisor.idle().then(look, () => {})
  }

  /** Returns whether a caller waits for the venue, and nothing is under way there. */
  #canAnswer(link: VenueLink): boolean {
    if (!link.isAsked || this.#stopped || this.#flushing.has(link)) return false
    return !this.#options.supervisor.hasIntentsAhead && link.isQuiet
  }

  #take(message: MarketMessage): void {
    const { supervisor, market } = this.#options
    const { at, position, event } = message
    this.#messages++
    for (const { venue } of this.#links) venue.simulation?.onMarket(message)
    const to = symbolAddress(message.venue, message.symbol) as Address
    supervisor.tell(to, event, { at, lane: 'market', origin: { source: market.name, position } })
    this.#flush()
  }

  #flush(): void {
    if (this.#stopped) return
    for (const link of this.#links) if (link.venue.dirty && !this.#flushing.has(link)) this.#flushOne(link)
  }

  #flushOne(link: VenueLink): void {
    const flushing = link.venue
      .flush()
      .then(() => link.reports.fill())
      .catch((error) => this.#fail(error))
      .finally(() => {
        this.#flushing.delete(link)
        this.lookAtVenues()
      })
    this.#flushing.set(link, flushing)
  }

  /** Sets one timer for all due work, with or without market messages, so that reports keep their order. */
  #arm(): void {
    clearTimeout(this.#wake)
    let next = Infinity
    for (const link of this.#links) next = Math.min(next, link.nextAt)
    if (next === Infinity || this.#stopped) return
    const waitMs = Math.max(0, next - this.#options.clock.now())
    this.#wake = setTimeout(() => this.#onDue(), Math.min(waitMs, TIMEOUT_MAX_MS))
  }

  /** Does the due work: requests reach their venue after their latency, orders expire, reports arrive. */
  #onDue(): void {
    const now = this.#options.clock.now()
    for (const { venue, reports } of this.#links) {
      venue.simulation?.advance(now)
      while ((reports.nextAt ?? Infinity) <= now) reports.deliverNext()
    }
    this.lookAtVenues()
  }
}
