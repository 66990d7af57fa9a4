/** Tests what many clients of a feed share: the bytes of each frame, and one write for all frames of a delivery. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Duplex, Writable } from 'node:stream'
import { Subject } from 'rxjs'
import { beforeEach, expect, it } from 'vitest'
import * as ws from 'ws'
import { Feed } from '../../src/api/feed/feed.ts'
import { runOf } from '../../src/api/feed/wire.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { eventually } from '../runtime/harness.ts'
import { type Frame, Log, recordAt, Socket } from './feed-parts.ts'

/** A socket with the connection below it, which notes what goes out with one write. */
class Wired extends Socket {
  readonly extensions = ''
  /** Bytes of each write of frames that clients share. */
  readonly writes: Buffer[] = []

  cork(): void {}

  uncork(): void {}

  write(bytes: Buffer, onGone: () => void): void {
    this.writes.push(bytes)
    for (const text of textsOf(bytes)) this.frames.push(JSON.parse(String(text)) as Frame)
    queueMicrotask(onGone)
  }
}

/** Reads bytes as a client does that is not ours. */
function textsOf(bytes: Buffer): Buffer[] {
  const texts: Buffer[] = []
  const { Receiver } = ws as unknown as { Receiver: new () => Writable }
  const receiver = new Receiver()
  receiver.on('message', (text: Buffer) => texts.push(text))
  receiver.write(bytes)
  return texts
}

let log: Log
let commits: Subject<TransitionRecord>
let clients: Wired[]

beforeEach(() => {
  log = new Log()
  commits = new Subject()
  const feed = new Feed(Object.assign(log, { epoch: 1, transitions$: commits }), '0')
  clients = Array.from({ length: 3 }, () => new Wired())
  for (const client of clients) feed.connect(client as unknown as ws.WebSocket, client)
})

const commit = (records: number) => {
  for (let n = 0; n < records; n++) commits.next(recordAt(++log.seq))
}
const subscribed = () =>
  eventually(() => expect(clients.every(({ frames }) => frames.at(-1)?.op === 'caughtUp')).toBe(true))

it.each([
  [undefined, ['event', 'event', 'event']],
  [0, ['batch']],
])('clients with the same subscription get the same bytes (batchMs %s)', async (batchMs, ops) => {
  for (const client of clients) client.says({ op: 'subscribe', id: 's', topics: ['>'], batchMs })
  await subscribed()
  const before = clients.map(({ frames }) => frames.length)
  commit(3)
  await eventually(() => expect(clients[2]?.frames.slice(before[2]).map(({ op }) => op)).toEqual(ops))
  const [first, ...others] = clients.map(({ writes }) => writes) as [Buffer[], ...Buffer[][]]
  expect(first).toHaveLength(1)
  for (const other of others) expect(other).toEqual([expect.toSatisfy((bytes) => bytes === first[0])])
})

it('clients with other ids or other topics get frames of their own', async () => {
  const [one, two, three] = clients as [Wired, Wired, Wired]
  one.says({ op: 'subscribe', id: 'one', topics: ['>'], batchMs: 0 })
  two.says({ op: 'subscribe', id: 'two', topics: ['>'], batchMs: 0 })
  three.says({ op: 'subscribe', id: 'one', topics: ['transitions.tally.b'], batchMs: 0 })
  await subscribed()
  commit(1)
  commits.next({ ...recordAt(++log.seq), actor: 'tally/b' })
  await eventually(() => expect(clients.every(({ frames }) => frames.at(-1)?.op === 'batch')).toBe(true))
  const seen = clients.map(({ frames }) => {
    const { id, events } = frames.at(-1) as { id: string; events: readonly { seq: number }[] }
    return [id, events.map(({ seq }) => seq)]
  })
  expect(seen).toEqual([
    ['one', [1, 2]],
    ['two', [1, 2]],
    ['one', [2]],
  ])
})

it('a client gets everything that has come since the last delivery with one write', async () => {
  const [client] = clients as [Wired]
  client.says({ op: 'subscribe', id: 's', topics: ['>'] })
  await eventually(() => expect(client.frames.at(-1)?.op).toBe('caughtUp'))
  const seqs = () => client.writes.map((bytes) => textsOf(bytes).map((text) => JSON.parse(String(text)).seq))
  commit(5)
  await eventually(() => expect(seqs()).toEqual([[1, 2, 3, 4, 5]]))
  commit(1)
  commit(1)
  await eventually(() => expect(seqs().slice(1)).toEqual([[6, 7]]))
})

it('frames of every length go together as any client reads them', async () => {
  const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000]
  const server = new ws.WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', (_, { socket }: { socket: Duplex }) =>
    socket.write(runOf(lengths.map((length) => Buffer.alloc(length, 'x')))),
  )
  await once(server, 'listening')
  const client = new ws.WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const seen: number[] = []
  client.on('message', (text: Buffer) => seen.push(text.length))
  await eventually(() => expect(seen).toEqual(lengths))
  client.terminate()
  server.close()
})
