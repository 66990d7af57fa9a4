import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { assign, emit, setup } from 'xstate'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import { below, median, quantile, type Report, type Settings } from './report.ts'

const PER_SECOND = 10_000
/** Actors that emit, as strategies do, and handlers that get all of it. */
const ACTORS = 100
const HANDLERS = 20
/** Ms for which handlers that are behind may catch up. */
const PATIENCE_MS = 30_000

const strategy = setup({
  types: {} as {
    context: { count: number }
    events: { type: 'CANDLE'; at: number }
    emitted: { type: 'SIGNAL'; n: number; venue: string; symbol: string }
  },
}).createMachine({
  context: { count: 0 },
  on: {
    CANDLE: {
      actions: [
        assign({ count: ({ context }) => context.count + 1 }),
        emit(({ context }) => ({ type: 'SIGNAL', n: context.count, venue: 'sim', symbol: 'BTCUSDT' })),
      ],
    },
  },
})

/** Measures from the publication of a durable event to each handler's call, one of them durable. */
export async function handlers({ rounds, scale, folder }: Settings): Promise<Report> {
  const runs: { took: Float64Array; missed: number }[] = []
  for (let round = 0; round < rounds; round++) runs.push(await run(folder, 10_000 * scale))
  const p50 = median(runs.map(({ took }) => quantile(took, 0.5)))
  const p99 = median(runs.map(({ took }) => quantile(took, 0.99)))
  const missed = runs.reduce((sum, run) => sum + run.missed, 0)
  return {
    name: 'handlers',
    about: `publication to handler, ${ACTORS} strategies, ${HANDLERS} handlers, 10,000 events a second`,
    rows: [
      {
        what: 'Outcry, subscribe',
        figures: { 'p50 ms': p50, 'p99 ms': p99, 'events missed': missed },
        target: { text: 'below 1 ms p99, none missed', met: below(p99, 1, '').met && missed === 0 },
      },
    ],
  }
}

async function run(folder: string, count: number): Promise<{ took: Float64Array; missed: number }> {
  const location = mkdtempSync(join(folder, 'handlers-'))
  const supervisor = await createSupervisor({
    store: await openLevelStore(location),
    machines: { strategy },
  })
  for (let i = 0; i < ACTORS; i++) await supervisor.spawn('strategy', String(i))
  const firstSeq = supervisor.seq + 1
  const publishedAt = new Float64Array(count)
  supervisor.transitions$.subscribe(({ seq }) => {
    publishedAt[seq - firstSeq] = performance.now()
  })
  const took = new Float64Array(count * HANDLERS)
  let taken = 0
  for (let i = 0; i < HANDLERS; i++) {
    await supervisor.subscribe(
      'events.signal.>',
      ({ seq }) => {
        took[taken++] = performance.now() - (publishedAt[seq - firstSeq] as number)
      },
      i === 0 ? { name: 'durable' } : {},
    )
  }
  const started = performance.now()
  for (let sent = 0; sent < count; ) {
    const due = Math.min(count, Math.floor(((performance.now() - started) * PER_SECOND) / 1_000))
    for (; sent < due; sent++)
      supervisor.tell(`strategy/${sent % ACTORS}` as Address, {
        type: 'CANDLE',
        at: 1_700_000_000_000 + sent,
      })
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await supervisor.idle()
  // A handler that is behind has the rest from the log.
  const until = performance.now() + PATIENCE_MS
  while (taken < count * HANDLERS && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 10))
  await supervisor.stop()
  rmSync(location, { recursive: true })
  return { took: took.subarray(0, taken).sort(), missed: count * HANDLERS - taken }
}
