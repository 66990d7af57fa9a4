/** What machines emit: the units of the feed. docs/events.md is made from it: say there what a name does not. */
import { z } from 'zod'
import { by, decimal, epochMs, side } from '../model/fields.ts'
import { accountStats, candleClose, errorSeverity } from './commands.ts'
import { contingencyType, listLeg, listPhase } from './list.ts'
import { level } from './market.ts'
import { newsCategory, newsSentiment, newsSeverity } from './news.ts'
import { foreignId, orderTerms, ordStatus, positionSide } from './order.ts'
import { difference } from './reconciliation.ts'

const base = { at: epochMs }
const ofVenue = { ...base, venue: z.string() }
const ofSymbol = { ...ofVenue, symbol: z.string() }
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
  quantity: decimal.describe('positive when long'),
  avgPx: decimal,
  realizedPnl: decimal,
  commissions: z.record(z.string(), decimal).describe('by the asset that was taken'),
  funding: decimal,
}

// Each trade is told of once, as a tick. The others below come thousands a second, most change nothing that anybody
// acts on, and all of them are in the log already, as what their symbols took: they are emitted where configured.
const ofMarket = {
  ...ofSymbol,
  eventAt: epochMs.optional().describe('when the exchange says it happened'),
  receivedNs: z.string().optional().describe('when it was received, in ns, where that is known'),
}
export const marketTick = event('MARKET_TICK', {
  ...ofMarket,
  px: decimal,
  qty: decimal,
  bid: decimal.optional(),
  ask: decimal.optional(),
}).describe('A trade, with the best prices beside it.')
export const marketTrade = event('MARKET_TRADE', {
  ...ofMarket,
  tradeId: z.string(),
  px: decimal,
  qty: decimal,
  aggressor: side.describe('side of the order that took liquidity'),
}).describe('A trade as the venue names it. Where `symbol.emit` has `trade`.')
export const marketQuote = event('MARKET_QUOTE', {
  ...ofMarket,
  bid: decimal,
  bidSize: decimal,
  ask: decimal,
  askSize: decimal,
}).describe('The best prices. Where `symbol.emit` has `quote`.')
export const marketOrderBook = event('MARKET_ORDER_BOOK', {
  ...ofMarket,
  updateId: z.number().int(),
  bids: z.array(level),
  asks: z.array(level),
}).describe('The top of the book, best first. Where `symbol.emit` has `orderBook`.')
export const fundingUpdate = event('FUNDING_UPDATE', {
  ...ofMarket,
  rate: decimal.describe('who is long pays it to who is short; below zero the other way round'),
  px: decimal,
}).describe('Funding has been paid.')
export const dataStale = event('DATA_STALE', {
  ...ofSymbol,
  lastAt: epochMs.describe('when anything last came'),
}).describe('Nothing has come for `symbol.staleAfterMs`.')
export const connectionChanged = event('CONNECTION_CHANGED', {
  ...ofSymbol,
  status: z.enum(['connected', 'disconnected', 'resyncing']),
  ...reason,
})

export const orderCreated = event('ORDER_CREATED', {
  ...ofSymbol,
  order: z.string(),
  ...orderTerms,
}).describe('It has come into being, whether it is let through or not.')
export const orderSubmitted = event('ORDER_SUBMITTED', {
  ...ofSymbol,
  order: z.string(),
  ...orderTerms,
}).describe('On its way to the venue.')
export const orderAccepted = event('ORDER_ACCEPTED', ofOrder)
export const orderTriggered = event('ORDER_TRIGGERED', ofOrder)
export const orderPartialFill = event('ORDER_PARTIAL_FILL', { ...ofOrder, ...fillFields })
export const orderFilled = event('ORDER_FILLED', { ...ofOrder, ...fillFields })
export const orderAdopted = event('ORDER_ADOPTED', { ...ofOrder, foreignId }).describe(
  'The venue had it, and nobody here knew.',
)
export const orderOverfilled = event('ORDER_OVERFILLED', {
  ...ofOrder,
  ...fillFields,
  isCounted: z.boolean(),
}).describe('The venue has filled more than was ordered.')
export const orderDiscrepancy = event('ORDER_DISCREPANCY', {
  ...ofOrder,
  reportedSymbol: z.string(),
  reportedSide: side,
  reportedQty: decimal,
}).describe('The venue tells of other terms under its id: that is another order, and no news of this one.')
export const orderDenied = event('ORDER_DENIED', { ...ofOrder, ...reason }).describe(
  'The risk gate did not let it through: the venue never saw it.',
)
export const orderTradeBusted = event('ORDER_TRADE_BUSTED', { ...ofOrder, ...fillFields }).describe(
  'The venue has taken a fill back.',
)
export const orderTradeCorrected = event('ORDER_TRADE_CORRECTED', { ...ofOrder, ...fillFields }).describe(
  '`lastQty` and `lastPx` as they were in truth.',
)
export const orderDoneForDay = event('ORDER_DONE_FOR_DAY', { ...ofOrder, ...reason })
export const orderStopped = event('ORDER_STOPPED', ofOrder).describe(
  'Its execution is guaranteed by the venue, and still to come.',
)
export const orderSuspended = event('ORDER_SUSPENDED', ofOrder)
const terms = { price: decimal.optional(), stopPx: decimal.optional() }
export const orderPendingReplace = event('ORDER_PENDING_REPLACE', {
  ...ofOrder,
  ...terms,
  newOrderQty: decimal,
}).describe('With the prices and the quantity that were asked for; those in force are still the old ones.')
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
  exposure: decimal.describe('filled by the first order and not closed by the others'),
})
export const orderListRejected = event('ORDER_LIST_REJECTED', {
  ...ofSymbol,
  list: z.string(),
  text: z.string(),
}).describe('The id is that of a list that is, or was, there.')

