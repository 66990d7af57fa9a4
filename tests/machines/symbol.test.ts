import { describe, expect, it } from 'vitest'
import { type Fill, machines, type SymbolInput } from '../../machines/index.ts'
import { Harness } from '../runtime/harness.ts'

const VENUE = { venue: 'sim', symbol: 'X' }
const TRADE = { type: 'TRADE', at: 1, tradeId: 't1', px: '100', qty: '1', aggressor: 'BUY' }
const QUOTE = { type: 'QUOTE', at: 2, bid: '99', bidSize: '3', ask: '101', askSize: '4' }
const ORDER_BOOK = { type: 'ORDER_BOOK', at: 3, updateId: 7, bids: [['99', '3']], asks: [['101', '4']] }

async function emitted(emit: SymbolInput['emit']) {
  const harness = new Harness()
  await harness.open({ machines })
  const input = { ...VENUE, intervals: ['1s'], staleAfterMs: 1_000, ...(emit && { emit }) }
  await harness.supervisor.spawn('symbol', 'sim:X', input)
  for (const event of [TRADE, QUOTE, ORDER_BOOK]) await harness.supervisor.send('symbol/sim:X', event)
  return (await harness.records()).flatMap((record) => record.emitted ?? [])
}

describe('a symbol', () => {
  it('emits ticks alone, and not all that comes', async () => {
    expect((await emitted(undefined)).map(({ type }) => type)).toEqual(['MARKET_TICK'])
  })

  it('emits all of what it is configured to', async () => {
    const { type: _trade, ...trade } = TRADE
    const { type: _quote, ...quote } = QUOTE
    const { type: _book, ...book } = ORDER_BOOK
    expect((await emitted(['trade', 'quote', 'orderBook'])).slice(1)).toEqual([
      { type: 'MARKET_TRADE', ...VENUE, ...trade },
      { type: 'MARKET_QUOTE', ...VENUE, ...quote },
      { type: 'MARKET_ORDER_BOOK', ...VENUE, ...book },
    ])
  })

  it('passes funding on to what is held', async () => {
    const harness = new Harness()
    await harness.open({ machines })
    const { supervisor } = harness
    await supervisor.spawn('symbol', 'sim:X', { ...VENUE, intervals: ['1s'], staleAfterMs: 1_000 })
    const limits = { orderNotionalMax: '1000', openOrdersMax: 9 }
    await supervisor.spawn('account', 'sim', { venue: 'sim', balance: '1000', limits })
    await supervisor.spawn('position', 'sim:X', { ...VENUE, contract: 'linear', settleAsset: 'USDT' })
    const fill: Fill = {
      type: 'FILL',
      at: 1,
      order: 'order/o',
      tradeId: 't1',
      ...VENUE,
      side: 'BUY',
      ordType: 'MARKET',
      lastQty: '2',
      lastPx: '100',
      commission: '0',
      commissionAsset: 'USDT',
    }
    await supervisor.send('position/sim:X', fill)
    await supervisor.send('symbol/sim:X', { type: 'FUNDING', at: 5, rate: '0.001', px: '100' })
    expect(harness.context('position/sim:X')).toMatchObject({ funding: '-0.2' })
    const told = (await harness.records()).flatMap((record) => record.emitted ?? []).slice(-3)
    expect(told).toMatchObject([
      { type: 'FUNDING_UPDATE', at: 5, ...VENUE, rate: '0.001', px: '100' },
      { type: 'POSITION_MODIFIED', at: 5, reason: 'funding' },
      { type: 'BALANCE_CHANGED', at: 5, asset: 'USDT', change: '-0.2', balance: '999.8' },
    ])
  })
})
