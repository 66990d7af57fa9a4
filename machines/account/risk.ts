/** The pre-trade checks: pure, each with its numbers. */
import { z } from 'zod'
import { positionAddress } from '../addresses.ts'
import { notionalValue } from '../contract.ts'
import * as decimal from '../decimal.ts'
import type { OrderRequest, ReplaceRequest, RiskFlag, SetTradingState } from '../events/commands.ts'
import { positive } from '../events/fields.ts'
import { isConditional, isLimited, isStop, problemOf } from '../order/terms.ts'
import { breakerLimits, type Trip } from './circuit-breaker.ts'
import { type Instrument, instrumentCheck } from './instrument.ts'
import { freeBalance, type Portfolio, positionFor, reducible } from './portfolio.ts'

/** Whether a symbol has one position, or a long and a short one apart: then every order says which it is for. */
export const positionMode = z.enum(['netting', 'hedging'])

const count = z.number().int().positive()

/** What only makes a position smaller is held to none of those that keep positions from growing. */
export const riskLimits = z.strictObject({
  /** Largest value of one order, in the asset that it is paid or settled in. */
  orderNotionalMax: positive,
  /** Orders working at a time. */
  openOrdersMax: count,
  /** Symbols held at a time. */
  openPositionsMax: count.optional(),
  /** Orders let through within a minute. */
  ordersPerMinuteMax: count.optional(),
  /** Value of contracts held for each unit of equity; spot is paid in full. */
  leverage: positive.default('1'),
  /** After a stop has closed a position of a symbol, in ms: no entry there for so long. */
  cooldownMs: count.optional(),
  /** So many stops within a time, of whatever symbols, and nothing is entered for a time. */
  stoplossGuard: z.strictObject({ stops: count, withinMs: count, blockMs: count }).optional(),
  ...breakerLimits,
})
export type RiskLimits = z.infer<typeof riskLimits>

export type TradingState = SetTradingState['tradingState']

/** What of an account the checks look at. */
export interface Exposure extends Portfolio {
  readonly venue: string
  readonly limits: RiskLimits
  readonly positionMode: z.infer<typeof positionMode>
  readonly instruments: readonly Instrument[]
  /** The last candle's close of each symbol. */
  readonly marks: Readonly<Record<string, string>>
  /** Epoch ms of each order that was let through within the last minute. */
  readonly passedAt: readonly number[]
  /** Positions that a stop has closed, as far back as they matter. */
  readonly stopOuts: readonly { readonly symbol: string; readonly at: number }[]
  /** What news say about symbols; those that are over count no more. */
  readonly flags: readonly Omit<RiskFlag, 'type'>[]
  /** What a person has yet to look at. */
  readonly review?: { readonly at: number; readonly reason: string }
  readonly breaker?: Trip
}

export interface Refusal {
  readonly check: string
  /** Of the request, where the check is of one and not named after it. */
  readonly field?: string
  readonly limit: string
  readonly value: string
}

interface Judged {
  readonly account: Exposure
  readonly request: OrderRequest
  readonly tradingState: TradingState
  readonly rules: Instrument | undefined
  readonly notional: string
  /** Quantity that the position has for it to reduce. */
  readonly reducible: string
  readonly reduces: boolean
}

/**
 * The price that an order is judged by: the one it names itself, or else the reference that came with it. All but the
 * limit of what buys may trade at the market's price instead, so none is judged by one that is kinder than that.
 */
export function riskPx(account: Exposure, request: OrderRequest): string {
  const { refPx, price, stopPx, side, symbol } = request
  const named = (isLimited(request) ? price : isConditional(request) ? stopPx : undefined) ?? refPx
  const mark = account.marks[symbol]
  if (mark === undefined) return named
  const { contract } = positionFor(account, request)
  if (contract === 'inverse') return decimal.min(named, mark)
  return isLimited(request) && side === 'BUY' ? named : decimal.max(named, mark)
}

export function notionalOf(account: Exposure, request: OrderRequest): string {
  const contract = positionFor(account, request)
  return notionalValue(contract, request.orderQty, riskPx(account, request))
}

