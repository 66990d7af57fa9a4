/** The paper venue under a strict profile: what is owned, locked and paid, and how orders end. */
import { afterEach, describe, expect, it } from 'vitest'
import { type InstrumentInput, instrument } from '../../../machines/index.ts'
import type { PaperVenueOptions } from '../../../src/adapters/paper/paper-venue.ts'
import { Desk } from './desk.ts'

let desk: Desk
afterEach(() => desk.venue.close())

const NO_BALANCE = 'REJECTED -2010: Account has insufficient balance for requested action.'

async function open(options: Partial<PaperVenueOptions> = {}): Promise<Desk> {
  const balances = { USDT: '1000', BTC: '2' }
  desk = await Desk.open({
    profile: 'binance-spot',
    openingBalances: balances,
    makerFee: '0.001',
    ...options,
  })
  desk.trade('100', '1', 'BUY')
  desk.quote('99', '101', ['5', '5'])
  return desk
}

async function said(): Promise<string[]> {
  return (await desk.reports()).map(({ report }) => {
    if (report.type === 'CASH_FLOW_REPORT') return report.type
    if (report.type === 'ORDER_CANCEL_REJECT') return `${report.clOrdId} ${report.text}`
    const { clOrdId, ordStatus, text } = report
    return [clOrdId, ordStatus, ...(text === undefined ? [] : [text])].join(' ')
  })
}

describe('a resting order on spot', () => {
  it('locks what it pays with, until it ends', async () => {
    await open()
    desk.place('a', { ordType: 'LIMIT', price: '90', orderQty: '10' })
    desk.place('b', { ordType: 'LIMIT', price: '90', orderQty: '1.2' })
    desk.cancel('k', 'a')
    desk.place('c', { ordType: 'LIMIT', price: '90', orderQty: '1.2' })
    expect(await said()).toEqual(['a NEW', `b ${NO_BALANCE}`, 'a CANCELED', 'c NEW'])
  })

  it('gives back what a better price has saved, and what is filled', async () => {
    await open()
    desk.place('a', { ordType: 'LIMIT', price: '110', orderQty: '9' })
    // 5 of 9 at 101; 4 rest at 110: 1000 - 505 - 440 are left.
    desk.place('b', { ordType: 'LIMIT', price: '50', orderQty: '1.1' })
    desk.place('c', { ordType: 'LIMIT', price: '50', orderQty: '1.2' })
    expect(await said()).toEqual(['a NEW', 'a PARTIALLY_FILLED', 'b NEW', `c ${NO_BALANCE}`])
  })

  it('has its coins for itself: beside a stop an exit is refused, whatever is reduce-only', async () => {
    await open()
    desk.place('stop', { side: 'SELL', ordType: 'STOP', stopPx: '90', orderQty: '2', reduceOnly: true })
    desk.place('exit', { side: 'SELL', orderQty: '2', reduceOnly: true })
    desk.cancel('k', 'stop')
    desk.place('again', { side: 'SELL', orderQty: '2', reduceOnly: true })
    expect(await said()).toEqual([
      'stop NEW',
      `exit ${NO_BALANCE}`,
      'stop CANCELED',
      'again NEW',
      'again FILLED',
    ])
  })

  it('counts its commission where that is in the asset that is paid with', async () => {
    await open({ feeIn: 'settle' })
    desk.place('a', { ordType: 'LIMIT', price: '90', orderQty: '11.1' })
    desk.place('b', { ordType: 'LIMIT', price: '80', orderQty: '12.4' })
    desk.place('c', { ordType: 'LIMIT', price: '80', orderQty: '0.01' })
    expect(await said()).toEqual([
      'a NEW',
      `b ${NO_BALANCE}`,
      'c REJECTED -2010: Account has insufficient balance for requested action.',
    ])
  })
})

