/** Puts states that no actor entered into a free corner of a part of a chart, as small boxes. Pure. */
import { boxOf, type Text } from './blocks.ts'
import type { Shown } from './coverage.ts'
import { around, crosses, grown, overlaps, type Point } from './geometry.ts'
import { isIn, type StateNode } from './graph.ts'
import { widthOf, wrapped } from './measure.ts'
import type { Piece, PlacedState } from './picture.ts'
import { unseenText } from './sample.ts'

const GAP = 12
const SMALL = { height: 26, gap: 6, title: 5 }
/** Least width at which the title wraps. */
const TITLE_WRAP = 110
const TITLE_LINES = 4
const LINE = 15

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
  const stackOf = (columns: number): Stack => {
    const wide = columns * (width + SMALL.gap) - SMALL.gap
    return { width, columns, title: titleOf(shown, Math.max(wide, TITLE_WRAP)) }
  }
  for (let columns = 1; columns <= states.length; columns++) {
    const stack = stackOf(columns)
    const rows = Math.ceil(states.length / columns)
    const size = {
      width: Math.max(
        columns * (width + SMALL.gap) - SMALL.gap,
        ...stack.title.map((line) => widthOf(line, 'action')),
      ),
      height: headOf(stack) + rows * (SMALL.height + SMALL.gap) - SMALL.gap,
    }
    const corner = freeCorner(piece, size)
    if (corner) return stacked(piece, states, corner, stack)
  }
  const columns = Math.max(1, Math.floor((Math.max(piece.width, 200) - 2 * GAP) / (width + SMALL.gap)))
  return stacked(piece, states, { x: GAP, y: piece.height }, stackOf(Math.min(columns, states.length)))
}

interface Stack {
  /** Width of each box. */
  readonly width: number
  readonly columns: number
  /** The lines above them. */
  readonly title: readonly string[]
}

function titleOf({ sample }: Shown, width: number): readonly string[] {
  const text = unseenText('entered', sample)
  return wrapped(text.charAt(0).toUpperCase() + text.slice(1), 'action', width, TITLE_LINES)
}

function headOf({ title }: Stack): number {
  return title.length * LINE + SMALL.title
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

function stacked(piece: Piece, states: readonly StateNode[], corner: Point, stack: Stack): Piece {
  const { width, columns, title } = stack
  const rows = Math.ceil(states.length / columns)
  const boxes = states.map((state, i): PlacedState => {
    const x = corner.x + Math.floor(i / rows) * (width + SMALL.gap)
    const y = corner.y + headOf(stack) + (i % rows) * (SMALL.height + SMALL.gap)
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
  const notes = title.map(
    (text, i): Text => ({ text, style: 'action', x: corner.x, y: corner.y + 12 + i * LINE }),
  )
  const reach = around(
    [...boxes, ...notes.map(boxOf)].flatMap((box) => [box, { x: box.x + box.width, y: box.y + box.height }]),
    GAP,
  )
  return {
    ...piece,
    width: Math.max(piece.width, reach.x + reach.width),
    height: Math.max(piece.height, reach.y + reach.height),
    states: [...piece.states, ...boxes],
    notes: [...piece.notes, ...notes],
  }
}
