/**
 * Finds actors that wait for their restart. Their children are stopped and their timers gone, so they need a restart.
 */

import type { ActorState } from './cell.ts'
import { firstOf } from './pending-timers.ts'
import { RESTART_TIMER, type Signal, type Why } from './signals.ts'

/**
 * Returns whether the actor waits for its restart, in quarantine or not. The restart timer stays until the actor has
 * started over.
 */
export function waitsForRestart({ timers }: Pick<ActorState, 'timers'>): boolean {
  return firstOf(timers, RESTART_TIMER) !== undefined
}

/**
 * Returns the signal that releases an actor. An actor that waits for its restart starts over. Any other keeps its
 * state.
 */
export function releasing(at: number, state: ActorState, why: Why): Signal {
  const how = waitsForRestart(state) ? { restarts: true as const } : { keeps: true as const }
  return { type: 'outcry.released', at, ...how, ...why }
}
