import { describe, expect, it } from 'vitest'
import { machines, type SymbolInput } from '../../machines/index.ts'
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

  it('says when funding falls due', async () => {
    const harness = new Harness()
    await harness.open({ machines })
    const { supervisor } = harness
    await supervisor.spawn('symbol', 'sim:X', { ...VENUE, intervals: ['1s'], staleAfterMs: 1_000 })
    await supervisor.send('symbol/sim:X', { type: 'FUNDING', at: 5, rate: '0.001', px: '100' })
    const told = (await harness.records()).flatMap((record) => record.emitted ?? [])
    expect(told).toMatchObject([{ type: 'FUNDING_UPDATE', at: 5, ...VENUE, rate: '0.001', px: '100' }])
  })
})
