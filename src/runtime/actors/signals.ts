import type { LogCut } from '../../../store/store.ts'
import type { ClockJump, ClockState } from '../record/clock-record.ts'
import type { AnyEvent, ScheduledTimer } from '../record/record.ts'
import type { PlainError } from '../record/values.ts'
import { INIT } from '../xstate/logic.ts'
import type { Directive, Failures } from './supervision.ts'

/**
 * The runtime's own events to an actor. They are in the actor's history like any other event, but its machine does not
 * see them.
 */
export type Signal =
  /** A timer of the actor is due, and its event goes to another receiver. */
  | { readonly type: 'outcry.timer'; readonly at: number }
  /** The actor's machine threw on `event`. The turn was undone, and `directive` says what follows. */
  | {
      readonly type: 'outcry.failed'
      readonly at: number
      readonly error: PlainError
      readonly event: AnyEvent
      readonly directive: Directive
      readonly failures: Failures
    }
  /**
   * The actor starts over from its input. With `keeps` it then takes the stashed messages one by one, each in its own
   * turn. Logs of earlier versions lack `keeps`: there the actor took all of them in this turn.
   */
  | ({
      readonly type: 'outcry.restarted'
      readonly at: number
      readonly keeps?: true
      /** True when a person restarts the actor, which has not failed. Its children stop before it starts over. */
      readonly byHand?: true
      /** The input that it starts over from. Absent when it is the actor's own. */
      readonly input?: unknown
    } & Why)
  /** The actor takes the first stashed message. Its next record is that message. */
  | { readonly type: 'outcry.unstashed'; readonly at: number }
  /** The actor's running part, a callback, threw and has ended. */
  | { readonly type: 'outcry.threw'; readonly at: number; readonly error: PlainError }
  /** The actor's running part emitted an event. */
  | { readonly type: 'outcry.emitted'; readonly at: number; readonly event: AnyEvent }
  /**
   * A person released the actor from quarantine, or a start did after a repair. With `keeps` the actor keeps its state,
   * and no restart is due. With `restarts` it was waiting for its restart, without children and timers, and starts over
   * at once.
   */
  | {
      readonly type: 'outcry.released'
      readonly at: number
      readonly keeps?: true
      readonly restarts?: true
      readonly by?: string
      readonly reason?: string
    }
  /** For `system/dead-letters`: a person drops the dead letter of this seq, or sends it to its receiver again. */
  | ({
      readonly type: 'outcry.letterDropped' | 'outcry.letterRedelivered'
      readonly at: number
      readonly letter: number
    } & Why)
  /** The actor's state was migrated to another version of its machine. */
  | {
      readonly type: 'outcry.migrated'
      readonly at: number
      readonly from: string
      readonly to: string
      /** The persisted state in the new version. */
      readonly state: unknown
      /** All timers from now on, without a target when it is the actor itself. Absent when they stay as they are. */
      readonly timers?: readonly TimerOnRecord[]
      /** The stashed events in the new version. Absent when they stay as they are. */
      readonly stash?: readonly AnyEvent[]
    }
  /** The actor is stopped, because the new version of its parent has no place for it. */
  | { readonly type: 'outcry.dropped'; readonly at: number; readonly from: string; readonly to: string }
  /** For `system/clock`: the system's clock was set, and the log's time moved forward with it by `forwardMs`. */
  | ({ readonly type: 'outcry.clockSet'; readonly at: number } & ClockJump & ClockState)
  /** For `system/retention`: the records before `firstSeq` are deleted, as `retention.deleteAfterDays` says. */
  | ({ readonly type: 'outcry.cut'; readonly at: number } & LogCut)

export type TimerOnRecord = Pick<ScheduledTimer, 'id' | 'dueAt' | 'target' | 'event'>

export function isSignal(event: AnyEvent): event is Signal {
  return event.type.startsWith('outcry.')
}

export const RESTART_TIMER = 'outcry.restart'
export const UNSTASH_TIMER = 'outcry.unstash'
/** Returns the event that starts an actor. */
export function initOf(input: unknown): AnyEvent {
  return Object.freeze(input === undefined ? { type: INIT } : { type: INIT, input })
}

/** Who acted on an actor and why, for people to read. */
export interface Why {
  readonly by?: string | undefined
  readonly reason?: string | undefined
}

/** The options of what a person does to an actor. */
export interface ActOptions extends Why {
  /** Idempotency key. A second call with the same key does nothing, and gets the receipt of the first one. */
  readonly key?: string | undefined
  /** The sender's id of its request, for the record alone. */
  readonly request?: string | undefined
}
