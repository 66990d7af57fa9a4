/**
 * The paper venue as a runner has it: the venue is told wire ids, and says our own again. All that crosses does so here, so that the
 * books of the venue have no id of ours, and the log none of the venue's.
 */
import type { PaperVenue, VenueOrder, VenueReport } from '../venue.ts'
import type { WireIds } from '../wire-ids.ts'

/** Fields of requests, orders and reports that have ClOrdIDs. */
const ID_FIELDS = ['clOrdId', 'origClOrdId'] as const

export function withWireIds(venue: PaperVenue, ids: WireIds): PaperVenue {
  const outwards = (id: string) => ids.toWire(id)
  const order = (one: VenueOrder): VenueOrder => {
    const known = idOf(one.actor)
    const { clOrdId, origClOrdIds } = one
    const back = (id: string) => ids.fromWire(id, known) ?? id
    return { ...one, clOrdId: back(clOrdId), ...(origClOrdIds && { origClOrdIds: origClOrdIds.map(back) }) }
  }
  const report = (one: VenueReport): VenueReport => {
    const known = idOf(one.actor)
    return { ...one, report: withIds(one.report, (id) => ids.fromWire(id, known) ?? id) }
  }
  return {
    name: venue.name,
    place: (request) => venue.place(withIds(request, outwards)),
    cancel: (request) => venue.cancel(withIds(request, outwards)),
    replace: (request) => venue.replace(withIds(request, outwards)),
    onMarket: (message) => venue.onMarket(message),
    advance: (at) => venue.advance(at),
    get arrivesAt() {
      return venue.arrivesAt
    },
    get nextAt() {
      return venue.nextAt
    },
    get marketPosition() {
      return venue.marketPosition
    },
    assertHas: (position) => venue.assertHas(position),
    lookup: (clOrdId) => {
      const found = venue.lookup(ids.toWire(clOrdId))
      return found && order(found)
    },
    openOrders: () => venue.openOrders().map(order),
    pendingOrders: () => venue.pendingOrders().map(order),
    positions: () => venue.positions(),
    balances: () => venue.balances(),
    movementsSince: (at) => venue.movementsSince(at).map(report),
    get dirty() {
      return venue.dirty
    },
    flush: () => venue.flush(),
    reportsAfter: (position) => venue.reportsAfter(position).map(report),
    entries: () => venue.entries(),
    close: () => venue.close(),
  }
}

/** Of the order that has the address. */
function idOf(actor: string): string | undefined {
  return actor.startsWith('order/') ? actor.slice('order/'.length) : undefined
}

function withIds<T extends object>(of: T, translate: (id: string) => string): T {
  const changed: Record<string, string> = {}
  for (const field of ID_FIELDS) {
    const id = (of as Partial<Record<string, unknown>>)[field]
    if (typeof id === 'string') changed[field] = translate(id)
  }
  return { ...of, ...changed }
}
