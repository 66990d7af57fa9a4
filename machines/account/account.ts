import { assertEvent, assign, enqueueActions, setup } from 'xstate'
import { z } from 'zod'
import {
  acknowledgeReview,
  cashFlowReport,
  requireReview,
  riskFlag,
  type Stats,
  setTradingState,
  statsRequest,
  updateLimits,
} from '../events/account.ts'
import { type CandleClose, candleClose, type Mark, mark } from '../events/candle.ts'
import { configure } from '../events/configure.ts'
import type { DomainEvents } from '../events/domain.ts'
import { fill, fillBust, fillCorrected, type OrderUpdate, orderClosed, orderUpdate } from '../events/fill.ts'
import { overfillPolicy, reportLost } from '../events/order.ts'
import { type OrderRequest, orderRequest, replaceRequest, requestRefused } from '../events/order-requests.ts'
import { type PositionChanged, positionChanged } from '../events/position.ts'
import { type PortfolioReport, portfolioRequest } from '../events/reconciliation.ts'
import { tell } from '../kind/tell.ts'
import { positionAddress } from '../model/addresses.ts'
import { baseAssetOf } from '../model/contract.ts'
import * as decimal from '../model/decimal.ts'
import { decimal as decimalSchema } from '../model/fields.ts'
import { ownOf } from '../model/own.ts'
import { filledBy } from '../position/books.ts'
import {
  dailyPnl,
  drawdownPct,
  type Performance,
  performanceAt,
  type Trip,
  tripOf,
  withCashFlow,
} from './circuit-breaker.ts'
import { decide, decideReplace, type Gated } from './gate.ts'
import { instrument } from './instrument.ts'
import {
  assetPx,
  balanceOf,
  booksOf,
  equityOf,
  movementsOf,
  positionFor,
  unrealizedIn,
  withMovements,
  withPosition,
} from './portfolio.ts'
import { limitsOnRecord, positionMode, type TradingState } from './risk.ts'
import { renewed } from './settings.ts'

/** The settings that a later start may change. */
const accountSettings = z.object({
  /** Rules of the venue; a symbol that is not among them is refused. Where there are none, all are spot. */
  instruments: z.array(instrument).readonly().default([]),
  /** What becomes of fills beyond what was ordered. */
  overfill: overfillPolicy.default('count'),
  /** Symbols that have a watchdog: it hears of every order that protects a position there. */
  guarded: z.array(z.string()).default([]),
})

export const accountInput = accountSettings.extend({
  venue: z.string(),
  /** What it is counted in. */
  asset: z.string().default('USDT'),
  /** Cash, in that asset. */
  balance: decimalSchema,
  limits: limitsOnRecord,
  positionMode: positionMode.default('netting'),
})
export type AccountInput = z.input<typeof accountInput>

export interface AccountContext extends Gated, Performance {
  /** Cash flows that were counted, newest last. */
  readonly flowIds: readonly string[]
}

export const accountEvents = z.discriminatedUnion('type', [
  orderRequest,
  replaceRequest,
  fill,
  fillBust,
  fillCorrected,
  orderUpdate,
  orderClosed,
  requestRefused,
  positionChanged,
  candleClose,
  mark,
  cashFlowReport,
  reportLost,
  riskFlag,
  requireReview,
  acknowledgeReview,
  configure(accountSettings),
  setTradingState,
  portfolioRequest,
  updateLimits,
  statsRequest,
])
type AccountEvent = z.infer<typeof accountEvents>

/** What changes the value of the account. */
type Valuing = PositionChanged | CandleClose | Mark

/** What passes the gate in a state does so by its rules. */
function gated(tradingState: TradingState) {
  const decide = { actions: { type: 'decide' as const, params: { tradingState } } }
  return { ORDER_REQUEST: decide, REPLACE_REQUEST: decide }
}

/** The account at its new value, with the breaker that this has tripped. */
function tripped(tradingState: 'reducing' | 'halted') {
  return ['value' as const, { type: 'trip' as const, params: { tradingState } }]
}

