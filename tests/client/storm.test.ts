/** Feeds of one client while everything happens at once: records come, connections are cut, the server restarts, readers are slow. */
import { once } from 'node:events'
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { emit, setup } from 'xstate'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { createClient, type FeedItem, type FeedOptions } from '../../src/client/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Harness } from '../runtime/harness.ts'
import { howMany, SEED, seeded } from '../seeded.ts'

const RECORDS = howMany('RECORDS', 600)

const tally = setup({
  types: {} as { events: { type: 'INC' }; emitted: { type: 'COUNTED' } | { type: 'TWICE' } },
}).createMachine({
  id: 'tally',
  on: { INC: { actions: [emit({ type: 'COUNTED' }), emit({ type: 'TWICE' })] } },
})

const textOf = (item: FeedItem) => `${item.seq} ${'record' in item ? 'record' : item.type}`

const FEEDS: readonly (readonly [options: FeedOptions, wants: RegExp])[] = [
  [{ topics: ['>'], since: 0 }, /./],
  [{ topics: ['transitions.*.*'], since: 0, batchMs: 0 }, /record$/],
  [{ topics: ['events.twice.>'], since: 0, batchMs: 5 }, /TWICE$/],
  [{ topics: ['events.>', 'transitions.tally.>'], since: 1 }, /./],
]

it(`feeds give everything once and in order, whatever happens at once (seed ${SEED})`, async () => {
  const random = seeded(SEED)
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { tally } })
  await supervisor.spawn('tally', 'a')
  let api: ApiServer = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
  const { port } = new URL(api.url)
  let cuts = 0
  const proxy = createServer((socket: Socket) => {
    const behind = connectTcp(Number(port), '127.0.0.1')
    // A batch is 64 KiB, and one that is cut has not come.
    let left = 70_000 + Math.floor(random() * 60_000)
    for (const one of [socket, behind]) one.on('error', () => {})
    socket.on('data', (data) => behind.write(data))
    socket.on('close', () => behind.destroy())
    behind.on('close', () => socket.destroy())
    behind.on('data', (data: Buffer) => {
      socket.write(data.subarray(0, left))
      left -= data.length
      if (left > 0) return
      cuts++
      behind.destroy()
      socket.destroySoon()
    })
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  const client = createClient({ url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, WebSocket })

  /** Reads until the last record, at a pace of its own. */
  const read = async ([options, wants]: (typeof FEEDS)[number], last: string): Promise<string[]> => {
    const taken: string[] = []
    for await (const item of client.feed(options)) {
      taken.push(textOf(item))
      if (taken.at(-1) === last) break
      if (random() < 0.01) await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(taken.every((text) => wants.test(text))).toBe(true)
    return taken
  }
  const lastSeq = supervisor.seq + RECORDS
  const reads = FEEDS.map((feed) =>
    read(feed, `${lastSeq} ${/TWICE/.test(String(feed[1])) ? 'TWICE' : 'record'}`),
  )
  for (let n = 0; n < RECORDS; n++) {
    supervisor.tell('tally/a' as never, { type: 'INC' })
    if (random() < 0.05) await supervisor.idle()
    if (random() < 0.02) await new Promise((resolve) => setTimeout(resolve, 10))
    if (n === Math.floor(RECORDS / 3) || n === Math.floor(RECORDS / 2)) {
      await api.close()
      api = await startApi(supervisor, { host: '127.0.0.1', port: Number(port) }, silentLogger)
    }
  }
  await supervisor.idle()
  const told: string[] = []
  for await (const { seq, emitted = [] } of supervisor.read())
    told.push(...emitted.map(({ type }) => `${seq} ${type}`), `${seq} record`)
  const taken = await Promise.all(reads)
  for (const [i, [options, wants]] of FEEDS.entries())
    expect(taken[i], String(options.topics)).toEqual(
      told.filter((text) => wants.test(text) && Number.parseInt(text, 10) > (options.since ?? 0)),
    )
  expect(cuts).toBeGreaterThan(0)
  proxy.close()
  await api.close()
  await supervisor.stop()
}, 600_000)
