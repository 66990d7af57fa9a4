/**
 * A run in event time: market messages, the venue's reports, requests on their way, timers and news of files happen in the order of
 * their times, whatever the speed, and each one's consequences are durable before the next begins. So the same market
 * gives the same log, and a killed run goes on as if nothing had been.
 */

import type { Subscription } from 'rxjs'
import { symbolAddress } from '../../../machines/index.ts'
import type { MarketMessage, MarketSource } from '../../adapters/market-source.ts'
import type { LinkFaults } from '../../adapters/transport/link-faults.ts'
import type { SimulatedVenue } from '../../adapters/venue.ts'
import type { Address } from '../../runtime/record/address.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import type { EventClock } from '../../runtime/time/clock.ts'
import type { NewsTimes } from '../feeds/news-times.ts'
import type { Driver } from './driver.ts'
import { ReportQueue } from './report-queue.ts'

export interface EventTimeOptions {
  readonly supervisor: Supervisor
  readonly clock: EventClock
  readonly market: MarketSource
  readonly venue: SimulatedVenue
  /** What goes wrong on the way from the venue. */
  readonly faults?: LinkFaults | undefined
  readonly news?: NewsTimes | undefined
  /** 1 is the pace of life. */
  readonly speed: number | 'max'
  /** Event time at which the log began, where there was one before this start. */
  readonly beganAt?: number | undefined
}

/** How far behind its pace a run may fall before it counts as slow and stops trying to catch up. */
const LAG_MAX_MS = 1_000

export class EventTimeDriver implements Driver {
  readonly #options: EventTimeOptions
  readonly #reports: ReportQueue
  /** Wall-clock time of event time 0, at the run's speed. */
  #epochMs: number | undefined
  #subscription: Subscription | undefined
  #stopped = false
  #wake: (() => void) | undefined
  #messages = 0
  /** Market messages that have been before, and now wait for nothing. */
  #seen = 0
  /** Position of the last one that was fed. */
  #fed = 0
  #running = false
  /** Who waits until nothing is under way. */
  #asking: (() => void)[] = []

  constructor(options: EventTimeOptions) {
    this.#options = options
    this.#reports = new ReportQueue(options.supervisor, options.venue, options.faults)
  }

  get messages(): number {
    return this.#messages
  }

  /** Resolves when the market has ended and everything it set off is done, or `stop` was called. */
  async run(): Promise<void> {
    const { market, venue, supervisor, beganAt } = this.#options
    // What only one of the two has taken in is given to that one alone.
    const positions = [venue.simulation.marketPosition, supervisor.cursor(market.name)]
    const after = Math.min(...positions)
    this.#seen = Math.max(...positions)
    this.#fed = after
    this.#running = true
    await new Promise<void>((resolve, reject) => {
      this.#wake = resolve
      this.#subscription = market
        .open({
          after,
          seen: this.#seen,
          ...(beganAt !== undefined && { beganAt, endedAt: supervisor.lastAt }),
          pace: (message) => this.#before(message),
        })
        .subscribe({
          next: (message) => this.#take(message),
          complete: resolve,
          error: reject,
        })
    })
    if (this.#stopped) return
    await this.#consequences()
    await this.#finish()
  }

  whenQuiet(answer: () => void): void {
    this.#asking.push(answer)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#subscription?.unsubscribe()
    this.#wake?.()
    await this.#consequences()
  }

  /** Requests are looked for after every turn that could have made one. */
  onRequest(): void {}

  /** All that is due before the message happens; a promise only where something has to be waited for. */
  #before(message: MarketMessage): Promise<void> | undefined {
    const { supervisor, speed } = this.#options
    const isSeen = message.position <= this.#seen
    const lagMs = isSeen || speed === 'max' ? 0 : this.#waitMs(message.at, speed)
    const room = supervisor.room()
    const isQuiet = !this.#mustWait && this.#options.news?.isReady !== false
    if (isQuiet && this.#nextAt(message.at) === undefined && lagMs <= 0 && room === undefined)
      return undefined
    return this.#beforeSlowly(message.at, lagMs, room)
  }

  async #beforeSlowly(at: number, waitMs: number, room: Promise<void> | undefined): Promise<void> {
    await room
    await this.#options.news?.ready()
    await this.#consequences()
    await this.#advanceTo(at)
    if (waitMs > 0 && !this.#stopped) await new Promise((resolve) => setTimeout(resolve, waitMs))
  }

  #take(message: MarketMessage): void {
    if (this.#stopped) return
    const { supervisor, clock, market, venue } = this.#options
    const { at, position, event } = message
    this.#messages++
    this.#fed = position
    venue.simulation.onMarket(message)
    clock.advanceTo(at)
    const to = symbolAddress(message.venue, message.symbol) as Address
    supervisor.tell(to, event, { at, lane: 'market', origin: { source: market.name, position } })
    supervisor.pump()
  }

  /** Whether something has happened whose consequences must be durable before the next message. */
  get #mustWait(): boolean {
    const { venue, supervisor } = this.#options
    return venue.dirty || supervisor.hasIntentsAhead || this.#canAnswer
  }

