/** Points, boxes and orthogonal lines of a chart. Pure. */

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Rect extends Point {
  readonly width: number
  readonly height: number
}

/** Returns whether two boxes share more than `slack` px. Boxes that touch do not. */
export function overlaps(a: Rect, b: Rect, slack = 0.5): boolean {
  return (
    a.x + a.width - slack > b.x &&
    b.x + b.width - slack > a.x &&
    a.y + a.height - slack > b.y &&
    b.y + b.height - slack > a.y
  )
}

/** Returns whether a line runs through a box. */
export function crosses(points: readonly Point[], box: Rect): boolean {
  return points.some((a, i) => {
    const b = points[i + 1]
    return b !== undefined && overlaps(around([a, b], 0.25), box, 0.5)
  })
}

/** Returns the box around some points, larger by `margin` on each side. */
export function around(points: readonly Point[], margin = 0): Rect {
  const xs = points.map(({ x }) => x)
  const ys = points.map(({ y }) => y)
  const [x, y] = [Math.min(...xs) - margin, Math.min(...ys) - margin]
  return { x, y, width: Math.max(...xs) + margin - x, height: Math.max(...ys) + margin - y }
}

export function grown({ x, y, width, height }: Rect, by: number): Rect {
  return { x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by }
}

/** Returns the path of a line, with rounded corners. */
export function pathOf(points: readonly Point[], radius = 6): string {
  const [first, ...rest] = points
  if (first === undefined) return ''
  let path = `M${at(first)}`
  rest.forEach((point, i) => {
    const next = rest[i + 1]
    if (next === undefined) {
      path += `L${at(point)}`
      return
    }
    const before = points[i] as Point
    const r = Math.min(radius, distance(before, point) / 2, distance(point, next) / 2)
    path += `L${at(towards(point, before, r))}Q${at(point)} ${at(towards(point, next, r))}`
  })
  return path
}

/** Returns the path of a curve between the sides of two boxes, for a way that has no place in the layout. */
export function curveOf(from: Rect, to: Rect): string {
  const isLeft = to.x + to.width / 2 < from.x + from.width / 2
  const a = { x: isLeft ? from.x : from.x + from.width, y: from.y + from.height / 2 }
  const b = { x: to.x + to.width / 2 < a.x ? to.x + to.width : to.x, y: to.y + to.height / 2 }
  const bend = (b.x - a.x) / 2
  return `M${at(a)}C${at({ x: a.x + bend, y: a.y })} ${at({ x: b.x - bend, y: b.y })} ${at(b)}`
}

function at({ x, y }: Point): string {
  return `${round(x)} ${round(y)}`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}

function towards(from: Point, to: Point, by: number): Point {
  const whole = distance(from, to) || 1
  return { x: from.x + ((to.x - from.x) * by) / whole, y: from.y + ((to.y - from.y) * by) / whole }
}