export const positionOpened = event('POSITION_OPENED', ofPosition)
export const positionUpdated = event('POSITION_UPDATED', ofPosition)
export const positionModified = event('POSITION_MODIFIED', {
  ...ofPosition,
  reason: z.enum(['bust', 'correction', 'funding']),
}).describe('Changed by something else than a fill.')
export const positionClosed = event('POSITION_CLOSED', {
  ...ofPosition,
  tradePnl: decimal.describe('since its opening, net of commissions in the asset it settles in'),
})
export const positionStopTriggered = event('POSITION_STOP_TRIGGERED', {
  ...ofPosition,
  order: z.string(),
  lastQty: decimal,
  lastPx: decimal,
}).describe('A stop has made it smaller.')
export const positionFlipped = event('POSITION_FLIPPED', ofPosition).describe('From long to short or back.')

const ofWatchdog = {
  ...ofSymbol,
  exposure: decimal.describe('what is held'),
  protectedQty: decimal.describe('what live stops cover of it'),
  unprotectedMs: z.number().int().describe('for how long not all of it was covered'),
}
export const protectiveOrdersVerified = event('PROTECTIVE_ORDERS_VERIFIED', ofWatchdog)
export const protectiveOrdersMissing = event('PROTECTIVE_ORDERS_MISSING', ofWatchdog)
export const protectiveOrdersReplaced = event('PROTECTIVE_ORDERS_REPLACED', ofWatchdog).describe(
  "By an order of the watchdog's own.",
)

export const reconciliationStarted = event('RECONCILIATION_STARTED', {
  ...ofVenue,
  reason: z.string(),
})
export const reconciliationDifference = event('RECONCILIATION_DIFFERENCE', {
  ...ofVenue,
  ...difference,
  done: z.enum(['movements applied', 'asked', 'told', 'adopted', 'cancelled', 'reported']),
})
export const reconciliationCompleted = event('RECONCILIATION_COMPLETED', {
  ...ofVenue,
  discrepancies: z.number().int().describe('differences that are still there'),
  mended: z.number().int().describe('differences that there were').optional(),
})

