/** The machines of trading, each with scripts of whatever may come to it, in any order. */
import fc from 'fast-check'
import type { AnyStateMachine } from 'xstate'
import { DEFAULT_NEWS_RULES, emaCross, execType, machines, meanReversion } from '../../machines/index.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'

/** Something that happens to an actor. */
export type Step = { readonly send: AnyEvent } | { readonly wait: number }

const HOUR_MS = 3_600_000

const px = fc.integer({ min: 90, max: 110 }).map(String)
const qty = fc.integer({ min: 1, max: 4 }).map(String)
const side = fc.constantFrom('BUY', 'SELL')
const id = fc.integer({ min: 1, max: 6 }).map((n) => `id${n}`)
const place = { venue: fc.constant('sim'), symbol: fc.constant('X') }

function event(type: string, fields: Record<string, fc.Arbitrary<unknown>> = {}): fc.Arbitrary<AnyEvent> {
  return fc.record(fields).map((rest) => ({ type, ...rest }))
}

function steps(waitMs: number, ...events: fc.Arbitrary<AnyEvent>[]): fc.Arbitrary<Step[]> {
  const send = fc.oneof(...events).map((e) => ({ send: e }))
  const wait = fc.integer({ min: 1, max: waitMs }).map((ms) => ({ wait: ms }))
  return fc.array(fc.oneof({ weight: 4, arbitrary: send }, { weight: 1, arbitrary: wait }), { maxLength: 20 })
}

/** One of each kind, so that each comes as often, and no more in it than tells orders apart. */
const fillId = fc.constantFrom('id1', 'id2', 'id3')
const reportOf = (execType: string) =>
  event('EXECUTION_REPORT', {
    execType: fc.constant(execType),
    ordStatus: fc.constantFrom('NEW', 'REJECTED'),
    clOrdId: fc.constantFrom('o1', 'o1/2'),
    tradeId: fillId,
    symbol: fc.constant('X'),
    side: fc.constant('BUY'),
    orderQty: fc.constantFrom('6', '8'),
    cumQty: fc.constantFrom('0', '2'),
    venueOrderId: fc.constant('v1'),
    ordRejReason: fc.constantFrom('DUPLICATE_ORDER', undefined),
    execId: fc.nat().map(String),
    execRefId: fillId,
    lastQty: fc.constantFrom('1', '6'),
    lastPx: fc.constant('100'),
  })
const reports = execType.options.map(reportOf)
/** An answer under the id of a replace, which the venue has accepted by that. */
const replacedReport = reportOf('ORDER_STATUS').map((report) => ({ ...report, clOrdId: 'o1/2' }))
/** Of another order that goes by the same id. */
const foreignReport = reportOf('NEW').map((report) => ({ ...report, side: 'SELL' }))
const fill = event('FILL', {
  ...place,
  ordType: fc.constantFrom('MARKET', 'STOP'),
  commissionAsset: fc.constantFrom('USD', 'X'),
  order: fc.constant('order/o'),
  tradeId: id,
  side,
  lastQty: qty,
  lastPx: px,
  commission: fc.constant('0.1'),
})
const bust = fill.map((event) => ({ ...event, type: 'FILL_BUST' }))
const was = { lastQty: '1', lastPx: '100', commission: '0.1', commissionAsset: 'USD' }
const correction = fill.map((event) => ({ ...event, type: 'FILL_CORRECTED', was }))
const candle = event('CANDLE_CLOSE', {
  ...place,
  interval: fc.constant('1s'),
  candle: px.map((close) => ({ openAt: Number(close), closeAt: 999, high: close, low: close, close })),
})
const update = candle.map((event) => ({ ...event, type: 'CANDLE_UPDATE' }))
const mark = event('MARK', { ...place, px })
const strategy = { id: 's', venue: 'sim', symbol: 'X', interval: '1s', orderQty: '2' }
/** What a strategy hears of its first trade. */
function ofTrade(): fc.Arbitrary<AnyEvent>[] {
  const list = 'list/sim:s-1'
  const update = event('LIST_UPDATE', {
    list: fc.constant(list),
    phase: fc.constantFrom('entering', 'protected', 'working', 'exiting', 'done'),
    exposure: fc.constantFrom('0', '2'),
  })
  const own = [fill, bust, correction].map((event) => event.map((fields) => ({ ...fields, list })))
  return [...own, update, update, event('REQUEST_REFUSED', { list: fc.constant(list) })]
}
/** What a venue has, against books of ours that are empty. */
function stateWith(positions: readonly unknown[], there: object = {}): fc.Arbitrary<AnyEvent> {
  return fc.constant({
    type: 'VENUE_STATE',
    openOrders: [],
    fills: [],
    flows: [],
    positions,
    balances: [],
    here: { working: {}, positions: {}, balances: {} },
    ...there,
  })
}
/** An order that nobody here knows, one that the venue does not know, and money that has moved. */
const unlike = {
  openOrders: [
    {
      clOrdId: 'theirs',
      venueOrderId: 'v2',
      symbol: 'X',
      side: 'BUY',
      ordType: 'LIMIT',
      orderQty: '1',
      price: '90',
      timeInForce: 'GTC',
      ordStatus: 'NEW',
      cumQty: '0',
      leavesQty: '1',
      avgPx: '0',
    },
  ],
  fills: [{ order: 'order/sim:o1', terms: { symbol: 'X' }, report: { type: 'EXECUTION_REPORT' } }],
  flows: [{ type: 'CASH_FLOW_REPORT', flowId: 'f1', asset: 'USDT', change: '5', reason: 'DEPOSIT' }],
  balances: [{ asset: 'USDT', balance: '5' }],
  here: { working: { 'order/sim:o1': '1' }, positions: {}, balances: { USDT: '0' } },
}

