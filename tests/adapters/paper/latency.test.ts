import { expect, it } from 'vitest'
import { openPaperVenue } from '../../../src/adapters/paper/paper-venue.ts'
import { header, message, OPTIONS, order } from './desk.ts'

const ORDERS = 60

/** The times at which orders that were sent at 1,000 are accepted, and are told to be, by id. */
async function timesWith(latency: { latencyMs: number; latencyMaxMs?: number }) {
  const venue = await openPaperVenue({ ...OPTIONS, ...latency })
  venue.onMarket(message(1, { type: 'QUOTE', at: 1_000, bid: '99', bidSize: '1', ask: '101', askSize: '1' }))
  for (let i = 0; i < ORDERS; i++)
    venue.place({ ...order({ ordType: 'LIMIT', price: '90' }), ...header(`o${i}`, 1_000) })
  venue.advance(2_000)
  await venue.flush()
  const times = venue.reportsAfter(0).map(({ at, report }) => ({
    id: 'clOrdId' in report ? report.clOrdId : '',
    accepted: report.at,
    told: at,
  }))
  await venue.close()
  return times
}

it('is the same for all without a longest one', async () => {
  const times = await timesWith({ latencyMs: 20 })
  expect(new Set(times.map(({ accepted, told }) => `${accepted} ${told}`))).toEqual(new Set(['1020 1040']))
  expect(await timesWith({ latencyMs: 20, latencyMaxMs: 5 })).toEqual(times)
})

it('varies up to the longest one: requests overtake each other, reports do not, and a second run is the same', async () => {
  const latency = { latencyMs: 10, latencyMaxMs: 40 }
  const times = await timesWith(latency)
  const took = times.map(({ accepted }) => accepted - 1_000)
  expect([Math.min(...took) >= 10, Math.max(...took) <= 40]).toEqual([true, true])
  expect(new Set(took).size).toBeGreaterThan(15)
  expect(times.map(({ id }) => id)).not.toEqual(Array.from({ length: ORDERS }, (_, i) => `o${i}`))
  expect(times.map(({ told }) => told)).toEqual(times.map(({ told }) => told).sort((a, b) => a - b))
  expect(await timesWith(latency)).toEqual(times)
})
