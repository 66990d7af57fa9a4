/** What an actor is that waits for its restart: its children are stopped and its timers gone, so nothing but a restart helps it. */

import type { ActorState } from './cell.ts'
import { firstOf } from './pending-timers.ts'
import { RESTART_TIMER, type Signal, type Why } from './signals.ts'

/** Whether the actor waits for its restart, in quarantine or not. The timer stays until the actor has started over. */
export function waitsForRestart({ timers }: Pick<ActorState, 'timers'>): boolean {
  return firstOf(timers, RESTART_TIMER) !== undefined
}

/** What lets an actor out of quarantine: one that waits for its restart starts over, any other keeps its state for good. */
export function releasing(at: number, state: ActorState, why: Why): Signal {
  const how = waitsForRestart(state) ? { restarts: true as const } : { keeps: true as const }
  return { type: 'outcry.released', at, ...how, ...why }
}
