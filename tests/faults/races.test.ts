/** Tests two processes that start on one new folder at the same moment: one gets it, and the other changes nothing. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openLevelStore } from '../../store/index.ts'
import { endChildren } from '../programs/children.ts'
import { howMany, SEED, seeded } from '../seeded.ts'
import { isThrough, Rival } from './rivals/rivals.ts'

const RACES = howMany('RACES', 25)
const root = mkdtempSync(join(tmpdir(), 'outcry-races-'))
const rivals: Rival[] = []
afterAll(async () => {
  await endChildren()
  rmSync(root, { recursive: true })
})

/** Spins, so that the second start comes up to some milliseconds after the first. */
function spin(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

it(`one of two first starts gets the store and loses no record, ${RACES} times, seed ${SEED}`, async () => {
  const random = seeded(SEED)
  rivals.push(await Rival.start(), await Rival.start())
  for (let round = 0; round < RACES; round++) {
    const folder = join(root, String(round))
    const order = random() < 0.5 ? [0, 1] : [1, 0]
    const [first, second] = order.map((i) => rivals[i]) as [Rival, Rival]
    const commits = 1 + Math.floor(random() * 8)
    first.tell({ folder, commits, size: 20 })
    spin(random() ** 3 * 20)
    second.tell({ folder, commits, size: 20 })
    const told = await Promise.all([first.until(isThrough), second.until(isThrough)])
    const where = `round ${round}: ${JSON.stringify(told)}`
    const codes = told.flatMap(({ code }) => code ?? [])
    expect(codes, where).toEqual(['STORE_LOCKED'])
    const winner = told[0].code === undefined ? first : second
    expect(winner.acknowledged, where).toHaveLength(commits)
    // Some of the winners are killed.
    if (random() < 0.3) {
      await winner.kill()
      rivals[rivals.indexOf(winner)] = await Rival.start()
    } else {
      winner.tell({ commits: 0, size: 0 })
      await winner.until(isThrough)
    }
    const store = await openLevelStore(folder)
    expect(store.head.seq, where).toBe(commits)
    expect((await store.verifyChain()).damage, where).toEqual([])
    await store.close()
    rmSync(folder, { recursive: true })
  }
})
