/** The rules of the strict profiles that no recorded request breaks: by the documents that each rule names. */
import { afterEach, describe, expect, it } from 'vitest'
import { instrument, type PlaceOrder } from '../../../machines/index.ts'
import type { SymbolRules } from '../../../src/adapters/paper/engine/symbol-rules.ts'
import { Desk } from './desk.ts'

let desk: Desk
afterEach(() => desk.venue.close())

type Case = [terms: object, text: string, rules?: Partial<SymbolRules>]
const CONTRACTS = { 'binance-spot': 'spot', 'binance-usdm': 'linear', 'binance-coinm': 'inverse' } as const
const LIMIT = { ordType: 'LIMIT', price: '98', orderQty: '1' } as const
const STOP = { ordType: 'STOP', side: 'SELL', stopPx: '90', orderQty: '1' } as const

async function open(profile: keyof typeof CONTRACTS, rules: Partial<SymbolRules> = {}): Promise<void> {
  const listed = instrument.parse({ symbol: 'BTCUSDT', contract: CONTRACTS[profile] })
  const openingBalances = { USDT: '10000', BTC: '10' }
  const instruments = [{ ...listed, ...rules }]
  desk = await Desk.open({ profile, instruments, openingBalances, positionMode: 'netting' })
  desk.trade('100', '1', 'BUY')
  desk.quote('99', '101', ['5', '5'])
}

/** The texts of what was refused. */
async function refusals(): Promise<(string | undefined)[]> {
  const reports = (await desk.reports()).map(({ report }) => report)
  return reports.flatMap((report) => {
    if (report.type === 'ORDER_CANCEL_REJECT') return [report.text]
    return report.type === 'EXECUTION_REPORT' && report.execType === 'REJECTED' ? [report.text] : []
  })
}

async function check(
  profile: keyof typeof CONTRACTS,
  terms: object,
  text: string,
  rules?: Partial<SymbolRules>,
): Promise<void> {
  await open(profile, rules)
  desk.place('a', terms as Partial<PlaceOrder>)
  expect(await refusals()).toEqual([text])
}

describe('binance-spot refuses', () => {
  it.each<Case>([
    [{ ...LIMIT, timeInForce: 'DAY' }, '-1115: Invalid timeInForce.'],
    [{ ...LIMIT, timeInForce: 'GTD', expireTime: 9e12 }, '-1115: Invalid timeInForce.'],
    [{ ...LIMIT, timeInForce: 'GTD' }, '-1115: Invalid timeInForce.'],
    [{ ordType: 'TRAILING_STOP', side: 'SELL', trailingOffset: '1' }, '-1116: Invalid orderType.'],
    [{ ordType: 'TRAILING_STOP', side: 'SELL' }, '-1116: Invalid orderType.'],
    [{ ...STOP, ordType: 'STOP_LIMIT', price: '89', postOnly: true }, '-1116: Invalid orderType.'],
    [{ ...LIMIT, timeInForce: 'IOC', postOnly: true }, '-1128: Combination of optional parameters invalid.'],
    [{ ...LIMIT, stopPx: '90' }, "-1106: Parameter 'stopPrice' sent when not required."],
    [{ ...LIMIT, positionSide: 'LONG' }, '-1104: Not all sent parameters were read.'],
    [{ ...LIMIT, price: '0' }, '-1013: Invalid price.'],
    [{ ...LIMIT, symbol: 'ETHUSDT' }, '-1121: Invalid symbol.'],
    [{ ...LIMIT, price: '0.9' }, '-1013: Filter failure: PRICE_FILTER', { minPx: '1' }],
    [{ ...LIMIT, orderQty: '41' }, '-1013: Filter failure: NOTIONAL', { maxNotional: '4000' }],
    [{ ...STOP }, '-1013: Filter failure: NOTIONAL', { minNotional: '91' }],
    [
      { orderQty: '2' },
      '-1013: Filter failure: NOTIONAL',
      { maxNotional: '100', notionalOfMarket: { min: false, max: true } },
    ],
    [{ ...LIMIT, price: '79' }, '-1013: Filter failure: PERCENT_PRICE_BY_SIDE', { priceBandPct: '20' }],
    [{ ...STOP, stopPx: '100' }, '-2010: Order would trigger immediately.'],
    [{ ...STOP, ordType: 'TAKE_PROFIT', stopPx: '95' }, '-2010: Order would trigger immediately.'],
  ])('%o', async (terms, text, rules) => {
    await check('binance-spot', terms, text, rules)
  })

  it('a limit that is far from the average of 5 minutes, and none that is far from the last price alone', async () => {
    await open('binance-spot', { priceBandPct: '20' })
    const far = { ...LIMIT, price: '50' }
    for (const [id, waitMs] of [
      ['a', 60_000],
      ['b', 300_000],
    ] as const) {
      desk.at += waitMs
      desk.trade('60', '1', 'SELL')
      desk.place(id, far)
    }
    // (100 + 60) / 2 and 60.
    expect(await refusals()).toEqual(['-1013: Filter failure: PERCENT_PRICE_BY_SIDE'])
    expect(desk.venue.status('b')).toMatchObject({ ordStatus: 'NEW' })
  })

  it('more orders that wait for a price than a symbol has room for', async () => {
    await open('binance-spot', { maxConditional: 2 })
    for (const id of ['a', 'b', 'c']) desk.place(id, STOP)
    desk.place('d', LIMIT)
    expect(await refusals()).toEqual(['-2010: Filter failure: MAX_NUM_ALGO_ORDERS'])
  })

  it('an amendment to another price, to less than a lot, or once too often', async () => {
    await open('binance-spot', { maxAmends: 1, minQty: '0.5' })
    desk.place('a', { ...LIMIT, orderQty: '3' })
    desk.replace('a2', 'a', { orderQty: '2', price: '97' })
    desk.replace('a3', 'a', { orderQty: '0.4' })
    desk.replace('a4', 'a', { orderQty: '2', price: '98.00' })
    desk.replace('a5', 'a', { orderQty: '1' })
    expect(await refusals()).toEqual([
      '-2038: Order amend (price change) is not supported.',
      '-1013: Filter failure: LOT_SIZE',
      '-2038: Filter failure: MAX_NUM_ORDER_AMENDS',
    ])
  })
})