describe('an order at market', () => {
  it('expires with what it cannot have', async () => {
    await open()
    desk.place('a', { side: 'BUY', orderQty: '7' })
    desk.place('b', { side: 'BUY', orderQty: '1' })
    expect(await said()).toEqual([
      'a NEW',
      'a PARTIALLY_FILLED',
      'a EXPIRED market: no more can be had',
      'b NEW',
      'b EXPIRED market: no more can be had',
    ])
  })

  it('costs no more than is owned', async () => {
    await open({ openingBalances: { USDT: '504' } })
    desk.place('a', { orderQty: '5' })
    desk.place('b', { orderQty: '4.9' })
    expect(await said()).toEqual([`a ${NO_BALANCE}`, 'b NEW', 'b FILLED'])
  })

  it('expires when it is a stop, and its price has run away from its lock', async () => {
    await open({ openingBalances: { USDT: '440' } })
    desk.place('a', { ordType: 'STOP', stopPx: '110', orderQty: '4' })
    desk.quote('119', '121', ['5', '5'])
    desk.trade('120', '1', 'BUY')
    expect((await said()).at(-1)).toBe('a EXPIRED the balance does not cover what is shown')
    expect(desk.venue.balances()).toEqual({ USDT: '440' })
  })
})

describe('a commission', () => {
  const charges = async () =>
    (await desk.reports()).flatMap(({ report }) =>
      'commission' in report ? [`${report.commission} ${report.commissionAsset}`] : [],
    )

  it('is taken from what a trade brings, and what is held is what can be sold', async () => {
    await open()
    desk.place('a', { orderQty: '1' })
    desk.place('b', { side: 'SELL', orderQty: '0.5' })
    expect(await charges()).toEqual(['0.001 BTC', '0.0495 USDT'])
    expect(desk.venue.positions()).toEqual({ BTCUSDT: '0.499' })
    expect(desk.venue.balances()).toEqual({ USDT: '948.4505', BTC: '2.499' })
  })

  it('is in BNB at the price of the market or the configured one, and 75% of it, while there is enough', async () => {
    const openingBalances = { USDT: '1000', BNB: '0.0003' }
    await open({ feeIn: 'bnb', bnbPx: '400', openingBalances })
    desk.place('a', { orderQty: '1' })
    desk.show(
      { type: 'TRADE', at: ++desk.at, tradeId: 'b', px: '800', qty: '1', aggressor: 'BUY' },
      'BNBUSDT',
    )
    desk.place('b', { orderQty: '1' })
    desk.place('c', { orderQty: '1' })
    expect(await charges()).toEqual(['0.00018938 BNB', '0.00009469 BNB', '0.001 BTC'])
    expect(desk.venue.balances()).toMatchObject({ BNB: '0.00001593', BTC: '2.999' })
  })
})

describe('a client order id', () => {
  const order = { ordType: 'LIMIT', price: '90', orderQty: '1' } as const
  /** The same id, from another request. */
  const placeOther = (clOrdId: string, intent: string) => {
    const ref = { seq: desk.at, correlation: 'c', intent }
    const head = { clOrdId, actor: 'order/other', at: desk.at, ref }
    desk.venue.place({
      type: 'PLACE_ORDER',
      symbol: 'BTCUSDT',
      side: 'BUY',
      timeInForce: 'GTC',
      ...order,
      ...head,
    })
    desk.arrive()
  }

  it('is unique among open orders, and a request that is sent again is no duplicate', async () => {
    await open()
    desk.place('a', order)
    desk.place('a', order)
    placeOther('a', 'x')
    placeOther('a', 'x')
    await desk.venue.flush()
    placeOther('a', 'x')
    const reports = await desk.reports()
    expect(reports.map(({ actor, report }) => [actor, 'ordStatus' in report && report.ordStatus])).toEqual([
      ['order/a', 'NEW'],
      ['order/other', 'REJECTED'],
    ])
    expect(reports[1]).toMatchObject({
      completes: 'x',
      report: { text: '-2010: Duplicate order sent.', ordRejReason: 'DUPLICATE_ORDER' },
    })
    expect(desk.venue.status('a')).toMatchObject({ ordStatus: 'NEW' })
  })

  it('may be used again when its order has ended, and each request counts once all the same', async () => {
    await open()
    desk.place('a', order)
    desk.cancel('k', 'a')
    placeOther('a', 'x')
    desk.place('a', order)
    placeOther('a', 'x')
    expect(await said()).toEqual(['a NEW', 'a CANCELED', 'a NEW'])
  })

  it('has the characters that the venue takes', async () => {
    await open()
    desk.place('sim:a', order)
    desk.place('a', order)
    desk.replace('a/2', 'a', { orderQty: '0.5' })
    expect((await said()).map((line) => line.slice(0, 23))).toEqual([
      'sim:a REJECTED -1100: I',
      'a NEW',
      'a/2 -1100: Illegal char',
    ])
  })
})

