import { describe, expect, it } from 'vitest'
import { type Memory, newMemory, openMemoryStore, type Store } from '../../store/index.ts'
import { type Database, databaseIn } from '../../store/leveldb/codec/database.ts'
import type { TckRecord } from '../../store/tck/tck.ts'
import { anotherLifeOf } from './another-life.ts'

const record = (seq: number, size = 0): TckRecord => ({
  seq,
  rev: seq,
  actor: 'order/a',
  at: seq,
  note: 'x'.repeat(size),
})

/** Tests what readers report when a log was changed from outside. */
describe('a damaged log', () => {
  const drain = async (items: AsyncIterable<unknown>) => {
    for await (const _ of items);
  }
  let memory: Memory
  let db: Database
  let store: Store<TckRecord>

  const write = async (to: number) => {
    memory = newMemory()
    db = databaseIn(memory)
    store = await openMemoryStore<TckRecord>(memory)
    for (let seq = 1; seq <= to; seq++) await store.append({ records: [record(seq)] })
    await store.putSnapshots([{ actor: 'order/a', seq: to, rev: to, state: { some: 'state' } }])
  }
  const commit = (seq: number) => `c!${String(seq).padStart(16, '0')}`
  const flip = async (key: string, at: number) => {
    const bytes = Buffer.from((await db.get(key)) as Buffer)
    bytes[at] = (bytes[at] as number) ^ 0x20
    await db.put(key, bytes)
  }

  it('names the commit in which any one byte has changed', async () => {
    await write(5)
    const original = (await db.get(commit(3))) as Buffer
    for (let i = 0; i < original.length; i++) {
      await flip(commit(3), i)
      for (const options of [{}, { mentioning: 'nowhere' }])
        await expect(drain(store.read(options)), `byte ${i}`).rejects.toMatchObject({
          code: 'STORE_CORRUPT',
          message: expect.stringContaining('3'),
        })
      expect((await store.verifyChain()).damage[0]).toMatchObject({ seq: 3 })
      await expect(openMemoryStore(memory)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
      await db.open()
      await db.put(commit(3), original)
      store = await openMemoryStore<TckRecord>(memory)
    }
    expect(original.length).toBeGreaterThan(100)
  })

  it('names the missing records, in both directions and from anywhere', async () => {
    await write(6)
    await db.del(commit(3))
    for (const options of [
      {},
      { reverse: true },
      { fromSeq: 3 },
      { fromSeq: 3, toSeq: 3 },
      { toSeq: 3 },
      { toSeq: 3, reverse: true },
      { mentioning: 'nowhere' },
    ]) {
      await expect(drain(store.read(options)), JSON.stringify(options)).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
        message: expect.stringContaining('3'),
      })
    }
    await drain(store.read({ fromSeq: 4 }))
    await drain(store.read({ toSeq: 2 }))
    await expect(drain(store.history('order/a'))).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect((await store.verifyChain()).damage).toMatchObject([{ seq: 3, code: 'STORE_GAP' }])
  })

  it('names a last commit that is missing', async () => {
    await write(6)
    await db.del(commit(6))
    await expect(drain(store.read())).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect((await store.verifyChain()).damage).toMatchObject([{ seq: 6, code: 'STORE_GAP' }])
    await expect(openMemoryStore(memory)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })

  it('names commits that were exchanged', async () => {
    await write(6)
    const { memory: other, store: elsewhere } = await anotherLifeOf(memory)
    for (let seq = 1; seq <= 6; seq++) await elsewhere.append({ records: [record(seq, 3)] })
    await db.put(commit(4), (await databaseIn(other).get(commit(4))) as Buffer)
    await expect(drain(store.read())).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect((await store.verifyChain()).damage).toMatchObject([
      { seq: 4, code: 'STORE_CHAIN' },
      { seq: 5, code: 'STORE_CHAIN' },
    ])
  })

  it('names a commit of another store to every reader', async () => {
    await write(6)
    const other = newMemory()
    const elsewhere = await openMemoryStore<TckRecord>(other)
    for (let seq = 1; seq <= 6; seq++) await elsewhere.append({ records: [record(seq)] })
    await db.put(commit(4), (await databaseIn(other).get(commit(4))) as Buffer)
    const refusal = { code: 'STORE_CORRUPT', message: expect.stringMatching(/seq 4 .*is of the store/) }
    await expect(drain(store.read({ fromSeq: 4, toSeq: 4 }))).rejects.toMatchObject(refusal)
    await expect(drain(store.history('order/a', { fromRev: 4, toRev: 4 }))).rejects.toMatchObject(refusal)
    await expect(store.seqAt(3)).rejects.toMatchObject(refusal)
    await expect(drain(store.entries())).rejects.toMatchObject(refusal)
    expect((await store.verifyChain()).damage).toMatchObject([{ seq: 4, code: 'STORE_CHECKSUM' }])
  })

  it('reads on behind the damage, to report all of it', async () => {
    await write(9)
    await flip(commit(3), 90)
    await db.del(commit(6))
    await flip(commit(8), 90)
    expect((await store.verifyChain()).damage).toMatchObject([
      { seq: 3, code: 'STORE_CHECKSUM' },
      { seq: 6, code: 'STORE_GAP' },
      { seq: 8, code: 'STORE_CHECKSUM' },
    ])
  })

  it('refuses a damaged snapshot', async () => {
    await write(5)
    const length = ((await db.get('s!order/a')) as Buffer).length
    for (let i = 0; i < length; i++) {
      await flip('s!order/a', i)
      expect(() => store.snapshot('order/a')).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
      await flip('s!order/a', i)
    }
  })

  it('loses no posting of the index by an append that it refuses', async () => {
    memory = newMemory()
    db = databaseIn(memory)
    store = await openMemoryStore<TckRecord>(memory)
    const many = (first: number, size: number) =>
      Array.from({ length: size }, (_, i): TckRecord => ({ ...record(first + i), actor: 'order/a' }))
    await store.append({ records: many(1, 15_000) })
    await store.putSnapshots([{ actor: 'order/b', seq: 1, rev: 1, state: {} }])
    await store.append({ records: many(15_001, 15_000) })
    await flip('s!order/b', 20)
    // By now the first postings are due. They would be written with the commit that is refused.
    const refused = { records: many(30_001, 1), snapshots: [{ actor: 'order/b', seq: 2, rev: 2, state: {} }] }
    await expect(store.append(refused)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    await store.append({ records: many(30_001, 1) })
    await drain(store.history('order/a'))
    await flip('s!order/b', 20)
    expect((await store.verifyChain()).damage).toEqual([])
  })

  it('names an unreadable checkpoint and an unreadable end', async () => {
    await write(2)
    await store.putSnapshots([], { seq: 2, state: {} })
    await db.put('m!checkpoint', Buffer.from('{"se'))
    expect(() => store.checkpoint()).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
    await db.put('m!head', Buffer.from('{"se'))
    await expect(openMemoryStore(memory)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })

  describe('with a written history index', () => {
    /** Writes commits of many records by two actors, so many that the index is written in parts. */
    const writeMany = async () => {
      memory = newMemory()
      db = databaseIn(memory)
      store = await openMemoryStore<TckRecord>(memory)
      const revs: Record<string, number> = {}
      for (let first = 1; first <= 60_000; first += 1_500) {
        const records = Array.from({ length: 1_500 }, (_, i): TckRecord => {
          const actor = i % 3 === 0 ? 'order/a' : first > 30_000 ? 'order/b' : 'order/c'
          revs[actor] = (revs[actor] ?? 0) + 1
          return { seq: first + i, rev: revs[actor], actor, at: first }
        })
        await store.append({ records })
      }
    }

    it('finds every history from any rev, before and after it is reopened', async () => {
      await writeMany()
      for (let round = 0; round < 2; round++) {
        for (const [actor, count] of [
          ['order/a', 20_000],
          ['order/b', 20_000],
          ['order/c', 20_000],
        ] as const) {
          for (const fromRev of [1, 2, 499, 500, 501, 9_999, 19_999, 20_000]) {
            let rev = fromRev
            for await (const found of store.history(actor, { fromRev }))
              rev = found.rev === rev ? rev + 1 : Number.NaN
            expect(rev - 1).toBe(count)
            let back = Math.min(count, fromRev + 700)
            const backwards = { fromRev, toRev: back, reverse: true }
            for await (const found of store.history(actor, backwards))
              back = found.rev === back ? back - 1 : Number.NaN
            expect(back).toBe(fromRev - 1)
          }
        }
        expect((await store.verifyChain()).damage).toEqual([])
        store = await openMemoryStore<TckRecord>(memory)
      }
    })

    it('names the records that it does not find through the index', async () => {
      await writeMany()
      const keys = await db.keys({ gte: 'h!order/a', lt: 'h!order/b' }).all()
      expect(keys.length).toBeGreaterThan(1)
      await db.del(keys[1] as string)
      for (const options of [{}, { reverse: true }]) {
        await expect(drain(store.history('order/a', options))).rejects.toMatchObject({
          code: 'STORE_CORRUPT',
          message: expect.stringContaining('order/a'),
        })
      }
      await drain(store.history('order/b'))
      const { damage } = await store.verifyChain()
      expect(damage[0]).toMatchObject({ code: 'STORE_INDEX', message: expect.stringContaining('order/a') })
    })

    it('names a posting that leads nowhere, and an actor that is not listed', async () => {
      await writeMany()
      await db.put(`h!order/x\0${'1'.padStart(16, '0')}`, Buffer.from('1'))
      expect((await store.verifyChain()).damage).toMatchObject([{ seq: 1, code: 'STORE_INDEX' }])
      await db.del('a!order/b')
      expect((await store.verifyChain()).damage).toMatchObject([{ code: 'STORE_INDEX' }])
    })
  })
})
