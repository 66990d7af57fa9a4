/** Requests on their way in. */
import type { VenueRequest, VenueState } from './state.ts'

/** Requests arrive by time, and those of one time as they were sent. */
export function dispatch({ inFlight }: VenueState, request: VenueRequest, arriveAt: number): void {
  const later = inFlight.findIndex((other) => other.arriveAt > arriveAt)
  inFlight.splice(later < 0 ? inFlight.length : later, 0, { arriveAt, request })
}

/** Takes the next request that has arrived by `at` off its way. Event time becomes that of its arrival, or stays later. */
export function arrived(state: VenueState, at: number): VenueRequest | undefined {
  const next = state.inFlight[0]
  if (next === undefined || next.arriveAt > at) return undefined
  state.inFlight.shift()
  if (next.arriveAt > state.now) state.now = next.arriveAt
  return next.request
}
