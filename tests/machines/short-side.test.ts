/** What is the other way round where one sells first, and what lists hand on of an order's terms. */
import { describe, expect, it } from 'vitest'
import { instrument } from '../../machines/account/instrument.ts'
import { type Portfolio, riskPx } from '../../machines/account/portfolio.ts'
import type { OrderRequest } from '../../machines/events/order-requests.ts'
import { type OrderContext, riskLimits } from '../../machines/index.ts'
import { type Flag, flagsRaised } from '../../machines/news/flags.ts'
import { Floor, SYMBOL } from './floor.ts'

const LINEAR = [{ symbol: SYMBOL, contract: 'linear' }]
const QUIET = { watchdog: { enabled: false }, instruments: LINEAR }

async function prices(floor: Floor, ...list: number[]): Promise<void> {
  for (const px of list) {
    await floor.pass(1_000)
    await floor.price(String(px))
  }
  await floor.pass()
}
const heldOn = (floor: Floor, position: string) =>
  (floor.harness.context(position) as { quantity: string }).quantity

describe('a mean reversion that is short', () => {
  const calm = [100, 100.1, 99.9, 100, 100.1, 99.9, 100]
  const MEAN = {
    id: 'm',
    type: 'meanReversion',
    symbol: SYMBOL,
    interval: '1s',
    orderQty: '2',
    length: 5,
    enterAt: 1.5,
    short: true,
    regime: {
      adxLength: 2,
      atrLength: 2,
      slopeLength: 2,
      adxEnter: 100,
      adxLeave: 100,
      atrEnterPct: 5,
      atrLeavePct: 4,
    },
  }
  const open = (account: object) =>
    Floor.open({
      ...QUIET,
      symbol: { intervals: ['1s'] },
      account: { valueEvery: '1s', ...account },
      strategies: [MEAN],
    })

  it.each([
    ['netting', `position/paper:${SYMBOL}`],
    ['hedging', `position/paper:${SYMBOL}:SHORT`],
  ])('has its stop above, and is out when the price is back, %s', async (positionMode, position) => {
    const floor = await open({ positionMode })
    await prices(floor, ...calm, 101.5, 101.5)
    expect(heldOn(floor, position)).toBe('-2')
    const [stop] = Object.values(floor.working())
    expect(Number(stop?.replace('2 at ', ''))).toBeGreaterThan(101.5)
    await prices(floor, 100, 100, 100)
    expect([heldOn(floor, position), floor.working(), floor.value('meanReversion/m')]).toEqual([
      '0',
      {},
      { mode: 'running', trade: 'flat' },
    ])
    expect(await floor.emitted('TRADE_CYCLE_COMPLETED')).toHaveLength(1)
  })
})

describe('a list that sells first', () => {
  const exit = { side: 'BUY', orderQty: '2', timeInForce: 'GTC', reduceOnly: true } as const
  const SHORT = {
    orders: [
      { legId: 'entry', side: 'SELL', ordType: 'MARKET', orderQty: '2', timeInForce: 'GTC' },
      { legId: 'stop', ordType: 'STOP', stopPx: '105', ...exit },
      { legId: 'target', ordType: 'LIMIT', price: '90', ...exit },
    ],
  } as const

  it('buys back at market when it is to be out', async () => {
    const floor = await Floor.open(QUIET)
    await floor.bracket('b', SHORT as never)
    await floor.pass()
    expect([floor.held, floor.phase('b'), floor.working()]).toEqual([
      '-2',
      'protected',
      { 'b-stop': '2 at 105', 'b-target': '2 at 90' },
    ])
    await floor.send('list/b', { type: 'EXIT', by: 'ann', reason: 'enough' })
    await floor.pass(1_000)
    expect([floor.held, floor.phase('b'), floor.working()]).toEqual(['0', 'done', {}])
    expect(floor.harness.context('order/paper:b-exit')).toMatchObject({
      terms: { side: 'BUY', ordType: 'MARKET' },
    })
  })
})

