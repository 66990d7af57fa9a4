/**
 * Tests a small store with changed bytes, and with its end cut off: it returns all its data, or a refusal that names
 * the damage, and never anything else (law 4). The full form tests every byte and bit.
 */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  cutBack,
  diagnose,
  isOutcryError,
  type LogRecord,
  openLevelStore,
  type SnapshotEntry,
  type Store,
} from '../../store/index.ts'
import { type Owner, readHeadFile, writeHeadFile } from '../../store/leveldb/folder/head-file.ts'
import { howMany, SEED, seeded } from '../seeded.ts'
import { forgetOverwritten } from '../store/forget-overwritten.ts'

/** Bytes from one changed byte to the next, and the number of its bits that are changed, one at a time. */
const STEP = howMany('BYTE_STEP', 3)
const BITS = howMany('BITS', 1)
const FIRST = SEED % STEP
const placesIn = (length: number) =>
  Array.from({ length: Math.ceil((length - FIRST) / STEP) }, (_, n) => FIRST + n * STEP)

const root = mkdtempSync(join(tmpdir(), 'outcry-rot-'))
afterAll(() => rmSync(root, { recursive: true }))

interface Note extends LogRecord {
  readonly note: string
}

/** Returns everything that a store has. */
async function tell(store: Store<Note>): Promise<unknown> {
  const list = async <T>(items: AsyncIterable<T>) => {
    const all: T[] = []
    for await (const item of items) all.push(item)
    return all
  }
  const actors = await list(store.actors())
  const records = await list(store.read())
  return {
    head: store.head,
    records,
    actors,
    histories: await Promise.all(
      [...new Set(records.map((r) => r.actor))].map((a) => list(store.history(a))),
    ),
    snapshots: ['order/a', 'order/b', 'strategy/s'].flatMap((actor) => [
      store.snapshot(actor),
      store.snapshot(actor, { maxSeq: 5 }),
    ]),
    wakes: await list(store.wakes()),
    checkpoint: store.checkpoint(),
    times: await Promise.all([0, 10, 25, 40, 1_000].map((at) => store.seqAt(at))),
  }
}