describe('COIN-M futures, by their documents', () => {
  const RULES: InstrumentInput = {
    symbol: 'BTCUSDT',
    contract: 'inverse',
    multiplier: '100',
    lotSize: '1',
    minQty: '1',
    maxQty: '1000',
    tickSize: '0.1',
    priceBandPct: '5',
  }
  const coinM = () => open({ profile: 'binance-coinm', instruments: [instrument.parse(RULES)] })

  it.each([
    [{ orderQty: '0.5' }, '-4004: Quantity less than min quantity.'],
    [{ orderQty: '1.5' }, '-4023: Qty not increased by step size.'],
    [{ orderQty: '1001' }, '-4005: Quantity greater than max quantity.'],
    [{ price: '98.05' }, '-4014: Price not increased by tick size.'],
    [{ price: '106' }, '-4016: Price is higher than mark price multiplier cap.'],
    [{ side: 'SELL', price: '94' }, '-4024: Price is lower than mark price multiplier floor.'],
    [{ timeInForce: 'GTD', expireTime: 9e12 }, '-1115: Invalid timeInForce.'],
    [{ ordType: 'TRAILING_STOP', trailingOffset: '1' }, '-1116: Invalid orderType.'],
    [{ ordType: 'STOP', stopPx: '99', price: undefined }, '-2021: Order would immediately trigger.'],
    [{ side: 'SELL', price: '102', reduceOnly: true }, '-2022: ReduceOnly Order is rejected.'],
    [{ price: '101', postOnly: true }, 'the order could not be executed as maker'],
  ] as const)('refuse %o', async (terms, text) => {
    await coinM()
    const { price, ...order } = { ordType: 'LIMIT', price: '98', ...terms } as const
    desk.place('a', { orderQty: '1', ...order, ...(price && { price }) } as never)
    expect(await said()).toEqual([`a REJECTED ${text}`])
  })

  it('modify limit orders alone, up and down, and cancel what a post-only price would take', async () => {
    await coinM()
    desk.place('a', { ordType: 'LIMIT', price: '98', orderQty: '1', postOnly: true })
    desk.place('s', { ordType: 'STOP', stopPx: '104', orderQty: '1' })
    desk.replace('a2', 'a', { orderQty: '1' })
    desk.replace('a3', 'a', { orderQty: '2', price: '97' })
    desk.replace('s2', 's', { orderQty: '2' })
    desk.replace('a4', 'a', { orderQty: '2', price: '102' })
    expect(await said()).toEqual([
      'a NEW',
      's NEW',
      'a2 -4197: No need to modify the order.',
      'a3 NEW',
      's2 -4196: Only limit order is supported.',
      'a3 CANCELED',
    ])
  })
})

describe('an account that hedges', () => {
  it('reduces with an order against its side, whatever that says', async () => {
    const instruments = [instrument.parse({ symbol: 'BTCUSDT', contract: 'linear' })]
    await open({ profile: 'binance-usdm', positionMode: 'hedging', instruments })
    desk.place('a', { orderQty: '1', positionSide: 'LONG' })
    desk.place('b', { side: 'SELL', orderQty: '1', positionSide: 'SHORT' })
    desk.place('c', { side: 'SELL', orderQty: '3', positionSide: 'LONG' })
    desk.place('d', { side: 'SELL', orderQty: '1', positionSide: 'LONG' })
    desk.place('e', { orderQty: '1' })
    await desk.reports()
    expect(desk.venue.positions()).toEqual({ 'BTCUSDT:LONG': '0', 'BTCUSDT:SHORT': '-1' })
    expect(desk.venue.status('c')).toMatchObject({ cumQty: '1' })
    expect(desk.venue.status('d')).toMatchObject({ ordStatus: 'REJECTED' })
    expect(desk.venue.status('e')).toMatchObject({ ordStatus: 'REJECTED' })
  })
})
