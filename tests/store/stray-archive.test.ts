/**
 * Tests files in an archive's folder that do not hold what their names say, or that are not needed. Readers find the
 * whole files beside them.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  cutBack,
  decodeEntries,
  diagnose,
  encodeEntries,
  type LogRecord,
  openLevelStore,
  type Store,
  writeBackup,
} from '../../store/index.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-stray-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const ENDS_AT = 62_000
const record = (seq: number): LogRecord => ({ seq, rev: seq, actor: 'order/a', at: seq })
const fileName = (first: number, last: number) =>
  `${String(first).padStart(16, '0')}-${String(last).padStart(16, '0')}.gz`
const origin = join(root, 'origin')
/** First and last seq of each file of the archive. */
let ranges: [first: number, last: number][]

beforeAll(async () => {
  const store = await openLevelStore(origin)
  while (store.head.seq < ENDS_AT) {
    const first = store.head.seq + 1
    await store.append({ records: Array.from({ length: 1_000 }, (_, i) => record(first + i)) })
  }
  await store.putSnapshots([], { seq: 60_000, state: 0 })
  await store.archive(60_000)
  await store.close()
  ranges = readdirSync(join(origin, 'archive')).map((name) => {
    const [first, last] = name.match(/\d{16}/g) as [string, string]
    return [Number(first), Number(last)]
  })
  expect(ranges.length).toBeGreaterThan(1)
})

/** Copies the store. Returns the paths of its archive's files. */
function copy(name: string): { location: string; archive: string; files: string[] } {
  const location = join(root, name)
  cpSync(origin, location, { recursive: true })
  const archive = join(location, 'archive')
  return { location, archive, files: readdirSync(archive).map((file) => join(archive, file)) }
}

async function seqsOf(store: Store): Promise<number> {
  let seq = 0
  for await (const record of store.read())
    if (record.seq !== ++seq) throw new Error(`${record.seq} comes where ${seq} is due`)
  return seq
}

const first = () => ranges[0] as [number, number]
const last = () => ranges.at(-1) as [number, number]

const strays: [string, (archive: string, files: string[]) => void][] = [
  [
    'a copy with a longer range in its name',
    (a, [file]) => cpSync(file as string, join(a, fileName(1, first()[1] + 500))),
  ],
  [
    'a copy with a shorter range in its name',
    (a, [file]) => cpSync(file as string, join(a, fileName(1, first()[1] - 500))),
  ],
  [
    'a copy that says to begin later',
    (a, [file]) => cpSync(file as string, join(a, fileName(2, first()[1]))),
  ],
  [
    'a torn file that says to hold everything',
    (a) => writeFileSync(join(a, fileName(1, 99_999_999)), 'torn'),
  ],
  [
    'a torn file that says to hold what is to come',
    (a) => writeFileSync(join(a, fileName(ENDS_AT + 1, 99_999_999)), 'torn'),
  ],
  ['an empty file before the first seq', (a) => writeFileSync(join(a, fileName(0, 0)), '')],
  ['a folder that has the name of a file', (a) => mkdirSync(join(a, fileName(1, 5)))],
  ['files with names of other kinds', (a) => writeFileSync(join(a, 'notes.txt'), 'x')],
]

describe.each(strays)('%s beside the files of an archive', (name, put) => {
  it('hides no file from readers, and goes into no backup', async () => {
    const { location, archive, files } = copy(name)
    put(archive, files)
    const store = await openLevelStore(location)
    expect(await seqsOf(store)).toBe(ENDS_AT)
    expect((await store.verifyChain()).damage).toEqual([])
    expect(await writeBackup(store.entries(), `${location}-copy`)).toEqual({ seq: ENDS_AT })
    expect(readdirSync(join(`${location}-copy`, 'archive'))).toEqual(readdirSync(join(origin, 'archive')))
    await store.close()
  })
})

it('the doctor believes none of these names, even when the database is gone', async () => {
  const { location, archive, files } = copy('doctor')
  for (const [, put] of strays) put(archive, files)
  expect(await diagnose(location)).toMatchObject({ wholeTo: ENDS_AT, endedAt: ENDS_AT, damage: [] })
  for (const file of readdirSync(location))
    if (/^(CURRENT|MANIFEST.*|.*\.(log|ldb))$/.test(file)) rmSync(join(location, file))
  const { diagnosis } = await cutBack(location)
  expect(diagnosis).toMatchObject({ wholeTo: last()[1], endedAt: ENDS_AT })
  const store = await openLevelStore(location)
  expect(await seqsOf(store)).toBe(last()[1])
  await store.close()
})

describe('a file of an archive that does not hold what its name says', () => {
  it.each([
    ['more', 500],
    ['less', -500],
  ])('is named when it holds %s', async (name, by) => {
    const { location, archive, files } = copy(name)
    const wrong = join(archive, fileName(last()[0], last()[1] + by))
    renameSync(files.at(-1) as string, wrong)
    const store = await openLevelStore(location)
    const refusal = {
      code: 'STORE_ARCHIVE',
      message: expect.stringContaining(`${wrong} does not hold what its name says`),
    }
    await expect(seqsOf(store)).rejects.toMatchObject(refusal)
    expect((await store.verifyChain()).damage[0]).toMatchObject({ seq: last()[0], ...refusal })
    await store.close()
    expect(await diagnose(location)).toMatchObject({ wholeTo: ENDS_AT, endedAt: ENDS_AT })
  })
})

