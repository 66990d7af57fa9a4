/**
 * Clients of the feed are killed, paused and restarted at random while events flow and the runner is killed: each ends
 * with the items of the log, once each, in order.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { publicationsOf } from '../../src/api/feed/publication.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import { endChildren } from '../programs/children.ts'
import { program } from '../programs/program.ts'
import { OutcryProcess } from '../runner/runner-process.ts'
import { howMany, SEED, seeded } from '../seeded.ts'
import { Follower, passed } from './feed-storm/follower.ts'
import { RECORD } from './feed-storm/kept.ts'
import { busyConfig } from './kills/config.ts'

const SECONDS = howMany('FEED_STORM_SECONDS', 3)
/** Kills of the runner in this time. */
const KILLS = howMany('FEED_STORM_KILLS', 2)
/** Event time passes so many times faster, so that a few hundred records come in a second. */
const SPEED = 20
/** Standard events that come often, one to a topic. */
const TYPES = [
  ...['CANDLE_CLOSE', 'INDICATORS_CALCULATED', 'ORDER_LIST_UPDATED', 'BALANCE_CHANGED', 'ORDER_CREATED'],
  ...['RISK_APPROVED', 'ORDER_ACCEPTED', 'ORDER_FILLED', 'STATS_UPDATE', 'POSITION_OPENED'],
]
/** The topics that each client takes. */
const WANTS = {
  'with-client': /./,
  'with-ws': /^events\.|^transitions\.order\./,
  python: new RegExp(`^events\\.(${TYPES.join('|').toLowerCase()})\\.`),
}
/** A Python with the package `websockets`. Debian's `python3-websockets` is of the Python in /usr/bin. */
const python = ['python3', '/usr/bin/python3'].find(
  (command) => spawnSync(command, ['-c', 'import websockets, sqlite3']).status === 0,
)

const folder = mkdtempSync(join(tmpdir(), 'outcry-feed-storm-'))
const random = seeded(SEED)
/** The content of the log: a line for each item, as clients keep it. */
const items: { readonly line: string; readonly topic: string; readonly isLatestOnly: boolean }[] = []
const followers = new Map<string, Follower>()
let runner: OutcryProcess | undefined
/** seq of the log after the last kill of the runner. */
let seq = 0

/** Writes the program of docs/api.md, for this runner and for more events. */
function writeExample(port: number): string {
  const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')
  const code = /```python\n([\s\S]*?)```/.exec(page)?.[1] as string
  const topics = TYPES.map((type) => `events.${type.toLowerCase()}.>`)
  const changed = code
    .replace('"ws://127.0.0.1:7077/feed"', `"ws://127.0.0.1:${port}/feed"`)
    .replace('["events.order_filled.>"]', JSON.stringify(topics))
  expect(changed).toContain(`:${port}/`)
  expect(changed).toContain(topics[0])
  const place = join(folder, 'python')
  mkdirSync(place)
  writeFileSync(join(place, 'fills.py'), changed)
  return place
}

function follow(name: string, command: string, args: readonly string[], cwd?: string): void {
  const env = { ...process.env, PYTHONUNBUFFERED: '1' }
  followers.set(name, new Follower({ command, args, env, ...(cwd && { cwd }) }, random, SECONDS * 100))
}

beforeAll(async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const url = `http://127.0.0.1:${port}`
  const config = busyConfig(20, 100 * 3_600_000)
  const file = join(folder, 'outcry.json')
  writeFileSync(
    file,
    JSON.stringify({ ...config, market: { ...config.market, speed: SPEED }, server: { port } }),
  )
  const data = join(folder, 'data')
  const start = () => new OutcryProcess('run', '--config', file, '--data', data, '--json')

  const node = (name: string, ...topics: string[]) =>
    follow(name, process.execPath, [
      ...program(`tests/faults/feed-storm/${name}.ts`),
      url,
      join(folder, name),
      topics.join(' '),
    ])
  node('with-client', '>')
  node('with-ws', 'events.>', 'transitions.order.*')
  if (python !== undefined) follow('python', python, ['fills.py'], writeExample(port))

  const storm = new AbortController()
  const sufferings = [...followers.values()].map((follower) => follower.suffer(storm.signal))
  // A client that ends by itself ends the test, too.
  const ended = Promise.all(sufferings)
  ended.catch(() => {})
  for (let kill = 0; kill < KILLS; kill++) {
    runner = start()
    // One in five is killed while it starts.
    const isEarly = random() < 0.2
    if (!isEarly) await runner.started()
    await Promise.race([passed(((isEarly ? 0.2 : 1.6) * random() * SECONDS * 1_000) / KILLS), ended])
    runner.child.kill('SIGKILL')
    expect((await runner.finished()).signal, runner.stderr).toBe('SIGKILL')
  }
  runner = start()
  storm.abort()
  ;({ seq } = await runner.started())
  await ended
  await Promise.all([...followers.values()].map((follower) => follower.reached(seq)))
  await Promise.all([...followers.values()].map((follower) => follower.end()))
  runner.child.kill('SIGKILL')
  await runner.finished()

  const { machines } = await import('../../machines/index.ts')
  const classOf = (kind: string, type: string) => Object(Reflect.get(machines, kind)).classes?.[type]
  const store = await openLevelStore(join(data, 'log'))
  for await (const record of store.read())
    for (const [nth, publication] of publicationsOf(record, classOf).entries()) {
      const { isRecord, name: topic } = publication
      const line = isRecord
        ? `${record.seq} ${RECORD} ${record.actor}/${record.rev}`
        : `${record.seq} ${nth} ${record.actor}/${record.rev}/${nth}`
      items.push({ line, topic, isLatestOnly: !isRecord && publication.class === 'high-frequency' })
    }
  await store.close()
})
afterAll(async () => {
  await endChildren()
  rmSync(folder, { recursive: true, force: true })
})

function linesOf(name: string): string[] {
  const inPython =
    'import sqlite3, json\nfor s, n, e in sqlite3.connect("fills.db").execute("SELECT * FROM fills ORDER BY rowid"): print(s, n, json.loads(e)["eventId"])'
  const text =
    name === 'python'
      ? execFileSync(python as string, ['-c', inPython], {
          cwd: join(folder, name),
          encoding: 'utf8',
          maxBuffer: 2 ** 30,
        })
      : readFileSync(join(folder, name), 'utf8')
  return text.slice(0, text.lastIndexOf('\n')).split('\n')
}

for (const [client, name] of [
  ['outcry/client', 'with-client'],
  ['nothing but a WebSocket', 'with-ws'],
  ['the lines of docs/api.md in Python', 'python'],
] as const)
  it.skipIf(name === 'python' && python === undefined)(
    `a client with ${client} keeps each item of the log once and in order (seed ${SEED})`,
    () => {
      const { kills, pauses } = followers.get(name) as Follower
      const lines = linesOf(name)
      const all = items.filter(({ topic, isLatestOnly }) => !isLatestOnly && WANTS[name].test(topic))
      expect(lines).toEqual(all.slice(0, lines.length).map(({ line }) => line))
      expect(Number.parseInt(lines.at(-1) as string, 10)).toBeGreaterThanOrEqual(seq)
      expect([kills, pauses].every((count) => count > 0)).toBe(true)
    },
  )
