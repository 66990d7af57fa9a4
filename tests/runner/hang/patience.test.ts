import { describe, expect, it } from 'vitest'
import { mainSleeps } from '../../../src/runner/process/hang/main-sleeps.ts'
import { isOver, nextPatience, PATIENT, type Seen } from '../../../src/runner/process/hang/patience.ts'

const works: Seen = { sleeps: false, isEnding: false }
const sleeps: Seen = { sleeps: true, isEnding: false }
const ends: Seen = { sleeps: true, isEnding: true }
const isOverAfter = (...seen: [count: number, seen: Seen][]) => {
  const looks = seen.flatMap(([count, one]) => Array<Seen>(count).fill(one))
  return isOver(looks.reduce(nextPatience, PATIENT))
}

describe('nothing can interrupt a thread', () => {
  it('that sleeps for 3 s without a break', () => {
    expect(isOverAfter([29, sleeps])).toBe(false)
    expect(isOverAfter([30, sleeps])).toBe(true)
    expect(isOverAfter([29, sleeps], [1, works], [29, sleeps])).toBe(false)
  })

  it.each([works, { ...works, sleeps: undefined }])('that does not answer for 30 s, %j', (seen) => {
    expect(isOverAfter([299, seen])).toBe(false)
    expect(isOverAfter([300, seen])).toBe(true)
  })

  it('that begins to end only if it does not end for 30 s more, although it sleeps', () => {
    expect(isOverAfter([29, sleeps], [300, ends])).toBe(false)
    expect(isOverAfter([299, works], [300, ends])).toBe(false)
    expect(isOverAfter([299, works], [301, ends])).toBe(true)
  })
})

it.runIf(process.platform === 'linux')('a main thread that runs does not sleep', () => {
  expect(mainSleeps()).toBe(false)
})
