import type { Indicator } from './indicator.ts'
import { mean, standardDeviation } from './statistics.ts'
import { overWindow, type WindowState } from './window.ts'

/** Returns the standard deviations from the mean of the last `length` closes to the last of them; 0 when all are equal. */
export function zScore(length: number): Indicator<number, WindowState<number>> {
  return overWindow(length, (closes) => {
    const middle = mean(closes)
    const deviation = standardDeviation(closes, middle)
    return deviation === 0 ? 0 : ((closes.at(-1) as number) - middle) / deviation
  })
}
