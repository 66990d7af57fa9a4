/**
 * Tests stores that cannot be opened, examined or copied. Each gives a code with the reason, and holds nothing
 * afterwards.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterAll, describe, expect, it } from 'vitest'
import {
  cutBack,
  decodeEntries,
  diagnose,
  encodeEntries,
  type LogRecord,
  newMemory,
  openLevelStore,
  openMemoryStore,
  type Store,
  writeBackup,
} from '../../store/index.ts'
import { databaseIn } from '../../store/leveldb/codec/database.ts'
import { forgetOverwritten } from './forget-overwritten.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-failures-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let folders = 0
const fresh = () => join(root, String(++folders))

const record = (seq: number): LogRecord => ({ seq, rev: seq, actor: 'order/a', at: seq })
async function fill(store: Store, to: number): Promise<void> {
  for (let seq = store.head.seq + 1; seq <= to; seq++) await store.append({ records: [record(seq)] })
}
async function make(to = 5): Promise<string> {
  const location = fresh()
  const store = await openLevelStore(location)
  await fill(store, to)
  await store.putSnapshots([{ actor: 'order/a', seq: 3, rev: 3, state: {}, wake: { at: 7 } }], {
    seq: 3,
    state: 'a checkpoint',
  })
  await store.close()
  return location
}
async function edit(location: string, key: string, change: (bytes: Buffer) => void): Promise<void> {
  const db = new Level<string, Buffer>(location, { valueEncoding: 'buffer' })
  const bytes = Buffer.from((await db.get(key)) as Buffer)
  change(bytes)
  await db.put(key, bytes)
  await forgetOverwritten(db)
  await db.close()
}
const flip = (bytes: Buffer) => {
  bytes[20] = (bytes[20] as number) ^ 0x10
}
const commit = (seq: number) => `c!${String(seq).padStart(16, '0')}`
const nameOf = (location: string) => location.slice(root.length + 1)

describe('a store', () => {
  it('is not opened when its noted end cannot be read, and is free for the next opener', async () => {
    const location = await make()
    renameSync(join(location, 'HEAD'), join(root, 'HEAD'))
    mkdirSync(join(location, 'HEAD'))
    for (let n = 0; n < 2; n++)
      await expect(openLevelStore(location)).rejects.toMatchObject({
        code: 'STORE_OPEN_FAILED',
        message: expect.stringContaining('EISDIR'),
      })
    rmSync(join(location, 'HEAD'), { recursive: true })
    renameSync(join(root, 'HEAD'), join(location, 'HEAD'))
    const store = await openLevelStore(location)
    expect(store.head.seq).toBe(5)
    await store.close()
  })

  it('is not read with a codec other than the one that wrote it', async () => {
    const memory = newMemory()
    await fill(await openMemoryStore(memory), 1)
    const other = { name: 'other', encode: () => '', decode: () => [] }
    await expect(openMemoryStore(memory, { codec: other })).rejects.toMatchObject({
      code: 'STORE_FORMAT',
      message: expect.stringMatching(/by the codec "\w+", not by "other"/),
    })
    await databaseIn(memory).open()
    await databaseIn(memory).del('m!codec')
    await expect(openMemoryStore(memory)).rejects.toMatchObject({
      code: 'STORE_FORMAT',
      message: expect.stringContaining('by the codec unknown'),
    })
  })

  it('does not count as new when it has lost all its commits', async () => {
    const memory = newMemory()
    await fill(await openMemoryStore(memory), 5)
    for (let seq = 1; seq <= 5; seq++) await databaseIn(memory).del(commit(seq))
    await expect(openMemoryStore(memory)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('ends at seq 0, but it should end at 5'),
    })
  })
})

describe('the doctor', () => {
  it.each([
    ['diagnose', diagnose],
    ['cut back', cutBack],
  ])('has nothing to %s without a store, and leaves nothing there', async (_, work) => {
    for (const location of [fresh(), join(fresh(), 'log')])
      await expect(work(location)).rejects.toMatchObject({ code: 'STORE_OPEN_FAILED' })
    expect(readdirSync(root).filter((name) => name.startsWith(String(folders)))).toEqual([])
  })

  it('leaves a damaged snapshot and its checkpoint behind, and nothing of the log', async () => {
    const location = await make()
    await edit(location, 's!order/a', flip)
    const { diagnosis, keptIn } = await cutBack(location)
    expect(diagnosis).toMatchObject({ wholeTo: 5, endedAt: 5, damage: [{ code: 'STORE_SNAPSHOT' }] })
    expect(keptIn).toBe(`${location}.damaged`)
    const store = await openLevelStore(location)
    expect([store.head.seq, store.snapshot('order/a'), store.checkpoint()]).toEqual([5, undefined, undefined])
    expect((await store.verifyChain()).damage).toEqual([])
    await store.close()
  })

  it('sets positions back to its cut, and one that it cannot read to the beginning', async () => {
    const location = await make()
    const store = await openLevelStore(location)
    await store.putPositions([
      { name: 'ahead', seq: 5 },
      { name: 'at', seq: 3, state: { events: 1 } },
      { name: 'behind', seq: 2, state: { events: 1 } },
      { name: 'unread', seq: 4 },
    ])
    await store.close()
    await edit(location, 'q!unread', (bytes) => bytes.fill('x'))
    await edit(location, commit(4), flip)
    const { diagnosis } = await cutBack(location)
    expect(diagnosis.wholeTo).toBe(3)
    expect(diagnosis.damage).toContainEqual(
      expect.objectContaining({ code: 'STORE_POSITION', message: expect.stringContaining('"unread"') }),
    )
    const cut = await openLevelStore(location)
    const found = []
    for await (const position of cut.positions()) found.push(position)
    expect(found).toEqual([
      { name: 'ahead', seq: 3 },
      { name: 'at', seq: 3 },
      { name: 'behind', seq: 2, state: { events: 1 } },
      { name: 'unread', seq: 0 },
    ])
    expect((await cut.verifyChain()).damage).toEqual([])
    await cut.close()
  })

  it('gives a store its HEAD again, and keeps its snapshots and checkpoint', async () => {
    const location = await make()
    rmSync(join(location, 'HEAD'))
    const { diagnosis } = await cutBack(location)
    expect(diagnosis).toMatchObject({ wholeTo: 5, endedAt: 5, damage: [{ code: 'STORE_CORRUPT' }] })
    const store = await openLevelStore(location)
    expect([store.snapshot('order/a')?.seq, store.checkpoint()?.seq]).toEqual([3, 3])
    await store.close()
  })

  it('keeps the whole snapshots that are not beyond the cut, and every damaged folder', async () => {
    const location = await make()
    await edit(location, commit(5), flip)
    expect(await cutBack(location)).toMatchObject({ diagnosis: { wholeTo: 4, endedAt: 5 } })
    await edit(location, commit(3), flip)
    const { diagnosis, keptIn } = await cutBack(location)
    expect([diagnosis.wholeTo, keptIn]).toEqual([2, `${location}.damaged-2`])
    const kept = readdirSync(root).filter((name) => name.startsWith(`${nameOf(location)}.`))
    expect(kept).toEqual([`${nameOf(location)}.damaged`, `${nameOf(location)}.damaged-2`])
    const store = await openLevelStore(location)
    // The snapshot was of seq 3.
    expect(store.snapshot('order/a')).toBeUndefined()
    await store.close()
  })
})

describe('a backup', () => {
  it('reports that its connection was cut off, and can be made again', async () => {
    const store = await openLevelStore(await make())
    const location = fresh()
    async function* broken() {
      for await (const chunk of encodeEntries(store.entries())) {
        yield chunk
        throw new Error('socket hang up')
      }
    }
    await expect(writeBackup(decodeEntries(broken()), location)).rejects.toMatchObject({
      code: 'BACKUP_CUT_OFF',
      cause: expect.objectContaining({ message: 'socket hang up' }),
    })
    expect(existsSync(location)).toBe(false)
    expect(await writeBackup(store.entries(), location)).toEqual({ seq: 5 })
    await store.close()
  })

  it('opens in a folder when it is of a store in memory', async () => {
    const memory = await openMemoryStore()
    await fill(memory, 5)
    const location = fresh()
    expect(await writeBackup(memory.entries(), location)).toEqual({ seq: 5 })
    const copy = await openLevelStore(location)
    expect(copy.head).toEqual(memory.head)
    await copy.close()
  })
})

it('LevelDB is not asked to open a file as a folder', async () => {
  const location = fresh()
  writeFileSync(location, '')
  await expect(openLevelStore(location)).rejects.toMatchObject({ code: 'STORE_OPEN_FAILED' })
})
