/** The parts of a chart that are active, just taken, or taken before. Pure. */
import { type Coverage, countsOf } from './coverage.ts'
import {
  type Branch,
  type Graph,
  type Group,
  isAmong,
  isIn,
  type StateNode,
  type TakenTransition,
  type WayKey,
  wayKey,
} from './graph.ts'

export type StateValue = string | { readonly [key: string]: StateValue | undefined }

export interface Lit {
  readonly active: ReadonlySet<StateNode>
  /** Just taken. */
  readonly now: ReadonlySet<WayKey>
  /** By this actor, up to the moment. */
  readonly own: ReadonlyMap<WayKey, number>
  /** False for a life that is too long to tell what the actor itself took. It may have taken what is of others. */
  readonly isOwnKnown: boolean
  /** By all actors of the kind. */
  readonly all: ReadonlyMap<WayKey, number>
  /** States in which this actor has been. */
  readonly seen: ReadonlySet<StateNode>
}

export type Degree = 'now' | 'own' | 'others' | 'never'

export function litOf(
  graph: Graph,
  value: StateValue | undefined,
  taken: readonly TakenTransition[],
  coverage: Coverage | undefined,
): Lit {
  const now = new Set(taken.map(wayKey))
  const own = countsOf(coverage?.own)
  const all = new Map(countsOf(coverage?.all))
  // This actor may have gone on since the others were counted.
  for (const [key, count] of own) all.set(key, Math.max(count, all.get(key) ?? 0))
  const active = new Set<StateNode>()
  if (value !== undefined) collect(graph.root, value, active)
  const seen = new Set<StateNode>(active)
  for (const { source, branches } of graph.groups)
    for (const { keys, target } of branches)
      if (isAmong(keys, own) || isAmong(keys, now)) for (const state of [source, target]) seen.add(state)
  return { active, now, own, isOwnKnown: coverage?.own !== undefined, all, seen }
}

function collect(state: StateNode, value: StateValue | undefined, active: Set<StateNode>): void {
  active.add(state)
  for (const child of state.children) {
    const { key } = child.definition
    if (typeof value === 'string' ? value === key : value !== undefined && key in value)
      collect(child, typeof value === 'string' ? undefined : value?.[key], active)
  }
}

export function degreeOf(keys: readonly WayKey[], { now, own, all }: Lit): Degree {
  if (isAmong(keys, now)) return 'now'
  if (isAmong(keys, own)) return 'own'
  // While nothing is known, nothing is said to be never taken.
  return all.size === 0 || isAmong(keys, all) ? 'others' : 'never'
}

/** Returns how often all actors of the kind took one of the transitions. */
export function countIn(keys: readonly WayKey[], counts: ReadonlyMap<WayKey, number>): number {
  return [...new Set(keys)].reduce((sum, key) => sum + (counts.get(key) ?? 0), 0)
}

/** A way that has no place in the layout. It is drawn from its label, or from its state where it has none. */
export interface Loose {
  readonly group: Group
  readonly branch: Branch
}

/** Returns the ways of all labels that have no place. */
export function looseWays(graph: Graph, placed: ReadonlySet<WayKey>): readonly Loose[] {
  return graph.groups.flatMap((group) =>
    group.branches.filter(({ keys }) => !isAmong(keys, placed)).map((branch) => ({ group, branch })),
  )
}

/** The answer of a state to an event, for readers. */
export interface Possible {
  readonly state: StateNode
  readonly isActive: boolean
  readonly events: readonly string[]
}

/** Returns all states, each with the events that it and those around it take. */
export function possibleEvents(
  { states, groups }: Graph,
  active: ReadonlySet<StateNode>,
): readonly Possible[] {
  return [...states.values()]
    .filter((state) => state.children.length === 0)
    .map((state) => {
      const rows = [...states.values()]
        .filter((around) => isIn(state, around))
        .flatMap((around) => around.rows)
      const ways = groups.filter(({ source }) => isIn(state, source))
      const events = [...ways.map(toText), ...rows.map(({ event }) => event)]
      return { state, isActive: active.has(state), events: [...new Set(events)] }
    })
}

function toText({ event, branches }: Group): string {
  const targets = new Set(branches.map(({ target }) => target.definition.key))
  return `${event} to ${[...targets].join(' or ')}`
}
