/**
 * Kills and cuts off real targets of sinks, and the runner, while events flow. At the end each target has the events of the
 * log: exactly these, once each, in order.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import { type SinkEvent, sinkEventsOf } from '../../src/sinks/event.ts'
import { PostgresServer } from '../../tools/bench/servers/postgres.ts'
import { RedisServer } from '../../tools/bench/servers/redis.ts'
import { program } from '../programs/program.ts'
import { eventually } from '../runtime/harness.ts'
import { howMany, SEED, seeded } from '../seeded.ts'
import { FaultyProxy, HARMS } from '../sinks/proxy.ts'

/** Faults of each kind. */
const FAULTS = howMany('SINK_FAULTS', 1)
const SETTLE_MS = 20

interface Figures {
  readonly seq: number
  readonly sinks: readonly { done: number; isWell: boolean; events: number }[]
}

/** A program with a log and sinks. */
class Runner {
  readonly #args: readonly string[]
  #child: ChildProcess | undefined
  #figures: Figures | undefined

  constructor(...args: readonly string[]) {
    this.#args = args
  }

  start(): void {
    const child = spawn(process.execPath, [...program('tests/faults/sinks/child.ts'), ...this.#args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#child = child
    this.#figures = undefined
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      if (this.#child === child) this.#figures = JSON.parse(line)
    })
  }

  /** Resolves when the sinks have all that the log has now. */
  async caughtUp(): Promise<void> {
    let seq: number | undefined
    const hasEnded = () => this.#child?.exitCode !== null
    await eventually(() => {
      if (hasEnded()) return
      seq ??= this.#figures?.seq
      expect(seq).toBeDefined()
      for (const { done, isWell } of this.#figures?.sinks ?? [])
        expect([done >= (seq as number), isWell]).toEqual([true, true])
    })
    expect(hasEnded()).toBe(false)
  }

  async kill(): Promise<void> {
    const child = this.#child as ChildProcess
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  /** Lets it write the rest and stop. */
  async end(): Promise<Figures> {
    const child = this.#child as ChildProcess
    child.stdin?.end('end\n')
    const [code] = await once(child, 'close')
    expect(code).toBe(0)
    return this.#figures as Figures
  }
}

it(`targets that are killed and cut off have each event once, and so has a runner that is killed: ${FAULTS} times each, seed ${SEED}`, async () => {
  const random = seeded(SEED)
  const folder = mkdtempSync(join(tmpdir(), 'outcry-sinks-'))
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true })]
  try {
    const [redis, postgres] = await Promise.all([RedisServer.start(), PostgresServer.start()])
    ends.push(
      () => redis.end(),
      () => postgres.end(),
    )
    const ways = await Promise.all([redis, postgres].map(({ port }) => FaultyProxy.start(port)))
    ends.push(...ways.map((way) => () => way.end()))
    const [toRedis, toPostgres] = ways as [FaultyProxy, FaultyProxy]
    const log = join(folder, 'log')
    const runner = new Runner(log, `redis://127.0.0.1:${toRedis.port}`, postgres.urlOf(toPostgres.port))
    const restart = async (part: RedisServer | PostgresServer) => {
      await part.kill()
      await new Promise((resolve) => setTimeout(resolve, random() * SETTLE_MS))
      await part.restart()
    }
    const kinds: (() => Promise<unknown>)[] = [
      () => Promise.all([redis, postgres].map(restart)),
      async () => {
        await runner.kill()
        runner.start()
      },
      ...HARMS.map((harm) => async () => {
        const before = ways.map(({ harmed }) => harmed)
        for (const way of ways) way.harm(harm)
        await eventually(() => expect(ways.map(({ harmed }) => harmed)).toEqual(before.map((n) => n + 1)))
      }),
    ]
    const faults = kinds.flatMap((fault) =>
      Array.from({ length: FAULTS }, () => ({ fault, order: random() })),
    )
    runner.start()
    for (const { fault } of faults.sort((a, b) => a.order - b.order)) {
      await runner.caughtUp()
      await new Promise((resolve) => setTimeout(resolve, random() * SETTLE_MS))
      await fault()
    }
    await runner.caughtUp()
    const { seq, sinks } = await runner.end()
    expect(sinks.map(({ done }) => done)).toEqual([seq, seq])
    const expected = await eventsIn(log)
    expect(expected.length).toBeGreaterThan(100 * faults.length)
    const entries = await redis.ask((client) => client.xrange('outcry:events', '-', '+'))
    expectSame(
      entries.map(([id, fields]) => [id, fields.at(-1)]),
      expected.map(({ envelope: { seq, index }, text }) => [`${seq}-${index}`, text]),
    )
    const rows = await postgres.ask<{ event_id: string; seq: string; event: object; xmin: string }>(
      'SELECT event_id, seq, event, xmin FROM outcry.events ORDER BY seq, index',
    )
    // The transactions that added them came in the same order.
    const transactions = rows.map(({ xmin }) => Number(xmin))
    expectSame(
      transactions,
      [...transactions].sort((a, b) => a - b),
    )
    expectSame(
      rows.map(({ event_id, seq, event }) => [event_id, Number(seq), sorted(event)]),
      expected.map(({ envelope: { eventId, seq, event } }) => [eventId, seq, sorted(event)]),
    )
    if (process.env.SINK_FAULTS !== undefined)
      console.log(`${faults.length} faults, ${expected.length} events, seq ${seq}`)
  } finally {
    for (const end of ends.reverse()) await end()
  }
})

async function eventsIn(log: string): Promise<SinkEvent[]> {
  const store = await openLevelStore(log)
  const events: SinkEvent[] = []
  for await (const record of store.read()) events.push(...sinkEventsOf(record))
  await store.close()
  return events
}

/** Compares long lists. The first difference alone is told. */
function expectSame(found: readonly unknown[], expected: readonly unknown[]): void {
  const [left, right] = [found, expected].map((list) => list.map((one) => JSON.stringify(one))) as [
    string[],
    string[],
  ]
  const at = right.findIndex((one, i) => one !== left[i])
  if (at >= 0) expect({ at, found: left.slice(at, at + 3) }).toEqual({ at, found: right.slice(at, at + 3) })
  expect(left.length).toBe(right.length)
}

function sorted(event: object): unknown {
  return Object.entries(event).sort(([a], [b]) => (a < b ? -1 : 1))
}
