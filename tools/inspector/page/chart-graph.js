// @ts-check
/** Makes the parts of a diagram from a machine's definition. Pure. */
import { eventText } from './text.js'

/** @typedef {{ source: string, targets: string[], eventType: string, kind: string, guard?: string, actions: string[] }} Transition */
/** @typedef {{ id: string, key: string, type: string, initial?: string, entry: string[], exit: string[], invoke: {id: string, src: string}[], transitions: Transition[], states: State[], description?: string, tags: string[] }} State */
/**
 * A line in a state's box: something that happens within the state. @typedef {{ text: string, transitions: Transition[]
 * }} Row
 */
/** @typedef {{ id: string, source: string, target: string, transitions: Transition[], lines: string[] }} Edge */

/**
 * Most children of a state from each of which the state's own transitions are drawn. With more, they start at a dot of
 * their own.
 */
const FANNED_MAX = 4
/** Edges for each state beyond which labels would fill the diagram. Such edges show their label when pointed at. */
const LABELLED_MAX = 2
/** Most lines of a label. */
const LINES_MAX = 2

/** Returns the id of the dot at which transitions start that leave any active child. @param {State} state */
const anyOf = (state) => `${state.id}$any`

/** @param {State} root @param {boolean} isLabelled @returns {{ edges: Map<string, Edge>, rows: Map<string, Row[]>, dots: Set<string>, dense: Set<string> }} */
export function graphOf(root, isLabelled) {
  /** @type {Map<string, State>} */
  const parents = new Map()
  /** @type {Map<string, Edge>} */
  const edges = new Map()
  /** @type {Map<string, Transition[]>} */
  const within = new Map()
  /** @type {Set<string>} */
  const dots = new Set()
  const isIn = (/** @type {string | undefined} */ id, /** @type {State} */ state) => {
    for (let at = id; at !== undefined; at = parents.get(at)?.id) if (at === state.id) return true
    return false
  }
  const keep = (/** @type {State} */ state, /** @type {Transition} */ t) => {
    within.set(state.id, [...(within.get(state.id) ?? []), t])
  }
  const connect = (
    /** @type {string} */ source,
    /** @type {string} */ target,
    /** @type {Transition} */ t,
  ) => {
    const id = `${source}>${target}`
    const edge = edges.get(id) ?? { id, source, target, transitions: [], lines: [] }
    edge.transitions.push(t)
    edges.set(id, edge)
  }
  const draw = (/** @type {State} */ from, /** @type {Transition} */ t, /** @type {string} */ target) => {
    if (from.id === target) return keep(from, t)
    if (!isIn(target, from)) return connect(from.id, target, t)
    const left = from.states.filter(({ type }) => type !== 'final' && type !== 'history')
    if (from.type === 'compound' && left.length <= FANNED_MAX) {
      for (const child of left) draw(child, t, target)
    } else {
      dots.add(from.id)
      connect(anyOf(from), target, t)
    }
  }
  /** @type {State[]} */
  const states = []
  const visit = (/** @type {State} */ state) => {
    states.push(state)
    for (const child of state.states) {
      parents.set(child.id, state)
      visit(child)
    }
  }
  visit(root)
  for (const state of states) {
    for (const t of state.transitions) {
      if (t.targets.length === 0) keep(state, t)
      for (const target of t.targets) draw(state, t, target)
    }
  }
  const around = (/** @type {Edge} */ { target }) => parents.get(target)?.id ?? root.id
  const dense = denseIn(states, [...edges.values()].map(around))
  for (const edge of edges.values())
    if (isLabelled && !dense.has(around(edge))) edge.lines = labelOf(edge.transitions)
  return {
    edges,
    rows: new Map(states.map((state) => [state.id, rowsOf(state, within.get(state.id))])),
    dots,
    dense,
  }
}

/**
 * Returns the ids of the states that have too many edges among their children for labels.
 * @param {State[]} all
 * @param {string[]} around for each edge, the state around it
 */
function denseIn(all, around) {
  const count = (/** @type {string} */ id) => around.filter((other) => other === id).length
  const dense = all.filter(({ id, states }) => count(id) > states.length * LABELLED_MAX)
  return new Set(dense.map(({ id }) => id))
}

/**
 * Returns the label of an edge, such as `EXECUTION_REPORT ×3`. Each event appears once.
 * @param {Transition[]} transitions
 * @returns {string[]}
 */
function labelOf(transitions) {
  const names = byEvent(transitions).map(([name, those]) => {
    const [{ guard } = { guard: undefined }] = those
    if (those.length > 1) return `${name} ×${those.length}`
    if (guard === undefined) return name
    return name === 'always' ? `[${guard}]` : `${name} [${guard}]`
  })
  if (names.length <= LINES_MAX) return names
  return [...names.slice(0, LINES_MAX - 1), `${names[LINES_MAX - 1]} +${names.length - LINES_MAX}`]
}

/** @param {State} state @param {Transition[]} [transitions] @returns {Row[]} */
function rowsOf({ entry, exit, invoke }, transitions = []) {
  const plain = [
    ...entry.map((name) => `entry / ${name}`),
    ...exit.map((name) => `exit / ${name}`),
    ...invoke.map(({ src, id }) =>
      src.startsWith('xstate.invoke') ? `invoke ${id}` : `invoke ${src} as ${id}`,
    ),
  ]
  return [
    ...plain.map((text) => ({ text, transitions: [] })),
    ...byEvent(transitions).map(([text, those]) => ({
      text: those.every(({ targets }) => targets.length > 0) ? `↻ ${text}` : text,
      transitions: those,
    })),
  ]
}

/** @param {Transition[]} transitions @returns {[string, Transition[]][]} */
function byEvent(transitions) {
  /** @type {Map<string, Transition[]>} */
  const events = new Map()
  for (const t of transitions) {
    const name = eventText(t.eventType)
    events.set(name, [...(events.get(name) ?? []), t])
  }
  return [...events]
}

/** Returns the full text of a transition. @param {Transition} t */
export function detailOf({ eventType, guard, actions }) {
  const does = actions.length > 0 ? ` / ${actions.join(', ')}` : ''
  return `${eventText(eventType)}${guard ? ` [${guard}]` : ''}${does}`
}