function rulesFor({ instruments }: Exposure, of: string): Instrument | undefined {
  return instruments.find(({ symbol }) => symbol === of)
}

type Check = (judged: Judged) => Refusal | false | undefined

const wellFormed: readonly Check[] = [
  ({ request, account }) =>
    request.venue !== account.venue && { check: 'venue', limit: account.venue, value: request.venue },
  ({ request: { positionSide }, account }) =>
    (positionSide === undefined) !== (account.positionMode === 'netting') && {
      check: 'positionSide',
      limit: account.positionMode === 'netting' ? 'none' : 'LONG or SHORT',
      value: positionSide ?? 'none',
    },
  ({ request: { symbol }, account: { instruments }, rules }) =>
    instruments.length > 0 &&
    rules === undefined && { check: 'symbol', limit: 'a listed one', value: symbol },
  ({ request: { refPx } }) =>
    !decimal.isPositive(refPx) && { check: 'refPx', limit: 'more than 0', value: refPx },
  // A strategy has its reference from the market; a person's is worth what there is to compare it with.
  ({ request: { owner, symbol, refPx }, account: { instruments, marks } }) =>
    instruments.length > 0 &&
    owner === undefined &&
    marks[symbol] === undefined && { check: 'refPx', limit: 'after the first candle', value: refPx },
  ({ request }) => {
    const problem = problemOf(request, request.at)
    return problem && { check: problem.field, limit: problem.rule, value: problem.value }
  },
]

const always: readonly Check[] = [
  // A stop that can only reduce protects: not even a halt leaves a position without it.
  ({ tradingState, request, reduces }) =>
    tradingState === 'halted' &&
    !(reduces && isStop(request)) && { check: 'tradingState', limit: 'active', value: 'halted' },
  ({ tradingState, request, reduces, reducible }) =>
    tradingState === 'reducing' &&
    !reduces && { check: 'tradingState', limit: reducible, value: request.orderQty },
  ({ request: { reduceOnly, orderQty }, reduces, reducible }) =>
    reduceOnly && !reduces && { check: 'reduceOnly', limit: reducible, value: orderQty },
  ({ account, request: { orderId } }) =>
    account.working[`order/${orderId}`] !== undefined && {
      check: 'orderId',
      limit: 'a new one',
      value: orderId,
    },
  ({ request, rules, notional }) => rules && instrumentCheck(rules, request, notional),
  // What closes one side of a hedged symbol cannot go on to open the other one.
  ({ request: { positionSide, side, orderQty }, reduces, reducible }) =>
    positionSide !== undefined &&
    (positionSide === 'LONG') !== (side === 'BUY') &&
    !reduces && { check: 'positionSide', limit: reducible, value: orderQty },
]

/** Of what makes a position larger, or may. */
const entries: readonly Check[] = [
  ({ account: { review } }) =>
    review && { check: 'manualReview', limit: 'acknowledged by a person', value: review.reason },
  flagCheck,
  cooldownCheck,
  guardCheck,
  ({ account: { limits }, notional }) => most('orderNotionalMax', limits.orderNotionalMax, notional),
  ({ account: { limits, working } }) =>
    most('openOrdersMax', String(limits.openOrdersMax), String(Object.keys(working).length + 1)),
  ({ account, request }) => {
    const open = Object.keys(account.positions).length
    const opens = account.positions[positionAddress(request)] === undefined
    return opens && most('openPositionsMax', text(account.limits.openPositionsMax), String(open + 1))
  },
  ({ account: { limits, passedAt }, request: { at } }) =>
    most(
      'ordersPerMinuteMax',
      text(limits.ordersPerMinuteMax),
      String(withinMinute(passedAt, at).length + 1),
    ),
  ({ account, request, notional }) => {
    const contract = positionFor(account, request)
    if (contract.contract === 'spot' && request.side === 'SELL') return undefined
    const free = freeBalance(account, contract, account.limits.leverage)
    return most('freeBalance', free, notional)
  },
]

