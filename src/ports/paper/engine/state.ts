/** The paper venue's books: plain JSON, so that writing them down is all that makes them durable. */
import type { CancelOrder, OrdStatus, PlaceOrder, ReplaceOrder } from '../../../../machines/index.ts'
import type { RequestHeader, RequestRef, VenueOrder } from '../../venue.ts'
import type { MarketView } from './market-view.ts'

export interface PaperOrder extends VenueOrder {
  clOrdId: string
  origClOrdIds?: readonly string[]
  orderQty: string
  ordStatus: OrdStatus
  cumQty: string
  leavesQty: string
  avgPx: string
  /** Sum of price times quantity of its fills. */
  cumCost: string
  /** Of a LIMIT order only, whatever was sent: it is the limit. */
  price?: string
  /** Of a STOP order only. */
  stopPx?: string
  readonly timeInForce: PlaceOrder['timeInForce']
  /** A stop waits for its price; then it takes what is shown; what is left of a LIMIT order rests in the book. */
  phase: 'waiting' | 'taking' | 'resting'
  /** Of a resting order: quantity shown at its price when it came that has not traded since, and goes first. */
  ahead: string
  readonly ref: RequestRef
}

export type PlaceRequest = { readonly kind: 'place' } & PlaceOrder & RequestHeader
export type CancelRequest = { readonly kind: 'cancel' } & CancelOrder & RequestHeader
export type ReplaceRequest = { readonly kind: 'replace' } & ReplaceOrder & RequestHeader
export type VenueRequest = PlaceRequest | CancelRequest | ReplaceRequest

export interface VenueState {
  /** Of the last market message taken in: everything else here is as of this message. */
  marketPosition: number
  /** Event time in epoch ms. */
  now: number
  /** Counters that ids are made of. */
  orders: number
  executions: number
  reports: number
  /** A report never reaches the runner before the one before it. */
  lastReportAt: number
  /** On their way in, by time of arrival. */
  readonly inFlight: { readonly arriveAt: number; readonly request: VenueRequest }[]
  /** Open orders in order of arrival. */
  readonly open: PaperOrder[]
  /** By symbol. Has no prototype: a symbol may be called anything. */
  readonly markets: Record<string, MarketView>
}

export function emptyState(): VenueState {
  const counters = { orders: 0, executions: 0, reports: 0, lastReportAt: 0 }
  return { marketPosition: 0, now: 0, ...counters, inFlight: [], open: [], markets: Object.create(null) }
}

export function encodeState(state: VenueState): string {
  return JSON.stringify(state)
}

export function decodeState(json: string): VenueState {
  const state = JSON.parse(json) as VenueState
  return { ...state, markets: Object.assign(Object.create(null), state.markets) }
}

/** What the venue tells of an order. */
export function viewOf(order: PaperOrder): VenueOrder {
  const { clOrdId, origClOrdIds, orderId, actor, symbol, side, ordType, price, stopPx } = order
  const { ordStatus, orderQty, cumQty, leavesQty, avgPx } = order
  return {
    clOrdId,
    ...(origClOrdIds && { origClOrdIds }),
    orderId,
    actor,
    symbol,
    side,
    ordType,
    ...(price && { price }),
    ...(stopPx && { stopPx }),
    ordStatus,
    orderQty,
    cumQty,
    leavesQty,
    avgPx,
  }
}

/** Every ClOrdID that the order is found by. */
export function idsOf({ clOrdId, origClOrdIds = [] }: VenueOrder): readonly string[] {
  return [clOrdId, ...origClOrdIds]
}
