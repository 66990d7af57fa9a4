/** A strategy that is released from quarantine knows what became of its trade meanwhile, and trades on. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineStrategy, type Signal } from '../../machines/index.ts'
import { Floor } from '../machines/floor.ts'

const FAILS_AT = 4

/** Buys whenever it holds nothing, gets out as soon as it is asked again, and fails once, while it holds. */
const careless = () => {
  let isMended = false
  const strategy = defineStrategy({
    name: 'careless',
    version: '1',
    description: 'Fails while it holds something.',
    params: z.object({}),
    initial: () => ({ n: 0 }),
    next: ({ n }) => ({ n: n + 1 }),
    values: ({ n }) => ({ n }),
    decide: ({ is, side }): Signal | undefined => {
      if (side === undefined) return { do: 'enter', side: 'BUY', reason: 'flat', stopPx: 90 }
      if (is.n >= FAILS_AT && !isMended) throw new Error('a figure is missing')
      return isMended ? { do: 'exit', reason: 'mended' } : undefined
    },
  })
  const mend = () => {
    isMended = true
  }
  return { strategy, mend }
}

async function candles(floor: Floor, ...prices: number[]): Promise<void> {
  for (const px of prices) {
    await floor.pass(900)
    await floor.price(String(px))
  }
}

/** In quarantine while it holds one, with its stop at 90. */
async function failedWhileHolding() {
  const { strategy, mend } = careless()
  const mine = { id: 's', type: './careless.ts', symbol: 'BTCUSDT', interval: '1s', orderQty: '1' }
  const floor = await Floor.open({ strategies: [mine] }, { './careless.ts': strategy })
  await candles(floor, 100, 100, 100, 100, 100, 100)
  expect(await floor.harness.supervisor.view('careless/s')).toMatchObject({
    condition: 'quarantined',
    value: { trade: 'holding' },
  })
  return { floor, mend }
}

describe('a strategy that is released from quarantine', () => {
  it('goes on with what it holds, where nothing became of that', async () => {
    const { floor, mend } = await failedWhileHolding()
    mend()
    await floor.harness.supervisor.release('careless/s')
    await candles(floor, 100, 100, 100)
    expect((await floor.emitted('TRADE_CYCLE_COMPLETED')).length).toBeGreaterThan(0)
  })

  it('trades on, where its stop was hit meanwhile', async () => {
    const { floor, mend } = await failedWhileHolding()
    await candles(floor, 89, 100)
    expect(floor.value('list/paper:s-1')).toBe('done')
    mend()
    await floor.harness.supervisor.release('careless/s')
    await candles(floor, 100, 100, 100, 100, 100)
    expect((await floor.emitted('TRADE_PROPOSED')).length).toBeGreaterThan(1)
    // Bought at 100.01 and sold at 88.99: it counts what was filled while it took nothing.
    expect((await floor.emitted('TRADE_CYCLE_COMPLETED'))[0]).toMatchObject({ pnl: '-11.02', cycles: 1 })
  })
})
