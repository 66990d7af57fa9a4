/** Listens to the feed and notes when each event arrives. A process of its own, which feed.ts starts and reads. */
import WebSocket from 'ws'

interface Task {
  readonly url: string
  readonly clients: number
  readonly events: number
}

interface Frame {
  readonly op: string
}

process.once('message', async ({ url, clients, events }: Task) => {
  const arrivals = new BigInt64Array(clients * events)
  const finished: Promise<void>[] = []
  const ready: Promise<void>[] = []
  for (let c = 0; c < clients; c++) {
    const socket = new WebSocket(url)
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
  process.send?.('ready')
  await Promise.all(finished)
  process.send?.(arrivals, () => process.exit())
})

function listen(socket: WebSocket, onReady: () => void): void {
  socket.on('open', () => {
    socket.send(JSON.stringify({ op: 'subscribe', id: 's', topics: ['events.beeped.>'], batchMs: 0 }))
  })
  socket.on('message', (data) => {
    if ((JSON.parse(String(data)) as Frame).op === 'caughtUp') onReady()
  })
}
