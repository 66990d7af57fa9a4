/**
 * Tests damage that only `verify` and the readers of indexes can see. Each is named with its place, and nothing else
 * is.
 */
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import {
  type LogRecord,
  type Memory,
  newMemory,
  openLevelStore,
  openMemoryStore,
  type Store,
} from '../../store/index.ts'
import { type Database, databaseIn } from '../../store/leveldb/codec/database.ts'
import { anotherLifeOf } from './another-life.ts'

const record = (seq: number, at = seq): LogRecord => ({ seq, rev: seq, actor: 'order/a', at })
const commit = (seq: number) => `c!${String(seq).padStart(16, '0')}`
const list = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

let memory: Database
let written: Memory
let store: Store

/** Writes commits with these numbers of records. */
async function write(...sizes: number[]): Promise<void> {
  written = newMemory()
  memory = databaseIn(written)
  store = await openMemoryStore(written)
  for (const size of sizes) await append(store, size)
}

async function append(to: Store, size: number, at?: number): Promise<void> {
  const first = to.head.seq + 1
  await to.append({ records: Array.from({ length: size }, (_, i) => record(first + i, at)) })
}

async function flip(key: string): Promise<void> {
  const bytes = Buffer.from((await memory.get(key)) as Buffer)
  bytes[20] = (bytes[20] as number) ^ 0x10
  await memory.put(key, bytes)
}

const damage = async () => (await store.verifyChain()).damage
/** The error with which LevelDB reports a damaged block. */
const unreadable = () => Object.assign(new Error('corrupted block'), { code: 'LEVEL_CORRUPTION' })

afterEach(() => {
  vi.restoreAllMocks()
})

describe('verify names', () => {
  it('a last commit that is whole and fits but is not the one that was written', async () => {
    await write(1, 1, 1)
    const { memory: other, store: elsewhere } = await anotherLifeOf(written)
    for (const at of [1, 2, 99]) await append(elsewhere, 1, at)
    await memory.put(commit(3), (await databaseIn(other).get(commit(3))) as Buffer)
    expect(await damage()).toEqual([
      {
        seq: 3,
        code: 'STORE_CHAIN',
        message: 'the log does not end with the commit that was written last',
      },
    ])
  })

  it('commits that overlap', async () => {
    await write(1, 3, 1)
    const { memory: other, store: elsewhere } = await anotherLifeOf(written)
    for (let n = 0; n < 3; n++) await append(elsewhere, 1)
    await memory.put(commit(3), (await databaseIn(other).get(commit(3))) as Buffer)
    expect((await damage())[0]).toEqual({
      seq: 5,
      code: 'STORE_CHAIN',
      message: 'a commit at 3 comes where 5 is due',
    })
  })

  it('actors that would not be woken, or that have no snapshot to wake', async () => {
    await write(1, 1)
    const snapshot = (actor: string) => ({ actor, seq: 1, rev: 1, state: {}, wake: { at: 7 } })
    await store.putSnapshots(['a', 'b', 'c'].map((id) => snapshot(`order/${id}`)))
    await memory.put('w!order/a', Buffer.from('8'))
    await memory.del('s!order/b')
    await memory.del('w!order/c')
    expect(await damage()).toEqual([
      { seq: 1, code: 'STORE_INDEX', message: 'order/a would not be woken when it wants to be' },
      { seq: 2, code: 'STORE_SNAPSHOT', message: 'order/b wants to be woken, but has no snapshot' },
      { seq: 1, code: 'STORE_INDEX', message: 'order/c would not be woken when it wants to be' },
    ])
  })

  it('a damaged snapshot, once', async () => {
    await write(1)
    await store.putSnapshots([{ actor: 'order/a', seq: 1, rev: 1, state: {}, wake: { at: 7 } }])
    await flip('s!order/a')
    expect(await damage()).toEqual([
      { seq: 1, code: 'STORE_SNAPSHOT', message: 'a snapshot of order/a is damaged' },
    ])
  })

  it('a position that cannot be read or is beyond the log, and the reader of the first refuses it', async () => {
    await write(1, 2)
    await store.putPositions([
      { name: 'torn', seq: 1 },
      { name: 'well', seq: 3 },
      { name: 'yond', seq: 4 },
    ])
    await memory.put('q!torn', Buffer.from('{"seq":-1}'))
    expect(await damage()).toEqual([
      {
        seq: 3,
        code: 'STORE_POSITION',
        message: 'the store\'s note of its position of the subscription "torn" is damaged',
      },
      { seq: 3, code: 'STORE_POSITION', message: 'the subscription "yond" is at seq 4, beyond the log' },
    ])
    expect(() => store.position('torn')).toThrowError(expect.objectContaining({ code: 'STORE_CORRUPT' }))
  })

  it('an index that LevelDB cannot read, and still checks the snapshots', async () => {
    await write(1, 1)
    await store.putSnapshots([{ actor: 'order/a', seq: 1, rev: 1, state: {} }])
    await flip('s!order/a')
    vi.spyOn(memory, 'getMany').mockRejectedValue(unreadable())
    expect(await damage()).toMatchObject([
      { seq: 2, code: 'STORE_INDEX', message: 'LevelDB cannot read the log any further: corrupted block' },
      { seq: 2, code: 'STORE_SNAPSHOT', message: 'a snapshot of order/a is damaged' },
    ])
  })

  it('nothing when the store is closed meanwhile, and fails with STORE_CLOSED', async () => {
    await write(1, 1, 1)
    const verifying = store.verifyChain({ onRecords: () => void store.close() })
    await expect(verifying).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  })
})

