/** Tests that no connection is left to a target that takes it and never answers. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { postgres } from '../../src/sinks/postgres/sink.ts'
import { redis } from '../../src/sinks/redis/sink.ts'
import { eventually, Harness } from '../runtime/harness.ts'
import { follow, teller } from './following.ts'

it.each([
  [redis, 'redis://127.0.0.1'],
  [postgres, 'postgres://me@127.0.0.1'],
])('a sink that opens for ever ends its connection when it is to let go', async (sink, url) => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.resume()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const supervisor = await new Harness().open({ machines: { teller } })
  const { port } = server.address() as AddressInfo
  const follower = follow(supervisor, sink, { url: `${url}:${port}` })
  await eventually(() => expect(sockets.size).toBe(1))
  await follower.stop(0)
  await eventually(() => expect(sockets.size).toBe(0))
  server.close()
  await supervisor.stop()
})
