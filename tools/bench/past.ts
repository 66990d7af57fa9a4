import { fork } from 'node:child_process'
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
import { paced } from './latency.ts'
import { median, quantile, type Report, type Row, type Settings } from './report.ts'
import { eventOf, orderMachine, silent } from './workload.ts'

const ACCOUNT = 'account/main' as Address
/** Share of the account: one in so many records. */
const ACCOUNT_SHARE = 20
const RECORDS_PER_ORDER = 100
const AT_WORK = 2_000
const TRADED_PER_SECOND = 500
const machines = { order: orderMachine, account: orderMachine }

interface Readers {
  readonly what: string
  readonly paths: (supervisor: Supervisor) => readonly string[]
  readonly atOnce: number
  /** True when the time of an answer has a target. */
  readonly isPast: boolean
}

const READERS: readonly Readers[] = [
  {
    what: 'beside 2 that ask for an account by seq',
    paths: (s) => pastPaths(s, 'seq'),
    atOnce: 2,
    isPast: true,
  },
  { what: 'beside 2 that ask for it by time', paths: (s) => pastPaths(s, 'at'), atOnce: 2, isPast: true },
  {
    what: 'beside 4 that search the log for what is not there',
    paths: () => ['/events?since=0&type=NOSUCH'],
    atOnce: 4,
    isPast: false,
  },
]

/** Measures a long log with one busy account: answers about its past over HTTP, and sends beside these requests. */
export async function past({ rounds, scale, folder }: Settings): Promise<Report> {
  letHeapGrow()
  const size = 500_000 * scale
  const location = mkdtempSync(join(folder, 'past-'))
  try {
    const store = await openLevelStore(location)
    const supervisor = await createSupervisor({
      store,
      machines,
      clock: new EventClock(0),
      logger: silent,
      passivation: { residentMax: 4 * AT_WORK },
    })
    await grow(supervisor, size)
    const api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silent)
    const alone: Latency[] = []
    const beside = READERS.map(() => ({ sends: [] as Latency[], took: [] as number[] }))
    await trade(supervisor, 500)
    for (let round = 0; round < rounds; round++) {
      alone.push(await trade(supervisor, 250 * scale))
      for (const [i, readers] of READERS.entries()) {
        const { sends, took } = beside[i] as (typeof beside)[number]
        const asking = await start(api.url, readers, supervisor)
        sends.push(await trade(supervisor, 250 * scale))
        took.push(...(await asking.end()))
      }
    }
    await api.close()
    await supervisor.stop()
    const figuresOf = (sends: readonly Latency[]) => ({
      'send p50 ms': median(sends.map(({ p50 }) => p50)),
      'send p99 ms': median(sends.map(({ p99 }) => p99)),
    })
    const base = figuresOf(alone)
    const of = (n: number) => n.toLocaleString('en-US')
    return {
      name: 'past',
      about: `${of(size)} records, ${of(size / ACCOUNT_SHARE)} of one account; ${TRADED_PER_SECOND} sends a second meanwhile`,
      rows: [
        { what: 'sends alone', figures: base },
        ...READERS.map(({ what, isPast }, i): Row => {
          const { sends, took } = beside[i] as (typeof beside)[number]
          const latency = figuresOf(sends)
          const times = latency['send p99 ms'] / base['send p99 ms']
          const figures = {
            ...latency,
            'p99 of alone': times,
            answers: took.length,
            ...(took.length > 0 && { 'answer p50 ms': median(took), 'answer max ms': Math.max(...took) }),
          }
          const isSoon = !isPast || Math.max(...took) < 1_000
          const text = `p99 below twice that alone${isPast ? ', every answer below 1,000 ms' : ''}`
          return { what, figures, target: { text, met: times < 2 && isSoon } }
        }),
      ],
    }
  } finally {
    rmSync(location, { recursive: true, force: true })
  }
}

/** Grows the log. Its time is its seq: one event each millisecond. */
async function grow(supervisor: Supervisor, size: number): Promise<void> {
  await supervisor.spawn('account', 'main', undefined, { at: 1 })
  let accounted = 0
  const tell = async (to: Address, n: number, at: number) => {
    supervisor.tell(to, { ...eventOf(n), at })
    const room = supervisor.room()
    if (room !== undefined) await room
  }
  let at = 1
  for (let first = 0; at < size; first += AT_WORK) {
    const spawned: Promise<unknown>[] = []
    for (let i = first; i < first + AT_WORK; i++)
      spawned.push(supervisor.spawn('order', String(i), undefined, { at }))
    await Promise.all(spawned)
    for (let n = 0; n < RECORDS_PER_ORDER - 1 && at < size; n++) {
      for (let i = first; i < first + AT_WORK; i++) {
        await tell(`order/${i}` as Address, n, at++)
        if (at % (ACCOUNT_SHARE - 1) === 0) await tell(ACCOUNT, accounted++, at)
      }
    }
  }
  await supervisor.idle()
}

interface Latency {
  readonly p50: number
  readonly p99: number
}

/** Measures from send to acknowledgement, in ms. */
async function trade(supervisor: Supervisor, events: number): Promise<Latency> {
  const at = supervisor.lastAt ?? 0
  const took = await paced(events, TRADED_PER_SECOND, (n) =>
    supervisor.send(`order/${n % AT_WORK}`, { ...eventOf(Math.floor(n / AT_WORK)), at: at + n }),
  )
  const sorted = Float64Array.from(took).sort()
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) }
}

/** Returns paths to places all over the log, in no order. */
function pastPaths({ seq, lastAt = 0 }: Supervisor, by: 'seq' | 'at'): string[] {
  const end = by === 'seq' ? seq : lastAt
  return Array.from({ length: 199 }, (_, i) => {
    const place = Math.max(AT_WORK, Math.floor((((i * 67) % 199) / 199) * end))
    return `/actors/${encodeURIComponent(ACCOUNT)}?${by}=${place}`
  })
}

async function start(
  url: string,
  { paths, atOnce }: Readers,
  supervisor: Supervisor,
): Promise<{ end(): Promise<number[]> }> {
  const child = fork(new URL(`./past-readers${extname(import.meta.url)}`, import.meta.url), {
    execArgv: process.execArgv,
  })
  child.once('exit', (code) => {
    if (code !== 0) throw new Error('the readers ended with an error')
  })
  child.send({ url, paths: paths(supervisor), atOnce })
  await once(child, 'message')
  return {
    end: async () => {
      child.send('end')
      const [took] = (await once(child, 'message')) as [number[]]
      await once(child, 'exit')
      return took
    },
  }
}
