/** What machines emit: the units of the feed. */
import { z } from 'zod'
import { candleClose } from './commands.ts'
import { decimal, epochMs, side } from './fields.ts'
import { contingencyType, listLeg, listPhase } from './list.ts'
import { newsCategory, newsSentiment, newsSeverity } from './news.ts'
import { orderTerms, ordStatus, positionSide } from './order.ts'
import { difference } from './reconciliation.ts'

const base = { at: epochMs }
const ofSymbol = { ...base, venue: z.string(), symbol: z.string() }
const event = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({ type: z.literal(type), ...shape })

const ofOrder = {
  ...ofSymbol,
  order: z.string(),
  side,
  orderQty: decimal,
  cumQty: decimal,
  leavesQty: decimal,
  avgPx: decimal,
  ordStatus,
}
const fillFields = { lastQty: decimal, lastPx: decimal, tradeId: z.string() }
const reason = { text: z.string().optional() }
const ofPosition = {
  ...ofSymbol,
  positionSide: positionSide.optional(),
  /** Positive when long. */
  quantity: decimal,
  avgPx: decimal,
  realizedPnl: decimal,
  /** By the asset that was taken. */
  commissions: z.record(z.string(), decimal),
  funding: decimal,
}

export const marketTick = event('MARKET_TICK', {
  ...ofSymbol,
  px: decimal,
  qty: decimal,
  bid: decimal.optional(),
  ask: decimal.optional(),
})
export const dataStale = event('DATA_STALE', { ...ofSymbol, lastAt: epochMs })
export const connectionChanged = event('CONNECTION_CHANGED', {
  ...ofSymbol,
  status: z.enum(['connected', 'disconnected', 'resyncing']),
  ...reason,
})

export const orderSubmitted = event('ORDER_SUBMITTED', {
  ...ofSymbol,
  order: z.string(),
  ...orderTerms,
})
export const orderAccepted = event('ORDER_ACCEPTED', ofOrder)
export const orderTriggered = event('ORDER_TRIGGERED', ofOrder)
export const orderPartialFill = event('ORDER_PARTIAL_FILL', { ...ofOrder, ...fillFields })
export const orderFilled = event('ORDER_FILLED', { ...ofOrder, ...fillFields })
/** The venue had it, and nobody here knew. */
export const orderAdopted = event('ORDER_ADOPTED', ofOrder)
/** The venue has filled more than was ordered. */
export const orderOverfilled = event('ORDER_OVERFILLED', {
  ...ofOrder,
  ...fillFields,
  isCounted: z.boolean(),
})
export const orderDenied = event('ORDER_DENIED', { ...ofOrder, ...reason })
export const orderTradeBusted = event('ORDER_TRADE_BUSTED', { ...ofOrder, ...fillFields })
/** `lastQty` and `lastPx` as they were in truth. */
export const orderTradeCorrected = event('ORDER_TRADE_CORRECTED', { ...ofOrder, ...fillFields })
export const orderDoneForDay = event('ORDER_DONE_FOR_DAY', { ...ofOrder, ...reason })
export const orderStopped = event('ORDER_STOPPED', ofOrder)
export const orderSuspended = event('ORDER_SUSPENDED', ofOrder)
const terms = { price: decimal.optional(), stopPx: decimal.optional() }
/** The terms that were asked for; those in force are still the old ones. */
export const orderPendingReplace = event('ORDER_PENDING_REPLACE', {
  ...ofOrder,
  ...terms,
  newOrderQty: decimal,
})
export const orderReplaced = event('ORDER_REPLACED', { ...ofOrder, ...terms })
export const orderReplaceRejected = event('ORDER_REPLACE_REJECTED', { ...ofOrder, ...reason })
export const orderPendingCancel = event('ORDER_PENDING_CANCEL', ofOrder)
export const orderCancelRejected = event('ORDER_CANCEL_REJECTED', { ...ofOrder, ...reason })
export const orderCancelled = event('ORDER_CANCELLED', { ...ofOrder, ...reason })
export const orderRejected = event('ORDER_REJECTED', { ...ofOrder, ...reason })
export const orderExpired = event('ORDER_EXPIRED', { ...ofOrder, ...reason })

export const orderListUpdated = event('ORDER_LIST_UPDATED', {
  ...ofSymbol,
  list: z.string(),
  contingencyType,
  phase: listPhase,
  /** Filled by the first order and not closed by the others. */
  exposure: decimal,
})

