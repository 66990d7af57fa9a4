/**
 * The same orders in libraries that people would otherwise choose. Each has its own way to be durable; all but
 * rivetkit's sync to disk. Run `npm install && npm run bench` here, and compare with `npm run bench -- transitions` on
 * the same machine.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommandHandler } from '@event-driven-io/emmett'
import { getSQLiteEventStore } from '@event-driven-io/emmett-sqlite'
import * as restate from '@restatedev/restate-sdk'
import { xstate } from '@restatedev/xstate'
import { Level } from 'level'
import { dispatch, spawnPersistent, start, stop } from 'nact'
import { configurePersistence } from 'nact/lib/persistence/index.js'
import { AbstractPersistenceEngine } from 'nact/lib/persistence/persistence-engine.js'
import { actor, createFileSystemDriver, setup } from 'rivetkit'
import { createActor, getNextSnapshot, type SnapshotFrom } from 'xstate'
import { eventOf, orderMachine } from '../workload.ts'

/** Two of the libraries need this function of a newer Node than ours. */
Promise.withResolvers ??= function withResolvers<T>() {
  let resolve!: (value: T | PromiseLike<T>) => void
  let reject!: (reason?: unknown) => void
  const promise = new Promise<T>((res, rej) => {
    resolve = res
    reject = rej
  })
  return { promise, resolve, reject }
} as never

const ORDERS = 200
const IN_FLIGHT = 64
const folder = mkdtempSync(join(tmpdir(), 'outcry-peers-'))

/** Measures the rate of `run`, with a fixed number of calls at a time, each on the next event. */
async function rateOf(
  count: number,
  run: (order: number, step: number) => Promise<unknown>,
  inFlight = IN_FLIGHT,
): Promise<number> {
  let next = 0
  const worker = async () => {
    for (let n = next++; n < count; n = next++) await run(n % ORDERS, Math.floor(n / ORDERS))
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: inFlight }, worker))
  return (count * 1_000) / (performance.now() - started)
}

/** Persistent actors. Each event is persisted, then applied. The engine here is LevelDB with synced puts. */
async function nact(): Promise<number> {
  const db = new Level<string, unknown>(join(folder, 'nact'), { valueEncoding: 'json' })
  await db.open()
  class Engine extends AbstractPersistenceEngine {
    events() {
      return { reduce: async (_: unknown, initial: unknown) => initial }
    }
    async latestSnapshot() {
      return undefined
    }
    persist({ key, sequenceNumber, data }: { key: string; sequenceNumber: number; data: unknown }) {
      return db.put(`${key}/${sequenceNumber}`, data, { sync: true } as object)
    }
  }
  const system = start(configurePersistence(new Engine()))
  const initial = createActor(orderMachine).getSnapshot()
  const orders = Array.from({ length: ORDERS }, (_, i) =>
    spawnPersistent(
      system,
      async (
        state: SnapshotFrom<typeof orderMachine> | undefined,
        { event, done }: Message,
        ctx: Context,
      ) => {
        if (!ctx.recovering) await ctx.persist(event)
        const after = getNextSnapshot(orderMachine, state ?? initial, event)
        done()
        return after
      },
      `order-${i}`,
      `order-${i}`,
    ),
  )
  const rate = await rateOf(20_000, (i, step) => {
    return new Promise<void>((done) => dispatch(orders[i], { event: eventOf(step), done }))
  })
  stop(system)
  await db.close()
  return rate
}

interface Message {
  readonly event: ReturnType<typeof eventOf>
  readonly done: () => void
}

interface Context {
  readonly recovering: boolean
  persist(event: unknown): Promise<void>
}

/** Event sourcing on SQLite. A command reads its stream, decides, and appends. */
async function emmett(): Promise<number> {
  const store = getSQLiteEventStore({
    fileName: join(folder, 'emmett.db'),
    schema: { autoMigration: 'CreateOrUpdate' },
  } as never)
  const initial = createActor(orderMachine).getSnapshot()
  const handle = CommandHandler({
    evolve: (state: SnapshotFrom<typeof orderMachine>, { data }: { data: ReturnType<typeof eventOf> }) =>
      getNextSnapshot(orderMachine, state, data),
    initialState: () => initial,
  } as never) as unknown as (store: unknown, id: string, decide: () => unknown) => Promise<unknown>
  // Commands run one at a time: SQLite has one writer, and two writers block each other.
  const run = (i: number, step: number) =>
    handle(store, `order-${i}`, () => ({ type: 'Taken', data: eventOf(step) }))
  return rateOf(1_000, run, 1)
}

