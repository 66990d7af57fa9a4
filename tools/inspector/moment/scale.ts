/** Times as places on the strip. Pure. */

/** The times at both ends of the strip, and its width in px. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly width: number
}

/** px at each end, so that a mark at the end is whole. */
const MARGIN = 6

/** Returns the places of times, in px from the left. */
export function placesOf(times: readonly number[], { from, to, width }: Span): number[] {
  const scale = (width - 2 * MARGIN) / Math.max(1, to - from)
  return times.map((at) => rounded(MARGIN + Math.max(0, Math.min(to, at) - from) * scale))
}

/** Returns the time at a place. Beyond the right end it is the end. */
export function timeOf(x: number, { from, to, width }: Span): number {
  const share = (x - MARGIN) / Math.max(1, width - 2 * MARGIN)
  return Math.round(from + Math.max(0, Math.min(1, share)) * (to - from))
}

export interface Mark {
  readonly x: number
  readonly isGrave: boolean
}

/** Returns a mark for each place that has one, the grave ones last, so that they lie on top. */
export function marksOf(
  events: readonly { readonly at: number; readonly isGrave: boolean }[],
  span: Span,
): Mark[] {
  const grave = new Map<number, boolean>()
  const places = placesOf(
    events.map(({ at }) => at),
    span,
  )
  for (const [i, { isGrave }] of events.entries()) {
    // Marks that would lie within 2 px of each other are one.
    const x = Math.round((places[i] ?? 0) / 2) * 2
    grave.set(x, isGrave || (grave.get(x) ?? false))
  }
  return [...grave]
    .map(([x, isGrave]) => ({ x, isGrave }))
    .sort((a, b) => Number(a.isGrave) - Number(b.isGrave) || a.x - b.x)
}

/** Returns the path of a line of values: of each px, the last one. */
export function lineOf(
  points: readonly { readonly at: number; readonly value: number }[],
  span: Span,
  top: number,
  bottom: number,
): string {
  if (points.length < 2) return ''
  const numbers = points.map(({ value }) => value)
  const low = Math.min(...numbers)
  const range = Math.max(...numbers) - low || 1
  const xs = placesOf(
    points.map(({ at }) => at),
    span,
  )
  const byPx = new Map<number, number>()
  for (const [i, value] of numbers.entries()) byPx.set(Math.round(xs[i] ?? 0), value)
  return [...byPx]
    .map(
      ([x, value], i) =>
        `${i === 0 ? 'M' : 'L'}${x} ${rounded(bottom - ((value - low) / range) * (bottom - top))}`,
    )
    .join('')
}

const rounded = (px: number): number => Math.round(px * 10) / 10