const valuing = [
  { guard: 'tripsToReducing' as const, target: '.reducing' as const, actions: tripped('reducing') },
  { guard: 'tripsToHalted' as const, target: '.halted' as const, actions: tripped('halted') },
  { actions: 'value' as const },
]
/** No breaker loosens a halt. */
const valuingHalted = [{ guard: 'trips' as const, actions: tripped('halted') }, { actions: 'value' as const }]

/** Stops remembered for the guard. */
const STOP_OUTS_MAX = 64
/** Cash flows remembered: one that comes twice comes soon. */
const FLOW_IDS_MAX = 256

const machine = setup({
  types: {} as {
    input: AccountInput
    context: AccountContext
    events: AccountEvent
    emitted: DomainEvents<
      | 'RISK_APPROVED'
      | 'RISK_REJECTED'
      | 'ENTRY_SKIPPED'
      | 'TRADING_BLOCKED'
      | 'TRADING_AUTHORIZED'
      | 'LIMIT_BREACHED'
      | 'CIRCUIT_BREAKER_TRIGGERED'
      | 'CIRCUIT_BREAKER_RESET'
      | 'MANUAL_REVIEW_REQUIRED'
      | 'MANUAL_REVIEW_ACKNOWLEDGED'
      | 'MANUAL_INTERVENTION'
      | 'SETTING_UPDATED'
      | 'SETTING_FAILED'
      | 'BALANCE_CHANGED'
      | 'PORTFOLIO_VALUE'
    >
  },
  guards: {
    toActive: ({ event }) => event.type === 'SET_TRADING_STATE' && event.tradingState === 'active',
    toReducing: ({ event }) => event.type === 'SET_TRADING_STATE' && event.tradingState === 'reducing',
    isCounted: ({ context, event }) =>
      event.type === 'CASH_FLOW_REPORT' && context.flowIds.includes(event.flowId),
    trips: ({ context, event }) => trips(context, event),
    tripsToReducing: ({ context, event }) => context.limits.breakTo === 'reducing' && trips(context, event),
    tripsToHalted: ({ context, event }) => context.limits.breakTo === 'halted' && trips(context, event),
  },
  actions: {
    decide: enqueueActions(
      ({ context, event, enqueue }, { tradingState }: { tradingState: TradingState }) => {
        assertEvent(event, ['ORDER_REQUEST', 'REPLACE_REQUEST'])
        const { emitted, told, changes } =
          event.type === 'ORDER_REQUEST'
            ? decide(context, event, tradingState)
            : decideReplace(context, event, tradingState)
        enqueue.assign(changes)
        enqueue.emit(emitted)
        for (const message of told) enqueue(tell(message.to, message.event))
      },
    ),
    takeFill: enqueueActions(({ context, event, enqueue }) => {
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
        enqueue.emit({ type: 'BALANCE_CHANGED', at, venue: context.venue, asset, balance, change })
      }
    }),
    takeTerms: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'ORDER_UPDATE')
      const { order, ordStatus, leavesQty, cumQty } = event
      const works = context.working[order]
      // What is not here has ended, or works again, or is being adopted, and is then still to hear of its venue.
      const isNews = decimal.isPositive(leavesQty) || ordStatus === 'PENDING_NEW'
      if (works === undefined && !isNews) return
      // More was asked for since, and counts: the gate has let it through.
      const isAsked = works !== undefined && ordStatus === 'PENDING_REPLACE'
      const request = isAsked ? works.request : requestOf(context, event)
      enqueue.assign({ working: { ...context.working, [order]: { request, cumQty } } })
    }),
    tellPortfolio: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'PORTFOLIO_REQUEST')
      const { at, owner } = event
      const answer: PortfolioReport = { type: 'PORTFOLIO', at, ...booksOf(context) }
      enqueue(tell(owner, answer))
    }),
    /** The order's own word: it knows those that have ended, which the account has forgotten. */
    takeRefusal: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'REQUEST_REFUSED')
      const { at, orderId, check, text } = event
      const { [`order/${orderId}`]: works, ...working } = context.working
      if (works === undefined) return
      enqueue.assign({ working })
      const { symbol } = works.request
      const refusal = { check, limit: 'a new one', value: orderId, text }
      enqueue.emit({ type: 'RISK_REJECTED', at, venue: context.venue, symbol, orderId, ...refusal })
    }),
    forgetOrder: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'ORDER_CLOSED')
      const { [event.order]: _, ...working } = context.working
      enqueue.assign({ working })
    }),
    value: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, ['POSITION_CHANGED', 'CANDLE_CLOSE', 'MARK'])
      const { at } = event
      const { venue, asset } = context
      const after = valued(context, event)
      enqueue.assign(after)
      if (event.type === 'POSITION_CHANGED') {
        const { settleAsset, settled, contract } = event
        const isPaid = contract !== 'spot' && !decimal.isZero(settled)
        const balance = balanceOf(after, settleAsset)
        if (isPaid)
          enqueue.emit({ type: 'BALANCE_CHANGED', at, venue, asset: settleAsset, balance, change: settled })
      } else if (after.equity !== context.equity) {
        const { equity, peakEquity } = after
        const numbers = { dailyPnl: dailyPnl(after), drawdownPct: drawdownPct(after) }
        const unrealizedPnl = unrealizedIn(after, asset)
        enqueue.emit({
          type: 'PORTFOLIO_VALUE',
          at,
          venue,
          asset,
          equity,
          peakEquity,
          unrealizedPnl,
          ...numbers,
        })
      }
    }),
    /** After `value`: the context is as it is by now. */
    trip: enqueueActions(
      ({ context, event: { at }, enqueue }, { tradingState }: { tradingState: 'reducing' | 'halted' }) => {
        const breaker = tripOf(context.limits, context, at) as Trip
        const { check, limit, value } = breaker
        const facts = { at, venue: context.venue, check, limit, value }
        const reason = `${check} reached: ${value}, limit ${limit}`
        enqueue.assign({ breaker, review: { at, reason } })
        enqueue.emit({ type: 'LIMIT_BREACHED', ...facts })
        enqueue.emit({ type: 'CIRCUIT_BREAKER_TRIGGERED', ...facts, tradingState })
        enqueue.emit({ type: 'MANUAL_REVIEW_REQUIRED', at, venue: context.venue, reason })
      },
    ),
    /** Funding of what is held goes through the books of its position, which tells what it has settled. */
    takeCashFlow: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'CASH_FLOW_REPORT')
      const { at, venue, flowId, asset, change, symbol, positionSide, reason } = event
      const flowIds = [...context.flowIds.slice(1 - FLOW_IDS_MAX), flowId]
      enqueue.assign({ flowIds })
      const position = symbol && positionAddress({ venue, symbol, positionSide })
      if (position && context.positions[position]) {
        enqueue(tell(position, { type: 'FUNDING_PAID', at, change }))
        return
      }
      const balances = withMovements(context.balances, [{ asset, change }])
      const value = decimal.multiply(change, assetPx(context, asset) ?? decimal.ZERO)
      enqueue.assign({ balances, ...withCashFlow(context, value) })
      const balance = balanceOf({ balances }, asset)
      enqueue.emit({ type: 'BALANCE_CHANGED', at, venue, asset, balance, change, reason })
    }),
    takeFlag: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'RISK_FLAG')
      const { type: _, ...flag } = event
      const isSame = (one: typeof flag) => one.symbol === flag.symbol && one.flag === flag.flag
      const inForce = context.flags.filter((one) => one.until > event.at && !isSame(one))
      enqueue.assign({ flags: [...inForce, flag] })
    }),
    requireReview: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'REQUIRE_REVIEW')
      const { at, reason } = event
      enqueue.assign({ review: { at, reason } })
      enqueue.emit({ type: 'MANUAL_REVIEW_REQUIRED', at, venue: context.venue, reason })
    }),
    acknowledgeReview: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'ACKNOWLEDGE_REVIEW')
      const { review, venue } = context
      if (review === undefined) return
      const { at, by, note } = event
      enqueue.assign({ review: undefined })
      const said = { by, ...(note && { note }) }
      enqueue.emit({ type: 'MANUAL_REVIEW_ACKNOWLEDGED', at, venue, reason: review.reason, ...said })
    }),
    configure: assign(({ event }) => (event.type === 'CONFIGURE' ? event.settings : {})),
    reportIntervention: enqueueActions(({ context: { venue }, event, enqueue }) => {
      assertEvent(event, 'SET_TRADING_STATE')
      const { type: action, at, by, reason } = event
      enqueue.emit({ type: 'MANUAL_INTERVENTION', at, venue, action, by, ...(reason && { reason }) })
    }),
    authorize: enqueueActions(({ context: { venue, breaker, ...performance }, event, enqueue }) => {
      assertEvent(event, 'SET_TRADING_STATE')
      const { at, by, reason } = event
      enqueue.emit({ type: 'TRADING_AUTHORIZED', at, venue, by, ...(reason && { reason }) })
      if (breaker === undefined) return
      const { check, limit, value } = breaker
      enqueue.emit({ type: 'CIRCUIT_BREAKER_RESET', at, venue, check, limit, value, by })
      // It begins anew from here: what tripped it would trip it again at once.
      const { equity } = performance
      enqueue.assign({ breaker: undefined, consecutiveLosses: 0, peakEquity: equity, dayEquity: equity })
    }),
    block: enqueueActions(({ context: { venue }, event, enqueue }) => {
      assertEvent(event, 'SET_TRADING_STATE')
      const { at, by, reason } = event
      const tradingState = event.tradingState === 'reducing' ? 'reducing' : 'halted'
      enqueue.emit({ type: 'TRADING_BLOCKED', at, venue, tradingState, by, ...(reason && { reason }) })
    }),
    updateLimits: enqueueActions(({ context: { venue, limits }, event, enqueue }) => {
      assertEvent(event, 'UPDATE_LIMITS')
      const { at, by } = event
      const renewal = renewed(limitsOnRecord, limits, event.limits)
      if ('problems' in renewal) {
        for (const problem of renewal.problems)
          enqueue.emit({ type: 'SETTING_FAILED', at, venue, ...problem, by })
        return
      }
      enqueue.assign({ limits: renewal.settings })
      for (const change of renewal.changes)
        enqueue.emit({ type: 'SETTING_UPDATED', at, venue, ...change, by })
    }),
    tellStats: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'STATS_REQUEST')
      const { venue, asset, working, positions } = context
      const today = performanceAt(context, context.equity, event.at)
      const answer: Stats = {
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
      }
      enqueue(tell(event.owner, answer))
    }),
  },
})

