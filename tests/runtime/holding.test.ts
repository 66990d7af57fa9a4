/** Tests the one bound on the sum of all that an actor holds. It makes every actor small enough to be written. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assign, cancel, createMachine, enqueueActions, setup, spawnChild, stopChild } from 'xstate'
import { SNAPSHOTS_SIZE_MAX } from '../../src/runtime/actors/bounds.ts'
import { UNBORN } from '../../src/runtime/actors/cell.ts'
import { sizeOfActor } from '../../src/runtime/actors/holding.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { AnyEvent, TransitionRecord } from '../../src/runtime/record/record.ts'
import { Ref } from '../../src/runtime/record/ref.ts'
import { admit, encode, sizeOf } from '../../src/runtime/record/values.ts'
import { CHILDREN_MAX } from '../../src/runtime/xstate/child.ts'
import type { SnapshotEntry, Store } from '../../store/store.ts'
import { SEED } from '../seeded.ts'
import { Harness } from './harness.ts'

const MIB = 2 ** 20
const LARGE = 'x'.repeat(3 * MIB)

const refused = (code: string) => ({ code: 'ACTOR_FAILED', cause: { code } })

const waiter = setup({
  types: {} as { context: { fired: number }; events: AnyEvent },
}).createMachine({
  context: { fired: 0 },
  on: {
    WAIT: {
      actions: enqueueActions(({ enqueue, context, event }) => {
        const { id, large } = event
        enqueue.assign({ fired: context.fired + 1_000 })
        enqueue.raise({ type: 'DUE', large }, { delay: 1_000, id })
      }),
    },
    FORGET: { actions: cancel(({ event }) => event.id) },
    DUE: { actions: assign({ fired: ({ context }) => context.fired + 1 }) },
  },
})

describe('the timers of an actor', () => {
  it('hold 64 MiB of events; another one is refused and changes nothing', async () => {
    const harness = new Harness()
    let supervisor = await harness.open({ machines: { waiter } })
    await supervisor.spawn('waiter', 'w')
    const wait = (id: string) => supervisor.send('waiter/w', { type: 'WAIT', id, large: LARGE })
    for (let n = 1; n <= 21; n++) await wait(`t${n}`)
    await expect(wait('t22')).rejects.toMatchObject(refused('HOLDS_TOO_MUCH'))
    expect(harness.context('waiter/w')).toEqual({ fired: 21_000 })
    expect((await supervisor.view('waiter/w'))?.timers).toHaveLength(21)
    await supervisor.send('waiter/w', { type: 'FORGET', id: 't3' })
    await wait('t22')
    // The size was measured then, and is measured again only after up to 4 MiB more.
    await wait('t23')
    await supervisor.stop()
    supervisor = await harness.open({ machines: { waiter } })
    await expect(wait('t24')).rejects.toMatchObject(refused('HOLDS_TOO_MUCH'))
    harness.clock.advanceTo(harness.clock.now() + 1_000)
    await supervisor.idle()
    expect(harness.context('waiter/w')).toEqual({ fired: 23_022 })
    await wait('t24')
    expect(supervisor.fence).toBeUndefined()
  })

  it('may come and go for ever', async () => {
    const harness = new Harness()
    const supervisor = await harness.open({ machines: { waiter } })
    await supervisor.spawn('waiter', 'w')
    for (let n = 1; n <= 50; n++) {
      await supervisor.send('waiter/w', { type: 'WAIT', id: 'again', large: LARGE })
      await supervisor.send('waiter/w', { type: 'FORGET', id: 'again' })
    }
    expect(harness.context('waiter/w')).toEqual({ fired: 50_000 })
  })

  it('have ids that are short enough to be written many times', async () => {
    const harness = new Harness()
    const supervisor = await harness.open({ machines: { waiter } })
    await supervisor.spawn('waiter', 'w')
    const wait = (id: string) => supervisor.send('waiter/w', { type: 'WAIT', id })
    await wait('i'.repeat(1_024))
    await expect(wait('i'.repeat(1_025))).rejects.toMatchObject(refused('TIMER_ID_INVALID'))
  })
})

const hoarderOf = (version: string) =>
  setup({ types: {} as { context: { parts: { text: string }[] }; events: AnyEvent } }).createMachine({
    version,
    context: { parts: [] },
    on: {
      TAKE: {
        actions: assign({
          parts: ({ context, event }) => [...context.parts.slice(event.drop), { text: event.text }],
        }),
      },
    },
  })
const hoarder = hoarderOf('1')

/**
 * Returns which messages an actor takes whose context is close to the bound, with a restart after every `restartEvery`
 * of them.
 */
