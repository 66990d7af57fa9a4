/** The positions that a person has asked an account to close. Pure. */
import type { Closed } from '../events/closing.ts'
import type { OrderRequest } from '../events/order-requests.ts'
import { positionAddress, watchdogAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import { ownOf } from '../model/own.ts'
import { isStop } from '../order/terms.ts'
import { leavesQtyOf, type Portfolio, type WorkingOrder } from './portfolio.ts'

/** A position that is to be closed. */
export interface Target {
  /** Time at which it was asked for last, in epoch ms. */
  readonly at: number
  readonly by: string
  /** The largest quantity that it had since. Zero before there was any. */
  readonly quantity: string
  /** The lists that hold it were asked to exit, and no exit of the account's own was placed since. */
  readonly isSignaled?: boolean
  /** The number of exits in a row that have failed. */
  readonly refusals: number
  /** Time before which no further exit is placed, in epoch ms. */
  readonly retryAt?: number | undefined
  /** The reason why the last exit has failed. */
  readonly text?: string | undefined
  /** It was told that the position is still open. */
  readonly isLate?: boolean | undefined
  /** A person has set the account active meanwhile: no further exit follows those that work. */
  readonly isWithdrawn?: boolean | undefined
}

/** A request to close all positions and to cancel all orders. */
export interface Flattening {
  /** Time at which it was asked for last, in epoch ms. */
  readonly at: number
  readonly by: string
  readonly closed: readonly Closed[]
  /** It was told that the account is not flat yet. */
  readonly isLate?: boolean
}

export interface Closing {
  /** By the position's address. */
  readonly positions: Readonly<Record<string, Target>>
  readonly flattening?: Flattening | undefined
  /** Times at which a cancel was asked for, or left to the order's owner, in epoch ms, by the order's address. */
  readonly asked: Readonly<Record<string, number>>
}

export const NO_CLOSING: Closing = { positions: {}, asked: {} }

/** The part of an account that knows what it closes. */
export interface Closer extends Portfolio {
  readonly venue: string
  /** Absent while nothing is to be closed. */
  readonly closing?: Closing | undefined
}

type Placed = Pick<OrderRequest, 'venue' | 'symbol' | 'positionSide'>

/** Returns who has asked to close the position of an order; undefined if it is not to be closed. */
export function closerOf({ closing }: Pick<Closer, 'closing'>, order: Placed): string | undefined {
  return ownOf(closing?.positions ?? {}, positionAddress(order))?.by ?? closing?.flattening?.by
}

/** Returns whether the order is on the side that makes an open position smaller. */
function isAgainst({ positions }: Portfolio, request: OrderRequest): boolean {
  const { quantity = decimal.ZERO } = ownOf(positions, positionAddress(request)) ?? {}
  return request.side === 'SELL' ? decimal.isPositive(quantity) : decimal.isNegative(quantity)
}

/** Returns whether the order closes its position at market, whoever has placed it. */
export function isExit(account: Portfolio, request: OrderRequest): boolean {
  return request.ordType === 'MARKET' && request.reduceOnly === true && isAgainst(account, request)
}

/**
 * Returns whether the order protects an open position. A stop that is for more than the position, and not bound to reduce, opens
 * another one.
 */
export function protects(account: Portfolio, works: WorkingOrder): boolean {
  const { request } = works
  if (!isStop(request) || !isAgainst(account, request)) return false
  const { quantity = decimal.ZERO } = ownOf(account.positions, positionAddress(request)) ?? {}
  return request.reduceOnly === true || decimal.compare(leavesQtyOf(works), decimal.absolute(quantity)) <= 0
}

/**
 * Returns whether the order protects an open position, or its end could take that away: an OCO ends with any of its orders.
 * The account does not know which list is an OCO, so it takes each list for one.
 */
export function keepsProtection(account: Portfolio, works: WorkingOrder): boolean {
  if (protects(account, works)) return true
  const { listId } = works.request
  if (listId === undefined || !isAgainst(account, works.request)) return false
  return Object.values(account.working).some((one) => one.request.listId === listId && protects(account, one))
}

/** Returns whether the order makes an open position smaller, and could turn it over beside an exit. */
export function mayTurnOver(account: Portfolio, request: OrderRequest): boolean {
  return request.reduceOnly !== true && isAgainst(account, request)
}

/** Returns whether the order can do nothing but make an open position smaller. */
export function onlyReduces(account: Portfolio, request: OrderRequest): boolean {
  return request.reduceOnly === true && isAgainst(account, request)
}

/** Returns whether a list or a watchdog ends the order by itself once its position is closed. */
export function isLookedAfter(request: OrderRequest): boolean {
  const isOwned = request.listId !== undefined || request.owner === watchdogAddress(request)
  return isOwned && request.reduceOnly === true
}
