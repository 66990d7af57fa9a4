/** Plans the orders of a list: what each should be, and which requests lead there. Pure. */

import { compact } from '../../errors/compact.ts'
import type { OrderUpdate } from '../events/fill.ts'
import type { ListLeg, ListPhase, ListRequest } from '../events/list.ts'
import type { OrdStatus } from '../events/order.ts'
import type { Replace, RequestRefused } from '../events/order-requests.ts'
import { ownOrderAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import { partId } from '../model/ids.ts'
import { hasEnded } from '../order/execution.ts'
import { isLimited, isStop } from '../order/terms.ts'

type Prices = Pick<ListLeg, 'price' | 'stopPx'>

/** A leg of the list, and the orders at the venue that have been placed for it, one after the other. */
export interface Leg extends ListLeg {
  /** The quantity that each order placed for it has filled, by address. */
  readonly filled: Readonly<Record<string, string>>
  /** The number of orders that were asked for. The next order has the number after it. */
  readonly placed: number
  /** Address of its working order. */
  readonly order?: string
  /** Quantity of its working order, by the last update. */
  readonly inForce: string
  readonly leavesQty: string
  readonly isAcknowledged: boolean
  /** Time at which its stop price was reached, in epoch ms, while only its limit keeps it from being filled. */
  readonly limitedAt?: number
  /** The request that is not answered yet: a quantity, or a cancel. */
  readonly asked?: string | 'cancel'
  /** New prices that its order has yet to get. */
  readonly prices?: Prices
  /** The quantity that all its orders have filled. */
  readonly cumQty: string
  /** The average price of its last order that was filled. */
  readonly avgPx: string
  /** The number of requests in a row that were refused, and of orders that ended without a request. */
  readonly refusals: number
  /** Time before which nothing is asked for it, in epoch ms. */
  readonly retryAt?: number
  /** The end of its last order, if the list did not ask for it. */
  readonly endedAs?: OrdStatus
}

export interface List extends Omit<ListRequest, 'type' | 'at' | 'by' | 'orders'> {
  readonly id: string
  readonly legs: readonly Leg[]
  /** The quantity that the first order filled and that somebody else closed: a person, or a watchdog. */
  readonly closedByOthersQty: string
  /** The first order is no longer wanted. */
  readonly isCanceled: boolean
  /** It is to close what it holds. */
  readonly isExiting: boolean
}

export type ListCommand =
  | { readonly do: 'place'; readonly leg: Leg; readonly orderQty: string }
  | { readonly do: 'replace'; readonly leg: Leg; readonly change: Omit<Replace, 'type' | 'at'> }
  | { readonly do: 'cancel'; readonly leg: Leg }

/** Time after which a refused request is repeated. It doubles with each further refusal. */
const RETRY_MS = 1_000
const RETRY_MAX_MS = 60_000
/** The number of refusals in a row after which a stop no longer counts. The exposure is then closed at market. */
const REFUSALS_MAX = 3
/** The longest wait for a stop with a limit that the price has jumped. */
const LIMITED_MAX_MS = 5_000
const EXIT = 'exit'

export function listOf(id: string, request: ListRequest): List {
  const { type: _type, at: _at, by: _by, orders, ...of } = request
  const nothing = { closedByOthersQty: decimal.ZERO, isCanceled: false, isExiting: false }
  return { id, ...of, legs: orders.map(legOf), ...nothing }
}

function legOf(leg: ListLeg): Leg {
  const none = { inForce: decimal.ZERO, leavesQty: decimal.ZERO, cumQty: decimal.ZERO, avgPx: decimal.ZERO }
  return { ...leg, ...none, filled: {}, placed: 0, isAcknowledged: false, refusals: 0 }
}

/** Returns the list after an update of one of its orders. */
export function withUpdate(was: List, update: OrderUpdate): List {
  const list = withLeg(
    was,
    ({ filled }) => update.order in filled,
    (leg) => updated(leg, update),
  )
  return update.ordRejReason === 'REDUCE_ONLY' ? withClosed(list, list.legs[0]?.cumQty as string) : list
}

/** Returns the list after somebody else closed what its first order had filled, as far as its own orders had not closed it. */
export function withClosed(list: List, cumQty: string): List {
  const left = decimal.subtract(cumQty, closedQty(list))
  const others = decimal.add(list.closedByOthersQty, decimal.max(decimal.ZERO, left))
  return list.contingencyType === 'OCO' ? list : { ...list, closedByOthersQty: others }
}

function updated(leg: Leg, update: OrderUpdate): Leg {
  const { at, order, ordStatus, price, stopPx, cumQty, avgPx } = update
  const filled = { ...leg.filled, [order]: cumQty }
  const news = {
    ...leg,
    filled,
    cumQty: Object.values(filled).reduce(decimal.add),
    ...compact({ avgPx: decimal.isPositive(cumQty) ? avgPx : undefined, price, stopPx }),
  }
  if (!hasEnded(update)) return working(news, update)
  // A late fill of one that had ended already.
  return leg.order === order ? ended(news, ordStatus, at) : news
}

/** Returns the leg with a working order. A bust can make a filled order work again. */
function working({ asked, endedAs: _, ...leg }: Leg, update: OrderUpdate): Leg {
  const { at, order, ordStatus, orderQty: inForce, leavesQty, isAcknowledged, isTriggered } = update
  const isJumped = isTriggered && isStop(leg) && isLimited(leg)
  const limited = isJumped && { limitedAt: leg.limitedAt ?? at }
  const known = { ...leg, order, inForce, leavesQty, isAcknowledged, ...limited }
  if (asked === undefined) return known
  if (ordStatus === 'PENDING_REPLACE' || ordStatus === 'PENDING_CANCEL') return { ...known, asked }
  const isDone = asked !== 'cancel' && decimal.compare(asked, inForce) === 0
  return isDone ? { ...known, refusals: 0 } : refused(known, at)
}

function ended(leg: Leg, ordStatus: OrdStatus, at: number): Leg {
  const { order: _order, asked, endedAs: _ended, prices, limitedAt: _limited, ...rest } = leg
  const over = { ...rest, ...prices, leavesQty: decimal.ZERO }
  if (asked === 'cancel' || ordStatus === 'FILLED') return { ...over, refusals: 0 }
  return { ...refused(over, at, ordStatus !== 'REJECTED'), endedAs: ordStatus }
}

/**
 * Returns the leg after a refusal. Its next request waits for a pause, but not if somebody ended its order. After a long time the
 * pauses start over.
 */
function refused(leg: Leg, at: number, isEnded = false): Leg {
  const isAnew = leg.retryAt === undefined || at > leg.retryAt + RETRY_MAX_MS
  const refusals = isAnew ? 1 : leg.refusals + 1
  const pauseMs = isEnded && refusals === 1 ? 0 : Math.min(RETRY_MS * 2 ** (refusals - 1), RETRY_MAX_MS)
  return { ...leg, refusals, retryAt: at + pauseMs }
}

/** Returns the list after the account refused a request: the order's id is in use, or its new terms are not allowed. */
export function withRefusal(list: List, { clOrdId }: RequestRefused): List {
  const order = ownOrderAddress(clOrdId)
  return withLeg(
    list,
    (leg) => leg.order === order,
    ({ asked: _, ...leg }) => {
      if (leg.isAcknowledged) return leg
      const { order: _order, filled, ...rest } = leg
      const { [order]: _another, ...own } = filled
      return { ...rest, filled: own, leavesQty: decimal.ZERO }
    },
  )
}

/** Returns the list with new prices for a leg. They are asked for as soon as its order has no request pending. */
export function withPrices(list: List, legId: string, { price, stopPx }: Prices): List {
  const asked = compact({ price, stopPx })
  return withLeg(
    list,
    (leg) => leg.legId === legId,
    (leg) =>
      leg.order === undefined ? { ...leg, ...asked } : { ...leg, prices: { ...leg.prices, ...asked } },
  )
}

function withLeg(list: List, which: (leg: Leg) => boolean, change: (leg: Leg) => Leg): List {
  return { ...list, legs: list.legs.map((leg) => (which(leg) ? change(leg) : leg)) }
}

/** Returns the quantity that the first order filled and that is not closed; 0 for an OCO. */
export function exposureOf(list: List): string {
  const { contingencyType, legs } = list
  if (contingencyType === 'OCO') return decimal.ZERO
  return decimal.subtract((legs[0] as Leg).cumQty, closedQty(list))
}

/** Returns the quantity of the first order's fills that the orders against it, or somebody else, have closed. */
function closedQty({ closedByOthersQty, legs: [first, ...others] }: List): string {
  const closing = others.filter(({ side }) => side !== first?.side)
  return closing.reduce((sum, { cumQty }) => decimal.add(sum, cumQty), closedByOthersQty)
}

/** Returns the quantity that a leg should have working. */
function wanted(list: List, leg: Leg): string {
  const { contingencyType, legs, isCanceled, isExiting } = list
  if (contingencyType === 'OCO') return wantedOfOco(list, leg)
  const first = legs[0] as Leg
  const own = atLeastZero(decimal.subtract(leg.orderQty, leg.cumQty))
  const exposure = atLeastZero(exposureOf(list))
  if (leg === first) {
    const isOver = legs.some((one) => one !== first && decimal.isPositive(one.cumQty))
    const isUnwanted = isCanceled || isExiting || leg.endedAs || (contingencyType === 'OTOCO' && isOver)
    return isUnwanted ? decimal.ZERO : own
  }
  if (leg.legId === EXIT) return exposure
  const protects = isProtective(list, leg)
  // While the way out is at market, what protects stays, and what would take a profit goes.
  if (isExiting && !protects) return decimal.ZERO
  // One that a person or the venue has ended is not forced upon them again, unless it protects.
  if (leg.endedAs && !(protects && decimal.isPositive(exposure))) return decimal.ZERO
  if (contingencyType === 'OTOCO') return exposure
  if (isExiting) return decimal.min(own, exposure)
  const isWhole = decimal.compare(first.cumQty, first.orderQty) >= 0
  return isWhole ? own : atLeastZero(decimal.subtract(decimal.min(leg.orderQty, first.cumQty), leg.cumQty))
}

/**
 * Returns the quantity that a leg of an OCO should have working. A fill of one leg ends the others, but orders that only reduce
 * keep what is left to reduce.
 */
function wantedOfOco({ legs, isCanceled }: List, leg: Leg): string {
  const others = legs.filter((one) => one !== leg)
  const isFilled = others.some(({ cumQty }) => decimal.isPositive(cumQty))
  // Whatever has become of the others, what protects stays.
  const isAlone = others.some(({ endedAs }) => endedAs) && !(isStop(leg) && leg.reduceOnly)
  if (isCanceled || leg.endedAs || isAlone || (isFilled && !leg.reduceOnly)) return decimal.ZERO
  return atLeastZero(legs.reduce((left, { cumQty }) => decimal.subtract(left, cumQty), leg.orderQty))
}

function atLeastZero(quantity: string): string {
  return decimal.max(decimal.ZERO, quantity)
}

/** Returns the requests to make now, and the list with them made. */
export function planned(
  was: List,
  at: number,
  idOf: IdOfLeg = idOfLeg,
): { list: List; commands: readonly ListCommand[] } {
  const list = mustExit(was, at) ? withExit(was) : was
  const commands: ListCommand[] = []
  const legs = list.legs.map((leg) => {
    const { command, after } = step(list, leg, at, idOf)
    if (command !== undefined) commands.push(command)
    return after
  })
  return { list: { ...list, legs }, commands }
}

function step(list: List, leg: Leg, at: number, idOf: IdOfLeg): { command?: ListCommand; after: Leg } {
  const orderQty = wanted(list, leg)
  const isWanted = decimal.isPositive(orderQty)
  if (leg.retryAt !== undefined && at < leg.retryAt) return { after: leg }
  if (leg.order === undefined) return isWanted ? placedAnew(list, leg, orderQty, idOf) : { after: leg }
  if (leg.asked === 'cancel' || decimal.isZero(leg.leavesQty)) return { after: leg }
  if (!isWanted) return { command: { do: 'cancel', leg }, after: { ...leg, asked: 'cancel' } }
  if (!leg.isAcknowledged || leg.asked !== undefined) return { after: leg }
  const { prices, ...rest } = leg
  const isSized = decimal.compare(orderQty, leg.leavesQty) === 0
  if (isSized && prices === undefined) return { after: leg }
  // FIX: the quantity of a replace is the whole, with what is filled of this order.
  const asked = decimal.add(decimal.subtract(leg.inForce, leg.leavesQty), orderQty)
  const change = { ...(!isSized && { orderQty: asked }), ...prices }
  return { command: { do: 'replace', leg, change }, after: { ...rest, asked } }
}

/** Returns the id of the order that a leg places as its nth, from 1. */
export type IdOfLeg = (list: List, legId: string, placed: number) => string

const nameOfLeg = (legId: string, placed: number) => `${legId}${placed > 1 ? `-${placed}` : ''}`

const idOfLeg: IdOfLeg = ({ venue, id }, legId, placed) => partId(venue, id, nameOfLeg(legId, placed))

/** The ids of lists of version 3 and below, which have any length and any characters. */
export const idOfLeg3: IdOfLeg = ({ id }, legId, placed) => `${id}-${nameOfLeg(legId, placed)}`

function placedAnew(
  list: List,
  leg: Leg,
  orderQty: string,
  idOf: IdOfLeg,
): { command: ListCommand; after: Leg } {
  const placed = leg.placed + 1
  const order = ownOrderAddress(idOf(list, leg.legId, placed))
  const quantities = { inForce: orderQty, leavesQty: orderQty }
  const filled = { ...leg.filled, [order]: decimal.ZERO }
  const after = { ...leg, order, placed, filled, ...quantities, isAcknowledged: false }
  return { command: { do: 'place', leg: after, orderQty }, after }
}

/** Returns the next time at which the list has to look again, in epoch ms; undefined if there is none. */
export function nextLookAt({ legs }: List, at: number): number | undefined {
  const dues = legs.flatMap(({ retryAt = 0, limitedAt }) => [
    retryAt,
    limitedAt === undefined ? 0 : limitedAt + LIMITED_MAX_MS,
  ])
  const next = Math.min(...dues.filter((due) => due > at))
  return next === Number.POSITIVE_INFINITY ? undefined : next
}

/**
 * Returns whether the list must exit at market, because a stop has failed and no other stop covers the exposure. The price has
 * probably passed a refused stop, so the list does not wait.
 */
function mustExit(list: List, at: number): boolean {
  const exposure = exposureOf(list)
  if (list.isExiting || !decimal.isPositive(exposure)) return false
  const stops = stopsOf(list)
  if (!stops.some((stop) => hasFailed(stop, at))) return false
  // One whose quantity is changed without trouble will be what it is wanted to be.
  const standing = stops.filter(stands)
  const soon = standing.map((stop) => (stop.refusals === 0 ? wanted(list, stop) : stop.leavesQty))
  return decimal.compare(soon.reduce(decimal.add, decimal.ZERO), exposure) < 0
}

function hasFailed({ order, endedAs, refusals, limitedAt }: Leg, at: number): boolean {
  if (refusals >= REFUSALS_MAX || (order === undefined && endedAs === 'REJECTED')) return true
  return limitedAt !== undefined && at >= limitedAt + LIMITED_MAX_MS
}

/** Returns whether the leg's order works or is on its way, and will certainly be filled when its price is reached. */
function stands({ order, limitedAt }: Leg): boolean {
  return order !== undefined && limitedAt === undefined
}

/** Returns the list with an order that closes its exposure at market. */
export function withExit(list: List): List {
  const first = list.legs[0] as Leg
  const side = first.side === 'BUY' ? ('SELL' as const) : ('BUY' as const)
  const terms = {
    side,
    ordType: 'MARKET',
    orderQty: first.orderQty,
    timeInForce: 'GTC',
    reduceOnly: true,
  } as const
  const has = list.legs.some(({ legId }) => legId === EXIT)
  const legs = has ? list.legs : [...list.legs, legOf({ legId: EXIT, ...terms })]
  return { ...list, legs, isExiting: true }
}

function stopsOf(list: List): readonly Leg[] {
  return list.legs.filter((leg) => isProtective(list, leg))
}

/** Returns whether the leg is a stop against the first order. */
function isProtective({ legs: [first] }: List, leg: Leg): boolean {
  return isStop(leg) && leg.side !== first?.side
}

export function phaseOf(list: List): ListPhase {
  const exposure = exposureOf(list)
  const isIdle = list.legs.every((leg) => leg.order === undefined && decimal.isZero(wanted(list, leg)))
  const isOpen = decimal.isPositive(exposure)
  const stops = stopsOf(list)
  // What an OTO opened without a stop is nothing of the list's any more.
  const isLeft = isOpen && (list.contingencyType === 'OTOCO' || stops.length > 0)
  if (isIdle && !isLeft) return 'done'
  if (list.isExiting && isOpen) return 'exiting'
  if (!isOpen || stops.length === 0) {
    const isEntered =
      list.contingencyType === 'OCO' || decimal.isPositive(list.legs[0]?.cumQty ?? decimal.ZERO)
    return isEntered ? 'working' : 'entering'
  }
  const covered = stops
    .filter((stop) => stop.isAcknowledged && stands(stop))
    .reduce((sum, { leavesQty }) => decimal.add(sum, leavesQty), decimal.ZERO)
  return decimal.compare(covered, exposure) >= 0 ? 'protected' : 'exposed'
}