/** Those that hold an entry back for a time, rather than refuse it for what it is. */
export const SKIPPING: readonly string[] = ['manualReview', 'newsFlag', 'cooldown', 'stoplossGuard']

/** The first check that the request does not pass. */
export function riskCheck(
  account: Exposure,
  request: OrderRequest,
  tradingState: TradingState,
): Refusal | undefined {
  const rules = rulesFor(account, request.symbol)
  const judged = { account, request, tradingState, rules, notional: decimal.ZERO, reducible: decimal.ZERO }
  const malformed = firstOf(wellFormed, { ...judged, reduces: false })
  if (malformed !== undefined) return malformed
  const left = reducible(account, request)
  const whole: Judged = {
    ...judged,
    notional: notionalOf(account, request),
    reducible: left,
    reduces: decimal.compare(request.orderQty, left) <= 0,
  }
  return firstOf(always, whole) ?? (whole.reduces ? undefined : firstOf(entries, whole))
}

/** The first check that an order does not pass with other terms; what it holds by itself is free for it. */
export function replaceCheck(
  account: Exposure,
  { at, orderId, orderQty, price, stopPx }: ReplaceRequest,
  tradingState: TradingState,
): { refusal: Refusal } | { request: OrderRequest } {
  const { [`order/${orderId}`]: works, ...working } = account.working
  if (works?.request === undefined)
    return { refusal: { check: 'orderId', limit: 'one that works', value: orderId } }
  const { request: was, leavesQty } = works
  const filled = decimal.subtract(was.orderQty, leavesQty)
  const left = decimal.subtract(orderQty ?? was.orderQty, filled)
  if (!decimal.isPositive(left)) {
    return { refusal: { check: 'orderQty', limit: `more than ${filled}`, value: orderQty ?? was.orderQty } }
  }
  const request = { ...was, at, orderQty: left, ...(price && { price }), ...(stopPx && { stopPx }) }
  const refusal = riskCheck({ ...account, working }, request, tradingState)
  return refusal === undefined ? { request } : { refusal }
}

function firstOf(checks: readonly Check[], judged: Judged): Refusal | undefined {
  for (const check of checks) {
    const refusal = check(judged)
    if (refusal) return refusal
  }
  return undefined
}

function most(check: string, limit: string | undefined, value: string): Refusal | undefined {
  return limit !== undefined && decimal.compare(value, limit) > 0 ? { check, limit, value } : undefined
}

function text(limit: number | undefined): string | undefined {
  return limit === undefined ? undefined : String(limit)
}

function flagCheck({ account: { flags }, request: { symbol, at } }: Judged): Refusal | undefined {
  const flag = flags.find((one) => one.symbol === symbol && one.severity === 'critical' && at < one.until)
  return flag && { check: 'newsFlag', limit: `after ${flag.until}`, value: `${flag.flag}: ${flag.reason}` }
}

function cooldownCheck({ account, request: { symbol, at } }: Judged): Refusal | undefined {
  const { cooldownMs } = account.limits
  const last = account.stopOuts.findLast((stopOut) => stopOut.symbol === symbol)
  if (cooldownMs === undefined || last === undefined || at >= last.at + cooldownMs) return undefined
  return { check: 'cooldown', limit: `after ${last.at + cooldownMs}`, value: String(at) }
}

function guardCheck({ account: { limits, stopOuts }, request: { at } }: Judged): Refusal | undefined {
  const guard = limits.stoplossGuard
  if (guard === undefined) return undefined
  const last = stopOuts.at(-1)?.at
  // The stops before which, counted back from the last one, there were as many as the guard stands.
  const first = stopOuts.at(-guard.stops)?.at
  const isClosed = last !== undefined && first !== undefined && last - first <= guard.withinMs
  if (!isClosed || at >= last + guard.blockMs) return undefined
  return { check: 'stoplossGuard', limit: `after ${last + guard.blockMs}`, value: `${guard.stops} stops` }
}

const MINUTE_MS = 60_000

/** Those of the times that are less than a minute before `at`. */
export function withinMinute(times: readonly number[], at: number): readonly number[] {
  return times.filter((time) => time > at - MINUTE_MS)
}
