/** Messages as Binance documents them, read field by field. Recorded ones: binance-user-data.test.ts. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  adoptedId,
  balanceReport,
  type CashFlowReport,
  cashFlowReport,
  executionReport,
  positionReport,
  reconcile,
  reportError,
} from '../../machines/index.ts'
import { decodeUserMessage } from '../../src/adapters/binance/user-stream.ts'
import { WireIds } from '../../src/adapters/wire-ids.ts'
import { parseAddress } from '../../src/runtime/record/address.ts'

const REPORT = z.discriminatedUnion('type', [
  executionReport,
  balanceReport,
  cashFlowReport,
  positionReport,
  reconcile,
  reportError,
])

const SPOT = {
  e: 'executionReport',
  E: 1499405658658,
  s: 'ETHBTC',
  c: 'o-1',
  S: 'BUY',
  o: 'LIMIT',
  f: 'GTC',
  q: '1.00000000',
  p: '0.10264410',
  P: '0.00000000',
  F: '0.00000000',
  g: -1,
  C: '',
  x: 'NEW',
  X: 'NEW',
  r: 'NONE',
  i: 4293153,
  l: '0.00000000',
  z: '0.00000000',
  L: '0.00000000',
  n: '0',
  N: null,
  T: 1499405658657,
  t: -1,
  I: 8641984,
  w: true,
  m: false,
  M: false,
  O: 1499405658657,
  Z: '0.00000000',
  Y: '0.00000000',
  Q: '0.00000000',
  W: 1499405658657,
  V: 'NONE',
}
const SPOT_TRADE = {
  ...SPOT,
  x: 'TRADE',
  X: 'PARTIALLY_FILLED',
  l: '0.25000000',
  z: '0.75000000',
  L: '0.10200000',
  n: '0.00025000',
  N: 'ETH',
  t: 77,
  m: true,
  Z: '0.07575000',
}
const DEAL = { l: '0.5', L: '0.1' }
const FUTURES = {
  s: 'BTCUSDT',
  c: 'o-1',
  S: 'SELL',
  o: 'STOP',
  f: 'GTC',
  q: '0.003',
  p: '9900.50',
  ap: '0',
  sp: '9910',
  x: 'NEW',
  X: 'NEW',
  i: 8886774,
  l: '0',
  z: '0',
  L: '0',
  T: 1568879465650,
  t: 0,
  b: '0',
  a: '9.91',
  m: false,
  R: false,
  wt: 'CONTRACT_PRICE',
  ot: 'STOP',
  ps: 'LONG',
  cp: false,
  rp: '0',
  pP: false,
  si: 0,
  ss: 0,
  V: 'EXPIRE_TAKER',
  pm: 'NONE',
  gtd: 0,
  er: '0',
}
const FUTURES_TRADE = {
  ...FUTURES,
  o: 'LIMIT',
  x: 'TRADE',
  X: 'PARTIALLY_FILLED',
  ap: '9901.2500',
  l: '0.001',
  z: '0.002',
  L: '9902',
  n: '-0.0009902',
  N: 'USDT',
  t: 1234,
}
const ORDER_TRADE_UPDATE = { e: 'ORDER_TRADE_UPDATE', E: 1568879465651, T: 1568879465650 }

const decode = (message: unknown) => decodeUserMessage(JSON.stringify(message), 'binance')

/** The reports of a message, each as its schema has it, and to whom. */
function reportsOf(message: unknown) {
  const decoded = decode(message)
  for (const { to, event } of decoded.reports) {
    expect(REPORT.parse(event)).toEqual(event)
    expect(parseAddress(to)).toBe(to)
  }
  return decoded.reports
}
const reportOf = (message: unknown) => reportsOf(message)[0]?.event
const spot = (change: object = {}) => reportOf({ ...SPOT, ...change })
const futures = (change: object = {}) => reportOf({ ...ORDER_TRADE_UPDATE, o: { ...FUTURES, ...change } })

