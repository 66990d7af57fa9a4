/** Clients that misbehave until they are told to end. A process of its own, started by clients.ts and crowd.ts. */
import { connect } from 'node:net'
import WebSocket from 'ws'

export type Kind =
  | 'reads nothing'
  | 'reads slowly'
  | 'reads all since 0'
  | '64 subscriptions since 0 that match nothing'
  | '64 idle subscriptions'
  | 'sends as much as it can'
  | 'sends garbage'
  | 'searches for what is not there'

export interface BadTask {
  readonly url: string
  /** Number of clients of each kind. */
  readonly kinds: Readonly<Partial<Record<Kind, number>>>
  /** Topics of those that read. */
  readonly topics: readonly string[]
}

const AGAIN_MS = 200
/** Texts and bytes that a client sends on a WebSocket, one after the other; undefined: on a bare socket, bytes that are no HTTP. */
const GARBAGE = [
  undefined,
  'no frame',
  '{"op":"subscribe","id":"s","topics":[""],"since":-1}',
  `${'['.repeat(20_000)}`,
  Buffer.alloc(60_000, 0xff),
  Buffer.alloc(100_000),
]
const SLOW_BYTES = 50_000

// The clients do not outlive the server's process.
process.once('disconnect', () => process.exit())
process.once('message', ({ url, kinds, topics }: BadTask) => {
  for (const [kind, count] of Object.entries(kinds))
    for (let n = 0; n < count; n++) start[kind as Kind](url, topics)
  setTimeout(() => process.send?.('ready'), 1_000)
  process.once('message', () => process.exit())
})

const subscribe = (id: string, topics: readonly string[], since?: number) =>
  JSON.stringify({ op: 'subscribe', id, topics, since })

/** Connects, and reconnects whenever the connection closes. */
function feed(url: string, onOpen: (socket: WebSocket) => void): void {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/feed`)
  socket.on('open', () => onOpen(socket))
  socket.on('error', () => {})
  socket.on('close', () => setTimeout(() => feed(url, onOpen), AGAIN_MS))
}

function many(url: string, since?: number): void {
  feed(url, (socket) => {
    for (let n = 0; n < 64; n++) socket.send(subscribe(`${n}`, [`events.nosuch.${n}.>`], since))
  })
}

async function search(url: string): Promise<void> {
  for (;;) {
    await fetch(`${url}/events?type=NOSUCH`)
      .then((response) => response.text())
      .catch(() => {})
  }
}

const start: Record<Kind, (url: string, topics: readonly string[]) => void> = {
  'reads nothing': (url, topics) =>
    feed(url, (socket) => {
      socket.send(subscribe('s', topics, 0))
      socket.pause()
    }),
  'reads slowly': (url, topics) =>
    feed(url, (socket) => {
      socket.send(subscribe('s', topics, 0))
      let read = 0
      socket.on('message', (data) => {
        read += String(data).length
        if (read < SLOW_BYTES) return
        read = 0
        socket.pause()
        setTimeout(() => socket.resume(), 1_000)
      })
    }),
  'reads all since 0': (url, topics) => feed(url, (socket) => socket.send(subscribe('s', topics, 0))),
  '64 subscriptions since 0 that match nothing': (url) => many(url, 0),
  '64 idle subscriptions': (url) => many(url),
  'sends as much as it can': (url) =>
    feed(url, (socket) => {
      const frames = JSON.stringify({ op: 'unsubscribe', id: 'nobody' })
      const send = () => {
        if (socket.readyState !== socket.OPEN) return
        for (let n = 0; n < 100; n++) socket.send(frames)
        setImmediate(send)
      }
      send()
    }),
  'sends garbage': (url) => {
    let turn = 0
    const again = () => {
      const piece = GARBAGE[turn++ % GARBAGE.length]
      if (piece !== undefined) {
        const socket = new WebSocket(`${url.replace('http', 'ws')}/feed`)
        socket.on('open', () => socket.send(piece))
        socket.on('error', () => {})
        socket.on('close', () => setTimeout(again, AGAIN_MS))
        return
      }
      const { hostname, port } = new URL(url)
      const socket = connect(Number(port), hostname)
      socket.on('error', () => {})
      socket.on('close', () => setTimeout(again, AGAIN_MS))
      socket.write(Buffer.alloc(1_000, 0xff))
    }
    again()
  },
  'searches for what is not there': (url) => void search(url),
}
