/** Reads the values of options. */
import { InvalidArgumentError } from 'commander'

/** Most items that `--tail` may ask for, as on the feed. */
const TAIL_MAX = 10_000

/** @throws InvalidArgumentError */
export function tailOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= TAIL_MAX) return Number(text)
  throw new InvalidArgumentError(`It is a number from 0 to ${TAIL_MAX}; --from has no such bound.`)
}

/** Returns the factor of a speed: 10 of `10x`, Infinity of `max`. @throws InvalidArgumentError */
export function speedOf(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY
  const factor = Number(/^(\d{1,6}(?:\.\d{1,6})?)x?$/.exec(text)?.[1])
  if (factor > 0) return factor
  throw new InvalidArgumentError('It is a factor such as 10x or 0.5x, or max.')
}
