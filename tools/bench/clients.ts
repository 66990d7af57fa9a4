import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { extname, join } from 'node:path'
import { startApi } from '../../src/api/server.ts'
import { letHeapGrow } from '../../src/runner/process/heap.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import type { BadTask } from './bad-clients.ts'
import { PER_SECOND as CROWD_PER_SECOND, type Crowd, crowd, type Part } from './crowd.ts'
import { paced } from './latency.ts'
import { median, quantile, type Report, type Row, type Settings } from './report.ts'
import { eventOf, orderMachine, silent } from './workload.ts'

/** Number of bad clients of each kind. */
const KINDS = {
  'reads nothing': 20,
  'reads slowly': 15,
  'reads all since 0': 5,
  '64 subscriptions since 0 that match nothing': 10,
  '64 idle subscriptions': 25,
  'sends as much as it can': 10,
  'sends garbage': 5,
  'searches for what is not there': 10,
}
const ORDERS = 1_000
const PER_SECOND = 500
const MEMORY_EVERY_MS = 100
/**
 * Memory in MB that a hundred clients may add: the limit of all queues, and as much again for the garbage collector.
 */
const MEMORY_MAX_MB = 256

/**
 * Measures from send to acknowledgement, without clients and beside a hundred bad clients in a process of their own. Then
 * the same beside 70 good clients and 30 bad ones, at ten times the rate.
 */
export async function clients({ rounds, scale, folder }: Settings): Promise<Report> {
  letHeapGrow()
  const size = 100_000 * scale
  const location = mkdtempSync(join(folder, 'clients-'))
  try {
    const store = await openLevelStore(location)
    const clock = new EventClock(0)
    const supervisor = await createSupervisor({
      store,
      machines: { order: orderMachine },
      clock,
      logger: silent,
    })
    await grow(supervisor, size)
    const api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silent)
    await trade(supervisor, 500)
    const alone: Part[] = []
    const beside: Part[] = []
    for (let round = 0; round < rounds; round++) {
      alone.push(await trade(supervisor, 1_000 * scale))
      const child = start('bad-clients')
      child.send({ url: api.url, kinds: KINDS, topics: ['transitions.>'] } satisfies BadTask)
      await once(child, 'message')
      beside.push(await trade(supervisor, 1_000 * scale))
      child.send('end')
      await once(child, 'exit')
    }
    const stopped = performance.now()
    await api.close()
    const stopMs = performance.now() - stopped
    await supervisor.stop()
    const [base, with100] = [figuresOf(alone), figuresOf(beside)]
    const many = { folder, events: 10_000 * scale, rounds, start }
    const times = with100['send p99 ms'] / base['send p99 ms']
    const more = with100['memory max MB'] - base['memory max MB']
    const met = times < 2 && more < MEMORY_MAX_MB
    return {
      name: 'clients',
      about: `${PER_SECOND} sends a second, a log of ${size.toLocaleString('en-US')} records`,
      rows: [
        { what: 'without clients', figures: base },
        {
          what: 'beside 100 bad clients',
          figures: { ...with100, 'p99 of without': times, 'stop ms': stopMs },
          target: { text: `p99 below twice that without, at most ${MEMORY_MAX_MB} MB more`, met },
        },
        ...rowsOf('a commit', await crowd({ ...many, batchMs: 0 })),
        ...rowsOf('an event', await crowd(many)),
      ],
    }
  } finally {
    rmSync(location, { recursive: true, force: true })
  }
}

function start(name: string): ChildProcess {
  return fork(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url), {
    execArgv: process.execArgv,
  })
}

function rowsOf(frame: string, { alone, beside, results }: Crowd): Row[] {
  const [base, with100] = [figuresOf(alone), figuresOf(beside)]
  const times = with100['send p99 ms'] / base['send p99 ms']
  const more = with100['memory max MB'] - base['memory max MB']
  const faults = results.flatMap((result) => result.faults)
  for (const fault of faults) console.log(fault)
  return [
    { what: `${CROWD_PER_SECOND.toLocaleString('en-US')} events a second, without clients`, figures: base },
    {
      what: `beside 70 clients that get ${frame} as a frame, and 30 bad ones`,
      figures: { ...with100, 'p99 of without': times },
      target: {
        text: `p99 below 1.5 times that without, at most ${MEMORY_MAX_MB} MB more, the 70 get everything in order`,
        met: times < 1.5 && more < MEMORY_MAX_MB && faults.length === 0,
      },
    },
  ]
}

async function grow(supervisor: Supervisor, size: number): Promise<void> {
  for (let i = 0; i < ORDERS; i++) await supervisor.spawn('order', String(i), undefined, { at: 1 })
  for (let n = 0; n < size / ORDERS; n++) {
    for (let i = 0; i < ORDERS; i++) {
      supervisor.tell(`order/${i}` as Address, eventOf(n))
      const room = supervisor.room()
      if (room !== undefined) await room
    }
  }
  await supervisor.idle()
}

/** Measures from send to acknowledgement in ms, and the most memory that the process has meanwhile. */
async function trade(supervisor: Supervisor, events: number): Promise<Part> {
  const at = supervisor.lastAt ?? 0
  let memoryMb = 0
  const look = setInterval(() => {
    memoryMb = Math.max(memoryMb, process.memoryUsage().rss / 2 ** 20)
  }, MEMORY_EVERY_MS)
  const took = await paced(events, PER_SECOND, (n) =>
    supervisor.send(`order/${n % ORDERS}`, { ...eventOf(Math.floor(n / ORDERS)), at: at + n }),
  )
  clearInterval(look)
  const sorted = Float64Array.from(took).sort()
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), memoryMb }
}

function figuresOf(rounds: readonly Part[]) {
  return {
    'send p50 ms': median(rounds.map(({ p50 }) => p50)),
    'send p99 ms': median(rounds.map(({ p99 }) => p99)),
    'memory max MB': Math.max(...rounds.map(({ memoryMb }) => memoryMb)),
  }
}
