/** The part of a chart that is seen: its scale, and where its corner lies. Pure. */
import { around, type Rect } from './geometry.ts'
import { isAmong, type StateNode, type WayKey } from './graph.ts'
import type { Picture } from './picture.ts'

export interface View {
  readonly x: number
  readonly y: number
  readonly k: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

/** Scale below which labels are too small to read. */
export const READABLE = 0.8
const SCALE_MIN = 0.2
const SCALE_MAX = 2.5
const WHOLE_MAX = 1.15
const MARGIN = 10

/** Returns the view in which the whole chart is seen. */
export function whole({ width, height }: Size, room: Size): View {
  const k = Math.max(
    SCALE_MIN,
    Math.min((room.width - 2 * MARGIN) / width, (room.height - 2 * MARGIN) / height, WHOLE_MAX),
  )
  return { k, x: (room.width - width * k) / 2, y: Math.max(MARGIN, (room.height - height * k) / 2) }
}

/** Returns the same view, nearer or farther. The point stays where it is. */
export function zoomed({ x, y, k }: View, by: number, at: { x: number; y: number }): View {
  const next = Math.max(SCALE_MIN, Math.min(SCALE_MAX, k * by))
  const ratio = next / k
  return { k: next, x: at.x - (at.x - x) * ratio, y: at.y - (at.y - y) * ratio }
}

/** Returns the box around what the eye looks for: the labels just taken and the active states, of one region if need be. */
export function focusOf(
  { states, labels }: Picture,
  active: ReadonlySet<StateNode>,
  now: ReadonlySet<WayKey>,
  room: Size,
): Rect | undefined {
  const lit = states.filter(({ state }) => active.has(state) && state.children.length === 0)
  const taken = labels.filter(({ group }) => group.branches.some(({ keys }) => isAmong(keys, now)))
  const all = boxAround([...lit, ...taken])
  if (all === undefined || fits(all, room)) return all
  const near = taken.length > 0 ? taken : lit.slice(0, 1)
  const targets = taken.flatMap(({ group }) =>
    group.branches.filter(({ keys }) => isAmong(keys, now)).map(({ target }) => target),
  )
  const ends = lit.filter(({ state }) => targets.includes(state))
  const some = boxAround([...near, ...ends])
  return some !== undefined && fits(some, room) ? some : near[0]
}

function fits({ width, height }: Rect, room: Size): boolean {
  return width * READABLE <= room.width - 2 * MARGIN && height * READABLE <= room.height - 2 * MARGIN
}

function boxAround(boxes: readonly Rect[]): Rect | undefined {
  if (boxes.length === 0) return undefined
  return around(boxes.flatMap((box) => [box, { x: box.x + box.width, y: box.y + box.height }]))
}

/** Returns a readable view of the box. A view that shows it already stays, so that as little as possible moves. */
export function towards(box: Rect, picture: Size, room: Size, present: View | undefined): View {
  const k = Math.max(READABLE, Math.min(1, (room.width - 2 * MARGIN) / picture.width))
  if (present?.k === k && isSeen(box, present, room)) return present
  return {
    k,
    x: along(box.x + box.width / 2, picture.width, room.width, k),
    y: along(box.y + box.height / 2, picture.height, room.height, k),
  }
}

/** Returns the corner for a centre, without more free room at an end than the margin. */
function along(centre: number, size: number, room: number, k: number): number {
  if (size * k <= room) return (room - size * k) / 2
  return Math.min(MARGIN, Math.max(room - size * k - MARGIN, room / 2 - centre * k))
}

function isSeen(box: Rect, { x, y, k }: View, room: Size): boolean {
  return (
    box.x * k + x >= 0 &&
    box.y * k + y >= 0 &&
    (box.x + box.width) * k + x <= room.width &&
    (box.y + box.height) * k + y <= room.height
  )
}

/** Returns whether some of the picture is out of sight. */
export function isCut({ width, height }: Size, { x, y, k }: View, room: Size): boolean {
  return x < -1 || y < -1 || x + width * k > room.width + 1 || y + height * k > room.height + 1
}
