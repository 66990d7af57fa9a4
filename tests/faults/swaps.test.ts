/**
 * Tests every file of a store deleted, exchanged for an older one, or for one of another store. The store returns all
 * its data, or a refusal that names the file and leaves the folder unchanged, byte for byte. The doctor then rescues
 * the content of all other files.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cutBack, isOutcryError, type LogRecord, openLevelStore, type Store } from '../../store/index.ts'
import { Archive } from '../../store/leveldb/archive.ts'
import { commitsIn } from '../../store/leveldb/look.ts'
import { howMany, SEED, seeded } from '../seeded.ts'

const SWAPS = howMany('SWAPS', 12)
const SESSIONS = 7
const root = mkdtempSync(join(tmpdir(), 'outcry-swaps-'))
afterAll(() => rmSync(root, { recursive: true }))

const folderOf = (store: string, session: number) => join(root, `${store}-${session}`)

/** Writes commits of many records, so that some go to the archive. Each session ends with a few small ones. */
async function writeSession(store: Store, session: number): Promise<void> {
  const commits = session === SESSIONS ? [1, 2, 3] : [1_500, 1_500, 1_500, 1, 1]
  for (const size of commits) {
    const first = store.head.seq + 1
    const records = Array.from({ length: size }, (_, i): LogRecord => {
      const seq = first + i
      return { seq, rev: seq, actor: 'order/a', at: seq }
    })
    await store.append({ records })
  }
  const { seq } = store.head
  await store.putSnapshots([{ actor: 'order/a', seq, rev: seq, state: { seq } }], { seq, state: {} })
  if (session === SESSIONS - 1) await store.archive(seq)
}

/** Writes a store, and keeps a copy after each session. */
async function write(name: string): Promise<void> {
  const location = join(root, name)
  for (let session = 1; session <= SESSIONS; session++) {
    const store = await openLevelStore(location)
    await writeSession(store, session)
    await store.close()
    cpSync(location, folderOf(name, session), { recursive: true })
  }
}

/** Returns the names of all files except those of the lock. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('lock') && statSync(join(folder, name)).isFile())
    .sort()
}

function contentOf(folder: string): Map<string, string> {
  return new Map(filesIn(folder).map((name) => [name, readFileSync(join(folder, name)).toString('base64')]))
}

interface Swap {
  readonly files: readonly string[]
  /** The folder from which the files come; undefined means that they are deleted. */
  readonly from: string | undefined
  /** Files that are also deleted. */
  readonly gone?: readonly string[]
}

/** Returns each file alone, and CURRENT and MANIFEST together, as a person would exchange them. */
function allSwaps(): Swap[] {
  const whole = folderOf('ours', SESSIONS)
  const others = [
    ...Array.from({ length: SESSIONS - 1 }, (_, n) => folderOf('ours', n + 1)),
    ...Array.from({ length: SESSIONS }, (_, n) => folderOf('theirs', n + 1)),
  ]
  const single = filesIn(whole).flatMap((file) => {
    const bytes = readFileSync(join(whole, file))
    const differing = others.filter((folder) => {
      const path = join(folder, file)
      return existsSync(path) && !readFileSync(path).equals(bytes)
    })
    return [undefined, ...differing].map((from): Swap => ({ files: [file], from }))
  })
  const together = others.flatMap((from): Swap[] => {
    const manifest = readFileSync(join(from, 'CURRENT'), 'utf8').trim()
    const files = ['CURRENT', manifest]
    return [
      { files, from },
      { files: [...files, 'HEAD'], from },
    ]
  })
  // An older copy over the store, which keeps the newer tables that the copy does not have.
  const logs = filesIn(whole).filter((name) => /^\d+\.log$/.test(name))
  const restored = others
    .filter((from) => from.includes('ours'))
    .map((from): Swap => ({ files: filesIn(from), from, gone: logs }))
  const gone = ['CURRENT', ...filesIn(whole).filter((name) => name.startsWith('MANIFEST'))]
  const database = filesIn(whole).filter((name) => !name.startsWith('archive') && name !== 'HEAD')
  const deleted = [gone, [...gone, 'HEAD'], ['CURRENT', 'HEAD'], database, [...database, 'HEAD']]
  return [...single, ...together, ...restored, ...deleted.map((files): Swap => ({ files, from: undefined }))]
}

