/** Writes a machine as a configuration of xstate 4. Its states have the same ids, so both show the same chart. */
import { compact } from '../../../errors/compact.ts'
import { statesOf } from '../../runtime/xstate/logic.ts'
import type { AnyStateMachine, AnyStateNode } from '../../runtime/xstate/types.ts'
import { actionName, type Transition, transitionDefinition } from './machine-definition.ts'

/** Transitions by event or by delay. */
type Listed = Map<string, object[]>

/** Stands between the keys of a path where a dot is part of a key. */
const OTHER_DELIMITER = '\u001f'

/** Returns what `createMachine` of xstate 4 takes. */
export function legacyMachine(machine: AnyStateMachine): object {
  const hasDots = [...statesOf(machine.root)].some(({ key }) => key.includes('.'))
  return {
    // Without it, xstate 4 warns about the machine.
    predictableActionArguments: true,
    ...compact({ version: machine.version }),
    ...(hasDots && { delimiter: OTHER_DELIMITER }),
    ...stateConfig(machine.root),
  }
}

function stateConfig(node: AnyStateNode): object {
  // An event may have any name, also one that each object has, such as `constructor`.
  const on: Listed = new Map()
  const after: Listed = new Map()
  // xstate 4 has other names for the events of children and of final states, so their transitions are listed apart.
  // The root ends the machine, so it has no transition for its own end.
  const apart = new Set(node.parent === undefined ? [] : [doneOf(node)])
  for (const { id } of node.invoke) for (const type of outcomesOf(id)) apart.add(type)
  for (const one of [...node.transitions.values()].flat()) {
    const { eventType, delay } = transitionDefinition(node, one)
    if (apart.has(eventType)) continue
    const list = delay === undefined ? on : after
    const key = delay ?? eventType
    list.set(key, [...(list.get(key) ?? []), transitionConfig(node, one)])
  }
  const { id, key, type, description, tags, history } = node
  const listed = (eventType: string) =>
    (node.transitions.get(eventType) ?? []).map((one) => transitionConfig(node, one))
  const isHistory = type === 'history'
  return {
    id,
    key,
    type,
    ...compact({ description, initial: type === 'compound' ? node.initial.target[0]?.key : undefined }),
    ...(isHistory && { history }),
    tags,
    entry: namesOf(node.entry, 'raise'),
    exit: namesOf(node.exit, 'cancel'),
    on: Object.fromEntries(on),
    after: Object.fromEntries(after),
    always: (node.always ?? []).map((one) => transitionConfig(node, one)),
    invoke: node.invoke.map(({ id, src }) => {
      const [done, error] = outcomesOf(id)
      return { id, src: String(src), onDone: listed(done), onError: listed(error) }
    }),
    ...(node.parent !== undefined && { onDone: listed(doneOf(node)) }),
    states: Object.fromEntries(Object.values(node.states).map((child) => [child.key, stateConfig(child)])),
  }
}

function transitionConfig(node: AnyStateNode, transition: Transition): object {
  const { targets, guard: cond, actions } = transitionDefinition(node, transition)
  return {
    ...(targets.length > 0 && { target: targets.map((id) => `#${id}`) }),
    ...compact({ cond }),
    internal: !transition.reenter,
    actions: actions.map(plainName),
  }
}

/** Returns the names of actions, without the one that XState adds for each `after`. */
function namesOf(actions: readonly unknown[], added: string): string[] {
  return actions.map((one) => plainName(actionName(one))).filter((name) => name !== added)
}

/** Returns a name without the prefix of XState's own actions: xstate 4 would look for their parts. */
function plainName(name: string): string {
  return name.replace(/^xstate\./, '')
}

function doneOf({ id }: AnyStateNode): string {
  return `xstate.done.state.${id}`
}

function outcomesOf(invokeId: string): readonly [done: string, error: string] {
  return [`xstate.done.actor.${invokeId}`, `xstate.error.actor.${invokeId}`]
}