  /** Whether somebody asks, and nothing is under way. What is fed again after a kill is under way, too. */
  get #canAnswer(): boolean {
    if (this.#asking.length === 0 || !this.#running || this.#fed < this.#seen) return false
    const { venue, supervisor } = this.#options
    const isUnderWay = venue.dirty || supervisor.hasIntentsAhead || venue.simulation.arrivesAt !== undefined
    return !isUnderWay && this.#reports.isEmpty
  }

  async #consequences(): Promise<void> {
    const { supervisor, venue } = this.#options
    while (this.#mustWait) {
      if (supervisor.hasIntentsAhead) await supervisor.idle()
      if (venue.dirty) {
        await venue.flush()
        this.#reports.fill()
      }
      if (!this.#canAnswer) continue
      for (const answer of this.#asking.splice(0)) answer()
      await supervisor.idle()
    }
  }

  /** The next moment up to `at` at which something happens by itself. */
  #nextAt(at: number): number | undefined {
    const { venue, clock, news } = this.#options
    const next = Math.min(
      venue.simulation.nextAt ?? Infinity,
      this.#reports.nextAt ?? Infinity,
      clock.dueAt ?? Infinity,
      news?.nextAt ?? Infinity,
    )
    return next <= at ? next : undefined
  }

  async #advanceTo(at: number): Promise<void> {
    for (let next = this.#nextAt(at); next !== undefined && !this.#stopped; next = this.#nextAt(at)) {
      const { venue, clock, supervisor, news } = this.#options
      // At one moment: requests arrive, then reports, then timers, then news.
      venue.simulation.advance(next)
      if (!venue.dirty) {
        clock.advanceTo(next)
        if ((this.#reports.nextAt ?? Infinity) <= next) {
          this.#reports.deliverNext()
          supervisor.pump()
        } else if ((news?.nextAt ?? Infinity) <= next) {
          await news?.deliverNext()
          supervisor.pump()
        }
      }
      await this.#consequences()
    }
  }

  /** After the last message: what is still under way between runner and venue, but no timers and no orders' ends. */
  async #finish(): Promise<void> {
    const { supervisor, venue } = this.#options
    for (;;) {
      const next = Math.min(venue.simulation.arrivesAt ?? Infinity, this.#reports.nextAt ?? Infinity)
      if (next === Infinity || this.#stopped) break
      await this.#advanceTo(next)
    }
    await supervisor.idle()
  }

  #waitMs(at: number, speed: number): number {
    const now = performance.now()
    this.#epochMs ??= now - at / speed
    const waitMs = this.#epochMs + at / speed - now
    if (waitMs < -LAG_MAX_MS) this.#epochMs = now - at / speed
    return waitMs
  }
}
