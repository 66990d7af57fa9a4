/** Decimal text as exchanges write it, made plain. */
import { Decimal } from 'decimal.js'

/** The longest decimal that an event may have, in characters. */
const LENGTH_MAX = 40
const EXPONENT = /^\d{1,40}(\.\d{1,40})?[eE][+-]?\d{1,2}$/
const Exact = Decimal.clone({ precision: 200, toExpNeg: -1e9, toExpPos: 1e9 })
const [DOT, ZERO, NINE] = [46, 48, 57]

/**
 * Returns one text for one number that is zero or more: "61837.63000000" is "61837.63", "1.0e-10" is "0.0000000001".
 * Returns undefined for everything else, and for what needs more than 40 characters.
 */
export function exactDecimal(raw: unknown): string | undefined {
  if (typeof raw !== 'string' || raw.length === 0) return undefined
  let dotAt = -1
  for (let i = 0; i < raw.length; i++) {
    const code = raw.charCodeAt(i)
    if (code >= ZERO && code <= NINE) continue
    if (code !== DOT) return fromExponent(raw)
    if (dotAt >= 0 || i === 0) return undefined
    dotAt = i
  }
  let start = 0
  let end = raw.length
  if (dotAt >= 0) {
    if (dotAt === end - 1) return undefined
    while (raw.charCodeAt(end - 1) === ZERO) end--
    if (end - 1 === dotAt) end = dotAt
  }
  const last = dotAt < 0 || end === dotAt ? end - 1 : dotAt - 1
  while (start < last && raw.charCodeAt(start) === ZERO) start++
  const text = start === 0 && end === raw.length ? raw : raw.slice(start, end)
  return text.length <= LENGTH_MAX ? text : undefined
}

/** Returns the same for a number above zero. */
export function exactPositive(raw: unknown): string | undefined {
  const text = exactDecimal(raw)
  return text === '0' ? undefined : text
}

function fromExponent(raw: string): string | undefined {
  if (!EXPONENT.test(raw)) return undefined
  const text = new Exact(raw).toString()
  return text.length <= LENGTH_MAX ? text : undefined
}