/** Returns the last seq up to which the commits are in some file. The doctor must reach it. */
async function stillThere(folder: string, id: string): Promise<number> {
  const name = { id: Buffer.from(id, 'hex'), namelessTo: 0 }
  const archive = new Archive(join(folder, 'archive'), Number.MAX_SAFE_INTEGER, name)
  const starts = new Map<number, number>()
  const add = (bytes: Buffer) => {
    if (bytes.subarray(52, 68).equals(name.id))
      starts.set(Number(bytes.readBigUInt64BE(8)), bytes.readUInt32BE(16))
  }
  for (const { firstSeq } of archive.segments) {
    for (const { bytes } of await archive.from(firstSeq).catch(() => [])) add(bytes)
  }
  for (const file of filesIn(folder)) {
    if (!/^\d+\.(ldb|log)$/.test(file)) continue
    for (const [, bytes] of commitsIn(join(folder, file))) add(bytes)
  }
  let next = 1
  for (let count = starts.get(next); count !== undefined; count = starts.get(next)) next += count
  return next - 1
}

async function seqsOf(store: Store): Promise<number> {
  let count = 0
  for await (const { seq } of store.read())
    if (seq !== ++count) throw new Error(`${seq} comes after ${count - 1}`)
  return count
}

const idOf = (folder: string) => readFileSync(join(folder, 'HEAD'), 'utf8').split(' ')[3] as string

describe('a store in which a file was deleted or exchanged', () => {
  let ended = 0
  beforeAll(async () => {
    await write('ours')
    await write('theirs')
    const store = await openLevelStore(join(root, 'ours'))
    ended = store.head.seq
    await store.close()
  }, 120_000)

  it(`is whole, or is refused and can be repaired, ${SWAPS} times at most, seed ${SEED}`, async () => {
    const random = seeded(SEED)
    const all = allSwaps()
      .map((swap) => ({ swap, order: random() }))
      .sort((a, b) => a.order - b.order)
    const id = idOf(folderOf('ours', SESSIONS))
    const location = join(root, 'swapped')
    const tally: Record<string, number> = {}
    for (const { swap } of all.slice(0, SWAPS)) {
      const { files, from, gone = [] } = swap
      for (const name of readdirSync(root)) {
        if (name.startsWith('swapped')) rmSync(join(root, name), { recursive: true })
      }
      cpSync(folderOf('ours', SESSIONS), location, { recursive: true })
      for (const file of gone) rmSync(join(location, file))
      for (const file of files) {
        if (from === undefined) rmSync(join(location, file))
        else cpSync(join(from, file), join(location, file))
      }
      const what = `${files.join(', ')} ${from === undefined ? 'deleted' : `from ${from.slice(root.length + 1)}`}`
      const there = await stillThere(location, id)
      // A full restore of an older copy gives that copy, unless a newer file is left.
      const outcome = await look(location, gone.length > 0 ? there : ended, there, what)
      tally[outcome] = (tally[outcome] ?? 0) + 1
    }
    console.log(`${Math.min(SWAPS, all.length)} of ${all.length} swaps: ${JSON.stringify(tally)}`)
  })

  /** Opens the store, and lets the doctor rescue a refused one. Resolves with the outcome. */
  async function look(location: string, whole: number, there: number, what: string): Promise<string> {
    const before = contentOf(location)
    let store: Store
    try {
      store = await openLevelStore(location)
    } catch (error) {
      if (!isOutcryError(error)) throw error
      expect(error.code, what).toMatch(/^STORE_(CORRUPT|LOST_TAIL)$/)
      expect(contentOf(location), what).toEqual(before)
      const { diagnosis } = await cutBack(location)
      expect(diagnosis.damage.length, what).toBeGreaterThan(0)
      expect(diagnosis.wholeTo, what).toBeGreaterThanOrEqual(there)
      const rescued = await openLevelStore(location)
      expect(await seqsOf(rescued), what).toBe(diagnosis.wholeTo)
      expect((await rescued.verifyChain()).damage, what).toEqual([])
      await rescued.close()
      return there === ended ? `${error.code}, all rescued` : `${error.code}, all but what was taken rescued`
    }
    expect(store.head.seq, what).toBe(whole)
    const { damage } = await store.verifyChain()
    const isArchive = damage.every(({ code }) => code === 'STORE_ARCHIVE')
    expect([what, isArchive, damage.length > 0]).toEqual([what, true, what.startsWith('archive')])
    if (damage.length === 0) expect(await seqsOf(store), what).toBe(whole)
    else await expect(seqsOf(store), what).rejects.toMatchObject({ code: 'STORE_ARCHIVE' })
    await store.close()
    return damage.length === 0 ? 'whole' : 'opened, its archive named'
  }
})
