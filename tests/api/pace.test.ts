/** Tests how deliveries to clients share the event loop with everything else. */
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { createMachine } from 'xstate'
import { Pace } from '../../src/api/feed/pace.ts'
import { startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { eventually, Harness } from '../runtime/harness.ts'
import { FeedSocket } from './feed-socket.ts'

/** Keeps the thread busy, as a write to a socket does. */
function work(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

it('a delivery comes at the end of this turn of the loop, once, however often it is asked for', async () => {
  const pace = new Pace()
  let count = 0
  const deliver = () => {
    count++
  }
  for (let n = 0; n < 3; n++) pace.add(deliver)
  expect(count).toBe(0)
  await new Promise(setImmediate)
  expect(count).toBe(1)
})

it('deliveries that take long leave most of the time to others, and all have their turn', async () => {
  const pace = new Pace()
  const delivered: number[] = []
  let others = 0
  for (let n = 0; n < 100; n++)
    pace.add(() => {
      work(0.2)
      delivered.push(others)
    })
  const other = setInterval(() => others++, 1)
  await eventually(() => expect(delivered).toHaveLength(100))
  clearInterval(other)
  // Ten at a time: others have had their turn after each ten.
  expect(new Set(delivered).size).toBe(10)
})

it('a delivery may ask for the next one, and may be taken back', async () => {
  const pace = new Pace()
  let left = 3
  let taken = 0
  const takenBack = () => {
    taken++
  }
  const deliver = () => {
    pace.remove(takenBack)
    if (--left > 0) pace.add(deliver)
  }
  pace.add(deliver)
  pace.add(takenBack)
  await eventually(() => expect(left).toBe(0))
  expect(taken).toBe(0)
})

it('a client gets what is durable before the server stops', async () => {
  const supervisor = await new Harness().open({ machines: { lamp: createMachine({}) } })
  const api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
  const clients = await Promise.all([1, 2, 3].map(() => FeedSocket.open(api.url)))
  for (const client of clients) await client.subscribe({ id: 's', topics: ['transitions.>'], batchMs: 0 })
  const closed = Promise.all(clients.map(({ socket }) => once(socket, 'close')))
  await supervisor.spawn('lamp', 'a')
  await api.close()
  for (const [code] of await closed) expect(code).toBe(1001)
  for (const client of clients) expect(client.items('s').map(({ actor }) => actor)).toEqual(['lamp/a'])
  await supervisor.stop()
})
