import * as decimal from '../../../../machines/decimal.ts'
import type { PlaceRequest, VenueState } from './state.ts'

const isAmount = (text: string) => /^\d+(\.\d+)?$/.test(text) && decimal.isPositive(text)

/** Why the venue does not take the order; undefined when it does. */
export function refusalOf({ markets }: VenueState, order: PlaceRequest): string | undefined {
  const { symbol, orderQty, ordType, price, stopPx } = order
  if (markets[symbol] === undefined) return `unknown symbol ${symbol}: no market data has come for it`
  if (!isAmount(orderQty)) return `orderQty ${orderQty} is not a decimal above 0`
  return amountRefusal('price', price, ordType, 'LIMIT') ?? amountRefusal('stopPx', stopPx, ordType, 'STOP')
}

/** A field that one type of order needs, and no other has. */
function amountRefusal(field: string, value: string | undefined, ordType: string, needs: string) {
  if (ordType !== needs) return value === undefined ? undefined : `a ${ordType} order has no ${field}`
  if (value === undefined) return `a ${ordType} order needs a ${field}`
  return isAmount(value) ? undefined : `${field} ${value} is not a decimal above 0`
}
