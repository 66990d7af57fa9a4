/** Tests quarantine from outside, before a start, and in a closed log. */
import { describe, expect, it } from 'vitest'
import { assign, raise, sendTo, setup } from 'xstate'
import { STASH_MAX } from '../../src/runtime/actors/bounds.ts'
import { releaseOffline } from '../../src/runtime/offline.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import { Harness } from './harness.ts'

const counter = setup({
  types: {} as { context: { n: number; fired: number }; events: { type: 'INC' } | { type: 'THROW' } },
}).createMachine({
  id: 'counter',
  context: { n: 0, fired: 0 },
  initial: 'on',
  on: {
    INC: { actions: assign({ n: ({ context }) => context.n + 1 }) },
    THROW: {
      actions: assign(() => {
        throw new Error('boom')
      }),
    },
  },
  states: {
    on: {
      after: {
        1000: { target: 'on', reenter: true, actions: assign({ fired: ({ context }) => context.fired + 1 }) },
      },
    },
  },
})
const machines = { counter: { machine: counter, supervision: { strategy: 'quarantine' as const } } }
const STILL = { error: { name: 'Error', message: 'it stood still' }, event: { type: 'INC' } }

async function open(): Promise<Harness> {
  const harness = new Harness()
  await harness.open({ machines })
  await harness.supervisor.spawn('counter', 'a')
  await harness.supervisor.send('counter/a', { type: 'INC' })
  return harness
}
const conditionOf = async ({ supervisor }: Harness, address = 'counter/a') =>
  (await supervisor.view(address))?.condition
const eventsOf = async (harness: Harness) => (await harness.eventsOf('counter/a')).slice(-2)

