// @ts-check
/**
 * From a machine's definition to boxes and lines: what elk is asked, and what it answers, put into one coordinate
 * system.
 */

/** @typedef {{ id: string, key: string, type: string, initial?: string, entry: string[], exit: string[], invoke: {id: string, src: string}[], transitions: any[], states: any[], description?: string, tags: string[] }} State */
/** @typedef {{ text: string, key?: string }} Row */
/** @typedef {{ state: State, x: number, y: number, width: number, height: number, className: string, rows: Row[] }} Box */
/** @typedef {{ key: string, points: {x: number, y: number}[], lines: string[], x: number, y: number, transitions: any[] }} Line */

const CHAR = 6.5
const KEY_CHAR = 8.2
const ROW = 15
const HEAD = 26
/** Begins the ids of edges that are laid out but not drawn. */
const UNSEEN = '$unseen '

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.spacing.nodeNodeBetweenLayers': '36',
  'elk.layered.spacing.edgeNodeBetweenLayers': '18',
  'elk.spacing.nodeNode': '32',
  'elk.spacing.edgeNode': '18',
  'elk.spacing.edgeEdge': '12',
  'elk.spacing.edgeLabel': '5',
  'elk.edgeLabels.inline': 'false',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
}

/** @type {any} */
let elk

/** @param {State} root @returns {Promise<{ boxes: Box[], lines: Line[], initials: any[], width: number, height: number }>} */
export async function layout(root) {
  elk ??= new /** @type {any} */ (window).ELK({ workerUrl: '/vendor/elk-worker.min.js' })
  const edges = edgesOf(root)
  const graph = await elk.layout({
    id: '$graph',
    layoutOptions: { ...OPTIONS, 'elk.padding': '[top=16,left=16,bottom=16,right=16]' },
    children: [elkNode(root)],
    edges: [...edges.values()].map(elkEdge).concat(initialEdges(root), stackingEdges(root)),
  })
  return collect(graph, edges)
}

/** Whether a transition stays within its own state: then it is a line in the box rather than an edge across it. @param {any} t */
const staysWithin = (t) => t.targets.every((/** @type {string} */ id) => id.startsWith(`${t.source}.`))

/** @param {State} state @returns {Row[]} */
function rowsOf(state) {
  const rows = []
  for (const name of state.entry) rows.push({ text: `entry / ${name}` })
  for (const name of state.exit) rows.push({ text: `exit / ${name}` })
  for (const { src, id } of state.invoke)
    rows.push({ text: src.startsWith('xstate.invoke') ? `invoke ${id}` : `invoke ${src} as ${id}` })
  for (const t of state.transitions) {
    if (!staysWithin(t)) continue
    const to = t.targets.map((/** @type {string} */ id) => id.slice(t.source.length + 1)).join(', ')
    const actions = t.actions.length > 0 ? ` / ${t.actions.join(', ')}` : ''
    rows.push({
      text: `${labelOf(t)}${to ? ` \u2192 ${to}` : ''}${actions}`,
      key: `${t.source}|${t.eventType}|${t.targets.join()}`,
    })
  }
  return rows
}

/** @param {any} t */
function labelOf(t) {
  const guard = t.guard ? ` [${t.guard}]` : ''
  if (t.kind === 'always') return `always${guard}`
  if (t.kind === 'after') return `after ${/^\d+$/.test(t.delay) ? `${t.delay} ms` : t.delay}${guard}`
  const name = t.eventType
    .replace(/^xstate\.(done|error)\.(actor|state)\.(?:\d+\.)?/, '$1: ')
    .replace(/^xstate\.snapshot\./, 'snapshot: ')
  return `${name === '' ? 'always' : name}${guard}`
}

/** @param {State} state @returns {any} */
function elkNode(state) {
  const rows = rowsOf(state)
  const width = Math.max(70, state.key.length * KEY_CHAR + 24, ...rows.map((r) => r.text.length * CHAR + 24))
  const head = HEAD + rows.length * ROW + (rows.length > 0 ? 4 : 0)
  const node = { id: state.id, state, rows }
  if (state.type === 'history') return { ...node, width: 34, height: 34 }
  if (state.states.length === 0) return { ...node, width, height: head + 6 }
  const initial = state.initial ? [{ id: `${state.id}$initial`, width: 10, height: 10, isInitial: true }] : []
  return {
    ...node,
    children: [...initial, ...state.states.map(elkNode)],
    layoutOptions: {
      ...OPTIONS,
      'elk.padding': `[top=${head + 16},left=18,bottom=18,right=18]`,
    },
  }
}

