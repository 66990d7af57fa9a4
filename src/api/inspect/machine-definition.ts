import { compact } from '../../../errors/compact.ts'
import type { StateValue } from '../../runtime/record/record.ts'
import { guardName } from '../../runtime/xstate/guard-name.ts'
import type { AnyStateMachine, AnyStateNode } from '../../runtime/xstate/types.ts'

/** A state of a machine, as a diagram needs it, in plain JSON. */
export interface StateDefinition {
  readonly id: string
  readonly key: string
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history'
  /** Id of the state that is entered first. */
  readonly initial?: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly invoke: readonly { readonly id: string; readonly src: string }[]
  readonly entry: readonly string[]
  readonly exit: readonly string[]
  readonly transitions: readonly TransitionDefinition[]
  readonly states: readonly StateDefinition[]
}

export interface TransitionDefinition {
  readonly source: string
  /** Ids of the target states; none when the machine stays where it is. */
  readonly targets: readonly string[]
  readonly eventType: string
  readonly kind: 'event' | 'always' | 'after' | 'done' | 'error'
  /** Milliseconds, or the name of a delay. */
  readonly delay?: string
  readonly guard?: string
  readonly actions: readonly string[]
}

export function machineDefinition(machine: AnyStateMachine): StateDefinition {
  return stateDefinition(machine.root)
}

/** Returns the transitions of a state and of all states in it. */
export function transitionsOf({ transitions, states }: StateDefinition): readonly TransitionDefinition[] {
  return [...transitions, ...states.flatMap(transitionsOf)]
}

/** Returns the ids of the states that are active in a state value. */
export function activeIn({ id, states }: StateDefinition, value: StateValue | undefined): readonly string[] {
  const inner = states.flatMap((state) => {
    if (typeof value === 'string') return value === state.key ? activeIn(state, undefined) : []
    return value !== undefined && state.key in value ? activeIn(state, value[state.key]) : []
  })
  return [id, ...inner]
}

function stateDefinition(node: AnyStateNode): StateDefinition {
  const initial = node.type === 'compound' ? node.initial.target[0]?.id : undefined
  const transitions = [...node.transitions.values()].flat()
  return compact({
    id: node.id,
    key: node.key,
    type: node.type,
    initial,
    description: node.description,
    tags: node.tags,
    invoke: node.invoke.map(({ id, src }) => ({ id, src: String(src) })),
    // `after` adds actions to entry and exit. They are left out, because its edge shows them.
    entry: node.entry.map(actionName).filter((name) => name !== 'xstate.raise'),
    exit: node.exit.map(actionName).filter((name) => name !== 'xstate.cancel'),
    transitions: [...transitions, ...(node.always ?? [])].map((t) => transitionDefinition(node, t)),
    states: Object.values(node.states).map(stateDefinition),
  })
}

/** The type of the event of an `after` begins so. */
const AFTER = 'xstate.after.'

export type Transition = NonNullable<AnyStateNode['always']>[number]

/** Returns a transition from the state. */
export function transitionDefinition(
  node: AnyStateNode,
  { target, eventType, guard, actions }: Transition,
): TransitionDefinition {
  const isAfter = eventType.startsWith(AFTER)
  const kind = isAfter
    ? 'after'
    : eventType === ''
      ? 'always'
      : eventType.startsWith('xstate.done.')
        ? 'done'
        : eventType.startsWith('xstate.error.')
          ? 'error'
          : 'event'
  return {
    source: node.id,
    targets: target?.map((t) => t.id) ?? [],
    eventType,
    kind,
    // The type ends with the id of the state. Both may contain dots.
    ...(isAfter && { delay: eventType.slice(AFTER.length, -node.id.length - 1) }),
    ...(guard !== undefined && { guard: guardName(guard) }),
    actions: actions.map(actionName),
  }
}

/** Returns the name of an action. An action without one is "(inline)". */
export function actionName(action: unknown): string {
  if (typeof action === 'string') return action
  const { type, name } = action as { readonly type?: string; readonly name?: string }
  return type ?? (name === '' || name === undefined || name === 'actions' ? '(inline)' : name)
}
