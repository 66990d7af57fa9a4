/** The actions of an account. */
import { assertEvent } from 'xstate'
import { compact } from '../../errors/compact.ts'
import type { CashFlowReport } from '../events/account.ts'
import { acts, laterThan } from '../kind/kind.ts'
import { ownOrderAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import { filledBy } from '../position/books.ts'
import { dailyPnl, drawdownPct, performanceAt, type Trip, tripOf, withCashFlow } from './circuit-breaker.ts'
import { closingActions, lookAgain } from './closing-actions.ts'
import { afterEnd, withdrawn } from './closing-requests.ts'
import type { AccountTypes } from './context.ts'
import { accountDeclaration, since } from './declaration.ts'
import { leftOf, notFlat } from './exits.ts'
import { decideOrder, decideReplace } from './gate.ts'
import { instrumentName } from './instrument.ts'
import { limitsOnRecord } from './limits.ts'
import {
  assetPx,
  balanceOf,
  booksOf,
  movementsOf,
  positionFor,
  unrealizedIn,
  withMovements,
} from './portfolio.ts'
import type { TradingState } from './risk.ts'
import { renewed } from './settings.ts'
import { fundedPosition, isOfTrading, valued } from './valuation.ts'
import { requestOf } from './working-orders.ts'

/** The number of cash flows that are remembered. A cash flow that comes twice comes again soon. */
const FLOW_IDS_MAX = 256

/** Returns the actions of a version. */
export function actionsOf(version: string) {
  const makers = acts(accountDeclaration, {} as AccountTypes, laterThan(since, version))
  const { action, emit, tell } = makers
  return {
    ...closingActions(makers),
    decide: action(({ context, event, enqueue }, { tradingState }: { tradingState: TradingState }) => {
      assertEvent(event, ['ORDER_REQUEST', 'REPLACE_REQUEST'])
      const { emitted, answer, order, changes } =
        event.type === 'ORDER_REQUEST'
          ? decideOrder(context, event, tradingState)
          : decideReplace(context, event, tradingState)
      enqueue.assign(changes)
      enqueue(emit(emitted))
      if (answer !== undefined) for (const to of answer.to) enqueue(tell(to, answer.event))
      if (order !== undefined) enqueue(tell(order.to, order.event))
    }),
    takeFill: action(({ context, event, enqueue }) => {
      assertEvent(event, ['FILL', 'FILL_BUST', 'FILL_CORRECTED'])
      const { order, at } = event
      const movements = movementsOf(event, positionFor(context, event))
      const balances = withMovements(context.balances, movements)
      const works = context.working[order]
      const cumQty = works && decimal.add(works.cumQty, filledBy(event))
      enqueue.assign({
        balances,
        ...(cumQty && { working: { ...context.working, [order]: { ...works, cumQty } } }),
      })
      for (const { asset, change } of movements) {
        const balance = balanceOf({ balances }, asset)
        enqueue(emit({ type: 'BALANCE_CHANGED', at, venue: context.venue, asset, balance, change }))
      }
    }),
    takeTerms: action(({ context, event, enqueue }) => {
      assertEvent(event, 'ORDER_UPDATE')
      const { order, ordStatus, leavesQty, cumQty } = event
      const works = context.working[order]
      // An order that is not here has ended, or works again, or is being adopted and has yet to hear of its venue.
      const isNews = decimal.isPositive(leavesQty) || ordStatus === 'PENDING_NEW'
      if (works === undefined && !isNews) return
      // More was asked for since, and counts: the gate has let it through.
      const isAsked = works !== undefined && ordStatus === 'PENDING_REPLACE'
      const request = isAsked ? works.request : requestOf(context, event)
      enqueue.assign({ working: { ...context.working, [order]: { request, cumQty } } })
      // An order that is adopted or works again may be in the way of what is to be closed.
      if (works === undefined && context.closing !== undefined) lookAgain(enqueue, event.at)
    }),
    tellPortfolio: action(({ context, event, enqueue }) => {
      assertEvent(event, 'PORTFOLIO_REQUEST')
      const { at, owner } = event
      enqueue(tell(owner, { type: 'PORTFOLIO', at, ...booksOf(context) }))
    }),
    /**
     * Takes a refusal from the order itself. The order knows that its id is used, because the account forgets orders that have ended.
     */
    takeRefusal: action(({ context, event, enqueue }) => {
      assertEvent(event, 'REQUEST_REFUSED')
      const { at, clOrdId, check, text } = event
      const { [ownOrderAddress(clOrdId)]: works, ...working } = context.working
      if (works === undefined) return
      enqueue.assign({ working })
      const { symbol, strategy } = works.request
      const instrument = instrumentName(context.instruments, symbol)
      const names = compact({ venue: context.venue, symbol, instrument, strategy, clOrdId })
      const refusal = { check, limit: 'a new one', value: clOrdId, text }
      enqueue(emit({ type: 'RISK_REJECTED', at, ...names, ...refusal }))
    }),
    forgetOrder: action(({ context, event, enqueue }) => {
      assertEvent(event, 'ORDER_CLOSED')
      const { [event.order]: _, ...working } = context.working
      enqueue.assign({ working })
      const { closing } = context
      if (closing === undefined) return
      enqueue.assign({ closing: afterEnd({ ...context, closing }, event) })
      lookAgain(enqueue, event.at)
    }),
    value: action(({ context, event, enqueue }) => {
      assertEvent(event, ['POSITION_CHANGED', 'CANDLE_CLOSE', 'MARK'])
      const { at } = event
      const { venue, asset } = context
      const after = valued(context, event)
      enqueue.assign(after)
      if (event.type === 'POSITION_CHANGED') {
        if (context.closing !== undefined) lookAgain(enqueue, at)
        const { settleAsset, settled, contract } = event
        const isPaid = contract !== 'spot' && !decimal.isZero(settled)
        const balance = balanceOf(after, settleAsset)
        if (isPaid)
          enqueue(emit({ type: 'BALANCE_CHANGED', at, venue, asset: settleAsset, balance, change: settled }))
      } else if (after.equity !== context.equity) {
        const { equity, peakEquity } = after
        const numbers = { dailyPnl: dailyPnl(after), drawdownPct: drawdownPct(after) }
        const unrealizedPnl = unrealizedIn(after, asset)
        enqueue(
          emit({
            type: 'PORTFOLIO_VALUE',
            at,
            venue,
            asset,
            equity,
            peakEquity,
            unrealizedPnl,
            ...numbers,
          }),
        )
      }
    }),
    /** Trips the breaker. It runs after `value`, so the context has the new value already. */
    trip: action(
      ({ context, event: { at }, enqueue }, { tradingState }: { tradingState: 'reducing' | 'halted' }) => {
        const breaker = tripOf(context.limits, context, at) as Trip
        const { check, limit, value } = breaker
        const facts = { at, venue: context.venue, check, limit, value }
        const reason = `${check} reached: ${value}, limit ${limit}`
        enqueue.assign({ breaker, review: { at, reason } })
        enqueue(emit({ type: 'LIMIT_BREACHED', ...facts }))
        enqueue(emit({ type: 'CIRCUIT_BREAKER_TRIGGERED', ...facts, tradingState }))
        enqueue(emit({ type: 'MANUAL_REVIEW_REQUIRED', at, venue: context.venue, reason }))
      },
    ),
    /**
     * Takes a cash flow. Funding of an open position goes to the position, whose books count it and tell the account of it. What
     * trading costs or brings is PnL since version 9.
     */
    takeCashFlow: action(({ context, event, enqueue }) => {
      assertEvent(event, 'CASH_FLOW_REPORT')
      const { at, venue, flowId, asset, change, symbol, reason } = event
      const flowIds = [...context.flowIds.slice(1 - FLOW_IDS_MAX), flowId]
      enqueue.assign({ flowIds })
      const position = fundedPosition(context, event)
      if (position !== undefined) {
        const instrument = symbol && instrumentName(context.instruments, symbol)
        enqueue(tell(position, compact({ type: 'FUNDING_PAID', at, instrument, change })))
        return
      }
      const after =
        Number(version) >= 9 && isOfTrading(event) ? valued(context, event) : moved(context, event)
      enqueue.assign({ ...after, flowIds })
      const balance = balanceOf(after, asset)
      enqueue(emit({ type: 'BALANCE_CHANGED', at, venue, asset, balance, change, reason }))
    }),
    reportNotice: action(({ event, enqueue }) => {
      assertEvent(event, 'VENUE_NOTICE')
      enqueue(emit({ ...event, type: 'VENUE_NOTICED' }))
    }),
    takeFlag: action(({ context, event, enqueue }) => {
      assertEvent(event, 'RISK_FLAG')
      const { type: _, ...flag } = event
      const isSame = (one: typeof flag) => one.symbol === flag.symbol && one.flag === flag.flag
      const inForce = context.flags.filter((one) => one.until > event.at && !isSame(one))
      enqueue.assign({ flags: [...inForce, flag] })
    }),
    requireReview: action(({ context, event, enqueue }) => {
      assertEvent(event, 'REQUIRE_REVIEW')
      const { at, reason } = event
      enqueue.assign({ review: { at, reason } })
      enqueue(emit({ type: 'MANUAL_REVIEW_REQUIRED', at, venue: context.venue, reason }))
    }),
    acknowledgeReview: action(({ context, event, enqueue }) => {
      assertEvent(event, 'ACKNOWLEDGE_REVIEW')
      const { review, venue } = context
      if (review === undefined) return
      const { at, by, note } = event
      enqueue.assign({ review: undefined })
      const said = { by, ...(note && { note }) }
      enqueue(emit({ type: 'MANUAL_REVIEW_ACKNOWLEDGED', at, venue, reason: review.reason, ...said }))
    }),
    configure: action(({ event, enqueue }) => {
      assertEvent(event, 'CONFIGURE')
      enqueue.assign(event.settings)
    }),
    reportIntervention: action(({ context: { venue }, event, enqueue }) => {
      assertEvent(event, ['SET_TRADING_STATE', 'CANCEL_ALL', 'FLATTEN'])
      const { type: action, at, by, reason } = event
      const symbol = event.type === 'CANCEL_ALL' ? event.symbol : undefined
      const of = compact({ at, venue, symbol, action, by, reason: reason || undefined })
      enqueue(emit({ type: 'MANUAL_INTERVENTION', ...of }))
    }),
    authorize: action(({ context, event, enqueue }) => {
      assertEvent(event, 'SET_TRADING_STATE')
      const { venue, breaker, closing, ...performance } = context
      const { at, by, reason } = event
      enqueue(emit({ type: 'TRADING_AUTHORIZED', at, venue, by, ...(reason && { reason }) }))
      if (closing !== undefined) {
        const { flattening, positions } = closing
        const still = withdrawn({ ...context, closing })
        enqueue.assign({ closing: still })
        const text = `${by} has set the account active`
        if (flattening !== undefined) enqueue(emit(notFlat(context, flattening, { at, text })))
        else
          for (const [position, { by }] of Object.entries(positions))
            if (context.positions[position] !== undefined && still.positions[position] === undefined)
              enqueue(
                emit({ type: 'POSITION_NOT_CLOSED', at, venue, ...leftOf(context, position), by, text }),
              )
        lookAgain(enqueue, at)
      }
      if (breaker === undefined) return
      const { check, limit, value } = breaker
      enqueue(emit({ type: 'CIRCUIT_BREAKER_RESET', at, venue, check, limit, value, by }))
      // It begins anew from here: what tripped it would trip it again at once.
      const { equity } = performance
      enqueue.assign({ breaker: undefined, consecutiveLosses: 0, peakEquity: equity, dayEquity: equity })
    }),
    block: action(({ context: { venue }, event, enqueue }) => {
      assertEvent(event, ['SET_TRADING_STATE', 'FLATTEN'])
      const { at, by, reason } = event
      const isHalt = event.type === 'SET_TRADING_STATE' && event.tradingState === 'halted'
      const tradingState = isHalt ? 'halted' : 'reducing'
      enqueue(emit({ type: 'TRADING_BLOCKED', at, venue, tradingState, by, ...(reason && { reason }) }))
    }),
    updateLimits: action(({ context: { venue, limits }, event, enqueue }) => {
      assertEvent(event, 'UPDATE_LIMITS')
      const { at, by } = event
      const renewal = renewed(limitsOnRecord, limits, event.limits)
      if ('problems' in renewal) {
        for (const problem of renewal.problems)
          enqueue(emit({ type: 'SETTING_FAILED', at, venue, ...problem, by }))
        return
      }
      enqueue.assign({ limits: renewal.settings })
      for (const change of renewal.changes)
        enqueue(emit({ type: 'SETTING_UPDATED', at, venue, ...change, by }))
    }),
    tellStats: action(({ context, event, enqueue }) => {
      assertEvent(event, 'STATS_REQUEST')
      const { venue, asset, working, positions } = context
      const today = performanceAt(context, context.equity, event.at)
      enqueue(
        tell(event.owner, {
          type: 'STATS',
          at: event.at,
          venue,
          asset,
          balance: balanceOf(context, asset),
          equity: today.equity,
          dailyPnl: dailyPnl(today),
          drawdownPct: drawdownPct(today),
          openOrders: Object.keys(working).length,
          openPositions: Object.keys(positions).length,
        }),
      )
    }),
  }
}

/** Returns the account after money came or went that is neither gain nor loss. */
function moved(context: AccountTypes['context'], { asset, change }: CashFlowReport) {
  const balances = withMovements(context.balances, [{ asset, change }])
  const value = decimal.multiply(change, assetPx(context, asset) ?? decimal.ZERO)
  return { ...context, balances, ...withCashFlow(context, value) }
}