/** The machine of a version: before version 6 quotes were nothing to it. */
const accountOf = (version: '5' | '6') =>
  machine.createMachine({
    id: 'account',
    version,
    description: 'The money at one venue, and the gate that every order passes on its way there.',
    context: ({ input }) => {
      const { venue, asset, balance, limits, instruments, guarded, overfill, positionMode } =
        accountInput.parse(input)
      return {
        venue,
        asset,
        balances: { [asset]: balance },
        limits,
        instruments,
        guarded,
        overfill,
        positionMode,
        marks: {},
        working: {},
        positions: {},
        passedAt: [],
        replacedAt: [],
        stopOuts: [],
        flags: [],
        flowIds: [],
        equity: balance,
        peakEquity: balance,
        dayAt: 0,
        dayEquity: balance,
        consecutiveLosses: 0,
      }
    },
    initial: 'active',
    on: {
      FILL: { actions: 'takeFill' },
      FILL_BUST: { actions: 'takeFill' },
      FILL_CORRECTED: { actions: 'takeFill' },
      ORDER_UPDATE: { actions: 'takeTerms' },
      ORDER_CLOSED: { actions: 'forgetOrder' },
      REQUEST_REFUSED: { actions: 'takeRefusal' },
      POSITION_CHANGED: valuing,
      CANDLE_CLOSE: valuing,
      ...(version === '6' && { MARK: valuing }),
      PORTFOLIO_REQUEST: { actions: 'tellPortfolio' },
      CASH_FLOW_REPORT: [{ guard: 'isCounted' }, { actions: 'takeCashFlow' }],
      RISK_FLAG: { actions: 'takeFlag' },
      REQUIRE_REVIEW: { actions: 'requireReview' },
      ACKNOWLEDGE_REVIEW: { actions: 'acknowledgeReview' },
      CONFIGURE: { actions: 'configure' },
      SET_TRADING_STATE: [
        { guard: 'toActive', target: '.active', actions: ['reportIntervention', 'authorize'] },
        { guard: 'toReducing', target: '.reducing', actions: ['reportIntervention', 'block'] },
        { target: '.halted', actions: ['reportIntervention', 'block'] },
      ],
      UPDATE_LIMITS: { actions: 'updateLimits' },
      STATS_REQUEST: { actions: 'tellStats' },
    },
    states: {
      active: { on: gated('active') },
      reducing: {
        description: 'Only orders that make a position smaller pass.',
        on: gated('reducing'),
      },
      halted: {
        description:
          'Nothing passes but what protects a position: a stop, or its watchdog where none is taken.',
        on: {
          ...gated('halted'),
          POSITION_CHANGED: valuingHalted,
          CANDLE_CLOSE: valuingHalted,
          ...(version === '6' && { MARK: valuingHalted }),
        },
      },
    },
  })

