/**
 * Tests files of a database that cannot be read at all. A refusal names them, and the doctor rescues the content of the
 * others.
 */
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { cutBack, diagnose, type LogRecord, openLevelStore } from '../../store/index.ts'

/** The part that the disk cannot read: a path, and a range of its bytes. */
let bad: { path: string; from: number; to: number; code: string } | undefined

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  const paths = new Map<number, string>()
  const failing = (code: string) => Object.assign(new Error(`${code}: i/o error, read`), { code })
  return {
    ...real,
    openSync: ((path: string, ...rest: [string]) => {
      if (path === bad?.path && bad.code !== 'EIO') throw failing(bad.code)
      const fd = real.openSync(path, ...rest)
      paths.set(fd, path)
      return fd
    }) as typeof fs.openSync,
    readFileSync: ((path: string, ...rest: []) => {
      if (path === bad?.path) throw failing(bad.code)
      return real.readFileSync(path, ...rest)
    }) as typeof fs.readFileSync,
    readSync: ((fd: number, bytes: Buffer, offset: number, length: number, at: number) => {
      const isBad = bad !== undefined && paths.get(fd) === bad.path && at < bad.to && at + length > bad.from
      if (isBad) throw failing('EIO')
      return real.readSync(fd, bytes, offset, length, at)
    }) as typeof fs.readSync,
  }
})

const root = fs.mkdtempSync(join(tmpdir(), 'outcry-unreadable-'))
afterAll(() => fs.rmSync(root, { recursive: true, force: true }))
afterEach(() => {
  bad = undefined
})

const origin = join(root, 'origin')
const RECORDS = 300
const record = (seq: number): LogRecord & { pad: string } => ({
  seq,
  rev: seq,
  actor: 'order/a',
  at: seq,
  // The bytes differ, because LevelDB compresses repetitions.
  pad: Buffer.from(Array.from({ length: 600 }, (_, i) => (seq * 7_919 + i * i * 31) % 251)).toString(
    'base64',
  ),
})

/** Two sessions: the records of the first are in a table, those of the second in the write-ahead log. */
beforeAll(async () => {
  for (const to of [RECORDS / 2, RECORDS]) {
    const store = await openLevelStore(origin)
    for (let seq = store.head.seq + 1; seq <= to; seq++) await store.append({ records: [record(seq)] })
    await store.close()
  }
})

function copy(name: string): { location: string; file: (pattern: RegExp) => string } {
  const location = join(root, name)
  fs.cpSync(origin, location, { recursive: true })
  const file = (pattern: RegExp) =>
    join(location, fs.readdirSync(location).find((found) => pattern.test(found)) as string)
  return { location, file }
}

async function seqsOf(location: string): Promise<number> {
  const store = await openLevelStore(location)
  let seq = 0
  for await (const record of store.read())
    if (record.seq !== ++seq) throw new Error(`${record.seq}, not ${seq}`)
  await store.close()
  return seq
}

const TABLE = /^\d+\.ldb$/
const LOG = /^\d+\.log$/
const MANIFEST = /^MANIFEST/

const places: [string, (path: string) => void][] = [
  ['a folder', (path) => fs.mkdirSync(path)],
  ['a link to nothing', (path) => fs.symlinkSync(join(root, 'nothing'), path)],
  ['a link to itself', (path) => fs.symlinkSync(path, path)],
]

describe.each(places)('%s in the place of', (what, put) => {
  it.each([
    ['a table', TABLE, 0],
    ['the write-ahead log', LOG, RECORDS / 2],
    ['MANIFEST', MANIFEST, RECORDS],
    ['CURRENT', /^CURRENT$/, RECORDS],
  ])('%s is refused, and costs only its content', async (name, pattern, wholeTo) => {
    const { location, file } = copy(`${what}-${name}`)
    const path = file(pattern)
    fs.rmSync(path)
    put(path)
    await expect(openLevelStore(location)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    const { diagnosis } = await cutBack(location)
    expect(diagnosis).toMatchObject({ wholeTo, endedAt: RECORDS })
    expect(await seqsOf(location)).toBe(wholeTo)
  })
})

describe('a bad sector', () => {
  it.each([
    ['a table', TABLE],
    ['the write-ahead log', LOG],
    ['MANIFEST', MANIFEST],
  ])('in %s is named, and costs only its content', async (name, pattern) => {
    const { location, file } = copy(`sector-${name}`)
    const path = file(pattern)
    const { size } = fs.statSync(path)
    // For a table it is the footer, without which the index is not found.
    const from = pattern === LOG ? size - 4_096 : size - 48
    bad = { path, from, to: size, code: 'EIO' }
    await expect(openLevelStore(location)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining(`${path} cannot be read: EIO`),
    })
    const lost: LogRecord[] = []
    const { wholeTo, endedAt, damage } = await diagnose(location, { onLost: (record) => lost.push(record) })
    expect(endedAt).toBe(RECORDS)
    expect(damage.map(({ message }) => message)).toContainEqual(
      expect.stringContaining(`${path} cannot be read`),
    )
    if (pattern === LOG) expect(wholeTo).toBeGreaterThan(RECORDS - 20)
    if (pattern === MANIFEST) expect(wholeTo).toBe(RECORDS)
  })
})

it('a file that cannot be opened for lack of descriptors does not count as damaged', async () => {
  const { location, file } = copy('descriptors')
  for (const pattern of [TABLE, LOG]) {
    bad = { path: file(pattern), from: 0, to: 0, code: 'EMFILE' }
    for (const ask of [openLevelStore, diagnose, cutBack])
      await expect(ask(location)).rejects.toMatchObject({
        code: 'STORE_OPEN_FAILED',
        message: expect.stringContaining('EMFILE'),
      })
  }
  bad = undefined
  expect(await seqsOf(location)).toBe(RECORDS)
})