describe("spot's executionReport", () => {
  const ACCEPTED = {
    type: 'EXECUTION_REPORT',
    at: 1499405658657,
    execType: 'NEW',
    ordStatus: 'NEW',
    clOrdId: 'o-1',
    venueOrderId: '4293153',
    execId: 'ETHBTC-8641984',
    symbol: 'ETHBTC',
    side: 'BUY',
    ordType: 'LIMIT',
    orderQty: '1',
    price: '0.1026441',
    cumQty: '0',
    leavesQty: '1',
    avgPx: '0',
  }

  it('is a report for its order', () => {
    expect(reportsOf(SPOT)).toEqual([{ to: 'order/o-1', event: ACCEPTED }])
  })

  it('tells a trade with its price, commission, side of the book and average price', () => {
    expect(reportOf(SPOT_TRADE)).toEqual({
      ...ACCEPTED,
      execType: 'TRADE',
      ordStatus: 'PARTIALLY_FILLED',
      cumQty: '0.75',
      leavesQty: '0.25',
      avgPx: '0.101',
      tradeId: '77',
      lastQty: '0.25',
      lastPx: '0.102',
      commission: '0.00025',
      commissionAsset: 'ETH',
      liquidity: 'MAKER',
      transactAt: 1499405658657,
    })
    // An allocation of smart order routing is no trade with anybody: its ExecID tells it apart.
    expect(reportOf({ ...SPOT_TRADE, t: -1, a: 1234 })).not.toHaveProperty('tradeId')
  })

  it.each([
    [
      'waits for another order of its list',
      { X: 'PENDING_NEW', w: false },
      'PENDING_NEW',
      'PENDING_NEW',
      '1',
    ],
    ['waits for its stop', { o: 'STOP_LOSS_LIMIT', P: '0.2', w: false }, 'NEW', 'NEW', '1'],
    ['has a stop and is on the book at once', { o: 'STOP_LOSS_LIMIT', P: '0.2', w: true }, 'NEW', 'NEW', '1'],
    ['is triggered', { o: 'STOP_LOSS_LIMIT', P: '0.2', w: true, O: 1 }, 'TRIGGERED', 'NEW', '1'],
    ['is triggered in favour', { o: 'TAKE_PROFIT', P: '0.2', w: true, O: 1 }, 'TRIGGERED', 'NEW', '1'],
    ['is filled', { x: 'TRADE', X: 'FILLED', ...DEAL, z: '1.00000000' }, 'TRADE', 'FILLED', '0'],
    ['is closed by its venue', { x: 'CALCULATED', X: 'FILLED', ...DEAL, z: '1' }, 'TRADE', 'FILLED', '0'],
    [
      'trades nothing',
      { x: 'TRADE', X: 'PARTIALLY_FILLED', z: '0.3' },
      'ORDER_STATUS',
      'PARTIALLY_FILLED',
      '0.7',
    ],
    ['trades nothing at its end', { x: 'TRADE', X: 'EXPIRED' }, 'EXPIRED', 'EXPIRED', '0'],
    ['has a cancel under way', { x: 'CANCELED', X: 'PENDING_CANCEL' }, 'ORDER_STATUS', 'PENDING_CANCEL', '1'],
    ['is canceled', { x: 'CANCELED', X: 'CANCELED' }, 'CANCELED', 'CANCELED', '0'],
    [
      'trades before its cancel',
      { x: 'TRADE', X: 'PENDING_CANCEL', ...DEAL },
      'TRADE',
      'PENDING_CANCEL',
      '1',
    ],
    ['is rejected', { x: 'REJECTED', X: 'REJECTED' }, 'REJECTED', 'REJECTED', '0'],
    ['expires', { x: 'EXPIRED', X: 'EXPIRED' }, 'EXPIRED', 'EXPIRED', '0'],
    ['would trade with itself', { x: 'TRADE_PREVENTION', X: 'EXPIRED_IN_MATCH' }, 'EXPIRED', 'EXPIRED', '0'],
    ['loses of its quantity so', { x: 'TRADE_PREVENTION', A: '0.3' }, 'ORDER_STATUS', 'NEW', '0.7'],
  ])('of one that %s', (_, change, execType, ordStatus, leavesQty) => {
    expect(spot(change)).toMatchObject({ execType, ordStatus, leavesQty })
  })

  it('says why an order was rejected or did not trade', () => {
    const text = 'INSUFFICIENT_BALANCES'
    const rejected = { x: 'REJECTED', X: 'REJECTED', r: text }
    expect(spot(rejected)).toMatchObject({ ordRejReason: 'OTHER', text })
    expect(spot({ x: 'TRADE_PREVENTION', X: 'EXPIRED_IN_MATCH' })).toMatchObject({ text: /own account/ })
  })

  it('goes by the id of the order, which a cancel leaves it and an amendment changes', () => {
    const cancel = { x: 'CANCELED', X: 'CANCELED', c: 'o-1/2', C: 'o-1' }
    expect(reportsOf({ ...SPOT, ...cancel })).toMatchObject([{ to: 'order/o-1', event: { clOrdId: 'o-1' } }])
    const amendment = { x: 'REPLACED', c: 'o-1/2', C: 'o-1', q: '0.50000000' }
    expect(reportsOf({ ...SPOT, ...amendment })).toMatchObject([
      { to: 'order/o-1', event: { execType: 'REPLACED', clOrdId: 'o-1/2', orderQty: '0.5' } },
    ])
    expect(reportsOf({ ...SPOT, ...amendment, c: 'web_1' })[0]?.to).toBe('order/o-1')
    expect(reportsOf({ ...SPOT_TRADE, c: 'o-1/2' })).toMatchObject([
      { to: 'order/o-1', event: { clOrdId: 'o-1/2' } },
    ])
  })
})