/** Transitions between the same two states share an edge. @param {State} root */
function edgesOf(root) {
  /** @type {Map<string, { id: string, source: string, target: string, lines: string[], transitions: any[] }>} */
  const edges = new Map()
  const visit = (/** @type {State} */ state) => {
    for (const t of state.transitions) {
      for (const target of staysWithin(t) ? [] : t.targets) {
        const id = `${t.source}>${target}`
        const edge = edges.get(id) ?? { id, source: t.source, target, lines: [], transitions: [] }
        if (!edge.lines.includes(labelOf(t))) edge.lines.push(labelOf(t))
        edge.transitions.push(t)
        edges.set(id, edge)
      }
    }
    state.states.forEach(visit)
  }
  visit(root)
  return edges
}

/** @param {{ id: string, source: string, target: string, lines: string[] }} edge */
function elkEdge({ id, source, target, lines }) {
  const width = Math.max(...lines.map((text) => text.length)) * CHAR + 4
  return {
    id,
    sources: [source],
    targets: [target],
    labels: [{ text: lines.join('\n'), width, height: lines.length * 13 + 2 }],
  }
}

/** @param {State} root @returns {any[]} */
function initialEdges(root) {
  const own = root.initial
    ? [{ id: `${root.id}$initial>`, sources: [`${root.id}$initial`], targets: [root.initial] }]
    : []
  return own.concat(root.states.flatMap(initialEdges))
}

/** Regions lie below each other, for the pane is higher than a row of them: unseen edges pull them there. @param {State} root @returns {any[]} */
function stackingEdges(root) {
  const regions = root.type === 'parallel' ? root.states : []
  const own = regions.slice(1).map((region, i) => ({
    id: `${UNSEEN}${region.id}`,
    sources: [regions[i]?.id],
    targets: [region.id],
  }))
  return own.concat(root.states.flatMap(stackingEdges))
}

/** elk gives places relative to the parent, and edges relative to where they belong. @param {any} graph @param {Map<string, any>} edges */
function collect(graph, edges) {
  /** @type {Box[]} */
  const boxes = []
  /** @type {Line[]} */
  const lines = []
  /** @type {any[]} */
  const initials = []
  /** @type {Map<string, { x: number, y: number }>} */
  const places = new Map([['$graph', { x: 0, y: 0 }]])
  const place = (
    /** @type {any} */ node,
    /** @type {number} */ x0,
    /** @type {number} */ y0,
    /** @type {any} */ parent,
  ) => {
    const [x, y] = [x0 + (node.x ?? 0), y0 + (node.y ?? 0)]
    places.set(node.id, { x, y })
    if (node.isInitial) initials.push({ x: x + 5, y: y + 5 })
    else if (node.state) {
      const kind = parent?.state?.type === 'parallel' ? 'region' : node.state.type
      boxes.push({
        state: node.state,
        x,
        y,
        width: node.width,
        height: node.height,
        className: `state ${node.state.type} ${kind}`,
        rows: node.rows,
      })
    }
    for (const child of node.children ?? []) place(child, x, y, node)
  }
  place(graph, 0, 0, undefined)
  const trace = (/** @type {any} */ node) => {
    for (const edge of node.edges ?? []) {
      if (edge.id.startsWith(UNSEEN)) continue
      const origin = places.get(edge.container ?? node.id) ?? { x: 0, y: 0 }
      const points = (edge.sections ?? []).flatMap((/** @type {any} */ s) => [
        s.startPoint,
        ...(s.bendPoints ?? []),
        s.endPoint,
      ])
      const known = edges.get(edge.id)
      const label = edge.labels?.[0]
      lines.push({
        key: edge.id,
        points: points.map((/** @type {any} */ p) => ({ x: p.x + origin.x, y: p.y + origin.y })),
        lines: known?.lines ?? [],
        x: (label?.x ?? 0) + origin.x,
        y: (label?.y ?? 0) + origin.y,
        transitions: known?.transitions ?? [],
      })
    }
    for (const child of node.children ?? []) trace(child)
  }
  trace(graph)
  return { boxes, lines, initials, width: graph.width, height: graph.height }
}
