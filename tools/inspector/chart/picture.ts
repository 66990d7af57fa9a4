/** A placed chart: what is drawn, and where. */
import { type Block, boxOf, COUNT_WIDTH, type Text } from './blocks.ts'
import type { Shown } from './coverage.ts'
import type { Point, Rect } from './geometry.ts'
import type { Group, StateNode, WayKey } from './graph.ts'

export interface PlacedState extends Rect {
  readonly state: StateNode
  readonly texts: readonly Text[]
  readonly counts: Block['counts']
  readonly pill: Rect | undefined
  readonly isUnentered: boolean
}

export interface PlacedLabel extends Rect {
  readonly group: Group
  readonly texts: readonly Text[]
  readonly pill: Rect | undefined
}

/** A line from a state to a label, from a label to a target, or from the dot of a beginning. */
export interface Line {
  readonly id: string
  readonly points: readonly Point[]
  /** The label that it leaves or reaches. */
  readonly group: Group | undefined
  /** Transitions that it draws: several for the line to a label. */
  readonly keys: readonly WayKey[]
  readonly target: StateNode | undefined
  readonly hasArrow: boolean
  /** Room for the count near the arrow, where there is any. */
  readonly count: Rect | undefined
}

export interface Picture {
  readonly width: number
  readonly height: number
  /** The ones around others come first. */
  readonly states: readonly PlacedState[]
  readonly labels: readonly PlacedLabel[]
  readonly lines: readonly Line[]
  readonly dots: readonly Point[]
  readonly notes: readonly Text[]
  /** All that has a place. A transition that is not here is drawn where it lies. */
  readonly shown: Shown
}

/** A part of a picture, from its own corner. */
export type Piece = Omit<Picture, 'shown'>

export interface OwnedText {
  readonly text: string
  /** Id of the state, the label or the line that it belongs to. */
  readonly owner: string
  readonly box: Rect
}

/** Returns every text with its box, from the corner of the picture. A count has the room that it may take. */
export function textBoxes({ states, labels, lines, notes }: Piece): OwnedText[] {
  return [
    ...states.flatMap(({ state, x, y, texts, counts, pill }) => [
      ...ownTexts(state.id, { x, y }, texts, pill),
      ...counts.map((one) => ({
        text: 'a count',
        owner: state.id,
        box: { x: x + one.x - COUNT_WIDTH, y: y + one.y - 11, width: COUNT_WIDTH, height: 13 },
      })),
    ]),
    ...labels.flatMap(({ group, x, y, texts, pill }) => ownTexts(group.id, { x, y }, texts, pill)),
    ...lines.flatMap(({ id, count }) => (count ? [{ text: 'a count', owner: id, box: count }] : [])),
    ...notes.map((note) => ({ text: note.text, owner: 'notes', box: boxOf(note) })),
  ]
}

function ownTexts(owner: string, by: Point, texts: readonly Text[], pill: Rect | undefined): OwnedText[] {
  const own = texts.map((text) => ({ text: text.text, owner, box: moved(boxOf(text), by) }))
  return pill ? [...own, { text: '+n', owner, box: moved(pill, by) }] : own
}

/** Returns the same at another place. */
export function moved<T extends Point>(what: T, { x, y }: Point): T {
  return { ...what, x: what.x + x, y: what.y + y }
}

/** Returns the same piece at another place. */
export function movedBy(piece: Piece, by: Point): Piece {
  return {
    ...piece,
    states: piece.states.map((state) => moved(state, by)),
    labels: piece.labels.map((label) => moved(label, by)),
    lines: piece.lines.map((line) => ({
      ...line,
      points: line.points.map((point) => moved(point, by)),
      count: line.count && moved(line.count, by),
    })),
    dots: piece.dots.map((dot) => moved(dot, by)),
    notes: piece.notes.map((note) => moved(note, by)),
  }
}