describe('an actor that is put into quarantine from outside', () => {
  it('takes nothing until it is released, even after a restart, and has the reason on record', async () => {
    const harness = await open()
    await harness.supervisor.quarantine('counter/a', STILL)
    await harness.crash()
    await harness.open({ machines })
    const { supervisor } = harness
    await expect(supervisor.send('counter/a', { type: 'INC' })).rejects.toMatchObject({
      code: 'ACTOR_QUARANTINED',
    })
    expect(await supervisor.view('counter/a')).toMatchObject({ failures: { count: 1 }, context: { n: 1 } })
    await supervisor.release('counter/a', { by: 'ann', reason: 'mended' })
    await supervisor.send('counter/a', { type: 'INC' })
    expect((await supervisor.view('counter/a'))?.failures).toBeUndefined()
    const records = (await harness.records()).filter(({ actor }) => actor === 'counter/a')
    expect(records.map(({ event }) => event)).toMatchObject([
      {},
      {},
      { type: 'outcry.failed', ...STILL, directive: { action: 'quarantine' } },
      { type: 'outcry.released', by: 'ann', reason: 'mended' },
      { type: 'INC' },
    ])
    expect((await supervisor.verify()).problems).toEqual([])
  })

  it('goes into quarantine before anything else happens at a start that names it', async () => {
    const harness = await open()
    await harness.supervisor.stop()
    // The actor's timer is due when the next start begins.
    harness.clock.advanceTo(10_000)
    await harness.open({ machines, suspects: { 'counter/a': STILL, 'counter/gone': STILL } })
    await harness.supervisor.idle()
    expect(harness.context('counter/a')).toEqual({ n: 1, fired: 0 })
    expect(await conditionOf(harness)).toBe('quarantined')
    expect(harness.errors.join()).toContain('counter/gone is not quarantined')
    const { seq } = harness.supervisor
    await harness.crash()
    await harness.open({ machines, suspects: { 'counter/a': STILL } })
    expect(
      (await harness.records()).filter(({ seq: of, event }) => of > seq && event.type === 'outcry.failed'),
    ).toEqual([])
  })

  it("cannot be one of the runtime's own actors, which cannot be stopped, either", async () => {
    const { supervisor } = await open()
    const refusal = { code: 'ACTOR_RESERVED' }
    await expect(supervisor.quarantine('system/dead-letters', STILL)).rejects.toMatchObject(refusal)
    await expect(supervisor.stopActor('system/dead-letters')).rejects.toMatchObject(refusal)
    await expect(supervisor.send('counter/gone', { type: 'INC' })).rejects.toMatchObject({
      code: 'ACTOR_UNKNOWN',
    })
    await supervisor.idle()
    expect(supervisor.getSnapshot('system/dead-letters')?.status).toBe('active')
  })

  it('takes its kept messages and its due timers once it is released', async () => {
    const types = {} as { context: { log: string[] } }
    const note = setup({ types }).assign({ log: ({ context, event }) => [...context.log, event.type] })
    const machine = setup({ types }).createMachine({
      context: { log: [] },
      entry: raise({ type: 'TICK' }, { delay: 10 }),
      on: {
        A: { actions: note },
        TICK: { actions: note },
        THROW: {
          actions: assign(() => {
            throw new Error('boom')
          }),
        },
      },
    })
    const backoff = { minMs: 4, maxMs: 4, restartsMax: 1, resetMs: 1_000 }
    const harness = new Harness()
    await harness.open({ machines: { m: { machine, supervision: { strategy: 'restart', backoff } } } })
    const { supervisor, clock } = harness
    await supervisor.spawn('m', 'x')
    await expect(supervisor.send('m/x', { type: 'THROW' })).rejects.toMatchObject({ code: 'ACTOR_FAILED' })
    for (const type of ['THROW', 'A']) await supervisor.send('m/x', { type })
    // The actor starts over, fails on a kept message, and is quarantined.
    clock.advanceTo(clock.now() + 4)
    await supervisor.idle()
    expect(await conditionOf(harness, 'm/x')).toBe('quarantined')
    clock.advanceTo(clock.now() + 10)
    await supervisor.release('m/x')
    clock.advanceTo(clock.now() + 1)
    await supervisor.idle()
    expect(harness.context('m/x')).toEqual({ log: ['A', 'TICK'] })
    expect((await supervisor.view('m/x'))?.timers).toEqual([])
    expect((await supervisor.verify()).problems).toEqual([])
  })

  it.each(['at once', 'after a restart'])(
    'fires its due timers in order when it is released %s',
    async (when) => {
      const later = (id: string) => raise({ type: id }, { id, delay: 10 })
      const machine = setup({}).createMachine({ entry: [later('twice'), later('once'), later('twice')] })
      const harness = new Harness()
      await harness.open({ machines: { m: machine } })
      await harness.supervisor.spawn('m', 'x')
      await harness.supervisor.quarantine('m/x', STILL)
      harness.clock.advanceTo(harness.clock.now() + 20)
      if (when === 'after a restart') {
        await harness.supervisor.stop()
        await harness.open({ machines: { m: machine } })
      }
      await harness.supervisor.release('m/x')
      harness.clock.advanceTo(harness.clock.now() + 1)
      const fired = (await harness.records()).flatMap(({ timer }) => timer ?? [])
      expect(fired).toEqual(['twice', 'once', 'twice'])
    },
  )

  it('is the only actor that can be released', async () => {
    const harness = await open()
    const { seq } = harness.supervisor
    await expect(harness.supervisor.release('counter/a')).rejects.toMatchObject({
      code: 'ACTOR_NOT_QUARANTINED',
    })
    expect(harness.supervisor.seq).toBe(seq)
  })
})

describe('a message that means nothing to an actor in quarantine', () => {
  const asker = setup({}).createMachine({
    on: {
      ASK: {
        actions: ['INC', 'THROW'].map((type) => sendTo(({ system }) => system.get('counter/a'), { type })),
      },
    },
  })

  it('is dropped when another actor sends it; from outside it is refused', async () => {
    const harness = new Harness()
    const dropping = { ...machines.counter, droppedInQuarantine: ['INC'] }
    await harness.open({ machines: { counter: dropping, asker } })
    const { supervisor } = harness
    await supervisor.spawn('counter', 'a')
    await supervisor.spawn('asker', 'b')
    await supervisor.quarantine('counter/a', STILL)
    await supervisor.send('asker/b', { type: 'ASK' })
    expect(await harness.deadLetters()).toMatchObject([{ event: { type: 'THROW' }, reason: 'quarantined' }])
    await expect(supervisor.send('counter/a', { type: 'INC' })).rejects.toMatchObject({
      code: 'ACTOR_QUARANTINED',
    })
    expect(await harness.deadLetters()).toMatchObject([{}, { event: { type: 'INC' } }])
    await supervisor.release('counter/a')
    await supervisor.send('counter/a', { type: 'INC' })
    expect(harness.context('counter/a')).toMatchObject({ n: 1 })
    expect((await supervisor.verify()).problems).toEqual([])
  })
})

