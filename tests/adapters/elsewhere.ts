/** A venue as a real exchange is one: it answers later, nobody shows it the market, and reports come when they come. */
import type { PaperVenue } from '../../src/adapters/paper/venue.ts'
import type { Venue } from '../../src/adapters/venue.ts'

/** What the paper venue is, without what only a simulator has. `onReports` is called when it has some. */
export function elsewhere(venue: PaperVenue, onReports: () => void = () => {}): Venue {
  let hasReports = false
  const later = async <T>(answer: () => T): Promise<T> => {
    await new Promise(setImmediate)
    return answer()
  }
  const told = async (request: { readonly at: number }, tell: () => void) => {
    await later(tell)
    // It takes the request, and what comes of it comes later, too.
    const LATENCY_MS = 20
    venue.advance(request.at + LATENCY_MS)
    await venue.flush()
    hasReports = true
    setImmediate(onReports)
  }
  return {
    name: venue.name,
    capabilities: venue.capabilities,
    place: (request) => told(request, () => venue.place(request)),
    cancel: (request) => told(request, () => venue.cancel(request)),
    replace: (request) => told(request, () => venue.replace(request)),
    status: (clOrdId) => later(() => venue.status(clOrdId)),
    openOrders: () => later(() => venue.openOrders()),
    pendingOrders: () => venue.pendingOrders(),
    positions: () => later(() => venue.positions()),
    balances: () => later(() => venue.balances()),
    movementsSince: (at) => later(() => venue.movementsSince(at)),
    reportsAfter: (position) => venue.reportsAfter(position),
    get dirty() {
      return hasReports
    },
    async flush() {
      hasReports = false
    },
    close: () => venue.close(),
  }
}
