/**
 * Drives a run in event time. Market messages, reports of venues, requests on their way, timers and news of files
 * happen in the order of their times, at any speed. The consequences of each are durable before the next one begins. So
 * the same market gives the same log, and a killed run continues as if it had not been killed.
 */

import type { Subscription } from 'rxjs'
import { symbolAddress } from '../../../machines/index.ts'
import type { MarketMessage, MarketSource } from '../../adapters/market-source.ts'
import type { SimulatedVenue } from '../../adapters/venue.ts'
import type { Address } from '../../runtime/record/address.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import type { EventClock } from '../../runtime/time/clock.ts'
import type { NewsTimes } from '../feeds/news-times.ts'
import type { Driver } from './driver.ts'
import { type DrivenVenue, linkTo, VenueLink } from './venue-link.ts'

export interface EventTimeOptions {
  readonly supervisor: Supervisor
  readonly clock: EventClock
  readonly market: MarketSource
  /** The venues, in the order in which they act at one moment. */
  readonly venues: readonly DrivenVenue<SimulatedVenue>[]
  readonly news?: NewsTimes | undefined
  /** 1 is real time. */
  readonly speed: number | 'max'
  /** The event time at which the log began. Undefined when this start begins it. */
  readonly beganAt?: number | undefined
}

/** The longest lag behind the pace. A run that is slower does not try to catch up. */
const LAG_MAX_MS = 1_000
/** The longest delay of one timer in Node. A gap in a recording may be longer. */
const TIMER_MAX_MS = 2 ** 31 - 1

export class EventTimeDriver implements Driver {
  readonly #options: EventTimeOptions
  readonly #links: readonly VenueLink<SimulatedVenue>[]
  /** The wall-clock time of event time 0, at the run's speed. */
  #epochMs: number | undefined
  #subscription: Subscription | undefined
  /** Aborts when the run stops. A wait for the pace ends then, so that it does not keep the process. */
  readonly #stopping = new AbortController()
  #wake: (() => void) | undefined
  #messages = 0
  /** The last position that an earlier run has taken. Messages up to it are not delayed again. */
  #seen = 0
  /** The position of the last message that was fed. */
  #fed = 0
  #running = false

  constructor(options: EventTimeOptions) {
    this.#options = options
    this.#links = options.venues.map((one) => new VenueLink(options.supervisor, one))
  }

  get messages(): number {
    return this.#messages
  }

  /** Resolves when the market has ended and all consequences are done, or `stop` was called. */
  async run(): Promise<void> {
    const { market, supervisor, beganAt } = this.#options
    // A message that only some of these have taken goes to the others alone.
    const atVenues = this.#links.map(({ venue }) => venue.simulation.marketPosition)
    const positions = [...atVenues, supervisor.cursor(market.name)]
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
    if (this.#stopping.signal.aborted) return
    await this.#consequences()
    await this.#finish()
  }

  whenQuiet(venue: string, answer: () => void): void {
    linkTo(this.#links, venue).ask(answer)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#subscription?.unsubscribe()
    this.#wake?.()
    await this.#consequences()
  }

  /** Does nothing: the driver looks by itself, after every turn that could have asked something of a venue. */
  lookAtVenues(): void {}

  /** Does everything that is due before the message. Returns a promise only when it has to wait. */
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
    const { signal } = this.#stopping
    for (let left = waitMs; left > 0 && !signal.aborted; left -= TIMER_MAX_MS)
      await passed(Math.min(left, TIMER_MAX_MS), signal)
  }

  #take(message: MarketMessage): void {
    if (this.#stopping.signal.aborted) return
    const { supervisor, clock, market } = this.#options
    const { at, position, event } = message
    this.#messages++
    this.#fed = position
    for (const { venue } of this.#links) venue.simulation.onMarket(message)
    clock.advanceTo(at)
    const to = symbolAddress(message.venue, message.symbol) as Address
    supervisor.tell(to, event, { at, lane: 'market', origin: { source: market.name, position } })
    supervisor.pump()
  }

  /** Returns whether consequences must be durable before the next message. */
  get #mustWait(): boolean {
    return this.#isDirty || this.#options.supervisor.hasIntentsAhead || this.#canAnswer
  }

  /** Returns whether a venue has taken something that is not fsynced yet. */
  get #isDirty(): boolean {
    for (const { venue } of this.#links) if (venue.dirty) return true
    return false
  }

  /**
   * Returns whether a caller waits for a venue that is quiet now. A venue is not quiet while it is fed again after a
   * kill.
   */
  get #canAnswer(): boolean {
    if (!this.#running || this.#fed < this.#seen) return false
    for (const link of this.#links) if (this.#canAnswerAt(link)) return true
    return false
  }

  #canAnswerAt(link: VenueLink): boolean {
    return link.isAsked && !this.#options.supervisor.hasIntentsAhead && link.isQuiet
  }

  async #consequences(): Promise<void> {
    const { supervisor } = this.#options
    while (this.#mustWait) {
      if (supervisor.hasIntentsAhead) await supervisor.idle()
      for (const { venue, reports } of this.#links) {
        if (!venue.dirty) continue
        await venue.flush()
        reports.fill()
      }
      if (!this.#canAnswer) continue
      for (const link of this.#links) if (this.#canAnswerAt(link)) link.answer()
      await supervisor.idle()
    }
  }

  /** Returns the next time up to `at` at which something is due by itself. */
  #nextAt(at: number): number | undefined {
    const { clock, news } = this.#options
    let next = Math.min(clock.dueAt ?? Infinity, news?.nextAt ?? Infinity)
    for (const link of this.#links) next = Math.min(next, link.nextAt)
    return next <= at ? next : undefined
  }

  async #advanceTo(at: number): Promise<void> {
    for (
      let next = this.#nextAt(at);
      next !== undefined && !this.#stopping.signal.aborted;
      next = this.#nextAt(at)
    ) {
      const { clock, supervisor, news } = this.#options
      // The order at one moment: requests arrive, then reports, then timers, then news.
      for (const { venue } of this.#links) venue.simulation.advance(next)
      if (!this.#isDirty) {
        clock.advanceTo(next)
        const told = this.#links.find(({ reports }) => (reports.nextAt ?? Infinity) <= (next as number))
        if (told !== undefined) {
          told.reports.deliverNext()
          supervisor.pump()
        } else if ((news?.nextAt ?? Infinity) <= next) {
          await news?.deliverNext()
          supervisor.pump()
        }
      }
      await this.#consequences()
    }
  }

  /** Waits after the last message for requests and reports on their way, but not for timers or the ends of orders. */
  async #finish(): Promise<void> {
    const { supervisor } = this.#options
    for (;;) {
      const arrivals = this.#links.map(({ venue }) => venue.simulation.arrivesAt ?? Infinity)
      const next = Math.min(...arrivals, ...this.#links.map(({ reports }) => reports.nextAt ?? Infinity))
      if (next === Infinity || this.#stopping.signal.aborted) break
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

/** Resolves after so many ms, and at once when the signal is aborted. */
function passed(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}
