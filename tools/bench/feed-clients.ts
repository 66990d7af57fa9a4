/** Listens to the feed and notes when each event arrives, and in how many bytes. A process of its own, which feed.ts starts and reads. */
import type { IncomingMessage } from 'node:http'
import WebSocket from 'ws'

interface Task {
  readonly url: string
  readonly clients: number
  readonly events: number
}

/** The outcome: arrival times, client by client and event by event, and the bytes that came for them. */
export interface Heard {
  readonly arrivals: BigInt64Array
  readonly bytes: number
}

interface Frame {
  readonly op: string
}

process.once('message', async ({ url, clients, events }: Task) => {
  const arrivals = new BigInt64Array(clients * events)
  const finished: Promise<void>[] = []
  const ready: Promise<void>[] = []
  const bytesRead: (() => number)[] = []
  for (let c = 0; c < clients; c++) {
    const socket = new WebSocket(url)
    socket.on('upgrade', ({ socket: tcp }: IncomingMessage) => bytesRead.push(() => tcp.bytesRead))
    let heard = 0
    ready.push(new Promise((resolve) => listen(socket, resolve)))
    finished.push(
      new Promise((resolve) => {
        socket.on('message', (data) => {
          const now = process.hrtime.bigint()
          // Events are counted, not parsed: the clients' own work is not measured.
          const count = String(data).split('"topic":').length - 1
          for (let i = 0; i < count; i++) arrivals[c * events + heard++] = now
          if (heard >= events) resolve()
        })
      }),
    )
  }
  await Promise.all(ready)
  const total = () => bytesRead.reduce((sum, read) => sum + read(), 0)
  const before = total()
  process.send?.('ready')
  await Promise.all(finished)
  const found: Heard = { arrivals, bytes: total() - before }
  process.send?.(found, () => process.exit())
})

function listen(socket: WebSocket, onReady: () => void): void {
  socket.on('open', () => {
    socket.send(JSON.stringify({ op: 'subscribe', id: 's', topics: ['events.beeped.>'], batchMs: 0 }))
  })
  socket.on('message', (data) => {
    if ((JSON.parse(String(data)) as Frame).op === 'caughtUp') onReady()
  })
}
