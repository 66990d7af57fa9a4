import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Level } from 'level'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import { below, median, quantile, type Report, type Settings } from './report.ts'
import { eventOf, orderMachine } from './workload.ts'

const ORDERS = 200
const PER_SECOND = 1_000

/**
 * Measures from `send` to its acknowledgement, at one event each millisecond, and a bare synced put of LevelDB beside
 * it.
 */
export async function latency({ rounds, scale, folder }: Settings): Promise<Report> {
  const events = 500 * scale
  const put: number[][] = []
  const send: number[][] = []
  for (let round = 0; round < rounds; round++) {
    put.push(await bare(folder, events))
    send.push(await durable(folder, events))
  }
  const of = (runs: number[][], q: number) =>
    median(runs.map((run) => quantile(Float64Array.from(run).sort(), q)))
  const [p50, p99] = [of(send, 0.5), of(send, 0.99)]
  const ratio = p50 / of(put, 0.5)
  return {
    name: 'latency',
    about: `send to durable acknowledgement, ${PER_SECOND.toLocaleString('en-US')} events a second`,
    rows: [
      { what: 'LevelDB, one synced put', figures: { 'p50 ms': of(put, 0.5), 'p99 ms': of(put, 0.99) } },
      {
        what: 'Outcry, send',
        figures: { 'p50 ms': p50, 'p99 ms': p99, 'times the put': ratio },
        target: {
          text: 'p50 below 1 ms, p99 below 5 ms, at most 3 times the put',
          met: below(p50, 1, '').met && below(p99, 5, '').met && ratio <= 3,
        },
      },
    ],
  }
}

/**
 * Starts `run` at an even pace, whether or not the earlier ones have ended. It sleeps in between, as a runner does, so
 * other threads get the processor.
 */
export async function paced(
  count: number,
  perSecond: number,
  run: (n: number) => Promise<unknown>,
): Promise<number[]> {
  const took: number[] = []
  const open: Promise<unknown>[] = []
  const started = performance.now()
  for (let n = 0; n < count; n++) {
    const due = started + (n * 1_000) / perSecond
    for (let left = due - performance.now(); left > 0; left = due - performance.now())
      await new Promise((resolve) => setTimeout(resolve, left))
    const at = performance.now()
    open.push(run(n).then(() => took.push(performance.now() - at)))
  }
  await Promise.all(open)
  return took
}

async function bare(folder: string, events: number): Promise<number[]> {
  const location = mkdtempSync(join(folder, 'put-'))
  const db = new Level<string, Buffer>(location, { valueEncoding: 'buffer' })
  await db.open()
  const value = Buffer.alloc(400, 'x')
  const took = await paced(events, PER_SECOND, (n) => db.put(String(n), value, { sync: true } as object))
  await db.close()
  rmSync(location, { recursive: true })
  return took
}

async function durable(folder: string, events: number): Promise<number[]> {
  const location = mkdtempSync(join(folder, 'send-'))
  const store = await openLevelStore(location)
  const supervisor = await createSupervisor({ store, machines: { order: orderMachine } })
  for (let i = 0; i < ORDERS; i++) await supervisor.spawn('order', String(i))
  const took = await paced(events, PER_SECOND, (n) =>
    supervisor.send(`order/${n % ORDERS}`, eventOf(Math.floor(n / ORDERS))),
  )
  await supervisor.stop()
  rmSync(location, { recursive: true })
  return took
}
