import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { below, type Report, type Settings } from './report.ts'
import { eventOf, orderMachine, silent } from './workload.ts'

const RESIDENT = 100_000
const MB = 2 ** 20
const HOUR = 3_600_000

/** Measures the memory of idle actors, and of a day. Needs node --expose-gc, which npm run bench gives. */
export async function memory({ scale, folder }: Settings): Promise<Report> {
  const hours = Math.max(2, Math.round(2.4 * scale))
  const { resident, grown, passive } = await ofActors(scale, folder)
  const day = await ofHours(hours, folder)
  const first = day[0] as number
  const last = day.at(-1) as number
  const asText = (n: number) => n.toLocaleString('en-US')
  return {
    name: 'memory',
    about: 'of actors that rest, over the empty process; of a runner on the simulated market',
    rows: [
      {
        what: `${asText(RESIDENT)} resident`,
        figures: { MB: resident / MB, 'KB each': resident / RESIDENT / 1_024 },
        target: below(resident / MB, 120, 'MB'),
      },
      {
        what: `${asText(passive)} passive besides`,
        figures: { MB: grown / MB },
        target: { text: 'no growth (within 20 MB)', met: grown / MB < 20 },
      },
      { what: 'a runner after an hour of its market', figures: { MB: first / MB } },
      {
        what: `the same after ${hours} hours`,
        figures: { MB: last / MB },
        target: { text: 'no growth (within 20 MB)', met: (last - first) / MB < 20 },
      },
    ],
  }
}

async function ofActors(scale: number, folder: string) {
  const location = mkdtempSync(join(folder, 'memory-'))
  const store = await openLevelStore(location)
  const supervisor = await createSupervisor({
    store,
    machines: { order: orderMachine },
    passivation: { residentMax: RESIDENT },
  })
  const empty = await used()
  await spawn(supervisor, 0, RESIDENT)
  const resident = (await used()) - empty
  const passive = 100_000 * scale
  await spawn(supervisor, RESIDENT, passive)
  const grown = (await used()) - empty - resident
  await supervisor.stop()
  rmSync(location, { recursive: true })
  return { resident, grown, passive }
}

/** Returns the bytes in use after each hour of market time. */
async function ofHours(hours: number, folder: string): Promise<number[]> {
  const data = mkdtempSync(join(folder, 'day-'))
  const startAt = Date.UTC(2026, 0, 5)
  const runner = await startRunner(
    loadConfig({
      flags: {
        data,
        market: { source: 'sim', speed: 'max', startAt, durationMs: hours * HOUR },
        server: { enabled: false },
      },
    }),
    silent,
  )
  const samples: number[] = []
  const sampling = setInterval(() => {
    const passed = (runner.supervisor.lastAt ?? startAt) - startAt
    if (passed >= (samples.length + 1) * HOUR) samples.push(usedNow())
  }, 100)
  await runner.ended
  clearInterval(sampling)
  samples.push(usedNow())
  await runner.stop('end of the day', 'bench')
  rmSync(data, { recursive: true })
  return samples
}

/** Spawns actors that have taken one event, as an order at work has. */
async function spawn(supervisor: Supervisor, first: number, count: number): Promise<void> {
  for (let from = first; from < first + count; from += 1_000) {
    const all: Promise<unknown>[] = []
    for (let i = from; i < Math.min(from + 1_000, first + count); i++) {
      all.push(supervisor.spawn('order', String(i)))
      all.push(supervisor.send(`order/${i}`, eventOf(0)))
    }
    await Promise.all(all)
  }
  await supervisor.idle()
}

/** Returns the bytes in use after garbage collection. */
async function used(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 100))
  return usedNow()
}

/** Returns the bytes of the heap and of its external memory. */
function usedNow(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
