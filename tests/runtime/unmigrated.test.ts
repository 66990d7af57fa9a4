/** Tests an actor whose migration cannot be recorded, because children of its new version cannot start. */
import { describe, expect, it } from 'vitest'
import { type AnyStateMachine, assign, fromPromise, raise, sendTo, setup } from 'xstate'
import type { Machines } from '../../src/runtime/actors/kind.ts'
import type { PastState } from '../../src/runtime/actors/upgrade.ts'
import { Harness } from './harness.ts'
import { ALWAYS_PASSIVE } from './incarnations.ts'

interface Context {
  readonly n: number
}

const kid = setup({}).createMachine({})
/** Has the system id that a child of the second version needs. */
const holder = setup({ actors: { kid }, types: {} as { children: { kid: 'kid' } } }).createMachine({
  invoke: { src: 'kid', id: 'kid', systemId: 'name' },
})
/** Passes messages on and gets the answers. */
const relay = setup({ types: {} as { context: Context } }).createMachine({
  context: { n: 0 },
  on: {
    GO: { actions: sendTo(({ system }) => system.get('m/a'), { type: 'INC' }) },
    NEWS: { actions: assign({ n: ({ context }) => context.n + 10 }) },
    INC: { actions: assign({ n: ({ context }) => context.n + 1 }) },
  },
})
const teller = setup({}).createMachine({
  entry: sendTo(({ system }) => system.get('relay/r'), { type: 'NEWS' }),
})

function counter(version: '1' | '2'): AnyStateMachine {
  const inc = assign({ n: ({ context }: { context: Context }) => context.n + 1 })
  return setup({ actors: { kid, teller }, types: {} as { context: Context } }).createMachine({
    id: 'counter',
    version,
    context: { n: 0 },
    entry: raise({ type: 'INC' }, { delay: 50 }),
    // The teller starts, and sends, before the start of the other fails.
    ...(version === '2' && {
      invoke: [
        { src: 'teller', id: 'teller' },
        { src: 'kid', id: 'named', systemId: 'name' },
      ],
    }),
    on: {
      INC: { actions: inc },
      BAD: {
        actions: () => {},
        guard: () => {
          throw new Error('boom')
        },
      },
    },
  } as never) as unknown as AnyStateMachine
}

const others: Machines = { holder, relay }
const supervision = { strategy: 'quarantine' } as const
const first: Machines = { ...others, m: { machine: counter('1'), supervision } }
const upgrades = [{ from: '1', to: '2', migrate: ({ value, context }: PastState) => ({ value, context }) }]
const second: Machines = {
  ...others,
  m: { machine: counter('2'), previous: [counter('1')], upgrades, supervision },
}
const UPGRADE_FAILED = {
  code: 'UPGRADE_FAILED',
  message: expect.stringMatching(
    /m\/a cannot be migrated from version 1 to 2: .*"name" is taken by holder\/h/,
  ),
}

async function upgraded(how: 'stop' | 'crash', isQuarantined = false): Promise<Harness> {
  const harness = new Harness()
  const supervisor = await harness.open({ machines: first })
  await supervisor.spawn('holder', 'h')
  await supervisor.spawn('relay', 'r')
  await supervisor.spawn('m', 'a')
  if (isQuarantined) await expect(supervisor.send('m/a', { type: 'BAD' })).rejects.toThrow('boom')
  if (how === 'stop') await supervisor.stop()
  else await harness.crash()
  await harness.open({ machines: second })
  return harness
}

const ownEvents = async (harness: Harness) =>
  (await harness.eventsOf('m/a')).filter((type) => type !== 'xstate.init')