const orderUpdate = event('ORDER_UPDATE', {
  order: fc.constantFrom(
    'order/sim:l-entry',
    'order/sim:l-stop',
    'order/sim:l-stop-2',
    'order/sim:X-watchdog-1',
  ),
  owner: fc.constantFrom('watchdog/sim:X', undefined),
  symbol: fc.constant('X'),
  side: fc.constantFrom('BUY', 'SELL'),
  ordType: fc.constantFrom('MARKET', 'STOP'),
  ordStatus: fc.constantFrom('NEW', 'PARTIALLY_FILLED', 'FILLED', 'CANCELED', 'REJECTED', 'PENDING_REPLACE'),
  orderQty: fc.constantFrom('1', '2'),
  cumQty: fc.constantFrom('0', '1', '2'),
  leavesQty: fc.constantFrom('0', '1', '2'),
  avgPx: px,
  isAcknowledged: fc.boolean(),
  isTriggered: fc.boolean(),
})
const orderRefused = event('REQUEST_REFUSED', {
  clOrdId: fc.constantFrom('sim:l-stop', 'sim:X-watchdog-1'),
  check: fc.constant('clOrdId'),
})
const leg = { timeInForce: 'GTC', orderQty: '2' }
const bracket = {
  type: 'LIST_REQUEST',
  owner: 'emaCross/s',
  venue: 'sim',
  symbol: 'X',
  contingencyType: 'OTOCO',
  orders: [
    { legId: 'entry', side: 'BUY', ordType: 'MARKET', ...leg },
    { legId: 'stop', side: 'SELL', ordType: 'STOP', stopPx: '90', reduceOnly: true, ...leg },
    { legId: 'target', side: 'SELL', ordType: 'LIMIT', price: '110', reduceOnly: true, ...leg },
  ],
  refPx: '100',
}
const closed = event('ORDER_CLOSED', { order: fc.constantFrom('order/id1', 'order/id2') })
const terms = {
  venue: 'sim',
  symbol: 'X',
  side: 'BUY',
  ordType: 'STOP',
  orderQty: '6',
  stopPx: '100',
  timeInForce: 'GTC',
  account: 'account/sim',
  owner: 'emaCross/s',
  watchers: ['list/sim:l'],
}
const position = event('POSITION_CHANGED', {
  position: fc.constant('position/sim:X'),
  symbol: fc.constant('X'),
  contract: fc.constantFrom('spot', 'linear'),
  multiplier: fc.constant('1'),
  settleAsset: fc.constant('USDT'),
  quantity: fc.integer({ min: -3, max: 3 }).map(String),
  cost: px,
  avgPx: px,
  markPx: px,
  settled: fc.integer({ min: -30, max: 30 }).map(String),
  tradePnl: fc.integer({ min: -30, max: 30 }).map(String),
  isStopped: fc.boolean(),
})
const limits = { orderNotionalMax: '300', openOrdersMax: 2, drawdownPctMax: '5', consecutiveLossesMax: 2 }
const funding = event('FUNDING', { rate: fc.constantFrom('0.0001', '-0.002'), px })
const fundingPaid = event('FUNDING_PAID', { change: fc.constantFrom('0.2', '-0.1') })
const cashFlow = event('CASH_FLOW_REPORT', {
  venue: fc.constant('sim'),
  flowId: fc.constantFrom('f1', 'f2'),
  symbol: fc.constantFrom('X', undefined),
  asset: fc.constant('USDT'),
  change: fc.constantFrom('5', '-5'),
  reason: fc.constant('FUNDING_FEE'),
})
const venueNotice = event('VENUE_NOTICE', {
  venue: fc.constant('sim'),
  symbol: fc.constantFrom('X', undefined),
  kind: fc.constant('ACCOUNT_CONFIG_UPDATE'),
  fields: fc.constant({ 'ac.l': '25' }),
})
/** Where a person did it. */
const by = fc.constantFrom('ann', undefined)
const statsRequest = event('STATS_REQUEST', { owner: fc.constant('runner/main') })
const updateParameters = event('UPDATE_PARAMETERS', {
  by: fc.constant('ann'),
  parameters: fc.constantFrom({ slow: 3 }, { length: 3 }, { orderQty: '3' }, { symbol: 'Y' }),
})
const level = fc.tuple(px, qty).map((l) => [l])

