/**
 * Tests who may open a folder and what an opening changes: one opener for one folder by any name, and no change before
 * the store is known to be whole.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { Level } from 'level'
import { afterAll, describe, expect, it } from 'vitest'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { recordCodec } from '../../src/runtime/record/record-codec.ts'
import { type LogRecord, openLevelStore, type Store, storeExists } from '../../store/index.ts'
import { storeIdOf } from '../../store/leveldb/codec/commit-codec.ts'
import { type Owner, readHeadFile, writeHeadFile } from '../../store/leveldb/folder/head-file.ts'
import { modulePath } from '../programs/program.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-opening-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let folders = 0
const fresh = () => join(root, String(++folders))

const record = (seq: number): LogRecord => ({ seq, rev: seq, actor: 'order/a', at: seq })
const append = (store: Store) => store.append({ records: [record(store.head.seq + 1)] })

async function make(to = 3): Promise<string> {
  const location = fresh()
  const store = await openLevelStore(location)
  for (let n = 0; n < to; n++) await append(store)
  await store.close()
  return location
}

/** Returns all files with their content, except those of the locks: reading a locked file drops its lock. */
function contentOf(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/^lock|LOCK$/.test(name) && statSync(join(folder, name)).isFile())
    .sort()
  return new Map(files.map((name) => [name, readFileSync(join(folder, name)).toString('base64')]))
}

const fileLike = (location: string, pattern: RegExp) =>
  join(location, readdirSync(location).find((name) => pattern.test(name)) as string)

describe('an open store', () => {
  it('is not opened again in its process by any path, and stays locked for others after that', async () => {
    const location = await make()
    const link = fresh()
    symlinkSync(location, link)
    const store = await openLevelStore(location)
    for (const path of [location, link, `${location}/`, join(location, '.'), `${link}/../${folders - 1}`]) {
      await expect(openLevelStore(path), path).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    }
    await append(store)
    await store.close()
    const again = await openLevelStore(link)
    expect(again.head.seq).toBe(4)
    await again.close()
  })

  it('is not opened by two openers of one process that start together', async () => {
    const location = fresh()
    const outcomes = await Promise.allSettled([openLevelStore(location), openLevelStore(location)])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    for (const outcome of outcomes) if (outcome.status === 'fulfilled') await outcome.value.close()
  })

  it.runIf(process.platform === 'linux' && process.env.COMPILED_PROGRAMS !== undefined)(
    'is not opened by another thread, whose closing would drop the lock',
    async () => {
      const location = await make()
      const store = await openLevelStore(location)
      const code = `import(process.argv[2]).then(({ openLevelStore }) => openLevelStore(process.argv[3]))
        .then(() => 'opened', ({ code }) => code)
        .then((told) => require('node:worker_threads').parentPort.postMessage(told))`
      const worker = new Worker(code, { eval: true, argv: [modulePath('store/index.ts'), location] })
      expect(await new Promise((resolve) => worker.once('message', resolve))).toBe('STORE_LOCKED')
      await worker.terminate()
      await append(store)
      await store.close()
    },
  )

  it.each<[string, (location: string) => void]>([
    ['was moved', (location) => renameSync(location, `${location}.moved`)],
    [
      'was moved and exchanged for a copy',
      (location) => {
        renameSync(location, `${location}.moved`)
        cpSync(`${location}.moved`, location, { recursive: true })
      },
    ],
    ['lost its lock', (location) => rmSync(join(location, 'lock'), { recursive: true })],
  ])('takes no more commits when its folder %s, and says why', async (_, change) => {
    const location = await make()
    const store = await openLevelStore(location)
    await append(store)
    change(location)
    const before = existsSync(location) ? contentOf(location) : undefined
    await lookHasPassed()
    await expect(append(store)).rejects.toMatchObject({
      code: 'STORE_FENCED',
      message: expect.stringContaining('moved, exchanged or removed'),
    })
    await expect(append(store)).rejects.toMatchObject({ code: 'STORE_FENCED' })
    expect(store.head.seq).toBe(4)
    // Nothing was written into the folder that is there now.
    if (before !== undefined) expect(contentOf(location)).toEqual(before)
    await store.close()
  })

  it.runIf(process.platform === 'linux')(
    "differs from a closed one whose files a program has inherited: the error names the program's pid and command",
    async () => {
      const location = await make()
      const fd = openSync(fileLike(location, /\.log$/), 'r+')
      const code = 'process.stdout.write("up"); setInterval(() => {}, 1e6)'
      const heir = spawn(process.execPath, ['-e', code, 'a-worker'], {
        stdio: ['ignore', 'pipe', 'inherit', fd],
      })
      closeSync(fd)
      await once(heir.stdout as Readable, 'data')
      const ended = once(heir, 'exit')
      // While the last holder is known, a program that inherited its files does not count as one.
      await (await openLevelStore(location)).close()
      rmSync(join(location, 'lock'), { recursive: true })
      const before = contentOf(location)
      await expect(openLevelStore(location)).rejects.toMatchObject({
        code: 'STORE_LOCKED',
        message: expect.stringMatching(
          new RegExp(`process ${heir.pid} \\(.*node.* a-worker\\) has files of the store`),
        ),
        hint: expect.stringContaining(`kill ${heir.pid}.`),
      })
      expect(contentOf(location)).toEqual(before)
      heir.kill()
      await ended
      await (await openLevelStore(location)).close()
    },
  )

  it('does not acknowledge a write when HEAD has another epoch by then', async () => {
    const location = await make()
    const store = await openLevelStore(location)
    const head = readHeadFile(location) as Owner
    // An opener does this when the lock has failed to keep it out.
    writeFileSync(join(location, 'lock', 'next'), '')
    renameSync(join(location, 'lock', 'next'), join(location, 'lock', 'holder'))
    writeHeadFile(location, { ...head, epoch: head.epoch + 1 })
    await expect(append(store)).rejects.toMatchObject({
      code: 'STORE_FENCED',
      message: expect.stringContaining(`epoch ${head.epoch + 1} has opened the store since`),
    })
    expect(store.head.seq).toBe(3)
    await store.close()
  })

  it.each<[string, (path: string, bytes: Buffer) => void]>([
    ['written over', writeFileSync],
    [
      'exchanged',
      (path, bytes) => {
        writeFileSync(`${path}.other`, bytes)
        renameSync(`${path}.other`, path)
      },
    ],
  ])('soon finds out that HEAD is %s', async (_, change) => {
    const location = await make()
    const other = readFileSync(join(await make(), 'HEAD'))
    const store = await openLevelStore(location)
    change(join(location, 'HEAD'), other)
    const before = contentOf(location)
    await lookHasPassed()
    await expect(append(store)).rejects.toMatchObject({ code: 'STORE_FENCED' })
    expect(contentOf(location)).toEqual(before)
    await store.close()
  })
})

