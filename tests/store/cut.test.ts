/** Tests a log in a folder whose beginning is deleted. The tests of every store check that it is read as before. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterAll, expect, it } from 'vitest'
import {
  cutBack,
  diagnose,
  type LogCut,
  type LogRecord,
  openLevelStore,
  readLevelStore,
  type Store,
  writeBackup,
} from '../../store/index.ts'
import { LEVEL_OPTIONS } from '../../store/leveldb/codec/database.ts'
import { META, pastKey, positionKey } from '../../store/leveldb/codec/keys.ts'
import { all, seqs } from '../../store/tck/subject.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-cut-'))
afterAll(() => rmSync(root, { recursive: true }))
let folders = 0

/** The last record of a/old, which has none behind the cut. */
const OLD = 900
const END = 1_000

/** Makes a log of a/one with an archive of two files, and cuts it behind the first, but removes nothing yet. */
async function cutLog(): Promise<{ folder: string; store: Store; at: LogCut }> {
  const folder = join(root, String(++folders))
  const store = await openLevelStore(folder)
  for (let from = 1; from < 24_000; from += 500) {
    const records = Array.from({ length: 500 }, (_, i): LogRecord => recordOf(from + i))
    await store.append({ records })
  }
  await store.putSnapshots([baseOf('a/one', 2_999), baseOf('a/old', OLD)], { seq: 3_000, state: 'later' })
  expect(await store.archive(END)).toBe(END + 1)
  expect(await store.archive(2_000)).toBe(2_001)
  const at = (await store.nextCut(END)) as LogCut
  return { folder, store, at }
}

/** Makes the same log, with a copy that was opened for reading before the cut. */
async function readLog() {
  const made = await cutLog()
  await made.store.close()
  const before = await readLevelStore(made.folder)
  const store = await openLevelStore(made.folder)
  await store.nextCut(END)
  return { ...made, store, before }
}

const recordOf = (seq: number): LogRecord =>
  seq === OLD ? { seq, rev: 1, actor: 'a/old', at: seq } : { seq, rev: revOf(seq), actor: 'a/one', at: seq }
const revOf = (seq: number) => (seq > OLD ? seq - 1 : seq)
const baseOf = (actor: string, seq: number) => ({
  actor,
  seq,
  rev: actor === 'a/old' ? 1 : revOf(seq),
  state: { seq },
})

async function cut(store: Store, at: LogCut): Promise<void> {
  await store.putBases([baseOf('a/one', END), baseOf('a/old', OLD)])
  const { seq } = store.head
  const record = { seq: seq + 1, rev: revOf(seq + 1), actor: 'a/one', at: seq }
  await store.append({ records: [record], cut: { at, state: 'base' } })
}

async function change(folder: string, work: (db: Level<string, Buffer>) => Promise<void>): Promise<void> {
  const db = new Level<string, Buffer>(folder, LEVEL_OPTIONS)
  await db.open()
  await work(db)
  await db.close()
}

it('removes the files of the deleted records, and says so to older versions by its format', async () => {
  const { folder, store, at } = await cutLog()
  const files = () => readdirSync(join(folder, 'archive')).filter((name) => name.endsWith('.gz'))
  await cut(store, at)
  expect(files().length).toBe(2)
  await store.sweep()
  expect(files().length).toBe(1)
  await store.close()
  await change(folder, async (db) => {
    expect(String(await db.get(META.format))).toBe('4')
    const left = await db.keys({ gte: 't!', lt: 't"', limit: 1 }).all()
    expect(left).toEqual([`t!${String(at.passedAt).padStart(16, '0')}`])
  })
  const again = await openLevelStore(folder)
  expect(again.cut).toEqual(at)
  await again.append({ records: [{ ...recordOf(again.head.seq + 1), at: 1e6 }] })
  await again.close()
  await change(folder, async (db) => expect(String(await db.get(META.format))).toBe('4'))
})

it('lets those who opened a copy before read on, or tells them where it begins', async () => {
  const { folder, store, at, before } = await readLog()
  expect((await seqs(before.read({ limit: 3 }))).length).toBe(3)
  await cut(store, at)
  expect((await seqs(before.read({ limit: 3 }))).length).toBe(3)
  await store.sweep()
  await store.close()
  const after = await readLevelStore(folder)
  await expect(seqs(after.read({ fromSeq: 1 }))).rejects.toMatchObject({
    code: 'LOG_CUT',
    message: expect.stringContaining(`begins at seq ${END + 1} (1970-01-01T00:00:01.001Z)`),
  })
  expect(await seqs(after.read({ limit: 2 }))).toEqual([END + 1, END + 2])
  await before.close()
  await after.close()
})

