/**
 * Tests an actor that waits for its restart, without children or timers. Whatever happens meanwhile, it starts over in
 * the end.
 */
import { describe, expect, it } from 'vitest'
import { assign, sendParent, sendTo, setup } from 'xstate'
import type { Machines } from '../../src/runtime/actors/kind.ts'
import type { Supervision } from '../../src/runtime/actors/supervision.ts'
import { releaseOffline } from '../../src/runtime/offline.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import { Harness } from './harness.ts'
import { ALWAYS_PASSIVE } from './incarnations.ts'

const boom = () => {
  throw new Error('boom')
}
const kid = setup({}).createMachine({ after: { 50: { actions: sendParent({ type: 'NEWS' }) } } })
const parent = setup({
  actors: { kid },
  types: {} as { context: { n: number; fired: number } },
}).createMachine({
  context: { n: 0, fired: 0 },
  entry: sendTo(({ system }) => system.get('porter/x'), { type: 'KNOCK' }),
  invoke: { src: 'kid', id: 'kid' },
  on: {
    NEWS: { actions: assign({ n: ({ context }) => context.n + 10 }) },
    INC: { actions: assign({ n: ({ context }) => context.n + 1 }) },
    BAD: { actions: assign(boom) },
  },
  after: { 30: { actions: assign({ fired: ({ context }) => context.fired + 1 }) } },
})
/** Throws on KNOCK. */
const porter = setup({}).createMachine({ on: { KNOCK: { actions: assign(boom) } } })
/** Makes the sender of KNOCK throw. */
const bouncer = setup({}).createMachine({
  on: { KNOCK: { actions: sendTo(({ system }) => system.get('parent/p'), { type: 'BAD' }) } },
})

const backoff = { minMs: 4, maxMs: 4, restartsMax: 2, resetMs: 60_000 }
const machinesWith = (
  porterMachine: Machines[string],
  supervision: Supervision = { strategy: 'restart', backoff },
): Machines => ({ parent: { machine: parent, supervision }, porter: porterMachine })
const machines = machinesWith(porter)
const suspicion = { error: { name: 'Error', message: 'it hung' }, event: { type: 'INC' } }

async function failed(options: Parameters<Harness['open']>[0]): Promise<Harness> {
  const harness = new Harness()
  const supervisor = await harness.open(options)
  await supervisor.spawn('parent', 'p')
  await supervisor.send('parent/p', { type: 'INC' })
  await expect(supervisor.send('parent/p', { type: 'BAD' })).rejects.toMatchObject({ code: 'ACTOR_FAILED' })
  await supervisor.send('parent/p', { type: 'INC' })
  return harness
}

async function advance({ clock, supervisor }: Harness, ms: number): Promise<void> {
  clock.advanceTo(clock.now() + ms)
  await supervisor.idle()
}

const conditionOf = async ({ supervisor }: Harness) => (await supervisor.view('parent/p'))?.condition

async function comeAndGo(harness: Harness): Promise<void> {
  await harness.supervisor.spawn('porter', 'x')
  await advance(harness, 20)
  await harness.supervisor.stopActor('porter/x')
}

/** The reasons for which a waiting actor goes into quarantine, and its count in the end. */
const QUARANTINES: readonly {
  readonly why: string
  readonly of: Machines
  readonly quarantine: (harness: Harness) => Promise<unknown>
  readonly n: number
}[] = [
  {
    why: 'of somebody',
    of: machines,
    quarantine: ({ supervisor }) => supervisor.quarantine('parent/p', suspicion),
    n: 12,
  },
  // The actor took its kept messages before it failed again.
  { why: 'of its own failures to start', of: machinesWith(bouncer), quarantine: comeAndGo, n: 11 },
  { why: "of others' failures as it starts", of: machines, quarantine: comeAndGo, n: 12 },
]
const RELEASES = ['live', 'after a stop', 'after a crash', 'in the closed log'] as const
const CASES = QUARANTINES.flatMap((quarantine) =>
  RELEASES.flatMap((how) => [false, true].map((isPassive) => ({ ...quarantine, how, isPassive }))),
)

