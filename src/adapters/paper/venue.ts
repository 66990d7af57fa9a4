/** The paper venue, as those see it who have it at hand: it answers at once. */
import type { Books, SimulatedVenue, Simulation, Venue, VenueOrder, VenueReport } from '../venue.ts'

/**
 * It stands on its own, as a real exchange does: it has durable state of its own in its own folder. What it answers is as of the last
 * `flush` or later: like an exchange it speaks of what it has accepted.
 */
export interface PaperVenue extends SimulatedVenue, Simulation, Books {
  place(...request: Parameters<Venue['place']>): void
  cancel(...request: Parameters<Venue['cancel']>): void
  replace(...request: Parameters<Venue['replace']>): void
  status(clOrdId: string, foreignId?: string): VenueOrder | undefined
  openOrders(): readonly VenueOrder[]
  positions(): Readonly<Record<string, string>>
  balances(): Readonly<Record<string, string>>
  movementsSince(at: number): readonly VenueReport[]
  assertHas(position: number): void
  readonly books: Pick<Books, 'entries' | 'verify'>
}
