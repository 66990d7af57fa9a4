import { compact } from '../../../../errors/compact.ts'
import { problemOf, type TermsProblem } from '../../../../machines/index.ts'
import type { PaperOrder, PlaceRequest, ReplaceRequest, VenueState } from './state.ts'

/** Returns the reason why the venue does not take the order; undefined when it does. */
export function refusalOf({ markets, now }: VenueState, order: PlaceRequest): string | undefined {
  const { symbol } = order
  if (markets[symbol] === undefined) return `unknown symbol ${symbol}: no market data has come for it`
  return textOf(problemOf(order, now))
}

/** Returns the reason why the venue does not replace the order so; undefined when it does. */
export function replaceRefusalOf(
  { now }: VenueState,
  order: PaperOrder,
  { orderQty, price = order.price, stopPx = order.stopPx }: ReplaceRequest,
): string | undefined {
  const terms = { ...order, orderQty, ...compact({ price, stopPx }) }
  return textOf(problemOf({ ...terms, ...(order.expireAt && { expireTime: order.expireAt }) }, now))
}

function textOf(problem: TermsProblem | undefined): string | undefined {
  return problem && `${problem.field} has to be ${problem.rule}, not ${problem.value}`
}