export const riskApproved = event('RISK_APPROVED', { ...ofSymbol, orderId: z.string(), notional: decimal })
const refusal = {
  ...ofVenue,
  symbol: z.string().describe('unless the order that it is about is unknown').optional(),
  orderId: z.string(),
  check: z.string().describe('that refused'),
  field: z.string().describe('of the request, where that is not the name of the check').optional(),
  limit: z.string().describe('what it allows'),
  value: z.string().describe('what was asked'),
  text: z.string(),
}
export const riskRejected = event('RISK_REJECTED', refusal)
export const entrySkipped = event('ENTRY_SKIPPED', refusal).describe(
  'Held back for a time, by a cooldown or a flag, say; not wrong in itself.',
)
export const tradingBlocked = event('TRADING_BLOCKED', {
  ...ofVenue,
  tradingState: z.enum(['reducing', 'halted']),
  by,
  reason: z.string().optional(),
}).describe('Orders that make a position larger, or all, are refused from now on.')
export const tradingAuthorized = event('TRADING_AUTHORIZED', {
  ...ofVenue,
  by,
  reason: z.string().optional(),
})
const trip = { ...ofVenue, check: z.string(), limit: z.string(), value: z.string() }
export const limitBreached = event('LIMIT_BREACHED', trip)
export const circuitBreakerTriggered = event('CIRCUIT_BREAKER_TRIGGERED', {
  ...trip,
  tradingState: z.enum(['reducing', 'halted']),
})
export const circuitBreakerReset = event('CIRCUIT_BREAKER_RESET', { ...trip, by })
export const manualReviewRequired = event('MANUAL_REVIEW_REQUIRED', { ...ofVenue, reason: z.string() })
export const manualReviewAcknowledged = event('MANUAL_REVIEW_ACKNOWLEDGED', {
  ...ofVenue,
  reason: z.string(),
  by,
  note: z.string().optional(),
})
export const manualIntervention = event('MANUAL_INTERVENTION', {
  ...ofVenue,
  symbol: z.string().optional(),
  action: z.enum(['SET_TRADING_STATE', 'CANCEL', 'EXIT']),
  by,
  reason: z.string().optional(),
}).describe('A person has changed trading by hand.')

/** Absent where there is none, of a limit that is not set, say. */
const setting = z.unknown().meta({ title: 'json' }).optional()
const changed = { value: setting, was: setting, by }
export const settingUpdated = event('SETTING_UPDATED', {
  ...ofVenue,
  setting: z.string(),
  ...changed,
}).describe('A limit of the account.')
export const settingFailed = event('SETTING_FAILED', {
  ...ofVenue,
  symbol: z.string().optional(),
  strategy: z.string().optional(),
  field: z.string(),
  rule: z.string().describe('that it breaks'),
  by,
}).describe('One that was asked for and cannot be: nothing of that request has changed.')

export const balanceChanged = event('BALANCE_CHANGED', {
  ...ofVenue,
  asset: z.string(),
  balance: decimal,
  change: decimal,
  reason: z.string().optional().describe('why, where it was not a trade: in the words of the venue'),
})
export const portfolioValue = event('PORTFOLIO_VALUE', {
  ...ofVenue,
  asset: z.string(),
  equity: decimal,
  peakEquity: decimal,
  unrealizedPnl: decimal,
  dailyPnl: decimal,
  drawdownPct: decimal,
}).describe("All that is settled in the account's asset, marked at the last candles' closes.")

const ofStrategy = { ...ofSymbol, strategy: z.string() }
export const strategyStarted = event('STRATEGY_STARTED', ofStrategy)
export const strategyStopped = event('STRATEGY_STOPPED', { ...ofStrategy, reason: z.string().optional() })
export const parameterUpdated = event('PARAMETER_UPDATED', {
  ...ofStrategy,
  parameter: z.string(),
  ...changed,
})
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
export const tradeProposed = event('TRADE_PROPOSED', {
  ...ofStrategy,
  list: z.string(),
  orders: z.array(listLeg),
}).describe('What is to be done about a signal, before the risk gate has seen it.')
export const actionExecuted = event('ACTION_EXECUTED', {
  ...ofStrategy,
  action: z.enum(['entered', 'exited']),
  list: z.string(),
  exposure: decimal.describe('what it holds by now'),
})
export const tradeCycleCompleted = event('TRADE_CYCLE_COMPLETED', {
  ...ofStrategy,
  pnl: decimal.describe('of its own fills, commissions in the asset it settles in taken off'),
  goneQty: decimal
    .describe('that others closed, the watchdog or a person: what that brought is not in its PnL')
    .optional(),
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
  symbols: z.array(z.string()).describe('that it speaks of'),
  rule: z.string().describe('id of the rule that said so'),
})
export const symbolFlagged = event('SYMBOL_FLAGGED', {
  ...ofSymbol,
  flag: newsCategory,
  severity: newsSeverity,
  until: epochMs,
  reason: z.string(),
}).describe('Anew, or for longer or more gravely than before.')
export const symbolFlagExpired = event('SYMBOL_FLAG_EXPIRED', { ...ofSymbol, flag: newsCategory })

export const universeUpdated = event('UNIVERSE_UPDATED', {
  ...base,
  venue: z.string(),
  added: z.array(z.string()),
  removed: z.array(z.string()),
  symbols: z.array(z.string()).describe('all that are in it now'),
})
export const symbolFiltered = event('SYMBOL_FILTERED', {
  ...ofSymbol,
  filter: z.string().describe('that keeps it out'),
  limit: z.string().describe('what it asks for'),
  value: z.string().describe('what was found'),
})