describe('binance-usdm refuses', () => {
  it.each<Case>([
    [
      { ...LIMIT },
      "-4164: Order's notional must be no smaller than 100 (unless you choose reduce only).",
      { minNotional: '100' },
    ],
    [
      { ...LIMIT, price: '106' },
      '-4016: Price is higher than mark price multiplier cap.',
      { priceBandPct: '5' },
    ],
    [{ ...LIMIT, orderQty: '1.5' }, '-4023: Qty not increased by step size.', { lotSize: '1' }],
    [{ orderQty: '1.5' }, '-4023: Qty not increased by step size.', { market: { lotSize: '1' } }],
    [{ ...LIMIT }, '-4140: Invalid symbol status for opening position.', { status: 'closing' }],
    [{ ...LIMIT, timeInForce: 'DAY' }, '-1115: Invalid timeInForce.'],
    [{ ...STOP, ordType: 'TRAILING_STOP', trailingOffset: '1' }, '-1116: Invalid orderType.'],
    [{ ...LIMIT }, '-1116: Invalid orderType.', { orderTypes: ['MARKET'] }],
    [{ price: '98' }, "-1106: Parameter 'price' sent when not required."],
    [{ ...LIMIT, stopPx: '98' }, "-1106: Parameter 'stopPrice' sent when not required."],
    [{ ...LIMIT, positionSide: 'LONG' }, "-4061: Order's position side does not match user's setting."],
    [
      { ...LIMIT, price: undefined },
      "-1102: Mandatory parameter 'price' was not sent, was empty/null, or malformed.",
    ],
    [{ ...LIMIT, price: '0' }, '-4001: Price less than zero.'],
    [{ ...STOP, stopPx: '0' }, '-4006: Stop price less than zero.'],
    [{ ...LIMIT, symbol: 'ETHUSDT' }, '-1121: Invalid symbol.'],
    [{ ...STOP, ordType: 'TAKE_PROFIT', stopPx: '95' }, '-2021: Order would immediately trigger.'],
  ])('%o', async (terms, text, rules) => {
    await check('binance-usdm', terms, text, rules)
  })

  it('more orders than a symbol has room for, those that wait for a price counted apart', async () => {
    await open('binance-usdm', { maxOrders: 1, maxConditional: 1 })
    for (const id of ['a', 'b']) desk.place(id, LIMIT)
    for (const id of ['c', 'd']) desk.place(id, STOP)
    expect(await refusals()).toEqual([
      '-2025: Reach max open order limit.',
      '-4045: Reach max stop order limit.',
    ])
  })

  it('no stop that only reduces while its symbol is being closed', async () => {
    await open('binance-usdm', { status: 'closing' })
    desk.place('a', { ...STOP, reduceOnly: true })
    desk.place('b', STOP)
    expect(await refusals()).toEqual(['-4140: Invalid symbol status for opening position.'])
    expect(desk.venue.status('a')).toMatchObject({ ordStatus: 'NEW' })
  })

  it('a modification that breaks a filter, and leaves the order as it is', async () => {
    await open('binance-usdm', { tickSize: '0.1', lotSize: '1', priceBandPct: '5' })
    desk.place('a', LIMIT)
    desk.replace('a2', 'a', { orderQty: '1', price: '97.05' })
    desk.replace('a3', 'a', { orderQty: '1.5' })
    desk.replace('a4', 'a', { orderQty: '1', price: '106' })
    desk.replace(`${'a'.repeat(37)}`, 'a', { orderQty: '2' })
    desk.replace('s2', 's', { orderQty: '2' })
    desk.place('s', STOP)
    desk.replace('s3', 's', { orderQty: '2' })
    expect(await refusals()).toEqual([
      '-4014: Price not increased by tick size.',
      '-4023: Qty not increased by step size.',
      '-4016: Price is higher than mark price multiplier cap.',
      '-4015: Client order id is not valid.',
      '-2011: Unknown order sent.',
      '-5025: Only limit order is supported.',
    ])
    expect(desk.venue.status('a')).toMatchObject({ clOrdId: 'a', orderQty: '1', price: '98' })
  })
})
