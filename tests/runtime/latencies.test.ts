import { expect, it } from 'vitest'
import { Latencies } from '../../src/runtime/commit/latencies.ts'

it('tells the half, the slowest of a hundred and the longest of the last minute, and forgets what is older', () => {
  const latencies = new Latencies()
  expect(latencies.lastMinute(0)).toBeUndefined()
  for (let n = 0; n < 1_000; n++) latencies.note(500, 1_000)
  expect(latencies.lastMinute(2_000)).toMatchObject({ commits: 1_000 })
  for (let n = 1; n <= 100; n++) latencies.note(n === 100 ? 40 : n / 10, 65_000 + n)
  const { commits, p50Ms, p99Ms, maxMs } = latencies.lastMinute(66_000) ?? expect.fail()
  expect(commits).toBe(100)
  for (const [is, was] of [
    [p50Ms, 5],
    [p99Ms, 9.9],
    [maxMs, 40],
  ] as const)
    expect(Math.abs(is - was) / was).toBeLessThan(0.02)
  // The same piece of the ring, minutes later.
  latencies.note(1, 605_000)
  expect(latencies.lastMinute(606_000)).toMatchObject({ commits: 1 })
  expect(latencies.lastMinute(700_000)).toBeUndefined()
})
