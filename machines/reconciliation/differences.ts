/** The differences between the venue's books and ours. Pure. */

import type { AccountBooks, VenueState } from '../events/reconciliation.ts'
import { holdingName, orderAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import { ownOf } from '../model/own.ts'

export interface Difference {
  readonly what: 'order' | 'position' | 'balance'
  readonly id: string
  readonly here: string
  readonly there: string
}

/** The balances and positions that a venue last reported by itself. */
export interface Reported {
  readonly balances: Readonly<Record<string, string>>
  readonly positions: Readonly<Record<string, string>>
}

const NONE = 'none'

/**
 * Returns the differences of the books. A venue tells of coins how many are owned, and some were there before or were paid in. So a
 * position on spot differs only where it is more than the coins that are there.
 */
export function differencesOf(venue: VenueState, here: AccountBooks): readonly Difference[] {
  const open = Object.fromEntries(
    venue.openOrders.map(({ clOrdId, leavesQty }) => [orderAddress(clOrdId), leavesQty]),
  )
  const held = Object.fromEntries(venue.positions.map(({ quantity, ...of }) => [holdingName(of), quantity]))
  const owned = Object.fromEntries(venue.balances.map(({ asset, balance }) => [asset, balance]))
  const ofCoin = (symbol: string) => ownOf(owned, ownOf(here.coins ?? {}, symbol) ?? '')
  return [
    ...between('order', here.working, open, NONE),
    ...between('position', here.positions, held, decimal.ZERO).flatMap((one) => {
      const there = ofCoin(one.id)
      if (there === undefined) return [one]
      const isCovered = !decimal.isNegative(one.here) && decimal.compare(one.here, there) <= 0
      return isCovered ? [] : [{ ...one, there }]
    }),
    // A venue need not know of all assets, nor of any.
    ...between('balance', pick(here.balances, owned), owned, decimal.ZERO),
  ]
}

export function hasReports({ balances, positions }: Reported): boolean {
  return Object.keys(balances).length > 0 || Object.keys(positions).length > 0
}

/** Returns whether the account differs from the balances and positions that its venue reported by itself. */
export function differsFrom({ balances, positions }: Reported, here: AccountBooks): boolean {
  return (
    between('balance', pick(here.balances, balances), balances, decimal.ZERO).length > 0 ||
    between('position', pick(here.positions, positions), positions, decimal.ZERO).length > 0
  )
}

function between(
  what: Difference['what'],
  here: Readonly<Record<string, string>>,
  there: Readonly<Record<string, string>>,
  otherwise: string,
): Difference[] {
  const ids = [...new Set([...Object.keys(here), ...Object.keys(there)])].sort()
  return ids
    .map((id) => ({ what, id, here: ownOf(here, id) ?? otherwise, there: ownOf(there, id) ?? otherwise }))
    .filter(({ here, there }) =>
      here === NONE || there === NONE ? here !== there : decimal.compare(here, there) !== 0,
    )
}

function pick(of: Readonly<Record<string, string>>, like: object): Record<string, string> {
  return Object.fromEntries(Object.entries(of).filter(([key]) => Object.hasOwn(like, key)))
}
