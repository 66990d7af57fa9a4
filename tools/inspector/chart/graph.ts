/** Makes the parts of a chart from the definition of a machine: states, labels that lead somewhere, and lines in states. Pure. */
import type { AnswerOf, Routes } from '../../../src/client/index.ts'
import { eventText } from './names.ts'

/** A state of a machine as the server describes it. The root is the machine. */
export type Definition = AnswerOf<Routes['machine']>
type Transition = Definition['transitions'][number]

/** A transition that an actor took, by the ids of its states. */
export interface TakenTransition {
  readonly source: string
  readonly targets: readonly string[]
  readonly eventType: string
  readonly guard?: string | undefined
}

/** The part of a transition that a record has. Two transitions that differ in their actions alone have the same. */
export type WayKey = string

export interface StateNode {
  readonly definition: Definition
  readonly id: string
  readonly parent: StateNode | undefined
  /** Place in the order of the definition. */
  readonly order: number
  readonly children: readonly StateNode[]
  readonly rows: readonly Row[]
  /** True for one of the regions of a parallel state. */
  readonly isRegion: boolean
}

/** A transition that stays in its state, as a line there. */
export interface Row {
  readonly event: string
  readonly guards: readonly string[]
  readonly actions: readonly string[]
  /** True when the state is left and entered again, so that its timers start anew. */
  readonly reenters: boolean
  /** The state around it that is entered again. */
  readonly to: string | undefined
  /** The keys of the transitions with one of its guards. */
  readonly keys: readonly WayKey[]
}

/** A label: all transitions of a state with the same event and actions that lead somewhere. */
export interface Group {
  readonly id: string
  readonly source: StateNode
  readonly event: string
  readonly actions: readonly string[]
  readonly branches: readonly Branch[]
  /** The state in which the label lies. */
  readonly home: StateNode
  /** True when it leaves from anywhere in its source, because its targets are there. */
  readonly fromAny: boolean
}

export interface Branch {
  readonly id: string
  /** The keys of the transitions with one of its guards. */
  readonly keys: readonly WayKey[]
  readonly target: StateNode
  /** The guards of the transitions that take it. Absent for one without a guard. */
  readonly guards: readonly (string | undefined)[]
}

export interface Graph {
  readonly root: StateNode
  readonly states: ReadonlyMap<string, StateNode>
  readonly groups: readonly Group[]
}

export function wayKey({ source, targets, eventType, guard }: TakenTransition): WayKey {
  return [source, eventType, ...targets, ...(guard === undefined ? [] : [`[${guard}]`])].join(' ')
}

/** Returns whether one of the keys is in a set or a map. */
export function isAmong(keys: readonly WayKey[], set: { has(key: WayKey): boolean }): boolean {
  return keys.some((key) => set.has(key))
}

export function graphOf(definition: Definition): Graph {
  const states = new Map<string, StateNode>()
  const root = nodeOf(definition, undefined, states)
  const groups = [...states.values()].flatMap((state) => groupsOf(state, states))
  return { root, states, groups }
}

interface Growing extends StateNode {
  children: readonly StateNode[]
}

function nodeOf(
  definition: Definition,
  parent: StateNode | undefined,
  states: Map<string, StateNode>,
): StateNode {
  const isRegion = parent?.definition.type === 'parallel'
  const around = new Set([definition.id])
  for (let at = parent; at !== undefined; at = at.parent) around.add(at.id)
  const { id } = definition
  const rows = rowsOf(definition, around)
  const node: Growing = { definition, id, parent, order: states.size, children: [], rows, isRegion }
  states.set(id, node)
  node.children = definition.states.map((child) => nodeOf(child, node, states))
  return node
}

/** Returns whether `state` is `around` or lies in it. */
export function isIn(state: StateNode, around: StateNode): boolean {
  for (let at: StateNode | undefined = state; at !== undefined; at = at.parent) if (at === around) return true
  return false
}

/** @param around ids of the state and of those around it, which a transition of a row enters again */
function rowsOf(definition: Definition, around: ReadonlySet<string>): Row[] {
  const rows = new Map<string, Row & { guards: string[]; keys: WayKey[] }>()
  for (const transition of definition.transitions) {
    const { eventType, targets, actions, guard } = transition
    if (!targets.every((target) => around.has(target))) continue
    const outer = targets.find((target) => target !== definition.id)
    const id = JSON.stringify([eventType, actions, targets])
    const known = rows.get(id)
    if (known) {
      known.guards.push(...(guard === undefined ? [] : [guard]))
      known.keys.push(wayKey(transition))
    } else
      rows.set(id, {
        event: eventText(eventType),
        guards: guard === undefined ? [] : [guard],
        actions,
        reenters: targets.length > 0,
        to: outer?.split('.').at(-1),
        keys: [wayKey(transition)],
      })
  }
  return [...rows.values()]
}

function groupsOf(source: StateNode, states: ReadonlyMap<string, StateNode>): Group[] {
  const found = new Map<string, Transition[]>()
  for (const transition of source.definition.transitions) {
    if (source.rows.some(({ keys }) => keys.includes(wayKey(transition)))) continue
    const id = JSON.stringify([transition.eventType, transition.actions])
    found.set(id, [...(found.get(id) ?? []), transition])
  }
  return [...found.values()].map((transitions, i) => {
    const [{ eventType, actions } = { eventType: '', actions: [] }] = transitions
    const id = `${source.id} ${i}`
    const branches = branchesOf(id, transitions, states)
    const targets = branches.map(({ target }) => target)
    const fromAny = targets.every((target) => isIn(target, source))
    const home = homeOf(fromAny ? targets : [source, ...targets])
    return { id, source, event: eventText(eventType), actions, branches, home, fromAny }
  })
}

function branchesOf(id: string, transitions: Transition[], states: ReadonlyMap<string, StateNode>): Branch[] {
  const branches = new Map<string, Branch & { guards: (string | undefined)[]; keys: WayKey[] }>()
  for (const transition of transitions) {
    const key = wayKey(transition)
    const leads = transition.targets.join(' ')
    for (const name of transition.targets) {
      const target = states.get(name)
      if (target === undefined) continue
      const same = branches.get(`${leads} ${name}`)
      if (same) {
        same.guards.push(transition.guard)
        same.keys.push(key)
      } else
        branches.set(`${leads} ${name}`, {
          id: `${id} ${branches.size}`,
          keys: [key],
          target,
          guards: [transition.guard],
        })
    }
  }
  return [...branches.values()]
}

/** Returns the innermost state that is around all of these. */
function homeOf([first, ...others]: readonly StateNode[]): StateNode {
  let home = first?.parent ?? (first as StateNode)
  while (home.parent !== undefined && others.some((state) => state === home || !isIn(state, home)))
    home = home.parent
  return home
}
