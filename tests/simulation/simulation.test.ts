import { describe, expect, it } from 'vitest'
import { simulate } from './simulation.ts'

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9))
const worlds = Number(process.env.SIMULATIONS ?? 20)
const durationMs = 180_000

describe('a world in which everything goes wrong', () => {
  it(`keeps the laws and comes to rest, ${worlds} times from seed ${seed}`, async () => {
    const crashes: Record<string, number> = {}
    const reports: Record<string, number> = {}
    for (let n = 0; n < worlds; n++) {
      const outcome = await simulate({ seed: seed + n, durationMs }).catch((cause) => {
        throw new Error(`seed ${seed + n}: ${cause.message}`, { cause })
      })
      expect(outcome.orders).toBeGreaterThan(3)
      for (const [why, times] of Object.entries(outcome.crashes)) crashes[why] = (crashes[why] ?? 0) + times
      for (const [type, times] of Object.entries(outcome.reports))
        reports[type] = (reports[type] ?? 0) + times
    }
    for (const why of ['in a commit', 'in a release', 'before a port', 'fenced', 'at any moment'])
      expect(crashes[why], why).toBeGreaterThan(0)
    for (const type of [
      'NEW',
      'TRADE',
      'TRADE_CANCEL',
      'REPLACED',
      'CANCELED',
      'EXPIRED',
      'REJECTED',
      'ORDER_CANCEL_REJECT',
    ])
      expect(reports[type], type).toBeGreaterThan(0)
  }, 600_000)

  it('is the same one for the same seed', async () => {
    const again = { seed, durationMs }
    expect(await simulate(again)).toEqual(await simulate(again))
  }, 120_000)
})
