/** A client of the feed on a real socket that keeps every frame. */
import { once } from 'node:events'
import { expect } from 'vitest'
import { WebSocket } from 'ws'
import type { z } from 'zod'
import type { ErrorCode } from '../../errors/codes.ts'
import { OutcryError } from '../../errors/outcry-error.ts'
import type { FeedFrame, subscribeFrame } from '../../src/api/contract/frames.ts'
import type { FeedItem } from '../../src/client/index.ts'
import { eventually } from '../runtime/harness.ts'

export class FeedSocket {
  readonly socket: WebSocket
  readonly frames: FeedFrame[] = []

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data) => this.frames.push(JSON.parse(String(data))))
  }

  static async open(url: string, options = {}): Promise<FeedSocket> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/feed`, options)
    const client = new FeedSocket(socket)
    await once(socket, 'open')
    return client
  }

  says(frame: object): void {
    this.socket.send(JSON.stringify(frame))
  }

  /** Subscribes, and resolves when everything of the past has come. @throws the server's refusal */
  async subscribe(frame: Omit<z.input<typeof subscribeFrame>, 'op'>): Promise<void> {
    this.says({ op: 'subscribe', ...frame })
    const of = () => this.frames.filter((one) => 'id' in one && one.id === frame.id)
    await eventually(() => expect(of().some(({ op }) => op === 'caughtUp' || op === 'error')).toBe(true))
    const [first] = of()
    if (first?.op === 'error') throw new OutcryError(first.code as ErrorCode, first.message, '')
  }

  /** The publications of a subscription, batched or not, in the order in which they came. */
  items(of: string): FeedItem[] {
    return this.frames.flatMap((frame): FeedItem[] => {
      if ((frame.op !== 'event' && frame.op !== 'batch') || frame.id !== of) return []
      return frame.op === 'batch' ? [...frame.events] : [frame]
    })
  }
}
