import type { Address } from '../record/address.ts'
import type { AnyEvent, Origin, ScheduledTimer } from '../record/record.ts'

/** What starts a turn. */
export interface Message {
  readonly to: Address
  readonly event: AnyEvent
  readonly at: number
  /** Of the event, roughly, in characters; 0 for what the runtime itself made of something known. */
  readonly size: number
  /** The record that it answers (a timer, a promise, a port's reply); null from outside. */
  readonly cause: number | null
  readonly correlation?: string | undefined
  readonly origin?: Origin | undefined
  readonly settles?: string | undefined
  readonly key?: string | undefined
  /** The timer of `to` that came due. */
  readonly timer?: ScheduledTimer
}

/** Why a message reached nobody. */
export type DeadReason = 'unknown' | 'ended' | 'quarantined' | 'failed' | 'stashFull' | 'unreadable'
