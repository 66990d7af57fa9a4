import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
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
  OutcryError,
  openLevelStore,
  type Store,
  type StoreEntry,
  writeBackup,
} from '../../store/index.ts'
import { mountDisk, NO_MOUNT } from '../faults/disk/mount.ts'
import { forgetOverwritten } from './forget-overwritten.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-backup-'))
afterAll(() => rmSync(root, { recursive: true }))

const record = (seq: number): LogRecord => ({ seq, rev: seq, actor: 'order/a', at: seq })

async function fill(store: Store, to: number): Promise<void> {
  while (store.head.seq < to) {
    const first = store.head.seq + 1
    const count = Math.min(500, to - store.head.seq)
    await store.append({ records: Array.from({ length: count }, (_, i) => record(first + i)) })
  }
}

/** Makes a store whose first records are in its archive. */
async function archived(name: string): Promise<string> {
  const location = join(root, name)
  const store = await openLevelStore(location)
  await fill(store, 60_000)
  await store.putSnapshots([{ actor: 'order/a', seq: 40_000, rev: 40_000, state: {} }], {
    seq: 40_000,
    state: 7,
  })
  expect(await store.archive(60_000)).toBeGreaterThan(30_000)
  await store.close()
  return location
}

const count = async (items: AsyncIterable<unknown>) => {
  let n = 0
  for await (const _ of items) n++
  return n
}

describe('a backup', () => {
  it('is the store as of one moment, although it grows and is archived meanwhile', async () => {
    const store = await openLevelStore(await archived('growing'))
    const growing = (async () => {
      await fill(store, 80_000)
      await store.putSnapshots([], { seq: 70_000, state: 8 })
      await store.archive(70_000)
    })()
    const { seq } = await writeBackup(store.entries(), join(root, 'copy'))
    await growing
    expect(seq).toBeGreaterThanOrEqual(60_000)
    const copy = await openLevelStore(join(root, 'copy'))
    expect(copy.head.seq).toBe(seq)
    expect(copy.checkpoint()?.seq).toBe(seq < 80_000 ? 40_000 : copy.checkpoint()?.seq)
    expect(await copy.verifyChain()).toMatchObject({ records: seq, damage: [] })
    expect(await count(copy.history('order/a'))).toBe(seq)
    await copy.append({ records: [record(seq + 1)] })
    await copy.close()
    expect((await store.verifyChain()).damage).toEqual([])
    await store.close()
  })

  it('is the same over the wire, in pieces of any size, and is refused when it ends early', async () => {
    const store = await openLevelStore(join(root, 'wired'))
    await fill(store, 1_200)
    const chunks: Uint8Array[] = []
    for await (const chunk of encodeEntries(store.entries())) chunks.push(chunk)
    await store.close()
    const wire = Buffer.concat(chunks)
    const pieces = async function* (size: number, end = wire.length) {
      for (let at = 0; at < end; at += size) yield wire.subarray(at, Math.min(at + size, end))
    }
    for (const size of [1, 7, 4_096, wire.length]) {
      const location = join(root, `wired-${size}`)
      expect(await writeBackup(decodeEntries(pieces(size)), location)).toEqual({ seq: 1_200 })
    }
    for (const end of [0, 5, wire.length - 1, wire.length - 8]) {
      const location = join(root, `cut-${end}`)
      await expect(writeBackup(decodeEntries(pieces(100, end)), location)).rejects.toMatchObject({
        code: 'BACKUP_CUT_OFF',
      })
      expect(readdirSync(root)).not.toContain(`cut-${end}`)
    }
  })

  it.each([
    [
      'has its code',
      new OutcryError('STORE_CORRUPT', 'record 7 is damaged', 'Run outcry doctor.'),
      'STORE_CORRUPT',
    ],
    [
      'is shown when a later version sent it',
      Object.assign(new OutcryError('INTERNAL', 'record 7 is odd', 'Look at it.'), { code: 'LATER' }),
      'BACKUP_FAILED',
    ],
  ])('%s: an error of the other side', async (_, error, code) => {
    async function* failing(): AsyncGenerator<StoreEntry> {
      yield* []
      throw error
    }
    const location = join(root, 'failing')
    await expect(writeBackup(decodeEntries(encodeEntries(failing())), location)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(error.message),
      hint: error.hint,
    })
    expect(readdirSync(root)).not.toContain('failing')
  })

  it('is refused while another one is made in the same place, which goes on', async () => {
    const store = await openLevelStore(join(root, 'wanted'))
    await fill(store, 3_000)
    const location = join(root, 'wanted-copy')
    async function* slowly() {
      let isFirst = true
      for await (const entry of store.entries()) {
        if (isFirst)
          await expect(writeBackup(store.entries(), location)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
        isFirst = false
        yield entry
      }
    }
    expect(await writeBackup(slowly(), location)).toEqual({ seq: 3_000 })
    const copy = await openLevelStore(location)
    expect(await copy.verifyChain()).toMatchObject({ records: 3_000, damage: [] })
    await copy.close()
    await store.close()
  })

  it('leaves nothing behind when it fails, and says why', async () => {
    const store = await openLevelStore(join(root, 'fails'))
    await fill(store, 1_000)
    const location = join(root, 'fails-copy')
    async function* broken(failure: () => void) {
      for await (const entry of store.entries()) yield entry
      failure()
    }
    const attempts: [() => void, string][] = [
      [() => expect.fail('no more'), 'BACKUP_FAILED'],
      [() => writeFileSync(location, ''), 'BACKUP_EXISTS'],
    ]
    for (const [failure, code] of attempts) {
      await expect(writeBackup(broken(failure), location)).rejects.toMatchObject({ code })
      expect(readdirSync(root)).not.toContain('fails-copy.part')
      rmSync(location, { force: true })
    }
    expect(await writeBackup(store.entries(), location)).toEqual({ seq: 1_000 })
    await store.close()
  })

  it('leaves the disk as full as before when it does not fit', async ({ skip }) => {
    const mount = join(root, 'small')
    const isMounted = mountDisk(mount, '1m')
    skip(!isMounted, NO_MOUNT)
    try {
      const store = await openLevelStore(join(root, 'too-large'))
      for (let n = 0; n < 30; n++) {
        const pad = randomBytes(60_000).toString('base64')
        await store.append({ records: [{ ...record(store.head.seq + 1), pad } as LogRecord] })
      }
      await expect(writeBackup(store.entries(), join(mount, 'copy'))).rejects.toMatchObject({
        code: 'BACKUP_FAILED',
        message: expect.stringContaining('No space left on device'),
      })
      expect(readdirSync(mount)).toEqual([])
      execFileSync('mount', ['-o', 'remount,size=16m', mount])
      expect(await writeBackup(store.entries(), join(mount, 'copy'))).toEqual({ seq: 30 })
      await store.close()
    } finally {
      if (isMounted) execFileSync('umount', [mount])
    }
  })

  it('does not write over anything', async () => {
    const store = await openLevelStore(join(root, 'one'))
    await expect(writeBackup(store.entries(), join(root, 'one'))).rejects.toMatchObject({
      code: 'BACKUP_EXISTS',
    })
    await store.close()
  })
})