describe("the futures' ORDER_TRADE_UPDATE", () => {
  const ACCEPTED = {
    type: 'EXECUTION_REPORT',
    at: 1568879465650,
    execType: 'NEW',
    ordStatus: 'NEW',
    clOrdId: 'o-1',
    venueOrderId: '8886774',
    execId: 'BTCUSDT-8886774-NEW-1568879465650-0',
    symbol: 'BTCUSDT',
    side: 'SELL',
    positionSide: 'LONG',
    ordType: 'STOP_LIMIT',
    orderQty: '0.003',
    price: '9900.5',
    stopPx: '9910',
    cumQty: '0',
    leavesQty: '0.003',
    avgPx: '0',
  }

  it('is a report for its order', () => {
    const message = { ...ORDER_TRADE_UPDATE, o: FUTURES }
    expect(reportsOf(message)).toEqual([{ to: 'order/o-1', event: ACCEPTED }])
  })

  it('is of no side where the account nets', () => {
    expect(futures({ ps: 'BOTH' })).not.toHaveProperty('positionSide')
  })

  it.each([
    ['its second request', 'o-1/2', 'order/o-1'],
    ["somebody else's with a slash", 'bot/x7', 'order/bot=2Fx7'],
    ["somebody else's with two", 'bot/7/7', 'order/bot=2F7=2F7'],
    ["somebody else's that begins with one", '/7', 'order/=2F7'],
  ])('is for the order of the ClOrdID: %s', (_, c, to) => {
    expect(reportsOf({ ...ORDER_TRADE_UPDATE, o: { ...FUTURES, c } })).toMatchObject([
      { to, event: { clOrdId: c } },
    ])
  })

  it('tells a trade, a rebate as a commission below zero', () => {
    expect(futures(FUTURES_TRADE)).toEqual({
      ...ACCEPTED,
      execType: 'TRADE',
      ordStatus: 'PARTIALLY_FILLED',
      execId: 'BTCUSDT-8886774-TRADE-1568879465650-0.002',
      cumQty: '0.002',
      leavesQty: '0.001',
      avgPx: '9901.25',
      tradeId: '1234',
      lastQty: '0.001',
      lastPx: '9902',
      commission: '-0.0009902',
      commissionAsset: 'USDT',
      liquidity: 'TAKER',
      transactAt: 1568879465650,
    })
    const { n: _, N: _asset, ...free } = FUTURES_TRADE
    expect(reportOf({ ...ORDER_TRADE_UPDATE, o: free })).not.toHaveProperty('commission')
  })

  it.each([
    ['expires by being triggered', { x: 'EXPIRED', X: 'EXPIRED', er: '8' }, 'TRIGGERED', 'NEW'],
    ['is new as what it becomes', { o: 'LIMIT' }, 'TRIGGERED', 'NEW'],
    ['expires', { x: 'EXPIRED', X: 'EXPIRED' }, 'EXPIRED', 'EXPIRED'],
    ['would trade with itself', { x: 'EXPIRED', X: 'EXPIRED_IN_MATCH' }, 'EXPIRED', 'EXPIRED'],
    ['is canceled', { x: 'CANCELED', X: 'CANCELED' }, 'CANCELED', 'CANCELED'],
    ['is amended', { x: 'AMENDMENT' }, 'REPLACED', 'NEW'],
    ['a liquidation places', { x: 'CALCULATED', X: 'NEW_INSURANCE' }, 'ORDER_STATUS', 'NEW'],
    ['deleveraging places', { x: 'CALCULATED', X: 'NEW_ADL' }, 'ORDER_STATUS', 'NEW'],
    ['a liquidation fills', { x: 'CALCULATED', X: 'FILLED', l: '1', L: '9', z: '1' }, 'TRADE', 'FILLED'],
  ])('of one that %s', (_, change, execType, ordStatus) => {
    expect(futures(change)).toMatchObject({ execType, ordStatus })
  })

  it('says why an order has expired', () => {
    const expired = { x: 'EXPIRED', X: 'EXPIRED' }
    expect(futures({ ...expired, er: 6 })).toMatchObject({
      text: 'the position that it was to close is gone',
    })
    expect(futures(expired)).not.toHaveProperty('text')
    expect(futures({ ...expired, er: '8' })).not.toHaveProperty('text')
  })

  it('has an ExecID of its own for each thing that happens, and the same one when it is told again', () => {
    const life = [{}, { x: 'EXPIRED', X: 'EXPIRED' }, { o: 'LIMIT', T: 1568879465651 }, FUTURES_TRADE]
    const trade = { ...FUTURES_TRADE, z: '0.003', t: 1235 }
    const ids = () => [...life, trade].map((change) => (futures(change) as { execId: string }).execId)
    expect(new Set(ids()).size).toBe(5)
    expect(ids()).toEqual(ids())
  })
})

