/** What the orders of a list should be, and what has to be asked for to make them so. Pure. */
import * as decimal from '../decimal.ts'
import type { OrderUpdate, Replace } from '../events/commands.ts'
import type { ListLeg, ListPhase, ListRequest } from '../events/list.ts'
import type { OrdStatus } from '../events/order.ts'
import { hasEnded } from '../order/execution.ts'
import { isStop } from '../order/terms.ts'

/** One of the orders, and the orders at the venue that have stood for it, one after the other. */
export interface Leg extends ListLeg {
  /** What each order that was placed for it has filled, by address. */
  readonly filled: Readonly<Record<string, string>>
  /** Address of the one that works. */
  readonly order?: string
  /** Quantity of that one, as its last update had it. */
  readonly inForce: string
  readonly leavesQty: string
  readonly isAcknowledged: boolean
  /** What was asked for and not answered: a quantity, or its end. */
  readonly asked?: string | 'cancel'
  /** Filled by all of them. */
  readonly cumQty: string
  /** Of the last that was filled. */
  readonly avgPx: string
  /** Refusals since something last went well: what is refused is not asked for again at once. */
  readonly refusals: number
  /** Its last order ended, and not because we wanted it to. */
  readonly endedAs?: OrdStatus
}

export interface List extends Omit<ListRequest, 'type' | 'at' | 'orders'> {
  readonly id: string
  readonly legs: readonly Leg[]
  /** Filled by the first order, and gone: others have closed it, for there is nothing left to reduce. */
  readonly goneQty: string
  /** The first order is wanted no more. */
  readonly isCancelled: boolean
  /** It is to be out of what it holds. */
  readonly isExiting: boolean
}

export type ListCommand =
  | { readonly do: 'place'; readonly leg: Leg; readonly orderQty: string }
  | { readonly do: 'replace'; readonly leg: Leg; readonly change: Omit<Replace, 'type' | 'at'> }
  | { readonly do: 'cancel'; readonly leg: Leg }

/** A venue that refuses so often is not asked again by itself; what is exposed then goes at market. */
const REFUSALS_MAX = 3
const EXIT = 'exit'

export function listOf(id: string, request: ListRequest): List {
  const { type: _type, at: _at, orders, ...of } = request
  return { id, ...of, legs: orders.map(legOf), goneQty: decimal.ZERO, isCancelled: false, isExiting: false }
}

function legOf(leg: ListLeg): Leg {
  const none = { inForce: decimal.ZERO, leavesQty: decimal.ZERO, cumQty: decimal.ZERO, avgPx: decimal.ZERO }
  return { ...leg, ...none, filled: {}, isAcknowledged: false, refusals: 0 }
}

/** The list after one of its orders has said how it stands. */
export function withUpdate(was: List, update: OrderUpdate): List {
  const list = withLeg(
    was,
    ({ filled }) => update.order in filled,
    (leg) => updated(leg, update),
  )
  if (update.ordRejReason !== 'REDUCE_ONLY') return list
  return { ...list, goneQty: decimal.add(list.goneQty, decimal.max(decimal.ZERO, exposureOf(list))) }
}

function updated(leg: Leg, update: OrderUpdate): Leg {
  const { order, ordStatus, price, stopPx, cumQty, avgPx } = update
  const filled = { ...leg.filled, [order]: cumQty }
  const news = {
    ...leg,
    filled,
    cumQty: Object.values(filled).reduce(decimal.add),
    ...(decimal.isPositive(cumQty) && { avgPx }),
    ...(price && { price }),
    ...(stopPx && { stopPx }),
  }
  if (!hasEnded(update)) return working(news, update)
  // A late fill of one that had ended already.
  return leg.order === order ? ended(news, ordStatus) : news
}

/** Its order works, perhaps again: a bust opens one that was filled. */
function working({ asked, endedAs: _, ...leg }: Leg, update: OrderUpdate): Leg {
  const { order, ordStatus, orderQty: inForce, leavesQty, isAcknowledged } = update
  const known = { ...leg, order, inForce, leavesQty, isAcknowledged }
  if (asked === undefined) return { ...known, refusals: 0 }
  if (ordStatus === 'PENDING_REPLACE' || ordStatus === 'PENDING_CANCEL') return { ...known, asked }
  const isDone = asked !== 'cancel' && decimal.compare(asked, inForce) === 0
  return { ...known, refusals: isDone ? 0 : leg.refusals + 1 }
}

function ended({ order: _order, asked, endedAs: _ended, ...leg }: Leg, ordStatus: OrdStatus): Leg {
  const over = { ...leg, leavesQty: decimal.ZERO }
  const isWanted = asked === 'cancel' || ordStatus === 'FILLED'
  return isWanted ? { ...over, refusals: 0 } : { ...over, refusals: leg.refusals + 1, endedAs: ordStatus }
}

export function withPrices(list: List, legId: string, prices: Pick<Leg, 'price' | 'stopPx'>): List {
  return withLeg(
    list,
    (leg) => leg.legId === legId,
    (leg) => ({ ...leg, ...prices }),
  )
}

/** What was refused may be asked for again. */
export function forgiven(list: List): List {
  return withLeg(
    list,
    ({ refusals }) => refusals > 0,
    (leg) => ({ ...leg, refusals: 0 }),
  )
}

