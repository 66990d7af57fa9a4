/** The judgement of what a venue tells of an order: its trades and its terms. Pure. */
import { compact } from '../../errors/compact.ts'
import type { ExecutionReport } from '../events/order.ts'
import * as decimal from '../model/decimal.ts'
import type { OrderContext } from './context.ts'

/** The terms of an order that a report has otherwise. */
export type OtherTerms = Pick<ExecutionReport, 'ordType' | 'price' | 'stopPx'>

/** Returns whether the report of a trade has a deal: of a quantity, at a price. Binance reports trades of nothing, and trades at zero. */
export function isDeal({ lastQty, lastPx }: ExecutionReport): boolean {
  return [lastQty, lastPx].every((amount) => amount !== undefined && decimal.isPositive(amount))
}

/**
 * Returns the terms that the report has and nobody has asked for; undefined if there are none. After another request, and of a stop
 * that trails, a price may be another one rightly.
 */
export function otherTerms(
  { terms, pending }: OrderContext,
  report: ExecutionReport,
): OtherTerms | undefined {
  if (pending.length > 0) return undefined
  const { ordType, price, stopPx } = report
  const differs = compact({
    ordType: ordType === terms.ordType ? undefined : ordType,
    price: isOther(price, terms.price) ? price : undefined,
    stopPx: terms.ordType !== 'TRAILING_STOP' && isOther(stopPx, terms.stopPx) ? stopPx : undefined,
  })
  return Object.keys(differs).length > 0 ? differs : undefined
}

/** Returns the terms with the prices that the venue has. */
export function withPrices(
  terms: OrderContext['terms'],
  { price, stopPx }: OtherTerms,
): OrderContext['terms'] {
  return price === undefined && stopPx === undefined ? terms : { ...terms, ...compact({ price, stopPx }) }
}

function isOther(told: string | undefined, asked: string | undefined): boolean {
  return told !== undefined && asked !== undefined && decimal.compare(told, asked) !== 0
}