it('tells a reader of an older copy of a cut from a file that is missing', async () => {
  const { folder, store, at, before } = await readLog()
  await cut(store, at)
  await store.sweep()
  await expect(seqs(before.read())).rejects.toMatchObject({ code: 'LOG_CUT' })
  for (const name of readdirSync(join(folder, 'archive'))) rmSync(join(folder, 'archive', name))
  await expect(seqs(before.read({ fromSeq: END + 1 }))).rejects.toMatchObject({ code: 'STORE_ARCHIVE' })
  await before.close()
  await store.close()
})

it('falls back on the state at the cut when a checkpoint is lost', async () => {
  const { folder, store, at } = await cutLog()
  await cut(store, at)
  expect(store.checkpoint()).toEqual({ seq: 3_000, state: 'later' })
  await store.close()
  await change(folder, (db) => db.del(META.checkpoint))
  const again = await openLevelStore(folder)
  expect(again.checkpoint()).toEqual({ seq: END, state: 'base' })
  await again.close()
})

it('names a snapshot in the place of deleted records that is missing or damaged', async () => {
  const { folder, store, at } = await cutLog()
  await cut(store, at)
  expect((await store.verifyChain()).damage).toEqual([])
  await store.close()
  await change(folder, (db) => db.del(pastKey('a/one', END)))
  const lacking = await openLevelStore(folder)
  expect((await lacking.verifyChain()).damage).toMatchObject([
    { code: 'STORE_SNAPSHOT', message: expect.stringContaining('a/one has no snapshot') },
  ])
  await lacking.close()
  await change(folder, (db) => db.put(META.base, Buffer.from('[1,"x"]')))
  expect((await diagnose(folder)).damage.map(({ code }) => code)).toContain('STORE_SNAPSHOT')
})

it('is as it was in a backup, and after the doctor', async () => {
  const { folder, store, at } = await cutLog()
  await cut(store, at)
  await store.sweep()
  const kept = await all(store.read())
  await writeBackup(store.entries(), `${folder}-copy`)
  await store.close()
  const copy = await openLevelStore(`${folder}-copy`)
  expect([copy.cut, await all(copy.read()), (await copy.verifyChain()).damage]).toEqual([at, kept, []])
  await copy.close()

  // An older file still has the commit as it was.
  await change(folder, async (db) => {
    const [[key, bytes] = ['', Buffer.alloc(0)]] = await db
      .iterator({ gte: 'c!', lt: 'c"', reverse: true, limit: 1 })
      .all()
    await db.put(key, Buffer.concat([bytes, Buffer.from('x')]))
  })
  const { diagnosis, keptIn } = await cutBack(folder)
  expect(keptIn).toBeDefined()
  expect(diagnosis.wholeTo).toBe(kept.at(-1)?.seq)
  const healed = await openLevelStore(folder)
  expect([healed.cut, healed.hotFrom]).toEqual([at, END + 1])
  expect(await all(healed.read())).toEqual(kept)
  expect(await all(healed.actors())).toEqual(['a/old', 'a/one'])
  expect((await healed.verifyChain()).damage).toEqual([])
  expect(healed.checkpoint()).toEqual({ seq: END, state: 'base' })
  await expect(seqs(healed.read({ fromSeq: END }))).rejects.toMatchObject({ code: 'LOG_CUT' })
  await healed.close()
})

it('lets a subscription whose position cannot be read begin with the first record that there is', async () => {
  const { folder, store, at } = await cutLog()
  await cut(store, at)
  await store.close()
  await change(folder, (db) => db.put(positionKey('unreadable'), Buffer.from('x')))
  const { diagnosis } = await cutBack(folder)
  expect(diagnosis.damage.map(({ code }) => code)).toEqual(['STORE_POSITION'])
  const healed = await openLevelStore(folder)
  expect(healed.position('unreadable')).toEqual({ name: 'unreadable', seq: END })
  expect(healed.checkpoint()).toEqual({ seq: 3_000, state: 'later' })
  await healed.close()
})

it('leaves a file alone that is not of the log, and a store whose file of the cut is torn', async () => {
  const { folder, store, at } = await cutLog()
  writeFileSync(join(folder, 'archive', 'notes.txt'), 'mine')
  await cut(store, at)
  await store.sweep()
  writeFileSync(join(folder, 'archive', 'cut'), 'torn')
  await store.close()
  const again = await openLevelStore(folder)
  expect((await again.verifyChain()).damage).toEqual([])
  expect(readFileSync(join(folder, 'archive', 'notes.txt'), 'utf8')).toBe('mine')
  await again.close()
})
