import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { crashLoop } from './crash-loop.ts'

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9))
const kills = Number(process.env.KILLS ?? 100)

it(`a process that is killed ${kills} times loses nothing and does nothing twice, seed ${seed}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'outcry-crash-'))
  const report = await crashLoop(folder, { seed, kills, lines: 20_000 })
  expect(report.kills).toBe(kills)
  expect(report.requests).toBeGreaterThan(1_000)
  rmSync(folder, { recursive: true })
}, 600_000)