describe("the futures' ALGO_UPDATE", () => {
  const ALGO = {
    caid: 'o-1',
    aid: 1000000033225453,
    at: 'CONDITIONAL',
    o: 'STOP_MARKET',
    s: 'DOGEUSDT',
    S: 'BUY',
    ps: 'SHORT',
    f: 'GTC',
    q: '38',
    X: 'NEW',
    ai: '',
    tp: '0.13855',
    p: '0',
    V: 'EXPIRE_MAKER',
    wt: 'CONTRACT_PRICE',
    pm: 'NONE',
    cp: false,
    pP: false,
    R: false,
    tt: 0,
    gtd: 0,
  }
  const algo = (change: object = {}) =>
    reportsOf({ e: 'ALGO_UPDATE', T: 1765431097030, E: 1765431097037, o: { ...ALGO, ...change } })

  it('is a report for its order', () => {
    const event = {
      type: 'EXECUTION_REPORT',
      at: 1765431097030,
      execType: 'NEW',
      ordStatus: 'NEW',
      clOrdId: 'o-1',
      venueOrderId: '1000000033225453',
      execId: 'DOGEUSDT-algo-1000000033225453-NEW-1765431097030',
      symbol: 'DOGEUSDT',
      side: 'BUY',
      positionSide: 'SHORT',
      ordType: 'STOP',
      orderQty: '38',
      stopPx: '0.13855',
      cumQty: '0',
      leavesQty: '38',
      avgPx: '0',
    }
    expect(algo()).toEqual([{ to: 'order/o-1', event }])
  })

  it('names the order that it becomes when it is triggered', () => {
    const triggered = {
      X: 'TRIGGERED',
      ai: '88937381063',
      ap: '0',
      aq: '0',
      act: 'MARKET',
      tt: 1765431097019,
    }
    expect(algo(triggered)).toMatchObject([
      { event: { execType: 'TRIGGERED', ordStatus: 'NEW', venueOrderId: '88937381063', leavesQty: '38' } },
    ])
  })

  it.each(['CANCELED', 'EXPIRED', 'REJECTED'])('says that it ended %s, and why', (X) => {
    expect(algo({ X, rm: 'Reduce Only reject' })).toMatchObject([
      { event: { execType: X, ordStatus: X, leavesQty: '0', text: 'Reduce Only reject' } },
    ])
  })

  it('is triggered before it is on the book', () => {
    expect(algo({ X: 'TRIGGERING' })).toMatchObject([
      { event: { execType: 'TRIGGERED', venueOrderId: '1000000033225453' } },
    ])
  })

  it.each([
    ['38', 'FILLED'],
    ['20', 'CANCELED'],
    ['0', 'CANCELED'],
  ])('says how the order that it became stands at its end: %s, %s', (aq, ordStatus) => {
    const of = { execType: 'ORDER_STATUS', ordStatus, cumQty: aq, leavesQty: '0', avgPx: '0.13856' }
    expect(algo({ X: 'FINISHED', ai: '88937381063', aq, ap: '0.13856' })).toMatchObject([{ event: of }])
  })
})