it('a list hands on how long its orders work, and that they only rest', async () => {
  const floor = await Floor.open(QUIET)
  const expireTime = floor.at + 60_000
  const leg = { ordType: 'LIMIT', orderQty: '1' } as const
  await floor.bracket('l', {
    contingencyType: 'OCO',
    orders: [
      { legId: 'low', side: 'BUY', price: '90', timeInForce: 'GTD', expireTime, ...leg },
      { legId: 'high', side: 'SELL', price: '110', timeInForce: 'GTC', postOnly: true, ...leg },
    ],
  })
  await floor.pass()
  const terms = (id: string) => (floor.harness.context(`order/paper:l-${id}`) as OrderContext).terms
  expect([terms('low'), terms('high')]).toMatchObject([
    { timeInForce: 'GTD', expireTime },
    { timeInForce: 'GTC', postOnly: true },
  ])
  // With one of them goes the other: that is what one cancels the other means.
  await floor.pass(60_000)
  expect([floor.working(), floor.phase('l')]).toEqual([{}, 'done'])
})

describe('the price that an order is judged by', () => {
  const portfolio = (contract: string, mark: string | undefined): Portfolio =>
    ({
      limits: riskLimits.parse({ orderNotionalMax: '1', openOrdersMax: 1 }),
      positions: {},
      instruments: [
        instrument.parse({ symbol: SYMBOL, contract, ...(contract === 'inverse' && { settleAsset: 'BTC' }) }),
      ],
      marks: mark === undefined ? {} : { [SYMBOL]: mark },
    }) as unknown as Portfolio
  const request = (terms: object) =>
    ({
      venue: 'paper',
      symbol: SYMBOL,
      side: 'BUY',
      ordType: 'MARKET',
      refPx: '100',
      ...terms,
    }) as OrderRequest

  it.each([
    ['its own, where no other is known', 'linear', undefined, {}, '100'],
    ['the market’s, where that is worse', 'linear', '120', {}, '120'],
    ['its own, where the market’s is kinder', 'linear', '80', {}, '100'],
    ['the limit of what buys', 'linear', '120', { ordType: 'LIMIT', price: '90' }, '90'],
    ['no limit of what sells', 'linear', '120', { ordType: 'LIMIT', price: '90', side: 'SELL' }, '120'],
    ['the stop', 'linear', '80', { ordType: 'STOP', stopPx: '130' }, '130'],
    ['of an inverse contract the lower, which is worth more coins', 'inverse', '120', {}, '100'],
    ['... be it the market’s', 'inverse', '80', {}, '80'],
  ])('is %s', (_, contract, mark, terms, px) => {
    expect(riskPx(portfolio(contract, mark), request(terms))).toBe(px)
  })
})

describe('a flag that news raises', () => {
  const item = { at: 100, source: 's', id: '1', title: 'New' } as never
  const was: Flag = { symbol: 'X', flag: 'hack', severity: 'warning', until: 1_000, reason: 'Old' }
  const raised = (severity: Flag['severity'], flagForMs: number) =>
    flagsRaised([was], item, { symbols: ['X'], category: 'hack', severity, flagForMs } as never)

  it.each<[string, Flag['severity'], number, object[]]>([
    [
      'is made graver, and no shorter',
      'critical',
      50,
      [{ severity: 'critical', until: 1_000, reason: 'New' }],
    ],
    ['is made longer, and no lighter', 'info', 2_000, [{ severity: 'warning', until: 2_100, reason: 'New' }]],
    ['is left as it is by what is neither', 'info', 50, []],
    ['is made both', 'critical', 2_000, [{ severity: 'critical', until: 2_100, reason: 'New' }]],
  ])('%s', (_, severity, flagForMs, expected) => {
    expect(raised(severity, flagForMs)).toMatchObject(expected)
    expect(raised(severity, flagForMs)).toHaveLength(expected.length)
  })
})

describe('what people say of what they do', () => {
  it('is kept with it: why they have set the account so, and that they have looked', async () => {
    const floor = await Floor.open(QUIET)
    const account = 'account/paper'
    await floor.send(account, { type: 'REQUIRE_REVIEW', reason: 'odd fills' })
    await floor.send(account, { type: 'ACKNOWLEDGE_REVIEW', by: 'ann', note: 'a split' })
    await floor.send(account, {
      type: 'SET_TRADING_STATE',
      tradingState: 'halted',
      by: 'ann',
      reason: 'lunch',
    })
    await floor.send(account, { type: 'SET_TRADING_STATE', tradingState: 'active', by: 'ann' })
    expect(await floor.emitted('MANUAL_REVIEW_ACKNOWLEDGED')).toMatchObject([
      { by: 'ann', note: 'a split', reason: 'odd fills' },
    ])
    const interventions = await floor.emitted('MANUAL_INTERVENTION')
    expect(interventions.map(({ by, reason }) => [by, reason])).toEqual([
      ['ann', 'lunch'],
      ['ann', undefined],
    ])
  })
})
