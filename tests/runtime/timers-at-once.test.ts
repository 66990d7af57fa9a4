/** Tests very many timers that are due at once: all fire, in due order, and the runtime goes on. */
import { afterEach, describe, expect, it } from 'vitest'
import { assign, enqueueActions, setup } from 'xstate'
import type { ScheduledTimer } from '../../src/runtime/record/record.ts'
import { howMany, SEED, seeded } from '../seeded.ts'
import { Harness } from './harness.ts'

const ACTORS = howMany('ACTORS_WITH_TIMERS', 20)
const EACH = 1_000
const OF_ONE = howMany('TIMERS_OF_ONE', 20_000)
/** Number of timers that one event sets. */
const PER_EVENT = 500
/** Delay of the timers. They are due within a few milliseconds, so many share each millisecond. */
const DELAY_MS = 60_000
const SPREAD_MS = 7

const armed = setup({
  types: {} as { context: { fired: number }; events: { type: 'ARM'; delays: number[] } | { type: 'DUE' } },
}).createMachine({
  id: 'armed',
  context: { fired: 0 },
  on: {
    ARM: {
      actions: enqueueActions(({ enqueue, event }) => {
        for (const delay of event.delays) enqueue.raise({ type: 'DUE' }, { delay })
      }),
    },
    DUE: { actions: assign({ fired: ({ context }) => context.fired + 1 }) },
  },
})
const machines = { armed }

const random = seeded(SEED)

async function arm(harness: Harness, address: string, timers: number): Promise<void> {
  for (let n = 0; n < timers; n += PER_EVENT) {
    const delays = Array.from({ length: PER_EVENT }, () => DELAY_MS + Math.floor(random() * SPREAD_MS))
    await harness.supervisor.send(address, { type: 'ARM', delays })
  }
}

/** Checks that each timer fired once, and none after a later one. Reads the log once, because it may be long. */
async function expectFiredInOrder(harness: Harness, timers: number): Promise<void> {
  const pending = new Map<string, ScheduledTimer & { index: number }>()
  let last = { dueAt: 0, seq: 0, index: 0 }
  let fired = 0
  for await (const { actor, scheduled = [], timer } of harness.supervisor.read()) {
    for (const [index, one] of scheduled.entries()) pending.set(`${actor} ${one.id}`, { ...one, index })
    if (timer === undefined) continue
    const one = pending.get(`${actor} ${timer}`)
    if (one === undefined) throw new Error(`${actor} fired ${timer}, which is not pending`)
    pending.delete(`${actor} ${timer}`)
    const isAfter = one.dueAt - last.dueAt || one.seq - last.seq || one.index - last.index
    if (isAfter <= 0) throw new Error(`${actor} fired ${timer}, due at ${one.dueAt}, after ${last.dueAt}`)
    last = one
    fired++
  }
  expect([fired, pending.size]).toEqual([timers, 0])
}

describe(`timers due at once (seed ${SEED})`, () => {
  let harness: Harness
  afterEach(() => harness.supervisor.stop())

  async function withActors(): Promise<void> {
    harness = new Harness()
    const supervisor = await harness.open({ machines })
    for (let i = 0; i < ACTORS; i++) {
      const address = await supervisor.spawn('armed', `a${i}`)
      await arm(harness, address, EACH)
    }
  }

  it('of many actors fire in due order, and messages are taken meanwhile', async () => {
    await withActors()
    harness.clock.advanceTo(10 * DELAY_MS)
    await Promise.all(
      Array.from({ length: 100 }, () => harness.supervisor.send('armed/a0', { type: 'ARM', delays: [] })),
    )
    await harness.supervisor.idle()
    await expectFiredInOrder(harness, ACTORS * EACH)
  })

  it.each(['stop', 'crash'] as const)(
    'of many actors fire in due order at a start after a %s',
    async (how) => {
      await withActors()
      await harness.supervisor[how === 'stop' ? 'stop' : 'idle']()
      await harness.open({ machines })
      harness.clock.advanceTo(10 * DELAY_MS)
      await harness.supervisor.idle()
      await expectFiredInOrder(harness, ACTORS * EACH)
    },
  )

  it('of one actor fire in due order, in a run and at a start', async () => {
    harness = new Harness()
    await harness.open({ machines })
    for (const how of ['lived', 'restarted']) {
      await harness.supervisor.spawn('armed', how)
      await arm(harness, `armed/${how}`, OF_ONE)
      if (how === 'restarted') {
        await harness.supervisor.stop()
        await harness.open({ machines })
      }
      harness.clock.advanceTo(harness.clock.now() + 10 * DELAY_MS)
      await harness.supervisor.idle()
      expect(harness.context(`armed/${how}`)).toEqual({ fired: OF_ONE })
    }
    await expectFiredInOrder(harness, 2 * OF_ONE)
  })
})
