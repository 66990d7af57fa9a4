/** The repair of differences between the two books. Pure. */
import type { CashFlowReport } from '../events/account.ts'
import type { Adopt, VenueOrderState, VenueState } from '../events/reconciliation.ts'
import { accountAddress, holdingName, orderAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import type { ReconciliationEvent } from './declaration.ts'
import { type Difference, differencesOf } from './differences.ts'
import { type TermsThere, termsThere } from './venue-order.ts'

export function differencesIn(state: VenueState): readonly Difference[] {
  return differencesOf(state, state.here)
}

/** Returns the differences that the look before found, too. */
export function lastingIn(state: VenueState, found: readonly Difference[]): readonly Difference[] {
  return differencesIn(state).filter((one) =>
    found.some(({ what, id }) => what === one.what && id === one.id),
  )
}

/** Returns by address the orders that work at the venue. */
export function openOrders({ openOrders }: VenueState): ReadonlyMap<string, VenueOrderState> {
  return new Map(openOrders.map((order) => [orderAddress(order.clOrdId), order] as const))
}

/** Returns the fills that may be what one of the books lacks. */
export function missedFills({ fills }: VenueState, lasting: readonly Difference[]): VenueState['fills'] {
  return fills.filter(({ order, terms }) => mayExplain(lasting, order, terms))
}

/** Returns by address the terms of the orders that differ, or may have filled, and that the account does not know. */
export function unknownOrdersIn(
  state: VenueState,
  lasting: readonly Difference[],
): readonly (readonly [order: string, terms: TermsThere])[] {
  const open = openOrders(state)
  const found = new Map<string, TermsThere>()
  for (const { order, terms } of missedFills(state, lasting)) found.set(order, terms)
  for (const { id } of lasting) {
    const order = open.get(id)
    if (order !== undefined) found.set(id, termsThere(order))
  }
  return [...found].filter(([order]) => state.here.working[order] === undefined)
}

/** Returns whether a fill of the order may explain one of the differences. */
function mayExplain(differences: readonly Difference[], order: string, terms: TermsThere): boolean {
  return differences.some(({ what, id }) =>
    what === 'order' ? id === order : what === 'balance' || id === holdingName(terms),
  )
}

/** Returns the cash flow that makes our balance equal to the venue's. */
export function adjustmentFor(
  { id: asset, here, there }: Difference,
  venue: string,
  at: number,
): CashFlowReport {
  const change = decimal.subtract(there, here)
  const flowId = `reconciled-${at}-${asset}`
  return { type: 'CASH_FLOW_REPORT', at, venue, flowId, asset, change, reason: 'reconciliation' }
}

export function reasonOf(event: ReconciliationEvent): string {
  if (event.type === 'RECONCILE') return event.reason
  return event.type === 'PORTFOLIO' ? 'the venue has told otherwise' : 'periodic'
}

export function doneAbout({ what, here, there }: Difference, unknownOrders: 'adopt' | 'cancel') {
  if (what !== 'order') return 'movements applied'
  if (there === 'none') return 'asked'
  if (here !== 'none') return 'told'
  return unknownOrders === 'adopt' ? 'adopted' : 'canceled'
}

export function adoptionOf(terms: TermsThere, venue: string, at: number): Adopt {
  return { type: 'ADOPT', at, venue, ...terms, account: accountAddress(venue) }
}
