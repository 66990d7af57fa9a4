import type { Address } from '../record/address.ts'
import type { AnyEvent } from '../record/record.ts'
import type { Ref } from '../record/ref.ts'

/** What a transition wants done, in the order in which XState would do it. */
export type Effect =
  | { readonly type: 'send'; readonly to: Address; readonly event: AnyEvent }
  | {
      readonly type: 'schedule'
      /** Absent when the machine gave none: the actor's next free one is used. */
      readonly id: string | undefined
      readonly delayMs: number
      /** Absent for the actor itself. */
      readonly to?: Address
      /** The receiver is a child that the same transition stops or replaces. */
      readonly stopped?: boolean
      readonly event: AnyEvent
    }
  | { readonly type: 'cancel'; readonly id: string }
  | { readonly type: 'spawn'; readonly ref: Ref; readonly input: unknown }
  | { readonly type: 'stop'; readonly to: Address }
  | { readonly type: 'emit'; readonly event: AnyEvent }
  | { readonly type: 'log'; readonly label: string | undefined; readonly value: unknown }
  /** A custom action: runs live only, after its commit, at most once (law 10). */
  | { readonly type: 'custom'; readonly name: string; readonly run: () => unknown }
  /** For actors that are no machines: their running part gets the event. */
  | { readonly type: 'receive'; readonly event: AnyEvent }

/** One transition that XState took, by the ids of its states: what lights an edge in the inspector. */
export interface TakenTransition {
  readonly source: string
  readonly targets: readonly string[]
  readonly eventType: string
}
