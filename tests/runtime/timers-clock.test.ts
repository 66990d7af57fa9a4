/** Tests that setting the system clock delays no timer and fires none early, even across restarts (law 7). */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { assign, enqueueActions, setup } from 'xstate'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { SystemClock } from '../../src/runtime/time/clock.ts'
import { newMemory } from '../../store/index.ts'
import { FakeMachine } from './machine.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

type Events = { type: 'ARM'; n: string; id: string; ms: number } | { type: 'DUE'; n: string }

/** A machine that keeps the order in which its timers fired. */
const alarm = setup({ types: {} as { context: { fired: string[] }; events: Events } }).createMachine({
  context: { fired: [] },
  on: {
    ARM: {
      actions: enqueueActions(({ enqueue, event: { n, id, ms } }) =>
        enqueue.raise({ type: 'DUE', n }, { id, delay: ms }),
      ),
    },
    DUE: { actions: assign({ fired: ({ context, event }) => [...context.fired, event.n] }) },
  },
})

describe('timers', () => {
  const warnings: string[] = []
  let machine: FakeMachine
  let memory = newMemory()
  let clock: SystemClock
  let supervisor: Supervisor

  async function open(): Promise<void> {
    const note = (_: object, message: string) => void warnings.push(message)
    const logger = { debug() {}, info() {}, warn: note, error: note }
    clock = new SystemClock(machine)
    supervisor = await createSupervisor({
      machines: { alarm },
      store: await openMemoryStore(memory),
      clock,
      logger,
    })
    await supervisor.idle()
  }

  async function leave(orderly: boolean): Promise<void> {
    await supervisor.idle()
    if (orderly) await supervisor.stop()
    // Does what a kill does: no part waits for anything any more.
    clock.watch(undefined)
    clock.wakeAt(undefined, () => {})
  }

  async function reopen(how: 'stop' | 'crash'): Promise<void> {
    await leave(how === 'stop')
    await open()
  }

  const arm = (n: string, ms: number, id = n) => supervisor.send('alarm/a', { type: 'ARM', n, id, ms })

  /** Moves the time bit by bit, so that the effects of a moment end before the next one. */
  async function pass(ms: number): Promise<void> {
    const end = machine.realMs + ms
    while (machine.realMs < end) {
      machine.pass(Math.min(500, end - machine.realMs))
      await new Promise(setImmediate)
      await supervisor.idle()
    }
  }

  const fired = () =>
    (supervisor.getSnapshot('alarm/a') as unknown as { context: { fired: string[] } }).context.fired

  async function records(): Promise<TransitionRecord[]> {
    const all: TransitionRecord[] = []
    for await (const record of supervisor.read()) all.push(record)
    return all
  }

  beforeEach(async () => {
    warnings.length = 0
    memory = newMemory()
    machine = new FakeMachine()
    await open()
    await supervisor.spawn('alarm', 'a')
  })
  afterEach(async () => {
    expect((await supervisor.verify()).problems).toEqual([])
    await supervisor.stop()
    vi.useRealTimers()
  })

  it.each(['stop', 'crash'] as const)(
    'fire before any message of the new start when they came due while no process ran, after a %s',
    async (how) => {
      await arm('20', 20_000)
      await arm('10', 10_000)
      await leave(how === 'stop')
      machine.pass(30_000)
      await open()
      // The start is over, and the time need not move any further.
      expect(fired()).toEqual(['10', '20'])
      await arm('late', 1)
      const types = (await records())
        .filter(({ actor }) => actor === 'alarm/a')
        .map(({ event }) => event.type)
      expect(types).toEqual(['xstate.init', 'ARM', 'ARM', 'DUE', 'DUE', 'ARM'])
    },
  )

  describe.each([
    ['back by an hour', -HOUR],
    ['forward by a day', DAY],
    ['back by 25 years', -25 * 365 * DAY],
  ])('when the clock is set %s', (_, byMs) => {
    it.each(['in one run', 'with a stop', 'with a crash', 'with three restarts'])(
      'keep their delays: %s',
      async (how) => {
        await arm('10', 10_000)
        await arm('100', 100_000)
        machine.setClock(byMs)
        await pass(5_000)
        await arm('50 after 5', 50_000)
        const restarts = how === 'in one run' ? 0 : how === 'with three restarts' ? 3 : 1
        for (let n = 0; n < restarts; n++) await reopen(how === 'with a stop' ? 'stop' : 'crash')
        expect(fired()).toEqual([])
        await pass(5_000 - 1)
        expect(fired()).toEqual([])
        await pass(1)
        expect(fired()).toEqual(['10'])
        await pass(45_000 - 1)
        expect(fired()).toEqual(['10'])
        await pass(1)
        expect(fired()).toEqual(['10', '50 after 5'])
        await pass(45_000 - 1)
        expect(fired()).toEqual(['10', '50 after 5'])
        await pass(1)
        expect(fired()).toEqual(['10', '50 after 5', '100'])
        expect(warnings).toEqual([expect.stringContaining('the system clock was set')])
        const all = await records()
        const set = all.filter(({ event }) => event.type === 'outcry.clockSet')
        expect(set).toMatchObject([{ actor: 'system/clock', event: { byMs, forwardMs: Math.max(0, byMs) } }])
        expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).toSorted((a, b) => a - b))
      },
    )
  })

  it.each([
    ['a stop', DAY],
    ['a crash', DAY],
    ['a stop', -DAY],
    ['a crash', -DAY],
  ])(
    'keep their delays when the clock is set while no process runs, after %s: by %i ms',
    async (how, byMs) => {
      await arm('100', 100_000)
      await leave(how === 'a stop')
      machine.pass(40_000)
      machine.setClock(byMs)
      await open()
      expect(supervisor.clockJumps).toMatchObject([{ byMs }])
      expect(supervisor.figures.clockJumps).toBe(1)
      await pass(60_000 - 1)
      expect(fired()).toEqual([])
      await pass(1)
      expect(fired()).toEqual(['100'])
    },
  )

  it('of one id fire as themselves, even when the one that is due earlier fires later', async () => {
    await arm('first, of 100 s', 100_000, 'same')
    machine.setClock(DAY)
    await pass(2_000)
    await arm('second, of 10 s', 10_000, 'same')
    await reopen('crash')
    await pass(10_000)
    expect(fired()).toEqual(['second, of 10 s'])
    await reopen('stop')
    await pass(90_000)
    expect(fired()).toEqual(['second, of 10 s', 'first, of 100 s'])
  })

  it('wait no longer than the clock says after another boot, and time does not go back', async () => {
    await arm('100', 100_000)
    machine.setClock(DAY)
    await pass(10_000)
    await supervisor.stop()
    const shown = supervisor.now
    machine.boot('boot-2')
    await open()
    expect(supervisor.now).toBeGreaterThanOrEqual(shown)
    await pass(1_000)
    expect(fired()).toEqual(['100'])
  })

  it.each(['another boot', 'a crash'])('do not trust the time of an event, after %s', async (what) => {
    await arm('100', 100_000)
    await supervisor.send('alarm/a', { type: 'LATE', at: Date.UTC(2150) })
    await leave(what === 'another boot')
    if (what === 'another boot') machine.boot('boot-2')
    await open()
    await pass(99_000)
    expect(fired()).toEqual([])
    await pass(1_000)
    expect(fired()).toEqual(['100'])
  })

  it('keep the delays of messages that wait while the clock is set', async () => {
    // All are sent before any is taken. The change of the clock is found when the next one is taken.
    const sends = [arm('10', 10_000)]
    machine.setClock(DAY)
    machine.pass(300)
    sends.push(arm('20', 20_000))
    await Promise.all(sends)
    await pass(10_000)
    expect(fired()).toEqual(['10'])
    await pass(9_000)
    expect(fired()).toEqual(['10'])
    await pass(1_000)
    expect(fired()).toEqual(['10', '20'])
  })

  it('leave nothing in the log of a run whose clock is never set', async () => {
    await arm('10', 10_000)
    machine.sleep(HOUR)
    await pass(20_000)
    await reopen('stop')
    await reopen('crash')
    expect(new Set((await records()).map(({ actor }) => actor))).toEqual(
      new Set(['system/dead-letters', 'alarm/a']),
    )
    expect([fired(), warnings]).toEqual([['10'], []])
  })

  it('keep their delays however often the clock is set', async () => {
    await arm('600', 600_000)
    for (let n = 0; n < 150; n++) {
      machine.setClock(n % 3 === 0 ? -HOUR : HOUR)
      await pass(2_000)
    }
    await arm('100 after 300', 100_000)
    await reopen('crash')
    await pass(100_000)
    expect(fired()).toEqual(['100 after 300'])
    await pass(200_000 - 1)
    expect(fired()).toEqual(['100 after 300'])
    await pass(1)
    expect(fired()).toEqual(['100 after 300', '600'])
  })
})
