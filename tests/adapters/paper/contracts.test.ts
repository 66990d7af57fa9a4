import { describe, expect, it } from 'vitest'
import { type InstrumentInput, instrument } from '../../../machines/index.ts'
import { Desk } from './desk.ts'

const FUNDING = { type: 'FUNDING', rate: '0.001', px: '100' } as const

async function open(terms: Partial<InstrumentInput>, openingBalances: Record<string, string>): Promise<Desk> {
  const instruments = [instrument.parse({ symbol: 'BTCUSDT', ...terms })]
  const fees = { takerFee: '0.001', makerFee: '0' }
  const desk = await Desk.open({ ...fees, instruments, openingBalances })
  desk.quote('100', '100', ['100', '100'])
  return desk
}

async function balances(desk: Desk): Promise<Readonly<Record<string, string>>> {
  await desk.venue.flush()
  return desk.venue.balances()
}

describe('the books of the paper venue', () => {
  it('of spot are both assets, and commission on what was paid', async () => {
    const desk = await open({}, { USDT: '1000' })
    desk.place('in', { orderQty: '2' })
    expect(await balances(desk)).toEqual({ USDT: '799.8', BTC: '2' })
  })

  it.each(['constructor', 'toString', 'hasOwnProperty'])(
    'of an asset called %s are as of any other',
    async (asset) => {
      const symbol = `${asset}USDT`
      const desk = await Desk.open({ openingBalances: { USDT: '1000' } })
      const quote = { bid: '100', ask: '100', bidSize: '100', askSize: '100' }
      desk.show({ type: 'QUOTE', at: ++desk.at, ...quote }, symbol)
      desk.place('in', { symbol, orderQty: '2' })
      expect(await balances(desk)).toEqual({ USDT: '799.8', [asset]: '2' })
    },
  )

  it('of a linear contract are what closing it brings, and commission on what it is worth', async () => {
    const desk = await open({ contract: 'linear', multiplier: '0.1' }, { USDT: '1000' })
    desk.place('in', { orderQty: '20' })
    expect(await balances(desk)).toEqual({ USDT: '999.8' })
    desk.quote('110', '110', ['100', '100'])
    desk.place('out', { side: 'SELL', orderQty: '20' })
    // 2 units of the asset gained 10 each; commission was 0.2 and 0.22.
    expect(await balances(desk)).toEqual({ USDT: '1019.58' })
  })

  it('of an inverse one are in the base asset', async () => {
    const desk = await open({ contract: 'inverse', multiplier: '100' }, { BTC: '10' })
    desk.place('in', { orderQty: '4' })
    expect(await balances(desk)).toEqual({ BTC: '9.996' })
    desk.quote('200', '200', ['100', '100'])
    desk.place('out', { side: 'SELL', orderQty: '4' })
    // 400 dollars were 4 coins and are 2.
    expect(await balances(desk)).toEqual({ BTC: '11.994' })
  })

  it.each<[string, object, string, string]>([
    ['who is long pays', {}, '-0.2', '999.6'],
    ['who is short is paid', { side: 'SELL' }, '0.2', '1000'],
  ])('take funding: %s', async (_, terms, change, balance) => {
    const desk = await open({ contract: 'linear' }, { USDT: '1000' })
    desk.place('in', { orderQty: '2', ...terms })
    await desk.said()
    desk.show({ ...FUNDING, at: ++desk.at })
    expect(await desk.said()).toEqual([`BTCUSDT FUNDING_FEE ${change}`])
    expect(await balances(desk)).toEqual({ USDT: balance })
  })

  it('take funding of each side of a hedge, and none of what is closed or is no contract', async () => {
    const desk = await open({ contract: 'linear' }, { USDT: '1000' })
    desk.show({ ...FUNDING, at: ++desk.at })
    desk.place('long', { orderQty: '2', positionSide: 'LONG' })
    desk.place('short', { orderQty: '1', side: 'SELL', positionSide: 'SHORT' })
    await desk.said()
    desk.show({ ...FUNDING, at: ++desk.at })
    const reports = await desk.reports()
    expect(reports).toMatchObject([
      { actor: 'account/binance', report: { positionSide: 'LONG', asset: 'USDT', change: '-0.2' } },
      { actor: 'account/binance', report: { positionSide: 'SHORT', asset: 'USDT', change: '0.1' } },
    ])
    expect(desk.venue.movementsSince(desk.at)).toEqual(reports)
    const spot = await open({}, { USDT: '1000' })
    spot.place('in')
    await spot.said()
    spot.show({ ...FUNDING, at: ++spot.at })
    expect(await spot.said()).toEqual([])
  })
})
