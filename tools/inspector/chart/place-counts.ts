/** Finds room for the counts near the arrows. A count that has no room is left out: pointing at its line tells it. Pure. */
import { around, crosses, grown, overlaps, type Point, type Rect } from './geometry.ts'
import type { WayKey } from './graph.ts'
import { countIn } from './lit.ts'
import { STYLES, widthOf } from './measure.ts'
import { countText } from './names.ts'
import { type Line, type Picture, textBoxes } from './picture.ts'

const HEIGHT = 11
const ASIDE = 5
/** Distances from the end of a piece of a line at which a count may stand. */
const STEPS = [2, 16, 30]
/** Pieces of a line, from its arrow, beside which its count may stand. */
const PIECES_MAX = 3

export function withCounts(picture: Picture, counts: ReadonlyMap<WayKey, number>): Picture {
  const boxes = [
    ...textBoxes(picture).map(({ box }) => box),
    ...picture.states.filter(({ state, isUnentered }) => isUnentered || state.children.length === 0),
    ...picture.labels,
    ...picture.dots.map((dot) => around([dot], 5)),
  ]
  const taken: Rect[] = []
  const lines = picture.lines.map((line): Line => {
    if (!line.hasArrow || line.group === undefined || line.keys.length === 0) return line
    // A digit more than today, because the count grows.
    const width = Math.ceil(widthOf(`0${countText(countIn(line.keys, counts))}`, 'count'))
    const count = candidates(line.points, width).find((box) => {
      const room = grown(box, 1)
      return (
        !taken.some((other) => overlaps(other, room)) &&
        !boxes.some((other) => overlaps(other, room)) &&
        !picture.lines.some(({ points }) => crosses(points, room)) &&
        !leavesFrame(picture, room)
      )
    })
    if (count) taken.push(count)
    return { ...line, count }
  })
  return { ...picture, lines }
}

function candidates(points: readonly Point[], width: number): Rect[] {
  const found: Rect[] = []
  const last = points.length - 1
  for (let i = last; i > Math.max(0, last - PIECES_MAX); i--) {
    const [end, begin] = [points[i] as Point, points[i - 1] as Point]
    const long = Math.hypot(end.x - begin.x, end.y - begin.y)
    for (const step of STEPS) {
      if (step + HEIGHT > long && step > (STEPS[0] as number)) continue
      if (end.x === begin.x) {
        const y = end.y > begin.y ? end.y - step - HEIGHT : end.y + step
        for (const x of [end.x + ASIDE, end.x - ASIDE - width]) found.push({ x, y, width, height: HEIGHT })
      } else {
        const x = end.x > begin.x ? end.x - step - width : end.x + step
        for (const y of [end.y - HEIGHT - 2, end.y + 2]) found.push({ x, y, width, height: HEIGHT })
      }
    }
  }
  return found
}

/** Returns whether a box lies across the border of a state with others in it. */
function leavesFrame({ states, width, height }: Picture, box: Rect): boolean {
  const frames = states.filter(({ state, isUnentered }) => state.children.length > 0 && !isUnentered)
  const isInside = (frame: Rect) =>
    box.x >= frame.x &&
    box.y >= frame.y &&
    box.x + box.width <= frame.x + frame.width &&
    box.y + box.height <= frame.y + frame.height
  return (
    !isInside({ x: 0, y: 0, width, height }) ||
    frames.some((frame) => overlaps(frame, box) && !isInside(frame))
  )
}

/** Returns the baseline of a count in its room. */
export function countBaseline({ y }: Rect): number {
  return y + (HEIGHT + STYLES.count.size) / 2 - 1.5
}