async function open<T>(location: string, work: (store: Store<Note>) => Promise<T>): Promise<T> {
  const store = await openLevelStore<Note>(location)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

const record = (seq: number): Note => {
  const actor = ['order/a', 'order/b', 'strategy/s'][seq % 3] as string
  return { seq, rev: Math.ceil(seq / 3), actor, at: seq * 10, note: `note ${seq}` }
}
const snapshot = (actor: string, seq: number, at?: number): SnapshotEntry => ({
  actor,
  seq,
  rev: Math.ceil(seq / 3),
  state: { seq },
  ...(at !== undefined && { wake: { at } }),
})

/** Makes a store in two runs: the records of the first are in a table, those of the second in the write-ahead log. */
async function make(location: string): Promise<unknown> {
  await open(location, async (store) => {
    for (let seq = 1; seq <= 6; seq += 2) await store.append({ records: [record(seq), record(seq + 1)] })
    await store.putSnapshots([snapshot('order/a', 3, 77), snapshot('order/b', 4)], { seq: 4, state: {} })
  })
  return open(location, async (store) => {
    await store.putSnapshots([snapshot('order/b', 5, 99), snapshot('strategy/s', 2)])
    for (let seq = 7; seq <= 9; seq++) await store.append({ records: [record(seq)] })
    return tell(store)
  })
}

describe('a store in which a byte has changed', () => {
  const whole = join(root, 'whole')
  let expected: unknown
  beforeAll(async () => {
    expected = await make(whole)
  })

  /** Returns the result of opening the changed store: `recovered`, or a code. */
  const look = async (name: string, change: (bytes: Buffer) => Buffer): Promise<string> => {
    const location = join(root, 'changed')
    rmSync(location, { recursive: true, force: true })
    mkdirSync(location)
    cpSync(whole, location, { recursive: true })
    writeFileSync(join(location, name), change(readFileSync(join(whole, name))))
    try {
      const told = await open(location, tell)
      expect(told, name).toEqual(expected)
      return 'recovered'
    } catch (error) {
      if (!isOutcryError(error)) throw error
      expect(error.code).toMatch(/^STORE_/)
      return error.code
    }
  }

  it.each(['table', 'log', 'MANIFEST', 'CURRENT', 'HEAD'])(
    `is recovered, or refused with an error code, for any changed byte of its %s, seed ${SEED}`,
    async (kind) => {
      const pattern = { table: /\.ldb$/, log: /\.log$/ }[kind] ?? new RegExp(`^${kind}`)
      const names = readdirSync(whole).filter((name) => pattern.test(name))
      expect(names.length).toBeGreaterThan(0)
      const outcomes: Record<string, number> = {}
      for (const name of names) {
        const { length } = readFileSync(join(whole, name))
        for (const at of placesIn(length)) {
          for (let n = 0; n < BITS; n++) {
            const outcome = await look(name, (bytes) => {
              // Each place changes another bit, so that all bits are tested.
              bytes[at] = (bytes[at] as number) ^ (1 << ((at + n) % 8))
              return bytes
            })
            outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
          }
        }
      }
      // The part of HEAD that commits write cannot be trusted, so it proves nothing and loses nothing.
      const refused = Object.keys(outcomes).filter((code) => code !== 'recovered')
      expect(refused.length).toBeGreaterThan(0)
      if (kind === 'HEAD') expect(outcomes.recovered).toBeGreaterThan(0)
    },
  )
})

describe('a store whose end is cut off', () => {
  it(`loses the whole last commit, and reports the loss if the commit was acknowledged, seed ${SEED}`, async () => {
    const whole = join(root, 'cut-whole')
    await open(whole, async (store) => {
      for (let seq = 1; seq <= 4; seq++) await store.append({ records: [record(seq)] })
    })
    // The store is opened again, so that the write-ahead log holds only the next commits.
    await open(whole, async () => {})
    const log = readdirSync(whole).find((name) => name.endsWith('.log')) as string
    const before = readFileSync(join(whole, log)).length
    // The copy is made before the close, which writes places of the index behind the commit.
    const killed = join(root, 'cut-killed')
    await open(whole, async (store) => {
      await store.append({ records: [record(5)] })
      cpSync(whole, killed, { recursive: true })
    })
    const written = readdirSync(killed).find((name) => name.endsWith('.log')) as string
    const length = readFileSync(join(killed, written)).length
    expect(length).toBeGreaterThan(before)
    for (const end of placesIn(length)) {
      const location = join(root, 'cut')
      rmSync(location, { recursive: true, force: true })
      mkdirSync(location)
      cpSync(killed, location, { recursive: true })
      truncateSync(join(location, written), end)
      await expect(openLevelStore(location), `byte ${end}`).rejects.toMatchObject({ code: 'STORE_LOST_TAIL' })
      // The same if the crash had come before the acknowledgement:
      const head = readHeadFile(location) as Owner
      writeHeadFile(location, { ...head, seq: 4 })
      expect(await open(location, async (store) => store.head.seq)).toBe(4)
    }
  })
})

describe('the doctor', () => {
  const copyOf = (whole: string, name: string) => {
    const location = join(root, name)
    rmSync(location, { recursive: true, force: true })
    cpSync(whole, location, { recursive: true })
    return location
  }

  it('finds no damage in a whole store, and does not change it', async () => {
    const location = join(root, 'healthy')
    const expected = await make(location)
    const files = readdirSync(location)
    expect(await diagnose(location)).toEqual({ wholeTo: 9, endedAt: 9, records: 9, damage: [] })
    expect(readdirSync(location)).toEqual(files)
    expect(await open(location, tell)).toEqual(expected)
  })

  it('cuts back to the last whole commit, keeps a copy of the old folder, and reports each lost record', async () => {
    const location = join(root, 'sick')
    await make(location)
    const before = copyOf(location, 'sick-before')
    const db = new Level<string, Buffer>(location, { valueEncoding: 'buffer' })
    const commit8 = `c!${'8'.padStart(16, '0')}`
    const damaged = Buffer.from((await db.get(commit8)) as Buffer)
    damaged[100] = (damaged[100] as number) ^ 1
    await db.put(commit8, damaged)
    await forgetOverwritten(db)
    await db.close()

    const lost: number[] = []
    const { diagnosis, keptIn } = await cutBack<Note>(location, { onLost: (r) => lost.push(r.seq) })
    expect(diagnosis).toMatchObject({ wholeTo: 7, endedAt: 9 })
    expect(lost).toEqual([9])
    const kept = new Level<string, Buffer>(keptIn as string, { valueEncoding: 'buffer' })
    expect(await kept.get(commit8)).toEqual(damaged)
    await kept.close()

    await open(location, async (store) => {
      expect(store.head.seq).toBe(7)
      expect((await store.verifyChain()).damage).toEqual([])
      expect(store.snapshot('order/b')).toEqual(snapshot('order/b', 5, 99))
      expect(store.checkpoint()).toBeUndefined()
      const epoch = await open(before, async (old) => old.epoch)
      expect(store.epoch).toBeGreaterThanOrEqual(epoch)
      await store.append({ records: [{ ...record(8), note: 'again' }] })
      expect((await store.verifyChain()).damage).toEqual([])
    })
  })

  it('rebuilds the indexes and the checkpoint when only these are damaged', async () => {
    const location = join(root, 'index')
    const expected = (await make(location)) as { records: unknown }
    const table = readdirSync(location).find((name) => name.endsWith('.ldb')) as string
    const bytes = readFileSync(join(location, table))
    const at = bytes.indexOf('a!order/')
    expect(at).toBeGreaterThan(0)
    bytes[at] = 'b'.charCodeAt(0)
    writeFileSync(join(location, table), bytes)
    await expect(openLevelStore(location)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    const { diagnosis } = await cutBack(location)
    expect(diagnosis).toMatchObject({ wholeTo: 9, endedAt: 9 })
    await open(location, async (store) => {
      expect(await tell(store)).toMatchObject({
        records: expected.records,
        actors: ['order/a', 'order/b', 'strategy/s'],
      })
      expect((await store.verifyChain()).damage).toEqual([])
    })
  })

  it('finds the log without the file CURRENT of LevelDB', async () => {
    const location = join(root, 'current')
    await make(location)
    rmSync(join(location, 'CURRENT'))
    const { diagnosis } = await cutBack(location)
    expect(diagnosis).toMatchObject({ wholeTo: 9, endedAt: 9 })
    await open(location, async (store) => expect(store.head.seq).toBe(9))
  })

  it('reads the remaining files when LevelDB cannot open the folder', async () => {
    const location = join(root, 'manifest')
    await make(location)
    const manifest = readdirSync(location).find((name) => name.startsWith('MANIFEST')) as string
    rmSync(join(location, manifest))
    await expect(openLevelStore(location)).rejects.toMatchObject({ code: expect.stringMatching(/^STORE_/) })
    const { diagnosis } = await cutBack(location)
    expect(diagnosis.damage[0]).toMatchObject({ code: 'STORE_UNREADABLE' })
    await open(location, async (store) => expect(store.head.seq).toBe(9))
  })

  // With the second seed, LevelDB finds a commit that is whole only by a read through its damaged block.
  it.each([SEED, 832_081_610])(
    'reports each damage and reads on after it, where LevelDB cannot, seed %i',
    async (seed) => {
      const location = join(root, `large-${seed}`)
      const random = seeded(seed)
      const note = () => Array.from({ length: 400 }, () => random().toString(36)).join('')
      await open(location, async (store) => {
        for (let seq = 1; seq <= 200; seq++)
          await store.append({ records: [{ ...record(seq), note: note() }] })
        await store.putSnapshots([snapshot('order/a', 3)])
      })
      await open(location, async () => {})
      const table = readdirSync(location).find((name) => name.endsWith('.ldb')) as string
      const whole = readFileSync(join(location, table))
      for (const places of [[0.3], [0.1, 0.5, 0.9], [0.02], [0.97]]) {
        const bytes = Buffer.from(whole)
        // Changes the length of a compressed block, so that it cannot be unpacked.
        for (const place of places)
          bytes.fill(0xff, Math.floor(bytes.length * place), Math.floor(bytes.length * place) + 9_000)
        writeFileSync(join(location, table), bytes)
        const { damage, wholeTo, endedAt } = await diagnose<Note>(location)
        expect(endedAt).toBe(200)
        expect(wholeTo).toBeLessThan(200)
        expect(damage[0]).toMatchObject({ code: 'STORE_CORRUPT' })
        const codes = damage.map(({ code }) => code)
        expect(codes.some((code) => ['STORE_UNREADABLE', 'STORE_CHECKSUM', 'STORE_GAP'].includes(code))).toBe(
          true,
        )
        const lost: number[] = []
        await diagnose<Note>(location, { onLost: ({ seq }) => lost.push(seq) })
        // The records behind the damage can still be read, except the last ones.
        if (places[0] === 0.3) expect(lost.length).toBeGreaterThan(20)
      }
      const { diagnosis } = await cutBack<Note>(location)
      await open(location, async (store) => {
        expect(store.head.seq).toBe(diagnosis.wholeTo)
        expect((await store.verifyChain()).damage).toEqual([])
      })
    },
  )
})