export const systemStarted = event('SYSTEM_STARTED', {
  ...base,
  version: z.string().describe('of the package'),
}).describe('The process is up, and has its log. Twice in a row: there was a crash between.')
export const systemStopped = event('SYSTEM_STOPPED', {
  ...base,
  reason: z.string(),
  initiator: z.string(),
}).describe('The process ends as it should.')
export const runnerStarted = event('RUNNER_STARTED', {
  ...ofVenue,
  market: z.string(),
  strategies: z.array(z.string()),
}).describe('It takes from the market from now on, and trades.')
export const runnerStopped = event('RUNNER_STOPPED', {
  ...ofVenue,
  startedAt: epochMs.describe('when it last did'),
}).describe('It takes nothing from the market any more.')
export const systemError = event('SYSTEM_ERROR', {
  ...base,
  severity: errorSeverity,
  text: z.string(),
  about: z.string().describe('the actor, port or source that it happened to').optional(),
}).describe('`critical` ends the run.')
export const heartbeat = event('HEARTBEAT', {
  ...base,
  startedAt: epochMs.describe('when the process last did'),
}).describe('Every `runner.heartbeatMs`.')
const count = z.number().int()
export const healthCheck = event('HEALTH_CHECK', {
  ...base,
  status: z.enum(['ok', 'degraded']),
  warnings: count,
  errors: count,
}).describe('With each heartbeat: what went wrong since the last one. `ok` has no errors.')
export const statsUpdate = event('STATS_UPDATE', { ...ofVenue, ...accountStats }).describe(
  'After each heartbeat: how the account stands.',
)

/** All of them, by group. */
export const domainEvents = {
  system: [
    systemStarted,
    systemStopped,
    systemError,
    heartbeat,
    healthCheck,
    statsUpdate,
    connectionChanged,
    parameterUpdated,
    manualIntervention,
    manualReviewRequired,
    manualReviewAcknowledged,
    circuitBreakerTriggered,
    circuitBreakerReset,
  ],
  market: [
    marketTick,
    marketTrade,
    marketQuote,
    marketOrderBook,
    candleClose,
    fundingUpdate,
    dataStale,
    regimeChanged,
  ],
  news: [newsIngested, newsClassified, symbolFlagged, symbolFlagExpired],
  universe: [universeUpdated, symbolFiltered],
  strategy: [
    strategyStarted,
    strategyStopped,
    indicatorsCalculated,
    signalGenerated,
    entrySignal,
    exitSignal,
    tradeProposed,
    actionExecuted,
    tradeCycleCompleted,
  ],
  risk: [riskApproved, riskRejected, entrySkipped, tradingBlocked, tradingAuthorized, limitBreached],
  order: [
    orderCreated,
    orderSubmitted,
    orderAdopted,
    orderAccepted,
    orderRejected,
    orderDenied,
    orderTriggered,
    orderPartialFill,
    orderFilled,
    orderOverfilled,
    orderDiscrepancy,
    orderPendingCancel,
    orderCancelRejected,
    orderCancelled,
    orderPendingReplace,
    orderReplaced,
    orderReplaceRejected,
    orderExpired,
    orderDoneForDay,
    orderStopped,
    orderSuspended,
    orderTradeBusted,
    orderTradeCorrected,
    orderListUpdated,
    orderListRejected,
  ],
  position: [
    positionOpened,
    positionUpdated,
    positionModified,
    positionClosed,
    positionFlipped,
    positionStopTriggered,
  ],
  account: [settingUpdated, settingFailed, balanceChanged, portfolioValue],
  reconciliation: [reconciliationStarted, reconciliationDifference, reconciliationCompleted],
  watchdog: [protectiveOrdersVerified, protectiveOrdersMissing, protectiveOrdersReplaced],
  runner: [runnerStarted, runnerStopped],
} as const

export const domainEvent = z.discriminatedUnion('type', [
  ...domainEvents.system,
  ...domainEvents.market,
  ...domainEvents.news,
  ...domainEvents.universe,
  ...domainEvents.strategy,
  ...domainEvents.risk,
  ...domainEvents.order,
  ...domainEvents.position,
  ...domainEvents.account,
  ...domainEvents.reconciliation,
  ...domainEvents.watchdog,
  ...domainEvents.runner,
])

export type DomainEvent = z.infer<typeof domainEvent>
/** The domain events of these types. */
export type DomainEvents<T extends DomainEvent['type']> = Extract<DomainEvent, { type: T }>
