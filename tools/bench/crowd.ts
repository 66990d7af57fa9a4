/**
 * A hundred clients of one feed: 70 read all events, 10 read nothing, 10 read slowly and 10 send garbage. The clients
 * have two processes of their own.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { emit, setup } from 'xstate'
import { startApi } from '../../src/api/server.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { BadTask } from './bad-clients.ts'
import type { GoodResult, GoodTask } from './good-clients.ts'
import { paced } from './latency.ts'
import { quantile } from './report.ts'
import { silent } from './workload.ts'

const GOOD = 70
const BAD = { 'reads nothing': 10, 'reads slowly': 10, 'sends garbage': 10 }
export const PER_SECOND = 5_000
const ACTORS = 100
/** Events before each part that is measured: with and without clients, a process compiles its code first. */
const WARM_UP = 2 * PER_SECOND
const MEMORY_EVERY_MS = 100

const beacon = setup({
  types: {} as { events: { type: 'BEEP'; n: number }; emitted: { type: 'BEEPED'; n: number } },
}).createMachine({
  on: { BEEP: { actions: emit(({ event }) => ({ type: 'BEEPED' as const, n: event.n })) } },
})

export interface CrowdOptions {
  readonly folder: string
  /** Number of events of each part of a round. */
  readonly events: number
  readonly rounds: number
  /** ms within which the good clients want events as one frame; undefined: each event is a frame. */
  readonly batchMs?: number
  /** Starts a program of this folder in a process of its own. */
  readonly start: (name: string) => ChildProcess
}

export interface Part {
  /** Median of the ms from `send` to its acknowledgement. */
  readonly p50: number
  readonly p99: number
  /** Most memory of the process meanwhile. */
  readonly memoryMb: number
}

export interface Crowd {
  readonly alone: readonly Part[]
  readonly beside: readonly Part[]
  readonly results: readonly GoodResult[]
}

/** Measures rounds of two parts: without clients, and beside all of them. */
export async function crowd({ folder, events, rounds, batchMs, start }: CrowdOptions): Promise<Crowd> {
  const location = mkdtempSync(join(folder, 'crowd-'))
  const supervisor = await createSupervisor({
    store: await openLevelStore(location),
    machines: { beacon },
    logger: silent,
  })
  for (let i = 0; i < ACTORS; i++) await supervisor.spawn('beacon', String(i))
  const api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silent)
  let next = 0
  const part = async (count: number): Promise<Part> => {
    let memoryMb = 0
    const look = setInterval(() => {
      memoryMb = Math.max(memoryMb, process.memoryUsage().rss / 2 ** 20)
    }, MEMORY_EVERY_MS)
    const took = await paced(count, PER_SECOND, () => {
      const n = next++
      return supervisor.send(`beacon/${n % ACTORS}` as Address, { type: 'BEEP', n })
    })
    clearInterval(look)
    const sorted = Float64Array.from(took).sort()
    return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), memoryMb }
  }
  const children: ChildProcess[] = []
  try {
    await part(WARM_UP)
    const [alone, beside, results]: [Part[], Part[], GoodResult[]] = [[], [], []]
    for (let round = 0; round < rounds; round++) {
      alone.push(await part(events))
      const [good, bad] = [start('good-clients'), start('bad-clients')]
      children.push(good, bad)
      bad.send({ url: api.url, kinds: BAD, topics: ['events.beeped.>'] } satisfies BadTask)
      good.send({
        url: api.url,
        clients: GOOD,
        first: next,
        ...(batchMs !== undefined && { batchMs }),
      } satisfies GoodTask)
      await Promise.all([once(good, 'message'), once(bad, 'message')])
      await part(WARM_UP)
      beside.push(await part(events))
      good.send(next - 1)
      results.push(((await once(good, 'message')) as [GoodResult])[0])
      bad.send('end')
      await once(bad, 'exit')
    }
    return { alone, beside, results }
  } finally {
    for (const child of children) child.kill()
    await api.close()
    await supervisor.stop()
    rmSync(location, { recursive: true, force: true })
  }
}
