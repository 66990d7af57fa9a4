/** A market out of nothing: seeded, the same at every run, and plausible enough to trade against. */

import { setImmediate } from 'node:timers/promises'
import { from, type Observable } from 'rxjs'
import { compact } from '../../../errors/compact.ts'
import {
  baseAssetOf,
  type ListedInstrument,
  type MarketEvent,
  quoteAssetOf,
} from '../../../machines/index.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import type { MarketMessage, MarketOpenOptions, MarketSource } from '../market-source.ts'
import { Random } from '../transport/random.ts'

export interface SimSymbol {
  readonly symbol: string
  /** The two assets in its listing. By default those that its name is made of. */
  readonly baseAsset?: string | undefined
  readonly quoteAsset?: string | undefined
  /** Decimal text on the grid of `tickSize`. */
  readonly startPx: string
  /** A power of ten as decimal text, such as "0.01". */
  readonly tickSize: string
  readonly lotSize: string
  /** The funding rate of a contract, due at 00:00, 08:00 and 16:00 UTC. */
  readonly fundingRate?: string | undefined
  /** The volume of 24 hours in its listing, if it has one. */
  readonly quoteVolume24h?: string | undefined
  readonly listedAt?: number | undefined
}

export interface SimOptions {
  readonly seed: number
  readonly symbols: readonly SimSymbol[]
  /** Messages a second, each symbol. */
  readonly ratePerSecond: number
  /** Epoch ms of the market's beginning. Without it, it begins when it is first opened, and goes on where it was. */
  readonly startAt?: number
  /** Market time after which it ends; endless without. */
  readonly durationMs?: number
}

/** Usual relative move at a message, and how a burst of it grows and dies down. */
const VOLATILITY_PER_MESSAGE = 0.00008
const VOLATILITY_DECAY = 0.995
const VOLATILITY_SHOCK = 0.08
/** Chance of a jump over many ticks at a message, and its size in usual moves. */
const JUMP_CHANCE = 0.0005
const JUMP_SIZE = 25
/** The name of the venue in addresses and events. */
export const SIM_VENUE = 'sim'
const LEVELS = 5
/** Ticks that a price may come to: whole numbers beyond are not exact. */
const TICKS_MAX = 2 ** 52
const FUNDING_EVERY_MS = 8 * 3_600_000
/** Steps that a resumed market makes at once, in about a ms. */
const STEPS = 10_000

export function createSimMarket(options: SimOptions): MarketSource {
  return new SimMarket(options)
}

class SimMarket implements MarketSource {
  readonly name: string
  readonly time = 'event'
  readonly instruments: readonly string[]
  readonly startsAt: number
  readonly #options: SimOptions
  readonly refused = {}
  readonly #counts: Record<string, number> = {}

  constructor(options: SimOptions) {
    this.#options = options
    this.name = `sim:${options.seed}`
    this.startsAt = options.startAt ?? Date.now()
    this.instruments = options.symbols.map(({ symbol }) => `${SIM_VENUE}:${symbol}`)
  }

  get counts(): Readonly<Record<string, number>> {
    return this.#counts
  }

  open(options: MarketOpenOptions = {}): Observable<MarketMessage> {
    return from(this.#play(options))
  }

  async listing(): Promise<readonly ListedInstrument[]> {
    return this.#options.symbols.map(listed)
  }

  async *#play({
    after = 0,
    seen = after,
    pace,
    beganAt = this.startsAt,
    endedAt = Number.NEGATIVE_INFINITY,
  }: MarketOpenOptions): AsyncGenerator<MarketMessage> {
    const { seed, symbols, ratePerSecond, startAt, durationMs = Number.POSITIVE_INFINITY } = this.#options
    const walks = symbols.map((symbol, i) => new Walk(symbol, seed + i * 7_919))
    const stepMs = 1_000 / (ratePerSecond * walks.length)
    // Earlier versions began anew at each start: what they have in their logs may be ahead of the market's beginning.
    const base = startAt ?? Math.max(beganAt, Math.ceil(endedAt - seen * stepMs))
    for (let position = 1; (position - 1) * stepMs < durationMs; position++) {
      const walk = walks[(position - 1) % walks.length] as Walk
      walk.step()
      if (position <= after) {
        // Millions of steps take long, and questions are asked meanwhile.
        if (position % STEPS === 0) await setImmediate()
        continue
      }
      const at = Math.floor(base + (position - 1) * stepMs)
      const isFirst = position <= walks.length
      // Since the symbol's message before this one: a run that is resumed comes to the same.
      const wasAt = base + (position - 1 - walks.length) * stepMs
      const isFundingDue = Math.floor(at / FUNDING_EVERY_MS) > Math.floor(wasAt / FUNDING_EVERY_MS)
      const event: MarketEvent = isFirst
        ? { type: 'CONNECTION', at, status: 'connected' }
        : ((isFundingDue ? walk.funding(at) : undefined) ?? walk.event(at, position))
      const message = { position, at, venue: SIM_VENUE, symbol: walk.symbol, event }
      const wait = pace?.(message)
      if (wait) await wait
      const kind = KIND[event.type]
      this.#counts[kind] = (this.#counts[kind] ?? 0) + 1
      yield message
    }
  }
}

