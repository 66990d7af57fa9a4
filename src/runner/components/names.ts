/** The names of components, as others need them and as the addresses of their actors have them. */
import type { Run } from '../run.ts'

export const STORE = 'store'
export const SUPERVISOR = 'supervisor'
export const SERVER = 'server'
export const ACTORS = 'actors'
export const STRATEGIES = 'strategies'
export const RUNNER = 'runner'
export const RECONCILIATION = 'reconciliation'
export const UNIVERSE = 'universe'
export const NEWS = 'news'
export const MARKET = 'market'

/** Each venue of a run is a component. @example venueComponentName('sim') // 'venue-sim' */
export function venueComponentName(venue: string): string {
  return `venue-${venue}`
}

/** Returns the names of the venues of a run, as addresses and events have them. */
export function venueNames({ plan }: Run): readonly string[] {
  return plan.venues.map(({ name }) => name)
}