describe('an actor whose migration cannot be put on record', () => {
  it.each(['stop', 'crash'] as const)(
    'is reported by name, and migrated once that is possible, after a %s',
    async (how) => {
      const harness = await upgraded(how)
      const { supervisor } = harness
      await expect(supervisor.send('m/a', { type: 'INC' })).rejects.toMatchObject({
        code: 'ACTOR_UNREADABLE',
        cause: UPGRADE_FAILED,
      })
      expect((await harness.deadLetters()).map(({ to, reason }) => [to, reason])).toEqual([
        ['m/a', 'unreadable'],
      ])
      expect(await ownEvents(harness)).toEqual([])
      expect((await supervisor.verify()).problems).toEqual([])
      await supervisor.stopActor('holder/h')
      await supervisor.send('m/a', { type: 'INC' })
      expect(await ownEvents(harness)).toEqual(['outcry.migrated', 'INC'])
      expect(harness.context('relay/r')).toEqual({ n: 10 })
      expect((await supervisor.verify()).problems).toEqual([])
    },
  )

  it('affects no other actor: its senders go on, and hear nothing of the undone turn', async () => {
    const harness = await upgraded('stop')
    const { supervisor } = harness
    await supervisor.send('relay/r', { type: 'GO' })
    await supervisor.send('relay/r', { type: 'INC' })
    expect(harness.context('relay/r')).toEqual({ n: 1 })
    expect(await harness.eventsOf('relay/r')).toEqual(['xstate.init', 'GO', 'INC'])
    expect((await harness.deadLetters()).map(({ to, reason }) => [to, reason])).toEqual([
      ['m/a', 'unreadable'],
    ])
    await supervisor.stopActor('holder/h')
    await supervisor.send('relay/r', { type: 'GO' })
    expect([harness.context('relay/r'), harness.context('m/a')]).toEqual([{ n: 11 }, { n: 1 }])
    expect((await supervisor.verify()).problems).toEqual([])
  })

  it.each(['stop', 'crash'] as const)(
    'is released from quarantine once it can be migrated, after a %s',
    async (how) => {
      const harness = await upgraded(how, true)
      const { supervisor } = harness
      const { seq } = supervisor
      await expect(supervisor.release('m/a')).rejects.toMatchObject(UPGRADE_FAILED)
      expect(supervisor.seq).toBe(seq)
      expect(supervisor.quarantined.map(({ address }) => address)).toEqual(['m/a'])
      await supervisor.stopActor('holder/h')
      await supervisor.release('m/a', { by: 'ann' })
      await supervisor.send('m/a', { type: 'INC' })
      expect(await ownEvents(harness)).toEqual(['outcry.failed', 'outcry.migrated', 'outcry.released', 'INC'])
      expect((await supervisor.verify()).problems).toEqual([])
    },
  )

  it.each(['none', 'stop', 'crash'] as const)(
    'keeps its timers, which fire once it is migrated; between: %s',
    async (how) => {
      const harness = await upgraded('stop')
      harness.clock.advanceTo(2_000)
      await harness.supervisor.idle()
      expect(harness.errors.filter((error) => error.includes('m/a has a timer'))).toHaveLength(1)
      expect([await ownEvents(harness), await harness.deadLetters()]).toEqual([[], []])
      if (how === 'stop') await harness.supervisor.stop()
      if (how !== 'none') await harness.open({ machines: second })
      const { supervisor } = harness
      harness.clock.advanceTo(3_000)
      await supervisor.idle()
      await supervisor.stopActor('holder/h')
      await supervisor.send('m/a', { type: 'OTHER' })
      harness.clock.advanceTo(3_001)
      await supervisor.idle()
      expect(await ownEvents(harness)).toEqual(['outcry.migrated', 'OTHER', 'INC'])
      expect(harness.context('m/a')).toEqual({ n: 1 })
      expect((await supervisor.verify()).problems).toEqual([])
    },
  )
})

describe('a child that a new version no longer has, beside an actor that cannot be migrated', () => {
  const job = fromPromise(() => new Promise(() => {}))
  const before = setup({ actors: { job } }).createMachine({
    id: 'worker',
    version: '1',
    invoke: { src: 'job', id: 'job' },
  })
  const after = (invoke: { src: 'kid'; id: string; systemId: string }[]) =>
    setup({ actors: { kid } }).createMachine({ id: 'worker', version: '2', invoke })
  const kind = (isBad: boolean) => ({
    machine: after(isBad ? [{ src: 'kid', id: 'named', systemId: 'name' }] : []),
    previous: [before],
    upgrades,
  })

  it('is dropped once, even when it goes passive meanwhile', async () => {
    const harness = new Harness()
    const supervisor = await harness.open({
      machines: { holder, good: before, worse: before },
    })
    await supervisor.spawn('holder', 'h')
    for (const address of ['good/a', 'good/b', 'good/c', 'good/d', 'worse/e']) {
      const [name, id] = address.split('/') as ['good', string]
      await supervisor.spawn(name, id)
    }
    await supervisor.stop()
    await harness.open({
      machines: { holder, good: kind(false), worse: kind(true) },
      passivation: ALWAYS_PASSIVE,
    })
    await harness.supervisor.idle()
    expect((await harness.supervisor.verify()).problems).toEqual([])
    for (const id of ['a', 'b', 'c', 'd']) {
      const events = await harness.eventsOf(`good/${id}/job`)
      expect(events).toEqual(['xstate.init', 'outcry.dropped'])
    }
  })
})
