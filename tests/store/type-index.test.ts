/** Tests that records are found by the types of their events: all of them, few blocks read, in stores of any age. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { describe, expect, it, vi } from 'vitest'
import {
  cutBack,
  type LogRecord,
  newMemory,
  openLevelStore,
  openMemoryStore,
  type ReadOptions,
  type RecordCodec,
  type Store,
} from '../../store/index.ts'
import { type Database, databaseIn } from '../../store/leveldb/codec/database.ts'
import { eventually } from '../runtime/harness.ts'
import { SEED, seeded } from '../seeded.ts'
import { forgetOverwritten } from './forget-overwritten.ts'

interface Emitting extends LogRecord {
  readonly emitted?: readonly { readonly type: string }[]
}
/** Records of some windows, and of a part of the last one. */
const RECORDS = 30_000
const ODD = ['\ud800', '\ud801', 'A\u0000', 'A', '"', '*', '', 'x'.repeat(120), `${'x'.repeat(119)}y`]

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

/** Returns records that emit at random, in runs, as programs do. */
function randomRecords(from: number, to: number, random: () => number): Emitting[] {
  const records: Emitting[] = []
  let common = 0
  for (let seq = from; seq <= to; seq++) {
    if (random() < 0.001) common = Math.floor(random() * 3)
    const emitted: { type: string }[] = []
    if (random() < 0.3) emitted.push({ type: `COMMON_${common}` })
    if (random() < 0.0005) emitted.push({ type: `RARE_${Math.floor(random() * 5)}` })
    if (random() < 0.001) emitted.push({ type: ODD[Math.floor(random() * ODD.length)] as string })
    records.push({ seq, rev: seq, actor: 'order/a', at: seq, ...(emitted.length > 0 && { emitted }) })
  }
  return records
}

async function append(
  store: Store<Emitting>,
  records: readonly Emitting[],
  random: () => number,
): Promise<void> {
  for (let i = 0; i < records.length; ) {
    const size = 1 + Math.floor(random() ** 4 * 3_000)
    await store.append({ records: records.slice(i, i + size) })
    i += size
  }
}

async function expectFound(
  store: Store<Emitting>,
  records: readonly Emitting[],
  random: () => number,
  reads = 20,
): Promise<void> {
  const types = ['COMMON_0', 'COMMON_1', 'RARE_0', 'RARE_1', 'NEVER', ...ODD]
  for (let n = 0; n < reads; n++) {
    const emitting = types.filter(() => random() < 0.2)
    const fromSeq = random() < 0.5 ? 1 : Math.ceil(random() * records.length)
    const toSeq = random() < 0.5 ? records.length : Math.ceil(random() * records.length)
    const reverse = random() < 0.5
    const limit = random() < 0.5 ? Infinity : Math.floor(random() * 60)
    const wanted = records.filter(
      ({ seq, emitted }) =>
        seq >= fromSeq && seq <= toSeq && emitted?.some(({ type }) => emitting.includes(type)),
    )
    if (reverse) wanted.reverse()
    const options: ReadOptions = { emitting, fromSeq, toSeq, reverse, limit }
    const found = (await all(store.read(options))).map(({ seq }) => seq)
    expect([options, found]).toEqual([options, wanted.slice(0, limit).map(({ seq }) => seq)])
  }
}

/** Makes the log as an older Outcry leaves it: its last commit says nothing of the index, which has holes. */
async function forgetTypes(db: Database): Promise<void> {
  const head = JSON.parse(String(await db.get('m!head'))) as { typed?: unknown }
  expect(head.typed).toBeDefined()
  delete head.typed
  await db.put('m!head', Buffer.from(JSON.stringify(head)))
  for (const key of await db.keys({ gte: 'e!', lt: 'e"' }).all()) if (key.endsWith('1')) await db.del(key)
}

