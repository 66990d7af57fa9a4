/** A paper venue with somebody who trades on it: messages get positions, requests get ids, all at a time. */
import type { ExecutionReport, MarketEvent, PlaceOrder, ReplaceOrder, Side } from '../../../machines/index.ts'
import type { MarketMessage } from '../../../src/adapters/market-source.ts'
import { openPaperVenue, type PaperVenueOptions } from '../../../src/adapters/paper/paper-venue.ts'
import type { PaperVenue } from '../../../src/adapters/paper/venue.ts'
import type { RequestHeader, VenueReport } from '../../../src/adapters/venue.ts'

export const SYMBOL = 'BTCUSDT'
export const OPTIONS: PaperVenueOptions = {
  location: undefined,
  name: 'paper',
  takerFee: '0.001',
  makerFee: '0.0002',
  latencyMs: 20,
}

export const header = (clOrdId: string, at: number): RequestHeader & { clOrdId: string } => ({
  clOrdId,
  actor: `order/${clOrdId}`,
  at,
  ref: { seq: at, correlation: `c-${clOrdId}`, intent: clOrdId },
})

/** An order before it has an id. */
export type Terms = Omit<PlaceOrder, 'clOrdId'>

export const order = (terms: Partial<Terms> = {}): Terms => ({
  type: 'PLACE_ORDER',
  symbol: SYMBOL,
  side: 'BUY',
  ordType: 'MARKET',
  orderQty: '1',
  timeInForce: 'GTC',
  ...terms,
})

export const message = (position: number, event: MarketEvent, symbol = SYMBOL): MarketMessage => ({
  position,
  at: event.at,
  venue: 'binance',
  symbol,
  event,
})

type Levels = [px: string, qty: string][]

export class Desk {
  readonly venue: PaperVenue
  at = 1_000
  #position: number
  #read = 0

  constructor(venue: PaperVenue) {
    this.venue = venue
    this.#position = venue.marketPosition
  }

  static async open(options: Partial<PaperVenueOptions> = {}): Promise<Desk> {
    return new Desk(await openPaperVenue({ ...OPTIONS, ...options }))
  }

  /** Each message is a millisecond after the one before. */
  show(event: MarketEvent, symbol = SYMBOL): void {
    this.venue.onMarket(message(++this.#position, event, symbol))
  }

  quote(bid: string, ask: string, [bidSize, askSize]: readonly [string, string] = ['1', '1']): void {
    this.show({ type: 'QUOTE', at: ++this.at, bid, bidSize, ask, askSize })
  }

  book(bids: Levels, asks: Levels): void {
    this.show({ type: 'ORDER_BOOK', at: ++this.at, updateId: this.at, bids, asks })
  }

  trade(px: string, qty: string, aggressor: Side): void {
    this.show({ type: 'TRADE', at: ++this.at, tradeId: `${this.at}`, px, qty, aggressor })
  }

  /** Sends the order and lets it arrive. */
  place(clOrdId: string, terms: Partial<PlaceOrder> = {}): void {
    this.venue.place({ ...order(terms), ...header(clOrdId, this.at) })
    this.arrive()
  }

  cancel(clOrdId: string, origClOrdId: string): void {
    this.venue.cancel({ type: 'CANCEL_ORDER', origClOrdId, ...header(clOrdId, this.at) })
    this.arrive()
  }

  replace(
    clOrdId: string,
    origClOrdId: string,
    terms: Pick<ReplaceOrder, 'orderQty' | 'price' | 'stopPx'>,
  ): void {
    this.venue.replace({ type: 'REPLACE_ORDER', origClOrdId, ...terms, ...header(clOrdId, this.at) })
    this.arrive()
  }

  arrive(): void {
    this.at += OPTIONS.latencyMs
    this.venue.advance(this.at)
  }

  /** Reports since the last call, as they reach the runner. */
  async reports(): Promise<readonly VenueReport[]> {
    await this.venue.flush()
    const fresh = this.venue.reportsAfter(this.#read)
    this.#read += fresh.length
    return fresh
  }

  /** The same in short: `a NEW`, `a TRADE 1@100 MAKER`, `k ORDER_CANCEL_REJECT why`. */
  async said(): Promise<string[]> {
    return (await this.reports()).map(({ report }) => {
      if (report.type === 'ORDER_CANCEL_REJECT') return `${report.clOrdId} ${report.type} ${report.text}`
      if (report.type === 'CASH_FLOW_REPORT') return `${report.symbol} ${report.reason} ${report.change}`
      return inShort(report)
    })
  }
}

function inShort({ clOrdId, execType, lastQty, lastPx, liquidity, text }: ExecutionReport): string {
  const fill = lastQty === undefined ? '' : ` ${lastQty}@${lastPx} ${liquidity}`
  return `${clOrdId} ${execType}${fill}${text === undefined ? '' : `: ${text}`}`
}
