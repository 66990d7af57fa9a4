/**
 * Delays that a machine names and does not define. XState takes such a delay for none: what is meant to happen in a
 * while happens at once. Those that an action names as it runs (enqueueActions) are not seen here.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate'

/** A delay that nobody defines, and the state that names it. */
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

/** `raise` and `sendTo` are functions that carry what they were given. */
function delayOf(action: unknown): unknown {
  return typeof action === 'function' ? (action as { delay?: unknown }).delay : undefined
}
