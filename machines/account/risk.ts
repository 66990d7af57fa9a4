/** The pre-trade checks. Pure. Each refusal has its numbers. */

import { compact } from '../../errors/compact.ts'
import type { RiskFlag, SetTradingState } from '../events/account.ts'
import type { OrderRequest, ReplaceRequest } from '../events/order-requests.ts'
import { ownOrderAddress, positionAddress, watchdogAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import { ownOf } from '../model/own.ts'
import { isStop, problemOf } from '../order/terms.ts'
import type { Trip } from './circuit-breaker.ts'
import { type Closing, closerOf, isExit } from './closing.ts'
import { bandCheck, type Instrument, instrumentCheck } from './instrument.ts'
import type { PositionMode, RiskLimits } from './limits.ts'
import {
  freeBalance,
  holdOf,
  notionalOf,
  type Portfolio,
  positionFor,
  reducible,
  type WorkingOrder,
} from './portfolio.ts'
import type { Refusal } from './refusal.ts'

export type TradingState = SetTradingState['tradingState']

/** The part of an account that the checks read. */
export interface Exposure extends Portfolio {
  readonly venue: string
  readonly limits: RiskLimits
  readonly positionMode: PositionMode
  /** Times of the orders that passed within the last minute, in epoch ms, as many as the limit counts. */
  readonly passedAt: readonly number[]
  /** Times of the replaces that passed within the last minute, in epoch ms, as many as the limit counts. */
  readonly replacedAt: readonly number[]
  /** Positions that a stop closed at a loss, as far back as they matter. */
  readonly stopLosses: readonly { readonly symbol: string; readonly at: number }[]
  /** Flags that news set on symbols. Flags whose time is over do not count. */
  readonly flags: readonly Omit<RiskFlag, 'type'>[]
  /** The review that a person has yet to acknowledge. */
  readonly review?: { readonly at: number; readonly reason: string }
  readonly breaker?: Trip
  /** The positions that a person has asked to close. */
  readonly closing?: Closing | undefined
}

interface Judged {
  readonly account: Exposure
  readonly request: OrderRequest
  readonly tradingState: TradingState
  readonly rules: Instrument | undefined
  /** The notional of the whole order. The checks of position and balance use the unfilled part. */
  readonly notional: string
  readonly leavesQty: string
  /** The quantity by which the order may reduce its position. */
  readonly reducible: string
  readonly reduces: boolean
}

function rulesFor({ instruments }: Exposure, of: string): Instrument | undefined {
  return instruments.find(({ symbol }) => symbol === of)
}

type Check<T = Judged> = (judged: T) => Refusal | false | undefined

/** Checks that the request makes sense by itself. */
const sense: readonly Check<Pick<Judged, 'account' | 'request' | 'rules'>>[] = [
  ({ request, account }) =>
    request.venue !== account.venue && { check: 'venue', limit: account.venue, value: request.venue },
  ({ request: { positionSide }, account }) =>
    (positionSide === undefined) !== (account.positionMode === 'netting') && {
      check: 'positionSide',
      limit: account.positionMode === 'netting' ? 'none' : 'LONG or SHORT',
      value: positionSide ?? 'none',
    },
  // A symbol that is listed no longer has a position all the same, which a person may close.
  ({ request, request: { symbol, reduceOnly }, account: { closing, instruments, positions }, rules }) =>
    instruments.length > 0 &&
    rules === undefined &&
    !(reduceOnly && closerOf({ closing }, request) && ownOf(positions, positionAddress(request))) && {
      check: 'symbol',
      limit: 'a listed one',
      value: symbol,
    },
  ({ request: { refPx } }) =>
    !decimal.isPositive(refPx) && { check: 'refPx', limit: 'more than 0', value: refPx },
  // A strategy has its reference from the market; a person's is worth what there is to compare it with. What closes a position
  // at a person's request has no terms to judge.
  ({ request, request: { owner, symbol, refPx, reduceOnly }, account: { closing, instruments, marks } }) =>
    instruments.length > 0 &&
    owner === undefined &&
    !(reduceOnly && closerOf({ closing }, request)) &&
    ownOf(marks, symbol) === undefined && { check: 'refPx', limit: 'after the first candle', value: refPx },
  ({ request }) => {
    const problem = problemOf(request, request.at)
    return problem && { check: problem.field, limit: problem.rule, value: problem.value }
  },
  ({ account, request: { clOrdId } }) =>
    account.working[ownOrderAddress(clOrdId)] !== undefined && {
      check: 'clOrdId',
      limit: 'a new one',
      value: clOrdId,
    },
]

/** Checks that hold for every order. The venue would make them, too. */
const always: readonly Check[] = [
  // A stop that can only reduce protects, and where no stop is taken its watchdog's way out: not even a halt leaves a
  // position without it. Nor does it keep a person from closing one.
  ({ account, tradingState, request, reduces }) =>
    tradingState === 'halted' &&
    !(
      reduces &&
      (isStop(request) || request.owner === watchdogAddress(request) || closerOf(account, request))
    ) && {
      check: 'tradingState',
      limit: 'active',
      value: 'halted',
    },
  ({ tradingState, reduces, reducible, leavesQty }) =>
    tradingState === 'reducing' && !reduces && { check: 'tradingState', limit: reducible, value: leavesQty },
  ({ request: { reduceOnly }, reduces, reducible, leavesQty }) =>
    reduceOnly && !reduces && { check: 'reduceOnly', limit: reducible, value: leavesQty },
  // An order that is not bound to reduce could turn a position over that an exit closes meanwhile.
  ({ account, request, reduces }) => {
    const by = closerOf(account, request)
    const mayPass = by === undefined || (reduces && request.reduceOnly)
    return !mayPass && { check: 'closing', limit: 'once it is closed', value: `${by} closes the position` }
  },
  // Spot knows no order that only reduces: an exit for more than is held, such as of a list whose part was sold by hand, sells what
  // belongs to nobody's position. The account exits what is held.
  ({ account, request, leavesQty }) => {
    const { quantity = decimal.ZERO } = ownOf(account.positions, positionAddress(request)) ?? {}
    const isOver = decimal.compare(leavesQty, decimal.absolute(quantity)) > 0
    const isSpotExit = isExit(account, request) && positionFor(account, request).contract === 'spot'
    return (
      isOver &&
      isSpotExit &&
      closerOf(account, request) !== undefined && { check: 'reduceOnly', limit: quantity, value: leavesQty }
    )
  },
  // What protects may wait far from a market that has gone its way.
  ({ account: { marks }, request, rules, reduces }) =>
    rules &&
    !(reduces && isStop(request)) &&
    bandCheck(rules, request, ownOf(marks, request.symbol) ?? request.refPx),
  // What closes one side of a hedged symbol cannot go on to open the other one.
  ({ request: { positionSide, side }, reduces, reducible, leavesQty }) =>
    positionSide !== undefined &&
    (positionSide === 'LONG') !== (side === 'BUY') &&
    !reduces && { check: 'positionSide', limit: reducible, value: leavesQty },
]

/** Checks of orders that make a position larger, or may do so. */
const entries: readonly Check[] = [
  ({ account: { review } }) =>
    review && { check: 'manualReview', limit: 'acknowledged by a person', value: review.reason },
  flagCheck,
  cooldownCheck,
  guardCheck,
  ({ account: { limits }, notional }) => most('orderNotionalMax', limits.orderNotionalMax, notional),
  ({ account: { limits, working } }) =>
    most('openOrdersMax', String(limits.openOrdersMax), String(Object.keys(working).length + 1)),
  openPositionsCheck,
  ({ account: { limits, passedAt }, request: { at } }) =>
    most(
      'ordersPerMinuteMax',
      text(limits.ordersPerMinuteMax),
      String(withinMinute(passedAt, at).length + 1),
    ),
  ({ account, request, leavesQty }) => {
    const hold = holdOf(account, request, leavesQty)
    return most('freeBalance', freeBalance(account, hold, account.limits.leverage), hold.amount)
  },
]

/** Checks that hold an entry back for a time, and do not refuse it for its terms. */
export const SKIPPING: readonly string[] = [
  'closing',
  'manualReview',
  'newsFlag',
  'cooldown',
  'stoplossGuard',
]

/** Returns the first check that the request fails; undefined if it passes all. */
export function riskCheck(
  account: Exposure,
  request: OrderRequest,
  tradingState: TradingState,
): Refusal | undefined {
  return (
    termsCheck(account, request) ??
    exposureCheck(account, request, { tradingState, leavesQty: request.orderQty })
  )
}

/**
 * Returns the first check that an order fails with its new terms, or the order with them. The value that the order reserves
 * itself is free for it.
 */
export function replaceCheck(
  account: Exposure,
  { at, clOrdId, orderQty, price, stopPx }: ReplaceRequest,
  tradingState: TradingState,
): { readonly refusal: Refusal } | { readonly order: WorkingOrder } {
  const { [ownOrderAddress(clOrdId)]: works, ...working } = account.working
  if (works === undefined) return { refusal: { check: 'clOrdId', limit: 'one that works', value: clOrdId } }
  const { request: was, cumQty } = works
  const request = {
    ...was,
    at,
    ...compact({ orderQty, price, stopPx }),
  }
  const leavesQty = decimal.subtract(request.orderQty, cumQty)
  if (!decimal.isPositive(leavesQty))
    return { refusal: { check: 'orderQty', limit: `more than ${cumQty}`, value: request.orderQty } }
  const others = { ...account, working, passedAt: account.replacedAt }
  // Like a cancel, less of the same is never in the way.
  const isLess =
    request.price === was.price &&
    request.stopPx === was.stopPx &&
    decimal.compare(request.orderQty, was.orderQty) <= 0
  const refusal =
    termsCheck(others, request) ??
    (isLess ? undefined : exposureCheck(others, request, { tradingState, leavesQty }))
  return refusal === undefined ? { order: { request, cumQty } } : { refusal }
}

/** Returns the first check that the request fails by itself, as a whole order. */
function termsCheck(account: Exposure, request: OrderRequest): Refusal | undefined {
  const rules = rulesFor(account, request.symbol)
  return (
    firstOf(sense, { account, request, rules }) ??
    (rules && instrumentCheck(rules, request, notionalOf(account, request)))
  )
}

/** Returns the first check that the request fails by what it adds to the account. */
function exposureCheck(
  account: Exposure,
  request: OrderRequest,
  { tradingState, leavesQty }: Pick<Judged, 'tradingState' | 'leavesQty'>,
): Refusal | undefined {
  const left = reducible(account, request)
  const judged: Judged = {
    account,
    request,
    tradingState,
    rules: rulesFor(account, request.symbol),
    notional: notionalOf(account, request),
    leavesQty,
    reducible: left,
    // The venue lets one that only reduces do no more than that, however large it is.
    reduces: request.reduceOnly ? decimal.isPositive(left) : decimal.compare(leavesQty, left) <= 0,
  }
  return firstOf(always, judged) ?? (judged.reduces ? undefined : firstOf(entries, judged))
}

function firstOf<T>(checks: readonly Check<T>[], judged: T): Refusal | undefined {
  for (const check of checks) {
    const refusal = check(judged)
    if (refusal) return refusal
  }
  return undefined
}

function most(check: string, limit: string | undefined, value: string): Refusal | undefined {
  return limit !== undefined && decimal.compare(value, limit) > 0 ? { check, limit, value } : undefined
}

function timeText(at: number): string {
  return new Date(at).toISOString()
}

function text(limit: number | undefined): string | undefined {
  return limit === undefined ? undefined : String(limit)
}

function flagCheck({ account: { flags }, request: { symbol, at } }: Judged): Refusal | undefined {
  const flag = flags.find((one) => one.symbol === symbol && one.severity === 'critical' && at < one.until)
  return (
    flag && {
      check: 'newsFlag',
      limit: `after ${timeText(flag.until)}`,
      value: `${flag.flag}: ${flag.reason}`,
    }
  )
}

function openPositionsCheck({
  account: { limits, positions, working },
  request,
}: Judged): Refusal | undefined {
  const entering = Object.values(working).filter((one) => !one.request.reduceOnly)
  const open = new Set([...Object.keys(positions), ...entering.map((one) => positionAddress(one.request))])
  const opens = !open.has(positionAddress(request))
  return opens ? most('openPositionsMax', text(limits.openPositionsMax), String(open.size + 1)) : undefined
}

type Stopped = Pick<Exposure, 'limits' | 'stopLosses'>

/** Returns the time up to which a stop keeps entries in a symbol out; undefined without a stop or a limit. */
export function cooldownUntil({ limits, stopLosses }: Stopped, symbol: string): number | undefined {
  const last = stopLosses.findLast((stop) => stop.symbol === symbol)
  return last && limits.cooldownMs && last.at + limits.cooldownMs
}

/** Returns the time up to which the last stops keep all entries out; undefined if they do not. */
export function guardUntil({ limits: { stoplossGuard: guard }, stopLosses }: Stopped): number | undefined {
  if (guard === undefined) return undefined
  const last = stopLosses.at(-1)?.at
  // The stops before which, counted back from the last one, there were as many as the guard stands.
  const first = stopLosses.at(-guard.stops)?.at
  const isClosed = last !== undefined && first !== undefined && last - first <= guard.withinMs
  return isClosed ? last + guard.blockMs : undefined
}

function cooldownCheck({ account, request: { symbol, at } }: Judged): Refusal | undefined {
  const until = cooldownUntil(account, symbol)
  if (until === undefined || at >= until) return undefined
  return { check: 'cooldown', limit: `after ${timeText(until)}`, value: timeText(at) }
}

function guardCheck({ account, request: { at } }: Judged): Refusal | undefined {
  const until = guardUntil(account)
  if (until === undefined || at >= until) return undefined
  const value = `${account.limits.stoplossGuard?.stops} stops`
  return { check: 'stoplossGuard', limit: `after ${timeText(until)}`, value }
}

const MINUTE_MS = 60_000

/** Returns the times that are less than a minute before `at`. */
function withinMinute(times: readonly number[], at: number): readonly number[] {
  return times.filter((time) => time > at - MINUTE_MS)
}

/** Returns the times with `at` added, as many as the limit counts. */
export function timesWith(times: readonly number[], at: number, max: number | undefined): readonly number[] {
  return max === undefined ? [] : [...withinMinute(times, at), at].slice(-max)
}
