// @ts-check
/** Places the boxes and lines of a statechart with elk, and turns its answer into one coordinate system. */
import { graphOf } from './chart-graph.js'

/** @typedef {import('./chart-graph.js').State} State */
/** @typedef {import('./chart-graph.js').Row} Row */
/** @typedef {import('./chart-graph.js').Edge} Edge */
/** @typedef {{ state: State, x: number, y: number, width: number, height: number, className: string, columns: number, rows: Row[] }} Box */
/** @typedef {Partial<Edge> & { points: {x: number, y: number}[], x: number, y: number }} Line */
/** @typedef {{ x: number, y: number, text: string }} Dot */
/** @typedef {{ boxes: Box[], lines: Line[], dots: Dot[], width: number, height: number }} Picture */

const CHAR = 7
const KEY_CHAR = 9.2
export const ROW = 15
export const HEAD = 28
const LABEL_ROW = 14
/** Greatest width of rows side by side in a state with children: it is wide anyway and has many rows. */
const ROWS_WIDTH = 520
/** Space around the content of a state. */
const PADDING = 16
/** Room from which on two regions lie side by side. */
const COLUMNS_ROOM = 800
/** Prefix of the ids of edges that are laid out but not drawn. */
const UNSEEN = '$unseen '

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.spacing.nodeNodeBetweenLayers': '32',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '8',
  'elk.spacing.nodeNode': '26',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '10',
  'elk.spacing.edgeLabel': '5',
  'elk.edgeLabels.inline': 'false',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
}

/** Options of a dense state. Edges to one state merge, and all spacings are smaller. */
const DENSE = {
  'elk.layered.mergeEdges': 'true',
  'elk.layered.spacing.nodeNodeBetweenLayers': '20',
  'elk.layered.spacing.edgeNodeBetweenLayers': '10',
  'elk.spacing.nodeNode': '16',
  'elk.spacing.edgeNode': '10',
}

/** The worker starts at once, so that it is ready for the first layout. */
const elk = new /** @type {any} */ (window).ELK({ workerUrl: '/vendor/elk-worker.min.js' })

/**
 * Returns the diagram of a machine. `room` is its greatest width, where possible. In little room, regions lie in one
 * column and rows are no wider than it. If the diagram is too wide even so, edges have no labels and show their text
 * when pointed at.
 * @param {State} root
 * @param {number} [room]
 * @returns {Promise<Picture>}
 */
export async function layout(root, room = Number.POSITIVE_INFINITY) {
  const picture = await pictureOf(root, room, true)
  return picture.width > room ? pictureOf(root, room, false) : picture
}

/** @param {State} root @param {number} room @param {boolean} isLabelled @returns {Promise<Picture>} */
async function pictureOf(root, room, isLabelled) {
  const graph = graphOf(root, isLabelled)
  const answer = await elk.layout({
    id: '$graph',
    layoutOptions: {
      ...OPTIONS,
      'elk.padding': `[top=${PADDING},left=${PADDING},bottom=${PADDING},right=${PADDING}]`,
    },
    children: [elkNode(root, graph, room - 2 * PADDING)],
    edges: [...graph.edges.values()].map(elkEdge).concat(initialEdges(root), stackingEdges(root, room)),
  })
  return collect(answer, graph.edges)
}

/** @param {State} state @param {ReturnType<typeof graphOf>} graph @param {number} space its width may have @returns {any} */
function elkNode(state, graph, space) {
  const rows = graph.rows.get(state.id) ?? []
  const rowWidth = Math.max(24, ...rows.map((r) => r.text.length * CHAR + 24))
  const room = state.states.length > 0 ? Math.floor(Math.min(ROWS_WIDTH, space) / rowWidth) : 1
  const columns = Math.max(1, Math.min(room, rows.length))
  const width = Math.max(70, state.key.length * KEY_CHAR + 24, Math.min(columns, rows.length) * rowWidth)
  const lines = Math.ceil(rows.length / columns)
  const head = HEAD + lines * ROW + (lines > 0 ? 4 : 0)
  const node = { id: state.id, state, rows, columns, width, height: head + 6 }
  if (state.type === 'history') return { ...node, width: 34, height: 34 }
  if (state.states.length === 0) return node
  const dot = (/** @type {string} */ name) => ({
    id: `${state.id}$${name}`,
    width: 10,
    height: 10,
    dot: name,
  })
  return {
    ...node,
    children: [
      ...(state.initial ? [dot('initial')] : []),
      ...(graph.dots.has(state.id) ? [dot('any')] : []),
      ...state.states.map((child) => elkNode(child, graph, space - 2 * PADDING)),
    ],
    layoutOptions: {
      ...OPTIONS,
      'elk.padding': `[top=${head + 14},left=${PADDING},bottom=${PADDING},right=${PADDING}]`,
      'elk.nodeSize.constraints': '[MINIMUM_SIZE]',
      // Height first: elk lays out to the right and then turns the diagram, but not this option.
      'elk.nodeSize.minimum': `(${head},${width})`,
      ...(graph.dense.has(state.id) && DENSE),
    },
  }
}

/** @param {Edge} edge */
function elkEdge({ id, source, target, lines }) {
  const width = Math.max(...lines.map((text) => text.length)) * CHAR + 4
  const labels = lines.length === 0 ? [] : [{ text: id, width, height: lines.length * LABEL_ROW + 2 }]
  return { id, sources: [source], targets: [target], labels }
}

/** @param {State} root @returns {any[]} */
function initialEdges(root) {
  const own = root.initial
    ? [{ id: `${root.id}$initial>`, sources: [`${root.id}$initial`], targets: [root.initial] }]
    : []
  return own.concat(root.states.flatMap(initialEdges))
}

/**
 * Returns invisible edges that pull regions into a square, or into a column, like the pane's shape, instead of a row.
 * @param {State} root
 * @param {number} room
 * @returns {any[]}
 */
function stackingEdges(root, room) {
  const regions = root.type === 'parallel' ? root.states : []
  const columns = room < COLUMNS_ROOM ? 1 : Math.ceil(Math.sqrt(regions.length))
  const own = regions.slice(columns).map((region, i) => ({
    id: `${UNSEEN}${region.id}`,
    sources: [regions[i]?.id],
    targets: [region.id],
  }))
  return own.concat(root.states.flatMap((state) => stackingEdges(state, room)))
}

/**
 * Returns all places in one coordinate system. elk gives places relative to the parent, and edges relative to their
 * container.
 * @param {any} graph
 * @param {Map<string, Edge>} edges
 * @returns {Picture}
 */
function collect(graph, edges) {
  /** @type {Picture} */
  const picture = { boxes: [], lines: [], dots: [], width: graph.width, height: graph.height }
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
    if (node.dot) picture.dots.push({ x: x + 5, y: y + 5, text: node.dot === 'any' ? 'any' : '' })
    else if (node.state) {
      const { state, rows, columns, width, height } = node
      const kind = parent?.state?.type === 'parallel' ? 'region' : state.type
      picture.boxes.push({
        state,
        x,
        y,
        width,
        height,
        columns,
        rows,
        className: `state ${state.type} ${kind}`,
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
      const label = edge.labels?.[0]
      picture.lines.push({
        ...edges.get(edge.id),
        points: points.map((/** @type {any} */ p) => ({ x: p.x + origin.x, y: p.y + origin.y })),
        x: (label?.x ?? 0) + origin.x,
        y: (label?.y ?? 0) + origin.y,
      })
    }
    for (const child of node.children ?? []) trace(child)
  }
  trace(graph)
  return picture
}
