/** The part of the venue's books that is on disk, and the changes that have yet to go there. */
import type { VenueOrder, VenueReport } from '../venue.ts'
import { idsOf, type PlaceRequest, type VenueRequest, type VenueState, viewOf } from './engine/state.ts'

/** The changes since the last write. */
export class Group {
  readonly requests = new Map<string, VenueRequest>()
  readonly reports: VenueReport[] = []
  /** The intents that placed an order under a ClOrdID, all of them. Only where a profile refuses duplicates. */
  readonly intents = new Map<string, readonly string[]>()
  /** By every ClOrdID that they went by. */
  readonly ended = new Map<string, VenueOrder>()

  get isEmpty(): boolean {
    return this.requests.size === 0 && this.reports.length === 0
  }
}

/** The books as of the last write, which the venue may speak of. Orders that have ended are looked up on disk. */
export interface Durable {
  readonly marketPosition: number
  readonly reports: number
  /** Quantities. */
  readonly positions: Readonly<Record<string, string>>
  readonly balances: Readonly<Record<string, string>>
  readonly open: ReadonlyMap<string, VenueOrder>
  /** Received and still on their way in. */
  readonly pending: ReadonlyMap<string, VenueOrder>
}

export function durableOf(state: VenueState): Durable {
  const { marketPosition, reports, balances, open, inFlight } = state
  const pending = inFlight.flatMap(({ request }) => (request.kind === 'place' ? [pendingView(request)] : []))
  const quantities = Object.entries(state.positions).map(([name, { quantity }]) => [name, quantity] as const)
  return {
    marketPosition,
    reports,
    positions: Object.fromEntries(quantities),
    balances: { ...balances },
    open: byId(open.map(viewOf)),
    pending: byId(pending),
  }
}

/** Returns the view of an order that the venue has received and not yet accepted. */
export function pendingView({
  clOrdId,
  actor,
  symbol,
  side,
  ordType,
  timeInForce,
  orderQty,
}: PlaceRequest): VenueOrder {
  const none = { cumQty: '0', leavesQty: orderQty, avgPx: '0' }
  return {
    clOrdId,
    venueOrderId: '',
    actor,
    symbol,
    side,
    ordType,
    timeInForce,
    ordStatus: 'PENDING_NEW',
    orderQty,
    ...none,
  }
}

function byId(orders: readonly VenueOrder[]): ReadonlyMap<string, VenueOrder> {
  return new Map(orders.flatMap((order) => idsOf(order).map((id) => [id, order] as const)))
}
