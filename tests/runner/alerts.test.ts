import { expect, it } from 'vitest'
import { alert } from '../../src/runner/reports/alerts.ts'
import type { Logger } from '../../src/runtime/logger.ts'
import { Floor } from '../machines/floor.ts'

async function alertsOf(floor: Floor): Promise<readonly string[]> {
  const told: string[] = []
  const nothing = () => {}
  const warn: Logger['warn'] = (_, message) => void told.push(message)
  for (const record of await floor.harness.records())
    alert(record, { debug: nothing, info: nothing, error: nothing, warn })
  return told
}

it('people hear of a breaker, a review, a halt, a missing stop and books that differ, and of nothing else', async () => {
  const limits = { orderNotionalMax: '10000', openOrdersMax: 5, dailyLossMax: '10' }
  const reconciliation = { settleMs: 1_000, balances: 'report' }
  const floor = await Floor.open({ account: { limits }, watchdog: { graceMs: 500 }, reconciliation })
  await floor.order('o')
  await floor.pass(1_000)
  for (const px of ['94', '94']) {
    await floor.pass(1_000)
    await floor.price(px)
  }
  await floor.send('account/paper', { type: 'SET_TRADING_STATE', tradingState: 'halted', by: 'ann' })
  floor.deposit('USDT', '7')
  await floor.send('reconciliation/paper', { type: 'RECONCILE', reason: 'test' })
  for (let look = 1; look <= 3; look++) await floor.pass(1_000)
  const books = {
    symbol: 'BTCUSDT',
    orderQty: '2',
    cumQty: '0',
    leavesQty: '2',
    avgPx: '0',
    ordStatus: 'NEW',
  }
  const report = { execType: 'NEW', clOrdId: 'o', venueOrderId: 'v9', execId: 'x9', side: 'SELL', ...books }
  await floor.send('order/o', { type: 'EXECUTION_REPORT', ...report })
  expect(await alertsOf(floor)).toEqual([
    'BTCUSDT: of 2 held, live stops cover 0',
    expect.stringMatching(/circuit breaker has tripped at dailyLossMax .*reducing until SET_TRADING_STATE/),
    expect.stringContaining('ACKNOWLEDGE_REVIEW: dailyLossMax'),
    'the account is halted: ann has set it so',
    "the venue's books and ours differ in 1 places",
    'order/o: its venue has another order under this id, SELL 2 BTCUSDT',
  ])
})

it('people hear of positions that they have asked to close and that are open half a minute later', async () => {
  const floor = await Floor.open({ watchdog: { graceMs: 900_000 } })
  await floor.order('o')
  await floor.price('100', '0.5')
  await floor.send('account/paper', { type: 'FLATTEN', by: 'ann' })
  await floor.pass(31_000)
  expect(await alertsOf(floor)).toEqual([
    'the account is reducing: ann has set it so',
    'BTCUSDT: 1.5 is not closed yet, an exit works at the venue',
    'not flat after 30 seconds, and still at it: positions open 1, orders at work 1',
  ])
})
