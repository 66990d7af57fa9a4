/** The paper venue's books: plain JSON, so that writing them down is all that makes them durable. */
import { compact } from '../../../../errors/compact.ts'
import type { CancelOrder, OrdStatus, PlaceOrder, ReplaceOrder } from '../../../../machines/index.ts'
import type { Books } from '../../../../machines/position/books.ts'
import type { RequestHeader, RequestRef, VenueOrder } from '../../venue.ts'
import type { MarketView } from './market-view.ts'
import { DEFAULT_PROFILE, PROFILE_BEFORE, type ProfileName } from './profile-name.ts'

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
  /** Only where the order's type has them, whatever was sent. */
  price?: string
  stopPx?: string
  /** Event time in epoch ms at which it expires: of a DAY or GTD order. */
  readonly expireAt?: number
  /** A conditional order waits for its price; then it takes what is shown; what is left of a limited one rests in the book. */
  phase: 'waiting' | 'taking' | 'resting'
  /** The quantity ahead of a resting order: it was shown at its price when the order came, and has not traded since. */
  ahead: string
  readonly ref: RequestRef
}

export type PlaceRequest = { readonly kind: 'place' } & PlaceOrder & RequestHeader
export type CancelRequest = { readonly kind: 'cancel' } & CancelOrder & RequestHeader
export type ReplaceRequest = { readonly kind: 'replace' } & ReplaceOrder & RequestHeader
export type VenueRequest = PlaceRequest | CancelRequest | ReplaceRequest

export interface VenueState {
  /** The rules that the books go by. */
  profile: ProfileName
  /** The position of the last market message taken in. Everything else here is as of this message. */
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
  /** The books of each position, by symbol, and by side if it has one. */
  readonly positions: Record<string, Books>
  /** The change of each asset by trading and funding. */
  readonly balances: Record<string, string>
  /** By symbol. Has no prototype: a symbol may be called anything. */
  readonly markets: Record<string, MarketView>
}

export function emptyState(): VenueState {
  const counters = { orders: 0, executions: 0, reports: 0, lastReportAt: 0 }
  return {
    profile: DEFAULT_PROFILE,
    marketPosition: 0,
    now: 0,
    ...counters,
    inFlight: [],
    open: [],
    positions: Object.create(null),
    balances: Object.create(null),
    markets: Object.create(null),
  }
}

export function encodeState(state: VenueState): string {
  return JSON.stringify(state)
}

export function decodeState(json: string): VenueState {
  const state = JSON.parse(json) as VenueState
  const unlike = <T extends object>(record: T): T => Object.assign(Object.create(null), record)
  return {
    ...state,
    profile: state.profile ?? PROFILE_BEFORE,
    positions: unlike(state.positions),
    balances: unlike(state.balances),
    markets: unlike(state.markets),
  }
}

/** Returns the view of an order that the venue tells. */
export function viewOf(order: PaperOrder): VenueOrder {
  const { clOrdId, origClOrdIds, venueOrderId, actor, symbol, side, ordType, price, stopPx } = order
  const {
    positionSide,
    trailingOffset,
    timeInForce,
    postOnly,
    reduceOnly,
    ordStatus,
    orderQty,
    cumQty,
    leavesQty,
    avgPx,
  } = order
  return compact({
    clOrdId,
    origClOrdIds,
    venueOrderId,
    actor,
    symbol,
    positionSide,
    side,
    ordType,
    price,
    stopPx,
    trailingOffset,
    timeInForce,
    postOnly: postOnly || undefined,
    reduceOnly: reduceOnly || undefined,
    ordStatus,
    orderQty,
    cumQty,
    leavesQty,
    avgPx,
  })
}

/** Returns every ClOrdID that the order is found by. */
export function idsOf({ clOrdId, origClOrdIds = [] }: VenueOrder): readonly string[] {
  return [clOrdId, ...origClOrdIds]
}
