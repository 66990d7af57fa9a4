/** Keeps few of many values over time, so that a page that stays open for days neither grows nor forgets. Pure. */

interface Value {
  readonly at: number
  /** Values are thinned among those of the same. */
  readonly venue?: string | null | undefined
}

/**
 * Returns the values themselves while they are at most `max`. Otherwise at most half as many are left: of each part of
 * the time the last one of each venue. The parts begin at multiples of their length, and double as the time grows.
 * Parts that moved along with the time would let nothing stay behind.
 */
export function thinned<V extends Value>(values: readonly V[], max: number): readonly V[] {
  if (values.length <= max) return values
  for (let length = 1; ; length *= 2) {
    const last = new Map<string, V>()
    for (const value of values) last.set(`${Math.floor(value.at / length)} ${value.venue}`, value)
    if (last.size > max / 2 && length < Number.MAX_SAFE_INTEGER) continue
    const kept = new Set(last.values())
    return values.filter((value) => kept.has(value))
  }
}
