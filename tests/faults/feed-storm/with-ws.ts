/** `with-ws.ts <url> <file> <topics>`: keeps the items of a feed with nothing but a WebSocket. */
import { WebSocket } from 'ws'
import type { FeedFrame } from '../../../src/api/contract/frames.ts'
import { Kept } from './kept.ts'

const AGAIN_MS = 200

const [url, file, topics] = process.argv.slice(2) as [string, string, string]
const kept = new Kept(file)

function follow(): void {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/feed`)
  const { since } = kept
  socket.on('open', () =>
    socket.send(JSON.stringify({ op: 'subscribe', id: 's', topics: topics.split(' '), since, batchMs: 5 })),
  )
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data)) as FeedFrame
    if (frame.op === 'batch') kept.take(frame.events)
    else if (frame.op === 'event') kept.take([frame])
    else if (frame.op === 'error') throw new Error(frame.message)
  })
  // A close follows every error.
  socket.on('error', () => {})
  socket.on('close', () => setTimeout(follow, AGAIN_MS))
}
follow()
