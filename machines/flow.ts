import * as decimal from './decimal.ts'
import type { Fill, FillBust } from './events/commands.ts'

/** What a fill, or the bust of one, brings: cash in the quote asset, commission taken off, and quantity held. */
export function flowOf({ type, side, lastQty, lastPx, commission }: Fill | FillBust): {
  cash: string
  quantity: string
} {
  const value = decimal.multiply(lastQty, lastPx)
  const cash = decimal.subtract(side === 'BUY' ? decimal.negate(value) : value, commission)
  const quantity = side === 'BUY' ? lastQty : decimal.negate(lastQty)
  return type === 'FILL'
    ? { cash, quantity }
    : { cash: decimal.negate(cash), quantity: decimal.negate(quantity) }
}
