import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EventClock, SystemClock } from '../../src/runtime/time/clock.ts'
import { MachineTime } from '../../src/runtime/time/machine-time.ts'
import { FakeMachine } from './machine.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

describe('the system clock', () => {
  let machine: FakeMachine
  beforeEach(() => {
    machine = new FakeMachine()
  })
  afterEach(() => void vi.useRealTimers())

  it('wakes on time, and only for the last request', () => {
    const clock = new SystemClock(machine)
    const start = clock.now()
    const heard: string[] = []
    clock.wakeAt(start + 500, () => heard.push('replaced'))
    clock.wakeAt(start + 200, () => heard.push('due'))
    machine.pass(199)
    expect(heard).toEqual([])
    machine.pass(1_000)
    expect(heard).toEqual(['due'])
    clock.wakeAt(start + 2_000, () => heard.push('taken back'))
    clock.wakeAt(undefined, () => {})
    machine.pass(10_000)
    expect([heard, clock.now() - start]).toEqual([['due'], 199 + 11_000])
  })

  it('waits longer than a timeout can, and wakes at once for a past time', () => {
    const clock = new SystemClock(machine, DAY)
    const start = clock.now()
    const heard: number[] = []
    clock.wakeAt(start + 40 * DAY, () => heard.push(clock.now() - start))
    machine.pass(30 * DAY)
    expect(heard).toEqual([])
    machine.pass(10 * DAY)
    expect(heard).toEqual([40 * DAY])
    clock.wakeAt(5, () => heard.push(5))
    machine.pass(0)
    expect(heard).toEqual([40 * DAY, 5])
  })

  it.each([-HOUR, -DAY, HOUR, DAY, 365 * DAY])(
    'wakes neither late nor early when it is set by %i ms',
    (byMs) => {
      const clock = new SystemClock(machine)
      const heard: number[] = []
      const start = machine.realMs
      clock.wakeAt(clock.now() + 5_000, () => heard.push(machine.realMs - start))
      machine.pass(2_000)
      machine.setClock(byMs)
      machine.pass(20_000)
      expect(heard).toEqual([5_000])
    },
  )

  it('goes on ahead of the system when the system is set back', () => {
    const clock = new SystemClock(machine)
    const start = clock.now()
    machine.setClock(-HOUR)
    machine.pass(10_000)
    expect([clock.now() - start, clock.aheadMs]).toEqual([10_000, HOUR])
    // The log's time stays ahead until the system's clock has passed it.
    machine.setClock(3 * HOUR)
    machine.pass(10_000)
    expect([clock.now() - start, clock.aheadMs]).toEqual([20_000 + 2 * HOUR, 0])
  })

  it('reports once that the system was set, and follows on request', async () => {
    const clock = new SystemClock(machine)
    let told = 0
    clock.watch(() => told++)
    const start = clock.now()
    machine.setClock(DAY)
    machine.pass(3_000)
    await Promise.resolve()
    expect([told, clock.now() - start]).toEqual([1, 3_000])
    expect(clock.follow()).toEqual({ byMs: DAY, forwardMs: DAY })
    expect(clock.follow()).toBeUndefined()
    expect(clock.now() - start).toBe(3_000 + DAY)
    machine.pass(60_000)
    await Promise.resolve()
    expect(told).toBe(1)
    clock.watch(undefined)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('counts the time that the machine sleeps', () => {
    const clock = new SystemClock(machine)
    const start = clock.now()
    let jumps = 0
    const heard: number[] = []
    clock.watch(() => jumps++)
    clock.wakeAt(start + HOUR, () => heard.push(clock.now() - start))
    machine.sleep(2 * HOUR)
    machine.pass(2_000)
    expect(heard.map((ms) => Math.floor(ms / HOUR))).toEqual([2])
    expect([jumps, clock.now() - start]).toEqual([0, 2 * HOUR + 2_000])
  })

  it('is corrected without a jump when it runs a little fast or slow', () => {
    for (const perSecond of [0.4, -0.4]) {
      const clock = new SystemClock(machine)
      let jumps = 0
      clock.watch(() => jumps++)
      let last = clock.now()
      for (let seconds = 0; seconds < 3_600; seconds++) {
        machine.setClock(perSecond)
        machine.pass(1_000)
        const now = clock.now()
        if (now < last) throw new Error(`${now} after ${last}`)
        last = now
      }
      expect(jumps).toBe(0)
      expect(Math.abs(clock.now() - machine.wall())).toBeLessThanOrEqual(2)
      clock.watch(undefined)
    }
  })

  it('goes on within one boot, and notices a jump while no process ran', async () => {
    const before = new SystemClock(machine)
    const shown = before.now()
    const { state } = before
    machine.pass(1_000)
    machine.setClock(HOUR)
    const clock = new SystemClock(machine)
    const jumps: unknown[] = []
    clock.watch(() => jumps.push(clock.follow()))
    clock.resume(state, shown)
    expect(clock.now() - shown).toBe(1_000)
    await Promise.resolve()
    expect([jumps, clock.now() - shown]).toEqual([[{ byMs: HOUR, forwardMs: HOUR }], 1_000 + HOUR])
    clock.watch(undefined)
  })

  it.each([
    ['another boot', 'boot-2'],
    ['a system that names no boots', undefined],
  ])('does not go back after %s', (_, id) => {
    const before = new SystemClock(machine)
    const shown = before.now()
    const { state } = before
    machine.boot(id, -DAY)
    const clock = new SystemClock(machine)
    clock.resume(state, shown)
    expect(clock.now()).toBe(shown)
    machine.boot(id, DAY)
    clock.resume(state, shown)
    expect(clock.now()).toBe(machine.wall())
    // A time that no clock has shown, such as microseconds.
    clock.resume(state, shown * 1_000)
    expect(clock.now()).toBe(machine.wall())
  })
})

describe('the clocks of this machine', () => {
  it('agree in every process of one boot, and run', () => {
    const [one, other] = [new MachineTime(), new MachineTime()]
    const first = one.sinceBoot()
    expect(Math.abs(other.sinceBoot() - first)).toBeLessThan(60_000)
    expect(one.sinceBoot()).toBeGreaterThanOrEqual(first)
    expect(other.bootId).toBe(one.bootId)
    expect(one.wall()).toBeGreaterThan(Date.UTC(2020))
  })
})

describe('event time', () => {
  it('stops at each due time on its way, and never goes back', () => {
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
