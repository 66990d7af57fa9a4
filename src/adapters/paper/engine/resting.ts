/** Resting orders fill from what trades. */

import type { Trade } from '../../../../machines/index.ts'
import * as decimal from '../../../../machines/model/decimal.ts'
import { fill, fillable, type Step } from './execution.ts'
import type { PaperOrder } from './state.ts'

/**
 * Fills orders from a trade. A trade through an order's price would have met the order first: it fills as far as the quantity goes. At
 * its price, what was shown when it came goes before it, and only those who traded against its side count. What one of our orders gets
 * of a trade is not there for the next one. `orders` come by priority.
 */
export function fillFromTrade(step: Step, orders: readonly PaperOrder[], trade: Trade): void {
  let ours = decimal.ZERO
  for (const order of orders) {
    if (order.phase !== 'resting') continue
    const price = order.price as string
    const through = order.side === 'BUY' ? decimal.compare(price, trade.px) : decimal.compare(trade.px, price)
    if (through < 0 || (through === 0 && trade.aggressor === order.side)) continue
    let free = decimal.subtract(trade.qty, ours)
    const first = through > 0 ? decimal.ZERO : decimal.min(order.ahead, free)
    order.ahead = through > 0 ? decimal.ZERO : decimal.subtract(order.ahead, first)
    free = decimal.subtract(free, first)
    const qty = decimal.min(free, fillable(step, order))
    if (!decimal.isPositive(qty)) continue
    fill(step, order, [price, qty], 'MAKER')
    ours = decimal.add(ours, qty)
  }
}

/** Returns the orders by price, then by time: takers as they came, then each side's best price. `orders` come as they arrived. */
export function byPriority(orders: PaperOrder[]): readonly PaperOrder[] {
  return orders.length < 2 ? orders : orders.sort(comparePriority)
}

function comparePriority(a: PaperOrder, b: PaperOrder): number {
  const [restsA, restsB] = [a.phase === 'resting', b.phase === 'resting']
  if (!restsA || !restsB) return Number(restsA) - Number(restsB)
  if (a.side !== b.side) return a.side === 'BUY' ? -1 : 1
  const difference = decimal.compare(a.price as string, b.price as string)
  return a.side === 'BUY' ? -difference : difference
}
