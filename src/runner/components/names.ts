/** The names of components, for their needs and for the addresses of their actors. */
import type { Run } from '../run.ts'

export const TRACING = 'tracing'
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

/** Returns the component's name for a venue. @example venueComponentName('sim') // 'venue-sim' */
export function venueComponentName(venue: string): string {
  return `venue-${venue}`
}

/** Returns the component's name for a sink. @example sinkComponentName('redis') // 'sink-redis' */
export function sinkComponentName(sink: string): string {
  return `sink-${sink}`
}

/** Returns the names of a run's venues, in the form of addresses and events. */
export function venueNames({ plan }: Run): readonly string[] {
  return plan.venues.map(({ name }) => name)
}
