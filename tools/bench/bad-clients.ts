/** A hundred clients that misbehave until they are told to end. A process of its own, started by clients.ts. */
import { connect } from 'node:net'
import WebSocket from 'ws'

/** Number of clients of each kind. */
export const KINDS = {
  'reads nothing': 20,
  'reads slowly': 15,
  'reads all since 0': 5,
  '64 subscriptions since 0 that match nothing': 10,
  '64 idle subscriptions': 25,
  'sends as much as it can': 10,
  'sends garbage': 5,
  'searches for what is not there': 10,
} as const

type Kind = keyof typeof KINDS

interface Task {
  readonly url: string
}

const AGAIN_MS = 200
const SLOW_BYTES = 50_000

process.once('message', ({ url }: Task) => {
  for (const [kind, count] of Object.entries(KINDS)) for (let n = 0; n < count; n++) start[kind as Kind](url)
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

const start: Record<Kind, (url: string) => void> = {
  'reads nothing': (url) =>
    feed(url, (socket) => {
      socket.send(subscribe('s', ['transitions.>'], 0))
      socket.pause()
    }),
  'reads slowly': (url) =>
    feed(url, (socket) => {
      socket.send(subscribe('s', ['transitions.>'], 0))
      let read = 0
      socket.on('message', (data) => {
        read += String(data).length
        if (read < SLOW_BYTES) return
        read = 0
        socket.pause()
        setTimeout(() => socket.resume(), 1_000)
      })
    }),
  'reads all since 0': (url) => feed(url, (socket) => socket.send(subscribe('s', ['transitions.>'], 0))),
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
    const again = () => {
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