describe('an archive that lacks a file', () => {
  const lacking: [string, (files: string[]) => void][] = [
    ['the first', ([file]) => rmSync(file as string)],
    ['the last', (files) => rmSync(files.at(-1) as string)],
    ['the first, which is torn', ([file]) => truncateSync(file as string, 100)],
    ['the last, which is torn', (files) => truncateSync(files.at(-1) as string, 100)],
  ]

  it.each(lacking)('is not backed up as if it were whole: %s', async (name, take) => {
    const { location, files } = copy(`backup without ${name}`)
    take(files)
    const store = await openLevelStore(location)
    const copied = join(root, `${name}-copy`)
    await expect(writeBackup(store.entries(), copied)).rejects.toMatchObject({ code: 'STORE_ARCHIVE' })
    // The same holds over the wire, which also brings the reason.
    const wire = decodeEntries(encodeEntries(store.entries()))
    await expect(writeBackup(wire, copied)).rejects.toMatchObject({
      code: 'STORE_ARCHIVE',
      message: expect.stringMatching(/archive.* (is not there|cannot be read)/),
      hint: expect.stringContaining('Put the file back'),
    })
    expect(existsSync(copied)).toBe(false)
    await store.close()
  })

  // When a file is missing, no name shows that the log went on in it.
  const told = lacking.filter(([name]) => name !== 'the last')
  it.each(told)('is not cut back to the gap when the database lacks CURRENT, too: %s', async (name, take) => {
    const { location, files } = copy(`doctor without ${name}`)
    take(files)
    rmSync(join(location, 'CURRENT'))
    const { damage } = await diagnose(location)
    expect(damage.map(({ code }) => code)).toContain('STORE_ARCHIVE')
    await expect(cutBack(location)).rejects.toMatchObject({ code: 'STORE_ARCHIVE' })
  })
})

describe("a file in the place of the archive's folder", () => {
  it('lets a store open that has archived nothing, and is named when it archives', async () => {
    const location = join(root, 'no-folder')
    const store = await openLevelStore(location)
    for (let n = 0; n < 3; n++) {
      const { seq } = store.head
      await store.append({ records: Array.from({ length: 21_000 }, (_, i) => record(seq + 1 + i)) })
    }
    await store.close()
    writeFileSync(join(location, 'archive'), 'x')
    const again = await openLevelStore(location)
    expect(await seqsOf(again)).toBe(63_000)
    await again.putSnapshots([], { seq: 63_000, state: 0 })
    await expect(again.archive(63_000)).rejects.toMatchObject({
      code: 'STORE_ARCHIVE',
      message: expect.stringContaining('is not a folder'),
    })
    await again.append({ records: [record(63_001)] })
    await again.close()
    expect(await diagnose(location)).toMatchObject({ wholeTo: 63_001, damage: [] })
  })

  it('is one damage of a store that has archived something', async () => {
    const { location, archive } = copy('was-folder')
    renameSync(archive, `${archive}.moved`)
    writeFileSync(archive, 'x')
    const store = await openLevelStore(location)
    await expect(seqsOf(store)).rejects.toMatchObject({ code: 'STORE_ARCHIVE' })
    await store.close()
    expect((await diagnose(location)).damage).toMatchObject([{ code: 'STORE_ARCHIVE' }])
    rmSync(archive)
    renameSync(`${archive}.moved`, archive)
    expect((await diagnose(location)).damage).toEqual([])
  })
})

it('a file that cannot be put into the archive leaves nothing there, and is put there later', async () => {
  const location = join(root, 'later')
  const store = await openLevelStore(location)
  for (let n = 0; n < 3; n++) {
    const { seq } = store.head
    await store.append({ records: Array.from({ length: 21_000 }, (_, i) => record(seq + 1 + i)) })
  }
  await store.putSnapshots([], { seq: 63_000, state: 0 })
  const inTheWay = fileName(1, 21_000)
  mkdirSync(join(location, 'archive', inTheWay), { recursive: true })
  writeFileSync(join(location, 'archive', inTheWay, 'x'), 'x')
  await expect(store.archive(63_000)).rejects.toThrow()
  expect(readdirSync(join(location, 'archive'))).toEqual([inTheWay])
  rmSync(join(location, 'archive', inTheWay), { recursive: true })
  expect(await store.archive(63_000)).toBeGreaterThan(21_000)
  expect(await seqsOf(store)).toBe(63_000)
  await store.close()
})

it('a backup writes no file outside its folder, whatever name a runner sends', async () => {
  async function* entries(): AsyncGenerator<[string, Uint8Array]> {
    yield ['archive/../../escaped.gz', Buffer.from('x')]
  }
  await expect(writeBackup(entries(), join(root, 'escape'))).rejects.toMatchObject({ code: 'STORE_ARCHIVE' })
  expect(readdirSync(root)).not.toContain('escaped.gz')
})