describe('an update without an id of its client', () => {
  const nameless = { ...SPOT_TRADE, c: '', C: null }

  it('is of the order that the venue means', () => {
    const find = (symbol: string, id: string) => (symbol === 'ETHBTC' && id === '4293153' ? 'o-1' : undefined)
    const { reports } = decodeUserMessage(nameless, 'binance', undefined, find)
    expect(reports).toEqual(reportsOf({ ...nameless, c: 'o-1' }))
  })

  it('has the books compared where nobody knows that order', () => {
    const reason = 'ETHBTC order 4293153 is told of without an id of its client'
    const event = { type: 'RECONCILE', at: 1499405658657, reason }
    expect(reportsOf(nameless)).toEqual([{ to: 'reconciliation/binance', event }])
  })
})

describe('a trade of a quantity at no price', () => {
  it('is an error, and says how the order stands', () => {
    const [report, error] = reportsOf({ ...SPOT_TRADE, L: '0', X: 'FILLED', z: '1' })
    expect(report).toMatchObject({ event: { execType: 'ORDER_STATUS', ordStatus: 'FILLED', cumQty: '1' } })
    expect(report?.event).not.toHaveProperty('lastQty')
    const text = 'a trade of 0.25 ETHBTC is told at the price 0: its fill is asked for'
    expect(error).toMatchObject({
      to: 'runner/main',
      event: { type: 'REPORT_ERROR', text, about: 'order/o-1' },
    })
  })
})

describe('a TRADE_LITE', () => {
  const LITE = { e: 'TRADE_LITE', E: 2, T: 1, s: 'BTCUSDT', q: '1', p: '0', m: false, c: 'o-1', S: 'BUY' }
  const deal = { L: '9', l: '1', t: 5, i: 6 }

  it('is the fill of its order, without a commission', () => {
    expect(reportsOf({ ...LITE, ...deal })).toMatchObject([
      {
        to: 'order/o-1',
        event: { execType: 'TRADE', tradeId: '5', lastQty: '1', lastPx: '9', transactAt: 1 },
      },
    ])
    expect(reportOf({ ...LITE, ...deal })).not.toHaveProperty('commission')
  })

  it('of nothing, or of an order of the venue itself, says nothing: what follows does', () => {
    for (const change of [{ l: '0' }, { L: '0' }, { c: 'autoclose-7' }, { c: 'adl_autoclose' }])
      expect(reportsOf({ ...LITE, ...deal, ...change })).toEqual([])
  })
})

