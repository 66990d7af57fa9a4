/** Turns a part of a chart into what elk lays out: states and labels are nodes, so that no text lies on another. Pure. */
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js'
import { type Block, labelBlock, stateBlock } from './blocks.ts'
import type { Shown } from './coverage.ts'
import { type Branch, type Graph, type Group, isAmong, isIn, type Row, type StateNode } from './graph.ts'

/** Px between two lines that end at the same side of a box: with a count beside the arrow, and without. */
const PORT_COUNTED = 24
const PORT = 12
const ROW_ROOM = 300
const INSET = 14
const DOT = 10

/** Distances. Between a line and the box at which it ends there is room for a count. */
const SPACING = {
  'elk.layered.spacing.nodeNodeBetweenLayers': '22',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '7',
  'elk.spacing.nodeNode': '22',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '12',
}

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.thoroughness': '40',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  ...SPACING,
}

/** A line of the chart, and whether elk has it from its end to its start: elk draws only down. */
export interface Wire {
  readonly id: string
  readonly group: Group | undefined
  readonly branch: Branch | undefined
  readonly isReversed: boolean
}

export interface Plan {
  readonly elk: ElkNode
  readonly wires: ReadonlyMap<string, Wire>
  readonly blocks: ReadonlyMap<string, Block>
  /** Groups with a label in this part. */
  readonly groups: ReadonlyMap<string, Group>
  readonly states: ReadonlyMap<string, StateNode>
  /** States with the dot of a beginning at their corner. */
  readonly initial: ReadonlySet<string>
}

/** The rest behind `+n`: the ways out of a state of which nothing is drawn. */
export function hiddenWays(state: StateNode, graph: Graph, shown: Shown): number {
  const groups = graph.groups.filter(({ source, branches }) => source === state && !isShown(branches, shown))
  const ways = groups.reduce((sum, { branches }) => sum + branches.length, 0)
  return ways + state.rows.filter(({ keys }) => !isAmong(keys, shown.keys)).length
}

export function isShown(branches: readonly Branch[], shown: Shown): boolean {
  return branches.some(({ keys }) => isAmong(keys, shown.keys))
}

export function shownRows({ rows }: StateNode, shown: Shown): readonly Row[] {
  return rows.filter(({ keys }) => isAmong(keys, shown.keys))
}

/** Plans the layout of what lies in `container`. */
/** @param isNarrow whether each state lies below the one before it, so that the part is higher and not so wide */
export function planOf(
  graph: Graph,
  shown: Shown,
  hasCounts: boolean,
  container: StateNode,
  isNarrow: boolean,
): Plan {
  return new Planning(graph, shown, hasCounts).plan(container, isNarrow)
}

class Planning {
  readonly #wires = new Map<string, Wire>()
  readonly #edges: ElkExtendedEdge[] = []
  readonly #blocks = new Map<string, Block>()
  readonly #groups = new Map<string, Group>()
  readonly #states = new Map<string, StateNode>()
  readonly #initial = new Set<string>()
  /** Lines that end at the top and the bottom of each node. */
  readonly #tops = new Map<string, number>()
  readonly #bottoms = new Map<string, number>()
  readonly #graph: Graph
  readonly #shown: Shown
  readonly #hasCounts: boolean

  constructor(graph: Graph, shown: Shown, hasCounts: boolean) {
    this.#graph = graph
    this.#shown = shown
    this.#hasCounts = hasCounts
  }