/** Machines as virtual objects of a separate server, which keeps the log. */
async function restateXState(): Promise<number> {
  const require = createRequire(import.meta.url)
  const binary = require.resolve('@restatedev/restate-server-linux-x64/bin/restate-server')
  const base = join(folder, 'restate')
  mkdirSync(base)
  const service = await restate.serve({ services: [xstate('order', orderMachine as never)], port: 9_180 })
  const config = join(base, 'config.toml')
  writeFileSync(
    config,
    ['[ingress]', 'bind-address = "127.0.0.1:9181"', '[admin]', 'bind-address = "127.0.0.1:9182"'].join('\n'),
  )
  const server: ChildProcess = spawn(
    binary,
    ['--config-file', config, '--base-dir', base, '--bind-address', '127.0.0.1:9183'],
    {
      stdio: 'ignore',
    },
  )
  try {
    await until(async () => (await fetch('http://127.0.0.1:9182/health')).ok)
    await post('http://127.0.0.1:9182/deployments', {
      uri: `http://127.0.0.1:${service}`,
      use_http_11: false,
    })
    await until(async () => (await fetch('http://127.0.0.1:9181/restate/health')).ok)
    for (let i = 0; i < ORDERS; i++) await post(`http://127.0.0.1:9181/order/${i}/create`, {})
    return await rateOf(4_000, (i, step) =>
      post(`http://127.0.0.1:9181/order/${i}/send`, { event: eventOf(step) }),
    )
  } finally {
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill()
    await ended
  }
}

/** Actors whose state is one file each. It is written at every action and is not synced. */
async function rivetkit(): Promise<number> {
  const initial = createActor(orderMachine).getPersistedSnapshot()
  const order = actor({
    state: { snapshot: initial },
    actions: {
      take: async (c, event: ReturnType<typeof eventOf>) => {
        const { value, context } = c.state.snapshot as SnapshotFrom<typeof orderMachine>
        const before = orderMachine.resolveState({ value, context })
        c.state.snapshot = JSON.parse(JSON.stringify(getNextSnapshot(orderMachine, before, event)))
        await c.saveState({ immediate: true })
      },
    },
  })
  const { client } = setup({ use: { order } }).start({
    driver: createFileSystemDriver({ path: join(folder, 'rivetkit') }),
    disableDefaultServer: true,
    noWelcome: true,
    inspector: { enabled: false },
    logging: { level: 'warn' },
  })
  const orders = Array.from({ length: ORDERS }, (_, i) => client.order.getOrCreate([String(i)]))
  const take = (i: number, step: number) => (orders[i] as (typeof orders)[0]).take(eventOf(step))
  await Promise.all(orders.map((_, i) => take(i, 0)))
  return rateOf(4_000, (i, step) => take(i, step + 1))
}

async function post(url: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text.slice(0, 300)}`)
}

async function until(ready: () => Promise<boolean>): Promise<void> {
  for (let n = 0; ; n++) {
    if (await ready().catch(() => false)) return
    if (n > 300) throw new Error('the server does not come up')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const peers: Record<string, () => Promise<number>> = {
  'nact, persistent actors on LevelDB': nact,
  'emmett, event sourcing on SQLite': emmett,
  'rivetkit, its file system driver (no fsync)': rivetkit,
  '@restatedev/xstate on restate-server': restateXState,
}
const results: Record<string, number | string> = {}
for (const [name, run] of Object.entries(peers)) {
  results[name] = await run().then(Math.round, (error: Error) => `did not run: ${error.message}`)
  console.log(
    `${name}: ${typeof results[name] === 'number' ? `${results[name].toLocaleString('en-US')} transitions a second` : results[name]}`,
  )
}
mkdirSync('bench-results', { recursive: true })
writeFileSync(
  'bench-results/peers.json',
  `${JSON.stringify({ node: process.version, at: new Date().toISOString(), results }, null, 2)}\n`,
)
rmSync(folder, { recursive: true, force: true })
process.exit()
