/** What the orders of a list should be, and what has to be asked for to make them so. Pure. */

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

/** One of the orders, and the orders at the venue that have stood for it, one after the other. */
export interface Leg extends ListLeg {
  /** What each order that was placed for it has filled, by address. */
  readonly filled: Readonly<Record<string, string>>
  /** Orders asked for: the next one's number. */
  readonly placed: number
  /** Address of the one that works. */
  readonly order?: string
  /** Quantity of that one, as its last update had it. */
  readonly inForce: string
  readonly leavesQty: string
  readonly isAcknowledged: boolean
  /** Since when its stop price has been reached and only its limit keeps it from being filled, in epoch ms. */
  readonly limitedAt?: number
  /** What was asked for and not answered: a quantity, or its end. */
  readonly asked?: string | 'cancel'
  /** Other prices that its order is still to be given. */
  readonly prices?: Prices
  /** Filled by all of them. */
  readonly cumQty: string
  /** Of the last that was filled. */
  readonly avgPx: string
  /** How often in a row something was refused, or ended unasked. */
  readonly refusals: number
  /** Nothing is asked for it before, in epoch ms. */
  readonly retryAt?: number
  /** Its last order ended, and not because we wanted it to. */
  readonly endedAs?: OrdStatus
}

export interface List extends Omit<ListRequest, 'type' | 'at' | 'orders'> {
  readonly id: string
  readonly legs: readonly Leg[]
  /** Filled by the first order, and closed by others: a person, or a watchdog. */
  readonly closedByOthersQty: string
  /** The first order is wanted no more. */
  readonly isCanceled: boolean
  /** It is to be out of what it holds. */
  readonly isExiting: boolean
}

export type ListCommand =
  | { readonly do: 'place'; readonly leg: Leg; readonly orderQty: string }
  | { readonly do: 'replace'; readonly leg: Leg; readonly change: Omit<Replace, 'type' | 'at'> }
  | { readonly do: 'cancel'; readonly leg: Leg }

/** What was refused is asked for again after this time, and after twice as long each time that it is refused again. */
const RETRY_MS = 1_000
const RETRY_MAX_MS = 60_000
/** A stop refused so often in a row counts on no more: what is exposed goes at market. */
const REFUSALS_MAX = 3
/** A stop with a limit that the price has jumped is waited for so long. */
const LIMITED_MAX_MS = 5_000
const EXIT = 'exit'

export function listOf(id: string, request: ListRequest): List {
  const { type: _type, at: _at, orders, ...of } = request
  const nothing = { closedByOthersQty: decimal.ZERO, isCanceled: false, isExiting: false }
  return { id, ...of, legs: orders.map(legOf), ...nothing }
}

function legOf(leg: ListLeg): Leg {
  const none = { inForce: decimal.ZERO, leavesQty: decimal.ZERO, cumQty: decimal.ZERO, avgPx: decimal.ZERO }
  return { ...leg, ...none, filled: {}, placed: 0, isAcknowledged: false, refusals: 0 }
}

/** The list after one of its orders has said how it stands. */
export function withUpdate(was: List, update: OrderUpdate): List {
  const list = withLeg(
    was,
    ({ filled }) => update.order in filled,
    (leg) => updated(leg, update),
  )
  return update.ordRejReason === 'REDUCE_ONLY' ? withClosed(list, list.legs[0]?.cumQty as string) : list
}

/** The list after others have closed what its first order had filled up to then, as far as it had not itself. */
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

/** Its order works, perhaps again: a bust opens one that was filled. */
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

/** The next time after a pause, but at once where somebody has ended what was there; from the beginning after long. */
function refused(leg: Leg, at: number, isEnded = false): Leg {
  const isAnew = leg.retryAt === undefined || at > leg.retryAt + RETRY_MAX_MS
  const refusals = isAnew ? 1 : leg.refusals + 1
  const pauseMs = isEnded && refusals === 1 ? 0 : Math.min(RETRY_MS * 2 ** (refusals - 1), RETRY_MAX_MS)
  return { ...leg, refusals, retryAt: at + pauseMs }
}

/** The list after a request was refused without a word from the order itself: the id is another's, or its new terms are. */
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

/** Prices of its order are asked for as soon as there is nothing else that it has yet to answer. */
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

/** Filled by the first order and not yet closed; of an OCO nothing is. */
export function exposureOf(list: List): string {
  const { contingencyType, legs } = list
  if (contingencyType === 'OCO') return decimal.ZERO
  return decimal.subtract((legs[0] as Leg).cumQty, closedQty(list))
}

/** What the first order filled is closed again by the orders against it, and by others. */
function closedQty({ closedByOthersQty, legs: [first, ...others] }: List): string {
  const closing = others.filter(({ side }) => side !== first?.side)
  return closing.reduce((sum, { cumQty }) => decimal.add(sum, cumQty), closedByOthersQty)
}

/** Quantity that a leg should have working. */
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

/** A fill of one ends the others; of orders that only reduce it leaves the others what is still to be reduced. */
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

/** What to ask for now, and the list with it asked for. */
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

/** Up to version 3 of lists, whatever the length and the characters. */
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

/** When there is something to look after again, if nothing happens before. */
export function nextLookAt({ legs }: List, at: number): number | undefined {
  const dues = legs.flatMap(({ retryAt = 0, limitedAt }) => [
    retryAt,
    limitedAt === undefined ? 0 : limitedAt + LIMITED_MAX_MS,
  ])
  const next = Math.min(...dues.filter((due) => due > at))
  return next === Number.POSITIVE_INFINITY ? undefined : next
}

/** Where no other covers for it: the price has passed a stop that is refused, most likely, and no time is lost on it. */
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

/** It works or is on its way, and is sure to be filled when its price is reached. */
function stands({ order, limitedAt }: Leg): boolean {
  return order !== undefined && limitedAt === undefined
}

/** The list on its way out at market. */
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

/** A stop against what the first order opens. */
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
