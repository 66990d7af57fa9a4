/** Tests that a past life is read at the pace at which its client reads, and no longer than it is there. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { PastClient, type PastParts } from '../../src/api/inspect/past-client.ts'
import { eventually } from '../runtime/harness.ts'

const servers: WebSocketServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function connect(parts: Partial<PastParts> & Pick<PastParts, 'texts'>): Promise<WebSocket> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  servers.push(server)
  server.on('connection', (client) => new PastClient(client, { onFault: () => {}, ...parts }))
  await once(server, 'listening')
  return new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

const FRAME = 'x'.repeat(65_536)
/** Far more than the buffers of two sockets hold. */
const FRAMES = 4_000

it('a client that stops reading stops the life, and one that goes on gets the rest of it', async () => {
  let made = 0
  const client = await connect({
    texts: async function* () {
      for (; made < FRAMES; made++) yield FRAME
    },
  })
  let got = 0
  client.on('message', () => {
    if (++got === 1) client.pause()
  })
  await once(client, 'open')
  let before = -1
  await eventually(() => {
    const same = made === before && got > 0
    before = made
    expect(same).toBe(true)
  })
  expect(made).toBeLessThan(FRAMES / 2)
  client.resume()
  await eventually(() => expect(got).toBe(FRAMES))
  client.close()
})

it('a client that goes ends the life, also while it pauses', async () => {
  let ended = false
  const client = await connect({
    texts: async function* (signal) {
      yield 'first'
      await once(signal, 'abort')
      ended = true
      yield 'never sent'
    },
  })
  await once(client, 'message')
  client.terminate()
  await eventually(() => expect(ended).toBe(true))
})

it('a failure is told to the program that serves the life, and closes the client', async () => {
  const faults: unknown[] = []
  const client = await connect({
    // biome-ignore lint/correctness/useYield: it fails before its first frame.
    texts: async function* () {
      throw new Error('the disk is gone')
    },
    onFault: (error) => faults.push(error),
  })
  const [code] = await once(client, 'close')
  expect([code, faults]).toEqual([1011, [new Error('the disk is gone')]])
})
