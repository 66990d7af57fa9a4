/** Tests what many clients of a feed share: the bytes of each frame, and one write for all frames of a commit. */
import { Subject } from 'rxjs'
import { beforeEach, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { Feed } from '../../src/api/feed/feed.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { eventually } from '../runtime/harness.ts'
import { Log, recordAt, Socket } from './feed-parts.ts'

/** A socket with the connection below it, which notes what goes out with one write. */
class Wired extends Socket {
  readonly sent: (string | Buffer)[] = []
  /** Number of frames of each write. */
  readonly writes: number[] = []
  #corked: number | undefined

  override send(frame: string | Buffer, options: object, onGone: () => void): void {
    super.send(frame, options, onGone)
    this.sent.push(frame)
    if (this.#corked === undefined) this.writes.push(1)
    else this.#corked++
  }

  cork(): void {
    this.#corked = 0
  }

  uncork(): void {
    this.writes.push(this.#corked as number)
    this.#corked = undefined
  }
}

let log: Log
let commits: Subject<TransitionRecord>
let clients: Wired[]

beforeEach(() => {
  log = new Log()
  commits = new Subject()
  const feed = new Feed(Object.assign(log, { epoch: 1, transitions$: commits }), '0')
  clients = Array.from({ length: 3 }, () => new Wired())
  for (const client of clients) feed.connect(client as unknown as WebSocket, client)
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
  const before = clients.map(({ sent }) => sent.length)
  commit(3)
  await eventually(() => expect(clients[2]?.frames.slice(before[2]).map(({ op }) => op)).toEqual(ops))
  const [first, ...others] = clients.map(({ sent }, i) => sent.slice(before[i])) as [Buffer[], ...Buffer[][]]
  for (const other of others) for (const [i, bytes] of other.entries()) expect(bytes).toBe(first[i])
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

it('a client gets the events of one commit with one write', async () => {
  const [client] = clients as [Wired]
  client.says({ op: 'subscribe', id: 's', topics: ['>'] })
  await eventually(() => expect(client.frames.at(-1)?.op).toBe('caughtUp'))
  await new Promise(setImmediate)
  client.writes.length = 0
  commit(5)
  await new Promise(setImmediate)
  commit(2)
  await new Promise(setImmediate)
  expect(client.writes).toEqual([5, 2])
})