export const positionOpened = event('POSITION_OPENED', ofPosition)
export const positionUpdated = event('POSITION_UPDATED', ofPosition)
/** Changed by something else than a fill. */
export const positionModified = event('POSITION_MODIFIED', {
  ...ofPosition,
  reason: z.enum(['bust', 'funding']),
})
/** `tradePnl`: what it brought from its opening on, net of commissions in the asset it settles in. */
export const positionClosed = event('POSITION_CLOSED', { ...ofPosition, tradePnl: decimal })
/** A stop has made it smaller. */
export const positionStopTriggered = event('POSITION_STOP_TRIGGERED', {
  ...ofPosition,
  order: z.string(),
  lastQty: decimal,
  lastPx: decimal,
})
export const positionFlipped = event('POSITION_FLIPPED', ofPosition)

const ofWatchdog = {
  ...ofSymbol,
  /** What is held, what live stops cover of it, and for how many ms not all of it was covered. */
  exposure: decimal,
  protectedQty: decimal,
  unprotectedMs: z.number().int(),
}
export const protectiveOrdersVerified = event('PROTECTIVE_ORDERS_VERIFIED', ofWatchdog)
export const protectiveOrdersMissing = event('PROTECTIVE_ORDERS_MISSING', ofWatchdog)
/** By an order of the watchdog's own. */
export const protectiveOrdersReplaced = event('PROTECTIVE_ORDERS_REPLACED', ofWatchdog)

export const reconciliationStarted = event('RECONCILIATION_STARTED', {
  ...base,
  venue: z.string(),
  reason: z.string(),
})
export const reconciliationDifference = event('RECONCILIATION_DIFFERENCE', {
  ...base,
  venue: z.string(),
  ...difference,
  done: z.enum(['fills applied', 'asked', 'told', 'adopted', 'cancelled', 'reported']),
})
export const reconciliationCompleted = event('RECONCILIATION_COMPLETED', {
  ...base,
  venue: z.string(),
  /** Differences that are still there. */
  discrepancies: z.number().int(),
  /** Differences that there were. */
  mended: z.number().int().optional(),
})

export const riskApproved = event('RISK_APPROVED', { ...ofSymbol, orderId: z.string(), notional: decimal })
const refusal = {
  ...ofSymbol,
  orderId: z.string(),
  /** Which check refused, what it allows and what was asked; of which field, where that is not its name. */
  check: z.string(),
  field: z.string().optional(),
  limit: z.string(),
  value: z.string(),
  text: z.string(),
}
export const riskRejected = event('RISK_REJECTED', refusal)
/** One that was held back for a time, by a cooldown or a flag, say; it was not wrong in itself. */
export const entrySkipped = event('ENTRY_SKIPPED', refusal)
const ofVenue = { ...base, venue: z.string() }
/** Orders that make a position larger, or all, are refused from now on. */
export const tradingBlocked = event('TRADING_BLOCKED', {
  ...ofVenue,
  tradingState: z.enum(['reducing', 'halted']),
  by: z.string(),
  reason: z.string().optional(),
})
export const tradingAuthorized = event('TRADING_AUTHORIZED', {
  ...ofVenue,
  by: z.string(),
  reason: z.string().optional(),
})
const trip = { ...ofVenue, check: z.string(), limit: z.string(), value: z.string() }
export const limitBreached = event('LIMIT_BREACHED', trip)
export const circuitBreakerTriggered = event('CIRCUIT_BREAKER_TRIGGERED', {
  ...trip,
  tradingState: z.enum(['reducing', 'halted']),
})
export const circuitBreakerReset = event('CIRCUIT_BREAKER_RESET', { ...trip, by: z.string() })
export const manualReviewRequired = event('MANUAL_REVIEW_REQUIRED', { ...ofVenue, reason: z.string() })
export const manualReviewAcknowledged = event('MANUAL_REVIEW_ACKNOWLEDGED', {
  ...ofVenue,
  reason: z.string(),
  by: z.string(),
  note: z.string().optional(),
})

export const balanceChanged = event('BALANCE_CHANGED', {
  ...ofVenue,
  asset: z.string(),
  balance: decimal,
  change: decimal,
})
/** In the asset of the account, all that is settled in it marked at the last candles' closes. */
export const portfolioValue = event('PORTFOLIO_VALUE', {
  ...ofVenue,
  asset: z.string(),
  equity: decimal,
  peakEquity: decimal,
  unrealizedPnl: decimal,
  dailyPnl: decimal,
  drawdownPct: decimal,
})

