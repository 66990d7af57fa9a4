import { setImmediate as soon } from 'node:timers'
import { firstValueFrom, toArray } from 'rxjs'
import { expect, it } from 'vitest'
import type { MarketMessage, MarketOpenOptions } from '../../src/adapters/market-source.ts'
import { createSimMarket } from '../../src/adapters/sim/sim.ts'

const HOUR_MS = 3_600_000
const GRID = { startPx: '100', tickSize: '0.01', lotSize: '0.001' }
const SYMBOLS = [
  { symbol: 'BTCUSDT', ...GRID, fundingRate: '0.0001' },
  { symbol: 'ETHUSDT', ...GRID },
]

function play(after = 0): Promise<readonly MarketMessage[]> {
  const time = { startAt: 7 * HOUR_MS, durationMs: 10 * HOUR_MS, ratePerSecond: 0.01 }
  return firstValueFrom(
    createSimMarket({ seed: 1, symbols: SYMBOLS, ...time })
      .open({ after })
      .pipe(toArray()),
  )
}

it('a simulated market has funding fall due every 8 hours, where a symbol has any', async () => {
  const messages = await play()
  const due = messages.filter(({ event }) => event.type === 'FUNDING')
  expect(due.map(({ symbol, at }) => [symbol, Math.floor(at / HOUR_MS)])).toEqual([
    ['BTCUSDT', 8],
    ['BTCUSDT', 16],
  ])
  expect(due[0]?.event).toMatchObject({ rate: '0.0001', px: expect.stringMatching(/^\d/) })
  const first = (due[0] as MarketMessage).position
  expect(await play(first - 1)).toEqual(messages.slice(first - 1))
})

it('a simulated market without a beginning of its own goes on where it was, whenever it is opened again', async () => {
  const market = () => createSimMarket({ seed: 1, symbols: SYMBOLS, ratePerSecond: 0.7, durationMs: 60_000 })
  const all = (options: MarketOpenOptions) => firstValueFrom(market().open(options).pipe(toArray()))
  const beganAt = 7 * HOUR_MS
  const messages = await all({ beganAt })
  expect(messages[0]?.at).toBe(beganAt)
  expect(await all({ beganAt, after: 10, seen: 30, endedAt: messages[29]?.at })).toEqual(messages.slice(10))
})

it('a simulated market never goes back behind the end of its log', async () => {
  const market = createSimMarket({ seed: 1, symbols: SYMBOLS, ratePerSecond: 0.7, durationMs: 60_000 })
  const endedAt = 9 * HOUR_MS
  const open = { beganAt: 7 * HOUR_MS, endedAt, after: 30 }
  const [first] = await firstValueFrom(market.open(open).pipe(toArray()))
  expect(first?.at).toBeGreaterThanOrEqual(endedAt)
  expect(first?.at).toBeLessThanOrEqual(endedAt + 1)
})

it('a simulated market that goes on after many messages leaves time for all else meanwhile', async () => {
  const market = createSimMarket({ seed: 1, symbols: SYMBOLS, ratePerSecond: 1, startAt: 7 * HOUR_MS })
  let rounds = 0
  let isWaiting = true
  const round = () => {
    rounds++
    if (isWaiting) soon(round)
  }
  soon(round)
  const { position } = await firstValueFrom(market.open({ after: 300_000 }))
  isWaiting = false
  expect(position).toBe(300_001)
  expect(rounds).toBeGreaterThanOrEqual(30)
})
