/** Returns the mean. It adds distances from the first value, so that the mean of equal values is exactly that. */
export function mean(values: readonly number[]): number {
  const origin = values[0] as number
  return origin + values.reduce((sum, value) => sum + (value - origin), 0) / values.length
}

/** Returns the standard deviation of the whole population: the sum of squares is divided by n. */
export function standardDeviation(values: readonly number[], around: number): number {
  const squares = values.reduce((sum, value) => sum + (value - around) * (value - around), 0)
  return Math.sqrt(squares / values.length)
}