async function takenOf(restartEvery: number): Promise<boolean[]> {
  const harness = new Harness()
  let supervisor = await harness.open({ machines: { hoarder } })
  await supervisor.spawn('hoarder', 'h')
  const taken: boolean[] = []
  const take = async (size: number, drop: number) => {
    const text = 'x'.repeat(size)
    const sent = supervisor.send('hoarder/h', { type: 'TAKE', text, drop })
    await sent.then(
      () => taken.push(true),
      (error) => {
        expect(error).toMatchObject(refused('HOLDS_TOO_MUCH'))
        taken.push(false)
      },
    )
    if (taken.length % restartEvery !== 0) return
    if (taken.length % (2 * restartEvery) === 0) await supervisor.stop()
    else await harness.crash()
    supervisor = await harness.open({ machines: { hoarder }, snapshotEvery: 7 })
  }
  for (let n = 0; n < 20; n++) await take(3 * MIB, 0)
  for (let n = 0; n < 40; n++) await take(MIB, n % 5 === 0 ? 1 : 0)
  return taken
}

describe('a context', () => {
  it('may grow and shrink for ever', async () => {
    const harness = new Harness()
    const supervisor = await harness.open({ machines: { hoarder } })
    await supervisor.spawn('hoarder', 'h')
    for (let n = 0; n < 60; n++)
      await supervisor.send('hoarder/h', { type: 'TAKE', text: LARGE, drop: n < 15 ? 0 : 1 })
    expect((harness.context('hoarder/h') as { parts: unknown[] }).parts).toHaveLength(15)
  })

  it('may not grow beyond the bound, whether the runtime was stopped, was killed, or went on', async () => {
    const taken = await takenOf(Number.POSITIVE_INFINITY)
    expect(new Set(taken)).toEqual(new Set([true, false]))
    expect(await takenOf(25)).toEqual(taken)
  })
})

describe('an upgrade', () => {
  it('takes a context that is larger than the limit of an event', async () => {
    const migrate = ({ value, context }: { value: unknown; context: unknown }) => ({ value, context })
    const upgrades = [{ from: '1', to: '2', migrate }]
    const harness = new Harness()
    const supervisor = await harness.open({ machines: { hoarder } })
    await supervisor.spawn('hoarder', 'h')
    for (let n = 0; n < 5; n++) await supervisor.send('hoarder/h', { type: 'TAKE', text: LARGE, drop: 0 })
    await supervisor.stop()
    await harness.open({ machines: { hoarder: { machine: hoarderOf('2'), upgrades } } })
    expect((harness.context('hoarder/h') as { parts: unknown[] }).parts).toHaveLength(5)
  })
})

describe('the counted size of a value', () => {
  it(`is at least a sixth of its written size, for any value (seed ${SEED})`, () => {
    const ref = fc
      .tuple(fc.string({ unit: 'binary' }), fc.string())
      .map(([address, id]) => new Ref({ relay: () => {} }, address as Address, id))
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'medium' },
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom('\u0001', '"', '\\', '\ud800') }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(undefined, null, true, false, -0, Number.MIN_VALUE),
        ref,
        fc.array(tie('value')),
        fc.dictionary(
          fc.string({ unit: 'binary' }).filter((key) => key !== '__proto__'),
          tie('value'),
          { noNullPrototype: true },
        ),
      ),
    }))
    fc.assert(
      fc.property(value, (given) => {
        admit({ given }, 'it')
        const written = JSON.stringify(encode({ given }))
        expect(Buffer.byteLength(written)).toBeLessThanOrEqual(6 * sizeOf({ given }))
      }),
      { seed: SEED, numRuns: 2_000 },
    )
  })

  it(`is the same for an actor with its timers and children (seed ${SEED})`, async () => {
    const harness = new Harness()
    const text = fc.string({ unit: fc.constantFrom('\u0001', '"', 'a', '/'), minLength: 1, maxLength: 30 })
    const texts = fc.uniqueArray(text, { maxLength: 12 })
    const given = fc.record({ timers: texts, kids: texts, context: texts }, { noNullPrototype: true })
    let actors = 0
    let bytes = 0
    await fc.assert(
      fc.asyncProperty(given, async (input) => {
        const supervisor = await harness.open({ machines: { holder } })
        const id = `h${actors++}`
        await supervisor.spawn('holder', id, input)
        await supervisor.stop()
        const entry = (await openMemoryStore(harness.memory)).snapshot(`holder/${id}`) as SnapshotEntry
        const { held } = entry.state as { held: number }
        bytes = Buffer.byteLength(JSON.stringify(entry))
        expect(bytes).toBeLessThanOrEqual(6 * (sizeOfActor({ ...UNBORN, held }) + sizeOf(input)))
      }),
      { seed: SEED, numRuns: 40 },
    )
    expect(bytes).toBeGreaterThan(0)
  })
})

const kid = createMachine({})