const ofStrategy = { ...ofSymbol, strategy: z.string() }
export const strategyStarted = event('STRATEGY_STARTED', ofStrategy)
export const strategyStopped = event('STRATEGY_STOPPED', { ...ofStrategy, reason: z.string().optional() })
/** Indicators are no money: plain IEEE numbers, the same on every machine. */
const values = z.record(z.string(), z.number())
export const indicatorsCalculated = event('INDICATORS_CALCULATED', {
  ...ofStrategy,
  values,
  close: decimal,
})
export const regimeChanged = event('REGIME_CHANGED', {
  ...ofStrategy,
  regime: z.string(),
  was: z.string().optional(),
})
const ofSignal = { ...ofStrategy, side, reason: z.string(), values }
export const signalGenerated = event('SIGNAL_GENERATED', { ...ofSignal, signal: z.enum(['enter', 'exit']) })
export const entrySignal = event('ENTRY_SIGNAL', ofSignal)
export const exitSignal = event('EXIT_SIGNAL', ofSignal)
/** What is to be done about a signal, before the risk gate has seen it. */
export const tradeProposed = event('TRADE_PROPOSED', {
  ...ofStrategy,
  list: z.string(),
  orders: z.array(listLeg),
})
/** It is in, or out: `exposure` is what it holds by now. */
export const actionExecuted = event('ACTION_EXECUTED', {
  ...ofStrategy,
  action: z.enum(['entered', 'exited']),
  list: z.string(),
  exposure: decimal,
})
export const tradeCycleCompleted = event('TRADE_CYCLE_COMPLETED', {
  ...ofStrategy,
  /** Of its own fills, commissions in the asset it settles in taken off. */
  pnl: decimal,
  /** Quantity that others closed, the watchdog or a person: what that brought is not in its PnL. */
  goneQty: decimal.optional(),
  cycles: z.number().int(),
})

const ofNews = { ...base, source: z.string(), id: z.string(), title: z.string() }
export const newsIngested = event('NEWS_INGESTED', {
  ...ofNews,
  url: z.string().optional(),
  publishedAt: epochMs.optional(),
})
export const newsClassified = event('NEWS_CLASSIFIED', {
  ...ofNews,
  category: newsCategory,
  sentiment: newsSentiment.optional(),
  severity: newsSeverity,
  /** That it speaks of. */
  symbols: z.array(z.string()),
  /** Id of the rule that said so. */
  rule: z.string(),
})
/** Anew, or for longer or more gravely than before. */
export const symbolFlagged = event('SYMBOL_FLAGGED', {
  ...ofSymbol,
  flag: newsCategory,
  severity: newsSeverity,
  until: epochMs,
  reason: z.string(),
})
export const symbolFlagExpired = event('SYMBOL_FLAG_EXPIRED', { ...ofSymbol, flag: newsCategory })

export const universeUpdated = event('UNIVERSE_UPDATED', {
  ...base,
  venue: z.string(),
  added: z.array(z.string()),
  removed: z.array(z.string()),
  /** All that are in it now. */
  symbols: z.array(z.string()),
})
export const symbolFiltered = event('SYMBOL_FILTERED', {
  ...ofSymbol,
  /** The filter that keeps it out, what that asks for and what was found. */
  filter: z.string(),
  limit: z.string(),
  value: z.string(),
})

export const systemStarted = event('SYSTEM_STARTED', {
  ...base,
  market: z.string(),
  venue: z.string(),
  strategies: z.array(z.string()),
})
export const systemStopped = event('SYSTEM_STOPPED', { ...base, reason: z.string(), initiator: z.string() })

export const domainEvent = z.discriminatedUnion('type', [
  marketTick,
  candleClose,
  dataStale,
  connectionChanged,
  orderSubmitted,
  orderAccepted,
  orderTriggered,
  orderPartialFill,
  orderFilled,
  orderAdopted,
  orderOverfilled,
  orderDenied,
  orderTradeBusted,
  orderTradeCorrected,
  orderDoneForDay,
  orderStopped,
  orderSuspended,
  orderPendingReplace,
  orderReplaced,
  orderReplaceRejected,
  orderPendingCancel,
  orderCancelRejected,
  orderCancelled,
  orderRejected,
  orderExpired,
  orderListUpdated,
  positionOpened,
  positionUpdated,
  positionModified,
  positionStopTriggered,
  positionClosed,
  positionFlipped,
  reconciliationStarted,
  reconciliationDifference,
  reconciliationCompleted,
  protectiveOrdersVerified,
  protectiveOrdersMissing,
  protectiveOrdersReplaced,
  riskApproved,
  riskRejected,
  entrySkipped,
  tradingBlocked,
  tradingAuthorized,
  limitBreached,
  circuitBreakerTriggered,
  circuitBreakerReset,
  manualReviewRequired,
  manualReviewAcknowledged,
  balanceChanged,
  portfolioValue,
  strategyStarted,
  strategyStopped,
  indicatorsCalculated,
  regimeChanged,
  signalGenerated,
  tradeProposed,
  actionExecuted,
  entrySignal,
  exitSignal,
  tradeCycleCompleted,
  newsIngested,
  newsClassified,
  symbolFlagged,
  symbolFlagExpired,
  universeUpdated,
  symbolFiltered,
  systemStarted,
  systemStopped,
])

export type DomainEvent = z.infer<typeof domainEvent>
/** The domain events of these types. */
export type DomainEvents<T extends DomainEvent['type']> = Extract<DomainEvent, { type: T }>
