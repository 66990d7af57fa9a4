/** Checks the state values of a machine before XState sees them, because its errors are less precise. */
import type { AnyStateMachine, AnyStateNode } from 'xstate'
import type { StateValue } from '../record/record.ts'

/** Returns the value, frozen, because an actor's state shares it with its records. */
export function frozenStateValue<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const region of Object.values(value)) frozenStateValue(region)
  return Object.freeze(value)
}

/**
 * Returns the value completed with the initial states below its states.
 * @throws with the path of a wrong state, or when the machine would be done
 */
export function resolveValue(machine: AnyStateMachine, value: unknown): StateValue {
  checkValue(machine.root, value, 'value')
  const { value: resolved, status } = machine.resolveState({
    value: value as StateValue,
    context: {} as never,
  })
  if (status === 'done')
    throw new Error(`value ${JSON.stringify(value)} is final, and no migration ends an actor`)
  return resolved
}

function checkValue(node: AnyStateNode, value: unknown, path: string): void {
  if (typeof value === 'string') {
    if (isState(node, value)) return
    throw new Error(`${path} is "${value}", which is no state of "${node.id}"`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${path} is ${JSON.stringify(value)}, which is no state of "${node.id}"`)
  const keys = Object.keys(value)
  if (node.type === 'compound' && keys.length !== 1)
    throw new Error(`${path} names ${keys.length} states of "${node.id}", of which one is active at a time`)
  for (const key of keys) {
    if (!isState(node, key)) throw new Error(`${path}.${key} is no state of "${node.id}"`)
    checkValue(node.states[key] as AnyStateNode, (value as Record<string, unknown>)[key], `${path}.${key}`)
  }
}

function isState(node: AnyStateNode, key: string): boolean {
  return Object.hasOwn(node.states, key) && node.states[key]?.type !== 'history'
}

/** Returns the ids of a value's states in a machine that names states by their place, as XState does by default. */
export function idsOfValue(machineId: string, value: unknown): string[] {
  if (typeof value === 'string') return [machineId, `${machineId}.${value}`]
  if (typeof value !== 'object' || value === null) return [machineId]
  return [
    machineId,
    ...Object.entries(value).flatMap(([key, below]) => idsOfValue(`${machineId}.${key}`, below)),
  ]
}

/** Returns the active states of a valid value. */
export function activeNodes(machine: AnyStateMachine, value: unknown): readonly AnyStateNode[] {
  return machine.resolveState({ value: value as StateValue, context: {} as never })._nodes
}
