/** The rules for the terms of an order. The risk gate, the API and the paper venue use the same. */

import type { OrdType, PlaceOrder } from '../events/order.ts'
import * as decimal from '../model/decimal.ts'

export type OrderTerms = Omit<PlaceOrder, 'type' | 'clOrdId'>

const LIMITED: readonly OrdType[] = ['LIMIT', 'STOP_LIMIT', 'TAKE_PROFIT_LIMIT']
const TRIGGERED: readonly OrdType[] = ['STOP', 'STOP_LIMIT', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT']

/** The types that close a position when the price goes against its holder. */
export const STOPS = ['STOP', 'STOP_LIMIT', 'TRAILING_STOP'] as const

/** Returns whether the order has a limit once it works. */
export function isLimited({ ordType }: Pick<OrderTerms, 'ordType'>): boolean {
  return LIMITED.includes(ordType)
}

/** Returns whether the order waits for a price before it works. */
export function isConditional({ ordType }: Pick<OrderTerms, 'ordType'>): boolean {
  return TRIGGERED.includes(ordType) || ordType === 'TRAILING_STOP'
}

/** Returns whether the order closes a position when the price goes against its holder. */
export function isStop<Terms extends Pick<OrderTerms, 'ordType'>>(
  terms: Terms,
): terms is Terms & { readonly ordType: (typeof STOPS)[number] } {
  return STOPS.some((stop) => stop === terms.ordType)
}

export interface TermsProblem {
  readonly field: keyof OrderTerms
  readonly rule: string
  readonly value: string
}

/**
 * Returns the first rule that the terms break; undefined if they break none. `at` is the time from which they are in force, in
 * epoch ms.
 */
export function problemOf(terms: OrderTerms, at: number): TermsProblem | undefined {
  const { ordType, timeInForce, expireTime, postOnly } = terms
  const amounts: (keyof OrderTerms & ('orderQty' | 'price' | 'stopPx' | 'trailingOffset'))[] = ['orderQty']
  if (isLimited(terms)) amounts.push('price')
  if (TRIGGERED.includes(ordType)) amounts.push('stopPx')
  if (ordType === 'TRAILING_STOP') amounts.push('trailingOffset')
  for (const field of amounts) {
    const value = terms[field]
    if (value === undefined || !isAmount(value)) return { field, rule: 'more than 0', value: value ?? 'none' }
  }
  if (timeInForce === 'GTD' && (expireTime === undefined || expireTime <= at)) {
    return { field: 'expireTime', rule: `after ${at}`, value: String(expireTime ?? 'none') }
  }
  const canRest = isLimited(terms) && timeInForce !== 'IOC' && timeInForce !== 'FOK'
  if (postOnly && !canRest) {
    return { field: 'postOnly', rule: 'an order that can rest', value: `${ordType} ${timeInForce}` }
  }
  return undefined
}

function isAmount(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text) && decimal.isPositive(text)
}
