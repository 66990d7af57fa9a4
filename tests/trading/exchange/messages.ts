/** What Binance says of an order, in its own JSON: spot's `executionReport`, the futures' `ORDER_TRADE_UPDATE`. */

import type { OrdType, PlaceOrder } from '../../../machines/index.ts'
import * as decimal from '../../../machines/model/decimal.ts'

export interface Message {
  readonly e: string
  readonly [field: string]: unknown
}

/** An order as the exchange has it. */
export interface ExchangeOrder {
  /** The client's id. */
  readonly id: string
  readonly venueOrderId: number
  readonly terms: PlaceOrder
  readonly at: number
  /** What it locks while it works, for each unit that is left of it. */
  readonly hold?: { readonly asset: string; readonly each: string }
  status: 'NEW' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELED' | 'EXPIRED'
  cumQty: string
  cost: string
}

const SPOT_TYPES: Readonly<Record<OrdType, string>> = {
  MARKET: 'MARKET',
  LIMIT: 'LIMIT',
  STOP: 'STOP_LOSS',
  STOP_LIMIT: 'STOP_LOSS_LIMIT',
  TAKE_PROFIT: 'TAKE_PROFIT',
  TAKE_PROFIT_LIMIT: 'TAKE_PROFIT_LIMIT',
  TRAILING_STOP: 'STOP_LOSS',
}
const CONTRACT_TYPES: Readonly<Record<OrdType, string>> = {
  MARKET: 'MARKET',
  LIMIT: 'LIMIT',
  STOP: 'STOP_MARKET',
  STOP_LIMIT: 'STOP',
  TAKE_PROFIT: 'TAKE_PROFIT_MARKET',
  TAKE_PROFIT_LIMIT: 'TAKE_PROFIT',
  TRAILING_STOP: 'TRAILING_STOP_MARKET',
}

interface Place {
  readonly isSpot: boolean
  readonly symbol: string
  readonly at: number
  /** No other message has it. */
  readonly id: number
}

export function isOpen({ status }: ExchangeOrder): boolean {
  return status === 'NEW' || status === 'PARTIALLY_FILLED'
}

/** `change` are fields of the message: `x`, and those of a trade. */
export function messageOf(order: ExchangeOrder, place: Place, change: object): Message {
  const { id, venueOrderId, terms, status, cumQty } = order
  const { isSpot, symbol, at } = place
  const common = {
    s: symbol,
    c: id,
    S: terms.side,
    f: terms.timeInForce,
    q: terms.orderQty,
    p: terms.price ?? '0',
    X: status,
    i: venueOrderId,
    l: '0',
    z: cumQty,
    L: '0',
    n: '0',
    N: null,
    T: at,
    t: isSpot ? -1 : 0,
    m: terms.ordType === 'LIMIT',
    ...(isSpot ? spotFields(order, place.id) : contractFields(order)),
    ...change,
  }
  if (isSpot) return { e: 'executionReport', E: at, ...common }
  return { e: 'ORDER_TRADE_UPDATE', E: at, T: at, o: common }
}

function spotFields({ terms, cost, at, status }: ExchangeOrder, id: number) {
  const { ordType, stopPx = '0' } = terms
  const isConditional = SPOT_TYPES[ordType].startsWith('STOP_LOSS')
  return {
    o: SPOT_TYPES[ordType],
    P: stopPx,
    F: '0',
    g: -1,
    C: '',
    r: 'NONE',
    I: id,
    w: !isConditional && status === 'NEW',
    M: false,
    O: at,
    Z: cost,
    Y: '0',
    Q: '0',
    W: at,
    ...(ordType === 'TRAILING_STOP' && { d: 100 }),
    V: 'NONE',
  }
}

function contractFields({ terms, cumQty, cost }: ExchangeOrder) {
  const { ordType, stopPx = '0', positionSide, reduceOnly = false } = terms
  return {
    o: CONTRACT_TYPES[ordType],
    ot: CONTRACT_TYPES[ordType],
    ap: decimal.isZero(cumQty) ? '0' : decimal.divide(cost, cumQty),
    sp: stopPx,
    b: '0',
    a: '0',
    R: reduceOnly,
    wt: 'CONTRACT_PRICE',
    ps: positionSide ?? 'BOTH',
    cp: false,
    rp: '0',
    pP: false,
    si: 0,
    ss: 0,
    V: 'NONE',
    pm: 'NONE',
    gtd: 0,
  }
}
