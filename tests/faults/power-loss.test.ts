/** Tests power cuts. kill -9 proves nothing about fsync, because the kernel still has the written data. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { openLevelStore } from '../../store/index.ts'
import { howMany, SEED } from '../seeded.ts'
import { acknowledgedBefore, cutPower, writeOn } from './disk/power-cut.ts'
import { compileShim, NO_SHIM } from './disk/shim.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-power-'))
afterAll(() => rmSync(folder, { recursive: true }))
const shim = compileShim(folder)

const cuts = howMany('POWER_CUTS', 120)

describe('a store whose power is cut', () => {
  const disk = { folder, shim: shim as string }
  beforeEach(({ skip }) => skip(shim === undefined, NO_SHIM))

  it.each([
    ['between small commits', { runs: 3, commits: 12, size: 40 }, cuts],
    ['while LevelDB turns its log into tables', { runs: 2, commits: 60, size: 9_000 }, cuts / 8],
  ])(
    `%s holds each acknowledged commit, and no part of a commit, seed ${SEED}`,
    async (name, writing, cuts) => {
      await cutPower(disk, name.replaceAll(' ', '-'), writing, SEED, cuts)
    },
  )

  it.each([
    ['an fsync fails', 'sync', 'EIO'],
    ['an fsync finds the disk full', 'sync', 'ENOSPC'],
    ['a write fails', 'write', 'EIO'],
    ['a write finds the disk full', 'write', 'ENOSPC'],
  ])('fences itself when %s, and holds each acknowledged commit (law 11)', async (_, kind, error) => {
    for (const nth of [40, 41, 42, 43, 44, 45]) {
      const writing = { runs: 1, commits: 60, size: 40 }
      const { root, ops, output } = writeOn(disk, 'failing', writing, `${kind}:${nth}:${error}`)
      const told = output
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { seq?: number; code: string })
      expect(told.map(({ code }) => code)).toEqual(['STORE_WRITE_FAILED', 'STORE_FENCED'])
      const acknowledged = acknowledgedBefore(ops, ops.length)
      expect(acknowledged).toBeGreaterThan(10)
      expect(told[0]?.seq).toBe(acknowledged)
      const store = await openLevelStore(join(root, 'log'))
      expect(store.head.seq).toBeGreaterThanOrEqual(acknowledged)
      expect((await store.verifyChain()).damage).toEqual([])
      await store.close()
    }
  })
})
