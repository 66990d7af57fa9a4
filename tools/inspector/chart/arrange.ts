/** Arranges the parts of a chart: regions side by side, and what happens in any state above them. Pure. */
import { type Block, stateBlock } from './blocks.ts'
import type { Shown } from './coverage.ts'
import { hiddenWays, shownRows } from './elk-graph.ts'
import type { Rect } from './geometry.ts'
import type { Graph, StateNode } from './graph.ts'
import { movedBy, type Piece, type PlacedState } from './picture.ts'

const GAP = 12
const MARGIN = 6
const HEAD_ROOM_MIN = 240
/** The room that a chart mostly has, in px. Of all arrangements the one that fits it best is taken. */
const ROOM = { width: 860, height: 560 }
/** Widths of rows of regions and of the strip above them that are tried. */
const WIDTHS = [860, 1_080, 1_500]
/** Most arrangements that are tried. */
const TRIED_MAX = 64

export interface Setting {
  readonly graph: Graph
  readonly shown: Shown
  readonly hasCounts: boolean
}

/** Returns the best chart of some parts. @param parts for each part, the ways in which it may be laid out */
export function arranged(parts: readonly (readonly Piece[])[], setting: Setting): Piece {
  const tried = choices(parts).flatMap((pieces) =>
    WIDTHS.map((width) => withStrip(inRows(pieces, width), width, setting)),
  )
  return tried.reduce((best, one) => (scaleOf(one) > scaleOf(best) + 0.01 ? one : best))
}

/** Returns every choice of one layout for each part, or few of them where there would be too many. */
function choices(parts: readonly (readonly Piece[])[]): Piece[][] {
  const all = parts.reduce((product, { length }) => product * length, 1)
  if (all > TRIED_MAX)
    return [parts.flatMap((ways) => ways.slice(0, 1)), parts.flatMap((ways) => ways.slice(-1))]
  return parts.reduce<Piece[][]>(
    (found, ways) => found.flatMap((one) => ways.map((way) => [...one, way])),
    [[]],
  )
}

function scaleOf({ width, height }: Piece): number {
  return Math.min(ROOM.width / width, ROOM.height / height, 1)
}

/** Puts the frame of a region around its content. */
export function framed(state: StateNode, content: Piece, { graph, shown, hasCounts }: Setting): Piece {
  const block = stateBlock(state, {
    rows: shownRows(state, shown),
    hasPill: hiddenWays(state, graph, shown) > 0,
    hasCounts,
    room: Math.max(content.width, HEAD_ROOM_MIN),
  })
  const width = Math.max(content.width, block.width)
  const inner = movedBy(content, { x: (width - content.width) / 2, y: block.height - 3 })
  const height = block.height - 3 + content.height
  const frame = frameOf(state, block, { x: 0, y: 0, width, height })
  return { ...inner, width, height, states: [frame, ...inner.states] }
}

function frameOf(state: StateNode, { texts, counts, pill, width: own }: Block, box: Rect): PlacedState {
  const at = pill && { ...pill, x: pill.x + box.width - own }
  return { state, ...box, texts, counts, pill: at, isUnentered: false }
}

/** Puts what happens in any state into a strip above the chart. */
function withStrip(piece: Piece, widest: number, { graph, shown, hasCounts }: Setting): Piece {
  const { root } = graph
  const rows = shownRows(root, shown)
  const hidden = hiddenWays(root, graph, shown)
  if (rows.length === 0 && hidden === 0) return piece
  const least = piece.width - 2 * MARGIN
  const room = Math.max(least, widest)
  const block = stateBlock(root, { rows, hasPill: hidden > 0, hasCounts, room, title: 'in any state' })
  const width = Math.max(least, block.width)
  const strip = frameOf(root, block, { x: MARGIN, y: MARGIN, width, height: block.height })
  const whole = Math.max(piece.width, width + 2 * MARGIN)
  const below = movedBy(piece, { x: (whole - piece.width) / 2, y: block.height + GAP - 2 })
  return {
    ...below,
    width: whole,
    height: block.height + GAP - 2 + piece.height,
    states: [strip, ...below.states],
  }
}

/** Puts pieces side by side, in as many rows as they need. */
function inRows(pieces: readonly Piece[], widest: number): Piece {
  let [x, y, tallest, width] = [MARGIN, MARGIN, 0, 0]
  const pieced: Piece[] = []
  for (const piece of pieces) {
    if (x > MARGIN && x + piece.width > widest) {
      x = MARGIN
      y += tallest + GAP
      tallest = 0
    }
    pieced.push(movedBy(piece, { x, y }))
    width = Math.max(width, x + piece.width + MARGIN)
    tallest = Math.max(tallest, piece.height)
    x += piece.width + GAP
  }
  return {
    width,
    height: y + tallest + MARGIN,
    states: pieced.flatMap((piece) => piece.states),
    labels: pieced.flatMap((piece) => piece.labels),
    lines: pieced.flatMap((piece) => piece.lines),
    dots: pieced.flatMap((piece) => piece.dots),
    notes: pieced.flatMap((piece) => piece.notes),
  }
}