describe('an archive', () => {
  const firstFile = (location: string) =>
    join(location, 'archive', readdirSync(join(location, 'archive'))[0] as string)

  it('is named by every read of a file that it lacks, and serves all other reads', async () => {
    const location = await archived('moved')
    const file = firstFile(location)
    renameSync(file, join(root, 'elsewhere.gz'))
    const store = await openLevelStore(location)
    await expect(count(store.read())).rejects.toMatchObject({ code: 'STORE_ARCHIVE' })
    await expect(count(store.history('order/a', { toRev: 5 }))).rejects.toMatchObject({
      code: 'STORE_ARCHIVE',
    })
    expect(await count(store.read({ fromSeq: store.hotFrom }))).toBe(60_000 - store.hotFrom + 1)
    expect((await store.verifyChain()).damage).toMatchObject([{ seq: 1, code: 'STORE_ARCHIVE' }])
    await fill(store, 60_100)
    await store.close()
    expect((await diagnose(location)).wholeTo).toBe(60_100)
    await expect(cutBack(location)).rejects.toMatchObject({ code: 'STORE_ARCHIVE' })
    renameSync(join(root, 'elsewhere.gz'), file)
    expect((await diagnose(location)).damage).toEqual([])
  })

  it('is named when one of its bytes has changed', async () => {
    const location = await archived('rotten')
    const file = firstFile(location)
    const whole = readFileSync(file)
    for (const part of [0, 0.001, 0.3, 0.6, 0.999]) {
      const bytes = Buffer.from(whole)
      const at = Math.floor(bytes.length * part)
      bytes[at] = (bytes[at] as number) ^ 0x10
      writeFileSync(file, bytes)
      const store = await openLevelStore(location)
      expect((await store.verifyChain()).damage[0], `byte ${at}`).toMatchObject({ code: 'STORE_ARCHIVE' })
      await store.close()
    }
  })

  it('is named by every read and by a backup when a file of another store has the right name', async () => {
    const [location, other] = [await archived('ours'), await archived('theirs')]
    const file = firstFile(location)
    const own = readFileSync(file)
    cpSync(firstFile(other), file)
    const store = await openLevelStore(location)
    const refusal = { code: 'STORE_ARCHIVE', message: expect.stringContaining('is not of this store') }
    await expect(count(store.read({ toSeq: 1 }))).rejects.toMatchObject(refusal)
    await expect(count(store.read({ toSeq: 1, reverse: true }))).rejects.toMatchObject(refusal)
    await expect(count(store.history('order/a', { toRev: 1 }))).rejects.toMatchObject(refusal)
    await expect(writeBackup(store.entries(), join(root, 'ours-copy'))).rejects.toMatchObject(refusal)
    expect((await store.verifyChain()).damage).toMatchObject([{ seq: 1, ...refusal }])
    await store.close()
    expect((await diagnose(location)).damage).toMatchObject([refusal])
    await expect(cutBack(location)).rejects.toMatchObject(refusal)
    writeFileSync(file, own)
    expect((await diagnose(location)).damage).toEqual([])
  })

  it('is all that the doctor rescues when the database is gone', async () => {
    const location = await archived('alone')
    const lastSeq = Number(/-(\d+)\.gz$/.exec(readdirSync(join(location, 'archive')).at(-1) as string)?.[1])
    for (const name of readdirSync(location)) {
      if (/^(CURRENT|MANIFEST.*|.*\.(log|ldb))$/.test(name)) rmSync(join(location, name))
    }
    await expect(openLevelStore(location)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    const { diagnosis } = await cutBack(location)
    expect(diagnosis).toMatchObject({ wholeTo: lastSeq, endedAt: 60_000 })
    const store = await openLevelStore(location)
    expect(await store.verifyChain()).toMatchObject({ records: lastSeq, damage: [] })
    await store.close()
  })

  it('leaves the last commit in the database, because the next one follows its end', async () => {
    const golden = new URL('./golden/format-1/log', import.meta.url).pathname
    const location = join(root, 'all-of-it')
    cpSync(golden, location, { recursive: true })
    // Format 1 wrote its whole index, so the index holds nothing back.
    const store = await openLevelStore(location)
    const { seq } = store.head
    await store.putSnapshots([], { seq, state: 1 })
    await store.archive(seq)
    expect(store.hotFrom).toBeGreaterThan(1)
    await store.close()
    const again = await openLevelStore(location)
    expect(again.head.seq).toBe(seq)
    expect(await again.verifyChain()).toMatchObject({ records: seq, damage: [] })
    await again.close()
  })

  it('takes nothing from readers while it grows', async () => {
    const store = await openLevelStore(join(root, 'read-meanwhile'))
    await fill(store, 100_000)
    let archiving = true
    const archived = (async () => {
      for (let seq = 10_000; seq <= 70_000; seq += 10_000) {
        await store.putSnapshots([], { seq, state: 0 })
        await store.archive(seq)
      }
      archiving = false
    })()
    const read = async (work: () => Promise<unknown>) => {
      while (archiving) await work()
    }
    await Promise.all([
      archived,
      read(async () => expect(await count(store.read())).toBe(100_000)),
      read(async () => expect(await count(store.read({ reverse: true }))).toBe(100_000)),
      read(async () => {
        const fromSeq = store.hotFrom
        expect(await count(store.read({ fromSeq, toSeq: fromSeq + 600 }))).toBe(601)
      }),
      read(async () => {
        const fromRev = store.hotFrom
        expect(await count(store.history('order/a', { fromRev, toRev: fromRev + 600 }))).toBe(601)
      }),
      read(async () => expect((await store.verifyChain()).damage).toEqual([])),
    ])
    await store.close()
  }, 60_000)

  it('comes back into the database when the doctor cuts the log', async () => {
    const location = await archived('cut')
    const db = new Level<string, Buffer>(location, { valueEncoding: 'buffer' })
    const lastCommit = `c!${'59501'.padStart(16, '0')}`
    const bytes = Buffer.from((await db.get(lastCommit)) as Buffer)
    bytes[50] = (bytes[50] as number) ^ 1
    await db.put(lastCommit, bytes)
    await forgetOverwritten(db)
    await db.close()

    const { diagnosis } = await cutBack(location)
    expect(diagnosis).toMatchObject({ wholeTo: 59_500, endedAt: 60_000 })
    const store = await openLevelStore(location)
    expect([store.head.seq, store.hotFrom]).toEqual([59_500, 1])
    expect(await store.verifyChain()).toMatchObject({ records: 59_500, damage: [] })
    expect(store.checkpoint()).toBeUndefined()
    await store.close()
  })

  it('is left alone by the doctor when the store is whole', async () => {
    const location = await archived('healthy')
    const files = readdirSync(join(location, 'archive'))
    expect(await cutBack(location)).toMatchObject({ diagnosis: { wholeTo: 60_000 }, keptIn: undefined })
    expect(readdirSync(join(location, 'archive'))).toEqual(files)
  })

  it('is continued after a crash in the middle', async () => {
    const location = await archived('half')
    const store = await openLevelStore(location)
    await fill(store, 90_000)
    await store.putSnapshots([], { seq: 80_000, state: 9 })
    const before = store.hotFrom
    // The store closes at once: some commits are only in the archive, others are in both places.
    const archiving = store.archive(80_000).catch((error) => error.code)
    await new Promise((resolve) => setTimeout(resolve, 60))
    await store.close()
    await archiving
    const again = await openLevelStore(location)
    expect(again.hotFrom).toBeGreaterThanOrEqual(before)
    expect(await again.verifyChain()).toMatchObject({ records: 90_000, damage: [] })
    expect(await again.archive(80_000)).toBeGreaterThan(60_000)
    expect(await again.verifyChain()).toMatchObject({ records: 90_000, damage: [] })
    expect(await count(again.read({ reverse: true }))).toBe(90_000)
    await again.close()
  })
})
