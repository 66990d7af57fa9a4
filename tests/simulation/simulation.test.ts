import { describe, expect, it } from 'vitest'
import { howMany, SEED } from '../seeded.ts'
import { simulate } from './simulation.ts'

const worlds = howMany('WORLDS', 3)
const CRASHES = ['in a commit', 'in a release', 'before a port', 'fenced', 'at any moment']
const REPORTS = [
  'NEW',
  'TRADE',
  'TRADE_CANCEL',
  'REPLACED',
  'CANCELED',
  'EXPIRED',
  'REJECTED',
  'ORDER_CANCEL_REJECT',
]
const durationMs = 180_000

describe('a world in which everything goes wrong', () => {
  it(`keeps the laws and becomes idle, ${worlds} times from seed ${SEED}`, async () => {
    const crashes: Record<string, number> = {}
    const reports: Record<string, number> = {}
    const areMissing = () => CRASHES.some((why) => !crashes[why]) || REPORTS.some((type) => !reports[type])
    // One world in three has no failed write, so more worlds run until each fault has happened once.
    for (let n = 0; n < worlds || (n < 3 * worlds && areMissing()); n++) {
      const outcome = await simulate({ seed: SEED + n, durationMs }).catch((cause) => {
        throw new Error(`seed ${SEED + n}: ${cause.message}`, { cause })
      })
      expect(outcome.orders).toBeGreaterThan(3)
      for (const [why, times] of Object.entries(outcome.crashes)) crashes[why] = (crashes[why] ?? 0) + times
      for (const [type, times] of Object.entries(outcome.reports))
        reports[type] = (reports[type] ?? 0) + times
    }
    for (const why of CRASHES) expect(crashes[why], why).toBeGreaterThan(0)
    for (const type of REPORTS) expect(reports[type], type).toBeGreaterThan(0)
  })

  it('is the same one for the same seed', async () => {
    const again = { seed: SEED, durationMs: 60_000 }
    expect(await simulate(again)).toEqual(await simulate(again))
  })
})
