/** XState's types for the rest of the runtime, which does not import XState. */
export type { AnyActorLogic, AnyActorScope, AnyStateMachine, AnyStateNode, Snapshot } from 'xstate'
