import type { CutCommit } from '../../../store/store.ts'
import type { Message } from '../turn/message.ts'
import type { Turn } from '../turn/turn.ts'
import type { Together } from './together.ts'

/** The answer that a message is durable. */
export interface Receipt {
  /** seq of the message's first record. 0 when its source's position was taken before. */
  readonly seq: number
  readonly duplicate: boolean
}

/** One job of the mailbox: a message, or an action of the runtime on an actor. */
export interface Job {
  readonly message: Message
  /** Replaces the plain taking of the message. An error that it throws before any machine ran leaves no record. */
  readonly act?: ((turn: Turn) => void) | undefined
  /** The sender that waits for its receipt. */
  readonly waiting?: Waiting | undefined
  /** The cut of the log of which the message tells. It is in the same commit. */
  readonly cut?: CutCommit | undefined
  /** The group that the message was sent with. */
  readonly together?: Together | undefined
}

export interface Waiting {
  resolve(receipt: Receipt): void
  reject(error: unknown): void
}

/** The jobs of messages that are sent together. */
export interface JobGroup {
  readonly message?: undefined
  /** True when each message is taken only after the one before it was, on record. */
  readonly isChain: boolean
  readonly jobs: readonly Job[]
}