describe('an actor that waits for its restart', () => {
  it.each(CASES)(
    'starts over when it is released $how, after a quarantine because $why, passive: $isPassive',
    async ({ of, quarantine, n, how, isPassive }) => {
      const options = { machines: of, passivation: isPassive ? ALWAYS_PASSIVE : {} }
      const harness = await failed(options)
      await quarantine(harness)
      expect(await conditionOf(harness)).toBe('quarantined')
      // The actor has no timer that could come due.
      await advance(harness, 100)
      if (how === 'after a stop' || how === 'in the closed log') await harness.supervisor.stop()
      if (how === 'in the closed log') {
        const store = await openMemoryStore(harness.memory)
        await releaseOffline(store, of, 'parent/p')
        await store.close()
      }
      if (how !== 'live') await harness.open(options)
      if (how !== 'in the closed log') await harness.supervisor.release('parent/p', { by: 'ann' })
      await harness.supervisor.send('parent/p', { type: 'INC' })
      await advance(harness, 1)
      await advance(harness, 100)
      expect(harness.context('parent/p')).toEqual({ n, fired: 1 })
      expect(harness.supervisor.getSnapshot('parent/p/kid')?.status).toBe('active')
      const released = (await harness.records()).filter(({ event }) => event.type === 'outcry.released')
      expect(released).toMatchObject([{ event: { restarts: true } }])
      // No second restart follows.
      const { rev } = (await harness.supervisor.view('parent/p')) as { rev: number }
      await harness.supervisor.stop()
      const supervisor = await harness.open(options)
      await advance(harness, 90_000_000)
      expect(harness.context('parent/p')).toEqual({ n, fired: 1 })
      expect(await supervisor.view('parent/p')).toMatchObject({ rev, timers: [] })
      expect((await supervisor.view('parent/p'))?.failures).toBeUndefined()
      expect((await supervisor.verify()).problems).toEqual([])
    },
  )

  it('tries again, and is quarantined in the end, when each start makes another actor throw', async () => {
    const harness = await failed({ machines })
    await harness.supervisor.spawn('porter', 'x')
    await advance(harness, 20)
    const own = (await harness.records()).filter(
      ({ actor, event }) => actor === 'parent/p' && event.directive,
    )
    expect(own.map(({ event, timer }) => [event.directive.action, timer])).toEqual([
      ['restart', undefined],
      ['restart', 'outcry.restart'],
      // The actor's restart is still due.
      ['quarantine', undefined],
    ])
    expect((await harness.supervisor.view('parent/p'))?.timers).toMatchObject([{ id: 'outcry.restart' }])
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('is quarantined when its start throws and its supervision is now to resume', async () => {
    const harness = await failed({ machines })
    await harness.supervisor.spawn('porter', 'x')
    await harness.supervisor.stop()
    const options = { machines: machinesWith(porter, { strategy: 'resume' }) }
    await harness.open(options)
    await advance(harness, 20)
    expect(await conditionOf(harness)).toBe('quarantined')
    await harness.supervisor.stopActor('porter/x')
    await harness.supervisor.release('parent/p')
    await advance(harness, 1)
    expect(harness.context('parent/p')).toEqual({ n: 1, fired: 0 })
  })

  it('stays stopped when it is stopped', async () => {
    const harness = await failed({ machines })
    await harness.supervisor.stopActor('parent/p')
    await advance(harness, 1_000)
    expect(await harness.eventsOf('parent/p')).toEqual([
      'xstate.init',
      'INC',
      'outcry.failed',
      'INC',
      'xstate.stop',
    ])
  })

  it('starts over with the new version after an upgrade', async () => {
    const harness = await failed({ machines })
    await harness.supervisor.quarantine('parent/p', suspicion)
    await harness.supervisor.stop()
    const second = setup({
      actors: { kid },
      types: {} as { context: { n: number; fired: number } },
    }).createMachine({ ...parent.config, version: '2', invoke: { src: 'kid', id: 'other' } } as never)
    const upgrades = [{ from: '1', to: '2', migrate: (state: never) => state }]
    const registration = { machine: second, previous: [parent], upgrades } as never
    const supervisor = await harness.open({ machines: { ...machines, parent: registration } })
    await supervisor.release('parent/p')
    await advance(harness, 1)
    await advance(harness, 100)
    const events = (await harness.eventsOf('parent/p')).filter((type) => type.startsWith('outcry.'))
    expect(events.slice(-4)).toEqual([
      'outcry.migrated',
      'outcry.released',
      'outcry.restarted',
      'outcry.unstashed',
    ])
    expect(await harness.eventsOf('parent/p/other')).toEqual(['xstate.init', 'xstate.after.50.(machine)'])
    expect(supervisor.getSnapshot('parent/p/kid')?.status).toBe('stopped')
    expect((await supervisor.verify()).problems).toEqual([])
  })
})
