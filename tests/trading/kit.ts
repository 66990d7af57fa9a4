/**
 * The product around an exchange: a whole account on a stand-in for Binance, in a time and at prices that a test sets.
 * A test with `it.fails` says what is right and does not hold yet. Once it holds, vitest says so, and `.fails` goes.
 */

import {
  type AccountContext,
  type DomainEvent,
  machines,
  type PositionContext,
  type PositionSide,
} from '../../machines/index.ts'
import * as decimal from '../../machines/model/decimal.ts'
import { BUILT_IN_STRATEGIES, kindsOf } from '../../src/runner/actors/strategies.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
import { boot } from '../runner/boot.ts'
import { Harness } from '../runtime/harness.ts'
import type { Exchange } from './exchange/exchange.ts'

const CONTRACTS = { spot: 'spot', usdm: 'linear', coinm: 'inverse' } as const

/** Closes, a second each, on which an average of 2 crosses above one of 4; and on which it falls below again. */
export const CROSS_UP = ['100', '99', '98', '97', '99', '102', '104', '105']
export const CROSS_DOWN = ['104', '100', '96', '95', '95']

export interface Placement {
  /** Name of the venue. */
  readonly venue?: string
  /** Other than the exchange's own rules. */
  readonly instrument?: object
}

export class Bot {
  readonly harness = new Harness()
  readonly exchange: Exchange
  readonly venue: string
  readonly symbol: string
  #trades = 0

  private constructor(exchange: Exchange, venue: string) {
    this.exchange = exchange
    this.venue = venue
    this.symbol = exchange.options.symbol
  }

  /** Boots with this configuration, without strategies by itself; hears what is listed, and closes a first candle. */
  static async open(
    exchange: Exchange,
    config: { account?: object; [section: string]: unknown } = {},
    { venue = 'binance', instrument }: Placement = {},
  ): Promise<Bot> {
    const { market, symbol, base, quote, lotSize, tickSize, minNotional } = exchange.options
    const bot = new Bot(exchange, venue)
    const rules = { lotSize, tickSize, ...(minNotional !== '0' && { minNotional }), ...instrument }
    const strategies = new Map(BUILT_IN_STRATEGIES)
    const { account, ...sections } = config
    const parsed = runnerConfig.parse({
      strategies: [],
      universe: {},
      instruments: [{ symbol, contract: CONTRACTS[market], ...rules }],
      ...sections,
      account: {
        asset: exchange.wallet.cash,
        balance: exchange.wallet.owned(exchange.wallet.cash),
        limits: { orderNotionalMax: '100000' },
        ...account,
      },
    })
    const supervisor = await bot.harness.open({
      machines: { ...machines, ...kindsOf(strategies) },
      ports: { [venue]: exchange },
    })
    await boot(supervisor, parsed, { venue, symbols: [symbol], at: bot.now, strategies })
    const listed = { symbol, baseAsset: base, quoteAsset: quote, status: 'TRADING' }
    await bot.send(`universe/${venue}`, { type: 'INSTRUMENTS_LISTED', instruments: [listed] })
    await bot.price(exchange.px)
    await bot.pass(1_100)
    await bot.price(exchange.px)
    return bot
  }

  get now(): number {
    return this.harness.clock.now()
  }

  /** A trade at the price, at the exchange and on the market. */
  async price(px: string, at = this.now): Promise<void> {
    const trade = { type: 'TRADE', tradeId: `m${++this.#trades}`, px, qty: '0.00001', aggressor: 'BUY' }
    await this.send(`symbol/${this.venue}:${this.symbol}`, { ...trade, at })
    await this.exchange.move(px)
    await this.settle()
  }

  /** A second each. */
  async prices(...prices: string[]): Promise<void> {
    for (const px of prices) {
      await this.pass(1_000)
      await this.price(px)
    }
  }

  /** Time passes, from one timer to the next. */
  async pass(ms: number): Promise<void> {
    const { clock } = this.harness
    const to = clock.now() + ms
    await this.settle()
    for (let due = clock.dueAt; due !== undefined && due <= to; due = clock.dueAt) {
      clock.advanceTo(due)
      await this.settle()
    }
    clock.advanceTo(to)
  }

  /** Until nothing is under way between the product and the exchange. */
  async settle(): Promise<void> {
    const { supervisor } = this.harness
    let done: Promise<void> | undefined
    while (done !== this.exchange.work || supervisor.hasIntentsAhead) {
      done = this.exchange.work
      await done
      await supervisor.idle()
    }
  }

  async send(to: string, event: AnyEvent): Promise<void> {
    const { at = this.now } = event
    await this.harness.supervisor.send(to, { ...event, at }, { at })
    await this.settle()
  }

  /** An order of its own: to buy 1 at market, where nothing else is said. */
  async order(clOrdId: string, change: object = {}): Promise<void> {
    await this.send(`account/${this.venue}`, {
      type: 'ORDER_REQUEST',
      clOrdId,
      venue: this.venue,
      symbol: this.symbol,
      side: 'BUY',
      ordType: 'MARKET',
      orderQty: '1',
      timeInForce: 'GTC',
      refPx: this.exchange.px,
      ...change,
    })
  }

  /** A long with a stop at 95: of 1, in at market, where nothing else is said. */
  async bracket(id: string, { orderQty = '1', entry = {}, others = [] as object[] } = {}): Promise<void> {
    const exit = { side: 'SELL', orderQty, timeInForce: 'GTC', reduceOnly: true }
    await this.send(`list/${id}`, {
      type: 'LIST_REQUEST',
      venue: this.venue,
      symbol: this.symbol,
      contingencyType: 'OTOCO',
      refPx: this.exchange.px,
      orders: [
        { legId: 'entry', side: 'BUY', ordType: 'MARKET', orderQty, timeInForce: 'GTC', ...entry },
        { legId: 'stop', ordType: 'STOP', stopPx: '95', ...exit },
        ...others.map((leg) => ({ ...exit, ...leg })),
      ],
    })
  }

  value(address: string): unknown {
    return this.harness.value(address)
  }

  /** Of a list: `held` has phases of its own. */
  phase(id: string): unknown {
    const value = this.value(`list/${id}`) as string | { held: string }
    return typeof value === 'string' ? value : value.held
  }

  get account(): AccountContext {
    return this.harness.context(`account/${this.venue}`) as AccountContext
  }

  get dailyPnl(): string {
    return decimal.subtract(this.account.equity, this.account.dayEquity)
  }

  position(positionSide?: PositionSide): PositionContext {
    const name = positionSide === undefined ? this.symbol : `${this.symbol}:${positionSide}`
    return this.harness.context(`position/${this.venue}:${name}`) as PositionContext
  }

  get held(): string {
    return this.position().quantity
  }

  async emitted<T extends DomainEvent['type']>(type: T): Promise<Extract<DomainEvent, { type: T }>[]> {
    const all = (await this.harness.records()).flatMap((record) => record.emitted ?? [])
    return all.filter((event) => event.type === type) as Extract<DomainEvent, { type: T }>[]
  }
}
