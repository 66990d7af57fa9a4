/** The deeds of actors in a machine, and the part of the chart that is drawn because of them. Pure. */
import type { Branch, Graph, StateNode, TakenTransition, WayKey } from './graph.ts'
import { isAmong, wayKey } from './graph.ts'
import type { Sample } from './sample.ts'

/** The number of times that a transition was taken. */
export interface TransitionCount extends TakenTransition {
  readonly count: number
}

export interface Coverage {
  /** By all actors of the kind that were looked at, in the records that were read. */
  readonly all: readonly TransitionCount[]
  /** Present when not all records of the kind's actors were read. */
  readonly sample?: Sample | undefined
  /** Ids of the states in which one of them was. */
  readonly entered?: readonly string[]
  /** By this actor, up to the moment. */
  readonly own?: readonly TransitionCount[]
}

/** The parts that have a place in the picture. The others are behind `+n`. */
export interface Shown {
  readonly keys: ReadonlySet<WayKey>
  /** States that no actor entered, none of them in another. Empty while nothing is known. */
  readonly unentered: ReadonlySet<StateNode>
  /** Present when others may have been entered or taken in records that were not read. */
  readonly sample?: Sample | undefined
}

/** Branches for each state from which on a chart without coverage leaves out those that lead to a state known before. */
const DENSE = 3

/** Returns what was taken, and how often. */
export function countsOf(counts: readonly TransitionCount[] = []): ReadonlyMap<WayKey, number> {
  return new Map(counts.flatMap((one) => (one.count > 0 ? [[wayKey(one), one.count] as const] : [])))
}

export function shownOf(graph: Graph, coverage: Coverage | undefined): Shown {
  const taken = new Set(countsOf(coverage?.all).keys())
  if (taken.size === 0) return { keys: firstWays(graph), unentered: new Set() }
  const entered = enteredBy(graph, taken, coverage?.entered ?? [])
  const isUnentered = (state: StateNode) => !entered.has(state) && state.definition.type !== 'history'
  const unentered = [...graph.states.values()].filter(
    (state) => isUnentered(state) && !(state.parent && isUnentered(state.parent)),
  )
  return { keys: taken, unentered: new Set(unentered), sample: coverage?.sample }
}

function enteredBy(
  { root, states, groups }: Graph,
  taken: ReadonlySet<WayKey>,
  known: readonly string[],
): ReadonlySet<StateNode> {
  const entered = new Set<StateNode>()
  const enter = (state: StateNode) => {
    if (entered.has(state)) return
    entered.add(state)
    const isHistory = state.definition.type === 'history' && state.parent !== undefined
    const inner = entrances(isHistory ? (state.parent as StateNode) : state, states)
    for (const child of inner) enter(child)
    // The parallel regions of a state around it are entered as well, and nothing else of it.
    const { parent } = state
    if (parent?.definition.type === 'parallel') enter(parent)
    else
      for (let at = parent; at !== undefined && !entered.has(at); at = at.parent) {
        entered.add(at)
        if (at.definition.type === 'parallel') for (const child of at.children) enter(child)
      }
  }
  enter(root)
  for (const { source, branches } of groups)
    for (const { keys, target } of branches)
      if (isAmong(keys, taken)) {
        enter(source)
        enter(target)
      }
  // An actor may have come there before the records that were looked at.
  for (const state of states.values())
    if (known.includes(state.id) || state.rows.some(({ keys }) => isAmong(keys, taken))) enter(state)
  return entered
}

/** Returns all ways, but in a dense state only those on which each state is reached first. */
function firstWays({ root, states, groups }: Graph): ReadonlySet<WayKey> {
  const isDense = (home: StateNode) => {
    const inside = groups.filter((group) => group.home === home)
    return inside.reduce((sum, { branches }) => sum + branches.length, 0) > home.children.length * DENSE
  }
  const dense = new Set([...states.values()].filter(isDense))
  const isWithin = ({ parent }: StateNode) => parent !== undefined && dense.has(parent)
  const rows = [...states.values()].filter((state) => !isWithin(state)).flatMap((state) => state.rows)
  const found = new Set(rows.flatMap(({ keys }) => keys))
  const add = ({ keys }: Branch) => {
    for (const key of keys) found.add(key)
  }
  const reached = new Set<StateNode>()
  const waiting = [root]
  for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
    if (reached.has(at)) continue
    reached.add(at)
    const source = at
    waiting.push(...entrances(source, states), ...(source.parent ? [source.parent] : []))
    for (const { home, branches } of groups.filter((group) => group.source === source))
      for (const branch of branches) {
        const { target } = branch
        if (dense.has(home) && (reached.has(target) || waiting.includes(target))) continue
        add(branch)
        waiting.push(target)
      }
  }
  for (const { home, branches, source } of groups)
    if (!dense.has(home) && !reached.has(source)) for (const branch of branches) add(branch)
  return found
}

function entrances({ definition, children }: StateNode, states: ReadonlyMap<string, StateNode>): StateNode[] {
  if (definition.type === 'parallel') return [...children]
  const initial = definition.initial === undefined ? undefined : states.get(definition.initial)
  return initial ? [initial] : []
}