export const accountMachine = accountOf('6')
export const accountVersion5 = accountOf('5')

export const accountFromVersion5 = {
  from: '5',
  to: '6',
  migrate: (state: { readonly value: unknown; readonly context: unknown }) => state,
}

/** The account at what its positions are worth by now. */
function valued(context: AccountContext, event: Valuing): AccountContext {
  const moved = event.type === 'POSITION_CHANGED' ? withChange(context, event) : withMarks(context, event)
  return { ...moved, ...performanceAt(moved, equityOf(moved), event.at) }
}

function withChange(context: AccountContext, event: PositionChanged): AccountContext {
  const { contract, settleAsset, settled, symbol, at, tradePnl, isStopped } = event
  const movements = contract === 'spot' ? [] : [{ asset: settleAsset, change: settled }]
  const { consecutiveLosses, stopOuts } = context
  const loses = tradePnl !== undefined && decimal.isNegative(tradePnl)
  return {
    ...context,
    balances: withMovements(context.balances, movements),
    positions: withPosition(context.positions, event),
    ...(tradePnl !== undefined && { consecutiveLosses: loses ? consecutiveLosses + 1 : 0 }),
    ...(isStopped && loses && { stopOuts: [...stopOuts.slice(1 - STOP_OUTS_MAX), { symbol, at }] }),
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
  const isFirst = symbol === `${base}${asset}` && assetPx(context, base) === undefined
  const found = isFirst && withCashFlow(context, decimal.multiply(balanceOf(context, base), px))
  return { ...context, ...found, marks, positions: Object.fromEntries(positions) }
}

/** The order on the terms that are in force; of one that was not let through here, as if it had been. */
function requestOf({ venue, working, marks }: AccountContext, update: OrderUpdate): OrderRequest {
  const {
    type: _type,
    at,
    order,
    owner: _owner,
    ordStatus: _status,
    cumQty: _cum,
    leavesQty: _leaves,
    avgPx,
    isAcknowledged: _ack,
    ordRejReason: _reason,
    text: _text,
    ...terms
  } = update
  const refPx = terms.price ?? terms.stopPx ?? ownOf(marks, terms.symbol) ?? avgPx
  const unknown = { type: 'ORDER_REQUEST' as const, at, orderId: order.slice('order/'.length), venue, refPx }
  return { ...(working[order]?.request ?? unknown), ...terms }
}

/** One that has tripped does so once, until it is reset. */
function trips(context: AccountContext, event: AccountEvent): boolean {
  if (context.breaker !== undefined) return false
  if (event.type !== 'POSITION_CHANGED' && event.type !== 'CANDLE_CLOSE' && event.type !== 'MARK')
    return false
  return tripOf(context.limits, valued(context, event), event.at) !== undefined
}
