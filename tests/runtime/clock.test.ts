import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EventClock, SystemClock } from '../../src/runtime/clock.ts'

describe('the system clock', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000 }))
  afterEach(() => void vi.useRealTimers())

  it('wakes when it is time, and only for what was asked last', () => {
    const clock = new SystemClock()
    const heard: string[] = []
    clock.wakeAt(1_500, () => heard.push('replaced'))
    clock.wakeAt(1_200, () => heard.push('due'))
    vi.advanceTimersByTime(199)
    expect(heard).toEqual([])
    vi.advanceTimersByTime(1_000)
    expect(heard).toEqual(['due'])
    clock.wakeAt(3_000, () => heard.push('taken back'))
    clock.wakeAt(undefined, () => {})
    vi.advanceTimersByTime(10_000)
    expect([heard, clock.now()]).toEqual([['due'], 11_199 + 1_000])
  })

  it('waits longer than a timeout can, and is not late for what is past', () => {
    const clock = new SystemClock()
    const heard: number[] = []
    const farOff = 1_000 + 40 * 24 * 3_600_000
    clock.wakeAt(farOff, () => heard.push(clock.now()))
    vi.advanceTimersByTime(30 * 24 * 3_600_000)
    expect(heard).toEqual([])
    vi.advanceTimersByTime(10 * 24 * 3_600_000)
    expect(heard).toEqual([farOff])
    clock.wakeAt(5, () => heard.push(5))
    vi.advanceTimersByTime(0)
    expect(heard).toEqual([farOff, 5])
  })
})

describe('event time', () => {
  it('stops at each due moment on its way, and never goes back', () => {
    const clock = new EventClock(10)
    const heard: number[] = []
    const again = () => {
      heard.push(clock.now())
      if (heard.length < 3) clock.wakeAt(clock.now() + 10, again)
    }
    clock.wakeAt(15, again)
    clock.advanceTo(26)
    expect([heard, clock.now(), clock.dueAt]).toEqual([[15, 25], 26, 35])
    clock.advanceTo(3)
    expect(clock.now()).toBe(26)
    clock.wakeAt(undefined, again)
    clock.advanceTo(100)
    expect(heard).toEqual([15, 25])
  })
})