export interface Scripted {
  /** The kind of its actors. */
  readonly name: keyof typeof machines
  readonly machine: AnyStateMachine
  readonly input: unknown
  readonly steps: fc.Arbitrary<Step[]>
}

export const SCRIPTED: readonly Scripted[] = [
  {
    name: 'symbol',
    machine: machines.symbol.machine,
    input: {
      venue: 'sim',
      symbol: 'X',
      intervals: ['1s', '1m'],
      staleAfterMs: 700,
      emit: ['trade', 'quote', 'orderBook'],
    },
    steps: steps(
      1_500,
      event('TRADE', { tradeId: id, px, qty, aggressor: side }),
      event('QUOTE', { bid: px, bidSize: qty, ask: px, askSize: qty }),
      event('ORDER_BOOK', { updateId: fc.constant(1), bids: level, asks: level }),
      funding,
      event('CONNECTION', { status: fc.constantFrom('connected', 'disconnected', 'resyncing') }),
      event('SUBSCRIBE', {
        subscriber: fc.constantFrom('emaCross/s', 'account/sim'),
        intervals: fc.constant(['1s']),
        updates: fc.boolean(),
        marks: fc.boolean(),
      }),
    ),
  },
  {
    name: 'order',
    machine: machines.order.machine,
    input: { id: 'o1', terms },
    steps: steps(
      6_000,
      fc.constant({ type: 'SUBMIT', ...terms }),
      ...reports,
      replacedReport,
      foreignReport,
      event('CANCEL', { by }),
      event('REPLACE', { orderQty: fc.constantFrom('4', '9') }),
      event('VERIFY'),
      event('DENY', { text: fc.constant('no') }),
      event('ADOPT'),
      event('ORDER_CANCEL_REJECT', { clOrdId: fc.constantFrom('o1/2', 'o1/3'), text: fc.constant('no') }),
      event('ORDER_UNKNOWN'),
    ),
  },
  {
    name: 'position',
    machine: machines.position.machine,
    input: { venue: 'sim', symbol: 'X', watchers: ['watchdog/sim:X'] },
    steps: steps(
      10,
      fill,
      fill,
      bust,
      correction,
      fundingPaid,
      event('WATCH', { watcher: fc.constant('list/sim:l') }),
      event('CLOSE_POSITION', { by: fc.constant('ann') }),
      event('EXIT_HOLDERS'),
    ),
  },
  {
    name: 'account',
    machine: machines.account.machine,
    input: { venue: 'sim', balance: '1000', limits },
    steps: steps(
      // Half a minute is when an account tells what it could not close.
      40_000,
      event('ORDER_REQUEST', {
        ...place,
        clOrdId: fc.constantFrom('id1', 'id2', 'id3'),
        owner: fc.constant('strategy/s'),
        side,
        ordType: fc.constant('MARKET'),
        orderQty: qty,
        timeInForce: fc.constant('GTC'),
        refPx: px,
      }),
      fill,
      bust,
      correction,
      closed,
      position,
      position,
      mark,
      candle,
      candle,
      event('ORDER_UPDATE', {
        order: fc.constantFrom('order/id1', 'order/id2'),
        symbol: fc.constant('X'),
        ordStatus: fc.constant('NEW'),
        orderQty: qty,
        cumQty: fc.constant('0'),
        leavesQty: qty,
        price: px,
      }),
      cashFlow,
      venueNotice,
      event('REPLACE_REQUEST', { clOrdId: fc.constantFrom('id1', 'id2'), orderQty: qty }),
      event('RISK_FLAG', {
        symbol: fc.constant('X'),
        flag: fc.constant('hack'),
        severity: fc.constantFrom('warning', 'critical'),
        until: fc.integer({ min: 0, max: 100 }),
        reason: fc.constant('news'),
      }),
      event('REQUIRE_REVIEW', { reason: fc.constant('odd') }),
      event('ACKNOWLEDGE_REVIEW', { by: fc.constant('ann') }),
      event('SET_TRADING_STATE', {
        by: fc.constant('ann'),
        tradingState: fc.constantFrom('active', 'reducing', 'halted'),
      }),
      event('UPDATE_LIMITS', {
        by: fc.constant('ann'),
        limits: fc.constantFrom({ breakTo: 'halted' }, { openOrdersMax: -1 }, { cooldownMs: 5, size: 1 }),
      }),
      statsRequest,
      event('PORTFOLIO_REQUEST', { owner: fc.constant('reconciliation/sim') }),
      event('CANCEL_ALL', { by: fc.constant('ann'), symbol: fc.constantFrom('X', undefined) }),
      event('FLATTEN', { by: fc.constant('ann') }),
      event('CLOSE_REQUEST', { by: fc.constant('ann'), position: fc.constant('position/sim:X') }),
    ),
  },
  {
    name: 'emaCross',
    machine: emaCross.machine,
    input: emaCross.input.parse({ ...strategy, fast: 1, slow: 2, trailingStopPct: 1 }),
    steps: steps(
      10,
      event('START'),
      candle,
      candle,
      candle,
      candle,
      ...ofTrade(),
      updateParameters,
      statsRequest,
      event('STOP'),
    ),
  },
  {
    name: 'meanReversion',
    machine: meanReversion.machine,
    input: meanReversion.input.parse({
      ...strategy,
      evaluateOn: 'tick',
      length: 2,
      enterAt: 0.5,
      regime: {
        adxLength: 2,
        atrLength: 2,
        slopeLength: 2,
        adxEnter: 99,
        adxLeave: 98,
        atrEnterPct: 90,
        atrLeavePct: 80,
      },
    }),
    steps: steps(
      10,
      event('START'),
      candle,
      candle,
      candle,
      update,
      ...ofTrade(),
      updateParameters,
      statsRequest,
      event('STOP'),
    ),
  },
  {
    name: 'list',
    machine: machines.list.machine,
    input: { id: 'l', request: { ...bracket, at: 1 } },
    steps: steps(
      6_000,
      fc.constant(bracket),
      orderUpdate,
      orderUpdate,
      orderUpdate,
      event('CANCEL', { by }),
      event('EXIT', { by }),
      orderRefused,
      event('POSITION_CHANGED'),
      event('REPLACE_LEG', { legId: fc.constant('stop'), stopPx: px }),
    ),
  },
  {
    name: 'reconciliation',
    machine: machines.reconciliation.machine,
    input: { venue: 'sim', everyMs: 20, settleMs: 5, unknownOrders: 'cancel' },
    steps: steps(
      15,
      event('RECONCILE', { reason: fc.constant('start') }),
      event('RECONCILE', { reason: fc.constant('odd'), order: fc.constant('order/o') }),
      // Most of the time something differs that lasts.
      stateWith([{ symbol: 'X', quantity: '1' }]),
      stateWith([{ symbol: 'X', quantity: '1' }]),
      stateWith([], unlike),
      stateWith([]),
      event('BALANCE_REPORT', {
        venue: fc.constant('sim'),
        asset: fc.constant('USDT'),
        balance: qty,
        reason: fc.constant('ORDER'),
      }),
      event('PORTFOLIO', { working: fc.constant({}), positions: fc.constant({}), balances: fc.constant({}) }),
    ),
  },
  {
    name: 'news',
    machine: machines.news.machine,
    input: { venue: 'sim', ...DEFAULT_NEWS_RULES, symbols: { X: ['xcoin'] } },
    steps: steps(
      48 * HOUR_MS,
      event('NEWS_ITEM', {
        source: fc.constant('wire'),
        id,
        title: fc.constantFrom('Xcoin hacked', 'Exchange to delist xcoin', 'Nothing new about xcoin'),
      }),
      fc.constant({ type: 'SET_NEWS_RULES', rules: [], symbols: {} }),
    ),
  },
  {
    name: 'universe',
    machine: machines.universe.machine,
    input: { venue: 'sim', filters: { quoteAssets: ['USDT'] } },
    steps: steps(
      10,
      event('INSTRUMENTS_LISTED', {
        instruments: fc.uniqueArray(
          fc.record({
            symbol: fc.constantFrom('XUSDT', 'YUSDT', 'ZEUR'),
            quoteAsset: fc.constantFrom('USDT', 'EUR'),
          }),
          { maxLength: 3, selector: ({ symbol }) => symbol },
        ),
      }),
      event('FOLLOW', {
        subscriber: fc.constantFrom('emaCross/s', 'emaCross/t'),
        symbol: fc.constantFrom('XUSDT', 'ZEUR'),
      }),
      event('SET_UNIVERSE_FILTERS', { filters: fc.constantFrom({}, { deny: ['X*'] }) }),
    ),
  },
  {
    name: 'runner',
    machine: machines.runner.machine,
    input: undefined,
    steps: steps(
      90_000,
      event('STARTED', {
        version: fc.constant('1.0.0'),
        market: fc.constant('sim'),
        venues: fc.constant([{ venue: 'sim', strategies: ['s'] }]),
        configured: fc.constant({ limits: {}, strategies: { 'emaCross/s': {} } }),
      }),
      event('STRATEGY_STATS', {
        venue: fc.constant('sim'),
        strategy: fc.constant('s'),
        ticks: fc.constant(3),
        actions: fc.constantFrom(0, 2),
        errors: fc.constant(1),
      }),
      event('REPORT_ERROR', {
        severity: fc.constantFrom('warning', 'error', 'critical'),
        text: fc.constant('no answer'),
      }),
      event('STATS', {
        venue: fc.constant('sim'),
        asset: fc.constant('USDT'),
        balance: px,
        equity: px,
        dailyPnl: px,
        drawdownPct: fc.constant('0'),
        openOrders: fc.constant(1),
        openPositions: fc.constant(1),
      }),
      event('STOPPED', { reason: fc.constant('done'), initiator: fc.constant('ann') }),
      event('SET_LOG_LEVEL', {
        by: fc.constant('ann'),
        level: fc.constantFrom('debug', 'silent'),
        component: fc.constantFrom('server', undefined),
        reason: fc.constantFrom('odd', undefined),
      }),
    ),
  },
  {
    name: 'component',
    machine: machines.component.machine,
    input: { name: 'news' },
    steps: steps(
      10,
      event('START'),
      event('START_COMPLETED'),
      event('STOP'),
      event('STOP_COMPLETED'),
      event('FAULT', {
        reason: fc.constant('the wire is cut'),
        retryInMs: fc.constantFrom(1_000, undefined),
      }),
    ),
  },
  {
    name: 'ledger',
    machine: machines.ledger.machine,
    input: { name: 'book' },
    steps: steps(
      10,
      event('IMPORT_ENTRIES', {
        by: fc.constantFrom('ann', undefined),
        reason: fc.constant(undefined),
        entries: fc.array(
          fc.record({
            eventId: fc.constantFrom('e-1', 'e-2'),
            eventType: fc.constant('order.filled'),
            timestamp: fc.constantFrom('2024-08-08T23:54:15Z', 1_723_161_255_343),
            sequenceNum: fc.integer({ min: 0, max: 20 }),
            payload: fc.constantFrom(
              { venue: 'sim', symbol: 'X', strategy: 'ema' },
              { symbol: 7 },
              'text',
              null,
            ),
          }),
          { minLength: 1, maxLength: 4 },
        ),
      }),
    ),
  },
  {
    name: 'watchdog',
    machine: machines.watchdog.machine,
    input: { venue: 'sim', symbol: 'X', graceMs: 20, verifyEveryMs: 50 },
    steps: steps(60, position, orderUpdate, orderUpdate, orderRefused),
  },
]
