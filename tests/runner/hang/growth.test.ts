import { describe, expect, it } from 'vitest'
import { fillsMemory, fillsText, nextGrowth, noGrowth } from '../../../src/runner/process/hang/growth.ts'

const MB = 2 ** 20
const seen = (...looks: [progress: string, megabytes: number][]) =>
  looks.reduce(
    (growth, [progress, megabytes]) => nextGrowth(growth, progress, megabytes * MB),
    noGrowth(900 * MB),
  )

describe('a step fills the memory', () => {
  it('when the process has taken much since it began, and what was there before does not count', () => {
    expect(fillsMemory(seen(['1/1', 900]))).toBe(false)
    expect(fillsMemory(seen(['1/1', 900], ['1/1', 1_027]))).toBe(false)
    expect(fillsMemory(seen(['1/1', 900], ['1/1', 1_028]))).toBe(true)
  })

  it('when it had taken it before it was first seen, but not at the first look: that may be of others', () => {
    expect(fillsMemory(seen(['1/1', 100], ['1/2', 300]))).toBe(false)
    expect(fillsMemory(seen(['1/1', 100], ['1/2', 300], ['1/2', 300]))).toBe(true)
    expect(fillsMemory(seen(['1/1', 400], ['1/2', 300], ['1/2', 400]))).toBe(false)
  })

  it('when it had taken it before the thread looked for the first time', () => {
    const late = nextGrowth(noGrowth(100 * MB), '1/1', 300 * MB)
    expect([late, nextGrowth(late, '1/1', 300 * MB)].map(fillsMemory)).toEqual([false, true])
  })

  it('also where the process gives some back meanwhile, and not when it gets on', () => {
    const growth = seen(['1/1', 100], ['1/1', 300], ['1/1', 150])
    expect([fillsMemory(growth), fillsText(growth, 'dip/btc', 'TRADE')]).toEqual([
      true,
      'the process ended while dip/btc was at work on TRADE and had taken 200 MiB of memory for it',
    ])
    expect(fillsMemory(nextGrowth(growth, '1/2', 900 * MB))).toBe(false)
  })
})
