/** Tests that reading the past costs the same however long ago it is, and however long the log is. */
import { describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { recordCodec } from '../../src/runtime/record/record-codec.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { type Memory, newMemory, openMemoryStore, type Store } from '../../store/index.ts'
import { SEED, seeded } from '../seeded.ts'

const counter = setup({ types: {} as { context: { count: number; lastAt: number } } }).createMachine({
  context: { count: 0, lastAt: 0 },
  on: {
    COUNT: {
      actions: assign(({ context, event }) => ({
        count: context.count + 1,
        lastAt: (event as unknown as { at: number }).at,
      })),
    },
  },
})

/** The cost of a reading: commits that were decoded, and records that were made of them. */
const cost = { commits: 0, records: 0 }
const codec: typeof recordCodec = {
  ...recordCodec,
  decode(text, firstSeq, actor) {
    const records = recordCodec.decode(text, firstSeq, actor)
    cost.commits++
    cost.records += records.length
    return records
  },
}

async function open(
  memory: Memory,
  checkpointEvery?: number,
): Promise<[Supervisor, Store<TransitionRecord>]> {
  const store = await openMemoryStore(memory, { codec })
  const supervisor = await createSupervisor({
    store,
    machines: { counter },
    clock: new EventClock(0),
    ...(checkpointEvery !== undefined && { checkpointEvery }),
  })
  return [supervisor, store]
}

/** Writes one record of `counter/busy` in each `others + 1`, a millisecond apart, in commits of many records. */
async function live(supervisor: Supervisor, records: number, others: number): Promise<void> {
  for (let at = 1; at <= records; at++) {
    const name = at % (others + 1) === 0 ? 'busy' : `other${at % (others + 1)}`
    supervisor.tell(`counter/${name}` as Address, { type: 'COUNT', at })
    const room = supervisor.room()
    if (room !== undefined) await room
  }
  await supervisor.idle()
}

async function filled(records: number, others: number, checkpointEvery?: number) {
  const memory = newMemory()
  const [first] = await open(memory, checkpointEvery)
  await first.spawn('counter', 'busy', undefined, { at: 0 })
  for (let n = 1; n <= others; n++) await first.spawn('counter', `other${n}`, undefined, { at: 0 })
  await live(first, records, others)
  await first.stop()
  const [supervisor, store] = await open(memory, checkpointEvery)
  return { memory, supervisor, store }
}

const lastRev = async (supervisor: Supervisor) => (await supervisor.view('counter/busy'))?.rev as number

describe('the state at a place in the past', () => {
  it(`is correct by rev, by seq and by time, and is near a snapshot (seed ${SEED})`, async () => {
    const { supervisor } = await filled(60_000, 2)
    const records: TransitionRecord[] = []
    for await (const record of supervisor.history('counter/busy')) records.push(record)
    const next = seeded(SEED)
    for (let n = 0; n < 60; n++) {
      const { rev, seq, at } = records[Math.floor(next() * records.length)] as TransitionRecord
      for (const place of [{ rev }, { seq }, { at }]) {
        Object.assign(cost, { commits: 0, records: 0 })
        expect(await supervisor.stateAt('counter/busy', place), JSON.stringify(place)).toMatchObject({
          rev,
          seq,
          context: { count: rev - 1 },
        })
        // Two distances of snapshots, the rest of the commits at either end, and the commit that has the place.
        expect(cost.records).toBeLessThan(2_000 + 2 * 700 + 2_100)
      }
    }
    await supervisor.stop()
  })

  it('is read from as few commits in a long log as in a short one', async () => {
    const most = async (records: number) => {
      const { supervisor } = await filled(records, 1)
      const revs = await lastRev(supervisor)
      const costs: number[] = []
      for (let rev = 100; rev <= revs; rev += Math.floor(revs / 40)) {
        Object.assign(cost, { commits: 0, records: 0 })
        await supervisor.stateAt('counter/busy', { rev })
        costs.push(cost.records)
      }
      await supervisor.stop()
      return Math.max(...costs)
    }
    expect(await most(16_000)).toBeLessThan(4_000)
    expect(await most(64_000)).toBeLessThan(4_000)
  })

  it("is read from few commits, too, when the actor's records lie scattered", async () => {
    // One record of 500: nearly each of the actor's records is in a commit of its own.
    const { supervisor } = await filled(300_000, 499)
    for (const rev of [50, 150, 250, 350, 450, 550]) {
      Object.assign(cost, { commits: 0, records: 0 })
      expect((await supervisor.stateAt('counter/busy', { rev }))?.context).toMatchObject({ count: rev - 1 })
      expect(cost.commits, `rev ${rev}`).toBeLessThan(260)
    }
    await supervisor.stop()
  })

  it('is the same cut by time for all actors, although times in the log go back', async () => {
    const [supervisor] = await open(newMemory())
    await supervisor.spawn('counter', 'a', undefined, { at: 1_000 })
    await supervisor.spawn('counter', 'b', undefined, { at: 1_000 })
    const send = (id: string, at: number) => supervisor.send(`counter/${id}`, { type: 'COUNT', at })
    await send('a', 2_000)
    await send('b', 1_500)
    await send('a', 3_000)
    await send('b', 2_500)
    const counts = async (at: number) => {
      const views = [
        await supervisor.stateAt('counter/a', { at }),
        await supervisor.stateAt('counter/b', { at }),
      ]
      return views.map((view) => (view?.context as { count: number } | undefined)?.count)
    }
    expect(await counts(999)).toEqual([undefined, undefined])
    expect(await counts(1_000)).toEqual([0, 0])
    // The log's time passes 1,600 with the record of 2,000. The record of 1,500 comes later.
    expect(await counts(1_600)).toEqual([0, 0])
    expect(await counts(2_000)).toEqual([1, 1])
    expect(await counts(2_700)).toEqual([1, 1])
    expect(await counts(3_000)).toEqual([2, 2])
    await supervisor.stop()
  })
})

describe('verify', () => {
  it('compares the past snapshots with the states that the log leads to', async () => {
    const { memory, supervisor, store } = await filled(12_000, 1)
    const kept: number[] = []
    for await (const { rev } of store.snapshots('counter/busy')) kept.push(rev)
    expect(kept.length).toBeGreaterThan(4)
    const before = await supervisor.verify()
    expect(before).toMatchObject({ problems: [], live: supervisor.residents })
    expect(before.snapshots).toBeGreaterThan(2 * kept.length - 2)
    await supervisor.stop()

    const other = await openMemoryStore(newMemory(), { codec })
    const records: TransitionRecord[] = []
    const source = await openMemoryStore(memory, { codec })
    for await (const record of source.read()) records.push(record)
    for (let i = 0; i < records.length; i += 1_000)
      await other.append({ records: records.slice(i, i + 1_000) })
    const entries = []
    for await (const entry of source.snapshots('counter/busy')) entries.unshift(structuredClone(entry))
    const wrong = entries[1] as { rev: number; state: { snapshot: { context: { count: number } } } }
    wrong.state.snapshot.context.count++
    for (const entry of entries) await other.putSnapshots([entry])
    const again = await createSupervisor({ store: other, machines: { counter }, clock: new EventClock(0) })
    expect((await again.verify()).problems).toMatchObject([
      { code: 'STATE_DIFFERS', message: expect.stringContaining(`at rev ${wrong.rev} `) },
    ])
    await again.stop()
  })
})
