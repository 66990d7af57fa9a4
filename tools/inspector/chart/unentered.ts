/** Puts states that no actor entered into a free corner of a part of a chart, as small boxes. Pure. */
import type { Text } from './blocks.ts'
import type { Shown } from './coverage.ts'
import { around, crosses, grown, overlaps, type Point } from './geometry.ts'
import { isIn, type StateNode } from './graph.ts'
import { widthOf } from './measure.ts'
import type { Piece, PlacedState } from './picture.ts'

const GAP = 12
const SMALL = { height: 26, gap: 6, title: 20 }
const TITLE = 'Never entered'

function unenteredIn(part: StateNode, { unentered }: Shown): StateNode[] {
  return [...unentered].filter((state) => state !== part && isIn(state, part))
}

/** Puts them into the first free corner, or below everything. */
export function withUnentered(piece: Piece, part: StateNode, shown: Shown): Piece {
  const states = unenteredIn(part, shown)
  if (states.length === 0) return piece
  const width = Math.ceil(
    Math.max(...states.map(({ definition }) => widthOf(definition.key, 'action')), 60) + 20,
  )
  for (let columns = 1; columns <= states.length; columns++) {
    const rows = Math.ceil(states.length / columns)
    const size = {
      width: Math.max(columns * (width + SMALL.gap) - SMALL.gap, widthOf(TITLE, 'action')),
      height: SMALL.title + rows * (SMALL.height + SMALL.gap) - SMALL.gap,
    }
    const corner = freeCorner(piece, size)
    if (corner) return stacked(piece, states, { corner, width, columns })
  }
  const columns = Math.max(1, Math.floor((Math.max(piece.width, 200) - 2 * GAP) / (width + SMALL.gap)))
  return stacked(piece, states, { corner: { x: GAP, y: piece.height }, width, columns })
}

function freeCorner(piece: Piece, { width, height }: { width: number; height: number }): Point | undefined {
  const right = piece.width - GAP - width
  const bottom = piece.height - GAP - height
  if (right < GAP || bottom < GAP) return undefined
  const corners = [
    { x: GAP, y: bottom },
    { x: right, y: bottom },
    { x: right, y: GAP },
    { x: GAP, y: GAP },
  ]
  return corners.find((corner) => {
    const box = grown({ ...corner, width, height }, 14)
    return (
      !piece.states.some((state) => overlaps(state, box)) &&
      !piece.labels.some((label) => overlaps(label, box)) &&
      !piece.lines.some(({ points }) => crosses(points, box))
    )
  })
}

function stacked(
  piece: Piece,
  states: readonly StateNode[],
  { corner, width, columns }: { corner: Point; width: number; columns: number },
): Piece {
  const rows = Math.ceil(states.length / columns)
  const boxes = states.map((state, i): PlacedState => {
    const x = corner.x + Math.floor(i / rows) * (width + SMALL.gap)
    const y = corner.y + SMALL.title + (i % rows) * (SMALL.height + SMALL.gap)
    const text: Text = { text: state.definition.key, style: 'action', x: 10, y: 17 }
    return {
      state,
      x,
      y,
      width,
      height: SMALL.height,
      texts: [text],
      counts: [],
      pill: undefined,
      isUnentered: true,
    }
  })
  const note: Text = { text: TITLE, style: 'action', x: corner.x, y: corner.y + 12 }
  const reach = around(
    boxes.flatMap((box) => [box, { x: box.x + box.width, y: box.y + box.height }]),
    GAP,
  )
  return {
    ...piece,
    width: Math.max(piece.width, reach.x + reach.width),
    height: Math.max(piece.height, reach.y + reach.height),
    states: [...piece.states, ...boxes],
    notes: [...piece.notes, note],
  }
}
