import type { PlainError } from './json.ts'
import type { AnyEvent } from './record.ts'
import type { Directive, Failures } from './supervision.ts'

/**
 * What the runtime itself does to an actor. These are events in the actor's history like any other, but its machine
 * does not see them.
 */
export type LifecycleEvent =
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
  /** It begins anew from its input. */
  | { readonly type: 'outcry.restarted'; readonly at: number }
  /** Somebody let it out of quarantine. */
  | { readonly type: 'outcry.released'; readonly at: number }
  /** Its state was carried over to another version of its machine. */
  | {
      readonly type: 'outcry.migrated'
      readonly at: number
      readonly from: string
      readonly to: string
      /** The persisted state in the new version. */
      readonly state: unknown
    }

export function isLifecycle(event: AnyEvent): event is LifecycleEvent {
  return event.type.startsWith('outcry.')
}

export const RESTART_TIMER = 'outcry.restart'
/** XState's own: what starts and what stops an actor. */
export const INIT = 'xstate.init'
export const STOP = 'xstate.stop'
