import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Level } from 'level'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLevelStore, type Store } from '../../store/index.ts'
import type { TckRecord } from '../../store/tck/tck.ts'
import { mountDisk, NO_MOUNT } from '../faults/disk/mount.ts'
import { program } from '../programs/program.ts'
import { SEED, seeded } from '../seeded.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'outcry-store-'))
const record = (seq: number, size = 0): TckRecord => ({
  seq,
  rev: seq,
  actor: 'order/a',
  at: seq,
  note: 'x'.repeat(size),
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

  it('is open in one process at a time', async () => {
    const store = await write(1)
    await expect(openLevelStore(location)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await store.append({ records: [record(2)] })
    await store.close()
  })

  it('names damage in the write-ahead log that LevelDB would silently drop', async () => {
    await (await write(40)).close()
    const log = join(location, readdirSync(location).find((name) => name.endsWith('.log')) as string)
    const whole = readFileSync(log)
    // Damages bytes from the middle, behind the first commits, up to the last batch.
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

  it('notices a missing end of the write-ahead log, which LevelDB silently skips', async () => {
    await (await write(5)).close()
    const log = readdirSync(location).find((name) => name.endsWith('.log')) as string
    const bytes = readFileSync(join(location, log))
    truncateSync(join(location, log), bytes.length - 400)
    await expect(openLevelStore(location)).rejects.toMatchObject({
      code: expect.stringMatching(/^STORE_(LOST_TAIL|CORRUPT)$/),
    })
  })

  it('refuses the database of another program, and leaves it as it is', async () => {
    const other = new Level<string, string>(location)
    await other.put('theirs', 'precious')
    await other.close()
    await expect(openLevelStore(location)).rejects.toMatchObject({ code: 'STORE_FORMAT' })
    const again = new Level<string, string>(location)
    expect(await again.get('theirs')).toBe('precious')
    await again.close()
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

  it(`has everything acknowledged to a killed writer, and no half commit, seed ${SEED}`, async () => {
    const random = seeded(SEED)
    for (let round = 0; round < 8; round++) {
      const child = spawn(process.execPath, [...program('tests/store/writer.ts'), location], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let acknowledged = 0
      const killAfter = 3 + Math.floor(random() * 200)
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
    const isMounted = mountDisk(mount, '1m')
    afterAll(() => {
      if (!isMounted) return
      execFileSync('umount', [mount])
      rmSync(mount, { recursive: true })
    })

    it('fails the write, fences itself, and has everything acknowledged', async ({ skip }) => {
      skip(!isMounted, NO_MOUNT)
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
