/**
 * Finds delays that a machine names and does not define. XState treats such a delay as none, and the event comes at
 * once. Delays that a running action names (enqueueActions) are not found.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate'

/** Returns a delay that is not defined, and the state that names it. */
export function undefinedDelay(
  machine: AnyStateMachine,
  states: Iterable<AnyStateNode>,
): { readonly delay: string; readonly state: string } | undefined {
  const { delays } = machine.implementations
  const isMissing = (delay: unknown): delay is string =>
    typeof delay === 'string' && Number.isNaN(Number(delay)) && !Object.hasOwn(delays, delay)
  for (const node of states) {
    const named = [...Object.keys(Object(node.config.after)), ...actionsOf(node).map(delayOf)]
    const delay = named.find(isMissing)
    if (delay !== undefined) return { delay, state: node.id }
  }
  const delay = Object.values(machine.implementations.actions).map(delayOf).find(isMissing)
  return delay === undefined ? undefined : { delay, state: machine.root.id }
}

function actionsOf(node: AnyStateNode): unknown[] {
  const taken = [...node.transitions.values()].flat().flatMap(({ actions }) => actions)
  return [...node.entry, ...node.exit, ...taken, ...(node.initial?.actions ?? [])]
}

/** `raise` and `sendTo` are functions with their arguments as properties. */
function delayOf(action: unknown): unknown {
  return typeof action === 'function' ? (action as { delay?: unknown }).delay : undefined
}
