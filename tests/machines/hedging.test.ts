import { describe, expect, it } from 'vitest'
import { Floor } from './floor.ts'

const HEDGED = {
  account: { positionMode: 'hedging' },
  watchdog: { stopPct: '4', graceMs: 1_000 },
  reconciliation: { everyMs: 30_000, settleMs: 1_000 },
}
const held = (floor: Floor, side: string) =>
  (floor.harness.context(`position/paper:BTCUSDT:${side}`) as { quantity: string }).quantity

describe('a hedging account', () => {
  it('holds a long and a short of one symbol apart, each with a watchdog, as the venue does', async () => {
    const floor = await Floor.open(HEDGED)
    await floor.order('l', { positionSide: 'LONG' })
    await floor.order('s', { positionSide: 'SHORT', side: 'SELL', orderQty: '1' })
    expect([held(floor, 'LONG'), held(floor, 'SHORT')]).toEqual(['2', '-1'])
    await floor.pass(1_100)
    expect(Object.values(floor.working()).sort()).toEqual(['1 at 103.98', '2 at 96.01'])
    await floor.send('reconciliation/paper', { type: 'RECONCILE', reason: 'test' })
    await floor.pass(2_000)
    expect(await floor.emitted('RECONCILIATION_COMPLETED')).toMatchObject([{ discrepancies: 0 }])
    await floor.order('out', { positionSide: 'LONG', side: 'SELL', reduceOnly: true })
    expect([held(floor, 'LONG'), held(floor, 'SHORT')]).toEqual(['0', '-1'])
  })

  it.each<[string, object, object]>([
    ['for none of the two', {}, { check: 'positionSide', limit: 'LONG or SHORT', value: 'none' }],
    [
      'that would take a long through zero',
      { positionSide: 'LONG', side: 'SELL' },
      { check: 'positionSide', limit: '0', value: '2' },
    ],
  ])('refuses an order %s', async (_, change, refusal) => {
    const floor = await Floor.open(HEDGED)
    await floor.order('o', change)
    expect(await floor.emitted('RISK_REJECTED')).toMatchObject([refusal])
  })

  it('pays and is paid funding for each of them, once', async () => {
    const instruments = [{ symbol: 'BTCUSDT', contract: 'linear' }]
    const floor = await Floor.open({ ...HEDGED, watchdog: { enabled: false }, instruments })
    await floor.price('100')
    await floor.order('l', { positionSide: 'LONG' })
    await floor.order('s', { positionSide: 'SHORT', side: 'SELL', orderQty: '1' })
    await floor.funding('0.001', '110')
    floor.loseReports('CASH_FLOW_REPORT')
    await floor.funding('-0.002', '100')
    const paid = (side: string) =>
      (floor.harness.context(`position/paper:BTCUSDT:${side}`) as { funding: string }).funding
    expect([paid('LONG'), paid('SHORT')]).toEqual(['-0.22', '0.11'])
    await floor.send('reconciliation/paper', { type: 'RECONCILE', reason: 'test' })
    await floor.pass(2_000)
    expect([paid('LONG'), paid('SHORT')]).toEqual(['0.18', '-0.09'])
    expect(await floor.emitted('RECONCILIATION_COMPLETED')).toMatchObject([{ discrepancies: 0, repaired: 1 }])
  })

  it('is what a netting one is not', async () => {
    const floor = await Floor.open()
    await floor.order('o', { positionSide: 'LONG' })
    expect(await floor.emitted('RISK_REJECTED')).toMatchObject([
      { check: 'positionSide', limit: 'none', value: 'LONG' },
    ])
  })

  it('has strategies say which side they are on', async () => {
    const strategy = {
      id: 's',
      type: 'emaCross',
      symbol: 'BTCUSDT',
      interval: '1s',
      fast: 1,
      slow: 2,
      orderQty: '2',
    }
    const floor = await Floor.open({ ...HEDGED, symbol: { intervals: ['1s'] }, strategies: [strategy] })
    for (const px of [100, 99, 101, 102]) {
      await floor.pass(1_000)
      await floor.price(String(px))
    }
    await floor.pass()
    expect(held(floor, 'LONG')).toBe('2')
  })
})
