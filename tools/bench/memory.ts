import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openLevelStore } from '../../src/runtime/log.ts'
import { createSupervisor, type Supervisor } from '../../src/runtime/supervisor.ts'
import { below, type Report, type Settings } from './report.ts'
import { eventOf, orderMachine } from './workload.ts'

const RESIDENT = 100_000
const MB = 2 ** 20

/** What actors cost that are there and do nothing. Needs node --expose-gc, which npm run bench gives it. */
export async function memory({ scale, folder }: Settings): Promise<Report> {
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
  const asText = (n: number) => n.toLocaleString('en-US')
  return {
    name: 'memory',
    about: 'of actors that rest, over the empty process',
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
    ],
  }
}

/** Each has taken an event, as an order at work has. */
async function spawn(supervisor: Supervisor, first: number, count: number): Promise<void> {
  for (let from = first; from < first + count; from += 1_000) {
    const all: Promise<unknown>[] = []
    for (let i = from; i < Math.min(from + 1_000, first + count); i++) {
      all.push(supervisor.spawn('order', String(i)))
      all.push(supervisor.send(`order/${i}`, eventOf(0)))
    }
    await Promise.all(all)
  }
  await supervisor.settled()
}

/** Heap and what belongs to it, after everything that can be freed is. */
async function used(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
