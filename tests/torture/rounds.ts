/** Runs kills, power cuts and simulated worlds, one after the other, for any time. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cutPower } from '../faults/disk/power-cut.ts'
import { compileShim } from '../faults/disk/shim.ts'
import { simulate } from '../simulation/simulation.ts'
import { crashLoop } from './crash-loop.ts'

/** Ends the process with code 1 and prints the seed at a failure. */
export async function tortureFor(minutes: number, firstSeed: number): Promise<void> {
  let seed = firstSeed
  const folder = mkdtempSync(join(tmpdir(), 'outcry-torture-'))
  const shim = compileShim(folder)
  const until = performance.now() + minutes * 60_000
  const counts = { kills: 0, 'power cuts': 0, worlds: 0, 'crashes in worlds': 0, records: 0 }

  const rounds: Record<string, (seed: number) => Promise<void>> = {
    'killed process': async (seed) => {
      const { kills, records } = await crashLoop(join(folder, 'crash'), { seed, kills: 12, lines: 6_000 })
      rmSync(join(folder, 'crash'), { recursive: true })
      counts.kills += kills
      counts.records += records
    },
    'power cut': async (seed) => {
      if (shim === undefined) return
      const disk = { folder, shim }
      await cutPower(
        disk,
        'small',
        { runs: 3, commits: 10 + (seed % 20), size: 40 + (seed % 300) },
        seed,
        150,
      )
      await cutPower(disk, 'large', { runs: 2, commits: 60, size: 9_000 }, seed, 10)
      counts['power cuts'] += 160
    },
    simulation: async (seed) => {
      for (let n = 0; n < 10; n++) {
        const { crashes, records } = await simulate({ seed: seed + n, durationMs: 180_000 })
        counts.worlds++
        counts.records += records
        counts['crashes in worlds'] += Object.values(crashes).reduce((a, b) => a + b, 0)
      }
    },
  }

  console.log(`torture for ${minutes} minutes from seed ${seed}`)
  for (; performance.now() < until; seed += 1_000) {
    for (const [name, round] of Object.entries(rounds)) {
      try {
        await round(seed)
      } catch (error) {
        console.error(`\n${name} broke with seed ${seed}; its files are in ${folder}\n`, error)
        process.exit(1)
      }
      const left = Math.max(0, Math.ceil((until - performance.now()) / 60_000))
      const so = Object.entries(counts).map(([what, n]) => `${n.toLocaleString('en-US')} ${what}`)
      console.log(`seed ${seed} ${name}: ${so.join(', ')}; ${left} min left`)
      if (performance.now() > until) break
    }
  }
  rmSync(folder, { recursive: true })
  console.log('nothing broke')
}
