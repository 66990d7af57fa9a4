/** The actors in view as they were at the moment, while that is in the past. */
import { signal } from '@preact/signals'
import type { ActorSummary } from '../../../src/client/index.ts'
import { moment } from '../state/place.ts'
import { lotsOf } from './actors.ts'
import { client } from './client.ts'
import { returns } from './connection.ts'
import { loaded } from './loading.ts'

/** Least ms between two questions: a scrubbed moment has many places. */
const LEAST_MS = 150
/** Actors that are kept of one moment. */
const KEPT_MAX = 2_000

/** Addresses of the rows in view. */
export const looked = signal<readonly string[]>([])

/** The state of an actor at a moment: null when it was not there yet. */
export type Then = ActorSummary | null

let kept: { readonly key: string; readonly states: Map<string, Then> } = { key: '', states: new Map() }

export const pastStates = loaded<{ readonly seq: number; readonly states: ReadonlyMap<string, Then> }>(() => {
  const seq = moment.value
  if (seq === undefined) return undefined
  const addresses = looked.value
  const key = `${returns.value} ${seq}`
  return {
    subject: key,
    place: seq,
    read: async (signal) => {
      const states = kept.key === key && kept.states.size < KEPT_MAX ? kept.states : new Map<string, Then>()
      const unknown = addresses.filter((address) => !states.has(address))
      for (const address of lotsOf(unknown)) {
        const query = { address, seq, limit: address.length }
        const { actors } = await client.ask('actors', { query, signal })
        for (const one of address) states.set(one, null)
        for (const actor of actors) states.set(actor.address, actor)
      }
      kept = { key, states }
      return { seq, states }
    },
  }
}, LEAST_MS)

/** Returns an actor as it was at the moment; undefined while that is not known. */
export function thenOf(address: string): Then | undefined {
  const is = pastStates.value.value
  return is?.seq === moment.value ? is?.states.get(address) : undefined
}
