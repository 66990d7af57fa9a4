import type { Address } from '../record/address.ts'
import type { AnyEvent, Origin, ScheduledTimer } from '../record/record.ts'

/** The message that starts a turn. */
export interface Message {
  readonly to: Address
  readonly event: AnyEvent
  readonly at: number
  /** Approximate size of the event, in characters. 0 when the runtime made the event from known values. */
  readonly size: number
  /**
   * seq of the record that the message answers (a timer, a promise, a port's reply). Null for a message from outside.
   */
  readonly cause: number | null
  readonly correlation?: string | undefined
  readonly origin?: Origin | undefined
  readonly completes?: string | undefined
  readonly key?: string | undefined
  readonly request?: string | undefined
  /** The timer of `to` that is due. */
  readonly timer?: ScheduledTimer
}

/** The reason why a message reached no actor. */
export type DeadReason = 'unknown' | 'ended' | 'quarantined' | 'failed' | 'stashFull' | 'unreadable'
