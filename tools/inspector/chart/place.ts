/** Places a chart: each part by elk, regions side by side, and states that no actor entered in a free corner. */
import type { ElkNode } from 'elkjs/lib/elk-api.js'
import { arranged, framed } from './arrange.ts'
import { type Coverage, countsOf, shownOf } from './coverage.ts'
import { isShown, type Plan, planOf } from './elk-graph.ts'
import type { Point } from './geometry.ts'
import type { Graph, StateNode } from './graph.ts'
import { type Line, moved, type Picture, type Piece, type PlacedLabel, type PlacedState } from './picture.ts'
import { withCounts } from './place-counts.ts'
import { withUnentered } from './unentered.ts'

/** The part of elk that the chart uses. */
export interface Layouter {
  layout(graph: ElkNode): Promise<ElkNode>
}

/** Place of the dot of a beginning, from the corner of its state. */
const MARK = { x: 14, y: 13 }

export async function layoutChart(
  graph: Graph,
  coverage: Coverage | undefined,
  elk: Layouter,
): Promise<Picture> {
  const shown = shownOf(graph, coverage)
  const counts = countsOf(coverage?.all)
  const hasCounts = counts.size > 0
  const setting = { graph, shown, hasCounts }
  const { root } = graph
  const isApart =
    root.definition.type === 'parallel' &&
    !graph.groups.some((group) => group.home === root && isShown(group.branches, shown))
  const parts: Piece[][] = []
  for (const part of isApart ? root.children : [root]) {
    const ways: Piece[] = []
    for (const isNarrow of [false, true]) {
      const plan = planOf(graph, shown, hasCounts, part, isNarrow)
      const content = withUnentered(contentOf(plan, await elk.layout(plan.elk)), part, shown)
      ways.push(isApart ? framed(part, content, setting) : content)
    }
    parts.push(ways)
  }
  const picture = { ...arranged(parts, setting), shown }
  return hasCounts ? withCounts(picture, counts) : picture
}

function contentOf({ wires, blocks, groups, states, initial }: Plan, answer: ElkNode): Piece {
  const placed: PlacedState[] = []
  const labels: PlacedLabel[] = []
  const dots: Point[] = []
  const marks: Line[] = []
  const visit = (node: ElkNode) => {
    const { id, x = 0, y = 0, width = 0, height = 0, children = [] } = node
    const block = blocks.get(id)
    const group = groups.get(id)
    const state = states.get(id)
    if (group && block) labels.push({ group, x, y, width, height, texts: block.texts, pill: block.pill })
    else if (state && block) {
      const caption = children.find((child) => child.id === `${id} caption`)
      const by = caption ? { x: (caption.x ?? 0) - x, y: (caption.y ?? 0) - y } : { x: 0, y: 0 }
      const box = { x, y, width, height }
      placed.push({
        state,
        ...box,
        texts: block.texts.map((text) => moved(text, by)),
        counts: block.counts.map((count) => moved(count, by)),
        pill: block.pill && {
          ...moved(block.pill, by),
          x: caption ? block.pill.x + by.x : width - block.width + block.pill.x,
        },
        isUnentered: false,
      })
      if (initial.has(id)) marks.push(markOf(state, { x: x + MARK.x, y: y - MARK.y }, y))
    } else if (id.endsWith(' initial')) dots.push({ x: x + width / 2, y: y + height / 2 })
    children.forEach(visit)
  }
  answer.children?.forEach(visit)
  const lines = (answer.edges ?? []).flatMap((edge): Line[] => {
    const wire = wires.get(edge.id)
    // A line that only keeps two states one below the other.
    if (wire === undefined) return []
    const points = (edge.sections ?? []).flatMap((s) => [s.startPoint, ...(s.bendPoints ?? []), s.endPoint])
    if (wire.isReversed) points.reverse()
    const group = wire.group
    const { branch } = wire
    const hasArrow = branch !== undefined || group === undefined
    const keys = branch ? branch.keys : (group?.branches.flatMap((one) => one.keys) ?? [])
    return [{ id: edge.id, points, group, keys, target: branch?.target, hasArrow, count: undefined }]
  })
  const { width = 0, height = 0 } = answer
  return {
    width,
    height,
    states: placed,
    labels,
    lines: [...marks, ...lines],
    dots: [...dots, ...marks.flatMap(({ points }) => points.slice(0, 1))],
    notes: [],
  }
}

/** Returns the short line from the dot of a beginning to the corner of its state. */
function markOf(state: StateNode, dot: Point, end: number): Line {
  const points = [dot, { x: dot.x, y: end }]
  return {
    id: `${state.id} initial`,
    points,
    group: undefined,
    keys: [],
    target: state,
    hasArrow: true,
    count: undefined,
  }
}
