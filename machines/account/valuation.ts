/** The value of an account after an event that changes it, and whether its breaker trips. Pure. */
import type { CashFlowReport } from '../events/account.ts'
import type { CandleClose, Mark } from '../events/candle.ts'
import type { PositionChanged } from '../events/position.ts'
import { positionAddress } from '../model/addresses.ts'
import { baseAssetOf } from '../model/contract.ts'
import * as decimal from '../model/decimal.ts'
import { performanceAt, tripOf, withCashFlow } from './circuit-breaker.ts'
import type { AccountContext, AccountTypes } from './context.ts'
import { assetPx, balanceOf, equityOf, withMovements, withPosition } from './portfolio.ts'

/** The events that change the value of the account. */
type Valuing = PositionChanged | CandleClose | Mark | CashFlowReport

/** The number of stop losses that are remembered for the guard. */
const STOP_LOSSES_MAX = 64
/** Returns the account with the present value of its positions. */
export function valued(context: AccountContext, event: Valuing): AccountContext {
  const moved = afterEvent(context, event)
  return { ...moved, ...performanceAt(moved, equityOf(moved), event.at) }
}

function afterEvent(context: AccountContext, event: Valuing): AccountContext {
  switch (event.type) {
    case 'POSITION_CHANGED':
      return withChange(context, event)
    case 'CASH_FLOW_REPORT':
      return { ...context, balances: withMovements(context.balances, [event]) }
    default:
      return withMarks(context, event)
  }
}

/** The kinds of cash flows that trading costs or brings. They are PnL, and the others are not. */
const OF_TRADING: readonly CashFlowReport['kind'][] = ['funding', 'fee', 'insurance', 'liquidation']

export function isOfTrading({ kind }: CashFlowReport): boolean {
  return OF_TRADING.includes(kind)
}

/** Returns the open position whose funding it is; undefined where the venue does not say, or where it is closed by now. */
export function fundedPosition(
  { positions }: Pick<AccountContext, 'positions'>,
  { venue, symbol, positionSide }: CashFlowReport,
): `position/${string}` | undefined {
  const address = symbol === undefined ? undefined : positionAddress({ venue, symbol, positionSide })
  return address !== undefined && positions[address] !== undefined ? address : undefined
}

function withChange(context: AccountContext, event: PositionChanged): AccountContext {
  const { contract, settleAsset, settled, symbol, at, tradePnl, isStopped } = event
  const movements = contract === 'spot' ? [] : [{ asset: settleAsset, change: settled }]
  const { consecutiveLosses, stopLosses } = context
  const loses = tradePnl !== undefined && decimal.isNegative(tradePnl)
  return {
    ...context,
    balances: withMovements(context.balances, movements),
    positions: withPosition(context.positions, event),
    ...(tradePnl !== undefined && { consecutiveLosses: loses ? consecutiveLosses + 1 : 0 }),
    ...(isStopped && loses && { stopLosses: [...stopLosses.slice(1 - STOP_LOSSES_MAX), { symbol, at }] }),
  }
}

function withMarks(context: AccountContext, event: CandleClose | Mark): AccountContext {
  const { symbol } = event
  const px = event.type === 'MARK' ? event.px : event.candle.close
  const { asset } = context
  const positions = Object.entries(context.positions).map(
    ([address, one]) => [address, one.symbol === symbol ? { ...one, markPx: px } : one] as const,
  )
  const marks = { ...context.marks, [symbol]: px }
  // What was owned before there was a price of it is no gain.
  const base = baseAssetOf(symbol, asset)
  const isPriced = symbol.endsWith(asset) && base !== symbol
  const isFirst = isPriced && assetPx(context, base) === undefined
  const found = isFirst && withCashFlow(context, decimal.multiply(balanceOf(context, base), px))
  return { ...context, ...found, marks, positions: Object.fromEntries(positions) }
}

/** Returns whether the event trips the breaker. A tripped breaker does not trip again until it is reset. */
export function trips(context: AccountContext, event: AccountTypes['events']): boolean {
  if (context.breaker !== undefined || !isValuing(context, event)) return false
  return tripOf(context.limits, valued(context, event), event.at) !== undefined
}

function isValuing(context: AccountContext, event: AccountTypes['events']): event is Valuing {
  // The position counts its funding, and tells the account of it.
  if (event.type === 'CASH_FLOW_REPORT')
    return isOfTrading(event) && fundedPosition(context, event) === undefined
  return event.type === 'POSITION_CHANGED' || event.type === 'CANDLE_CLOSE' || event.type === 'MARK'
}
