/**
 * The paper venue as a runner has it: the venue is told wire ids, and says our own again. All that crosses does so here, so that the
 * books of the venue have no id of ours, and the log none of the venue's.
 */

import { compact } from '../../../errors/compact.ts'
import type { CancelOrder, ReplaceOrder } from '../../../machines/index.ts'
import { orderAddress } from '../../../machines/model/addresses.ts'
import type { VenueOrder, VenueReport } from '../venue.ts'
import type { WireIds } from '../wire-ids.ts'
import type { PaperVenue } from './venue.ts'

export function withWireIds(venue: PaperVenue, ids: WireIds): PaperVenue {
  /** The order of a request by what the venue knows it by. */
  const outwards = <T extends CancelOrder | ReplaceOrder>({ foreignId, ...request }: T) => ({
    ...request,
    clOrdId: ids.toWire(request.clOrdId),
    origClOrdId: foreignId ?? ids.toWire(request.origClOrdId),
  })
  const order = (one: VenueOrder): VenueOrder => {
    const known = idOf(one.actor)
    const { clOrdId, origClOrdIds } = one
    const back = (id: string) => ids.identify(id, known).clOrdId
    // Whose it is, the request says that placed it.
    const placed = ids.identify(origClOrdIds?.[0] ?? clOrdId, known)
    return {
      ...one,
      ...compact({ foreignId: placed.foreignId }),
      actor: actorOf(one.actor, known, placed.clOrdId),
      clOrdId: back(clOrdId),
      ...compact({ origClOrdIds: origClOrdIds?.map(back) }),
    }
  }
  const report = (one: VenueReport): VenueReport => {
    const { actor, report } = one
    if (report.type === 'CASH_FLOW_REPORT') return one
    const known = idOf(actor)
    const { clOrdId, foreignId } = ids.identify(report.clOrdId, known)
    return {
      ...one,
      actor: actorOf(actor, known, clOrdId),
      ...compact({ foreignId }),
      report:
        report.type === 'EXECUTION_REPORT'
          ? { ...report, clOrdId }
          : { ...report, clOrdId, origClOrdId: ids.identify(report.origClOrdId, known).clOrdId },
    }
  }
  return {
    name: venue.name,
    capabilities: venue.capabilities,
    place: (request) => venue.place({ ...request, clOrdId: ids.toWire(request.clOrdId) }),
    cancel: (request) => venue.cancel(outwards(request)),
    replace: (request) => venue.replace(outwards(request)),
    // Neither the market nor time nor what is on disk has an id of ours.
    simulation: venue,
    books: venue,
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
    status: (clOrdId, foreignId) => {
      const found = venue.status(foreignId ?? ids.toWire(clOrdId))
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
    verify: (options) => venue.verify(options),
    close: () => venue.close(),
  }
}

/** Returns the id of the order that has the address. */
function idOf(actor: string): string | undefined {
  return actor.startsWith('order/') ? actor.slice('order/'.length) : undefined
}

/**
 * Returns the address of the actor that a report is for. An order of somebody else has the address of its id here, whoever placed
 * it at the venue.
 */
function actorOf(actor: string, known: string | undefined, clOrdId: string): string {
  const isIts = clOrdId === known || clOrdId.startsWith(`${known}/`)
  return isIts ? actor : orderAddress(clOrdId)
}
