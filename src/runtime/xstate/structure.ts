/**
 * Describes the structure of a machine: all that decides where a log leads and is visible without the machine's
 * functions. It is the same from sources and from a build, because it contains no code and no names of actions and
 * guards.
 */
import { createHash } from 'node:crypto'
import type { AnyActorLogic, AnyStateMachine, AnyStateNode } from 'xstate'
import { childLogic, isMachine, logicKind } from './logic.ts'

/** A short hash of each part: each state by its id, the delays and the children of a machine. */
export type Structure = Readonly<Record<string, string>>

/** Structures of machines by `kind@version`, from the time when the version was first seen. */
export type Structures = Readonly<Record<string, Structure>>

export function structureOf(machine: AnyStateMachine): Structure {
  const parts: Record<string, string> = {}
  describe(machine, '', parts, new Set())
  return parts
}

/** Returns the parts that differ, each as a text. Empty when the structures are equal. */
export function differences(was: Structure, is: Structure): string[] {
  const changed = Object.keys(is).filter((part) => Object.hasOwn(was, part) && was[part] !== is[part])
  const added = Object.keys(is).filter((part) => !Object.hasOwn(was, part))
  const removed = Object.keys(was).filter((part) => !Object.hasOwn(is, part))
  return [
    ...changed.map((part) => `${part} is another`),
    ...added.map((part) => `${part} is new`),
    ...removed.map((part) => `${part} is gone`),
  ]
}

function describe(
  machine: AnyStateMachine,
  above: string,
  parts: Record<string, string>,
  seen: Set<AnyActorLogic>,
): void {
  seen.add(machine)
  const { delays } = machine.implementations
  const named = Object.entries(delays).map(([name, delay]) => [
    name,
    typeof delay === 'number' ? delay : 'dynamic',
  ])
  if (named.length > 0) parts[`${above}delays`] = hash(named.sort(byName))
  const children = new Map<string, AnyActorLogic | undefined>()
  for (const src of Object.keys(machine.implementations.actors)) children.set(src, childLogic(machine, src))
  for (const node of statesOf(machine.root)) {
    parts[`${above}state "${node.id}"`] = hash(stateOf(node))
    for (const { src } of node.invoke) children.set(src as string, childLogic(machine, src as string))
  }
  for (const [src, logic] of [...children].sort(byName)) {
    if (logic === undefined) continue
    parts[`${above}child "${src}"`] = hash(logicKind(logic))
    // A machine that is its own child is described once.
    if (isMachine(logic) && !seen.has(logic)) describe(logic, `${above}${src}: `, parts, new Set(seen))
  }
}

function stateOf(node: AnyStateNode): unknown {
  return {
    type: node.type,
    history: node.history,
    historyTarget:
      node.type === 'history' && typeof node.config.target === 'string' ? node.config.target : undefined,
    initial: node.initial?.target?.map(({ id }) => id),
    states: Object.keys(node.states),
    on: [...node.transitions].map(([event, list]) => [event, list.map(transition)] as const).sort(byName),
    always: node.always?.map(transition),
    invoke: node.invoke.map(({ id, src, onSnapshot }) => [id, src, onSnapshot !== undefined]),
  }
}

function transition({
  target,
  reenter,
}: {
  readonly target?: readonly AnyStateNode[] | undefined
  readonly reenter?: boolean | undefined
}): unknown {
  return [target?.map(({ id }) => id), reenter === true]
}

function* statesOf(node: AnyStateNode): Iterable<AnyStateNode> {
  yield node
  for (const child of Object.values(node.states)) yield* statesOf(child)
}

function byName([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 10)
}
