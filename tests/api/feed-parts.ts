/** A socket and a log for the feed, which do only what a test lets them do. */
import { EventEmitter } from 'node:events'
import type { FeedSource } from '../../src/api/feed/feed-session.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'

export interface Frame {
  readonly op: string
  readonly id?: string
  readonly code?: string
  readonly seq?: number
  readonly events?: readonly { readonly seq: number }[]
}

/** A socket whose other end reads only as much as the test says. */
export class Socket extends EventEmitter {
  readonly OPEN = 1
  readyState = 1
  bufferedAmount = 0
  readonly frames: Frame[] = []
  readonly closes: [code: number, reason: string][] = []
  #onGone: (() => void) | undefined

  send(text: string | Buffer, _options: object, onGone: () => void): void {
    this.#onGone = onGone
    this.frames.push(JSON.parse(String(text)) as Frame)
    if (this.bufferedAmount === 0) queueMicrotask(onGone)
  }

  ping(): void {}

  close(code: number, reason: string): void {
    this.readyState = 2
    this.closes.push([code, reason])
  }

  /** Reads everything that waits. */
  drain(): void {
    this.bufferedAmount = 0
    this.#onGone?.()
  }

  says(frame: object): void {
    this.emit('message', Buffer.from(JSON.stringify(frame)), false)
  }

  get seqs(): (number | undefined)[] {
    return this.frames.filter(({ op }) => op === 'event').map(({ seq }) => seq)
  }
}

/** A log that returns a record when the test allows it. */
export class Log implements FeedSource {
  readonly logId = 'test'
  readonly firstSeq: number = 1
  seq = 0
  read: FeedSource['read'] = this.all
  /** Seqs of the records that were read. */
  readonly seqs: number[] = []

  async *all({ fromSeq = 1, toSeq = this.seq, reverse = false }): AsyncGenerator<TransitionRecord> {
    const first = reverse ? toSeq : fromSeq
    for (let n = 0; n <= toSeq - fromSeq; n++) {
      const seq = reverse ? first - n : first + n
      this.seqs.push(seq)
      yield recordAt(seq)
    }
  }
}

export function recordAt(seq: number): TransitionRecord {
  return {
    seq,
    rev: seq,
    actor: 'tally/a',
    at: seq,
    event: { type: 'INC' },
    from: null,
    to: 'busy',
    cause: null,
    correlation: `c${seq}`,
    machine: 'tally@1',
    turn: seq,
  }
}
