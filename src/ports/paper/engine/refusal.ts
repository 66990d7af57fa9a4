import * as decimal from '../../../../machines/decimal.ts'
import type { PaperOrder, PlaceRequest, ReplaceRequest, VenueState } from './state.ts'

const isAmount = (text: string) => /^\d+(\.\d+)?$/.test(text) && decimal.isPositive(text)

/** Why the venue does not take the order; undefined when it does. */
export function refusalOf({ markets }: VenueState, order: PlaceRequest): string | undefined {
  const { symbol, orderQty, ordType, price, stopPx } = order
  if (markets[symbol] === undefined) return `unknown symbol ${symbol}: no market data has come for it`
  if (!isAmount(orderQty)) return `orderQty ${orderQty} is not a decimal above 0`
  if (ordType === 'LIMIT') return amountRefusal('price', price)
  if (ordType === 'STOP') return amountRefusal('stopPx', stopPx)
  return undefined
}

/** Why the venue does not replace the order so; undefined when it does. */
export function replaceRefusalOf(
  order: PaperOrder,
  { orderQty, price = order.price, stopPx = order.stopPx }: ReplaceRequest,
): string | undefined {
  if (!isAmount(orderQty)) return `orderQty ${orderQty} is not a decimal above 0`
  if (order.price !== undefined) return amountRefusal('price', price)
  if (order.stopPx !== undefined) return amountRefusal('stopPx', stopPx)
  return undefined
}

function amountRefusal(field: string, value: string | undefined): string | undefined {
  if (value === undefined) return `the order needs a ${field}`
  return isAmount(value) ? undefined : `${field} ${value} is not a decimal above 0`
}