function withLeg(list: List, which: (leg: Leg) => boolean, change: (leg: Leg) => Leg): List {
  return { ...list, legs: list.legs.map((leg) => (which(leg) ? change(leg) : leg)) }
}

/** Filled by the first order and not yet closed by the others; of an OCO nothing is. */
export function exposureOf({ contingencyType, goneQty, legs: [first, ...others] }: List): string {
  if (contingencyType === 'OCO' || first === undefined) return decimal.ZERO
  const closing = others.filter(({ side }) => side !== first.side)
  const left = decimal.subtract(first.cumQty, goneQty)
  return closing.reduce((rest, { cumQty }) => decimal.subtract(rest, cumQty), left)
}

/** Quantity that a leg should have working. */
function wanted(list: List, leg: Leg): string {
  const { contingencyType, legs, isCancelled, isExiting } = list
  const first = legs[0] as Leg
  const own = decimal.max(decimal.ZERO, decimal.subtract(leg.orderQty, leg.cumQty))
  if (contingencyType === 'OCO') {
    const isDecided = legs.some((one) => one !== leg && (decimal.isPositive(one.cumQty) || one.endedAs))
    return isCancelled || isDecided || leg.endedAs ? decimal.ZERO : own
  }
  const exposure = decimal.max(decimal.ZERO, exposureOf(list))
  if (leg === first) {
    const isOver = legs.some((one) => one !== first && decimal.isPositive(one.cumQty))
    const isUnwanted = isCancelled || isExiting || leg.endedAs || (contingencyType === 'OTOCO' && isOver)
    return isUnwanted ? decimal.ZERO : own
  }
  if (leg.legId === EXIT) return exposure
  // While the way out is at market, what protects stays, and what would take a profit goes.
  if (isExiting && !isStop(leg)) return decimal.ZERO
  // One that a person or the venue has ended is not forced upon them again, unless it protects.
  if (leg.endedAs && !isStop(leg)) return decimal.ZERO
  if (contingencyType === 'OTOCO') return exposure
  const isWhole = decimal.compare(first.cumQty, first.orderQty) >= 0
  return isWhole
    ? own
    : decimal.max(decimal.ZERO, decimal.subtract(decimal.min(leg.orderQty, first.cumQty), leg.cumQty))
}

/** What to ask for now, and the list with it asked for. */
export function planned(was: List): { list: List; commands: readonly ListCommand[] } {
  const list = mustExit(was) ? withExit(was) : was
  const commands: ListCommand[] = []
  const legs = list.legs.map((leg) => {
    const { command, after } = step(list, leg)
    if (command !== undefined) commands.push(command)
    return after
  })
  return { list: { ...list, legs }, commands }
}

function step(list: List, leg: Leg): { command?: ListCommand; after: Leg } {
  const orderQty = wanted(list, leg)
  const isWanted = decimal.isPositive(orderQty)
  if (leg.order === undefined) {
    if (!isWanted || leg.refusals >= REFUSALS_MAX) return { after: leg }
    const placed = Object.keys(leg.filled).length + 1
    const order = `order/${list.id}-${leg.legId}${placed > 1 ? `-${placed}` : ''}`
    const after = {
      ...leg,
      order,
      filled: { ...leg.filled, [order]: decimal.ZERO },
      inForce: orderQty,
      leavesQty: orderQty,
      isAcknowledged: false,
    }
    return { command: { do: 'place', leg: after, orderQty }, after }
  }
  if (leg.asked === 'cancel' || leg.refusals > 0 || decimal.isZero(leg.leavesQty)) return { after: leg }
  if (!isWanted) return { command: { do: 'cancel', leg }, after: { ...leg, asked: 'cancel' } }
  const isSettled = leg.isAcknowledged && leg.asked === undefined
  if (!isSettled || decimal.compare(orderQty, leg.leavesQty) === 0) return { after: leg }
  // FIX: the quantity of a replace is the whole, with what is filled of this order.
  const asked = decimal.add(decimal.subtract(leg.inForce, leg.leavesQty), orderQty)
  return { command: { do: 'replace', leg, change: { orderQty: asked } }, after: { ...leg, asked } }
}

/** A stop that is refused is often one that the price has passed already: no time is lost on another one. */
function mustExit(list: List): boolean {
  if (list.isExiting || !decimal.isPositive(exposureOf(list))) return false
  return stopsOf(list).some(
    ({ order, endedAs, refusals }) =>
      order === undefined && endedAs !== undefined && (endedAs === 'REJECTED' || refusals >= REFUSALS_MAX),
  )
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

function stopsOf({ legs: [, ...others] }: List): readonly Leg[] {
  return others.filter(isStop)
}

export function phaseOf(list: List): ListPhase {
  const exposure = exposureOf(list)
  const isIdle = list.legs.every(
    (leg) => leg.order === undefined && (decimal.isZero(wanted(list, leg)) || leg.refusals >= REFUSALS_MAX),
  )
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
    .filter(({ isAcknowledged, order }) => order !== undefined && isAcknowledged)
    .reduce((sum, { leavesQty }) => decimal.add(sum, leavesQty), decimal.ZERO)
  return decimal.compare(covered, exposure) >= 0 ? 'protected' : 'exposed'
}