describe('what a store that trades there is told', () => {
  const ids = new WireIds('binance', '7f3a')
  const told = (message: object) => {
    const { reports } = decodeUserMessage(JSON.stringify(message), 'binance', ids)
    return reports.map(({ to, event }) => [parseAddress(to), 'clOrdId' in event && event.clOrdId])[0]
  }
  const MESSAGES: readonly (readonly [string, (c: string) => object])[] = [
    ['spot', (c) => ({ ...SPOT, c })],
    ['the futures', (c) => ({ ...ORDER_TRADE_UPDATE, o: { ...FUTURES, c } })],
    [
      'the service of conditional orders',
      (caid) => ({
        e: 'ALGO_UPDATE',
        T: 1,
        E: 1,
        o: { caid, aid: 7, s: 'BTCUSDT', S: 'BUY', ps: 'BOTH', q: '1', X: 'NEW', p: '0' },
      }),
    ],
  ]

  it.each(MESSAGES)('by %s of its own orders goes to these', (_, message) => {
    expect(told(message('7f3a-1-o'))).toEqual(['order/binance:o', 'binance:o'])
    expect(told(message('7f3a-10-o'))).toEqual(['order/binance:o', 'binance:o/36'])
    ids.toWire('mine')
    expect(told(message(ids.toWire('mine/2')))).toEqual(['order/mine', 'mine/2'])
  })

  it.each(MESSAGES)("by %s of somebody else's goes to the id that these have here", (_, message) => {
    for (const foreign of ['o', 'web_1', 'zzzz-1-o', '7f3a-0-o', '7f3a-1-', 'bot/x7', '/7']) {
      const id = adoptedId('binance', foreign)
      expect(told(message(foreign))).toEqual([`order/${id}`, id])
    }
  })

  it('by spot of a cancel or an amendment goes to the order, as of the request', () => {
    const own = { ...SPOT, c: '7f3a-2-o', C: '7f3a-1-o' }
    expect(told({ ...own, x: 'CANCELED', X: 'CANCELED' })).toEqual(['order/binance:o', 'binance:o'])
    expect(told({ ...own, x: 'REPLACED' })).toEqual(['order/binance:o', 'binance:o/2'])
    const id = adoptedId('binance', 'web_1')
    const foreign = { ...SPOT, c: ids.toWire(`${id}/2`), C: 'web_1' }
    expect(told({ ...foreign, x: 'CANCELED', X: 'CANCELED' })).toEqual([`order/${id}`, id])
    expect(told({ ...foreign, x: 'REPLACED' })).toEqual([`order/${id}`, `${id}/2`])
    expect(told({ ...SPOT_TRADE, c: ids.toWire(`${id}/2`) })).toEqual([`order/${id}`, `${id}/2`])
  })
})

describe('what the futures warn of', () => {
  it('is an error where positions want for margin', () => {
    const position = { s: 'ETHUSDT', ps: 'LONG', pa: '1.327', mt: 'CROSSED', iw: '0', mp: '187.17127' }
    const message = {
      e: 'MARGIN_CALL',
      E: 1587727187525,
      cw: '3.16812045',
      p: [{ ...position, up: '-1.166074', mm: '1.614445' }],
    }
    const text = 'margin call: 1.327 ETHUSDT:LONG at 187.17127 need 1.614445'
    const about = 'account/binance'
    expect(reportsOf(message)).toEqual([
      {
        to: 'runner/main',
        event: { type: 'REPORT_ERROR', at: 1587727187525, severity: 'error', text, about },
      },
    ])
  })

  it('has the books held against each other where an order was refused that nobody knows', () => {
    const or = { s: 'ETHUSDT', i: 155618472834, r: 'it could not be filled' }
    const E = 1685517224945
    const reason = 'ETHUSDT order 155618472834 was refused when it was triggered: it could not be filled'
    expect(reportsOf({ e: 'CONDITIONAL_ORDER_TRIGGER_REJECT', E, T: 1685517224955, or })).toEqual([
      { to: 'reconciliation/binance', event: { type: 'RECONCILE', at: E, reason } },
    ])
  })
})

