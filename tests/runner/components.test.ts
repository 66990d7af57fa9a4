/** The components of a whole runner: what is on record of them, and what `GET /health` says. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryLevel } from 'memory-level'
import { afterAll, describe, expect, it } from 'vitest'
import { VenueFolder } from '../../src/adapters/paper/venue-folder.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import type { RunningRunner } from '../../src/runner/runner.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { newMemory } from '../../store/index.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-components-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

type Database = ConstructorParameters<typeof VenueFolder>[0]

const nothing = () => {}
const LOGGER = { debug: nothing, info: nothing, warn: nothing, error: nothing }
const START = 1_700_000_000_000
const MARKET = { source: 'sim', speed: 'max', seed: 7, startAt: START, durationMs: 2_000 }

/** A folder's worth of disk that outlives every runner on it. */
class Disk {
  readonly #log = newMemory()
  readonly #books = new MemoryLevel<string, string>() as unknown as Database
  readonly #folder = mkdtempSync(join(root, 'data-'))

  async start(flags: object = {}): Promise<RunningRunner> {
    const config = loadConfig({
      flags: { market: MARKET, server: { enabled: false }, ...flags, data: this.#folder },
    })
    const openLog = () => openMemoryStore(this.#log, { shortId: '7f3a' })
    const openBooks = async () => {
      await this.#books.open()
      return new VenueFolder(this.#books, 'memory')
    }
    return startRunner(config, LOGGER, { storage: { openLog, openBooks } })
  }

  /** Runs until the market has ended, and stops in order. */
  async whole(flags: object = {}): Promise<void> {
    const runner = await this.start(flags)
    await runner.ended
    await runner.stop('the market has ended', 'test')
  }

  /** Runs until the market has ended, and leaves what a `kill -9` leaves. */
  async killed(flags: object = {}): Promise<void> {
    const runner = await this.start(flags)
    await runner.ended
    await runner.supervisor.idle()
  }

  async records(): Promise<readonly TransitionRecord[]> {
    const store = await openMemoryStore(this.#log)
    const records: TransitionRecord[] = []
    for await (const record of store.read()) records.push(record)
    return records
  }

  /** The states that each component has come through, by name. */
  async states(): Promise<Readonly<Record<string, readonly unknown[]>>> {
    const states: Record<string, unknown[]> = {}
    for (const { actor, to } of await this.records()) {
      const [kind, name] = actor.split('/') as [string, string]
      if (kind === 'component') states[name] = [...(states[name] ?? []), to]
    }
    return states
  }
}

const LIFE = ['INITIALIZING', 'RUNNING', 'STOPPING', 'STOPPED']
/** The log ends with these, so they cannot say that they have stopped. */
const LAST = LIFE.slice(0, 3)
const IN_ORDER = [
  'store',
  'venue-sim',
  'supervisor',
  'actors',
  'strategies',
  'runner',
  'reconciliation',
  'market',
]

describe('components of a runner', () => {
  it('have their starts and stops on record, life by life', async () => {
    const disk = new Disk()
    await disk.whole()
    const once = {
      store: LAST,
      'venue-sim': LAST,
      supervisor: LAST,
      actors: LIFE,
      strategies: LIFE,
      runner: LIFE,
      reconciliation: LIFE,
      market: LIFE,
    }
    expect(await disk.states()).toEqual(once)
    await disk.whole()
    const twice = Object.fromEntries(Object.entries(once).map(([name, life]) => [name, [...life, ...life]]))
    expect(await disk.states()).toEqual(twice)
  })

  it('start in the log after it says what the run begins with, and before the first message of the market', async () => {
    const disk = new Disk()
    await disk.whole()
    const records = await disk.records()
    const of = (actor: RegExp, type: string) =>
      records.filter((record) => actor.test(record.actor) && record.event.type === type)
    const started = of(/^component\//, 'START_COMPLETED')
    expect(started.map(({ actor }) => actor)).toEqual(IN_ORDER.map((name) => `component/${name}`))
    const [begun] = of(/^runner\/main$/, 'STARTED')
    const [message] = records.filter(({ origin }) => origin !== undefined)
    for (const { seq, at } of started) {
      expect(seq).toBeGreaterThan(begun?.seq as number)
      expect(seq).toBeLessThan(message?.seq as number)
      expect(at).toBe(START)
    }
    const stopped = of(/^component\//, 'STOP_COMPLETED')
    expect(stopped.map(({ actor }) => actor)).toEqual(
      IN_ORDER.slice(3)
        .toReversed()
        .map((name) => `component/${name}`),
    )
    // By the clock of the run, which has come to the end of its market.
    for (const { at } of stopped) expect(at).toBeGreaterThan(START + 1_000)
    for (const { at } of stopped) expect(at).toBeLessThanOrEqual(START + 2_000)
  })

  it('are in the log at the same places each time that the same market is played', async () => {
    const [one, other] = [new Disk(), new Disk()]
    for (const disk of [one, other]) {
      await disk.whole()
      await disk.whole()
    }
    const of = async (disk: Disk) =>
      (await disk.records()).filter(({ actor }) => actor.startsWith('component/'))
    expect(await of(one)).toEqual(await of(other))
    expect((await of(one)).length).toBeGreaterThan(50)
  })

  it('start over after a kill', async () => {
    const disk = new Disk()
    await disk.killed()
    await disk.whole()
    const states = await disk.states()
    expect(states.market).toEqual(['INITIALIZING', 'RUNNING', ...LIFE])
    expect(states.store).toEqual(['INITIALIZING', 'RUNNING', ...LAST])
  })

  it('are stopped in the log by the next start, where that does without them', async () => {
    const disk = new Disk()
    await disk.killed({ server: { port: 0 } })
    expect((await disk.states()).server).toEqual(['INITIALIZING', 'RUNNING'])
    await disk.whole()
    expect((await disk.states()).server).toEqual(LIFE)
    await disk.whole()
    expect((await disk.states()).server).toEqual(LIFE)
  })

  it('run all the same where their actor is in quarantine', async () => {
    const disk = new Disk()
    const runner = await disk.start()
    await runner.ended
    const error = { name: 'Error', message: 'suspicious' }
    await runner.supervisor.quarantine('component/market', { error, event: { type: 'START' } })
    await runner.stop('the market has ended', 'test')
    await disk.whole()
    const states = await disk.states()
    expect(states.actors).toEqual([...LIFE, ...LIFE])
    const ofMarket = (await disk.records()).filter(({ actor }) => actor === 'component/market')
    expect(ofMarket.map(({ event }) => event.type)).toEqual([
      'xstate.init',
      'START_COMPLETED',
      'outcry.failed',
    ])
  })

  it('leave no record of a start that is refused before the run has begun', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    const disk = new Disk()
    await expect(disk.start({ server: { port } })).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    expect(await disk.states()).toEqual({})
    await new Promise((resolve) => taken.close(resolve))
    await disk.whole({ server: { port: 0 } })
    expect((await disk.states()).server).toEqual(LIFE)
  })

  it('are the sources of news and the universe, too, where they are configured', async () => {
    const file = join(root, 'news.jsonl')
    writeFileSync(file, '')
    const disk = new Disk()
    await disk.whole({ news: { sources: [{ type: 'jsonl', file }] }, universe: {} })
    const states = await disk.states()
    expect(Object.keys(states)).toEqual([...IN_ORDER.slice(0, -1), 'universe', 'news', 'market'])
    expect(states.news).toEqual(LIFE)
    expect(states.universe).toEqual(LIFE)
  })
})

describe('GET /health', () => {
  const health = async (runner: RunningRunner, headers: Record<string, string> = {}) =>
    (await (await fetch(`${runner.url}/health`, { headers })).json()) as {
      readonly status: string
      readonly components: readonly {
        readonly name: string
        readonly state: string
        readonly reason?: string
      }[]
    }

  it('lists the components of a runner in the order of their start', async () => {
    const runner = await new Disk().start({ server: { port: 0 } })
    const { status, components } = await health(runner)
    expect(status).toBe('ok')
    const names = IN_ORDER.toSpliced(3, 0, 'server')
    expect(components).toEqual(names.map((name) => ({ name, state: 'RUNNING' })))
    await runner.stop('enough', 'test')
  })

  it('is where a component stays as it is in event time, whoever asks for a restart', async () => {
    const file = join(root, 'played.jsonl')
    writeFileSync(file, '')
    const runner = await new Disk().start({
      server: { port: 0 },
      news: { sources: [{ type: 'jsonl', file }] },
    })
    const before = (await health(runner)).components
    const answer = await fetch(`${runner.url}/components/news/restart`, { method: 'POST' })
    expect([answer.status, await answer.json()]).toEqual([
      409,
      expect.objectContaining({
        code: 'COMPONENT_FIXED',
        detail: expect.stringContaining('the run is in event time'),
      }),
    ])
    expect((await health(runner)).components).toEqual(before)
    await runner.stop('enough', 'test')
  })

  it('says that a component is not well, and why to those alone who bring the token', async () => {
    const token = '0123456789abcdef0123456789abcdef'
    const runner = await new Disk().start({ server: { port: 0, token } })
    await runner.ended
    const at = runner.supervisor.lastAt as number
    const [symbol] = runner.market.instruments as [string]
    await runner.supervisor.send(`symbol/${symbol}`, { type: 'CONNECTION', at, status: 'disconnected' })
    const reason = `symbol/${symbol} is disconnected`
    const known = await health(runner, { authorization: `Bearer ${token}` })
    expect(known.status).toBe('degraded')
    expect(known.components.at(-1)).toEqual({ name: 'market', state: 'RUNNING', reason })
    const unknown = await health(runner)
    expect(unknown.status).toBe('degraded')
    expect(unknown.components.at(-1)).toEqual({ name: 'market', state: 'RUNNING' })
    await runner.supervisor.send(`symbol/${symbol}`, { type: 'CONNECTION', at, status: 'connected' })
    expect((await health(runner)).status).toBe('ok')
    await runner.stop('enough', 'test')
  })
})
