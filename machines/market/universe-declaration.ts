/** The events that a universe accepts, emits and sends. */
import { startStrategy, stopStrategy } from '../events/strategy.ts'
import { follow, instrumentsListed, symbolFiltered, unfollow, universeUpdated } from '../events/universe.ts'
import { type Accepted, declare } from '../kind/kind.ts'
import { setUniverseFilters } from './universe-filters.ts'

export const universeDeclaration = declare({
  accepts: [instrumentsListed, follow, unfollow, setUniverseFilters],
  emits: [universeUpdated, symbolFiltered],
  /** Goes to its followers. */
  sends: { '*': [startStrategy, stopStrategy] },
  commands: ['INSTRUMENTS_LISTED'],
})

/** The events that may come from outside. */
export const universeEvents = universeDeclaration.events
export type UniverseEvent = Accepted<typeof universeDeclaration>