describe("an account's messages", () => {
  it('of spot are balances, free and held together', () => {
    const B = [
      { a: 'ETH', f: '10000.000000', l: '0.500000' },
      { a: 'BNB', f: '0.000000', l: '0.000000' },
    ]
    const of = {
      type: 'BALANCE_REPORT',
      at: 1564034571073,
      venue: 'binance',
      reason: 'outboundAccountPosition',
    }
    expect(reportsOf({ e: 'outboundAccountPosition', E: 1564034571105, u: 1564034571073, B })).toEqual([
      { to: 'reconciliation/binance', event: { ...of, asset: 'ETH', balance: '10000.5', free: '10000' } },
      { to: 'reconciliation/binance', event: { ...of, asset: 'BNB', balance: '0', free: '0' } },
    ])
  })

  it('of spot are deposits and transfers', () => {
    const message = { e: 'balanceUpdate', E: 1573200697110, a: 'BTC', d: '-100.00000000', T: 1573200697068 }
    const of = { type: 'CASH_FLOW_REPORT', at: 1573200697068, venue: 'binance', reason: 'balanceUpdate' }
    const flowId = 'balanceUpdate-1573200697068-BTC--100'
    const event = { ...of, flowId, asset: 'BTC', change: '-100', kind: 'transfer' }
    expect(reportsOf(message)).toEqual([{ to: 'account/binance', event }])
  })

  it('of futures are balances and positions, of each side its own', () => {
    const position = { s: 'BTCUSDT', ep: '6563.66500', cr: '0', up: '2850.21200', mt: 'isolated', ma: 'USDT' }
    const message = {
      e: 'ACCOUNT_UPDATE',
      E: 1564745798939,
      T: 1564745798938,
      a: {
        m: 'ORDER',
        B: [{ a: 'USDT', wb: '122624.12345678', cw: '100.12345678', bc: '0' }],
        P: [
          { ...position, pa: '20', ps: 'LONG' },
          { ...position, pa: '-10', cr: '-45.04000000', up: '-1423.15600', ps: 'SHORT' },
          { ...position, pa: '0', ep: '0.00000', up: '0E-8', ps: 'BOTH' },
        ],
      },
    }
    const of = { at: 1564745798938, venue: 'binance' }
    const held = { type: 'POSITION_REPORT', ...of, symbol: 'BTCUSDT', entryPx: '6563.665' }
    expect(reportsOf(message).map(({ event }) => event)).toEqual([
      { type: 'BALANCE_REPORT', ...of, asset: 'USDT', balance: '122624.12345678', reason: 'ORDER' },
      { ...held, positionSide: 'LONG', quantity: '20', unrealizedPnl: '2850.212', realizedPnl: '0' },
      { ...held, positionSide: 'SHORT', quantity: '-10', unrealizedPnl: '-1423.156', realizedPnl: '-45.04' },
      { ...held, quantity: '0', entryPx: '0', unrealizedPnl: '0', realizedPnl: '0' },
    ])
  })

  it('of futures may be of positions alone', () => {
    expect(reportsOf({ e: 'ACCOUNT_UPDATE', E: 2, T: 1, a: { m: 'ORDER', P: [] } })).toEqual([])
  })

  it('tell funding as a flow and a balance of that reason', () => {
    const B = [{ a: 'USDT', wb: '99.50', cw: '99.50', bc: '-0.50' }]
    const message = { e: 'ACCOUNT_UPDATE', E: 2, T: 1, a: { m: 'FUNDING_FEE', B } }
    const of = { at: 1, venue: 'binance', asset: 'USDT', reason: 'FUNDING_FEE' }
    expect(reportsOf(message).map(({ event }) => event)).toEqual([
      { type: 'CASH_FLOW_REPORT', ...of, flowId: 'FUNDING_FEE-1-USDT-99.5', change: '-0.5', kind: 'funding' },
      { type: 'BALANCE_REPORT', ...of, balance: '99.5' },
    ])
  })

  it('tell what a flow is for, apart from another of its time, and the position that funding is of', () => {
    const position = { s: 'BTCUSDT', pa: '1', ep: '1', cr: '0', up: '0', ps: 'LONG' }
    const flow = (m: string, wb = '9', P: object[] = []) => {
      const message = { e: 'ACCOUNT_UPDATE', E: 2, T: 1, a: { m, B: [{ a: 'USDT', wb, bc: '1' }], P } }
      return reportOf(message) as CashFlowReport
    }
    expect(flow('FUNDING_FEE').flowId).not.toBe(flow('FUNDING_FEE', '10').flowId)
    const kinds = { INSURANCE_CLEAR: 'insurance', ADJUSTMENT: 'adjustment', ORDER: 'fee' }
    const moved = {
      DEPOSIT: 'transfer',
      WITHDRAW: 'transfer',
      ASSET_TRANSFER: 'transfer',
      constructor: 'transfer',
    }
    for (const [reason, kind] of Object.entries({ ...kinds, ...moved })) expect(flow(reason).kind).toBe(kind)
    const held = { symbol: 'BTCUSDT', positionSide: 'LONG' }
    expect(flow('FUNDING_FEE', '9', [position])).toMatchObject(held)
    expect(flow('FUNDING_FEE', '9', [position, position])).not.toHaveProperty('symbol')
    expect(flow('ORDER', '9', [position])).not.toHaveProperty('symbol')
  })
})

