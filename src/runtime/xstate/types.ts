/** XState's types, as the rest of the runtime knows them: nothing else imports XState. */
export type { AnyActorLogic, AnyActorScope, AnyStateMachine, AnyStateNode, Snapshot } from 'xstate'
