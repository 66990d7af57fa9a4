import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
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
import { createInterface } from 'node:readline'
import { Level } from 'level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newMemory, openLevelStore, openMemoryStore, type Store } from '../../store/index.ts'
import { storeTck, type TckRecord } from '../tck/store-tck.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'outcry-store-'))
const record = (seq: number, size = 0): TckRecord => ({
  seq,
  rev: seq,
  actor: 'order/a',
  at: seq,
  note: 'x'.repeat(size),
})

storeTck('LevelDB', { twoWriters: false, archives: true }, async () => {
  const location = folder()
  return {
    open: () => openLevelStore(location),
    destroy: async () => rmSync(location, { recursive: true }),
  }
})

storeTck('memory', { twoWriters: true, archives: false }, async () => {
  const memory = newMemory()
  return {
    open: () => openMemoryStore(memory),
    destroy: async () => {},
  }
})

/** What reading says of a log in which something was changed behind its back. */
describe('a damaged log', () => {
  const drain = async (items: AsyncIterable<unknown>) => {
    for await (const _ of items);
  }
  let memory: ReturnType<typeof newMemory>
  let store: Store<TckRecord>

  const write = async (to: number) => {
    memory = newMemory()
    store = await openMemoryStore<TckRecord>(memory)
    for (let seq = 1; seq <= to; seq++) await store.append({ records: [record(seq)] })
    await store.putSnapshots([{ actor: 'order/a', seq: to, rev: to, state: { some: 'state' } }])
  }
  const commit = (seq: number) => `c!${String(seq).padStart(16, '0')}`
  const flip = async (key: string, at: number) => {
    const bytes = Buffer.from((await memory.get(key)) as Buffer)
    bytes[at] = (bytes[at] as number) ^ 0x20
    await memory.put(key, bytes)
  }

  it('names the commit in which any one byte has changed', async () => {
    await write(5)
    const original = (await memory.get(commit(3))) as Buffer
    for (let i = 0; i < original.length; i++) {
      await flip(commit(3), i)
      await expect(drain(store.read()), `byte ${i}`).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
        message: expect.stringContaining('3'),
      })
      expect((await store.verifyChain()).damage[0]).toMatchObject({ seq: 3 })
      await expect(openMemoryStore(memory)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
      await memory.open()
      await memory.put(commit(3), original)
      store = await openMemoryStore<TckRecord>(memory)
    }
    expect(original.length).toBeGreaterThan(100)
  })

  it('names what is missing, whichever way and wherever one reads', async () => {
    await write(6)
    await memory.del(commit(3))
    for (const options of [
      {},
      { reverse: true },
      { fromSeq: 3 },
      { fromSeq: 3, toSeq: 3 },
      { toSeq: 3 },
      { toSeq: 3, reverse: true },
    ]) {
      await expect(drain(store.read(options)), JSON.stringify(options)).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
        message: expect.stringContaining('3'),
      })
    }
    await drain(store.read({ fromSeq: 4 }))
    await drain(store.read({ toSeq: 2 }))
    await expect(drain(store.history('order/a'))).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect((await store.verifyChain()).damage).toMatchObject([{ seq: 3, code: 'STORE_GAP' }])
  })

  it('names a last commit that is missing', async () => {
    await write(6)
    await memory.del(commit(6))
    await expect(drain(store.read())).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect((await store.verifyChain()).damage).toMatchObject([{ seq: 6, code: 'STORE_GAP' }])
    await expect(openMemoryStore(memory)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })

  it('names commits that were exchanged', async () => {
    await write(6)
    const other = newMemory()
    const elsewhere = await openMemoryStore<TckRecord>(other)
    for (let seq = 1; seq <= 6; seq++) await elsewhere.append({ records: [record(seq, 3)] })
    await memory.put(commit(4), (await other.get(commit(4))) as Buffer)
    await expect(drain(store.read())).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect((await store.verifyChain()).damage).toMatchObject([
      { seq: 4, code: 'STORE_CHAIN' },
      { seq: 5, code: 'STORE_CHAIN' },
    ])
  })

  it('goes on behind what is damaged, to tell of all of it', async () => {
    await write(9)
    await flip(commit(3), 90)
    await memory.del(commit(6))
    await flip(commit(8), 90)
    expect((await store.verifyChain()).damage).toMatchObject([
      { seq: 3, code: 'STORE_CHECKSUM' },
      { seq: 6, code: 'STORE_GAP' },
      { seq: 8, code: 'STORE_CHECKSUM' },
    ])
  })

  it('refuses a damaged snapshot', async () => {
    await write(5)
    const length = ((await memory.get('s!order/a')) as Buffer).length
    for (let i = 0; i < length; i++) {
      await flip('s!order/a', i)
      expect(() => store.snapshot('order/a')).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
      await flip('s!order/a', i)
    }
  })

  it('names a checkpoint and an end that nobody can read', async () => {
    await write(2)
    await store.putSnapshots([], { seq: 2, state: {} })
    await memory.put('m!checkpoint', Buffer.from('{"se'))
    expect(() => store.checkpoint()).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
    await memory.put('m!head', Buffer.from('{"se'))
    await expect(openMemoryStore(memory)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })

  describe('whose history index is written', () => {
    /** Commits of many records by two actors, so many that the index is written in parts. */
    const writeMany = async () => {
      memory = newMemory()
      store = await openMemoryStore<TckRecord>(memory)
      const revs: Record<string, number> = {}
      for (let first = 1; first <= 60_000; first += 1_500) {
        const records = Array.from({ length: 1_500 }, (_, i): TckRecord => {
          const actor = i % 3 === 0 ? 'order/a' : first > 30_000 ? 'order/b' : 'order/c'
          revs[actor] = (revs[actor] ?? 0) + 1
          return { seq: first + i, rev: revs[actor], actor, at: first }
        })
        await store.append({ records })
      }
    }

    it('finds every history from any rev, before and after it is opened anew', async () => {
      await writeMany()
      for (let round = 0; round < 2; round++) {
        for (const [actor, count] of [
          ['order/a', 20_000],
          ['order/b', 20_000],
          ['order/c', 20_000],
        ] as const) {
          for (const fromRev of [1, 2, 499, 500, 501, 9_999, 19_999, 20_000]) {
            let rev = fromRev
            for await (const found of store.history(actor, { fromRev })) expect(found.rev).toBe(rev++)
            expect(rev - 1).toBe(count)
            let back = Math.min(count, fromRev + 700)
            for await (const found of store.history(actor, { fromRev, toRev: back, reverse: true })) {
              expect(found.rev).toBe(back--)
            }
            expect(back).toBe(fromRev - 1)
          }
        }
        expect((await store.verifyChain()).damage).toEqual([])
        store = await openMemoryStore<TckRecord>(memory)
      }
    })

    it('names what is not found through it', async () => {
      await writeMany()
      const keys = await memory.keys({ gte: 'h!order/a', lt: 'h!order/b' }).all()
      expect(keys.length).toBeGreaterThan(1)
      await memory.del(keys[1] as string)
      for (const options of [{}, { reverse: true }]) {
        await expect(drain(store.history('order/a', options))).rejects.toMatchObject({
          code: 'STORE_CORRUPT',
          message: expect.stringContaining('order/a'),
        })
      }
      await drain(store.history('order/b'))
      const { damage } = await store.verifyChain()
      expect(damage[0]).toMatchObject({ code: 'STORE_INDEX', message: expect.stringContaining('order/a') })
    })

    it('names a place in it where there is nothing, and an actor that is not listed', async () => {
      await writeMany()
      await memory.put(`h!order/x\0${'1'.padStart(16, '0')}`, Buffer.from('1'))
      expect((await store.verifyChain()).damage).toMatchObject([{ seq: 1, code: 'STORE_INDEX' }])
      await memory.del('a!order/b')
      expect((await store.verifyChain()).damage).toMatchObject([{ code: 'STORE_INDEX' }])
    })
  })
})