describe("Binance's user stream", () => {
  it.each([
    [{ e: 'serverShutdown' }, 'the server ends its connections within minutes'],
    [{ e: 'listenKeyExpired', E: '1699596037418', listenKey: 'k' }, 'the listen key has expired'],
    [{ e: 'eventStreamTerminated', E: 1728973001334 }, 'the subscription has ended'],
  ])('says why it must be opened anew: %j', (message, reason) => {
    const ended = { kind: message.e, status: 'reconnect', reason, reports: [] }
    for (const told of [message, { event: message }]) expect(decode(told)).toEqual(ended)
  })

  it.each([
    ['decoded', { e: 'listStatus', E: 2, s: 'ETHBTC', g: 2, c: 'OCO', O: [] }],
    ['unknown', { e: 'news', E: 2 }],
    ['unknown', { e: 'constructor', E: 2 }],
  ])('names what no actor is told: %s %j', (status, message) => {
    expect(decode(message)).toEqual({ kind: message.e, status, reports: [] })
  })

  it('is read bare and wrapped, as text and parsed', () => {
    const bare = decode(SPOT)
    expect(bare).toMatchObject({ kind: 'executionReport', status: 'decoded' })
    expect(decode({ stream: 'key', data: SPOT })).toEqual(bare)
    expect(decode({ subscriptionId: 0, event: SPOT })).toEqual(bare)
    expect(decodeUserMessage(SPOT, 'binance')).toEqual(bare)
  })

  it('keeps ids that are longer than a double, and numbers in texts as they are', () => {
    const text = JSON.stringify({ ...SPOT, c: ':1234567890123456789,"', q: '1.12345678901234567' })
    const long = text.replace('4293153', '8389765591844318721')
    expect(decodeUserMessage(long, 'binance').reports[0]?.event).toMatchObject({
      venueOrderId: '8389765591844318721',
      clOrdId: ':1234567890123456789,"',
      orderQty: '1.12345678901234567',
    })
  })

  it.each([
    ['no JSON', '{"e":', /JSON/],
    ['no object', 'null', /e: the name/],
    ['no event', '{"result":null,"id":1}', /e: the name/],
    ['a quantity that is a number', JSON.stringify({ ...SPOT, q: 1 }), /executionReport.*q: .*string/],
    ['a price that is none', JSON.stringify({ ...SPOT, p: 'NaN' }), /p: a decimal number/],
    ['a status that nobody knows', JSON.stringify({ ...SPOT, X: 'ODD' }), /X: .*"FILLED"/],
    ['a field that is missing', '{"e":"ORDER_TRADE_UPDATE","o":{}}', /ORDER_TRADE_UPDATE.*o\.s: .*o\.c: /],
    ['an order id that has lost digits', { ...SPOT, i: 2 ** 62 }, /i: /],
  ])('refuses %s with the field and its rule', (_, raw, problem) => {
    const refusal = { code: 'USER_MESSAGE_UNREADABLE', message: expect.stringMatching(problem) }
    expect(() => decodeUserMessage(raw, 'binance')).toThrow(expect.objectContaining(refusal))
    expect(decode(SPOT).reports).toHaveLength(1)
  })
})