/** Waits until a look at the folder no longer counts: a few milliseconds. */
const lookHasPassed = () => setTimeout(50)

describe('the lock', () => {
  it('is one file for ever, whatever happens to the files beside it', async () => {
    const location = await make()
    const { ino } = statSync(join(location, 'lock', 'LOCK'))
    for (const tear of [
      (path: string) => rmSync(path),
      (path: string) => writeFileSync(path, ''),
      (path: string) => writeFileSync(path, 'torn'),
    ]) {
      for (const name of readdirSync(join(location, 'lock'))) {
        // An opening removes files that were torn before.
        if (name === 'LOCK' || !existsSync(join(location, 'lock', name))) continue
        tear(join(location, 'lock', name))
        await (await openLevelStore(location)).close()
        expect(statSync(join(location, 'lock', 'LOCK')).ino).toBe(ino)
      }
    }
  })

  it('keeps out of a database that an older Outcry has open, and changes nothing of it', async () => {
    const location = await make()
    const older = new Level(location)
    await older.open()
    const before = contentOf(location)
    await expect(openLevelStore(location)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    expect(contentOf(location)).toEqual(before)
    await older.close()
    await (await openLevelStore(location)).close()
  })

  it('is shared by a copy made of hard links, although the copy writes its own files', async () => {
    const location = await make()
    const copy = fresh()
    const link = (from: string, to: string) => {
      mkdirSync(to)
      for (const name of readdirSync(from)) {
        if (statSync(join(from, name)).isDirectory()) link(join(from, name), join(to, name))
        else linkSync(join(from, name), join(to, name))
      }
    }
    link(location, copy)
    const store = await openLevelStore(copy)
    await append(store)
    await expect(openLevelStore(location)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await store.close()
    const original = await openLevelStore(location)
    expect(original.head.seq).toBe(3)
    await original.close()
  })
})

describe('a folder', () => {
  const pieces: [string, (location: string) => void][] = [
    ['CURRENT', (location) => rmSync(join(location, 'CURRENT'))],
    ['MANIFEST', (location) => rmSync(fileLike(location, /^MANIFEST/))],
    ['its log', (location) => rmSync(fileLike(location, /\.log$/))],
    ['HEAD', (location) => rmSync(join(location, 'HEAD'))],
    [
      'the whole database',
      (location) => {
        for (const name of readdirSync(location)) {
          if (/^(CURRENT|MANIFEST.*|.*\.(log|ldb))$/.test(name)) rmSync(join(location, name))
        }
      },
    ],
  ]

  it.each(pieces)('is not new when it lacks %s: it is refused and stays as it is', async (_, remove) => {
    const location = await make()
    remove(location)
    const before = contentOf(location)
    await expect(openLevelStore(location)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect(contentOf(location)).toEqual(before)
    expect(storeExists(location)).toBe(true)
  })

  it('is made again when its maker died while it made the database', async () => {
    const location = fresh()
    const { id } = readHeadFile(await make()) as Owner
    mkdirSync(location)
    writeHeadFile(location, { id, epoch: 1, ready: false, seq: 0 })
    writeFileSync(join(location, 'CURRENT'), 'MANIFEST-000001\n')
    writeFileSync(join(location, 'MANIFEST-000001'), 'torn')
    const store = await openLevelStore(location)
    expect([store.epoch, store.head.seq]).toEqual([2, 0])
    await append(store)
    await store.close()
    expect(readHeadFile(location)).toMatchObject({ kind: 'owned', id, ready: true })
  })

  it('is not made again when it has commits, whatever HEAD says', async () => {
    const location = await make()
    const head = readHeadFile(location) as Owner
    writeHeadFile(location, { ...head, ready: false, seq: 0 })
    const before = contentOf(location)
    await expect(openLevelStore(location)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect(contentOf(location)).toEqual(before)
  })

  it('is opened by the next opener when one died after its look or after its claim', async () => {
    const location = await make()
    mkdirSync(join(location, 'look'))
    writeFileSync(join(location, 'look', 'CURRENT'), 'torn')
    writeFileSync(join(location, 'HEAD.next'), 'torn')
    const head = readHeadFile(location) as Owner
    writeHeadFile(location, { ...head, epoch: 7 })
    const store = await openLevelStore(location)
    expect([store.epoch, store.head.seq]).toEqual([8, 3])
    expect(existsSync(join(location, 'look'))).toBe(false)
    await store.close()
  })
})

describe('a store of an older format', () => {
  const golden = (format: number) => {
    const location = fresh()
    cpSync(new URL(`./golden/format-${format}/log`, import.meta.url).pathname, location, { recursive: true })
    return location
  }
  const open = (location: string) => openLevelStore<TransitionRecord>(location, { codec: recordCodec })
  const last = async (store: Store<TransitionRecord>) => {
    for await (const found of store.read({ reverse: true, limit: 1 })) return found
    throw new Error('it is empty')
  }

  it.each([1, 2])(
    '%i gets an id, which its new commits have and its old ones need not have',
    async (format) => {
      const location = golden(format)
      expect(readHeadFile(location).kind).toBe('older')
      const store = await open(location)
      const { seq } = store.head
      const record = await last(store)
      await store.append({ records: [{ ...record, seq: seq + 1, rev: record.rev + 1 }] })
      expect((await store.verifyChain()).damage).toEqual([])
      await store.close()
      const { id } = readHeadFile(location) as Owner
      const db = new Level<string, Buffer>(location, { valueEncoding: 'buffer' })
      const commitAt = (at: number) => db.get(`c!${String(at).padStart(16, '0')}`) as Promise<Buffer>
      expect(storeIdOf(await commitAt(1))).toBeUndefined()
      expect(storeIdOf(await commitAt(seq + 1))).toEqual(id)
      expect((await db.get('m!nameless'))?.toString()).toBe(String(seq))
      await db.close()
      const again = await open(location)
      expect((await again.verifyChain()).damage).toEqual([])
      await again.close()
      // HEAD belongs to the store from now on.
      rmSync(join(location, 'HEAD'))
      await expect(open(location)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    },
  )

  it('keeps the id of an opener that died before it could write to the database', async () => {
    const location = golden(2)
    const { id } = readHeadFile(await make()) as Owner
    writeHeadFile(location, { id, epoch: 9, ready: true, seq: 1 })
    const store = await open(location)
    expect(store.epoch).toBe(10)
    await store.close()
    expect(readHeadFile(location)).toMatchObject({ id, epoch: 10 })
  })
})