describe('a message kept for an actor in quarantine', () => {
  const keeping = { counter: { ...machines.counter, keptInQuarantine: ['INC'] } }
  const inQuarantine = async () => {
    const harness = new Harness()
    await harness.open({ machines: keeping })
    await harness.supervisor.spawn('counter', 'a')
    await expect(harness.supervisor.send('counter/a', { type: 'THROW' })).rejects.toThrow('boom')
    return harness
  }
  const taken = async (harness: Harness) =>
    (await harness.records())
      .filter(({ actor, event }) => actor === 'counter/a' && !event.type.startsWith('xstate.'))
      .map(({ event, stashed }) => (stashed ? `${event.type} kept` : event.type))

  it('arrives once, in order, at its release, even after a kill and from a closed log', async () => {
    const harness = await inQuarantine()
    for (let n = 0; n < 3; n++) await harness.supervisor.send('counter/a', { type: 'INC' })
    await harness.crash()
    await harness.open({ machines: keeping })
    await harness.supervisor.send('counter/a', { type: 'INC' })
    expect([await conditionOf(harness), harness.context('counter/a')]).toMatchObject([
      'quarantined',
      { n: 0 },
    ])
    await harness.supervisor.stop()
    const store = await openMemoryStore(harness.memory)
    await releaseOffline(store, keeping, 'counter/a')
    await store.close()
    await harness.open({ machines: keeping })
    harness.clock.advanceTo(harness.clock.now() + 1)
    await harness.supervisor.idle()
    expect([await conditionOf(harness), harness.context('counter/a')]).toMatchObject([undefined, { n: 4 }])
    const [kept, once] = [Array(4).fill('INC kept'), Array(4).fill(['outcry.unstashed', 'INC']).flat()]
    expect(await taken(harness)).toEqual(['outcry.failed', ...kept, 'outcry.released', ...once])
    expect((await harness.supervisor.verify()).problems).toEqual([])
    await harness.crash()
    await harness.open({ machines: keeping })
    expect(harness.context('counter/a')).toMatchObject({ n: 4 })
  })

  it('becomes a dead letter, in order, when the actor is stopped instead, even after a kill', async () => {
    const harness = await inQuarantine()
    for (const by of [1, 2, 3]) await harness.supervisor.send('counter/a', { type: 'INC', by })
    await harness.crash()
    await harness.open({ machines: keeping })
    const before = (await harness.deadLetters()).length
    await harness.supervisor.stopActor('counter/a')
    const letters = (await harness.deadLetters()).slice(before)
    expect(letters).toEqual(
      [1, 2, 3].map((by) =>
        expect.objectContaining({ to: 'counter/a', event: expect.objectContaining({ by }), reason: 'ended' }),
      ),
    )
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('waits when the one before it fails again, and later ones wait behind it', async () => {
    const both = { counter: { ...machines.counter, keptInQuarantine: ['INC', 'THROW'] } }
    const harness = await inQuarantine()
    await harness.crash()
    await harness.open({ machines: both })
    for (const type of ['INC', 'THROW', 'INC']) await harness.supervisor.send('counter/a', { type })
    const release = async () => {
      await harness.supervisor.release('counter/a')
      harness.clock.advanceTo(harness.clock.now() + 1)
      await harness.supervisor.idle()
    }
    await release()
    expect([await conditionOf(harness), harness.context('counter/a')]).toMatchObject([
      'quarantined',
      { n: 1 },
    ])
    await harness.supervisor.send('counter/a', { type: 'INC' })
    await harness.crash()
    await harness.open({ machines: both })
    expect([await conditionOf(harness), harness.context('counter/a')]).toMatchObject([
      'quarantined',
      { n: 1 },
    ])
    await release()
    expect([await conditionOf(harness), harness.context('counter/a')]).toMatchObject([undefined, { n: 3 }])
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('needs room; without room it becomes a dead letter', async () => {
    const harness = await inQuarantine()
    for (let n = 0; n < STASH_MAX; n++) await harness.supervisor.send('counter/a', { type: 'INC' })
    await expect(harness.supervisor.send('counter/a', { type: 'INC' })).rejects.toMatchObject({
      code: 'ACTOR_BUSY',
      message: expect.stringContaining('in quarantine'),
    })
    await expect(harness.supervisor.send('counter/a', { type: 'THROW' })).rejects.toMatchObject({
      code: 'ACTOR_QUARANTINED',
    })
  })
})

describe('the release of an actor of a closed log', () => {
  it('is one record and nothing else, and the next start continues from it', async () => {
    const harness = await open()
    await expect(harness.supervisor.send('counter/a', { type: 'THROW' })).rejects.toThrow('boom')
    const { seq, lastAt } = harness.supervisor
    await harness.supervisor.stop()
    const store = await openMemoryStore(harness.memory)
    expect(await releaseOffline(store, machines, 'counter/a', { by: 'ann' })).toBe(seq + 1)
    for (const [address, code] of [
      ['counter/a', 'ACTOR_NOT_QUARANTINED'],
      ['counter/b', 'ACTOR_UNKNOWN'],
      ['nonsense', 'ADDRESS_INVALID'],
    ] as const)
      await expect(releaseOffline(store, machines, address)).rejects.toMatchObject({ code })
    expect(store.head.seq).toBe(seq + 1)
    await store.close()
    await harness.open({ machines })
    expect(await conditionOf(harness)).toBeUndefined()
    await harness.supervisor.send('counter/a', { type: 'INC' })
    expect(harness.context('counter/a')).toMatchObject({ n: 2 })
    expect(await eventsOf(harness)).toEqual(['outcry.released', 'INC'])
    const released = (await harness.records()).find(({ event }) => event.type === 'outcry.released')
    expect(released).toMatchObject({ at: lastAt, event: { by: 'ann' } })
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })
})

it('an observer of work hears of each actor, of its event, and of the end', async () => {
  const relay = setup({}).createMachine({
    on: { GO: { actions: [sendTo(({ system }) => system.get('x'), { type: 'INC' }), () => {}] } },
  })
  const seen: string[] = []
  const work = {
    begin: (actor: string, what: string) => void seen.push(`${actor} ${what}`),
    end: () => void seen.push('end'),
  }
  const harness = new Harness()
  await harness.open({ machines: { relay, ...machines }, work })
  await harness.supervisor.spawn('relay', 'r')
  await harness.supervisor.spawn('counter', 'a')
  seen.length = 0
  await expect(harness.supervisor.send('counter/a', { type: 'THROW' })).rejects.toThrow('boom')
  expect(seen).toEqual([
    'counter/a THROW',
    'counter/a outcry.failed',
    'system/dead-letters DEAD_LETTER',
    'end',
    // A custom action runs after the commit.
    'system/dead-letters DEAD_LETTER',
    'end',
  ])
})

describe('the person and the reason of a release', () => {
  it.each<[string, object]>([
    ['a number', { by: 1n }],
    ['a time', { by: new Date(0) }],
    ['too long', { reason: 'x'.repeat(2_000) }],
  ])('is refused when it is %s, and nothing happens', async (_, why) => {
    const harness = new Harness()
    let supervisor = await harness.open({ machines })
    await supervisor.spawn('counter', 'a')
    await expect(supervisor.send('counter/a', { type: 'THROW' })).rejects.toThrow()
    await expect(supervisor.release('counter/a', why)).rejects.toMatchObject({ code: 'EVENT_INVALID' })
    await supervisor.stop()
    const store = await openMemoryStore(harness.memory)
    await expect(releaseOffline(store, machines, 'counter/a', why)).rejects.toMatchObject({
      code: 'EVENT_INVALID',
    })
    await store.close()
    supervisor = await harness.open({ machines })
    await supervisor.release('counter/a', { by: 'me', reason: 'mended' })
    expect((await harness.eventsOf('counter/a')).slice(1)).toEqual(['outcry.failed', 'outcry.released'])
  })

  it('is on record as these two texts and nothing else', async () => {
    const harness = new Harness()
    const supervisor = await harness.open({ machines })
    await supervisor.spawn('counter', 'a')
    const error = Object.assign(new Error('hung'), { code: 'HUNG', big: 1n })
    await supervisor.quarantine('counter/a', { error: error as never, event: { type: 'INC' } })
    await supervisor.release('counter/a', { by: 'me', type: 'outcry.dropped', at: 5 } as object)
    const [failed, released] = (await harness.records()).slice(-2)
    expect(failed?.event.error).toEqual({ name: 'Error', message: 'hung', code: 'HUNG' })
    expect(released?.event).toEqual({ type: 'outcry.released', at: 1_000, keeps: true, by: 'me' })
    expect(supervisor.fence).toBeUndefined()
  })
})
