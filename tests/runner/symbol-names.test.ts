/** What a market calls its symbols becomes part of addresses. An adapter that does not translate them is told so. */
import { describe, expect, it } from 'vitest'
import type { MarketSource } from '../../src/adapters/market-source.ts'
import { symbolIssues, venueAndSymbols } from '../../src/runner/actors/instruments.ts'
import { loadConfig } from '../../src/runner/config/load.ts'

const config = { ...loadConfig({ env: {} }), strategies: [] }

describe('the symbols of a market', () => {
  it.each(['XBT/USD', 'BTC USD', '', 'a\u0301'.normalize('NFD')])('cannot be called "%s"', (symbol) => {
    expect(symbolIssues(config, { venue: 'kraken', symbols: ['XBT-USD', symbol] })).toEqual([
      { field: 'market', rule: expect.stringContaining(`"${symbol}"`) },
    ])
  })

  it.each(['XBT-USD', 'BTC:PERP', '币安人生USDT'])('may be called "%s"', (symbol) => {
    const market = { name: 'm', instruments: [`v:${symbol}`] } as unknown as MarketSource
    expect(venueAndSymbols(market)).toEqual({ venue: 'v', symbols: [symbol] })
    expect(symbolIssues(config, { venue: 'v', symbols: [symbol] })).toEqual([])
  })
})
