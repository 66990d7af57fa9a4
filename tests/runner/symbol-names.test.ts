/** What a market calls its symbols becomes part of addresses. An adapter that does not translate them is told so. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import type { MarketSource } from '../../src/adapters/market-source.ts'
import { symbolIssues, venueAndSymbols } from '../../src/runner/actors/instruments.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-symbols-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

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

describe('a symbol with a colon', () => {
  /** Enters once, and holds. */
  const HOLDS = fileURLToPath(new URL('../faults/bracket/strategy.ts', import.meta.url))
  const nothing = () => {}
  const LOGGER = { debug: nothing, info: nothing, warn: nothing, error: nothing }

  it.each([
    ['netting', 'BTC:USDT', undefined],
    ['hedging', 'BTC:USDT', 'LONG'],
    ['netting', 'LONG:USDT', undefined],
  ])('is held %s as %s, and the venue and the account agree on it', async (positionMode, symbol, side) => {
    const terms = { interval: '1s', orderQty: '0.01', distancePct: 50 }
    const runner = await startRunner(
      loadConfig({
        flags: {
          data: join(folder, `${positionMode}-${symbol}`),
          market: {
            source: 'sim',
            startAt: 1_700_000_000_000,
            speed: 'max',
            durationMs: 15_000,
            symbols: [{ symbol, startPx: '60000.00', tickSize: '0.01', lotSize: '0.0001' }],
          },
          server: { enabled: false },
          account: { positionMode },
          reconciliation: { everyMs: 5_000 },
          strategies: [{ id: 'a', type: HOLDS, symbol, ...terms }],
        },
      }),
      LOGGER,
    )
    await runner.ended
    const { supervisor } = runner
    const held = `position/sim:${symbol}${side === undefined ? '' : `:${side}`}`
    expect(supervisor.getSnapshot(held)?.context).toMatchObject({ symbol, quantity: '0.01' })
    const looks: unknown[] = []
    for await (const { emitted = [] } of supervisor.history('reconciliation/sim'))
      for (const one of emitted) if (one.type === 'RECONCILIATION_COMPLETED') looks.push(one.discrepancies)
    expect(looks).toEqual([0, 0, 0])
    expect(supervisor.quarantined).toEqual([])
    await runner.stop('enough', 'test')
  })
})