describe('the index by type', () => {
  it(`finds every record of a random log, before and after it is opened again (seed ${SEED})`, async () => {
    const random = seeded(SEED)
    const memory = newMemory()
    const records = randomRecords(1, RECORDS, random)
    let store = await openMemoryStore<Emitting>(memory)
    await append(store, records, random)
    for (let round = 0; round < 2; round++) {
      await expectFound(store, records, random)
      expect((await store.verifyChain()).damage).toEqual([])
      store = await openMemoryStore<Emitting>(memory)
    }
    const more = randomRecords(RECORDS + 1, RECORDS + 9_000, random)
    await append(store, more, random)
    await expectFound(store, [...records, ...more], random)
  })

  it(`finds every record of a log that an older Outcry wrote, and covers it (seed ${SEED})`, async () => {
    const random = seeded(SEED)
    const memory = newMemory()
    const records = randomRecords(1, RECORDS, random)
    await append(await openMemoryStore<Emitting>(memory), records, random)
    await forgetTypes(databaseIn(memory))
    let store = await openMemoryStore<Emitting>(memory)
    expect(await store.emittedTypes()).toBeUndefined()
    await expectFound(store, records, random)
    const more = randomRecords(RECORDS + 1, RECORDS + 9_000, random)
    await append(store, more, random)
    await eventually(async () => {
      const head = JSON.parse(String(await databaseIn(memory).get('m!head'))) as { typed: [number, number] }
      expect(head.typed[0]).toBe(1)
    })
    expect((await store.verifyChain()).damage).toEqual([])
    store = await openMemoryStore<Emitting>(memory)
    await expectFound(store, [...records, ...more], random)
  })

  it('is covered in steps that outlive a close in the middle', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'outcry-types-'))
    const location = join(folder, 'log')
    const random = seeded(1)
    const records = randomRecords(1, 45_000, random)
    const made = await openLevelStore<Emitting>(location)
    await append(made, records, random)
    await made.close()
    const db = new Level<string, Buffer>(location, { valueEncoding: 'buffer' })
    await forgetTypes(db as unknown as Database)
    await forgetOverwritten(db)
    await db.close()
    for (let round = 0; round < 3; round++) {
      const store = await openLevelStore<Emitting>(location)
      await expectFound(store, records, random, 2)
      await store.close()
      await expect(all(store.read({ emitting: ['NEVER'] }))).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    }
    const store = await openLevelStore<Emitting>(location)
    expect((await store.verifyChain()).damage).toEqual([])
    await store.close()
    rmSync(folder, { recursive: true })
  })

  it('is made anew by the doctor', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'outcry-types-'))
    const location = join(folder, 'log')
    const random = seeded(3)
    const records = randomRecords(1, 20_000, random)
    const made = await openLevelStore<Emitting>(location)
    await append(made, records, random)
    await made.append({ records: [{ seq: 20_001, rev: 20_001, actor: 'order/a', at: 1 }] })
    await made.close()
    const db = new Level<string, Buffer>(location, { valueEncoding: 'buffer' })
    await db.put(`c!${'20001'.padStart(16, '0')}`, Buffer.from('no commit'))
    await forgetOverwritten(db)
    await db.close()
    expect((await cutBack(location)).diagnosis).toMatchObject({ wholeTo: 20_000 })
    const store = await openLevelStore<Emitting>(location)
    await expectFound(store, records, random)
    expect((await store.verifyChain()).damage).toEqual([])
    await store.close()
    rmSync(folder, { recursive: true })
  })

  it('lists every type, in windows that are written or not, unless one is too long to be known whole', async () => {
    const memory = newMemory()
    let store = await openMemoryStore<Emitting>(memory)
    const emitting = async (seq: number, type: string) => {
      const records = Array.from({ length: seq - store.head.seq }, (_, i): Emitting => {
        const at = store.head.seq + i + 1
        return { seq: at, rev: at, actor: 'order/a', at, ...(at === seq && { emitted: [{ type }] }) }
      })
      await store.append({ records })
    }
    const short = ODD.filter(({ length }) => length < 100)
    for (const [i, type] of short.entries()) await emitting((i + 1) * 3_000, type)
    for (let round = 0; round < 2; round++) {
      expect((await store.emittedTypes())?.toSorted()).toEqual(short.toSorted())
      store = await openMemoryStore<Emitting>(memory)
    }
    await emitting(store.head.seq + 1, 'x'.repeat(100))
    expect(await store.emittedTypes()).toBeUndefined()
  })

  it('reads few commits for a few rare events in a long log', async () => {
    let decoded = 0
    const codec: RecordCodec<Emitting> = {
      name: 'counting',
      encode: (records) => JSON.stringify(records),
      decode: (text) => {
        decoded++
        return JSON.parse(text) as Emitting[]
      },
    }
    const store = await openMemoryStore<Emitting>(newMemory(), { codec })
    const rare = [700, 90_000, 150_000]
    for (let seq = 1; seq <= 200_000; seq += 100) {
      const records = Array.from({ length: 100 }, (_, i): Emitting => {
        const emitted = [{ type: rare.includes(seq + i) ? 'RARE' : 'COMMON' }]
        return { seq: seq + i, rev: seq + i, actor: 'order/a', at: seq, emitted }
      })
      await store.append({ records })
    }
    const spy = vi.spyOn(Buffer.prototype, 'includes')
    const found = await all(store.read({ emitting: ['RARE'], reverse: true, limit: 50 }))
    expect(found.map(({ seq }) => seq)).toEqual([150_000, 90_000, 700])
    // Each block of 256 records is in three or four commits, which are looked at; one of them is decoded.
    expect(decoded).toBe(3)
    expect(spy.mock.calls.length).toBeLessThanOrEqual(12)
    spy.mockRestore()
  })

  it('bounds the types that it lists, and finds the others all the same', async () => {
    const store = await openMemoryStore<Emitting>(newMemory())
    const records = Array.from({ length: 12_000 }, (_, i): Emitting => {
      const emitted = [{ type: `A_${i}` }, { type: `B_${i}` }]
      return { seq: i + 1, rev: i + 1, actor: 'order/a', at: 1, emitted }
    })
    await store.append({ records })
    await store.append({ records: [{ seq: 12_001, rev: 12_001, actor: 'order/a', at: 1 }] })
    for (const i of [0, 4_999, 5_001, 8_000, 11_999]) {
      const found = await all(store.read({ emitting: [`B_${i}`] }))
      expect(found.map(({ seq }) => seq)).toEqual([i + 1])
    }
    expect((await store.verifyChain()).damage).toEqual([])
  })

  it('is checked by verify', async () => {
    const memory = newMemory()
    const store = await openMemoryStore<Emitting>(memory)
    await append(store, randomRecords(1, 20_000, seeded(2)), seeded(2))
    const [key] = await databaseIn(memory).keys({ gte: 'e!"COMMON', lt: 'e"' }).all()
    await databaseIn(memory).del(key as string)
    expect((await store.verifyChain()).damage).toEqual([
      {
        seq: expect.any(Number),
        code: 'STORE_INDEX',
        message: expect.stringMatching(/^records \d+ to \d+ are not all found by the type "COMMON_\d"$/),
      },
    ])
  })
})
