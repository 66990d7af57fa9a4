/** Tests the doctor in special places: a mount point, a read-only disk, and a folder in which it was killed. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { cutBack, diagnose, type LogRecord, openLevelStore, writeBackup } from '../../store/index.ts'
import { exchange, roomForNew } from '../../store/leveldb/folder/exchange.ts'
import { mountDisk, NO_MOUNT } from '../faults/disk/mount.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-places-'))
const mounts: string[] = []
afterAll(() => {
  for (const mount of mounts) execFileSync('umount', [mount])
  rmSync(root, { recursive: true, force: true })
})

const record = (seq: number): LogRecord => ({ seq, rev: seq, actor: 'order/a', at: seq })

async function make(location: string, to = 5): Promise<void> {
  const store = await openLevelStore(location)
  for (let seq = store.head.seq + 1; seq <= to; seq++) await store.append({ records: [record(seq)] })
  await store.close()
}

async function headOf(location: string): Promise<number> {
  const store = await openLevelStore(location)
  try {
    expect((await store.verifyChain()).damage).toEqual([])
    return store.head.seq
  } finally {
    await store.close()
  }
}

function mount(name: string): string | undefined {
  const folder = join(root, name)
  if (!mountDisk(folder, '16m')) return undefined
  mounts.push(folder)
  return folder
}

describe('the doctor', () => {
  it('makes a store anew in a mount point, which cannot be renamed, and keeps the damaged one within', async ({
    skip,
  }) => {
    const location = mount('mounted')
    skip(location === undefined, NO_MOUNT)
    if (location === undefined) return
    await make(location)
    for (const kept of ['damaged', 'damaged-2']) {
      rmSync(join(location, 'CURRENT'))
      const { diagnosis, keptIn } = await cutBack(location)
      expect([diagnosis.wholeTo, keptIn]).toEqual([5, join(location, kept)])
      expect(readdirSync(join(location, kept))).toContain('HEAD')
      expect(await headOf(location)).toBe(5)
    }
  })

  it('says in one line that it cannot write there', async ({ skip }) => {
    const location = mount('read-only')
    skip(location === undefined, NO_MOUNT)
    if (location === undefined) return
    await make(location)
    execFileSync('mount', ['-o', 'remount,ro', location])
    for (const ask of [diagnose, cutBack, openLevelStore]) {
      await expect(ask(location)).rejects.toMatchObject({
        code: 'STORE_OPEN_FAILED',
        message: expect.stringMatching(/^[^\n]+ is read-only: [^\n]+$/),
      })
    }
    execFileSync('mount', ['-o', 'remount,rw', location])
    expect(await headOf(location)).toBe(5)
  })

  it.each(['out', 'in'] as const)(
    'leaves a plan when it is killed on the way %s, and the next opener carries it out',
    async (step) => {
      const location = join(root, `killed-${step}`)
      await make(location, 3)
      const rescued = join(root, `rescued-${step}`)
      const store = await openLevelStore(location)
      await writeBackup(store.entries(), rescued)
      await store.close()
      await make(rescued, 4)
      const room = roomForNew(location)
      for (const name of readdirSync(rescued))
        if (name !== 'lock') renameSync(join(rescued, name), join(room, name))
      const kept = `${location}.damaged`
      const old = join(location, 'doctor', 'old')
      mkdirSync(old)
      writeFileSync(join(location, 'doctor', 'plan'), JSON.stringify({ step }))
      // Half of the work is done.
      if (step === 'out') renameSync(join(location, 'HEAD'), join(old, 'HEAD'))
      else {
        for (const name of readdirSync(location)) {
          if (name !== 'lock' && name !== 'doctor') renameSync(join(location, name), join(old, name))
        }
        renameSync(join(room, 'CURRENT'), join(location, 'CURRENT'))
      }
      expect(await headOf(location)).toBe(4)
      expect(readdirSync(kept)).toEqual(expect.arrayContaining(['CURRENT', 'HEAD']))
      expect(existsSync(join(location, 'doctor'))).toBe(false)
    },
  )

  it('leaves nothing to do when it is killed before that', async () => {
    const location = join(root, 'killed-before')
    await make(location)
    writeFileSync(join(roomForNew(location), 'CURRENT'), 'torn')
    expect(await headOf(location)).toBe(5)
    expect(existsSync(join(location, 'doctor'))).toBe(false)
  })

  it('keeps each damaged store beside the new one', async () => {
    const location = join(root, 'twice')
    await make(location)
    roomForNew(location)
    expect(exchange(location)).toBe(`${location}.damaged`)
    await make(location)
    roomForNew(location)
    expect(exchange(location)).toBe(`${location}.damaged-2`)
  })
})