describe('a reader names', () => {
  it('the missing beginning of a history that it reads backwards', async () => {
    await write(...Array.from({ length: 40 }, () => 1_000))
    // The older half of the index is written; the newer half is in memory.
    const [key] = await memory.keys({ gte: 'h!', lt: 'h"' }).all()
    await memory.del(key as string)
    await expect(list(store.history('order/a', { reverse: true }))).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('of order/a is missing from its history'),
    })
  })

  it('a place in time that leads to another time', async () => {
    await write()
    for (const at of [10, 20, 30]) await append(store, 1, at)
    expect(await store.seqAt(15)).toBe(1)
    const [, , third] = await memory.keys({ gte: 't!', lt: 't"' }).all()
    await memory.put(third as string, Buffer.from('1'))
    await expect(store.seqAt(25)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('place in time 25'),
    })
  })

  it('a block that LevelDB cannot read', async () => {
    await write(1, 1)
    vi.spyOn(memory, 'getSync').mockImplementation(() => {
      throw unreadable()
    })
    expect(() => store.snapshot('order/a')).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
  })
})

it('a reader with a limit of nothing gets nothing, and reads nothing', async () => {
  await write(1)
  await flip(commit(1))
  expect(await list(store.read({ limit: 0 }))).toEqual([])
  expect(await list(store.read({ fromSeq: 5 }))).toEqual([])
  expect(await list(store.history('order/a', { limit: 0 }))).toEqual([])
  expect(await list(store.history('order/a', { fromRev: 3, toRev: 2 }))).toEqual([])
  expect(await list(store.actors({ limit: 0 }))).toEqual([])
  await store.putSnapshots([])
  expect(await list(store.wakes())).toEqual([])
})

describe('an archive', () => {
  const root = mkdtempSync(join(tmpdir(), 'outcry-archive-'))
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  it("is named when its files have each other's names, and is whole again under the right ones", async () => {
    const location = join(root, 'log')
    const files = await openLevelStore(location)
    for (let n = 0; n < 62; n++) await append(files, 1_000)
    await files.putSnapshots([], { seq: 50_000, state: 0 })
    await files.archive(50_000)
    const folder = join(location, 'archive')
    const [first, second] = readdirSync(folder).map((name) => join(folder, name)) as [string, string]
    const swap = () => {
      renameSync(first, `${first}.moved`)
      renameSync(second, first)
      renameSync(`${first}.moved`, second)
    }
    swap()
    await files.close()
    const again = await openLevelStore(location)
    await expect(list(again.read({ toSeq: 10 }))).rejects.toMatchObject({
      code: 'STORE_ARCHIVE',
      message: expect.stringContaining('does not hold what its name says'),
    })
    expect((await again.verifyChain()).damage).toMatchObject([
      { seq: 1, code: 'STORE_ARCHIVE' },
      { code: 'STORE_ARCHIVE' },
    ])
    swap()
    expect((await again.verifyChain()).damage).toEqual([])
    await again.close()
    expect(existsSync(`${first}.moved`)).toBe(false)
  })

  it('does not exist in memory', async () => {
    await write(1)
    await expect(store.archive(1)).rejects.toMatchObject({ code: 'STORE_NO_ARCHIVE' })
    expect(store.hotFrom).toBe(1)
  })
})
