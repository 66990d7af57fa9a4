/** Tests that the memory of `verify` does not grow with the number of actors. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import { Registry } from '../../src/runtime/actors/registry.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { openLevelStore, openMemoryStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { verifyLog } from '../../src/runtime/state/verify.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import type { SnapshotEntry, Store } from '../../store/index.ts'
import { howMany } from '../seeded.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const counter = setup({ types: {} as { context: { count: number } } }).createMachine({
  context: { count: 0 },
  initial: 'counting',
  states: {
    counting: {
      on: {
        COUNT: { actions: assign({ count: ({ context }) => context.count + 1 }) },
        END: 'ended',
      },
      after: { 1e9: 'ended' },
    },
    ended: { type: 'final' },
  },
})
const machines = { counter }
const registry = new Registry(machines)

/** Makes a log in which each actor starts, counts in two rounds over all actors, and every other one ends. */
async function filled(actors: number, store: Store<TransitionRecord>) {
  const clock = new EventClock(0)
  const passivation = { residentMax: 1_000 }
  const supervisor = await createSupervisor({ store, machines, clock, passivation, checkpointEvery: 20_000 })
  const room = async () => await supervisor.room()
  for (let i = 0; i < actors; i += 500) {
    const spawned = Array.from({ length: 500 }, (_, n) =>
      supervisor.spawn('counter', String(i + n), undefined, { at: 1 }),
    )
    await Promise.all(spawned)
  }
  for (const type of ['COUNT', 'COUNT', 'END']) {
    for (let i = 0; i < actors; i++) {
      if (type === 'END' && i % 2 === 0) continue
      supervisor.tell(`counter/${i}` as Address, { type, at: 2 })
      if (i % 100 === 0) await room()
    }
  }
  await supervisor.idle()
  return { store, supervisor }
}

/** Returns the most bytes of heap that `verify` adds, without garbage. */
async function held(actors: number): Promise<number> {
  // The log is on the disk, so that the heap holds none of it.
  const location = mkdtempSync(join(tmpdir(), 'outcry-verify-'))
  const { store, supervisor } = await filled(actors, await openLevelStore(location))
  collect()
  const before = process.memoryUsage().heapUsed
  let most = 0
  const onProgress = () => {
    collect()
    most = Math.max(most, process.memoryUsage().heapUsed - before)
  }
  const found = await verifyLog(store, registry, { onProgress, actorsMax: 500 })
  expect(found).toMatchObject({ problems: [], records: supervisor.seq })
  expect(found.actors).toBe(actors + 1)
  // Each actor that has left memory has at least one snapshot.
  expect(found.snapshots).toBeGreaterThan(actors - 2_000)
  await supervisor.stop()
  rmSync(location, { recursive: true })
  return most
}

describe('verify', () => {
  it('uses as much memory for many actors as for few', async () => {
    const many = howMany('VERIFY_ACTORS', 20_000)
    const few = many / 5
    await held(500)
    const growth = ((await held(many)) - (await held(few))) / (many - few)
    // One replayed actor takes more than a thousand bytes.
    expect(growth).toBeLessThan(200)
  })

  it.each([1, 10_000])(
    'finds the same with %i actors in memory, and actors that only memory has',
    async (actorsMax) => {
      const { store, supervisor } = await filled(2_000, await openMemoryStore())
      const entries: SnapshotEntry[] = []
      for await (const address of store.actors({ prefix: 'counter/' })) {
        const entry = store.snapshot(address)
        if (entry !== undefined) entries.push(structuredClone(entry))
      }
      expect(entries.length).toBeGreaterThan(900)
      async function* live() {
        yield* entries
      }
      const whole = await verifyLog(store, registry, { live: live(), actorsMax })
      expect(whole).toMatchObject({ problems: [], live: entries.length, actors: 2_001 })
      for (const n of [3, entries.length - 3]) {
        const { state } = entries[n] as { state: { snapshot: { context: { count: number } } } }
        state.snapshot.context.count += 7
      }
      const { problems } = await verifyLog(store, registry, { live: live(), actorsMax })
      expect(problems.map(({ actor, code }) => [actor, code]).sort()).toEqual(
        [entries[3], entries.at(-3)].map((entry) => [entry?.actor, 'STATE_DIFFERS']).sort(),
      )
      await supervisor.stop()
    },
  )

  it('leaves nothing on the disk, however it ends', async () => {
    const { store, supervisor } = await filled(6_000, await openMemoryStore())
    const folder = mkdtempSync(join(tmpdir(), 'outcry-verify-'))
    const temporary = process.env.TMPDIR
    process.env.TMPDIR = folder
    const used = () => readdirSync(folder).length
    let most = 0
    const gone = new AbortController()
    const onProgress = () => {
      most = Math.max(most, used())
      if (most > 0) gone.abort()
    }
    try {
      await verifyLog(store, registry, { actorsMax: 10 })
      expect(used()).toBe(0)
      const verifying = verifyLog(store, registry, { actorsMax: 10, onProgress, signal: gone.signal })
      await expect(verifying).rejects.toMatchObject({ code: 'READ_ABORTED' })
      expect(most).toBe(1)
      expect(used()).toBe(0)
      process.env.TMPDIR = join(folder, 'none')
      await expect(verifyLog(store, registry, { actorsMax: 10 })).rejects.toMatchObject({
        code: 'SCRATCH_FAILED',
        message: expect.stringContaining(join(folder, 'none')),
      })
    } finally {
      if (temporary === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = temporary
      rmSync(folder, { recursive: true })
      await supervisor.stop()
    }
  })
})