  plan(container: StateNode, isNarrow: boolean): Plan {
    for (const group of this.#graph.groups)
      if (isIn(group.home, container) && isShown(group.branches, this.#shown)) this.#connect(group)
    const elk = {
      id: '$part',
      layoutOptions: { ...OPTIONS, 'elk.padding': '[top=16,left=12,bottom=12,right=12]' },
      children: this.#content(container),
      edges: isNarrow ? [...this.#edges, ...this.#chain(container)] : this.#edges,
    }
    return {
      elk,
      wires: this.#wires,
      blocks: this.#blocks,
      groups: this.#groups,
      states: this.#states,
      initial: this.#initial,
    }
  }

  /** Returns lines that are not drawn. */
  #chain({ children }: StateNode): ElkExtendedEdge[] {
    const states = children.filter((child) => !this.#shown.unentered.has(child))
    return states.slice(1).map(({ id }, i) => ({
      id: `${id} below`,
      sources: [states[i]?.id as string],
      targets: [id],
    }))
  }

  #connect(group: Group): void {
    const { id, source, home, fromAny } = group
    this.#groups.set(id, group)
    const branches = group.branches.filter(({ keys }) => isAmong(keys, this.#shown.keys))
    const isBack = ({ target }: Branch) => !fromAny && place(target, home) <= place(source, home)
    // A label all of whose ways lead up lies above its source.
    const isUp = branches.every(isBack)
    if (!fromAny) this.#wire({ id: `${id} stem`, group, branch: undefined, isReversed: isUp }, source.id, id)
    for (const branch of branches)
      this.#wire({ id: branch.id, group, branch, isReversed: isBack(branch) }, id, branch.target.id)
  }

  #wire(wire: Wire, from: string, to: string): void {
    this.#wires.set(wire.id, wire)
    const [source, target] = wire.isReversed ? [to, from] : [from, to]
    this.#edges.push({ id: wire.id, sources: [source], targets: [target] })
    this.#bottoms.set(source, (this.#bottoms.get(source) ?? 0) + 1)
    this.#tops.set(target, (this.#tops.get(target) ?? 0) + 1)
  }

  #content(container: StateNode): ElkNode[] {
    const states = container.children.filter((child) => !this.#shown.unentered.has(child))
    const labels = [...this.#groups.values()].filter(({ home }) => home === container)
    const initial = container.definition.initial
    const found = initial === undefined ? undefined : this.#graph.states.get(initial)
    // An actor that came into this state was led to another one in it.
    const first = found && [...this.#shown.unentered].some((state) => isIn(found, state)) ? undefined : found
    // The dot of a beginning stands at the corner of its state, unless lines come in there.
    const isFree = first?.parent === container && first.children.length === 0 && !this.#tops.has(first.id)
    const hasDot = first !== undefined && !isFree
    if (isFree) this.#initial.add(first.id)
    if (hasDot) {
      const id = `${container.id} initial`
      this.#wire({ id: `${id}>`, group: undefined, branch: undefined, isReversed: false }, id, first.id)
    }
    const dot = hasDot ? [{ id: `${container.id} initial`, width: DOT, height: DOT }] : []
    return [
      ...dot,
      ...states.map((state) => this.#state(state)),
      ...labels.map((label) => this.#label(label)),
    ]
  }

  #label(group: Group): ElkNode {
    const hidden = group.branches.filter(({ keys }) => !isAmong(keys, this.#shown.keys)).length
    const block = labelBlock(group, hidden)
    const width = Math.max(block.width, this.#portsWidth(group.id, PORT))
    this.#blocks.set(group.id, widened(block, width))
    return { id: group.id, width, height: block.height }
  }

  #state(state: StateNode): ElkNode {
    const { id, definition } = state
    this.#states.set(id, state)
    if (definition.type === 'history') {
      this.#blocks.set(id, { width: 28, height: 28, texts: [], counts: [] })
      return { id, width: 28, height: 28 }
    }
    const block = stateBlock(state, {
      rows: shownRows(state, this.#shown),
      hasPill: hiddenWays(state, this.#graph, this.#shown) > 0,
      hasCounts: this.#hasCounts,
      room: state.children.length > 0 ? ROW_ROOM : 0,
    })
    if (state.children.length > 0) return this.#compound(state, block)
    const width = Math.max(block.width, this.#portsWidth(id, this.#hasCounts ? PORT_COUNTED : PORT))
    this.#blocks.set(id, widened(block, width))
    return { id, width, height: block.height }
  }

  #compound(state: StateNode, block: Block): ElkNode {
    const children = this.#content(state)
    this.#blocks.set(state.id, block)
    // Lines that come into the state from above would run through its texts, so these are a node of their own.
    const isEntered = [...this.#wires.values()].some((wire) => entersPart(wire, state))
    const caption = {
      id: `${state.id} caption`,
      width: block.width,
      height: block.height,
      layoutOptions: { 'elk.layered.layering.layerConstraint': 'FIRST' },
    }
    const top = isEntered ? 2 : block.height + 10
    return {
      id: state.id,
      children: isEntered ? [caption, ...children] : children,
      layoutOptions: {
        ...SPACING,
        'elk.padding': `[top=${top},left=${INSET},bottom=${INSET},right=${INSET}]`,
        'elk.nodeSize.constraints': '[MINIMUM_SIZE]',
        // Height first: elk lays out to the right and then turns the chart, but not this option.
        'elk.nodeSize.minimum': `(${block.height + 20},${block.width})`,
      },
    }
  }

  #portsWidth(id: string, space: number): number {
    return (Math.max(this.#tops.get(id) ?? 0, this.#bottoms.get(id) ?? 0) + 1) * space
  }
}

/** Returns whether a line leads from outside of a state to something in it, or the other way. */
function entersPart({ group, branch }: Wire, state: StateNode): boolean {
  if (group === undefined) return false
  const labelIn = isIn(group.home, state)
  const other = branch?.target ?? group.source
  return labelIn !== (other !== state && isIn(other, state))
}

/** Returns the place of the child of `home` in which the state lies. */
function place(state: StateNode, home: StateNode): number {
  let at = state
  while (at.parent !== undefined && at.parent !== home) at = at.parent
  return at.order
}

/** Returns the block with more width. What stands at its right stays there. */
function widened(block: Block, width: number): Block {
  const by = width - block.width
  const pill = block.pill && { ...block.pill, x: block.pill.x + by }
  return { ...block, width, ...(pill && { pill }) }
}
