/**
 * Tests a writer that is frozen while another takes its store, and thaws: law 9 between processes. Its locks may be
 * missing for any reason. All that it acknowledges must be in the log of its successor. A live writer is found by its
 * open files, because its LevelDB would delete tables of a successor.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openLevelStore } from '../../store/index.ts'
import { endChildren } from '../programs/children.ts'
import { howMany, SEED, seeded } from '../seeded.ts'
import { Rival } from './rivals/rivals.ts'

const FREEZES = howMany('FREEZES', 14)
const root = mkdtempSync(join(tmpdir(), 'outcry-frozen-'))
afterAll(async () => {
  await endChildren()
  rmSync(root, { recursive: true })
})

/** Sizes of records: small ones, and ones so large that LevelDB soon turns its log into tables. */
const SIZES = [20, 3_000, 150_000]

it(`a frozen writer locks its store and loses no acknowledged record, ${FREEZES} times, seed ${SEED}`, async () => {
  const random = seeded(SEED)
  for (let round = 0; round < FREEZES; round++) {
    const folder = join(root, String(round))
    const size = SIZES[Math.floor(random() * SIZES.length)] as number
    const writer = await Rival.start()
    writer.tell({ folder, commits: 0, size })
    const acknowledged = 1 + Math.floor(random() * 40)
    await writer.until((told) => told.acknowledged === acknowledged)
    writer.signal('SIGSTOP')
    const where = `round ${round}, size ${size}`
    await expect(openLevelStore(folder), where).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    const isRemoved = round % 2 === 0
    if (isRemoved) {
      // Removes both locks: the store's and LevelDB's own.
      for (const lock of ['lock', 'LOCK']) rmSync(join(folder, lock), { recursive: true })
      for (let n = 0; n < 2; n++) {
        await expect(openLevelStore(folder), where).rejects.toMatchObject({
          code: 'STORE_LOCKED',
          message: expect.stringContaining(`process ${writer.pid}`),
        })
      }
      writer.signal('SIGCONT')
      expect(await writer.until(({ code }) => code !== undefined), where).toEqual({ code: 'STORE_FENCED' })
    } else {
      writer.signal('SIGCONT')
      await writer.until((told) => told.acknowledged === acknowledged + 3)
    }
    await writer.kill()
    const after = await openLevelStore(folder)
    expect(after.head.seq, where).toBeGreaterThanOrEqual(writer.acknowledged.at(-1) as number)
    expect((await after.verifyChain()).damage, where).toEqual([])
    await after.close()
    expect(existsSync(join(folder, 'look')), where).toBe(false)
    rmSync(folder, { recursive: true })
  }
})
