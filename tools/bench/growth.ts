import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createGzip } from 'node:zlib'
import { Registry } from '../../src/runtime/actors/registry.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import { verifyLog } from '../../src/runtime/state/verify.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { atLeast, median, quantile, type Report, type Row, type Settings } from './report.ts'
import { oneScope, rateOfAsync } from './transitions.ts'
import { eventOf, orderMachine } from './workload.ts'

const RECORDS_PER_ACTOR = 100
/** Number of actors at work at one time, as orders are. The others have rested. */
const AT_WORK = 2_000
const machines = { order: orderMachine }

/** Measures one log at growing sizes. Its figures should not depend on its length. */
export async function growth({ scale, folder }: Settings): Promise<Report> {
  const sizes = [10_000, 100_000, 1_000_000, ...(scale >= 10 ? [10_000_000] : [])]
  const location = mkdtempSync(join(folder, 'growth-'))
  const rows: Row[] = []
  let supervisor = await open(location)
  for (const size of sizes) {
    const rate = await grow(supervisor, size)
    const latency = await sendLatency(supervisor)
    const history = await historyMs(supervisor)
    const past = await pastMs(supervisor)
    await supervisor.stop()
    const perRecord = bytesIn(location) / size
    const zipped = await zippedBytes(location)
    const started = performance.now()
    supervisor = await open(location)
    const openMs = performance.now() - started
    rows.push({
      what: `${size.toLocaleString('en-US')} records, ${(size / RECORDS_PER_ACTOR).toLocaleString('en-US')} actors`,
      figures: {
        'a second': rate,
        'send p50 ms': latency,
        'history ms': history,
        'state in the past ms': past,
        'open ms': openMs,
        'bytes a record': perRecord,
        'of gzipped JSON': perRecord / zipped,
      },
      target: {
        text: 'open below 1,000 ms, at most 1.5 of gzipped JSON',
        met: openMs < 1_000 && perRecord / zipped <= 1.5,
      },
    })
  }
  rows.push(await replayRow(supervisor, location, sizes.at(-1) as number))
  rmSync(location, { recursive: true })
  return { name: 'growth', about: 'one log that grows', rows }
}

async function open(location: string): Promise<Supervisor> {
  return createSupervisor({
    store: await openLevelStore(location),
    machines,
    passivation: { residentMax: 4 * AT_WORK },
  })
}

/** Adds orders that live through their records and then rest. Returns the records a second of the last part. */
async function grow(supervisor: Supervisor, size: number): Promise<number> {
  const wave = AT_WORK * RECORDS_PER_ACTOR
  let rate = 0
  while (supervisor.seq < size) {
    const records = Math.min(wave, size - supervisor.seq)
    const actors = Math.max(1, Math.floor(records / RECORDS_PER_ACTOR))
    const first = Math.floor(supervisor.seq / RECORDS_PER_ACTOR)
    const from = supervisor.seq
    const per = Math.floor(records / actors) - 1
    rate = await rateOfAsync(1, async () => {
      const spawned: Promise<unknown>[] = []
      for (let i = 0; i < actors; i++)
        spawned.push(supervisor.spawn('order', `${first}-${i}`, undefined, { at: from }))
      await Promise.all(spawned)
      for (let n = 0; n < per; n++) {
        for (let i = 0; i < actors; i++) {
          supervisor.tell(`order/${first}-${i}` as Address, { ...eventOf(n), at: from + n })
          const room = i % 100 === 0 ? supervisor.room() : undefined
          if (room !== undefined) await room
        }
      }
      await supervisor.idle()
    })
    rate *= supervisor.seq - from
    if (records < RECORDS_PER_ACTOR) break
  }
  return rate
}

async function sendLatency(supervisor: Supervisor): Promise<number> {
  const took = new Float64Array(200)
  for (let n = 0; n < took.length; n++) {
    const started = performance.now()
    await supervisor.send('order/0-0', { ...eventOf(n), at: n })
    took[n] = performance.now() - started
  }
  return quantile(took.sort(), 0.5)
}

/** Measures reading the whole life of an old actor, in ms. */
async function historyMs(supervisor: Supervisor): Promise<number> {
  return median(
    await timesOf(5, async () => {
      for await (const record of supervisor.history('order/0-0', { toRev: RECORDS_PER_ACTOR }))
        if (record.rev < 0) break
    }),
  )
}

async function pastMs(supervisor: Supervisor): Promise<number> {
  return median(await timesOf(5, () => supervisor.stateAt('order/0-0', { rev: RECORDS_PER_ACTOR / 2 })))
}

async function timesOf(rounds: number, work: () => Promise<unknown>): Promise<number[]> {
  const took: number[] = []
  for (let round = 0; round < rounds; round++) {
    const started = performance.now()
    await work()
    took.push(performance.now() - started)
  }
  return took
}

function bytesIn(location: string): number {
  return readdirSync(location).reduce((sum, name) => sum + statSync(join(location, name)).size, 0)
}

/** Returns the bytes for each of the newest records as lines of JSON, gzipped as one file. */
async function zippedBytes(location: string): Promise<number> {
  const store = await openLevelStore(location)
  const gzip = createGzip()
  let bytes = 0
  gzip.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  let records = 0
  for await (const record of store.read({ reverse: true, limit: 100_000 })) {
    records++
    if (!gzip.write(`${JSON.stringify(record)}\n`))
      await new Promise((resolve) => gzip.once('drain', resolve))
  }
  await new Promise((resolve) => gzip.end(resolve))
  await store.close()
  return bytes / records
}

async function replayRow(supervisor: Supervisor, location: string, size: number): Promise<Row> {
  await supervisor.stop()
  const store = await openLevelStore(location)
  let problems = 0
  const rate = await rateOfAsync(size, async () => {
    problems = (await verifyLog(store, new Registry(machines))).problems.length
  })
  await store.close()
  const ratio = rate / median([1, 2, 3].map(() => oneScope(50)))
  return {
    what: `verify, ${size.toLocaleString('en-US')} records, ${problems} problems`,
    figures: { 'a second': rate, 'of one scope in memory': ratio },
    target: atLeast(ratio, 0.8, 'of one scope in memory'),
  }
}
