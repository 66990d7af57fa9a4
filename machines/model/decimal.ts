import { Decimal as DecimalJs } from 'decimal.js'
import { smallSum } from './decimal-sum.ts'

/**
 * Exact for sums and products of money: a product of four fields of 40 digits each has room. Quotients are rounded where
 * they are made, by `divide`.
 */
const Decimal = DecimalJs.clone({ precision: 160, toExpNeg: -1e9, toExpPos: 1e9 })

/** Decimal places that a quotient keeps. */
const QUOTIENT_PLACES = 18

export const ZERO = '0'

export const add = (a: string, b: string) => smallSum(a, b, 1) ?? new Decimal(a).plus(b).toString()
export const subtract = (a: string, b: string) => smallSum(a, b, -1) ?? new Decimal(a).minus(b).toString()
export const multiply = (a: string, b: string) => new Decimal(a).times(b).toString()
export const divide = (a: string, b: string) =>
  new Decimal(a).div(b).toDecimalPlaces(QUOTIENT_PLACES).toString()
/** Returns a number as it is written. This is exact for numbers that a person wrote. */
export const fromNumber = (n: number) => new Decimal(n).toString()
/** Returns the decimal rounded to so many places, half away from zero. */
export const round = (a: string, places: number) => new Decimal(a).toDecimalPlaces(places).toString()
/** Returns the whole number below. */
export const floor = (a: string) => new Decimal(a).floor().toString()
/** Returns the whole number above. */
export const ceil = (a: string) => new Decimal(a).ceil().toString()
/** Returns whether `a` is a multiple of `b`. */
export const isMultiple = (a: string, b: string) => new Decimal(a).mod(b).isZero()
export const negate = (a: string) => new Decimal(a).negated().toString()
export const absolute = (a: string) => new Decimal(a).abs().toString()

export const isZero = (a: string) => new Decimal(a).isZero()
export const isPositive = (a: string) => compare(a, ZERO) > 0
export const isNegative = (a: string) => compare(a, ZERO) < 0

/**
 * Returns a number below, at or above zero if `a` is less than, equal to or greater than `b`. A float keeps the order of two
 * decimals, so only two that become the same float need an exact comparison.
 */
export function compare(a: string, b: string): number {
  if (a === b) return 0
  const difference = Number(a) - Number(b)
  return difference !== 0 ? difference : new Decimal(a).comparedTo(b)
}

export const min = (a: string, b: string) => (compare(a, b) <= 0 ? a : b)
export const max = (a: string, b: string) => (compare(a, b) >= 0 ? a : b)
