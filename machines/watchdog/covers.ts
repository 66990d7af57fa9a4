/** The cover of a position, and the quantity that is not covered. Pure. */
import { compact } from '../../errors/compact.ts'
import type { OrderUpdate } from '../events/fill.ts'
import type { OrderRequest } from '../events/order-requests.ts'
import { holdingId, holdingName, ownOrderAddress, watchdogAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import { venueId } from '../model/ids.ts'
import { hasEnded } from '../order/execution.ts'
import { isLimited, isStop } from '../order/terms.ts'
import type { Cover, WatchdogContext } from './context.ts'
import type { WatchdogEvent } from './declaration.ts'

const PX_PLACES = 8
/** The largest number of times that the grace doubles. */
const DOUBLINGS_MAX = 4

/** Returns how long a position may be without a stop before it gets one: longer after each stop that was refused. */
export function graceOf({ graceMs, refusals }: WatchdogContext): number {
  return graceMs * 2 ** Math.min(refusals, DOUBLINGS_MAX)
}

export function after(
  context: WatchdogContext,
  event: WatchdogEvent,
  own: OwnOrders,
): Partial<WatchdogContext> {
  if (event.type === 'CONFIGURE') return { tickSize: undefined, ...event.settings }
  if (event.type === 'POSITION_CHANGED') return { quantity: event.quantity, avgPx: event.avgPx }
  if (event.type === 'REQUEST_REFUSED') {
    // Another order has its id, so it never comes into being to say so; the next one has another.
    const order = ownOrderAddress(event.clOrdId)
    const isTaken = event.check === 'clOrdId' && !context.covers[order]?.isLive
    return isTaken ? without(context, order, own, false) : {}
  }
  const { order, side, leavesQty, ordStatus, isAcknowledged: isLive } = event
  if (hasEnded(event)) return without(context, order, own, ordStatus === 'REJECTED')
  // A limit that the price has jumped may never be filled.
  const isOwn = own.isOwn(context, event)
  const covers = isOwn || (isStop(event) && !(event.isTriggered && isLimited(event)))
  if (!covers) return without(context, order, own, false)
  return { covers: { ...context.covers, [order]: { side, leavesQty, isLive, ...(isOwn && own.mark) } } }
}

function without(
  context: WatchdogContext,
  order: string,
  own: OwnOrders,
  isRefused: boolean,
): Partial<WatchdogContext> {
  const { [order]: known, ...covers } = context.covers
  if (known === undefined) return {}
  const isOwnRefused = isRefused && own.isOwnCover(context, order)
  return { covers, ...(isOwnRefused && { refusals: context.refusals + 1 }) }
}

export function ownCovers(
  context: WatchdogContext,
  { isOwnCover }: OwnOrders,
): readonly (readonly [order: string, cover: Cover])[] {
  return Object.entries(context.covers).filter(([order]) => isOwnCover(context, order))
}

/** Returns the quantity that live orders would close. */
export function covered({ quantity, covers }: Pick<WatchdogContext, 'quantity' | 'covers'>): string {
  const closing = decimal.isPositive(quantity) ? 'SELL' : 'BUY'
  return Object.values(covers)
    .filter(({ side, isLive }) => side === closing && isLive)
    .reduce((sum, { leavesQty }) => decimal.add(sum, leavesQty), decimal.ZERO)
}

export function missing(context: WatchdogContext): string {
  return decimal.subtract(decimal.absolute(context.quantity), covered(context))
}

/** Returns whether something is held and the watchdog is enabled. */
export function isGuarded({ enabled, quantity }: WatchdogContext): boolean {
  return enabled && !decimal.isZero(quantity)
}

export function isHeld({ quantity }: WatchdogContext): boolean {
  return !decimal.isZero(quantity)
}

/** The ids of the watchdog's own orders, and how it recognizes them. */
export interface OwnOrders {
  readonly idOf: (context: WatchdogContext, placed: number) => string
  readonly isOwn: (context: WatchdogContext, update: OrderUpdate) => boolean
  readonly isOwnCover: (context: WatchdogContext, order: string) => boolean
  /** The mark of a cover that the watchdog has placed. */
  readonly mark: Pick<Cover, 'isOwn'>
}

export const BY_FIELD: OwnOrders = {
  idOf: (context, placed) => venueId(context.venue, `${holdingName(context)}-watchdog-${placed}`),
  isOwn: (context, { owner }) => owner === watchdogAddress(context),
  isOwnCover: ({ covers }, order) => covers[order]?.isOwn === true,
  mark: { isOwn: true },
}

export const isCalledOwn = (context: WatchdogContext, order: string) =>
  order.startsWith(ownOrderAddress(`${holdingId(context)}-watchdog-`))

/** The form of version 2 and below: an order belongs to the watchdog by its id. */
export const BY_PREFIX: OwnOrders = {
  idOf: (context, placed) => `${holdingId(context)}-watchdog-${placed}`,
  isOwn: (context, { order }) => isCalledOwn(context, order),
  isOwnCover: isCalledOwn,
  mark: {},
}

/** Returns the price of the stop: `stopPct` away from the average price, on a tick, rounded towards that price. */
function stopPxOf({ quantity, avgPx, stopPct, tickSize }: WatchdogContext): string {
  const isLong = decimal.isPositive(quantity)
  const distance = decimal.divide(decimal.multiply(avgPx, stopPct), '100')
  const px = isLong ? decimal.subtract(avgPx, distance) : decimal.add(avgPx, distance)
  if (tickSize === undefined) return decimal.round(px, PX_PLACES)
  const ticks = decimal.divide(px, tickSize)
  return decimal.multiply(isLong ? decimal.ceil(ticks) : decimal.floor(ticks), tickSize)
}

/** Returns the order that covers what is not covered. */
export function protectionOf(context: WatchdogContext, clOrdId: string, at: number): OrderRequest {
  const { venue, symbol, positionSide, quantity, avgPx, refusals } = context
  // The price is beyond a stop that is refused, most likely; and where neither is taken, each has its turn.
  const isAtMarket = refusals % 2 === 1
  return {
    type: 'ORDER_REQUEST',
    at,
    clOrdId,
    owner: watchdogAddress(context),
    venue,
    symbol,
    ...compact({ positionSide }),
    side: decimal.isPositive(quantity) ? 'SELL' : 'BUY',
    ...(isAtMarket ? { ordType: 'MARKET' } : { ordType: 'STOP', stopPx: stopPxOf(context) }),
    orderQty: missing(context),
    timeInForce: 'GTC',
    reduceOnly: true,
    refPx: avgPx,
  }
}

/** Returns whether its own orders are no longer needed: nothing is held, or other orders cover it. */
export function isRelieved(context: WatchdogContext, own: OwnOrders): boolean {
  const others = { ...context.covers }
  for (const [order] of ownCovers(context, own)) delete others[order]
  const byOthers = covered({ ...context, covers: others })
  return decimal.compare(byOthers, decimal.absolute(context.quantity)) >= 0
}
