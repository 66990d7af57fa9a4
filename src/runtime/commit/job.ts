import type { Message } from '../turn/message.ts'
import type { Turn } from '../turn/turn.ts'

/** That a message is durable. */
export interface Receipt {
  /** seq of its first record; 0 when the source's position was taken before. */
  readonly seq: number
  readonly duplicate: boolean
}

/** One job of the mailbox: a message, or something that the runtime does to an actor. */
export interface Job {
  readonly message: Message
  /** Without it the message is simply taken. What it refuses before any machine ran leaves no record. */
  readonly work?: ((turn: Turn) => void) | undefined
  /** Of whoever waits for its receipt. */
  readonly waiting?: Waiting | undefined
}

export interface Waiting {
  resolve(receipt: Receipt): void
  reject(error: unknown): void
}