const holder = setup({
  types: {} as {
    context: { texts: string[] }
    input: { timers: string[]; kids: string[]; context: string[] }
    events: { type: 'DUE' }
  },
  actors: { kid },
}).createMachine({
  context: ({ input }) => ({ texts: input.context }),
  entry: enqueueActions(({ enqueue, event, self }) => {
    const { input } = event as unknown as { input: { timers: string[]; kids: string[] } }
    for (const id of input.timers) enqueue.raise({ type: 'DUE' }, { delay: 1_000, id })
    for (const id of input.kids) enqueue.spawnChild('kid', { id, systemId: `${self.id} ${id}` })
  }),
})

const parent = setup({ types: {} as { events: AnyEvent }, actors: { kid } }).createMachine({
  on: {
    SPAWN: {
      actions: enqueueActions(({ enqueue, event }) => {
        for (let n = event.from; n < event.to; n++) enqueue.spawnChild('kid', { id: `k${n}` })
      }),
    },
    SWAP: { actions: [stopChild('k0'), spawnChild('kid', { id: 'new' })] },
    NAME: {
      actions: enqueueActions(({ enqueue, event }) => {
        enqueue.spawnChild('kid', { id: 'named', systemId: event.name })
      }),
    },
  },
})

describe('the children of an actor', () => {
  it('have a greatest number; another one is refused and changes nothing, even after a restart', async () => {
    const harness = new Harness()
    let supervisor = await harness.open({ machines: { parent } })
    await supervisor.spawn('parent', 'p')
    const spawn = (from: number, to: number) => supervisor.send('parent/p', { type: 'SPAWN', from, to })
    for (let from = 0; from < CHILDREN_MAX - 100; from += 100) await spawn(from, from + 100)
    await expect(spawn(CHILDREN_MAX - 100, CHILDREN_MAX + 1)).rejects.toMatchObject(
      refused('CHILDREN_TOO_MANY'),
    )
    expect((await supervisor.view('parent/p'))?.children).toHaveLength(CHILDREN_MAX - 100)
    await spawn(CHILDREN_MAX - 100, CHILDREN_MAX)
    await supervisor.stop()
    supervisor = await harness.open({ machines: { parent } })
    await expect(spawn(CHILDREN_MAX, CHILDREN_MAX + 1)).rejects.toMatchObject(refused('CHILDREN_TOO_MANY'))
    await supervisor.send('parent/p', { type: 'SWAP' })
    expect((await supervisor.view('parent/p'))?.children).toHaveLength(CHILDREN_MAX)
    await supervisor.stop()
  })

  it('have system ids that are short enough for every checkpoint', async () => {
    const harness = new Harness()
    const supervisor = await harness.open({ machines: { parent } })
    await supervisor.spawn('parent', 'p')
    const name = (name: string) => supervisor.send('parent/p', { type: 'NAME', name })
    await expect(name('n'.repeat(1_025))).rejects.toMatchObject(refused('VALUE_TOO_LARGE'))
    await name('n'.repeat(1_024))
  })
})

describe('the snapshots of many large actors', () => {
  it('are written a few at a time by a checkpoint, by a stop and with commits', async () => {
    const large = setup({ types: {} as { input: string; context: { text: string } } }).createMachine({
      context: ({ input }) => ({ text: input }),
      on: { TOUCH: {} },
    })
    const harness = new Harness()
    const written: number[] = []
    const open = async () => {
      const store = noting(await openMemoryStore(harness.memory), written)
      return createSupervisor({
        store,
        machines: { large },
        logger: silentLogger,
        checkpointEvery: 15,
        snapshotEvery: 2,
      })
    }
    let supervisor = await open()
    for (let n = 0; n < 20; n++) await supervisor.spawn('large', `a${n}`, LARGE)
    await Promise.all(Array.from({ length: 20 }, (_, n) => supervisor.send(`large/a${n}`, { type: 'TOUCH' })))
    await supervisor.stop()
    supervisor = await open()
    await Promise.all(Array.from({ length: 20 }, (_, n) => supervisor.send(`large/a${n}`, { type: 'TOUCH' })))
    await supervisor.stop()
    expect(written.length).toBeGreaterThan(4)
    // An entry also has the input.
    expect(Math.max(...written)).toBeLessThan(2 * (2 * SNAPSHOTS_SIZE_MAX + 4 * MIB))
  })
})

/** Returns the store. It notes the length of each write. */
function noting(store: Store<TransitionRecord>, written: number[]): Store<TransitionRecord> {
  const note = (snapshots: readonly SnapshotEntry[] = []) => {
    if (snapshots.length > 0) written.push(JSON.stringify(snapshots).length)
  }
  const noted: Partial<Store<TransitionRecord>> = {
    append: (commit) => {
      note(commit.snapshots)
      return store.append(commit)
    },
    putSnapshots: (snapshots, checkpoint) => {
      note(snapshots)
      return store.putSnapshots(snapshots, checkpoint)
    },
  }
  return new Proxy(store, {
    get: (target, key) => {
      const value = Reflect.get(key in noted ? noted : target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
