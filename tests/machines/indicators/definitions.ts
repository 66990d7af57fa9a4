/** Indicators by their definitions, over the whole series at once. */
import type { Adx, Bar } from '../../../machines/indicators/index.ts'

/** Average of the first `length`, then Wilder's (n - 1 of n parts old, one part new). */
function wilder(values: readonly number[], length: number): (number | undefined)[] {
  let average = values.slice(0, length).reduce((sum, value) => sum + value, 0) / length
  return values.map((value, i) => {
    if (i >= length) average = (average * (length - 1) + value) / length
    return i < length - 1 ? undefined : average
  })
}

export function adx(bars: readonly Bar[], length: number): (Adx | undefined)[] {
  const moves = bars.slice(1).map((bar, i) => {
    const was = bars[i] as Bar
    const up = bar.high - was.high
    const down = was.low - bar.low
    return {
      range: Math.max(bar.high - bar.low, Math.abs(bar.high - was.close), Math.abs(bar.low - was.close)),
      plus: up > down && up > 0 ? up : 0,
      minus: down > up && down > 0 ? down : 0,
    }
  })
  const [range, plus, minus] = (['range', 'plus', 'minus'] as const).map((of) =>
    wilder(
      moves.map((move) => move[of]),
      length,
    ).slice(length - 1),
  ) as [number[], number[], number[]]
  const di = range.map((r, i) => ({
    plusDi: r === 0 ? 0 : (100 * plus[i]!) / r,
    minusDi: r === 0 ? 0 : (100 * minus[i]!) / r,
  }))
  const dx = di.map(({ plusDi, minusDi }) => {
    const sum = plusDi + minusDi
    return sum === 0 ? 0 : (100 * Math.abs(plusDi - minusDi)) / sum
  })
  const averages = wilder(dx, length)
  const values = di.map((each, i) => {
    const adx = averages[i]
    return adx === undefined ? undefined : { adx, ...each }
  })
  return [...bars.slice(0, length).map(() => undefined), ...values]
}
