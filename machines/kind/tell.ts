import {
  type ActionFunction,
  type AnyEventObject,
  type EventObject,
  type MachineContext,
  sendTo,
} from 'xstate'

/** Returns an action that sends an event to the actor at this address. */
export function tell<TContext extends MachineContext, TEvent extends EventObject>(
  to: string,
  event: AnyEventObject,
): ActionFunction<TContext, TEvent, TEvent, undefined, never, never, never, never, never> {
  return sendTo(({ system }) => system.get(to), event)
}
