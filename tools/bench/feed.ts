import { fork } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { extname, join } from 'node:path'
import { assign, emit, setup } from 'xstate'
import { startApi } from '../../src/api/server.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { consoleLogger } from '../../src/runtime/logger.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { Heard } from './feed-clients.ts'
import { below, median, quantile, type Report, type Settings } from './report.ts'
import { rateOf } from './transitions.ts'

const CLIENTS = 10
const PER_SECOND = 10_000
const ACTORS = 100
/** Events of the first second, in which Node still compiles what it runs. They are not counted. */
const WARM_UP = PER_SECOND

const beacon = setup({
  types: {} as {
    context: { count: number }
    events: { type: 'BEEP'; at: number }
    emitted: { type: 'BEEPED'; n: number }
  },
}).createMachine({
  context: { count: 0 },
  on: {
    BEEP: {
      actions: [
        assign({ count: ({ context }) => context.count + 1 }),
        emit(({ context }) => ({ type: 'BEEPED', n: context.count })),
      ],
    },
  },
})

/** Measures from the commit of an event to its arrival at each client. The clients have a process of their own. */
export async function feed({ rounds, scale, folder }: Settings): Promise<Report> {
  const plain: Round[] = []
  const compressed: Round[] = []
  for (let round = 0; round < rounds; round++) {
    plain.push(await run(folder, 5_000 * scale, false))
    compressed.push(await run(folder, 5_000 * scale, true))
  }
  const figures = figuresOf(plain)
  return {
    name: 'feed',
    about: `commit to feed client, ${CLIENTS} clients, 10,000 events a second`,
    rows: [
      { what: 'EventEmitter in one process, 10 listeners', figures: { 'events a second': bareFanOut() } },
      {
        what: 'Outcry, WebSocket',
        figures,
        target: below(figures['p99 ms'], 2, 'ms p99'),
      },
      { what: 'the same with compressFrames', figures: figuresOf(compressed) },
    ],
  }
}

function bareFanOut(): number {
  const emitter = new EventEmitter()
  let heard = 0
  for (let i = 0; i < CLIENTS; i++) {
    emitter.on('event', () => {
      heard++
    })
  }
  const count = 1_000_000
  const rate = rateOf(count, () => {
    for (let n = 0; n < count; n++) emitter.emit('event', n)
  })
  return heard === count * CLIENTS ? rate : Number.NaN
}

interface Round {
  /** ms from commit to arrival, sorted. */
  readonly took: Float64Array
  /** Microseconds of all threads of the server for one event. */
  readonly cpuUs: number
  /** Bytes that one client gets for one event. */
  readonly bytes: number
}

function figuresOf(rounds: readonly Round[]) {
  return {
    'p50 ms': median(rounds.map(({ took }) => quantile(took, 0.5))),
    'p99 ms': median(rounds.map(({ took }) => quantile(took, 0.99))),
    'CPU us an event': median(rounds.map(({ cpuUs }) => cpuUs)),
    'bytes an event and client': median(rounds.map(({ bytes }) => bytes)),
  }
}

async function run(folder: string, counted: number, compressFrames: boolean): Promise<Round> {
  const count = WARM_UP + counted
  const location = mkdtempSync(join(folder, 'feed-'))
  const store = await openLevelStore(location)
  const supervisor = await createSupervisor({ store, machines: { beacon } })
  for (let i = 0; i < ACTORS; i++) await supervisor.spawn('beacon', String(i))
  const api = await startApi(supervisor, { host: '127.0.0.1', port: 0, compressFrames }, consoleLogger)
  // Both processes use the same clock: the system's monotonic one.
  const committedAt = new Map<number, bigint>()
  supervisor.transitions$.subscribe(({ seq }) => committedAt.set(seq, process.hrtime.bigint()))
  const client = fork(new URL(`./feed-clients${extname(import.meta.url)}`, import.meta.url), {
    execArgv: process.execArgv,
    serialization: 'advanced',
  })
  const first = supervisor.seq + 1
  client.send({ url: `${api.url.replace('http', 'ws')}/feed`, clients: CLIENTS, events: count })
  await once(client, 'message')
  const used = process.cpuUsage()
  const started = performance.now()
  for (let n = 0; n < count; n++) {
    const due = started + (n * 1_000) / PER_SECOND
    while (performance.now() < due) await new Promise((resolve) => setImmediate(resolve))
    supervisor.tell(`beacon/${n % ACTORS}` as Address, { type: 'BEEP' })
  }
  const [{ arrivals, bytes }] = (await once(client, 'message')) as [Heard]
  const { user, system } = process.cpuUsage(used)
  await once(client, 'exit')
  await api.close()
  await supervisor.stop()
  rmSync(location, { recursive: true })
  // Client by client, event by event: the arrival of seq `first + i`.
  const took = Array.from(
    arrivals,
    (at, i) => Number(at - (committedAt.get(first + (i % count)) as bigint)) / 1e6,
  ).filter((_, i) => i % count >= WARM_UP)
  return {
    took: Float64Array.from(took).sort(),
    cpuUs: (user + system) / count,
    bytes: bytes / arrivals.length,
  }
}