describe('a store on LevelDB', () => {
  let location: string
  beforeEach(() => {
    location = folder()
  })
  afterEach(() => rmSync(location, { recursive: true, force: true }))

  const write = async (to: number) => {
    const store = await openLevelStore<TckRecord>(location)
    for (let seq = store.head.seq + 1; seq <= to; seq++) await store.append({ records: [record(seq)] })
    await store.putSnapshots([{ actor: 'order/a', seq: to, rev: to, state: { some: 'state' } }])
    return store
  }

  const edit = async (key: string, change: (bytes: Buffer) => Buffer | undefined) => {
    const db = new Level<string, Buffer>(location, { valueEncoding: 'buffer' })
    const changed = change(Buffer.from((await db.get(key)) as Buffer))
    if (changed === undefined) await db.del(key)
    else await db.put(key, changed)
    await db.close()
  }

  const readAll = async (store: Store<TckRecord>) => {
    let count = 0
    for await (const _ of store.read()) count++
    return count
  }

  it('is for one process at a time', async () => {
    const store = await write(1)
    await expect(openLevelStore(location)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await store.append({ records: [record(2)] })
    await store.close()
  })

  it('names damage in the write-ahead log that LevelDB would drop in silence', async () => {
    await (await write(40)).close()
    const log = join(location, readdirSync(location).find((name) => name.endsWith('.log')) as string)
    const whole = readFileSync(log)
    // From the middle, behind the first commits, to short of the last batch.
    for (let i = 2_000; i < whole.length - 1_500; i += 97) {
      const bytes = Buffer.from(whole)
      bytes[i] = (bytes[i] as number) ^ 0x10
      writeFileSync(log, bytes)
      await expect(openLevelStore(location), `byte ${i}`).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
        message: expect.stringContaining('damaged at byte'),
      })
    }
    writeFileSync(log, whole)
    await (await openLevelStore(location)).close()
  })

  it('notices that the end of the write-ahead log, which LevelDB skips in silence, is gone', async () => {
    await (await write(5)).close()
    const log = readdirSync(location).find((name) => name.endsWith('.log')) as string
    const bytes = readFileSync(join(location, log))
    truncateSync(join(location, log), bytes.length - 400)
    await expect(openLevelStore(location)).rejects.toMatchObject({
      code: expect.stringMatching(/^STORE_(LOST_TAIL|CORRUPT)$/),
    })
  })

  it('refuses a folder of another format', async () => {
    await (await write(1)).close()
    await edit('m!format', () => Buffer.from('99'))
    await expect(openLevelStore(location)).rejects.toMatchObject({ code: 'STORE_FORMAT' })
  })

  it('names a folder that LevelDB cannot open', async () => {
    await (await write(1)).close()
    writeFileSync(join(location, 'CURRENT'), 'MANIFEST-999999\n')
    await expect(openLevelStore(location)).rejects.toMatchObject({ code: expect.stringMatching(/^STORE_/) })
  })

  it('has all that was acknowledged to a writer that was killed, and nothing by half', async () => {
    const script = new URL('./writer.ts', import.meta.url).pathname
    for (let round = 0; round < 8; round++) {
      const child = spawn(process.execPath, ['--import', 'tsx', script, location], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let acknowledged = 0
      const killAfter = 3 + Math.floor(Math.random() * 200)
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged = Number(line)
        if (acknowledged % 1_000 >= killAfter) child.kill('SIGKILL')
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      const store = await openLevelStore<TckRecord>(location)
      expect(store.head.seq).toBeGreaterThanOrEqual(acknowledged)
      expect(store.head.seq % 3).toBe(0)
      expect((await store.verifyChain()).damage).toEqual([])
      await store.close()
    }
  })

  describe('on a full disk', () => {
    const mount = join(tmpdir(), `outcry-full-${process.pid}`)
    let mounted = false
    try {
      mkdirSync(mount)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount], { stdio: 'ignore' })
      mounted = true
    } catch {
      rmSync(mount, { recursive: true, force: true })
    }
    afterEach(() => {
      if (!mounted) return
      execFileSync('umount', [mount])
      rmSync(mount, { recursive: true })
    })

    it.runIf(mounted)('fails the write, fences itself, and has all that was acknowledged', async () => {
      const store = await openLevelStore<TckRecord>(join(mount, 'store'))
      let failure: unknown
      for (let seq = 1; failure === undefined; seq++) {
        await store.append({ records: [record(seq, 20_000)] }).catch((error) => {
          failure = error
        })
      }
      expect(failure).toMatchObject({ code: 'STORE_WRITE_FAILED' })
      const { seq } = store.head
      await expect(store.append({ records: [record(seq + 1)] })).rejects.toMatchObject({
        code: 'STORE_FENCED',
      })
      expect(await readAll(store)).toBe(seq)
      await store.close()
    })
  })
})
