import type { ClockJump, ClockState } from '../record/clock-record.ts'
import type { AnyEvent, ScheduledTimer } from '../record/record.ts'
import type { PlainError } from '../record/values.ts'
import { INIT } from '../xstate/logic.ts'
import type { Directive, Failures } from './supervision.ts'

/**
 * What the runtime itself does to an actor. These are events in the actor's history like any other, but its machine
 * does not see them.
 */
export type Signal =
  /** A timer of the actor came due whose event goes to somebody else. */
  | { readonly type: 'outcry.timer'; readonly at: number }
  /** Its machine threw on `event`; the turn was undone and `directive` is what follows. */
  | {
      readonly type: 'outcry.failed'
      readonly at: number
      readonly error: PlainError
      readonly event: AnyEvent
      readonly directive: Directive
      readonly failures: Failures
    }
  /**
   * It starts over from its input. With `keeps` it takes the messages that came meanwhile one by one, each in a turn of
   * its own; the logs of earlier versions lack it, where it took them all in this turn.
   */
  | { readonly type: 'outcry.restarted'; readonly at: number; readonly keeps?: true }
  /** It takes the first of the messages that came while it was restarting: the next record. */
  | { readonly type: 'outcry.unstashed'; readonly at: number }
  /** Its running part, a callback, threw; with that it has ended. */
  | { readonly type: 'outcry.threw'; readonly at: number; readonly error: PlainError }
  /** Its running part emitted an event. */
  | { readonly type: 'outcry.emitted'; readonly at: number; readonly event: AnyEvent }
  /**
   * Somebody, or something that was mended, let it out of quarantine. With `keeps` it keeps its state for good: no restart
   * is due any more. With `restarts` it was waiting for its restart, without children and timers, and starts over at once.
   */
  | {
      readonly type: 'outcry.released'
      readonly at: number
      readonly keeps?: true
      readonly restarts?: true
      readonly by?: string
      readonly reason?: string
    }
  /** Its state was carried over to another version of its machine. */
  | {
      readonly type: 'outcry.migrated'
      readonly at: number
      readonly from: string
      readonly to: string
      /** The persisted state in the new version. */
      readonly state: unknown
      /** All its timers from then on, without target where it is the actor itself; absent where they stay as they are. */
      readonly timers?: readonly TimerOnRecord[]
      /** The events that it kept while it restarts, in the new version; absent where they stay as they are. */
      readonly stash?: readonly AnyEvent[]
    }
  /** It is stopped, for the new version of its parent has no place for it. */
  | { readonly type: 'outcry.dropped'; readonly at: number; readonly from: string; readonly to: string }
  /** Of `system/clock`: the system's clock was set, and the time of the log went forward with it by `forwardMs`. */
  | ({ readonly type: 'outcry.clockSet'; readonly at: number } & ClockJump & ClockState)

export type TimerOnRecord = Pick<ScheduledTimer, 'id' | 'dueAt' | 'target' | 'event'>

export function isSignal(event: AnyEvent): event is Signal {
  return event.type.startsWith('outcry.')
}

export const RESTART_TIMER = 'outcry.restart'
export const UNSTASH_TIMER = 'outcry.unstash'
/** What starts an actor. */
export function initOf(input: unknown): AnyEvent {
  return Object.freeze(input === undefined ? { type: INIT } : { type: INIT, input })
}

/** Who has done something to an actor, and why: for people to read. */
export interface Why {
  readonly by?: string | undefined
  readonly reason?: string | undefined
}