const KIND: Record<MarketEvent['type'], string> = {
  TRADE: 'trade',
  QUOTE: 'quote',
  ORDER_BOOK: 'depth',
  FUNDING: 'funding',
  CONNECTION: 'connection',
}

/** One symbol's price: a walk on the tick grid whose steps grow and calm down in bursts. */
class Walk {
  readonly symbol: string
  readonly #random: Random
  readonly #places: number
  readonly #lotPlaces: number
  readonly #fundingRate: string | undefined
  /** Middle of the market in ticks, and half the spread. */
  #mid: number
  #half = 1
  #volatility = 1
  #kind = 0
  #side = 0
  #lots = 1

  constructor({ symbol, startPx, tickSize, lotSize, fundingRate }: SimSymbol, seed: number) {
    this.symbol = symbol
    this.#fundingRate = fundingRate
    this.#random = new Random(seed)
    this.#places = placesOf(tickSize)
    this.#lotPlaces = placesOf(lotSize)
    this.#mid = Math.round(Number(startPx) * 10 ** this.#places)
  }

  /** Makes one step. It is cheap, because a resumed market runs through all steps before. */
  step(): void {
    const random = this.#random
    this.#volatility = 1 + (this.#volatility - 1) * VOLATILITY_DECAY
    let move = random.normal() * VOLATILITY_PER_MESSAGE * this.#volatility
    this.#volatility += VOLATILITY_SHOCK * Math.abs(move / VOLATILITY_PER_MESSAGE) * random.next() * 0.1
    if (random.next() < JUMP_CHANCE) {
      move *= JUMP_SIZE
      this.#volatility += 3
    }
    this.#mid = Math.min(TICKS_MAX, Math.max(LEVELS + 2, Math.round(this.#mid * (1 + move))))
    this.#half = Math.min(this.#mid - LEVELS - 1, 1 + Math.floor(random.exponential(0.4 * this.#volatility)))
    this.#kind = random.next()
    this.#side = random.next()
    this.#lots = 1 + Math.floor(random.exponential(400))
  }

  funding(at: number): MarketEvent | undefined {
    const rate = this.#fundingRate
    return rate === undefined ? undefined : { type: 'FUNDING', at, rate, px: this.#px(this.#mid) }
  }

  event(at: number, position: number): MarketEvent {
    const bid = this.#px(this.#mid - this.#half)
    const ask = this.#px(this.#mid + this.#half)
    const qty = this.#qty(this.#lots)
    if (this.#kind < 0.4) {
      const aggressor = this.#side < 0.5 ? 'BUY' : 'SELL'
      const px = aggressor === 'BUY' ? ask : bid
      return { type: 'TRADE', at, eventAt: at, tradeId: `s${position}`, px, qty, aggressor }
    }
    const otherQty = this.#qty(1 + Math.floor(this.#side * 800))
    if (this.#kind < 0.85)
      return { type: 'QUOTE', at, eventAt: at, bid, bidSize: qty, ask, askSize: otherQty }
    const side = (direction: 1 | -1): [string, string][] =>
      Array.from({ length: LEVELS }, (_, i) => {
        const px = this.#px(this.#mid + direction * (this.#half + i))
        return [px, this.#qty(1 + Math.floor(this.#lots * (1 + i * this.#side)))]
      })
    return { type: 'ORDER_BOOK', at, eventAt: at, updateId: position, bids: side(-1), asks: side(1) }
  }

  #px(ticks: number): string {
    return onGrid(ticks, this.#places)
  }

  #qty(lots: number): string {
    return onGrid(lots, this.#lotPlaces)
  }
}

/** Its prices are those that it begins with: a tick on either side of the first. */
function listed(of: SimSymbol): ListedInstrument {
  const { symbol, startPx, tickSize, quoteVolume24h, listedAt } = of
  const { baseAsset = baseAssetOf(symbol), quoteAsset = quoteAssetOf(symbol) } = of
  return compact({
    symbol,
    baseAsset,
    quoteAsset,
    status: 'TRADING',
    bid: decimal.subtract(startPx, tickSize),
    ask: decimal.add(startPx, tickSize),
    quoteVolume24h,
    listedAt,
  })
}

function placesOf(step: string): number {
  return step.includes('.') ? (step.split('.')[1] as string).length : 0
}

/** Steps of 10^-places as decimal text, without going through a fraction. */
function onGrid(steps: number, places: number): string {
  if (places === 0) return String(steps)
  const digits = String(steps).padStart(places + 1, '0')
  const fraction = digits.slice(-places).replace(/0+$/, '')
  const whole = digits.slice(0, -places)
  return fraction === '' ? whole : `${whole}.${fraction}`
}
