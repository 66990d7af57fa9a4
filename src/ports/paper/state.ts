/** The paper venue's books: plain JSON, so that writing it down is all that makes it durable. */
import type { MarketEvent, OrderBook, OrdStatus, PlaceOrder, Quote, Trade } from '../../../machines/index.ts'
import type { RequestHeader, RequestRef, VenueOrder } from '../venue.ts'

export interface PaperOrder extends Omit<VenueOrder, 'ordStatus'> {
  ordStatus: OrdStatus
  cumQty: string
  leavesQty: string
  avgPx: string
  /** Sum of price times quantity of its fills. */
  cumCost: string
  readonly price?: string
  readonly stopPx?: string
  readonly timeInForce: PlaceOrder['timeInForce']
  /** A stop that was triggered, and works as a market order since. */
  triggered: boolean
  /** Quantity that was shown at its price when it came, and has not traded since: it goes first. */
  ahead: string
  readonly ref: RequestRef
}

export type VenueRequest =
  | ({ readonly kind: 'place' } & PlaceOrder & RequestHeader)
  | ({ readonly kind: 'cancel'; readonly origClOrdId: string } & RequestHeader)

/** What is known of a symbol's market. */
export interface MarketView {
  quote?: Quote
  book?: OrderBook
  trade?: Trade
  /** Quantity that our orders took of what is shown, by side and price, until it is shown anew. */
  taken: Record<string, string>
}

export interface VenueState {
  /** Of the last market message taken in. */
  marketPosition: number
  /** Event time. */
  now: number
  orders: number
  executions: number
  reports: number
  /** A report never reaches the runner before the one before it. */
  lastReportAt: number
  /** On their way in, by time of arrival. */
  readonly inFlight: { arriveAt: number; request: VenueRequest }[]
  /** Open orders in order of arrival. */
  readonly open: PaperOrder[]
  readonly markets: Record<string, MarketView>
}

export function emptyState(): VenueState {
  return {
    marketPosition: 0,
    now: 0,
    orders: 0,
    executions: 0,
    reports: 0,
    lastReportAt: 0,
    inFlight: [],
    open: [],
    markets: {},
  }
}

/** Takes a message into the view of its market. */
export function see(market: MarketView, event: MarketEvent): void {
  switch (event.type) {
    case 'TRADE':
      market.trade = event
      return
    case 'QUOTE':
      market.quote = event
      market.taken = {}
      return
    case 'ORDER_BOOK':
      market.book = event
      market.taken = {}
  }
}
