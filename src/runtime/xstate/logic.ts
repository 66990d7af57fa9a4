import type { AnyActorLogic, AnyStateMachine, AnyStateNode } from 'xstate'
import { OutcryError } from '../../../errors/outcry-error.ts'
import { undefinedDelay } from './named-delays.ts'

/** XState's own events that start and stop an actor. */
export const INIT = 'xstate.init'
export const STOP = 'xstate.stop'

/**
 * The kind of an actor's logic. Machines and transition functions are pure and exist in the log alone. The others have
 * a running part (a promise, a callback, a subscription) that exists only live, and its messages are in the log.
 */
export type LogicKind = 'machine' | 'transition' | 'promise' | 'callback' | 'observable'

/**
 * Returns whether the logic is a machine. It looks at XState's own mark, because a program may load two copies of
 * XState.
 */
export function isMachine(logic: AnyActorLogic): logic is AnyStateMachine {
  return '__xstatenode' in logic
}

const kinds = new WeakMap<AnyActorLogic, LogicKind>()

export function logicKind(logic: AnyActorLogic): LogicKind {
  let kind = kinds.get(logic)
  if (kind === undefined) {
    kind = detect(logic)
    kinds.set(logic, kind)
  }
  return kind
}

/** Returns whether the logic has a part that runs outside the log. */
export function isLive(logic: AnyActorLogic): boolean {
  const kind = logicKind(logic)
  return kind === 'promise' || kind === 'callback' || kind === 'observable'
}

function detect(logic: AnyActorLogic): LogicKind {
  if (isMachine(logic)) return 'machine'
  if (logic.start === undefined) return 'transition'
  // XState does not name its kinds of logic, so their behavior tells them apart.
  const scope = { self: {}, system: {} } as never
  if ('_subscription' in logic.getInitialSnapshot(scope, undefined)) return 'observable'
  try {
    // A promise that is done ignores events. A callback throws, because it looks for receivers that only a start makes.
    logic.transition({ status: 'done', output: undefined, error: undefined }, { type: 'probe' }, scope)
    return 'promise'
  } catch {
    return 'callback'
  }
}

const INLINE_INVOKE = /^xstate\.invoke\.(\d+)\.(.*)$/

/** Returns the logic of a child by its `src` in the parent's machine, or undefined when there is none of that name. */
export function childLogic(parent: AnyActorLogic, src: string): AnyActorLogic | undefined {
  if (!isMachine(parent)) return undefined
  const inline = INLINE_INVOKE.exec(src)
  if (!inline) return parent.implementations.actors[src] as AnyActorLogic | undefined
  const [, index, stateId] = inline
  const invoke = [stateOf(parent, stateId as string)?.config.invoke ?? []].flat()[Number(index)]
  return invoke?.src as AnyActorLogic | undefined
}

function stateOf(machine: AnyStateMachine, id: string): AnyStateNode | undefined {
  try {
    return machine.getStateNodeById(id)
  } catch {
    return undefined
  }
}

/**
 * Replaces logic that no registered version has. It keeps the state as the log has it, and answers no event. Its
 * snapshots are the persisted ones.
 */
export const goneLogic = {
  transition: (snapshot: unknown) => snapshot,
  getInitialSnapshot: () => ({ status: 'active', output: undefined, error: undefined }),
  getPersistedSnapshot: (snapshot: unknown) => snapshot,
} as unknown as AnyActorLogic

/** Maximum number of microsteps in one transition. A machine with more counts as looping. */
const MICROSTEPS_MAX = 1_000

/**
 * Checks a machine, and the machines that it invokes, before any actor runs on it.
 * @throws CHILD_UNKNOWN, DELAY_UNKNOWN for a name that it does not define; CALLBACK_ASYNC
 */
export function prepareMachine(machine: AnyStateMachine, seen = new Set<AnyActorLogic>()): void {
  if (seen.has(machine)) return
  seen.add(machine)
  if (machine.options.maxIterations === Number.POSITIVE_INFINITY)
    machine.options.maxIterations = MICROSTEPS_MAX
  const missing = undefinedDelay(machine, statesOf(machine.root))
  if (missing !== undefined) {
    throw new OutcryError(
      'DELAY_UNKNOWN',
      `machine "${machine.id}" names the delay "${missing.delay}" in state "${missing.state}", but does not define it`,
      'Define it: setup({ delays: { ... } }) or machine.provide({ delays: { ... } }); or write milliseconds, as 1_000.',
    )
  }
  for (const node of statesOf(machine.root)) {
    for (const { src } of node.invoke) {
      const logic = childLogic(machine, src as string)
      if (logic === undefined) {
        throw new OutcryError(
          'CHILD_UNKNOWN',
          `machine "${machine.id}" invokes "${String(src)}" in state "${node.id}", but does not define it`,
          'Name it in setup({ actors: { ... } }) or provide it with machine.provide({ actors: { ... } }).',
        )
      }
      prepareLogic(machine, logic, seen)
    }
  }
  for (const logic of Object.values(machine.implementations.actors)) {
    if (logic) prepareLogic(machine, logic as AnyActorLogic, seen)
  }
}

function prepareLogic({ id }: AnyStateMachine, logic: AnyActorLogic, seen: Set<AnyActorLogic>): void {
  if (isMachine(logic)) prepareMachine(logic, seen)
  else if (logicKind(logic) === 'callback' && isAsync((logic as { config?: unknown }).config)) {
    throw new OutcryError(
      'CALLBACK_ASYNC',
      `machine "${id}" has an async function as a callback: its errors would be lost, and nothing ends it`,
      'Use fromPromise, or a plain function that returns its cleanup.',
    )
  }
}

/** XState would call an async function and drop its promise. */
function isAsync(code: unknown): boolean {
  return typeof code === 'function' && code.constructor.name === 'AsyncFunction'
}

export function* statesOf(node: AnyStateNode): Iterable<AnyStateNode> {
  yield node
  for (const child of Object.values(node.states)) yield* statesOf(child)
}
