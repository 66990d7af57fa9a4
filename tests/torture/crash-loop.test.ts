import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { howMany, SEED } from '../seeded.ts'
import { crashLoop } from './crash-loop.ts'

const KILLS = howMany('KILLS', 15)
/** Kills of one log, which is read after each of them. */
const KILLS_OF_ONE = 25
/** Number of lines for each kill, so that the last kill comes before the last line. */
const LINES_FOR_A_KILL = 300

it(`a process that is killed ${KILLS} times loses nothing and does nothing twice, seed ${SEED}`, async () => {
  let left = KILLS
  for (let round = 0; left > 0; round++) {
    const folder = mkdtempSync(join(tmpdir(), 'outcry-crash-'))
    const kills = Math.min(KILLS_OF_ONE, left)
    const lines = LINES_FOR_A_KILL * kills
    const report = await crashLoop(folder, { seed: SEED + round, kills, lines })
    expect(report.kills).toBe(kills)
    expect(report.requests).toBeGreaterThan(lines / 20)
    rmSync(folder, { recursive: true })
    left -= kills
  }
})
